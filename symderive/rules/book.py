"""The book: all tables together, as the kernel takes them and as a file.

`book()` is what the engine and the kernel use; `book_bytes()` is the same as JSON, whose hash stands in
every certificate.  Proofs of derived entries lie beside the tables, in ``proofs.json``.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from symderive.kernel.book import Book, BookFile
from symderive.kernel.context import Operator
from symderive.language.tables import Table
from symderive.rules import (
    activations,
    calculus,
    expectation,
    exponentials,
    limits,
    matrices,
    order,
    piecewise,
    sums,
    trigonometry,
)
from symderive.rules.schema import Meaning, Row

TOPICS = {
    "order": order,
    "calculus": calculus,
    "limits": limits,
    "exponentials": exponentials,
    "trigonometry": trigonometry,
    "piecewise": piecewise,
    "activations": activations,
    "sums": sums,
    "matrices": matrices,
    "expectation": expectation,
}

PROOFS = Path(__file__).with_name("proofs.json")


def rows() -> list[tuple[str, Row]]:
    """All rules, each with its topic."""
    return [(topic, row) for topic, module in TOPICS.items() for row in module.RULES]


def functions() -> list[Meaning]:
    return [x for module in TOPICS.values() for x in getattr(module, "FUNCTIONS", ())]


def operators() -> list[Meaning]:
    return [x for module in TOPICS.values() for x in getattr(module, "OPERATORS", ())]


@cache
def book_bytes() -> bytes:
    """The book as a file: one JSON object, the same bytes each time."""
    file = BookFile(
        "symderive/book/1",
        tuple(x.operator for x in functions()),
        tuple(x.operator for x in operators()),
        tuple(row.entry for _, row in rows()),
    )
    table = Table()
    record = {**table.write(BookFile, file), "terms": table.rows}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


@cache
def book() -> Book:
    """The book as the kernel takes it."""
    by_name: dict[str, tuple[Operator, ...]] = {}
    for x in operators():
        by_name[x.name] = (*by_name.get(x.name, ()), x.operator)
    entries = {row.name: row.entry for _, row in rows()}
    if len(entries) != len(rows()):
        raise ValueError("two rules have one name")
    digest = hashlib.sha256(book_bytes()).hexdigest()
    return Book({x.name: x.operator for x in functions()}, by_name, entries, digest)


def reasons() -> dict[str, str]:
    """The words in which each rule is cited."""
    return {row.name: row.says for _, row in rows()}


def proofs() -> dict[str, Any]:
    """The stored proofs of derived entries, by name."""
    return json.loads(PROOFS.read_text("utf-8")) if PROOFS.exists() else {}
