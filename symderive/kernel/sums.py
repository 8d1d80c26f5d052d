"""Finite sums: equality by a bijection of bound indices, term by term.

Both sides are multiplied out into monomials ``c · Σ_{i…} Π factors``; a certificate says how to move
in each of them (contract a δ, shift or reverse an index, count an unused one) and in which order to
name the indices that stay.  Then the two collections of monomials must be the same.  Conditions under
which a move is allowed are returned.

Why it is sound where parts are undefined: extend every operation to a total one in any way at all.
The moves hold for the extension, and where both sides are defined it agrees with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from symderive.kernel.algebra import MAX_BITS, MAX_EXPONENT, OverBudget, shorten, tidy
from symderive.kernel.context import Context, Range, Rejected, need, within
from symderive.kernel.defined import Conditions, quantify
from symderive.kernel.shapes import is_integer
from symderive.kernel.terms import (
    ONE,
    ZERO,
    Term,
    abstract,
    bound,
    conjuncts,
    instantiate,
    literal,
    make,
    negate,
    rebuild,
    rel,
    substitute,
)

MAX_SUMMANDS = 4000


@dataclass(frozen=True)
class Summand:
    """``coefficient · Σ over indices of Π factor^exponent``; indices are loose, outermost first."""

    coefficient: Fraction | int
    indices: tuple[tuple[str, Range], ...]
    factors: Mapping[Term, int]


@dataclass(frozen=True)
class Moves:
    """What to do with one summand.

    ``contract`` lists (index, value): the index is tied to the value by a δ.  ``shift`` lists
    (index, sign, offset): the index i becomes sign·i + offset.  ``count`` lists indices on which
    nothing depends.  ``order`` names the indices that remain, outermost first.
    """

    contract: tuple[tuple[str, Term], ...] = ()
    shift: tuple[tuple[str, int, Term], ...] = ()
    count: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


@dataclass
class Expansion:
    """Multiplies a term out into summands, naming the indices ``k1``, ``k2``, … as they come."""

    taken: set[str] = field(default_factory=set)
    made: int = 0

    def of(self, t: Term) -> list[Summand]:
        match t.head:
            case "num":
                c = shorten(Fraction(t.args[0], t.args[1]))  # type: ignore[arg-type]
                return [Summand(c, (), {})] if c else []
            case "add":
                return [s for a in t.terms for s in self.of(a)]
            case "neg":
                return [_scaled(s, -1) for s in self.of(t.terms[0])]
            case "mul":
                return self._product(t.terms)
            case "div":
                top = self.of(t.terms[0])
                below = _inverse(t.terms[1], 1)
                return [_times(s, below) for s in top]
            case "pow":
                e = literal(t.terms[1])
                if isinstance(e, int) and abs(e) > MAX_EXPONENT:
                    raise OverBudget(f"an exponent is larger than {MAX_EXPONENT}")
                if isinstance(e, int) and e >= 0:
                    return self._product([t.terms[0]] * e)
                if isinstance(e, int):
                    return [_inverse(t.terms[0], -e)]
            case "big" if t.name() == "sum":
                return self._sum(t)
            case "cases" if len(t.terms) == 3 and negate(t.terms[0]) is not None:
                return self._cases(t)
            case _:
                pass
        return [Summand(1, (), {t: 1})]

    def fresh(self) -> str:
        while True:
            self.made += 1
            name = f"k{self.made}"
            if name not in self.taken:
                return name

    def _product(self, parts: Sequence[Term]) -> list[Summand]:
        out = [Summand(1, (), {})]
        for a in parts:
            # each copy is expanded anew, so that its indices have names of their own
            out = [_times(s, r) for s in out for r in self.of(a)]
            if len(out) > MAX_SUMMANDS:
                raise OverBudget("a product of sums has too many terms")
        return out

    def _sum(self, t: Term) -> list[Summand]:
        lo, hi, guard, body = t.terms
        i = self.fresh()
        body = instantiate(body, bound(i))
        here = [Summand(1, (), {})]
        for g in conjuncts(instantiate(guard, bound(i))):
            here = [_times(s, r) for s in here for r in _indicated(g)]
        found = [_times(s, r) for s in here for r in self.of(body)]
        return [Summand(s.coefficient, ((i, (lo, hi)), *s.indices), s.factors) for s in found]

    def _cases(self, t: Term) -> list[Summand]:
        """[g]·a + (1 − [g])·b."""
        guard, a, b = t.terms
        here = _indicated(guard)
        out = [_times(g, s) for g in here for s in self.of(a)]
        if b is not ZERO:
            out += self.of(b)
            out += [_scaled(_times(g, s), -1) for g in here for s in self.of(b)]
        return out


def _indicated(guard: Term) -> list[Summand]:
    """The indicator of a guard as a sum; that of ``a ≠ b`` is 1 less that of ``a = b``."""
    if guard.head == "rel" and guard.name() == "!=":
        equal = indicator(rel("=", *guard.terms))
        return [Summand(1, (), {}), Summand(-1, (), {equal: 1})]
    return [Summand(1, (), {indicator(guard): 1})]


def indicator(guard: Term) -> Term:
    """1 where the guard holds, else 0; ``a = b`` in one order of its sides."""
    if guard.head == "rel" and guard.name() == "=" and repr(guard.terms[0]) > repr(guard.terms[1]):
        guard = rel("=", guard.terms[1], guard.terms[0])
    return make("cases", guard, ONE, ZERO)


def _scaled(s: Summand, c: int) -> Summand:
    return Summand(c * s.coefficient, s.indices, s.factors)


def _times(a: Summand, b: Summand) -> Summand:
    factors = dict(a.factors)
    for t, e in b.factors.items():
        k = factors.get(t, 0) + e
        if t.head == "cases" and k > 1 and _is_indicator(t):
            k = 1
        factors[t] = k
        if not k:
            del factors[t]
    c = a.coefficient * b.coefficient
    if max(abs(c.numerator), c.denominator).bit_length() > MAX_BITS:
        raise OverBudget(f"a coefficient has more than {MAX_BITS} bits")
    return Summand(c, a.indices + b.indices, factors)


def _is_indicator(t: Term) -> bool:
    return t.terms[1:] == (ONE, ZERO)


def _inverse(t: Term, k: int) -> Summand:
    """t to the power −k, taken apart only along products; 1/[g] is [g], which is the same where it is defined."""
    if abs(k) > MAX_EXPONENT:
        raise OverBudget(f"an exponent is larger than {MAX_EXPONENT}")
    match t.head:
        case "num" if t.args[0] != 0:
            return Summand(shorten(Fraction(t.args[1], t.args[0]) ** k), (), {})  # type: ignore[arg-type]
        case "neg":
            return _scaled(_inverse(t.terms[0], k), -1 if k % 2 else 1)
        case "mul":
            out = Summand(1, (), {})
            for a in t.terms:
                out = _times(out, _inverse(a, k))
            return out
        case "div":
            return _times(_inverse(t.terms[0], k), _inverse(t.terms[1], -k))
        case "pow" if isinstance(literal(t.terms[1]), int):
            e = literal(t.terms[1])
            return _inverse(t.terms[0], k * int(e))  # type: ignore[arg-type]
        case "cases" if k and _is_indicator(t):
            return Summand(1, (), {t: 1})
        case _:
            return Summand(1, (), {t: -k}) if k else Summand(1, (), {})


# -- moves ----------------------------------------------------------------------------------------

Key = tuple[tuple[Range, ...], frozenset[tuple[Term, int]]]
Collection = dict[Key, "Fraction | int"]


def equal_sums(
    context: Context,
    left: Term,
    right: Term,
    left_moves: Sequence[Moves],
    right_moves: Sequence[Moves],
) -> Conditions:
    """Conditions under which two terms, both defined, are equal by moving indices.

    Raises:
        Rejected: after the moves the two sides are not the same.
    """
    a, conditions = collect(context, left, left_moves)
    b, more = collect(context, right, right_moves)
    need(a == b, "the sums are not the same after the moves")
    return conditions | more


def collect(context: Context, t: Term, moves: Sequence[Moves]) -> tuple[Collection, Conditions]:
    """The summands of `t` after the moves, like ones added up, and the conditions of the moves."""
    summands = Expansion(set(t.loose)).of(t)
    need(len(summands) == len(moves), f"{len(moves)} moves for {len(summands)} summands")
    out: Collection = {}
    conditions: set[Term] = set()
    for s, m in zip(summands, moves, strict=True):
        for done, found in apply_moves(context, s, m):
            conditions |= found
            key = key_of(done, m.order)
            c = out.get(key, 0) + done.coefficient
            out[key] = c
            if not c:
                del out[key]
    return out, frozenset(conditions)


def apply_moves(context: Context, s: Summand, moves: Moves) -> list[tuple[Summand, Conditions]]:
    """The summand after its moves, with their conditions; counting may split it into several."""
    conditions: set[Term] = set()

    def require(found: Sequence[Term]) -> None:
        closed = frozenset(found)
        for name, (lo, hi) in reversed(s.indices):
            closed = quantify(context, [abstract(c, name) for c in closed], lo, hi)
        conditions.update(closed)

    for i, value in moves.contract:
        span = _range(s, i)
        need(i not in value.loose, f"{i} is contracted with a term that contains it")
        need(is_integer(context, value), f"{i} is contracted with what may be no integer")
        delta = [f for f in s.factors if _ties(f, i, value)]
        need(delta, f"no factor ties {i} to its value")
        factors = {f: e for f, e in s.factors.items() if f is not delta[0]}
        s = _renamed(_without(s, i, factors), {i: value})
        require(within(value, span))
    for i, sign, offset in moves.shift:
        lo, hi = _range(s, i)
        fixed = offset.loose.isdisjoint({n for n, _ in s.indices})
        need(sign in (1, -1) and fixed and is_integer(context, offset), "a bad shift")
        # j = sign·i + offset, so i = sign·(j − offset)
        back = make("add", bound(i), make("neg", offset))
        back = back if sign == 1 else make("neg", back)
        ends = [tidy(make("add", e if sign == 1 else make("neg", e), offset)) for e in (lo, hi)]
        new = (ends[0], ends[1]) if sign == 1 else (ends[1], ends[0])
        indices = tuple((n, new if n == i else r) for n, r in s.indices)
        s = _renamed(Summand(s.coefficient, indices, s.factors), {i: back}, keep=i)
    lengths = []
    for i in moves.count:
        lo, hi = _range(s, i)
        s = _without(s, i, s.factors)
        used = [*s.factors, *(end for _, r in s.indices for end in r)]
        need(all(i not in t.loose for t in used), f"{i} is counted but used")
        require([rel("<=", lo, make("add", hi, ONE))])
        lengths.append(make("add", hi, make("neg", lo), ONE))
    out = [s]
    for length in lengths:
        out = [_times(r, c) for r in out for c in Expansion().of(length)]
    return [(r, frozenset(conditions)) for r in out]


def _range(s: Summand, i: str) -> Range:
    for n, r in s.indices:
        if n == i:
            return r
    raise Rejected(f"no index {i} in the summand")


def _ties(f: Term, i: str, value: Term) -> bool:
    """Whether a factor is the indicator of i = value."""
    if f.head != "cases" or not _is_indicator(f):
        return False
    g = f.terms[0]
    if g.head != "rel" or g.name() != "=":
        return False
    return [g.terms[0], g.terms[1]] in ([bound(i), value], [value, bound(i)])


def _without(s: Summand, i: str, factors: Mapping[Term, int]) -> Summand:
    return Summand(s.coefficient, tuple((n, r) for n, r in s.indices if n != i), factors)


def _renamed(s: Summand, values: Mapping[str, Term], keep: str = "") -> Summand:
    """The summand with terms for loose indices; the range of `keep` is already the new one."""
    factors: dict[Term, int] = {}
    for f, e in s.factors.items():
        g = settle(substitute(f, values))
        factors[g] = factors.get(g, 0) + e
        if _is_indicator(g) and g.head == "cases":
            factors[g] = 1
    factors = {f: e for f, e in factors.items() if e}
    indices = tuple(
        (n, r if n == keep else (tidy(substitute(r[0], values)), tidy(substitute(r[1], values)))) for n, r in s.indices
    )
    return Summand(s.coefficient, indices, factors)


def settle(t: Term) -> Term:
    """`t` with its index arithmetic in canonical order."""
    t = rebuild(t, lambda a, _: settle(a))
    match t.head:
        case "at":
            return make("at", t.terms[0], tidy(t.terms[1]))
        case "big":
            return make("big", t.name(), tidy(t.terms[0]), tidy(t.terms[1]), t.terms[2], t.terms[3])
        case "cases" if _is_indicator(t) and t.terms[0].head == "rel":
            return indicator(t.terms[0])
        case _:
            return t


def key_of(s: Summand, order: Sequence[str]) -> Key:
    """The summand with its indices named by their place in `order`; equal keys, equal summands."""
    need(sorted(order) == sorted(n for n, _ in s.indices), "the order names other indices")
    names = {n: bound(f"k#{k}") for k, n in enumerate(order)}
    renamed = _renamed(s, names)
    ranges = dict(renamed.indices)
    for k, n in enumerate(order):
        later = {f"k#{j}" for j in range(k, len(order))}
        need(all(later.isdisjoint(end.loose) for end in ranges[n]), "an index before its range")
    return tuple(ranges[n] for n in order), frozenset(renamed.factors.items())
