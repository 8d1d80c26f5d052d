"""What the form of a formula says, before any name has a meaning: relations, lists, arrows, scripts."""

from __future__ import annotations

from symderive.reading.formulas.elaborate import leaves
from symderive.reading.formulas.functions import ELEMENTWISE
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.surface import Node, Surface, walk
from symderive.reading.formulas.symbols import Symbol, items, label, mention, peel, unwrap


def is_chain(node: Surface) -> bool:
    return isinstance(node, Node) and node.kind == "chain"


def is_infinite(node: Surface) -> bool:
    return any(leaf.text == "∞" for leaf in leaves(node))


def inside(script: Surface | None) -> Surface:
    assert script is not None
    script = unwrap(script)
    if isinstance(script, Node) and script.kind == "bracket" and len(script.parts) == 3:
        return script.parts[1]
    return script


def relation_of(node: Surface) -> tuple[list[Surface] | None, str, Surface | None]:
    """The left sides, the relation and the right side of ``x, y ∈ S`` or ``x = t``."""
    listed = items(node)
    if not listed or not is_chain(listed[-1]):
        if listed and is_chain(listed[0]) and len(listed) > 1:
            return None, "list", None
        return None, "", None
    chain = listed[-1]
    assert isinstance(chain, Node)
    if len(chain.parts) < 3 or (isinstance(chain.parts[0], Leaf) and chain.parts[0].type == "REL"):
        return None, "", None
    left = [*listed[:-1], chain.parts[0]]
    if chain.parts[1].text in ("in", "~"):
        if any(isinstance(p, Leaf) and p.type == "DOTS" for p in left):
            return [Node("listed", left)], chain.parts[1].text, chain.parts[2]
        return left, chain.parts[1].text, chain.parts[2]
    if len(left) > 1:
        return None, "list", None
    if len(chain.parts) > 3 and chain.parts[1].text in ("=", ":="):
        return left, "=", chain.parts[2]
    return left, chain.parts[1].text if len(chain.parts) == 3 else "chain", chain.parts[2]


def bare_function(node: Surface | None) -> str:
    """The function of the book that stands without an argument, as in ``σ = tanh``."""
    node = node if node is None else unwrap(node)
    return ELEMENTWISE.get(node.text, "") if isinstance(node, Leaf) and node.type in ("FUNCTION", "WORD") else ""


def probability_of(node: Surface) -> tuple[Surface, Surface] | None:
    """The name and the value of ``P(x = 1)``."""
    if not isinstance(node, Node) or node.kind != "juxtaposed" or len(node.parts) != 2:
        return None
    word, target = node.parts
    if not isinstance(word, Leaf) or word.text not in ("P", "ℙ", "Pr", "p") or not isinstance(target, Node):
        return None
    inner = target.parts[1] if target.kind == "bracket" and len(target.parts) == 3 else None
    if not isinstance(inner, Node) or not is_chain(inner) or len(inner.parts) != 3 or inner.parts[1].text != "=":
        return None
    return inner.parts[0], inner.parts[2]


def sign_of(node: Surface) -> Leaf:
    """The first relation sign of ``x, y ∈ S``."""
    chain = items(node)[-1]
    assert isinstance(chain, Node)
    sign = chain.parts[1]
    assert isinstance(sign, Leaf)
    return sign


def equation(left: Surface, right: Surface) -> Node:
    """``left = right`` as notation."""
    return Node("chain", [left, Leaf("REL", "=", left.end, right.start), right])


def equations(node: Surface) -> list[Node]:
    """The links of ``a = b = c``; none unless all are equations."""
    if not isinstance(node, Node) or not is_chain(node) or len(node.parts) < 5 or len(node.parts) % 2 == 0:
        return []
    if any(not isinstance(p, Leaf) or p.text not in ("=", ":=") for p in node.parts[1::2]):
        return []
    return [Node("chain", list(node.parts[k : k + 3])) for k in range(0, len(node.parts) - 2, 2)]


def is_number(node: Surface | None) -> bool:
    """Whether some notation is a numeral, with or without a sign."""
    leaves = [] if node is None else [x for x in walk(node) if isinstance(x, Leaf)]
    return bool(leaves) and all(x.type in ("NUMBER", "SIGN", "FRAC") for x in leaves)


def arrow(node: Surface) -> tuple[list[Surface], list[Surface], Surface] | None:
    """``f, g : A → B`` as (names, factors of A, B)."""
    if not (isinstance(node, Node) and node.kind == "listed"):
        return None
    colon = next((k for k, p in enumerate(node.parts) if isinstance(p, Leaf) and p.type == "COLON"), -1)
    if colon < 1 or len(node.parts) != colon + 2:
        return None
    chain = node.parts[-1]
    if not (
        isinstance(chain, Node) and chain.kind == "chain" and len(chain.parts) == 3 and chain.parts[1].text == "->"
    ):
        return None
    domain = chain.parts[0]
    arguments = split_times(domain) if isinstance(domain, Node) and domain.kind == "times" else [domain]
    return [p for p in node.parts[:colon] if not isinstance(p, Leaf) or p.type != "COMMA"], arguments, chain.parts[2]


def spread(node: Surface) -> list[Surface]:
    """``a, b > 0`` as one relation for each name."""
    listed = items(node)
    if len(listed) < 2 or not is_chain(listed[-1]) or any(is_chain(p) for p in listed[:-1]):
        return []
    chain = listed[-1]
    if not isinstance(chain, Node) or (isinstance(chain.parts[0], Leaf) and chain.parts[0].type == "REL"):
        return []
    if chain.parts[1].text in ("in", "~", "->") or any(peel(p) is None for p in listed[:-1]):
        return []
    return [*(Node("chain", [p, *chain.parts[1:]]) for p in listed[:-1]), chain]


def dotted_bounds(node: Surface) -> tuple[list[Surface], list[tuple[str, Surface, bool]]] | None:
    """``0 < x_1, …, x_n ≤ 1`` as its members and its bounds (sign, bound, whether the bound stands on the left)."""
    listed = items(node)
    if len(listed) < 3 or not any(isinstance(p, Leaf) and p.type == "DOTS" for p in listed[1:-1]):
        return None
    bounds: list[tuple[str, Surface, bool]] = []
    ends: list[Surface] = []
    for p, first in ((listed[0], True), (listed[-1], False)):
        if not isinstance(p, Node) or not is_chain(p):
            ends.append(p)
            continue
        if len(p.parts) != 3 or p.parts[1].text not in ("<", "<=", ">", ">=", "!="):
            return None
        ends.append(p.parts[2 if first else 0])
        bounds.append((p.parts[1].text, p.parts[0 if first else 2], first))
    inner = listed[1:-1]
    if not bounds or any(peel(p) is None for p in ends) or any(is_chain(p) for p in inner):
        return None
    return [ends[0], *inner, ends[1]], bounds


def split_times(node: Node) -> list[Surface]:
    """The factors of ``m × n``."""
    out: list[Surface] = []
    run: list[Surface] = []
    for p in node.parts:
        if isinstance(p, Leaf) and p.type == "OPERATOR" and p.text == "x":
            out.append(run[0] if len(run) == 1 else Node("times", run))
            run = []
        else:
            run.append(p)
    return [*out, run[0] if len(run) == 1 else Node("times", run)]


def nodes_in(node: Surface) -> list[Node]:
    """The inner nodes of a surface tree."""
    out: list[Node] = []
    stack: list[Surface] = [node]
    while stack:
        n = stack.pop()
        if isinstance(n, Node):
            out.append(n)
            stack += n.parts
    return out


def symbols_in(node: Surface) -> list[Surface]:
    """The outermost symbols in a surface tree (function words and scripts of symbols left out)."""
    out: list[Surface] = []
    stack: list[Surface] = [node]
    while stack:
        n = stack.pop()
        s = peel(n)
        if s is not None:
            out.append(n)
            stack += [script for script in (s.lower, s.upper) if script is not None and not label(script)]
            continue
        if isinstance(n, Node):
            stack.extend(reversed(n.parts))
    return out


def key_of(node: Surface) -> str:
    s = peel(node)
    if s is None:
        return ""
    return s.base + (f"_{label(s.lower)}" if s.lower is not None else "")


def letter_of(node: Surface) -> str:
    parts = items(node)
    first = parts[0] if parts else node
    if isinstance(first, Node) and first.kind == "chain":
        first = first.parts[0]
    s = peel(first)
    return s.base if s is not None else ""


def is_applied(p: Node) -> bool:
    return len(p.parts) == 2 and isinstance(p.parts[1], Node) and p.parts[1].kind == "bracket"


def scripts_in(node: Surface) -> list[Surface]:
    """The scripts in a surface tree."""
    out: list[Surface] = []
    stack: list[Surface] = [node]
    while stack:
        n = stack.pop()
        if isinstance(n, Node):
            if n.kind in ("subscript", "superscript"):
                out.append(n.parts[1])
            stack += n.parts
    return out


def stands_above(node: Surface, letter: str) -> bool:
    """Whether a letter stands in the upper index of a symbol."""
    return any(leaf.text == letter for n in scripts_in(node) for leaf in leaves(n))


def written_together(node: Surface) -> Symbol | None:
    """Letters without a space between them, as one name (``target``)."""
    if not (isinstance(node, Node) and node.kind == "juxtaposed"):
        return None
    if not all(isinstance(p, Leaf) and p.type == "LETTER" and p.text.isascii() for p in node.parts):
        return None
    if any(a.end != b.start for a, b in zip(node.parts, node.parts[1:], strict=False)):
        return None
    return Symbol("".join(p.text for p in node.parts), None, None, 0, node.start, node.end)


def is_power(script: Surface) -> bool:
    """Whether a superscript is an exponent rather than part of a name."""
    script = unwrap(script)
    if isinstance(script, Leaf):
        return script.type in ("NUMBER", "LETTER", "TRANSPOSE")
    return script.kind != "bracket" and not label(script).startswith("⁽")


def stepped(node: Surface, letter: str) -> bool:
    """Whether a letter stands in a script next to a step, as in ``h_{t-1}``."""
    stack: list[Surface] = [node]
    while stack:
        n = stack.pop()
        if isinstance(n, Node):
            if n.kind in ("subscript", "superscript"):
                text = mention(unwrap(n.parts[1])).strip("()")
                if text in (f"{letter}-1", f"{letter}+1"):
                    return True
            stack += n.parts
    return False


def shifted_letter(node: Surface) -> tuple[str, int] | None:
    """``k+1`` as the letter and how far it is moved."""
    node = unwrap(node)
    if not (isinstance(node, Node) and node.kind == "sum" and len(node.parts) == 3):
        return None
    letter, sign, number = node.parts
    plain = all(isinstance(p, Leaf) for p in node.parts) and letter.kind == "LETTER" and number.kind == "NUMBER"
    if not plain or not number.text.isdigit() or len(number.text) > 2:
        return None
    return letter.text, int(number.text) if sign.text == "+" else -int(number.text)


def steps_back(node: Surface, base: str, letter: str) -> bool:
    """Whether ``h_{t-1}`` stands in a formula, for a base and an index letter."""
    for n in nodes_in(node):
        s = peel(n) if n.kind in ("subscript", "superscript") else None
        if s is not None and s.base == base:
            scripts = [mention(x).strip("()") for x in (s.lower, s.upper) if x is not None]
            if f"{letter}-1" in scripts:
                return True
    return False


def many_letters(script: Surface) -> bool:
    return all(x.type == "LETTER" and x.text in "ijklmnt" for x in leaves(script) if x.type != "COMMA")
