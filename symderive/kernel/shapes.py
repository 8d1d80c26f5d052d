"""Shapes: the index ranges of a term, and whether it is well formed at all.

The shape of a scalar is ``()``.  An entry ``(lo, hi)`` may depend on the indices before it in the
shape as ``bound(0)`` (the nearest), ``bound(1)``, …; variables of enclosing binders come after those.
Every node but ``mul`` acts entry by entry on tensors of one shape and on scalars; ``mul`` takes at
most one tensor.
"""

from __future__ import annotations

from collections.abc import Sequence

from symderive.kernel.algebra import difference
from symderive.kernel.context import (
    PRIMITIVES,
    Context,
    Operator,
    Range,
    Rejected,
    base_name,
    need,
)
from symderive.kernel.terms import (
    CONDITIONS,
    ONE,
    Term,
    at,
    bound,
    brief,
    instantiate,
    make,
    rebuild,
    shift,
)

Shape = tuple[Range, ...]
SCALAR: Shape = ()
CONDITION: Shape = ((ONE, make("neg", ONE)),)
"""Stands for the shape of a condition; no tensor has this range."""


def shape(context: Context, t: Term) -> Shape:
    """The shape of a well-formed term.

    Raises:
        Rejected: a node is applied to what it cannot take; the message shows the shapes.
    """
    key = ("shape", t)
    found: Shape | None = context.memo.get(key)
    if found is None:
        found = context.memo[key] = _RULES[t.head](context, t)
    return found


def check_condition(context: Context, t: Term) -> None:
    need(t.head in CONDITIONS or _is_condition_meta(context, t), "not a condition", t)
    shape(context, t)


def _is_condition_meta(context: Context, t: Term) -> bool:
    return t.head == "meta" and context.sorts.get(t.name(), ("",))[0] == "cond"


def scalar(context: Context, t: Term) -> None:
    s = shape(context, t)
    if s != SCALAR:
        raise Rejected(f"{show(s)} stands where a number is expected: {brief(t)}")


def index(context: Context, t: Term) -> None:
    scalar(context, t)
    need(is_integer(context, t), "what may be no integer stands where an integer is expected", t)


def show(s: Shape) -> str:
    """A shape in words, for messages."""
    if s == CONDITION:
        return "a condition"
    return "×".join(f"{brief(lo)}..{brief(hi)}" for lo, hi in s) if s else "a number"


def is_integer(context: Context, t: Term) -> bool:
    """Whether `t` is integer by its syntax."""
    match t.head:
        case "num":
            return t.args[1] == 1
        case "bound":
            return True
        case "sym":
            return context.declared(t.name()).kind == "int"
        case "at":
            return is_integer(context, t.terms[0])
        case "tab":
            return is_integer(context, t.terms[2])
        case "add" | "neg" | "mul":
            return all(is_integer(context, a) for a in t.terms)
        case "big":
            return is_integer(context, t.terms[3])
        case "cases":
            return all(is_integer(context, a) for a in t.terms[1:])
        case "meta":
            return context.sorts.get(t.name(), ("",))[0] == "int"
        case _:
            return False


def same_shape(a: Shape, b: Shape) -> bool:
    return a is b or (
        len(a) == len(b) and all(_same(x, y) for r, s in zip(a, b, strict=True) for x, y in zip(r, s, strict=True))
    )


def _same(a: Term, b: Term) -> bool:
    return a is b or (a.head != "inf" and b.head != "inf" and difference(a, b) == 0)


def entries(t: Term, s: Shape) -> Term:
    """The entry of `t` at the innermost ``len(s)`` bound variables, for use under that many binders."""
    t = shift(t, len(s))
    for k in range(len(s)):
        t = at(t, bound(len(s) - 1 - k))
    return t


# -- one function per node ------------------------------------------------------------------------


def _num(context: Context, t: Term) -> Shape:
    return SCALAR


def _sym(context: Context, t: Term) -> Shape:
    name = context.declared(t.name())
    need(name.kind != "function", f"the function {t.name()} stands without arguments")
    return name.ranges


def _meta(context: Context, t: Term) -> Shape:
    sort = context.sorts.get(t.name())
    if sort is None:
        raise Rejected(f"the metavariable {t.name()} has no sort")
    need(sort[0] != "tensor", f"{t.name()} may be a tensor: such an entry cannot be proved")
    need(len(sort) == len(t.args), f"{t.name()} takes {len(sort) - 1} parameters")
    for a in t.terms:
        scalar(context, a)
    return CONDITION if sort[0] == "cond" else SCALAR


def _elementwise(context: Context, t: Term) -> Shape:
    return broadcast(context, t, t.terms)


def broadcast(context: Context, t: Term, parts: Sequence[Term]) -> Shape:
    """The common shape of the parts that are not scalars."""
    out = SCALAR
    for a in parts:
        s = shape(context, a)
        need(s != CONDITION, "a condition stands as a number", t)
        if s != SCALAR:
            fits = out == SCALAR or same_shape(out, s)
            if not fits:
                raise Rejected(f"shapes {show(out)} and {show(s)} do not fit in {brief(t)}")
            out = out or s
    return out


def _mul(context: Context, t: Term) -> Shape:
    shapes = [shape(context, a) for a in t.terms]
    tensors = [s for s in shapes if s != SCALAR]
    need(len(tensors) <= 1, f"a plain product of two tensors, {' and '.join(map(show, tensors))}")
    need(CONDITION not in tensors, "a condition stands as a number", t)
    return tensors[0] if tensors else SCALAR


def _app(context: Context, t: Term) -> Shape:
    f = t.name()
    if f in PRIMITIVES or f in context.functions:
        arity = PRIMITIVES.get(f)
        if arity is None:
            arity = len(context.functions[f].params)
        need(len(t.terms) == arity, f"{f} takes {arity} arguments, not {len(t.terms)}")
        return broadcast(context, t, t.terms)
    declared = context.signature.get(base_name(f))
    if declared is None and base_name(f).startswith("?"):
        for a in t.terms:
            shape(context, a)
        return SCALAR
    if declared is None or declared.kind != "function":
        raise Rejected(f"{f} is not a declared function")
    need(len(t.terms) == len(declared.arguments), f"{f} takes {len(declared.arguments)} arguments")
    slots = slots_of(f)
    need(all(0 <= k < len(declared.arguments) for k in slots), f"{f}: no such argument to vary")
    if all(not a for a in declared.arguments) and not declared.ranges:
        return broadcast(context, t, t.terms)
    for a, ranges in zip(t.terms, declared.arguments, strict=True):
        s = shape(context, a)
        need(same_shape(s, ranges), f"{f} takes {show(ranges)}, not {show(s)}")
    out = declared.ranges
    for k in slots:
        out = out + declared.arguments[k]
    return out


def slots_of(function: str) -> list[int]:
    """The arguments by which a derived name is differentiated, in order: g' → [0], f;2 → [1]."""
    base = base_name(function)
    rest = function[len(base) :]
    if set(rest) <= {"'"}:
        return [0] * len(rest)
    parts = rest.split(";")[1:]
    need(parts and all(p.isdigit() and p != "0" for p in parts), f"{function} is no derived name")
    return [int(p) - 1 for p in parts]


def _guard(context: Context, t: Term) -> None:
    """A condition whose negation is a relation again: no equation between tensors, which may be empty."""
    check_condition(context, t)
    if t.head == "rel":
        scalar(context, t.terms[0])


def _cases(context: Context, t: Term) -> Shape:
    _guard(context, t.terms[0])
    return broadcast(context, t, t.terms[1:])


def _big(context: Context, t: Term) -> Shape:
    need(t.name() in ("sum", "prod", "max", "min"), f"no such operation: {t.name()}")
    index(context, t.terms[0])
    index(context, t.terms[1])
    _guard(context, t.terms[2])
    s = shape(context, t.terms[3])
    need(s != CONDITION, "a condition stands under a sum")
    need(s == SCALAR or t.name() == "sum", f"{t.name()} of tensors is not defined")
    try:
        return tuple((shift(lo, -1, k), shift(hi, -1, k)) for k, (lo, hi) in enumerate(s))
    except ValueError:
        raise Rejected("a sum of tensors whose shapes differ") from None


def _tab(context: Context, t: Term) -> Shape:
    index(context, t.terms[0])
    index(context, t.terms[1])
    s = shape(context, t.terms[2])
    need(s != CONDITION, "a table of conditions")
    return ((t.terms[0], t.terms[1]), *s)


def _at(context: Context, t: Term) -> Shape:
    s = shape(context, t.terms[0])
    need(s not in (SCALAR, CONDITION), "an index on what has no entries", t)
    index(context, t.terms[1])
    i = t.terms[1]
    return tuple((instantiate(lo, i, k), instantiate(hi, i, k)) for k, (lo, hi) in enumerate(s[1:]))


def _der(context: Context, t: Term) -> Shape:
    v = t.name(1)
    if not v.startswith("?"):
        declared = context.declared(v)
        need(declared.kind in ("real", "random"), f"{v} cannot be varied")
        need(len(t.args) - 2 == len(declared.ranges), f"{v} is varied with too few indices")
    for i in t.terms[1:]:
        index(context, i)
    s = shape(context, t.terms[0])
    need(s != CONDITION, "the derivative of a condition")
    return s


def _lim(context: Context, t: Term) -> Shape:
    v = t.name(1)
    need(v.startswith("?") or context.declared(v).kind in ("real", "int"), f"{v} cannot be varied")
    need(v.startswith("?") or not context.declared(v).ranges, f"the limit in a tensor {v}")
    need(t.name(3) in ("both", "below", "above"), f"no such side: {t.name(3)}")
    point = t.terms[1]
    if point.head != "inf" and not (point.head == "neg" and point.terms[0].head == "inf"):
        scalar(context, point)
        need(v.startswith("?") or context.declared(v).kind == "real", f"the integer {v} comes near no number")
    scalar(context, t.terms[0])
    return SCALAR


def _ex(context: Context, t: Term) -> Shape:
    for n in t.args[1:]:
        name = str(n)
        need(name.startswith("?") or name in context.randoms, f"{name} is not random")
    s = shape(context, t.terms[0])
    need(s != CONDITION, "the expectation of a condition")
    return s


def _op(context: Context, t: Term) -> Shape:
    row, dims = operator_row(context, t)
    if row.body is None:
        return tuple((ONE, dims[d]) for d in row.result)
    return shape(context, unfold_operator(context, t))


def operator_row(context: Context, t: Term) -> tuple[Operator, dict[str, Term]]:
    """The row of the table that fits the arguments of an operator, and the dimensions it binds."""
    shapes = [shape(context, a) for a in t.terms]
    for row in context.operators.get(t.name(), ()):
        if [len(p) for p in row.patterns] == [len(s) for s in shapes] and CONDITION not in shapes:
            dims: dict[str, Term] = {}
            misfit = f"shapes {', '.join(map(show, shapes))} do not fit in {t.name()}"
            for pattern, s in zip(row.patterns, shapes, strict=True):
                for k, (d, (lo, hi)) in enumerate(zip(pattern, s, strict=True)):
                    try:
                        size = shift(hi, -k)
                    except ValueError:
                        raise Rejected(misfit) from None
                    need(lo is ONE and _same(dims.setdefault(d, size), size), misfit)
            return row, dims
    raise Rejected(f"{t.name()} does not take {', '.join(map(show, shapes)) or 'nothing'}")


def unfold_operator(context: Context, t: Term) -> Term:
    """What an operator, or a function of the book on numbers, stands for."""
    if t.head == "op":
        row, values = operator_row(context, t)
    else:
        row, values = context.functions[t.name()], {}
    if row.body is None:
        raise Rejected(f"{t.name()} is opaque")
    values = {**values, **dict(zip(row.params, t.terms, strict=True))}
    return fill(row.body, values)


def fill(body: Term, values: dict[str, Term], level: int = 0) -> Term:
    """A body of a table with terms for its metavariables (which have no parameters here)."""
    if not body.schematic:
        return body
    if body.head == "meta":
        return shift(values[body.name()], level)
    return rebuild(body, lambda a, n: fill(a, values, level + n))


def _rel(context: Context, t: Term) -> Shape:
    need(t.name() in ("=", "!=", "<", "<="), f"no such relation: {t.name()}")
    a, b = (shape(context, s) for s in t.terms)
    need(CONDITION not in (a, b), "a condition stands as a number", t)
    if not same_shape(a, b):
        raise Rejected(f"shapes {show(a)} and {show(b)} are compared: {brief(t)}")
    need(a == SCALAR or t.name() == "=", "an order between tensors", t)
    return CONDITION


def _is(context: Context, t: Term) -> Shape:
    for a in t.terms:
        if a.head in CONDITIONS and t.name() == "surely":
            check_condition(context, a)
        elif a.head in CONDITIONS:
            raise Rejected(f"a property of a condition: {brief(t)}")
        elif a.head != "sym":
            shape(context, a)
    return CONDITION


def _connective(context: Context, t: Term) -> Shape:
    for a in t.terms:
        check_condition(context, a)
    if t.head == "imp":
        _guard(context, t.terms[0])
    return CONDITION


def _all(context: Context, t: Term) -> Shape:
    index(context, t.terms[0])
    if t.terms[1].head != "inf":
        index(context, t.terms[1])
    check_condition(context, t.terms[2])
    return CONDITION


def _inf(context: Context, t: Term) -> Shape:
    raise Rejected("infinity stands where a number is expected")


_RULES = {
    "num": _num,
    "sym": _sym,
    "bound": _num,
    "meta": _meta,
    "add": _elementwise,
    "neg": _elementwise,
    "mul": _mul,
    "div": _elementwise,
    "pow": _elementwise,
    "app": _app,
    "cases": _cases,
    "big": _big,
    "tab": _tab,
    "at": _at,
    "der": _der,
    "lim": _lim,
    "ex": _ex,
    "op": _op,
    "rel": _rel,
    "is": _is,
    "and": _connective,
    "imp": _connective,
    "all": _all,
    "inf": _inf,
}
