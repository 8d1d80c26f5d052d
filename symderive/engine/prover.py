"""The prover: a claim goes in, a line that proves it comes out, or the reason why none was found.

Equations are decided by the normal form, with names as atoms first, then unfolded; what is left is split
by cases on the arguments of |·| and on guards.  Orders are decided by the search for signs.  Tensors are
compared entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from symderive.engine.budget import Budget
from symderive.engine.builder import Builder, Stuck
from symderive.engine.factors import by_factors
from symderive.engine.functions import Restart
from symderive.engine.handlers import HANDLERS
from symderive.engine.induction import by_induction
from symderive.engine.inverses import by_inverses, same_determinant
from symderive.engine.limits import exists
from symderive.engine.normal import Normal
from symderive.engine.ring import Full, TooLarge
from symderive.kernel.algebra import difference, tidy
from symderive.kernel.book import Book
from symderive.kernel.context import Context, Rejected, family_member
from symderive.kernel.defined import defined_parts, holds_plainly, is_mark, is_regularity
from symderive.kernel.shapes import SCALAR, shape
from symderive.kernel.terms import (
    ZERO,
    Term,
    TooDeep,
    abstract,
    at,
    bound,
    fresh,
    instantiate,
    make,
    negate,
    rel,
    subterms,
)

T = TypeVar("T")
MAX_SPLITS = 6
MAX_RESTARTS = 12
MAX_RETURNS = 4
"""How often hypotheses that come back are cut again; proofs that need each other stay open."""

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
    steps: frozenset[Term] = frozenset()
    frozen: frozenset[Term] = frozenset()
    """Derivatives that stay: those of quantities from which other differentiated quantities are built."""


@dataclass
class Prover:
    """Proves claims in one context; every line goes into one builder."""

    context: Context
    book: Book
    budget: Budget = field(default_factory=Budget)

    def __post_init__(self) -> None:
        self.builder = Builder(self.context, self.book, self.budget)
        self.steps: list[Term] = []
        """Indices at which families unfold: the steps of inductions under way."""
        self.lemmas: list[int] = []
        """Lines that hold by the facts alone and may be used anywhere."""
        self._normals: dict[Setting, tuple[Normal, int]] = {}
        """Normal forms that came to an end, and how many lemmas each knows."""

    # -- entry points ---------------------------------------------------------------------------

    def prove(self, claim: Term, given: tuple[Term, ...] = ()) -> int:
        """A line whose claim is this one; what it assumes is as little as was found, or given.

        Raises:
            Stuck: no proof was found.
            OutOfBudget: the search used up its budget.
        """
        own = sorted(defined_parts(self.context, claim.terms), key=repr)
        facts = (*self.context.facts, *given)
        self.lemmas += self.settle(own, facts).values()
        line = self.relation(claim, (*facts, *own))
        return self.discharge(line, facts, own)

    def relation(self, claim: Term, conditions: tuple[Term, ...]) -> int:
        """A line for a relation, using these conditions."""
        if shape(self.context, claim.terms[0]) != SCALAR:
            return self._tensors(claim, conditions)
        try:
            return self._by_settings(claim, conditions)
        except Stuck:
            line = None if self.steps else by_induction(self, claim, conditions)
            if line is None:
                raise
            return line

    def relation_at(self, claim: Term, conditions: tuple[Term, ...], *steps: Term) -> int:
        """`relation`, with recursive families unfolded, and sums split, at these indices."""
        self.steps += map(tidy, steps)
        try:
            return self.relation(claim, conditions)
        finally:
            del self.steps[-len(steps) :]

    def _tensors(self, claim: Term, conditions: tuple[Term, ...]) -> int:
        """S = T entry by entry, inverse matrices moved to the other side first."""
        if any(s.head == "op" and s.name() == "inv" for s in subterms(claim)):
            try:
                if (line := by_inverses(self, claim, conditions)) is not None:
                    return line
            except FAILURES:
                pass
        return self.entrywise(claim, conditions)

    def entrywise(self, claim: Term, conditions: tuple[Term, ...]) -> int:
        """S = T, since all entries agree."""
        left, right = claim.terms
        if not (s := shape(self.context, left)):
            return self.relation(claim, conditions)
        lo, hi = s[0]
        name = fresh(left, right, *conditions, stem="e")
        i = bound(name)
        inner = rel("=", at(left, i), at(right, i))
        ranges = (rel("<=", lo, i), rel("<=", i, hi))
        line = self.entrywise(inner, (*conditions, *ranges))
        rule = self.builder.rule("tensor.entries", S=left, T=right, lo=lo, hi=hi)
        every = make("all", lo, hi, abstract(inner, name))
        return self.builder.cut(rule, every, line, (name,))

    # -- settings -------------------------------------------------------------------------------

    def _by_settings(self, claim: Term, conditions: tuple[Term, ...]) -> int:
        """Names as atoms first, then definitions unfolded."""
        last: Exception = Stuck("no way was tried")
        settings = self.settings(claim, conditions)
        try:
            if (line := by_factors(self, claim, settings[0])) is not None:
                return line
        except FAILURES:
            pass
        for setting in settings:
            try:
                return self._by_cases(claim, setting, MAX_SPLITS)
            except FAILURES as error:
                last = error
        raise Stuck(str(last)) from last

    def settings(self, claim: Term, conditions: tuple[Term, ...]) -> list[Setting]:
        """Which definitions to unfold: only functions first, then all names that are used."""
        declared, defined = self.context.declared, frozenset(self.context.definitions)
        functions = frozenset(n for n in defined if declared(n).kind == "function")
        used = defined & self.context.closure(claim)
        steps = frozenset(self.steps)
        frozen = self._inner_derivatives(claim)
        latest = frozenset(n for n in used if not any(n != m and n in self.context.reach(m) for m in used))
        first = [Setting(conditions, u, steps, frozen) for u in (functions, functions | latest) if frozen]
        found = first + [Setting(conditions, u, steps) for u in dict.fromkeys((functions, functions | used))]
        ends = ends_apart(self.context, claim) - steps
        return found + ([replace(found[-1], steps=steps | ends)] if ends else [])

    def _inner_derivatives(self, claim: Term) -> frozenset[Term]:
        """The derivatives in a claim of defined names from which another differentiated name is built."""
        names = {t: t.terms[0].name() for t in subterms(claim) if t.head == "der" and t.terms[0].head == "sym"}
        defined = {t: n for t, n in names.items() if n in self.context.definitions}
        return frozenset(
            t for t, n in defined.items() if any(n != m and n in self.context.reach(m) for m in names.values())
        )

    def normal(self, setting: Setting, size: int, denominators: dict[str, int]) -> Normal:
        """A normal form under a setting."""
        normal = Normal(self.builder, HANDLERS, size, denominators)
        normal.unfold, normal.steps, normal.frozen = setting.unfold, setting.steps, setting.frozen
        normal.facts.allow(list(setting.conditions))
        for line in self.lemmas:
            normal.signs.learn(line)
        return normal

    def attempt(self, setting: Setting, task: Callable[[Normal], T]) -> T:
        """Run a task on a fresh normal form, again with more room when it asks for it."""
        size, denominators = 16, {}  # type: tuple[int, dict[str, int]]
        normal, known = self._normals.pop(setting, (None, 0))
        if normal is not None:
            size, denominators = normal.ring.size, normal.denominators
        for _ in range(MAX_RESTARTS):
            try:
                if normal is None:
                    normal, known = self.normal(setting, size, denominators), len(self.lemmas)
                for line in self.lemmas[known:]:
                    normal.signs.learn(line)
                known = len(self.lemmas)
                out = task(normal)
            except Restart:
                normal = None
            except Full:
                normal, size = None, 2 * size
            else:
                self._normals[setting] = (normal, known)
                return out
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

    def contradiction(self, conditions: tuple[Term, ...]) -> int | None:
        """A line 0 < 0 from some conditions, if they contradict each other."""
        return self._contradiction(Setting(conditions))

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

    def discharge(self, line: int, facts: tuple[Term, ...], own: Sequence[Term] = ()) -> int:
        """The line with as few hypotheses beside the facts as are found to be needed; its own conditions go last."""
        found = self.settle(self._open(line), facts)
        for h, by in found.items():
            line = self.builder.cut(line, h, by)
        self.lemmas += found.values()
        # ∀ and ⇒ first, then with the help of what is open; a proof may leave something open in turn
        tried: set[tuple[Term, bool]] = set()
        proved: dict[Term, tuple[int, tuple[str, ...]]] = {}
        for strong in (False, True, True):
            rest = tuple(self._open(line)) if strong else ()
            for h in sorted(self._open(line), key=own.__contains__):
                if (not strong and h.head == "rel") or (h, strong) in tried:
                    continue
                tried.add((h, strong))
                others = tuple(c for c in rest if c is not h and c in self.builder.line(line).hypotheses)
                proof = self.hypothesis(h, (*facts, *others))
                if proof is not None and h not in self.builder.line(proof[0]).hypotheses:
                    proved[h] = proof
                    line = self.builder.cut(line, h, *proof)
        return self._again(line, proved)

    def _again(self, line: int, proved: dict[Term, tuple[int, tuple[str, ...]]]) -> int:
        """The line without hypotheses that were proved once and came back with the proofs of others."""
        for _ in range(MAX_RETURNS):
            back = [h for h in self._open(line) if h in proved]
            if not back:
                break
            for h in back:
                line = self.builder.cut(line, h, *proved[h])
        return line

    def settle(self, conditions: list[Term], given: tuple[Term, ...]) -> dict[Term, int]:
        """Lines for those conditions (relations between numbers) that follow from what is given."""
        found: dict[Term, int] = {}
        for setting in self.settings(make("and", *conditions), given):
            left = [c for c in conditions if c not in found and c.head == "rel" and not c.loose]
            if not left:
                break

            def task(normal: Normal, left: list[Term] = left) -> None:
                for c in left:
                    self._settle_one(normal, c, found, 4)

            try:
                self.attempt(setting, task)
            except FAILURES:
                continue
        return found

    def _settle_one(self, normal: Normal, c: Term, found: dict[Term, int], depth: int) -> None:
        """Find a line for a condition, and for what that line assumes in turn."""
        try:
            line = normal.signs.prove(c) if c.name() != "=" else None
        except FAILURES:
            return
        if line is None or c in self.builder.line(line).hypotheses:
            return
        for h in self._open(line):
            if h not in found and depth and h.head == "rel" and not h.loose:
                self._settle_one(normal, h, found, depth - 1)
            if h in found:
                line = self.builder.cut(line, h, found[h])
        if c not in self.builder.line(line).hypotheses:
            found[c] = line
            normal.signs.learn(line)

    def _settled(self, h: Term) -> bool:
        return h in self.context.fact_set or is_mark(h) or is_regularity(h) or holds_plainly(h)

    def _open(self, line: int) -> list[Term]:
        return sorted((h for h in self.builder.line(line).hypotheses if not self._settled(h)), key=repr)

    def hypothesis(self, h: Term, conditions: tuple[Term, ...]) -> tuple[int, tuple[str, ...]] | None:
        """A line that proves a condition, with the names of the indices of its ∀."""
        names: list[str] = []
        granted: list[Term] = []
        goal = h
        while goal.head in ("all", "imp") or (goal.head == "is" and goal.name() == "surely"):
            if goal.head == "is":
                goal = goal.terms[0]
                continue
            if goal.head == "imp":
                granted.append(goal.terms[0])
                goal = goal.terms[1]
                continue
            name = fresh(goal, *granted, *conditions, stem="h")
            names.append(name)
            lo, hi, body = goal.terms
            granted.append(rel("<=", lo, bound(name)))
            if hi.head != "inf":
                granted.append(rel("<=", bound(name), hi))
            goal = instantiate(body, bound(name))
        given = (*conditions, *granted)
        if goal.head == "is" and goal.name() == "limit":
            line = self._limit_exists(goal, given)
            return None if line is None else (line, tuple(names))
        if goal.head != "rel" or shape(self.context, goal.terms[0]) != SCALAR:
            return None
        try:
            line = same_determinant(self, goal, given)
            return (self.relation(goal, given) if line is None else line), tuple(names)
        except FAILURES:
            line = self._contradiction(Setting(given))
            return None if line is None else (line, tuple(names))

    def _limit_exists(self, goal: Term, conditions: tuple[Term, ...], depth: int = MAX_SPLITS) -> int | None:
        """A line that says that a limit exists, because it has a value; if need be by cases."""
        split, lim = None, goal.terms[0]
        for setting in self.settings(goal, conditions):
            with suppress(*FAILURES):
                return self.attempt(setting, lambda normal: exists(normal, lim))
            with suppress(*FAILURES):
                split = self.attempt(setting, lambda normal: choose_split(Differ(normal, lim.terms[0], ZERO)))
        if split is None or not depth or not set(split).isdisjoint(conditions):
            return None
        lines = []
        for case in split:
            inner = (*conditions, case)
            line = self._contradiction(Setting(inner))
            lines.append(self._limit_exists(goal, inner, depth - 1) if line is None else line)
        return None if None in lines else self.builder.cases(goal, split, [k for k in lines if k is not None])


def ends_apart(context: Context, claim: Term) -> frozenset[Term]:
    """Ends of sums, in definitions of members too, beyond which others end one to three terms before."""
    ends: set[Term] = set()
    seen: set[Term] = set()
    todo = list(claim.terms)
    while todo:
        for s in subterms(todo.pop()):
            if s in seen or s.dangling:
                continue
            seen.add(s)
            if s.head == "big" and s.name() in ("sum", "prod"):
                ends.add(tidy(s.terms[1]))
            found = family_member(s) if s.head == "at" else None
            if found is None or found[0] not in context.definitions or context.is_recursive(found[0]):
                continue
            name, indices = found
            if 0 < context.family_depth(name) == len(indices):
                clauses = range(len(context.definitions[name].clauses))
                todo += [context.clause(name, k, indices)[0] for k in clauses]
    return frozenset(a for a in ends if any(_just_before(b, a) for b in ends))


def _just_before(b: Term, a: Term) -> bool:
    gap = difference(a, b)
    return isinstance(gap, int) and 0 < gap <= 3


def choose_split(differ: Differ) -> tuple[Term, ...] | None:
    """The cases into which to split a goal: the sign of an argument of |·|, or a guard."""
    normal = differ.normal
    try:
        gap = normal.frac(make("add", differ.left, make("neg", differ.right)))
    except FAILURES:
        return None
    parts: dict[Term, tuple[Term, ...]] = {}
    for g in sorted(normal.ring.inside(gap)):
        if g >= len(normal.ring.generators):  # a generator that only a failed attempt made
            continue
        for t in subterms(normal.ring.generators[g]):
            split = split_of(t)
            if split is not None and normal.ring.generators[g].head == "der":
                split = around(split)
            free = t.loose <= differ.left.loose | differ.right.loose
            if split is not None and free and not normal.context.random_in(t):
                parts[t] = split
    for t, split in parts.items():
        if not any(s is not t and s in parts for s in subterms(t)):
            return split
    return None


def around(split: tuple[Term, ...]) -> tuple[Term, ...]:
    """Cases of which each holds nearby if it holds: below, above, and at the point where a derivative may jump."""
    less = next((c for c in split if c.name() == "<"), None)
    if less is None:
        return split
    a, b = less.terms
    return less, rel("<", b, a), rel("=", a, b)


def split_of(t: Term) -> tuple[Term, ...] | None:
    """Cases for a generator that is an absolute value or has a guard."""
    if t.head == "app" and t.name() == "abs":
        u = t.terms[0]
        return rel("<=", ZERO, u), rel("<", u, ZERO)
    if t.head == "cases":
        guard = t.terms[0]
        other = negate(guard)
        if other is not None and guard.name() in ("=", "<", "<=", "!="):
            return guard, other
    return None
