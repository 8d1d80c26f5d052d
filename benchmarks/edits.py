"""Random edits of good certificates: how many the kernel accepts, and whether one of them is false.

``python benchmarks/edits.py [number] [seed]`` (100,000 edits take about a minute).  Exit status 1 if a false
claim was accepted; such certificates are printed in words.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from symderive.kernel.check import check_record
from symderive.kernel.words import describe
from symderive.rules.book import book
from tests.edits import run


def main(number: int = 100_000, seed: int = 1) -> int:
    start = time.perf_counter()
    outcome = run(book(), number, seed)
    seconds = time.perf_counter() - start
    for what in ("rejected", "same", "true", "unknown", "false"):
        print(f"{what:9} {outcome.counts[what]:8}")
    print(f"{number} edits in {seconds:.0f} s, {1e3 * seconds / number:.2f} ms each")
    for record in outcome.wrong:
        print(describe(check_record(record, book())))
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
