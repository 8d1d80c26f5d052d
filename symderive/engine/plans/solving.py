"""Equations in one unknown number: linear and quadratic after both sides are worked out.

A solution of a linear equation is proved to follow from it (uniqueness) and to satisfy it (put back).  Those
of a quadratic equation are proved to satisfy it, and every solution is proved to be one of the two.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from symderive.engine.plans.closed import symbolic
from symderive.engine.plans.forms import Forms, fraction
from symderive.engine.plans.tidy import renamed
from symderive.engine.plans.work import Work
from symderive.engine.ring import Full, Poly, Ring, TooLarge
from symderive.kernel.context import Context, Definition, Rejected
from symderive.kernel.shapes import SCALAR, shape
from symderive.kernel.terms import ZERO, Term, make, num, rel, subterms, sym
from symderive.language.problem import Derivation
from symderive.language.verdict import Kind, Verdict

HALF = num(Fraction(1, 2))


def solve(work: Work) -> Derivation:
    """The plan for the value of an unknown from an equation."""
    goal = work.goal
    assert goal.unknown is not None
    equation = goal.relation
    if equation is None or equation.head != "rel" or equation.name() != "=":
        return work.done(None, None, "there is no equation to solve")
    if goal.at:
        work.context = work.with_facts(goal.at)
    base = replace(work.context, facts=tuple(f for f in work.context.facts if f is not equation), memo={})
    if shape(base, sym(goal.unknown)) != SCALAR:
        return work.done(None, None, "an unknown that is not a number")
    sides = [_closed(work, s, base) for s in equation.terms]
    solutions = _roots(work, base, sides, goal.unknown)
    if not solutions:
        return work.done(None, None, "the equation is neither linear nor quadratic in the unknown")
    given = replace(base, facts=(*base.facts, equation), memo={})
    unknown = sym(goal.unknown)
    kept: list[tuple[Term, Verdict]] = []
    for x in solutions:
        verdict = _put_back(work, base, equation, goal.unknown, x)
        if verdict.kind is Kind.PROVED:
            kept.append((x, verdict))
    if len(solutions) == 1 or len(kept) == 1:
        x = kept[0][0] if kept else solutions[0]
        unique = work.judge(rel("=", unknown, x), given)
        if unique.kind is Kind.PROVED and kept:
            work.step(unknown, x, "the equation is solved for the unknown", given)
            work.context = given
            return work.done(x, unique)
        if kept:
            return work.done(x, kept[0][1], "a solution; that it is the only one was not proved")
        return work.done(None, unique, "the solution does not satisfy the equation when put back")
    if not kept:
        return work.done(None, None, "no solution satisfies the equation when put back")
    product = make("mul", *(make("add", unknown, make("neg", x)) for x, _ in kept))
    all_ = work.judge(rel("=", product, ZERO), given)
    if all_.kind is Kind.PROVED:
        work.step(product, ZERO, "the equation in factors", given)
    why = "" if all_.kind is Kind.PROVED else "solutions; that there are no others was not proved"
    return work.done(kept[0][0], kept[0][1], why, others=tuple(x for x, _ in kept[1:]))


def _closed(work: Work, side: Term, context: Context) -> Term:
    """A side with its operators worked out, as far as that is found."""
    if not any(s.head in ("der", "ex", "lim") for s in subterms(side)) and not _defined(side, context):
        return side
    inner = replace_goal(work, context)
    form, _ = symbolic(inner, side, context)
    work.steps += inner.steps
    return side if form is None else form


def replace_goal(work: Work, context: Context) -> Work:
    """The same work with the names of the problem, for a part of it."""
    leaves = frozenset(n for n in context.signature if n not in context.definitions)
    return Work(context, work.book, replace(work.goal, names=leaves, at=()), work.units)


def _defined(t: Term, context: Context) -> bool:
    return any(s.head == "sym" and s.name() in context.definitions for s in subterms(t))


def _roots(work: Work, context: Context, sides: list[Term], unknown: str) -> list[Term]:
    """The solutions, as terms; none if the degree is above two."""
    tidy = work.tidy(context)
    forms = Forms(context, tidy, work.goal.names, (unknown,))
    ring = Ring(32)
    try:
        gap = fraction(ring, tidy(make("add", sides[0], make("neg", sides[1]))))
    except (Full, TooLarge, ZeroDivisionError, Rejected):
        return []
    k = ring.numbers.get(sym(unknown))
    if k is None or any(sym(unknown) in subterms(g) for n, g in enumerate(ring.generators) if n != k):
        return []
    c = [_coefficient(ring, gap.num, k, e) for e in range(3)]
    if gap.num.degrees()[k] == 1:
        found = [ring.term(ring.make(-c[0], c[1]))]
    elif gap.num.degrees()[k] == 2:
        found = _quadratic(ring, *c)
    else:
        return []
    out = []
    for x in found:
        ranked = [t for t in forms.ranked([x]) if sym(unknown) not in subterms(t)]
        out.append(ranked[0] if ranked else tidy(x))
    return out


def _coefficient(ring: Ring, p: Poly, k: int, e: int) -> Poly:
    return ring.ctx.from_dict({(*m[:k], 0, *m[k + 1 :]): c for m, c in p.to_dict().items() if m[k] == e})


def _quadratic(ring: Ring, c: Poly, b: Poly, a: Poly) -> list[Term]:
    """Both solutions of a·x² + b·x + c = 0."""
    top, middle, low = (ring.poly_term(p) for p in (a, b, c))
    if b.is_zero():
        inside = ring.term(ring.make(-c, a))
        root = make("pow", inside, HALF)
        return [root, make("neg", root)]
    discriminant = make("add", make("pow", middle, num(2)), make("neg", make("mul", num(4), top, low)))
    root = make("pow", discriminant, HALF)
    below = make("mul", num(2), top)
    return [
        make("div", make("add", make("neg", middle), root), below),
        make("div", make("add", make("neg", middle), make("neg", root)), below),
    ]


def _put_back(work: Work, context: Context, equation: Term, unknown: str, x: Term) -> Verdict:
    """The verdict on the equation with a solution for the unknown.

    The unknown becomes a name that is defined by the solution, so that laws, facts and definitions that
    mention it speak of the solution.
    """
    facts = tuple(f for f in context.facts if not _mentions(f, unknown))
    plain = not any(s.head == "der" and s.name(1) == unknown for s in subterms(equation))
    through = any(unknown in context.reach(n) for n in context.definitions)
    if plain and not through and facts == context.facts:
        return work.judge(renamed(equation, unknown, x), context)
    definitions = {**context.definitions, unknown: Definition((), (((), x),))}
    return work.judge(equation, replace(context, definitions=definitions, memo={}))


def _mentions(t: Term, name: str) -> bool:
    return sym(name) in subterms(t)
