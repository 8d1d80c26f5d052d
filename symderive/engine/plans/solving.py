"""Equations in one unknown number: linear and quadratic after both sides are worked out.

A solution of a linear equation is proved to follow from it (uniqueness) and to satisfy it (put back).  Those
of a quadratic equation are proved to satisfy it, and every solution is proved to be one of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from symderive.engine.plans.chains import Chains
from symderive.engine.plans.closed import symbolic
from symderive.engine.plans.forms import Forms, fraction
from symderive.engine.plans.matrices import MatrixForms
from symderive.engine.plans.slopes import NoSlope, Place
from symderive.engine.plans.tidy import renamed
from symderive.engine.plans.work import Work
from symderive.engine.ring import Full, Poly, Ring, TooLarge
from symderive.kernel.context import Context, Definition, Rejected, family_member
from symderive.kernel.lowering import lower
from symderive.kernel.shapes import SCALAR, Shape, shape
from symderive.kernel.terms import ONE, ZERO, Term, make, negate, num, rebuild, rel, subterms, sym
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
        return vector(work, base, equation)
    sides = [_closed(work, s, base) for s in equation.terms]
    found = _roots(work, base, sides, goal.unknown)
    if found is None:
        return work.done(None, None, "the equation is neither linear nor quadratic in the unknown")
    solutions, leading = found
    kept: list[tuple[Term, Verdict]] = []
    for x in solutions:
        if _excluded(work, base, goal.unknown, x):
            continue
        verdict = _put_back(work, base, equation, goal.unknown, x)
        if verdict.kind is Kind.PROVED:
            kept.append((x, verdict))
    if not kept:
        return work.done(None, None, "no solution was proved to satisfy the equation when put back")
    complete = _all(work, base, sides, sym(goal.unknown), solutions, leading)
    why = "" if complete else "that there are no others was not proved"
    x, verdict = kept[0]
    for _, v in kept:
        left, right = v.claim.terms
        work.step(left, right, f"{goal.unknown} put back: a solution", verdict=v)
    return work.done(x, verdict, why, others=tuple(x for x, _ in kept[1:]))


def vector(work: Work, base: Context, equation: Term) -> Derivation:
    """A vector from a linear equation A·u = b between vectors: u = A⁻¹·b, where det A ≠ 0.

    What is certified is that the equation implies u = A⁻¹·b; that A⁻¹·b satisfies it is a step, if proved.
    """
    unknown = sym(work.goal.unknown or "")
    left, right = equation.terms
    ranges = shape(base, left)
    if len(ranges) != 1 or len(shape(base, unknown)) != 1:
        return work.done(None, None, "only vectors are solved for, from equations between vectors")
    context, (i, j) = work.with_indices([*ranges, *shape(base, unknown)], base)
    entries = [lower(context, make("at", side, i)) for side in (left, right)]
    gap = entries[0] if entries[1] is ZERO else make("add", entries[0], make("neg", entries[1]))
    chains = Chains(work, context, quiet=True)
    try:
        found = chains.closed(gap)
        slope = chains.slopes.slope(found, Place(unknown.name(), (j,)))
        rest = work.tidy(context)(without(found, unknown.name()))
    except (NoSlope, Rejected, ZeroDivisionError):
        return work.done(None, None, "the equation was not worked out")
    if unknown in subterms(slope):
        return work.done(None, None, "the equation is not linear in the unknown")
    work.step(gap, found, "the equation worked out, entry by entry", context)
    given = replace(base, facts=(*base.facts, equation), memo={})
    last: Verdict | None = None
    for a, b, factor in _systems(work, context, slope, rest, (i, j), (ranges[0], *shape(base, unknown))):
        x = make("op", "matmul", make("op", "inv", a), b)
        last = work.judge(rel("=", unknown, x), given)
        if last.kind is not Kind.PROVED:
            continue
        work.step(unknown, x, "solved for the unknown: there is no other solution", given, verdict=last)
        residual = make("at", make("add", make("op", "matmul", a, unknown), make("neg", b)), i)
        work.step(gap, make("mul", factor, residual), "as a linear system", context)
        work.step(make("op", "matmul", a, x), b, "put back: a solution", base)
        work.context = given
        return work.done(x, last)
    return work.done(None, last, "no solution in matrix form was proved")


def _systems(
    work: Work, context: Context, slope: Term, rest: Term, indices: tuple[Term, Term], ranges: Shape
) -> Iterator[tuple[Term, Term, Term]]:
    """(A, b, c) with c·(A·u − b) the equation; common factors and denominators left out first."""
    tidy = work.tidy(context)
    below = [s.terms[1] for s in slope.terms if s.head == "div"] if slope.head == "add" else []
    plain = [make("div", ONE, d) for d in below if not set(indices) & set(subterms(d))]
    for common in map(tidy, (*plain, _factor(slope, indices), ONE)):
        a, b = (tidy(make("div", t, common)) for t in (slope, make("neg", rest)))
        for m in MatrixForms(context, indices, ranges).of(a):
            for v in MatrixForms(context, indices[:1], ranges[:1]).of(b):
                yield m, v, common


def _factor(t: Term, indices: tuple[Term, Term]) -> Term:
    """The factor of a term in which no index stands."""
    if t.head in ("neg", "div"):
        return make(t.head, *(_factor(a, indices) for a in t.terms))
    parts = t.terms if t.head == "mul" else (t,)
    return make("mul", ONE, ONE, *(p for p in parts if not set(indices) & set(subterms(p))))


def without(t: Term, name: str) -> Term:
    """The term at 0 for all entries of a name."""
    found = family_member(t) if t.head == "at" else None
    return ZERO if found is not None and found[0] == name else rebuild(t, lambda a, _: without(a, name))


def _all(work: Work, context: Context, sides: list[Term], unknown: Term, solutions: list[Term], leading: Term) -> bool:
    """Whether left − right = a·Π(u − x) with a ≠ 0, so that there are no other solutions."""
    gap = make("add", sides[0], make("neg", sides[1]))
    factors = [make("add", unknown, make("neg", x)) for x in solutions]
    whole = work.tidy(context)(make("mul", leading, *factors))
    if not work.step(gap, make("mul", leading, *factors), "in factors", context):
        return work.step(gap, whole, "in factors", context) and work.step(
            leading, ZERO, "no other solution", context, relation="!="
        )
    return work.step(leading, ZERO, "so there is no other solution", context, relation="!=")


def _excluded(work: Work, context: Context, unknown: str, x: Term) -> bool:
    """Whether a solution is proved to break a fact about the unknown."""
    for f in context.facts:
        if _mentions(f, unknown) and f.head == "rel":
            other = negate(renamed(f, unknown, x))
            if other is not None and work.judge(other, context).kind is Kind.PROVED:
                return True
    return False


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


def _roots(work: Work, context: Context, sides: list[Term], unknown: str) -> tuple[list[Term], Term] | None:
    """The solutions and the leading coefficient of left − right; None if the degree is not one or two."""
    tidy = work.tidy(context)
    forms = Forms(context, tidy, work.goal.names, (unknown,))
    ring = Ring(32)
    try:
        gap = fraction(ring, tidy(make("add", sides[0], make("neg", sides[1]))))
    except (Full, TooLarge, ZeroDivisionError, Rejected):
        return None
    k = ring.numbers.get(sym(unknown))
    if k is None or any(sym(unknown) in subterms(g) for n, g in enumerate(ring.generators) if n != k):
        return None
    c = [_coefficient(ring, gap.num, k, e) for e in range(3)]
    degree = gap.num.degrees()[k]
    if degree not in (1, 2):
        return None
    leading = tidy(ring.term(ring.make(c[degree], gap.den)))
    found = [ring.term(ring.make(-c[0], c[1]))] if degree == 1 else _quadratic(ring, *c)
    out = []
    for x in found:
        ranked = [t for t in forms.ranked([x]) if sym(unknown) not in subterms(t)]
        out.append(ranked[0] if ranked else tidy(x))
    return out, leading


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
    plain = not any(s.head == "der" and s.name(1) == unknown for s in subterms(equation))
    mentions = any(unknown in context.reach(n) for n in context.closure(equation) - {unknown})
    if plain and not mentions:
        return work.judge(renamed(equation, unknown, x), context)
    facts = tuple(f for f in context.facts if not _mentions(f, unknown))
    definitions = {**context.definitions, unknown: Definition((), (((), x),))}
    return work.judge(equation, replace(context, facts=facts, definitions=definitions, memo={}))


def _mentions(t: Term, name: str) -> bool:
    return sym(name) in subterms(t)
