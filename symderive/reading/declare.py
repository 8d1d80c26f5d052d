"""What formulas declare, define or assume, once a sentence has said in what role they stand.

The formulas of one sentence are settled together, whatever their order: memberships first, then definitions
as soon as all that they mention is known, then facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

from symderive.kernel.context import Definition, Name, Range, Rejected
from symderive.kernel.shapes import shape as kernel_shape
from symderive.kernel.terms import INF, ONE, ZERO, Term, abstract, at, bound, conjuncts, make, num, rel, sym, value
from symderive.language.expr import E, Expr, Var, eq
from symderive.reading.alphabet import styled
from symderive.reading.elaborate import Elaborator, Value, leaves, transposes
from symderive.reading.errors import ReadingError
from symderive.reading.functions import mentions_index
from symderive.reading.lexer import Leaf
from symderive.reading.names import Macro, Meaning, Names, loose, spell, tabulate, tensor
from symderive.reading.surface import Node, Surface
from symderive.reading.symbols import Symbol, items, label, mention, peel, unwrap


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


@dataclass
class _Pending:
    """A definition that waits for what it mentions."""

    left: Surface
    right: Surface
    item: Item
    symbol: Symbol
    arguments: list[Surface] | None = None
    mentions: set[str] = field(default_factory=set)


NOT_DEFINED = frozenset("Var Cov KL Pr lim max min det tr argmax argmin".split())
SETS_OF_NUMBERS = {"ℝ": "real", "R": "real", "ℕ": "natural", "ℤ": "int", "N": "natural", "𝐑": "real"}


class Declarer:
    """Carries out the declarations of one sentence on a table of names."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.values: list[Term] = []
        """Equations that are put in at the end."""

    def settle(self, batch: Sequence[Item]) -> None:
        """Declare, define and assume all that the items say.

        Raises:
            ReadingError: something does not fit; what was settled before stays.
        """
        pending: list[_Pending] = []
        facts: list[tuple[Surface, Item]] = []
        for item in batch:
            for b in item.binders:
                self.note_range(b)
        for item in batch:
            for part in self.parts(item.node):
                self.first_pass(part, item, pending, facts)
        self.define_all(pending)
        for node, item in facts:
            self.fact(node, item)
        for item in batch:
            self.attributes(item)

    # -- first pass ---------------------------------------------------------------------------------

    def parts(self, node: Surface) -> list[Surface]:
        """The separate declarations of a formula; ``x_1, …, x_n ∈ S`` and ``i = 1, …, n`` stay together."""
        if not (isinstance(node, Node) and node.kind == "listed"):
            return [node]
        out: list[Surface] = []
        group: list[Surface] = []
        for p in node.parts:
            if isinstance(p, Leaf) and p.type == "COMMA":
                continue
            if isinstance(p, Leaf) and p.type in ("SEMICOLON", "QUAD", "TEXT"):
                if group:
                    out += self._regroup(group)
                group = []
                continue
            group.append(p)
        return out + (self._regroup(group) if group else [])

    def _regroup(self, group: list[Surface]) -> list[Surface]:
        if len(group) == 1:
            return group
        quantified = [k for k, p in enumerate(group) if isinstance(p, Leaf) and p.type == "FORALL"]
        if quantified:
            return [Node("listed", group)]
        has_dots = any(isinstance(p, Leaf) and p.type == "DOTS" for p in group)
        if has_dots:
            return [Node("listed", group)]
        first = group[0]
        if _chain(first) and all(not _chain(p) for p in group[1:]):
            return [Node("listed", group)]  # t = 1, 2
        last = group[-1]
        if _chain(last) and all(not _chain(p) for p in group[:-1]):
            return [Node("listed", group)]  # x, y ∈ S; a, b > 0
        return group

    def first_pass(self, node: Surface, item: Item, pending: list[_Pending], facts: list[tuple[Surface, Item]]) -> None:
        node = unwrap(node)
        binders = list(item.binders)
        if isinstance(node, Node) and node.kind == "listed":
            kept: list[Surface] = []
            rest = list(node.parts)
            for k, p in enumerate(rest):
                if isinstance(p, Leaf) and p.type == "FORALL":
                    tail = rest[k + 1 :]
                    binders.append(tail[0] if len(tail) == 1 else Node("listed", tail))
                    break
                kept.append(p)
            if len(binders) > len(item.binders):
                item = Item(**{**item.__dict__, "binders": tuple(binders)})
                self.note_range(binders[-1])
                node = kept[0] if len(kept) == 1 else Node("listed", kept)
        if self.note_range(node):
            return
        colon = _arrow(node)
        if colon is not None:
            for symbol in colon[0]:
                self.function(symbol, colon[1], colon[2], item)
            return
        spread = _spread(node)
        if spread:
            for p in spread:
                self.first_pass(p, item, pending, facts)
            return
        left, relation, right = _relation(node)
        if relation == "in":
            assert left is not None
            assert right is not None
            for p in left:
                self.member(p, right, item)
            return
        if relation == "~":
            assert left is not None
            assert right is not None
            for p in left:
                self.law(p, right, item)
            return
        if relation in ("=", ":=") and left is not None and right is not None and len(left) == 1:
            found = self.definable(left[0], right, item)
            if found is not None:
                pending.append(found)
                return
            facts.append((node, item))
            return
        if relation:
            self.declare_sides(node, item)
            facts.append((node, item))
            return
        listed = items(node)
        if any(isinstance(p, Leaf) and p.type == "DOTS" for p in listed) and (item.codes or item.moments):
            self.dotted(listed, self.kind(item), [d for z in item.sizes for d in self.size_of(z)], [], item)
            return
        for p in listed:
            self.bare(p, item)

    def kind(self, item: Item) -> str:
        """What kind of name a noun phrase makes."""
        if any(w not in ("from", "to") for w, _ in item.moments) or {
            "random",
            "iid",
            "symmetric-law",
            "uncorrelated",
        } & set(item.codes):
            return "random"
        return "int" if "int" in item.codes else "real"

    def note_range(self, node: Surface) -> bool:
        """Remember the range of ``i = 1, …, n``; whether the formula is one."""
        found = self.range(node)
        if found is None:
            return False
        letter, lo, hi = found
        self.names.ranges_said[letter] = (lo, hi)
        return True

    def range(self, node: Surface) -> tuple[str, Term, Term] | None:
        """``i = 1, …, n``, ``t = 1, 2``, ``k ≥ 2``, ``i ∈ {1, …, n}`` as (letter, first, last)."""
        node = unwrap(node)
        parts = [p for p in items(node) if not (isinstance(p, Leaf) and p.type == "TEXT")]
        if not parts or not _chain(parts[0]):
            return None
        chain = parts[0]
        assert isinstance(chain, Node)
        s = peel(chain.parts[0])
        if s is None or s.lower is not None or s.upper is not None or len(chain.parts) < 3:
            return None
        relation = chain.parts[1].text
        if relation == "=" and len(parts) > 1 and len(chain.parts) == 3:
            numbers = [p for p in parts[1:] if not (isinstance(p, Leaf) and p.type == "DOTS")]
            if any(_chain(p) for p in parts[1:]):
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
            relation in (">=", ">")
            and len(parts) == 1
            and s.base not in self.names
            and s.base in "ijklmnqrst"
            and len(chain.parts) == 3
        ):
            lo = unwrap(chain.parts[2])
            if isinstance(lo, Leaf) and lo.type == "NUMBER" and "." not in lo.text:
                return s.base, num(int(lo.text) + (relation == ">")), INF
        return None

    # -- shapes -------------------------------------------------------------------------------------

    def dimension(self, node: Surface) -> Term:
        """A dimension or the end of a range; a fresh letter in it becomes a positive integer."""
        node = unwrap(node)
        if isinstance(node, Leaf) and node.text == "∞":
            return INF
        for leaf_owner in _symbols(node):
            key = _key(leaf_owner)
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
            return [self.dimension(p) for p in _split_times(script)]
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
        ends = [None if _infinite(p) else el.scalar(p) for p in listed]
        lo, hi = ends
        if lo is not None:
            facts.append(lambda x, lo=lo: rel("<" if opened == "(" else "<=", lo, x))  # type: ignore[misc]
        if hi is not None:
            facts.append(lambda x, hi=hi: rel("<" if closed == ")" else "<=", x, hi))  # type: ignore[misc]
        return "real", (), facts

    # -- declarations -------------------------------------------------------------------------------

    def member(self, node: Surface, of: Surface, item: Item) -> None:
        """``x ∈ S`` for a fresh x; a condition for a known one."""
        if isinstance(node, Leaf) and node.type == "DOTS":
            return
        listed = items(node) if isinstance(node, Node) and node.kind == "listed" else [node]
        if any(isinstance(p, Leaf) and p.type == "DOTS" for p in listed):
            kind, dims, facts = self.shape_of_set(of)
            self.dotted(listed, kind if "random" not in item.codes else "random", dims, facts, item)
            return
        for p in listed:
            if isinstance(p, Node) and p.kind == "juxtaposed" and _applied_symbol(p):
                continue
            s = self.symbol(p)
            kind, dims, facts = self.shape_of_set(of)
            kind = "random" if "random" in item.codes and kind == "real" else kind
            self.declare(s, kind, dims, item, facts)

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
            s = peel(p)
            if s is None or s.lower is not None or len(s.base) != 1:
                return []
            if s.base in self.names.ranges_said or any(_letter_of(b) == s.base for b in item.binders):
                out.append(s.base)
            elif s.base not in self.names and _stepped(item.node, s.base):
                self.names.ranges_said[s.base] = (ONE, INF)
                out.append(s.base)
            else:
                return []
        return out

    def range_for(self, letter: str) -> Range:
        return self.names.ranges_said.get(letter, (ZERO, INF))

    def declare(
        self,
        s: Symbol,
        kind: str,
        dims: Sequence[Term],
        item: Item,
        facts: Iterable[Callable[[Term], Term]] = (),
        rank: int = 0,
    ) -> str:
        """A fresh name or family; for a known one only the facts are added."""
        key, lower, upper = self.family_of(s, item)
        if key in self.names:
            known = self.names.ranges(key)
            inferred = self.names.meanings[key].role == "inferred"
            if dims and len(known) != len(dims) + len(lower) + len(upper) and not inferred:
                message = f"{spell(key)} is declared again with another shape"
                raise ReadingError("redefined", message, s.start, s.end, "Use another letter.")
        else:
            ranges = tuple(self.range_for(x) for x in (*upper, *lower)) + tensor(dims)
            meaning = Meaning(key, spell(key), "declared", item.said, len(upper), place=(s.start, s.end))
            self.names.add(meaning, Name(kind, ranges))
        wanted = list(facts)
        if wanted:
            self.assume_each(key, wanted)
        return key

    def assume_each(self, key: str, facts: Sequence[Callable[[Term], Term]]) -> None:
        """Facts about every entry of a name."""
        ranges = self.names.ranges(key)
        indices = [loose() for _ in ranges]
        entry = at(sym(key), *(bound(i) for i in indices))
        for f in facts:
            out = f(entry)
            for i, (lo, hi) in zip(reversed(indices), reversed(ranges), strict=True):
                if lo.dangling or hi.dangling:
                    raise ReadingError("unsupported", "a fact about a family whose ranges depend on each other")
                out = make("all", lo, hi, abstract(out, i))
            self.names.assume(out)

    def dotted(
        self,
        listed: Sequence[Surface],
        kind: str,
        dims: Sequence[Term],
        facts: Iterable[Callable[[Term], Term]],
        item: Item,
    ) -> None:
        """``x_1, …, x_n`` as a family; pairs ``(x_1, y_1), …`` are not read."""
        shown = [p for p in listed if not (isinstance(p, Leaf) and p.type == "DOTS")]
        first, last = self.symbol(shown[0]), self.symbol(shown[-1])
        if first.base != last.base or (first.lower is None) == (first.upper is None):
            raise ReadingError(
                "unsupported",
                "these dots are not read",
                listed[0].start,
                listed[-1].end,
                "Declare a family with an index.",
            )
        above = first.lower is None
        lo = self.dimension(_inside(first.upper if above else first.lower))
        hi = self.dimension(_inside(last.upper if above else last.lower))
        if isinstance(listed[-1], Leaf) and listed[-1].type == "DOTS":
            hi = INF
        if first.base not in self.names:
            meaning = Meaning(
                first.base, spell(first.base), "declared", item.said, int(above), place=(first.start, first.end)
            )
            self.names.add(meaning, Name(kind, ((lo, hi), *tensor(dims))))
        wanted = list(facts)
        if wanted:
            self.assume_each(first.base, wanted)

    def bare(self, node: Surface, item: Item) -> None:
        """A name that stands alone: declared by its noun phrase, or not at all."""
        if isinstance(node, Leaf) and node.type in ("DOTS", "FORALL"):
            return
        codes = item.codes
        shaped = self.shaped_symbol(node)
        if shaped is not None:
            s, dims = shaped
            self.declare(s, "random" if "random" in codes else "real", dims, item)
            return
        s_ = peel(unwrap(node))
        if s_ is None or (not codes and not item.sizes and not item.moments):
            return
        sliced = self.sequence(s_)
        if sliced is not None:
            ranges = (sliced, *tensor([d for size in item.sizes for d in self.size_of(size)]))
            self.names.add(
                Meaning(s_.base, spell(s_.base), "declared", item.said, place=(s_.start, s_.end)),
                Name(self.kind(item), ranges),
            )
            return
        if "logistic" in codes:
            self.logistic(s_)
            return
        key, lower, upper = self.family_of(s_, item)
        if s_.base in self.names and self.names.ranges(s_.base) and (s_.lower is not None or s_.upper is not None):
            return
        if key in self.names and self.names.meanings[key].role != "inferred":
            return
        if "basis" in codes:
            self.basis(s_, item)
            return
        if "function" in codes or ("function?" in codes and "rank1" not in codes):
            self.names.add(
                Meaning(key, spell(key), "declared", item.said, place=(s_.start, s_.end)), Name("function", (), ((),))
            )
            return
        ends = dict(item.moments)
        if "from" in ends and "to" in ends and key not in self.names:
            lo, hi = (self.dimension(e) for e in (ends["from"], ends["to"]) if e is not None)
            self.names.add(Meaning(key, spell(key), "declared", item.said, place=(s_.start, s_.end)), Name("int"))
            self.names.assume(rel("<=", lo, sym(key)), rel("<=", sym(key), hi))
            return
        dims = [d for size in item.sizes for d in self.size_of(size)]
        rank = 2 if "rank2" in codes else 1 if "rank1" in codes else 0
        if rank and len(dims) == 1 and rank == 2 and "square" in codes:
            dims = dims * 2
        if rank and not dims:
            return
        if "identity" in codes and len(dims) == 2:
            self.identity(key, dims[0], item)
            return
        kind = self.kind(item)
        if not (
            {"real", "int", "random", "rank1", "rank2"} & set(codes) or dims or item.moments or lower or upper or codes
        ):
            return
        if s_.lower is not None and not lower and not upper and _many_letters(s_.lower):
            raise ReadingError(
                "undeclared",
                f"the indices of {spell(s_.base)} have no range",
                s_.start,
                s_.end,
                "Say for which indices: for $i = 1, \\dots, n$.",
            )
        self.declare(s_, kind, dims, item)

    def sequence(self, s: Symbol) -> Range | None:
        """``x_{1:T}`` as the range of a family."""
        inner = s.lower
        if not (isinstance(inner, Node) and inner.kind == "listed" and len(inner.parts) == 3) or s.base in self.names:
            return None
        if not (isinstance(inner.parts[1], Leaf) and inner.parts[1].type == "COLON"):
            return None
        return self.dimension(inner.parts[0]), self.dimension(inner.parts[2])

    def size_of(self, node: Surface) -> list[Term]:
        node = unwrap(node)
        base = node
        while isinstance(base, Node) and base.kind in ("superscript", "subscript"):
            base = base.parts[0]
        if isinstance(base, Leaf) and base.text in SETS_OF_NUMBERS:
            return list(self.shape_of_set(node)[1])
        return self.sizes(node)

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

    def function(self, symbol: Surface, arguments: Sequence[Surface], result: Surface, item: Item) -> None:
        """``f : ℝⁿ → ℝ``."""
        s = self.symbol(symbol)
        key, _, _ = self.family_of(s, item)
        shapes = tuple(tensor(self.shape_of_set(a)[1]) for a in arguments)
        out = tensor(self.shape_of_set(result)[1])
        if key not in self.names:
            self.names.add(
                Meaning(key, spell(key), "declared", item.said, place=(s.start, s.end)), Name("function", out, shapes)
            )

    def logistic(self, s: Symbol) -> None:
        x = loose()
        if s.base in self.names and not self.names.is_function(s.base):
            raise ReadingError(
                "redefined",
                f"{spell(s.base)} has a meaning already",
                s.start,
                s.end,
                "Use another letter for one of them.",
            )
        self.names.conventions.add("sigma-logistic")
        if s.base not in self.names:
            self.names.add(
                Meaning(s.base, spell(s.base), "defined", "the logistic function"), Name("function", (), ((),))
            )
            self.names.scope.definitions[s.base] = Definition((x,), (((), make("app", "sigmoid", bound(x))),))
            self.names.changed()

    def basis(self, s: Symbol, item: Item) -> None:
        """``e_j`` is the j-th standard basis vector; its length comes from the sentence or the only dimension."""
        dims = [d for size in item.sizes for d in self.size_of(size)]
        if not dims:
            vectors = {
                r[0][1]
                for k in self.names.meanings
                if k in self.names.scope.names and len(r := self.names.ranges(k)) == 1 and r[0][0] is ONE
            }
            vectors.discard(INF)
            if len(vectors) != 1:
                raise ReadingError(
                    "undeclared",
                    "the length of the basis vectors is not known",
                    s.start,
                    s.end,
                    "Say: of $\\mathbb{R}^n$.",
                )
            dims = [vectors.pop()]
        n = dims[0]
        i = loose()
        body = tabulate(lambda a: make("cases", rel("=", a, bound(i)), ONE, ZERO), ((ONE, n),))
        self.names.add(Meaning(s.base, spell(s.base), "basis", item.said), Name("real", ((ONE, n), (ONE, n))))
        self.names.scope.definitions[s.base] = Definition((i,), ((((ONE, n),), body),))

    def identity(self, key: str, n: Term, item: Item) -> None:
        body = tabulate(lambda i, j: make("cases", rel("=", i, j), ONE, ZERO), ((ONE, n), (ONE, n)))
        self.define_plain(key, Value(body), item, (0, 1))

    def law(self, node: Surface, of: Surface, item: Item) -> None:
        """``x ~ N(μ, σ²)``."""
        of = unwrap(of)
        parts = of.parts if isinstance(of, Node) and of.kind == "juxtaposed" else []
        name = peel(parts[0]) if len(parts) == 2 else None
        if (
            name is None
            or name.base not in ("𝒩", "N")
            or not (isinstance(parts[1], Node) and parts[1].kind == "bracket")
        ):
            raise ReadingError(
                "unsupported",
                "this law is not read",
                of.start,
                of.end,
                "Write \\mathcal{N}(\\mu, \\sigma^2), or state its moments.",
            )
        arguments = items(parts[1].parts[1])
        if len(arguments) != 2:
            raise ReadingError("syntax", "the normal law has two parameters", of.start, of.end)
        if any(_key(q) in ("I", "𝐈", "Σ", "𝚺") and _key(q) not in self.names for q in _symbols(arguments[1])):
            raise ReadingError(
                "unsupported", "a normal vector is not read yet", of.start, of.end, "State the law of its entries."
            )
        self.declare_sides(parts[1], item)
        el = Elaborator(self.names, of)
        mean, variance = (el.value(a).term for a in arguments)
        if el.shape(mean, of) or el.shape(variance, of):
            raise ReadingError("unsupported", "a normal vector is not read yet", of.start, of.end)
        s = self.symbol(node)
        key, lower, upper = self.family_of(s, item)
        ranges = tuple(self.range_for(x) for x in (*upper, *lower))
        if any(t.head == "sym" for t in (variance,)) and not self._known_positive(variance):
            self.names.assume(rel("<", ZERO, variance))
        if key not in self.names:
            meaning = Meaning(key, spell(key), "declared", item.said, len(upper), place=(s.start, s.end))
            self.names.add(meaning, Name("random", ranges, (), ("normal", (mean, variance))))

    def _known_positive(self, t: Term) -> bool:
        return rel("<", ZERO, t) in self.names.scope.facts

    def declare_sides(self, node: Surface, item: Item) -> None:
        """Fresh names in a relation are numbers; scripted ones with an open index are left to the reader."""
        random = "random" in item.codes
        for p in _symbols(node):
            s = peel(p)
            if s is None:
                continue
            key, lower, upper = self.family_of(s, item)
            if s.lower is not None and self._tied(s):
                continue
            if any(k in self.names for k in (key, s.base, f"{s.base}_{label(s.lower)}")) or s.base in (
                "e",
                "π",
                "𝔼",
                "∞",
                "E",
            ):
                continue
            if len(key) == 1 and key in self.names.ranges_said:
                continue
            if lower or upper or s.lower is None:
                self.declare(s, "random" if random else "real", (), item) if not lower and not upper else None

    # -- definitions --------------------------------------------------------------------------------

    def definable(self, left: Surface, right: Surface, item: Item) -> _Pending | None:
        """The definition that ``left = right`` is, if the left side is a fresh name."""
        left = unwrap(left)
        arguments: list[Surface] | None = None
        target = left
        if isinstance(left, Node) and left.kind == "juxtaposed" and len(left.parts) == 2:
            bracket = left.parts[1]
            word = left.parts[0]
            if (
                isinstance(word, Leaf)
                and word.type == "FUNCTION"
                and item.role == "let"
                and word.text not in NOT_DEFINED
            ):
                left.parts[0] = Leaf("WORD", f"{word.text}ᵘ", word.start, word.end)
            if (
                isinstance(bracket, Node)
                and bracket.kind == "bracket"
                and bracket.parts[0].text == "("
                and len(bracket.parts) == 3
            ):
                arguments, target = [bracket.parts[1]], left.parts[0]
        s = peel(target)
        if s is None or item.role == "value":
            return None
        key, lower, upper = self.family_of(s, item)
        if s.upper is not None and is_power(s.upper) and not upper:
            return None
        if key in self.names and self.names.meanings[key].role != "inferred":
            return None
        if s.lower is not None and s.base not in self.names and self._tied(s):
            return None
        if (
            s.base in self.names
            and key != s.base
            and self.names.ranges(s.base)
            and not lower
            and not upper
            and s.base not in self.names.scope.definitions
        ):
            return None
        if not arguments and s.base in ("𝔼", "E") and s.base not in self.names:
            return None
        mentions = {_key(p) for p in _symbols(right)} | {q.base for p in _symbols(right) if (q := peel(p)) is not None}
        return _Pending(left, right, item, s, arguments, mentions)

    def _tied(self, s: Symbol) -> bool:
        """Whether a light letter with an index is an entry of the bold vector of that letter."""
        bold = styled(s.base, "BOLD") if len(s.base) == 1 else s.base
        return bold != s.base and bold in self.names and bool(self.names.ranges(bold))

    def define_all(self, pending: list[_Pending]) -> None:
        """Define in the order of dependence; families by recurrence together."""
        while pending:
            keys = {self.family_of(p.symbol, p.item)[0] for p in pending} | {p.symbol.base for p in pending}
            families = self._families(pending)
            ready = [
                p
                for p in pending
                if p.symbol.base not in families
                and not (p.mentions & keys - {self.family_of(p.symbol, p.item)[0], p.symbol.base})
            ]
            if ready:
                for p in ready:
                    self.define(p)
                pending = [p for p in pending if p not in ready]
                continue
            blocked = {
                b for b, ps in families.items() if any(m in keys and m not in families for p in ps for m in p.mentions)
            }
            group = {b: ps for b, ps in families.items() if b not in blocked} or families
            if not group:
                for p in pending:
                    self.define(p)
                return
            self.define_families(group)
            done = [p for ps in group.values() for p in ps]
            pending = [p for p in pending if p not in done]

    def _families(self, pending: Sequence[_Pending]) -> dict[str, list[_Pending]]:
        """Definitions with a ranging index, with the clauses for single indices, by base."""
        out: dict[str, list[_Pending]] = {}
        for p in pending:
            _, lower, upper = self.family_of(p.symbol, p.item)
            if lower or upper:
                out.setdefault(p.symbol.base, []).append(p)
        for p in pending:
            if p.symbol.base in out and p not in out[p.symbol.base]:
                out[p.symbol.base].append(p)
        return out

    def define(self, p: _Pending) -> None:
        key, _, _ = self.family_of(p.symbol, p.item)
        place = (p.symbol.start, p.symbol.end)
        if p.arguments is not None:
            self.define_with_arguments(key, p)
            return
        value = Elaborator(self.names, p.right).read(p.right)
        self.define_plain(key, value, p.item, place)

    def define_plain(self, key: str, value: Value, item: Item, place: tuple[int, int]) -> None:
        context = self.names.scope.context()
        ranges = kernel_shape(context, value.term)
        if key in self.names and self.names.meanings[key].role == "inferred":
            del self.names.scope.names[key]
            del self.names.meanings[key]
        self.names.add(Meaning(key, spell(key), "defined", item.said, row=value.row, place=place), Name("real", ranges))
        self.names.scope.definitions[key] = Definition((), (((), value.term),))
        self.names.changed()

    def define_with_arguments(self, key: str, p: _Pending) -> None:
        """``f(x) = …``: a function of numbers; a quantity that mentions what it depends on; or both."""
        assert p.arguments is not None
        inside = p.arguments[0]
        text = mention(inside)
        parts = items(inside)
        symbols = [peel(q) for q in parts]
        plain = all(s is not None and s.lower is None and s.upper is None for s in symbols)
        for b in p.item.binders:
            left, relation, right = _relation(b)
            if relation == "in" and left is not None and right is not None:
                for q in left:
                    if _key(q) not in self.names:
                        self.member(q, right, Item(q, "let"))
        known = all(_key(s) in self.names or "|" in text for s in parts)
        place = (p.symbol.start, p.symbol.end)
        if plain and not any(s is not None and s.base in self.names and self.names.ranges(s.base) for s in symbols):
            params = [loose("x") for _ in symbols]
            el = Elaborator(self.names, p.right)
            el.bound = {s.base: bound(x) for s, x in zip(symbols, params, strict=True) if s is not None}
            value = el.read(p.right)
            if not el.shape(value, p.right):
                usual = tuple(sym(_key(q)) for q in parts) if known else ()
                meaning = Meaning(key, spell(key), "defined", p.item.said, usual=usual, place=place)
                self.names.add(meaning, Name("function", (), ((),) * len(params)))
                self.names.scope.definitions[key] = Definition(tuple(params), (((), value.term),))
                self.names.changed()
                return
        if plain:
            self.names.macros[key] = Macro(tuple(_key(q) for q in parts), p.right)
        if known or not plain:
            self.define_plain(key, Elaborator(self.names, p.right).read(p.right), p.item, place)
        self.names.mentions.setdefault(key, []).append(text)

    def define_families(self, group: dict[str, list[_Pending]]) -> None:
        """Families by recurrence: their ranges first, then the bodies, in which all of them may stand."""
        plans = {base: self._clauses(base, ps) for base, ps in group.items()}
        dims = [()] + [(sym(k),) for k, m in self.names.meanings.items() if m.role == "dimension"]
        error: ReadingError | None = None
        for shapes in product(dims, repeat=len(plans)):
            trial = self.names.copy()
            try:
                self._try_families(trial, plans, dict(zip(plans, shapes, strict=True)))
            except ReadingError as e:
                error = error or e
                continue
            self._try_families(self.names, plans, dict(zip(plans, shapes, strict=True)))
            return
        assert error is not None
        raise error

    def _clauses(self, base: str, ps: Sequence[_Pending]) -> list[tuple[list[Range], list[str], int, _Pending]]:
        """Clauses as (ranges, letters, upper, definition), ordered by their first index."""
        out = []
        for p in ps:
            _, lower, upper = self.family_of(p.symbol, p.item)
            if lower or upper:
                letters = [*upper, *lower]
                out.append(([self.range_for(x) for x in letters], letters, len(upper), p))
            else:
                above = p.symbol.lower is None
                script = _inside(p.symbol.upper if above else p.symbol.lower)
                point = Elaborator(self.names).index(script)
                out.append(([(point, point)], [""], int(above), p))
        starts = [value(c[0][0][0]) for c in out]
        first = min((x for x in starts if isinstance(x, int)), default=None)
        before = f"{base}_{first - 1}" if first is not None else ""
        if first is not None and before in self.names and not any(c[1] == [""] for c in out):
            point = num(first - 1)
            known = Leaf("LETTER", before, ps[0].symbol.start, ps[0].symbol.end)
            out.append(([(point, point)], [""], out[0][2], _Pending(known, known, ps[0].item, ps[0].symbol)))
        out.sort(key=lambda c: c[0][0][0].args[0] if c[0][0][0].head == "num" else 10**6)  # type: ignore[arg-type, return-value]
        return out  # type: ignore[return-value]

    def _try_families(
        self,
        names: Names,
        plans: dict[str, list[tuple[list[Range], list[str], int, _Pending]]],
        shapes: dict[str, tuple[Term, ...]],
    ) -> None:
        for base, clauses in plans.items():
            first, last = clauses[0][0][-1][0], clauses[-1][0][-1][1]
            outer = clauses[-1][0][:-1]
            p = clauses[-1][3]
            meaning = Meaning(
                base,
                spell(base),
                "defined",
                p.item.said,
                max(c[2] for c in clauses),
                place=(p.symbol.start, p.symbol.end),
            )
            if base in names and base not in names.scope.definitions:
                old = names.ranges(base)
                if len(old) != len(outer) + 1 + len(shapes[base]):
                    raise ReadingError("redefined", f"{spell(base)} has another shape", p.symbol.start, p.symbol.end)
                del names.scope.names[base]
                del names.meanings[base]
            names.add(meaning, Name("real", (*outer, (first, last), *tensor(shapes[base]))))
        for base, clauses in plans.items():
            params = tuple(f"{base}#{k}" for k in range(len(clauses[-1][0])))
            rows = []
            for ranges, letters, _, p in clauses:
                el = Elaborator(names, p.right)
                el.bound = {x: bound(q) for x, q in zip(letters, params, strict=True) if x}
                el.bound_ranges = dict(zip(letters, ranges, strict=True))
                read = el.read(p.right)
                found = el.shape(read, p.right)
                if (found and not shapes[base]) or len(found) > len(shapes[base]):
                    raise ReadingError("shape", f"{spell(base)} is not a number", p.right.start, p.right.end)
                body = read.term
                if shapes[base] and not found:
                    body = tabulate(lambda *_, b=body: b, tensor(shapes[base]))  # type: ignore[misc]
                rows.append((tuple(ranges), body))
            names.scope.definitions[base] = Definition(params, tuple(rows))
            names.changed()
        context = names.scope.context()
        from symderive.kernel.wellfounded import check_definitions

        try:
            check_definitions(context)
        except Rejected as e:
            for base in plans:
                names.scope.definitions.pop(base, None)
            p = next(iter(plans.values()))[-1][3]
            raise ReadingError("definition", str(e), p.symbol.start, p.symbol.end) from None

    # -- facts --------------------------------------------------------------------------------------

    def fact(self, node: Surface, item: Item) -> None:
        """A relation as a fact (or a value that is put in at the end)."""
        self.declare_sides(node, item)
        relations = [self.quantified(p, item) for p in self.parts(node)]
        for t in relations:
            if item.role == "value":
                self.values += conjuncts(t)
            else:
                self.names.assume(*conjuncts(t))

    def quantified(self, node: Surface, item: Item) -> Term:
        """A relation under the binders of its clause."""
        node = unwrap(node)
        if isinstance(node, Node) and node.kind == "listed":
            node = next(p for p in node.parts if _chain(p))
        el = Elaborator(self.names, node)
        binders: list[tuple[str, str, Range]] = []
        guards: list[Surface] = []
        for b in item.binders:
            for letter, range_, guard in self._binder(b, node, el):
                i = loose(letter)
                el.bound[letter] = bound(i)
                binders.append((letter, i, range_))
                if guard is not None:
                    guards.append(guard)
        for letter in self._open_letters(node, el):
            i = loose(letter)
            el.bound[letter] = bound(i)
            binders.append((letter, i, self.names.ranges_said[letter]))
        conditions = el.relation_terms(node)
        out = conditions[0] if len(conditions) == 1 else make("and", *conditions)
        for g in guards:
            guard_terms = el.relation_terms(g)
            out = make("imp", guard_terms[0] if len(guard_terms) == 1 else make("and", *guard_terms), out)
        for _, i, (lo, hi) in reversed(binders):
            out = make("all", lo, hi, abstract(out, i))
        return out

    def _open_letters(self, node: Surface, el: Elaborator) -> list[str]:
        """Index letters with a stated range that a fact leaves open: it holds for all of them."""
        out: list[str] = []
        for n in _scripts(node):
            for leaf in leaves(n):
                x = leaf.text
                known = x in self.names and self.names.meanings[x].role != "index"
                if (
                    leaf.type == "LETTER"
                    and x in self.names.ranges_said
                    and x not in el.bound
                    and not known
                    and x not in out
                ):
                    out.append(x)
        return [x for x in out if mentions_index(node, x) or _above(node, x)]

    def _binder(self, b: Surface, node: Surface, el: Elaborator) -> list[tuple[str, Range, Surface | None]]:
        """The index letters that a binder quantifies, with range and guard; names it declares instead: none."""
        from symderive.reading.functions import range_in

        found = self.range(b)
        if found is not None:
            return [(found[0], (found[1], found[2]), None)]
        out: list[tuple[str, Range, Surface | None]] = []
        for p in items(b):
            s = peel(p)
            chain = p if _chain(p) else None
            letter = s.base if s is not None and s.lower is None else None
            if letter is None and chain is not None and isinstance(chain, Node):
                first = peel(chain.parts[0])
                letter = first.base if first is not None and first.lower is None else None
            if letter is None:
                raise ReadingError("syntax", "this quantifier is not read", p.start, p.end)
            range_ = range_in(el, letter, node) or self.names.ranges_said.get(letter)
            if range_ is not None:
                out.append((letter, range_, chain))
            elif chain is not None:
                self.first_pass(chain, Item(chain, "let"), [], [])
                self.names.assume(*(t for t in self._relations_if(chain)))
            elif letter not in self.names:
                self.names.number(letter)
        return out

    def _relations_if(self, chain: Surface) -> list[Term]:
        left, relation, _ = _relation(chain)
        return [] if relation in ("in", "~") or left is None else Elaborator(self.names, chain).relation_terms(chain)

    # -- attributes of nouns ------------------------------------------------------------------------

    def attributes(self, item: Item) -> None:
        """Facts that the noun phrase of an item states about its names."""
        if not item.codes and not item.moments and not item.others:
            return
        keys: list[str] = []
        for node in item.group or (item.node,):
            keys += [k for k in self.subjects(node, item) if k not in keys]
        for code in item.codes:
            make_fact = ATTRIBUTES.get(code)
            for key in keys if make_fact is not None else ():
                for f in make_fact(self, key) if make_fact is not None else ():
                    self.names.assume(f)
        random = [k for k in keys if k in self.names and self.names.declared(k).kind == "random"]
        if "iid" in item.codes:
            for k in random:
                if self.names.ranges(k):
                    self.names.assume(make("is", "iid", sym(k)))
        if "independent" in item.codes and not item.others:
            self.independent(random)
        if "uncorrelated" in item.codes and len(random) == 2:
            from symderive.language.expr import Cov

            self.names.assume(eq(Cov(Expr(sym(random[0])), Expr(sym(random[1]))), 0).term)
        for other in item.others:
            theirs = [k for k in self.subjects(other, item) if k not in random]
            self.names.assume(make("is", "independent", *(sym(k) for k in (*random, *theirs))))
        for what, node in item.moments:
            for k in random if what not in ("from", "to") else ():
                self.moment(what, node, k, item)

    def independent(self, random: Sequence[str]) -> None:
        if len(random) > 1:
            self.names.assume(make("is", "independent", *(sym(k) for k in random)))
        for k in random:
            if self.names.ranges(k):
                self.names.assume(make("is", "independent-entries", sym(k)))

    def subjects(self, node: Surface, item: Item) -> list[str]:
        """The declared names that stand in a formula as subject."""
        out: list[str] = []
        for p in self.parts(node):
            for q in items(p):
                first = q.parts[0] if isinstance(q, Node) and q.kind == "chain" else q
                s = peel(unwrap(first))
                if s is None:
                    continue
                for key in (self.family_of(s, item)[0], s.base):
                    if key in self.names:
                        out.append(key)
                        break
        return out

    def moment(self, what: str, node: Surface | None, key: str, item: Item) -> None:
        if node is not None:
            self.declare_sides(node, Item(node, "let"))
        stated = {"mean-zero": ZERO, "variance-one": ONE}.get(what)
        if stated is None:
            assert node is not None
            stated = Elaborator(self.names, node).scalar(node)

        def about(x: Term) -> Term:
            left = E(Expr(x)) if what.startswith("mean") else Var(Expr(x))
            return eq(left, Expr(stated)).term

        self.assume_each(key, [about])


# -- attributes as facts ----------------------------------------------------------------------------------


def _each(condition: Callable[[Term], Term]) -> Callable[[Declarer, str], list[Term]]:
    def build(d: Declarer, key: str) -> list[Term]:
        if d.names.is_function(key):
            return []
        d.assume_each(key, [condition])
        return []

    return build


def _matrix(condition: Callable[[Term, Term], Term]) -> Callable[[Declarer, str], list[Term]]:
    def build(d: Declarer, key: str) -> list[Term]:
        ranges = d.names.ranges(key)
        return [condition(sym(key), ranges[0][1])] if len(ranges) == 2 else []

    return build


def _unit(n: Term) -> Term:
    return tabulate(lambda i, j: make("cases", rel("=", i, j), ONE, ZERO), ((ONE, n), (ONE, n)))


def _sums_to_one(d: Declarer, key: str) -> list[Term]:
    ranges = d.names.ranges(key)
    if len(ranges) != 1:
        return []
    i = loose()
    lo, hi = ranges[0]
    return [rel("=", make("big", "sum", lo, hi, make("and"), abstract(at(sym(key), bound(i)), i)), ONE)]


def _distribution(d: Declarer, key: str) -> list[Term]:
    d.assume_each(key, [lambda x: rel("<=", ZERO, x)])
    return _sums_to_one(d, key)


def _one_hot(d: Declarer, key: str) -> list[Term]:
    if len(d.names.ranges(key)) != 1:
        return []
    d.assume_each(key, [lambda x: rel("=", make("mul", x, make("add", x, num(-1))), ZERO)])
    return _sums_to_one(d, key)


def _property(name: str) -> Callable[[Declarer, str], list[Term]]:
    return lambda d, key: [make("is", name, sym(key))]


def _function_property(name: str) -> Callable[[Declarer, str], list[Term]]:
    return lambda d, key: [make("is", name, sym(key))] if d.names.is_function(key) else []


def _unread(d: Declarer, key: str) -> list[Term]:
    d.names.unread.append(f"a property of {spell(key)}")
    return []


def _full_column_rank(d: Declarer, key: str) -> list[Term]:
    t = sym(key)
    gram = make("op", "matmul", make("op", "transpose", t), t)
    return [rel("!=", make("op", "det", gram), ZERO)] if len(d.names.ranges(key)) == 2 else []


def _symmetric(d: Declarer, key: str) -> list[Term]:
    if d.names.declared(key).kind == "random" and len(d.names.ranges(key)) < 2:
        return [make("is", "symmetric-law", sym(key))]
    return _matrix(lambda t, n: rel("=", make("op", "transpose", t), t))(d, key)


ATTRIBUTES: dict[str, Callable[[Declarer, str], list[Term]]] = {
    "positive": _each(lambda x: rel("<", ZERO, x)),
    "nonnegative": _each(lambda x: rel("<=", ZERO, x)),
    "negative": _each(lambda x: rel("<", x, ZERO)),
    "nonzero": _each(lambda x: rel("!=", x, ZERO)),
    "symmetric": _symmetric,
    "orthogonal": _matrix(lambda t, n: rel("=", make("op", "matmul", make("op", "transpose", t), t), _unit(n))),
    "invertible": _matrix(lambda t, n: rel("!=", make("op", "det", t), ZERO)),
    "positive-definite": _property("positive-definite"),
    "distribution": _distribution,
    "one-hot": _one_hot,
    "unit": lambda d, key: [rel("=", make("op", "square", sym(key)), ONE)],
    "symmetric-law": _property("symmetric-law"),
    "convex": _function_property("convex"),
    "even": _function_property("even"),
    "odd": _function_property("odd"),
    "increasing": _function_property("increasing"),
    "full-column-rank": _full_column_rank,
    "permutation": _unread,
    "unread": _unread,
}
"""What an adjective states about a name."""


# -- surface helpers --------------------------------------------------------------------------------------


def _chain(node: Surface) -> bool:
    return isinstance(node, Node) and node.kind == "chain"


def _infinite(node: Surface) -> bool:
    return any(leaf.text == "∞" for leaf in leaves(node))


def _inside(script: Surface | None) -> Surface:
    assert script is not None
    script = unwrap(script)
    if isinstance(script, Node) and script.kind == "bracket" and len(script.parts) == 3:
        return script.parts[1]
    return script


def _relation(node: Surface) -> tuple[list[Surface] | None, str, Surface | None]:
    """The left sides, the relation and the right side of ``x, y ∈ S`` or ``x = t``."""
    listed = items(node)
    if not listed or not _chain(listed[-1]):
        if listed and _chain(listed[0]) and len(listed) > 1:
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


def _arrow(node: Surface) -> tuple[list[Surface], list[Surface], Surface] | None:
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
    arguments = _split_times(domain) if isinstance(domain, Node) and domain.kind == "times" else [domain]
    return [p for p in node.parts[:colon] if not isinstance(p, Leaf) or p.type != "COMMA"], arguments, chain.parts[2]


def _spread(node: Surface) -> list[Surface]:
    """``a, b > 0`` as one relation for each name."""
    listed = items(node)
    if len(listed) < 2 or not _chain(listed[-1]) or any(_chain(p) for p in listed[:-1]):
        return []
    chain = listed[-1]
    if not isinstance(chain, Node) or (isinstance(chain.parts[0], Leaf) and chain.parts[0].type == "REL"):
        return []
    if chain.parts[1].text in ("in", "~", "->") or any(peel(p) is None for p in listed[:-1]):
        return []
    return [*(Node("chain", [p, *chain.parts[1:]]) for p in listed[:-1]), chain]


def _split_times(node: Node) -> list[Surface]:
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


def _sign_facts(script: Surface) -> list[Callable[[Term], Term]]:
    r"""``ℝ_+``, ``ℝ_{>0}``, ``ℝ_{\\ge 0}``."""
    text = "".join(x.text for x in leaves(script))
    if text in (">0", "++", "0<"):
        return [lambda x: rel("<", ZERO, x)]
    if text in (">=0", "+", "0+"):
        return [lambda x: rel("<=", ZERO, x)]
    return []


def _symbols(node: Surface) -> list[Surface]:
    """The outermost symbols in a surface tree (function words and scripts of symbols left out)."""
    out: list[Surface] = []
    stack: list[Surface] = [node]
    while stack:
        n = stack.pop()
        s = peel(n)
        if s is not None:
            out.append(n)
            for script in (s.lower, s.upper):
                if script is not None and not label(script):
                    stack.append(script)
            continue
        if isinstance(n, Node):
            stack.extend(reversed(n.parts))
    return out


def _key(node: Surface) -> str:
    s = peel(node)
    if s is None:
        return ""
    return s.base + (f"_{label(s.lower)}" if s.lower is not None else "")


def _letter_of(node: Surface) -> str:
    parts = items(node)
    first = parts[0] if parts else node
    if isinstance(first, Node) and first.kind == "chain":
        first = first.parts[0]
    s = peel(first)
    return s.base if s is not None else ""


def _applied_symbol(p: Node) -> bool:
    return len(p.parts) == 2 and isinstance(p.parts[1], Node) and p.parts[1].kind == "bracket"


def _scripts(node: Surface) -> list[Surface]:
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


def _above(node: Surface, letter: str) -> bool:
    """Whether a letter stands in the upper index of a symbol."""
    return any(leaf.text == letter for n in _scripts(node) for leaf in leaves(n))


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


def _stepped(node: Surface, letter: str) -> bool:
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


def _many_letters(script: Surface) -> bool:
    return all(x.type == "LETTER" and x.text in "ijklmnt" for x in leaves(script) if x.type != "COMMA")
