"""Letters that are bound where names stand that rest on them: ``L(w) = (ŷ - y)²`` with ``ŷ = w x``.

A name is not a letter of the formula that binds w, and yet the author means that it varies with w.  In the body of a
function the definitions are put in, so that w is its argument throughout; elsewhere such a formula is not read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from symderive.kernel.context import Context
from symderive.kernel.terms import Term, rebuild, substitute, subterms


class Captured(Exception):
    """A definition cannot be put in: it is a recurrence, or rests on the letter by way of a law."""


def resting(context: Context, name: str, letters: Collection[str]) -> frozenset[str]:
    """Those of some letters on which a name rests, by definitions and laws; itself apart."""
    base = name.rstrip("'")
    reached = context.reach(base)
    for n in reached & context.randoms:
        reached |= context.law_closure(n)
    return (reached - {base}) & frozenset(letters)


def rests(context: Context, t: Term, letters: Collection[str]) -> bool:
    """Whether a term rests on some letters, by name or by way of definitions and laws."""
    names = context.closure(t)
    return bool(names & frozenset(letters)) or any(resting(context, n, letters) for n in names & context.randoms)


def with_arguments(context: Context, t: Term, values: Mapping[str, Term]) -> Term:
    """A term with terms for some names, also in the definitions that rest on them.

    Raises:
        Captured: one of these cannot be put in.
    """
    if not rests(context, t, values):
        return t
    if t.head in ("der", "lim", "ex") or (t.head == "app" and t.name()[-1:] == "'"):
        raise Captured
    if t.head == "sym":
        name = t.name()
        if name in values:
            return values[name]
        if name not in context.definitions or context.definitions[name].params:
            raise Captured
        return with_arguments(context, _body(context, name), values)
    if t.head == "app" and t.name() in context.definitions:
        inner = dict(zip(context.definitions[t.name()].params, t.terms, strict=True))
        return with_arguments(context, substitute(_body(context, t.name()), inner), values)
    return rebuild(t, lambda a, _: with_arguments(context, a, values))


def _body(context: Context, name: str) -> Term:
    definition = context.definitions[name]
    if len(definition.clauses) != 1 or context.is_recursive(name):
        raise Captured
    return definition.clauses[0][1]


def applies_elsewhere(context: Context, t: Term, letters: Collection[str], arguments: Collection[Term]) -> bool:
    """Whether names in a term rest on letters for which other arguments were put."""
    given = {n for a in arguments for n in context.closure(a)}
    names = {s.name() for s in subterms(t) if s.head == "sym"} - given
    return any(resting(context, n, letters) for n in names)


def tied(context: Context, function: str, letters: Collection[str]) -> str:
    """A name in a function that an equation ties to the letter of its argument; empty if there is none."""
    inside = context.reach(function) - {function} - frozenset(letters)
    for f in context.facts:
        names = context.closure(f) if f.head == "rel" and f.name() == "=" else frozenset()
        if names & frozenset(letters) and (found := names & inside):
            return min(found)
    return ""
