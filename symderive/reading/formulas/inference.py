r"""What the use of undeclared letters says about them: families, and which of them share an index.

Notes rarely declare their vectors: ``a_j = e^{z_j} / \sum_k e^{z_k}`` says that a and z have entries with one
range.  Letters that stand in the same place of a name, or are bound by the same sum, have the same range;
each class without a declared one gets a dimension of its own.  All of it is echoed as inferred.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from symderive.kernel.context import Name, Range
from symderive.kernel.terms import INF, ONE, abstract, at, bound, make, rel, sym
from symderive.reading.formulas.alphabet import styled
from symderive.reading.formulas.elaborate import Elaborator
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.names import Meaning, Names, loose, spell
from symderive.reading.formulas.sums import big_letters
from symderive.reading.formulas.surface import Node, Surface
from symderive.reading.formulas.symbols import Symbol, letters, peel, transposes, unwrap

Slot = tuple[str, int]
"""A base and the place of an index on it."""

INDEX_LETTERS = frozenset("ijklmnpqrstabc")
"""Letters below a name that may be an index; so may d if it stands below several names: ``X_{nd} w_d``."""
COUNTS = frozenset("mnNMBKTDS")
"""Letters for a number of terms."""


@dataclass
class _Use:
    """How the undeclared bases of some formulas are indexed."""

    ranks: dict[str, set[int]] = field(default_factory=dict)
    scripts: dict[str, set[str]] = field(default_factory=dict)
    links: list[tuple[Slot, Slot]] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)
    known: dict[Slot, Range] = field(default_factory=dict)
    letters: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    counts: dict[str, str] = field(default_factory=dict)
    """Letters that sums without bounds run through, with the letter by which the sum is divided: m in 1/m Σ_i."""
    indices: dict[str, Slot] = field(default_factory=dict)
    """Bases whose entries are indices themselves (``p_{y_i}``), with the place where they stand."""


def infer_families(names: Names, nodes: Iterable[Surface], defined: Collection[str] = ()) -> None:
    """Declare the undeclared bases that are used with index letters, each with its range.

    Args:
        names: what is declared; grows.
        nodes: the formulas.
        defined: bases that the text defines itself; for them only the range of the letters is noted.
    """
    use = _Use()
    formulas = list(nodes)
    for node in formulas:
        use.bound |= {x for n in _nodes(node) for x in big_letters(n)}
    for node in formulas:
        _look(names, node, use)
        use.counts |= {i: m for n in _nodes(node) for i, m in _averages(n) if m not in names}
    _join(names, use)
    families = {b: next(iter(r)) for b, r in use.ranks.items() if len(r) == 1 and _is_family(use, b)}
    families |= {b: next(iter(r)) for b, r in use.ranks.items() if len(r) == 1 and _is_indexed_alike(use, b, families)}
    ranges = _ranges(names, use, families)
    for base in [b for b in families if b in defined]:
        rank = families.pop(base)
        for x, k in use.letters.get(base, ()):
            if k < rank and x not in names.ranges_said and x not in names:
                names.ranges_said[x] = ranges[base, k]
    for base, rank in families.items():
        own = tuple(ranges[base, k] for k in range(rank))
        place = use.indices.get(base)
        of = None if place is None else use.known.get(place) or ranges.get(place)
        names.add(Meaning(base, spell(base), "inferred"), Name("real" if of is None else "int", own))
        if of is not None:
            _within(names, base, own, of)
        names.inferred.append(f"{spell(base)} has {'entries with an index' if rank == 1 else f'{rank} indices'}")


def _within(names: Names, base: str, own: Sequence[Range], of: Range) -> None:
    """Every entry of a base is an index in a range."""
    letters_ = [loose() for _ in own]
    entry = at(sym(base), *(bound(x) for x in letters_))
    facts = [rel("<=", of[0], entry)] + ([] if of[1] is INF else [rel("<=", entry, of[1])])
    for f in facts:
        out = f
        for x, (lo, hi) in zip(reversed(letters_), reversed(own), strict=True):
            out = make("all", lo, hi, abstract(out, x))
        names.assume(out)


def _join(names: Names, use: _Use) -> None:
    """Ranges that one letter runs through are the same: one that nobody named becomes the other."""
    for a, b in use.links:
        r, s = use.known.get(a), use.known.get(b)
        if r is None or s is None or r == s or r[0] is not s[0]:
            continue
        for old, new in ((r[1], s[1]), (s[1], r[1])):
            if old.head == "sym" and old.name() in names.open_dimensions:
                names.identify(old.name(), new)
                use.known = {k: names.ranges(k[0])[k[1]] for k in use.known}
                break


def bases_of(node: Surface) -> set[str]:
    """The bases of the symbols with a subscript in a formula."""
    return {s.base for s in _symbols(node)}


def _averages(node: Node) -> Iterator[tuple[str, str]]:
    r"""The letters i and m of ``\frac{1}{m} \sum_i``."""
    for fraction, big in pairwise(node.parts if node.kind in ("juxtaposed", "times") else ()):
        if not (isinstance(fraction, Node) and fraction.kind == "fraction" and isinstance(big, Node)):
            continue
        under = unwrap(fraction.parts[-1])
        summed = big.kind == "subscript" and isinstance(big.parts[0], Leaf) and big.parts[0].type == "BIG"
        index = letters(unwrap(big.parts[1])) if summed else None
        if index is not None and isinstance(under, Leaf) and under.type == "LETTER" and under.text in COUNTS:
            yield index, under.text


def _nodes(node: Surface) -> Iterator[Node]:
    stack: list[Surface] = [node]
    while stack:
        n = stack.pop()
        if isinstance(n, Node):
            yield n
            stack += n.parts


def _symbols(node: Surface) -> Iterator[Symbol]:
    """The symbols with a subscript, and those in their scripts."""
    stack: list[Surface] = [node]
    while stack:
        n = stack.pop()
        if isinstance(n, Node) and n.kind in ("subscript", "superscript", "prime"):
            s = peel(n)
            if s is not None and s.lower is not None:
                yield s
                stack += [x for x in (s.lower, s.upper) if x is not None]
                continue
        if isinstance(n, Node):
            stack += n.parts


def _look(names: Names, node: Surface, use: _Use) -> None:
    el = Elaborator(names, node)
    places: dict[str, list[Slot]] = {}
    for s in _symbols(node):
        if s.base in names.tainted or (
            s.upper is not None and isinstance(unwrap(s.upper), Node) and not transposes(s.upper)
        ):
            continue
        parts = el.index_parts(s.lower, 9) if s.lower is not None else []
        plain = [
            letters(unwrap(p)) if not isinstance(unwrap(p), Leaf) or unwrap(p).text.isalpha() else unwrap(p).text
            for p in parts
        ]
        shown = [x if x is not None else "?" for x in plain]
        bold = styled(s.base, "BOLD") if len(s.base) == 1 else s.base
        base = bold if s.base not in names and bold in names else s.base
        declared = base in names and not names.is_function(base)
        if (base in names and not declared) or any(
            k.startswith(f"{base}_") and k[len(base) + 1 :].isdigit() for k in names.meanings
        ):
            continue
        if not declared and base not in ("δ", "𝟙", "e"):
            use.ranks.setdefault(base, set()).add(len(parts))
            use.scripts.setdefault(base, set()).update(shown)
        for k, p in enumerate(parts):
            inner = peel(unwrap(p))
            if inner is not None and inner.lower is not None and inner.base not in names:
                use.indices.setdefault(inner.base, (base, k))
        for k, x in enumerate(shown):
            if len(x) == 1 and x.isalpha():
                use.letters.setdefault(base, []).append((x, k))
                places.setdefault(x, []).append((base, k))
            if declared and k < len(names.ranges(base)):
                use.known[base, k] = names.ranges(base)[k]
    for slots in places.values():
        use.links += [(slots[0], other) for other in slots[1:]]


def _is_family(use: _Use, base: str) -> bool:
    """Whether the subscripts of a base are indices: bound by a sum, or several letters in one place."""
    scripts = use.scripts[base]
    shared = sum("d" in xs for xs in use.scripts.values()) > 1
    found = {x for x in scripts if len(x) == 1 and (x in INDEX_LETTERS or (x == "d" and shared))}
    if not found or any(not (x in found or x.isdigit() or x == "?") for x in scripts):
        return False
    return bool(found & use.bound) or len(found) > 1


def _is_indexed_alike(use: _Use, base: str, families: Collection[str]) -> bool:
    """Whether the only letter below a base is one that indexes a family with several indices: y beside ``X_{nd}``."""
    letters_ = {x for b in families if use.ranks[b] & {2, 3} for x in use.scripts[b]}
    scripts = use.scripts[base]
    return bool(scripts) and all(len(x) == 1 and x.isalpha() and x in letters_ for x in scripts)


def _ranges(names: Names, use: _Use, families: dict[str, int]) -> dict[Slot, Range]:
    """A range for every place of every family, the same for places that are linked."""
    parent: dict[Slot, Slot] = {}

    def root(s: Slot) -> Slot:
        while parent.setdefault(s, s) != s:
            s = parent[s]
        return s

    own = {(b, k) for b, rank in families.items() for k in range(rank)}
    for a, b in use.links:
        if (a in own or a in use.known) and (b in own or b in use.known):
            parent[root(a)] = root(b)
    known = {root(s): r for s, r in use.known.items() if not r[0].dangling and not r[1].dangling}
    out: dict[Slot, Range] = {}
    below = {x for xs in use.letters.values() for x, _ in xs} | use.ranks.keys() | use.counts.keys()
    for slot in sorted(own):
        r = root(slot)
        if r not in known:
            running = [x for b, k in own if root((b, k)) == r for x, at_ in use.letters.get(b, ()) if at_ == k]
            count = next((use.counts[x] for x in running if x in use.counts and use.counts[x] not in use.ranks), None)
            known[r] = (ONE, names.dimension(count) if count else names.fresh_dimension(below))
        out[slot] = known[r]
    return out
