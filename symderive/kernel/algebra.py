"""Exact algebra over atoms: Laurent polynomials, fractions, index arithmetic.

A ring node (+, −, ·, /, integer power) is computed with; every other term is an *atom*.  A fraction
keeps its denominator as a product of polynomials that are never multiplied out, so nothing here
factors, takes a gcd or searches.  All ring nodes act entry by entry, so an identity proved here holds
for tensors too.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from symderive.kernel.terms import Term, literal, make, num

Monomial = tuple[tuple[int, int], ...]
"""(atom number, exponent ≠ 0) pairs, by atom number."""
Poly = dict[Monomial, Fraction | int]
Fractional = tuple[Poly, dict[int, int]]
"""Numerator, and denominator as {number of a polynomial: exponent > 0}."""

ONE_POLY: Poly = {(): 1}
MAX_EXPONENT = 1000
MAX_BITS = 100_000
"""Of a coefficient that is raised to a power."""


class OverBudget(Exception):
    """The algebra would grow beyond its budget."""


class Algebra:
    """Polynomials and fractions over a growing list of atoms.

    Args:
        opaque: terms to take as atoms although they are ring nodes.
        budget: bound on the number of monomial products.
    """

    def __init__(self, opaque: Iterable[Term] = (), budget: int = 400_000) -> None:
        self.atoms: dict[Term, int] = {}
        self.denominators: list[Poly] = []
        self._numbers: dict[frozenset[tuple[Monomial, Fraction | int]], int] = {}
        self.known: dict[Term, Fractional] = {}
        self.work = budget
        for t in opaque:
            self.known[t] = ({((self.atom(t), 1),): 1}, {})

    def atom(self, t: Term) -> int:
        return self.atoms.setdefault(t, len(self.atoms))

    def term(self, number: int) -> Term:
        return list(self.atoms)[number]

    # -- polynomials --------------------------------------------------------------------------

    def multiply(self, a: Poly, b: Poly) -> Poly:
        self.work -= len(a) * len(b)
        if self.work < 0:
            raise OverBudget("the polynomials grow beyond the budget")
        if a == ONE_POLY:
            return b
        if b == ONE_POLY:
            return a
        out: Poly = {}
        for m, c in a.items():
            for n, d in b.items():
                k = join(m, n)
                e = out.get(k, 0) + c * d
                if e:
                    out[k] = e
                else:
                    out.pop(k, None)
        return out

    def power(self, a: Poly, k: int) -> Poly:
        if k > MAX_EXPONENT:
            raise OverBudget(f"an exponent is larger than {MAX_EXPONENT}")
        if len(a) == 1:
            ((m, c),) = a.items()
            if k * max(abs(c.numerator), c.denominator).bit_length() > MAX_BITS:
                raise OverBudget(f"a coefficient has more than {MAX_BITS} bits")
            return {tuple((x, e * k) for x, e in m): c**k} if k else ONE_POLY
        out = ONE_POLY
        for _ in range(k):
            out = self.multiply(out, a)
        return out

    # -- fractions ----------------------------------------------------------------------------

    def add(self, a: Fractional, b: Fractional) -> Fractional:
        (n, d), (m, e) = a, b
        if d == e:
            return plus(n, m), d
        common = {k: max(d.get(k, 0), e.get(k, 0)) for k in d.keys() | e.keys()}
        return plus(self._lift(n, d, common), self._lift(m, e, common)), common

    def _lift(self, n: Poly, d: dict[int, int], common: dict[int, int]) -> Poly:
        for k, e in common.items():
            if e > d.get(k, 0):
                n = self.multiply(n, self.power(self.denominators[k], e - d.get(k, 0)))
        return n

    def times(self, a: Fractional, b: Fractional) -> Fractional:
        (n, d), (m, e) = a, b
        den = dict(d)
        for k, x in e.items():
            den[k] = den.get(k, 0) + x
        return self.multiply(n, m), den

    def inverse(self, a: Fractional) -> Fractional:
        """1/a, for a that is not zero as a fraction.

        Raises:
            ZeroDivisionError: the numerator of `a` is the zero polynomial.
        """
        n, d = a
        if not n:
            raise ZeroDivisionError
        top = ONE_POLY
        for k, e in d.items():
            top = self.multiply(top, self.power(self.denominators[k], e))
        if len(n) == 1:
            ((m, c),) = n.items()
            return self.multiply(top, {tuple((x, -e) for x, e in m): shorten(1 / Fraction(c))}), {}
        key = frozenset(n.items())
        if key not in self._numbers:
            self._numbers[key] = len(self.denominators)
            self.denominators.append(n)
        return top, {self._numbers[key]: 1}

    def raised(self, a: Fractional, k: int) -> Fractional:
        if k < 0:
            return self.raised(self.inverse(a), -k)
        return self.power(a[0], k), {x: e * k for x, e in a[1].items()} if k else {}

    def minus(self, a: Fractional, b: Fractional) -> Fractional:
        return self.add(a, (scaled(b[0], -1), b[1]))

    def of(self, t: Term) -> Fractional:
        """The fraction that `t` is, rewriting by `known`.

        Raises:
            OverBudget: it would be too large.
            ZeroDivisionError: a denominator is zero as a polynomial.
        """
        found = self.known.get(t)
        if found is None:
            found = self.known[t] = self._compute(t)
        return found

    def _compute(self, t: Term) -> Fractional:
        match t.head:
            case "num":
                p, q = t.args
                c = p if q == 1 else Fraction(p, q)  # type: ignore[arg-type]
                return ({(): c} if c else {}), {}  # type: ignore[dict-item]
            case "add":
                out: Fractional = ({}, {})
                for a in t.terms:
                    out = self.add(out, self.of(a))
                return out
            case "neg":
                n, d = self.of(t.terms[0])
                return scaled(n, -1), d
            case "mul":
                out = (ONE_POLY, {})
                for a in t.terms:
                    out = self.times(out, self.of(a))
                return out
            case "div":
                return self.times(self.of(t.terms[0]), self.inverse(self.of(t.terms[1])))
            case "pow":
                e = literal(t.terms[1])
                if isinstance(e, int) or (e is not None and e.denominator == 1):
                    return self.raised(self.of(t.terms[0]), int(e))
            case _:
                pass
        return {((self.atom(t), 1),): 1}, {}


def plus(a: Poly, b: Poly) -> Poly:
    if len(a) < len(b):
        a, b = b, a
    out = dict(a)
    for m, c in b.items():
        e = out.get(m, 0) + c
        if e:
            out[m] = e
        else:
            del out[m]
    return out


def scaled(a: Poly, c: Fraction | int) -> Poly:
    return {m: c * e for m, e in a.items()} if c else {}


def join(m: Monomial, n: Monomial) -> Monomial:
    """The product of two monomials."""
    if not m:
        return n
    if not n:
        return m
    out = dict(m)
    for x, e in n:
        k = out.get(x, 0) + e
        if k:
            out[x] = k
        else:
            del out[x]
    return tuple(sorted(out.items()))


def shorten(c: Fraction) -> Fraction | int:
    return c.numerator if c.denominator == 1 else c


# -- index arithmetic -----------------------------------------------------------------------------


def difference(a: Term, b: Term) -> Fraction | int | None:
    """a − b if that is a number whatever the atoms are; None otherwise."""
    if a is b:
        return 0
    try:
        algebra = Algebra(budget=2000)
        n, d = algebra.minus(algebra.of(a), algebra.of(b))
    except (OverBudget, ZeroDivisionError):
        return None
    if d or any(n):
        return None
    return n.get((), 0)


def tidy(t: Term) -> Term:
    """An integer term in one canonical order: atoms by their text, the constant last."""
    if t.head in ("num", "sym", "bound", "inf"):
        return t
    try:
        algebra = Algebra(budget=2000)
        n, d = algebra.of(t)
    except (OverBudget, ZeroDivisionError):
        return t
    if d:
        return t
    atoms = list(algebra.atoms)
    parts = []
    for m, c in n.items():
        if any(e < 0 for _, e in m):
            return t
        factors = sorted((atoms[x] for x, e in m for _ in range(e)), key=repr)
        parts.append(([repr(f) for f in factors], factors, c))
    parts.sort(key=lambda p: (not p[1], p[0]))
    terms = [monomial(c, factors) for _, factors, c in parts]
    return num(0) if not terms else terms[0] if len(terms) == 1 else make("add", *terms)


def monomial(c: Fraction | int, factors: list[Term]) -> Term:
    """The term c·f₁·f₂·…"""
    if not factors:
        return num(c)
    body = factors[0] if len(factors) == 1 else None
    if c == 1:
        return body if body is not None else make("mul", *factors)
    if c == -1:
        return make("neg", body if body is not None else make("mul", *factors))
    return make("mul", num(c), *factors)
