r"""What stands beside a relation: names defined there, conditions, rows that go on; the text says it late, or in words.

A right line is never refuted for it.  The problem is the same throughout: f = tanh(wx), whose derivative by w is
(1 − tanh²(wx)) x; x must be positive for √x² = x.
"""

import re

import pytest

from symderive.checking import check_document, check_solution
from symderive.language.report import Report, Said
from symderive.reading.problems import read_problems

PROBLEM = r"Let $w, x \in \mathbb{R}$ and $f = \tanh(w x)$. Derive $\frac{\partial f}{\partial w}$."
D = r"\frac{\partial f}{\partial w}"
CHAIN = r"\frac{\partial f}{\partial u} \frac{\partial u}{\partial w}"
END = r"(1 - \tanh^2 u) x"


def mark(solution: str) -> Report:
    (question,) = read_problems(PROBLEM, format="latex", path="problem.tex").walk()
    return check_solution(question, solution, path="solution.tex", units=300_000)


def notes(text: str) -> list[str]:
    (report,) = check_document(read_problems(text, format="latex", path="notes"), units=300_000)
    return [s.verdict.value for s in report.steps]


DEFINED = {
    "before": rf"Let $u = w x$. Then \[ {D} = {CHAIN} = {END} \]",
    "with the function": rf"Let $u = w x$ and $f = \tanh(u)$. \[ {D} = {CHAIN} = {END} \]",
    "in the same row, before": rf"\[ u = w x, \quad {D} = {CHAIN} = {END} \]",
    "in the same row, after": rf"\begin{{align*}} {D} &= {CHAIN}, \quad u = w x \\ &= {END} \end{{align*}}",
    "in a column of its own": rf"\begin{{align*}} {D} &= {CHAIN}, & u &= w x \\ &= {END} \end{{align*}}",
    "in columns with more": (
        rf"\begin{{align*}} {D} &= {CHAIN}, & u &= w x \\ &= {END}, & \frac{{\partial u}}{{\partial w}} &= x"
        r"\end{align*}"
    ),
    "over rows": (
        rf"\begin{{align*}} {D} &= {END}, && u = w x \\ &= x - x \tanh^2 u && \\ &= x (1 - f^2) \end{{align*}}"
    ),
    "without alignment": rf"\begin{{gather*}} {D} = {CHAIN}, \quad u = w x \\ = {END} \end{{gather*}}",
    "in a sentence": rf"\[ {D} = {END}. \] Here $u = w x$.",
    "by a sign": rf"\[ {D} = {END} \] (with $u := w x$)",
}


@pytest.mark.parametrize("name", DEFINED)
def test_a_name_that_is_defined_beside_its_use(name):
    report = mark(DEFINED[name])
    assert {s.verdict for s in report.steps} == {Said.PROVED, Said.TAKEN}
    assert report.answer.verdict is Said.PROVED


@pytest.mark.parametrize("name", DEFINED)
def test_with_another_definition_it_is_wrong(name):
    report = mark(re.sub(r"(u (?:&?=|:=)) w x", r"\1 w + x", DEFINED[name]))
    assert next(s for s in report.steps if D in s.source).verdict is not Said.PROVED
    assert report.answer.verdict is not Said.PROVED or "f^2" in report.answer.latex


SAID = {
    "in a display of its own": rf"\[ {D} = {END} \] \[ u = w x \]",
    "in the past": rf"\[ {D} = {END}. \] We wrote $u = w x$.",
    "as a reason": rf"\[ {D} = {END} \] where we have used $u = w \cdot x$.",
    "in words": rf"\[ {D} = {END}. \] And $u$ was $w x$.",
    "in words before": rf"We call it $u$. \[ {D} = {END} \]",
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_of_a_name_elsewhere_may_save_a_line(name):
    report = mark(SAID[name])
    assert report.steps[0].verdict is Said.UNDECIDED
    assert report.answer.verdict is Said.UNDECIDED


def test_what_is_said_elsewhere_does_not_save_what_is_wrong_with_it():
    report = mark(rf"\[ {D} = (1 + \tanh^2 u) x \] We wrote $u = w x$.")
    assert report.steps[0].verdict is Said.REFUTED


def test_which_relation_a_row_continues_may_be_unclear():
    report = mark(rf"\[ {D} = (1 - f^2) x, \quad f = \tanh(w x) \] \[ = x \]")
    assert [s.verdict for s in report.steps[:2]] == [Said.PROVED, Said.UNDECIDED]
    assert report.steps[1].reason.code == "not-read"


ROOT = r"Let $x \in \mathbb{R}$. We have "


@pytest.mark.parametrize(
    "text",
    [
        r"$\sqrt{x^2} = x$ for $x > 0$.",
        r"\[ \sqrt{x^2} = x \] for $x > 0$.",
        r"\[ \sqrt{x^2} = x, \] where $x > 0$.",
        r"\[ \sqrt{x^2} = x \] (if $x > 0$).",
        r"\[ \sqrt{x^2} = x \] (with $x > 0$).",
        r"$\sqrt{x^2} = x$ (assuming $x$ is positive).",
        r"for $x > 0$ that $\sqrt{x^2} = x$.",
    ],
)
def test_a_condition_holds_for_the_relation_before_it(text):
    assert notes(ROOT + text)[0] == "proved"
    assert notes(ROOT + text.replace("sqrt{x^2}", "sqrt{x^4}"))[0] == "refuted"


@pytest.mark.parametrize(
    "text",
    [
        r"\[ \sqrt{x^2} = x. \] This is for $x > 0$.",
        r"\[ \sqrt{x^2} = x \] because $x > 0$.",
        r"\[ \sqrt{x^2} = x \] Here we used $x > 0$.",
        r"$y = 2 y - y$ for $x > 0$ and hence $\sqrt{x^2} = x$.",
        r"$\sqrt{x^2} = x$ and $x + x = 2 x$ for $x > 0$.",
    ],
)
def test_a_condition_nearby_is_not_passed_over(text):
    assert "refuted" not in notes(ROOT + text)


def test_a_condition_of_another_sentence_is_not_borrowed():
    found = notes(ROOT + r"$x + x = 2 x$ for $x > 0$. Then $\sqrt{x^2} = x$.")
    assert found == ["proved", "refuted"]


def test_an_answer_under_an_assumption_of_its_own_is_not_proved():
    for assumption in (r"Let $x = 0$.", r"Assume $w = 0$.", r"Suppose $x = 0$ and $w = 1$."):
        report = mark(assumption + rf" Then \[ {D} = (1 - w x) x \]")
        assert report.answer.verdict is not Said.PROVED
    report = mark(rf"Assume $x = 0$. Then \[ {D} = 0 \]")
    assert (report.answer.verdict, report.answer.reason.code) == (Said.UNDECIDED, "assumed")
    assert "x = 0" in report.answer.reason.text
