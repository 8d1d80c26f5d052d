"""What is understood prints as LaTeX that reads back to the same term: formulas, statements, random terms, pasted SymPy.

"The same" is up to `normal`, which is what the writer says of itself: the sign of a product stands in front of it, a
quotient of numerals is a rational number, a chain of matrix products has no brackets, the square of a 2-norm is
the squared norm.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from symderive.kernel.context import base_name
from symderive.kernel.terms import make, num, subterms
from symderive.language.scope import Scope
from symderive.reading.elaborate import Elaborator, read_relations, read_term
from symderive.reading.errors import ReadingError
from symderive.reading.names import Meaning, Names
from symderive.reading.surface import parse
from symderive.reading.symbols import label, peel
from symderive.writing.latex import guess, latex
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


# -- statements ---------------------------------------------------------------------------------------


def reader_key(text):
    """The key under which the reader finds a spelling."""
    s = peel(parse(text))
    assert s is not None, text
    return s.base + (f"_{label(s.lower)}" if s.lower is not None else "") + (f"^{label(s.upper)}" if s.upper is not None else "")


def renamed(t, keys):
    """A term with other names."""
    def new(k, a):
        if hasattr(a, "terms"):
            return renamed(a, keys)
        named = t.head in ("sym",) or (t.head in ("der", "lim") and k == 1) or (t.head == "ex" and k > 0)
        if t.head == "app":
            return keys.get(base_name(a), base_name(a)) + a[len(base_name(a)) :] if k == 0 else a
        return keys.get(a, a) if named else a

    return make(t.head, *(new(k, a) for k, a in enumerate(t.args)))


def table(scope):
    """The reader's table for a scope, its names with keys that the reader knows."""
    keys = {n: reader_key(guess(n)) for n in scope.names}
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
    names.meanings = {keys[n]: Meaning(keys[n], guess(n), "declared") for n in scope.names}
    return names, keys


@pytest.mark.parametrize("wall", WALLS, ids=lambda w: w.__name__)
def test_wall(wall):
    scope, right, wrong = wall()
    names, keys = table(scope)
    for claim in (right, *wrong):
        t = renamed(claim.term, keys)
        if t.head == "rel":
            holds(t, names)
