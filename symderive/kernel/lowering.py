"""Lowering: every tensor expression in index form, by one deterministic pass.

In a lowered term every node but tables, leaves and opaque heads is a number.  The pass unfolds the
operators of the book and pushes indices inwards; it neither searches nor simplifies.  Its result is
equal to the original wherever the original is defined.
"""

from __future__ import annotations

from symderive.kernel.context import PRIMITIVES, Context, base_name
from symderive.kernel.shapes import CONDITION, SCALAR, operator_row, shape, unfold_operator
from symderive.kernel.terms import BINDS, INF, Term, abstract, bound, fresh, instantiate, make, rebuild


def lower(context: Context, t: Term) -> Term:
    """`t`, locally closed, in index form; a tensor as a table of its entries, unless it is a leaf."""
    key = ("lower", t)
    found: Term | None = context.memo.get(key)
    if found is None:
        found = context.memo[key] = _lower(context, t)
    return found


def _lower(context: Context, t: Term) -> Term:
    if not t.terms or (t.head == "neg" and t.terms[0] is INF):
        return t
    if t.head == "at":
        return entry_of(context, t.terms[0], t.terms[1])
    if t.head == "op" and operator_row(context, t)[0].body is not None:
        return lower(context, unfold_operator(context, t))
    if t.head == "is":
        return rebuild(t, lambda a, _: a if a.head == "sym" else lower(context, a))
    s = shape(context, t)
    if s not in (SCALAR, CONDITION) and t.head != "tab" and _pushes(context, t):
        name = fresh(t)
        (lo, hi), *_ = s
        inner = entry_of(context, t, bound(name))
        return make("tab", lower(context, lo), lower(context, hi), abstract(inner, name))
    if t.head not in BINDS:
        return rebuild(t, lambda a, _: lower(context, a))
    name = fresh(t)

    def under(a: Term, binders: int) -> Term:
        if not binders:
            return lower(context, a)
        return abstract(lower(context, instantiate(a, bound(name))), name)

    return rebuild(t, under)


def _pushes(context: Context, t: Term) -> bool:
    """Whether an index on this node can be pushed to its arguments."""
    match t.head:
        case "add" | "neg" | "mul" | "div" | "pow" | "cases" | "big" | "der" | "ex":
            return True
        case "app":
            declared = context.signature.get(base_name(t.name()))
            known = t.name() in PRIMITIVES or t.name() in context.functions
            return known or (declared is not None and not declared.ranges and not any(declared.arguments))
        case _:
            return False


def entry_of(context: Context, t: Term, i: Term) -> Term:
    """The lowered entry `i` of the tensor `t`."""
    if t.head == "tab":
        return lower(context, instantiate(t.terms[2], i))
    if t.head == "op" and operator_row(context, t)[0].body is not None:
        return entry_of(context, unfold_operator(context, t), i)
    if t.head == "at":
        inner = lower(context, t)
        if inner.head != "at":
            return entry_of(context, inner, i)
        return make("at", inner, lower(context, i))
    varied = t.head == "der" and context.depends(i, t.name(1))
    if not _pushes(context, t) or varied or (t.head == "ex" and context.random_in(i)):
        return make("at", lower(context, t) if t.head != "sym" else t, lower(context, i))
    if t.head == "big":
        name = fresh(t, i)
        op, lo, hi, guard, body = t.name(), *t.terms
        body = entry_of(context, instantiate(body, bound(name)), i)
        guard = lower(context, instantiate(guard, bound(name)))
        ends = (lower(context, lo), lower(context, hi))
        return make("big", op, *ends, abstract(guard, name), abstract(body, name))
    if t.head in ("der", "ex"):
        rest = [lower(context, a) if isinstance(a, Term) else a for a in t.args[1:]]
        return make(t.head, entry_of(context, t.terms[0], i), *rest)

    def part(a: Term, _: int) -> Term:
        tensor = shape(context, a) not in (SCALAR, CONDITION)
        return entry_of(context, a, i) if tensor else lower(context, a)

    return rebuild(t, part)
