"""Cold starts, as ratios to ``python -c "import sympy"`` in the same run: each the fastest of some processes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cold import with_bytecode

ROOT = Path(__file__).parent.parent
RUNS = 5

VERDICT = """
from symderive.engine.judge import Judge
from symderive.language.expr import eq, function
from symderive.language.scope import Scope
from symderive.rules.book import book
s = Scope()
x, sigmoid = s.real("x"), function("sigmoid")
verdict = Judge(s.context(), book()).judge(eq(sigmoid(-x), 1 - sigmoid(x)).term)
assert verdict.proved
"""


def seconds(*command: str) -> float | None:
    """The fastest of some runs; None if the command fails."""
    best = None
    for _ in range(RUNS):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, check=False)
        spent = time.perf_counter() - start
        if done.returncode:
            return None
        best = spent if best is None else min(best, spent)
    return best


def certificate(folder: Path) -> tuple[str, str]:
    """The files of a certificate and of the book."""
    write = "import json, sys\nfrom pathlib import Path\nfrom symderive.rules.book import book_bytes\n"
    write += "Path(sys.argv[1]).write_text(json.dumps(verdict.certificate))\n"
    write += "Path(sys.argv[2]).write_bytes(book_bytes())\n"
    paths = str(folder / "certificate.json"), str(folder / "book.json")
    subprocess.run([sys.executable, "-c", VERDICT + write, *paths], cwd=ROOT, check=True)
    assert json.loads(Path(paths[0]).read_text("utf-8"))
    return paths


def main() -> None:
    with_bytecode()
    sympy = seconds("-c", "import sympy")
    assert sympy is not None
    with tempfile.TemporaryDirectory() as folder:
        cert, book = certificate(Path(folder))
        rows = {
            "python": ("-c", "pass"),
            "import sympy": ("-c", "import sympy"),
            "import symderive": ("-c", "import symderive"),
            "symderive --help": ("-m", "symderive", "--help"),
            "re-check, kernel alone": ("-m", "symderive.kernel", cert, "--book", book),
            "one verdict": ("-c", VERDICT),
        }
        sys.stdout.write(f"{'':26}{'ms':>8}{'ratio':>8}\n")
        for title, command in rows.items():
            spent = seconds(*command)
            shown = "  (not there)" if spent is None else f"{1000 * spent:8.0f}{spent / sympy:8.2f}"
            sys.stdout.write(f"{title:26}{shown}\n")
    loaded = "import sys; print('sympy' in sys.modules)"
    for title, code in (("import symderive", "import symderive; "), ("one verdict", VERDICT)):
        done = subprocess.run([sys.executable, "-c", code + loaded], cwd=ROOT, capture_output=True, check=True)
        sys.stdout.write(f"{title} loads SymPy: {done.stdout.decode().strip()}\n")


if __name__ == "__main__":
    main()
