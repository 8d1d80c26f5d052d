"""A second evaluator, for the tests alone: slow, naive, and written without the kernel's.

It shares nothing with the kernel but the data of terms and contexts: no lowering, no dual numbers, no
intervals.  Numbers are fractions where they are rational and 100 decimal digits where they are not.  A
derivative is a difference quotient with one-sided checks, an expectation is a sum over a table of outcomes,
a normal law is its Gauss-Hermite rule (exact for polynomials up to degree 15), and every function and
operator of the book is defined here again from the literature, not from the book's `body`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

from mpmath import mp, mpf

from symderive.kernel.context import Context
from symderive.kernel.terms import Term

STEP = Fraction(1, 10**25)
"""Of difference quotients: its square is far below `NEAR`, rounding over it as well."""
NEAR = mpf(10) ** -40
NODES = 8
TINY = [Fraction(1, 10**60), Fraction(1, 10**70), Fraction(1, 10**80)]
FAR = [10**60, 10**70, 10**80]
COUNTS = [10**45, 10**46 + 1, 10**47]
"""How near to its point, or how far out, a limit is looked at."""

Number = int | Fraction | Any


class Undefined(Exception):
    """The term has no value here."""


class Unknown(Exception):
    """This evaluator does not decide it (two numbers too near, a slow limit, a law that is not normal)."""


# -- numbers --------------------------------------------------------------------------------------


def exact(x: Number) -> bool:
    return isinstance(x, int | Fraction)


def real(x: Number) -> Any:
    """The number in decimals."""
    return mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else mpf(x)


def plus(x: Number, y: Number) -> Number:
    return x + y if exact(x) and exact(y) else real(x) + real(y)


def times(x: Number, y: Number) -> Number:
    return x * y if exact(x) and exact(y) else real(x) * real(y)


def over(x: Number, y: Number) -> Number:
    if sign(y) == 0:
        raise Undefined("division by zero")
    return Fraction(x) / Fraction(y) if exact(x) and exact(y) else real(x) / real(y)


def near(x: Number, y: Number) -> bool:
    if exact(x) and exact(y):
        return x == y
    x, y = real(x), real(y)
    return bool(abs(x - y) <= NEAR * max(1, abs(x), abs(y)))


def sign(x: Number) -> int:
    if not exact(x) and x != 0 and near(x, 0):
        raise Unknown("too near to zero")
    return (x > 0) - (x < 0)


def whole_power(x: Number, n: int) -> Number:
    """An iterated product; 0⁰ = 1."""
    if n < 0:
        return over(1, whole_power(x, -n))
    return Fraction(x) ** n if exact(x) else x**n


def rational_power(x: Number, q: Fraction) -> Number:
    """By roots: even ones of numbers ≥ 0, odd ones of all numbers."""
    if q.denominator == 1:
        return whole_power(x, int(q))
    s = sign(x)
    if s < 0 and q.denominator % 2 == 0:
        raise Undefined("an even root of a negative number")
    if s == 0:
        if q < 0:
            raise Undefined("a negative power of zero")
        return 0
    root = mp.root(abs(real(x)), q.denominator)
    return whole_power(s * root, q.numerator)


def real_power(x: Number, y: Number) -> Number:
    if sign(x) <= 0:
        raise Undefined("a real power of a number that is not positive")
    return mp.exp(real(y) * mp.log(real(x)))


def log(x: Number) -> Number:
    if sign(x) <= 0:
        raise Undefined("the logarithm of a number that is not positive")
    return mp.log(real(x))


def relation(op: str, x: Number, y: Number) -> bool:
    if op in ("=", "!="):
        return near(x, y) is (op == "=")
    if exact(x) and exact(y):
        return x < y if op == "<" else x <= y
    if near(x, y):
        if op == "<=":
            return True
        raise Unknown("too near to tell")
    return bool(real(x) < real(y))


# -- functions and operators, from the literature ---------------------------------------------------


def _domain(test: Callable[..., bool], f: Callable[..., Number]) -> Callable[..., Number]:
    def guarded(*args: Number) -> Number:
        if not test(*args):
            raise Undefined("outside the domain")
        return f(*args)

    return guarded


def larger(x: Number, y: Number) -> Number:
    return x if relation("<=", y, x) else y


FUNCTIONS: dict[str, Callable[..., Number]] = {
    "exp": lambda a: mp.exp(real(a)) if a else 1,
    "log": log,
    "sin": lambda a: mp.sin(real(a)),
    "cos": lambda a: mp.cos(real(a)),
    "erf": lambda a: mp.erf(real(a)),
    "abs": lambda a: a if a >= 0 else -a,
    "pi": lambda: +mp.pi,
    "sinh": lambda a: mp.sinh(real(a)),
    "cosh": lambda a: mp.cosh(real(a)),
    "tanh": lambda a: mp.tanh(real(a)),
    "tan": _domain(lambda a: not near(mp.cos(real(a)), 0), lambda a: mp.tan(real(a))),
    "sigmoid": lambda a: (1 + mp.tanh(real(a) / 2)) / 2,
    "softplus": lambda a: larger(real(a), mpf(0)) + mp.log1p(mp.exp(-abs(real(a)))),
    "silu": lambda a: real(a) * (1 + mp.tanh(real(a) / 2)) / 2,
    "gelu": lambda a: real(a) * mp.erfc(-real(a) / mp.sqrt(2)) / 2,  # a·Φ(a)
    "softsign": lambda a: over(a, 1 + (a if a >= 0 else -a)),
    "logit": _domain(lambda a: 0 < a < 1, lambda a: 2 * mp.atanh(2 * real(a) - 1)),
    "relu": lambda a: larger(a, 0),
    "max": larger,
    "min": lambda a, b: a if relation("<=", a, b) else b,
    "lrelu": lambda c, a: a if relation("<=", 0, a) else times(c, a),
    "elu": lambda c, a: a if relation("<=", 0, a) else real(c) * mp.expm1(real(a)),
    "sign": sign,
    "step": lambda a: int(sign(a) > 0),
    "normal_density": _domain(
        lambda *abc: sign(abc[2]) > 0, lambda a, b, c: mp.npdf(real(a), real(b), mp.sqrt(real(c)))
    ),
    "normal_log_density": _domain(
        lambda *abc: sign(abc[2]) > 0,
        lambda a, b, c: -(mp.log(2 * mp.pi) + mp.log(real(c)) + (real(a) - real(b)) ** 2 / real(c)) / 2,
    ),
}
"""What the names of the book's functions mean: textbook and mpmath definitions."""


@dataclass(frozen=True)
class Tensor:
    """Entries by index, computed when asked for."""

    lo: int
    hi: int
    get: Callable[[int], Any]

    def __getitem__(self, i: int) -> Any:
        if not self.lo <= i <= self.hi:
            raise Undefined("no such entry")
        return self.get(i)

    def __iter__(self) -> Iterator[Any]:
        return (self.get(i) for i in range(self.lo, self.hi + 1))


def tensor(rows: Sequence[Any]) -> Tensor:
    """A tensor from nested sequences, counted from 1."""
    return Tensor(1, len(rows), lambda i: rows[i - 1] if not isinstance(rows[i - 1], list) else tensor(rows[i - 1]))


def plain(x: Any) -> Any:
    """A value as nested lists."""
    return [plain(y) for y in x] if isinstance(x, Tensor) else x


def total(xs: Any) -> Number:
    out: Number = 0
    for x in xs:
        out = plus(out, x)
    return out


def flat(x: Any) -> list[Number]:
    return [z for y in x for z in flat(y)] if isinstance(x, list) else [x]


def determinant(m: list[list[Number]]) -> Number:
    """By expansion along the first row."""
    if not m:
        return 1
    minors = [[r[:j] + r[j + 1 :] for r in m[1:]] for j in range(len(m))]
    return total(times((-1) ** j, times(m[0][j], determinant(minors[j]))) for j in range(len(m)))


def inverse(m: list[list[Number]]) -> list[list[Number]]:
    """By Cramer's rule."""
    d, n = determinant(m), range(len(m))
    units = [[int(i == j) for i in n] for j in n]
    columns = [[over(determinant([[*r[:i], u[k], *r[i + 1 :]] for k, r in enumerate(m)]), d) for i in n] for u in units]
    return [[columns[j][i] for j in n] for i in n]


def matmul(a: Any, b: Any) -> Any:
    left, right = ([a], b) if not isinstance(a[0], list) else (a, b)
    column = not isinstance(right[0], list)
    right = [[x] for x in right] if column else right
    out = [[total(times(r[k], right[k][j]) for k in range(len(r))) for j in range(len(right[0]))] for r in left]
    out = [r[0] for r in out] if column else out
    return out[0] if left is not a else out


def over_entries(f: Callable[..., Number], *args: Any) -> Any:
    if not any(isinstance(a, list) for a in args):
        return f(*args)
    size = next(len(a) for a in args if isinstance(a, list))
    return [over_entries(f, *(a[i] if isinstance(a, list) else a for a in args)) for i in range(size)]


def softmax(a: Any) -> Any:
    if isinstance(a[0], list):
        return [softmax(r) for r in a]
    top = max(map(real, a))
    weights = [mp.exp(real(x) - top) for x in a]
    return [w / mp.fsum(weights) for w in weights]


OPERATORS: dict[str, Callable[..., Any]] = {
    "matmul": matmul,
    "outer": lambda a, b: [[times(x, y) for y in b] for x in a],
    "transpose": lambda a: [list(r) for r in zip(*a, strict=True)],
    "hadamard": lambda a, b: over_entries(times, a, b),
    "diag": lambda a: [[a[i] if i == j else 0 for j in range(len(a))] for i in range(len(a))],
    "diagonal": lambda a: [a[i][i] for i in range(len(a))],
    "trace": lambda a: total(a[i][i] for i in range(len(a))),
    "inner": lambda a, b: total(times(x, y) for x, y in zip(flat(a), flat(b), strict=True)),
    "total": lambda a: total(flat(a)),
    "mean": lambda a: over(total(a), len(a)),
    "norm1": lambda a: total(map(abs, a)),
    "norm2": lambda a: mp.norm([real(x) for x in flat(a)]),
    "square": lambda a: total(times(x, x) for x in flat(a)),
    "norminf": lambda a: max(map(abs, a), key=real),
    "softmax": softmax,
    "logsumexp": lambda a: max(map(real, a)) + mp.log(mp.fsum(mp.exp(real(x) - max(map(real, a))) for x in a)),
    "inv": inverse,
    "det": determinant,
}


# -- probability -----------------------------------------------------------------------------------


@cache
def hermite_rule() -> tuple[tuple[Any, Any], ...]:
    """Weights and nodes of the standard normal law, exact for polynomials of degree < 2·NODES."""
    coefficients: list[list[int]] = [[1], [1, 0]]  # probabilists' polynomials, highest power first
    for n in range(1, NODES):
        up, down = [*coefficients[n], 0], [0, 0, *(n * c for c in coefficients[n - 1])]
        coefficients.append([x - y for x, y in zip(up, down, strict=True)])
    nodes = [mp.re(x) for x in mp.polyroots(coefficients[NODES], maxsteps=500, extraprec=400)]
    last = coefficients[NODES - 1]
    return tuple((mp.factorial(NODES - 1) / (NODES * mp.polyval(last, x) ** 2), x) for x in nodes)


# -- models ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """Values of leaves (nested lists, counted from the first index of their range), functions and outcomes."""

    values: Mapping[str, Any]
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    outcomes: tuple[tuple[Fraction, Mapping[str, Any]], ...] = ()


@dataclass(frozen=True)
class Shift:
    """A member of a name cut loose from its definition, one entry moved."""

    before: State
    place: tuple[int, ...]
    by: Fraction


@dataclass(frozen=True)
class State:
    """Where in the model a term is evaluated: the outcome, the random values, what is varied."""

    outcome: int | None = None
    drawn: Mapping[str, Any] = field(default_factory=dict)
    moved: Mapping[tuple[str, tuple[int, ...]], Shift] = field(default_factory=dict)


Env = tuple[int, ...]


class Reference:
    """Values and truth in one model."""

    def __init__(self, context: Context, world: World) -> None:
        self.context, self.world = context, world
        self.loose: dict[str, Any] = {}

    # -- what a test asks -------------------------------------------------------------------------

    def states(self) -> list[State]:
        """Every outcome, names with a law at some points."""
        laws = [n for n, d in self.context.signature.items() if d.law]
        drawn = {n: Fraction(3 * k + 2, 4 + k) for k, n in enumerate(laws)}
        if not self.world.outcomes:
            return [State(None, drawn)]
        return [State(k, {**drawn, **v}) for k, (_, v) in enumerate(self.world.outcomes)]

    def value(self, t: Term, state: State | None = None) -> Any:
        """The value as a number or nested lists.

        Raises:
            Undefined: it has none.
            Unknown: it is not decided here.
        """
        return plain(self.of(t, (), state or State()))

    # -- terms ------------------------------------------------------------------------------------

    def of(self, t: Term, env: Env, state: State) -> Any:
        def part(k: int) -> Any:
            return self.of(t.terms[k], env, state)

        match t.head:
            case "num":
                return t.args[0] if t.args[1] == 1 else Fraction(t.args[0], t.args[1])
            case "bound":
                return env[t.args[0]] if isinstance(t.args[0], int) else self.loose[t.args[0]]
            case "sym":
                return self.named(t.name(), state)
            case "at":
                return part(0)[self.integer(part(1))]
            case "add" | "mul":
                out = part(0)
                for k in range(1, len(t.terms)):
                    out = each(plus if t.head == "add" else times, out, part(k))
                return out
            case "neg":
                return each(lambda x: -x, part(0))
            case "div":
                return each(over, part(0), part(1))
            case "pow":
                return each(lambda x: self.power(x, t.terms[1], env, state), part(0))
            case "app":
                return self.application(t, [part(k) for k in range(len(t.terms))], state)
            case "cases":
                if self.truth(t.terms[0], env, state):
                    return part(1)
                if len(t.terms) == 2:
                    raise Undefined("no case applies")
                return part(2)
            case "big":
                return self.big(t, env, state)
            case "tab":
                lo, hi = (self.integer(part(k)) for k in (0, 1))
                return Tensor(lo, hi, lambda i: self.of(t.terms[2], (i, *env), state))
            case "der":
                place = tuple(self.integer(self.of(i, env, state)) for i in t.terms[1:])
                return self.slope(t.terms[0], (t.name(1), place), env, state)
            case "ex":
                return self.mean(t.terms[0], tuple(map(str, t.args[1:])), env, state)
            case "lim":
                return self.limit(t, env, state)
            case "op":
                out = OPERATORS[t.name()](*(plain(part(k)) for k in range(len(t.terms))))
                return tensor(out) if isinstance(out, list) else out
            case _:
                raise Unknown(t.head)

    def integer(self, x: Number) -> int:
        if not exact(x) or Fraction(x).denominator != 1:
            raise Undefined("an index that is no integer")
        return int(x)

    def power(self, x: Number, e: Term, env: Env, state: State) -> Number:
        y = self.of(e, env, state)
        if rational_literal(e):
            return rational_power(x, Fraction(y))
        return whole_power(x, self.integer(y)) if self.integral(e) else real_power(x, y)

    def integral(self, t: Term) -> bool:
        """Whether the term is an integer by declaration."""
        match t.head:
            case "num":
                return t.args[1] == 1
            case "bound":
                return True
            case "sym":
                return self.context.signature[t.name()].kind == "int"
            case "add" | "neg" | "mul":
                return all(map(self.integral, t.terms))
            case "at" | "big" | "tab" | "cases":
                rest = {"at": t.terms[:1], "cases": t.terms[1:]}.get(t.head, t.terms[-1:])
                return all(map(self.integral, rest))
            case _:
                return False

    def big(self, t: Term, env: Env, state: State) -> Any:
        lo, hi = (self.integer(self.of(t.terms[k], env, state)) for k in (0, 1))
        inside = [(i, *env) for i in range(lo, hi + 1) if self.truth(t.terms[2], (i, *env), state)]
        items = [self.of(t.terms[3], e, state) for e in inside]
        if t.name() in ("max", "min"):
            if not items:
                raise Undefined("the extremum of nothing")
            out = items[0]
            for x in items[1:]:
                out = FUNCTIONS[t.name()](out, x)
            return out
        out = 0 if t.name() == "sum" else 1
        for x in items:
            out = each(plus if t.name() == "sum" else times, out, x)
        return out

    # -- names and functions ----------------------------------------------------------------------

    def named(self, name: str, state: State, before: tuple[int, ...] = ()) -> Any:
        """The value of a name, or of a part of it."""
        shift = state.moved.get((name, before))
        if shift is not None:
            return self.moved(name, before, shift)
        d = self.context.definitions.get(name)
        if d is None:
            where = state.drawn if self.context.signature[name].kind == "random" else self.world.values
            if name not in where:
                raise Unknown(name)
            value = where[name]
            return self.laid_out(value, self.context.signature[name].ranges, ())
        if len(before) == len(d.params):
            return self.clause(name, before, state)
        return Tensor(-(10**6), 10**6, lambda i: self.named(name, state, (*before, i)))

    def laid_out(self, value: Any, ranges: Any, env: Env) -> Any:
        if not isinstance(value, list):
            return value
        lo = self.integer(self.of(ranges[0][0], env, State()))
        return Tensor(lo, lo + len(value) - 1, lambda i: self.laid_out(value[i - lo], ranges[1:], (i, *env)))

    def moved(self, name: str, at: tuple[int, ...], shift: Shift) -> Any:
        """The values before the move, one entry moved."""
        rest = shift.place[len(at) :]

        def walk(x: Any, place: tuple[int, ...] | None) -> Any:
            if isinstance(x, Tensor):
                return Tensor(x.lo, x.hi, lambda i: walk(x[i], place[1:] if place and place[0] == i else None))
            return x if place is None else plus(x, shift.by)

        return walk(self.named(name, shift.before, at), rest)

    def clause(self, name: str, indices: tuple[int, ...], state: State) -> Any:
        d, outer = self.context.definitions[name], self.loose
        for ranges, body in d.clauses:
            self.loose = dict(zip(d.params, indices, strict=True))
            try:
                if all(self.inside(i, r, state) for i, r in zip(indices, ranges, strict=False)):
                    found = self.of(body, (), state)
                    return self.eager(found)
            finally:
                self.loose = outer
        raise Undefined(f"{name} is not defined there")

    def eager(self, x: Any) -> Any:
        """A tensor whose entries no longer need the indices of a clause."""
        if not isinstance(x, Tensor):
            return x
        values = {i: self.attempt(lambda i=i: self.eager(x[i])) for i in range(x.lo, x.hi + 1)}
        return Tensor(x.lo, x.hi, lambda i: values[i]())

    @staticmethod
    def attempt(f: Callable[[], Any]) -> Callable[[], Any]:
        try:
            value = f()
        except Undefined as error:
            message = str(error)

            def fail() -> Any:
                raise Undefined(message)

            return fail
        return lambda: value

    def inside(self, i: int, r: tuple[Term, Term], state: State) -> bool:
        above = i >= self.of(r[0], (), state)
        return above and (r[1].head == "inf" or i <= self.of(r[1], (), state))

    def application(self, t: Term, args: list[Any], state: State) -> Any:
        f = t.name()
        if f in FUNCTIONS:
            return each(FUNCTIONS[f], *args)
        base = f.split(";")[0].rstrip("'")
        slots = [0] * f.count("'") if "'" in f else [int(k) - 1 for k in f.split(";")[1:]]
        call = self.world.functions.get(base)
        if base in self.context.definitions:
            call = lambda *xs: self.call(base, xs, state)  # noqa: E731
        if call is None:
            raise Unknown(base)
        plains = [plain(a) for a in args]
        if any(map(is_list, plains)) and not any(self.context.signature[base].arguments):
            return each(lambda *xs: derived(call, list(xs), slots) if slots else call(*xs), *args)
        out = derived(call, plains, slots)
        return tensor(out) if isinstance(out, list) else out

    def call(self, f: str, args: Sequence[Number], state: State) -> Any:
        d, outer = self.context.definitions[f], self.loose
        self.loose = dict(zip(d.params, args, strict=True))
        try:
            return self.of(d.clauses[0][1], (), state)
        finally:
            self.loose = outer

    # -- derivatives and expectations --------------------------------------------------------------

    def slope(self, t: Term, v: tuple[str, tuple[int, ...]], env: Env, state: State) -> Any:
        """The difference quotient; undefined where the one-sided ones differ."""
        name, place = v
        d = self.context.definitions.get(name)
        member = place[: len(d.params)] if d else ()
        entry_of(self.named(name, state), place)  # the entry has to exist

        def moved(by: Fraction) -> Any:
            key = (name, member)
            return self.of(t, env, replace(state, moved={**state.moved, key: Shift(state, place, by)}))

        values = [plain(x) for x in (self.of(t, env, state), moved(STEP), moved(-STEP))]
        out = over_entries(quotient, *values)
        return tensor(out) if isinstance(out, list) else out

    def limit(self, t: Term, env: Env, state: State) -> Any:
        """The value far out, or very near the point, on each side that is asked for."""
        name, point, side = t.args[1:]
        endless = "inf" in (point.head, *(x.head for x in point.terms))
        integer = self.context.signature[name].kind == "int"
        if endless:
            p, ways = 0, [[-x if point.terms else x for x in (COUNTS if integer else FAR)]]
        else:
            p = self.of(point, env, state)
            ways = [[w * h for h in TINY] for w in {"above": (1,), "below": (-1,)}.get(side, (1, -1))]
        here = self.named(name, state)
        found = []
        with mp.workdps(400):
            for steps in ways:
                moves = ({(name, ()): Shift(state, (), plus(plus(p, -here), h))} for h in steps)
                states = [replace(state, moved={**state.moved, **m}) for m in moves]
                found.append(settled([self.of(t.terms[0], env, there) for there in states]))
        if not all(near(x, found[0]) for x in found):
            raise Undefined("the one-sided limits differ")
        return found[0]

    def mean(self, t: Term, names: tuple[str, ...], env: Env, state: State) -> Any:
        signature = self.context.signature
        over_names = set(names) or set(self.context.randoms)
        laws = sorted(n for n in over_names if signature[n].law and n in self.mentions(t))
        table = {n for n in over_names if not signature[n].law}
        out: Any = 0
        for weight, k, drawn in self.table(table, bool(names), state):
            kept = {key: s for key, s in state.moved.items() if key[0] not in over_names}
            here = State(k, {**state.drawn, **drawn}, kept)
            for w, there in self.under_laws(laws, here):
                out = each(plus, out, each(lambda x, w=w, q=weight: times(times(q, w), x), self.of(t, env, there)))
        return out

    def table(self, names: set[str], some: bool, state: State) -> list[tuple[Number, int | None, Mapping[str, Any]]]:
        """The outcomes over which to sum, with their conditional probabilities."""
        rows = self.world.outcomes
        if not rows or not names:
            return [(1, state.outcome, {})]
        others = [n for n in rows[0][1] if n not in names]
        if some and others:
            if state.outcome is None:
                raise Unknown("no outcome to condition on")
            here = rows[state.outcome][1]
            chosen = [k for k, (_, v) in enumerate(rows) if all(v[n] == here[n] for n in others)]
        else:
            chosen = list(range(len(rows)))
        whole = sum(rows[k][0] for k in chosen)
        return [(rows[k][0] / whole, k, {n: rows[k][1][n] for n in names}) for k in chosen]

    def under_laws(self, names: list[str], state: State) -> Iterator[tuple[Number, State]]:
        points = []
        for n in names:
            law = self.context.signature[n].law
            if law is None or law[0] != "normal":
                raise Unknown("a law that is not normal")
            m, v = (self.of(p, (), state) for p in law[1])
            if sign(v) <= 0:
                raise Undefined("a normal law needs a positive variance")
            points.append([(w, real(m) + mp.sqrt(real(v)) * x) for w, x in hermite_rule()])
        for chosen in product(*points):
            w: Number = 1
            for q, _ in chosen:
                w = times(w, q)
            drawn = {n: x for n, (_, x) in zip(names, chosen, strict=True)}
            yield w, replace(state, drawn={**state.drawn, **drawn})

    def mentions(self, t: Term) -> set[str]:
        """Names in a term and in the definitions of those."""
        out: set[str] = set()
        todo = [t]
        while todo:
            s = todo.pop()
            todo += s.terms
            for n in {a for a in s.args if isinstance(a, str)} - out:
                out.add(n)
                d = self.context.definitions.get(n)
                todo += [body for _, body in d.clauses] if d else []
        return out

    # -- conditions ---------------------------------------------------------------------------------

    def truth(self, c: Term, env: Env = (), state: State | None = None) -> bool:
        """Whether a condition is true at a state.

        Raises:
            Undefined: a part has no value.
            Unknown: it is not decided here.
        """
        state = state or State()
        match c.head:
            case "and":
                return all(self.truth(x, env, state) for x in c.terms)
            case "imp":
                return not self.truth(c.terms[0], env, state) or self.truth(c.terms[1], env, state)
            case "all":
                lo, hi = (self.integer(self.of(x, env, state)) for x in c.terms[:2])
                return all(self.truth(c.terms[2], (i, *env), state) for i in range(lo, hi + 1))
            case "rel":
                left, right = (flat(plain(self.of(x, env, state))) for x in c.terms)
                results = [relation(c.name(), x, y) for x, y in zip(left, right, strict=True)]
                return all(results)
            case "is":
                return self.property(c, env, state)
            case _:
                raise Unknown(c.head)

    def property(self, c: Term, env: Env, state: State) -> bool:
        match c.name():
            case "defn" | "differentiable" | "integrable" | "interchange":
                return True  # in these models every function is smooth and every space finite
            case "defined" | "limit":
                plain(self.of(c.terms[0], env, state))
                return True
            case "integer":
                x = self.of(c.terms[0], env, state)
                return exact(x) and Fraction(x).denominator == 1
            case "surely":
                return all(
                    self.truth(c.terms[0], env, replace(state, outcome=s.outcome, drawn=s.drawn)) for s in self.states()
                )
            case "nonempty":
                lo, hi = (self.integer(self.of(x, env, state)) for x in c.terms[0].terms[:2])
                return any(self.truth(c.terms[0].terms[2], (i, *env), state) for i in range(lo, hi + 1))
            case "iid":
                laws = [self.law([[x]]) for x in self.columns(c.terms[0].name())]
                return self.product_law(self.columns(c.terms[0].name())) and all(q == laws[0] for q in laws)
            case "independent-entries":
                return self.product_law(self.columns(c.terms[0].name()))
            case "independent":
                return self.product_law([[flat(v[n.name()]) for _, v in self.world.outcomes] for n in c.terms])
            case "symmetric-law":
                column = [self.of(c.terms[0], env, s) for s in self.states()]
                law = self.law([column])
                return law == self.law([[-x for x in column]])
            case _:
                raise Unknown(c.name())

    def columns(self, name: str) -> list[list[Any]]:
        """For each entry of a random name, its value in every outcome."""
        rows = [flat(v[name]) for _, v in self.world.outcomes]
        return [list(x) for x in zip(*rows, strict=True)]

    def law(self, columns: list[Any]) -> dict[str, Fraction]:
        """The joint law of some columns."""
        columns = columns[0] if len(columns) == 1 and isinstance(columns[0][0], list) else columns
        out: dict[str, Fraction] = {}
        for k, (q, _) in enumerate(self.world.outcomes):
            key = repr([keyed(c[k]) for c in columns])
            out[key] = out.get(key, Fraction(0)) + q
        return out

    def product_law(self, columns: list[list[Any]]) -> bool:
        """Whether the columns are mutually independent."""
        margins: list[dict[str, Fraction]] = [{} for _ in columns]
        joint: dict[tuple[str, ...], Fraction] = {}
        for k, (q, _) in enumerate(self.world.outcomes):
            key = tuple(repr(keyed(c[k])) for c in columns)
            joint[key] = joint.get(key, Fraction(0)) + q
            for m, x in zip(margins, key, strict=True):
                m[x] = m.get(x, Fraction(0)) + q
        return all(
            joint.get(cell, Fraction(0)) == multiplied(m[x] for m, x in zip(margins, cell, strict=True))
            for cell in product(*margins)
        )


def multiplied(qs: Iterator[Fraction]) -> Fraction:
    out = Fraction(1)
    for q in qs:
        out *= q
    return out


def keyed(x: Any) -> Any:
    return [keyed(y) for y in x] if isinstance(x, list) else str(Fraction(x))


def is_list(x: Any) -> bool:
    return isinstance(x, list)


def entry_of(x: Any, place: tuple[int, ...]) -> Any:
    for i in place:
        x = x[i]
    return x


def each(f: Callable[..., Any], *args: Any) -> Any:
    """A function entry by entry on tensors and numbers."""
    first = next((a for a in args if isinstance(a, Tensor)), None)
    if first is None:
        return f(*args)
    return Tensor(first.lo, first.hi, lambda i: each(f, *(a[i] if isinstance(a, Tensor) else a for a in args)))


def rational_literal(t: Term) -> bool:
    return t.head == "num" or (t.head in ("add", "neg", "mul", "div") and all(map(rational_literal, t.terms)))


def quotient(here: Number, above: Number, below: Number) -> Number:
    """The derivative from values at a point and a step to both sides."""
    here, above, below, step = (real(x) for x in (here, above, below, STEP))
    right, left = (above - here) / step, (here - below) / step
    if abs(right - left) > mpf(10) ** -15 * (1 + abs(right) + abs(left)):
        raise Undefined("the one-sided derivatives differ")
    return (right + left) / 2


def settled(values: list[Number]) -> Number:
    """The limit of what has these values ever nearer; undefined if they grow or jump."""
    values = [real(x) for x in values]
    if all(near(x, values[-1]) for x in values):
        return values[-1]
    sizes = list(map(abs, values))
    if sizes == sorted(sizes) and sizes[-1] > 10**20:
        raise Undefined("unbounded")
    raise Unknown("the limit is not seen")


def derived(call: Callable[..., Any], args: list[Any], slots: list[int]) -> Any:
    """A derivative of a function by its arguments, entry by entry; the indices of later slots come last."""
    if not slots:
        return call(*args)
    *inner, k = slots

    def at(place: tuple[int, ...], by: Fraction) -> Any:
        moved = [*args]
        moved[k] = put_in(args[k], place, by)
        return derived(call, moved, inner)

    def slope(place: tuple[int, ...]) -> Any:
        return over_entries(quotient, *(at(place, by) for by in (Fraction(0), STEP, -STEP)))

    def spread(x: Any, place: tuple[int, ...]) -> Any:
        return [spread(y, (*place, i)) for i, y in enumerate(x)] if isinstance(x, list) else slope(place)

    out = spread(args[k], ())
    value = derived(call, args, inner)
    return out if not isinstance(value, list) else swapped(out, args[k], value)


def swapped(out: Any, argument: Any, value: Any) -> Any:
    """Entries of the value first, entries of the argument last."""

    def pick(x: Any, value_place: tuple[int, ...], arg: Any) -> Any:
        if isinstance(arg, list):
            return [pick(x[i], value_place, a) for i, a in enumerate(arg)]
        for i in value_place:
            x = x[i]
        return x

    def walk(v: Any, place: tuple[int, ...]) -> Any:
        return [walk(y, (*place, i)) for i, y in enumerate(v)] if isinstance(v, list) else pick(out, place, argument)

    return walk(value, ())


def put_in(x: Any, place: tuple[int, ...], by: Fraction) -> Any:
    if not place:
        return plus(x, by)
    return [put_in(y, place[1:], by) if i == place[0] else y for i, y in enumerate(x)]
