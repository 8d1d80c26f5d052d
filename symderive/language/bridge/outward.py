"""Terms to SymPy: one image for every kind of node, unevaluated.

Where SymPy has the node and leaves it alone, that is taken; every other node becomes the class of its kind
in `nodes`.  A vector is an n × 1 `MatrixSymbol`, its entries are `Indexed` with indices as in symderive.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy
from sympy import And, Basic, Function, Indexed, IndexedBase, Integer, Lambda, MatrixSymbol, Mul, Pow, S, Symbol
from sympy.core.symbol import Str
from sympy.functions import Abs, Heaviside, KroneckerDelta, Max, Min, Piecewise
from sympy.matrices.exceptions import ShapeError
from sympy.matrices.expressions import (
    Determinant,
    DiagMatrix,
    DiagonalOf,
    HadamardPower,
    HadamardProduct,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    Trace,
    Transpose,
    ZeroMatrix,
)

from symderive.kernel.algebra import tidy
from symderive.kernel.context import Context, Rejected, base_name, family_member, mentioned
from symderive.kernel.lowering import lower
from symderive.kernel.shapes import is_integer, shape, unfold_operator
from symderive.kernel.terms import (
    BINDS,
    ONE,
    TRUE,
    ZERO,
    Term,
    bound,
    instantiate,
    literal,
    make,
    rel,
    shift,
    subterms,
    sym,
    value,
)
from symderive.language.bridge.bounds import Bounds
from symderive.language.bridge.errors import BridgeError
from symderive.language.bridge.nodes import CLASSES, RandomMatrix, RandomName, RealPower, Shaped

MAX_DEPTH = 120
MAX_NODES = 50_000

FUNCTIONS: dict[str, Any] = {
    **{f: getattr(sympy, f) for f in ("exp", "log", "sin", "cos", "tan", "erf", "sinh", "cosh", "tanh", "sign")},
    "abs": Abs,
    "max": Max,
    "min": Min,
}
"""Functions of numbers that mean the same on both sides wherever the term has a value."""

RELATIONS = {"=": sympy.Eq, "!=": sympy.Ne, "<": sympy.Lt, "<=": sympy.Le}
SIDES = {"both": "+-", "below": "-", "above": "+"}
INDEX_NAMES = "ijklrstuvpq"


def to_sympy(term: Term, context: Context, *, unfold: bool = False) -> Basic:
    """The SymPy image of a term or condition, in the form in which it is written.

    Args:
        term: any well-formed term of the context; loose index variables become integer symbols.
        context: declares its names; facts like 0 < x become assumptions of the symbols.
        unfold: write functions and operators of the book that SymPy lacks by what they stand for.

    Raises:
        BridgeError: ill-formed (the message of the kernel) or too-large.
    """
    if term.depth > MAX_DEPTH or len(subterms(term)) > MAX_NODES:
        raise BridgeError("too-large", f"the term nests deeper than {MAX_DEPTH} or has more than {MAX_NODES} parts")
    try:
        return Outward(context, unfold=unfold).image(term)
    except Rejected as error:
        raise BridgeError("ill-formed", str(error)) from None


def identity(n: Term) -> Term:
    """The identity matrix, by its entries."""
    delta = make("cases", rel("=", bound(1), bound(0)), ONE, ZERO)
    return make("tab", ONE, n, make("tab", ONE, shift(n, 1), delta))


def zeros(n: Term, m: Term | None) -> Term:
    """The zero vector or matrix, by its entries."""
    return make("tab", ONE, n, ZERO if m is None else make("tab", ONE, shift(m, 1), ZERO))


class Outward:
    """One conversion: images of terms of one context."""

    def __init__(self, context: Context, *, unfold: bool = False) -> None:
        self.context, self.unfold = context, unfold
        self.bounds = Bounds(context)
        self.enclosing: tuple[str, ...] = ()
        self._memo: dict[tuple[Term, tuple[str, ...]], Basic] = {}

    def image(self, t: Term) -> Basic:
        key = (t, self.enclosing)
        found = None if t.loose else self._memo.get(key)
        if found is None:
            found = self._tensor(t) if self._rank(t) else self._plain(t)
            self._memo[key] = found
        return found

    def _rank(self, t: Term) -> int:
        """The number of indices; 0 for conditions, infinity and what is no term by itself."""
        if t.head in ("rel", "is", "and", "imp", "all", "inf", "num", "bound"):
            return 0
        return len(shape(self.context, t))

    def _plain(self, t: Term) -> Basic:
        """The image of a number or condition."""
        native = _NUMBERS.get(t.head)
        try:
            found = native(self, t) if native else None
        except BridgeError:
            raise
        except (TypeError, ValueError):  # SymPy computes with some arguments although it is not to evaluate
            found = None
        return self.kept(t) if found is None else found

    def kept(self, t: Term) -> Basic:
        """The node as it is, with the images of its arguments."""
        if self.unfold and (plain := self._unfolded(t)) is not None:
            return self.image(plain)
        binds, name = BINDS.get(t.head), ""
        args: list[Basic] = []
        for k, a in enumerate(t.args):
            if not isinstance(a, Term):
                args.append(Str(a) if isinstance(a, str) else Integer(a))
            elif binds and binds[k]:
                name = name or self.index_name(t)
                args.append(self.under(name, t, a))
            elif t.head == "is" and a.head == "sym" and not self._is_number(a.name()):
                args.append(Str(a.name()))
            else:
                args.append(self._point(a) if t.head == "lim" else self.image(a))
        return CLASSES[t.head](*args)

    def _is_number(self, name: str) -> bool:
        declared = self.context.signature.get(name)
        return declared is not None and declared.kind != "function"

    def _unfolded(self, t: Term) -> Term | None:
        if t.head == "op" or (t.head == "app" and t.name() in self.context.functions):
            rows = self.context.operators.get(t.name(), ()) if t.head == "op" else [self.context.functions[t.name()]]
            return unfold_operator(self.context, t) if all(r.body is not None for r in rows) else None
        plain = lower(self.context, t) if t.head == "at" else t
        return None if plain is t else plain

    def under(self, name: str, binder: Term, body: Term) -> Lambda:
        """A part of a binder, as a function of its index."""
        return Lambda(Symbol(name, integer=True), self.inside(name, binder, body))

    def inside(self, name: str, binder: Term, body: Term) -> Basic:
        lo, hi = binder.terms[:2]
        outer, self.enclosing = self.enclosing, (*self.enclosing, name)
        try:
            with self.bounds.within(name, lo, hi):
                return self.image(instantiate(body, bound(name)))
        finally:
            self.enclosing = outer

    def index_name(self, t: Term) -> str:
        """A name for the index of a binder, that stands for nothing else here."""
        taken = {*self.context.signature, *self.enclosing, *t.loose}
        return next(n for k in range(len(taken) + 1) for c in INDEX_NAMES if (n := f"{c}{k or ''}") not in taken)

    # -- names ----------------------------------------------------------------------------------

    def symbol(self, name: str) -> Symbol:
        """A name as a symbol, with the assumptions that its kind and the facts give."""
        declared = self.context.declared(name)
        sort = {"integer": True} if declared.kind == "int" else {"real": True}
        cls = RandomName if declared.kind == "random" else Symbol
        return cls(name, **sort, **({} if declared.ranges else self._signs(sym(name))))

    def _signs(self, t: Term) -> dict[str, bool]:
        facts = self.context.fact_set
        if rel("<", t, ZERO) in facts:
            return {"negative": True}
        low: Fraction | int = self.bounds.least.get(t, -1)
        for f in facts:
            if f.head == "rel" and f.name() in ("<", "<=") and f.terms[1] is t:
                c = literal(f.terms[0])
                low = max(low, -1 if c is None else 1 if c > 0 or (c == 0 and f.name() == "<") else c)
        if low >= 0:
            return {"positive" if low > 0 else "nonnegative": True}
        return {"nonzero": True} if {rel("!=", t, ZERO), rel("!=", ZERO, t)} & facts else {}

    def base(self, name: str) -> IndexedBase:
        return IndexedBase(self.symbol(name))

    # -- tensors --------------------------------------------------------------------------------

    def dims(self, t: Term) -> tuple[Basic, Basic] | None:
        """Rows and columns; None for a tensor that is no vector or matrix with indices from 1."""
        s = shape(self.context, t)
        if len(s) > 2 or any(lo is not ONE or hi.head == "inf" for lo, hi in s):
            return None
        try:
            sizes = [self.dimension(shift(hi, -k)) for k, (_, hi) in enumerate(s)]
        except ValueError:
            return None
        return sizes[0], (sizes[1] if len(sizes) == 2 else S.One)

    def dimension(self, t: Term) -> Basic:
        """A dimension as SymPy normalises it, so that equal ones are seen to be equal."""
        t = tidy(t)
        match t.head:
            case "add":
                return sympy.Add(*map(self.dimension, t.terms))
            case "mul":
                return Mul(*map(self.dimension, t.terms))
            case "neg":
                return -self.dimension(t.terms[0])
            case _:
                return self.image(t)

    def _tensor(self, t: Term) -> Basic:
        size = self.dims(t)
        if size is None:
            return self.base(t.name()) if t.head == "sym" else self.kept(t)
        if t.head == "sym":
            cls = RandomMatrix if self.context.declared(t.name()).kind == "random" else MatrixSymbol
            return cls(t.name(), *size)
        try:
            native = self._matrix(t, size)
        except ShapeError:
            native = None
        if native is not None:
            return native
        out = self.kept(t)
        return out if out.is_Matrix else Shaped(out, Integer(len(shape(self.context, t))), *size)

    def _matrix(self, t: Term, size: tuple[Basic, Basic]) -> Basic | None:
        """SymPy's own form of a vector or matrix, if there is one."""
        parts = t.terms
        tensors = [self._rank(a) > 0 for a in parts] if t.head in ("add", "mul", "div", "pow") else []
        match t.head:
            case "add" if all(tensors):
                return MatAdd(*map(self.image, parts), evaluate=False)
            case "neg":
                return MatMul(S.NegativeOne, self.image(parts[0]), evaluate=False)
            case "mul":
                return MatMul(*map(self.image, parts), evaluate=False)
            case "div" if tensors == [True, False]:
                return MatMul(reciprocal(self.image(parts[1])), self.image(parts[0]), evaluate=False)
            case "pow" if isinstance(value(parts[1]), int) and tensors[0]:
                return HadamardPower(self.image(parts[0]), self.image(parts[1]))
            case "tab" if t in (identity(parts[1]), zeros(parts[1], None)) or self._is_zero_matrix(t):
                return Identity(size[0]) if t is identity(parts[1]) else ZeroMatrix(*size)
            case "op":
                return self._matrix_operator(t)
            case _:
                return None

    def _is_zero_matrix(self, t: Term) -> bool:
        inner = t.terms[2]
        return inner.head == "tab" and inner.terms[0] is ONE and inner.terms[2] is ZERO

    def _matrix_operator(self, t: Term) -> Basic | None:
        ranks = tuple(self._rank(a) for a in t.terms)
        native = _MATRICES.get((t.name(), ranks))
        return None if native is None else native(*map(self.image, t.terms))

    # -- numbers --------------------------------------------------------------------------------

    def plainly(self, cls: Callable[..., Basic], t: Term) -> Basic:
        return cls(*map(self.image, t.terms), evaluate=False)

    def member(self, t: Term) -> Basic | None:
        found = family_member(t)
        if found is None:
            return None
        name, indices = found
        return Indexed(self.base(name), *map(self.image, indices))

    def power(self, t: Term) -> Basic:
        base, exponent = t.terms
        e = literal(exponent)
        if e is not None and e.denominator % 2 and e.denominator > 1 and not self._not_negative(base):
            return RealPower(self.image(base), self.image(exponent))
        return Pow(self.image(base), self.image(exponent), evaluate=False)

    def _not_negative(self, t: Term) -> bool:
        x = literal(t)
        if x is not None:
            return x >= 0
        if t.head == "app":
            return t.name() in ("abs", "exp")
        return t.head == "sym" and bool(self.symbol(t.name()).is_nonnegative)

    def application(self, t: Term) -> Basic | None:
        f, args = t.name(), [self.image(a) for a in t.terms]
        if f == "pi":
            return S.Pi
        if f == "step":
            return Heaviside(*args, 0, evaluate=False)
        if f in FUNCTIONS:
            out = FUNCTIONS[f](*args, evaluate=False)
            return out if sorted(map(str, out.args)) == sorted(map(str, args)) else None
        declared = self.context.signature.get(base_name(f))
        plain = declared is not None and base_name(f) == f and not any(a.is_Matrix for a in args)
        return Function(f)(*args) if plain else None  # SymPy's functions of matrices do not commute

    def choice(self, t: Term) -> Basic | None:
        delta = t.terms[1:] == (ONE, ZERO) and t.terms[0].head == "rel" and t.terms[0].name() == "="
        if delta and all(is_integer(self.context, a) for a in t.terms[0].terms):
            return self.plainly(KroneckerDelta, t.terms[0])
        rows: list[tuple[Basic, Basic]] = []
        rest: Term | None = t
        while rest is not None and rest.head == "cases":
            guard, value, *more = rest.terms
            rows.append((self.image(value), self.image(guard)))
            rest = more[0] if more else None
        if rest is not None:
            rows.append((self.image(rest), S.true))
        if any(guard.has(Piecewise) for _, guard in rows):
            return None  # SymPy would rewrite such a guard
        out = Piecewise(*rows, evaluate=False)
        return out if [tuple(a.args) for a in out.args] == rows else None

    def sum_or_product(self, t: Term) -> Basic | None:
        lo, hi, guard, body = t.terms
        if t.name() not in ("sum", "prod") or guard is not TRUE or not self.bounds.in_order(lo, hi):
            return None
        name = self.index_name(t)
        inner = self.inside(name, t, body)
        cls = sympy.Sum if t.name() == "sum" else sympy.Product
        return cls(inner, (Symbol(name, integer=True), self.image(lo), self.image(hi)))

    def _explicit(self, t: Term, v: str) -> bool:
        """Whether the name occurs in the term openly only, so that SymPy sees what depends on it."""
        parts = subterms(t)
        names = {n for s in parts for n in mentioned(s, self.context)}
        hidden = any(v in self.context.reach(n, v) for n in names if n != v)
        return not hidden and not any(s.head in ("ex", "lim") or (s.head == "der" and s.name(1) == v) for s in parts)

    def derivative(self, t: Term) -> Basic | None:
        v, body = t.name(1), t.terms[0]
        if len(t.args) > 2 or not self._explicit(strip_derivatives(body, v), v):
            return None
        inner, x = self.image(body), self.symbol(v)
        out = sympy.Derivative(inner, x, evaluate=False)
        before = inner.variables if isinstance(inner, sympy.Derivative) else ()
        return out if out.variables == (*before, x) else None

    def limit(self, t: Term) -> Basic | None:
        v, side = t.name(1), t.name(3)
        body, point = t.terms
        ends = self._point(point)
        if not self._explicit(body, v) or (ends.is_infinite and side != "both"):
            return None
        return sympy.Limit(self.image(body), self.symbol(v), ends, SIDES[side])

    def _point(self, t: Term) -> Basic:
        if t.head == "neg" and t.terms[0].head == "inf":
            return S.NegativeInfinity
        return self.image(t)

    def conjunction(self, t: Term) -> Basic | None:
        args = [self.image(a) for a in t.terms]
        if not args:
            return S.true
        out = And(*args)
        same = isinstance(out, And) and len(args) > 1 and set(out.args) == set(args) and len(out.args) == len(args)
        return out if same else None


def strip_derivatives(t: Term, v: str) -> Term:
    """What stands under repeated derivatives by the same name."""
    while t.head == "der" and t.args[1:] == (v,):
        t = t.terms[0]
    return t


def reciprocal(x: Basic) -> Basic:
    return Pow(x, S.NegativeOne, evaluate=False)


def quotient(a: Basic, b: Basic) -> Basic:
    return reciprocal(b) if a == 1 else Mul(a, reciprocal(b), evaluate=False)


def product(*parts: Basic) -> Basic:
    return MatMul(*parts, evaluate=False)


_MATRICES: dict[tuple[str, tuple[int, ...]], Callable[..., Basic]] = {
    ("matmul", (2, 2)): product,
    ("matmul", (2, 1)): product,
    ("matmul", (1, 2)): lambda x, a: Transpose(product(Transpose(x), a)),
    ("outer", (1, 1)): lambda x, y: product(x, Transpose(y)),
    ("transpose", (2,)): Transpose,
    ("hadamard", (1, 1)): lambda a, b: HadamardProduct(a, b, evaluate=False),
    ("hadamard", (2, 2)): lambda a, b: HadamardProduct(a, b, evaluate=False),
    ("diag", (1,)): DiagMatrix,
    ("diagonal", (2,)): DiagonalOf,
    ("inv", (2,)): Inverse,
}
"""Operators with tensor values, by the ranks of their arguments."""

_NUMBERS: dict[str, Callable[[Outward, Term], Basic | None]] = {
    "num": lambda _, t: sympy.Rational(*t.args),
    "sym": lambda o, t: o.symbol(t.name()),
    "bound": lambda _, t: Symbol(str(t.args[0]), integer=True),
    "inf": lambda *_: S.Infinity,
    "add": lambda o, t: o.plainly(sympy.Add, t),
    "neg": lambda o, t: Mul(S.NegativeOne, o.image(t.terms[0]), evaluate=False),
    "mul": lambda o, t: o.plainly(Mul, t),
    "div": lambda o, t: quotient(*map(o.image, t.terms)),
    "pow": Outward.power,
    "app": Outward.application,
    "cases": Outward.choice,
    "big": Outward.sum_or_product,
    "at": Outward.member,
    "der": Outward.derivative,
    "lim": Outward.limit,
    "op": lambda o, t: {"trace": Trace, "det": Determinant}.get(t.name(), lambda *_: None)(*map(o.image, t.terms)),
    "rel": lambda o, t: o.plainly(RELATIONS[t.name()], t),
    "and": Outward.conjunction,
    "imp": lambda o, t: o.plainly(sympy.Implies, t),
}
