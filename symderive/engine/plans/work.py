"""What every plan works with: one problem, its judge, and the steps found so far.

A step is kept only if the judge proves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from symderive.engine.budget import Budget, OutOfBudget
from symderive.engine.judge import Judge
from symderive.engine.normal import Normal
from symderive.engine.plans.tidy import Tidy
from symderive.engine.prover import FAILURES, Prover, Setting
from symderive.kernel.book import Book
from symderive.kernel.context import Context, Name, Range, Rejected, family_member, within
from symderive.kernel.shapes import shape
from symderive.kernel.terms import ZERO, Term, literal, rel, subterms, sym
from symderive.language.problem import Derivation, DerivationStep, Goal
from symderive.language.verdict import Kind, Verdict

STRUCTURE = ("d.const", "d.self", "d.member", "d.add", "d.neg", "d.mul", "d.swap")
"""Rules of differentiation that go without saying."""
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

    # -- judging --------------------------------------------------------------------------------

    def judge(self, claim: Term, context: Context | None = None) -> Verdict:
        """The verdict on a claim; undecided if it is ill-formed or too deep."""
        judge = Judge(context or self.context, self.book, self.units)
        try:
            return judge.judge(claim)
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
        self.steps.append(
            DerivationStep(left, relation, right, words, verdict.rules, verdict, context or self.context)
        )
        return True

    def words(self, rules: Iterable[str]) -> str:
        """The rules of a proof that are worth saying."""
        says = [self.book.entries[r].says for r in rules if r.startswith("d.") and not r.startswith(STRUCTURE)]
        return "; ".join(dict.fromkeys(map(str, says))) or "sum and product rule"

    # -- contexts -------------------------------------------------------------------------------

    def with_facts(self, facts: Iterable[Term]) -> Context:
        return replace(self.context, facts=(*self.context.facts, *facts), memo={})

    def with_indices(self, ranges: Sequence[Range], context: Context | None = None) -> tuple[Context, list[Term]]:
        """The context with a new index in each range."""
        context = context or self.context
        signature, facts, out = dict(context.signature), list(context.facts), []
        for r in ranges:
            name = next(c for c in candidates() if c not in signature and c not in context.functions)
            signature[name] = Name("int")
            facts += within(sym(name), r)
            out.append(sym(name))
        return replace(context, signature=signature, facts=tuple(facts), memo={}), out

    def tidy(self, context: Context | None = None) -> Tidy:
        """A tidier that knows the sums that facts give, and that softmax sums to 1."""
        context = context or self.context
        plain = Tidy(context)
        known = {}
        for f in context.facts:
            if f.head == "rel" and f.name() == "=":
                a, b = f.terms
                if a.head in ("big", "ex") and literal(b) is not None:
                    known[plain(a)] = b
        for name, d in context.definitions.items():
            body = d.clauses[0][1]
            if not d.params and body.head == "op" and body.name() == "softmax":
                known.update(_rows(context, name))
        return Tidy(context, known)

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
        conditions = dict.fromkeys(c for v in own for c in v.conditions)
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


def candidates() -> Iterable[str]:
    """Names for new indices."""
    yield from INDICES
    k = 1
    while True:
        yield from (f"{c}{k}" for c in INDICES)
        k += 1


def _rows(context: Context, name: str) -> dict[Term, Term]:
    """Σ_i p_i = 1 for a softmax p of a vector."""
    from symderive.kernel.terms import ONE, TRUE, at, bound, make

    s = shape(context, sym(name))
    if len(s) != 1:
        return {}
    (lo, hi) = s[0]
    return {make("big", "sum", lo, hi, TRUE, at(sym(name), bound(0))): ONE}


def names_of(t: Term) -> set[str]:
    """The names that stand in a term."""
    return {s.name() for s in subterms(t) if s.head == "sym"}


__all__ = ["Work", "family_member", "names_of"]
