"""Goals about relations: to show one, to judge choices, a sign, a direction."""

from __future__ import annotations

from dataclasses import replace

from symderive.engine.plans.chains import Chains
from symderive.engine.plans.closed import FAILED, closed, symbolic
from symderive.engine.plans.work import Work
from symderive.kernel.context import Rejected
from symderive.kernel.shapes import SCALAR, shape
from symderive.kernel.terms import CONDITIONS, ZERO, Term, conjuncts, make, rel, subterms
from symderive.language.problem import Choice, ChoiceVerdict, Derivation, GoalKind
from symderive.language.verdict import Kind, Verdict


def show(work: Work) -> Derivation:
    """The plan for a relation to be shown: the verdict, and steps where they can be found."""
    relation = work.goal.relation
    assert relation is not None
    work.context = work.with_facts(work.goal.at) if work.goal.at else work.context
    verdict = work.judge(relation)
    if verdict.kind is not Kind.PROVED:
        return work.done(None, verdict)
    if relation.head == "rel" and shape(work.context, relation.terms[0]) == SCALAR:
        for side in relation.terms:
            if any(s.head == "der" for s in subterms(side)):
                try:
                    Chains(work, work.context).closed(side)
                except FAILED:
                    continue
        left, right = relation.terms
        work.step(left, right, "as was to be shown", relation=relation.name(), verdict=verdict)
    return work.done(relation, verdict)


# -- choices ------------------------------------------------------------------------------------------


def choices(work: Work) -> Derivation:
    """The plan for choices: a verdict each, and the closed form of what they are the value of, if one is found."""
    goal = work.goal
    found_value = _value(work)
    work.context = work.with_facts(goal.at) if goal.at else work.context
    judged = {c.label: _choice(work, c) for c in goal.choices if not c.none}
    for c in goal.choices:
        if c.none:
            judged[c.label] = _none(c, list(judged.values()), Kind.REFUTED if goal.negated else Kind.PROVED)
    found = tuple(judged[c.label] for c in goal.choices)
    asked = Kind.REFUTED if goal.negated else Kind.PROVED
    picked = tuple(v.choice.label for v in found if v.kind is (Kind.PROVED if v.choice.none else asked))
    undecided = [v.choice.label for v in found if v.kind not in (Kind.PROVED, Kind.REFUTED)]
    why = f"open: {', '.join(undecided)}" if undecided else "" if picked else "no choice answers the question"
    chosen = (v for v in found if v.choice.label in picked and v.kind is Kind.PROVED and not v.choice.none)
    right = next((v.verdicts[0] for v in chosen if v.verdicts), None)
    answer, verdict = (None, right) if found_value is None else found_value
    return replace(work.done(answer, verdict, why, choices=found, picked=picked), open=why)


def _value(work: Work) -> tuple[Term, Verdict] | None:
    """The closed form of the target of choices with the verdict on it; the steps go into the work."""
    target = work.goal.target
    if target is None:
        return None
    kind = GoalKind.EVALUATE
    if any(s.head == "der" for s in subterms(target)):
        kind = GoalKind.DERIVATIVE if target.head == "der" else GoalKind.UPDATE
    inner = Work(work.context, work.book, replace(work.goal, kind=kind, choices=()), work.units)
    try:
        found = closed(inner)
    except FAILED:
        return None
    if found.answer is None or found.verdict is None or not found.proved:
        return None
    work.steps += inner.steps
    return found.answer, found.verdict


def claims(work: Work, choice: Choice) -> list[Term]:
    """What a choice says, as relations."""
    out = []
    for c in choice.claims:
        if c.head in CONDITIONS:
            out += conjuncts(c)
        else:
            assert work.goal.target is not None
            out.append(rel("=", work.goal.target, c))
    return out


def _choice(work: Work, choice: Choice) -> ChoiceVerdict:
    """All claims together: refuted if one is, proved if all are."""
    work.failures = 0
    verdicts = tuple(_verdict(work, c) for c in claims(work, choice))
    kinds = [v.kind for v in verdicts]
    if Kind.REFUTED in kinds:
        kind = Kind.REFUTED
    elif kinds and all(k is Kind.PROVED for k in kinds):
        kind = Kind.PROVED
    else:
        kind = Kind.UNDECIDED
    return ChoiceVerdict(choice, kind, verdicts)


def _verdict(work: Work, claim: Term) -> Verdict:
    """The verdict on what a choice says; a relation between a number and a tensor is refuted."""
    try:
        one, two = (shape(work.context, t) for t in claim.terms)
    except Rejected as error:
        return Verdict(Kind.UNDECIDED, claim, "shape", str(error))
    if len(one) == len(two):
        return work.judge(claim)
    words = ["a number" if not s else f"a tensor with {len(s)} indices" for s in (one, two)]
    return Verdict(Kind.REFUTED, claim, "shape", f"the left side is {words[0]}, the right side {words[1]}")


def _none(choice: Choice, others: list[ChoiceVerdict], wanted: Kind) -> ChoiceVerdict:
    """Whether none of the above is right: every other must be decided the other way."""
    kinds = [v.kind for v in others]
    other = Kind.PROVED if wanted is Kind.REFUTED else Kind.REFUTED
    if wanted in kinds:
        kind = Kind.REFUTED
    elif all(k is other for k in kinds):
        kind = Kind.PROVED
    else:
        kind = Kind.UNDECIDED
    return ChoiceVerdict(choice, kind, tuple(w for v in others for w in v.verdicts))


# -- signs --------------------------------------------------------------------------------------------


def sign(work: Work) -> Derivation:
    """The plan for the sign of the target."""
    goal = work.goal
    assert goal.target is not None
    work.context = work.with_facts(goal.at) if goal.at else work.context
    return _sign(work, goal.target)


def monotone(work: Work) -> Derivation:
    """The plan for the direction of the target in a name: the sign of its derivative."""
    goal = work.goal
    assert goal.target is not None
    assert goal.unknown is not None
    return _sign(work, make("der", goal.target, goal.unknown))


def _sign(work: Work, target: Term) -> Derivation:
    form, _ = symbolic(work, target, work.context) if any(s.head == "der" for s in subterms(target)) else (None, None)
    last: Verdict | None = None
    for claim in (
        rel("=", target, ZERO),
        rel("<", ZERO, target),
        rel("<", target, ZERO),
        rel("<=", ZERO, target),
        rel("<=", target, ZERO),
    ):
        verdict = work.judge(claim)
        if verdict.kind is Kind.PROVED:
            a, b = claim.terms
            work.step(a, b, "sign", relation=claim.name(), verdict=verdict)
            return work.done(claim, verdict, others=(form,) if form is not None else ())
        last = verdict
    return work.done(None, last, "its sign was not proved, or varies")
