"""The closed list of properties that a fact may assert, and when each is true in a model.

A property that cannot be decided in a model raises `Unsure`: then it neither serves in a witness nor
lets a refutation pass.  Symmetric, orthogonal, invertible, one-hot, stochastic and the like need no
property: they are relations between entries.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from symderive.kernel.algebra import Algebra, OverBudget
from symderive.kernel.context import family_member
from symderive.kernel.intervals import Interval, Real, Unsure
from symderive.kernel.terms import Term

if TYPE_CHECKING:
    from symderive.kernel.models import Env, Evaluator, Poly

Test = Callable[["Evaluator", Term, "Env"], bool]
Law = dict[tuple[Real, ...], Fraction]


def property_holds(e: Evaluator, c: Term, env: Env) -> bool:
    """Whether the property is true in the evaluator's model."""
    test = PROPERTIES.get(c.name())
    if test is None:
        raise Unsure(f"no property {c.name()}")
    return test(e, c, env)


def _integer(e: Evaluator, c: Term, env: Env) -> bool:
    v = e.real(c.terms[0], env)
    if isinstance(v, Interval):
        raise Unsure("an irrational value may be an integer")
    return v.denominator == 1


# -- functions: their models are polynomials --------------------------------------------------------


def _differentiable(e: Evaluator, c: Term, env: Env) -> bool:
    f = c.terms[0].name()
    if f not in e.model.functions and not _is_polynomial(e, f):
        raise Unsure(f"the model says nothing of {f}")
    return True


def _is_polynomial(e: Evaluator, f: str) -> bool:
    """Whether a function is defined as a polynomial in its arguments."""
    d = e.context.definitions.get(f)
    if d is None:
        return False
    algebra = Algebra(budget=10_000)
    try:
        numerator, denominator = algebra.of(d.clauses[0][1])
    except (OverBudget, ZeroDivisionError):
        return False
    plain = all(k > 0 for m in numerator for _, k in m)
    return plain and not denominator and all(t.head == "bound" for t in algebra.atoms)


def _powers(e: Evaluator, c: Term) -> dict[int, Fraction]:
    model = e.model.functions.get(c.terms[0].name())
    if model is None or model.sizes != ((),) or set(model.outputs) != {()}:
        raise Unsure("not a function of one number")
    p: Poly = model.outputs[()]
    return {k: q for (k,), q in p.items() if q}


def _parity(rest: int) -> Test:
    return lambda e, c, _: all(k % 2 == rest for k in _powers(e, c))


def _convex(e: Evaluator, c: Term, env: Env) -> bool:
    p = {k: q for k, q in _powers(e, c).items() if k > 1}
    if set(p) <= {2} or all(k % 2 == 0 and q > 0 for k, q in p.items()):
        return p.get(2, 1) > 0
    raise Unsure("convexity of this polynomial is not decided")


def _increasing(e: Evaluator, c: Term, env: Env) -> bool:
    p = {k: q for k, q in _powers(e, c).items() if k > 0}
    if set(p) <= {1} or all(k % 2 == 1 and q > 0 for k, q in p.items()):
        return p.get(1, 1 if p else 0) > 0
    raise Unsure("monotonicity of this polynomial is not decided")


# -- matrices ---------------------------------------------------------------------------------------


def _positive_definite(e: Evaluator, c: Term, env: Env) -> bool:
    from symderive.kernel.models import determinant

    m = e.matrix(c.terms[0], env)
    symmetric = all(m[i][j] == m[j][i] for i in range(len(m)) for j in range(i))
    minors = ([row[:k] for row in m[:k]] for k in range(1, len(m) + 1))
    return symmetric and all(determinant(minor) > 0 for minor in minors)


# -- random names -----------------------------------------------------------------------------------

LAWS_WITH_MOMENTS = frozenset({"normal", "uniform", "bernoulli", "exponential"})


def _integrable(e: Evaluator, c: Term, env: Env) -> bool:
    """Everything is, on a finite space; under laws with all moments, polynomials are."""
    context = e.context
    laws = {n: context.declared(n).law for n in context.random_in(c)}
    ruled = {n for n, law in laws.items() if law}
    if any(law and law[0] not in LAWS_WITH_MOMENTS for law in laws.values()):
        raise Unsure("integrability under a law without known moments")
    algebra = Algebra(budget=10_000)
    try:
        numerator, denominator = algebra.of(c.terms[0]) if ruled else ({}, {})
    except (OverBudget, ZeroDivisionError):
        raise Unsure("an integrand too large to look through") from None
    atoms = list(algebra.atoms)
    below = {x for d in denominator for m in algebra.denominators[d] for x, _ in m}
    below |= {x for m in numerator for x, k in m if k < 0}
    for x in below | {x for m in numerator for x, _ in m}:
        own = family_member(atoms[x])
        if context.random_in(atoms[x]) and (own is None or own[0] not in ruled or x in below):
            raise Unsure("an integrand that is no polynomial")
    return True


def _interchange(e: Evaluator, c: Term, env: Env) -> bool:
    if any(e.context.declared(n).law for n in e.context.randoms):
        raise Unsure("an interchange under a law")
    return True


def _law(e: Evaluator, values: Callable[[], tuple[Real, ...]]) -> Law:
    """The joint law of some values over the outcomes."""
    if not e.model.outcomes:
        raise Unsure("the model has no probability space")
    before = e.outcome
    out: Law = {}
    for k, (weight, _) in enumerate(e.model.outcomes):
        e.outcome = k
        v = values()
        if any(isinstance(x, Interval) for x in v):
            raise Unsure("a random value that is irrational")
        out[v] = out.get(v, Fraction(0)) + weight
    e.outcome = before
    return out


def _margins(joint: Law, blocks: list[range]) -> list[Law]:
    out: list[Law] = [{} for _ in blocks]
    for v, q in joint.items():
        for m, block in zip(out, blocks, strict=True):
            x = tuple(v[k] for k in block)
            m[x] = m.get(x, Fraction(0)) + q
    return out


def _is_product(joint: Law, blocks: list[range]) -> bool:
    """Whether blocks of coordinates are independent."""
    margins = _margins(joint, blocks)
    cells = 1
    for m in margins:
        cells *= len(m)
    if cells > 100_000:
        raise Unsure("too many outcomes to check independence")
    for parts in product(*(m.items() for m in margins)):
        expected = Fraction(1)
        for _, q in parts:
            expected *= q
        if joint.get(tuple(x for v, _ in parts for x in v), Fraction(0)) != expected:
            return False
    return True


def _independent(e: Evaluator, c: Term, env: Env) -> bool:
    widths: list[int] = []

    def values() -> tuple[Real, ...]:
        each = [e.entries(t, env) for t in c.terms]
        widths[:] = [len(x) for x in each]
        return tuple(x for part in each for x in part)

    joint = _law(e, values)
    ends = [sum(widths[: k + 1]) for k in range(len(widths))]
    return _is_product(joint, [range(end - w, end) for end, w in zip(ends, widths, strict=True)])


def _entries(same: bool) -> Test:
    def test(e: Evaluator, c: Term, env: Env) -> bool:
        joint = _law(e, lambda: tuple(e.entries(c.terms[0], env)))
        blocks = [range(k, k + 1) for k in range(len(next(iter(joint))))]
        margins = _margins(joint, blocks)
        return _is_product(joint, blocks) and (not same or all(m == margins[0] for m in margins))

    return test


def _symmetric_law(e: Evaluator, c: Term, env: Env) -> bool:
    law = _law(e, lambda: (e.real(c.terms[0], env),))
    return all(law.get((e.a.neg(v[0]),)) == q for v, q in law.items())


PROPERTIES: dict[str, Test] = {
    "defn": lambda *_: True,  # a definition in force
    "integrable": _integrable,
    "interchange": _interchange,
    "differentiable": _differentiable,  # function, order
    "integer": _integer,
    "odd": _parity(1),
    "even": _parity(0),
    "convex": _convex,
    "increasing": _increasing,  # strictly
    "positive-definite": _positive_definite,  # and symmetric
    "independent": _independent,  # names, mutually
    "independent-entries": _entries(same=False),  # of one name
    "iid": _entries(same=True),  # the entries of one name
    "symmetric-law": _symmetric_law,  # about zero
}
