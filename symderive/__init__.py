"""symderive reads, derives and checks the mathematics of deep learning, with verdicts that cannot lie.

The names below are loaded when they are first used; importing the package imports nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symderive.api import (
        Answer,
        Document,
        Formula,
        Problem,
        check,
        check_many,
        check_step,
        derive,
        equal,
        expr,
        parse,
        read,
        recheck,
    )
    from symderive.checking import Item
    from symderive.language.report import Report
    from symderive.language.scope import Scope
    from symderive.language.verdict import Counterexample, Kind, Verdict

__version__ = "0.1.0"

_API = """Answer Document Formula Problem check check_many check_step derive equal expr parse read recheck"""
_PLACES = {
    **dict.fromkeys(_API.split(), "symderive.api"),
    "Item": "symderive.checking",
    "Report": "symderive.language.report",
    "Scope": "symderive.language.scope",
    **dict.fromkeys(("Counterexample", "Kind", "Verdict"), "symderive.language.verdict"),
}

__all__ = [
    "Answer",
    "Counterexample",
    "Document",
    "Formula",
    "Item",
    "Kind",
    "Problem",
    "Report",
    "Scope",
    "Verdict",
    "check",
    "check_many",
    "check_step",
    "derive",
    "equal",
    "expr",
    "parse",
    "read",
    "recheck",
]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        from importlib import import_module

        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'symderive' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
