"""Steps as SymPy expressions, for the comparison; assumptions go along where SymPy has words for them."""

from __future__ import annotations

from functools import reduce
from operator import add, mul
from typing import Any

import sympy

from benchmarks.scalar import KINDS, Recurrence, Step
from symderive.kernel.terms import ZERO, Term
from symderive.language.expr import lift


class NoWord(Exception):
    """SymPy has no word for a node."""


def sides(row: Step, claim: Term) -> tuple[Any, Any] | None:
    """Both sides with definitions put in; None if a node has no counterpart."""
    if any(isinstance(body, Recurrence) for body in row.definitions.values()):
        return None
    positive = {f.term.terms[1].name() for f in row.given if f.term.terms and f.term.terms[0] is ZERO
                and f.term.args[0] == "<" and f.term.terms[1].head == "sym"}  # fmt: skip
    writer = _Writer(row, positive)
    try:
        left, right = (writer(t, ()) for t in claim.terms)
    except NoWord:
        return None
    return left, right


FUNCTIONS: dict[str, Any] = {
    **{n: getattr(sympy, n) for n in "exp log sin cos tan sinh cosh tanh erf sign".split()},
    "abs": sympy.Abs,
    "pi": lambda: sympy.pi,
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "logit": lambda x: sympy.log(x / (1 - x)),
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    "silu": lambda x: x / (1 + sympy.exp(-x)),
    "gelu": lambda x: x * (1 + sympy.erf(x / sympy.sqrt(2))) / 2,
    "relu": lambda x: sympy.Max(x, 0),
    "max": sympy.Max,
    "min": sympy.Min,
    "lrelu": lambda c, x: sympy.Max(x, 0) + c * sympy.Min(x, 0),
    "elu": lambda c, x: sympy.Max(x, 0) + c * (sympy.exp(sympy.Min(x, 0)) - 1),
    "step": lambda x: sympy.Piecewise((1, x > 0), (0, True)),
}

RELATIONS = {"=": sympy.Eq, "!=": sympy.Ne, "<": sympy.Lt, "<=": sympy.Le}


class _Writer:
    def __init__(self, row: Step, positive: set[str]) -> None:
        self.row, self.positive = row, positive

    def symbol(self, name: str) -> Any:
        kind = KINDS.get(name, "real")
        if kind == "dimension":
            return sympy.Symbol(name, integer=True, positive=True)
        if kind == "integer":
            return sympy.Symbol(name, integer=True)
        if kind == "vector":
            return sympy.IndexedBase(name, real=True)
        if kind == "random":
            raise NoWord
        return sympy.Symbol(name, real=True, positive=True if name in self.positive else None)

    def __call__(self, t: Term, bound: tuple[Any, ...]) -> Any:
        if t.head == "big":
            return self.big(t, bound)
        if t.head == "der":
            return self.der(t, bound)
        if t.head == "sym" and t.name() in self.row.definitions:
            return self(lift(self.row.definitions[t.name()]).term, ())
        if t.head == "bound":
            return bound[t.args[0]]  # type: ignore[index]
        if t.head == "num":
            return sympy.Rational(t.args[0], t.args[1])
        if t.head == "sym":
            return self.symbol(t.name())
        args = [self(a, bound) for a in t.terms]
        match t.head:
            case "add":
                return reduce(add, args)
            case "mul":
                return reduce(mul, args)
            case "neg":
                return -args[0]
            case "div":
                return args[0] / args[1]
            case "pow":
                return args[0] ** args[1]
            case "at" if isinstance(args[0], sympy.IndexedBase):
                return args[0][args[1]]
            case "rel":
                return RELATIONS[t.name()](*args)
            case "cases" if len(args) == 3:
                return sympy.Piecewise((args[1], args[0]), (args[2], True))
            case "app" if t.name() in FUNCTIONS:
                return FUNCTIONS[t.name()](*args)
            case "app" if t.name() in ("f", "g"):
                return sympy.Function(t.name(), real=True)(*args)
            case _:
                raise NoWord(t.head)

    def big(self, t: Term, bound: tuple[Any, ...]) -> Any:
        lo, hi, guard, body = t.terms
        if guard.terms or t.name() not in ("sum", "prod"):
            raise NoWord
        i = sympy.Symbol(f"k{len(bound)}", integer=True)
        make = sympy.Sum if t.name() == "sum" else sympy.Product
        return make(self(body, (i, *bound)), (i, self(lo, bound), self(hi, bound)))

    def der(self, t: Term, bound: tuple[Any, ...]) -> Any:
        name = t.name(1)
        if name in self.row.definitions:
            raise NoWord
        v = self.symbol(name)
        for index in t.terms[1:]:
            v = v[self(index, bound)]
        return sympy.diff(self(t.terms[0], bound), v)
