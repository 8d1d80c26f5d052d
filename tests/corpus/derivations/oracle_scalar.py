"""Oracles: activations, single neurons, optimisers, limits and small numbers."""

from __future__ import annotations

from mpmath import mp, mpf
from oracle import Random, Relation, chain, d, derivation, lse, relu, sigma, softmax, step

exp, log, tanh = mp.exp, mp.log, mp.tanh
half = mpf(1) / 2


@derivation("sigmoid.md")
def sigmoid(r: Random) -> list[Relation]:
    z = r.num()
    s, e = sigma(z), exp(-z)
    inner = d(lambda t: 1 + exp(-t), z)
    return [
        *chain(
            d(sigma, z),
            (d(lambda t: 1 / (1 + exp(-t)), z), d(lambda t: 1 / (1 - exp(-t)), z)),
            (-((1 + e) ** -2) * inner, (1 + e) ** -2 * inner),
            (e / (1 + e) ** 2, e / (1 + e)),
            (1 / (1 + e) * e / (1 + e), 1 / (1 + e) / (1 + e)),
            (s * (1 - s), s * (1 + s)),
        ),
        step(d(lambda t: d(sigma, t), z), s * (1 - s) * (1 - 2 * s), s * (1 - s) * (1 - s), tol=1e-14),
    ]


@derivation("tanh.tex")
def tangent(r: Random) -> list[Relation]:
    x = r.num(0.1, 2)
    e, s, t = exp, sigma(2 * x), tanh(x)

    def ds(u: mpf) -> mpf:
        return d(sigma, u)

    return [
        *chain(
            t,
            ((e(x) - e(-x)) / (e(x) + e(-x)), (e(x) - e(-x)) / (e(x) - e(-x))),
            ((1 - e(-2 * x)) / (1 + e(-2 * x)), (1 - e(-x)) / (1 + e(-2 * x))),
            (2 / (1 + e(-2 * x)) - 1, 2 / (1 + e(-2 * x)) + 1),
            (2 * s - 1, 2 * sigma(x) - 1),
        ),
        *chain(
            d(tanh, x),
            (4 * ds(2 * x), 4 * ds(x)),
            (4 * s * (1 - s), 4 * s * (1 - sigma(x))),
            ((1 + t) * (1 - t), (1 + t) * t),
            (1 - t**2, 1 - t),
        ),
    ]


@derivation("neuron.md")
def neuron(r: Random) -> list[Relation]:
    w, x, b, y = (r.num() for _ in range(4))

    def loss(w: mpf, x: mpf, b: mpf) -> mpf:
        return half * (sigma(w * x + b) - y) ** 2

    z = w * x + b
    a = sigma(z)
    la, az, zw = d(lambda a: half * (a - y) ** 2, a), d(sigma, z), d(lambda w: w * x + b, w)
    return [
        step(la, a - y, y - a),
        step(az, a * (1 - a), a * (1 + a)),
        step(zw, x, w),
        step(d(lambda b: w * x + b, b), mpf(1), b),
        *chain(
            d(lambda w: loss(w, x, b), w),
            (la * az * zw, la * zw),
            ((a - y) * a * (1 - a) * x, (a - y) * a * (1 - a) * w),
        ),
        step(d(lambda b: loss(w, x, b), b), (a - y) * a * (1 - a), (a - y) * a),
        step(d(lambda x: loss(w, x, b), x), (a - y) * a * (1 - a) * w, (a - y) * a * (1 - a) * x),
    ]


@derivation("logloss.md")
def logloss(r: Random) -> list[Relation]:
    w, x, b, y = (r.num() for _ in range(4))
    z = w * x + b
    p = sigma(z)

    def of_p(p: mpf) -> mpf:
        return -y * log(p) - (1 - y) * log(1 - p)

    lp, pz = d(of_p, p), d(sigma, z)

    def of_w(w: mpf) -> mpf:
        return of_p(sigma(w * x + b))

    return [
        *chain(
            lp, (-y / p + (1 - y) / (1 - p), -y / p - (1 - y) / (1 - p)), ((p - y) / p / (1 - p), (y - p) / p / (1 - p))
        ),
        step(pz, p * (1 - p), p**2 * (1 - p)),
        *chain(d(lambda z: of_p(sigma(z)), z), (lp * pz, lp * p), (p - y, p + y)),
        step(d(of_w, w), (p - y) * x, (p - y) * w),
        step(d(lambda w: d(of_w, w), w), p * (1 - p) * x**2, p * (1 - p) * x, tol=1e-14),
    ]


@derivation("softplus.tex")
def softplus(r: Random) -> list[Relation]:
    x, b = r.num(), r.pos()

    def f(x: mpf) -> mpf:
        return log(1 + exp(b * x)) / b

    e, s = exp(b * x), sigma(b * x)
    return [
        *chain(d(f, x), (b * e / (1 + e) / b, e / (1 + e) / b), (1 / (1 + exp(-b * x)), 1 / (1 + e)), (s, b * s)),
        step(d(lambda x: d(f, x), x), b * s * (1 - s), s * (1 - s), tol=1e-14),
        *chain(
            f(-x),
            (log(exp(-b * x) * (e + 1)) / b, log(exp(-b * x) * abs(e - 1)) / b),
            (-x + log(1 + e) / b, -b * x + log(1 + e) / b),
            (f(x) - x, f(x) + x),
        ),
    ]


@derivation("swish.md")
def swish(r: Random) -> list[Relation]:
    x, b = r.num(), r.pos()

    def f(x: mpf) -> mpf:
        return x * sigma(b * x)

    s, inner = sigma(b * x), d(lambda x: sigma(b * x), x)
    return [
        *chain(
            d(f, x),
            (s + x * inner, x * inner),
            (s + b * x * s * (1 - s), s + x * s * (1 - s)),
            (s * (1 + b * x * (1 - s)), s * (1 - b * x * (1 - s))),
            (b * f(x) + s * (1 - b * f(x)), b * f(x) + s * (1 - f(x))),
        ),
        step(d(f, mpf(0)), half, mpf(1)),
        step(d(lambda b: x * sigma(b * x), b), x**2 * s * (1 - s), x * s * (1 - s)),
    ]


@derivation("relunet.tex", points=1)
def relunet(r: Random) -> list[Relation]:
    x1, x2, y = mpf(2), mpf(-1), 1
    z1, z2 = x1 + 3 * x2, 2 * x1 - x2
    h1, h2 = relu(z1), relu(z2)
    p = 4 * h1 + half * h2 - 1
    return [
        step(z1, 2 + 3 * mpf(-1)),
        step(2 + 3 * mpf(-1), mpf(-1), mpf(5)),
        step(z2, 2 * 2 - mpf(-1)),
        step(2 * 2 - mpf(-1), mpf(5), mpf(3)),
        step(h1, relu(mpf(-1))),
        step(relu(mpf(-1)), mpf(0), mpf(-1)),
        step(h2, mpf(5), mpf(25)),
        *chain(p, (4 * 0 + mpf(5) / 2 - 1, mpf(5) - 1), (mpf(3) / 2, mpf(7) / 2)),
        step((p - y) ** 2, (mpf(3) / 2 - 1) ** 2),
        step((mpf(3) / 2 - 1) ** 2, mpf(1) / 4, half),
    ]


@derivation("bell.md")
def bell(r: Random) -> list[Relation]:
    g, x = r.pos(), r.num()

    def f(x: mpf) -> mpf:
        return exp(-g * x**2)

    f1 = d(f, x)
    s2 = 1 / (2 * g)
    return [
        *chain(f1, (-2 * g * x * f(x), -g * x * f(x)), (-2 * g * x * f(x), 2 * g * x * f(x))),
        *chain(
            d(lambda x: d(f, x), x),
            (-2 * g * f(x) - 2 * g * x * f1, -2 * g * f(x)),
            (2 * g * (2 * g * x**2 - 1) * f(x), 2 * g * (2 * g * x**2 + 1) * f(x)),
            tol=1e-14,
        ),
        *chain(2 * g * s2 - 1, (2 * g * (1 / (2 * g)) - 1, 2 * g * 2 * g - 1), (mpf(0), mpf(1))),
    ]


@derivation("momentum.md")
def momentum(r: Random) -> list[Relation]:
    b, eta, w0, g1, g2, g3 = r.num(0.1, 0.9), r.pos(), *(r.num() for _ in range(4))
    v1 = g1
    v2 = b * v1 + g2
    v3 = b * v2 + g3
    w3 = w0 - eta * v1 - eta * v2 - eta * v3
    return [
        step(v2, b * g1 + g2, b * g2 + g2),
        *chain(v3, (b * (b * g1 + g2) + g3, b * (g1 + g2) + g3), (b**2 * g1 + b * g2 + g3, b * g1 + b * g2 + g3)),
        *chain(
            w3,
            (w0 - eta * (v1 + v2 + v3), w0 - eta * (v1 + v3)),
            (
                w0 - eta * ((1 + b + b**2) * g1 + (1 + b) * g2 + g3),
                w0 - eta * ((1 + b + b**2) * g1 + (1 - b) * g2 + g3),
            ),
        ),
        step(1 + b + b**2 + 1 + b + 1, 3 + 2 * b + b**2, 2 + 2 * b + b**2),
        step(1 + b + b**2, (1 - b**3) / (1 - b), (1 - b**2) / (1 - b)),
    ]


@derivation("adam.tex")
def adam(r: Random) -> list[Relation]:
    g1, g2, b1, b2, eta = -r.pos(), r.num(), r.num(0.1, 0.9), r.num(0.1, 0.9), r.pos()
    m1, v1 = (1 - b1) * g1, (1 - b2) * g1**2
    m2, v2 = b1 * m1 + (1 - b1) * g2, b2 * v1 + (1 - b2) * g2**2
    hat = eta * (m1 / (1 - b1)) / mp.sqrt(v1 / (1 - b2))
    return [
        *chain(m1 / (1 - b1), ((1 - b1) * g1 / (1 - b1),), (g1, b1 * g1)),
        step(v1 / (1 - b2), g1**2, g1),
        *chain(hat, (eta * g1 / mp.sqrt(g1**2),), (eta * g1 / abs(g1), eta * abs(g1) ** 2 / g1**2)),
        *chain(
            m2,
            (b1 * (1 - b1) * g1 + (1 - b1) * g2, b1 * (1 - b1) * g2 + (1 - b1) * g1),
            ((1 - b1) * (b1 * g1 + g2), (1 - b1) * (g1 + b1 * g2)),
        ),
        step(v2, (1 - b2) * (b2 * g1**2 + g2**2), (1 - b2) * (b2 * g1 + g2**2)),
        step((1 - b1) * (b1 + 1), 1 - b1**2, 1 - b1),
    ]


@derivation("quadratic.md")
def quadratic(r: Random) -> list[Relation]:
    a, c, w0, eta = r.pos(), r.num(), r.num(), r.pos()

    def f(w: mpf) -> mpf:
        return a / 2 * (w - c) ** 2

    w1 = w0 - eta * d(f, w0)
    k = 1 - eta * a
    return [
        *chain(
            w1 - c,
            (w0 - c - eta * a * (w0 - c), w0 - c - eta * a * (w0 + c)),
            (k * (w0 - c), (1 + eta * a) * (w0 - c)),
        ),
        *chain(
            a / 2 * (w1 - c) ** 2,
            (a / 2 * k**2 * (w0 - c) ** 2, a / 2 * k * (w0 - c) ** 2),
            (k**2 * f(w0), k**2 * f(w1)),
            (f(w0) - eta * a * (2 - eta * a) * f(w0), f(w0) - eta * a * (1 - eta * a) * f(w0)),
        ),
        step(w0 - 1 / a * a * (w0 - c), c, -c),
    ]


@derivation("taylor.tex", points=1)
def taylor(r: Random) -> list[Relation]:
    e = mpf(10) ** -8

    def order(left: mpf, right: mpf, bad: mpf) -> Relation:
        return step((left - right) / e**2, mpf(0), (left - bad) / e**2, tol=1e-6)

    return [
        order(sigma(e), half + e / 4, half + e / 2),
        order(tanh(e), e, 2 * e),
        order(log(1 + exp(e)), log(2) + e / 2 + e**2 / 8, log(2) + e / 2 + e**2 / 4),
        order(exp(-e), 1 - e + e**2 / 2, 1 + e + e**2 / 2),
    ]


@derivation("limits.tex", points=1)
def limits(r: Random) -> list[Relation]:
    far, near, a = mpf(60), mpf(10) ** -12, r.pos()
    t = mpf(10) ** 12
    return [
        step(sigma(far), mpf(1), half, tol=1e-9),
        step(tanh(-far), mpf(-1), mpf(0), tol=1e-9),
        step(far * exp(-far), mpf(0), mpf(1), tol=1e-9),
        *chain(log(1 + near) / near, (1 / (1 + near), near / (1 + near)), (mpf(1), mpf(0)), tol=1e-9),
        *chain(log(1 + exp(far)) - far, (log(1 + exp(-far)), log(2)), (mpf(0), log(2)), tol=1e-9),
        step(exp(a / t) / (exp(a / t) + 1), half, mpf(1), tol=1e-9),
    ]


@derivation("logsumexp.md")
def logsumexp(r: Random) -> list[Relation]:
    z, c, i, k = [r.num() for _ in range(3)], r.num(), r.randrange(3), r.randrange(3)
    e = [exp(x) for x in z]
    s = sum(e)

    def moved(j: int, f: object = lse) -> object:
        return lambda v: f([v if m == j else x for m, x in enumerate(z)])  # type: ignore[operator]

    def slope(i: int) -> object:
        return d(moved(i), z[i])

    hess = d(moved(k, lambda z: softmax(z)[i]), z[k])
    delta = mpf(i == k)
    return [
        *chain(lse([x + c for x in z]), (log(exp(c) * s), log(abs(c) * s)), (c + lse(z), c - lse(z))),
        *chain(
            slope(i),
            (d(moved(i, lambda z: sum(map(exp, z))), z[i]) / s, d(moved(i, sum), z[i]) / s),
            (e[i] / s, 1 / e[i] / s),
        ),
        step(hess, delta * e[i] / s - e[i] * e[k] / s**2, delta * e[i] / s - e[i] * e[k] / s),
        step(slope(0) + slope(1) + slope(2), mpf(1), mpf(3)),
    ]


@derivation("counting.md", points=1)
def counting(r: Random) -> list[Relation]:
    k, s, p, n = 5, 2, 2, 32
    return [
        *chain(
            mpf(n + 2 * p - k - 1) / s + 1,
            (mpf(32 + 4 - 5 - 1) / 2 + 1, mpf(32 + 2 - 5 - 1) / 2 + 1),
            (mpf(30) / 2 + 1,),
            (mpf(16), mpf(15)),
        ),
        *chain(mpf(8 * (3 * 25 + 1)), (mpf(8 * 76), mpf(8 * 75)), (mpf(608), mpf(600))),
        step(mpf(8 * 16 * 16), mpf(2048), mpf(128)),
        step(mpf(10 * 2048 + 10), mpf(20490), mpf(20480)),
    ]
