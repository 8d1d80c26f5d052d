"""Which of the means that a proof takes to exist have to be named, so that all others exist too.

|X|^a·|Y|^b is at most a weighted mean of 1, |X|^c·|Y|^d, … wherever (a, b) lies in the convex hull of 0, (c, d), …
(the weighted inequality of means).  So E[X²] gives E[X], and E[X²] with E[Y²] gives E[XY] and all linear
combinations.  For what is printed; a certificate lists every hypothesis of its proof.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fractions import Fraction

from symderive.engine.linear import nonnegative_combination
from symderive.kernel.context import Context
from symderive.kernel.terms import Term, literal

MAX_MONOMIALS = 200
MAX_POWER = 8

Monomial = frozenset[tuple[Term, int]]
"""Random factors with their exponents; what is not random counts as a number."""

ONE: Monomial = frozenset()


def weakest(context: Context, hypotheses: Iterable[Term]) -> tuple[Term, ...]:
    """The hypotheses without those means that exist because others do; all other hypotheses stay."""
    given = tuple(hypotheses)
    parts = {h: _monomials(context, h.terms[0]) for h in given if _is_plain(h)}
    pure = {h: ms for h, ms in parts.items() if ms is not None and _is_pure(context, h.terms[0])}
    single = {next(iter(ms)): h for h, ms in pure.items()}
    kept = dict(single)
    for m in sorted(single, key=lambda m: (sum(e for _, e in m), repr(single[m]))):
        others = [n for n in kept if n != m]
        if _between(m, others):
            kept = {n: kept[n] for n in others}
    dropped = {h for h, ms in parts.items() if ms is not None and all(m in kept or _between(m, kept) for m in ms)}
    named = set(kept.values())
    return tuple(h for h in given if h in named or h not in dropped)


def _is_plain(h: Term) -> bool:
    """Whether a hypothesis is that a mean over all that is random exists."""
    return h.head == "is" and h.name() == "integrable" and len(h.terms) == 1


def _is_pure(context: Context, t: Term) -> bool:
    """Whether a term is one monomial with a numeral before it; a name there might be 0."""
    if t.head in ("mul", "neg"):
        return all(_is_pure(context, a) for a in t.terms)
    if t.head == "pow" and isinstance(literal(t.terms[1]), int):
        return _is_pure(context, t.terms[0])
    if t.head in ("add", "div"):
        return False
    return bool(literal(t)) or bool(context.random_in(t))


def _between(m: Monomial, others: Collection[Monomial]) -> bool:
    """Whether exponents are a weighted mean of 0 and of those of others."""
    columns = [_weighted(n) for n in (ONE, *others)]
    return nonnegative_combination(_weighted(m), columns, [False] * len(columns)) is not None


def _weighted(m: Monomial) -> dict[object, Fraction]:
    out: dict[object, Fraction] = {t: Fraction(e) for t, e in m}
    return {**out, "weight": Fraction(1)}


def _monomials(context: Context, t: Term) -> frozenset[Monomial] | None:
    """The monomials of a polynomial in random atoms, some perhaps more than there are; None if it is none."""
    if not context.random_in(t):
        return frozenset({ONE})
    match t.head:
        case "add" | "neg":
            found = [_monomials(context, a) for a in t.terms]
            return None if None in found else frozenset().union(*(f for f in found if f is not None))
        case "mul":
            return _product(_monomials(context, a) for a in t.terms)
        case "div":
            return None if context.random_in(t.terms[1]) else _monomials(context, t.terms[0])
        case "pow":
            e = literal(t.terms[1])
            if not isinstance(e, int) or not 0 <= e <= MAX_POWER:
                return None
            return _product([_monomials(context, t.terms[0])] * e)
        case _:
            return frozenset({frozenset({(t, 1)})})


def _product(factors: Iterable[frozenset[Monomial] | None]) -> frozenset[Monomial] | None:
    out: frozenset[Monomial] = frozenset({ONE})
    for f in factors:
        if f is None or len(out) * len(f) > MAX_MONOMIALS:
            return None
        out = frozenset(_times(m, n) for m in out for n in f)
    return out


def _times(m: Monomial, n: Monomial) -> Monomial:
    powers = dict(m)
    for t, e in n:
        powers[t] = powers.get(t, 0) + e
    return frozenset(powers.items())
