"""Arithmetic for the oracles: matrices, random points, derivatives by differences, and what a relation claims.

Nothing of the package is imported here; the numbers have forty digits, so that a difference quotient is good for
more than twenty.  Vectors are columns, and a column with one entry is no number.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mpmath import mp, mpf

Value = Any
"""A number or an `mp.matrix`."""

ILL = mp.matrix(0, 0)
"""The value of a mutant whose shapes do not fit."""

ORACLES: dict[str, tuple[Callable[[Random], list[Relation]], int]] = {}
"""File name -> what its relations claim at a random point, and the number of points."""


class Random(random.Random):
    """Random numbers and matrices, of short decimals."""

    def num(self, low: float = -2, high: float = 2) -> mpf:
        return mpf(round(self.uniform(low, high), 4))

    def pos(self, low: float = 0.2, high: float = 2) -> mpf:
        return self.num(low, high)

    def vec(self, n: int) -> mp.matrix:
        return mp.matrix([self.num() for _ in range(n)])

    def mat(self, m: int, n: int) -> mp.matrix:
        return mp.matrix([[self.num() for _ in range(n)] for _ in range(m)])

    def hot(self, n: int) -> mp.matrix:
        k = self.randrange(n)
        return mp.matrix([mpf(i == k) for i in range(n)])

    def simplex(self, n: int) -> list[mpf]:
        parts = [self.pos() for _ in range(n)]
        return [p / sum(parts) for p in parts]


@dataclass(frozen=True)
class Relation:
    """Both sides of a relation at a point, and one side of the mutant.

    Attributes:
        op: ``=``, ``<=``, ``<`` or ``~`` (a decimal of `digits` digits on the right).
        bad: the right side of the mutant; `bad_left` its left side; both None if it has none.
    """

    left: Value
    right: Value
    bad: Value = None
    bad_left: Value = None
    op: str = "="
    tol: float = 1e-18
    digits: int = 0

    @property
    def mutated(self) -> bool:
        return self.bad is not None or self.bad_left is not None

    def holds(self) -> bool:
        return self._holds(self.left, self.right)

    def mutant_holds(self) -> bool:
        left = self.left if self.bad_left is None else self.bad_left
        return self._holds(left, self.right if self.bad is None else self.bad)

    def _holds(self, a: Value, b: Value) -> bool:
        if self.op == "<=":
            return a <= b
        if self.op == "<":
            return a < b
        if self.op == "~":
            return abs(mpf(a) - mpf(b)) <= mpf(10) ** -self.digits / 2
        return same(a, b, self.tol)


def derivation(file: str, points: int = 4) -> Callable[[Callable[[Random], list[Relation]]], Any]:
    """Register the oracle of a file."""

    def register(f: Callable[[Random], list[Relation]]) -> Any:
        ORACLES[file] = (f, points)
        return f

    return register


def step(left: Value, right: Value, bad: Value = None, **more: Any) -> Relation:
    return Relation(left, right, bad, **more)


def chain(first: Value, *rest: tuple[Value, Value] | tuple[Value], **more: Any) -> list[Relation]:
    """The relations of first = a = b = …, each with its mutant."""
    out, left = [], first
    for value, *bad in rest:
        out.append(Relation(left, value, bad[0] if bad else None, **more))
        left = value
    return out


def approx(value: Value, shown: str, bad: str) -> Relation:
    """value ≈ shown, to the digits shown."""
    digits = len(shown.partition(".")[2])
    return Relation(value, mpf(shown), mpf(bad), op="~", digits=digits)


def same(a: Value, b: Value, tol: float = 1e-18) -> bool:
    if isinstance(a, mp.matrix) != isinstance(b, mp.matrix):
        return False
    if isinstance(a, mp.matrix):
        if (a.rows, a.cols) != (b.rows, b.cols):
            return False
        return all(same(x, y, tol) for x, y in zip(a, b, strict=True))
    return abs(a - b) <= tol * (1 + abs(a) + abs(b))


# -- matrices ---------------------------------------------------------------------------------------------


def ap(f: Callable[..., Value], *args: mp.matrix) -> mp.matrix:
    """Elementwise."""
    first = args[0]
    return mp.matrix([[f(*(a[i, j] for a in args)) for j in range(first.cols)] for i in range(first.rows)])


def had(*args: mp.matrix) -> mp.matrix:
    """The elementwise product."""
    return ap(lambda *xs: mp.fprod(xs), *args)


def dot(a: Iterable[mpf], b: Iterable[mpf]) -> mpf:
    return mp.fsum(x * y for x, y in zip(a, b, strict=True))


def sq(a: Iterable[mpf]) -> mpf:
    """The sum of the squares of the entries."""
    return mp.fsum(x * x for x in a)


def tr(a: mp.matrix) -> mpf:
    return mp.fsum(a[i, i] for i in range(a.rows))


def dg(v: Iterable[mpf]) -> mp.matrix:
    return mp.diag(list(v))


def eye(n: int) -> mp.matrix:
    return mp.eye(n)


def ones(n: int) -> mp.matrix:
    return mp.ones(n, 1)


def vec(*xs: Value) -> mp.matrix:
    return mp.matrix(list(xs))


def row(*xs: Value) -> mp.matrix:
    return mp.matrix([list(xs)])


# -- functions --------------------------------------------------------------------------------------------


def sigma(x: mpf) -> mpf:
    return 1 / (1 + mp.exp(-x))


def softmax(z: Iterable[mpf]) -> mp.matrix:
    e = [mp.exp(x) for x in z]
    return mp.matrix([x / mp.fsum(e) for x in e])


def relu(x: mpf) -> mpf:
    return max(x, mpf(0))


def lse(z: Iterable[mpf]) -> mpf:
    return mp.log(mp.fsum(mp.exp(x) for x in z))


# -- derivatives ------------------------------------------------------------------------------------------


def d(f: Callable[[mpf], Value], x: mpf) -> Value:
    """The derivative, of order four in a step of 1e-8."""
    h = mpf(10) ** -8
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


def grad(f: Callable[[mp.matrix], mpf], x: mp.matrix) -> mp.matrix:
    """The gradient of a number, in the shape of x."""

    def at(i: int, j: int) -> Callable[[mpf], mpf]:
        def moved(v: mpf) -> mpf:
            y = x.copy()
            y[i, j] = v
            return f(y)

        return moved

    return mp.matrix([[d(at(i, j), x[i, j]) for j in range(x.cols)] for i in range(x.rows)])


def jac(f: Callable[[mp.matrix], mp.matrix], x: mp.matrix) -> mp.matrix:
    """Entries ∂f_i/∂x_j of a function of columns."""
    rows = [grad(lambda y, i=i: f(y)[i], x) for i in range(len(f(x)))]  # type: ignore[misc]
    return mp.matrix([list(g) for g in rows])


def mean(f: Callable[[mpf], mpf], mu: Value = 0, s: Value = 1) -> mpf:
    """The mean of f under the normal density of mean mu and deviation s."""
    span = [mu + s * k for k in (-14, -8, -4, -2, 0, 2, 4, 8, 14)]
    c = 1 / (s * mp.sqrt(2 * mp.pi))
    return mp.quad(lambda x: c * mp.exp(-((x - mu) ** 2) / (2 * s * s)) * f(x), span)
