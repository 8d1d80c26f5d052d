"""What the facts say plainly about integers: enough to see that a range is in order.

SymPy takes a sum from a to b < a − 1 for minus the sum over what lies between (Karr's convention), here it
is empty.  Both agree exactly where a ≤ b + 1, so that is what has to be seen before a sum crosses the border.

Not here: SymPy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from math import ceil, floor

from symderive.kernel.algebra import Algebra, OverBudget, Poly, plus, scaled
from symderive.kernel.context import Context
from symderive.kernel.shapes import is_integer
from symderive.kernel.terms import Term, bound, literal


class Bounds:
    """Lower bounds (numbers) and upper bounds (terms) of integer atoms, from facts and enclosing ranges."""

    def __init__(self, context: Context) -> None:
        self.least: dict[Term, int] = {}
        self.most: dict[Term, Term] = {}
        for f in context.facts:
            if f.head == "rel" and f.name() in ("<", "<="):
                small, large = f.terms
                self._learn(context, small, large, strict=f.name() == "<")

    def _learn(self, context: Context, small: Term, large: Term, *, strict: bool) -> None:
        c = literal(small)
        if large.head == "sym" and c is not None and is_integer(context, large):
            low = floor(c) + 1 if strict else ceil(c)
            self.least[large] = max(low, self.least.get(large, low))
        if small.head == "sym" and not large.dangling and is_integer(context, small) and is_integer(context, large):
            self.most.setdefault(small, large)

    @contextmanager
    def within(self, name: str, lo: Term, hi: Term) -> Iterator[None]:
        """Within a binder whose loose variable runs from lo to hi."""
        i, low = bound(name), self.minimum(lo)
        if hi.head != "inf":
            self.most[i] = hi
        if low is not None:
            self.least[i] = ceil(low)
        try:
            yield
        finally:
            self.most.pop(i, None)
            self.least.pop(i, None)

    def in_order(self, lo: Term, hi: Term) -> bool:
        """Whether it is plain that lo ≤ hi + 1."""
        return self._minimum(hi, lo, 1)

    def minimum(self, t: Term) -> Fraction | int | None:
        """A number that `t` is never below, if one is plain."""
        algebra = Algebra(budget=2000)
        try:
            n, d = algebra.of(t)
        except (OverBudget, ZeroDivisionError):
            return None
        return None if d else self._of(algebra, n)

    def _minimum(self, hi: Term, lo: Term, offset: int) -> bool:
        algebra = Algebra(budget=2000)
        try:
            n, d = algebra.minus(algebra.of(hi), algebra.of(lo))
            low = None if d else self._of(algebra, self._raise(algebra, n))
        except (OverBudget, ZeroDivisionError):
            return False
        return low is not None and low + offset >= 0

    def _raise(self, algebra: Algebra, n: Poly) -> Poly:
        """Linear atoms with a negative coefficient replaced by their upper bounds, innermost first."""
        for atom, top in reversed(list(self.most.items())):
            k = algebra.atoms.get(atom)
            c = n.get(((k, 1),), 0) if k is not None else 0
            if c < 0:
                gap, d = algebra.minus(algebra.of(top), algebra.of(atom))
                n = n if d else plus(n, scaled(gap, c))
        return n

    def _of(self, algebra: Algebra, n: Poly) -> Fraction | int | None:
        atoms, out = list(algebra.atoms), Fraction(0)
        for m, c in n.items():
            lows = [self.least.get(atoms[k]) for k, e in m for _ in range(max(e, 0))]
            low = Fraction(c)
            for x in lows:
                if x is None or (x < 0 and len(lows) > 1):
                    return None
                low *= x
            if any(e < 0 for _, e in m) or (c < 0 and m):
                return None
            out += low
        return out
