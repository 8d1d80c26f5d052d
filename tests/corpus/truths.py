"""Expected answers of the questions in problems/, as numbers at points, computed apart from the project.

Where a question asks for a derivative, the stated loss is differentiated by finite differences; counts are counted,
limits approached, running means summed term by term. An oracle gets the values "at" a point (leaf names in LaTeX
spelling, as in oracles.py; "quadratic": [c, b, A] is the function c + b.x + x.Ax of a vector, "least_squares": [A, B]
the function |AX - B|^2 / 2 of a matrix) and returns the value of the answer, a list if there are several, and the
values of the intermediate names in which it is usually printed ("named"). Run as a script, it writes all values anew.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mpmath import diff, exp, findroot, log, mpf, sqrt, tanh, workdps
from oracles import dot, gradient, identifier, logistic, matmul, matrix_gradient, number, plain, softmax, transpose

TRUTH = Path(__file__).with_name("truth.json")


def function(x: Any) -> Any:
    """The functions that a point may carry, besides those of the formulas."""
    match x:
        case {"quadratic": [c, b, a]}:
            c, b, a = number(c), number(b), number(a)
            return lambda u: c + dot(b, u) + dot(u, [dot(row, u) for row in a])
        case {"least_squares": [a, b]}:
            a, b = number(a), number(b)
            return lambda u: (
                sum((p - q) ** 2 for r, s in zip(matmul(a, u), b, strict=True) for p, q in zip(r, s, strict=True))
                / mpf(2)
            )
    return number(x)


def running_mean(beta, terms):
    """The exponential running mean from zero, step by step."""
    m = terms[0] * 0
    for x in terms:
        m = beta * m + (1 - beta) * x
    return m


def up_to(family, last):
    return [family[i] for i in sorted(family) if i <= last]


def columns(family, last):
    """The components of a family of vectors, each as a list over time."""
    return transpose(up_to(family, last))


def elu(u, alpha):
    return u if u > 0 else alpha * (exp(u) - 1)


def explicit_mean(beta, terms):
    """The exponential running mean as the sum that the questions define."""
    last = len(terms) - 1
    return (1 - beta) * sum(beta ** (last - i) * x for i, x in enumerate(terms))


def weights(beta, count):
    return (1 - beta) * sum(beta ** (count - 1 - i) for i in range(count))


def value_loss(theta, target, hat_q, k):
    value = gradient(lambda u: (target - hat_q(u)) ** 2 / 2, theta)[k - 1]
    slope = gradient(hat_q, theta)[k - 1]
    return value, {"\\hat q": hat_q(theta), "\\frac{\\partial \\hat q}{\\partial \\theta_k}": slope}


def penalised_value_loss(theta, target, hat_q, k, lambda_):
    def loss(u):
        return (target - hat_q(u)) ** 2 / 2 + lambda_ / 2 * dot(u, u)

    return gradient(loss, theta)[k - 1], {"g_k": value_loss(theta, target, hat_q, k)[0]}


def running_mean_row(beta, terms, before, new):
    """A running mean by its defining sum, with its last value and newest term."""
    return explicit_mean(beta, terms), {before: explicit_mean(beta, terms[:-1]) if terms[:-1] else 0, new: terms[-1]}


def adam_means(g, t, beta, power):
    return explicit_mean(beta, [x**power for x in up_to(g, t)])


def bias_corrected(g, t, beta_1, beta_2):
    m, v = adam_means(g, t, beta_1, 1), adam_means(g, t, beta_2, 2)
    return [m / weights(beta_1, t), v / weights(beta_2, t)], {"m^{(t)}": m, "v^{(t)}": v}


def adam_step(g, t, beta_1, beta_2, eta, epsilon, w_t_1):
    (m, v), named = bias_corrected(g, t, beta_1, beta_2)
    return w_t_1 - eta * m / (sqrt(v) + epsilon), {"\\hat m^{(t)}": m, "\\hat v^{(t)}": v, **named}


def shifted_loss(x, a, y):
    shifted = [u + a for u in x]
    return -log(exp(-a) * softmax(shifted)[y - 1]) + log(softmax(x)[y - 1])


def entries(*shape):
    return sum(1 for _ in range(shape[0]) for _ in range(shape[1]))


def weight_decay(theta_k, L, alpha, lambda_):
    def loss(u):
        return L(u) + lambda_ / 2 * sum(c**2 for row in u for c in row)

    slope = matrix_gradient(loss, theta_k)
    value = [[c - alpha * s for c, s in zip(*rows, strict=True)] for rows in zip(theta_k, slope, strict=True)]
    return value, {"\\nabla L(\\theta_k)": matrix_gradient(L, theta_k)}


def reached(layers, cells):
    """The input cells which the given output cells of a stack of (kernel, stride) layers depend on."""
    for kernel, stride in reversed(layers):
        cells = {c * stride + i for c in cells for i in range(kernel)}
    return cells


NETWORK = {
    "x1": 1, "x2": -2, "w11": "-0.5", "w12": 1, "w13": 2, "w21": -1, "w22": "0.5", "w23": "1.5", "b1": "0.5", "b2": 0,
    "b3": -1, "v11": 1, "v12": "-0.5", "v21": "-0.5", "v22": 2, "v31": -1, "v32": 1, "b4": -1, "b5": 2, "y1": 1,
    "y2": 1,
}  # fmt: skip


def network(**changed):
    """The states, outputs and loss of the small leaky network."""
    n = {k: mpf(x) for k, x in (NETWORK | changed).items()}
    h = [n[f"w1{j}"] * n["x1"] + n[f"w2{j}"] * n["x2"] + n[f"b{j}"] for j in (1, 2, 3)]
    act = [u if u >= 0 else u / 2 for u in h]
    out = [sum(n[f"v{i + 1}{j}"] * act[i] for i in range(3)) + n[f"b{3 + j}"] for j in (1, 2)]
    return [*h, *act, *out], sum((out[j - 1] - n[f"y{j}"]) ** 2 for j in (1, 2)) / 2


def network_slope():
    return diff(lambda u: network(w11=u)[1], mpf("-0.5"))


def squares(family, last):
    return [[u**2 for u in c] for c in columns(family, last)]


def moments(family, k, beta_1, beta_2):
    m = [explicit_mean(beta_1, c) for c in columns(family, k)]
    v = [explicit_mean(beta_2, c) for c in squares(family, k)]
    return m, v


def second_moment(nabla_theta_L_theta_i, k, beta):
    value = [explicit_mean(beta, c) for c in squares(nabla_theta_L_theta_i, k)]
    return value, {"s^k": [running_mean(beta, c[:-1]) if c[:-1] else 0 for c in squares(nabla_theta_L_theta_i, k)]}


def corrected(nabla_theta_L_theta_i, k, beta_1, beta_2):
    m, v = moments(nabla_theta_L_theta_i, k, beta_1, beta_2)
    value = [[u / weights(beta_1, k + 1) for u in m], [u / weights(beta_2, k + 1) for u in v]]
    return value, {"m^{k+1}": m, "v^{k+1}": v}


def rms_step(nabla_theta_L_theta_i, k, beta, alpha, epsilon, theta_k):
    s = second_moment(nabla_theta_L_theta_i, k, beta)[0]
    value = [t - alpha * g / (sqrt(u) + epsilon) for t, g, u in zip(theta_k, nabla_theta_L_theta_i[k], s, strict=True)]
    return value, {"s^{k+1}": s}


def adam_vector_step(nabla_theta_L_theta_i, k, beta_1, beta_2, alpha, epsilon, theta_k):
    m, v = corrected(nabla_theta_L_theta_i, k, beta_1, beta_2)[0]
    value = [t - alpha * a / (sqrt(b) + epsilon) for t, a, b in zip(theta_k, m, v, strict=True)]
    return value, {"\\hat m^{k+1}": m, "\\hat v^{k+1}": v}


def first_moment(nabla_theta_L_theta_i, k, beta_1):
    value = [explicit_mean(beta_1, c) for c in columns(nabla_theta_L_theta_i, k)]
    return value, {"m^k": [running_mean(beta_1, c[:-1]) if c[:-1] else 0 for c in columns(nabla_theta_L_theta_i, k)]}


def adam_second(nabla_theta_L_theta_i, k, beta_2):
    value, named = second_moment(nabla_theta_L_theta_i, k, beta_2)
    return value, {"v^k": named["s^k"]}


def separable(alpha, x, y, w_star):
    def loss(w):
        return sum(log(1 + exp(-y[i] * dot(w, x[i]))) for i in x)

    value = diff(lambda u: loss([u * c for c in w_star]), alpha)
    return value, {"m": {"from": 1, "entries": [y[i] * dot(w_star, x[i]) for i in sorted(x)]}}


def cross_entropy(w, x, y):
    p = logistic(dot(w, x))
    return -y * log(p) - (1 - y) * log(1 - p)


def largest_square(w):
    return max(map(abs, w)) ** 2


def penalised(w, x, y, lambda_, i):
    value = gradient(lambda u: cross_entropy(u, x, y) + lambda_ / 2 * largest_square(u), w)[i - 1]
    return value, {"P": logistic(dot(w, x)), "k": 1 + max(range(len(w)), key=lambda j: abs(w[j]))}


def recurrent_update(w, a, x_1, x_2, y, eta, g):
    def states(u):
        z1 = a * x_1
        z2 = u * g(z1) + a * x_2
        return z1, g(z1), z2, g(z2)

    z1, h1, z2, h2 = states(w)
    named = {"z_1": z1, "h_1": h1, "z_2": z2, "h_2": h2, "g'(z_1)": diff(g, z1), "g'(z_2)": diff(g, z2)}
    return w - eta * diff(lambda u: (states(u)[3] - y) ** 2 / 2, w), named


def linear_recurrence(w, u, b, x_1, x_2, ell):
    def last(v):
        return v * (u * x_1 + b) + u * x_2 + b

    return diff(lambda v: ell(last(v)), w), {"h_1": u * x_1 + b, "g": diff(ell, last(w))}


def places(length, padding, kernel):
    return sum(1 for start in range(-padding, length) if start + kernel <= length + padding)


def hard_attention():
    q, k = [[-2, 1, 1, -3], [-3, 0, -3, -3]], [[-3, 2, -2, -5], [-3, 4, 1, -4], [-1, 2, 3, -2]]
    v = [[-2, -2], [2, 3], [0, 2]]
    return [v[max(range(3), key=lambda l, row=row: dot(row, k[l]))] for row in q]


def softmax_first(n):
    """The first component of the softmax of (0, 1, ..., 1)."""
    powers = [exp(mpf(0)), *[exp(mpf(1))] * (n - 1)]
    return powers[0] / sum(powers)


ORACLES: dict[str, Callable[..., Any]] = {
    "000/P1.Q4": lambda x: (diff(lambda u: exp(u**2 + tanh(u)), x), {"y": exp(x**2 + tanh(x))}),
    "000/P1.Q5": lambda: softmax_first(10000),
    "000/P3.Pr1.c1": value_loss,
    "000/P3.Pr1.Q3": penalised_value_loss,
    "001/CS.sigmoid": lambda x: (diff(logistic, x), {"\\sigma(x)": logistic(x)}),
    "001/CS.tanh": lambda x: (diff(tanh, x), {"\\tanh(x)": tanh(x)}),
    "001/CS.relu": lambda x: diff(lambda u: max(u, mpf(0)), x),
    "001/CS.elu": lambda x, alpha: diff(lambda u: elu(u, alpha), x),
    "001/CS.sgd": lambda w_t_1, eta, g_t: findroot(lambda u: g_t + (u - w_t_1) / eta, 0),
    "001/CS.momentum": lambda u_t_1, eta, beta_1, g, t: (
        u_t_1 - eta * running_mean(beta_1, up_to(g, t)),
        {"m^{(t-1)}": running_mean(beta_1, up_to(g, t - 1)) if t > 1 else 0, "g^{(t)}": g[t]},
    ),
    "001/CS.adam.m": lambda beta_1, g, t: running_mean_row(beta_1, up_to(g, t), "m^{(t-1)}", "g^{(t)}"),
    "001/CS.adam.v": lambda beta_2, g, t: (
        adam_means(g, t, beta_2, 2),
        {"v^{(t-1)}": running_mean(beta_2, [x**2 for x in up_to(g, t - 1)]) if t > 1 else 0, "g^{(t)}": g[t]},
    ),
    "001/CS.adam.hat": bias_corrected,
    "001/CS.adam.w": adam_step,
    "001/1": shifted_loss,
    "001/9a": lambda a, b, r: mpf(entries(a, r) + entries(r, b)) / entries(a, b),
    "002/2.4": weight_decay,
    "002/4.7": lambda: len(reached([(5, 1), (2, 2)], {0})),
    "002/6.1": lambda: network()[0],
    "002/6.2": lambda: network()[1],
    "002/6.3": lambda: [network_slope(), mpf("-0.5") - mpf("0.1") * network_slope()],
    "002/8.f1": second_moment,
    "002/8.f2": rms_step,
    "002/8.f3": adam_vector_step,
    "002/8.f4": first_moment,
    "002/8.f5": adam_second,
    "002/8.f6": corrected,
    "002/8.6": lambda g, k, beta_1: [running_mean(beta_1, [c] * k) if k else 0 for c in g],
    "002/8.7": lambda x, w: [diff(lambda u: u * x, w), diff(lambda u: u * x, w, 2)],
    "003/P1.Q1": lambda: [
        softmax([z * 1000 for z in (4, 3, 2, 1)]),
        softmax([z / mpf(10) ** 30 for z in (4, 3, 2, 1)]),
    ],
    "003/P1.Q1.c1": lambda a, T: softmax([a / T] * 4),
    "003/P1.Q2": separable,
    "003/P1.Q3": penalised,
    "003/P1.Q3.c1": lambda w, i: gradient(largest_square, w)[i - 1],
    "003/P1.Q3.c2": lambda w, x, y: (gradient(lambda u: cross_entropy(u, x, y), w), {"P": logistic(dot(w, x))}),
    "003/P1.Q6": recurrent_update,
    "004/1.a.vi": lambda M, N, m, n: [places(M, 0, m), places(N, 0, n)],
    "004/1.a.v": lambda M, N, m, n: [
        next(p for p in range(length) if places(length, p, kernel) == length) for length, kernel in ((M, m), (N, n))
    ],
    "004/1.c.i": lambda x, f: (f(x) - x, {"f(x)": f(x)}),
    "004/2.b.i": lambda p_d, p_g: findroot(
        lambda D: diff(lambda u: p_d * log(u) + p_g * log(1 - u), D), (mpf("0.001"), mpf("0.999")), solver="anderson"
    ),
    "004/2.b.iii.c1": lambda a: diff(lambda u: log(1 - logistic(u)), a),
    "004/2.c.i": linear_recurrence,
    "004/2.d.i": hard_attention,
}


@workdps(40)
def point(row: str, at: dict[str, Any]) -> dict[str, Any]:
    """A point with the value of the answer and of the intermediate names."""
    oracle = ORACLES[row]
    names = {identifier(k): function(x) for k, x in at.items()}
    found = oracle(**{k: names[k] for k in inspect.signature(oracle).parameters})
    value, named = found if isinstance(found, tuple) else (found, {})
    named = {k: {**x, "entries": plain(x["entries"])} if isinstance(x, dict) else plain(x) for k, x in named.items()}
    return {"at": at, **({"named": named} if named else {}), "value": plain(value)}


if __name__ == "__main__":
    data = json.loads(TRUTH.read_text(encoding="utf-8"))
    for item in data:
        item["answer_values"] = [point(item["row"], p["at"]) for p in item["answer_values"]]
    lines = ",\n ".join(json.dumps(item, ensure_ascii=False) for item in data)
    TRUTH.write_text(f"[\n {lines}\n]\n", encoding="utf-8")
