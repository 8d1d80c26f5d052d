"""Answers in given terms: "express w_t in terms of w_{t−1}, η and g_t".

Definitions and equations among the facts are put in until the given terms are reached; what else is left is
eliminated through the definitions of the given terms, in each of which some part is linear.  Sums are split so
that they end where those of the given terms end; geometric sums are closed.  Suggestions only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from symderive.engine.facts import match
from symderive.engine.plans.chains import Chains
from symderive.engine.plans.forms import Forms, as_term, factored, fraction, poly_term, size, unfold_functions
from symderive.engine.plans.slopes import NoSlope
from symderive.engine.plans.tidy import Powers, Tidy, multiplied, put_in, written
from symderive.engine.plans.work import Work
from symderive.engine.ring import Full, Ring, TooLarge
from symderive.kernel.algebra import difference
from symderive.kernel.context import Context, Rejected, family_member
from symderive.kernel.lowering import lower
from symderive.kernel.shapes import SCALAR, shape
from symderive.kernel.terms import (
    ONE,
    TRUE,
    Term,
    TooDeep,
    at,
    bound,
    conjuncts,
    fresh_name,
    instantiate,
    literal,
    make,
    num,
    rebuild,
    substitute,
    subterms,
)
from symderive.language.problem import beyond, settled

MAX_ROUNDS = 8
MAX_ELIMINATIONS = 40
MAX_GAP = 4
"""Terms by which the sums of an answer may be longer than those of a given term."""
FAILED = (NoSlope, Rejected, ZeroDivisionError, RecursionError, Full, TooLarge, TooDeep)


@dataclass
class Expressing:
    """Forms of a number in the terms that a goal gives.

    Attributes:
        indices: names of the entry that is looked at, if the goal is about a tensor.
    """

    work: Work
    context: Context
    indices: tuple[Term, ...] = ()
    _rules: list[tuple[Term, Term, tuple[str, ...]]] | None = field(default=None, repr=False)
    _ordered: set[Term] = field(default_factory=set, repr=False)
    """Forms in an order that is easy to follow: definitions put in, or a sum by the given terms."""

    def __post_init__(self) -> None:
        self.tidy: Tidy = self.work.tidy(self.context)
        self.given = [settled(g) for g in self.work.goal.terms]

    def of(self, target: Term) -> list[Term]:
        """Forms of the target that keep to what the goal allows, those without parameters first."""
        try:
            start = self._plain(self.closed(self.opened(target, whole=True)))
            self._ordered.add(start)
            bases = [start]
            if self._beyond(start, parameters=False):
                relations = [r for r in map(self.relation, self._entries()) if r is not None]
                bases = list(self._eliminated(start, relations))
                inner = self._exponential(start)
                if inner is not start:
                    relations = [(g, self._exponential(b)) for g, b in relations]
                    bases += self._eliminated(inner, relations)
        except FAILED:
            return []
        forms = Forms(self.context, self.tidy)
        found = dict.fromkeys(v for b in bases for v in (*self._by_given(b), *forms.variants(b)))
        fit = [t for t in found if not self._beyond(t)]
        return sorted(fit, key=lambda t: (self._beyond(t, parameters=False) != (), self._length(t)))

    def _length(self, t: Term) -> float:
        """How long a form is to read; forms in a good order and products come before others of the same length."""
        return size(t) * (0.75 if t in self._ordered else 0.9 if t.head == "mul" else 1)

    def _by_given(self, t: Term) -> list[Term]:
        """The term as a sum over products of given terms, each with its coefficient in factors."""
        ring = Ring(64)
        f = fraction(ring, t)
        kept = [k for k, g in enumerate(ring.generators) if g in self.given or g.head == "at"]
        groups: dict[tuple[int, ...], dict[tuple[int, ...], object]] = {}
        for m, c in f.num.to_dict().items():
            key = tuple(e if k in kept else 0 for k, e in enumerate(m))
            groups.setdefault(key, {})[tuple(0 if k in kept else e for k, e in enumerate(m))] = c
        if ring.inside(f.den) & set(kept) or all(len(g) == 1 for g in groups.values()):
            return []
        parts = []
        for key, coefficients in groups.items():
            c = factored(ring, ring.make(ring.ctx.from_dict(coefficients), f.den))
            parts.append(self.tidy(make("mul", c, poly_term(ring, ring.ctx.from_dict({key: 1})))))
        out = make("add", *parts) if len(parts) > 1 else parts[0]
        if t not in self._ordered:
            self._ordered.add(out)
        return [out]

    def _beyond(self, t: Term, *, parameters: bool = True) -> tuple[str, ...]:
        return beyond(self.work.goal, self.context, t, parameters=parameters)

    def _is_given(self, t: Term) -> bool:
        """Whether a term is given, or an entry of a tensor that is."""
        return not self._beyond(t, parameters=False) and t.head in ("at", "sym", "app", "der")

    # -- definitions put in ---------------------------------------------------------------------

    def closed(self, t: Term) -> Term:
        """The term with its derivatives worked out, but for the given ones."""
        kept: dict[Term, Term] = {}
        for s in subterms(t):
            if s.head == "der" and not s.loose and not s.dangling and not self._is_given(s):
                kept[s] = Chains(self.work, self.context).closed(s)
        return self.tidy(lower(self.context, self.opened(put_in(t, kept))))

    def opened(self, t: Term, *, whole: bool = False) -> Term:
        """The term with definitions put in until only given terms are left; with `whole`, its own first."""
        if whole:
            t = self._once(t) or t
        for _ in range(MAX_ROUNDS):
            new = self._inside(t)
            if new is t:
                break
            t = self.tidy(lower(self.context, new)) if shape(self.context, new) == SCALAR else new
        return t

    def _inside(self, t: Term) -> Term:
        if t.head == "der" or self._is_given(t):
            return t
        new = self._once(t)
        return rebuild(t, lambda a, _: self._inside(a)) if new is None else new

    def _once(self, t: Term) -> Term | None:
        """A term by its definition or an equation among the facts; None if there is none."""
        for left, right, variables in self.rules():
            values = match(left, settled(t), variables)
            if values is not None:
                return substitute(right, dict(zip(variables, values, strict=True)))
        if t.head == "app" and t.name() in self.context.definitions:
            return self.context.clause(t.name(), 0, t.terms)[0]
        found = family_member(t)
        if found is None or found[0] not in self.context.definitions or t.dangling:
            return None
        name, indices = found
        depth = self.context.family_depth(name)
        body = self._body(name, indices[:depth]) if len(indices) >= depth else None
        return None if body is None else at(body, *indices[depth:])

    def _body(self, name: str, indices: list[Term]) -> Term | None:
        clauses = self.context.definitions[name].clauses
        for which in range(len(clauses)):
            body, conditions = self.context.clause(name, which, indices)
            if len(clauses) == 1 or all(self._holds(c) for c in conditions):
                return body
        return None

    def _holds(self, c: Term) -> bool:
        gap = make("add", c.terms[1], make("neg", c.terms[0]), ONE)
        return self.work.positive(self.context, self.tidy(gap)) is True

    def rules(self) -> list[tuple[Term, Term, tuple[str, ...]]]:
        """Equations for entries and values among the facts, with variables for quantified indices."""
        if self._rules is None:
            self._rules = []
            for f in self.context.facts:
                self._rule(f, ())
        return self._rules

    def _rule(self, f: Term, variables: tuple[str, ...]) -> None:
        if f.head == "all":
            name = fresh_name(f.loose | set(variables), "?")
            self._rule(instantiate(f.terms[2], bound(name)), (*variables, name))
        elif f.head == "and":
            for c in conjuncts(f):
                self._rule(c, variables)
        elif f.head == "rel" and f.name() == "=" and f.terms[0].head in ("at", "app") and self._rules is not None:
            left, right = (settled(s) for s in f.terms)
            if left not in subterms(right) and set(variables) <= left.loose:
                self._rules.append((left, right, variables))

    # -- given terms ----------------------------------------------------------------------------

    def _entries(self) -> Iterator[Term]:
        """The given terms, those of tensors at the entry that is looked at."""
        for g in self.given:
            rank = len(shape(self.context, g))
            if not rank:
                yield g
            elif rank == len(self.indices):
                yield at(g, *self.indices)

    def relation(self, g: Term) -> tuple[Term, Term] | None:
        """A given term with what it stands for; None if it is not defined, or by recursion."""
        found = family_member(g)
        if found is not None and self.context.is_recursive(found[0]):
            return None
        try:
            if g.head == "der":
                body = Chains(self.work, self.context, quiet=True).closed(g)
            else:
                opened = self._once(g)
                if opened is None:
                    return None
                body = opened
            return g, self._plain(self.tidy(lower(self.context, self.opened(body))))
        except FAILED:
            return None

    def _plain(self, t: Term) -> Term:
        return self.tidy(self._closed_sums(self.tidy(t)))

    def _exponential(self, t: Term) -> Term:
        """The term with σ, tanh and the like by exponentials."""
        return self.tidy(unfold_functions(self.context, t))

    # -- elimination ----------------------------------------------------------------------------

    def _eliminated(self, t: Term, relations: list[tuple[Term, Term]]) -> Iterator[Term]:
        """The term with everything that is not allowed eliminated, in each way that is found."""
        todo = [(t, tuple(relations))]
        seen: set[Term] = set()
        while todo and len(seen) < MAX_ELIMINATIONS:
            e, left = todo.pop(0)
            if e in seen:
                continue
            seen.add(e)
            yield e
            for k, (g, body) in enumerate(left):
                e2 = self._matched(e, body)
                others = left[:k] + left[k + 1 :]
                for part, solution in self._solved(g, body):
                    if part in subterms(e2):
                        values = {part: solution}
                        rest = tuple((h, self.tidy(put_in(b, values))) for h, b in others)
                        todo.append((self.tidy(put_in(e2, values)), rest))

    def _solved(self, g: Term, body: Term) -> Iterator[tuple[Term, Term]]:
        """Parts of a body in terms of the name g that it has: by g·den − num = 0, linear in the part."""
        ring = Ring(64)
        f = fraction(ring, body)
        name = ring.number(g)
        gap = f.den * ring.generator(g).num - f.num
        degrees = gap.degrees()
        for k, part in enumerate(ring.generators):
            if k == name or degrees[k] != 1 or not self._beyond(part, parameters=False):
                continue
            above: dict[tuple[int, ...], object] = {}
            rest: dict[tuple[int, ...], object] = {}
            for m, c in gap.to_dict().items():
                (above if m[k] else rest)[(*m[:k], 0, *m[k + 1 :])] = c
            value = as_term(ring, ring.make(-ring.ctx.from_dict(rest), ring.ctx.from_dict(above)))
            yield part, self.tidy(value)

    # -- sums -----------------------------------------------------------------------------------

    def _matched(self, t: Term, body: Term) -> Term:
        """The term with its sums by those of a body: S = q·S' + the last terms."""
        values: dict[Term, Term] = {}
        for s in subterms(t):
            if s.head == "big" and s.name() == "sum" and s.terms[2] is TRUE and not s.dangling:
                for other in subterms(body):
                    if other.head == "big" and other is not s and other.name() == "sum" and other.terms[2] is TRUE:
                        found = self._by_other(s, other)
                        if found is not None:
                            values.setdefault(s, found)
        return self.tidy(put_in(t, values)) if values else t

    def _by_other(self, s: Term, other: Term) -> Term | None:
        (lo, hi, _, f), (lo2, hi2, _, f2) = s.terms, other.terms
        gap = difference(hi, hi2)
        if difference(lo, lo2) != 0 or not isinstance(gap, int) or not 0 <= gap <= MAX_GAP:
            return None
        i = fresh_name(s.loose | other.loose, "i")
        one, two = (self.tidy(instantiate(b, bound(i))) for b in (f, f2))
        ratio = self._ratio(one, two)
        if ratio is None or i in ratio.loose:
            return None
        last = [substitute(one, {i: self.tidy(make("add", hi2, num(k)))}) for k in range(1, gap + 1)]
        return make("add", make("mul", ratio, other), *last, num(0))

    def _ratio(self, a: Term, b: Term) -> Term | None:
        """a/b where both are monomials, powers of one base joined."""
        one, two = self.tidy.sum(a), self.tidy.sum(b)
        if len(one) != 1 or len(two) != 1:
            return None
        powers = multiplied(one[0][1], two[0][1], -1)
        return joined(self.tidy, one[0][0] / two[0][0], powers)

    def _closed_sums(self, t: Term) -> Term:
        """The term with geometric sums in closed form."""
        t = rebuild(t, lambda a, _: self._closed_sums(a))
        if t.head != "big" or t.name() != "sum" or t.terms[2] is not TRUE or t.dangling:
            return t
        lo, hi, _, body = t.terms
        i = fresh_name(t.loose, "i")
        found = self.tidy.sum(instantiate(body, bound(i)))
        if len(found) != 1:
            return t
        c, powers = found[0]
        inside = {b: e for b, e in powers.items() if i in b.loose}
        if len(inside) != 1:
            return t
        ((base, e),) = inside.items()
        if base.head != "pow" or e != 1 or i in base.terms[0].loose:
            return t
        r, exponent = base.terms
        outside = written([(c, {b: q for b, q in powers.items() if i not in b.loose})])
        count = self.tidy(make("add", hi, make("neg", lo), ONE))
        for sign, first in ((1, lo), (-1, hi)):
            rest = self.tidy(make("add", exponent, make("neg", make("mul", num(sign), bound(i)))))
            if i not in rest.loose:
                start = self.tidy(substitute(exponent, {i: first}))
                head = make("pow", r, start) if literal(start) != 0 else ONE
                top = make("add", ONE, make("neg", make("pow", r, count)))
                return make("mul", outside, head, make("div", top, make("add", ONE, make("neg", r))))
        return t


def joined(tidy: Tidy, c: Fraction, powers: Mapping[Term, Fraction]) -> Term:
    """A monomial, its symbolic powers of one base joined."""
    exponents: dict[Term, Term] = {}
    rest: Powers = {}
    for b, e in powers.items():
        if b.head == "pow" and literal(b.terms[1]) is None:
            base, more = b.terms[0], make("mul", num(e), b.terms[1])
            exponents[base] = make("add", exponents[base], more) if base in exponents else more
        else:
            rest[b] = e
    parts = [make("pow", b, tidy(e)) for b, e in exponents.items()]
    return tidy(make("mul", written([(c, rest)]), ONE, *parts))
