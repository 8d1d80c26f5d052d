"""Sets, dimensions and ranges: ``ℝ^{m×n}``, ``(0, 1)``, ``i = 1, …, n``, and the index letters of names.

A fresh letter in a dimension becomes a positive integer.  What is done with a set is said in `declare.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from symderive.kernel.context import Range
from symderive.kernel.terms import INF, ONE, ZERO, Term, make, num, rel
from symderive.reading.formulas.elaborate import Elaborator, leaves
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.names import Names
from symderive.reading.formulas.sums import range_in
from symderive.reading.formulas.surface import Node, Surface
from symderive.reading.formulas.symbols import Symbol, items, label, peel, transposes, unwrap
from symderive.reading.statements.forms import (
    is_chain,
    is_infinite,
    is_power,
    key_of,
    letter_of,
    shifted_letter,
    split_times,
    stepped,
    symbols_in,
    written_together,
)

SETS_OF_NUMBERS = {"ℝ": "real", "R": "real", "ℕ": "natural", "ℤ": "int", "N": "natural", "𝐑": "real"}


@dataclass
class Item:
    r"""A formula of a sentence, with the role and the words that the sentence gives it.

    Attributes:
        node: its surface tree.
        role: let, fact or value.
        codes: what its noun phrase says (see `lexicon`).
        sizes: formulas that give its shape ("an $n \\times n$ matrix", "in $\\mathbb{R}^n$").
        moments: mean, variance … with their formulas.
        others: names that it is independent of, and the like.
        binders: "for all $i$", "for $t = 1, …, T$".
        said: the words of the noun phrase.
    """

    node: Surface
    role: str
    codes: tuple[str, ...] = ()
    sizes: tuple[Surface, ...] = ()
    moments: tuple[tuple[str, Surface | None], ...] = ()
    others: tuple[Surface, ...] = ()
    binders: tuple[Surface, ...] = ()
    said: str = ""
    group: tuple[Surface, ...] = ()
    """All formulas that share the noun phrase ("$X$ and $Y$ are independent")."""
    doubt: str = ""
    """A word of the noun phrase that may change the property that it states."""


class Sets:
    """Reads sets, ranges and the index letters of names in the light of a table of names."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.own_ranges: dict[str, Range] = {}
        """Ranges of index letters within the sentence that is being settled."""

    def note_range(self, node: Surface, *, binder: bool = False) -> bool:
        """Remember the range of ``i, j = 1, …, n``, and of ``k ≥ 2`` in a binder; whether the formula is one."""
        parts = items(unwrap(node))
        first = next((k for k, p in enumerate(parts) if is_chain(p)), 0)
        letters = [s.base for p in parts[:first] if (s := peel(p)) is not None and s.lower is s.upper is None]
        if len(letters) < first or any(len(x) > 1 or self._is_quantity(x) for x in letters):
            return False
        found = self.range(Node("listed", parts[first:]) if first else node, binder=binder)
        if found is None:
            return False
        letter, lo, hi = found
        self.names.ranges_said |= dict.fromkeys((*letters, letter), (lo, hi))
        return True

    def _is_quantity(self, key: str) -> bool:
        """Whether a letter was declared, and not as an index."""
        return key in self.names and self.names.meanings[key].role != "index"

    def range(self, node: Surface, *, binder: bool = True) -> tuple[str, Term, Term] | None:
        """``i = 1, …, n``, ``t = 1, 2``, ``k ≥ 2``, ``i ∈ {1, …, n}`` as (letter, first, last)."""
        node = unwrap(node)
        parts = [p for p in items(node) if not (isinstance(p, Leaf) and p.type == "TEXT")]
        if not parts or not is_chain(parts[0]):
            return None
        chain = parts[0]
        assert isinstance(chain, Node)
        s = peel(chain.parts[0])
        if s is None or s.lower is not None or s.upper is not None or len(chain.parts) < 3:
            return None
        relation = chain.parts[1].text
        if relation == "=" and len(parts) > 1 and len(chain.parts) == 3:
            numbers = [p for p in parts[1:] if not (isinstance(p, Leaf) and p.type == "DOTS")]
            if any(is_chain(p) for p in parts[1:]):
                return None
            if (
                s.base in self.names
                and self.names.declared(s.base).kind == "int"
                and self.names.meanings[s.base].role != "index"
            ):
                return None
            unbounded = isinstance(parts[-1], Leaf) and parts[-1].type == "DOTS"
            hi = INF if unbounded else self.dimension(numbers[-1])
            return s.base, self.dimension(chain.parts[2]), hi
        if relation == "in" and len(parts) == 1:
            inner = unwrap(chain.parts[2])
            if isinstance(inner, Node) and inner.kind == "bracket" and inner.parts[0].text == "{":
                listed = items(inner.parts[1])
                if any(isinstance(p, Leaf) and p.type == "DOTS" for p in listed) and s.base not in self.names:
                    return s.base, self.dimension(listed[0]), self.dimension(listed[-1])
        if (
            binder
            and relation in (">=", ">")
            and len(parts) == 1
            and s.base not in self.names
            and s.base in "ijklmnqrst"
            and len(chain.parts) == 3
        ):
            lo = unwrap(chain.parts[2])
            if isinstance(lo, Leaf) and lo.type == "NUMBER" and "." not in lo.text:
                return s.base, num(int(lo.text) + (relation == ">")), INF
        return None

    def dimension(self, node: Surface) -> Term:
        """A dimension or the end of a range; a fresh letter in it becomes a positive integer."""
        node = unwrap(node)
        if isinstance(node, Leaf) and node.text == "∞":
            return INF
        for leaf_owner in symbols_in(node):
            key = key_of(leaf_owner)
            if key not in self.names and key != "π":
                self.names.dimension(key)
        return Elaborator(self.names, node).index(node)

    def shape_of_set(self, node: Surface) -> tuple[str, tuple[Term, ...], list[Callable[[Term], Term]]]:
        """A set as (kind, dimensions, facts about a member)."""
        node = unwrap(node)
        facts: list[Callable[[Term], Term]] = []
        if isinstance(node, Node) and node.kind == "bracket":
            return self._interval(node)
        dims: list[Term] = []
        base = node
        while isinstance(base, Node) and base.kind in ("superscript", "subscript"):
            script = unwrap(base.parts[1])
            if base.kind == "superscript" and not (isinstance(script, Leaf) and script.type == "MARK"):
                dims = self.sizes(script)
            else:
                facts += _sign_facts(script)
            base = base.parts[0]
        kind = SETS_OF_NUMBERS.get(base.text if isinstance(base, Leaf) else "")
        if kind is None:
            raise ReadingError(
                "unsupported", "this set is not read", node.start, node.end, "Write \\mathbb{R}^n and the like."
            )
        if kind == "natural":
            facts.append(lambda x: rel("<=", ONE, x))
        return ("int" if kind in ("natural", "int") else "real"), tuple(dims), facts

    def sizes(self, script: Surface) -> list[Term]:
        """``m × n``, ``m, n`` or ``n`` as dimensions."""
        script = unwrap(script)
        if isinstance(script, Node) and script.kind == "bracket":
            script = script.parts[1]
        if isinstance(script, Node) and script.kind == "times":
            return [self.dimension(p) for p in split_times(script)]
        return [self.dimension(p) for p in items(script)]

    def _interval(self, node: Node) -> tuple[str, tuple[Term, ...], list[Callable[[Term], Term]]]:
        listed = items(node.parts[1]) if len(node.parts) == 3 else []
        el = Elaborator(self.names, node)
        opened, closed = node.parts[0].text, node.parts[-1].text
        if opened == "{":
            kind = "int" if any(isinstance(p, Leaf) and p.type == "DOTS" for p in listed) else "real"
            if kind == "int":
                lo, hi = self.dimension(listed[0]), self.dimension(listed[-1])
                return "int", (), [lambda x: rel("<=", lo, x), lambda x: rel("<=", x, hi)]
            values = [el.scalar(p) for p in listed]

            def one_of(x: Term) -> Term:
                differences = [make("add", x, make("neg", v)) if v is not ZERO else x for v in values]
                return rel("=", make("mul", *differences) if len(differences) > 1 else differences[0], ZERO)

            return "real", (), [one_of]
        if len(listed) != 2:
            raise ReadingError("unsupported", "an interval has two ends", node.start, node.end)
        facts: list[Callable[[Term], Term]] = []
        first, last = (None if is_infinite(p) else el.scalar(p) for p in listed)
        if first is not None:
            facts.append(lambda x: rel("<" if opened == "(" else "<=", first, x))
        if last is not None:
            facts.append(lambda x: rel("<" if closed == ")" else "<=", x, last))
        return "real", (), facts

    def size_of(self, node: Surface) -> list[Term]:
        node = unwrap(node)
        base = node
        while isinstance(base, Node) and base.kind in ("superscript", "subscript"):
            base = base.parts[0]
        if isinstance(base, Leaf) and base.text in SETS_OF_NUMBERS:
            return list(self.shape_of_set(node)[1])
        return self.sizes(node)

    def symbol(self, node: Surface) -> Symbol:
        s = peel(unwrap(node)) or written_together(node)
        if s is None:
            raise ReadingError("syntax", "a name is expected", node.start, node.end, "Declare one name at a time.")
        return s

    def family_of(self, s: Symbol, item: Item) -> tuple[str, list[str], list[str]]:
        """The key of a symbol, and the letters of its lower and upper scripts that range over something."""
        lower = self.letters(s.lower, item)
        upper = self.letters(s.upper, item) if s.upper is not None and not transposes(s.upper) else []
        key = s.base
        if s.lower is not None and not lower:
            key += f"_{label(s.lower)}"
        if s.upper is not None and not upper and not is_power(s.upper):
            key += f"^{label(s.upper)}"
        return key, lower, upper

    def letters(self, script: Surface | None, item: Item) -> list[str]:
        """The index letters of a script; none if it is a label."""
        if script is None:
            return []
        out: list[str] = []
        for p in Elaborator(self.names).index_parts(script, 9):
            moved = shifted_letter(p)
            if moved is not None and moved[0] in self.names.ranges_said:
                out.append(moved[0])
                continue
            s = peel(p)
            if s is None or s.lower is not None or len(s.base) != 1:
                return []
            if s.base in self.names.ranges_said or any(letter_of(b) == s.base for b in item.binders):
                out.append(s.base)
            elif s.base not in self.names and stepped(item.node, s.base):
                self.names.ranges_said[s.base] = (ONE, INF)
                out.append(s.base)
            elif (own := self.running(s.base, script, item)) is not None:
                self.own_ranges[s.base] = own
                out.append(s.base)
            else:
                return []
        return out

    def shifts(self, s: Symbol) -> dict[str, int]:
        """By how much the index letters of a symbol are moved: 1 for the k of ``m^{k+1}``."""
        parts = [p for x in (s.lower, s.upper) if x is not None for p in Elaborator(self.names).index_parts(x, 9)]
        return dict(found for p in parts if (found := shifted_letter(p)) is not None)

    def running(self, letter: str, script: Surface, item: Item) -> Range | None:
        """The range of the index of ``p_k`` in ``p_k = e^{f_k}``: that which it has on the other side."""
        node = item.node
        known = letter in self.names and self.names.meanings[letter].role != "index"
        if known or not is_chain(node) or not isinstance(node, Node) or len(node.parts) < 3:
            return None
        if not (node.parts[0].start <= script.start < node.parts[0].end):
            return None
        found = range_in(Elaborator(self.names, node), letter, node.parts[2])
        return None if found is None or found[0].loose or found[1].loose else found

    def range_for(self, letter: str) -> Range:
        return self.own_ranges.get(letter) or self.names.ranges_said.get(letter, (ZERO, INF))

    def sequence(self, s: Symbol) -> Range | None:
        """``x_{1:T}`` as the range of a family."""
        inner = s.lower
        if not (isinstance(inner, Node) and inner.kind == "listed" and len(inner.parts) == 3) or s.base in self.names:
            return None
        if not (isinstance(inner.parts[1], Leaf) and inner.parts[1].type == "COLON"):
            return None
        return self.dimension(inner.parts[0]), self.dimension(inner.parts[2])

    def shaped_symbol(self, node: Surface) -> tuple[Symbol, list[Term]] | None:
        """``X_{N × D}``: a name with its shape below."""
        if isinstance(node, Node) and node.kind == "subscript":
            inner = unwrap(node.parts[1])
            if (
                isinstance(inner, Node)
                and inner.kind == "times"
                and any(p.text == "x" for p in inner.parts if isinstance(p, Leaf))
            ):
                s = peel(node.parts[0])
                if s is not None:
                    return s, self.sizes(inner)
        return None


def _sign_facts(script: Surface) -> list[Callable[[Term], Term]]:
    r"""``ℝ_+``, ``ℝ_{>0}``, ``ℝ_{\\ge 0}``."""
    text = "".join(x.text for x in leaves(script))
    if text in (">0", "++", "0<"):
        return [lambda x: rel("<", ZERO, x)]
    if text in (">=0", "+", "0+"):
        return [lambda x: rel("<=", ZERO, x)]
    return []
