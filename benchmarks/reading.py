"""How fast and how rightly formulas are read: the corpus of the tests, each formula on first sight.

The same formulas go through SymPy's parser (Lark; ANTLR with an interpreter that has its runtime, in
``SYMDERIVE_ANTLR_PYTHON``) and through latex2sympy2 (with its interpreter in ``SYMDERIVE_COMPAT_PYTHON``).  *Right* is
said of values at the corpus's sample points; a formula that is read, but to something without a value there, is *open*.

    python benchmarks/reading.py [--profile]
"""

from __future__ import annotations

import cProfile
import gc
import json
import os
import pstats
import statistics
import subprocess
import sys
import time
from pathlib import Path

from cold import with_bytecode
from mpmath import mp

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from symderive.reading.formulas.elaborate import Elaborator, one_chain  # noqa: E402
from symderive.reading.formulas.errors import ReadingError  # noqa: E402
from symderive.reading.formulas.surface import parse  # noqa: E402
from tests.reading_help import declared  # noqa: E402
from tests.reference import Unknown  # noqa: E402
from tests.test_formulas import RIGHT, UNREAD, WRONG, near, right  # noqa: E402


def elaborate(node, names, kind):
    """The formula's terms: one, or those of a chain of relations."""
    el = Elaborator(names, node)
    if kind == "relation":
        return [el.value(p) for p in one_chain(node).parts[::2]]
    return [el.read(node)]


def measured(items):
    """Seconds of processor time of parsing, and of parsing with elaboration, for every formula; names are prepared."""
    prepared = [(x, declared(x["given"])[0]) for x in items]
    parse("x")
    for _, names in prepared:
        names.scope.context()
    gc.collect()
    gc.freeze()  # the tables of all problems together are no part of what is measured
    for x, names in prepared:
        start = time.process_time()
        try:
            node = parse(x["latex"], names.words)
            middle = time.process_time()
            elaborate(node, names, x["kind"])
        except ReadingError:
            continue
        yield middle - start, time.process_time() - start


DIGITS = 100
"""The oracle takes differences: it needs more digits than they lose."""


def ours():
    """(formulas read right, read wrong, read to what the oracle does not evaluate, not read)."""
    found = {"right": 0, "wrong": 0, "open": 0, "not read": 0}
    for x in RIGHT:
        try:
            with mp.workdps(DIGITS):
                outcome = {True: "right", False: "wrong", None: "open"}[right(x)]
        except Unknown:
            outcome = "open"
        except ReadingError:
            outcome = "not read"
        found[outcome] += 1
    return tuple(found.values())


def refused():
    """How many of the formulas that say two things, or nothing, are refused."""
    out = 0
    for x in WRONG:
        try:
            names, outcome = declared(x["given"])
            if outcome.unread:
                out += 1
                continue
            elaborate(parse(x["latex"], names.words), names, x.get("kind", "term"))
        except ReadingError:
            out += 1
    return out


def foreign(name, python):
    """What another parser makes of the formulas; None where it cannot run."""
    items = [{"latex": x["latex"], "values": x.get("values", {}), "kind": x.get("kind", "term")} for x in RIGHT + WRONG]
    done = subprocess.run(
        [python, str(ROOT / "benchmarks" / "foreign.py"), name],
        input=json.dumps(items), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return json.loads(done.stdout) if done.returncode == 0 else None


def judged(found):
    """(right, wrong, open, error) of the formulas with a value; how many of the others were refused."""
    counts = {"right": 0, "wrong": 0, "open": 0, "error": 0}
    for x, f in zip(RIGHT, found, strict=False):
        outcome = f["outcome"]
        if outcome == "value":
            wanted = x["value"] if x["kind"] == "relation" else [x["value"]]
            pairs = [(a, b) for a, b in zip(f["value"], wanted, strict=False) if b is not None]
            same = len(f["value"]) == len(wanted) and all(near(a, b) for a, b in pairs)
            outcome = "right" if same else "wrong"
        counts[outcome] += 1
    return tuple(counts.values()), sum(f["outcome"] == "error" for f in found[len(RIGHT) :])


QUESTION = r"""\documentclass{exam}\begin{document}\begin{questions}
\question Let $w, x, y \in \mathbb{R}$ and $L = \frac12 (w x - y)^2$. Derive $\frac{\partial L}{\partial w}$.
\end{questions}\end{document}"""


def cold():
    """Seconds from nothing to the answer of one question on the command line; None if it fails."""
    best = None
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "symderive", "derive", "-"],
            input=QUESTION,
            capture_output=True,
            text=True,
            check=False,
        )
        spent = time.perf_counter() - start
        if done.returncode not in (0, 3):
            return None
        best = spent if best is None else min(best, spent)
    return best


def milliseconds(seconds):
    ordered = sorted(1000 * s for s in seconds)
    return statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))]


def row(*cells):
    print("| " + " | ".join(f"{c:.2f}" if isinstance(c, float) else str(c) for c in cells) + " |")


def main():
    """Print the tables."""
    with_bytecode()
    if "--profile" in sys.argv:
        profile = cProfile.Profile()
        profile.enable()
        for _ in range(10):
            list(measured(RIGHT))
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)
        return
    times = list(measured(RIGHT))
    fast, full = milliseconds(a for a, _ in times), milliseconds(b for _, b in times)
    total = sum(b for _, b in times) / len(times)
    row(
        "milliseconds of processor time a formula, first sight",
        "median",
        "95 %",
        "mean",
        "slower than symderive, median / mean",
    )
    row("---", "---", "---", "---", "---")
    row("symderive, surface tree", *fast, 1000 * sum(a for a, _ in times) / len(times), "")
    row("symderive, term with names and shapes", *full, 1000 * total, "1 / 1")
    runs = {
        "SymPy, Lark": foreign("lark", sys.executable),
        "SymPy, ANTLR": foreign("antlr", os.environ.get("SYMDERIVE_ANTLR_PYTHON", sys.executable)),
        "latex2sympy2": foreign("latex2sympy2", os.environ.get("SYMDERIVE_COMPAT_PYTHON", sys.executable)),
    }
    for name, found in runs.items():
        if found is not None:
            seconds = [f["seconds"] for f in found[: len(RIGHT)]]
            m, mean = milliseconds(seconds), sum(seconds) / len(seconds)
            row(name, *m, 1000 * mean, f"{m[0] / full[0]:.0f} / {mean / total:.0f}")
    print()
    row(f"of {len(RIGHT)} formulas", "right", "wrong", "open", "not read", f"refuses of {len(WRONG)} that it should")
    row(*["---"] * 6)
    row("symderive", *ours(), refused())
    for name, found in runs.items():
        if found is None:
            row(name, "not installed", "", "", "", "")
        else:
            row(name, *judged(found)[0], judged(found)[1])
    seconds = cold()
    if seconds is not None:
        print(f"\none question on the command line, from a cold start: {seconds:.2f} s")
    print(f"\nknown gaps of symderive: {', '.join(UNREAD)}")


if __name__ == "__main__":
    main()
