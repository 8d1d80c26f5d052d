"""What a relation between two terms says, as conditions on which a judge can rule.

Equations and orders, up to a constant, up to a factor, up to terms of some order, and to the decimals that are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from symderive.kernel.shapes import Shape
from symderive.kernel.terms import ZERO, Term, make, num, rel, subterms, sym
from symderive.reading.chains import Side
from symderive.reading.formulas.calculus import function_of, replaced
from symderive.reading.formulas.elaborate import Elaborator, Value
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.names import Names, tabulate
from symderive.reading.formulas.surface import Node, parse
from symderive.reading.formulas.symbols import peel, symbol_key

POWER = re.compile(r"\s*(\\?[A-Za-z]+)\s*(?:\^\s*(?:\{\s*(\d)\s*\}|(\d)))?\s*")


DECIMAL = re.compile(r"\s*(-?)\s*(\d*)(?:\.(\d*))?(?:\s*\\(?:times|cdot)\s*10\^\{?\s*(-?\d+)\s*\}?)?\s*\Z")


@dataclass
class Claim:
    """What a relation says, as conditions that must all hold.

    Attributes:
        kind: ``=``, ``<`` …; ``const`` (up to a constant), ``propto``, ``approx``, or empty.
        rounded: the same with the right side as a rounded number, where it is one.
        misfit: why both sides cannot be compared: their shapes.
        loose: whether some shape in it was only inferred, or taken over from an earlier part.
        why: why there are no conditions.
    """

    kind: str
    conditions: tuple[Term, ...] = ()
    rounded: tuple[Term, ...] = ()
    misfit: str = ""
    loose: bool = False
    why: tuple[str, str] = ("", "")


def relate(
    names: Names, sign: str, a: Value, b: Value, right: Side, between: Sequence[Side], constants: Sequence[str] = ()
) -> Claim:
    """What ``a sign b`` says."""
    place = Node("empty", [])
    el = Elaborator(names, place)
    if not sign:
        return Claim("", why=("turns", "the relations before it do not give one between these two terms"))
    try:
        a, b = el.fit([a, b])
        s = el.shape(a, place)
        el.shape(b, place)
    except ReadingError as error:
        return Claim("", why=(error.code, error.text))
    ends = [x for x in (*between[:1], right) if x.constant == "O"]
    if ends and right.constant != "O":
        return Claim("", why=("order", "terms of some order are left out before, and not here"))
    if ends:
        return _up_to_order(names, sign, a.term, b.term, s, [x.order for x in ends])
    if any(x.constant == "O" for x in between):
        return Claim("", why=("order", "terms of some order are left out between these two"))
    if sign == "propto" or any(x.constant for x in between):
        return _up_to(names, "propto" if sign == "propto" else "const", a.term, b.term, s, constants)
    try:
        whole = el.relate("=" if sign in ("~~", "<-") else sign, a, b, place)
    except ReadingError as error:
        return Claim(sign, misfit=error.text, loose=presumed(names, a.term, b.term))
    rounded = rounding(a.term, right.text) if not s and sign in ("=", "~~") else ()
    if sign == "~~":
        return Claim("approx", rounded, why=("" if rounded else "approx", "≈ between two terms is not judged"))
    return Claim(sign, (whole,), rounded)


def presumed(names: Names, *terms: Term) -> bool:
    """Whether a shape in some terms was only inferred, or comes from an earlier part."""
    context = names.scope.context()
    used = {m for t in terms for n in context.closure(t) for m in names.rests_on(n)}
    return any(
        m.role in ("inferred", "open dimension") or n in names.adopted
        for n in used
        if (m := names.meanings.get(n)) is not None
    )


def merged(claim: Claim, given: Sequence[Term], names: Names) -> Claim:
    """A claim in which indices that a condition puts equal are one."""
    for f in given:
        if f.head == "rel" and f.name() == "=" and f.terms[0].head == "sym" and f.terms[1].head in ("sym", "num"):
            name, other = f.terms[0].name(), f.terms[1]
            if names.declared(name).kind == "int":
                claim = replace(claim, conditions=tuple(replaced(t, name, other) for t in claim.conditions))
    return claim


def rounding(a: Term, text: str) -> tuple[Term, ...]:
    """That a number agrees with a decimal numeral: they differ by at most half a unit of its last digit."""
    m = DECIMAL.match(text)
    if m is None or not (m.group(2) or m.group(3)) or m.group(3) is None:
        return ()
    power = int(m.group(4) or 0)
    if abs(power) > 60:
        return ()
    r = Fraction(f"{m.group(1)}{m.group(2) or '0'}.{m.group(3) or '0'}") * Fraction(10) ** power
    half = Fraction(1, 2) * Fraction(10) ** (power - len(m.group(3)))
    difference = make("add", a, num(-r))
    return rel("<=", difference, num(half)), rel("<=", num(-half), difference)


def _up_to(names: Names, kind: str, a: Term, b: Term, s: Shape, constants: Sequence[str]) -> Claim:
    """That the difference, or the quotient, does not depend on some names: its derivatives are zero."""
    if not constants:
        return Claim("", why=("constant", "nothing says on what the constant does not depend"))
    if s:
        return Claim("", why=("constant", "a constant is added to a tensor"))
    whole = make("add", a, make("neg", b)) if kind == "const" else make("div", a, b)
    out: list[Term] = []
    for n in constants:
        ranges = names.ranges(n)
        if any(lo.dangling or hi.dangling for lo, hi in ranges):
            return Claim("", why=("constant", "the constant depends on a family whose ranges depend on each other"))
        der = tabulate(lambda *i, n=n: make("der", whole, n, *i), ranges) if ranges else make("der", whole, n)
        zero = tabulate(lambda *_: ZERO, ranges) if ranges else ZERO
        out.append(rel("=", der, zero))
    return Claim(kind, tuple(out))


def _up_to_order(names: Names, sign: str, a: Term, b: Term, s: Shape, orders: Sequence[tuple[str, str]]) -> Claim:
    """That a number is another one up to terms of the last of the orders, in which all terms left out before lie.

    With k derivatives at 0, those below the k-th zero, the difference is O of the k-th power (Taylor, with Peano's
    remainder).
    """
    found = [POWER.fullmatch(inside) for _, inside in orders]
    keys = {symbol_key(x) for m in found if m and (x := peel(parse(m.group(1), names.words))) is not None}
    context = names.scope.context()
    if s or sign != "=" or None in found or len(keys) != 1 or next(iter(keys)) not in names:
        return Claim("", why=("order", "terms of this order are not judged"))
    (v,) = keys
    # how much is left out: o(x) lies between O(x) and O(x^2)
    sizes = [2 * int(m.group(2) or m.group(3) or 1) + (o == "o") for (o, _), m in zip(orders, found, strict=True) if m]
    if sizes[0] < sizes[-1]:
        return Claim("", why=("order", "more was left out before"))
    gap = make("add", a, make("neg", b))
    inner = [n for n in context.closure(gap) if n in context.definitions and v in context.closure(sym(n))]
    operators = any(x.head in ("der", "lim", "ex") and context.depends(x, v) for x in subterms(gap))
    if context.declared(v).kind != "real" or names.ranges(v) or v in context.definitions or inner or operators:
        return Claim("", why=("order", f"terms of some order in {v} are judged only for explicit functions of it"))
    function, k, little = function_of(names, gap, v), sizes[-1] // 2, sizes[-1] % 2
    slopes = [make("app", function + "'" * j, ZERO) for j in range(k + 1)]
    exists = () if little else (rel("=", slopes[k], slopes[k]),)
    return Claim("O", (*(rel("=", d, ZERO) for d in slopes[: k + little]), *exists))


def compose(signs: Sequence[str]) -> str:
    """The relation between the ends of a chain; empty if there is none."""
    kinds = {"=" if s == "<-" else s for s in signs}
    kinds.discard("=")
    if not kinds:
        return "="
    if kinds <= {"~~"}:
        return "~~"
    if kinds <= {"propto"}:
        return "propto"
    for less, leq in (("<", "<="), (">", ">=")):
        if kinds <= {less, leq}:
            return less if less in kinds else leq
    return "!=" if kinds == {"!="} and list(signs).count("!=") == 1 else ""


def orientations(names: Names, sign: str, a: Value, b: Value, right: Side | None = None) -> Iterator[Claim]:
    """The claim with one side transposed: what it says in the other layout of derivatives."""
    place = Node("empty", [])
    el = Elaborator(names.copy(), place)
    for x, y in ((el.transpose(a, el.shape(a, place)), b), (a, el.transpose(b, el.shape(b, place)))):
        found = relate(names, sign, x, y, right or Side([]), ())
        if found.conditions:
            yield found
