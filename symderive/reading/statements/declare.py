"""What formulas declare, define or assume, once a sentence has said in what role they stand.

The formulas of one sentence are settled together, whatever their order: memberships first, then definitions
as soon as all that they mention is known, then facts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from symderive.kernel.context import Definition, Name, Range
from symderive.kernel.terms import INF, ONE, ZERO, Term, abstract, at, bound, conjuncts, make, num, rel, subterms, sym
from symderive.language.expr import E, Expr, Var, eq
from symderive.reading.formulas.elaborate import Elaborator, Value, leaves
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.functions import BUILT_IN_LETTERS as BUILT_IN
from symderive.reading.formulas.functions import FUNCTION_LETTERS
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.names import Meaning, Names, Ranges, loose, spell, tabulate, tensor
from symderive.reading.formulas.sums import big_letters, mentions_index, range_in
from symderive.reading.formulas.surface import Node, Surface
from symderive.reading.formulas.symbols import Symbol, items, label, peel, symbol_key, unwrap
from symderive.reading.statements.attributes import ATTRIBUTES, is_zero_or_one
from symderive.reading.statements.definitions import ORDERS, Definitions, Pending
from symderive.reading.statements.forms import (
    arrow,
    bare_function,
    dotted_bounds,
    equation,
    equations,
    inside,
    is_applied,
    is_chain,
    is_number,
    is_power,
    key_of,
    letter_of,
    many_letters,
    nodes_in,
    probability_of,
    relation_of,
    scripts_in,
    sign_of,
    spread,
    stands_above,
    symbols_in,
)
from symderive.reading.statements.lexicon import OTHER_SIGN
from symderive.reading.statements.sets import Item

INDEPENDENT = re.compile(r"i\W*i\W*d|ind", re.IGNORECASE)
"""What is written over ∼ for independent members."""
ABOUT = re.compile(r"\b(?:of|to|into|from|input|output|before|after|layer|value|slope|derivative|loss)\b")
"""Words that tell "the input of the sigmoid" from "the sigmoid"."""
DEVIATIONS = frozenset({"σ", "s", "τ"})
"""Letters whose square is a variance."""
DEPENDING = re.compile(r"\b(?:variables?|linearly|parameters?|of)\b")
"""Words beside "independent" that do not speak of chance."""
CONSTANTS = re.compile(r"\b(?:euler|napier|natural|circle|circumference|constant|number)\b")
"""Words for π and e themselves."""
CUT = frozenset("truncated conditioned restricted clipped censored folded".split())
"""Words that change a law."""
RUNNING = frozenset("ijklnt")
"""Letters below a name that run over its members, where nothing is said of them."""
MEANS = frozenset({"E", "𝔼", "Var", "Cov", "V", "𝕍"})
"""Signs of means and variances."""
BUILT_IN_LETTERS = ("e", "π", "𝔼", "∞", "E", "I", "𝐈", "𝟏", "𝟙")


def _applied(node: Surface) -> set[int]:
    """The letters with a bracket behind them that is no factor: ``f(2x)``, ``h(0)``, ``2σ(x)``."""
    out = set()
    parts = node.parts if isinstance(node, Node) and node.kind in ("juxtaposed", "times") else []
    for first, second in pairwise(parts):
        letter, bracket = peel(first), unwrap(second)
        if letter is None or not (isinstance(bracket, Node) and bracket.kind == "bracket" and len(bracket.parts) == 3):
            continue
        of_function = letter.base in FUNCTION_LETTERS or letter.base in BUILT_IN or is_number(bracket.parts[1])
        if bracket.parts[0].text == "(" and of_function:
            out.add(id(first))
    return out


def left_keys(node: Surface) -> set[str]:
    """The names that ``p, q ∈ ℝⁿ`` declares."""
    left, relation, _ = relation_of(node)
    return {s.base for q in left or () if relation == "in" and (s := peel(q)) is not None}


def _gives_value(node: Surface) -> bool:
    """Whether a formula is ``x = 1``, for a letter that is no index."""
    left, relation, right = relation_of(node)
    s = peel(left[0]) if left and relation == "=" and right is not None and is_number(right) else None
    return s is not None and s.base not in RUNNING | frozenset("mqrs")


def _between(group: Sequence[Surface]) -> list[Surface] | None:
    """``0 < a, b < 1`` as two chains of three; None if it is something else."""
    first, last = group[0], group[-1]
    if not (is_chain(first) and is_chain(last) and len(group) > 1) or any(map(is_chain, group[1:-1])):
        return None
    ends = (first.parts, last.parts)  # type: ignore[union-attr]
    if [len(p) for p in ends] != [3, 3] or not (is_number(ends[0][0]) and is_number(ends[1][2])):
        return None
    directions = {p[1].text[:1] for p in ends}
    names = [ends[0][2], *group[1:-1], ends[1][0]]
    if len(directions) != 1 or not directions <= {"<", ">"} or any(peel(n) is None for n in names):
        return None
    return [Node("chain", [ends[0][0], ends[0][1], n, ends[1][1], ends[1][2]]) for n in names]


class Declarer(Definitions):
    """Carries out the declarations of one sentence on a table of names."""

    def __init__(self, names: Names, *, judged: bool = False) -> None:
        super().__init__(names)
        self.judged = judged
        """Whether the further links of a chain are judged, as those of a solution, and not taken as facts."""
        self.batch: Sequence[Item] = ()
        self.values: list[Term] = []
        """Equations that are put in at the end."""

    def settle(self, batch: Sequence[Item]) -> None:
        """Declare, define and assume all that the items say.

        Raises:
            ReadingError: something does not fit; what was settled before stays.
        """
        pending: list[Pending] = []
        facts: list[tuple[Surface, Item]] = []
        self.batch = batch
        for item in batch:
            for b in item.binders:
                self.note_range(b, binder=True)
        for item in batch:
            for part in self.parts(item.node):
                self.note_range(part)
        for item in batch:
            for part in self.parts(item.node):
                self.first_pass(part, item, pending, facts)
        beside = [*self.beside, *(p for item in batch for p in self.parts(item.node))]
        self.define_all(self.limit(pending, [n for n, _ in facts], beside))
        self.vary()
        self.names.doubt(self.narrowed, "where it is defined")
        for node, item in facts:
            if relation_of(node)[1] == "~":
                self.drawing(node, item)
            else:
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
        dotted = any(leaf.type == "DOTS" for leaf in leaves(node))
        for p in node.parts:
            if isinstance(p, Leaf) and p.type == "COMMA":
                continue
            if isinstance(p, Leaf) and p.type in ("SEMICOLON", "QUAD", "TEXT"):
                if group:
                    out += self._regroup(group)
                group = []
                continue
            inner = unwrap(p.parts[1]) if isinstance(p, Node) and p.kind == "bracket" and len(p.parts) == 3 else p
            if is_number(inner) and not dotted and any(map(_gives_value, group)):
                text = "it is not clear which name has which of these values"
                raise ReadingError("ambiguous", text, p.start, p.end, "Write one equation for each name.")
            group.append(inner if is_chain(inner) else p)  # "y = x \quad (x > 0)"
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
        if (between := _between(group)) is not None:
            return between
        first = group[0]
        if is_chain(first) and all(not is_chain(p) for p in group[1:]):
            return [Node("listed", group)]  # t = 1, 2
        last = group[-1]
        if is_chain(last) and all(not is_chain(p) for p in group[:-1]):
            return [Node("listed", group)]  # x, y ∈ S; a, b > 0
        return group

    def first_pass(self, node: Surface, item: Item, pending: list[Pending], facts: list[tuple[Surface, Item]]) -> None:
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
                item = replace(item, binders=tuple(binders))
                self.note_range(binders[-1])
                node = kept[0] if len(kept) == 1 else Node("listed", kept)
        if self.note_range(node):
            return
        colon = arrow(node)
        if colon is not None:
            for symbol in colon[0]:
                self.function(symbol, colon[1], colon[2], item)
            return
        bounded = dotted_bounds(node)
        if bounded is not None:
            facts_ = [self.bound_of(*b) for b in bounded[1]]
            self.dotted(bounded[0], self.kind(item), (), facts_, item)
            return
        relations = spread(node)
        if relations:
            for p in relations:
                self.first_pass(p, item, pending, facts)
            return
        left, relation, right = relation_of(node)
        if relation == "in":
            assert left is not None
            assert right is not None
            for p in left:
                self.member(p, right, item)
            return
        if relation == "~":
            assert right is not None
            if peel(unwrap(right)) is not None and key_of(right) not in self.names.laws:
                facts.append((node, item))  # a law with a name: perhaps this sentence says which
            else:
                self.drawing(node, item)
            return
        if relation in ("=", ":=") and OTHER_SIGN.fullmatch(sign_of(node).note or ""):
            raise ReadingError("unsupported", "this sign says less than equality", node.start, node.end)
        function = bare_function(right) if relation in ("=", ":=") else ""
        if function and left is not None and (s := peel(unwrap(left[0]))) is not None and s.base not in self.names:
            self.named(s, function)
            return
        if relation in ("=", ":=") and left and right is not None and self.deviation(left[0], right, item):
            return
        outcome = probability_of(left[0]) if relation == "=" and left else None
        if outcome is not None and right is not None:
            self.two_valued(*outcome, right, item)
            return
        links = equations(node)
        if len(links) > 1:
            self.chained(links, item, pending, facts)
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

    def chained(self, links: list[Node], item: Item, pending: list[Pending], facts: list[tuple[Surface, Item]]) -> None:
        """``a = b = t``: definitions of the first name and of new ones; else facts, but judged in a solution."""
        end = links[-1].parts[2]
        shared = is_number(end) and all(self._new(x.parts[2]) for x in links[:-1])
        if is_number(end) and not shared:  # "‖x‖ = ‖y‖ = 1": what is assumed of each
            facts.extend((equation(x.parts[0], end), item) for x in links)
            return
        stated = False
        for k, x in enumerate(links):
            left, right = x.parts[0], end if shared else x.parts[2]
            found = self.definable(left, right, item) if k == 0 or self._new(left) else None
            stated = stated or (k == 0 and found is None)
            if found is not None:
                pending.append(found)
            elif stated or not self.judged or (peel(unwrap(left)) is not None and peel(unwrap(right)) is not None):
                facts.append((x, item))

    def _new(self, node: Surface) -> bool:
        """Whether a side is a name without a meaning."""
        s = peel(unwrap(node))
        return s is not None and symbol_key(s) not in self.names and s.base not in self.names

    def bound_of(self, sign: str, node: Surface, left: bool) -> Callable[[Term], Term]:
        """What ``x sign t``, or ``t sign x``, says of x."""
        t = Elaborator(self.names, node).scalar(node)
        turned = left != (sign in (">", ">="))
        op = {">": "<", ">=": "<="}.get(sign, sign)
        return lambda x: rel(op, t, x) if turned else rel(op, x, t)

    def kind(self, item: Item) -> str:
        """What kind of name a noun phrase makes."""
        if any(w not in ("from", "to") for w, _ in item.moments) or {
            "random",
            "iid",
            "symmetric-law",
            "uncorrelated",
        } & set(item.codes):
            return "random"
        alone = "independent" in item.codes and not {"real", "int", "rank1", "rank2"} & set(item.codes)
        if alone and not item.others and not DEPENDING.search(item.said):
            return "random"
        return "int" if "int" in item.codes else "real"

    # -- shapes -------------------------------------------------------------------------------------

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
            if isinstance(p, Node) and p.kind == "juxtaposed" and is_applied(p):
                continue
            s = self.symbol(p)
            kind, dims, facts = self.shape_of_set(of)
            kind = "random" if "random" in item.codes and kind == "real" else kind
            self.declare(s, kind, dims, item, facts)

    def declare(
        self,
        s: Symbol,
        kind: str,
        dims: Sequence[Term],
        item: Item,
        facts: Iterable[Callable[[Term], Term]] = (),
    ) -> str:
        """A fresh name or family; for a known one only the facts are added."""
        self.running_letters(s, item)
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

    def running_letters(self, s: Symbol, item: Item) -> None:
        """``x_i`` declares a family: an i of which nothing is said runs up to a number that nobody named."""
        key, lower, upper = self.family_of(s, item)
        if s.lower is None or lower or upper or key in self.names or s.base in self.names:
            return
        letters = [letter_of(p) for p in Elaborator(self.names).index_parts(s.lower, 9)]
        roles = {self.names.meanings[x].role for x in letters if x in self.names.meanings}
        if set(letters) <= RUNNING and roles <= {"index"}:
            for x in letters:
                self.names.ranges_said[x] = (ONE, self.names.fresh_dimension())

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
        lo = self.dimension(inside(first.upper if above else first.lower))
        hi = self.dimension(inside(last.upper if above else last.lower))
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
        if s_ is not None and s_.base in ("π", "e") and s_.lower is None and not codes and self.renamed(item):
            self.declare(s_, "real", (), item)
            self.names.unread.append(f"what {spell(s_.base)} is: {item.said}")
            self.names.doubt([s_.base], item.said)
            return
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
        function = next((c.partition(":")[2] for c in codes if c.startswith("named:")), "")
        if function and not ABOUT.search(item.said):
            self.named(s_, function)
            return
        key, lower, upper = self.family_of(s_, item)
        if s_.base in self.names and self.names.ranges(s_.base) and (s_.lower is not None or s_.upper is not None):
            return
        if key in self.names and self.names.meanings[key].role != "inferred":
            return
        if "basis" in codes:
            self.basis(s_, item)
            return
        if {"invertible", "orthogonal", "positive-definite"} & set(codes) and s_.base[:1].isupper() and not item.sizes:
            codes = codes if {"real", "int", "rank2"} & set(codes) else (*codes, "rank2", "square")
        if {"convex", "odd", "even", "increasing"} & set(codes) and not {"int", "real"} & set(codes):
            whole = {"odd", "even"} & set(codes) and s_.base in RUNNING | {"m", "N"}
            codes = (*codes, "int" if whole else "function")
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
        rank = 2 if "rank2" in codes else 1 if {"rank1", "rank1?"} & set(codes) else 0
        if rank and len(dims) == 1 and rank == 2 and "square" in codes:
            dims = dims * 2
        if rank and not dims:
            dims = [self.names.fresh_dimension() for _ in range(1 if "square" in codes else rank)] * (
                2 if "square" in codes else 1
            )
        if "identity" in codes and len(dims) == 2:
            self.identity(key, dims[0], item)
            return
        kind = self.kind(item)
        if not (
            {"real", "int", "random", "rank1", "rank2"} & set(codes) or dims or item.moments or lower or upper or codes
        ):
            return
        if s_.lower is not None and not lower and not upper and many_letters(s_.lower) and self._wants_range(s_, kind):
            raise ReadingError(
                "undeclared",
                f"the indices of {spell(s_.base)} have no range",
                s_.start,
                s_.end,
                "Say for which indices: for $i = 1, \\dots, n$.",
            )
        self.declare(s_, kind, dims, item)

    def renamed(self, item: Item) -> bool:
        """Whether a noun phrase gives a letter such as π a meaning of its own."""
        return item.role == "let" and bool(item.said) and CONSTANTS.search(item.said.lower()) is None

    def _wants_range(self, s: Symbol, kind: str) -> bool:
        """Whether a name with a letter below must be a family: not ``d_k``, a number of its own."""
        assert s.lower is not None
        return kind == "random" or len([x for x in leaves(s.lower) if x.type == "LETTER"]) > 1

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

    def named(self, s: Symbol, function: str) -> None:
        """``σ`` for a function of the book, said in words or as in ``σ = tanh``."""
        x = loose()
        if s.base in self.names and not self.names.is_function(s.base):
            message = f"{spell(s.base)} has a meaning already"
            raise ReadingError("redefined", message, s.start, s.end, "Use another letter for one of them.")
        if function == "sigmoid":
            self.names.conventions.add("sigma-logistic")
        if s.base not in self.names:
            said = f"the function {function}"
            self.names.add(Meaning(s.base, spell(s.base), "defined", said), Name("function", (), ((),)))
            self.names.scope.definitions[s.base] = Definition((x,), (((), make("app", function, bound(x))),))
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

    def drawing(self, node: Surface, item: Item) -> None:
        """``x, y ~ N(0, 1)``."""
        left, _, right = relation_of(node)
        sides = [*(node.parts if isinstance(node, Node) else ()), *(items(right) if right is not None else ())]
        if any(isinstance(p, Leaf) and p.type == "MID" for p in sides):
            raise ReadingError("unsupported", "a law given another name is not read", node.start, node.end)
        assert left is not None
        assert right is not None
        for p in left:
            self.law(p, right, item)
        if INDEPENDENT.search(sign_of(node).note):
            self.attributes(replace(item, codes=("iid",), moments=(), others=(), group=(item.node,)))

    def law(self, node: Surface, of: Surface, item: Item) -> None:
        """``x ~ N(μ, σ²)``, ``b_1, …, b_n ~ Bernoulli(p)``."""
        of = unwrap(of)
        parts = of.parts if isinstance(of, Node) and of.kind == "juxtaposed" else []
        name = peel(parts[0]) if len(parts) == 2 else None
        base = "" if name is None or name.lower or name.upper else name.base.rstrip("ᵘ")
        if set(item.said.lower().split()) & CUT:
            raise ReadingError("unsupported", "a law that is cut off is not read", of.start, of.end)
        named = self.names.laws.get(key_of(of)) if not parts else None
        if named is not None and named.kind == "normal" and named.ranges == ():
            s, ranges, _ = self.drawn(node, item)
            self.drawn_from(s, ranges, named.terms[0], named.terms[1], node)
        elif base in ("Bernoulli", "Bern", "Ber"):
            self.bernoulli(node, parts[1], item)
        elif base in ("𝒩", "N") and isinstance(parts[1], Node) and parts[1].kind == "bracket":
            self.normal(node, of, items(parts[1].parts[1]), item)
        else:
            advice = "Write \\mathcal{N}(\\mu, \\sigma^2), or state its moments."
            raise ReadingError("unsupported", "this law is not read", of.start, of.end, advice)

    def normal(self, node: Surface, of: Surface, arguments: Sequence[Surface], item: Item) -> None:
        """Mean and variance of a normal number, or of each member of a family."""
        if len(arguments) != 2:
            raise ReadingError("syntax", "the normal law has two parameters", of.start, of.end)
        vector = ReadingError(
            "unsupported", "a normal vector is not read yet", of.start, of.end, "State the law of its entries."
        )
        if any(key_of(q) in ("I", "𝐈", "Σ", "𝚺") and key_of(q) not in self.names for q in symbols_in(arguments[1])):
            raise vector
        known = {k for k in self.names.scope.names if not self.names.is_inferred(k)}
        for a in arguments:
            self.declare_sides(a, item)
        s, ranges, letters = self.drawn(node, item)
        el = Elaborator(self.names, of)
        mean, variance = (el.value(a).term for a in arguments)
        if el.shape(mean, of) or el.shape(variance, of):
            raise vector
        if self.names.scope.context().random_in(make("add", mean, variance)):
            message = "a law with parameters that are random themselves is not read"
            raise ReadingError("unsupported", message, of.start, of.end)
        if any(letter_of(p) in letters for a in arguments for q in scripts_in(a) for p in items(q)):
            raise ReadingError("unsupported", "a law that differs from member to member is not read", of.start, of.end)
        if variance.head == "pow" and (spread := variance.terms[0]).head == "sym" and spread.name() not in known:
            self.names.assume(rel("<", ZERO, spread))  # the letter of a standard deviation
        self.drawn_from(s, ranges, mean, variance, node)

    def drawn_from(self, s: Meaning, ranges: Ranges, mean: Term, variance: Term, node: Surface) -> None:
        """Note that a number, or each member of a family, has a normal law."""
        if variance.head == "sym" and not self._known_positive(variance):
            self.names.assume(rel("<", ZERO, variance))
        law = None if ranges else ("normal", (mean, variance))
        known = self.names.scope.names.get(s.key)
        if known is not None:
            if known.law == law and known.kind == "random":
                return
            if known.law is not None or known.ranges or known.kind != "real" or s.key in self.names.scope.definitions:
                raise ReadingError("redefined", f"{s.spelling} has another law already", node.start, node.end)
            self.names.scope.names[s.key] = replace(known, kind="random", law=law)
            self.names.changed()
            return
        self.names.add(s, Name("random", ranges, (), law))
        if ranges:  # the members of a family by their moments
            self.assume_each(s.key, [lambda x: eq(E(Expr(x)), Expr(mean)).term])
            self.assume_each(s.key, [lambda x: eq(Var(Expr(x)), Expr(variance)).term])
            self.assume_each(s.key, [lambda x: make("is", "integrable", make("app", "exp", x))])
            if mean is ZERO:
                self.assume_each(s.key, [lambda x: make("is", "symmetric-law", x)])

    def bernoulli(self, node: Surface, bracket: Surface, item: Item) -> None:
        """``b ~ Bernoulli(p)``: 0 or 1, with mean p."""
        self.declare_sides(bracket, item)
        s, ranges, _ = self.drawn(node, item)
        if s.key not in self.names:
            self.names.add(s, Name("random", ranges))
        self.names.assume(*ATTRIBUTES["bernoulli"](self, s.key))
        self.moment("mean", bracket, s.key)

    def deviation(self, node: Surface, right: Surface, item: Item) -> bool:
        """``σ² = …`` for a σ of which nothing is said: it is the root."""
        s = peel(unwrap(node))
        if (
            s is None
            or unicodedata.normalize("NFD", s.base)[0] not in DEVIATIONS
            or s.upper is None
            or label(s.upper) != "2"
            or not symbols_in(right)
        ):
            return False
        key, lower, upper = self.family_of(replace(s, upper=None), item)
        if lower or upper or key in self.names or s.base in self.names:
            return False
        value = Elaborator(self.names, right).read(right)
        self.define_plain(f"{key}^2", value, item, (s.start, s.end))
        root = make("pow", sym(f"{key}^2"), num(Fraction(1, 2)))
        self.define_plain(key, Value(root), item, (s.start, s.end))
        self.names.inferred.append(f"{spell(key)} is not negative")
        return True

    def two_valued(self, node: Surface, value: Surface, chance: Surface, item: Item) -> None:
        """``P(b = 1) = p`` for a number that is 0 or 1."""
        which = Elaborator(self.names, value).scalar(value)
        if not self._zero_or_one(node, item):
            raise ReadingError("unsupported", "nothing says that it is 0 or 1", node.start, node.end, "Say: in {0, 1}.")
        if which not in (ZERO, ONE):
            raise ReadingError("unsupported", "only the chances of 0 and 1 are read", value.start, value.end)
        self.declare_sides(chance, item)
        s, ranges, _ = self.drawn(node, item)
        scope = self.names.scope
        known = scope.names.get(s.key)
        if known is not None and (s.key in scope.definitions or known.arguments or known.kind == "int"):
            raise ReadingError("redefined", f"{s.spelling} is no random number", node.start, node.end)
        if known is None:
            self.names.add(s, Name("random", ranges))
        elif known.kind != "random":
            scope.names[s.key] = replace(known, kind="random")
            scope.facts[:] = [f for f in scope.facts if s.key not in {t.name() for t in subterms(f) if t.head == "sym"}]
            self.names.changed()
        self.names.assume(*ATTRIBUTES["bernoulli"](self, s.key))
        mean = Elaborator(self.names, chance).scalar(chance)
        mean = mean if which is ONE else make("add", ONE, make("neg", mean))
        self.assume_each(s.key, [lambda x: eq(E(Expr(x)), Expr(mean)).term])

    def _zero_or_one(self, node: Surface, item: Item) -> bool:
        """Whether a name is said to be 0 or 1."""
        s = self.symbol(node)
        key = self.family_of(s, item)[0]
        key = key if key in self.names else s.base
        about = [f for f in self.names.scope.facts if key in {t.name() for t in subterms(f) if t.head == "sym"}]
        stated = [k for x in (item, *self.batch) if "bernoulli" in x.codes for k in self.subjects(x.node, x)]
        return key in stated or any(is_zero_or_one(f) for f in about)

    def drawn(self, node: Surface, item: Item) -> tuple[Meaning, Ranges, list[str]]:
        """What stands left of ∼: its meaning, its ranges, and the letters that run over them."""
        if isinstance(node, Node) and node.kind == "listed":
            shown = [p for p in node.parts if not isinstance(p, Leaf) or p.type not in ("DOTS", "COMMA")]
            first, last = self.symbol(shown[0]), self.symbol(shown[-1])
            if first.base != last.base or first.lower is None or last.lower is None:
                raise ReadingError("unsupported", "these dots are not read", node.start, node.end)
            span = (self.dimension(inside(first.lower)), self.dimension(inside(last.lower)))
            return self._meaning(first.base, first, item), (span,), []
        s = self.symbol(node)
        if s.upper is not None and is_power(s.upper):
            raise ReadingError("unsupported", "the law of a power is not read", node.start, node.end)
        self.running_letters(s, item)
        key, lower, upper = self.family_of(s, item)
        ranges = tuple(self.range_for(x) for x in (*upper, *lower))
        return self._meaning(key, s, item, len(upper)), ranges, [*upper, *lower]

    def _meaning(self, key: str, s: Symbol, item: Item, upper: int = 0) -> Meaning:
        return Meaning(key, spell(key), "declared", item.said, upper, place=(s.start, s.end))

    def _known_positive(self, t: Term) -> bool:
        return rel("<", ZERO, t) in self.names.scope.facts

    def declare_sides(self, node: Surface, item: Item) -> None:
        """Fresh names in a relation are numbers; scripted ones with an open index are left to the reader."""
        random = "random" in item.codes
        bound_letters = set().union(*(big_letters(n) for n in nodes_in(node)))
        before = set().union(*map(_applied, nodes_in(node)))
        for p in symbols_in(node):
            s = peel(p)
            if id(p) in before:
                continue  # f(2x) = x: a function of which nothing was said
            if s is None or (s.base in bound_letters and s.lower is None):
                continue
            key, lower, upper = self.family_of(s, item)
            if s.lower is not None and self._tied(s):
                continue
            if any(k in self.names for k in (key, s.base, f"{s.base}_{label(s.lower)}")):
                continue
            sides = node.parts if is_chain(node) and isinstance(node, Node) else []
            bare = any(p is side for side in sides) and s.upper is None and item.role == "let"
            defined = s.base in "eE" or (s.base == "I" and any(p is side for side in sides[:1]))
            if s.base in BUILT_IN_LETTERS and not (bare and defined):
                continue
            if len(key) == 1 and key in self.names.ranges_said:
                continue
            labelled = s.lower is None or not many_letters(s.lower)
            if labelled and not lower and not upper:
                self.declare(s, "random" if random else "int" if "int" in item.codes else "real", (), item)

    # -- facts --------------------------------------------------------------------------------------

    def fact(self, node: Surface, item: Item) -> None:
        """A relation as a fact (or a value that is put in at the end)."""
        self.declare_sides(node, item)
        relations = [self.quantified(p, item) for p in self.parts(node)]
        self._restricted(relations)
        self.random_in_means(relations, node)
        for t in relations:
            if item.role == "value":
                self.values += conjuncts(t)
            else:
                self.names.assume(*conjuncts(t))

    def _restricted(self, relations: Sequence[Term]) -> None:
        """A condition on a number with a law gives it another law: of that nothing is proved."""
        scope = self.names.scope
        for t in relations:
            mentioned = {s.name() for s in subterms(t) if s.head == "sym"} & scope.names.keys()
            names = {n for n in mentioned if scope.names[n].law is not None}
            self.names.doubt(names, "a law and a condition on it")

    def random_in_means(self, relations: Sequence[Term], node: Surface) -> None:
        """``E[x] = μ`` says that x is random, if nothing in it is."""
        scope = self.names.scope
        for t in relations:
            for s in subterms(t):
                if s.head != "ex" or scope.context().random_in(s.terms[0]):
                    continue
                names = {
                    x.name() for x in subterms(s.terms[0]) if x.head == "sym" and x.name() not in scope.definitions
                }
                free = sorted(n for n in names if scope.names[n].kind == "real")
                if len(free) == 1:
                    self.randomise(free[0], (node.start, node.end))

    def quantified(self, node: Surface, item: Item) -> Term:
        """A relation under the binders of its clause."""
        node = unwrap(node)
        if isinstance(node, Node) and node.kind == "listed":
            node = next(p for p in node.parts if is_chain(p))
        el = Elaborator(self.names, node)
        binders: list[tuple[str, str, Range]] = []
        guards: list[Surface] = []
        mentioned = {leaf.text for leaf in leaves(node)}
        for b in item.binders:
            for letter, range_, guard in self._binder(b, node, el):
                if letter not in mentioned:
                    continue
                i = loose(letter)
                el.bound[letter] = bound(i)
                binders.append((letter, i, range_))
                if guard is not None:
                    guards.append(guard)
        stated = self.names.ranges_said
        letters = [(x, stated[x]) for x in self._open_letters(node, el)] + self._letters_of_means(node, el)
        letters += self._letters_of_entries(node, el)
        for letter, range_ in letters:
            i = loose(letter)
            el.bound[letter] = bound(i)
            binders.append((letter, i, range_))
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
        for n in scripts_in(node):
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
        return [x for x in out if mentions_index(node, x) or stands_above(node, x)]

    def _letters_of_entries(self, node: Surface, el: Elaborator) -> list[tuple[str, Range]]:
        """The letter i of "p ∈ ℝⁿ with p_i > 0", of which nothing else is said: each entry is bounded."""
        declared = {k for i in self.batch for k in left_keys(i.node)}
        out: dict[str, Range] = {}
        for q in symbols_in(node) if relation_of(node)[1] in ORDERS else ():
            s = peel(q)
            letter = letter_of(s.lower) if s is not None and s.lower is not None else None
            if s is None or letter not in RUNNING or s.base not in declared or s.base not in self.names:
                continue
            unsaid = letter not in self.names and letter not in el.bound and letter not in self.names.ranges_said
            if unsaid and len(ranges := self.names.ranges(s.base)) == 1:
                out[letter] = ranges[0]
        return list(out.items())

    def _letters_of_means(self, node: Surface, el: Elaborator) -> list[tuple[str, Range]]:
        """The letter i of ``E[w_i] = μ``, of which nothing else is said: each member has this mean."""
        left = relation_of(node)[0]
        if left is None or len(left) != 1 or not any(x.text in MEANS for x in leaves(left[0])):
            return []
        found = {x.text for n in scripts_in(left[0]) for x in leaves(n) if x.type == "LETTER" and x.text in RUNNING}
        fresh = [x for x in found if x not in el.bound and x not in self.names and x not in self.names.ranges_said]
        range_ = range_in(el, fresh[0], node) if len(fresh) == 1 else None
        return [] if range_ is None else [(fresh[0], range_)]

    def _binder(self, b: Surface, node: Surface, el: Elaborator) -> list[tuple[str, Range, Surface | None]]:
        """The index letters that a binder quantifies, with range and guard; names it declares instead: none."""
        found = self.range(b)
        if found is not None:
            return [(found[0], (found[1], found[2]), None)]
        out: list[tuple[str, Range, Surface | None]] = []
        for p in items(b):
            s = peel(p)
            chain = p if is_chain(p) else None
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
        left, relation, _ = relation_of(chain)
        return [] if relation in ("in", "~") or left is None else Elaborator(self.names, chain).relation_terms(chain)

    # -- attributes of nouns ------------------------------------------------------------------------

    def attributes(self, item: Item) -> None:
        """Facts that the noun phrase of an item states about its names."""
        if not item.codes and not item.moments and not item.others:
            return
        keys: list[str] = []
        for node in item.group or (item.node,):
            keys += dict.fromkeys(k for k in self.subjects(node, item) if k not in keys)
        centred = not any(w == "mean" and node is not None for w, node in item.moments)
        for code in item.codes:
            if code in ("symmetric", "symmetric-law") and not centred:
                self.names.unread.append(f"{item.said}: symmetric about what?")
                continue
            make_fact = ATTRIBUTES.get(code)
            for key in keys if make_fact is not None else ():
                for f in make_fact(self, key) if make_fact is not None else ():
                    self.names.assume(f)
        random = self.random_among(keys, item)
        if "iid" in item.codes:
            for k in random:
                if self.names.ranges(k):
                    self.names.assume(make("is", "iid", sym(k)))
            self.alike([k for k in random if not self.names.ranges(k)])
        if "independent" in item.codes and not item.others:
            self.independent(random)
        if "uncorrelated" in item.codes and len(random) == 2:
            from symderive.language.expr import Cov

            self.names.assume(eq(Cov(Expr(sym(random[0])), Expr(sym(random[1]))), 0).term)
        for other in item.others:
            theirs = [k for k in self.subjects(other, item) if k not in random]
            # "x and y are independent of z" says nothing of x and y
            self.names.assume(*(make("is", "independent", sym(k), sym(z)) for k in random for z in theirs))
        for what, about in item.moments:
            for k in random if what not in ("from", "to") else ():
                self.moment(what, about, k)

    def random_among(self, keys: Sequence[str], item: Item) -> list[str]:
        """The names that are random, also those of which only the noun phrase says so."""
        stated = {"iid", "uncorrelated", "symmetric-law"} & set(item.codes) or [
            w for w, _ in item.moments if w not in ("from", "to")
        ]
        for k in keys if stated else ():
            self.randomise(k, (item.node.start, item.node.end))
        return [k for k in keys if k in self.names and self.names.declared(k).kind == "random"]

    def randomise(self, key: str, place: tuple[int, int]) -> None:
        """Make a name random of which a law, or a mean, is stated; a quantity made of random ones stays what it is."""
        scope = self.names.scope
        known = scope.names.get(key)
        if known is None or known.kind == "random" or key in scope.definitions:
            return
        if known.kind != "real" or known.arguments:
            raise ReadingError("not-read", f"{spell(key)} is no random number", *place)
        scope.names[key] = replace(known, kind="random")
        self.names.changed()

    def alike(self, numbers: Sequence[str]) -> None:
        """Of numbers that are i.i.d.: they are independent, and their means and variances agree."""
        if len(numbers) > 1:
            self.names.assume(make("is", "independent", *(sym(k) for k in numbers)))
        for a, b in pairwise(numbers):
            self.names.assume(eq(E(Expr(sym(a))), E(Expr(sym(b)))).term, eq(Var(Expr(sym(a))), Var(Expr(sym(b)))).term)

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

    def moment(self, what: str, node: Surface | None, key: str) -> None:
        if node is not None:
            self.declare_sides(node, Item(node, "let"))
        stated = {"mean-zero": ZERO, "variance-one": ONE}.get(what)
        if stated is None:
            assert node is not None
            stated = Elaborator(self.names, node).scalar(node)
            if self.names.scope.context().random_in(stated):
                raise ReadingError("unsupported", "this moment is random itself", node.start, node.end)

        def about(x: Term) -> Term:
            left = E(Expr(x)) if what.startswith("mean") else Var(Expr(x))
            return eq(left, Expr(stated)).term

        self.assume_each(key, [about])
