"""Atoms that are names and entries: canonical indices, and definitions where they are to be unfolded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symderive.kernel.algebra import difference
from symderive.kernel.context import family_member
from symderive.kernel.lowering import lower
from symderive.kernel.terms import Term

if TYPE_CHECKING:
    from symderive.engine.normal import Normal


def member(normal: Normal, t: Term) -> int | None:
    """A name or an entry: indices in canonical order, definitions where they are to be unfolded."""
    if t in normal.same_index:
        return normal.same_index[t]
    if t.head == "at":
        settled = settle_member(normal, t)
        if settled is not None:
            return settled
    found = family_member(t)
    if found is None:
        return lowered(normal, t)
    if found[0] not in normal.context.definitions:
        return None
    return unfold_member(normal, t) if normal.may_unfold(*found) else None


def lowered(normal: Normal, t: Term) -> int | None:
    """``t`` in index form; None if it is so already."""
    return None if lower(normal.context, t) is t else normal.builder.lower(t)


def settle_member(normal: Normal, t: Term) -> int | None:
    """The indices of an entry in canonical order."""
    settled = normal.settled(t, (1,))
    if settled is not None:
        return settled
    inner = t.terms[0]
    if inner.head != "at":
        return None
    line = settle_member(normal, inner)
    return None if line is None else normal.builder.place(line, t, (0,))


def unfold_member(normal: Normal, t: Term) -> int | None:
    """``t = its definition``, in index form, by the clause whose range its index is in."""
    builder, context = normal.builder, normal.context
    name, indices = family_member(t) or ("", [])
    depth = context.family_depth(name)
    if len(indices) < depth:
        return None
    which = _clause(normal, name, indices[:depth])
    if which is None:
        return None
    base = t
    for _ in indices[depth:]:
        base = base.terms[0]
    line = builder.unfold(base, which)
    if base is not t:
        path = (0,) * (len(indices) - depth)
        line = builder.place(line, t, path)
    further = lowered(normal, builder.right(line))
    return line if further is None else builder.chain(line, further)


def _clause(normal: Normal, name: str, indices: list[Term]) -> int | None:
    """The clause of a definition that applies at the indices."""
    clauses = normal.context.definitions[name].clauses
    if len(clauses) == 1:
        return 0
    for which in range(len(clauses)):
        _, conditions = normal.context.clause(name, which, indices)
        if all(_plain(c) or normal.holds(c) for c in conditions):
            return which
    return None


def _plain(c: Term) -> bool:
    gap = difference(c.terms[1], c.terms[0])
    return gap is not None and gap >= 0
