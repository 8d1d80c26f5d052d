"""What counts as an answer to a goal, beside being equal to what was asked for.

The question in other words is none, nor is what still holds the operator that was asked for, what uses names that are
not allowed, or what has a value only where the question has more.  Shared by bare answers and whole derivations.
"""

from __future__ import annotations

from dataclasses import replace

from symderive.engine.deriving import derive
from symderive.engine.judge import Judge
from symderive.kernel.algebra import difference
from symderive.kernel.book import Book
from symderive.kernel.context import Context
from symderive.kernel.terms import Term, rel, subterms
from symderive.language.problem import Goal, GoalKind, Problem, beyond
from symderive.language.verdict import Kind, Verdict

FOUND = frozenset({GoalKind.SOLVE, GoalKind.MAXIMISER, GoalKind.MINIMISER})
"""Goals whose answer is a value of the unknown."""
WORDS = {"der": "a derivative", "lim": "a limit", "ex": "an expectation"}
ATOMS = frozenset({"sym", "der", "lim", "ex", "app", "at"})


def left_over(problem: Problem, t: Term, context: Context) -> str:
    """Why a term is no answer: it is the question, or what was asked for still stands in it; else empty."""
    goal = problem.goal
    assert goal.target is not None or goal.kind in FOUND
    if goal.kind in FOUND:
        still = goal.unknown is not None and goal.unknown in context.closure(t)
        return f"{goal.unknown} is asked for and still stands in the answer" if still else ""
    assert goal.target is not None
    if t is goal.target or (goal.target.head in ATOMS and difference(t, goal.target) == 0):
        return "the answer is the question"
    if goal.target.head not in ATOMS and goal.target in subterms(t):
        return "the question still stands in the answer"
    left = _operator_left(goal, t, context) or _not_worked_out(problem, t, context)
    if left:
        return left
    extra = beyond(goal, problem.context, t)
    return f"the answer may not use {', '.join(extra)}" if extra else ""


def _operator_left(goal: Goal, t: Term, context: Context) -> str:
    """Which operator of the question, or of the definition of what is asked for, still stands in the answer."""
    assert goal.target is not None
    asked = {s for s in subterms(goal.target) if s.head in WORDS}
    named = goal.target
    while named.head == "at":
        named = named.terms[0]
    if named.head == "sym" and named.name() in context.definitions:  # "g = ∂L/∂w.  Compute g."
        bodies = [body for _, body in context.definitions[named.name()].clauses]
        asked |= {s for body in bodies for s in subterms(body) if s.head in WORDS}
    heads = {s.head for s in asked}
    given = frozenset(goal.terms)
    slopes = {(_bare(s.terms[0]), s.name(1)) for s in asked if s.head == "der"}
    places = [(s.name().rstrip("'"), a) for s in subterms(goal.target) if s.head == "app" for a in s.terms]
    if any(s.head == "app" and s.name().endswith("'") for s in subterms(goal.target)):
        heads.add("der")
    todo = [t]
    while todo:
        s = todo.pop()
        if s in given:
            continue
        if s.head == "sym" and any(_names_slope(context, s.name(), slope) for slope in slopes):
            return "a derivative is asked for, and is only called by its name"
        if s.head == "app" and "der" in heads and s.name() in context.definitions:
            if any(s.name() == f and len(s.terms) == 1 and difference(s.terms[0], a) for f, a in places):
                return "a derivative is asked for, and values elsewhere are given"
        slope = s.head == "app" and s.name().endswith("'") and s.name().rstrip("'") in context.definitions
        if "der" in heads and (s.head == "lim" or slope):
            return "a derivative is asked for, and is only written in another way"
        if s in asked or (s.head in ("der", "lim") and s.head in heads):
            return f"{WORDS[s.head]} is asked for and still stands in the answer"
        todo += s.terms
    return ""


def _bare(t: Term) -> Term:
    while t.head == "at":
        t = t.terms[0]
    return t


def _names_slope(context: Context, name: str, slope: tuple[Term, str]) -> bool:
    """Whether a name is defined as a derivative that is asked for."""
    bodies = [body for _, body in context.definitions[name].clauses] if name in context.definitions else []
    ders = (s for body in bodies for s in subterms(body) if s.head == "der")
    return any((_bare(s.terms[0]), s.name(1)) == slope for s in ders)


def _not_worked_out(problem: Problem, t: Term, context: Context) -> str:
    """What of an answer is the question with parts moved: a mean of a sum, a sum of numbers, a name with a value."""
    goal = problem.goal
    assert goal.target is not None
    given = frozenset(goal.terms)
    if any(s.head == "ex" for s in subterms(goal.target)):
        if any(s.head == "ex" and s not in given and _splits(s.terms[0], context) for s in subterms(t)):
            return "an expectation of a sum, or with a constant factor, still stands in the answer"
    if goal.target.head == "big" and not context.closure(goal.target) and any(s.head == "big" for s in subterms(t)):
        return "a sum of numbers still stands in the answer"
    closed = goal.kind is GoalKind.EVALUATE and not context.closure(goal.target) - context.definitions.keys()
    if closed and (names := sorted(n for n in context.closure(t) if not given)):
        return f"a value can be computed, and {names[0]} still stands in the answer"
    fixed = {c.terms[0].name() for c in (*goal.at, *problem.values) if c.head == "rel" and c.terms[0].head == "sym"}
    settled = fixed - context.definitions.keys() & context.closure(goal.target)
    if goal.names is None and goal.kind is not GoalKind.UPDATE and (left := sorted(settled & context.closure(t))):
        return f"a value is given for {left[0]}, which still stands in the answer"
    return ""


def _splits(operand: Term, context: Context) -> bool:
    """Whether linearity has not been used on what stands under an expectation; means are taken off single names."""
    todo = [operand]
    while todo:
        s = todo.pop()
        if s.head == "add":
            if not (len(s.terms) == 2 and _is_centred(*s.terms)):
                return True
            continue
        if s.head in ("mul", "div", "neg"):
            if s.head == "neg" or any(not context.random_in(a) and a.head != "ex" for a in s.terms):
                return True
            todo += s.terms
        elif s.head == "pow":
            todo.append(s.terms[0])
    return False


def _is_centred(a: Term, b: Term) -> bool:
    """Whether a sum is ``X − E X`` for a name X."""
    mean = b.terms[0] if b.head == "neg" else b
    return _bare(a).head == "sym" and mean.head == "ex" and mean.terms[0] is a


def wanted(problem: Problem) -> Term | None:
    """The term that an answer has to be equal to; None if it is not known.

    For a goal such as "solve for x" it is what is derived.
    """
    if problem.goal.kind not in FOUND:
        return problem.goal.target
    found = derive(problem)
    sure = found.verdict is not None and found.verdict.kind is Kind.PROVED and not found.open and not found.others
    return found.answer if sure else None


def narrow(context: Context, book: Book, target: Term, verdict: Verdict) -> tuple[Term, ...]:
    """Conditions of a proof that only the answer needs: it has no value everywhere where the question has one."""
    if verdict.kind is not Kind.PROVED or not verdict.conditions:
        return ()
    own = Judge(context, book).judge(rel("=", target, target))
    here = replace(context, facts=(*context.facts, *own.conditions), memo={})
    more = [c for c in verdict.conditions if c not in own.conditions]
    return tuple(c for c in more if Judge(here, book).judge(c).kind is not Kind.PROVED)
