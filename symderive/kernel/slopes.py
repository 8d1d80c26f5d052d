"""Derivatives in a model: the value of ∂t/∂v at the model's point, by the rules of calculus.

Used to evaluate facts, witnesses and counterexamples, never to prove.  At a kink, or wherever
differentiability is not plain, the answer is `Unsure`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from symderive.kernel.context import family_member
from symderive.kernel.defined import unfolded
from symderive.kernel.intervals import Real, Undefined, Unsure
from symderive.kernel.lowering import lower
from symderive.kernel.shapes import shape
from symderive.kernel.terms import TRUE, Term, at, literal, num, substitute

if TYPE_CHECKING:
    from symderive.kernel.models import Env, Evaluator

Entry = tuple[str, tuple[int, ...]]
"""The name and indices by which one differentiates."""


def slope(e: Evaluator, t: Term, env: Env, v: Entry) -> Real:
    """∂t/∂v for a lowered number t.

    Raises:
        Unsure: t may not be differentiable there, or is of a kind that is not differentiated here.
    """
    if not e.context.depends(t, v[0]):
        return 0
    key = (t, v, e.outcome)
    if t.dangling or t.schematic:
        return _slope(e, t, env, v)
    if key not in e.slopes:
        try:
            e.slopes[key] = _slope(e, lower(e.context, t), (), v)
        except Undefined as error:
            raise Unsure(f"a derivative at the edge of a domain: {error}") from None
    return e.slopes[key]


def _slope(e: Evaluator, t: Term, env: Env, v: Entry) -> Real:
    a, parts = e.a, t.terms

    def d(x: Term) -> Real:
        return slope(e, x, env, v)

    def times(*xs: Real) -> Real:
        out: Real = 1
        for x in xs:
            out = a.mul(out, x)
        return out

    match t.head:
        case "sym" | "at":
            return _member(e, t, env, v)
        case "add":
            return _sum(e, [d(x) for x in parts])
        case "neg":
            return a.neg(d(parts[0]))
        case "mul":
            values = [e.real(x, env) for x in parts]
            return _sum(e, [times(d(x), *values[:k], *values[k + 1 :]) for k, x in enumerate(parts)])
        case "div":
            below = a.inverse(e.real(parts[1], env))
            top = times(e.real(parts[0], env), d(parts[1]), below)
            return a.mul(a.add(d(parts[0]), a.neg(top)), below)
        case "pow":
            return _power(e, t, env, v)
        case "app":
            return _application(e, t, env, v)
        case "cases":
            guard, *branches = parts
            if e.context.depends(guard, v[0]) and (guard.head != "rel" or _equal(e, guard, env)):
                raise Unsure("a derivative at the edge of a case")
            return d(branches[0 if e.truth(guard, env) else 1])
        case "big" if parts[2] is TRUE or not e.context.depends(parts[2], v[0]):
            return _big(e, t, env, v)
        case "ex":
            names = {str(n) for n in t.args[1:]} or e.context.randoms
            if v[0] in names or any(v[0] in e.context.law_closure(n) for n in names):
                raise Unsure("a derivative in a law")
            return e.mean(t, lambda x: slope(e, x, env, v))
        case _:
            raise Unsure(f"{t.head} is not differentiated in a model")


def _sum(e: Evaluator, xs: list[Real]) -> Real:
    out: Real = 0
    for x in xs:
        out = e.a.add(out, x)
    return out


def _equal(e: Evaluator, guard: Term, env: Env) -> bool:
    gap = e.a.add(e.real(guard.terms[0], env), e.a.neg(e.real(guard.terms[1], env)))
    return e.a.sign(gap) in (0, None)


def _member(e: Evaluator, t: Term, env: Env, v: Entry) -> Real:
    """A name or entry: the varied one, another one, or one that is defined."""
    member = family_member(t)
    if member is None:
        raise Unsure("an entry that is not differentiated in a model")
    name, indices = member[0], tuple(e.integer(i, env) for i in member[1])
    depth = e.context.family_depth(name)
    if name == v[0] and indices[:depth] == v[1][:depth]:
        return int(indices == v[1])
    if name not in e.context.definitions:
        return 0
    d = e.context.definitions[name]
    values = {p: num(i) for p, i in zip(d.params, indices, strict=False)}
    body = e.clause_at(name, indices)
    rest = [num(i) for i in indices[len(d.params) :]]
    return slope(e, at(substitute(body, values), *rest), (), v)


def _power(e: Evaluator, t: Term, env: Env, v: Entry) -> Real:
    a, (base, exponent) = e.a, t.terms
    x, dx = e.real(base, env), slope(e, base, env, v)
    if not e.context.depends(exponent, v[0]):
        c = literal(exponent)
        y = e.real(exponent, env) if c is None else Fraction(c)
        if y == 0:
            return 0
        lower_power = e.power(x, a.add(y, -1))
        return a.mul(a.mul(y, lower_power), dx)
    y, dy = e.real(exponent, env), slope(e, exponent, env, v)
    log = a.log(x)
    inner = a.add(a.mul(dy, log), a.mul(a.mul(y, dx), a.inverse(x)))
    return a.mul(a.exp(a.mul(y, log)), inner)


def _application(e: Evaluator, t: Term, env: Env, v: Entry) -> Real:
    a, f = e.a, t.name()
    body = unfolded(e.context, t)
    if body is not None:
        return slope(e, body, env, v)
    if f in ("exp", "log", "sin", "cos", "erf", "abs"):
        (u,) = t.terms
        x, dx = e.real(u, env), slope(e, u, env, v)
        match f:
            case "exp":
                outer = a.exp(x)
            case "log":
                outer = a.inverse(x)
            case "sin":
                outer = a.cos(x)
            case "cos":
                outer = a.neg(a.sin(x))
            case "erf":
                outer = a.mul(2, a.mul(a.exp(a.neg(a.power(x, 2))), a.inverse(a.root(a.pi(), 2))))
            case _:
                sign = a.sign(x)
                if not sign:
                    raise Unsure("a derivative at the kink of |·|")
                outer = sign
        return a.mul(outer, dx)
    slots = range(len(t.terms))
    out: Real = 0
    for k in slots:
        entries = list(e.each(t.terms[k], shape(e.context, t.terms[k]), env))
        for j, entry in enumerate(entries):
            dx = slope(e, entry, env, v)
            if dx != 0:
                out = a.add(out, a.mul(e.partial(t, env, k, j), dx))
    return out


def _big(e: Evaluator, t: Term, env: Env, v: Entry) -> Real:
    op, (low, high, guard, body) = t.name(), t.terms
    inside = [i for i in e.span(low, high, env) if guard is TRUE or e.truth(guard, (i, *env))]
    if op == "sum":
        return _sum(e, [slope(e, body, (i, *env), v) for i in inside])
    values = [e.real(body, (i, *env)) for i in inside]
    if op == "prod":
        parts = []
        for k, i in enumerate(inside):
            term = slope(e, body, (i, *env), v)
            for x in (*values[:k], *values[k + 1 :]):
                term = e.a.mul(term, x)
            parts.append(term)
        return _sum(e, parts)
    best = [i for i, x in zip(inside, values, strict=True) if _beats_all(e, op, x, values)]
    if len(best) != 1:
        raise Unsure("a derivative where an extremum is attained twice")
    return slope(e, body, (best[0], *env), v)


def _beats_all(e: Evaluator, op: str, x: Real, values: list[Real]) -> bool:
    wanted = 1 if op == "max" else -1
    return sum(e.a.sign(e.a.add(x, e.a.neg(y))) == wanted for y in values) == len(values) - 1
