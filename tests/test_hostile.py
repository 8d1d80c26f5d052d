r"""What hostile readers found: wrong lines that were proved, right ones that were refuted, by the text around them."""

import pytest

import symderive as sd
from symderive.language.report import Report

X = r"Let $x \in \mathbb{R}$. "
EPS = r"Let $\epsilon \in \mathbb{R}$. "


def steps(text: str, format: str = "markdown") -> list[str]:  # noqa: A002
    return [s.verdict.value for r in sd.check(text, format=format) for s in r.steps]


def mark(problem: str, solution: str) -> Report:
    document = sd.read(rf"\begin{{questions}}\question\label{{q}} {problem}\end{{questions}}")
    return document.problems["q"].check(solution)


NOT_PROVED = {
    "a point is put in after differentiating": X + r"$$ \frac{d}{dx} x^2 = 0 \quad \text{for } x = 1 $$",
    "a better order after a worse one": EPS + r"$$ e^\epsilon = 1 + O(\epsilon) = 1 + 5 \epsilon + O(\epsilon^2) $$",
    "a little o after a large one": EPS
    + r"$$ e^\epsilon = 1 + \epsilon + O(\epsilon^2) = 1 + \epsilon + o(\epsilon^2) $$",
    "orders by themselves": EPS + r"$$ O(\epsilon) = O(\epsilon^2) $$",
    "large arguments": EPS + r"For large $\epsilon$ we have $$ \epsilon^3 = O(\epsilon^2) $$",
    "orders away from 0": EPS + r"For $\epsilon > 10$, $$ e^\epsilon = 1 + \epsilon + O(\epsilon^2) $$",
    "a condition that does not hold": X + r"If $x > 0$ does not hold, $|x| = x$.",
    "an exception": X + r"$|x| = x$ except for $x > 0$.",
    "two conditions": X + r"$|x| = x$ for $x \ge 0$ and for $x < 0$.",
    "a redefined constant": r"$$ \pi = 3.2 $$ $$ 2 \pi = 6.4 $$",
    "a value as a product": r"Let $g = w^2$ for $w \in \mathbb{R}$. $$ g(w) = w^3 $$",
    "a row of another column": (
        r"Let $w, x \in \mathbb{R}$, $f = w x$, $g = w^2$. \begin{align*} \frac{\partial f}{\partial w} &= x &"
        r" \frac{\partial g}{\partial w} &= 2 w \\ &= x + 0 & &= x \end{align*}"
    ),
}


NOT_PROVED |= {
    "a mean of a name that may be random": r"$E[x^2] = E[x]^2$.",
    "a mean of an assumption": r"Assume $E[X] = 0$. $X = 0$.",
    "a random name said in passing": r"Let $x \sim \mathcal{N}(0, 1)$. The label $y$ is random."
    r" $\operatorname{Var}(x + y) = 1$.",
    "a condition of another sentence": X + r"If $c = 0$, then $c x = 0$. Hence $2 c x = 0$.",
    "a condition of a later sentence": r"$\lambda x + x = x$. If $\lambda = 0$, then $\lambda x = 0$."
    r" $\lambda x + x = x$.",
    "an exception as a definition": r"Unless $x = 0$, we can divide by $x$. Hence $x^2 = x$.",
    "a wrong formula as a definition": X + r"$y = x$ is wrong. Therefore $2 y - x = x$.",
    "a question as a definition": X + r"Is $y = x$? Therefore $2 y - x = x$.",
    "half of an equivalence": r"$x = 1 \iff x^2 = 1$. Hence $x^3 = 1$.",
    "an equivalence in words": r"$\sin^2 x + \cos^2 x = 1$ if and only if $x = 0$.",
    "a denied line": r"It is not true that $1 + 1 = 2$.",
    "a function with a modifier": r"Let $\phi$ be leaky ReLU. $\phi(-2) = 0$.",
    "a scaled function": r"Let $\phi$ be a scaled tanh. $\phi'(0) = 1$.",
    "a letter for a number": r"Let $\sigma$ be the standard deviation. $\sigma'(x) = \sigma(x) (1 - \sigma(x))$.",
    "a chance of another value": r"Let $m \in \{-1, 1\}$ with $P(m = 1) = p$. $E[m] = p$.",
    "pairwise independence": r"Let $x, y, z$ be pairwise independent random variables. $E[x y z] = E[x] E[y] E[z]$.",
    "no independence": r"Let $x, y$ be not necessarily independent random variables. $E[x y] = E[x] E[y]$.",
    "independence of a third": r"Let $x, y$ be random variables that are independent of $z$. $E[x y] = E[x] E[y]$.",
    "a mean of convex values": r"Let $f$ be convex and $x$ random. $E[f(x)] = f(E[x])$.",
    "a weakened property": r"Let $A \in \mathbb{R}^{n \times n}$ be not necessarily symmetric. $A^\top = A$.",
    "a denied property": r"Let $u \in \mathbb{R}^n$, where $u$ is not a unit vector. $u^\top u = 1$.",
    "an entry of an inverse": r"Let $A \in \mathbb{R}^{n \times n}$ be invertible. $A^{-1}_{ij} = 1 / A_{ij}$.",
    "a double factorial": r"$3!! = 720$.",
    "a law cut off": r"Let $x \sim \mathcal{N}(0, 1)$ be truncated to $x > 0$. $E[x] = 0$.",
    "a name defined again in a claim": X + r"Let $y = x^2$. Then $y = 3 x$. Then $\frac{dy}{dx} = 3$.",
}


@pytest.mark.parametrize("name", NOT_PROVED)
def test_wrong_lines_are_not_proved(name):
    assert steps(NOT_PROVED[name])[-1] != "proved"


SQUARE = r"Let $w, x \in \mathbb{R}$ and $L = (w x - y)^2$. Derive $\frac{\partial L}{\partial w}$."
QUARTIC = r"Let $x \in \mathbb{R}$ and $f = x^2 + x^4$. Derive $\frac{\partial f}{\partial x}$."
NOT_ANSWERS = {
    "an equation is set up": (SQUARE, r"Setting the derivative to zero, $$ \frac{\partial L}{\partial w} = 0 $$"),
    "another equation is set up": (
        QUARTIC,
        r"Setting $$ 4 x^3 - 5 x = 0 $$ gives $$ \frac{\partial f}{\partial x} = 7 x $$",
    ),
    "the target is redefined": (SQUARE, r"Let $y = w x$. Then $$ \frac{\partial L}{\partial w} = 0 $$"),
    "the target is redefined beside": (SQUARE, r"$$ \frac{\partial L}{\partial w} = 0, \quad y = w x $$"),
    "the question has a name": (QUARTIC, r"Let $G = \frac{\partial f}{\partial x}$. The answer is $\boxed{G}$."),
    "a constant is left open": (QUARTIC, r"$\frac{\partial f}{\partial x} = 2 x + 4 x^3 + c$."),
    "a relation that is no equation": (QUARTIC, r"$\frac{\partial f}{\partial x} \ne 2 x + 4 x^3$."),
    "the end of a wrong relation": (QUARTIC, r"$f = 2 x + 4 x^3$."),
    "another final answer": (QUARTIC, r"$\frac{\partial f}{\partial x} = 2 x + 4 x^3$. So the final answer is $x$."),
    "a denied answer": (QUARTIC, r"It is false that $\frac{\partial f}{\partial x} = 2 x + 4 x^3$."),
    "a supposed answer": (QUARTIC, r"Suppose $\frac{\partial f}{\partial x} = 2 x + 4 x^3$. The answer is 0."),
    "a derivative by another name": (QUARTIC, r"Let $g(x) = x^2 + x^4$. $\boxed{g'(x)}$"),
    "the definition of a derivative": (
        X + r"Let $f = x^2$. Derive $\frac{\partial f}{\partial x}$.",
        r"$\frac{\partial f}{\partial x} = \lim_{h \to 0} \frac{(x + h)^2 - x^2}{h}$.",
    ),
    "a name with two values": (QUARTIC, r"Let $k = 2 x + 4 x^3$. Let $k = 0$. $\frac{\partial f}{\partial x} = k$."),
    "shown under an assumption": (
        X + "Show that $|x| = x$.",
        r"Assume $x > 0$. Then $$ |x| = \frac{|x| + x}{2} = x $$",
    ),
    "shown under a condition": (X + "Show that $|x| = x$.", r"$$ |x| = |x| + 0 = x \quad \text{for } x > 0 $$"),
}


@pytest.mark.parametrize("name", NOT_ANSWERS)
def test_nothing_is_earned_by_tricks(name):
    answer = mark(*NOT_ANSWERS[name]).answer
    assert answer is None or answer.verdict.value != "proved"


def test_given_conditions_are_printed():
    ((step,),) = (r.steps for r in sd.check(X + r"$|x| = x$ for $x > 0$.", format="markdown"))
    assert [(c.latex, c.origin) for c in step.conditions] == [("x > 0", "given")]


SOFTMAX = r"Let $z, y \in \mathbb{R}^n$, $p = \operatorname{softmax}(z)$, $L = -\sum_k y_k \log p_k$. "
SLOPE = r"$$ \frac{\partial L}{\partial z_i} = p_i - y_i $$"
NOT_REFUTED = {
    "a reason after": SOFTMAX + SLOPE + r" where we used $\sum_k y_k = 1$.",
    "a reason before": SOFTMAX + r"Using $\sum_k y_k = 1$, " + SLOPE,
    "a reason beside": SOFTMAX + SLOPE.replace(" $$", r", \text{ since } \sum_k y_k = 1 $$"),
    "cases in turn": X + r"Suppose $x > 0$. Then $|x| = x$. Now suppose $x < 0$. Then $|x| = -x$.",
    "otherwise": X + r"If $x \ge 0$, $|x| = x$; otherwise $|x| = -x$.",
    "brackets": X + r"$$ |x| = x \qquad (x \ge 0) $$",
    "brackets for indices": r"Let $z \in \mathbb{R}^n$, $p = \operatorname{softmax}(z)$. "
    r"$$ \frac{\partial p_i}{\partial z_j} = -p_i p_j \quad (i \neq j) $$",
    "an adjective": X + r"$\sqrt{x^2} = x$ for nonnegative $x$.",
    "an equivalence": X + r"$\sqrt{x^2} = x \iff x \ge 0$.",
    "a law in passing": r"$m \sim \text{Bernoulli}(p)$. $E[m] = p$.",
    "moments in passing": r"$E[x] = \mu$ and $\operatorname{Var}(x) = \sigma^2$, so $E[x^2] = \mu^2 + \sigma^2$.",
    "independence in words": r"Let $X, Y$ be random variables. By independence, $E[XY] = E[X] E[Y]$.",
    "a function again": "Let $f(x) = x^2$. Then $f'(x) = 2 x$.\n\nLet $f(x) = x^3$. Then $f'(x) = 3 x^2$.",
    "an empty group before a sign": r"Let $x, y \in \mathbb{R}$. \begin{align*} (x + y)^3 &= x^3 + 3 x^2 y \\ &\quad{}"
    r" + 3 x y^2 + y^3 \end{align*}",
    "words between rows": r"Let $x, y \in \mathbb{R}$ and $f = (x + y)^2$. \begin{align*} f &= x^2 + 2 x y + y^2"
    r" \intertext{so that} \frac{\partial f}{\partial x} &= 2 x + 2 y \end{align*}",
    "a name in brackets": r"Let $w, x, y \in \mathbb{R}$, $L = \frac12 (w x - y)^2$. "
    r"$$ \frac{\partial L}{\partial w} = r x \quad (r = w x - y) $$",
    "a name that is not said": r"Let $w, x, y \in \mathbb{R}$, $L = (w x - y)^2$. "
    r"$$ \frac{\partial L}{\partial w} = 2 (\hat y - y) x $$",
    "primes of names": r"Let $x \in \mathbb{R}$, $f = \frac{x^2}{1 + x}$. With $u = x^2$, $v = 1 + x$: "
    r"$$ f' = \frac{u' v - u v'}{v^2} = \frac{2 x (1 + x) - x^2}{(1 + x)^2} $$",
    "a value for several names": r"$x_1 = 1, x_2 = 2$, $w_1 = w_2 = 0.5$. $w_1 x_1 + w_2 x_2 = 0.5 + 1 = 1.5$.",
    "functions composed": r"Let $f(x) = x^2$, $g(x) = x + 1$. $(f \circ g)(x) = (x + 1)^2$, $(f g)(x) = x^3 + x^2$.",
    "a Jacobian across": r"Denominator layout. Let $x \in \mathbb{R}^n$, $A \in \mathbb{R}^{m \times n}$."
    r" $$ \frac{\partial (A x)}{\partial x^\top} = A $$",
    "number of terms": r"$\mu = \frac1m \sum_i x_i$. $\sum_i (x_i - \mu)^2 = \sum_i x_i^2 - m \mu^2$.",
    "a law for members": r"Let $m_i \overset{iid}{\sim} \text{Bernoulli}(p)$."
    r" $\operatorname{Var}(\sum_{i=1}^n m_i) = n p (1 - p)$.",
    "another activation": r"We use $\tanh$ as the activation $\sigma$. $\sigma'(z) = 1 - \sigma(z)^2$.",
    "another model": r"For a tanh unit, $a = \sigma(z)$ has $\frac{da}{dz} = 1 - a^2$.",
    "a dummy index again": r"$y_i = W_{ij} x_j$. $\frac{\partial y_i}{\partial W_{jk}} = \delta_{ij} x_k$.",
    "a start that is not said": r"$v_t = \beta v_{t-1} + g_t$. $$ v_t = \sum_{i=1}^t \beta^{t-i} g_i $$",
    "below a brace": SOFTMAX
    + r"$$ \frac{\partial L}{\partial z_i} = -y_i + p_i \underbrace{\sum_k y_k}_{=1} = p_i - y_i $$",
    "a formula in words": SOFTMAX + r"\begin{align*} \frac{\partial L}{\partial z_i} &= -y_i + p_i \sum_k y_k \\"
    r" &= p_i - y_i && \text{(since $\sum_k y_k = 1$)} \end{align*}",
    "a domain": X + r"$\sqrt{x^2} = x$ on $[0, \infty)$.",
    "a name with a label": r"$$ f(x) = x^2 \rightarrow \frac{df}{dx} = 2 x $$"
    r" $$ f_c(x) = c + x \rightarrow \frac{df}{dx} = 1 $$",
    "a phantom": r"Let $x, y \in \mathbb{R}$. \begin{align*} (x + y)^2 &= x^2 + 2 x y \\"
    r" &\mathrel{\phantom{=}} + y^2 \end{align*}",
    "a power of e": r"Let $u, v \in \mathbb{R}$, $f = e^{u + v}$. Let $s = u + v$, $f = e^s$.",
    "normal equations": r"Let $X \in \mathbb{R}^{n \times d}$, $w \in \mathbb{R}^d, y \in \mathbb{R}^n$,"
    r" $L = \|X w - y\|^2$."
    r" $\nabla_w L = 2 X^\top (X w - y) = 0$. Therefore $X^\top X w = X^\top y$.",
    "a constraint": r"Let $x, y \in \mathbb{R}$. Consider the constraint $x + y = 1$.",
    "an equation to solve": r"Solve $3 w + 2 = 11$.",
    "a bound on an expression": r"The margin constraint is $y f \ge 1$.",
    "a property of matrices": r"A projection matrix satisfies $P^2 = P$.",
    "a comma in a number": r"$784 \cdot 128 = 100,352$.",
    "a mixed number": r"$\frac{7}{2} = 3 \frac12$.",
    "a unit between": r"$2048 \cdot 1024 = 2097152$ bytes $= 2$ MiB.",
    "a unit after": r"$2 \cdot 512 \cdot 2048 = 2097152 \approx 2.1$M.",
    "a sum in words": r"$3 \cdot 4 = 12$ weights, $4$ biases, total $= 16$.",
    "the right class": r"For a one-hot label $y$ with $y_c = 1$ we have $\sum_i y_i z_i = z_c$.",
    "a differential": r"Let $x \in \mathbb{R}^d$ and $L = x^\top x$. Then $dL = 2 x^\top dx$.",
    "a function for its value": r"Let $s(x) = \frac{1}{1 + e^{-x}}$. Then $s'(x) = s (1 - s)$.",
    "an unknown operator": r"$\frac{d}{dx} \operatorname{artanh} x = \frac{1}{1 - x^2}$.",
    "values after a definition": r"$L = (a - y)^2$ with $a = 3$ and $y = 1$."
    r" $\frac{\partial L}{\partial a} = 2 (a - y) = 4$.",
    "a bar for a mean": r"$\sum_i (x_i - \bar x) (y_i - \bar y) = \sum_i x_i y_i - n \bar x \bar y$.",
    "an error called e": r"Let $e = a - y$. $\frac{1}{1 + e^{-z}} = \sigma(z)$.",
    "not equal in general": r"Let $a, b \in \mathbb{R}$. $a - b \ne b - a$.",
    "a contradiction": r"This would imply $1 = 2$, a contradiction.",
    "a claim of others": r"A student wrote $\frac{d}{dx} x^x = x \cdot x^{x - 1}$. That is incorrect.",
    "struck out": r"We have ~~$1 = 3$~~ $1 = 1$.",
    "columns that are orthonormal": r"Orthonormal columns, $U^\top U = I$. Then $\|U x\|^2 = \|x\|^2$.",
    "a family called n": r"$\sum_k n_k = 5$.",
    "first order in words": EPS + r"To first order in $\epsilon$, $e^\epsilon = 1 + \epsilon$.",
}


@pytest.mark.parametrize("name", NOT_REFUTED)
def test_right_lines_are_not_refuted(name):
    kind = "latex" if "intertext" in NOT_REFUTED[name] else "markdown"
    found = steps(NOT_REFUTED[name], kind)
    assert found
    assert "refuted" not in found


NOTES = r"""Backprop: $z = W x + b$, $a = \sigma(z)$, $L = \frac12 \|a - y\|^2$. Let"
    r" $\delta = (a - y) \odot a \odot (1 - a)$.
$$ \frac{\partial L}{\partial z} = \delta, \quad \frac{\partial L}{\partial W} = \delta x^\top, \quad
\frac{\partial L}{\partial x} = W^\top \delta $$
"""


def test_undeclared_vectors_and_matrices():
    assert steps(NOTES) == ["taken"] * 4 + ["proved"] * 3
    assert steps(NOTES.replace(r"W^\top \delta", r"W \delta"))[-1] != "proved"
    assert (
        steps(r"$J = \frac12 \|X w - y\|^2$. $\nabla_w J = X^T (X w - y)$. $\nabla_w J = X (X w - y)$.")[1] == "proved"
    )
    assert steps(r"$f = x^T A x$. $\nabla_x f = (A + A^T) x$. $\nabla_x f = 2 A x$.") == ["taken", "proved", "refuted"]
    assert steps(r"$(A B)^T = B^T A^T$. $A B = B A$.") == ["proved", "refuted"]


def test_setting_a_derivative_to_zero_in_words():
    text = r"$J = \frac12 \|X w - y\|^2$. $\nabla_w J = X^T (X w - y)$. Setting to zero, $X^T X w = X^T y$."
    last = sd.check(text, format="markdown")[0].steps[-1]
    assert last.verdict.value == "proved"
    assert [c.origin for c in last.conditions] == ["equation"]


@pytest.mark.parametrize(
    "text",
    [
        r"\textcolor{red}{%s}",
        r"{%s}",
        r"\{%s\}",
        r"[%s]",
        r"\left(%s\right)",
        r"\mathbf{%s}",
        r"\underbrace{(x+y)^2}_{=x^2+y^2}",
    ],
)
def test_relations_in_brackets_are_judged(text):
    inner = text % "(x+y)^2=x^2+y^2" if "%s" in text else text
    assert "refuted" in steps(rf"Let $x, y \in \mathbb{{R}}$. ${inner}$")


def test_relations_in_environments_are_not_dropped_silently():
    (report,) = sd.check(X + r"$\begin{aligned} 2 x &= 3 x \end{aligned}$", format="markdown")
    assert "not judged" in report.messages[0]


def test_notes_with_a_proof_are_read_whole():
    text = r"Let $x, y \in \mathbb{R}$. $(x + y)^2 = x^2 + y^2$. \begin{proof} $x + x = 2 x$ \end{proof}"
    assert steps(text, "latex") == ["refuted", "proved"]


def test_imperatives_of_notes_ask_for_nothing():
    assert steps(X + r"Compute the slope of $f = x^2$. $\frac{df}{dx} = 3 x$")[-1] == "refuted"


def test_a_definition_by_another_is_printed():
    text = r"Let $x \in \mathbb{R}$. $$ L = x^2 $$ $$ L = x^3 $$ $$ \frac{dL}{dx} = 3 x^2 $$"
    last = sd.check(text, format="markdown")[0].steps[-1]
    assert last.verdict.value == "proved"
    assert [c.latex for c in last.conditions] == ["L = x^{3}"]


CASES = r"""Let $x \in \mathbb{R}$.

### Case $x > 0$
$|x| = x$

**Case 2: $x < 0$.** Then $|x| = -x$ and $|x| = x$.

In both cases, $|x|^2 = x^2$.

1. $x > 0$: $|x| = x$
"""


def test_cases_hold_for_what_stands_below_them():
    found = [s for r in sd.check(CASES, format="markdown") for s in r.steps]
    assert [s.verdict.value for s in found[:4]] == ["proved", "proved", "refuted", "proved"]
    assert [[c.latex for c in s.conditions] for s in (found[0], found[1], found[3])] == [["x > 0"], ["x < 0"], []]


ONE_OF_MANY = {
    "a member is not the sum": (r"Let $x_i \in \mathbb{R}$. $\sum_{i=1}^n x_i = n x_i$.", "refuted"),
    "a label is no index": (r"Let $x_h \in \mathbb{R}$. $\sum_{h=1}^n x_h = n x_h$.", "unread"),
    "the slope of a sum": (
        r"Let $x_i \in \mathbb{R}$ and $s = \sum_{i=1}^n x_i$. $\frac{\partial s}{\partial x_i} = 1$.",
        "proved",
    ),
}


@pytest.mark.parametrize("name", ONE_OF_MANY)
def test_a_name_with_a_running_letter_is_a_family(name):
    text, verdict = ONE_OF_MANY[name]
    assert steps(text)[-1] == verdict


INDEPENDENT = (
    r"w \in \mathbb{R}^n$, $y = \sum_{i=1}^n w_i m_i$. $\operatorname{Var}(y) = p (1 - p) \sum_{i=1}^n w_i^2$."
)
SAID = {
    "call": r"Let $w, x \in \mathbb{R}$. Call $z = w x$ and $h = z^2$. $\frac{dh}{dw} = 2 z x$.",
    "we write": r"Let $W \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$. We write $z = W x$ and $h = \tanh(z)$."
    r" $\nabla_x \sum_i h_i = W^\top (1 - h^2)$.",
    "named function": r"Let $\sigma$ be the tanh function. $\sigma'(z) = 1 - \sigma(z)^2$.",
    "named by its sign": r"where $\sigma = \tanh$. $\sigma'(z) = 1 - \sigma(z)^2$.",
    "what the letter usually is": r"$\sigma(-z) = 1 - \sigma(z)$.",
    "its slope": r"$\sigma'(z) = \sigma(z) (1 - \sigma(z))$.",
    "a chance": r"Let $m \in \{0, 1\}$ with $P(m = 1) = p$. $\operatorname{Var}(m) = p (1 - p)$.",
    "the other chance": r"Let $m \in \{0, 1\}$ with $P(m = 0) = p$. $E[m] = 1 - p$.",
    "members one by one": r"Let $m_1, \dots, m_n \sim \text{Bernoulli}(p)$ be independent, $" + INDEPENDENT,
    "members by a range": r"Let $m_i \sim \text{Bernoulli}(p)$, $i = 1, \dots, n$, be independent, $" + INDEPENDENT,
    "normal members": r"Let $x_1, \dots, x_n \stackrel{iid}{\sim} \mathcal{N}(0, 1)$. $E[\max(0, x_i)^2] = \frac12$.",
    "the mean of normal members": r"Let $x_i \sim \mathcal{N}(\mu, \sigma^2)$ be i.i.d. and "
    r"$m = \frac1n \sum_{i=1}^n x_i$."
    r" $\operatorname{Var}(m) = \sigma^2 / n$.",
    "a variance by its square": r"$\mu = \frac1m \sum_i x_i$, $\sigma^2 = \frac1m \sum_i (x_i - \mu)^2$."
    r" $\frac{\partial \sigma^2}{\partial x_i} = \frac2m (x_i - \mu)$.",
    "a property in passing": r"Let $u, x \in \mathbb{R}^n$. $\|(u^\top x) u\| = |u^\top x|$, as $u$ is a unit vector.",
    "the only variable": r"Let $x \in \mathbb{R}^n$ and $s = \|x\|^2$. $\nabla s = 2 x$.",
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_is_used(name):
    assert steps(SAID[name])[-1] == "proved"


@pytest.mark.parametrize(
    "text",
    [
        r"Let $x_1, \dots, x_n \stackrel{iid}{\sim} \mathcal{N}(0, 1)$. $\operatorname{Var}(\sum_i x_i) = n^2$.",
        r"Let $m \in \{0, 1\}$ with $P(m = 1) = p$. $E[m] = 1 - p$.",
        r"Let $f(x) = x^2$, $g(x) = x + 1$. $(g \circ f)(x) = (x + 1)^2$.",
        r"Let $\sigma$ be the sigmoid. $\sigma'(z) = 1 - \sigma(z)^2$.",
    ],
)
def test_and_against_wrong_lines(text):
    assert steps(text)[-1] == "refuted"


def test_one_argument_or_all_that_rest_on_it():
    text = r"Let $x \in \mathbb{R}$, $f(x, y) = x y$ and $y = x^2$. "
    assert steps(text + r"$\frac{\partial f}{\partial x} = 3 x^2$.")[-1] == "undecided"
    assert steps(text + r"$\frac{\partial f}{\partial x} = y$.")[-1] == "undecided"
    assert steps(text + r"$\frac{df}{dx} = 3 x^2$.")[-1] == "proved"
    assert steps(text + r"$\frac{df}{dx} = y$.")[-1] == "refuted"


def test_no_link_of_a_chain_is_lost_in_a_problem():
    text = r"Let $w_1 = w_2 = \frac12$, $x \in \mathbb{R}$, $f = g = x^2$. Compute $w_1 f + w_2 g$."
    document = sd.read(rf"\begin{{questions}}\question\label{{q}} {text}\end{{questions}}")
    assert document.problems["q"].grade("$x^2$").kind.value == "proved"


def test_without_what_excuses_them_they_are_refuted():
    assert steps(SOFTMAX + SLOPE)[-1] == "refuted"
    assert steps(X + r"$\sqrt{x^2} = x$.") == ["refuted"]
    assert steps(X + r"$$ |x| = x \qquad (x \le 0) $$") == ["refuted"]


@pytest.mark.parametrize("text", [r"\begin{align*} x &= \\ &= 3 x \end{align*}", r"$$ x = = 3 x $$"])
def test_a_missing_side_is_no_crash(text):
    (report,) = sd.check(X + text, format="markdown")
    assert report.messages
    assert "proved" not in [s.verdict.value for s in report.steps]


def test_a_reason_is_told():
    (report,) = sd.check(X + r"$$ x^2 = x x, \quad \text{since } x = 2 x $$", format="markdown")
    assert "not judged" in " ".join(report.messages)


def test_sums_over_two_letters():
    given = r"Repeated indices are summed over. Let $a, b, c \in \mathbb{R}^n$. Let $q = a_i b_i c_j c_j$."
    assert sd.equal("q", r"(a^\top b)(c^\top c)", given).proved
    assert sd.equal("a_i b_i", r"\sum_{i=1}^n a_i b_i", given).proved
    assert sd.equal("a_i b_i", r"2 \sum_{i=1}^n a_i b_i", given).refuted


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (X + r"For $x > 0$, $|x| = x$.", "proved"),
        (X + r"For $x > 0$, $|x| = 7 x$.", "refuted"),
        (X + r"For all $x$ with $x > 0$, $|x| = x$.", "proved"),
        (X + r"Assuming $x > 0$, $|x| = x$.", "proved"),
        (X + r"For $x > 0$, $x < 10$, we have $|x| = x$.", "proved"),
        (X + r"Let $f = x^2$. With the chain rule, $\frac{\partial f}{\partial x} = 7 x$.", "refuted"),
        (X + r"Let $f = x^2$. For the derivative $\frac{\partial f}{\partial x} = 2 x$.", "proved"),
    ],
)
def test_the_main_clause_is_no_condition(text, verdict):
    assert steps(text)[-1] == verdict


def test_no_line_is_lost_after_every():
    assert steps(X + r"For every real number $x$, $x = 2 x$.") != []


def test_a_value_beside_a_relation_may_be_its_condition():
    start = r"Let $a, b \in \mathbb{R}$. "
    assert steps(start + r"$$ (a + b)^2 = a^2 + b^2, \quad b = 0 $$")[0] == "undecided"
    assert steps(start + r"$$ (a + b)^2 = a^2 + 2 b^2, \quad b = 1 $$")[0] == "refuted"


def test_the_last_term_of_notes_carries_its_conditions():
    (report,) = sd.check(X + r"$|x| = x$ for $x > 0$.", format="markdown")
    assert [c.latex for c in report.answer.conditions] == ["x > 0"]


TWO = r"""\begin{questions}\question Let $y = a x^2$.
Derive $\frac{\partial y}{\partial x}$ and $\frac{\partial y}{\partial a}$.
\begin{solution} %s \end{solution}\end{questions}"""


def test_all_that_is_asked_for_must_be_answered():
    slope = r"$\frac{\partial y}{\partial x} = 2 a x$."
    other = r"$\frac{\partial y}{\partial a} = x^2$."
    (whole,) = sd.check(TWO % (slope + " " + other), format="latex")
    (half,) = sd.check(TWO % other, format="latex")
    (wrong,) = sd.check(TWO % (slope.replace("2 a", "3 a") + " " + other), format="latex")
    assert [r.answer.verdict.value for r in (whole, half, wrong)] == ["proved", "undecided", "refuted"]
    assert "not answered" in half.messages[-1]


def test_what_defines_no_name_is_an_assumption():
    (report,) = sd.check(X + r"Put $x + x = 3 x$. Then $2 x = 3 x$.", format="markdown")
    assert report.steps[0].role.value == "premise"
    assert [c.latex for c in report.steps[1].conditions] == ["x + x = 3 x"]


def test_letters_of_an_earlier_part_may_stand_for_other_things():
    text = r"""# First

Let $x \in \mathbb{R}^n$ and $s = \|x\|^2$. $\nabla_x s = 2 x$.

# Second

$f(x, y) = x y$. $\frac{\partial f}{\partial y} = x$.
"""
    assert steps(text) == ["taken", "proved", "taken", "proved"]


def test_systems_are_conditions():
    text = r"\begin{align*} 2 w_0 + 3 w_1 &= 7 \\ 3 w_0 + 5 w_1 &= 12 \end{align*} with solution $w_0 = -1$, $w_1 = 3$."
    assert "refuted" not in steps(text)


def test_a_wrong_case_is_found():
    text = (
        r"Let $p = \sigma(z)$ and $L = -y \log p - (1 - y) \log(1 - p)$."
        "\n\n"
        r"**Case 1: $y = 1$.** $\frac{\partial L}{\partial z} = p - 1$."
        "\n\n"
        r"**Case 2: $y = 0$.** $\frac{\partial L}{\partial z} = 1 - p$."
        "\n\n"
        r"In both cases $\frac{\partial L}{\partial z} = p - y$."
        "\n\n"
        r"Let $x_1, \dots, x_n \sim \mathcal{N}(0, 1)$ be i.i.d."
    )
    assert steps(text)[2:] == ["proved", "refuted", "proved"]


def test_two_moments_are_no_law():
    normal = r"Let $x_1, \dots, x_n \sim \mathcal{N}(0, \sigma^2)$ be i.i.d. Then "
    for right in (
        r"E[e^{x_i}] = e^{\sigma^2 / 2}",
        r"\operatorname{Var}(x_i^2) = 2 \sigma^4",
        r"E[x_i^4] = 3 \sigma^4",
    ):
        assert steps(f"{normal}${right}$.") == ["undecided"]
    assert steps(normal + r"$E[x_i^2] = \sigma$.") == ["refuted"]
    question = normal.replace("Then", "Compute $E[x_1^4]$.")
    problem = sd.read(rf"\begin{{questions}}\question\label{{q}} {question}\end{{questions}}").problems["q"]
    assert problem.grade(r"3 \sigma^4").kind.value == "undecided"


@pytest.mark.parametrize(
    "words",
    [
        "If $x$ is Gaussian then",
        "For Gaussian $x$,",
        "Under the null hypothesis,",
        "Near zero we have",
        "Around the origin",
        "Asymptotically",
        "With tied weights,",
        "On average",
        "In the stationary regime",
        "Absorbing constants,",
        "Without the bias we have",
        "At equilibrium we have",
    ],
)
def test_a_circumstance_that_was_not_read_is_no_refutation(words):
    assert steps(rf"Let $x \in \mathbb{{R}}$. {words} $x^4 - 1 = 3 x^2$.") == ["undecided"]


@pytest.mark.parametrize(
    "words",
    [
        "By the chain rule",
        "For every $x$,",
        "Expanding the square on the left-hand side, we see that",
        "On the other hand,",
        "With the product rule:",
        "Similarly, for the second term, we get",
        "Substituting this into the definition of the loss",
        "Clearly,",
    ],
)
def test_plain_words_are_no_circumstance(words):
    assert steps(rf"Let $x \in \mathbb{{R}}$. {words} $(x + 1)^2 = x^2 + 1$.") == ["refuted"]


def test_a_condition_of_nothing_is_listed():
    report = sd.check(r"Let $x \in \mathbb{R}$. At equilibrium $x^2 = 1$.", format="markdown")[0]
    assert not report.steps
    assert any("x^2 = 1" in str(m) for m in report.messages)


def test_what_holds_under_a_condition_is_not_assumed_for_the_rest():
    start = r"Let $x, y \in \mathbb{R}$. "
    assert steps(start + r"If $x$ dominates $y$, then $x \ge y$. So $|x - y| = x - y$.") == ["undecided", "undecided"]
    assert steps(start + r"$x \ge y$ unless $x$ is dominated. So $|x - y| = x - y$.") == ["undecided", "undecided"]
    assert steps(start + r"Assume $x \ge y$. So $|x - y| = x - y$.") == ["taken", "proved"]


@pytest.mark.parametrize(
    "text",
    [
        r"Let $f(x) = x^2$ for $x > 0$ and $f(x) = 0$ otherwise. $f(-1) = 1$.",
        r"Let $y = x$ if $x > 0$ and $y = -x$ otherwise. $y = x$.",
        r"Let $y = x$ plus noise. $y = x$.",
        r"Let $x \sim \mathcal{N}(0, 1)$ truncated to $x > 0$. $E[x] = 0$.",
        r"Let $x, y \in \mathbb{R}$ with $x > 0$ whenever $y > 0$. $|x| = x$.",
        r"Let $x \in \mathbb{R}^n$ with $x_i = 0$ for some $i$. $\sum_i x_i = 0$.",
        r"Let $\phi$ be the squared ReLU. $\phi(3) = 3$.",
        r"Let $A \in \mathbb{R}^{2 \times 2}$ be positive semidefinite. $A_{12} > 0$.",
        r"Let $A \in \mathbb{R}^{n \times n}$ be skew symmetric. $A^\top = A$.",
        r"Let $y \in \mathbb{R}^n$ be an average of one-hot vectors. $y_1^2 = y_1$.",
        r"Let $X, Y$ be random variables that are independent given $Z$. $E[X Y] = E[X] E[Y]$.",
        r"Let $X$ be a symmetric random variable with mean $\mu$. $E[X] = 0$.",
        r"Let $X$ be a random variable of not necessarily zero mean. $E[X] = 0$.",
        r"Let $z \sim \mathcal{N}(0, 1)$ and $x \sim \mathcal{N}(z, 1)$. $\operatorname{Var}(x) = 1$.",
        "Let $x \\in \\mathbb{R}$.\n\n**Case 1: $x > 0$.** $|x| = x$.\n\n**Case 2: otherwise.** $|x| + 1 = x + 1$.",
        r"Let $x \in \mathbb{R}$. Suppose $x > 0$. Then $|x| = x$. Otherwise, $|x| + 1 = x + 1$.",
        r"Let $x \in \mathbb{R}$. We do not assume $x > 0$. Then $|x| = x$.",
        r"Let $x \in \mathbb{R}$. Others define $y = x$. $y = x$.",
        r"Let $x \in \mathbb{R}$. $|x| = x$ for all $x$, in particular for $x > 0$.",
        r"The summation convention is not used. Let $a, b \in \mathbb{R}^n$. $a_i b_i = a^\top b$.",
        r"The logarithm does not have base 2. $\log 2 = 1$.",
        r"Let $x \in \mathbb{R}$. $\lim_{x \to 0} x + x = x$.",
        r"Let $x \in \mathbb{R}$. $\frac{d}{dx} x^2 + 3 x = 5 x$.",
        r"Let $x, y \in \mathbb{R}^n$. $\max_i x_i + y_i = y_i + \max_i x_i$.",
        r"$L = \frac12 \|y - W x\|^2$. $\frac{\partial L}{\partial x} = -W (y - W x)$.",
        r"$y = \frac{x}{\|x\|}$. $\frac{\partial y}{\partial x} = 0$.",
        r"$x y^\top z = z y^\top x$.",
        r"For matrices, $A B = B A$.",
        r"Let $A, B$ be linear maps. $A B = B A$.",
        r"Let $x$ be a complex number. $x^2 \ge 0$.",
        r"Let $\pi$ be the mixing weight. $\pi > 3$ holds. Hence $\pi > 3$.",
        r"Let $A \in \mathbb{R}^{n \times n}$. $\operatorname{tr}(\exp(A)) = \sum_i e^{A_{ii}}$.",
    ],
)
def test_what_is_half_understood_proves_nothing(text):
    assert steps(text)[-1] != "proved"


@pytest.mark.parametrize(
    "text",
    [
        r"Let $\phi$ be the ReLU. $\phi(3) = 3$.",
        r"Let $f(x) = \log x$ for $x > 0$. $f(1) = 0$.",
        r"Let $x \in \mathbb{R}$. $\frac{d}{dx} (x^2 + 3 x) = 2 x + 3$.",
        r"Let $w \in \mathbb{R}$ and $L = w^2$. $\frac{\partial}{\partial w} L + w = 3 w$.",
        r"$L = \frac12 \|y - W x\|^2$. $\frac{\partial L}{\partial x} = -W^\top (y - W x)$.",
        r"$p = \sigma(w^\top x + b)$. $\frac{\partial p}{\partial w} = p (1 - p) x$.",
        r"The weights $w_i$, $i = 1, \dots, n$, are i.i.d. with mean 0 and variance $s$. $E[w_i^2] = s$.",
    ],
)
def test_what_is_understood_is_proved(text):
    assert steps(text)[-1] == "proved"


@pytest.mark.parametrize(
    "text",
    [
        r"Let $A \in \mathbb{R}^{n \times n}$ be similar to a symmetric matrix. $A^\top = A$.",
        r"Let $Q \in \mathbb{R}^{n \times n}$ be a block of an orthogonal matrix. $Q^\top Q = I$.",
        r"Let $Q \in \mathbb{R}^{n \times n}$ be orthogonal to $P$. $Q^\top Q = I$.",
        r"Let $c \in \mathbb{R}$ be less than a positive number. $|c| = c$.",
        r"Let $y \in \mathbb{R}^n$ be a noisy one-hot vector. $\sum_i y_i = 1$.",
        r"Let $X$ be a random variable with conditional mean zero. $E[X] = 0$.",
        r"Let $\phi$ be the negative sigmoid. $\phi(0) = \frac12$.",
        r"Let $\phi$ be tanh or sigmoid. $\phi(0) = 0$.",
        r"Let $X, Y$ be random variables that are independent within each class. $E[X Y] = E[X] E[Y]$.",
        r"Let $x, y$ be random variables independent of the noise. $E[x y] = E[x] E[y]$.",
    ],
)
def test_a_property_is_stated_by_a_phrase_of_which_each_word_is_known(text):
    assert steps(text) == ["undecided"]


@pytest.mark.parametrize(
    "text",
    [
        r"Let $a, b \in \mathbb{R}$ with $a + b = 1$. Let $f = a b$. $\frac{df}{da} = b$.",
        r"Let $a, b \in \mathbb{R}$ with $a + b = 1$. Let $f = a b$. $\frac{df}{da} = 1 - 2 a$.",
        r"Let $a, b \in \mathbb{R}$ with $b = a^2$. Let $g = a b$. $\frac{dg}{da} = b$.",
    ],
)
def test_a_derivative_may_follow_an_equation_or_not(text):
    assert steps(text)[-1] != "proved"


def test_what_a_text_defines_or_solves_ties_nothing():
    text = r"Let $a, b \in \mathbb{R}$ with $b = a^2$. Let $g = a b$. $\frac{dg}{da} = 3 a^2$."
    assert steps(text)[-1] == "proved"
    text = r"Let $a, c, w \in \mathbb{R}$ and $f = a (w - c)^2$. Set $2 a (w - c) = 0$. $\frac{d^2 f}{dw^2} = 2 a$."
    assert steps(text)[-1] == "proved"


@pytest.mark.parametrize(
    "text",
    [
        r"Let $x, y \in \mathbb{R}$. One could define $y = x$. $2 y - x = x$.",
        X + r"Some authors assume $x > 0$. $|x| = x$.",
        X + r"It makes no sense to assume $x > 0$. $|x| = x$.",
    ],
)
def test_what_others_define_or_assume_proves_nothing(text):
    assert steps(text)[-1] == "undecided"


@pytest.mark.parametrize(
    "words",
    [
        r"For arbitrary $x \in \mathbb{R}$,",
        r"Now let $x \in \mathbb{R}$ be arbitrary. Then",
        "In general,",
        "We now drop this assumption. Then",
        "The assumption is lifted. Hence",
        "Without this assumption,",
        "For any real $x$,",
    ],
)
def test_what_was_assumed_may_be_taken_back(words):
    assert steps(X + r"Assume $x > 0$. " + words + " $|x| = x$.")[-1] == "undecided"
    assert steps(X + r"Assume $x > 0$. " + words + " $|x|^2 = x^2$.")[-1] == "proved"


def test_values_given_as_examples_do_not_narrow_a_claim():
    assert steps(X + r"For all $x$, say for $x > 0$, $|x| = x$.")[-1] == "undecided"


@pytest.mark.parametrize(
    "text",
    [
        X + r"Let $y = x$ on average. $y^2 = x^2$.",
        X + r"Let $y = x$ to first order. $y^2 = x^2$.",
        X + r"Let $y = x$ at initialization. $y^2 = x^2$.",
        r"Let $x \in \mathbb{R}^n$. Let $y = x$ with the mean removed. $\sum_i y_i = \sum_i x_i$.",
        r"Let $A \in \mathbb{R}^{n \times n}$. Let $B = A$ transposed. $B = A$.",
        X + r"Let $y = x \text{ or } 2 x$. $y = x$.",
        X + r"In contrast to Smith, where $y = x$, let $y = 2 x$. $y = x$.",
        X + r"If we assume $x > 0$, it is easy. $|x| = x$.",
        X + r"Suppose $x > 0$ fails. $|x| = x$.",
        r"Let $A \in \mathbb{R}^{n \times n}$ be non symmetric. $A^\top = A$.",
        r"Let $c \in \mathbb{R}$ be positive for $n = 1$. $|c| = c$.",
        r"Let $X, Y$ be random variables that are independent for fixed $Z$. $E[X Y] = E[X] E[Y]$.",
        r"Let $X$ be a random variable whose square has zero mean. $E[X] = 0$.",
        r"Let $X$ be a random variable, symmetric about one. $E[X] = 0$.",
        r"Let $x, y$ be random variables with independent coordinates. $E[x y] = E[x] E[y]$.",
        r"Let $b \sim \text{Bernoulli}(p)$ scaled by $1/p$. $E[b] = p$.",
        r"Let $X \sim \mathcal{N}(0, 1)$ truncated to $X > 0$. $E[X] = 0$.",
    ],
)
def test_a_word_after_what_is_said_may_change_it(text):
    assert steps(text)[-1] != "proved"


@pytest.mark.parametrize(
    "text",
    [
        (
            r"Let $\epsilon \sim \mathcal{N}(0, 1)$, $y = \epsilon^2$ and $x \sim \mathcal{N}(y, 1)$."
            r" $\operatorname{Var}(x) = 1$."
        ),
        r"Let $x | y \sim \mathcal{N}(y, 1)$ and $y \sim \mathcal{N}(0, 1)$. $\operatorname{Var}(x) = 1$.",
        r"Let $x^2 \sim \mathcal{N}(0, 1)$. $E[x] = 0$.",
    ],
)
def test_laws_in_steps_are_not_laws_of_one(text):
    assert steps(text)[-1] == "unread"


def test_a_function_has_no_value_outside_its_domain():
    f = r"Let $f(x) = x^2$ for $x > 0$. "
    assert steps(f + "$f(-1) = 1$.")[-1] == "undecided"
    assert steps(f + "$f(2) = 4$.")[-1] == "proved"
    report = sd.check(f + "$f'(x) = 2 x$.")[0].steps[-1]
    assert report.verdict.value == "proved"
    assert [c.latex for c in report.conditions] == ["x > 0"]
    assert steps(r"Let $f(x) = x$ for $0 < x < 1$. $f(5) = 5$.")[-1] == "undecided"
    assert steps(r"Let $f(x) = 0$ for $x = 0$. $f(1) = 0$.")[-1] == "undecided"
    assert steps(r"Let $f(x) = x$ for all $x \ne 1$. $f(1) = 1$.")[-1] == "undecided"
    assert steps(r"Let $f(x) = \log x$ for $x > 0$. $f(1) = 0$.")[-1] == "proved"
    assert steps(r"Let $f(x, y) = x y$ and $y = x^2$. $f(2, 3) = 6$.")[-1] == "proved"


@pytest.mark.parametrize(
    "text",
    [
        r"Let $f(x) = 1/x$ where $x > 0$. Then $f({}) = 1/({})$.",
        r"Let $f(x) = x^2$, $x \in (0, 3)$. Then $f({}) = ({})^2$.",
        r"Let $f(x) = x^2$ for $x \in (0, 3)$. Then $f({}) = ({})^2$.",
        r"For $x > 0$ let $f(x) = x^2$. Then $f({}) = ({})^2$.",
        r"$$f(x) = x^2,\quad x > 0.$$ Then $f({}) = ({})^2$.",
        r"$f(x) = x^2$ for $x > 0$. Then $f({}) = ({})^2$.",
    ],
)
def test_a_domain_may_stand_anywhere_in_the_sentence(text):
    assert steps(text.replace("{}", "2"))[-1] == "proved"
    assert steps(text.replace("{}", "-1"))[-1] == "undecided"


def test_a_domain_may_stand_in_another_column():
    f = r"\begin{align*} f(x) &= x^2 && (x > 0) \end{align*} "
    assert steps(f + "Then $f(2) = 4$.")[-1] == "proved"
    assert steps(f + "Then $f(-1) = 1$.")[-1] == "undecided"


def test_what_holds_for_some_indices_holds_for_those():
    given = r"Let $x, y \in \mathbb{R}^n$ and $y_i = x_i$ for $i < n$. "
    assert steps(given + "Then $y_n = x_n$.")[-1] != "proved"
    report = sd.check(given.replace("and", ". Suppose") + "Then $y_i = x_i$.")[0].steps[-1]
    assert report.verdict.value != "proved" or "i < n" in [c.latex for c in report.conditions]


def test_an_even_size_is_no_even_function():
    assert steps("Let $n$ be even. Then $n = 2 (n / 2)$.")[-1] == "proved"
    assert steps("Let $n$ be even. Then $n + 1 = 2 n$.")[-1] == "refuted"


def test_sides_without_values_do_not_agree():
    assert steps("Let $g(z) = z^2$ for $z > 0$ and $z < 0$. Then $g'(z) = 1 - g(z)^2$.")[-1] == "undecided"


@pytest.mark.parametrize(
    "text",
    [
        r"Summation convention off. Let $a, b \in \mathbb{R}^n$. $a_i b_i = a^\top b$.",
        (
            r"Repeated indices are summed only if a sum sign stands before them. Let $a, b \in \mathbb{R}^n$."
            r" $a_i b_i = a^\top b$."
        ),
        r"Logs have base 2 in the code only. $\log 2 = 1$.",
        r"Unless said otherwise, logarithms are to base 2. Here we use natural logarithms. $\log 2 = 1$.",
    ],
)
def test_a_convention_somewhere_else_is_none(text):
    assert steps(text)[-1] != "proved"


@pytest.mark.parametrize(
    "text",
    [
        "$|x| = x$ for no $x > 0$.",
        "$|x| = x$ when $x > 0$ is violated.",
        "$|x| = x$ if $x > 0$ or not.",
        "$|x| = x$ although not for $x > 0$.",
        "$|x| = x$ holds more generally than for $x > 0$.",
        "No matter if $x > 0$, $|x| = x$.",
        "If $x > 0$ there is nothing to show; else $|x| = x$.",
        "**Case 1: $x > 0$.** $|x| = x$.\n\n**Case 2.** $|x| = x$.",
        "**Case 1: $x > 0$.** $|x| = x$.\n\n**Second case.** $|x| + 1 = x + 1$.",
        "**Case 1: $x > 0$.** $|x| = x$.\n\n**Conclusion.** $|x| + 1 = x + 1$.",
        "Suppose $x > 0$. Then $|x| = x$. In the other case, $|x| + 1 = x + 1$.",
    ],
)
def test_a_condition_may_be_another(text):
    assert steps(X + "\n\n" + text)[-1] == "undecided"


def test_each_clause_has_its_condition():
    assert steps(X + "If $x > 0$ then $|x| = x$, and if $x < 0$ then $|x| = -x$.")[-2:] == ["proved", "proved"]
    assert steps(X + "If $x > 0$ then $|x| = x$, and if $x < 0$ then $|x| = x$.")[-2:] == ["proved", "refuted"]
    assert steps(X + "If $x > 0$, $|x| = x$; if $x < 0$, $|x| = -x$.")[-2:] == ["proved", "proved"]
    assert steps(X + "If $x > 0$, then $|x| = -x$, if $x < 0$.")[-1] == "undecided"


@pytest.mark.parametrize(
    "formula",
    [
        r"[x] = x", r"2 [x] = 2 x", r"\{x\} = x", r"2 \frac12 = 1", r"f^2(x) = x^4", r"\operatorname{tr} \sqrt{A} = 1",
        r"\partial_x x^2 + x = 3 x", r"\sum_{i=1}^3 i + i = 6 + i",
    ],
)  # fmt: skip
def test_notation_with_two_readings_is_not_read(formula):
    text = r"Let $x \in \mathbb{R}$, $A \in \mathbb{R}^{n \times n}$, $f(x) = x^2$, $i \in \mathbb{N}$. "
    assert steps(text + f"${formula}$.")[-1] == "unread"


@pytest.mark.parametrize(
    "formula",
    [
        r"2 [x + 1] = 2 x + 2", r"\frac{d}{dx}[x] = 1", r"2 \cdot \frac12 = 1", r"f(x)^2 = x^4",
        r"\frac{d}{dx} x^2 + \frac{d}{dx} x^3 = 2 x + 3 x^2", r"\sum_{i=1}^3 i + \sum_{i=1}^2 i = 9",
    ],
)  # fmt: skip
def test_and_without_them_it_is(formula):
    assert steps(r"Let $x \in \mathbb{R}$, $f(x) = x^2$. " + f"${formula}$.")[-1] == "proved"


@pytest.mark.parametrize(
    "text",
    ["$A^{-1} B A = B$.", r"Let $W$ be the weights and $x$ the input. $W x = x W$.", r"$\eta(t + 1) = \eta t + \eta$."],
)
def test_what_is_taken_as_a_number_is_said(text):
    step = sd.check(text)[0].steps[-1]
    assert step.verdict.value == "proved"
    assert any(c.origin == "inferred" and c.latex.endswith("is a number") for c in step.conditions)


@pytest.mark.parametrize(
    "text",
    [
        X + r"Let $y = \max(0, x)$. On: $\frac{dy}{dx} = 1$.",
        X + r"Let $y = \max(0, x)$. Either $\frac{dy}{dx} = 1$ or $\frac{dy}{dx} = 0$.",
        X + r"Let $y = \max(0, x)$. The derivative depends on the sign of $x$. It is $\frac{dy}{dx} = 1$.",
        (
            r"Let $p = \sigma(z)$, $L = -y \log p - (1 - y) \log(1 - p)$. The true label is one."
            r" So $\frac{\partial L}{\partial z} = p - 1$."
        ),
        (
            r"Let $x \in \mathbb{R}^n$, $p = \operatorname{softmax}(x)$. Choose two different indices $i, j$."
            r" $\frac{\partial p_i}{\partial x_j} = -p_i p_j$."
        ),
        r"Let $X, Y$ be random variables, and let the noise be independent of the signal. $E[X Y] = E[X] E[Y]$.",
        (
            r"Let $\pi, \mu \in \mathbb{R}^n$, $c \in \mathbb{R}$. Mixing weights add up to one."
            r" $\sum_k \pi_k (\mu_k - c) = \sum_k \pi_k \mu_k - c$."
        ),
        r"Let $\beta$ be the momentum coefficient. $\beta^2 < \beta$.",
        r"Let $\Sigma \in \mathbb{R}^{n \times n}$, $x \in \mathbb{R}^n$. $\nabla_x (x^\top \Sigma x) = 2 \Sigma x$.",
        (
            r"Assume the components of $q$ and $k$ are independent with mean 0 and variance 1."
            r" $\operatorname{Var}(q \cdot k / \sqrt{d}) = 1$."
        ),
        "# Unit vectors\n\nLet $x, y \\in \\mathbb{R}^n$. $\\|x - y\\|^2 = 2 - 2 x^\\top y$.",
        X + r"Let $A \in \mathbb{R}^{n \times n}$ be not symmetric. $A^\top = A$.",
    ],
)
def test_what_words_may_excuse_is_not_refuted(text):
    assert steps(text)[-1] not in ("refuted", "proved")


def test_what_stands_in_an_environment_holds_below_it():
    text = (
        r"\begin{remark} We assume throughout that $\|x\| = 1$. \end{remark}"
        r" Let $x \in \mathbb{R}^n$ and $P = I - x x^\top$. Then $P^2 = P$."
    )
    assert "refuted" not in steps(text, "latex")
    note = r"Let $x \in \mathbb{R}^n$ and $P = I - x x^\top$.\footnote{Here $x$ is a unit vector.} Then $P^2 = P$."
    assert steps(note, "latex")[-1] == "undecided"


@pytest.mark.parametrize(
    "text",
    [
        r"The loss is $L = \frac12 e^2$ with $e = y - z$. So $\frac{\partial L}{\partial z} = -e$.",
        r"The loss is $L = \frac12 e^2$, where $e = y - z$. So $\frac{\partial L}{\partial z} = -e$.",
        (
            r"Let $w, x, y \in \mathbb{R}$ and $L = \frac12 (w x - y)^2$. With the error $e = w x - y$,"
            r" $\frac{\partial L}{\partial w} = e x$."
        ),
    ],
)
def test_e_may_be_an_error(text):
    assert steps(text)[-1] == "proved"


def test_a_value_of_a_function_is_no_definition_of_it():
    text = (
        r"Let $w, x \in \mathbb{R}$. At $w = 0$ we have $\sigma(w x) = \frac12$. $\sigma'(x) = \sigma(x) \sigma(-x)$."
    )
    assert steps(text)[-1] == "proved"


def test_struck_terms_stay_left_out_in_the_rows_below():
    text = r"Let $a, b \in \mathbb{R}$. $$ (a + b)^2 = a^2 + \underbrace{2 a b}_{\to0} + b^2 = a^2 + b^2 $$"
    assert "refuted" not in steps(text)


def test_a_slash_after_a_function_has_two_readings():
    assert steps(X + r"$\sin x / 2 = \sin \frac{x}{2}$.")[-1] == "unread"
    assert steps(X + r"$\sin(x) / 2 = \frac{\sin x}{2}$.")[-1] == "proved"


@pytest.mark.parametrize(
    "text",
    [
        r"Let $x \in \mathbb{R}^n$. $\sum_{i=1}^n x_i - \mu = \sum_{i=1}^n x_i - n \mu$.",
        r"Let $a, x \in \mathbb{R}^n$, $b \in \mathbb{R}$. $\nabla_x a^\top x + b = a$.",
        r"Let $x, y \in \mathbb{R}$. $\partial_x x^2 y + y^3 = 2 x y$.",
    ],
)
def test_an_operator_may_take_the_whole_sum(text):
    step = sd.check(text)[0].steps[-1]
    assert step.verdict.value == "undecided"
    assert step.reason.code == "other-reading"


def test_and_else_the_line_is_wrong():
    assert steps(r"Let $x, y \in \mathbb{R}$. $\partial_x x^2 y + y^3 = 2 x y + y$.")[-1] == "refuted"


def test_words_do_not_change_what_numerals_make():
    assert steps(r"For a head with ten classes, the count is $10 \cdot 2048 + 10 = 20480$.")[-1] == "refuted"
    assert steps(r"Modulo $7$, $3 \cdot 5 = 1$.")[-1] != "refuted"
    assert steps(X + r"For a head with ten classes, $10 x + 10 = 20 x$.")[-1] == "undecided"


@pytest.mark.parametrize("formula", [r"\Delta y = 2 x \Delta x", r"D_x f = 3 x"])
def test_a_letter_before_a_name_may_be_an_operator(formula):
    assert steps(r"Let $x \in \mathbb{R}$, $f = x^3$ and $y = x^2$. " + f"${formula}$.")[-1] != "refuted"


def test_the_loss_is_no_constant():
    text = r"Let $L$ be the loss and $w \in \mathbb{R}$. $\frac{\partial L}{\partial w} = 2 - 2 = 0$."
    assert "proved" not in steps(text + r" Hence $\frac{\partial L}{\partial w} = 0$.")[-1:]


def test_a_rule_for_some_integers_is_none_for_all():
    assert steps(r"Let $f(n) = n^2$ for even $n$. $f(3) = 9$.")[-1] == "undecided"


def test_a_sign_that_is_no_name_is_no_crash():
    text = r"\begin{questions}\question\label{q} Let $x \in \mathbb{R}$ and $f = x^2$. Compute $f$.\end{questions}"
    assert sd.read(text).problems["q"].grade(r"\emptyset").kind.value == "undecided"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$A B = B A$.", "undecided"),
        ("$(A + B)^2 = A^2 + 2 A B + B^2$.", "undecided"),
        ("$A B - B A = 0$.", "undecided"),
        ("Let $C = A B$. Then $C = B A$.", "undecided"),
        ("Let $W$ be the weights and $X$ the inputs. $W X = X W$.", "undecided"),
        ("$(A + B) A = A^2 + B A$.", "proved"),
        (r"Let $A, B \in \mathbb{R}$. $A B = B A$.", "proved"),
        ("$a b = b a$.", "proved"),
    ],
)
def test_undeclared_capitals_do_not_commute(text, said):
    assert steps(text)[-1] == said


def test_the_order_of_undeclared_capitals_matters_in_equal_too():
    assert not sd.equal("AB", "BA").proved
    assert sd.equal("(A + B) A", "A^2 + B A").proved
    assert sd.equal("AB", "BA", r"Let $A, B \in \mathbb{R}$.").proved
    assert sd.equal("AB", "BA", r"Let $A, B \in \mathbb{R}^{2 \times 2}$.").refuted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"Let $\hat y = w x$ and $L(w) = (\hat y - y)^2 + \lambda w^2$. $L'(w) = 2 \lambda w$.", "refuted"),
        (r"Let $v = w x$ and $L(w) = (v - y)^2 + \lambda w^2$. $L'(w) = 2 x (v - y) + 2 \lambda w$.", "proved"),
        (r"Let $\hat y = w x$. Let $L(w) = (\hat y - y)^2$. $L(0) = y^2$.", "proved"),
        (r"Let $q = 1 - p$ and $V(p) = p q$. $V'(p) = q$.", "refuted"),
        (r"Let $V(p) = p q$. Let $q = 1 - p$. $V'(p) = q$.", "undecided"),
        (r"Let $z = w x$ and $f(x) = z^2$. $f(1) = w^2$.", "proved"),
        (r"Let $z = w x$ and $f(x) = z^2$. $f(1) = z^2$.", "refuted"),
        (r"Let $\ell_i = (w x_i - y_i)^2$ and $L(w) = \frac1n \sum_{i=1}^n \ell_i$. $L(0) = L(1)$.", "unread"),
        (r"Let $X \sim \mathcal{N}(\mu, 1)$ and $f(\mu) = \mathbb{E}[X^2]$. $f'(\mu) = 0$.", "unread"),
        (r"Let $e = y_i - w x_i$ and $L = \sum_{i=1}^n e^2$. $L = n e^2$.", "unread"),
        (r"Let $S = \sum_{i=1}^n a_i$. $\sum_{n=1}^N S = N S$.", "unread"),
    ],
)  # fmt: skip
def test_names_vary_with_the_letters_that_they_rest_on(text, said):
    assert steps(text)[-1] == said


@pytest.mark.parametrize(
    "text",
    [
        "Let $P(A) = 1/2$. $P(B) = 1/2$.",
        r"Let $\operatorname{rank}(A) = 1$. $\operatorname{rank}(B) = 1$.",
        "Let $d(x, y) = 1$. $d(x, x) = 1$.",
        r"Let $L(\theta^*) = 0$. $L(\theta) = 0$.",
        "Suppose $f(a) = 0$. $f(1) = 0$.",
        "Let $h(0) = 0$. $h(t) = 0$.",
        "Let $y(0) = 1$. $y = 1$.",
        r"$V(s) = r + \gamma V(s')$. $V(s') = V(s)$.",
        "Let $f(2x) = x$. $f(x) = x$.",
        "Let $f(-x) = x$. $f(x) = x$.",
        "Let $f(g(x)) = x$. $f(x) = x$.",
    ],
)
def test_a_value_at_one_argument_is_none_at_others(text):
    assert steps(text)[-1] in ("unread", "undecided")


def test_other_arguments_are_not_put_into_names_that_rest_on_one():
    given = r"Let $W, V \in \mathbb{R}^{n \times n}$, $x \in \mathbb{R}^n$, $h = W x$ and $L(W) = \|h\|^2$. "
    assert steps(given + "$L(V) = L(W)$.")[-1] == "unread"
    assert steps(given + r"$\nabla_W L(W) = 2 h x^\top$.")[-1] == "proved"


def test_a_constant_function_says_so():
    assert steps("Let $f(x) = 3$ for all $x$. $f(1) = 3$.")[-1] == "proved"
    given = r"Let $x, w \in \mathbb{R}^n$ and $\hat y(x) = \sigma(w^\top x)$. "
    assert steps(given + r"$\nabla_w \hat y = \hat y (1 - \hat y) x$.")[-1] == "proved"


@pytest.mark.parametrize(
    "text",
    [
        "In expectation $a = b$. So $a^2 = b^2$.",
        "Conjecture: $a = b$. So $a^2 = b^2$.",
        "Smith claims that $a = b$. So $a^2 = b^2$.",
        "Es gilt nicht $a = b$. Also $a^2 = b^2$.",
        "If $a = 2$ then $u = 4$. Otherwise $u = 5$. Then $u^2 = 16$.",
        "The solutions are $x = 1$ and $x = 2$. Then $x^2 = 1$.",
        "Expanding around $x = 0$, $f = 1$. Then $x f = 0$.",
        r"$x = 2 \implies x^2 = 4$. Also $x^3 = 8$.",
        r"$\exists x \colon x = 2$. Then $x^2 = 4$.",
        r"$\{x : x = 2\}$. Then $x^2 = 4$.",
        r"$$f(x) = x^2 \qquad \text{(wrong!)}$$ Then $f(2) = 4$.",
        "Let $x, y = 1, 2$. Then $y = 1$.",
        "Let $y = 0, 1$ be the label. Then $y = 0$.",
    ],
)
def test_a_definition_in_words_that_may_say_when_it_holds_is_a_condition(text):
    last = sd.check(text, format="markdown")[0].steps[-1]
    assert last.verdict.value != "proved" or any(" is as defined: " in c.latex for c in last.conditions)


@pytest.mark.parametrize(
    "text",
    [
        "If $a > 0$, set $b = 1$. If $a < 0$, set $b = -1$. Then $b = 1$.",
        "(Do we need $a = b$?) So $a^2 = b^2$.",
        r"$$f(x) \overset{?}{=} x^2$$ Then $f(2) = 4$.",
        r"Take $w = 2$. For every $w \in \mathbb{R}$, $w^3 = 8$.",
        "Let $x = 1$ or $2$. Then $x = 1$.",
        r"Let $x = 1$. Set $x \gets x + 1$. Then $x = 1$.",
        "For complex $z$, $|z|^2 = z^2$.",
    ],
)
def test_what_is_not_said_outright_proves_nothing(text):
    assert steps(text)[-1] != "proved"


@pytest.mark.parametrize(
    "text",
    [
        "Consider the equation $x^2 = x + 1$.",
        r"The characteristic equation is $\lambda^2 = \lambda + 1$. So $\lambda^3 = 2 \lambda + 1$.",
        r"We need $2 \lambda = \lambda^2$.",
        r"$$P = \Phi (\Phi^T \Phi)^{-1} \Phi^T$$ $$P^2 = P$$",
        r"The labels are $y \in \{0, 1\}$, so $y^2 = y$.",
        r"$y = \pm 1$. $\frac{1}{y} = y$.",
        r"The vectors satisfy $x \perp y$. $\|x + y\|^2 = \|x\|^2 + \|y\|^2$.",
        r"$$A \succ 0$$ $$x^T A y = y^T A x$$",
        r"Let $w, x$ be independent random variables. $E[w] = 0$. $\mathrm{Var}(w x) = \mathrm{Var}(w) E[x^2]$.",
        "$A^2 = I$. $A^{-1} = A$. $A^3 = A$.",
        r"Let $f: \mathbb{R} \to \mathbb{R}$ be the sigmoid. Then $f'(z) = f(z) (1 - f(z))$.",
        r"Let $x, y \in \mathbb{R}^n$ be normalized embeddings. Then $\|x - y\|^2 = 2 - 2 x^T y$.",
        r"Let $A \in \mathbb{R}^{n \times n}$ be the hat matrix. $A^2 = A$, $A^T = A$.",
        r"Let $p = \mathrm{softmax}(z)$, $L = -\sum_i y_i \log p_i$. $\frac{\partial L}{\partial z_i} = p_i - y_i$.",
        r"$\frac{e^{3.2}}{e^{3.2} + e^{5.1} + e^{-1.7}} = \frac{24.5}{24.5 + 164.0 + 0.18}$.",
        r"$\sigma'(0.81) = 0.69 \cdot 0.31$.",
        "Let $f(x, y) = x^2 y$. At $(1, 2)$, $f = x^2 y = 2$.",
        "Adding both equations gives $0 = 1$, so the system is inconsistent.",
        r"Claim: $\frac{d}{dx} \cos x = \sin x$. Verdict: false.",
        r"In $\mathbb{F}_2$, $1 + 1 = 0$.",
        "In floating point, $10^{16} + 1 = 10^{16}$.",
        r"Policy $\pi = 0.3$. $1 - \pi = 0.7$.",
    ],
)
def test_what_a_reader_accepts_is_not_called_wrong(text):
    assert "refuted" not in steps(text)


@pytest.mark.parametrize(
    "text",
    [
        "$(a + b)^2 = a^2 + b^2$.",
        r"$\frac{e^{3.2}}{e^{3.2} + e^{5.1} + e^{-1.7}} = \frac{24.5}{24.5 + 64.0 + 0.18}$.",
        r"$\sigma'(0.81) = 0.69 \cdot 0.41$.",
        r"$60\,000 / 128 = 469.75$.",
        r"Let $x, y \in \mathbb{R}^n$. Then $\|x - y\|^2 = 2 - 2 x^T y$.",
    ],
)
def test_and_what_is_wrong_still_is(text):
    assert steps(text)[-1] == "refuted"


@pytest.mark.parametrize(
    "text",
    [
        r"Let $z \sim \mathcal{N}(0, 1)$. $\mathbb{E}_{z \sim \mathcal{N}(1, 1)}[z^2] = 1$.",
        r"Let $z \in \mathbb{R}^n$. $\operatorname{softmax}_1(z) = \operatorname{softmax}_2(z)$.",
        r"Let $w \sim \mathcal{N}_+(0, 1)$. $\mathbb{E}[w] = 0$.",
        r"Let $w \sim \mathcal{N}(0, 1)$ and $w > 0$. $\mathbb{E}[w] = 0$.",
        r"Let $X \sim \mathcal{N}(\mu, \sigma)$, with $\sigma$ the standard deviation. $\mathrm{Var}(X) = \sigma$.",
        r"Let $w \sim \mathcal{N}(v, 1)$, where $v$ is drawn from a prior. $\operatorname{Var}(w) = 1$.",
        r"Let $\lambda > 0$ be a function of $t$. $\frac{d}{dt}(\lambda t) = \lambda$.",
        r"Let $\mu$ be the mean of $x_1, \dots, x_n$. $\frac{\partial}{\partial x_1}(x_1 - \mu) = 1$.",
        r"Let $x \in \mathbb{R}^n$ have mean $\mu$. $\frac{\partial}{\partial x_1}(x_1 - \mu) = 1$.",
        "Let $A, B$ be invertible. $(A B)^{-1} = A^{-1} B^{-1}$.",
        "$w x = x w$ ($w$ is a matrix).",
        r"For any activation function $\sigma$, $\sigma'(x) = \sigma(x) (1 - \sigma(x))$.",
        r"Throughout $\|x\|$ means the 1-norm. Let $x \in \mathbb{R}^n$. $\|x\|^2 = \sum_i x_i^2$.",
        r"Throughout, $\log$ denotes $\log_{10}$. $\log e = 1$.",
        "Superscripts denote layers. $w^2 w^3 = w^5$.",
        r"$2 + 4 + 6 + \dots + 100 = 5041$.",
    ],
)
def test_a_meaning_that_the_text_gives_is_not_overruled(text):
    assert steps(text)[-1] != "proved"
