"""Cold starts as an installed package has them: child processes find compiled bytecode, kept outside the checkout."""

from __future__ import annotations

import os
import tempfile


def with_bytecode() -> None:
    """Let the processes that this one starts write bytecode and find it again; the first run of each fills it."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("PYTHONPYCACHEPREFIX", tempfile.mkdtemp(prefix="bytecode-"))
