"""What counts as an answer, and what does not: bare answers and whole solutions, by the same rules."""

from __future__ import annotations

import pytest

import symderive as sd

X = r"Let $x \in \mathbb{R}$. "
SQUARE = X + r"Let $f = x^2$. Compute $\frac{\partial f}{\partial x}$."
CUBE = r"Let $w \in \mathbb{R}$, $L = w^3$ and $g = \frac{\partial L}{\partial w}$. Compute $g$."
LINEAR = r"Let $a, b \in \mathbb{R}$ with $a > 0$. Solve $a x = b$ for $x$."
LEAST = r"Let $w \in \mathbb{R}$ and $L = (w - 3)^2$. Find the minimiser of $L$ with respect to $w$."


def problem(question):
    read = sd.read(rf"\begin{{questions}}\question\label{{q}} {question}\end{{questions}}")
    return read.problems.get("q")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (SQUARE, "2 x"),
        (SQUARE, r"\frac{\partial f}{\partial x} = 2 x"),
        (SQUARE, "g = 2 x"),
        (CUBE, "3 w^2"),
        (LINEAR, r"\frac{b}{a}"),
        (LEAST, "3"),
        (r"Let $X, Y$ be independent. Compute $E[X Y]$ in terms of $E[X]$ and $E[Y]$.", "E[X] E[Y]"),
    ],
)
def test_an_answer(question, answer):
    assert problem(question).grade(answer).kind.value == "proved"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (SQUARE, "5 x = 2 x"),
        (SQUARE, r"-\frac{\partial f}{\partial x} = 2 x"),
        (SQUARE, r"\begin{cases} 0 & x = 0 \end{cases}"),
        (SQUARE, r"\lim_{h \to 0} \frac{(x + h)^2 - x^2}{h}"),
        (X + r"Let $f = |x|$. Compute $\frac{df}{dx}$.", r"1 + 0 \log x"),
        (CUBE, r"\frac{\partial L}{\partial w}"),
        (CUBE, "g + 0"),
        (LINEAR, "x + 0"),
        (LINEAR, r"\frac{a}{b}"),
        (LEAST, "(w - 3)^2"),
        (r"Let $X, Y$ be independent. Compute $\operatorname{Var}(X + Y)$.", "0"),
        (r"Suppose $E[X] = \mu$ and $\operatorname{Var}(X) = v$. Compute $E[X^2]$.", r"\mu^2"),
        (X + r"Show that $x = x$.", "x"),
        (r"Compute $\sum_{k=1}^{100} k$.", r"\sum_{k=1}^{100} k + 0"),
        (X + r"Simplify $\frac{x^2 - 1}{x - 1}$.", r"\frac{x^2 - 1}{x - 1} + 0"),
    ],
)
def test_no_answer(question, answer):
    assert problem(question).grade(answer).kind.value != "proved"


@pytest.mark.parametrize(
    "words",
    [
        "trace of $A$",
        "inverse of $A$",
        "rank of $A$",
        "third derivative of $f$ with respect to $x$",
        "squared gradient of $f$ with respect to $x$",
        "derivative of the logarithm of $f$ with respect to $x$",
        "variance of the gradient of $f$ with respect to $x$",
    ],
)
def test_a_question_with_a_word_that_is_not_known_is_refused(words):
    given = r"Let $A \in \mathbb{R}^{n \times n}$, $x \in \mathbb{R}$ and $f = x^3$. "
    assert problem(f"{given}Compute the {words}.") is None


@pytest.mark.parametrize(
    ("question", "solution", "said"),
    [
        ("Show that $1 = 2$.", r"$1 \le 1.5 \le 2$.", "undecided"),
        (X + "Show that $|x| = x$.", r"$|x| = \sqrt{x}^2 = x$.", "refuted"),
        (X + "Show that $x = 5$.", r"$x = \begin{cases} 5 & x = 5 \end{cases} = 5$.", "undecided"),
        (X + "Show that $x^2 + 1 \\ge 2 x$.", "$x^2 + 1 = (x - 1)^2 + 2 x \\ge 2 x$.", "proved"),
        (X + "Show that $(x + 1)^2 = x^2 + 2 x + 1$.", "$(x+1)^2 = (x+1)(x+1) = x^2 + 2x + 1$.", "proved"),
        (LINEAR, "$x = x + a x - b$.", "undecided"),
        (SQUARE, r"$$\boxed{5 x = 2 x}$$", "undecided"),
    ],
)
def test_what_a_solution_shows(question, solution, said):
    assert problem(question).check(solution).answer.verdict.value == said


def test_a_step_from_an_open_one_is_no_fact():
    question = r"Let $A \in \mathbb{R}^{n \times n}$ be orthogonal and $d = \det(A)$. Compute $d$."
    assert problem(question).check(r"$d = \frac22 = 1$.").answer.verdict.value != "proved"
    text = r"Let $x \in \mathbb{R}$. Let $f = \max(x, -1000)$. $f = x + 0 \log x$. Hence $f = x$."
    last = sd.check(text, format="markdown")[0].steps[-1]
    assert last.verdict.value != "proved" or any("x" in c.latex for c in last.conditions)


@pytest.mark.parametrize(
    "text",
    [
        r"Let $w_1, \dots, w_n$ be independent random variables with $E[w_i] = \mu$ and $\operatorname{Var}(w_i) = s$.",
        r"Let $w_i$ be i.i.d. random variables for $i = 1, \dots, n$ with mean $\mu$ and variance $s$.",
        r"Let $w_i$ ($i = 1, \dots, n$) be i.i.d. with mean $\mu$ and variance $s$.",
        r"Consider $n$ i.i.d. random variables $w_1, \dots, w_n$ with mean $\mu$ and variance $s$.",
        r"The entries of $w \in \mathbb{R}^n$ are i.i.d. with mean $\mu$ and variance $s$.",
        r"Each weight $w_i$, $i = 1, \dots, n$, is drawn independently with mean $\mu$ and variance $s$.",
        r"Draw $w_1, \dots, w_n$ independently from a distribution with mean $\mu$ and variance $s$.",
        r"The random variables $w_1, \dots, w_n$ are independent and have mean $\mu$ and variance $s$.",
    ],
)
def test_laws_in_many_words(text):
    asked = problem(text + r" Compute $\operatorname{Var}(\sum_{i=1}^n w_i)$.")
    assert asked.grade("n s").kind.value == "proved"
    assert asked.grade("0").kind.value == "refuted"


def test_the_mean_of_what_is_not_random_is_refused():
    assert problem(r"Let $x \in \mathbb{R}$. Compute $\operatorname{Var}(x)$.") is None
    assert sd.equal("E[X^2]", "E[X]^2").kind.value == "undecided"
    assert sd.equal("E[X + Y]", "E[X] + E[Y]").kind.value == "proved"


VARIANCE = (
    r"Let $X$ and $Y$ be independent random variables and let $a, b \in \mathbb{R}$."
    r" Derive $\operatorname{Var}(a X + b Y)$."
)
SLOPE = r"Let $f(x) = x^2$. Compute $f'(x)$."
NAMED = (
    r"Let $w, x, y \in \mathbb{R}$, $L = (w x - y)^2$, $g = \frac{\partial L}{\partial w}$."
    r" Derive $\frac{\partial L}{\partial w}$."
)
AT_ONE = r"Let $x, y \in \mathbb{R}$ and $f = x^3 y^2$. Compute the derivative of $f$ with respect to $x$ at $x = 1$."
SUM = r"Compute $\sum_{k=1}^{100} k$."
VALUES = r"Let $x_1 = 3$, $x_2 = 4$ and $L = x_1 x_2 + x_1$. Compute $L$."


@pytest.mark.parametrize(
    ("question", "moved", "answer"),
    [
        (VARIANCE, r"\operatorname{Var}(b Y + a X)", r"a^2 \operatorname{Var}(X) + b^2 \operatorname{Var}(Y)"),
        (VARIANCE, r"\frac14 \operatorname{Var}(2 a X - 2 b Y)", r"a^2 E[X^2] - a^2 E[X]^2 + b^2 E[Y^2] - b^2 E[Y]^2"),
        (SLOPE, r"\frac{f(x + 1) - f(x - 1)}{2}", "2 x"),
        (NAMED, "g", "2 x (w x - y)"),
        (AT_ONE, "3 x^2 y^2", "3 y^2"),
        (SUM, r"100 + \sum_{k=1}^{99} k", "5050"),
        (VALUES, "x_1 x_2 + x_1", "15"),
    ],
)
def test_the_question_with_its_parts_moved_is_no_answer(question, moved, answer):
    problem = sd.read(rf"\begin{{questions}}\question\label{{q}} {question}\end{{questions}}").problems["q"]
    assert problem.grade(moved).code == "not-an-answer"
    assert problem.grade(answer).proved


@pytest.mark.parametrize(
    ("left", "right"), [(r"\sum_{k=1}^{100} k^2", "338350"), (r"\sum_{k=0}^{20} 2^k", "2^{21} - 1")]
)
def test_sums_of_numbers_are_worked_out(left, right):
    assert sd.equal(left, right).proved
    assert sd.equal(left, f"{right} + 1").refuted
