"""Definitions: names, functions, quantities with arguments, and families by recurrence.

A definition waits until all that it mentions is known; families that rest on each other are defined together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from symderive.kernel.context import Definition, Name, Range, Rejected
from symderive.kernel.shapes import same_shape
from symderive.kernel.shapes import shape as kernel_shape
from symderive.kernel.terms import INF, ZERO, Term, bound, conjuncts, make, num, rel, subterms, sym, value
from symderive.kernel.wellfounded import check_definitions
from symderive.reading.formulas.alphabet import styled
from symderive.reading.formulas.capture import Captured, resting, with_arguments
from symderive.reading.formulas.elaborate import Elaborator, Value, leaves
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.laws import law_of, speaks_of_laws
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.names import Macro, Meaning, Names, Ranges, loose, spell, tabulate, tensor
from symderive.reading.formulas.surface import Node, Surface
from symderive.reading.formulas.symbols import Symbol, items, mention, peel, unwrap
from symderive.reading.statements.forms import (
    equation,
    inside,
    is_chain,
    is_number,
    is_power,
    key_of,
    relation_of,
    steps_back,
    symbols_in,
)
from symderive.reading.statements.sets import Item, Sets
from symderive.reading.summing import conventional

ORDERS = frozenset(("<", "<=", ">", ">=", "!="))
COMPARISONS = ORDERS | {"="}
ALL = re.compile(r"\b(?:all|any|every|each|everywhere|constant|identically)\b")
"""Words by which an equation holds for each argument, though its right side does not mention it."""
NOT_DEFINED = frozenset("Var Cov KL Pr lim max min det tr argmax argmin".split())


@dataclass
class Pending:
    """A definition that waits for what it mentions."""

    left: Surface
    right: Surface
    item: Item
    symbol: Symbol
    arguments: list[Surface] | None = None
    mentions: set[str] = field(default_factory=set)
    domain: list[Surface] = field(default_factory=list)
    """Conditions on its arguments, or indices: "for $x > 0$"."""


class Definitions(Sets):
    """Carries out definitions on a table of names."""

    says: bool = True
    """Whether a sentence declares, so that names declared before may be defined; else equations may be claims."""

    def __init__(self, names: Names) -> None:
        super().__init__(names)
        self.beside: Sequence[Surface] = ()
        """Formulas of the whole sentence, where only a clause of it is read."""
        self.narrowed: set[str] = set()
        """Names that are defined for some arguments or indices only, of which terms cannot say which."""

    def member(self, node: Surface, of: Surface, item: Item) -> None:
        """``x ∈ S`` for a fresh x; a condition for a known one."""
        raise NotImplementedError

    def definable(self, left: Surface, right: Surface, item: Item) -> Pending | None:
        """The definition that ``left = right`` is, if the left side is a fresh name."""
        left = unwrap(left)
        if speaks_of_laws(self.names, left):
            return None
        arguments: list[Surface] | None = None
        target = left
        if isinstance(left, Node) and left.kind == "juxtaposed" and len(left.parts) == 2:
            bracket = left.parts[1]
            word = left.parts[0]
            if (
                isinstance(word, Leaf)
                and word.type == "FUNCTION"
                and item.role == "let"
                and word.text not in NOT_DEFINED
            ):
                left.parts[0] = Leaf("WORD", f"{word.text}ᵘ", word.start, word.end)
            if (
                isinstance(bracket, Node)
                and bracket.kind == "bracket"
                and bracket.parts[0].text == "("
                and len(bracket.parts) == 3
            ):
                arguments, target = [bracket.parts[1]], left.parts[0]
        s = peel(target)
        if s is None or item.role == "value":
            return None
        key, lower, upper = self.family_of(s, item)
        if s.upper is not None and is_power(s.upper) and not upper:
            return None
        fresh = key not in self.names or (
            self.names.meanings[key].role == "inferred" and key not in self.names.reserved
        )
        mentioned = {key_of(p) for p in symbols_in(right)}
        if arguments and (key in mentioned or not all(map(_is_letter, items(arguments[0])))):
            return None  # f(2x) = x and V(s) = r + γ V(s') say something of a function
        alone = peel(unwrap(right))  # "a = b": nothing says which one is defined
        plain = alone is not None and (alone.upper is None or not is_power(alone.upper))
        if not fresh and (
            arguments or plain or not mentioned or key in mentioned or not self.defines_declared(key, item)
        ):
            return None
        if s.base == "π" and not lower and not upper and all(leaf.type in ("NUMBER", "SIGN") for leaf in leaves(right)):
            return None
        if s.lower is not None and s.base not in self.names and self._tied(s):
            return None
        if (
            s.base in self.names
            and key != s.base
            and self.names.ranges(s.base)
            and not lower
            and not upper
            and s.base not in self.names.scope.definitions
        ):
            return None
        if not arguments and s.base == "𝔼" and s.base not in self.names:
            return None
        mentions = {key_of(p) for p in symbols_in(right)} | {
            q.base for p in symbols_in(right) if (q := peel(p)) is not None
        }
        return Pending(left, right, item, s, arguments, mentions)

    def defines_declared(self, key: str, item: Item) -> bool:
        """Whether ``q = 1 - p`` may define a q that was declared before ("Let $p, q$ be numbers with $q = 1 - p$")."""
        known = self.names.scope.names.get(key)
        return (
            self.says
            and item.role == "let"
            and known is not None
            and known.kind == "real"
            and not known.arguments
            and key not in self.names.reserved
            and key not in self.names.scope.definitions
            and self.names.meanings[key].role == "declared"
        )

    def _tied(self, s: Symbol) -> bool:
        """Whether a light letter with an index is an entry of the bold vector of that letter."""
        bold = styled(s.base, "BOLD") if len(s.base) == 1 else s.base
        return bold != s.base and bold in self.names and bool(self.names.ranges(bold))

    def limit(self, pending: list[Pending], stated: Sequence[Surface], beside: Sequence[Surface]) -> list[Pending]:
        """Attach the conditions that a sentence states of arguments and indices; the definitions that remain."""
        parameters = set().union(*(arguments_of(p) for p in pending))
        # "f(x) = 0 for x = 0"
        points = [p for p in pending if p.symbol.base in parameters and "for" in p.item.said.split()]
        points = [p for p in points if p.arguments is None and p.symbol.lower is None and is_number(p.right)]
        here = [n for n in beside if compares(n, ORDERS) or narrows(n)]
        conditions = [*stated, *here, *(equation(p.left, p.right) for p in points)]
        for p in pending:
            _, lower, upper = self.family_of(p.symbol, p.item)
            own = {*arguments_of(p), *lower, *upper}
            about = [(n, {key_of(q) for q in symbols_in(n)} - {"ℝ", "ℕ", "ℤ"}) for n in (*p.item.binders, *conditions)]
            about = [(n, used) for n, used in about if compares(n, COMPARISONS) or narrows(n)]
            p.domain += [n for n, used in about if used & own and used <= own | self.names.scope.names.keys()]
            if (lower or upper) and any(compares(n, ORDERS) and not self.note_range(n, binder=True) for n in p.domain):
                self.narrowed.add(p.symbol.base)
        return [p for p in pending if p not in points]

    def guards(self, key: str, p: Pending, el: Elaborator) -> list[Term]:
        """The conditions under which a function is defined, on its parameters."""
        out: dict[Term, None] = {}
        for n in p.domain:
            left, relation, right = relation_of(n)
            if relation != "in" or right is None:
                out |= dict.fromkeys(conjuncts(el.condition(n)))
                continue
            kind, _, facts = self.shape_of_set(right)
            if kind == "int":
                self.narrowed.add(key)  # that an argument is an integer is no condition in a term
            members = [el.bound[k] for q in left or () if (k := key_of(q)) in el.bound]
            out |= dict.fromkeys(f(x) for x in members for f in facts)
        return list(out)

    def define_all(self, pending: list[Pending]) -> None:
        """Define in the order of dependence; families by recurrence together."""
        while pending:
            keys = {self.family_of(p.symbol, p.item)[0] for p in pending} | {p.symbol.base for p in pending}
            families = self._families(pending)
            ready = [
                p
                for p in pending
                if p.symbol.base not in families
                and not (p.mentions & keys - {self.family_of(p.symbol, p.item)[0], p.symbol.base})
            ]
            if ready:
                for p in ready:
                    self.define(p)
                pending = [p for p in pending if p not in ready]
                continue
            blocked = {
                b for b, ps in families.items() if any(m in keys and m not in families for p in ps for m in p.mentions)
            }
            group = {b: ps for b, ps in families.items() if b not in blocked} or families
            if not group:
                for p in pending:
                    self.define(p)
                return
            self.define_families(group)
            done = [p for ps in group.values() for p in ps]
            pending = [p for p in pending if p not in done]

    def _families(self, pending: Sequence[Pending]) -> dict[str, list[Pending]]:
        """Definitions with a ranging index, with the clauses for single indices, by base."""
        out: dict[str, list[Pending]] = {}
        for p in pending:
            _, lower, upper = self.family_of(p.symbol, p.item)
            if lower or upper:
                out.setdefault(p.symbol.base, []).append(p)
        for p in pending:
            if p.symbol.base in out and p not in out[p.symbol.base]:
                out[p.symbol.base].append(p)
        return out

    def define(self, p: Pending) -> None:
        key, _, _ = self.family_of(p.symbol, p.item)
        place = (p.symbol.start, p.symbol.end)
        if self.define_law(key, p):
            return
        if p.arguments is not None:
            self.define_with_arguments(key, p)
            return
        value = Elaborator(self.names, p.right).read(p.right)
        if key in self.names and self.names.meanings[key].role == "declared":
            context = self.names.scope.context()
            fits = same_shape(kernel_shape(context, value.term), kernel_shape(context, sym(key)))
            if key in context.closure(value.term) or not fits:
                self.names.assume(*Elaborator(self.names, p.left).relation_terms(equation(p.left, p.right)))
                return
            del self.names.scope.names[key]
            del self.names.meanings[key]
            self.names.changed()
        self.define_plain(key, value, p.item, place)

    def define_law(self, key: str, p: Pending) -> bool:
        """``q = 𝒩(μ, σ²)`` and ``q(z | x) = 𝒩(z; μ, σ²)``; whether nothing else is to be said of it."""
        law = None if p.domain or key in self.names else law_of(Elaborator(self.names, p.right), p.right)
        if law is None:
            return False
        for n in {s.name() for t in law.terms for s in subterms(t) if s.head == "sym"}:
            if self.names.is_inferred(n):
                self.names.meanings[n].role = "declared"  # the parameters of a law are numbers
                if law.kind == "normal" and law.terms[1] is make("pow", sym(n), num(2)):
                    self.names.assume(rel("<", ZERO, sym(n)))
        if self.names.laws.setdefault(key, law) != law:
            raise ReadingError("redefined", f"{spell(key)} is another law already", p.left.start, p.right.end)
        of_number = p.arguments is not None and law.kind == "normal" and law.ranges == ()
        if of_number and all("|" not in mention(q) for q in p.arguments or ()):
            return False  # its density is a function of a number
        if law.kind == "normal" and law.ranges == ():
            x = loose("x")
            meaning = Meaning(key, spell(key), "defined", p.item.said, place=(p.symbol.start, p.symbol.end))
            self.names.add(meaning, Name("function", (), ((),)))
            body = make("app", "normal_density", bound(x), *law.terms)
            self.names.scope.definitions[key] = Definition((x,), (((), body),))
            self.names.changed()
        else:
            self.names.tainted.add(key)  # it has no value by itself
        return True

    def define_plain(self, key: str, value: Value, item: Item, place: tuple[int, int]) -> None:
        term = conventional(value.term, self.names)
        ranges = kernel_shape(self.names.scope.context(), term)
        if key in self.names and self.names.meanings[key].role == "inferred":
            del self.names.scope.names[key]
            del self.names.meanings[key]
        self.names.add(Meaning(key, spell(key), "defined", item.said, row=value.row, place=place), Name("real", ranges))
        self.names.scope.definitions[key] = Definition((), (((), term),))
        self.names.changed()

    def define_with_arguments(self, key: str, p: Pending) -> None:
        """``f(x) = …``: a function of numbers; a quantity that mentions what it depends on; or both."""
        assert p.arguments is not None
        inside = p.arguments[0]
        text = mention(inside)
        parts = items(inside)
        symbols = [peel(q) for q in parts]
        plain = all(s is not None and s.lower is None and s.upper is None for s in symbols)
        for b in p.item.binders:
            left, relation, right = relation_of(b)
            if relation == "in" and left is not None and right is not None:
                for q in left:
                    if key_of(q) not in self.names:
                        self.member(q, right, Item(q, "let"))
        known = all(key_of(s) in self.names or "|" in text for s in parts)
        place = (p.symbol.start, p.symbol.end)
        tensors = any(s is not None and s.base in self.names and self.names.ranges(s.base) for s in symbols)
        rounds = any(
            leaf.text in ("floor", "ceil") for leaf in leaves(p.right)
        )  # of integers, which parameters are not
        if plain and not tensors and not rounds:
            params = [loose("x") for _ in symbols]
            el = Elaborator(self.names, p.right)
            el.bound = {s.base: bound(x) for s, x in zip(symbols, params, strict=True) if s is not None}
            el.varied = frozenset(el.bound)
            value = el.read(p.right)
            body = None if el.shape(value, p.right) else self._varied(value.term, el.bound)
            if body is not None and (body.loose or ALL.search(p.item.said) or p.item.binders):
                for guard in reversed(self.guards(key, p, el)):
                    body = make("cases", guard, body)  # undefined elsewhere
                usual = tuple(sym(key_of(q)) for q in parts) if known else ()
                called = tuple(map(key_of, parts))
                meaning = Meaning(key, spell(key), "defined", p.item.said, usual=usual, called=called, place=place)
                self.names.add(meaning, Name("function", (), ((),) * len(params)))
                self.names.scope.definitions[key] = Definition(tuple(params), (((), body),))
                self.names.changed()
                return
        varies = self._varies(p.right, parts)
        if plain and not p.domain and varies:  # what is defined for some arguments is not put at others
            self.names.macros[key] = Macro(tuple(key_of(q) for q in parts), p.right)
        if known or not plain or not varies:
            self.define_plain(key, Elaborator(self.names, p.right).read(p.right), p.item, place)
        self.names.mentions.setdefault(key, []).append(text)

    def _varies(self, right: Surface, arguments: Sequence[Surface]) -> bool:
        """Whether some argument of a function stands in what it is: else it may be its value for this one alone."""
        letters = {q.base for a in arguments if (q := peel(a)) is not None}
        return any(q.base in letters for n in symbols_in(right) if (q := peel(n)) is not None)

    def _varied(self, body: Term, arguments: Mapping[str, Term]) -> Term | None:
        """The body of a function, in which names that rest on its arguments are put in; None if they cannot be."""
        try:
            return with_arguments(self.names.scope.context(), body, arguments)
        except Captured:
            return None

    def vary(self) -> None:
        """Put what was just defined into the functions with whose arguments it varies."""
        context = self.names.scope.context()
        for key, meaning in self.names.meanings.items():
            letters = {k for k in meaning.called if k in self.names}
            definition = self.names.scope.definitions.get(key)
            if definition is None or not resting(context, key, letters):
                continue
            arguments = dict(zip(meaning.called, map(bound, definition.params), strict=True))
            body = self._varied(definition.clauses[0][1], arguments)
            if body is None:
                self.names.doubt([key], "it is made of what varies with its argument")
            else:
                self.names.scope.definitions[key] = Definition(definition.params, (((), body),))
                self.names.changed()

    def define_families(self, group: dict[str, list[Pending]]) -> None:
        """Families by recurrence: their ranges first, then the bodies, in which all of them may stand."""
        plans = {base: self._clauses(base, ps) for base, ps in group.items()}
        vectors = [tensor((sym(k),)) for k, m in self.names.meanings.items() if m.role == "dimension"]
        known = {base: self._own_shape(clauses, set(plans)) for base, clauses in plans.items()}
        usual: list[Ranges] = [(), *vectors]
        choices = [usual if (own := known[base]) is None else [own] for base in plans]
        error: ReadingError | None = None
        for shapes in product(*choices):
            trial = self.names.copy()
            try:
                self._try_families(trial, plans, dict(zip(plans, shapes, strict=True)))
            except ReadingError as e:
                error = error or e
                continue
            self._try_families(self.names, plans, dict(zip(plans, shapes, strict=True)))
            return
        assert error is not None
        raise error

    def _own_shape(self, clauses: list[tuple[list[Range], list[str], int, Pending]], group: set[str]) -> Ranges | None:
        """The shape of the members of a family, if a clause tells it that mentions none of the families."""
        for ranges, letters, _, p in clauses:
            if p.mentions & group:
                continue
            el = Elaborator(self.names.copy(), p.right)
            el.bound = {x: bound(loose(x)) for x in letters if x}
            el.bound_ranges = dict(zip(letters, ranges, strict=True))
            try:
                found = el.shape(el.read(p.right), p.right)
            except ReadingError:
                continue
            if found and not any(end.loose for r in found for end in r):
                return found
        return None

    def _clauses(self, base: str, ps: Sequence[Pending]) -> list[tuple[list[Range], list[str], int, Pending]]:
        """Clauses as (ranges, letters, upper, definition), ordered by their first index."""
        out = []
        for p in ps:
            _, lower, upper = self.family_of(p.symbol, p.item)
            if lower or upper:
                letters = [*upper, *lower]
                by = self.shifts(p.symbol)
                ranges = [
                    (moved(lo, by.get(x, 0)), moved(hi, by.get(x, 0)))
                    for x in letters
                    for lo, hi in [self.range_for(x)]
                ]
                out.append((ranges, letters, len(upper), p))
            else:
                above = p.symbol.lower is None
                script = inside(p.symbol.upper if above else p.symbol.lower)
                point = Elaborator(self.names).index(script)
                out.append(([(point, point)], [""], int(above), p))
        starts = [value(c[0][0][0]) for c in out]
        first = min((x for x in starts if isinstance(x, int)), default=None)
        before = f"{base}_{first - 1}" if first is not None else ""
        if first is not None and before in self.names and not any(c[1] == [""] for c in out):
            point = num(first - 1)
            known = Leaf("LETTER", before, ps[0].symbol.start, ps[0].symbol.end)
            out.append(([(point, point)], [""], out[0][2], Pending(known, known, ps[0].item, ps[0].symbol)))
        out.sort(key=lambda c: c[0][0][0].args[0] if c[0][0][0].head == "num" else 10**6)  # type: ignore[arg-type, return-value]
        return out

    def _initial(
        self,
        names: Names,
        base: str,
        clauses: list[tuple[list[Range], list[str], int, Pending]],
        shape: Ranges,
    ) -> tuple[Term, Term] | None:
        """The member before the first one of a recurrence, as a name of its own, where the text gives it no value."""
        ranges, letters, upper, p = clauses[0]
        first = value(ranges[-1][0])
        if len(clauses) != 1 or len(ranges) != 1 or not isinstance(first, int) or first < 1:
            return None
        if not steps_back(p.right, base, letters[0]):
            return None
        key = f"{base}^⁽{first - 1}⁾" if upper else f"{base}_{first - 1}"
        if key not in names:
            names.add(Meaning(key, spell(key), "inferred", "initial value"), Name("real", shape))
            names.inferred.append(f"{spell(key)} is where the recurrence starts")
        return num(first - 1), sym(key)

    def _try_families(
        self,
        names: Names,
        plans: dict[str, list[tuple[list[Range], list[str], int, Pending]]],
        shapes: dict[str, Ranges],
    ) -> None:
        starts = {base: self._initial(names, base, clauses, shapes[base]) for base, clauses in plans.items()}
        for base, clauses in plans.items():
            start = starts[base]
            first, last = start[0] if start else clauses[0][0][-1][0], clauses[-1][0][-1][1]
            outer = clauses[-1][0][:-1]
            p = clauses[-1][3]
            meaning = Meaning(
                base,
                spell(base),
                "defined",
                p.item.said,
                max(c[2] for c in clauses),
                place=(p.symbol.start, p.symbol.end),
            )
            if base in names and base not in names.scope.definitions:
                old = names.ranges(base)
                if len(old) != len(outer) + 1 + len(shapes[base]):
                    raise ReadingError("redefined", f"{spell(base)} has another shape", p.symbol.start, p.symbol.end)
                del names.scope.names[base]
                del names.meanings[base]
            names.add(meaning, Name("real", (*outer, (first, last), *shapes[base])))
        for base, clauses in plans.items():
            params = tuple(f"{base}#{k}" for k in range(len(clauses[-1][0])))
            start = starts[base]
            rows: list[tuple[tuple[Range, ...], Term]] = [(((start[0], start[0]),), start[1])] if start else []
            for ranges, letters, _, p in clauses:
                el = Elaborator(names, p.right)
                by = self.shifts(p.symbol)
                el.bound = {x: moved(bound(q), -by.get(x, 0)) for x, q in zip(letters, params, strict=True) if x}
                el.bound_ranges = dict(zip(letters, ranges, strict=True))
                read = el.read(p.right)
                found = el.shape(read, p.right)
                if found and not same_shape(found, shapes[base]):
                    raise ReadingError("shape", f"{spell(base)} is not a number", p.right.start, p.right.end)
                body = conventional(read.term, names)
                if shapes[base] and not found:
                    body = tabulate(lambda *_, b=body: b, shapes[base])
                rows.append((tuple(ranges), body))
            names.scope.definitions[base] = Definition(params, tuple(rows))
            names.changed()
        context = names.scope.context()
        try:
            check_definitions(context)
        except Rejected as e:
            for base in plans:
                names.scope.definitions.pop(base, None)
            p = next(iter(plans.values()))[-1][3]
            raise ReadingError("definition", str(e), p.symbol.start, p.symbol.end) from None


def moved(t: Term, by: int) -> Term:
    """An index a few steps on."""
    known = value(t)
    if by == 0 or t is INF:
        return t
    return num(known + by) if isinstance(known, int) else make("add", t, num(by))


def _is_letter(argument: Surface) -> bool:
    """Whether an argument is a symbol, or part of an event such as ``y = 1 | x``."""
    marks = isinstance(argument, Leaf) and argument.type in ("MID", "SEMICOLON")
    return marks or peel(argument) is not None or is_chain(argument)


def arguments_of(p: Pending) -> set[str]:
    """The letters that stand for the arguments of what is defined."""
    return {s.base for q in p.arguments or () for x in items(q) if (s := peel(x)) is not None}


def compares(node: Surface, signs: frozenset[str]) -> bool:
    """Whether a formula is a chain of such comparisons."""
    chain = unwrap(node)
    return isinstance(chain, Node) and chain.kind == "chain" and {c.text for c in chain.parts[1::2]} <= signs


def narrows(node: Surface) -> bool:
    """Whether a formula says that something lies in less than all numbers, vectors or matrices."""
    _, relation, right = relation_of(node)
    base, script = None if right is None else unwrap(right), None
    while isinstance(base, Node) and base.kind == "superscript":
        script, base = unwrap(base.parts[1]), base.parts[0]
    marked = isinstance(script, Leaf) and script.type == "MARK"
    return relation == "in" and (marked or not (isinstance(base, Leaf) and base.text == "ℝ"))
