"""The strict reader: JSON to terms, steps, contexts, models and books, led by the types of their fields.

Everything that is read is checked: exact keys, types, bounds, references to earlier terms only.  Input that
is too large, too deep or malformed raises `Rejected`; nothing else can happen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import is_dataclass
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from symderive.kernel.context import Open, Rejected, need
from symderive.kernel.terms import MAX_DIGITS, NODES, Term, TooDeep, make

MAX_BYTES = 48 * 2**20
MAX_NESTING = 24
MAX_ENTRIES = 1_000_000

NAME = re.compile(r"[^\s\"(){}\[\]]{1,200}\Z")
NUMBER = re.compile(r"(0|-?[1-9][0-9]{0,1299})(/[1-9][0-9]{0,1299})?\Z")

Text = NewType("Text", str)
"""Words for people; a plain `str` is a name."""
Nested = NewType("Nested", object)
"""A rational, or a tuple of these."""


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
    for part in re.finditer(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[{]|[\]}]', text):
        c = part[0][0]
        depth += 1 if c in "[{" else -1 if c in "]}" else 0
        need(depth <= MAX_NESTING, "the file nests too deep")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_float=_no, parse_constant=_no, parse_int=_integer)
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


def name(x: Any) -> str:
    need(isinstance(x, str) and x.isprintable() and NAME.match(x), "expected a name")
    return x


def sequence(x: Any) -> list[Any]:
    need(isinstance(x, list) and len(x) <= MAX_ENTRIES, "expected a list")
    return x


def rational(x: Any) -> Fraction:
    """A reduced fraction "p/q"."""
    need(isinstance(x, str) and NUMBER.match(x), "expected a rational number")
    p, _, q = x.partition("/")
    f = Fraction(int(p), int(q or 1))
    need(f.denominator == int(q or 1) and q != "1", f"{x[:40]} is not reduced")
    need(max(abs(f.numerator), f.denominator).bit_length() <= MAX_DIGITS, "a number is too long")
    return f


@cache
def fields_of(record: type) -> dict[str, Any]:
    """The fields of a record with their types."""
    return get_type_hints(record, include_extras=True)


class Reader:
    """Reads values of given types over one table of terms, each of which refers to earlier ones by number."""

    def __init__(self, rows: Any, *, schematic: bool = False) -> None:
        self.table: list[Term] = []
        self.schematic = schematic
        for k, row in enumerate(sequence(rows)):
            try:
                self.table.append(self._row(sequence(row)))
            except (TooDeep, Rejected) as error:
                raise Rejected(f"term {k}: {error}") from None

    def _row(self, row: list[Any]) -> Term:
        need(row and isinstance(row[0], str) and row[0] in NODES, "no such kind of term")
        head, args = row[0], row[1:]
        if head == "num":
            need(len(args) == 1, "a numeral has one value")
            f = rational(args[0])
            return make("num", f.numerator, f.denominator)
        need(head != "meta" or self.schematic, "a metavariable outside the book")
        kinds = NODES[head]
        plain = kinds.rstrip("*?")
        need(len(args) >= len(plain) - (kinds != plain), f"{head} has too few arguments")
        need(len(args) <= len(plain) or kinds.endswith("*"), f"{head} has too many arguments")
        return make(head, *(self._argument(plain[min(k, len(plain) - 1)], a) for k, a in enumerate(args)))

    def _argument(self, kind: str, a: Any) -> Term | str | int:
        if kind == "t":
            return self.term(a)
        if kind == "b" and type(a) is int:
            need(0 <= a < 64, "a bad variable")
            return a
        need(self.schematic or not str(a).startswith("?"), "a metavariable outside the book")
        return name(a)

    def term(self, x: Any) -> Term:
        need(type(x) is int and 0 <= x < len(self.table), "no such term before this place")
        return self.table[x]

    def read(self, kind: Any, x: Any) -> Any:
        """A value of a type: a term, number, name, text, tuple, mapping, union or record of these."""
        origin, inner = get_origin(kind), get_args(kind)
        if kind is Term or kind == Open:
            need(kind == Open or self.term(x).dangling == 0, "a bound variable without its binder")
            return self.term(x)
        if kind is int or kind is bool or kind is NoneType:
            need(type(x) is kind, "expected a whole number")
            return x
        if kind is str:
            return name(x)
        if kind is Text:
            need(isinstance(x, str), "expected text")
            return x
        if kind is Fraction:
            return rational(x)
        if kind is Nested:
            return tuple(self.read(Nested, y) for y in sequence(x)) if isinstance(x, list) else rational(x)
        if origin is tuple:
            kinds = inner[:1] * len(sequence(x)) if inner[-1] is Ellipsis else inner
            need(len(kinds) == len(sequence(x)), f"expected a list of {len(kinds)}")
            return tuple(map(self.read, kinds, x))
        if origin is Mapping:
            return self._mapping(inner[0], inner[1], x)
        if origin in (Union, UnionType):
            member = _member(inner, x)
            return self.read(member, {k: v for k, v in x.items() if k != "type"} if isinstance(x, dict) else x)
        return self._record(kind, x)

    def _mapping(self, key: Any, value: Any, x: Any) -> dict[Any, Any]:
        """An object; where keys are not names, a list of pairs."""
        need(isinstance(x, dict if key is str else list) and len(x) <= MAX_ENTRIES, "expected an object")
        pairs = x.items() if key is str else (self.read(tuple[Any, Any], p) for p in x)
        out = {self.read(key, k): self.read(value, v) for k, v in pairs}
        need(len(out) == len(x), "a key stands twice")
        return out

    def _record(self, kind: Any, x: Any) -> Any:
        if kind is Any:
            return x
        fields = fields_of(kind)
        need(isinstance(x, dict) and set(x) == set(fields), f"expected the keys {', '.join(fields)}")
        values = {}
        for f, t in fields.items():
            try:
                values[f] = self.read(t, x[f])
            except Rejected as error:
                raise Rejected(f"{f}: {error}") from None
        return kind(**values)


def _member(kinds: tuple[Any, ...], x: Any) -> Any:
    """The member of a union that a value belongs to; records say so under the key ``type``."""
    for kind in kinds:
        match x:
            case dict():
                found = is_dataclass(kind) and x.get("type") == kind.__name__.lower()  # type: ignore[union-attr]
            case list():
                found = get_origin(kind) is tuple
            case None:
                found = kind is NoneType
            case bool():
                found = kind is bool
            case int():
                found = kind in (Term, int)
            case _:
                found = kind is str
        if found:
            return kind
    raise Rejected("no such kind of value")
