"""Terms, contexts, proofs and models as plain data: the writing half of the certificate format.

The reading half is the kernel's strict reader; what is written here is read there, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from symderive.kernel import steps
from symderive.kernel.book import Lambda, Spot, Value
from symderive.kernel.context import Context, Range
from symderive.kernel.models import Entries, Model
from symderive.kernel.sums import Moves
from symderive.kernel.terms import Term

Row = list[Any]


def rational(x: Fraction | int) -> str:
    return str(x) if not isinstance(x, Fraction) or x.denominator != 1 else str(x.numerator)


class Table:
    """A growing table of terms: each distinct term once, after its parts."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
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

    def all(self, terms: Any) -> list[int]:
        return [self(t) for t in terms]

    def end(self, t: Term) -> int | None:
        return None if t.head == "inf" else self(t)

    def ranges(self, ranges: tuple[Range, ...]) -> list[list[int | None]]:
        return [[self(lo), self.end(hi)] for lo, hi in ranges]


def signature(table: Table, context: Context) -> dict[str, Any]:
    return {
        n: {
            "kind": d.kind,
            "ranges": table.ranges(d.ranges),
            "arguments": [table.ranges(a) for a in d.arguments],
            "law": [d.law[0], table.all(d.law[1])] if d.law else None,
        }
        for n, d in context.signature.items()
    }


def definitions(table: Table, context: Context) -> list[dict[str, Any]]:
    return [
        {
            "name": n,
            "params": list(d.params),
            "clauses": [{"ranges": table.ranges(r), "body": table(b)} for r, b in d.clauses],
        }
        for n, d in context.definitions.items()
    ]


def value(table: Table, v: Value) -> Any:
    """The value of a metavariable."""
    match v:
        case Term():
            return table(v)
        case Lambda(params, body):
            return {"params": list(params), "body": table(body)}
        case Spot(name, indices):
            return {"name": name, "at": table.all(indices)}
        case tuple():
            return list(v)
        case _:
            return v


def moves(table: Table, ms: tuple[Moves, ...]) -> list[dict[str, Any]]:
    return [
        {
            "contract": [[i, table(v)] for i, v in m.contract],
            "shift": [[i, s, table(c)] for i, s, c in m.shift],
            "count": list(m.count),
            "order": list(m.order),
        }
        for m in ms
    ]


def step(table: Table, s: steps.Step) -> dict[str, Any]:
    """A step of a proof as a row of a certificate."""

    def algebra(s: steps.Combine | steps.Order) -> dict[str, Any]:
        return {
            "rewrite": list(s.rewrite),
            "cofactors": [[k, table(q)] for k, q in s.cofactors],
            "opaque": table.all(s.opaque),
        }

    match s:
        case steps.Rule(entry, subst):
            filled = {m: value(table, v) for m, v in subst.items()}
            return {"step": "rule", "entry": entry, "with": filled}
        case steps.Unfold(term, how, clause):
            return {"step": "unfold", "term": table(term), "how": how, "clause": clause}
        case steps.Fact(condition, at):
            return {"step": "fact", "condition": table(condition), "at": table.all(at)}
        case steps.Chain(lines):
            return {"step": "chain", "lines": list(lines)}
        case steps.Place():
            return {
                "step": "place",
                "line": s.line,
                "context": table(s.context),
                "paths": [[p if isinstance(p, int) else list(p) for p in path] for path in s.paths],
                "values": {n: table(v) for n, v in s.values.items()},
                "defined": s.defined,
            }
        case steps.Combine():
            sides = {"left": table(s.left), "right": table(s.right)}
            return {"step": "combine", **sides, **algebra(s)}
        case steps.Order():
            products = [[rational(c), list(k), table.all(q)] for c, k, q in s.products]
            return {"step": "order", "claim": table(s.claim), "products": products, **algebra(s)}
        case steps.Resum():
            return {
                "step": "resum",
                "left": table(s.left),
                "right": table(s.right),
                "left_moves": moves(table, s.left_moves),
                "right_moves": moves(table, s.right_moves),
            }
        case steps.Cases(claim, cases, lines):
            return {
                "step": "cases",
                "claim": table(claim),
                "cases": table.all(cases),
                "lines": list(lines),
            }
        case steps.Induct():
            return {
                "step": "induct",
                "claim": table(s.claim),
                "variable": s.variable,
                "first": table(s.first),
                "last": None if s.last is None else table(s.last),
                "base": s.base,
                "up": s.step,
            }
        case steps.Cut(line, hypothesis, by, names):
            return {
                "step": "cut",
                "line": line,
                "hypothesis": table(hypothesis),
                "by": by,
                "names": list(names),
            }
        case steps.Evaluate(claim, precision):
            return {"step": "evaluate", "claim": table(claim), "precision": precision}


def nested(entries: Entries) -> Any:
    """The entries of a tensor as nested lists (index by index, in order); a number by itself."""
    if set(entries) == {()}:
        return rational(entries[()])
    rows: dict[int, dict[tuple[int, ...], Fraction]] = {}
    for index, x in sorted(entries.items()):
        rows.setdefault(index[0], {})[index[1:]] = x
    return [nested(rows[i]) for i in sorted(rows)]


def model(m: Model) -> dict[str, Any]:
    def named(values: Mapping[str, Entries]) -> dict[str, Any]:
        return {n: nested(v) for n, v in values.items()}

    functions = {
        n: {
            "sizes": [list(s) for s in f.sizes],
            "outputs": [
                [list(i), [[list(e), rational(c)] for e, c in p.items()]] for i, p in f.outputs.items()
            ],
        }
        for n, f in m.functions.items()
    }
    return {
        "values": named(m.values),
        "functions": functions,
        "outcomes": [[rational(w), named(v)] for w, v in m.outcomes],
        "precision": m.precision,
    }
