r"""What products and transposes say about undeclared letters: vectors and matrices, and which sizes agree.

Notes write ``z = W x + b`` and ``\partial L / \partial W = \delta x^\top`` without a word on shapes.  A transpose or a
norm tells that letters are tensors: capitals of products are matrices then, and what they multiply are vectors.  Sizes
are unified along sums and products; each that remains gets a dimension of its own.  All of it is echoed as inferred.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from symderive.kernel.context import Name
from symderive.kernel.terms import ONE, Term
from symderive.reading.formulas.functions import ELEMENTWISE as WORDS
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.names import Meaning, Names, spell
from symderive.reading.formulas.surface import Node, Surface, walk
from symderive.reading.formulas.symbols import peel, symbol_key, transposes, unwrap

NUMBERS = frozenset("CDEFGIJKLMNPRST")
"""Capitals that are rarely matrices by themselves: losses, counts, functions, moments."""
BUILT_IN = frozenset({"I", "𝐈", "𝟏", "𝟙", "e", "π", "d", "∂", "∇", "δ", "E", "𝔼"})
"""Letters with a meaning of their own."""
ELEMENTWISE = frozenset("σφϕψ")
"""Letters for functions that act entry by entry."""
ROUNDS = 6
"""Passes over the formulas; each carries shapes one definition further."""


def infer_tensors(names: Names, nodes: Sequence[Surface], defined: Collection[str], *, rows: bool) -> None:
    """Declare undeclared letters as vectors and matrices, where a transpose tells that some are.

    Args:
        names: what is declared; grows.
        nodes: the formulas.
        defined: keys that the text defines itself.
        rows: whether vectors are rows.
    """
    shapes = _Shapes(names, rows)
    for node in nodes:
        shapes.turned |= {k for n in walk(node) for k in (_turned(n), *_normed(n)) if k and k not in names}
    if not any(_is_matrix(k) or k not in defined for k in shapes.turned):
        return
    for _ in range(ROUNDS):
        before = shapes.state()
        for node in nodes:
            shapes.look(node)
        if shapes.state() == before:
            break
    shapes.declare(defined)


def _turned(n: Surface) -> str:
    """The key of a name that is transposed."""
    if not isinstance(n, Node) or n.kind != "superscript" or transposes(n.parts[1]) != "T":
        return ""
    s = peel(n.parts[0])
    return "" if s is None or s.upper is not None else symbol_key(s)


def _small(node: Surface) -> str:
    """The key of a small letter without scripts; else empty."""
    s = peel(node)
    key = "" if s is None or s.upper is not None or s.lower is not None else symbol_key(s)
    return key if key[:1].isascii() and key[:1].islower() and key not in BUILT_IN else ""


def _normed(n: Surface) -> list[str]:
    """The keys of names that stand by themselves between the bars of a norm: ``‖x‖``, ``‖y - W x‖``."""
    if not isinstance(n, Node) or n.kind != "bracket" or n.parts[0].text != "||" or len(n.parts) != 3:
        return []
    inside = unwrap(n.parts[1])
    terms = inside.parts if isinstance(inside, Node) and inside.kind == "sum" else [inside]
    found = [s for p in terms if (s := peel(p)) is not None and s.upper is None and s.lower is None]
    return [symbol_key(s) for s in found if s.base not in BUILT_IN]


def _is_matrix(key: str) -> bool:
    return key[:1].isupper() and key[:1].isascii() and key[:1] not in NUMBERS


Sizes = list[int]


@dataclass
class _Shapes:
    """Sizes of names, as classes of numbers that are equal."""

    names: Names
    rows: bool
    turned: set[str] = field(default_factory=set)
    known: dict[str, Sizes] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)
    """Small letters beside transposed ones that may be numbers or vectors."""
    parent: list[int] = field(default_factory=list)
    said: dict[int, Term] = field(default_factory=dict)

    def state(self) -> tuple[int, int]:
        return len(self.known), len({self.root(k) for k in range(len(self.parent))})

    # -- sizes --------------------------------------------------------------------------------------

    def fresh(self) -> int:
        self.parent.append(len(self.parent))
        return len(self.parent) - 1

    def root(self, k: int) -> int:
        while self.parent[k] != k:
            k = self.parent[k]
        return k

    def join(self, a: int, b: int) -> None:
        a, b = self.root(a), self.root(b)
        if a == b:
            return
        if b in self.said and a not in self.said:
            a, b = b, a
        self.parent[b] = a

    def unify(self, a: Sizes, b: Sizes) -> None:
        if len(a) == len(b):
            for x, y in zip(a, b, strict=True):
                self.join(x, y)

    def of(self, key: str) -> Sizes | None:
        """The sizes of a name; None if nothing is known of it."""
        if key not in self.known and key in self.names and not self.names.is_function(key):
            sizes: Sizes = []
            for _, hi in self.names.ranges(key):
                k = next((k for k, t in self.said.items() if t is hi), None)
                if k is None:
                    k = self.fresh()
                    self.said[k] = hi
                sizes.append(k)
            self.known[key] = sizes
        return self.known.get(key)

    # -- formulas -----------------------------------------------------------------------------------

    def look(self, node: Surface) -> None:
        """Carry shapes along one relation."""
        if isinstance(node, Node) and node.kind == "chain":
            sides = [p for p in node.parts if not (isinstance(p, Leaf) and p.type == "REL")]
            found = [self.shape(p) for p in sides]
            whole = next((z for z in found if z), None)
            for p, z in zip(sides, found, strict=True):
                if z and whole:
                    self.unify(z, whole)
                self.tell(p, whole)
            return
        self.shape(node)

    def tell(self, node: Surface, sizes: Sizes | None) -> None:
        """Give a bare name the shape of what it stands beside."""
        s = peel(unwrap(node))
        if s is None or not sizes or s.upper is not None:
            return
        key = symbol_key(s)
        if key in BUILT_IN or key in self.names or key in self.known or (_is_matrix(key) and len(sizes) != 2):
            return
        self.known[key] = sizes

    def shape(self, node: Surface) -> Sizes | None:
        """The sizes of a term: empty for a number; None if nothing is known."""
        node = unwrap(node)
        if isinstance(node, Leaf):
            return [] if node.type == "NUMBER" else self.leaf(node)
        match node.kind:
            case "sum":
                return self.sum(node)
            case "juxtaposed" | "times":
                return self.product(node)
            case "superscript":
                inner = self.shape(node.parts[0])
                if transposes(node.parts[1]) == "T" and inner is not None and len(inner) == 2:
                    return inner[::-1]
                return inner
            case "bracket":
                inner = self.shape(node.parts[1]) if len(node.parts) == 3 else None
                return [] if node.parts[0].text in ("||", "|") else inner
            case "fraction":
                return self.fraction(node)
            case "chain" | "listed":
                self.look(node) if node.kind == "chain" else None
                return None
            case _:
                return self.leaf(node)

    def leaf(self, node: Surface) -> Sizes | None:
        s = peel(node)
        if s is None:
            return None
        key = symbol_key(s)
        found = self.of(key)
        if found is None and key in self.turned and key not in self.names and key not in BUILT_IN:
            found = self.known[key] = [self.fresh() for _ in range(2 if key[:1].isupper() else 1)]
        return found

    def sum(self, node: Node) -> Sizes | None:
        parts = [p for p in node.parts if not (isinstance(p, Leaf) and p.type == "SIGN")]
        found = [self.shape(p) for p in parts]
        whole = next((z for z in found if z), None)
        for p, z in zip(parts, found, strict=True):
            if z and whole:
                self.unify(z, whole)
            elif z is None:
                self.tell(p, whole)
        return whole if whole is not None else next((z for z in found if z is not None), None)

    def fraction(self, node: Node) -> Sizes | None:
        """A quotient; a derivative of a number has the shape of what it is by."""
        top, bottom = unwrap(node.parts[1]), unwrap(node.parts[2])
        if isinstance(bottom, Node) and bottom.kind == "juxtaposed" and isinstance(bottom.parts[0], Leaf):
            if bottom.parts[0].type == "PARTIAL" and len(bottom.parts) == 2:
                above = top.parts[1] if isinstance(top, Node) and len(top.parts) == 2 else None
                own = None if above is None else self.shape(above)
                by = self.shape(bottom.parts[1])
                return by if not own else None
        return self.shape(top)

    def product(self, node: Node) -> Sizes | None:
        """A product from left to right; unknown letters beside matrices are vectors."""
        acc: Sizes | None = []
        turned = False
        factors = [p for p in node.parts if not (isinstance(p, Leaf) and p.type in ("OPERATOR", "SIGN"))]
        wise = any(isinstance(p, Leaf) and p.type == "OPERATOR" and p.text == "o." for p in node.parts)
        applied = len(factors) == 2 and isinstance(factors[1], Node) and factors[1].kind == "bracket"
        heads = ("FUNCTION", "WORD", "BIG", "NABLA")
        if (applied and self.acts(factors[0])) or any(isinstance(p, Leaf) and p.type in heads for p in factors):
            return self.call(factors)
        for k, p in enumerate(factors):
            here = self.shape(p)
            here = self.beside(factors, k, acc) if here is None else here
            here = self.contracted(p, acc, turned=turned) if here is None else here
            if here is None and any(_turned(q) for q in factors[max(0, k - 1) : k + 2]):
                self.unclear |= {key for key in [_small(p)] if key and key not in self.names}
            across = isinstance(p, Node) and p.kind == "superscript" and transposes(p.parts[1]) == "T"
            if here is None or acc is None:
                acc = None
            elif wise or not acc or not here:
                if wise and acc and here:
                    self.unify(acc, here)
                acc, turned = (here, across) if not acc else (acc, turned)
            else:
                acc, turned = self.multiply(acc, turned, here)
        return acc

    def call(self, factors: Sequence[Surface]) -> Sizes | None:
        """A function of one argument, entry by entry."""
        for p in factors[:-1]:
            self.shape(p)
        inner = self.shape(factors[-1])
        return inner if len(factors) == 2 and self.acts(factors[0]) else None

    def acts(self, node: Surface) -> bool:
        """Whether something is a function that acts entry by entry."""
        if isinstance(node, Leaf) and node.type in ("FUNCTION", "WORD"):
            return node.text in WORDS
        s = peel(node)
        return s is not None and s.base in ELEMENTWISE and (s.base not in self.names or self.names.is_function(s.base))

    def beside(self, factors: Sequence[Surface], k: int, acc: Sizes | None) -> Sizes | None:
        """The shape of an unknown letter beside a matrix, or of an unknown capital beside a tensor."""
        s = peel(factors[k])
        key = "" if s is None or s.upper is not None else symbol_key(s)
        if not key or key in BUILT_IN or key in self.names or not key[:1].isascii() or not key[:1].isalpha():
            return None
        following = self.shape(factors[k + 1]) if k + 1 < len(factors) else None
        tensor = bool(acc) or bool(following)
        if _is_matrix(key):
            self.known[key] = [self.fresh(), self.fresh()]
        elif not key[:1].isupper() and tensor and 2 in (len(acc or ()), len(following or ())):
            self.known[key] = [self.fresh()]
        return self.known.get(key)

    def contracted(self, node: Surface, acc: Sizes | None, *, turned: bool) -> Sizes | None:
        """The shape of an unknown letter after a transposed vector, as x in wᵀx."""
        key = _small(node)
        if not key or key in self.names or acc is None or len(acc) != 1 or turned == self.rows:
            return None
        self.known[key] = [acc[0]]
        return self.known[key]

    def multiply(self, a: Sizes, turned: bool, b: Sizes) -> tuple[Sizes | None, bool]:
        """A product of tensors: the inner sizes agree."""
        rows_left = len(a) == 1 and turned != self.rows  # a row vector on the left
        if len(a) == len(b) == 1:
            if rows_left:
                self.join(a[0], b[0])
                return [], False
            return [a[0], b[0]], False
        if len(a) == 2:
            self.join(a[1], b[0])
            return ([a[0], b[1]], False) if len(b) == 2 else ([a[0]], self.rows)
        self.join(a[0], b[0])
        return [b[1]], not self.rows

    # -- names --------------------------------------------------------------------------------------

    def declare(self, defined: Collection[str]) -> None:
        self.names.tainted |= self.unclear - self.known.keys() - set(defined)
        dimensions: dict[int, Term] = {}
        for key, sizes in self.known.items():
            if key in self.names or key in defined or not sizes:
                continue
            for k in map(self.root, sizes):
                if k not in dimensions:
                    dimensions[k] = self.said.get(k) or self.names.fresh_dimension({*self.known, *defined})
            ranges = tuple((ONE, dimensions[self.root(k)]) for k in sizes)
            self.names.add(Meaning(key, spell(key), "inferred"), Name("real", ranges))
            self.names.inferred.append(f"{spell(key)} is a {'vector' if len(sizes) == 1 else 'matrix'}")
