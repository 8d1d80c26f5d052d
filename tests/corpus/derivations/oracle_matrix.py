"""Oracles: least squares, linear layers, softmax, backpropagation, normalisation, attention, norms."""

from __future__ import annotations

from mpmath import mp, mpf
from oracle import (
    ILL,
    Random,
    Relation,
    ap,
    chain,
    d,
    derivation,
    dg,
    dot,
    eye,
    grad,
    had,
    jac,
    ones,
    sigma,
    softmax,
    sq,
    step,
    tr,
)

exp, log, tanh = mp.exp, mp.log, mp.tanh
half = mpf(1) / 2


def kron(i: int, j: int) -> mpf:
    return mpf(i == j)


@derivation("leastsquares.md")
def leastsquares(r: Random) -> list[Relation]:
    X, w, y = r.mat(4, 3), r.vec(3), r.vec(4)

    def J(w: mp.matrix) -> mpf:
        return sq(X * w - y)

    G = X.T * X
    return [
        *chain(
            J(w),
            (dot(X * w - y, X * w - y), dot(X * w + y, X * w + y)),
            (dot(w, G * w) - 2 * dot(y, X * w) + sq(y), dot(w, G * w) - dot(y, X * w) + sq(y)),
        ),
        *chain(
            grad(J, w), (2 * G * w - 2 * X.T * y, G * w - 2 * X.T * y), (2 * X.T * (X * w - y), 2 * X.T * (y - X * w))
        ),
        step(jac(lambda w: grad(J, w), w), 2 * G, 2 * X * X.T, tol=1e-14),
    ]


@derivation("ridge.tex")
def ridge(r: Random) -> list[Relation]:
    N, X, w, y, lam = 4, r.mat(4, 3), r.vec(3), r.vec(4), r.pos()
    g = grad(lambda w: sq(X * w - y) / (2 * N) + lam / 2 * sq(w), w)
    e = X.T * (X * w - y)
    return [
        *chain(
            g,
            (e / N + lam * w, e / (2 * N) + lam * w),
            (e / N + lam * w, e / N - lam * w),
            (
                (X.T * X / N + lam * eye(3)) * w - X.T * y / N,
                (X.T * X / N + eye(3)) * w - X.T * y / N,
            ),
        ),
        step(dot(w, g), dot(w, e) / N + lam * sq(w), lam * w * w.T),
        step(dot(w, e) / N + lam * sq(w), sq(X * w) / N - dot(y, X * w) / N + lam * sq(w), ILL),
    ]


@derivation("sumsofsquares.md")
def sumsofsquares(r: Random) -> list[Relation]:
    x, w, y = r.mat(4, 3), r.vec(3), r.vec(4)
    i, k, l = r.randrange(3), r.randrange(3), r.randrange(3)

    def E(w: mp.matrix) -> mpf:
        return sq(x * w - y) / 2

    res = x * w - y
    ri = grad(lambda w: (x * w - y)[i], w)[k]
    hess = grad(lambda w: grad(E, w)[k], w)[l]
    return [
        *chain(
            ri,
            (sum(x[i, j] * kron(j, k) for j in range(3)), sum(x[i, j] * w[j] for j in range(3))),
            (sum(x[i, j] * kron(j, k) for j in range(3)), sum(x[i, j] * kron(i, k) for j in range(3))),
            (x[i, k], x[i, k] * w[k]),
        ),
        *chain(
            grad(E, w)[k],
            (
                sum(res[a] * grad(lambda w, a=a: (x * w - y)[a], w)[k] for a in range(4)),  # type: ignore[misc]
                sum(res[a] * w[k] for a in range(4)),
            ),
            (sum(res[a] * x[a, k] for a in range(4)), sum(res[a] ** 2 * x[a, k] for a in range(4))),
        ),
        step(hess, sum(x[a, k] * x[a, l] for a in range(4)), sum(x[a, k] ** 2 for a in range(4)), tol=1e-14),
    ]


@derivation("einstein.md")
def einstein(r: Random) -> list[Relation]:
    m = 3
    W, x, b, t = r.mat(m, m), r.vec(m), r.vec(m), r.vec(m)
    i, k, a, c = (r.randrange(m) for _ in range(4))
    y = W * x + b
    e = y - t

    def L(W: mp.matrix, x: mp.matrix) -> mpf:
        return sq(W * x + b - t) / 2

    gx, gW = grad(lambda x: L(W, x), x), grad(lambda W: L(W, x), W)
    gy = grad(lambda y: sq(y - t) / 2, y)
    J = jac(lambda x: W * x + b, x)
    return [
        step(y[i], (W * x)[i] + b[i], (W.T * x)[i] + b[i]),
        step(gy[i], y[i] - t[i], t[i] - y[i]),
        *chain(gx[k], ((J.T * gy)[k], dot(gy, y)), (dot(e, W[:, k]), sum(e) * x[k])),
        *chain(
            gW[a, c],
            (sum(e[j] * kron(j, a) * x[c] for j in range(m)), sum(e[j] * kron(j, c) * x[a] for j in range(m))),
            (e[a] * x[c], e[a] * x[a]),
        ),
        step(dot(x, gx), dot(e, y - b), dot(e, y)),
    ]


@derivation("rowvectors.md")
def rowvectors(r: Random) -> list[Relation]:
    x, W, b, t = r.mat(1, 3), r.mat(3, 2), r.mat(1, 2), r.mat(1, 2)

    def L(x: mp.matrix, W: mp.matrix) -> mpf:
        return sq(x * W + b - t) / 2

    z = x * W + b
    gz = grad(lambda z: sq(z - t) / 2, z)
    return [
        step(gz, z - t, z + t),
        *chain(grad(lambda W: L(x, W), W), (x.T * gz, ILL), (x.T * (x * W + b - t), x.T * (x * W - t))),
        *chain(grad(lambda x: L(x, W), x), (gz * W.T, ILL), ((x * W + b - t) * W.T, ILL)),
    ]


@derivation("denominator.tex")
def denominator(r: Random) -> list[Relation]:
    A, x, c = r.mat(2, 3), r.vec(3), r.vec(2)
    z = A * x
    h = ap(tanh, z)
    D = dg(ap(lambda h: 1 - h * h, h))
    zx = jac(lambda x: A * x, x).T
    hz = jac(lambda z: ap(tanh, z), z).T
    hx = jac(lambda x: ap(tanh, A * x), x).T
    return [
        step(zx, A.T, A),
        step(hz, D, dg(ap(lambda h: 1 - h, h))),
        *chain(hx, (zx * hz, ILL), (A.T * D, A.T * dg(ap(lambda h: 1 + h * h, h)))),
        *chain(grad(lambda x: dot(c, ap(tanh, A * x)), x), (hx * c, ILL), (A.T * (D * c), A.T * had(h, c))),
    ]


@derivation("crossentropy.md", points=8)
def crossentropy(r: Random) -> list[Relation]:
    n = 3
    z, y, i = r.vec(n), r.hot(n), r.randrange(n)
    p = softmax(z)
    g = grad(lambda z: -dot(y, ap(log, softmax(z))), z)
    lp, dp = jac(lambda z: ap(log, softmax(z)), z), jac(softmax, z)
    return [
        *chain(
            g[i],
            (-dot(y, lp[:, i]), -dot(y, dp[:, i])),
            (-sum(y[k] * (kron(i, k) - p[i]) for k in range(n)), -sum(y[k] * (kron(i, k) - p[k]) for k in range(n))),
            (-y[i] + p[i] * sum(y), -y[i] - p[i] * sum(y)),
            (p[i] - y[i], y[i] - p[i]),
        ),
        step(g, p - y, p),
        step(sum(g), mpf(0), mpf(1)),
    ]


@derivation("softmaxjacobian.tex")
def softmaxjacobian(r: Random) -> list[Relation]:
    n = 3
    z, i, j = r.vec(n), r.randrange(n), r.randrange(n)
    s, e = softmax(z), ap(exp, z)
    t = sum(e)
    J = jac(softmax, z)
    return [
        *chain(
            J[i, j],
            ((kron(i, j) * e[i] * t - e[i] * e[j]) / t**2, (kron(i, j) * e[i] * t + e[i] * e[j]) / t**2),
            (kron(i, j) * s[i] - s[i] * s[j], kron(i, j) * s[i] - s[j] ** 2),
            (s[i] * (kron(i, j) - s[j]), s[i] * (kron(i, j) - s[i])),
        ),
        step(J, dg(s) - s * s.T, ILL),
        *chain(J * ones(n), (s - s * dot(s, ones(n)), s - s * sq(s)), (mp.zeros(n, 1), s)),
    ]


@derivation("twolayers.tex")
def twolayers(r: Random) -> list[Relation]:
    x, W1, b1, W2, b2, t = r.vec(3), r.mat(2, 3), r.vec(2), r.mat(4, 2), r.vec(4), r.vec(4)

    def L(x: mp.matrix = x, W1: mp.matrix = W1, W2: mp.matrix = W2, b2: mp.matrix = b2) -> mpf:
        return sq(W2 * ap(sigma, W1 * x + b1) + b2 - t) / 2

    a = W1 * x + b1
    u = ap(sigma, a)
    v = W2 * u + b2
    du = ap(lambda u: u * (1 - u), u)
    gv, gu = grad(lambda v: sq(v - t) / 2, v), grad(lambda u: sq(W2 * u + b2 - t) / 2, u)
    ga = grad(lambda a: sq(W2 * ap(sigma, a) + b2 - t) / 2, a)
    return [
        step(gv, v - t, (v - t) / 2),
        *chain(grad(lambda W: L(W2=W), W2), (gv * u.T, u * gv.T), ((v - t) * u.T, (v - t) * a.T)),
        step(grad(lambda b: L(b2=b), b2), v - t, v),
        step(gu, W2.T * (v - t), ILL),
        step(ga, had(gu, du), had(gu, u)),
        *chain(
            grad(lambda W: L(W1=W), W1),
            (ga * x.T, gu * x.T),
            (had(W2.T * (v - t), du) * x.T, had(W2.T * (v - t), ap(lambda u: u * (1 + u), u)) * x.T),
        ),
        step(grad(lambda x: L(x=x), x), W1.T * ga, ILL),
    ]


@derivation("twoneurons.md")
def twoneurons(r: Random) -> list[Relation]:
    x, y, w1, w2, b1, b2 = (r.num() for _ in range(6))

    def L(w1: mpf, b1: mpf, w2: mpf, b2: mpf) -> mpf:
        return (w2 * tanh(w1 * x + b1) + b2 - y) ** 2

    h = tanh(w1 * x + b1)
    z2 = w2 * h + b2
    e = z2 - y
    lz = d(lambda z: (z - y) ** 2, z2)
    zw, zh = d(lambda w: w * h + b2, w2), d(lambda h: w2 * h + b2, h)
    lh = d(lambda h: (w2 * h + b2 - y) ** 2, h)
    lz1 = d(lambda z: (w2 * tanh(z) + b2 - y) ** 2, w1 * x + b1)
    return [
        step(lz, 2 * e, e),
        *chain(d(lambda w: L(w1, b1, w, b2), w2), (lz * zw, lz * zh), (2 * e * h, 2 * e * w2)),
        step(d(lambda b: L(w1, b1, w2, b), b2), 2 * e, 2 * (z2 + y)),
        step(lh, 2 * e * w2, 2 * e * h),
        step(lz1, lh * (1 - h**2), lh * (1 - h)),
        *chain(
            d(lambda w: L(w, b1, w2, b2), w1),
            (lz1 * d(lambda w: w * x + b1, w1), lz1 * d(lambda x: w1 * x + b1, x)),
            (2 * e * w2 * (1 - h**2) * x, 2 * e * w2 * x),
        ),
        step(d(lambda b: L(w1, b, w2, b2), b1), 2 * e * w2 * (1 - h**2), 2 * e * (1 - h**2)),
    ]


@derivation("batchnorm.md")
def batchnorm(r: Random) -> list[Relation]:
    m, x, ga, be, eps = 4, r.vec(4), r.num(), r.num(), r.pos()
    i, j = r.randrange(m), r.randrange(m)

    def mu(x: mp.matrix) -> mpf:
        return sum(x) / m

    def var(x: mp.matrix) -> mpf:
        return sum((t - mu(x)) ** 2 for t in x) / m

    def s(x: mp.matrix) -> mpf:
        return mp.sqrt(var(x) + eps)

    def u(x: mp.matrix) -> mp.matrix:
        return ap(lambda t: (t - mu(x)) / s(x), x)

    M, S, U = mu(x), s(x), u(x)
    gv, gs = grad(var, x)[j], grad(s, x)[j]
    return [
        step(grad(mu, x)[j], mpf(1) / m, mpf(1)),
        *chain(sum(t - M for t in x), (sum(x) - m * M, sum(x) - M), (mpf(0), M)),
        *chain(
            gv,
            (
                sum(2 * (x[a] - M) * (kron(a, j) - mpf(1) / m) for a in range(m)) / m,
                sum((x[a] - M) * (kron(a, j) - mpf(1) / m) for a in range(m)) / m,
            ),
            (2 * (x[j] - M) / m, (x[j] - M) / m),
        ),
        *chain(gs, (gv / (2 * S), gv / (2 * S**2)), (U[j] / m, (x[j] - M) / m)),
        *chain(
            grad(lambda x: u(x)[i], x)[j],
            (
                (kron(i, j) - mpf(1) / m) / S - (x[i] - M) / S**2 * gs,
                (kron(i, j) - mpf(1) / m) / S - (x[i] - M) / S * gs,
            ),
            (
                (kron(i, j) - mpf(1) / m - U[i] * U[j] / m) / S,
                (kron(i, j) - mpf(1) / m - U[i] ** 2 / m) / S,
            ),
        ),
        step(d(lambda g: g * U[i] + be, ga), U[i], x[i]),
        step(sum(U), mpf(0), mpf(1)),
    ]


@derivation("attention.md")
def attention(r: Random) -> list[Relation]:
    q, k1, k2, v1, v2 = (r.num() for _ in range(5))

    def a(s1: mpf, s2: mpf) -> mpf:
        return exp(s1) / (exp(s1) + exp(s2))

    def out(s1: mpf, s2: mpf) -> mpf:
        return a(s1, s2) * v1 + a(s2, s1) * v2

    s1, s2 = q * k1, q * k2
    a1, a2, o = a(s1, s2), a(s2, s1), out(s1, s2)
    o1, o2 = d(lambda s: out(s, s2), s1), d(lambda s: out(s1, s), s2)
    return [
        step(a1 + a2, mpf(1), mpf(2)),
        *chain(d(lambda s: a(s, s2), s1), (a1 * (1 - a1), a1 * (1 + a1)), (a1 * a2, a1 * a1)),
        step(d(lambda s: a(s1, s), s2), -a1 * a2, a1 * a2),
        *chain(o1, (a1 * a2 * v1 - a1 * a2 * v2, a1 * a2 * v1), (a1 * (v1 - o), a1 * (v1 - v2))),
        step(d(lambda v: a1 * v1 + a2 * v, v2), a2, a1),
        *chain(
            d(lambda q: out(q * k1, q * k2), q),
            (o1 * k1 + o2 * k2, o1 * k1 + o2 * k1),
            (a1 * a2 * (v1 - v2) * (k1 - k2), a1 * a2 * (v1 - v2) * (k1 + k2)),
        ),
    ]


@derivation("scores.tex")
def scores(r: Random) -> list[Relation]:
    n = d_ = 3
    Q, K, G = r.mat(n, d_), r.mat(n, d_), r.mat(n, n)
    c = 1 / mp.sqrt(d_)
    S = c * Q * K.T
    i, j = r.randrange(n), r.randrange(n)

    def L(Q: mp.matrix, K: mp.matrix) -> mpf:
        return tr(G.T * (c * Q * K.T))

    cells = [(a, b) for a in range(n) for b in range(n)]
    return [
        step(S[i, j], c * sum(Q[i, l] * K[j, l] for l in range(d_)), c * sum(Q[i, l] * K[l, j] for l in range(d_))),
        *chain(
            L(Q, K),
            (sum(G[a, b] * S[a, b] for a, b in cells), sum(G[a, b] * S[b, a] for a, b in cells)),
            (c * tr(G.T * Q * K.T), tr(G.T * Q * K.T) / d_),
        ),
        step(grad(lambda Q: L(Q, K), Q), c * G * K, c * G.T * K),
        step(grad(lambda K: L(Q, K), K), c * G.T * Q, c * G * Q),
    ]


@derivation("traces.md")
def traces(r: Random) -> list[Relation]:
    n = 3
    A, B, x, y = r.mat(n, n), r.mat(n, n), r.vec(n), r.vec(n)
    cells = [(i, j) for i in range(n) for j in range(n)]
    return [
        *chain(
            tr(A * B),
            (sum(A[i, j] * B[j, i] for i, j in cells), sum(A[i, j] * B[i, j] for i, j in cells)),
            (tr(B * A), tr(B * A.T)),
        ),
        step((A * B).T, B.T * A.T, A.T * B.T),
        *chain((x.T * A * y)[0], ((x.T * A * y).T[0],), ((y.T * A.T * x)[0], (y.T * A * x)[0])),
        step(tr(x * y.T), dot(y, x), dot(y, y)),
        step(grad(lambda A: tr(A * B), A), B.T, B),
        step(sq(A), tr(A.T * A), tr(A * A)),
        step(grad(sq, A), 2 * A, A),
    ]


@derivation("norms.tex")
def norms(r: Random) -> list[Relation]:
    x, y, a, b = r.vec(3), r.vec(3), r.num(), r.num()
    s, t, c = sq(x + y), sq(x - y), dot(x, y)
    return [
        step(s, sq(x) + 2 * c + sq(y), sq(x) + c + sq(y)),
        step(t, sq(x) - 2 * c + sq(y), sq(x) + 2 * c + sq(y)),
        step(s + t, 2 * sq(x) + 2 * sq(y), sq(x) + 2 * sq(y)),
        step(s - t, 4 * c, 2 * c),
        Relation(2 * a * b, a**2 + b**2, bad=2 * a * b, bad_left=a**2 + b**2, op="<="),
        Relation(max(abs(a), abs(b)), abs(a) + abs(b), bad=abs(a) - abs(b), op="<="),
    ]


@derivation("quadraticform.md")
def quadraticform(r: Random) -> list[Relation]:
    n = 3
    A, b, x, k, T = r.mat(n, n), r.vec(n), r.vec(n), r.randrange(n), r.mat(n, n)
    S = T + T.T

    def f(x: mp.matrix) -> mpf:
        return dot(x, A * x) + dot(b, x)

    g = grad(f, x)
    first = (A * x)[k] + b[k]
    return [
        *chain(
            g[k],
            (first + (A.T * x)[k], first + (A * x)[k]),
            (dot((A + A.T)[k, :], x) + b[k], dot((A + A)[k, :], x) + b[k]),
        ),
        step(g, (A + A.T) * x + b, (A + A) * x + b),
        step(jac(lambda x: grad(f, x), x), A + A.T, A, tol=1e-14),
        *chain(grad(lambda x: dot(x, S * x), x), ((S + S.T) * x,), (2 * S * x, S * x)),
    ]


@derivation("tied.md")
def tied(r: Random) -> list[Relation]:
    w, x = r.num(), r.num()
    h = w * x
    q = w * h
    dr = d(lambda w: w * (w * x), w)
    return [
        step(q, w**2 * x, w * x),
        *chain(dr, (h + w * d(lambda w: w * x, w), h), (h + w * x, h + w * h), (2 * w * x, w * x)),
        *chain(
            d(lambda w: (w * w * x - x) ** 2 / 2, w),
            ((q - x) * dr, (q - x) * h),
            (2 * w * x**2 * (w**2 - 1), 2 * w * x**2 * (w**2 + 1)),
        ),
    ]


@derivation("residual.tex")
def residual(r: Random) -> list[Relation]:
    n = 3
    x, c, W, p, q = r.vec(n), r.vec(n), r.mat(n, n), r.num(), r.num()
    i, j = r.randrange(n), r.randrange(n)

    def phi(t: mpf) -> mpf:
        return p * tanh(t) + q * t * t + p * q

    def y(x: mp.matrix, W: mp.matrix = W) -> mp.matrix:
        return x + ap(phi, W * x)

    z = W * x
    f1 = ap(lambda t: d(phi, t), z)
    gW = grad(lambda W: dot(c, y(x, W)), W)
    return [
        step(jac(lambda z: x + ap(phi, z), z), dg(f1), dg(ap(phi, z))),
        step(jac(y, x), eye(n) + dg(f1) * W, dg(f1) * W),
        step(grad(lambda x: dot(c, y(x)), x), c + W.T * had(f1, c), c + W * had(f1, c)),
        step(gW[i, j], c[i] * f1[i] * x[j], c[i] * f1[i] * x[i]),
        step(gW, had(f1, c) * x.T, had(f1, x) * x.T),
    ]
