"""Symbols of SymPy as names of a scope: found and compared, or declared from their assumptions.

Everything is declared in a scratch copy of the scope first; the scope itself changes only when a whole
expression has been read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import Basic, Dummy, Symbol

from symderive.kernel.algebra import difference
from symderive.kernel.context import PRIMITIVES
from symderive.kernel.shapes import shape, show
from symderive.kernel.terms import ONE, ZERO, Term, literal, make, rel, shift, sym
from symderive.language.bridge.bounds import Bounds
from symderive.language.bridge.errors import BridgeError
from symderive.language.bridge.nodes import RandomName
from symderive.language.expr import Expr
from symderive.language.scope import Scope, ScopeError

ODDITIES = ("even", "odd", "prime", "composite", "irrational", "noninteger", "zero")
"""Assumptions that facts about a name cannot say."""


class Names:
    """The names of one expression.

    Attributes:
        scope: a scratch copy, in which everything that was met is declared.
        free: whether families may be declared without a range (no scope was given).
    """

    def __init__(self, scope: Scope | None) -> None:
        self.real = scope
        self.free = scope is None
        self.scope = Scope(scope.book if scope else None)
        if scope is not None:
            self.scope.names.update(scope.names)
            self.scope.definitions.update(scope.definitions)
            self.scope.facts += scope.facts
        self._said: list[Callable[[Scope], object]] = []
        self._met: dict[str, object] = {}
        self._numbers: set[Symbol] = set()
        self.integers: set[Symbol] = set()
        """Symbols that stand where only an integer can."""

    def commit(self) -> None:
        """Declare in the scope what was declared in its copy."""
        if self.real is not None:
            for say in self._said:
                say(self.real)

    def declare(self, say: Callable[[Scope], object]) -> None:
        try:
            say(self.scope)
        except ScopeError as error:
            raise BridgeError("name-clash", str(error)) from None
        self._said.append(say)

    def meet(self, name: str, symbol: object) -> None:
        """Note that a symbol stands for a name; two symbols may not share one."""
        if not name or not name.isprintable() or name[0] in "$?*@" or set(name) & set("';#"):
            raise BridgeError("name-clash", f"{name!r} cannot be a name here")
        if self._met.setdefault(name, symbol) != symbol:
            raise BridgeError("name-clash", f"two different symbols are called {name}", "rename one of them")

    # -- numbers --------------------------------------------------------------------------------

    def number(self, s: Symbol) -> Term:
        """A symbol as the name of a number."""
        if s in self._numbers:
            return sym(s.name)
        if s.is_commutative is False:
            raise BridgeError("commutes", f"{s} does not commute", "declare matrices as MatrixSymbol")
        if s.is_real is False or s.is_infinite or (s.is_complex and s.is_real is None):
            raise BridgeError("complex", f"{s} is not declared real", "values are real numbers")
        self.meet(s.name, s)
        declared = self.scope.names.get(s.name)
        if declared is None:
            self._declare(s)
        elif isinstance(s, Dummy) and s.name in (self.real.names if self.real else ()):
            raise BridgeError("name-clash", f"the dummy symbol {s} is not the declared name {s.name}")
        elif declared.kind == "function" or declared.ranges:
            what = "a function" if declared.kind == "function" else f"a tensor {show(declared.ranges)}"
            raise BridgeError("kind", f"{s.name} is declared as {what}, not as a number")
        elif not self._supported(s, integer=declared.kind == "int"):
            raise BridgeError("kind", f"SymPy assumes more of {s} than the scope says of it", "assume it there, too")
        self._numbers.add(s)
        return sym(s.name)

    def _declare(self, s: Symbol) -> None:
        name, integer = s.name, s.is_integer or (s in self.integers and s.is_integer is None)
        if oddities(s):
            advice = "declare the name in the scope and state that as a fact"
            raise BridgeError("kind", f"{s} is assumed {oddities(s)[0]}", advice)
        if isinstance(s, RandomName):
            self.declare(lambda sc: sc.random(name))
        elif integer:
            first = 1 if s.is_positive else 0 if s.is_nonnegative else None
            self.declare(lambda sc: sc.integer(name, first))
        else:
            self.declare(lambda sc: sc.real(name))
        facts = [Expr(f) for f in self._facts(s, integer=bool(integer))]
        self.declare(lambda sc: sc.assume(*facts))

    @staticmethod
    def _facts(s: Symbol, *, integer: bool) -> list[Term]:
        t = sym(s.name)
        if s.is_negative:
            return [rel("<", t, ZERO)]
        if s.is_nonpositive:
            return [rel("<=", t, ZERO)]
        if integer and s.is_nonnegative:
            return []  # said as its first value
        if s.is_positive or s.is_nonnegative:
            return [rel("<" if s.is_positive else "<=", ZERO, t)]
        return [rel("!=", t, ZERO)] if s.is_nonzero else []

    def _supported(self, s: Symbol, *, integer: bool) -> bool:
        """Whether the facts say plainly what SymPy assumes of a symbol."""
        if s in self.integers and s.is_integer is None and not integer:
            raise BridgeError("kind", f"{s.name} stands where an integer is expected, and is declared real")
        facts, t = self.scope.context().fact_set, sym(s.name)
        if s.is_integer and not integer and make("is", "integer", t) not in facts:
            return False
        if oddities(s):
            return False
        sign = self.sign(t)
        below = {f.name() for f in facts if f.head == "rel" and f.terms == (t, ZERO)}
        apart = {sign} | below | ({"!="} if rel("!=", ZERO, t) in facts else set())
        return not (
            (s.is_positive and sign != "<")
            or (s.is_nonnegative and not sign)
            or (s.is_negative and "<" not in below)
            or (s.is_nonpositive and not below & {"<", "<="})
            or (s.is_nonzero and not apart & {"<", "!="})
        )

    def sign(self, t: Term) -> str:
        """How the facts say plainly that 0 compares with a term: ``<``, ``<=`` or not at all."""
        context = self.scope.context()
        lows = [(literal(f.terms[0]), f.name()) for f in context.facts if f.head == "rel" and f.terms[1] is t]
        signs = ["<" if c > 0 else op for c, op in lows if op in ("<", "<=") and c is not None and c >= 0]
        if Bounds(context).least.get(t, 0) > 0:
            signs.append("<")
        return min(signs, default="")

    # -- tensors and functions --------------------------------------------------------------------

    def tensor(self, symbol: Basic, dims: Sequence[Term], *, random: bool) -> tuple[Term, int]:
        """A matrix symbol with these rows and columns, and its rank here."""
        name = symbol.name
        self.meet(name, symbol)
        if name not in self.scope.names:
            closed(name, dims)
            rows, columns = (Expr(d) for d in dims)
            sizes = [rows] if dims[1] is ONE else [rows, columns]
            ranges: list[Any] = [(1, d) for d in sizes]
            self.declare(lambda sc: sc.random(name, *ranges) if random else sc.real(name, *ranges))
        declared = self.scope.names[name]
        have = [(lo, shift(hi, -k) if hi.dangling else hi) for k, (lo, hi) in enumerate(declared.ranges)]
        fits = declared.kind != "function" and (len(have) == 2 or (len(have) == 1 and dims[1] is ONE))
        if not fits or any(lo is not ONE or difference(hi, d) != 0 for (lo, hi), d in zip(have, dims, strict=False)):
            raise BridgeError("shape", f"{name} is declared {show(declared.ranges)}, and stands here as {symbol.shape}")
        return sym(name), len(have)

    def family(self, name: str, base: Basic, rank: int) -> Term:
        """A name with `rank` indices."""
        declared = self.scope.names.get(name)
        if declared is None:
            if not self.free:
                reason = f"the range of the indices of {name} is not known"
                raise BridgeError("undeclared", reason, "declare it in the scope")
            self.meet(name, base)
            ranges: list[Any] = [(0, None)] * rank
            self.declare(lambda sc: sc.real(name, *ranges))
        elif declared.kind == "function" or not declared.ranges:
            raise BridgeError("kind", f"{name} is not declared as a family")
        return sym(name)

    def function(self, f: Any, args: Sequence[Term]) -> None:
        """An undefined function of SymPy applied to these arguments: declared, or new."""
        name = f.__name__
        if name in PRIMITIVES:
            raise BridgeError("name-clash", f"{name} as an unknown function", f"use SymPy's {name}")
        self.meet(name, f)
        if name in self.scope.names or name in self.scope.book.functions:
            return
        shapes = [shape(self.scope.context(), a) for a in args]
        if any(lo is not ONE or hi.dangling for s in shapes for lo, hi in s):
            raise BridgeError("undeclared", f"the arguments of {name} have unusual ranges", "declare the function")
        closed(name, [hi for s in shapes for _, hi in s])
        sizes = [tuple(Expr(hi) for _, hi in s) for s in shapes]
        self.declare(lambda sc: sc.function(name, *sizes))


def oddities(s: Symbol) -> list[str]:
    """Assumptions on a symbol that no facts stand for."""
    out = [a for a in ODDITIES if getattr(s, f"is_{a}", None)]
    return [*out, "rational"] if s.is_rational and not s.is_integer else out


def modest(e: Basic) -> None:
    """Of an entry or a value of a function SymPy may assume that it is real, nothing more."""
    more = [
        a
        for a in ("integer", "rational", "nonnegative", "nonpositive", "nonzero", *ODDITIES)
        if getattr(e, f"is_{a}", None)
    ]
    if more:
        reason = f"SymPy assumes {e} {more[0]}, which no fact of the scope is seen to say"
        raise BridgeError("kind", reason, "leave the assumption out")
    if e.is_real is False and not any(a.is_Matrix for a in e.args):  # what does not commute counts as not real
        raise BridgeError("complex", f"{e} is not declared real", "values are real numbers")


def closed(name: str, dims: Sequence[Term]) -> None:
    """Dimensions of a new name may not mention an index around it."""
    if any(d.loose for d in dims):
        raise BridgeError("undeclared", f"the size of {name} depends on an index around it", "declare it in the scope")
