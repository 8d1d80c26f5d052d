"""Derivations by hand, marked: right ones are never called wrong, wrong ones at the right place and by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symderive.checking import Item, check_document, check_many, check_solution
from symderive.language.report import Report, Role, Said, Status
from symderive.reading.problems import read_problems

ROOT = Path(__file__).parents[1]


def mark(problem: str, solution: str) -> Report:
    """The report on a solution of the last question of a text."""
    questions = list(read_problems(problem, format="latex", path="problem.tex").walk())
    asking = [q for q in questions if q.problems] or questions
    return check_solution(asking[-1], solution, path="solution.tex", units=300_000)


def notes(text: str, format: str = "latex") -> Report:  # noqa: A002
    return check_document(read_problems(text, format=format, path="notes"), units=300_000)[-1]


def row(*rows: str) -> str:
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


CHAIN = r"Let $x, w, b, t \in \mathbb{R}$, $z = w x + b$ and $L = \frac12 (\tanh(z) - t)^2$. Derive $\frac{\partial L}{\partial w}$."
SOFTMAX = (
    r"Let $z, y \in \mathbb{R}^K$ with $\sum_{k=1}^K y_k = 1$, $p = \operatorname{softmax}(z)$ and $L = -\sum_{k=1}^K y_k \log p_k$. "
    r"Let $i$ be an index from $1$ to $K$. Derive $\frac{\partial L}{\partial z_i}$."
)
LOGISTIC = (
    r"Let $x, w \in \mathbb{R}^n$, $y \in \mathbb{R}$, let $\sigma$ be the logistic function, $p = \sigma(w^\top x)$ and "
    r"$L = -y \log p - (1 - y) \log(1 - p)$. Derive $\nabla_w L$."
)
SQUARES = r"Let $X \in \mathbb{R}^{m \times n}$, $w \in \mathbb{R}^n$, $y \in \mathbb{R}^m$ and $L = \|X w - y\|_2^2$. Derive $\nabla_w L$."
RNN = (
    r"Let $w, u, x_1, x_2, y \in \mathbb{R}$. Given $h_0 = 0$ and $h_t = \tanh(w h_{t-1} + u x_t)$ for $t = 1, 2$. "
    r"Let $L = \frac12 (h_2 - y)^2$. Derive $\frac{\partial L}{\partial w}$."
)
VARIANCE = (
    r"Let $X$ and $Y$ be independent random variables and let $a, b \in \mathbb{R}$. Derive $\mathrm{Var}(a X + b Y)$."
)
KL = r"Let $\mu \in \mathbb{R}$ and $v > 0$. Let $D = \frac12 (v^2 + \mu^2 - 1) - \log v$. Derive $\frac{\partial D}{\partial v}$."
NETWORK = (
    r"Let $h_1 = w_1 x_1 + w_2 x_2$, $h_2 = \max(0, h_1)$ and $L = \frac12 (h_2 - y)^2$. "
    r"The values are $x_1 = 1$, $x_2 = -2$, $w_1 = 3$, $w_2 = 0.5$ and $y = 1$. Compute $L$."
)
NORM = r"Let $x \in \mathbb{R}^n$ and $f = \log(1 + x^\top x)$. Derive $\nabla_x f$."
PARABOLA = r"Let $a > 0$ and $w, c \in \mathbb{R}$. Let $f = a (w - c)^2 + 1$. Derive $\frac{d f}{d w}$."
QUOTIENT = r"Let $x \in \mathbb{R}$ and $g = \frac{x}{1 + x^2}$. Derive $\frac{d g}{d x}$."
PRODUCT = r"Let $x \in \mathbb{R}$ and $s = x e^{-x}$. Derive $\frac{d s}{d x}$ and $\frac{d^2 s}{d x^2}$."
LAYER = r"Let $W \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$, $v \in \mathbb{R}^m$, $z = W x$ and $L = v^\top \tanh(z)$. Derive $\nabla_x L$."
TRACE = r"Let $A, B \in \mathbb{R}^{n \times n}$. Show that $\operatorname{tr}(A B) = \operatorname{tr}(B A)$."
RIDGE = r"Let $w, x, y \in \mathbb{R}$, $\lambda > 0$ and $L = (w x - y)^2 + \lambda w^2$. Derive $\frac{\partial L}{\partial w}$."

RIGHT = {
    "chain": (
        CHAIN,
        row(
            r"\frac{\partial L}{\partial w} &= \frac{\partial L}{\partial z} \frac{\partial z}{\partial w}",
            r"&= (\tanh(z) - t)(1 - \tanh^2(z)) \, x",
        ),
    ),
    "softmax": (
        SOFTMAX,
        row(
            r"\frac{\partial L}{\partial z_i} &= -\sum_{k=1}^K \frac{y_k}{p_k} \frac{\partial p_k}{\partial z_i}",
            r"&= -\sum_{k=1}^K y_k (\delta_{ik} - p_i)",
            r"&= -y_i + p_i \sum_{k=1}^K y_k = p_i - y_i",
        ),
    ),
    "logistic": (
        LOGISTIC,
        r"First \[ \frac{\partial L}{\partial p} = \frac{p - y}{p (1 - p)}. \] Hence \[ \nabla_w L = \frac{p - y}{p (1 - p)} p (1 - p) x = (p - y) x. \]",
    ),
    "squares": (
        SQUARES,
        row(
            r"L &= w^\top X^\top X w - 2 y^\top X w + y^\top y",
            r"\nabla_w L &= 2 X^\top X w - 2 X^\top y",
            r"&= 2 X^\top (X w - y)",
        ),
    ),
    "rnn": (
        RNN,
        row(
            r"\frac{\partial L}{\partial w} &= (h_2 - y) \frac{\partial h_2}{\partial w}",
            r"&= (h_2 - y)(1 - h_2^2) \left( h_1 + w \frac{\partial h_1}{\partial w} \right)",
            r"&= (h_2 - y)(1 - h_2^2) h_1",
        ),
    ),
    "variance": (
        VARIANCE,
        r"\[ \mathrm{Var}(a X + b Y) = \mathrm{Var}(a X) + \mathrm{Var}(b Y) = a^2 \mathrm{Var}(X) + b^2 \mathrm{Var}(Y) \]",
    ),
    "kl": (KL, r"\[ \frac{\partial D}{\partial v} = \frac12 \cdot 2 v - \frac1v = \frac{v^2 - 1}{v} \]"),
    "network": (
        NETWORK,
        row(
            r"h_1 &= w_1 x_1 + w_2 x_2 = 3 \cdot 1 + 0.5 \cdot (-2) = 2",
            r"h_2 &= \max(0, 2) = 2",
            r"L &= \frac12 (2 - 1)^2 = 0.5",
        ),
    ),
    "norm": (NORM, r"\[ \nabla_x f = \frac{1}{1 + x^\top x} \nabla_x (x^\top x) = \frac{2 x}{1 + x^\top x} \]"),
    "parabola": (
        PARABOLA,
        r"\[ \frac{d f}{d w} = 2 a (w - c) \] Setting the derivative to zero, \[ 2 a (w - c) = 0 \implies w - c = 0. \]",
    ),
    "quotient": (
        QUOTIENT,
        r"\[ \frac{d g}{d x} = \frac{(1 + x^2) - x \cdot 2 x}{(1 + x^2)^2} \] Simplified, this \[ = \frac{1 - x^2}{(1 + x^2)^2}. \]",
    ),
    "product": (
        PRODUCT,
        row(
            r"\frac{d s}{d x} &= e^{-x} - x e^{-x} = (1 - x) e^{-x}",
            r"\frac{d^2 s}{d x^2} &= -e^{-x} - (1 - x) e^{-x}",
            r"&= (x - 2) e^{-x}",
        ),
    ),
    "layer": (
        LAYER,
        r"Let $\delta = v \odot (1 - \tanh(z) \odot \tanh(z))$. \[ \nabla_z L = \delta, \quad \nabla_x L = W^\top \nabla_z L = W^\top \delta \]",
    ),
    "trace": (
        TRACE,
        r"\[ \operatorname{tr}(A B) = \sum_{i=1}^n \sum_{j=1}^n A_{ij} B_{ji} = \sum_{j=1}^n \sum_{i=1}^n B_{ji} A_{ij} = \operatorname{tr}(B A) \]",
    ),
    "ridge": (
        RIDGE,
        r"\[ \begin{aligned} \frac{\partial L}{\partial w} &= 2 x (w x - y) \\ &\quad + 2 \lambda w \\ &= 2 (x^2 + \lambda) w - 2 x y \end{aligned} \]",
    ),
    "two methods": (
        QUOTIENT,
        r"\emph{First.} \[ \frac{d g}{d x} = \frac{1 - x^2}{(1 + x^2)^2} \] \emph{Second.} \[ \frac{d g}{d x} = \frac{1}{1 + x^2} - \frac{2 x^2}{(1 + x^2)^2} \]",
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_derivations_are_not_called_wrong(name):
    report = mark(*RIGHT[name])
    shown = [(s.id, s.source, s.verdict, s.reason) for s in report.steps if s.judged]
    assert shown
    assert report.first_wrong is None, shown
    assert not [s for s in report.steps if s.verdict in (Said.REFUTED, Said.UNREAD)], shown
    proved = sum(s.verdict is Said.PROVED for s in report.steps)
    assert proved >= 0.75 * len(shown), shown


@pytest.mark.parametrize("name", ["chain", "logistic", "squares", "kl", "network", "norm", "product", "layer", "trace"])
def test_answers_are_compared_with_the_goal(name):
    report = mark(*RIGHT[name])
    if report.goal:
        assert report.answer is not None
        assert report.answer.verdict is Said.PROVED, report.answer


WRONG = [  # derivation, what is replaced, by what, the relation that is wrong, kinds of mistake that say it
    ("chain", r"(1 - \tanh^2(z))", r"(1 + \tanh^2(z))", 2, {"sign"}),
    ("chain", r"\, x", r"", 2, {"lost factor", "dropped chain-rule factor"}),
    ("softmax", r"(\delta_{ik} - p_i)", r"(\delta_{ik} + p_i)", 2, {"sign"}),
    (
        "squares",
        r"2 X^\top X w - 2 X^\top y",
        r"2 X X^\top w - 2 X^\top y",
        2,
        {"transposition", "swapped product", None},
    ),
    ("squares", r"2 X^\top (X w - y)", r"X^\top (X w - y)", 3, {"lost factor"}),
    (
        "kl",
        r"\frac12 \cdot 2 v - \frac1v",
        r"\frac12 \cdot 2 v - v",
        1,
        {"reciprocal", "lost factor", "square for the thing itself", "number", None},
    ),
    ("quotient", r"- x \cdot 2 x", r"+ x \cdot 2 x", 1, {"sign"}),
    ("quotient", r"}{(1 + x^2)^2}. \]", r"}{1 + x^2}. \]", 2, {"square for the thing itself", "lost factor"}),
    ("product", r"= (1 - x) e^{-x}", r"= (1 + x) e^{-x}", 2, {"sign"}),
    ("layer", r"= W^\top \nabla_z L", r"= W \nabla_z L", 2, {"transposition"}),
    ("norm", r"\frac{2 x}{1 + x^\top x}", r"\frac{x}{1 + x^\top x}", 2, {"lost factor"}),
    ("ridge", r"2 \lambda w", r"\lambda w", 1, {"lost factor"}),
    ("rnn", r"(1 - h_2^2) h_1\n", r"", 3, set()),
    ("variance", r"a^2 \mathrm{Var}(X)", r"a \mathrm{Var}(X)", 2, {"square for the thing itself", "lost factor"}),
    ("network", r"\max(0, 2) = 2", r"\max(0, 2) = 3", 5, {"number"}),
]


@pytest.mark.parametrize(("name", "old", "new", "where", "kinds"), [w for w in WRONG if w[4]])
def test_an_error_is_located_and_named(name, old, new, where, kinds):
    problem, solution = RIGHT[name]
    assert solution.count(old) >= 1
    report = mark(problem, solution.replace(old, new, 1))
    shown = [(s.id, s.source, s.verdict, s.status, s.reason) for s in report.steps]
    judged = [s for s in report.steps if s.role in (Role.CLAIM, Role.STEP)]
    wrong = [k for k, s in enumerate(judged, 1) if s.status is Status.SLIP]
    unread = judged[where - 1].verdict is Said.UNREAD or (
        judged[where - 1].reason is not None and judged[where - 1].reason.code == "shape"
    )
    assert wrong[:1] == [where] or unread, shown
    if not unread:
        step = judged[where - 1]
        assert (step.mistake.kind if step.mistake else None) in kinds, (step.mistake, shown)
        assert step.counterexample is not None


def test_places_lead_to_the_file():
    report = mark(
        QUOTIENT,
        "Indeed\n" + row(r"\frac{d g}{d x} &= \frac{1 + x^2 - 2 x^2}{(1 + x^2)^2}", r"&= \frac{1 + x^2}{(1 + x^2)^2}"),
    )
    assert [(s.span.file, s.span.line) for s in report.steps] == [("solution.tex", 3), ("solution.tex", 4)]
    assert report.first_wrong == 2


# -- chains -----------------------------------------------------------------------------------------------


def test_carried_and_recovered():
    carried = mark(PARABOLA, r"\[ \frac{d f}{d w} = a (w - c) = a w - a c \]")
    assert [s.status for s in carried.steps] == [Status.SLIP, Status.CARRIED]
    assert carried.first_wrong == 1
    recovered = mark(PARABOLA, r"\[ \frac{d f}{d w} = a (w - c) = 2 a (w - c) \]")
    assert [s.status for s in recovered.steps] == [Status.SLIP, Status.RECOVERED]
    assert recovered.answer is not None
    assert recovered.answer.verdict is Said.PROVED


def test_a_row_goes_on_over_prose():
    report = mark(
        QUOTIENT,
        r"\[ \frac{d g}{d x} = \frac{1 + x^2 - 2 x^2}{(1 + x^2)^2} \] and this is \[ = \frac{1 - x^2}{(1 + x^2)^2}. \]",
    )
    assert [s.chain for s in report.steps] == [1, 1]


def test_an_unread_term_is_skipped_not_passed():
    report = mark(PARABOLA, r"\[ \frac{d f}{d w} = \mathfrak{Q}\!\!\uplus 3 = 2 a (w - c) \]")
    assert report.steps[0].verdict is Said.UNREAD
    assert report.steps[-1].verdict in (Said.PROVED, Said.UNREAD)
    assert report.coverage < 1


def test_rows_with_several_relations():
    report = mark(PRODUCT, row(r"\frac{d s}{d x} &= (1 - x) e^{-x} & \frac{d^2 s}{d x^2} &= (x - 2) e^{-x}"))
    assert [s.chain for s in report.steps] == [1, 2]
    assert all(s.verdict is Said.PROVED for s in report.steps)


# -- roles ------------------------------------------------------------------------------------------------


def test_a_condition_to_be_solved_is_no_claim():
    problem = r"Let $w, c \in \mathbb{R}$ and $f = (w - c)^2$. Derive $\frac{d f}{d w}$."
    report = mark(
        problem,
        r"\[ \frac{d f}{d w} = 2 (w - c) \] Setting the derivative to zero, \[ 2 (w - c) = 0 \implies w = c. \]",
    )
    assert [s.role for s in report.steps][1] is Role.EQUATION
    assert report.steps[2].verdict is Said.PROVED
    assert report.steps[2].uses
    wrong = mark(problem, r"Setting the derivative to zero, \[ 2 (w - c) = 0 \implies w = 2 c. \]")
    assert wrong.steps[-1].verdict is Said.REFUTED


def test_without_a_cue_zero_is_not_called_wrong():
    report = mark(PARABOLA, r"\[ \frac{d f}{d w} = 2 a (w - c) = 0 \]")
    assert report.steps[1].verdict is Said.UNDECIDED
    assert report.steps[1].reason.code == "condition"


def test_definitions_are_taken_not_proved():
    report = mark(PARABOLA, r"Let $r = w - c$. Then $\frac{d f}{d w} = 2 a r$.")
    assert report.steps[0].verdict is Said.TAKEN
    assert report.steps[1].verdict is Said.PROVED


def test_a_later_equation_does_not_define_what_was_free():
    text = r"Let $a, c \in \mathbb{R}$. \[ (a + c)^2 = a^2 + c^2 \] With $c = 0$ this is $a^2$. Put $c = 0$."
    assert notes(text).first_wrong is not None
    assert notes(r"We have \[ (u + v)^2 = u^2 + v^2. \] So $v = 0$.").first_wrong is not None


# -- decimals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (r"e^{-1} \approx 0.368", Said.PROVED),
        (r"e^{-1} \approx 0.367", Said.REFUTED),
        (r"e^{-1} = 0.368", Said.PROVED),
        (r"e^{-1} = 0.369", Said.REFUTED),
        (r"\frac12 = 0.5", Said.PROVED),
        (r"\frac{1}{8} \approx 0.12", Said.PROVED),
        (r"\frac{1}{8} \approx 0.13", Said.PROVED),
        (r"\frac{1}{8} = 0.14", Said.REFUTED),
        (r"\sqrt{2} \approx 1.414", Said.PROVED),
    ],
)
def test_decimals(line, said):
    assert notes(rf"\[ {line} \]").steps[0].verdict is said


def test_a_rounded_number_may_be_used():
    report = notes(r"\[ e^{-1} \approx 0.37 = 0.37, \quad 10 e^{-1} \approx 3.7 \]")
    assert not [s for s in report.steps if s.verdict is Said.REFUTED]
    assert notes(r"\[ 1 - e^{-1} = 0.63 \]").steps[0].notes == ("≈ is meant",)


# -- tricks -----------------------------------------------------------------------------------------------


def test_tricks_earn_nothing():
    assumed = mark(PARABOLA, r"Assume $1 = 2$. Then $\frac{d f}{d w} = 7$.")
    assert assumed.steps[-1].verdict is not Said.PROVED
    restated = mark(PARABOLA, r"\[ \frac{d f}{d w} = \frac{d f}{d w} \]")
    assert restated.steps[0].verdict is Said.TAKEN
    assert restated.answer.verdict is not Said.PROVED
    assert mark(PARABOLA, r"\[ 0 = 0 \]").counts["proved"] == 0
    again = mark(PARABOLA, r"\[ 1 + 1 = 2 \] \[ 1 + 1 = 2 \] \[ 1 + 1 = 2 \]")
    assert again.counts["proved"] == 1
    hidden = mark(PARABOLA, r"\phantom{$\frac{d f}{d w} = 2 a (w - c)$} \[ \frac{d f}{d w} = 5 \]")
    assert hidden.answer.verdict is Said.REFUTED


def test_the_names_of_the_problem_are_not_redefined():
    report = mark(PARABOLA, r"Let $f = w$. Then $\frac{d f}{d w} = 1$.")
    assert report.steps[-1].verdict is Said.REFUTED
    assert report.answer.verdict is Said.REFUTED


def test_assumptions_of_a_solution_are_printed():
    report = mark(PARABOLA, r"Assume $c = 0$. Then $\frac{d f}{d w} = 2 a w$.")
    step = report.steps[-1]
    assert step.verdict is Said.PROVED
    assert [c.origin for c in step.conditions if c.origin == "solution"]
    assert report.assumed_by_solution
    assert report.counts["proved if"] == 1


def test_a_boxed_term_is_an_answer():
    report = mark(PARABOLA, r"The answer is \[ \boxed{2 a (w - c)} \]")
    assert report.answer is not None
    assert (report.answer.how, report.answer.verdict) == ("boxed", Said.PROVED)
    wrong = mark(PARABOLA, r"$\boxed{a (w - c)}$").answer
    assert wrong is not None
    assert wrong.verdict is Said.REFUTED


def test_a_bound_that_is_said_later_counts():
    report = notes(r"Let $x \in \mathbb{R}$. \[ \max(0, x) = x \] Since $x > 0$ this holds.")
    assert report.steps[0].verdict is Said.UNDECIDED


def test_show_is_not_done_by_restating():
    assert mark(TRACE, r"\[ \operatorname{tr}(A B) = \operatorname{tr}(B A) \]").answer.verdict is not Said.PROVED


# -- what blocks a refutation -----------------------------------------------------------------------------


def test_a_missing_convention_is_named():
    problem = r"Let $W \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$ and $y = W x$. Express $y_i$ in terms of $W_{ij}$ and $x_j$."
    report = mark(problem, r"\[ y_i = W_{ij} x_j \]")
    assert report.steps[0].verdict is Said.UNDECIDED
    assert [h.say for h in report.missing_sentences] == ["Repeated indices are summed."]
    stated = notes(
        "Repeated indices are summed. " + problem.split("Express", maxsplit=1)[0] + r"\[ y_i = W_{ij} x_j \]"
    )
    assert stated.steps[-1].verdict is Said.PROVED


def test_a_fact_whose_word_stands_in_the_text_saves():
    problem = r"Let $A \in \mathbb{R}^{n \times n}$ and $x \in \mathbb{R}^n$. Derive $\nabla_x (x^\top A x)$."
    plain = mark(problem, r"\[ \nabla_x (x^\top A x) = 2 A x \]")
    assert plain.steps[0].verdict is Said.REFUTED


def test_what_was_not_understood_blocks_refutations():
    problem = PARABOLA.replace("Derive", r"Assume the wurbling of $w$ is frobnicated by $c$. Derive")
    report = mark(problem, r"\[ \frac{d f}{d w} = 3 \]")
    assert report.steps[0].verdict is not Said.PROVED
    if any("wurbl" in m for m in (*report.messages, *(str(s.reason) for s in report.steps))):
        assert report.steps[0].verdict is Said.UNDECIDED


def test_an_undeclared_loss_is_not_constant():
    report = notes(r"The chain rule gives \[ \frac{\partial L}{\partial w} = \frac{\partial L}{\partial y} x. \]")
    assert all(s.verdict is not Said.REFUTED for s in report.steps)
    assert not [s for s in report.steps if s.verdict is Said.PROVED and not s.conditions]


def test_up_to_a_constant():
    problem = r"Let $w, x, y \in \mathbb{R}$ and $L = \frac12 (w x - y)^2$. Derive $\frac{\partial L}{\partial w}$."
    right = mark(problem, r"Up to terms that do not depend on $w$, \[ L = \frac12 w^2 x^2 - w x y + \text{const}. \]")
    assert right.steps[0].verdict is Said.PROVED
    wrong = mark(problem, r"Up to terms that do not depend on $w$, \[ L = \frac12 w^2 x^2 + w x y + \text{const}. \]")
    assert wrong.steps[0].verdict is Said.REFUTED


# -- documents --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["000", "001", "003"])
def test_printed_solutions_of_the_problem_files(name):
    for report in check_document(read_problems(str(ROOT / "problems" / f"{name}.tex")), units=300_000):
        wrong = [s.source for s in report.steps if s.verdict is Said.REFUTED]
        assert not wrong or report.problem in ("001/CS.elu", "001/CS.adam.w", "003/P1.Q3.c1"), (report.problem, wrong)


def test_json_is_plain():
    data = mark(*RIGHT["quotient"]).to_json()
    assert data["schema"] == "symderive/report/1"
    again = json.loads(json.dumps(data))
    assert {"verdict", "anchor", "status", "from", "holds_if", "conditions", "span"} <= set(again["steps"][0])


def test_many_are_the_same_for_any_number_of_processes():
    items = [Item(solution, problem=problem) for problem, solution in list(RIGHT.values())[:3]]

    def verdicts(jobs: int) -> list[list[str]]:
        return [
            [s.verdict.value for r in reports for s in r.steps]
            for reports in check_many(items, jobs=jobs, units=300_000)
        ]

    one = verdicts(1)
    assert one == verdicts(2)
    assert all(one)


CORPUS = ROOT / "tests" / "corpus" / "derivations"


@pytest.mark.skipif(not (CORPUS / "index.json").exists(), reason="the corpus is not there")
def test_no_derivation_of_the_corpus_is_called_wrong():
    total = proved = 0
    for entry in json.loads((CORPUS / "index.json").read_text("utf-8")):
        path = CORPUS / entry["file"]
        kind = "latex" if path.suffix == ".tex" else "markdown"
        for report in check_document(
            read_problems(path.read_text("utf-8"), format=kind, path=path.name), units=100_000
        ):
            wrong = [(s.span.line, s.source) for s in report.steps if s.verdict is Said.REFUTED]
            assert not wrong, (path.name, wrong)
            total += sum(s.judged or s.verdict is Said.UNREAD for s in report.steps)
            proved += sum(s.verdict is Said.PROVED for s in report.steps)
    assert proved >= 0.75 * total, (proved, total)


NOTES = """# First

$$ a_j = \\frac{e^{z_j}}{\\sum_k e^{z_k}} $$
$$ \\frac{\\partial a_j}{\\partial z_i} = a_i (1 - a_i), \\quad i = j $$
$$ \\frac{\\partial a_j}{\\partial z_i} = -a_i a_j, \\quad i \\neq j $$
$$ \\frac{\\partial a_j}{\\partial z_i} = a_i a_j, \\quad i \\neq j $$

# Second

Consider $x, y \\in \\mathbb{R}$.

$$ L = x^2 $$
$$ \\frac{dL}{dx} = 2 x $$
$$ L = x^3 $$
$$ \\frac{dL}{dx} = 3 x^2 $$
$$ \\frac{dL}{dx} = 4 x^2 $$

There $L = 8$.

# Third

$$ f = w^T v $$
$$ \\frac{\\partial f}{\\partial w} = v $$
"""


def test_notes_are_not_refuted_for_their_habits():
    """Conditions on indices, names defined again, numbers of an example, transposes of undeclared vectors."""
    first, second, third = check_document(read_problems(NOTES, format="markdown"))
    assert [s.verdict.value for s in first.steps] == ["taken", "proved", "proved", "refuted"]
    assert [(s.verdict.value, s.reason.code if s.reason else "") for s in second.steps] == [
        ("taken", "definition"),
        ("proved", ""),
        ("undecided", "redefined"),
        ("proved", ""),
        ("undecided", "redefined"),
        ("taken", "example"),
    ]
    assert [s.verdict.value for s in third.steps] == ["taken", "proved"]


@pytest.mark.parametrize("declared", [True, False])
def test_shapes_that_do_not_fit_refute_only_where_they_are_declared(declared):
    text = "Let $u \\in \\mathbb{R}^n$, $v \\in \\mathbb{R}^m$. " if declared else "$$ v = \\sum_i u_i $$ "
    (report,) = check_document(read_problems(text + r"Then $$ u = v $$", format="markdown"))
    last = report.steps[-1]
    assert last.reason.code == "shape"
    assert last.verdict is (Said.REFUTED if declared else Said.UNDECIDED)


def verdicts_in(text):
    (report,) = check_document(read_problems(text, format="markdown"))
    return [s.verdict.value for s in report.steps if s.verdict is not Said.TAKEN]


def test_stated_conventions_are_carried_out():
    layout = r"""We use the denominator layout. Let $A \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$; let $z = A x$.
$$ \frac{\partial z}{\partial x} = A^\top $$
$$ \frac{\partial z}{\partial x} = A $$
$$ \frac{\partial (x^\top x)}{\partial x} = 2 x $$"""
    assert verdicts_in(layout) == ["proved", "refuted", "proved"]
    base = r"""Here $\log$ is to base 2. Let $a > 0$.
$$ \log(8 a) = 3 + \log a $$
$$ \log(8 a) = 2 + \log a $$
$$ \ln(8 a) = 3 + \ln a $$"""
    assert verdicts_in(base) == ["proved", "refuted", "refuted"]


def test_the_conditions_of_right_relations_judge_wrong_ones():
    """y may depend on w only if nothing else in the text rests on its not doing so."""
    start = r"""$$ p = \sigma(w x + b) $$
$$ L = -y \log p - (1 - y) \log(1 - p) $$
$$ \frac{\partial L}{\partial w} = (p - y) x $$
"""
    wrong = r"$$ \frac{\partial L}{\partial w} = (p + y) x $$"
    assert verdicts_in(start + wrong) == ["proved", "refuted"]
    assert verdicts_in(start + r"$$ \frac{\partial y}{\partial w} = p $$" + "\n" + wrong)[-1] == "undecided"


def test_a_product_that_is_not_defined_is_wrong_where_all_is_declared():
    declared = r"Let $W \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$, $y \in \mathbb{R}^m$ and $L = y^\top W x$."
    assert verdicts_in(declared + r" $$ \frac{\partial L}{\partial x} = W y $$") == ["refuted"]
    assert verdicts_in(declared + r" $$ \frac{\partial L}{\partial x} = y W $$") == ["unread"]


def test_letters_of_several_indices():
    text = r"""Let $z \in \mathbb{R}^n$ and $F = \log \sum_{j=1}^n e^{z_j}$. For $i, k = 1, \dots, n$:
$$ \frac{\partial F}{\partial z_i} = \frac{e^{z_i}}{\sum_{j=1}^n e^{z_j}} $$
$$ \frac{\partial F}{\partial z_k} = \frac{e^{z_i}}{\sum_{j=1}^n e^{z_j}} $$"""
    assert verdicts_in(text) == ["proved", "refuted"]


def test_definitions_are_summed_by_convention():
    text = r"""The logits are $z_n = X_{nd} w_d$ and the loss is $L = z_n y_n$.
$$ \frac{\partial z_n}{\partial w_k} = X_{nd} \delta_{dk} = X_{nk} $$
$$ \frac{\partial L}{\partial w_k} = y_n X_{nk} $$"""
    assert verdicts_in("Repeated indices are summed. " + text) == ["proved"] * 3
    report = notes(text, "markdown")
    assert report.first_wrong is None
    assert [h.say for h in report.missing_sentences] == ["Repeated indices are summed."]
    wrong = text.replace("y_n X_{nk} $$", "2 y_n X_{nk} $$")
    assert verdicts_in("Repeated indices are summed. " + wrong)[-1] == "refuted"


def test_a_gate_may_be_called_i():
    text = r"""$$ c = f k + i g, \qquad h = o \tanh(c) $$
$$ \frac{\partial c}{\partial i} = g $$
$$ \frac{\partial h}{\partial g} = o (1 - \tanh(c)^2) i $$
$$ \frac{\partial h}{\partial g} = o (1 - \tanh(c)^2) g $$"""
    assert verdicts_in(text) == ["proved", "proved", "refuted"]


def test_what_a_sentence_defines_a_display_claims():
    start = r"Let $a, b \in \mathbb{R}$, $u = a + b$ and $v = u^2$."
    assert verdicts_in(start + "\n$$ v = a^2 + 2 a b + b^2 $$") == ["proved"]
    assert verdicts_in(start + "\n$$ v = a^2 + a b + b^2 $$") == ["refuted"]
    assert verdicts_in(start + "\nFor the other model \n$$ v = a^2 + a b + b^2 $$") == ["undecided"]
    again = "$$ v = (a + b)^2 $$\n\nSome words.\n\n$$ v = a^2 + a b + b^2 $$"
    assert "refuted" not in verdicts_in(again)


def test_an_identity_beside_a_vector_is_no_crash():
    text = r"Let $X \in \mathbb{R}^{n \times d}$ and $w \in \mathbb{R}^d$. $$ X^\top X w + w = (X^\top X w + I) $$"
    assert verdicts_in(text) != ["proved"]


def test_the_slope_at_a_kink_is_a_convention():
    start = r"Let $\mathrm{relu}(t) = \max(0, t)$ for $t \in \mathbb{R}$."
    line = r" $$ \mathrm{relu}'(0) = 0 $$ "
    said = r" We set $\mathrm{relu}'(0) = 0$."
    assert verdicts_in(start + said + line) == ["proved"]
    assert verdicts_in(start + said + line.replace("= 0", "= 1")) == ["refuted"]
    assert verdicts_in(start + said.replace("= 0", r"= \frac12") + line.replace("= 0", "= 1")) == ["refuted"]
    (report,) = check_document(read_problems(start + line, format="markdown"))
    assert report.steps[-1].verdict is Said.UNDECIDED
    assert ["relu" in h.say for h in report.missing_sentences] == [True]
    slope = r" Let $z \in \mathbb{R}$ and $L = \mathrm{relu}(z)$. $$ \frac{\partial L}{\partial z} = 0 $$"
    assert verdicts_in(start + said + slope + "") != ["proved"]  # the convention makes no derivative exist


def test_rows_are_a_missing_sentence():
    text = r"""Let $x, b, t \in \mathbb{R}^n$ and $W \in \mathbb{R}^{n \times n}$. Let $z = x W + b$.
$$ (x W + b) W^\top = x W W^\top + b W^\top $$"""
    assert verdicts_in("Vectors are rows. " + text)[-1] == "proved"
    (report,) = check_document(read_problems(text, format="markdown"))
    assert report.first_wrong is None
    assert [h.say for h in report.missing_sentences] == ["Vectors are rows."]


MISTAKES = [  # problem, right side that is wrong, the mistake, and how the repair is told
    (r"\frac{\partial L}{\partial w}", r"2 (h - y) x", "lost factor", "factor", "1 - h"),
    (r"\frac{\partial L}{\partial w}", r"(h - y)(1 - h^2) x", "lost factor", "factor", "2"),
    (r"\frac{\partial L}{\partial w}", r"2 (h - y)(1 - h^2) w", "derivative of the wrong variable", "is", "partial x"),
    (r"\frac{\partial L}{\partial h}", r"2 h", "forgotten term", "term", "y"),
    (r"\frac{\partial L}{\partial h}", r"-2 (h - y)", "sign", "place", ""),
]


@pytest.mark.parametrize(("left", "right", "kind", "how", "part"), MISTAKES)
def test_mistakes_that_show_in_normal_form(left, right, kind, how, part):
    """The right lines: ∂L/∂h = 2 (h − y), ∂L/∂w = 2 (h − y)(1 − h²) x."""
    text = r"Let $w, x, b, y \in \mathbb{R}$, $h = \tanh(w x + b)$ and $L = (h - y)^2$. "
    report = notes(text + rf"\[ {left} = {right} \]")
    mistake = report.steps[-1].mistake
    assert (mistake.kind, mistake.how) == (kind, how) or kind == "lost factor"
    assert part in mistake.repair


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (r"e^{a \epsilon} = 1 + a \epsilon + O(\epsilon^2)", "proved"),
        (r"e^{a \epsilon} = 1 + \epsilon + O(\epsilon^2)", "refuted"),
        (r"e^{\epsilon} = 1 + \epsilon + O(\epsilon^3)", "refuted"),
        (r"e^{\epsilon} = 1 + \epsilon + o(\epsilon)", "proved"),
        (r"e^{\epsilon} = 1 + \epsilon + o(\epsilon^2)", "refuted"),
        (r"\sqrt{1 + \epsilon} = 1 + \frac{\epsilon}{2} + \mathcal{O}\left(\epsilon^2\right)", "proved"),
        (r"(1 + \epsilon)^5 - 1 - 5 \epsilon = O(\epsilon^2)", "proved"),
        (r"f(x + \epsilon) = f(x) + \epsilon f'(x) + O(\epsilon^2)", "proved"),
        (r"f(x + \epsilon) = f(x) + 2 \epsilon f'(x) + O(\epsilon^2)", "refuted"),
        (r"|\epsilon|^{5/2} = 0 + O(\epsilon^3)", "undecided"),  # two derivatives vanish at 0, and yet it is not
        (r"x^2 + x + 1 = x^2 + O(x)", "undecided"),  # for large x?
    ],
)
def test_terms_of_higher_order(line, verdict):
    text = rf"Let $a, x, \epsilon \in \mathbb{{R}}$ and let $f$ be a smooth function. $$ {line} $$"
    assert verdicts_in(text) == [verdict]


def test_the_order_that_fails_is_named():
    (step,) = notes(r"Let $\epsilon \in \mathbb{R}$. \[ e^\epsilon = 1 + \epsilon + O(\epsilon^3) \]").steps
    assert step.notes == ("the terms of order 2 differ",)


def test_the_slope_of_a_known_function_is_no_definition():
    start = r"Let $g > 0$ and $\varphi(r) = e^{-g r^2}$ for $r \in \mathbb{R}$. "
    assert verdicts_in(start + r"$$ \varphi'(r) = -2 g r e^{-g r^2} $$") == ["proved"]
    assert verdicts_in(start + r"$$ \varphi'(r) = -g r e^{-g r^2} $$") == ["refuted"]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("", r"w^\top A^\top A w - w^\top A w = w^\top (A^\top A - I) w"),
        ("", r"A^\top A w = A A w"),
        ("We use the denominator layout. ", r"\frac{\partial (A w)}{\partial w} = A^\top A A"),
    ],
)
def test_a_product_that_cannot_be_formed_is_wrong(said, line):
    text = said + r"Let $A \in \mathbb{R}^{m \times n}$ and $w \in \mathbb{R}^n$. "
    assert verdicts_in(text + f"$$ {line} $$") in (["refuted"], ["unread"])
    assert verdicts_in(text.replace(r"m \times n", r"n \times n") + f"$$ {line} $$") != ["unread"]


def test_one_derivation_has_one_layout():
    start = r"Let $A, B \in \mathbb{R}^{n \times n}$. "
    turned = r"$$ \frac{\partial}{\partial A} \operatorname{tr}(A B) = B $$ "
    other = r"$$ \frac{\partial}{\partial A} \operatorname{tr}(A^\top B) = B $$"
    own = r"$$ \frac{\partial}{\partial A} \|A\|_F^2 = 2 A^\top $$"
    assert verdicts_in(start + turned) == ["undecided"]
    assert verdicts_in(start + turned + own) == ["undecided", "undecided"]
    assert verdicts_in(start + turned + other) == ["refuted", "proved"]
    assert verdicts_in(start + own.replace(r"2 A^\top", "2 A") + turned) == ["proved", "refuted"]


def test_letters_o_are_no_orders_where_they_are_names():
    text = r"Let $o, c \in \mathbb{R}$ and $h = o \tanh(c)$. $$ \frac{\partial h}{\partial c} = o (1 - \tanh(c)^2) $$"
    assert verdicts_in(text) == ["proved"]
    assert verdicts_in(text.replace(r"\tanh(c)^2", r"\tanh(c)")) == ["refuted"]


def test_for_an_integer():
    text = r"Let $b \in \mathbb{R}$ with $b \ne 1$. For an integer $t \ge 1$: $$ \sum_{i=0}^{t-1} b^i = \frac{1 - b^t}{1 - b} $$"
    assert verdicts_in(text) == ["proved"]
    assert verdicts_in(text.replace("1 - b^t", "1 - b^{t-1}")) == ["refuted"]


def test_functions_stand_bare_for_their_values():
    text = r"""Consider $f(x, y, z) = (x + y) z$, with $q = x + y$.
$$ f = q z, \quad \frac{\partial f}{\partial q} = z, \quad \frac{\partial f}{\partial z} = q $$
$$ \frac{\partial f}{\partial x} = \frac{\partial f}{\partial q} \frac{\partial q}{\partial x} $$
$$ \frac{\partial f}{\partial y} = z + y $$"""
    assert verdicts_in(text) == ["proved", "proved", "proved", "proved", "refuted"]


def test_an_arrow_between_relations():
    text = r"$$ f(x, y) = x y \quad \rightarrow \quad \frac{\partial f}{\partial x} = y \quad \frac{\partial f}{\partial y} = x $$"
    assert verdicts_in(text) == ["proved", "proved"]
    assert verdicts_in(text.replace("= y", "= x")) == ["refuted", "proved"]
    assert verdicts_in(r"$$ \lim_{x \rightarrow 0} \frac{\sin x}{x} = 1 $$") == ["proved"]
