"""What an adjective or noun states about a name, as facts: positive, symmetric, one-hot, invertible …

A new word is a row of `lexicon.py`; what it means is a row here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from symderive.kernel.terms import ONE, ZERO, Term, abstract, at, bound, make, num, rel, sym
from symderive.reading.formulas.names import loose, spell, tabulate

if TYPE_CHECKING:
    from symderive.reading.statements.declare import Declarer


def _each(condition: Callable[[Term], Term]) -> Callable[[Declarer, str], list[Term]]:
    def build(d: Declarer, key: str) -> list[Term]:
        if d.names.is_function(key):
            return []
        d.assume_each(key, [condition])
        return []

    return build


def _parity(name: str, rest: int) -> Callable[[Declarer, str], list[Term]]:
    """Even and odd, of functions and of integers."""

    def build(d: Declarer, key: str) -> list[Term]:
        if d.names.is_function(key):
            return [make("is", name, sym(key))]
        d.assume_each(key, [lambda x: make("is", "integer", make("div", make("add", x, num(-rest)), num(2)))])
        return []

    return build


def _positive(d: Declarer, key: str) -> list[Term]:
    whole = not d.names.is_function(key) and d.names.declared(key).kind == "int"
    return _each(lambda x: rel("<=", ONE, x) if whole else rel("<", ZERO, x))(d, key)


def _matrix(condition: Callable[[Term, Term], Term]) -> Callable[[Declarer, str], list[Term]]:
    def build(d: Declarer, key: str) -> list[Term]:
        ranges = d.names.ranges(key)
        return [condition(sym(key), ranges[0][1])] if len(ranges) == 2 else _unread(d, key)

    return build


def _likely(*conditions: Callable[[Term], Term]) -> Callable[[Declarer, str], list[Term]]:
    """What a noun lets expect of a number: it is used for nothing but to spare a claim that needs it."""

    def build(d: Declarer, key: str) -> list[Term]:
        if not d.names.is_function(key) and not d.names.ranges(key):
            d.names.likely += [c(sym(key)) for c in conditions]
        return []

    return build


def _unit(n: Term) -> Term:
    return tabulate(lambda i, j: make("cases", rel("=", i, j), ONE, ZERO), ((ONE, n), (ONE, n)))


def _sums_to_one(d: Declarer, key: str) -> list[Term]:
    ranges = d.names.ranges(key)
    if len(ranges) != 1:
        return []
    i = loose()
    lo, hi = ranges[0]
    return [rel("=", make("big", "sum", lo, hi, make("and"), abstract(at(sym(key), bound(i)), i)), ONE)]


def _distribution(d: Declarer, key: str) -> list[Term]:
    d.assume_each(key, [lambda x: rel("<=", ZERO, x)])
    return _sums_to_one(d, key)


def _one_hot(d: Declarer, key: str) -> list[Term]:
    if len(d.names.ranges(key)) != 1:
        return []
    d.assume_each(key, [lambda x: rel("=", make("mul", x, make("add", x, num(-1))), ZERO)])
    return _sums_to_one(d, key)


def _bernoulli(d: Declarer, key: str) -> list[Term]:
    d.assume_each(key, [lambda x: make("is", "surely", rel("=", make("mul", x, make("add", x, num(-1))), ZERO))])
    return []


def is_zero_or_one(fact: Term) -> bool:
    """Whether a fact says ``x (x - 1) = 0``, perhaps for every entry, or every outcome."""
    while fact.head == "all" or (fact.head == "is" and fact.name() == "surely"):
        fact = fact.terms[-1]
    product = fact.terms[0] if fact.head == "rel" and fact.name() == "=" and fact.terms[1] is ZERO else fact
    if product.head != "mul" or len(product.terms) != 2:
        return False
    x, other = product.terms
    return other.head == "add" and other.terms[0] is x and other.terms[1:] in ((num(-1),), (make("neg", ONE),))


def _property(name: str) -> Callable[[Declarer, str], list[Term]]:
    return lambda _, key: [make("is", name, sym(key))]


def _function_property(name: str) -> Callable[[Declarer, str], list[Term]]:
    return lambda d, key: [make("is", name, sym(key))] if d.names.is_function(key) else []


def _unread(d: Declarer, key: str) -> list[Term]:
    d.names.unread.append(f"a property of {spell(key)}")
    return []


def _full_column_rank(d: Declarer, key: str) -> list[Term]:
    t = sym(key)
    gram = make("op", "matmul", make("op", "transpose", t), t)
    return [rel("!=", make("op", "det", gram), ZERO)] if len(d.names.ranges(key)) == 2 else []


def _symmetric(d: Declarer, key: str) -> list[Term]:
    if d.names.declared(key).kind == "random" and len(d.names.ranges(key)) < 2:
        return [make("is", "symmetric-law", sym(key))]
    return _matrix(lambda t, _: rel("=", make("op", "transpose", t), t))(d, key)


ATTRIBUTES: dict[str, Callable[[Declarer, str], list[Term]]] = {
    "likely-positive": _likely(lambda x: rel("<", ZERO, x)),
    "likely-chance": _likely(lambda x: rel("<", ZERO, x), lambda x: rel("<", x, ONE)),
    "positive": _positive,
    "nonnegative": _each(lambda x: rel("<=", ZERO, x)),
    "negative": _each(lambda x: rel("<", x, ZERO)),
    "nonzero": _each(lambda x: rel("!=", x, ZERO)),
    "symmetric": _symmetric,
    "orthogonal": _matrix(lambda t, n: rel("=", make("op", "matmul", make("op", "transpose", t), t), _unit(n))),
    "invertible": _matrix(lambda t, _: rel("!=", make("op", "det", t), ZERO)),
    "positive-definite": _property("positive-definite"),
    "distribution": _distribution,
    "one-hot": _one_hot,
    "unit": lambda _, key: [rel("=", make("op", "square", sym(key)), ONE)],
    "symmetric-law": _property("symmetric-law"),
    "bernoulli": _bernoulli,
    "convex": _function_property("convex"),
    "even": _parity("even", 0),
    "odd": _parity("odd", 1),
    "increasing": _function_property("increasing"),
    "full-column-rank": _full_column_rank,
    "permutation": _unread,
    "unread": _unread,
}
"""What an adjective states about a name."""
