"""What `make demo` shows: every problem file derived, a textbook result certified, and a wrong step refuted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import symderive as sd

ROOT = Path(__file__).parents[1]

SETTING = r"""
Let $z, y \in \mathbb{R}^n$ with $\sum_{k=1}^n y_k = 1$.
Define $p = \operatorname{softmax}(z)$ and $L = -\sum_{k=1}^n y_k \log p_k$.
"""
RIGHT = (r"\frac{\partial L}{\partial z_i}", "p_i - y_i")
WRONG = (r"\frac{\partial L}{\partial z_i}", "y_i - p_i")


def main() -> None:
    problems = sorted(map(str, (ROOT / "problems").glob("*.tex")))
    subprocess.run([sys.executable, "-m", "symderive", "derive", "--brief", *problems], check=False)

    print("\nSoftmax with cross-entropy, for every n:", " = ".join(RIGHT))
    verdict = sd.equal(*RIGHT, given=SETTING)
    assert verdict.certificate is not None
    print(f"{verdict.kind.value}; the kernel, reading the certificate again, says:\n")
    print(sd.recheck(verdict.certificate))

    print("\nThe same with the sign turned:", " = ".join(WRONG))
    verdict = sd.equal(*WRONG, given=SETTING)
    found = verdict.counterexample
    assert found is not None
    print(f"{verdict.kind.value}, for example at", ", ".join(f"{k} = {_shown(x)}" for k, x in found.values.items()))
    print(f"where the left side is {found.left} and the right side {found.right}.")


def _shown(x: object) -> str:
    return f"({', '.join(map(_shown, x))})" if isinstance(x, list | tuple) else str(x)


if __name__ == "__main__":
    main()
