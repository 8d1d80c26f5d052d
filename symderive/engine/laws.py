"""Families with a law of which only means and variances are in terms: what a finite space can say against a claim.

The members of ``x_1, …, x_n ∼ 𝒩(μ, σ²)`` are random names with two moments, and the fact that E[exp(x_i)] exists.  A
finite space with these moments is no normal law.  It can refute a claim only where means of polynomials of degree ≤ 2
occur: some normal family has the same means and covariances.
"""

from __future__ import annotations

from symderive.kernel.context import Context
from symderive.kernel.terms import Term, literal, subterms

MANY = 100


def beyond_two_moments(context: Context, claim: Term) -> bool:
    """Whether a mean in a claim takes more of such a family than its means and covariances."""
    families = _drawn(context)
    means = [s for s in subterms(claim) if s.head == "ex"] if families else []
    behind = [
        s
        for n in (context.closure(claim) & context.definitions.keys() if families else ())
        for _, body in context.definitions[n].clauses
        for s in subterms(body)
        if s.head == "ex"
    ]
    return any(_degree(context, s.terms[0], families) > 2 for s in (*means, *behind))


def _drawn(context: Context) -> frozenset[str]:
    """The names of which it is stated that the mean of the exponential of each member exists."""
    out: set[str] = set()
    for f in context.facts:
        while f.head == "all":
            f = f.terms[-1]
        if f.head == "is" and f.name() == "integrable" and f.terms[0].head == "app" and f.terms[0].name() == "exp":
            out |= context.closure(f) & context.randoms
    return frozenset(out)


def _degree(context: Context, t: Term, families: frozenset[str], depth: int = 8) -> int:
    """The degree of a term as a polynomial in the members; `MANY` if it is, or may be, none."""
    if not context.closure(t) & families:
        return 0
    inner = [_degree(context, x, families, depth) for x in t.terms] if t.head not in ("sym", "app") else []
    match t.head:
        case "sym" if t.name() in families:
            return 1
        case "sym" if t.name() in context.definitions and depth:
            bodies = [body for _, body in context.definitions[t.name()].clauses]
            return max((_degree(context, b, families, depth - 1) for b in bodies), default=MANY)
        case "ex":
            return 0
        case "add" | "neg" | "tab" | "at":
            return max(inner)
        case "mul":
            return sum(inner)
        case "div" if not inner[1]:
            return inner[0]
        case "pow" if isinstance(k := literal(t.terms[1]), int) and k >= 0:
            return inner[0] * k
        case "big" if t.name() == "sum":
            return max(inner)
    return MANY
