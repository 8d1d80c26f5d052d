"""Problems and derivations: what is asked, and what is handed back.

Plain frozen data.  A *goal* fixes the kind of answer; a *derivation* is a list of judged relations that
lead to it, and the verdict on the whole claim.  Nothing here reads, searches or prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from symderive.kernel.context import Context
from symderive.kernel.terms import Term
from symderive.language.verdict import Kind, Verdict


class GoalKind(StrEnum):
    """What is asked, and with that what an answer is."""

    DERIVATIVE = "derivative"
    """A closed form of a term with derivatives; also whole gradients and Jacobians (a tensor of them)."""
    GRADIENT = "gradient"
    """The gradient of a number by all entries of the name `Goal.unknown`, in the shape of that name."""
    EVALUATE = "evaluate"
    """The target with its definitions put in; an exact value where one follows."""
    SIMPLIFY = "simplify"
    """A shorter form of the target."""
    SHOW = "show"
    """A verdict on `Goal.relation`."""
    CHOICES = "choices"
    """A verdict on each of `Goal.choices`."""
    LIMIT = "limit"
    SOLVE = "solve"
    """The value of `Goal.unknown` for which `Goal.relation` holds."""
    UPDATE = "update"
    """The new value of a parameter: a target such as w − η·∂L/∂w."""
    SIGN = "sign"
    """How the target compares with 0."""
    MONOTONE = "monotone"
    """Whether the target rises or falls in the name `Goal.unknown`."""
    MEAN = "mean"
    VARIANCE = "variance"


@dataclass(frozen=True)
class Choice:
    """One of several answers to pick from.

    Attributes:
        label: as printed, like ``b``.
        claims: what it says; a term that is no relation is read as ``target = term``.
        none: it says that no other choice is right; it has no claims.
        correct: how the document marks it; None if it does not.
    """

    label: str
    claims: tuple[Term, ...] = ()
    none: bool = False
    correct: bool | None = None


@dataclass(frozen=True)
class Goal:
    """What is asked.

    Attributes:
        target: the term for which an answer is wanted.
        names: the names that the answer may use ("in terms of"); None: those of the problem.
        unknown: the name to solve for, or by which to differentiate.
        relation: what is to be shown, or the equation to solve.
        negated: of the choices, the wrong ones are asked for.
        at: equations ``name = value``, put in at the end.
        label: the name of the answer, for printing.
    """

    kind: GoalKind
    target: Term | None = None
    names: frozenset[str] | None = None
    unknown: str | None = None
    relation: Term | None = None
    choices: tuple[Choice, ...] = ()
    negated: bool = False
    at: tuple[Term, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class Problem:
    """A goal in the context of what its document declares, defines and assumes.

    Attributes:
        values: equations ``name = value`` of the problem, put in at the end, like `Goal.at`.
        spelling: how each name is written in LaTeX.
        text: the words of the problem.
    """

    label: str
    context: Context
    goal: Goal
    values: tuple[Term, ...] = ()
    spelling: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True)
class DerivationStep:
    """One judged relation of a derivation.

    Attributes:
        reason: why it holds, in words.
        rules: the entries of the book that its proof uses.
        context: names, definitions and facts under which it was judged (indices may be added).
    """

    left: Term
    relation: str
    right: Term
    reason: str
    rules: tuple[str, ...]
    verdict: Verdict
    context: Context = field(repr=False, compare=False)


@dataclass(frozen=True)
class ChoiceVerdict:
    """What is said of one choice: proved, refuted, or open; with a verdict for each of its claims."""

    choice: Choice
    kind: Kind
    verdicts: tuple[Verdict, ...] = ()

    @property
    def agrees(self) -> bool | None:
        """Whether the document marks the choice as it is judged; None if either is open."""
        if self.choice.correct is None or self.kind not in (Kind.PROVED, Kind.REFUTED):
            return None
        return self.choice.correct == (self.kind is Kind.PROVED)


@dataclass(frozen=True)
class Derivation:
    """The answer to a goal with all that leads to it.

    Attributes:
        steps: judged relations, each proved.
        answer: None if there is none; a condition for goals about a sign.
        verdict: on the whole claim, such as ``target = answer``; None if nothing was judged.
        conditions: where the answer holds, beyond the facts; with `hypotheses` from all that was used.
        open: why there is no proved answer; empty if there is one.
        others: further forms of the answer, each proved: the entry in index form of a matrix answer, both
            solutions of a quadratic equation, the symbolic form of a value.
        choices: a verdict each.
        picked: labels of the choices that answer the question.
        context: names, definitions and facts of the claim; values are facts of it.
    """

    goal: Goal
    steps: tuple[DerivationStep, ...] = ()
    answer: Term | None = None
    verdict: Verdict | None = None
    conditions: tuple[Term, ...] = ()
    hypotheses: tuple[Term, ...] = ()
    open: str = ""
    others: tuple[Term, ...] = ()
    choices: tuple[ChoiceVerdict, ...] = ()
    picked: tuple[str, ...] = ()
    context: Context | None = field(default=None, repr=False, compare=False)

    @property
    def proved(self) -> bool:
        """Whether the answer is certified."""
        return not self.open
