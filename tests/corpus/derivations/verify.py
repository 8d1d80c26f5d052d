"""Recompute both sides of every relation of the derivations here, and of every mutant.

Run as a script: it prints what does not hold, and exits with 1 if there is anything.  A right relation must hold at
every point; a mutant must fail at one of them at least.  The oracles are transcribed by hand from the files.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from mpmath import mp

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from oracle import ORACLES, Random  # noqa: E402

TOPICS = ("oracle_scalar", "oracle_matrix", "oracle_chance", "oracle_series")


@mp.workdps(40)
def complaints(item: dict, points: int | None = None) -> list[str]:
    """What is wrong with one entry of the index."""
    name = item["file"]
    if name not in ORACLES:
        return [f"{name}: no oracle"]
    function, default = ORACLES[name]
    runs = [function(Random(f"{name} {k}")) for k in range(points or default)]
    if any(len(run) != item["relations"] for run in runs):
        return [f"{name}: {len(runs[0])} relations in the oracle, {item['relations']} in the index"]
    mutated = {m["relation"] for m in item["mutations"]}
    text = (HERE / name).read_text(encoding="utf-8")
    out = []
    lost = [m["find"] for m in item["mutations"] if place(text, m) < 0]
    out += [f"{name}: {find!r} is not there, or not alone" for find in lost]
    for k in range(item["relations"]):
        if not all(run[k].holds() for run in runs):
            out.append(f"{name}: relation {k} is wrong: {runs[0][k].left} against {runs[0][k].right}")
        if runs[0][k].mutated != (k in mutated):
            out.append(f"{name}: relation {k}: the oracle and the index disagree about a mutant")
        elif k in mutated and all(run[k].mutant_holds() for run in runs):
            out.append(f"{name}: the mutant of relation {k} is true")
    return out


def place(text: str, mutation: dict) -> int:
    """Where the text of a mutation begins; -1 if that is not determined."""
    found = [i for i in range(len(text)) if text.startswith(mutation["find"], i)]
    k = mutation.get("occurrence", 0 if len(found) == 1 else None)
    return found[k] if k is not None and k < len(found) else -1


def load() -> None:
    """Register all oracles."""
    for topic in TOPICS:
        importlib.import_module(topic)


def main() -> int:
    load()
    index = json.loads((HERE / "index.json").read_text(encoding="utf-8"))
    named = {item["file"] for item in index}
    found = [c for item in index for c in complaints(item)]
    found += [f"{name}: not in the index" for name in ORACLES if name not in named]
    count = sum(item["relations"] for item in index)
    mutants = sum(len(item["mutations"]) for item in index)
    found.append(f"{len(index)} derivations, {count} relations, {mutants} mutants: {len(found)} complaints")
    sys.stdout.write("\n".join(found) + "\n")
    return 1 if len(found) > 1 else 0


if __name__ == "__main__":
    raise SystemExit(main())
