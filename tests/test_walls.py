"""The walls: each right claim is proved, each wrong variant refuted, and the kernel agrees from bytes alone."""

from __future__ import annotations

import pytest

from symderive.kernel.words import describe
from symderive.language.verdict import Kind
from tests.certificates import dumped, recheck
from tests.walls import WALLS

NAMES = [w.__name__ for w in WALLS]


@pytest.mark.parametrize("name", NAMES)
def test_right_claim_is_proved(walls, name):
    right = walls[name].right
    assert right.kind is Kind.PROVED, (right.code, right.reason)
    accepted = recheck(right.certificate)
    assert accepted.kind == "proved"
    assert accepted.claim is right.claim
    assert accepted.conditions == right.conditions
    assert accepted.hypotheses == right.hypotheses
    assert describe(accepted).startswith("PROVED: ")


@pytest.mark.parametrize("name", NAMES)
def test_wrong_variants_are_refuted(walls, name):
    assert len(walls[name].wrong) == 3
    for verdict in walls[name].wrong:
        assert verdict.kind is Kind.REFUTED, (verdict.claim, verdict.code, verdict.reason)
        accepted = recheck(verdict.certificate)
        assert accepted.kind == "refuted"
        assert accepted.claim is verdict.claim
        assert verdict.counterexample is not None
        assert verdict.counterexample.left != verdict.counterexample.right


@pytest.mark.parametrize("name", NAMES)
def test_facts_and_definitions_are_those_of_the_scope(walls, name):
    """A certificate does not slip in facts: it carries those of the problem."""
    context = walls[name].scope.context()
    for verdict in (walls[name].right, *walls[name].wrong):
        accepted = recheck(verdict.certificate)
        assert set(accepted.context.facts) == set(context.facts)
        assert accepted.context.definitions == context.definitions
        assert accepted.context.signature == context.signature


def test_only_regularity_stays_open(walls):
    """None of the walls needs a condition: all are stated where their sides are defined."""
    assert {n: w.right.conditions for n, w in walls.items() if w.right.conditions} == {}


def test_certificates_stay_small(walls):
    assert max(len(dumped(w.right.certificate)) for w in walls.values()) < 100_000
