r"""Quantities by way of a name that was introduced after them: with ``u = wx``, f = tanh(wx) becomes tanh(u).

Whoever writes ``\partial f / \partial u`` after "Let $u = wx$" means f as a function of u.  The parts of f that are
written like the body of u, up to the order of sums and products, are replaced by u; the value of f stays the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain

from symderive.kernel.context import Context, Definition, Rejected
from symderive.kernel.lowering import lower
from symderive.kernel.terms import BINDS, Term, at, bound, make, rebuild, shift, substitute, subterms, sym
from symderive.kernel.wellfounded import check_definitions
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.names import Names, spell

MAX_SIZE = 4_000
"""Nodes of a term in which the body of a name is looked for."""
MAX_PARTS = 12
"""Parts of a sum or product that are tried in every order."""
MAX_WORK = 20_000
"""Comparisons of a part of the body with a part of a term."""
NESTED = 8
"""How many names behind a name are put in first."""

Values = dict[str, Term]


def graft(names: Names, t: Term, name: str) -> Term:
    """The term, with the definitions behind it, by way of a defined name; as it was if that cannot be done.

    It is done only if all that the name is made of then stands in the term by way of the name alone: else parts of it
    may stand there in disguise, as in w x + w² x² for u = w x.

    Raises:
        ReadingError: the term is built of the name, and of what the name stands for as well.
    """
    trial = names.copy()
    built = names.scope.context().depends(t, name)
    out = _graft(trial, t if built else _unfolded(trial, t), name, NESTED)
    if out is None:
        return t
    context = trial.scope.context()
    inside = context.closure(sym(name)) - {name}
    parts = {n for n in inside if n in context.signature and context.declared(n).kind not in ("int", "function")}
    family = context.family_depth(name) > 0
    if not context.depends(out, name) or (parts & context.closure(out, name) and not family):
        if built:
            text = f"{spell(name)} stands beside what it is short for: what is held fixed is not clear"
            raise ReadingError("ambiguous", text, advice=f"Write {spell(name)} throughout.")
        return t
    names.scope.definitions = trial.scope.definitions
    names.notes = trial.notes
    names.changed()
    return out


def _unfolded(names: Names, t: Term) -> Term:
    """The body of a defined function at its arguments."""
    for _ in range(NESTED):
        definition = names.scope.definitions.get(t.name()) if t.head == "app" else None
        if definition is None:
            break
        t = substitute(definition.clauses[0][1], dict(zip(definition.params, t.terms, strict=True)))
    return t


def _graft(names: Names, t: Term, name: str, depth: int) -> Term | None:
    definition = names.scope.definitions[name]
    if len(definition.clauses) != 1 or names.is_function(name) or depth <= 0:
        return None
    for inner in sorted(names.scope.context().closure(definition.clauses[0][1]) - {name}):
        if inner in names.scope.definitions:
            t = _graft(names, t, inner, depth - 1) or t
    found = None
    for lowered in (False, True):
        with suppress(Rejected):
            # by entries, too: what was written in two ways is one then
            found = _Graft(names, name, definition, lowered=lowered).of(found or t) or found
    return found


class _Graft:
    """The body of one name, as a pattern; lowered, the pattern is an entry of it."""

    def __init__(self, names: Names, name: str, definition: Definition, *, lowered: bool) -> None:
        self.names, self.name, self.lowered = names, name, lowered
        self.context: Context = names.scope.context()
        body = definition.clauses[0][1]
        self.variables = definition.params
        self.work = MAX_WORK
        if lowered:
            own = len(self.context.declared(name).ranges) - len(definition.params)
            entries = tuple(f"{name}#entry{k}" for k in range(own))
            self.variables += entries
            body = lower(self.context, at(body, *map(bound, entries)))
        self.pattern = body

    def of(self, t: Term) -> Term | None:
        """The term with the name put in wherever it fits; None if it fits nowhere.

        Raises:
            Rejected: definitions would then rest on each other.
        """
        if self.pattern.head in ("num", "sym", "bound", "at", "inf"):
            return None
        own = self._inside(t)
        changed: dict[str, Definition] = {}
        definitions = self.names.scope.definitions
        held = {s.name() for s in subterms(self.pattern) if s.head == "sym"}
        needed = {n for n in held if self.context.declared(n).kind != "int"}
        for n in sorted(self.context.closure(t) & definitions.keys() - {self.name}):
            bodies = [body for _, body in definitions[n].clauses]
            if not needed <= {s.name() for body in bodies for s in subterms(body) if s.head == "sym"}:
                continue
            clauses = tuple((ranges, self._inside(body)) for ranges, body in definitions[n].clauses)
            if clauses != definitions[n].clauses:
                changed[n] = replace(definitions[n], clauses=clauses)
        if not changed and own is t:
            return None
        # members of one round are given in the order in which they are computed: the name before what uses it
        name_first = {self.name: definitions[self.name]}
        first = next((k for k, n in enumerate(definitions) if n in changed), len(definitions))
        rows = [*definitions.items()]
        ordered = {**dict(rows[:first]), **name_first, **{n: d for n, d in rows[first:] if n != self.name}, **changed}
        if self.name in dict(rows[:first]):
            ordered = {**definitions, **changed}
        check_definitions(replace(self.context, definitions=ordered, memo={}))
        self.names.scope.definitions = ordered
        self.names.changed()
        told = ", ".join(spell(n) for n in changed) or "the term"
        self.names.notes.append(f"{told} is taken as a function of {spell(self.name)}")
        return own

    def _inside(self, t: Term) -> Term:
        if t.size > MAX_SIZE:
            return t
        start = lower(self.context, t) if self.lowered and not t.dangling else t
        out = self._put(start)
        return t if out is start else out

    def _put(self, t: Term) -> Term:
        found = next(self._fits(t), None)
        if found is not None:
            values, rest, negative = found
            new = at(sym(self.name), *(values[v] for v in self.variables))
            new = make("neg", new) if negative else new
            return make(t.head, new, *map(self._put, rest)) if rest else new
        return rebuild(t, lambda a, _: self._put(a))

    def _fits(self, t: Term) -> Iterator[tuple[Values, list[Term], bool]]:
        """How the pattern is a part of a term: values of the variables, what is left, whether its sign is turned."""
        p = self.pattern
        ways: Iterator[tuple[Values, list[Term], bool]]
        if p.head not in ("add", "mul") or t.head != p.head:
            ways = ((v, list[Term](), False) for v in self._match(p, t, {}, 0))
        else:
            ours, theirs = _parts(p), _parts(t)
            ways = ((v, rest, False) for v, rest in self._choose(ours, theirs, {}, 0))
            if p.head == "add":
                turned = [_negated(x) for x in ours]
                ways = chain(ways, ((v, rest, True) for v, rest in self._choose(turned, theirs, {}, 0)))
        for values, rest, negative in ways:
            if all(v in values for v in self.variables):
                yield values, rest, negative

    def _match(self, p: Term, t: Term, values: Values, level: int) -> Iterator[Values]:
        self.work -= 1
        if self.work < 0:
            return
        if p.head == "bound" and p.args[0] in self.variables:
            try:
                value = shift(t, -level)
            except ValueError:
                return
            if values.get(str(p.args[0]), value) is value:
                yield {**values, str(p.args[0]): value}
        elif p is t and p.loose.isdisjoint(self.variables):
            yield values
        elif p.head in ("add", "mul") and p.head == t.head:
            for found, rest in self._choose(_parts(p), _parts(t), values, level):
                if not rest:
                    yield found
        elif p.head == t.head and len(p.args) == len(t.args):
            yield from self._arguments(p, t, 0, values, level)

    def _arguments(self, p: Term, t: Term, k: int, values: Values, level: int) -> Iterator[Values]:
        if k == len(p.args):
            yield values
            return
        a, b = p.args[k], t.args[k]
        if isinstance(a, Term) and isinstance(b, Term):
            under = BINDS[p.head][k] if p.head in BINDS else 0
            for found in self._match(a, b, values, level + under):
                yield from self._arguments(p, t, k + 1, found, level)
        elif a == b:
            yield from self._arguments(p, t, k + 1, values, level)

    def _choose(
        self, ours: Sequence[Term], theirs: Sequence[Term], values: Values, level: int
    ) -> Iterator[tuple[Values, list[Term]]]:
        """Ways to find each of our parts among theirs, with those that are left."""
        if not ours:
            yield values, list(theirs)
            return
        if not len(ours) <= len(theirs) <= MAX_PARTS:
            return
        for k, t in enumerate(theirs):
            for found in self._match(ours[0], t, values, level):
                yield from self._choose(ours[1:], [*theirs[:k], *theirs[k + 1 :]], found, level)


def _parts(t: Term) -> list[Term]:
    """The summands or factors, nested ones too."""
    out: list[Term] = []
    for s in t.terms:
        if s.head == t.head:
            out += _parts(s)
        elif s.head == "neg" and t.head == s.terms[0].head == "add":
            out += map(_negated, _parts(s.terms[0]))
        else:
            out.append(s)
    return out


def _negated(t: Term) -> Term:
    return t.terms[0] if t.head == "neg" else make("neg", t)
