"""Facts and conditions in use: instances of ∀-facts where their subjects turn up.

An order (<, ≤, ≠) teaches a sign.  An equation rewrites one generator, chosen once, in which it is
linear, if possible with a constant coefficient: expectations first, then sums, then entries, then names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from symderive.engine.builder import Stuck
from symderive.engine.ring import Full, TooLarge
from symderive.kernel.algebra import tidy
from symderive.kernel.context import Context, family_member, within
from symderive.kernel.lowering import lower
from symderive.kernel.shapes import is_integer, shape
from symderive.kernel.steps import ABSURD
from symderive.kernel.terms import Term, bound, instantiate, make, num, rel, substitute, subterms

if TYPE_CHECKING:
    from symderive.engine.normal import Normal

PRIORITY = {"der": 0, "ex": 1, "big": 2, "app": 3, "pow": 4, "at": 5, "sym": 6}


@dataclass
class Pattern:
    """A fact with its ∀ opened: variables ``?0``, ``?1``, … in `core`."""

    condition: Term
    core: Term
    variables: tuple[str, ...]
    entries: int = 0
    """How many of the variables, the last ones, index the entries of an equation between tensors."""
    ranges: tuple[Term, ...] = ()
    """What is known of the variables."""
    triggers: list[Term] = field(default_factory=list)
    """Terms whose appearance calls for an instance."""


class Facts:
    """The facts and conditions that a proof may use."""

    def __init__(self, normal: Normal) -> None:
        self.normal = normal
        self.orders: list[Pattern] = []
        self.equations: list[Pattern] = []
        self.exchanges: list[Pattern] = []
        """Equations between two entries of one tensor, their indices exchanged: a symmetric matrix."""
        self.powers: list[Pattern] = []
        """Equations that rewrite a power of a name or entry: b² = b, of what is 0 or 1."""
        self.spare: list[int] = []
        """Lines of equations that rewrite nothing."""
        self._used: set[tuple[Term, tuple[Term, ...]]] = set()

    def allow(self, conditions: list[Term]) -> None:
        """Let the proof use these conditions; equations first, since they rewrite the others."""
        context = self.normal.context
        patterns = [p for p in (opened(c, context) for c in conditions) if p.core.head == "rel"]
        for p in patterns:
            if p.core.name() == "=" and self._index_equation(p):
                continue
            if p.core.name() == "=":
                target = self._target(p)
                if _exchanges(p):
                    self.exchanges.append(p)
                elif target is not None:
                    p.triggers = [target]
                    self.equations.append(p)
                elif (base := _base(p)) is not None:
                    p.triggers = [base]
                    self.powers.append(p)
                elif not p.variables:
                    self.spare.append(self.instance(p, ()))
            elif p.variables:
                p.triggers = _subjects(p)
                self.orders.append(p)
        # simple ones first: what is computed for the others rests on them
        for p in sorted(patterns, key=lambda p: p.core.depth):
            if not p.variables and not p.ranges and p.core.name() != "=":
                self.normal.signs.learn(self.normal.builder.assume(p.condition))

    def _index_equation(self, p: Pattern) -> bool:
        """Take an equation between index terms, one of them a name, as a substitution."""
        if p.variables or not all(is_integer(self.normal.context, x) for x in p.core.terms):
            return False
        line = self.normal.builder.assume(p.condition)
        a, b = p.core.terms
        for x, y, k in ((a, b, line), (b, a, ~line)):
            if x.head in ("sym", "bound") and x not in subterms(y):
                self.normal.same_index[x] = k if k >= 0 else self.normal.builder.flip(line)
                return True
        return False

    def _target(self, pattern: Pattern) -> Term | None:
        """The generator that an equation rewrites, found on a scratch copy of the normal form."""
        scratch = self.normal.scratch()
        for c in pattern.ranges:
            scratch.signs.learn(scratch.builder.assume(c))
        a, b = pattern.core.terms
        try:
            gap = scratch.frac(make("add", a, make("neg", b)))
        except (Stuck, TooLarge, ZeroDivisionError, Full):
            return None
        best: tuple[tuple[bool, int, str], Term] | None = None
        degrees = gap.num.degrees()
        for k, t in enumerate(scratch.ring.generators):
            if degrees[k] != 1 or not set(pattern.variables) <= t.loose or t.head not in PRIORITY:
                continue
            inside = [m for m in gap.num.to_dict() if m[k]]
            plain = len(inside) == 1 and sum(inside[0]) == 1
            if (plain or not pattern.variables) and not _occurs_in_others(scratch, k, gap):
                rank = (not plain, PRIORITY[t.head], scratch.ring.key(t))
                if best is None or rank < best[0]:
                    best = (rank, t)
        return None if best is None else best[1]

    def touch(self, t: Term) -> int | None:
        """Use the facts about a new generator; returns a line that rewrites it, if an equation does."""
        for pattern in self.orders:
            for trigger in pattern.triggers:
                values = match(trigger, t, pattern.variables)
                if values is not None and (pattern.condition, values) not in self._used:
                    self._used.add((pattern.condition, values))
                    self.normal.signs.learn(self.instance(pattern, values))
        for pattern in self.equations:
            values = match(pattern.triggers[0], t, pattern.variables)
            if values is not None and (pattern.condition, values) not in self._used:
                if not self._applies(pattern, values):
                    continue
                self._used.add((pattern.condition, values))
                line = self._solve(pattern, values, t)
                if line is not None:
                    return line
                self.spare.append(self.instance(pattern, values))
        for pattern in self.powers:
            values = match(pattern.triggers[0], t, pattern.variables)
            if values is not None and (pattern.condition, values) not in self._used:
                self._used.add((pattern.condition, values))
                self._reduce(pattern, values, t)
        mirror = self.mirrored(t)
        return self.exchange(t) if self.normal.ring.key(mirror) < self.normal.ring.key(t) else None

    def _applies(self, pattern: Pattern, values: tuple[Term, ...]) -> bool:
        """Whether an equation holds at these indices; asked only where there is another one for other indices."""
        if not pattern.variables or not self.singled(pattern):
            return True
        put = dict(zip(pattern.variables, values, strict=True))
        return all(self.normal.holds(substitute(c, put)) for c in pattern.ranges if c.head == "rel")

    def singled(self, pattern: Pattern) -> list[Term]:
        """The single entries of which other equations speak, for an equation about a range of entries."""
        t = pattern.triggers[0]
        if t.head != "at":
            return []
        singles = (p.triggers[0] for p in self.equations if p.triggers and p is not pattern)
        return [s.terms[1] for s in singles if s.head == "at" and s.terms[0] is t.terms[0] and not s.loose]

    def mirrored(self, t: Term) -> Term:
        """The entry that a fact says is equal, its indices exchanged; the term itself if there is none."""
        for pattern in self.exchanges if t.head == "at" else ():
            values = match(pattern.core.terms[0], t, pattern.variables)
            if values is not None:
                return substitute(pattern.core.terms[1], dict(zip(pattern.variables, values, strict=True)))
        return t

    def exchange(self, t: Term) -> int | None:
        """The line ``t = its mirrored entry``."""
        for pattern in self.exchanges:
            values = match(pattern.core.terms[0], t, pattern.variables)
            if values is not None:
                return self.instance(pattern, values)
        return None

    def instance(self, pattern: Pattern, values: tuple[Term, ...]) -> int:
        """The line of a fact at these values, in index form."""
        builder = self.normal.builder
        k = len(values) - pattern.entries
        line = builder.assume(pattern.condition, *values[:k])
        for i in values[k:]:
            line = builder.place(line, make("at", builder.left(line), i), (0,))
        if pattern.entries:
            line = builder.chain(~builder.lower(builder.left(line)), line, builder.lower(builder.right(line)))
        return line

    def contradiction(self) -> int | None:
        """A line 0 < 0 from an equation that says c = 0 of a number c, by the others."""
        normal, builder = self.normal, self.normal.builder
        lines = [builder.assume(p.condition) for p in self.equations if not p.variables and not p.entries]
        for line in [*lines, *self.spare]:
            a, b = builder.line(line).claim.terms
            gap = normal.frac(make("add", b, make("neg", a)))
            if gap.num.is_constant() and gap.den.is_constant() and not gap.num.is_zero():
                c = Fraction(int(gap.num.leading_coefficient().p), int(gap.num.leading_coefficient().q))
                return builder.order(ABSURD, [(1, [], [])], normal.rewrites(a, b), [(line, num(-1 / c))])
        return None

    def _solve(self, pattern: Pattern, values: tuple[Term, ...], t: Term) -> int | None:
        """A line t = … from an equation that is linear in t."""
        normal, ring = self.normal, self.normal.ring
        with normal.trial():
            normal.hold(t)
            fact = self.instance(pattern, values)
            a, b = normal.builder.line(fact).claim.terms
            gap = normal.frac(make("add", a, make("neg", b)))
            k = ring.numbers[t]
            rows = gap.num.to_dict()
            q = ring.ctx.from_dict({(*m[:k], 0, *m[k + 1 :]): c for m, c in rows.items() if m[k]})
            if q.is_zero() or (not q.is_constant() and normal.signs.line("!=", q) is None):
                return None
            others = ring.ctx.from_dict({m: c for m, c in rows.items() if not m[k]})
            value = ring.term(ring.make(-others, q))
            # t − value = gap·den/q, and gap = a − b
            factor = ring.term(ring.make(gap.den, q))
            return normal.builder.combine(t, value, normal.rewrites(a, b), [(fact, factor)])

    def _reduce(self, pattern: Pattern, values: tuple[Term, ...], t: Term) -> None:
        """Enter ``t^q = …`` from an equation that is a polynomial in t alone, with numbers as coefficients."""
        normal, ring = self.normal, self.normal.ring
        fact = self.instance(pattern, values)
        a, b = normal.builder.line(fact).claim.terms
        gap = normal.frac(make("add", a, make("neg", b)))
        k = ring.numbers[t]
        rows = gap.num.to_dict()
        q = max((m[k] for m in rows), default=0)
        if q < 2 or k in ring.relations or not gap.den.is_constant() or any(sum(m) != m[k] for m in rows):
            return
        lead = ring.ctx.from_dict({(0,) * len(m): c for m, c in rows.items() if m[k] == q})
        others = ring.make(-ring.ctx.from_dict({m: c for m, c in rows.items() if m[k] < q}), lead)
        factor = ring.term(ring.make(gap.den, lead))
        power = make("pow", t, num(q))
        line = normal.builder.combine(power, ring.term(others), normal.rewrites(a, b), [(fact, factor)])
        normal.relate(t, q, others.num, line)


def _base(p: Pattern) -> Term | None:
    """The name or entry, with all variables of the equation, that is the only one in it."""
    found = {s for s in subterms(p.core) if s.head in ("sym", "at")}
    tops = [s for s in found if not any(s is not r and s in subterms(r) for r in found)]
    plain = all(s.head in ("sym", "at", "bound", "num", "add", "mul", "neg", "pow", "rel") for s in subterms(p.core))
    return tops[0] if plain and len(tops) == 1 and set(p.variables) <= tops[0].loose else None


def _exchanges(p: Pattern) -> bool:
    """Whether an equation says X[i][j] = X[j][i]."""
    members = [family_member(t) for t in p.core.terms]
    if len(p.variables) != 2 or None in members:
        return False
    (x, here), (y, there) = (m for m in members if m)
    pair = [bound(v) for v in p.variables]
    return x == y and here in (pair, pair[::-1]) and there == here[::-1]


def _occurs_in_others(normal: Normal, k: int, gap: object) -> bool:
    """Whether a generator stands inside another generator of the equation."""
    t = normal.ring.generators[k]
    inside = normal.ring.inside(gap)
    return any(j != k and t in subterms(normal.ring.generators[j]) for j in inside)


def opened(condition: Term, context: Context) -> Pattern:
    """A condition with its leading ∀ opened, guards left to the instance, in index form."""
    core = condition
    variables: list[str] = []
    ranges: list[Term] = []
    while core.head in ("all", "imp") or (core.head == "is" and core.name() == "surely"):
        if core.head == "is":
            core = core.terms[0]
            continue
        if core.head == "imp":
            ranges.append(core.terms[0])
            core = core.terms[1]
            continue
        i = bound(f"?{len(variables)}")
        variables.append(str(i.args[0]))
        ranges += within(i, (core.terms[0], core.terms[1]))
        core = instantiate(core.terms[2], i)
    rank = 0
    if core.head == "rel" and core.name() == "=":
        sides = list(core.terms)
        while s := shape(context, sides[0]):
            i = bound(f"?{len(variables)}")
            variables.append(str(i.args[0]))
            ranges += within(i, s[0])
            sides = [make("at", side, i) for side in sides]
            rank += 1
        if rank:
            core = rel("=", *(lower(context, s) for s in sides))
    return Pattern(condition, core, tuple(variables), rank, tuple(ranges))


def _subjects(pattern: Pattern) -> list[Term]:
    """The smallest parts of a fact that mention all its variables."""
    found = [
        s
        for s in subterms(pattern.core)
        if s.head in ("at", "app", "pow", "ex", "big") and set(pattern.variables) <= s.loose
    ]
    return [s for s in found if not any(s is not r and r in subterms(s) for r in found)]


def match(pattern: Term, t: Term, variables: tuple[str, ...]) -> tuple[Term, ...] | None:
    """The values of the variables that make the pattern the term, if there are some."""
    found: dict[str, Term] = {}

    def go(p: Term, s: Term) -> bool:
        if p is s and p.loose.isdisjoint(variables):
            return True
        if p.head == "bound" and p.args[0] in variables:
            name = str(p.args[0])
            if s.dangling:
                return False
            return found.setdefault(name, s) is s
        if p.head == "add" and len(p.terms) == 2 and p.terms[0].head == "bound" and p.terms[0].args[0] in variables:
            return go(p.terms[0], tidy(make("add", s, make("neg", p.terms[1]))))
        if p.head != s.head or len(p.args) != len(s.args):
            return False
        return all(
            go(x, y) if isinstance(x, Term) and isinstance(y, Term) else x == y
            for x, y in zip(p.args, s.args, strict=True)
        )

    if not go(pattern, t) or len(found) != len(variables):
        return None
    return tuple(found[v] for v in variables)
