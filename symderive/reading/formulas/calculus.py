"""Derivatives and limits as they are written, as terms.

A derivative by a vector is the table of derivatives by its entries: ∂(number)/∂X has the shape of X, and
∂y/∂x is the Jacobian with entries ∂yᵢ/∂xⱼ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from symderive.kernel.context import Definition, Name, base_name
from symderive.kernel.terms import INF, Term, at, bound, make, rebuild, shift, subterms, sym
from symderive.reading.formulas.factors import Taken, el_value
from symderive.reading.formulas.functions import applied, function_named, head
from symderive.reading.formulas.graft import graft
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.names import Meaning, Names, spell, tabulate
from symderive.reading.formulas.surface import Node, Surface
from symderive.reading.formulas.symbols import items, label, peel, transposes, unwrap

if TYPE_CHECKING:
    from symderive.reading.formulas.elaborate import Elaborator, Factor, Value


def _differential(el: Elaborator, node: Surface) -> int | None:
    """The order of ∂ or d (∂² is 2); None for anything else."""
    order = 1
    if isinstance(node, Node) and node.kind == "superscript":
        script = unwrap(node.parts[1])
        if not (isinstance(script, Leaf) and script.type == "NUMBER"):
            return None
        order, node = int(script.text), node.parts[0]
    if isinstance(node, Leaf) and (node.type == "PARTIAL" or (node.type == "LETTER" and node.text == "d")):
        return order
    return None


def _named_d(el: Elaborator, node: Surface) -> bool:
    """Whether the d of a derivative is the letter d, which has a meaning of its own here."""
    parts = _parts(node)
    return "d" in el.names and isinstance(parts[0], Leaf) and parts[0].type == "LETTER"


def _parts(node: Surface) -> list[Surface]:
    node = unwrap(node)
    return list(node.parts) if isinstance(node, Node) and node.kind == "juxtaposed" else [node]


def _variables(el: Elaborator, node: Surface) -> list[Surface] | None:
    """The symbols by which ``∂x ∂y`` or ``dx^2`` differentiates, one a time."""
    parts = _parts(node)
    if len(parts) < 2 or _differential(el, parts[0]) != 1:
        return None
    out: list[Surface] = []
    for d, v in zip(parts[::2], parts[1::2], strict=False):
        if _differential(el, d) is None:
            return None
        times = 1
        if isinstance(v, Node) and v.kind == "superscript":
            script = unwrap(v.parts[1])
            if isinstance(script, Leaf) and script.type == "NUMBER":
                times, v = int(script.text), v.parts[0]
        out += [v] * times
    return out if len(parts) % 2 == 0 and len(out) <= 6 else None


def fraction(el: Elaborator, node: Node) -> Value | None:
    r"""``\\frac{∂L}{∂w}`` with its operand above."""
    below = _variables(el, node.parts[2])
    if below is None:
        return None
    above = _parts(node.parts[1])
    order = _differential(el, above[0])
    if order is None or len(above) < 2:
        return None
    if _named_d(el, node.parts[1]):
        message = "d is declared here, and this also looks like a derivative"
        raise el.error(
            "ambiguous", message, node, "Write \\partial, or \\mathrm{d} for the derivative and another letter for d."
        )
    if order != len(below):
        raise el.error("syntax", f"order {order} above, {len(below)} below", node, "Both must agree.")
    from symderive.reading.formulas.elaborate import Factor

    operand = el.product([Factor("", p) for p in above[1:]], node)
    return differentiate(el, operand, below, node)


def prefix(el: Elaborator, factors: Sequence[Factor], k: int) -> Taken:  # type: ignore[valid-type]
    """∇, ``∂/∂x`` and lim before their operand."""
    node = factors[k].node
    if isinstance(node, Node) and node.kind == "fraction":
        below = _variables(el, node.parts[2])
        if below is None or not is_operator(el, node):
            return None
        end = _reach(factors, k, ("", "*", "x", "/"))
        return differentiate(el, _operand(el, factors[:end], k, node), below, node), end
    gradient = _gradient(node)
    if gradient is not None:
        end = _reach(factors, k, ("",))
        return _nabla(el, gradient, factors[:end], k, node), end
    if slots := _slots(factors, k):
        return _by_slots(el, factors, k, slots)
    if _partial_subscript(node) is not None:
        by = items(_partial_subscript(node))  # type: ignore[arg-type]
        end = _reach(factors, k, ("",))
        return differentiate(el, _operand(el, factors[:end], k, node), by, node), end
    found = head(node)
    if found is not None and found[0] == "lim":
        return _limit(el, found[1], factors, k, node), len(factors)
    return None


def is_operator(el: Elaborator, node: Node) -> bool:
    """Whether a fraction is ``d/dx`` or ``∂/∂x``, which takes what follows it."""
    below, above = _variables(el, node.parts[2]), _parts(node.parts[1])
    return below is not None and len(above) == 1 and _differential(el, above[0]) == len(below)


def _reach(factors: Sequence[Factor], k: int, through: tuple[str, ...]) -> int:
    """The place after the factors that an operator at k takes: square brackets by themselves, or all that follows."""
    end = k + 1
    first = factors[end].node if end < len(factors) and not factors[end].op else None
    if isinstance(first, Node) and first.kind == "bracket" and first.parts[0].text == "[":
        return end + 1
    while end < len(factors) and factors[end].op in through:
        end += 1
    return end


def _operand(el: Elaborator, factors: Sequence[Factor], k: int, node: Surface) -> Value:
    if k + 1 >= len(factors):
        raise el.error("syntax", "a derivative stands before nothing", node, "Write what is differentiated after it.")
    return el.product(factors[k + 1 :], node)


def _partial_subscript(node: Surface) -> Surface | None:
    if (
        isinstance(node, Node)
        and node.kind == "subscript"
        and isinstance(node.parts[0], Leaf)
        and node.parts[0].type == "PARTIAL"
    ):
        return unwrap(node.parts[1])
    return None


def _slots(factors: Sequence[Factor], k: int) -> list[str]:
    r"""The numbers of the arguments that ``\\partial_2 \\partial_1`` before a function vary."""
    out: list[str] = []
    while k < len(factors):
        which = _partial_subscript(factors[k].node)
        if not (isinstance(which, Leaf) and which.type == "NUMBER") or (out and factors[k].op):
            break
        out.append(which.text)
        k += 1
    return out


def _by_slots(el: Elaborator, factors: Sequence[Factor], k: int, slots: list[str]) -> tuple[Value, int]:
    """``∂₂ g(a, b)``: the derivative of a function in an argument, taken at the arguments."""
    node, k = factors[k].node, k + len(slots)
    found = applied(el, factors, k)
    advice = "Write \\partial_{2} g(a, b) for a declared function, or \\frac{\\partial}{\\partial x}."
    if found is None or found[0].term.head != "app" or base_name(found[0].term.name()) != found[0].term.name():
        raise el.error("syntax", "∂ with a number stands before no function with its arguments", node, advice)
    t = found[0].term
    if not el.names.is_function(t.name()) or not all(1 <= int(s) <= len(t.terms) for s in slots):
        raise el.error("syntax", f"{spell(t.name())} has no such argument", node, advice)
    marks = "'" * len(slots) if len(t.terms) == 1 else "".join(f";{s}" for s in reversed(slots))
    out = make("app", t.name() + marks, *t.terms)
    el.shape(out, node)
    return el_value(el, out, row=found[0].row), found[1]


def _gradient(node: Surface) -> tuple[Surface | None, int] | None:
    """∇ with its subscript and order."""
    lower, order = None, 1
    while isinstance(node, Node) and node.kind in ("subscript", "superscript"):
        if node.kind == "subscript":
            lower = unwrap(node.parts[1])
        else:
            order = 2 if label(node.parts[1]) == "2" else 0
        node = node.parts[0]
    return (lower, order) if isinstance(node, Leaf) and node.type == "NABLA" else None


def _nabla(
    el: Elaborator, found: tuple[Surface | None, int], factors: Sequence[Factor], k: int, node: Surface
) -> Value:
    lower, order = found
    slot = _function_gradient(el, lower, factors, k) if order == 1 else None
    if slot is not None:
        return slot
    if order not in (1, 2):
        raise el.error("unsupported", "this power of ∇ is not read", node)
    operand = _operand(el, factors, k, node)
    if lower is None:
        lower = _only_variable(el, operand.term, node)
    if lower is None:
        raise el.error("ambiguous", "∇ does not say by what it differentiates", node, "Write \\nabla_w.")
    return differentiate(el, operand, items(lower) * order, node)


def _only_variable(el: Elaborator, t: Term, node: Surface) -> Surface | None:
    """The one vector or matrix on which a quantity rests."""
    context = el.names.scope.context()
    used = [n for n in context.closure(t) if n not in context.definitions and not el.names.is_function(n)]
    tensors = [n for n in used if el.names.ranges(n)]
    sizes = {"dimension", "open dimension"}
    others = [n for n in used if n not in tensors and el.names.meanings[n].role not in sizes]
    if len(tensors) != 1 or others or len(tensors[0]) != 1:
        return None
    return Leaf("LETTER", tensors[0], node.start, node.end)


def _function_gradient(el: Elaborator, lower: Surface | None, factors: Sequence[Factor], k: int) -> Value | None:
    """``∇L(u)`` of a declared function: its gradient, taken at u; so also ``∇_θ L(θ^k)`` for a family θ."""
    if len(factors) != k + 3 or factors[k + 1].op or factors[k + 2].op:
        return None
    s = peel(factors[k + 1].node)
    found = function_named(el, s) if s is not None else None
    if found is None or found[1] is not None or found[0] not in el.names or not el.names.is_function(found[0]):
        return None
    key = found[0]
    if lower is not None:
        by = peel(lower)
        declared = (
            el.names.ranges(by.base)
            if by is not None and by.base in el.names and not el.names.is_function(by.base)
            else ()
        )
        if len(declared) <= len(el.names.declared(key).arguments[0]):
            return None
    if len(el.names.declared(key).arguments) != 1:
        return None
    target = factors[k + 2].node
    if not (isinstance(target, Node) and target.kind == "bracket" and len(target.parts) == 3):
        return None
    argument = el.value(target.parts[1])
    out = make("app", key + "'", argument.term)
    el.shape(out, target)
    return el_value(el, out)


def slash_derivative(el: Elaborator, factors: Sequence[Factor]) -> Value | None:
    """``∂L/∂w`` and ``dL/dw`` on one line."""
    slashes = [k for k, f in enumerate(factors) if f.op == "/"]
    if len(slashes) != 1 or _differential(el, factors[0].node) != 1 or _named_d(el, factors[0].node):
        return None
    k = slashes[0]
    if k < 2 or len(factors) != k + 2 or _differential(el, factors[k].node) != 1:
        return None
    operand = el.product(factors[1:k], factors[0].node)
    return differentiate(el, operand, [factors[k + 1].node], factors[0].node)


def differentiate(el: Elaborator, operand: Value, variables: Sequence[Surface], node: Surface) -> Value:
    """The derivative by each variable in turn, the last one first."""
    out = operand
    for v in reversed(variables):
        out = _by(el, out, v, node)
    return out


def _by(el: Elaborator, operand: Value, variable: Surface, node: Surface) -> Value:
    place = el.value(variable)
    name, indices = _entry(place.term)
    if name is None:
        raise el.error("syntax", "one differentiates by a name or its entries", variable, "Give the quantity a name.")
    _presume(el, operand.term, name, node)
    if name in el.names.scope.definitions:
        operand = replace(operand, term=graft(el.names, operand.term, name))
    free = el.shape(place, variable)
    own = el.shape(operand, node)
    if free and len(own) + len(free) > 4:
        raise el.error("unsupported", "a derivative with more than four indices", node)
    if not free:
        turn = len(own) == 1 and "denominator-layout" in el.names.conventions
        return el_value(el, make("der", operand.term, name, *indices), row=operand.row != turn)
    n = len(own)
    s = peel(variable)
    across = s is not None and s.upper is not None and transposes(s.upper)  # ∂/∂xᵀ is a Jacobian in either layout
    if own and "denominator-layout" in el.names.conventions and not across:
        below = len(free)

        def turned(*ji: Term) -> Term:
            return make("der", at(operand.term, *ji[below:]), name, *indices, *ji[:below])

        return el_value(el, tabulate(turned, (*free, *own)))

    def body(*ij: Term) -> Term:
        return make("der", at(operand.term, *ij[:n]), name, *indices, *ij[n:])

    return el_value(el, tabulate(body, (*own, *free)), row=place.row and n == 0)


def _presume(el: Elaborator, t: Term, name: str, node: Surface) -> None:
    """An undeclared quantity may depend on what one differentiates by: its derivative is never silently 0.

    What only stands in a term beside others is presumed constant, which is noted.
    """
    whole = _entry(t)[0]
    context = el.names.scope.context()
    for n in sorted(context.closure(t)):
        meaning = el.names.meanings.get(n)
        if n == name or meaning is None or meaning.role != "inferred" or n in context.definitions:
            continue
        if n == whole:
            message = f"nothing was said about {meaning.spelling}, so its derivative is not known"
            raise el.error("undeclared", message, node, f"Define it: Let ${meaning.spelling} = …$.")
        el.names.presumed.add((n, name))


def _entry(t: Term) -> tuple[str | None, list[Term]]:
    """The name and indices of an entry."""
    indices: list[Term] = []
    while t.head == "at":
        indices.insert(0, t.terms[1])
        t = t.terms[0]
    return (t.name(), indices) if t.head == "sym" else (None, [])


def at_point(el: Elaborator, inside: Surface, point: Surface, node: Surface) -> Value:
    """``t |_{x=a}``: t as a function of the leaf x, or its derivatives, at a."""
    if not (isinstance(point, Node) and point.kind == "chain" and len(point.parts) == 3 and point.parts[1].text == "="):
        raise el.error("syntax", "the point is not read", node, "Write \\left. … \\right|_{x = a}.")
    place, value = el.value(point.parts[0]).term, el.scalar(point.parts[2])
    t = el.value(inside).term
    if place.head != "sym" or el.names.ranges(place.name()) or place.name() in el.names.scope.definitions:
        raise el.error("unsupported", "a value is read only at a number that is a leaf", node)
    x, order = place.name(), 0
    while t.head == "der" and t.name(1) == x and len(t.terms) == 1:
        t, order = t.terms[0], order + 1
    context = el.names.scope.context()
    names = {n for n in context.closure(t) if n in context.definitions and x in context.closure(sym(n))}
    inner = any(s.head in ("der", "lim", "ex") for s in subterms(t))
    if names or inner or el.shape(t, node):
        raise el.error(
            "unsupported", "this value at a point is not read", node, "Write the function out, or declare it."
        )
    if order == 0:
        return el_value(el, replaced(t, x, value))
    return el_value(el, make("app", function_of(el.names, t, x) + "'" * order, value))


def function_of(names: Names, t: Term, x: str) -> str:
    """The name of a new function that takes the place of a leaf in a term."""
    key = next(f"F̊_{k}" for k in count(1) if f"F̊_{k}" not in names.scope.names)
    said = f"{spell(key)} is the function of {spell(x)} that is differentiated"
    names.notes.append(said)
    names.add(Meaning(key, spell(key), "defined", said), Name("function", (), ((),)))
    names.scope.definitions[key] = Definition(("x#0",), (((), replaced(t, x, bound("x#0"))),))
    names.changed()
    return key


def replaced(t: Term, name: str, by: Term) -> Term:
    """A term with another for a name."""
    if t.head == "sym":
        return by if t.name() == name else t
    return rebuild(t, lambda a, n: replaced(a, name, shift(by, n)))


def _limit(el: Elaborator, lower: Surface | None, factors: Sequence[Factor], k: int, node: Surface) -> Value:
    r"""``\\lim_{x → a}`` before its operand."""
    chain = lower if isinstance(lower, Node) and lower.kind == "chain" else None
    if chain is None:
        raise el.error("syntax", "the limit does not say where it goes", node, "Write \\lim_{x \\to a}.")
    variable, point, side = approach(el, chain)
    if k + 1 >= len(factors):
        raise el.error("syntax", "a limit stands before nothing", node)
    body = el.product(factors[k + 1 :], node)
    s = el.shape(body, node)
    if s:
        return el_value(el, tabulate(lambda *i: make("lim", at(body.term, *i), variable, point, side), s), row=body.row)
    return el_value(el, make("lim", body.term, variable, point, side))


def approach(el: Elaborator, chain: Node) -> tuple[str, Term, str]:
    """``x → a`` as (name, point, side); a sign above the point is the side."""
    if len(chain.parts) != 3 or chain.parts[1].text not in ("->", "up", "down"):
        raise el.error("syntax", "the limit does not say where it goes", chain, "Write x \\to a.")
    variable = peel(chain.parts[0])
    if variable is None:
        raise el.error("syntax", "a limit is taken in a name", chain.parts[0])
    place = el.value(chain.parts[0]).term
    if place.head != "sym":
        raise el.error(
            "syntax", f"a limit is taken in a name, not in {spell(variable.base)} with indices", chain.parts[0]
        )
    side, target = "both", chain.parts[2]
    if isinstance(target, Node) and target.kind == "superscript":
        mark = unwrap(target.parts[1])
        if isinstance(mark, Leaf) and mark.text in ("+", "-"):
            side, target = ("above" if mark.text == "+" else "below"), target.parts[0]
    side = {"up": "below", "down": "above"}.get(chain.parts[1].text, side)
    point, side = _point(el, target, side)
    return place.name(), point, side


def _point(el: Elaborator, node: Surface, side: str) -> tuple[Term, str]:
    node = unwrap(node)
    negative = False
    inner = node
    if isinstance(node, Node) and node.kind == "sum" and len(node.parts) == 2 and isinstance(node.parts[0], Leaf):
        negative, inner = node.parts[0].text == "-", node.parts[1]
    if isinstance(inner, Leaf) and inner.text == "∞":
        return (make("neg", INF) if negative else INF), "both"
    return el.scalar(node), side
