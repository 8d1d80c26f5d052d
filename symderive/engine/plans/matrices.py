"""Matrix forms: a component in index form folded into products, transposes, outer products, diagonals.

A product of entries with sums is a graph: factors joined by indices.  An index that is summed and joins two
factors makes a matrix product of them; factors with the same indices multiply entry by entry.  Suggestions
only: each is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from symderive.kernel.context import PRIMITIVES, Context, Range, Rejected
from symderive.kernel.shapes import Shape, shape
from symderive.kernel.terms import ONE, TRUE, ZERO, Term, bound, instantiate, literal, make, subterms

Index = Term


class NoForm(Exception):
    """The component does not fold into a matrix form."""


@dataclass(frozen=True)
class Factor:
    """A tensor with the index at each of its places."""

    tensor: Term
    indices: tuple[Index, ...]


def op(name: str, *args: Term) -> Term:
    return make("op", name, *args)


def transposed(t: Term) -> Term:
    return t.terms[0] if t.head == "op" and t.name() == "transpose" else op("transpose", t)


def is_identity(t: Term) -> bool:
    """Whether a matrix is diag(1, …, 1)."""
    return t.head == "op" and t.name() == "diag" and t.terms[0].head == "tab" and t.terms[0].terms[2] is ONE


class MatrixForms:
    """Matrix forms of components with given indices (at most two)."""

    def __init__(self, context: Context, indices: Sequence[Term], ranges: Shape) -> None:
        self.context, self.indices = context, tuple(indices)
        self.ranges: dict[Index, Range] = dict(zip(indices, ranges, strict=True))
        self._serial = count(1)

    def of(self, component: Term) -> list[Term]:
        """The matrix forms of a component that were found."""
        if len(self.indices) > 2:
            return []
        try:
            found = self.fold(component, self.indices)
            return [found] if shape(self.context, found) else []
        except (NoForm, Rejected):
            return []

    def free(self, t: Term) -> tuple[Index, ...]:
        """The indices that occur in a term."""
        inside = set(subterms(t))
        return tuple(i for i in self.ranges if i in inside)

    def fold(self, t: Term, indices: tuple[Index, ...]) -> Term:
        """The tensor over the indices whose entry is the term.

        Raises:
            NoForm: none was found.
        """
        free = self.free(t)
        if not free:
            return t
        if t.head in ("at", "sym"):
            factor = self._entry(t)
            if factor is not None:
                return self._ordered(factor, indices)
        match t.head:
            case "add":
                parts = [self.fold(a, indices) for a in t.terms]
                if any(not self.free(a) for a in t.terms) or all(shape(self.context, p) for p in parts):
                    return make("add", *parts)
                raise NoForm
            case "neg":
                return make("neg", self.fold(t.terms[0], indices))
            case "app" if (t.name() in PRIMITIVES or t.name() in self.context.functions) and len(t.terms) == 1:
                if free != self._canonical(indices):
                    raise NoForm
                return make("app", t.name(), self.fold(t.terms[0], indices))
            case "pow" if literal(t.terms[1]) is not None and free == self._canonical(indices):
                base = self.fold(t.terms[0], indices)
                return op("hadamard", base, base) if literal(t.terms[1]) == 2 else make("pow", base, t.terms[1])
            case "div" if free == self._canonical(indices) and self.free(t.terms[1]) == free:
                top = self.fold(t.terms[0], indices) if self.free(t.terms[0]) else t.terms[0]
                return make("div", top, self.fold(t.terms[1], indices))
            case "div" if not self.free(t.terms[1]):
                return make("div", self.fold(t.terms[0], indices), t.terms[1])
            case "mul" | "big":
                return self._product(t, indices)
            case "cases" if self._is_delta(t) and set(free) == set(indices):
                return op("diag", make("tab", *self.ranges[indices[0]], ONE))
            case _:
                raise NoForm

    def _is_delta(self, t: Term) -> bool:
        """Whether a term is 1 where two indices agree and else 0."""
        guard, *values = t.terms
        same = guard.head == "rel" and guard.name() == "=" and all(i in self.ranges for i in guard.terms)
        return same and values == [ONE, ZERO]

    def _canonical(self, indices: Sequence[Index]) -> tuple[Index, ...]:
        return tuple(i for i in self.ranges if i in indices)

    def _entry(self, t: Term) -> Factor | None:
        indices: list[Index] = []
        while t.head == "at" and t.terms[1] in self.ranges:
            indices.insert(0, t.terms[1])
            t = t.terms[0]
        if not indices or self.free(t) or shape(self.context, t) == ():
            return None
        (lo, _), *_rest = shape(self.context, t)
        return Factor(t, tuple(indices)) if literal(lo) == 1 and len(set(indices)) == len(indices) <= 2 else None

    def _ordered(self, f: Factor, indices: tuple[Index, ...]) -> Term:
        if f.indices == indices:
            return f.tensor
        if f.indices == indices[::-1]:
            return transposed(f.tensor)
        raise NoForm

    # -- products -------------------------------------------------------------------------------

    def _product(self, t: Term, indices: tuple[Index, ...]) -> Term:
        scalars: list[Term] = []
        factors: list[Factor] = []
        summed: list[Index] = []
        self._collect(t, scalars, factors, summed)
        for i in summed:
            factors = self._contracted(factors, i)
        # what is left has free indices only
        scalars += [f.tensor for f in factors if not f.indices]
        factors = [f for f in factors if f.indices]
        factors = self._merged(factors)
        tensor = self._joined(factors, indices)
        return make("mul", *scalars, tensor) if scalars else tensor

    def _collect(self, t: Term, scalars: list[Term], factors: list[Factor], summed: list[Index]) -> None:
        """Take a product apart into scalars and factors, sums opened."""
        if t.head == "mul":
            for a in t.terms:
                self._collect(a, scalars, factors, summed)
        elif t.head == "big" and t.name() == "sum" and t.terms[2] is TRUE and self.free(t):
            i = bound(f"m#{next(self._serial)}")
            self.ranges[i] = (t.terms[0], t.terms[1])
            summed.append(i)
            self._collect(instantiate(t.terms[3], i), scalars, factors, summed)
        elif t.head == "neg":
            scalars.append(make("num", -1, 1))
            self._collect(t.terms[0], scalars, factors, summed)
        elif t.head == "div" and not self.free(t.terms[1]):
            scalars.append(make("div", ONE, t.terms[1]))
            self._collect(t.terms[0], scalars, factors, summed)
        else:
            free = self.free(t)
            if not free:
                scalars.append(t)
                return
            entry = self._entry(t) if t.head == "at" else None
            factors.append(entry or Factor(self.fold(t, free), free))

    def _contracted(self, factors: list[Factor], i: Index) -> list[Factor]:
        """The factors with the sum over an index carried out."""
        inside = self._merged([f for f in factors if i in f.indices], i)
        rest = [f for f in factors if i not in f.indices]
        if len(inside) == 1:
            (f,) = inside
            if len(f.indices) == 1:
                return [*rest, Factor(op("total", f.tensor), ())]
            ones = make("tab", *self.ranges[i], ONE)
            if f.indices[0] is i:
                return [*rest, Factor(op("matmul", ones, f.tensor), (f.indices[1],))]
            return [*rest, Factor(op("matmul", f.tensor, ones), (f.indices[0],))]
        if len(inside) != 2:
            raise NoForm
        a, b = sorted(inside, key=lambda f: (len(f.indices) == 1, self._rank(f, i)))
        if len(a.indices) == 1:
            return [*rest, Factor(op("matmul", a.tensor, b.tensor), ())]
        left = a.tensor if a.indices[1] is i else transposed(a.tensor)
        outer = a.indices[0] if a.indices[1] is i else a.indices[1]
        if len(b.indices) == 1:
            return [*rest, Factor(op("matmul", left, b.tensor), (outer,))]
        right = b.tensor if b.indices[0] is i else transposed(b.tensor)
        other = b.indices[1] if b.indices[0] is i else b.indices[0]
        if other is outer:
            raise NoForm
        return [*rest, Factor(op("matmul", left, right), (outer, other))]

    def _rank(self, f: Factor, i: Index) -> int:
        """Where the other index of a factor stands: rows of the result first."""
        others = [j for j in f.indices if j is not i]
        order = list(self.indices)
        return order.index(others[0]) if others and others[0] in order else len(order)

    def _merged(self, factors: list[Factor], near: Index | None = None) -> list[Factor]:
        """Factors with the same indices multiplied entry by entry; a vector on a matrix as a diagonal."""
        out: list[Factor] = []
        for f in factors:
            for k, g in enumerate(out):
                if set(g.indices) == set(f.indices):
                    same = f.tensor if f.indices == g.indices else transposed(f.tensor)
                    out[k] = Factor(op("hadamard", g.tensor, same), g.indices)
                    break
            else:
                out.append(f)
        if near is not None and len(out) > 2:
            return self._scaled(out)
        return out

    def _scaled(self, factors: list[Factor]) -> list[Factor]:
        """Vectors multiplied into matrices that share their index, as diagonal matrices."""
        vectors = [f for f in factors if len(f.indices) == 1]
        matrices = [f for f in factors if len(f.indices) == 2]
        for v in vectors:
            (i,) = v.indices
            k = next((k for k, m in enumerate(matrices) if i in m.indices), None)
            if k is None:
                raise NoForm
            m = matrices[k]
            d = op("diag", v.tensor)
            if is_identity(m.tensor):
                matrices[k] = Factor(d, m.indices)
                continue
            product = op("matmul", d, m.tensor) if m.indices[0] is i else op("matmul", m.tensor, d)
            matrices[k] = Factor(product, m.indices)
        return matrices

    def _joined(self, factors: list[Factor], indices: tuple[Index, ...]) -> Term:
        if len(factors) == 1:
            return self._ordered(factors[0], indices)
        if len(indices) == 2 and len(factors) == 2 and all(len(f.indices) == 1 for f in factors):
            a, b = sorted(factors, key=lambda f: indices.index(f.indices[0]))
            return op("outer", a.tensor, b.tensor)
        if len(indices) == 2 and any(len(f.indices) == 2 for f in factors):
            scaled = self._scaled(factors)
            if len(scaled) == 1:
                return self._ordered(scaled[0], indices)
        raise NoForm
