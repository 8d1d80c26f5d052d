"""Small exact models of a context: numbers that a person can redo first, every fact satisfied.

The same context gives the same models in the same order.  Values come from short lists of small numbers,
on both sides of every constant in the claim and on it; equations among the facts are solved exactly for a
leaf in which they are affine (or a pure square); what does not satisfy every fact is thrown away.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product

from symderive.kernel.algebra import difference
from symderive.kernel.context import Context, Range, Rejected
from symderive.kernel.defined import defined_parts
from symderive.kernel.intervals import Interval, Undefined, Unsure
from symderive.kernel.models import Entries, Evaluator, FunctionModel, Model, volume
from symderive.kernel.terms import Term, at, bound, literal, num, rebuild, subterms, sym

NUMBERS: list[Fraction | int] = [
    1,
    2,
    -1,
    3,
    0,
    -2,
    Fraction(1, 2),
    4,
    -3,
    Fraction(3, 2),
    Fraction(-1, 2),
    5,
    Fraction(1, 3),
]
POSITIVE: list[Fraction | int] = [1, 2, Fraction(1, 2), 3, Fraction(1, 4), Fraction(3, 2), 4, Fraction(1, 3), 5]
SIZES = [2, 3, 1, 2, 3, 1]
INTEGERS = [2, 1, 0, 3, -1, -2, 4, -3]
TIED = 6
"""Every so many models all single numbers are equal, as at the edge of x ≤ y."""
ENDLESS = 8
"""Members that are given of a family without end."""
MAX_ENTRIES = 400
MAX_OUTCOMES = 40

Law = list[tuple[Fraction, Fraction]]
"""(probability, value) pairs."""

CENTRED: list[Law] = [
    [(Fraction(1, 2), Fraction(-1)), (Fraction(1, 2), Fraction(1))],
    [(Fraction(4, 5), Fraction(-1)), (Fraction(1, 5), Fraction(4))],
    [(Fraction(1, 2), Fraction(-2)), (Fraction(1, 2), Fraction(2))],
    [(Fraction(1, 5), Fraction(-4)), (Fraction(4, 5), Fraction(1))],
]
SHIFTED: list[Law] = [
    [(Fraction(1, 2), Fraction(1)), (Fraction(1, 2), Fraction(5))],
    [(Fraction(1, 5), Fraction(-2)), (Fraction(4, 5), Fraction(3))],
    [(Fraction(1, 2), Fraction(0)), (Fraction(1, 2), Fraction(2))],
    [(Fraction(1, 2), Fraction(-3)), (Fraction(1, 2), Fraction(-1))],
]
"""Like those of mean 0, of rational standard deviation."""
POSITIVE_LAWS: list[Law] = [
    [(Fraction(1, 2), Fraction(1)), (Fraction(1, 2), Fraction(2))],
    [(Fraction(1, 3), Fraction(1, 2)), (Fraction(2, 3), Fraction(3))],
    [(Fraction(3, 4), Fraction(1)), (Fraction(1, 4), Fraction(4))],
]
WEIGHTS = [(Fraction(1, 4), Fraction(3, 4)), (Fraction(1, 2), Fraction(1, 2)), (Fraction(2, 3), Fraction(1, 3))]
"""Probabilities of what has two values, such as 1 and 0."""
SYMMETRIC: list[Law] = [
    CENTRED[0],
    CENTRED[2],
    [(Fraction(1, 4), Fraction(-2)), (Fraction(1, 2), Fraction(0)), (Fraction(1, 4), Fraction(2))],
]

SHAPED = frozenset({"odd", "even", "convex", "increasing"})
INDEPENDENT = frozenset({"independent", "iid", "independent-entries"})


class Sampler:
    """Models of one context, for one claim."""

    def __init__(self, context: Context, claim: Term) -> None:
        self.context, self.claim = context, claim
        self.seed = hashlib.sha256(repr((claim, context.facts)).encode()).digest()
        self.constants = _constants((claim, *context.facts))
        own = sorted(defined_parts(context, claim.terms), key=repr)
        self.choices = self._choices()
        """Names whose entries, by an equation about each of them, can only have a few values."""
        self.positive, self.partly = _positive((*context.facts, *own))
        """Names that are to be positive, all of them or an entry of theirs."""
        closure = (context.closure(claim) | context.randoms).union(*(context.closure(f) for f in context.facts))
        ends = [e for n in context.signature for e in _ends(context, n)]
        closure = closure.union(*(context.closure(e) for e in ends))
        self.used = sorted(n for n in closure if n in context.signature and n not in context.definitions)

    def _choices(self) -> dict[str, list[Fraction | int]]:
        out: dict[str, list[Fraction | int]] = {}
        e = Evaluator(self.context, Model({}))
        for f in self.context.facts:
            whole = f.terms[2] if f.head == "all" else f
            core = whole.terms[0] if whole.head == "is" and whole.name() == "surely" else whole
            names = {s.name() for s in subterms(core) if s.head == "sym"}
            ranks = [len(self.context.signature[n].ranges) for n in names]
            if core.head != "rel" or core.name() != "=" or ranks != [0 if f is whole else 1]:
                continue
            entry = sym(*names) if f is whole else at(sym(*names), bound(0))
            tried = {v: _replaced(core, entry, num(v)) for v in NUMBERS}
            if any(t.dangling or any(s.head in ("sym", "at") for s in subterms(t)) for t in tried.values()):
                continue
            try:
                values = [v for v, t in tried.items() if e.holds(t)]
            except (Unsure, Undefined, Rejected):
                continue
            (name,) = names
            if len(values) == 2 or (values and name not in self.context.randoms):
                out[name] = values
        return out

    def models(self, tries: int) -> Iterator[Evaluator]:
        """Models in which every fact that can be evaluated holds, simplest first."""
        seen: list[Model] = []
        for k in range(tries):
            found = self._try(k)
            if found is None:
                continue
            if found.model not in seen:
                seen.append(found.model)
                yield found
            elif sum(map(len, found.model.values.values())) > MAX_ENTRIES:
                return  # all is stated, and much

    # -- one model ------------------------------------------------------------------------------

    def _try(self, k: int) -> Evaluator | None:
        rng = random.Random(self.seed + bytes([k]))
        try:
            model = self._integers(k, rng)
            model = self._reals(model, k, rng)
            model = replace(model, functions=self._functions(model, k, rng))
            model = self._outcomes(model, k, rng)
            model = self._solved(model)
            return self._holding(model)
        except (Unsure, Undefined):
            return None

    def _holding(self, model: Model) -> Evaluator | None:
        """The model to be looked at, if no fact is found false in it."""
        e = Evaluator(self.context, model)
        for f in self.context.facts:
            try:
                if not e.holds(f):
                    return None
            except Unsure:
                e = Evaluator(self.context, model)
        return e

    # -- integers -------------------------------------------------------------------------------

    def _integers(self, k: int, rng: random.Random) -> Model:
        """Integer names one after the other, between the bounds that the facts give."""
        values: dict[str, Entries] = {}
        signature = self.context.signature
        names = [n for n in self.used if signature[n].kind == "int" and not signature[n].ranges]
        ends = [e for n in signature for e in _ends(self.context, n)]
        sized = {s.name() for e in ends for s in subterms(e) if s.head == "sym"}
        names.sort(key=lambda n: (n not in sized, n))
        for j, n in enumerate(names):
            lo, hi = self._bounds(n, values)
            if n in sized:
                v = SIZES[(k + j) % len(SIZES)] if k < 12 else rng.randint(1, 4)
                v = max(v, lo if lo is not None else v)
            elif lo is not None and hi is not None:
                v = lo + (k + j) % (hi - lo + 1) if hi >= lo else lo
            elif lo is None:
                v = INTEGERS[(k + j) % len(INTEGERS)]
            else:
                v = lo + (k + j) % 4
            if hi is not None:
                v = min(v, hi)
            values[n] = {(): Fraction(self._whole(n, v, -1 if v == hi else 1))}
        return Model(values)

    def _whole(self, name: str, v: int, step: int) -> int:
        """The integer next to v for which ``(name + c)/d`` is whole, where a fact says so (even and odd sizes)."""
        for f in self.context.facts:
            if f.head != "is" or f.name() != "integer" or f.terms[0].head != "div":
                continue
            above, d = f.terms[0].terms[0], literal(f.terms[0].terms[1])
            c = difference(above, sym(name))
            if isinstance(c, int) and isinstance(d, int) and 1 < d <= 12:
                v = next((w for w in range(v, v + step * d, step) if (w + c) % d == 0), v)
        return v

    def _bounds(self, name: str, values: dict[str, Entries]) -> tuple[int | None, int | None]:
        e = Evaluator(self.context, Model(values))
        lo = hi = None
        for f in self.context.facts:
            if f.head != "rel" or f.name() not in ("<", "<="):
                continue
            a, b = f.terms
            strict = f.name() == "<"
            try:
                if b is sym(name):
                    v = e.integer(a) + strict
                    lo = v if lo is None else max(lo, v)
                elif a is sym(name):
                    v = e.integer(b) - strict
                    hi = v if hi is None else min(hi, v)
            except (Unsure, Undefined):
                continue
        return lo, hi

    # -- reals ----------------------------------------------------------------------------------

    def _reals(self, model: Model, k: int, rng: random.Random) -> Model:
        values = dict(model.values)
        scalars = 0
        for n in self.used:
            declared = self.context.signature[n]
            if declared.kind not in ("real", "int") or n in values:
                continue
            out = self._stated(model, n)
            if out:
                values[n] = out
                continue
            tied = k % TIED == TIED - 1 and not declared.ranges
            for j, index in enumerate(self.indices(model, declared.ranges)):
                out[index] = Fraction(self._number(n, k, 0 if tied else scalars + j, rng, declared.kind == "int"))
                out[index] = (abs(out[index]) if k > TIED else Fraction(0)) if tied else out[index]
            scalars += max(len(out), 1)
            values[n] = out
        return replace(model, values=values)

    def _stated(self, model: Model, name: str) -> dict[tuple[int, ...], Fraction]:
        """The entries of a vector, if the facts give a number for each of them; else nothing."""
        ranges = self.context.signature[name].ranges
        if len(ranges) != 1 or ranges[0][1].head == "inf":
            return {}
        e = Evaluator(self.context, model)
        out: dict[tuple[int, ...], Fraction] = {}
        try:
            for f in self.context.facts:
                span = e.span(f.terms[0], f.terms[1]) if f.head == "all" else range(1)
                core = f.terms[2] if f.head == "all" else f
                if core.head != "rel" or core.name() != "=" or core.terms[0].head != "at":
                    continue
                (base, index), value = core.terms[0].terms, literal(core.terms[1])
                if base is sym(name) and value is not None:
                    every = span if index.dangling else span[:1]
                    out |= {(e.integer(index, (i,)),): Fraction(value) for i in every}
            first, last = (e.integer(end) for end in ranges[0])
        except (Unsure, Undefined):
            return {}
        return out if len(out) == last - first + 1 else {}

    def _number(self, name: str, k: int, j: int, rng: random.Random, integer: bool) -> Fraction | int:
        """Value number j in model k: in order first, then on and around constants, then at random."""
        if name in self.choices:
            return rng.choice(self.choices[name])
        positive = name in self.positive or (name in self.partly and k % 3 < 2)
        pool: list[Fraction | int] = POSITIVE if positive else NUMBERS
        if integer:
            return 1 + (k + j) % 3
        if k % 2 == 0:  # a product of many numbers is not to vanish in all models
            pool = [x for x in pool if x]
        near: list[Fraction | int] = [c + d for c in self.constants for d in (0, Fraction(1, 2), Fraction(-1, 2))]
        near = [x for x in near if x > 0 or not positive]
        if k == 0:
            return pool[j % len(pool)]
        if k % 4 == 3 and near:
            return near[(k // 4 + j) % len(near)]
        if k < 8:
            return pool[(2 * k + 3 * j) % len(pool)]
        if k % 3 == 0:
            return pool[k % len(pool)]
        return rng.choice(pool + near)

    def indices(self, model: Model, ranges: tuple[Range, ...]) -> list[tuple[int, ...]]:
        """All indices of a tensor with these ranges; the first few of a family without end."""
        e = Evaluator(self.context, model)

        def walk(rest: tuple[Range, ...], before: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
            if not rest:
                yield before
                return
            (lo, hi), *more = rest
            first = e.integer(lo, before[::-1])
            last = first + ENDLESS - 1 if hi.head == "inf" else e.integer(hi, before[::-1])
            for i in range(first, last + 1):
                yield from walk(tuple(more), (*before, i))

        out = []
        for index in walk(ranges, ()):
            out.append(index)
            if len(out) > MAX_ENTRIES:
                raise Unsure("a tensor with too many entries")
        return out

    # -- functions ------------------------------------------------------------------------------

    def _functions(self, model: Model, k: int, rng: random.Random) -> dict[str, FunctionModel]:
        e = Evaluator(self.context, model)
        out: dict[str, FunctionModel] = {}
        for n in self.used:
            declared = self.context.signature[n]
            if declared.kind != "function":
                continue
            sizes = tuple(tuple(e.integer(hi) for _, hi in a) for a in declared.arguments)
            width = sum(map(volume, sizes))
            shape = self._function_shape(n)
            outputs = {
                index: _polynomial(width, k + j + 2 * len(out), rng, shape)
                for j, index in enumerate(self.indices(model, declared.ranges))
            }
            out[n] = FunctionModel(sizes, outputs)
        return out

    def _function_shape(self, name: str) -> str:
        for f in self.context.facts:
            if f.head == "is" and f.terms[:1] == (sym(name),) and f.name() in SHAPED:
                return f.name()
        return "positive" if name in self.positive else ""

    # -- probability ----------------------------------------------------------------------------

    def _outcomes(self, model: Model, k: int, rng: random.Random) -> Model:
        names = [n for n in self.used if n in self.context.randoms and self.context.declared(n).law is None]
        if not names:
            return model
        entries = [(n, i) for n in names for i in self.indices(model, self.context.declared(n).ranges)]
        facts = self.context.facts
        tied = [f.terms[0] for f in facts if f.head == "is" and f.name() == "iid"]
        # a moment that is stated of all entries is that of one law
        tied += [
            s
            for f in facts
            if f.head == "all" and any(x.head == "ex" for x in subterms(f))
            for s in subterms(f.terms[2])
        ]
        dependent = k % 3 == 2 and not any(f.head == "is" and f.name() in INDEPENDENT for f in facts)
        if dependent:
            weights = [Fraction(1, 6), Fraction(1, 3), Fraction(1, 2)]
            drawn = [{e: Fraction(rng.randint(-2, 3)) for e in entries} for _ in weights]
            return replace(model, outcomes=tuple((w, _grouped(d)) for w, d in zip(weights, drawn, strict=True)))
        laws = []
        for j, (n, _) in enumerate(entries):
            lists = self._laws(k)
            if n in self.positive:
                lists = POSITIVE_LAWS
            if n in self.choices:
                lists = [[(w, Fraction(v)) for v, w in zip(self.choices[n], ws, strict=False)] for ws in WEIGHTS]
            first = next(q for q, (m, _) in enumerate(entries) if m == n)
            # two names of one parameter have one law, two of two have two
            shared = n in self.choices and k % 2 == 0
            laws.append(lists[(k // 2 if shared else k + (first if sym(n) in tied else j)) % len(lists)])
        if volume(tuple(len(law) for law in laws)) > MAX_OUTCOMES:
            laws = [law[:2] if len(law) == 2 else CENTRED[0] for law in laws]
        if volume(tuple(len(law) for law in laws)) > MAX_OUTCOMES:
            raise Unsure("too many outcomes")
        rows = []
        for combination in product(*laws):
            weight = Fraction(1)
            for w, _ in combination:
                weight *= w
            rows.append((weight, _grouped({e: v for e, (_, v) in zip(entries, combination, strict=True)})))
        return replace(model, outcomes=tuple(rows))

    def _laws(self, k: int) -> list[Law]:
        texts = [repr(f) for f in self.context.facts]
        if any("symmetric-law" in t for t in texts):
            return SYMMETRIC
        if any("ex" in t for t in texts):
            laws = CENTRED if k % 2 == 0 else [*SHIFTED, *CENTRED[1:]]
            turn = (k // 2 - k) % len(laws)  # every other k is here: one after the other
            return [*laws[turn:], *laws[:turn]]
        return [*SHIFTED, *CENTRED]

    # -- equations ------------------------------------------------------------------------------

    def _solved(self, model: Model) -> Model:
        """The model with leaves changed so that the equations among the facts hold."""
        fixed: set[str] = set()
        for f in self.context.facts:
            if _equation(f) is None:
                continue
            for name in self._unknowns(f, fixed):
                changed = self._solve(model, f, name)
                if changed is not None:
                    model = changed
                    fixed.add(name)
                    break
        return model

    def _unknowns(self, fact: Term, fixed: set[str]) -> list[str]:
        """The leaves to solve a fact for: those that stand alone first."""
        held = {s.name() for s in subterms(fact) if s.head == "sym"} & self.context.randoms
        names = [
            n
            for n in sorted(self.context.closure(fact) | held)
            if n in self.used and n not in fixed and self.context.signature[n].kind in ("real", "random")
        ]
        equation = _equation(fact)
        alone = {s.name() for s in equation.terms if s.head == "sym"} if equation else set()
        return sorted(names, key=lambda n: (n not in alone, self.context.signature[n].kind == "random", n))

    def _solve(self, model: Model, fact: Term, name: str) -> Model | None:
        """Solve an equation that is affine in a leaf, or in its square."""
        if self._true(model, fact):
            return model
        try:
            if self.context.signature[name].kind == "random":
                return self._shifted(model, fact, name)
            entries = model.values[name]
            keys = list(entries)
            base = self._gaps(self._put(model, name, dict.fromkeys(keys, Fraction(0))), fact)
            columns = []
            for key in keys:
                unit = {q: Fraction(int(q == key)) for q in keys}
                there = self._gaps(self._put(model, name, unit), fact)
                columns.append([x - y for x, y in zip(there, base, strict=True)])
            solution = _linear_system(columns, [-b for b in base], [entries[q] for q in keys])
            if solution is not None:
                done = self._put(model, name, dict(zip(keys, solution, strict=True)))
                if self._true(done, fact):
                    return done
            if len(keys) == 1 and columns[0][0]:
                root = _rational_root(-base[0] / columns[0][0])
                if root is not None:
                    done = self._put(model, name, {keys[0]: root})
                    return done if self._true(done, fact) else None
        except (Unsure, Undefined):
            return None
        return None

    def _shifted(self, model: Model, fact: Term, name: str) -> Model | None:
        """All values of a random name moved by one number, so that an equation holds."""

        def moved(by: Fraction) -> Model:
            rows = tuple(
                (w, {n: ({i: x + by for i, x in v.items()} if n == name else v) for n, v in o.items()})
                for w, o in model.outcomes
            )
            return replace(model, outcomes=rows)

        at0, at1 = self._gaps(model, fact)[0], self._gaps(moved(Fraction(1)), fact)[0]
        if at0 == at1:
            return None
        done = moved(at0 / (at0 - at1))
        return done if self._true(done, fact) else None

    def _put(self, model: Model, name: str, entries: Entries) -> Model:
        return replace(model, values={**model.values, name: entries})

    def _true(self, model: Model, fact: Term) -> bool:
        try:
            return Evaluator(self.context, model).holds(fact)
        except (Unsure, Undefined):
            return False

    def _gaps(self, model: Model, fact: Term) -> list[Fraction]:
        """Left − right of an equation, for all values of its ∀ and all its entries."""
        e = Evaluator(self.context, model)
        out: list[Fraction] = []

        def walk(c: Term, env: tuple[int, ...]) -> None:
            if c.head == "all":
                lo, hi, body = c.terms
                last = e.integer(lo, env) + 3 if hi.head == "inf" else e.integer(hi, env)
                for i in range(e.integer(lo, env), last + 1):
                    walk(body, (i, *env))
            elif c.head == "imp":
                if e.truth(c.terms[0], env):
                    walk(c.terms[1], env)
            else:
                for x, y in zip(*(e.entries(s, env) for s in c.terms), strict=True):
                    if isinstance(x, Interval) or isinstance(y, Interval):
                        raise Unsure("an equation with irrational values")
                    out.append(Fraction(x - y))

        from symderive.kernel.lowering import lower

        walk(lower(self.context, fact), ())
        return out


def _equation(fact: Term) -> Term | None:
    while fact.head in ("all", "imp"):
        fact = fact.terms[-1]
    return fact if fact.head == "rel" and fact.name() == "=" else None


def _ends(context: Context, name: str) -> Iterable[Term]:
    declared = context.signature[name]
    for ranges in (declared.ranges, *declared.arguments):
        for r in ranges:
            yield from r


def _constants(terms: Iterable[Term]) -> list[Fraction]:
    """The numerals that stand in comparisons, extrema and absolute values."""
    out: set[Fraction] = set()
    for t in terms:
        for s in subterms(t):
            if s.head in ("rel", "app", "add"):
                for a in s.terms:
                    c = literal(a)
                    if c is not None and abs(q := Fraction(c)) <= 100:
                        out |= {q, -q}
    return sorted(out, key=lambda c: (abs(c), c))[:8]


def _positive(conditions: Iterable[Term]) -> tuple[set[str], set[str]]:
    """Names and functions that are to be positive (or not negative), entry by entry; and those of which an entry is."""
    every: set[str] = set()
    some: set[str] = set()
    for f in conditions:
        while f.head in ("all", "imp") or (f.head == "is" and f.name() == "surely"):
            f = f.terms[-1]
        least = literal(f.terms[0]) if f.head == "rel" and f.name() in ("<", "<=") else None
        if least is not None and least.numerator >= 0:
            t = f.terms[1]
            single = t.head == "at" and not t.dangling
            while t.head == "at":
                t = t.terms[0]
            if t.head in ("sym", "app"):
                (some if single else every).add(t.name())
    return every, some - every


def _polynomial(width: int, k: int, rng: random.Random, shape: str) -> dict[tuple[int, ...], Fraction]:
    """A small polynomial in so many variables, different for each k."""
    unit = [tuple(int(i == j) for i in range(width)) for j in range(width)]
    powers = {"odd": (1, 3), "even": (0, 2), "convex": (1, 2), "increasing": (1, 3)}.get(shape, (1, 2, 3))
    out: dict[tuple[int, ...], Fraction] = {}
    if shape == "positive":
        out[(0,) * width] = Fraction(1 + k % 3)
        for j, u in enumerate(unit):
            out[tuple(2 * x for x in u)] = Fraction(1 + (k + j) // 2 % 3)
            out[u] = Fraction((k + j) % 3 - 1, width)
        return {m: c for m, c in out.items() if c}
    for j, u in enumerate(unit):
        for p in powers:
            c = (k + j + p) % 3 + 1 if shape in ("convex", "increasing") or k < 2 else rng.randint(-2, 2)
            if p == 3 and width > 2:
                continue
            key = tuple(p * x for x in u)
            out[key] = out.get(key, Fraction(0)) + c
    if not shape and width > 1:
        for a, b in pairwise(unit):
            out[tuple(x + y for x, y in zip(a, b, strict=True))] = Fraction(1 + k % 2)
    out = {m: c for m, c in out.items() if c}
    return out or {(0,) * width: Fraction(1)}


def _grouped(values: dict[tuple[str, tuple[int, ...]], Fraction]) -> dict[str, Entries]:
    out: dict[str, dict[tuple[int, ...], Fraction]] = {}
    for (n, i), v in values.items():
        out.setdefault(n, {})[i] = v
    return out  # type: ignore[return-value]


def _linear_system(
    columns: list[list[Fraction]], right: list[Fraction], start: list[Fraction]
) -> list[Fraction] | None:
    """x with Σ x·column = right, free entries kept at `start`; None if there is none."""
    rows = [[col[r] for col in columns] + [right[r]] for r in range(len(right))]
    n = len(columns)
    pivots: list[tuple[int, int]] = []
    r = 0
    for c in range(n):
        p = next((i for i in range(r, len(rows)) if rows[i][c]), None)
        if p is None:
            continue
        rows[r], rows[p] = rows[p], rows[r]
        rows[r] = [x / rows[r][c] for x in rows[r]]
        for i in range(len(rows)):
            if i != r and rows[i][c]:
                f = rows[i][c]
                rows[i] = [x - f * y for x, y in zip(rows[i], rows[r], strict=True)]
        pivots.append((r, c))
        r += 1
    if any(row[n] for row in rows[r:]):
        return None
    x = list(start)
    for i, c in pivots:
        free = [j for j in range(n) if all(j != q for _, q in pivots)]
        x[c] = rows[i][n] - sum((rows[i][j] * x[j] for j in free), Fraction(0))
    return x


def _rational_root(q: Fraction) -> Fraction | None:
    from symderive.kernel.intervals import integer_root

    if q < 0:
        return None
    a, b = integer_root(q.numerator, 2), integer_root(q.denominator, 2)
    return Fraction(a, b) if a * a == q.numerator and b * b == q.denominator else None


def _replaced(t: Term, old: Term, new: Term) -> Term:
    return new if t is old else rebuild(t, lambda a, _: _replaced(a, old, new))
