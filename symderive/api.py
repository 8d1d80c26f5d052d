r"""The Python door: formulas, verdicts, problems and their answers.

>>> import symderive as sd
>>> sd.equal(r"\sigma(x)(1 - \sigma(x))", r"\frac{d}{dx}\sigma(x)").kind.value
'proved'

Formulas are LaTeX, SymPy objects, or expressions built with a `Scope`.  SymPy is imported only where one of its
objects is taken or asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from symderive.kernel.context import Context, Rejected
from symderive.kernel.shapes import Shape, shape
from symderive.kernel.terms import ZERO, Term, rel, subterms, sym
from symderive.language.expr import Expr
from symderive.language.problem import Derivation, Goal, GoalKind
from symderive.language.problem import Problem as Asked
from symderive.language.scope import Scope
from symderive.language.verdict import NOTHING, Kind, Verdict

if TYPE_CHECKING:
    import sympy

    from symderive.checking import Item
    from symderive.language.report import Report
    from symderive.reading.formulas.names import Names
    from symderive.reading.formulas.surface import Surface
    from symderive.reading.problems import Question, Reading

Source: TypeAlias = "str | Expr | Formula | Any"
"""LaTeX, an expression, or a SymPy object."""
UNITS = 5_000_000
"""Work that may be spent on a claim."""
RELATIONS = ("=", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Formula:
    """A formula that was read: a term in the light of its declarations.

    Attributes:
        term: the kernel's term.
        source: the LaTeX that was read; empty if there was none.
        inferred: what was not said and taken from use, in sentences.
        notes: what was taken one way where another was possible.
    """

    term: Term
    context: Context = field(repr=False)
    spelling: Mapping[str, str] = field(repr=False, default_factory=dict)
    source: str = ""
    inferred: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> Shape:
        """The index ranges; ``()`` for a number."""
        return shape(self.context, self.term)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that occur."""
        return tuple(sorted({s.name() for s in subterms(self.term) if s.head == "sym"}))

    def latex(self) -> str:
        from symderive.writing.latex import latex

        return latex(self.term, self.spelling, self.context)

    def sympy(self) -> sympy.Basic:
        """The SymPy object, unevaluated.

        Raises:
            BridgeError: there is none with the same meaning.
        """
        from symderive.language.bridge import to_sympy

        return to_sympy(self.term, self.context)

    def __str__(self) -> str:
        return self.latex()


# -- names ------------------------------------------------------------------------------------------------


def _names(given: str | Scope | Names | None) -> Names:
    """The names that some declarations make.

    Raises:
        ReadingError: a sentence of them cannot be read.
        TypeError: they are neither sentences nor a scope.
    """
    from symderive.reading.formulas.names import Names

    if isinstance(given, Names):
        return given
    if isinstance(given, Scope):
        names = Names(given)
        _give_meanings(names)
        return names
    if given is None:
        return Names()
    if not isinstance(given, str):
        raise TypeError(f"given is sentences or a Scope, not {type(given).__name__}")
    return _said(given)


def _said(given: str) -> Names:
    """The names that some sentences make.

    Raises:
        ReadingError: one of them cannot be read, or they hold no formula and nothing else that is known.
    """
    from symderive.reading.documents.outline import Paragraph
    from symderive.reading.documents.reader import read_document
    from symderive.reading.formulas.errors import ReadingError
    from symderive.reading.formulas.names import Names
    from symderive.reading.problems import pieces_of
    from symderive.reading.statements.sentences import Inline, Reader

    names = Names()
    understood = not given.strip()
    for block in read_document(given, format="latex", path="given").walk():
        if isinstance(block, Paragraph):
            pieces = list(pieces_of(block.pieces))
            outcome = Reader(names).read(pieces)
            for _, error in outcome.unread:
                if error is not None:
                    raise error
            understood |= bool(outcome.read) or any(isinstance(p, Inline) for p in pieces)
    if not understood:
        said = "nothing of this was understood; formulas stand between dollars"
        raise ReadingError("not-read", said, 0, len(given), "Write: Let $x > 0$.")
    return names


def _is_sympy(x: object) -> bool:
    return type(x).__module__.partition(".")[0] == "sympy" or any(
        c.__module__.partition(".")[0] == "sympy" for c in type(x).__mro__
    )


def _value(x: Source, names: Names) -> Any:
    """A formula as the reader's value, which knows rows from columns."""
    from symderive.reading.formulas.elaborate import Value, read_term

    if isinstance(x, str):
        return read_term(x, names)
    if isinstance(x, Formula | Expr):
        return Value(_known(x.term, names))
    if isinstance(x, int):
        return Value(_number(x))
    if _is_sympy(x):
        from symderive.language.bridge import from_sympy

        out = Value(from_sympy(x, names.scope).term)
        _give_meanings(names)
        return out
    raise TypeError(f"{type(x).__name__} is not a formula: give LaTeX, an expression, or a SymPy object")


def _known(t: Term, names: Names) -> Term:
    """A term that was built elsewhere, if its names are declared here.

    Raises:
        ValueError: one is not.
    """
    strange = sorted({s.name() for s in subterms(t) if s.head == "sym"} - names.scope.names.keys())
    if strange:
        raise ValueError(f"{', '.join(strange)}: not declared here; say given=… with the scope of the expression")
    return t


def _give_meanings(names: Names) -> None:
    """Let the names that a program declared be used in LaTeX, too."""
    from symderive.reading.formulas.names import Meaning
    from symderive.writing.latex import guess

    for k in names.scope.names.keys() - names.meanings.keys():
        names.meanings[k] = Meaning(k, guess(k), "declared")


def _number(x: int) -> Term:
    from symderive.kernel.terms import num

    return num(x)


# -- formulas ---------------------------------------------------------------------------------------------


def expr(source: Source, given: str | Scope | None = None) -> Formula:
    r"""Read a formula.

    Args:
        source: LaTeX without dollar signs, or a SymPy object.
        given: declarations in sentences, such as ``r"Let $w \\in \\mathbb{R}^n$."``, or a scope.

    Raises:
        ReadingError: it cannot be read; with place and advice.
    """
    names = _names(given)
    value = _value(source, names)
    return Formula(
        value.term,
        names.scope.context(),
        names.spellings,
        source if isinstance(source, str) else "",
        tuple(names.inferred),
        tuple(names.notes),
    )


def parse(source: str, given: str | Scope | None = None) -> sympy.Basic:
    """A LaTeX formula as a SymPy object, unevaluated.  See `expr`."""
    return expr(source, given).sympy()


def equal(
    lhs: Source, rhs: Source, given: str | Scope | None = None, *, relation: str = "=", units: int = UNITS
) -> Verdict:
    """The verdict on ``lhs relation rhs``.

    Args:
        lhs: text, a SymPy expression or an `Expr`.
        rhs: the same.
        given: declarations and assumptions in words, or a scope.
        relation: ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``.
        units: how much work may be spent.

    Raises:
        ReadingError: a formula or a declaration cannot be read.  What a formula *says* never raises.
        ValueError: an expression mentions names that are not in the scope.
    """
    return compared(lhs, rhs, given, relation=relation, units=units)[0]


def compared(
    lhs: Source, rhs: Source, given: str | Scope | None = None, *, relation: str = "=", units: int = UNITS
) -> tuple[Verdict, Names]:
    """The verdict of `equal` with the names in whose light it was given, for those who print it."""
    from symderive.engine.ordered import is_large, order_matters
    from symderive.reading.formulas.elaborate import Elaborator
    from symderive.reading.formulas.errors import ReadingError
    from symderive.reading.formulas.inference import infer_families
    from symderive.reading.formulas.surface import Node
    from symderive.reading.formulas.surface import parse as surface
    from symderive.reading.summing import free_letters, not_summed, summed

    if relation not in RELATIONS:
        raise ValueError(f"relation={relation!r}: one of {' '.join(RELATIONS)}")
    names = _names(given)
    nodes = [surface(s, names.words) if isinstance(s, str) else None for s in (lhs, rhs)]
    infer_families(names, [n for n in nodes if n is not None])
    root = Node("chain", [n for n in nodes if n is not None]) if any(nodes) else None
    el = Elaborator(names, root)
    place = root or Node("empty", [])
    sides: list[Any] = []
    try:
        sides = [el.value(n) if n is not None else _value(s, names) for s, n in zip((lhs, rhs), nodes, strict=True)]
        if "summation" in names.conventions:
            keep = free_letters(summed(sides[0].term, names, (), repeated=True), names) | not_summed(names)
            sides = [replace(v, term=summed(v.term, names, keep)) for v in sides]
        doubtful = _with_random(sides, names)
        left, right = el.fit(sides)
        claim = el.relate(relation, left, right, place)
    except ReadingError as error:
        if error.code != "shape":
            raise
        verdict = misfit(error.text, names)
        return _unless_turned(verdict, sides, relation, names, units), names
    verdict = _judged(claim, names, units)
    if verdict.proved:
        inferred = filter(is_large, filter(names.is_inferred, names.scope.names))
        why = order_matters(names.scope.context(), names.scope.book, claim, inferred, units)
        verdict = Verdict(Kind.UNDECIDED, claim, "undeclared", why) if why else verdict
    if verdict.refuted:
        verdict = _unless_positive(verdict, names, units)
        verdict = _unless_turned(verdict, sides, relation, names, units)
    if verdict.refuted and doubtful:
        reason = f"nothing says which of {', '.join(doubtful)} are random"
        verdict = Verdict(Kind.UNDECIDED, claim, "undeclared", reason, counterexample=verdict.counterexample)
    return guarded(verdict, names), names


def _judged(claim: Term, names: Names, units: int = UNITS, facts: tuple[Term, ...] = ()) -> Verdict:
    """The verdict on a claim, under further facts; what the kernel does not take is undecided."""
    from symderive.engine.judge import Judge

    context = names.scope.context()
    if facts:
        context = replace(context, facts=(*context.facts, *facts), memo={})
    try:
        return Judge(context, names.scope.book, units).judge(claim)
    except Rejected as error:
        return Verdict(Kind.UNDECIDED, claim, "unsupported", str(error))


def _with_random(sides: list[Any], names: Names) -> list[str]:
    """The names in means of which nothing at all is said; what holds, has to hold for random ones."""
    scope = names.scope
    inside = {n for v in sides for s in subterms(v.term) if s.head == "ex" for n in scope.context().closure(s)}
    found = [n for n in sorted(inside - scope.definitions.keys()) if scope.names[n].kind == "real"]
    found = [n for n in found if names.meanings[n].role == "inferred"]
    for n in found:
        scope.names[n] = replace(scope.names[n], kind="random")
        names.changed()
    return found


def _unless_turned(verdict: Verdict, sides: list[Any], relation: str, names: Names, units: int) -> Verdict:
    """A refutation of what holds in the other layout of derivatives is none while no layout was stated."""
    from symderive.reading.claims import orientations

    stated = {"denominator-layout", "rows", "columns"} & names.conventions
    differentiated = any(s.head == "der" for v in sides for s in subterms(v.term))
    if not verdict.refuted or stated or len(sides) != 2 or not differentiated:
        return verdict
    for claim in orientations(names, relation, sides[0], sides[1]):
        if all(_judged(t, names, units).proved for t in claim.conditions):
            return Verdict(
                Kind.UNDECIDED, claim.conditions[0], "other-reading", "right in the other layout of derivatives"
            )
    return verdict


def misfit(text: str, names: Names) -> Verdict:
    """The verdict on sides whose shapes do not fit: refuted, unless a shape was only inferred."""
    open_ = names.open_dimensions or any(m.role == "inferred" for m in names.meanings.values()) or names.unread
    return Verdict(Kind.UNDECIDED if open_ else Kind.REFUTED, NOTHING, "shape", text)


def _unless_positive(verdict: Verdict, names: Names, units: int) -> Verdict:
    """A refutation of what holds for positive numbers is none while nothing was said of the numbers: √σ² = σ."""
    used = names.scope.context().closure(verdict.claim)
    open_ = [k for k, m in names.meanings.items() if k in used and m.role == "inferred" and not names.ranges(k)]
    facts = tuple(rel("<", ZERO, sym(k)) for k in sorted(open_) if names.declared(k).kind == "real")
    if not facts:
        return verdict
    if not _judged(verdict.claim, names, units, facts).proved:
        return verdict
    reason = "it holds for positive numbers, and nothing was said of these"
    return Verdict(Kind.UNDECIDED, verdict.claim, "needs", reason, needs=facts, counterexample=verdict.counterexample)


def guarded(verdict: Verdict, names: Names) -> Verdict:
    """A verdict in a scope where something was not read: proofs stand, refutations do not."""
    from symderive.reading.formulas.names import spell

    doubtful = names.scope.context().closure(verdict.claim) & names.doubtful.keys() if names.doubtful else set()
    if verdict.proved and doubtful:
        n = min(doubtful)
        reason = f"what is said of {spell(n)} was not understood: {names.doubtful[n]}"
        return Verdict(Kind.UNDECIDED, verdict.claim, "not-read", reason)
    if verdict.proved and names.presumed and not verdict.reason:
        said = ", ".join(f"{spell(u)} does not depend on {spell(v)}" for u, v in sorted(names.presumed))
        return replace(verdict, reason=f"if {said}")
    if not names.unread or not verdict.refuted:
        return verdict
    reason = f"refuted as far as it was read, but this was not: {names.unread[0]}"
    return Verdict(Kind.UNDECIDED, verdict.claim, "not-read", reason, counterexample=verdict.counterexample)


def check_step(
    before: Source, after: Source, relation: str = "=", given: str | Scope | None = None, **options: Any
) -> Verdict:
    """The verdict on one step of a derivation: `equal` with the relation in the middle."""
    return equal(before, after, given, relation=relation, **options)


def derive(goal: Source, given: str | Scope | None = None) -> Answer:
    r"""The closed form of a term, such as ``\frac{\partial L}{\partial w}``, with every step."""
    names = _names(given)
    t = _value(goal, names).term
    heads = {s.head for s in subterms(t)}
    kind = GoalKind.DERIVATIVE if "der" in heads else GoalKind.LIMIT if "lim" in heads else GoalKind.SIMPLIFY
    return _derived(Asked("", names.scope.context(), Goal(kind, t), (), names.spellings))


def _derived(asked: Asked) -> Answer:
    """The answer to a problem; one that the kernel does not take stays open, with the reason."""
    from symderive.engine.deriving import derive as run

    try:
        return Answer(asked, run(asked))
    except Rejected as error:
        return Answer(asked, Derivation(asked.goal, open=str(error)))


def recheck(certificate: Mapping[str, Any] | str | Path) -> str:
    """Check a certificate by the kernel alone; what it claims, in words.

    Args:
        certificate: data, or the path of a JSON file.

    Raises:
        Rejected: it is not acceptable; the message says why.
    """
    from symderive.kernel.check import check
    from symderive.kernel.words import describe
    from symderive.rules.book import book

    data = Path(certificate).read_bytes() if isinstance(certificate, str | Path) else json.dumps(certificate).encode()
    return describe(check(data, book()))


# -- problems ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Answer:
    """What was derived for a problem.

    Attributes:
        asked: the problem.
        derivation: goal, steps, answer and verdict, as terms.
    """

    asked: Asked
    derivation: Derivation

    @property
    def verdict(self) -> Verdict | None:
        return self.derivation.verdict

    @property
    def proved(self) -> bool:
        return self.derivation.proved

    @property
    def term(self) -> Term | None:
        return self.derivation.answer

    @property
    def answer(self) -> sympy.Basic | None:
        """The answer as a SymPy object; None if there is none."""
        if self.derivation.answer is None:
            return None
        from symderive.language.bridge import to_sympy

        return to_sympy(self.derivation.answer, self.context)

    @property
    def context(self) -> Context:
        return self.derivation.context or self.asked.context

    @property
    def steps(self) -> tuple[Any, ...]:
        return self.derivation.steps

    @property
    def conditions(self) -> tuple[Term, ...]:
        return self.derivation.conditions

    def latex(self) -> str:
        """The answer as LaTeX; empty if there is none."""
        return "" if self.derivation.answer is None else self.show(self.derivation.answer)

    def show(self, t: Term, context: Context | None = None) -> str:
        """A term of the derivation as LaTeX."""
        from symderive.writing.latex import latex

        return latex(t, self.asked.spelling, context or self.context)

    def __str__(self) -> str:
        said = "proved" if self.proved else f"open: {self.derivation.open}"
        return f"{said}: {self.latex()}" if self.latex() else said

    def __repr__(self) -> str:
        return f"<{' '.join(filter(None, ('Answer', self.asked.label, str(self))))}>"

    def certificate(self) -> Mapping[str, Any] | None:
        """The certificate of the whole claim."""
        return self.verdict.certificate if self.verdict is not None else None


class Problem:
    """One thing that a document asks."""

    def __init__(self, asked: Asked, question: Question) -> None:
        self.asked = asked
        self.question = question

    @property
    def label(self) -> str:
        return self.asked.label

    @property
    def goal(self) -> Goal:
        return self.asked.goal

    def derive(self) -> Answer:
        """The answer with its steps; nothing is refuted while a sentence of the problem was not read."""
        answer = _derived(self.asked)
        verdict = answer.verdict
        if verdict is None or not verdict.refuted or not self.question.names.unread:
            return answer
        told = guarded(verdict, self.question.names)
        return replace(answer, derivation=replace(answer.derivation, verdict=told, open=told.reason))

    def check(self, solution: str | Path, *, format: str | None = None) -> Report:  # noqa: A002
        """The report on a derivation for this problem, which need not restate it.

        Args:
            solution: the text, or the `Path` of a file.
            format: ``latex``, ``markdown`` or ``notebook``; if None, that of the file, and LaTeX for a text.

        Raises:
            FileNotFoundError: there is no such file.
        """
        from symderive.checking import check_solution
        from symderive.inputs import solution_of

        text, form, path = solution_of(solution, format)
        return check_solution(self.question, text, self.asked, format=form, path=path)

    def grade(self, answer: Source) -> Verdict:
        """The verdict on an answer to this problem.

        An answer in which the operator that was asked for still stands is none: *undecided*, code ``not-an-answer``.
        """
        from symderive.engine.answers import left_over, narrow, wanted
        from symderive.reading.formulas.errors import ReadingError

        if self.goal.kind in (GoalKind.SHOW, GoalKind.CHOICES):
            return Verdict(Kind.UNDECIDED, NOTHING, "not-an-answer", "no term is asked for: check a derivation instead")
        target = wanted(self.asked)
        if target is None:
            return Verdict(Kind.UNDECIDED, NOTHING, "unsupported", "the answer is not known here")
        names = self.question.names.copy()
        try:
            *others, (claim, t) = self._claims(answer, target, names)
        except ReadingError as error:
            code = "shape" if error.code == "shape" else "unread"
            kind = Kind.REFUTED if code == "shape" else Kind.UNDECIDED
            return Verdict(kind, rel("=", target, target), code, error.text)
        except Rejected as error:
            return Verdict(Kind.UNDECIDED, NOTHING, "unread", str(error))
        context = names.scope.context()
        left = left_over(self.asked, t, context)
        if left:
            return Verdict(Kind.UNDECIDED, claim, "not-an-answer", left)
        facts = (*self.asked.values, *self.goal.at, *self.goal.given)
        verdict = guarded(_judged(claim, names, facts=facts), names)
        for other, _ in others if verdict.proved else ():
            before = guarded(_judged(other, names, facts=facts), names)
            if not before.proved:
                return before
        if facts:
            context = replace(context, facts=(*context.facts, *facts), memo={})
        if more := narrow(context, names.scope.book, target, verdict):
            reason = "it has no value everywhere where what is asked for has one"
            return Verdict(Kind.UNDECIDED, claim, "not-an-answer", reason, needs=more)
        return verdict

    def _claims(self, answer: Source, target: Term, names: Names) -> list[tuple[Term, Term]]:
        """What an answer such as ``dL/dw = s = t`` says, side by side: each equals the target; the last one last."""
        from symderive.reading.formulas.elaborate import Elaborator, Value
        from symderive.reading.formulas.surface import parse as surface

        if not isinstance(answer, str):
            t = _value(answer, names).term
            return [(rel("=", target, t), t)]
        out: list[tuple[Term, Term]] = []
        *before, last = _sides(surface(answer, names.words))
        for node in (*(n for n in before if not _is_label(n, names)), last):
            el = Elaborator(names, node)
            value = el.value(node)
            if node is not last and value.term in (self.goal.target, target, self._unknown()):
                continue
            a, b = el.fit([Value(target, value.row), value])
            out.append((el.relate("=", a, b, node), b.term))
        return out

    def _unknown(self) -> Term | None:
        return sym(self.goal.unknown) if self.goal.unknown else None

    def __repr__(self) -> str:
        return f"Problem({self.label!r}, {self.goal.kind.value})"


def _sides(node: Surface) -> list[Surface]:
    """The sides of an answer such as ``dL/dw = s = t``; one that is no chain of equations is one side."""
    from symderive.reading.formulas.surface import Node

    if isinstance(node, Node) and node.kind == "chain" and all(r.text in ("=", ":=", "<-") for r in node.parts[1::2]):
        return node.parts[::2]
    return [node]


def _is_label(node: Surface, names: Names) -> bool:
    """Whether a side is a name that the problem does not know: what the answer is called."""
    from symderive.reading.formulas.symbols import peel, symbol_key

    s = peel(node)
    return s is not None and symbol_key(s) not in names and s.base not in names


class Document:
    """A document that was read.

    Attributes:
        problems: what it asks, by label; a unit that asks several things has them as ``label.1``, ``label.2`` ….
        messages: errors and warnings with their places.
    """

    def __init__(self, reading: Reading) -> None:
        from symderive.inputs import Labelled

        self.reading = reading
        self.messages = reading.messages
        self.problems: dict[str, Problem] = Labelled()
        for q in reading.walk():
            for k, p in enumerate(q.problems, 1):
                self.problems[q.label if len(q.problems) == 1 else f"{q.label}.{k}"] = Problem(p, q)

    def __repr__(self) -> str:
        return f"Document({self.reading.document.path!r}, {len(self.problems)} problems)"


def check(path_or_text: str | Path, *, format: str | None = None, macros: str | Path | None = None) -> list[Report]:  # noqa: A002
    """A verdict for every relation of the derivations in a document; one report for each solution.

    See `read` for the arguments and what is raised.
    """
    from symderive.checking import check_document

    return check_document(read(path_or_text, format=format, macros=macros).reading)


def check_many(items: Iterable[Item], *, jobs: int = 2, **options: Any) -> Iterator[list[Report]]:
    """Reports on many derivations, in order, from several processes; see `symderive.checking`.

    Each process imports the program that calls this, so a script calls it under ``if __name__ == "__main__":``.

    Raises:
        TypeError: one is no `Item`.
    """
    from symderive.checking import Item
    from symderive.checking import check_many as run

    given = [items] if isinstance(items, str) else list(items)
    for k, item in enumerate(given):
        if not isinstance(item, Item):
            raise TypeError(
                f"items[{k}] is a {type(item).__name__}: give Item(text), or Item(text, problem=…, label=…)"
            )
    return run(given, jobs=jobs, **options)


def read(
    path_or_text: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    macros: str | Path | None = None,
) -> Document:
    """Read a document: LaTeX, Markdown or a notebook.

    Args:
        path_or_text: a path, or the text itself.
        format: ``latex``, ``markdown`` or ``notebook``; guessed if None.
        macros: a file with further definitions, or the definitions.

    Raises:
        FileNotFoundError: there is no such file; a text on one line that ends like a file (``exam.tex``) is a path.
        ValueError: there is no such format.
    """
    from symderive.inputs import known_format, source_of
    from symderive.reading.problems import read_problems

    source = source_of(path_or_text)
    return Document(read_problems(source, format=known_format(format), macros=macros))  # type: ignore[arg-type]


__all__ = [
    "Answer",
    "Document",
    "Formula",
    "Problem",
    "Rejected",
    "check",
    "check_many",
    "check_step",
    "derive",
    "equal",
    "expr",
    "parse",
    "read",
    "recheck",
]
