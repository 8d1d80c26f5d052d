"""Putting a line into a context, and which hypotheses may be used under which node.

From ``H ⊢ s R t`` follows ``C[s] R C[t]``, if H may be used where the hole of C is:

- under Σ, Π, max and tables over i: everything; the range and guard of i are granted, what is left
  over about i leaves as a ∀;
- in a branch of cases: its guard and the negation of the earlier one are granted;
- under ∂/∂v: definitions except v's own, what does not depend on v, and what stays true near the point;
- under E: what is not about the outcome, facts of the context (they hold for every outcome), and what
  leaves as a condition on every outcome;
- under lim v→a: what does not depend on v; v ≠ a (or its side, or v large) is granted, a strict relation
  between terms continuous at a becomes that relation at a, and t ≠ 0 at ∞ that 1/t has a limit.
"""

from __future__ import annotations

from symderive.kernel.algebra import difference
from symderive.kernel.context import Context, Rejected, family_member, need
from symderive.kernel.defined import (
    Conditions,
    core,
    defined,
    is_mark,
    is_regularity,
    quantify,
    stays_true,
    surely,
)
from symderive.kernel.lowering import lower
from symderive.kernel.terms import (
    BINDS,
    ONE,
    TRUE,
    ZERO,
    Term,
    abstract,
    bound,
    brief,
    conjuncts,
    instantiate,
    literal,
    make,
    negate,
    put,
    rel,
    sym,
)

Path = tuple["int | tuple[int, str]", ...]
"""Argument positions from the root to the hole; under a binder with a name for its variable."""

FLIPPED = {"=": "=", "<": "-<", "<=": "-<=", "!=": "!=", "-<": "<", "-<=": "<="}
"""Relations read backwards are marked with a minus."""


def place(
    context: Context, c: Term, path: Path, op: str, s: Term, t: Term, h: Conditions
) -> tuple[Term, Conditions, str]:
    """C[t], the hypotheses that leave the context, and the relation between C[s] and C[t].

    Raises:
        Rejected: s is not at the end of the path, or H may not be used there.
    """
    if not path:
        need(c is s, "the left side of the line is not at the end of the path")
        return t, h, op
    need(c.head != "is", "a line in a property, which is not about one outcome")
    step, *rest = path
    k, name = step if isinstance(step, tuple) else (step, None)
    arg = c.args[k] if 0 <= k < len(c.args) else None
    if not isinstance(arg, Term):
        raise Rejected("the path leads nowhere")
    binds = BINDS.get(c.head, ())
    if k < len(binds) and binds[k]:
        if name is None or name in c.loose:
            raise Rejected("a binder on the path needs a fresh name")
        arg = instantiate(arg, bound(name))
    else:
        need(name is None, "a name where nothing is bound")
    inner, h, op = place(context, arg, tuple(rest), op, s, t, h)
    h = leave(context, c, k, name, h)
    args = list(c.args)
    args[k] = abstract(inner, name) if name else inner
    return make(c.head, *args), h, _relation(context, c, k, op)


def _relation(context: Context, c: Term, k: int, op: str) -> str:
    """The relation after passing a node; raises `Rejected` unless the node is monotone there."""
    if op == "=":
        return op
    match c.head:
        case "add":
            return op
        case "neg":
            return FLIPPED[op]
        case "mul" | "div":
            others = [literal(a) for j, a in enumerate(c.terms) if j != k]
            if (c.head == "mul" or k == 0) and all(x is not None and x > 0 for x in others):
                return op
        case "big" | "ex" if op != "!=" and (k == 0 or (k == 4 and c.name() != "prod")):
            # over an empty range both sides are equal, so only ≤ is left
            return {"<": "<=", "-<": "-<="}.get(op, op)
        case _:
            pass
    return _refuse(c)


def _refuse(c: Term) -> str:
    raise Rejected(f"{c.head} is not monotone in this place")


def leave(context: Context, node: Term, k: int, name: str | None, h: Conditions) -> Conditions:
    """The hypotheses H as they stand outside a node whose argument k they were used in."""
    match node.head:
        case "big" | "tab" | "all" if name is not None:
            lo, hi = node.terms[:2]
            guard = node.terms[2] if node.head == "big" and k == 4 else TRUE
            about = [c for c in h if name in c.loose]
            outside = h - set(about)
            return outside | quantify(context, [abstract(c, name) for c in about], lo, hi, guard)
        case "cases" if k > 0:
            taken = node.terms[0] if k == 1 else negate(node.terms[0])
            granted = [] if taken is None else conjuncts(taken)
            return frozenset(c if c in context.fact_set else _given(granted, c) for c in h if c not in granted)
        case "der" if k == 0:
            return _near(context, node, h)
        case "ex" if k == 0:
            return surely(context, h, frozenset(map(str, node.args[1:])))
        case "lim" if k == 0:
            return frozenset().union(*(_near_limit(context, node, c) for c in h))
        case _:
            return h


def _given(granted: list[Term], c: Term) -> Term:
    for g in reversed(granted):
        c = make("imp", g, c)
    return c


def _near(context: Context, node: Term, h: Conditions) -> Conditions:
    """H in a neighbourhood of the point, as the name of a derivative varies."""
    v = node.name(1)
    out: set[Term] = set()
    for c in h:
        if is_mark(c):
            out |= {c} | _other_definition(context, node, c)
            continue
        more = stays_true(context, c, v)
        if more is None:
            raise Rejected(f"{brief(c)} may fail near the point when {v} varies")
        out |= {c} | more
    return frozenset(out)


def _other_definition(context: Context, node: Term, mark: Term) -> set[Term]:
    """Conditions under which a definition in force is not that of the varied name."""
    used = core(mark).terms[0]
    name, indices = family_member(used) or ("", [])
    if name != node.name(1):
        return set()
    varied = node.terms[1:][: context.family_depth(name)]
    if any(difference(i, j) not in (0, None) for i, j in zip(indices, varied, strict=False)):
        return set()
    need(core(mark) is mark, f"the definition of {name} is used where {name} is varied")
    pairs = [(i, j) for i, j in zip(indices, varied, strict=False) if i is not j]
    need(pairs, f"the definition of {name} is used where {name} is varied")
    return {rel("!=", *pairs[0])}


def _near_limit(context: Context, node: Term, c: Term) -> set[Term]:
    """What a hypothesis near the point of a limit asks outside; raises `Rejected` if it may fail there."""
    v, point, side = node.name(1), node.terms[1], node.name(3)
    if is_mark(c):
        need(not _other_definition(context, node, c), f"the definition of {v} under its limit")
        return {c}
    if not context.depends(c, v) or is_regularity(c):
        return {c}
    need(not context.depends(point, v), f"the point of the limit depends on {v}")
    x, down = sym(v), point.head == "neg" and point.terms[0].head == "inf"
    if c.head == "rel":
        op, a, b = c.name(), c.terms[0], c.terms[1]
        if op == "!=" and {a, b} == {x, point}:
            return set()
        if op in ("<", "<=") and (a, b) == {"above": (point, x), "below": (x, point)}.get(side):
            return set()
        if op in ("<", "<=") and ((point.head == "inf" and b is x) or (down and a is x)):
            end = a if b is x else b
            need(not context.depends(end, v), f"{brief(c)} may fail near the point of the limit")
            return set(defined(context, end))
        if op == "!=" and b is ZERO and (down or point.head == "inf"):
            over = lower(context, make("div", ONE, a))  # what has a limit is defined near the point
            return {make("is", "limit", make("lim", over, *node.args[1:]))}
    more = None if down or point.head == "inf" else stays_true(context, c, v)
    need(more is not None, f"{brief(c)} may fail near the point of the limit")
    there = {put(t, {v: point}) for t in (c, *(more or ()))}
    need(not any(context.depends(t, v) for t in there), f"{brief(c)} speaks of {v} by its definitions")
    return there
