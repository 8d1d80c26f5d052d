r"""Derivatives by a name that was introduced after the quantity: f = tanh(wx), then "Let $u = wx$", then ∂f/∂u.

The oracle of a right line is the derivative worked out by hand in the comment beside it; each comes with a wrong one.
"""

import pytest

import symderive as sd
from symderive.language.verdict import Kind
from symderive.reading.formulas.errors import ReadingError

REAL = r"Let $a, b, w, x, y \in \mathbb{R}$. "
LAYER = r"Let $W \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$, $y \in \mathbb{R}^m$. "
POINTS = r"Let $w \in \mathbb{R}$ and $x_i, y_i \in \mathbb{R}$ for $i = 1, \dots, N$. "
VECTORS = (
    r"Let $W \in \mathbb{R}^{m \times n}$, $x_i \in \mathbb{R}^n$ and $y_i \in \mathbb{R}^m$ for $i = 1, \dots, N$. "
)

CASES = {
    "inner product of two numbers": (
        REAL + r"Let $f = \tanh(2 x w)$. Let $u = w x$.",
        r"\frac{\partial f}{\partial u}",
        r"2 (1 - \tanh^2(2 u))",
        r"1 - \tanh^2(2 u)",
    ),
    "part of a sum": (
        REAL + r"Let $f = (a + w x - y + b)^2$. Let $u = w x + b$.",
        r"\frac{\partial f}{\partial u}",
        r"2 (u + a - y)",
        r"2 (u - y)",
    ),
    "with the sign turned": (
        REAL + r"Let $f = (w x - y)^3$. Let $r = y - w x$.",  # f = -r³
        r"\frac{\partial f}{\partial r}",
        r"-3 r^2",
        r"3 r^2",
    ),
    "one name behind another": (
        REAL + r"Let $f = (\tanh(w x + b) - y)^2$. Let $z = w x + b$ and $h = \tanh(z)$.",
        r"\frac{\partial f}{\partial h}",
        r"2 (h - y)",
        r"2 (z - y)",
    ),
    "a vector": (
        LAYER + r"Let $L = \frac12 \|W x - y\|_2^2$. Let $z = W x$.",
        r"\nabla_z L",
        r"z - y",
        r"y - z",
    ),
    "a vector, turned": (
        LAYER + r"Let $L = \frac12 \|W x - y\|_2^2$. Let $e = y - W x$.",
        r"\nabla_e L",
        r"e",
        r"-e",
    ),
    "an inner product written the other way round": (
        r"Let $w, x \in \mathbb{R}^n$ and $y \in \mathbb{R}$. Let $L = (w^\top x - y)^2$. Let $s = x^\top w$.",
        r"\frac{\partial L}{\partial s}",
        r"2 (s - y)",
        r"2 s",
    ),
    "a family in a sum": (
        POINTS + r"Let $L = \sum_{i=1}^N (w x_i - y_i)^2$. Let $r_i = w x_i - y_i$ for $i = 1, \dots, N$.",
        r"\frac{\partial L}{\partial r_i}",
        r"2 r_i",
        r"r_i",
    ),
    "a family of vectors": (
        VECTORS + r"Let $L = \sum_{i=1}^N \|W x_i - y_i\|_2^2$. Let $h_i = W x_i$ for $i = 1, \dots, N$.",
        r"\frac{\partial L}{\partial h_i}",
        r"2 (h_i - y_i)",
        r"2 (y_i - h_i)",
    ),
    "a vector in a formula by entries": (
        LAYER + r"Let $L = \sum_{i=1}^m \left(\sum_{j=1}^n W_{ij} x_j - y_i\right)^2$. Let $z = W x$.",
        r"\frac{\partial L}{\partial z_i}",
        r"2 (z_i - y_i)",
        r"2 (y_i - z_i)",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_later_name_is_put_in(name):
    given, left, right, wrong = CASES[name]
    assert sd.equal(left, right, given).proved
    assert sd.equal(left, wrong, given).refuted


def test_the_value_stays_what_it_was():
    given = REAL + r"Let $f = \tanh(w x) + b$. Let $u = w x$. "
    chain = r"\frac{\partial f}{\partial u} \frac{\partial u}{\partial w}"
    assert sd.equal(r"\frac{\partial f}{\partial w}", chain, given).proved
    assert sd.equal(r"\frac{\partial f}{\partial w}", r"(1 - \tanh^2(w x)) x", given).proved


def test_what_is_not_there_is_not_zero():
    given = REAL + r"Let $f = \tanh(w + x)$. Let $u = w x$."
    for value in ("0", "1"):
        verdict = sd.equal(r"\frac{\partial f}{\partial u}", value, given)
        assert (verdict.kind, verdict.code) == (Kind.UNDECIDED, "not-built")


def test_behind_a_definition_it_is_not_zero_either():
    given = REAL + r"Let $f = \tanh(w + x)$. Let $u = w x$. Let $d = \frac{\partial f}{\partial u}$."
    assert sd.equal("d", "0", given).kind is Kind.UNDECIDED


@pytest.mark.parametrize(
    ("f", "u", "value"),
    [
        ("(w x - y)^2 + a w^2", "w x", "2 (u - y)"),  # with w held fixed, or not?
        ("w x + w^2 x^2", "w x", "1"),
        ("w x + (-w) x", "w x", "1"),
        ("e^x + e^{2 x}", "e^x", "1"),
        (r"x + \sqrt{x}", r"\sqrt{x}", "1"),
        ("x^2 + x^4", "x^2", "1"),
    ],
)
def test_what_stands_there_in_disguise_is_not_guessed(f, u, value):
    """Only literal copies can be found: where parts of u stand in f elsewhere too, nothing is said."""
    verdict = sd.equal(r"\frac{\partial f}{\partial u}", value, REAL + f"Let $f = {f}$. Let $u = {u}$.")
    assert (verdict.kind, verdict.code) == (Kind.UNDECIDED, "not-built")


def test_a_name_beside_what_it_is_short_for():
    given = REAL + "Let $u = w x$. Let $f = u y + (w x)^2$."
    assert sd.equal(r"\frac{\partial f}{\partial u}", "y + 2 u", given).proved
    with pytest.raises(ReadingError):
        sd.equal(r"\frac{\partial g}{\partial u}", "y", given + "Let $g = u y + w x + w^2$.")


def test_the_steps_of_a_recurrence():
    given = r"""Let $T$ be a positive integer with $T \ge 2$, $w, u \in \mathbb{R}$ and $x \in \mathbb{R}^T$.
    Let $h_0 = 0$ and $h_t = \tanh(w h_{t-1} + u x_t)$ for $t = 1, \dots, T$.
    Let $a_t = w h_{t-1} + u x_t$ for $t = 1, \dots, T$."""
    assert sd.equal(r"\frac{\partial a_2}{\partial a_1}", "0", given).refuted
    assert sd.equal(r"\frac{\partial a_2}{\partial a_1}", "w (1 - h_1^2)", given).proved


def test_an_equation_does_not_make_a_derivative_zero():
    given = r"Let $a, b \in \mathbb{R}$ with $a = b$."
    for value in ("0", "1"):
        verdict = sd.equal(r"\frac{\partial a}{\partial b}", value, given)
        assert (verdict.kind, verdict.code) == (Kind.UNDECIDED, "not-built")
    assert sd.equal(r"\frac{\partial a^2}{\partial a}", "2a", given).proved
