"""Divergences and entropies of laws, against sums over a grid and against closed forms from textbooks."""

from __future__ import annotations

from math import exp, log, pi, sqrt

import pytest

import symderive as sd

NUMBERS = r"Let $\mu, m \in \mathbb{R}$ and $\sigma, s > 0$. "
VECTORS = r"Let $\mu, \sigma \in \mathbb{R}^d$ with $\sigma_j > 0$ for all $j$. "


def steps(text: str) -> list[str]:
    return [s.verdict.value for r in sd.check(text, format="markdown") for s in r.steps]


def log_density(x: float, mean: float, deviation: float) -> float:
    return -((x - mean) ** 2) / (2 * deviation**2) - log(deviation * sqrt(2 * pi))


def on_a_grid(q: tuple[float, float], of: tuple[float, float] | None, points: int = 20_000) -> float:
    """The mean of log q − log p under q, or of −log q, by the midpoint rule over twelve deviations."""
    mean, deviation = q
    step = 24 * deviation / points
    total = 0.0
    for k in range(points):
        x = mean + deviation * (24 * (k + 0.5) / points - 12)
        own = log_density(x, *q)
        total += exp(own) * (own - log_density(x, *of) if of else -own) * step
    return total


@pytest.mark.parametrize("numbers", [(0.0, 1.0, 0.0, 1.0), (1.0, 0.5, -2.0, 3.0), (-0.25, 2.0, 0.5, 1.25)])
def test_answers_are_those_of_the_integrals(numbers):
    mean, deviation, other, spread = numbers
    text = NUMBERS + r"Let $q = \mathcal{N}(\mu, \sigma^2)$ and $p = \mathcal{N}(m, s^2)$. "
    for question, of in (("Compute the KL divergence between $q$ and $p$.", (other, spread)), ("Find $H(q)$.", None)):
        answer = sd.read(text + question, format="markdown").problems["1"].derive()
        assert answer.proved
        values = {"μ": mean, "σ": deviation, "m": other, "s": spread}
        expression = sd.parse(answer.latex(), NUMBERS)
        found = expression.subs({x: values[x.name] for x in expression.free_symbols})
        assert float(found) == pytest.approx(on_a_grid((mean, deviation), of), abs=1e-6)


@pytest.mark.parametrize(
    "head", [r"D_{KL}({})", r"\mathrm{KL}({})", r"KL({})", r"D_\text{KL}\left[{}\right]", r"\mathbb{KL}({})", r"D({})"]
)
@pytest.mark.parametrize("bar", [r"\,\|\,", "||"])
def test_spellings(head, bar):
    closed = r"\log\frac{s}{\sigma} + \frac{\sigma^2 + (\mu - m)^2}{2 s^2} - \frac12"
    left = head.replace("{}", rf"\mathcal{{N}}(\mu, \sigma^2) {bar} \mathcal{{N}}(m, s^2)")
    assert steps(NUMBERS + f"${left} = {closed}$.")[-1] == "proved"
    assert steps(NUMBERS + f"${left} = {closed.replace('2 s^2', 's^2')}$.")[-1] == "refuted"


DIAGONAL = r"$D_{KL}(\mathcal{N}(\mu, \operatorname{diag}(\sigma^2)) \| \mathcal{N}(0, I)) = "
ENCODER = r"Let $q(z | x) = \mathcal{N}(z; \mu, \operatorname{diag}(\sigma^2))$ and $p(z) = \mathcal{N}(z; 0, I)$. "
SHARED = r"Let $c > 0$. $D_{KL}(\mathcal{N}(\mu, c^2 I) \| \mathcal{N}(0, c^2 I)) = "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DIAGONAL + r"\frac12 \sum_{j=1}^d (\mu_j^2 + \sigma_j^2 - 1 - \log \sigma_j^2)$.", "proved"),
        (DIAGONAL + r"\frac12 \sum_{j=1}^d (\mu_j^2 + \sigma_j^2 - 1 - \log \sigma_j)$.", "refuted"),
        (
            ENCODER + r"$D_{KL}(q(z|x) \| p(z)) = -\frac12 \sum_{j=1}^d (1 + \log \sigma_j^2 - \mu_j^2 - \sigma_j^2)$.",
            "proved",
        ),
        (SHARED + r"\frac{1}{2 c^2} \|\mu\|^2$.", "proved"),
        (SHARED + r"\frac{1}{c^2} \|\mu\|^2$.", "refuted"),
        (r"$D_{KL}(\mathcal{N}(\mu, I) \| \mathcal{N}(\sigma, 1)) = 0$.", "unread"),
        (r"Let $S \in \mathbb{R}^{d \times d}$. $D_{KL}(\mathcal{N}(\mu, S) \| \mathcal{N}(0, I)) = 0$.", "unread"),
    ],
)
def test_normal_vectors(text, said):
    assert steps(VECTORS + text)[-1] == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"$D_{KL}(q \| p) = \frac12 (\mu^2 + \sigma^2 - 1 - \log \sigma^2)$.", "proved"),
        (r"$D_{KL}(p \| q) = \frac12 (\mu^2 + \sigma^2 - 1 - \log \sigma^2)$.", "refuted"),
        (r"$D_{KL}(q \| p) = D_{KL}(p \| q)$.", "refuted"),
        (r"$\frac{\partial}{\partial \mu} D_{KL}(q \| p) = \mu$.", "proved"),
        (r"$\frac{\partial}{\partial \sigma} D_{KL}(q \| p) = \sigma - \frac{1}{\sigma}$.", "proved"),
        (r"$\frac{\partial}{\partial \sigma} D_{KL}(q \| p) = \sigma + \frac{1}{\sigma}$.", "refuted"),
        (r"$D_{KL}(q \| q) = 0$.", "proved"),
        (r"$H(q) = \frac12 \log(2 \pi e \sigma^2)$.", "proved"),
        (r"$H(q) = \frac12 \log(2 \pi \sigma^2)$.", "refuted"),
        (r"$q(\mu) = \frac{1}{\sqrt{2 \pi} \sigma}$.", "proved"),
        (r"Let $z \sim q$. $\mathbb{E}[z^2] = \mu^2 + \sigma^2$.", "proved"),
        (r"$q = 3$.", "unread"),
        (r"$q = \mathcal{N}(0, 1)$. $\mu = 0$.", "undecided"),
    ],
)
def test_laws_with_names(text, said):
    given = NUMBERS + r"Let $q = \mathcal{N}(\mu, \sigma^2)$ and $p = \mathcal{N}(0, 1)$. "
    assert steps(given + text)[-1] == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"$\mathrm{KL}(q \| p) = a \log\frac{a}{b} + (1 - a) \log\frac{1 - a}{1 - b}$.", "proved"),
        (r"$\mathrm{KL}(q \| p) = a \log\frac{a}{b}$.", "refuted"),
        (r"$H(q) = -a \log a - (1 - a) \log(1 - a)$.", "proved"),
        (r"$q = a$.", "unread"),
        (r"$\mathrm{KL}(q \| \mathcal{N}(0, 1)) = 0$.", "unread"),
    ],
)
def test_bernoulli(text, said):
    given = r"Let $0 < a < 1$ and $0 < b < 1$. Let $q = \mathrm{Bernoulli}(a)$ and $p = \mathrm{Bernoulli}(b)$. "
    assert steps(given + text)[-1] == said


@pytest.mark.parametrize(
    "text",
    [
        r"Let $x \sim \mathcal{N}(0, 1)$. $D_{KL}(\mathcal{N}(x, 1) \| \mathcal{N}(0, 1)) = x^2 / 2$.",
        r"Let $q = \mathcal{N}(0, 1)$. $D_{KL}(q \| p) = 0$.",
        r"$D_{KL}(q \| p) = 0$.",
        r"Let $q = \mathcal{N}(0, 1)$ approximately. $D_{KL}(q \| \mathcal{N}(0, 1)) = 0$.",
    ],
)
def test_what_is_said_of_no_known_law_is_not_proved(text):
    assert steps(text)[-1] in ("unread", "undecided")


@pytest.mark.parametrize("words", ["from $q$ to $p$", "of $q$ from $p$", "$q$"])
def test_the_direction_of_a_divergence_is_not_guessed(words):
    text = r"Let $q = \mathcal{N}(\mu, \sigma^2)$ and $p = \mathcal{N}(0, 1)$. Compute the KL divergence " + words + "."
    assert not sd.read(text, format="markdown").problems
