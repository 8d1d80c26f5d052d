"""Problems of the field derived from statement to answer, each answer and step compared with numbers.

The numbers come from plain Python functions of the statement (finite differences, sums over outcomes,
quadrature), never from the engine.  A problem is a function that returns a scope, a goal, values of its
leaves and what the answer is worth at them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from mpmath import mp, mpf

from symderive.engine.deriving import derive
from symderive.kernel.check import check_record
from symderive.kernel.context import Rejected
from symderive.kernel.terms import Term, conjuncts, num, subterms, sym
from symderive.kernel.words import say
from symderive.language.expr import (
    Cov,
    D,
    E,
    Each,
    Expr,
    Lim,
    Max,
    Sum,
    Tab,
    Var,
    absolute,
    both,
    cos,
    eq,
    exp,
    function,
    implies,
    is_,
    log,
    name,
    ne,
    oo,
    op,
    operator,
    sqrt,
)
from symderive.language.problem import Choice, Derivation, Goal, GoalKind, Problem
from symderive.language.scope import Scope
from symderive.language.verdict import Kind
from symderive.rules.book import book
from tests.deriving_oracle import Numbers, close, dot, gradient, matmul, slope, softmax, transpose

tanh, relu, sigmoid, softplus, silu = map(function, ("tanh", "relu", "sigmoid", "softplus", "silu"))
lrelu, elu = map(function, ("lrelu", "elu"))
nld = function("normal_log_density")
vsoftmax = operator("softmax")
HALF = Fraction(1, 2)

Values = dict[str, Any]
Case = tuple[Scope, Goal, Callable[[random.Random], Values], Callable[[Values], Any]]
PROBLEMS: list[Callable[[], Case]] = []


def problem(f: Callable[[], Case]) -> Callable[[], Case]:
    PROBLEMS.append(f)
    return f


def number(rng: random.Random, low: float = -2, high: float = 2) -> Any:
    return mpf(rng.randint(int(low * 100) + 1, int(high * 100) - 1)) / 100 + mpf(1) / 1009


def vector(rng: random.Random, n: int, low: float = -2, high: float = 2) -> list[Any]:
    return [number(rng, low, high) for _ in range(n)]


def matrix(rng: random.Random, m: int, n: int) -> list[list[Any]]:
    return [vector(rng, n) for _ in range(m)]


def numbers(names: str) -> Callable[[random.Random], Values]:
    return lambda rng: {n: number(rng) for n in names.split()}


def positives(names: str, rng: random.Random) -> Values:
    return {n: number(rng, 0.2, 3) for n in names.split()}


def goal(kind: GoalKind, target: Expr | None = None, **more: Any) -> Goal:
    return Goal(kind, None if target is None else target.term, **more)


def derivative(target: Expr, **more: Any) -> Goal:
    return goal(GoalKind.DERIVATIVE, target, **more)


def sigma(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


# -- scalar derivatives ---------------------------------------------------------------------------------


@problem
def logistic_neuron() -> Case:
    s = Scope()
    w, x, b, t = s.reals("w x b t")
    z = s.define("z", w * x + b)
    a = s.define("a", sigmoid(z))
    loss = s.define("L", (a - t) ** 2 / 2)

    def f(w: Any, x: Any, b: Any, t: Any) -> Any:
        return (sigma(w * x + b) - t) ** 2 / 2

    return s, derivative(D(loss, w)), numbers("w x b t"), lambda v: slope(f, v, "w")


@problem
def logistic_neuron_in_given_names() -> Case:
    s, g, leaves, oracle = logistic_neuron()
    return s, Goal(g.kind, g.target, names=frozenset({"a", "t", "x"})), leaves, oracle


@problem
def logistic_neuron_in_leaves() -> Case:
    s, g, leaves, oracle = logistic_neuron()
    return s, Goal(g.kind, g.target, names=frozenset({"w", "x", "b", "t"})), leaves, oracle


@problem
def logistic_neuron_second_derivative() -> Case:
    s, g, leaves, _ = logistic_neuron()
    w = Expr(sym("w"))

    def f(w: Any, x: Any, b: Any, t: Any) -> Any:
        return (sigma(w * x + b) - t) ** 2 / 2

    def second(v: Values) -> Any:
        return mp.diff(lambda y: f(**{**v, "w": y}), v["w"], 2)

    return s, derivative(D(Expr(g.target), w)), leaves, second


@problem
def two_paths() -> Case:
    s = Scope()
    (x,) = s.reals("x")
    a, b = s.define("a", x**2), s.define("b", tanh(x))
    y = s.define("y", exp(a + b))
    return s, derivative(D(y, x)), numbers("x"), lambda v: slope(lambda x: mp.exp(x**2 + mp.tanh(x)), v, "x")


def activation(f: Callable[[Expr], Expr], plain: Callable[[Any], Any]) -> Case:
    s = Scope()
    (x,) = s.reals("x")
    return s, derivative(D(f(x), x)), numbers("x"), lambda v: slope(plain, v, "x")


@problem
def sigmoid_slope() -> Case:
    return activation(sigmoid, sigma)


@problem
def tanh_slope() -> Case:
    return activation(tanh, mp.tanh)


@problem
def softplus_slope() -> Case:
    return activation(softplus, lambda x: mp.log(1 + mp.exp(x)))


@problem
def silu_slope() -> Case:
    return activation(silu, lambda x: x * sigma(x))


@problem
def relu_slope() -> Case:
    return activation(relu, lambda x: max(x, mpf(0)))


@problem
def elu_slope() -> Case:
    return activation(lambda x: elu(HALF, x), lambda x: x if x > 0 else (mp.exp(x) - 1) / 2)


@problem
def leaky_slope() -> Case:
    return activation(lambda x: lrelu(Fraction(1, 10), x), lambda x: x if x > 0 else x / 10)


@problem
def absolute_slope() -> Case:
    return activation(absolute, lambda x: x if x > 0 else -x)


@problem
def larger_of_two() -> Case:
    return activation(lambda x: function("max")(x, 1 - x), lambda x: max(x, 1 - x))


@problem
def bell_curve() -> Case:
    return activation(lambda x: exp(-(x**2) / 2), lambda x: mp.exp(-(x**2) / 2))


@problem
def length_of_a_vector_in_the_plane() -> Case:
    return activation(lambda x: sqrt(x**2 + 1), lambda x: mp.sqrt(x**2 + 1))


@problem
def negative_log_sigmoid() -> Case:
    return activation(lambda x: -log(sigmoid(x)), lambda x: -mp.log(sigma(x)))


@problem
def rejected_fake() -> Case:
    return activation(lambda x: log(1 - sigmoid(x)), lambda x: mp.log(1 - sigma(x)))


@problem
def residual_block() -> Case:
    s = Scope()
    (x,) = s.reals("x")
    f = s.function("F")
    y = s.define("y", x + f(x))
    leaves = lambda rng: {"x": number(rng), "F": mp.sin}  # noqa: E731
    return s, derivative(D(y, x)), leaves, lambda v: 1 + mp.cos(v["x"])


@problem
def squared_error_of_unknown_function() -> Case:
    s = Scope()
    theta, target = s.reals("theta target")
    q = s.function("q")
    loss = s.define("L", (target - q(theta)) ** 2 / 2)
    leaves = lambda rng: {"theta": number(rng), "target": number(rng), "q": mp.sin}  # noqa: E731

    def oracle(v: Values) -> Any:
        return slope(lambda theta, target, q: (target - q(theta)) ** 2 / 2, v, "theta")

    return s, derivative(D(loss, theta)), leaves, oracle


def recurrent(by: str) -> Case:
    s = Scope()
    w, a, y, x1, x2 = s.reals("w a y x1 x2")
    g = s.function("g")
    z1 = s.define("z1", a * x1)
    h1 = s.define("h1", g(z1))
    z2 = s.define("z2", w * h1 + a * x2)
    h2 = s.define("h2", g(z2))
    loss = s.define("L", (h2 - y) ** 2 / 2)

    def f(w: Any, a: Any, y: Any, x1: Any, x2: Any, g: Any) -> Any:
        return (g(w * g(a * x1) + a * x2) - y) ** 2 / 2

    leaves = lambda rng: {**numbers("w a y x1 x2")(rng), "g": mp.sin}  # noqa: E731
    return s, derivative(D(loss, Expr(sym(by)))), leaves, lambda v: slope(f, v, by)


@problem
def two_recurrent_steps_by_w() -> Case:
    return recurrent("w")


@problem
def two_recurrent_steps_by_a() -> Case:
    return recurrent("a")


@problem
def three_recurrent_steps_as_family() -> Case:
    s = Scope()
    w, a, y = s.reals("w a y")
    x = s.real("x", (1, 3))
    h = s.family("h", (0, 0, lambda _: 0), (1, 3, lambda t: tanh(w * name("h")[t - 1] + a * x[t])))
    loss = s.define("L", (h[3] - y) ** 2 / 2)

    def f(w: Any, a: Any, y: Any, x: Any) -> Any:
        state = mpf(0)
        for u in x:
            state = mp.tanh(w * state + a * u)
        return (state - y) ** 2 / 2

    leaves = lambda rng: {**numbers("w a y")(rng), "x": vector(rng, 3)}  # noqa: E731
    return s, derivative(D(loss, w)), leaves, lambda v: slope(f, v, "w")


def _normalised(x: list[Any], eps: Any) -> list[Any]:
    m = sum(x) / len(x)
    v = sum((u - m) ** 2 for u in x) / len(x)
    return [(u - m) / mp.sqrt(v + eps) for u in x]


@problem
def batch_norm_input() -> Case:
    s = Scope()
    m = s.dim("m")
    x = s.vector("x", m)
    (eps,) = s.positive("eps")
    mu = s.define("mu", Sum(lambda i: x[i], 1, m) / m)
    v = s.define("v", Sum(lambda i: (x[i] - mu) ** 2, 1, m) / m)
    h = s.define("h", Tab(lambda i: (x[i] - mu) / sqrt(v + eps), m))
    i, j = s.index("i", 1, m), s.index("j", 1, m)

    def leaves(rng: random.Random) -> Values:
        out = {"m": 4, "x": vector(rng, 4), "i": rng.randint(1, 4), "j": rng.randint(1, 4)}
        return {**out, **positives("eps", rng)}

    def oracle(w: Values) -> Any:
        return slope(lambda x: _normalised(x, w["eps"])[w["i"] - 1], {"x": w["x"]}, "x", w["j"])

    return s, derivative(D(h[i], x[j])), leaves, oracle


@problem
def batch_norm_scale() -> Case:
    s, _, leaves, _ = batch_norm_input()
    gamma, beta = s.reals("gamma beta")
    y = s.define("y", Tab(lambda k: gamma * name("h")[k] + beta, name("m")))
    more = lambda rng: {**leaves(rng), **numbers("gamma beta")(rng)}  # noqa: E731
    asked = derivative(D(y[name("i")], gamma))
    return s, asked, more, lambda v: _normalised(v["x"], v["eps"])[v["i"] - 1]


@problem
def infinity_norm_without_ties() -> Case:
    s = Scope()
    n = s.dim("n")
    w, k = s.vector("w", n), s.index("k", 1, n)
    s.assume(Each(lambda i: implies(ne(i, k), absolute(w[i]) < absolute(w[k])), 1, n))

    def leaves(rng: random.Random) -> Values:
        w = vector(rng, 3)
        return {"n": 3, "w": w, "k": 1 + max(range(3), key=lambda i: abs(w[i]))}

    def oracle(v: Values) -> Any:
        return slope(lambda w: max(map(abs, w)) ** 2, {"w": v["w"]}, "w", v["k"])

    return s, derivative(D(op("norminf", w) ** 2, w[k])), leaves, oracle


# -- gradients ------------------------------------------------------------------------------------------


@problem
def softmax_cross_entropy() -> Case:
    s = Scope()
    n = s.dim("n")
    z, y = s.vector("z", n), s.vector("y", n)
    p = s.define("p", vsoftmax(z))
    loss = s.define("L", -Sum(lambda k: y[k] * log(p[k]), 1, n))
    s.assume(eq(Sum(lambda k: y[k], 1, n), 1))

    def leaves(rng: random.Random) -> Values:
        y = vector(rng, 2)
        return {"n": 3, "z": vector(rng, 3), "y": [*y, 1 - sum(y)]}

    def f(n: int, z: Any, y: Any) -> Any:
        return -sum(a * mp.log(b) for a, b in zip(y, softmax(z), strict=True))

    return s, goal(GoalKind.GRADIENT, loss, unknown="z"), leaves, lambda v: gradient(f, v, "z")


@problem
def softmax_cross_entropy_by_log_sum_exp() -> Case:
    s = Scope()
    n = s.dim("n")
    z = s.vector("z", n)
    c, j = s.index("c", 1, n), s.index("j", 1, n)
    s.define("p", vsoftmax(z))
    loss = s.define("L", log(Sum(lambda k: exp(z[k]), 1, n)) - z[c])

    def leaves(rng: random.Random) -> Values:
        return {"n": 3, "z": vector(rng, 3), "c": rng.randint(1, 3), "j": rng.randint(1, 3)}

    def oracle(v: Values) -> Any:
        return softmax(v["z"])[v["j"] - 1] - int(v["c"] == v["j"])

    return s, derivative(D(loss, z[j])), leaves, oracle


@problem
def logistic_regression() -> Case:
    s = Scope()
    n = s.dim("n")
    w, x, y = s.vector("w", n), s.vector("x", n), s.real("y")
    z = s.define("z", w @ x)
    p = s.define("P", sigmoid(z))
    loss = s.define("L", -y * log(p) - (1 - y) * log(1 - p))
    leaves = lambda rng: {"n": 3, "w": vector(rng, 3), "x": vector(rng, 3), "y": number(rng)}  # noqa: E731

    def f(n: int, w: Any, x: Any, y: Any) -> Any:
        q = sigma(dot(w, x))
        return -y * mp.log(q) - (1 - y) * mp.log(1 - q)

    return s, goal(GoalKind.GRADIENT, loss, unknown="w"), leaves, lambda v: gradient(f, v, "w")


@problem
def ridge_logistic_update() -> Case:
    s = Scope()
    n = s.dim("n")
    w, x = s.vector("w", n), s.vector("x", n)
    y, lam, eta = s.reals("y lam eta")
    p = s.define("P", sigmoid(w @ x))
    loss = s.define("L", -y * log(p) - (1 - y) * log(1 - p) + lam / 2 * op("square", w))
    j = s.index("j", 1, n)

    def leaves(rng: random.Random) -> Values:
        out = {"n": 3, "w": vector(rng, 3), "x": vector(rng, 3), "j": rng.randint(1, 3)}
        return {**out, **numbers("y lam eta")(rng)}

    def oracle(v: Values) -> Any:
        def f(w: Any) -> Any:
            q = sigma(dot(w, v["x"]))
            return -v["y"] * mp.log(q) - (1 - v["y"]) * mp.log(1 - q) + v["lam"] / 2 * dot(w, w)

        return v["w"][v["j"] - 1] - v["eta"] * slope(f, {"w": v["w"]}, "w", v["j"])

    return s, goal(GoalKind.UPDATE, w[j] - eta * D(loss, w[j])), leaves, oracle


@problem
def penalty() -> Case:
    s = Scope()
    m, n = s.dim("m"), s.dim("n")
    w, lam = s.matrix("W", m, n), s.real("lam")
    loss = s.define("R", lam / 2 * Sum(lambda i: Sum(lambda j: w[i, j] ** 2, 1, n), 1, m))
    leaves = lambda rng: {"m": 2, "n": 3, "W": matrix(rng, 2, 3), "lam": number(rng)}  # noqa: E731

    def oracle(v: Values) -> Any:
        return [[v["lam"] * u for u in r] for r in v["W"]]

    return s, goal(GoalKind.GRADIENT, loss, unknown="W"), leaves, oracle


@problem
def euclidean_norm() -> Case:
    s = Scope()
    n = s.dim("n")
    w = s.vector("w", n)
    leaves = lambda rng: {"n": 3, "w": vector(rng, 3)}  # noqa: E731

    def oracle(v: Values) -> Any:
        return gradient(lambda w: mp.sqrt(dot(w, w)), {"w": v["w"]}, "w")

    return s, goal(GoalKind.GRADIENT, op("norm2", w), unknown="w"), leaves, oracle


def linear_layer(by: str) -> Case:
    s = Scope()
    n, d, m = s.dim("N"), s.dim("Din"), s.dim("M")
    x, w, g, b = s.matrix("X", n, d), s.matrix("W", d, m), s.matrix("G", n, m), s.vector("b", m)
    y = s.define("Y", x @ w + Tab(lambda _: b, n))
    loss = s.define("L", op("inner", g, y))

    def leaves(rng: random.Random) -> Values:
        sizes = {"N": 2, "Din": 3, "M": 2}
        return {**sizes, "X": matrix(rng, 2, 3), "W": matrix(rng, 3, 2), "G": matrix(rng, 2, 2), "b": vector(rng, 2)}

    def f(N: int, Din: int, M: int, X: Any, W: Any, G: Any, b: Any) -> Any:
        out = matmul(X, W)
        return sum(G[i][j] * (out[i][j] + b[j]) for i in range(2) for j in range(2))

    return s, goal(GoalKind.GRADIENT, loss, unknown=by), leaves, lambda v: gradient(f, v, by)


@problem
def linear_layer_weights() -> Case:
    return linear_layer("W")


@problem
def linear_layer_input() -> Case:
    return linear_layer("X")


@problem
def linear_layer_bias() -> Case:
    return linear_layer("b")


@problem
def least_squares() -> Case:
    s = Scope()
    n, d = s.dim("n"), s.dim("d")
    x, y, w = s.matrix("X", n, d), s.vector("y", n), s.vector("w", d)
    loss = s.define("L", op("square", x @ w - y) / (2 * n))

    def leaves(rng: random.Random) -> Values:
        return {"n": 3, "d": 2, "X": matrix(rng, 3, 2), "y": vector(rng, 3), "w": vector(rng, 2)}

    def f(n: int, d: int, X: Any, y: Any, w: Any) -> Any:
        return sum((a - b) ** 2 for a, b in zip(matmul(X, w), y, strict=True)) / (2 * n)

    return s, goal(GoalKind.GRADIENT, loss, unknown="w"), leaves, lambda v: gradient(f, v, "w")


@problem
def least_squares_hessian() -> Case:
    s, _, leaves, _ = least_squares()
    r, q = s.index("r", 1, name("d")), s.index("q", 1, name("d"))
    w = name("w")

    def more(rng: random.Random) -> Values:
        return {**leaves(rng), "r": rng.randint(1, 2), "q": rng.randint(1, 2)}

    def oracle(v: Values) -> Any:
        return matmul(transpose(v["X"]), v["X"])[v["r"] - 1][v["q"] - 1] / v["n"]

    return s, derivative(D(name("L"), w[r], w[q])), more, oracle


@problem
def quadratic_form() -> Case:
    s = Scope()
    n = s.dim("n")
    a, x = s.matrix("A", n, n), s.vector("x", n)
    leaves = lambda rng: {"n": 3, "A": matrix(rng, 3, 3), "x": vector(rng, 3)}  # noqa: E731

    def oracle(v: Values) -> Any:
        return gradient(lambda x: dot(x, matmul(v["A"], x)), {"x": v["x"]}, "x")

    return s, goal(GoalKind.GRADIENT, x @ (a @ x), unknown="x"), leaves, oracle


def tanh_layer(by: str) -> Case:
    s = Scope()
    n, m = s.dim("n"), s.dim("m")
    w, x, g = s.matrix("W", m, n), s.vector("x", n), s.vector("g", m)
    h = s.define("h", tanh(w @ x))
    loss = s.define("L", g @ h)

    def leaves(rng: random.Random) -> Values:
        return {"n": 3, "m": 2, "W": matrix(rng, 2, 3), "x": vector(rng, 3), "g": vector(rng, 2)}

    def f(n: int, m: int, W: Any, x: Any, g: Any) -> Any:
        return dot(g, [mp.tanh(u) for u in matmul(W, x)])

    return s, goal(GoalKind.GRADIENT, loss, unknown=by), leaves, lambda v: gradient(f, v, by)


@problem
def tanh_layer_weights() -> Case:
    return tanh_layer("W")


@problem
def tanh_layer_input() -> Case:
    return tanh_layer("x")


@problem
def attention_values() -> Case:
    s = Scope()
    t, d, e = s.dim("t"), s.dim("d"), s.dim("e")
    q, k, v, g = s.matrix("Q", t, d), s.matrix("K", t, d), s.matrix("V", t, e), s.matrix("G", t, e)
    p = s.define("P", vsoftmax((q @ k.T) / sqrt(d)))
    loss = s.define("L", op("inner", g, p @ v))

    def leaves(rng: random.Random) -> Values:
        return {"t": 2, "d": 2, "e": 2, **{n: matrix(rng, 2, 2) for n in "QKVG"}}

    def f(t: int, d: int, e: int, Q: Any, K: Any, V: Any, G: Any) -> Any:
        scores = [[u / mp.sqrt(d) for u in r] for r in matmul(Q, transpose(K))]
        out = matmul(softmax(scores), V)
        return sum(G[i][j] * out[i][j] for i in range(2) for j in range(2))

    return s, goal(GoalKind.GRADIENT, loss, unknown="V"), leaves, lambda w: gradient(f, w, "V")


@problem
def attention_queries() -> Case:
    s, asked, leaves, _ = attention_values()

    def f(t: int, d: int, e: int, Q: Any, K: Any, V: Any, G: Any) -> Any:
        scores = [[u / mp.sqrt(d) for u in r] for r in matmul(Q, transpose(K))]
        out = matmul(softmax(scores), V)
        return sum(G[i][j] * out[i][j] for i in range(2) for j in range(2))

    return s, goal(GoalKind.GRADIENT, Expr(asked.target), unknown="Q"), leaves, lambda w: gradient(f, w, "Q")


@problem
def softmax_jacobian() -> Case:
    def softmax_of(z: Any) -> Any:
        return softmax(z)

    s = Scope()
    n = s.dim("n")
    z = s.vector("z", n)
    p = s.define("p", vsoftmax(z))
    leaves = lambda rng: {"n": 3, "z": vector(rng, 3)}  # noqa: E731

    def oracle(v: Values) -> Any:
        return transpose(gradient(softmax_of, {"z": v["z"]}, "z"))

    return s, derivative(Tab(lambda i: Tab(lambda j: D(p[i], z[j]), n), n)), leaves, oracle


@problem
def logistic_hessian() -> Case:
    s, _, leaves, _ = logistic_regression()
    n, w = name("n"), name("w")
    target = Tab(lambda i: Tab(lambda j: D(name("L"), w[i], w[j]), n), n)

    def oracle(v: Values) -> Any:
        q = sigma(dot(v["w"], v["x"]))
        return [[q * (1 - q) * a * b for b in v["x"]] for a in v["x"]]

    return s, derivative(target), leaves, oracle


@problem
def unknown_loss_of_a_linear_layer() -> Case:
    s = Scope()
    n = s.dim("n")
    x, w = s.vector("x", n), s.matrix("W", n, n)
    f = s.function("f", (n,))
    loss = s.define("L", f(w @ x))

    def plain(y: Any) -> Any:
        return mp.sin(y[0]) + y[1] * y[2]

    leaves = lambda rng: {"n": 3, "x": vector(rng, 3), "W": matrix(rng, 3, 3), "f": plain}  # noqa: E731

    def oracle(v: Values) -> Any:
        return gradient(lambda W: plain(matmul(W, v["x"])), {"W": v["W"]}, "W")

    return s, goal(GoalKind.GRADIENT, loss, unknown="W"), leaves, oracle


# -- optimisers and values ------------------------------------------------------------------------------


@problem
def two_steps_of_momentum() -> Case:
    s = Scope()
    w0, eta, beta, g1, g2 = s.reals("w0 eta beta g1 g2")
    m1 = s.define("m1", (1 - beta) * g1)
    m2 = s.define("m2", beta * m1 + (1 - beta) * g2)
    w1 = s.define("w1", w0 - eta * m1)
    w2 = s.define("w2", w1 - eta * m2)

    def oracle(v: Values) -> Any:
        w, m = v["w0"], mpf(0)
        for g in (v["g1"], v["g2"]):
            m = v["beta"] * m + (1 - v["beta"]) * g
            w -= v["eta"] * m
        return w

    return s, goal(GoalKind.EVALUATE, w2), numbers("w0 eta beta g1 g2"), oracle


@problem
def bias_correction_after_three_steps() -> Case:
    s = Scope()
    beta, g = s.reals("beta g")
    m = s.family("m", (0, 0, lambda _: 0), (1, None, lambda i: beta * name("m")[i - 1] + (1 - beta) * g))
    return s, goal(GoalKind.EVALUATE, m[3] / (1 - beta**3)), numbers("beta g"), lambda v: v["g"]


def moving_average(constant: bool) -> tuple[Scope, Expr, Expr, Expr]:
    s = Scope()
    beta, t = s.real("beta"), s.integer("t", 0)
    g = s.real("g") if constant else s.real("g", (1, None))

    def step(i: Expr) -> Expr:
        return beta * name("m")[i - 1] + (1 - beta) * (g if constant else g[i])

    return s, s.family("m", (0, 0, lambda _: 0), (1, None, step)), t, beta


@problem
def first_moment_in_closed_form() -> Case:
    s, m, t, _ = moving_average(constant=False)

    def oracle(v: Values) -> Any:
        out = mpf(0)
        for g in v["g"]:
            out = v["beta"] * out + (1 - v["beta"]) * g
        return out

    leaves = lambda rng: {"t": 4, "beta": number(rng), "g": vector(rng, 4)}  # noqa: E731
    return s, goal(GoalKind.EVALUATE, m[t]), leaves, oracle


@problem
def bias_correction() -> Case:
    s, m, t, beta = moving_average(constant=True)
    s.assume(ne(beta**t, 1))
    leaves = lambda rng: {"t": rng.randint(1, 5), **numbers("beta g")(rng)}  # noqa: E731
    return s, goal(GoalKind.EVALUATE, m[t] / (1 - beta**t)), leaves, lambda v: v["g"]


@problem
def backpropagation_through_time() -> Case:
    s = Scope()
    w, a, h0, _y = s.reals("w a h0 y")
    last = s.integer("T", 1)
    x = s.real("x", (1, last))
    h = s.family("h", (0, 0, lambda _: h0), (1, last, lambda t: tanh(w * name("h")[t - 1] + a * x[t])))

    def f(w: Any, v: Values) -> Any:
        state = v["h0"]
        for u in v["x"]:
            state = mp.tanh(w * state + v["a"] * u)
        return state

    leaves = lambda rng: {"T": 4, "x": vector(rng, 4), **numbers("w a h0 y")(rng)}  # noqa: E731
    return s, derivative(D(h[last], w)), leaves, lambda v: slope(lambda w: f(w, v), {"w": v["w"]}, "w")


@problem
def weight_decay() -> Case:
    s = Scope()
    n = s.dim("n")
    theta, alpha, lam, k = s.vector("theta", n), s.real("alpha"), s.real("lam"), s.index("k", 1, n)
    loss = s.function("ell", (n,))
    total = s.define("J", loss(theta) + lam / 2 * op("square", theta))

    def leaves(rng: random.Random) -> Values:
        out = {"n": 3, "theta": vector(rng, 3), "k": rng.randint(1, 3), **numbers("alpha lam")(rng)}
        return {**out, "ell": lambda x: mp.sin(x[0]) + x[1] * x[2]}

    def oracle(v: Values) -> Any:
        def f(theta: Any) -> Any:
            return mp.sin(theta[0]) + theta[1] * theta[2] + v["lam"] / 2 * dot(theta, theta)

        return v["theta"][v["k"] - 1] - v["alpha"] * slope(f, {"theta": v["theta"]}, "theta", v["k"])

    return s, goal(GoalKind.UPDATE, theta[k] - alpha * D(total, theta[k])), leaves, oracle


def small_network(target: str) -> Case:
    s = Scope()
    x, w, v, t = s.vector("x", 2), s.matrix("W", 2, 2), s.vector("v", 2), s.real("t")
    z = s.define("z", w @ x)
    h = s.define("h", relu(z))
    o = s.define("o", v @ h)
    loss = s.define("L", (o - t) ** 2 / 2)
    given: Values = {"x": [1, 2], "W": [[1, -1], [3, 1]], "v": [2, -1], "t": 1}
    at = [eq(x[i + 1], given["x"][i]) for i in range(2)] + [eq(v[i + 1], given["v"][i]) for i in range(2)]
    at += [eq(w[i + 1, j + 1], given["W"][i][j]) for i in range(2) for j in range(2)] + [eq(t, 1)]
    values = tuple(c.term for c in at)

    def f(x: Any, W: Any, v: Any, t: Any) -> Any:
        return (dot(v, [max(u, mpf(0)) for u in matmul(W, x)]) - t) ** 2 / 2

    def leaves(_: random.Random) -> Values:
        return {n: _mp(x) for n, x in given.items()}

    if target == "loss":
        return s, goal(GoalKind.EVALUATE, loss, at=values), leaves, lambda v: f(**v)
    asked = derivative(D(loss, w[2, 1]), at=values)
    return s, asked, leaves, lambda v: slope(f, v, "W", 2, 1)


def _mp(x: Any) -> Any:
    return [_mp(y) for y in x] if isinstance(x, list) else mpf(x)


@problem
def small_network_loss() -> Case:
    return small_network("loss")


@problem
def small_network_slope() -> Case:
    return small_network("slope")


@problem
def leaky_network_slope() -> Case:
    """A 2-3-2 network with leaky rectifiers and 19 given numbers."""
    s = Scope()
    slope_ = HALF
    x, t = s.reals("x1 x2"), s.reals("t1 t2")
    w, b = s.reals("w11 w12 w21 w22 w31 w32"), s.reals("b1 b2 b3")
    v, c = s.reals("v11 v12 v13 v21 v22 v23"), s.reals("c1 c2")
    h = [s.define(f"h{k + 1}", w[2 * k] * x[0] + w[2 * k + 1] * x[1] + b[k]) for k in range(3)]
    u = [s.define(f"u{k + 1}", lrelu(slope_, h[k])) for k in range(3)]
    y = [s.define(f"y{k + 1}", sum((v[3 * k + j] * u[j] for j in range(1, 3)), v[3 * k] * u[0]) + c[k]) for k in (0, 1)]
    loss = s.define("L", ((y[0] - t[0]) ** 2 + (y[1] - t[1]) ** 2) / 2)
    numbers_ = [-1, 2, 1, 0, -HALF, 1, 1, HALF, 0, -1, HALF, 1, -1, 1, -1, HALF, 1, HALF, 1, 0, 1]
    names = [*x, *t, *w, *b, *v, *c]
    given = {n.term.name(): Fraction(q) for n, q in zip(names, numbers_, strict=True)}
    at = tuple(eq(name(n), q).term for n, q in given.items())

    def f(**q: Any) -> Any:
        hidden = [q[f"w{k}1"] * q["x1"] + q[f"w{k}2"] * q["x2"] + q[f"b{k}"] for k in (1, 2, 3)]
        bent = [z if z > 0 else z / 2 for z in hidden]
        out = [sum(q[f"v{k}{j}"] * bent[j - 1] for j in (1, 2, 3)) + q[f"c{k}"] for k in (1, 2)]
        return ((out[0] - q["t1"]) ** 2 + (out[1] - q["t2"]) ** 2) / 2

    def leaves(_: random.Random) -> Values:
        return {n: mpf(q.numerator) / q.denominator for n, q in given.items()}

    return s, derivative(D(loss, w[0]), at=at), leaves, lambda q: slope(f, q, "w11")


@problem
def softmax_of_zeros_and_ones() -> Case:
    s = Scope()
    z = s.vector("z", 3)
    p = s.define("p", vsoftmax(z))
    at = (eq(z[1], 0).term, eq(z[2], 1).term, eq(z[3], 1).term)
    leaves = lambda _: {"z": _mp([0, 1, 1])}  # noqa: E731
    return s, goal(GoalKind.EVALUATE, p[1], at=at), leaves, lambda _: 1 / (1 + 2 * mp.e)


# -- probability ----------------------------------------------------------------------------------------

FLIP = [(HALF, -1), (HALF, 1)]
SKEW = [(Fraction(1, 3), -1), (Fraction(2, 3), 2)]
"""Finite laws: (probability, value)."""


def outcomes(*laws: list[tuple[Fraction, int]]) -> list[tuple[Any, list[Any]]]:
    """The joint law of independent variables."""
    out = []
    for rows in product(*laws):
        p = mpf(1)
        for q, _ in rows:
            p *= mpf(q.numerator) / q.denominator
        out.append((p, [mpf(x) for _, x in rows]))
    return out


def mean(f: Callable[..., Any], joint: list[tuple[Any, list[Any]]]) -> Any:
    return sum(p * f(*row) for p, row in joint)


def variance(f: Callable[..., Any], joint: list[tuple[Any, list[Any]]]) -> Any:
    m = mean(f, joint)
    return mean(lambda *row: (f(*row) - m) ** 2, joint)


def independent_pair() -> tuple[Scope, Expr, Expr, Callable[[random.Random], Values]]:
    s = Scope()
    x, y = s.random("X"), s.random("Y")
    mx, vx, my, vy = s.reals("mx vx my vy")
    s.assume(is_("independent", x, y), eq(E(x), mx), eq(Var(x), vx), eq(E(y), my), eq(Var(y), vy))

    def leaves(_: random.Random) -> Values:
        one, two = outcomes(FLIP), outcomes(SKEW)
        same = lambda a: a  # noqa: E731
        return {"mx": mean(same, one), "vx": variance(same, one), "my": mean(same, two), "vy": variance(same, two)}

    return s, x, y, leaves


@problem
def variance_of_a_sum() -> Case:
    s, x, y, leaves = independent_pair()
    joint = outcomes(FLIP, SKEW)
    return (
        s,
        goal(GoalKind.VARIANCE, Var(2 * x - 3 * y + 1)),
        leaves,
        lambda _: variance(lambda a, b: 2 * a - 3 * b + 1, joint),
    )


@problem
def variance_of_a_product() -> Case:
    s, x, y, leaves = independent_pair()
    joint = outcomes(FLIP, SKEW)
    return s, goal(GoalKind.VARIANCE, Var(x * y)), leaves, lambda _: variance(lambda a, b: a * b, joint)


@problem
def covariance_of_sum_and_difference() -> Case:
    s, x, y, leaves = independent_pair()
    joint = outcomes(FLIP, SKEW)

    def oracle(_: Values) -> Any:
        a, b = mean(lambda p, q: p + q, joint), mean(lambda p, q: p - q, joint)
        return mean(lambda p, q: (p + q - a) * (p - q - b), joint)

    return s, goal(GoalKind.MEAN, Cov(x + y, x - y)), leaves, oracle


def normalised(kind: GoalKind, shifted: bool) -> Case:
    s = Scope()
    x = s.random("X")
    m, gamma, beta = s.reals("m gamma beta")
    (v,) = s.positive("v")
    s.assume(eq(E(x), m), eq(Var(x), v))
    y = s.define("xhat", (x - m) / sqrt(v))
    if shifted:
        y = s.define("y", gamma * y + beta)
    joint = outcomes(SKEW)

    def f(w: Values) -> Callable[[Any], Any]:
        def g(a: Any) -> Any:
            unit = (a - w["m"]) / mp.sqrt(w["v"])
            return w["gamma"] * unit + w["beta"] if shifted else unit

        return g

    def leaves(rng: random.Random) -> Values:
        same = lambda a: a  # noqa: E731
        return {**numbers("gamma beta")(rng), "m": mean(same, joint), "v": variance(same, joint)}

    if kind is GoalKind.MEAN:
        return s, goal(kind, E(y)), leaves, lambda w: mean(f(w), joint)
    return s, goal(kind, Var(y)), leaves, lambda w: variance(f(w), joint)


@problem
def normalised_mean() -> Case:
    return normalised(GoalKind.MEAN, shifted=False)


@problem
def normalised_variance() -> Case:
    return normalised(GoalKind.VARIANCE, shifted=False)


@problem
def scaled_and_shifted_variance() -> Case:
    return normalised(GoalKind.VARIANCE, shifted=True)


def fan_in(kind: GoalKind) -> Case:
    s = Scope()
    n = s.dim("n")
    w, h = s.random("W", (1, n)), s.random("h", (1, n))
    sw, m2 = s.reals("sw m2")
    s.assume(is_("iid", w), is_("iid", h), is_("independent", w, h))
    s.assume(
        Each(lambda j: eq(E(w[j]), 0), 1, n),
        Each(lambda j: eq(Var(w[j]), sw**2), 1, n),
        Each(lambda j: eq(E(h[j] ** 2), m2), 1, n),
    )
    f = Sum(lambda j: w[j] * h[j], 1, n)
    joint = outcomes(FLIP, FLIP, SKEW, SKEW)

    def plain(a: Any, b: Any, c: Any, d: Any) -> Any:
        return a * c + b * d

    leaves = lambda _: {"n": 2, "sw": mpf(1), "m2": mean(lambda a: a**2, outcomes(SKEW))}  # noqa: E731
    if kind is GoalKind.MEAN:
        return s, goal(kind, E(f)), leaves, lambda _: mean(plain, joint)
    return s, goal(kind, Var(f)), leaves, lambda _: variance(plain, joint)


@problem
def pre_activation_mean() -> Case:
    return fan_in(GoalKind.MEAN)


@problem
def pre_activation_variance() -> Case:
    return fan_in(GoalKind.VARIANCE)


@problem
def variance_of_a_batch_mean() -> Case:
    s = Scope()
    m = s.dim("m")
    x, (mu, v) = s.random("x", (1, m)), s.reals("mu v")
    s.assume(is_("iid", x), Each(lambda i: eq(E(x[i]), mu), 1, m), Each(lambda i: eq(Var(x[i]), v), 1, m))
    one, joint = outcomes(SKEW), outcomes(SKEW, SKEW, SKEW)
    leaves = lambda _: {"m": 3, "mu": mean(lambda a: a, one), "v": variance(lambda a: a, one)}  # noqa: E731
    asked = goal(GoalKind.VARIANCE, Var(Sum(lambda i: x[i], 1, m) / m))
    return s, asked, leaves, lambda _: variance(lambda a, b, c: (a + b + c) / 3, joint)


@problem
def second_moment_of_a_rectified_variable() -> Case:
    s = Scope()
    x, sg = s.random("x"), s.real("sigma")
    s.assume(is_("symmetric-law", x), eq(E(x**2), sg**2))
    law = [(Fraction(1, 8), -3), (Fraction(3, 8), -1), (Fraction(3, 8), 1), (Fraction(1, 8), 3)]
    joint = outcomes(law)
    leaves = lambda _: {"sigma": mp.sqrt(mean(lambda a: a**2, joint))}  # noqa: E731
    return s, goal(GoalKind.MEAN, E(relu(x) ** 2)), leaves, lambda _: mean(lambda a: max(a, 0) ** 2, joint)


def quadrature(f: Callable[[Any], Any], m: Any, sd: Any) -> Any:
    density = lambda x: mp.exp(-((x - m) ** 2) / (2 * sd**2)) / mp.sqrt(2 * mp.pi) / sd  # noqa: E731
    return mp.quad(lambda x: f(x) * density(x), [m - 12 * sd, m - 3 * sd, m, m + 3 * sd, m + 12 * sd])


def log_density(x: Any, m: Any, sd: Any) -> Any:
    return -((x - m) ** 2) / (2 * sd**2) - mp.log(2 * mp.pi * sd**2) / 2


@problem
def divergence_of_gaussians() -> Case:
    s = Scope()
    (m1, m2), (s1, s2) = s.reals("m1 m2"), s.positive("s1 s2")
    x = s.random("x", law=("normal", (m1, s1**2)))
    target = E(nld(x, m1, s1**2) - nld(x, m2, s2**2), x)
    leaves = lambda rng: {**numbers("m1 m2")(rng), **positives("s1 s2", rng)}  # noqa: E731

    def oracle(v: Values) -> Any:
        def f(u: Any) -> Any:
            return log_density(u, v["m1"], v["s1"]) - log_density(u, v["m2"], v["s2"])

        return quadrature(f, v["m1"], v["s1"])

    return s, goal(GoalKind.MEAN, target), leaves, oracle


def divergence_from_standard(kind: str) -> Case:
    s = Scope()
    (mu,), (sg,) = s.reals("mu"), s.positive("sigma")
    x = s.random("x", law=("normal", (mu, sg**2)))
    k = s.define("KL", E(nld(x, mu, sg**2) - nld(x, 0, 1), x))
    leaves = lambda rng: {**numbers("mu")(rng), **positives("sigma", rng)}  # noqa: E731

    def f(mu: Any, sigma: Any) -> Any:
        return quadrature(lambda u: log_density(u, mu, sigma) - log_density(u, mpf(0), mpf(1)), mu, sigma)

    if kind == "value":
        return s, goal(GoalKind.EVALUATE, k), leaves, lambda v: f(**v)
    return s, derivative(D(k, name(kind))), leaves, lambda v: slope(f, v, kind)


@problem
def divergence_value() -> Case:
    return divergence_from_standard("value")


@problem
def divergence_by_mean() -> Case:
    return divergence_from_standard("mu")


@problem
def divergence_by_spread() -> Case:
    return divergence_from_standard("sigma")


def reparameterised(by: str) -> Case:
    s = Scope()
    (mu,), (sg,) = s.reals("mu"), s.positive("sigma")
    eps = s.random("eps", law=("normal", (0, 1)))
    j = s.define("J", E(cos(mu + sg * eps), eps))
    leaves = lambda rng: {**numbers("mu")(rng), **positives("sigma", rng)}  # noqa: E731

    def f(mu: Any, sigma: Any) -> Any:
        return quadrature(lambda e: mp.cos(mu + sigma * e), mpf(0), mpf(1))

    return s, derivative(D(j, name(by))), leaves, lambda v: slope(f, v, by)


@problem
def reparameterised_by_mean() -> Case:
    return reparameterised("mu")


@problem
def reparameterised_by_spread() -> Case:
    return reparameterised("sigma")


# -- equations ------------------------------------------------------------------------------------------


@problem
def kaiming_variance() -> Case:
    s = Scope()
    d = s.dim("Dh")
    _vw, vf = s.positive("vw vf")
    after = s.define("after", d * name("vw") * vf / 2)
    asked = goal(GoalKind.SOLVE, relation=eq(after, vf).term, unknown="vw")
    leaves = lambda rng: {"Dh": rng.randint(1, 9), **positives("vf", rng)}  # noqa: E731
    return s, asked, leaves, lambda v: mpf(2) / v["Dh"]


@problem
def uniform_bound() -> Case:
    s = Scope()
    d = s.dim("d")
    (a,) = s.positive("a")
    asked = goal(GoalKind.SOLVE, relation=eq(a**2 / 3, 2 / d).term, unknown="a")
    leaves = lambda rng: {"d": rng.randint(1, 9)}  # noqa: E731
    return s, asked, leaves, lambda v: mp.sqrt(mpf(6) / v["d"])


@problem
def stationary_point() -> Case:
    s = Scope()
    (a,) = s.positive("a")
    x, b, c = s.reals("x b c")
    f = s.define("f", a * x**2 / 2 - b * x + c)
    asked = goal(GoalKind.SOLVE, relation=eq(D(f, x), 0).term, unknown="x")
    leaves = lambda rng: {**numbers("b c")(rng), **positives("a", rng)}  # noqa: E731
    return s, asked, leaves, lambda v: v["b"] / v["a"]


@problem
def optimal_discriminator() -> Case:
    s = Scope()
    a, b = s.positive("a b")
    (d,) = s.reals("d")
    s.assume(0 < d, d < 1)
    v = s.define("V", a * log(d) + b * log(1 - d))
    asked = goal(GoalKind.SOLVE, relation=eq(D(v, d), 0).term, unknown="d")
    return s, asked, lambda rng: positives("a b", rng), lambda v: v["a"] / (v["a"] + v["b"])


def normal_equations(ridge: bool) -> Case:
    s, _, leaves, _ = least_squares()
    d, w, loss = name("d"), name("w"), name("L")
    lam = s.real("lam")
    if ridge:
        loss = s.define("J", loss + lam / 2 * op("square", w))
    stationary = eq(Tab(lambda i: D(loss, w[i]), d), Tab(lambda _: 0, d))

    def oracle(v: Values) -> Any:
        a = matmul(transpose(v["X"]), v["X"])
        for i in range(2):
            a[i][i] += v["n"] * v["lam"] if ridge else 0
        b = matmul(transpose(v["X"]), v["y"])
        return list(mp.lu_solve(mp.matrix(a), mp.matrix(b)))

    more = lambda rng: {**leaves(rng), "lam": number(rng, 0.2, 2)}  # noqa: E731
    return s, goal(GoalKind.SOLVE, relation=stationary.term, unknown="w"), more, oracle


@problem
def normal_equations_of_least_squares() -> Case:
    return normal_equations(ridge=False)


@problem
def normal_equations_with_penalty() -> Case:
    return normal_equations(ridge=True)


@problem
def rectified_recurrent_values() -> Case:
    """Two steps of a recurrent network of rectifiers with given matrices."""
    s = Scope()
    u, w, x = s.matrix("U", 2, 2), s.matrix("W", 2, 3), s.matrix("x", 2, 3)

    def step(t: Expr) -> Expr:
        return relu(w @ x[t] + u @ name("h")[t - 1])

    h = s.family("h", (0, 0, lambda _: Tab(lambda _: 0, 2)), (1, 2, step), entries=(2,))
    given = {"U": [[1, -1], [2, 0]], "W": [[1, 0, 2], [0, 1, -1]], "x": [[1, 2, 0], [0, 1, 1]]}
    at = [eq(name(n)[i, j], q) for n, m in given.items() for i, r in enumerate(m, 1) for j, q in enumerate(r, 1)]

    def oracle(v: Values) -> Any:
        state = [mpf(0), mpf(0)]
        for row in v["x"]:
            fed = zip(matmul(v["W"], row), matmul(v["U"], state), strict=True)
            state = [max(a + b, mpf(0)) for a, b in fed]
        return state

    leaves = lambda _: {n: _mp(m) for n, m in given.items()}  # noqa: E731
    return s, goal(GoalKind.EVALUATE, h[2], at=tuple(c.term for c in at)), leaves, oracle


# -- the tests ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=PROBLEMS, ids=lambda f: f.__name__)
def derived(request: pytest.FixtureRequest) -> tuple[str, Case, Derivation]:
    """A problem by name, and its derivation, made once for the tests that look at it."""
    case = request.param()
    return request.param.__name__, case, derive((case[0].context(), case[1]), book())


def test_problem(derived: tuple[str, Case, Derivation]) -> None:
    title, (scope, asked, leaves, oracle), d = derived
    assert d.proved, d.open
    assert d.answer is not None
    assert not any(s.head in ("der", "lim") for s in subterms(d.answer))
    assert d.verdict is not None
    assert d.verdict.kind is Kind.PROVED
    assert check_record(d.verdict.certificate, book()).kind == "proved"
    rng = random.Random(title)
    for _ in range(3):
        values = leaves(rng)
        expected = oracle(values)
        assert close(Numbers(scope.context(), values)(d.answer), expected)
        for other in d.others if asked.kind is not GoalKind.SOLVE else ():
            assert close(Numbers(scope.context(), values)(other), expected)
    if asked.names is not None:
        used = {s.name() for s in subterms(d.answer) if s.head == "sym"}
        assert used <= asked.names


NUMBERS = (GoalKind.DERIVATIVE, GoalKind.GRADIENT, GoalKind.UPDATE, GoalKind.EVALUATE)


def test_steps(derived: tuple[str, Case, Derivation]) -> None:
    """Each step is proved, and true in numbers where the oracle can tell."""
    title, (_, asked, leaves, _), d = derived
    assert d.steps
    assert all(step.verdict.kind is Kind.PROVED and step.reason for step in d.steps)
    if asked.kind not in NUMBERS or title == weight_decay.__name__:
        return
    values = leaves(random.Random(title))
    for step in d.steps:
        here = dict(values)
        for n, declared in step.context.signature.items():
            if declared.kind == "int" and n not in here:
                here[n] = 1
        n = Numbers(step.context, here)
        one, two = n(step.left), n(step.right)
        assert close(one, two) if step.relation == "=" else not close(one, two)


# -- relations ------------------------------------------------------------------------------------------


def neuron() -> tuple[Scope, Expr, Expr, Expr]:
    s = Scope()
    x, w = s.reals("x w")
    return s, x, w, s.define("a", sigmoid(w * x))


def run(s: Scope, asked: Goal) -> Derivation:
    return derive((s.context(), asked), book())


@pytest.mark.parametrize(("factor", "kind"), [(1, Kind.PROVED), (2, Kind.REFUTED), (-1, Kind.REFUTED)])
def test_show(factor: int, kind: Kind) -> None:
    s, x, w, a = neuron()
    d = run(s, goal(GoalKind.SHOW, relation=eq(D(a, x), factor * w * a * (1 - a)).term))
    assert d.verdict is not None
    assert d.verdict.kind is kind
    assert d.proved == (kind is Kind.PROVED)
    assert bool(d.steps) == d.proved


def test_show_wrong_gradient_of_cross_entropy() -> None:
    scope, asked, _, _ = softmax_cross_entropy()
    j = scope.index("j", 1, name("n"))
    p, y = name("p"), name("y")
    for wrong in (y[j] - p[j], p[j], p[j] * (1 - y[j])):
        d = run(scope, goal(GoalKind.SHOW, relation=eq(D(Expr(asked.target), name("z")[j]), wrong).term))
        assert d.verdict is not None
        assert d.verdict.kind is Kind.REFUTED
        assert d.open


def options(right: bool = True) -> tuple[Scope, Expr, tuple[Choice, ...]]:
    s, x, w, a = neuron()
    last = x * a * (1 - a) if right else w * a * (1 - a)
    choices = (
        Choice("a", ((x * a).term,), correct=False),
        Choice("b", (last.term,), correct=right),
        Choice("c", (eq(D(a, w), x * (1 - a)).term,)),
        Choice("d", none=True),
    )
    return s, D(a, w), choices


def test_choices() -> None:
    s, target, choices = options()
    d = run(s, goal(GoalKind.CHOICES, target, choices=choices))
    assert d.picked == ("b",)
    assert d.proved
    kinds = [v.kind for v in d.choices]
    assert kinds == [Kind.REFUTED, Kind.PROVED, Kind.REFUTED, Kind.REFUTED]
    assert [v.agrees for v in d.choices] == [True, True, None, None]


def test_none_of_the_choices() -> None:
    s, target, choices = options(right=False)
    d = run(s, goal(GoalKind.CHOICES, target, choices=choices))
    assert d.picked == ("d",)


def test_negated_choices() -> None:
    s, target, choices = options()
    d = run(s, goal(GoalKind.CHOICES, target, choices=choices, negated=True))
    assert d.picked == ("a", "c")


def test_choice_of_several_claims() -> None:
    s, x, w, a = neuron()
    both_right = both(0 < a, a < 1)
    one_wrong = both(0 < a, eq(D(a, x), w))
    choices = (Choice("a", (both_right.term,)), Choice("b", (one_wrong.term,)))
    d = run(s, goal(GoalKind.CHOICES, choices=choices))
    assert d.picked == ("a",)
    assert [len(v.verdicts) for v in d.choices] == [2, 2]


def test_undecided_choice_leaves_the_question_open() -> None:
    s = Scope()
    (x,) = s.reals("x")
    choices = (Choice("a", (eq(Lim(sigmoid(x), x, oo), HALF).term,)),)
    d = run(s, goal(GoalKind.CHOICES, choices=choices))
    assert d.open
    assert not d.picked


def test_sign_and_direction() -> None:
    s, _x, _w, a = neuron()
    d = run(s, goal(GoalKind.SIGN, a * (1 - a)))
    assert d.answer is (0 < a * (1 - a)).term
    (u,) = s.reals("u")
    d = run(s, goal(GoalKind.MONOTONE, softplus(u), unknown="u"))
    assert d.answer is (0 < D(softplus(u), u)).term
    d = run(s, goal(GoalKind.SIGN, u * a))
    assert d.answer is None
    assert d.open


# -- what is not claimed ----------------------------------------------------------------------------------


def test_limit_is_never_proved_without_a_certificate() -> None:
    s = Scope()
    (x,) = s.reals("x")
    for target in (Lim(sigmoid(x), x, oo), Lim(x**2, x, 3)):
        d = run(s, goal(GoalKind.LIMIT, target))
        if d.proved:
            assert d.verdict is not None
            assert check_record(d.verdict.certificate, book()).kind == "proved"
        else:
            assert d.open


def test_unknown_loss_has_no_silent_zero() -> None:
    s = Scope()
    loss, w = s.reals("L w")
    s.assume(eq(loss, w**2))
    d = run(s, derivative(D(loss, w)))
    assert d.answer is None
    assert "no definition" in d.open


def test_result_before_the_variable() -> None:
    s = Scope()
    (x,) = s.reals("x")
    z = s.define("z", x**2)
    y = s.define("y", sigmoid(x))
    d = run(s, derivative(D(y, z)))
    assert d.answer is None
    assert "not built from z" in d.open


def test_assumption_that_ties_the_variable() -> None:
    s = Scope()
    x, u = s.reals("x u")
    y = s.define("y", sigmoid(u))
    s.assume(eq(u, x**2))
    d = run(s, derivative(D(y, x)))
    assert d.answer is None
    assert "define" in d.open


def test_answer_is_not_the_question() -> None:
    s = Scope()
    t = s.integer("T", 1)
    w = s.real("w")
    h = s.family("h", (0, 0, lambda _: 1), (1, None, lambda k: w * name("h")[k - 1] ** 2 + 1))
    d = run(s, goal(GoalKind.EVALUATE, h[t]))
    assert d.answer is None
    assert d.open


def test_ties_of_the_maximum_stay_open() -> None:
    s = Scope()
    n = s.dim("n")
    w, k = s.vector("w", n), s.index("k", 1, n)
    d = run(s, derivative(D(Max(lambda i: w[i], 1, n), w[k])))
    assert d.open


def test_goals_are_checked() -> None:
    s, x, w, a = neuron()
    for wrong in (
        goal(GoalKind.DERIVATIVE),
        goal(GoalKind.SHOW),
        goal(GoalKind.CHOICES),
        goal(GoalKind.SOLVE, relation=eq(a, x).term),
        goal(GoalKind.GRADIENT, a, unknown="nobody"),
        goal(GoalKind.EVALUATE, a, at=((x < w).term,)),
    ):
        with pytest.raises(Rejected):
            run(s, wrong)


def test_values_of_a_problem() -> None:
    s, x, w, a = neuron()
    asked = derivative(D(a, w))
    values = (eq(x, 3).term, eq(w, 0).term)
    d = derive(Problem("q1", s.context(), asked, values=values))
    assert d.answer is num(Fraction(3, 4))
    assert d.others == ((a * (1 - a) * x).term,)


def test_quadratic_equation_has_both_solutions() -> None:
    s = Scope()
    (x,) = s.reals("x")
    d = run(s, goal(GoalKind.SOLVE, relation=eq(x**2 - 5 * x + 6, 0).term, unknown="x"))
    assert d.proved
    assert {d.answer, *d.others} == {num(2), num(3)}


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (logistic_neuron, "(a - t)·a·(1 - a)·x"),
        (softmax_cross_entropy, "p - y"),
        (logistic_regression, "(P - y)·x"),
        (linear_layer_weights, "matmul(transpose(X), G)"),
        (tanh_slope, "1 - tanh(x)^2"),
        (two_recurrent_steps_by_w, "(h2 - y)·g'(z2)·h1"),
        (two_recurrent_steps_by_a, "(h2 - y)·g'(z2)·(w·g'(z1)·x1 + x2)"),
        (softmax_jacobian, "diag(p) - outer(p, p)"),
        (least_squares, "matmul(transpose(X), matmul(X, w) - y)/n"),
        (divergence_of_gaussians, "log(s2/s1) - (1/2) + ((m1 - m2)^2 + s1^2)/(2·s2^2)"),
    ],
    ids=lambda x: x.__name__ if callable(x) else "",
)
def test_answers_read_as_in_a_textbook(build: Callable[[], Case], text: str) -> None:
    scope, asked, _, _ = build()
    d = derive((scope.context(), asked), book())
    assert d.answer is not None
    assert say(d.answer) == text


def test_same_derivation_each_time() -> None:
    def outline(build: Callable[[], Case]) -> list[tuple[Term, Term, str]]:
        scope, asked, _, _ = build()
        d = derive((scope.context(), asked), book())
        return [(x.left, x.right, x.reason) for x in d.steps]

    assert outline(logistic_regression) == outline(logistic_regression)
    assert conjuncts(eq(1, 1).term)


def test_scalar_questions_are_quick() -> None:
    scope, asked, _, _ = logistic_neuron()
    context = scope.context()
    derive((context, asked), book())
    start = time.process_time()
    derive((context, asked), book())
    assert time.process_time() - start < 1
