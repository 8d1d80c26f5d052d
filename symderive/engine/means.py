"""Expectations: linear, constants out, independent factors apart, normal moments.

Each handler call moves E one step towards single moments.  Products of entries that are independent only
when their indices differ become cases over the indices.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from symderive.engine.builder import Stuck
from symderive.engine.facts import match, opened
from symderive.engine.normal import occurrences
from symderive.engine.ring import product
from symderive.engine.sums import merged
from symderive.kernel.algebra import difference
from symderive.kernel.book import Lambda
from symderive.kernel.context import Rejected
from symderive.kernel.independence import apart
from symderive.kernel.terms import ONE, ZERO, Term, bound, instantiate, make, num, rebuild, rel, subterms, sym

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
        return builder.place(normal.inside_mean(normal.equal(body, canonical)), t, (0,))
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
            return _moment(normal, t, _factors(body), names)


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
        return _normal_law(normal, t, factors, names)
    if len(factors) > 1:
        split = _independent(normal, t, factors)
        if split is not None:
            return split
    return _odd(normal, t)


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


def _normal_law(normal: Normal, t: Term, factors: list[Factor], names: tuple[str, ...]) -> int | None:
    """Under a normal law: to the standard one, if there is a name for it; then by parts."""
    builder, context = normal.builder, normal.context
    if len(names) != 1:
        return None
    (z,) = names
    law = context.declared(z).law
    if law is None or law[0] != "normal":
        return None
    mean_, variance = law[1]
    name = sym(z)
    power = dict(factors).get(name, 0)
    if power:
        rest = product(1, [(f, e - (f is name)) for f, e in factors if e > (f is name)])
        return _by_parts(normal, t, name, rest, mean_, variance)
    standard = _standard(normal, z)
    if standard is None or not is_square(variance):
        return None
    body = Lambda(("z",), _with(t.terms[0], z, bound("z")))
    line = builder.rule("normal.shift", F=body, z=z, x=standard, c=mean_, s=variance.terms[0])
    return normal.discharged(line, rel("<", ZERO, variance.terms[0]))


def _by_parts(normal: Normal, t: Term, z: Term, rest: Term, mean_: Term, variance: Term) -> int:
    """E[z·a] = c·E[a] + d·E[∂a/∂z]."""
    builder = normal.builder
    names = (z.name(),)
    stein = builder.rule("normal.stein", a=rest, z=z.name(), c=mean_, d=variance)
    stein = normal.discharged(stein, rel("<", ZERO, variance))
    centred = builder.left(stein).terms[0]
    if mean_ is ZERO:
        return builder.chain(builder.place(builder.combine(t.terms[0], centred), t, (0,)), stein)
    # z·a = (z − c)·a + c·a
    more = make("mul", mean_, rest)
    split = make("add", centred, more)
    same = builder.place(builder.combine(t.terms[0], split), t, (0,))
    added = builder.rule("mean.add", a=centred, b=more, X=names)
    scaled = builder.rule("mean.scale", c=mean_, a=rest, X=names)
    right = make("add", builder.right(stein), builder.right(scaled))
    whole = builder.combine(builder.right(added), right, [stein, scaled])
    return builder.chain(same, added, whole)


def _standard(normal: Normal, z: str) -> str | None:
    """Another random name with the standard normal law."""
    for n in sorted(normal.context.randoms):
        if n != z and normal.context.declared(n).law == ("normal", (ZERO, ONE)):
            return n
    return None


def is_square(t: Term) -> bool:
    return t.head == "pow" and t.terms[1] is num(2)


def _with(t: Term, name: str, value: Term) -> Term:
    """`t` with a term for a name."""
    if t.head == "sym" and t.name() == name:
        return value
    return rebuild(t, lambda a, _: _with(a, name, value))


# -- symmetry ---------------------------------------------------------------------------------------


def _odd(normal: Normal, t: Term) -> int | None:
    """E[F(x)] = 0 for a law that is symmetric about zero and F odd."""
    builder = normal.builder
    for x in _symmetric(normal, t):
        inner = _replaced(t.terms[0], x, bound("x"))
        if normal.context.random_in(inner):
            continue
        line = builder.rule("mean.symmetric", F=Lambda(("x",), inner), a=x)
        for h in builder.line(line).hypotheses:
            if h.head == "is" and h.name() == "symmetric-law":
                line = builder.cut(line, h, _fact_line(normal, h))
        mirrored = builder.right(line)
        body = normal.term(mirrored.terms[0])
        minus = make("neg", t)
        if normal.frac(body) != normal.ring.neg(normal.frac(t.terms[0])):
            continue
        odd = make("neg", t.terms[0])
        moved = builder.place(normal.inside_mean(normal.equal(mirrored.terms[0], odd)), mirrored, (0,))
        scaled = builder.rule("mean.scale", c=num(-1), a=t.terms[0], X=())
        written = builder.place(builder.combine(odd, builder.left(scaled).terms[0]), builder.right(moved), (0,))
        negative = builder.chain(moved, written, scaled)
        half = num(Fraction(1, 2))
        opposite = builder.combine(builder.right(negative), minus)
        negative = builder.chain(negative, opposite)
        return builder.combine(t, ZERO, (), [(line, half), (negative, half)])
    return None


def _symmetric(normal: Normal, t: Term) -> list[Term]:
    """The random terms in t that a fact declares symmetric about zero."""
    out = []
    for f in normal.context.facts:
        pattern = opened(f, normal.context)
        if pattern.core.head == "is" and pattern.core.name() == "symmetric-law":
            out += [s for s in subterms(t.terms[0]) if match(pattern.core.terms[0], s, pattern.variables) is not None]
    return out


def _fact_line(normal: Normal, h: Term) -> int:
    """A line for a property from the fact that asserts it."""
    for f in normal.context.facts:
        pattern = opened(f, normal.context)
        if pattern.core.head == "is" and pattern.core.name() == h.name() and len(h.terms) == 1:
            values = match(pattern.core.terms[0], h.terms[0], pattern.variables)
            if values is not None:
                return normal.builder.assume(f, *values)
    raise Stuck(f"no fact says {h!r}")


def _replaced(t: Term, part: Term, value: Term) -> Term:
    if t is part:
        return value
    return rebuild(t, lambda a, _: _replaced(a, part, value))
