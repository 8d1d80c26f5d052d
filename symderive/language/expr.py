"""Expressions: terms with operators, so that mathematics reads well in Python.

An `Expr` is a thin wrapper around a term; it adds nothing to its meaning.  Terms keep the form in which
they are written: nothing simplifies itself.  ``a < b`` and ``a <= b`` are conditions, as are
``eq(a, b)`` and ``ne(a, b)``; ``==`` compares terms and gives a bool.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import count
from typing import TypeAlias

from symderive.kernel.terms import (
    ONE,
    TRUE,
    ZERO,
    Term,
    abstract,
    bound,
    make,
    num,
    rel,
    sym,
)

Like: TypeAlias = "Expr | int | Fraction | Term"
"""What may stand for an expression."""


class Expr:
    """A term that can be computed with.

    Attributes:
        term: the kernel's term.
    """

    __slots__ = ("term",)

    def __init__(self, term: Term) -> None:
        self.term = term

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expr) and self.term is other.term

    def __hash__(self) -> int:
        return hash(self.term)

    def __repr__(self) -> str:
        from symderive.kernel.words import say

        return say(self.term)

    def __bool__(self) -> bool:
        raise TypeError("a condition between expressions has no truth value in Python; state it as a fact")

    def __add__(self, other: Like) -> Expr:
        return nary("add", self, lift(other))

    def __radd__(self, other: Like) -> Expr:
        return nary("add", lift(other), self)

    def __sub__(self, other: Like) -> Expr:
        return nary("add", self, -lift(other))

    def __rsub__(self, other: Like) -> Expr:
        return nary("add", lift(other), -self)

    def __mul__(self, other: Like) -> Expr:
        return nary("mul", self, lift(other))

    def __rmul__(self, other: Like) -> Expr:
        return nary("mul", lift(other), self)

    def __truediv__(self, other: Like) -> Expr:
        return Expr(make("div", self.term, lift(other).term))

    def __rtruediv__(self, other: Like) -> Expr:
        return Expr(make("div", lift(other).term, self.term))

    def __pow__(self, other: Like) -> Expr:
        return Expr(make("pow", self.term, lift(other).term))

    def __rpow__(self, other: Like) -> Expr:
        return Expr(make("pow", lift(other).term, self.term))

    def __neg__(self) -> Expr:
        if self.term.head == "num" and self.term is not ZERO:
            return Expr(num(-Fraction(self.term.args[0], self.term.args[1])))  # type: ignore[arg-type]
        return Expr(make("neg", self.term))

    def __matmul__(self, other: Expr) -> Expr:
        """The matrix product; a vector stands as a column on the right and as a row on the left."""
        return Expr(make("op", "matmul", self.term, lift(other).term))

    def __getitem__(self, indices: Like | tuple[Like, ...]) -> Expr:
        t = self.term
        for i in indices if isinstance(indices, tuple) else (indices,):
            t = make("at", t, lift(i).term)
        return Expr(t)

    @property
    def T(self) -> Expr:
        """The transpose of a matrix."""
        return Expr(make("op", "transpose", self.term))

    def __lt__(self, other: Like) -> Expr:
        return Expr(rel("<", self.term, lift(other).term))

    def __le__(self, other: Like) -> Expr:
        return Expr(rel("<=", self.term, lift(other).term))

    def __gt__(self, other: Like) -> Expr:
        return Expr(rel("<", lift(other).term, self.term))

    def __ge__(self, other: Like) -> Expr:
        return Expr(rel("<=", lift(other).term, self.term))


def lift(x: Like) -> Expr:
    """A number or term as an expression.

    Raises:
        TypeError: it is neither (floats are not exact: write a fraction).
    """
    if isinstance(x, Expr):
        return x
    if isinstance(x, Term):
        return Expr(x)
    if isinstance(x, Fraction) or (isinstance(x, int) and not isinstance(x, bool)):
        return Expr(num(x))
    raise TypeError(f"{x!r} is not an expression; write numbers as integers or fractions")


def nary(head: str, *parts: Expr) -> Expr:
    """A sum or product in written order; a sum of sums is one sum."""
    first, *rest = parts
    args = list(first.term.terms) if first.term.head == head else [first.term]
    args += [p.term for p in rest]
    return Expr(make(head, *args))


def eq(a: Like, b: Like) -> Expr:
    return Expr(rel("=", lift(a).term, lift(b).term))


def ne(a: Like, b: Like) -> Expr:
    return Expr(rel("!=", lift(a).term, lift(b).term))


def is_(prop: str, *args: Like) -> Expr:
    """A property of the closed list, as a condition."""
    return Expr(make("is", prop, *(lift(a).term for a in args)))


def both(*conditions: Expr) -> Expr:
    return Expr(make("and", *(c.term for c in conditions)))


def implies(guard: Expr, condition: Expr) -> Expr:
    return Expr(make("imp", guard.term, condition.term))


# -- binders ----------------------------------------------------------------------------------------

Body = Callable[..., Like]


_serial = count()


def bind(body: Body) -> Term:
    """The body of a binder, from a function of its variable."""
    name = f"@{next(_serial)}"
    return abstract(lift(body(Expr(bound(name)))).term, name)


def _big(op: str, body: Body, lo: Like, hi: Like, where: Callable[[Expr], Expr] | None) -> Expr:
    guard = TRUE if where is None else bind(where)
    return Expr(make("big", op, lift(lo).term, lift(hi).term, guard, bind(body)))


def Sum(body: Body, lo: Like, hi: Like, where: Callable[[Expr], Expr] | None = None) -> Expr:
    """Σ of ``body(i)`` for i from lo to hi (0 if there is none), where a guard holds."""
    return _big("sum", body, lo, hi, where)


def Prod(body: Body, lo: Like, hi: Like, where: Callable[[Expr], Expr] | None = None) -> Expr:
    """Π of ``body(i)`` for i from lo to hi (1 if there is none)."""
    return _big("prod", body, lo, hi, where)


def Max(body: Body, lo: Like, hi: Like, where: Callable[[Expr], Expr] | None = None) -> Expr:
    """The largest ``body(i)``; undefined over an empty range."""
    return _big("max", body, lo, hi, where)


def Min(body: Body, lo: Like, hi: Like, where: Callable[[Expr], Expr] | None = None) -> Expr:
    return _big("min", body, lo, hi, where)


def Tab(body: Body, n: Like, lo: Like = 1) -> Expr:
    """The tensor with entries ``body(i)`` for i from lo to n."""
    return Expr(make("tab", lift(lo).term, lift(n).term, bind(body)))


def Each(body: Body, lo: Like, hi: Like | None) -> Expr:
    """The condition ``body(i)`` for all i from lo to hi (None: without end)."""
    end = make("inf") if hi is None else lift(hi).term
    return Expr(make("all", lift(lo).term, end, bind(body)))


# -- calculus and probability -----------------------------------------------------------------------


def D(t: Like, *places: Expr) -> Expr:
    """The derivative of t by entries of names, one after the other: ``D(L, w)``, ``D(L, W[i, j])``."""
    out = lift(t).term
    for v in places:
        indices: list[Term] = []
        place = v.term
        while place.head == "at":
            indices.insert(0, place.terms[1])
            place = place.terms[0]
        if place.head != "sym":
            raise TypeError(f"{v!r} is not an entry of a name; differentiate by names")
        out = make("der", out, place.name(), *indices)
    return Expr(out)


def E(t: Like, *over: Expr) -> Expr:
    """The expectation of t over everything random, or over some random names, the others held fixed."""
    return Expr(make("ex", lift(t).term, *(x.term.name() for x in over)))


def Var(t: Like, *over: Expr) -> Expr:
    """E[(t − E t)²]."""
    return E((lift(t) - E(t, *over)) ** 2, *over)


def Cov(a: Like, b: Like, *over: Expr) -> Expr:
    return E((lift(a) - E(a, *over)) * (lift(b) - E(b, *over)), *over)


def Lim(t: Like, v: Expr, point: Like, side: str = "both") -> Expr:
    """The limit of t as the name v goes to a point, from both sides, ``above`` or ``below``."""
    return Expr(make("lim", lift(t).term, v.term.name(), lift(point).term, side))


oo = Expr(make("inf"))


# -- functions and operators ------------------------------------------------------------------------


def cases(*branches: tuple[Expr, Like], otherwise: Like | None = None) -> Expr:
    """The value of the first branch whose condition holds; undefined if none does."""
    out = None if otherwise is None else lift(otherwise).term
    for guard, x in reversed(branches):
        rest = () if out is None else (out,)
        out = make("cases", guard.term, lift(x).term, *rest)
    if out is None:
        raise TypeError("cases without a branch")
    return Expr(out)


def delta(i: Like, j: Like) -> Expr:
    """1 if i = j, else 0."""
    return Expr(make("cases", rel("=", lift(i).term, lift(j).term), ONE, ZERO))


def apply(f: str, *args: Like) -> Expr:
    """A function, by name, at arguments; numbers' functions act entry by entry on tensors."""
    return Expr(make("app", f, *(lift(a).term for a in args)))


def op(name: str, *args: Like) -> Expr:
    """An operator of the book, by name."""
    return Expr(make("op", name, *(lift(a).term for a in args)))


def function(name: str) -> Callable[..., Expr]:
    """A function as something to call: ``exp = function("exp")``."""

    def call(*args: Like) -> Expr:
        return apply(name, *args)

    call.__name__ = call.__qualname__ = name
    return call


def operator(name: str) -> Callable[..., Expr]:
    """An operator of the book as something to call."""

    def call(*args: Like) -> Expr:
        return op(name, *args)

    call.__name__ = call.__qualname__ = name
    return call


exp, log, sin, cos, erf = map(function, ("exp", "log", "sin", "cos", "erf"))
absolute = function("abs")
pi = apply("pi")


def sqrt(x: Like) -> Expr:
    return lift(x) ** Fraction(1, 2)


def name(text: str) -> Expr:
    """A declared name, as an expression."""
    return Expr(sym(text))
