"""What was derived, read or judged as plain records of text: the one fold from which every view is printed.

Formulas are LaTeX in the author's spelling.  `data` turns a record into what JSON can hold; terminals, sheets and pages
print the same records, so that no view can say more than another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from typing import Any

from symderive.kernel.context import Context, Definition, Name, Range, Rejected
from symderive.kernel.terms import ONE, Term, TooDeep, at, make, num, substitute, subterms, sym
from symderive.language.problem import ChoiceVerdict, Derivation, Goal, GoalKind, Problem
from symderive.language.verdict import Counterexample, Kind, Verdict, value
from symderive.writing.latex import TooLong, latex

UNPRINTABLE = r"\text{(too long to print)}"
SIGNS = {"=": "=", "!=": r"\ne", "<": "<", "<=": r"\le", ">": ">", ">=": r"\ge"}


@dataclass(frozen=True)
class Numbers:
    """A counterexample: values by the author's names, and what both sides become."""

    values: tuple[tuple[str, str], ...]
    left: str
    right: str


@dataclass(frozen=True)
class Judged:
    """A verdict; `kind` is proved, refuted, consistent or undecided."""

    kind: str
    code: str = ""
    reason: str = ""
    points: int = 0
    needs: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    hypotheses: tuple[str, ...] = ()
    counterexample: Numbers | None = None


@dataclass(frozen=True)
class StepRecord:
    """One relation of a derivation."""

    left: str
    relation: str
    right: str
    reason: str
    rules: tuple[str, ...]
    verdict: str


@dataclass(frozen=True)
class ChoiceRecord:
    """One choice with what is said of it.

    Attributes:
        marked: how the file marks it; None if the file marks no choice of the question.
        agrees: whether that is what was found; None if either is open.
        text: the choice as its author words it, with formulas between dollars; empty if that is not known.
    """

    label: str
    claims: tuple[str, ...]
    verdict: str
    marked: bool | None
    agrees: bool | None
    judged: tuple[Judged, ...]
    text: str = ""


@dataclass(frozen=True)
class AnswerRecord:
    """What was derived for one problem.

    Attributes:
        status: the verdict on the whole: proved, refuted, consistent or undecided.
        goal: what was asked for.
        target: the term whose value the answer is; empty where the goal is no such term.
        answer: empty if there is none.
        open: why there is no proved answer; empty if there is one.
        conditions, hypotheses: where it holds and what regularity it assumes.
        certificate: the file that holds it; None if none was written.
    """

    label: str
    kind: str
    status: str
    goal: str
    target: str
    answer: str
    others: tuple[str, ...]
    steps: tuple[StepRecord, ...]
    conditions: tuple[str, ...]
    hypotheses: tuple[str, ...]
    open: str
    verdict: Judged | None
    choices: tuple[ChoiceRecord, ...]
    picked: tuple[str, ...]
    values: tuple[str, ...] = ()
    certificate: str | None = None


@dataclass(frozen=True)
class NameRecord:
    r"""A name as it was understood.

    Attributes:
        role: declared, defined, inferred, index or dimension.
        type: LaTeX, such as ``\mathbb{R}^{n}``.
        said: the words from which that was taken; empty if there were none.
        definitions: ``name = body``, a formula for each range of its indices.
    """

    latex: str
    role: str
    type: str
    said: str = ""
    definitions: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnreadRecord:
    """A sentence that was not understood, and why."""

    text: str
    code: str
    reason: str
    advice: str


@dataclass(frozen=True)
class QuestionRecord:
    """What was understood of one unit of a document, beyond what it inherits.

    Attributes:
        understood: (what it was taken for, the sentence), in the order of the text.
        inferred: what was not said and taken from use.
        notes: what was taken one way where another was possible.
        goals: (kind, formula) of what is asked.
    """

    label: str
    kind: str
    line: int
    points: float | None
    names: tuple[NameRecord, ...]
    facts: tuple[str, ...]
    understood: tuple[tuple[str, str], ...]
    inferred: tuple[str, ...]
    notes: tuple[str, ...]
    conventions: tuple[str, ...]
    goals: tuple[tuple[str, str], ...]
    values: tuple[str, ...]
    not_read: tuple[UnreadRecord, ...]
    solutions: int


Show = Callable[[Term], str]


MOST_MOMENTS = 6
"""Moments whose existence is printed one by one."""


def summed_up(hypotheses: tuple[str, ...]) -> tuple[str, ...]:
    """Hypotheses as LaTeX, with one for many moments that are to exist; the certificate holds each."""
    if sum("exists" in h for h in hypotheses) <= MOST_MOMENTS:
        return hypotheses
    return (*(h for h in hypotheses if "exists" not in h), r"\text{all moments that occur exist}")


def writer(spelling: Mapping[str, str], context: Context | None) -> Show:
    """Writes terms of a context in the author's spelling."""

    def show(t: Term) -> str:
        try:
            return latex(t, spelling, context)
        except (TooLong, TooDeep, RecursionError):
            return UNPRINTABLE
        except Rejected:  # a name of it is not declared there
            return latex(t, spelling)

    return show


def numbers(c: Counterexample, spelling: Mapping[str, str]) -> Numbers:
    """A counterexample under the author's names, the shortest first."""
    from symderive.writing.latex import guess

    values = [(spelling.get(n, guess(n)), value(v)) for n, v in c.values.items()]
    return Numbers(tuple(sorted(values, key=lambda p: (len(p[1]) > 40, p[0]))), value(c.left), value(c.right))


def judged(v: Verdict, show: Show, spelling: Mapping[str, str]) -> Judged:
    """A verdict as a record."""
    return Judged(
        v.kind.value,
        v.code,
        v.reason,
        v.points,
        tuple(map(show, v.needs)),
        tuple(map(show, v.conditions)),
        tuple(map(show, v.hypotheses)),
        numbers(v.counterexample, spelling) if v.counterexample is not None else None,
    )


def answer(problem: Problem, d: Derivation, label: str | None = None) -> AnswerRecord:
    """The record of a derivation; `label` is the name under which the problem is known, if not its own."""
    show = writer(problem.spelling, d.context or problem.context)
    choices = tuple(_choice(c, d, show, problem.spelling) for c in d.choices)
    return AnswerRecord(
        label if label is not None else problem.label,
        d.goal.kind.value,
        status(d, choices),
        goal(d.goal, show),
        show(d.goal.target) if d.goal.target is not None and d.goal.kind not in _CLAIMS else "",
        show(d.answer) if d.answer is not None else "",
        tuple(map(show, d.others)),
        tuple(_steps(d, problem)),
        tuple(map(show, d.conditions)),
        summed_up(tuple(map(show, d.hypotheses))),
        d.open,
        judged(d.verdict, show, problem.spelling) if d.verdict is not None else None,
        choices,
        d.picked,
        tuple(map(show, d.goal.at)),
    )


def failed(problem: Problem, reason: str, label: str | None = None) -> AnswerRecord:
    """The record of a problem that could not be taken up."""
    return answer(problem, Derivation(problem.goal, open=reason), label)


_CLAIMS = frozenset((GoalKind.SHOW, GoalKind.CHOICES, GoalKind.SIGN, GoalKind.MONOTONE, GoalKind.SOLVE))


def status(d: Derivation, choices: Iterable[ChoiceRecord] = ()) -> str:
    """The verdict on the whole.  A key that marks the wrong choice is a refuted claim of the file."""
    if any(c.agrees is False for c in choices):
        return Kind.REFUTED.value
    if d.proved:
        return Kind.PROVED.value
    if d.goal.kind is GoalKind.SHOW and d.verdict is not None:
        return d.verdict.kind.value if d.verdict.kind is not Kind.PROVED else Kind.UNDECIDED.value
    if d.verdict is not None and d.verdict.kind is Kind.CONSISTENT:
        return Kind.CONSISTENT.value
    return Kind.UNDECIDED.value


def goal(g: Goal, show: Show) -> str:
    """What is asked, as a formula."""
    if g.kind in (GoalKind.SHOW, GoalKind.SOLVE) and g.relation is not None:
        return show(g.relation)
    return show(g.target) if g.target is not None else ""


def _steps(d: Derivation, problem: Problem) -> Iterable[StepRecord]:
    for s in d.steps:
        show = writer(problem.spelling, s.context)
        relation = SIGNS.get(s.relation, s.relation)
        yield StepRecord(show(s.left), relation, show(s.right), s.reason, s.rules, s.verdict.kind.value)


def _choice(c: ChoiceVerdict, d: Derivation, show: Show, spelling: Mapping[str, str]) -> ChoiceRecord:
    keyed = any(other.choice.correct for other in d.choices)
    decided = c.kind in (Kind.PROVED, Kind.REFUTED)
    return ChoiceRecord(
        c.choice.label,
        tuple(map(show, c.choice.claims)),
        c.kind.value,
        c.choice.correct if keyed else None,
        c.choice.correct == (c.choice.label in d.picked) if keyed and decided else None,
        tuple(judged(v, show, spelling) for v in c.verdicts) if not c.choice.none else (),
    )


def type_of(context: Context, name: str, show: Show) -> str:
    """The sort and the ranges of a declared name, as LaTeX."""
    declared = context.signature[name]
    ground = r"\mathbb{Z}" if declared.kind == "int" else r"\mathbb{R}"
    out = _space(declared.ranges, ground, show)
    if declared.kind == "function":
        places = r" \times ".join(_space(a, r"\mathbb{R}", show) for a in declared.arguments)
        out = rf"{places or r'()'} \to {out}"
    if declared.kind == "random":
        out += r"\ \text{random}"
    return out


def _space(ranges: Iterable[Range], ground: str, show: Show) -> str:
    """``ℝ^{m × n}``; a range that does not begin at 1 is written out."""
    joined = r" \times ".join(_span(lo, hi, show) for lo, hi in ranges)
    return f"{ground}^{{{joined}}}" if joined else ground


def _span(lo: Term, hi: Term, show: Show) -> str:
    if hi.head == "inf":
        return rf"{show(lo)}, {show(_after(lo))}, \dots"
    return show(hi) if lo is ONE else rf"{show(lo)}, \dots, {show(hi)}"


def _after(lo: Term) -> Term:
    return num(int(str(lo.args[0])) + 1) if lo.head == "num" else make("add", lo, ONE)


def definitions(context: Context, name: str, spelling: Mapping[str, str]) -> tuple[str, ...]:
    """What a name stands for, one formula for each range of its indices."""
    defined = context.definitions.get(name)
    if defined is None:
        return ()
    places = _parameters(context, name, defined)
    declared = context.declared(name)
    function = declared.kind == "function"
    kinds = [Name("real", a) for a in declared.arguments] if function else [Name("int")] * len(places)
    inner = {p.name(): kind for p, kind in zip(places, kinds, strict=False)}
    show = writer(spelling, replace(context, signature={**context.signature, **inner}, memo={}))
    left = make("app", name, *places) if function else at(sym(name), *places)
    out = []
    for ranges, body in defined.clauses:
        body = substitute(body, dict(zip(defined.params, places, strict=True)))
        where = [_where(show(p), lo, hi, show) for p, (lo, hi) in zip(places, ranges, strict=False)]
        text = f"{show(left)} = {show(body)}"
        out.append(rf"{text} \text{{ for }} {', '.join(where)}" if where else text)
    return tuple(out)


def _where(place: str, lo: Term, hi: Term, show: Show) -> str:
    if lo is hi:
        return f"{place} = {show(lo)}"
    return rf"{place} \ge {show(lo)}" if hi.head == "inf" else rf"{show(lo)} \le {place} \le {show(hi)}"


def _parameters(context: Context, name: str, defined: Definition) -> list[Term]:
    """Letters for the parameters of a definition: their own where that can mean nothing else, else free ones."""
    taken = {a for _, body in defined.clauses for s in subterms(body) for a in s.args if isinstance(a, str)} | {name}
    out: list[Term] = []
    for parameter in defined.params:
        own = parameter.partition("#")[0]
        free = (c for c in "ijklpqrstuvxyz" if c not in taken and c not in context.signature)
        letter = own if own not in taken else next(free, parameter)
        taken.add(letter)
        out.append(sym(letter))
    return out


def data(x: Any) -> Any:
    """A record as JSON data: records are objects, tuples and sets lists, enumerations their values."""
    if is_dataclass(x) and not isinstance(x, type):
        return {f.name: data(getattr(x, f.name)) for f in fields(x)}
    if isinstance(x, Enum):
        return data(x.value)
    if isinstance(x, Mapping):
        return {str(k): data(v) for k, v in x.items()}
    if isinstance(x, frozenset | set):
        return sorted(map(data, x), key=str)
    if isinstance(x, tuple | list):
        return [data(v) for v in x]
    if isinstance(x, str | int | float | bool) or x is None:
        return x
    return str(x)
