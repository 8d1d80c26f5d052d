"""Limits: right values proved, wrong ones never, and what has no limit proved to have none of them.

The tables are checked against the reference evaluator, which looks at the terms far out or very near the point.
"""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

import symderive as sd
from symderive.engine.builder import Builder
from symderive.engine.judge import Judge
from symderive.kernel.context import Rejected
from symderive.kernel.terms import ONE, ZERO, Term, make, num, rel, sym
from symderive.language.expr import (
    Expr,
    Like,
    Lim,
    absolute,
    cases,
    cos,
    eq,
    erf,
    exp,
    function,
    lift,
    log,
    name,
    oo,
    sin,
    sqrt,
)
from symderive.language.scope import Scope
from symderive.language.verdict import Kind, Verdict
from symderive.rules.book import book
from tests.certificates import recheck
from tests.reference import Reference, Unknown, World, near

sigmoid, tanh, softplus, silu, softsign = map(function, ("sigmoid", "tanh", "softplus", "silu", "softsign"))
relu, elu, lrelu, sign, step, logit = map(function, ("relu", "elu", "lrelu", "sign", "step", "logit"))


def universe() -> Scope:
    s = Scope()
    x = s.real("x")
    s.reals("a c")
    b = s.real("b")
    s.assume(0 < b, b < 1)
    s.positive("s")
    s.integer("n", 1)
    s.integer("k", 1)
    s.define("y", x**2 + 1)
    s.define("h", tanh(name("y")))
    s.function("f")
    return s


SCOPE = universe()
x, a, b, c, s, n, k, y, h = map(name, ("x", "a", "b", "c", "s", "n", "k", "y", "h"))


def f(t: Like, slots: str = "") -> Expr:
    return Expr(make("app", "f" + slots, lift(t).term))


def up(t: Like) -> Expr:
    return Lim(t, x, oo)


def down(t: Like) -> Expr:
    return Lim(t, x, -oo)


def counted(t: Like) -> Expr:
    return Lim(t, n, oo)


def to(t: Like, point: Like = 0, side: str = "both") -> Expr:
    return Lim(t, x, point, side)


half = Fraction(1, 2)

# ruff: noqa: E501 (tables)
RIGHT: list[tuple[Expr, Like]] = [
    # what does not move; the variable itself
    (up(a), a), (to(x, c), c), (to(x, 3, "above"), 3), (to(a * x + c, 2), 2 * a + c),
    # activations far out
    (up(sigmoid(x)), 1), (down(sigmoid(x)), 0), (up(tanh(x)), 1), (down(tanh(x)), -1), (down(softplus(x)), 0),
    (up(softplus(x) - x), 0), (up(softplus(x) / x), 1), (down(silu(x)), 0), (up(silu(x) / x), 1), (up(silu(x) - x), 0),
    (down(elu(a, x)), -a), (down(relu(x)), 0), (up(relu(x) / x), 1), (up(softsign(x)), 1), (down(softsign(x)), -1),
    (up(lrelu(c, x) / x), 1), (down(lrelu(c, x) / x), c), (up(sigmoid(x) * (1 - sigmoid(x))), 0), (up(x * sigmoid(-x)), 0),
    # fractions
    (up(1 / x), 0), (down(1 / x), 0), (up((3 * x**2 + x) / (2 * x**2 + 5)), Fraction(3, 2)), (up((x + a) / (x - a)), 1),
    (up(x / (x**2 + 1)), 0), (to((x**2 - 1) / (x - 1), 1), 2), (to((x**2 - 5 * x + 6) / (x - 3), 3), 1),
    (down(x / sqrt(x**2 + 1)), -1), (up(sqrt(x**2 + 1) - x), 0), (up(sqrt(x**2 + x) - x), half), (up(1 / sqrt(x)), 0),
    # growth
    (up(x * exp(-x)), 0), (up(x**5 * exp(-2 * x)), 0), (up(x**k * exp(-x)), 0), (up(log(x) / x), 0), (up(log(x) ** 2 / x), 0),
    (up(log(x) / sqrt(x)), 0), (up(x * exp(3 * x - x**2)), 0), (up(exp(-exp(x))), 0), (up(log(1 + exp(2 * x)) / x), 2),
    (to(x * log(x), 0, "above"), 0), (to(x**x, 0, "above"), 1), (to(exp(-1 / x), 0, "above"), 0), (to(exp(-1 / x**2)), 0),
    (to(exp(1 / x), 0, "below"), 0), (to(sigmoid(1 / x), 0, "above"), 1), (to(sigmoid(1 / x), 0, "below"), 0),
    # 0/0
    (to(sin(x) / x), 1), (to((exp(x) - 1) / x), 1), (to((1 - cos(x)) / x**2), half), (to(log(1 + x) / x), 1),
    (to((x - sin(x)) / x**3), Fraction(1, 6)), (to(tanh(x) / x), 1), (to((sqrt(1 + x) - 1) / x), half),
    (up((1 + 1 / x) ** x), exp(1)), (to((log(1 + exp(x)) - log(2)) / x), half),
    # one side, kinks
    (to(absolute(x) / x, 0, "above"), 1), (to(absolute(x) / x, 0, "below"), -1), (to(relu(x)), 0), (to(absolute(x)), 0),
    (to(relu(x) / x, 0, "above"), 1), (to(relu(x) / x, 0, "below"), 0), (to(sign(x), 0, "above"), 1), (to(step(x), 0, "below"), 0),
    (to(cases((x < 0, 1), otherwise=2), 0, "above"), 2), (to(cases((eq(x, 0), 5), otherwise=x)), 0),
    (to(cases((x < 1, x), otherwise=2), 0), 0),
    # integers
    (counted(n / (n + 1)), 1), (counted(b**n), 0), (counted(1 / (1 - b**n)), 1), (counted((1 - b**n) * a / (1 - b)), a / (1 - b)),
    (counted(log(n) / n), 0), (counted((1 + a / n) / (2 + 1 / n)), half), (counted(n * b**n), 0),
    # names that depend on the variable
    (to(y, 2), 5), (up(y / x**2), 1), (up(h), 1), (to((y - 1) / x), 0), (to(y * a, c), (c**2 + 1) * a),
    # unknown functions
    (to(f(x), 2), f(2)), (to((f(x) - f(a)) / (x - a), a), f(a, "'")), (up(f(1 / x)), f(0)),
]  # fmt: skip

OPEN: list[tuple[Expr, Like]] = [
    (to(x * sin(1 / x)), 0),  # nothing is said of bounded functions
    (up(sin(x) / x), 0),
    (up(erf(x)), 1),  # nor of erf far out
    (counted((1 + 1 / n) ** n), exp(1)),  # L'Hôpital's rule speaks of real variables
    (up(log(log(x)) / log(x)), 0),
]  # fmt: skip
"""Right, and not proved."""

NONE: list[Expr] = [
    up(sin(x)), up(cos(x)), to(sin(1 / x)), up(x * sin(x)), up(exp(sin(x))), counted((-1) ** n), to(cos(1 / x), 0, "above"),
    to(1 / x), to(absolute(x) / x), to(exp(1 / x)), to(sign(x)), to(step(x)), to(relu(x) / x), to(sigmoid(1 / x)),
    to(cases((x < 0, 1), otherwise=2)), to((relu(x + 1) - relu(1 - x)) / absolute(x)), to(absolute(x - 1) / (x - 1), 1),
    up(x), down(x), up(exp(x)), up(softplus(x)), up(x - log(x)), up(relu(x)), to(1 / x, 0, "above"), to(1 / x**2), up(exp(x) / x),
    to(log(x)), to(log(x), 0, "below"), to(sqrt(x), 0, "below"), to(sqrt(x)), to(log(x), -1), down(log(x)), down(sqrt(x)),
    to(x * log(x)), to(x**x, 0, "below"), down(log(x) - log(x)), to(0 * log(x), -2), to(0 * sqrt(x), 0, "below"), to(logit(x), 1),
    counted(1 / (1 - b) ** n), down(x * exp(-x)), to(0 * log(absolute(x) - absolute(x))), up(0 * log(cos(x))),
]  # fmt: skip
"""Not defined near the point on every side that is asked for, different from both sides, oscillating or unbounded."""

VALUES: list[Like] = [0, 1, -1, half, a]


def judged(t: Expr, value: Like) -> Verdict:
    return Judge(SCOPE.context(), book()).judge(eq(t, value).term)


def world(seed: str) -> World:
    rng = random.Random(seed)
    values = {v: Fraction(rng.randint(-30, 30), 7) for v in ("x", "a", "c")} | {
        "b": Fraction(1, 3),
        "s": Fraction(5, 4),
    }
    return World({**values, "n": 3, "k": 2}, {"f": lambda u: u * u * u + 2 * u})


def seen(t: Expr, value: Like) -> bool | None:
    """Whether the reference evaluator sees the limit at this value; None if it is slow, counts, or has towers."""
    towers = t.term is up(exp(-exp(x))).term
    if t.term.head != "lim" or t.term.name(1) == "n" or towers:
        return None
    r = Reference(SCOPE.context(), world(repr(t.term)))
    try:
        return near(r.value(t.term), r.value(lift(value).term))
    except Unknown:
        return None


# -- right ones ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", range(len(RIGHT)))
def test_right_value_is_proved(which: int) -> None:
    t, value = RIGHT[which]
    verdict = judged(t, value)
    assert verdict.kind is Kind.PROVED, (verdict.code, verdict.reason, verdict.needs)
    accepted = recheck(verdict.certificate)
    assert accepted.kind == "proved"
    assert accepted.claim is verdict.claim


def test_the_tables_are_right() -> None:
    found = [seen(t, value) for t, value in [*RIGHT, *OPEN]]
    assert False not in found
    assert found.count(True) > 0.6 * len(found)


def test_tables_are_large() -> None:
    assert len(RIGHT) >= 80
    assert len(NONE) >= 40


@pytest.mark.parametrize("which", range(len(OPEN)))
def test_what_is_not_found_is_undecided(which: int) -> None:
    assert judged(*OPEN[which]).kind is Kind.UNDECIDED


# -- wrong ones ------------------------------------------------------------------------------------------


def wrong() -> list[tuple[Expr, Like]]:
    """Other values, nearby and of the other sign; the side forgotten; the point moved."""
    out: list[tuple[Expr, Like]] = []
    for t, value in RIGHT:
        out += [(t, lift(value) + Fraction(1, 100)), (t, 2 * lift(value) + 1 if value == 0 else -lift(value))]
    return [(t, v) for t, v in out if seen(t, v) is not True]


def test_wrong_values_are_never_proved_and_mostly_refuted() -> None:
    kinds = [judged(t, value).kind for t, value in wrong()]
    assert len(kinds) >= 150
    assert Kind.PROVED not in kinds
    assert kinds.count(Kind.REFUTED) > 0.9 * len(kinds)


@pytest.mark.parametrize("which", range(len(NONE)))
def test_no_value_is_proved_where_there_is_no_limit(which: int) -> None:
    for value in VALUES:
        verdict = judged(NONE[which], value)
        assert verdict.kind is Kind.UNDECIDED, (value, verdict.rules)


@pytest.mark.parametrize("which", range(len(NONE)))
def test_nor_is_it_equal_to_itself(which: int) -> None:
    """An equation between terms without a value is proved under no condition that holds."""
    assert judged(NONE[which], NONE[which]).kind is not Kind.PROVED
    assert judged(NONE[which] - NONE[which], 0).kind is not Kind.PROVED


def test_facts_about_the_variable_are_not_in_force_under_the_limit() -> None:
    scope = Scope()
    t = scope.real("t")
    scope.assume(2 < t)
    judge = Judge(scope.context(), book())
    assert judge.judge(eq(Lim(absolute(t - 1) / (t - 1), t, 1), 1).term).kind is Kind.UNDECIDED
    assert judge.judge(eq(Lim(absolute(t), t, -3), -3).term).kind is Kind.REFUTED
    assert judge.judge(eq(Lim(absolute(t), t, -3), 3).term).kind is Kind.PROVED
    scope = Scope()
    t = scope.real("t")
    scope.assume(eq(t, 2))
    assert Judge(scope.context(), book()).judge(eq(Lim(t, t, 5), 2).term).kind is Kind.REFUTED


def test_an_integer_comes_near_no_number() -> None:
    with pytest.raises(Rejected, match="near no number"):
        judged(Lim(n, n, 3), 3)


# -- statements as people write them ----------------------------------------------------------------------


POOLED = r"Let $z = (4,3,2,1)^\top$ and $T > 0$. Let $p = \mathrm{softmax}(z/T)$."
STATED = [
    (r"\lim_{x\to\infty}\sigma(x)", "1", "", Kind.PROVED),
    (r"\lim_{x\to-\infty}\sigma(x)", "1", "", Kind.REFUTED),
    (r"\lim_{T\to\infty} p", r"(1/4,1/4,1/4,1/4)^\top", POOLED, Kind.PROVED),
    (r"\lim_{T\to 0^+} p", r"(1,0,0,0)^\top", POOLED, Kind.PROVED),
    (r"\lim_{T\to 0^+} p_1", "1", POOLED, Kind.PROVED),
    (r"\lim_{T\to 0^+} p_2", "1", POOLED, Kind.REFUTED),
    (r"\lim_{T\to\infty} p_2", "0", POOLED, Kind.REFUTED),
    (r"\lim_{t\to\infty} \frac{m}{1-\beta^t}", "g", r"Let $0<\beta<1$, $g\in\mathbb{R}$, let $t$ be a positive integer and $m = (1-\beta^t)g$.", Kind.PROVED),
    (r"\lim_{t\to\infty} m", "0", r"Let $0<\beta<1$, $g\in\mathbb{R}$, let $t$ be a positive integer and $m = (1-\beta^t)g$.", Kind.REFUTED),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "given", "kind"), STATED)
def test_statements(left: str, right: str, given: str, kind: Kind) -> None:
    assert sd.equal(left, right, given=given).kind is kind


# -- what the kernel grants near the point of a limit -------------------------------------------------------


X, A, N = sym("x"), sym("a"), sym("n")


def placed(condition: Term, point: Term, side: str = "both", variable: str = "x") -> frozenset[Term]:
    """What remains of a hypothesis when a line that rests on it is put under a limit."""
    p = Builder(SCOPE.context(), book())
    order = p.assume(condition)
    gap = make("add", condition.terms[1], make("neg", condition.terms[0]))
    weak = p.order(rel("<=", ZERO, gap), [(1, [order], [])])
    size = p.cut(p.rule("abs.right", a=gap), p.line(weak).claim, weak)
    return p.line(p.place(size, make("lim", p.left(size), variable, point, side), (0,))).hypotheses


INFINITY = make("inf")
BELOW_ALL = make("neg", INFINITY)
GRANTED = [
    (rel("<", ZERO, X), ZERO, "above"),
    (rel("<=", ZERO, X), ZERO, "above"),
    (rel("<", X, ZERO), ZERO, "below"),
    (rel("<", num(9), X), INFINITY, "both"),
    (rel("<", A, X), INFINITY, "both"),
    (rel("<", X, A), BELOW_ALL, "both"),
    (rel("<", num(-1), X), ZERO, "both"),
]
REFUSED = [
    (rel("<", ZERO, X), ZERO, "both"),
    (rel("<", ZERO, X), ZERO, "below"),
    (rel("<=", ZERO, X), ZERO, "both"),
    (rel("<=", num(-1), X), ZERO, "both"),  # weak: it may fail near the point in general
    (rel("<", X, num(9)), INFINITY, "both"),
    (rel("<", num(9), X), BELOW_ALL, "both"),
    (rel("<", sym("y"), X), INFINITY, "both"),  # y depends on x
    (rel("<", ZERO, sym("y")), ZERO, "both"),
    (rel("<", make("add", X, ONE), X), make("add", X, ONE), "above"),  # the point is named like the variable
]


@pytest.mark.parametrize(("condition", "point", "side"), GRANTED)
def test_granted_near_the_point(condition: Term, point: Term, side: str) -> None:
    rest = placed(condition, point, side)
    assert condition not in rest
    assert all(t.head == "is" or not SCOPE.context().depends(t, "x") for t in rest)


@pytest.mark.parametrize(("condition", "point", "side"), REFUSED)
def test_refused_near_the_point(condition: Term, point: Term, side: str) -> None:
    try:
        rest = placed(condition, point, side)
    except Rejected:
        return
    # what is left is a condition at the point, which fails there
    assert any(t is rel("<", ZERO, ZERO) for t in rest)


def test_a_bound_at_infinity_has_to_be_defined() -> None:
    rest = placed(rel("<", make("app", "log", A), X), INFINITY)
    assert rel("<", ZERO, A) in rest
