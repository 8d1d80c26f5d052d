"""Small certificates that the kernel accepts, written by hand or found by the engine: what forgeries start from."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache

from symderive.kernel.book import Lambda, Spot
from symderive.kernel.steps import (
    Cases,
    Chain,
    Combine,
    Cut,
    Evaluate,
    Fact,
    Induct,
    Order,
    Place,
    Resum,
    Rule,
    Unfold,
)
from symderive.kernel.sums import Moves
from symderive.kernel.terms import ONE, ZERO, abstract, at, bound, make, num, rel
from symderive.language.expr import (
    D,
    E,
    Each,
    Expr,
    Sum,
    Tab,
    absolute,
    cases,
    delta,
    eq,
    exp,
    is_,
    log,
    name,
    op,
    sqrt,
)
from symderive.language.scope import Scope
from tests.certificates import Record, certified, copy, proved, refuted

ONCE = Fraction(1)
HALF = Fraction(1, 2)


def cancelled() -> Record:
    """(a² − b²)/(a − b) = a + b, where a − b ≠ 0."""
    s = Scope()
    a, b = s.reals("a b")
    left, right = (a**2 - b**2) / (a - b), a + b
    return certified(s, eq(left, right), [Combine(left.term, right.term)], {"a": 2, "b": 1})


def positive_sum() -> Record:
    """0 < x² + x for 0 < x."""
    s = Scope()
    (x,) = s.positive("x")
    claim = 0 < x**2 + x
    steps = [Fact((0 < x).term), Order(claim.term, ((ONCE, (), (x.term,)), (ONCE, (0,), ())))]
    return certified(s, claim, steps, {"x": 1})


def product_nonzero() -> Record:
    """x·y ≠ 0 for x ≠ 0, 0 < y."""
    s = Scope()
    x, y = s.reals("x y")
    facts = Expr(rel("!=", ZERO, x.term)), 0 < y
    s.assume(*facts)
    claim = Expr(rel("!=", ZERO, (x * y).term))
    steps = [Fact(facts[0].term), Fact(facts[1].term), Order(claim.term, ((ONCE, (0, 1), ()),))]
    return certified(s, claim, steps, {"x": 1, "y": 1})


def squared_nonzero() -> Record:
    """0 < x² for x ≠ 0: a factor known to be ≠ 0, twice."""
    s = Scope()
    x = s.real("x")
    fact = Expr(rel("!=", ZERO, x.term))
    s.assume(fact)
    claim = 0 < x**2
    return certified(s, claim, [Fact(fact.term), Order(claim.term, ((ONCE, (0, 0), ()),))], {"x": 1})


def unfolded_definition() -> Record:
    """y = x + x for y := 2x."""
    s = Scope()
    x = s.real("x")
    y = s.define("y", 2 * x)
    steps = [Unfold(y.term, "definition"), Combine((2 * x).term, (x + x).term), Chain((0, 1))]
    return certified(s, eq(y, x + x), steps, {"x": 1})


def used_fact() -> Record:
    """x·x = 9 for x = 3."""
    s = Scope()
    x = s.real("x")
    s.assume(eq(x, 3))
    steps = [Fact(eq(x, 3).term), Combine((x * x).term, num(9), (), ((0, (x + 3).term),))]
    return certified(s, eq(x * x, 9), steps, {"x": 3})


def unused_fact() -> Record:
    """x·x = x² beside the fact x = 3."""
    s = Scope()
    x = s.real("x")
    s.assume(eq(x, 3))
    return certified(s, eq(x * x, x**2), [Combine((x * x).term, (x**2).term)], {"x": 3})


def absolute_value() -> Record:
    """|x| = x for 0 ≤ x."""
    s = Scope()
    x = s.real("x")
    s.assume(0 <= x)
    return certified(s, eq(absolute(x), x), [Rule("abs.right", {"a": x.term})], {"x": 1})


def squared_root() -> Record:
    """(√x)² = x, where 0 ≤ x."""
    s = Scope()
    x = s.real("x")
    claim = eq((x ** (Expr(ONE) / 2)) ** 2, x)
    return certified(s, claim, [Rule("root.power", {"a": x.term, "k": num(2)})], {"x": 1})


def root_of_square() -> Record:
    """√(x²) = x for 0 ≤ x."""
    s = Scope()
    x = s.real("x")
    s.assume(0 <= x)
    return proved(s, eq(sqrt(x**2), x))


def logarithm_split() -> Record:
    """log(a·b) = log a + log b for positive a, b."""
    s = Scope()
    a, b = s.positive("a b")
    steps = [Rule("log.mul", {"a": a.term, "b": b.term})]
    return certified(s, eq(log(a * b), log(a) + log(b)), steps, {"a": 1, "b": 1})


def contracted() -> Record:
    """Σ_i δ_ij·x_i = x_j for 1 ≤ j ≤ n."""
    s = Scope()
    n = s.dim("n")
    x, j = s.vector("x", n), s.index("j", 1, n)
    left, right = Sum(lambda i: delta(i, j) * x[i], 1, n), x[j]
    steps = [Resum(left.term, right.term, (Moves((("k1", j.term),)),), (Moves(),))]
    return certified(s, eq(left, right), steps, {"n": 1, "j": 1, "x": {(1,): 1}})


def reversed_sum() -> Record:
    """Σ_i x_{n+1−i} = Σ_i x_i."""
    s = Scope()
    n = s.dim("n")
    x = s.vector("x", n)
    left, right = Sum(lambda i: x[n + 1 - i], 1, n), Sum(lambda i: x[i], 1, n)
    moves = Moves((), (("k1", -1, (n + 1).term),), (), ("k1",))
    steps = [Resum(left.term, right.term, (moves,), (Moves((), (), (), ("k1",)),))]
    return certified(s, eq(left, right), steps, {"n": 1, "x": {(1,): 1}})


def counted() -> Record:
    """Σ_{i=1}^n c = n·c for 0 ≤ n."""
    s = Scope()
    n, c = s.integer("n", 0), s.real("c")
    left, right = Sum(lambda _: c, 1, n), n * c
    moves = (Moves((), (), ("k1",)),)
    resum = Resum(left.term, right.term, moves, (Moves(),))
    condition = rel("<=", ONE, (n + 1).term)
    bridge = [Fact((0 <= n).term), Order(condition, ((ONCE, (1,), ()),)), Cut(0, condition, 2)]
    return certified(s, eq(left, right), [resum, *bridge], {"n": 1, "c": 1})


def exchanged() -> Record:
    """Σ_i Σ_j a_i·b_j = Σ_j Σ_i a_i·b_j."""
    s = Scope()
    m, n = s.dim("m"), s.dim("n")
    a, b = s.vector("a", m), s.vector("b", n)
    left = Sum(lambda i: Sum(lambda j: a[i] * b[j], 1, n), 1, m)
    right = Sum(lambda j: Sum(lambda i: a[i] * b[j], 1, m), 1, n)
    steps = [Resum(left.term, right.term, (Moves((), (), (), ("k1", "k2")),), (Moves((), (), (), ("k2", "k1")),))]
    return certified(s, eq(left, right), steps, {"m": 1, "n": 1, "a": {(1,): 1}, "b": {(1,): 1}})


def triangle() -> Record:
    """Σ_{i=1}^n Σ_{j=1}^i a_j = the same: an index that ranges up to another."""
    s = Scope()
    n = s.dim("n")
    a = s.vector("a", n)
    t = Sum(lambda i: Sum(lambda j: a[j], 1, i), 1, n)
    moves = (Moves((), (), (), ("k1", "k2")),)
    return certified(s, eq(t, t), [Resum(t.term, t.term, moves, moves)], {"n": 1, "a": {(1,): 1}})


def by_cases() -> Record:
    """|x|·|x| = x·x by the sign of x."""
    s = Scope()
    x = s.real("x")
    claim = eq(absolute(x) * absolute(x), x * x)
    up, down, weak = (0 <= x).term, (x < 0).term, (x <= 0).term
    steps = [
        Rule("abs.right", {"a": x.term}),
        Combine(*claim.term.terms, (0,)),
        Rule("abs.left", {"a": x.term}),
        Fact(down),
        Order(weak, ((ONCE, (3,), ()),)),
        Cut(2, weak, 4),
        Combine(*claim.term.terms, (5,)),
        Cases(claim.term, (up, down), (1, 6)),
    ]
    return certified(s, claim, steps, {"x": 1})


def induction() -> Record:
    """m_t = t·c for m_0 = 0, m_t = m_{t−1} + c."""
    s = Scope()
    c, t = s.real("c"), s.integer("t", 0)
    m = s.family("m", (0, 0, lambda _: 0), (1, None, lambda i: name("m")[i - 1] + c))
    i = Expr(bound("i"))
    claim, after = eq(m[i], i * c), i + 1
    before = Expr(make("add", after.term, num(-1)))
    start, above = rel("<=", ZERO, i.term), rel("<=", ONE, after.term)
    steps = [
        Unfold(m[0].term, "definition", 0),
        Combine(m[0].term, (Expr(ZERO) * c).term, (0,)),
        Unfold(m[after].term, "definition", 1),
        Combine(before.term, i.term),
        Place(3, m[before].term, ((1,),)),
        Fact(claim.term),
        Combine(m[after].term, (after * c).term, (5, 4, 2)),
        Fact(start),
        Order(above, ((ONCE, (7,), ()),)),
        Cut(6, above, 8),
        Order(rel("<=", ZERO, before.term), ((ONCE, (7,), ()),)),
        Cut(9, rel("<=", ZERO, before.term), 10),
        Order(rel("<=", ZERO, after.term), ((ONCE, (7,), ()), (ONCE, (), ()))),
        Cut(11, rel("<=", ZERO, after.term), 12),
        Induct(claim.term, "i", ZERO, None, 1, 13),
        Place(14, m[t].term, (), {"i": t.term}),
    ]
    return certified(s, eq(m[t], t * c), steps, {"c": 1, "t": 1})


def derivative() -> Record:
    """∂(x·x)/∂x = x + x."""
    s = Scope()
    x = s.real("x")
    return proved(s, eq(D(x * x, x), x + x))


def under_derivative() -> Record:
    """∂h/∂x = ∂(x·x)/∂x for h := x·x."""
    s = Scope()
    x = s.real("x")
    h = s.define("h", x * x)
    steps = [Unfold(h.term, "definition"), Place(0, D(h, x).term, ((0,),))]
    return certified(s, eq(D(h, x), D(x * x, x)), steps, {"x": 1})


def strict_under_derivative() -> Record:
    """∂|x|/∂x = ∂x/∂x for 0 < x."""
    s = Scope()
    (x,) = s.positive("x")
    weak, strict = (0 <= x).term, (0 < x).term
    steps = [
        Rule("abs.right", {"a": x.term}),
        Fact(strict),
        Order(weak, ((ONCE, (1,), ()),)),
        Cut(0, weak, 2),
        Place(3, D(absolute(x), x).term, ((0,),)),
        Order(rel("!=", ZERO, x.term), ((ONCE, (1,), ()),)),
    ]
    nonzero = rel("!=", x.term, ZERO)
    steps += [Order(nonzero, ((Fraction(-1), (1,), ()),)), Cut(4, nonzero, 6)]
    return certified(s, eq(D(absolute(x), x), D(x, x)), steps, {"x": 1})


def cut_definition() -> Record:
    """∂p/∂q = ∂p/∂q with p := q·q, q := x: a definition that is not that of the varied name."""
    s = Scope()
    x = s.real("x")
    q = s.define("q", x + 0)
    p = s.define("p", q * q)
    steps = [Unfold(p.term, "definition"), Place(0, D(p, q).term, ((0,),))]
    return certified(s, eq(D(p, q), D(q * q, q)), steps, {"x": 1})


def summed_line() -> Record:
    """Σ_i |x_i| = Σ_i x_i, where all x_i are known to be nonnegative."""
    s = Scope()
    n = s.dim("n")
    x = s.vector("x", n)
    fact = Each(lambda i: 0 <= x[i], 1, n)
    s.assume(fact)
    i = bound("i")
    steps = [
        Rule("abs.right", {"a": at(x.term, i)}),
        Place(0, Sum(lambda k: absolute(x[k]), 1, n).term, (((4, "i"),),)),
    ]
    claim = eq(Sum(lambda k: absolute(x[k]), 1, n), Sum(lambda k: x[k], 1, n))
    return certified(s, claim, steps, {"n": 1, "x": {(1,): 1}})


def branch() -> Record:
    """{|x| if 0 ≤ x; 0} = {x if 0 ≤ x; 0}."""
    s = Scope()
    x = s.real("x")
    left, right = cases((0 <= x, absolute(x)), otherwise=0), cases((0 <= x, x), otherwise=0)
    steps = [Rule("abs.right", {"a": x.term}), Place(0, left.term, ((1,),))]
    return certified(s, eq(left, right), steps, {"x": 1})


def indicator_divided() -> Record:
    """{δ_ij·2 if i = j; 0} = 2·δ_ij."""
    s = Scope()
    i, j = s.integer("i"), s.integer("j")
    left, right = cases((eq(i, j), delta(i, j) * 2), otherwise=0), 2 * delta(i, j)
    return certified(s, eq(left, right), [Resum(left.term, right.term, (Moves(),), (Moves(),))], {"i": 1, "j": 1})


def entries_of_tables() -> Record:
    """[δ_{i5}](i = 1..3) at 3 is [0](i = 1..3) at 3."""
    s = Scope()
    e = bound("e")
    s.real("x")
    one, two = Tab(lambda i: delta(i, 5), 3).term, Tab(lambda _: 0, 3).term
    first, second = at(one, e), at(two, e)
    every = make("all", ONE, num(3), abstract(rel("=", first, second), "e"))
    other = rel("!=", e, num(5))
    steps = [
        Rule("tensor.entries", {"S": one, "T": two, "lo": ONE, "hi": num(3)}),
        Unfold(first, "lower"),
        Rule("cases.else", {"p": rel("=", e, num(5)), "a": ONE, "b": ZERO}),
        Unfold(second, "lower"),
        Fact(rel("<=", e, num(3))),
        Order(rel("<", e, num(5)), ((ONCE, (4,), ()), (Fraction(2), (), ()))),
        Order(other, ((ONCE, (5,), ()),)),
        Cut(2, other, 6),
        Chain((1, 7, -4)),
        Cut(0, every, 8, ("e",)),
        Place(9, at(one, num(3)), ((0,),)),
    ]
    return certified(s, eq(Expr(at(one, num(3))), Expr(at(two, num(3)))), steps, {"x": 0})


def cofactor_of_tensors() -> Record:
    """A = B + B for vectors with A = B + B: a tensor equation as cofactor."""
    s = Scope()
    n = s.dim("n")
    a, b = s.vector("A", n), s.vector("B", n)
    s.assume(eq(a, b + b))
    steps = [Fact(eq(a, b + b).term), Combine((2 * a).term, (4 * b).term, (), ((0, num(2)),))]
    return certified(s, eq(2 * a, 4 * b), steps, {"n": 1, "A": {(1,): 2}, "B": {(1,): 1}})


def independent_product() -> Record:
    """E[x·y] = E[x]·E[y] for independent x, y."""
    s = Scope()
    x, y = s.random("x"), s.random("y")
    s.assume(is_("independent", x, y))
    outcomes = [(Fraction(1, 4), {"x": p, "y": q}) for p in (1, 2) for q in (1, 3)]
    steps = [Rule("mean.product", {"a": x.term, "b": y.term})]
    return certified(s, eq(E(x * y), E(x) * E(y)), steps, outcomes=outcomes)


def interchanged() -> Record:
    """∂E[a·eps]/∂a = E[∂(a·eps)/∂a] for a standard normal eps."""
    s = Scope()
    a = s.real("a")
    eps = s.random("eps", law=("normal", (0, 1)))
    s.random("z", law=("normal", (a, 1)))
    steps = [Rule("d.mean", {"a": (a * eps).term, "v": Spot("a"), "X": ("eps",)})]
    return certified(s, eq(D(E(a * eps, eps), a), E(D(a * eps, a), eps)), steps, {"a": 1})


def scaled_mean() -> Record:
    """E[c·x] = c·E[x]."""
    s = Scope()
    c, x = s.real("c"), s.random("x")
    outcomes = [(HALF, {"x": 1}), (HALF, {"x": 3})]
    steps = [Rule("mean.scale", {"a": x.term, "c": c.term, "X": ()})]
    return certified(s, eq(E(c * x), c * E(x)), steps, {"c": 1}, outcomes=outcomes)


def symmetric_mean() -> Record:
    """E[x + c] = E[−x + c] for x symmetric about 0."""
    s = Scope()
    c, x = s.real("c"), s.random("x")
    s.assume(is_("symmetric-law", x))
    outcomes = [(HALF, {"x": 1}), (HALF, {"x": -1})]
    body = Lambda(("p",), make("add", bound("p"), c.term))
    steps = [Rule("mean.symmetric", {"a": x.term, "F": body})]
    return certified(s, eq(E(x + c), E(-x + c)), steps, {"c": 1}, outcomes=outcomes)


def evaluated() -> Record:
    """e < 3, by intervals."""
    s = Scope()
    claim = exp(1) < 3
    return certified(s, claim, [Evaluate(claim.term, 64)])


def half_power() -> Record:
    """((−1)²)³ = (−1)^(2·3), from the law at a loose index."""
    s = Scope()
    k, base = bound("k"), make("pow", num(-1), num(2))
    steps = [
        Rule("pow.power", {"a": num(-1), "m": num(2), "n": k}),
        Place(0, make("pow", base, num(3)), (), {"k": num(3)}),
    ]
    claim = rel("=", make("pow", base, num(3)), make("pow", num(-1), make("mul", num(2), num(3))))
    return certified(s, Expr(claim), steps)


def function_unfolded() -> Record:
    """f(A_1) = softmax((A_1, A_1, A_1))_1 for the function f(x) := softmax((x, x, x))_1."""
    s = Scope()
    a = s.vector("A", 3)
    f = s.define_function("f", lambda x: op("softmax", Tab(lambda _: x, 3))[1])
    s.define_function("sq", lambda x: x * x)
    t = f(a[1])
    steps = [Unfold(t.term, "definition")]
    claim = eq(t, op("softmax", Tab(lambda _: a[1], 3))[1])
    return certified(s, claim, steps, {"A": {(1,): 1, (2,): 1, (3,): 1}})


def recursive_family() -> Record:
    """h_1 = h_0 + 1 for a family that recurs."""
    s = Scope()
    h = s.family("h", (0, 0, lambda _: 5), (1, None, lambda i: name("h")[i - 1] + 1))
    return certified(s, eq(h[1], h[Expr(ONE) - 1] + 1), [Unfold(h[1].term, "definition", 1)])


def counterexample() -> Record:
    """x² ≠ x at x = 2."""
    s = Scope()
    x = s.real("x")
    s.assume(1 <= x)
    return certified(s, eq(x**2, x), [], {"x": 2}, sides=(None, None))


def counterexample_rewritten() -> Record:
    """∂(x·x)/∂x is not x: the derivative is rewritten first."""
    s = Scope()
    x = s.real("x")
    eps = s.random("eps", law=("normal", (0, 1)))
    return refuted(s, eq(E(x + eps, eps), 2 * x))


def undefined_nearby() -> Record:
    """log x = 5 is false at x = 1, and f(log x) = 1 too."""
    s = Scope()
    x = s.real("x")
    f = s.define_function("f", lambda _: 0)
    return certified(s, eq(f(log(x)), 1), [], {"x": 1}, sides=(None, None))


def slope_refuted() -> Record:
    """∂(log x)/∂y = 1 is false at x = 1."""
    s = Scope()
    x, y = s.reals("x y")
    return certified(s, eq(D(log(x), y), 1), [], {"x": 1, "y": 0}, sides=(None, None))


def table_refuted() -> Record:
    """[i](i = 1..3) at 3 is not 1."""
    s = Scope()
    k = s.integer("k")
    return certified(s, eq(Tab(lambda i: i, 3)[k], 7), [], {"k": 3}, sides=(None, None))


def integer_step() -> Record:
    """m + 1 ≤ n for integers m < n."""
    s = Scope()
    m, n = s.integer("m"), s.integer("n")
    s.real("x")
    s.assume(m < n)
    steps = [Rule("order.integer", {"i": m.term, "j": n.term})]
    return certified(s, m + 1 <= n, steps, {"m": 1, "n": 2, "x": HALF})


GOOD: dict[str, Callable[[], Record]] = {
    f.__name__: f
    for f in (
        cancelled, positive_sum, product_nonzero, squared_nonzero, unfolded_definition, used_fact, unused_fact,
        absolute_value, squared_root, root_of_square, logarithm_split, contracted, reversed_sum, counted, exchanged,
        triangle, by_cases, induction, derivative, under_derivative, strict_under_derivative, cut_definition,
        summed_line, branch, indicator_divided, entries_of_tables, cofactor_of_tensors, independent_product,
        interchanged, scaled_mean, symmetric_mean, evaluated, half_power, function_unfolded, recursive_family,
        counterexample, counterexample_rewritten, undefined_nearby, slope_refuted, table_refuted, integer_step,
    )
}  # fmt: skip


@cache
def _made(which: str) -> Record:
    return GOOD[which]()


def good(which: str) -> Record:
    """A fresh copy of a good certificate."""
    return copy(_made(which))
