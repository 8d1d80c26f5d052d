"""Oracles: means and variances in finite spaces, Gaussians by quadrature, likelihoods, entropy and divergence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from mpmath import mp, mpf
from oracle import Random, Relation, chain, d, derivation, mean, relu, sq, step

log, exp, pi = mp.log, mp.exp, mp.pi
half = mpf(1) / 2
Law = Sequence[tuple[mpf, mpf]]
"""Probabilities and values."""


def law(r: Random, size: int = 2) -> Law:
    return [(p, r.num()) for p in r.simplex(size)]


def centred(r: Random) -> Law:
    """A law of mean zero with three values."""
    (p, a), (q, b), (s, _) = law(r, 3)
    return [(p, a), (q, b), (s, -(p * a + q * b) / s)]


def symmetric(r: Random) -> Law:
    a, p = r.pos(), r.num(0.1, 0.4)
    return [(p, a), (p, -a), (1 - 2 * p, mpf(0))]


def E(f: Callable[..., mpf], *laws: Law) -> mpf:
    """The mean of f of independent variables."""
    return mp.fsum(mp.fprod(p for p, _ in point) * f(*(v for _, v in point)) for point in product(*laws))


def var(f: Callable[..., mpf], *laws: Law) -> mpf:
    m = E(f, *laws)
    return E(lambda *xs: (f(*xs) - m) ** 2, *laws)


def same_moments(a: mpf, b: Law) -> Law:
    """The law b, scaled to variance a."""
    c = mp.sqrt(a / var(lambda t: t, b))
    return [(p, c * v) for p, v in b]


def ident(t: mpf) -> mpf:
    return t


@derivation("xavier.tex", points=2)
def xavier(r: Random) -> list[Relation]:
    n, sw, sx = 2, r.pos(), r.pos()
    w = [same_moments(sw, centred(r)) for _ in range(n)]
    x = [same_moments(sx, centred(r)) for _ in range(n)]

    def f(w1: mpf, w2: mpf, x1: mpf, x2: mpf) -> mpf:
        return w1 * x1 + w2 * x2

    def prod(a: mpf, b: mpf) -> mpf:
        return a * b

    pairs = list(zip(w, x, strict=True))
    return [
        *chain(
            E(f, *w, *x),
            (sum(E(prod, a, b) for a, b in pairs), sum(E(lambda s, t: s * s * t * t, a, b) for a, b in pairs)),
            (
                sum(E(ident, a) * E(ident, b) for a, b in pairs),
                sum(E(lambda t: t * t, a) * E(lambda t: t * t, b) for a, b in pairs),
            ),
            (mpf(0), mpf(n)),
        ),
        *chain(
            var(f, *w, *x),
            (sum(var(prod, a, b) for a, b in pairs), sum(var(ident, b) for _, b in pairs)),
            (
                sum(E(lambda t: t * t, a) * E(lambda t: t * t, b) for a, b in pairs),
                sum(E(lambda t: t * t, a) * E(ident, b) for a, b in pairs),
            ),
            (n * sw * sx, sw * sx),
        ),
        step(n * (mpf(1) / n) * sx, sx, sw),
    ]


@derivation("he.md", points=2)
def he(r: Random) -> list[Relation]:
    n, s = 2, r.pos()
    f = symmetric(r)
    w = [same_moments(s, centred(r)) for _ in range(n)]
    v = var(ident, f)
    f2, h2 = E(lambda t: t * t, f), E(lambda t: relu(t) ** 2, f)
    w2 = E(lambda t: t * t, w[0])
    one = var(lambda a, t: a * relu(t), w[0], f)
    return [
        *chain(f2, (v + E(ident, f) ** 2,), (v, v**2)),
        *chain(h2, (half * f2, f2), (v / 2, half)),
        *chain(one, (w2 * h2, w2 * var(relu, f)), (s * v / 2, s * v / 4)),
        *chain(var(lambda a, b: a + b, *w), (var(ident, w[0]) + var(ident, w[1]),), (n * s, n**2 * s)),
        *chain(n * (mpf(2) / n) * v / 2, (n * (mpf(2) / n) * (v / 2),), (v, 2 * v)),
    ]


@derivation("variances.md")
def variances(r: Random) -> list[Relation]:
    X, Y, a, b = law(r), law(r, 3), r.num(), r.num()
    x, y, x2, y2 = E(ident, X), E(ident, Y), E(lambda t: t * t, X), E(lambda t: t * t, Y)
    vx, vy = var(ident, X), var(ident, Y)
    return [
        *chain(
            vx,
            (E(lambda t: (t - x) ** 2, X),),
            (x2 - 2 * x * x + x**2, x2 - x * x + x**2),
            (x2 - x**2, x2 + x**2),
        ),
        step(var(lambda t: a * t + b, X), a**2 * vx, a * vx),
        step(var(lambda s, t: s - t, X, Y), vx + vy, vx - vy),
        step(E(lambda s, t: s * t, X, Y), x * y, x * x),
        step(var(lambda s, t: s * t, X, Y), x2 * y2 - x**2 * y**2, x2 * y2),
    ]


@derivation("gausskl.tex", points=1)
def gausskl(r: Random) -> list[Relation]:
    mu, m, s, t, x = r.num(), r.num(), r.pos(0.6, 1.5), r.pos(0.6, 1.5), r.num()

    def lp(x: mpf, mu: mpf, s: mpf) -> mpf:
        return -log(2 * pi * s * s) / 2 - (x - mu) ** 2 / (2 * s * s)

    def ratio(x: mpf) -> mpf:
        return lp(x, mu, s) - lp(x, m, t)

    a, b = (x - mu) ** 2 / (2 * s**2), (x - m) ** 2 / (2 * t**2)
    kl = mean(ratio, mu, s)
    second = s**2 + (mu - m) ** 2
    return [
        *chain(
            ratio(x), (-log(s) - a + log(t) + b, -log(s) - a + log(s) + b), (log(t / s) - a + b, log(t / s) - a - b)
        ),
        step(mean(lambda x: (x - mu) ** 2, mu, s), s**2, s, tol=1e-14),
        step(mean(lambda x: (x - m) ** 2, mu, s), second, s**2 + (mu + m) ** 2, tol=1e-14),
        *chain(
            kl,
            (log(t / s) - half + second / (2 * t**2), log(t / s) - half + second / (2 * s**2)),
            (
                half * (s**2 / t**2 + (mu - m) ** 2 / t**2 - 1 - log(s**2 / t**2)),
                half * (s**2 / t**2 + (mu - m) ** 2 / t**2 - 1 - log(t**2 / s**2)),
            ),
            tol=1e-14,
        ),
    ]


@derivation("klgradients.md")
def klgradients(r: Random) -> list[Relation]:
    mu, v, rho = r.num(), r.pos(), r.num()

    def D(mu: mpf, v: mpf) -> mpf:
        return half * (mu**2 + v - 1 - log(v))

    def Dv(v: mpf) -> mpf:
        return d(lambda v: D(mu, v), v)

    return [
        step(d(lambda m: D(m, v), mu), mu, mu**2),
        *chain(Dv(v), (half * (1 - 1 / v), half * (1 - v)), ((v - 1) / (2 * v), (v - 1) / v)),
        step(d(lambda t: half * (mu**2 + exp(t) - 1 - t), rho), half * (exp(rho) - 1), half * (rho * exp(rho) - 1)),
        step(d(Dv, v), 1 / (2 * v**2), 1 / (2 * v), tol=1e-14),
    ]


@derivation("elbo.md")
def elbo(r: Random) -> list[Relation]:
    q, j = r.simplex(3), [r.pos() for _ in range(3)]
    e = sum(j)
    post = [x / e for x in j]
    u = r.pos(0.1, 3)

    def total(f: Callable[[mpf, mpf, mpf], mpf]) -> mpf:
        return sum(f(*t) for t in zip(q, j, post, strict=True))

    return [
        *chain(
            log(e),
            (total(lambda q, _j, _p: q * log(e)), total(lambda q, j, _p: q * log(j))),
            (total(lambda q, j, p: q * log(j / p)), total(lambda q, j, p: q * log(p / j))),
            (
                total(lambda q, j, p: q * (log(j / q) + log(q / p))),
                total(lambda q, j, p: q * (log(j / q) - log(q / p))),
            ),
            (
                total(lambda q, j, _p: q * log(j / q)) + total(lambda q, _j, p: q * log(q / p)),
                total(lambda q, j, _p: q * log(j / q)) + total(lambda q, _j, p: p * log(q / p)),
            ),
        ),
        *chain(sum(post), (sum(j) / e, sum(q) / e), (mpf(1), e)),
        order(log(u), u - 1),
    ]


def order(a: mpf, b: mpf) -> Relation:
    """a ≤ b, and b ≤ a as its mutant."""
    return Relation(a, b, bad=a, bad_left=b, op="<=")


@derivation("bits.md", points=2)
def bits(r: Random) -> list[Relation]:
    a = r.pos()

    def lb(x: mpf) -> mpf:
        return mp.log(x, 2)

    h, q = half, mpf(1) / 4
    return [
        *chain(-h * lb(h) - q * lb(q) - q * lb(q), (h + h + h, h + h + q), (mpf(3) / 2, mpf(3) / 4)),
        *chain(h * lb(h / q) + q * lb(q / h) + q * lb(q / q), (h - q, h + q), (q, h)),
        step(lb(8 * a), 3 + lb(a), 8 + lb(a)),
        step(2 ** lb(a), a, 2 * a),
    ]


@derivation("gaussfit.tex")
def gaussfit(r: Random) -> list[Relation]:
    N, x, mu, v = 4, r.vec(4), r.num(), r.pos()

    def lik(mu: mpf, v: mpf) -> mpf:
        return -mpf(N) / 2 * log(2 * pi * v) - sq(t - mu for t in x) / (2 * v)

    s1, s2 = sum(t - mu for t in x), sq(t - mu for t in x)

    def lm(m: mpf) -> mpf:
        return d(lambda m: lik(m, v), m)

    return [
        *chain(
            lm(mu),
            (s1 / v, -s1 / v),
            (s1 / v, s1 / (2 * v)),
            ((sum(x) - N * mu) / v, (sum(x) - mu) / v),
        ),
        *chain(
            d(lambda v: lik(mu, v), v),
            (-N / (2 * v) + s2 / (2 * v**2), -N / (2 * v) - s2 / (2 * v**2)),
            ((s2 / v - N) / (2 * v), (s2 / v**2 - N) / (2 * v)),
        ),
        step(d(lm, mu), -N / v, -1 / v, tol=1e-14),
    ]


@derivation("coin.md")
def coin(r: Random) -> list[Relation]:
    k, n, t = r.randrange(1, 5), r.randrange(5, 9), r.num(0.1, 0.9)

    def l1(t: mpf) -> mpf:
        return d(lambda t: k * log(t) + (n - k) * log(1 - t), t)

    return [
        *chain(
            l1(t),
            (k / t - (n - k) / (1 - t), k / t + (n - k) / (1 - t)),
            ((k * (1 - t) - (n - k) * t) / t / (1 - t), (k * (1 - t) - (n - k) * (1 - t)) / t / (1 - t)),
            ((k - n * t) / t / (1 - t), (k - t) / t / (1 - t)),
        ),
        step(d(l1, t), -k / t**2 - (n - k) / (1 - t) ** 2, -k / t - (n - k) / (1 - t) ** 2, tol=1e-14),
        step(k - n * (mpf(k) / n), mpf(0), mpf(k)),
    ]


@derivation("samplemean.md", points=2)
def samplemean(r: Random) -> list[Relation]:
    B, g = 3, law(r)
    mu, s = E(ident, g), var(ident, g)
    laws = [g] * B

    def m(*xs: mpf) -> mpf:
        return sum(xs) / B

    return [
        *chain(E(m, *laws), (B * mu / B, B * E(lambda t: t * t, g) / B), (mu, B * mu)),
        *chain(var(m, *laws), (B * s / B**2, B * s / B), (s / B, s / B**2)),
        step(E(lambda *xs: m(*xs) ** 2, *laws), s / B + mu**2, s / B + mu),
    ]


@derivation("dropout.tex")
def dropout(r: Random) -> list[Relation]:
    x, p = r.num(), r.num(0.1, 0.9)
    b = [(p, mpf(1)), (1 - p, mpf(0))]

    def h(b: mpf) -> mpf:
        return b * x / p

    b2 = E(lambda b: b * b, b)
    return [
        step(b2, p, p**2),
        *chain(var(ident, b), (p - p**2, p - p), (p * (1 - p), p * (1 + p))),
        *chain(E(h, b), (x / p * E(ident, b),), (x, p * x)),
        *chain(E(lambda b: h(b) ** 2, b), (x**2 / p**2 * p, x**2 / p**2 * p**2), (x**2 / p, x**2 / p**2)),
        *chain(var(h, b), (x**2 / p - x**2, x**2 / p + x**2), ((1 - p) / p * x**2, p / p * x**2)),
    ]


@derivation("score.md")
def score(r: Random) -> list[Relation]:
    x, mu, v = r.num(), r.num(), r.pos()

    def lik(x: mpf, mu: mpf, v: mpf) -> mpf:
        return -half * log(2 * pi * v) - (x - mu) ** 2 / (2 * v)

    def lx(x: mpf) -> mpf:
        return d(lambda x: lik(x, mu, v), x)

    e = x - mu
    return [
        step(lx(x), -e / v, e / v),
        *chain(d(lambda m: lik(x, m, v), mu), (e / v, e / (2 * v)), (-lx(x), lx(x))),
        *chain(
            d(lambda v: lik(x, mu, v), v),
            (-1 / (2 * v) + e**2 / (2 * v**2), -1 / v + e**2 / (2 * v**2)),
            ((e**2 - v) / (2 * v**2), (e**2 - v**2) / (2 * v**2)),
        ),
        step(d(lx, x), -1 / v, -1 / v**2, tol=1e-14),
    ]


@derivation("discriminator.md")
def discriminator(r: Random) -> list[Relation]:
    p, q, t = r.pos(), r.pos(), r.num(0.1, 0.9)
    return [
        *chain(
            d(lambda t: p * log(t) + q * log(1 - t), t),
            (p / t - q / (1 - t), p / t + q / (1 - t)),
            ((p - (p + q) * t) / t / (1 - t), (p - (p - q) * t) / t / (1 - t)),
        ),
        step(1 - p / (p + q), q / (p + q), p / (p + q)),
        *chain(p * log(half) + p * log(1 - half), (2 * p * log(half), p * log(half)), (-p * log(4), -p * log(2))),
    ]


@derivation("biasvariance.md")
def biasvariance(r: Random) -> list[Relation]:
    T, c = law(r, 3), r.num()
    m, s = E(ident, T), var(ident, T)
    t2 = E(lambda t: t * t, T)
    return [
        *chain(
            E(lambda t: (t - c) ** 2, T),
            (t2 - 2 * c * m + c**2, t2 - 2 * c * m + c),
            (s + m**2 - 2 * c * m + c**2, s + m - 2 * c * m + c**2),
            (s + (m - c) ** 2, s + (m + c) ** 2),
        ),
        step(d(lambda c: s + (m - c) ** 2, c), -2 * (m - c), 2 * (m - c)),
    ]
