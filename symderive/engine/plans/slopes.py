"""Derivatives as a lecturer writes them: in the names of the problem, one definition at a time.

A *node* is a defined name, or a member of a family at numeric indices; its entries are those of a tensor.
The slope of f(u) is written with the name of f(u) where it has one: a(1 − a) for a = σ(u).  Suggestions
only: what comes out is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symderive.engine.plans.tidy import Tidy
from symderive.kernel.context import PRIMITIVES, Context, base_name, entry, family_member
from symderive.kernel.lowering import entry_of, lower
from symderive.kernel.shapes import SCALAR, shape, unfold_operator
from symderive.kernel.terms import (
    ONE,
    TRUE,
    ZERO,
    Term,
    abstract,
    bound,
    instantiate,
    literal,
    make,
    num,
    rel,
    subterms,
)
from symderive.language.problem import settled

TWO = num(2)


class NoSlope(Exception):
    """There is no readable form of this derivative; the message says why."""


@dataclass(frozen=True)
class Place:
    """One entry of a name, by which one differentiates."""

    name: str
    indices: tuple[Term, ...] = ()

    def der(self, t: Term) -> Term:
        return make("der", t, self.name, *self.indices)


def times(*factors: Term) -> Term:
    return make("mul", *factors) if len(factors) > 1 else factors[0]


def minus(a: Term, b: Term) -> Term:
    return make("add", a, make("neg", b))


def square(a: Term) -> Term:
    return make("pow", a, TWO)


def sigmoid(u: Term) -> Term:
    return make("app", "sigmoid", u)


def side(u: Term, above: Term, below: Term) -> Term:
    """One value where u > 0, another where u < 0."""
    a, b = u.terms if u.head == "add" and len(u.terms) == 2 else (u, ZERO)
    if a is ZERO and b.head == "neg":
        return make("cases", rel("<", ZERO, b.terms[0]), below, above)
    return make("cases", rel("<", ZERO, a if b.head == "neg" and b.terms[0] is ZERO else u), above, below)


SLOPES: dict[str, Callable[[Term, Term], Term]] = {
    "exp": lambda _u, y: y,
    "log": lambda u, _y: make("div", ONE, u),
    "sin": lambda u, _y: make("app", "cos", u),
    "cos": lambda u, _y: make("neg", make("app", "sin", u)),
    "sinh": lambda u, _y: make("app", "cosh", u),
    "cosh": lambda u, _y: make("app", "sinh", u),
    "tan": lambda _u, y: make("add", ONE, square(y)),
    "tanh": lambda _u, y: minus(ONE, square(y)),
    "sigmoid": lambda _u, y: times(y, minus(ONE, y)),
    "softplus": lambda u, _y: sigmoid(u),
    "silu": lambda u, _y: make("add", sigmoid(u), times(u, sigmoid(u), minus(ONE, sigmoid(u)))),
    "abs": lambda u, _y: make("app", "sign", u),
    "relu": lambda u, _y: side(u, ONE, ZERO),
}
"""y′ for y = f(u), in u and y."""

SIDED: dict[str, Callable[[Term, Term], tuple[Term, Term]]] = {
    "lrelu": lambda c, _u: (ONE, c),
    "elu": lambda c, u: (ONE, times(c, make("app", "exp", u))),
}
"""The slope of f(c, u) above and below 0."""


class Slopes:
    """Derivatives in one context.

    Args:
        through: whether definitions are gone through; else ∂name/∂v stays as it is.
        positive: tells whether a term is known to be positive (True), negative (False) or neither.
    """

    def __init__(self, context: Context, tidy: Tidy, positive: Callable[[Term], bool | None]) -> None:
        self.context, self.tidy, self.positive = context, tidy, positive
        self._memo: dict[tuple[Term, Place, bool], Term] = {}

    # -- nodes ----------------------------------------------------------------------------------

    def node(self, t: Term) -> tuple[Term, tuple[Term, ...]] | None:
        """A defined name with the indices of its entry; None for a leaf and for what is no entry of a name.

        Raises:
            NoSlope: it is a member of a family at an index that is not a number.
        """
        found = family_member(t)
        if found is None or found[0] not in self.context.definitions:
            return None
        name, indices = found
        depth = self.context.family_depth(name)
        if len(indices) < depth:
            raise NoSlope(f"all members of {name} at once")
        return entry(name, indices[:depth]), tuple(indices[depth:])

    def body(self, node: Term) -> Term:
        """The definition of a node."""
        name, indices = family_member(node) or ("", [])
        clauses = self.context.definitions[name].clauses
        for which in range(len(clauses)):
            body, conditions = self.context.clause(name, which, indices)
            if len(clauses) == 1 or all(self._plain(c) for c in conditions):
                return body
        raise NoSlope(f"no clause of {name} is known to apply")

    def _plain(self, c: Term) -> bool:
        a, b = (literal(self.tidy(x)) for x in c.terms)
        return a is not None and b is not None and a <= b

    def contents(self, t: Term) -> Term:
        """The definition of a node; other terms as they are."""
        found = self.node(t) if t.head in ("sym", "at") else None
        return t if found is None else self.body(found[0])

    def children(self, t: Term, place: Place) -> list[Term]:
        """The nodes in the definition of a node (or in a term) that depend on the place, in order."""
        out: dict[Term, None] = {}
        stack = [self.contents(t)]
        seen = set()
        while stack:
            s = stack.pop()
            if s in seen or not self.context.depends(s, place.name):
                continue
            seen.add(s)
            found = self.node(s) if s.head in ("at", "sym") else None
            if found is not None:
                child = settled(found[0])
                if child.dangling or child.loose:
                    raise NoSlope("a member of a family at a running index")
                if self.reaches(child, place):
                    out[child] = None
                stack += found[1]
            else:
                stack += reversed(s.terms)
        return list(out)

    def at_place(self, node: Term, place: Place) -> bool:
        name, indices = family_member(node) or ("", [])
        depth = self.context.family_depth(name)
        return name == place.name and list(place.indices[:depth]) == [self.tidy(i) for i in indices]

    def reaches(self, node: Term, place: Place, seen: frozenset[Term] = frozenset()) -> bool:
        """Whether a node depends on the place, members of a family told apart."""
        if self.at_place(node, place):
            return True
        if node in seen or not self.context.depends(node, place.name):
            return False
        body = self.body(node)
        if any(s.head == "sym" and s.name() == place.name for s in subterms(body)) and (
            place.name not in self.context.definitions
        ):
            return True
        return any(self.reaches(c, place, seen | {node}) for c in self.children(node, place))

    # -- slopes ---------------------------------------------------------------------------------

    def slope(self, t: Term, place: Place, *, through: bool = True) -> Term:
        """∂t/∂place, tidied.

        Raises:
            NoSlope: no readable form was found.
        """
        key = (t, place, through)
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = self.tidy(self._slope(t, place, through, None))
        return found

    def local(self, node: Term, indices: Sequence[Term], place: Place, *, through: bool = True) -> Term:
        """The slope of a node's definition, in its entry at the indices."""
        whole = node
        for i in indices:
            whole = make("at", whole, i)
        return self.tidy(self._slope(self.entry(self.body(node), indices), place, through, whole))

    def named(self, body: Term, value: Term, place: Place) -> Term:
        """The slope of a body that a name stands for, other names kept."""
        return self.tidy(self._slope(body, place, False, value))

    def entry(self, t: Term, indices: Sequence[Term]) -> Term:
        """An entry of a tensor; softmax and functions of entries stay in sight."""
        for i in indices:
            if t.head == "app" and shape(self.context, t) and self._elementwise(t):
                args = [self.entry(a, (i,)) if shape(self.context, a) != SCALAR else a for a in t.terms]
                t = make("app", t.name(), *args)
            elif (t.terms[0] if t.head == "at" else t).args[:1] == ("softmax",):
                t = make("at", t, i)
            else:
                t = entry_of(self.context, t, i)
        return t

    def _elementwise(self, t: Term) -> bool:
        return t.name() in PRIMITIVES or t.name() in self.context.functions

    def _slope(self, t: Term, v: Place, through: bool, value: Term | None) -> Term:
        """∂t/∂v; `value` is a shorter name of t."""
        if not self.context.depends(t, v.name):
            return ZERO

        def d(s: Term) -> Term:
            return self._slope(s, v, through, None)

        parts = t.terms
        match t.head:
            case "add":
                return make("add", *map(d, parts))
            case "neg":
                return make("neg", d(parts[0]))
            case "mul":
                return self._product(parts, d)
            case "div":
                a, b = parts
                if not self.context.depends(b, v.name):
                    return make("div", d(a), b)
                return minus(make("div", d(a), b), make("div", times(a, d(b)), square(b)))
            case "pow":
                return self._power(t, v, d, value)
            case "app":
                return self._application(t, v, d, value or t)
            case "sym" | "at":
                return self._member(t, v, through, value)
            case "big":
                return self._big(t, v, through)
            case "cases" if len(parts) == 3:
                return make("cases", parts[0], d(parts[1]), d(parts[2]))
            case "der":
                inner = self.slope(parts[0], Place(t.name(1), t.terms[1:]))
                return self._slope(inner, v, through, None)
            case "ex":
                laws = [self.context.law_closure(n) for n in self.context.random_in(parts[0])]
                if any(v.name in law for law in laws):
                    raise NoSlope("the variable is in a law")
                return make("ex", d(parts[0]), *t.args[1:])
            case "op":
                if t.name() == "logsumexp":
                    return self._over_softmax(parts[0], v, through, None)
                return d(lower(self.context, t))
            case _:
                raise NoSlope(f"the derivative of {t.head}")

    def _product(self, parts: Sequence[Term], d: Callable[[Term], Term]) -> Term:
        out = [ZERO, ZERO]
        for k, a in enumerate(parts):
            slope = d(a)
            if slope is not ZERO:
                out.append(times(*parts[:k], slope, *parts[k + 1 :]))
        return make("add", *out)

    def _power(self, t: Term, v: Place, d: Callable[[Term], Term], value: Term | None) -> Term:
        base, e = t.terms
        if self.context.depends(e, v.name):
            if not self.context.depends(base, v.name):
                return times(t, make("app", "log", base), d(e))
            raise NoSlope("a power with a varying base and exponent")
        if literal(e) == Fraction(1, 2):
            return make("div", d(base), times(TWO, value or t))
        return times(e, make("pow", base, self.tidy(minus(e, ONE))), d(base))

    def _application(self, t: Term, v: Place, d: Callable[[Term], Term], value: Term) -> Term:
        f, args = t.name(), t.terms
        if f in SLOPES:
            if f in ("relu", "abs") and (known := self.positive(args[0])) is not None:
                factor = ONE if known else ZERO if f == "relu" else num(-1)
                return times(factor, d(args[0]))
            return times(SLOPES[f](args[0], value), d(args[0]))
        if f in SIDED and not self.context.depends(args[0], v.name):
            above, below = SIDED[f](*args)
            known = self.positive(args[1])
            factor = side(args[1], above, below) if known is None else above if known else below
            return times(factor, d(args[1]))
        if f in ("max", "min"):
            first = minus(args[0], args[1]) if f == "max" else minus(args[1], args[0])
            known = self.positive(first)
            if known is not None:
                return d(args[0] if known else args[1])
            return side(first, d(args[0]), d(args[1]))
        if f in self.context.definitions and base_name(f) == f:
            return d(self.context.clause(f, 0, args)[0])
        if f in self.context.functions:
            return d(lower(self.context, unfold_operator(self.context, t)))
        return self._unknown(t, d)

    def _unknown(self, t: Term, d: Callable[[Term], Term]) -> Term:
        """The chain rule for a function without definition."""
        f, args = t.name(), t.terms
        if f in PRIMITIVES:
            raise NoSlope(f"the derivative of {f}")
        shapes = [shape(self.context, a) for a in args]
        out = [ZERO, ZERO]
        for k, (a, s) in enumerate(zip(args, shapes, strict=True)):
            derived = make("app", f + ("'" if len(args) == 1 else f";{k + 1}"), *args)
            out.append(self._sum_over(a, s, derived, d))
        return make("add", *out)

    def _sum_over(self, a: Term, s: Sequence[tuple[Term, Term]], derived: Term, d: Callable[[Term], Term]) -> Term:
        if not s:
            return times(derived, d(a))
        if any(lo.dangling or hi.dangling for lo, hi in s):
            raise NoSlope("entries whose range varies")
        i = bound(self.tidy.fresh())
        (lo, hi), *rest = s
        inner = self._sum_over(self.entry(a, (i,)), rest, make("at", derived, i), d)
        return make("big", "sum", lo, hi, TRUE, abstract(inner, str(i.args[0])))

    def _member(self, t: Term, v: Place, through: bool, value: Term | None) -> Term:
        t = settled(t) if not t.dangling else t
        found = family_member(t)
        if found is None:
            head, i = t.terms
            if head.head == "op" and head.name() == "softmax" and len(shape(self.context, head.terms[0])) == 1:
                return self._over_softmax(head.terms[0], v, through, value or t, i)
            if head.head == "at" and head.terms[0].head == "op" and head.terms[0].name() == "softmax":
                row = self._row(head.terms[0].terms[0], head.terms[1])
                return self._over_softmax(row, v, through, value or t, i)
            plain = entry_of(self.context, head, i)
            if plain is t:
                return self._vector_function(t, v, through)
            return self._slope(plain, v, through, value)
        name, indices = found
        depth = self.context.family_depth(name)
        if name == v.name and not depth:
            return delta(self.tidy, list(indices), list(v.indices))
        node = self.node(t)
        if node is None:
            return ZERO
        if not through and node[0].loose and self.context.is_recursive(name):
            return v.der(t)
        if self.at_place(node[0], v):
            return delta(self.tidy, indices[depth:], list(v.indices[depth:]))
        if not node[0].loose and not self.reaches(node[0], v):
            return ZERO
        if not through:
            return v.der(t)
        if self.context.is_recursive(name) and any(literal(self.tidy(i)) is None for i in indices[:depth]):
            raise NoSlope("a recursive family at an index that is not a number")
        key = (t, v, True)
        if key not in self._memo:
            self._memo[key] = self.local(node[0], node[1], v)
        return self._memo[key]

    def _row(self, u: Term, i: Term) -> Term:
        (_, _), (lo, hi) = shape(self.context, u)
        k = self.tidy.fresh()
        inner = entry_of(self.context, entry_of(self.context, u, i), bound(k))
        return make("tab", lo, instantiate(hi, i) if hi.dangling else hi, abstract(inner, k))

    def _over_softmax(self, u: Term, v: Place, through: bool, value: Term | None, i: Term | None = None) -> Term:
        """∂softmax(u)_i = p_i·(∂u_i − Σ_k p_k·∂u_k), and ∂logsumexp(u) = Σ_k p_k·∂u_k."""
        ((lo, hi),) = shape(self.context, u)
        k = bound(self.tidy.fresh())

        def p(j: Term) -> Term:
            if value is not None and value.head == "at":
                return make("at", value.terms[0], j)
            return make("at", make("op", "softmax", u), j)

        inner = times(p(k), self._slope(self.entry(u, (k,)), v, through, None))
        mean = make("big", "sum", lo, hi, TRUE, abstract(inner, str(k.args[0])))
        if i is None:
            return mean
        return times(p(i), minus(self._slope(self.entry(u, (i,)), v, through, None), mean))

    def _vector_function(self, t: Term, v: Place, through: bool) -> Term:
        """An entry of an unknown function whose value is a vector."""
        head, k = t.terms
        if head.head != "app" or len(head.terms) != 1:
            raise NoSlope("an entry that is not understood")
        (a,) = head.terms
        derived = make("at", make("app", head.name() + "'", a), k)
        return self._sum_over(a, shape(self.context, a), derived, lambda s: self._slope(s, v, through, None))

    def _big(self, t: Term, v: Place, through: bool) -> Term:
        lo, hi, guard, body = t.terms
        i = bound(self.tidy.fresh())
        name = str(i.args[0])
        inner = instantiate(body, i)
        slope = self._slope(inner, v, through, None)
        if t.name() == "sum":
            return make("big", "sum", lo, hi, guard, abstract(slope, name))
        if t.name() == "prod" and guard is TRUE:
            tidied = self.tidy(t)
            if tidied.head != "big":
                return self._slope(tidied, v, through, None)
            whole = times(slope, make("div", t, inner))
            return make("big", "sum", lo, hi, guard, abstract(whole, name))
        raise NoSlope(f"the derivative of a {t.name()}")


def delta(tidy: Tidy, a: Sequence[Term], b: Sequence[Term]) -> Term:
    """1 where the indices agree, else 0."""
    out = [ONE, ONE]
    for i, j in zip(a, b, strict=True):
        out.append(make("cases", rel("=", i, j), ONE, ZERO))
    return times(*out)
