"""Every formula of the corpus: read right, by its value; what must be refused is refused."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from symderive.engine.judge import Judge
from symderive.kernel.terms import num, rel, subterms
from symderive.reading.formulas.elaborate import Elaborator, one_chain, read_term
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.surface import Node, parse
from tests.reading_help import declared, evaluate, world_of
from tests.reference import Unknown

CORPUS = json.loads((Path(__file__).parent / "corpus" / "formulas.json").read_text("utf-8"))
RIGHT = [x for x in CORPUS if "error" not in x]
WRONG = [x for x in CORPUS if "error" in x]


def near(found, wanted):
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(near, found, wanted))
    if isinstance(found, list):
        return all(near(f, wanted) for f in found)
    return abs(float(found) - float(wanted)) <= 1e-9 * max(1.0, abs(float(wanted)))


def read(item):
    """The terms that a formula is read as: one, or the sides of its relations."""
    names, outcome = declared(item["given"])
    for sentence, error in outcome.unread:
        raise error or AssertionError(sentence)
    node = parse(item["latex"], names.words)
    el = Elaborator(names, node)
    if item["kind"] == "relation":
        node = one_chain(node)
        assert isinstance(node, Node)
        sides = [el.read(p).term if item["value"][k] is not None else None for k, p in enumerate(node.parts[::2])]
        return names, sides, item["value"]
    return names, [el.read(node).term], [item["value"]]


def right(item):
    """Whether an item is read right; None if its value is not computed here (limits)."""
    names, terms, values = read(item)
    world = world_of(item["values"], names, item.get("indices"))
    for t, v in zip(terms, values, strict=True):
        if t is None:
            continue
        try:
            if not near(evaluate(t, names, world), v):
                return False
        except Unknown:
            if any(s.head == "lim" for s in subterms(t)):
                claim = rel("=", t, num(Fraction(str(v))))
                return Judge(names.scope.context(), names.scope.book).judge(claim).proved
            context = names.scope.context()
            if not any(s.head == "sym" and s.name() in context.randoms for s in subterms(t)):
                raise
            return proved(t, v, names, item)
    return True


def proved(t, v, names, item):
    """Whether moments alone give the value: a closed form has it, and the engine proves that the term is that form."""
    closed = read_term(CLOSED[item["id"]], names).term
    assert near(evaluate(closed, names, world_of(item["values"], names)), v)
    return Judge(names.scope.context(), names.scope.book).judge(rel("=", t, closed)).proved


CLOSED = {
    "probability/variance-of-a-sample-mean": r"\frac{\sigma^2}{n}",
    "probability/second-moment-from-moments": r"\mu^2 + \sigma^2",
    "probability/variance-of-an-independent-product": r"u v + u b^2 + v a^2",
}


UNREAD = {
    "matrix/capital-t-is-a-number": "powers of matrices have numerals as exponents",
    "probability/evidence-lower-bound": "densities named by their arguments are not read",
}


def known_gap(item):
    return [pytest.mark.xfail(reason=UNREAD[item["id"]], strict=True)] if item["id"] in UNREAD else []


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(x, marks=[pytest.mark.xfail(reason=UNREAD[x["id"]], strict=True)] if x["id"] in UNREAD else [])
        for x in RIGHT
    ],
    ids=lambda x: x["id"],
)
def test_formula(item):
    try:
        assert right(item) is not False
    except ReadingError as error:
        pytest.fail(error.show(item["latex"]))


@pytest.mark.parametrize("item", WRONG, ids=lambda x: x["id"])
def test_refused(item):
    with pytest.raises(ReadingError):
        read({**item, "kind": item.get("kind", "term")})
