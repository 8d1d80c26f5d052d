"""Declaring a problem in Python: names, definitions and facts, in the order in which one says them.

s = Scope()
n = s.dim("n")
z, y = s.vector("z", n), s.vector("y", n)
p = s.define("p", op("softmax", z))
L = s.define("L", -Sum(lambda k: y[k] * log(p[k]), 1, n))
s.assume(eq(Sum(lambda k: y[k], 1, n), 1))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from symderive.kernel.context import Context, Definition, Name, Range
from symderive.kernel.shapes import shape
from symderive.kernel.terms import INF, ONE, Term, abstract, bound, conjuncts, make, sym
from symderive.language.expr import Expr, Like, lift

if TYPE_CHECKING:
    from symderive.kernel.book import Book


class ScopeError(ValueError):
    """A declaration does not fit; the message says which and why."""


class Scope:
    """A growing context: what has been declared, defined and assumed so far."""

    def __init__(self, book: Book | None = None) -> None:
        if book is None:
            from symderive.rules.book import book as default

            book = default()
        self.book = book
        self.names: dict[str, Name] = {}
        self.definitions: dict[str, Definition] = {}
        self.facts: list[Term] = []
        self._context: Context | None = None

    def context(self) -> Context:
        """The kernel's context of all that was said."""
        if self._context is None:
            self._context = Context(
                dict(self.names),
                dict(self.definitions),
                tuple(self.facts),
                self.book.functions,
                self.book.operators,
            )
        return self._context

    # -- names ----------------------------------------------------------------------------------

    def _declare(self, name: str, declared: Name) -> Expr:
        if name in self.names:
            raise ScopeError(f"{name} is declared twice")
        if name in self.book.functions or name in ("exp", "log", "sin", "cos", "erf", "abs", "pi"):
            raise ScopeError(f"{name} is the name of a function of the book")
        self.names[name] = declared
        self._context = None
        return Expr(sym(name))

    def real(self, name: str, *ranges: tuple[Like, Like | None]) -> Expr:
        """A real number, or a family of them with the given index ranges (None: without end)."""
        return self._declare(name, Name("real", _ranges(ranges)))

    def reals(self, names: str) -> list[Expr]:
        return [self.real(n) for n in names.split()]

    def positive(self, names: str) -> list[Expr]:
        """Positive real numbers."""
        out = self.reals(names)
        self.assume(*(0 < x for x in out))
        return out

    def integer(self, name: str, first: Like | None = None, last: Like | None = None) -> Expr:
        """An integer, between bounds if they are given."""
        i = self._declare(name, Name("int"))
        if first is not None:
            self.assume(lift(first) <= i)
        if last is not None:
            self.assume(i <= lift(last))
        return i

    def index(self, name: str, first: Like, last: Like) -> Expr:
        """A fixed index in a range."""
        return self.integer(name, first, last)

    def dim(self, name: str) -> Expr:
        """A dimension: a positive integer."""
        return self.integer(name, 1)

    def vector(self, name: str, n: Like) -> Expr:
        return self.real(name, (1, n))

    def matrix(self, name: str, m: Like, n: Like) -> Expr:
        return self.real(name, (1, m), (1, n))

    def random(self, name: str, *ranges: tuple[Like, Like], law: tuple[str, Sequence[Like]] | None = None) -> Expr:
        """A random variable, or a family; with a law, like ``("normal", (mean, variance))``."""
        declared = None if law is None else (law[0], tuple(lift(p).term for p in law[1]))
        return self._declare(name, Name("random", _ranges(ranges), (), declared))

    def function(self, name: str, *arguments: Sequence[Like], result: Sequence[Like] = ()) -> Callable[..., Expr]:
        """An unknown function; each argument by its dimensions (``()`` for a number)."""
        shapes = tuple(_dims(a) for a in (arguments or ((),)))
        self._declare(name, Name("function", _dims(result), shapes))

        def call(*args: Like, slots: str = "") -> Expr:
            return Expr(make("app", name + slots, *(lift(a).term for a in args)))

        return call

    # -- definitions and facts ------------------------------------------------------------------

    def define(self, name: str, body: Like) -> Expr:
        """``name = body``, from now on."""
        t = lift(body).term
        out = self._declare(name, Name("real", shape(self.context(), t)))
        self.definitions[name] = Definition((), (((), t),))
        return out

    def define_function(self, name: str, body: Callable[..., Like], arity: int = 1) -> Callable[..., Expr]:
        """``name(x, …) = body`` of real numbers."""
        params = tuple(f"x#{k}" for k in range(arity))
        t = lift(body(*(Expr(bound(p)) for p in params))).term
        self._declare(name, Name("function", (), ((),) * arity))
        self.definitions[name] = Definition(params, (((), t),))
        return lambda *args: Expr(make("app", name, *(lift(a).term for a in args)))

    def family(
        self,
        name: str,
        *clauses: tuple[Like, Like | None, Callable[[Expr], Like]],
        entries: Sequence[Like] = (),
    ) -> Expr:
        """A family defined clause by clause: (first, last, body of the index).

        Args:
            name: may stand in its own bodies, as ``name("h")``.
            clauses: their ranges follow on each other.
            entries: dimensions of a member, ``()`` for a number.
        """
        return self.families(name, [], *((lo, hi, lambda i, b=body: b(i)) for lo, hi, body in clauses), entries=entries)

    def families(
        self,
        name: str,
        outer: Sequence[tuple[Like, Like]],
        *clauses: tuple[Like, Like | None, Callable[..., Like]],
        entries: Sequence[Like] = (),
    ) -> Expr:
        """A family with further indices before the one that its clauses run over.

        The ends of a clause may be functions of the outer indices.
        """
        params = [f"{name}#{k}" for k in range(len(outer) + 1)]
        variables = [Expr(bound(p)) for p in params]

        def end(x: Like | Callable[..., Like] | None) -> Term:
            x = x(*variables[:-1]) if callable(x) and not isinstance(x, Expr) else x
            return INF if x is None else lift(x).term

        rows = []
        before: tuple[Range, ...] = tuple((lift(lo).term, lift(hi).term) for lo, hi in outer)
        for lo, hi, body in clauses:
            rows.append(((*before, (end(lo), end(hi))), lift(body(*variables)).term))
        whole = (rows[0][0][-1][0], rows[-1][0][-1][1])
        for p in reversed(params[:-1]):
            whole = (abstract(whole[0], p), abstract(whole[1], p))
        out = self._declare(name, Name("real", (*before, whole, *_dims(entries))))
        self.definitions[name] = Definition(tuple(params), tuple(rows))
        return out

    def assume(self, *conditions: Expr) -> None:
        """Facts: they hold at the point considered."""
        for c in conditions:
            self.facts += conjuncts(c.term)
        self._context = None


def _ranges(ranges: Sequence[tuple[Like, Like | None]]) -> tuple[Range, ...]:
    return tuple((lift(lo).term, INF if hi is None else lift(hi).term) for lo, hi in ranges)


def _dims(dims: Sequence[Like]) -> tuple[Range, ...]:
    return tuple((ONE, lift(d).term) for d in dims)
