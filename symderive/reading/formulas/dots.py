"""Dots: the first and the last item, generalised over the index in which they differ.

If that is not unique, the formula is not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.surface import Node, Surface

INDEX = "⋆"
"""The letter that stands for the index that was dotted; nobody can write it."""


@dataclass(frozen=True)
class Dotted:
    """A family of items: its ends, and the item for the index `INDEX`."""

    first: Surface
    last: Surface
    item: Surface


def generalise(first: Surface, last: Surface, second: Surface | None = None) -> Dotted:
    """The family of which two items are the ends.

    Raises:
        ReadingError: they differ in no place, or in several ways.
    """
    pairs: list[tuple[Surface, Surface]] = []
    item = _common(first, last, pairs)
    texts = {(_text(a), _text(b)) for a, b in pairs}
    if item is None or len(texts) != 1:
        raise ReadingError(
            "unsupported", "what the dots stand for is not clear", first.start, last.end, "Write \\\\sum or \\\\prod."
        )
    lo, hi = pairs[0]
    if second is not None:
        again: list[tuple[Surface, Surface]] = []
        _common(first, second, again)
        steps = {(_text(a), _text(b)) for a, b in again}
        if len(steps) != 1 or not _follows(*next(iter(steps))):
            raise ReadingError("unsupported", "what the dots stand for is not clear", first.start, last.end)
    return Dotted(lo, hi, item)


def _follows(a: str, b: str) -> bool:
    return (a.isdigit() and b.isdigit() and int(b) == int(a) + 1) or b == f"{a}+1"


def _text(node: Surface) -> str:
    return node.text if isinstance(node, Leaf) else "".join(map(_text, node.parts))


def _common(a: Surface, b: Surface, pairs: list[tuple[Surface, Surface]]) -> Surface | None:
    """The tree that two trees share, with the index where they differ inside a script."""
    if isinstance(a, Leaf) and isinstance(b, Leaf):
        if a.text == b.text and a.type == b.type:
            return a
        pairs.append((a, b))
        return Leaf("LETTER", INDEX, a.start, a.end)
    if isinstance(a, Node) and isinstance(b, Node) and a.kind == b.kind and len(a.parts) == len(b.parts):
        parts = [_common(x, y, pairs) for x, y in zip(a.parts, b.parts, strict=True)]
        return None if any(p is None for p in parts) else _node(a, [p for p in parts if p is not None])
    if _text(a) and _text(b) and _small(a) and _small(b):
        pairs.append((a, b))
        return Leaf("LETTER", INDEX, a.start, a.end)
    return None


def _small(node: Surface) -> bool:
    return isinstance(node, Leaf) or (node.kind in ("group", "sum", "subscript") and len(_text(node)) <= 8)


def _node(like: Node, parts: list[Surface]) -> Node:
    out = Node(like.kind, parts)
    out.start, out.end = like.start, like.end
    return out


def split(parts: Sequence[Surface]) -> tuple[list[Surface], Dotted, list[Surface]] | None:
    """A list with dots as (what stands before, the family, what stands after)."""
    places = [k for k, p in enumerate(parts) if isinstance(p, Leaf) and p.type == "DOTS"]
    if not places:
        return None
    k = places[0]
    if len(places) > 1 or k == 0 or k == len(parts) - 1:
        raise ReadingError("unsupported", "what the dots stand for is not clear", parts[k].start, parts[k].end)
    first, second = (parts[k - 2], parts[k - 1]) if k >= 2 else (parts[k - 1], None)
    if second is not None:
        try:
            return list(parts[: k - 2]), generalise(first, parts[k + 1], second), list(parts[k + 2 :])
        except ReadingError:
            if any(_text(p).isdigit() for p in (first, second, parts[k + 1])):
                raise  # 2 + 4 + … + 100: steps of another size
            first = parts[k - 1]
    return list(parts[: k - 1]), generalise(first, parts[k + 1]), list(parts[k + 2 :])


def summed(node: Node) -> Node:
    """A sum with dots as a sum with one big operator in their place."""
    if not any(isinstance(p, Leaf) and p.type == "DOTS" for p in node.parts):
        return node
    terms: list[Surface] = []
    signs: list[str] = []
    sign = "+"
    for p in node.parts:
        if isinstance(p, Leaf) and p.type == "SIGN":
            sign = p.text
        else:
            terms.append(p)
            signs.append(sign)
            sign = "+"
    found = split(terms)
    k = next(n for n, p in enumerate(terms) if isinstance(p, Leaf) and p.type == "DOTS")
    if found is None or any(s != "+" for s in signs[k - 1 : k + 2]):
        raise ReadingError(
            "unsupported", "what the dots stand for is not clear", node.start, node.end, "Write \\\\sum."
        )
    before, dotted, after = found
    big = Leaf("BIG", "sum", node.start, node.end)
    letter = Leaf("LETTER", INDEX, node.start, node.start)
    lower = Node("chain", [letter, Leaf("REL", "=", node.start, node.start), dotted.first])
    operator = Node("superscript", [Node("subscript", [big, lower]), dotted.last])
    item = Node(
        "group", [Leaf("LBRACE", "{", node.start, node.start), dotted.item, Leaf("RBRACE", "}", node.end, node.end)]
    )
    parts: list[Surface] = []
    for p, s in zip(before, signs, strict=False):
        parts += [Leaf("SIGN", s, p.start, p.start), p]
    parts += [Leaf("SIGN", "+", node.start, node.start), Node("juxtaposed", [operator, item])]
    for p, s in zip(after, signs[k + 2 :], strict=False):
        parts += [Leaf("SIGN", s, p.start, p.start), p]
    return _node(node, parts)
