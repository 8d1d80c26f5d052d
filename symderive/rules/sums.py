"""Finite sums and products with symbolic limits; an empty sum is 0, an empty product 1.

Linearity, exchange, shift, δ and products of sums need no entries: they are moves of the step `resum`.
"""

from symderive.language.expr import Each, Prod, Sum, eq
from symderive.rules.schema import Row, a, axiom, f, g, hi, k, lo, mid, theorem

ordered = (lo <= mid + 1, mid <= hi)

# fmt: off
RULES: tuple[Row, ...] = (
    axiom("sum.split", eq(Sum(f, lo, hi), Sum(f, lo, mid) + Sum(f, mid + 1, hi)), *ordered, defined="left", says="a sum split in two"),
    axiom("sum.empty", eq(Sum(f, lo, hi), 0), hi < lo, defined="right", says="an empty sum"),
    axiom("sum.one", eq(Sum(f, k, k), f(k)), defined="right", says="a sum of one term"),
    theorem("sum.positive", 0 < Sum(f, lo, hi), lo <= hi, Each(lambda i: 0 < f(i), lo, hi), says="a sum of positive terms is positive"),
    axiom("prod.split", eq(Prod(f, lo, hi), Prod(f, lo, mid) * Prod(f, mid + 1, hi)), *ordered, defined="left", says="a product split in two"),
    axiom("prod.empty", eq(Prod(f, lo, hi), 1), hi < lo, defined="right", says="an empty product"),
    axiom("prod.one", eq(Prod(f, k, k), f(k)), defined="right", says="a product of one factor"),
    theorem("prod.mul", eq(Prod(lambda i: f(i) * g(i), lo, hi), Prod(f, lo, hi) * Prod(g, lo, hi)), says="a product of products"),
    axiom("prod.const", eq(Prod(lambda _: a, lo, hi), a ** (hi - lo + 1)), lo <= hi + 1, defined="left", says="a product of equal factors"),
    theorem("prod.positive", 0 < Prod(f, lo, hi), Each(lambda i: 0 < f(i), lo, hi), says="a product of positive factors is positive"),

    theorem("sum.last", eq(Sum(f, lo, hi), Sum(f, lo, hi - 1) + f(hi)), lo <= hi, defined="left", says="the last term of a sum"),
    theorem("sum.first", eq(Sum(f, lo, hi), f(lo) + Sum(f, lo + 1, hi)), lo <= hi, defined="left", says="the first term of a sum"),
    theorem("prod.last", eq(Prod(f, lo, hi), Prod(f, lo, hi - 1) * f(hi)), lo <= hi, defined="left", says="the last factor of a product"),
    theorem("prod.first", eq(Prod(f, lo, hi), f(lo) * Prod(f, lo + 1, hi)), lo <= hi, defined="left", says="the first factor of a product"),
)
# fmt: on
