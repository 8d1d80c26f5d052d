"""The corpus is consistent with itself: every stored value is recomputed by its oracle.

What a reader makes of the corpus is tested elsewhere; nothing here imports the reader or the engine.
"""

import importlib.util
import json
from pathlib import Path

import pytest

CORPUS = Path(__file__).with_name("corpus")


def load(script):
    """A script of the corpus as a module."""
    spec = importlib.util.spec_from_file_location(script, CORPUS / f"{script}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(name):
    return json.loads((CORPUS / f"{name}.json").read_text(encoding="utf-8"))


def flat(x):
    return [e for part in x for e in flat(part)] if isinstance(x, list) else [x]


oracles = load("oracles")
FORMULAS = rows("formulas")
ERRORS = {"extent", "ambiguous", "undeclared", "shape", "typo", "collision", "syntax", "macro", "unread"}
TESTS = {"=": lambda a, b: abs(a - b) < 1e-9, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b}


def test_formulas_are_told_apart():
    assert len({f["id"] for f in FORMULAS}) == len(FORMULAS)
    assert len({(f["given"], f["latex"]) for f in FORMULAS}) == len(FORMULAS)
    assert {f["id"] for f in FORMULAS if "error" not in f} == set(oracles.ORACLES)
    assert {f["error"] for f in FORMULAS if "error" in f} <= ERRORS


@pytest.mark.parametrize("item", [f for f in FORMULAS if "error" not in f], ids=lambda f: f["id"])
def test_value_of_formula(item):
    assert oracles.value(item) == item["value"]
    if item["kind"] == "relation":
        assert len(item["value"]) == len(item["relations"]) + 1
        for r, s, t in zip(item["relations"], item["value"], item["value"][1:], strict=False):
            if r in TESTS:
                assert all(TESTS[r](a, b) for a, b in zip(flat(s), flat(t), strict=True))


SENTENCES = rows("sentences")
KEYS = {"names", "facts", "definitions", "goal", "conventions", "values", "aliases"}
GOALS = {
    "derive", "show", "solve", "gradient", "derivative", "Jacobian", "Hessian", "mean", "variance", "covariance",
    "KL divergence", "shape", "limit", "minimiser", "update rule",
}  # fmt: skip


def test_sentences_are_told_apart():
    assert len({s["id"] for s in SENTENCES}) == len(SENTENCES)
    says = [s for s in SENTENCES if s["what"]]
    assert len(says) >= 100
    assert len(SENTENCES) - len(says) >= 100
    assert all(s["id"].startswith("declares" if s["what"] else "prose") for s in SENTENCES)


@pytest.mark.parametrize("item", [s for s in SENTENCES if s["what"]], ids=lambda s: s["id"])
def test_what_a_sentence_says(item):
    what = item["what"]
    assert set(what) <= KEYS
    assert any(what.values())
    assert what.get("goal", {"op": "show"})["op"] in GOALS
    for name, kind in what["names"].items():
        assert name.strip("\\{}").split("{")[-1].strip("}") in item["text"]
        assert set(kind) <= {"shape", "integer", "random", "function", "over"}
