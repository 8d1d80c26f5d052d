"""Expectations, variances, divergences and densities as they are written, as terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from symderive.kernel.terms import Term, sym
from symderive.language.expr import Cov, E, Expr, Var
from symderive.reading.formulas.factors import Taken, el_value, opens_arguments, postscript, strip_scripts
from symderive.reading.formulas.laws import law_of
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.names import spell
from symderive.reading.formulas.surface import Node, Surface
from symderive.reading.formulas.symbols import items, peel, unwrap

if TYPE_CHECKING:
    from symderive.reading.formulas.elaborate import Elaborator, Factor, Value

HEADS = {
    "𝔼": "E",
    "E": "E",
    "𝐄": "E",
    "ℰ": "",
    "Var": "Var",
    "𝕍": "Var",
    "V": "Var",
    "Cov": "Cov",
    "var": "Var",
    "cov": "Cov",
}


def _head(el: Elaborator, node: Surface) -> tuple[str, Surface | None] | None:
    lower = None
    while isinstance(node, Node) and node.kind == "subscript":
        lower, node = unwrap(node.parts[1]), node.parts[0]
    node = unwrap(node)
    if not (isinstance(node, Leaf) and node.type in ("LETTER", "FUNCTION", "WORD")):
        return None
    word = HEADS.get(node.text, "")
    if not word or node.text in el.names:
        return None
    return word, lower


def prefix(el: Elaborator, factors: Sequence[Factor], k: int) -> Taken:  # type: ignore[valid-type]
    """𝔼, Var and Cov with their bracket; 𝔼 without one reaches to the next + or −."""
    node = factors[k].node
    found = _head(el, node)
    if found is None:
        return None
    word, lower = found
    bare = strip_scripts(node)[0]
    letter = isinstance(bare, Leaf) and bare.text in ("E", "V")
    if k + 1 >= len(factors) or factors[k + 1].op != "":
        return None
    target, scripts = strip_scripts(factors[k + 1].node)
    bracketed = opens_arguments(target, scripts)
    if not bracketed and letter:
        return None
    over = _over(el, lower)
    if bracketed:
        assert isinstance(target, Node)
        inside = items(target.parts[1]) if len(target.parts) == 3 else []
        if any(isinstance(p, Leaf) and p.type == "MID" for p in inside):
            raise el.error("unsupported", "conditional expectations are not read yet", node)
        if scripts and word == "E" and target.parts[0].text == "(" and len(inside) == 1 and peel(inside[0]) is None:
            advice = "Write \\mathbb{E}[(…)^2], or (\\mathbb{E}[…])^2."
            raise el.error("ambiguous", "the square of a mean, or the mean of a square?", node, advice)
        values = [el.value(p) for p in inside]
        out = _value(el, word, values, over, node)
        return postscript(el, out, scripts, node), k + 2
    v = el.product(factors[k + 1 :], node)
    return _value(el, word, [v], over, node), len(factors)


def _value(el: Elaborator, word: str, values: Sequence[Value], over: Sequence[Expr], node: Surface) -> Value:
    terms = [Expr(v.term) for v in values]
    over = over or _lawful(el, [v.term for v in values], node)
    if len(terms) != (2 if word == "Cov" else 1):
        raise el.error(
            "syntax",
            f"{word} takes {2 if word == 'Cov' else 1} arguments",
            node,
            f"Write \\operatorname{{{word}}} with its arguments in brackets.",
        )
    match word:
        case "E":
            out = E(terms[0], *over)
        case "Var":
            out = Var(terms[0], *over)
        case _:
            out = Cov(*terms, *over)
    el.shape(out.term, node)
    return el_value(el, out.term)


def _lawful(el: Elaborator, terms: Sequence[Term], node: Surface) -> list[Expr]:
    """The random names of terms if all of them have laws: then these are what 𝔼 integrates."""
    context = el.names.scope.context()
    names = sorted({n for t in terms for n in context.random_in(t)})
    if any(context.law_closure(n) & context.randoms for n in names):
        raise el.error("unsupported", "a law with parameters that are random themselves is not read", node)
    return [Expr(sym(n)) for n in names] if names and all(context.declared(n).law for n in names) else []


def _over(el: Elaborator, lower: Surface | None) -> list[Expr]:
    """The random names under 𝔼; none where it says only with which law."""
    if lower is None:
        return []
    _same_law(el, lower)
    out: list[Expr] = []
    for leaf_owner in _symbols(lower):
        found = peel(leaf_owner)
        if found is None:
            continue
        key = found.base
        if key in el.names and el.names.declared(key).kind == "random":
            name = Expr(sym(key))
            if name not in out:
                out.append(name)
    if not out:
        raise el.error(
            "undeclared", "nothing random is named under the expectation", lower, "Declare the random variable."
        )
    return out


def _same_law(el: Elaborator, lower: Surface) -> None:
    """Refuse a mean under another law than that which its number is said to have.

    Raises:
        ReadingError: it may be another: ``E_{z ∼ q}`` where z ∼ 𝒩(0, 1).
    """
    inner = unwrap(lower)
    left, right = inner, None
    if isinstance(inner, Node) and inner.kind == "chain" and len(inner.parts) == 3 and inner.parts[1].text == "~":
        left, right = inner.parts[0], inner.parts[2]
    elif isinstance(inner, Node) and inner.kind == "juxtaposed" and len(inner.parts) == 2:
        right = inner  # E_{q(z)}
    if right is None:
        return
    for s in filter(None, map(peel, _symbols(left))):
        known = el.names.scope.names.get(s.base)
        if known is None or known.law is None:
            continue
        law = law_of(el, right)
        if law is None or (law.kind, law.terms) != known.law:
            advice = "Use another letter for a number with another law."
            raise el.error("collision", f"{spell(s.base)} is said to have another law", lower, advice)


def _symbols(node: Surface) -> list[Surface]:
    """Symbols in a subscript of 𝔼, what stands left of ∼ only if there is one."""
    node = unwrap(node)
    if isinstance(node, Node) and node.kind == "chain" and len(node.parts) >= 3 and node.parts[1].text == "~":
        return _symbols(node.parts[0])
    if isinstance(node, Node) and node.kind in ("listed", "juxtaposed", "bracket", "times"):
        out: list[Surface] = []
        for p in node.parts:
            if isinstance(p, Leaf) and p.type == "MID":
                break
            out += _symbols(p)
        return out
    return [node]
