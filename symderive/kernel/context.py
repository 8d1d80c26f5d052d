"""The context of a claim: names, definitions, facts, and on what a term depends.

A *definition* holds identically in its leaves; a *fact* holds at the point considered.  The two are
never exchanged.  What a term depends on (its closure) is found by looking through definitions; an
expectation depends on the parameters of the laws of what it integrates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from symderive.kernel.terms import Term, at, brief, rel, substitute, subterms, sym


class Rejected(Exception):
    """The certificate, or a step of it, is not acceptable; the message says why."""


def need(condition: object, why: str, *about: Term) -> None:
    """Raise `Rejected` unless the condition holds; the message shows the terms that it is about."""
    if not condition:
        raise Rejected(": ".join([why, *map(brief, about)]))


Open = Annotated[Term, "open"]
"""A term that may stand under binders that are not part of it."""

Range = tuple[Open, Open]
"""First and last value of an index; the last may be ``inf``."""

ANYTHING = "*"
"""Before the name of a metavariable in a closure: it may depend on every name."""

PLACEHOLDER = "$"
"""Begins a name that stands for an arbitrary number within a proof; nothing that is stated mentions one."""

RANDOMNESS = "?*"
"""Stands for every random name in `Context.assumed_free`."""

PRIMITIVES = {"exp": 1, "log": 1, "sin": 1, "cos": 1, "erf": 1, "abs": 1, "pi": 0}
"""Functions that the kernel evaluates itself, with arity; the others are defined in the book."""


@dataclass(frozen=True)
class Name:
    """A declared name.

    ``ranges`` are those of its indices; a later one may depend on earlier ones, the nearest as
    ``bound(0)``.  A function has the ranges of each of its arguments in ``arguments``.  ``law`` is
    the law of a random name that has one: its name and parameters.
    """

    kind: str  # real | int | random | function
    ranges: tuple[Range, ...] = ()
    arguments: tuple[tuple[Range, ...], ...] = ()
    law: tuple[str, tuple[Term, ...]] | None = None


@dataclass(frozen=True)
class Definition:
    """``name(params) = body``, clause by clause.

    The parameters are the indices of a family, with a range each in every clause, or the arguments
    of a function (one clause, no ranges).  In ranges and bodies they are loose variables.
    """

    params: tuple[str, ...]
    clauses: tuple[tuple[tuple[Range, ...], Term], ...]


@dataclass(frozen=True)
class Operator:
    """A tabulated operator or function of the book, by what it means entry by entry.

    ``patterns`` name the dimensions of each argument (a dimension named twice must agree); the body
    is over the metavariables ``params`` and those dimensions.  Without a body it is opaque, and
    ``result`` names the dimensions of its value.  A function of numbers may state in ``domain`` when its
    body is defined (proved with the book); else that is read off the body.
    """

    name: str
    params: tuple[str, ...]
    patterns: tuple[tuple[str, ...], ...]
    body: Term | None
    result: tuple[str, ...] = ()
    domain: tuple[Term, ...] | None = None


@dataclass
class Context:
    """Signature, definitions and facts of one claim, over the functions and operators of a book."""

    signature: Mapping[str, Name]
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    facts: tuple[Term, ...] = ()
    functions: Mapping[str, Operator] = field(default_factory=dict)
    operators: Mapping[str, tuple[Operator, ...]] = field(default_factory=dict)
    sorts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Sorts of the metavariables; only while an entry of the book is proved."""
    assumed_free: frozenset[tuple[str, str]] = frozenset()
    """(metavariable, name) pairs assumed independent; likewise."""
    memo: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fact_set = frozenset(self.facts)
        self.pending: list[object] = []
        """Families whose conditions are being gathered (`defined.py`)."""
        self.randoms = frozenset(n for n, d in self.signature.items() if d.kind == "random")

    def declared(self, name: str) -> Name:
        found = self.signature.get(name)
        if found is None and name.startswith(PLACEHOLDER):
            return Name("real")
        if found is None:
            raise Rejected(f"the name {name!r} is not declared")
        return found

    def family_depth(self, name: str) -> int:
        """By how many indices a name is defined: 0 for a leaf and for a single defined name."""
        d = self.definitions.get(name)
        return len(d.params) if d and self.declared(name).kind != "function" else 0

    # -- dependence -----------------------------------------------------------------------------

    def closure(self, t: Term, cut: str | None = None) -> frozenset[str]:
        """The names on whose value `t` depends, looking through definitions.

        With `cut`, the definition of that name is out of force, as under a derivative by it.
        """
        key = ("closure", t, cut)
        found: frozenset[str] | None = self.memo.get(key)
        if found is None:
            found = self.memo[key] = frozenset(self._closure(t, cut))
        return found

    def _closure(self, t: Term, cut: str | None) -> set[str]:
        out: set[str] = set()
        for a in t.terms:
            out |= self.closure(a, cut)
        for name in mentioned(t, self):
            out |= self.reach(name, cut)
        if t.head == "lim":
            out.discard(t.name(1))
            out |= self.closure(t.terms[1], cut)
        elif t.head == "ex":
            over = {str(n) for n in t.args[1:]} or self.randoms & out
            for name in over:
                out |= self.law_closure(name, cut)
            out -= over if t.args[1:] else self.randoms
        elif t.head == "is" and t.name() == "surely":
            out -= self.randoms
        elif t.head == "meta":
            out.add(ANYTHING + t.name())
        return out

    def law(self, name: str) -> tuple[Term, ...]:
        """The parameters of the law of a random name that has one."""
        law = None if name[0] in "?*" else self.declared(name).law
        return law[1] if law else ()

    def law_closure(self, name: str, cut: str | None = None) -> frozenset[str]:
        """The names on which the law of a random name depends, through the laws of others."""
        key = ("law", name, cut)
        if key not in self.memo:
            out: frozenset[str] = frozenset()
            for p in self.law(name):
                found = self.closure(p, cut)
                out = out.union(found, *(self.law_closure(n, cut) for n in found & self.randoms))
            self.memo[key] = out
        known: frozenset[str] = self.memo[key]
        return known

    def reach(self, name: str, cut: str | None = None) -> frozenset[str]:
        """`name` and all names on which it depends by definitions."""
        key = ("reach", name, cut)
        found: frozenset[str] | None = self.memo.get(key)
        if found is None:
            seen = {name}
            todo = [name]
            while todo:
                n = todo.pop()
                if n != cut:
                    new = self._direct(n) - seen
                    seen |= new
                    todo += new
            found = self.memo[key] = frozenset(seen)
        return found

    def _direct(self, name: str) -> frozenset[str]:
        """The names in the definition of `name`."""
        key = ("direct", name)
        found: frozenset[str] | None = self.memo.get(key)
        if found is None:
            d = self.definitions.get(name)
            nodes = [s for _, body in d.clauses for s in subterms(body)] if d else []
            found = self.memo[key] = frozenset(n for s in nodes for n in mentioned(s, self))
        return found

    def is_recursive(self, name: str) -> bool:
        """Whether the definition of `name` comes back to `name`."""
        return any(name in self.reach(n) for n in self._direct(name))

    def depends(self, t: Term, name: str) -> bool:
        """Whether `t` may change when `name` is varied as a leaf."""
        found = self.closure(t, name)
        return name in found or any(n[0] == ANYTHING and (n[1:], name) not in self.assumed_free for n in found)

    def random_in(self, t: Term) -> frozenset[str]:
        """The random names on which `t` depends; a metavariable counts as one."""
        return frozenset(
            n
            for n in self.closure(t)
            if n in self.randoms or (n[0] == ANYTHING and (n[1:], RANDOMNESS) not in self.assumed_free)
        )

    # -- definitions ----------------------------------------------------------------------------

    def clause(self, name: str, which: int, indices: Sequence[Term]) -> tuple[Term, list[Term]]:
        """The body of a clause at these indices, and the conditions under which it applies."""
        d = self.definitions.get(name)
        if d is None or not 0 <= which < len(d.clauses):
            raise Rejected(f"{name} has no clause {which} of a definition")
        need(len(indices) == len(d.params), f"{name} is defined with {len(d.params)} parameters")
        ranges, body = d.clauses[which]
        values = dict(zip(d.params, indices, strict=True))
        conditions = []
        for i, (lo, hi) in zip(indices, ranges, strict=False):
            conditions += within(i, (substitute(lo, values), substitute(hi, values)))
        return substitute(body, values), conditions


def within(i: Term, r: Range) -> list[Term]:
    """The conditions that an index lies in a range."""
    lo, hi = r
    return [rel("<=", lo, i)] + ([] if hi.head == "inf" else [rel("<=", i, hi)])


def mentioned(t: Term, context: Context) -> list[str]:
    """The declared names that this node mentions itself, its arguments apart."""
    match t.head:
        case "sym":
            return [t.name()]
        case "der":
            return [t.name(1)]
        case "app" if t.name() not in PRIMITIVES and t.name() not in context.functions:
            return [base_name(t.name())]
        case _:
            return []


def base_name(function: str) -> str:
    """The declared function of which ``g'`` or ``f;2`` is a derived name."""
    return function.rstrip("'").split(";")[0]


def derivative_order(function: str) -> int:
    """How often the declared function was differentiated to give this one."""
    return function.count("'") + function.count(";")


def family_member(t: Term) -> tuple[str, list[Term]] | None:
    """The name and indices of a chain of entries ``name[i][j]…``; None for other terms."""
    indices: list[Term] = []
    while t.head == "at":
        indices.append(t.terms[1])
        t = t.terms[0]
    return (t.name(), indices[::-1]) if t.head == "sym" else None


def entry(name: str, indices: Sequence[Term]) -> Term:
    return at(sym(name), *indices)
