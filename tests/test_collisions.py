r"""One spelling, two meanings: each known collision in both directions, decided by what was declared, or refused.

A row is a declaration, a formula, and how it prints again (``!code`` where it is an error).
"""

import pytest

from symderive.reading.formulas.elaborate import read_term
from symderive.reading.formulas.errors import ReadingError
from symderive.writing.latex import latex
from tests.reading_help import declared

VECTORS = r"Let $x, v \in \mathbb{R}^n$ and $A \in \mathbb{R}^{n \times n}$."
NUMBER = r"Let $x \in \mathbb{R}$."
ROWS = {
    "^T": [
        (VECTORS, r"A^T", r"A^{\top}"),
        (VECTORS, r"x^T A x", r"x^{\top} A x"),
        (r"Let $\gamma \in (0,1)$ and let $T$ be a positive integer.", r"\gamma^T", r"\gamma^{T}"),
        (r"Let $T$ be a positive integer. " + VECTORS, r"A^\top", r"A^{\top}"),
        (r"Let $T$ be a positive integer. " + VECTORS, r"A^T", "!unsupported"),
        (r"Let $T$ be a positive integer. " + VECTORS, r"x^T", "!unsupported"),
        (r"Let $\mathbf{w} \in \mathbb{R}^n$.", r"w^\top w", "!undeclared"),
        ("", r"w^\top w", "!undeclared"),
    ],
    "prime": [
        (r"Let $f$ be a differentiable function and $x \in \mathbb{R}$.", "f'(x)", "f'(x)"),
        (r"Let $f$ be a differentiable function and $x \in \mathbb{R}$.", "f' x", "!syntax"),
        (r"Let $f$ be a differentiable function and $x \in \mathbb{R}$.", "f^{(2)}(x)", "f''(x)"),
        (r"Let $f$ be a differentiable function and $x \in \mathbb{R}$.", "f^{2}(x)", "f(x)^{2}"),
        (r"Let $f$ be a differentiable function and $x, n \in \mathbb{R}$.", "f^{(n)}(x)", "!ambiguous"),
        (r"Let $f$ and $f'$ be random variables.", r"\mathrm{Var}(f')", r"\operatorname{Var}(f')"),
        (r"Let $x, x' \in \mathbb{R}$.", "x - x'", "x - x'"),
        (r"Let $x \in \mathbb{R}$.", r"x'(2)", "!ambiguous"),
    ],
    "upper index": [
        (r"Let $w^{(t)}$ be real numbers for $t = 0, 1, 2, \dots$.", "w^{(2)}", "w^{(2)}"),
        (r"Let $w^{(t)}$ be real numbers for $t = 0, 1, 2, \dots$.", "w^{(t+1)}", "w^{(t+1)}"),
        (r"Let $w^{(t)}$ be real numbers for $t = 0, 1, 2, \dots$.", "(w^{(1)})^2", "(w^{(1)})^{2}"),
        (r"Let $m^k$ be real numbers for $k = 0, 1, 2, \dots$.", "m^{k+1}", "m^{(k+1)}"),
        (r"Let $w \in \mathbb{R}$ and let $t$ be a positive integer.", "w^{t+1}", "w^{t+1}"),
        (r"Let $w \in \mathbb{R}$ and let $t$ be a positive integer.", "w^{(t)}", "!ambiguous"),
        (r"Let $w \in \mathbb{R}$.", "w^{(2)}", "!ambiguous"),
    ],
    "sigma": [
        (NUMBER, r"\sigma(x)", r"\operatorname{sigmoid}(x)"),
        (NUMBER, r"\sigma'(x)", r"\sigma'(x)"),
        (NUMBER, r"\sigma^2 x", r"\sigma^{2} x"),
        (NUMBER, r"\sigma_w \sigma(x)", r"\sigma_{w} \operatorname{sigmoid}(x)"),
        (NUMBER, r"\sigma(x) + \sigma", "!collision"),
        (NUMBER, r"\sigma^2 + \sigma(x)", "!collision"),
        (r"Let $x \in \mathbb{R}$ and $\sigma > 0$.", r"\sigma(x)", r"\sigma x"),
        (r"Let $x \in \mathbb{R}$ and $\sigma > 0$.", r"\sigma'(x)", "!ambiguous"),
    ],
    "e": [
        (NUMBER, r"e^x + e", "e^{x} + e"),
        (r"Let $x \in \mathbb{R}^n$ and let $e_i$ be the $i$-th standard basis vector.", r"x^\top e_1", r"x^{\top} e_{1}"),
        (r"Let $x \in \mathbb{R}^n$ and let $e_i$ be the $i$-th standard basis vector.", r"e^{x_1}", r"\exp(x_{1})"),
        (r"Let $e \in \mathbb{R}^n$ be the error.", r"e_1 + e^\top e", r"e_{1} + e^{\top} e"),
        (NUMBER, r"e(x)", "!ambiguous"),
    ],
    "i": [
        (VECTORS, r"x_i", "x_{i}"),
        (VECTORS, r"\sum_i i x_i", r"\sum_{i=1}^{n} i x_{i}"),
        (VECTORS, r"i x_1", "!undeclared"),
        (NUMBER, r"e^{i x}", "!undeclared"),
        (r"Let $i$ be a positive integer and $x \in \mathbb{R}$.", r"i x", "i x"),
    ],
    "pi": [
        ("", r"2\pi", r"2 \pi"),
        ("", r"\pi(r + 1)", r"\pi (r + 1)"),
        ("", r"\pi(a)", "!ambiguous"),
        (r"Let $\pi$ be a probability vector in $\mathbb{R}^n$.", r"\pi_1", r"\pi_{1}"),
        (r"Let $\pi$ be a differentiable function and $a \in \mathbb{R}$.", r"\pi(a)", r"\pi(a)"),
    ],
    "I": [
        (VECTORS, r"I x", "x"),
        (VECTORS, r"A + I", r"A + [\delta_{ij}]_{i=1,j=1}^{n,n}"),
        (VECTORS, r"I", "!undeclared"),
        (r"Let $I \in \mathbb{R}^{n \times n}$. " + VECTORS, r"I x", "I x"),
        (r"Let $I$ be a real number.", r"2 I^2", "2 I^{2}"),
    ],
    "delta": [
        (VECTORS, r"\sum_j \delta_{1j} x_j", r"\sum_{i=1}^{n} \delta_{1i} x_{i}"),
        (VECTORS, r"\delta_i", r"\delta_{i}"),
        (r"Let $\delta \in \mathbb{R}^{n \times n}$.", r"\delta_{12}", r"\delta_{12}"),
        (r"Let $\delta \in \mathbb{R}^n$.", r"\delta_{ij}", "!shape"),
        (r"Let $\delta \in \mathbb{R}^n$.", r"\delta_i", r"\delta_{i}"),
    ],
    "N": [
        (r"Let $x, \mu \in \mathbb{R}$ and $s > 0$.", r"\mathcal{N}(x; \mu, s)", r"\mathcal{N}(x; \mu, s)"),
        (r"Let $x, \mu \in \mathbb{R}$, $s > 0$, and let $N$ be a positive integer.", r"N x", "N x"),
        (r"Let $x, \mu \in \mathbb{R}$, $s > 0$, and let $N$ be a positive integer.", r"N(x; \mu, s)", "!ambiguous"),
    ],
    "E": [
        (r"Let $X$ be a random variable.", r"E[X] + \mathbb{E} X", r"\mathbb{E}[X] + \mathbb{E}[X]"),
        (r"Let $X$ be a random variable and $E \in \mathbb{R}$.", r"E(X)", "E X"),
        (r"Let $X$ be a random variable and $E \in \mathbb{R}$.", r"\mathbb{E}[X]", r"\mathbb{E}[X]"),
        (r"Let $X$ be a random variable.", r"E X", "!ambiguous"),
        (NUMBER, r"E x", "E x"),
    ],
    "d": [
        (NUMBER, r"\frac{d}{dx} x^2", r"\frac{\partial x^{2}}{\partial x}"),
        (NUMBER, r"d x", "!undeclared"),
        (NUMBER, r"\sqrt{d_k}", r"\sqrt{d_{k}}"),
        (r"Let $d$ be a positive integer and $x \in \mathbb{R}$.", r"d x", "d x"),
    ],
    "1": [
        (VECTORS, r"1 + x_1", "1 + x_{1}"),
        (VECTORS, r"\mathbf{1}^\top x", r"([1]_{i=1}^{n})^{\top} x"),
        (VECTORS, r"\mathbf{1}(x_1 > 0)", r"\begin{cases} 1 & \text{if } x_{1} > 0 \\ 0 & \text{otherwise} \end{cases}"),
        (VECTORS, r"1_n^\top x", "!shape"),
    ],
    **{
        letter: [
            (rf"Let $x \in \mathbb{{R}}$ and ${letter} \in \mathbb{{R}}$.", f"{letter}(x)", f"{letter} x"),
            (rf"Let ${letter}$ be a differentiable function and $x \in \mathbb{{R}}$.", f"{letter}(x)", f"{letter}(x)"),
            (NUMBER, f"{letter}(x)", "!undeclared"),
        ]
        for letter in (r"\lambda", "H", "L", "T", "P")
    },
    "inverse": [
        (r"Let $f$ be a differentiable function and $x \in \mathbb{R}$.", r"f^{-1}(x)", "!ambiguous"),
        (r"Let $f, x \in \mathbb{R}$.", r"f^{-1} x", "f^{-1} x"),
        (NUMBER, r"\tanh^{-1}(x)", "!ambiguous"),
        (NUMBER, r"\tanh(x)^{-1}", r"\tanh(x)^{-1}"),
        (NUMBER, r"\sin^{-1} x", "!ambiguous"),
        (NUMBER, r"\sin^{2} x", r"\sin(x)^{2}"),
        (VECTORS, r"A^{-1}", "A^{-1}"),
    ],
    "x_i": [
        (r"Let $x \in \mathbb{R}^n$.", "x_1", "x_{1}"),
        (r"Let $x_1, x_2 \in \mathbb{R}$.", "x_1^2", "x_{1}^{2}"),
        (r"Let $x_1, \dots, x_N \in \mathbb{R}^d$.", "x_{12}", "x_{12}"),
        (r"Let $x_1, x_2 \in \mathbb{R}$ and $x \in \mathbb{R}^n$.", "x_1", "!ambiguous"),
        (r"Let $x \in \mathbb{R}^n$.", "x_{ij}", "!shape"),
    ],
    "fonts": [
        (r"Let $\mathbf{w} \in \mathbb{R}^n$ and $w \in \mathbb{R}$.", r"\mathbf{w}^\top \mathbf{w} + w^2", r"\mathbf{w}^{\top} \mathbf{w} + w^{2}"),
        (r"Let $\mathbf{w} \in \mathbb{R}^n$.", r"w_1 + \bm{w}_1", r"\mathbf{w}_{1} + \mathbf{w}_{1}"),
        (r"Let $\mathbf{w} \in \mathbb{R}^n$.", r"w", "!undeclared"),
        (r"Let $\mathcal{L} \in \mathbb{R}$ and $L \in \mathbb{R}^n$.", r"\mathcal{L} L^\top L", r"\mathcal{L} L^{\top} L"),
        (r"Let $\hat y, y \in \mathbb{R}$.", r"\widehat{y} - y", r"\hat{y} - y"),
    ],
    "bars": [
        (r"Let $x, y \in \mathbb{R}$.", r"|x - y|\,|y|", r"\lvert x - y \rvert \lvert y \rvert"),
        (VECTORS, r"|A|", "!ambiguous"),
        (r"Let $x, y \in \mathbb{R}$.", r"|x|y|x|", "!ambiguous"),
    ],
    "extent": [
        (r"Let $x, y > 0$.", r"\log x y", "!extent"),
        (r"Let $x, y > 0$.", r"\log 2 x", r"\log(2 x)"),
        (r"Let $x, y > 0$.", r"\log x \log y", r"\log(x) \log y"),
        (NUMBER, r"1/2x", "!extent"),
        (NUMBER, r"x/2 + 1", r"\frac{x}{2} + 1"),
        (VECTORS, r"\sum_i x_i + v_i", "!extent"),
        (VECTORS, r"\sum_i (x_i + v_i)", r"\sum_{i=1}^{n} (x_{i} + v_{i})"),
        (NUMBER, r"x^10", "!typo"),
        (NUMBER, r"x^{10}", "x^{10}"),
        (NUMBER, r"\frac{33}{100} + \frac12", r"\frac{33}{100} + \frac{1}{2}"),
    ],
    "words": [
        (NUMBER, r"\begin{cases} 1 & x < 0 \text{ or } x > 1 \\ 0 & \text{otherwise} \end{cases}", "!unsupported"),
        (NUMBER, r"\operatorname{atan}(x + 1)", "!undeclared"),
        (NUMBER, r"f(x + 1)", "!undeclared"),
        (NUMBER, r"a(x + 1)", "a (x + 1)"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "formula", "wanted"), [pytest.param(*r, id=f"{k}-{r[1]}") for k, rows in ROWS.items() for r in rows]
)
def test_collision(given, formula, wanted):
    names, outcome = declared(given)
    assert not outcome.unread
    if wanted.startswith("!"):
        with pytest.raises(ReadingError) as caught:
            read_term(formula, names)
        assert caught.value.code == wanted[1:]
        assert caught.value.advice
        return
    term = read_term(formula, names).term
    assert latex(term, names.spellings, names.scope.context()) == wanted


@pytest.mark.parametrize("given", [r"Let $\mathbf{1} \in \mathbb{R}$.", r"Let $\mathbf{2} = x$."])
def test_a_name_begins_with_a_letter(given):
    _, outcome = declared(given)
    assert [error.code for _, error in outcome.unread] == ["built-in"]
