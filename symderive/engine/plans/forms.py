"""Forms of one answer: expanded, factored, and folded back into the names of the problem.

A defined name is folded where its body occurs, and by elimination: p_i = e^{z_i}/S gives e^{z_i} = p_i·S.
Forms are ranked by how long they are to read.  Suggestions only: each is judged before it is believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from symderive.engine.facts import match
from symderive.engine.plans.tidy import MAX_POWER, Tidy, written
from symderive.engine.ring import Frac, Full, Poly, Ring, TooLarge
from symderive.kernel.context import Context, Rejected, base_name, entry, family_member
from symderive.kernel.lowering import lower
from symderive.kernel.shapes import SCALAR, shape, unfold_operator
from symderive.kernel.terms import (
    BINDS,
    ONE,
    TRUE,
    Term,
    abstract,
    bound,
    instantiate,
    literal,
    make,
    num,
    rebuild,
    substitute,
    subterms,
)

Exponents = tuple[int, ...]
OPERATORS = frozenset({"der", "lim"})
MAX_FACTORED = 80
"""Monomials up to which a form is factored."""
MAX_TERMS = 400
"""Monomials beyond which a form is not tried."""


@dataclass(frozen=True)
class Fold:
    """A way to write a definition's body, or a part of it, with the name.

    ``variables`` are index variables that stand for any index.
    """

    pattern: Term
    value: Term
    variables: tuple[str, ...]
    exact: bool


class Forms:
    """Forms of answers in one context.

    Args:
        names: the names that may occur; None: all but those in `hidden`.
        hidden: names that may not occur, such as that of the answer itself.
        shown: terms whose operators may be used, such as what is asked for.
    """

    def __init__(
        self,
        context: Context,
        tidy: Tidy,
        names: frozenset[str] | None = None,
        hidden: Iterable[str] = (),
        shown: Iterable[Term] = (),
    ) -> None:
        self.context, self.tidy, self.names = context, tidy, names
        self.hidden = frozenset(hidden)
        self.shown = tuple(shown)
        self._folds: list[Fold] | None = None
        self._variants: dict[Term, list[Term]] = {}
        self.aliases: dict[str, str] = {}
        """Names of functions that are defined as a function of the book, with that function."""
        for name, d in context.definitions.items():
            body = d.clauses[0][1]
            if body.head == "app" and d.params and body.terms == tuple(map(bound, d.params)) and self.allows(name):
                self.aliases[name] = body.name()

    # -- names ----------------------------------------------------------------------------------

    def allows(self, name: str) -> bool:
        """Whether a name may stand in the answer; indices and dimensions always may."""
        if name in self.hidden or name not in self.context.signature:
            return False
        if self.names is None or name in self.names:
            return True
        return self.context.declared(name).kind == "int" and name not in self.context.definitions

    def used(self, t: Term) -> set[str]:
        """The names that a term mentions."""
        out = set()
        for s in subterms(t):
            if s.head == "sym":
                out.add(s.name())
            elif s.head == "app" and base_name(s.name()) in self.context.signature:
                out.add(base_name(s.name()))
        return out

    def fits(self, t: Term) -> bool:
        """Whether a term may be the answer: no operator is left, all names are allowed."""
        return not any(s.head in OPERATORS for s in subterms(t)) and all(map(self.allows, self.used(t)))

    def unfolded(self, t: Term, depth: int = 30) -> Term:
        """The term with names that are not allowed replaced by their definitions."""
        for _ in range(depth):
            new = self._unfold_once(t)
            if new is t:
                break
            t = self.tidy(lower(self.context, new))
        return t

    def _unfold_once(self, t: Term) -> Term:
        if t.head in ("at", "sym"):
            found = family_member(t)
            if found is not None and found[0] in self.context.definitions and not self.allows(found[0]):
                name, indices = found
                depth = self.context.family_depth(name)
                body = self._clause(name, indices[:depth]) if len(indices) >= depth else None
                if body is None:
                    return t
                for i in indices[depth:]:
                    body = make("at", body, i)
                return body
        if t.head == "app" and t.name() in self.context.definitions and not self.allows(t.name()):
            return self.context.clause(t.name(), 0, t.terms)[0]
        return rebuild(t, lambda a, _: self._unfold_once(a))

    def _clause(self, name: str, indices: list[Term]) -> Term | None:
        clauses = self.context.definitions[name].clauses
        for which in range(len(clauses)):
            body, conditions = self.context.clause(name, which, indices)
            ends = [[literal(self.tidy(x)) for x in c.terms] for c in conditions]
            if len(clauses) == 1 or all(a is not None and b is not None and a <= b for a, b in ends):
                return body
        return None

    # -- other names of functions ---------------------------------------------------------------

    def aliased(self, t: Term) -> Term:
        """The term with the problem's own names of functions: σ where it says that σ is the logistic function."""
        return self._renamed(t, {f: own for own, f in self.aliases.items()})

    def _renamed(self, t: Term, names: Mapping[str, str]) -> Term:
        t = rebuild(t, lambda a, _: self._renamed(a, names)) if names else t
        return make("app", names[t.name()], *t.terms) if t.head == "app" and t.name() in names else t

    # -- folding --------------------------------------------------------------------------------

    def folds(self) -> list[Fold]:
        """All ways to fold, longest body first."""
        if self._folds is None:
            found = []
            for name, d in self.context.definitions.items():
                plain = self.context.declared(name).kind == "real" and not d.params
                if plain and self.allows(name):
                    found += self._folds_of(name, d.clauses[0][1])
            found += self._operators()
            found.sort(key=lambda f: (not f.exact, -size(f.pattern)))
            self._folds = found
        return self._folds

    def _operators(self) -> list[Fold]:
        """Operators of the problem whose value is a number, such as ‖w‖, by what they mean."""
        bodies = [b for d in self.context.definitions.values() if not d.params for _, b in d.clauses]
        out = {}
        for t in (s for b in (*bodies, *self.shown) for s in subterms(b)):
            if t.head == "op" and not t.dangling and shape(self.context, t) == SCALAR:
                try:
                    pattern = self.tidy(lower(self.context, t))
                except (Rejected, ZeroDivisionError):
                    continue
                if pattern.head != "op":
                    out[t] = Fold(pattern, t, (), True)
        return list(out.values())

    def _folds_of(self, name: str, body: Term) -> list[Fold]:
        ranges = self.context.declared(name).ranges
        variables = tuple(f"?{k}" for k in range(len(ranges)))
        indices = [bound(v) for v in variables]
        whole = body
        for i in indices:
            whole = make("at", whole, i)
        try:
            plain = self.tidy(lower(self.context, whole))
        except (Rejected, ZeroDivisionError):
            return []
        if plain.head in ("num", "sym", "at") or any(s.head in ("der", "ex", "lim") for s in subterms(plain)):
            return []
        value = entry(name, indices)
        out = [Fold(plain, value, variables, True)]
        solved = self._solved(plain, value, frozenset(variables))
        if solved is not None:
            out.append(Fold(solved[0], solved[1], variables, False))
        return out

    def _solved(self, body: Term, value: Term, variables: frozenset[str]) -> tuple[Term, Term] | None:
        """A part g of the body, and what it is in terms of the name: by value·den − num = 0, linear in g."""
        body = unfold_functions(self.context, body)
        try:
            ring = Ring()
            f = fraction(ring, self.tidy(body))
            name = ring.generator(value)
        except (Full, TooLarge, ZeroDivisionError, Rejected):
            return None
        if f.den.is_constant() and len(f.num) < 2 and not variables.isdisjoint(body.loose):
            return None
        gap = ring.sub(ring.mul(name, Frac(f.den, ring.one)), Frac(f.num, ring.one)).num
        degrees = gap.degrees()
        for k, g in enumerate(ring.generators):
            if degrees[k] != 1 or g.head not in ("app", "pow", "ex", "big") or not variables <= g.loose:
                continue
            at_g: dict[Exponents, object] = {}
            rest: dict[Exponents, object] = {}
            for m, c in gap.to_dict().items():
                (at_g if m[k] else rest)[(*m[:k], 0, *m[k + 1 :])] = c
            top, bottom = ring.ctx.from_dict(rest), ring.ctx.from_dict(at_g)
            solution = as_term(ring, ring.make(-top, bottom))
            if solution is not value:
                return g, self.tidy(solution)
        return None

    def folded(self, t: Term) -> list[Term]:
        """Forms of a term with names of the problem put back."""
        out = []
        exact = self._applied(t, [f for f in self.folds() if f.exact])
        if exact is not t:
            out.append(exact)
        for f in self.folds():
            if f.exact:
                continue
            plain = unfold_functions(self.context, t)
            new = self._applied(plain, [f])
            if new is not plain:
                out.append(new)
                again = [self._applied(x, [g for g in self.folds() if g.exact]) for x in self.variants(new)]
                out += again
        return out

    def _applied(self, t: Term, folds: list[Fold]) -> Term:
        for f in folds:
            t = self.tidy(replaced(t, f))
        return t

    # -- algebra --------------------------------------------------------------------------------

    def variants(self, t: Term) -> list[Term]:
        """The term tidied, multiplied out, factored, and over a common denominator."""
        found = self._variants.get(t)
        if found is None:
            found = self._variants[t] = self._vary(t)
        return found

    def _vary(self, t: Term) -> list[Term]:
        out = [t]
        try:
            ring = Ring(64)
            f = fraction(ring, t)
            if len(f.num) + len(f.den) > MAX_TERMS:
                return out
            out.append(self.tidy(as_term(ring, f)))
            if len(f.num) + len(f.den) <= MAX_FACTORED:
                out.append(self.tidy(factored(ring, f)))
            out.append(self.tidy(grouped(ring, f)))
            out.append(self.tidy(separated(ring, f)))
            if not f.den.is_constant():
                parts = [as_term(ring, ring.make(p, f.den)) for p in summands(ring, f.num)]
                out.append(self.tidy(make("add", *parts, num(0))))
        except (Full, TooLarge, ZeroDivisionError, Rejected):
            pass
        return list(dict.fromkeys(out))

    def ranked(self, bases: Iterable[Term]) -> list[Term]:
        """All forms of the bases that may be answers, shortest first."""
        found: dict[Term, int] = {}
        plain = set()
        for base in bases:
            t = self.tidy(self.unfolded(self._renamed(base, self.aliases)))
            plain.add(self.aliased(t))
            for form in (t, *self.variants(t)):
                for x in (form, *self.folded(form)):
                    for y in (x, *self.variants(x)) if x is not form else (x,):
                        found.setdefault(self.aliased(y), len(found))
        fit = [t for t in found if self.fits(t)]
        return sorted(fit, key=lambda t: (size(t) * (0.85 if t in plain else 1), found[t]))

    def shortest(self, t: Term) -> Term:
        """The shortest form of a term in the names that it has."""
        return min(reversed(self.variants(t)), key=size)


def unfold_functions(context: Context, t: Term) -> Term:
    """The term with σ, tanh and the like by exponentials."""
    if t.head == "app" and t.name() in context.functions and t.name() in ("sigmoid", "tanh", "softplus"):
        return unfold_functions(context, unfold_operator(context, t))
    if t.head == "app" and t.name() == "exp":
        u = t.terms[0]
        if u.head == "neg":
            return make("div", ONE, make("app", "exp", unfold_functions(context, u.terms[0])))
    return rebuild(t, lambda a, _: unfold_functions(context, a))


def replaced(t: Term, f: Fold) -> Term:
    """The term with all parts that match the pattern replaced."""
    values = match(f.pattern, t, f.variables) if not t.dangling or f.variables else None
    if t is f.pattern and not f.variables:
        return f.value
    if values is not None and not any(v.dangling for v in values):
        return substitute(f.value, dict(zip(f.variables, values, strict=True)))
    if t.head in ("der", "lim", "ex"):
        return t
    if t.head in BINDS:
        name = f"_{t.depth}"
        inner = replaced(instantiate(t.terms[-1], bound(name)), f)
        if inner is instantiate(t.terms[-1], bound(name)):
            return t
        return make(t.head, *t.args[:-1], abstract(inner, name))
    new = rebuild(t, lambda a, _: replaced(a, f))
    return _partly(new, f)


def _partly(t: Term, f: Fold) -> Term:
    """A sum that holds all terms of the pattern and more."""
    if f.variables or t.head != "add" or f.pattern.head != "add" or len(f.pattern.terms) >= len(t.terms):
        return t
    inside = set(f.pattern.terms)
    if not inside <= set(t.terms):
        return t
    return make("add", f.value, *(a for a in t.terms if a not in inside))


# -- fractions ----------------------------------------------------------------------------------------


def fraction(ring: Ring, t: Term) -> Frac:
    """A tidied number as a fraction over its atoms."""
    match t.head:
        case "num":
            return ring.const(Fraction(t.args[0], t.args[1]))  # type: ignore[arg-type]
        case "add":
            out = fraction(ring, t.terms[0])
            for a in t.terms[1:]:
                out = ring.add(out, fraction(ring, a))
            return out
        case "neg":
            return ring.neg(fraction(ring, t.terms[0]))
        case "mul":
            out = fraction(ring, t.terms[0])
            for a in t.terms[1:]:
                out = ring.mul(out, fraction(ring, a))
            return out
        case "div":
            return ring.mul(fraction(ring, t.terms[0]), ring.inverse(fraction(ring, t.terms[1])))
        case "pow":
            given = literal(t.terms[1])
            e = Fraction(given or 0)
            if given is not None and abs(e) <= MAX_POWER:
                if e.denominator == 1:
                    return ring.power(fraction(ring, t.terms[0]), int(e))
                root = make("pow", t.terms[0], num(Fraction(1, e.denominator)))
                return ring.power(ring.generator(root), e.numerator)
    return ring.generator(t)


def poly_term(ring: Ring, p: Poly) -> Term:
    """A polynomial as a term, in the order in which its generators first appeared."""
    parts = []
    for m, c in sorted(p.to_dict().items(), reverse=True):
        powers = {ring.generators[k]: Fraction(int(e)) for k, e in enumerate(m) if e}
        parts.append((Fraction(int(c.p), int(c.q)), powers))
    return written(parts)


def as_term(ring: Ring, f: Frac) -> Term:
    top = poly_term(ring, f.num)
    return top if f.den.is_constant() else make("div", top, poly_term(ring, f.den))


def grouped(ring: Ring, f: Frac) -> Term:
    """The numerator with shared factors taken out, the most shared first."""
    top = _grouped(ring, dict(f.num.to_dict()))
    return top if f.den.is_constant() else make("div", top, _factors(ring, f.den))


def separated(ring: Ring, f: Frac) -> Term:
    """A sum of fractions, each over as short a denominator as it allows; squares and logarithms joined."""
    groups: dict[str, tuple[Poly, Poly]] = {}
    for p in summands(ring, f.num):
        part = ring.make(p, f.den)
        key = str(part.den)
        before = groups.get(key)
        groups[key] = (part.num if before is None else before[0] + part.num, part.den)
    parts = [over(ring, joined_squares(ring, n), d) for n, d in groups.values()]
    return make("add", *parts, num(0))


def over(ring: Ring, top: Term, bottom: Poly) -> Term:
    return top if bottom.is_constant() else make("div", top, _factors(ring, bottom))


def joined_squares(ring: Ring, p: Poly) -> Term:
    """A polynomial with a² ± 2ab + b² written as a square, and c·log a − c·log b as c·log(a/b)."""
    terms = {m: Fraction(int(c.p), int(c.q)) for m, c in p.to_dict().items()}
    parts: list[Term] = []
    for m in sorted(terms, reverse=True):
        pair = _square_of(terms, m)
        if pair is not None:
            a, b, sign = pair
            c = terms.pop(m)
            del terms[tuple(x + y for x, y in zip(a, b, strict=True))], terms[tuple(2 * x for x in b)]
            one, two = (poly_term(ring, ring.ctx.from_dict({e: 1})) for e in (a, b))
            inner = make("add", one, two if sign > 0 else make("neg", two))
            parts.append(make("mul", num(c), make("pow", inner, num(2))))
    logs = {m: c for m, c in terms.items() if sum(m) == 1 and _is_log(ring.generators[m.index(1)])}
    for m, c in logs.items():
        other = next((n for n, d in logs.items() if d == -c and n in terms and m in terms), None)
        if other is not None and c > 0:
            a, b = (ring.generators[k.index(1)].terms[0] for k in (m, other))
            del terms[m], terms[other]
            parts.append(make("mul", num(c), make("app", "log", make("div", a, b))))
    rest = ring.ctx.from_dict({m: ring.const(c).num.leading_coefficient() for m, c in terms.items()})
    return make("add", *parts, poly_term(ring, rest), num(0))


def _is_log(t: Term) -> bool:
    return t.head == "app" and t.name() == "log"


def _square_of(terms: dict[Exponents, Fraction], m: Exponents) -> tuple[Exponents, Exponents, int] | None:
    """For c·a² among the terms: a, b and the sign of ±2c·ab, if c·b² is among them too."""
    if m not in terms or any(e % 2 for e in m) or not any(m):
        return None
    a = tuple(e // 2 for e in m)
    for n, c in terms.items():
        b = tuple(e // 2 for e in n)
        if n == m or c != terms[m] or any(e % 2 for e in n) or not any(n):
            continue
        middle = terms.get(tuple(x + y for x, y in zip(a, b, strict=True)))
        if middle is not None and abs(middle) == 2 * c:
            return a, b, 1 if middle > 0 else -1
    return None


def _grouped(ring: Ring, p: dict[tuple[int, ...], object]) -> Term:
    shared = [sum(1 for m in p if m[k]) for k in range(ring.size)]
    k = max(range(ring.size), key=shared.__getitem__)
    if len(p) < 2 or shared[k] < 2:
        return poly_term(ring, ring.ctx.from_dict(p))
    inside = {(*m[:k], m[k] - 1, *m[k + 1 :]): c for m, c in p.items() if m[k]}
    outside = {m: c for m, c in p.items() if not m[k]}
    taken = make("mul", _grouped(ring, inside), ring.generators[k])
    return make("add", taken, _grouped(ring, outside)) if outside else taken


def factored(ring: Ring, f: Frac) -> Term:
    """A fraction with numerator and denominator in factors."""
    top, bottom = _factors(ring, f.num), _factors(ring, f.den)
    return top if f.den.is_constant() else make("div", top, bottom)


def _factors(ring: Ring, p: Poly) -> Term:
    if p.is_zero() or len(p) == 1:
        return poly_term(ring, p)
    c, parts = p.factor()
    out = [num(Fraction(int(c.p), int(c.q)))]
    for q, e in parts:
        content = Fraction(1)
        terms = ring.monomials(q)
        if terms[0][0] < 0 and all(x < 0 for x, _ in terms):
            content = Fraction(-1)
            q = -q
        out.append(num(content ** int(e)))
        t = poly_term(ring, q)
        out.append(t if e == 1 else make("pow", t, num(int(e))))
    return make("mul", *out)


def summands(ring: Ring, p: Poly) -> list[Poly]:
    """The monomials of a polynomial."""
    return [ring.ctx.from_dict({m: c}) for m, c in p.to_dict().items()]


# -- length -------------------------------------------------------------------------------------------

WEIGHTS = {"div": 2, "pow": 1, "cases": 4, "big": 4, "der": 40, "ex": 6, "lim": 40, "tab": 4, "op": 1, "app": 2}


def size(t: Term) -> int:
    """How long a term is to read, in tenths of a symbol."""
    match t.head:
        case "num":
            return 6 + 4 * len(f"{t.args[0]}" if t.args[1] == 1 else f"{t.args[0]}{t.args[1]}")
        case "sym" | "bound":
            return 10
        case "at":
            return size(t.terms[0]) + 3 * (1 + len(subterms(t.terms[1])))
        case "add":
            return sum(map(size, t.terms)) + 10 * (len(t.terms) - 1)
        case "neg":
            return size(t.terms[0]) + 3
        case "mul":
            return sum(map(size, t.terms)) + 2 * (len(t.terms) - 1)
        case "pow":
            return size(t.terms[0]) + 6 + (4 if t.terms[0].head != "sym" else 0)
        case "app":
            return sum(map(size, t.terms)) + 20 + 10 * t.name().count("'")
        case "rel" | "and":
            return sum(map(size, t.terms)) + 8 if t is not TRUE else 0
        case _:
            return sum(map(size, t.terms)) + 10 * WEIGHTS.get(t.head, 1)
