"""What every plan works with: one problem, its judge, and the steps found so far.

A step is kept only if the judge proves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import product

from symderive.engine.budget import Budget, OutOfBudget
from symderive.engine.judge import Judge
from symderive.engine.normal import Normal
from symderive.engine.plans.tidy import Tidy, truth
from symderive.engine.prover import FAILURES, Prover, Setting
from symderive.kernel.book import Book
from symderive.kernel.context import Context, Name, Range, Rejected, family_member, within
from symderive.kernel.shapes import shape
from symderive.kernel.terms import (
    ONE,
    TRUE,
    ZERO,
    Term,
    abstract,
    at,
    bound,
    instantiate,
    literal,
    make,
    num,
    rel,
    sym,
)
from symderive.language.problem import Derivation, DerivationStep, Goal
from symderive.language.verdict import Kind, Verdict

STRUCTURE = ("d.const", "d.self", "d.member", "d.add", "d.neg", "d.mul", "d.swap")
"""Rules of differentiation that go without saying."""
MAX_FAILURES = 16
"""Claims that may fail before no more are judged."""
LEAST_UNITS = 200_000
"""Work for a claim after many failures; each failure quarters what the next claim may use."""
MAX_UNROLLED = 24
"""Numbers up to which a condition over a range is looked at for each."""
INDICES = "ijklmnpqrs"


@dataclass
class Work:
    """One goal in one context.

    Attributes:
        context: grows when indices are added or values put in; each step keeps its own.
        units: work allowed for each claim.
    """

    context: Context
    book: Book
    goal: Goal
    units: int = 2_000_000
    steps: list[DerivationStep] = field(default_factory=list)
    said: set[Term] = field(default_factory=set)
    failures: int = 0
    """Claims that were judged and not proved."""
    _verdicts: dict[tuple[Term, int], Verdict] = field(default_factory=dict, repr=False)
    _contexts: list[Context] = field(default_factory=list, repr=False)
    """Contexts in which was judged, kept alive so that their ids stay theirs."""

    # -- judging --------------------------------------------------------------------------------

    def judge(self, claim: Term, context: Context | None = None) -> Verdict:
        """The verdict on a claim; undecided if it is ill-formed or too deep, or after too many failures."""
        context = context or self.context
        key = (claim, id(context))
        found = self._verdicts.get(key)
        if found is None:
            found = self._judged(claim, context)
            self._verdicts[key] = found
            self._contexts.append(context)
            self.failures += found.kind is not Kind.PROVED
        return found

    def _judged(self, claim: Term, context: Context) -> Verdict:
        if self.failures >= MAX_FAILURES:
            return Verdict(Kind.UNDECIDED, claim, "budget", "too many forms were tried without success")
        try:
            return Judge(context, self.book, max(self.units >> 2 * self.failures, LEAST_UNITS)).judge(claim)
        except (Rejected, RecursionError) as error:
            return Verdict(Kind.UNDECIDED, claim, "unsupported", str(error))

    def step(
        self,
        left: Term,
        right: Term,
        reason: str = "",
        context: Context | None = None,
        relation: str = "=",
        verdict: Verdict | None = None,
    ) -> bool:
        """Add ``left R right`` to the derivation if it is proved (or was: `verdict`); whether it is."""
        claim = rel(relation, left, right)
        if left is right or claim in self.said:
            return True
        if verdict is None:
            verdict = self.judge(claim, context)
        if verdict.kind is not Kind.PROVED:
            return False
        self.said.add(claim)
        words = reason or self.words(verdict.rules)
        self.steps.append(DerivationStep(left, relation, right, words, verdict.rules, verdict, context or self.context))
        return True

    def words(self, rules: Iterable[str]) -> str:
        """The rules of a proof that are worth saying."""
        says = [self.book.entries[r].says for r in rules if r.startswith("d.") and not r.startswith(STRUCTURE)]
        return "; ".join(dict.fromkeys(map(str, says))) or "sum and product rule"

    # -- contexts -------------------------------------------------------------------------------

    def with_facts(self, facts: Iterable[Term]) -> Context:
        """The context with more facts; values of all entries of a tensor as one equation."""
        facts = whole_tensors(self.context, facts)
        return replace(self.context, facts=(*self.context.facts, *facts), memo={})

    def with_indices(self, ranges: Sequence[Range], context: Context | None = None) -> tuple[Context, list[Term]]:
        """The context with a new index in each range."""
        context = context or self.context
        if not ranges:
            return context, []
        signature, facts, out = dict(context.signature), list(context.facts), []
        for r in ranges:
            name = next(c for c in candidates() if c not in signature and c not in context.functions)
            signature[name] = Name("int")
            facts += within(sym(name), r)
            out.append(sym(name))
        return replace(context, signature=signature, facts=tuple(facts), memo={}), out

    def tidy(self, context: Context | None = None, *, names: bool = False) -> Tidy:
        """A tidier that knows the sums that facts give, and that softmax sums to 1.

        With `names`, also sums that a name of the problem stands for, up to a factor: Σ x = m·μ.
        """
        context = context or self.context
        plain = Tidy(context)
        known: dict[Term, Term] = {}
        with suppress(Rejected, ZeroDivisionError, RecursionError):
            self._learn(context, plain, known, names)
        return Tidy(context, known)

    def _learn(self, context: Context, plain: Tidy, known: dict[Term, Term], names: bool) -> None:
        """Enter the sums that are known."""
        for f in context.facts:
            if f.head == "rel" and f.name() == "=":
                a, b = f.terms
                if a.head in ("big", "ex") and literal(b) is not None:
                    known[plain(a)] = b
        for name, d in context.definitions.items():
            body = d.clauses[0][1]
            if not d.params and body.head == "op" and body.name() == "softmax":
                known.update(_rows(context, name))
            elif names and not d.params and body.head in ("big", "div"):
                known.update(_named_sum(plain, name, body))

    # -- proof search, as suggestion --------------------------------------------------------------

    def positive(self, context: Context, t: Term) -> bool | None:
        """Whether the facts are found to make a term positive (True), negative (False), or neither."""
        prover = Prover(context, self.book, Budget(200_000))

        def task(normal: Normal) -> bool | None:
            for claim, answer in ((rel("<", ZERO, t), True), (rel("<", t, ZERO), False)):
                if normal.signs.prove(claim) is not None:
                    return answer
            return None

        try:
            return prover.attempt(Setting(tuple(context.facts)), task)
        except (*FAILURES, OutOfBudget):
            return None

    def normal_forms(self, t: Term, context: Context | None = None) -> list[Term]:
        """The normal forms of a number: with names kept, and with definitions put in."""
        context = context or self.context
        prover = Prover(context, self.book, Budget(self.units))
        out = []
        for setting in prover.settings(rel("=", t, ZERO), tuple(context.facts)):
            try:
                out.append(prover.attempt(setting, lambda normal: normal.term(t)))
            except (*FAILURES, OutOfBudget):
                continue
        return list(dict.fromkeys(out))

    # -- results --------------------------------------------------------------------------------

    def done(self, answer: Term | None, verdict: Verdict | None, why: str = "", **more: object) -> Derivation:
        """The derivation so far, with its answer."""
        verdicts = [s.verdict for s in self.steps] + ([verdict] if verdict is not None else [])
        own = [] if verdict is None else [verdict]
        conditions = dict.fromkeys(c for v in own for c in map(plain_condition, v.conditions) if c is not TRUE)
        hypotheses = dict.fromkeys(h for v in verdicts for h in v.hypotheses)
        proved = verdict is not None and verdict.kind is Kind.PROVED
        if not proved and not why:
            why = "no answer was found" if verdict is None else verdict.reason or str(verdict.kind)
        return Derivation(
            self.goal,
            tuple(self.steps),
            answer,
            verdict,
            tuple(conditions),
            tuple(hypotheses),
            "" if proved and not why else why,
            context=self.context,
            **more,  # type: ignore[arg-type]
        )


def plain_condition(c: Term) -> Term:
    """A condition as it is read: over few numbers each by itself, those that hold left out; −x ≠ 0 as x ≠ 0."""
    match c.head:
        case "all":
            lo, hi = literal(c.terms[0]), literal(c.terms[1])
            if not isinstance(lo, int) or not isinstance(hi, int) or hi - lo >= MAX_UNROLLED:
                return c
            parts = [plain_condition(instantiate(c.terms[2], num(k))) for k in range(lo, hi + 1)]
            return TRUE if all(p is TRUE for p in parts) else c
        case "imp":
            given, then = map(plain_condition, c.terms)
            false = given.head == "rel" and truth(given) is False
            return TRUE if false or then is TRUE else then if given is TRUE else c
        case "rel":
            a, b = c.terms
            if truth(c):
                return TRUE
            if c.name() == "!=" and b is ZERO and a.head == "add" and len(a.terms) == 2 and a.terms[0] is ZERO:
                a = a.terms[1]
            return rel("!=", a.terms[0], b) if c.name() == "!=" and b is ZERO and a.head == "neg" else c
        case _:
            return c


def whole_tensors(context: Context, facts: Iterable[Term]) -> list[Term]:
    """The facts, with equations for each entry of a tensor of known size joined into one."""
    out: list[Term] = []
    given: dict[str, dict[tuple[int, ...], tuple[Term, Term]]] = {}
    for f in facts:
        found = family_member(f.terms[0]) if f.head == "rel" and f.name() == "=" else None
        indices = [literal(i) for i in found[1]] if found else []
        if found and indices and all(isinstance(i, int) for i in indices):
            given.setdefault(found[0], {})[tuple(indices)] = (f, f.terms[1])  # type: ignore[arg-type]
        else:
            out.append(f)
    for name, entries in given.items():
        ends = [(literal(lo), literal(hi)) for lo, hi in context.declared(name).ranges]
        if all(isinstance(x, int) for r in ends for x in r):
            spans = [range(lo, hi + 1) for lo, hi in ends]  # type: ignore[operator, arg-type]
            if set(product(*spans)) == set(entries):
                out.append(rel("=", sym(name), table(spans, {k: v for k, (_, v) in entries.items()})))
                continue
        out += [f for f, _ in entries.values()]
    return out


def table(spans: list[range], entries: Mapping[tuple[int, ...], Term]) -> Term:
    """The tensor with these entries, by cases on its indices."""
    if not spans:
        return entries[()]
    first, *rest = spans
    rows = [table(rest, {k[1:]: v for k, v in entries.items() if k[0] == i}) for i in first]
    name = "e#" + str(len(spans))
    body = _of_index(rows, first, bound(name))
    return make("tab", num(first.start), num(first.stop - 1), abstract(body, name))


def _of_index(rows: Sequence[Term], span: range, i: Term) -> Term:
    """The row for an index, by cases; rows that are tables are chosen entry by entry."""
    if rows[0].head == "tab":
        lo, hi, _ = rows[0].terms
        name = f"f#{rows[0].depth}"
        inner = _of_index([instantiate(r.terms[2], bound(name)) for r in rows], span, i)
        return make("tab", lo, hi, abstract(inner, name))
    out = rows[-1]
    if all(row is out for row in rows):
        return out
    for k, row in reversed(list(zip(span, rows, strict=True))[:-1]):
        out = make("cases", rel("=", i, num(k)), row, out)
    return out


def candidates() -> Iterable[str]:
    """Names for new indices."""
    yield from INDICES
    k = 1
    while True:
        yield from (f"{c}{k}" for c in INDICES)
        k += 1


def _rows(context: Context, name: str) -> dict[Term, Term]:
    """Σ_i p_i = 1 for a softmax p of a vector."""
    s = shape(context, sym(name))
    if len(s) != 1:
        return {}
    (lo, hi) = s[0]
    return {make("big", "sum", lo, hi, TRUE, at(sym(name), bound(0))): ONE}


def _named_sum(plain: Tidy, name: str, body: Term) -> dict[Term, Term]:
    """Σ x = m·μ for μ = (Σ x)/m."""
    total, size = body.terms if body.head == "div" else (body, ONE)
    if total.head != "big" or total.name() != "sum" or shape(plain.context, total):
        return {}
    return {plain(total): plain(make("mul", size, sym(name)))}
