"""The sign that a generator has by what it is: exponentials, roots, absolute values, sums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from symderive.kernel.book import Lambda
from symderive.kernel.steps import Resum
from symderive.kernel.terms import ONE, TRUE, ZERO, Term, literal, make, negate, rel

if TYPE_CHECKING:
    from symderive.engine.normal import Normal
    from symderive.engine.ring import Poly

Product = tuple[Fraction, tuple[int, ...], tuple[Term, ...]]
Sign = tuple[str, tuple[int, ...]]
"""< or ≤, and the lines whose differences multiply to the generator."""


@dataclass(frozen=True)
class Known:
    """A polynomial that is the product of the differences of some lines, and its known sign."""

    poly: Poly
    op: str  # < | <= | !=
    lines: tuple[int, ...]


def comparisons(normal: Normal, t: Term, g: Poly) -> list[Known]:
    """What is known of an exponential against 1 and its tangent, or of a logarithm against 0."""
    if t.head != "app" or t.name() not in ("exp", "log"):
        return []
    builder, ring, u = normal.builder, normal.ring, t.terms[0]
    out = []
    f = normal.frac(u)
    if f.den.is_constant():
        # 1 + u ≤ e^u, and log u ≤ u − 1
        line = builder.rule("exp.lower" if t.name() == "exp" else "log.upper", a=u)
        gap = g - 1 - f.num if t.name() == "exp" else f.num - 1 - g
        out.append(Known(gap, "<=", (_without_orders(normal, line),)))
    one = builder.rule("exp.zero" if t.name() == "exp" else "log.one")
    base = ring.one if t.name() == "exp" else ring.zero
    origin = ZERO if t.name() == "exp" else ONE
    for op, entry in (("<", "increasing"), ("<=", "monotone")):
        for low, high, sign in ((origin, u, 1), (u, origin, -1)):
            by = normal.signs.prove(rel(op, low, high))
            if by is not None:
                line = builder.rule(f"{t.name()}.{entry}", a=low, b=high)
                line = _without_orders(normal, builder.cut(line, rel(op, low, high), by))
                chained = builder.chain(~one, line) if sign == 1 else builder.chain(line, one)
                return [*out, Known(sign * (g - base), op, (chained,))]
    return out


def _without_orders(normal: Normal, line: int) -> int:
    """The line without hypotheses whose signs are known."""
    for h in sorted(normal.builder.line(line).hypotheses, key=repr):
        if h.head == "rel" and h.name() != "=" and (by := normal.signs.prove(h)) is not None:
            line = normal.builder.cut(line, h, by)
    return line


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
        case "big" if t.name() == "prod" and t.terms[2] is TRUE:
            return _product(normal, t)
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


def _product(normal: Normal, t: Term) -> Sign | None:
    builder, (lo, hi, _, body) = normal.builder, t.terms
    name, f = normal.open(t)
    positive = normal.signs.prove(rel("<", ZERO, f))
    if positive is None:
        return None
    line = builder.rule("prod.positive", f=Lambda((name,), f), lo=lo, hi=hi)
    return "<", (builder.cut(line, make("all", lo, hi, rel("<", ZERO, body)), positive, (name,)),)


# -- without any search ------------------------------------------------------------------------------


def plainly_positive(normal: Normal, t: Term) -> int | None:
    """A line 0 < t, if t is built from positive numerals, exponentials and names that a fact calls positive."""
    known = normal.signs.plain
    if t not in known:
        known[t] = _plainly(normal, t)
    return known[t]


def _plainly(normal: Normal, t: Term) -> int | None:
    builder, claim = normal.builder, rel("<", ZERO, t)
    if t.head == "num" and t.args[0] > 0:  # type: ignore[operator]
        return builder.order(claim, [(Fraction(t.args[0], t.args[1]), [], [])])  # type: ignore[arg-type]
    if t.head == "app" and t.name() == "exp":
        return builder.rule("exp.positive", a=t.terms[0])
    if claim in normal.context.fact_set:
        return builder.assume(claim)
    if t.head == "pow" and isinstance(power := literal(t.terms[1]), int) and 0 < power < 9:
        base = plainly_positive(normal, t.terms[0])
        return None if base is None else builder.order(claim, [(1, [base] * power, [])], opaque=t.terms[:1])
    if t.head not in ("add", "mul", "div"):
        return None
    lines: list[int] = []
    for a in t.terms:
        line = plainly_positive(normal, a)
        if line is None:
            return None
        lines.append(line)
    if t.head == "div":
        lines[1] = normal.signs.reciprocal(lines[1])
    one = Fraction(1)
    products: list[Product] = [(one, (k,), ()) for k in lines] if t.head == "add" else [(one, tuple(lines), ())]
    return builder.order(claim, products, opaque=[a for a in t.terms if a.head != "num"])


# -- by syntax, before anything is multiplied out ---------------------------------------------------


def by_syntax(normal: Normal, op: str, t: Term) -> int | None:
    """A line 0 < t or 0 ≤ t from the signs of the parts of t as it is written."""
    if t.head in ("add", "mul", "div", "pow"):
        found = _parts(normal, op, t)
        if found is None:
            return None
        opaque = [a for a in (*t.terms, *(a for p in t.terms if p.head == "pow" for a in p.terms)) if a.head != "num"]
        return normal.builder.order(rel(op, ZERO, t), found, opaque=opaque)
    if t.head == "big":
        return _series_by_syntax(normal, op, t)
    if t.head in ("sym", "at") and (line := normal.definition_of(t)) is not None:
        inner = by_syntax(normal, op, normal.builder.right(line))
        return None if inner is None else normal.builder.chain(inner, ~line)
    return None


def _all(found: Iterable[int | None]) -> list[int] | None:
    """The lines, if all were found."""
    lines = list(found)
    return None if None in lines else [k for k in lines if k is not None]


def _parts(normal: Normal, op: str, t: Term) -> list[Product] | None:
    """Products that add up to t, from the signs of its parts."""
    match t.head:
        case "add":
            lines = _all(_factor(normal, "<=", a) for a in t.terms)
            if lines is None:
                return None
            if op == "<":
                strict = ((k, s) for k, a in enumerate(t.terms) if (s := _factor(normal, "<", a)) is not None)
                place, line = next(strict, (0, None))
                if line is None:
                    return None
                lines[place] = line
            return [(Fraction(1), (k,), ()) for k in lines]
        case "mul" | "div":
            strict_from = 1 if t.head == "div" else len(t.terms)
            lines = _all(_factor(normal, op if k < strict_from else "<", a) for k, a in enumerate(t.terms))
            if lines is None:
                return None
            if t.head == "div":
                lines[1] = normal.signs.reciprocal(lines[1])
            return [(Fraction(1), tuple(lines), ())]
        case _:
            base, e = t.terms
            if e.head == "num" and e.args[1] == 1 and e.args[0] == 2 and op == "<=":
                return [(Fraction(1), (), (base,))]
            return None


def _factor(normal: Normal, op: str, t: Term) -> int | None:
    """The sign of a part: by syntax, else by what is known."""
    return normal.signs.prove(rel(op, ZERO, t))


def _series_by_syntax(normal: Normal, op: str, t: Term) -> int | None:
    if t.name() != "sum" or t.terms[2] is not TRUE:
        return None
    found = _sum(normal, t)
    if found is None or (op == "<" and found[0] != "<"):
        return None
    (line,) = found[1]
    if op == "<=" and found[0] == "<":
        return normal.builder.order(rel("<=", ZERO, t), [(1, [line], [])], opaque=[t])
    return line
