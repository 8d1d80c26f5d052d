"""Problems and derivations: what is asked, and what is handed back.

Plain frozen data.  A *goal* fixes the kind of answer; a *derivation* is a list of judged relations that
lead to it, and the verdict on the whole claim.  Nothing here reads, searches or prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum

from symderive.kernel.algebra import tidy
from symderive.kernel.context import Context, mentioned
from symderive.kernel.terms import Term, instantiate, make, rebuild, subterms
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
    MAXIMISER = "maximiser"
    """The value of `Goal.unknown` at which the target is largest."""
    MINIMISER = "minimiser"
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
        given: conditions under which it is asked, besides the facts of the context: "for x ≠ 0".
        terms: entries and values that stand for these names where not every use of them is meant: w_{t−1}, σ(x),
            ∂L/∂h.  An index that the target does not have means every index.  See `beyond`.
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
    terms: tuple[Term, ...] = ()
    given: tuple[Term, ...] = ()


def beyond(goal: Goal, context: Context, t: Term, *, parameters: bool = True) -> tuple[str, ...]:
    """The names by which a term goes beyond what the answer to a goal may use, in order.

    Indices and dimensions may always be used.  So may, with `parameters`, plain numbers of the problem that
    nothing defines, if the goal lists terms: a step size that a list of quantities leaves out.
    """
    if goal.names is None:
        return ()
    indices = {s.name() for s in subterms(goal.target) if s.head == "sym"} if goal.target is not None else set()
    given = [settled(g) for g in goal.terms]
    found: dict[str, None] = {}

    def free(name: str) -> bool:
        declared = context.signature.get(name)
        if declared is None or name in context.definitions:
            return False
        number = declared.kind == "real" and not declared.ranges
        return declared.kind == "int" or (parameters and bool(given) and number)

    def walk(s: Term) -> None:
        if any(_is_given(g, s, indices) for g in given):
            return
        names = [n for n in mentioned(s, context) if not free(n)]
        found.update(dict.fromkeys(n for n in names if given or n not in goal.names))  # type: ignore[operator]
        for a in s.terms:
            walk(a)

    walk(settled(t))
    return tuple(found)


def settled(t: Term) -> Term:
    """The term with the indices of entries in canonical order, entries of tables looked up."""
    t = rebuild(t, lambda a, _: settled(a))
    if t.head != "at":
        return t
    whole, i = t.terms
    return settled(instantiate(whole.terms[2], i)) if whole.head == "tab" else make("at", whole, tidy(i))


def _is_given(given: Term, t: Term, indices: AbstractSet[str]) -> bool:
    """Whether a term is a given one; an index that is not among the names stands for any."""
    if given is t:
        return True
    if given.head != "at" or t.head != "at":
        return False
    i = given.terms[1]
    open_ = i.head == "sym" and i.name() not in indices
    return (open_ or i is t.terms[1]) and _is_given(given.terms[0], t.terms[0], indices)


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
