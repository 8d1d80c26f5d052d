"""Certified real arithmetic: intervals with integer ends, in units of 2^−precision.

Every function returns an interval that contains the true value for every point of its argument.
Exact rationals stay `Fraction`; an interval appears only where a value is irrational.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from math import isqrt
from typing import Any, NamedTuple


class Undefined(ArithmeticError):
    """The term has no value at this point, for certain."""


class Unsure(ArithmeticError):
    """The precision does not settle the question, or a bound of the evaluator is reached."""


class Interval(NamedTuple):
    """All reals between lo·2^−p and hi·2^−p."""

    lo: int
    hi: int


Real = Any  # Fraction | int | Interval, or a dual of them

LARGEST_EXPONENT = 20_000
"""Largest |x| for which e^x is evaluated, and largest integer exponent."""
LARGEST_BITS = 200_000
GUARD = 24
"""Extra bits inside the series."""


def exact(x: Any) -> Fraction | int:
    """A value that is a rational number.

    Raises:
        Unsure: it is known only as an interval, or varies.
    """
    if not isinstance(x, Fraction | int):
        raise Unsure("a value is not rational")
    return x


class Arithmetic:
    """The operations at one precision (bits after the binary point)."""

    level = 0

    def __init__(self, precision: int) -> None:
        self.p = precision
        self.unit = 1 << precision

    # -- conversion -----------------------------------------------------------------------------

    def interval(self, x: Real) -> Interval:
        if isinstance(x, Interval):
            return x
        n = x.numerator << self.p
        return Interval(n // x.denominator, -(-n // x.denominator))

    def sign(self, x: Real) -> int | None:
        """−1, 0 or 1; None if the interval does not tell."""
        if not isinstance(x, Interval):
            return (x > 0) - (x < 0)
        return 1 if x.lo > 0 else -1 if x.hi < 0 else None

    # -- field operations -----------------------------------------------------------------------

    def add(self, x: Real, y: Real) -> Real:
        if isinstance(x, Interval) or isinstance(y, Interval):
            a, b = self.interval(x), self.interval(y)
            return Interval(a.lo + b.lo, a.hi + b.hi)
        return bounded(x + y)

    def neg(self, x: Real) -> Real:
        return Interval(-x.hi, -x.lo) if isinstance(x, Interval) else -x

    def mul(self, x: Real, y: Real) -> Real:
        if not isinstance(x, Interval) and not isinstance(y, Interval):
            return bounded(x * y)
        if x == 0 or y == 0:
            return 0
        a, b = self.interval(x), self.interval(y)
        products = (a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi)
        return Interval(min(products) >> self.p, -(-max(products) >> self.p))

    def inverse(self, x: Real) -> Real:
        """1/x.

        Raises:
            Undefined: x is zero.  Unsure: x may be zero.
        """
        if not isinstance(x, Interval):
            if x == 0:
                raise Undefined("a denominator is zero")
            return Fraction(x.denominator, x.numerator)
        if x.lo <= 0 <= x.hi:
            raise Unsure("a denominator may be zero")
        one = 1 << 2 * self.p
        return Interval(one // x.hi, -(-one // x.lo))

    def power(self, x: Real, k: int) -> Real:
        """x^k for an integer k; 0^0 is 1."""
        if abs(k) > LARGEST_EXPONENT:
            raise Unsure("an exponent is too large to evaluate")
        if k < 0:
            return self.power(self.inverse(x), -k)
        if not isinstance(x, Interval):
            if max(abs(x.numerator), x.denominator).bit_length() * k > LARGEST_BITS:
                raise Unsure("a power is too large to evaluate")
            return Fraction(x) ** k
        if k % 2 == 0 and x.lo <= 0 <= x.hi and k:
            top = self.power(Interval(max(-x.lo, x.hi), max(-x.lo, x.hi)), k)
            return Interval(0, self.interval(top).hi)
        out: Real = 1
        base: Real = x
        while k:
            if k & 1:
                out = self.mul(out, base)
            k >>= 1
            if k:
                base = self.mul(base, base)
        return out

    # -- functions ------------------------------------------------------------------------------

    def abs(self, x: Real) -> Real:
        if not isinstance(x, Interval):
            return abs(x)
        if x.lo >= 0:
            return x
        return Interval(-x.hi, -x.lo) if x.hi <= 0 else Interval(0, max(-x.lo, x.hi))

    def root(self, x: Real, q: int) -> Real:
        """The q-th root, of a nonnegative number when q is even."""
        if q * self.p > LARGEST_BITS:
            raise Unsure("a root is too high to evaluate")
        negative = self.sign(x) == -1
        if negative:
            if q % 2 == 0:
                raise Undefined("an even root of a negative number")
            return self.neg(self.root(self.neg(x), q))
        if not isinstance(x, Interval):
            a, b = integer_root(x.numerator, q), integer_root(x.denominator, q)
            if a**q == x.numerator and b**q == x.denominator:
                return Fraction(a, b)
        a_, b_ = self.interval(x)
        if a_ < 0:
            raise Unsure("the sign under a root is not settled")
        scale = self.p * (q - 1)
        low, high = integer_root(a_ << scale, q), integer_root(b_ << scale, q)
        return Interval(low, high + 1)

    def exp(self, x: Real) -> Real:
        if x == 0:
            return 1
        a = self.interval(x)
        if max(abs(a.lo), abs(a.hi)) > LARGEST_EXPONENT << self.p:
            raise Unsure("an exponential is too large to evaluate")
        return Interval(exp_point(a.lo, self.p).lo, exp_point(a.hi, self.p).hi)

    def log(self, x: Real) -> Real:
        s = self.sign(x)
        if s in (0, -1):
            raise Undefined("the logarithm of a number that is not positive")
        if x == 1:
            return 0
        a = self.interval(x)
        if a.lo <= 0:
            raise Unsure("the sign under a logarithm is not settled")
        return Interval(log_point(a.lo, self.p).lo, log_point(a.hi, self.p).hi)

    def sin(self, x: Real) -> Real:
        return 0 if x == 0 else self._lipschitz(x, sin_point)

    def cos(self, x: Real) -> Real:
        return 1 if x == 0 else self._lipschitz(x, cos_point)

    def erf(self, x: Real) -> Real:
        # |erf'| ≤ 2/√π < 2, so the radius is doubled
        return 0 if x == 0 else self._lipschitz(x, erf_point, 2)

    def extremum(self, items: list[Real], sign: int) -> Real:
        """The largest item (sign 1) or the smallest (−1)."""
        best = max if sign > 0 else min
        if not any(isinstance(x, Interval) for x in items):
            return best(items)
        ends = [self.interval(x) for x in items]
        return Interval(best(e.lo for e in ends), best(e.hi for e in ends))

    def pi(self) -> Interval:
        return pi_interval(self.p)

    def _lipschitz(self, x: Real, point: Callable[[int, int], Interval], constant: int = 1) -> Interval:
        """A function with |f'| ≤ constant and |f| ≤ 1: its value at the middle, widened."""
        a = self.interval(x)
        middle = (a.lo + a.hi) >> 1
        radius = constant * max(a.hi - middle, middle - a.lo)
        f = point(middle, self.p)
        return Interval(max(f.lo - radius, -self.unit), min(f.hi + radius, self.unit))


def bounded(x: Fraction | int) -> Fraction | int:
    if max(abs(x.numerator), x.denominator).bit_length() > LARGEST_BITS:
        raise Unsure("a number is too large to evaluate")
    return x


def integer_root(n: int, q: int) -> int:
    """⌊n^(1/q)⌋ for n ≥ 0."""
    if n < 2 or q == 1:
        return n
    if q == 2:
        return isqrt(n)
    x = 1 << -(-n.bit_length() // q)
    while True:
        y = ((q - 1) * x + n // x ** (q - 1)) // q
        if y >= x:
            return x
        x = y


# -- series, at one point m·2^−p ----------------------------------------------------------------------


def _rescale(lo: int, hi: int, bits: int) -> Interval:
    """From units of 2^−(p+bits) to units of 2^−p, outwards."""
    return Interval(lo >> bits, -(-hi >> bits))


@lru_cache(maxsize=64)
def log2_interval(p: int) -> Interval:
    """log 2 = 2·artanh(1/3)."""
    w = p + GUARD
    term = (2 << w) // 3
    total, k = term, 1
    while term:
        term //= 9
        k += 2
        total += term // k
    return _rescale(total - 3 * k, total + 3 * k, GUARD)


@lru_cache(maxsize=64)
def pi_interval(p: int) -> Interval:
    """Machin: π = 16·arctan(1/5) − 4·arctan(1/239)."""
    w = p + GUARD

    def arctan(n: int) -> tuple[int, int]:
        term = (1 << w) // n
        total, k, sign = term, 1, 1
        while term:
            term //= n * n
            k += 2
            sign = -sign
            total += sign * (term // k)
        return total, 2 * k

    (a, r), (b, s) = arctan(5), arctan(239)
    error = 16 * r + 4 * s
    return _rescale(16 * a - 4 * b - error, 16 * a - 4 * b + error, GUARD)


@lru_cache(maxsize=4096)
def exp_point(m: int, p: int) -> Interval:
    """e^(m·2^−p): reduced by k·log 2, halved, Taylor series, squared back."""
    magnitude = max(m.bit_length() - p, 0)
    w = p + GUARD + magnitude + 8
    ln2 = log2_interval(w)
    x = m << (w - p)
    k = (2 * x // ln2.lo + 1) // 2
    # r encloses x − k·log 2, |r| < 1
    r_lo = x - (k * ln2.hi if k >= 0 else k * ln2.lo)
    r_hi = x - (k * ln2.lo if k >= 0 else k * ln2.hi)
    halvings = 8
    r = r_lo >> halvings
    width = (r_hi - r_lo >> halvings) + 2
    term = 1 << w
    total, n = term, 0
    while abs(term) > 1:
        n += 1
        term = (term * r >> w) // n
        total += term
    # truncation is below |term|·2, rounding below 3 units a term, the argument's width below 2·width
    error = 3 * n + 4 + 2 * width
    lo, hi = total - error, total + error
    for _ in range(halvings):
        lo, hi = lo * lo >> w, -(-hi * hi >> w)
    down = w - p - k
    if down >= 0:
        return _rescale(lo, hi, down)
    return Interval(lo << -down, hi << -down)


@lru_cache(maxsize=4096)
def log_point(m: int, p: int) -> Interval:
    """log(m·2^−p) for m > 0: k·log 2 + 2·artanh((f−1)/(f+1)) with f between 2/3 and 4/3."""
    w = p + GUARD
    k = m.bit_length() - p
    shift = w - p - k
    f = m << shift if shift >= 0 else m >> -shift
    lost = 0 if shift >= 0 else 2
    one = 1 << w
    if 3 * f < 2 * one:
        f, k = 2 * f, k - 1
        lost *= 2
    y = ((f - one) << w) // (f + one)
    square = y * y >> w
    term, total, n = y, y, 1
    while abs(term) > 1:
        term = term * square >> w
        n += 2
        total += term // n
    error = 2 * (2 * n + 8) + 2 * lost
    ln2 = log2_interval(w)
    lo = 2 * total - error + (k * ln2.lo if k >= 0 else k * ln2.hi)
    hi = 2 * total + error + (k * ln2.hi if k >= 0 else k * ln2.lo)
    return _rescale(lo, hi, GUARD)


def _trigonometric(m: int, p: int, quarter: int) -> Interval:
    """sin(m·2^−p + quarter·π/2)."""
    w = p + GUARD + max(m.bit_length() - p, 0)
    pi = pi_interval(w + 2)
    half = Interval(pi.lo >> 3, -(-pi.hi >> 3))
    x = m << (w - p)
    k = (2 * x // half.lo + 1) // 2
    r = x - (k * (half.lo + half.hi) >> 1)
    width = abs(k) * (half.hi - half.lo + 1) + 1
    turns = (k + quarter) % 4
    # sin or cos of r by its alternating series
    term = r if turns % 2 == 0 else 1 << w
    total, n = term, 1 if turns % 2 == 0 else 0
    square = r * r >> w
    while abs(term) > 1:
        term = -(term * square >> w) // ((n + 1) * (n + 2))
        n += 2
        total += term
    if turns >= 2:
        total = -total
    error = 4 * n + 8 + width
    return _rescale(total - error, total + error, w - p)


@lru_cache(maxsize=4096)
def sin_point(m: int, p: int) -> Interval:
    return _trigonometric(m, p, 0)


@lru_cache(maxsize=4096)
def cos_point(m: int, p: int) -> Interval:
    return _trigonometric(m, p, 1)


@lru_cache(maxsize=4096)
def erf_point(m: int, p: int) -> Interval:
    """erf(m·2^−p): alternating Taylor series; far out 1 − erf(x) < 2^−(x²) for x ≥ 1."""
    if m < 0:
        lo, hi = erf_point(-m, p)
        return Interval(-hi, -lo)
    whole = (m >> p) + 1
    if (m >> p) ** 2 > p + 4:
        return Interval((1 << p) - 1, 1 << p)
    w = p + GUARD + 3 * whole * whole
    x = m << (w - p)
    square = x * x >> w
    term, total, n = x, x, 0
    while abs(term) > 1 or n < 2 * whole * whole:
        n += 1
        term = -(term * square >> w) // n
        total += term // (2 * n + 1)
    # rounding in the recurrence grows at most like the terms, which stay below e^(x²) < 2^(2·whole²)
    error = (4 * n + 8) << (2 * whole * whole)
    a = Arithmetic(w)
    factor = a.mul(2, a.inverse(a.root(a.pi(), 2)))
    product = a.mul(Interval(total - error, total + error), factor)
    return _rescale(*a.interval(product), w - p)
