"""What a lecturer would write for a term, and that no two different terms are written alike."""

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylatexenc.latexwalker import LatexWalker

from symderive.kernel.terms import TRUE, make, subterms
from symderive.language.expr import (
    Cov,
    D,
    E,
    Each,
    Expr,
    Lim,
    Max,
    Min,
    Prod,
    Sum,
    Tab,
    Var,
    absolute,
    apply,
    both,
    cases,
    cos,
    delta,
    eq,
    exp,
    function,
    implies,
    is_,
    lift,
    log,
    name,
    ne,
    oo,
    op,
    pi,
    sqrt,
)
from symderive.language.scope import Scope
from symderive.rules.book import rows
from symderive.writing.latex import TooLong, guess, latex, latex_condition
from tests.walls import WALLS

a, b, c, i, j, k, n, m, t, w, x, y, z, L, T = map(name, "abcijknmtwxyzLT")
W, h, p, mu, sigma = map(name, ("W", "h", "p", "mu", "sigma_w"))
f, relu, tanh = map(function, ("f", "relu", "tanh"))
half = Fraction(1, 2)

GOLDEN = {
    # sums, signs
    "a - b": a - b,
    "a - (b - c)": a - (b - c),
    "a - b - c": a - b - c,
    "a + (b + c)": a + (b + c),
    "-a + b": -a + b,
    "-(a + b)": -(a + b),
    "a - b c": a - b * c,
    "a - 3": a + lift(-3),
    "-x": -1 * x,
    "-2 x + y": -2 * x + y,
    "a - (-b)": a - (-b),
    "-a b": -a * b,
    "a (-b)": a * -b,
    # products, quotients, powers
    "a b c": a * b * c,
    "a (b c)": a * (b * c),
    "(a + b) c": (a + b) * c,
    r"2 \cdot 3 x": lift(2) * 3 * x,
    r"x \cdot 2^{n}": x * lift(2) ** n,
    r"\frac{1}{2} x": half * x,
    r"2 \cdot \frac{1}{2}": lift(2) * half,
    r"\frac{a}{b} c": a / b * c,
    r"\frac{\frac{a}{b}}{c}": a / b / c,
    r"a^{b^{c}}": a ** (b**c),
    r"(a^{b})^{c}": (a**b) ** c,
    r"(-2)^{3}": lift(-2) ** 3,
    r"-x^{2}": -(x**2),
    r"(-x)^{2}": (-x) ** 2,
    r"\left( \frac{a}{b} \right)^{2}": (a / b) ** 2,
    r"x^{-1/2}": x ** Fraction(-1, 2),
    r"x^{a/(b c)}": x ** (a / (b * c)),
    r"\sqrt{x + y}": sqrt(x + y),
    r"(\sqrt{x})^{2}": sqrt(x) ** 2,
    # functions
    r"e^{-x^{2}/2}": exp(-(x**2) / 2),
    r"\exp\left( \frac{-(x - \mu)^{2}}{2 \sigma_{w}^{2}} \right)": exp(-((x - mu) ** 2) / (2 * sigma**2)),
    r"\exp\left( \sum_{i=1}^{n} x_{i} \right)": exp(Sum(lambda r: x[r], 1, n)),
    r"y \log x": y * log(x),
    r"\log(x) y": log(x) * y,
    r"\log(x y)": log(x * y),
    r"\log(x)^{2}": log(x) ** 2,
    r"\tanh(x)^{2}": tanh(x) ** 2,
    r"\cos \mu - \log 2": cos(mu) - log(2),
    r"\lvert x \rvert": absolute(x),
    r"\operatorname{ReLU}(x)": relu(x),
    r"\operatorname{LeakyReLU}_{a}(x)": apply("lrelu", a, x),
    r"\max(a, b)": apply("max", a, b),
    r"\frac{\pi}{2}": pi / 2,
    r"f''(x)": apply("f''", x),
    r"\partial_{2} f(x, y)": apply("f;2", x, y),
    r"\mathcal{N}(x; \mu, \sigma_{w}^{2})": apply("normal_density", x, mu, sigma**2),
    r"(\log \mathcal{N}(x; a, b)) c": apply("normal_log_density", x, a, b) * c,
    # indices and binders
    r"h_{t-1}": h[t - 1],
    r"W_{ij}": W[i, j],
    r"W_{i,j+1}": W[i, j + 1],
    r"W_{1,10}": W[1, 10],
    r"W_{ij}^{2}": W[i, j] ** 2,
    r"(a b)_{i}": (a * b)[i],
    r"\operatorname{softmax}(z)_{k}": op("softmax", z)[k],
    r"\sum_{i=1}^{n} x_{i}": Sum(lambda r: x[r], 1, n),
    r"\sum_{j=1}^{n} W_{ij} x_{j}": Sum(lambda r: W[i, r] * x[r], 1, n),
    r"\sum_{t=1}^{T} x_{t} - \mu": Sum(lambda r: x[r], 1, T) - mu,
    r"\sum_{i=1}^{n} (x_{i} - \mu)": Sum(lambda r: x[r] - mu, 1, n),
    r"\left( \sum_{i=1}^{n} x_{i} \right) y": Sum(lambda r: x[r], 1, n) * y,
    r"y \sum_{i=1}^{n} x_{i}": y * Sum(lambda r: x[r], 1, n),
    r"\left( \sum_{i=1}^{n} x_{i} \right)^{2}": Sum(lambda r: x[r], 1, n) ** 2,
    r"\sum_{\substack{i=1 \\ i \ne j}}^{n} x_{i}": Sum(lambda r: x[r], 1, n, lambda r: ne(r, j)),
    r"\sum_{i=1}^{n} \sum_{j=i}^{n} W_{ij}": Sum(lambda r: Sum(lambda s: W[r, s], r, n), 1, n),
    r"\prod_{i=k+1}^{n} w_{i}": Prod(lambda r: w[r], k + 1, n),
    r"\max_{1 \le i \le n} x_{i}": Max(lambda r: x[r], 1, n),
    r"\min_{\substack{1 \le i \le n \\ i \ne j}} x_{i}": Min(lambda r: x[r], 1, n, lambda r: ne(r, j)),
    r"[x_{i}^{2}]_{i=1}^{n}": Tab(lambda r: x[r] ** 2, n),
    r"[x_{i} y_{j}]_{i=1,j=1}^{n,m}": Tab(lambda r: Tab(lambda s: x[r] * y[s], m), n),
    r"\delta_{ij} - p_{j}": delta(i, j) - p[j],
    r"\delta_{i,j+1}": delta(i, j + 1),
    r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}": cases((0 < x, x), otherwise=0),
    r"\begin{cases} x & \text{if } x > 0 \\ -x & \text{if } x < 0 \end{cases}": cases((0 < x, x), (x < 0, -x)),
    # matrices
    r"(X^{\top} X)^{-1}": op("inv", name("X").T @ name("X")),
    r"\operatorname{tr}(A^{\top} B)": op("trace", name("A").T @ name("B")),
    r"(A^{\top})_{ij}": name("A").T[i, j],
    r"A \odot (B + C)": op("hadamard", name("A"), name("B") + name("C")),
    r"\eta A B": name("eta") * (name("A") @ name("B")),
    r"(\eta A) B": (name("eta") * name("A")) @ name("B"),
    r"a b^{\top}": op("outer", a, b),
    r"\lVert w \rVert_{2}": op("norm2", w),
    r"\lVert a - b \rVert_{2}^{2}": op("square", a - b),
    r"\lVert w \rVert_{\infty}": op("norminf", w),
    r"\langle A, B \rangle": op("inner", name("A"), name("B")),
    # derivatives, limits, expectation
    r"\frac{\partial L}{\partial w_{j}}": D(L, w[j]),
    r"\frac{\partial}{\partial w}\left[ a + w b \right]": D(a + w * b, w),
    r"\frac{\partial \tanh(x)}{\partial x}": D(tanh(x), x),
    r"\frac{\partial^{2} L}{\partial b\,\partial w}": D(L, w, b),
    r"\frac{\partial^{2} L}{\partial w^{2}}": D(L, w, w),
    r"\left( \frac{\partial L}{\partial w} \right)^{2}": D(L, w) ** 2,
    r"\lim_{x \to 0^{+}} x \log x": Lim(x * log(x), x, 0, "above"),
    r"\lim_{x \to -\infty} e^{x}": Lim(exp(x), x, -oo),
    r"\mathbb{E}[x^{2}] - \mathbb{E}[x]^{2}": E(x**2) - E(x) ** 2,
    r"\mathbb{E}_{x, y}[x y]": E(x * y, x, y),
    r"\operatorname{Var}(x + y)": Var(x + y),
    r"\operatorname{Var}_{x}(x)": Var(x, x),
    r"\operatorname{Cov}(x, y)": Cov(x, y),
    r"\mathbb{E}[(x - \mathbb{E}[y])^{2}]": E((x - E(y)) ** 2),
    # conditions
    r"x = y": eq(x, y),
    r"x \ne 0": ne(x, 0),
    r"x > 0": 0 < x,
    r"a \le b": a <= b,
    r"0 < a < 1": both(0 < a, a < 1),
    r"a > 0 \text{ and } b > 0": both(0 < a, 0 < b),
    r"a > 0 \implies b > 0": implies(0 < a, 0 < b),
    r"x_{i} > 0 \text{ for all } i = 1, \dots, n": Each(lambda r: 0 < x[r], 1, n),
    r"x_{i} > 0 \text{ for all } i \ge 1": Each(lambda r: 0 < x[r], 1, None),
    r"x, y \text{ are independent}": is_("independent", x, y),
    r"f \text{ is } 2 \text{ times differentiable}": is_("differentiable", name("f"), 2),
    r"\mathbb{E}_{x}[x^{2}] \text{ exists}": is_("integrable", x**2, x),
}


@pytest.mark.parametrize("text", GOLDEN)
def test_what_is_written(text):
    assert latex(GOLDEN[text].term) == text


def everything():
    """All terms at hand: golden ones, claims, facts and definitions of the walls, entries of the book."""
    out = [(e.term, None) for e in GOLDEN.values()]
    for wall in WALLS:
        s, right, wrong = wall()
        terms = [right.term, *(e.term for e in wrong), *s.facts]
        terms += [body for d in s.definitions.values() for _, body in d.clauses]
        out += [(q, s.context()) for q in terms]
    return out + [(q, None) for _, row in rows() for q in (row.claim, *row.conditions)]


def balanced(text):
    text = re.sub(r"\\(left|right)(?=\W)|\\[lr](?:vert|Vert|angle)", "", text)
    for pair in (r"\{\}", r"\(\)", r"\[\]"):
        only = re.sub(f"[^{pair}]", "", text)
        while (shorter := re.sub(pair, "", only)) != only:
            only = shorter
        if only:
            return False
    return True


def check(text):
    assert balanced(text), text
    assert "+ -" not in text, text
    assert "+-" not in text, text
    assert "#" not in text, text
    assert "?" not in text, text
    assert text.count(r"\left") == text.count(r"\right"), text
    LatexWalker(f"${text}$", tolerant_parsing=False).get_latex_nodes()


def test_everything_is_well_formed():
    for term, context in everything():
        check(latex(term, context=context))


# -- structure ----------------------------------------------------------------------------------------

ATOMS = st.sampled_from([a, b, x[i], W[i, j], lift(2), lift(-1), lift(half), lift(0)])


def compound(parts):
    return st.one_of(
        st.builds(lambda u, v: Expr(make("add", u.term, v.term)), parts, parts),
        st.builds(lambda u, v: Expr(make("mul", u.term, v.term)), parts, parts),
        st.builds(lambda u: Expr(make("neg", u.term)), parts),
        st.builds(lambda u, v: u / v, parts, parts),
        st.builds(lambda u, v: u**v, parts, parts),
        st.builds(log, parts),
        st.builds(exp, parts),
        st.builds(relu, parts),
        st.builds(E, parts),
        st.builds(lambda u: D(u, w), parts),
        st.builds(lambda u: Sum(lambda r: u * y[r], 1, n), parts),
        st.builds(lambda u: Max(lambda r: x[r] + u, 1, n, lambda r: ne(r, u)), parts),
        st.builds(lambda u: Lim(u, z, 0), parts),
        st.builds(lambda u, v: cases((u < v, u), otherwise=v), parts, parts),
        st.builds(lambda u: u[k], parts),
        st.builds(lambda u, v: u @ v, parts, parts),
    )


TERMS = st.recursive(ATOMS, compound, max_leaves=8)


@given(TERMS)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_term_is_well_formed(e):
    text = latex(e.term)
    check(text)
    for letter in re.findall(r"\\sum_\{(?:\\substack\{)?([a-z])=", text):
        assert letter not in {s.name() for s in subterms(e.term) if s.head == "sym"}


def canonical(t):
    """A term up to what the printed form leaves open: signs of products, quotients of numerals."""
    parts = [canonical(q) for q in t.terms]
    if t.head == "num":
        q = Fraction(t.args[0], t.args[1])
        return ("neg", canonical(lift(-q).term)) if q < 0 else q
    if t.head == "div" and all(isinstance(q, Fraction) and q.denominator == 1 and q > 0 for q in parts):
        if parts[0].numerator != 1 or Fraction(parts[0], parts[1]).numerator == 1:
            return parts[0] / parts[1]
    if t.head == "div" and isinstance(parts[0], tuple) and parts[0][0] == "neg":
        return ("neg", ("div", parts[0][1], parts[1]))  # in a script
    if t.head == "mul" and isinstance(parts[0], tuple) and parts[0][0] == "neg":
        first = parts[0][1]
        rest = parts[1:] if first == 1 and not isinstance(parts[1], Fraction) else [first, *parts[1:]]
        return ("neg", rest[0] if len(rest) == 1 else ("mul", *rest))
    names = [q for q in t.args if isinstance(q, (str, int))]
    return (t.head, *names, *parts)


@given(TERMS, TERMS)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_different_terms_are_written_differently(u, v):
    if canonical(u.term) != canonical(v.term):
        assert latex(u.term) != latex(v.term)


SMALL = [a, b, lift(2), -a, a + b, a - b, a * b, a / b, a**b, log(a), exp(a), relu(a), E(a), D(a, b)]
SMALL += [Sum(lambda r: x[r], 1, n), cases((a < b, a), otherwise=b), sqrt(a), absolute(a), x[i], a @ b]
JOIN = {
    "add": lambda u, v: make("add", u, v),
    "sub": lambda u, v: make("add", u, make("neg", v)),
    "mul": lambda u, v: make("mul", u, v),
    "div": lambda u, v: make("div", u, v),
    "pow": lambda u, v: make("pow", u, v),
    "at": lambda u, v: make("at", u, v),
    "matmul": lambda u, v: make("op", "matmul", u, v),
    "hadamard": lambda u, v: make("op", "hadamard", u, v),
    "sum": lambda u, v: make("big", "sum", u, v, TRUE, make("mul", u, make("at", v, make("bound", 0)))),
}


def test_small_terms_in_every_place_are_written_differently():
    seen = {}
    for join in JOIN.values():
        for u in SMALL:
            for v in SMALL:
                term = join(u.term, v.term)
                if term.head == "op" and term.name() == "matmul":
                    term = make("app", "g", term)  # beside a product of numbers it would look the same
                other = seen.setdefault(latex(term), term)
                assert canonical(other) == canonical(term) or "matmul" in f"{other}{term}", (other, term)


# -- names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kernel", "text"),
    [
        ("alpha", r"\alpha"),
        ("sigma_w", r"\sigma_{w}"),
        ("x_1", "x_{1}"),
        ("h1", "h_{1}"),
        ("dout", r"\mathrm{dout}"),
        ("h_out", r"h_{\mathrm{out}}"),
        ("W^1", "W^{(1)}"),
        ("h_t^(l)", "h_{t}^{(l)}"),
        ("f'", "f'"),
        ("σ", r"\sigma"),
        ("Ω_2", r"\Omega_{2}"),
        ("ϵ", r"\epsilon"),
        ("a__b", r"a_{b}"),
        ("_", r"\mathrm{\_}"),
    ],
)
def test_guessed_names(kernel, text):
    assert guess(kernel) == text


def test_names_that_might_be_taken_for_each_other_are_set_upright():
    assert latex((h[t] + name("h0")).term) == r"h_{t} + \mathrm{h0}"
    assert latex((name("x1") + name("x_1")).term) == r"\mathrm{x1} + \mathrm{x\_1}"


def test_spelling_with_places_for_indices():
    spelling = {"W": r"W^{(#1)}_{#2#3}", "sigmoid": r"\sigma", "w": r"\mathbf{w}"}

    assert latex(W[name("l"), i, j].term, spelling) == "W^{(l)}_{ij}"
    assert latex(W[name("l"), i, j + 1].term, spelling) == "W^{(l)}_{i,j+1}"
    assert latex(W[name("l")].term, spelling) == "W^{(l)}"
    assert latex(W.term, spelling) == "W"
    assert latex((W[name("l")] @ x).term, spelling) == "W^{(l)} x"
    assert latex((W[name("l")] ** 2).term, spelling) == "(W^{(l)})^{2}"
    assert latex(W[name("l")].T.term, spelling) == r"(W^{(l)})^{\top}"
    assert latex(apply("sigmoid", x).term, spelling) == r"\sigma(x)"
    assert latex(D(L, w[i]).term, spelling) == r"\frac{\partial L}{\partial \mathbf{w}_{i}}"


def test_what_has_a_subscript_is_bracketed_before_the_next():
    assert latex(name("x_1")[i].term, {"x_1": "x_{1}"}) == "(x_{1})_{i}"


def test_e_and_delta_as_names_are_not_used_otherwise():
    assert latex((exp(x) + name("e")).term) == r"\exp(x) + e"
    assert r"\delta_{ij}" not in latex((delta(i, j) * name("delta")[i]).term)


def test_a_loose_variable_gets_a_letter():
    body = Sum(lambda r: W[r, k], 1, n).term
    assert latex(make("at", x.term, make("bound", "i#1"))) == "x_{i}"
    assert latex(make("add", body, make("at", x.term, make("bound", "i#1")))) == r"\sum_{j=1}^{n} W_{jk} + x_{i}"
    with pytest.raises(ValueError, match="binder"):
        latex(make("bound", 0))


# -- shapes -------------------------------------------------------------------------------------------


@pytest.fixture
def scope():
    s = Scope()
    d, e = s.dim("d"), s.dim("e")
    for v in "uv":
        s.vector(v, d)
    s.matrix("A", d, d)
    s.matrix("B", d, e)
    s.define("q", name("A") @ name("u"))
    s.define("loss", op("square", name("q") - name("v")))
    return s


def test_vectors_are_columns(scope):
    u, v, A, B = map(name, "uvAB")

    def text(e):
        return latex(e.term, context=scope.context())

    assert text(u @ v) == r"u^{\top} v"
    assert text(u @ (A @ v)) == text((u @ A) @ v) == r"u^{\top} A v"
    assert text((u @ A) + A @ u) == r"(u^{\top} A)^{\top} + A u"
    assert text((u @ A)[1]) == r"(u^{\top} A)_{1}"
    assert text(A @ (u @ A)) == r"A (u^{\top} A)^{\top}"
    assert text(op("outer", u, v @ A)) == r"u (v^{\top} A)"
    assert text((A @ u) @ v) == r"(A u)^{\top} v"
    assert text(A.T @ (A @ v)) == r"A^{\top} A v"
    assert text(op("outer", u, A @ v)) == r"u (A v)^{\top}"
    assert text(op("norm2", B)) == r"\lVert B \rVert_{F}"
    assert text(A**2) == r"A^{\odot 2}"
    assert text(A[10]) == "A_{10,:}"
    assert text(u[10]) == "u_{10}"


def test_tables_of_derivatives(scope):
    context = scope.context()
    q, loss, u, A, d = map(name, ("q", "loss", "u", "A", "d"))

    def table(body):
        return Tab(lambda r: Tab(lambda s: body(r, s), d), d).term

    assert latex(Tab(lambda r: D(loss, u[r]), d).term, context=context) == r"\frac{\partial \mathrm{loss}}{\partial u}"
    assert latex(table(lambda r, s: D(loss, A[r, s])), context=context) == r"\frac{\partial \mathrm{loss}}{\partial A}"
    assert "[" in latex(table(lambda r, s: D(loss, A[s, r])), context=context)
    jacobian, transposed = table(lambda r, s: D(q[r], u[s])), table(lambda r, s: D(q[s], u[r]))
    fraction = r"\frac{\partial q}{\partial u}"
    assert latex(jacobian, context=context) == fraction == latex(transposed, context=context, layout="denominator")
    assert latex(transposed, context=context) != fraction != latex(jacobian, context=context, layout="denominator")


def test_a_condition_by_its_parts():
    assert latex_condition(both(0 < a, ne(b, 0)).term) == r"a > 0,\quad b \ne 0"
    assert latex_condition(TRUE) == r"\text{true}"
    with pytest.raises(TypeError):
        latex_condition(a.term)


def test_a_formula_that_shares_its_parts_has_a_limit():
    e = x
    for _ in range(15):
        e = e * e + 1
    with pytest.raises(TooLong):
        latex(e.term)


# -- the walls ----------------------------------------------------------------------------------------

CLAIMS = {
    "softmax_cross_entropy": r"\frac{\partial L}{\partial z_{j}} = p_{j} - y_{j}",
    "batch_norm_backward": r"\frac{\partial L}{\partial x_{j}} = "
    r"\frac{m g_{j} - \sum_{i=1}^{m} g_{i} - h_{j} \sum_{i=1}^{m} g_{i} h_{i}}{m\,\mathrm{sd}}",
    "attention_values": r"\frac{\partial L}{\partial V_{ij}} = (P^{\top} G)_{ij}",
    "attention_queries": r"\frac{\partial L}{\partial Q_{ij}} = \frac{(\mathrm{dS}\,K)_{ij}}{\sqrt{d}}",
    "recurrent_network": r"\frac{\partial h_{Ta}}{\partial W_{bc}} = "
    r"\sum_{t=1}^{T} P_{tTab} (1 - h_{tb}^{2}) h_{t-1,c}",
    "scalar_recurrent_network": r"\frac{\partial h_{T}}{\partial w} = "
    r"\sum_{t=1}^{T} \left( \prod_{i=t+1}^{T} w (1 - h_{i}^{2}) \right) (1 - h_{t}^{2}) h_{t-1}",
    "fan_in_variance": r"\operatorname{Var}\left( \sum_{i=1}^{n} w_{i} x_{i} \right) = n\,\mathrm{sw}^{2} m_{2}",
    "rectified_moment": r"\mathbb{E}[\operatorname{ReLU}(x)^{2}] = \frac{\sigma^{2}}{2}",
    "elbo_gap": r"\log \mathrm{px} - \mathbb{E}[\log(\mathrm{pxz}(z)) - \log(q(z))] = "
    r"\mathbb{E}\left[ \log(q(z)) - \log\left( \frac{\mathrm{pxz}(z)}{\mathrm{px}} \right) \right]",
    "score_against_reparameterisation": r"\mathbb{E}_{\epsilon}[f'(\mu + \sigma \epsilon)] = "
    r"\mathbb{E}_{z}\left[ \frac{f(z) (z - \mu)}{\sigma^{2}} \right]",
    "reparameterised_gradient": r"\frac{\partial \mathbb{E}_{z}[f(z)]}{\partial \mu} = "
    r"\mathbb{E}_{\epsilon}[f'(\mu + \sigma \epsilon)]",
    "gaussian_divergence": r"\mathbb{E}_{x}[\log \mathcal{N}(x; m_{1}, s_{1}^{2})"
    r" - \log \mathcal{N}(x; m_{2}, s_{2}^{2})]"
    r" = "
    r"\log\left( \frac{s_{2}}{s_{1}} \right) + \frac{s_{1}^{2} + (m_{1} - m_{2})^{2}}{2 s_{2}^{2}} - \frac{1}{2}",
    "adam_closed_form": r"m_{t} = (1 - \beta) \sum_{i=1}^{t} \beta^{t-i} g_{i}",
    "adam_bias_correction": r"\frac{m_{t}}{1 - \beta^{t}} = g",
    "infinity_norm": r"\frac{\partial \lVert w \rVert_{\infty}^{2}}{\partial w_{k}} = 2 w_{k}",
    "normal_equations": r"w = (X^{\top} X)^{-1} X^{\top} y",
}


@pytest.mark.parametrize("wall", WALLS, ids=lambda wall: wall.__name__)
def test_claims_of_the_walls(wall):
    s, right, _ = wall()
    assert latex(right.term, context=s.context()) == CLAIMS[wall.__name__]
