"""The prover: a claim goes in, a line that proves it comes out, or the reason why none was found.

Equations are decided by the normal form, with names as atoms first, then unfolded; what is left is split
by cases on the arguments of |·| and on guards.  Orders are decided by the search for signs.  Tensors are
compared entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from symderive.engine.budget import Budget, OutOfBudget
from symderive.engine.builder import Builder, Stuck
from symderive.engine.functions import Restart
from symderive.engine.handlers import HANDLERS
from symderive.engine.normal import Normal
from symderive.engine.ring import Full, TooLarge
from symderive.kernel.book import Book
from symderive.kernel.context import Context, Rejected
from symderive.kernel.defined import defined_parts, holds_plainly
from symderive.kernel.placing import is_mark, is_regularity
from symderive.kernel.shapes import SCALAR, shape
from symderive.kernel.terms import ZERO, Term, TooDeep, abstract, at, bound, fresh, instantiate, make, negate, rel, subterms

T = TypeVar("T")
MAX_SPLITS = 6
MAX_RESTARTS = 12

FAILURES = (Stuck, TooLarge, Rejected, ZeroDivisionError, TooDeep, RecursionError)


class Differ(Stuck):
    """Two normal forms differ; carries the normal form, so that a case split can be chosen."""

    def __init__(self, normal: Normal, left: Term, right: Term) -> None:
        super().__init__("the normal forms differ")
        self.normal, self.left, self.right = normal, left, right


@dataclass(frozen=True)
class Setting:
    """What a normal form may use: conditions, and which definitions it unfolds."""

    conditions: tuple[Term, ...] = ()
    unfold: frozenset[str] = frozenset()
    unfold_at: frozenset[Term] = frozenset()


@dataclass
class Prover:
    """Proves claims in one context; every line goes into one builder."""

    context: Context
    book: Book
    budget: Budget = field(default_factory=Budget)

    def __post_init__(self) -> None:
        self.builder = Builder(self.context, self.book, self.budget)

    # -- entry points ---------------------------------------------------------------------------

    def prove(self, claim: Term) -> int:
        """A line whose claim is this one; what it assumes is as little as was found.

        Raises:
            Stuck: no proof was found.
            OutOfBudget: the search used up its budget.
        """
        allowed = [*self.context.facts, *sorted(defined_parts(self.context, claim.terms), key=repr)]
        line = self.relation(claim, tuple(allowed))
        return self.discharge(line, claim)

    def relation(self, claim: Term, conditions: tuple[Term, ...]) -> int:
        """A line for a relation, using these conditions."""
        left, right = claim.terms
        if shape(self.context, left) != SCALAR:
            return self._tensors(claim, conditions)
        a, b = self.builder.lower(left), self.builder.lower(right)
        lowered = rel(claim.name(), self.builder.right(a), self.builder.right(b))
        line = self._by_settings(lowered, conditions)
        if lowered is claim:
            return line
        return self.builder.chain(a, line, ~b)

    def _tensors(self, claim: Term, conditions: tuple[Term, ...]) -> int:
        """S = T entry by entry."""
        left, right = claim.terms
        (lo, hi), *_ = shape(self.context, left)
        name = fresh(left, right)
        i = bound(name)
        inner = rel("=", at(left, i), at(right, i))
        ranges = (rel("<=", lo, i), rel("<=", i, hi))
        line = self.relation(inner, (*conditions, *ranges))
        rule = self.builder.rule("tensor.entries", S=left, T=right, lo=lo, hi=hi)
        every = make("all", lo, hi, abstract(inner, name))
        return self.builder.cut(rule, every, line, (name,))

    # -- settings -------------------------------------------------------------------------------

    def _by_settings(self, claim: Term, conditions: tuple[Term, ...]) -> int:
        """Names as atoms first, then definitions unfolded."""
        names = frozenset(
            n for n in self.context.definitions if self.context.declared(n).kind != "function"
        )
        functions = frozenset(self.context.definitions) - names
        used = self.context.closure(claim)
        last: Exception = Stuck("no way was tried")
        for unfold in dict.fromkeys((functions, functions | (names & used))):
            try:
                return self._by_cases(claim, Setting(conditions, unfold), MAX_SPLITS)
            except FAILURES as error:
                last = error
        raise Stuck(str(last)) from last

    def normal(self, setting: Setting, size: int, denominators: dict[str, int]) -> Normal:
        """A normal form under a setting."""
        normal = Normal(self.builder, HANDLERS, size, denominators)
        normal.unfold, normal.unfold_at = setting.unfold, setting.unfold_at
        normal.facts.allow(list(setting.conditions))
        return normal

    def attempt(self, setting: Setting, task: Callable[[Normal], T]) -> T:
        """Run a task on a fresh normal form, again with more room when it asks for it."""
        size, denominators = 16, {}  # type: tuple[int, dict[str, int]]
        for _ in range(MAX_RESTARTS):
            try:
                return task(self.normal(setting, size, denominators))
            except Restart:
                continue
            except Full:
                size *= 2
        raise Stuck("the normal form does not settle")

    def _by_cases(self, claim: Term, setting: Setting, depth: int) -> int:
        """The claim directly, or by cases on what its normal form leaves open."""
        try:
            return self.attempt(setting, lambda normal: self._directly(normal, claim))
        except Differ as differ:
            split = choose_split(differ) if depth else None
            if split is None or not set(split).isdisjoint(setting.conditions):
                raise
        lines = []
        for case in split:
            inner = replace(setting, conditions=(*setting.conditions, case))
            contradiction = self._contradiction(inner)
            lines.append(contradiction if contradiction is not None else self._by_cases(claim, inner, depth - 1))
        return self.builder.cases(claim, split, lines)

    def _contradiction(self, setting: Setting) -> int | None:
        """A line 0 < 0 from the conditions, if they contradict each other."""
        try:
            return self.attempt(setting, lambda normal: normal.signs.contradiction())
        except FAILURES:
            return None

    def _directly(self, normal: Normal, claim: Term) -> int:
        left, right = claim.terms
        if claim.name() != "=":
            line = normal.signs.prove(claim)
            if line is None:
                raise Differ(normal, left, right)
            return line
        try:
            return normal.equal(left, right)
        except Stuck as stuck:
            if isinstance(stuck, Differ):
                raise
            raise Differ(normal, left, right) from stuck

    # -- hypotheses -----------------------------------------------------------------------------

    def discharge(self, line: int, claim: Term) -> int:
        """The line with as few hypotheses as are found to be needed."""
        own = defined_parts(self.context, claim.terms)
        for strong in (False, True, False):
            for h in sorted(self.builder.line(line).hypotheses, key=repr):
                if self._settled(h):
                    continue
                rest = tuple(sorted((c for c in self._open(line) if c is not h and (c in own or strong)), key=repr)) if strong else ()
                proof = self._hypothesis(h, (*self.context.facts, *rest))
                if proof is not None:
                    by, names = proof
                    if h not in self.builder.line(by).hypotheses:
                        line = self.builder.cut(line, h, by, names)
        return line

    def _settled(self, h: Term) -> bool:
        return h in self.context.fact_set or is_mark(h) or is_regularity(h) or holds_plainly(h)

    def _open(self, line: int) -> list[Term]:
        return [h for h in self.builder.line(line).hypotheses if not self._settled(h)]

    def _hypothesis(self, h: Term, conditions: tuple[Term, ...]) -> tuple[int, tuple[str, ...]] | None:
        """A line that proves a condition, with the names of the indices of its ∀."""
        names: list[str] = []
        granted: list[Term] = []
        goal = h
        while goal.head in ("all", "imp"):
            if goal.head == "imp":
                granted.append(goal.terms[0])
                goal = goal.terms[1]
                continue
            name = fresh(goal, *granted)
            names.append(name)
            lo, hi, body = goal.terms
            granted.append(rel("<=", lo, bound(name)))
            if hi.head != "inf":
                granted.append(rel("<=", bound(name), hi))
            goal = instantiate(body, bound(name))
        if goal.head != "rel" or shape(self.context, goal.terms[0]) != SCALAR:
            return None
        try:
            return self.relation(goal, (*conditions, *granted)), tuple(names)
        except (*FAILURES, OutOfBudget):
            return None


def choose_split(differ: Differ) -> tuple[Term, ...] | None:
    """The cases into which to split a goal: the sign of an argument of |·|, or a guard."""
    normal = differ.normal
    try:
        gap = normal.frac(make("add", differ.left, make("neg", differ.right)))
    except FAILURES:
        return None
    parts: dict[Term, tuple[Term, ...]] = {}
    for g in sorted(normal.ring.inside(gap)):
        for t in subterms(normal.ring.generators[g]):
            split = split_of(t)
            if split is not None:
                parts[t] = split
    for t, split in parts.items():
        if not any(s is not t and s in parts for s in subterms(t)):
            return split
    return None


def split_of(t: Term) -> tuple[Term, ...] | None:
    """Cases for a generator that is an absolute value or has a guard."""
    if t.head == "app" and t.name() == "abs" and not t.loose:
        u = t.terms[0]
        return rel("<=", ZERO, u), rel("<", u, ZERO)
    if t.head == "cases" and not t.loose:
        guard = t.terms[0]
        other = negate(guard)
        if other is not None and guard.name() in ("=", "<", "<=", "!="):
            return guard, other
    return None

