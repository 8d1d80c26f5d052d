"""Matrices of SymPy as tensors: vectors are columns, and a product is read from the left.

Not here: numbers, conditions and names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Basic, S, Symbol
from sympy.matrices import expressions as mx
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.dotproduct import DotProduct
from sympy.matrices.expressions.matexpr import MatrixElement

from symderive.kernel.terms import ONE, ZERO, Term, at, make
from symderive.language.bridge.errors import BridgeError
from symderive.language.bridge.nodes import RandomMatrix
from symderive.language.bridge.outward import identity, zeros
from symderive.language.expr import Expr, Tab, cases, eq

if TYPE_CHECKING:
    from symderive.language.bridge.inward import Inward

MAX_ENTRIES = 64
"""Of a matrix that is written out."""
MAX_POWER = 16
"""Of a matrix."""
NUMBER, COLUMN, ROW, MATRIX, SINGLE = "number", "column", "row", "matrix", "1×1 matrix"
"""How a term stands in SymPy; a single is a number there wrapped as a matrix."""

Read = tuple[Term, str]


def refuse(e: Basic, advice: str = "") -> BridgeError:
    kind = type(e).__name__
    return BridgeError("unsupported", f"{kind} has no counterpart here: {str(e)[:80]}", advice)


def symbol(r: Inward, e: Any) -> Read:
    dims = [r.number(d) for d in e.shape]
    t, rank = r.names.tensor(e, dims, random=isinstance(e, RandomMatrix))
    return t, COLUMN if rank == 1 else MATRIX


def whole(r: Inward, e: Any) -> Read:
    """A family as a tensor that is no matrix."""
    if not isinstance(e.label, Symbol):
        raise refuse(e, "name the base by a symbol")
    name = e.label.name
    declared = r.names.scope.names.get(name)
    return r.names.family(name, e, len(declared.ranges) if declared else 1), NUMBER


def matmul(r: Inward, e: Any) -> Read:
    scalars = [a for a in e.args if not a.is_Matrix]
    first, *rest = (r.read(a) for a in e.args if a.is_Matrix)
    for other in rest:
        first = multiplied(r, first, other, e)
    t, layout = first
    if not scalars:
        return t, layout
    negative, over, under = r.product(scalars if len(scalars) > 1 else [*scalars, S.One])
    over = [x for x in over if x is not ONE]
    return assemble(negative, [*over, t], under), layout


def multiplied(r: Inward, a: Read, b: Read, e: Any) -> Read:
    (s, left), (t, right) = a, b
    if SINGLE in (left, right):
        return make("mul", s, t), right if left == SINGLE else left
    found = _PRODUCTS.get((left, right))
    if found is None:
        raise BridgeError("layout", f"a {left} times a {right} in {e}", "bring the product into another order")
    return make("op", found[0], s, t), found[1]


def transpose(r: Inward, e: Any) -> Read:
    t, layout = r.read(e.args[0])
    turned = {COLUMN: ROW, ROW: COLUMN, SINGLE: SINGLE, NUMBER: NUMBER}
    return (t, turned[layout]) if layout in turned else (make("op", "transpose", t), MATRIX)


def square(r: Inward, e: Any) -> Term:
    """Of a square matrix; a product that is a number is its own trace and determinant."""
    t, layout = r.read(e.args[0])
    return t if layout == SINGLE else make("op", "trace" if isinstance(e, mx.Trace) else "det", t)


def inverse(r: Inward, e: Any) -> Read:
    t, layout = r.read(e.args[0])
    return (make("div", ONE, t), SINGLE) if layout == SINGLE else (make("op", "inv", t), MATRIX)


def matpow(r: Inward, e: Any) -> Read:
    base, n = e.args
    if n == -1:
        return inverse(r, e)
    t, layout = r.read(base)
    if not n.is_Integer or not 1 <= n <= MAX_POWER or layout != MATRIX:
        raise refuse(e, f"matrices are raised to numbers from 1 to {MAX_POWER}")
    out = t
    for _ in range(int(n) - 1):
        out = make("op", "matmul", out, t)
    return out, MATRIX


def hadamard(r: Inward, e: Any) -> Read:
    (first, *rest), layout = r.alike(e.args)
    for t in rest:
        first = make("mul", first, t) if layout == SINGLE else make("op", "hadamard", first, t)
    return first, layout


def elementwise_power(r: Inward, e: Any) -> Read:
    t, layout = r.read(e.args[0])
    if not e.args[1].is_Integer:
        raise refuse(e, "powers entry by entry have integer exponents")
    return make("pow", t, r.number(e.args[1])), layout


def elementwise(r: Inward, e: Any) -> Read:
    t, layout = r.read(e.args[1])
    (x,) = e.args[0].variables
    if x not in e.args[0].expr.free_symbols:
        raise refuse(e, "write a constant matrix")
    before, r.env = r.env, r.env | {x: t}
    try:
        return r.tensor(e.args[0].expr), layout
    finally:
        r.env = before


def constant(r: Inward, e: Any) -> Read:
    """A matrix of zeros or ones, or the identity."""
    rows, columns = (r.number(d) for d in e.shape)
    if isinstance(e, mx.Identity):
        return identity(rows), MATRIX
    t = zeros(rows, None if columns is ONE else columns)
    if isinstance(e, mx.OneMatrix):
        t = _with_ones(t)
    return t, COLUMN if columns is ONE else MATRIX


def entry(r: Inward, e: Any) -> Term:
    """SymPy counts the entries of a matrix from 0."""
    m, i, j = e.args
    t, layout = r.read(m)
    one, two = (r.number(i + 1), r.number(j + 1)) if layout == MATRIX else (None, None)
    if one is not None and two is not None:
        return at(t, one, two)
    along, across = (j, i) if layout == ROW else (i, j)
    if across != 0:
        raise BridgeError("shape", f"{e}: a vector has one row or column, number 0")
    return t if layout == SINGLE else at(t, r.number(along + 1))


def explicit(r: Inward, e: Any) -> Read:
    rows, columns = e.shape
    if not 1 <= rows * columns <= MAX_ENTRIES:
        raise BridgeError("too-large", f"a matrix of {rows}×{columns} entries", f"at most {MAX_ENTRIES} are read")
    values = [[Expr(r.number(e[row, k])) for k in range(columns)] for row in range(rows)]
    if rows == columns == 1:
        return values[0][0].term, SINGLE
    if 1 in (rows, columns):
        flat = [x for row in values for x in row]
        return Tab(lambda i: _choose(i, flat), len(flat)).term, COLUMN if columns == 1 else ROW
    return Tab(lambda i: Tab(lambda j: _choose(i, [_choose(j, row) for row in values]), columns), rows).term, MATRIX


def vectors(r: Inward, e: Any) -> Term:
    """A dot product, of columns or rows alike."""
    a, b = (r.read(x) for x in e.args)
    if {a[1], b[1]} - {COLUMN, ROW}:
        raise BridgeError("layout", f"the factors of {e} are no vectors")
    return make("op", "matmul", a[0], b[0])


def _with_ones(t: Term) -> Term:
    lo, hi, body = t.terms
    return make("tab", lo, hi, ONE if body is ZERO else _with_ones(body))


def _choose(i: Expr, values: list[Expr]) -> Expr:
    """The value number i."""
    *first, last = values
    if not first:
        return last
    return cases(*((eq(i, k), x) for k, x in enumerate(first, start=1)), otherwise=last)


def assemble(negative: bool, over: list[Term], under: list[Term]) -> Term:
    """± a product over a product."""
    t = _product(over)
    t = make("div", t, _product(under)) if under else t
    return make("neg", t) if negative else t


def _product(factors: list[Term]) -> Term:
    return ONE if not factors else factors[0] if len(factors) == 1 else make("mul", *factors)


_PRODUCTS = {
    (MATRIX, MATRIX): ("matmul", MATRIX),
    (MATRIX, COLUMN): ("matmul", COLUMN),
    (ROW, MATRIX): ("matmul", ROW),
    (ROW, COLUMN): ("matmul", SINGLE),
    (COLUMN, ROW): ("outer", MATRIX),
}
"""Layouts of two factors -> operator and layout of their product."""

SCALARS: dict[type, Callable[[Inward, Any], Term]] = {
    DotProduct: vectors,
    mx.Trace: square,
    mx.Determinant: square,
    MatrixElement: entry,
}
"""Exact classes of numbers made from matrices."""

MATRICES: dict[type, Callable[[Inward, Any], Read]] = {
    sympy.Add: lambda r, e: r.add(e),
    mx.MatAdd: lambda r, e: r.add(e),
    sympy.Sum: lambda r, e: r.big(e),
    sympy.Product: lambda r, e: r.big(e),
    sympy.IndexedBase: whole,
    mx.MatrixSymbol: symbol,
    RandomMatrix: symbol,
    mx.MatMul: matmul,
    mx.MatPow: matpow,
    mx.Transpose: transpose,
    mx.Inverse: inverse,
    mx.HadamardProduct: hadamard,
    mx.HadamardPower: elementwise_power,
    ElementwiseApplyFunction: elementwise,
    mx.Identity: constant,
    mx.ZeroMatrix: constant,
    mx.OneMatrix: constant,
    mx.DiagMatrix: lambda r, e: (make("op", "diag", r.tensor(e.args[0])), MATRIX),
    mx.DiagonalOf: lambda r, e: (make("op", "diagonal", r.tensor(e.args[0])), COLUMN),
}
"""Exact classes whose values may be tensors."""
