"""The strict reader: JSON to terms, contexts, steps, models and books.

Everything that is read is checked: exact keys, types, ranges, references to earlier entries only.
Input that is too large, too deep or malformed raises `Rejected`; nothing else can happen.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from symderive.kernel import steps
from symderive.kernel.book import Book, Entry, Lambda, Spot, Value
from symderive.kernel.context import (
    PRIMITIVES,
    Context,
    Definition,
    Name,
    Operator,
    Range,
    Rejected,
    need,
)
from symderive.kernel.models import FunctionModel
from symderive.kernel.sums import Moves
from symderive.kernel.terms import INF, MAX_DIGITS, NODES, Term, TooDeep, make

MAX_BYTES = 48 * 2**20
MAX_NESTING = 24
MAX_ENTRIES = 1_000_000

NAME = re.compile(r"[^\s\"(){}\[\]]{1,200}\Z")
NUMBER = re.compile(r"(0|-?[1-9][0-9]{0,1299})(/[1-9][0-9]{0,1299})?\Z")


def load(data: bytes) -> Any:
    """Parse JSON without floats, duplicate keys or deep nesting.

    Raises:
        Rejected: it is anything else.
    """
    need(len(data) <= MAX_BYTES, f"the file is larger than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected("the file is not UTF-8") from None
    depth = 0
    for part in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text):
        c = part[0][0]
        depth += 1 if c in "[{" else -1 if c in "]}" else 0
        need(depth <= MAX_NESTING, "the file nests too deep")
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_float=_no, parse_constant=_no, parse_int=_integer
        )
    except (json.JSONDecodeError, RecursionError) as error:
        raise Rejected(f"not JSON: {error}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    need(len(out) == len(pairs), "a key stands twice")
    return out


def _no(text: str) -> Any:
    raise Rejected(f"{text[:40]} is not allowed: only strings and whole numbers")


def _integer(text: str) -> int:
    need(len(text) <= 12, "a number outside a string is too long")
    return int(text)


# -- plain values -----------------------------------------------------------------------------------


def record(x: Any, *keys: str) -> dict[str, Any]:
    """An object with exactly these keys."""
    need(isinstance(x, dict) and set(x) == set(keys), f"expected the keys {', '.join(keys)}")
    return x  # type: ignore[no-any-return]


def sequence(x: Any, length: int | None = None) -> list[Any]:
    need(isinstance(x, list) and len(x) <= MAX_ENTRIES, "expected a list")
    need(length is None or len(x) == length, f"expected a list of {length}")
    return x  # type: ignore[no-any-return]


def mapping(x: Any) -> dict[str, Any]:
    need(isinstance(x, dict) and len(x) <= MAX_ENTRIES, "expected an object")
    return x  # type: ignore[no-any-return]


def name(x: Any) -> str:
    need(isinstance(x, str) and NAME.match(x), "expected a name")
    return x  # type: ignore[no-any-return]


def text(x: Any) -> str:
    need(isinstance(x, str), "expected a string")
    return x  # type: ignore[no-any-return]


def integer(x: Any) -> int:
    need(type(x) is int, "expected a whole number")
    return x  # type: ignore[no-any-return]


def rational(x: Any) -> Fraction:
    """A reduced fraction "p/q"."""
    need(isinstance(x, str) and NUMBER.match(x), "expected a rational number")
    p, _, q = x.partition("/")
    f = Fraction(int(p), int(q or 1))
    need(f.denominator == int(q or 1) and q != "1", f"{x[:40]} is not reduced")
    need(max(abs(f.numerator), f.denominator).bit_length() <= MAX_DIGITS, "a number is too long")
    return f


# -- terms ------------------------------------------------------------------------------------------


class Terms:
    """A table of terms; each entry refers to earlier ones by number."""

    def __init__(self, rows: Any, *, schematic: bool = False) -> None:
        self.table: list[Term] = []
        self.schematic = schematic
        for k, row in enumerate(sequence(rows)):
            try:
                self.table.append(self._read(sequence(row)))
            except TooDeep as error:
                raise Rejected(str(error)) from None
            except Rejected as error:
                raise Rejected(f"term {k}: {error}") from None

    def __call__(self, x: Any) -> Term:
        need(type(x) is int and 0 <= x < len(self.table), "no such term before this place")
        return self.table[x]

    def closed(self, x: Any) -> Term:
        """A term without dangling variables, as it may stand on its own."""
        t = self(x)
        need(t.dangling == 0, "a bound variable without its binder")
        return t

    def optional(self, x: Any) -> Term | None:
        return None if x is None else self.closed(x)

    def end(self, x: Any) -> Term:
        """The end of a range; null is infinity."""
        return INF if x is None else self(x)

    def _read(self, row: list[Any]) -> Term:
        need(row and isinstance(row[0], str) and row[0] in NODES, "no such kind of term")
        head, args = row[0], row[1:]
        if head == "num":
            need(len(args) == 1, "a numeral has one value")
            f = rational(args[0])
            return make("num", f.numerator, f.denominator)
        need(head != "meta" or self.schematic, "a metavariable outside the book")
        kinds = NODES[head]
        out: list[Term | str | int] = []
        for k, a in enumerate(args):
            kind = _kind(kinds, k)
            need(kind, f"{head} has too many arguments")
            if kind == "t":
                out.append(self(a))
            elif kind == "n":
                out.append(name(a))
                need(self.schematic or not a.startswith("?"), "a metavariable outside the book")
            else:
                need((type(a) is int and 0 <= a < 64) or isinstance(a, str), "a bad variable")
                out.append(a if type(a) is int else name(a))
        need(len(out) >= _least(kinds), f"{head} has too few arguments")
        return make(head, *out)


def _kind(kinds: str, k: int) -> str:
    """The kind of argument k of a head."""
    plain = kinds.rstrip("*?")
    if k < len(plain):
        return plain[k]
    return plain[-1] if kinds.endswith("*") else ""


def _least(kinds: str) -> int:
    plain = kinds.rstrip("*?")
    return len(plain) - (1 if kinds != plain else 0)


# -- contexts ---------------------------------------------------------------------------------------


def read_ranges(terms: Terms, x: Any) -> tuple[Range, ...]:
    return tuple((terms(a), terms.end(b)) for a, b in (sequence(r, 2) for r in sequence(x)))


def read_signature(terms: Terms, x: Any) -> dict[str, Name]:
    out = {}
    for n, row in mapping(x).items():
        r = record(row, "kind", "ranges", "arguments", "law")
        need(r["kind"] in ("real", "int", "random", "function"), f"{n}: no such kind")
        need(n not in PRIMITIVES and not n.endswith("'") and ";" not in n and n[0] not in "?*", f"{n}: a reserved name")
        law = None
        if r["law"] is not None:
            label, params = sequence(r["law"], 2)
            law = (name(label), tuple(terms.closed(p) for p in sequence(params)))
            need(r["kind"] == "random", f"{n}: a law of what is not random")
        arguments = tuple(read_ranges(terms, a) for a in sequence(r["arguments"]))
        need((r["kind"] == "function") == bool(arguments), f"{n}: arguments")
        out[name(n)] = Name(r["kind"], read_ranges(terms, r["ranges"]), arguments, law)
    return out


def read_definitions(terms: Terms, x: Any) -> dict[str, Definition]:
    out: dict[str, Definition] = {}
    for row in sequence(x):
        r = record(row, "name", "params", "clauses")
        clauses = []
        for c in sequence(r["clauses"]):
            c = record(c, "ranges", "body")
            clauses.append((read_ranges(terms, c["ranges"]), terms.closed(c["body"])))
        n = name(r["name"])
        need(n not in out, f"{n} is defined twice")
        out[n] = Definition(tuple(map(name, sequence(r["params"]))), tuple(clauses))
    return out


# -- steps ------------------------------------------------------------------------------------------


class Steps:
    """Reads the steps of a proof."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._readers: dict[str, Callable[[dict[str, Any]], steps.Step]] = {
            "rule": self._rule,
            "unfold": self._unfold,
            "fact": self._fact,
            "chain": self._chain,
            "place": self._place,
            "combine": self._combine,
            "order": self._order,
            "resum": self._resum,
            "cases": self._cases,
            "induct": self._induct,
            "cut": self._cut,
            "evaluate": self._evaluate,
        }

    def read(self, x: Any) -> steps.Step:
        r = mapping(x)
        reader = self._readers.get(r.get("step", ""))
        if reader is None:
            raise Rejected("no such step")
        return reader(r)

    def value(self, x: Any) -> Value:
        """The value of a metavariable: a term by number, a name, names, or an object."""
        if isinstance(x, str):
            return name(x)
        if isinstance(x, list):
            return tuple(map(name, sequence(x)))
        if isinstance(x, dict) and "body" in x:
            r = record(x, "params", "body")
            return Lambda(tuple(map(name, sequence(r["params"]))), self.terms.closed(r["body"]))
        if isinstance(x, dict):
            r = record(x, "name", "at")
            return Spot(name(r["name"]), self._closed(r["at"]))
        return self.terms.closed(x)

    def _closed(self, x: Any) -> tuple[Term, ...]:
        return tuple(self.terms.closed(t) for t in sequence(x))

    def _lines(self, x: Any) -> tuple[int, ...]:
        return tuple(map(integer, sequence(x)))

    def _cofactors(self, x: Any) -> tuple[tuple[int, Term], ...]:
        pairs = (sequence(p, 2) for p in sequence(x))
        return tuple((integer(k), self.terms.closed(q)) for k, q in pairs)

    def _rule(self, x: dict[str, Any]) -> steps.Step:
        r = record(x, "step", "entry", "with")
        subst = {name(m): self.value(v) for m, v in mapping(r["with"]).items()}
        return steps.Rule(name(r["entry"]), subst)

    def _unfold(self, x: dict[str, Any]) -> steps.Step:
        r = record(x, "step", "term", "how", "clause")
        need(r["how"] in ("definition", "lower"), "no such way to unfold")
        return steps.Unfold(self.terms.closed(r["term"]), r["how"], integer(r["clause"]))

    def _fact(self, x: dict[str, Any]) -> steps.Step:
        r = record(x, "step", "condition", "at")
        return steps.Fact(self.terms.closed(r["condition"]), self._closed(r["at"]))

    def _chain(self, x: dict[str, Any]) -> steps.Step:
        return steps.Chain(self._lines(record(x, "step", "lines")["lines"]))

    def _place(self, x: dict[str, Any]) -> steps.Step:
        r = record(x, "step", "line", "context", "paths", "values", "defined")
        paths = tuple(
            tuple(
                integer(p) if not isinstance(p, list) else (integer(p[0]), name(sequence(p, 2)[1]))
                for p in sequence(path)
            )
            for path in sequence(r["paths"])
        )
        need(r["defined"] in ("left", "right", "both"), "no such side")
        values = {name(n): self.terms.closed(v) for n, v in mapping(r["values"]).items()}
        context = self.terms.closed(r["context"])
        return steps.Place(integer(r["line"]), context, paths, values, r["defined"])

    def _combine(self, x: dict[str, Any]) -> steps.Step:
        r = record(x, "step", "left", "right", "rewrite", "cofactors", "opaque")
        return steps.Combine(
            self.terms.closed(r["left"]),
            self.terms.closed(r["right"]),
            self._lines(r["rewrite"]),
            self._cofactors(r["cofactors"]),
            self._closed(r["opaque"]),
        )

    def _order(self, x: dict[str, Any]) -> steps.Step:
        r = record(x, "step", "claim", "products", "rewrite", "cofactors", "opaque")
        products = []
        for p in sequence(r["products"]):
            c, lines, squares = sequence(p, 3)
            products.append((rational(c), self._lines(lines), self._closed(squares)))
        return steps.Order(
            self.terms.closed(r["claim"]),
            tuple(products),
            self._lines(r["rewrite"]),
            self._cofactors(r["cofactors"]),
            self._closed(r["opaque"]),
        )

    def _moves(self, x: Any) -> tuple[Moves, ...]:
        out = []
        for m in sequence(x):
            r = record(m, "contract", "shift", "count", "order")
            contract = ((name(i), self.terms.closed(v)) for i, v in (sequence(p, 2) for p in sequence(r["contract"])))
            shift = (
                (name(i), integer(s), self.terms.closed(c))
                for i, s, c in (sequence(p, 3) for p in sequence(r["shift"]))
            )
            names = [tuple(map(name, sequence(r[k]))) for k in ("count", "order")]
            out.append(Moves(tuple(contract), tuple(shift), names[0], names[1]))
        return tuple(out)

    def _resum(self, x: dict[str, Any]) -> steps.Step:
        r = record(x, "step", "left", "right", "left_moves", "right_moves")
        left, right = self.terms.closed(r["left"]), self.terms.closed(r["right"])
        return steps.Resum(left, right, self._moves(r["left_moves"]), self._moves(r["right_moves"]))

    def _cases(self, x: dict[str, Any]) -> steps.Step:
        r = record(x, "step", "claim", "cases", "lines")
        claim = self.terms.closed(r["claim"])
        return steps.Cases(claim, self._closed(r["cases"]), self._lines(r["lines"]))

    def _induct(self, x: dict[str, Any]) -> steps.Step:
        r = record(x, "step", "claim", "variable", "first", "last", "base", "up")
        return steps.Induct(
            self.terms.closed(r["claim"]),
            name(r["variable"]),
            self.terms.closed(r["first"]),
            self.terms.optional(r["last"]),
            integer(r["base"]),
            integer(r["up"]),
        )

    def _cut(self, x: dict[str, Any]) -> steps.Step:
        r = record(x, "step", "line", "hypothesis", "by", "names")
        names = tuple(map(name, sequence(r["names"])))
        hypothesis = self.terms.closed(r["hypothesis"])
        return steps.Cut(integer(r["line"]), hypothesis, integer(r["by"]), names)

    def _evaluate(self, x: dict[str, Any]) -> steps.Step:
        r = record(x, "step", "claim", "precision")
        return steps.Evaluate(self.terms.closed(r["claim"]), integer(r["precision"]))


# -- models -----------------------------------------------------------------------------------------


def read_nested(x: Any, leaf: Callable[[Any], Any]) -> Any:
    """Nested lists with `leaf` at the bottom, as nested tuples."""
    if isinstance(x, list):
        return tuple(read_nested(y, leaf) for y in sequence(x))
    return leaf(x)


def read_function(x: Any) -> FunctionModel:
    r = record(x, "sizes", "outputs")
    sizes = tuple(tuple(map(integer, sequence(s))) for s in sequence(r["sizes"]))
    outputs = {}
    for row in sequence(r["outputs"]):
        index, monomials = sequence(row, 2)
        p = {}
        for exponents, c in (sequence(m, 2) for m in sequence(monomials)):
            key = tuple(map(integer, sequence(exponents)))
            need(all(0 <= e <= 64 for e in key) and key not in p, "a bad monomial")
            p[key] = rational(c)
        outputs[tuple(map(integer, sequence(index)))] = p
    return FunctionModel(sizes, outputs)


def read_values(x: Any) -> dict[str, Any]:
    return {name(n): read_nested(v, rational) for n, v in mapping(x).items()}


# -- the book ---------------------------------------------------------------------------------------


def read_book(data: bytes) -> Book:
    """The book in a file, with the hash of the file."""
    r = record(load(data), "schema", "terms", "functions", "operators", "entries")
    need(r["schema"] == "symderive/book/1", "not a book of rules")
    terms = Terms(r["terms"], schematic=True)
    functions = {row.name: row for row in map(lambda x: _operator(terms, x), sequence(r["functions"]))}
    operators: dict[str, tuple[Operator, ...]] = {}
    for x in sequence(r["operators"]):
        row = _operator(terms, x)
        operators[row.name] = (*operators.get(row.name, ()), row)
    entries: dict[str, Entry] = {}
    for x in sequence(r["entries"]):
        e = _entry(terms, x)
        need(e.name not in entries, f"the entry {e.name} stands twice")
        entries[e.name] = e
    return Book(functions, operators, entries, hashlib.sha256(data).hexdigest())


def _operator(terms: Terms, x: Any) -> Operator:
    r = record(x, "name", "params", "patterns", "body", "result", "domain")
    patterns = tuple(tuple(map(name, sequence(p))) for p in sequence(r["patterns"]))
    body = terms.optional(r["body"])
    names = [tuple(map(name, sequence(r[k]))) for k in ("params", "result")]
    need(len(names[0]) == len(patterns), f"{r['name']}: a pattern per parameter")
    domain = None if r["domain"] is None else tuple(terms.closed(c) for c in sequence(r["domain"]))
    return Operator(name(r["name"]), names[0], patterns, body, names[1], domain)


def _entry(terms: Terms, x: Any) -> Entry:
    r = record(x, "name", "metas", "conditions", "claim", "defined", "reason", "source", "proof")
    metas = {name(m): tuple(map(name, sequence(s))) for m, s in mapping(r["metas"]).items()}
    need(r["defined"] in ("both", "left", "right"), "no such side")
    conditions = tuple(terms.closed(c) for c in sequence(r["conditions"]))
    claim = terms.closed(r["claim"])
    need(claim.head in ("rel", "is"), f"{r['name']}: no claim")
    return Entry(name(r["name"]), metas, conditions, claim, r["defined"], r["proof"] is not None)


__all__ = ["Context", "Mapping", "TooDeep"]
