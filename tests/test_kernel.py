"""The kernel's parts against independent ones: numbers against mpmath, substitution against renaming."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from mpmath import mp

from symderive.kernel.algebra import difference, tidy
from symderive.kernel.context import Rejected
from symderive.kernel.defined import defined
from symderive.kernel.intervals import Arithmetic, Interval, Undefined, Unsure
from symderive.kernel.models import Evaluator, Model
from symderive.kernel.reader import load
from symderive.kernel.terms import (
    TRUE,
    Term,
    abstract,
    bound,
    instantiate,
    make,
    num,
    occurs,
    rel,
    shift,
    substitute,
    subterms,
    sym,
)
from symderive.kernel.words import say
from symderive.language.expr import D, Expr, Sum, Tab, absolute, cases, eq, log, name, op, sqrt
from symderive.language.scope import Scope
from tests.certificates import judged

ROOT = Path(__file__).parents[1]

# -- intervals ----------------------------------------------------------------------------------------

FUNCTIONS = {
    "exp": (mp.exp, lambda q: abs(q) < 300),
    "log": (mp.log, lambda q: q > 0),
    "sin": (mp.sin, lambda _: True),
    "cos": (mp.cos, lambda _: True),
    "erf": (mp.erf, lambda q: abs(q) < 30),
    "abs": (abs, lambda _: True),
}


def points(rng: random.Random, count: int) -> list[Fraction]:
    """Rationals of many sizes, both signs, and near the places where a reduction of the argument changes."""
    out = [Fraction(rng.randint(-(10**k), 10**k), rng.randint(1, 10**j)) for k in range(1, 6) for j in range(6)]
    out += [Fraction(22, 7), Fraction(355, 113), Fraction(2, 3), Fraction(4, 3), Fraction(1), Fraction(-1)]
    while len(out) < count:
        out.append(Fraction(rng.randint(-(2**40), 2**40), 2 ** rng.randint(1, 60)))
    return out


def contains(x: Interval | Fraction | int, precision: int, value) -> bool:
    """Whether an interval contains a value known to many more digits."""
    if not isinstance(x, Interval):
        return abs(mp.mpf(x.numerator) / x.denominator - value) <= abs(value) * mp.mpf(10) ** -300
    unit = mp.mpf(2) ** -precision
    slack = unit * mp.mpf(10) ** -40
    return x.lo * unit - slack <= value <= x.hi * unit + slack


@pytest.mark.parametrize("precision", [16, 64, 256])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_intervals_contain_the_value(function, precision):
    reference, allowed = FUNCTIONS[function]
    a, rng = Arithmetic(precision), random.Random(precision)
    with mp.workdps(500):
        for q in filter(allowed, points(rng, 120)):
            try:
                found = getattr(a, function)(q)
            except Unsure:
                continue
            assert contains(found, precision, reference(mp.mpf(q.numerator) / q.denominator)), (function, q)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_intervals_contain_the_values_of_intervals(function):
    """Ends and middle of a wide argument."""
    reference, allowed = FUNCTIONS[function]
    precision, rng = 64, random.Random(9)
    a = Arithmetic(precision)
    with mp.workdps(300):
        for q in points(rng, 60):
            width = Fraction(rng.randint(1, 2**20), 2**20)
            ends = [q, q + width / 2, q + width]
            if not all(map(allowed, ends)):
                continue
            wide = Interval(a.interval(q).lo, a.interval(q + width).hi)
            try:
                found = getattr(a, function)(wide)
            except Unsure:
                continue
            assert all(contains(found, precision, reference(mp.mpf(e.numerator) / e.denominator)) for e in ends)


def test_field_operations_and_roots():
    precision, rng = 64, random.Random(2)
    a = Arithmetic(precision)
    with mp.workdps(200):
        for p, q in zip(points(rng, 80), reversed(points(rng, 80)), strict=True):
            x, y = a.interval(p), a.interval(q)
            one, two = (mp.mpf(z.numerator) / z.denominator for z in (p, q))
            assert contains(a.add(x, y), precision, one + two)
            assert contains(a.mul(x, y), precision, one * two)
            assert contains(a.neg(x), precision, -one)
            for k in (0, 1, 2, 3, 5):
                assert contains(a.power(x, k), precision, one**k)
            if x.lo > 0 or x.hi < 0:
                assert contains(a.inverse(x), precision, 1 / one)
            for k in (2, 3, 5):
                if p > 0 or k % 2:
                    assert contains(a.root(p, k), precision, mp.sign(one) * mp.root(abs(one), k))


@pytest.mark.parametrize("precision", [8, 64, 200])
def test_pi(precision):
    with mp.workdps(200):
        assert contains(Arithmetic(precision).pi(), precision, mp.pi)


def test_domains_of_functions():
    a = Arithmetic(64)
    for bad in (lambda: a.log(0), lambda: a.log(Fraction(-1, 2)), lambda: a.inverse(0), lambda: a.root(-1, 2)):
        with pytest.raises(Undefined):
            bad()
    for unsure in (lambda: a.inverse(Interval(-1, 1)), lambda: a.exp(10**6), lambda: a.root(2, 10**9)):
        with pytest.raises(Unsure):
            unsure()


# -- terms --------------------------------------------------------------------------------------------


def random_term(rng: random.Random, depth: int, binders: int = 0) -> Term:
    """A term over two loose variables and the binders above it."""
    leaves = [bound("i"), bound("j"), num(rng.randint(0, 3)), sym("x"), *(bound(k) for k in range(binders))]
    if depth == 0:
        return rng.choice(leaves)
    match rng.randrange(5):
        case 0:
            return rng.choice(leaves)
        case 1:
            return make("add", random_term(rng, depth - 1, binders), random_term(rng, depth - 1, binders))
        case 2:
            return make("neg", random_term(rng, depth - 1, binders))
        case 3:
            body = random_term(rng, depth - 1, binders + 1)
            return make("big", "sum", num(1), random_term(rng, depth - 1, binders), TRUE, body)
        case _:
            return make("tab", num(1), num(3), random_term(rng, depth - 1, binders + 1))


def named(t: Term, names: tuple[str, ...] = ()) -> object:
    """The same tree with names for bound variables: an independent representation."""
    if t.head == "bound":
        k = t.args[0]
        return ("var", k) if isinstance(k, str) else ("var", names[k])
    fresh = f"v{len(names)}"
    inner = {"big": (0, 0, 0, 1, 1), "tab": (0, 0, 1)}.get(t.head, (0,) * len(t.args))
    return (
        t.head,
        *(
            named(a, (fresh, *names) if n else names) if isinstance(a, Term) else a
            for a, n in zip(t.args, inner, strict=True)
        ),
    )


def replaced(t: object, old: str, new: object) -> object:
    if t == ("var", old):
        return new
    return tuple(replaced(a, old, new) for a in t) if isinstance(t, tuple) else t


def test_substitution_is_replacement_of_names():
    """Bound variables have names of their own here, so plain replacement cannot capture."""
    rng = random.Random(1)
    for _ in range(300):
        t, value = random_term(rng, 4), make("add", bound("j"), bound("i"))
        assert named(substitute(t, {"i": value})) == replaced(named(t), "i", named(value))


def test_binding_and_opening_are_inverse():
    rng = random.Random(2)
    for _ in range(300):
        t = random_term(rng, 4)
        body = abstract(t, "i")
        assert "i" not in body.loose
        assert instantiate(body, bound("i")) is t
        assert instantiate(body, bound("j")) is substitute(t, {"i": bound("j")})
        assert occurs(body) == ("i" in t.loose)
        assert shift(t, 3) is t


def test_terms_are_interned():
    rng = random.Random(3)
    for _ in range(100):
        t = random_term(rng, 4)
        assert pickle.loads(pickle.dumps(t)) is t  # noqa: S301
        assert t.size >= len(subterms(t))


def test_a_variable_does_not_leave_its_binder():
    with pytest.raises(ValueError, match="escape"):
        shift(make("neg", bound(0)), -1)


def test_index_arithmetic():
    i, n = bound("i"), sym("n")
    assert difference(make("add", i, num(1)), i) == 1
    assert difference(n, i) is None
    one, other = make("add", n, num(1), make("neg", i)), make("add", make("neg", i), n, num(1))
    assert tidy(one) is tidy(other)


# -- definedness --------------------------------------------------------------------------------------


def setting() -> Scope:
    s = Scope()
    n = s.dim("n")
    s.vector("v", n)
    s.reals("x y")
    s.index("k", 1, n)
    s.define_function("f", lambda t: 1 / op("mean", Tab(lambda i: t * i, name("n"))))
    return s


x, y, n, k, v = (name(t) for t in "xynkv")

DEFINED = {
    "quotient": (x / y, {(rel("!=", y.term, num(0)))}),
    "logarithm": (log(x), {rel("<", num(0), x.term)}),
    "square root": (sqrt(x), {rel("<=", num(0), x.term)}),
    "cube root": (x ** Fraction(1, 3), set()),
    "power zero": (x**0, set()),
    "reciprocal": (x**-1, {rel("!=", x.term, num(0))}),
    "real exponent": (x**y, {rel("<", num(0), x.term)}),
    "entry": (v[k + 1], {rel("<=", num(1), (k + 1).term), rel("<=", (k + 1).term, n.term)}),
    "entry of a table": (Tab(lambda i: i, n)[k], {rel("<=", num(1), k.term), rel("<=", k.term, n.term)}),
    "sum of entries": (Sum(lambda i: v[i], 1, n), set()),
    "branch": (cases((0 < x, log(x)), otherwise=0), set()),
    "kink": (D(absolute(x), x), {rel("!=", x.term, num(0))}),
    "integer part of a sum": (Sum(lambda i: Tab(lambda j: j, n)[i], 1, n), set()),
}


@pytest.mark.parametrize("which", DEFINED)
def test_conditions_of_definedness(which):
    t, expected = DEFINED[which]
    assert defined(setting().context(), t.term) == expected


def test_definedness_looks_into_functions():
    """An operator in the body of a function has conditions too."""
    conditions = defined(setting().context(), Expr(make("app", "f", x.term)).term)
    assert rel("!=", n.term, num(0)) in conditions


def test_bounds_that_jump_are_not_regular():
    """A sum whose end depends on x is continuous only away from the edge."""
    last = cases((x <= 0, 1), otherwise=2)
    t = D(Sum(lambda i: i * x, 1, last), x)
    assert rel("!=", x.term, num(0)) in defined(setting().context(), t.term)


# -- models -------------------------------------------------------------------------------------------


def test_evaluation_is_strict():
    e = Evaluator(setting().context(), Model({"x": {(): -1}, "y": {(): 0}, "n": {(): 2}, "k": {(): 5}}))
    for t in (log(x) * 0, D(log(x), y), Tab(lambda i: i, n)[k], x / y * 0, cases((0 < x, 1))):
        with pytest.raises(Undefined):
            e.real(t.term)


# -- words --------------------------------------------------------------------------------------------


def test_bound_variables_print_apart_from_names():
    i, i1 = name("i"), name("i1")
    assert say(Sum(lambda _: i + i1, 1, 3).term) == "Σ(i2=1..3) (i + i1)"
    nested = Sum(lambda a: Sum(lambda b: a - b, 1, a), 1, 3)
    assert say(nested.term) == "Σ(i=1..3) (Σ(i1=1..i) (i - i1))"


# -- the same bytes each time -------------------------------------------------------------------------

SCRIPT = """
import hashlib, json
from symderive.engine.judge import Judge
from symderive.rules.book import book, book_bytes
from tests.walls import elbo_gap, infinity_norm, softmax_cross_entropy, adam_bias_correction, rectified_moment
print(hashlib.sha256(book_bytes()).hexdigest())
for wall in (softmax_cross_entropy, elbo_gap, infinity_norm, adam_bias_correction, rectified_moment):
    scope, right, wrong = wall()
    for claim in (right, *wrong):
        record = Judge(scope.context(), book()).judge(claim.term).certificate
        print(wall.__name__, hashlib.sha256(json.dumps(record).encode()).hexdigest())
"""


def test_same_bytes_whatever_the_hash_seed():
    out = []
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", SCRIPT]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
        out.append(done.stdout)
    assert out[0] == out[1]
    assert len(out[0].splitlines()) == 21


def test_reader_takes_any_nesting_of_brackets_in_strings():
    assert load(b'{"a":"[[[[{{{{\\"]"}') == {"a": '[[[[{{{{"]'}
    with pytest.raises(Rejected):
        load(b'{"a":"[[[[{{{{\\"]}')


def test_a_proved_claim_prints_where_it_holds():
    verdict = judged(setting(), eq(x / x, 1))
    assert verdict.proved
    assert verdict.conditions == (rel("!=", x.term, num(0)),)
