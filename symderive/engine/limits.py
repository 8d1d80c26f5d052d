"""Limits: a term is brought to the form ρ·n/d, where n and d have limits that are numbers, not both zero.

Every function that occurs is an atom that has a limit or grows; sums are divided by the monomial that grows
fastest; powers and logarithms against exponentials go by growth, what is left as 0/0 by L'Hôpital's rule.
Each method returns lines; nothing here decides what is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from symderive.engine.builder import Stuck
from symderive.engine.functions import Restart
from symderive.engine.ring import Frac, Full, Poly, TooLarge, product, total
from symderive.kernel.book import Lambda
from symderive.kernel.context import Rejected
from symderive.kernel.defined import is_mark, is_regularity
from symderive.kernel.lowering import lower
from symderive.kernel.terms import INF, ONE, ZERO, Term, bound, literal, make, num, rebuild, rel, subterms, sym

if TYPE_CHECKING:
    from symderive.engine.normal import Normal

MAX_DEPTH = 5
"""How often L'Hôpital's rule is used in a row."""
MAX_NESTED = 60
MAX_POWER = 8
MAX_MONOMIALS = 12
MAX_NAMES = 4
LARGEST_BOUND = 10**6

FAILURES = (Stuck, Rejected, TooLarge, Full, ZeroDivisionError)

P, Q = bound("p"), bound("q")
Monomial = tuple[tuple[Term, int], ...]


@dataclass(frozen=True)
class To:
    """Where a term goes: ``lim t = value``; without a value it is unbounded, and the line is ``lim 1/t = 0``."""

    line: int
    value: Term | None = None
    parts: tuple[Term, Term] | None = None
    """An unbounded term as ρ·q with q → c ≠ 0."""


def limit(normal: Normal, t: Term) -> int | None:
    """The handler of limits: a line ``lim t = value``; None for a limit that is not found, or no number."""
    for _ in range(MAX_POWER):
        try:
            found = Limits(normal, t).whole()
        except Restart:
            continue
        except FAILURES:
            return None
        return found
    return None


def exists(normal: Normal, t: Term) -> int:
    """A line that says that a limit exists.

    Raises:
        Stuck: its value is not found.
    """
    line = limit(normal, t)
    if line is None:
        raise Stuck("the limit is not found")
    values = {"a": t.terms[0], "c": normal.builder.right(line), "r": make("lim", ZERO, *t.args[1:])}
    return normal.builder.cut(normal.builder.rule("lim.exists", **values), normal.builder.line(line).claim, line)


def unbounded(normal: Normal, t: Term) -> bool:
    """Whether what a limit is taken of is found to grow beyond every number."""
    try:
        return Limits(normal, t).of(lower(normal.context, t.terms[0])).value is None
    except (*FAILURES, Restart):
        return False


class Limits:
    """Limits along one approach."""

    def __init__(self, normal: Normal, t: Term) -> None:
        self.outer, self.builder, self.context = normal, normal.builder, normal.context
        self.t, self.v = t, t.name(1)
        self.point: Term = t.terms[1]
        self.x = sym(self.v)
        self.approach = make("lim", ZERO, *t.args[1:])
        self.real = self.context.declared(self.v).kind == "real"
        self.ends = INF in (self.point, *self.point.terms)
        parts = subterms(lower(self.context, t.terms[0]))
        numerals = [abs(Fraction(*s.args)) for s in parts if s.head == "num"]  # type: ignore[arg-type]
        self.bound = 1 + ceil(min(sum(numerals), LARGEST_BOUND))
        """Beyond it, polynomials in the variable keep their signs, if their coefficients are numbers of the term."""
        names = {n for n in self.context.closure(t) if self.context.signature[n].kind in ("real", "int")}
        plain = sorted(n for n in names if n not in self.context.definitions and not self.context.declared(n).ranges)
        self.names = [n for n in plain if n != self.v][:MAX_NAMES]
        self.near = self._near()
        self.known: dict[Term, To | Exception] = {}
        self.factored: dict[Term, tuple[Term, Term]] = {}
        """Terms as ρ·q, where q has a limit other than 0."""
        self.depth = self.nested = 0

    def _near(self) -> Normal:
        """Normal forms near the point, where the names that depend on the variable are unfolded."""
        from symderive.engine.normal import Normal

        outer, context = self.outer, self.context
        if self.v in context.definitions or context.depends(self.point, self.v):
            raise Stuck("a limit in a defined name")
        near = Normal(self.builder, outer.handlers, 64, outer.denominators)
        near.unfold = outer.unfold | {n for n in context.definitions if self.v in context.reach(n)}
        near.same_index = dict(outer.same_index)
        near.facts.allow([f for f in context.facts if not context.depends(f, self.v)])
        lines = {k for known in outer.signs.facts for k in known.lines}
        for k in sorted(lines):
            h, claim = self.builder.line(k)
            if not any(context.depends(c, self.v) for c in (claim, *h)):
                near.signs.learn(k)
        for c in self._granted():
            near.signs.learn(self.builder.assume(c))
        return near

    def _granted(self) -> list[Term]:
        """What holds near the point."""
        x, p, side = self.x, self.point, self.t.name(3)
        if self.ends:
            bounds = [num(self.bound), *(make("neg", sym(n)) for n in self.names), *map(sym, self.names)]
            return [rel("<", c, x) if p is INF else rel("<", x, make("neg", c)) for c in bounds]
        above, below = rel("<", x, self._shifted(1)), rel("<", self._shifted(-1), x)
        match side:
            case "above":
                return [rel("<", p, x), above]
            case "below":
                return [rel("<", x, p), below]
            case _:
                return [rel("!=", x, p), above, below]

    def _shifted(self, by: int) -> Term:
        e = literal(self.point)
        return num(e + by) if e is not None else make("add", self.point, num(by))

    def whole(self) -> int:
        body = lower(self.context, self.t.terms[0])
        try:
            to = self.of(body)
        except FAILURES:
            if self.ends or self.t.name(3) != "both":
                raise
            return self._from_both_sides()
        if to.value is None:
            raise Stuck("the limit is no number")
        line = to.line
        if body is not self.t.terms[0]:
            line = self.moved(self.builder.lower(self.t.terms[0]), to).line
        return line

    def _from_both_sides(self) -> int:
        """The limit from the two one-sided ones."""
        body, side = self.t.terms[0], ("above", "below")
        lines = [Limits(self.outer, make("lim", *self.t.args[:3], s)).whole() for s in side]
        values = [self.builder.right(k) for k in lines]
        if values[0] is not values[1]:
            lines[1] = self.builder.chain(lines[1], self.outer.equal(values[1], values[0]))
        return self.given(self.builder.rule("lim.sides", a=body, x=self.v, c=self.point, d=values[0]), *lines)

    # -- lines ----------------------------------------------------------------------------------

    def lim(self, t: Term) -> Term:
        return make("lim", t, *self.approach.args[1:])

    def depends(self, t: Term) -> bool:
        return self.context.depends(t, self.v)

    def rule(self, entry: str, **values: Term | Lambda) -> int:
        return self.builder.rule(entry, r=self.approach, **values)

    def given(self, line: int, *known: int) -> int:
        """The line without the hypotheses that other lines are the claims of."""
        for k in known:
            line = self.builder.cut(line, self.builder.line(k).claim, k)
        return line

    def settled(self, line: int) -> int:
        """The line without the hypotheses that follow from the facts."""
        return self._without(line, self.outer, lambda h: not self.depends(h))

    def nearby(self, line: int) -> int:
        """A line near the point without the hypotheses that hold near it."""
        granted = set(self._granted())
        line = self._without(line, self.near, lambda h: self.depends(h) and h not in granted)
        for h in sorted(self.builder.line(line).hypotheses, key=repr):
            if h.head == "rel" and h.name() == "!=" and h.terms[1] is ZERO and h.terms[0] in self.factored:
                by = self._product_nonzero(h)
                line = line if by is None else self.builder.cut(line, h, by)
        return line

    def _product_nonzero(self, claim: Term) -> int | None:
        """ρ·q ≠ 0, where q has a limit other than 0."""
        t = claim.terms[0]
        big, tame = self.factored[t]
        nonzero = self.near.signs.prove(rel("!=", big, ZERO))
        if nonzero is None:
            return None
        lines = [nonzero, self.builder.assume(rel("!=", tame, ZERO))]
        line = self.builder.order(claim, [(-1, lines, [])], self.near.rewrites(t, big, tame))
        return self._without(line, self.near, lambda h: h.terms[0] is not tame)

    def _exists(self, h: Term) -> int | None:
        """A line for ``lim 1/q exists``, where q has a limit other than 0."""
        over = h.terms[0].terms[0]
        if over.head != "div" or over.terms[0] is not ONE:
            return None
        q = over.terms[1]
        try:
            to = self.of_known(q)
            to = To(to.line, ZERO) if to.value is None else self.continuous(make("div", ONE, P), (q, to))
        except FAILURES:
            return None
        assert to.value is not None
        return self.given(self.rule("lim.exists", a=over, c=to.value), to.line)

    def _without(self, line: int, normal: Normal, which: Callable[[Term], bool], depth: int = 4) -> int:
        for h in sorted(self.builder.line(line).hypotheses, key=repr):
            goal = h.terms[1] if h.head == "imp" else h
            if goal.head != "rel" or h in self.context.fact_set or not which(h) or h.loose:
                continue
            try:
                by = normal.equal(*goal.terms) if goal.name() == "=" else normal.signs.prove(goal)
            except FAILURES:
                continue
            if by is None or h in self.builder.line(by).hypotheses:
                continue
            line = self.builder.cut(line, h, self._without(by, normal, which, depth - 1) if depth else by)
        return line

    def moved(self, equation: int, to: To) -> To:
        """From s = t near the point and lim t = c: lim s = c."""
        builder = self.builder
        equation = self.nearby(equation)
        s, t = builder.left(equation), builder.right(equation)
        if s is t:
            return to
        placed = builder.place(equation, self.lim(s), (0,), defined="right")
        line = builder.chain(placed, to.line)
        assert to.value is not None
        exists = self.given(self.rule("lim.exists", a=t, c=to.value), to.line)
        for h in builder.line(line).hypotheses:
            if h is builder.line(exists).claim:
                line = builder.cut(line, h, exists)
            elif h.head == "is" and h.name() == "limit" and (by := self._exists(h)) is not None:
                line = builder.cut(line, h, by)
        return To(self.settled(line), to.value)

    def same(self, s: Term, t: Term, to: To) -> To:
        """lim s, from lim t, where normal forms near the point show s = t."""
        return to if s is t else self.moved(self.near.equal(s, t), to)

    def valued(self, line: int) -> To:
        """lim t = c with c in normal form."""
        line = self.settled(line)
        c = self.builder.right(line)
        simple = self.outer.term(c)
        if simple is not c:
            line = self.settled(self.builder.chain(line, self.outer.line(c)))
        return To(line, simple)

    def is_zero(self, c: Term) -> bool:
        return bool(self.outer.frac(c).num.is_zero())

    # -- continuity -----------------------------------------------------------------------------

    def continuous(self, f: Term, a: tuple[Term, To], b: tuple[Term, To] | None = None) -> To:
        """lim of f, in which ``p`` and ``q`` stand for terms that have limits."""
        second = b or a
        (s, to), (t, other) = a, second
        assert to.value is not None
        assert other.value is not None
        line = self.rule("lim.continuous", G=Lambda(("p", "q"), f), a=s, b=t, c=to.value, d=other.value)
        return self.valued(self.given(line, to.line, other.line))

    def constant(self, c: Term) -> To:
        if self.ends:
            base, to = make("div", ONE, self.x), To(self.rule("lim.infinite"), ZERO)
        else:
            base, to = self.x, To(self.rule("lim.self", c=self.point), self.point)
        return self.continuous(c, (base, to))

    def composed(self, t: Term, leaves: Mapping[Term, To]) -> To:
        """lim of a term in terms that have limits."""
        if t in leaves:
            return leaves[t]
        used = [s for s in subterms(t) if s in leaves and _occurs(t, s, leaves)]
        if not used:
            return self.constant(t)
        if len(used) <= 2:
            body = replaced(t, dict(zip(used, (P, Q), strict=False)))
            return self.continuous(body, *((s, leaves[s]) for s in used))
        parts = list(t.terms)
        if t.head in ("add", "mul") and len(parts) > 2:
            half = make(t.head, *parts[:-1])
            nested = make(t.head, half, parts[-1])
            return self.moved(self.builder.combine(t, nested, opaque=parts), self.composed(nested, leaves))
        if len(parts) > 2:
            raise Stuck("too many parts")
        inner = [self.composed(s, leaves) if self.depends(s) else None for s in parts]
        marks = iter((P, Q))
        body = make(
            t.head,
            *(a if not isinstance(a, Term) or not self.depends(a) else next(marks) for a in t.args),
        )
        return self.continuous(body, *((s, to) for s, to in zip(parts, inner, strict=True) if to is not None))

    # -- where a term goes ------------------------------------------------------------------------

    def of(self, t: Term) -> To:
        """Where a term goes.

        Raises:
            Stuck: that is not found.
        """
        found = self.known.get(t)
        if found is None:
            self.builder.budget.spend(200)
            self.known[t] = Stuck("a limit that rests on itself")
            self.nested += 1
            try:
                if self.nested > MAX_NESTED:
                    raise Stuck("too many limits within a limit")
                found = self._of(t)
            except FAILURES as error:
                found = error
            finally:
                self.nested -= 1
            self.known[t] = found
        if isinstance(found, Exception):
            raise found
        return found

    def _of(self, t: Term) -> To:
        if not self.depends(t):
            return self.constant(t)
        if t is self.x:
            return self._variable()
        n = self.near.term(t)
        if not self.depends(n):
            return self.same(t, n, self.constant(n))
        if n is not t:
            to = self.of(n)
            if to.value is not None:
                return self.same(t, n, to)
            over, parts = make("div", ONE, t), to.parts
            return To(self.same(over, make("div", ONE, n), To(to.line, ZERO)).line, None, parts)
        direct = self._put_in(t)
        if direct is not None:
            return direct
        f = self.near.frac(t)
        if f.den.is_constant() and t in self.near.ring.numbers:
            return self._atom(t)
        refined = self._refined(f)
        if refined is None:
            return self._fraction(t, f)
        whole = self.near.ring.term(refined)
        to = self._fraction(whole, refined)
        if to.value is not None:
            return self.same(t, whole, to)
        over = make("div", ONE, t)
        return To(self.same(over, make("div", ONE, whole), To(to.line, ZERO)).line, None, to.parts)

    def _refined(self, f: Frac) -> Frac | None:
        """The fraction with logarithms and roots of sums taken apart: log(ρ·q) = log ρ + log q with q → c ≠ 0."""
        ring, values = self.near.ring, {}
        for k in sorted(ring.inside(f)):
            g = ring.generators[k]
            if not self.depends(g) or g.head not in ("app", "pow") or (g.head == "app" and g.name() != "log"):
                continue
            u, e = g.terms[0], g.terms[1:]
            if u in ring.numbers or any(map(self.depends, e)):
                continue
            try:
                to = self.of(u)
                if to.parts is None or not self.depends(to.parts[1]):
                    continue
                big, tame = to.parts
                parts = [make(g.head, *g.args[:1], s) if g.head == "app" else make("pow", s, *e) for s in (big, tame)]
                limit_of_tame = self.continuous(replaced(parts[1], {tame: P}), (tame, self.of_known(tame)))
                self.known.setdefault(parts[1], limit_of_tame)
                first, second = self.near.frac(parts[0]), ring.generator(parts[1])
            except FAILURES:
                continue
            values[k] = (ring.add if g.head == "app" else ring.mul)(first, second)
        if not values:
            return None

        def put_in(p: Poly) -> Frac:
            out = ring.ZERO
            for c, factors in ring.monomials(p):
                part = ring.const(c)
                for g, e in factors:
                    k = ring.number(g)
                    part = ring.mul(part, ring.power(values.get(k) or ring.generator(g), e))
                out = ring.add(out, part)
            return out

        return ring.mul(put_in(f.num), ring.inverse(put_in(f.den)))

    def _variable(self) -> To:
        if self.ends:
            return To(self.rule("lim.infinite"))
        return To(self.rule("lim.self", c=self.point), self.point)

    def _put_in(self, t: Term) -> To | None:
        """The value at the point, where the term is continuous there."""
        if self.ends:
            return None
        try:
            to = self.continuous(replaced(t, {self.x: P}), (self.x, self._variable()))
        except (Rejected, ZeroDivisionError, Stuck):
            return None
        own = self.builder.line(to.line).hypotheses
        open_ = [h for h in own if h not in self.context.fact_set and not is_mark(h) and not is_regularity(h)]
        return None if open_ else to

    # -- atoms ------------------------------------------------------------------------------------

    def _atom(self, t: Term) -> To:
        """A generator of the normal form."""
        if t is self.x:
            return self._variable()
        if t.head == "pow" and not self.depends(t.terms[1]):
            return self._power(t)
        if t.head != "app" or len(t.terms) != 1:
            raise Stuck(f"the limit of {t.head}")
        (u,) = t.terms
        to = self.of(u)
        if t.name() == "exp" and to.value is None:
            return self._exponential(t)
        if t.name() == "log" and (to.value is None or self.is_zero(to.value)):
            return self._logarithm(t, to)
        if to.value is None:
            if t.name() != "abs":
                raise Stuck(f"{t.name()} of what is unbounded")
            over = make("div", ONE, u)
            small = self.continuous(make("app", "abs", P), (over, To(to.line, ZERO)))
            return To(self.same(make("div", ONE, t), make("app", "abs", over), small).line)
        return self.continuous(make("app", t.name(), P), (u, to))

    def _exponential(self, t: Term) -> To:
        (u,) = t.terms
        sign = self.sign(u)
        grows = u if sign > 0 else make("neg", u)
        small = self.growth(grows, 0)
        target = make("div", ONE, t) if sign > 0 else t
        to = self.same(target, self.growing(grows, 0), small)
        return To(to.line, None if sign > 0 else ZERO)

    def growing(self, t: Term, k: int) -> Term:
        return make("mul", make("pow", t, num(k)), make("app", "exp", make("neg", t)))

    def growth(self, t: Term, k: int) -> To:
        """lim t^k·e^(−t) = 0 for t → +∞."""
        line = self.rule("lim.exp", t=t, k=num(k))
        return self.valued(self.given(line, *self.to_infinity(t)))

    def _logarithm(self, t: Term, to: To) -> To:
        (u,) = t.terms
        if to.value is None:
            line = self.given(self.rule("lim.log", t=u), *self.to_infinity(u))
            return To(self.settled(line))
        over = make("div", ONE, u)
        self.known[make("div", ONE, over)] = self.same(make("div", ONE, over), u, to)
        self.known[over] = To(self.same(make("div", ONE, over), u, to).line)
        line = self.settled(self.given(self.rule("lim.log", t=over), *self.to_infinity(over)))
        minus = make("neg", make("div", ONE, make("app", "log", over)))
        small = self.continuous(make("neg", P), (minus.terms[0], To(line, ZERO)))
        return To(self.same(make("div", ONE, t), minus, small).line)

    def _power(self, t: Term) -> To:
        """u^e = e^(e·log u)."""
        u, e = t.terms
        to = self.of(u)
        if to.value is not None and not self.is_zero(to.value):
            return self.continuous(make("pow", P, e), (u, to))
        exponent = make("mul", e, make("app", "log", u))
        real = self.nearby(self.builder.rule("pow.real", a=u, c=e))
        as_exp = make("app", "exp", exponent)
        inner = self.of(exponent)
        if inner.value is not None:
            return self.moved(real, self.continuous(make("app", "exp", P), (exponent, inner)))
        found = self._exponential(as_exp)
        if found.value is not None:
            return self.moved(real, found)
        over = make("div", ONE, t)
        line = self.builder.place(real, over, (1,))
        return To(self.moved(line, To(found.line, ZERO)).line)

    # -- signs of what is unbounded -----------------------------------------------------------------

    def sign(self, t: Term) -> int:
        return 1 if literal(self.builder.right(self.unit(t))) == 1 else -1

    def unit(self, t: Term) -> int:
        """lim |t|/t = ±1, for an unbounded term."""
        quotient = make("div", make("app", "abs", t), t)
        for sign, claim in ((1, rel("<", ZERO, t)), (-1, rel("<", t, ZERO))):
            if self.near.signs.prove(claim) is not None:
                value = num(sign)
                return self.same(quotient, value, self.constant(value)).line
        parts = self.of(t).parts
        if parts is None:
            raise Stuck("the sign of what is unbounded")
        big, tame = parts
        size = make("app", "abs", tame)
        tamed = self.continuous(make("div", make("app", "abs", P), P), (tame, self.of_known(tame)))
        large = make("div", make("app", "abs", big), big)
        line = self.unit(big)
        both = make("mul", large, make("div", size, tame))
        to = self.continuous(make("mul", P, Q), (large, To(line, self.builder.right(line))), (both.terms[1], tamed))
        factored = make("mul", big, tame)
        equal = self.nearby(self.near.equal(t, factored))
        product_ = self.builder.chain(
            self.builder.place(equal, make("app", "abs", t), (1,)), self.builder.rule("abs.mul", a=big, b=tame)
        )
        split = self.builder.combine(quotient, both, [product_, *self.near.rewrites(t, factored)])
        return self.moved(split, to).line

    def of_known(self, t: Term) -> To:
        found = self.known.get(t)
        return found if isinstance(found, To) else self.of(t)

    def to_infinity(self, t: Term) -> tuple[int, int]:
        """lim 1/t = 0 and lim |t|/t = 1."""
        to = self.of_known(t)
        if to.value is not None:
            raise Stuck("what should be unbounded has a limit")
        line = self.unit(t)
        if literal(self.builder.right(line)) != 1:
            raise Stuck("the other sign")
        return to.line, line

    # -- fractions ----------------------------------------------------------------------------------

    def _fraction(self, t: Term, f: Frac) -> To:
        """ρ·n/d by the monomials that grow fastest."""
        top, low = self._groups(f.num), self._groups(f.den)
        if len(top) == len(low) == 1:
            (above, a), (below, b) = *top.items(), *low.items()
            m = times(above, below, -1)
            c = make("div", a, b) if b is not ONE else a
            if c is ONE:
                return self.same_to(t, m, self.monomial(m), None)
            return self.same_to(t, m, self.monomial(m), c)
        big_n, n, to_n = self._dominated(top)
        big_d, d, to_d = self._dominated(low)
        rho = times(big_n, big_d, -1)
        assert to_n.value is not None
        assert to_d.value is not None
        zero_n, zero_d = self.is_zero(to_n.value), self.is_zero(to_d.value)
        to = self.monomial(rho) if rho else self.constant(ONE)
        r = written(rho)
        if not zero_d and to.value is not None:
            whole = make("mul", r, make("div", n, d))
            leaves = {r: to, n: to_n, d: to_d}
            leaves.pop(ONE, None)
            return self.same(t, whole, self.composed(whole, leaves))
        if not zero_n and not (to.value is not None and self.is_zero(to.value)):
            inverse = self.monomial(times((), rho, -1)) if rho else self.constant(ONE)
            over = written(times((), rho, -1))
            whole = make("mul", over, make("div", d, n))
            leaves = {over: inverse, n: to_n, d: to_d}
            leaves.pop(ONE, None)
            tame = make("div", n, d)
            if not zero_d:
                self.known[tame] = self.composed(tame, {n: to_n, d: to_d})
                self.factored[t] = (r, tame)
            line = self.same(make("div", ONE, t), whole, self.composed(whole, leaves)).line
            if zero_d:
                return To(line)
            self.known.setdefault(r, to)
            return To(line, None, (r, tame))
        if to.value is not None:
            return self.quotient(t, make("mul", r, n), d)
        return self.quotient(t, n, make("mul", d, written(times((), rho, -1))))

    def same_to(self, t: Term, m: Monomial, to: To, c: Term | None) -> To:
        """From where a monomial goes, where t = c·m goes."""
        r = written(m)
        if to.value is not None:
            whole = r if c is None else make("mul", c, r)
            return self.same(t, whole, to if c is None else self.composed(whole, {r: to}))
        if c is None:
            return To(self.same(make("div", ONE, t), make("div", ONE, r), To(to.line, ZERO)).line, None, to.parts)
        over = make("div", ONE, r)
        whole = make("div", over, c)
        self.known[c] = self.constant(c)
        self.known.setdefault(r, to)
        small = self.composed(whole, {over: To(to.line, ZERO)})
        return To(self.same(make("div", ONE, t), whole, small).line, None, (r, c))

    def _groups(self, p: Poly) -> dict[Monomial, Term]:
        """The coefficients, free of the variable, of each monomial in what depends on it."""
        rows: dict[Monomial, list[Term]] = {}
        for c, factors in self.near.ring.monomials(p):
            varying = tuple((g, e) for g, e in factors if self.depends(g))
            rows.setdefault(varying, []).append(product(c, [f for f in factors if f not in varying]))
        if len(rows) > MAX_MONOMIALS:
            raise Stuck("too many terms")
        return {m: total(parts) for m, parts in rows.items()}

    def _dominated(self, groups: Mapping[Monomial, Term]) -> tuple[Monomial, Term, To]:
        """The monomial by which the others are bounded, and the sum over it, with its limit."""
        last: Exception = Stuck("no term of the sum grows fastest")
        for big in [(), *(m for m in groups if m)]:
            try:
                ratios = {m: times(m, big, -1) for m in groups}
                if not big and any(self.of(g).value is None for m in groups for g, _ in m):
                    continue
                leaves = {written(m): self.monomial(m) for m in ratios.values() if m}
                if any(to.value is None for to in leaves.values()):
                    continue
                parts = []
                for m, c in groups.items():
                    ratio = written(ratios[m])
                    parts.append(c if ratio is ONE else ratio if c is ONE else make("mul", c, ratio))
                whole = total(parts)
                to = self.composed(whole, leaves)
            except FAILURES as error:
                last = error
            else:
                self.known.setdefault(whole, to)
                return big, whole, to
        raise last

    # -- monomials ------------------------------------------------------------------------------------

    def monomial(self, m: Monomial) -> To:
        """Where a product of powers of atoms goes."""
        t = written(m)
        found = self.known.get(t)
        if isinstance(found, To):
            return found
        to = self.known[t] = self._monomial(m)
        return to

    def _monomial(self, m: Monomial) -> To:
        if not m:
            return self.constant(ONE)
        tos = {g: self.of(g) for g, _ in m}
        up: list[tuple[Term, int]] = []
        down: list[tuple[Term, int]] = []
        tame: list[tuple[Term, int]] = []
        for g, k in m:
            value = tos[g].value
            zero = value is not None and self.is_zero(value)
            kind = tame if value is not None and not zero else up if (value is None) == (k > 0) else down
            kind.append((g, k))
        if up and down:
            return self._conflict(m, up, down)
        if up:
            inverse = times((), m, -1)
            return To(self.same(make("div", ONE, written(m)), written(inverse), self.monomial(inverse)).line)
        leaves: dict[Term, To] = {}
        factors: list[tuple[Term, int]] = []
        for g, k in m:
            if tos[g].value is None:
                over = make("div", ONE, g)
                leaves[over] = To(tos[g].line, ZERO)
                factors.append((over, -k))
            else:
                leaves[g] = tos[g]
                factors.append((g, k))
        whole = written(tuple(factors))
        return self.same(written(m), whole, self.composed(whole, leaves))

    def _conflict(self, m: Monomial, up: list[tuple[Term, int]], down: list[tuple[Term, int]]) -> To:
        """What grows against what vanishes: exponentials first, then powers against logarithms."""
        logs = {g.terms[0] for g, _ in m if g.head == "app" and g.name() == "log"}
        exponent, rest = [], []
        for g, k in m:
            if g.head == "app" and g.name() == "exp":
                exponent.append(make("mul", num(k), g.terms[0]))
            elif g in logs:
                exponent.append(make("mul", num(k), make("app", "log", g)))
            elif g.head == "pow" and g.terms[0] in logs:
                exponent.append(make("mul", num(k), g.terms[1], make("app", "log", g.terms[0])))
            else:
                rest.append((g, k))
        if exponent:
            try:
                return self._outgrown(m, self.near.term(total(exponent)), tuple(rest))
            except FAILURES:
                pass
        small = [(g, k) for g, k in down if k > 0] + [(make("div", ONE, g), -k) for g, k in down if k < 0]
        if len(down) == len(m) - len(up):
            large = [(make("div", ONE, g), k) for g, k in up if k > 0] + [(g, -k) for g, k in up if k < 0]
            return self.quotient(written(m), product(1, small), product(1, large))
        raise Stuck("an indeterminate product")

    def _outgrown(self, m: Monomial, exponent: Term, rest: Monomial) -> To:
        """rest·e^S: by rest/T^k·(T^k·e^(−T)) for T = −S → ∞, by the reciprocal for S → ∞."""
        grown = self.of(exponent)
        if grown.value is not None:
            power, tame = make("app", "exp", exponent), written(rest)
            leaves = {power: self.continuous(make("app", "exp", P), (exponent, grown)), tame: self.of(tame)}
            if leaves[tame].value is None:
                raise Stuck("a power that is not bounded")
            both = make("mul", power, tame)
            return self.same(written(m), both, self.composed(both, leaves))
        sign = self.sign(exponent)
        if sign > 0:
            other = times((), m, -1)
            to = self._outgrown(other, self.near.term(make("neg", exponent)), times((), rest, -1))
            return To(self.same(make("div", ONE, written(m)), written(other), to).line)
        t = self.near.term(make("neg", exponent))
        self.of(t)
        for k in range(MAX_POWER):
            tame = make("div", written(rest), make("pow", t, num(k))) if k else written(rest)
            try:
                to = self.of(tame)
            except FAILURES:
                continue
            if to.value is not None:
                small = self.growth(t, k)
                both = make("mul", tame, self.growing(t, k))
                return self.same(written(m), both, self.composed(both, {tame: to, both.terms[1]: small}))
        raise Stuck("no power bounds the rest")

    # -- 0/0 ------------------------------------------------------------------------------------------

    def quotient(self, t: Term, n: Term, d: Term) -> To:
        """lim t for t = n/d with n and d → 0, by the derivatives."""
        if not self.real or self.depth >= MAX_DEPTH:
            raise Stuck("an indeterminate form")
        tops = [self.near.term(s) for s in (n, d)]
        n, d = tops
        zeros = [self.of(s) for s in tops]
        if any(to.value is None or not self.is_zero(to.value) for to in zeros):
            raise Stuck("not of the form 0/0")
        lines = [self.near.line(make("der", s, self.v)) for s in (n, d)]
        self.depth += 1
        try:
            to = self.of(make("div", *map(self.builder.right, lines)))
        finally:
            self.depth -= 1
        if to.value is None:
            raise Stuck("the derivatives have no ratio")
        for k in (0, 1):
            sides = [self.builder.left(x) if j <= k else self.builder.right(x) for j, x in enumerate(lines)]
            part = make("div", *sides)
            to = self.moved(self.builder.place(lines[k], part, (k,), defined="right"), to)
        assert to.value is not None
        line = self.rule("lim.quotient", a=n, b=d, c=to.value)
        for zero in zeros:
            line = self._zero(line, zero)
        line = self.settled(self.given(line, to.line))
        return self.same(t, make("div", n, d), To(line, to.value))

    def _zero(self, line: int, to: To) -> int:
        """The line without ``lim s = 0``, by a line whose value has the normal form 0."""
        assert to.value is not None
        by = to.line if to.value is ZERO else self.builder.chain(to.line, self.outer.equal(to.value, ZERO))
        return self.given(line, by)


def replaced(t: Term, values: Mapping[Term, Term]) -> Term:
    """A term with others for some of its parts, outermost first."""
    return values[t] if t in values else rebuild(t, lambda a, _: replaced(a, values))


def _occurs(t: Term, part: Term, leaves: Iterable[Term]) -> bool:
    """Whether a part stands in a term outside the other leaves."""
    if t is part:
        return True
    return t not in leaves and any(_occurs(a, part, leaves) for a in t.terms)


def times(a: Monomial, b: Monomial, e: int) -> Monomial:
    """a·b^e."""
    out = dict(a)
    for g, k in b:
        out[g] = out.get(g, 0) + e * k
    return tuple((g, k) for g, k in out.items() if k)


def written(m: Monomial) -> Term:
    above = product(Fraction(1), [(g, k) for g, k in m if k > 0])
    below = [(g, -k) for g, k in m if k < 0]
    return make("div", above, product(1, below)) if below else above
