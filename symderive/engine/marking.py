"""Marking a derivation: a ruling on each relation, from the last term and from the left side of its chain.

When *refuted* may be said is settled here: never because of what was not read, not declared, or left unsaid.  The
meaning of the relations comes from outside, as conditions; so do other readings and possible repairs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Protocol

from symderive.engine.judge import Judge
from symderive.engine.mistakes import slips
from symderive.kernel.book import Book
from symderive.kernel.context import Context, Definition, Rejected
from symderive.kernel.shapes import same_shape, shape
from symderive.kernel.terms import ONE, Term, at, bound, make, num, rebuild, rel, subterms, sym
from symderive.language.report import Because, Reading, Repair, Role, Said, Status
from symderive.language.verdict import Kind, Verdict

UNITS = 700_000
"""Work that may be spent on one question; a relation asks a handful."""
TRIAL_UNITS = 60_000
"""Work for one other reading or one repair: these are short steps."""
REPAIR_NODES = 40_000
"""Nodes of all the claims that are tried to name one mistake, with those of the definitions behind them."""
MOST_EXPLAINED = 5
"""Wrong relations for which a name of the mistake is looked for; a derivation rarely holds so many of its own."""
USUAL_INDICES = frozenset("ijklmnd")
"""Letters that stand for an index even where nothing binds them."""
NEAR = 0.1
"""How far, relative to its value, a decimal may be off to be called badly rounded."""
RESULTS = 12
"""How many of the latest results may be used in a proof."""
CUES = re.compile(
    r"\b(?:set|setting|equat\w*|solv\w*|vanish\w*|stationary|first.order|optimal\w*|critical|minimi[sz]\w*|maximi[sz]\w*|require|must|condition)\b"
)

GIVEN_AS_REASON = re.compile(
    r"\b(?:since|because|as|using|used|use|recall|know|remember|with|where)"
    r"(?: (?:here|that|we|have|the|fact|identity|used|by|of|for))*\W*\Z"
)
"""Words before a relation that is a reason for another."""
LAYOUT = re.compile(r"layout|are rows")
"""Conventions that turn a derivative on its side."""
CONSEQUENCE = re.compile(r"\b(?:so|hence|thus|therefore|then|get|implies|follows|yields|gives|obtain)\W*\Z")
"""Words before an equation that draws a conclusion, and does not say what a name is."""


class Says(Protocol):
    """What a relation says: conditions that must all hold."""

    kind: str
    conditions: tuple[Term, ...]
    rounded: tuple[Term, ...]
    misfit: str
    loose: bool
    why: tuple[str, str]


class Reads(Protocol):
    """A relation of a derivation with its meaning."""

    id: int
    chain: int
    role: Role
    step: Any
    anchor: Any
    link: Any
    sides: Any
    skips: int
    error: Any
    given: tuple[Term, ...]
    perhaps: tuple[Term, ...]
    blocked: str
    order: int
    again: str
    earlier: Any

    @property
    def same(self) -> bool:
        """Whether both sides are written alike."""


@dataclass
class Scope:
    """All that may be used to judge, by where it comes from.

    Attributes:
        context: names, definitions, and facts of the problem.
        values: equations "name = number" of the problem.
        assumed: facts that the solution assumes, with the place in the text from which on they hold.
        unread: sentences that were not understood; they block refutations.
        inferred: names of which nothing was said.
        words: the prose in lower case.
    """

    context: Context
    book: Book
    values: tuple[Term, ...] = ()
    assumed: tuple[tuple[int, Term], ...] = ()
    unread: tuple[str, ...] = ()
    inferred: frozenset[str] = frozenset()
    varying: frozenset[str] = frozenset()
    """Names of which the text takes derivatives, or states equations, without defining them."""
    stated: frozenset[str] = frozenset()
    """Those of them that stand on the left of a relation."""
    redefined: frozenset[str] = frozenset()
    """Names that the text defines more than once in so many words."""
    described: frozenset[str] = frozenset()
    """Names of which nothing was said but in words that were not understood."""
    indices: frozenset[str] = frozenset()
    """Letters that are free indices."""
    words: str = ""
    units: int = UNITS


@dataclass
class Ruling:
    """What is said of one claim."""

    said: Said
    verdict: Verdict | None = None
    reason: Because | None = None
    rests: tuple[str, ...] = ()
    """Groups of facts beyond those of the problem: values, equations, solution, results."""
    uses: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()
    """What was taken of names of which nothing is said, in words."""
    facts: tuple[Term, ...] = ()

    @property
    def proved(self) -> bool:
        return self.said is Said.PROVED

    @property
    def refuted(self) -> bool:
        return self.said is Said.REFUTED


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
        self.readings = readings
        self.repairs = repairs
        self.show = show
        self.equations: list[_Fact] = []
        self.results: list[_Fact] = []
        self.again: dict[str, list[tuple[int, Any, tuple[Term, ...]]]] = {}
        """Relations that define a name once more."""
        self.constant: frozenset[str] = frozenset()
        """What does not depend on what, as right relations of the text have it."""
        self.memo: dict[Any, Verdict] = {}
        self.weights: dict[str, int] = {}
        self.explained = 0
        self.reasons: list[Term] = []
        """Relations that the text gives as reasons for others."""
        self.told: frozenset[str] = frozenset()
        """Names on which definitions of the text rest: they are in use."""
        self.explained_by: list[tuple[str, Term]] = []
        """Names of which nothing is declared, with what relations of the text say of them."""
        self.seen: dict[tuple[Term, ...], int] = {}
        self.inconsistent = self._contradictory()

    def assume_equation(self, relation: Term) -> None:
        """Take an equation of the problem, which is to be solved, as a fact."""
        self.equations.append(_Fact(relation, 0))

    def mark(self, relations: Sequence[Reads]) -> list[Mark]:
        """A mark for each relation; wrong ones are judged under the very conditions under which others are proved."""
        self.explained_by = list(self._explanations(relations))
        self.told = frozenset().union(*(self._behind(r) for r in relations if r.role is Role.DEFINITION))
        out = self._pass(relations)
        shared = self._shared(relations, out)
        if any(m.reason is not None and m.reason.code == "depends" for m in out) and shared:
            self.constant = shared
            self.equations = [f for f in self.equations if not f.row]
            self.results, self.seen, self.again, self.explained = [], {}, {}, 0
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
        return self.judge(rel("=", turned, c.terms[1]), r.given, TRIAL_UNITS * 2).kind is Kind.REFUTED

    def _behind(self, r: Reads) -> frozenset[str]:
        """The names on which a relation rests."""
        return frozenset(n for c in r.step.conditions for n in self.scope.context.closure(c))

    def _explanations(self, relations: Sequence[Reads]) -> Iterator[tuple[str, Term]]:
        """Relations ``V = t`` of the text for names of which nothing is declared."""
        claims = [r for r in relations if r.link.k == 0 and r.role is Role.CLAIM]
        given = [r for r in claims if GIVEN_AS_REASON.search(r.link.before)]
        self.reasons = [c for r in given for c in r.step.conditions]
        # "…, b = 0" beside a relation may be its condition
        asides = [r for r in relations if r.link.k == 0 and r.sides.beside is not None]
        self.reasons += [c for r in asides for c in r.step.conditions if self._sets(c)]
        for r in relations:
            says = r.link.k == 0 and r.step.kind == "=" and not CONSEQUENCE.search(r.link.before)
            for c in r.step.conditions if says else ():
                if c.head == "rel" and self._closed(c.terms[1]):
                    continue
                left = _bare(c.terms[0]) if c.head == "rel" else c
                if left.head == "sym" and left.name() in self.scope.inferred - self.scope.context.definitions.keys():
                    yield left.name(), c

    def _sets(self, condition: Term) -> bool:
        """Whether a condition gives a name without definition a value."""
        left = condition.terms[0] if condition.head == "rel" and condition.name() == "=" else None
        return left is not None and left.head == "sym" and left.name() not in self.scope.context.definitions

    def _shared(self, relations: Sequence[Reads], marks: Sequence[Mark]) -> frozenset[str]:
        """On what proofs in the text rest, of what does not depend on what, unless the text says otherwise."""
        found = {text for m in marks if m.ruling is not None and m.ruling.proved for text in m.ruling.inferred}
        denied: set[str] = set()
        for r in relations:
            for c in (*r.step.conditions, *r.anchor.conditions):
                for s in subterms(c):
                    if s.head == "der" and (u := _bare(s.terms[0])).head == "sym":
                        denied.add(self._constant(u.name(), s.name(1)))
        stated = {self._constant(u, v) for u in self.scope.stated for v in self.scope.context.signature}
        return frozenset(found - denied - stated)

    def _constant(self, u: str, v: str) -> str:
        return f"{self.show(sym(u))} does not depend on {self.show(sym(v))}"

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
        earlier = self.seen.setdefault((*conditions, *r.given), r.id)
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
            self._remember(r, mark)
        return mark

    def _remember(self, r: Reads, mark: Mark) -> None:
        """Keep a proved relation about a named quantity or a derivative as a fact for later."""
        claims = [r.step.conditions] if r.link.k == 0 else [r.anchor.conditions]
        if mark.ruling is None or "solution" in mark.ruling.rests or r.step.kind != "=" or mark.ruling.inferred:
            return
        for conditions in claims:
            for c in conditions:
                if c.head == "rel" and c.name() == "=" and c.terms[0].head in ("der", "sym", "at", "tab", "ex"):
                    self.results.append(_Fact(c, r.id))

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
                other = Marker(replace(self.scope, context=context)).ask(claim, r.given)
                if other.proved:
                    other.uses = (row,)
                    other.notes += (f"with {name} as relation {row} defines it",)
                    return other
            text = f"{name} is defined more than once; relation {row} gives it anew"
            return Ruling(Said.UNDECIDED, ruling.verdict, Because("redefined", text), ruling.rests)
        return ruling

    def _ruling(self, claim: Says, r: Reads) -> Ruling:
        if claim.misfit:
            return self._misfit(claim)
        if not claim.conditions:
            return Ruling(Said.UNDECIDED, reason=Because(*claim.why))
        ruling = self._rule(claim, r)
        if ruling.refuted:
            excuse = self._excuse(claim, r, ruling)
            if excuse is not None:
                return Ruling(Said.UNDECIDED, ruling.verdict, excuse, ruling.rests)
        if ruling.refuted:
            late = self._late(claim, r, ruling)
            if late is not None:
                return Ruling(Said.UNDECIDED, ruling.verdict, late, ruling.rests)
        if ruling.proved:
            ruling.inferred = tuple(self._independence(claim))
        return ruling

    def _rule(self, claim: Says, r: Reads) -> Ruling:
        more = self.groups(r)
        facts = {g: tuple(f.term for f in fs) for g, fs in more.items()}
        every = tuple(dict.fromkeys(t for g in ("values", "equations", "solution") for t in facts[g]))
        closed = any(self._closed(t) for c in claim.conditions for t in c.terms)
        first = None
        if not (every and closed):
            first = self.ask(claim, r.given)
            if first.proved or not every:
                return first if first.proved or first.refuted else self._by_results(claim, r, first, facts)
        if every:
            if first is not None and first.said is Said.CONSISTENT and not (facts["equations"] or facts["solution"]):
                return self._by_results(claim, r, first, facts)
            whole = self.ask(claim, (*r.given, *every))
            if whole.proved:
                return self._origin(claim, r, whole, facts, more)
            if whole.refuted:
                return whole
            if whole.verdict is not None and whole.verdict.code == "contradiction" and facts["solution"]:
                rest = (*facts["values"], *facts["equations"])
                return self.ask(claim, (*r.given, *rest))
            first = first if first is not None else self.ask(claim, r.given)
            if first.proved:
                return first
            if first.refuted:
                first = Ruling(whole.said, whole.verdict, whole.reason)
        assert first is not None
        return self._by_results(claim, r, first, facts)

    def groups(self, r: Reads) -> dict[str, list[_Fact]]:
        assumed = [] if self.inconsistent else [_Fact(t, 0) for order, t in self.scope.assumed if order <= r.order]
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
            found = self.ask(claim, (*r.given, *terms))
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
        found = self.ask(claim, (*r.given, *facts["values"], *(f.term for f in useful)))
        if found.proved:
            found.rests = ("values", "results") if facts["values"] else ("results",)
            found.uses = tuple(f.row for f in useful)
            return found
        return first

    def _shares(self, fact: Term, claim: Says) -> bool:
        """Whether the left side of a result stands in a claim."""
        return any(s is fact.terms[0] for c in claim.conditions for s in subterms(c))

    def _integers(self) -> frozenset[str]:
        return frozenset(n for n, d in self.scope.context.signature.items() if d.kind == "int")

    def ask(self, claim: Says, facts: Sequence[Term], units: int = 0) -> Ruling:
        """The judge's word on all conditions of a claim."""
        if not claim.rounded:
            ruling = self._all(claim.conditions, facts, units)
            if claim.kind == "O" and ruling.refuted and ruling.verdict is not None:
                ruling.notes = (f"the terms of order {claim.conditions.index(ruling.verdict.claim)} differ",)
            return ruling
        exact = self._all(claim.conditions, facts, units) if claim.kind == "=" else None
        if exact is not None and exact.proved:
            return exact
        near = self._all(claim.rounded, facts, units)
        if near.proved and claim.kind == "=":
            near.notes = ("≈ is meant",)
        if exact is not None and near.refuted:
            near.reason = Because("rounding", "the decimals are not those of the value")
            if exact.refuted:
                near.verdict = exact.verdict
        return near

    def _all(self, conditions: Sequence[Term], facts: Sequence[Term], units: int) -> Ruling:
        worst: Verdict | None = None
        for c in conditions:
            v = self.judge(c, facts, units)
            if worst is None or ORDER[v.kind] > ORDER[worst.kind]:
                worst = v
            if v.kind is Kind.REFUTED:
                break
        assert worst is not None
        reason = Because(worst.code, worst.reason) if worst.code else None
        return Ruling(Said(worst.kind.value), worst, reason, facts=tuple(facts))

    def judge(self, claim: Term, facts: Sequence[Term], units: int = 0) -> Verdict:
        """The verdict on one condition under further facts; only what bears on it is in the context."""
        key = (claim, tuple(facts), units)
        found = self.memo.get(key)
        if found is None:
            context = focused(self.scope.context, claim, facts)
            try:
                found = Judge(context, self.scope.book, units or self.scope.units).judge(claim)
            except Rejected as error:
                found = Verdict(Kind.UNDECIDED, claim, "unsupported", str(error))
            except RecursionError:
                found = Verdict(Kind.UNDECIDED, claim, "budget", "the relation nests too deep")
            self.memo[key] = found
        return found

    def _contradictory(self) -> bool:
        """Whether no model satisfies what the solution assumes."""
        if not self.scope.assumed:
            return False
        facts = tuple(t for _, t in self.scope.assumed)
        return any(self.judge(f, facts, TRIAL_UNITS).code == "contradiction" for f in facts if f.head == "rel")

    def _weight(self, t: Term) -> int:
        """How large a claim is with the definitions behind it: what it costs to evaluate it."""
        out = 50 + t.size
        for n in self.scope.context.closure(t) & self.scope.context.definitions.keys():
            if n not in self.weights:
                self.weights[n] = sum(body.size for _, body in self.scope.context.definitions[n].clauses)
            out += self.weights[n]
        ders = sum(s.head in ("der", "big", "tab") for s in subterms(t))
        return out * (1 + ders)

    def _closed(self, t: Term) -> bool:
        return not self.scope.context.closure(t)

    # -- when refuted may be said -------------------------------------------------------------------

    def _misfit(self, claim: Says) -> Ruling:
        if self.scope.unread:
            return Ruling(
                Said.UNDECIDED,
                reason=Because(
                    "not-read", f"the shapes do not fit, but something was not understood: {self.scope.unread[0]}"
                ),
            )
        if claim.loose:
            return Ruling(Said.UNDECIDED, reason=Because("shape", f"{claim.misfit}, but not all shapes are declared"))
        return Ruling(Said.REFUTED, reason=Because("shape", claim.misfit))

    def _excuse(self, claim: Says, r: Reads, ruling: Ruling) -> Because | None:
        """Why a refutation may not be said."""
        if self.scope.unread:
            return Because("not-read", f"not understood, and it may be an assumption: {self.scope.unread[0]}")
        if r.blocked:
            return Because("not-read", r.blocked)
        if self.inconsistent and self._shares_names(claim, [t for _, t in self.scope.assumed]):
            return Because("contradiction", "what the text assumes cannot all hold: are these cases?")
        if GIVEN_AS_REASON.search(r.link.before) and r.link.k == 0:
            return Because("condition", "given as a reason, and not judged for itself")
        slot = self._slot(claim)
        if slot:
            return Because("other-reading", f"the derivative by {slot} may vary one argument, or all that rest on it")
        strange = self._strange(claim)
        if strange:
            return Because("undeclared", f"nothing says what {strange} is")
        again = {n for c in claim.conditions for n in self.scope.context.closure(c)} & self.scope.redefined
        if again:
            return Because("redefined", f"{', '.join(sorted(again))} is defined more than once")
        described = self._inferred_in(claim) & self.scope.described
        if described:
            return Because(
                "undeclared", f"what is said of {', '.join(sorted(described))} was not understood: define it"
            )
        hidden = self._hidden(claim)
        if hidden:
            return Because("other-reading", f"{hidden} is free in a definition: is it to be summed over?")
        left = claim.conditions[0].terms[0] if claim.conditions[0].head == "rel" else None
        kin = self._kin(claim)
        if kin:
            return Because("undeclared", f"{kin} may be entries of one family: declare it")
        depends = [x for x in self._independence(claim, doubtful=True) if x not in self.constant]
        if depends:
            return Because("depends", f"it is wrong only if {depends[0]}")
        if self.scope.inferred and not self._refuted_positive(claim, ruling):
            names = ", ".join(sorted(self._inferred_in(claim)))
            return Because(
                "undeclared", f"wrong only where a number of which nothing is said is negative: declare {names}"
            )
        if left is not None and claim.kind == "=" and self._example(claim):
            return Because("example", f"a value of {self.show(left)}, for some values of what it rests on")
        if left is not None and claim.kind in ("=", "<", "<=", ">", ">=") and self._unknown(left, ruling):
            return Because("condition", f"read as a condition on {self.show(left)}: nothing is said of its value")
        return None

    def _shares_names(self, claim: Says, facts: Sequence[Term]) -> bool:
        names = {n for c in claim.conditions for n in self.scope.context.closure(c)}
        return any(names & self.scope.context.closure(f) for f in facts)

    def _slot(self, claim: Says) -> str:
        """A variable on which several arguments of a differentiated function rest: ∂f/∂x of f(x, y) with y = y(x)."""
        context = self.scope.context
        for c in claim.conditions:
            for s in subterms(c):
                if s.head == "der" and (t := s.terms[0]).head == "app":
                    if sum(context.depends(a, s.name(1)) for a in t.terms) > 1:
                        return self.show(sym(s.name(1)))
        return ""

    def _strange(self, claim: Says) -> str:
        """A name of which nothing is said, and that only one side rests on, or whose mean is taken as a number's."""
        context, inferred = self.scope.context, self.scope.inferred
        for c in claim.conditions:
            if any(s.head == "app" and s.name() == "exp" and s.terms[0] is ONE for s in subterms(c)):
                return "e"  # written by itself: the number, or a name such as that of an error
            slopes = [
                n for n in context.closure(c) & inferred if n.endswith("′") and n.rstrip("′") in context.definitions
            ]
            if slopes:
                return ", ".join(self.show(sym(n)) for n in sorted(slopes))
            for s in subterms(c):
                if s.head == "ex" and not context.random_in(s.terms[0]) and (found := context.closure(s) & inferred):
                    return ", ".join(self.show(sym(n)) for n in sorted(found))
            if c.head == "rel" and c.name() == "=" and len(c.terms) == 2:
                left, right = (context.closure(t) for t in c.terms)
                told = self.told | {n for n, _ in self.explained_by} | context.definitions.keys()
                if found := (right - left) & inferred - told:
                    return ", ".join(self.show(sym(n)) for n in sorted(found))
        return ""

    def _hidden(self, claim: Says) -> str:
        """An index on which a claim rests only through definitions: nothing there says which one it is."""
        mentioned = {s.name() for c in claim.conditions for s in subterms(c) if s.head == "sym"}
        context = self.scope.context
        behind = {n for c in claim.conditions for n in context.closure(c)} & context.definitions.keys()
        bodies = [body for n in behind for _, body in context.definitions[n].clauses]
        found = {s.name() for b in bodies for s in subterms(b) if s.head == "sym"} & self.scope.indices
        return ", ".join(sorted(found - mentioned))

    def _example(self, claim: Says) -> bool:
        """Whether a number is given for a name that rests on names without a value, as for an example."""
        left, right = claim.conditions[0].terms
        while left.head == "at":
            left = left.terms[0]
        context = self.scope.context
        numeric = all(s.head in ("num", "neg", "div", "tab", "add", "mul") for s in subterms(right))
        free = [n for n in context.closure(left) if n not in context.definitions]
        return numeric and left.head in ("sym", "app") and any(context.declared(n).kind != "int" for n in free)

    def _late(self, claim: Says, r: Reads, ruling: Ruling) -> Because | None:
        """Whether what the text says only later, or beside it, saves a relation."""
        late = [t for order, t in self.scope.assumed if order > r.order and (t.head, t.args[0]) != ("rel", "=")]
        inferred = self._inferred_in(claim)
        late += [t for name, t in self.explained_by if name in inferred and t not in claim.conditions]
        late += [t for t in self.reasons if t not in claim.conditions and self._shares_names(claim, [t])]
        ordered = self._in_order(claim, ruling)
        if ordered is not None:
            return Because("needs", f"it may be meant for {self.show(ordered)}")
        late = list(dict.fromkeys((*late, *r.perhaps)))
        if not late or self.ask(claim, (*ruling.facts, *late)).refuted:
            return None
        return Because("needs", f"it may hold by what is said elsewhere: {', '.join(self.show(t) for t in late)}")

    def _in_order(self, claim: Says, ruling: Ruling) -> Term | None:
        """An order of two free indices, or a start of one, under which a relation is not refuted."""
        used = {s.name() for c in claim.conditions for s in subterms(c) if s.head == "sym"}
        free = sorted(used & self.scope.indices)
        recursive = any(
            self.scope.context.is_recursive(n)
            for c in claim.conditions
            for n in self.scope.context.closure(c) & self.scope.context.definitions.keys()
        )
        if not recursive or not free or len(free) > 3:
            return None
        orders = [rel("<", sym(a), sym(b)) for a in free for b in free if a != b]
        for f in (*orders, *(rel("<=", num(2), sym(a)) for a in free)):
            if not self.ask(claim, (*ruling.facts, f), TRIAL_UNITS * 2).refuted:
                return f
        return None

    def _unknown(self, left: Term, ruling: Ruling) -> bool:
        """Whether a side is a name that has no definition and of which no equation speaks."""
        t = left
        while t.head == "at":
            t = t.terms[0]
        if t.head != "sym" or t.name() in self.scope.context.definitions:
            return False
        facts = [f for f in (*self.scope.context.facts, *ruling.facts) if f.head == "rel" and f.name() == "="]
        return not any(t.name() in self.scope.context.closure(f) for f in facts)

    def _kin(self, claim: Says) -> str:
        """Undeclared names in a claim that differ in letters below which are usually indices."""
        bases: dict[str, list[str]] = {}
        for n in sorted(self.scope.inferred):
            base, _, lower = n.partition("_")
            if lower and set(lower) <= USUAL_INDICES:
                bases.setdefault(base, []).append(n)
        found = next((ns for ns in bases.values() if len(ns) > 1 and self._inferred_in(claim) & set(ns)), [])
        return ", ".join(self.show(sym(n)) for n in found)

    def _inferred_in(self, claim: Says) -> set[str]:
        return {n for c in claim.conditions for n in self.scope.context.closure(c)} & self.scope.inferred

    def _refuted_positive(self, claim: Says, ruling: Ruling) -> bool:
        names = self._inferred_in(claim)
        if not names:
            return True
        facts = tuple(_positive(self.scope.context, n) for n in sorted(names))
        return self.ask(claim, (*ruling.facts, *facts)).refuted

    def _independence(self, claim: Says, *, doubtful: bool = False) -> list[str]:
        """Which quantities a derivative takes as constant although the text does not say so.

        With `doubtful`, only those of which the text itself takes derivatives or states equations, and those in
        terms in which nothing else depends on the variable.
        """
        out: list[str] = []
        context = self.scope.context
        for c in claim.conditions:
            for s in subterms(c):
                if s.head != "der":
                    continue
                operand, v = s.terms[0], s.name(1)
                bare = _bare(operand)
                closure = context.closure(operand, v)
                names = {n for n in closure & self.scope.inferred if n != v}
                if doubtful and v in closure:
                    names &= self.scope.varying
                if bare.head == "sym" and bare.name() != v and bare.name() not in context.definitions:
                    names.add(bare.name())
                out += [self._constant(n, v) for n in sorted(names)]
        return list(dict.fromkeys(out))

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
        if self._closed(a) and self._closed(b):
            return None
        zero = any(s.head == "num" and s.args[0] == 0 for s in (b, *(b.terms if b.head == "tab" else ())))
        cue = r.link.marked or bool(CUES.search(r.link.before))
        solved = following is not None and (following.role is Role.IMPLICATION or self._solves(following))
        if not ((zero and (cue or solved)) or r.link.marked):
            if zero and ruling.refuted and r.role is not Role.IMPLICATION:
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
        if mark.said is Said.CONSISTENT:
            return
        for reading in self.readings(r):
            if (
                not reading.claim.conditions
                or not self._under(reading)
                .ask(reading.claim, (*facts, *reading.facts), 0 if reading.kind == "convention" else TRIAL_UNITS * 2)
                .proved
            ):
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
            room -= sum(self._weight(c) for c in repair.claim.conditions)
            if room < 0:
                break
            if repair.claim.conditions and self.ask(repair.claim, facts, TRIAL_UNITS).proved:
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
            if self.judge(slip.claim, facts, TRIAL_UNITS).kind is Kind.PROVED:
                return Repair(slip.kind, 0, 10_000, self.show(slip.part), r.step, how=slip.how)
        return None

    def _under(self, reading: Reading) -> Marker:
        """The marker under a reading: with its definitions."""
        if not reading.definitions:
            return self
        definitions = {**self.scope.context.definitions, **reading.definitions}
        return Marker(replace(self.scope, context=replace(self.scope.context, definitions=definitions, memo={})))


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
                bare = _bare(s.terms[0])
                own = 0 if bare is s.terms[0] or bare.head != "sym" else len(context.declared(bare.name()).ranges)
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


def _bare(t: Term) -> Term:
    """That of which a term is an entry."""
    while t.head == "at":
        t = t.terms[0]
    return t


@dataclass
class _State:
    """What is known of a chain so far."""

    sound: bool = True
    """Every term so far equals the left side, proved."""
    unconditional: bool = True
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
        self.unconditional = self.unconditional and (v is None or not (v.conditions or v.hypotheses))
        self.rounded = self.rounded or bool(r.step.rounded and r.step.kind == "approx") or "≈ is meant" in mark.notes


ORDER = {Kind.PROVED: 0, Kind.CONSISTENT: 1, Kind.UNDECIDED: 2, Kind.REFUTED: 3}


def focused(context: Context, claim: Term, facts: Sequence[Term]) -> Context:
    """The part of a context that bears on a claim: its names, and the facts that speak of them."""
    every = tuple(dict.fromkeys((*context.facts, *facts)))
    names: set[str] = set()
    integers = {n for n, d in context.signature.items() if d.kind == "int"}
    todo = [claim]
    rest = [(f, _names_in(context, f)) for f in every]
    kept: set[Term] = set()
    while todo:
        new: set[str] = set()
        for t in todo:
            new |= _names_in(context, t)
        todo = []
        new -= names
        names |= new
        for n in new:
            d = context.signature.get(n)
            for lo, hi in (*d.ranges, *(r for a in d.arguments for r in a)) if d else ():
                todo += [lo] if hi.head == "inf" else [lo, hi]
            todo += d.law[1] if d is not None and d.law else ()
            todo += [body for _, body in context.definitions[n].clauses] if n in context.definitions else []
        waiting = []
        for f, used in rest:
            if used & names - integers or used <= names:
                kept.add(f)
                todo.append(f)
            else:
                waiting.append((f, used))
        rest = waiting
    return replace(
        context,
        signature={n: d for n, d in context.signature.items() if n in names},
        definitions={n: d for n, d in context.definitions.items() if n in names},
        facts=tuple(f for f in every if f in kept),
        memo={},
    )


def redefined(context: Context, name: str, conditions: Sequence[Term]) -> Context | None:
    """The context with another definition of a number or a function of numbers; None if it cannot be put in."""
    if len(conditions) != 1 or conditions[0].head != "rel" or name not in context.definitions:
        return None
    left, right = conditions[0].terms
    arguments = left.terms if left.head == "app" else ()
    if (
        left.head not in ("sym", "app")
        or left.name() != name
        or name in context.closure(right)
        or any(a.head != "sym" for a in arguments)
        or context.declared(name).ranges
    ):
        return None
    params = tuple(a.name() for a in arguments)
    if len(set(params)) < len(params):
        return None
    body = substitute_names(right, {p: bound(f"{p}#again") for p in params})
    new = Definition(tuple(f"{p}#again" for p in params), (((), body),))
    return replace(context, definitions={**context.definitions, name: new}, memo={})


def substitute_names(t: Term, values: dict[str, Term]) -> Term:
    if t.head == "sym":
        return values.get(t.name(), t)
    return rebuild(t, lambda a, _: substitute_names(a, values))


def _names_in(context: Context, t: Term) -> frozenset[str]:
    """All names that a term speaks of, those included that it differentiates by or integrates over."""
    key = ("names", t)
    found: frozenset[str] | None = context.memo.get(key)
    if found is None:
        out = set(context.closure(t))
        for s in subterms(t):
            if s.head in ("der", "lim"):
                out.add(s.name(1))
            elif s.head == "ex":
                out |= {str(n) for n in s.args[1:]}
            elif s.head == "sym":
                out |= context.reach(s.name())
        found = context.memo[key] = frozenset(out)
    return found


def _positive(context: Context, name: str) -> Term:
    """That every entry of a name is positive."""
    ranges = context.declared(name).ranges
    if any(lo.dangling or hi.dangling for lo, hi in ranges):
        return make("and")
    out = rel("<", num(0), at(sym(name), *(bound(k) for k in reversed(range(len(ranges))))))
    for lo, hi in reversed(ranges):
        out = make("all", lo, hi, out)
    return out


__all__ = ["Mark", "Marker", "Reading", "Repair", "Ruling", "Scope", "field", "focused"]
