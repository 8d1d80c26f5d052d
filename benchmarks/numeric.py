"""What a step means in numbers: an evaluator of terms in mpmath, apart from everything that it is used to test.

Values are random rationals that satisfy the facts; unknown functions stand for fixed smooth ones; random names
take three values each.  Derivatives are difference quotients at a high precision.  It labels; it proves nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import Any

import mpmath as mp  # type: ignore[import-untyped]

from symderive.kernel.context import Context
from symderive.kernel.terms import Term, num, substitute, subterms, sym

DIGITS = 120
"""Differences of large exponentials lose many; fifty are left."""
CLOSE = mp.mpf(10) ** -40
"""Difference quotients nested twice still agree to this."""


class Undefined(ArithmeticError):
    """A term has no value at a point."""


def _log(x: Any) -> Any:
    if x <= 0:
        raise Undefined
    return mp.log(x)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def _logit(x: Any) -> Any:
    if not 0 < x < 1:
        raise Undefined
    return mp.log(x / (1 - x))


def _tan(x: Any) -> Any:
    if abs(mp.cos(x)) < CLOSE:
        raise Undefined
    return mp.tan(x)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": mp.exp,
    "log": _log,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": _tan,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "erf": mp.erf,
    "abs": abs,
    "pi": lambda: +mp.pi,
    "sigmoid": _sigmoid,
    "logit": _logit,
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "silu": lambda x: x * _sigmoid(x),
    "gelu": lambda x: x * mp.ncdf(x),
    "softsign": lambda x: x / (1 + abs(x)),
    "relu": lambda x: x if x > 0 else mp.mpf(0),
    "lrelu": lambda c, x: x if x > 0 else c * x,
    "elu": lambda c, x: x if x > 0 else c * mp.expm1(x),
    "max": max,
    "min": min,
    "sign": mp.sign,
    "step": lambda x: mp.mpf(x > 0),
}
"""From the textbooks, not from the rules."""

STAND_INS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "f": (lambda x: mp.sin(x) + x**2 / 3 + mp.mpf(5) / 2, lambda x: mp.cos(x) + 2 * x / 3),
    "g": (lambda x: mp.exp(x / 2) - x, lambda x: mp.exp(x / 2) / 2 - 1),
}
"""What unknown functions are taken to be, with their derivatives."""


class Point:
    """Values of all names, and of terms there."""

    def __init__(self, context: Context, values: dict[str, Any], outcomes: list[tuple[Any, dict[str, Any]]]) -> None:
        self.context = context
        self.values = values
        self.outcomes = outcomes

    def at(self, **changed: Any) -> Point:
        return Point(self.context, {**self.values, **changed}, self.outcomes)

    def __call__(self, t: Term, bound: tuple[Any, ...] = ()) -> Any:
        method: Callable[[Term, tuple[Any, ...]], Any] = getattr(self, "_" + t.head)
        return method(t, bound)

    def _num(self, t: Term, _: tuple[Any, ...]) -> Any:
        p, q = t.args
        return p if q == 1 else mp.mpf(p) / q

    def _bound(self, t: Term, bound: tuple[Any, ...]) -> Any:
        return bound[t.args[0]]  # type: ignore[index]

    def _sym(self, t: Term, _: tuple[Any, ...]) -> Any:
        name = t.name()
        if name in self.values:
            return self.values[name]
        if name not in self.context.definitions:
            raise Undefined(name)
        ((_, body),) = self.context.definitions[name].clauses
        return self(body)

    def _add(self, t: Term, bound: tuple[Any, ...]) -> Any:
        return sum(self(a, bound) for a in t.terms)

    def _neg(self, t: Term, bound: tuple[Any, ...]) -> Any:
        return -self(t.terms[0], bound)

    def _mul(self, t: Term, bound: tuple[Any, ...]) -> Any:
        out = 1
        for a in t.terms:
            out = out * self(a, bound)
        return out

    def _div(self, t: Term, bound: tuple[Any, ...]) -> Any:
        a, b = (self(x, bound) for x in t.terms)
        if abs(b) < mp.mpf(10) ** -40:
            raise Undefined
        return mp.mpf(a) / b

    def _pow(self, t: Term, bound: tuple[Any, ...]) -> Any:
        base, power = t.terms
        x = self(base, bound)
        if power.head == "num" and power.args[1] != 1:
            p, q = power.args
            if x < 0 and q % 2:  # type: ignore[operator]
                return (-1) ** p * (-x) ** (mp.mpf(p) / q)  # type: ignore[operator]
            if x < 0 or (x == 0 and p < 0):  # type: ignore[operator]
                raise Undefined
            return mp.mpf(x) ** (mp.mpf(p) / q)
        e = self(power, bound)
        if e == int(e):
            if x == 0 and e < 0:
                raise Undefined
            return x ** int(e) if e >= 0 else 1 / mp.mpf(x) ** int(-e)
        if x <= 0:
            raise Undefined
        return mp.mpf(x) ** e

    def _app(self, t: Term, bound: tuple[Any, ...]) -> Any:
        name, args = t.name(), [self(a, bound) for a in t.terms]
        if name in FUNCTIONS:
            return FUNCTIONS[name](*args)
        return STAND_INS[name.rstrip("'")][name.count("'")](*args)

    def _cases(self, t: Term, bound: tuple[Any, ...]) -> Any:
        guard, value, *rest = t.terms
        if self.holds(guard, bound):
            return self(value, bound)
        if not rest:
            raise Undefined
        return self(rest[0], bound)

    def _big(self, t: Term, bound: tuple[Any, ...]) -> Any:
        lo, hi, guard, body = t.terms
        rows = [(k, *bound) for k in range(int(self(lo, bound)), int(self(hi, bound)) + 1)]
        found = [self(body, row) for row in rows if self.holds(guard, row)]
        if t.name() == "sum":
            return sum(found)
        if t.name() == "prod":
            return mp.fprod(found)
        if not found:
            raise Undefined
        return max(found) if t.name() == "max" else min(found)

    def _at(self, t: Term, bound: tuple[Any, ...]) -> Any:
        whole, index = t.terms
        k = int(self(index, bound))
        if whole.head == "sym" and whole.name() in self.context.definitions:
            definition = self.context.definitions[whole.name()]
            for ((lo, hi),), body in definition.clauses:
                if self(lo) <= k and (hi.head == "inf" or k <= self(hi)):
                    return self(substitute(body, {definition.params[0]: num(k)}))
            raise Undefined
        if whole.head == "op" and whole.name() == "softmax":
            z = [mp.exp(x) for x in self(whole.terms[0], bound)]
            if not 1 <= k <= len(z):
                raise Undefined
            return z[k - 1] / sum(z)
        x = self(whole, bound)
        if not 1 <= k <= len(x):
            raise Undefined
        return x[k - 1]

    def _der(self, t: Term, bound: tuple[Any, ...]) -> Any:
        body, place = t.terms[0], t.name(1)
        if len(t.terms) == 1:
            x = mp.mpf(self.values[place] if place in self.values else self(sym(place)))
            return mp.diff(lambda y: mp.mpf(self.at(**{place: y})(body, bound)), x)
        k = int(self(t.terms[1], bound)) - 1
        xs = list(self.values[place])
        if not 0 <= k < len(xs):
            raise Undefined
        return mp.diff(lambda y: mp.mpf(self.at(**{place: [*xs[:k], y, *xs[k + 1 :]]})(body, bound)), xs[k])

    def _ex(self, t: Term, bound: tuple[Any, ...]) -> Any:
        return sum(weight * self.at(**values)(t.terms[0], bound) for weight, values in self.outcomes)

    def holds(self, t: Term, bound: tuple[Any, ...] = ()) -> bool:
        match t.head:
            case "and":
                return all(self.holds(a, bound) for a in t.terms)
            case "imp":
                return not self.holds(t.terms[0], bound) or self.holds(t.terms[1], bound)
            case "all":
                lo, hi, body = t.terms
                return all(self.holds(body, (k, *bound)) for k in range(int(self(lo, bound)), int(self(hi, bound)) + 1))
            case "is":
                return True  # independence: the outcomes are made so
        a, b = (self(x, bound) for x in t.terms)
        match t.name():
            case "=":
                return agree(a, b)
            case "!=":
                return not agree(a, b)
            case "<":
                return bool(a < b)
            case _:
                return bool(a <= b)


def agree(a: Any, b: Any) -> bool:
    return bool(abs(mp.mpf(a) - b) <= CLOSE * (1 + abs(mp.mpf(a))))


def point(context: Context, rng: random.Random) -> Point:
    """Random values for the leaves; the equations among the facts are then made true where that is simple."""

    def number() -> Any:
        return mp.mpf(rng.randint(-60, 60)) / rng.choice((7, 16, 23, 60))

    values: dict[str, Any] = {}
    small = rng.random() < 0.5
    for name, declared in context.signature.items():
        if name in context.definitions or declared.kind in ("function", "random"):
            continue
        if declared.kind == "int":
            values[name] = rng.randint(1, 5)
        elif declared.ranges:
            size = int(values["n"])
            values[name] = [number() for _ in range(size)]
            if any(name in str(fact) and fact.head in ("all", "rel") for fact in context.facts):
                values[name] = [abs(x) + mp.mpf(1) / 9 for x in values[name]]
        else:
            x = number()
            values[name] = abs(x) / 9 if small else x
    for fact in context.facts:
        if fact.head == "rel" and fact.name() == "=" and fact.terms[0].head == "big":
            body = fact.terms[0].terms[3]
            name = next(s.name() for s in subterms(body) if s.head == "sym")
            whole = sum(values[name])
            values[name] = [x / whole for x in values[name]]
    return Point(context, values, outcomes(context, rng))


def outcomes(context: Context, rng: random.Random) -> list[tuple[Any, dict[str, Any]]]:
    """Three values for each random name; independent ones if the facts say so, with mean zero if they say so."""
    names = sorted(context.randoms)
    rows = []
    centred = {s.name() for f in context.facts if f.head == "rel" for s in subterms(f) if s.head == "sym"}
    for name in names:
        weights = [mp.mpf(rng.randint(1, 9)) for _ in range(3)]
        weights = [w / sum(weights) for w in weights]
        xs = [mp.mpf(rng.randint(-20, 20)) / 7 for _ in range(3)]
        mean = sum(w * x for w, x in zip(weights, xs, strict=True)) if name in centred else 0
        rows.append([(w, x - mean) for w, x in zip(weights, xs, strict=True)])
    space = []
    for pick in product(*rows):
        weight = mp.fprod(w for w, _ in pick)
        space.append((weight, {n: x for n, (_, x) in zip(names, pick, strict=True)}))
    if not any(f.head == "is" for f in context.facts):  # dependent: other weights on the same values
        fresh = [mp.mpf(rng.randint(1, 9)) for _ in space]
        space = [(w / sum(fresh), v) for w, (_, v) in zip(fresh, space, strict=True)]
    return space


def trials(context: Context, claim: Term, seed: int = 0, tries: int = 4000) -> Iterator[bool]:
    """Whether the equation holds, at one random point after the other at which the facts hold and both sides are
    defined; at most `tries` points are looked at."""
    rng = random.Random(seed)
    with mp.workdps(DIGITS):
        for _ in range(tries):
            where = point(context, rng)
            try:
                if not all(where.holds(f) for f in context.facts):
                    continue
                a, b = (where(x) for x in claim.terms)
                yield agree(a, b)
            except (Undefined, ZeroDivisionError):
                continue


def label(context: Context, claim: Term, points: int = 20) -> bool | None:
    """True: agrees at so many points; False: fails at one; None: too few points were found."""
    found = list(islice(trials(context, claim), points))
    return False if not all(found) else True if len(found) == points else None


__all__ = ["Point", "Undefined", "label", "trials"]
