"""Functions, big operators, brackets and environments: what each means as a term.

Tables first; the walker of `elaborate.py` is handed in.  Nothing about derivatives or expectations here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from symderive.kernel.context import Definition, Name
from symderive.kernel.shapes import Shape
from symderive.kernel.terms import ONE, TRUE, ZERO, Term, abstract, bound, make, num, rel, sym, value
from symderive.reading import alphabet, dots
from symderive.reading.lexer import TYPESET, Leaf
from symderive.reading.names import Meaning, loose, show, spell, tabulate
from symderive.reading.surface import Node, Surface
from symderive.reading.symbols import Symbol, items, label, mention, peel, unwrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symderive.reading.elaborate import Elaborator, Factor, Value
    from symderive.reading.errors import ReadingError

Taken = "tuple[Value, int] | None"

ELEMENTWISE = {
    **{f: f for f in ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "erf", "sign", "step")},
    **{f: f for f in ("relu", "sigmoid", "softplus", "gelu", "silu", "logit")},
    "ln": "log", "ReLU": "relu", "sgn": "sign", "GELU": "gelu", "SiLU": "silu", "Swish": "silu", "swish": "silu",
    "Relu": "relu", "Sigmoid": "sigmoid", "softsign": "softsign", "expit": "sigmoid", "Softplus": "softplus", "logistic": "sigmoid",
    "Tanh": "tanh",
}  # fmt: skip
"""Functions of numbers, which act entry by entry on tensors, by the word that people write."""

OPERATORS = {
    "tr": "trace", "Tr": "trace", "trace": "trace", "det": "det", "softmax": "softmax", "logsumexp": "logsumexp",
    "lse": "logsumexp", "LSE": "logsumexp", "Softmax": "softmax", "mean": "mean", "sum": "total",
}  # fmt: skip
WITH_PARAMETER = {"LeakyReLU": "lrelu", "ELU": "elu", "elu": "elu"}
"""Functions whose parameter is written as a subscript."""
BUILT_IN_LETTERS = {"σ": "sigmoid", "Φ": ""}
CONSTANTS = {"π": "pi"}
FUNCTION_LETTERS = frozenset("fghFGHJLPφϕψ")
"""Letters that stand for functions where nothing was said: never a factor before a bracket."""


# -- applications of named functions --------------------------------------------------------------------


def head(node: Surface) -> tuple[str, Surface | None, Surface | None, int] | None:
    """A function word with its scripts: (word, subscript, superscript, primes)."""
    lower = upper = None
    primes = 0
    while isinstance(node, Node) and node.kind in ("subscript", "superscript", "prime"):
        if node.kind == "subscript":
            lower = unwrap(node.parts[1])
        elif node.kind == "superscript":
            upper = unwrap(node.parts[1])
        else:
            primes += 1
        node = node.parts[0]
    if isinstance(node, Leaf) and node.type == "FUNCTION":
        return node.text, lower, upper, primes
    if isinstance(node, Leaf) and node.type == "WORD" and (node.text in ELEMENTWISE or node.text in OPERATORS):
        return node.text, lower, upper, primes
    return None


def starts_prefix(node: Surface) -> bool:
    """Whether a factor is a function word or a big operator, which ends the argument before it."""
    base = node
    while isinstance(base, Node) and base.kind in ("subscript", "superscript", "prime"):
        base = base.parts[0]
    return isinstance(base, Leaf) and base.type in ("FUNCTION", "BIG", "NABLA")


def prefix(el: Elaborator, factors: Sequence[Factor], k: int) -> Taken:  # type: ignore[valid-type]
    """A function word and its argument to the right."""
    found = head(factors[k].node)
    if found is None:
        return None
    word, lower, upper, primes = found
    node = factors[k].node
    own = f"{word}ᵘ"
    if own in el.names:
        arguments, after, scripts = argument(el, factors, k, node)
        out = el_value(el, make("app", own + "'" * primes, *(a.term for a in arguments)))
        el.shape(out, node)
        return postscript(el, out if upper is None else el.power(out, upper, node), scripts, node), after
    if word in el.names and word not in ELEMENTWISE:
        return None
    if word in ("lim", "Var", "Cov", "KL", "Pr", "limsup", "liminf"):
        return None
    if word in ("max", "min") and lower is not None:
        return big_operator(el, word, lower, upper, factors, k)
    density = _log_density(el, word, factors, k)
    if density is not None:
        return density, k + 3
    arguments, after, scripts = argument(el, factors, k, node)
    order = derivative_order(el, upper, node)
    if order is not None:
        primes, upper = order, None
    if primes:
        if word not in ELEMENTWISE:
            raise el.error("unsupported", f"the derivative of {word} is not read", node)
        out = el_value(el, make("app", wrapper(el, ELEMENTWISE[word]) + "'" * primes, one(el, arguments, node).term))
    else:
        out = call(el, word, lower, arguments, node)
    if upper is not None:
        if isinstance(upper, Node) and upper.kind == "sum":
            advice = "Write 1/… for the reciprocal, or the name of the inverse function."
            raise el.error("ambiguous", "a negative power of a function has two readings", node, advice)
        out = el.power(out, upper, node)
    return postscript(el, out, scripts, node), after


def _normal(el: Elaborator, name: Surface, target: Surface) -> list[Term] | None:
    r"""The arguments of ``\\mathcal{N}(x; μ, v)``."""
    if not (isinstance(name, Leaf) and name.text == "𝒩" and "𝒩" not in el.names):
        return None
    if not (isinstance(target, Node) and target.kind == "bracket" and len(target.parts) == 3):
        return None
    inside = target.parts[1]
    separated = isinstance(inside, Node) and any(
        isinstance(p, Leaf) and p.type in ("SEMICOLON", "MID") for p in inside.parts
    )
    parts = [p for p in items(inside) if not (isinstance(p, Leaf) and p.type == "MID")]
    if not separated or len(parts) != 3:
        return None
    return [el.scalar(p) for p in parts]


def _log_density(el: Elaborator, word: str, factors: Sequence[Factor], k: int) -> Value | None:
    r"""``\\log \\mathcal{N}(x; μ, v)``, which is a function of its own."""
    if word not in ("log", "ln") or k + 2 >= len(factors) or factors[k + 1].op or factors[k + 2].op:
        return None
    arguments = _normal(el, factors[k + 1].node, factors[k + 2].node)
    return None if arguments is None else el_value(el, make("app", "normal_log_density", *arguments))


def argument(el: Elaborator, factors: Sequence[Factor], k: int, node: Surface) -> tuple[list[Value], int, list[Node]]:
    """The arguments of the function at k: a bracket, or the juxtaposed run to its right."""
    if k + 1 >= len(factors) or factors[k + 1].op != "":
        raise el.error("syntax", "a function stands without an argument", node, "Put its argument in brackets.")
    target, scripts = strip_scripts(factors[k + 1].node)
    if opens_arguments(target, scripts):
        assert isinstance(target, Node)
        inside = items(target.parts[1]) if len(target.parts) == 3 else []
        if any(isinstance(p, Leaf) and p.type == "DOTS" for p in inside):
            return [dotted_entries(el, inside, node)], k + 2, scripts
        if not any(isinstance(p, Leaf) and p.type in ("MID", "DMID") for p in inside):
            return [el.value(p) for p in inside], k + 2, scripts
    v, after = el.factor(factors, k + 1)
    numeric = value(v.term) is not None or v.term.name() == "pi" if v.term.head in ("num", "app") else False
    while after < len(factors) and factors[after].op == "" and not starts_prefix(factors[after].node):
        if not numeric:
            raise el.error(
                "extent",
                "how far the argument of the function reaches is not clear",
                factors[after].node,
                "Put brackets around the argument: f(x)·y or f(x y).",
            )
        w, after = el.factor(factors, after)
        v, numeric = el.combine("", v, w, node), value(w.term) is not None
    return [v], after, []


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


def strip_scripts(node: Surface) -> tuple[Surface, list[Node]]:
    """What stands under the scripts, without braces around a bracket, and the scripted nodes from the inside out."""
    scripts: list[Node] = []
    while isinstance(node, Node) and node.kind in ("subscript", "superscript"):
        scripts.insert(0, node)
        node = node.parts[0]
    inner = unwrap(node)
    return (inner if isinstance(inner, Node) and inner.kind == "bracket" else node), scripts


def opens_arguments(target: Surface, scripts: Sequence[Node]) -> bool:
    """Whether a factor may be the arguments of a function: brackets that are no table of entries."""
    if not (isinstance(target, Node) and target.kind == "bracket" and target.parts[0].text in ("(", "[", "{")):
        return False
    return not binders_of_table(target, scripts)


def binders_of_table(target: Surface, scripts: Sequence[Node]) -> list[tuple[str, Surface, Surface]]:
    """The indices of ``[x_i]_{i=1}^n`` with their ends, the outer first; none for anything else."""
    if {s.kind for s in scripts} != {"subscript", "superscript"} or len(scripts) != 2:
        return []
    if not (isinstance(target, Node) and target.kind == "bracket" and target.parts[0].text == "["):
        return []
    scripted = {s.kind: unwrap(s.parts[1]) for s in scripts}
    starts, ends = items(scripted["subscript"]), items(scripted["superscript"])
    out: list[tuple[str, Surface, Surface]] = []
    for start, end in zip(starts, ends, strict=False):
        letter = _letter(start.parts[0]) if isinstance(start, Node) and start.kind == "chain" else None
        if letter is None or len(start.parts) != 3 or start.parts[1].text != "=":  # type: ignore[union-attr]
            return []
        out.append((letter, start.parts[2], end))  # type: ignore[union-attr]
    return out if len(starts) == len(ends) else []


def postscript(el: Elaborator, v: Value, scripts: Iterable[Node], node: Surface) -> Value:
    """Scripts that stand after the closing bracket of an application."""
    for s in scripts:
        script = unwrap(s.parts[1])
        v = el.component(v, script, node) if s.kind == "subscript" else el.power(v, script, node)
    return v


def el_value(el: Elaborator, t: Term, *, row: bool = False) -> Value:
    from symderive.reading.elaborate import Value

    return Value(t, row)


def one(el: Elaborator, arguments: Sequence[Value], node: Surface) -> Value:
    if len(arguments) != 1:
        raise el.error("syntax", f"one argument is expected, not {len(arguments)}", node, "Check the brackets.")
    return arguments[0]


def call(el: Elaborator, word: str, lower: Surface | None, arguments: Sequence[Value], node: Surface) -> Value:
    """The value of a function word at its arguments."""
    if word in ("max", "min"):
        return extremum(el, word, arguments, node)
    if word in ("argmax", "argmin"):
        return place_of_extremum(el, word, one(el, arguments, node), node)
    if word == "diag":
        v = one(el, arguments, node)
        return el_value(el, make("op", "diag" if len(el.shape(v, node)) == 1 else "diagonal", v.term))
    if word in OPERATORS:
        v = one(el, arguments, node)
        out = el_value(el, make("op", OPERATORS[word], v.term), row=v.row)
        el.shape(out, node)
        return out
    if word in ("sec", "csc", "cot", "coth"):
        v = one(el, arguments, node)
        top, bottom = {"sec": ("", "cos"), "csc": ("", "sin"), "cot": ("cos", "sin"), "coth": ("cosh", "sinh")}[word]
        return el_value(el, make("div", make("app", top, v.term) if top else ONE, make("app", bottom, v.term)))
    if word in WITH_PARAMETER:
        v = one(el, arguments, node)
        if lower is None and WITH_PARAMETER[word] != "elu":
            advice = f"Write it below, as in \\operatorname{{{word}}}_{{a}}(x)."
            raise el.error("undeclared", f"{word} does not say its slope", node, advice)
        if lower is None:
            el.names.notes.append(f"{word} without a parameter has the parameter 1")
        return el_value(
            el, make("app", WITH_PARAMETER[word], ONE if lower is None else el.scalar(lower), v.term), row=v.row
        )
    if word not in ELEMENTWISE:
        raise el.error("unsupported", f"the function {word} is not read", node)
    f = ELEMENTWISE[word]
    v = one(el, arguments, node)
    t = make("app", f, v.term)
    if f == "log" and (lower is not None or "log2" in el.names.conventions):
        base = el.scalar(lower) if lower is not None else num(2)
        t = make("div", t, make("app", "log", base))
    elif lower is not None:
        raise el.error("unsupported", f"a subscript of {word} is not read", node)
    return el_value(el, t, row=v.row)


def extremum(el: Elaborator, word: str, arguments: Sequence[Value], node: Surface) -> Value:
    """max(a, b, …), or the largest entry of a vector."""
    if not arguments:
        raise el.error("syntax", f"{word} of nothing", node, "Give it several numbers or a vector.")
    if len(arguments) == 1:
        t = arguments[0].term
        s = el.shape(t, node)
        if len(s) != 1:
            raise el.error("shape", f"{word} of {show(s)}", node, "Give it several numbers or a vector.")
        i = loose()
        return el_value(el, make("big", word, *s[0], TRUE, abstract(make("at", t, bound(i)), i)))
    out = arguments[-1].term
    for a in reversed(arguments[:-1]):
        out = make("app", word, a.term, out)
    return el_value(el, out, row=any(a.row for a in arguments))


def place_of_extremum(el: Elaborator, word: str, v: Value, node: Surface) -> Value:
    """The index of the largest entry; undefined unless one is larger than all others."""
    s = el.shape(v, node)
    if len(s) != 1:
        raise el.error("unsupported", f"{word} is read of a vector", node)
    (lo, hi), i, j = s[0], loose(), loose()
    mine, other = make("at", v.term, bound(i)), make("at", v.term, bound(j))
    less = rel("<", other, mine) if word == "argmax" else rel("<", mine, other)
    wins = make("all", lo, hi, abstract(make("imp", rel("!=", bound(j), bound(i)), less), j))
    body = make("cases", wins, bound(i), ZERO)
    found = make("big", "sum", lo, hi, TRUE, abstract(body, i))
    some = make("big", "sum", lo, hi, TRUE, abstract(make("cases", wins, ONE, ZERO), i))
    return el_value(el, make("cases", rel("=", some, ONE), found))


def wrapper(el: Elaborator, f: str) -> str:
    """A name for a function of the book, so that its derivative can be named: f′(x)."""
    key = f"{f}ᶠ"
    names = el.names
    if key not in names.scope.names:
        names.scope.names[key] = Name("function", (), ((),))
        names.scope.definitions[key] = Definition(("x#0",), (((), make("app", f, bound("x#0"))),))
        names.changed()
        spelling = "\\sigma" if f == "sigmoid" else f"\\{f}" if f in TYPESET else f"\\operatorname{{{f}}}"
        names.meanings[key] = Meaning(key, spelling, "defined", f"the function {f}")
    return key


# -- applications of declared functions -----------------------------------------------------------------


def applied(el: Elaborator, factors: Sequence[Factor], k: int) -> Taken:  # type: ignore[valid-type]
    """A symbol followed by a bracket, if that is an application."""
    if k + 1 >= len(factors) or factors[k + 1].op != "":
        return None
    target, scripts = strip_scripts(factors[k + 1].node)
    if not opens_arguments(target, scripts):
        return None
    assert isinstance(target, Node)
    s = peel(factors[k].node)
    if s is None:
        return None
    node = factors[k].node
    if (
        s.base in ("𝟙", "𝟏", "𝕀", "1")
        and s.lower is None
        and target.parts[0].text in ("(", "[", "{")
        and s.base not in el.names
    ):
        guard = el.condition(target.parts[1])
        return postscript(el, el_value(el, make("cases", guard, ONE, ZERO)), scripts, node), k + 2
    divergence = _divergence(el, s, target, node)
    if divergence is not None:
        return postscript(el, divergence, scripts, node), k + 2
    normal = _normal(el, node, target)
    if normal is not None:
        return postscript(el, el_value(el, make("app", "normal_density", *normal)), scripts, node), k + 2
    mentioned = _mentioned(el, s, target, node)
    if mentioned is not None:
        return postscript(el, mentioned, scripts, node), k + 2
    found = function_named(el, s)
    if found is None:
        _not_applied(el, s, node, target)
        return None
    key, upper = found
    order = derivative_order(el, upper, node)
    if order is not None and "'" not in key:
        key, upper = (key if key in el.names else wrapper(el, key)) + "'" * order, None
    arguments = [el.value(p) for p in items(target.parts[1])] if len(target.parts) == 3 else []
    arity = len(el.names.declared(key.rstrip("'")).arguments) if key.rstrip("'") in el.names.scope.names else 1
    if len(arguments) != arity:
        raise el.error(
            "syntax", f"{spell(s.bare)} takes {arity} arguments, not {len(arguments)}", node, "Check its declaration."
        )
    out = el_value(el, make("app", key, *(a.term for a in arguments)), row=any(a.row for a in arguments))
    el.shape(out, node)
    if upper is not None:
        if isinstance(upper, Node) and upper.kind == "sum":
            advice = "Write 1/… for the reciprocal, or the name of the inverse function."
            raise el.error("ambiguous", "a negative power of a function has two readings", node, advice)
        out = el.power(out, upper, node)
    return postscript(el, out, scripts, node), k + 2


def derivative_order(el: Elaborator, upper: Surface | None, node: Surface) -> int | None:
    """The n of ``f^{(n)}``, the n-th derivative; None if the superscript is not in brackets."""
    if not (isinstance(upper, Node) and upper.kind == "bracket" and upper.parts[0].text == "("):
        return None
    inside = upper.parts[1] if len(upper.parts) == 3 else upper
    if isinstance(inside, Leaf) and inside.type == "NUMBER" and inside.text in "123456789":
        return int(inside.text)
    advice = "Write f(x)^{n} for a power, f''(x) or f^{(2)}(x) for a derivative."
    raise el.error("ambiguous", "this superscript of a function has several readings", node, advice)


def listed_names(el: Elaborator, s: Symbol, node: Surface) -> Value | None:
    """``y_j`` where y_1, y_2, … were declared one by one: the one that the index says."""
    if s.lower is None or s.base in el.names:
        return None
    parts = el.index_parts(s.lower, 9)
    if len(parts) != 1 or not el._indexed(s.lower):
        return None
    known = numbered(el, s.base)
    if not known:
        return None
    i = el.index(parts[0])
    out: Term | None = None
    for n in sorted(known, reverse=True):
        t = sym(known[n])
        out = make("cases", rel("=", i, num(n)), t, *(() if out is None else (out,)))
    assert out is not None
    return el_value(el, out)


def numbered(el: Elaborator, base: str) -> dict[int, str]:
    """Names that were declared one by one, ``y_1``, ``y_2``, …, without a gap, by number."""
    known = {}
    for key in el.names.meanings:
        stem, _, rest = key.partition("_")
        if stem == base and rest.isdigit() and not el.names.is_function(key) and not el.names.ranges(key):
            known[int(rest)] = key
    whole = len(known) > 1 and sorted(known) == list(range(min(known), max(known) + 1))
    return known if whole else {}


def _mentioned(el: Elaborator, s: Symbol, target: Node, node: Surface) -> Value | None:
    """A quantity written with what it depends on, as in L(w); or read again for other arguments."""
    key = s.base + (f"_{label(s.lower)}" if s.lower is not None else "")
    if key not in el.names.mentions or len(target.parts) != 3:
        return None
    if mention(target.parts[1]) in el.names.mentions[key] and key in el.names:
        return el.symbol(s, node)
    macro = el.names.macros.get(key)
    if macro is None:
        return None
    arguments = [el.value(p) for p in items(target.parts[1])]
    if len(arguments) != len(macro.params):
        raise el.error("syntax", f"{spell(key)} takes {len(macro.params)} arguments", node)
    from symderive.reading.elaborate import Elaborator as Reader

    names = el.names.copy()
    inner = Reader(names, macro.body)
    for p in macro.params:
        names.aliases[p] = arguments[macro.params.index(p)].term
        inner.bound.pop(p, None)
    inner.bound.update({k: v for k, v in el.bound.items() if k not in macro.params})
    out = inner.read(macro.body)
    el.names.notes.append(f"{spell(key)} is read with other arguments")
    return out


def _divergence(el: Elaborator, s: Symbol, target: Node, node: Surface) -> Value | None:
    """``D_{KL}(q ‖ p)`` between probability vectors."""
    if (s.base, label(s.lower)) not in (("D", "KL"), ("KL", ""), ("𝒟", "KL")) or len(target.parts) != 3:
        return None
    parts = items(target.parts[1])
    if len(parts) != 3 or not (isinstance(parts[1], Leaf) and parts[1].type in ("DMID", "MID")):
        return None
    q, p = el.value(parts[0]), el.value(parts[2])
    r, t = el.shape(q, node), el.shape(p, node)
    if len(r) != 1 or len(t) != 1:
        raise el.error(
            "unsupported", "the divergence is read between probability vectors", node, "Write it as an expectation."
        )
    i = loose()
    a, b = make("at", q.term, bound(i)), make("at", p.term, bound(i))
    body = make("mul", a, make("app", "log", make("div", a, b)))
    return el_value(el, make("big", "sum", *r[0], TRUE, abstract(body, i)))


def function_named(el: Elaborator, s: Symbol) -> tuple[str, Surface | None] | None:
    """The kernel's name of a function symbol, with a power that stands on it."""
    lower, upper = label(s.lower), label(s.upper)
    inferred = s.bare in el.names and el.names.meanings[s.bare].role == "inferred"
    if BUILT_IN_LETTERS.get(s.bare) and inferred and s.lower is None:
        raise two_meanings(el, s.bare, s)
    for key in (f"{s.bare}_{lower}^{upper}", f"{s.bare}_{lower}", f"{s.bare}^{upper}", s.bare):
        if key in el.names and el.names.is_function(key):
            return key + "'" * s.primes, None if "^" in key else s.upper
        if key in el.names.scope.names and (key == s.bare or key.startswith(f"{s.bare}_")):
            return None
    if s.bare in BUILT_IN_LETTERS and BUILT_IN_LETTERS[s.bare] and s.lower is None and s.bare not in el.names:
        el.names.built_in.add(s.bare)
        if s.primes:
            return wrapper(el, "sigmoid") + "'" * s.primes, s.upper
        return BUILT_IN_LETTERS[s.bare], s.upper
    return None


def two_meanings(el: Elaborator, key: str, s: Symbol) -> ReadingError:
    """A letter that stands both as a number and as the built-in function."""
    message = f"{spell(key)} stands both for a number and for the function {BUILT_IN_LETTERS[key]}"
    advice = f"Declare {spell(key)}, or write \\operatorname{{{BUILT_IN_LETTERS[key]}}} for the function."
    return el.error("collision", message, s, advice)


def _not_applied(el: Elaborator, s: Symbol, node: Surface, target: Node) -> None:
    """A symbol before a bracket that is no function: a product, or an undeclared function."""
    from symderive.reading.elaborate import _candidates

    known = [key for key, *_ in _candidates(s) if key in el.names or key in el.bound or key in el.names.aliases]
    inside = items(target.parts[1]) if len(target.parts) == 3 else []
    if known and not (known[0] in el.names and el.names.meanings[known[0]].role == "inferred"):
        if len(inside) > 1 and target.parts[0].text == "(" and known[0] not in el.bound:
            message = f"{spell(s.base)} is no function, and what follows it looks like arguments"
            raise el.error("ambiguous", message, node, f"Declare {spell(s.base)} as a function, or use another letter.")
        return
    if s.primes and (s.bare in el.names or s.bare in el.bound):
        raise el.error(
            "ambiguous",
            f"{spell(s.bare)} is no function and has no derivative",
            node,
            f"Declare {spell(s.bare)} as a function, or {spell(s.base)} as a name.",
        )
    if _power_of_e(s) and len(inside) == 1 and target.parts[0].text == "(" and peel(inside[0]) is not None:
        message = f"{spell(s.base)} before a bracket is a number or a function"
        advice = f"Write {spell(s.base)} \\cdot … for the product, or declare {spell(s.base)} as a function."
        raise el.error("ambiguous", message, node, advice)
    likely = s.bare in FUNCTION_LETTERS or len(s.bare) > 1
    if s.primes or (target.parts[0].text == "(" and (likely or _single(target)) and not _power_of_e(s)):
        raise el.error(
            "undeclared",
            f"{spell(s.bare)} stands before a bracket and is neither declared a function nor a number",
            node,
            f"Write: Let ${spell(s.bare)}$ be a differentiable function. Or: Let ${spell(s.bare)} \\in \\mathbb{{R}}$.",
        )


def _single(target: Node) -> bool:
    """Whether a bracket holds what looks like arguments rather than a sum."""
    inside = target.parts[1] if len(target.parts) == 3 else None
    return inside is not None and not (isinstance(inside, Node) and inside.kind == "sum")


def _power_of_e(s: Symbol) -> bool:
    return s.base in ("e", "π") or s.base in CONSTANTS


# -- constants ----------------------------------------------------------------------------------------------


def constant(el: Elaborator, s: Symbol, node: Surface) -> Value | None:
    """Letters with a built-in meaning, when nothing was declared."""
    if s.base == "e" and s.lower is None and s.upper is not None:
        v = el.value(s.upper)
        return el_value(el, make("app", "exp", v.term), row=v.row)
    if s.base == "e" and s.lower is None:
        return el_value(el, make("app", "exp", ONE))
    if s.base in CONSTANTS and s.lower is None:
        out = el_value(el, make("app", CONSTANTS[s.base]))
        return out if s.upper is None else el.power(out, s.upper, node)
    if s.base == "δ" and s.lower is not None:
        parts = el.index_parts(s.lower, 2)
        if len(parts) == 2:
            known = next((r for p in parts if (r := el.bound_ranges.get(_letter(p) or "")) is not None), None)
            i, j = (el.index(p, known) for p in parts)
            out = el_value(el, make("cases", rel("=", i, j), ONE, ZERO))
            return out if s.upper is None else el.power(out, s.upper, node)
    if s.base in ("I", "𝐈", "𝕀") and s.lower is None:
        out = _sized(el, _identity, 2)
        return out if s.upper is None else el.power(out, s.upper, node)
    if s.base in ("𝟏", "𝟙") and s.lower is None:
        out = _sized(el, lambda z: tabulate(lambda *_: ONE, z), 1)
        return out if s.upper is None else el.power(out, s.upper, node)
    if s.base in ("I", "𝐈", "𝕀") and s.lower is not None:
        n = el.scalar(s.lower)
        return el_value(el, tabulate(lambda i, j: make("cases", rel("=", i, j), ONE, ZERO), ((ONE, n), (ONE, n))))
    if s.base in ("𝟏", "𝟙") and s.lower is not None:
        n = el.scalar(s.lower)
        out = el_value(el, tabulate(lambda _: ONE, ((ONE, n),)))
        return out if s.upper is None else el.power(out, s.upper, node)
    if s.base.startswith("∞"):
        raise el.error("syntax", "∞ cannot stand as a number", node, "Infinity stands only in limits and ranges.")
    return None


def _sized(el: Elaborator, fit: Callable[[Shape], Term], rank: int) -> Value:
    from symderive.reading.elaborate import Value

    return Value(ZERO, row=False, fit=fit, rank=rank)


def _identity(s: Shape) -> Term:
    return tabulate(lambda i, j: make("cases", rel("=", i, j), ONE, ZERO), s)


# -- big operators ------------------------------------------------------------------------------------------


def big_head(node: Surface) -> tuple[str, Surface | None, Surface | None] | None:
    lower = upper = None
    while isinstance(node, Node) and node.kind in ("subscript", "superscript"):
        if node.kind == "subscript":
            lower = unwrap(node.parts[1])
        else:
            upper = unwrap(node.parts[1])
        node = node.parts[0]
    return (node.text, lower, upper) if isinstance(node, Leaf) and node.type == "BIG" else None


def big(el: Elaborator, factors: Sequence[Factor], k: int) -> Taken:  # type: ignore[valid-type]
    """Σ or Π, which takes the product to its right."""
    found = big_head(factors[k].node)
    if found is None:
        return None
    word, lower, upper = found
    if word not in ("sum", "prod"):
        raise el.error("unsupported", f"\\{word} is not read", factors[k].node, "Only sums and products are read.")
    return big_operator(el, word, lower, upper, factors, k)


def big_operator(
    el: Elaborator, word: str, lower: Surface | None, upper: Surface | None, factors: Sequence[Factor], k: int
) -> tuple[Value, int]:
    node = factors[k].node
    body = factors[k + 1 :]
    if not body or (body[0].op != ""):
        raise el.error("syntax", "a big operator stands before nothing", node, "Write what it adds up or multiplies.")
    if lower is None:
        raise el.error("unsupported", "a big operator without an index", node, "Write its index below.")
    if word == "prod" and any(f.op == "/" for f in body):
        raise el.error("extent", "how far the product reaches is not clear", node, "Use brackets.")
    binders, guard_parts = limits(el, lower, upper, body, node)
    saved = dict(el.bound)
    names: list[tuple[str, Term, Term]] = []
    for letter, lo, hi in binders:
        i = loose(letter)
        names.append((i, lo, hi))
        el.bound[letter] = bound(i)
        el.bound_ranges[letter] = (lo, hi)
    guards = [r for p in guard_parts for r in el.relation_terms(p)]
    inner = el.product([*body], node)
    el.bound = saved
    row = inner.row
    if el.shape(inner, node) and word != "sum":
        raise el.error("shape", f"{word} of a tensor", node)
    out = inner.term
    for position, (i, lo, hi) in enumerate(reversed(names)):
        if lo.loose & {i} or hi.loose & {i}:
            raise el.error("syntax", "the limits of a sum mention its own index", node)
        own = guards if position == 0 else []
        guard = TRUE if not own else own[0] if len(own) == 1 else make("and", *own)
        out = make("big", word, lo, hi, abstract(guard, i), abstract(out, i))
    return el_value(el, out, row=row), len(factors)


def limits(
    el: Elaborator, lower: Surface, upper: Surface | None, body: Sequence[Factor], node: Surface
) -> tuple[list[tuple[str, Term, Term]], list[Surface]]:
    """The bound letters with their ranges, and the guards, of what stands below and above."""
    binders: list[tuple[str, Term, Term]] = []
    guards: list[Surface] = []
    surfaces = [f.node for f in body]
    for part in _conditions(lower):
        letter = _letter(part)
        if letter is not None:
            binders.append((letter, *range_of(el, letter, surfaces, node)))
            continue
        if not (isinstance(part, Node) and part.kind == "chain"):
            raise el.error("syntax", "this index of a sum is not read", part)
        first, relation = part.parts[0], part.parts[1].text if len(part.parts) > 1 else ""
        letter = _letter(first)
        if letter is not None and relation == "=" and len(part.parts) == 3:
            if upper is None:
                raise el.error("syntax", "the sum has no upper limit", node, "Write it above.")
            hi = upper_limit(el, upper)
            binders.append((letter, el.index(part.parts[2]), hi))
        elif letter is not None and relation == "in":
            binders.append((letter, *_set(el, part.parts[2])))
        elif (between := _between(el, part)) is not None:
            binders.append(between)
        else:
            guards.append(part)
            fresh = [x for x in _free_letters(el, part) if x not in [b[0] for b in binders]]
            binders += [(x, *range_of(el, x, surfaces, node)) for x in _bound_by(el, fresh, part, node, relation)]
    if not binders:
        raise el.error("syntax", "the sum binds no index", node, "Write \\sum_{i=1}^{n}.")
    mine = [b[0] for b in binders]
    for part in guards:
        for x in _free_letters(el, part) if isinstance(part, Node) else ():
            if x not in mine and x not in el.names and not binders[0][1].loose and not binders[0][2].loose:
                el.names.index(x, *(el.names.ranges_said.get(x) or binders[0][1:]))
    return binders, guards


def upper_limit(el: Elaborator, node: Surface) -> Term:
    """The last index; a letter of which nothing was said is a positive integer."""
    letter = _letter(node)
    if letter == "∞":
        raise el.error("unsupported", "infinite sums are not read", node, "Write a finite sum and its limit.")
    new = (
        letter is not None and letter not in el.names and letter not in el.bound and letter not in el.names.ranges_said
    )
    if (
        new
        and not el.names.strict
        and letter is not None
        and not el.names.adopt(letter)
        and letter not in el.names.tainted
    ):
        el.names.inferred.append(f"{spell(letter)} is a positive integer")
        return el.names.dimension(letter)
    return el.index(node)


def _between(el: Elaborator, part: Node) -> tuple[str, Term, Term] | None:
    """``1 ≤ l ≤ n`` as a range."""
    if len(part.parts) != 5 or part.parts[1].text not in ("<=", "<") or part.parts[3].text not in ("<=", "<"):
        return None
    letter = _letter(part.parts[2])
    if letter is None or letter in el.bound or (letter in el.names and el.names.meanings[letter].role != "index"):
        return None
    lo, hi = el.index(part.parts[0]), el.index(part.parts[4])
    lo = lo if part.parts[1].text == "<=" else make("add", lo, ONE)
    hi = hi if part.parts[3].text == "<=" else make("add", hi, num(-1))
    return letter, lo, hi


def _conditions(lower: Surface) -> list[Surface]:
    parts = [p for p in items(lower) if not (isinstance(p, Leaf) and p.type in ("COLON", "MID", "TEXT"))]
    out: list[Surface] = []
    for p in parts:
        p = unwrap(p)
        if isinstance(p, Node) and p.kind == "listed":
            out += _conditions(p)
        else:
            out.append(p)
    return out


def _letter(node: Surface) -> str | None:
    """The key of an index: a letter, or a letter with a number (``i_1``)."""
    found = peel(node)
    if found is None or found.upper is not None:
        return None
    if isinstance(found.lower, Leaf) and found.lower.type == "NUMBER":
        return f"{found.base}_{found.lower.text}"
    return found.base if found.lower is None else None


def _free_letters(el: Elaborator, part: Node) -> list[str]:
    from symderive.reading.elaborate import leaves

    out: list[str] = []
    for leaf in leaves(part):
        if leaf.type != "LETTER" or leaf.text in el.bound or leaf.text in out:
            continue
        if leaf.text in el.names and el.names.meanings[leaf.text].role != "index":
            continue
        out.append(leaf.text)
    return out


def _bound_by(el: Elaborator, fresh: list[str], part: Node, node: Surface, relation: str) -> list[str]:
    """Which of the letters of a condition the sum binds: the first, and what occurs nowhere else."""
    from symderive.reading.elaborate import leaves

    if len(fresh) < 2 or el.root is None:
        return fresh[:1]
    outside = {
        leaf.text for leaf in leaves(el.root) if leaf.type == "LETTER" and not node.start <= leaf.start < el.root.end
    } | {leaf.text for leaf in leaves(el.root) if leaf.type == "LETTER" and leaf.start < node.start}
    own = [x for x in fresh[1:] if x not in outside and x not in el.names and x not in el.names.ranges_said]
    if own and relation == "!=":
        advice = f"Write \\sum_{{{fresh[0]}: {fresh[0]} \\ne {own[0]}}} with {own[0]} declared, or two sums."
        raise el.error("ambiguous", f"it is not clear whether the sum also binds {own[0]}", part, advice)
    return [fresh[0], *own][::-1]


def _set(el: Elaborator, node: Surface) -> tuple[Term, Term]:
    r"""The range of ``i \\in {1, …, n}``."""
    inner = unwrap(node)
    if isinstance(inner, Node) and inner.kind == "bracket" and len(inner.parts) == 3:
        listed = items(inner.parts[1])
        if len(listed) == 1 and inner.parts[0].text == "[":
            return ONE, el.index(listed[0])
        dots = [k for k, p in enumerate(listed) if isinstance(p, Leaf) and p.type == "DOTS"]
        if dots and dots[-1] < len(listed) - 1:
            return el.index(listed[0]), el.index(listed[-1])
    raise el.error("unsupported", "this set is not read as a range", node, "Write i = 1 below and n above.")


def range_of(el: Elaborator, letter: str, surfaces: Sequence[Surface], node: Surface) -> tuple[Term, Term]:
    """The range of an index without limits: that of the place where it stands."""
    for s in surfaces:
        found = range_in(el, letter, s)
        if found is not None:
            return found
    if letter in el.names.ranges_said:
        return el.names.ranges_said[letter]
    raise el.error("undeclared", f"the range of the index {spell(letter)} is not known", node, "Write its limits.")


def range_in(el: Elaborator, letter: str, node: Surface) -> tuple[Term, Term] | None:
    """The range that a letter has as an index of a declared name in a surface tree."""
    from symderive.reading.elaborate import transposes

    stack: list[Surface] = [node]
    while stack:
        n = stack.pop()
        if isinstance(n, Leaf):
            continue
        s = peel(n) if n.kind in ("subscript", "superscript") else None
        if s is not None and (s.lower is not None or s.upper is not None):
            key = s.base
            if key not in el.names and s.lower is not None and _letter(s.lower) == letter:
                known = numbered(el, key)
                if known:
                    return num(min(known)), num(max(known))
                bold = alphabet.styled(key, "BOLD") if len(key) == 1 else key
                key = bold if bold in el.names else key
            if key in el.names and not el.names.is_function(key):
                ranges = el.names.ranges(key)
                upper = el.names.meanings[key].upper
                parts = (
                    el.index_parts(s.upper, upper) if upper and s.upper is not None and not transposes(s.upper) else []
                )
                if s.lower is not None:
                    parts = [*parts, *el.index_parts(s.lower, len(ranges) - len(parts))]
                for p, (lo, hi) in zip(parts, ranges, strict=False):
                    if _letter(p) == letter and not lo.dangling and not hi.dangling:
                        return lo, hi
        elif n.kind == "subscript" and s is None:
            inner = unwrap(n.parts[1])
            if any(_letter(p) == letter for p in el.index_parts(inner, 2)):
                found = _component_range(el, n, letter)
                if found is not None:
                    return found
        stack.extend(reversed(n.parts))
    return None


def _component_range(el: Elaborator, n: Node, letter: str) -> tuple[Term, Term] | None:
    """The range of a letter in ``(…)_{ij}``."""
    from symderive.reading.errors import ReadingError

    try:
        s = el.shape(el.value(n.parts[0]), n)
    except ReadingError:
        return None
    parts = el.index_parts(unwrap(n.parts[1]), len(s))
    for p, r in zip(parts, s, strict=False):
        if _letter(p) == letter:
            return r
    return None


def range_of_bound(el: Elaborator, letter: str) -> tuple[Term, Term] | None:
    return el.bound_ranges.get(letter)


def big_letters(node: Surface) -> set[str]:
    """The letters that sums within a product bind."""
    out: set[str] = set()
    factors = node.parts if isinstance(node, Node) and node.kind in ("juxtaposed", "times") else [node]
    for f in factors:
        found = big_head(f)
        if found is not None and found[1] is not None:
            for part in _conditions(found[1]):
                first = part.parts[0] if isinstance(part, Node) and part.kind == "chain" else part
                letter = _letter(first)
                if letter is not None:
                    out.add(letter)
    return out


def mentions_index(node: Surface, letter: str) -> bool:
    """Whether a letter stands in a subscript outside of the sums that bind it."""
    if isinstance(node, Leaf):
        return False
    if node.kind == "subscript" and any(x.text == letter for x in _letters_of(node.parts[1])):
        return True
    for p in node.parts:
        if letter in big_letters(p) and big_head(p) is not None:
            return False
        if mentions_index(p, letter):
            return True
    return False


def _letters_of(node: Surface) -> list[Leaf]:
    from symderive.reading.elaborate import leaves

    return [x for x in leaves(node) if x.type == "LETTER"]


@contextmanager
def binding(el: Elaborator, letter: str, lo: Term, hi: Term) -> Iterator[str]:
    """A letter bound for a while, as a loose variable."""
    saved = dict(el.bound)
    name = loose(letter)
    el.bound[letter] = bound(name)
    el.bound_ranges[letter] = (lo, hi)
    try:
        yield name
    finally:
        el.bound = saved


# -- brackets -----------------------------------------------------------------------------------------------


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
                raise el.error("unsupported", "rounding brackets are not read yet", node)
            parts = items(inside)
            if len(parts) == 1:
                return el.value(parts[0])
            if any(isinstance(p, Leaf) and p.type == "DOTS" for p in parts):
                return dotted_entries(el, parts, node)
            return entries(el, [[el.scalar(p)] for p in parts], node)


def norm(el: Elaborator, inside: Surface, which: str, node: Surface) -> Value:
    v = el.value(inside)
    s = el.shape(v, node)
    if not s:
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
    from symderive.reading.calculus import at_point

    if len(points) != 1:
        raise el.error("unsupported", "an evaluation bar with two limits is not read", node)
    return at_point(el, inside, points[0], node)


def entries(el: Elaborator, rows: Sequence[Sequence[Term]], node: Surface) -> Value:
    """A vector (one column) or matrix, entry by entry."""
    m, n = len(rows), len(rows[0])
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
    body: Callable[[Term, Term], Term] = lambda i, j: pick([pick(r, j) for r in rows], i)
    return el_value(el, tabulate(body, ((ONE, num(m)), (ONE, num(n)))))


# -- environments -------------------------------------------------------------------------------------------

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
    out: Term | None = None
    for guard_term, v in reversed(branches):
        out = v.term if guard_term is None else make("cases", guard_term, v.term, *(() if out is None else (out,)))
    if out is None:
        raise el.error("syntax", "cases without a branch", node)
    return el_value(el, out, row=any(v.row for _, v in branches))


def _otherwise(guard: Surface) -> bool:
    words = [p.text.lower() for p in items(guard) if isinstance(p, Leaf) and p.type == "TEXT"]
    return any(w.startswith(("otherwise", "else")) for w in words)
