"""Numbers for terms, apart from the package's own evaluators: mpmath, finite differences, quadrature.

A derivative is a central difference with the varied name cut from its definition; an expectation under a
normal law is an integral; other expectations are left to the problems.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mpmath import mp, mpf

from symderive.kernel.context import Context
from symderive.kernel.terms import Term

STEP = mpf(10) ** -12
TOLERANCE = mpf(10) ** -9

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": mp.exp,
    "log": mp.log,
    "sin": mp.sin,
    "cos": mp.cos,
    "tanh": mp.tanh,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "abs": abs,
    "pi": lambda: mp.pi,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "relu": lambda x: max(x, mpf(0)),
    "lrelu": lambda c, x: x if x > 0 else c * x,
    "elu": lambda c, x: x if x > 0 else c * (mp.exp(x) - 1),
    "step": lambda x: mpf(int(x > 0)),
    "sign": mp.sign,
    "max": max,
    "min": min,
    "normal_log_density": lambda x, m, v: -((x - m) ** 2) / (2 * v) - mp.log(2 * mp.pi * v) / 2,
}


def add(a: Any, b: Any) -> Any:
    return each(lambda x, y: x + y, a, b)


def each(f: Callable[..., Any], *args: Any) -> Any:
    """A function of numbers, entry by entry; numbers stand for all entries."""
    lists = [a for a in args if isinstance(a, list)]
    if not lists:
        return f(*args)
    rows = [[a[k] if isinstance(a, list) else a for a in args] for k in range(len(lists[0]))]
    return [each(f, *row) for row in rows]


def transpose(a: list[Any]) -> list[Any]:
    return [list(r) for r in zip(*a, strict=True)]


def dot(a: list[Any], b: list[Any]) -> Any:
    return sum((x * y for x, y in zip(a, b, strict=True)), mpf(0))


def matmul(a: Any, b: Any) -> Any:
    if isinstance(a[0], list):
        return [matmul(row, b) for row in a]
    return [dot(a, column) for column in transpose(b)] if isinstance(b[0], list) else dot(a, b)


def flatten(a: Any) -> list[Any]:
    return [x for b in a for x in flatten(b)] if isinstance(a, list) else [a]


def softmax(a: list[Any]) -> list[Any]:
    if isinstance(a[0], list):
        return [softmax(r) for r in a]
    exps = [mp.exp(x) for x in a]
    return [x / sum(exps) for x in exps]


OPERATORS: dict[str, Callable[..., Any]] = {
    "matmul": matmul,
    "transpose": transpose,
    "outer": lambda a, b: [[x * y for y in b] for x in a],
    "hadamard": lambda a, b: each(lambda x, y: x * y, a, b),
    "diag": lambda a: [[x if i == j else mpf(0) for j in range(len(a))] for i, x in enumerate(a)],
    "trace": lambda a: sum(a[i][i] for i in range(len(a))),
    "inner": lambda a, b: dot(flatten(a), flatten(b)),
    "total": lambda a: sum(flatten(a)),
    "mean": lambda a: sum(flatten(a)) / len(flatten(a)),
    "square": lambda a: dot(flatten(a), flatten(a)),
    "norm2": lambda a: mp.sqrt(dot(flatten(a), flatten(a))),
    "norm1": lambda a: sum(map(abs, flatten(a))),
    "norminf": lambda a: max(map(abs, flatten(a))),
    "softmax": softmax,
    "inv": lambda a: (mp.matrix(a) ** -1).tolist(),
    "logsumexp": lambda a: mp.log(sum(mp.exp(x) for x in a)),
}


class Numbers:
    """Evaluates terms of one context at values of its leaves.

    Args:
        values: numbers and nested lists; functions as Python functions.
    """

    def __init__(self, context: Context, values: Mapping[str, Any]) -> None:
        self.context, self.values = context, dict(values)
        self.cut: dict[tuple[str, tuple[int, ...]], Any] = {}
        self.env: list[int] = []

    def __call__(self, t: Term) -> Any:
        parts = t.terms
        match t.head:
            case "num":
                return mpf(t.args[0]) / t.args[1]
            case "bound":
                return mpf(self.env[-1 - t.args[0]])
            case "sym" | "at":
                return self._entry(t)
            case "add":
                out = self(parts[0])
                for a in parts[1:]:
                    out = add(out, self(a))
                return out
            case "neg":
                return each(lambda x: -x, self(parts[0]))
            case "mul":
                out = self(parts[0])
                for a in parts[1:]:
                    out = each(lambda x, y: x * y, out, self(a))
                return out
            case "div":
                return each(lambda x, y: x / y, *map(self, parts))
            case "pow":
                return each(power, *map(self, parts))
            case "app":
                return self._application(t)
            case "op":
                return OPERATORS[t.name()](*map(self, parts))
            case "cases":
                if self.holds(parts[0]):
                    return self(parts[1])
                assert len(parts) == 3
                return self(parts[2])
            case "big":
                return self._big(t)
            case "tab":
                return [self._under(parts[2], k) for k in range(int(self(parts[0])), int(self(parts[1])) + 1)]
            case "der":
                return self._slope(t)
            case "ex":
                return self._mean(t)
            case _:
                raise NotImplementedError(t.head)

    def holds(self, t: Term) -> bool:
        """Whether a condition holds, numbers compared up to rounding."""
        match t.head:
            case "and":
                return all(map(self.holds, t.terms))
            case "imp":
                return not self.holds(t.terms[0]) or self.holds(t.terms[1])
            case "all":
                return all(
                    self._under(t.terms[2], k, self.holds)
                    for k in range(int(self(t.terms[0])), int(self(t.terms[1])) + 1)
                )
        a, b = map(self, t.terms)
        match t.name():
            case "=":
                return close(a, b)
            case "!=":
                return not close(a, b)
            case "<":
                return bool(a < b)
            case _:
                return bool(a <= b)

    def _under(self, body: Term, k: int, f: Callable[[Term], Any] | None = None) -> Any:
        self.env.append(k)
        try:
            return (f or self)(body)
        finally:
            self.env.pop()

    def _entry(self, t: Term) -> Any:
        indices: list[int] = []
        base = t
        while base.head == "at":
            indices.insert(0, int(self(base.terms[1])))
            base = base.terms[0]
        if base.head != "sym":
            return pick(self(base), indices)
        return self.named(base.name(), tuple(indices))

    def named(self, name: str, indices: tuple[int, ...]) -> Any:
        """The value of an entry of a name, cut entries first."""
        if (name, indices) in self.cut:
            return self.cut[name, indices]
        ranges = self.context.declared(name).ranges
        if any(n == name for n, _ in self.cut) and len(indices) < len(ranges):
            lo, hi = ranges[len(indices)]
            return [self.named(name, (*indices, k)) for k in range(int(self(lo)), int(self(hi)) + 1)]
        d = self.context.definitions.get(name)
        if d is None:
            return pick(self.values[name], list(indices))
        depth = len(d.params)
        for which in range(len(d.clauses)):
            from symderive.kernel.terms import num

            body, conditions = self.context.clause(name, which, [num(i) for i in indices[:depth]])
            if all(map(self.holds, conditions)):
                before, self.env = self.env, []
                try:
                    return pick(self(body), list(indices[depth:]))
                finally:
                    self.env = before
        raise AssertionError(f"{name}{indices} is not defined")

    def _application(self, t: Term) -> Any:
        f = t.name()
        args = [self(a) for a in t.terms]
        if f in FUNCTIONS:
            return each(FUNCTIONS[f], *args) if args else FUNCTIONS[f]()
        base, order = f.rstrip("'"), f.count("'")
        if ";" in base:
            raise NotImplementedError(f)
        if order and isinstance(args[0], list):
            return gradient(lambda **v: self.values[base](v["x"]), {"x": args[0]}, "x")
        return mp.diff(self.values[base], args[0], order) if order else self.values[base](*args)

    def _big(self, t: Term) -> Any:
        lo, hi, guard, body = t.terms
        parts = [
            self._under(body, k) for k in range(int(self(lo)), int(self(hi)) + 1) if self._under(guard, k, self.holds)
        ]
        match t.name():
            case "sum":
                out: Any = mpf(0)
                for p in parts:
                    out = add(out, p)
                return out
            case "prod":
                out = mpf(1)
                for p in parts:
                    out *= p
                return out
            case "max":
                return max(parts)
            case _:
                return min(parts)

    def _slope(self, t: Term) -> Any:
        body, key = t.terms[0], (t.name(1), tuple(int(self(i)) for i in t.terms[1:]))
        here = self.named(*key)
        before = dict(self.cut)

        def at(x: Any) -> Any:
            self.cut = {**before, key: x}
            return self(body)

        # the step widens for derivatives inside derivatives
        h = STEP ** (mpf(1) / (1 + sum(1 for s in _inside(body) if s.head == "der")))
        up, down = at(here + h), at(here - h)
        self.cut = before
        return each(lambda x, y: (x - y) / (2 * h), up, down)

    def _mean(self, t: Term) -> Any:
        (name,) = t.args[1:]
        law = self.context.declared(name).law
        assert law is not None
        m, v = map(self, law[1])
        before = dict(self.cut)

        def weighted(x: Any) -> Any:
            self.cut = {**before, (name, ()): m + mp.sqrt(v) * x}
            return self(t.terms[0]) * mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)

        out = mp.quad(weighted, [-12, -4, 0, 4, 12])
        self.cut = before
        return out


def _inside(t: Term) -> list[Term]:
    return [t, *(s for a in t.terms for s in _inside(a))]


def power(x: Any, e: Any) -> Any:
    return x ** int(e) if e == int(e) else x**e


def pick(x: Any, indices: list[int]) -> Any:
    for i in indices:
        x = x[i - 1]
    return x


def close(a: Any, b: Any) -> bool:
    """Whether numbers, or tensors of them, agree up to rounding."""
    one, two = flatten(a), flatten(b)
    if len(one) != len(two):
        return False
    return all(abs(x - y) <= TOLERANCE * max(1, abs(x), abs(y)) for x, y in zip(one, two, strict=True))


def slope(f: Callable[..., Any], values: Mapping[str, Any], name: str, *indices: int) -> Any:
    """The central difference of a Python function of named values in one entry (indices from 1)."""

    def moved(by: Any) -> Any:
        return f(**{**values, name: shifted(values[name], indices, by)})

    return each(lambda x, y: (x - y) / (2 * STEP), moved(STEP), moved(-STEP))


def shifted(x: Any, indices: tuple[int, ...], by: Any) -> Any:
    if not indices:
        return x + by
    return [shifted(y, indices[1:], by) if k == indices[0] else y for k, y in enumerate(x, start=1)]


def gradient(f: Callable[..., Any], values: Mapping[str, Any], name: str) -> Any:
    """All central differences, in the shape of the name."""

    def walk(x: Any, indices: tuple[int, ...]) -> Any:
        if isinstance(x, list):
            return [walk(y, (*indices, k)) for k, y in enumerate(x, start=1)]
        return slope(f, values, name, *indices)

    return walk(values[name], ())
