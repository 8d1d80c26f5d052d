"""Whether a quantity is built from that by which it is differentiated: a derivative is never silently 0.

By a leaf that a term does not mention it is 0.  By a *defined* quantity, or one that an equation ties to the term, or
to another leaf in it, the author may mean a dependence that no definition shows; there it must not be given a value.
"""

from __future__ import annotations

from symderive.kernel.context import Context, base_name
from symderive.kernel.terms import Term, make, subterms
from symderive.kernel.words import say


def unbuilt(context: Context, *terms: Term) -> str:
    """Why a derivative in some terms, or in the definitions behind them, must not be 0; empty if all may be."""
    names = {n for t in terms for n in context.closure(t)} & context.definitions.keys()
    bodies = [b for n in sorted(names) for _, b in context.definitions[n].clauses]
    for t in (*terms, *bodies):
        for s in subterms(t):
            for d in _slopes(context, s):
                if why := _why(context, d):
                    return why
    return ""


def _slopes(context: Context, t: Term) -> list[Term]:
    """A derivative, or ``f'(w)`` of a function with a definition as derivatives by the names that it is taken at."""
    if t.head == "der":
        return [t]
    function = base_name(t.name()) if t.head == "app" else ""
    if function not in context.definitions or function == t.name():
        return []
    value = make("app", function, *t.terms)
    return [make("der", value, a.name()) for a in t.terms if a.head == "sym"]


def _why(context: Context, derivative: Term) -> str:
    body, v = derivative.terms[0], derivative.name(1)
    mentioned = context.depends(body, v)
    if not mentioned and v in context.definitions:
        return f"{_named(body)} is not built from {v}"
    names = _real(context, context.closure(body)) - {v}
    random = v in context.randoms
    facts = [f for f in context.facts if _is_equation(f, random) and not _repeats_definition(context, f)]
    ties = [_real(context, context.closure(f) | {s.name() for s in subterms(f) if s.head == "sym"}) for f in facts]
    if mentioned:
        # what is defined from v varies with it as it should, and a name of its own may take up an equation
        names -= context.definitions.keys()
        ties = [tied for tied in ties if tied - context.definitions.keys() <= names | {v}]
    if any(v in tied and names & tied for tied in ties):
        return f"an assumption ties {v} to {_named(body)}; if that holds identically, define it"
    return ""


def _real(context: Context, names: frozenset[str]) -> frozenset[str]:
    """Names of quantities: a tie through a dimension or an index is none."""
    return frozenset(n for n in names if n in context.signature and context.declared(n).kind != "int")


def _is_equation(fact: Term, random: bool) -> bool:
    """Whether a fact is an equation between quantities, and not about means; by what is random, of them as well."""
    while fact.head == "all":
        fact = fact.terms[-1]
    return fact.head == "rel" and fact.name() == "=" and (random or not any(s.head == "ex" for s in subterms(fact)))


def _repeats_definition(context: Context, fact: Term) -> bool:
    left = fact.terms[0]
    known = context.definitions.get(left.name()) if left.head == "sym" else None
    return known is not None and any(body is fact.terms[1] for _, body in known.clauses)


def _named(t: Term) -> str:
    while t.head == "at":
        t = t.terms[0]
    return "the term" if t.dangling else say(t)
