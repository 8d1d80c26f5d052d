"""The corpus is consistent with itself: every stored value is recomputed by its oracle.

What a reader makes of the corpus is tested elsewhere; nothing here imports the reader or the engine.
"""

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

CORPUS = Path(__file__).with_name("corpus")


def load(script):
    """A script of the corpus as a module."""
    spec = importlib.util.spec_from_file_location(script, CORPUS / f"{script}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[script] = module  # the scripts import each other by name
    spec.loader.exec_module(module)
    return module


def rows(name):
    return json.loads((CORPUS / f"{name}.json").read_text(encoding="utf-8"))


def flat(x):
    return [e for part in x for e in flat(part)] if isinstance(x, list) else [x]


oracles = load("oracles")
truths = load("truths")
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


TRUTH = rows("truth")
PROBLEMS = sorted((CORPUS.parents[1] / "problems").glob("*.tex"))


def test_every_question_has_a_truth():
    labels = [x for p in PROBLEMS for x in re.findall(r"\\label\{(.*?)\}", p.read_text(encoding="utf-8"))]
    assert len(set(labels)) == len(labels)
    assert set(labels) == {t["row"] for t in TRUTH} == set(truths.ORACLES)


@pytest.mark.parametrize("item", TRUTH, ids=lambda t: t["row"])
def test_truth_of_question(item):
    points = item["answer_values"]
    assert points == [truths.point(item["row"], p["at"]) for p in points]
    assert len(points) >= 3 or not points[0]["at"]


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda p: p.stem)
def test_environments_close(path):
    open_now = []
    for word, name in re.findall(r"\\(begin|end)\{([^}]*)\}", path.read_text(encoding="utf-8")):
        if word == "begin":
            open_now.append(name)
        else:
            assert open_now.pop() == name
    assert not open_now
