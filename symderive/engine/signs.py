"""Signs of polynomials in generators: which are positive, not negative, or not zero, with lines.

A sign is shown structurally (sums of products of positive generators and squares), from a known fact,
factor by factor, or by a linear search for a nonnegative combination of products of at most two known
facts.  The witness is what the kernel's `order` step checks; nothing is sampled, no solver is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import combinations_with_replacement, islice
from typing import TYPE_CHECKING

from symderive.engine.builder import Stuck
from symderive.engine.linear import nonnegative_combination
from symderive.engine.positivity import Known, by_syntax, comparisons, intrinsic_sign, plainly_positive
from symderive.engine.ring import Poly, TooLarge
from symderive.kernel.context import Rejected
from symderive.kernel.shapes import is_integer
from symderive.kernel.steps import ABSURD
from symderive.kernel.terms import ONE, ZERO, Term, make, num, rel

if TYPE_CHECKING:
    from symderive.engine.normal import Normal

Product = tuple[Fraction, tuple[int, ...], tuple[Term, ...]]
MAX_FACTS = 20
MAX_TERMS = 40
"""Terms of a polynomial that takes part in a combination."""
MAX_COLUMNS = 200


class Signs:
    """What is known about signs, and what follows from it."""

    def __init__(self, normal: Normal) -> None:
        self.normal = normal
        self.facts: list[Known] = []
        self._lines: dict[tuple[str, str], int | None] = {}
        self._proved: dict[Term, int | None] = {}
        self.plain: dict[Term, int | None] = {}
        """Terms that are positive without any search, each with the line."""
        self._generators: dict[int, Known | None] = {}
        self._false: list[Product] = []
        """Products from a known line that says of a number what is not so, such as 0 ≠ 0: they add up to 0 < 0."""

    # -- facts ----------------------------------------------------------------------------------

    def learn(self, line: int) -> None:
        """Take a line a R b among the known facts."""
        normal, builder = self.normal, self.normal.builder
        claim = builder.line(line).claim
        if claim.head != "rel" or claim.name() == "=":
            return
        a, b = claim.terms
        op = claim.name()
        if op == "<" and all(is_integer(normal.context, x) for x in (a, b)):
            step = builder.rule("order.integer", i=a, j=b)
            self.learn(builder.cut(step, claim, line))
        try:
            f = normal.frac(make("add", b, make("neg", a)))
        except (ZeroDivisionError, TooLarge, Stuck):
            return
        if f.num.is_constant():
            # an instance of a fact may rest on a guard that cannot hold: it says nothing of the facts
            if f.den.is_constant() and builder.line(line).hypotheses <= {claim}:
                self._false = self._false or _absurd(f.num, op, line)
            return
        if f.den.is_constant():
            self.enter(Known(f.num, op, (line,)))
        elif (below := self.line("<", f.den)) is not None:
            self.enter(Known(f.num, op, (line, below)))

    @contextmanager
    def assuming(self, line: int) -> Iterator[None]:
        """Know one more line inside."""
        before, lines, generators = list(self.facts), dict(self._lines), dict(self._generators)
        proved, false = dict(self._proved), self._false
        self.learn(line)
        try:
            yield
        finally:
            self.facts, self._lines, self._generators, self._proved = before, lines, generators, proved
            self._false = false

    def enter(self, known: Known) -> None:
        if not any(k.poly == known.poly and k.op == known.op for k in self.facts):
            self.facts.append(known)
            self._lines.clear()
            self._generators.clear()
            self._proved = {c: k for c, k in self._proved.items() if k is not None}

    def contradiction(self) -> int | None:
        """A line 0 < 0 from the facts, if they contradict each other."""
        ring = self.normal.ring
        if (absurd := self.normal.facts.contradiction()) is not None:
            return absurd
        if self._false:
            return self.conclude(ABSURD, self._false)
        for k in self.facts:
            if k.op == "!=" and len(k.lines) == 1:
                over, under = self.line("<=", k.poly), self.line("<=", -k.poly)
                if over is not None and under is not None:
                    return self.conclude(ABSURD, [(Fraction(1), k.lines * 2, ()), (Fraction(1), (over, under), ())])
        known = [k for k in self.facts if k.op != "!="][:MAX_FACTS]
        for k in known:
            if k.poly.is_constant() and k.poly.leading_coefficient() < 0:
                known = [k]
        columns = [vector(ring.one), *(vector(k.poly) for k in known)]
        extra: list[Product] = [(Fraction(1), (), ()), *((Fraction(1), k.lines, ()) for k in known)]
        strict = [True, *(k.op == "<" for k in known)]
        for k in self.facts:
            # a fact against the sign that its polynomial has by itself
            if k.op != "!=" and (below := self._structural("<=", -k.poly)) is not None:
                line = self.conclude(rel("<=", ZERO, ring.poly_term(-k.poly)), below)
                columns.append(vector(-k.poly))
                extra.append((Fraction(1), (line,), ()))
                strict.append(False)
        cap: dict[object, Fraction] = {"cap": Fraction(1)}
        capped = [{**c, **({"cap": Fraction(1)} if s else {})} for c, s in zip(columns, strict, strict=True)]
        found = nonnegative_combination(cap, capped, [False] * len(capped))
        if found is None:
            return None
        products = [(x * c, ks, qs) for x, (c, ks, qs) in zip(found, extra, strict=True) if x]
        return self.conclude(ABSURD, products)

    # -- claims ---------------------------------------------------------------------------------

    def prove(self, claim: Term) -> int | None:
        """A line for a relation <, ≤ or ≠ between numbers, if it is found."""
        if claim not in self._proved:
            self._proved[claim] = self._prove(claim)
        return self._proved[claim]

    def _prove(self, claim: Term) -> int | None:
        a, b = claim.terms
        side = b if a is ZERO else a if b is ZERO and claim.name() == "!=" else None
        if side is not None and (below := plainly_positive(self.normal, side)) is not None:
            sign = 1 if side is b else -1
            return (
                below
                if claim.name() == "<"
                else self.normal.builder.order(
                    claim, [(sign, [below], [])], opaque=[] if side.head == "num" else [side]
                )
            )
        if a is ZERO and claim.name() != "!=" and (line := by_syntax(self.normal, claim.name(), b)) is not None:
            return line
        op = claim.name()
        try:
            f = self.normal.frac(make("add", b, make("neg", a)))
        except (ZeroDivisionError, TooLarge, Stuck):
            return None
        if f.den.is_constant():
            lines = self._products(op, f.num)
            return None if lines is None else self.conclude(claim, lines)
        for sign in (1, -1):
            below = self.line("<", sign * f.den)
            above = self.line(op, sign * f.num) if below is not None or op == "!=" else None
            if below is not None and above is not None:
                return self.conclude(claim, [(Fraction(1), (above, self.reciprocal(below)), ())])
        if op == "!=":
            above, below = self.line("!=", f.num), self.line("!=", f.den)
            if above is not None and below is not None:
                inverse = make("div", ONE, self.normal.builder.right(below))
                return self.conclude(
                    rel("!=", *claim.terms), [(Fraction(1), (above, self._nonzero_inverse(below, inverse)), ())]
                )
        return None

    def reciprocal(self, line: int) -> int:
        """From 0 < a, the line 0 < 1/a."""
        a = self.normal.builder.right(line)
        step = self.normal.builder.rule("order.reciprocal", a=a)
        return self.normal.builder.cut(step, rel("<", ZERO, a), line)

    def _nonzero_inverse(self, line: int, inverse: Term) -> int:
        """From 0 ≠ a, the line 0 ≠ 1/a: 1/a = a·(1/a)², and a·a > 0."""
        builder = self.normal.builder
        a = builder.right(line)
        square = builder.order(rel("<", ZERO, make("mul", a, a)), [(1, [line, line], [])])
        below = self.reciprocal(square)
        return builder.order(rel("!=", ZERO, inverse), [(1, [line, below], [])])

    def line(self, op: str, p: Poly) -> int | None:
        """A line ``0 op p``, if it is found."""
        key = (op, p.str())
        if key in self._lines:
            return self._lines[key]
        self._lines[key] = None  # while it is sought, it is not known
        products, line = self._products(op, p), None
        if products is not None:
            line = self.conclude(rel(op, ZERO, self.normal.ring.poly_term(p)), products)
        self._lines[key] = line
        return line

    def conclude(self, claim: Term, products: Sequence[Product]) -> int:
        """The order line of a claim from products of lines and squares."""
        normal, builder = self.normal, self.normal.builder
        if len(products) == 1 and products[0][0] == 1 and len(products[0][1]) == 1 and not products[0][2]:
            (known,) = products[0][1]
            if builder.line(known).claim is claim:
                return known
        parts, terms = [], [*claim.terms]
        for c, lines, squares in products:
            gaps = [make("add", builder.right(k), make("neg", builder.left(k))) for k in lines]
            terms += [*gaps, *squares]
            factors = [num(c), *gaps, *squares, *squares]
            parts.append(factors[0] if len(factors) == 1 else make("mul", *factors))
        cofactors: list[tuple[int, Term]] = []
        if normal.ring.relations:
            a, b = claim.terms
            gap = make("add", a, make("neg", b), *parts)
            cofactors = normal.cofactors(*normal.plain(gap)) or []
        return builder.order(claim, products, normal.rewrites(*terms), cofactors)

    # -- search ---------------------------------------------------------------------------------

    def _products(self, op: str, p: Poly) -> list[Product] | None:
        """Products of lines and squares that add up to p and show 0 op p."""
        if p.is_zero():
            return [] if op == "<=" else None
        if p.is_constant():
            c = Fraction(int(p.leading_coefficient().p), int(p.leading_coefficient().q))
            return [(c, (), ())] if c > 0 or op == "!=" else None
        searches = (self._structural, self._by_fact, self._by_value, self._by_factors, self._by_combination)
        for search in (*searches, self._by_conjugate):
            found = search(op, p)
            if found is not None:
                return found
        if op == "<" and (found := self._positive_by_exclusion(p)) is not None:
            return found
        return None

    def _structural(self, op: str, p: Poly) -> list[Product] | None:
        """Every monomial is a product of positive generators and squares."""
        if op == "!=":
            for sign in (1, -1):
                k = self.line("<", sign * p) if self._structural("<", sign * p) else None
                if k is not None:
                    return [(Fraction(sign), (k,), ())]
            return None
        products, strict = [], False
        for exponents, q in p.to_dict().items():
            c = Fraction(int(q.p), int(q.q))
            if c < 0:
                return None
            lines: list[int] = []
            squares: list[Term] = []
            positive = True
            for g, e in enumerate(exponents):
                if not e:
                    continue
                known = self.generator(g)
                op_g = known.op if known else None
                if known and (op_g == "<" or (op_g == "!=" and e % 2 == 0)):
                    lines += [*known.lines] * int(e)
                    continue
                positive = False
                if e % 2:
                    if known is None or op_g == "!=":
                        return None
                    lines += known.lines
                if e > 1:
                    t = self.normal.ring.generators[g]
                    squares.append(t if e < 4 else make("pow", t, num(int(e) // 2)))
            strict = strict or positive
            products.append((c, tuple(lines), tuple(squares)))
        return products if strict or op == "<=" else None

    def generator(self, g: int) -> Known | None:
        """The known sign of a generator."""
        if g in self._generators:
            return self._generators[g]
        self._generators[g] = None
        found = self._generators[g] = self._generator_sign(g)
        return found

    def _generator_sign(self, g: int) -> Known | None:
        ring = self.normal.ring
        t, poly = ring.generators[g], ring.poly(g)
        found = intrinsic_sign(self.normal, t)
        best = Known(poly, *found) if found else None
        if best is None or best.op != "<":
            for known in self.facts:
                ratio = multiple(known.poly, poly)
                if ratio is None or (ratio < 0 and known.op != "!="):
                    continue
                if best is None or known.op == "<":
                    claim = rel(known.op, ZERO, t)
                    k = self.conclude(claim, [(1 / ratio, known.lines, ())])
                    best = Known(poly, known.op, (k,))
        return best

    def _by_fact(self, op: str, p: Poly) -> list[Product] | None:
        """p is a positive multiple of a known fact (any multiple, for ≠)."""
        for known in self.facts:
            strong = known.op in (op, "<")
            ratio = multiple(p, known.poly) if strong else None
            if ratio is not None and (ratio > 0 or op == "!="):
                return [(ratio, known.lines, ())]
        return None

    def _by_value(self, op: str, p: Poly) -> list[Product] | None:
        """p is a number: its value."""
        normal, ring = self.normal, self.normal.ring
        parts = [ring.generators[g] for g in ring.inside(p)]
        if any(t.loose or normal.context.closure(t) for t in parts):
            return None
        try:
            line = normal.builder.evaluate(rel(op, ZERO, ring.poly_term(p)))
        except Rejected:
            return None
        return [(Fraction(1), (line,), ())]

    def _by_conjugate(self, op: str, p: Poly) -> list[Product] | None:
        """a + b·√r = (a² − b²·r)/(a − b·√r), by the signs of both."""
        ring = self.normal.ring
        for k in sorted(ring.inside(p)) if len(p) <= 12 else ():
            relation = ring.relations.get(k)
            if relation is None or relation.q != 2 or ring.generators[k].head != "pow":
                continue
            a, b = ring.linear(p, k)
            if a.is_zero():
                continue
            norm = ring.reduced(a * a - b * b * relation.p)
            for sign in (1, -1):
                other = sign * (a - b * ring.poly(k))
                if self._structural("<", other) is None:
                    continue
                above, below = self.line(op, sign * norm), self.line("<", other)
                if above is not None and below is not None:
                    return [(Fraction(1), (above, self.reciprocal(below)), ())]
        return None

    def _by_factors(self, op: str, p: Poly) -> list[Product] | None:
        """The signs of the irreducible factors."""
        if len(p) > 200:
            return None
        c, factors = self.normal.ring.factor(p)
        if len(factors) == 1 and factors[0][1] == 1:
            return None
        sign = Fraction(int(c.p), int(c.q))
        lines: list[int] = []
        squares: list[Term] = []
        for f, e in factors:
            k = self.line("!=" if op == "!=" or e % 2 == 0 else "<", f) if op != "<=" or e % 2 else None
            if k is None and op == "<=" and e % 2:
                k = self.line("<=", f)
            if k is None and op != "!=" and e % 2:
                k = self.line(op, -f)
                sign = -sign
            if k is None:
                if op != "<=" or e % 2:
                    return None
                squares.append(self._power(f, int(e) // 2))
            else:
                lines += [k] if op == "<=" else [k] * int(e)
                if op == "<=" and e > 1:
                    squares.append(self._power(f, int(e) // 2))
        return [(sign, tuple(lines), tuple(squares))] if sign > 0 or op == "!=" else None

    def _power(self, f: Poly, k: int) -> Term:
        t = self.normal.ring.poly_term(f)
        return t if k == 1 else make("pow", t, num(k))

    def _candidates(self, p: Poly) -> Iterator[tuple[Poly, Product, bool]]:
        """Polynomials with a sign that may add up to p: (polynomial, product, strictly positive)."""
        ring = self.normal.ring
        wanted = ring.inside(p)
        yield ring.one, (Fraction(1), (), ()), True
        known = self._connected(wanted)
        for g in sorted(wanted):
            k = self.generator(g)
            if k is not None and k.op != "!=":
                known.append(k)
            known += comparisons(self.normal, ring.generators[g], ring.poly(g))
        known = [k for k in known if len(k.poly) <= MAX_TERMS][:MAX_FACTS]
        for k in known:
            yield k.poly, (Fraction(1), k.lines, ()), k.op == "<"
        if max(sum(m) for m in p.to_dict()) < 2:
            return
        for a, b in combinations_with_replacement(known, 2):
            yield a.poly * b.poly, (Fraction(1), a.lines + b.lines, ()), a.op == b.op == "<"
        small = [ring.poly(g) for g in sorted(wanted)]
        for f in small:
            yield f * f, (Fraction(1), (), (ring.poly_term(f),)), False
        for f, g in combinations_with_replacement(small, 2):
            if f != g:
                for h in (f + g, f - g):
                    yield h * h, (Fraction(1), (), (ring.poly_term(h),)), False

    def _connected(self, generators: set[int]) -> list[Known]:
        """The facts about some generators, then those about the generators in these, and so on."""
        out: list[Known] = []
        rest = [(k, self.normal.ring.inside(k.poly)) for k in self.facts if k.op != "!="]
        reached = set(generators)
        while near := [(k, inside) for k, inside in rest if inside & reached]:
            out += [k for k, _ in near]
            rest = [r for r in rest if r not in near]
            reached = reached.union(*(inside for _, inside in near))
        return out

    def _by_combination(self, op: str, p: Poly) -> list[Product] | None:
        """A nonnegative combination of known facts, of products of two of them, and of squares."""
        if op == "!=":
            for sign in (1, -1):
                k = self.line("<", sign * p)
                if k is not None:
                    return [(Fraction(sign), (k,), ())]
            return None
        if len(p) > MAX_TERMS or not (self.facts or len(p) > 1):
            return None
        found = list(islice(self._candidates(p), MAX_COLUMNS))
        columns = [vector(q) for q, _, _ in found]
        wanted = [strict and op == "<" for _, _, strict in found]
        c = nonnegative_combination(vector(p), columns, wanted)
        if c is None or (op == "<" and not any(x and w for x, w in zip(c, wanted, strict=True))):
            return None
        used = [(x, product) for x, (_, product, _) in zip(c, found, strict=True) if x]
        return [(x * d, lines, squares) for x, (d, lines, squares) in used]

    def _positive_by_exclusion(self, p: Poly) -> list[Product] | None:
        """0 ≤ p and p ≠ 0 leave 0 < p."""
        other = self._by_fact("!=", p)
        if other is None:
            return None
        weak, nonzero = self.line("<=", p), self.line("!=", p)
        if weak is None or nonzero is None:
            return None
        builder = self.normal.builder
        t = builder.right(weak)
        claim, zero, below = rel("<", ZERO, t), rel("=", t, ZERO), rel("<", t, ZERO)
        equation = builder.assume(zero)
        contrary = builder.order(ABSURD, [(1, [nonzero, nonzero], [])], (), [(equation, t)])
        negative = builder.order(ABSURD, [(1, [weak], []), (1, [builder.assume(below)], [])])
        line = builder.cases(claim, (claim, zero, below), (builder.assume(claim), contrary, negative))
        return [(Fraction(1), (line,), ())]


def multiple(p: Poly, q: Poly) -> Fraction | None:
    """The number c with p = c·q, if there is one."""
    if len(p) != len(q):
        return None
    c = p.leading_coefficient() / q.leading_coefficient()
    return Fraction(int(c.p), int(c.q)) if p == c * q else None


def vector(p: Poly) -> dict[object, Fraction]:
    return {m: Fraction(int(c.p), int(c.q)) for m, c in p.to_dict().items()}


def _absurd(p: Poly, op: str, line: int) -> list[Product]:
    """The products that make 0 < 0 of a line ``0 op c``, if that is false of the constant c."""
    if p.is_zero():
        return [] if op == "<=" else [(Fraction(1), (line,) if op == "<" else (line, line), ())]
    c = p.leading_coefficient()
    c = Fraction(int(c.p), int(c.q))
    return [(Fraction(1), (line,), ()), (-c, (), ())] if op != "!=" and c < 0 else []
