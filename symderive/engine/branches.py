"""Atoms that are cases, indicators and extrema: the branch or the value that applies, where it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symderive.kernel.algebra import difference, tidy
from symderive.kernel.book import Lambda
from symderive.kernel.shapes import SCALAR, shape
from symderive.kernel.sums import indicator
from symderive.kernel.terms import ONE, ZERO, Term, abstract, bound, make, negate, num, rel, substitute

if TYPE_CHECKING:
    from symderive.engine.normal import Normal


def cases(normal: Normal, t: Term) -> int | None:
    """Cases: the branch that applies, if that is known; else an indicator, or an opaque generator."""
    builder, guard, parts = normal.builder, t.terms[0], t.terms[1:]
    if len(parts) == 1:  # undefined elsewhere: the guard stays as a condition where it is not known
        only = builder.rule("cases.only", p=guard, a=parts[0])
        return normal.discharged(only, guard) if guard.head == "rel" and normal.decided(guard) else only
    other = negate(guard)
    if other is None or shape(normal.context, guard.terms[0]) != SCALAR:
        return None
    if guard.name() in ("=", "!="):
        gap = difference(*guard.terms)
        true = None if gap is None else (gap == 0) == (guard.name() == "=")
    else:
        true = None
    if true is not False and (true or normal.decided(guard)):
        return normal.discharged(builder.rule("cases.then", p=guard, a=parts[0], b=parts[1]), guard)
    if true is False or normal.decided(other):
        return normal.discharged(builder.rule("cases.else", p=guard, a=parts[0], b=parts[1]), other)
    if parts == (ONE, ZERO):
        return _indicator(normal, t)
    line: int | None = None
    for k in range(1, len(t.args)):
        a = t.args[k] if line is None else builder.right(line).args[k]
        assert isinstance(a, Term)
        if normal.term(a) is not a:
            now = t if line is None else builder.right(line)
            step = builder.place(normal.line(a), now, (k,))
            line = step if line is None else builder.chain(line, step)
    return line


def _indicator(normal: Normal, t: Term) -> int | None:
    """An indicator in canonical order; its square is itself."""
    builder, guard = normal.builder, t.terms[0]
    canonical = indicator(make("rel", guard.name(), *(tidy(x) for x in guard.terms)))
    if canonical is not t:
        return _same_indicator(normal, t, canonical)
    square = make("pow", t, num(2))
    then = builder.rule("cases.then", p=guard, a=ONE, b=ZERO)
    other = negate(guard)
    assert other is not None
    otherwise = builder.rule("cases.else", p=guard, a=ONE, b=ZERO)
    lines = [builder.combine(square, t, [k]) for k in (then, otherwise)]
    line = builder.cases(rel("=", square, t), (guard, other), lines)
    ring = normal.ring
    normal.relate(t, 2, ring.poly(ring.number(t)), line)
    return None


def _same_indicator(normal: Normal, t: Term, canonical: Term) -> int:
    """Two indicators of one equation, its sides exchanged or its indices in another order."""
    builder, guard, target = normal.builder, t.terms[0], canonical.terms[0]
    line, now = None, t
    for k in (1, 2):
        i = now.terms[0].args[k]
        assert isinstance(i, Term)
        if (same := normal.index(i)) is not None:
            step = builder.place(same, now, (0, k))
            line = step if line is None else builder.chain(line, step)
            now = builder.right(line)
    if now is canonical:
        assert line is not None
        return line
    guard, lines = now.terms[0], []
    other, flipped = negate(guard), negate(target)
    assert other is not None
    assert flipped is not None
    for entry, mine, yours in (("cases.then", guard, target), ("cases.else", other, flipped)):
        here = builder.rule(entry, p=guard, a=ONE, b=ZERO)
        there = builder.rule(entry, p=target, a=ONE, b=ZERO)
        there = builder.cut(there, yours, builder.flip(builder.assume(mine)))
        lines.append(builder.chain(here, ~there))
    step = builder.cases(rel("=", now, canonical), (guard, other), lines)
    return step if line is None else builder.chain(line, step)


def strict_extremum(normal: Normal, t: Term) -> int | None:
    """``max f = f(k)``, where a fact says that f(k) is larger than every other value."""
    lo, hi = t.terms[:2]
    name, f = normal.open(t)
    if t.name() != "max":
        return None
    for pattern in normal.facts.orders:
        k = _favourite(pattern.condition)
        if k is None:
            continue
        line = normal.builder.rule("max.strict", f=Lambda((name,), f), lo=lo, hi=hi, k=k)
        here = rel("<", f, substitute(f, {name: k}))
        every = make("all", lo, hi, make("imp", rel("!=", bound(0), k), abstract(here, name)))
        by = normal.signs.prove(here)
        if by is not None:
            return normal.builder.cut(line, every, by, (name,))
        if every in normal.context.fact_set:
            return line
    return None


def _favourite(condition: Term) -> Term | None:
    """k, for a condition of the form ∀i: i ≠ k ⇒ …"""
    if condition.head != "all" or condition.terms[2].head != "imp":
        return None
    guard = condition.terms[2].terms[0]
    if guard.head != "rel" or guard.name() != "!=":
        return None
    for i, k in (guard.terms, guard.terms[::-1]):
        if i.head == "bound" and i.dangling and not k.dangling:
            return k
    return None
