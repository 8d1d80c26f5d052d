"""Formulas as surface trees: what stands where, as the author wrote it; no meaning yet.

A tree is made of `Node` and of the lexer's `Leaf`; both know their place in the formula.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

from lark import Lark, Transformer, UnexpectedInput
from lark.lexer import Lexer as LarkLexer

from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.lexer import Leaf, Lexer


class Node:
    """An inner node: its kind (a rule of the grammar) and its parts."""

    __slots__ = ("end", "kind", "parts", "start")

    def __init__(self, kind: str, parts: list[Surface]) -> None:
        self.kind = kind
        self.parts = parts
        self.start: int = parts[0].start if parts else 0
        self.end: int = parts[-1].end if parts else 0

    @property
    def text(self) -> str:
        return ""

    def __repr__(self) -> str:
        return f"{self.kind}({', '.join(map(repr, self.parts))})"


Surface: TypeAlias = "Node | Leaf"


def _flat(kind: str) -> object:
    """A rule that grows to the right keeps all its parts in one node."""

    def build(_: _Trees, parts: list[Surface]) -> Node:
        first = parts[0] if parts else None
        if isinstance(first, Node) and first.kind == kind:
            first.parts += parts[1:]
            first.end = parts[-1].end
            return first
        return Node(kind, parts)

    return build


class _Trees(Transformer[Leaf, Surface]):
    def __default__(self, data: str, children: list[Surface], meta: object) -> Node:
        return Node(str(data), children)

    def start(self, parts: list[Surface]) -> Surface:
        return parts[0] if parts else Node("empty", [])

    def superscript(self, parts: list[Surface]) -> Node:
        return Node("superscript", [parts[0], parts[2]])

    def subscript(self, parts: list[Surface]) -> Node:
        return Node("subscript", [parts[0], parts[2]])

    def separator(self, parts: list[Surface]) -> Surface:
        return parts[0]

    def closed(self, parts: list[Surface]) -> Surface:
        return parts[0]

    opened = _flat("listed")
    listed = _flat("listed")
    chain = _flat("chain")
    chained = _flat("chain")
    sum = _flat("sum")
    times = _flat("times")
    juxtaposed = _flat("juxtaposed")
    rows = _flat("rows")
    rowed = _flat("rows")
    row = _flat("row")
    celled = _flat("row")


class _Fed(LarkLexer):
    """Hands tokens that are already made to the parser."""

    def __init__(self, configuration: object) -> None:
        pass

    def lex(self, data: list[Leaf]) -> Iterator[Leaf]:
        return iter(data)


def grammar_path(name: str) -> Path:
    """A grammar file: beside the package in a checkout, inside it when installed."""
    inside = Path(__file__).parents[2] / "grammars" / name
    return inside if inside.exists() else Path(__file__).parents[3] / "grammars" / name


def load(name: str, transformer: Transformer[Leaf, Surface] | None = None) -> Lark:
    """A grammar as LALR parser over ready tokens, conflict-free, its tables cached for the user on disk."""
    options = {"parser": "lalr", "lexer": _Fed, "strict": True, "transformer": transformer}
    text = grammar_path(name).read_text("utf-8")
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "symderive"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Lark(text, cache=str(folder / f"{name}.tables"), **options)
    except OSError:
        return Lark(text, **options)


@cache
def _parser() -> Lark:
    return load("math.lark", _Trees())


WANTED = {
    "$END": "the formula breaks off",
    "REL": "a relation stands without a side",
    "OPERATOR": "an operator stands without an operand",
    "CARET": "^ stands twice, or after nothing",
    "UNDER": "_ stands twice, or after nothing",
    "SIGN": "two signs stand side by side",
    "PRIME": "a prime stands after nothing",
    "BANG": "! stands after nothing",
}
ADVICE = {
    "SIGN": "Put brackets around the second, as in a - (-b).",
    "REL": "Write both sides.",
    "OPERATOR": "Write a factor on both sides.",
    "CARET": "Write the base before it.",
    "UNDER": "Write the base before it.",
    "MID": "A bar separates only in p(x \\mid y); write \\lvert … \\rvert around a term.",
}


DELIMITED = re.compile(r"(\s*(?:\$\$?|\\\[|\\\())([^$]*?)(?:\$\$?|\\\]|\\\))\s*", re.DOTALL)


def parse(text: str, words: Collection[str] = ()) -> Surface:
    """The surface tree of a formula.

    Args:
        text: LaTeX, with or without the signs of mathematics around it (``$…$``).
        words: declared names of several letters.

    Raises:
        ReadingError: it is no formula; with place and advice.
    """
    whole = DELIMITED.fullmatch(text)
    if whole is not None:
        text = " " * whole.start(2) + whole[2] + " " * (len(text) - whole.end(2))
    tokens = Lexer(text, words).tokens()
    try:
        return _parser().parse(tokens)
    except UnexpectedInput as error:
        token = getattr(error, "token", None)
        if not isinstance(token, Leaf):
            raise ReadingError("syntax", WANTED["$END"], max(0, len(text) - 1), len(text), "Complete it.") from None
        message = WANTED.get(token.type, f"{text[token.start : token.end] or 'this'} is not expected here")
        advice = ADVICE.get(token.type, "Look for what is missing before it.")
        raise ReadingError("syntax", message, token.start, token.end, advice) from None


def walk(node: Surface) -> Iterator[Surface]:
    """A node and all that stands in it, in the order of the text."""
    stack = [node]
    while stack:
        n = stack.pop()
        yield n
        if isinstance(n, Node):
            stack.extend(reversed(n.parts))
