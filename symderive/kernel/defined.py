"""Where a term is defined and where it is regular: sets of conditions, computed from its syntax.

Terms are partial and strict.  `defined` gives conditions under which a term has a value; `regular`
gives conditions under which it is, as a name varies, differentiable so many times (0: continuous and
defined nearby).  They are sufficient, not necessary; a set stands for the conjunction of its members.
Conditions on indices that follow from the ranges of their binders never appear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from symderive.kernel.algebra import Algebra, OverBudget, difference
from symderive.kernel.context import (
    PLACEHOLDER,
    PRIMITIVES,
    Context,
    base_name,
    derivative_order,
    family_member,
    within,
)
from symderive.kernel.lowering import lower
from symderive.kernel.shapes import SCALAR, fill, is_integer, shape, slots_of, unfold_operator
from symderive.kernel.terms import (
    TRUE,
    ZERO,
    Term,
    abstract,
    at,
    bound,
    conjuncts,
    instantiate,
    literal,
    make,
    negate,
    num,
    occurs,
    put,
    rel,
    shift,
    substitute,
    sym,
)  # fmt: skip

Conditions = frozenset[Term]
NOTHING: Conditions = frozenset()

REGULARITY = frozenset({"differentiable", "integrable", "interchange"})
"""The properties that may stay open, as hypotheses of a proof."""


# -- conditions under binders and guards ----------------------------------------------------------


def holds_plainly(condition: Term) -> bool:
    """Whether a condition holds because its sides differ by a number of the right sign."""
    if condition.head == "imp":
        guard, then = condition.terms
        other = negate(guard)
        return guard is then or holds_plainly(then) or (other is not None and holds_plainly(other))
    if condition.head == "all":
        return holds_plainly(condition.terms[2])
    if condition.head != "rel":
        return condition is TRUE
    gap = difference(condition.terms[1], condition.terms[0])
    return gap is not None and compare(condition.name(), (gap > 0) - (gap < 0))


def plain(context: Context, condition: Term) -> bool:
    """`holds_plainly`, remembered."""
    key = ("plain", condition)
    if key not in context.memo:
        context.memo[key] = holds_plainly(condition)
    return bool(context.memo[key])


def compare(relation: str, sign: int) -> bool:
    """Whether the sign of right − left satisfies the relation."""
    return {"=": sign == 0, "!=": sign != 0, "<": sign > 0, "<=": sign >= 0}[relation]


def at_worst(context: Context, condition: Term, lo: Term, hi: Term) -> Term:
    """An order between integers, at the end of the range of ``bound(0)`` where it is hardest.

    The condition stands under a binder from lo to hi.  Where it is linear in the bound variable with
    coefficient ±1, what is returned no longer mentions it and implies it on the whole range.  An
    implication whose guard fails on the whole range is true.
    """
    if condition.head == "imp" and (other := negate(condition.terms[0])) is not None:
        worst = at_worst(context, other, lo, hi)
        return TRUE if worst is not other and holds_plainly(worst) else condition
    if condition.head != "rel" or condition.name() not in ("<", "<=") or not occurs(condition):
        return condition
    a, b = condition.terms
    if not (is_integer(context, a) and is_integer(context, b)):
        return condition
    algebra = Algebra(budget=2000)
    try:
        numerator, denominator = algebra.minus(algebra.of(b), algebra.of(a))
    except (OverBudget, ZeroDivisionError):
        return condition
    i = algebra.atom(bound(0))
    slope = numerator.get(((i, 1),), 0)
    mixed = any(dict(m).get(i) and m != ((i, 1),) for m in numerator)
    inside = any(occurs(t) and t is not bound(0) for t in algebra.atoms)
    end = lo if slope == 1 else hi
    if denominator or mixed or inside or slope not in (1, -1) or end.head == "inf":
        return condition
    return shift(instantiate(condition, end), 1)


def quantify(context: Context, conditions: Iterable[Term], lo: Term, hi: Term, guard: Term = TRUE) -> Conditions:
    """The conditions, which stand under one binder with this range and guard, taken out of it."""
    out: set[Term] = set()
    guards = conjuncts(guard)
    for given in conditions:
        c = at_worst(context, given, lo, hi)
        if holds_plainly(c) or c in guards:
            continue
        if not occurs(c) and (guard is TRUE or c is not given or c in context.fact_set):
            out.add(shift(c, -1))
        else:
            out.add(make("all", lo, hi, implied(guards, c)))
    return frozenset(out)


def implied(guards: Iterable[Term], c: Term) -> Term:
    """The condition, under guards."""
    for g in reversed(list(guards)):
        c = make("imp", g, c)
    return c


def assuming(guard: Term, conditions: Iterable[Term]) -> Conditions:
    """The conditions, each only where the guard holds."""
    return frozenset(c for c in (make("imp", guard, c) for c in conditions) if not holds_plainly(c))


def surely(context: Context, conditions: Iterable[Term], names: frozenset[str] = frozenset()) -> Conditions:
    """The conditions, those about an outcome (of these names, if any are given) for every outcome.

    Facts hold for every outcome.
    """

    def lifted(c: Term) -> Term:
        hit = context.random_in(c)
        hit = hit & names if names else hit
        plain = not hit or c in context.fact_set or is_mark(c) or is_regularity(c)
        return c if plain else make("is", "surely", c)

    return frozenset(map(lifted, conditions))


def core(condition: Term) -> Term:
    """A condition without its leading ∀ and guards."""
    while condition.head in ("all", "imp"):
        condition = condition.terms[-1]
    return condition


def is_mark(condition: Term) -> bool:
    """Whether a hypothesis says that a definition is in force."""
    c = core(condition)
    return c.head == "is" and c.name() == "defn"


def is_regularity(condition: Term) -> bool:
    c = core(condition)
    return c.head == "is" and c.name() in REGULARITY


def _by_branch(t: Term, parts: list[Conditions]) -> Conditions:
    """Conditions of the branches of `cases`, each where its branch is taken."""
    guard, other = t.terms[0], negate(t.terms[0])
    out = assuming(guard, parts[0])
    for p in parts[1:]:
        out |= p if other is None else assuming(other, p)
    return out


# -- definitions gone through -----------------------------------------------------------------------


def _memoised(context: Context, key: object, compute: Callable[[], Conditions]) -> Conditions:
    """A set of conditions, kept unless a recursive family is being gone through."""
    found: Conditions | None = context.memo.get(key)
    if found is None:
        found = frozenset(c for c in compute() if not plain(context, c))
        if not context.pending:
            context.memo[key] = found
    return found


def _through(context: Context, name: str, kind: object, conditions: Callable[[Term], Conditions]) -> Conditions:
    """Conditions from the definition of a name; for a family, at all its indices.

    A family met again while its own conditions are gathered adds nothing: by induction along its
    descending index it satisfies what its clauses ask.  Only a recursive one is ever met again, and
    what is found meanwhile is incomplete.
    """
    d, mark = context.definitions.get(name), (name, kind)
    if d is None or mark in context.pending:
        return NOTHING

    def gather() -> Conditions:
        marks = [mark] if context.is_recursive(name) else []
        context.pending.extend(marks)
        out: set[Term] = set()
        try:
            for ranges, body in d.clauses:
                found = conditions(body)
                for p, (lo, hi) in reversed(list(zip(d.params, ranges, strict=False))):
                    found = quantify(context, [abstract(c, p) for c in found], lo, hi)
                out |= found
        finally:
            del context.pending[len(context.pending) - len(marks) :]
        return frozenset(out)

    return _memoised(context, ("through", mark), gather)


def unfolded(context: Context, t: Term) -> Term | None:
    """What a function of the book or of the document stands for at its arguments; None for others."""
    f = t.name()
    if f in context.definitions:
        return context.clause(f, 0, t.terms)[0]
    return unfold_operator(context, t) if f in context.functions else None


def _body_conditions(context: Context, t: Term, conditions: Callable[[Term], Conditions]) -> Conditions:
    """Conditions from the body of a defined function, in index form, and from the indices in it."""
    if t.name() not in context.definitions:
        body = unfolded(context, t)
        return NOTHING if body is None else conditions(body)
    d = context.definitions[t.name()]
    ((_, body),) = d.clauses
    values = dict(zip(d.params, t.terms, strict=True))
    ranges = frozenset(substitute(c, values) for c in in_range(context, body))
    return conditions(substitute(lower(context, body), values)) | ranges


def slope_of(context: Context, t: Term) -> tuple[Term, dict[str, Term]] | None:
    """For f′(u) of a defined f: the derivative of f at a placeholder, and the argument to put there."""
    f = base_name(t.name())
    if f == t.name() or f not in context.definitions:
        return None
    names = [f"{PLACEHOLDER}{k}" for k in range(1, len(t.terms) + 1)]
    out = make("app", f, *map(sym, names))
    for k in slots_of(t.name()):
        out = make("der", out, names[k])
    return out, dict(zip(names, t.terms, strict=True))


# -- definedness ----------------------------------------------------------------------------------


def defined(context: Context, t: Term) -> Conditions:
    """Conditions under which `t` has a value."""
    return _memoised(context, ("whole", t), lambda: _defined(context, lower(context, t)) | in_range(context, t))


def in_range(context: Context, t: Term) -> Conditions:
    """That the indices on tensors other than names, which lowering takes away, are in their ranges."""
    return _memoised(context, ("in range", t), lambda: _in_range(context, t))


def _in_range(context: Context, t: Term) -> Conditions:
    first, *rest = [in_range(context, a) for a in t.terms] or [NOTHING]
    every = first.union(*rest)
    match t.head:
        case "at" if family_member(t) is None:
            return every | frozenset(within(t.terms[1], shape(context, t.terms[0])[0]))
        case "big":
            lo, hi, guard, _ = t.terms
            return first | rest[0] | quantify(context, rest[1] | rest[2], lo, hi, guard)
        case "tab" | "all":
            return first | rest[0] | quantify(context, rest[1], *t.terms[:2])
        case "cases":
            return first | _by_branch(t, rest)
        case "imp":
            return first | assuming(t.terms[0], rest[0])
        case "ex":
            return surely(context, every)
        case _:
            return every


def defined_parts(context: Context, parts: Iterable[Term]) -> Conditions:
    return NOTHING.union(*(defined(context, a) for a in parts))


def _defined(context: Context, t: Term) -> Conditions:
    """`defined`, for a part of a lowered term."""
    return _memoised(context, ("defined", t), lambda: _defined_node(context, t))


def _defined_node(context: Context, t: Term) -> Conditions:
    def inside(*parts: Term) -> Conditions:
        return NOTHING.union(*(_defined(context, a) for a in parts))

    parts = t.terms
    match t.head:
        case "meta":
            return inside(*parts) | {make("is", "defined", t)}
        case "pow" | "cases" if _form_unknown(t):
            return inside(*parts if t.head == "pow" else ()) | {make("is", "defined", t)}
        case "sym":
            return _through(context, t.name(), "defined", lambda b: defined(context, b))
        case "at":
            return inside(*parts) | frozenset(within(parts[1], shape(context, parts[0])[0]))
        case "div":
            return inside(*parts) | {rel("!=", parts[1], ZERO)}
        case "pow":
            return inside(*parts) | _power(context, *parts)
        case "app":
            if t.name() == "log":
                return inside(*parts) | {rel("<", ZERO, parts[0])}
            slope = slope_of(context, t)
            if slope is not None:
                return inside(*parts) | {put(c, slope[1]) for c in _defined(context, slope[0])}
            row = context.functions.get(t.name())
            if row is not None and row.domain is not None:
                values = dict(zip(row.params, parts, strict=True))
                return inside(*parts) | {fill(c, values) for c in row.domain}
            return inside(*parts) | _body_conditions(context, t, lambda body: _defined(context, body))
        case "cases":
            total = NOTHING if len(parts) == 3 else frozenset({parts[0]})
            return inside(parts[0]) | _by_branch(t, [inside(a) for a in parts[1:]]) | total
        case "big":
            lo, hi, guard, body = parts
            out = inside(lo, hi) | quantify(context, inside(body, guard), lo, hi, guard)
            some = rel("<=", lo, hi) if guard is TRUE else make("is", "nonempty", t)
            return out | {some} if t.name() in ("max", "min") else out
        case "tab" | "all":
            return inside(*parts[:2]) | quantify(context, inside(parts[2]), *parts[:2])
        case "imp":
            return inside(parts[0]) | assuming(parts[0], inside(parts[1]))
        case "der":
            v = t.name(1)
            place = NOTHING if v.startswith("?") else _defined(context, at(sym(v), *parts[1:]))
            return inside(*parts) | place | _regular(context, parts[0], v, 1)
        case "ex":
            integrable = make("is", "integrable", parts[0], *(sym(str(n)) for n in t.args[1:]))
            return surely(context, inside(parts[0])) | {integrable}
        case "lim":
            return frozenset({make("is", "limit", t)})
        case "op" if t.name() == "inv":
            return inside(*parts) | {rel("!=", make("op", "det", *parts), ZERO)}
        case _:
            return inside(*parts)


def _form_unknown(t: Term) -> bool:
    """Whether conditions read off this node may change when metavariables in it get their values."""
    return t.terms[1].schematic if t.head == "pow" else t.terms[0].head == "meta"


def _power(context: Context, base: Term, exponent: Term) -> Conditions:
    e = literal(exponent)
    if e is not None and e.denominator % 2:
        return NOTHING if e >= 0 else frozenset({rel("!=", base, ZERO)})
    if e is not None:
        return frozenset({rel("<=" if e > 0 else "<", ZERO, base)})
    if is_integer(context, exponent):
        return frozenset({make("imp", rel("<", exponent, ZERO), rel("!=", base, ZERO))})
    return frozenset({rel("<", ZERO, base)})


# -- regularity -----------------------------------------------------------------------------------


def regular(context: Context, t: Term, v: str, order: int = 1) -> Conditions:
    """Conditions under which `t` is `order` times differentiable in `v`.

    Order 0 asks that `t` is continuous in `v` and defined near the point.
    """
    return _regular(context, lower(context, t), v, order)


def _regular(context: Context, t: Term, v: str, order: int) -> Conditions:
    """`regular`, for a part of a lowered term."""
    if not context.depends(t, v):
        return NOTHING
    return _memoised(context, ("regular", t, v, order), lambda: _regular_node(context, t, v, order))


def _regular_node(context: Context, t: Term, v: str, order: int) -> Conditions:
    def inside(*parts: Term) -> Conditions:
        return NOTHING.union(*(_regular(context, a, v, order) for a in parts))

    parts = t.terms
    match t.head:
        case "sym":
            n = t.name()
            if n == v and not context.family_depth(n):
                return NOTHING
            return _through(context, n, ("regular", v, order), lambda b: regular(context, b, v, order))
        case "meta" | "pow" | "cases" if t.head == "meta" or _form_unknown(t):
            for _ in range(max(order, 1)):
                t = make("der", t, v)
            return frozenset({make("is", "defined", t)})
        case "pow":
            return inside(*parts) | _regular_power(context, t, v, order)
        case "app":
            return inside(*parts) | _regular_application(context, t, v, order)
        case "cases":
            return _edge(context, parts[0], v) | _by_branch(t, [inside(a) for a in parts[1:]])
        case "big":
            return _regular_big(context, t, v, inside(*parts[:2]), inside(parts[3]), order)
        case "tab":
            return inside(*parts[:2]) | quantify(context, inside(parts[2]), *parts[:2])
        case "der":
            w = t.name(1)
            start = NOTHING if w == v or w.startswith("?") else inside(sym(w))
            more = [_regular(context, parts[0], x, order + 1) for x in (v, w)]
            return start.union(*more)
        case "ex":
            laws = [p for n in context.random_in(parts[0]) for p in context.law(n)]
            return surely(context, inside(parts[0])) | inside(*laws) | {make("is", "interchange", t, sym(v))}
        case "lim":
            return frozenset({make("is", "smooth-limit", t, sym(v))})
        case _:
            return inside(*parts)


def _edge(context: Context, guard: Term, v: str) -> Conditions:
    """Away from the edge of a guard: its sides differ, and are continuous."""
    if not context.depends(guard, v):
        return NOTHING
    if guard.head != "rel" or shape(context, guard.terms[0]) != SCALAR:
        return frozenset({make("is", "constant-near", guard, sym(v))})
    a, b = guard.terms
    return _regular(context, a, v, 0) | _regular(context, b, v, 0) | {rel("!=", a, b)}


def _regular_power(context: Context, t: Term, v: str, order: int) -> Conditions:
    base, exponent = t.terms
    e = literal(exponent)
    if e is not None and e.denominator != 1:
        if e.denominator % 2 == 0:
            return frozenset({rel("<", ZERO, base)})
        return frozenset({rel("!=", base, ZERO)}) if order else NOTHING
    return frozenset({rel("<", ZERO, base)}) if context.depends(exponent, v) else NOTHING


def _regular_application(context: Context, t: Term, v: str, order: int) -> Conditions:
    f = t.name()
    if f in PRIMITIVES:
        return frozenset({rel("!=", t.terms[0], ZERO)}) if f == "abs" and order else NOTHING
    if f.startswith("?"):
        return frozenset({make("is", "defined", make("der", t, v))})
    if unfolded(context, t) is not None:
        return _body_conditions(context, t, lambda body: _regular(context, body, v, order))
    slope = slope_of(context, t)
    if slope is not None:
        found = NOTHING.union(*(_regular(context, slope[0], n, order) for n in (*slope[1], v)))
        return frozenset(put(c, slope[1]) for c in found)
    total = num(max(order, 1) + derivative_order(f))
    return frozenset({make("is", "differentiable", sym(base_name(f)), total)})


def _regular_big(context: Context, t: Term, v: str, ends: Conditions, body: Conditions, order: int) -> Conditions:
    lo, hi, guard, f = t.terms
    if context.depends(guard, v):
        body |= {make("is", "constant-near", guard, sym(v))}
    out = ends | quantify(context, body, lo, hi, guard)
    if t.name() in ("max", "min") and order:
        # two indices never share a value: then one of them gives the extremum near the point
        one, two = shift(f, 1, 1), shift(f, 1)
        guards = [*conjuncts(shift(guard, 1, 1)), *conjuncts(shift(guard, 1))]
        apart = implied([*guards, rel("!=", bound(1), bound(0))], rel("!=", one, two))
        out |= {make("all", lo, hi, make("all", shift(lo, 1), shift(hi, 1), apart))}
    return out


def stays_true(context: Context, condition: Term, v: str) -> Conditions | None:
    """Whether a condition that holds at a point holds near it as the name `v` varies.

    Returns:
        None if that is not plain from its syntax; else further conditions on which it rests.
    """
    if not context.depends(condition, v):
        return NOTHING
    match condition.head:
        case "rel" if condition.name() in ("<", "!="):
            return regular(context, condition.terms[0], v, 0) | regular(context, condition.terms[1], v, 0)
        case "is" if condition.name() in REGULARITY:
            return NOTHING
        case "is" if condition.name() == "defined":
            return regular(context, condition.terms[0], v, 0)
        case "all" if condition.terms[1].head != "inf":
            lo, hi, body = condition.terms
            if context.depends(lo, v) or context.depends(hi, v):
                return None
            inner = stays_true(context, body, v)
            return None if inner is None else quantify(context, inner, lo, hi)
        case "imp" if not context.depends(condition.terms[0], v):
            inner = stays_true(context, condition.terms[1], v)
            return None if inner is None else assuming(condition.terms[0], inner)
        case _:
            return None
