"""The chain rule over the computation graph, as steps.

A node through which every path from the result to the variable leads is an intermediate of the chain:
∂L/∂w = ∂L/∂y · ∂y/∂z · ∂z/∂w, summed over the entries of a vector.  Between two of them the paths are
added up.  Each factor is then worked out in the names of the problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symderive.engine.plans.forms import Forms, size
from symderive.engine.plans.slopes import NoSlope, Place, Slopes, times
from symderive.engine.plans.tidy import Tidy, put_in, renamed
from symderive.engine.plans.work import Work
from symderive.kernel.context import Context, Rejected, family_member
from symderive.kernel.shapes import shape
from symderive.kernel.terms import TRUE, Term, abstract, bound, make, rebuild, subterms

MAX_LINKS = 8
MAX_NODES = 60
SHORTER = 0.75
"""How much shorter a form must be to be worth a step of its own."""


@dataclass
class Chains:
    """Derivatives of one context, with the steps that lead to them put into the work."""

    work: Work
    context: Context
    quiet: bool = False

    def __post_init__(self) -> None:
        self._local: dict[Term, Term] = {}
        self.tidy: Tidy = self.work.tidy(self.context, names=self.work.goal.names is None)
        self.slopes = Slopes(self.context, self.tidy, lambda u: self.work.positive(self.context, u))

    def closed(self, t: Term) -> Term:
        """The term with its derivatives worked out.

        Raises:
            NoSlope: one of them has no readable form.
        """
        return self.tidy(self.put_in(t))

    def put_in(self, t: Term) -> Term:
        """The term as it is, its derivatives replaced by closed forms; raises `NoSlope` like `closed`."""
        if t.head != "der":
            return rebuild(t, lambda a, _: self.put_in(a))
        body = self.put_in(t.terms[0])
        der = make("der", body, *t.args[1:])
        if der.dangling or der.loose:
            return self.slopes.slope(body, Place(der.name(1), der.terms[1:]))
        found = self._local.get(der)
        if found is None:
            found = self._local[der] = self.explained(der)
        return found

    # -- one derivative -------------------------------------------------------------------------

    def explained(self, der: Term) -> Term:
        """The closed form of one derivative of a term by an entry, with its steps."""
        start, place = der.terms[0], Place(der.name(1), der.terms[1:])
        whole = self.slopes.slope(start, place)
        if self.quiet:
            return whole
        try:
            links = self.links(start, place)
            combined = self._along(der, start, links, place) if links else self._paths(der, start, place)
        except (NoSlope, Rejected):
            combined = None
        found = whole if combined is None else combined
        if combined is not None:
            self.work.step(der, combined, "put in", self.context)
        short = Forms(self.context, self.tidy).shortest(found)
        if (
            short is not found
            and size(short) < SHORTER * size(found)
            and self.work.step(der, short, "simplified", self.context)
        ):
            return short
        return found

    def links(self, start: Term, place: Place) -> list[Term]:
        """The nodes through which all paths lead, from the result to the variable."""
        first = self._node(start)
        graph: dict[Term, list[Term]] = {}
        todo = [first]
        while todo:
            node = todo.pop()
            if node in graph:
                continue
            inner = [] if self._ends(node, place, first) else self.slopes.children(node, place)
            graph[node] = inner
            todo += inner
            if len(graph) > MAX_NODES:
                raise NoSlope("too many intermediates")
        direct = {n for n in graph if not self._ends(n, place, first) and self._direct(n, place)}
        inner = [n for n in graph if n is not first and not self._ends(n, place, first)]
        between = [n for n in inner if not _around(graph, first, n, direct)]
        order = _topological(graph, first)
        return sorted(between, key=order.index)[:MAX_LINKS]

    def _node(self, start: Term) -> Term:
        found = self.slopes.node(start) if start.head in ("sym", "at") else None
        return start if found is None else found[0]

    def _ends(self, node: Term, place: Place, first: Term) -> bool:
        return node is not first and self.slopes.at_place(node, place)

    def _direct(self, node: Term, place: Place) -> bool:
        """Whether the variable stands in the definition of a node itself."""
        if any(self.slopes.at_place(c, place) for c in self.slopes.children(node, place)):
            return True
        if place.name in self.work.context.definitions:
            return False
        return any(s.head == "sym" and s.name() == place.name for s in subterms(self.slopes.contents(node)))

    # -- along a chain --------------------------------------------------------------------------

    def _along(self, der: Term, start: Term, links: Sequence[Term], place: Place) -> Term | None:
        """∂start/∂place as a product over the links: the rule, each factor, and the factors put in."""
        context, entries, sums = self.context, [], []
        for node in links:
            ranges = shape(self.context, node)
            context, indices = self.work.with_indices(ranges, context)
            entry = node
            for i in indices:
                entry = make("at", entry, i)
            entries.append(entry)
            sums += list(zip(indices, ranges, strict=True))
        factors = []
        for above, below in zip((start, *entries), (*entries, None), strict=True):
            by = place if below is None else place_of(below)
            factors.append(by.der(above))
        inner = Chains(self.work, context, quiet=True)
        rule = "chain rule" + (", summed over the entries" if sums else "")
        stated = self.work.step(der, _summed(times(*factors), sums, self.tidy), rule, self.context)
        values = []
        for f in factors:
            by = Place(f.name(1), f.terms[1:])
            value = inner.slopes.slope(f.terms[0], by)
            values.append(value)
            if stated:
                more = self._paths_of(inner, f, by)
                if not more:
                    self.work.step(f, value, "", context if sums else self.context)
        return self.tidy(_summed(times(*values), sums, self.tidy))

    def _paths_of(self, inner: Chains, f: Term, by: Place) -> bool:
        """Steps for a factor with several paths of its own; whether there were any."""
        if inner.context is not self.context:
            return False
        return self._paths(f, f.terms[0], by) is not None

    # -- several paths --------------------------------------------------------------------------

    def _paths(self, der: Term, start: Term, place: Place) -> Term | None:
        """∂start/∂place from the definition of start, the derivatives of the names in it one by one."""
        found = self.slopes.node(start) if start.head in ("sym", "at") else None
        if found is None:
            opened = self.slopes.slope(start, place, through=False)
        else:
            opened = self.slopes.local(found[0], found[1], place, through=False)
        left = [s for s in reversed(subterms(opened)) if s.head == "der"]
        if not left or any(s.loose or s.dangling for s in left):
            if not left and found is not None:
                self.work.step(der, opened, "", self.context)
                return opened
            return None
        if not self.work.step(der, opened, "sum over the paths", self.context):
            return None
        values = {s: self.put_in(s) for s in left}
        return self.tidy(put_in(opened, values))


def place_of(entry: Term) -> Place:
    found = family_member(entry)
    assert found is not None
    return Place(found[0], tuple(found[1]))


def _summed(body: Term, sums: Sequence[tuple[Term, tuple[Term, Term]]], tidy: Tidy) -> Term:
    """The sum of a body over named indices."""
    for i, (lo, hi) in reversed(sums):
        name = tidy.fresh()
        if lo.dangling or hi.dangling:
            raise NoSlope("entries whose range varies")
        body = make("big", "sum", lo, hi, TRUE, abstract(renamed(body, i.name(), bound(name)), name))
    return body


def _around(graph: dict[Term, list[Term]], first: Term, without: Term, direct: set[Term]) -> bool:
    """Whether a path reaches the variable without passing a node."""
    seen, todo = {without}, [first]
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        if node in direct:
            return True
        todo += graph[node]
    return False


def _topological(graph: dict[Term, list[Term]], first: Term) -> list[Term]:
    """Nodes before those in their definitions."""
    out: list[Term] = []
    seen: set[Term] = set()

    def visit(node: Term) -> None:
        if node in seen:
            return
        seen.add(node)
        for c in graph[node]:
            visit(c)
        out.append(node)

    visit(first)
    return out[::-1]
