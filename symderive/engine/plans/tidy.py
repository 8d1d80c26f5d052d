"""Tidying: terms made short without multiplying out, in the order in which they were written.

A number is kept as a sum of monomials, coefficient · Π base^exponent, where a base may itself be a sum.
Like monomials are collected, common factors of a quotient cancel, δ contracts in sums.  Nothing is proved
here: what comes out is a suggestion, true where all parts are defined, and judged by whoever uses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd, lcm

from symderive.kernel.algebra import difference
from symderive.kernel.context import Context, Rejected, family_member
from symderive.kernel.lowering import entry_of
from symderive.kernel.shapes import SCALAR, shape
from symderive.kernel.terms import (
    BINDS,
    CONDITIONS,
    ONE,
    TRUE,
    ZERO,
    Term,
    abstract,
    bound,
    instantiate,
    literal,
    make,
    num,
    rebuild,
    rel,
    shift,
    substitute,
    subterms,
    value,
)

Powers = dict[Term, Fraction]
Monomial = tuple[Fraction, Powers]
Sum = list[Monomial]
Key = frozenset[tuple[Term, Fraction]]

MAX_UNROLLED = 40
MAX_POWER = 64
EXACT_AT: Mapping[tuple[str, Fraction], Fraction] = {
    ("exp", Fraction(0)): Fraction(1),
    ("log", Fraction(1)): Fraction(0),
    ("sin", Fraction(0)): Fraction(0),
    ("cos", Fraction(0)): Fraction(1),
    ("tanh", Fraction(0)): Fraction(0),
    ("erf", Fraction(0)): Fraction(0),
    ("sigmoid", Fraction(0)): Fraction(1, 2),
}
"""Values of functions that are rational."""


class Tidy:
    """Tidies terms of one context.

    Args:
        known: terms with a shorter equal, such as sums that a fact gives.
    """

    def __init__(self, context: Context, known: Mapping[Term, Term] | None = None) -> None:
        self.context = context
        self.known = dict(known or {})
        self._terms: dict[Term, Term] = {}
        self._bases: dict[frozenset[tuple[Fraction, Key]], Term] = {}
        """Sums that are bases, by what they add up, so that a + b and b + a are one base."""
        self._serial = 0

    def __call__(self, t: Term) -> Term:
        """A number, tidied; other terms with their parts tidied."""
        found = self._terms.get(t)
        if found is None:
            scalar = t.head not in CONDITIONS and shape(self.context, t) == SCALAR
            found = self._terms[t] = written(self.sum(t)) if scalar else self._parts(t)
        return found

    def _parts(self, t: Term) -> Term:
        if t.head in BINDS:
            return t
        return rebuild(t, lambda a, _: self(a))

    # -- sums of monomials ----------------------------------------------------------------------

    def sum(self, t: Term) -> Sum:
        """A number as a sum of monomials."""
        match t.head:
            case "num":
                c = Fraction(t.args[0], t.args[1])  # type: ignore[arg-type]
                return [(c, {})] if c else []
            case "add":
                return collected(m for a in t.terms for m in self.sum(a))
            case "neg":
                return scaled(self.sum(t.terms[0]), Fraction(-1))
            case "mul":
                return self._product((a, 1) for a in t.terms)
            case "div":
                return self._product([(t.terms[0], 1), (t.terms[1], -1)])
            case "pow":
                return self._power(*t.terms)
            case "big" if t.name() == "sum" and t not in self.known:
                return self._sum(t)
            case _:
                simple = self._atom(t)
                return [(Fraction(1), {simple: Fraction(1)})] if simple is t or not ring(simple) else self.sum(simple)

    def _product(self, factors: Iterable[tuple[Term, int]]) -> Sum:
        c, powers = Fraction(1), Powers()
        for a, e in factors:
            one = self._single(self.sum(a))
            if one is None:
                return []
            if e < 0 and not one[0]:
                raise ZeroDivisionError
            c *= one[0] ** e
            powers = multiplied(powers, one[1], e)
        return [(c, powers)]

    def _single(self, s: Sum) -> Monomial | None:
        """A sum as one monomial, itself a base if it has several terms; None for 0."""
        if len(s) <= 1:
            return s[0] if s else None
        content = Fraction(gcd(*(c.numerator for c, _ in s)), lcm(*(c.denominator for c, _ in s)))
        if led(s)[0][0] < 0:
            content = -content
        s = scaled(s, 1 / content)
        base = self._bases.get(_key(s))
        if base is None:
            opposite = self._bases.get(_key(scaled(s, Fraction(-1))))
            if opposite is not None:
                return -content, {opposite: Fraction(1)}
            base = self._bases[_key(s)] = written(s)
        return content, {base: Fraction(1)}

    def _power(self, base: Term, exponent: Term) -> Sum:
        given = literal(self(exponent))
        if given is None:
            return [(Fraction(1), {make("pow", self(base), self(exponent)): Fraction(1)})]
        e = Fraction(given)
        one = self._single(self.sum(base))
        if one is None:
            if e < 0:
                raise ZeroDivisionError
            return [] if e else [(Fraction(1), {})]
        c, powers = one
        if e.denominator == 1 and abs(e) <= MAX_POWER:
            return [(c ** int(e), {b: p * e for b, p in powers.items()} if e else {})]
        root = exact_root(c, e)
        if root is not None and (not powers or (len(powers) == 1 and set(powers.values()) == {1})):
            return [(root, {b: p * e for b, p in powers.items()})]
        whole = written([one])
        if ring(whole) and whole.head != "add":
            return [(Fraction(1), {make("pow", whole, num(e)): Fraction(1)})]
        return [(Fraction(1), {whole: e})]

    # -- atoms ----------------------------------------------------------------------------------

    def _atom(self, t: Term) -> Term:
        if t in self.known:
            return self.known[t]
        match t.head:
            case "app":
                out = self._application(self._parts(t))
            case "cases":
                out = self._cases(t)
            case "big":
                out = self._big(t)
            case "at":
                out = self._entry(t)
            case "ex":
                out = self._mean(t)
            case "op":
                out = self._parts(t)
            case _:
                out = t
        return self.known.get(out, out)

    def _mean(self, t: Term) -> Term:
        """E, with constant terms and factors out."""
        names = t.args[1:]

        def random(s: Term) -> bool:
            found = self.context.random_in(s)
            return bool(found & set(map(str, names)) if names else found)

        one = self._single(self.sum(t.terms[0]))
        if one is None:
            return ZERO
        c, powers = one
        inside = {b: e for b, e in powers.items() if random(b)}
        outside = {b: e for b, e in powers.items() if b not in inside}
        if not inside:
            return written([one])
        whole = make("ex", written([(Fraction(1), inside)]), *names)
        return whole if c == 1 and not outside else written([(c, multiplied(outside, {whole: Fraction(1)}, 1))])

    def _application(self, t: Term) -> Term:
        values = [literal(a) for a in t.terms]
        if not values or any(x is None for x in values):
            inner = t.terms[0] if t.terms else t
            undone = inner.head == "app" and {t.name(), inner.name()} == {"exp", "log"}
            return inner.terms[0] if undone else t
        x = Fraction(values[-1] or 0)
        if (t.name(), x) in EXACT_AT:
            return num(EXACT_AT[t.name(), x])
        match t.name():
            case "abs":
                return num(abs(x))
            case "relu":
                return num(max(x, Fraction(0)))
            case "lrelu":
                return num(x if x > 0 else x * Fraction(values[0] or 0))
            case "step":
                return num(int(x > 0))
            case "max" | "min":
                return num((max if t.name() == "max" else min)(Fraction(v or 0) for v in values))
            case _:
                return t

    def _cases(self, t: Term) -> Term:
        guard = rebuild(t.terms[0], lambda a, _: self(a)) if t.terms[0].head == "rel" else t.terms[0]
        decided = truth(guard)
        if decided is not None and (decided or len(t.terms) == 3):
            return self(t.terms[1] if decided else t.terms[2])
        return make("cases", guard, *(self(a) for a in t.terms[1:]))

    def _entry(self, t: Term) -> Term:
        head, i = t.terms
        if head.head == "op" and head.name() == "softmax":
            return make("at", self._parts(head), self(i))
        if head.head == "at" and head.terms[0].head == "op" and head.terms[0].name() == "softmax":
            return make("at", make("at", self._parts(head.terms[0]), self(head.terms[1])), self(i))
        given = self._given(t)
        if given is not None:
            return given
        try:
            plain = entry_of(self.context, head, i)
        except Rejected:
            return t
        if plain.head == "at":
            return self._settled(plain)
        return self(plain)

    def _settled(self, t: Term) -> Term:
        """An entry with its indices tidied."""
        if t.head != "at":
            return t
        return make("at", self._settled(t.terms[0]), self(t.terms[1]))

    def _given(self, t: Term) -> Term | None:
        """The number that a clause of a family gives for a member, like h_0 = 0."""
        name, indices = family_member(t) or ("", [])
        d = self.context.definitions.get(name)
        if d is None or not d.params or len(indices) != len(d.params) or any(literal(i) is None for i in indices):
            return None
        for which, (_, body) in enumerate(d.clauses):
            if literal(body) is not None:
                _, conditions = self.context.clause(name, which, indices)
                if all(truth(c) for c in conditions):
                    return body
        return None

    def fresh(self) -> str:
        self._serial += 1
        return f"~{self._serial}"

    def _unrolled(self, t: Term) -> list[Term] | None:
        """The terms of a sum or product over few indices; None for others."""
        lo, hi, guard, body = t.terms
        first, last = literal(self(lo)), literal(self(hi))
        if guard is TRUE and isinstance(first, int) and isinstance(last, int) and last - first < MAX_UNROLLED:
            return [instantiate(body, num(k)) for k in range(first, last + 1)]
        return None

    def _big(self, t: Term) -> Term:
        """Π, max or min."""
        parts = self._unrolled(t)
        op = t.name()
        if parts and op == "prod":
            return self(make("mul", ONE, *parts))
        if parts:
            values = [literal(self(p)) for p in parts]
            if all(x is not None for x in values):
                return num((max if op == "max" else min)(Fraction(x or 0) for x in values))
        lo, hi, guard, body = t.terms
        name = self.fresh()
        inner = self(instantiate(body, bound(name)))
        if op == "prod" and (inner is ONE or parts == []):
            return ONE
        return make("big", op, self(lo), self(hi), guard, abstract(inner, name))

    def _sum(self, t: Term) -> Sum:
        parts = self._unrolled(t)
        if parts is not None:
            return collected(m for p in parts for m in self.sum(p))
        lo, hi, guard, body = t.terms
        lo, hi = self(lo), self(hi)
        name = self.fresh()
        inner = self.sum(instantiate(body, bound(name)))
        if guard is TRUE:
            odd = self._odd_one(lo, hi, name, written(inner))
            return self._series(lo, hi, name, inner) if odd is None else self.sum(odd)
        whole = make("big", "sum", lo, hi, guard, abstract(written(inner), name))
        return [(Fraction(1), {whole: Fraction(1)})] if inner else []

    def _sums_to_one(self, body: Term, name: str) -> bool:
        """Whether a body runs through a row of a softmax: P[i, ·]."""
        if body.head != "at" or body.terms[1] is not bound(name) or body.terms[0].head != "at":
            return False
        whole, i = body.terms[0].terms
        if name in i.loose:
            return False
        d = self.context.definitions.get(whole.name()) if whole.head == "sym" else None
        whole = d.clauses[0][1] if d is not None and not d.params else whole
        return whole.head == "op" and whole.name() == "softmax"

    def _odd_one(self, lo: Term, hi: Term, name: str, body: Term) -> Term | None:
        """Σ of f({a if i = e, else b}) as the sum without the exception, corrected at e; None without one."""
        for s in subterms(body):
            i = exception(s, name)
            if i is None or not all(truth(rel("<=", x, y)) for x, y in ((lo, i), (i, hi))):
                continue
            usual = replaced(body, s, s.terms[2])
            whole = make("big", "sum", lo, hi, TRUE, abstract(usual, name))
            odd = substitute(replaced(body, s, s.terms[1]), {name: i})
            return make("add", odd, make("neg", substitute(usual, {name: i})), whole)
        return None

    def _series(self, lo: Term, hi: Term, name: str, body: Sum) -> Sum:
        """Σ of a sum of monomials over an index: δ contracted, constant factors out."""
        done: Sum = []
        left: list[tuple[Powers, Sum]] = []
        for c, powers in self._spread(body, name):
            hit = next((b for b, e in powers.items() if e == 1 and contracts(b, name) is not None), None)
            if hit is not None:
                other = contracts(hit, name)
                assert other is not None
                rest = written([(c, {b: e for b, e in powers.items() if b is not hit})])
                done += self.sum(make("mul", substitute(rest, {name: other}), hit.terms[1]))
                continue
            outside = {b: e for b, e in powers.items() if name not in b.loose}
            inside = {b: e for b, e in powers.items() if name in b.loose}
            if not inside:
                count = make("add", hi, make("neg", lo), ONE)
                done += self.sum(make("mul", written([(c, outside)]), count))
                continue
            for before, group in left:
                if before == outside:
                    group.append((c, inside))
                    break
            else:
                left.append((outside, [(c, inside)]))
        for outside, group in left:
            common = group[0][0] if len(group) == 1 else Fraction(1)
            body_ = written([(x / common, p) for x, p in group])
            whole = make("big", "sum", lo, hi, TRUE, abstract(body_, name))
            known = ONE if self._sums_to_one(body_, name) else self.known.get(whole)
            if known is None:
                done.append((common, multiplied(outside, {whole: Fraction(1)}, 1)))
            else:
                done += self.sum(make("mul", written([(common, outside)]), known))
        return collected(done)

    def _spread(self, s: Sum, name: str) -> Sum:
        """The sum with bases multiplied out that hide a δ in the index."""
        out: Sum = []
        for c, powers in s:
            hit = next((b for b, e in powers.items() if e == 1 and b.head == "add" and hides(b, name)), None)
            if hit is None:
                out.append((c, powers))
                continue
            rest = {b: e for b, e in powers.items() if b is not hit}
            parts = [(c * d, multiplied(rest, q, 1)) for d, q in self.sum(hit)]
            out += self._spread(parts, name)
        return collected(out)


# -- pieces -------------------------------------------------------------------------------------------


def ring(t: Term) -> bool:
    return t.head in ("num", "add", "neg", "mul", "div", "pow")


def multiplied(a: Powers, b: Powers, e: int) -> Powers:
    out = dict(a)
    for base, p in b.items():
        q = out.get(base, Fraction(0)) + p * e
        if q:
            out[base] = q
        else:
            out.pop(base, None)
    return out


def scaled(s: Sum, c: Fraction) -> Sum:
    return [(x * c, p) for x, p in s]


def collected(parts: Iterable[Monomial]) -> Sum:
    """Like monomials added up, in order of first appearance."""
    out: dict[Key, Monomial] = {}
    for c, powers in parts:
        key = frozenset(powers.items())
        before = out.get(key)
        out[key] = (c + before[0], before[1]) if before else (c, powers)
    return [m for m in out.values() if m[0]]


def led(s: Sum) -> Sum:
    """The sum with a positive term first, if it has one."""
    k = next((k for k, (c, _) in enumerate(s) if c > 0), 0)
    return [s[k], *s[:k], *s[k + 1 :]]


def written(s: Sum) -> Term:
    """A sum of monomials as a term."""
    if not s:
        return ZERO
    parts = [_monomial(c, p) for c, p in led(s)]
    return parts[0] if len(parts) == 1 else make("add", *map(_subtracted, parts))


def _subtracted(t: Term) -> Term:
    """A negative numeral as what is subtracted."""
    x = value(t)
    return t if x is None or x >= 0 else make("neg", num(-x))


def _key(s: Sum) -> frozenset[tuple[Fraction, Key]]:
    return frozenset((c, frozenset(p.items())) for c, p in s)


def _opposite(b: Term) -> Term:
    """The negative of a sum, term by term, a positive one first."""
    parts = [a.terms[0] if a.head == "neg" else make("neg", a) for a in b.terms]
    k = next((k for k, a in enumerate(parts) if a.head != "neg"), 0)
    return make("add", parts[k], *parts[:k], *parts[k + 1 :])


def _monomial(c: Fraction, powers: Powers) -> Term:
    """c·Π b^e; a minus sign goes into a factor that is a difference."""
    if c < 0:
        turned = next((b for b, e in powers.items() if e in (1, -1) and _difference(b)), None)
        if turned is not None:
            powers = {_opposite(b) if b is turned else b: e for b, e in powers.items()}
            c = -c
    above = [_raised(b, e) for b, e in powers.items() if e > 0]
    below = [_raised(b, -e) for b, e in powers.items() if e < 0]
    above.sort(key=lambda b: b.head == "big")
    top, bottom = abs(c.numerator), c.denominator
    if top != 1 or not above:
        above.insert(0, num(top))
    if bottom != 1:
        below.insert(0, num(bottom))
    numerator = above[0] if len(above) == 1 else make("mul", *above)
    if not below:
        out = numerator
    elif len(below) == 1 and below[0].head == "num" and numerator.head == "num":
        out = num(Fraction(top, bottom))
        return num(Fraction(-top, bottom)) if c < 0 else out
    else:
        out = make("div", numerator, below[0] if len(below) == 1 else make("mul", *below))
    if c < 0:
        return num(-top) if out.head == "num" else make("neg", out)
    return out


def _difference(b: Term) -> bool:
    """Whether a base is a sum that has terms of both signs."""
    return b.head == "add" and any(a.head == "neg" for a in b.terms)


def _raised(b: Term, e: Fraction) -> Term:
    return b if e == 1 else make("pow", b, num(e))


def exact_root(c: Fraction, e: Fraction) -> Fraction | None:
    """c^e if it is rational."""
    if c == 1:
        return c
    if c <= 0 or abs(e.numerator) > MAX_POWER:
        return None
    parts = [round(n ** (1 / e.denominator)) for n in (c.numerator, c.denominator)]
    root = Fraction(parts[0], parts[1]) if parts[1] else None
    return root**e.numerator if root and root**e.denominator == c else None


def truth(guard: Term) -> bool | None:
    """Whether a relation between numerals, or indices a fixed distance apart, holds."""
    if guard.head != "rel":
        return None
    a, b = (literal(x) for x in guard.terms)
    gap = Fraction(a) - Fraction(b) if a is not None and b is not None else difference(*guard.terms)
    if gap is None:
        return None
    return {"=": gap == 0, "!=": gap != 0, "<": gap < 0, "<=": gap <= 0}[guard.name()]


def contracts(b: Term, name: str) -> Term | None:
    """For a base {x if i = e, else 0}: the index e."""
    if b.head != "cases" or len(b.terms) != 3 or b.terms[2] is not ZERO:
        return None
    guard = b.terms[0]
    if guard.head != "rel" or guard.name() != "=" or name in b.terms[1].loose:
        return None
    for i, e in (guard.terms, guard.terms[::-1]):
        if i.head == "bound" and i.args[0] == name and name not in e.loose:
            return e
    return None


def exception(t: Term, name: str) -> Term | None:
    """For {a if i = e, else b} with b not 0: the index e."""
    if t.head != "cases" or len(t.terms) != 3 or t.terms[2] is ZERO or t.dangling:
        return None
    guard = t.terms[0]
    if guard.head != "rel" or guard.name() != "=":
        return None
    for i, e in (guard.terms, guard.terms[::-1]):
        if i.head == "bound" and i.args[0] == name and name not in e.loose:
            return e
    return None


def replaced(t: Term, part: Term, by: Term) -> Term:
    """The term with another for a part that stands under no binder of it."""
    return by if t is part else rebuild(t, lambda a, _: replaced(a, part, by))


def hides(b: Term, name: str) -> bool:
    """Whether a base has a δ in the index inside."""
    return any(s.head == "cases" and contracts(s, name) is not None for s in subterms(b))


def renamed(t: Term, name: str, by: Term) -> Term:
    """The term with another term for a name; not for the names of ∂, E and lim."""
    if t.head == "sym" and t.name() == name:
        return by
    return rebuild(t, lambda a, n: renamed(a, name, shift(by, n)))


def put_in(t: Term, values: Mapping[Term, Term]) -> Term:
    """The term with other terms for some of its parts."""
    return values[t] if t in values else rebuild(t, lambda a, _: put_in(a, values))
