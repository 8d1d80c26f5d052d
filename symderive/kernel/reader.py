"""The strict reader: JSON to terms, steps, contexts, models and books, led by the types of their fields.

Everything that is read is checked: exact keys, types, bounds, references to earlier terms only.  Input that
is too large, too deep or malformed raises `Rejected`; nothing else can happen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from fractions import Fraction
from functools import cache, partial
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
        plain = (kinds := NODES[head]).rstrip("*?")
        need(len(args) >= len(plain) - (kinds != plain), "too few arguments")
        need(len(args) <= len(plain) or kinds.endswith("*"), "too many arguments")
        return make(head, *[self._argument(plain[min(k, len(plain) - 1)], a) for k, a in enumerate(args)])

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
        return plan(kind)(self, x)

    def nested(self, x: Any) -> Any:
        return tuple(map(self.nested, sequence(x))) if isinstance(x, list) else rational(x)

    def closed(self, x: Any) -> Term:
        t = self.term(x)
        need(t.dangling == 0, "a bound variable without its binder")
        return t


# -- one plan of reading for each type --------------------------------------------------------------

Plan = Callable[[Reader, Any], Any]


@cache
def plan(kind: Any) -> Plan:
    """How values of a type are read; what the type says is looked up once."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind in PLANS:
        return PLANS[kind]
    if origin is tuple:
        return _repeated(plan(inner[0])) if inner[-1] is Ellipsis else _listed([plan(k) for k in inner])
    if origin is Mapping:
        return _named(plan(inner[1])) if inner[0] is str else _paired(plan(inner[0]), plan(inner[1]))
    if origin in (Union, UnionType):
        return _one_of(inner)
    return _record(kind)


def _exactly(kind: type, why: str, _: Reader, x: Any) -> Any:
    need(type(x) is kind, why)
    return x


PLANS: dict[Any, Plan] = {
    Term: Reader.closed,
    Open: Reader.term,
    str: lambda _, x: name(x),
    Text: partial(_exactly, str, "expected text"),
    Fraction: lambda _, x: rational(x),
    Nested: Reader.nested,
    Any: lambda _, x: x,
    **{kind: partial(_exactly, kind, "expected a whole number") for kind in (int, bool, NoneType)},
}


def _repeated(each: Plan) -> Plan:
    return lambda reader, x: tuple([each(reader, y) for y in sequence(x)])


def _listed(plans: list[Plan]) -> Plan:
    why = f"expected a list of {len(plans)}"

    def read(reader: Reader, x: Any) -> tuple[Any, ...]:
        need(len(sequence(x)) == len(plans), why)
        return tuple([each(reader, y) for each, y in zip(plans, x, strict=True)])

    return read


def _named(value: Plan) -> Plan:
    def read(reader: Reader, x: Any) -> dict[str, Any]:
        need(isinstance(x, dict) and len(x) <= MAX_ENTRIES, "expected an object")
        return {name(k): value(reader, v) for k, v in x.items()}

    return read


def _paired(key: Plan, value: Plan) -> Plan:
    """A mapping whose keys are not names: a list of pairs."""
    pair = _listed([key, value])

    def read(reader: Reader, x: Any) -> dict[Any, Any]:
        out = dict(pair(reader, p) for p in sequence(x))
        need(len(out) == len(x), "a key stands twice")
        return out

    return read


def _record(kind: type) -> Plan:
    fields = {f: plan(t) for f, t in fields_of(kind).items()}
    why = f"expected the keys {', '.join(fields)}"

    def read(reader: Reader, x: Any) -> Any:
        need(isinstance(x, dict) and x.keys() == fields.keys(), why)
        values = {}
        for f, each in fields.items():
            try:
                values[f] = each(reader, x[f])
            except Rejected as error:
                raise Rejected(f"{f}: {error}") from None
        return kind(**values)

    return read


def _one_of(kinds: tuple[Any, ...]) -> Plan:
    """The member of a union that a value belongs to; records say so under the key ``type``."""
    records = {k.__name__.lower(): plan(k) for k in kinds if is_dataclass(k) and isinstance(k, type)}
    lists = next((plan(k) for k in kinds if get_origin(k) is tuple), None)
    numbers = next((plan(k) for k in kinds if k in (Term, int)), None)
    others: dict[Any, Plan] = {k: plan(k) for k in kinds if k in (NoneType, bool, str)}

    def read(reader: Reader, x: Any) -> Any:
        if isinstance(x, dict):
            kind = x.get("type")
            found = records.get(kind) if isinstance(kind, str) else None
            rest = {k: v for k, v in x.items() if k != "type"}
        else:
            found = lists if isinstance(x, list) else numbers if type(x) is int else others.get(type(x))
            rest = x
        if found is None:
            raise Rejected("no such kind of value")
        return found(reader, rest)

    return read
