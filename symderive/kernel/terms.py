"""Terms: the interned syntax trees on which everything rests.

A term is a head and a tuple of arguments (terms, names, integers).  Terms are interned: two terms
are equal exactly when they are the same object, so equality, hashing and memoising cost one
pointer.  Bound variables are de Bruijn indices, ``bound(k)``; an index variable that is loose in a
proof line is ``bound("i")``.  Equality up to renaming is therefore plain equality, and substitution
cannot capture.

What may not live here: meaning.  Shapes, definedness and values are computed elsewhere.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from threading import Lock

MAX_DEPTH = 900
"""Deepest nesting of a term; deeper input is an error, never a crash."""

sys.setrecursionlimit(max(sys.getrecursionlimit(), 25 * MAX_DEPTH))  # functions over terms take some frames a level

MAX_DIGITS = 4000
"""Bits of a numeral's numerator or denominator."""


MAX_SIZE = 200_000
"""Nodes of a term when it is written out, shared parts as often as they occur."""


class TooDeep(ValueError):
    """A term nests deeper than `MAX_DEPTH`, is larger than `MAX_SIZE` or holds a numeral beyond `MAX_DIGITS` bits."""


# head -> kinds of its arguments: t term, n name, i integer, b de Bruijn index or name.
# A star repeats the last kind, a question mark makes it optional.
NODES: dict[str, str] = {
    "num": "ii",  # numerator, denominator > 0, reduced
    "sym": "n",  # a declared name
    "bound": "b",  # bound variable
    "meta": "nt*",  # metavariable of a rule, applied to its parameters
    "add": "ttt*",
    "neg": "t",
    "mul": "ttt*",
    "div": "tt",
    "pow": "tt",
    "app": "nt*",  # function name, arguments
    "cases": "ttt?",  # condition, value, value otherwise
    "big": "ntttt",  # sum | prod | max | min, from, to, guard, body
    "tab": "ttt",  # from, to, body: a tensor by its entries
    "at": "tt",  # an entry of a tensor or family
    "der": "tnt*",  # term, name, indices: derivative with respect to one entry of the name
    "lim": "tntn",  # term, name, point, side (both | below | above)
    "ex": "tn*",  # expectation; no names: over everything that is random
    "op": "nt*",  # tabulated operator
    "inf": "",  # upper end of an unbounded range, or the point of a limit
    "rel": "ntt",  # = != < <=
    "is": "nt*",  # property of the arguments
    "and": "t*",  # no arguments: true
    "imp": "tt",
    "all": "ttt",  # from, to, condition
}

CONDITIONS = frozenset({"rel", "is", "and", "imp", "all"})

BINDS: dict[str, tuple[int, ...]] = {"big": (0, 0, 0, 1, 1), "tab": (0, 0, 1), "all": (0, 0, 1)}
"""How many variables each argument of a binder stands under."""

NONE: frozenset[str] = frozenset()


class Term:
    """One node.  Build with `make`; compare with ``is`` or ``==`` (they agree)."""

    __slots__ = ("__weakref__", "args", "dangling", "depth", "head", "loose", "schematic", "size", "terms")

    head: str
    args: tuple[Term | str | int, ...]
    terms: tuple[Term, ...]
    """The arguments that are terms."""
    depth: int
    dangling: int
    """Number of enclosing binders that the term still needs (0: locally closed)."""
    loose: frozenset[str]
    """Names of its loose index variables."""
    schematic: bool
    """Whether a metavariable occurs."""
    size: int
    """Number of nodes when it is written out."""

    def name(self, k: int = 0) -> str:
        """Argument k, which is a name."""
        a = self.args[k]
        if not isinstance(a, str):
            raise TypeError(f"argument {k} of {self.head} is not a name")
        return a

    def __repr__(self) -> str:
        return "(" + " ".join([self.head, *map(repr_arg, self.args)]) + ")"

    def __reduce__(self) -> tuple[Callable[..., Term], tuple[object, ...]]:
        return make, (self.head, *self.args)


def repr_arg(a: Term | str | int) -> str:
    return repr(a) if isinstance(a, Term) else str(a)


def brief(t: Term, depth: int = 4) -> str:
    """The beginning of a term, for messages."""
    if not t.terms:
        return repr(t)
    if not depth:
        return "…"
    parts = [brief(a, depth - 1) if isinstance(a, Term) else str(a) for a in t.args[:8]]
    return "(" + " ".join([t.head, *parts, *(["…"] if len(t.args) > 8 else [])]) + ")"


class _Ref(weakref.ref[Term]):
    __slots__ = ("key",)
    key: tuple[object, ...]


_table: dict[tuple[object, ...], _Ref] = {}
_lock = Lock()


def _drop(ref: weakref.ref[Term]) -> None:
    if isinstance(ref, _Ref) and _table.get(ref.key) is ref:
        del _table[ref.key]


def make(head: str, *args: Term | str | int) -> Term:
    """The term with this head and these arguments; not checked against `NODES`.

    Raises:
        TooDeep: the term would nest deeper than `MAX_DEPTH` or be larger than `MAX_SIZE`.
    """
    key = (head, args)
    ref = _table.get(key)
    if ref is not None:
        found = ref()
        if found is not None:
            return found
    t = Term.__new__(Term)
    t.head, t.args = head, args
    t.terms = tuple([a for a in args if a.__class__ is Term])
    depth, size, dangling, loose, schematic = 0, 1, 0, NONE, head == "meta"
    binds = BINDS.get(head)
    for k, a in enumerate(args):
        if a.__class__ is not Term:
            continue
        depth = max(depth, a.depth)
        size += a.size
        level = a.dangling - binds[k] if binds else a.dangling
        dangling = max(dangling, level)
        if a.loose:
            loose = loose | a.loose if loose else a.loose
        schematic = schematic or a.schematic
    if head == "bound":
        if isinstance(args[0], str):
            loose = frozenset(args)  # type: ignore[arg-type]
        else:
            dangling = args[0] + 1  # type: ignore[operator]
    if depth >= MAX_DEPTH:
        raise TooDeep(f"the term nests deeper than {MAX_DEPTH} levels")
    if size > MAX_SIZE:
        raise TooDeep(f"the term has more than {MAX_SIZE} nodes when it is written out")
    t.depth, t.size, t.dangling, t.loose, t.schematic = depth + 1, size, dangling, loose, schematic
    with _lock:
        ref = _table.get(key)
        found = ref() if ref is not None else None
        if found is not None:
            return found
        ref = _Ref(t, _drop)
        ref.key = key
        _table[key] = ref
    return t


# -- constructors ---------------------------------------------------------------------------------


def num(value: Fraction | int, over: int = 1) -> Term:
    """The rational number value/over."""
    q = Fraction(value, over) if over != 1 else value
    if abs(q.numerator).bit_length() > MAX_DIGITS or q.denominator.bit_length() > MAX_DIGITS:
        raise TooDeep(f"a numeral has more than {MAX_DIGITS} bits")
    return make("num", q.numerator, q.denominator)


def sym(name: str) -> Term:
    return make("sym", name)


def bound(which: int | str) -> Term:
    return make("bound", which)


def rel(op: str, a: Term, b: Term) -> Term:
    return make("rel", op, a, b)


def at(t: Term, *indices: Term) -> Term:
    for i in indices:
        t = make("at", t, i)
    return t


TRUE = make("and")
ZERO = num(0)
ONE = num(1)
INF = make("inf")


def value(t: Term) -> Fraction | int | None:
    """The number that a numeral stands for; None for every other term."""
    if t.head != "num":
        return None
    p, q = t.args
    return p if q == 1 else Fraction(p, q)  # type: ignore[return-value, arg-type]


def literal(t: Term) -> Fraction | int | None:
    """The rational number written by numerals and + − · / alone."""
    if t.head == "num":
        return value(t)
    if t.head not in ("add", "neg", "mul", "div"):
        return None
    first, *rest = parts = [literal(a) for a in t.terms]
    if any(x is None for x in parts):
        return None
    out = Fraction(first)  # type: ignore[arg-type]
    for x in rest:
        if t.head == "div" and not x:
            return None
        out = out + x if t.head == "add" else out * x if t.head == "mul" else out / x  # type: ignore[operator]
    out = -out if t.head == "neg" else out
    return out.numerator if out.denominator == 1 else out


# -- traversal and substitution -------------------------------------------------------------------


def rebuild(t: Term, f: Callable[[Term, int], Term]) -> Term:
    """`t` with f applied to each argument that is a term; f is told how many binders it enters."""
    binds = BINDS.get(t.head)
    args = list(t.args)
    changed = False
    for k, a in enumerate(args):
        if a.__class__ is Term:
            b = f(a, binds[k] if binds else 0)
            if b is not a:
                args[k] = b
                changed = True
    return make(t.head, *args) if changed else t


def shift(t: Term, by: int, level: int = 0) -> Term:
    """Raise the dangling variables of `t` by `by`, as when it moves under `by` binders."""
    if t.dangling <= level or by == 0:
        return t
    if t.head == "bound":
        k = t.args[0]
        assert isinstance(k, int)
        if k + by < level:
            raise ValueError("a bound variable would escape its binder")
        return bound(k + by)
    return rebuild(t, lambda a, n: shift(a, by, level + n))


def occurs(t: Term, level: int = 0) -> bool:
    """Whether the variable `level` binders up occurs in `t`."""
    if t.dangling <= level:
        return False
    if t.head == "bound":
        return t.args[0] == level
    binds = BINDS.get(t.head)
    return any(occurs(a, level + (binds[k] if binds else 0)) for k, a in enumerate(t.args) if isinstance(a, Term))


def instantiate(body: Term, arg: Term, level: int = 0) -> Term:
    """`body`, which stands under one binder, with `arg` for its variable."""
    if body.dangling <= level:
        return body
    if body.head == "bound":
        k = body.args[0]
        assert isinstance(k, int)
        return shift(arg, level) if k == level else bound(k - 1)
    return rebuild(body, lambda a, n: instantiate(a, arg, level + n))


def abstract(t: Term, name: str, level: int = 0) -> Term:
    """The body of a binder over the loose variable `name`."""
    if name not in t.loose and t.dangling <= level:
        return t
    if t.head == "bound":
        k = t.args[0]
        return bound(level) if k == name else bound(k + 1)  # type: ignore[operator]
    return rebuild(t, lambda a, n: abstract(a, name, level + n))


def substitute(t: Term, values: Mapping[str, Term], level: int = 0) -> Term:
    """`t` with terms for its loose variables, all at once."""
    if t.loose.isdisjoint(values):
        return t
    if t.head == "bound":
        return shift(values[t.args[0]], level)  # type: ignore[index]
    return rebuild(t, lambda a, n: substitute(a, values, level + n))


def put(t: Term, values: Mapping[str, Term], level: int = 0) -> Term:
    """`t` with terms for names that stand for numbers.

    Raises:
        ValueError: a name stands under a derivative, a limit or an expectation.
    """
    if t.head == "sym":
        return shift(values[t.name()], level) if t.name() in values else t
    if t.head in ("der", "lim", "ex"):
        for s in subterms(t):
            if any(a in values for a in s.args if isinstance(a, str)):
                raise ValueError(f"a placeholder under {t.head}")
        return t
    return rebuild(t, lambda a, n: put(a, values, level + n))


def fresh(*terms: Term, stem: str = "i") -> str:
    """A name for a loose variable that occurs in none of the terms; the same each time."""
    taken: set[str] = set()
    for t in terms:
        taken |= t.loose
    return fresh_name(taken, stem)


def fresh_name(taken: Iterable[str], stem: str = "i") -> str:
    taken = set(taken)
    k = 1
    while f"{stem}#{k}" in taken:
        k += 1
    return f"{stem}#{k}"


def subterms(t: Term) -> list[Term]:
    """Every distinct subterm, arguments before the terms that hold them."""
    seen: set[Term] = set()
    order: list[Term] = []
    stack: list[tuple[Term, bool]] = [(t, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((a, False) for a in node.args if isinstance(a, Term))
    return order


def negate(condition: Term) -> Term | None:
    """The relation that holds exactly where both sides are defined and `condition` fails."""
    if condition.head != "rel":
        return None
    op, a, b = condition.args
    assert isinstance(a, Term)
    assert isinstance(b, Term)
    match op:
        case "=":
            return rel("!=", a, b)
        case "!=":
            return rel("=", a, b)
        case "<":
            return rel("<=", b, a)
        case _:
            return rel("<", b, a)


def conjuncts(condition: Term) -> list[Term]:
    """The parts of a conjunction, however nested."""
    if condition.head != "and":
        return [condition]
    return [c for part in condition.terms for c in conjuncts(part)]
