"""Rulings: what may be asked of a claim in the scope of a derivation, and the judge's word on it.

How rulings become marks is in `marking.py`, and when a refutation may not be said in `excuses.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from symderive.engine.judge import Judge
from symderive.kernel.book import Book
from symderive.kernel.context import Context, Definition, Rejected
from symderive.kernel.terms import Term, bound, rebuild, rel, subterms
from symderive.language.report import Because, Role, Said
from symderive.language.verdict import Kind, Verdict

UNITS = 700_000
"""Work that may be spent on one question; a relation asks a handful."""
TRIAL_UNITS = 60_000
"""Work for one other reading or one repair: these are short steps."""


class Says(Protocol):
    """What a relation says: conditions that must all hold."""

    kind: str
    conditions: tuple[Term, ...]
    rounded: tuple[Term, ...]
    misfit: str
    loose: bool
    why: tuple[str, str]


class Reads(Protocol):
    """A relation of a derivation with its meaning."""

    id: int
    chain: int
    role: Role
    step: Any
    anchor: Any
    link: Any
    sides: Any
    skips: int
    error: Any
    given: tuple[Term, ...]
    perhaps: tuple[Term, ...]
    stated: tuple[Term, ...]
    blocked: str
    order: int
    again: str
    earlier: Any
    about: str

    @property
    def same(self) -> bool:
        """Whether both sides are written alike."""


@dataclass
class Scope:
    """All that may be used to judge, by where it comes from.

    Attributes:
        context: names, definitions, and facts of the problem.
        values: equations "name = number" of the problem.
        assumed: facts that the solution assumes, with the place in the text from which on they hold.
        unread: sentences that were not understood; they block refutations.
        inferred: names of which nothing was said.
        words: the prose in lower case.
    """

    context: Context
    book: Book
    values: tuple[Term, ...] = ()
    assumed: tuple[tuple[int, Term], ...] = ()
    unread: tuple[str, ...] = ()
    inferred: frozenset[str] = frozenset()
    varying: frozenset[str] = frozenset()
    """Names of which the text takes derivatives, or states equations, without defining them."""
    stated: frozenset[str] = frozenset()
    """Those of them that stand on the left of a relation."""
    redefined: frozenset[str] = frozenset()
    """Names that the text defines more than once in so many words."""
    described: frozenset[str] = frozenset()
    """Names of which nothing was said but in words that were not understood."""
    indices: frozenset[str] = frozenset()
    """Letters that are free indices."""
    words: str = ""
    units: int = UNITS
    likely: tuple[Term, ...] = ()
    """What nouns let expect of numbers."""
    doubtful: Mapping[str, str] = field(default_factory=dict)
    """Names that a sentence declares, defines or speaks of, with a word of it that may change what it says."""
    vague: frozenset[str] = frozenset()
    """Names that are taken as numbers though their nouns do not say so."""
    hedged: Mapping[str, str] = field(default_factory=dict)
    """Names whose defining equation may hold only in the circumstances that its sentence tells."""
    tagged: Mapping[str, str] = field(default_factory=dict)
    """Names that a noun or adjective describes that says more of them than was read."""
    defined_at: Mapping[str, int] = field(default_factory=dict)
    """The names that the text defines, with the places where it does."""


@dataclass
class Ruling:
    """What is said of one claim."""

    said: Said
    verdict: Verdict | None = None
    reason: Because | None = None
    rests: tuple[str, ...] = ()
    """Groups of facts beyond those of the problem: values, equations, solution, results."""
    uses: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()
    """What was taken of names of which nothing is said, in words."""
    facts: tuple[Term, ...] = ()
    random: bool = False
    """Whether it is proved for random names as well, of which nothing says whether they are."""
    under: tuple[Term, ...] = ()
    """The definition of a name, where the text has several, that the proof takes."""
    within: tuple[Term, ...] = ()
    """Under what the results hold that the proof uses."""

    @property
    def undone(self) -> bool:
        """Whether it was proved, in a reading that may not be meant."""
        return self.said is Said.UNDECIDED and self.verdict is not None and self.verdict.kind is Kind.PROVED

    @property
    def proved(self) -> bool:
        return self.said is Said.PROVED

    @property
    def refuted(self) -> bool:
        return self.said is Said.REFUTED


ORDER = {Kind.PROVED: 0, Kind.CONSISTENT: 1, Kind.UNDECIDED: 2, Kind.REFUTED: 3}


class Bench:
    """Asks the judge, and remembers what was said."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.memo: dict[Any, Verdict] = {}
        self.weights: dict[str, int] = {}

    def ask(self, claim: Says, facts: Sequence[Term], units: int = 0) -> Ruling:
        """The judge's word on all conditions of a claim."""
        if not claim.rounded:
            ruling = self._all(claim.conditions, facts, units)
            if claim.kind == "O" and ruling.refuted and ruling.verdict is not None:
                ruling.notes = (f"the terms of order {claim.conditions.index(ruling.verdict.claim)} differ",)
            return ruling
        exact = self._all(claim.conditions, facts, units) if claim.kind == "=" else None
        if exact is not None and exact.proved:
            return exact
        near = self._all(claim.rounded, facts, units)
        if near.proved and claim.kind == "=":
            near.notes = ("≈ is meant",)
        if exact is not None and near.refuted:
            near.reason = Because("rounding", "the decimals are not those of the value")
            if exact.refuted:
                near.verdict = exact.verdict
        return near

    def _all(self, conditions: Sequence[Term], facts: Sequence[Term], units: int) -> Ruling:
        worst: Verdict | None = None
        for c in conditions:
            v = self.judge(c, facts, units)
            if worst is None or ORDER[v.kind] > ORDER[worst.kind]:
                worst = v
            if v.kind is Kind.REFUTED:
                break
        assert worst is not None
        reason = Because(worst.code, worst.reason) if worst.code else None
        return Ruling(Said(worst.kind.value), worst, reason, facts=tuple(facts))

    def ask_equal(self, a: Term, b: Term) -> bool:
        """Whether two numbers are proved to be equal."""
        try:
            return self.judge(rel("=", a, b), (), TRIAL_UNITS).kind is Kind.PROVED
        except Rejected:
            return False

    def judge(self, claim: Term, facts: Sequence[Term], units: int = 0) -> Verdict:
        """The verdict on one condition under further facts; only what bears on it is in the context."""
        key = (claim, tuple(facts), units)
        found = self.memo.get(key)
        if found is None:
            context = focused(self.scope.context, claim, facts)
            try:
                found = Judge(context, self.scope.book, units or self.scope.units).judge(claim)
            except Rejected as error:
                found = Verdict(Kind.UNDECIDED, claim, "unsupported", str(error))
            except RecursionError:
                found = Verdict(Kind.UNDECIDED, claim, "budget", "the relation nests too deep")
            self.memo[key] = found
        return found

    def weight(self, t: Term) -> int:
        """How large a claim is with the definitions behind it: what it costs to evaluate it."""
        out = 50 + t.size
        for n in self.scope.context.closure(t) & self.scope.context.definitions.keys():
            if n not in self.weights:
                self.weights[n] = sum(body.size for _, body in self.scope.context.definitions[n].clauses)
            out += self.weights[n]
        ders = sum(s.head in ("der", "big", "tab") for s in subterms(t))
        return out * (1 + ders)

    def closed(self, t: Term) -> bool:
        return not self.scope.context.closure(t)


def focused(context: Context, claim: Term, facts: Sequence[Term]) -> Context:
    """The part of a context that bears on a claim: its names, and the facts that speak of them."""
    every = tuple(dict.fromkeys((*context.facts, *facts)))
    names: set[str] = set()
    integers = {n for n, d in context.signature.items() if d.kind == "int"}
    todo = [claim]
    rest = [(f, names_in(context, f)) for f in every]
    kept: set[Term] = set()
    while todo:
        new: set[str] = set()
        for t in todo:
            new |= names_in(context, t)
        todo = []
        new -= names
        names |= new
        for n in new:
            d = context.signature.get(n)
            for lo, hi in (*d.ranges, *(r for a in d.arguments for r in a)) if d else ():
                todo += [lo] if hi.head == "inf" else [lo, hi]
            todo += d.law[1] if d is not None and d.law else ()
            todo += [body for _, body in context.definitions[n].clauses] if n in context.definitions else []
        waiting = []
        for f, used in rest:
            if used & names - integers or used <= names:
                kept.add(f)
                todo.append(f)
            else:
                waiting.append((f, used))
        rest = waiting
    return replace(
        context,
        signature={n: d for n, d in context.signature.items() if n in names},
        definitions={n: d for n, d in context.definitions.items() if n in names},
        facts=tuple(f for f in every if f in kept),
        memo={},
    )


def redefined(context: Context, name: str, conditions: Sequence[Term]) -> Context | None:
    """The context with another definition of a number or a function of numbers; None if it cannot be put in."""
    if len(conditions) != 1 or conditions[0].head != "rel" or name not in context.definitions:
        return None
    left, right = conditions[0].terms
    arguments = left.terms if left.head == "app" else ()
    if (
        left.head not in ("sym", "app")
        or left.name() != name
        or name in context.closure(right)
        or any(a.head != "sym" for a in arguments)
        or context.declared(name).ranges
    ):
        return None
    params = tuple(a.name() for a in arguments)
    if len(set(params)) < len(params):
        return None
    body = substitute_names(right, {p: bound(f"{p}#again") for p in params})
    new = Definition(tuple(f"{p}#again" for p in params), (((), body),))
    return replace(context, definitions={**context.definitions, name: new}, memo={})


def substitute_names(t: Term, values: dict[str, Term]) -> Term:
    if t.head == "sym":
        return values.get(t.name(), t)
    return rebuild(t, lambda a, _: substitute_names(a, values))


def names_in(context: Context, t: Term) -> frozenset[str]:
    """All names that a term speaks of, those included that it differentiates by or integrates over."""
    key = ("names", t)
    found: frozenset[str] | None = context.memo.get(key)
    if found is None:
        out = set(context.closure(t))
        for s in subterms(t):
            if s.head in ("der", "lim"):
                out.add(s.name(1))
            elif s.head == "ex":
                out |= {str(n) for n in s.args[1:]}
            elif s.head == "sym":
                out |= context.reach(s.name())
        found = context.memo[key] = frozenset(out)
    return found


def bare(t: Term) -> Term:
    """That of which a term is an entry."""
    while t.head == "at":
        t = t.terms[0]
    return t


def partial(r: Reads) -> bool:
    """Whether ∂ stands in a relation, or before it in its chain."""
    return any("\\partial" in side.text for side in r.sides.sides[: r.link.k + 2])
