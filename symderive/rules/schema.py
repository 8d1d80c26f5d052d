"""How a rule is written down: metavariables, side conditions, and the three kinds of rows.

One convention for the whole book, as in a textbook: every metavariable has the same sort everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from symderive.kernel.book import Entry
from symderive.kernel.context import Operator, base_name
from symderive.kernel.reader import Text
from symderive.kernel.terms import Term, make, subterms, sym
from symderive.language.expr import Expr, Like, Lim, is_, lift

SORTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys("abcdstu", ("scalar",)),
    **dict.fromkeys(("i", "j", "k", "l", "m", "n", "lo", "hi", "mid"), ("int",)),
    **dict.fromkeys("fg", ("scalar", "int")),  # f(i)
    "F": ("scalar", "scalar"),  # F(a), not under an operator
    "G": ("scalar", "scalar", "scalar"),  # G(a, b), likewise
    "p": ("cond",),
    "w": ("cond", "int"),  # a guard w(i)
    **dict.fromkeys("ABST", ("tensor",)),
    **dict.fromkeys("vy", ("place",)),  # an entry by which one differentiates
    **dict.fromkeys("xz", ("name",)),
    "X": ("names",),  # random names; none: everything random
    "phi": ("function",),  # an unknown function
    "r": ("approach",),  # x → a, from a side or both, or x → ±∞
}


@dataclass(frozen=True)
class Row:
    """An entry of the book as it is written in a table."""

    name: str
    claim: Term
    conditions: tuple[Term, ...]
    defined: str
    says: str
    cite: str
    derived: bool

    @property
    def entry(self) -> Entry:
        """The row as the kernel takes it."""
        says, cite = Text(self.says), Text(self.cite)
        return Entry(self.name, self.metas, self.conditions, self.claim, self.defined, self.derived, says, cite)

    @property
    def metas(self) -> dict[str, tuple[str, ...]]:
        """The metavariables that occur, with their sorts, by name."""
        found = set()
        for t in (self.claim, *self.conditions):
            for s in subterms(t):
                if s.head == "meta":
                    found.add(s.name())
                found |= {base_name(a[1:]) for a in s.args if isinstance(a, str) and a.startswith("?")}
        return {m: SORTS[m] for m in sorted(found)}


def axiom(name: str, claim: Expr, *conditions: Expr, defined: str = "both", says: str, cite: str = "") -> Row:
    """A rule that is believed; it is tested in exact models, and each condition for being needed."""
    return Row(name, claim.term, tuple(c.term for c in conditions), defined, says, cite, derived=False)


def theorem(name: str, claim: Expr, *conditions: Expr, defined: str = "both", says: str, cite: str = "") -> Row:
    """A rule that follows from others; its proof is stored beside the tables and re-checked."""
    return Row(name, claim.term, tuple(c.term for c in conditions), defined, says, cite, derived=True)


@dataclass(frozen=True)
class Meaning:
    """A function or operator by what it stands for; ``shapes`` name the dimensions of its arguments."""

    name: str
    params: tuple[str, ...]
    shapes: tuple[str, ...]
    body: Term | None
    says: str
    result: str = ""
    domain: tuple[Term, ...] | None = None

    @property
    def operator(self) -> Operator:
        """The row as the kernel takes it."""
        return Operator(
            self.name, self.params, tuple(map(tuple, self.shapes)), self.body, tuple(self.result), self.domain
        )


def meaning(name: str, params: str, shapes: str, body: Expr | None, says: str, result: str = "") -> Meaning:
    """``meaning("dot", "a b", "n n", Σ …)``: shapes are words of dimension letters, ``.`` for a number."""
    words = tuple("" if s == "." else s for s in shapes.split())
    return Meaning(name, tuple(params.split()), words, None if body is None else body.term, says, result)


def function_of(name: str, params: str, body: Expr, says: str, *, domain: tuple[Expr, ...] = ()) -> Meaning:
    """A function of numbers, defined where `domain` holds (everywhere if nothing is said)."""
    names = tuple(params.split())
    conditions = tuple(c.term for c in domain)
    return Meaning(name, names, ("",) * len(names), body.term, says, "", conditions)


# -- metavariables ----------------------------------------------------------------------------------


def metas(names: str) -> tuple[Expr, ...]:
    return tuple(Expr(make("meta", n)) for n in names.split())


def applied(name: str) -> Callable[..., Expr]:
    """A metavariable with parameters."""
    return lambda *args: Expr(make("meta", name, *(lift(arg).term for arg in args)))


def named(names: str) -> tuple[Expr, ...]:
    """Metavariables for names, for use where a name stands."""
    return tuple(Expr(sym(f"?{n}")) for n in names.split())


a, b, c, d, s, t, u = metas("a b c d s t u")
i, j, k, l, m, n, lo, hi, mid = metas("i j k l m n lo hi mid")
A, B, S, T = metas("A B S T")
p = metas("p")[0]
f, g, F, G, w = map(applied, "fgFGw")
v, y, x, z, X, r = named("v y x z X r")


def limit(t: Like) -> Expr:
    """The limit of t as r says."""
    return Lim(t, r, 0)


def phi(*args: Like, slots: str = "") -> Expr:
    """The unknown function at arguments; ``slots`` is the suffix of a derived name."""
    return Expr(make("app", "?phi" + slots, *(lift(arg).term for arg in args)))


# -- side conditions that syntax decides --------------------------------------------------------------


def free(part: Expr, of: Expr) -> Expr:
    """`part` does not depend on the name, through definitions."""
    return is_("free", part, of)


def fixed(part: Expr, *over: Expr) -> Expr:
    """`part` is not random (as far as the names say)."""
    return is_("fixed", part, *over)


def apart(one: Expr, other: Expr) -> Expr:
    """The random entries that the two use are different ones, mutually independent by the facts."""
    return is_("apart", one, other)


def span(tensor: Expr, first: Like, last: Like) -> Expr:
    """The first index of the tensor runs from first to last."""
    return is_("range", tensor, first, last)


def law(of: Expr, name: str, *parameters: Like) -> Expr:
    """The declared law of a random name."""
    return is_("law", of, Expr(sym(name)), *parameters)


def negated(condition: Expr) -> Expr:
    """The relation that is true where the condition is false."""
    return is_("not", condition)
