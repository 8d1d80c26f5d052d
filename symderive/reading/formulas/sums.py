"""Big operators: Σ, Π, max over an index; their limits and guards, and the ranges of index letters."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from symderive.kernel.terms import ONE, TRUE, Term, abstract, bound, make, num
from symderive.reading.formulas import alphabet
from symderive.reading.formulas.factors import Taken, el_value, letter_of, numbered
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.names import loose, spell
from symderive.reading.formulas.surface import Node, Surface
from symderive.reading.formulas.symbols import items, peel, transposes, unwrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symderive.reading.formulas.elaborate import Elaborator, Factor, Value


def big_head(node: Surface) -> tuple[str, Surface | None, Surface | None] | None:
    lower = upper = None
    while isinstance(node, Node) and node.kind in ("subscript", "superscript"):
        if node.kind == "subscript":
            lower = unwrap(node.parts[1])
        else:
            upper = unwrap(node.parts[1])
        node = node.parts[0]
    return (node.text, lower, upper) if isinstance(node, Leaf) and node.type == "BIG" else None


def big(el: Elaborator, factors: Sequence[Factor], k: int) -> Taken:  # type: ignore[valid-type]
    """Σ or Π, which takes the product to its right."""
    found = big_head(factors[k].node)
    if found is None:
        return None
    word, lower, upper = found
    if word not in ("sum", "prod"):
        raise el.error("unsupported", f"\\{word} is not read", factors[k].node, "Only sums and products are read.")
    return big_operator(el, word, lower, upper, factors, k)


def big_operator(
    el: Elaborator, word: str, lower: Surface | None, upper: Surface | None, factors: Sequence[Factor], k: int
) -> tuple[Value, int]:
    node = factors[k].node
    body = factors[k + 1 :]
    if not body or (body[0].op != ""):
        raise el.error("syntax", "a big operator stands before nothing", node, "Write what it adds up or multiplies.")
    if lower is None:
        raise el.error("unsupported", "a big operator without an index", node, "Write its index below.")
    if word == "prod" and any(f.op == "/" for f in body):
        raise el.error("extent", "how far the product reaches is not clear", node, "Use brackets.")
    binders, guard_parts = limits(el, lower, upper, body, node)
    saved = dict(el.bound)
    names: list[tuple[str, Term, Term]] = []
    for letter, lo, hi in binders:
        i = loose(letter)
        names.append((i, lo, hi))
        el.bound[letter] = bound(i)
        el.bound_ranges[letter] = (lo, hi)
    guards = [r for p in guard_parts for r in el.relation_terms(p)]
    inner = el.product([*body], node)
    el.bound = saved
    row = inner.row
    if el.shape(inner, node) and word != "sum":
        raise el.error("shape", f"{word} of a tensor", node)
    out = inner.term
    for position, (i, lo, hi) in enumerate(reversed(names)):
        if lo.loose & {i} or hi.loose & {i}:
            raise el.error("syntax", "the limits of a sum mention its own index", node)
        own = guards if position == 0 else []
        guard = TRUE if not own else own[0] if len(own) == 1 else make("and", *own)
        out = make("big", word, lo, hi, abstract(guard, i), abstract(out, i))
    return el_value(el, out, row=row), len(factors)


def limits(
    el: Elaborator, lower: Surface, upper: Surface | None, body: Sequence[Factor], node: Surface
) -> tuple[list[tuple[str, Term, Term]], list[Surface]]:
    """The bound letters with their ranges, and the guards, of what stands below and above."""
    binders: list[tuple[str, Term, Term]] = []
    guards: list[Surface] = []
    surfaces = [f.node for f in body]
    for part in _conditions(lower):
        letter = letter_of(part)
        if letter is not None:
            binders.append((letter, *range_of(el, letter, surfaces, node)))
            continue
        if not (isinstance(part, Node) and part.kind == "chain"):
            raise el.error("syntax", "this index of a sum is not read", part)
        first, relation = part.parts[0], part.parts[1].text if len(part.parts) > 1 else ""
        letter = letter_of(first)
        if letter is not None and relation == "=" and len(part.parts) == 3:
            if upper is None:
                raise el.error("syntax", "the sum has no upper limit", node, "Write it above.")
            hi = upper_limit(el, upper)
            binders.append((letter, el.index(part.parts[2]), hi))
        elif letter is not None and relation == "in":
            binders.append((letter, *_set(el, part.parts[2])))
        elif (between := _between(el, part)) is not None:
            binders.append(between)
        else:
            guards.append(part)
            fresh = [x for x in _free_letters(el, part) if x not in [b[0] for b in binders]]
            binders += [(x, *range_of(el, x, surfaces, node)) for x in _bound_by(el, fresh, part, node, relation)]
    if not binders:
        raise el.error("syntax", "the sum binds no index", node, "Write \\sum_{i=1}^{n}.")
    mine = [b[0] for b in binders]
    for part in guards:
        for x in _free_letters(el, part) if isinstance(part, Node) else ():
            if x not in mine and x not in el.names and not binders[0][1].loose and not binders[0][2].loose:
                el.names.index(x, *(el.names.ranges_said.get(x) or binders[0][1:]))
    return binders, guards


def upper_limit(el: Elaborator, node: Surface) -> Term:
    """The last index; a letter of which nothing was said is a positive integer."""
    letter = letter_of(node)
    if letter == "∞":
        raise el.error("unsupported", "infinite sums are not read", node, "Write a finite sum and its limit.")
    new = (
        letter is not None and letter not in el.names and letter not in el.bound and letter not in el.names.ranges_said
    )
    if (
        new
        and not el.names.strict
        and letter is not None
        and not el.names.adopt(letter)
        and letter not in el.names.tainted
    ):
        el.names.inferred.append(f"{spell(letter)} is a positive integer")
        return el.names.dimension(letter)
    return el.index(node)


def _between(el: Elaborator, part: Node) -> tuple[str, Term, Term] | None:
    """``1 ≤ l ≤ n`` as a range."""
    if len(part.parts) != 5 or part.parts[1].text not in ("<=", "<") or part.parts[3].text not in ("<=", "<"):
        return None
    letter = letter_of(part.parts[2])
    if letter is None or letter in el.bound or (letter in el.names and el.names.meanings[letter].role != "index"):
        return None
    lo, hi = el.index(part.parts[0]), el.index(part.parts[4])
    lo = lo if part.parts[1].text == "<=" else make("add", lo, ONE)
    hi = hi if part.parts[3].text == "<=" else make("add", hi, num(-1))
    return letter, lo, hi


def _conditions(lower: Surface) -> list[Surface]:
    parts = [p for p in items(lower) if not (isinstance(p, Leaf) and p.type in ("COLON", "MID", "TEXT"))]
    out: list[Surface] = []
    for p in parts:
        p = unwrap(p)
        if isinstance(p, Node) and p.kind == "listed":
            out += _conditions(p)
        else:
            out.append(p)
    return out


def _free_letters(el: Elaborator, part: Node) -> list[str]:
    from symderive.reading.formulas.elaborate import leaves

    out: list[str] = []
    for leaf in leaves(part):
        if leaf.type != "LETTER" or leaf.text in el.bound or leaf.text in out:
            continue
        if leaf.text in el.names and el.names.meanings[leaf.text].role != "index":
            continue
        out.append(leaf.text)
    return out


def _bound_by(el: Elaborator, fresh: list[str], part: Node, node: Surface, relation: str) -> list[str]:
    """Which of the letters of a condition the sum binds: the first, and what occurs nowhere else."""
    from symderive.reading.formulas.elaborate import leaves

    if len(fresh) < 2 or el.root is None:
        return fresh[:1]
    outside = {
        leaf.text for leaf in leaves(el.root) if leaf.type == "LETTER" and not node.start <= leaf.start < el.root.end
    } | {leaf.text for leaf in leaves(el.root) if leaf.type == "LETTER" and leaf.start < node.start}
    own = [x for x in fresh[1:] if x not in outside and x not in el.names and x not in el.names.ranges_said]
    if own and relation == "!=":
        advice = f"Write \\sum_{{{fresh[0]}: {fresh[0]} \\ne {own[0]}}} with {own[0]} declared, or two sums."
        raise el.error("ambiguous", f"it is not clear whether the sum also binds {own[0]}", part, advice)
    return [fresh[0], *own][::-1]


def _set(el: Elaborator, node: Surface) -> tuple[Term, Term]:
    r"""The range of ``i \\in {1, …, n}``."""
    inner = unwrap(node)
    if isinstance(inner, Node) and inner.kind == "bracket" and len(inner.parts) == 3:
        listed = items(inner.parts[1])
        if len(listed) == 1 and inner.parts[0].text == "[":
            return ONE, el.index(listed[0])
        dots = [k for k, p in enumerate(listed) if isinstance(p, Leaf) and p.type == "DOTS"]
        if dots and dots[-1] < len(listed) - 1:
            return el.index(listed[0]), el.index(listed[-1])
    raise el.error("unsupported", "this set is not read as a range", node, "Write i = 1 below and n above.")


def range_of(el: Elaborator, letter: str, surfaces: Sequence[Surface], node: Surface) -> tuple[Term, Term]:
    """The range of an index without limits: that of the place where it stands."""
    for s in surfaces:
        found = range_in(el, letter, s)
        if found is not None:
            return found
    if letter in el.names.ranges_said:
        return el.names.ranges_said[letter]
    raise el.error("undeclared", f"the range of the index {spell(letter)} is not known", node, "Write its limits.")


def range_in(el: Elaborator, letter: str, node: Surface) -> tuple[Term, Term] | None:
    """The range that a letter has as an index of a declared name in a surface tree."""
    stack: list[Surface] = [node]
    while stack:
        n = stack.pop()
        if isinstance(n, Leaf):
            continue
        s = peel(n) if n.kind in ("subscript", "superscript") else None
        if s is not None and (s.lower is not None or s.upper is not None):
            key = s.base
            if key not in el.names and s.lower is not None and letter_of(s.lower) == letter:
                known = numbered(el, key)
                if known:
                    return num(min(known)), num(max(known))
                bold = alphabet.styled(key, "BOLD") if len(key) == 1 else key
                key = bold if bold in el.names else key
            if key in el.names and not el.names.is_function(key):
                ranges = el.names.ranges(key)
                upper = el.names.meanings[key].upper
                parts = (
                    el.index_parts(s.upper, upper) if upper and s.upper is not None and not transposes(s.upper) else []
                )
                if s.lower is not None:
                    parts = [*parts, *el.index_parts(s.lower, len(ranges) - len(parts))]
                for p, (lo, hi) in zip(parts, ranges, strict=False):
                    if letter_of(p) == letter and not lo.dangling and not hi.dangling:
                        return lo, hi
        elif n.kind == "subscript" and s is None:
            inner = unwrap(n.parts[1])
            if any(letter_of(p) == letter for p in el.index_parts(inner, 2)):
                found = _component_range(el, n, letter)
                if found is not None:
                    return found
        stack.extend(reversed(n.parts))
    return None


def _component_range(el: Elaborator, n: Node, letter: str) -> tuple[Term, Term] | None:
    """The range of a letter in ``(…)_{ij}``."""
    from symderive.reading.formulas.errors import ReadingError

    try:
        s = el.shape(el.value(n.parts[0]), n)
    except ReadingError:
        return None
    parts = el.index_parts(unwrap(n.parts[1]), len(s))
    for p, r in zip(parts, s, strict=False):
        if letter_of(p) == letter:
            return r
    return None


def range_of_bound(el: Elaborator, letter: str) -> tuple[Term, Term] | None:
    return el.bound_ranges.get(letter)


def big_letters(node: Surface) -> set[str]:
    """The letters that sums within a product bind."""
    out: set[str] = set()
    factors = node.parts if isinstance(node, Node) and node.kind in ("juxtaposed", "times") else [node]
    for f in factors:
        found = big_head(f)
        if found is not None and found[1] is not None:
            for part in _conditions(found[1]):
                first = part.parts[0] if isinstance(part, Node) and part.kind == "chain" else part
                letter = letter_of(first)
                if letter is not None:
                    out.add(letter)
    return out


def mentions_index(node: Surface, letter: str) -> bool:
    """Whether a letter stands in a subscript outside of the sums that bind it."""
    if isinstance(node, Leaf):
        return False
    if node.kind == "subscript" and any(x.text == letter for x in _letters_of(node.parts[1])):
        return True
    for p in node.parts:
        if letter in big_letters(p) and big_head(p) is not None:
            return False
        if mentions_index(p, letter):
            return True
    return False


def _letters_of(node: Surface) -> list[Leaf]:
    from symderive.reading.formulas.elaborate import leaves

    return [x for x in leaves(node) if x.type == "LETTER"]


@contextmanager
def binding(el: Elaborator, letter: str, lo: Term, hi: Term) -> Iterator[str]:
    """A letter bound for a while, as a loose variable."""
    saved = dict(el.bound)
    name = loose(letter)
    el.bound[letter] = bound(name)
    el.bound_ranges[letter] = (lo, hi)
    try:
        yield name
    finally:
        el.bound = saved
