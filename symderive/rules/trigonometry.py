"""Sine, cosine and the error function."""

from symderive.language.expr import cos, eq, erf, exp, lift, ne, pi, sin, sqrt
from symderive.rules.schema import Meaning, a, axiom, b, function_of, theorem

# fmt: off
FUNCTIONS: tuple[Meaning, ...] = (
    function_of("sinh", "a", (exp(a) - exp(-a)) / 2, "hyperbolic sine"),
    function_of("cosh", "a", (exp(a) + exp(-a)) / 2, "hyperbolic cosine"),
    function_of("tanh", "a", (exp(a) - exp(-a)) / (exp(a) + exp(-a)), "hyperbolic tangent"),
    function_of("tan", "a", sin(a) / cos(a), "tangent", domain=(ne(cos(a), 0),)),
)

RULES = (
    axiom("sin.add", eq(sin(a + b), sin(a) * cos(b) + cos(a) * sin(b)), says="addition theorem"),
    axiom("cos.add", eq(cos(a + b), cos(a) * cos(b) - sin(a) * sin(b)), says="addition theorem"),
    theorem("sin.negative", eq(sin(-a), -sin(a)), says="the sine is odd"),
    theorem("cos.negative", eq(cos(-a), cos(a)), says="the cosine is even"),
    theorem("cos.zero", eq(cos(0), 1), says="cos 0 = 1"),
    axiom("sin.quarter", eq(sin(pi / 2), 1), says="sin(π/2) = 1"),
    theorem("pi.positive", 0 < pi, says="π is positive"),
    axiom("erf.negative", eq(erf(-a), -erf(a)), says="the error function is odd"),

    theorem("sin.zero", eq(sin(0), 0), says="sin 0 = 0"),
    theorem("cos.quarter", eq(cos(pi / 2), 0), says="cos(π/2) = 0"),
    theorem("sin.eighth", eq(sin(pi / 4), sqrt(2) / 2), says="sin(π/4) = √2/2"),
    theorem("cos.eighth", eq(cos(pi / 4), sqrt(2) / 2), says="cos(π/4) = √2/2"),
    theorem("sin.twelfth", eq(sin(pi / 6), lift(1) / 2), says="sin(π/6) = 1/2"),
    theorem("cos.twelfth", eq(cos(pi / 6), sqrt(3) / 2), says="cos(π/6) = √3/2"),
    axiom("sin.cos", eq(sin(a) ** 2 + cos(a) ** 2, 1), says="Pythagoras"),
)
# fmt: on
