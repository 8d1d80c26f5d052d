"""Random edits of good certificates, and an oracle for what is still accepted.

An edit that leaves the claim as it was is harmless.  One that changes it and is accepted has to have made
another true claim: that is evaluated here, straight from the plain data, with mpmath and no code of the
kernel, at random points that satisfy the facts, conditions and hypotheses.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from mpmath import mp

from symderive.kernel.book import Book
from symderive.kernel.check import check_record
from symderive.kernel.context import Rejected
from tests.certificates import Record, copy
from tests.goodproofs import good

SCALAR = (
    "cancelled", "positive_sum", "product_nonzero", "squared_nonzero", "unfolded_definition", "used_fact",
    "unused_fact", "absolute_value", "squared_root", "root_of_square", "logarithm_split", "contracted",
    "reversed_sum", "counted", "exchanged", "triangle", "by_cases", "induction", "derivative", "under_derivative",
    "strict_under_derivative", "cut_definition", "summed_line", "branch", "indicator_divided", "entries_of_tables",
    "evaluated", "half_power", "integer_step", "recursive_family", "counterexample", "undefined_nearby",
    "slope_refuted", "table_refuted",
)  # fmt: skip
"""Good certificates whose claims the oracle can evaluate."""

CLAIM = ("kind", "signature", "definitions", "facts", "claim", "conditions", "hypotheses", "instances")


# -- edits --------------------------------------------------------------------------------------------


def places(x: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all parts of a piece of plain data."""
    inside = x.items() if isinstance(x, dict) else enumerate(x) if isinstance(x, list) else ()
    return [path, *(p for k, y in inside for p in places(y, (*path, k)))]


def strings(x: Any) -> list[str]:
    if isinstance(x, dict):
        return [*x, *(s for y in x.values() for s in strings(y))]
    if isinstance(x, list):
        return [s for y in x for s in strings(y)]
    return [x] if isinstance(x, str) else []


NUMERALS = ("0", "1", "-1", "2", "3", "1/2", "-1/2")
OTHERS = ("=", "!=", "<", "<=", "sum", "prod", "left", "right", "both", "add", "mul", "div", "pow", "real", "int")


def edited(rng: random.Random, record: Record) -> Record:
    """The record with one to three random edits."""
    out: Record = copy(record)
    words = sorted({s for s in strings(out) if len(s) < 40})
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        part = rng.choice([k for k in out if k not in ("book", "schema", "source", "conventions") and out[k] != []])
        path = (part, *rng.choice(places(out[part])))
        where: Any = out
        for k in path[:-1]:
            where = where[k]
        where[path[-1]] = change(rng, where[path[-1]], words, len(out["terms"]))
    return out


def change(rng: random.Random, x: Any, words: list[str], terms: int) -> Any:
    """Another value in the place of one."""
    if isinstance(x, str):
        return rng.choice(NUMERALS if x[-1:].isdigit() and rng.random() < 0.7 else (*words, *OTHERS))
    if isinstance(x, bool) or x is None:
        return rng.randrange(terms)
    if isinstance(x, int):
        return rng.choice((x - 1, x + 1, -x, rng.randrange(terms), rng.randrange(terms)))
    if isinstance(x, dict):
        keys = sorted(x)
        if len(keys) < 2:
            return {}
        one, two = rng.sample(keys, 2)
        return {**x, one: x[two], two: x[one]}
    if not x:
        return [rng.randrange(terms)]
    one, two = rng.randrange(len(x)), rng.randrange(len(x))
    match rng.randrange(4):
        case 0:
            return [*x[:one], *x[one + 1 :]]
        case 1:
            return [*x[:one], copy(x[two]), *x[one:]]
        case 2:
            out = list(x)
            out[one], out[two] = out[two], out[one]
            return out
        case _:
            return x[::-1]


# -- the oracle ---------------------------------------------------------------------------------------


class Undefined(Exception):
    """A term has no value at a point."""


class Unknown(Exception):
    """The oracle cannot tell."""


def written(record: Record, k: int) -> Any:
    """A term of a record as nested lists."""
    head, *args = record["terms"][k]
    if head == "num":
        return [head, Fraction(args[0])]
    kinds = {"sym": "n", "bound": "b", "app": "nt", "big": "nt", "der": "tnt", "ex": "tn", "op": "nt"}
    kinds |= {"rel": "nt", "is": "nt", "lim": "tntn"}
    kind = kinds.get(head, "t")
    return [head, *(written(record, a) if kind[min(i, len(kind) - 1)] == "t" else a for i, a in enumerate(args))]


def claim_of(record: Record) -> Any:
    """All that a certificate claims, as plain data without numbers of terms."""

    def ends(ranges: Any) -> Any:
        return [[written(record, e) for e in r] for r in ranges]

    out: dict[str, Any] = {k: [written(record, t) for t in record[k]] for k in ("facts", "conditions", "hypotheses")}
    out |= {"kind": record["kind"], "claim": written(record, record["claim"])}
    out["signature"] = {
        n: [d["kind"], ends(d["ranges"]), [ends(r) for r in d["arguments"]]] for n, d in record["signature"].items()
    }
    for key in ("definitions", "instances"):
        out[key] = {
            n: [d["params"], [[ends(r), written(record, body)] for r, body in d["clauses"]]]
            for n, d in record[key].items()
        }
    return out


def rational(t: Any) -> Fraction | None:
    """The number written by numerals and + − · / alone."""
    head, *args = t
    if head == "num":
        return args[0]
    if head not in ("add", "neg", "mul", "div"):
        return None
    parts = [rational(a) for a in args]
    if None in parts:
        return None
    out = parts[0]
    for p in parts[1:]:
        if head == "div" and p == 0:
            return None
        out = out + p if head == "add" else out * p if head == "mul" else out / p
    return -out if head == "neg" else out


FUNCTIONS = {"exp": mp.exp, "sin": mp.sin, "cos": mp.cos, "erf": mp.erf, "abs": abs}


@dataclass
class Point:
    """Values of the leaves of one claim, and the evaluation of its terms."""

    said: dict[str, Any]
    values: dict[Any, Any]
    steps: int = 0
    varied: dict[Any, Any] = field(default_factory=dict)

    def number(self, t: Any, env: tuple[Any, ...] = (), loose: dict[Any, Any] | None = None) -> Any:
        """The value of a term that is a number.

        Raises:
            Undefined: it has none.  Unknown: the oracle cannot tell.
        """
        self.steps += 1
        if self.steps > 20_000:
            raise Unknown("too much work")
        loose = loose or {}
        head, *args = t

        def part(a: Any) -> Any:
            return self.number(a, env, loose)

        match head:
            case "num":
                return mp.mpf(args[0].numerator) / args[0].denominator
            case "bound":
                return loose[args[0]] if isinstance(args[0], str) else env[args[0]]
            case "add":
                return mp.fsum(map(part, args))
            case "neg":
                return -part(args[0])
            case "mul":
                return mp.fprod([part(a) for a in args])
            case "div":
                top, below = map(part, args)
                if abs(below) < mp.mpf(10) ** -25:
                    raise Undefined
                return top / below
            case "pow":
                return self.power(args[0], args[1], env, loose)
            case "cases":
                if self.true(args[0], env, loose):
                    return part(args[1])
                if len(args) == 2:
                    raise Undefined
                return part(args[2])
            case "big":
                return self.big(args, env, loose)
            case "app":
                return self.applied(args[0], [part(a) for a in args[1:]])
            case "sym" | "at":
                return self.member(t, env, loose)
            case "der":
                return self.slope(args, env, loose)
            case _:
                raise Unknown(head)

    def power(self, base: Any, exponent: Any, env: tuple[Any, ...], loose: dict[Any, Any]) -> Any:
        x, e = self.number(base, env, loose), rational(exponent)
        y = self.number(exponent, env, loose)
        if abs(y) > 200:
            raise Unknown("a large exponent")
        if e is not None and e.denominator > 1:
            if x < 0 and e.denominator % 2 == 0:
                raise Undefined
            if x == 0 and e < 0:
                raise Undefined
            root = mp.sign(x) * abs(x) ** (mp.mpf(1) / e.denominator)
            return root**e.numerator
        if e is not None or (self.integral(exponent) and y == int(y)):
            if x == 0 and y < 0:
                raise Undefined
            return mp.mpf(1) if y == 0 else x ** int(y)
        if x <= 0:
            raise Undefined
        return x**y

    def integral(self, t: Any) -> bool:
        head, *args = t
        if head == "sym":
            return self.said["signature"][args[0]][0] == "int"
        if head in ("add", "neg", "mul"):
            return all(map(self.integral, args))
        return head == "bound" or (head == "num" and args[0].denominator == 1)

    def big(self, args: list[Any], env: tuple[Any, ...], loose: dict[Any, Any]) -> Any:
        op, lo, hi, guard, body = args
        first, last = (int(self.number(e, env, loose)) for e in (lo, hi))
        if last - first > 60:
            raise Unknown("a long sum")
        inside = [i for i in range(first, last + 1) if self.true(guard, (i, *env), loose)]
        items = [self.number(body, (mp.mpf(i), *env), loose) for i in inside]
        if op in ("sum", "prod"):
            return mp.fsum(items) if op == "sum" else mp.fprod(items)
        if not items:
            raise Undefined
        return max(items) if op == "max" else min(items)

    def applied(self, f: str, args: list[Any]) -> Any:
        if f == "log":
            if args[0] <= 0:
                raise Undefined
            return mp.log(args[0])
        if f in FUNCTIONS:
            return FUNCTIONS[f](args[0])
        d = self.said["definitions"].get(f)
        if d is None:
            raise Unknown(f)
        return self.number(d[1][0][1], (), dict(zip(d[0], args, strict=True)))

    def member(self, t: Any, env: tuple[Any, ...], loose: dict[Any, Any]) -> Any:
        indices: list[int] = []
        while t[0] == "at":
            i = self.number(t[2], env, loose)
            if i != int(i):
                raise Unknown("an index that is no integer")
            indices.insert(0, int(i))
            t = t[1]
        if t[0] == "tab" and len(indices) == 1:
            first, last = (int(self.number(e, env, loose)) for e in t[1:3])
            if not first <= indices[0] <= last:
                raise Undefined
            return self.number(t[3], (mp.mpf(indices[0]), *env), loose)
        if t[0] != "sym":
            raise Unknown(t[0])
        name = t[1]
        if (name, *indices) in self.varied:
            return self.varied[name, *indices]
        d = self.said["definitions"].get(name)
        if d is None:
            if (name, *indices) not in self.values:
                raise Undefined
            return self.values[name, *indices]
        given = dict(zip(d[0], map(mp.mpf, indices), strict=True))
        for ranges, body in d[1]:
            spans = [(self.number(lo, (), given), hi) for lo, hi in ranges]
            fits = [
                lo <= i and (hi[0] == "inf" or i <= self.number(hi, (), given))
                for i, (lo, hi) in zip(indices, spans, strict=True)
            ]
            if all(fits):
                return self.number(body, (), given)
        raise Undefined

    def slope(self, args: list[Any], env: tuple[Any, ...], loose: dict[Any, Any]) -> Any:
        body, name, *indices = args
        place = (name, *(int(self.number(i, env, loose)) for i in indices))
        here = self.member(["sym", name], env, loose) if not indices else self.values.get(place)
        if here is None:
            raise Undefined
        width, sides = mp.mpf(10) ** -12, []
        before = dict(self.varied)
        try:
            for sign in (1, -1):
                ends = []
                for k in (0, sign):
                    self.varied = {**before, place: here + k * width}
                    ends.append(self.number(body, env, loose))
                sides.append((ends[1] - ends[0]) / (sign * width))
        finally:
            self.varied = before
        if abs(sides[0] - sides[1]) > 1e-6:
            raise Undefined
        return (sides[0] + sides[1]) / 2

    def true(self, c: Any, env: tuple[Any, ...] = (), loose: dict[Any, Any] | None = None) -> bool:
        loose = loose or {}
        head, *args = c
        match head:
            case "and":
                return all(self.true(a, env, loose) for a in args)
            case "imp":
                return not self.true(args[0], env, loose) or self.true(args[1], env, loose)
            case "all" if args[1][0] != "inf":
                first, last = (int(self.number(e, env, loose)) for e in args[:2])
                return all(self.true(args[2], (mp.mpf(i), *env), loose) for i in range(first, last + 1))
            case "rel":
                left, right = (self.number(a, env, loose) for a in args[1:])
                close = abs(left - right) <= mp.mpf(10) ** -8 * max(1, abs(left), abs(right))
                return {
                    "=": close, "!=": not close, "<": not close and left < right, "<=": close or left < right
                }[args[0]]  # fmt: skip
            case "is" if args[0] == "integer":
                value = self.number(args[1], env, loose)
                return value == int(value)
            case _:
                raise Unknown(head)


def draw(rng: random.Random, said: dict[str, Any], pool: list[Fraction]) -> dict[Any, Any]:
    """Random values of all leaves; indexed ones are given at −2..6."""
    values: dict[Any, Any] = {}
    for name, (kind, ranges, _) in said["signature"].items():
        if name in said["definitions"] or kind == "function":
            continue
        if kind == "random" or len(ranges) > 1:
            raise Unknown(name)
        keys = [(name, i) for i in range(-2, 7)] if ranges else [(name,)]
        for key in keys:
            q = Fraction(rng.randint(-1, 4)) if kind == "int" else rng.choice(pool)
            values[key] = mp.mpf(q.numerator) / q.denominator
    return values


def judged(rng: random.Random, record: Record, tries: int = 60) -> str:
    """What the oracle says to an accepted certificate: true, false or unknown."""
    said = claim_of(record)
    numerals = {Fraction(row[1]) for row in record["terms"] if row[0] == "num"}
    pool = [*numerals, *(Fraction(rng.randint(-12, 12), rng.choice((1, 2, 3, 7))) for _ in range(12))]
    seen = 0
    with mp.workdps(40):
        try:
            if record["kind"] == "refuted":
                return "unknown" if record["sides"] != [None, None] else refutation(record, said)
            for _ in range(tries):
                point = Point(said, draw(rng, said, pool))
                try:
                    if not all(point.true(f) for f in (*said["facts"], *said["conditions"], *said["hypotheses"])):
                        continue
                    if not point.true(said["claim"]):
                        return "false"
                    seen += 1
                except Undefined:
                    continue
        except (Unknown, OverflowError, KeyError, IndexError, RecursionError):
            return "unknown"
    return "true" if seen else "unknown"


def refutation(record: Record, said: dict[str, Any]) -> str:
    """Whether the model of a refutation satisfies the facts and violates the claim."""
    values = {}
    for n, v in record["model"]["values"].items():
        cells = {(n, i): q for i, q in enumerate(v, start=1)} if isinstance(v, list) else {(n,): v}
        values |= {k: mp.mpf(Fraction(q).numerator) / Fraction(q).denominator for k, q in cells.items()}
    point = Point(said, values)
    try:
        return "true" if all(map(point.true, said["facts"])) and not point.true(said["claim"]) else "false"
    except Undefined:
        return "false"


@dataclass
class Outcome:
    """Counts of what became of edits, and every certificate that was accepted though its claim is false."""

    counts: Counter[str]
    wrong: list[Record]


def run(book: Book, number: int, seed: int) -> Outcome:
    """Make so many edits and judge what is accepted.

    Counts: rejected, same (accepted, the claim as before), true, unknown, false; anything but a clear
    refusal or acceptance propagates.
    """
    rng = random.Random(seed)
    bases = {n: good(n) for n in SCALAR}
    claims = {n: claim_of(r) for n, r in bases.items()}
    out = Outcome(Counter(), [])
    for _ in range(number):
        which = rng.choice(SCALAR)
        record = edited(rng, bases[which])
        try:
            check_record(record, book)
        except Rejected:
            out.counts["rejected"] += 1
            continue
        verdict = "same" if claim_of(record) == claims[which] else judged(rng, record)
        out.counts[verdict] += 1
        if verdict == "false":
            out.wrong.append(record)
    return out
