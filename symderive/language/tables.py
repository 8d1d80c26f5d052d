"""Terms, contexts, proofs, models and books as plain data: the writing half of the certificate format.

The reading half is the kernel's strict reader; both are led by the types of the fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from fractions import Fraction
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
                self.rows.append(["num", rational(Fraction(node.args[0], node.args[1]))])  # type: ignore[arg-type]
            else:
                args = [self._numbers[a] if isinstance(a, Term) else a for a in node.args]
                self.rows.append([node.head, *args])
            stack.pop()
        return self._numbers[t]

    def write(self, kind: Any, x: Any) -> Any:
        """A value of a type as plain data."""
        origin, inner = get_origin(kind), get_args(kind)
        if kind in (Term, Open):
            return self(x)
        if kind is Fraction:
            return rational(x)
        if kind is Nested:
            return [self.write(Nested, y) for y in x] if isinstance(x, tuple) else rational(x)
        if kind in (int, bool, str, Text, NoneType):
            return x
        if origin is tuple:
            kinds = inner[:1] * len(x) if inner[-1] is Ellipsis else inner
            return [self.write(k, y) for k, y in zip(kinds, x, strict=True)]
        if origin is Mapping:
            pairs = [(self.write(inner[0], k), self.write(inner[1], v)) for k, v in x.items()]
            return dict(pairs) if inner[0] is str else [list(p) for p in pairs]
        if origin in (Union, UnionType):
            return self._member(inner, x)
        return {f: self.write(t, getattr(x, f)) for f, t in fields_of(kind).items()}

    def _member(self, kinds: tuple[Any, ...], x: Any) -> Any:
        for kind in kinds:
            if isinstance(x, get_origin(kind) or kind):
                written = self.write(kind, x)
                return {"type": type(x).__name__.lower(), **written} if is_dataclass(kind) else written
        raise TypeError(f"{x!r} is none of {kinds}")


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
