"""Symbols as they stand in formulas: a letter with accents, primes and scripts, and the key of its name.

The key of a name is text that a person can read (``σ_w``, ``ŷ``, ``h′``); its spelling is LaTeX.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from symderive.reading.formulas import alphabet
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.surface import Node, Surface

PRIME = "′"
LABELS = ("LETTER", "WORD", "NUMBER", "MARK", "FUNCTION", "TEXT")


@dataclass(frozen=True)
class Symbol:
    """A letter or word with what is attached to it.

    Attributes:
        base: its key without scripts, with accents and primes.
        lower, upper: its scripts.
        start, end: the place of the whole.
    """

    base: str
    lower: Surface | None
    upper: Surface | None
    primes: int
    start: int
    end: int

    @property
    def bare(self) -> str:
        """The base without primes."""
        return self.base.rstrip(PRIME)


def unwrap(node: Surface) -> Surface:
    """What stands in braces."""
    while isinstance(node, Node) and node.kind == "group":
        node = node.parts[1] if len(node.parts) == 3 else Node("empty", [])
    return node


def peel(node: Surface) -> Symbol | None:
    """The symbol that a surface tree is; None if it is something else."""
    lower: Surface | None = None
    upper: Surface | None = None
    primes = 0
    start, end = node.start, node.end
    while isinstance(node, Node):
        if node.kind == "subscript" and lower is None and upper is not node:
            lower, node = unwrap(node.parts[1]), node.parts[0]
        elif node.kind == "superscript" and upper is None:
            script = unwrap(node.parts[1])
            if isinstance(script, Leaf) and script.type in ("PRIME", "MARK") and script.text == "'":
                primes += 1
            else:
                upper = script
            node = node.parts[0]
        elif node.kind == "prime":
            primes, node = primes + 1, node.parts[0]
        else:
            break
    base = letters(node)
    if base is None:
        return None
    return Symbol(base + PRIME * primes, lower, upper, primes, start, end)


def letters(node: Surface) -> str | None:
    """The key of a letter, a word, or an accented letter."""
    if isinstance(node, Leaf):
        return node.text if node.type in ("LETTER", "WORD") else None
    if node.kind == "accent":
        inside = unwrap(node.parts[1])
        if isinstance(inside, Node) and inside.kind in ("subscript", "superscript", "prime"):
            return None
        inner = letters(inside)
        mark = alphabet.ACCENTS[node.parts[0].text]
        return None if inner is None else unicodedata.normalize("NFC", inner + mark)
    if node.kind == "group":
        braced = unwrap(node)
        return letters(braced) if isinstance(braced, Leaf) or braced.kind == "accent" else None
    if node.kind == "prime":
        inner = letters(node.parts[0])
        return None if inner is None else inner + PRIME
    return None


def label(node: Surface | None) -> str:
    """A script as part of a name: ``ij``, ``in``, ``t-1``; empty if it cannot be one."""
    if node is None:
        return ""
    node = unwrap(node)
    if isinstance(node, Leaf):
        return node.text.replace(" ", "") if node.type in LABELS or node.type == "PRIME" else ""
    if node.kind in ("juxtaposed", "sum", "listed"):
        parts = [label(p) if not (isinstance(p, Leaf) and p.type in ("SIGN", "COMMA")) else p.text for p in node.parts]
        return "".join(parts) if all(parts) else ""
    if node.kind == "bracket":
        inside = label(node.parts[1]) if len(node.parts) == 3 else ""
        return f"⁽{inside}⁾" if inside and node.parts[0].text == "(" else ""
    found = peel(node)
    if found is None:
        return ""
    lower = f"_{label(found.lower)}" if found.lower is not None else ""
    upper = f"^{label(found.upper)}" if found.upper is not None else ""
    return found.base + lower + upper


def items(node: Surface) -> list[Surface]:
    """The parts of a list, without separators."""
    if isinstance(node, Node) and node.kind == "listed":
        return [p for p in node.parts if not (isinstance(p, Leaf) and p.type in ("COMMA", "SEMICOLON", "QUAD"))]
    return [] if isinstance(node, Node) and node.kind == "empty" else [node]


def mention(node: Surface) -> str:
    """What stands in a bracket, as text that can be compared."""
    if isinstance(node, Leaf):
        return "|" if node.type == "MID" else node.text
    return "".join(mention(p) for p in node.parts)


def spelling(base: str, lower: str = "", upper: str = "") -> str:
    r"""LaTeX for the key of a name.

    >>> spelling("σ", "w"), spelling("ŷ"), spelling("x", "in"), spelling("W", "", "⁽1⁾")
    ('\\\\sigma_{w}', '\\\\hat{y}', 'x_{in}', 'W^{(1)}')
    """
    out = alphabet.command(base.replace(PRIME, "'"))
    if lower:
        out += f"_{{{script(lower)}}}"
    if upper:
        out += f"^{{{script(upper)}}}"
    return out


def script(text: str) -> str:
    """LaTeX for a label."""
    if text.startswith("⁽"):
        return f"({script(text.strip('⁽⁾'))})"
    if len(text) > 1 and text.isalpha() and text.isascii():
        return f"\\mathrm{{{text}}}" if len(text) > 2 or text.isupper() else text
    return "".join(alphabet.command(c) for c in unicodedata.normalize("NFC", text)).replace(PRIME, "'")


def symbol_key(s: Symbol) -> str:
    """The key of a symbol with its subscript as a label: that of a name of its own."""
    return s.base + (f"_{label(s.lower)}" if s.lower is not None else "")


def transposes(script: Surface) -> str:
    """What a superscript does to a matrix: ``T``, ``-1``, ``-T`` or nothing of the kind."""
    script = unwrap(script)
    if isinstance(script, Leaf):
        return "T" if script.type == "TRANSPOSE" or (script.type, script.text) == ("LETTER", "T") else ""
    if script.kind == "sum" and len(script.parts) == 2 and script.parts[0].text == "-":
        inner = script.parts[1]
        if isinstance(inner, Leaf):
            return "-1" if inner.text == "1" else "-T" if inner.type == "TRANSPOSE" or inner.text == "T" else ""
    return ""
