"""Verdicts: what is said of a claim, on what it rests, and the certificate that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from symderive.kernel.terms import Term


class Kind(StrEnum):
    """The four things that can be said of a claim."""

    PROVED = "proved"
    REFUTED = "refuted"
    CONSISTENT = "consistent"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Counterexample:
    """Numbers for which a claim fails: values of the names, and of both sides."""

    values: Mapping[str, Any]
    """Rationals, nested lists of them, or text for a function or a random name."""
    left: str
    right: str


@dataclass(frozen=True)
class Verdict:
    """A verdict on one claim.

    Attributes:
        kind: proved, refuted, consistent (agrees at `points` certified points) or undecided.
        claim: the relation that was judged.
        code: for undecided and for errors, why: budget, needs, no-witness, contradiction, unsupported.
        reason: the same in a sentence.
        conditions: where the claim holds, beyond its facts: conditions under which its sides are defined.
        hypotheses: regularity that is assumed.
        needs: what else a proof would need (only for undecided).
        counterexample: for refuted.
        points: at how many certified points both sides agree (only for consistent).
        rules: the entries of the book that were used.
        certificate: plain data that ``symderive recheck`` accepts; None unless proved or refuted.
    """

    kind: Kind
    claim: Term
    code: str = ""
    reason: str = ""
    conditions: tuple[Term, ...] = ()
    hypotheses: tuple[Term, ...] = ()
    needs: tuple[Term, ...] = ()
    counterexample: Counterexample | None = None
    points: int = 0
    rules: tuple[str, ...] = ()
    certificate: Mapping[str, Any] | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        raise TypeError("a verdict is not yes or no; look at .kind (proved, refuted, consistent, undecided)")

    @property
    def proved(self) -> bool:
        return self.kind is Kind.PROVED

    @property
    def refuted(self) -> bool:
        return self.kind is Kind.REFUTED
