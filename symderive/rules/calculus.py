"""Differentiation along definitions: one entry per construction, one chain-rule entry per function.

∂/∂v varies one entry of a name; the definition of that name is then out of force, every other stays.
"""

from symderive.kernel.terms import num
from symderive.language.expr import (
    D,
    E,
    Expr,
    Prod,
    Sum,
    cases,
    cos,
    delta,
    eq,
    erf,
    exp,
    is_,
    log,
    ne,
    pi,
    sin,
    sqrt,
)
from symderive.language.expr import absolute as abs_
from symderive.rules.schema import (
    A,
    B,
    X,
    a,
    axiom,
    b,
    c,
    f,
    fixed,
    free,
    hi,
    i,
    j,
    k,
    l,
    lo,
    m,
    n,
    p,
    phi,
    span,
    theorem,
    u,
    v,
    w,
    x,
    y,
)  # fmt: skip


def family(name: Expr, depth: int) -> Expr:
    """The name is defined by so many indices (0: a leaf, or a single name)."""
    return is_("family", name, Expr(num(depth)))


# fmt: off
RULES = (
    axiom("d.const", eq(D(c, v), 0), free(c, v), defined="left", says="does not depend on the variable"),
    axiom("d.self", eq(D(x, x), 1), family(x, 0), says="the variable itself"),
    axiom("d.self.1", eq(D(x[k], x[j]), delta(k, j)), family(x, 0), says="an entry by an entry"),
    axiom("d.self.2", eq(D(x[k, l], x[i, j]), delta(k, i) * delta(l, j)), family(x, 0), says="an entry by an entry"),
    axiom("d.self.3", eq(D(x[k, l, m], x[i, j, n]), delta(k, i) * delta(l, j) * delta(m, n)), family(x, 0), says="an entry by an entry"),
    axiom("d.member", eq(D(x[i], x[i]), 1), family(x, 1), says="the variable itself"),
    axiom("d.member.1", eq(D(x[i, k], x[i, j]), delta(k, j)), family(x, 1), says="an entry by an entry"),
    axiom("d.member.2", eq(D(x[i, k, l], x[i, j, m]), delta(k, j) * delta(l, m)), family(x, 1), says="an entry by an entry"),

    axiom("d.add", eq(D(a + b, v), D(a, v) + D(b, v)), says="sum rule"),
    theorem("d.neg", eq(D(-a, v), -D(a, v)), says="sum rule"),
    axiom("d.mul", eq(D(a * b, v), D(a, v) * b + a * D(b, v)), says="product rule"),
    theorem("d.div", eq(D(a / b, v), D(a, v) / b - a * D(b, v) / b**2), says="quotient rule"),
    axiom("d.pow", eq(D(a**c, v), c * a ** (c - 1) * D(a, v)), free(c, v), says="power rule"),
    axiom("d.exp", eq(D(exp(u), v), exp(u) * D(u, v)), says="chain rule, exp' = exp"),
    theorem("d.log", eq(D(log(u), v), D(u, v) / u), says="chain rule, log'(u) = 1/u"),
    axiom("d.sin", eq(D(sin(u), v), cos(u) * D(u, v)), says="chain rule, sin' = cos"),
    theorem("d.cos", eq(D(cos(u), v), -(sin(u) * D(u, v))), says="chain rule, cos' = -sin"),
    axiom("d.erf", eq(D(erf(u), v), 2 / sqrt(pi) * exp(-u**2) * D(u, v)), says="chain rule, erf'(u) = 2/√π·exp(-u²)", cite="DLMF 7.2.1"),
    theorem("d.abs", eq(D(abs_(u), v), u / abs_(u) * D(u, v)), says="chain rule, |u|' = u/|u| away from 0"),

    axiom("d.fun", eq(D(phi(u), v), phi(u, slots="'") * D(u, v)), says="chain rule"),
    axiom("d.fun.2", eq(D(phi(a, b), v), phi(a, b, slots=";1") * D(a, v) + phi(a, b, slots=";2") * D(b, v)), says="chain rule in two arguments"),
    axiom("d.fun.3", eq(D(phi(a, b, c), v), phi(a, b, c, slots=";1") * D(a, v) + phi(a, b, c, slots=";2") * D(b, v) + phi(a, b, c, slots=";3") * D(c, v)),
          says="chain rule in three arguments"),
    axiom("d.fun.vector", eq(D(phi(A), v), Sum(lambda i: phi(A, slots="'")[i] * D(A[i], v), 1, n)), span(A, 1, n), says="chain rule over the entries of a vector"),
    axiom("d.fun.matrix", eq(D(phi(A), v), Sum(lambda i: Sum(lambda j: phi(A, slots="'")[i, j] * D(A[i, j], v), 1, n), 1, m)),
          span(A, 1, m), span(A[1], 1, n), says="chain rule over the entries of a matrix"),
    axiom("d.fun.entry", eq(D(phi(A)[k], v), Sum(lambda i: phi(A, slots="'")[k, i] * D(A[i], v), 1, n)), span(A, 1, n), says="chain rule, entry by entry"),
    axiom("d.fun.vectors", eq(D(phi(A, B), v), Sum(lambda i: phi(A, B, slots=";1")[i] * D(A[i], v), 1, m) + Sum(lambda i: phi(A, B, slots=";2")[i] * D(B[i], v), 1, n)),
          span(A, 1, m), span(B, 1, n), says="chain rule over the entries of two vectors"),

    axiom("d.sum", eq(D(Sum(f, lo, hi, w), v), Sum(lambda i: D(f(i), v), lo, hi, w)), free(w(0), v), free(lo, v), free(hi, v),
          says="a finite sum is differentiated term by term"),
    axiom("d.cases", eq(D(cases((p, a), otherwise=b), v), cases((p, D(a, v)), otherwise=D(b, v))), free(p, v), says="case by case"),
    axiom("d.prod", eq(D(Prod(f, lo, hi), v), Sum(lambda i: D(f(i), v) * Prod(f, lo, hi, lambda j: ne(j, i)), lo, hi)), free(lo, v), free(hi, v),
          says="product rule for many factors"),
    axiom("d.swap", eq(D(D(a, v), y), D(D(a, y), v)), free(v, y), free(y, v), says="the order of two derivatives does not matter", cite="Schwarz"),
    axiom("d.mean", eq(D(E(a, X), v), E(D(a, v), X)), is_("lawfree", a, v), fixed(v, X),
          says="expectation and derivative interchange: the variable is in no law"),
)
# fmt: on
