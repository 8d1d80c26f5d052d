"""Where a number is largest or smallest: a stationary point, and the bound that makes it the extremum."""

from __future__ import annotations

from dataclasses import replace

from symderive.engine.plans.closed import symbolic
from symderive.engine.plans.solving import replace_goal, solve
from symderive.engine.plans.tidy import renamed
from symderive.engine.plans.work import Work
from symderive.kernel.shapes import SCALAR, shape
from symderive.kernel.terms import ZERO, Term, make, rel, sym
from symderive.language.problem import Derivation, GoalKind
from symderive.language.verdict import Kind


def extremum(work: Work) -> Derivation:
    """The plan for a maximiser or minimiser in one number.

    What the certificates say: the derivative vanishes at the answer and at no other value, and the value of the
    target there bounds all others; where the bound is not proved, the sign of the second derivative is a step.
    """
    goal = work.goal
    assert goal.target is not None
    assert goal.unknown is not None
    if shape(work.context, sym(goal.unknown)) != SCALAR:
        return work.done(None, None, "only numbers are looked for where something is largest or smallest")
    slope = make("der", goal.target, goal.unknown)
    inner = Work(
        work.context, work.book, replace(goal, kind=GoalKind.SOLVE, relation=rel("=", slope, ZERO)), work.units
    )
    found = solve(inner)
    work.steps += inner.steps
    if found.answer is None or found.open or found.others:
        why = found.open or "the derivative vanishes at several points"
        return work.done(found.answer, found.verdict, why, others=found.others)
    largest = goal.kind is GoalKind.MAXIMISER
    value = renamed(_written(work), goal.unknown, found.answer)
    sides = (goal.target, value) if largest else (value, goal.target)
    if work.judge(rel("<=", *sides)).kind is Kind.PROVED:
        work.step(*sides, "no other value is better", relation="<=")
        return work.done(found.answer, found.verdict)
    if _on_interval(work) and _curved(work, slope, largest):
        return work.done(found.answer, found.verdict)
    return work.done(found.answer, found.verdict, "that the stationary point is the extremum was not proved")


def _on_interval(work: Work) -> bool:
    """Whether the facts let the unknown range over an interval: bounds on it alone."""
    unknown = sym(work.goal.unknown or "")
    mentions = [f for f in work.context.facts if work.context.closure(f) & {unknown.name()}]
    return all(
        f.head == "rel"
        and f.name() in ("<", "<=")
        and unknown in f.terms
        and any(unknown.name() not in work.context.closure(t) for t in f.terms)
        for f in mentions
    )


def _curved(work: Work, slope: Term, largest: bool) -> bool:
    """Whether the second derivative is proved to have one sign, as steps."""
    assert work.goal.unknown is not None
    curvature = make("der", slope, work.goal.unknown)
    if largest:
        curvature = make("neg", curvature)
    form, equal = symbolic(replace_goal(work, work.context), curvature, work.context)
    if form is None or equal is None:
        return False
    sign = work.judge(rel("<", ZERO, form))
    if sign.kind is not Kind.PROVED or sign.conditions or equal.conditions:
        return False
    work.step(curvature, form, "the second derivative")
    word = "concave: the stationary point is the only maximum" if largest else "convex: it is the only minimum"
    return work.step(ZERO, form, word, relation="<")


def _written(work: Work) -> Term:
    """The target by the definition that mentions the unknown."""
    t = work.goal.target
    assert t is not None
    d = work.context.definitions.get(t.name()) if t.head == "sym" else None
    return d.clauses[0][1] if d is not None and not d.params else t
