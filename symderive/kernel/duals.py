"""Derivatives by evaluation: numbers that carry their slope with respect to one varied entry.

Used to evaluate facts, witnesses and counterexamples, never to prove.  At a kink, at the edge of a domain
or of a case, the answer is `Unsure`.  A dual number of one level may consist of duals of the level below,
which gives higher derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from symderive.kernel.intervals import Arithmetic, Real, Undefined, Unsure


class Dual(NamedTuple):
    """value + slope·ε with ε² = 0."""

    value: Real
    slope: Real
    level: int


class DualArithmetic(Arithmetic):
    """The operations on duals of one level; what does not vary stays a plain number."""

    def __init__(self, base: Arithmetic) -> None:
        super().__init__(base.p)
        self.base = base
        self.level = base.level + 1

    def varies(self, x: Real) -> bool:
        return isinstance(x, Dual) and x.level == self.level

    def parts(self, x: Real) -> tuple[Real, Real]:
        return (x.value, x.slope) if isinstance(x, Dual) and x.level == self.level else (x, 0)

    def seed(self, x: Real) -> Real:
        """The varied entry itself."""
        return Dual(x, 1, self.level)

    def sign(self, x: Real) -> int | None:
        """None at zero: nearby the sign is another one."""
        return (self.base.sign(x.value) or None) if self.varies(x) else self.base.sign(x)

    def add(self, x: Real, y: Real) -> Real:
        if not self.varies(x) and not self.varies(y):
            return self.base.add(x, y)
        (a, da), (b, db) = self.parts(x), self.parts(y)
        return Dual(self.base.add(a, b), self.base.add(da, db), self.level)

    def mul(self, x: Real, y: Real) -> Real:
        if not self.varies(x) and not self.varies(y):
            return self.base.mul(x, y)
        o = self.base
        (a, da), (b, db) = self.parts(x), self.parts(y)
        return Dual(o.mul(a, b), o.add(o.mul(da, b), o.mul(a, db)), self.level)

    def neg(self, x: Real) -> Real:
        return self.mul(-1, x)

    def inverse(self, x: Real) -> Real:
        return self._along(x, self.base.inverse, lambda _, y: self.base.neg(self.base.mul(y, y)))

    def power(self, x: Real, k: int) -> Real:
        o = self.base
        if k == 0:
            return 1
        return self._along(x, lambda a: o.power(a, k), lambda a, _: o.mul(k, o.power(a, k - 1)))

    def abs(self, x: Real) -> Real:
        def outer(a: Real, _: Real) -> Real:
            sign = self.base.sign(a)
            if not sign:
                raise Unsure("a derivative at the kink of |·|")
            return sign

        return self._along(x, self.base.abs, outer)

    def root(self, x: Real, q: int) -> Real:
        o = self.base
        return self._along(x, lambda a: o.root(a, q), lambda a, y: o.mul(y, o.inverse(o.mul(q, a))))

    def exp(self, x: Real) -> Real:
        return self._along(x, self.base.exp, lambda _, y: y)

    def log(self, x: Real) -> Real:
        return self._along(x, self.base.log, lambda a, _: self.base.inverse(a))

    def sin(self, x: Real) -> Real:
        return self._along(x, self.base.sin, lambda a, _: self.base.cos(a))

    def cos(self, x: Real) -> Real:
        return self._along(x, self.base.cos, lambda a, _: self.base.neg(self.base.sin(a)))

    def erf(self, x: Real) -> Real:
        o = self.base

        def outer(a: Real, _: Real) -> Real:
            bell = o.exp(o.neg(o.mul(a, a)))
            return o.mul(o.mul(2, bell), o.inverse(o.root(o.pi(), 2)))

        return self._along(x, o.erf, outer)

    def extremum(self, items: list[Real], sign: int) -> Real:
        """The item that beats all others; raises `Unsure` at a tie."""
        for x in items:
            gaps = [self.add(x, self.neg(y)) for y in items if y is not x]
            if all(self.sign(g) == sign for g in gaps):
                return x
        raise Unsure("a derivative where an extremum is attained twice")

    def _along(self, x: Real, f: Callable[[Real], Real], outer: Callable[[Real, Real], Real]) -> Real:
        """f(x), by the chain rule with f' = outer(argument, value)."""
        if not self.varies(x):
            return f(x)
        a, da = self.parts(x)
        y = f(a)
        try:
            return Dual(y, self.base.mul(outer(a, y), da), self.level)
        except Undefined as error:
            raise Unsure(f"a derivative at the edge of a domain: {error}") from None
