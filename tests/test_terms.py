"""Terms as syntax: binding, substitution, interning, printing; and verdicts on mutated equations.

What substitution should do is said by evaluation: the value of ``t[x := u]`` is that of ``t`` with the value
of u for x.  The evaluator is the naive one of the tests, not the kernel's.
"""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.engine.judge import Judge
from symderive.kernel.terms import (
    MAX_DEPTH,
    MAX_DIGITS,
    TRUE,
    Term,
    TooDeep,
    abstract,
    bound,
    fresh,
    instantiate,
    literal,
    make,
    negate,
    num,
    occurs,
    put,
    rel,
    shift,
    substitute,
    subterms,
    sym,
    value,
)
from symderive.kernel.words import say
from symderive.language.expr import (
    Expr,
    Prod,
    Sum,
    absolute,
    cases,
    cos,
    eq,
    exp,
    function,
    log,
    pi,
    sin,
    sqrt,
)
from symderive.language.scope import Scope
from symderive.language.verdict import Kind
from tests.reference import Reference, State, Undefined, Unknown, World, near

QUICK = settings(max_examples=80, deadline=None, derandomize=True, database=None)
NAMES = ("x", "y", "z")

# -- terms at random ---------------------------------------------------------------------------------------

numerals = st.fractions(min_value=-3, max_value=3, max_denominator=3).map(num)


def terms(dangling: int = 0, depth: int = 3) -> st.SearchStrategy[Term]:
    """Terms with loose variables x, y, z and up to `dangling` variables of binders that are not part of them."""
    leaves = [numerals, st.sampled_from(NAMES).map(bound), st.sampled_from(["a", "b"]).map(sym)]
    if dangling:
        leaves += [st.integers(0, dangling - 1).map(bound)] * 2
    if depth == 0:
        return st.one_of(leaves)
    part = terms(dangling, depth - 1)
    inner = terms(dangling + 1, depth - 1)
    ends = st.tuples(st.integers(-1, 1), st.integers(-1, 2))
    return st.one_of(
        *leaves,
        st.builds(lambda a, b: make("add", a, b), part, part),
        st.builds(lambda a, b, c: make("mul", a, b, c), part, part, part),
        st.builds(lambda a: make("neg", a), part),
        st.builds(lambda a, b: make("div", a, b), part, part),
        st.builds(lambda a, n: make("pow", a, num(n)), part, st.integers(-1, 2)),
        st.builds(lambda f, a: make("app", f, a), st.sampled_from(["sin", "abs", "erf"]), part),
        st.builds(lambda a, b, c, d: make("cases", rel("<=", a, b), c, d), part, part, part, part),
        st.builds(
            lambda o, e, g, b: make("big", o, num(e[0]), num(e[1]), g, b),
            st.sampled_from(["sum", "prod", "max", "min"]),
            ends,
            st.one_of(st.just(TRUE), st.builds(lambda a: rel("<", a, bound(0)), inner)),
            inner,
        ),
        st.builds(lambda b: make("at", make("tab", num(-3), num(3), b), num(1)), inner),
    )


values = st.fractions(min_value=-2, max_value=2, max_denominator=3)
points = st.fixed_dictionaries(dict.fromkeys((*NAMES, "a", "b"), values))


@cache
def two_names() -> Scope:
    s = Scope()
    s.reals("a b")
    return s


def evaluate(t: Term, point: dict[str, Any], env: tuple[Any, ...] = ()) -> Any:
    """The value of a term, or what kind of value it lacks."""
    r = Reference(two_names().context(), World({n: point[n] for n in "ab"}))
    r.loose = {n: x for n, x in point.items() if n in NAMES}
    try:
        return r.of(t, env, State())
    except (Undefined, Unknown) as error:
        return type(error)


def agree(x: Any, y: Any) -> bool:
    if isinstance(x, type) or isinstance(y, type):
        return x is y or Unknown in (x, y)
    return near(x, y)


# -- substitution -------------------------------------------------------------------------------------------


@QUICK
@given(terms(), terms(depth=2), terms(depth=2), points)
def test_substitution_commutes_with_evaluation(t: Term, u: Term, v: Term, point: dict[str, Any]) -> None:
    inner = {"x": evaluate(u, point), "y": evaluate(v, point)}
    if any(isinstance(x, type) for x in inner.values()):
        return
    assert agree(evaluate(substitute(t, {"x": u, "y": v}), point), evaluate(t, {**point, **inner}))


@QUICK
@given(terms(dangling=1), terms(depth=2), points)
def test_instantiation_commutes_with_evaluation(body: Term, u: Term, point: dict[str, Any]) -> None:
    x = evaluate(u, point)
    if not isinstance(x, type):
        assert agree(evaluate(instantiate(body, u), point), evaluate(body, point, (x,)))


@QUICK
@given(terms(), terms(depth=2), points)
def test_names_that_stand_for_numbers(t: Term, u: Term, point: dict[str, Any]) -> None:
    x = evaluate(u, point)
    if not isinstance(x, type):
        assert agree(evaluate(put(t, {"a": u}), point), evaluate(t, {**point, "a": x}))


@QUICK
@given(terms(dangling=1), points, values, values)
def test_shift_keeps_the_value(t: Term, point: dict[str, Any], i: Fraction, j: Fraction) -> None:
    assert agree(evaluate(shift(t, 1), point, (j, i)), evaluate(t, point, (i,)))
    assert agree(evaluate(shift(t, 1, 1), point, (i, j)), evaluate(t, point, (i,)))


@QUICK
@given(terms(dangling=2), st.integers(0, 4), st.integers(0, 2))
def test_shift_and_back(t: Term, by: int, level: int) -> None:
    assert shift(shift(t, by, level), -by, level) is t
    assert shift(t, by, 2) is t
    if t.dangling <= level:
        assert shift(t, by, level) is t


@QUICK
@given(terms(dangling=1), terms())
def test_instantiate_and_abstract_are_inverse(body: Term, t: Term) -> None:
    name = fresh(body, t)
    assert abstract(instantiate(body, bound(name)), name) is body
    for x in NAMES:
        assert instantiate(abstract(t, x), bound(x)) is t
        assert x not in abstract(t, x).loose


@QUICK
@given(terms(), terms(depth=2), st.sampled_from(NAMES))
def test_substitution_is_abstraction_and_instance(t: Term, u: Term, x: str) -> None:
    assert instantiate(abstract(t, x), u) is substitute(t, {x: u})


@QUICK
@given(terms(), st.sampled_from(["sum", "max"]))
def test_equal_up_to_renaming_is_identical(t: Term, op: str) -> None:
    name = fresh(t)
    renamed = substitute(t, {"x": bound(name)})
    one = make("big", op, num(0), num(2), TRUE, abstract(t, "x"))
    assert one is make("big", op, num(0), num(2), TRUE, abstract(renamed, name))
    if "x" in t.loose and "y" not in t.loose:
        assert abstract(t, "x") is not abstract(t, "y")


@QUICK
@given(terms(depth=2), points)
def test_swapping_at_once(t: Term, point: dict[str, Any]) -> None:
    swapped = substitute(t, {"x": bound("y"), "y": bound("x")})
    assert agree(evaluate(swapped, point), evaluate(t, {**point, "x": point["y"], "y": point["x"]}))
    assert substitute(swapped, {"x": bound("y"), "y": bound("x")}) is t


def test_substitution_does_not_capture() -> None:
    """Σ_i x with i for x is i·3, not Σ_i i."""
    three = make("big", "sum", num(1), num(3), TRUE, bound("x"))
    opened = substitute(three, {"x": bound("y")})
    whole = make("big", "sum", num(1), num(2), TRUE, abstract(opened, "y"))
    assert evaluate(whole, {"a": 0, "b": 0}) == 3 * (1 + 2)


@QUICK
@given(terms(dangling=2))
def test_bookkeeping_of_a_node(t: Term) -> None:
    parts = subterms(t)
    assert parts[-1] is t
    assert len(set(parts)) == len(parts)
    assert t.loose == {p.args[0] for p in parts if p.head == "bound" and isinstance(p.args[0], str)}
    assert t.depth == 1 + max((a.depth for a in t.terms), default=0)
    assert all(occurs(t, k) is False for k in range(t.dangling, t.dangling + 2))
    assert t.dangling == 0 or occurs(t, t.dangling - 1)
    assert fresh(t) not in t.loose


@QUICK
@given(terms(), terms(), points, st.sampled_from(["=", "!=", "<", "<="]))
def test_negation_is_the_other_case(a: Term, b: Term, point: dict[str, Any], op: str) -> None:
    c = rel(op, a, b)
    other = negate(c)
    assert other is not None
    x, y = (truth(d, point) for d in (c, other))
    assert x is y or Unknown in (x, y) or x is (not y)
    assert not (x is True and y is True)


def truth(c: Term, point: dict[str, Any]) -> Any:
    r = Reference(two_names().context(), World({n: point[n] for n in "ab"}))
    r.loose = {n: x for n, x in point.items() if n in NAMES}
    try:
        return r.truth(c)
    except (Undefined, Unknown) as error:
        return type(error)


# -- interning and bounds ------------------------------------------------------------------------------------


@QUICK
@given(terms(dangling=1))
def test_terms_are_interned(t: Term) -> None:
    assert make(t.head, *t.args) is t
    assert pickle.loads(pickle.dumps(t)) is t  # noqa: S301


def test_numerals_are_reduced_and_bounded() -> None:
    assert num(2, 4) is num(Fraction(1, 2))
    assert num(-3, -6) is num(1, 2)
    assert value(num(7)) == 7
    assert literal(make("div", num(-1), make("add", num(1), num(2)))) == Fraction(-1, 3)
    assert literal(make("div", num(1), num(0))) is None
    assert value(num(2**MAX_DIGITS - 1)) == 2**MAX_DIGITS - 1
    for args in ((2**MAX_DIGITS,), (-(2**MAX_DIGITS),), (Fraction(1, 2**MAX_DIGITS),)):
        with pytest.raises(TooDeep):
            num(*args)
    with pytest.raises(ZeroDivisionError):
        num(1, 0)


def test_depth_is_bounded() -> None:
    t = num(1)
    for _ in range(MAX_DEPTH - 1):
        t = make("neg", t)
    assert t.depth == MAX_DEPTH
    assert substitute(t, {"x": num(1)}) is t
    with pytest.raises(TooDeep):
        make("neg", t)


@pytest.mark.parametrize("what", ["substitute", "say", "judge"])
def test_terms_within_the_bound_do_not_crash(what: str) -> None:
    t = bound("x") if what == "substitute" else sym("x")
    for _ in range(2 * MAX_DEPTH // 3):
        t = make("neg", t)
    match what:
        case "substitute":
            substitute(t, {"x": num(1)})
        case "say":
            say(t)
        case _:
            s = scope()
            Judge(s.context(), s.book).judge(rel("=", t, t))


def test_a_variable_does_not_escape() -> None:
    with pytest.raises(ValueError, match="escape"):
        shift(bound(0), -1)


def test_a_name_under_an_operator_is_no_number() -> None:
    for t in (make("der", sym("a"), "a"), make("ex", sym("a"), "a"), make("lim", sym("b"), "a", num(0), "both")):
        with pytest.raises(ValueError, match="placeholder"):
            put(t, {"a": num(1)})


@QUICK
@given(terms(dangling=1), terms())
def test_printing_never_fails(t: Term, u: Term) -> None:
    conditions = [rel("<", t, u), make("and", rel("=", t, u), TRUE), make("imp", rel("!=", t, u), TRUE)]
    conditions += [make("all", num(1), make("inf"), rel("<=", t, u)), make("is", "integer", t), TRUE]
    others = [make("der", t, "a", u), make("lim", t, "a", u, "above"), make("ex", t, "a", "b"), make("ex", t)]
    others += [make("tab", num(1), u, t), make("op", "trace", t), make("cases", conditions[0], t), make("meta", "f", t)]
    for x in (t, u, *conditions, *others):
        text = say(x)
        assert text
        assert "\n" not in text


@QUICK
@given(terms(depth=2), terms(depth=2))
def test_printing_tells_sums_from_products(t: Term, u: Term) -> None:
    """Brackets keep apart what binds differently."""
    a, b = make("mul", make("add", t, u), u), make("add", t, make("mul", u, u))
    assert say(a) != say(b)


# -- mutants of right equations --------------------------------------------------------------------------------

sigmoid, tanh, softplus, silu, relu = map(function, ("sigmoid", "tanh", "softplus", "silu", "relu"))
sinh, cosh, logit, elu, lrelu, gelu = map(function, ("sinh", "cosh", "logit", "elu", "lrelu", "gelu"))
larger, smaller, softsign, erf = map(function, ("max", "min", "softsign", "erf"))

X, Y, P, Q = (Expr(sym(n)) for n in "xypq")
"""x and y are real, p and q positive."""

EQUATIONS: list[Expr] = [
    eq((X + Y) ** 2, X**2 + 2 * X * Y + Y**2),
    eq(X**3 - Y**3, (X - Y) * (X**2 + X * Y + Y**2)),
    eq(1 / (P + 1) + 1 / (Q + 1), (P + Q + 2) / ((P + 1) * (Q + 1))),
    eq(P / (P + Q), 1 - Q / (P + Q)),
    eq(X / (1 + X**2) - 1 / (1 + X**2), (X - 1) / (1 + X**2)),
    eq(exp(X + Y), exp(X) * exp(Y)),
    eq(exp(2 * X), exp(X) ** 2),
    eq(exp(-X), 1 / exp(X)),
    eq(exp(X - Y) + 1, (exp(X) + exp(Y)) / exp(Y)),
    eq(log(P * Q), log(P) + log(Q)),
    eq(log(P / Q), log(P) - log(Q)),
    eq(log(P**3), 3 * log(P)),
    eq(log(exp(X) * P), X + log(P)),
    eq(exp(log(P) + X), P * exp(X)),
    eq(sqrt(P) * sqrt(Q), sqrt(P * Q)),
    eq(1 / sqrt(P), sqrt(P) / P),
    eq((sqrt(P) + 1) * (sqrt(P) - 1), P - 1),
    eq(sigmoid(X), 1 / (1 + exp(-X))),
    eq(sigmoid(-X), 1 - sigmoid(X)),
    eq(sigmoid(X), exp(X) / (1 + exp(X))),
    eq(tanh(X), 2 * sigmoid(2 * X) - 1),
    eq(tanh(X), (exp(2 * X) - 1) / (exp(2 * X) + 1)),
    eq(1 - tanh(X) ** 2, 1 / cosh(X) ** 2),
    eq(cosh(X) ** 2 - sinh(X) ** 2, cosh(Y) ** 2 - sinh(Y) ** 2),
    eq(softplus(X) - softplus(-X), X + 0 * Y),
    eq(softplus(X), X + log(1 + exp(-X))),
    eq(silu(X), X * sigmoid(X)),
    eq(silu(X) + silu(-X), X * (2 * sigmoid(X) - 1)),
    eq(logit(sigmoid(X)), X + Y - Y),
    eq(gelu(X) + gelu(-X), X * erf(X / sqrt(2))),
    eq(relu(X) - relu(-X), X + 0 * Y),
    eq(relu(X) + relu(-X), absolute(X) + 0 * Y),
    eq(larger(X, Y), (X + Y + absolute(X - Y)) / 2),
    eq(larger(X, Y) + smaller(X, Y), X + Y),
    eq(lrelu(P, X), relu(X) - P * relu(-X)),
    eq(elu(P, X), relu(X) + P * (exp(-relu(-X)) - 1)),
    eq(softsign(X) * (1 + absolute(X)), X + Y - Y),
    eq(sin(X + Y), sin(X) * cos(Y) + cos(X) * sin(Y)),
    eq(sin(2 * X), 2 * sin(X) * cos(X)),
    eq(cos(X) ** 2, 1 - sin(X) ** 2),
    eq(sin(X + pi / 2), cos(X) + 0 * Y),
    eq(Sum(lambda i: i * X + Y, 1, 4), 10 * X + 4 * Y),
    eq(Sum(lambda i: X**i, 0, 3) * (X - 1), X**4 - 1),
    eq(Prod(lambda i: X + i, 0, 2), X**3 + 3 * X**2 + 2 * X),
    eq(cases((X < Y, Y), otherwise=X), larger(X, Y)),
]


def mutants(claim: Term) -> Iterator[Term]:
    """One change of the right side of each kind, at a place drawn at random where there are several."""
    rng = random.Random(repr(claim))
    left, right = claim.terms
    for change in (flipped_sign, changed_factor, changed_exponent, swapped, dropped):
        found = [m for s in subterms(right) for part in [change(s)] if part for m in [replaced(right, s, part)]]
        if found:
            yield rel("=", left, rng.choice(found))


def replaced(t: Term, old: Term, new: Term) -> Term:
    if t is old:
        return new
    return make(t.head, *(replaced(a, old, new) if isinstance(a, Term) else a for a in t.args))


def flipped_sign(t: Term) -> Term | None:
    if t.head == "neg":
        return t.terms[0]
    return make("add", *t.terms[:-1], make("neg", t.terms[-1])) if t.head == "add" else None


def changed_factor(t: Term) -> Term | None:
    return make("mul", num(2), t) if t.head in ("mul", "div", "app", "sym") else None


def changed_exponent(t: Term) -> Term | None:
    if t.head == "pow" and (n := value(t.terms[1])) is not None:
        return make("pow", t.terms[0], num(n + 1))
    return make("pow", t, num(2)) if t.head in ("app", "sym") else None


def swapped(t: Term) -> Term | None:
    if t.head == "div":
        return make("div", t.terms[1], t.terms[0])
    other = {"x": "y", "y": "x", "p": "q", "q": "p", "sin": "cos", "cos": "sin"}
    return make(t.head, other[t.name()], *t.args[1:]) if t.head in ("sym", "app") and t.name() in other else None


def dropped(t: Term) -> Term | None:
    if t.head not in ("add", "mul"):
        return None
    rest = t.terms[:-1]
    return rest[0] if len(rest) == 1 else make(t.head, *rest)


def scope() -> Scope:
    s = Scope()
    s.reals("x y")
    s.positive("p q")
    return s


def label(claim: Term) -> bool | None:
    """Whether an equation holds at 20 points of its domain; None if no such points are found."""
    rng, context = random.Random(7), scope().context()
    inside = 0
    for _ in range(60):
        point = {n: Fraction(rng.randint(-40, 40), rng.choice([1, 3, 10])) for n in "xy"}
        point |= {n: Fraction(rng.randint(1, 40), rng.choice([1, 3, 10])) for n in "pq"}
        r = Reference(context, World(point))
        try:
            if not near(*(r.value(s) for s in claim.terms)):
                return False
        except (Undefined, Unknown):
            continue
        inside += 1
        if inside == 20:
            return True
    return None


Labelled = tuple[Term, bool | None, Kind]


@cache
def judged() -> tuple[Labelled, ...]:
    s = scope()
    judge = Judge(s.context(), s.book)
    claims = [c for e in EQUATIONS for c in mutants(e.term)]
    return tuple((c, label(c), judge.judge(c).kind) for c in claims)


@pytest.mark.parametrize("claim", [pytest.param(e.term, id=str(k)) for k, e in enumerate(EQUATIONS)])
def test_right_equations(claim: Term) -> None:
    """The equations hold by independent evaluation; most are proved, none is refuted."""
    s = scope()
    assert label(claim) is True
    assert Judge(s.context(), s.book).judge(claim).kind in (Kind.PROVED, Kind.CONSISTENT), say(claim)


def test_most_right_equations_are_proved() -> None:
    s = scope()
    judge = Judge(s.context(), s.book)
    proved = [judge.judge(e.term).proved for e in EQUATIONS]
    assert sum(proved) >= 0.9 * len(EQUATIONS), [say(e.term) for e, x in zip(EQUATIONS, proved, strict=True) if not x]


def test_no_false_mutant_is_proved() -> None:
    assert not [say(c) for c, true, kind in judged() if true is False and kind is Kind.PROVED]


def test_no_true_mutant_is_refuted() -> None:
    assert not [say(c) for c, true, kind in judged() if true and kind is Kind.REFUTED]


def test_false_mutants_are_refuted() -> None:
    false = [(c, kind) for c, true, kind in judged() if true is False]
    assert len(false) >= 120
    missed = [say(c) for c, kind in false if kind is not Kind.REFUTED]
    assert len(missed) <= 0.05 * len(false), missed
