"""Bad formulas: one clear error with a code, a place inside the text and advice, in bounded time; never a crash."""

import time

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from symderive.kernel.terms import Term
from symderive.reading.formulas.elaborate import read_relations, read_term
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.surface import parse
from symderive.reading.problems import read_problems
from tests.reading_help import declared

NAMES, _ = declared(
    r"Let $x, y \in \mathbb{R}$ and let $f$ be a differentiable function. Let $a, b \in \mathbb{R}^n$, "
    r"$A \in \mathbb{R}^{n \times n}$, and let $X$ be a random variable."
)
BOUND = 2.0  # seconds, on a slow machine; what is read takes less than a millisecond


def refused(text, names=NAMES):
    """The error that a formula ends in, with place and advice."""
    start = time.process_time()
    with pytest.raises(ReadingError) as caught:
        read_term(text, names.copy())
    assert time.process_time() - start < BOUND
    error = caught.value
    assert error.code
    assert error.text
    assert error.advice
    assert 0 <= error.start < error.end <= max(1, len(text))
    assert error.text in error.show(text)
    return error


SYNTAX = r"""
\frac{1}{x | x} | {x | (x | x) | \left(x | \right) | \mathbf | \frac | \frac{1} | \sqrt | ^2 | _2 | x^ | x_ | x^^2 | x__2
+ | x+ | = | x= | x = y | x < y | \begin{cases} | \end{cases} | \begin{pmatrix} x & y | \begin{cases} x \end{pmatrix} | [x)
(x] | -- x | x - - y | x \cdot | \cdot x | x \, , y | x; y | () | [] | \{\} | \hat | \hat{} | \underbrace{x | \tag{ | \label{a
\overset{a}{b c} | \not x | \left x | \left | \operatorname{} | \operatorname | \substack | \begin | \sum | \sum_{} x | \prod
\sum_{i=1} a_i | \nabla | \partial | \partial x | \frac{\partial}{\partial x} | \frac{\partial x}{\partial} | \sin | \sin^2
\max | \max() | \lim x | \lim_{x} x | \lim_{x \to} x | \mathbb{E} | \mathbb{E}[] | \mathrm{Var} | \mathrm{Cov}(x) | f | f()
f(x, y) | f' | f'' + 1 | x$ | x # y | x @ y | x ? y | \ | . | .. | , | ; | : | ' | ! | ~ | % | x \\ y | \text{hello} | x \text{if} y
\frac{\partial^2 x}{\partial x} | \langle x \rangle | \langle x | \{x \mid y\} | \left. x \right| | \infty
""".replace("\n", " | ").split(" | ")


@pytest.mark.parametrize("text", [s.strip() for s in SYNTAX if s.strip()])
def test_syntax(text):
    assert refused(text).code in ("syntax", "unsupported", "shape", "ambiguous")


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        (r"x + \foo{y}", "unknown-command", r"\foo"),
        (r"x + g(y)", "undeclared", "g"),
        (r"1 + \log x y", "extent", "y"),
        (r"1/2x", "extent", "x"),
        (r"x/y/2", "extent", "2"),
        (r"\sum_i a_i + b_i", "extent", "b_i"),
        (r"x + foo", "undeclared", "foo"),
        (r"sin(x) + 1", "typo", "sin"),
        (r"x^10 + 1", "typo", "10"),
        (r"x^2^3", "typo", "x^2^3"),
        (r"x_1_2", "typo", "x_1_2"),
        (r"1.2.3", "typo", "1.2.3"),
        (r"x + a^b", "shape", "b"),
        (r"a + A", "shape", "A"),
        (r"A^\top + a b", "shape", "b"),
        (r"x + a_{ij}", "shape", "ij"),
        (r"e^{i x}", "undeclared", "i"),
        (r"x + |x|y|x|", "ambiguous", "|x|y|x|"),
        (r"x \pm y", "syntax", r"\pm"),
        (r"\binom{5}{2}", "unsupported", r"\binom{5}{2}"),
        (r"\int x", "unsupported", r"\int"),
        (r"f^{-1}(x)", "ambiguous", "f^{-1}"),
        (r"x + |A|", "ambiguous", "|A|"),
        (r"\mathbf{1} + 2", "undeclared", r"\mathbf{1} + 2"),
        (r"\begin{foo} x \end{foo}", "unsupported", r"\begin{foo} x \end{foo}"),
        (r"y + \begin{cases} 1 & x < 0 \text{ or } x > 1 \\ 0 & \text{otherwise} \end{cases}", "unsupported", r"\text{ or }"),
    ],
)  # fmt: skip
def test_code_and_place(text, code, at):
    error = refused(text)
    assert (error.code, text[error.start : error.end]) == (code, at)


HUGE = {
    "characters": "x" * 1_000_000,
    "spaces": " " * 1_000_000,
    "round": "(" * 10_000 + "x" + ")" * 10_000,
    "braces": "{" * 10_000 + "x" + "}" * 10_000,
    "open": "(" * 40_000,
    "fractions": r"\frac{1}{" * 5_000 + "x" + "}" * 5_000,
    "roots": r"\sqrt{" * 5_000 + "x" + "}" * 5_000,
    "powers": "x^{" * 5_000 + "x" + "}" * 5_000,
    "left": r"\left(" * 4_000 + "x" + r"\right)" * 4_000,
    "bars": "|" * 40_000,
    "norms": r"\|" * 20_000,
    "factors": "x " * 20_000,
    "signs": "-" * 40_000 + "x",
    "carets": "x" + "^x" * 20_000,
    "primes": "x" + "'" * 40_000 + "^2^3",
    "numeral": "9" * 40_000,
    "wide matrix": r"\begin{pmatrix}" + "&".join(["1"] * 15_000) + r"\end{pmatrix}",
    "tall matrix": r"\begin{pmatrix}" + r"\\".join(["1"] * 10_000) + r"\end{pmatrix}",
    "functions": r"\sin" * 10_000,
    "applied": r"\sin(" * 8_000 + "x" + ")" * 8_000,
    "accents": r"\hat{" * 8_000 + "x" + "}" * 8_000,
    "environments": r"\begin{cases}" * 3_000 + r"\end{cases}" * 3_000,
    "relations": "x=" * 20_000 + "x",
    "commas": "x," * 20_000,
    "arguments": r"\text{" * 8_000,
    "styles": r"\mathbf{" * 5_000 + "x" + "}" * 5_000,
    "words": r"\text{$" * 3_000 + "x" + "$}" * 3_000,
    "oversets": r"\overset{a}{" * 3_000 + "=" + "}" * 3_000,
    "substacks": r"\substack{" * 4_000 + "x" + "}" * 4_000,
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE)
def test_huge(text):
    refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "9^{9^{9^9}}", r"10^{10^{10}} x", r"2^{1000000}", r"\exp(\exp(\exp(1000)))", r"x^{1000000}", "x" + "+x" * 5_000,
        r"\frac{1}{1 + " * 90 + "x" + "}" * 90, "(" * 150 + "x" + ")" * 150, "1" * 60, "50!", r"\sqrt{" * 190 + "x" + "}" * 190,
        " x" * 390, r"\sum_{i=1}^{n} " * 40 + "a_i", r"\frac{d}{dx} " * 30 + "x^2", "f(" * 190 + "x" + ")" * 190,
    ],
)  # fmt: skip
def test_large_is_read_in_bounded_time(text):
    start = time.process_time()
    assert isinstance(read_term(text, NAMES.copy()).term, Term)
    assert time.process_time() - start < BOUND


@pytest.mark.parametrize("text", ["", " ", "\n\n", r"\,", "%", "% nothing", r"\quad", "\x00", "\u200b", "{}"])
def test_nothing(text):
    assert refused(text).text in ("there is no formula here", "empty braces stand for nothing")


# -- random input -------------------------------------------------------------------------------------

TOKENS = r"""x y a b A X f g n i j 1 2 10 0.5 + - = < > \le \cdot \times \odot / ^ _ ^{ _{ { } ( ) [ ] | \| \{ \} , ; : ! ' & \\ ~ . \ldots
\frac \frac{1}{ \sqrt \sqrt[3] \sum \sum_i \sum_{i=1}^n \prod \max \max_i \lim_{x\to0} \log \sin \exp \tanh \sigma \pi e d \partial \nabla
\nabla_x \mathbb{E} \mathbb{E}[ \mathrm{Var}( \left( \right) \left. \right| \mid \text{if} \text{$x$} \begin{cases} \end{cases} \begin{pmatrix}
\end{pmatrix} \hat \mathbf \mathbf{1} I \delta_{ij} \top ^\top ^T ^{-1} ^{(t)} \mathcal{N}( \operatorname{softmax} \operatorname{tr} \operatorname{foo}
\underbrace \overset \substack \boxed \quad \, \in \to \leftarrow \pm \infty \ell \binom \int \frac{\partial}{\partial x} \det \circ \otimes
D_{KL}( \lVert \rVert \langle \rangle foo é 中 “ \mathrm{h0} \forall \dots \cdots \not= \prime \dagger \lfloor \rfloor""".split()
QUICK = settings(max_examples=400, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])


def failure(read, text):
    try:
        read(text)
    except ReadingError as error:
        return error
    return None


def survives(text):
    """Every reading ends in a result or in a `ReadingError`, soon."""
    start = time.process_time()
    for read in (parse, lambda t: read_term(t, NAMES.copy()), lambda t: read_relations(t, NAMES.copy())):
        error = failure(read, text)
        assert error is None or (error.code and error.text and error.start < error.end and error.show(text))
    assert time.process_time() - start < BOUND


@QUICK
@given(st.lists(st.sampled_from(TOKENS), max_size=14).map(" ".join))
def test_soup(text):
    survives(text)


@QUICK
@given(st.text(max_size=60))
def test_noise(text):
    survives(text)


@QUICK
@given(st.binary(max_size=80))
def test_binary(data):
    survives(data.decode("latin-1"))


@QUICK
@given(st.data())
def test_damaged_formulas(data):
    text = data.draw(st.sampled_from(GOOD))
    k = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 3))
    survives(text[:k] + data.draw(st.sampled_from(["", *TOKENS])) + text[k + cut :])


GOOD = [
    r"\frac{e^{x}}{1 + e^{x}}", r"\sum_{i=1}^n a_i b_i + x", r"\frac{\partial}{\partial x} f(x)^2", r"a^\top A b",
    r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}", r"\mathbb{E}[X^2] - \mathbb{E}[X]^2",
    r"\lVert a - b \rVert_2^2", r"\left. \frac{d}{dx} e^{2x} \right|_{x=0}", r"\lim_{x \to 0^+} \frac{\sin x}{x}",
    r"\operatorname{softmax}(A b)_i (\delta_{ij} - x)", r"[a_i b_j]_{i=1,j=1}^{n,n}", r"\sqrt[3]{|x|} \log_2 (1 + y^2)",
    r"\max_{1 \le i \le n} a_i - \underbrace{x + y}_{\text{note}}", r"\nabla_a (a^\top A a)", r"D_{KL}(a \| b)",
]  # fmt: skip


# -- documents ------------------------------------------------------------------------------------------


def problem(body, head=""):
    questions = rf"\begin{{questions}} \question {body} \end{{questions}}"
    return read_problems(rf"\documentclass{{exam}} {head} \begin{{document}} {questions} \end{{document}}")


@pytest.mark.parametrize(
    "head",
    [
        r"\newcommand{\a}{\a}", r"\newcommand{\a}{\b}\newcommand{\b}{\a}", r"\newcommand{\a}{x\a\a}", r"\def\a{\a\a}",
        r"\newcommand{\a}[1]{\a{#1#1}}",
    ],
)  # fmt: skip
def test_macro_loops_end(head):
    start = time.process_time()
    reading = problem(r"Let $x \in \mathbb{R}$. Compute $\a{x} + 1$.", head)
    assert time.process_time() - start < 5
    assert reading.messages


@pytest.mark.parametrize(
    "body",
    [
        r"Let $x \in \mathbb{R}$. Compute $\frac{1}{x$.",
        r"Let $x \in \mathbb{R}$. Compute $g(x) + 1$.",
        r"Let $x \in \mathbb{R}$. Compute $1/2x$.",
        r"Let $x \in \mathbb{R}$. Compute $\foo{x}$.",
        r"Let $x$ be a positive integer. Let $x \in \mathbb{R}^n$. Compute $x + 1$.",
        r"Let $\sigma > 0$ be the standard deviation. Let $\sigma$ be the logistic function. Compute $\sigma(2)$.",
    ],
)
def test_goals_that_cannot_be_read_are_reported(body):
    reading = problem(body)
    messages = [*reading.messages, *(m for q in reading.questions for m in q.messages)]
    assert messages
    assert all(m.code and m.text for m in messages)


@pytest.mark.parametrize(
    "text", ["", " \n", "\x00\x01\x02", "no mathematics at all", "%" * 100, r"\end{document}", "$", "$$", "\\"]
)
def test_documents_without_problems(text):
    reading = read_problems(text)
    assert not any(q.problems for q in reading.questions)
