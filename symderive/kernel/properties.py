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

from symderive.kernel.intervals import Real, Unsure, exact
from symderive.kernel.moments import tame
from symderive.kernel.terms import Term, make

if TYPE_CHECKING:
    from symderive.kernel.models import Env, Evaluator, Poly

Test = Callable[["Evaluator", Term, "Env"], bool]
Law = dict[tuple[Fraction | int, ...], Fraction]


def property_holds(e: Evaluator, c: Term, env: Env) -> bool:
    """Whether the property is true in the evaluator's model."""
    test = PROPERTIES.get(c.name())
    if test is None:
        raise Unsure(f"no property {c.name()}")
    return test(e, c, env)


def _integer(e: Evaluator, c: Term, env: Env) -> bool:
    return exact(e.real(c.terms[0], env)).denominator == 1


# -- functions: their models are polynomials --------------------------------------------------------


def _differentiable(e: Evaluator, c: Term, env: Env) -> bool:
    f = c.terms[0].name()
    if f not in e.model.functions:
        raise Unsure(f"the model says nothing of {f}")
    return True


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
    symmetric = all(exact(m[i][j]) == exact(m[j][i]) for i in range(len(m)) for j in range(i))
    minors = ([row[:k] for row in m[:k]] for k in range(1, len(m) + 1))
    return symmetric and all(exact(determinant(e.a, minor)) > 0 for minor in minors)


# -- random names -----------------------------------------------------------------------------------


def _integrable(e: Evaluator, c: Term, env: Env) -> bool:
    """On a finite space, where it is defined for every outcome; under laws, for what they let exist."""
    names = e.context.random_in(c)
    if any(e.context.declared(n).law for n in names):
        return _tame(e, c)
    e.entries(make("ex", c.terms[0], *(a.name() for a in c.terms[1:])), env)
    return True


def _tame(e: Evaluator, c: Term) -> bool:
    if not tame(e.context, c):
        raise Unsure("an expectation under a law")
    return True


def _interchange(e: Evaluator, c: Term, env: Env) -> bool:
    return not any(e.context.declared(n).law for n in e.context.randoms) or _tame(e, c)


def _law(e: Evaluator, values: Callable[[], tuple[Real, ...]]) -> Law:
    """The joint law of some values over the outcomes."""
    if not e.model.outcomes:
        raise Unsure("the model has no probability space")
    before = e.outcome
    out: Law = {}
    for k, (weight, _) in enumerate(e.model.outcomes):
        e.outcome = k
        v = tuple(map(exact, values()))
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
    return all(law.get((-v[0],)) == q for v, q in law.items())


def _surely(e: Evaluator, c: Term, env: Env) -> bool:
    if not e.model.outcomes:
        raise Unsure("the model has no probability space")
    before, results = e.outcome, []
    for k in range(len(e.model.outcomes)):
        e.outcome = k
        results.append(e.truth(c.terms[0], env))
    e.outcome = before
    return all(results)


PROPERTIES: dict[str, Test] = {
    "defn": lambda *_: True,  # a definition in force
    "integrable": _integrable,
    "interchange": _interchange,
    "surely": _surely,  # a condition, for every outcome
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
