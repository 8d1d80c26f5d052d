"""Marking a derivation: a ruling on each relation, from the last term and from the left side of its chain.

The judge is asked in `rulings.py`; when *refuted* may be said is settled in `excuses.py`.  The meaning of the relations
comes from outside, as conditions; so do other readings and possible repairs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from symderive.engine.built import unbuilt
from symderive.engine.excuses import Excuses
from symderive.engine.mistakes import slips
from symderive.engine.rulings import TRIAL_UNITS, Bench, Reads, Ruling, Says, Scope, bare, focused, partial, redefined
from symderive.kernel.context import Context, Rejected
from symderive.kernel.shapes import same_shape, shape
from symderive.kernel.terms import Term, make, num, rel, subterms, sym
from symderive.language.report import Because, Reading, Repair, Role, Said, Status
from symderive.language.verdict import Kind

REPAIR_NODES = 40_000
"""Nodes of all the claims that are tried to name one mistake, with those of the definitions behind them."""
MOST_EXPLAINED = 5
"""Wrong relations for which a name of the mistake is looked for; a derivation rarely holds so many of its own."""
NEAR = 0.1
"""How far, relative to its value, a decimal may be off to be called badly rounded."""
RESULTS = 12
"""How many of the latest results may be used in a proof."""
CUES = re.compile(
    r"\b(?:set|setting|equat\w*|solv\w*|vanish\w*|stationary|first.order|optimal\w*|critical|minimi[sz]\w*|maximi[sz]\w*|require|must|condition)\b"
)

TO_ZERO = re.compile(
    r"\b(?:set(?:ting)?|equat\w+|put(?:ting)?)"
    r"(?: (?:it|this|that|these|them|both|the (?:gradient|derivative|slope)s?))?(?: equal)? to (?:zero|0)\b"
)
"""Words that set a derivative to zero that stands before."""
LAYOUT = re.compile(r"layout|are rows")
"""Conventions that turn a derivative on its side."""


@dataclass
class Mark:
    """What is said of one relation."""

    said: Said
    role: Role
    anchor: Said | None = None
    status: Status = Status.OK
    ruling: Ruling | None = None
    reason: Because | None = None
    holds_if: tuple[tuple[str, str], ...] = ()
    mistake: Repair | None = None
    notes: tuple[str, ...] = ()
    uses: tuple[int, ...] = ()


@dataclass
class _Fact:
    term: Term
    row: int
    wrong: bool = False
    within: tuple[Term, ...] = ()
    """Under what it was proved."""


class Marker:
    """Marks the relations of one derivation in order."""

    def __init__(
        self,
        scope: Scope,
        readings: Callable[[Any], Iterable[Reading]] = lambda _: (),
        repairs: Callable[[Any], Iterable[Repair]] = lambda _: (),
        show: Callable[[Term], str] = repr,
    ) -> None:
        self.scope = scope
        self.bench = Bench(scope)
        self.excuses = Excuses(self.bench, show)
        self.readings = readings
        self.repairs = repairs
        self.show = show
        self.equations: list[_Fact] = []
        self.results: list[_Fact] = []
        self.slope: tuple[int, Term] | None = None
        """The last derivative on the left of a relation."""
        self.again: dict[str, list[tuple[int, Any, tuple[Term, ...]]]] = {}
        """Relations that define a name once more."""
        self.explained = 0
        self.seen: dict[tuple[Any, ...], int] = {}

    def assume_equation(self, relation: Term) -> None:
        """Take an equation of the problem, which is to be solved, as a fact."""
        self.equations.append(_Fact(relation, 0))

    def mark(self, relations: Sequence[Reads]) -> list[Mark]:
        """A mark for each relation; wrong ones are judged under the very conditions under which others are proved."""
        self.excuses.learn(relations)
        out = self._pass(relations)
        shared = self._shared(relations, out)
        if any(m.reason is not None and m.reason.code == "depends" for m in out) and shared:
            self.excuses.constant = shared
            self.equations = [f for f in self.equations if not f.row]
            self.results, self.seen, self.again, self.explained, self.slope = [], {}, {}, 0, None
            out = self._pass(relations)
        self._one_layout(relations, out)
        return out

    def _one_layout(self, relations: Sequence[Reads], marks: Sequence[Mark]) -> None:
        """Take back the excuse of the other layout where lines of the same kind hold only in the one in force."""
        excused = [k for k, m in enumerate(marks) if m.ruling is not None and m.ruling.refuted and _by_layout(m)]
        for k in excused:
            chain = [x for r in relations if r.chain == relations[k].chain for x in (r.step, r.anchor)]
            kinds = [_differentiated(self.scope.context, x) for x in (relations[k].step, *chain)]
            kind = next((x for x in kinds if x is not None), None)
            held = [(r.step, r) for r, m in zip(relations, marks, strict=True) if m.said is Said.PROVED]
            held += [(r.anchor, r) for r, m in zip(relations, marks, strict=True) if m.anchor is Said.PROVED]
            alike = [
                (claim, r)
                for claim, r in held
                if claim.conditions and _differentiated(self.scope.context, claim) == kind
            ]
            mark = marks[k]
            assert mark.ruling is not None
            if any(self._only_as_read(claim, r) for claim, r in alike):
                mark.said, mark.reason, mark.holds_if = Said.REFUTED, mark.ruling.reason, ()
                mark.status = Status.RECOVERED if mark.anchor is Said.PROVED else Status.SLIP
                mark.mistake = self._mistake(relations[k], mark.ruling.facts or relations[k].given)

    def _only_as_read(self, claim: Says, r: Reads) -> bool:
        """Whether a relation between matrices is wrong with one side transposed."""
        c = claim.conditions[0]
        if c.head != "rel" or c.name() != "=" or len(shape(self.scope.context, c.terms[0])) != 2:
            return False
        turned = make("op", "transpose", c.terms[0])
        if not same_shape(shape(self.scope.context, turned), shape(self.scope.context, c.terms[1])):
            return True
        return self.bench.judge(rel("=", turned, c.terms[1]), r.given, TRIAL_UNITS * 2).kind is Kind.REFUTED

    def _shared(self, relations: Sequence[Reads], marks: Sequence[Mark]) -> frozenset[str]:
        """On what proofs in the text rest, of what does not depend on what, unless the text says otherwise."""
        found = {text for m in marks if m.ruling is not None and m.ruling.proved for text in m.ruling.inferred}
        denied: set[str] = set()
        for r in relations:
            for c in (*r.step.conditions, *r.anchor.conditions):
                for s in subterms(c):
                    if s.head == "der" and (u := bare(s.terms[0])).head == "sym":
                        denied.add(self.excuses.constancy(u.name(), s.name(1)))
        stated = {self.excuses.constancy(u, v) for u in self.scope.stated for v in self.scope.context.signature}
        return frozenset(found - denied - stated)

    def _pass(self, relations: Sequence[Reads]) -> list[Mark]:
        out: list[Mark] = []
        chain = -1
        state = _State()
        for k, r in enumerate(relations):
            if r.chain != chain:
                chain, state = r.chain, _State()
            following = relations[k + 1] if k + 1 < len(relations) else None
            mark = self.one(r, state, following)
            state.after(r, mark)
            out.append(mark)
        return out

    # -- one relation -------------------------------------------------------------------------------

    def one(self, r: Reads, state: _State, following: Reads | None) -> Mark:
        if r.error is not None or (not r.step.kind and not r.step.why[0]):
            code, text = ("unread", "the left side was not read") if r.error is None else (r.error.code, r.error.text)
            return Mark(Said.UNREAD, r.role, reason=Because(code, text), status=Status.OPEN)
        if r.role in (Role.DEFINITION, Role.PREMISE):
            words = {Role.DEFINITION: "taken as a definition", Role.PREMISE: "taken as an assumption"}
            return Mark(Said.TAKEN, r.role, reason=Because(r.role.value, words[r.role]))
        if r.role is Role.ASSIGNMENT:
            return Mark(
                Said.TAKEN, r.role, reason=Because("assignment", "an assignment says nothing that could be wrong")
            )
        empty = self._empty(r)
        if empty is not None:
            return empty
        self._set_to_zero(r)
        conditions = r.step.conditions
        if not r.link.k and conditions and conditions[0].head == "rel" and _is_slope(conditions[0].terms[0]):
            self.slope = (r.id, conditions[0].terms[0])
        ruling = self.rule(r.step, r)
        if ruling.reason is not None and ruling.reason.code == "example":
            return Mark(Said.TAKEN, Role.PREMISE, reason=ruling.reason)
        if not ruling.proved and (equation := self._equation(r, ruling, following, state)) is not None:
            return equation
        return self._with_anchor(r, ruling, state)

    def _empty(self, r: Reads) -> Mark | None:
        """A relation that says nothing new."""
        conditions = r.step.conditions
        if not conditions:
            return None
        if r.same and all(c.head == "rel" and c.name() in ("=", "<=") and c.terms[0] is c.terms[1] for c in conditions):
            return Mark(Said.TAKEN, r.role, reason=Because("trivial", "both sides are the same"))
        earlier = self.seen.setdefault((partial(r), *conditions, *r.given), r.id)
        if earlier != r.id:
            return Mark(
                Said.TAKEN, r.role, reason=Because("repeated", f"relation {earlier} says the same"), uses=(earlier,)
            )
        return None

    def _with_anchor(self, r: Reads, ruling: Ruling, state: _State) -> Mark:
        anchor: Ruling | None = None
        if ruling.reason is not None and ruling.reason.code == "redefined" and r.again:
            state.redefined = True
        if r.anchor.kind and not state.redefined and (not ruling.proved or not state.sound or state.wrong):
            anchor = self.rule(r.anchor, r)
        mark = Mark(
            ruling.said,
            r.role,
            anchor.said if anchor else None,
            ruling=ruling,
            reason=ruling.reason,
            notes=ruling.notes,
            uses=ruling.uses,
        )
        if anchor is None and r.anchor.kind and ruling.proved and not state.redefined:
            mark.anchor = Said.PROVED
        rounded = state.rounded or r.step.kind == "approx"
        if ruling.proved:
            if anchor is not None and anchor.refuted:
                mark.status = Status.OK if rounded else Status.CARRIED
                mark.notes += ("right from the printed value",) if rounded else ()
            if any(f.wrong for f in self.equations if f.row in ruling.uses):
                mark.status = Status.TAINTED
        elif anchor is not None and anchor.proved:
            if not ruling.refuted or rounded:
                text = "right from the exact value" if ruling.refuted else "by the left side of the chain"
                if state.sound or rounded:
                    mark.said, mark.ruling, mark.reason, mark.uses = Said.PROVED, anchor, anchor.reason, anchor.uses
                    mark.notes += (text,)
                else:
                    mark.status = Status.OPEN
            else:
                mark.status = Status.RECOVERED
        elif ruling.refuted:
            mark.status = Status.SLIP
        elif (
            anchor is not None
            and anchor.refuted
            and state.sound
            and state.unconditional
            and not state.wrong
            and not rounded
        ):
            mark.said, mark.ruling, mark.reason, mark.status = Said.REFUTED, anchor, anchor.reason, Status.SLIP
        else:
            mark.status = Status.OPEN
        if mark.status in (Status.SLIP, Status.OPEN, Status.RECOVERED):
            self._explain(r, mark)
        if mark.said is Said.PROVED and mark.status is Status.OK and not r.given:
            self._remember(r, mark, state, anchor)
        return mark

    def _remember(self, r: Reads, mark: Mark, state: _State, anchor: Ruling | None) -> None:
        """Keep a proved relation about a named quantity or a derivative as a fact for later."""
        ruling = mark.ruling if r.link.k == 0 or state.sound else anchor
        if ruling is None or "solution" in ruling.rests or r.step.kind != "=" or ruling.inferred or not ruling.proved:
            return
        within = (*_within(ruling), *(state.within if r.link.k and ruling is not anchor else ()))
        for c in (r.anchor if r.link.k else r.step).conditions:
            if c.head == "rel" and c.name() == "=" and c.terms[0].head in ("der", "sym", "at", "tab", "ex"):
                self.results.append(_Fact(c, r.id, within=within))

    # -- rulings ------------------------------------------------------------------------------------

    def rule(self, claim: Says, r: Reads) -> Ruling:
        """The ruling on what a relation says."""
        ruling = self._ruling(claim, r)
        return self._by_other_definition(claim, r, ruling) if ruling.refuted else ruling

    def _by_other_definition(self, claim: Says, r: Reads, ruling: Ruling) -> Ruling:
        """A refuted relation whose names the text defines more than once."""
        if r.again and claim is r.step:
            text = f"{r.again} is defined in line {r.earlier.line} and again here"
            self.again.setdefault(r.again, []).append((r.id, r.link, claim.conditions))
            return Ruling(Said.UNDECIDED, ruling.verdict, Because("redefined", text), ruling.rests)
        used = {n for c in claim.conditions for n in self.scope.context.closure(c)}
        for name in sorted(used & self.again.keys()):
            row, _, conditions = self.again[name][-1]
            context = redefined(self.scope.context, name, conditions)
            if context is not None:
                other = Bench(replace(self.scope, context=context)).ask(claim, r.given)
                if other.proved:
                    other.uses, other.under = (row,), conditions
                    other.notes += (f"with {name} as relation {row} defines it",)
                    return other
            text = f"{name} is defined more than once; relation {row} gives it anew"
            return Ruling(Said.UNDECIDED, ruling.verdict, Because("redefined", text), ruling.rests)
        return ruling

    def _ruling(self, claim: Says, r: Reads) -> Ruling:
        if claim.misfit and not r.link.denied:
            return self.excuses.misfit(claim, r)
        if r.link.denied:
            return Ruling(Said.UNDECIDED, reason=Because("denied", f"not claimed as it stands: {r.link.denied}"))
        if not claim.conditions:
            return Ruling(Said.UNDECIDED, reason=Because(*claim.why))
        ruling = self._rule(claim, r)
        if ruling.refuted:
            excuse = self.excuses.excuse(claim, r, ruling)
            if excuse is not None:
                return Ruling(Said.UNDECIDED, ruling.verdict, excuse, ruling.rests)
        if ruling.refuted:
            late = self.excuses.late(claim, r, ruling)
            if late is not None:
                return Ruling(Said.UNDECIDED, ruling.verdict, late, ruling.rests)
        if ruling.proved and (found := self._if_random(claim, r, ruling)) is not None:
            return found
        if ruling.proved and r.link.unsure and r.given and not self._proved_without(claim, ruling, {*r.given}):
            text = f"its condition may be another: {r.link.unsure}"
            return Ruling(Said.UNDECIDED, ruling.verdict, Because("not-read", text), ruling.rests)
        if ruling.proved and r.link.lifted and "solution" in ruling.rests:
            before = {t for order, t in self.scope.assumed if order <= r.link.lifted}
            before -= {t for order, t in self.scope.assumed if order > r.link.lifted}
            if not self._proved_without(claim, ruling, before):
                text = "what was assumed before may hold no longer"
                return Ruling(Said.UNDECIDED, ruling.verdict, Because("other-reading", text), ruling.rests)
        if ruling.proved and (why := self._tied(claim, r)):
            return Ruling(Said.UNDECIDED, ruling.verdict, Because("not-built", why), ruling.rests)
        if ruling.proved and (word := self.excuses.doubt(claim, r)):
            return Ruling(Said.UNDECIDED, ruling.verdict, Because("not-read", word), ruling.rests)
        if ruling.proved and (why := self.excuses.ordered(claim)):
            return Ruling(Said.UNDECIDED, ruling.verdict, Because("undeclared", why), ruling.rests)
        if ruling.proved and partial(r) and (slot := self.excuses.slot(claim)):
            text = f"∂ by {slot} may vary one argument alone; it holds for all that rests on {slot}: write d/d{slot}"
            return Ruling(Said.UNDECIDED, ruling.verdict, Because("other-reading", text), ruling.rests)
        if ruling.proved:
            names, _ = self.excuses.random_names(claim, ruling.facts)
            constant = (self.excuses.constancy_of(n) for n in names if not ruling.random)
            ruling.inferred = (
                *self.excuses.independence(claim),
                *constant,
                *self.excuses.numbers(claim),
                *self.excuses.hedges(claim),
            )
        return ruling

    def _proved_without(self, claim: Says, ruling: Ruling, facts: set[Term]) -> bool:
        """Whether a claim is proved without some of the facts that its proof may use."""
        return self.bench.ask(claim, [t for t in ruling.facts if t not in facts]).proved

    def _tied(self, claim: Says, r: Reads) -> str:
        """Why a derivative in a proved claim may follow an equation that is assumed, though no proof uses it."""
        assumed = [f.term for f in self.groups(r)["solution"]]
        if not (r.given or assumed):
            return ""
        facts = (*self.scope.context.facts, *r.given, *assumed)
        return unbuilt(replace(self.scope.context, facts=facts, memo={}), *claim.conditions)

    def _if_random(self, claim: Says, r: Reads, ruling: Ruling) -> Ruling | None:
        """Another ruling where names in an expectation may be random: the proof took them for constants."""
        names, doubtful = self.excuses.random_names(claim, ruling.facts)
        if not names:
            return None
        context = self.scope.context
        signature = {n: replace(d, kind="random") if n in names else d for n, d in context.signature.items()}
        other = Bench(replace(self.scope, context=replace(context, signature=signature, memo={})))
        # where the law of some names is integrated over, the others would not be
        laws = any(s.head == "ex" and len(s.args) > 1 for c in claim.conditions for s in subterms(c))
        try:
            ruling.random = not laws and other.ask(claim, r.given).proved
        except Rejected:
            ruling.random = False
        if ruling.random or not doubtful:
            return None
        shown = ", ".join(self.show(sym(n)) for n in names)
        reason = Because("undeclared", f"nothing says whether {shown} is random")
        return Ruling(Said.UNDECIDED, ruling.verdict, reason, ruling.rests)

    def _rule(self, claim: Says, r: Reads) -> Ruling:
        more = self.groups(r)
        facts = {g: tuple(f.term for f in fs) for g, fs in more.items()}
        every = tuple(dict.fromkeys(t for g in ("values", "equations", "solution") for t in facts[g]))
        closed = any(self.bench.closed(t) for c in claim.conditions for t in c.terms)
        first = None
        if not (every and closed):
            first = self.bench.ask(claim, r.given)
            if first.proved or not every:
                return first if first.proved or first.refuted else self._by_results(claim, r, first, facts)
        if every:
            if first is not None and first.said is Said.CONSISTENT and not (facts["equations"] or facts["solution"]):
                return self._by_results(claim, r, first, facts)
            whole = self.bench.ask(claim, (*r.given, *every))
            if whole.proved:
                return self._origin(claim, r, whole, facts, more)
            if whole.refuted:
                return whole
            if whole.verdict is not None and whole.verdict.code == "contradiction" and facts["solution"]:
                rest = (*facts["values"], *facts["equations"])
                return self.bench.ask(claim, (*r.given, *rest))
            first = first if first is not None else self.bench.ask(claim, r.given)
            if first.proved:
                return first
            if first.refuted:
                first = Ruling(whole.said, whole.verdict, whole.reason)
        assert first is not None
        return self._by_results(claim, r, first, facts)

    def groups(self, r: Reads) -> dict[str, list[_Fact]]:
        assumed = (
            [] if self.excuses.inconsistent else [_Fact(t, 0) for order, t in self.scope.assumed if order <= r.order]
        )
        return {
            "values": [_Fact(t, 0) for t in self.scope.values],
            "equations": list(self.equations),
            "solution": assumed,
            "results": self.results[-RESULTS:],
        }

    def _origin(
        self, claim: Says, r: Reads, whole: Ruling, facts: dict[str, tuple[Term, ...]], more: dict[str, list[_Fact]]
    ) -> Ruling:
        """A proof with as few groups of facts as will do."""
        tries: list[tuple[str, ...]] = [
            (),
            ("values",),
            ("equations",),
            ("values", "equations"),
            ("solution",),
            ("values", "solution"),
        ]
        for groups in tries:
            terms = tuple(t for g in groups for t in facts[g])
            if groups and not all(facts[g] for g in groups):
                continue
            found = self.bench.ask(claim, (*r.given, *terms))
            if found.proved:
                found.rests = groups
                break
        else:
            found, groups = whole, tuple(g for g in ("values", "equations", "solution") if facts[g])
            found.rests = groups
        if "equations" in groups:
            found.uses = tuple(f.row for f in more["equations"])
        return found

    def _by_results(self, claim: Says, r: Reads, first: Ruling, facts: dict[str, tuple[Term, ...]]) -> Ruling:
        """One more attempt, with what was proved before."""
        if first.said not in (Said.CONSISTENT, Said.UNDECIDED) or not self.results:
            return first
        names = {n for c in claim.conditions for n in self.scope.context.closure(c)}
        useful = [
            f
            for f in self.results[-RESULTS:]
            if self._shares(f.term, claim) and self.scope.context.closure(f.term) <= names | self._integers()
        ]
        if not useful:
            return first
        found = self.bench.ask(claim, (*r.given, *facts["values"], *(f.term for f in useful)))
        if found.proved:
            found.rests = ("values", "results") if facts["values"] else ("results",)
            found.uses = tuple(f.row for f in useful)
            found.within = tuple(dict.fromkeys(c for f in useful for c in f.within))
            return found
        return first

    def _shares(self, fact: Term, claim: Says) -> bool:
        """Whether the left side of a result stands in a claim."""
        return any(s is fact.terms[0] for c in claim.conditions for s in subterms(c))

    def _integers(self) -> frozenset[str]:
        return frozenset(n for n, d in self.scope.context.signature.items() if d.kind == "int")

    # -- conditions to be solved --------------------------------------------------------------------

    def _equation(self, r: Reads, ruling: Ruling, following: Reads | None, state: _State) -> Mark | None:
        """The mark of a relation that is a condition to be solved, if it is one."""
        conditions = r.step.conditions
        if (
            r.step.kind != "="
            or not conditions
            or conditions[0].head != "rel"
            or (ruling.said is Said.UNDECIDED and ruling.reason and ruling.reason.code == "not-read")
        ):
            return None
        a, b = conditions[0].terms
        if self.bench.closed(a) and self.bench.closed(b):
            return None
        zero = any(s.head == "num" and s.args[0] == 0 for s in (b, *(b.terms if b.head == "tab" else ())))
        cue = r.link.marked or bool(CUES.search(r.link.before))
        solved = following is not None and (following.role is Role.IMPLICATION or self._solves(following))
        if not ((zero and (cue or solved)) or r.link.marked):
            if zero and ruling.refuted and r.role is not Role.IMPLICATION:
                self.equations += [_Fact(c, r.id, state.wrong) for c in (*conditions, *r.anchor.conditions)]
                return Mark(
                    Said.UNDECIDED,
                    r.role,
                    reason=Because("condition", "not zero everywhere: read as a condition?"),
                    status=Status.OPEN,
                    ruling=ruling,
                )
            return None
        self.equations += [_Fact(c, r.id, state.wrong) for c in (*conditions, *r.anchor.conditions)]
        return Mark(Said.TAKEN, Role.EQUATION, reason=Because("equation", "a condition to be solved"))

    def _set_to_zero(self, r: Reads) -> None:
        """Take the last derivative as zero where the words before a relation say so ("Setting it to zero, …")."""
        conditions = r.step.conditions
        zero = any(c.head == "rel" and num(0) in c.terms for c in conditions)
        if r.link.k or zero or not TO_ZERO.search(r.link.before):
            return
        if self.slope is not None:
            row, slope = self.slope
            self.equations.append(_Fact(rel("=", slope, _zeros(slope)), row))

    def _solves(self, r: Reads) -> bool:
        """Whether a relation gives the value of a name without definition."""
        if not r.step.conditions or r.link.k or r.step.conditions[0].head != "rel":
            return False
        t = r.step.conditions[0].terms[0]
        while t.head == "at":
            t = t.terms[0]
        return t.head == "sym" and t.name() not in self.scope.context.definitions

    # -- explanations -------------------------------------------------------------------------------

    def _explain(self, r: Reads, mark: Mark) -> None:
        """Look for another reading under which a failing relation holds, then for a mistake with a name."""
        ruling = mark.ruling
        needs = ruling.verdict.needs if ruling is not None and ruling.verdict is not None else ()
        if needs:
            mark.holds_if = tuple(("fact", f"${self.show(t)}$") for t in needs)
        facts = ruling.facts if ruling is not None and ruling.facts else r.given
        if mark.said is Said.CONSISTENT or (mark.said is Said.UNDECIDED and ruling is not None and ruling.undone):
            return
        for reading in self.readings(r):
            if not reading.claim.conditions:
                continue
            said = reading.kind == "fact" and any(w in self.scope.words for w in reading.words)
            units = 0 if said or reading.kind == "convention" else TRIAL_UNITS * 2
            found = self._under(reading).ask(reading.claim, (*facts, *reading.facts), units)
            saves = said and found.said is Said.CONSISTENT and mark.said is Said.REFUTED
            if not found.proved and not saves:
                continue
            mark.holds_if += ((reading.kind, reading.say),)
            if reading.kind == "convention" or any(w in self.scope.words for w in reading.words):
                mark.said, mark.status = Said.UNDECIDED, Status.OPEN
                mark.reason = Because(
                    "other-reading" if reading.kind == "convention" else "needs", f"right if: {reading.say}"
                )
                return
            break
        if mark.said is not Said.REFUTED or mark.status is Status.RECOVERED:
            return
        if ruling is not None and (near := misrounded(r, ruling)) is not None:
            mark.mistake = near
            return
        if self.explained < MOST_EXPLAINED:
            mark.mistake = self._mistake(r, facts)
        self.explained += 1

    def _mistake(self, r: Reads, facts: Sequence[Term]) -> Repair | None:
        """The first repair that is proved: small changes of the text, then of the meaning, then large ones."""
        room = REPAIR_NODES
        compared = False
        for repair in self.repairs(r):
            if repair.late and not compared:
                compared = True
                found = self._compared(r, facts)
                if found is not None:
                    return found
            room -= sum(self.bench.weight(c) for c in repair.claim.conditions)
            if room < 0:
                break
            bench = Bench(replace(self.scope, context=repair.context)) if repair.context is not None else self.bench
            if repair.claim.conditions and bench.ask(repair.claim, facts, TRIAL_UNITS).proved:
                return repair
        return None if compared else self._compared(r, facts)

    def _compared(self, r: Reads, facts: Sequence[Term]) -> Repair | None:
        """A slip that shows when both sides are put in normal form."""
        if len(r.step.conditions) != 1:
            return None
        (claim,) = r.step.conditions
        start = r.anchor.conditions[0] if len(r.anchor.conditions) == 1 else None
        context = focused(self.scope.context, claim, facts)
        for slip in slips(context, self.scope.book, claim, start, TRIAL_UNITS * 2):
            if self.bench.judge(slip.claim, facts, TRIAL_UNITS).kind is Kind.PROVED:
                return Repair(slip.kind, 0, 10_000, self.show(slip.part), r.step, how=slip.how)
        return None

    def _under(self, reading: Reading) -> Bench:
        """The bench under a reading: with its definitions."""
        if not reading.definitions:
            return self.bench
        definitions = {**self.scope.context.definitions, **reading.definitions}
        return Bench(replace(self.scope, context=replace(self.scope.context, definitions=definitions, memo={})))


def _is_slope(t: Term) -> bool:
    """Whether a term is a derivative, or a gradient."""
    while t.head == "tab":
        t = t.terms[2]
    return t.head == "der"


def _zeros(t: Term) -> Term:
    """Zero, in the shape of a gradient."""
    return make("tab", t.terms[0], t.terms[1], _zeros(t.terms[2])) if t.head == "tab" else num(0)


def _by_layout(m: Mark) -> bool:
    """Whether the other layout excuses a relation."""
    return (
        m.reason is not None and m.reason.code == "other-reading" and any(LAYOUT.search(say) for _, say in m.holds_if)
    )


def _differentiated(context: Context, claim: Says) -> tuple[int, int] | None:
    """How many indices what is differentiated has, and that by which it is, in the first derivative of a claim."""
    for c in claim.conditions:
        for s in subterms(c):
            if s.head == "der":
                whole = bare(s.terms[0])
                own = 0 if whole is s.terms[0] or whole.head != "sym" else len(context.declared(whole.name()).ranges)
                return own, len(context.declared(s.name(1)).ranges)
    return None


def misrounded(r: Reads, ruling: Ruling) -> Repair | None:
    """The slip of a decimal that is near its value."""
    verdict = ruling.verdict
    bounds = r.step.rounded or (r.step.conditions if r.step.kind == "approx" else ())
    if verdict is None or verdict.counterexample is None or not bounds:
        return None
    numeral = bounds[0].terms[0].terms[-1]
    try:
        written = -float(Fraction(int(numeral.args[0]), int(numeral.args[1])))
        left, right = (
            float(Fraction(x.rstrip("…"))) for x in (verdict.counterexample.left, verdict.counterexample.right)
        )
    except (ValueError, IndexError):
        return None
    value = left if verdict.claim.name() == "=" else written + (left if verdict.claim is bounds[0] else right)
    if abs(value - written) > NEAR * abs(value):
        return None
    return Repair("rounding", 0, 10_000, f"{value:.6g}…", r.step)


def _within(ruling: Ruling) -> tuple[Term, ...]:
    """Under what something was proved, beyond the facts."""
    v = ruling.verdict
    return (*ruling.within, *(v.conditions + v.hypotheses if v is not None else ()))


@dataclass
class _State:
    """What is known of a chain so far."""

    sound: bool = True
    """Every term so far equals the left side, proved."""
    unconditional: bool = True
    within: tuple[Term, ...] = ()
    """Under what they do."""
    wrong: bool = False
    rounded: bool = False
    redefined: bool = False
    """The left side has another definition before."""

    def after(self, r: Reads, mark: Mark) -> None:
        if mark.status is Status.SLIP or mark.status is Status.CARRIED:
            self.wrong = True
        elif mark.status is Status.RECOVERED or mark.anchor is Said.PROVED:
            self.wrong = False
        taken = mark.said is Said.TAKEN and mark.role in (Role.DEFINITION, Role.STEP, Role.CLAIM)
        held = mark.said is Said.PROVED and not self.wrong
        repeated = mark.reason is not None and mark.reason.code == "repeated"
        self.sound = (self.sound and (held or (taken and not repeated))) or mark.anchor is Said.PROVED
        v = mark.ruling.verdict if mark.ruling is not None else None
        self.within += _within(mark.ruling) if mark.ruling is not None else ()
        self.unconditional = self.unconditional and (v is None or not (v.conditions or v.hypotheses))
        self.rounded = self.rounded or bool(r.step.rounded and r.step.kind == "approx") or "≈ is meant" in mark.notes
