"""Exact linear programming over the rationals, for small systems: nonnegative combinations.

The simplex method with Bland's rule, so that it ends; work is counted, so that it ends soon.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from flint import fmpq

Number = Any
"""A rational of flint; it carries no types."""

Vector = Mapping[object, Fraction]
MAX_PIVOTS = 400
MAX_CELLS = 20_000
"""Numbers in the table of one search."""


def nonnegative_combination(target: Vector, columns: Sequence[Vector], wanted: Sequence[bool]) -> list[Fraction] | None:
    """Coefficients c ≥ 0 with target = Σ c·column, positive on some wanted column if that is possible.

    Returns:
        None if there is no combination, or none was found within the budget.  If some column is wanted
        but the combination uses none, it is returned all the same.
    """
    live = _usable(target, columns)
    if live is None:
        return None
    rows = sorted({r for v in (target, *(columns[j] for j in live)) for r in v}, key=repr)
    n = len(live)
    if len(rows) * n > MAX_CELLS:
        return None
    table = []
    for r in rows:
        b = exact(target.get(r, 0))
        row = [exact(columns[j].get(r, 0)) for j in live] + [b]
        table.append([-x for x in row] if b < 0 else row)
    wanted = [wanted[j] for j in live]
    basis = [n + i for i in range(len(rows))]  # artificial variables, kept out of the table
    cost = [-sum((row[j] for row in table), fmpq(0)) for j in range(n + 1)]
    if not _simplex(table, basis, cost, n) or cost[n] != 0:
        return None
    # drive artificial variables out, or drop their empty rows
    for i in reversed(range(len(table))):
        if basis[i] >= n:
            j = next((j for j in range(n) if table[i][j] != 0), None)
            if j is None:
                del table[i], basis[i]
            else:
                _pivot(table, basis, cost, i, j)
    if any(wanted) and not any(wanted[basis[i]] and table[i][n] > 0 for i in range(len(table))):
        cost = [fmpq(-1) if wanted[j] else fmpq(0) for j in range(n)] + [fmpq(0)]
        for i, j in enumerate(basis):
            if cost[j]:
                f = cost[j]
                cost = [c - f * x for c, x in zip(cost, table[i], strict=True)]
        _simplex(table, basis, cost, n, stop=True)
    out = [Fraction(0)] * len(columns)
    for i, j in enumerate(basis):
        if j < n:
            out[live[j]] = Fraction(int(table[i][n].p), int(table[i][n].q))
    return out


def exact(x: Fraction | int) -> Number:
    return fmpq(x.numerator, x.denominator)


def _usable(target: Vector, columns: Sequence[Vector]) -> list[int] | None:
    """The columns that can take part, by the signs in each row; None if the target cannot be reached."""
    live = list(range(len(columns)))
    while True:
        signs: dict[object, set[bool]] = {}
        for j in live:
            for r, x in columns[j].items():
                if x:
                    signs.setdefault(r, set()).add(x > 0)
        if any(b and (b > 0) not in signs.get(r, ()) for r, b in target.items()):
            return None
        idle = {r for r, s in signs.items() if len(s) == 1 and not target.get(r)}
        rest = [j for j in live if not any(x and r in idle for r, x in columns[j].items())]
        if len(rest) == len(live):
            return live
        live = rest


def _simplex(table: list[list[Number]], basis: list[int], cost: list[Number], n: int, *, stop: bool = False) -> bool:
    """Minimise; with `stop`, end as soon as the value is negative.  False if the budget ran out."""
    for _ in range(MAX_PIVOTS):
        if stop and cost[n] > 0:
            return True
        j = next((j for j in range(n) if cost[j] < 0), None)
        if j is None:
            return True
        ratios = [(row[n] / row[j], basis[i], i) for i, row in enumerate(table) if row[j] > 0]
        if not ratios:
            return True
        _pivot(table, basis, cost, min(ratios)[2], j)
    return False


def _pivot(table: list[list[Number]], basis: list[int], cost: list[Number], i: int, j: int) -> None:
    p = table[i][j]
    table[i] = [x / p for x in table[i]]
    for k, row in enumerate(table):
        if k != i and row[j]:
            f = row[j]
            table[k] = [x - f * y for x, y in zip(row, table[i], strict=True)]
    if cost[j]:
        f = cost[j]
        cost[:] = [x - f * y for x, y in zip(cost, table[i], strict=True)]
    basis[i] = j
