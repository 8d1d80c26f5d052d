"""Everyday steps, right and wrong: how many get the verdict that they deserve, how fast, and against SymPy.

``python benchmarks/steps.py [--quick] [--slow N]``
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.scalar import STEPS, Step
from benchmarks.suggestions import sides
from symderive.engine.judge import Judge
from symderive.kernel import check
from symderive.kernel.terms import Term
from symderive.language.verdict import Kind, Verdict
from symderive.rules.book import book


@dataclass(frozen=True)
class Run:
    """One claim, judged."""

    row: Step
    claim: Term
    right: bool
    kind: Kind
    why: str
    judged: float
    """Seconds of processor time; the kernel's check is part of it."""
    rechecked: float | None
    """Seconds that the kernel alone takes, from the certificate."""

    @property
    def wrong_verdict(self) -> bool:
        return self.kind is (Kind.REFUTED if self.right else Kind.PROVED)

    @property
    def deserved(self) -> bool:
        return self.kind is (Kind.PROVED if self.right else Kind.REFUTED)


def run(row: Step, claim: Term, *, right: bool) -> Run:
    context = row.scope().context()
    start = time.process_time()
    try:
        verdict = Judge(context, book()).judge(claim)
    except Exception as error:  # noqa: BLE001  a crash is counted, not hidden
        verdict = Verdict(Kind.UNDECIDED, claim, "crash", repr(error))
    judged = time.process_time() - start
    rechecked = None
    if verdict.certificate is not None:
        start = time.process_time()
        check.check_record(verdict.certificate, book())
        rechecked = time.process_time() - start
    why = f"{verdict.code} {verdict.reason} {' '.join(map(str, verdict.needs))}"
    return Run(row, claim, right, verdict.kind, why, judged, rechecked)


def milliseconds(xs: list[float]) -> str:
    return f"{1000 * median(xs):8.2f} {1000 * quantiles(xs, n=20)[-1]:8.2f}" if len(xs) > 1 else "       –        –"


def report(runs: list[Run], slow: int) -> None:
    say = sys.stdout.write
    for right, word in ((True, "proved"), (False, "refuted")):
        some = [r for r in runs if r.right is right]
        good = sum(r.deserved for r in some)
        say(f"{word:8} {good:4} of {len(some):4}  {100 * good / len(some):5.1f} %\n")
    say(f"wrong verdicts {sum(r.wrong_verdict for r in runs)}\n\n{'ms':22}  median     95 %\n")
    for kind in (Kind.PROVED, Kind.REFUTED):
        of = [r for r in runs if r.kind is kind and r.rechecked is not None]
        say(f"{kind:22}{milliseconds([r.judged for r in of])}\n")
        say(f"{'  re-checked':22}{milliseconds([r.rechecked or 0 for r in of])}\n")
        ratios = [(r.rechecked or 0) / r.judged for r in of]
        if ratios:
            say(f"{'  re-check / verdict':22}  median {median(ratios):.2f}, largest {max(ratios):.2f}\n")
    for r in sorted(runs, key=lambda r: -r.judged)[:slow]:
        say(f"slow  {1000 * r.judged:8.1f} ms  {r.row.topic}: {r.row.left!r} = {r.claim.terms[1]!r}\n")
    failures = [r for r in runs if not r.deserved]
    say(f"\n{len(failures)} without the verdict that they deserve\n")
    for r in failures:
        mark = "WRONG VERDICT " if r.wrong_verdict else ""
        side = "right" if r.right else "wrong"
        say(f"  {mark}{r.kind} {side} [{r.row.topic}] {words(r.claim)}\n      {r.why[:200]}\n")
    counts = Counter(r.why.split()[0] for r in failures if r.why.strip())
    say(f"  by code: {dict(counts)}\n")


def words(claim: Term) -> str:
    from symderive.kernel.words import say

    return say(claim)


class TooSlow(Exception):
    pass


def capped(task: Callable[[], Any], seconds: float) -> Any:
    def stop(*_: object) -> None:
        raise TooSlow

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return task()
    except TooSlow:
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def against_sympy(runs: list[Run], sample: int, cap: float) -> None:
    """The same right steps by ``simplify(a - b) == 0``; throughput counts what was settled in the time spent."""
    import sympy

    convertible = [(r, pair) for r in runs if r.right and (pair := sides(r.row, r.claim)) is not None]
    chosen = convertible[:: max(1, len(convertible) // sample)][:sample]
    spent, shown, late = 0.0, 0, 0
    for _, (a, b) in chosen:
        start = time.process_time()
        found = capped(lambda a=a, b=b: sympy.simplify((a - b).doit()) == 0, cap)  # type: ignore[misc]
        spent += time.process_time() - start
        shown += found is True
        late += found is None
    ours = sum(r.judged for r, _ in chosen)
    proved = sum(r.deserved for r, _ in chosen)
    here, there = proved / ours, shown / spent
    sys.stdout.write(
        f"\nSymPy simplify(a - b) == 0 on {len(chosen)} of {len(convertible)} right steps (cap {cap} s): "
        f"{shown} shown, {late} too slow, {spent:.2f} s\n"
        f"here on the same: {proved} proved, {ours:.2f} s; throughput {here:.0f} against {there:.1f} steps a second: "
        f"{here / there:.0f} times\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every fifth row, a smaller sample for SymPy")
    parser.add_argument("--slow", type=int, default=0, help="list so many of the slowest")
    parser.add_argument("--no-sympy", action="store_true")
    given = parser.parse_args()
    rows = STEPS[::5] if given.quick else STEPS
    run(STEPS[0], next(STEPS[0].claims())[0], right=True)  # warm: the book, the tables
    runs = [run(row, claim, right=right) for row in rows for claim, right in row.claims()]
    report(runs, given.slow)
    if not given.no_sympy:
        against_sympy(runs, 12 if given.quick else 40, 5.0)
    return int(any(r.wrong_verdict for r in runs))


if __name__ == "__main__":
    sys.exit(main())
