"""The normal form: every number as a fraction over generators, with a line that says so.

`Normal.frac` computes; whatever is not arithmetic is an *atom* and goes to the handler of its head, which
returns a line ``atom = simpler term``, or nothing when the atom is a generator.  `Normal.line` then proves
``t = normal form of t`` in one `combine`, rewriting by the atoms' lines.  Two terms with one normal form
are equal; two normal forms that differ say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction

from symderive.engine.builder import Builder, Stuck
from symderive.engine.members import unfold_member
from symderive.engine.ring import Frac, Poly, Relation, Ring, TooLarge
from symderive.kernel.algebra import tidy
from symderive.kernel.context import Range, family_member, within
from symderive.kernel.defined import quantify
from symderive.kernel.shapes import SCALAR, shape
from symderive.kernel.terms import BINDS, CONDITIONS, Term, abstract, bound, instantiate, literal, make, num

Handler = Callable[["Normal", Term], "int | None"]

RING = frozenset({"num", "add", "neg", "mul", "div"})


class Normal:
    """Normal forms in one ring over one proof."""

    def __init__(
        self,
        builder: Builder,
        handlers: Mapping[str, Handler],
        size: int = 16,
        denominators: dict[str, int] | None = None,
    ) -> None:
        from symderive.engine.facts import Facts
        from symderive.engine.signs import Signs

        self.builder = builder
        self.handlers = handlers
        self.context = builder.context
        self.ring = Ring(size)
        self.signs = Signs(self)
        self.facts = Facts(self)
        self.denominators = {} if denominators is None else denominators
        """Denominators of exponents, by the text of the exponent; shared between restarts."""
        self.unfold: frozenset[str] = frozenset()
        """Defined names that are replaced by their definitions; families at numbers …"""
        self.steps: frozenset[Term] = frozenset()
        """… and at these indices, where sums and products are also split: the steps of an induction."""
        self.frozen: frozenset[Term] = frozenset()
        """Derivatives that are generators."""
        self._frac: dict[Term, Frac] = {}
        self._terms: dict[Term, Term] = {}
        self.lines: dict[Term, int] = {}
        """Atoms that are not generators: the line that gives their normal form."""
        self.canonical_sums: set[Term] = set()
        """Connected sums whose indices are named canonically."""
        self.mirrored_sums: dict[Term, Term] = {}
        """Connected sums in which entries of symmetric tensors are still to be exchanged, and what they are then."""
        self.same_index: dict[Term, int] = {}
        """Index names that are known to be equal to other index terms, each with the line."""
        self._opened: dict[Term, tuple[str, Term]] = {}

    # -- computing ------------------------------------------------------------------------------

    def frac(self, t: Term) -> Frac:
        """The normal form of a number.

        Raises:
            ZeroDivisionError: a denominator is zero.
            Stuck, TooLarge: it is not found.
        """
        found = self._frac.get(t)
        if found is None:
            found = self._frac[t] = self._compute(t)
            self.builder.budget.spend(1 + self.ring.work // 4)
            self.ring.work = 0
        return found

    def _compute(self, t: Term) -> Frac:
        ring = self.ring
        match t.head:
            case "num":
                return ring.const(Fraction(t.args[0], t.args[1]))  # type: ignore[arg-type]
            case "add":
                out = self.frac(t.terms[0])
                for a in t.terms[1:]:
                    out = ring.add(out, self.frac(a))
                return out
            case "neg":
                return ring.neg(self.frac(t.terms[0]))
            case "mul":
                out = self.frac(t.terms[0])
                for a in t.terms[1:]:
                    out = ring.mul(out, self.frac(a))
                return out
            case "div":
                return ring.mul(self.frac(t.terms[0]), ring.inverse(self.frac(t.terms[1])))
            case "pow" if (k := integer_literal(t.terms[1])) is not None:
                return ring.power(self.frac(t.terms[0]), k)
            case _:
                return self._atom(t)

    def _atom(self, t: Term) -> Frac:
        handler = self.handlers.get(t.head)
        line = handler(self, t) if handler else None
        if line is None:
            f = self.ring.generator(t)
            line = self.facts.touch(t)
            if line is None:
                return f
        simpler = self.builder.right(line)
        f = self.frac(simpler)
        self.lines[t] = line if self.term(simpler) is simpler else self.builder.chain(line, self.line(simpler))
        return f

    def hold(self, t: Term) -> None:
        """Take an atom as a generator, whatever the facts say."""
        self._frac[t] = self.ring.generator(t)

    def term(self, t: Term) -> Term:
        """The normal form of a number, as a term."""
        found = self._terms.get(t)
        if found is None:
            found = self._terms[t] = self.ring.term(self.frac(t))
        return found

    # -- proving --------------------------------------------------------------------------------

    def line(self, t: Term) -> int:
        """A line ``t = normal form of t``."""
        return self.equal(t, self.term(t))

    def equal(self, left: Term, right: Term) -> int:
        """A line ``left = right``, for terms with one normal form.

        Raises:
            Stuck: the normal forms differ.
        """
        if left is right:
            return self.builder.same(left)
        plain = self.plain_difference(left, right)
        if plain is not None:
            return self.builder.combine(left, right, self.rewrites(left, right), plain)
        for fact in self.facts.spare:
            line = self._multiple(left, right, fact)
            if line is not None:
                return line
        raise Stuck("the normal forms differ")

    def _multiple(self, left: Term, right: Term, fact: int) -> int | None:
        """A line ``left = right``, if the difference of its sides is a multiple of that of an equation."""
        ring, (a, b) = self.ring, self.builder.line(fact).claim.terms
        gap, known = (ring.sub(self.frac(s), self.frac(t)) for s, t in ((left, right), (a, b)))
        if ring.relations or known.num.is_constant():
            return None
        q, rest = divmod(gap.num, known.num)
        if not rest.is_zero():
            return None
        factor = ring.term(ring.mul(Frac(q, ring.one), ring.make(known.den, gap.den)))
        return self.builder.combine(left, right, self.rewrites(left, right, a, b), [(fact, factor)])

    def plain_difference(self, left: Term, right: Term) -> list[tuple[int, Term]] | None:
        """Cofactors that show left = right by the relations of algebraic generators; None if they differ."""
        a, b = self.frac(left), self.frac(right)
        if not self.ring.relations:
            return [] if a == b or self.ring.sub(a, b).num.is_zero() else None
        n, d = self.plain(make("add", left, make("neg", right)))
        return self.cofactors(n, d)

    def cofactors(self, n: Poly, d: Poly) -> list[tuple[int, Term]] | None:
        """n/d = Σ q·(g^q − p) over the relations; None if n does not vanish by them."""
        parts, rest = self.ring.quotients(n)
        if not rest.is_zero():
            return None
        return [(relation.line, self._over(q, d)) for relation, q in parts if not q.is_zero()]

    def _over(self, n: Poly, d: Poly) -> Term:
        return self.ring.term(self.ring.make(n, d, reduce=False))

    def plain(self, t: Term) -> tuple[Poly, Poly]:
        """Numerator and denominator of `t` without reducing powers of algebraic generators."""
        ring = self.ring
        match t.head:
            case "num":
                f = self.frac(t)
                return f.num, f.den
            case "add":
                n, d = self.plain(t.terms[0])
                for a in t.terms[1:]:
                    m, e = self.plain(a)
                    n, d = (n + m, d) if d == e else (n * e + m * d, d * e)
                return n, d
            case "neg":
                n, d = self.plain(t.terms[0])
                return -n, d
            case "mul":
                n, d = ring.one, ring.one
                for a in t.terms:
                    m, e = self.plain(a)
                    n, d = n * m, d * e
                return n, d
            case "div":
                (n, d), (m, e) = self.plain(t.terms[0]), self.plain(t.terms[1])
                return n * e, d * m
            case "pow" if (k := integer_literal(t.terms[1])) is not None:
                n, d = self.plain(t.terms[0])
                return (n**k, d**k) if k >= 0 else (d**-k, n**-k)
            case _:
                f = self.frac(t)
                return f.num, f.den

    def rewrites(self, *terms: Term) -> list[int]:
        """The lines of the atoms that occur in the terms."""
        out: dict[int, None] = {}
        for t in terms:
            for a in ring_atoms(t):
                if a in self.lines:
                    out[self.lines[a]] = None
        return list(out)

    # -- atoms with arguments in normal form ------------------------------------------------------

    def inner(self, t: Term, positions: Iterable[int]) -> int | None:
        """A line ``t = t with these arguments in normal form``; None if they are already."""
        line, now = None, t
        for k in positions:
            a = now.args[k]
            assert isinstance(a, Term)
            if self.term(a) is a:
                continue
            step = self.builder.place(self.line(a), now, (k,))
            line = step if line is None else self.builder.chain(line, step)
            now = self.builder.right(line)
        return line

    def settled(self, t: Term, positions: Iterable[int]) -> int | None:
        """A line that puts index arguments in canonical order; None if they are so already."""
        line, now = None, t
        for k in positions:
            i = now.args[k]
            assert isinstance(i, Term)
            same = self.index(i)
            if same is not None:
                step = self.builder.place(same, now, (k,))
                line = step if line is None else self.builder.chain(line, step)
                now = self.builder.right(line)
        return line

    def index(self, i: Term) -> int | None:
        """A line that puts an index term in canonical order, known equalities used; None if it is so."""
        line, now = None, i
        for x, equation in self.same_index.items():
            paths = occurrences(now, x)
            if paths:
                step = self.builder.place(equation, now, *paths)
                line = step if line is None else self.builder.chain(line, step)
                now = self.builder.right(line)
        j = tidy(now)
        if j is not now:
            step = self.builder.combine(now, j)
            line = step if line is None else self.builder.chain(line, step)
        return line

    def open(self, t: Term) -> tuple[str, Term]:
        """The body of a binder with a loose variable of its own, whose range is a known fact."""
        found = self._opened.get(t)
        if found is None:
            name = f"i#{len(self._opened) + 1}"
            found = self._opened[t] = (name, instantiate(t.terms[-1], bound(name)))
            lo, hi = t.terms[:2]
            for c in within(bound(name), (lo, hi)):
                self.signs.learn(self.builder.assume(c))
        return found

    def is_number(self, t: Term) -> bool:
        return t.head not in CONDITIONS and shape(self.context, t) == SCALAR

    def holds(self, claim: Term) -> bool:
        """Whether a relation is found to hold."""
        return self.signs.prove(claim) is not None

    def in_range(self, i: Term, span: Range, others: Mapping[str, Range]) -> bool:
        """Whether an index lies in a range, for all values of other indices in theirs."""
        closed = frozenset(within(i, span))
        for name, (lo, hi) in reversed(list(others.items())):
            closed = quantify(self.context, [abstract(c, name) for c in closed], lo, hi)
        return all(c.head == "rel" and self.holds(c) for c in closed)

    def scratch(self) -> Normal:
        """An empty normal form over the same context, for looking at shapes of results."""
        size = max(64, self.ring.size)
        return Normal(Builder(self.context, self.builder.book), self.handlers, size, self.denominators)

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Forget the normal forms that are computed inside (their lines stay)."""
        before = set(self._frac)
        try:
            yield
        finally:
            for t in [t for t in self._frac if t not in before]:
                del self._frac[t]
                self._terms.pop(t, None)
                self.lines.pop(t, None)

    @contextmanager
    def assuming(self, condition: Term) -> Iterator[None]:
        """Know one more condition inside; what is computed there is forgotten."""
        with self.trial(), self.signs.assuming(self.builder.assume(condition)):
            yield

    def definition_of(self, t: Term) -> int | None:
        """A line ``t = its definition``, for a name or entry that is to be unfolded."""
        found = family_member(t)
        if found is None or found[0] not in self.context.definitions or not self.may_unfold(*found):
            return None
        return unfold_member(self, t)

    def may_unfold(self, name: str, indices: list[Term]) -> bool:
        """Whether a defined name is to be replaced by its definition."""
        depth = self.context.family_depth(name)
        if name not in self.unfold or len(indices) < depth:
            return False
        last = indices[depth - 1] if depth else num(0)
        return last.head == "num" or last in self.steps or not self.context.is_recursive(name)

    def decided(self, condition: Term) -> bool:
        """Whether a relation between numbers is known to hold."""
        if condition.name() != "=":
            return self.holds(condition)
        try:
            return self.plain_difference(*condition.terms) is not None
        except (Stuck, TooLarge, ZeroDivisionError):
            return False

    def discharged(self, line: int, condition: Term) -> int:
        """The line without a hypothesis that is known to hold."""
        if condition not in self.builder.line(line).hypotheses:
            return line
        if condition.name() == "=":
            return self.builder.cut(line, condition, self.equal(*condition.terms))
        by = self.signs.prove(condition)
        return line if by is None else self.builder.cut(line, condition, by)

    def inside_mean(self, line: int) -> int:
        """The line without hypotheses about one outcome, as far as the facts imply them for all."""
        for h in sorted(self.builder.line(line).hypotheses, key=repr):
            if h in self.context.fact_set or h.head != "rel" or not self.context.random_in(h):
                continue
            by = self.signs.prove(h)
            if by is not None and h not in self.builder.line(by).hypotheses:
                line = self.builder.cut(line, h, self.inside_mean(by))
        return line

    def relate(self, g: Term, q: int, p: Poly, line: int) -> None:
        """Enter the relation g^q = p of a generator; the line proves it for the term of p."""
        k = self.ring.number(g)
        self.ring.relations[k] = Relation(q, p, line)

    def is_zero(self, t: Term) -> bool:
        return bool(self.frac(t).num.is_zero())


def occurrences(t: Term, part: Term) -> list[tuple[int, ...]]:
    """The paths to a part that pass no binder."""
    out: list[tuple[int, ...]] = []

    def walk(s: Term, path: tuple[int, ...]) -> None:
        if s is part:
            out.append(path)
        elif s.head not in BINDS:
            for k, a in enumerate(s.args):
                if isinstance(a, Term):
                    walk(a, (*path, k))

    walk(t, ())
    return out


def integer_literal(t: Term) -> int | None:
    e = literal(t)
    return e if isinstance(e, int) else None


def ring_atoms(t: Term) -> list[Term]:
    """The atoms that arithmetic in `t` reaches, without repetition."""
    out: dict[Term, None] = {}
    seen: set[Term] = set()
    stack = [t]
    while stack:
        s = stack.pop()
        if s in seen:
            continue
        seen.add(s)
        if s.head in RING:
            stack.extend(s.terms)
        elif s.head == "pow" and integer_literal(s.terms[1]) is not None:
            stack.append(s.terms[0])
        else:
            out[s] = None
    return list(out)
