"""Equations between products, factor by factor: nothing is multiplied out.

A derivative along a chain of named quantities is taken apart at the names through which all of it passes:
∂x₃/∂x₀ = p₃·∂x₂/∂x₀ = p₃·p₂·∂x₁/∂x₀ …; every local slope is one more factor.  Factors are compared as
irreducible polynomials; names stay names first, then those in what is left over are replaced by their definitions.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from symderive.engine.builder import Stuck
from symderive.engine.normal import integer_literal
from symderive.engine.ring import Frac, product
from symderive.kernel.context import Context
from symderive.kernel.shapes import SCALAR, shape
from symderive.kernel.terms import Term, literal, make, num, subterms, sym

if TYPE_CHECKING:
    from symderive.engine.normal import Normal
    from symderive.engine.prover import Prover, Setting

MANY = 4
"""Factors that are sums from which on an equation is looked at here first."""


@dataclass
class Product:
    """A term as a product: a number, irreducible factors with exponents, and lines that say so."""

    scale: Fraction = Fraction(1)
    powers: Counter[Term] = field(default_factory=Counter)
    lines: list[int] = field(default_factory=list)
    """Each rewrites one factor as it was written; those that a line needs come before it."""


def by_factors(prover: Prover, claim: Term, setting: Setting) -> int | None:
    """left = right, where both are products of many factors, and these agree one by one; None if they do not."""
    context, (left, right) = prover.context, claim.terms
    if claim.name() != "=" or max(_sums(context, s) for s in claim.terms) < MANY:
        return None
    parts = [_parts(context, s) for s in claim.terms]
    first = [_multiplied(prover, p, setting, {}) for p in parts]
    found = [_total(p, f) for p, f in zip(parts, first, strict=True)]
    if found[0].powers != found[1].powers:
        over = [a.powers - b.powers for a, b in (found, found[::-1])]
        for deeper in ((1,), (0, 1)):
            found = [
                _total(p, _multiplied(prover, p, setting, f, over[k]) if k in deeper else f)
                for k, (p, f) in enumerate(zip(parts, first, strict=True))
            ]
            if found[0].powers == found[1].powers:
                break
    a, b = found
    if a.powers != b.powers or a.scale != b.scale:
        return None
    lines = list(dict.fromkeys(a.lines + b.lines))
    rewritten = {prover.builder.left(k) for k in lines}
    opaque = [q for q in a.powers if q.head == "add" and q not in rewritten]
    return prover.builder.combine(left, right, lines, opaque=opaque)


def _sums(context: Context, t: Term) -> int:
    """How many factors of a product are sums; the local slopes of a derivative along a chain count."""
    return sum(len(_chain(context, s)) if s.head == "der" else s.head in ("add", "neg") for s, _ in _parts(context, t))


def _parts(context: Context, t: Term) -> list[tuple[Term, int]]:
    """The factors of a product as it is written, with exponents."""
    out, todo = [], [(t, 1)]
    while todo:
        s, e = todo.pop()
        if s.head in ("mul", "neg") and (s.head == "mul" or s.terms[0].head in ("mul", "div", "neg")):
            todo += [(a, e) for a in s.terms]
            if s.head == "neg":
                out.append((num(-1), e))
        elif s.head == "div":
            todo += [(s.terms[0], e), (s.terms[1], -e)]
        elif s.head == "pow" and (k := integer_literal(s.terms[1])) is not None:
            todo.append((s.terms[0], e * k))
        else:
            out.append((s, e))
    return out


def _total(parts: list[tuple[Term, int]], known: dict[Term, Product]) -> Product:
    out = Product()
    for t, e in parts:
        found = known[t]
        out.scale *= found.scale**e
        for q, k in found.powers.items():
            out.powers[q] += k * e
        out.lines += found.lines
    out.powers = Counter({q: e for q, e in out.powers.items() if e})
    return out


def _multiplied(
    prover: Prover,
    parts: list[tuple[Term, int]],
    setting: Setting,
    before: dict[Term, Product],
    over: Counter[Term] | None = None,
) -> dict[Term, Product]:
    """Each factor as a product; again, with the names in it unfolded, if a part of it is left over."""
    out: dict[Term, Product] = {}
    for t, _ in parts:
        if t in out:
            continue
        if t in before and not (over and set(before[t].powers) & set(over)):
            out[t] = before[t]
            continue
        names = {s.name() for s in subterms(t) if s.head == "sym"} if before else set()
        inner = replace(setting, unfold=setting.unfold | (names & set(prover.context.definitions)))
        out[t] = _along(prover, t, inner) if t.head == "der" else _factored(prover, t, inner)
    return out


def _along(prover: Prover, t: Term, setting: Setting) -> Product:
    """A derivative as the product of the slopes along its chain of names."""
    context, v, out = prover.context, t.name(1), Product()
    steps = [t, *(make("der", sym(n), v) for n in _chain(context, t))]
    for whole, rest in zip(steps, [*steps[1:], None], strict=True):
        inner = setting if rest is None else replace(setting, frozen=setting.frozen | {rest})
        found = _factored(prover, whole, inner)
        if rest is not None and found.powers.pop(rest, 0) != 1:
            raise Stuck("a derivative that is not linear in the one before it")
        out.scale *= found.scale
        out.powers.update(found.powers)
        out.lines = found.lines + out.lines
    return out


def _chain(context: Context, t: Term) -> list[str]:
    """The names, latest first, through each of which all of a derivative passes."""
    out: list[str] = []
    body, v = t.terms[0], t.name(1)
    name = body.name() if body.head == "sym" and len(t.args) == 2 else ""
    while name:
        name = _before(context, name, v)
        if name:
            out.append(name)
    return out


def _before(context: Context, name: str, v: str) -> str:
    """The last name through which `name` depends on v; empty if there is none."""
    ahead = _used(context, name, v)
    while len(ahead) > 1:
        latest = [n for n in sorted(ahead) if not any(n != m and n in context.reach(m) for m in ahead)]
        if not latest or v in latest:
            return ""
        ahead = (ahead - {latest[0]}) | _used(context, latest[0], v)
    found = next(iter(ahead), "")
    plain = found != v and found in context.definitions and not context.family_depth(found)
    return found if plain and shape(context, sym(found)) == SCALAR else ""


def _used(context: Context, name: str, v: str) -> set[str]:
    """The names in a definition that depend on v."""
    d = context.definitions.get(name)
    if d is None or d.params:
        return set()
    names = {s.name() for _, body in d.clauses for s in subterms(body) if s.head == "sym"}
    return {n for n in names if context.depends(sym(n), v)}


def _factored(prover: Prover, t: Term, setting: Setting) -> Product:
    """The irreducible factors of a normal form, each with its first coefficient 1."""
    c = literal(t)
    if c:
        return Product(Fraction(c))

    def task(normal: Normal) -> Product:
        out = Product()
        f = normal.frac(t)
        if f.num.is_zero():
            raise Stuck("a product that is zero")
        for p, sign in ((f.num, 1), (f.den, -1)):
            content, factors = normal.ring.factor(p)
            out.scale *= Fraction(int(content.p), int(content.q)) ** sign
            for q, e in factors:
                unit = normal.ring.monomials(q)[0][0]
                out.scale *= unit ** (sign * int(e))
                one = normal.ring.scale(Frac(q, normal.ring.one), 1 / unit)
                out.powers[normal.ring.term(one)] += sign * int(e)
        target = product(out.scale, sorted(out.powers.items(), key=lambda r: normal.ring.key(r[0])))
        if target is not t:
            out.lines.append(normal.equal(t, target))
        return out

    return prover.attempt(setting, task)
