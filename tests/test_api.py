"""The Python door, as a new user would walk through it."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

import symderive as sd
from symderive.kernel.context import Rejected
from symderive.reading.formulas.errors import ReadingError

SOFTMAX = (
    r"Let $z, y \in \mathbb{R}^n$ with $\sum_k y_k = 1$, $p = \operatorname{softmax}(z)$ "
    r"and $L = -\sum_k y_k \log p_k$."
)
QUIZ = r"""
\begin{questions}
\question\label{square} Let $w, x, y \in \mathbb{R}$ and $L = \frac12 (w x - y)^2$.
Derive $\frac{\partial L}{\partial w}$.
\question\label{tanh} Let $x \in \mathbb{R}$. Show that $\tanh'(x) = 1 - \tanh^2(x)$.
\end{questions}
"""


def test_equal_proves_refutes_and_rechecks():
    right = sd.equal(r"\frac{\partial L}{\partial z_i}", "p_i - y_i", given=SOFTMAX)
    wrong = sd.equal(r"\frac{\partial L}{\partial z_i}", "y_i - p_i", given=SOFTMAX)
    assert (right.kind, wrong.kind) == (sd.Kind.PROVED, sd.Kind.REFUTED)
    for verdict in (right, wrong):
        data = json.loads(json.dumps(verdict.certificate))
        assert verdict.kind.value in sd.recheck(data).lower()
    assert wrong.counterexample is not None
    assert wrong.counterexample.left != wrong.counterexample.right


def test_a_changed_certificate_is_rejected():
    data = json.loads(json.dumps(sd.equal("x + x", "2x").certificate))
    data["kind"] = "refuted"
    with pytest.raises(Rejected):
        sd.recheck(data)


@pytest.mark.parametrize(
    ("left", "right", "given", "kind"),
    [
        ("AB", "BA", r"Let $A, B \in \mathbb{R}^{n \times n}$.", "refuted"),
        (r"\operatorname{tr}(AB)", r"\operatorname{tr}(BA)", r"Let $A, B \in \mathbb{R}^{n \times n}$.", "proved"),
        (r"\frac{x}{x}", "1", r"Let $x \in \mathbb{R}$.", "proved"),
        (r"\sqrt{x^2}", "x", r"Let $x > 0$.", "proved"),
        (r"\sqrt{x^2}", "x", r"Let $x \in \mathbb{R}$.", "refuted"),
        (r"\mathbb{E}[XY]", r"\mathbb{E}[X]\mathbb{E}[Y]", r"Let $X$ and $Y$ be random variables.", "refuted"),
    ],
)
def test_verdicts(left, right, given, kind):
    assert sd.equal(left, right, given=given).kind.value == kind


def test_what_is_open_is_said():
    assert sd.equal(r"\frac{x}{x}", "1", given=r"Let $x \in \mathbb{R}$.").conditions
    assert "does not depend on" in sd.equal(r"\frac{d}{dx} a x", "a").reason
    assert sd.equal(r"\sqrt{\sigma^2}", r"\sigma").kind is sd.Kind.UNDECIDED


def test_what_was_not_read_blocks_refutations_only():
    given = r"Let $A \in \mathbb{R}^{n \times n}$ be nilpotent."
    assert sd.equal(r"A^2", "0", given=given).code == "not-read"
    assert sd.equal("A + A", "2A", given=given).proved


def test_verdicts_and_answers_print_as_sentences():
    verdict = sd.equal(r"\log(ab)", r"\log a + \log b", given=r"Let $a, b \in \mathbb{R}$.")
    assert str(verdict) == "proved: log(a·b) = log(a) + log(b), where 0 < a and 0 < b"
    assert (verdict.where, verdict.assuming) == (("0 < a", "0 < b"), ())
    assert str(sd.equal("x^2", "x")) == "refuted: x^2 = x, at x = -1: left 1, right -1"
    means = sd.equal(r"\mathbb{E}[X + 1]", r"\mathbb{E}[X] + 1", given="Let $X$ be a random variable.")
    assert "integrable(X)" in means.assuming
    misfit = sd.equal("x", "y", given=r"Let $x \in \mathbb{R}^3$ and $y \in \mathbb{R}$.")
    assert str(misfit) == "refuted, a vector of length 3 and a number are compared"
    assert repr(sd.read(QUIZ).problems["square"].derive()) == r"<Answer square proved: (w x - y) x>"


def test_a_verdict_is_not_yes_or_no():
    with pytest.raises(TypeError):
        bool(sd.equal("x", "x"))


@pytest.mark.parametrize("text", [r"\log x y", "1/2x", r"\frac{a}{b", r"\foo x", "g(t)"])
def test_unreadable_formulas_raise_with_a_place(text):
    with pytest.raises(ReadingError) as caught:
        sd.expr(text)
    assert 0 <= caught.value.start < caught.value.end <= len(text) + 1
    assert caught.value.code


def test_expressions_know_their_shape_and_print():
    f = sd.expr(r"\sigma(w^\top x + b)", given=r"Let $w, x \in \mathbb{R}^n$ and $b \in \mathbb{R}$.")
    assert f.shape == ()
    assert f.names == ("b", "w", "x")
    assert sd.equal(f.latex(), f.source, given=r"Let $w, x \in \mathbb{R}^n$ and $b \in \mathbb{R}$.").proved


def test_sympy_in_and_out():
    import sympy

    x = sympy.Symbol("x", real=True)
    assert sd.equal(sympy.diff(sympy.tanh(x), x), 1 - sympy.tanh(x) ** 2).proved
    parsed = sd.parse(r"\frac{x^2 - 1}{x - 1}", given=r"Let $x \in \mathbb{R}$.")
    assert float(parsed.subs(next(iter(parsed.free_symbols)), 3)) == 4.0


def test_terms_built_in_python():
    s = sd.Scope()
    x = s.real("x")
    assert sd.equal((x + 1) ** 2, x**2 + 2 * x + 1, given=s).proved
    assert sd.equal((x + Fraction(1, 2)) * 2, 2 * x + 1, given=s).proved


def test_latex_and_sympy_share_their_names():
    import sympy

    assert sd.equal(sympy.Symbol("a", real=True) ** 2, "a a").proved


def test_expressions_need_their_scope():
    x = sd.Scope().real("x")
    with pytest.raises(ValueError, match="x: not declared here"):
        sd.equal(x * x, x**2)
    with pytest.raises(ValueError, match="one of = !="):
        sd.equal("x", "x", relation="~")


@pytest.mark.parametrize(
    "text",
    [
        r"Let $z\in\mathbb{R}^n$, $c\in\mathbb{R}$. Show that $\mathrm{softmax}(z+c\mathbf{1})=\mathrm{softmax}(z)$.",
        r"Let $p\in\mathbb{R}^n$ with $\mathbf{1}^\top p = 1$. Show that $p^\top \mathbf{1} = 1$.",
        r"Let $\mathbf{1}\in\mathbb{R}^n$ be ones. Let $x\in\mathbb{R}^n$. Show $x^\top\mathbf{1}=\mathbf{1}^\top x$.",
        r"Let $A\in\mathbb{R}^{n\times n}$. Show that $A I = A$.",
    ],
)
def test_ones_and_the_identity_are_no_fresh_names(text):
    assert sd.read(text).problems["1"].derive().proved


@pytest.mark.parametrize(
    "text",
    [
        r"Let $x\in\mathbb{R}$ be frobnicated by the blorp. Show that $x = 1$.",
        r"Let $A\in\mathbb{R}^{n\times n}$ with $A^\top A = I$ and $x\in\mathbb{R}^n$. Show that $\|Ax\|^2=\|x\|^2$.",
    ],
)
def test_derive_refutes_nothing_where_something_was_not_read(text):
    verdict = sd.read(text).problems["1"].derive().verdict
    assert verdict is None or not verdict.refuted


def test_a_letter_for_the_identity_may_be_defined():
    problem = sd.read(r"Let $R>0$ and $V \in \mathbb{R}$. Let $I = V/R$. Derive $\frac{dI}{dR}$.").problems["1"]
    assert problem.derive().latex() == r"-\frac{V}{R^{2}}"


def test_what_the_kernel_does_not_take_is_open(monkeypatch):
    def refuse(*_):
        raise Rejected("not this")

    problem = sd.read(QUIZ).problems["square"]
    monkeypatch.setattr("symderive.kernel.check.check_context", refuse)
    assert (problem.derive().proved, problem.derive().derivation.open) == (False, "not this")
    assert not sd.derive(r"\frac{d}{dx} x^2").proved
    assert sd.equal("x", "x").kind is sd.Kind.UNDECIDED
    assert problem.grade("2w").kind is sd.Kind.UNDECIDED


def test_derive_and_grade():
    document = sd.read(QUIZ)
    problem = document.problems["square"]
    answer = problem.derive()
    assert answer.proved
    point = {"w": 2, "x": 3, "y": 5}
    value = answer.answer.subs({s: point[s.name] for s in answer.answer.free_symbols})
    assert float(value) == (2 * 3 - 5) * 3
    grades = {
        a: problem.grade(a) for a in (r"(wx - y)x", r"x^2 w - xy", r"wx - y", r"\frac{\partial L}{\partial w}", "2 +")
    }
    assert [v.kind.value for v in grades.values()] == ["proved", "proved", "refuted", "undecided", "undecided"]
    assert [v.code for v in grades.values()][3:] == ["not-an-answer", "unread"]
    assert document.problems["tanh"].derive().proved


def test_check_a_derivation():
    problem = sd.read(QUIZ).problems["square"]
    report = problem.check(r"\[ \frac{\partial L}{\partial w} = (w x - y) \cdot x = w x^2 + x y \]")
    assert [s.verdict.value for s in report.steps] == ["proved", "refuted"]
    assert report.first_wrong == 2


def test_importing_is_light():
    code = "import sys, symderive; print([m for m in ('sympy', 'lark', 'flint', 'click', 'rich') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_the_other_layout_is_no_refutation():
    given = r"Let $X \in \mathbb{R}^{n \times d}$, $w \in \mathbb{R}^d$ and $y \in \mathbb{R}^n$. "
    given += r"Let $L = \frac{1}{2n} \|Xw - y\|_2^2$."
    column, row = r"\frac1n X^\top (Xw - y)", r"\frac1n (Xw - y)^\top X"
    assert sd.equal(r"\nabla_w L", column, given).proved
    for stated in ("", " We use numerator layout."):
        verdict = sd.equal(r"\frac{\partial L}{\partial w}", row, given + stated)
        assert (verdict.kind.value, verdict.code) == ("undecided", "other-reading")
    assert sd.equal(r"\frac{\partial L}{\partial w}", row, given + " We use denominator layout.").refuted
    for wrong in (r"\frac2n (Xw - y)^\top X", r"\frac2n X^\top (Xw - y)"):
        assert sd.equal(r"\nabla_w L", wrong, given).refuted


@pytest.mark.parametrize(
    "said",
    [
        r"Let $b$ be a Bernoulli random variable with parameter $p$.",
        r"Let $b \sim \mathrm{Bernoulli}(p)$.",
        r"Let $b \sim \operatorname{Bern}(p)$.",
    ],
)
def test_bernoulli_variables(said):
    """b is 0 or 1, so every power of it is b, and its mean p gives all moments: the variance of dropout."""
    given = r"Let $x \in \mathbb{R}$ and $0 < p < 1$. " + said + r" Let $h = \frac{b x}{p}$."
    for left, right, wrong in [
        (r"\mathbb{E}[b^2]", "p", "p^2"),
        (r"\mathbb{E}[b^3]", "p", "p^3"),
        (r"\mathrm{Var}(b)", "p (1 - p)", "p"),
        (r"\mathrm{Var}(h)", r"\frac{1 - p}{p} x^2", r"\frac{1 + p}{p} x^2"),
    ]:
        assert sd.equal(left, right, given).proved
        assert sd.equal(left, wrong, given).refuted


def test_one_hot_entries_are_their_squares():
    given = r"Let $y \in \mathbb{R}^K$ be one-hot and $z \in \mathbb{R}^K$."
    assert sd.equal(r"\sum_{k=1}^K y_k^2", "1", given).proved
    assert sd.equal(r"\|y - z\|_2^2", r"1 - 2 y^\top z + \|z\|_2^2", given).proved
    assert sd.equal(r"\sum_{k=1}^K y_k^3 z_k", r"y^\top z", given).proved
    assert sd.equal(r"\|y - z\|_2^2", r"1 - y^\top z + \|z\|_2^2", given).refuted


def test_dots_before_a_bound_declare_a_family():
    given = r"Let $q_1, \dots, q_K > 0$ with $\sum_{k=1}^K q_k = 1$ and $0 \le a_1, \dots, a_K < 1$."
    assert sd.equal(r"\sum_{k=1}^K q_k \log c", r"\log c", given + r" Let $c > 0$.").proved
    assert sd.equal(r"\sum_{k=1}^K \sqrt{q_k^2}", "1", given).proved
    assert sd.equal(r"\sum_{k=1}^K \sqrt{a_k^2}", r"\sum_{k=1}^K a_k", given).proved
    assert sd.equal(r"\sum_{k=1}^K |a_k - 1|", r"K - \sum_{k=1}^K a_k", given).proved


def test_members_of_a_family_have_the_shape_of_their_definition():
    given = r"Let $W \in \mathbb{R}^{m \times n}$ and $x_i \in \mathbb{R}^n$ for $i = 1, \dots, N$. "
    given += r"Let $h_i = W x_i$ for $i = 1, \dots, N$. Let $v \in \mathbb{R}^m$."
    assert sd.equal(r"v^\top h_i", r"x_i^\top W^\top v", given).proved
    assert sd.equal(r"v^\top h_i", r"-x_i^\top W^\top v", given).refuted


def test_cases_under_a_derivative():
    given = r"Let $x \in \mathbb{R}$ and $a > 0$. "
    given += r"Let $g(x) = \begin{cases} x & \text{if } x > 0 \\ a (e^x - 1) & \text{otherwise.} \end{cases}$"
    slope = r"\begin{cases} 1 & \text{if } x > 0 \\ a e^x & \text{otherwise} \end{cases}"
    assert sd.equal(r"\frac{\partial g(x)}{\partial x}", slope, given + r" Let $x \neq 0$.").proved
    wrong = slope.replace("a e^x", "e^x")
    assert sd.equal(r"\frac{\partial g(x)}{\partial x}", wrong, given + r" Let $x \neq 0$.").refuted
    assert sd.equal(r"\frac{\partial g(x)}{\partial x}", slope, given).conditions  # at 0 it may have none


def test_square_brackets_hold_what_is_differentiated():
    given = r"Let $w, c \in \mathbb{R}$."
    assert sd.equal(r"\frac{\partial}{\partial w} \left[ w^2 + c \right] (c + w)", "2 w (c + w)", given).proved
    assert sd.equal(r"\frac{\partial}{\partial w} \left[ w^2 (c + w) \right]", "2 w (c + w) + w^2", given).proved


def test_two_bernoulli_variables():
    given = r"Let $b \sim \mathrm{Bernoulli}(p)$ and $c \sim \mathrm{Bernoulli}(p)$. "
    assert sd.equal("E[b] + E[c]", "2 p", given).proved
    assert not sd.equal("E[b c]", "p^2", given).proved  # they may depend on each other
    other = given.replace("(p)$. ", "(q)$. ")
    assert sd.equal("E[b]", "q", other).refuted
    assert sd.equal("E[b c]", "p q", other + "Let $b$ and $c$ be independent.").proved


# -- arguments --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [5, b"Let $x > 0$.", Path("given.tex")])
def test_given_is_sentences_or_a_scope(given):
    for ask in (lambda: sd.equal("x", "x", given=given), lambda: sd.expr("x", given), lambda: sd.derive("x", given)):
        with pytest.raises(TypeError, match="sentences or a Scope"):
            ask()


def test_formulas_in_given_stand_between_dollars():
    with pytest.raises(ReadingError, match="dollars"):
        sd.equal(r"\sqrt{x^2}", "x", given="x > 0")
    for given in ("", r"Let \(x > 0\).", "$x > 0$", "We use denominator layout.", "Repeated indices are summed."):
        assert sd.equal("x", "x", given=given).proved


@pytest.mark.parametrize("ask", [sd.read, sd.check, sd.read(QUIZ).problems["square"].check])
def test_files_that_are_not_there(ask, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in (Path("nofile.tex"), Path("nofile"), "nofile.tex", "my notes.md", "nofile.ipynb"):
        with pytest.raises(FileNotFoundError, match="no"):
            ask(path)
    with pytest.raises(IsADirectoryError):
        ask(tmp_path)
    for strange in (None, 5, b"x"):
        with pytest.raises(TypeError, match="neither a text nor a path"):
            ask(strange)


def test_a_problem_checks_files(tmp_path):
    problem = sd.read(QUIZ).problems["square"]
    (tmp_path / "a.md").write_text(r"So $\frac{\partial L}{\partial w} = (w x - y) x$.", "utf-8")
    report = problem.check(tmp_path / "a.md")
    assert [s.verdict.value for s in report.steps] == ["proved"]
    assert report.steps[0].span.file == str(tmp_path / "a.md")
    with pytest.raises(TypeError, match="Path"):  # who hands in the name of a file does not get that file marked
        problem.check(str(tmp_path / "a.md"))
    items = [sd.Item(tmp_path / "a.md", problem=QUIZ, label="square"), sd.Item("gone.tex")]
    (marked,), (missing,) = sd.check_many(items, jobs=1)
    assert [s.verdict.value for s in marked.steps] == ["proved"]
    assert "gone.tex" in missing.messages[0]
    (tmp_path / "b.tex").write_bytes(b"a\0b")
    with pytest.raises(ValueError, match="not a text"):
        problem.check(tmp_path / "b.tex")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: sd.read("x", format="tex"),
        lambda: sd.check("x", format="tex"),
        lambda: sd.Item("x", format="tex"),
        lambda: sd.read(QUIZ).problems["square"].check("x", format="tex"),
    ],
)
def test_formats_are_named(ask):
    with pytest.raises(ValueError, match="latex, markdown, notebook"):
        ask()


def test_labels_that_are_there_are_named():
    problems = sd.read(QUIZ).problems
    with pytest.raises(KeyError, match="'zzz'; there are: square, tanh"):
        problems["zzz"]
    assert problems.get("zzz") is None
    assert "zzz" not in problems


def test_items_say_what_is_what():
    with pytest.raises(TypeError):
        sd.Item("$x = x$", "exam.tex", "bce")
    with pytest.raises(TypeError, match="is a str or a Path"):
        sd.Item(["$x = x$"])
    for items in ("$x = x$", ["$x = x$"]):
        with pytest.raises(TypeError, match=r"items\[0\] is a str: give Item"):
            sd.check_many(items)


def test_many_say_why_there_is_no_report():
    items = [
        sd.Item("$1 = 1$", problem=QUIZ, label="nope"),
        sd.Item("$1 = 1$", problem=QUIZ),
        sd.Item("$1 = 1$", problem="nofile.tex"),
        sd.Item(r"$\frac{\partial L}{\partial w} = (w x - y) x$", problem=QUIZ, label="square"),
    ]
    wrong, unsaid, missing, right = (reports[0] for reports in sd.check_many(items, jobs=1))
    assert wrong.messages == ("no problem has the label 'nope'; there are: square, tanh",)
    assert unsaid.messages == ("a label is needed; there are: square, tanh",)
    assert "nofile.tex" in missing.messages[0]
    assert right.counts["proved"] == 1
