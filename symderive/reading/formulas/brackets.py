"""Brackets, bars, norms, written vectors and matrices, cases: what each means as a term."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from symderive.kernel.shapes import is_integer
from symderive.kernel.terms import ONE, TRUE, ZERO, Term, abstract, bound, make, num, rel
from symderive.reading.formulas import dots
from symderive.reading.formulas.factors import binders_of_table, el_value, strip_scripts
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.names import loose, spell, tabulate
from symderive.reading.formulas.sums import binding
from symderive.reading.formulas.surface import Node, Surface
from symderive.reading.formulas.symbols import items, label, peel, unwrap

if TYPE_CHECKING:
    from symderive.reading.formulas.elaborate import Elaborator, Factor, Value


def dotted_entries(el: Elaborator, parts: Sequence[Surface], node: Surface) -> Value:
    """``x_1, …, x_n`` as a vector."""
    found = dots.split(parts)
    if found is None or found[0] or found[2]:
        raise el.error("unsupported", "what the dots stand for is not clear", node)
    dotted = found[1]
    lo, hi = el.index(dotted.first), el.index(dotted.last)
    with binding(el, dots.INDEX, lo, hi) as name:
        body = el.scalar(dotted.item)
    return el_value(el, make("tab", lo, hi, abstract(body, name)))


def bracket(el: Elaborator, node: Node) -> Value:
    """What stands in brackets: a term, a modulus, a norm, a list of entries."""
    opened = node.parts[0]
    assert isinstance(opened, Leaf)
    if len(node.parts) < 3:
        raise el.error("syntax", "an empty bracket stands for nothing", node, "Fill it, or remove it.")
    inside, closed = node.parts[1], node.parts[2]
    if opened.type == "LPAR" and {"(": ")", "[": "]"}.get(opened.text, closed.text) != closed.text:
        message = f"{opened.text} is closed by {closed.text}"
        raise el.error("syntax", message, node, "An interval stands after \\in; in a term brackets must match.")
    match opened.type:
        case "LBAR":
            v = el.value(inside)
            s = el.shape(v, node)
            if s:
                kind = "a vector" if len(s) == 1 else "a matrix"
                raise el.error(
                    "ambiguous", f"bars around {kind} have two readings", node, "Write \\det or \\lVert … \\rVert."
                )
            return el_value(el, make("app", "abs", v.term))
        case "LNORM":
            return norm(el, inside, "", node)
        case "LANGLE":
            parts = items(inside)
            if len(parts) != 2:
                raise el.error("unsupported", "angle brackets hold two vectors", node, "Write \\langle x, y \\rangle.")
            a, b = (el.value(p) for p in parts)
            word = "matmul" if len(el.shape(a, node)) == 1 else "inner"
            return el_value(el, make("op", word, a.term, b.term))
        case "LDOT":
            raise el.error(
                "unsupported", "an evaluation bar without its point", node, "Write \\left. … \\right|_{x = a}."
            )
        case _:
            if opened.text in ("floor", "ceil"):
                return rounded(el, opened.text, inside, node)
            parts = items(inside)
            if len(parts) == 1:
                return el.value(parts[0])
            if any(isinstance(p, Leaf) and p.type == "DOTS" for p in parts):
                return dotted_entries(el, parts, node)
            return entries(el, [[el.scalar(p)] for p in parts], node)


def not_rounded(el: Elaborator, node: Surface) -> None:
    """Refuse ``[x]`` and ``{x}``, which may be the integer or the fractional part of a number, or a set.

    Raises:
        ReadingError: square or curly brackets stand around a name alone.
    """
    if isinstance(node, Node) and node.kind == "bracket" and len(node.parts) == 3:
        opened, inside = node.parts[:2]
        if isinstance(opened, Leaf) and opened.text in ("[", "{") and peel(inside) is not None:
            raise el.error("ambiguous", "brackets around a name alone have other meanings", node, "Remove them.")


def not_mixed(el: Elaborator, factors: Sequence[Factor], node: Surface) -> None:
    r"""Refuse ``2\frac12`` by itself: a product, or a mixed number?

    Raises:
        ReadingError: an integer stands before a fraction of integers, and nothing else.
    """
    if len(factors) == 2 and not factors[1].op and isinstance(factors[1].node, Node):
        number, fraction = factors[0].node, factors[1].node
        parts = [unwrap(p) for p in fraction.parts[1:3]] if fraction.kind == "fraction" else []
        if parts and all(isinstance(p, Leaf) and p.type == "NUMBER" for p in (number, *parts)):
            raise el.error("ambiguous", "a product, or a mixed number?", node, "Write \\cdot between the factors.")


def not_difference(el: Elaborator, factors: Sequence[Factor], k: int) -> None:
    r"""Refuse ``\\Delta x`` and ``D_x f`` for a Δ or a D of which nothing is said: a difference, a derivative?

    Raises:
        ReadingError: a name follows one of them.
    """
    s = peel(factors[k].node)
    if s is None or s.base not in ("Δ", "D") or s.upper is not None:
        return
    below = peel(s.lower) if s.lower is not None else None
    if s.base == "D" and (below is None or below.base not in el.names):
        return
    if k + 1 < len(factors) and not factors[k + 1].op and peel(factors[k + 1].node) is not None:
        if s.base not in el.names or el.names.is_inferred(s.base):
            advice = "Declare it, or write the difference as a name of its own."
            raise el.error("undeclared", "nothing was said of this letter before a name", factors[k].node, advice)


def rounded(el: Elaborator, word: str, inside: Surface, node: Surface) -> Value:
    """⌊a/b⌋ and ⌈a/b⌉ of integers a ≥ 0 and b > 0, by counting the multiples of b; undefined elsewhere."""
    t = el.scalar(inside)
    context = el.names.scope.context()
    a, b = t.terms if t.head == "div" else (t, ONE)
    if not (is_integer(context, a) and is_integer(context, b)):
        message = "rounding brackets are read around quotients of integers"
        raise el.error("unsupported", message, node, "Declare the sizes as positive integers.")
    if b is ONE:
        return el_value(el, a)
    k = loose("k")
    multiple = make("mul", bound(k), b)
    if word == "floor":
        lo, hi, counts = ONE, a, rel("<=", multiple, a)
    else:
        lo, hi, counts = ZERO, make("add", a, num(-1)), rel("<", multiple, a)
    total = make("big", "sum", lo, hi, TRUE, abstract(make("cases", counts, ONE, ZERO), k))
    fits = make("and", rel("<=", ZERO, a), rel("<", ZERO, b))
    return el_value(el, make("cases", fits, total))


def norm(el: Elaborator, inside: Surface, which: str, node: Surface) -> Value:
    v = el.value(inside)
    s = el.shape(v, node)
    if not s:
        unknown = [n for n in el.names.scope.context().closure(v.term) if el.names.is_inferred(n)]
        if unknown:
            message = f"nothing says whether {spell(min(unknown))} is a number or a vector"
            raise el.error(
                "undeclared", message, node, "Declare it: $x \\in \\mathbb{R}^n$, or write |x| for a number."
            )
        return el_value(el, make("app", "abs", v.term))
    if len(s) == 2 and which == "F":
        return el_value(el, make("op", "norm2", v.term))
    if len(s) == 2:
        raise el.error("ambiguous", "the norm of a matrix has several readings", node, "Write \\lVert A \\rVert_F.")
    table = {"": "norm2", "2": "norm2", "1": "norm1", "∞": "norminf"}
    if which not in table:
        raise el.error("unsupported", f"the norm with index {which} is not read", node)
    return el_value(el, make("op", table[which], v.term))


def scripted_bracket(el: Elaborator, node: Node) -> Value | None:
    """‖x‖ with scripts, and a value at a point."""
    base, scripts = strip_scripts(node)
    if not (isinstance(base, Node) and base.kind == "bracket" and len(base.parts) == 3):
        return None
    opened = base.parts[0]
    assert isinstance(opened, Leaf)
    if binders := binders_of_table(base, scripts):
        return table_of_entries(el, base.parts[1], binders, node)
    if opened.type == "LDOT":
        return calculus_at(el, base.parts[1], [unwrap(s.parts[1]) for s in scripts], node)
    if opened.type != "LNORM":
        return None
    which, power = "", None
    for s in scripts:
        if s.kind == "subscript":
            which = label(s.parts[1])
        else:
            power = unwrap(s.parts[1])
    if power is not None and isinstance(power, Leaf) and power.text == "2" and which in ("", "2", "F"):
        v = el.value(base.parts[1])
        rank = len(el.shape(v, node))
        if rank == 1 or (rank == 2 and which == "F"):
            out = make("op", "square", v.term)
            el.shape(out, node)
            return el_value(el, out)
    out_ = norm(el, base.parts[1], which, node)
    return out_ if power is None else el.power(out_, power, node)


def table_of_entries(
    el: Elaborator, inside: Surface, binders: Sequence[tuple[str, Surface, Surface]], node: Surface
) -> Value:
    """``[x_{ij}]_{i=1,j=1}^{n,m}``: a tensor by its entries."""
    saved, ranges = dict(el.bound), []
    for letter, start, end in binders:
        name, (lo, hi) = loose(letter), (el.index(start), el.index(end))
        ranges.append((name, lo, hi))
        el.bound[letter], el.bound_ranges[letter] = bound(name), (lo, hi)
    out = el.term(inside)
    el.shape(out, node)
    el.bound = saved
    for name, lo, hi in reversed(ranges):
        out = make("tab", lo, hi, abstract(out, name))
    return el_value(el, out)


def calculus_at(el: Elaborator, inside: Surface, points: Sequence[Surface], node: Surface) -> Value:
    from symderive.reading.formulas.calculus import at_point

    if len(points) != 1:
        raise el.error("unsupported", "an evaluation bar with two limits is not read", node)
    return at_point(el, inside, points[0], node)


def entries(el: Elaborator, rows: Sequence[Sequence[Term]], node: Surface) -> Value:
    """A vector (one column) or matrix, entry by entry."""
    m, n = len(rows), len(rows[0]) if rows else 0
    if not n:
        raise el.error("syntax", "a matrix without entries stands for nothing", node, "Write its entries.")
    if any(len(r) != n for r in rows):
        raise el.error("shape", "the rows of the matrix differ in length", node)
    if m * n > 400:
        raise el.error("limit", "a written matrix of more than 400 entries", node, "Declare it, and give it a name.")

    def pick(parts: Sequence[Term], i: Term) -> Term:
        out = parts[-1]
        for k in range(len(parts) - 2, -1, -1):
            out = make("cases", rel("=", i, num(k + 1)), parts[k], out)
        return out

    if n == 1:
        return el_value(el, tabulate(lambda i: pick([r[0] for r in rows], i), ((ONE, num(m)),)))
    if m == 1:
        return el_value(el, tabulate(lambda i: pick(rows[0], i), ((ONE, num(n)),)), row=True)
    whole = tabulate(lambda i, j: pick([pick(r, j) for r in rows], i), ((ONE, num(m)), (ONE, num(n))))
    return el_value(el, whole)


MATRICES = frozenset("matrix pmatrix bmatrix Bmatrix smallmatrix array".split())


def environment(el: Elaborator, node: Node) -> Value:
    name, rows = node.parts[0].text, node.parts[1]
    assert isinstance(rows, Node)
    table = [
        [c.parts[0] if c.parts else None for c in r.parts if isinstance(c, Node)]
        for r in rows.parts
        if isinstance(r, Node)
    ]
    table = [r for r in table if any(c is not None for c in r)]
    if name in ("cases", "dcases", "rcases"):
        return cases(el, table, node)
    if name in MATRICES:
        table = [[p for c in r for p in ([None] if c is None else items(c))] for r in table]
        if sum(map(len, table)) > 400:
            raise el.error(
                "limit", "a written matrix of more than 400 entries", node, "Declare it, and give it a name."
            )
        if any(c is None for r in table for c in r):
            raise el.error("syntax", "an entry of the matrix is missing", node)
        return entries(el, [[el.scalar(c) for c in r if c is not None] for r in table], node)
    if name in ("aligned", "split", "gathered", "alignedat"):
        raise el.error("unsupported", f"the environment {name} within a term", node, "Write its rows apart.")
    raise el.error(
        "unsupported", f"the environment {name} is not read", node, "Write a matrix, cases, or rows of an align."
    )


def cases(el: Elaborator, table: list[list[Surface | None]], node: Node) -> Value:
    """Branch by branch, the first whose condition holds; undefined if none does."""
    branches: list[tuple[Term | None, Value]] = []
    for row in table:
        if row[0] is None:
            raise el.error("syntax", "a case has no value", node)
        first = row[0]
        guard = row[1] if len(row) > 1 else None
        if guard is None:
            parts = items(first)
            words = [k for k, p in enumerate(parts) if isinstance(p, Leaf) and p.type == "TEXT"]
            if words:
                first, rest = parts[0], parts[words[0] :]
                guard = rest[0] if len(rest) == 1 else Node("listed", rest)
            elif len(parts) == 2:
                first, guard = parts
        kept = [p for p in items(first) if not (isinstance(p, Leaf) and p.type == "TEXT")]
        v = el.value(kept[0] if len(kept) == 1 else first)
        branches.append((None if guard is None or _otherwise(guard) else el.condition(guard), v))
    if sum(guard is None for guard, _ in branches) > 1 or any(guard is None for guard, _ in branches[:-1]):
        raise el.error("syntax", "a case does not say when it holds", node, "Write its condition after an &.")
    out: Term | None = None
    for guard_term, v in reversed(branches):
        out = v.term if guard_term is None else make("cases", guard_term, v.term, *(() if out is None else (out,)))
    if out is None:
        raise el.error("syntax", "cases without a branch", node)
    return el_value(el, out, row=any(v.row for _, v in branches))


def _otherwise(guard: Surface) -> bool:
    words = [p.text.lower() for p in items(guard) if isinstance(p, Leaf) and p.type == "TEXT"]
    return any(w.startswith(("otherwise", "else")) for w in words)
