"""Calculations by hand with rounded intermediate values: ``σ'(0.81) = 0.69 · 0.31``.

The decimals of the side that is worked out stand for all numbers that round to them.  What agrees within that is not
called wrong; that it is right is not said either.
"""

from __future__ import annotations

from fractions import Fraction

from symderive.kernel.context import Context, Rejected
from symderive.kernel.intervals import Interval, Undefined, Unsure
from symderive.kernel.models import Evaluator, Model
from symderive.kernel.terms import Term, num, rebuild, subterms

MOST = 12
"""Decimals of a side that are looked at."""
DIGITS = 12
PRECISION = 128


def within_rounding(context: Context, claim: Term) -> bool:
    """Whether the sides of an equation agree as far as the rounded decimals of the plain one let them."""
    if claim.head != "rel" or claim.name() != "=" or context.closure(claim) - context.definitions.keys():
        return False
    exact = [t for t in claim.terms if _is_worked_out(t)]
    plain = [t for t in claim.terms if not _is_worked_out(t)]
    decimals = sorted({s for t in plain for s in subterms(t) if _places(s)}, key=str)
    if len(exact) != 1 or len(plain) != 1 or plain[0].head == "num" or not 0 < len(decimals) <= MOST:
        return False
    try:
        wanted, found = _value(context, exact[0]), _value(context, plain[0])
        room = sum(abs(_value(context, _put(plain[0], d, _above(d))) - found) for d in decimals)
    except (Undefined, Unsure, Rejected, RecursionError):
        return False
    return abs(wanted - found) <= room


def _is_worked_out(t: Term) -> bool:
    """Whether a side takes a function of the book, a root or a power: what nobody writes down exactly."""
    return any(s.head in ("app", "der") or (s.head == "pow" and s.terms[1].head != "num") for s in subterms(t))


def _places(t: Term) -> int:
    """How many digits after the point a numeral has; 0 if it is whole, or no short decimal."""
    if t.head != "num" or t.args[1] == 1:
        return 0
    value = Fraction(int(str(t.args[0])), int(str(t.args[1])))
    return next((k for k in range(1, DIGITS) if (value * 10**k).denominator == 1), 0)


def _above(t: Term) -> Term:
    value = Fraction(int(str(t.args[0])), int(str(t.args[1])))
    return num(value + Fraction(1, 2 * 10 ** _places(t)))


def _put(t: Term, old: Term, new: Term) -> Term:
    return new if t is old else rebuild(t, lambda a, _: _put(a, old, new))


def _value(context: Context, t: Term) -> Fraction:
    """The value of a closed number, to far more digits than anybody writes."""
    x = Evaluator(context, Model({}, precision=PRECISION)).entries(t)[0]
    return Fraction(x.lo + x.hi, 2 << PRECISION) if isinstance(x, Interval) else Fraction(x)
