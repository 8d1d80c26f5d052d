"""The border between terms and SymPy.

`to_sympy` writes a term as a SymPy expression in the form in which it stands; `from_sympy` reads one.
Both keep meaning: wherever the term has a value, the SymPy expression has the same.  What the two sides
do not share is either a node class of its own (`nodes`) or refused with a `BridgeError`.

SymPy is imported here and nowhere else, when one of the two functions is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symderive.language.bridge.errors import BridgeError

if TYPE_CHECKING:
    from symderive.language.bridge.inward import from_sympy
    from symderive.language.bridge.outward import to_sympy

__all__ = ["BridgeError", "from_sympy", "to_sympy"]


def __getattr__(name: str) -> Any:
    if name == "from_sympy":
        from symderive.language.bridge.inward import from_sympy

        return from_sympy
    if name == "to_sympy":
        from symderive.language.bridge.outward import to_sympy

        return to_sympy
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
