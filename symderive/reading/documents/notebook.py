"""Jupyter notebooks: the Markdown cells, as one document whose places are cells and lines in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from symderive.reading.documents.source import Message, Source, Span


def markdown_cells(source: Source, report: Callable[[Message], None]) -> list[Source]:
    """The Markdown cells of a notebook, numbered from 1 among all its cells."""
    try:
        notebook: Any = json.loads(source.text)
    except json.JSONDecodeError as error:
        report(Message("notebook", Span(source, error.pos, error.pos + 1), f"this is not a notebook: {error.msg}"))
        return []
    except RecursionError:
        report(Message("notebook", Span(source, 0, 1), "this is not a notebook: it is nested too deeply"))
        return []
    sheets = notebook.get("worksheets") if isinstance(notebook, dict) else None
    holder = sheets[0] if isinstance(sheets, list) and sheets and isinstance(sheets[0], dict) else notebook
    cells = holder.get("cells") if isinstance(holder, dict) else None
    if not isinstance(cells, list):
        report(Message("notebook", Span(source, 0, 1), "this is not a notebook: it has no list of cells"))
        return []
    out: list[Source] = []
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "markdown":
            continue
        text = cell.get("source", "")
        text = "".join(line for line in text if isinstance(line, str)) if isinstance(text, list) else text
        if isinstance(text, str):
            out.append(Source(source.path, text, number))
        else:
            report(Message("notebook", Span(source, 0, 1), f"cell {number} has no text"))
    return out
