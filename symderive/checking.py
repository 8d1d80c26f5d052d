r"""The door for derivations that people wrote: solutions and documents in, reports out.

>>> from symderive.reading.problems import read_problems
>>> reading = read_problems(r"Let $x \in \mathbb{R}$. Derive $\frac{d}{dx} x^2$.", format="latex")
>>> question = next(q for q in reading.walk() if q.problems)
>>> check_solution(question, r"\[ \frac{d}{dx} x^2 = 3x \]").counts["refuted"]
1
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from time import monotonic
from typing import Any

from symderive.engine.answers import left_over, narrow, wanted
from symderive.engine.existence import weakest
from symderive.engine.marking import Mark, Marker
from symderive.engine.rulings import UNITS, Ruling, Scope
from symderive.inputs import Labelled, NoSuchLabel, known_format, solution_of, source_of
from symderive.kernel.context import Context
from symderive.kernel.defined import is_regularity
from symderive.kernel.terms import Term, make, rebuild, subterms
from symderive.language.problem import Goal, GoalKind, Problem
from symderive.language.report import Because, Final, HoldsIf, Mistake, Needed, Place, Report, Role, Said, Status, Step
from symderive.language.verdict import Verdict
from symderive.reading.circumstances import headed, lasting
from symderive.reading.claims import Claim, compose, relate
from symderive.reading.derivations import Meaning, Relation, understand
from symderive.reading.documents import outline
from symderive.reading.documents.reader import read_document
from symderive.reading.documents.source import Span
from symderive.reading.formulas.elaborate import Value
from symderive.reading.formulas.names import Names
from symderive.reading.problems import Question, Reading, read_problems
from symderive.reading.slips import readings, repairs
from symderive.rules.book import book
from symderive.writing.latex import latex, latex_condition


def check_solution(
    question: Question,
    solution: str | Sequence[outline.Block],
    problem: Problem | None = None,
    *,
    format: str = "latex",  # noqa: A002
    path: str = "solution",
    units: int = UNITS,
) -> Report:
    """The report on a solution of a question, which need not restate it.

    Args:
        question: what it answers.
        path: of the text, for places.
        solution: the text, or the blocks of it in a document.
        problem: the one of the question's problems that it answers; if there is only one, that one.
        format: of a text: ``latex`` or ``markdown``.
        units: work that may be spent on one relation.
    """
    blocks = _blocks(solution, format, path) if isinstance(solution, str) else solution
    if problem is None and len(question.problems) == 1:
        problem = question.problems[0]
    values = tuple(
        dict.fromkeys(v for p in ([problem] if problem else question.problems) for v in (*p.values, *p.goal.at))
    )
    return _Checker(
        understand(blocks, question.names, list(_asked(question.unit))),
        question.text,
        values,
        problem,
        question.label,
        units,
        posed=() if problem is not None else question.problems,
    ).report()


ASKING = frozenset("question part subpart subsubpart problem exercise".split())
"""Units that pose problems."""


def check_document(reading: Reading, *, units: int = UNITS) -> list[Report]:
    """A report for each solution of a document; for a unit without problems, on the derivations in its text."""
    if are_notes(reading):
        return list(_notes(reading.document.root, [], frozenset(), units, []))
    return [check_solution(q, s.blocks, units=units) for q in reading.walk() for s in q.solutions]


def are_notes(reading: Reading) -> bool:
    """Whether a document poses no problems: its imperatives ask for nothing, and all of its text is checked."""
    questions = list(reading.walk())
    marked = any(s.environment != "proof" for q in questions for s in q.solutions)
    posed = any(q.unit.kind in ASKING for q in questions)
    return not marked and (not posed or not any(q.problems or q.solutions for q in questions))


def _notes(
    unit: outline.Unit, seen: list[Names], conventions: frozenset[str], units: int, standing: list[str]
) -> Iterator[Report]:
    """Reports on a text without questions: a heading opens a scope.

    What was defined before is known, the newest first, until a part gives the name another meaning.
    """
    blocks = [b for b in unit.blocks if not isinstance(b, outline.Unit)]

    inside = [said for inner in unit.units for said in _lasting(inner)]

    def under(*more: str, elders: Sequence[Names] = tuple(reversed(seen))) -> _Checker:
        names = Names(elders=tuple(elders))
        names.conventions |= conventions | set(more)
        names.unread += [*standing, *inside, *headed(outline.plain(unit.title) if unit.kind != "document" else "")]
        return _Checker(understand(blocks, names), _headings(unit), (), None, unit.heading, units, own=True)

    first = under()
    meaning = first.meaning
    if meaning.relations or meaning.messages:
        report = first.report(under)
        if meaning.names.adopted and _count_unread(report):
            # the letters of an earlier part may stand for other things here
            alone = under(elders=())
            other = alone.report(lambda *more: under(*more, elders=()))
            wrong = any(x.verdict is Said.REFUTED for x in other.steps)
            if _count_unread(other) < _count_unread(report) and not wrong:
                report, meaning = other, alone.meaning
        yield report
    seen.append(meaning.names)
    for inner in unit.units:
        yield from _notes(inner, seen, conventions | meaning.names.conventions, units, standing)
        standing += _lasting(inner)


def _named_functions(meaning: Meaning) -> str:
    """The words for functions that stand in the formulas of a solution, as prose would have them."""
    texts = " ".join(s.text for c in meaning.found.chains for s in c.sides)
    return "softmax" if "softmax" in texts or re.search(r"\\sum[^=]*e\^", texts) else ""


def _lasting(unit: outline.Unit) -> list[str]:
    """What an environment says of all that stands beside and below it."""
    text = " ".join(outline.plain(b.pieces) for b in _texts(unit.blocks) if isinstance(b, outline.Paragraph))
    return lasting(unit.kind, outline.plain(unit.title), text)


def _count_unread(report: Report) -> int:
    return sum(s.verdict is Said.UNREAD for s in report.steps)


def _headings(unit: outline.Unit | None) -> str:
    """The headings of a part and of those around it: they name its subject."""
    return "" if unit is None else f"{_headings(unit.parent)} {unit.heading}"


def _asked(unit: outline.Unit) -> Iterator[outline.Block]:
    """The text of a question, after that of the units around it."""
    if unit.parent is not None:
        yield from _asked(unit.parent)
    yield from (b for b in unit.blocks if isinstance(b, outline.Paragraph))


def _texts(blocks: Iterable[outline.Block]) -> Iterator[outline.Block]:
    for b in blocks:
        if isinstance(b, outline.Unit):
            yield from _texts(b.blocks)
        else:
            yield b


def _blocks(text: str, format: str, path: str) -> Sequence[outline.Block]:  # noqa: A002
    """The blocks of a text; if it marks solutions, theirs."""
    document = read_document(text, format=format, path=path)  # type: ignore[arg-type]
    blocks = list(_texts(document.root.blocks))
    solutions = [b for b in blocks if isinstance(b, outline.Solution)]
    return [c for s in solutions for c in s.blocks] if solutions else blocks


class _Checker:
    """Puts together what was read, what was judged, and how it is shown."""

    def __init__(
        self,
        meaning: Meaning,
        text: str,
        values: tuple[Term, ...],
        problem: Problem | None,
        label: str,
        units: int,
        *,
        own: bool = False,
        posed: Sequence[Problem] = (),
    ) -> None:
        self.posed = posed
        """The problems of a question that asks for several things at once."""
        self.meaning = meaning
        self.problem = problem
        self.label = label
        self.origin = "text" if own else "solution"
        self.context: Context = meaning.names.scope.context()
        self.spelling = meaning.names.spellings
        scope = Scope(
            self.context,
            meaning.names.scope.book,
            values,
            tuple((a.order, a.fact) for a in meaning.assumed),
            tuple(meaning.names.unread),
            meaning.inferred - {n for v in values for n in self.context.closure(v)},
            varying(meaning),
            equated(meaning),
            frozenset(meaning.redefined),
            meaning.described,
            frozenset(k for k, v in meaning.names.meanings.items() if v.role == "index"),
            f"{text} {meaning.found.words} {_named_functions(meaning)}".lower(),
            units,
            tuple(meaning.names.likely),
            meaning.names.doubtful,
            frozenset(meaning.names.vague),
            meaning.names.hedged,
            meaning.names.tagged,
            meaning.defined_at,
        )
        final = problem is not None
        self.marker = Marker(
            scope, lambda r: readings(meaning, r, scope.words, final=final), lambda r: repairs(meaning, r), self.show
        )
        if problem is not None and problem.goal.kind is GoalKind.SOLVE and problem.goal.relation is not None:
            self.marker.assume_equation(problem.goal.relation)

    def show(self, t: Term) -> str:
        try:
            return latex(t, self.spelling, self.context)
        except (ValueError, RecursionError):
            return "…"

    def condition(self, t: Term) -> str:
        try:
            return latex_condition(t, self.spelling, self.context)
        except (ValueError, TypeError, RecursionError):
            return "…"

    # -- the report ---------------------------------------------------------------------------------

    def report(self, under: Callable[..., _Checker] | None = None) -> Report:
        """The report.

        Args:
            under: the same text read again under a convention.
        """
        m = self.meaning
        marks = self.marker.mark(m.relations)
        if under is not None and not {"rows", "columns"} & m.names.conventions:
            marks = self.otherwise(marks, lambda: under("rows"), "Vectors are rows.")
        steps = tuple(self.step(r, k) for r, k in zip(m.relations, marks, strict=True))
        messages = list(m.messages)
        if self.marker.excuses.inconsistent:
            places = "; ".join(f"{place(a.span)} {a.text}" for a in m.assumed)
            messages.append(f"the assumptions of the solution contradict the problem, or each other: {places}")
        used = {c.latex for s in steps for c in s.conditions if c.origin == "solution"}
        answer = self.last_of_all(marks, messages) if len(self.posed) > 1 else self.final(marks)
        return Report(
            steps,
            self.label,
            self.goal(),
            answer,
            tuple(dict.fromkeys(a.text for a in m.assumed))
            if used or (answer and any(c.origin == "solution" for c in answer.conditions))
            else (),
            missing(steps),
            _count(s.reason.code for s in steps if s.verdict is Said.UNREAD and s.reason)
            | ({"row": len(m.found.unread)} if m.found.unread else {}),
            tuple(messages),
            ENGINE,
            book().digest,
        )

    def otherwise(self, marks: list[Mark], again: Callable[[], _Checker], say: str) -> list[Mark]:
        """The marks, where shapes did not fit, by the same text under a convention by which it holds throughout."""
        misfits = [k for k, mark in enumerate(marks) if mark.reason is not None and mark.reason.code == "shape"]
        if not misfits:
            return marks
        other = again()
        if len(other.meaning.relations) != len(marks):
            return marks
        theirs = other.marker.mark(other.meaning.relations)
        if any(x.said is Said.REFUTED for x in theirs) or any(theirs[k].said not in HELD for k in misfits):
            return marks
        reason = Because("other-reading", f"right if: {say}")
        needs = (("convention", say),)
        open_ = replace(marks[0], said=Said.UNDECIDED, status=Status.OPEN, reason=reason, holds_if=needs, mistake=None)
        return [
            replace(open_, role=x.role, ruling=None, anchor=None)
            if x.said is not Said.PROVED and y.said is Said.PROVED
            else x
            for x, y in zip(marks, theirs, strict=True)
        ]

    def goal(self) -> str:
        if self.problem is None:
            return ""
        g = self.problem.goal
        if g.target is not None:
            return self.show(g.target)
        return self.condition(g.relation) if g.relation is not None else g.kind.value

    def step(self, r: Relation, mark: Mark) -> Step:
        ruling = mark.ruling
        verdict = ruling.verdict if ruling is not None else None
        claim = verdict.claim if verdict is not None else next(iter(r.step.conditions), None)
        example = counterexample(verdict) if mark.said is Said.REFUTED else None
        mistake = None
        if mark.mistake is not None:
            where = place(r.right.place(mark.mistake.start, mark.mistake.end))
            mistake = Mistake(mark.mistake.kind, mark.mistake.text, where, mark.mistake.how)
        return Step(
            id=r.id,
            span=place(r.span),
            block=r.link.block,
            chain=r.chain,
            role=mark.role,
            source=r.source,
            read_as=self.condition(claim) if claim is not None else "",
            since=r.id - 1 - r.skips if r.link.k else 0,
            skips=r.skips,
            relation=r.link.sign,
            verdict=mark.said,
            anchor=mark.anchor,
            status=mark.status,
            reason=mark.reason,
            holds_if=tuple(HoldsIf(kind, say, (r.id,)) for kind, say in mark.holds_if),
            conditions=self.conditions(ruling, r.given) if mark.said is Said.PROVED else (),
            uses=mark.uses,
            claimed_reason=r.link.note,
            absorbed="a term without " + ", ".join(self.meaning.constants)
            if r.step.kind in ("const", "propto")
            else "",
            counterexample=example,
            mistake=mistake,
            notes=mark.notes,
            problem=self.label,
            detail=verdict,
        )

    def conditions(self, ruling: Ruling | None, given: Sequence[Term] = ()) -> tuple[Needed, ...]:
        if ruling is None:
            return ()
        out = [Needed(text, "inferred") for text in ruling.inferred]
        out += [Needed(self.condition(g), "given") for g in given if g not in self.context.fact_set]
        out += [Needed(self.condition(t), self.origin) for t in ruling.under]
        if "values" in ruling.rests:
            out.append(Needed("at the given values", "values"))
        if "solution" in ruling.rests:
            used = set(ruling.facts)
            out += [Needed(self.condition(a.fact), self.origin) for a in self.meaning.assumed if a.fact in used]
        if "equations" in ruling.rests:
            own = {f.term for f in self.marker.equations if f.row}
            out += [Needed(self.condition(t), "equation") for t in dict.fromkeys(ruling.facts) if t in own]
        if ruling.verdict is not None:
            more = [t for t in ruling.within if is_regularity(t)]
            defined = [t for t in ruling.within if not is_regularity(t)]
            out += [Needed(self.condition(c), "defined") for c in (*ruling.verdict.conditions, *defined)]
            regular = [self.condition(c) for c in weakest(self.context, (*ruling.verdict.hypotheses, *more))]
            if len(regular) > MOST_REGULAR:
                regular = [t for t in regular if "exists" not in t] + ["all moments that occur exist"]
            out += [Needed(t, "regularity") for t in regular]
        return tuple({c.latex: c for c in reversed(out)}.values())[::-1]

    # -- the answer ---------------------------------------------------------------------------------

    def last_of_all(self, marks: Sequence[Mark], messages: list[str]) -> Final | None:
        """The weakest of the answers to several questions; what has none is said."""
        found: list[Final] = []
        for problem in self.posed:
            self.problem = problem
            answer = self.final(marks)
            if answer is None or answer.how == "last":
                messages.append(f"not answered: ${self.goal()}$")
                said = Because("no-answer", f"${self.goal()}$ is asked for too, and not answered")
                answer = None if answer is None else replace(answer, verdict=Said.UNDECIDED, reason=said)
            found += [answer] if answer is not None else []
        self.problem = None
        return max(found, key=lambda a: RANK[a.verdict]) if found else None

    def final(self, marks: Sequence[Mark]) -> Final | None:
        picked = self.pick()
        if picked is None:
            return None
        r, how, value = picked
        latex_ = r.right.text
        if self.problem is None:
            if not r.id:
                return None
            mark = marks[r.id - 1]
            said = mark.anchor if mark.anchor is not None and mark.said is not Said.TAKEN else mark.said
            if mark.said is Said.UNDECIDED and said is Said.REFUTED:
                said = mark.said
            held = self.conditions(mark.ruling, r.given) if said is Said.PROVED else ()
            return Final(latex_, place(r.right.span), how, said, mark.reason, held)
        goal = self.problem.goal
        if goal.kind is GoalKind.SHOW:
            return self.shown(goal, marks, r, how)
        if goal.target is None or value is None:
            reason = (
                Because("unread", "the answer was not read")
                if value is None
                else Because("unsupported", f"goals of the kind {goal.kind.value} are not compared yet")
            )
            return Final(latex_, place(r.right.span), how, Said.UNDECIDED, reason)
        left = left_over(self.problem, self.in_its_names(value.term), self.context) or self.unfit(r, value, marks)
        if left:
            return Final(latex_, place(r.right.span), how, Said.UNDECIDED, Because("not-an-answer", left))
        target = wanted(self.problem)
        if target is None:
            reason = Because("unsupported", "the answer is not known here")
            return Final(latex_, place(r.right.span), how, Said.UNDECIDED, reason)
        claim = relate(self.meaning.names, "=", Value(target, value.row), value, r.right, ())
        asked = replace_relation(r, claim)
        ruling = self.marker.rule(claim, asked)
        if how == "last" and ruling.refuted:
            reason = Because("no-answer", "no relation gives what was asked for, and the last term is something else")
            return Final(latex_, place(r.right.span), how, Said.UNDECIDED, reason)
        said, why = ruling.said, ruling.reason
        supposed = self.supposed(ruling, goal)
        if ruling.proved and supposed:
            said = Said.UNDECIDED
            why = Because("assumed", f"proved assuming {', '.join(supposed)}, which only the solution says")
        elif ruling.verdict is not None and (more := narrow(self.context, book(), target, ruling.verdict)):
            where = ", ".join(self.condition(c) for c in more)
            said, why = Said.UNDECIDED, Because("not-an-answer", f"it has a value only where {where}")
        return Final(
            latex_,
            place(r.right.span),
            how,
            said,
            why,
            self.conditions(ruling) if ruling.proved else (),
            counterexample(ruling.verdict) if ruling.refuted else None,
            ruling.verdict,
        )

    def unfit(self, r: Relation, value: Value, marks: Sequence[Mark]) -> str:
        """Why the end of a relation is no answer."""
        if r.right.constant:
            return "terms are left open in the answer"
        if any(x.sign not in ("=", "~~") for x in r.sides.links[: r.link.k + 1]):
            return "the answer is not said to be equal to what is asked for"
        first = self.meaning.values[r.chain - 1][0] if r.id else None
        asked = self.problem is not None and first is not None and first.term is self.problem.goal.target
        if not asked and r.id and marks[r.id - 1].said is Said.REFUTED:
            return "the relation that ends with it is wrong"
        twice = self.context.closure(value.term) & self.meaning.redefined
        return f"{', '.join(sorted(twice))} is defined more than once" if twice else ""

    def in_its_names(self, t: Term) -> Term:
        """A term with what the solution defines put in: a name for the question is no answer."""
        assert self.problem is not None
        definitions = self.context.definitions
        if t.head == "sym" and t.name() in definitions and t.name() not in self.problem.context.signature:
            d = definitions[t.name()]
            return self.in_its_names(d.clauses[0][1]) if not d.params and len(d.clauses) == 1 else t
        return rebuild(t, lambda a, _: self.in_its_names(a))

    def supposed(self, ruling: Ruling, goal: Goal) -> list[str]:
        """On what a proof rests that only the solution says: its assumptions, and equations that it sets up."""
        out = [c.latex for c in self.conditions(ruling) if c.origin == self.origin]
        asks = goal.kind in (GoalKind.SOLVE, GoalKind.MAXIMISER, GoalKind.MINIMISER)
        return out if asks else out + [c.latex for c in self.conditions(ruling) if c.origin == "equation"]

    def pick(self) -> tuple[Relation, str, Value | None] | None:
        """The relation whose right side is the final answer, and how it was found."""
        relations = self.meaning.relations
        alone = self.meaning.alone()
        said = alone is not None and (alone[0].right.boxed or alone[0].right.answer)
        if alone is not None and not any(r.right.boxed for r in relations) and (said or not relations):
            return alone[0], "boxed" if said else "last", alone[1]
        relations = [r for r in relations if not r.link.denied and r.role is not Role.PREMISE]
        if not relations:
            return None

        def with_value(r: Relation, how: str) -> tuple[Relation, str, Value | None]:
            return r, how, self.meaning.values[r.chain - 1][r.link.k + 1]

        for r in reversed(relations):
            if r.right.boxed:
                return with_value(r, "boxed")
        target = self.problem.goal.target if self.problem is not None else None
        if target is not None:
            for r in reversed(relations):
                first = self.meaning.values[r.chain - 1][0]
                if first is not None and first.term is target:
                    return with_value(r, "goal")
        return with_value(relations[-1], "last")

    def shown(self, goal: Goal, marks: Sequence[Mark], r: Relation, how: str) -> Final:
        """Whether some chain of proved steps leads from one side of the claim to the other."""
        assert goal.relation is not None
        sides = set(goal.relation.terms)
        best = Final(
            r.right.text,
            place(r.right.span),
            how,
            Said.UNDECIDED,
            Because("not-shown", "no chain leads from one side of the claim to the other"),
        )
        for number, values in enumerate(self.meaning.values, 1):
            terms = [v.term if v is not None else None for v in values]
            inner = [(x, marks[x.id - 1]) for x in self.meaning.relations if x.chain == number]
            if not (terms[0] in sides and terms[-1] in sides and terms[0] is not terms[-1]):
                continue
            if not leads_to(goal.relation, terms[0], [x.link.sign for x, _ in inner]):
                continue
            found = self.shown_by(goal, inner)
            if len(inner) > 1 or found.verdict is not Said.PROVED:
                return found
            best = replace(
                found, verdict=Said.UNDECIDED, reason=Because("restated", "the claim is restated, not shown")
            )
        return best

    def shown_by(self, goal: Goal, inner: Sequence[tuple[Relation, Mark]]) -> Final:
        """What a chain between the sides of the claim shows; the claim itself is judged, with all that it needs."""
        assert goal.relation is not None
        last = inner[-1][0]
        said = max((k.said for _, k in inner), key=RANK.__getitem__)
        claim = Claim(goal.relation.name(), (goal.relation,))
        ruling = self.marker.rule(claim, replace_relation(last, claim))
        supposed = [t for k in (*(k.ruling for _, k in inner), ruling) if k is not None for t in self.supposed(k, goal)]
        supposed += [self.condition(g) for x, _ in inner for g in x.given if g not in self.context.fact_set]
        within = [c.latex for _, k in inner for c in self.conditions(k.ruling) if c.origin == "defined"]
        why = None
        if ruling.refuted:
            said, why = Said.REFUTED, ruling.reason
        elif said is Said.PROVED and supposed:
            text = f"shown assuming {', '.join(dict.fromkeys(supposed))}, which only the solution says"
            said, why = Said.UNDECIDED, Because("assumed", text)
        elif said is Said.PROVED and within and not ruling.proved:
            text = f"shown only where {', '.join(dict.fromkeys(within))}"
            said, why = Said.UNDECIDED, Because("not-shown", text)
        conditions = self.conditions(ruling) if said is Said.PROVED and ruling.proved else ()
        example = counterexample(ruling.verdict) if said is Said.REFUTED else None
        return Final(last.right.text, place(last.right.span), "goal", said, why, conditions, example, ruling.verdict)


HELD = (Said.PROVED, Said.TAKEN)
RANK = {Said.PROVED: 0, Said.TAKEN: 1, Said.CONSISTENT: 2, Said.UNDECIDED: 3, Said.UNREAD: 4, Said.REFUTED: 5}


SHOWS = {"=": {"="}, "<=": {"=", "<", "<="}, "<": {"<"}, "!=": {"!=", "<", ">"}}
"""Which relations between the ends of a chain show a claim."""
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def leads_to(claim: Term, start: Term | None, signs: Sequence[str]) -> bool:
    """Whether the relations of a chain, taken together, say what a claim says."""
    found = compose(signs)
    return (found if start is claim.terms[0] else TURNED.get(found, found)) in SHOWS.get(claim.name(), ())


def replace_relation(r: Relation, claim: Any) -> Relation:
    """The relation with another claim in its place."""
    return replace(r, step=claim, anchor=claim, given=(), perhaps=(*r.given, *r.perhaps))


def varying(m: Meaning) -> frozenset[str]:
    """Names without definition of which a derivation takes derivatives, or that stand on the left of a relation."""
    definitions = m.names.scope.definitions
    out: set[str] = set()
    for values in m.values:
        for k, v in enumerate(values):
            if v is None:
                continue
            for s in subterms(v.term):
                operand = s.terms[0] if s.head == "der" else s if k == 0 and s is v.term else None
                while operand is not None and operand.head == "at":
                    operand = operand.terms[0]
                if operand is not None and operand.head == "sym":
                    out.add(operand.name())
    return frozenset(n for n in (*out, *differentiated_unread(m)) if n not in definitions)


def differentiated_unread(m: Meaning) -> set[str]:
    """Names that seem to be differentiated in terms that were not read."""
    chains = zip(m.found.chains, m.values, strict=True)
    unread = " ; ".join(s.text for c, values in chains for s, v in zip(c.sides, values, strict=True) if v is None)
    sign = r"(?:\\partial|\\mathrm\s*\{\s*d\s*\}|(?<![A-Za-z])d)\s*"
    return {n for n in m.inferred if re.search(rf"{sign}{re.escape(m.names.meanings[n].spelling)}(?![A-Za-z])", unread)}


def equated(m: Meaning) -> frozenset[str]:
    """Names without definition that stand on the left of a relation, or are differentiated: they may well vary."""
    lefts = [values[0].term for values in m.values if values and values[0] is not None]
    found = {t.name() for t in map(entry_of, lefts) if t.head == "sym"}
    return frozenset((found | differentiated_unread(m)) - m.names.scope.definitions.keys())


def entry_of(t: Term) -> Term:
    while t.head == "at":
        t = t.terms[0]
    return t


def missing(steps: Sequence[Step]) -> tuple[HoldsIf, ...]:
    """The sentences that the text should hold, with the relations that each would settle, most first."""
    rows: dict[tuple[str, str], list[int]] = {}
    for s in steps:
        for h in s.holds_if:
            rows.setdefault((h.kind, h.say), []).append(s.id)
    found = [HoldsIf(kind, say, tuple(ids)) for (kind, say), ids in rows.items()]
    return tuple(sorted(found, key=lambda h: (-len(h.rows), h.say)))


def counterexample(verdict: Verdict | None) -> Mapping[str, Any] | None:
    """The numbers of a refutation: what the names stand for, and both sides; ``at`` is for people, long values cut."""
    if verdict is None or verdict.counterexample is None:
        return None
    x = verdict.counterexample
    return {"assign": dict(x.values), "lhs": x.left, "rhs": x.right, "at": x.at}


def place(span: Span) -> Place:
    return Place(span.source.name, span.line, span.column, span.end_line, span.end_column)


def _count(codes: Iterable[str]) -> dict[str, int]:
    out: dict[str, int] = {}
    for c in codes:
        out[c] = out.get(c, 0) + 1
    return out


def _engine() -> str:
    try:
        return f"symderive {version('symderive')}"
    except PackageNotFoundError:
        return "symderive"


ENGINE = _engine()
MOST_REGULAR = 6
"""Conditions of regularity that are printed one by one."""


# -- many at once -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """A solution to be checked in a process of its own.

    Attributes:
        text: the solution, or a whole document; or the `Path` of a file.
        problem: text or path of the document that asks; None: the text is checked as it stands.
        label: of the problem in that document; empty if it asks only one thing.
        format: ``latex``, ``markdown`` or ``notebook``; if None, that of the file, and LaTeX for a text.
        path: of a text, for places.
    """

    text: str | Path
    _: KW_ONLY
    problem: str | Path | None = None
    label: str = ""
    format: str | None = None
    path: str = "solution"

    def __post_init__(self) -> None:
        if not isinstance(self.text, str | Path):
            raise TypeError(f"the text of an item is a str or a Path, not {type(self.text).__name__}")
        known_format(self.format)


def check_item(item: Item, units: int = UNITS) -> list[Report]:
    """The reports on one item.

    Raises:
        KeyError: the document of the problem has no such label, or none is said and it asks several things.
        FileNotFoundError: there is no such document, or no such file.
    """
    text, form, path = solution_of(item.text, item.format, item.path)
    if item.problem is None:
        return check_document(read_problems(text, format=form, path=path), units=units)
    asking, problem = _asking(read_problems(source_of(item.problem)), item.label)  # type: ignore[arg-type]
    return [check_solution(asking, text, problem, format=form, path=path, units=units)]


def _asking(reading: Reading, label: str) -> tuple[Question, Problem | None]:
    """The question with a label, or one of the several things that it asks; without label, the only question.

    Raises:
        NoSuchLabel: there is none.
    """
    asking = [q for q in reading.walk() if q.problems]
    if not label and len(asking) == 1:
        return asking[0], None
    known: Labelled[tuple[Question, Problem | None]] = Labelled({q.label: (q, None) for q in asking})
    several = [q for q in asking if len(q.problems) > 1]
    known |= {f"{q.label}.{k}": (q, p) for q in several for k, p in enumerate(q.problems, 1)}
    return known[label]


def check_many(
    items: Iterable[Item], *, jobs: int = 2, units: int = UNITS, seconds: float = 120.0
) -> Iterator[list[Report]]:
    """The reports on many items, in order, from `jobs` processes.

    What is said depends on `units` alone, so it is the same for any number of processes; `seconds` is a back-stop for
    one item, after which its process is ended and its report holds nothing but a message.
    """
    pending = list(items)
    done: dict[int, list[Report]] = {}
    workers = [_Worker(units) for _ in range(max(1, min(jobs, len(pending))))]
    following = emitted = 0
    try:
        while emitted < len(pending):
            for w in workers:
                if w.item is None and following < len(pending):
                    w.start(following, pending[following])
                    following += 1
            busy = [w for w in workers if w.item is not None]
            left = min(w.since + seconds - monotonic() for w in busy)
            ready = wait([w.ours for w in busy], max(0.0, left))
            for w in busy:
                assert w.item is not None
                if w.ours in ready:
                    number = w.item
                    done[number] = w.result()
                elif monotonic() - w.since >= seconds:
                    done[w.item] = [
                        Report((), messages=(f"budget: no result after {seconds:g} seconds",), engine=ENGINE)
                    ]
                    w.restart()
            while emitted in done:
                yield done.pop(emitted)
                emitted += 1
    finally:
        for w in workers:
            w.end()


class _Worker:
    """A process that checks items one by one and can be ended."""

    def __init__(self, units: int) -> None:
        self.units = units
        self.item: int | None = None
        self.since = 0.0
        self._begin()

    def _begin(self) -> None:
        context = get_context("spawn")
        self.ours, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, self.units), daemon=True)
        self.process.start()
        theirs.close()

    def start(self, number: int, item: Item) -> None:
        self.item, self.since = number, monotonic()
        self.ours.send(item)

    def result(self) -> list[Report]:
        self.item = None
        try:
            found: list[Report] = self.ours.recv()
        except (EOFError, OSError):
            self.restart()
            return [Report((), messages=("the process ended without a result",), engine=ENGINE)]
        return found

    def restart(self) -> None:
        self.end()
        self.item = None
        self._begin()

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.ours.close()


def _serve(pipe: Connection, units: int) -> None:
    """The work of a process: items in, reports out; an error becomes a message."""
    while True:
        try:
            item = pipe.recv()
        except EOFError:
            return
        try:
            reports = check_item(item, units)
        except (NoSuchLabel, OSError) as error:
            reports = [Report((), messages=(str(error),), engine=ENGINE)]
        except Exception as error:  # noqa: BLE001 - one item must not stop the others
            reports = [Report((), messages=(f"{type(error).__name__}: {error}",), engine=ENGINE)]
        pipe.send(reports)


__all__ = ["Item", "Role", "Status", "check_document", "check_item", "check_many", "check_solution", "make"]
