"""Factors of a product while they are read: scripts behind them, brackets that hold arguments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from symderive.kernel.terms import Term
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.surface import Node, Surface
from symderive.reading.formulas.symbols import items, peel, unwrap

if TYPE_CHECKING:
    from symderive.reading.formulas.elaborate import Elaborator, Value


Taken = "tuple[Value, int] | None"


def strip_scripts(node: Surface) -> tuple[Surface, list[Node]]:
    """What stands under the scripts, without braces around a bracket, and the scripted nodes from the inside out."""
    scripts: list[Node] = []
    while isinstance(node, Node) and node.kind in ("subscript", "superscript"):
        scripts.insert(0, node)
        node = node.parts[0]
    inner = unwrap(node)
    return (inner if isinstance(inner, Node) and inner.kind == "bracket" else node), scripts


def opens_arguments(target: Surface, scripts: Sequence[Node]) -> bool:
    """Whether a factor may be the arguments of a function: brackets that are no table of entries."""
    if not (isinstance(target, Node) and target.kind == "bracket" and target.parts[0].text in ("(", "[", "{")):
        return False
    return not binders_of_table(target, scripts)


def postscript(el: Elaborator, v: Value, scripts: Iterable[Node], node: Surface) -> Value:
    """Scripts that stand after the closing bracket of an application."""
    for s in scripts:
        script = unwrap(s.parts[1])
        v = el.component(v, script, node) if s.kind == "subscript" else el.power(v, script, node)
    return v


def el_value(el: Elaborator, t: Term, *, row: bool = False) -> Value:
    from symderive.reading.formulas.elaborate import Value

    return Value(t, row)


def numbered(el: Elaborator, base: str) -> dict[int, str]:
    """Names that were declared one by one, ``y_1``, ``y_2``, …, without a gap, by number."""
    known = {}
    for key in el.names.meanings:
        stem, _, rest = key.partition("_")
        if stem == base and rest.isdigit() and not el.names.is_function(key) and not el.names.ranges(key):
            known[int(rest)] = key
    whole = len(known) > 1 and sorted(known) == list(range(min(known), max(known) + 1))
    return known if whole else {}


def binders_of_table(target: Surface, scripts: Sequence[Node]) -> list[tuple[str, Surface, Surface]]:
    """The indices of ``[x_i]_{i=1}^n`` with their ends, the outer first; none for anything else."""
    if {s.kind for s in scripts} != {"subscript", "superscript"} or len(scripts) != 2:
        return []
    if not (isinstance(target, Node) and target.kind == "bracket" and target.parts[0].text == "["):
        return []
    scripted = {s.kind: unwrap(s.parts[1]) for s in scripts}
    starts, ends = items(scripted["subscript"]), items(scripted["superscript"])
    out: list[tuple[str, Surface, Surface]] = []
    for start, end in zip(starts, ends, strict=False):
        letter = letter_of(start.parts[0]) if isinstance(start, Node) and start.kind == "chain" else None
        if letter is None or len(start.parts) != 3 or start.parts[1].text != "=":  # type: ignore[union-attr]
            return []
        out.append((letter, start.parts[2], end))  # type: ignore[union-attr]
    return out if len(starts) == len(ends) else []


def letter_of(node: Surface) -> str | None:
    """The key of an index: a letter, or a letter with a number (``i_1``)."""
    found = peel(node)
    if found is None or found.upper is not None:
        return None
    if isinstance(found.lower, Leaf) and found.lower.type == "NUMBER":
        return f"{found.base}_{found.lower.text}"
    return found.base if found.lower is None else None
