"""Surface trees to terms: names, types, shapes, and what juxtaposition means.

One class walks the tree; functions, big operators, derivatives and expectations are tables in
`functions.py`, `calculus.py` and `probability.py`, which get the walker as their first argument.
Terms keep the form in which they were written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

from symderive.kernel.context import Rejected
from symderive.kernel.shapes import Shape, is_integer, same_shape, shape
from symderive.kernel.terms import INF, ONE, ZERO, Term, TooDeep, abstract, at, make, num, rel, sym, value
from symderive.kernel.words import say
from symderive.reading.formulas import (
    alphabet,
    brackets,
    calculus,
    dots,
    extents,
    factors,
    functions,
    laws,
    probability,
    sums,
)
from symderive.reading.formulas.capture import resting
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.names import Meaning, Names, show, spell, tabulate
from symderive.reading.formulas.surface import Node, Surface, parse
from symderive.reading.formulas.symbols import Symbol, items, label, peel, transposes, unwrap

_T = TypeVar("_T")


@dataclass(frozen=True)
class Value:
    """A term, and whether a vector stands as a row.

    A vector of ones and the identity take their size from what they meet: until then they are only a
    function of their shape, ``fit``, of a given rank.
    """

    term: Term
    row: bool = False
    fit: Callable[[Shape], Term] | None = None
    rank: int = 0

    def fitted(self, s: Shape) -> Value:
        """The value with the size of a shape.

        Raises:
            ReadingError: it has another number of indices.
        """
        if self.fit is None:
            return self
        if len(s) != self.rank:
            own = {1: "a vector of ones", 2: "an identity matrix"}.get(self.rank, "a constant")
            raise ReadingError("shape", f"{own} meets {show(s)}")
        return Value(self.fit(s), self.row)


@dataclass(frozen=True)
class Factor:
    """One factor of a product: what stands before it, its sign, and itself."""

    op: str
    node: Surface
    negative: bool = False


FACTOR_LIMIT = 400
SQUARED = "a power of a vector is taken entry by entry"
SPOKEN = {"o.": "⊙", "o": "∘", "ox": "⊗", "x": "×", "*": "·"}
NO_TERMS = {
    "chain": ("a relation stands where a term is expected", "Give one side of it."),
    "listed": ("several formulas or words stand where one term is expected", "Split it, or put a list in brackets."),
    "empty": ("there is no formula here", "Write one."),
    "REL": ("a relation has no sides", "Write what stands on both sides."),
    "TEXT": ("words stand where a term is expected", "Write it as a formula, or a name as \\mathrm{…}."),
    "PARTIAL": ("∂ stands before nothing", "Write \\frac{\\partial L}{\\partial x}."),
    "LDOT": ("\\left. has no bar at its end", "Write \\left. … \\right|_{x = a}."),
}
"""What is wrong with a part that is no term, and what to do."""
JOINING = frozenset("if when for and where with but whenever".split())
"""Words before and between conditions that must all hold."""


class Elaborator:
    """Reads formulas in the light of the names declared so far.

    Attributes:
        names: the table of names; grows by what is inferred.
        bound: letters bound by sums and the like, as loose variables.
    """

    def __init__(self, names: Names, root: Surface | None = None) -> None:
        self.names = names
        self.bound: dict[str, Term] = {}
        self.bound_ranges: dict[str, tuple[Term, Term]] = {}
        self.varied: frozenset[str] = frozenset()
        """Arguments of a function in whose body the definitions will be put in that rest on them."""
        self.root = root

    # -- entry points -------------------------------------------------------------------------------

    def read(self, node: Surface) -> Value:
        """The value of a formula that is a term.

        Raises:
            ReadingError: with place and advice.
        """
        brackets.not_rounded(self, node)
        try:
            out = self._fitting_sizes(lambda: self.value(node))
            self.shape(out, node)
            if out.fit is not None:
                raise self.error(
                    "undeclared", "the size of this is not known", node, "Give it a size, as in \\mathbf{1}_n or I_n."
                )
        except TooDeep as error:
            raise ReadingError("limit", str(error), node.start, node.end) from None
        except RecursionError:
            raise ReadingError("limit", "the formula nests too deep", node.start, node.end) from None
        return out

    def _fitting_sizes(self, attempt: Callable[[], _T]) -> _T:
        """What an attempt gives; if shapes do not fit, with a dimension that nobody named put equal to another."""
        try:
            out = attempt()
        except ReadingError as error:
            if error.code != "shape" or not self.names.open_dimensions:
                raise
            found = self._identified(attempt)
            if found is None:
                raise
            self.names.identify(*found)
            self.names.notes.append(f"the dimension {found[0]} is {say(found[1])}")
            return self._fitting_sizes(attempt)
        return out

    def _identified(self, attempt: Callable[[], _T]) -> tuple[str, Term] | None:
        """The one way to put an open dimension equal to another that makes an attempt succeed, or go further."""
        whole, fits = self.names, []
        dimensions = [k for k, m in whole.meanings.items() if m.role in ("dimension", "open dimension")]
        for old in whole.open_dimensions[:6]:
            for new in dimensions[:12]:
                if new == old or (new in whole.open_dimensions and new > old):
                    continue
                self.names = whole.copy()
                self.names.identify(old, sym(new))
                try:
                    attempt()
                    fits.append((old, sym(new)))
                except ReadingError:
                    pass
        self.names = whole
        return fits[0] if len(fits) == 1 else None

    def value(self, node: Surface) -> Value:
        method = getattr(self, f"_{node.kind.lower()}", None)
        if method is None:
            wrong = NO_TERMS.get(node.kind, (f"{node.text or node.kind} cannot stand as a term", "Write a term here."))
            raise self.error("syntax", wrong[0], node, wrong[1])
        out: Value = method(node)
        return out

    def term(self, node: Surface) -> Term:
        return self.value(node).term

    def scalar(self, node: Surface) -> Term:
        v = self.value(node)
        if self.shape(v, node):
            message = f"a number is expected, not {show(self.shape(v, node))}"
            raise self.error("shape", message, node, "Check the shapes that were declared.")
        return v.term

    def shape(self, v: Value | Term, node: Surface) -> Shape:
        """The shape of a value; what does not fit is reported at a node."""
        t = v.term if isinstance(v, Value) else v
        try:
            return shape(self.names.scope.context(), t)
        except Rejected as error:
            advice = "Check the shapes that were declared."
            raise ReadingError("shape", in_words(str(error)), node.start, node.end, advice) from None

    def error(self, code: str, text: str, node: Surface | Symbol, advice: str = "") -> ReadingError:
        return ReadingError(code, text, node.start, node.end, advice)

    # -- relations ----------------------------------------------------------------------------------

    def relations(self, node: Surface) -> list[tuple[str, Value, Value]]:
        """The relations of a chain, each with the sides beside it."""
        node = one_chain(node)
        if not (isinstance(node, Node) and node.kind == "chain"):
            raise self.error("syntax", "a relation is expected", node)
        if (isinstance(node.parts[0], Leaf) and node.parts[0].type == "REL") or len(node.parts) % 2 == 0:
            raise self.error("syntax", "a side of the relation is missing", node)
        chain = node
        sides = self._fitting_sizes(lambda: self.fit([self.value(p) for p in chain.parts[::2]]))
        return [(r.text, a, b) for r, a, b in zip(node.parts[1::2], sides[:-1], sides[1:], strict=True)]

    def fit(self, sides: Sequence[Value]) -> list[Value]:
        """The sides of a relation, with the size of the others where one has none of its own."""
        place = self.root or Node("empty", [])
        known = next((self.shape(v, place) for v in sides if v.fit is None and self.shape(v, place)), None)
        out = [v.fitted(known) if known is not None else v for v in sides]
        if any(v.fit is not None for v in out):
            raise self.error(
                "undeclared", "the size of this is not known", place, "Give it a size, as in \\mathbf{1}_n or I_n."
            )
        return out

    def relation_terms(self, node: Surface) -> list[Term]:
        """The relations of a chain as conditions."""
        return [self.relate(r, a, b, node) for r, a, b in self.relations(node)]

    def relate(self, relation: str, a: Value, b: Value, node: Surface) -> Term:
        """``a R b`` as a condition.

        Raises:
            ReadingError: the shapes differ, or the relation is none between terms.
        """
        s, t = self.shape(a, node), self.shape(b, node)
        x, y = a.term, b.term
        if (s and not t and y is not ZERO) or (t and not s and x is not ZERO):
            message = f"{show(s)} and {show(t)} are compared"
            raise self.error("shape", message, node, "Write \\mathbf{1} for a vector of ones, or name an entry.")
        if s and not t:
            y = tabulate(lambda *_: y0, s) if (y0 := y) is not None else y
        elif t and not s:
            x = tabulate(lambda *_: x0, t) if (x0 := x) is not None else x
        elif not same_shape(s, t):
            raise self.error(
                "shape", f"{show(s)} and {show(t)} are compared", node, "Check the shapes that were declared."
            )
        elif len(s) == 1 and a.row != b.row:
            raise self.error("shape", "a row and a column are compared", node, "Transpose one of them.")
        if relation == "!=" and (s or t):
            return rel("!=", make("op", "square", make("add", x, make("neg", y)) if t else a.term), ZERO)
        match relation:
            case "=" | "!=" | "<" | "<=":
                out = rel(relation, x, y)
            case ":=":
                out = rel("=", x, y)
            case ">" | ">=":
                out = rel("<" if relation == ">" else "<=", y, x)
            case _:
                raise self.error("unsupported", f"the relation {relation} is not read between terms", node)
        self.shape(out, node)
        return out

    def condition(self, node: Surface) -> Term:
        """A condition: relations joined by commas or "and"."""
        node = unwrap(node)
        whole = self._for_all(node)
        if whole is not None:
            return whole
        out = [t for p in items(node) if not self._joins(p) for t in self.relation_terms(p)]
        if not out:
            raise self.error("syntax", "a condition is expected", node)
        return out[0] if len(out) == 1 else make("and", *out)

    def _joins(self, node: Surface) -> bool:
        """Whether this joins conditions that must all hold; other words between them are an error."""
        if isinstance(node, Leaf) and node.type == "TEXT" and node.text.lower() not in JOINING:
            advice = "Join conditions by commas or “and”; write a case of its own for “or”."
            raise self.error("unsupported", f"the word “{node.text}” is not read in a condition", node, advice)
        return isinstance(node, Leaf) and node.type in ("TEXT", "COLON")

    def _for_all(self, node: Surface) -> Term | None:
        """``c, ∀ j ≠ i``: a condition for all values of an index in its range."""
        parts = list(node.parts) if isinstance(node, Node) and node.kind == "listed" else []
        k = next((n for n, p in enumerate(parts) if isinstance(p, Leaf) and p.type == "FORALL"), None)
        if k is None:
            return None
        stated = [p for p in parts[:k] if not isinstance(p, Leaf) or p.type not in ("COMMA", "QUAD")]
        binder = next((p for p in parts[k + 1 :] if not (isinstance(p, Leaf) and p.type == "COMMA")), None)
        first = binder.parts[0] if isinstance(binder, Node) and binder.kind == "chain" else binder
        s = peel(first) if first is not None else None
        if s is None or not stated:
            raise self.error("syntax", "this quantifier is not read", node)
        inside = Node("listed", stated) if len(stated) > 1 else stated[0]
        range_ = sums.range_in(self, s.base, inside) or self.names.ranges_said.get(s.base)
        if range_ is None:
            raise self.error("undeclared", f"the range of {spell(s.base)} is not known", node, "Write ∀ j = 1, …, n.")
        with sums.binding(self, s.base, *range_) as name:
            out = self.condition(inside)
            if isinstance(binder, Node) and binder.kind == "chain":
                guards = self.relation_terms(binder)
                out = make("imp", guards[0] if len(guards) == 1 else make("and", *guards), out)
        return make("all", *range_, abstract(out, name))

    # -- sums ---------------------------------------------------------------------------------------

    def _sum(self, node: Node) -> Value:
        self._loose_index(node)
        if (found := extents.stray(self, node)) is not None:
            message = (
                f"how far the operator with {found[0]} reaches is not clear: {found[0]} stands after the + as well"
            )
            raise self.error("extent", message, found[1], "Put brackets around all that it takes.")
        node = dots.summed(node)
        parts: list[tuple[bool, Value, Surface]] = []
        negative = False
        for p in node.parts:
            if isinstance(p, Leaf) and p.type == "SIGN":
                if p.text not in "+-":
                    raise self.error(
                        "syntax", f"{p.text} has two readings", p, "Write two formulas, one for each sign."
                    )
                negative = p.text == "-"
            else:
                if isinstance(p, Leaf) and p.type == "DOTS":
                    raise self.error(
                        "unsupported", "dots stand for terms that are not written", p, "Write a sum with \\sum."
                    )
                parts.append((negative, self.value(p), p))
                negative = False
        fixed = next((self.shape(v, p) for _, v, p in parts if v.fit is None and self.shape(v, p)), None)
        if fixed is not None:
            parts = [(n, v.fitted(fixed), p) for n, v, p in parts]
        elif any(v.fit is not None for _, v, _ in parts):
            raise self.error(
                "undeclared", "the size of this is not known", node, "Give it a size, as in \\mathbf{1}_n or I_n."
            )
        values = [v for _, v, _ in parts]
        tensors = [(v, self.shape(v, p), p) for _, v, p in parts if self.shape(v, p)]
        for (v, s, _), (w, t, q) in pairwise(tensors):
            if not same_shape(s, t):
                message = f"{show(s)} and {show(t)} are added"
                raise self.error("shape", message, q, "Check the shapes that were declared.")
            if len(s) == 1 and v.row != w.row:
                raise self.error("shape", "a row and a column are added", q, "Transpose one of them.")
        if tensors and len(tensors) < len(values):
            self.names.notes.append("a number is added to every entry of a tensor")
        terms = [_negated(v.term) if n else v.term for n, v, _ in parts]
        out = terms[0] if len(terms) == 1 else make("add", *terms)
        return Value(out, any(v.row for v in values))

    def _loose_index(self, node: Node) -> None:
        r"""An index used loose right after its sum (``\\sum_i a_i + b_i``) is an error."""
        bound_letters: set[str] = set()
        for p in node.parts:
            found = sums.big_letters(p)
            for letter in bound_letters - set(self.bound):
                known = letter in self.names and self.names.meanings[letter].role != "index"
                if not known and letter not in found and sums.mentions_index(p, letter):
                    raise self.error(
                        "extent",
                        f"the index {letter} is used after the end of its sum",
                        p,
                        "Put brackets around all that the sum adds up.",
                    )
            bound_letters |= found

    # -- products -----------------------------------------------------------------------------------

    def _juxtaposed(self, node: Node) -> Value:
        self._unknown_run(node)
        for a, b in pairwise(node.parts):
            if isinstance(a, Leaf) and isinstance(b, Leaf) and a.type == b.type == "NUMBER":
                raise ReadingError(
                    "typo", "two numerals stand side by side", a.start, b.end, "Write \\cdot between them."
                )
        return self.product([Factor("", p) for p in node.parts], node)

    def _times(self, node: Node) -> Value:
        out: list[Factor] = []
        op, negative = "", False
        for p in node.parts:
            if isinstance(p, Leaf) and p.type == "OPERATOR":
                op, negative = p.text, False
            elif isinstance(p, Leaf) and p.type == "SIGN":
                negative = p.text == "-"
            else:
                run = p.parts if isinstance(p, Node) and p.kind == "juxtaposed" else [p]
                out.append(Factor(op, run[0], negative))
                out += [Factor("", q) for q in run[1:]]
                op, negative = "", False
        return self.product(out, node)

    def _unknown_run(self, node: Node) -> None:
        """Letters typed without a space are a product only if each of them is known."""
        run: list[Leaf] = []
        for p in [*node.parts, None]:
            if isinstance(p, Leaf) and p.type == "LETTER" and p.text.isascii() and (not run or run[-1].end == p.start):
                run.append(p)
                continue
            if len(run) > 2 and not all(
                x.text in self.names or x.text in self.bound or x.text in ("e", "d") for x in run
            ):
                word = "".join(x.text for x in run)
                advice = f"Declare it as \\mathrm{{{word}}}, or declare each letter."
                raise ReadingError("undeclared", f"{word} is not declared", run[0].start, run[-1].end, advice)
            run = [p] if isinstance(p, Leaf) and p.type == "LETTER" and p.text.isascii() else []

    def product(self, factors: Sequence[Factor], node: Surface) -> Value:
        """The product of factors in written order."""
        if len(factors) > FACTOR_LIMIT:
            raise self.error("limit", f"a product of more than {FACTOR_LIMIT} factors", node, "Name its parts.")
        brackets.not_mixed(self, factors, node)
        whole = calculus.slash_derivative(self, factors)
        if whole is not None:
            return whole
        acc: Value | None = None
        grown = False
        """Whether what stands so far is a product made here, and not one in brackets."""
        lead: Value | None = None
        """The numbers before a chain of tensors: they stand before the chain, not in it."""
        led = False
        slashes = 0
        k = 0
        while k < len(factors):
            f = factors[k]
            slashes += f.op == "/"
            if slashes > 1:
                raise self.error("extent", "two slashes in one product", f.node, "Write \\frac{…}{…}, or brackets.")
            typo = _missing_underscore(self, factors, k)
            if typo:
                raise self.error(
                    "typo", f"braces after {typo} stand for nothing", f.node, "Did you mean an index, with _?"
                )
            if len(factors) > 1:
                brackets.not_rounded(self, f.node)
                brackets.not_difference(self, factors, k)
            v, after = self.factor(factors, k)
            functions.maybe_applied(self, factors, k)
            if f.negative:
                v = Value(_negated(v.term), v.row)
            if f.op == "/" and after < len(factors) and factors[after].op == "":
                raise self.error(
                    "extent",
                    "what stands under the slash is not clear",
                    factors[after].node,
                    "Write \\frac{…}{…}, or brackets.",
                )
            chained = f.op in ("", "*", "x")
            if lead is not None and acc is not None and (not chained or not self._tensor(acc, f.node)):
                acc, lead, grown = self.combine("", lead, acc, f.node, grown=led), None, True
            if acc is None:
                acc = v
            elif lead is None and chained and self._tensor(v, f.node) and not self._tensor(acc, f.node):
                acc, lead, led, grown = v, acc, grown, False
            else:
                acc, grown = self.combine(f.op, acc, v, f.node, grown=grown), True
            k = after
        assert acc is not None
        return acc if lead is None else self.combine("", lead, acc, node, grown=led)

    def _tensor(self, v: Value, node: Surface) -> bool:
        return v.fit is not None or bool(self.shape(v, node))

    def factor(self, factors: Sequence[Factor], k: int) -> tuple[Value, int]:
        """The factor at a place, with what it takes to its right, and the place after it."""
        node = factors[k].node
        for handler in (
            laws.prefix,
            functions.prefix,
            calculus.prefix,
            probability.prefix,
            sums.big,
            functions.applied,
            functions.combined,
        ):
            found = handler(self, factors, k)
            if found is not None:
                return found
        return self.value(node), k + 1

    def combine(self, op: str, a: Value, b: Value, node: Surface, *, grown: bool = False) -> Value:
        """The product of two values, by their shapes and orientation; `grown` if the first is one without brackets."""
        if a.fit is not None or b.fit is not None:
            return self._fitting(op, a, b, node)
        s, t = self.shape(a, node), self.shape(b, node)
        if op == "/":
            if len(s) == len(t) == 2 or (t and len(s) != len(t)):
                raise self.error(
                    "shape",
                    f"{show(s)} is divided by {show(t)}",
                    node,
                    "Multiply by an inverse, or divide by a number.",
                )
            if s and t:
                self.names.notes.append("a quotient of vectors is taken entry by entry")
            return Value(make("div", a.term, b.term), a.row or b.row)
        if op in ("o.", "o", "*", "x") and s and t and (op == "o." or same_shape(s, t)):
            if not same_shape(s, t):
                raise self.error("shape", f"{show(s)} and {show(t)} are multiplied entry by entry", node)
            if op in ("*", "x") and len(s) == 1:
                if op == "*":
                    self.names.notes.append("a dot between vectors is their inner product")
                    return Value(make("op", "matmul", a.term, b.term))
                raise self.error("unsupported", "× between vectors is not read", node, "Write x^\\top y or x \\odot y.")
            if op in ("o.", "o"):
                return Value(make("op", "hadamard", a.term, b.term), a.row)
        if op == "ox" and len(s) == len(t) == 1:
            return Value(make("op", "outer", a.term, b.term))
        if op == "o" and not (s and t):
            op = "o."
        if op not in ("", "*", "x", "o."):
            message = f"the product {SPOKEN.get(op, op)} is not read between {show(s)} and {show(t)}"
            raise self.error("unsupported", message, node, "Write the product in another way.")
        if not s or not t:
            return Value(_times(a.term, b.term) if grown else make("mul", a.term, b.term), a.row or b.row)
        return self._matrix_product(a, b, s, t, node)

    def _fitting(self, op: str, a: Value, b: Value, node: Surface) -> Value:
        """A product with a vector of ones or the identity, whose size comes from the other factor."""
        s, t = self.shape(a, node), self.shape(b, node)
        f, g = a.fit, b.fit
        if op in ("", "*", "x") and f is None and not s:
            return Value(ZERO, b.row, lambda z: _times(a.term, g(z)), b.rank)  # type: ignore[misc]
        if op in ("", "*", "x", "/") and g is None and not t:
            if op == "/":
                return Value(ZERO, a.row, lambda z: make("div", f(z), b.term), a.rank)  # type: ignore[misc]
            return Value(ZERO, a.row, lambda z: _times(b.term, f(z)), a.rank)  # type: ignore[misc]
        if op not in ("", "*", "o."):
            raise self.error("unsupported", "this product is not read", node)
        if op == "o." and (f is None or g is None):
            return self.combine(op, a.fitted(t), b.fitted(s), node)
        if a.rank == 2 and f is not None:
            return b
        if b.rank == 2 and g is not None:
            return a
        if f is not None and g is not None:
            if a.row == b.row:
                raise self.error("shape", "two columns are multiplied", node)
            if a.row:
                raise self.error(
                    "undeclared", "the size of this is not known", node, "Give it a size, as in \\mathbf{1}_n."
                )
            return Value(ZERO, False, lambda z: make("op", "outer", f(z[:1]), g(z[1:])), 2)
        known, row = (t, b.row) if f is not None else (s, a.row)
        if len(known) == 1 and a.row == b.row:
            raise self.error("shape", "two columns are multiplied", node, "Transpose one of them.")
        if len(known) == 1 and not a.row:
            if f is not None:
                return Value(ZERO, False, lambda z: make("op", "outer", f(z[:1]), b.term), 2)
            return Value(ZERO, False, lambda z: make("op", "outer", a.term, g(z[1:])), 2)  # type: ignore[misc]
        del row
        size = known if len(known) == 1 else known[:1] if f is not None else known[1:]
        return self.combine("", a.fitted(size), b.fitted(size), node)

    def _matrix_product(self, a: Value, b: Value, s: Shape, t: Shape, node: Surface) -> Value:
        """Rows and columns: a vector is a column unless it was transposed."""
        fail = f"{_orientation(a, s)} times {_orientation(b, t)} is not defined"
        op = "matmul"
        row = False
        match len(s), len(t):
            case 1, 1:
                if a.row == b.row:
                    raise self.error(
                        "shape", fail, node, "Write x^\\top y for the inner product, x \\odot y entry by entry."
                    )
                op = "matmul" if a.row else "outer"
            case 2, 1:
                if b.row:
                    raise self.error("shape", fail, node)
            case 1, 2:
                if not a.row:
                    raise self.error("shape", fail, node, "Transpose the vector.")
                row = True
            case 2, 2:
                pass
            case _:
                raise self.error("shape", fail, node)
        out = make("op", op, a.term, b.term)
        try:
            shape(self.names.scope.context(), out)
        except Rejected:
            raise self.error("shape", fail, node, "Check the shapes that were declared.") from None
        return Value(out, row)

    # -- atoms --------------------------------------------------------------------------------------

    def _number(self, leaf: Leaf) -> Value:
        if len(leaf.text) > 60:
            raise self.error("limit", "the numeral has more than 60 digits", leaf, "Give it a name.")
        return Value(num(Fraction(leaf.text)))

    def _letter(self, leaf: Leaf) -> Value:
        found = peel(leaf)
        assert found is not None
        return self.symbol(found, leaf)

    _word = _letter
    _prime = _accent = lambda self, node: self.symbol_node(node)

    def symbol_node(self, node: Surface) -> Value:
        found = peel(node)
        if found is None:
            return self._scripted(node)
        return self.symbol(found, node)

    def _group(self, node: Node) -> Value:
        inner = unwrap(node)
        if isinstance(inner, Node) and inner.kind == "empty":
            raise self.error("syntax", "empty braces stand for nothing", node, "Fill them, or remove them.")
        return self.value(inner)

    def _boxed(self, node: Node) -> Value:
        return self.value(node.parts[1])

    def _brace(self, node: Node) -> Value:
        return self.value(node.parts[1])

    def _bracket(self, node: Node) -> Value:
        return brackets.bracket(self, node)

    def _fraction(self, node: Node) -> Value:
        derivative = calculus.fraction(self, node)
        if derivative is not None:
            return derivative
        top, bottom = self.value(node.parts[1]), self.value(node.parts[2])
        return self.combine("/", top, bottom, node)

    def _binomial(self, node: Node) -> Value:
        raise self.error("unsupported", "binomial coefficients are not read yet", node, "Write the quotient out.")

    def _root(self, node: Node) -> Value:
        inside = self.value(node.parts[-1])
        order = Fraction(1, 2)
        if len(node.parts) == 5:
            k = value(self.term(node.parts[2]))
            if not isinstance(k, int) or k < 2:
                raise self.error("unsupported", "a root of an order that is no number ≥ 2", node)
            order = Fraction(1, k)
        functions.entrywise(self, "sqrt", inside, node)
        return Value(make("pow", inside.term, num(order)), inside.row)

    def _environment(self, node: Node) -> Value:
        return brackets.environment(self, node)

    def _factorial(self, node: Node) -> Value:
        if isinstance(node.parts[0], Node) and node.parts[0].kind == "factorial":
            raise self.error("unsupported", "a double factorial is not read", node, "Write a product with \\prod.")
        inside = value(self.term(node.parts[0]))
        if not isinstance(inside, int) or not 0 <= inside <= 50:
            raise self.error(
                "unsupported", "a factorial is read only of a numeral up to 50", node, "Write a product with \\prod."
            )
        out = 1
        for k in range(2, inside + 1):
            out *= k
        return Value(num(out))

    def _mark(self, leaf: Leaf) -> Value:
        if leaf.text == "%":
            raise self.error("unsupported", "write per cent as a fraction", leaf)
        raise self.error("syntax", f"{leaf.text} cannot stand alone", leaf)

    def _function(self, leaf: Leaf) -> Value:
        raise self.error("syntax", f"\\{leaf.text} stands without an argument", leaf, "Give it an argument.")

    def _big(self, leaf: Leaf) -> Value:
        raise self.error("syntax", "a big operator stands before nothing", leaf, "Write what it adds up or multiplies.")

    def _nabla(self, leaf: Leaf) -> Value:
        raise self.error("syntax", "∇ stands before nothing", leaf, "Write \\nabla_w L.")

    def _dots(self, leaf: Leaf) -> Value:
        raise self.error(
            "unsupported", "dots stand for what is not written", leaf, "Write a sum, a product, or a family."
        )

    # -- scripts ------------------------------------------------------------------------------------

    def _subscript(self, node: Node) -> Value:
        self._scripts_once(node)
        if isinstance(node.parts[0], Node) and node.parts[0].kind == "brace":
            return self.value(node.parts[0])
        return self.symbol_node(node)

    def _scripts_once(self, node: Node) -> None:
        """``x^2^3`` and ``x_1_2`` are errors, as in TeX."""
        base: Surface = node.parts[0]
        while isinstance(base, Node) and base.kind in ("superscript", "subscript"):
            script = unwrap(base.parts[1])
            if base.kind == node.kind and not (isinstance(script, Leaf) and script.type in ("PRIME", "MARK")):
                sign = "^" if node.kind == "superscript" else "_"
                raise self.error(
                    "typo",
                    f"two scripts with {sign} stand on one symbol",
                    node,
                    "Put braces around what belongs together.",
                )
            base = base.parts[0]

    def _superscript(self, node: Node) -> Value:
        self._scripts_once(node)
        if isinstance(node.parts[0], Node) and node.parts[0].kind == "brace":
            return self.value(node.parts[0])
        found = peel(node)
        if found is not None:
            return self.symbol(found, node)
        return self._scripted(node)

    def _scripted(self, node: Surface) -> Value:
        """A script on something that is no symbol: a power, a transpose, a component, a norm."""
        assert isinstance(node, Node)
        if node.kind in ("superscript", "subscript"):
            special = brackets.scripted_bracket(self, node)
            if special is not None:
                return special
            base = self.value(node.parts[0])
            script = unwrap(node.parts[1])
            if node.kind == "superscript" and transposes(script) == "T" and _is_tuple(node.parts[0]):
                return replace(base, row=False)  # (a, b)ᵀ is a column, whatever (a, b) is
            if node.kind == "superscript":
                return self.power(base, script, node)
            return self.component(base, script, node)
        raise self.error("syntax", "this cannot be read as a symbol", node, "An accent stands over one letter or name.")

    def power(self, base: Value, script: Surface, node: Surface) -> Value:
        """``base^script``: transpose, inverse, or power."""
        s = self.shape(base, node)
        kind = transposes(script)
        if base.fit is not None:
            if kind != "T":
                raise self.error("undeclared", "the size of this is not known", node)
            return self.transpose(base, s)
        if kind == "T" and not s and "T" not in self.names and (of := self._guessed(base.term)):
            message = f"{spell(of)} stands in what is transposed, but was not declared"
            raise self.error("undeclared", message, node, "Declare it as a vector or matrix; or declare T.")
        if kind == "T" and (s or (isinstance(script, Leaf) and script.type == "TRANSPOSE")):
            if isinstance(script, Leaf) and script.type == "LETTER" and "T" in self.names:
                message = f"T is a number here: a symbolic power of {show(s)} is not read"
                raise self.error("unsupported", message, node, "Write \\top for the transpose.")
            return self.transpose(base, s)
        if (exponent_node := entrywise(script)) is not None:
            return Value(make("pow", base.term, self.scalar(exponent_node)), base.row)
        if len(s) == 2:
            if kind == "-1":
                return Value(make("op", "inv", base.term))
            if kind == "-T":
                return Value(make("op", "transpose", make("op", "inv", base.term)))
            exponent = value(self.scalar(script))
            if isinstance(exponent, int) and 2 <= exponent <= 8 and same_shape(s[:1], s[1:]):
                out = base.term
                for _ in range(exponent - 1):
                    out = make("op", "matmul", out, base.term)
                return Value(out)
            raise self.error(
                "shape",
                "this power of a matrix is not read",
                node,
                "Write A^{k} with 2 ≤ k ≤ 8, A^{-1}, or A^{\\odot k} entry by entry.",
            )
        exponent_term = self.scalar(script)
        if len(s) == 1:
            self.names.notes.append(SQUARED)
        return Value(make("pow", base.term, exponent_term), base.row)

    def _guessed(self, t: Term) -> str:
        """A name in a term that was only inferred to be a number."""
        used = sorted(self.names.scope.context().closure(t))
        return next((n for n in used if n in self.names and self.names.meanings[n].role == "inferred"), "")

    def transpose(self, base: Value, s: Shape) -> Value:
        if base.fit is not None:
            return Value(ZERO, not base.row, base.fit, base.rank) if base.rank == 1 else base
        if not s:
            return base
        if len(s) == 1:
            return Value(base.term, not base.row)
        return Value(make("op", "transpose", base.term))

    def component(self, base: Value, script: Surface, node: Surface) -> Value:
        """``[…]_{ij}``: entries of a tensor."""
        s = self.shape(base, node)
        indices = self.indices(script, len(s), s)
        if not s or len(indices) > len(s):
            raise self.error(
                "shape", "an index stands on what has no entries", node, "Only vectors and matrices have entries."
            )
        return Value(at(base.term, *indices), base.row and len(s) - len(indices) == 1)

    # -- indices ------------------------------------------------------------------------------------

    def indices(self, script: Surface | None, rank: int, ranges: Shape = ()) -> list[Term]:
        """The indices that a subscript lists, for a tensor of a rank."""
        if script is None:
            return []
        parts = self.index_parts(script, rank)
        return [self.index(p, ranges[k] if k < len(ranges) else None) for k, p in enumerate(parts)]

    def index_parts(self, script: Surface, rank: int) -> list[Surface]:
        """A subscript as surface trees, one an index: ``ij``, ``i,j``, ``12``, ``t-1``."""
        script = unwrap(script)
        if isinstance(script, Node) and script.kind == "listed":
            return [q for p in items(script) for q in self.index_parts(p, 1)]
        if isinstance(script, Node) and script.kind == "juxtaposed" and rank > 1 and not _holds_function(script):
            return [q for p in script.parts for q in self.index_parts(p, 1 if len(script.parts) >= rank else rank)]
        if isinstance(script, Leaf) and script.type == "NUMBER" and rank > 1 and len(script.text) == rank:
            return [Leaf("NUMBER", c, script.start + k, script.start + k + 1) for k, c in enumerate(script.text)]
        if isinstance(script, Node) and script.kind == "bracket" and len(script.parts) == 3:
            return self.index_parts(script.parts[1], rank)
        return [script]

    def index(self, node: Surface, range_: tuple[Term, Term] | None = None) -> Term:
        """One index; a letter without meaning becomes a free index with the range of its place."""
        found = peel(node)
        if found is not None and found.lower is None and found.upper is None:
            key = found.base
            if key in self.bound:
                return self.bound[key]
            if range_ is None and key not in self.names:
                range_ = self.names.ranges_said.get(key)
                if range_ is None and self.root is not None:
                    range_ = sums.range_in(self, key, self.root)
            free = key in self.names and self.names.meanings[key].role == "index"
            if range_ is None and self.root is not None and (free or key in self.names.ranges_said):
                here = sums.range_in(self, key, self.root)  # the range that it has elsewhere in the relation
                range_ = None if here is None or here[0].loose or here[1].loose else here
            if range_ is None and key in self.names.ranges_said and not self._integer_name(key):
                range_ = self.names.ranges_said[key]
            if key in self.names.ranges_said and key in self.names and not self._integer_name(key):
                return self.names.index(key, *(range_ or self.names.ranges_said[key]))
            known = (
                key in self.names
                and self.names.declared(key).kind == "int"
                and self.names.meanings[key].role != "index"
            )
            own = key in self.names and self.names.meanings[key].role != "index" and not self.names.ranges(key)
            if not known and range_ is not None and not own:
                if any(len(b.loose) for b in range_):
                    raise self.error("undeclared", f"the index {spell(key)} has no range", node)
                return self.names.index(key, *range_)
        if isinstance(node, Node) and node.kind == "juxtaposed" and not all(map(self._known_integer, node.parts)):
            count = len(node.parts)
            raise self.error(
                "shape", f"{count} indices stand where one is expected", node, "Check the shape that was declared."
            )
        t = self.scalar(node)
        if not is_integer(self.names.scope.context(), t):
            raise self.error("shape", "an index must be an integer", node, "Declare it, or bind it by a sum.")
        return t

    # -- symbols ------------------------------------------------------------------------------------

    def symbol(self, s: Symbol, node: Surface) -> Value:
        """A name with its scripts, by what was declared."""
        lower, upper = s.lower, s.upper
        for key, used_lower, used_upper in _candidates(s):
            if key in self.bound and used_upper is None:
                return self._powered(Value(self.bound[key]), _rest(lower, used_lower), upper, node)
            if key in self.names.aliases:
                return self._powered(
                    Value(self.names.aliases[key]), _rest(lower, used_lower), _rest(upper, used_upper), node
                )
            if key == "e" and key in self.names and self.names.meanings[key].role == "basis" and lower is None:
                continue
            if key in self.names and not self._separate(key, s, used_lower):
                self._one_of_many(key, s, node)
                self._one_per_head(key, s, used_lower, node)
                return self._named(key, _rest(lower, used_lower), _rest(upper, used_upper), node)
        if self._adopted(s):
            return self.symbol(s, node)
        known = functions.constant(self, s, node)
        if known is not None:
            return known
        if s.base in self.names.ranges_said and lower is None:
            return self._powered(Value(self.names.index(s.base, *self.names.ranges_said[s.base])), None, upper, node)
        listed = functions.listed_names(self, s, node)
        if listed is not None:
            return listed if upper is None else self.power(listed, upper, node)
        bold = alphabet.styled(s.base, "BOLD") if len(s.base) == 1 else s.base
        if bold != s.base and bold in self.names and self.names.ranges(bold) and lower is not None:
            return self._named(bold, lower, upper, node)
        return self._inferred(s, node)

    def _one_of_many(self, key: str, s: Symbol, node: Surface) -> None:
        """A name such as ``x_h``, which was declared by itself, is no member of a family where h runs.

        Raises:
            ReadingError: the letter below it is an index here.
        """
        letter = peel(unwrap(s.lower)) if s.lower is not None and key != s.base and "_" in key else None
        if (
            letter is not None
            and letter.lower is None
            and letter.base in self.bound
            and key.endswith(f"_{letter.base}")
        ):
            text = f"{spell(key)} is declared as a single name, but {letter.base} runs here"
            raise self.error(
                "ambiguous", text, node, f"Say over what {letter.base} runs where {spell(key)} is declared."
            )

    def _adopted(self, s: Symbol) -> bool:
        """Whether an earlier part lends the meaning of a symbol that has none here."""
        if not self.names.elders or factors.numbered(self, s.base):
            return False
        return any(key not in self.names and self.names.adopt(key) for key, *_ in _candidates(s))

    def _one_per_head(self, key: str, s: Symbol, used: Surface | None, node: Surface) -> None:
        """x_1 may be a name or an entry of x, but not both in one scope."""
        if not (isinstance(used, Leaf) and used.type == "NUMBER" and s.base in self.names):
            return
        if not self.names.is_function(s.base) and self.names.ranges(s.base):
            message = f"{spell(key)} is declared, and so is {spell(s.base)} with its entries"
            raise self.error("ambiguous", message, node, "Use another letter for one of them.")

    def _separate(self, key: str, s: Symbol, used: Surface | None) -> bool:
        """Whether a subscript makes another name: that of a number has no entries."""
        if isinstance(s.upper, Leaf) and s.upper.type == "MARK":
            return True
        if s.lower is None or used is not None or self.names.is_function(key):
            return False
        return not self.names.ranges(key) and bool(label(s.lower)) and not self.indexed(s.lower)

    def uncaptured(self, key: str, node: Surface) -> None:
        """Refuse a name that rests on a letter that runs here: its author may mean that it varies.

        Raises:
            ReadingError: it does.
        """
        letters = self.bound.keys() & self.names.scope.names.keys() - self.varied
        if letters and (found := resting(self.names.scope.context(), key, letters)):
            text = f"{spell(key)} rests on {spell(min(found))}, which runs here"
            raise self.error("collision", text, node, f"Write out {spell(key)}, or give it the index.")

    def _named(self, key: str, lower: Surface | None, upper: Surface | None, node: Surface) -> Value:
        self.uncaptured(key, node)
        meaning = self.names.meanings[key]
        if self.names.is_function(key):
            return self._bare_function(meaning, lower, upper, node)
        ranges = self.names.ranges(key)
        t = sym(key)
        indices: list[Term] = []
        if meaning.upper and upper is not None and not transposes(upper):
            indices += self.indices(upper, meaning.upper, ranges[: meaning.upper])
            upper = None
        if lower is not None:
            rest = ranges[len(indices) :]
            filled = tuple((_fill(lo, indices), _fill(hi, indices)) for lo, hi in rest)
            if not rest:
                raise self.error(
                    "shape", f"{meaning.spelling} has no entries", node, "Declare it as a vector, or declare this name."
                )
            indices += self.indices(lower, len(rest), filled)
        if lower is not None and upper is not None and len(indices) == len(ranges) == 2 and ranges[0] == ranges[1]:
            whole = self._entry_of_power(t, indices, lower, upper, node)
            if whole is not None:
                return whole
        if len(indices) > len(ranges):
            raise self.error("shape", f"{meaning.spelling} has {len(ranges)} indices, not {len(indices)}", node)
        left = len(ranges) - len(indices)
        if upper is not None and len(indices) == 2 and left == 0 and transposes(upper) == "T" and "T" not in self.names:
            return Value(at(t, *reversed(indices)))
        if isinstance(upper, Node) and upper.kind == "bracket" and not left and _may_be_index(upper):
            message = f"{meaning.spelling} is no family: a superscript in brackets may be an index or a power"
            raise self.error("ambiguous", message, node, "Declare the family, or write the power without brackets.")
        value_ = Value(at(t, *indices), left == 1 and (meaning.row or "rows" in self.names.conventions))
        return value_ if upper is None else self.power(value_, upper, node)

    def _entry_of_power(
        self, t: Term, indices: Sequence[Term], lower: Surface, upper: Surface, node: Surface
    ) -> Value | None:
        """``A^{-1}_{ij}`` and ``A^2_{ij}``, entries of a power; with the index first it is the power of an entry.

        Raises:
            ReadingError: ``A_{ij}^{-1}`` is read both ways.
        """
        if transposes(upper) == "T":
            return None
        if upper.start < lower.start:
            return Value(at(self.power(Value(t), upper, node).term, *indices))
        if transposes(upper) == "-1":
            advice = "Write (A^{-1})_{ij}, or 1/A_{ij}."
            raise self.error("ambiguous", "an entry of the inverse, or the inverse of an entry?", node, advice)
        return None

    def _powered(self, base: Value, lower: Surface | None, upper: Surface | None, node: Surface) -> Value:
        if lower is not None:
            base = self.component(base, lower, node)
        return base if upper is None else self.power(base, upper, node)

    def _called(self, meaning: Meaning) -> tuple[Term, ...]:
        """The letters of ``f(x, y) = …`` as numbers, for f that stands bare; nothing if they are something else."""
        fresh = [k for k in meaning.called if k not in self.names]
        old = [self.names.declared(k) for k in meaning.called if k in self.names]
        if any(d.kind != "real" or d.ranges for d in old) or (fresh and self.names.strict):
            return ()
        for k in fresh:
            self.names.number(k, "inferred")
        return tuple(map(sym, meaning.called))

    def _bare_function(self, meaning: Meaning, lower: Surface | None, upper: Surface | None, node: Surface) -> Value:
        usual = meaning.usual or self._called(meaning)
        if not usual:
            raise self.error(
                "syntax", f"the function {meaning.spelling} stands without arguments", node, "Give it an argument."
            )
        out = Value(make("app", meaning.key, *usual))
        return self._powered(out, lower, upper, node)

    def _inferred(self, s: Symbol, node: Surface) -> Value:
        """A name of which nothing was said: a real number, or a component of a family by its indices."""
        lower_label, upper_label = label(s.lower), label(s.upper)
        nested = peel(unwrap(s.lower)) if s.lower is not None else None
        if nested is not None and nested.lower is not None:
            message = f"{spell(s.base)} is not declared, so its index {spell(lower_label)} has no meaning"
            raise self.error("undeclared", message, node, "Declare it as a family.")
        if s.base in self.names.tainted:
            raise self.error(
                "not-read",
                f"what {spell(s.base)} is was not said, or not read",
                node,
                "Declare it in a simple sentence.",
            )
        self._no_number(s, node)
        if isinstance(node, Leaf) and node.note == "operatorname":
            message = f"the operator {s.base} is not known"
            raise self.error("undeclared", message, node, "Define it, or write \\mathrm for the name of a number.")
        if s.base == "i" and s.lower is None:
            raise self.error(
                "undeclared",
                "i is not declared; complex numbers are not read",
                node,
                "Declare it, or bind it by a sum.",
            )
        if self.names.strict:
            key = s.base + (f"_{lower_label}" if lower_label else "")
            raise self.error(
                "undeclared", f"{spell(key)} is not declared", node, f"Say what it is: Let ${spell(key)}$ be …"
            )
        if s.lower is not None:
            if not lower_label:
                raise self.error("undeclared", f"{spell(s.base)} is not declared", node, "Declare it as a family.")
            if self.indexed(s.lower):
                return self._inferred_family(s, node)
        key = s.base + (f"_{lower_label}" if lower_label else "")
        upper = s.upper
        if upper_label.startswith("⁽") or upper_label in ("*", "+", "-", "†"):
            key, upper = f"{key}^{upper_label}", None
        if key not in self.names:
            self.names.number(key, "inferred", place=(node.start, node.end))
        return self._powered(Value(sym(key)), None, upper, node)

    def _no_number(self, s: Symbol, node: Surface) -> None:
        """Letters of which nothing was said, but that cannot be meant as numbers."""
        if s.base in ("𝔼", "𝕍", "ℙ", "ℝ", "ℕ", "ℤ") and s.lower is None:
            raise self.error("syntax", f"{spell(s.base)} stands without an argument", node, "Give it one in brackets.")
        if s.primes and s.lower is None and self.names.is_function(s.bare):
            raise self.error("syntax", f"{spell(s.base)} stands without an argument", node, "Give it an argument.")
        if s.lower is not None:
            return
        bold = alphabet.styled(s.base, "BOLD") if len(s.base) == 1 else s.base
        if s.base in self.names.built_in:
            raise functions.two_meanings(self, s.base, s)
        if bold != s.base and bold in self.names and self.names.ranges(bold):
            message = f"{spell(s.base)} is not declared, but {spell(bold)} is"
            raise self.error("undeclared", message, node, f"Write {spell(bold)}, or declare {spell(s.base)}.")
        if s.base in ("E", "V") and any(d.kind == "random" for d in self.names.scope.names.values()):
            advice = f"Write \\{'mathbb{E}' if s.base == 'E' else 'operatorname{Var}'}[…], or declare {s.base}."
            raise self.error("ambiguous", f"{s.base} without brackets is a number or a moment", node, advice)
        if s.base == "d":
            advice = "Write \\frac{dL}{dx}, or declare d."
            raise self.error("undeclared", "d is not declared; differentials are not read", node, advice)

    def indexed(self, lower: Surface) -> bool:
        """Whether a subscript holds a bound letter or a declared integer."""
        for p in self.index_parts(lower, 9):
            for leaf in leaves(p):
                if leaf.type == "LETTER" and (leaf.text in self.bound or self._integer_name(leaf.text)):
                    return True
        return False

    def _known_integer(self, node: Surface) -> bool:
        if not (isinstance(node, Leaf) and node.type == "LETTER"):
            return True
        return node.text in self.bound or (
            self._integer_name(node.text) and self.names.meanings[node.text].role != "index"
        )

    def _integer_name(self, key: str) -> bool:
        return key in self.names and self.names.declared(key).kind == "int"

    def _inferred_family(self, s: Symbol, node: Surface) -> Value:
        from symderive.kernel.context import Name

        assert s.lower is not None
        parts = self.index_parts(s.lower, 9)
        ranges = []
        for p in parts:
            found = peel(p)
            own = sums.range_of_bound(self, found.base) if found is not None else None
            ranges.append(own if own is not None else (ONE, INF))
        if any(r[0].loose or r[1].loose for r in ranges):
            raise self.error("undeclared", f"{spell(s.base)} is not declared", node, "Declare it as a family.")
        self.names.add(
            Meaning(s.base, spell(s.base), "inferred", place=(node.start, node.end)), Name("real", tuple(ranges))
        )
        self.names.inferred.append(f"{spell(s.base)} is a family of real numbers")
        return self._named(s.base, s.lower, s.upper, node)


# -- small helpers ----------------------------------------------------------------------------------------


def leaves(node: Surface) -> list[Leaf]:
    """The leaves of a surface tree, from left to right."""
    out: list[Leaf] = []
    stack: list[Surface] = [node]
    while stack:
        n = stack.pop()
        if isinstance(n, Leaf):
            out.append(n)
        else:
            stack.extend(reversed(n.parts))
    return out


def _holds_function(node: Node) -> bool:
    """Whether a function stands in a script, which is one index then."""
    return any(isinstance(p, Leaf) and p.type == "FUNCTION" for p in node.parts)


def one_chain(node: Surface) -> Surface:
    """The relations of the rows of an align as one chain."""
    if not (isinstance(node, Node) and node.kind == "environment" and node.parts[0].text in ALIGNED):
        return node
    rows = node.parts[1]
    assert isinstance(rows, Node)
    parts: list[Surface] = []
    for row in rows.parts:
        for cell in row.parts if isinstance(row, Node) else ():
            if isinstance(cell, Node) and cell.parts:
                inner = cell.parts[0]
                parts += inner.parts if isinstance(inner, Node) and inner.kind == "chain" else [inner]
    return Node("chain", parts)


ALIGNED = frozenset("align aligned gather gathered split eqnarray alignat multline equation".split())


def _missing_underscore(el: Elaborator, factors: Sequence[Factor], k: int) -> str:
    r"""The letter before braces that hold nothing but letters, as in ``\\delta{ik}``."""
    if k + 1 >= len(factors) or factors[k + 1].op:
        return ""
    leaf, group = factors[k].node, factors[k + 1].node
    if not (isinstance(leaf, Leaf) and leaf.type == "LETTER" and isinstance(group, Node) and group.kind == "group"):
        return ""
    inner = leaves(group)[1:-1]
    plain = bool(inner) and all(x.type == "LETTER" and x.text.isascii() for x in inner) and len(inner) <= 3
    tensor = leaf.text in el.names and not el.names.is_function(leaf.text) and bool(el.names.ranges(leaf.text))
    return spell(leaf.text) if plain and (tensor or (leaf.text == "δ" and leaf.text not in el.names)) else ""


def _is_tuple(node: Surface) -> bool:
    """Whether something is ``(a, b)``."""
    inner = node.parts[1] if isinstance(node, Node) and node.kind == "bracket" and len(node.parts) == 3 else None
    return isinstance(inner, Node) and inner.kind == "listed"


def _may_be_index(upper: Node) -> bool:
    """Whether a bracketed superscript looks like an index: a number, a letter, or one of them shifted."""
    inside = upper.parts[1] if len(upper.parts) == 3 else upper
    parts = inside.parts if isinstance(inside, Node) and inside.kind == "sum" else [inside]
    return upper.parts[0].text == "(" and all(isinstance(p, Leaf) for p in parts)


def entrywise(script: Surface) -> Surface | None:
    r"""The exponent of ``^{\\odot k}``; None for any other script."""
    script = unwrap(script)
    if isinstance(script, Leaf) or not script.parts:
        return None
    first, *rest = script.parts
    if isinstance(first, Leaf) and first.type == "MARK" and first.text in ("⊙", "°"):
        return rest[0] if len(rest) == 1 else Node(script.kind, rest)
    inner = entrywise(first)
    return None if inner is None else Node(script.kind, [inner, *rest])


def _candidates(s: Symbol) -> list[tuple[str, Surface | None, Surface | None]]:
    """Keys under which a symbol may be declared, the most specific first, with the scripts that they use up."""
    lower, upper = label(s.lower), label(s.upper)
    out: list[tuple[str, Surface | None, Surface | None]] = []
    if lower and upper:
        out.append((f"{s.base}_{lower}^{upper}", s.lower, s.upper))
    if lower:
        out.append((f"{s.base}_{lower}", s.lower, None))
    if upper:
        out.append((f"{s.base}^{upper}", None, s.upper))
    out.append((s.base, None, None))
    return out


def _rest(script: Surface | None, used: Surface | None) -> Surface | None:
    return None if script is used else script


def _fill(t: Term, indices: Sequence[Term]) -> Term:
    """A range end that may depend on the indices before it, the nearest as ``bound(0)``."""
    from symderive.kernel.terms import instantiate

    if t.dangling == 0:
        return t
    for i in reversed(indices):
        t = instantiate(t, i)
    return t


def _negated(t: Term) -> Term:
    if t.head == "num" and t is not ZERO:
        return num(-Fraction(t.args[0], t.args[1]))  # type: ignore[arg-type]
    return make("neg", t)


def _times(a: Term, b: Term) -> Term:
    """A product that grows by a factor."""
    return make("mul", *(a.terms if a.head == "mul" else (a,)), b)


def _orientation(v: Value, s: Shape) -> str:
    if len(s) == 1:
        return f"a {'row' if v.row else 'column'} of length {say(s[0][1])}"
    return show(s)


def in_words(message: str) -> str:
    """What the kernel says of shapes, without its notation for terms."""
    text = re.sub(r"\(num (-?\d+) 1\)", r"\1", message)
    text = re.sub(r"\(sym ([^\s()]+)\)", r"\1", text).replace("(inf)", "∞")
    text = re.sub(r"(?<![\w.])1\.\.", "", text)
    return re.sub(r"(?: in|:) \(.*\Z", "", text, flags=re.DOTALL)


def read_term(text: str, names: Names) -> Value:
    """The term that a LaTeX formula stands for.

    Raises:
        ReadingError: it cannot be read, with place and advice.
    """
    node = parse(text, names.words)
    return Elaborator(names, node).read(node)


def read_relations(text: str, names: Names) -> list[Term]:
    """The relations of a chain such as ``a = b = c``, as conditions."""
    node = parse(text, names.words)
    return Elaborator(names, node).relation_terms(node)
