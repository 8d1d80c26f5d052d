"""Which means exist, and may be differentiated, whatever the numbers are: polynomials under tame laws."""

from __future__ import annotations

from symderive.kernel.context import Context, base_name, family_member
from symderive.kernel.defined import core, slope_of, unfolded
from symderive.kernel.lowering import lower
from symderive.kernel.terms import Term, at, literal, make

LAWS_WITH_MOMENTS = frozenset({"normal", "uniform", "bernoulli", "exponential"})
BOUNDED_BY_POLYNOMIALS = frozenset({"abs", "sin", "cos", "erf"})


def tame(context: Context, condition: Term) -> bool:
    """Whether a mean exists, or may be differentiated under the integral, by the laws alone.

    What is integrated is a polynomial in names whose laws have all moments, with coefficients that do not
    depend on them (for existence, it may also be bounded by one).
    """
    c = core(condition)
    if c.head != "is" or c.name() not in ("integrable", "interchange"):
        return False
    strict = c.name() == "interchange"
    t = c.terms[0].terms[0] if strict else c.terms[0]
    over = frozenset(map(str, c.terms[0].args[1:])) if strict else frozenset(a.name() for a in c.terms[1:])
    found = context.random_in(t) & (over or context.random_in(t))
    laws = [None if n.startswith("*") else context.declared(n).law for n in found]
    known = all(w and w[0] in LAWS_WITH_MOMENTS and not any(map(context.random_in, w[1])) for w in laws)
    return known and (not strict or context.random_in(t) <= found) and _polynomial(context, t, found, strict)


def _polynomial(context: Context, t: Term, names: frozenset[str], strict: bool) -> bool:
    """Whether t is a polynomial in the names (not strict: at least bounded by one)."""
    if not context.random_in(t) & names:
        return True
    t = t if t.dangling else lower(context, t)

    def inside(*parts: Term) -> bool:
        return all(_polynomial(context, p, names, strict) for p in parts)

    parts = t.terms
    match t.head:
        case "sym" | "at":
            return _member(context, t, names, strict)
        case "add" | "neg" | "mul" | "tab":
            return inside(*parts)
        case "div":
            return inside(parts[0]) and not context.random_in(parts[1]) & names
        case "pow":
            e = literal(parts[1])
            return isinstance(e, int) and e >= 0 and inside(parts[0])
        case "cases":
            return not strict and len(parts) == 3 and inside(*parts[1:])
        case "big":
            fixed = not any(context.random_in(p) & names for p in parts[:3])
            return fixed and (t.name() in ("sum", "prod") or not strict) and inside(parts[3])
        case "der":
            return _polynomial(context, parts[0], names, strict=True)
        case "app" if t.name() in BOUNDED_BY_POLYNOMIALS:
            return not strict and inside(*parts)
        case "app":
            if slope_of(context, t) is not None:
                return _polynomial(context, make("app", base_name(t.name()), *parts), names, strict=True)
            body = unfolded(context, t)
            return body is not None and inside(body)
        case _:
            return False


def _member(context: Context, t: Term, names: frozenset[str], strict: bool) -> bool:
    member = family_member(t)
    if member is None or member[0] in names:
        return member is not None
    name, indices = member
    d = context.definitions.get(name)
    if d is None or context.is_recursive(name) or len(indices) < len(d.params):
        return False
    k = len(d.params)
    bodies = (context.clause(name, which, indices[:k])[0] for which in range(len(d.clauses)))
    return all(_polynomial(context, at(b, *indices[k:]), names, strict) for b in bodies)
