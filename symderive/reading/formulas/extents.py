r"""How far operators reach in a sum: ``\lim_{x \to 0} x + x`` and ``\frac{d}{dx} x^2 + 3x`` have two readings.

An operator takes the product to its right.  Where what follows after a + mentions its letter, people mean either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from symderive.reading.formulas import calculus
from symderive.reading.formulas.functions import head
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.sums import big_head
from symderive.reading.formulas.surface import Node, Surface, walk
from symderive.reading.formulas.symbols import peel, unwrap

if TYPE_CHECKING:
    from symderive.reading.formulas.elaborate import Elaborator

EXTREMA = frozenset({"max", "min", "sup", "inf", "lim"})


def stray(el: Elaborator, node: Node) -> tuple[str, Surface] | None:
    """A letter of an operator that stands in a later term of the sum as well, and that term."""
    open_: set[str] = set()
    for p in node.parts:
        own = set().union(*(_letters(el, n, bare=True) for n in walk(p)))  # "d/dx x² + d/dx x³"
        free = open_ - own
        found = next((x for x in _leaves(p) if x.type == "LETTER" and x.text in free), None) if free else None
        if found is not None:
            return found.text, p
        open_ |= _letters(el, p)
    return None


def _letters(el: Elaborator, term: Surface, *, bare: bool = False) -> set[str]:
    """The letters of operators in a term that take more than a name or a bracket; with `bare`, of all of them."""
    factors = term.parts if isinstance(term, Node) and term.kind in ("juxtaposed", "times") else []
    out: set[str] = set()
    for k, f in enumerate(factors[:-1]):
        rest = factors[k + 1 :]
        word = head(f)
        if word is not None and word[0] in EXTREMA and word[1] is not None:
            plain = len(rest) == 1 and _is_bracket(rest[0])
            first = next((x.text for x in _leaves(word[1]) if x.type == "LETTER"), "")
            out |= set() if (plain and not bare) or not first else {first}
        elif isinstance(f, Node) and f.kind == "fraction" and calculus.is_operator(el, f):
            plain = _is_single(rest)
            below = [x.text for x in _leaves(f.parts[2]) if x.type == "LETTER" and x.text not in ("d", "∂")]
            out |= set() if plain and not bare else set(below[-1:])
        elif letter := _subscripted(f):
            plain = (len(rest) == 1 and _is_bracket(rest[0])) if big_head(f) else _is_single(rest)
            out |= set() if plain and not bare else {letter}
    return out


def _subscripted(factor: Surface) -> str:
    """The letter of ``∂_x``, ``∇_x`` and of a sum or product over i."""
    if (big := big_head(factor)) is not None:
        below = [x.text for x in _leaves(big[1]) if x.type == "LETTER"] if big[1] is not None else []
        return below[0] if below else ""
    lower = None
    while isinstance(factor, Node) and factor.kind in ("subscript", "superscript"):
        lower, factor = factor.parts[1] if factor.kind == "subscript" else lower, factor.parts[0]
    s = peel(unwrap(lower)) if lower is not None else None
    operator = isinstance(factor, Leaf) and factor.type in ("PARTIAL", "NABLA")
    return s.base if operator and s is not None and s.lower is None else ""


def _is_single(operand: Sequence[Surface]) -> bool:
    """Whether what an operator takes is a bracket, a name, or a function of a bracket."""
    if len(operand) == 1:
        s = peel(operand[0])
        return _is_bracket(operand[0]) or (s is not None and s.upper is None)
    return len(operand) == 2 and _is_bracket(operand[1]) and (head(operand[0]) or peel(operand[0])) is not None


def _is_bracket(node: Surface) -> bool:
    return isinstance(node, Node) and node.kind == "bracket"


def _leaves(node: Surface) -> list[Leaf]:
    return [n for n in walk(node) if isinstance(n, Leaf)]
