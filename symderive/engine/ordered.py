"""Undeclared capitals whose order in a product would matter if they were matrices: ``AB = BA``.

A relation between them is read once more with square matrices in their places.  What is false of those is not
proved of numbers that nobody said they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial, reduce

from symderive.engine.judge import Judge
from symderive.kernel.book import Book
from symderive.kernel.context import Context, Name, Rejected
from symderive.kernel.terms import ONE, ZERO, Term, make, num, rel, sym

LARGE = frozenset("ABCDFGHKMOPQRSUVWXYZ")
"""Letters that are mostly matrices; not L, E, N, T, J and I."""
SQUARE = Name("real", ((ONE, num(2)), (ONE, num(2))))
WHOLE = {num(k): k for k in range(1, 7)}
"""The powers that are written out."""


def is_large(name: str) -> bool:
    """Whether a name looks like that of a matrix."""
    return name[0] in LARGE and not name[1:2].isalpha()


def order_matters(context: Context, book: Book, claim: Term, names: Iterable[str], units: int) -> str:
    """Why a relation that holds for numbers is not proved of some names; empty if nothing speaks against it."""
    used = sorted({*names} & context.closure(claim) - context.definitions.keys())
    if len(used) < 2 or claim.head != "rel":
        return ""
    try:
        sides = [_as_matrix(t, frozenset(used), context) for t in claim.terms]
    except _NoMatrix:
        return ""
    like = next((t for t, matrix in sides if matrix), ZERO)
    sides = [(make("mul", ZERO, like), True) if t is ZERO else (t, matrix) for t, matrix in sides]
    if not all(matrix for _, matrix in sides):
        return ""
    facts = [f for f in context.facts if not context.closure(f) & {*used}]
    kept = {k: d for k, d in context.definitions.items() if not context.closure(sym(k)) & {*used}}
    signature = {**context.signature, **dict.fromkeys(used, SQUARE)}
    other = replace(context, signature=signature, definitions=kept, facts=tuple(facts), memo={})
    try:
        verdict = Judge(other, book, units).judge(rel(claim.name(), *(t for t, _ in sides)))
    except Rejected:
        return ""
    return f"nothing says whether {' and '.join(used)} are numbers or matrices" if verdict.refuted else ""


class _NoMatrix(Exception):
    """A term has no meaning for matrices: it adds a number to one, or divides by one."""


def _as_matrix(t: Term, names: frozenset[str], context: Context) -> tuple[Term, bool]:
    """A term with square matrices for some names, in the order that is written, and whether it is a matrix."""
    if t.head == "sym" and t.name() in names:
        return t, True
    if t.head == "sym" and t.name() in context.definitions and names & context.closure(t):
        definition = context.definitions[t.name()]
        if definition.params or len(definition.clauses) != 1:
            raise _NoMatrix
        return _as_matrix(definition.clauses[0][1], names, context)
    parts = [_as_matrix(x, names, context) for x in t.terms]
    terms, matrices = [x for x, _ in parts], [x for x, matrix in parts if matrix]
    if not matrices:
        return t, False
    if (t.head in ("add", "neg") and len(matrices) == len(terms)) or (t.head == "div" and not parts[1][1]):
        return make(t.head, *terms), True
    if t.head == "mul":
        numbers = [x for x, matrix in parts if not matrix]
        return reduce(partial(make, "mul"), numbers[::-1], reduce(_product, matrices)), True
    if t.head == "pow" and (power := t.terms[1]) in WHOLE:
        return reduce(_product, matrices * WHOLE[power]), True
    raise _NoMatrix


def _product(left: Term, right: Term) -> Term:
    return make("op", "matmul", left, right)
