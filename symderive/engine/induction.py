"""Induction along a recursive family, or the end of a sum: the claim at the first index, then from each to the next.

The claim is generalised over the integer at which the family stands, and over the entries that its
recursion mixes (as an equation between tensors), so that the hypothesis can be used at every entry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from symderive.engine.builder import Stuck
from symderive.engine.ring import TooLarge
from symderive.kernel.algebra import difference
from symderive.kernel.context import Range, Rejected, family_member
from symderive.kernel.shapes import shape
from symderive.kernel.terms import (
    ONE,
    ZERO,
    Term,
    abstract,
    bound,
    fresh,
    literal,
    make,
    num,
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


@dataclass(frozen=True)
class Ladder:
    """An integer name along which a claim may be shown by induction."""

    name: str
    first: Term
    last: Term | None
    entries: tuple[str, ...] = ()
    """Integer names of the entries that a recursion mixes."""
    ends: tuple[Term, ...] = ()
    """Ends of sums and products, over the name, at which their last member splits off."""


def by_induction(prover: Prover, claim: Term, conditions: tuple[Term, ...]) -> int | None:
    """A line for a claim about a recursive family, sum or product up to an integer name; None if there is none."""
    ladders = _families(prover, claim) + _series(prover, claim, conditions)
    if not ladders:
        return None
    cleared = _cleared(prover, claim, conditions)
    if cleared is not None:
        return cleared
    for ladder in ladders:
        for entries in (ladder.entries, ()) if ladder.entries else ((),):
            for offset in (0,) if ladder.ends else (0, 1):
                try:
                    return _induct(prover, claim, conditions, replace(ladder, entries=entries), offset)
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


def _families(prover: Prover, claim: Term) -> list[Ladder]:
    """The recursive families in a claim that stand at an integer name, with the names of their entries."""
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
    ladders = []
    for (f, n), rest in out.items():
        lo, hi = _range(prover, f)
        if not lo.dangling and not hi.dangling:
            ladders.append(Ladder(n, lo, None if hi.head == "inf" else hi, rest))
    return ladders


def _series(prover: Prover, claim: Term, conditions: tuple[Term, ...]) -> list[Ladder]:
    """The integer names up to which sums and products in a claim run, from the bound that is known of each."""
    ends: dict[str, dict[Term, None]] = {}
    for t in subterms(claim):
        if t.head == "big" and t.name() in ("sum", "prod") and not t.terms[1].dangling:
            for s in subterms(t.terms[1]):
                if s.head == "sym" and isinstance(difference(t.terms[1], s), int):
                    ends.setdefault(s.name(), {})[t.terms[1]] = None
    out = []
    for n, found in ends.items():
        below = [c for c in conditions if c.head == "rel" and c.name() in ("<", "<=") and c.terms[1] is sym(n)]
        known = [k + (c.name() == "<") for c in below if isinstance(k := literal(c.terms[0]), int)]
        if known:
            out.append(Ladder(n, num(max(known)), sym(n), (), tuple(found)))
    return out


def _induct(prover: Prover, claim: Term, conditions: tuple[Term, ...], ladder: Ladder, offset: int) -> int:
    builder, n, entries, last = prover.builder, ladder.name, ladder.entries, ladder.last
    first = ladder.first if not offset else make("add", ladder.first, ONE)
    left, right = claim.terms
    general = [_generalised(prover, t, entries, claim) for t in (left, right)]
    v = fresh(claim, *conditions, stem="t")
    goal = rel(claim.name(), *(_with(t, {n: bound(v)}) for t in general))
    after = make("add", bound(v), ONE)
    base = prover.relation_at(substitute(goal, {v: first}), conditions, first)
    known = [rel("<=", first, bound(v)), goal]
    known += [] if last is None else [rel("<=", after, last), rel("<=", bound(v), last)]
    ends = [_with(t, {n: after}) for t in ladder.ends]
    up = prover.relation_at(substitute(goal, {v: after}), (*conditions, *known), after, *ends)
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
    tried: set[Term] = set(known)
    while todo := sorted((h for h in prover.builder.line(up).hypotheses if v in h.loose and h not in tried), key=repr):
        for h in todo:
            tried.add(h)
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
