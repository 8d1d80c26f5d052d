"""Finite sums in normal form: sums of products of connected contraction graphs.

A body is multiplied out; what does not depend on the index leaves the sum; a δ contracts; an unused
index counts; what remains falls into connected components, each a generator whose bound indices are
named canonically.  The kernel's own expansion is used, so that its `resum` step checks the result.
"""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from typing import TYPE_CHECKING

from symderive.engine.branches import strict_extremum
from symderive.engine.ring import product, total
from symderive.kernel.algebra import difference, tidy
from symderive.kernel.book import Lambda
from symderive.kernel.context import Range
from symderive.kernel.steps import Resum
from symderive.kernel.sums import Expansion, Moves, Summand, apply_moves, settle
from symderive.kernel.terms import (
    ONE,
    TRUE,
    ZERO,
    Term,
    abstract,
    bound,
    fresh,
    instantiate,
    literal,
    make,
    num,
    rel,
    substitute,
    subterms,
)

if TYPE_CHECKING:
    from symderive.engine.normal import Normal

MAX_UNROLLED = 6
MAX_HALVED = 256
"""Terms of a sum of numbers, which is halved until few are left."""
MAX_INDICES = 7


def big(normal: Normal, t: Term) -> int | None:
    """The handler of Σ, Π, max and min."""
    if t in normal.canonical_sums:
        return None
    if t in normal.mirrored_sums:
        return _mirrored(normal, t, normal.mirrored_sums[t])
    op, guard = t.name(), t.terms[2]
    settled = normal.settled(t, (1, 2))
    if settled is not None:
        return settled
    unrolled = _unrolled(normal, t)
    if unrolled is not None:
        return unrolled
    if op == "sum" and guard is not TRUE:
        return _guarded(normal, t)
    name, body = normal.open(t)
    if op == "sum" and (first := _single_first(normal, t, name, body)) is not None:
        return first
    simple = normal.term(body)
    line, now = None, t
    if simple is not body:
        line = normal.builder.place(normal.equal(body, simple), t, ((4, name),))
        now = normal.builder.right(line)
    if op in ("max", "min") and line is None:
        return strict_extremum(normal, t)
    if op != "sum":
        return line
    moved = resummed(normal, now)
    if moved is not None and normal.builder.right(moved) is not t:
        return moved if line is None else normal.builder.chain(line, moved)
    return by_parts(normal, t) if line is None or moved is not None else line


def by_parts(normal: Normal, t: Term) -> int | None:
    """A sum by another one with the same terms that begins or ends where it does, and their difference."""
    lo, hi, guard, f = t.terms
    for g in normal.ring.generators:
        if g.head != "big" or g.name() != "sum" or g is t or g.terms[2] is not guard or g.terms[3] is not f:
            continue
        first, last = g.terms[:2]
        same = (first is lo, last is hi)
        if same == (True, False) and difference(hi, last) is None:
            for longer, end in ((t, last), (g, hi)):
                if (line := _split_at(normal, longer, end)) is not None:
                    return _remaining(normal, t, g, line)
        elif same == (False, True) and difference(lo, first) is None:
            for longer, start in ((t, first), (g, lo)):
                if (line := _split_at(normal, longer, tidy(make("add", start, num(-1))))) is not None:
                    return _remaining(normal, t, g, line)
    return None


def _split_at(normal: Normal, t: Term, mid: Term) -> int | None:
    """The line that splits a sum after `mid`, if that is known to be inside."""
    lo, hi = t.terms[:2]
    inside = (rel("<=", lo, make("add", mid, ONE)), rel("<=", mid, hi))
    if not all(map(normal.holds, inside)):
        return None
    name, body = normal.open(t)
    line = normal.builder.rule("sum.split", f=Lambda((name,), body), lo=lo, hi=hi, mid=mid)
    for c in inside:
        line = normal.discharged(line, c)
    start = normal.index(make("add", mid, ONE))
    if start is not None:
        right = normal.builder.right(line)
        line = normal.builder.chain(line, normal.builder.place(start, right, (1, 1)))
    return line


def _remaining(normal: Normal, t: Term, g: Term, line: int) -> int:
    """From ``longer = shorter + rest``: t by g and the rest, whichever of the two is longer."""
    builder = normal.builder
    if builder.left(line) is t:
        return line
    parts = [p for p in builder.right(line).terms if p is not t]
    return builder.combine(t, make("add", g, *(make("neg", p) for p in parts)), cofactors=[(line, num(-1))])


def _unrolled(normal: Normal, t: Term) -> int | None:
    """A sum or product over a few indices, or one whose last index is at a step, from its end."""
    builder, op, guard = normal.builder, t.name(), t.terms[2]
    lo, hi = t.terms[:2]
    if op not in ("sum", "prod") or guard is not TRUE:
        return None
    span = difference(hi, lo)
    at_step = hi in normal.steps and normal.holds(rel("<=", lo, hi))
    if not at_step and isinstance(span, int) and MAX_UNROLLED <= span < MAX_HALVED and op == "sum" and _of_numbers(t):
        return _split_at(normal, t, tidy(make("add", lo, num(span // 2))))
    if not at_step and (not isinstance(span, int) or span >= MAX_UNROLLED):
        return None
    name, body = normal.open(t)
    f = Lambda((name,), body)
    if span == 0:
        step = builder.rule(f"{op}.one", f=f, k=lo)
    elif isinstance(span, int) and span < 0:
        step = builder.rule(f"{op}.empty", f=f, lo=lo, hi=hi)
    else:
        step = normal.discharged(builder.rule(f"{op}.last", f=f, lo=lo, hi=hi), rel("<=", lo, hi))
    return step


def _of_numbers(t: Term) -> bool:
    """Whether a sum adds numbers: powers and products of the index and numerals."""
    return isinstance(literal(t.terms[0]), int) and all(
        s.head in ("num", "bound", "add", "mul", "neg", "div", "pow") for s in subterms(t.terms[3])
    )


def _single_first(normal: Normal, t: Term, name: str, body: Term) -> int | None:
    """A sum whose first entry has an equation of its own among the facts: that one, and the rest."""
    lo, hi = t.terms[:2]
    entries = {s.terms[0] for s in subterms(body) if s.head == "at" and s.terms[1] is bound(name)}
    for p in normal.facts.equations:
        about = p.variables and p.triggers[0].head == "at" and p.triggers[0].terms[0] in entries
        if about and lo in normal.facts.singled(p) and normal.holds(rel("<=", lo, hi)):
            line = normal.builder.rule("sum.first", f=Lambda((name,), body), lo=lo, hi=hi)
            return normal.discharged(line, rel("<=", lo, hi))
    return None


def _guarded(normal: Normal, t: Term) -> int:
    """Σ with a guard as a sum of cases."""
    op, (lo, hi, guard, body) = t.name(), t.terms
    for g in reversed(guard.terms if guard.head == "and" else [guard]):
        unequal = g.head == "rel" and g.name() == "!="
        body = make("cases", rel("=", *g.terms), ZERO, body) if unequal else make("cases", g, body, ZERO)
    plain = make("big", op, lo, hi, TRUE, body)
    moves = [ordered(normal, s) for s in Expansion(set(t.loose)).of(t)]
    return _resum(normal, t, plain, moves)


def resummed(normal: Normal, t: Term) -> int | None:
    """A line ``t = sum of products of connected sums``; None if t is one connected sum as it stands."""
    summands = Expansion(set(t.loose)).of(t)
    plans = [plan(normal, s) for s in summands]
    result = total([r for _, r in plans])
    if result is t:
        return None
    return _resum(normal, t, result, [m for m, _ in plans])


def resum(normal: Normal, left: Term, right: Term) -> int:
    """A line ``left = right`` by moving indices on both sides."""
    moves = [plan(normal, s)[0] for s in Expansion(set(left.loose)).of(left)]
    return _resum(normal, left, right, moves)


def _resum(normal: Normal, left: Term, right: Term, left_moves: list[Moves]) -> int:
    right_moves = [ordered(normal, s) for s in Expansion(set(right.loose)).of(right)]
    step = Resum(left, right, tuple(left_moves), tuple(right_moves))
    return normal.builder.add(step, ("resum", left, right))


def merged(normal: Normal, t: Term) -> int:
    """A line ``t = sums with all their indices in front``, for a product with sums inside."""
    parts = []
    for s in Expansion(set(t.loose)).of(t):
        order, _ = canonical(normal, s)
        body = product(s.coefficient, sorted(s.factors.items(), key=lambda f: normal.ring.key(f[0])))
        ranges = dict(s.indices)
        for n in reversed(order):
            body = make("big", "sum", *ranges[n], TRUE, abstract(body, n))
        parts.append(body)
    return resum(normal, t, total(parts))


def plan(normal: Normal, s: Summand) -> tuple[Moves, Term]:
    """Moves that bring a summand into normal form, and what it is then, as a term."""
    contract: list[tuple[str, Term]] = []
    count: list[str] = []
    extra: list[Term] = []
    while True:
        tied = _contraction(normal, s)
        if tied is None:
            break
        contract.append(tied)
        ((s, _),) = apply_moves(normal.context, s, Moves(contract=(tied,)))
    for name, (lo, hi) in list(s.indices):
        used = any(name in f.loose for f in s.factors) or any(name in end.loose for _, r in s.indices for end in r)
        if not used and normal.holds(rel("<=", lo, make("add", hi, ONE))):
            count.append(name)
            extra.append(make("add", hi, make("neg", lo), ONE))
            s = Summand(s.coefficient, tuple(r for r in s.indices if r[0] != name), s.factors)
    order, parts = canonical(normal, s)
    moves = Moves(tuple(contract), (), tuple(count), tuple(order))
    factors = [*extra, *parts]
    if s.coefficient != 1 or not factors:
        factors.insert(0, num(s.coefficient))
    return moves, factors[0] if len(factors) == 1 else make("mul", *factors)


def ordered(normal: Normal, s: Summand) -> Moves:
    """The moves of a summand that is in normal form already."""
    return Moves(order=tuple(canonical(normal, s)[0]))


def _contraction(normal: Normal, s: Summand) -> tuple[str, Term] | None:
    """An index of the summand that a δ ties to a value in its range."""
    ranges = dict(s.indices)
    for f in s.factors:
        g = f.terms[0] if f.head == "cases" and f.terms[1:] == (ONE, ZERO) else None
        if g is None or g.head != "rel" or g.name() != "=":
            continue
        for i, e in (g.terms, g.terms[::-1]):
            name = i.args[0]
            if i.head != "bound" or not isinstance(name, str) or name not in ranges or name in e.loose:
                continue
            if any(name in end.loose for n, r in s.indices for end in r if n != name and n in e.loose):
                continue
            if normal.in_range(e, ranges[name], {n: r for n, r in s.indices if n != name}):
                return name, e
    return None


# -- canonical names --------------------------------------------------------------------------------


def canonical(normal: Normal, s: Summand) -> tuple[list[str], list[Term]]:
    """The indices in canonical order, and the factors: free ones, then one sum per component."""
    names = [n for n, _ in s.indices]
    components = _components(s)
    free = [(f, e) for f, e in s.factors.items() if f.loose.isdisjoint(names)]
    done = [_label(normal, s, c) for c in components]
    normal.canonical_sums.update(t for _, t in done if t not in normal.mirrored_sums)
    done.sort(key=lambda d: normal.ring.key(d[1]))
    order = [n for c, _ in done for n in c]
    return order, [*_powers(free), *(t for _, t in done)]


def _powers(factors: list[tuple[Term, int]]) -> list[Term]:
    """Factors with exponents as a list of terms."""
    top = [f if e == 1 else make("pow", f, num(e)) for f, e in factors if e > 0]
    low = [(f, -e) for f, e in factors if e < 0]
    if low:
        top.append(make("div", ONE, product(1, low)))
    return top


def _components(s: Summand) -> list[list[str]]:
    """The indices, grouped by the factors and ranges that tie them together."""
    group = {n: {n} for n, _ in s.indices}
    ties = [f.loose for f in s.factors] + [frozenset({n}) | lo.loose | hi.loose for n, (lo, hi) in s.indices]
    for tie in ties:
        together = set().union(*(group[n] for n in tie if n in group), ())
        for n in together:
            group[n] = together
    out: list[list[str]] = []
    for n, _ in s.indices:
        if not any(n in c for c in out):
            out.append([m for m, _ in s.indices if m in group[n]])
    return out


def _label(normal: Normal, s: Summand, names: list[str]) -> tuple[list[str], Term]:
    """One component in its canonical order of indices, as a term; entries of symmetric tensors may turn."""
    ranges = dict(s.indices)
    factors = [(f, e) for f, e in s.factors.items() if not f.loose.isdisjoint(names)]
    turned = any(normal.facts.mirrored(f) is not f for f, _ in factors)
    best: tuple[str, list[str], Term] | None = None
    for order in _orders(normal, names, ranges, factors):
        t = _component(normal, order, ranges, factors, turn=turned)
        key = repr(t)
        if best is None or key < best[0]:
            best = (key, list(order), t)
    assert best is not None
    if not turned:
        return best[1], best[2]
    written = _component(normal, tuple(best[1]), ranges, factors)
    normal.canonical_sums.add(best[2])
    if written is not best[2]:
        normal.mirrored_sums[written] = best[2]
    return best[1], written


def _turned(normal: Normal, t: Term) -> Term:
    """An entry, or the one that a fact says is equal, whichever comes first."""
    return min(t, normal.facts.mirrored(t), key=normal.ring.key)


def _mirrored(normal: Normal, t: Term, target: Term) -> int:
    """A line ``t = target``, entries of symmetric tensors exchanged under the binders of a sum."""
    builder, name = normal.builder, fresh(t, target, stem="m")
    path = (4, name)
    a, b = (instantiate(x.terms[-1], bound(name)) for x in (t, target))
    if a.head == "big" and a.name() == "sum":
        return builder.place(_mirrored(normal, a, b), t, (path,))
    lines = [
        line
        for f in subterms(a)
        if normal.facts.mirrored(f) is not f and f not in subterms(b) and (line := normal.facts.exchange(f)) is not None
    ]
    return builder.place(builder.combine(a, b, lines), t, (path,))


def _orders(
    normal: Normal, names: list[str], ranges: dict[str, Range], factors: list[tuple[Term, int]]
) -> list[tuple[str, ...]]:
    """Orders of the indices worth trying: those that agree with invariants of each index."""
    if len(names) == 1:
        return [tuple(names)]

    def signature(n: str) -> str:
        marks = {m: bound("@" if m == n else "_") for m in names}
        own = [f"{e}{_turned(normal, substitute(f, marks))!r}" for f, e in factors if n in f.loose]
        lo, hi = ranges[n]
        return f"{substitute(lo, marks)!r}{substitute(hi, marks)!r}{sorted(own)}"

    groups: dict[str, list[str]] = {}
    for n in names:
        groups.setdefault(signature(n), []).append(n)
    out: list[tuple[str, ...]] = [()]
    for key in sorted(groups):
        members = groups[key]
        tries = list(permutations(members)) if len(members) <= MAX_INDICES else [tuple(members)]
        out = [(*o, *p) for o in out for p in tries]
        if len(out) > 5040:
            break
    fits = [o for o in out if _respects(o, ranges)]
    return fits or [tuple(names)]


def _respects(order: tuple[str, ...], ranges: dict[str, Range]) -> bool:
    """Every index stands after the indices in its range."""
    return all(set(order[k:]).isdisjoint(end.loose) for k, n in enumerate(order) for end in ranges[n])


def _component(
    normal: Normal,
    order: tuple[str, ...],
    ranges: dict[str, Range],
    factors: list[tuple[Term, int]],
    *,
    turn: bool = False,
) -> Term:
    """Σ over the indices of the product of the factors, the factors in canonical order."""
    names = {n: bound(f"k#{k}") for k, n in enumerate(order)}
    renamed = [(settle(substitute(f, names)), e) for f, e in factors]
    if turn:
        powers: Counter[Term] = Counter()
        for f, e in renamed:
            powers[_turned(normal, f)] += e
        renamed = [(f, e) for f, e in powers.items() if e]
    renamed.sort(key=lambda f: (normal.ring.key(f[0]), f[1]))
    top = product(1, [(f, e) for f, e in renamed if e > 0])
    low = [(f, -e) for f, e in renamed if e < 0]
    t = make("div", top, product(1, low)) if low else top
    for k in reversed(range(len(order))):
        lo, hi = (tidy(substitute(end, names)) for end in ranges[order[k]])
        t = make("big", "sum", lo, hi, TRUE, abstract(t, f"k#{k}"))
    return t
