"""Reports: what is said of each relation of a derivation that a person wrote, and of the whole of it.

Plain frozen data, without any judging; `to_json` gives what programs read, schema ``symderive/report/1``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any

from symderive.language.verdict import Verdict


class Role(StrEnum):
    """What a relation is in its text.  Only claims and steps are judged as they stand."""

    CLAIM = "claim"
    """The first relation of a chain."""
    STEP = "step"
    """A later one."""
    DEFINITION = "definition"
    """Its left side is a new name."""
    PREMISE = "premise"
    """Assumed by the writer ("Assume", "if")."""
    EQUATION = "equation"
    """A condition to be solved, as in "set … = 0"."""
    IMPLICATION = "implication"
    """Follows from the relation before it (⇒)."""
    ASSIGNMENT = "assignment"
    """``w ← …``"""


class Said(StrEnum):
    """The verdict on a relation."""

    PROVED = "proved"
    REFUTED = "refuted"
    CONSISTENT = "consistent"
    UNDECIDED = "undecided"
    TAKEN = "taken"
    """Not judged, because it defines, assumes, asks, or repeats."""
    UNREAD = "unread"


class Status(StrEnum):
    """How the verdict from the last term and the one from the left side of the chain go together."""

    OK = "ok"
    SLIP = "slip"
    """Here the chain turns wrong."""
    CARRIED = "carried"
    """Right as a step from a term that was wrong already."""
    RECOVERED = "recovered"
    """Wrong as a step, right from the left side."""
    TAINTED = "tainted"
    """Rests on a result that is refuted."""
    OPEN = "open"
    """Neither proved nor refuted."""


@dataclass(frozen=True)
class Place:
    """Where something stands: lines and columns from 1, the end excluded."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Because:
    """A reason: a stable code and a sentence."""

    code: str
    text: str


@dataclass(frozen=True)
class HoldsIf:
    """What would make a relation right.

    Attributes:
        kind: ``convention``, ``fact`` or ``definition``.
        say: the sentence to write.
        rows: ids of the relations that it settles.
    """

    kind: str
    say: str
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Needed:
    """A condition on which a verdict rests.

    Attributes:
        latex: the condition, or words.
        origin: ``defined`` (both sides must have values), ``regularity``, ``values`` (numbers of the problem),
            ``solution`` (assumed in the solution of a problem), ``text`` (stated in notes), ``given`` (said of this
            relation alone), ``equation`` (an equation that the text sets up, to be solved),
            ``inferred`` (nothing was said of a name).
    """

    latex: str
    origin: str


@dataclass(frozen=True)
class Mistake:
    """A mistake with a name.

    Attributes:
        kind: ``sign``, ``lost factor``, ``index`` ….
        repair: the right side, or the wrong part of it, as it is proved; or what `how` says.
        span: the place of the wrong part.
        how: ``place`` (the repair stands in its place), ``factor`` (the right side lacks it), ``without factor``,
            ``term`` (likewise a term), ``without term``, ``is`` (the right side is that, and not what was asked for),
            ``from`` (the right side is what one gets from that instead of the left side).
    """

    kind: str
    repair: str
    span: Place | None = None
    how: str = "place"


@dataclass(frozen=True)
class Reading:
    """Another way to take a relation, and the sentence that would state it."""

    kind: str
    say: str
    claim: Any
    words: tuple[str, ...] = ()
    """Words that hint at it; where one stands in the text, it excuses a relation."""
    facts: tuple[Any, ...] = ()
    """What it assumes beyond the text, as conditions."""
    definitions: Mapping[str, Any] = field(default_factory=dict)
    """Names that it defines otherwise."""


@dataclass(frozen=True)
class Repair:
    """A change of the right side: what kind of mistake it mends, where, and how."""

    kind: str
    start: int
    end: int
    text: str
    claim: Any
    how: str = "place"
    late: bool = False
    """It is tried after all that takes both sides apart: it changes much."""
    context: Any = None
    """The names with which the claim is made, where it brings in some."""


@dataclass(frozen=True)
class Step:
    """One relation of a derivation.

    Attributes:
        id: its number in the report, from 1.
        block: number of the display or formula that it stands in.
        chain: number of the chain.
        source: its right side (for the first of a chain, the whole relation) as written.
        read_as: the relation as it was understood.
        since: ids of the relation whose right side is the left term (``from`` in JSON); 0 for the first of a chain.
        skips: how many unread terms lie between.
        verdict: from the last readable term.
        anchor: from the left side of the chain; None where that is the same relation, or was not judged.
        uses: ids of the relations on which the verdict rests.
        claimed_reason: what the writer gives as the reason.
        absorbed: what "+ const" stands for.
        detail: the verdict behind `verdict`, with its certificate.
    """

    id: int
    span: Place
    block: int
    chain: int
    role: Role
    source: str
    read_as: str
    since: int
    skips: int
    relation: str
    verdict: Said
    anchor: Said | None = None
    status: Status = Status.OK
    reason: Because | None = None
    holds_if: tuple[HoldsIf, ...] = ()
    conditions: tuple[Needed, ...] = ()
    uses: tuple[int, ...] = ()
    claimed_reason: str = ""
    reason_fits: str = ""
    absorbed: str = ""
    counterexample: Mapping[str, Any] | None = None
    mistake: Mistake | None = None
    notes: tuple[str, ...] = ()
    problem: str = ""
    detail: Verdict | None = field(default=None, repr=False, compare=False)

    @property
    def judged(self) -> bool:
        """Whether it was read and is no definition, assumption, equation or repetition."""
        return self.verdict not in (Said.TAKEN, Said.UNREAD)


@dataclass(frozen=True)
class Final:
    """The final answer of a solution.

    Attributes:
        latex: as written.
        how: how it was picked: ``boxed``, ``goal`` (its left side is what was asked for) or ``last``.
        verdict: of the goal against it.
        counterexample: values for which they differ.
    """

    latex: str
    span: Place
    how: str
    verdict: Said
    reason: Because | None = None
    conditions: tuple[Needed, ...] = ()
    counterexample: Mapping[str, Any] | None = None
    detail: Verdict | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Report:
    """What is said of one solution, or of the derivations of a text.

    Attributes:
        counts: relations by verdict; ``proved if`` counts those proved under conditions that the text does not state.
        coverage: share of the judged relations among all that are neither taken nor empty.
        first_wrong: id of the first relation that is refuted and does not recover; None if there is none.
        goal: what was asked for.
        assumed_by_solution: what the solution assumes beyond its problem.
        missing_sentences: what the text should state, with the relations that this would settle.
        unread_reasons: why relations were not read, with their number.
        messages: sentences that were not understood, contradictions, names redefined.
    """

    steps: tuple[Step, ...]
    problem: str = ""
    goal: str = ""
    answer: Final | None = None
    assumed_by_solution: tuple[str, ...] = ()
    missing_sentences: tuple[HoldsIf, ...] = ()
    unread_reasons: Mapping[str, int] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    engine: str = ""
    rules_hash: str = ""

    @property
    def counts(self) -> dict[str, int]:
        out = dict.fromkeys((*Said, "proved if"), 0)
        for s in self.steps:
            out["proved if" if s.verdict is Said.PROVED and _open_conditions(s) else s.verdict] += 1
        return {str(k): n for k, n in out.items()}

    @property
    def coverage(self) -> float:
        judged = sum(s.judged for s in self.steps)
        every = judged + sum(s.verdict is Said.UNREAD for s in self.steps)
        return judged / every if every else 1.0

    @property
    def first_wrong(self) -> int | None:
        wrong = (s.id for s in self.steps if s.status is Status.SLIP)
        return next(wrong, None)

    def step(self, number: int) -> Step:
        return self.steps[number - 1]

    def to_json(self) -> dict[str, Any]:
        """The report as plain data."""
        out: dict[str, Any] = {
            "schema": "symderive/report/1",
            "counts": self.counts,
            "coverage": round(self.coverage, 4),
        }
        out["first_wrong"] = self.first_wrong
        out |= {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        return out


def _open_conditions(s: Step) -> bool:
    """Whether a verdict rests on what the text does not state."""
    return any(c.origin in ("solution", "inferred") for c in s.conditions)


def _plain(x: Any) -> Any:
    if isinstance(x, StrEnum):
        return x.value
    if is_dataclass(x) and not isinstance(x, type):
        out = {f.name: _plain(getattr(x, f.name)) for f in fields(x) if f.name != "detail"}
        if "since" in out:
            out["from"] = out.pop("since")
        detail = getattr(x, "detail", None)
        if detail is not None:
            out["code"] = detail.code
            out["certificate"] = detail.certificate
        return out
    if isinstance(x, Mapping):
        return {str(k): _plain(v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return [_plain(v) for v in x]
    return x
