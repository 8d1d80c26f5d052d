"""Large input: a long derivation, a cold start, many homeworks, many bare answers; seconds and memory.

``python benchmarks/large.py [--quick] [--jobs N] [--rows N]``

Everything is generated, with other numbers in every row, so that nothing can be remembered from one to the next.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from cold import with_bytecode

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

HEAD = r"""\question Let $x, w, b \in \mathbb{R}$ and let $\sigma$ be the logistic function. Let $z = w x + b$.
\begin{solution}
\begin{align*}
"""
TAIL = r"""\end{align*}
\end{solution}
"""


def rows(n: int, seed: int, wrong: float = 0.0) -> list[str]:
    """Rows of a derivation, of six kinds, each right unless chance will have a sign turned round."""
    r = random.Random(seed)
    out = []
    for k in range(n):
        a, c, m = r.randint(2, 99), r.randint(2, 99), r.randint(2, 7)
        sign = "-" if r.random() < wrong else "+"
        out.append(
            (
                rf"\frac{{d}}{{dx}} ({a} x^{m} + {c} x) &= {a * m} x^{{{m - 1}}} {sign} {c}",
                rf"({a} x + {c})^2 &= {a * a} x^2 {sign} {2 * a * c} x + {c * c}",
                rf"\frac{{\partial}}{{\partial w}} ({a} z + {c}) &= 0 {sign} {a} x",
                rf"\frac{{d}}{{dx}} \sigma({a} x + {c}) &= 0 {sign} {a} \sigma({a} x + {c}) (1 - \sigma({a} x + {c}))",
                rf"\sum_{{i=1}}^{{{m}}} ({a} i + {c} x) &= {a * m * (m + 1) // 2} {sign} {c * m} x",
                rf"{c} \sigma(-x) + {a} \sigma(x) &= {c} {sign} ({a} - {c}) \sigma(x)",
            )[k % 6]
        )
    return out


def document(n: int, seed: int, wrong: float = 0.0) -> str:
    return HEAD + " \\\\\n".join(rows(n, seed, wrong)) + "\n" + TAIL


def verdicts(text: str) -> Counter[str]:
    from symderive.checking import Item, check_item

    return Counter(s.verdict.value for r in check_item(Item(text)) for s in r.steps)


def memory() -> float:
    """The most that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def told(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {what}" for what, n in counts.most_common())


def long(n: int) -> None:
    """One derivation of n rows against one of half and of a quarter: linear means the same time for each row."""
    verdicts(document(6, 0))
    for size in (n // 4, n // 2, n):
        started = time.perf_counter()
        counts = verdicts(document(size, size))
        seconds = time.perf_counter() - started
        each = 1000 * seconds / size
        print(f"{size:5} rows: {seconds:7.2f} s, {each:6.2f} ms a row, {memory():5.0f} MiB; {told(counts)}")


def cold(n: int) -> None:
    """A fresh interpreter, from its start to the last verdict."""
    code = "import sys; sys.path[0:0] = sys.argv[1:3]; from large import document, verdicts; "
    code += f"print(verdicts(document({n}, 1)).total(), 'sympy' in sys.modules)"
    best = []
    for _ in range(3):
        started = time.perf_counter()
        command = [sys.executable, "-c", code, str(ROOT), str(ROOT / "benchmarks")]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        best.append(time.perf_counter() - started)
    found, sympy = run.stdout.split()
    print(f"cold start, {n} rows: {min(best):.2f} s (best of 3), {found} relations, SymPy loaded: {sympy}")


def homeworks(count: int, n: int, jobs: int) -> None:
    """Many homeworks with a mistake in every twentieth row."""
    started = time.perf_counter()
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        found: Iterable[Counter[str]] = pool.map(verdicts, [document(n, k, 0.05) for k in range(count)], chunksize=4)
        counts = sum(found, Counter())
    seconds = time.perf_counter() - started
    each = 1000 * seconds / count
    print(f"{count} homeworks of {n} rows, {jobs} jobs: {seconds:.1f} s, {each:.0f} ms each; {told(counts)}")


def answers(count: int) -> None:
    """Bare answers to one problem, half of them wrong."""
    import symderive as sd

    asked = r"\question\label{q} Let $x, a \in \mathbb{R}$. Derive $\frac{d}{dx} \log(1 + e^{a x})$."
    problem = sd.read(asked, format="latex").problems["q"]
    r = random.Random(7)
    right = (
        r"\frac{a e^{a x}}{1 + e^{a x}}",
        r"\frac{a}{1 + e^{-a x}}",
        r"a - \frac{a}{1 + e^{a x}}",
        r"a \sigma(a x)",
    )
    counts: Counter[str] = Counter()
    started = time.perf_counter()
    for k in range(count):
        c = r.randint(2, 999)
        text = f"{right[k % 4]} + {c} - {c if k % 8 < 4 else c - 1}"
        counts["right: " * (k % 8 < 4) + "wrong: " * (k % 8 >= 4) + problem.grade(text).kind.value] += 1
    seconds = time.perf_counter() - started
    print(f"{count} answers: {seconds:.2f} s, {1000 * seconds / count:.2f} ms each; {told(counts)}")


def main() -> int:
    with_bytecode()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rows", type=int, default=1000)
    args = parser.parse_args()
    scale = 10 if args.quick else 1
    long(args.rows // scale)
    cold(40)
    homeworks(300 // scale, 40, args.jobs)
    answers(1000 // scale)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
