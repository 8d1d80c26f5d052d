"""The twelve steps of a proof: what each one concludes from earlier lines.

A line ``H ⊢ φ`` says: in every model of the context in which all of H hold, φ is defined and true.
Each step computes its line from what the certificate carries; none searches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from symderive.kernel.algebra import Algebra, Fractional, OverBudget, scaled
from symderive.kernel.book import Book, Substitution, instance
from symderive.kernel.context import PLACEHOLDER, Context, Rejected, family_member, need, within
from symderive.kernel.defined import Conditions, defined, defined_parts, plain, surely, unfolded
from symderive.kernel.intervals import Undefined, Unsure
from symderive.kernel.lowering import lower
from symderive.kernel.models import Evaluator, Model
from symderive.kernel.moments import tame
from symderive.kernel.placing import Path, place
from symderive.kernel.shapes import CONDITION, check_condition, index, same_shape, scalar, shape, unfold_operator
from symderive.kernel.sums import Moves, equal_sums
from symderive.kernel.terms import (
    INF,
    ONE,
    ZERO,
    Term,
    abstract,
    bound,
    conjuncts,
    instantiate,
    literal,
    make,
    num,
    put,
    rel,
    substitute,
    sym,
)


class Line(NamedTuple):
    """H ⊢ φ."""

    hypotheses: Conditions
    claim: Term


ABSURD = rel("<", ZERO, ZERO)
"""What contradictory hypotheses prove; it may stand for any claim in `Cases` and `Cut`."""


@dataclass(frozen=True)
class Rule:
    """An instance of an entry of the book."""

    entry: str
    subst: Substitution


@dataclass(frozen=True)
class Unfold:
    """A definition: of a name (at a clause), a function or an operator; or a term in index form."""

    term: Term
    how: str  # definition | lower
    clause: int = 0


@dataclass(frozen=True)
class Fact:
    """A condition, assumed, at these values of its leading ∀."""

    condition: Term
    at: tuple[Term, ...] = ()


@dataclass(frozen=True)
class Chain:
    """Transitivity: a R₁ b, b R₂ c, … give a R c.  A line named −k is line k−1 read backwards."""

    lines: tuple[int, ...]


@dataclass(frozen=True)
class Place:
    """A line at other values of its loose indices and placeholders, put in a context: C[s] R C[t]."""

    line: int
    context: Term
    paths: tuple[Path, ...]
    values: Mapping[str, Term] = field(default_factory=dict)
    defined: str = "left"
    """Whose definedness is assumed: that of C[s] or of C[t]; the other's follows."""


@dataclass(frozen=True)
class Combine:
    """left = right as rational functions, by rewriting and a combination of equations.

    ``rewrite`` lists lines whose left sides are replaced by their right sides; ``cofactors`` lists
    (line, q) with left − right = Σ q·(l − r).  ``opaque`` terms are not looked into.
    """

    left: Term
    right: Term
    rewrite: tuple[int, ...] = ()
    cofactors: tuple[tuple[int, Term], ...] = ()
    opaque: tuple[Term, ...] = ()


@dataclass(frozen=True)
class Order:
    """An order (or ≠) from right − left = Σ c·Π(differences of lines)·Π squares, modulo equations.

    Each product is (c > 0, lines, terms to be squared).  For ≠ there is one product, of lines that
    are ≠ or <, and c ≠ 0.
    """

    claim: Term
    products: tuple[tuple[Fraction, tuple[int, ...], tuple[Term, ...]], ...]
    rewrite: tuple[int, ...] = ()
    cofactors: tuple[tuple[int, Term], ...] = ()
    opaque: tuple[Term, ...] = ()


@dataclass(frozen=True)
class Resum:
    """Equality of finite sums by moving indices."""

    left: Term
    right: Term
    left_moves: tuple[Moves, ...]
    right_moves: tuple[Moves, ...]


@dataclass(frozen=True)
class Cases:
    """A claim from one line per case; the cases exhaust the order of two numbers."""

    claim: Term
    cases: tuple[Term, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Induct:
    """A claim about the loose index `variable` from `first` on (to `last`): base line and step line."""

    claim: Term
    variable: str
    first: Term
    last: Term | None
    base: int
    up: int


@dataclass(frozen=True)
class Cut:
    """A hypothesis of a line removed by a line that proves it; `names` are the indices of its ∀."""

    line: int
    hypothesis: Term
    by: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evaluate:
    """A relation between closed numbers, by exact or interval arithmetic."""

    claim: Term
    precision: int = 64


Step = Rule | Unfold | Fact | Chain | Place | Combine | Order | Resum | Cases | Induct | Cut | Evaluate


@dataclass
class Proof:
    """The lines so far, over one context and book."""

    context: Context
    book: Book
    lines: list[Line] = field(default_factory=list)

    def add(self, step: Step) -> int:
        """Append the line of a step; returns its number.

        Raises:
            Rejected: the step does not give a line.
        """
        try:
            line: Line = _STEPS[type(step)](self, step)  # type: ignore[operator]
        except (OverBudget, RecursionError) as error:
            raise Rejected(str(error)) from None
        except ZeroDivisionError:
            raise Rejected("a denominator is zero") from None
        except ValueError as error:
            raise Rejected(str(error)) from None
        self.lines.append(Line(self.settled(line.hypotheses), line.claim))
        return len(self.lines) - 1

    def settled(self, hypotheses: Iterable[Term]) -> Conditions:
        """The hypotheses; of those that hold plainly only that they are defined."""
        return frozenset().union(*map(self._rest, hypotheses))

    def _rest(self, h: Term) -> Conditions:
        key = ("rest", h)
        if key not in self.context.memo:
            rest = defined(self.context, h) if plain(self.context, h) else frozenset({h})
            self.context.memo[key] = frozenset() if tame(self.context, h) else rest
        found: Conditions = self.context.memo[key]
        return found

    def line(self, k: int) -> Line:
        if not 0 <= k < len(self.lines):
            raise Rejected(f"there is no line {k} before this one")
        return self.lines[k]

    def relation(self, k: int) -> tuple[Conditions, str, Term, Term]:
        h, c = self.line(k)
        need(c.head == "rel", f"line {k} is not a relation")
        return h, c.name(), c.terms[0], c.terms[1]


def definition_mark(t: Term) -> Term:
    """The hypothesis that the definition of a name (or of a member of a family) is in force."""
    return make("is", "defn", t)


# -- the steps --------------------------------------------------------------------------------------


def _rule(proof: Proof, step: Rule) -> Line:
    e = proof.book.entries.get(step.entry)
    if e is None:
        raise Rejected(f"the book has no entry {step.entry}")
    return Line(*instance(proof.context, e, step.subst))


def _unfold(proof: Proof, step: Unfold) -> Line:
    context, t = proof.context, step.term
    need(step.how in ("definition", "lower"), "no such way to unfold")
    shape(context, t)
    marks: set[Term] = set()
    if step.how == "lower":
        body = lower(context, t)
    elif t.head == "op":
        body = unfold_operator(context, t)
    elif t.head == "app":
        for a in t.terms:
            scalar(context, a)
        found = unfolded(context, t)
        if found is None:
            raise Rejected(f"{t.name()} has no definition")
        body = found
        if t.name() in context.definitions:
            marks.add(definition_mark(sym(t.name())))
    else:
        member = family_member(t)
        if member is None:
            raise Rejected("only names, functions and operators have definitions")
        name, indices = member
        need(context.declared(name).kind != "function", f"{name} stands without arguments")
        body, conditions = context.clause(name, step.clause, indices)
        marks |= {definition_mark(t), *conditions}
    return Line(frozenset(marks) | defined(context, t), rel("=", t, body))


def _fact(proof: Proof, step: Fact) -> Line:
    check_condition(proof.context, step.condition)
    need(not step.condition.dangling, "a condition out of its binder")
    hypotheses = {step.condition}
    c, values = step.condition, list(step.at)
    while c.head in ("all", "imp") or _is_sure(c):
        if c.head != "all":
            hypotheses |= set(conjuncts(c.terms[0])) if c.head == "imp" else set()
            c = c.terms[-1]
            continue
        need(values, "a value is missing for a ∀")
        i = values.pop(0)
        index(proof.context, i)
        lo, hi, body = c.terms
        hypotheses |= set(within(i, (lo, hi))) | defined(proof.context, i)
        c = instantiate(body, i)
    need(not values, "more values than ∀")
    return Line(frozenset(hypotheses), c)


_COMPOSED = {
    ("=", "="): "=",
    ("=", "<"): "<",
    ("<", "="): "<",
    ("=", "<="): "<=",
    ("<=", "="): "<=",
    ("<", "<"): "<",
    ("<", "<="): "<",
    ("<=", "<"): "<",
    ("<=", "<="): "<=",
    ("=", "!="): "!=",
    ("!=", "="): "!=",
}


def _chain(proof: Proof, step: Chain) -> Line:
    need(step.lines, "an empty chain")
    hypotheses: Conditions = frozenset()
    left = right = None
    op = "="
    for k in step.lines:
        h, r, a, b = proof.relation(k if k >= 0 else -k - 1)
        if k < 0:
            need(r in ("=", "!="), "an order read backwards")
            a, b = b, a
        need(right is None or right is a, f"the chain breaks before line {k}")
        composed = r if right is None else _COMPOSED.get((op, r))
        if composed is None:
            raise Rejected(f"{op} and {r} do not compose")
        op, left, right = composed, left or a, b
        hypotheses |= h
    assert left is not None
    assert right is not None
    return Line(hypotheses, rel(op, left, right))


def _place(proof: Proof, step: Place) -> Line:
    context = proof.context
    h, op, s, t = proof.relation(step.line)
    if step.values:
        for n, v in step.values.items():
            (scalar if n.startswith(PLACEHOLDER) else index)(context, v)
            h |= defined(context, v)
        # only placeholders and loose indices: a declared name is not arbitrary where it is defined
        numbers = {n: v for n, v in step.values.items() if n.startswith(PLACEHOLDER)}
        indices = {n: v for n, v in step.values.items() if n not in numbers}
        s, t, *rest = (put(substitute(x, indices), numbers) for x in (s, t, *h))
        h = proof.settled(rest)
    need(shape(context, step.context) != CONDITION, "a line put in a condition")
    need(step.defined in ("left", "right", "both"), "no such side")
    if not step.paths:
        need(step.context is s, "the context is not the left side of the line")
        return Line(h, rel(op, s, t))
    out, after, relation = step.context, h, op
    hypotheses: set[Term] = set()
    for path in step.paths:
        out, after, relation = place(context, out, path, op, s, t, h)
        hypotheses |= after
        need(op == "=" or len(step.paths) == 1, "an order in several places")
    shape(context, out)
    side = step.context if step.defined == "left" else out
    need(op == "=" or step.defined == "both", "an order needs both sides defined")
    sides = [step.context, out] if step.defined == "both" else [side]
    left, right = (step.context, out)
    if relation.startswith("-"):
        left, right, relation = out, step.context, relation[1:]
    return Line(frozenset(hypotheses) | defined_parts(context, sides), rel(relation, left, right))


def _algebra(
    proof: Proof,
    step: Combine | Order,
    left: Term,
    right: Term,
) -> tuple[Algebra, Fractional, set[Term]]:
    """right − left − Σ q·(r − l), the algebra that it lives in, and what it rests on."""
    context = proof.context
    algebra = Algebra(step.opaque)
    hypotheses: set[Term] = set()
    rewritten: set[Term] = set()
    whole = shape(context, left)
    for k in step.rewrite:
        h, op, a, b = proof.relation(k)
        need(op == "=", f"line {k} is no equation")
        need(a not in step.opaque, "an opaque term is rewritten")
        algebra.known[a] = algebra.of(b)
        hypotheses |= h
        rewritten.add(a)
    for t in (left, right):
        hypotheses |= _defined_by_parts(context, t, rewritten)
    total = algebra.minus(algebra.of(right), algebra.of(left))
    for k, q in step.cofactors:
        h, op, a, b = proof.relation(k)
        need(op == "=", f"line {k} is no equation")
        hypotheses |= h | defined(context, q)
        # an equation between tensors of another size may hold because they have no entries
        for x in (q, a, b):
            need(same_shape(shape(context, x) or whole, whole), f"line {k} has another shape")
        part = algebra.times(algebra.of(q), algebra.minus(algebra.of(b), algebra.of(a)))
        total = algebra.minus(total, part)
    return algebra, total, hypotheses


def _defined_by_parts(context: Context, t: Term, known: set[Term]) -> Conditions:
    """`defined`, except that the terms in `known` are defined because lines say so."""
    if t in known:
        return frozenset()
    e = literal(t.terms[1]) if t.head == "pow" else 0
    if t.head not in ("add", "neg", "mul", "div", "pow") or not isinstance(e, int) or shape(context, t):
        return defined(context, t)
    out = frozenset().union(*(_defined_by_parts(context, a, known) for a in t.terms))
    if t.head == "div":
        out |= {rel("!=", lower(context, t.terms[1]), ZERO)}
    return out | {rel("!=", lower(context, t.terms[0]), ZERO)} if e < 0 else out


def _combine(proof: Proof, step: Combine) -> Line:
    claim = rel("=", step.left, step.right)
    check_condition(proof.context, claim)
    _, (numerator, _), hypotheses = _algebra(proof, step, step.left, step.right)
    need(not numerator, "the combination does not vanish")
    return Line(frozenset(hypotheses), claim)


def _order(proof: Proof, step: Order) -> Line:
    context = proof.context
    check_condition(context, step.claim)
    need(step.claim.head == "rel", "an order is claimed")
    op, left, right = step.claim.name(), step.claim.terms[0], step.claim.terms[1]
    scalar(context, left)
    algebra, total, hypotheses = _algebra(proof, step, left, right)
    strict = False
    for c, lines, squares in step.products:
        need(c > 0 or (op == "!=" and c != 0), "a coefficient is not positive")
        part = algebra.of(num(c))
        nonzero = not squares
        doubled: set[int] = set()
        for k in lines:
            h, r, a, b = proof.relation(k)
            scalar(context, a)
            hypotheses |= h
            if r == "!=" and op != "!=":
                doubled ^= {k}
            nonzero = nonzero and r in ("<", "!=")
            part = algebra.times(part, algebra.minus(algebra.of(b), algebra.of(a)))
            need(r != "=", "an equation among the factors of an order")
        need(not doubled, "a factor known only to be ≠ 0 stands once")
        for q in squares:
            scalar(context, q)
            hypotheses |= defined(context, q)
            part = algebra.times(part, algebra.raised(algebra.of(q), 2))
        strict = strict or nonzero
        total = algebra.add(total, (scaled(part[0], -1), part[1]))
    need(not total[0], "the combination does not vanish")
    match op:
        case "<":
            need(strict, "nothing in the combination is strictly positive")
        case "!=":
            need(strict and len(step.products) == 1, "≠ needs one product of factors ≠ 0")
        case "=":
            raise Rejected("an order does not give an equation")
        case _:
            pass
    return Line(frozenset(hypotheses), step.claim)


def _resum(proof: Proof, step: Resum) -> Line:
    context = proof.context
    claim = rel("=", step.left, step.right)
    check_condition(context, claim)
    scalar(context, step.left)
    need(not step.left.dangling and not step.right.dangling, "a term out of its binder")
    moves = equal_sums(context, step.left, step.right, step.left_moves, step.right_moves)
    return Line(moves | defined_parts(context, claim.terms), claim)


_EXHAUSTIVE = [
    {("<", 0), ("=", 0), ("<", 1)},
    {("<", 0), ("<=", 1)},
    {("<=", 0), ("<", 1)},
    {("<=", 0), ("<=", 1)},
    {("=", 0), ("!=", 0)},
]
"""Relations between a and b (0) or b and a (1), one of which always holds."""


def _cases(proof: Proof, step: Cases) -> Line:
    context = proof.context
    check_condition(context, step.claim)
    need(len(step.cases) == len(step.lines) > 0, "a line per case")
    first = step.cases[0]
    need(all(c.head == "rel" for c in step.cases), "a case is not a relation")
    a, b = first.terms[0], first.terms[1]
    kinds = set()
    for c in step.cases:
        same = (c.terms[0], c.terms[1]) == (a, b)
        need(same or (c.terms[1], c.terms[0]) == (a, b), "the cases compare different terms")
        kinds.add((c.name(), 0 if same or c.name() in ("=", "!=") else 1))
    scalar(context, a)
    need(kinds in _EXHAUSTIVE, "the cases leave something out")
    hypotheses: set[Term] = set(defined_parts(context, (a, b)))
    real = False
    for c, k in zip(step.cases, step.lines, strict=True):
        h, claim = proof.line(k)
        need(claim in (step.claim, ABSURD), f"line {k} proves something else")
        real = real or claim is step.claim
        hypotheses |= h - {c}
    need(real, "no case proves the claim")
    return Line(frozenset(hypotheses), step.claim)


def _induct(proof: Proof, step: Induct) -> Line:
    context, v = proof.context, step.variable
    check_condition(context, step.claim)
    t = bound(v)
    index(context, step.first)
    need(v not in step.first.loose, "the first index depends on the variable")
    base, up = proof.line(step.base), proof.line(step.up)
    after = make("add", t, ONE)
    need(base.claim is substitute(step.claim, {v: step.first}), "the base line proves another claim")
    need(up.claim is substitute(step.claim, {v: after}), "the step line proves another claim")
    granted = {rel("<=", step.first, t), *conjuncts(step.claim)}
    own = {rel("<=", step.first, t)}
    reached: set[Term] = set()
    if step.last is not None:
        index(context, step.last)
        need(v not in step.last.loose, "the last index depends on the variable")
        granted |= {rel("<=", t, step.last), rel("<=", after, step.last)}
        own.add(rel("<=", t, step.last))
        reached = {rel("<=", step.first, step.last)}
    # what the step assumes at each index has to hold at all of them
    end = INF if step.last is None else step.last
    rest = up.hypotheses - granted
    rest = frozenset(make("all", step.first, end, abstract(h, v)) if v in h.loose else h for h in rest)
    remaining = (base.hypotheses - reached) | rest | own
    need(all(v not in h.loose for h in base.hypotheses), f"the base line speaks of {v}")
    return Line(frozenset(remaining), step.claim)


def _is_sure(c: Term) -> bool:
    return c.head == "is" and c.name() == "surely"


def _cut(proof: Proof, step: Cut) -> Line:
    h, claim = proof.line(step.line)
    need(step.hypothesis in h, "the line has no such hypothesis")
    given, proved = proof.line(step.by)
    goal, names = step.hypothesis, list(step.names)
    opened: list[tuple[str, Term, Term]] = []
    granted: set[Term] = set()
    while goal.head in ("all", "imp") or _is_sure(goal):
        if _is_sure(goal):
            given = surely(proof.context, given)
            goal = goal.terms[0]
            continue
        if goal.head == "imp":
            granted |= set(conjuncts(goal.terms[0]))
            goal = goal.terms[1]
            continue
        need(names, "a name is missing for a ∀")
        name = names.pop(0)
        need(all(name not in t.loose for t in (goal, step.hypothesis, *granted)), f"{name} is not fresh")
        lo, hi, body = goal.terms
        opened.append((name, lo, hi))
        granted |= set(within(bound(name), (lo, hi)))
        goal = instantiate(body, bound(name))
    need(not names, "more names than ∀")
    need(proved in (goal, ABSURD), "the line proves something else")
    rest = given - granted
    # what the line assumes at each index has to hold at all of them
    for name, lo, hi in reversed(opened):
        rest = frozenset(make("all", lo, hi, abstract(c, name)) if name in c.loose else c for c in rest)
    return Line((h - {step.hypothesis}) | rest, claim)


def _evaluate(proof: Proof, step: Evaluate) -> Line:
    check_condition(proof.context, step.claim)
    need(step.claim.head == "rel", "only relations are evaluated")
    need(0 < step.precision <= 4096, "a precision out of bounds")
    need(not proof.context.closure(step.claim) and not step.claim.loose, "a relation between names")
    nothing = Context({}, {}, (), proof.context.functions, proof.context.operators)
    try:
        true = Evaluator(nothing, Model({}, precision=step.precision)).holds(step.claim)
    except (Unsure, Undefined) as error:
        raise Rejected(f"not evaluated: {error}") from None
    need(true, "the relation is false")
    return Line(frozenset(), step.claim)


_STEPS = {
    Rule: _rule,
    Unfold: _unfold,
    Fact: _fact,
    Chain: _chain,
    Place: _place,
    Combine: _combine,
    Order: _order,
    Resum: _resum,
    Cases: _cases,
    Induct: _induct,
    Cut: _cut,
    Evaluate: _evaluate,
}
