"""Closed forms of linear recurrences: u_t = a_t·u_{t−1} + b_t gives u_T = (Π a)·u_0 + Σ_t (Π_{k>t} a_k)·b_t.

The derivative of a recursive family by a parameter is such a recurrence, with a_t = ∂h_t/∂h_{t−1}: this is
backpropagation through time.  Suggestions only; the judge proves them by induction.
"""

from __future__ import annotations

from collections.abc import Iterator

from symderive.engine.plans.forms import Forms, as_term, fraction
from symderive.engine.plans.slopes import NoSlope, Place, Slopes
from symderive.engine.plans.tidy import Tidy, put_in
from symderive.engine.plans.work import Work
from symderive.engine.ring import Full, Ring, TooLarge
from symderive.kernel.context import Context, Rejected, family_member
from symderive.kernel.terms import (
    ONE,
    TRUE,
    ZERO,
    Term,
    abstract,
    bound,
    literal,
    make,
    num,
    substitute,
    subterms,
)

T = "t#r"
"""The running index of a recurrence."""


class Recurrences:
    """Closed forms of the recursive members in a term."""

    def __init__(self, work: Work, context: Context) -> None:
        self.work, self.context = work, context
        self.tidy: Tidy = work.tidy(context)
        self.forms = Forms(context, self.tidy)
        self.slopes = Slopes(context, self.tidy, lambda _: None)

    def of(self, t: Term) -> Iterator[Term]:
        """The term with its recursive members in closed form, in each way that is known."""
        parts = [s for s in subterms(t) if not s.dangling and not s.loose and self._member(s) is not None]
        outer = [s for s in parts if not any(s is not p and s in subterms(p) for p in parts)]
        if not outer:
            return
        for way in range(2):
            try:
                values = {s: self._closed(s, way) for s in outer}
            except (NoSlope, Rejected, Full, TooLarge, ZeroDivisionError):
                continue
            yield self.tidy(put_in(t, values))

    def _member(self, s: Term) -> tuple[str, Term, Place | None] | None:
        """Family, index and (for a derivative) place, if a term is a recursive member at a symbolic index."""
        place = Place(s.name(1), s.terms[1:]) if s.head == "der" else None
        found = family_member(s.terms[0] if place else s)
        if found is None or len(found[1]) != 1 or literal(found[1][0]) is not None:
            return None
        name, (i,) = found
        scalar = len(self.context.declared(name).ranges) == 1
        if not scalar or name not in self.context.definitions or not self.context.is_recursive(name):
            return None
        return name, i, place

    def _closed(self, s: Term, way: int) -> Term:
        """The closed form of one member; the second way does not use that coefficients are constant."""
        name, last, place = self._member(s) or ("", ZERO, None)
        d = self.context.definitions[name]
        if len(d.clauses) != 2:
            raise NoSlope("a recurrence with more than one beginning")
        ((first, _),) = d.clauses[0][0]
        t = bound(T)
        start, _ = self.context.clause(name, 0, [first])
        body, _ = self.context.clause(name, 1, [t])
        before = make("at", make("sym", name), make("add", t, num(-1)))
        if place is not None:
            start = self.slopes.slope(start, place)
            body = self.slopes.named(body, make("at", make("sym", name), t), place)
            before = place.der(before)
        factor, rest = self._linear(body, self.tidy(before) if place is None else before)
        n = self.tidy(make("add", last, make("neg", first)))
        if way == 0 and T not in factor.loose:
            return self._constant(factor, rest, self.tidy(start), first, last, n)
        whole = make("mul", self._product(factor, make("add", first, ONE), last), start)
        after = self._product(factor, make("add", t, ONE), last)
        return self.tidy(make("add", whole, self._sum(make("mul", after, rest), first, last)))

    def _constant(self, factor: Term, rest: Term, start: Term, first: Term, last: Term, n: Term) -> Term:
        """For a constant factor a: powers of a, and a geometric sum for a constant b."""
        power = make("pow", factor, n)
        begun = make("mul", power, start)
        if T not in rest.loose:
            geometric = make("div", make("add", ONE, make("neg", power)), make("add", ONE, make("neg", factor)))
            return self.tidy(make("add", begun, make("mul", rest, geometric)))
        age = self.tidy(make("add", last, make("neg", bound(T))))
        return self.tidy(make("add", begun, self._sum(make("mul", make("pow", factor, age), rest), first, last)))

    def _sum(self, body: Term, first: Term, last: Term) -> Term:
        return make("big", "sum", self.tidy(make("add", first, ONE)), last, TRUE, abstract(body, T))

    def _product(self, factor: Term, lo: Term, hi: Term) -> Term:
        k = "k#r"
        inner = substitute(factor, {T: bound(k)})
        return make("big", "prod", self.tidy(lo), hi, TRUE, abstract(inner, k))

    def _linear(self, body: Term, before: Term) -> tuple[Term, Term]:
        """a and b in body = a·before + b."""
        ring = Ring(32)
        body = self.tidy(body)
        found = [s for s in subterms(body) if s is before or self._same(s, before)]
        g = found[0] if found else before
        f = fraction(ring, body)
        k = ring.numbers.get(g)
        if k is None or f.num.degrees()[k] != 1 or f.den.degrees()[k]:
            raise NoSlope("the recurrence is not linear")
        if any(j != k and g in subterms(other) for j, other in enumerate(ring.generators)):
            raise NoSlope("the recurrence is not linear")
        high = {(*m[:k], 0, *m[k + 1 :]): c for m, c in f.num.to_dict().items() if m[k]}
        low = {m: c for m, c in f.num.to_dict().items() if not m[k]}
        parts = (as_term(ring, ring.make(ring.ctx.from_dict(p), f.den)) for p in (high, low))
        a, b = (self.forms.shortest(self.tidy(p)) for p in parts)
        return a, b

    def _same(self, s: Term, before: Term) -> bool:
        """Whether a derivative is that of the member before, its index written in another way."""
        if s.head != "der" or before.head != "der" or s.args[1:] != before.args[1:]:
            return False
        one, two = family_member(s.terms[0]), family_member(before.terms[0])
        same = one is not None and two is not None and one[0] == two[0]
        return same and [self.tidy(i) for i in (one or ("", []))[1]] == [self.tidy(i) for i in (two or ("", []))[1]]
