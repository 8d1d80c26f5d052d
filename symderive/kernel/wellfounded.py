"""Definitions that define: clauses that fit together and recursion that descends.

Overlapping clauses would be a contradiction, a gap a value out of nothing, recursion without descent
an equation in disguise; each is refused before any line is looked at.
"""

from __future__ import annotations

from symderive.kernel.algebra import difference
from symderive.kernel.context import Context, Definition, Name, Range, Rejected, mentioned, need
from symderive.kernel.terms import ONE, Term, bound, instantiate, make


def check_definitions(context: Context) -> None:
    """Raise `Rejected` if some definition does not define its name."""
    for name, d in context.definitions.items():
        declared = context.declared(name)
        need(d.clauses, f"{name}: a definition without a clause")
        need(len(set(d.params)) == len(d.params), f"{name}: a parameter twice")
        need(declared.law is None and declared.kind != "random", f"{name}: both random and defined")
        for ranges, body in d.clauses:
            loose = body.loose.union(*(end.loose for r in ranges for end in r))
            need(loose <= set(d.params), f"{name}: a loose variable in its definition")
        if declared.kind == "function":
            need(len(d.clauses) == 1 and not d.clauses[0][0], f"{name}: a function has one clause")
            need(len(d.params) == len(declared.arguments), f"{name}: one parameter per argument")
            need(not context.is_recursive(name), f"{name}: defined by itself")
        else:
            need(all(len(r) == len(d.params) for r, _ in d.clauses), f"{name}: a range per index")
            _check_ranges(name, declared, d)
            _check_descent(context, name)
    _check_laws(context)


def _check_laws(context: Context) -> None:
    """No law of a random name comes back to it through other laws."""
    uses = {n: set().union(*map(context.closure, context.law(n))) & context.randoms for n in context.randoms}
    for name in sorted(uses):
        seen: set[str] = set()
        todo = [name]
        while todo:
            new = uses[todo.pop()] - seen
            need(name not in new, f"{name}: its law depends on itself")
            seen |= new
            todo += new


def _check_ranges(name: str, declared: Name, d: Definition) -> None:
    """The clauses cover the declared ranges without gap or overlap; only the last index splits."""
    need(len(declared.ranges) >= len(d.params), f"{name}: more parameters than indices")
    if not d.params:
        need(len(d.clauses) == 1, f"{name}: two clauses for one name")
        return
    for k in range(len(d.params) - 1):
        whole = family_range(declared, d.params, k)
        need(all(same_range(r[k], whole) for r, _ in d.clauses), f"{name}: clauses miss its range")
    lo, hi = family_range(declared, d.params, len(d.params) - 1)
    start = lo
    for k, (ranges, _) in enumerate(d.clauses):
        first, last = ranges[-1]
        need(difference(first, start) == 0, f"{name}: its clauses overlap or leave a gap")
        if k < len(d.clauses) - 1:
            need(last.head != "inf", f"{name}: its clauses overlap")
            span = difference(last, first)
            need(span is not None and span >= 0, f"{name}: a clause may be empty")
            start = make("add", last, ONE)
    need(same_end(d.clauses[-1][0][-1][1], hi), f"{name}: clauses miss its range")


def family_range(declared: Name, params: tuple[str, ...], k: int) -> Range:
    """Range k of a family, its earlier indices named by the parameters."""
    lo, hi = declared.ranges[k]
    for p in reversed(params[:k]):
        lo, hi = instantiate(lo, bound(p)), instantiate(hi, bound(p))
    return lo, hi


def same_end(a: Term, b: Term) -> bool:
    """Whether two ends of ranges are the same by index arithmetic."""
    return a is b or (a.head != "inf" and b.head != "inf" and difference(a, b) == 0)


def same_range(r: Range, s: Range) -> bool:
    return same_end(r[0], s[0]) and same_end(r[1], s[1])


def _check_descent(context: Context, name: str) -> None:
    """Each round of a recursion brings the last index of a family strictly nearer to one end."""
    if not context.is_recursive(name):
        return
    order = list(context.definitions)
    group = {n for n in order if name in context.reach(n) and n in context.reach(name)}
    signs: set[int] = set()
    for n in group:
        d = context.definitions[n]
        need(d.params, f"{n}: defined by itself")
        for ranges, body in d.clauses:
            for used, index, is_top in _uses(context, body, group):
                step = None if index is None else difference(bound(d.params[-1]), index)
                if step is None or step.denominator != 1 or (is_top and step < 0):
                    raise Rejected(f"{n}: its recursion through {used} has no clear index")
                if step == 0:
                    need(order.index(used) < order.index(n), f"{n}: defined by itself")
                else:
                    signs.add(1 if step > 0 else -1)
                    ends = step > 0 or ranges[-1][1].head != "inf"
                    need(ends, f"{n}: its recursion never ends")
    need(len(signs) == 1, f"{name}: its recursion does not descend")


def _uses(context: Context, body: Term, group: set[str]) -> list[tuple[str, Term | None, bool]]:
    """The uses of the names of `group` in a body, each with its last defining index.

    An index bound by a sum is given as its upper end, and marked so.
    """
    out: list[tuple[str, Term | None, bool]] = []

    def visit(t: Term, applied: list[Term], tops: list[Term | None]) -> None:
        for n in mentioned(t, context):
            if n in group:
                indices = [a for a in t.args[2:] if isinstance(a, Term)] if t.head == "der" else applied
                k = len(context.definitions[n].params)
                index: Term | None = indices[k - 1] if len(indices) >= k else None
                summed = index is not None and index.head == "bound" and index.dangling > 0
                if index is not None and summed:
                    depth = index.dangling - 1
                    index = tops[depth] if depth < len(tops) else None
                closed = index is not None and index.dangling == 0
                out.append((n, index if closed else None, summed))
        if t.head == "at":
            visit(t.terms[0], [t.terms[1], *applied], tops)
            visit(t.terms[1], [], tops)
        elif t.head == "big":
            for a in t.terms[:2]:
                visit(a, [], tops)
            for a in t.terms[2:]:
                visit(a, [], [t.terms[1], *tops])
        elif t.head in ("tab", "all"):
            for a in t.terms[:2]:
                visit(a, [], tops)
            visit(t.terms[2], [], [None, *tops])
        else:
            for a in t.terms:
                visit(a, [], tops)

    visit(body, [], [])
    return out
