"""The border between terms and SymPy.

`to_sympy` writes a term as a SymPy expression in the form in which it stands; `from_sympy` reads one.
Both keep meaning: wherever the term has a value, the SymPy expression has the same.  What the two sides
do not share is either a node class of its own (`nodes`) or refused with a `BridgeError`.

SymPy is imported here and nowhere else: import this package from inside functions only.
"""

from symderive.language.bridge.errors import BridgeError
from symderive.language.bridge.inward import from_sympy
from symderive.language.bridge.outward import to_sympy

__all__ = ["BridgeError", "from_sympy", "to_sympy"]
