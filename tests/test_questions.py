"""Questions as people put them: what a sentence says by the way, conditions, verbs; wrong answers would be silent."""

from __future__ import annotations

import pytest

import symderive as sd


def answers(text: str) -> list[str]:
    """The answers in LaTeX; a verdict where there is none."""
    out = []
    for p in sd.read(text, format="markdown").problems.values():
        a = p.derive()
        out.append(a.latex() if a.proved and a.term is not None else a.verdict.kind.value)
    return out


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"The state is $h = \tanh(wx)$. Let $y = h^2$. Compute $\frac{\partial y}{\partial w}$.", r"2 h (1-h^2) x"),
        (r"The pre-activation is $z = wx$. Let $a = z^2$. Compute $\frac{\partial a}{\partial w}$.", "2 z x"),
        (r"The network minimizes $L = \frac12 (a-y)^2$. Compute $\frac{\partial L}{\partial a}$.", "a - y"),
        (r"$$L = -y \log a$$ Compute $\frac{\partial L}{\partial a}$.", r"-\frac{y}{a}"),
        (r"Differentiate $\log(1 + e^x)$ with respect to $x$.", r"\frac{e^x}{1 + e^x}"),
        (r"Let $L = a^2$. Differentiate $L$ with respect to $a$.", "2 a"),
        (r"Differentiate the loss $L = a^2$ with respect to $a$.", "2 a"),
        (r"Let $x \in \mathbb{R}$. Compute $\frac{\partial |x|}{\partial x}$ for $x < 0$.", "-1"),
        (r"Compute $\lim_{\beta\to\infty} \sigma(\beta x)$ for $x < 0$.", "0"),
        (r"Let $N = k^2 c m$. Compute $N$ for $k = 5$, $c = 3$ and $m = 16$.", "1200"),
        (
            r"Let $x_1, \dots, x_n$ be i.i.d. with variance $s^2$. Find the variance of $z = \sum_{i=1}^n x_i / n$.",
            r"\frac{s^2}{n}",
        ),
    ],
)
def test_answers(text, answer):
    found = answers(text)
    assert len(found) == 1
    problem = next(iter(sd.read(text, format="markdown").problems.values()))
    assert problem.grade(answer).proved
    assert problem.grade(found[0]).proved


@pytest.mark.parametrize(
    "text",
    [
        r"At the optimum $L = -y \log a$. Compute $\frac{\partial L}{\partial a}$.",
        r"The loss is $L = -y \log a$ for small $a$. Compute $\frac{\partial L}{\partial a}$.",
        "Let $f(x) = x^2$. Differentiate $f$.",
        "Let $f(x) = x^2 - 2x$. Minimize $f$.",
        r"Let $f(w) = (w-3)^2$. A step from $w_0 = 0$ with $\eta = 1$ gives $w_1 = w_0 - \eta f'(w_0)$. Find $w_1$.",
        r"Let $W \in \mathbb{R}^{h \times d}$, $x \in \mathbb{R}^d$, $h = W x$. Find $\frac{\partial h}{\partial W}$.",
    ],
)
def test_no_answer_where_something_was_not_read(text):
    assert answers(text) == []


@pytest.mark.parametrize(
    "text",
    [
        r"Prove that $\sigma(-x) = 1 - \sigma(x)$.",
        r"Show that $\tanh(x) = 2 \sigma(2x) - 1$.",
        r"Let $x \in \mathbb{R}$. Show that $|x| = x$ if $x > 0$.",
        r"Let $x \in \mathbb{R}$. Show that $|x| = x$ when $x > 0$.",
        r"Let $x \in \mathbb{R}$. Show that, if $x > 0$, then $|x| = x$.",
        r"Let $0 < \beta_1, \beta_2 < 1$. Show that $\beta_1 < 1$.",
        r"Let $-1 \le x, y \le 1$. Show that $y \ge -1$.",
        r"Let $p \in \mathbb{R}^n$ with $p_i > 0$. Show that $|p_1| = p_1$.",
    ],
)
def test_what_is_shown(text):
    verdicts = [p.derive().verdict.kind.value for p in sd.read(text, format="markdown").problems.values()]
    assert verdicts == ["proved"]


def test_a_question_does_not_see_the_one_before():
    text = r"""\documentclass{exam}\begin{document}\begin{questions}
\question Let $x \in \mathbb{R}^n$ and $L = \|x\|^2$. Compute $\frac{\partial L}{\partial x_1}$.
\question Compute $\frac{\partial}{\partial x} x^2$.
\question Compute $\frac{\partial L}{\partial x}$.
\end{questions}\end{document}"""
    problems = sd.read(text, format="latex").problems
    assert problems["2"].derive().latex() == "2 x"
    assert "3" not in problems


def test_scientific_notation():
    assert sd.equal("1e-3", "0.001").proved
    assert sd.equal("2.5e+2", "250").proved
    with pytest.raises(ValueError, match="scientific notation"):
        sd.equal("2e-1", "0.2")
