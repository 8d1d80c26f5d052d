"""Every sentence of the corpus: what it declares, and that prose declares nothing."""

import json
from pathlib import Path

import pytest

from symderive.kernel.words import say
from symderive.reading.formulas.names import Names
from symderive.reading.formulas.surface import parse
from symderive.reading.formulas.symbols import label, peel
from symderive.reading.statements.sentences import Reader
from tests.reading_help import pieces

CORPUS = json.loads((Path(__file__).parent / "corpus" / "sentences.json").read_text("utf-8"))
GAPS = {
    "declares/set-a-value": "a single member is a name of its own until its family is defined",
    "declares/gaussian-vector": "a normal vector has no law in terms yet",
    "declares/goal-shape": "a shape is no term: the question is refused",
    "declares/does-not-depend": "a leaf depends on nothing: there is no fact to state",
    "declares/differentiable-function": "every unknown function is smooth; its regularity is a hypothesis of the proof",
}


def key_in(names, spelling):
    s = peel(parse(spelling))
    if s is None:
        return next((k for k in names.meanings if k.rstrip("ᵘ") in spelling), None)
    keys = [s.base + (f"_{label(s.lower)}" if s.lower is not None else ""), s.base]
    return next((k for k in keys if k in names.meanings), None)


def check_name(names, spelling, what):
    key = key_in(names, spelling)
    assert key is not None, f"{spelling} is not declared"
    if "function" in what:
        assert names.is_function(key)
        return
    dims = [say(hi) for _, hi in names.ranges(key)]
    assert dims == [o[2].replace(r"\infty", "∞") for o in what.get("over", [])] + what["shape"]
    assert not what.get("random") or names.declared(key).kind == "random"
    assert not what.get("integer") or names.declared(key).kind == "int"


def known_gap(item):
    return [pytest.mark.xfail(reason=GAPS[item["id"]], strict=True)] if item["id"] in GAPS else []


@pytest.mark.parametrize("item", [pytest.param(x, marks=known_gap(x)) for x in CORPUS], ids=lambda x: x["id"])
def test_sentence(item):
    names = Names()
    reader = Reader(names)
    reader.read(pieces(item.get("given", "")))
    before, facts = set(names.meanings), len(names.scope.facts)
    outcome = reader.read(pieces(item["text"]))
    new = {k for k in names.meanings if k not in before}
    if item["what"] is None:
        assert not outcome.goals
        assert len(names.scope.facts) == facts
        assert all(names.meanings[k].role == "inferred" for k in new)
        return
    what = item["what"]
    assert not outcome.unread
    for spelling, wanted in what["names"].items():
        check_name(names, spelling, wanted)
    assert bool(what.get("goal")) == bool(outcome.goals)
    assert bool(names.scope.definitions or names.macros) or not what["definitions"]
    assert bool(names.conventions) or not what.get("conventions")
    lawful = any(d.law for d in names.scope.names.values())
    stated = len(names.scope.facts) > facts or lawful or bool(names.unread)
    assert stated or not what["facts"]
