"""The judge: refute first, then prove, and let the kernel have the last word.

A verdict *proved* or *refuted* is given only with a certificate that the kernel has accepted, read from
the same plain data that is handed out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain
from typing import Any

from symderive.engine.budget import Budget, OutOfBudget
from symderive.engine.built import unbuilt
from symderive.engine.laws import beyond_two_moments
from symderive.engine.normal import Normal
from symderive.engine.prover import FAILURES, Prover
from symderive.engine.ring import TooLarge
from symderive.engine.sampling import Sampler
from symderive.kernel import check
from symderive.kernel.book import Book
from symderive.kernel.context import Context, Definition, Rejected
from symderive.kernel.defined import is_mark, is_regularity
from symderive.kernel.intervals import Interval, Real, Undefined, Unsure
from symderive.kernel.models import Evaluator, FunctionModel, Model
from symderive.kernel.reader import Nested
from symderive.kernel.shapes import check_condition
from symderive.kernel.steps import Line, Step
from symderive.kernel.terms import Term, TooDeep, bound, make, num, rel, subterms
from symderive.language import tables
from symderive.language.verdict import Counterexample, Kind, Verdict

X = bound("x")
INSTANCES = [
    make("pow", X, num(2)),
    make("add", make("pow", X, num(3)), X),
    make("add", make("mul", num(2), X), num(1)),
]
"""Polynomials that are tried for unknown functions where an expectation under a law has to be worked out."""

PRECISIONS = (64, 256, 1024)
TRIES = 20
FIRST = 2
"""Points at which both sides agree after which a proof is tried."""

ENOUGH = 8
"""Points at which both sides agree after which no more are looked at; pieces are tried at all."""


@dataclass
class Judge:
    """Judges claims in one context."""

    context: Context
    book: Book
    units: int = 5_000_000
    source: dict[str, Any] = field(default_factory=dict)
    stated: Context | None = None
    instances: Mapping[str, Definition] = field(default_factory=dict)
    """Definitions put in for unknown functions of the stated context, in an instance of it."""

    def judge(self, claim: Term) -> Verdict:
        """The verdict on a relation between two terms.

        Raises:
            Rejected: the claim or the context is ill-formed (shapes, names, definitions).
        """
        verdict = self._judged(claim)
        if verdict.kind in (Kind.REFUTED, Kind.CONSISTENT) and beyond_two_moments(self.context, claim):
            reason = "of a law only the means and variances are used: a finite space says nothing against this"
            return Verdict(Kind.UNDECIDED, claim, "law", reason)
        return verdict

    def _judged(self, claim: Term) -> Verdict:
        check.check_context(self.context)
        check_condition(self.context, claim)
        if claim.head != "rel" or claim.loose:
            raise Rejected("a claim is a relation between two terms without loose indices")
        why = unbuilt(self.context, claim)
        if why:
            return Verdict(Kind.UNDECIDED, claim, "not-built", why)
        budget = Budget(self.units)
        points = _Points(self.context, claim)
        try:
            if _evaluable(self.context, claim):
                found = points.violation(claim, enough=FIRST)
                if found is not None:
                    return self.refuted(claim, claim, found, Prover(self.context, self.book, budget), (None, None))
            if not points.models and (verdict := self._contradiction(claim, budget)) is not None:
                return verdict
            return self._prove(claim, points, budget)
        except OutOfBudget as error:
            return self._open(claim, points, "budget", str(error))

    # -- proved ---------------------------------------------------------------------------------

    def _prove(self, claim: Term, points: _Points, budget: Budget) -> Verdict:
        prover = Prover(self.context, self.book, budget)
        try:
            line = prover.prove(claim)
        except FAILURES as error:
            if points.agreeing and _evaluable(self.context, claim):
                model = points.violation(claim)
                if model is not None:
                    return self.refuted(claim, claim, model, prover, (None, None))
            return self._refute_rewritten(claim, points, prover, str(error), _code(error))
        conditions, regularity, other = check.sort_hypotheses(self.context, prover.builder.line(line), claim)
        if other:
            found = self._refute_rewritten(claim, points, prover, "")
            if found.kind is Kind.REFUTED:
                return found
            needs = tuple(sorted(other, key=repr))
            return Verdict(Kind.UNDECIDED, claim, "needs", "a proof needs more than is given", needs=needs)
        witness = self._witness(prover.builder.line(line), points)
        if witness is None:
            found = self._refute_rewritten(claim, points, prover, "")
            if found.kind is Kind.REFUTED:
                return found
            reason = "no numbers were found that satisfy all that the proof assumes"
            return Verdict(Kind.UNDECIDED, claim, "no-witness", reason)
        steps, _ = prover.builder.export(line)
        own, regular = (tuple(sorted(s, key=repr)) for s in (conditions, regularity))
        record = self.record("proved", claim, steps, [], witness, own, regular)
        accepted = check.check_record(record, self.book)
        return Verdict(
            Kind.PROVED,
            claim,
            conditions=accepted.conditions,
            hypotheses=accepted.hypotheses,
            rules=accepted.entries,
            certificate=record,
        )

    def _witness(self, line: Line, points: _Points) -> Model | None:
        """A model in which all that the line assumes holds; a small one, since the kernel looks at it again."""
        for model in chain(sorted(points.models, key=_size), points.candidates()):
            e = Evaluator(self.context, model)
            try:
                if all(_holds(e, h) for h in line.hypotheses):
                    return model
            except (Unsure, Undefined):
                continue
        return None

    def _contradiction(self, claim: Term, budget: Budget) -> Verdict | None:
        """A verdict, if the facts contradict each other."""
        prover = Prover(self.context, self.book, budget)
        line = prover.contradiction(self.context.facts)
        if line is None:
            return None
        used = tuple(h for h in self.context.facts if h in prover.builder.line(line).hypotheses)
        reason = "the assumptions contradict each other"
        return Verdict(Kind.UNDECIDED, claim, "contradiction", reason, needs=used)

    # -- refuted --------------------------------------------------------------------------------

    def _refute_rewritten(
        self, claim: Term, points: _Points, prover: Prover, reason: str, code: str = "unsupported"
    ) -> Verdict:
        """Look for a violation after both sides are rewritten by proved lines, if need be in an instance."""
        found = self.violation_rewritten(claim, points, prover)
        if found is not None:
            return found
        if not points.agreeing and not _evaluable(self.context, claim):
            for k in range(len(INSTANCES)):
                found = self._in_instance(claim, k, prover.budget)
                if found is not None:
                    return found
        return self._open(claim, points, code, reason or "no proof was found")

    def _in_instance(self, claim: Term, k: int, budget: Budget) -> Verdict | None:
        """A refutation with polynomials for the unknown functions of numbers."""
        instances = {
            n: Definition(("x",), (((), INSTANCES[(k + j) % len(INSTANCES)]),))
            for j, (n, d) in enumerate(sorted(self.context.signature.items()))
            if d.kind == "function" and d.arguments == ((),) and not d.ranges and n not in self.context.definitions
        }
        if not instances:
            return None
        context = replace(self.context, definitions={**self.context.definitions, **instances}, memo={})
        judge = replace(self, context=context, stated=self.context, instances=instances)
        return judge.violation_rewritten(claim, _Points(context, claim), Prover(context, self.book, budget))

    def violation_rewritten(self, claim: Term, points: _Points, prover: Prover) -> Verdict | None:
        every = not points.agreeing and _evaluable(self.context, claim)
        for setting in reversed(prover.settings(claim, tuple(self.context.facts))):
            try:
                lines = prover.attempt(
                    setting, lambda normal: tuple(_rewritten(normal, s, every=every) for s in claim.terms)
                )
            except FAILURES:
                continue
            sides = [s if k is None else prover.builder.right(k) for k, s in zip(lines, claim.terms, strict=True)]
            rewritten = rel(claim.name(), *sides)
            if not _evaluable(self.context, rewritten):
                continue
            assumed = [h for k in lines if k is not None for h in prover.builder.line(k).hypotheses]
            found = points.violation(rewritten, assumed)
            if found is not None:
                return self.refuted(claim, rewritten, found, prover, lines)
            if points.agreeing:
                break
        return None

    def _open(self, claim: Term, points: _Points, code: str, reason: str) -> Verdict:
        if points.agreeing:
            text = f"agrees at {points.agreeing} certified point{'s' * (points.agreeing > 1)}; no proof was found"
            return Verdict(Kind.CONSISTENT, claim, code, text, points=points.agreeing)
        return Verdict(Kind.UNDECIDED, claim, code, reason, points=points.agreeing)

    def refuted(
        self, claim: Term, evaluated: Term, model: Model, prover: Prover, lines: tuple[int | None, ...]
    ) -> Verdict:
        """The verdict for a model that violates the claim, certified."""
        ends = [k for k in lines if k is not None]
        steps, numbers = prover.builder.export(*ends) if ends else ([], [])
        renumbered = iter(numbers)
        sides = [None if k is None else next(renumbered) for k in lines]
        record = self.record("refuted", claim, steps, sides, model, (), ())
        accepted = check.check_record(record, self.book)
        example = counterexample(self.context, model, evaluated)
        return Verdict(Kind.REFUTED, claim, counterexample=example, rules=accepted.entries, certificate=record)

    # -- certificates ---------------------------------------------------------------------------

    def record(
        self,
        kind: str,
        claim: Term,
        steps: Iterable[Step],
        sides: list[int | None],
        model: Model,
        conditions: tuple[Term, ...],
        hypotheses: tuple[Term, ...],
    ) -> dict[str, Any]:
        """A certificate as plain data."""
        stated = self.stated or self.context
        c = check.Certificate(
            check.SCHEMA,
            kind,
            self.book.digest,
            stated.signature,
            stated.definitions,
            tuple(self.context.facts),
            (),
            claim,
            conditions,
            hypotheses,
            tuple(steps),
            tuple(sides),
            self.instances,
            tables.plain(model),
            self.source,
        )
        return tables.certificate(c)


def _size(model: Model) -> int:
    """How much there is to evaluate in a model."""
    return max(1, len(model.outcomes)) * sum(map(len, model.values.values()), 1)


def _code(error: BaseException | None) -> str:
    """The code of a failure: whether it ran into a bound."""
    while error is not None:
        if isinstance(error, TooLarge | TooDeep | RecursionError):
            return "budget"
        error = error.__cause__
    return "unsupported"


def _rewritten(normal: Normal, t: Term, *, every: bool) -> int | None:
    """A line that rewrites a side so that it can be evaluated; None if it can be as it stands."""
    return None if _evaluable(normal.context, t) and not every else normal.line(t)


def _has_kinks(context: Context, t: Term) -> bool:
    """Whether a term is piecewise, through functions and definitions; cheap, and rather yes than no."""
    found: set[Term] = set()
    todo = [t]
    while todo:
        for s in subterms(todo.pop()):
            if s in found:
                continue
            found.add(s)
            if s.head == "cases" or (s.head == "big" and s.name() in ("max", "min")):
                return True
            if s.head == "app":
                if s.name() == "abs":
                    return True
                row = context.functions.get(s.name())
                todo += [row.body] if row and row.body else []
            if s.head in ("sym", "app") and (d := context.definitions.get(s.name())):
                todo += [body for _, body in d.clauses]
    return False


def _evaluable(context: Context, t: Term) -> bool:
    """Whether a term has no derivative, limit or expectation under a law (through definitions)."""
    names = context.closure(t)
    bodies = [b for n in names if n in context.definitions for _, b in context.definitions[n].clauses]
    for part in (t, *bodies):
        for s in subterms(part):
            if s.head == "lim":
                return False
            if s.head == "ex" and any(context.declared(n).law for n in context.random_in(s.terms[0])):
                return False
    return True


def _holds(e: Evaluator, h: Term) -> bool:
    """Whether a hypothesis holds; regularity that is not decided may stay open."""
    try:
        return is_mark(h) or e.holds(h)
    except Unsure:
        if is_regularity(h):
            return True
        raise


class _Points:
    """The models of a context, tried on claims."""

    def __init__(self, context: Context, claim: Term) -> None:
        self.context = context
        self.models: list[Model] = []
        self._source = Sampler(context, claim).models(TRIES)
        self._evaluators: dict[int, Evaluator] = {}
        """By the number of the model; what is known of its facts and definitions stays."""
        self.agreeing = 0
        self._next()

    def _next(self) -> bool:
        """Whether there is one more model."""
        found = next(self._source, None)
        if found is not None:
            self._evaluators[len(self.models)] = found
            self.models.append(found.model)
        return found is not None

    def candidates(self) -> Iterator[Model]:
        k = 0
        while k < len(self.models) or self._next():
            yield self.models[k]
            k += 1

    def violation(self, claim: Term, assumed: Iterable[Term] = (), enough: int = 0) -> Model | None:
        """A model of all facts in which both sides have values that violate the claim.

        With `enough`, the search ends when so many agree.
        """
        assumed = list(assumed)
        self.agreeing = 0
        enough = enough or (TRIES if _has_kinks(self.context, claim) else ENOUGH)
        for k, _ in enumerate(self.candidates()):
            verdict = self._at(k, claim, assumed)
            if isinstance(verdict, Model):
                return verdict
            self.agreeing += bool(verdict)
            if self.agreeing >= enough:
                break
        return None

    def _at(self, k: int, claim: Term, assumed: list[Term]) -> Model | bool:
        """The model, with a precision that settles it, if it violates the claim; else whether it agrees."""
        for precision in PRECISIONS:
            # an evaluator that gave up is not asked again
            e = self._evaluators.pop(k, None)
            if e is None or e.model.precision != precision:
                e = Evaluator(self.context, replace(self.models[k], precision=precision))
            try:
                if not all(is_mark(f) or e.holds(f) for f in (*self.context.facts, *assumed)):
                    return False
                agrees = check.outcome_wise(self.context, e, claim)
                self._evaluators[k] = e
            except Undefined:
                return False
            except Unsure as error:
                if "too near" not in str(error) or not _has_values(e, claim):
                    return False
            except (Rejected, RecursionError):
                return False
            else:
                return True if agrees else e.model
        return True


def _has_values(e: Evaluator, claim: Term) -> bool:
    """Whether the sides of a relation have values, be they too near to tell apart."""
    try:
        return all(e.entries(s) for s in claim.terms)
    except (Undefined, Unsure):
        return False


# -- what a person is shown ---------------------------------------------------------------------------


def counterexample(context: Context, model: Model, claim: Term) -> Counterexample:
    """The values of a model that bear on a claim, and of both sides."""
    used = context.closure(claim)
    for n in list(used):
        for lo, hi in context.signature[n].ranges if n in context.signature else ():
            used |= context.closure(lo) | (frozenset() if hi.head == "inf" else context.closure(hi))
    table = tables.Table()
    values: dict[str, Any] = {
        n: table.write(Nested, tables.nested(v)) for n, v in sorted(model.values.items()) if n in used
    }
    for n, f in sorted(model.functions.items()):
        if n in used:
            values[n] = table.write(FunctionModel, f)
    if model.outcomes and _mentions_random(context, claim):
        values["outcomes"] = table.write(check.PlainModel, tables.plain(model))["outcomes"]
    e = Evaluator(context, model)
    for k in range(max(1, len(model.outcomes))):
        e.outcome = k if context.random_in(claim) else None
        if not e.truth(claim):
            break
    sides = [e.entries(s) for s in claim.terms]
    shown = [_show(e, s) for s in sides]
    return Counterexample(values, shown[0], shown[1])


def _mentions_random(context: Context, claim: Term) -> bool:
    """Whether something random stands in a claim, be it under an expectation, or in what it rests on."""
    bodies = [b for n in context.closure(claim) if n in context.definitions for _, b in context.definitions[n].clauses]
    return any(s.head == "sym" and s.name() in context.randoms for t in (claim, *bodies) for s in subterms(t))


def _show(e: Evaluator, values: list[Real]) -> str:
    parts = [_number(e, v) for v in values]
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def _number(e: Evaluator, v: Real) -> str:
    """An exact value, or enough decimals of an interval."""
    if not isinstance(v, Interval):
        return tables.rational(Fraction(v))
    middle = Fraction(v.lo + v.hi, 2 << e.a.p)
    return f"{float(middle):.6g}…"
