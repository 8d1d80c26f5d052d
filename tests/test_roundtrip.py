"""What is understood prints as LaTeX that reads back to the same term: formulas, documents, random terms, SymPy's.

"The same" is up to `normal`, which is what the writer says of itself: the sign of a product stands in front of it, a
quotient of numerals is a rational number, a numeral stands on the right of = and ≠, a chain of matrix products has no
brackets, the square of a 2-norm is the squared norm.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import sympy
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from mpmath import mpf

from symderive.kernel.context import base_name
from symderive.kernel.shapes import shape
from symderive.kernel.terms import CONDITIONS, make, num
from symderive.language.bridge import from_sympy
from symderive.language.expr import (
    Cov,
    D,
    E,
    Expr,
    Lim,
    Max,
    Prod,
    Sum,
    Tab,
    Var,
    apply,
    cases,
    delta,
    eq,
    lift,
    name,
    ne,
    oo,
    op,
)
from symderive.language.scope import Scope
from symderive.reading.formulas.elaborate import read_relations, read_term
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.names import Meaning, Names
from symderive.reading.formulas.surface import parse
from symderive.reading.formulas.symbols import label, peel
from symderive.reading.problems import read_problems
from symderive.writing.latex import guess, latex
from tests.reading_help import declared
from tests.reference import Reference, World, real
from tests.test_formulas import RIGHT, UNREAD, read
from tests.walls import WALLS

# -- the same term ------------------------------------------------------------------------------------


def normal(t):
    """A term without the differences that the writer does not write."""
    args = [normal(a) if hasattr(a, "terms") else a for a in t.args]
    t = make(t.head, *args)
    match t.head:
        case "div" if all(a.head == "num" for a in t.terms) and t.terms[1] is not num(0):
            return num(fraction(t.terms[0]) / fraction(t.terms[1]))
        case "neg" if t.terms[0].head == "num":
            return num(-fraction(t.terms[0]))
        case "neg" if t.terms[0].head == "neg":
            return t.terms[0].terms[0]
        case "neg" if t.terms[0].head == "mul" and (found := signed(t.terms[0])):
            return found
        case "mul" if found := signed(t):
            return normal(make("neg", found))
        case "op" if t.name() == "matmul":
            return chained(t)
        case "rel" if t.name() in ("=", "!=") and t.terms[0].head == "num" and t.terms[1].head != "num":
            return make("rel", t.name(), *reversed(t.terms))
        case "pow" if t.terms[1] is num(2) and t.terms[0].head == "op" and t.terms[0].name() == "norm2":
            return make("op", "square", *t.terms[0].terms)
    return t


def fraction(t):
    return Fraction(*t.args)


def signed(t):
    """What follows the minus sign of a product; None if it has none."""
    first, *rest = t.terms
    if first.head == "mul":
        inner = signed(first)
        return None if inner is None else make("mul", inner, *rest)
    if first.head == "neg":
        return make("mul", first.terms[0], *rest)
    if first.head == "num" and fraction(first) < 0:
        positive = num(-fraction(first))
        if positive is not num(1) or rest[0].head == "num":
            return make("mul", positive, *rest)
        return rest[0] if len(rest) == 1 else make("mul", *rest)
    return None


def chained(t):
    """A matrix product bracketed to the left."""
    factors, stack = [], [t]
    while stack:
        s = stack.pop()
        if s.head == "op" and s.name() == "matmul":
            stack += [s.terms[1], s.terms[0]]
        else:
            factors.append(s)
    out = factors[0]
    for s in factors[1:]:
        out = make("op", "matmul", out, s)
    return out


def back(t, names, row=False):
    """The LaTeX of a term and the term that it reads as."""
    text = latex(t, names.spellings, names.scope.context())
    try:
        if t.head == "rel":
            found = read_relations(text, names.copy())
            assert len(found) == 1, text
            return text, found[0]
        return text, read_term(text, names.copy()).term
    except ReadingError as error:
        pytest.fail(error.show(text))


def holds(t, names):
    text, found = back(t, names)
    assert normal(found) is normal(t), f"{text}\n{normal(t)}\n{normal(found)}"


# -- formulas -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("item", [x for x in RIGHT if x["id"] not in UNREAD], ids=lambda x: x["id"])
def test_formula(item):
    names, terms, _ = read(item)
    for t in terms:
        if t is not None:
            holds(t, names)


# -- documents ----------------------------------------------------------------------------------------

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("problems/**/*.tex"), *ROOT.glob("tests/corpus/derivations/*.tex")])


def units(questions):
    for q in questions:
        yield q
        yield from units(q.parts)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.stem)
def test_document(path):
    """Every goal and every definition."""
    for q in units(read_problems(str(path)).questions):
        asked = [t for p in q.problems for t in (p.goal.target, p.goal.relation, *p.goal.terms)]
        bodies = [b for d in q.names.scope.definitions.values() if not d.params for _, b in d.clauses]
        for t in [*asked, *bodies]:
            if t is not None and (t.head == "rel" or t.head not in CONDITIONS):
                holds(t, q.names)


# -- statements ---------------------------------------------------------------------------------------


def reader_key(text):
    """The key under which the reader finds a spelling."""
    s = peel(parse(text))
    assert s is not None, text
    return (
        s.base
        + (f"_{label(s.lower)}" if s.lower is not None else "")
        + (f"^{label(s.upper)}" if s.upper is not None else "")
    )


def renamed(t, keys):
    """A term with other names."""

    def new(k, a):
        if hasattr(a, "terms"):
            return renamed(a, keys)
        named = t.head == "sym" or (t.head in ("der", "lim") and k == 1) or (t.head == "ex" and k > 0)
        if t.head == "app":
            return keys.get(base_name(a), base_name(a)) + a[len(base_name(a)) :] if k == 0 else a
        return keys.get(a, a) if named else a

    return make(t.head, *(new(k, a) for k, a in enumerate(t.args)))


def table(scope, **spelled):
    """The reader's table for a scope, its names with keys that the reader knows."""
    spelling = {n: spelled.get(n, guess(n)) for n in scope.names}
    keys = {n: reader_key(text) for n, text in spelling.items()}
    assert len(set(keys.values())) == len(keys)
    out = Scope(scope.book)

    def span(ranges):
        return tuple((renamed(lo, keys), renamed(hi, keys)) for lo, hi in ranges)

    for n, d in scope.names.items():
        law = d.law and (d.law[0], tuple(renamed(p, keys) for p in d.law[1]))
        out.names[keys[n]] = type(d)(d.kind, span(d.ranges), tuple(span(a) for a in d.arguments), law)
    for n, d in scope.definitions.items():
        out.definitions[keys[n]] = type(d)(d.params, tuple((span(r), renamed(b, keys)) for r, b in d.clauses))
    out.facts = [renamed(f, keys) for f in scope.facts]
    names = Names(out)
    names.meanings = {keys[n]: Meaning(keys[n], spelling[n], "declared") for n in scope.names}
    return names, keys


@pytest.mark.parametrize("wall", WALLS, ids=lambda w: w.__name__)
def test_wall(wall):
    scope, right, wrong = wall()
    names, keys = table(scope)
    for claim in (right, *wrong):
        t = renamed(claim.term, keys)
        if t.head == "rel":
            holds(t, names)


# -- random terms -------------------------------------------------------------------------------------


def world():
    """Names of every kind, with the spellings that make trouble."""
    s = Scope()
    n, m = s.dim("n"), s.dim("m")
    s.reals("x y")
    s.positive("p")
    s.real("sigma_w")
    for v in "uv":
        s.vector(v, n)
    for a in "AB":
        s.matrix(a, n, n)
    s.matrix("C", n, m)
    s.real("h", (0, m))
    s.real("w", (0, m))
    s.real("W", (1, m), (1, n), (1, n))
    s.integer("k", 1, n)
    s.function("f")
    s.function("g", (), ())
    s.function("r", (n,))
    s.random("X")
    s.random("Z", (1, n))
    s.define("L", name("x") * name("y"))
    s.real("dout")
    s.real("h0")
    names, _ = table(s, h0=r"\mathrm{h0}")
    for key in ("w", "W"):
        names.meanings[key].upper = 1
    return names


NAMES = world()
x, y, p, n, m, k, u, v, A, B, C, h, w, W, X, Z, L = map(name, ["x", "y", "p", *"nmkuvABChwWXZL"])
width, dout, h0 = name("σ_w"), name("dout"), name("h0")


@st.composite
def integers(draw, indices):
    i = draw(st.sampled_from([lift(1), lift(2), lift(12), n, m, k, *indices]))
    return draw(st.sampled_from([i, i, i + 1, i - 1]))


@st.composite
def scalars(draw, depth=2, indices=()):
    sub, index = scalars(depth - 1, indices), integers(indices)
    i, j = draw(index), draw(index)
    numerals = [lift(c) for c in (2, 10, Fraction(3, 4), -1, 0, -3, Fraction(-11, 25))]
    entries = [v[i], A[i, j], C[i, j], h[i], w[i], W[i, j, k], Z[i]]
    leaf = st.sampled_from([x, y, p, n, X, L, width, dout, h0, apply("pi"), *numerals, *entries])
    if not depth:
        return draw(leaf)
    a, b = draw(sub), draw(sub)
    wide = draw(vectors(depth - 1, indices))

    def big():
        kind, lo, hi = draw(st.sampled_from([Sum, Sum, Prod, Max])), draw(index), draw(index)
        where = draw(st.sampled_from([None, None, lambda i: ne(i, k), lambda i: i < k]))
        return kind(lambda i: draw(scalars(depth - 1, (*indices, i))), lo, hi, where)

    def words():
        one = "exp log sin cos tanh sinh abs sign step relu sigmoid softplus silu gelu erf logit softsign".split()
        f = draw(
            st.sampled_from([*one, *one, "max", "min", "lrelu", "elu", "f", "f'", "f''", "g", "g;1", "g;2", "g;1;2"])
        )
        two = f in ("max", "min", "lrelu", "elu") or f.startswith("g;") or f == "g"
        return apply(f, a, b) if two else apply(f, a)

    def exponent():
        return draw(st.sampled_from([2, 3, Fraction(1, 2), -1, Fraction(1, 3), Fraction(-2, 3), 12, n, k + 1, i, y]))

    def guarded():
        relation = draw(st.sampled_from([lambda s, t: s < t, lambda s, t: s <= t, eq, ne]))
        return cases((relation(a, b), draw(sub)), otherwise=draw(sub))

    def moment():
        return draw(st.sampled_from([E(a), E(a, X), Var(a), Cov(a, b), E(a, X, Z), E(a) * b, Var(a, X)]))

    def slope():
        by = draw(st.sampled_from([x, y, width, v[k], A[k, 1], w[k], W[1, k, 2], dout]))
        return draw(st.sampled_from([D(a, by), D(D(a, by), x), D(L, by), D(apply("f", x), by)]))

    def limit():
        return draw(st.sampled_from([Lim(a, x, 0), Lim(a, y, oo), Lim(a, x, b), Lim(a, p, 0, "above")]))

    def tensors():
        inner = draw(matrices(depth - 1, indices))
        other = draw(vectors(depth - 1, indices))
        return draw(
            st.sampled_from([
                op("trace", inner), op("det", inner), inner[i, j], wide @ other, op("norm2", wide), op("norm1", wide),
                op("norminf", wide), op("square", wide), op("total", wide), op("mean", wide), wide[i], apply("r", wide),
                op("inner", inner, A), op("norm2", inner), op("square", inner), op("logsumexp", wide), delta(i, j),
                op("norm2", wide) ** 2,
            ])
        )  # fmt: skip

    plain = [
        lambda: draw(leaf), lambda: make_("add", a, b), lambda: make_("add", a, b, draw(sub)),
        lambda: make_("mul", a, b),
        lambda: make_("mul", a, b, draw(sub)), lambda: make_("neg", a), lambda: a / b, lambda: a ** exponent(),
    ]  # fmt: skip
    return draw(st.sampled_from([*plain, *plain, words, words, big, guarded, moment, slope, limit, tensors, tensors]))()


@st.composite
def vectors(draw, depth=2, indices=()):
    if depth <= 0:
        return draw(st.sampled_from([u, v, Z, A[k]]))
    a, b = draw(vectors(depth - 1, indices)), draw(vectors(depth - 1, indices))
    c = draw(scalars(depth - 1, indices))
    inner = draw(matrices(depth - 1, indices))
    kinds = [
        lambda: make_("add", a, b), lambda: make_("neg", a), lambda: make_("mul", c, a), lambda: inner @ a,
        lambda: a @ inner,
        lambda: op("hadamard", a, b), lambda: apply("tanh", a), lambda: op("softmax", a), lambda: a / c, lambda: a**2,
        lambda: op("diagonal", inner), lambda: apply("r'", a), lambda: a / b,
        lambda: Tab(lambda i: draw(scalars(depth - 1, (*indices, i))), n), lambda: Tab(lambda i: D(c, v[i]), n),
    ]  # fmt: skip
    return draw(st.sampled_from(kinds))()


@st.composite
def matrices(draw, depth=2, indices=()):
    if depth <= 0:
        return draw(st.sampled_from([A, B]))
    a, b = draw(matrices(depth - 1, indices)), draw(matrices(depth - 1, indices))
    s, t = draw(vectors(depth - 1, indices)), draw(vectors(depth - 1, indices))
    c = draw(scalars(depth - 1, indices))
    kinds = [
        lambda: make_("add", a, b), lambda: a / c, lambda: a @ b, lambda: a.T, lambda: op("inv", a),
        lambda: make_("mul", c, a),
        lambda: op("outer", s, t), lambda: a**2, lambda: op("hadamard", a, b), lambda: C @ C.T, lambda: op("diag", s),
        lambda: Tab(lambda i: Tab(lambda j: delta(i, j), n), n), lambda: apply("relu", a), lambda: make_("neg", a),
        lambda: Tab(lambda i: Tab(lambda j: D(c, A[i, j]), n), n),
        lambda: Tab(lambda i: Tab(lambda j: D(t[i], v[j]), n), n),
    ]  # fmt: skip
    return draw(st.sampled_from(kinds))()


def make_(head, *parts):
    return Expr(make(head, *(q.term for q in parts)))


SETTINGS = settings(max_examples=150, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])


@SETTINGS
@given(st.one_of(scalars(), scalars(), vectors(), matrices()))
def test_random_term(e):
    shape(NAMES.scope.context(), e.term)
    holds(e.term, NAMES)


SPELLINGS = r"""\hat y | \widehat{y} | \bar x | \overline{x} | \tilde{h} | \widetilde{h} | \vec{v} | \dot x | \ddot x | \mathbf{w} | \bm{w}
\boldsymbol{\theta} | \mathcal{L} | \mathscr{L} | \mathbb{F} | \mathfrak{g} | \mathsf{A} | \hat{\mathbf{w}} | \mathbf{\hat w} | \hat\sigma_w
\sigma_w | \theta_{\text{old}} | h_{\mathrm{in}} | D_h | x' | x'' | w^* | \theta^{*} | \mathit{dout} | \mathrm{h0} | \mathrm{CE} | \beta_1 | x_{12}
W_{hh} | \varepsilon | \epsilon | \ell | \varphi | \Sigma | \hat{y}_{i1} | \hat y^{(1)} | L_{\text{CE}} | \tilde{\mathbf{x}}_{2} | \mathbf{W}_{xh}
\mu_{t-1} | a^{(2)} | a_1^{(2)} | \mathrm{dout}_2 | \alpha' | \bar{\mathbf{h}}"""


@pytest.mark.parametrize("text", [s.strip() for line in SPELLINGS.splitlines() for s in line.split("|")])
def test_spelling(text):
    names = Names()
    t = read_term(text, names).term
    assert t.head == "sym"
    again, found = back(t, names)
    assert found is t, again
    assert read_term(again, Names()).term is t
    # and as a factor, a base and a variable of differentiation
    for e in (make("mul", t, t), make("pow", t, num(2)), make("der", make("mul", t, t), t.name())):
        holds(e, names)


# -- what SymPy prints ----------------------------------------------------------------------------------

GIVEN = r"""Let $x, y, z, \theta, \sigma_w, x_1, \hat y \in \mathbb{R}$ and $p > 0$.  Let $n$ and $m$ be positive integers and
$k \in \{1, \dots, n\}$. Let $f \colon \mathbb{R} \to \mathbb{R}$ be a differentiable function.
Let $A, B \in \mathbb{R}^{n \times n}$ and $u, v \in \mathbb{R}^n$."""

PASTED = r"""
log(x) | log(p)**2 | sin(x)**2 | exp(x) | exp(-x**2/2) | exp(x)**2 | p**Rational(1, 3) | sqrt(p) | 1/sqrt(p) | 1/x | x/2
-x/2 | (x + 1)/(y - 2) | x*y/z | -(x + y) | x**-2 | 2**x | p**y | p**(y + 1) | (x + 1)**2 | (-x)**2 | -x**2 | x - y - z
x - (y + z) | 2*(x + y) | 10*x/3 | Rational(33, 100)*x | Rational(-3, 4) | 12*x**10 | 2**n | (x*y)**2 | (x - y)*(x + y)
Abs(x) | Abs(x - y)**2 | sign(x) | erf(x) | tanh(x) | cosh(x)**3 | sinh(x) | tan(x) | sec(x) | cot(x) | coth(x)
Max(0, x) | Min(x, y) | Max(x, y, z) | log(p, 2) | log(p)*y | x*log(p) | log(p)*log(p + 1) | log(p*x**2) | log(p + 1)/p
sin(2*x) | sin(x*y) | sin(x + y) | sin(x)*cos(y) | exp(x)*exp(y) | exp(x + y) | exp(exp(x)) | 1/(1 + exp(-x)) | exp(-x)/x
f(x) | f(x)**2 | f(x + 1) | x*f(x) | Derivative(f(x), x) | Derivative(f(x), x, x) | Derivative(f(x), x)*f(x)
Derivative(f(x), x)**2 | Derivative(x**2*y, x, y) | Derivative(sin(x)*x, x) | Derivative(log(p) + p, p)*y | Derivative(x**3, (x, 2))
Subs(Derivative(f(x), x), x, 2) | f(f(x)) | Derivative(exp(x), x) + 1
Sum(u[i], (i, 1, n)) | Sum(u[i]*x, (i, 1, n)) | Sum(u[i]**2, (i, 1, n)) | Sum(u[i] + x, (i, 1, n)) | Product(u[i], (i, 1, n))
Sum(i*j, (i, 1, n), (j, 1, m)) | Product(1 + u[i], (i, 1, n)) | exp(Sum(u[i], (i, 1, n))) | x*Sum(u[i], (i, 1, n)) + y
Sum(u[i], (i, 1, n))**2 | log(Sum(exp(u[i]), (i, 1, n))) | exp(u[k])/Sum(exp(u[j]), (j, 1, n)) | Sum(KroneckerDelta(i, k)*u[i], (i, 1, n))
Sum(u[i], (i, 1, n)) + Sum(v[j]**2, (j, 1, n)) | Sum(Sum(u[i]*v[j], (j, 1, n)), (i, 1, n)) | u[1] | u[k] | KroneckerDelta(k, 2)
Piecewise((x, x > 0), (0, True)) | Piecewise((x, x > 1), (y, x < -1), (z, True)) | Piecewise((x, (x > 0) & (x < 1)), (0, True))
Piecewise((x, Eq(x, 1)), (y, Ne(x, 2))) | x*Piecewise((x, x >= 0), (0, True)) + 1
A*w | A.T*w | A*B | A.T | A.inverse()*w | A + B | 2*A | x*A*w | A - B | (A + B)*w | A*(B + A.T) | -A*w
Trace(A*B) | HadamardProduct(A, B) | A**2 | A + Identity(n) | Trace(A)*x | HadamardPower(A, 2) | A*A.T*w
theta | sigma_w | x_1 | theta**2 | sigma_w**2 | x_1**2 | yhat**2 | pi*x | E | E**(2*x)
Eq(x, y) | Ne(x, y) | x < y | x <= y | x > y | x >= y
"""


def pasted():
    i, j = sympy.symbols("i j", integer=True)
    n_, m_ = sympy.symbols("n m", integer=True, positive=True)
    real = sympy.symbols("x y z theta sigma_w x_1", real=True)
    square = {a: sympy.MatrixSymbol(a, n_, n_) for a in "AB"}
    columns = {a: sympy.IndexedBase(a, shape=(n_,)) for a in "uv"}
    table = {s.name: s for s in (*real, i, j, n_, m_)} | square | columns
    table |= {
        "w": sympy.MatrixSymbol("u", n_, 1),
        "p": sympy.Symbol("p", positive=True),
        "k": sympy.Symbol("k", integer=True),
    }
    table |= {
        "f": sympy.Function("f"),
        "yhat": sympy.Symbol("yhat", real=True),
        "HadamardProduct": sympy.HadamardProduct,
    }
    return {s.strip(): sympy.parse_expr(s, table) for line in PASTED.strip().splitlines() for s in line.split("|")}


SYMPY = pasted()
SYMPY_NAMES, _ = declared(GIVEN)
SAMPLE = World(
    {"x": Fraction(7, 5), "y": Fraction(-1, 2), "z": Fraction(3), "p": Fraction(5, 4), "θ": Fraction(2, 3)}
    | {"n": 2, "m": 3, "k": 1}
    | {"σ_w": Fraction(3, 7), "x_1": Fraction(-2, 9), "ŷ": Fraction(8, 3), "u": [Fraction(2), Fraction(-1, 3)]}
    | {"v": [Fraction(1, 2), Fraction(5)], "A": [[2, Fraction(1, 2)], [-1, 3]], "B": [[0, 4], [Fraction(3, 2), 1]]},
    {"f": lambda t: 1 - t + 2 * t**2},
)  # fmt: skip


def at_sample(t, names):
    reference = Reference(names.scope.context(), SAMPLE)
    return reference.truth(t) if t.head == "rel" else reference.value(t)


@pytest.mark.parametrize("source", SYMPY)
def test_pasted_from_sympy(source):
    e = SYMPY[source]
    names = SYMPY_NAMES.copy()
    text = sympy.latex(e)
    relational = isinstance(e, sympy.core.relational.Relational)
    try:
        found = read_relations(text, names)[0] if relational else read_term(text, names).term
    except ReadingError as error:
        pytest.fail(error.show(text))
    scope = names.copy().scope
    for letter, key in (("theta", "θ"), ("sigma_w", "σ_w"), ("yhat", "ŷ")):
        scope.names[letter] = scope.names[key]
    wanted = renamed(from_sympy(e, scope).term, {"theta": "θ", "sigma_w": "σ_w", "yhat": "ŷ"})
    mine, theirs = at_sample(found, names), at_sample(wanted, names)
    assert same_values(mine, theirs), (text, found, wanted)
    assert not names.inferred


def same_values(a, b):
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same_values, a, b))
    return a is b if isinstance(a, bool) else abs(real(a) - real(b)) < mpf(10) ** -20 * (1 + abs(real(a)))


@pytest.mark.parametrize(
    ("e", "code"),
    [
        (sympy.Determinant(SYMPY["A.T"]), "ambiguous"),  # |A|
        (sympy.atan(sympy.Symbol("x")), "undeclared"),
        (sympy.gamma(sympy.Symbol("x")), "undeclared"),
        (sympy.Integral(sympy.Symbol("x"), sympy.Symbol("x")), "unsupported"),
        (sympy.floor(sympy.Symbol("x")), "unsupported"),
        (sympy.I * sympy.Symbol("x"), "undeclared"),
        (sympy.zoo, "syntax"),
        (sympy.re(sympy.Symbol("x")), "undeclared"),
        (sympy.Piecewise((1, (sympy.Symbol("x") > 0) | (sympy.Symbol("x") < -1)), (0, True)), "unsupported"),
    ],
    ids=str,
)
def test_what_sympy_prints_and_nobody_reads_is_refused(e, code):
    with pytest.raises(ReadingError) as caught:
        read_term(sympy.latex(e), SYMPY_NAMES.copy())
    assert caught.value.code == code
