"""Values of terms and truth of conditions in one finite model.

A model gives every leaf a rational value (tensors entry by entry), every unknown function a
polynomial, and the random names a finite probability space.  Terms are lowered first, so only numbers
are computed with: exact where they are rational, intervals where they are not.  Limits and laws are not
evaluated here: they are first rewritten by proved lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from fractions import Fraction

from symderive.kernel.context import PRIMITIVES, Context, base_name, family_member
from symderive.kernel.defined import compare, in_range, slope_of
from symderive.kernel.duals import DualArithmetic
from symderive.kernel.intervals import Arithmetic, Interval, Real, Undefined, Unsure, exact
from symderive.kernel.lowering import lower
from symderive.kernel.shapes import Shape, is_integer, shape, slots_of
from symderive.kernel.terms import TRUE, Term, at, literal, num, substitute, sym

MAX_TERMS = 20_000
"""Longest sum that is evaluated."""

Poly = Mapping[tuple[int, ...], Fraction]
"""A polynomial in numbered variables: exponents -> coefficient."""

Entries = Mapping[tuple[int, ...], Fraction]
"""A tensor by its entries; a number has the one entry ()."""

Entry = tuple[str, tuple[int, ...]]
"""The name and indices by which one differentiates."""


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
        self._nearby: dict[Entry, _Nearby] = {}
        self._metas: Mapping[str, Real] = {}
        self.leaves: Mapping[str, Real] = {}
        """The values of placeholders."""

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
            self._in_range(t)
            found = self._memo[key] = self._real(lower(self.context, t), ())
        return found

    def _in_range(self, t: Term) -> None:
        """Raise `Undefined` unless the indices that lowering takes away are in their ranges."""
        if not all(map(self.truth, in_range(self.context, t))):
            raise Undefined("an index out of its range")

    def integer(self, t: Term, env: Env = ()) -> int:
        v = exact(self.real(t, env))
        if v.denominator != 1:
            raise Unsure("an index that is not an integer")
        return int(v)

    def entries(self, t: Term, env: Env = ()) -> list[Real]:
        """The entries of a term, row by row."""
        if t.schematic:
            return [self.real(t, env)]
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
                return self._slope(parts[0], env, (t.name(1), place))
            case "op" if t.name() == "det":
                return determinant(a, self.matrix(parts[0], env))
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
            return inverse_entry(self.a, self.matrix(t.terms[0], env), i - 1, j - 1)
        if t.head == "app":
            return self._unknown(t, env, tuple(indices))
        if t.head != "sym":
            entry = lower(self.context, at(t, *map(num, indices)))
            if family_member(entry) is None and entry.head != "at":
                return self.real(entry, env)
            raise Unsure(f"an entry of {t.head} is not evaluated")
        return self._named(t.name(), tuple(indices))

    def _named(self, name: str, indices: tuple[int, ...]) -> Real:
        if name in self.leaves:
            return self.leaves[name]
        if name in self.context.definitions:
            return self._defined(name, indices)
        if name in self.context.randoms:
            here = {} if self.outcome is None else self.model.outcomes[self.outcome][1]
        else:
            here = self.model.values
        if name not in here:
            raise Unsure(f"the model says nothing of {name}")
        if indices not in here[name]:
            raise Undefined(f"{name} has no entry {indices}")
        return here[name][indices]

    def _defined(self, name: str, indices: tuple[int, ...]) -> Real:
        d = self.context.definitions[name]
        values = {p: num(i) for p, i in zip(d.params, indices, strict=False)}
        rest = [num(i) for i in indices[len(d.params) :]]
        return self.real(at(substitute(self.clause_at(name, indices), values), *rest))

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

    def matrix(self, t: Term, env: Env = ()) -> list[list[Real]]:
        """A square matrix, row by row."""
        flat = self.entries(t, env)
        n = round(len(flat) ** 0.5)
        return [flat[k * n : (k + 1) * n] for k in range(n)]

    def _slope(self, t: Term, env: Env, v: Entry) -> Real:
        """∂t/∂v, by evaluating t with a dual number for v; undefined where there is no such entry."""
        self._named(*v)
        if not self.context.depends(t, v[0]):
            self.real(t, env)
            return 0
        near = self._nearby.get(v)
        if near is None:
            near = self._nearby[v] = _Nearby(self, v)
        near.outcome = self.outcome
        try:
            return near.a.parts(near.real(t, env))[1]
        except Undefined as error:
            raise Unsure(f"a derivative at the edge of a domain: {error}") from None

    def _power(self, t: Term, env: Env) -> Real:
        x, e = self.real(t.terms[0], env), literal(t.terms[1])
        if e is not None:
            return self.power(x, e)
        y = self.real(t.terms[1], env)
        if isinstance(y, Fraction | int) and y.denominator == 1 and is_integer(self.context, t.terms[1]):
            return self.power(x, y)
        return self.a.exp(self.a.mul(y, self.a.log(x)))

    def power(self, x: Real, y: Fraction | int) -> Real:
        """x to a rational power, by roots."""
        a = self.a
        if y < 0 and a.sign(x) == 0:
            raise Undefined("a negative power of zero")
        return a.power(a.root(x, y.denominator) if y.denominator > 1 else x, y.numerator)

    def _apply(self, t: Term, env: Env) -> Real:
        f, context = t.name(), self.context
        if f == "pi":
            return self.a.pi()
        if f in PRIMITIVES:
            return getattr(self.a, f)(self.real(t.terms[0], env))
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
            for x in t.terms:
                self.real(x, env)
            return self.real(context.clause(f, 0, t.terms)[0], env)
        slope = slope_of(context, t)
        if slope is not None:
            return self._at_placeholders({n: self.real(x, env) for n, x in slope[1].items()}).real(slope[0])
        return self._unknown(t, env, ())

    def _at_placeholders(self, leaves: Mapping[str, Real]) -> Evaluator:
        """The evaluator with values for placeholders."""
        out = copy(self)
        out._memo, out._nearby, out.leaves = {}, {}, leaves  # noqa: SLF001
        return out

    def _unknown(self, t: Term, env: Env, indices: tuple[int, ...]) -> Real:
        """An entry of the value of an unknown function or of a derivative of it."""
        p, point = self._polynomial(t, env, indices)
        return self._at_point(p, point)

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
        return a.extremum(items, 1 if op == "max" else -1)

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
        if not c.dangling and not c.schematic:
            self._in_range(c)
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
            return True if op == "<=" and isinstance(gap, Interval) and gap.lo >= 0 else None
        return compare(op, sign)


class _Nearby(Evaluator):
    """The evaluator with one entry of one name varied; what does not vary is left to the one before."""

    a: DualArithmetic

    def __init__(self, centre: Evaluator, v: Entry) -> None:
        super().__init__(centre.context, centre.model)
        self.leaves = centre.leaves
        self.a, self.centre, self.v = DualArithmetic(centre.a), centre, v
        self.depth = self.context.family_depth(v[0])

    def real(self, t: Term, env: Env = ()) -> Real:
        if t.schematic or self.context.depends(t, self.v[0]):
            return super().real(t, env)
        self.centre.outcome = self.outcome
        return self.centre.real(t, env)

    def _named(self, name: str, indices: tuple[int, ...]) -> Real:
        here = name == self.v[0] and indices[: self.depth] == self.v[1][: self.depth]
        if not here and name in self.context.definitions:
            return super()._named(name, indices)
        self.centre.outcome = self.outcome
        value = self.centre.real(at(sym(name), *map(num, indices)))
        return self.a.seed(value) if here and indices == self.v[1] else value

    def mean(self, t: Term, of: Callable[[Term], Real]) -> Real:
        names = {str(n) for n in t.args[1:]} or self.context.randoms
        if any(self.v[0] in self.context.law_closure(n) for n in names):
            raise Unsure("a derivative in a law")
        return super().mean(t, of)


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


def determinant(a: Arithmetic, matrix: list[list[Real]]) -> Real:
    """By elimination; raises `Unsure` where no pivot is certain."""
    m, out = [list(r) for r in matrix], Fraction(1)
    for k in range(len(m)):
        signs = [a.sign(m[r][k]) for r in range(k, len(m))]
        pivot = next((r for r, s in enumerate(signs, start=k) if s), None)
        if pivot is None:
            if None in signs:
                raise Unsure("a pivot that may be zero")
            return 0
        if pivot != k:
            m[k], m[pivot], out = m[pivot], m[k], a.neg(out)
        out, over = a.mul(out, m[k][k]), a.inverse(m[k][k])
        for r in range(k + 1, len(m)):
            f = a.neg(a.mul(m[r][k], over))
            m[r] = [a.add(x, a.mul(f, y)) for x, y in zip(m[r], m[k], strict=True)]
    return out


def inverse_entry(a: Arithmetic, matrix: list[list[Real]], i: int, j: int) -> Real:
    """Entry (i, j) of the inverse, by cofactors."""
    over = a.inverse(determinant(a, matrix))
    n = len(matrix)
    minor = [[matrix[r][c] for c in range(n) if c != i] for r in range(n) if r != j]
    return a.mul((-1) ** (i + j), a.mul(determinant(a, minor), over))
