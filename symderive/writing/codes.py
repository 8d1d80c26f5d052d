# ruff: noqa: E501 - a table is wide
r"""The stable codes of messages and verdicts, with what they mean, an example and advice: ``symderive explain CODE``.

A code never changes its meaning.  A test holds that every code which the package can say stands here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A code.

    Attributes:
        name: as printed in brackets after a message.
        where: files, document, formula, words, verdict, judging or sympy.
        text: what it means.
        example: what brings it about.
        advice: what to do.
    """

    name: str
    where: str
    text: str
    example: str
    advice: str


# fmt: off
_FILES = (
    ("missing-file", "The file does not exist.", "symderive derive hw1.tx", "Check the name and the folder."),
    ("directory", "A folder was given where a file is expected.", "symderive derive exams/", "Give the files in it: exams/*.tex."),
    ("unreadable-file", "The file cannot be opened, or is no regular file.", "a file without read permission, a device", "Check its permissions."),
    ("binary", "The file holds a zero byte, so it is no text.", "symderive derive exam.pdf", "Give the source, not the PDF."),
    ("not-utf8", "The file is not UTF-8; it was read as Latin-1.", "a file saved by an old editor", "Save it as UTF-8."),
    ("empty", "There is nothing in the document.", "a file of blanks", "Check that the right file was given."),
    ("notebook", "The file ends in .ipynb and is no notebook.", "a notebook cut off in the middle", "Save it again, or give its text as Markdown."),
)
_DOCUMENT = (
    ("input-missing", r"A file named by \input or a root comment cannot be found.", r"\input{chapter2}", "Check the name; what it defines is unknown here."),
    ("input-refused", r"\input reads only .tex files below the document's folder.", r"\input{/etc/passwd}", "Move the file beside the document."),
    ("input-loop", r"A file inputs itself, perhaps through others.", r"\input{a} in a.tex", "Remove one of the inputs."),
    ("macro-form", "A definition of a macro has a form that is not understood.", r"\def\x#1#{…}", r"Use \newcommand."),
    ("macro-limit", "A macro expands without end, or to too much text; it is left as it stands.", r"\newcommand{\x}{\x\x}", "Simplify the macro."),
    ("nesting", "The document is nested too deeply; what is inside is read flat.", "lists within lists, sixty deep", "Nest it less."),
    ("too-many", "There were more messages than are printed.", "a file in another language", "Repair the first ones; the others often follow from them."),
    ("limit", "Something is larger than what is read: the text, a formula, a numeral, a product, a written matrix.", r"x^{10^{10^{10}}}", "Name its parts, or split it."),
    ("unclosed-math", "A formula has no end.", "Let $x = 1.", "A formula ends at a blank line at the latest; close it where it ends."),
    ("unclosed-brace", "An opening brace has no partner.", r"\frac{1}{2", "Write } where the group ends."),
    ("unclosed-environment", r"\begin has no \end.", r"\begin{align} a &= b", r"Write the \end."),
    ("unclosed-conditional", r"\if… has no \fi.", r"\ifsolutions", r"Write \fi."),
    ("unclosed-verb", r"\verb has no closing mark on its line.", r"\verb|x", "Close it."),
    ("unclosed-code", "A fenced block of Markdown has no end.", "```", "Write the closing fence."),
    ("unclosed-comment", "An HTML comment has no end.", "<!-- sd: Let $x$ …", "Write -->."),
    ("unclosed-element", "An HTML element has no end.", "<details>", "Write its closing tag."),
    ("stray-math", "A closing mark of a formula has no opening one.", r"x \)", "Remove it, or open the formula."),
    ("stray-end", r"\end has no \begin.", r"\end{align}", "Remove it."),
    ("stray-brace", "A closing brace has no partner.", "a}", "Remove it."),
    ("stray-item", r"\item or \choice stands outside of a list.", r"\choice $2$ without \begin{choices}", "Put it into its list."),
    ("not-read", "A sentence with a formula was not understood.  Proofs survive it; a refutation in its scope is not said.",
     "The map $f$ forgets $x$ in the sense of category theory.", "Put it simpler, or say what is meant in a comment: % sd: Let $y$ be one-hot."),
    ("goal", "What is asked for cannot be made out.", "Derive the gradient of $L$.", "Say by what: with respect to $w$."),
)
_FORMULA = (
    ("syntax", "The formula is no formula: something is missing, too much, or at the wrong place.", "x + = 2", "Look at the place of the caret."),
    ("typo", "A known word without its backslash, or an index without its underscore.", r"log(x), \delta{ik}", r"Write \log(x), \delta_{ik}."),
    ("unknown-command", "A command that neither LaTeX's tables here nor the document define.", r"\foo{x}", r"Define it with \newcommand, or write it out."),
    ("unsupported", "What is said may be mathematics, but no form that is read, or no rule of the book, covers it.", r"\lfloor x \rfloor; an integral",
     "Say it in supported terms if you can; see symderive rules.  The rest of the document goes on."),
    ("undeclared", "A name whose meaning cannot be inferred.", r"$f(x)$ without a word on $f$", "Declare it: Let $f$ be a differentiable function."),
    ("redefined", "A name gets a second meaning in one scope.", r"Let $n = 2$. … Let $n = 3$.", "Use another letter for one of them."),
    ("built-in", "A name is declared that already is a function.", r"Let $\exp \in \mathbb{R}$.", "Use another letter."),
    ("definition", "As an error: a definition is circular, or in no form that defines.  In a report: the line is taken as a definition and not judged.",
     "Let $a = b$ and $b = a$.", "Define each name from earlier ones; a misspelt name shows here, too."),
    ("shape", "Sizes do not fit: both are named.  In a judged line this refutes it.", r"$W\delta$ with $W \in \mathbb{R}^{m\times n}$, $\delta \in \mathbb{R}^m$", "Check transposes and declared sizes."),
    ("collision", "A letter is used both for what the text declares and for what it usually stands for.", r"$e^x$ and a vector $e$", "Rename the declared one."),
    ("extent", "It is not clear how far a function, sum or slash reaches.", r"\log x y, \quad 1/2x, \quad \sum_i a_i + b_i", "Write the brackets."),
    ("ambiguous", "A formula has two readings, and none is chosen in silence.", r"\tanh^{-1}(x), \quad \nabla J", r"Write the one you mean: 1/\tanh(x), \nabla_w J."),
)
_WORDS = (
    ("proved", "A certificate was accepted by the kernel, and both sides have values at a certified point.", "$(x+1)^2 = x^2 + 2x + 1$", "Conditions that are printed with it belong to it."),
    ("refuted", "There are numbers that satisfy every assumption and for which the line is wrong; they are printed.", "$(x+1)^2 = x^2 + 1$ at $x = 1$: left 4, right 2", "Put the numbers in and compare."),
    ("consistent", "The line agrees at all points that were tried, and no proof was found.  It is not proved.", "an identity outside the book", "Split the step."),
    ("undecided", "Nothing is claimed; the reason is printed.", "", "Look at the code beside it."),
    ("taken", "The line defines, assumes, asks or repeats; it is counted apart and never proved.", "Let $a = 2$.", "Check that it is what was meant."),
    ("slip", "Here a chain turns wrong: right before, wrong from here on.", "a lost factor", "Repair this line first."),
    ("carried", "Right as a step, from a term that was wrong already.", "the line after a slip", "Repair the slip."),
    ("recovered", "Wrong as a step, right from the left side of the chain.", "two sign errors", "Check the line before it."),
    ("tainted", "Rests on a result that is refuted.", "a later part with the wrong result put in", "Repair that result."),
)
_VERDICT = (
    ("budget", "The work that one claim may take was spent.", "a long network with every entry written out", "Split the claim; name intermediate results."),
    ("needs", "A proof needs more than is given; what it needs is printed.", r"\sqrt{x^2} = x without x \ge 0", "State the missing assumption, if it is meant."),
    ("reason", "A relation stands as the reason for another: it is not judged for itself.", r"… = p - y, \text{ since } \sum_k y_k = 1", "State it before, if it is meant as an assumption."),
    ("assumed", "The answer is right under an assumption that the solution makes by itself.", "Assume $x = 0$.  The gradient is 0.", "Derive it without that assumption, or state it in the problem."),
    ("law", "Numbers were found against the claim, but of a law of a family only means and variances are used, and the claim needs more.",
     r"E[x_i^6] = 15 \sigma^6 for x_1, \dots, x_n \sim \mathcal{N}(0, \sigma^2)", "State it for a single name with that law."),
    ("denied", "The words around a relation deny it, only suppose it, or claim more than it says: it is neither proved nor called wrong.",
     "It is false that $1 = 2$.", "A claim of its own stands in a sentence of its own."),
    ("nested", "Relations stand inside an environment within a formula, and are not judged.",
     r"$\begin{aligned} a &= b \end{aligned}$", "Write them as rows of a display."),
    ("not-built", "A derivative by a defined quantity of which the term is not built, or by one that an assumption ties to it: it is not silently 0.",
     r"\partial L / \partial z after Let $z = wx$, where $L$ does not contain $wx$", "Define the term by way of that quantity."),
    ("no-witness", "No exact point was found at which all assumptions hold and both sides have values, so the proof may be about nothing.",
     "assumptions that hold for no numbers of moderate size", "Check the assumptions."),
    ("contradiction", "The assumptions contradict each other; from them everything follows, so nothing is said.", "Assume $x > 1$ and $x < 0$.", "Remove one of them."),
    ("not-an-answer", "What was asked for still stands in the answer, or a name that is not allowed.", r"\partial L / \partial w as the answer to: derive \partial L / \partial w", "Carry the operation out."),
    ("unread", "The line was not understood; it is neither right nor wrong.", "a sketch in words", "Write it as a relation between formulas."),
    ("internal", "The program failed on this problem; the others go on.  It is a fault of symderive, not of the document.", "", "Please report it with the smallest document that shows it."),
    ("no-answer", "A search ended without an answer that could be proved.", "derive on a goal outside the field", "Check the declarations: symderive read FILE."),
)
_JUDGING = (
    ("other-reading", "The line is right under another convention than the one in force; that convention is printed.", "a Jacobian written transposed", "State the convention once: We use denominator layout."),
    ("ambiguous-sum", "Under the summation convention the verdict depends on where a sum is put.", r"a_i b_i c_i", "Write the sum."),
    ("rounding", "A decimal is not what the value rounds to.", r"1/3 = 0.34", r"Write \approx and round to the nearest."),
    ("convention", "The text states a convention that is not supported, so nothing is claimed under it.", "Logarithms are to base 10.", "Write the formulas without it."),
    ("depends", "The line is wrong only if two names of which nothing is said depend on each other.", "a derivative that drops a term", "Say what depends on what."),
    ("restated", "A claim that was to be shown is written down again, not shown.", "Show that $a = b$.  Solution: $a = b$.", "Write the steps between its sides."),
    ("not-shown", "No chain of lines leads from one side of the claim to the other.", "a solution that stops half-way", "Write the missing steps."),
    ("trivial", "Both sides are the same; it earns nothing.", "$x = x$", "Leave it out."),
    ("repeated", "An earlier line says the same; it is judged once.", "the same equation twice", "Leave it out."),
    ("premise", "The line is assumed by its writer, and not judged.", "Assume $x > 0$.", "Check that the problem allows it."),
    ("equation", "The line is a condition to be solved, and not judged.", "set $2x - 4 = 0$", "What is solved from it is judged."),
    ("assignment", "The line gives a name a new value; it says nothing that could be wrong.", r"$w \leftarrow w - \eta g$", "The new value is judged where it is asked for."),
    ("example", "A value for some values of what it rests on, which the text does not state; it may be an example.", "$w = 2$", "State the values: take $x = 1$."),
    ("condition", "A relation that may be meant as a condition to solve, not as a claim.", r"x^2 - 1 = 0", "Write: set …, or: solve … for x."),
)
_SYMPY = (
    ("float", "A floating-point number has no exact value that is meant.", "sd.equal(0.1 * x, x / 10)", "Write Rational(1, 10)."),
    ("complex", "Values are real numbers.", "sympy.I", "Write real and imaginary part."),
    ("infinite", "Infinity stands where a number is expected.", "x + oo", "Use a limit."),
    ("range", "A sum, family or index lacks a range that can be taken over.", "Sum(f(k), (k, 1))", "Give the first and the last index."),
    ("odd-root", "The base may be negative, where SymPy's root is complex.", "cbrt(x)", "Assume x positive."),
    ("commutes", "Symbols that do not commute have no sizes.", "Symbol('A', commutative=False)", "Use MatrixSymbol."),
    ("name-clash", "Two things would get one name, or a name is taken.", "Symbol('x') and Dummy('x')", "Rename one of them."),
    ("kind", "A name is used as something that it is not declared to be.", "a real symbol as an index", "Declare it as it is used."),
    ("layout", "Rows and columns, or the factors of a product, do not fit SymPy's shapes.", "x * x for a column x", "Transpose one of them."),
    ("decided", "SymPy has already decided a condition when it was built.", "Ne(x, x)", "Write the condition on a plain symbol."),
    ("ill-formed", "The parts make no term.", "a sum over no index", "See the text of the message."),
    ("too-large", "An expression has more parts, digits or depth than are taken.", "2**10**6", "Name its parts."),
)
# fmt: on

_GROUPS = {
    "files": _FILES,
    "document": _DOCUMENT,
    "formula": _FORMULA,
    "words": _WORDS,
    "verdict": _VERDICT,
    "judging": _JUDGING,
    "sympy": _SYMPY,
}
CODES: dict[str, Code] = {name: Code(name, where, *rest) for where, rows in _GROUPS.items() for name, *rest in rows}


def similar(name: str) -> list[str]:
    """Codes that may have been meant."""
    from difflib import get_close_matches

    return get_close_matches(name, CODES, n=3, cutoff=0.5)
