"""Derivatives, one rule at a time: each handler call moves ∂ one node towards the leaves.

Names are differentiated through their definitions and stay names elsewhere.  Functions of the book use
their chain-rule entries; a function with a kink uses the side that is known to apply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symderive.engine.builder import Stuck
from symderive.engine.functions import derived
from symderive.engine.means import is_square, mean
from symderive.engine.members import lowered, settle_member, unfold_member
from symderive.engine.ring import TooLarge
from symderive.kernel.algebra import difference
from symderive.kernel.book import Lambda, Spot
from symderive.kernel.context import PRIMITIVES, Rejected, base_name, derivative_order, family_member
from symderive.kernel.defined import slope_of
from symderive.kernel.lowering import lower
from symderive.kernel.shapes import shape
from symderive.kernel.terms import ONE, ZERO, Term, bound, instantiate, literal, make, negate, rel, subterms

if TYPE_CHECKING:
    from symderive.engine.normal import Normal

SIDED = {"relu": (), "lrelu": ("c",), "elu": ("c",)}
"""Functions of the book with entries for each side of 0, and their parameters."""


def derivative(normal: Normal, t: Term) -> int | None:
    """The handler of ∂: a line with ∂ one node further in; None for a derivative that stays."""
    body, name, indices = t.terms[0], t.name(1), t.terms[1:]
    builder, context = normal.builder, normal.context
    settled = normal.settled(t, range(2, len(t.args)))
    if settled is not None:
        return settled
    if t in normal.frozen:
        return None
    spot = Spot(name, indices)
    smooth = _smoothed(normal, t)
    if smooth is not None:
        return smooth
    if not context.depends(body, name):
        return builder.rule("d.const", c=body, v=spot)
    rule = RULES.get(body.head)
    return rule(normal, t, body, spot) if rule else None


def _smoothed(normal: Normal, t: Term) -> int | None:
    """The body with fewer kinks, where facts tell the side: so that what is left is differentiable."""
    body, v = t.terms[0], t.name(1)
    before = _kinks(normal, lower(normal.context, body), v)
    if not before or body.head == "der":
        return None
    try:
        line = normal.line(body)
        if _kinks(normal, normal.builder.right(line), v) < before:
            return normal.builder.place(line, t, (0,), defined="right")
    except (Stuck, Rejected, TooLarge, ZeroDivisionError):
        pass
    return None


def _kinks(normal: Normal, t: Term, v: str) -> int:
    """How many absolute values, extrema and guards of cases in a term depend on the name."""
    return sum(
        normal.context.depends(s.terms[0] if s.head == "cases" else s, v)
        for s in subterms(t)
        if not s.dangling
        and (
            s.head == "cases"
            or (s.head == "app" and s.name() == "abs")
            or (s.head == "big" and s.name() in ("max", "min"))
        )
    )


def _inside(normal: Normal, t: Term, line: int) -> int:
    """A line about the differentiated term, put under the derivative.

    What has to hold near the point is made strict: 0 < u for 0 ≤ u.
    """
    builder, v = normal.builder, t.name(1)
    for h in sorted(builder.line(line).hypotheses, key=repr):
        if h.head == "rel" and h.name() == "<=" and normal.context.depends(h, v):
            strict = rel("<", *h.terms)
            by = normal.signs.prove(strict)
            by = builder.assume(strict) if by is None else by
            line = builder.cut(line, h, builder.order(h, [(1, [by], [])], opaque=h.terms))
    return builder.place(line, t, (0,))


def _add(normal: Normal, t: Term, body: Term, v: Spot) -> int:
    return _binary(normal, t, body, v, "d.add")


def _mul(normal: Normal, t: Term, body: Term, v: Spot) -> int:
    """Products of numbers; a factor that does not depend on the variable is kept together."""
    return _binary(normal, t, body, v, "d.mul")


def _binary(normal: Normal, t: Term, body: Term, v: Spot, entry: str) -> int:
    first, *rest = body.terms
    if len(rest) == 1:
        return normal.builder.rule(entry, a=first, b=rest[0], v=v)
    other = make(body.head, *rest)
    nested = make(body.head, first, other)
    same = normal.builder.combine(body, nested, opaque=body.terms)
    return normal.builder.chain(_inside(normal, t, same), normal.builder.rule(entry, a=first, b=other, v=v))


def _neg(normal: Normal, t: Term, body: Term, v: Spot) -> int:
    return normal.builder.rule("d.neg", a=body.terms[0], v=v)


def _div(normal: Normal, t: Term, body: Term, v: Spot) -> int:
    return normal.builder.rule("d.div", a=body.terms[0], b=body.terms[1], v=v)


def _pow(normal: Normal, t: Term, body: Term, v: Spot) -> int:
    base, e = body.terms
    if not normal.context.depends(e, v.name):
        if literal(e) == 0:
            return normal.builder.chain(
                _inside(normal, t, normal.builder.combine(body, ONE)),
                normal.builder.rule("d.const", c=ONE, v=v),
            )
        return normal.builder.rule("d.pow", a=base, c=e, v=v)
    line = normal.builder.rule("pow.real", a=base, c=e)
    return _inside(normal, t, normal.discharged(line, rel("<", ZERO, base)))


def _app(normal: Normal, t: Term, body: Term, v: Spot) -> int | None:
    f, args = body.name(), body.terms
    builder, context = normal.builder, normal.context
    if f in SIDED:
        u = args[-1]
        parameters = dict(zip(SIDED[f], args[:-1], strict=True))
        fixed = all(not context.depends(x, v.name) for x in args[:-1])
        for side, condition in (("right", rel("<", ZERO, u)), ("left", rel("<", u, ZERO))):
            if fixed and normal.holds(condition):
                line = builder.rule(f"d.{f}.{side}", u=u, v=v, **parameters)
                return normal.discharged(line, condition)
    entry = f"d.{f}"
    if entry in builder.book.entries and len(args) == 1:
        return builder.rule(entry, u=args[0], v=v)
    if f in PRIMITIVES:
        return None
    if f in context.functions or f in context.definitions:
        return _inside(normal, t, builder.unfold(body))
    if slope_of(context, body) is not None:
        value = derived(normal, body)
        return None if value is None else _inside(normal, t, value)
    return _unknown(normal, body, v)


def _unknown(normal: Normal, body: Term, v: Spot) -> int | None:
    """The chain rule for a declared function without definition."""
    builder, context, args = normal.builder, normal.context, body.terms
    f = body.name()
    shapes = [shape(context, a) for a in args]
    ranks = [len(s) for s in shapes]
    if derivative_order(f) and ranks != [0]:
        return None
    if ranks == [0]:
        return builder.rule("d.fun", phi=f, u=args[0], v=v)
    if ranks == [0, 0]:
        return builder.rule("d.fun.2", phi=f, a=args[0], b=args[1], v=v)
    if ranks == [0, 0, 0]:
        return builder.rule("d.fun.3", phi=f, a=args[0], b=args[1], c=args[2], v=v)
    if ranks == [1]:
        return builder.rule("d.fun.vector", phi=f, A=args[0], n=shapes[0][0][1], v=v)
    if ranks == [2]:
        m, n = shapes[0][0][1], shapes[0][1][1]
        return builder.rule("d.fun.matrix", phi=f, A=args[0], m=m, n=n, v=v)
    if ranks == [1, 1]:
        m, n = shapes[0][0][1], shapes[1][0][1]
        return builder.rule("d.fun.vectors", phi=f, A=args[0], B=args[1], m=m, n=n, v=v)
    return None


def _sym(normal: Normal, t: Term, body: Term, v: Spot) -> int | None:
    """A name or entry: the variable itself, another entry of it, or a defined name."""
    context = normal.context
    settled = settle_member(normal, body) if body.head == "at" else None
    if settled is not None:
        return _inside(normal, t, settled)
    member = family_member(body)
    if member is None:
        return _entry(normal, body, v) or _operator(normal, t, body, v)
    name, indices = member
    if name == v.name:
        depth = context.family_depth(name)
        if depth == 0:
            return _self(normal, indices, v)
        if list(v.indices[:depth]) == indices[:depth]:
            return _member_itself(normal, indices, v, depth)
        apart = any(difference(i, j) not in (0, None) for i, j in zip(indices, v.indices[:depth], strict=False))
        if not context.is_recursive(name) and not apart:
            return _another_member(normal, t, depth)
    if name not in context.definitions or not _reachable(normal, name, indices):
        return None
    unfolded = unfold_member(normal, body)
    return None if unfolded is None else _inside(normal, t, unfolded)


def _reachable(normal: Normal, name: str, indices: list[Term]) -> bool:
    """Whether going through the definition ends: not a family that recurs at a symbolic index."""
    depth = normal.context.family_depth(name)
    if depth == 0 or not normal.context.is_recursive(name):
        return True
    last = indices[depth - 1] if len(indices) >= depth else None
    return last is not None and (last.head == "num" or last in normal.steps)


def _self(normal: Normal, indices: list[Term], v: Spot) -> int:
    """∂x[k…]/∂x[j…] = δ…"""
    pairs = list(zip(indices, v.indices, strict=True))
    if not pairs:
        return normal.builder.rule("d.self", x=v.name)
    if len(pairs) > 3:
        raise Stuck("an entry with more than three indices")
    above, below = [("k", "j"), ("kl", "ij"), ("klm", "ijn")][len(pairs) - 1]
    values = {m: a for m, (a, _) in zip(above, pairs, strict=True)}
    values |= {m: b for m, (_, b) in zip(below, pairs, strict=True)}
    return normal.builder.rule(f"d.self.{len(pairs)}", x=v.name, **values)


def _member_itself(normal: Normal, indices: list[Term], v: Spot, depth: int) -> int | None:
    """∂h_t[k…]/∂h_t[j…], for a family with one defining index."""
    if depth != 1:
        return None
    rest = list(zip(indices[1:], v.indices[1:], strict=True))
    if not rest:
        return normal.builder.rule("d.member", x=v.name, i=indices[0])
    if len(rest) == 1:
        return normal.builder.rule("d.member.1", x=v.name, i=indices[0], k=rest[0][0], j=rest[0][1])
    if len(rest) == 2:
        (k, j), (l, m) = rest
        return normal.builder.rule("d.member.2", x=v.name, i=indices[0], k=k, j=j, l=l, m=m)
    return None


def _another_member(normal: Normal, t: Term, depth: int) -> int | None:
    """``∂h_k/∂h_i = [k = i] ∂h_i/∂h_i``, for a family whose members do not rest on each other."""
    builder, body, v = normal.builder, t.terms[0], Spot(t.name(1), t.terms[1:])
    _, indices = family_member(body) or ("", [])
    k = next((k for k in range(depth) if indices[k] is not v.indices[k]), None)
    if k is None:
        return _member_itself(normal, indices, v, depth)
    same = rel("=", indices[k], v.indices[k])
    other, unfolded = negate(same), unfold_member(normal, body)
    assert other is not None
    if unfolded is None:
        return None
    outside = _inside(normal, t, unfolded)
    outside = builder.chain(outside, builder.rule("d.const", c=builder.right(outside).terms[0], v=v))
    inside = builder.place(builder.assume(same), t, (0, *(0,) * (len(indices) - 1 - k), 1))
    further = _another_member(normal, builder.right(inside), depth)
    if further is None:
        return None
    inside = builder.chain(inside, further)
    value = builder.right(inside)
    then = builder.rule("cases.then", p=same, a=value, b=ZERO)
    otherwise = builder.rule("cases.else", p=same, a=value, b=ZERO)
    lines = [builder.chain(inside, ~then), builder.chain(outside, ~otherwise)]
    return builder.cases(rel("=", t, builder.left(then)), (same, other), lines)


def _entry(normal: Normal, body: Term, v: Spot) -> int | None:
    """An entry of a function whose value is a vector."""
    head, k = body.terms
    if head.head == "app" and base_name(head.name()) in normal.context.signature:
        (a,) = head.terms
        s = shape(normal.context, a)
        if len(s) == 1 and derivative_order(head.name()) == 0:
            return normal.builder.rule("d.fun.entry", phi=head.name(), A=a, k=k, n=s[0][1], v=v)
    return None


def _sum(normal: Normal, t: Term, body: Term, v: Spot) -> int | None:
    lo, hi, guard, _ = body.terms
    name, inner = normal.open(body)
    f = Lambda((name,), inner)
    if body.name() == "sum":
        w = Lambda((name,), instantiate(guard, bound(name)))
        return normal.builder.rule("d.sum", f=f, lo=lo, hi=hi, w=w, v=v)
    if body.name() == "prod" and guard.head == "and" and not guard.terms:
        return normal.builder.rule("d.prod", f=f, lo=lo, hi=hi, v=v)
    return None


def _cases(normal: Normal, t: Term, body: Term, v: Spot) -> int | None:
    guard, *branches = body.terms
    if len(branches) == 2 and not normal.context.depends(guard, v.name):
        return normal.builder.rule("d.cases", p=guard, a=branches[0], b=branches[1], v=v)
    return None


def _der(normal: Normal, t: Term, body: Term, v: Spot) -> int | None:
    """A second derivative: the inner one first."""
    inner = derivative(normal, body)
    return None if inner is None else _inside(normal, t, inner)


def _mean(normal: Normal, t: Term, body: Term, v: Spot) -> int | None:
    """∂E: inside, if the variable is in no law; else by the standard law, or by the score."""
    names = tuple(str(n) for n in body.args[1:])
    builder, context = normal.builder, normal.context
    if not any(v.name in context.law_closure(n) for n in context.random_in(body.terms[0])):
        return builder.rule("d.mean", a=body.terms[0], X=names, v=v)
    shifted = mean(normal, body)
    if shifted is not None:
        return _inside(normal, t, shifted)
    law = context.declared(names[0]).law if len(names) == 1 else None
    if law is None or law[0] != "normal" or not is_square(law[1][1]):
        return None
    c, s = law[1][0], law[1][1].terms[0]
    line = builder.rule("normal.score", a=body.terms[0], z=names[0], c=c, s=s, v=v)
    return normal.discharged(line, rel("<", ZERO, s))


def _operator(normal: Normal, t: Term, body: Term, v: Spot) -> int | None:
    line = lowered(normal, body)
    return None if line is None else _inside(normal, t, line)


RULES = {
    "add": _add,
    "mul": _mul,
    "neg": _neg,
    "div": _div,
    "pow": _pow,
    "app": _app,
    "sym": _sym,
    "at": _sym,
    "big": _sum,
    "cases": _cases,
    "der": _der,
    "ex": _mean,
    "op": _operator,
}
