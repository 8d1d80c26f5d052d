r"""Question and solution sheets: LaTeX in the exam class, PDF, and one self-contained page with MathML.

A sheet is the text of a document with what was derived for it.  It is plain data; the templates beside this file
are the layout.  What is not proved is never printed bare: it says *not checked*.  The author's formulas are foreign
text: in LaTeX those that could do more than print are set as text, in HTML they pass through ``mathml``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from symderive.language.verdict import short
from symderive.writing import mathml, unicode
from symderive.writing.record import AnswerRecord, ChoiceRecord, Judged, Numbers, StepRecord

if TYPE_CHECKING:
    import jinja2

MAX_SECONDS = 120
"""How long latexmk may run."""
LONG_LINE = 62
"""Letters of a relation and its reason that fit beside each other."""
WIDE = 66
"""Letters of a line of mathematics that fit on a page."""


class NoLatex(RuntimeError):
    """A PDF was asked for and cannot be made."""


@dataclass(frozen=True)
class Words:
    text: str


@dataclass(frozen=True)
class Math:
    r"""A formula as LaTeX; ``rows`` are the cells of a display at ``&``."""

    latex: str
    display: bool = False
    rows: tuple[tuple[str, ...], ...] = ()


Piece: TypeAlias = Words | Math


@dataclass(frozen=True)
class Paragraph:
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Items:
    kind: str
    items: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True)
class Choice:
    blocks: tuple[Block, ...]
    correct: bool


@dataclass(frozen=True)
class Choices:
    items: tuple[Choice, ...]


@dataclass(frozen=True)
class Table:
    rows: tuple[tuple[tuple[Block, ...], ...], ...]


@dataclass(frozen=True)
class Verbatim:
    """Code is printed as it stands; a drawing is only named."""

    environment: str
    text: str

    @property
    def drawing(self) -> bool:
        return self.environment.rstrip("*") in ("tikzpicture", "picture", "pspicture", "asy", "forest", "tikzcd")

    @property
    def printed(self) -> bool:
        return self.drawing or self.environment.rstrip("*") in ("verbatim", "lstlisting", "minted", "code", "Verbatim")

    @property
    def code(self) -> str:
        inner = re.sub(
            r"\A\\begin\{[^{}]*\}(?:\[[^\[\]]*\])?(?:\{[^{}]*\})?\s*?\n?|\\end\{[^{}]*\}\s*\Z", "", self.text
        )
        return re.sub(r"\A(?:```|~~~).*\n|(?:```|~~~)\s*\Z", "", inner).strip("\n")


Block: TypeAlias = Paragraph | Items | Choices | Table | Verbatim


@dataclass(frozen=True)
class Question:
    """A question or part.

    Attributes:
        answers: what was derived, one for each thing that is asked.
        own: the solution of the document itself; it is printed where nothing was derived, as not checked.
        unread: why a goal of it could not be read.
    """

    label: str
    points: float | None
    title: tuple[Piece, ...]
    blocks: tuple[Block, ...]
    answers: tuple[AnswerRecord, ...] = ()
    own: tuple[Block, ...] = ()
    unread: tuple[str, ...] = ()
    parts: tuple[Question, ...] = ()

    @property
    def picked(self) -> tuple[str, ...]:
        return tuple(p for a in self.answers for p in a.picked)


@dataclass(frozen=True)
class Heading:
    title: tuple[Piece, ...]


@dataclass(frozen=True)
class Prose:
    blocks: tuple[Block, ...]


Entry: TypeAlias = Question | Heading | Prose


@dataclass(frozen=True)
class Sheet:
    """A sheet.  ``solutions``: whether answers are printed."""

    title: str
    entries: tuple[Entry, ...]
    solutions: bool = True

    def questions(self) -> Iterator[Question]:
        stack = [e for e in reversed(self.entries) if isinstance(e, Question)]
        while stack:
            q = stack.pop()
            yield q
            stack.extend(reversed(q.parts))

    @property
    def answers(self) -> list[AnswerRecord]:
        return [a for q in self.questions() for a in q.answers]


# -- what the templates ask -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A row of an aligned derivation; the left side is empty where it goes on from the row before.

    Attributes:
        wide: too wide for a reason beside it.
    """

    left: str
    relation: str
    right: str
    reason: str
    wide: bool


def rows(steps: Sequence[StepRecord]) -> list[Row]:
    """Steps as rows of one display; a step from the last right side goes on without a left side."""
    out: list[Row] = []
    last = ""
    for s in steps:
        left = "" if s.left == last else s.left
        letters = mathml.width(f"{left} {s.relation} {s.right}") + 0.75 * len(s.reason)
        out.append(Row(left, s.relation, s.right, s.reason, letters > LONG_LINE))
        last = s.right
    return out


def shown_steps(a: AnswerRecord) -> tuple[StepRecord, ...]:
    """The steps worth printing: none where the one step is the answer itself."""
    if a.kind != "show" and len(a.steps) == 1 and a.steps[0].left == a.target and a.steps[0].right == a.answer:
        return ()
    return a.steps


def at_numbers(n: Numbers, *, most: int = 6) -> tuple[list[tuple[str, str]], int]:
    """The values to print, long ones cut, and how many more there are."""
    return [(name, short(value)) for name, value in n.values[:most]], max(0, len(n.values) - most)


def verdict_of(c: ChoiceRecord) -> Judged | None:
    """The claim of a choice that decides it: the first that has its verdict."""
    return next((j for j in c.judged if j.kind == c.verdict), next(iter(c.judged), None))


# -- LaTeX ----------------------------------------------------------------------------------------------

_DANGEROUS = re.compile(
    r"\\(?:input|include|includegraphics|usepackage|RequirePackage|immediate|write\d*|openin|openout|read|readline|catcode|"
    r"[egx]?def|let|futurelet|newcommand|renewcommand|csname|endcsname|expandafter|special|directlua|luaexec|latelua|"
    r"loop|repeat|shipout|everypar|output|afterassignment|aftergroup|jobname|end\s*\{document\}|begin\s*\{document\}|"
    r"verb|lstinputlisting|verbatiminput|url|href|outer|long|global|par|bye|stop|batchmode|errmessage)(?![A-Za-z])|\^\^|%|#"
)
_NESTING = re.compile(r"\\\\|\\[{}$&#%_]|\\(begin|end)\s*\{([^{}]*)\}|\\(left|right)(?![a-z])|([{}])|(\$)")


def harmless(latex: str) -> bool:
    """Whether a formula can do no more than print: braces, environments and fences are balanced, no command of TeX."""
    if _DANGEROUS.search(latex):
        return False
    stack: list[str] = []
    for m in _NESTING.finditer(latex):
        opener = f"env {m[2]}" if m[1] == "begin" else "left" if m[3] == "left" else "{" if m[4] == "{" else ""
        closer = f"env {m[2]}" if m[1] == "end" else "left" if m[3] == "right" else "{" if m[4] == "}" else ""
        if m[5]:
            return False
        if opener:
            stack.append(opener)
        elif closer and (not stack or stack.pop() != closer):
            return False
    return not stack


_AS_STANDARD = (
    (r"\\(?:bm|pmb)(?![A-Za-z])", r"\\boldsymbol"),
    (r"\\mathds(?![A-Za-z])|\\mathbbm(?![A-Za-z])", r"\\mathbb"),
)


def tex_math(latex: str) -> str:
    """A formula for math mode; foreign text that could do more than print is set as text."""
    for pattern, instead in _AS_STANDARD:
        latex = re.sub(pattern, instead, latex)
    latex = re.sub(r"\\(?:label|tag)\*?\{[^{}]*\}|\\(?:nonumber|notag)(?![A-Za-z])", "", latex)
    return " ".join(latex.split()) if harmless(latex) else rf"\text{{\ttfamily {tex(latex)}}}"


def tex(text: str) -> str:
    """Words as LaTeX."""
    from pylatexenc.latexencode import UnicodeToLatexEncoder

    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", text)
    encoder = UnicodeToLatexEncoder(unknown_char_policy="replace", unknown_char_warning=False)
    return encoder.unicode_to_latex(text)


_REFERENCE = re.compile(
    r"\\(eqref|cite|ref)\*?\{([\w:.,+/ -]*)\}|"  # what is kept as it stands
    r"\\(?:[cC]ref|autoref|nameref|pageref)\*?\{([\w:.,+/ -]*)\}|"
    r"\\cite[a-z]*\*?(?:\[[^\[\]{}]*\])*\{([\w:.,+/ -]*)\}|"
    r"\\(gradetable|pointtable)(?:\[[a-z]*\])*"
)


def _each_reference(text: str, command: Callable[[str, str], str], words: Callable[[str], str]) -> str:
    """A text with its references and the words between them written anew; a table of grades is left out."""
    out, at = [], 0
    for m in _REFERENCE.finditer(text):
        out.append(words(text[at : m.start()]))
        if not m[5]:
            name = m[1] or ("ref" if m[3] is not None else "cite")
            out.append(command(name, next(k for k in m.group(2, 3, 4) if k is not None)))
        at = m.end()
    return "".join([*out, words(text[at:])])


def tex_prose(text: str) -> str:
    """Words of an author as LaTeX: references stay what they are, with the commands that every document has."""
    return _each_reference(text, lambda name, key: rf"\{name}{{{key}}}", tex)


def html_prose(text: str) -> str:
    """Words of an author for a page: references by their keys, and the dashes and quotes that TeX would set."""
    around = {"eqref": "({})", "cite": "[{}]", "ref": "{}"}
    return _each_reference(text, lambda name, key: around[name].format(key), _typeset)


def _typeset(text: str) -> str:
    for typed, meant in (("---", "—"), ("--", "–"), ("``", "“"), ("''", "”")):
        text = text.replace(typed, meant)
    return text


def tex_label(label: str) -> str:
    """The label of a question, to which the text may refer."""
    return rf"\label{{{label}}}" if re.fullmatch(r"[\w:.+/-]+", label, re.ASCII) else ""


def tex_display(m: Math) -> str:
    """A display of the author: one formula, or rows aligned where they were."""
    if len(m.rows) <= 1 and all(len(r) <= 1 for r in m.rows):
        return rf"\[ {tex_math(m.latex)} \]"
    lines = [" & ".join(tex_math(c) for c in r) for r in m.rows if any(r)]
    return "\\begin{align*}\n" + " \\\\\n".join(f"  {line}" for line in lines) + "\n\\end{align*}"


def tex_lines(steps: Sequence[StepRecord]) -> list[str]:
    """The rows of a derivation for ``align*``, each with its reason."""
    out = []
    for r in rows(steps):
        note = rf"\text{{\footnotesize {tex(r.reason)}}}" if r.reason else ""
        lines = tex_relation(r.left, r.relation, r.right)
        if note and not r.wide and len(lines) == 1:
            lines[0] += f" && {note}"
        elif note:
            lines.append(rf"&\quad {note}")
        out += lines
    return out


def tex_relation(left: str, relation: str, right: str) -> list[str]:
    """A relation as rows of a display; what is too wide is broken at the relation, and before a term of a sum."""
    out = []
    room = WIDE - mathml.width(left)
    start = f"{tex_math(left)} &{relation} " if left else f"&{relation} "
    if left and mathml.width(right) > room and room < WIDE / 2:
        out.append(f"& {tex_math(left)}")
        start, room = rf"&\quad {relation} ", WIDE
    first, *others = broken(right, room)
    out.append(start + tex_math(first))
    return out + [rf"&\quad {{}} {tex_math(other)}" for other in others]


def broken(latex: str, room: float) -> list[str]:
    """A sum in parts that are no wider than the room, as far as it can be broken between its terms."""
    if mathml.width(latex) <= room or not harmless(latex):
        return [latex]
    terms, depth, begin = [], 0, 0
    for m in _DEPTH.finditer(latex):
        if m[1]:
            if depth == 0 and m.start() > begin:
                terms.append(latex[begin : m.start()].strip())
                begin = m.start()
        else:
            depth += -1 if m[0] in (")", "]", "}", r"\}", r"\right", r"\rvert", r"\rVert", r"\end") else 1
    terms.append(latex[begin:].strip())
    out = [terms[0]]
    for term in terms[1:]:
        longer = f"{out[-1]} {term}"
        out = [*out[:-1], longer] if mathml.width(longer) <= room else [*out, term]
    return out


_DEPTH = re.compile(r"(?<=[^{(\[]) ([+-]) |\\(?:[{}]|left|right|begin|end|[lr]vert|[lr]Vert)(?![a-z])|[()\[\]{}]")


def tex_answer(target: str, answer: str) -> str:
    """The answer in a box, if there is room for it."""
    whole = f"{target} = {answer}" if target and target != answer else answer
    if mathml.width(whole) <= WIDE:
        return rf"\[ \boxed{{{tex_math(whole)}}} \]"
    rows_ = tex_relation(target, "=", answer) if whole != answer else [f"& {tex_math(p)}" for p in broken(answer, WIDE)]
    return "\\begin{align*}\n" + " \\\\\n".join(f"  {row}" for row in rows_) + "\n\\end{align*}"


# -- rendering ------------------------------------------------------------------------------------------


def formula(latex: str, *, display: bool = False, large: bool = False) -> Any:
    """A formula for a page: MathML, else its source as code."""
    from markupsafe import Markup, escape

    made = mathml.mathml(latex, display=display, large=large)
    return Markup('<code class="tex">{}</code>').format(escape(latex)) if made is None else Markup(made)  # noqa: S704


def display(m: Math) -> Any:
    """A display of the author for a page."""
    from markupsafe import Markup

    if len(m.rows) > 1 or any(len(r) > 1 for r in m.rows):
        made = mathml.table([r for r in m.rows if any(r)])
        if made is not None:
            return Markup(made)  # noqa: S704
    return formula(m.latex, display=True)


@cache
def environment(*, latex: bool) -> jinja2.Environment:
    """The templates, with marks that do not collide with LaTeX, or with escaping for HTML."""
    import jinja2

    options: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "undefined": jinja2.StrictUndefined}
    if latex:
        options |= {
            "block_start_string": "<%", "block_end_string": "%>", "variable_start_string": "<<",
            "variable_end_string": ">>", "comment_start_string": "<#", "comment_end_string": "#>",
        }  # fmt: skip
    else:
        options["autoescape"] = True
    made = jinja2.Environment(loader=jinja2.PackageLoader("symderive.writing", "templates"), **options)  # noqa: S701
    made.globals |= {"rows": rows, "shown_steps": shown_steps, "at_numbers": at_numbers, "verdict_of": verdict_of}
    made.globals |= {"kind_of": lambda x: type(x).__name__, "math": formula, "display": display, "zip": zip}
    made.globals |= {"tex_display": tex_display, "tex_lines": tex_lines, "tex_answer": tex_answer}
    made.filters |= {
        "minus": minus,
        "texnumber": tex_number,
        "tex": tex,
        "texlabel": tex_label,
        "prose": tex_prose if latex else html_prose,
        "texmath": tex_math,
        "line": unicode.line,
        "number": number,
        "short": short,
        "words": words,
        "badge": badge,
        "why": why,
    }
    return made


def minus(value: str) -> str:
    """A number as it is printed."""
    return value.replace("-", "−") if _NUMBER.fullmatch(value) else value


_NUMBER = re.compile(r"[-\d./,\[\]() …e]+")


def tex_number(value: str) -> str:
    """A number or a list of them for math mode; other words as text."""
    return value.replace("…", r"\ldots") if _NUMBER.fullmatch(value) else rf"\text{{{tex(value)}}}"


def number(points: float) -> str:
    return f"{points:g}"


WORDS = {
    "proved": "proved",
    "refuted": "refuted",
    "consistent": "not checked",
    "undecided": "not checked",
    "taken": "taken",
    "unread": "not read",
    "ok": "",
}


def badge(a: AnswerRecord) -> str:
    """The verdict on an answer in a word or two."""
    if a.kind == "choices" and any(c.agrees is False for c in a.choices):
        return "the key of the file is refuted"
    return words(a.status)


def why(a: AnswerRecord) -> str:
    """Why an answer is open, as the end of a sentence."""
    return f"choices {a.open.removeprefix('open: ').upper()}" if a.open.startswith("open: ") else a.open


def words(verdict: str) -> str:
    """A verdict in the words of a sheet: what is open is *not checked*."""
    return WORDS.get(verdict, verdict)


def to_latex(sheet: Sheet) -> str:
    """The sheet as a document of the exam class; it needs amsmath and amssymb only."""
    text = environment(latex=True).get_template("sheet.tex.j2").render(sheet=sheet)
    return (
        re.sub(r"\n[ \t]*\n(?:[ \t]*\n)+", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip() + "\n"
    )


def to_html(sheet: Sheet) -> str:
    """The sheet as one page without scripts, fonts or links to anything."""
    text = environment(latex=False).get_template("sheet.html.j2").render(sheet=sheet)
    return (
        re.sub(r"\n[ \t]*\n(?:[ \t]*\n)+", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip() + "\n"
    )


def to_pdf(sheet: Sheet) -> bytes:
    """The sheet through latexmk, without shell escape and with files outside its folder closed to it.

    Raises:
        NoLatex: latexmk is not installed, or LaTeX failed; the message ends with LaTeX's first error.
    """
    program = shutil.which("latexmk")
    if program is None:
        raise NoLatex(
            "a PDF needs latexmk, which is not installed.  Write X.tex or X.html instead, or install TeX Live."
        )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sheet.tex").write_text(to_latex(sheet), "utf-8")
        command = [program, "-pdf", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "sheet.tex"]
        closed = {**os.environ, "openin_any": "p", "openout_any": "p", "shell_escape": "f"}
        try:
            run = subprocess.run(command, cwd=folder, env=closed, capture_output=True, check=False, timeout=MAX_SECONDS)  # noqa: S603
        except subprocess.TimeoutExpired as error:
            raise NoLatex(f"LaTeX did not finish within {MAX_SECONDS} seconds") from error
        made = Path(folder) / "sheet.pdf"
        if run.returncode or not made.exists():
            log = run.stdout.decode("utf-8", "replace")
            first = next((line for line in log.split("\n") if line.startswith("!")), log[-300:].strip())
            raise NoLatex(f"LaTeX failed: {first}")
        return made.read_bytes()


def without_solutions(sheet: Sheet) -> Sheet:
    """The question sheet: no answers, and nothing from which they could be told."""

    def bare(q: Question) -> Question:
        return replace(
            q, answers=(), own=(), unread=(), parts=tuple(map(bare, q.parts)), blocks=tuple(map(_unmarked, q.blocks))
        )

    entries: Iterable[Entry] = (bare(e) if isinstance(e, Question) else e for e in sheet.entries)
    return replace(sheet, entries=tuple(entries), solutions=False)


def _unmarked(b: Block) -> Block:
    return Choices(tuple(replace(c, correct=False) for c in b.items)) if isinstance(b, Choices) else b
