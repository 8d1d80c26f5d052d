"""Steps of everyday derivations in deep learning, right and wrong: two wrong right-hand sides for each right one.

Data only.  Every label is verified by `benchmarks/numeric.py`, which knows nothing of the engine.  The kind of
a name goes by its spelling (`KINDS`); what else is assumed stands in the row.
"""

# ruff: noqa: E501, ARG005
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction as Q
from typing import Any

from symderive.kernel.terms import Term, rel, subterms
from symderive.language.expr import (
    Cov,
    D,
    E,
    Each,
    Expr,
    Like,
    Prod,
    Sum,
    Var,
    absolute,
    cases,
    cos,
    delta,
    eq,
    erf,
    exp,
    function,
    is_,
    lift,
    log,
    name,
    ne,
    op,
    pi,
    sin,
    sqrt,
)
from symderive.language.scope import Scope

sigmoid, tanh, relu, softplus, silu, gelu = map(function, ("sigmoid", "tanh", "relu", "softplus", "silu", "gelu"))
lrelu, elu, maxi, mini, sign, step = map(function, ("lrelu", "elu", "max", "min", "sign", "step"))
sinh, cosh, tan, softsign, logit = map(function, ("sinh", "cosh", "tan", "softsign", "logit"))
f, g = function("f"), function("g")
f1, g1 = function("f'"), function("g'")

# fmt: off
KINDS = {
    **dict.fromkeys("n m d r N V H".split(), "dimension"),
    **dict.fromkeys("i j k l t T".split(), "integer"),
    **dict.fromkeys("xs ys zs ws ps qs gs".split(), "vector"),  # of n numbers
    **dict.fromkeys("X Y Z".split(), "random"),
    **dict.fromkeys("f g".split(), "function"),
}
"""What a name is; all others are real numbers."""

n, m, d, r, N, V, H, i, j, k, l, t, T = map(name, "n m d r N V H i j k l t T".split())
xs, ys, zs, ws, ps, qs, gs, X, Y, Z = map(name, "xs ys zs ws ps qs gs X Y Z".split())
a, b, c, p, q, s, u, v, w, x, y, z = map(name, "a b c p q s u v w x y z".split())
x1, x2, x3, z1, z2, z3, w1, w2, p1, p2, q1, q2 = map(name, "x1 x2 x3 z1 z2 z3 w1 w2 p1 p2 q1 q2".split())
alpha, beta, gamma, lam, mu, nu, eta, eps, tau, sigma, rho, theta = map(name, "alpha beta gamma lam mu nu eta eps tau sigma rho theta".split())
m0, m1, m2, v0, s1, s2, g1_, g2_, g3_, h, o, L, S, yhat, var, mt = map(name, "m0 m1 m2 v0 s1 s2 g1_ g2_ g3_ h o L S yhat var mt".split())
M, F, G, P, sd, h1, h2, W0, B = map(name, "M F G P sd h1 h2 W0 B".split())


@dataclass(frozen=True)
class Step:
    """``left = right``, with right-hand sides that are wrong, under facts and definitions."""

    topic: str
    left: Expr
    right: Expr
    wrong: tuple[Expr, ...]
    given: tuple[Expr, ...]
    definitions: dict[str, Any]

    def scope(self) -> Scope:
        """The declarations, definitions and facts of the row; a new scope each time."""
        s = Scope()
        for key in names_of(self):
            declare(s, key, self.definitions.get(key))
        s.assume(*self.given)
        return s

    def claims(self) -> Iterator[tuple[Term, bool]]:
        """The relations of the row, each with its label."""
        yield rel("=", self.left.term, self.right.term), True
        for side in self.wrong:
            yield rel("=", self.left.term, side.term), False


@dataclass(frozen=True)
class Recurrence:
    """A family by its clauses: first, last (None: without end), and the member at an index."""

    clauses: tuple[tuple[Like, Like | None, Callable[[Expr], Like]], ...]


def rec(*clauses: tuple[Like, Like | None, Callable[[Expr], Like]]) -> Recurrence:
    return Recurrence(clauses)


def declare(s: Scope, key: str, body: Any) -> None:
    if isinstance(body, Recurrence):
        s.family(key, *body.clauses)
    elif body is not None:
        s.define(key, body)
    else:
        match KINDS.get(key, "real"):
            case "dimension":
                s.dim(key)
            case "integer":
                s.integer(key)
            case "vector":
                s.vector(key, n)
            case "random":
                s.random(key)
            case "function":
                s.function(key, ())
            case _:
                s.real(key)


def names_of(row: Step) -> list[str]:
    """The names that a row uses: dimensions, then leaves, then defined ones in their order."""
    todo = [row.left.term, row.right.term, *(x.term for x in row.wrong), *(x.term for x in row.given)]
    for body in row.definitions.values():
        todo += [lift(b(name("i"))).term for _, _, b in body.clauses] if isinstance(body, Recurrence) else [lift(body).term]
        todo += [lift(e).term for lo, hi, _ in body.clauses for e in (lo, hi) if e is not None] if isinstance(body, Recurrence) else []
    found = {x for t in todo for y in subterms(t) for x in mentions(y)}
    if any(KINDS.get(x) == "vector" for x in found):
        found.add("n")
    leaves = sorted(found - set(row.definitions), key=lambda x: (KINDS.get(x) != "dimension", x))
    return [*leaves, *row.definitions]


def mentions(t: Term) -> list[str]:
    if t.head == "sym":
        return [t.name()]
    if t.head == "der":
        return [t.name(1)]
    if t.head == "app" and KINDS.get(t.name().rstrip("'")) == "function":
        return [t.name().rstrip("'")]
    return []


STEPS: list[Step] = []
_topics = [""]


def topic(text: str) -> None:
    """Begin a topic; the rows after it belong to it."""
    _topics.append(text)


def row(left: Like, right: Like, wrong: tuple[Like, ...], *given: Expr, **definitions: Any) -> None:
    STEPS.append(Step(_topics[-1], lift(left), lift(right), tuple(map(lift, wrong)), given, definitions))


def total(body: Callable[[Expr], Like], lo: Like = 1, hi: Like = n) -> Expr:
    return Sum(body, lo, hi)


softmax = op("softmax", zs)
lse = log(total(lambda k: exp(zs[k])))
in_range = (1 <= j, j <= n)
in_ranges = (1 <= i, i <= n, 1 <= j, j <= n)

topic("activations")
row(sigmoid(-x), 1 - sigmoid(x), (-sigmoid(x), 1 + sigmoid(x)))
row(sigmoid(x), exp(x) / (1 + exp(x)), (exp(-x) / (1 + exp(x)), exp(x) / (1 + exp(-x))))
row(tanh(x), 2 * sigmoid(2 * x) - 1, (2 * sigmoid(x) - 1, sigmoid(2 * x) - 1))
row(sigmoid(x), (1 + tanh(x / 2)) / 2, ((1 + tanh(x)) / 2, (1 - tanh(x / 2)) / 2))
row(tanh(x), (1 - exp(-2 * x)) / (1 + exp(-2 * x)), ((1 - exp(-x)) / (1 + exp(-x)), (exp(-2 * x) - 1) / (1 + exp(-2 * x))))
row(log(sigmoid(x)), -softplus(-x), (-softplus(x), softplus(-x)))
row(softplus(x), x + softplus(-x), (x - softplus(-x), softplus(-x)))
row(silu(x), x * sigmoid(x), (sigmoid(x), x * (1 - sigmoid(x))))
row(tanh(2 * x), 2 * tanh(x) / (1 + tanh(x) ** 2), (2 * tanh(x), 2 * tanh(x) / (1 - tanh(x) ** 2)))
row(gelu(x) - gelu(-x), x, (0, x * erf(x / sqrt(2))))
row(sigmoid(logit(p)), p, (1 - p, p / (1 - p)), 0 < p, p < 1)
row(1 - tanh(x) ** 2, 1 / cosh(x) ** 2, (1 / sinh(x) ** 2, 1 / cosh(x)))

topic("derivatives of activations")
row(D(sigmoid(x), x), sigmoid(x) * (1 - sigmoid(x)), (sigmoid(x) * (1 + sigmoid(x)), 1 - sigmoid(x) ** 2))
row(D(tanh(x), x), 1 - tanh(x) ** 2, (1 - tanh(x), 1 + tanh(x) ** 2))
row(D(softplus(x), x), sigmoid(x), (sigmoid(-x), 1 / (1 + exp(x))))
row(D(silu(x), x), silu(x) + sigmoid(x) * (1 - silu(x)), (silu(x) + sigmoid(x), sigmoid(x) * (1 - sigmoid(x))))
row(D(sigmoid(w * x + b), w), x * sigmoid(w * x + b) * (1 - sigmoid(w * x + b)), (sigmoid(w * x + b) * (1 - sigmoid(w * x + b)), w * sigmoid(w * x + b) * (1 - sigmoid(w * x + b))))
row(D(D(sigmoid(x), x), x), sigmoid(x) * (1 - sigmoid(x)) * (1 - 2 * sigmoid(x)), (sigmoid(x) * (1 - sigmoid(x)) ** 2, sigmoid(x) * (1 - sigmoid(x)) * (2 * sigmoid(x) - 1)))
row(D(D(tanh(x), x), x), -2 * tanh(x) * (1 - tanh(x) ** 2), (2 * tanh(x) * (1 - tanh(x) ** 2), -2 * tanh(x)))
row(D(gelu(x), x), (1 + erf(x / sqrt(2))) / 2 + x * exp(-(x**2) / 2) / sqrt(2 * pi), ((1 + erf(x / sqrt(2))) / 2, (1 + erf(x / sqrt(2))) / 2 + exp(-(x**2) / 2) / sqrt(2 * pi)))
row(D(x / (1 + absolute(x)), x), 1 / (1 + absolute(x)) ** 2, (1 / (1 + absolute(x)), -1 / (1 + absolute(x)) ** 2))
row(D(x * tanh(softplus(x)), x), tanh(softplus(x)) + x * sigmoid(x) * (1 - tanh(softplus(x)) ** 2), (tanh(softplus(x)) + x * (1 - tanh(softplus(x)) ** 2), tanh(softplus(x)) + sigmoid(x) * (1 - tanh(softplus(x)) ** 2)))
row(D(log(sigmoid(x)), x), 1 - sigmoid(x), (sigmoid(x), sigmoid(x) - 1))
row(D(logit(p), p), 1 / (p * (1 - p)), (p * (1 - p), 1 / (p * (1 + p))), 0 < p, p < 1)

topic("softmax")
row(total(lambda k: softmax[k]), 1, (n, 0))
row(softmax[j], exp(zs[j]) / total(lambda k: exp(zs[k])), (exp(zs[j]), total(lambda k: exp(zs[k])) / exp(zs[j])), *in_range)
row(D(softmax[i], zs[j]), softmax[i] * (delta(i, j) - softmax[j]), (softmax[i] * (1 - softmax[j]), softmax[j] * (delta(i, j) - softmax[j])), *in_ranges)
row(exp(zs[j] + c) / total(lambda k: exp(zs[k] + c)), softmax[j], (softmax[j] + c, exp(c) * softmax[j]), *in_range)
row(exp(a) / (exp(a) + exp(b)), sigmoid(a - b), (sigmoid(b - a), sigmoid(a + b)))
row(D(exp(z1) / (exp(z1) + exp(z2) + exp(z3)), z1), exp(z1) * (exp(z2) + exp(z3)) / (exp(z1) + exp(z2) + exp(z3)) ** 2, (exp(z1) / (exp(z1) + exp(z2) + exp(z3)), -exp(z1) * (exp(z2) + exp(z3)) / (exp(z1) + exp(z2) + exp(z3)) ** 2))
row(D(exp(z1) / (exp(z1) + exp(z2)), z2), -exp(z1 + z2) / (exp(z1) + exp(z2)) ** 2, (exp(z1 + z2) / (exp(z1) + exp(z2)) ** 2, -exp(z1) / (exp(z1) + exp(z2)) ** 2))
row(log(softmax[j]), zs[j] - lse, (zs[j] + lse, lse - zs[j]), *in_range)
row(softmax[i] / softmax[j], exp(zs[i] - zs[j]), (exp(zs[j] - zs[i]), zs[i] / zs[j]), *in_ranges)
row(D(-log(p), zs[j]), softmax[j] - delta(i, j), (softmax[j], delta(i, j) - softmax[j]), *in_ranges, p=softmax[i])
row(D(exp(z1 / tau) / (exp(z1 / tau) + exp(z2 / tau)), z1), sigmoid((z1 - z2) / tau) * sigmoid((z2 - z1) / tau) / tau, (sigmoid((z1 - z2) / tau) * sigmoid((z2 - z1) / tau), tau * sigmoid((z1 - z2) / tau) * sigmoid((z2 - z1) / tau)), 0 < tau)

topic("log-sum-exp")
row(D(lse, zs[j]), softmax[j], (exp(zs[j]), 1 - softmax[j]), *in_range)
row(log(total(lambda k: exp(zs[k] + c))), c + lse, (c * lse, n * c + lse))
row(log(exp(x) + exp(y)), x + softplus(y - x), (x + y, x + softplus(x - y)))
row(log(exp(x) + exp(y)), (x + y) / 2 + log(2 * cosh((x - y) / 2)), ((x + y) / 2 + log(cosh((x - y) / 2)), (x + y) / 2 + log(2 * cosh(x - y))))
row(lse, c + log(total(lambda k: exp(zs[k] - c))), (log(total(lambda k: exp(zs[k] - c))), c + log(total(lambda k: exp(zs[k] + c)))))
row(log(total(lambda k: exp(c))), c + log(n), (c, n * c))
row(D(log(exp(x) + exp(y)), x) + D(log(exp(x) + exp(y)), y), 1, (0, 2))
row(D(D(log(exp(x) + exp(y)), x), y), -sigmoid(x - y) * sigmoid(y - x), (sigmoid(x - y) * sigmoid(y - x), -sigmoid(x - y) ** 2))
row(log(1 + exp(x)) - log(1 + exp(-x)), x, (-x, 0))
row(log(exp(x) - 1), x + log(1 - exp(-x)), (x - 1, x - log(1 - exp(-x))), 0 < x)

topic("entropy and divergence")
row(p * log(p / q) + (1 - p) * log((1 - p) / (1 - q)), p * logit(p) - p * logit(q) + log((1 - p) / (1 - q)), (p * logit(p) - p * logit(q), p * log(p / q) - (1 - p) * log((1 - p) / (1 - q))), 0 < p, p < 1, 0 < q, q < 1)
row(-p * log(q) - (1 - p) * log(1 - q), (-p * log(p) - (1 - p) * log(1 - p)) + (p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))), ((-p * log(p) - (1 - p) * log(1 - p)) - (p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))), p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))), 0 < p, p < 1, 0 < q, q < 1)
row(D(-p * log(p) - (1 - p) * log(1 - p), p), log((1 - p) / p), (log(p / (1 - p)), -log(p)), 0 < p, p < 1)
row(D(-p * log(q) - (1 - p) * log(1 - q), q), (q - p) / (q * (1 - q)), ((p - q) / (q * (1 - q)), (q - p) / (q * (1 + q))), 0 < q, q < 1)
row(total(lambda k: ps[k] * log(ps[k] / qs[k])), total(lambda k: ps[k] * log(ps[k])) - total(lambda k: ps[k] * log(qs[k])), (total(lambda k: ps[k] * log(ps[k])) + total(lambda k: ps[k] * log(qs[k])), total(lambda k: log(ps[k])) - total(lambda k: log(qs[k]))), Each(lambda k: 0 < ps[k], 1, n), Each(lambda k: 0 < qs[k], 1, n))
row(-total(lambda k: log(lift(1) / n) / n), log(n), (-log(n), log(n) / n))
row(total(lambda k: ps[k] * (log(ps[k]) - log(lift(1) / n))), log(n) + total(lambda k: ps[k] * log(ps[k])), (log(n) - total(lambda k: ps[k] * log(ps[k])), n * log(n) + total(lambda k: ps[k] * log(ps[k]))), Each(lambda k: 0 < ps[k], 1, n), eq(total(lambda k: ps[k]), 1))
row(-log(sigma) + (sigma**2 + mu**2) / 2 - Q(1, 2), (mu**2 + sigma**2 - 1 - log(sigma**2)) / 2, ((mu**2 + sigma**2 - 1 + log(sigma**2)) / 2, (mu**2 + sigma**2 - 1 - log(sigma)) / 2), 0 < sigma)
row(D((mu**2 + sigma**2 - 1 - log(sigma**2)) / 2, sigma), sigma - 1 / sigma, (sigma - 1 / sigma**2, sigma + 1 / sigma), 0 < sigma)
row(log(s2 / s1) + s1**2 / (2 * s2**2) - Q(1, 2), (s1**2 / s2**2 - 1 - log(s1**2 / s2**2)) / 2, ((s1**2 / s2**2 - 1 + log(s1**2 / s2**2)) / 2, s1**2 / s2**2 - 1 - log(s1**2 / s2**2)), 0 < s1, 0 < s2)

topic("counting parameters")
row((r * d + r * m) / (d * m), r * (lift(1) / d + lift(1) / m), (r / (d + m), r * (lift(1) / d - lift(1) / m)))
row(r * (d + d) / d**2, 2 * r / d, (r / d, 2 * r / d**2))
row(1 - r * (m + n) / (m * n), (m * n - r * m - r * n) / (m * n), ((m * n - r * m) / (m * n), (m * n - r * m + r * n) / (m * n)))
row(4 * d**2 + 2 * d * (4 * d), 12 * d**2, (8 * d**2, 12 * d))
row(n * (d * m + m) + (m * H + H) - n * m, n * d * m + m * H + H, (n * d * m + m * H, n * d * m + m * H + H + n * m))
row(d * (d + 1) / 2 + d, d * (d + 3) / 2, (d * (d + 2) / 2, (d + 1) * (d + 3) / 2))
row((n - k + 2 * ((k - 1) / 2)) / 1 + 1, n, (n + 1, n - k))
row(total(lambda i: (d + 1) * d), n * d * (d + 1), (d * (d + 1), n * d**2 + d))
row(H * (3 * d * (d / H) + (d / H) * d), 4 * d**2, (4 * d**2 / H, 4 * H * d**2))

topic("rectifiers")
row(relu(x) - relu(-x), x, (absolute(x), -x))
row(relu(x) + relu(-x), absolute(x), (x, 2 * absolute(x)))
row(relu(x), (x + absolute(x)) / 2, ((x - absolute(x)) / 2, x + absolute(x)))
row(relu(c * x), c * relu(x), (relu(x), absolute(x) * c), 0 < c)
row(relu(relu(x)), relu(x), (x, relu(x) ** 2))
row(relu(x) * x, relu(x) ** 2, (x**2, relu(x)))
row(lrelu(alpha, x), relu(x) - alpha * relu(-x), (relu(x) + alpha * relu(-x), relu(x) - relu(-alpha * x)))
row(D(relu(x) ** 2, x), 2 * relu(x), (2 * x, relu(x)), ne(x, 0))
row(D(relu(w * x + b), w), x * step(w * x + b), (step(w * x + b), w * step(w * x + b)))
row(relu(x) ** 2 + relu(-x) ** 2, x**2, (absolute(x), 2 * x**2))
row(relu(x + 1) - relu(x - 1), (absolute(x + 1) - absolute(x - 1)) / 2 + 1, ((absolute(x + 1) - absolute(x - 1)) / 2, (absolute(x + 1) + absolute(x - 1)) / 2 + 1))
row(mini(relu(x), 6), relu(x) - relu(x - 6), (relu(x) - 6, relu(x - 6)))
row(elu(1, x), relu(x) + exp(mini(x, 0)) - 1, (relu(x) + exp(x) - 1, relu(x) + exp(mini(x, 0))))

topic("radicals")
row(sqrt(3 + 2 * sqrt(2)), 1 + sqrt(2), (2 + sqrt(2), 1 + 2 * sqrt(2)))
row(sqrt(5 - 2 * sqrt(6)), sqrt(3) - sqrt(2), (sqrt(2) - sqrt(3), sqrt(5) - sqrt(6)))
row(sqrt(x + 1 + 2 * sqrt(x)), 1 + sqrt(x), (sqrt(x) - 1, 1 + x), 0 <= x)
row(sqrt(x**2 * y), x * sqrt(y), (-x * sqrt(y), x**2 * sqrt(y)), 0 <= x, 0 <= y)
row(1 / (sqrt(x + 1) + sqrt(x)), sqrt(x + 1) - sqrt(x), (sqrt(x) - sqrt(x + 1), sqrt(x + 1) + sqrt(x)), 0 <= x)
row(sqrt(x**2), absolute(x), (x, -x))
row(1 / (2 - sqrt(3)), 2 + sqrt(3), (2 - sqrt(3), (2 + sqrt(3)) / 7))
row((sqrt(a) - sqrt(b)) * (sqrt(a) + sqrt(b)), a - b, (a + b, sqrt(a - b)), 0 < b, b < a)
row(sqrt(8) + sqrt(18), 5 * sqrt(2), (sqrt(26), 6 * sqrt(2)))
row(sqrt(d) * sqrt(d), d, (d**2, sqrt(d)))

topic("sums")
row(total(lambda i: i), n * (n + 1) / 2, (n * (n - 1) / 2, n**2 / 2))
row(total(lambda i: i**2), n * (n + 1) * (2 * n + 1) / 6, (n * (n + 1) * (2 * n - 1) / 6, (n * (n + 1) / 2) ** 2))
row(total(lambda i: i**3), (n * (n + 1) / 2) ** 2, (n**2 * (n + 1) / 2, n * (n + 1) * (2 * n + 1) / 6))
row(total(lambda i: 2 * i - 1), n**2, (n**2 + n, n**2 - 1))
row(total(lambda i: xs[i] - mu), total(lambda i: xs[i]) - n * mu, (total(lambda i: xs[i]) - mu, total(lambda i: xs[i]) + n * mu))
row(total(lambda i: (xs[i] - mu) ** 2), total(lambda i: xs[i] ** 2) - n * mu**2, (total(lambda i: xs[i] ** 2) - mu**2, total(lambda i: xs[i] ** 2) + n * mu**2), mu=total(lambda i: xs[i]) / n)
row(total(lambda i: xs[i] - mu), 0, (1, total(lambda i: xs[i])), mu=total(lambda i: xs[i]) / n)
row(total(lambda i: total(lambda j: xs[i] * ys[j])), total(lambda i: xs[i]) * total(lambda j: ys[j]), (total(lambda i: xs[i] * ys[i]), n * total(lambda i: xs[i] * ys[i])))
row(total(lambda i: xs[i]) ** 2, total(lambda i: xs[i] ** 2) + total(lambda i: Sum(lambda j: xs[i] * xs[j], 1, n, where=lambda j: ne(i, j))), (total(lambda i: xs[i] ** 2), total(lambda i: xs[i] ** 2) + 2 * total(lambda i: Sum(lambda j: xs[i] * xs[j], 1, n, where=lambda j: ne(i, j)))))
row(total(lambda k: delta(k, j) * xs[k]), xs[j], (total(lambda k: xs[k]), n * xs[j]), *in_range)
row(D(total(lambda i: (ys[i] - w * xs[i]) ** 2), w), -2 * total(lambda i: xs[i] * (ys[i] - w * xs[i])), (2 * total(lambda i: xs[i] * (ys[i] - w * xs[i])), -2 * total(lambda i: ys[i] - w * xs[i])))
row(D(total(lambda i: xs[i] ** 2), xs[j]), 2 * xs[j], (2 * total(lambda i: xs[i]), xs[j]), *in_range)
row(Sum(lambda i: xs[i], 1, n) - Sum(lambda i: xs[i], 2, n), xs[1], (xs[n], 0))
row(log(Prod(lambda i: xs[i], 1, n)), total(lambda i: log(xs[i])), (Prod(lambda i: log(xs[i]), 1, n), n * total(lambda i: log(xs[i]))), Each(lambda i: 0 < xs[i], 1, n))
row(Prod(lambda i: exp(xs[i]), 1, n), exp(total(lambda i: xs[i])), (total(lambda i: exp(xs[i])), exp(Prod(lambda i: xs[i], 1, n))))

V_, W_ = name("V_"), name("W_")
momentum = rec((0, 0, lambda i: 0), (1, None, lambda i: beta * M[i - 1] + (1 - beta) * g1_))
heavy = rec((0, 0, lambda i: 0), (1, None, lambda i: beta * V_[i - 1] + g1_))
topic("optimisers")
row(M[2], (1 - beta) * (1 + beta) * g1_, ((1 - beta) * g1_, (1 - beta) * (1 + beta) ** 2 * g1_), M=momentum)
row(M[3] / (1 - beta**3), g1_, (M[3], g1_ * (1 - beta)), ne(beta**3, 1), M=momentum)
row(M[t], (1 - beta**t) * g1_, (beta**t * g1_, (1 - beta ** (t + 1)) * g1_), 0 <= t, M=momentum)
row(V_[3], g1_ * (1 + beta + beta**2), (g1_ * (1 + beta), g1_ * (1 - beta**2) / (1 - beta)), V_=heavy)
row(W_[2], (1 - eta * lam) ** 2 * w, ((1 - eta * lam) * w, (1 - 2 * eta * lam) * w), W_=rec((0, 0, lambda i: w), (1, None, lambda i: W_[i - 1] - eta * lam * W_[i - 1])))
row(W_[t], (1 - eta * lam) ** t * w, ((1 - t * eta * lam) * w, (1 - eta * lam) ** (t - 1) * w), 0 <= t, W_=rec((0, 0, lambda i: w), (1, None, lambda i: W_[i - 1] - eta * lam * W_[i - 1])))
row(beta * (beta * m0 + (1 - beta) * g1_) + (1 - beta) * g2_, beta**2 * m0 + (1 - beta) * (beta * g1_ + g2_), (beta**2 * m0 + (1 - beta) * (g1_ + g2_), beta * m0 + (1 - beta) * (beta * g1_ + g2_)))
row(((1 - beta) * g1_ / (1 - beta)) / sqrt((1 - gamma) * g1_**2 / (1 - gamma)), sign(g1_), (g1_, absolute(g1_)), ne(g1_, 0), ne(beta, 1), ne(gamma, 1))
row(sqrt((1 - gamma) * (gamma * g1_**2 + g1_**2) / (1 - gamma**2)), absolute(g1_), (g1_, absolute(g1_) * sqrt(1 - gamma)), 0 < gamma, gamma < 1)
row(w - eta * D((w - a) ** 2 / 2, w), (1 - eta) * w + eta * a, ((1 - eta) * w - eta * a, (1 + eta) * w - eta * a))
row(w - eta * (a + lam * w), (1 - eta * lam) * w - eta * a, ((1 - lam) * w - eta * a, (1 + eta * lam) * w - eta * a))
row((1 - beta) * total(lambda i: beta ** (T - i), 1, T), 1 - beta**T, (1 - beta, beta**T), ne(beta, 0), ne(beta, 1), 1 <= T)
row(w - (w**2 - a) / (2 * w), (w + a / w) / 2, ((w - a / w) / 2, w + a / w))

topic("powers, exponentials, logarithms")
row(exp(a + b), exp(a) * exp(b), (exp(a) + exp(b), exp(a * b)))
row(log(a * b), log(a) + log(b), (log(a) * log(b), log(a + b)), 0 < a, 0 < b)
row(log(a**2), 2 * log(a), (log(a) ** 2, 2 * log(a) + log(2)), 0 < a)
row(log(a**2), 2 * log(absolute(a)), (absolute(2 * log(absolute(a))), log(absolute(a))), ne(a, 0))
row(a ** (n + 1), a * a**n, (a**n + a, n * a**n))
row((a**m) ** n, a ** (m * n), (a ** (m + n), a**m * a**n))
row((a * b) ** n, a**n * b**n, (a**n + b**n, (a + b) ** n))
row(exp(log(a) - log(b)), a / b, (a - b, b / a), 0 < a, 0 < b)
row(exp(c * log(a)), a**c, (c * a, c**a), 0 < a, 0 < c)
row(log(exp(x) * exp(-y)), x - y, (x / y, y - x))
row(exp(x) ** 3 / exp(2 * x), exp(x), (exp(3 * x / 2), exp(x) ** 5))
row(a**p * a**q, a ** (p + q), (a ** (p * q), (2 * a) ** (p + q)), 0 < a)
row((exp(x) - exp(-x)) ** 2, exp(2 * x) + exp(-2 * x) - 2, (exp(2 * x) - exp(-2 * x), exp(2 * x) + exp(-2 * x)))
row(log(a / (1 - a)), log(a) - log(1 - a), (log(a) / log(1 - a), log(a) + log(1 - a)), 0 < a, a < 1)
row(D(a**x, x), a**x * log(a), (x * a ** (x - 1), a**x), 0 < a)
row(D(x**x, x), x**x * (1 + log(x)), (x * x ** (x - 1), x**x * log(x)), 0 < x)

cross = -y * log(yhat) - (1 - y) * log(1 - yhat)
topic("logistic regression")
row(D(L, w), (yhat - y) * x, ((y - yhat) * x, yhat - y), yhat=sigmoid(w * x + b), L=cross)
row(D(L, b), yhat - y, (y - yhat, (yhat - y) * yhat * (1 - yhat)), yhat=sigmoid(w * x + b), L=cross)
row(D(L, yhat), (yhat - y) / (yhat * (1 - yhat)), ((y - yhat) / (yhat * (1 - yhat)), yhat - y), yhat=sigmoid(w * x + b), L=cross)
row(L, softplus(z) - y * z, (softplus(z) + y * z, softplus(-z) - y * z), yhat=sigmoid(z), L=cross)
row(L, relu(z) - y * z + softplus(-absolute(z)), (relu(z) - y * z + softplus(absolute(z)), relu(-z) - y * z + softplus(-absolute(z))), yhat=sigmoid(z), L=cross)
row(D(D(L, w), w), x**2 * yhat * (1 - yhat), (x * yhat * (1 - yhat), x**2 * yhat), yhat=sigmoid(w * x + b), L=cross)
row(log(yhat / (1 - yhat)), w * x + b, (-(w * x + b), exp(w * x + b)), yhat=sigmoid(w * x + b))
row(D(log(1 + exp(-y * z)), z), -y * sigmoid(-y * z), (y * sigmoid(-y * z), -sigmoid(-y * z)))
row(D(total(lambda i: softplus(w * xs[i]) - ys[i] * w * xs[i]), w), total(lambda i: (sigmoid(w * xs[i]) - ys[i]) * xs[i]), (total(lambda i: (ys[i] - sigmoid(w * xs[i])) * xs[i]), total(lambda i: sigmoid(w * xs[i]) - ys[i])))
row(D(L, o), (h - y) * h * (1 - h), (h - y, (h - y) * (1 - h)), h=sigmoid(o), L=(h - y) ** 2 / 2)

mean2 = (x1 + x2) / 2
var2 = ((x1 - mean2) ** 2 + (x2 - mean2) ** 2) / 2
topic("batch normalisation")
row(var2, (x1 - x2) ** 2 / 4, ((x1 - x2) ** 2 / 2, (x1 + x2) ** 2 / 4))
row((x1 - mean2) / sqrt(var2), sign(x1 - x2), (x1 - x2, sign(x2 - x1)), ne(x1, x2))
row((a * x + b - (a * mu + b)) / sqrt(a**2 * v), (x - mu) / sqrt(v), ((x - mu) / (a * sqrt(v)), (x + mu) / sqrt(v)), 0 < a, 0 < v)
row(D((x - mu) / sqrt(v + eps), v), -(x - mu) / (2 * (v + eps) * sqrt(v + eps)), ((x - mu) / (2 * (v + eps) * sqrt(v + eps)), -(x - mu) / (2 * sqrt(v + eps))), 0 < v, 0 < eps)
row(D((x - mu) / sqrt(v + eps), v), -(x - mu) * (v + eps) ** Q(-3, 2) / 2, ((x - mu) * (v + eps) ** Q(-3, 2) / 2, -(x - mu) * (v + eps) ** Q(-1, 2) / 2), 0 < v, 0 < eps)
row(gamma * (x - mu) / sd + beta, (gamma / sd) * x + (beta - gamma * mu / sd), ((gamma / sd) * x + (beta + gamma * mu / sd), gamma * x + (beta - gamma * mu / sd)), sd=sqrt(v + eps))
row(total(lambda i: (xs[i] - mu) ** 2) / n, total(lambda i: xs[i] ** 2) / n - mu**2, (total(lambda i: xs[i] ** 2) / n + mu**2, total(lambda i: xs[i] ** 2) - mu**2), mu=total(lambda i: xs[i]) / n)
row(D(mu, xs[j]), lift(1) / n, (1, xs[j] / n), *in_range, mu=total(lambda i: xs[i]) / n)
row(D(var, xs[j]), 2 * (xs[j] - mu) / n, (2 * (xs[j] - mu), (xs[j] - mu) / n), *in_range, mu=total(lambda i: xs[i]) / n, var=total(lambda i: (xs[i] - mu) ** 2) / n)
row(x / sqrt(x**2 + eps) - 1 / sqrt(1 + eps / x**2), 0, (2 * x / sqrt(x**2 + eps), 1 - x), 0 < x, 0 < eps)

topic("variance")
row(Var(X), E(X**2) - E(X) ** 2, (E(X**2) + E(X) ** 2, E(X**2) - E(X)))
row(Var(a * X + b), a**2 * Var(X), (a * Var(X), a**2 * Var(X) + b))
row(Var(X + Y), Var(X) + Var(Y) + 2 * Cov(X, Y), (Var(X) + Var(Y), Var(X) + Var(Y) + Cov(X, Y)))
row(Var(X + Y), Var(X) + Var(Y), (Var(X) - Var(Y), 2 * Var(X)), is_("independent", X, Y))
row(Var(X - Y), Var(X) + Var(Y), (Var(X) - Var(Y), 0), is_("independent", X, Y))
row(E(X * Y), E(X) * E(Y), (E(X) + E(Y), 0), is_("independent", X, Y))
row(Var(X * Y), Var(X) * Var(Y) + Var(X) * E(Y) ** 2 + Var(Y) * E(X) ** 2, (Var(X) * Var(Y), Var(X) * Var(Y) + Var(X) * E(Y) + Var(Y) * E(X)), is_("independent", X, Y))
row(Var(X * Y), Var(X) * Var(Y), (Var(X) + Var(Y), Var(X) ** 2), is_("independent", X, Y), eq(E(X), 0), eq(E(Y), 0))
row(Cov(a * X + b, Y), a * Cov(X, Y), (a * Cov(X, Y) + b, a**2 * Cov(X, Y)))
row(Cov(X, X + Y), Var(X) + Cov(X, Y), (Var(X), 2 * Var(X) + Cov(X, Y)))
row(E((X - c) ** 2), Var(X) + (E(X) - c) ** 2, (Var(X) - (E(X) - c) ** 2, Var(X)))
row(E((y - X) ** 2), (y - E(X)) ** 2 + Var(X), ((y - E(X)) ** 2, (y - E(X)) ** 2 - Var(X)))
row(E(2 * X - 3 * Y + 1), 2 * E(X) - 3 * E(Y) + 1, (2 * E(X) - 3 * E(Y), 2 * E(X) + 3 * E(Y) + 1))

half = (1 + cos(pi * x / y)) / 2
topic("schedules")
row(eta * (1 + cos(pi * 0)) / 2, eta, (eta / 2, 0))
row(eta * (1 + cos(pi * T / T)) / 2, 0, (eta, eta / 2), 1 <= T)
row(s1 + (s2 - s1) * (1 + cos(pi)) / 2, s1, (s2, (s1 + s2) / 2))
row(half, cos(pi * x / (2 * y)) ** 2, (sin(pi * x / (2 * y)) ** 2, cos(pi * x / y) ** 2), ne(y, 0))
row(eta * gamma**t, eta * exp(t * log(gamma)), (eta * exp(t + log(gamma)), exp(eta * t * log(gamma))), 0 < gamma, 0 <= t)
row(eta * mini(t / T, 1), eta * t / T, (eta, eta * T / t), 1 <= t, t <= T)
row(mini(x ** Q(-1, 2), x * w ** Q(-3, 2)), x ** Q(-1, 2), (x * w ** Q(-3, 2), w ** Q(-1, 2)), 0 < w, w < x)
row(D(eta * half, x), -eta * pi * sin(pi * x / y) / (2 * y), (eta * pi * sin(pi * x / y) / (2 * y), -eta * sin(pi * x / y) / 2), ne(y, 0))
row(eta * (1 - t / T) + 0 * t, eta * (T - t) / T, (eta * (T + t) / T, eta * T / (T - t)), 1 <= T, 0 <= t, t < T)
row(cos(pi / 3), Q(1, 2), (sqrt(3) / 2, -Q(1, 2)))

topic("trigonometry")
row(sin(x) ** 2 + cos(x) ** 2, 1, (sin(2 * x), -1))
row(sin(2 * x), 2 * sin(x) * cos(x), (2 * sin(x), sin(x) * cos(x)))
row(cos(2 * x), 1 - 2 * sin(x) ** 2, (2 * sin(x) ** 2 - 1, 1 - sin(x) ** 2))
row(1 + tan(x) ** 2, 1 / cos(x) ** 2, (1 / sin(x) ** 2, 1 / cos(x)))
row(sin(x + pi), -sin(x), (sin(x), cos(x)))
row(sin(x + pi / 2), cos(x), (-cos(x), sin(x)))
row(cos(x) * cos(y) + sin(x) * sin(y), cos(x - y), (cos(x + y), sin(x - y)))
row(sin(pi / 6), Q(1, 2), (sqrt(3) / 2, Q(1, 3)))
row(cos(pi / 4), 1 / sqrt(2), (Q(1, 2), sqrt(2)))
row(D(sin(x) ** 2, x), sin(2 * x), (2 * sin(x), cos(x) ** 2))
row(sin(3 * x), 3 * sin(x) - 4 * sin(x) ** 3, (3 * sin(x), 4 * sin(x) ** 3 - 3 * sin(x)))
row(cos(x + 2 * pi), cos(x), (-cos(x), sin(x)))
row(cosh(x) ** 2 - sinh(x) ** 2, 1, (-1, cosh(2 * x)))
row(D(tan(x), x), 1 + tan(x) ** 2, (1 - tan(x) ** 2, 1 / cos(x)))
row((a * cos(theta) - b * sin(theta)) ** 2 + (a * sin(theta) + b * cos(theta)) ** 2, a**2 + b**2, ((a + b) ** 2, a**2 - b**2))

topic("absolute value, maximum, minimum")
row(maxi(a, b), (a + b + absolute(a - b)) / 2, ((a + b - absolute(a - b)) / 2, (a + b) / 2))
row(maxi(a, b) + mini(a, b), a + b, (a - b, absolute(a - b)))
row(maxi(a, b) * mini(a, b), a * b, (absolute(a * b), a**2))
row(absolute(a * b), absolute(a) * absolute(b), (a * absolute(b), a * b))
row(absolute(x) ** 2, x**2, (-(x**2), absolute(x)))
row(maxi(a, b), a + relu(b - a), (b + relu(b - a), a + relu(a - b)))
row(maxi(a + c, b + c), maxi(a, b) + c, (maxi(a, b), maxi(a, b) + 2 * c))
row(maxi(-a, -b), -mini(a, b), (-maxi(a, b), mini(a, b)))
row(absolute(x), x * sign(x), (sign(x), -x * sign(x)))
row(D(absolute(x), x), sign(x), (absolute(x), -sign(x)), ne(x, 0))
row(maxi(1 - x, 0), relu(1 - x), (1 - relu(x), relu(x - 1)))
row(mini(maxi(x, 0), 1), relu(x) - relu(x - 1), (relu(x) + relu(x - 1), relu(x - 1)))
row(absolute(a - b), absolute(b - a), (absolute(a) - absolute(b), absolute(a + b)))

huber = cases((absolute(x) <= 1, x**2 / 2), otherwise=absolute(x) - Q(1, 2))
topic("piecewise")
row(huber, x**2 / 2, (absolute(x) - Q(1, 2), x**2), absolute(x) <= 1)
row(huber, absolute(x) - Q(1, 2), (x**2 / 2, absolute(x)), 1 < absolute(x))
row(D(cases((x < 0, alpha * x), otherwise=x), x), alpha, (1, x), x < 0)
row(cases((0 < x, x), otherwise=0), relu(x), (x, relu(-x)))
row(cases((x <= 0, -x), otherwise=x), absolute(x), (x, -absolute(x)))
row(step(x) + step(-x), 1, (0, 2), ne(x, 0))
row(cases((a < b, b), otherwise=a), maxi(a, b), (mini(a, b), a))
row(cases((x < 0, 0), (x < 1, x), otherwise=1), mini(relu(x), 1), (relu(x), mini(x, 1)))
row(D(huber, x), x, (absolute(x), 1), absolute(x) < 1)
row(x * step(x), relu(x), (absolute(x), step(x)))

topic("geometric sums")
row(Sum(lambda i: gamma**i, 0, n - 1), (1 - gamma**n) / (1 - gamma), ((1 - gamma ** (n + 1)) / (1 - gamma), (1 - gamma**n) / (1 + gamma)))
row(Sum(lambda i: gamma**i, 0, n), (1 - gamma ** (n + 1)) / (1 - gamma), ((1 - gamma**n) / (1 - gamma), 1 / (1 - gamma)))
row(Sum(lambda i: gamma**i, 1, n), gamma * (1 - gamma**n) / (1 - gamma), ((1 - gamma**n) / (1 - gamma), gamma * (1 - gamma ** (n + 1)) / (1 - gamma)))
row(Sum(lambda i: lift(2) ** i, 0, n - 1), lift(2) ** n - 1, (lift(2) ** n, lift(2) ** (n - 1)))
row(1 + gamma + gamma**2 + gamma**3, (1 - gamma**4) / (1 - gamma), ((1 - gamma**3) / (1 - gamma), (1 + gamma**4) / (1 - gamma)))
row(Sum(lambda i: a * gamma**i, 0, n) - gamma * Sum(lambda i: a * gamma**i, 0, n), a * (1 - gamma ** (n + 1)), (a * (1 - gamma**n), a * (1 + gamma ** (n + 1))))
row(Sum(lambda i: gamma**i * x, 0, 2) + gamma**3 * v, x + gamma * (x + gamma * (x + gamma * v)), (x + gamma * (x + gamma * v), x + gamma * (x + gamma * x) + v))

topic("binomials and telescoping")
row((a + b) ** 3, a**3 + 3 * a**2 * b + 3 * a * b**2 + b**3, (a**3 + b**3, a**3 + a**2 * b + a * b**2 + b**3))
row((a - b) * (a**2 + a * b + b**2), a**3 - b**3, (a**3 + b**3, (a - b) ** 3))
row(Sum(lambda i: xs[i + 1] - xs[i], 1, n - 1), xs[n] - xs[1], (xs[1] - xs[n], xs[n]))
row(Sum(lambda i: lift(1) / (i * (i + 1)), 1, n), n / (n + 1), (lift(1) / (n + 1), (n - 1) / n))
row(Sum(lambda i: (i + 1) ** 2 - i**2, 1, n), (n + 1) ** 2 - 1, ((n + 1) ** 2, n**2 - 1))
row((a + b) ** 2 - (a - b) ** 2, 4 * a * b, (2 * a * b, 2 * (a**2 + b**2)))
row((a + b + c) ** 2, a**2 + b**2 + c**2 + 2 * (a * b + a * c + b * c), (a**2 + b**2 + c**2, a**2 + b**2 + c**2 + a * b + a * c + b * c))
row(Sum(lambda i: log(i + 1) - log(i), 1, n), log(n + 1), (log(n), log(n + 1) - log(n)))
row(w**2 * a + w * b, a * (w + b / (2 * a)) ** 2 - b**2 / (4 * a), (a * (w + b / a) ** 2 - b**2 / (4 * a), a * (w + b / (2 * a)) ** 2 + b**2 / (4 * a)), ne(a, 0))

topic("fractions")
row(1 / (x * (x + 1)), 1 / x - 1 / (x + 1), (1 / x + 1 / (x + 1), 1 / (x + 1) - 1 / x))
row(1 / (1 / a + 1 / b), a * b / (a + b), ((a + b) / (a * b), a + b), 0 < a, 0 < b)
row((x**2 - 1) / (x - 1), x + 1, (x - 1, x**2 + 1))
row(a / b - c / z, (a * z - b * c) / (b * z), ((a - c) / (b - z), (a * z + b * c) / (b * z)))
row(2 * p * q / (p + q), 2 / (1 / p + 1 / q), ((p + q) / 2, 1 / (1 / p + 1 / q)), 0 < p, 0 < q)
row(a / (a + b) + b / (a + b), 1, (a * b / (a + b), 2), 0 < a, 0 < b)
row(1 / (1 - p) - 1, p / (1 - p), (1 / (1 - p), -p / (1 - p)))
row((lift(1) / (x + h) - lift(1) / x) / h, -1 / (x * (x + h)), (1 / (x * (x + h)), -1 / x**2))
row((s1 * s2) / (s1 + s2) * (m1 / s1 + m2 / s2), (m1 * s2 + m2 * s1) / (s1 + s2), ((m1 * s1 + m2 * s2) / (s1 + s2), (m1 + m2) / (s1 + s2)), 0 < s1, 0 < s2)

topic("back-propagation")
row(D(L, w1), 2 * (o - y) * w2 * (1 - h**2) * x, (2 * (o - y) * w2 * x, 2 * (o - y) * (1 - h**2) * x), h=tanh(w1 * x), o=w2 * h, L=(o - y) ** 2)
row(D(L, w2), 2 * (o - y) * h, (2 * (o - y) * w2, (o - y) * h), h=tanh(w1 * x), o=w2 * h, L=(o - y) ** 2)
row(D(L, h), 2 * (o - y) * w2, (2 * (o - y) * h, 2 * (o - y)), h=tanh(w1 * x), o=w2 * h, L=(o - y) ** 2)
row(D(o, x), 1 + w2 * w1 * h * (1 - h), (w2 * w1 * h * (1 - h), 1 + w2 * h * (1 - h)), h=sigmoid(w1 * x), o=x + w2 * h)
row(D(h2, w), (1 - h2**2) * (h1 + w * (1 - h1**2) * x1), ((1 - h2**2) * h1, (1 - h2**2) * (h1 + (1 - h1**2) * x1)), h1=tanh(w * x1), h2=tanh(w * h1 + x2))
row(D(L, x), D(L, h) * D(h, x), (D(L, h), D(L, h) + D(h, x)), h=exp(-x * w), L=log(1 + h**2))
row(D((w * x - y) ** 2 + lam * w**2, w), 2 * x * (w * x - y) + 2 * lam * w, (2 * x * (w * x - y) + lam * w, 2 * (w * x - y) + 2 * lam * w))
row(D(L, w), -x * exp(-o), (x * exp(-o), -exp(-o)), o=w * x, L=exp(-o))
row(D(h, x), h1 * h2 * (2 * x), (h1 * h2, h1 + h2 + 2 * x), h1=exp(x**2), h2=cos(h1), h=sin(h1))
row(D(log(1 + h), h) * D(h, x), 2 * x / (1 + x**2), (2 * x, 1 / (1 + x**2)), h=x**2)

topic("unknown functions")
row(D(f(g(x)), x), f1(g(x)) * g1(x), (f1(g(x)), f1(x) * g1(x)))
row(D(f(x) * g(x), x), f1(x) * g(x) + f(x) * g1(x), (f1(x) * g1(x), f1(x) * g(x) - f(x) * g1(x)))
row(D(f(x) / g(x), x), (f1(x) * g(x) - f(x) * g1(x)) / g(x) ** 2, ((f1(x) * g(x) + f(x) * g1(x)) / g(x) ** 2, f1(x) / g1(x)), ne(g(x), 0))
row(D(x + f(x), x), 1 + f1(x), (f1(x), x + f1(x)))
row(D(f(w * x + b), w), x * f1(w * x + b), (f1(w * x + b), w * f1(w * x + b)))
row(D(log(f(x)), x), f1(x) / f(x), (1 / f(x), f1(x)), 0 < f(x))
row(D(exp(f(x)), x), exp(f(x)) * f1(x), (exp(f1(x)), f(x) * exp(f(x))))

gauss = exp(-((x - mu) ** 2) / (2 * sigma**2)) / sqrt(2 * pi * sigma**2)
topic("Gaussian densities")
row(log(gauss), -((x - mu) ** 2) / (2 * sigma**2) - log(2 * pi * sigma**2) / 2, (-((x - mu) ** 2) / (2 * sigma**2) + log(2 * pi * sigma**2) / 2, (x - mu) ** 2 / (2 * sigma**2) - log(2 * pi * sigma**2) / 2), 0 < sigma)
row(log(gauss), -((x - mu) ** 2) / (2 * sigma**2) - log(sigma) - log(2 * pi) / 2, (-((x - mu) ** 2) / (2 * sigma**2) - log(sigma) / 2 - log(2 * pi) / 2, -((x - mu) ** 2) / (2 * sigma**2) - log(sigma) - log(2 * pi)), 0 < sigma)
row(D(log(gauss), mu), (x - mu) / sigma**2, ((mu - x) / sigma**2, (x - mu) / sigma), 0 < sigma)
row(D(log(gauss), sigma), (x - mu) ** 2 / sigma**3 - 1 / sigma, ((x - mu) ** 2 / sigma**3 + 1 / sigma, (x - mu) ** 2 / sigma**2 - 1 / sigma), 0 < sigma)
row(D(gauss, x), -(x - mu) / sigma**2 * gauss, ((x - mu) / sigma**2 * gauss, -(x - mu) / sigma * gauss), 0 < sigma)
row((x - mu) ** 2 / (2 * sigma**2), x**2 / (2 * sigma**2) - mu * x / sigma**2 + mu**2 / (2 * sigma**2), (x**2 / (2 * sigma**2) - mu * x / (2 * sigma**2) + mu**2 / (2 * sigma**2), x**2 / (2 * sigma**2) + mu * x / sigma**2 + mu**2 / (2 * sigma**2)), 0 < sigma)
row(exp(-((x - m1) ** 2) / 2) / (exp(-((x - m1) ** 2) / 2) + exp(-((x - m2) ** 2) / 2)), sigmoid((m1 - m2) * (x - (m1 + m2) / 2)), (sigmoid((m1 - m2) * (x + (m1 + m2) / 2)), sigmoid((m2 - m1) * (x - (m1 + m2) / 2))))
row((1 + log(2 * pi * sigma**2)) / 2, log(sigma * sqrt(2 * pi * exp(1))), (log(sigma * sqrt(2 * pi)), log(sigma * 2 * pi * exp(1))), 0 < sigma)
# fmt: on
