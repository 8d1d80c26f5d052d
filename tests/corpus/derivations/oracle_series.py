"""Oracles: recurrences, running averages, numbers by hand, pieces, and lines that rest on one sentence."""

from __future__ import annotations

from mpmath import mp, mpf
from oracle import (
    ILL,
    Random,
    Relation,
    ap,
    approx,
    chain,
    d,
    derivation,
    dg,
    dot,
    grad,
    jac,
    relu,
    sigma,
    softmax,
    sq,
    step,
)

exp, log, tanh = mp.exp, mp.log, mp.tanh
half = mpf(1) / 2


def kron(i: int, j: int) -> mpf:
    return mpf(i == j)


@derivation("rnn.md")
def rnn(r: Random) -> list[Relation]:
    w, u, h0, x1, x2, y = (r.num() for _ in range(6))

    def first(w: mpf, u: mpf, x1: mpf) -> mpf:
        return tanh(w * h0 + u * x1)

    def second(w: mpf, u: mpf, x1: mpf) -> mpf:
        return tanh(w * first(w, u, x1) + u * x2)

    def L(w: mpf = w, u: mpf = u, x1: mpf = x1) -> mpf:
        return half * (second(w, u, x1) - y) ** 2

    h1, h2 = first(w, u, x1), second(w, u, x1)
    d1, d2 = 1 - h1**2, 1 - h2**2
    h1w, h2w = d(lambda w: first(w, u, x1), w), d(lambda w: second(w, u, x1), w)
    lw = d(lambda w: L(w=w), w)
    lh1 = d(lambda h: half * (tanh(w * h + u * x2) - y) ** 2, h1)
    e = h2 - y
    return [
        step(lw, e * h2w, (h1 - y) * h2w),
        step(h2w, d2 * (h1 + w * h1w), d2 * h1),
        step(h1w, d1 * h0, h0),
        step(lw, e * d2 * (h1 + w * d1 * h0), e * d2 * (h1 + w * d2 * h0)),
        step(d(lambda u: L(u=u), u), e * d2 * (x2 + w * d1 * x1), e * d2 * (x2 + u * d1 * x1)),
        step(lh1, e * d2 * w, e * h2**2 * w),
        step(d(lambda x: L(x1=x), x1), lh1 * d1 * u, lh1 * d1 * w),
    ]


@derivation("bptt.tex")
def bptt(r: Random) -> list[Relation]:
    w, x1, x2, x3, T = r.num(), r.num(), r.num(), r.num(), r.randrange(1, 6)
    x = [x1, x2, x3]

    def h(t: int, w: mpf = w, x1: mpf = x1) -> mpf:
        return mpf(0) if t == 0 else w * h(t - 1, w, x1) + (x1 if t == 1 else x[t - 1])

    h1, h2, h3 = h(1), h(2), h(3)
    dh2, dh3 = d(lambda w: h(2, w), w), d(lambda w: h(3, w), w)
    return [
        step(h1, x1, w * x1),
        step(h2, w * x1 + x2, w * x1 + x1),
        *chain(h3, (w * (w * x1 + x2) + x3,), (w**2 * x1 + w * x2 + x3, w * x1 + w * x2 + x3)),
        step(
            h3,
            sum(w ** (3 - k) * x[k - 1] for k in (1, 2, 3)),
            sum(w ** (4 - k) * x[k - 1] for k in (1, 2, 3)),
        ),
        *chain(dh3, (h2 + w * dh2, h2 + w * dh2**2), (h2 + w * h1, h2 + w * h2), (2 * w * x1 + x2, w * x1 + x2)),
        *chain(d(lambda t: h(3, w, t), x1), (w * w * 1, w * 1), (w**2, w**3)),
        step(sum(w ** (T - k) for k in range(1, T + 1)), (1 - w**T) / (1 - w), (1 - w ** (T - 1)) / (1 - w)),
    ]


@derivation("jacobians.tex")
def jacobians(r: Random) -> list[Relation]:
    n = 3
    W, c, h0 = r.mat(n, n), r.vec(n), r.vec(n)

    def f(h: mp.matrix) -> mp.matrix:
        return ap(tanh, W * h)

    def slopes(h: mp.matrix) -> mp.matrix:
        return dg(ap(lambda t: 1 - t * t, h))

    h1 = f(h0)
    D1, D2 = slopes(h1), slopes(f(h1))
    J1, J2 = jac(f, h0), jac(f, h1)
    g1 = grad(lambda h: dot(c, f(h)), h1)
    return [
        step(J1, D1 * W, W * D1),
        *chain(jac(lambda h: f(f(h)), h0), (J2 * J1, J1 * J2), (D2 * W * D1 * W, D2 * W * W)),
        step(g1, W.T * D2 * c, W * D2 * c),
        *chain(
            grad(lambda h: dot(c, f(f(h))), h0),
            (W.T * D1 * g1, W.T * D2 * g1),
            (W.T * D1 * W.T * D2 * c, W.T * D2 * W.T * D1 * c),
        ),
    ]


@derivation("averages.md")
def averages(r: Random) -> list[Relation]:
    b, g, t = r.num(0.1, 0.9), r.num(), r.randrange(1, 6)
    m1 = (1 - b) * g
    m2 = b * m1 + (1 - b) * g
    m3 = b * m2 + (1 - b) * g
    nine = mpf(9) / 10
    return [
        *chain(m2, (b * (1 - b) * g + (1 - b) * g, b * (1 - b) * g + b * g), ((1 - b**2) * g, (1 + b**2) * g)),
        *chain(
            m3,
            (b * (1 - b**2) * g + (1 - b) * g, b * (1 - b) * g + (1 - b) * g),
            ((1 - b**3) * g, (1 - b**2) * g),
        ),
        step((1 - b) * sum(b**i for i in range(t)), 1 - b**t, 1 - b ** (t - 1)),
        step(1 - nine**2, mpf(19) / 100, mpf(1) / 10),
    ]


@derivation("rmsprop.md")
def rmsprop(r: Random) -> list[Relation]:
    p, g1, g2 = r.num(0.1, 0.9), r.num(), r.num()

    def s1(g1: mpf) -> mpf:
        return (1 - p) * g1**2

    def s2(g1: mpf, g2: mpf) -> mpf:
        return p * s1(g1) + (1 - p) * g2**2

    tenth = mpf(1) / 10
    return [
        step(s1(g1), (1 - p) * g1**2, (1 - p) * g1),
        *chain(
            s2(g1, g2),
            (p * (1 - p) * g1**2 + (1 - p) * g2**2, (1 - p) * g1**2 + (1 - p) * g2**2),
            ((1 - p) * (p * g1**2 + g2**2), (1 - p) * (g1**2 + p * g2**2)),
        ),
        step(d(lambda g: s2(g, g2), g1), 2 * p * (1 - p) * g1, 2 * (1 - p) * g1),
        step(d(lambda g: s2(g1, g), g2), 2 * (1 - p) * g2, 2 * (1 - p) * g2**2),
        step(d(lambda s: p * s + (1 - p) * g2**2, s1(g1)), p, 1 - p),
        *chain(
            9 * tenth * 4 * tenth + tenth,
            (mpf("0.36") + tenth, mpf("0.36") + tenth**2),
            (mpf("0.46"), mpf("0.37")),
        ),
        approx(mp.sqrt(mpf("0.46")), "0.678", "0.687"),
    ]


@derivation("decimals.md", points=1)
def decimals(r: Random) -> list[Relation]:
    def m(text: str) -> mpf:
        return mpf(text)

    return [
        step(m("0.5") * 2 - m("0.3"), m("0.7"), m("1.3")),
        approx(exp(-m("0.7")), "0.497", "0.479"),
        approx(sigma(m("0.7")), "0.668", "0.669"),
        approx(-log(m("0.668")), "0.403", "0.430"),
        step((m("0.668") - 1) * 2, m("-0.664"), m("0.664")),
        step(m("0.5") - m("0.1") * m("-0.664"), m("0.5664"), m("0.4336")),
        approx(tanh(m("0.7")), "0.604", "0.640"),
        approx(m("0.668") * (1 - m("0.668")), "0.22", "0.446"),
    ]


@derivation("iterates.md")
def iterates(r: Random) -> list[Relation]:
    a, c, w0, eta = r.pos(), r.num(), r.num(), r.pos()
    w1 = w0 - eta * a * (w0 - c)
    w2 = w1 - eta * a * (w1 - c)
    e0, e1, e2, k = w0 - c, w1 - c, w2 - c, 1 - eta * a
    return [
        *chain(e1, (e0 - eta * a * e0,), (k * e0, (1 - eta * a**2) * e0)),
        *chain(e2, (k * e1, k * e0), (k**2 * e0, k * e0)),
        step(half * a * e1**2, k**2 * half * a * e0**2, k**2 * half * a * e0),
        step(1 - 1 / (2 * a) * a, half, half**2),
        step(1 - 2 / a * a, mpf(-1), mpf(1)),
        step(w2, c + k**2 * (w0 - c), c + k**2 * (w0 + c)),
    ]


@derivation("lstm.md")
def lstm(r: Random) -> list[Relation]:
    a, c0, i, g, o = (r.num() for _ in range(5))

    def cell(f: mpf, c0: mpf, i: mpf, g: mpf) -> mpf:
        return f * c0 + i * g

    f = sigma(a)
    c1 = cell(f, c0, i, g)
    t = tanh(c1)
    hc = d(lambda c: o * tanh(c), c1)
    cf, fa = d(lambda f: cell(f, c0, i, g), f), d(sigma, a)
    return [
        step(d(lambda o: o * t, o), t, c1),
        step(hc, o * (1 - t**2), o * (1 - t)),
        step(d(lambda c: cell(f, c, i, g), c0), f, c0),
        step(d(lambda i: cell(f, c0, i, g), i), g, i),
        step(fa, f * (1 - f), f * (1 + f)),
        *chain(
            d(lambda a: o * tanh(cell(sigma(a), c0, i, g)), a),
            (hc * cf * fa, hc * cf * f),
            (o * (1 - t**2) * c0 * f * (1 - f), o * (1 - t**2) * c1 * f * (1 - f)),
        ),
        step(d(lambda g: o * tanh(cell(f, c0, i, g)), g), o * (1 - t**2) * i, o * (1 - t**2) * g),
    ]


@derivation("huber.tex")
def huber(r: Random) -> list[Relation]:
    c, x = r.pos(), r.num()

    def rho(x: mpf) -> mpf:
        return x * x / 2 if abs(x) <= c else c * (abs(x) - c / 2)

    return [
        step(rho(c), c**2 / 2, c**2),
        step(c * (c - c / 2), c**2 / 2, c / 2),
        *chain(rho(3 * c), (c * (3 * c - c / 2), c * (3 * c + c / 2)), (5 * c**2 / 2, 7 * c**2 / 2)),
        step(rho(-2 * c), rho(2 * c), -rho(2 * c)),
        step(d(lambda x: x * x / 2, x), x, 2 * x),
        step(d(lambda x: c * (x - c / 2), c + abs(x)), c, c + abs(x)),
    ]


@derivation("kink.tex", points=1)
def kink(r: Random) -> list[Relation]:
    x, w, b = mpf(2), half, mpf(-1)
    z = w * x + b

    def slope(t: mpf) -> mpf:
        return mpf(0) if t == 0 else d(relu, t)

    return [
        *chain(z, (half * 2 - 1,), (mpf(0), mpf(2))),
        *chain(relu(z), (max(mpf(0), mpf(0)),), (mpf(0), mpf(1))),
        step(slope(z), mpf(0), mpf(1)),
        step(3 * slope(z) * x, mpf(0), mpf(6)),
        step(slope(z + 3), mpf(1), mpf(3)),
        step(slope(z - 3), mpf(0), mpf(1)),
    ]


@derivation("logisticindex.md")
def logisticindex(r: Random) -> list[Relation]:
    N = D = 3
    X, w, y = r.mat(N, D), r.vec(D), r.vec(N)
    n, k, l = r.randrange(N), r.randrange(D), r.randrange(D)

    def of_z(z: mp.matrix) -> mpf:
        return of_p(ap(sigma, z))

    def of_p(p: mp.matrix) -> mpf:
        return sum(-a * log(b) - (1 - a) * log(1 - b) for a, b in zip(y, p, strict=True))

    z = X * w
    p = ap(sigma, z)
    J = jac(lambda w: X * w, w)
    gz, gw = grad(of_z, z), grad(lambda w: of_z(X * w), w)
    hess = grad(lambda w: grad(lambda w: of_z(X * w), w)[k], w)[l]
    pq = [t * (1 - t) for t in p]
    return [
        *chain(
            J[n, k],
            (sum(X[n, a] * kron(a, k) for a in range(D)), sum(X[n, a] * kron(n, k) for a in range(D))),
            (X[n, k], X[k, n]),
        ),
        step(grad(of_p, p)[n], -y[n] / p[n] + (1 - y[n]) / (1 - p[n]), -y[n] / p[n] - (1 - y[n]) / (1 - p[n])),
        step(gz[n], p[n] - y[n], y[n] - p[n]),
        *chain(
            gw[k],
            (sum(gz[a] * J[a, k] for a in range(N)), sum(gz[a] * z[a] for a in range(N))),
            (sum((p[a] - y[a]) * X[a, k] for a in range(N)), sum((p[a] - y[a]) * w[k] for a in range(N))),
        ),
        step(
            hess,
            sum(pq[a] * X[a, k] * X[a, l] for a in range(N)),
            sum(pq[a] * X[a, k] ** 2 for a in range(N)),
            tol=1e-12,
        ),
    ]


@derivation("rowchain.md")
def rowchain(r: Random) -> list[Relation]:
    x, W, b, U, t = r.mat(1, 3), r.mat(3, 2), r.mat(1, 2), r.mat(2, 4), r.mat(1, 4)

    def L(x: mp.matrix = x, W: mp.matrix = W, b: mp.matrix = b, U: mp.matrix = U) -> mpf:
        return sq((x * W + b) * U - t) / 2

    z = x * W + b
    v = z * U
    e = v - t
    gv, gz = grad(lambda v: sq(v - t) / 2, v), grad(lambda z: sq(z * U - t) / 2, z)
    return [
        step(gv, e, v + t),
        step(grad(lambda U: L(U=U), U), z.T * e, e.T * z),
        step(gz, e * U.T, ILL),
        step(grad(lambda b: L(b=b), b), gz, gv),
        *chain(grad(lambda W: L(W=W), W), (x.T * gz, x.T * gv), (x.T * e * U.T, ILL)),
        step(grad(lambda x: L(x=x), x), e * U.T * W.T, ILL),
    ]


@derivation("onehot.md", points=12)
def onehot(r: Random) -> list[Relation]:
    n = 3
    z, y, i, k = r.vec(n), r.hot(n), r.randrange(n), r.randrange(n)
    p = softmax(z)

    def L(p: mp.matrix) -> mpf:
        return -sum(a * log(b) for a, b in zip(y, p, strict=True))

    gp, J, gz = grad(L, p), jac(softmax, z), grad(lambda z: L(softmax(z)), z)
    return [
        step(gp[k], -y[k] / p[k], y[k] / p[k]),
        step(J[i, k], p[i] * (kron(i, k) - p[k]), p[i] * (kron(i, k) - p[i])),
        *chain(
            gz[k],
            (sum(gp[a] * J[a, k] for a in range(n)), sum(gp[a] * p[a] for a in range(n))),
            (-sum(y[a] * (kron(a, k) - p[k]) for a in range(n)), -sum(y[a] * (kron(a, k) + p[k]) for a in range(n))),
            (-y[k] + p[k] * sum(y), -y[k] + p[k] ** 2 * sum(y)),
            (p[k] - y[k], p[k] - p[k] * y[k]),
        ),
    ]
