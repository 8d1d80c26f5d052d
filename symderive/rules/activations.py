"""Activation functions by definition, and their derivatives as chain-rule entries."""

from symderive.language.expr import D, cos, eq, erf, exp, function, log, sin, sqrt
from symderive.language.expr import absolute as abs_
from symderive.rules.schema import Meaning, Row, a, c, free, function_of, theorem, u, v

sigmoid, tanh, sinh, cosh, tan = map(function, ("sigmoid", "tanh", "sinh", "cosh", "tan"))
softplus, silu, gelu, relu, lrelu, elu = map(function, ("softplus", "silu", "gelu", "relu", "lrelu", "elu"))

# fmt: off
FUNCTIONS: tuple[Meaning, ...] = (
    function_of("sigmoid", "a", 1 / (1 + exp(-a)), "logistic function"),
    function_of("softplus", "a", log(1 + exp(a)), "softplus"),
    function_of("silu", "a", a / (1 + exp(-a)), "sigmoid linear unit (swish)"),
    function_of("gelu", "a", a * (1 + erf(a / sqrt(2))) / 2, "Gaussian error linear unit"),
    function_of("softsign", "a", a / (1 + abs_(a)), "softsign"),
    function_of("logit", "a", log(a / (1 - a)), "log-odds, inverse of the logistic function", domain=(0 < a, a < 1)),
)

RULES: tuple[Row, ...] = (
    theorem("d.sqrt", eq(D(sqrt(u), v), D(u, v) / (2 * sqrt(u))), says="chain rule, (√u)' = 1/(2√u)"),
    theorem("d.sinh", eq(D(sinh(u), v), cosh(u) * D(u, v)), says="chain rule, sinh' = cosh"),
    theorem("d.cosh", eq(D(cosh(u), v), sinh(u) * D(u, v)), says="chain rule, cosh' = sinh"),
    theorem("d.tan", eq(D(tan(u), v), (1 + tan(u)**2) * D(u, v)), says="chain rule, tan' = 1 + tan²"),
    theorem("d.tanh", eq(D(tanh(u), v), (1 - tanh(u)**2) * D(u, v)), says="chain rule, tanh' = 1 - tanh²"),
    theorem("d.sigmoid", eq(D(sigmoid(u), v), sigmoid(u) * (1 - sigmoid(u)) * D(u, v)), says="chain rule, σ' = σ(1 - σ)"),
    theorem("d.softplus", eq(D(softplus(u), v), sigmoid(u) * D(u, v)), says="chain rule, softplus' = σ"),
    theorem("d.silu", eq(D(silu(u), v), (sigmoid(u) + u * sigmoid(u) * (1 - sigmoid(u))) * D(u, v)), says="chain rule, silu' = σ + u·σ(1 - σ)"),
    theorem("d.relu.right", eq(D(relu(u), v), D(u, v)), 0 < u, says="chain rule, relu'(u) = 1 for u > 0"),
    theorem("d.relu.left", eq(D(relu(u), v), 0), u < 0, says="chain rule, relu'(u) = 0 for u < 0"),
    theorem("d.lrelu.right", eq(D(lrelu(c, u), v), D(u, v)), 0 < u, says="chain rule, slope 1 for u > 0"),
    theorem("d.lrelu.left", eq(D(lrelu(c, u), v), c * D(u, v)), u < 0, free(c, v), says="chain rule, slope c for u < 0"),
    theorem("d.elu.right", eq(D(elu(c, u), v), D(u, v)), 0 < u, says="chain rule, elu'(u) = 1 for u > 0"),
    theorem("d.elu.left", eq(D(elu(c, u), v), c * exp(u) * D(u, v)), u < 0, free(c, v), says="chain rule, elu'(u) = c·e^u for u < 0"),
    theorem("sigmoid.negative", eq(sigmoid(-a), 1 - sigmoid(a)), says="σ(-a) = 1 - σ(a)"),
    theorem("tanh.negative", eq(tanh(-a), -tanh(a)), says="tanh is odd"),
    theorem("tanh.sigmoid", eq(tanh(a), 2 * sigmoid(2 * a) - 1), says="tanh(a) = 2·σ(2a) - 1"),
    theorem("softplus.negative", eq(softplus(a) - softplus(-a), a), says="softplus(a) - softplus(-a) = a"),
)
# fmt: on

__all__ = ["FUNCTIONS", "RULES", "cos", "gelu", "sin"]
