"""Values of the formulas in formulas.json, computed without the project's own reader or engine.

Each oracle is written by hand from the meaning of the formula: plain Python and mpmath at 40 digits, derivatives by
finite differences. Parameters are the keys of "values" and "indices" as Python names: \\hat y is hat_y, W^{(1)} is W_1,
x' is x_prime, \\lambda is lambda_; an index letter that is a name as well gets _index. Run as a script, it writes the
values anew.

An item of formulas.json has "given" (declarations), "latex", and either "error" (why it must be refused) or

- "values": numbers and nested lists by LaTeX spelling of leaf names and dimensions; {"from": a, "entries": [...]} is
  a family over an index from a on, {"polynomial": [c0, c1, ...]} a function, "outcomes" a finite probability space,
- "indices": the values of free subscript and superscript letters,
- "value": a number, a list (vectors are columns) or a list of rows; for kind "relation" one such value for each side,
  with "relations" between them (null on the left of an assignment, whose right side alone is evaluated).

Errors: extent (how far an operator reaches is unclear), ambiguous (two meanings fit), undeclared, shape, typo (did
you mean), collision (two declarations of one spelling), syntax, macro (unknown), unread (notation not understood).
"""

from __future__ import annotations

import inspect
import json
import keyword
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mpmath
from mpmath import cbrt, cos, diff, exp, limit, log, mpf, pi, sin, sqrt, tanh

FORMULAS = Path(__file__).with_name("formulas.json")


def logistic(x):
    return 1 / (1 + exp(-x))


def softmax(z):
    return [exp(a) / sum(map(exp, z)) for a in z]


def dot(u, v):
    return sum(a * b for a, b in zip(u, v, strict=True))


def norm(u):
    return sqrt(dot(u, u))


def transpose(a):
    return [list(column) for column in zip(*a, strict=True)]


def matmul(a, b):
    return [[dot(row, column) for column in zip(*b, strict=True)] for row in a]


def matvec(a, x):
    return [dot(row, x) for row in a]


def trace(a):
    return sum(row[i] for i, row in enumerate(a))


def inverse(a):
    return (mpmath.matrix(a) ** -1).tolist()


def gradient(f, x):
    """Partial derivatives of a scalar function of a list."""
    return [diff(lambda u, i=i: f([*x[:i], u, *x[i + 1 :]]), x[i]) for i in range(len(x))]


def matrix_gradient(f, a):
    """Partial derivatives of a scalar function of a matrix, in the shape of the matrix."""
    return [gradient(lambda row, i=i: f([*a[:i], row, *a[i + 1 :]]), a[i]) for i in range(len(a))]


def mean(outcomes, f):
    """The expectation of f over listed outcomes."""
    return sum(w["p"] * f(SimpleNamespace(**w)) for w in outcomes)


def covariance(outcomes, f, g):
    a, b = mean(outcomes, f), mean(outcomes, g)
    return mean(outcomes, lambda o: (f(o) - a) * (g(o) - b))


ORACLES: dict[str, Callable[..., Any]] = {
    "scalar/log-then-plus": lambda x: log(x) + 1,
    "scalar/sin-squared": lambda x: sin(x) ** 2 - cos(x),
    "scalar/gaussian-bump": lambda x: exp(-(x**2) / 2),
    "scalar/half-squared-error": lambda y, hat_y: (hat_y - y) ** 2 / 2,
    "scalar/logistic-written-out": lambda x: 1 / (1 + exp(-x)),
    "scalar/sigma-function": lambda x: logistic(x) * (1 - logistic(x)),
    "scalar/sigma-number": lambda x, mu, sigma: (x - mu) ** 2 / (2 * sigma**2),
    "scalar/sigma-number-before-bracket": lambda x, sigma: sigma * (x + 1),
    "scalar/declared-function-applied": lambda x, f: f(x + 1) - f(x),
    "scalar/scalar-before-bracket": lambda a, x: a * (x + 1) - a * x,
    "scalar/tanh-squared": lambda x: 1 - tanh(x) ** 2,
    "scalar/absolute-values": lambda x, y: abs(x) - 2 * abs(y),
    "scalar/absolute-values-side-by-side": lambda x, y: abs(x - y) * abs(x + y),
    "scalar/max-of-two": lambda x: max(0, x) + 3 * max(0, -x),
    "scalar/leaky-relu": lambda h, alpha: h if h >= 0 else alpha * h,
    "scalar/elu-cases": lambda x, alpha: x if x > 0 else alpha * (exp(x) - 1),
    "scalar/cases-with-punctuation": lambda x: 1 if x >= 0 else -1,
    "scalar/prime-on-function": lambda z, h, g: diff(g, z) * h,
    "scalar/double-prime-on-function": lambda z, g: diff(g, z, 2) + g(z),
    "scalar/prime-in-a-name": lambda x, x_prime: (x - x_prime) ** 2,
    "scalar/moving-average": lambda m, g, beta_1: beta_1 * m + (1 - beta_1) * g,
    "scalar/power-of-an-indexed-name": lambda beta_1, t: 1 / (1 - beta_1**t),
    "scalar/upper-time-index": lambda w, g, eta, t: w[t - 1] - eta * g[t],
    "scalar/lower-time-index": lambda w, a, h, x, t: w * h[t - 1] + a * x[t],
    "scalar/epsilon-outside-root": lambda hat_m, hat_v, epsilon: hat_m / (sqrt(hat_v) + epsilon),
    "scalar/epsilon-inside-root": lambda hat_m, hat_v, epsilon: hat_m / sqrt(hat_v + epsilon),
    "scalar/derivative-at-a-point": lambda: diff(lambda x: exp(2 * x), 0),
    "scalar/derivative-of-a-power": lambda x: diff(lambda u: u**3, x),
    "scalar/partial-of-a-loss": lambda w, x, y: diff(lambda u: (u * x - y) ** 2 / 2, w),
    "scalar/partial-through-a-chain": lambda w, x: diff(lambda u: exp(w * u) + (w * u) ** 2, x),
    "scalar/second-derivative-of-softplus": lambda x: diff(lambda u: log(1 + exp(u)), x, 2),
    "scalar/mixed-partial": lambda x, y: diff(lambda u, v: u**2 * v**3, (x, y), (1, 1)),
    "scalar/roots": lambda x: cbrt(x) + sqrt(x),
    "scalar/underbrace-with-a-note": lambda w, x, b, y: w * x + b - y,
    "scalar/log-of-a-product": lambda a, b: [log(a * b), log(a) + log(b)],
    "scalar/log-bound": lambda x: [log(x), x - 1],
    "scalar/chain-of-relations": lambda a, b: [(a + b) ** 2, a**2 + 2 * a * b + b**2, 4 * a * b],
    "scalar/number-before-the-argument": lambda x: sin(2 * x) + 1,
    "scalar/function-stops-at-the-next-function": lambda x, y: log(x) * log(y),
    "scalar/number-e": lambda x: exp(x) / (exp(x) + exp(1)),
    "scalar/exp-with-braces": lambda x, tau: exp(-(x**2) / (2 * tau)),
    "scalar/minus-before-a-square": lambda x: -(x**2) + mpf(2) ** (-x),
    "scalar/slash-of-two-letters": lambda a, b, c: mpf(a) / b + c,
    "scalar/floor-of-a-size": lambda n, p, k, s: (n + 2 * p - k) // s + 1,
    "scalar/logarithm-to-base-two": lambda x: log(x) / log(2) - log(x),
    "scalar/limit": lambda: limit(lambda x: (exp(x) - 1) / x, 0),
    "scalar/update-arrow": lambda w, x, y, eta: [None, w - eta * diff(lambda u: (u * x - y) ** 2, w)],
    "scalar/rounded-value": lambda: [mpf(1) / 3, mpf("0.33")],
    "scalar/upper-and-lower-case": lambda a, b, r: mpf(r * (a + b)) / (a * b),
    "scalar/relu-by-name": lambda x: max(0, x) - max(0, -x),
    "scalar/name-of-several-letters": lambda mathit_dout, x: mathit_dout * x + x / mpf(2),
    "scalar/chain-over-lines": lambda x, y: [(x - y) ** 2, x**2 - 2 * x * y + y**2, x * (x - y) - y * (x - y)],
    "sum/sum-over-the-declared-range": lambda x: sum(a**2 for a in x),
    "sum/constant-after-the-sum": lambda w, x, b: sum(p * q for p, q in zip(w, x, strict=True)) + b,
    "sum/constant-factor-after-the-sum": lambda x, b: sum(a * b for a in x),
    "sum/empirical-variance": lambda n, x: sum((a - mpf(sum(x)) / n) ** 2 for a in x) / n,
    "sum/mean-with-a-bar": lambda n, x: x[1] - mpf(sum(x)) / n,
    "sum/squared-norm": lambda w: sum(a**2 for a in w),
    "sum/one-norm-and-infinity-norm": lambda w: sum(map(abs, w)) - max(map(abs, w)),
    "sum/norm-without-index": lambda u, v: sum((a - b) ** 2 for a, b in zip(u, v, strict=True)) + norm(u) * norm(v),
    "sum/inner-product-plus-bias": lambda w, x, b: dot(w, x) + b,
    "sum/neuron": lambda w, x, b: logistic(dot(w, x) + b),
    "sum/softmax-written-out": lambda z, i: exp(z[i - 1]) / sum(map(exp, z)),
    "sum/softmax-component": lambda z, k: softmax(z)[k - 1],
    "sum/log-sum-exp": lambda z: log(sum(map(exp, z))) - z[0],
    "sum/cross-entropy": lambda y, p: -sum(a * log(b) for a, b in zip(y, p, strict=True)),
    "sum/product-over-a-range": lambda x: (1 + x[0]) * (1 + x[1]) * (1 + x[2]),
    "sum/kronecker-delta-contracts": lambda x, i: x[i - 1] - x[0],
    "sum/kronecker-delta-free": lambda y, p, i, k: y[i - 1] * ((i == k) - p[k - 1]),
    "sum/guard-not-equal": lambda x, i: sum(a for j, a in enumerate(x, 1) if j != i),
    "sum/guard-less-than": lambda x: x[0] * x[1] + x[0] * x[2] + x[1] * x[2],
    "sum/guard-by-label": lambda y, s: sum(b for a, b in zip(y, s, strict=True) if a == 1),
    "sum/double-sum": lambda x, y: sum((a - b) ** 2 for a in x for b in y),
    "sum/bold-and-light": lambda mathbf_w: dot(mathbf_w, mathbf_w) + mathbf_w[0],
    "sum/hadamard-product": lambda x, y: [a * b - a for a, b in zip(x, y, strict=True)],
    "sum/largest-component": lambda w: max(map(abs, w)),
    "sum/gradient-of-a-penalty": lambda w, a, lambda_: gradient(lambda u: dot(a, u) + lambda_ / 2 * dot(u, u), w),
    "sum/partial-by-a-component": lambda w, x, j: gradient(lambda u: exp(dot(u, x)), w)[j - 1],
    "sum/vector-of-ones": lambda n, x: dot([1] * n, x),
    "sum/normalised-vector": lambda x: [a / norm(x) for a in x],
    "sum/basis-vector": lambda x: x[1] + exp(1),
    "sum/square-of-a-vector": lambda g: [a**2 for a in g],
    "sum/discounted-sum": lambda T, r, gamma: sum(gamma**t * r[t] for t in range(1, T + 1)),
    "sum/data-points": lambda N, x, y, w: mpf(sum((y[n] - dot(w, x[n])) ** 2 for n in range(1, N + 1))) / N,
    "sum/geometric-sum": lambda beta, t: [(1 - beta) * sum(beta ** (t - i) for i in range(1, t + 1)), 1 - beta**t],
    "sum/first-and-last-terms": lambda x: sum(a**2 for a in x),
    "sum/sequence-with-a-colon": lambda T, x: mpf(sum(x.values())) / T,
    "sum/bold-by-bm": lambda bm_x, bm_b: dot(bm_x, [a - b for a, b in zip(bm_x, bm_b, strict=True)]),
    "matrix/quadratic-form": lambda A, x: dot(x, matvec(A, x)),
    "matrix/least-squares": lambda X, w, y: sum((a - b) ** 2 for a, b in zip(matvec(X, w), y, strict=True)) / mpf(2),
    "matrix/inverse": lambda A, b: matvec(inverse(A), b),
    "matrix/normal-equations": lambda X, y: matvec(inverse(matmul(transpose(X), X)), matvec(transpose(X), y)),
    "matrix/ridge": lambda X, lambda_: [
        [c + lambda_ * (i == j) for j, c in enumerate(row)] for i, row in enumerate(matmul(transpose(X), X))
    ],
    "matrix/trace-of-a-product": lambda A, B: trace(matmul(A, B)) + 1,
    "matrix/determinant": lambda A: A[0][0] * A[1][1] - A[0][1] * A[1][0] - 2 * trace(A),
    "matrix/log-determinant": lambda A: log(A[0][0] * A[1][1] - A[0][1] * A[1][0]),
    "matrix/frobenius-norm": lambda A: sum(c**2 for row in A for c in row),
    "matrix/entry-of-the-transpose": lambda A, i, j: A[j - 1][i - 1],
    "matrix/product-in-components": lambda A, B, i, j: [matmul(A, B)[i - 1][j - 1]] * 2,
    "matrix/explicit-matrix-times-vector": lambda x, y: [x + 2 * y, 3 * x + 4 * y],
    "matrix/transposed-row": lambda A: matvec(A, [1, -1]),
    "matrix/bias-in-every-row": lambda X, W, b: [[c + d for c, d in zip(row, b, strict=True)] for row in matmul(X, W)],
    "matrix/diagonal-matrix": lambda A, x: [[s * c for c in row] for s, row in zip(x, A, strict=True)],
    "matrix/hadamard-of-matrices": lambda A, B: [
        [A[i][j] * B[i][j] - matmul(A, B)[i][j] for j in range(2)] for i in range(2)
    ],
    "matrix/low-rank-update": lambda W, A, B, x: [
        p + q for p, q in zip(matvec(W, x), matvec(matmul(A, B), x), strict=True)
    ],
    "matrix/transpose-spellings": lambda W, delta: [2 * c for c in matvec(transpose(W), delta)],
    "matrix/gradient-by-a-matrix": lambda W, x, y: matrix_gradient(
        lambda U: sum((a - b) ** 2 for a, b in zip(matvec(U, x), y, strict=True)) / 2, W
    ),
    "matrix/partial-by-an-entry": lambda W, x, y, i, j: matrix_gradient(
        lambda U: dot(y, list(map(tanh, matvec(U, x)))), W
    )[i - 1][j - 1],
    "matrix/jacobian": lambda W, x: [gradient(lambda u, i=i: tanh(matvec(W, u)[i]), x) for i in range(2)],
    "matrix/attention": lambda d, Q, K, V: matmul(
        [softmax([c / sqrt(d) for c in row]) for row in matmul(Q, transpose(K))], V
    ),
    "matrix/entry-of-the-square": lambda M, i, j: matmul(M, M)[i - 1][j - 1],
    "matrix/square-of-the-entry": lambda M, i, j: M[i - 1][j - 1] ** 2,
    "matrix/capital-t-is-a-number": lambda W: matmul(W, matmul(W, W)),
    "matrix/top-beside-the-number-t": lambda W: [[W[0][0], W[1][0]], [W[0][1], W[1][1]]],
    "matrix/elementwise-layer": lambda W, x, b: [tanh(a + c) for a, c in zip(matvec(W, x), b, strict=True)],
    "matrix/backpropagated-error": lambda z, delta: [diff(logistic, a) * b for a, b in zip(z, delta, strict=True)],
    "matrix/layers-by-upper-index": lambda W_1, W_2, x: matvec(W_2, [max(0, a) for a in matvec(W_1, x)]),
    "matrix/centring-matrix": lambda n, x: [a - mpf(sum(x)) / n for a in x],
    "matrix/outer-product": lambda u, v: [[a * b for b in v] for a in u],
    "matrix/gradient-of-a-quadratic-form": lambda A, x: [
        gradient(lambda u: dot(u, matvec(A, u)), x),
        [p + q for p, q in zip(matvec(A, x), matvec(transpose(A), x), strict=True)],
    ],
    "matrix/transpose-of-a-product": lambda A, B: [transpose(matmul(A, B)), matmul(transpose(B), transpose(A))],
    "matrix/norm-bound": lambda W, x: [norm(matvec(W, x)), norm([c for row in W for c in row]) * norm(x)],
    "matrix/sum-of-squared-entries": lambda theta, lambda_: lambda_ / 2 * sum(c**2 for row in theta for c in row),
    "matrix/bold-layer": lambda mathbf_W, mathbf_h, boldsymbol_beta: [
        a + b for a, b in zip(boldsymbol_beta, matvec(mathbf_W, mathbf_h), strict=True)
    ],
    "matrix/component-of-a-product": lambda W, x, i: matvec(W, x)[i - 1],
    "matrix/component-named-like-its-vector": lambda b, b_index: b[b_index - 1],
    "probability/square-of-the-mean": lambda outcomes: mean(outcomes, lambda o: o.X) ** 2,
    "probability/mean-of-the-square": lambda outcomes: mean(outcomes, lambda o: o.X**2),
    "probability/square-of-the-mean-round-brackets": lambda outcomes: mean(outcomes, lambda o: o.X) ** 2,
    "probability/mean-without-brackets": lambda outcomes: mean(outcomes, lambda o: o.X**2) + 1,
    "probability/variance": lambda outcomes: mean(outcomes, lambda o: (o.X - mean(outcomes, lambda o: o.X)) ** 2),
    "probability/mean-of-a-product": lambda outcomes: (
        mean(outcomes, lambda o: o.X * o.Y) - mean(outcomes, lambda o: o.X) * mean(outcomes, lambda o: o.Y)
    ),
    "probability/covariance": lambda outcomes: covariance(outcomes, lambda o: o.X, lambda o: o.Y),
    "probability/variance-of-a-sum": lambda outcomes: covariance(outcomes, lambda o: o.X + o.Y, lambda o: o.X + o.Y),
    "probability/variance-of-an-affine-map": lambda a, b, outcomes: [
        covariance(outcomes, lambda o: a * o.X + b, lambda o: a * o.X + b),
        a**2 * covariance(outcomes, lambda o: o.X, lambda o: o.X),
    ],
    "probability/variance-identity": lambda outcomes: (
        [covariance(outcomes, lambda o: o.X, lambda o: o.X)] * 2
        + [mean(outcomes, lambda o: o.X**2) - mean(outcomes, lambda o: o.X) ** 2]
    ),
    "probability/correlation": lambda outcomes: (
        covariance(outcomes, lambda o: o.X, lambda o: o.Y)
        / sqrt(covariance(outcomes, lambda o: o.X, lambda o: o.X) * covariance(outcomes, lambda o: o.Y, lambda o: o.Y))
    ),
    "probability/mean-of-the-modulus": lambda outcomes: (
        mean(outcomes, lambda o: abs(o.X)) - abs(mean(outcomes, lambda o: o.X))
    ),
    "probability/rectified-second-moment": lambda outcomes: mean(outcomes, lambda o: max(0, o.X) ** 2),
    "probability/mean-plus-constant": lambda outcomes: (
        2 * (mean(outcomes, lambda o: o.X) + 1) - mean(outcomes, lambda o: o.X) + 1
    ),
    "probability/mean-under-a-table": lambda p, f: (
        sum(a * b**2 for a, b in zip(p, f, strict=True)) - sum(a * b for a, b in zip(p, f, strict=True)) ** 2
    ),
    "probability/entropy": lambda n, p: -sum(a * log(a) for a in p) - log(n),
    "probability/divergence-of-tables": lambda p, q: [sum(b * log(b / a) for a, b in zip(p, q, strict=True)), 0],
    "probability/normal-density": lambda x, mu, sigma: exp(-((x - mu) ** 2) / (2 * sigma**2)) / sqrt(2 * pi * sigma**2),
    "probability/pi-number-in-a-density": lambda x: exp(-(x**2) / mpf(2)) / sqrt(2 * pi),
    "probability/variance-of-a-sample-mean": lambda n, sigma: mpf(sigma**2) / n,
    "probability/second-moment-from-moments": lambda mu, sigma: mu**2 + sigma**2,
    "probability/variance-of-an-independent-product": lambda a, u, b, v: (u + a**2) * (v + b**2) - (a * b) ** 2,
    "probability/divergence-by-name": lambda p, q: sum(b * log(b / a) for a, b in zip(p, q, strict=True)),
    "probability/mean-with-a-law": lambda outcomes: mean(outcomes, lambda o: o.x**2) - 1,
    "probability/evidence-lower-bound": lambda q_z_x, p_z, p_x_z: sum(
        a * (log(c) - log(a / b)) for a, b, c in zip(q_z_x, p_z, p_x_z, strict=True)
    ),
    "probability/bar-in-a-conditional-probability": lambda w, x: logistic(dot(w, x)) * (1 - logistic(dot(w, x))),
}


def identifier(key: str) -> str:
    """The Python name of a LaTeX spelling."""
    plain = re.sub(r"[\W_]+", "_", key.replace("'", "_prime").replace("*", "_star")).strip("_")
    return plain + "_" if keyword.iskeyword(plain) else plain


def number(x: Any) -> Any:
    """JSON data as exact decimals; families by their own indices; polynomials as functions."""
    match x:
        case float():
            return mpf(repr(x))
        case {"polynomial": coefficients}:
            return lambda u: sum(mpf(c) * u**k for k, c in enumerate(coefficients))
        case {"from": first, "entries": entries}:
            return {first + i: number(e) for i, e in enumerate(entries)}
        case dict():
            return {k: number(e) for k, e in x.items()}
        case list():
            return [number(e) for e in x]
    return x


def plain(x: Any) -> Any:
    """A computed value as JSON data: integers stay integers, everything else has double precision."""
    if isinstance(x, list):
        return [plain(e) for e in x]
    if x is None or isinstance(x, int):
        return x if x is None else int(x)
    return int(x) if mpmath.isint(x) and abs(x) < 10**15 else float(x)


@mpmath.workdps(40)
def value(item: dict[str, Any]) -> Any:
    """The value of a formula at the values of its names; for a relation the list of the values of its sides."""
    oracle = ORACLES[item["id"]]
    names = {identifier(k): number(x) for k, x in item["values"].items()}
    for k, x in item.get("indices", {}).items():
        names[k + "_index" if k in names else k] = x
    return plain(oracle(**{k: names[k] for k in inspect.signature(oracle).parameters}))


if __name__ == "__main__":
    data = json.loads(FORMULAS.read_text(encoding="utf-8"))
    for item in data:
        if "error" not in item:
            item["value"] = value(item)
    lines = ",\n ".join(json.dumps(item, ensure_ascii=False) for item in data)
    FORMULAS.write_text(f"[\n {lines}\n]\n", encoding="utf-8")
