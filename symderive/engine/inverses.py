"""Equations between products of matrices with inverses: each inverse is moved to the other side, or cancelled.

A product is a word of letters.  M⁻¹·S = T follows from S = M·T, and S·M⁻¹ = T from S = T·M; what has no
inverse at an end any more is compared entry by entry, where an inverse is opaque.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from symderive.engine.builder import Stuck
from symderive.engine.ring import TooLarge
from symderive.kernel.context import Rejected
from symderive.kernel.shapes import same_shape, shape
from symderive.kernel.terms import ONE, ZERO, Term, bound, make, rel

if TYPE_CHECKING:
    from symderive.engine.prover import Prover

MAX_LETTERS = 12
MAX_MOVES = 8

Word = tuple[Term, ...]


def by_inverses(prover: Prover, claim: Term, conditions: tuple[Term, ...]) -> int | None:
    """A line for an equation between matrices or vectors; None if there are no inverses to move."""
    left, right = claim.terms
    dims = shape(prover.context, left)
    words = word(left), word(right)
    letters = [x for w in words for x in w]
    if claim.name() != "=" or not any(inverted(x) for x in letters) or len(dims) > 2:
        return None
    task = _Words(prover, conditions, dims[0][1], len(dims))
    a, b = (task.alike(t, task.tree(w)) for t, w in zip((left, right), words, strict=True))
    line = task.equal(*words, MAX_MOVES)
    return prover.builder.chain(a, line, ~b)


def word(t: Term) -> Word:
    """The letters of a product; the transpose of a product is the product of the transposes, backwards."""
    if t.head != "op":
        return () if is_identity(t) else (t,)
    if t.name() == "matmul":
        return tuple(x for s in t.terms for x in word(s))
    if t.name() == "transpose" and t.terms[0].head == "op":
        (s,) = t.terms
        if s.name() == "transpose":
            return word(s.terms[0])
        if s.name() == "matmul":
            return tuple(x for p in reversed(s.terms) for x in word(transposed(p)))
    return (t,)


def transposed(t: Term) -> Term:
    return make("op", "transpose", t)


def inverted(t: Term) -> Word:
    """The word M, for the letters M⁻¹ and (M⁻¹)ᵀ (of which it is Mᵀ); empty for other letters."""
    if t.head != "op":
        return ()
    if t.name() == "inv":
        return word(t.terms[0]) or ()
    if t.name() == "transpose" and t.terms[0].head == "op" and t.terms[0].name() == "inv":
        return word(transposed(t.terms[0].terms[0]))
    return ()


def is_identity(t: Term) -> bool:
    inner = t.terms[-1] if t.head == "tab" else t
    cell = inner.terms[-1] if inner.head == "tab" else inner
    tied = cell.head == "cases" and cell.terms[1:] == (ONE, ZERO) and cell.terms[0].head == "rel"
    return tied and t is not cell and set(cell.terms[0].terms) == {bound(0), bound(1)} and cell.terms[0].name() == "="


@dataclass
class _Words:
    """Equations between words of matrices with `n` rows; of rank 1 if the last letter is a vector."""

    prover: Prover
    conditions: tuple[Term, ...]
    n: Term
    rank: int

    def identity(self, n: Term) -> Term:
        return make("tab", ONE, n, make("tab", ONE, n, make("cases", rel("=", bound(1), bound(0)), ONE, ZERO)))

    def tree(self, letters: Word) -> Term:
        """The product of the letters, from the left."""
        return reduce(lambda a, b: make("op", "matmul", a, b), letters) if letters else self.identity(self.n)

    def alike(self, s: Term, t: Term) -> int:
        """A line s = t, for terms that differ in how they are put together; the facts are not asked."""
        return self.prover.builder.same(s) if s is t else self.prover.entrywise(rel("=", s, t), ())

    def equal(self, left: Word, right: Word, moves: int) -> int:
        """A line for the equation of two words."""
        builder = self.prover.builder
        if max(len(left), len(right)) > MAX_LETTERS:
            raise Stuck("a product of too many matrices")
        (a, s), (b, t) = self.reduced(left), self.reduced(right)
        if s == t:
            return builder.chain(a, ~b)
        if moves and any(map(inverted, (*s[:1], *s[-1:]))):
            middle = self.moved(s, t, moves)
        elif moves and any(map(inverted, (*t[:1], *t[-1:]))):
            middle = builder.flip(self.moved(t, s, moves))
        else:
            middle = self.prover.entrywise(rel("=", self.tree(s), self.tree(t)), self.conditions)
        return builder.chain(a, middle, ~b)

    def moved(self, s: Word, t: Word, moves: int) -> int:
        """s = t, the inverse at an end of s moved to the other side."""
        builder = self.prover.builder
        if m := inverted(s[0]):
            line = self.equal(s[1:], (*m, *t), moves - 1)
            start = make("op", "matmul", s[0], self.tree(s[1:]))
            put = builder.place(line, start, (2,))
            first, rest = self.alike(self.tree(s), start), (s[0], *m, *t)
        else:
            line = self.equal(s[:-1], (*t, *inverted(s[-1])), moves - 1)
            m = inverted(s[-1])
            start = make("op", "matmul", self.tree(s[:-1]), s[-1])
            put = builder.place(line, start, (1,))
            first, rest = self.alike(self.tree(s), start), (*t, *m, s[-1])
        back, found = self.reduced(rest)
        if found != t:
            raise Stuck("an inverse that does not cancel")
        return builder.chain(first, put, self.alike(builder.right(put), self.tree(rest)), back)

    def reduced(self, letters: Word) -> tuple[int, Word]:
        """A line ``word = word without inverses next to what they invert``, and that word."""
        builder = self.prover.builder
        line = builder.same(self.tree(letters))
        while (found := self._pair(letters)) is not None:
            i, j, one = found
            before, after = letters[:i], letters[j:]
            whole = self.tree((*before, builder.left(one), *after))
            path = (1,) * len(after) + ((2,) if before else ())
            put = builder.place(one, whole, path) if path else one
            rest = (*before, *after)
            steps = (self.alike(self.tree(letters), whole), put, self.alike(builder.right(put), self.tree(rest)))
            line, letters = builder.chain(line, *steps), rest
        return line, letters

    def _pair(self, letters: Word) -> tuple[int, int, int] | None:
        """Where an inverse stands next to what it inverts, and the line that their product is I."""
        for k, x in enumerate(letters):
            m = inverted(x)
            if not m:
                continue
            if letters[k + 1 : k + 1 + len(m)] == m:
                return k, k + 1 + len(m), self._one(x, left=True)
            if k >= len(m) and letters[k - len(m) : k] == m:
                return k - len(m), k + 1, self._one(x, left=False)
        return None

    def _one(self, x: Term, *, left: bool) -> int:
        """The line M⁻¹·M = I or M·M⁻¹ = I, transposed if the letter is."""
        builder = self.prover.builder
        turned = x.name() == "transpose"
        inverse = x.terms[0] if turned else x
        (m,) = inverse.terms
        one = self.identity(shape(self.prover.context, m)[0][1])
        rule = builder.rule("inv.left" if left != turned else "inv.right", A=m, B=one)
        pair = (inverse, m) if left != turned else (m, inverse)
        line = builder.chain(self.alike(make("op", "matmul", *pair), builder.left(rule)), rule)
        if not turned:
            return line
        over = builder.place(line, transposed(builder.left(line)), (1,))
        product = (x, transposed(m)) if left else (transposed(m), x)
        return builder.chain(
            self.alike(make("op", "matmul", *product), builder.left(over)), over, self.alike(builder.right(over), one)
        )


def same_determinant(prover: Prover, goal: Term, given: tuple[Term, ...]) -> int | None:
    """det N ≠ 0 from det M ≠ 0, for a matrix M = N written in another way."""
    n = goal.terms[0]
    if goal.name() != "!=" or n.head != "op" or n.name() != "det":
        return None
    for c in given:
        if c.head != "rel" or c.name() != "!=" or c is goal or c.terms[1] is not ZERO:
            continue
        m = c.terms[0]
        if m.head != "op" or m.name() != "det":
            continue
        if same_shape(*(shape(prover.context, s.terms[0]) for s in (n, m))):
            with suppress(Stuck, Rejected, TooLarge, ZeroDivisionError):
                same = prover.entrywise(rel("=", n.terms[0], m.terms[0]), given)
                return prover.builder.chain(prover.builder.place(same, n, (1,)), prover.builder.assume(c))
    return None
