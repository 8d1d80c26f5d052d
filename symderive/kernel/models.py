"""Values of terms and truth of conditions in one finite model.

A model gives every leaf a rational value (tensors entry by entry), every unknown function a
polynomial, and the random names a finite probability space.  Terms are lowered first, so only numbers
are computed with: exact where they are rational, intervals where they are not.  Limits and laws are not
evaluated here: they are first rewritten by proved lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from symderive.kernel.context import PRIMITIVES, Context, base_name, family_member
from symderive.kernel.defined import compare
from symderive.kernel.intervals import Arithmetic, Interval, Real, Undefined, Unsure
from symderive.kernel.lowering import lower
from symderive.kernel.shapes import Shape, shape, slots_of
from symderive.kernel.slopes import slope
from symderive.kernel.terms import TRUE, Term, at, literal, num, substitute

MAX_TERMS = 20_000
"""Longest sum that is evaluated."""

Poly = Mapping[tuple[int, ...], Fraction]
"""A polynomial in numbered variables: exponents -> coefficient."""

Entries = Mapping[tuple[int, ...], Fraction]
"""A tensor by its entries; a number has the one entry ()."""


@dataclass(frozen=True)
class FunctionModel:
    """An unknown function as polynomials in the entries of its arguments, row by row.

    ``sizes`` are the dimensions of each argument; ``outputs`` has a polynomial per entry of the value.
    """

    sizes: tuple[tuple[int, ...], ...]
    outputs: Mapping[tuple[int, ...], Poly]


@dataclass
class Model:
    """Leaf values, functions and outcomes (probability > 0, values of the random names)."""

    values: Mapping[str, Entries]
    functions: Mapping[str, FunctionModel] = field(default_factory=dict)
    outcomes: tuple[tuple[Fraction, Mapping[str, Entries]], ...] = ()
    precision: int = 64


Env = tuple[int, ...]
"""The values of the binders above a part of a term, nearest first."""


class Evaluator:
    """Evaluates terms and conditions of one context in one model."""

    def __init__(self, context: Context, model: Model) -> None:
        self.context, self.model = context, model
        self.a = Arithmetic(model.precision)
        self.outcome: int | None = None
        self._memo: dict[tuple[Term, int | None], Real] = {}
        self.slopes: dict[object, Real] = {}
        self._metas: Mapping[str, Real] = {}

    # -- numbers --------------------------------------------------------------------------------

    def real(self, t: Term, env: Env = ()) -> Real:
        """The value of a number; parts under binders have to be lowered already.

        Raises:
            Undefined: it has no value in this model.
            Unsure: the evaluator cannot tell.
        """
        if t.dangling or t.schematic:
            return self._real(t, env)
        key = (t, None if t.head == "ex" and len(t.args) == 1 else self.outcome)
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = self._real(lower(self.context, t), ())
        return found

    def integer(self, t: Term, env: Env = ()) -> int:
        v = self.real(t, env)
        if isinstance(v, Interval) or v.denominator != 1:
            raise Unsure("an index that is not an integer")
        return int(v)

    def entries(self, t: Term, env: Env = ()) -> list[Real]:
        """The entries of a term, row by row."""
        return [self.real(e, env) for e in self.each(t, shape(self.context, t), env)]

    def each(self, t: Term, s: Shape, env: Env) -> Iterator[Term]:
        """The entries of a term of shape `s`, as terms, row by row."""
        if not s:
            yield t
            return
        for i in self.span(s[0][0], s[0][1], env):
            entry = lower(self.context, at(t, num(i)))
            yield from self.each(entry, shape(self.context, entry), env)

    def span(self, low: Term, high: Term, env: Env = ()) -> range:
        return span(self.integer(low, env), self.integer(high, env))

    def _real(self, t: Term, env: Env) -> Real:
        a, parts = self.a, t.terms
        match t.head:
            case "num":
                return Fraction(t.args[0], t.args[1])  # type: ignore[arg-type]
            case "bound":
                k = t.args[0]
                if not isinstance(k, int) or k >= len(env):
                    raise Unsure("a loose index")
                return env[k]
            case "meta":
                return self._metas[t.name()]
            case "sym" | "at":
                return self._member(t, env)
            case "add" | "mul":
                out = self.real(parts[0], env)
                for p in parts[1:]:
                    out = (a.add if t.head == "add" else a.mul)(out, self.real(p, env))
                return out
            case "neg":
                return a.neg(self.real(parts[0], env))
            case "div":
                return a.mul(self.real(parts[0], env), a.inverse(self.real(parts[1], env)))
            case "pow":
                return self._power(t, env)
            case "app":
                return self._apply(t, env)
            case "cases":
                if self.truth(parts[0], env):
                    return self.real(parts[1], env)
                if len(parts) == 2:
                    raise Undefined("no case applies")
                return self.real(parts[2], env)
            case "big":
                return self._big(t, env)
            case "ex":
                return self.mean(t, lambda x: self.real(x, env))
            case "der":
                place = tuple(self.integer(i, env) for i in parts[1:])
                return slope(self, parts[0], env, (t.name(1), place))
            case "op" if t.name() == "det":
                return determinant(self.matrix(parts[0], env))
            case _:
                raise Unsure(f"{t.head} is not evaluated")

    def _member(self, t: Term, env: Env) -> Real:
        """An entry of a name, of an opaque operator or of a function whose value is a tensor."""
        indices: list[int] = []
        while t.head == "at":
            indices.insert(0, self.integer(t.terms[1], env))
            t = t.terms[0]
        if t.head == "op" and t.name() == "inv":
            i, j = indices
            return inverse_entry(self.matrix(t.terms[0], env), i - 1, j - 1)
        if t.head == "app":
            return self._unknown(t, env, tuple(indices))
        if t.head != "sym":
            entry = lower(self.context, at(t, *map(num, indices)))
            if family_member(entry) is None and entry.head != "at":
                return self.real(entry, env)
            raise Unsure(f"an entry of {t.head} is not evaluated")
        name = t.name()
        if name in self.context.definitions:
            return self._defined(name, indices)
        if name in self.context.randoms:
            here = {} if self.outcome is None else self.model.outcomes[self.outcome][1]
        else:
            here = self.model.values  # type: ignore[assignment]
        if name not in here:
            raise Unsure(f"the model says nothing of {name}")
        if tuple(indices) not in here[name]:
            raise Undefined(f"{name} has no entry {indices}")
        return here[name][tuple(indices)]

    def _defined(self, name: str, indices: list[int]) -> Real:
        d = self.context.definitions[name]
        values = {p: num(i) for p, i in zip(d.params, indices, strict=False)}
        rest = [num(i) for i in indices[len(d.params) :]]
        return self.real(at(substitute(self.clause_at(name, tuple(indices)), values), *rest))

    def clause_at(self, name: str, indices: tuple[int, ...]) -> Term:
        """The body of the clause that applies at these indices."""
        d = self.context.definitions[name]
        values = {p: num(i) for p, i in zip(d.params, indices, strict=False)}
        for ranges, body in d.clauses:
            if all(
                self.integer(substitute(lo, values)) <= i
                and (hi.head == "inf" or i <= self.integer(substitute(hi, values)))
                for i, (lo, hi) in zip(indices, ranges, strict=False)
            ):
                return body
        raise Undefined(f"{name} is not defined at {indices}")

    def matrix(self, t: Term, env: Env) -> list[list[Fraction]]:
        flat = self.entries(t, env)
        n = round(len(flat) ** 0.5)
        if any(isinstance(x, Interval) for x in flat):
            raise Unsure("a matrix with irrational entries")
        return [[Fraction(x) for x in flat[k * n : (k + 1) * n]] for k in range(n)]  # type: ignore[arg-type]

    def _power(self, t: Term, env: Env) -> Real:
        x, e = self.real(t.terms[0], env), literal(t.terms[1])
        if e is not None:
            return self.power(x, e)
        y = self.real(t.terms[1], env)
        if isinstance(y, Interval) or y.denominator != 1:
            return self.a.exp(self.a.mul(y, self.a.log(x)))
        return self.power(x, y)

    def power(self, x: Real, y: Real) -> Real:
        """x to a rational power, by roots."""
        a = self.a
        if isinstance(y, Interval):
            return a.exp(a.mul(y, a.log(x)))
        if y < 0 and a.sign(x) == 0:
            raise Undefined("a negative power of zero")
        return a.power(a.root(x, y.denominator) if y.denominator > 1 else x, y.numerator)

    def _apply(self, t: Term, env: Env) -> Real:
        f, context = t.name(), self.context
        if f == "pi":
            return self.a.pi()
        if f in PRIMITIVES:
            return getattr(self.a, f)(self.real(t.terms[0], env))  # type: ignore[no-any-return]
        if f in context.functions:
            row, outer = context.functions[f], self._metas
            arguments = [self.real(x, env) for x in t.terms]
            if row.body is None:
                raise Unsure(f"{f} is opaque")
            self._metas = dict(zip(row.params, arguments, strict=True))
            try:
                return self.real(row.body)
            finally:
                self._metas = outer
        if f in context.definitions:
            return self.real(context.clause(f, 0, t.terms)[0], env)
        return self._unknown(t, env, ())

    def _unknown(self, t: Term, env: Env, indices: tuple[int, ...]) -> Real:
        """An entry of the value of an unknown function or of a derivative of it."""
        p, point = self._polynomial(t, env, indices)
        return self._at_point(p, point)

    def partial(self, t: Term, env: Env, argument: int, entry: int) -> Real:
        """The derivative of an unknown function by one entry of one argument."""
        p, point = self._polynomial(t, env, ())
        sizes = self.model.functions[base_name(t.name())].sizes
        return self._at_point(differentiated(p, sum(map(volume, sizes[:argument])) + entry), point)

    def _polynomial(self, t: Term, env: Env, indices: tuple[int, ...]) -> tuple[Poly, list[Real]]:
        """The polynomial that an unknown function is, and the point at which it is taken."""
        f = t.name()
        model = self.model.functions.get(base_name(f))
        if model is None:
            raise Unsure(f"the model says nothing of {base_name(f)}")
        point = [x for a in t.terms for x in self.entries(a, env)]
        depth = len(self.context.declared(base_name(f)).ranges)
        if indices[:depth] not in model.outputs:
            raise Undefined(f"{f} has no entry {indices}")
        p, rest = model.outputs[indices[:depth]], indices[depth:]
        for k in slots_of(f):
            size, row = model.sizes[k], 0
            place, rest = rest[: len(size)], rest[len(size) :]
            for d, i in zip(size, place, strict=True):
                if not 1 <= i <= d:
                    raise Undefined(f"{f} has no entry {indices}")
                row = row * d + i - 1
            p = differentiated(p, sum(map(volume, model.sizes[:k])) + row)
        return p, point

    def _at_point(self, p: Poly, point: list[Real]) -> Real:
        out: Real = 0
        for exponents, c in p.items():
            term: Real = c
            for x, e in zip(point, exponents, strict=True):
                term = self.a.mul(term, self.a.power(x, e)) if e else term
            out = self.a.add(out, term)
        return out

    def _big(self, t: Term, env: Env) -> Real:
        op, a, (low, high, guard, body) = t.name(), self.a, t.terms
        inside = self.span(low, high, env)
        items = [self.real(body, (i, *env)) for i in inside if guard is TRUE or self.truth(guard, (i, *env))]
        if op in ("sum", "prod"):
            out: Real = 0 if op == "sum" else 1
            for x in items:
                out = a.add(out, x) if op == "sum" else a.mul(out, x)
            return out
        if not items:
            raise Undefined("the extremum of nothing")
        best = max if op == "max" else min
        if not any(isinstance(x, Interval) for x in items):
            return best(items)  # type: ignore[type-var]
        ends = [a.interval(x) for x in items]
        return Interval(best(e.lo for e in ends), best(e.hi for e in ends))

    def mean(self, t: Term, of: Callable[[Term], Real]) -> Real:
        """E over everything random, or over some names given the values of the others."""
        names = {str(n) for n in t.args[1:]}
        outcomes = self.model.outcomes
        if not self.context.random_in(t.terms[0]):
            return of(t.terms[0])
        chosen = list(range(len(outcomes)))
        if names and self.outcome is not None:
            here = outcomes[self.outcome][1]
            others = [n for n in here if n not in names]
            chosen = [k for k in chosen if all(outcomes[k][1][n] == here[n] for n in others)]
        if not chosen or (names and self.outcome is None and names < self.context.randoms):
            raise Unsure("the model has no such probability space")
        weight = sum((outcomes[k][0] for k in chosen), Fraction(0))
        before = self.outcome
        out: Real = 0
        for k in chosen:
            self.outcome = k
            out = self.a.add(out, self.a.mul(outcomes[k][0] / weight, of(t.terms[0])))
        self.outcome = before
        return out

    # -- conditions -----------------------------------------------------------------------------

    def holds(self, condition: Term) -> bool:
        """Whether a closed condition is defined and true; about random names, in every outcome.

        Raises:
            Unsure: the evaluator cannot tell.
        """
        before = self.outcome
        try:
            if condition.head == "is" or not self.context.random_in(condition):
                return self.truth(condition)
            if not self.model.outcomes:
                raise Unsure("the model has no probability space")
            for k in range(len(self.model.outcomes)):
                self.outcome = k
                if not self.truth(condition):
                    return False
        except Undefined:
            return False
        finally:
            self.outcome = before
        return True

    def truth(self, c: Term, env: Env = ()) -> bool:
        if not c.dangling:
            c = lower(self.context, c)
        match c.head:
            case "and":
                return all(self.truth(x, env) for x in c.terms)
            case "imp":
                return not self.truth(c.terms[0], env) or self.truth(c.terms[1], env)
            case "all" if c.terms[1].head != "inf":
                lo, hi, body = c.terms
                return all(self.truth(body, (i, *env)) for i in self.span(lo, hi, env))
            case "rel":
                left, right = (self.entries(x, env) for x in c.terms)
                results = [self._relation(c.name(), x, y) for x, y in zip(left, right, strict=True)]
                if None in results and False not in results:
                    raise Unsure("two values are too near to tell")
                return all(results)
            case "is":
                from symderive.kernel.properties import property_holds

                return property_holds(self, c, env)
            case _:
                raise Unsure(f"{c.head} is not evaluated")

    def _relation(self, op: str, x: Real, y: Real) -> bool | None:
        gap = self.a.add(y, self.a.neg(x))
        sign = self.a.sign(gap)
        if sign is None:
            return True if op == "<=" and self.a.interval(gap).lo >= 0 else None
        return compare(op, sign)


def span(lo: int, hi: int) -> range:
    if hi - lo >= MAX_TERMS:
        raise Unsure("a range is too long to evaluate")
    return range(lo, hi + 1)


def volume(sizes: tuple[int, ...]) -> int:
    out = 1
    for d in sizes:
        out *= d
    return out


def differentiated(p: Poly, variable: int) -> Poly:
    out: dict[tuple[int, ...], Fraction] = {}
    for exponents, c in p.items():
        e = exponents[variable]
        if e:
            lowered = (*exponents[:variable], e - 1, *exponents[variable + 1 :])
            out[lowered] = out.get(lowered, Fraction(0)) + c * e
    return out


def determinant(matrix: list[list[Fraction]]) -> Fraction:
    m, out = [list(r) for r in matrix], Fraction(1)
    for k in range(len(m)):
        pivot = next((r for r in range(k, len(m)) if m[r][k]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != k:
            m[k], m[pivot], out = m[pivot], m[k], -out
        out *= m[k][k]
        for r in range(k + 1, len(m)):
            f = m[r][k] / m[k][k]
            m[r] = [x - f * y for x, y in zip(m[r], m[k], strict=True)]
    return out


def inverse_entry(matrix: list[list[Fraction]], i: int, j: int) -> Fraction:
    """Entry (i, j) of the inverse, by cofactors."""
    whole = determinant(matrix)
    if not whole:
        raise Undefined("a singular matrix")
    n = len(matrix)
    minor = [[matrix[r][c] for c in range(n) if c != i] for r in range(n) if r != j]
    return (-1) ** (i + j) * determinant(minor) / whole


