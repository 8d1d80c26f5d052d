"""Exponential, logarithm, powers and roots, as real functions: partial, without branches."""

from symderive.language.expr import eq, exp, lift, log, ne
from symderive.rules.schema import a, axiom, b, c, k, m, n, theorem

# fmt: off
RULES = (
    theorem("exp.zero", eq(exp(0), 1), says="e^0 = 1"),
    axiom("exp.add", eq(exp(a + b), exp(a) * exp(b)), says="e^(a+b) = e^a·e^b"),
    axiom("exp.times", eq(exp(k * a), exp(a) ** k), says="e^(k·a) = (e^a)^k for integer k"),
    theorem("exp.positive", 0 < exp(a), says="the exponential is positive"),
    axiom("exp.tangent", 1 + a < exp(a), ne(a, 0), says="the exponential lies above its tangent at 0"),
    axiom("exp.log", eq(exp(log(a)), a), defined="left", says="e^(log a) = a"),
    theorem("log.exp", eq(log(exp(a)), a), says="log(e^a) = a"),
    axiom("pow.real", eq(a**c, exp(c * log(a))), 0 < a, says="a^c = e^(c·log a) for a > 0"),
    axiom("root.power", eq((a ** (lift(1) / k)) ** k, a), defined="left", says="(a^(1/k))^k = a"),
    axiom("root.unique", eq(a ** (lift(1) / k), b), 1 <= k, 0 <= b, eq(b**k, a), says="the root is the number that is not negative and has this power"),
    axiom("root.nonnegative", 0 <= a**c, 0 <= a, says="a power of a number that is not negative is not negative"),
    axiom("pow.rational", eq(a ** (m / k), (a ** (lift(1) / k)) ** m), says="a^(m/k) = (a^(1/k))^m"),
    axiom("pow.add", eq(a ** (m + n), a**m * a**n), 0 <= m, 0 <= n, says="a^(m+n) = a^m·a^n"),
    axiom("pow.add.nonzero", eq(a ** (m + n), a**m * a**n), ne(a, 0), says="a^(m+n) = a^m·a^n"),
    axiom("pow.base", eq((a * b) ** k, a**k * b**k), says="(a·b)^k = a^k·b^k"),
    axiom("pow.power", eq((a**m) ** n, a ** (m * n)), says="(a^m)^n = a^(m·n)"),

    theorem("exp.negative", eq(exp(-a), 1 / exp(a)), says="e^(-a) = 1/e^a"),
    theorem("exp.lower", 1 + a <= exp(a), says="1 + a ≤ e^a"),
    theorem("exp.increasing", exp(a) < exp(b), a < b, says="the exponential increases"),
    theorem("exp.monotone", exp(a) <= exp(b), a <= b, says="the exponential increases"),
    theorem("log.one", eq(log(1), 0), says="log 1 = 0"),
    theorem("log.mul", eq(log(a * b), log(a) + log(b)), 0 < a, 0 < b, says="log(a·b) = log a + log b"),
    theorem("log.div", eq(log(a / b), log(a) - log(b)), 0 < a, 0 < b, says="log(a/b) = log a - log b"),
    theorem("log.reciprocal", eq(log(1 / a), -log(a)), 0 < a, says="log(1/a) = -log a"),
    theorem("log.pow", eq(log(a**c), c * log(a)), 0 < a, says="log(a^c) = c·log a"),
    theorem("log.upper", log(a) <= a - 1, 0 < a, says="log a ≤ a - 1"),
    theorem("log.increasing", log(a) < log(b), 0 < a, a < b, says="the logarithm increases"),
    theorem("log.monotone", log(a) <= log(b), 0 < a, a <= b, says="the logarithm increases"),
    theorem("root.positive", 0 < a**c, 0 < a, says="a power of a positive number is positive"),
    theorem("log.unique", eq(log(a), b), eq(exp(b), a), says="the logarithm is the exponent"),
)
# fmt: on
