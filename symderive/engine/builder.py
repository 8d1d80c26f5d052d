"""Building proofs: lines on demand, each made once, checked by the kernel as it is made.

Nothing here is trusted: what is built is exported as a certificate and read back by the kernel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from symderive.engine.budget import Budget
from symderive.kernel import steps
from symderive.kernel.book import Book, Lambda, Value
from symderive.kernel.context import Context
from symderive.kernel.placing import Path
from symderive.kernel.steps import Line, Proof, Step
from symderive.kernel.terms import Term, substitute


class Stuck(Exception):
    """A tactic cannot go on; the message says what it would need."""


class Builder:
    """A growing proof.  Methods return line numbers and raise `Rejected` if the kernel refuses."""

    def __init__(self, context: Context, book: Book, budget: Budget | None = None) -> None:
        self.proof = Proof(context, book)
        self.budget = budget or Budget()
        self.context, self.book = context, book
        self.steps: list[Step] = []
        self._made: dict[object, int] = {}

    # -- reading lines --------------------------------------------------------------------------

    def line(self, k: int) -> Line:
        return self.proof.lines[k]

    def left(self, k: int) -> Term:
        return self.proof.lines[k].claim.terms[0]

    def right(self, k: int) -> Term:
        return self.proof.lines[k].claim.terms[1]

    # -- making lines ---------------------------------------------------------------------------

    def add(self, step: Step, key: object = None) -> int:
        """The line of a step; an equal step is not made twice."""
        if key is not None and key in self._made:
            return self._made[key]
        self.budget.spend(60)
        k = self.proof.add(step)
        self.steps.append(step)
        if key is not None:
            self._made[key] = k
        return k

    def rule(self, entry: str, **subst: Value) -> int:
        key = (entry, tuple((m, _key(v)) for m, v in sorted(subst.items())))
        return self.add(steps.Rule(entry, subst), key)

    def unfold(self, t: Term, clause: int = 0) -> int:
        """The definition of a name, function or operator: ``t = body``."""
        return self.add(steps.Unfold(t, "definition", clause), ("unfold", t, clause))

    def lower(self, t: Term) -> int:
        """``t`` = t in index form."""
        return self.add(steps.Unfold(t, "lower"), ("lower", t))

    def assume(self, condition: Term, *at: Term) -> int:
        """The condition (at values of its ∀), as a hypothesis."""
        return self.add(steps.Fact(condition, at), ("fact", condition, at))

    def chain(self, *lines: int) -> int:
        """Transitivity; a line is read backwards if it is given as ``~k``."""
        lines = tuple(-1 - ~k if k < 0 else k for k in lines)
        lines = tuple(k for k in lines if not self._is_trivial(k)) or lines[:1]
        if len(lines) == 1 and lines[0] >= 0:
            return lines[0]
        return self.add(steps.Chain(lines), ("chain", lines))

    def _is_trivial(self, k: int) -> bool:
        """Whether a line says t = t (and so adds nothing to a chain)."""
        c = self.proof.lines[k if k >= 0 else -k - 1].claim
        return c.name() == "=" and c.args[1] is c.args[2]

    def flip(self, k: int) -> int:
        return self.chain(~k)

    def place(
        self,
        line: int,
        context: Term,
        *paths: Path,
        values: Mapping[str, Term] | None = None,
        defined: str = "left",
    ) -> int:
        values = values or {}
        key = ("place", line, context, paths, tuple(sorted(values.items())), defined)
        if self.line(line).claim.name() != "=":
            defined = "both"
        return self.add(steps.Place(line, context, paths, values, defined), key)

    def at(self, line: int, **values: Term) -> int:
        """A line at other values of its loose indices."""
        return self.place(line, substitute(self.left(line), values), values=values)

    def at_end(self, line: int, **values: Term) -> int:
        """A relation of any kind at other values of its loose indices."""
        return self.place(line, substitute(self.left(line), values), values=values, defined="left")

    def combine(
        self,
        left: Term,
        right: Term,
        rewrite: Sequence[int] = (),
        cofactors: Sequence[tuple[int, Term]] = (),
        opaque: Sequence[Term] = (),
    ) -> int:
        key = ("combine", left, right, tuple(rewrite), tuple(cofactors), tuple(opaque))
        step = steps.Combine(left, right, tuple(rewrite), tuple(cofactors), tuple(opaque))
        return self.add(step, key)

    def order(
        self,
        claim: Term,
        products: Sequence[tuple[Fraction | int, Sequence[int], Sequence[Term]]],
        rewrite: Sequence[int] = (),
        cofactors: Sequence[tuple[int, Term]] = (),
        opaque: Sequence[Term] = (),
    ) -> int:
        packed = tuple((Fraction(c), tuple(ls), tuple(qs)) for c, ls, qs in products)
        step = steps.Order(claim, packed, tuple(rewrite), tuple(cofactors), tuple(opaque))
        return self.add(step, ("order", claim, packed, step.rewrite, step.cofactors, step.opaque))

    def cases(self, claim: Term, conditions: Sequence[Term], lines: Sequence[int]) -> int:
        return self.add(steps.Cases(claim, tuple(conditions), tuple(lines)))

    def induct(self, claim: Term, variable: str, first: Term, last: Term | None, base: int, step: int) -> int:
        return self.add(steps.Induct(claim, variable, first, last, base, step))

    def evaluate(self, claim: Term, precision: int = 64) -> int:
        return self.add(steps.Evaluate(claim, precision), ("evaluate", claim, precision))

    def cut(self, line: int, hypothesis: Term, by: int, names: Sequence[str] = ()) -> int:
        """The line without a hypothesis (if it has it at all), by a line that proves it."""
        if hypothesis not in self.line(line).hypotheses:
            return line
        return self.add(steps.Cut(line, hypothesis, by, tuple(names)), ("cut", line, hypothesis, by))

    def same(self, t: Term) -> int:
        """``t = t`` (where t is defined)."""
        return self.combine(t, t, opaque=(t,))

    # -- export ---------------------------------------------------------------------------------

    def export(self, *ends: int) -> tuple[list[Step], list[int]]:
        """The steps that lead to the ends, renumbered, the last end last; and the ends' numbers."""
        wanted: set[int] = set()
        todo = list(ends)
        while todo:
            k = todo.pop()
            if k not in wanted:
                wanted.add(k)
                todo += uses(self.steps[k])
        order = sorted(wanted)
        last = ends[-1] if ends and order[-1] != ends[-1] else None
        cited = last is not None and any(last in uses(self.steps[k]) for k in order)
        if last is not None and not cited:
            order.remove(last)
            order.append(last)
        new = {old: k for k, old in enumerate(order)}
        out = [renumber(self.steps[k], new) for k in order]
        numbers = [new[k] for k in ends]
        if last is not None and cited:  # others rest on it, so it stands again at the end
            out.append(renumber(self.steps[last], new))
            numbers[-1] = len(order)
        return out, numbers


def _key(v: Value) -> object:
    return (v.params, v.body) if isinstance(v, Lambda) else v


def uses(step: Step) -> list[int]:
    """The lines that a step cites."""
    match step:
        case steps.Chain(lines):
            return [k if k >= 0 else -k - 1 for k in lines]
        case steps.Place():
            return [step.line]
        case steps.Combine():
            return [*step.rewrite, *(k for k, _ in step.cofactors)]
        case steps.Order():
            inside = [k for _, ks, _ in step.products for k in ks]
            return [*step.rewrite, *inside, *(k for k, _ in step.cofactors)]
        case steps.Cases(_, _, lines):
            return list(lines)
        case steps.Induct():
            return [step.base, step.up]
        case steps.Cut():
            return [step.line, step.by]
        case _:
            return []


def renumber(step: Step, new: Mapping[int, int]) -> Step:
    match step:
        case steps.Chain(lines):
            return steps.Chain(tuple(new[k] if k >= 0 else -new[-k - 1] - 1 for k in lines))
        case steps.Place():
            return replace(step, line=new[step.line])
        case steps.Combine():
            cofactors = tuple((new[k], q) for k, q in step.cofactors)
            return replace(step, rewrite=tuple(new[k] for k in step.rewrite), cofactors=cofactors)
        case steps.Order():
            return replace(
                step,
                rewrite=tuple(new[k] for k in step.rewrite),
                cofactors=tuple((new[k], q) for k, q in step.cofactors),
                products=tuple((c, tuple(new[k] for k in ks), qs) for c, ks, qs in step.products),
            )
        case steps.Cases():
            return replace(step, lines=tuple(new[k] for k in step.lines))
        case steps.Induct():
            return replace(step, base=new[step.base], up=new[step.up])
        case steps.Cut():
            return replace(step, line=new[step.line], by=new[step.by])
        case _:
            return step
