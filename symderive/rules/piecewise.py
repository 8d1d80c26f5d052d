"""Absolute value, cases, extrema, and the piecewise functions built from them.

Everything piecewise linear is written with |·|, which algebra can compute with (|a|² = a²).
"""

from symderive.language.expr import Each, Max, Min, cases, eq, exp, function, implies, ne
from symderive.language.expr import absolute as abs_
from symderive.rules.schema import (
    Meaning,
    Row,
    a,
    axiom,
    b,
    c,
    f,
    function_of,
    hi,
    k,
    lo,
    negated,
    p,
    theorem,
)

# fmt: off
FUNCTIONS: tuple[Meaning, ...] = (
    function_of("relu", "a", (a + abs_(a)) / 2, "rectified linear unit: the larger of a and 0"),
    function_of("max", "a b", (a + b + abs_(a - b)) / 2, "the larger of two numbers"),
    function_of("min", "a b", (a + b - abs_(a - b)) / 2, "the smaller of two numbers"),
    function_of("lrelu", "c a", (a + abs_(a)) / 2 + c * (a - abs_(a)) / 2, "leaky rectifier with slope c below 0"),
    function_of("elu", "c a", (a + abs_(a)) / 2 + c * (exp((a - abs_(a)) / 2) - 1), "exponential linear unit: c·(e^a - 1) below 0"),
    function_of("sign", "a", cases((0 < a, 1), (eq(a, 0), 0), otherwise=-1), "the sign: 1, 0 or -1"),
    function_of("step", "a", cases((0 < a, 1), otherwise=0), "1 above 0, else 0"),
)


relu, lrelu, elu, larger, smaller = map(function, ("relu", "lrelu", "elu", "max", "min"))

RULES: tuple[Row, ...] = (
    axiom("abs.right", eq(abs_(a), a), 0 <= a, says="|a| = a for a ≥ 0"),
    axiom("abs.left", eq(abs_(a), -a), a <= 0, says="|a| = -a for a ≤ 0"),
    axiom("cases.then", eq(cases((p, a), otherwise=b), a), p, defined="right", says="the case that applies"),
    axiom("cases.else", eq(cases((p, a), otherwise=b), b), negated(p), defined="right", says="the case that applies"),
    axiom("cases.only", eq(cases((p, a)), a), p, defined="right", says="the case that applies"),
    axiom("max.value", eq(Max(f, lo, hi), f(k)), lo <= k, k <= hi, Each(lambda i: f(i) <= f(k), lo, hi), says="the largest value"),
    axiom("min.value", eq(Min(f, lo, hi), f(k)), lo <= k, k <= hi, Each(lambda i: f(k) <= f(i), lo, hi), says="the smallest value"),
    axiom("max.bound", f(k) <= Max(f, lo, hi), lo <= k, k <= hi, says="no value is larger than the largest"),
    axiom("min.bound", Min(f, lo, hi) <= f(k), lo <= k, k <= hi, says="no value is smaller than the smallest"),

    theorem("max.strict", eq(Max(f, lo, hi), f(k)), lo <= k, k <= hi, Each(lambda i: implies(ne(i, k), f(i) < f(k)), lo, hi), says="the largest value, attained once"),
    theorem("abs.unique", eq(abs_(a), b), 0 <= b, eq(b**2, a**2), says="the absolute value is the number that is not negative and has this square"),
    theorem("abs.square", eq(abs_(a) ** 2, a**2), says="|a|² = a²"),
    theorem("abs.nonnegative", 0 <= abs_(a), says="an absolute value is not negative"),
    theorem("abs.positive", 0 < abs_(a), ne(a, 0), says="|a| > 0 for a ≠ 0"),
    theorem("abs.negative", eq(abs_(-a), abs_(a)), says="|-a| = |a|"),
    theorem("abs.mul", eq(abs_(a * b), abs_(a) * abs_(b)), says="|a·b| = |a|·|b|"),
    theorem("relu.right", eq(relu(a), a), 0 <= a, says="relu(a) = a for a ≥ 0"),
    theorem("relu.left", eq(relu(a), 0), a <= 0, says="relu(a) = 0 for a ≤ 0"),
    theorem("lrelu.right", eq(lrelu(c, a), a), 0 <= a, says="the leaky rectifier is the identity for a ≥ 0"),
    theorem("lrelu.left", eq(lrelu(c, a), c * a), a <= 0, says="the leaky rectifier has slope c for a ≤ 0"),
    theorem("elu.right", eq(elu(c, a), a), 0 <= a, says="elu(a) = a for a ≥ 0"),
    theorem("elu.left", eq(elu(c, a), c * (exp(a) - 1)), a <= 0, says="elu(a) = c·(e^a - 1) for a ≤ 0"),
    theorem("max.right", eq(larger(a, b), a), b <= a, says="max(a, b) = a for a ≥ b"),
    theorem("max.left", eq(larger(a, b), b), a <= b, says="max(a, b) = b for a ≤ b"),
    theorem("min.right", eq(smaller(a, b), b), b <= a, says="min(a, b) = b for a ≥ b"),
    theorem("min.left", eq(smaller(a, b), a), a <= b, says="min(a, b) = a for a ≤ b"),
)
# fmt: on
