"""Whether a quantity is built from that by which it is differentiated: a derivative is never silently 0.

By a leaf that a term does not mention it is 0.  By a *defined* quantity, or one that an equation ties to the term, the
author means a dependence that no definition shows; there it must not be given a value.
"""

from __future__ import annotations

from symderive.kernel.context import Context
from symderive.kernel.terms import Term, subterms
from symderive.kernel.words import say


def unbuilt(context: Context, *terms: Term) -> str:
    """Why a derivative in some terms, or in the definitions behind them, must not be 0; empty if all may be."""
    names = {n for t in terms for n in context.closure(t)} & context.definitions.keys()
    bodies = [b for n in sorted(names) for _, b in context.definitions[n].clauses]
    for t in (*terms, *bodies):
        for s in subterms(t):
            if s.head == "der" and not context.depends(s.terms[0], s.name(1)) and (why := _why(context, s)):
                return why
    return ""


def _why(context: Context, derivative: Term) -> str:
    body, v = derivative.terms[0], derivative.name(1)
    if v in context.definitions:
        return f"{_named(body)} is not built from {v}"
    # a tie through a dimension or an index is none
    names = {n for n in context.closure(body) if n in context.signature and context.declared(n).kind != "int"}
    equations = [f for f in context.facts if f.head == "rel" and f.name() == "="]
    if any(v in context.closure(f) and names & context.closure(f) for f in equations):
        return f"an assumption ties {v} to {_named(body)}; if that holds identically, define it"
    return ""


def _named(t: Term) -> str:
    while t.head == "at":
        t = t.terms[0]
    return "the term" if t.dangling else say(t)
