"""Expectations: linear, constants out, independent factors apart, normal moments.

Each handler call moves E one step towards single moments.  Products of entries that are independent only
when their indices differ become cases over the indices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symderive.engine.normal import occurrences
from symderive.engine.ring import product
from symderive.engine.sums import merged
from symderive.kernel.algebra import difference
from symderive.kernel.book import Lambda
from symderive.kernel.context import Rejected
from symderive.kernel.independence import apart
from symderive.kernel.terms import ONE, Term, bound, instantiate, make, num, rel

if TYPE_CHECKING:
    from symderive.engine.normal import Normal

Factor = tuple[Term, int]


def mean(normal: Normal, t: Term) -> int | None:
    """The handler of E."""
    body, names = t.terms[0], tuple(str(n) for n in t.args[1:])
    builder = normal.builder
    if not _is_random(normal, body, names):
        return builder.rule("mean.const", c=body, X=names)
    canonical = normal.term(body)
    if canonical is not body:
        return builder.place(normal.equal(body, canonical), t, (0,))
    match body.head:
        case "add":
            return _sum_of(normal, t, body, names)
        case "neg":
            return _scaled(normal, t, num(-1), body.terms[0], names)
        case "div" if not _is_random(normal, body.terms[1], names):
            inverse = make("div", ONE, body.terms[1])
            return _scaled(normal, t, inverse, body.terms[0], names)
        case "mul":
            return _product(normal, t, body, names)
        case "big" if body.name() == "sum":
            return _series(normal, body, names)
        case _:
            return _moment(normal, t, [(body, 1)], names)


def _is_random(normal: Normal, t: Term, names: tuple[str, ...]) -> bool:
    found = normal.context.random_in(t)
    return bool(found & set(names) if names else found)


def _sum_of(normal: Normal, t: Term, body: Term, names: tuple[str, ...]) -> int:
    first, *rest = body.terms
    builder = normal.builder
    if len(rest) == 1:
        return builder.rule("mean.add", a=first, b=rest[0], X=names)
    other = make("add", *rest)
    nested = make("add", first, other)
    same = builder.place(builder.combine(body, nested, opaque=body.terms), t, (0,))
    return builder.chain(same, builder.rule("mean.add", a=first, b=other, X=names))


def _scaled(normal: Normal, t: Term, c: Term, rest: Term, names: tuple[str, ...]) -> int:
    """E[body] = c·E[rest], for body = c·rest with c not random."""
    builder, body = normal.builder, t.terms[0]
    written = make("mul", c, rest)
    line = builder.rule("mean.scale", c=c, a=rest, X=names)
    if written is body:
        return line
    same = builder.combine(body, written, opaque=() if body.head != "add" else (rest,))
    return builder.chain(builder.place(same, t, (0,)), line)


def _factors(body: Term) -> list[Factor]:
    """The factors of a product in normal form, with exponents."""
    out = []
    for a in body.terms if body.head == "mul" else (body,):
        e = a.terms[1].args[0] if a.head == "pow" and a.terms[1].head == "num" else None
        out.append((a.terms[0], e) if isinstance(e, int) and a.terms[1].args[1] == 1 else (a, 1))
    return out


def _product(normal: Normal, t: Term, body: Term, names: tuple[str, ...]) -> int | None:
    factors = _factors(body)
    held = [f for f in factors if not _is_random(normal, f[0], names)]
    varied = [f for f in factors if _is_random(normal, f[0], names)]
    if held:
        return _scaled(normal, t, product(1, held), product(1, varied), names)
    return _moment(normal, t, varied, names)


def _series(normal: Normal, body: Term, names: tuple[str, ...]) -> int:
    """E[Σ f] = Σ E[f]."""
    lo, hi, guard, _ = body.terms
    name, inner = normal.open(body)
    w = Lambda((name,), instantiate(guard, bound(name)))
    return normal.builder.rule("mean.sum", f=Lambda((name,), inner), lo=lo, hi=hi, w=w, X=names)


def _moment(normal: Normal, t: Term, factors: list[Factor], names: tuple[str, ...]) -> int | None:
    """The mean of a product of random factors."""
    sums = [f for f in factors if f[0].head == "big" and f[0].name() == "sum"]
    if sums:
        return _merged(normal, t)
    if names:
        return _normal_law(normal, t, names)
    if len(factors) > 1:
        return _independent(normal, t, factors)
    return None


def _merged(normal: Normal, t: Term) -> int | None:
    """A product with sums inside as one sum, so that E can go in."""
    body = t.terms[0]
    line = merged(normal, body)
    placed = normal.builder.place(line, t, (0,))
    whole = normal.builder.right(line)
    names = tuple(str(n) for n in t.args[1:])
    return normal.builder.chain(placed, _series(normal, whole, names))


def _independent(normal: Normal, t: Term, factors: list[Factor]) -> int | None:
    """E[a·b] = E[a]·E[b], for the largest group of factors that is independent of the rest."""
    builder, body = normal.builder, t.terms[0]
    groups = [[f] for f in factors]
    tied: list[tuple[Term, Term]] = []
    k = 0
    while k < len(groups):
        for j in range(k + 1, len(groups)):
            verdict = _apart(normal, product(1, groups[k]), product(1, groups[j]))
            if verdict is False:
                groups[k] += groups.pop(j)
                k = -1
                break
            if isinstance(verdict, tuple):
                tied.append(verdict)
        k += 1
    if tied:
        return _by_index(normal, t, *tied[0])
    if len(groups) < 2:
        return None
    first, *rest = groups
    a, b = product(1, first), product(1, [f for g in rest for f in g])
    line = builder.rule("mean.product", a=a, b=b)
    written = make("mul", a, b)
    if written is body:
        return line
    return builder.chain(builder.place(builder.combine(body, written), t, (0,)), line)


def _apart(normal: Normal, a: Term, b: Term) -> bool | tuple[Term, Term]:
    """Whether two factors are independent; a pair of indices if that depends on their being different."""
    try:
        needed = apart(normal.context, a, b)
    except Rejected:
        return False
    for c in needed:
        if c.head == "rel" and not normal.holds(c):
            i, j = c.terms
            return (i, j)
    return True


def _by_index(normal: Normal, t: Term, i: Term, j: Term) -> int | None:
    """E[…x_i…x_j…] by cases: i = j or i ≠ j."""
    builder = normal.builder
    same, different = rel("=", i, j), rel("!=", i, j)
    equal_line = builder.assume(same)
    paths = occurrences(t, i)
    if not paths or i.head == "num" or difference(i, j) is not None:
        return None
    placed = builder.place(equal_line, t, *paths)
    inner = builder.right(placed)
    with normal.assuming(different):
        product_line = normal.line(t) if t in normal.lines else _split_line(normal, t)
    if product_line is None:
        return None
    other = builder.right(product_line)
    target = make("cases", same, inner, other)
    first = builder.chain(placed, ~builder.rule("cases.then", p=same, a=inner, b=other))
    second = builder.chain(product_line, ~builder.rule("cases.else", p=same, a=inner, b=other))
    return builder.cases(rel("=", t, target), (same, different), (first, second))


def _split_line(normal: Normal, t: Term) -> int | None:
    return _independent(normal, t, _factors(t.terms[0]))


def _normal_law(normal: Normal, t: Term, names: tuple[str, ...]) -> int | None:
    """The first two moments of a normal name."""
    body = t.terms[0]
    if len(names) != 1:
        return None
    z = names[0]
    law = normal.context.declared(z).law
    if law is None or law[0] != "normal":
        return None
    c, d = law[1]
    builder = normal.builder
    positive = rel("<", num(0), d)
    name = make("sym", z)
    if body is name:
        return normal.discharged(builder.rule("normal.mean", z=z, c=c, d=d), positive)
    if body is make("pow", name, num(2)):
        line = normal.discharged(builder.rule("normal.variance", z=z, c=c, d=d), positive)
        return _second_moment(normal, t, line)
    return None


def _second_moment(normal: Normal, t: Term, variance: int) -> int:
    """From E[(z − c)²] = d, a line E[z²] = …"""
    builder = normal.builder
    left, d = builder.left(variance), builder.right(variance)
    k = normal.ring.number(t)
    with normal.trial():
        normal._frac[t] = normal.ring.generator(t)  # noqa: SLF001
        gap = normal.frac(make("add", left, make("neg", d)))
        rest = normal.ring.make(
            normal.ring.ctx.from_dict({m: q for m, q in gap.num.to_dict().items() if not m[k]}),
            -normal.ring.one,
        )
        value = normal.ring.term(rest)
        return builder.combine(t, value, normal.rewrites(left, d), [(variance, ONE)])

