"""Deriving: a goal goes in, an answer with its steps comes out, all of it judged.

Each kind of goal has a plan (the files of `plans/`).  A plan searches freely and believes nothing: every
step, and the claim target = answer, is judged with a certificate that the kernel accepts.  A step that is not
proved is left out; an answer that is not proved leaves the derivation open, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from symderive.engine.plans import closed, extrema, limits, relations, solving
from symderive.engine.plans.work import Work
from symderive.kernel import check
from symderive.kernel.book import Book
from symderive.kernel.context import Context, Rejected
from symderive.kernel.terms import Term, TooDeep
from symderive.language.problem import Derivation, Goal, GoalKind, Problem

PLANS: dict[GoalKind, Callable[[Work], Derivation]] = {
    GoalKind.DERIVATIVE: closed.closed,
    GoalKind.GRADIENT: closed.gradient,
    GoalKind.EVALUATE: closed.closed,
    GoalKind.SIMPLIFY: closed.closed,
    GoalKind.UPDATE: closed.closed,
    GoalKind.MEAN: closed.closed,
    GoalKind.VARIANCE: closed.closed,
    GoalKind.SHOW: relations.show,
    GoalKind.CHOICES: relations.choices,
    GoalKind.SIGN: relations.sign,
    GoalKind.MONOTONE: relations.monotone,
    GoalKind.LIMIT: limits.limit,
    GoalKind.SOLVE: solving.solve,
    GoalKind.MAXIMISER: extrema.extremum,
    GoalKind.MINIMISER: extrema.extremum,
}


def derive(problem: Problem | tuple[Context, Goal], book: Book | None = None, units: int = 2_000_000) -> Derivation:
    """The derivation for a problem.

    Args:
        problem: a problem, or a context with a goal in it.
        book: the book of rules; the default one if None.
        units: work units for each claim that is judged.

    Raises:
        Rejected: the problem is ill-formed (shapes, names, definitions).
    """
    if book is None:
        from symderive.rules.book import book as default

        book = default()
    if isinstance(problem, Problem):
        context, goal = problem.context, replace(problem.goal, at=(*problem.values, *problem.goal.at))
    else:
        context, goal = problem
    context = replace(context, facts=tuple(dict.fromkeys((*context.facts, *goal.given))), memo={})
    check.check_context(context)
    work = Work(context, book, goal, units)
    _check(work)
    try:
        return PLANS[goal.kind](work)
    except (TooDeep, Rejected, ZeroDivisionError, RecursionError) as error:
        return work.done(None, None, str(error) or "the answer grows too large")


def _check(work: Work) -> None:
    """Raise `Rejected` unless the goal has what its kind needs."""
    goal = work.goal
    needed: dict[str, Term | str | tuple[object, ...] | None] = {}
    if goal.kind is GoalKind.SHOW:
        needed["relation"] = goal.relation
    elif goal.kind is GoalKind.CHOICES:
        needed["choices"] = goal.choices or None
    elif goal.kind is GoalKind.SOLVE:
        needed |= {"relation": goal.relation, "unknown": goal.unknown}
    else:
        needed["target"] = goal.target
        if goal.kind in (GoalKind.GRADIENT, GoalKind.MONOTONE, GoalKind.MAXIMISER, GoalKind.MINIMISER):
            needed["unknown"] = goal.unknown
    for what, given in needed.items():
        if given is None:
            raise Rejected(f"a goal of kind {goal.kind} needs: {what}")
    if goal.unknown is not None:
        work.context.declared(goal.unknown)
    for equation in goal.at:
        if equation.head != "rel" or equation.name() != "=":
            raise Rejected("values are equations, name = value")
