"""What several tests share: this folder as a package, and every wall judged once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mpmath import mp

sys.path.insert(0, str(Path(__file__).parents[1]))

from symderive.engine.judge import Judge
from symderive.language.scope import Scope
from symderive.language.verdict import Verdict
from symderive.rules.book import book
from tests.walls import WALLS


@dataclass(frozen=True)
class JudgedWall:
    """A wall with the verdict on its right claim and on each wrong variant."""

    scope: Scope
    right: Verdict
    wrong: tuple[Verdict, ...]


@pytest.fixture(autouse=True)
def _digits() -> Iterator[None]:
    """One precision of mpmath for all tests, whatever a module or a test before left behind."""
    with mp.workdps(100):
        yield


@pytest.fixture(scope="session")
def walls() -> dict[str, JudgedWall]:
    """Every wall by name, judged once."""
    out = {}
    for wall in WALLS:
        scope, right, wrong = wall()
        first, *rest = (Judge(scope.context(), book()).judge(c.term) for c in (right, *wrong))
        out[wall.__name__] = JudgedWall(scope, first, tuple(rest))
    return out
