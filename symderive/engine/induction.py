"""Induction along a recursive family: the claim at the first index, then from one index to the next.

The claim is generalised over the integer at which the family stands, and over the entries that its
recursion mixes (as an equation between tensors), so that the hypothesis can be used at every entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symderive.engine.builder import Stuck
from symderive.engine.ring import TooLarge
from symderive.kernel.context import Range, Rejected, family_member
from symderive.kernel.shapes import shape
from symderive.kernel.terms import (
    ONE,
    ZERO,
    Term,
    abstract,
    bound,
    fresh,
    make,
    rebuild,
    rel,
    substitute,
    subterms,
    sym,
)

if TYPE_CHECKING:
    from symderive.engine.normal import Normal
    from symderive.engine.prover import Prover

FAILURES = (Stuck, TooLarge, Rejected, ZeroDivisionError)


def by_induction(prover: Prover, claim: Term, conditions: tuple[Term, ...]) -> int | None:
    """A line for a claim about a recursive family at an integer name; None if it is not of that kind."""
    candidates = _candidates(prover, claim)
    if not candidates:
        return None
    cleared = _cleared(prover, claim, conditions)
    if cleared is not None:
        return cleared
    for name, n, mixed in candidates:
        for entries in (mixed, ()) if mixed else ((),):
            for offset in (0, 1):
                try:
                    return _induct(prover, claim, conditions, name, n, entries, offset)
                except FAILURES:
                    continue
    return None


def _cleared(prover: Prover, claim: Term, conditions: tuple[Term, ...]) -> int | None:
    """An equation between fractions, from induction on its numerator."""
    left, right = claim.terms

    def task(normal: Normal) -> int | None:
        f = normal.frac(make("add", left, make("neg", right)))
        if claim.name() != "=" or f.den.is_constant():
            return None
        top = rel("=", normal.ring.poly_term(f.num), ZERO)
        line = by_induction(prover, top, conditions)
        if line is None:
            return None
        factor = normal.ring.term(normal.ring.make(normal.ring.one, f.den))
        return prover.builder.combine(left, right, normal.rewrites(left, right), [(line, factor)])

    try:
        return prover.attempt(prover.settings(claim, conditions)[0], task)
    except FAILURES:
        return None


def _candidates(prover: Prover, claim: Term) -> list[tuple[str, str, tuple[str, ...]]]:
    """(family, integer name at which it stands, integer names of its entries), as found in the claim."""
    context = prover.context
    out: dict[tuple[str, str], tuple[str, ...]] = {}
    for t in subterms(claim):
        found = family_member(t)
        if found is None or not context.family_depth(found[0]) or not context.is_recursive(found[0]):
            continue
        depth = context.family_depth(found[0])
        if len(found[1]) < depth:
            continue
        at = found[1][depth - 1]
        rest = tuple(i.name() for i in found[1][depth:] if i.head == "sym")
        if at.head == "sym":
            out[found[0], at.name()] = max(out.get((found[0], at.name()), ()), rest, key=len)
    plain = {f for f, _ in out if not any(e.dangling for e in _range(prover, f))}
    return [(f, n, rest) for (f, n), rest in out.items() if f in plain]


def _induct(
    prover: Prover,
    claim: Term,
    conditions: tuple[Term, ...],
    family: str,
    n: str,
    entries: tuple[str, ...],
    offset: int,
) -> int:
    builder = prover.builder
    lo, hi = _range(prover, family)
    first = lo if not offset else make("add", lo, ONE)
    last = None if hi.head == "inf" else hi
    left, right = claim.terms
    general = [_generalised(prover, t, entries, claim) for t in (left, right)]
    v = fresh(claim, *conditions, stem="t")
    goal = rel(claim.name(), *(_with(t, {n: bound(v)}) for t in general))
    after = make("add", bound(v), ONE)
    base = prover.relation_at(substitute(goal, {v: first}), conditions, first)
    known = [rel("<=", first, bound(v)), goal]
    known += [] if last is None else [rel("<=", after, last), rel("<=", bound(v), last)]
    up = prover.relation_at(substitute(goal, {v: after}), (*conditions, *known), after)
    up = _within(prover, up, conditions, known, v)
    line = builder.induct(goal, v, first, last, base, up)
    line = builder.at(line, **{v: sym(n)})
    for e in entries:
        line = builder.place(line, make("at", builder.left(line), sym(e)), (0,))
    if not entries:
        return line
    a, b = builder.lower(builder.left(line)), builder.lower(builder.right(line))
    a2, b2 = builder.lower(left), builder.lower(right)
    return builder.chain(a2, ~a, line, b, ~b2)


def _within(prover: Prover, up: int, conditions: tuple[Term, ...], known: list[Term], v: str) -> int:
    """The step line without hypotheses about the index that follow from its range."""
    for h in sorted(prover.builder.line(up).hypotheses, key=repr):
        if v in h.loose and h not in known:
            proof = prover.hypothesis(h, (*prover.context.facts, *known))
            if proof is not None:
                up = prover.builder.cut(up, h, *proof)
    return up


def _range(prover: Prover, family: str) -> Range:
    declared = prover.context.declared(family)
    return declared.ranges[prover.context.family_depth(family) - 1]


def _generalised(prover: Prover, t: Term, entries: tuple[str, ...], claim: Term) -> Term:
    """The tensor of all values of a term as some integer names run through the ranges of its entries."""
    for e in reversed(entries):
        lo, hi = _span_of(prover, claim, e)
        name = fresh(t, stem="e")
        t = make("tab", lo, hi, abstract(_with(t, {e: bound(name)}), name))
    return t


def _span_of(prover: Prover, claim: Term, e: str) -> Range:
    """The range of the index for which an integer name stands in the claim."""
    for t in subterms(claim):
        if t.head == "at" and t.terms[1] is sym(e):
            return shape(prover.context, t.terms[0])[0]
    raise Stuck(f"{e} stands for no index")


def _with(t: Term, values: dict[str, Term]) -> Term:
    """`t` with terms for names."""
    if t.head == "sym" and t.name() in values:
        return values[t.name()]
    return rebuild(t, lambda a, _: _with(a, values))
