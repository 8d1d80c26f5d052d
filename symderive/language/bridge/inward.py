"""SymPy to terms: everything that `to_sympy` writes, and what people write with SymPy themselves.

An expression is read for its value: wherever the term has a value, the expression has the same.  What may
differ (complex roots of negative numbers, sums over reversed ranges, floating-point numbers) is refused.
A matrix with one column is a vector; with one row it is a vector that lies.

Normalised on the way: ``-1*x`` is a negative, a product with negative powers a quotient, ``A*B*C`` is
``(A*B)*C``, numbers stand before the matrix they multiply, ``Max`` has two arguments (in SymPy's order, as
have conjunctions), ``>`` is turned, entries of matrices count from 1.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import sympy
from sympy import Basic, Dummy, MatrixBase, S, Symbol
from sympy.core.function import AppliedUndef
from sympy.core.symbol import Str
from sympy.functions import Heaviside, KroneckerDelta
from sympy.matrices import expressions as mx
from sympy.matrices.expressions.matexpr import MatrixElement

from symderive.kernel.context import Rejected
from symderive.kernel.shapes import shape
from symderive.kernel.terms import (
    BINDS,
    INF,
    MAX_DIGITS,
    NODES,
    ONE,
    TRUE,
    ZERO,
    Term,
    TooDeep,
    abstract,
    at,
    bound,
    literal,
    make,
    negate,
    num,
    rel,
    sym,
)
from symderive.language.bridge.bounds import Bounds
from symderive.language.bridge.errors import BridgeError
from symderive.language.bridge.matrices import (
    COLUMN,
    MATRICES,
    MATRIX,
    NUMBER,
    ROW,
    SCALARS,
    SINGLE,
    Read,
    assemble,
    explicit,
    refuse,
)
from symderive.language.bridge.names import Names, modest
from symderive.language.bridge.nodes import ALL_RANDOM, Condition, Kept, RandomMatrix, RandomName, Shaped
from symderive.language.bridge.outward import FUNCTIONS, MAX_DEPTH, MAX_NODES, SIDES
from symderive.language.expr import Expr, Tab
from symderive.language.scope import Scope

MAX_ORDER = 8
"""Of a derivative."""


def from_sympy(expr: Basic, scope: Scope | None) -> Expr:
    """A SymPy expression or condition as an expression of the language.

    Args:
        expr: may hold the node classes of the bridge.
        scope: symbols are looked up in it; new ones are declared (real, or as their assumptions say, a
            symbol in a dimension, limit or index as an integer).  None: a scope of its own, thrown away.

    Returns:
        The expression.  A bare row comes back as an error, a 1 × 1 product as a number.

    Raises:
        BridgeError: what is wrong, with a code and advice; the scope is then unchanged.
    """
    if not isinstance(expr, Basic | MatrixBase):
        advice = "sympify numbers exactly first"
        raise BridgeError("unsupported", f"{type(expr).__name__} is no SymPy expression", advice)
    expr = expr.as_immutable() if isinstance(expr, MatrixBase) else expr
    _check_size(expr)
    names = Names(scope)
    reader = Inward(names)
    try:
        reader.survey(expr)
        term = reader.tensor(expr)
        shape(names.scope.context(), term)
    except Rejected as error:
        raise BridgeError("ill-formed", str(error)) from None
    except (TooDeep, RecursionError) as error:
        raise BridgeError("too-large", str(error) or "the expression nests too deeply") from None
    names.commit()
    return Expr(term)


def _check_size(expr: Basic) -> None:
    stack: list[tuple[Any, int]] = [(expr, 1)]
    count = 0
    while stack:
        e, depth = stack.pop()
        count += 1
        if depth > MAX_DEPTH or count > MAX_NODES:
            reason = f"the expression nests deeper than {MAX_DEPTH} or has more than {MAX_NODES} parts"
            raise BridgeError("too-large", reason)
        if isinstance(e, sympy.Rational) and max(abs(e.p), e.q).bit_length() > MAX_DIGITS:
            raise BridgeError("too-large", f"a numeral has more than {MAX_DIGITS} bits")
        stack += [(a, depth + 1) for a in getattr(e, "args", ())]


class Inward:
    """One conversion of an expression whose symbols are names of a scope."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.env: dict[Basic, Term] = {}
        self.bounds: Bounds | None = None
        self._serial = 0

    @property
    def context(self) -> Any:
        return self.names.scope.context()

    def survey(self, expr: Basic) -> None:
        """Note the symbols that stand where only integers can: dimensions, limits and indices."""
        stack: list[Any] = [expr]
        while stack:
            e = stack.pop()
            match e:
                case sympy.Indexed() | MatrixElement():
                    parts = e.args[1:]
                case mx.MatrixSymbol() | mx.Identity() | mx.ZeroMatrix() | mx.OneMatrix():
                    parts = e.shape
                case sympy.Sum() | sympy.Product():
                    parts = [x for limits in e.limits for x in limits[1:]]
                case _:
                    parts = ()
            self.names.integers |= {s for x in parts for s in x.free_symbols if type(s) in (Symbol, Dummy)}
            stack += getattr(e, "args", ())

    # -- by layout ------------------------------------------------------------------------------

    def read(self, e: Any) -> Read:
        if e in self.env:
            return self.env[e], NUMBER
        if isinstance(e, Kept):
            return self.kept(e)
        if isinstance(e, MatrixBase):
            return explicit(self, e)
        if isinstance(e, AppliedUndef):
            return self.unknown(e), NUMBER
        if isinstance(e, sympy.Number | sympy.NumberSymbol | Symbol):
            return self.atom(e), NUMBER
        method = MATRICES.get(type(e))
        if method is not None:
            return method(self, e)
        plain = _NUMBERS.get(type(e))
        if plain is None:
            raise self.stranger(e)
        return plain(self, e), NUMBER

    def stranger(self, e: Any) -> BridgeError:
        if e in (S.ImaginaryUnit, S.ComplexInfinity) or isinstance(e, _COMPLEX):
            return BridgeError("complex", f"{e} is not real", "values are real numbers")
        if e is S.false:
            advice = "build relations with evaluate=False"
            return BridgeError("decided", "SymPy has already found the condition false", advice)
        return refuse(e, "call .doit() first" if isinstance(e, sympy.Integral) else "")

    def tensor(self, e: Any) -> Term:
        """A term of any shape but a row."""
        t, layout = self.read(e)
        if layout == ROW:
            raise BridgeError("layout", f"a row stands by itself: {e}", "vectors are columns: transpose it")
        return t

    def number(self, e: Any) -> Term:
        t, layout = self.read(e)
        if layout in (COLUMN, ROW, MATRIX):
            raise BridgeError("shape", f"a {layout} stands where a number is expected: {e}")
        return t

    def alike(self, parts: tuple[Any, ...]) -> tuple[list[Term], str]:
        """Parts that must have the same layout."""
        reads = [self.read(a) for a in parts]
        layouts = {NUMBER if layout == SINGLE else layout for _, layout in reads}
        if len(layouts) > 1:
            raise BridgeError("layout", f"{' and '.join(sorted(layouts))} side by side: {', '.join(map(str, parts))}")
        return [t for t, _ in reads], reads[0][1]

    # -- atoms ----------------------------------------------------------------------------------

    def atom(self, e: Any) -> Term:
        if isinstance(e, sympy.Float):
            raise BridgeError("float", f"{e} is a floating-point number", f"write Rational('{e}') or the exact number")
        if e in (S.Infinity, S.NegativeInfinity, S.NaN):
            raise BridgeError("infinite", f"{e} stands where a number is expected")
        if isinstance(e, sympy.Rational):
            return num(int(e.p), 1) if e.q == 1 else num(_fraction(e))
        if e is S.Pi:
            return make("app", "pi")
        if e is S.Exp1:
            return make("app", "exp", ONE)
        if isinstance(e, Symbol):
            if any(s.name == e.name for s in self.env):
                raise BridgeError("name-clash", f"{e} is not the index of the same name around it")
            return self.names.number(e)
        raise refuse(e, "write it as a rational number or by a declared name")

    def index(self, e: Any) -> Term:
        if isinstance(e, sympy.Idx):
            if e.args[1:]:
                raise BridgeError("range", f"{e} has a range of its own", "use a plain integer symbol")
            e = e.label
        return self.number(e)

    # -- arithmetic -----------------------------------------------------------------------------

    def product(self, factors: list[Any]) -> tuple[bool, list[Term], list[Term]]:
        """Whether there is a minus sign, the factors, and those of the denominator."""
        negative = len(factors) > 1 and factors[0] is S.NegativeOne
        over, under = [], []
        for f in factors[1:] if negative else factors:
            exponent = f.exp if type(f) is sympy.Pow and f not in self.env else None
            if exponent is not None and exponent.is_Rational and exponent < 0 and f.base is not S.Exp1:
                under.append(self.root(f.base, -exponent))
            else:
                over.append(self.number(f))
        return negative, over, under

    def times(self, e: Any) -> Term:
        if any(a.is_Matrix for a in e.args):
            raise BridgeError("commutes", f"a product that does not commute: {e}", "use MatMul of MatrixSymbols")
        return assemble(*self.product(list(e.args)))

    def pow(self, e: Any) -> Term:
        if e.base is S.Exp1:
            return make("app", "exp", self.number(e.exp))
        if e.exp.is_Rational and e.exp < 0:
            if e.exp.q > 1 or e.exp == -1:
                return make("div", ONE, self.root(e.base, -e.exp))
        return self.power(e.base, e.exp)

    def root(self, base: Any, exponent: Any) -> Term:
        """What stands in a denominator."""
        return self.number(base) if exponent is S.One else self.power(base, exponent)

    def power(self, base: Any, exponent: Any) -> Term:
        b = self.number(base)
        x = self.number(exponent)
        e = literal(x)
        if e is not None and e.denominator > 1 and e.denominator % 2 and not self.not_negative(b):
            advice = f"assume 0 <= {base}, or write real_root({base}, {e.denominator})"
            raise BridgeError("odd-root", f"{base} may be negative, and its root is then complex in SymPy", advice)
        return make("pow", b, x)

    def not_negative(self, t: Term) -> bool:
        """Whether it is plain that a term is not negative."""
        x = literal(t)
        if x is not None:
            return x >= 0
        match t.head:
            case "app":
                return t.name() in ("abs", "exp", "pi")
            case "pow":
                e = literal(t.terms[1])
                return self.not_negative(t.terms[0]) or (e is not None and e.denominator == 1 and e.numerator % 2 == 0)
            case "add" | "mul" | "div":
                return all(map(self.not_negative, t.terms))
            case "sym" | "at" if not t.loose:
                return self.names.sign(t) in ("<", "<=")
            case _:
                return False

    def add(self, e: Any) -> Read:
        parts, layout = self.alike(e.args)
        return make("add", *parts), layout

    # -- functions ------------------------------------------------------------------------------

    def unknown(self, e: Any) -> Term:
        """A function that SymPy does not know: declared, of the book, or new."""
        modest(e)
        args = [self.tensor(a) for a in e.args]
        self.names.function(e.func, args)
        return make("app", e.func.__name__, *args)

    def extremum(self, e: Any) -> Term:
        out, *rest = (self.number(a) for a in e.args)
        for t in rest:
            out = make("app", "max" if isinstance(e, sympy.Max) else "min", out, t)
        return out

    def heaviside(self, e: Any) -> Term:
        """SymPy's value at 0 is ½ unless another is given; `nan` leaves it undefined."""
        x, at_zero = self.number(e.args[0]), e.args[1]
        if at_zero is S.Zero:
            return make("app", "step", x)
        above, middle = rel("<", ZERO, x), rel("=", x, ZERO)
        if at_zero is S.NaN:
            return make("cases", above, ONE, make("cases", rel("<", x, ZERO), ZERO))
        return make("cases", above, ONE, make("cases", middle, self.number(at_zero), ZERO))

    def delta(self, e: Any) -> Term:
        if len(e.args) > 2:
            raise BridgeError("range", f"{e} has a range of its own", "leave it out")
        return make("cases", rel("=", *(self.number(a) for a in e.args)), ONE, ZERO)

    def piecewise(self, e: Any) -> Term:
        rows = [(x, c) for x, guard in e.args for c in (guard.args if isinstance(guard, sympy.Or) else (guard,))]
        rest: tuple[Term, ...] = ()
        for x, guard in reversed(rows):
            if guard is S.true:
                rest = (self.number(x),)
            else:
                rest = (make("cases", self.condition(guard), self.number(x), *rest),)
        return rest[0]

    # -- conditions -----------------------------------------------------------------------------

    def condition(self, e: Any) -> Term:
        if type(e) not in _CONDITIONS and not isinstance(e, Condition):
            raise self.stranger(e)
        return self.tensor(e)

    def relation(self, e: Any) -> Term:
        (a, b), _ = self.alike(e.args)
        return rel(_SIGNS[type(e)], b, a) if isinstance(e, sympy.Gt | sympy.Ge) else rel(_SIGNS[type(e)], a, b)

    def negation(self, e: Any) -> Term:
        out = negate(self.condition(e.args[0]))
        if out is None:
            raise refuse(e)
        return out

    # -- binders --------------------------------------------------------------------------------

    def under(self, i: Any, lo: Term, hi: Term, body: Callable[[], Term]) -> Term:
        """What stands under a binder of the symbol `i`, abstracted."""
        self._serial += 1
        name, i = f"{i}@{self._serial}", i.label if isinstance(i, sympy.Idx) else i
        before = self.env
        self.env = {k: v for k, v in before.items() if k.name != i.name} | {i: bound(name)}
        try:
            with self.ranges().within(name, lo, hi):
                return abstract(body(), name)
        finally:
            self.env = before

    def ranges(self) -> Bounds:
        if self.bounds is None:
            self.bounds = Bounds(self.context)
        return self.bounds

    def fresh_ranges(self) -> None:
        """Take in what has been declared since."""
        seen = self.ranges()
        new = Bounds(self.context)
        seen.least, seen.most = new.least | seen.least, new.most | seen.most

    def big(self, e: Any) -> Read:
        op = "sum" if isinstance(e, sympy.Sum) else "prod"
        layout = NUMBER

        def nest(limits: tuple[Any, ...]) -> Term:
            nonlocal layout
            if not limits:
                t, layout = self.read(e.function)
                return t
            *inner, outer = limits
            if len(outer) != 3:
                raise BridgeError("range", f"{e} has no limits", "give the first and the last index")
            i, lo, hi = outer[0], self.number(outer[1]), self.number(outer[2])
            if not isinstance(i, Symbol | sympy.Idx):
                raise refuse(i, "sum over a plain symbol")
            self.fresh_ranges()
            if not self.ranges().in_order(lo, hi):
                below, above = outer[1], outer[2]
                advice = f"assume {below} <= {above} + 1 in the scope, or declare the last index positive"
                reason = f"the range {below}..{above} may be reversed, and SymPy then counts it as negative"
                raise BridgeError("range", reason, advice)
            return make("big", op, lo, hi, TRUE, self.under(i, lo, hi, lambda: nest(tuple(inner))))

        return nest(e.limits), layout

    def indexed(self, e: Any) -> Term:
        label = e.base.label
        if not isinstance(label, Symbol):
            raise refuse(e, "name the base by a symbol")
        name = label.name
        declared = self.names.scope.names.get(name)
        if declared is None or declared.kind != "int":
            modest(label)
        if any(s.name == name for s in self.env):
            raise BridgeError("name-clash", f"{name} is an index around {e}")
        indices = [self.index(i) for i in e.indices]
        return at(self.names.family(name, e.base, len(indices)), *indices)

    # -- derivatives ----------------------------------------------------------------------------

    def derivative(self, e: Any) -> Term:
        if any(isinstance(x, AppliedUndef) for x in e.variables):
            return self.slope(e, {})
        t = self.tensor(e.expr)
        if not all(k.is_Integer and k <= MAX_ORDER for _, k in e.variable_count):
            raise refuse(e, f"derivatives have orders up to {MAX_ORDER}")
        for x in e.variables:
            t = self.derived(t, x)
        return t

    def derived(self, t: Term, x: Any) -> Term:
        if isinstance(x, mx.MatrixSymbol):
            return self.gradient(t, x)
        place = self.number(x)
        indices: list[Term] = []
        while place.head == "at":
            place, i = place.terms
            indices.insert(0, i)
        if place.head != "sym" or x in self.env:
            raise refuse(x, "differentiate by names or entries of names")
        return make("der", t, place.name(), *indices)

    def gradient(self, t: Term, x: Any) -> Term:
        """A number differentiated by a tensor: the tensor of the derivatives by its entries."""
        if shape(self.context, t):
            raise BridgeError("layout", "the derivative of a tensor by a tensor", "differentiate entry by entry")
        place, rank = self.names.tensor(x, [self.number(d) for d in x.shape], random=isinstance(x, RandomMatrix))
        rows, columns = (Expr(self.number(d)) for d in x.shape)
        if rank == 1:
            return Tab(lambda i: Expr(make("der", t, place.name(), i.term)), rows).term
        return Tab(lambda i: Tab(lambda j: Expr(make("der", t, place.name(), i.term, j.term)), columns), rows).term

    def subs(self, e: Any) -> Term:
        """A derived function at a point, or a value for a symbol on which no definition rests."""
        inner, xs, point = e.args
        if isinstance(inner, sympy.Derivative) and isinstance(inner.expr, AppliedUndef):
            return self.slope(inner, dict(zip(xs, point, strict=True)))
        values = {x: self.number(p) for x, p in zip(xs, point, strict=True)}
        over = {n for k in inner.atoms(Kept) for n in k.operated()}
        before, self.env = self.env, self.env | values
        try:
            t = self.number(inner)
        finally:
            self.env = before
        context = self.context
        hidden = {n for m in context.closure(t) if m in context.definitions for n in context.reach(m)}
        if any(x.name in over | hidden or (isinstance(x, RandomName) and ALL_RANDOM in over) for x in xs):
            raise refuse(e, "a value is put in after differentiating: call .doit()")
        return t

    def slope(self, d: Any, values: dict[Any, Any]) -> Term:
        f = d.expr
        if not isinstance(f, AppliedUndef):
            raise refuse(d, "differentiate by names or entries of names")
        slots = [list(f.args).index(x) if list(f.args).count(x) == 1 else -1 for x in d.variables]
        others = [a for k, a in enumerate(f.args) if k not in slots]
        if -1 in slots or any(a.has(*d.variables) for a in others) or values.keys() - set(d.variables):
            raise refuse(d, "substitute for the arguments by which the function is differentiated")
        args = [self.number(values.get(a, a)) for a in f.args]
        self.names.function(f.func, args)
        suffix = "'" * len(slots) if len(args) == 1 else "".join(f";{k + 1}" for k in slots)
        return make("app", f.func.__name__ + suffix, *args)

    def limit(self, e: Any) -> Term:
        body, x, point, side = e.args
        to = {S.Infinity: INF, S.NegativeInfinity: make("neg", INF)}.get(point)
        sides = {v: k for k, v in SIDES.items()}
        way = "both" if to is not None else sides[str(side)]
        if x in self.env:
            raise refuse(e, "take limits in names")
        return make("lim", self.number(body), self.names.number(x).name(), to or self.number(point), way)

    # -- nodes of the bridge ----------------------------------------------------------------------

    def kept(self, e: Kept) -> Read:
        if isinstance(e, Shaped):
            rank = int(e.args[1])
            return self.tensor(e.args[0]), COLUMN if rank == 1 else MATRIX
        head = type(e).head
        kinds, binds = NODES[head].rstrip("*?"), BINDS.get(head)
        args: list[Any] = []
        for k, a in enumerate(e.args):
            if kinds[min(k, len(kinds) - 1)] == "n":
                args.append(a.name)
            elif binds and binds[k]:
                lo, hi = args[1:3] if head == "big" else args[:2]
                args.append(self.under(a.variables[0], lo, hi, partial(self.tensor, a.expr)))
            else:
                args.append(self.argument(head, a))
        return make(head, *args), NUMBER

    def argument(self, head: str, a: Any) -> Term:
        if head == "is" and isinstance(a, Str):
            return sym(a.name)
        if head in ("lim", "all") and a in (S.Infinity, S.NegativeInfinity):
            return INF if a is S.Infinity else make("neg", INF)
        return self.tensor(a)


def _fraction(e: Any) -> Fraction:
    return Fraction(int(e.p), int(e.q))


_COMPLEX = (sympy.re, sympy.im, sympy.conjugate, sympy.arg)

_SIGNS = {sympy.Eq: "=", sympy.Ne: "!=", sympy.Lt: "<", sympy.Le: "<=", sympy.Gt: "<", sympy.Ge: "<="}

_CONDITIONS: dict[type, Callable[[Inward, Any], Term]] = {
    **dict.fromkeys(_SIGNS, Inward.relation),
    sympy.And: lambda r, e: make("and", *map(r.condition, e.args)),
    sympy.Not: Inward.negation,
    sympy.Implies: lambda r, e: make("imp", *map(r.condition, e.args)),
    type(S.true): lambda *_: TRUE,
}


def _function(name: str) -> Callable[[Inward, Any], Term]:
    return lambda r, e: make("app", name, *map(r.number, e.args))


def _ratio(over: str | None, under: str) -> Callable[[Inward, Any], Term]:
    """A quotient of two functions of the same number."""

    def read(r: Inward, e: Any) -> Term:
        x = r.number(e.args[0])
        return make("div", ONE if over is None else make("app", over, x), make("app", under, x))

    return read


_NUMBERS: dict[type, Callable[[Inward, Any], Term]] = {
    **_CONDITIONS,
    **SCALARS,
    **{cls: _function(name) for name, cls in FUNCTIONS.items() if name not in ("max", "min")},
    sympy.Max: Inward.extremum,
    sympy.Min: Inward.extremum,
    sympy.cot: _ratio("cos", "sin"),
    sympy.coth: _ratio("cosh", "sinh"),
    sympy.sec: _ratio(None, "cos"),
    sympy.csc: _ratio(None, "sin"),
    sympy.sech: _ratio(None, "cosh"),
    sympy.csch: _ratio(None, "sinh"),
    sympy.erfc: lambda r, e: make("add", ONE, make("neg", make("app", "erf", r.number(e.args[0])))),
    Heaviside: Inward.heaviside,
    KroneckerDelta: Inward.delta,
    sympy.Piecewise: Inward.piecewise,
    sympy.Mul: Inward.times,
    sympy.Pow: Inward.pow,
    sympy.Indexed: Inward.indexed,
    sympy.Idx: Inward.index,
    sympy.Derivative: Inward.derivative,
    sympy.Subs: Inward.subs,
    sympy.Limit: Inward.limit,
}
"""Exact classes whose values are numbers or conditions; an unknown subclass is refused."""
