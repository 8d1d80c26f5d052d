"""Terms, contexts, proofs, models and books as plain data: the writing half of the certificate format.

The reading half is the kernel's strict reader; both are led by the types of the fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from symderive.kernel.check import Certificate, PlainModel
from symderive.kernel.context import Open
from symderive.kernel.models import Entries, Model
from symderive.kernel.reader import Nested, Text, fields_of
from symderive.kernel.steps import Step
from symderive.kernel.terms import Term


def rational(x: Fraction | int) -> str:
    return str(Fraction(x))


class Table:
    """A growing table of terms: each distinct term once, after its parts."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self._numbers: dict[Term, int] = {}

    def __call__(self, t: Term) -> int:
        """The number of a term, entered if it is new."""
        known = self._numbers.get(t)
        if known is not None:
            return known
        stack = [t]
        while stack:
            node = stack[-1]
            if node in self._numbers:
                stack.pop()
                continue
            new = [a for a in node.terms if a not in self._numbers]
            if new:
                stack.extend(reversed(new))
                continue
            self._numbers[node] = len(self.rows)
            if node.head == "num":
                p, q = node.args
                self.rows.append(["num", f"{p}" if q == 1 else f"{p}/{q}"])
            else:
                args = [self._numbers[a] if isinstance(a, Term) else a for a in node.args]
                self.rows.append([node.head, *args])
            stack.pop()
        return self._numbers[t]

    def write(self, kind: Any, x: Any) -> Any:
        """A value of a type as plain data."""
        return plan(kind)(self, x)


# -- one plan of writing for each type --------------------------------------------------------------

Plan = Callable[[Table, Any], Any]


@cache
def plan(kind: Any) -> Plan:
    """How values of a type are written; what the type says is looked up once."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind in (Term, Open):
        return Table.__call__
    if kind is Fraction:
        return lambda _, x: rational(x)
    if kind is Nested:
        return lambda _, x: _nested(x)
    if kind in (int, bool, str, Text, NoneType):
        return lambda _, x: x
    if origin is tuple:
        return _repeated(plan(inner[0])) if inner[-1] is Ellipsis else _listed([plan(k) for k in inner])
    if origin is Mapping:
        return _named(plan(inner[1])) if inner[0] is str else _paired(plan(inner[0]), plan(inner[1]))
    if origin in (Union, UnionType):
        return _one_of(inner)
    return _record(kind)


def _nested(x: Any) -> Any:
    return [_nested(y) for y in x] if isinstance(x, tuple) else rational(x)


def _repeated(each: Plan) -> Plan:
    return lambda table, x: [each(table, y) for y in x]


def _listed(plans: list[Plan]) -> Plan:
    return lambda table, x: [each(table, y) for each, y in zip(plans, x, strict=True)]


def _named(value: Plan) -> Plan:
    return lambda table, x: {k: value(table, v) for k, v in x.items()}


def _paired(key: Plan, value: Plan) -> Plan:
    return lambda table, x: [[key(table, k), value(table, v)] for k, v in x.items()]


def _record(kind: type) -> Plan:
    fields = [(f, plan(t)) for f, t in fields_of(kind).items()]
    return lambda table, x: {f: each(table, getattr(x, f)) for f, each in fields}


def _one_of(kinds: tuple[Any, ...]) -> Plan:
    """A union: the plan of the member that a value belongs to; records say so under the key ``type``."""
    plans = {get_origin(k) or k: plan(k) for k in kinds}

    def write(table: Table, x: Any) -> Any:
        each = plans.get(type(x))
        if each is None:
            raise TypeError(f"{x!r} is none of {kinds}")
        written = each(table, x)
        return {"type": type(x).__name__.lower(), **written} if is_dataclass(x) else written

    return write


def steps(proof: tuple[Step, ...]) -> dict[str, Any]:
    """A proof by itself, as plain data."""
    table = Table()
    rows = table.write(tuple[Step, ...], proof)
    return {"terms": table.rows, "proof": rows}


def certificate(c: Certificate) -> dict[str, Any]:
    """A certificate as plain data."""
    table = Table()
    out = table.write(Certificate, c)
    return {**out, "terms": table.rows}


def nested(entries: Entries) -> Any:
    """The entries of a tensor as nested tuples (index by index, in order); a number by itself."""
    if set(entries) == {()}:
        return Fraction(entries[()])
    rows: dict[int, dict[tuple[int, ...], Fraction]] = {}
    for index, x in sorted(entries.items()):
        rows.setdefault(index[0], {})[index[1:]] = x
    return tuple(nested(rows[i]) for i in sorted(rows))


def plain(m: Model) -> PlainModel:
    """A model in the form in which certificates carry it."""

    def named(values: Mapping[str, Entries]) -> dict[str, Any]:
        return {n: nested(v) for n, v in values.items()}

    outcomes = tuple((w, named(v)) for w, v in m.outcomes)
    return PlainModel(named(m.values), m.functions, outcomes, m.precision)
