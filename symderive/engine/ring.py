"""Fractions over generators that are terms: the arithmetic of the normal form (python-flint).

A *generator* is a term that algebra does not look into.  Some generators are algebraic: a root, an
absolute value, a sine or an indicator satisfies g^q = p with p a polynomial in earlier generators; their
powers are reduced.  Sizes are estimated before each large operation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from hashlib import blake2b
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from symderive.kernel.terms import Term, make, num

Poly = Any
"""A polynomial of flint; it carries no types."""

MAX_PRODUCTS = 3_000_000
"""Monomial products in one multiplication."""

SHALLOW = 12
"""Depth of terms up to which they are ordered by their text."""

MAX_FACTORED = 2_000
"""Terms of a polynomial that is factored."""


class Full(Exception):
    """The ring has no room for another generator; start again with a larger one."""


class TooLarge(Exception):
    """A polynomial would grow beyond the budget."""

    def __init__(self) -> None:
        super().__init__("a polynomial would grow too large")


@dataclass(frozen=True, slots=True)
class Frac:
    """num/den with gcd 1 and a monic denominator."""

    num: Poly
    den: Poly


@dataclass(frozen=True)
class Relation:
    """g^q = p; ``line`` is the number of a line that says so."""

    q: int
    p: Poly
    line: int


class Ring:
    """Polynomials and fractions over a growing list of generators."""

    def __init__(self, size: int = 16) -> None:
        self.size = size
        self.ctx, self._gens = _arena(size)
        self.generators: list[Term] = []
        self.numbers: dict[Term, int] = {}
        self.relations: dict[int, Relation] = {}
        self.zero, self.one = self.ctx.constant(0), self.ctx.constant(1)
        self.ZERO, self.ONE = Frac(self.zero, self.one), Frac(self.one, self.one)
        self.work = 0
        self._keys: dict[Term, str] = {}

    # -- generators -----------------------------------------------------------------------------

    def number(self, t: Term) -> int:
        """The number of a generator, entered if it is new."""
        k = self.numbers.get(t)
        if k is None:
            if len(self.generators) == self.size:
                raise Full
            k = self.numbers[t] = len(self.generators)
            self.generators.append(t)
        return k

    def generator(self, t: Term) -> Frac:
        return Frac(self._gens[self.number(t)], self.one)

    def poly(self, k: int) -> Poly:
        return self._gens[k]

    def const(self, c: Fraction | int) -> Frac:
        q = fmpq(c.numerator, c.denominator)
        return Frac(self.ctx.constant(q), self.one)

    def inside(self, f: Frac | Poly) -> set[int]:
        """The numbers of the generators that occur."""
        if isinstance(f, Frac):
            return self.inside(f.num) | self.inside(f.den)
        return {k for k, d in enumerate(f.degrees()) if d}

    # -- arithmetic -----------------------------------------------------------------------------

    def _mul(self, a: Poly, b: Poly) -> Poly:
        cost = len(a) * len(b)
        self.work += 1 + cost
        if cost > MAX_PRODUCTS:
            raise TooLarge
        return a * b

    def make(self, n: Poly, d: Poly, *, reduce: bool = True) -> Frac:
        """n/d in lowest terms, algebraic generators reduced."""
        if reduce and self.relations:
            n, d = self.reduced(n), self.reduced(d)
        if n.is_zero():
            return self.ZERO
        if d.is_constant():
            c = d.leading_coefficient()
            return Frac(n if c == 1 else n / c, self.one)
        self.work += 4 * (len(n) + len(d))
        if len(n) * len(d) > MAX_PRODUCTS:
            raise TooLarge
        g = n.gcd(d)
        if not g.is_constant():
            n, d = n / g, d / g
        c = d.leading_coefficient()
        return Frac(n, d) if c == 1 else Frac(n / c, d / c)

    def factor(self, p: Poly) -> tuple[Any, list[tuple[Poly, int]]]:
        """The content and the irreducible factors of a polynomial, with exponents."""
        self.work += 20 * len(p)
        if len(p) > MAX_FACTORED:
            raise TooLarge
        return p.factor()

    def add(self, a: Frac, b: Frac) -> Frac:
        if a.den == b.den:
            s = a.num + b.num
            return Frac(s, a.den) if a.den.is_constant() else self.make(s, a.den)
        if a.den.is_constant():
            return self.make(self._mul(a.num, b.den) + b.num, b.den)
        if b.den.is_constant():
            return self.make(a.num + self._mul(b.num, a.den), a.den)
        n = self._mul(a.num, b.den) + self._mul(b.num, a.den)
        return self.make(n, self._mul(a.den, b.den))

    def neg(self, a: Frac) -> Frac:
        return Frac(-a.num, a.den)

    def sub(self, a: Frac, b: Frac) -> Frac:
        return self.add(a, self.neg(b))

    def mul(self, a: Frac, b: Frac) -> Frac:
        n = self._mul(a.num, b.num)
        if a.den.is_constant() and b.den.is_constant():
            return Frac(self.reduced(n), self.one) if self.relations else Frac(n, self.one)
        return self.make(n, self._mul(a.den, b.den))

    def inverse(self, a: Frac) -> Frac:
        if a.num.is_zero():
            raise ZeroDivisionError
        return self.make(a.den, a.num)

    def power(self, a: Frac, k: int) -> Frac:
        if k < 0:
            return self.power(self.inverse(a), -k)
        terms = max(len(a.num), len(a.den))
        if k > 400 or (terms > 1 and _multisets(terms, k) > 100_000):
            raise TooLarge
        self.work += 1
        return self.make(a.num**k, a.den**k) if self.relations else Frac(a.num**k, a.den**k)

    def scale(self, a: Frac, c: Fraction | int) -> Frac:
        return Frac(a.num * fmpq(c.numerator, c.denominator), a.den)

    def reduced(self, p: Poly) -> Poly:
        """The polynomial with powers of algebraic generators reduced."""
        if not self.relations:
            return p
        degrees = p.degrees()
        for k in sorted(self.relations, reverse=True):
            if degrees[k] >= self.relations[k].q:
                p = self._divide(p, k)[1]
                degrees = p.degrees()
        return p

    def _divide(self, p: Poly, k: int) -> tuple[Poly, Poly]:
        """Quotient and remainder of p by g^q − r, for the algebraic generator number k."""
        relation = self.relations[k]
        q, r = relation.q, relation.p
        quotient = self.zero
        while True:
            high: dict[tuple[int, ...], Any] = {}
            low: dict[tuple[int, ...], Any] = {}
            for m, c in p.to_dict().items():
                if m[k] >= q:
                    high[(*m[:k], m[k] - q, *m[k + 1 :])] = c
                else:
                    low[m] = c
            if not high:
                return quotient, p
            h = self.ctx.from_dict(high)
            quotient += h
            p = self.ctx.from_dict(low) + self._mul(h, r)

    def linear(self, p: Poly, k: int) -> tuple[Poly, Poly]:
        """a and b with p = a + b·g, for a generator that stands in p to the first power at most."""
        rows = p.to_dict()
        a = self.ctx.from_dict({m: c for m, c in rows.items() if not m[k]})
        b = self.ctx.from_dict({(*m[:k], m[k] - 1, *m[k + 1 :]): c for m, c in rows.items() if m[k]})
        return a, b

    def quotients(self, p: Poly) -> tuple[list[tuple[Relation, Poly]], Poly]:
        """p = Σ quotient·(g^q − r) + remainder, relation by relation."""
        out = []
        for k in sorted(self.relations, reverse=True):
            if p.degrees()[k] >= self.relations[k].q:
                quotient, p = self._divide(p, k)
                out.append((self.relations[k], quotient))
        return out, p

    # -- back to terms --------------------------------------------------------------------------

    def key(self, t: Term) -> str:
        """A text by which terms are put in order; the same in every run."""
        stack = [] if t in self._keys else [t]
        while stack:
            s = stack[-1]
            todo = [a for a in s.terms if a not in self._keys] if s.depth > SHALLOW else []
            if todo:
                stack += todo
            else:
                self._keys[stack.pop()] = self._key(s)
        return self._keys[t]

    def _key(self, t: Term) -> str:
        """The term as text if it is shallow, else a digest of the keys of its parts."""
        if t.depth <= SHALLOW:
            return repr(t)
        parts = " ".join(self._keys[a] if isinstance(a, Term) else str(a) for a in t.args)
        return f"({t.head} {blake2b(parts.encode(), digest_size=12).hexdigest()})"

    def monomials(self, p: Poly) -> list[tuple[Fraction, list[tuple[Term, int]]]]:
        """Coefficients and generators with exponents, in canonical order."""
        out = []
        for m, c in p.to_dict().items():
            factors = [(self.generators[k], int(e)) for k, e in enumerate(m) if e]
            factors.sort(key=lambda f: self.key(f[0]))
            out.append((Fraction(int(c.p), int(c.q)), factors))
        out.sort(key=lambda r: [(self.key(g), -e) for g, e in r[1]] or [("~", 0)])
        return out

    def poly_term(self, p: Poly) -> Term:
        """The polynomial as a term, in canonical order."""
        return total([product(c, factors) for c, factors in self.monomials(p)])

    def term(self, a: Frac) -> Term:
        """The fraction as a term, in canonical order."""
        top = self.poly_term(a.num)
        return top if a.den.is_constant() else make("div", top, self.poly_term(a.den))


@cache
def _arena(size: int) -> tuple[Any, tuple[Poly, ...]]:
    """The polynomials of flint in so many generators, shared by all rings of this size."""
    ctx = fmpq_mpoly_ctx.get([f"g{k}" for k in range(size)], Ordering.lex)
    return ctx, tuple(ctx.gens())


def _multisets(n: int, k: int) -> int:
    """Number of monomials of degree k in n terms, capped."""
    out = 1
    for i in range(1, min(k, n - 1) + 1):
        out = out * (n + k - i) // i
        if out > 10**7:
            break
    return out


def product(c: Fraction | int, factors: Iterable[tuple[Term, int]]) -> Term:
    """The term c·Π g^e."""
    parts = [g if e == 1 else make("pow", g, num(e)) for g, e in factors]
    if c == -1 and parts:
        return make("neg", parts[0] if len(parts) == 1 else make("mul", *parts))
    if c != 1 or not parts:
        parts.insert(0, num(c))
    return parts[0] if len(parts) == 1 else make("mul", *parts)


def total(parts: list[Term]) -> Term:
    """The sum of the parts."""
    return num(0) if not parts else parts[0] if len(parts) == 1 else make("add", *parts)
