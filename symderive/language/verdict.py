"""Verdicts: what is said of a claim, on what it rests, and the certificate that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from symderive.kernel.terms import ONE, ZERO, Term, rel

NOTHING = rel("=", ZERO, ONE)
"""Stands where a claim could not be put together."""


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

    @property
    def at(self) -> str:
        """The values of names as a person reads them, long ones cut."""
        return ", ".join(f"{k} = {short(value(v))}" for k, v in self.values.items() if not isinstance(v, dict))

    def __str__(self) -> str:
        return f"{f'at {self.at}: ' if self.at else ''}left {short(self.left)}, right {short(self.right)}"


def value(v: Any) -> str:
    """A number, or nested lists of them, as text."""
    if isinstance(v, list | tuple):
        return "[" + ", ".join(map(value, v)) + "]"
    return str(v)


MOST_ENTRIES, MOST_LETTERS = 6, 200


def short(text: str) -> str:
    """A value as a person reads it: the first entries of a long list, the first letters of anything else."""
    if text[:1] + text[-1:] not in ("[]", "()"):
        return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"
    entries = _entries(text[1:-1])
    shown = entries if len(entries) <= MOST_ENTRIES else [*entries[: MOST_ENTRIES - 2], "…"]
    return f"{text[0]}{', '.join(map(short, shown))}{text[-1]}"


def _entries(text: str) -> list[str]:
    """The entries of a list that `value` wrote."""
    out, depth, begin = [], 0, 0
    for k, c in enumerate(text):
        depth += (c in "[{(") - (c in "]})")
        if c == "," and depth == 0:
            out.append(text[begin:k].strip())
            begin = k + 1
    return [*out, text[begin:].strip()]


@dataclass(frozen=True, repr=False)
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
    certificate: Mapping[str, Any] | None = None

    def __bool__(self) -> bool:
        raise TypeError("a verdict is not yes or no; look at .kind (proved, refuted, consistent, undecided)")

    @property
    def proved(self) -> bool:
        return self.kind is Kind.PROVED

    @property
    def refuted(self) -> bool:
        return self.kind is Kind.REFUTED

    @property
    def where(self) -> tuple[str, ...]:
        """The conditions as plain text."""
        return _plain(self.conditions)

    @property
    def assuming(self) -> tuple[str, ...]:
        """The hypotheses as plain text."""
        return _plain(self.hypotheses)

    def __str__(self) -> str:
        """The verdict in a sentence: what, of which claim, and why or on what it rests."""
        out = [self.kind.value if self.claim is NOTHING else f"{self.kind.value}: {_plain([self.claim])[0]}"]
        out += [f"where {' and '.join(self.where)}"] if self.conditions else []
        out += [f"assuming {' and '.join(self.assuming)}"] if self.hypotheses else []
        out += [str(self.counterexample)] if self.refuted and self.counterexample is not None else []
        out += [self.reason] if self.reason else []
        out += [f"it would need {' and '.join(_plain(self.needs))}"] if self.needs else []
        return ", ".join(out)

    def __repr__(self) -> str:
        return f"<Verdict {self}>"


def _plain(terms: Iterable[Term]) -> tuple[str, ...]:
    """Terms as the kernel prints them."""
    from symderive.kernel.words import say

    return tuple(map(say, terms))
