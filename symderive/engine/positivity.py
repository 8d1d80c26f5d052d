"""The sign that a generator has by what it is: exponentials, roots, absolute values, sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from symderive.kernel.book import Lambda
from symderive.kernel.steps import Resum
from symderive.kernel.terms import ONE, TRUE, ZERO, Term, make, negate, rel

if TYPE_CHECKING:
    from symderive.engine.normal import Normal
    from symderive.engine.ring import Poly

Sign = tuple[str, tuple[int, ...]]
"""< or ≤, and the lines whose differences multiply to the generator."""


@dataclass(frozen=True)
class Known:
    """A polynomial that is the product of the differences of some lines, and its known sign."""

    poly: Poly
    op: str  # < | <= | !=
    lines: tuple[int, ...]


def comparisons(normal: Normal, t: Term, g: Poly) -> list[Known]:
    """What is known of an exponential against 1, or of a logarithm against 0."""
    builder = normal.builder
    if t.head != "app" or t.name() not in ("exp", "log"):
        return []
    u, one = t.terms[0], builder.rule("exp.zero" if t.name() == "exp" else "log.one")
    for low, high, sign in ((ZERO, u, 1), (u, ZERO, -1)):
        if t.name() == "log":
            low, high = (ONE if x is ZERO else x for x in (low, high))
        by = normal.signs.prove(rel("<", low, high))
        if by is None:
            continue
        line = builder.rule(f"{t.name()}.increasing", a=low, b=high)
        line = builder.cut(line, rel("<", low, high), by)
        for h in list(builder.line(line).hypotheses):
            if (more := normal.signs.prove(h) if h.head == "rel" else None) is not None:
                line = builder.cut(line, h, more)
        chained = builder.chain(~one, line) if sign == 1 else builder.chain(line, one)
        base = normal.ring.one if t.name() == "exp" else normal.ring.zero
        return [Known(sign * (g - base), "<", (chained,))]
    return []


def intrinsic_sign(normal: Normal, t: Term) -> Sign | None:
    """The sign of a generator from its head; known facts are looked at elsewhere."""
    builder = normal.builder
    match t.head:
        case "app" if t.name() == "exp":
            return "<", (builder.rule("exp.positive", a=t.terms[0]),)
        case "app" if t.name() == "pi":
            return "<", (builder.rule("pi.positive"),)
        case "app" if t.name() == "abs":
            return _absolute(normal, t)
        case "pow":
            return _power(normal, t)
        case "cases" if t.terms[1:] == (ONE, ZERO):
            return _indicator(normal, t)
        case "big" if t.name() == "sum" and t.terms[2] is TRUE:
            return _sum(normal, t)
        case _:
            return None


def _absolute(normal: Normal, t: Term) -> Sign:
    builder, u = normal.builder, t.terms[0]
    nonzero = normal.signs.prove(rel("!=", u, ZERO))
    if nonzero is not None:
        line = builder.rule("abs.positive", a=u)
        return "<", (builder.cut(line, rel("!=", u, ZERO), nonzero),)
    return "<=", (builder.rule("abs.nonnegative", a=u),)


def _power(normal: Normal, t: Term) -> Sign | None:
    builder, (base, e) = normal.builder, t.terms
    positive = normal.signs.prove(rel("<", ZERO, base))
    if positive is not None:
        line = builder.rule("root.positive", a=base, c=e)
        return "<", (builder.cut(line, rel("<", ZERO, base), positive),)
    weak, exponent = normal.signs.prove(rel("<=", ZERO, base)), normal.signs.prove(rel("<", ZERO, e))
    if weak is None or exponent is None:
        return None
    line = builder.rule("root.nonnegative", a=base, c=e)
    line = builder.cut(line, rel("<", ZERO, e), exponent)
    return "<=", (builder.cut(line, rel("<=", ZERO, base), weak),)


def _indicator(normal: Normal, t: Term) -> Sign | None:
    builder, guard = normal.builder, t.terms[0]
    other = negate(guard)
    if other is None:
        return None
    claim = rel("<=", ZERO, t)
    one = builder.rule("cases.then", p=guard, a=ONE, b=ZERO)
    none = builder.rule("cases.else", p=guard, a=ONE, b=ZERO)
    lines = (builder.order(claim, [(1, [], [])], [one]), builder.order(claim, [], [none]))
    return "<=", (builder.cases(claim, (guard, other), lines),)


def _sum(normal: Normal, t: Term) -> Sign | None:
    builder, (lo, hi, guard, body) = normal.builder, t.terms
    name, f = normal.open(t)
    positive, some = normal.signs.prove(rel("<", ZERO, f)), normal.signs.prove(rel("<=", lo, hi))
    if positive is not None and some is not None:
        line = builder.rule("sum.positive", f=Lambda((name,), f), lo=lo, hi=hi)
        line = builder.cut(line, rel("<=", lo, hi), some)
        return "<", (builder.cut(line, make("all", lo, hi, rel("<", ZERO, body)), positive, (name,)),)
    weak = normal.signs.prove(rel("<=", ZERO, f))
    if weak is None:
        return None
    nothing = make("big", "sum", lo, hi, guard, ZERO)
    below = builder.place(weak, nothing, ((4, name),))
    empty = builder.add(Resum(ZERO, nothing, (), ()), ("empty", nothing))
    return "<=", (builder.chain(empty, below),)
