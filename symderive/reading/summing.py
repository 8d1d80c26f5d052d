"""The summation convention: where the sum over a repeated letter stands.

Letters that are free on the left side of a chain are not summed.  The sum over another letter stands around the product
in which it is repeated; else around the numerator or denominator that holds it; else around the term.
"""

from __future__ import annotations

from collections.abc import Collection

from symderive.kernel.context import Range
from symderive.kernel.terms import INF, ONE, Term, abstract, bound, make, rebuild, subterms
from symderive.reading.formulas.names import Names, loose


def free_letters(t: Term, names: Names) -> set[str]:
    """The index letters that are free in a term."""
    return {
        s.name() for s in subterms(t) if s.head == "sym" and (m := names.meanings.get(s.name())) and m.role == "index"
    }


def range_of(letter: str, names: Names) -> Range:
    """The range of a free index, by the facts about it."""
    lo, hi = ONE, INF
    for f in names.scope.facts:
        if f.head == "rel" and f.name() == "<=":
            a, b = f.terms
            if b.head == "sym" and b.name() == letter:
                lo = a
            elif a.head == "sym" and a.name() == letter:
                hi = b
    return lo, hi


def summed(t: Term, names: Names, keep: Collection[str], *, repeated: bool = False) -> Term:
    """The term with a sum over each letter that is not kept; or only over those that a product repeats."""
    for letter in sorted(free_letters(t, names) - set(keep)):
        if repeated and not any(
            _repeated(s, letter) for s in (t.terms if t.head in ("add", "neg") else (t,)) if _has(s, letter)
        ):
            continue
        lo, hi = range_of(letter, names)
        if hi is not INF:
            t = _place(t, letter, (lo, hi))
    return t


def conventional(t: Term, names: Names) -> Term:
    """What a definition says in its scope: with the sums over repeated letters, if that is the convention."""
    return summed(t, names, not_summed(names)) if "summation" in names.conventions else t


def not_summed(names: Names) -> set[str]:
    """The letters over which the text says that nothing is summed."""
    return {c.split(":", 1)[1] for c in names.conventions if c.startswith("not-summed:")}


def _has(t: Term, letter: str) -> bool:
    return any(s.head == "sym" and s.name() == letter for s in subterms(t))


def _place(t: Term, letter: str, r: Range) -> Term:
    if t.head == "add":
        return make("add", *(_place(a, letter, r) if _has(a, letter) else a for a in t.terms))
    if t.head == "neg":
        return make("neg", _place(t.terms[0], letter, r))
    inner = _repeated(t, letter)
    if inner is not None:
        return _put(t, inner, _sum(inner, letter, r))
    if t.head == "div" and not all(_has(a, letter) for a in t.terms):
        return make("div", *(_place(a, letter, r) if _has(a, letter) else a for a in t.terms))
    return _sum(t, letter, r)


def _repeated(t: Term, letter: str) -> Term | None:
    """The innermost product in which a letter is repeated and outside of which it does not stand."""
    holders = [a for a in t.terms if _has(a, letter)]
    if len(holders) == 1 and t.head != "der":
        found = _repeated(holders[0], letter)
        if found is not None:
            return found
    product = t.head == "mul" or (t.head == "div" and len(holders) > 1)
    return t if product and len(holders) > 1 else None


def _put(t: Term, old: Term, new: Term) -> Term:
    # found at the place where it stands, under its binders
    return new if t is old else rebuild(t, lambda a, _: _put(a, old, new))


def _sum(t: Term, letter: str, r: Range) -> Term:
    i = loose(letter)
    return make("big", "sum", *r, make("and"), abstract(_replaced(t, letter, i), i))


def _replaced(t: Term, letter: str, i: str) -> Term:
    if t.head == "sym":
        return bound(i) if t.name() == letter else t
    return rebuild(t, lambda a, _: _replaced(a, letter, i))
