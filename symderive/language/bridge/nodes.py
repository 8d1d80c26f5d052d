"""Node classes for what SymPy has no form for, or would rewrite as soon as it is built.

Every class stands for one kind of kernel node and takes its arguments in the same order: a name as
`Str`, a part that stands under a binder as a `Lambda`.  None of them evaluates.  A tensor that SymPy is
to take for a matrix is wrapped in `Shaped`.

Not here: meaning.  What a node means is said by the kernel alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

from sympy import (
    Basic,
    Dummy,
    Expr,
    Function,
    Indexed,
    Lambda,
    MatrixExpr,
    MatrixSymbol,
    Subs,
    Symbol,
    Transpose,
)
from sympy.core.symbol import Str
from sympy.core.sympify import _sympify
from sympy.logic.boolalg import Boolean
from sympy.printing.precedence import PRECEDENCE

from symderive.kernel.terms import BINDS, NODES
from symderive.language.bridge.errors import BridgeError

Show: TypeAlias = Callable[[Basic], str]
"""Prints a part of an expression."""

ALL_RANDOM = "?"
"""Among the names on which a node operates: everything random."""


class RandomName(Symbol):
    """A random variable; equal to no plain symbol."""


class RandomMatrix(MatrixSymbol):
    """A random vector or matrix."""


def names_in(e: Basic) -> set[str]:
    """The names of the free symbols, and `ALL_RANDOM` if one of them is random."""
    free = e.free_symbols
    out = {s.name for s in free if isinstance(s, Symbol | MatrixSymbol)}
    return out | {ALL_RANDOM} if any(isinstance(s, RandomName | RandomMatrix) for s in free) else out


class Kept(Basic):
    """A node kept as it is.

    ``subs`` neither captures a bound variable nor puts a value under a derivative, a limit or an
    expectation by that name: then the substitution is kept, too, as a `Subs`.
    """

    head: ClassVar[str]
    """The kind of kernel node."""

    def __new__(cls, *args: Any) -> Any:
        """The node; raises `BridgeError` (ill-formed) if its arguments are not those of its kind."""
        parts = tuple(Str(a) if isinstance(a, str) else _sympify(a) for a in args)
        if cls.head in NODES:
            check(cls.head, parts)
        return Basic.__new__(cls, *parts)

    def operated(self) -> set[str]:
        """The names over which the node runs."""
        return set()

    def _eval_subs(self, old: Basic, new: Basic) -> Basic | None:
        hit = (names_in(old) | names_in(new)) & self.operated()
        if hit and self.has_free(old):
            return Subs(self, old, new) if isinstance(old, Symbol) else self
        near = new.free_symbols | old.free_symbols
        clash = {v for a in self.args if isinstance(a, Lambda) for v in a.variables} & near
        if not clash:
            return None
        apart = {v: Dummy(v.name, **v.assumptions0) for v in clash}
        renamed = [
            Lambda(tuple(apart.get(v, v) for v in a.variables), a.expr.xreplace(apart)) if isinstance(a, Lambda) else a
            for a in self.args
        ]
        return self.func(*renamed).subs(old, new)

    def _sympystr(self, printer: Any) -> str:
        return self.text(printer._print, latex=False)  # noqa: SLF001  (SymPy's printing protocol)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        out = self.text(printer._print, latex=True)  # noqa: SLF001
        return out if exp is None else rf"{{\left({out}\right)}}^{{{exp}}}"

    def text(self, p: Show, *, latex: bool) -> str:
        """The node in plain text or in LaTeX."""
        inner = ", ".join(p(a) for a in self.args)
        return rf"\operatorname{{{self.head}}}\left({inner}\right)" if latex else f"{self.head}({inner})"


def check(head: str, args: tuple[Basic, ...]) -> None:
    """Names must be `Str`, bodies functions of one index, and neither too few nor too many."""
    kinds, binds = NODES[head].rstrip("*?"), BINDS.get(head)
    rest = NODES[head][len(kinds) :]
    fits = len(kinds) - len(rest) <= len(args) and (rest == "*" or len(args) <= len(kinds))
    for k, a in enumerate(args if fits else ()):
        if kinds[min(k, len(kinds) - 1)] == "n":
            fits = fits and isinstance(a, Str)
        elif binds and binds[k]:
            fits = fits and isinstance(a, Lambda) and len(a.variables) == 1
    if not fits:
        raise BridgeError("ill-formed", f"{len(args)} arguments that do not make a node of the kind {head}")


class KeptNumber(Kept, Expr):
    """A node whose value is a real number, or a tensor that is no matrix."""

    is_real = True


def bracketed(p: Show, e: Basic, *, latex: bool) -> str:
    """An expression, in brackets unless nothing can be torn from it."""
    out = p(e)
    if (e.is_Atom and not out.startswith("-")) or isinstance(e, Indexed | Function | MatrixSymbol):
        return out
    return rf"\left({out}\right)" if latex else f"({out})"


def bare(e: Basic) -> Basic:
    """A tensor without its wrapping."""
    return e.args[0] if isinstance(e, Shaped) else e


def member(p: Show, tensor: str, indices: list[str], *, latex: bool) -> str:
    inner = ", ".join(indices)
    return f"{tensor}_{{{inner}}}" if latex else f"{tensor}[{inner}]"


class Shaped(Kept, MatrixExpr):
    """A tensor with one or two indices as SymPy sees it: the tensor, its rank, rows and columns."""

    head = "shaped"

    @property
    def shape(self) -> tuple[Expr, Expr]:
        return self.args[2], self.args[3]

    @property
    def precedence(self) -> int:
        return getattr(self.args[0], "precedence", PRECEDENCE["Atom"])

    def _entry(self, i: Expr, j: Expr, **_: Any) -> Expr:
        from sympy.matrices.expressions.matexpr import MatrixElement

        return MatrixElement(self, i, j)

    def text(self, p: Show, *, latex: bool) -> str:  # noqa: ARG002
        return p(self.args[0])


class Entry(KeptNumber):
    """An entry of a tensor; the index counts as in symderive, so the first one of a matrix is 1."""

    head = "at"

    def text(self, p: Show, *, latex: bool) -> str:
        indices: list[str] = []
        tensor: Basic = self
        while isinstance(tensor, Entry):
            indices.insert(0, p(tensor.args[1]))
            tensor = bare(tensor.args[0])
        return member(p, bracketed(p, tensor, latex=latex), indices, latex=latex)


class Table(KeptNumber):
    """The tensor whose entries are given by a function of the index: first index, last index, entry."""

    head = "tab"

    def text(self, p: Show, *, latex: bool) -> str:
        lo, hi, body = self.args
        i, lo, hi, body = (p(x) for x in (body.variables[0], lo, hi, body.expr))
        return rf"\left[{body}\right]_{{{i}={lo}}}^{{{hi}}}" if latex else f"[{body} for {i}={lo}..{hi}]"


class BigOperator(KeptNumber):
    """A sum, product, maximum or minimum over an index: operation, first, last, guard, body.

    A sum from 1 to n is 0 for every n < 1, other than SymPy's own.
    """

    head = "big"
    precedence = PRECEDENCE["Mul"]

    def text(self, p: Show, *, latex: bool) -> str:
        op, lo, hi, guard, body = self.args
        inner = bracketed(p, body.expr, latex=latex)
        i, lo, hi = (p(x) for x in (body.variables[0], lo, hi))
        where = "" if guard.expr == True else p(guard.expr)  # noqa: E712
        if latex:
            sign = {"sum": r"\sum", "prod": r"\prod", "max": r"\max", "min": r"\min"}[op.name]
            below = rf"\substack{{{i}={lo} \\ {where}}}" if where else f"{i}={lo}"
            return rf"{sign}_{{{below}}}^{{{hi}}} {inner}"
        return f"{op.name}({body.expr}, ({i}, {lo}, {hi}){', ' + where if where else ''})"


class Applied(KeptNumber):
    """A function by name at its arguments: one of the book, or a derived one such as g' and f;2."""

    head = "app"

    def text(self, p: Show, *, latex: bool) -> str:
        name, *args = self.args
        inner = ", ".join(p(a) for a in args)
        if not latex:
            return f"{name.name}({inner})"
        base = name.name.rstrip("'").split(";")[0]
        stem = p(Symbol(base)) if len(base) == 1 else rf"\operatorname{{{base.replace('_', ' ')}}}"
        slots = "".join(rf"\partial_{{{k}}} " for k in reversed(name.name.split(";")[1:]))
        return rf"{slots}{stem}{chr(39) * name.name.count(chr(39))}\left({inner}\right)"

    def doit(self, **hints: Any) -> Expr:
        """A derived function as SymPy writes it; every other one stays."""
        name, *args = (a.doit(**hints) if hints.get("deep", True) else a for a in self.args)
        base = name.name.rstrip("'").split(";")[0]
        slots = [int(k) for k in name.name.split(";")[1:]] or [1] * name.name.count("'")
        if not slots or any(a.is_Matrix for a in args):
            return self.func(name, *args)
        xs = [Dummy(f"xi_{k}", real=True) for k in range(len(args))]
        return Subs(Function(base)(*xs).diff(*(xs[k - 1] for k in slots)), xs, args)


OPERATORS = {
    "matmul": (r"{0}^{{\top}} {1}", "{0}.T*{1}"),
    "outer": (r"{0} {1}^{{\top}}", "{0}*{1}.T"),
    "inner": (r"\left\langle {0}, {1}\right\rangle", "<{0}, {1}>"),
    "norm1": (r"\left\lVert {0}\right\rVert_{{1}}", "norm1({0})"),
    "norm2": (r"\left\lVert {0}\right\rVert_{{2}}", "norm2({0})"),
    "norminf": (r"\left\lVert {0}\right\rVert_{{\infty}}", "norminf({0})"),
    "square": (r"\left\lVert {0}\right\rVert_{{2}}^{{2}}", "norm2({0})**2"),
}
"""How operators are written; the others like functions."""


class Operator(KeptNumber):
    """An operator of the book by name: softmax, norms, products of vectors."""

    head = "op"

    @property
    def precedence(self) -> int:
        return PRECEDENCE["Mul" if self.args[0].name in ("matmul", "outer") else "Atom"]

    def text(self, p: Show, *, latex: bool) -> str:
        name, *args = self.args
        loose = self.precedence == PRECEDENCE["Mul"]
        inner = [bracketed(p, bare(a), latex=latex) if loose else p(a) for a in args]
        if name.name == "matmul" and isinstance(args[0], Transpose):  # x·y with x = (A⊤)⊤ is written A⊤ y
            return " ".join([p(args[0].args[0]), inner[1]]) if latex else f"{p(args[0].args[0])}*{inner[1]}"
        if name.name in OPERATORS:
            return OPERATORS[name.name][0 if latex else 1].format(*inner)
        joined = ", ".join(inner)
        return rf"\operatorname{{{name.name}}}\left({joined}\right)" if latex else f"{name.name}({joined})"


class TotalDerivative(KeptNumber):
    """The derivative along the definitions, by a name or one of its entries: term, name, indices."""

    head = "der"
    precedence = PRECEDENCE["Mul"]

    def operated(self) -> set[str]:
        return {self.args[1].name}

    def text(self, p: Show, *, latex: bool) -> str:
        e, name, *indices = self.args
        place = p(Symbol(name.name))
        place = member(p, place, [p(i) for i in indices], latex=latex) if indices else place
        inner = bracketed(p, bare(e), latex=latex)
        if not latex:
            return f"d{inner}/d{place}"
        if e.is_Atom or isinstance(e, Indexed):
            return rf"\frac{{\partial {inner}}}{{\partial {place}}}"
        return rf"\frac{{\partial}}{{\partial {place}}} {inner}"


class Limiting(KeptNumber):
    """A limit along the definitions: term, name, point, side (both, below or above)."""

    head = "lim"
    precedence = PRECEDENCE["Mul"]

    def operated(self) -> set[str]:
        return {self.args[1].name}

    def text(self, p: Show, *, latex: bool) -> str:
        e, name, point, side = self.args
        inner, place, to = bracketed(p, e, latex=latex), p(Symbol(name.name)), p(point)
        sign = {"both": "", "below": "-", "above": "+"}[side.name]
        return rf"\lim_{{{place} \to {to}^{{{sign}}}}} {inner}" if latex else f"lim({place} -> {to}{sign}) {inner}"


class Expectation(KeptNumber):
    """The expectation over some random names, the others held fixed; without names over all."""

    head = "ex"

    def operated(self) -> set[str]:
        return {a.name for a in self.args[1:]} or {ALL_RANDOM}

    def text(self, p: Show, *, latex: bool) -> str:
        e, *names = self.args
        over = ", ".join(p(Symbol(n.name)) for n in names)
        sign, inner = (r"\mathbb{E}" if latex else "E"), p(e)
        sign += f"_{{{over}}}" if over and latex else f"_{over}" if over else ""
        return rf"{sign}\left[{inner}\right]" if latex else f"{sign}[{inner}]"


class Infix(KeptNumber):
    """An arithmetic node on tensors, where SymPy allows none or reads it otherwise."""

    between: ClassVar[tuple[str, str]]

    def text(self, p: Show, *, latex: bool) -> str:
        return self.between[0 if latex else 1].join(bracketed(p, bare(a), latex=latex) for a in self.args)


class TensorSum(Infix):
    """A sum in which a number stands beside a tensor."""

    head, between, precedence = "add", (" + ", " + "), PRECEDENCE["Add"]


class TensorProduct(Infix):
    """Numbers times a tensor that is no matrix."""

    head, between, precedence = "mul", (" ", "*"), PRECEDENCE["Mul"]


class TensorQuotient(Infix):
    """A quotient entry by entry."""

    head, between, precedence = "div", (r" \oslash ", "/"), PRECEDENCE["Mul"]


class TensorNegative(Infix):
    """The negative of a tensor that is no matrix."""

    head, precedence = "neg", PRECEDENCE["Mul"]

    def text(self, p: Show, *, latex: bool) -> str:
        return "-" + bracketed(p, bare(self.args[0]), latex=latex)


class RealPower(Infix):
    """A power entry by entry, or one with an odd root, which symderive takes of negative numbers too."""

    head, precedence = "pow", PRECEDENCE["Pow"]

    def text(self, p: Show, *, latex: bool) -> str:
        base = bracketed(p, bare(self.args[0]), latex=latex)
        exponent = p(self.args[1])
        return f"{{{base}}}^{{{exponent}}}" if latex else f"{base}**({exponent})"


class Choice(KeptNumber):
    """Cases with values that are tensors: condition, value, value otherwise."""

    head = "cases"


class Metavariable(KeptNumber):
    """A metavariable of a rule, with its parameters."""

    head = "meta"

    def text(self, p: Show, *, latex: bool) -> str:
        name, *args = self.args
        inner = ", ".join(p(a) for a in args)
        stem = p(Symbol(name.name))
        return (rf"{stem}\left({inner}\right)" if latex else f"{stem}({inner})") if args else stem


class Condition(Kept, Boolean):
    """A condition that SymPy cannot say."""

    def as_set(self) -> Any:
        raise NotImplementedError

    def text(self, p: Show, *, latex: bool) -> str:
        name, *args = self.args
        inner = ", ".join(p(a) for a in args)
        return rf"\operatorname{{{name.name}}}\left({inner}\right)" if latex else f"{name.name}({inner})"


class Property(Condition):
    """A property of the closed list: its name, then its arguments (a name as `Str` or a term)."""

    head = "is"


class Conjunction(Condition):
    """A conjunction in which SymPy sees a contradiction or a repetition."""

    head = "and"

    def text(self, p: Show, *, latex: bool) -> str:
        return (r" \wedge " if latex else " & ").join(f"({p(a)})" for a in self.args)


class ForAll(Condition):
    """A condition for all indices from first to last: first, last, condition."""

    head = "all"

    def text(self, p: Show, *, latex: bool) -> str:
        lo, hi, body = self.args
        i, lo, hi, c = (p(x) for x in (body.variables[0], lo, hi, body.expr))
        return rf"\forall {i}={lo},\ldots,{hi}\colon {c}" if latex else f"ForAll({c}, ({i}, {lo}, {hi}))"


CLASSES: dict[str, type[Kept]] = {
    c.head: c
    for c in (Entry, Table, BigOperator, Applied, Operator, TotalDerivative, Limiting, Expectation, TensorSum,
              TensorProduct, TensorQuotient, TensorNegative, RealPower, Choice, Metavariable, Property,
              Conjunction, ForAll)
}  # fmt: skip
"""Kind of kernel node -> class."""
