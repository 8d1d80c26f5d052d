"""Closed forms: derivatives, evaluations, means, updates; whole gradients by their component.

Candidates come from the readable derivation first, then from the normal form; the shortest that the judge
proves is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import product
from math import prod

from symderive.engine.built import unbuilt
from symderive.engine.plans.chains import Chains
from symderive.engine.plans.expressing import Expressing
from symderive.engine.plans.forms import Forms, size
from symderive.engine.plans.matrices import MatrixForms
from symderive.engine.plans.recurrences import Recurrences
from symderive.engine.plans.slopes import NoSlope
from symderive.engine.plans.tidy import renamed
from symderive.engine.plans.values import Values
from symderive.engine.plans.work import Work, table
from symderive.kernel.context import Context, Rejected, family_member
from symderive.kernel.lowering import lower
from symderive.kernel.shapes import SCALAR, Shape, shape
from symderive.kernel.terms import Term, TooDeep, abstract, at, bound, literal, make, num, rebuild, rel, subterms
from symderive.language.problem import Derivation, GoalKind, beyond
from symderive.language.verdict import Kind, Verdict

TRIES = 4
"""Candidates that are judged."""
MUCH, SHORT = 0.7, 60
"""How much shorter another form must be to be looked for, and the length below which none is."""
MAX_ENTRIES = 64
"""Entries of a tensor that are worked out one by one."""
FAILED = (NoSlope, Rejected, ZeroDivisionError, RecursionError, TooDeep)


def closed(work: Work) -> Derivation:
    """The plan for a closed form of the target."""
    target = work.goal.target
    assert target is not None
    if shape(work.context, target) != SCALAR:
        return tensor(work, target)
    why = _unknown(work.context, target) or unbuilt(work.context, target)
    if why:
        return work.done(None, None, why)
    if work.goal.at and not any(s.head in ("der", "ex") for s in subterms(target)):
        return with_values(work, target, None)
    answer, verdict = symbolic(work, target, work.context)
    if not work.goal.at:
        return work.done(answer, verdict)
    return with_values(work, target, answer)


def _unknown(context: Context, target: Term) -> str:
    """That a quantity without definition is differentiated; empty if none is."""
    for t in subterms(target):
        if t.head == "der" and not t.dangling and not context.depends(t.terms[0], t.name(1)):
            found = family_member(t.terms[0])
            if found is not None and found[0] not in context.definitions:
                return f"{found[0]} has no definition: say on what it depends"
    return ""


def symbolic(
    work: Work, target: Term, context: Context, indices: tuple[Term, ...] = ()
) -> tuple[Term | None, Verdict | None]:
    """A closed form of a number in the names of the problem, and the verdict on target = form.

    Where the goal gives terms and the number is an entry, `indices` are those of the entry.
    """
    shown = [make("op", *s.args) for s in subterms(work.goal.target or target) if s.head == "op" and s is not target]
    forms = Forms(context, work.tidy(context), _names(work, context), _hidden(target, context), shown)
    failed: Verdict | None = None
    tried: set[Term] = {target}
    later: list[Term] = []
    given = Expressing(work, context, indices).of(target) if work.goal.terms else []
    for bases in (given,) if given else (_readable, _normal, _recurrent, None):
        if bases is None or isinstance(bases, list):
            ranked = later if bases is None else bases
        else:
            ranked = _ranked(forms, bases(work, target, context))
            ranked = [t for t in ranked if not beyond(work.goal, context, t)]
        found = [t for t in ranked if t not in tried and not _holds(t, target)]
        if bases is _readable and work.goal.kind is GoalKind.UPDATE:
            short = min(map(size, found), default=0) * 1.4
            found = [t for t in _as_asked(work, target, context) if forms.fits(t) and size(t) <= short] + found
        if bases is not None and bases is not given:
            later += [t for t in found if _averages(t)]
            found = [t for t in found if not _averages(t)]
        for t in found[: 2 if bases is given else TRIES]:
            tried.add(t)
            verdict = work.judge(rel("=", target, t), context)
            if verdict.kind is Kind.PROVED:
                if bases is _readable and work.goal.kind is not GoalKind.UPDATE:
                    t, verdict = _shorter(work, target, context, forms, (t, verdict))
                work.step(target, t, "in the names of the problem", context, verdict=verdict)
                return t, verdict
            failed = verdict if failed is None else failed
    return None, failed


def _shorter(
    work: Work, target: Term, context: Context, forms: Forms, found: tuple[Term, Verdict]
) -> tuple[Term, Verdict]:
    """A proved form by way of the normal form, if it is much shorter than the one found."""
    limit = MUCH * size(found[0])
    if limit < SHORT:
        return found
    ranked = [t for t in _ranked(forms, _normal(work, target, context)) if size(t) < limit and not _averages(t)]
    for t in ranked[:2]:
        if not _holds(t, target) and not beyond(work.goal, context, t):
            verdict = work.judge(rel("=", target, t), context)
            if verdict.kind is Kind.PROVED:
                return t, verdict
    return found


def _ranked(forms: Forms, bases: Iterable[Term]) -> list[Term]:
    """Forms of the bases, shortest first; none where a form divides by zero or grows too deep."""
    try:
        return forms.ranked(bases)
    except FAILED:
        return []


def _averages(t: Term) -> bool:
    return any(s.head == "ex" for s in subterms(t))


def _names(work: Work, context: Context) -> frozenset[str] | None:
    """The names that the answer may use; for an evaluation the leaves only."""
    goal = work.goal
    if goal.names is None and goal.kind is GoalKind.EVALUATE:
        return frozenset(n for n, d in context.signature.items() if n not in context.definitions)
    return goal.names


def _hidden(target: Term, context: Context) -> frozenset[str]:
    """The name of the target itself: it is no answer."""
    found = family_member(target)
    return frozenset((found[0],)) if found and found[0] in context.definitions else frozenset()


def _holds(t: Term, target: Term) -> bool:
    return target in subterms(t)


def _readable(work: Work, target: Term, context: Context) -> Iterable[Term]:
    try:
        return [Chains(work, context).closed(lower(context, target) if target.head == "op" else target)]
    except FAILED:
        return []


def _as_asked(work: Work, target: Term, context: Context) -> list[Term]:
    """The target as it was written, with the derivatives in it worked out."""
    try:
        return [flat(Chains(work, context).put_in(target))]
    except FAILED:
        return []


def flat(t: Term) -> Term:
    """The term with products of products as one product."""
    t = rebuild(t, lambda a, _: flat(a))
    if t.head != "mul":
        return t
    return make("mul", *(b for a in t.terms for b in (a.terms if a.head == "mul" else (a,))))


def _normal(work: Work, target: Term, context: Context) -> Iterable[Term]:
    try:
        return work.normal_forms(target, context)
    except FAILED:
        return []


# -- values -------------------------------------------------------------------------------------------


def with_values(work: Work, target: Term, form: Term | None) -> Derivation:
    """The value of the target once the values of names are put in."""
    base = work.context
    work.context = work.with_facts(work.goal.at)
    values = Values(work, base)
    value = values.of(form if form is not None else target)
    others = () if form is None else (form,)
    for candidate in _lazily(value, lambda: work.normal_forms(target)):
        if candidate is None or values.names_left(candidate):
            continue
        claim = rel("=", target, candidate)
        verdict = work.judge(claim)
        if verdict.kind is Kind.PROVED:
            values.explain()
            work.step(target if form is None else form, candidate, "values put in")
            return work.done(candidate, verdict, others=others)
    return work.done(None, None, "no value was found that could be proved", others=others)


def _recurrent(work: Work, target: Term, context: Context) -> Iterable[Term]:
    return dict.fromkeys(Recurrences(work, context).of(target))


def _lazily(first: Term | None, more: Callable[[], list[Term]]) -> Iterator[Term | None]:
    yield first
    yield from (t for t in more() if t is not first)


# -- tensors ------------------------------------------------------------------------------------------


def gradient(work: Work) -> Derivation:
    """The plan for the gradient of a number by all entries of a name."""
    goal = work.goal
    assert goal.target is not None
    assert goal.unknown is not None
    declared = work.context.declared(goal.unknown)
    if not declared.ranges:
        target = make("der", goal.target, goal.unknown)
    else:
        indices = [bound(f"d#{k}") for k in range(len(declared.ranges))]
        target = make("der", goal.target, goal.unknown, *indices)
        for i, (lo, hi) in reversed(list(zip(indices, declared.ranges, strict=True))):
            target = make("tab", lo, hi, abstract(target, str(i.args[0])))
    work.goal = replace(goal, target=target)
    return closed(work)


def tensor(work: Work, target: Term) -> Derivation:
    """A tensor by its component at new indices, then in matrix form where one is found."""
    goal = work.goal
    ranges = _ranges(work, target)
    spans = known_spans(ranges)
    if spans is not None and (work.goal.at or work.goal.kind is GoalKind.EVALUATE):
        return entry_by_entry(work, target, spans)
    context, indices = work.with_indices(ranges)
    entry = target
    for i in indices:
        entry = make("at", entry, i)
    component, verdict = symbolic(work, lower(context, entry), context, tuple(indices))
    if component is None:
        return work.done(None, verdict, "no closed form of a component was found")
    table = tabulated(component, indices, ranges)
    whole = work.judge(rel("=", target, table))
    variants = Forms(context, work.tidy(context)).variants(component)
    found = [m for v in variants for m in MatrixForms(context, indices, ranges).of(v)]
    hidden = _hidden(target, work.context)
    names = _names(work, work.context)
    forms = Forms(work.context, work.tidy(), names, hidden)
    for matrix in sorted(dict.fromkeys(found), key=size)[:TRIES]:
        fits = (
            not _holds(matrix, target) and not beyond(goal, work.context, matrix) if goal.terms else forms.fits(matrix)
        )
        if not fits or matrix is target:
            continue
        verdict = work.judge(rel("=", target, matrix))
        if verdict.kind is Kind.PROVED:
            others = (table,) if whole.kind is Kind.PROVED else ()
            work.step(target, matrix, "in matrix form", verdict=verdict)
            return work.done(matrix, verdict, others=others)
    return work.done(table, whole)


def known_spans(ranges: Shape) -> list[range] | None:
    """The indices of a tensor of known size; None for others, and beyond `MAX_ENTRIES`."""
    ends = [(literal(lo), literal(hi)) for lo, hi in ranges]
    if not all(isinstance(x, int) for r in ends for x in r):
        return None
    spans = [range(lo, hi + 1) for lo, hi in ends]  # type: ignore[operator, arg-type]
    return spans if prod(map(len, spans)) <= MAX_ENTRIES else None


def entry_by_entry(work: Work, target: Term, spans: list[range]) -> Derivation:
    """A tensor of known size, each entry by itself; then the claim on the whole."""
    found: dict[tuple[int, ...], Term] = {}
    inner = Work(work.context, work.book, work.goal, work.units)
    for key in product(*spans):
        entry = at(target, *map(num, key))
        entry = lower(work.context, entry) if target.head == "tab" else entry
        inner.goal, inner.context = replace(work.goal, target=entry), work.context
        d = closed(inner)
        if d.answer is None or not d.proved:
            return work.done(None, d.verdict, d.open)
        found[key] = d.answer
    work.steps, work.context = inner.steps, inner.context
    whole = table(spans, found)
    verdict = work.judge(rel("=", target, whole))
    why = "" if verdict.kind is Kind.PROVED else "each entry is proved, the tensor as a whole was not"
    return work.done(whole, verdict, why)


def _ranges(work: Work, target: Term) -> Shape:
    s = shape(work.context, target)
    if any(lo.dangling or hi.dangling or hi.head == "inf" for lo, hi in s):
        raise Rejected("a tensor whose ranges vary")
    return s


def tabulated(component: Term, indices: list[Term], ranges: Shape) -> Term:
    """The tensor with this component."""
    for i, (lo, hi) in reversed(list(zip(indices, ranges, strict=True))):
        name = f"d#{i.name()}"
        component = make("tab", lo, hi, abstract(renamed(component, i.name(), bound(name)), name))
    return component
