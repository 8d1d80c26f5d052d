"""The twelve walls: statements that hand derivations in this field rest on, each with wrong variants.

Every function returns a scope, the right claim and three wrong ones.
"""

from fractions import Fraction

from symderive.language.expr import (
    Cov,
    D,
    E,
    Each,
    Expr,
    Prod,
    Sum,
    Tab,
    Var,
    absolute,
    delta,
    eq,
    function,
    implies,
    is_,
    log,
    name,
    ne,
    op,
    operator,
    sqrt,
)
from symderive.language.scope import Scope

softmax = operator("softmax")
tanh, relu, normal_log_density = map(function, ("tanh", "relu", "normal_log_density"))

Wall = tuple[Scope, Expr, list[Expr]]


def softmax_cross_entropy() -> Wall:
    s = Scope()
    n = s.dim("n")
    z, y = s.vector("z", n), s.vector("y", n)
    p = s.define("p", softmax(z))
    loss = s.define("L", -Sum(lambda k: y[k] * log(p[k]), 1, n))
    s.assume(eq(Sum(lambda k: y[k], 1, n), 1))
    j = s.index("j", 1, n)
    left = D(loss, z[j])
    return s, eq(left, p[j] - y[j]), [eq(left, y[j] - p[j]), eq(left, p[j]), eq(left, p[j] * (1 - y[j]))]


def batch_norm_backward() -> Wall:
    s = Scope()
    m = s.dim("m")
    x = s.vector("x", m)
    (eps,) = s.positive("eps")
    ell = s.function("ell", (m,))
    mu = s.define("mu", Sum(lambda i: x[i], 1, m) / m)
    v = s.define("v", Sum(lambda i: (x[i] - mu) ** 2, 1, m) / m)
    sd = s.define("sd", sqrt(v + eps))
    h = s.define("h", Tab(lambda i: (x[i] - mu) / sd, m))
    loss = s.define("L", ell(h))
    g = s.define("g", Tab(lambda i: ell(h, slots="'")[i], m))
    j = s.index("j", 1, m)
    left = D(loss, x[j])
    mean, cross = Sum(lambda i: g[i], 1, m), Sum(lambda i: g[i] * h[i], 1, m)
    return (
        s,
        eq(left, (m * g[j] - mean - h[j] * cross) / (m * sd)),
        [
            eq(left, g[j] / sd),
            eq(left, (m * g[j] - mean) / (m * sd)),
            eq(left, (m * g[j] - mean + h[j] * cross) / (m * sd)),
        ],
    )


def attention(of: str) -> Wall:
    """Scaled dot-product attention with an upstream gradient G, by the values or by the queries."""
    s = Scope()
    t, d, e = s.dim("t"), s.dim("d"), s.dim("e")
    q, k, v, g = s.matrix("Q", t, d), s.matrix("K", t, d), s.matrix("V", t, e), s.matrix("G", t, e)
    scores = s.define("S", (q @ k.T) / sqrt(d))
    p = s.define("P", softmax(scores))
    out = s.define("O", p @ v)
    loss = s.define("L", op("inner", g, out))
    i = s.index("i", 1, t)
    if of == "V":
        j = s.index("j", 1, e)
        left = D(loss, v[i, j])
        wrong = [(p @ g)[i, j], (p.T @ v)[i, j], -(p.T @ g)[i, j]]
        return s, eq(left, (p.T @ g)[i, j]), [eq(left, w) for w in wrong]
    j = s.index("j", 1, d)
    dp = s.define("dP", g @ v.T)
    ds = s.define(
        "dS",
        Tab(lambda a: Tab(lambda b: p[a, b] * (dp[a, b] - Sum(lambda c: p[a, c] * dp[a, c], 1, t)), t), t),
    )
    left = D(loss, q[i, j])
    wrong = [(ds @ k)[i, j], (ds.T @ k)[i, j] / sqrt(d), (dp @ k)[i, j] / sqrt(d)]
    return s, eq(left, (ds @ k)[i, j] / sqrt(d)), [eq(left, w) for w in wrong]


def attention_values() -> Wall:
    return attention("V")


def attention_queries() -> Wall:
    return attention("Q")


def recurrent_network() -> Wall:
    """∂h_T/∂W of a tanh network for symbolic T, with the products of Jacobians as a family P."""
    s = Scope()
    n = s.dim("n")
    last = s.integer("T", 0)
    w, u, h0 = s.matrix("W", n, n), s.real("u", (1, last), (1, n)), s.vector("h0", n)
    h = s.family("h", (0, 0, lambda _: h0), (1, last, lambda t: tanh(w @ name("h")[t - 1] + u[t])), entries=(n,))

    def jacobian(q: Expr, t: Expr) -> Expr:
        before = name("P")[q, t - 1]
        return Tab(lambda a: Tab(lambda b: (1 - h[t, a] ** 2) * Sum(lambda c: w[a, c] * before[c, b], 1, n), n), n)

    p = s.families(
        "P",
        [(1, last)],
        (lambda q: q, lambda q: q, lambda _q, _t: Tab(lambda a: Tab(lambda b: delta(a, b), n), n)),
        (lambda q: q + 1, last, jacobian),
        entries=(n, n),
    )
    a, b, c = (s.index(k, 1, n) for k in "abc")
    left = D(h[last, a], w[b, c])
    right = Sum(lambda t: p[t, last, a, b] * (1 - h[t, b] ** 2) * h[t - 1, c], 1, last)
    wrong = [
        Sum(lambda t: p[t, last, a, b] * (1 - h[t, b] ** 2) * h[t, c], 1, last),
        Sum(lambda t: p[t, last, a, b] * h[t - 1, c], 1, last),
        Sum(lambda t: p[t, last, b, a] * (1 - h[t, b] ** 2) * h[t - 1, c], 1, last),
    ]
    return s, eq(left, right), [eq(left, x) for x in wrong]


def scalar_recurrent_network() -> Wall:
    s = Scope()
    w, a, h0 = s.reals("w a h0")
    last = s.integer("T", 0)
    x = s.real("x", (1, last))
    h = s.family("h", (0, 0, lambda _: h0), (1, last, lambda t: tanh(w * name("h")[t - 1] + a * x[t])))
    left = D(h[last], w)

    def chain(t: Expr, first: Expr) -> Expr:
        return Prod(lambda k: w * (1 - h[k] ** 2), first, last)

    right = Sum(lambda t: chain(t, t + 1) * (1 - h[t] ** 2) * h[t - 1], 1, last)
    wrong = [
        Sum(lambda t: chain(t, t) * (1 - h[t] ** 2) * h[t - 1], 1, last),
        Sum(lambda t: chain(t, t + 1) * h[t - 1], 1, last),
        (1 - h[last] ** 2) * h[last - 1],
    ]
    scope_facts = [1 <= last]
    s.assume(*scope_facts)
    return s, eq(left, right), [eq(left, y) for y in wrong]


def fan_in_variance() -> Wall:
    s = Scope()
    n = s.dim("n")
    w, x = s.random("w", (1, n)), s.random("x", (1, n))
    sw, m2 = s.reals("sw m2")
    s.assume(is_("iid", w), is_("iid", x), is_("independent", w, x))
    s.assume(
        Each(lambda j: eq(E(w[j]), 0), 1, n),
        Each(lambda j: eq(Var(w[j]), sw**2), 1, n),
        Each(lambda j: eq(E(x[j] ** 2), m2), 1, n),
    )
    left = Var(Sum(lambda j: w[j] * x[j], 1, n))
    return s, eq(left, n * sw**2 * m2), [eq(left, sw**2 * m2), eq(left, n**2 * sw**2 * m2), eq(left, n * sw * m2)]


def rectified_moment() -> Wall:
    s = Scope()
    x, sigma = s.random("x"), s.real("sigma")
    s.assume(is_("symmetric-law", x), eq(E(x**2), sigma**2))
    left = E(relu(x) ** 2)
    return s, eq(left, sigma**2 / 2), [eq(left, sigma**2), eq(left, sigma**2 / 4), eq(left, 0)]


def elbo_gap() -> Wall:
    s = Scope()
    z, px = s.random("z"), s.real("px")
    joint, q = s.function("pxz", ()), s.function("q", ())
    s.assume(0 < px, 0 < joint(z), 0 < q(z))
    elbo = E(log(joint(z)) - log(q(z)))
    gap = E(log(q(z)) - log(joint(z) / px))
    left = log(px) - elbo
    return s, eq(left, gap), [eq(left, -gap), eq(log(px) + elbo, gap), eq(left, E(log(q(z)) - log(joint(z))))]


def score_against_reparameterisation() -> Wall:
    s = Scope()
    (mu,), (sigma,) = s.reals("mu"), s.positive("sigma")
    f = s.function("f", ())
    z = s.random("z", law=("normal", (mu, sigma**2)))
    eps = s.random("eps", law=("normal", (0, 1)))
    left = E(f(mu + sigma * eps, slots="'"), eps)
    score = E(f(z) * (z - mu) / sigma**2, z)
    wrong = [E(f(z) * (z - mu) / sigma, z), E(f(z) * z / sigma**2, z), -score]
    return s, eq(left, score), [eq(left, x) for x in wrong]


def reparameterised_gradient() -> Wall:
    s = Scope()
    (mu,), (sigma,) = s.reals("mu"), s.positive("sigma")
    f = s.function("f", ())
    z = s.random("z", law=("normal", (mu, sigma**2)))
    eps = s.random("eps", law=("normal", (0, 1)))
    left = D(E(f(z), z), mu)
    inner = f(mu + sigma * eps, slots="'")
    wrong = [E(sigma * inner, eps), E(inner * eps, eps), 0]
    return s, eq(left, E(inner, eps)), [eq(left, x) for x in wrong]


def gaussian_divergence() -> Wall:
    s = Scope()
    m1, m2 = s.reals("m1 m2")
    s1, s2 = s.positive("s1 s2")
    x = s.random("x", law=("normal", (m1, s1**2)))
    left = E(normal_log_density(x, m1, s1**2) - normal_log_density(x, m2, s2**2), x)
    right = log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - Fraction(1, 2)
    wrong = [
        log(s1 / s2) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - Fraction(1, 2),
        log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2),
        log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s1**2) - Fraction(1, 2),
    ]
    return s, eq(left, right), [eq(left, y) for y in wrong]


def adam_closed_form() -> Wall:
    s = Scope()
    beta, g, t = s.real("beta"), s.real("g", (1, None)), s.integer("t", 0)
    m = s.family("m", (0, 0, lambda _: 0), (1, None, lambda i: beta * name("m")[i - 1] + (1 - beta) * g[i]))
    right = (1 - beta) * Sum(lambda i: beta ** (t - i) * g[i], 1, t)
    wrong = [
        Sum(lambda i: beta ** (t - i) * g[i], 1, t),
        (1 - beta) * Sum(lambda i: beta**i * g[i], 1, t),
        (1 - beta) * Sum(lambda i: beta ** (t - i + 1) * g[i], 1, t),
    ]
    return s, eq(m[t], right), [eq(m[t], x) for x in wrong]


def adam_bias_correction() -> Wall:
    s = Scope()
    beta, g, t = s.real("beta"), s.real("g"), s.integer("t", 0)
    m = s.family("m", (0, 0, lambda _: 0), (1, None, lambda i: beta * name("m")[i - 1] + (1 - beta) * g))
    s.assume(ne(beta**t, 1))
    left = m[t] / (1 - beta**t)
    return s, eq(left, g), [eq(m[t], g), eq(m[t] / (1 - beta), g), eq(m[t] / (1 + beta**t), g)]


def infinity_norm() -> Wall:
    s = Scope()
    n = s.dim("n")
    w, k = s.vector("w", n), s.index("k", 1, n)
    s.assume(Each(lambda i: implies(ne(i, k), absolute(w[i]) < absolute(w[k])), 1, n))
    left = D(op("norminf", w) ** 2, w[k])
    return s, eq(left, 2 * w[k]), [eq(left, 2 * absolute(w[k])), eq(left, w[k]), eq(left, 0)]


def normal_equations() -> Wall:
    s = Scope()
    n, d = s.dim("n"), s.dim("d")
    x, y, w = s.matrix("X", n, d), s.vector("y", n), s.vector("w", d)
    loss = s.define("L", op("square", x @ w - y) / (2 * n))
    s.assume(Each(lambda i: eq(D(loss, w[i]), 0), 1, d), ne(op("det", x.T @ x), 0))
    inverse = op("inv", x.T @ x)
    right = inverse @ (x.T @ y)
    wrong = [n * right, -right, inverse @ (inverse @ (x.T @ y))]
    return s, eq(w, right), [eq(w, v) for v in wrong]


WALLS = [
    softmax_cross_entropy,
    batch_norm_backward,
    attention_values,
    attention_queries,
    recurrent_network,
    scalar_recurrent_network,
    fan_in_variance,
    rectified_moment,
    elbo_gap,
    score_against_reparameterisation,
    reparameterised_gradient,
    gaussian_divergence,
    adam_closed_form,
    adam_bias_correction,
    infinity_norm,
    normal_equations,
]

__all__ = ["WALLS", "Cov"]
