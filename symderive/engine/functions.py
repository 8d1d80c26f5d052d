"""Atoms that are functions: exp, log, powers, roots, absolute values, trigonometry, unfolding.

Each handler returns a line ``atom = simpler term``, or None when the atom is a generator as it stands.
Exponentials have a basis (the monomials of their arguments); logarithms split where the factors are
known positive; a root or absolute value is shown by being the nonnegative number with the right power.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt, lcm
from typing import TYPE_CHECKING

from symderive.engine.builder import Stuck
from symderive.engine.ring import Frac, Poly, Ring, product
from symderive.kernel.book import Spot
from symderive.kernel.defined import slope_of
from symderive.kernel.shapes import is_integer
from symderive.kernel.steps import ABSURD
from symderive.kernel.terms import ONE, ZERO, Term, literal, make, num, rel, sym

if TYPE_CHECKING:
    from symderive.engine.normal import Normal


PARTS = {1: 2, 2: 2, 3: 6, 4: 4, 6: 6}
"""Multiples of π/d as multiples of π/part, where sine and cosine have their values in the book."""

MAX_MULTIPLE = 12
"""Multiples of an angle beyond this one are not expanded."""


class Restart(Exception):
    """An exponent needs a denominator that the basis does not have yet; start again."""


def application(normal: Normal, t: Term) -> int | None:
    """The handler of function applications."""
    f = t.name()
    special = FUNCTIONS.get(f)
    if special is not None:
        return special(normal, t)
    if f in normal.context.functions or (f in normal.context.definitions and f in normal.unfold):
        return normal.builder.unfold(t)
    if slope_of(normal.context, t) is not None:
        return derived(normal, t)
    return normal.inner(t, [k for k, a in enumerate(t.args) if isinstance(a, Term) and normal.is_number(a)])


def derived(normal: Normal, t: Term) -> int | None:
    """f′(u) of a defined f: worked out once at a placeholder, then put there."""
    slope, values = slope_of(normal.context, t) or (t, {})
    builder, names, v = normal.builder, list(values), Spot(slope.name(1), ())
    at_names = make("app", t.name(), *map(sym, names))
    inner = slope.terms[0] if slope.terms[0].head == "app" else make("app", previous(t.name()), *map(sym, names))
    if len(names) == 1:
        rule = builder.rule("d.fun", phi=inner.name(), u=sym(names[0]), v=v)
    elif len(names) <= 3:
        given = dict(zip("abc", map(sym, names), strict=False))
        rule = builder.rule(f"d.fun.{len(names)}", phi=inner.name(), v=v, **given)
    else:
        return None
    slopes = [builder.rule("d.self", x=n) if n == v.name else builder.rule("d.const", c=sym(n), v=v) for n in names]
    whole = builder.left(rule)
    line = builder.chain(builder.combine(at_names, whole, [*slopes, rule]), normal.line(whole))
    return builder.place(line, t, values=values)


def previous(function: str) -> str:
    """The name of which f′ or f;2 is the derivative."""
    return function[:-1] if function.endswith("'") else function.rpartition(";")[0]


# -- exponentials -----------------------------------------------------------------------------------


def split(normal: Normal, f: Frac) -> list[tuple[Fraction, Term]]:
    """f = Σ c·m: the monomials of the numerator, each over the denominator, as terms."""
    ring = normal.ring
    parts = []
    for c, factors in ring.monomials(f.num):
        over = ring.make(_monomial(normal, factors), f.den)
        parts.append((c, ring.term(over)))
    return parts


def _monomial(normal: Normal, factors: list[tuple[Term, int]]) -> Poly:
    out = normal.ring.one
    for g, e in factors:
        out *= normal.ring.poly(normal.ring.number(g)) ** e
    return out


def exponential(normal: Normal, t: Term) -> int | None:
    """exp(Σ k·b) = Π exp(b)^k over the basis of exponents."""
    builder, u = normal.builder, t.terms[0]
    f = normal.frac(u)
    if f.num.is_zero():
        place = builder.place(normal.equal(u, ZERO), t, (1,))
        return builder.chain(place, builder.rule("exp.zero"))
    pieces: list[tuple[int, Term]] = []
    for c, m in split(normal, f):
        if _is_log(m):
            pieces.append((int(c), m) if c.denominator == 1 else (1, times(c, m)))
            continue
        d = common_denominator(normal, m, c.denominator)
        base = m if d == 1 else normal.ring.term(normal.ring.scale(normal.frac(m), Fraction(1, d)))
        pieces.append((int(c * d), base))
    if len(pieces) == 1 and pieces[0][0] == 1 and not _log_power(pieces[0][1]):
        base = pieces[0][1]
        return None if base is u else builder.place(normal.equal(u, base), t, (1,))
    # exp(k₁·b₁ + (k₂·b₂ + …)), taken apart from the left
    parts = [b if k == 1 else make("mul", num(k), b) for k, b in pieces]
    argument = parts[-1]
    tails = [argument]
    for p in reversed(parts[:-1]):
        argument = make("add", p, argument)
        tails.insert(0, argument)
    lines = [] if argument is u else [builder.place(normal.equal(u, argument), t, (1,))]
    factors = []
    for (k, b), p, rest in zip(pieces, parts, [*tails[1:], None], strict=True):
        if rest is not None:
            lines.append(builder.rule("exp.add", a=p, b=rest))
        if k != 1:
            lines.append(builder.rule("exp.times", k=num(k), a=b))
        if _is_log(b):
            lines.append(builder.rule("exp.log", a=b.terms[0]))
            factors.append((b.terms[0], k))
        elif _log_power(b):
            scale, a = b.terms[0], b.terms[1].terms[0]
            line = _cut(normal, builder.rule("pow.real", a=a, c=scale), rel("<", ZERO, a))
            lines.append(builder.flip(line))
            factors.append((builder.left(line), 1))
        else:
            factors.append((make("app", "exp", b), k))
    result = product(1, factors)
    return builder.combine(t, result, list(reversed(lines)))


def common_denominator(normal: Normal, m: Term, needed: int) -> int:
    """The denominator over which multiples of m are written; starts again if it has to grow."""
    key = normal.ring.key(m)
    d = normal.denominators.setdefault(key, 1)
    if d % needed:
        normal.denominators[key] = lcm(d, needed)
        raise Restart
    return d


def _log_power(t: Term) -> bool:
    """Whether a term is a logarithm or a numeral times one."""
    return _is_log(t) or (t.head == "mul" and len(t.terms) == 2 and t.terms[0].head == "num" and _is_log(t.terms[1]))


def _is_log(t: Term) -> bool:
    return t.head == "app" and t.name() == "log"


# -- logarithms -------------------------------------------------------------------------------------


def logarithm(normal: Normal, t: Term) -> int | None:
    """log(Π f^e·Π exp(b)^k) = Σ e·log f + Σ k·b, for factors known positive."""
    builder, ring, u = normal.builder, normal.ring, t.terms[0]
    f = normal.frac(u)
    if f.num.is_zero():
        raise Stuck("the logarithm of zero")
    parts: list[Term] = []
    unknown: list[tuple[Poly, int]] = []
    for p, sign in ((f.num, 1), (f.den, -1)):
        c, factors = ring.factor(p)
        for prime, e in prime_powers(Fraction(abs(int(c.p)), int(c.q))):
            parts.append(times(sign * e, make("app", "log", num(prime))))
        if c < 0:
            unknown.append((ring.ctx.constant(-1), sign))
        for g, e in factors:
            unit = g.leading_coefficient()
            if abs(unit) != 1:
                g = g / abs(unit)
                for prime, k in prime_powers(Fraction(abs(int(unit.p)), int(unit.q))):
                    parts.append(times(sign * int(e) * k, make("app", "log", num(prime))))
            parts += _log_factor(normal, g, sign * int(e), unknown)
    rest = ring.ONE
    for p, e in unknown:
        rest = ring.mul(rest, ring.power(Frac(p, ring.one), e))
    if not (rest.num.is_constant() and rest.den.is_constant()):
        parts.append(make("app", "log", ring.term(rest)))
    result = parts[0] if len(parts) == 1 else make("add", *parts) if parts else ZERO
    if result is t:
        return None
    if len(parts) == 1 and _is_log(result) and normal.term(result.terms[0]) is result.terms[0]:
        return builder.place(normal.equal(u, result.terms[0]), t, (1,))
    return _logarithm_is(normal, t, result)


def _log_factor(normal: Normal, g: Poly, e: int, unknown: list[tuple[Poly, int]]) -> list[Term]:
    """e·log g as terms; a factor whose sign is not known goes to `unknown`."""
    ring = normal.ring
    inside = ring.inside(g)
    if len(g) == 1 and len(inside) == 1:
        t = ring.generators[next(iter(inside))]
        if t.head == "app" and t.name() == "exp":
            return [times(e, t.terms[0])]
        if t.head == "pow" and literal(t.terms[1]) is not None:
            q = Fraction(literal(t.terms[1]))  # type: ignore[arg-type]
            if normal.signs.prove(rel("<", ZERO, t.terms[0])) is not None:
                return [times(e * q, make("app", "log", t.terms[0]))]
    for sign in (1, -1):
        if normal.signs.line("<", sign * g) is not None:
            if sign < 0:
                unknown.append((ring.ctx.constant(-1), e))
            return [times(e, make("app", "log", ring.poly_term(sign * g)))]
    if e % 2 == 0 and normal.signs.line("!=", g) is not None:
        return [times(e, make("app", "log", make("app", "abs", ring.poly_term(g))))]
    unknown.append((g, e))
    return []


def _logarithm_is(normal: Normal, t: Term, result: Term) -> int:
    """log u = result, because exp(result) = u."""
    builder, u = normal.builder, t.terms[0]
    power = make("app", "exp", result)
    line = builder.rule("log.unique", a=u, b=result)
    return builder.cut(line, rel("=", power, u), normal.equal(power, u))


def times(c: Fraction | int, t: Term) -> Term:
    return t if c == 1 else make("neg", t) if c == -1 else make("mul", num(c), t)


def prime_powers(c: Fraction) -> list[tuple[int, int]]:
    """The primes of a positive fraction with their exponents; large factors are left whole."""
    out = []
    for n, sign in ((c.numerator, 1), (c.denominator, -1)):
        p = 2
        while n > 1 and p * p <= n and p < 2000:
            e = 0
            while n % p == 0:
                n //= p
                e += 1
            if e:
                out.append((p, sign * e))
            p += 1 if p == 2 else 2
        if n > 1:
            out.append((n, sign))
    return out


# -- absolute values --------------------------------------------------------------------------------


def absolute(normal: Normal, t: Term) -> int | None:
    """|u|: by the sign of u where it is known, else as a product of absolute values of factors."""
    builder, ring, u = normal.builder, normal.ring, t.terms[0]
    weak = normal.signs.prove(rel("<=", ZERO, u))
    if weak is not None:
        return builder.cut(builder.rule("abs.right", a=u), rel("<=", ZERO, u), weak)
    weak = normal.signs.prove(rel("<=", u, ZERO))
    if weak is not None:
        return builder.cut(builder.rule("abs.left", a=u), rel("<=", u, ZERO), weak)
    f = normal.frac(u)
    factors: list[tuple[Term, int]] = []
    scale = Fraction(1)
    for p, sign in ((f.num, 1), (f.den, -1)):
        c, parts = ring.factor(p)
        scale *= Fraction(abs(int(c.p)), int(c.q)) ** sign
        for g, e in parts:
            unit = g.leading_coefficient()
            if unit != 1:
                g = g / unit
                scale *= Fraction(abs(int(unit.p)), int(unit.q)) ** (sign * int(e))
            factors += _absolute_factor(normal, g, sign * int(e))
    result = product(scale, factors)
    if result is t:
        square = builder.rule("abs.square", a=u)
        p = normal.frac(u).num ** 2
        target = ring.poly_term(ring.reduced(p))
        line = builder.chain(square, normal.equal(make("pow", u, num(2)), target))
        normal.relate(t, 2, ring.reduced(p), line)
        return None
    return _absolute_is(normal, t, result)


def _absolute_factor(normal: Normal, g: Poly, e: int) -> list[tuple[Term, int]]:
    ring = normal.ring
    t = ring.poly_term(g)
    for sign in (1, -1):
        if normal.signs.line("<=", sign * g) is not None:
            return [(t if sign > 0 else ring.poly_term(-g), e)]
    if e % 2 == 0:
        return [(t, e)]
    inner = make("app", "abs", t)
    return [(inner, 1), (t, e - 1)] if e > 1 else [(inner, e)]


def _absolute_is(normal: Normal, t: Term, result: Term) -> int:
    """|u| = result, because result ≥ 0 and result² = u²."""
    builder, u = normal.builder, t.terms[0]
    line = builder.rule("abs.unique", a=u, b=result)
    weak = normal.signs.prove(rel("<=", ZERO, result))
    if weak is None:
        raise Stuck("the sign of an absolute value")
    squares = normal.equal(make("pow", result, num(2)), make("pow", u, num(2)))
    line = builder.cut(line, rel("<=", ZERO, result), weak)
    return builder.cut(line, builder.line(squares).claim, squares)


# -- powers and roots -------------------------------------------------------------------------------


def power(normal: Normal, t: Term) -> int | None:
    """Powers whose exponent is not an integer numeral."""
    base, exponent = t.terms
    e = literal(exponent)
    if e is not None:
        return _root(normal, t, Fraction(e))
    if is_integer(normal.context, exponent):
        return _integer_power(normal, t)
    if normal.signs.prove(rel("<", ZERO, base)) is None:
        return normal.inner(t, (0, 1))
    line = normal.builder.rule("pow.real", a=base, c=exponent)
    return _cut(normal, line, rel("<", ZERO, base))


def _cut(normal: Normal, line: int, condition: Term) -> int:
    """The line without a hypothesis that is known to hold."""
    if condition not in normal.builder.line(line).hypotheses:
        return line
    by = normal.signs.prove(condition)
    return line if by is None else normal.builder.cut(line, condition, by)


def _root(normal: Normal, t: Term, e: Fraction) -> int | None:
    """u^(p/q): first as (u^(1/q))^p, then the q-th root factor by factor."""
    builder, (base, exponent) = normal.builder, t.terms
    if e.numerator != 1:
        above, below = num(e.numerator), num(e.denominator)
        written = make("div", above, below)
        line = builder.rule("pow.rational", a=base, m=above, k=below)
        if written is not exponent:
            line = builder.chain(builder.place(builder.combine(exponent, written), t, (1,)), line)
        return line
    if exponent.head != "num":
        return builder.place(builder.combine(exponent, num(e)), t, (1,))
    q = e.denominator
    result = _root_factors(normal, normal.frac(base), q)
    if result is None:
        return None
    if result is t:
        simpler = _denested(normal, t) if q == 2 else None
        if simpler is None:
            _relate_root(normal, t, q)
        return simpler
    return _root_is(normal, t, result, q)


def _denested(normal: Normal, t: Term) -> int | None:
    """√(A + B·√r) = √((A + D)/2) ± √((A − D)/2) with D² = A² − B²·r, where that D is a polynomial."""
    ring, f = normal.ring, normal.frac(t.terms[0])
    if not f.den.is_constant() or len(f.num) > 20:
        return None
    for k in sorted(ring.inside(f.num)):
        relation = ring.relations.get(k)
        if relation is None or relation.q != 2 or ring.generators[k].head != "pow":
            continue
        a, b = ring.linear(f.num, k)
        d = square_root(ring, ring.reduced(a * a - b * b * relation.p))
        if d is None:
            continue
        roots = [make("pow", ring.poly_term((a + e) / 2), num(1, 2)) for e in (d, -d)]
        for sign in (1, -1):
            result = make("add", roots[0], times(sign, roots[1]))
            if normal.decided(rel("=", make("pow", result, num(2)), t.terms[0])):
                return _root_is(normal, t, result, 2)
    return None


def square_root(ring: Ring, p: Poly) -> Poly | None:
    """The polynomial whose square this is; None if there is none."""
    c, factors = ring.factor(p)
    out = p**0
    scale = Fraction(int(c.p), int(c.q))
    for g, e in factors:
        if e % 2:
            return None
        out *= g ** (int(e) // 2)
    top, low = isqrt(max(scale.numerator, 0)), isqrt(scale.denominator)
    return out * top / low if scale == Fraction(top * top, low * low) else None


def _relate_root(normal: Normal, t: Term, q: int) -> None:
    normal.relate(t, q, normal.ring.reduced(normal.frac(t.terms[0]).num), _power_of_root(normal, t, q))


def _power_of_root(normal: Normal, t: Term, q: int) -> int:
    """The line (u^(1/q))^q = u."""
    builder, base = normal.builder, t.terms[0]
    line = builder.rule("root.power", a=base, k=num(q))
    # the entry writes the exponent as 1/q
    written = make("pow", base, make("div", ONE, num(q)))
    same = builder.place(builder.combine(t.terms[1], written.terms[1]), make("pow", t, num(q)), (0, 1))
    return builder.chain(same, line)


def _root_factors(normal: Normal, f: Frac, q: int) -> Term | None:
    """The q-th root of a fraction as a product over its factors; None if signs are missing."""
    ring = normal.ring
    if f.num.is_zero():
        return ZERO
    scale = Fraction(1)
    factors: list[tuple[Term, int]] = []
    inner = ring.ONE
    for p, sign in ((f.num, 1), (f.den, -1)):
        c, parts = ring.factor(p)
        for prime, k in prime_powers(Fraction(abs(int(c.p)), int(c.q))):
            whole, rest = divmod(sign * k, q)
            scale *= Fraction(prime) ** whole
            if rest:
                factors.append((make("pow", num(prime), num(Fraction(1, q))), rest))
        if c < 0:
            inner = ring.neg(inner)
        for g, k in parts:
            unit = g.leading_coefficient()
            if unit < 0:
                g, inner = -g, ring.neg(inner) if k % 2 else inner
            more, left = _root_factor(normal, g, sign * int(k), q)
            factors += more
            if left:
                inner = ring.mul(inner, ring.power(Frac(g, ring.one), left))
    if q == 3 and inner.num.leading_coefficient() < 0:
        inner, scale = ring.neg(inner), -scale
    if inner.num.is_constant() and inner.den.is_constant() and inner.num.leading_coefficient() < 0:
        return None
    if not (inner.num.is_constant() and inner.den.is_constant()):
        if not inner.den.is_constant():
            # n/d = n·d^(q−1)/d^q, and the root of d^q needs the sign of d
            return None
        factors.append((make("pow", ring.term(inner), num(Fraction(1, q))), 1))
    merged: dict[Term, int] = {}
    for g_, k in factors:
        merged[g_] = merged.get(g_, 0) + k
    return product(scale, [(g_, k) for g_, k in merged.items() if k])


def _root_factor(normal: Normal, g: Poly, k: int, q: int) -> tuple[list[tuple[Term, int]], int]:
    """The q-th root of g^k as factors, and the exponent of g that has to stay under a common root."""
    ring = normal.ring
    t = ring.poly_term(g)
    if len(g) == 1 and len(ring.inside(g)) == 1:
        (number,) = ring.inside(g)
        gen = ring.generators[number]
        if gen.head == "app" and gen.name() == "exp":
            scaled = ring.term(ring.scale(normal.frac(gen.terms[0]), Fraction(k, q)))
            return [(make("app", "exp", scaled), 1)], 0
    if normal.signs.line("<=", g) is not None or (k < 0 and normal.signs.line("<", g) is not None):
        whole, rest = divmod(k, q)
        out = [(t, whole)] if whole else []
        return [*out, (make("pow", t, num(Fraction(1, q))), rest)] if rest else out, 0
    if normal.signs.line("<", -g) is not None and k % 2 == 0:
        whole, rest = divmod(k, q)
        minus = ring.poly_term(-g)
        out = [(minus, whole)] if whole else []
        return [*out, (make("pow", minus, num(Fraction(1, q))), rest)] if rest else out, 0
    if k % 2 == 0 and q == 2:
        return [(make("app", "abs", t), k // 2)], 0
    whole, rest = divmod(k, q)
    if q % 2 == 1 or whole == 0:
        return [(t, whole)] if whole else [], rest
    return [(make("app", "abs", t), whole)], rest


def _root_is(normal: Normal, t: Term, result: Term, q: int) -> int | None:
    """u^(1/q) = result, because result ≥ 0 and result^q = u."""
    builder, base = normal.builder, t.terms[0]
    weak = normal.signs.prove(rel("<=", ZERO, result))
    if weak is None:
        return _cube_root_is(normal, t, result) if q == 3 else normal.inner(t, (0,))
    powers = normal.equal(make("pow", result, num(q)), base)
    line = builder.rule("root.unique", a=base, b=result, k=num(q))
    line = builder.cut(line, rel("<=", ZERO, result), weak)
    line = builder.cut(line, builder.line(powers).claim, powers)
    written = builder.left(line)
    same = builder.place(builder.combine(t.terms[1], written.terms[1]), t, (1,))
    return builder.chain(same, line)


def _cube_root_is(normal: Normal, t: Term, result: Term) -> int:
    """u^(1/3) = result, because result³ = u: b³ − a³ = (b − a)³/4 + 3·(b − a)·(a + b)²/4 grows with b."""
    builder, cube = normal.builder, num(3)
    known = _power_of_root(normal, t, 3)
    found = normal.equal(make("pow", result, cube), t.terms[0])
    claim, below, above = rel("=", t, result), rel("<", t, result), rel("<", result, t)
    lines = []
    for case, sign in ((below, 1), (above, -1)):
        k = builder.assume(case)
        products = [(Fraction(1, 4), [k, k, k], []), (Fraction(3, 4), [k], [make("add", t, result)])]
        lines.append(builder.order(ABSURD, products, cofactors=[(found, num(sign)), (known, num(-sign))]))
    return builder.cases(claim, (below, claim, above), (lines[0], builder.assume(claim), lines[1]))


def _even_power(normal: Normal, t: Term) -> int | None:
    """|u|^(2·k·m) = u^(2·k·m)."""
    builder, (base, exponent) = normal.builder, t.terms
    if base.head != "app" or base.name() != "abs" or exponent.head != "mul":
        return None
    c, *rest = exponent.terms
    e = literal(c)
    if not isinstance(e, int) or e % 2:
        return None
    m = num(e // 2) if e != 2 else None
    n = [*([m] if m else []), *rest]
    k = n[0] if len(n) == 1 else make("mul", *n)
    (u,) = base.terms
    split = builder.rule("pow.power", a=base, m=num(2), n=k)
    square = builder.place(builder.rule("abs.square", a=u), builder.left(split), (0,))
    whole = builder.rule("pow.power", a=u, m=num(2), n=k)
    double = builder.combine(exponent, make("mul", num(2), k))
    ends = [builder.place(double, make("pow", x, exponent), (1,)) for x in (base, u)]
    return builder.chain(ends[0], ~split, square, whole, ~ends[1])


def _integer_power(normal: Normal, t: Term) -> int | None:
    """a^k for a symbolic integer k; a constant part of the exponent is split off where that is allowed."""
    builder, (base, exponent) = normal.builder, t.terms
    if (even := _even_power(normal, t)) is not None:
        return even
    if normal.signs.prove(rel("<", ZERO, base)) is not None:
        return _cut(normal, builder.rule("pow.real", a=base, c=exponent), rel("<", ZERO, base))
    settled = normal.settled(t, (1,))
    if settled is not None:
        return settled
    if base.head == "pow" and is_integer(normal.context, base.terms[1]):
        return builder.rule("pow.power", a=base.terms[0], m=base.terms[1], n=exponent)
    if base.head == "mul":
        first, *others = base.terms
        other = others[0] if len(others) == 1 else make("mul", *others)
        whole = make("mul", first, other)
        factored = builder.rule("pow.base", a=first, b=other, k=exponent)
        if whole is base:
            return factored
        return builder.chain(builder.place(builder.combine(base, whole, opaque=base.terms), t, (0,)), factored)
    if exponent.head == "add" and literal(exponent.terms[-1]) is not None:
        *symbolic, constant = exponent.terms
        rest = symbolic[0] if len(symbolic) == 1 else make("add", *symbolic)
        nonzero = rel("!=", base, ZERO)
        whole = make("add", rest, constant)
        line = None
        if normal.holds(nonzero):
            line = _cut(normal, builder.rule("pow.add.nonzero", a=base, m=rest, n=constant), nonzero)
        elif normal.holds(rel("<=", ZERO, rest)) and normal.holds(rel("<=", ZERO, constant)):
            line = builder.rule("pow.add", a=base, m=rest, n=constant)
            line = _cut(normal, line, rel("<=", ZERO, rest))
        if line is not None:
            if whole is exponent:
                return line
            return builder.chain(builder.place(builder.combine(exponent, whole), t, (1,)), line)
    return normal.inner(t, (0,))


# -- trigonometry and the error function --------------------------------------------------------------


def sine(normal: Normal, t: Term) -> int | None:
    return _circular(normal, t, "sin")


def cosine(normal: Normal, t: Term) -> int | None:
    return _circular(normal, t, "cos")


def _circular(normal: Normal, t: Term, f: str) -> int | None:
    """sin and cos of a sum by the addition theorems; sin² = 1 − cos²; exact values at parts of π."""
    builder, u = normal.builder, t.terms[0]
    value = normal.frac(u)
    if value.num.is_zero():
        place = builder.place(normal.equal(u, ZERO), t, (1,))
        return builder.chain(place, builder.rule(f"{f}.zero"))
    pieces = [piece for c, m in split(normal, value) for piece in _angles(normal, c, m)]
    (k, base), *rest = pieces
    if not rest and k < 0:
        positive = times(-k, base)
        place = builder.place(normal.equal(u, make("neg", positive)), t, (1,))
        return builder.chain(place, builder.rule(f"{f}.negative", a=positive))
    if not rest and (k == 1 or k > MAX_MULTIPLE):
        canonical = times(k, base)
        line = None if canonical is u else builder.place(normal.equal(u, canonical), t, (1,))
        exact = _exact_value(normal, f, canonical)
        if exact is not None:
            return exact if line is None else builder.chain(line, exact)
        if line is None and f == "sin":
            _relate_sine(normal, t)
        return line
    first = base if k > 0 else make("neg", base)
    left = [(k - 1 if k > 0 else k + 1, base)] if 1 < abs(k) <= MAX_MULTIPLE else []
    if abs(k) > MAX_MULTIPLE:
        first = times(k, base)
    others = [times(c, x) for c, x in [*left, *rest]]
    other = others[0] if len(others) == 1 else make("add", *others)
    whole = make("add", first, other)
    line = builder.rule(f"{f}.add", a=first, b=other)
    return line if whole is u else builder.chain(builder.place(normal.equal(u, whole), t, (1,)), line)


def _angles(normal: Normal, c: Fraction, m: Term) -> list[tuple[int, Term]]:
    """c·m by integer multiples of basic angles: parts of π with known values, or m over a common denominator."""
    if m.head == "app" and m.name() == "pi":
        if c.denominator == 12:  # k/12 = 1/4 + (k - 3)/12
            return [(1, _part_of_pi(4)), ((c.numerator - 3) // 2, _part_of_pi(6))]
        part = PARTS.get(c.denominator, c.denominator)
        return [(int(c * part), _part_of_pi(part))]
    d = common_denominator(normal, m, c.denominator)
    base = m if d == 1 else normal.ring.term(normal.ring.scale(normal.frac(m), Fraction(1, d)))
    return [(int(c * d), base)]


def _part_of_pi(k: int) -> Term:
    return make("mul", num(Fraction(1, k)), make("app", "pi"))


def _exact_value(normal: Normal, f: str, u: Term) -> int | None:
    """sin or cos of π/2, π/4 or π/6."""
    e = literal(u.terms[0]) if u.head == "mul" and u.terms[1].head == "app" and u.terms[1].name() == "pi" else None
    entry = {Fraction(1, 2): "quarter", Fraction(1, 4): "eighth", Fraction(1, 6): "twelfth"}.get(Fraction(e or 0))
    if entry is None:
        return None
    builder, line = normal.builder, normal.builder.rule(f"{f}.{entry}")
    written = builder.left(line).terms[0]
    same = builder.combine(u, written)
    return builder.chain(builder.place(same, make("app", f, u), (1,)), line)


def _relate_sine(normal: Normal, t: Term) -> None:
    builder, ring, u = normal.builder, normal.ring, t.terms[0]
    other = make("app", "cos", u)
    normal.frac(other)
    one = ring.sub(ring.ONE, ring.power(ring.generator(other), 2)).num
    pythagoras = builder.rule("sin.cos", a=u)
    line = builder.combine(make("pow", t, num(2)), ring.poly_term(one), (), [(pythagoras, ONE)])
    normal.relate(t, 2, one, line)


def error_function(normal: Normal, t: Term) -> int | None:
    builder, u = normal.builder, t.terms[0]
    f = normal.frac(u)
    if not f.num.is_zero() and f.num.leading_coefficient() < 0:
        minus = normal.ring.term(normal.ring.neg(f))
        place = builder.place(normal.equal(u, make("neg", minus)), t, (1,))
        return builder.chain(place, builder.rule("erf.negative", a=minus))
    return normal.inner(t, (1,))


FUNCTIONS = {
    "exp": exponential,
    "log": logarithm,
    "abs": absolute,
    "sin": sine,
    "cos": cosine,
    "erf": error_function,
    "pi": lambda *_: None,
}
