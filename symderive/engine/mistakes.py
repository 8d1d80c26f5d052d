r"""What would turn a wrong equation into a right one: another variable, a factor, a term.

Both sides are put in normal form.  A quotient that is a single factor was lost, or is one too many; a difference of one
or two terms that only one side has was forgotten, or added; −1 is a sign.  A right side that is the derivative by
another quantity is the derivative of the wrong variable.  Everything here only proposes: the judge decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from symderive.engine.budget import Budget, OutOfBudget
from symderive.engine.normal import Normal
from symderive.engine.prover import FAILURES, Prover
from symderive.engine.ring import Frac, Poly
from symderive.kernel.book import Book
from symderive.kernel.context import Context, within
from symderive.kernel.shapes import shape
from symderive.kernel.terms import (
    ONE,
    Term,
    abstract,
    at,
    bound,
    fresh,
    literal,
    make,
    num,
    rebuild,
    rel,
    subterms,
    sym,
)

MOST_VARIABLES = 6
MOST_NAMES = 12
MOST_TERMS = 2
"""Terms of a sum, or of a factor, that one forgets at once."""
MOST_DEGREE = 4
LARGEST_TERM = 30
LARGEST_CALL = 12
"""Nodes of a function with its argument that one writes as a factor or term."""
FORGOTTEN = frozenset({2, 3, 4, 8, -2, -3, -4})
"""Numbers that one forgets as factors."""


@dataclass(frozen=True)
class Slip:
    """A mistake, and the equation without it.

    Attributes:
        kind: its name.
        how: what is done with `part`: ``factor`` (lost), ``without factor``, ``term`` (forgotten), ``without term``,
            ``is`` (the right side is that).
        part: the factor, the term, or what the right side is.
        claim: the equation that is to be proved.
    """

    kind: str
    how: str
    part: Term
    claim: Term


def slips(context: Context, book: Book, claim: Term, start: Term | None, units: int) -> Iterator[Slip]:
    """Slips that may explain a wrong equation; `start` is the equation from the left side of its chain, if another."""
    if claim.head != "rel" or claim.name() != "=":
        return
    with suppress(OutOfBudget, *FAILURES):
        yield from _Compare(context, book, claim, units).slips()
    for c in (start, claim):
        if c is not None and c.head == "rel" and c.name() == "=":
            yield from _variables(context, c)


def _variables(context: Context, claim: Term) -> Iterator[Slip]:
    """The right side as the derivative by another quantity of the same shape."""
    left, right = claim.terms
    ders = [s for s in subterms(left) if s.head == "der"]
    inner = left
    while inner.head == "tab":
        inner = inner.terms[2]
    if inner.head != "der" or len(ders) != 1:
        return
    (d,) = ders
    v = d.name(1)
    names = sorted(context.closure(d.terms[0]) - {v})
    ranges = context.declared(v).ranges
    alike = [
        n for n in names if n in context.signature and _varies(context, n) and context.declared(n).ranges == ranges
    ]
    for n in alike[:MOST_VARIABLES]:
        other = _by(left, v, n)
        yield Slip("derivative of the wrong variable", "is", other, rel("=", other, right))


def _varies(context: Context, name: str) -> bool:
    return context.declared(name).kind == "real" and not context.family_depth(name)


def _by(t: Term, v: str, other: str) -> Term:
    """The derivatives by one name as those by another."""
    if t.head == "der" and t.name(1) == v:
        return make("der", t.terms[0], other, *t.terms[1:])
    return rebuild(t, lambda a, _: _by(a, v, other))


class _Compare:
    """Both sides of one equation, entry by entry, in normal form."""

    def __init__(self, context: Context, book: Book, claim: Term, units: int) -> None:
        self.context = context
        self.left, self.right = claim.terms
        self.names: list[str] = []
        self.ranges = list(shape(context, self.left))
        self.inner = [self.left, self.right]
        conditions: list[Term] = []
        for r in self.ranges:
            name = fresh(*self.inner, *conditions, stem="e")
            self.names.append(name)
            self.inner = [at(t, bound(name)) for t in self.inner]
            conditions += within(bound(name), r)
        self.facts = (*context.facts, *conditions, *self._folded())
        self.prover = Prover(context, book, Budget(units))

    def _folded(self) -> list[Term]:
        """Definitions of numbers as equations, so that 1 − tanh(u)² is 1 − h² where h = tanh(u)."""
        context = self.context
        names = sorted({n for t in self.inner for n in context.closure(t)} & context.definitions.keys())
        single = [n for n in names if _is_number(context, n) and len(context.definitions[n].clauses) == 1]
        bodies = {n: context.definitions[n].clauses[0][1] for n in single}
        return [rel("=", sym(n), body) for n, body in bodies.items() if body.head in ("app", "op", "ex")]

    def slips(self) -> Iterator[Slip]:
        if len(self.ranges) > 2 or any(lo.dangling or hi.dangling for lo, hi in self.ranges):
            return
        inner = rel("=", *self.inner)
        seen: set[tuple[str, Term]] = set()
        for setting in self.prover.settings(inner, self.facts):
            try:
                found = self.prover.attempt(setting, self._found)
            except FAILURES:
                continue
            for kind, how, part in found:
                if (how, part) not in seen:
                    seen.add((how, part))
                    yield Slip(kind, how, part, self._claim(how, part))

    def _found(self, normal: Normal) -> list[tuple[str, str, Term]]:
        left, right = map(normal.frac, self.inner)
        return [
            *self._factors(normal, left, right),
            *self._terms(normal, left, right),
            *self._long(normal, left, right),
        ]

    def _factors(self, normal: Normal, left: Frac, right: Frac) -> Iterator[tuple[str, str, Term]]:
        """The quotient of the sides, if it is one factor."""
        ring = normal.ring
        if left.num.is_zero() or right.num.is_zero():
            return
        ratio = ring.mul(left, ring.inverse(right))
        number = literal(ring.term(ratio))
        if number == -1:
            yield "sign", "factor", ring.term(ratio)
        elif number is not None:
            inverse = 1 / Fraction(number)
            whole = [Fraction(str(c)) / inverse for c in right.num.to_dict().values()]
            if inverse in FORGOTTEN and all(c.denominator == 1 for c in whole):
                yield "extra factor", "without factor", num(inverse)
            elif inverse in FORGOTTEN:
                yield "lost factor", "factor", num(Fraction(number))
            elif number in FORGOTTEN or inverse.denominator == 1:
                yield "lost factor", "factor", ring.term(ratio)
        else:
            yield from self._named(normal, ratio)

    def _named(self, normal: Normal, ratio: Frac) -> Iterator[tuple[str, str, Term]]:
        """A quotient that is a derivative of one step on the way, or made of one name; else one that is short."""
        ring = normal.ring
        inverse = ring.inverse(ratio)
        for how, wanted in (("factor", ratio), ("without factor", inverse)):
            found = [(kind, t) for kind, t in self._candidates() if _frac(normal, t) == wanted]
            if found:
                # the derivative says what kind of factor it is; what it is worth is shorter
                kind = found[0][0] if how == "factor" else "extra factor"
                if how == "without factor" and not self._visible(normal, wanted):
                    yield "lost factor", "factor", ring.term(ratio)
                    return
                shown = next(
                    (t for _, t in found if t.head != "der" or t.name(1) in self.context.definitions), found[0][1]
                )
                yield kind, how, shown
                return
        if _is_plain(normal, ratio) and len(ratio.num) == len(ratio.den) == 1 and _is_positive(ratio):
            yield from self._short(normal, ratio)

    def _visible(self, normal: Normal, factor: Frac) -> bool:
        """Whether a factor stands in the right side."""
        whole = normal.ring.mul(normal.frac(self.inner[1]), normal.ring.inverse(factor))
        return len(factor.num) > 1 or len(whole.den) == len(normal.frac(self.inner[1]).den)

    def _short(self, normal: Normal, ratio: Frac) -> Iterator[tuple[str, str, Term]]:
        """A short quotient as a factor."""
        ring = normal.ring
        if ratio.den.is_constant() and _is_short(ratio.num):
            yield "lost factor", "factor", ring.term(ratio)
        elif ratio.num.is_constant() and _is_short(ratio.den):
            divides = _divides(ratio.den, normal.frac(self.inner[1]).num)
            part = ring.term(ring.inverse(ratio))
            if divides:
                yield "extra factor", "without factor", part
            else:
                yield "lost factor", "factor", ring.term(ratio)

    def _long(self, normal: Normal, left: Frac, right: Frac) -> Iterator[tuple[str, str, Term]]:
        """A quotient of several terms: a less likely factor."""
        if left.num.is_zero() or right.num.is_zero():
            return
        ratio = normal.ring.mul(left, normal.ring.inverse(right))
        if _is_plain(normal, ratio) and (len(ratio.num) + len(ratio.den) > 2 or not _is_positive(ratio)):
            yield from self._short(normal, ratio)

    def _candidates(self) -> list[tuple[str, Term]]:
        """Factors that one drops: derivatives of one name by another that its definition mentions; 1 − n, 1 − n², n."""
        context = self.context
        names = sorted(n for t in self.inner for n in context.closure(t) if n in context.signature)
        numbers = [n for n in dict.fromkeys(names) if _is_number(context, n)][:MOST_NAMES]
        out: list[tuple[str, Term]] = []
        for n in numbers:
            if n in context.definitions:
                body = context.definitions[n].clauses[0][1]
                inside = {s.name() for s in subterms(body) if s.head == "sym"}
                out += [("dropped chain-rule factor", make("der", sym(n), m)) for m in numbers if m in inside]
        out += [("dropped chain-rule factor", t) for t in self._inner_slopes()]
        entries = [s for t in self.inner for s in subterms(t) if s.head == "at" and not s.dangling]
        for t in dict.fromkeys(entries[:MOST_NAMES]):
            own = make("add", ONE, make("neg", t))
            out += [("dropped chain-rule factor", make("mul", t, own)), ("lost factor", own)]
            out += [("lost factor", make("add", ONE, make("neg", make("pow", t, num(2)))))]
        for n in numbers:
            t = sym(n)
            powers = [make("pow", t, num(2)), t]
            out += [("lost factor", make("add", ONE, make("neg", p))) for p in powers]
            out += [("lost factor", p) for p in powers]
        return out

    def _inner_slopes(self) -> list[Term]:
        """The derivatives of what stands inside functions and powers, by what one differentiates by."""
        ders = [s for s in subterms(self.inner[0]) if s.head == "der" and not s.dangling]
        inside = [
            u
            for t in self.inner
            for s in subterms(t)
            if s.head in ("app", "pow")
            for u in s.terms[:1]
            if not u.dangling
        ]
        plain = [u for u in dict.fromkeys(inside) if u.head not in ("sym", "num")]
        return [make("der", u, d.name(1), *d.terms[1:]) for d in ders[:1] for u in plain[:MOST_NAMES]]

    def _terms(self, normal: Normal, left: Frac, right: Frac) -> Iterator[tuple[str, str, Term]]:
        """The difference of the sides, if it is a term that only one of them has, or one of the other sign."""
        ring = normal.ring
        if left.den != right.den:
            return
        ours, theirs = (dict(f.num.to_dict()) for f in (left, right))
        gap = ring.add(left, ring.neg(right))
        differing = {m for m in ours.keys() | theirs.keys() if ours.get(m, 0) != theirs.get(m, 0)}
        if not 0 < len(differing) <= MOST_TERMS or not ours.keys() - differing or not _is_plain(normal, gap):
            return
        term = ring.term(gap)
        if term.size > LARGEST_TERM:
            return
        if all(m not in theirs for m in differing):
            yield "forgotten term", "term", term
        elif all(m not in ours for m in differing):
            yield "extra term", "without term", ring.term(ring.neg(gap))
        elif all(ours.get(m, 0) == -theirs.get(m, 0) for m in differing):
            yield "sign", "term", term

    def _claim(self, how: str, part: Term) -> Term:
        """The equation with the right side repaired."""
        right = self.inner[1]
        match how:
            case "factor":
                new = make("mul", right, part)
            case "without factor":
                new = make("div", right, part)
            case "term":
                new = make("add", right, part)
            case _:
                new = make("add", right, make("neg", part))
        for name, (lo, hi) in zip(reversed(self.names), reversed(self.ranges), strict=True):
            new = make("tab", lo, hi, abstract(new, name))
        return rel("=", self.left, new)


def _frac(normal: Normal, t: Term) -> Frac | None:
    try:
        return normal.frac(t)
    except FAILURES:
        return None


def _is_positive(f: Frac) -> bool:
    """Whether the number in a quotient of two terms is positive: a lost factor and a sign are two mistakes."""
    top, bottom = (next(iter(p.to_dict().values())) for p in (f.num, f.den))
    return bool(top * bottom > 0)


def _divides(part: Poly, whole: Poly) -> bool:
    """Whether a product of one term divides every term of a sum."""
    powers = next(iter(part.to_dict()))
    return all(all(a <= b for a, b in zip(powers, m, strict=True)) for m in whole.to_dict())


def _is_number(context: Context, name: str) -> bool:
    declared = context.declared(name)
    return declared.kind == "real" and not declared.ranges


def _is_plain(normal: Normal, f: Frac) -> bool:
    """Whether only names and what is asked about them occur: what a person would write."""
    generators = normal.ring.generators
    inside = [generators[k] for k in normal.ring.inside(f)]
    return all(g.head in ("sym", "at", "der", "ex") or (g.head == "app" and g.size < LARGEST_CALL) for g in inside)


def _is_short(p: Poly) -> bool:
    return len(p) <= MOST_TERMS and sum(p.degrees()) <= MOST_DEGREE
