"""What the border refuses, and with which code."""

from __future__ import annotations


class BridgeError(ValueError):
    """An expression has no faithful image on the other side of the border.

    Attributes:
        code: stable, one of float, complex, infinite, range, odd-root, commutes, unsupported, name-clash,
            undeclared, kind, shape, layout, decided, ill-formed, too-large.
        advice: what to write instead; may be empty.
    """

    def __init__(self, code: str, message: str, advice: str = "") -> None:
        super().__init__(f"{message}; {advice}" if advice else message)
        self.code, self.advice = code, advice
