"""Every relation of the corpus is right, and every mutant wrong."""

import json
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from verify import complaints, load  # noqa: E402

INDEX = json.loads((HERE / "index.json").read_text(encoding="utf-8"))
KINDS = {
    "sign",
    "lost factor",
    "extra factor",
    "dropped chain-rule factor",
    "derivative of the wrong variable",
    "index off by one",
    "transposition",
    "swapped product",
    "square for the thing itself",
    "reciprocal",
    "forgotten term",
    "wrong convention",
    "rounding",
    "wrong name",
    "number",
}


@pytest.mark.parametrize("item", INDEX, ids=lambda item: item["file"])
def test_relations_hold_and_mutants_do_not(item: dict) -> None:
    load()
    assert complaints(item) == []


def test_index_is_complete() -> None:
    files = {p.name for p in HERE.iterdir() if p.suffix in (".md", ".tex")} - {"README.md"}
    assert files == {item["file"] for item in INDEX}
    assert len(INDEX) == 60
    assert sum(not item["declared"] for item in INDEX) == 20
    assert {m["kind"] for item in INDEX for m in item["mutations"]} == KINDS
    for item in INDEX:
        text = (HERE / item["file"]).read_text(encoding="utf-8")
        assert "convention" not in item or text.count(item["convention"]["sentence"]) == 1
        assert 3 <= item["relations"] <= 15, item["file"]
