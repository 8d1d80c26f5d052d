"""Expectation: linearity, independence, symmetry, and the normal law by its moments.

E without names integrates everything that is random; E over a name with a law integrates that law,
the rest held fixed.
"""

from symderive.language.expr import D, E, Sum, apply, eq, exp, is_, log, pi, sqrt
from symderive.rules.schema import (
    F,
    Meaning,
    Row,
    X,
    a,
    apart,
    axiom,
    b,
    c,
    d,
    f,
    fixed,
    free,
    function_of,
    hi,
    law,
    lo,
    s,
    v,
    w,
    x,
    z,
)  # fmt: skip

normal_log_density = apply("normal_log_density", z, c, s**2)

# fmt: off
FUNCTIONS: tuple[Meaning, ...] = (
    function_of("normal_density", "a b c", exp(-(a - b)**2 / (2 * c)) / sqrt(2 * pi * c), "density of the normal law with mean b and variance c", domain=(0 < c,)),
    function_of("normal_log_density", "a b c", -(a - b)**2 / (2 * c) - log(2 * pi * c) / 2, "log-density of the normal law with mean b and variance c", domain=(0 < c,)),
)

RULES: tuple[Row, ...] = (
    axiom("mean.const", eq(E(c, X), c), fixed(c, X), says="the mean of what is not random"),
    axiom("mean.add", eq(E(a + b, X), E(a, X) + E(b, X)), says="expectation is linear"),
    axiom("mean.scale", eq(E(c * a, X), c * E(a, X)), fixed(c, X), says="expectation is linear"),
    axiom("mean.sum", eq(E(Sum(f, lo, hi, w), X), Sum(lambda i: E(f(i), X), lo, hi, w)), fixed(w(0), X), fixed(lo, X), fixed(hi, X), says="expectation is linear"),
    axiom("mean.product", eq(E(a * b), E(a) * E(b)), apart(a, b), says="independent factors"),
    axiom("mean.same", eq(E(F(a)), E(F(b))), is_("alike", a, b), fixed(F(0)), says="identically distributed"),
    axiom("mean.symmetric", eq(E(F(a)), E(F(-a))), is_("symmetric-law", a), fixed(F(0)), says="symmetric about zero"),
    axiom("normal.stein", eq(E((z - c) * a, z), d * E(D(a, z), z)), law(z, "normal", c, d), 0 < d, is_("smooth", a, z), says="integration by parts under the normal law", cite="Stein"),
    axiom("normal.shift", eq(E(F(z), z), E(F(c + s * x), x)), law(z, "normal", c, s**2), law(x, "normal", 0, 1), 0 < s, free(F(0), z), free(F(0), x), free(c, x), free(s, x),
          says="a normal variable is its mean plus its spread times a standard one"),
    axiom("normal.score", eq(D(E(a, z), v), E(D(a, v) + a * D(normal_log_density, v), z)), law(z, "normal", c, s**2), 0 < s, fixed(v, z),
          says="derivative of a law: the score"),
)
# fmt: on
