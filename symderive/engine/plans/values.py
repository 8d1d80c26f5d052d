"""Values put in: a term worked out from the values of names, definition by definition."""

from __future__ import annotations

from symderive.engine.plans.tidy import Tidy
from symderive.engine.plans.work import Work
from symderive.kernel.context import Context, Rejected, family_member
from symderive.kernel.lowering import lower
from symderive.kernel.shapes import SCALAR, shape
from symderive.kernel.terms import Term, literal, make, num, rebuild, subterms

MAX_EXPLAINED = 24


class Values:
    """Works terms out from equations ``name = value``.

    Args:
        context: the context before the values were put in.
    """

    def __init__(self, work: Work, context: Context) -> None:
        self.work, self.context = work, context
        self.tidy: Tidy = work.tidy(context)
        self.table: dict[Term, Term] = {}
        self._memo: dict[Term, Term] = {}
        self._order: list[Term] = []
        for equation in work.goal.at:
            self._enter(*equation.terms)

    def _enter(self, name: Term, value: Term) -> None:
        """An equation; one between tensors entry by entry."""
        s = shape(self.context, name)
        if s == SCALAR:
            self.table[name] = self.tidy(value)
            return
        lo, hi = literal(s[0][0]), literal(s[0][1])
        if isinstance(lo, int) and isinstance(hi, int):
            for k in range(lo, hi + 1):
                self._enter(make("at", name, num(k)), lower(self.context, make("at", value, num(k))))

    def of(self, t: Term) -> Term | None:
        """The value of a number, as far as it can be worked out; None if that fails."""
        try:
            return self._of(t)
        except (Rejected, ZeroDivisionError, RecursionError):
            return None

    def _of(self, t: Term) -> Term:
        for _ in range(20):
            t = self.tidy(lower(self.context, t))
            new = self.tidy(self._put(t))
            if new is t:
                break
            t = new
        return t

    def _put(self, t: Term) -> Term:
        found = self.table.get(t)
        if found is not None:
            return found
        if t.head in ("sym", "at") and not t.dangling:
            value = self._member(t)
            if value is not None:
                return value
        if t.head == "der":
            return t
        return rebuild(t, lambda a, _: self._put(a))

    def _member(self, t: Term) -> Term | None:
        """The value of an entry of a defined name."""
        if t in self._memo:
            return self._memo[t]
        found = family_member(t)
        if found is None or found[0] not in self.context.definitions:
            return None
        name, indices = found
        depth = self.context.family_depth(name)
        if shape(self.context, t) != SCALAR:
            return None
        body = self._body(name, indices[:depth])
        if body is None:
            return None
        for i in indices[depth:]:
            body = make("at", body, i)
        out = self._memo[t] = self._of(body)
        self._order.append(t)
        return out

    def _body(self, name: str, indices: list[Term]) -> Term | None:
        clauses = self.context.definitions[name].clauses
        for which in range(len(clauses)):
            body, conditions = self.context.clause(name, which, indices)
            ends = [[literal(self.tidy(x)) for x in c.terms] for c in conditions]
            if len(clauses) == 1 or all(a is not None and b is not None and a <= b for a, b in ends):
                return body
        return None

    def names_left(self, t: Term) -> bool:
        """Whether a name with a value, or a defined one, still stands in a term."""
        names = {s.name() for s in self.table if s.head == "sym"} | set(self.context.definitions)
        names |= {m[0] for m in map(family_member, self.table) if m}
        return any((s.head == "sym" and s.name() in names) or s.head in ("der", "lim") for s in subterms(t))

    def explain(self) -> None:
        """Steps for the values of the defined names on the way, in the order in which they are needed."""
        for entry in self._order[:MAX_EXPLAINED]:
            value = self._memo[entry]
            if not self.names_left(value) and literal(value) is not None:
                self.work.step(entry, value, "definition, values put in")
