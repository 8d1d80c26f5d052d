"""Budgets in work units, so that the same input stops at the same place on every machine."""

from __future__ import annotations


class OutOfBudget(Exception):
    """The work allowed for a task is used up."""


class Budget:
    """Counts work units (roughly a microsecond each)."""

    def __init__(self, units: int = 5_000_000) -> None:
        self.left = units

    def spend(self, units: int) -> None:
        self.left -= units
        if self.left < 0:
            raise OutOfBudget("the work allowed for this step is used up")
