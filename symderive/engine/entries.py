"""Proofs of the derived entries of the book, from its axioms and from entries proved before them.

``python -m symderive.engine.entries`` finds them all and writes ``rules/proofs.json``; the tests re-check
what is stored.  Where the search needs the entry itself, a short script below leads it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from symderive.engine.budget import Budget
from symderive.engine.builder import Builder
from symderive.engine.prover import FAILURES, Prover
from symderive.engine.scripts import SCRIPTS
from symderive.kernel.book import Book, Entry
from symderive.kernel.check import check_domain, check_entry, schematic
from symderive.kernel.context import Operator
from symderive.kernel.defined import core, defined
from symderive.language import tables
from symderive.rules.book import PROOFS, book


def prove_all(whole: Book) -> dict[str, Any]:
    """Proofs of all derived entries and domains, in an order in which each uses only earlier ones."""
    entries = {n: e for n, e in whole.entries.items() if not e.proved}
    todo = [e for e in whole.entries.values() if e.proved]
    out: dict[str, Any] = {}
    domains = [f for f in whole.functions.values() if f.domain is not None]
    while todo or domains:
        known = replace(whole, entries=entries)
        why: dict[str, str] = {}
        found = {e.name: record for e in todo if (record := _proof(e, known, why)) is not None}
        shown = {f.name: record for f in domains if (record := _domain(f, known, why)) is not None}
        if not found and not shown:
            raise SystemExit("\n".join(f"no proof of {name}: {reason}" for name, reason in why.items()))
        out |= found | {f"{n}()": record for n, record in shown.items()}
        entries = {**entries, **{n: whole.entries[n] for n in found}}
        todo = [e for e in todo if e.name not in found]
        domains = [f for f in domains if f.name not in shown]
    return out


def _proof(e: Entry, known: Book, why: dict[str, str]) -> dict[str, Any] | None:
    prover = Prover(schematic(e, known), known, Budget(2_000_000))
    script = SCRIPTS.get(e.name)
    try:
        line = script(prover.builder, e) if script else prover.prove(e.claim, e.conditions)
        record = _record(prover.builder, line)
        check_entry(e, record, known)
    except FAILURES as error:
        why[e.name] = str(error)
        return None
    return record


def _domain(f: Operator, known: Book, why: dict[str, str]) -> dict[str, Any] | None:
    e = Entry(f.name, dict.fromkeys(f.params, ("scalar",)), f.domain or (), known.entries["exp.add"].claim)
    context = schematic(e, known)
    assert f.body is not None
    prover = Prover(context, known, Budget(2_000_000))
    needed = [c for c in defined(context, f.body) if core(c).head != "is" and c not in e.conditions]
    try:
        lines = [prover.prove(c, e.conditions) for c in sorted(needed, key=repr)]
        record = _record(prover.builder, *lines)
        check_domain(f, record, known)
    except FAILURES as error:
        why[f"{f.name}()"] = str(error)
        return None
    return record


def _record(builder: Builder, *lines: int) -> dict[str, Any]:
    return tables.steps(tuple(builder.export(*lines)[0]))


if __name__ == "__main__":
    PROOFS.write_text(json.dumps(prove_all(book()), separators=(",", ":"), sort_keys=True) + "\n", "utf-8")
