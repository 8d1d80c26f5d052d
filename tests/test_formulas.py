"""Every formula of the corpus: read right, by its value; what must be refused is refused."""

import json
from pathlib import Path

import pytest
from tests.reading_help import declared, evaluate, world_of
from tests.reference import Unknown

from symderive.reading.elaborate import Elaborator, one_chain
from symderive.reading.errors import ReadingError
from symderive.reading.surface import Node, parse

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
    assert not outcome.unread, outcome.unread
    node = parse(item["latex"], names.words)
    el = Elaborator(names, node)
    if item["kind"] == "relation":
        node = one_chain(node)
        assert isinstance(node, Node)
        sides = [el.read(p).term if not (item["value"][k] is None) else None for k, p in enumerate(node.parts[::2])]
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
        except Unknown as error:
            if str(error) != "lim":
                raise
            return None
    return True


@pytest.mark.parametrize("item", RIGHT, ids=lambda x: x["id"])
def test_formula(item):
    try:
        assert right(item) is not False
    except ReadingError as error:
        pytest.fail(error.show(item["latex"]))


@pytest.mark.parametrize("item", WRONG, ids=lambda x: x["id"])
def test_refused(item):
    with pytest.raises(ReadingError):
        read({**item, "kind": item.get("kind", "term")})
