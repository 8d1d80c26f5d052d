"""Other ways to take a relation, and the slips of the pen that would explain a wrong one.

Everything here only proposes: a reading or a repair counts once the relation is proved with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from symderive.language.report import Reading, Repair
from symderive.reading.derivations import Meaning, Relation


def readings(m: Meaning, r: Relation, *, stated_only: bool) -> Iterator[Reading]:
    return iter(())


def repairs(m: Meaning, r: Relation) -> Iterator[Repair]:
    return iter(())
