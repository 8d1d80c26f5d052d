"""Whether two terms are independent random variables, by their syntax and the facts of the context."""

from __future__ import annotations

from symderive.kernel.algebra import difference
from symderive.kernel.context import ANYTHING, Context, Rejected, family_member, need
from symderive.kernel.lowering import lower
from symderive.kernel.terms import Term, at, rel, sym

Source = tuple[str, tuple[Term, ...] | None]
"""A random name with the indices of the entry used; None when all of it may be used."""


def apart(context: Context, a: Term, b: Term) -> set[Term]:
    """Hypotheses under which `a` and `b` are independent.

    They are independent when the entries of random names that they use are different entries, all
    of them mutually independent by the facts.

    Raises:
        Rejected: the facts and the syntax do not show it.
    """
    left, right = sources(context, a), sources(context, b)
    names = sorted({n for n, _ in left | right})
    need(not any(n[0] == ANYTHING for n in names), "a metavariable may be random")
    if not left or not right:
        return set()
    out: set[Term] = set()
    if len(names) > 1:
        out.add(_joint_fact(context, names))
    shared = {n for n, _ in left} & {n for n, _ in right}
    for name in sorted(shared):
        out.add(_entries_fact(context, name))
        for n, i in left:
            for m, j in right:
                if n == m == name:
                    out |= _different(name, i, j)
    return out


def _joint_fact(context: Context, names: list[str]) -> Term:
    for f in context.facts:
        if f.head == "is" and f.name() == "independent":
            if set(names) <= {a.name() for a in f.terms if a.head == "sym"}:
                return f
    raise Rejected(f"no fact says that {', '.join(names)} are independent")


def _entries_fact(context: Context, name: str) -> Term:
    for f in context.facts:
        if f.head == "is" and f.name() in ("iid", "independent-entries") and f.terms == (sym(name),):
            return f
    raise Rejected(f"no fact says that the entries of {name} are independent")


def _different(name: str, i: tuple[Term, ...] | None, j: tuple[Term, ...] | None) -> set[Term]:
    """What makes two entries of one name different."""
    need(i and j, f"two terms share {name}")
    pairs = [(a, b) for a, b in zip(i or (), j or (), strict=False) if a is not b]
    need(pairs, f"two terms share an entry of {name}")
    if any(difference(a, b) not in (None, 0) for a, b in pairs):
        return set()
    return {rel("!=", *pairs[0])}


def sources(context: Context, t: Term) -> set[Source]:
    """The random entries on which `t` depends, through definitions and laws."""
    out = _used(context, lower(context, t))
    for name in {n for n, _ in out}:
        out |= {(n, None) for n in context.law_closure(name) & context.randoms}
    return out


def _used(context: Context, t: Term) -> set[Source]:
    """`sources` of a part of a lowered term, laws apart."""
    whole: set[Source] = {(n, None) for n in context.random_in(t)}
    if t.head == "ex" or not whole:
        return whole
    member = None if t.dangling else family_member(t)
    if member is None:
        out = set().union(*(_used(context, a) for a in t.terms), ())
        return out | {(n, i) for n, i in whole if n not in {m for m, _ in out}}
    name, indices = member
    out = set().union(*(_used(context, i) for i in indices), ())
    if name in context.randoms:
        return out | {(name, tuple(indices))}
    d, k = context.definitions[name], context.family_depth(name)
    if len(indices) < k or context.is_recursive(name):
        return out | whole
    for which in range(len(d.clauses)):
        body, _ = context.clause(name, which, indices[:k])
        out |= _used(context, lower(context, at(body, *indices[k:])))
    return out
