"""Everyday steps get the verdict that they deserve, and hard input an honest one soon."""

import sys
import time
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.numeric import label
from benchmarks.scalar import STEPS
from symderive.engine.judge import Judge
from symderive.kernel import check
from symderive.kernel.terms import TooDeep, rel
from symderive.language.expr import D, Each, Sum, Tab, absolute, delta, eq, exp, function, lift, name, ne, op, sqrt
from symderive.language.scope import Scope
from symderive.language.verdict import Kind
from symderive.rules.book import book

tanh = function("tanh")

SAMPLE = [
    pytest.param(row, claim, right, id=f"{row.topic}-{k}-{j}")
    for k, row in enumerate(STEPS)
    if k % 5 == 0
    for j, (claim, right) in enumerate(row.claims())
]


@pytest.mark.parametrize(("row", "claim", "right"), SAMPLE)
def test_verdict(row, claim, right):
    assert label(row.scope().context(), claim, points=20) is right
    verdict = Judge(row.scope().context(), book()).judge(claim)
    assert verdict.kind is (Kind.PROVED if right else Kind.REFUTED), verdict.reason
    check.check_record(verdict.certificate, book())


def judged(scope, claim):
    start = time.process_time()
    verdict = Judge(scope.context(), book()).judge(claim.term)
    assert time.process_time() - start < 5
    return verdict


def tower():
    s = Scope()
    s.real("x")
    return s, eq(lift(9) ** (lift(9) ** (lift(9) ** 9)), name("x"))


def wide_power():
    s = Scope()
    total = sum(s.reals("a b c d e"), lift(0))
    return s, eq(total**60, total**59 * total)


def wide_product():
    s = Scope()
    total = sum(s.reals("a b c d e f g h"), lift(1))
    return s, eq(total**40 * (total + 1) ** 40, (total**2 + total) ** 40 + name("a") - name("a"))


def nested(depth=400):
    s = Scope()
    x = t = s.real("x")
    for _ in range(depth):
        t = 1 + exp(t)
    return s, eq(t, t + x)


def kinks():
    s = Scope()
    xs = s.reals("a b c d e f g h i j")
    total = sum((absolute(x - y) for x, y in pairwise(xs)), lift(0))
    return s, eq(absolute(total), total + absolute(xs[0]) - absolute(-xs[0]))


def large_family():
    s = Scope()
    x = s.vector("x", 10**9)
    return s, eq(Sum(lambda i: x[i], 1, 10**9), 2 * Sum(lambda i: x[i], 1, 10**9))


def large_sum():
    s = Scope()
    s.real("x")
    return s, eq(Sum(lambda i: name("x") ** i, 0, 10**12), name("x"))


def large_root():
    s = Scope()
    total = sum(s.reals("a b c d e"), lift(0))
    return s, eq(sqrt(total**10 + 1), sqrt(1 + total**10))


def large_exponent():
    s = Scope()
    x = s.real("x")
    return s, eq((1 + x) ** 100_000, (1 + x) ** 99_999 * (1 + x))


@pytest.mark.parametrize(
    "problem", [tower, wide_power, wide_product, nested, kinks, large_family, large_sum, large_root, large_exponent]
)
def test_hard_input_ends_soon(problem):
    scope, claim = problem()
    verdict = judged(scope, claim)
    if verdict.kind is Kind.UNDECIDED:
        assert verdict.code in {"budget", "unsupported", "no-witness"}


def test_terms_nest_only_so_deep():
    with pytest.raises(TooDeep):
        nested(5000)


def test_a_true_step_is_never_refuted_for_its_size():
    scope, claim = large_exponent()
    assert judged(scope, claim).kind is not Kind.REFUTED


def test_only_relations_are_judged():
    s = Scope()
    x = s.real("x")
    verdict = Judge(s.context(), book()).judge(rel("=", x.term, x.term))
    assert verdict.kind is Kind.PROVED


# -- products along many named layers -------------------------------------------------------------


def chained(depth, wrong=False):
    """∂h_L/∂h_0 of h_k = tanh(z_k), z_k = w_k·h_{k-1}, as the product of all slopes."""
    s = Scope()
    last, slopes = s.real("h0"), lift(1)
    for k in range(1, depth + 1):
        w = s.real(f"w{k}")
        z = s.define(f"z{k}", w * last)
        last = s.define(f"h{k}", tanh(z))
        slopes *= w * (1 - last if wrong and k == depth // 2 else 1 - last**2)
    return s, eq(D(last, name("h0")), slopes)


def test_slopes_are_not_multiplied_out():
    small, large = (len(judged(*chained(depth)).certificate["proof"]) for depth in (10, 40))
    assert large < 5 * small
    assert judged(*chained(20, wrong=True)).kind is Kind.REFUTED


@pytest.mark.parametrize("sign", [1, -1])
def test_factors_agree_one_by_one(sign):
    s = Scope()
    xs = s.reals("a b c d e f g h")
    left = (xs[0] - xs[1]) * (2 * xs[2] + 4) ** 3 * (xs[3] + xs[4]) / ((xs[5] + 1) * (xs[6] + xs[7]))
    right = (xs[1] - xs[0]) * (xs[2] + 2) ** 3 * (xs[3] + xs[4]) / ((1 + xs[5]) * (xs[7] + xs[6]))
    kind = judged(s, eq(left, sign * 8 * right)).kind
    assert kind is (Kind.REFUTED if sign > 0 else Kind.PROVED)


# -- symmetric matrices ---------------------------------------------------------------------------


def symmetric():
    s = Scope()
    n = s.dim("n")
    a, b, x, y = s.matrix("A", n, n), s.matrix("B", n, n), s.vector("x", n), s.vector("y", n)
    s.assume(eq(op("transpose", a), a))
    return s, n, a, b, x, y


def bilinear(x, a, y, n):
    return Sum(lambda i: Sum(lambda j: x[i] * a[i, j] * y[j], 1, n), 1, n)


def test_entries_of_a_symmetric_matrix_change_places():
    s, n, a, b, x, y = symmetric()
    assert judged(s, eq(bilinear(x, a, y, n), bilinear(y, a, x, n))).proved
    assert judged(s, eq(bilinear(x, b, y, n), bilinear(y, b, x, n))).refuted
    trace = Sum(lambda i: Sum(lambda j: a[i, j] * a[j, i], 1, n), 1, n)
    assert judged(s, eq(trace, Sum(lambda i: Sum(lambda j: a[i, j] ** 2, 1, n), 1, n))).proved
    k = s.index("k", 1, n)
    slope = D(bilinear(x, a, x, n), x[k])
    assert judged(s, eq(slope, 2 * Sum(lambda j: a[k, j] * x[j], 1, n))).proved
    assert judged(s, eq(D(bilinear(x, b, x, n), x[k]), 2 * Sum(lambda j: b[k, j] * x[j], 1, n))).refuted


@pytest.mark.parametrize("strict", [True, False])
def test_a_positive_integer_begins_at_one(strict):
    s = Scope()
    n = s.integer("n")
    s.assume(0 < n if strict else 0 <= n)
    total = Sum(lambda k: k, 1, n)
    assert judged(s, eq(total, n * (n + 1) / 2)).proved
    assert judged(s, 0 < total).kind is (Kind.PROVED if strict else Kind.REFUTED)


# -- inverse matrices -----------------------------------------------------------------------------


def inv(a):
    return op("inv", a)


def product(*factors):
    out = factors[0]
    for f in factors[1:]:
        out = op("matmul", out, f)
    return out


def unit(n):
    return Tab(lambda i: Tab(lambda j: delta(i, j), n), n)


def squares():
    s = Scope()
    n, m = s.dim("n"), s.dim("m")
    a, b, x, c = s.matrix("A", n, n), s.matrix("B", n, n), s.matrix("X", m, n), s.real("c")
    s.assume(ne(op("det", a), 0), ne(op("det", b), 0))
    return s, SimpleNamespace(n=n, m=m, a=a, b=b, x=x, c=c)


@pytest.mark.parametrize(
    ("sides", "right"),
    [
        (lambda t: (inv(product(t.a, t.b)), product(inv(t.b), inv(t.a))), True),
        (lambda t: (inv(product(t.a, t.b)), product(inv(t.a), inv(t.b))), False),
        (lambda t: (inv(op("transpose", t.a)), op("transpose", inv(t.a))), True),
        (lambda t: (product(inv(t.a), t.a), unit(t.n)), True),
        (lambda t: (product(t.b, t.a, inv(t.a)), t.b), True),
        (lambda t: (product(inv(t.a), t.b, t.a), t.b), False),
        (lambda t: (inv(inv(t.a)), t.a), True),
        (lambda t: ridge(t.x, t.c * unit(t.n), t.c * unit(t.m)), True),
        (lambda t: ridge(t.x, t.c * unit(t.n), 2 * t.c * unit(t.m)), False),
    ],
)
def test_inverses_move_to_the_other_side(sides, right):
    s, names = squares()
    verdict = judged(s, eq(*sides(names)))
    assert verdict.kind is (Kind.PROVED if right else Kind.REFUTED), verdict.reason
    check.check_record(verdict.certificate, book())


def ridge(x, here, there):
    turned = op("transpose", x)
    return product(inv(product(turned, x) + here), turned), product(turned, inv(product(x, turned) + there))


# -- roots, powers, sums in parts, entries that facts state -------------------------------------------


def test_cube_roots_have_signs():
    s = Scope()
    x, y = s.reals("x y")
    root = lift(1) / 3
    for claim in (eq(lift(-8) ** root, -2), eq((x**3) ** root, x), eq((-x) ** root, -(x**root))):
        assert judged(s, claim).proved
    assert judged(s, eq((x**3 * y**6) ** root, x * y**2)).proved
    assert judged(s, eq((x**3) ** root, absolute(x))).refuted


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_even_powers_of_absolute_values(factor):
    s = Scope()
    x, n = s.real("x"), s.integer("n", 1)
    kind = judged(s, eq(absolute(x) ** (factor * n), x ** (factor * n))).kind
    assert kind is (Kind.REFUTED if factor % 2 else Kind.PROVED)


def test_a_sum_splits_where_the_middle_is_inside():
    for known in (True, False):
        s = Scope()
        n, m, x = s.dim("n"), s.integer("m"), s.real("x", (-20, 20))
        s.assume(n <= 10, -10 <= m, m <= 10)
        if known:
            s.assume(0 <= m, m <= n)
        whole, before, after = (Sum(lambda k, x=x: x[k], *ends) for ends in ((1, n), (1, m), (m + 1, n)))
        claims = (eq(whole, before + after), eq(before, whole - after), eq(after, whole - before))
        assert {judged(s, c).kind for c in claims} == {Kind.PROVED if known else Kind.REFUTED}


@pytest.mark.parametrize("size", [5, 500])
def test_entries_that_facts_state(size):
    s = Scope()
    x = s.vector("x", size)
    s.assume(eq(x[1], 0), Each(lambda j: eq(x[j], 1), 2, size))
    total = Sum(lambda j: exp(x[j]), 1, size)
    assert judged(s, eq(total, 1 + (size - 1) * exp(1))).proved
    assert judged(s, eq(total, size * exp(1))).refuted
