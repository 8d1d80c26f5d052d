"""Functions, big operators, brackets and environments: what each means as a term.

Tables first; the walker of `elaborate.py` is handed in.  Nothing about derivatives or expectations here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from symderive.kernel.context import Definition, Name
from symderive.kernel.shapes import Shape, shape
from symderive.kernel.terms import ONE, TRUE, ZERO, Term, abstract, bound, make, num, rel, subterms, sym, value
from symderive.reading.formulas import laws
from symderive.reading.formulas.brackets import dotted_entries
from symderive.reading.formulas.capture import applies_elsewhere, tied
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.factors import (
    Taken,
    el_value,
    letter_of,
    numbered,
    opens_arguments,
    postscript,
    strip_scripts,
)
from symderive.reading.formulas.lexer import TYPESET, Leaf
from symderive.reading.formulas.names import Meaning, Names, loose, show, spell, tabulate
from symderive.reading.formulas.sums import big_operator
from symderive.reading.formulas.surface import Node, Surface, walk
from symderive.reading.formulas.symbols import Symbol, items, label, mention, peel, unwrap

if TYPE_CHECKING:
    from symderive.reading.formulas.elaborate import Elaborator, Factor, Value


OFTEN_FUNCTIONS = frozenset("fghFGHPQψφΨΦΓηθσπuvyz")
OF_MATRICES = frozenset({"exp", "log", "sqrt", "sin", "cos"})
"""Functions that are usual of square matrices, too."""
ELEMENTWISE = {
    **{f: f for f in ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "erf", "sign", "step")},
    **{f: f for f in ("relu", "sigmoid", "softplus", "gelu", "silu", "logit")},
    "ln": "log", "ReLU": "relu", "sgn": "sign", "GELU": "gelu", "SiLU": "silu", "Swish": "silu", "swish": "silu",
    "Relu": "relu", "Sigmoid": "sigmoid", "softsign": "softsign", "expit": "sigmoid", "Softplus": "softplus",
    "logistic": "sigmoid",
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
        out = el_value(el, with_kinks(make("app", own + "'" * primes, *(a.term for a in arguments)), el.names))
        el.shape(out, node)
        return postscript(el, out if upper is None else el.power(out, upper, node), scripts, node), after
    if word in el.names and word not in ELEMENTWISE:
        return None
    if word in ("lim", "Var", "Cov", "KL", "Pr", "limsup", "liminf"):
        return None
    if word in ("max", "min") and lower is not None:
        return big_operator(el, word, lower, upper, factors, k)
    density = laws.log_density(el, word, factors, k)
    if density is not None:
        return density, k + 3
    arguments, after, scripts = argument(el, factors, k, node)
    order = derivative_order(el, upper, node)
    if order is not None:
        primes, upper = order, None
    if primes:
        if word not in ELEMENTWISE or lower is not None:
            raise el.error("unsupported", f"the derivative of {word} is not read", node)
        slope = make("app", wrapper(el, ELEMENTWISE[word]) + "'" * primes, one(el, arguments, node).term)
        out = el_value(el, with_kinks(slope, el.names))
    else:
        out = call(el, word, lower, arguments, node)
    if upper is not None:
        if isinstance(upper, Node) and upper.kind == "sum":
            advice = "Write 1/… for the reciprocal, or the name of the inverse function."
            raise el.error("ambiguous", "a negative power of a function has two readings", node, advice)
        out = el.power(out, upper, node)
    return postscript(el, out, scripts, node), after


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
    if after < len(factors) and factors[after].op == "/":
        advice = "Put brackets around the argument, or write \\frac."
        raise el.error("extent", "what stands before the slash is not clear", factors[after].node, advice)
    return [v], after, []


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
        if lower is not None:
            raise el.error("unsupported", f"a subscript of {word} is not read", node)
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
    entrywise(el, f, v, node)
    t = make("app", f, v.term)
    if f == "log" and (lower is not None or (word != "ln" and "log2" in el.names.conventions)):
        base = el.scalar(lower) if lower is not None else num(2)
        t = make("div", t, make("app", "log", base))
    elif lower is not None:
        raise el.error("unsupported", f"a subscript of {word} is not read", node)
    return el_value(el, t, row=v.row)


def entrywise(el: Elaborator, f: str, v: Value, node: Surface) -> None:
    """Refuse the exponential of a square matrix, which may be meant entry by entry or as a power series.

    Raises:
        ReadingError: it is one, and nothing says that functions act entry by entry.
    """
    s = el.shape(v, node)
    if f in OF_MATRICES and len(s) == 2 and s[0] == s[1] and "elementwise" not in el.names.conventions:
        message = f"{f} of a square matrix has two readings: entry by entry, or the function of the matrix"
        raise el.error("ambiguous", message, node, "Say that functions act entry by entry, or write the entries.")


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
    normal = laws.density(el, node, target)
    if normal is not None:
        return postscript(el, el_value(el, make("app", "normal_density", *normal)), scripts, node), k + 2
    mentioned = _mentioned(el, s, target, node)
    if mentioned is not None:
        return postscript(el, mentioned, scripts, node), k + 2
    found = function_named(el, s)
    if found is None:
        value_ = _quantity_of(el, s, target, node)
        if value_ is not None:
            return postscript(el, value_, scripts, node), k + 2
        _not_applied(el, s, node, target)
        return None
    key, upper = found
    if key in el.names:
        el.uncaptured(key, node)
    if _as_value(el, s, target):
        return None
    order = derivative_order(el, upper, node)
    if order is not None and "'" not in key:
        key, upper = (key if key in el.names else wrapper(el, key)) + "'" * order, None
    arguments = [el.value(p) for p in items(target.parts[1])] if len(target.parts) == 3 else []
    arity = len(el.names.declared(key.rstrip("'")).arguments) if key.rstrip("'") in el.names.scope.names else 1
    if len(arguments) != arity:
        raise el.error(
            "syntax", f"{spell(s.bare)} takes {arity} arguments, not {len(arguments)}", node, "Check its declaration."
        )
    _apart(el, key, [a.term for a in arguments], node)
    out = el_value(el, make("app", key, *(a.term for a in arguments)), row=any(a.row for a in arguments))
    out = replace(out, term=with_kinks(out.term, el.names))
    if upper is not None:
        if isinstance(upper, Node) and upper.kind == "sum":
            advice = "Write 1/… for the reciprocal, or the name of the inverse function."
            raise el.error("ambiguous", "a negative power of a function has two readings", node, advice)
        if key in el.names.scope.definitions:
            advice = f"Write {spell(s.bare)}(…)^2 for the power of the value."
            raise el.error("ambiguous", "a power of the value, or the function applied again?", node, advice)
        out = el.power(out, upper, node)
    return postscript(el, out, scripts, node), k + 2


def maybe_applied(el: Elaborator, factors: Sequence[Factor], k: int) -> None:
    """Note a letter that was taken as a number before a bracket, and may be a function: ``η(t + 1)``."""
    s = peel(factors[k].node)
    if s is None or s.base not in OFTEN_FUNCTIONS or k + 1 >= len(factors) or factors[k + 1].op:
        return
    target, _ = strip_scripts(factors[k + 1].node)
    bracket = isinstance(target, Node) and target.kind == "bracket" and target.parts[0].text == "("
    own = any((q := peel(n)) is not None and q.base == s.base for n in walk(target))
    if bracket and not own and el.names.is_inferred(s.base):
        el.names.vague.add(s.base)


def _as_value(el: Elaborator, s: Symbol, target: Node) -> bool:
    """Whether a function stands for its value before a bracket in which it does so, too: ``s (1 - s)``."""
    meaning = el.names.meanings.get(s.bare)
    if meaning is None or not el.names.is_function(s.bare) or s.primes:
        return False
    return _stands_in(s, target)


def _stands_in(s: Symbol, target: Node) -> bool:
    """Whether a symbol stands in a bracket without being applied there."""
    nodes = list(walk(target))
    applied_ = {
        id(a)
        for n in nodes
        if isinstance(n, Node) and n.kind == "juxtaposed"
        for a, b in pairwise(n.parts)
        if isinstance(inner := unwrap(b), Node) and inner.kind == "bracket"
    }
    symbols = ((n, peel(n)) for n in nodes if id(n) not in applied_)
    return any(q is not None and q.base == s.base and q.lower is None for _, q in symbols)


def combined(el: Elaborator, factors: Sequence[Factor], k: int) -> Taken:  # type: ignore[valid-type]
    """``(f ∘ g)(x)``, ``(f + g)(x)``, ``(f g)'(x)``: a bracket of functions, applied."""
    if k + 1 < len(factors) and factors[k + 1].op == "o" and _is_function(el, factors[k].node):
        return _composed(el, factors, k)
    if k + 1 >= len(factors) or factors[k + 1].op != "":
        return None
    node, primed = factors[k].node, False
    if isinstance(node, Node) and node.kind == "prime":
        node, primed = node.parts[0], True
    target, scripts = strip_scripts(factors[k + 1].node)
    if not (isinstance(node, Node) and node.kind == "bracket" and len(node.parts) == 3 and node.parts[0].text == "("):
        return None
    if not (isinstance(target, Node) and target.kind == "bracket" and len(target.parts) == 3):
        return None
    whole = _at(el, node.parts[1], target)
    if whole is None or target.parts[0].text != "(":
        return None
    out = el.value(whole)
    if primed:
        variable = el.scalar(target.parts[1])
        if variable.head != "sym":
            raise el.error("unsupported", "the slope of such a function is read only at a name", node)
        out = el_value(el, make("der", out.term, variable.name()))
    return postscript(el, out, scripts, node), k + 2


def _at(el: Elaborator, node: Surface, target: Node) -> Node | None:
    """A combination of functions at some arguments; None if anything else stands in it."""
    if peel(node) is not None:
        return Node("juxtaposed", [node, target]) if _is_function(el, node) else None
    if not isinstance(node, Node) or node.kind not in ("sum", "times", "juxtaposed", "fraction", "group", "bracket"):
        return None
    if node.kind == "times" and {p.text for p in node.parts if isinstance(p, Leaf) and p.type == "OPERATOR"} == {"o"}:
        return _nested(el, node.parts[::2], target)
    parts: list[Surface] = []
    for p in node.parts:
        kept = isinstance(p, Leaf) and (p.type != "NUMBER" or node.kind in ("times", "juxtaposed"))
        kept = kept and isinstance(p, Leaf) and p.type not in ("LETTER", "WORD", "FUNCTION")
        q = p if kept else _at(el, p, target)
        if q is None:
            return None
        parts.append(q)
    functions = any(isinstance(q, Node) for q in parts)
    return Node(node.kind, parts) if functions else None


def _is_function(el: Elaborator, node: Surface) -> bool:
    s = peel(node)
    found = None if s is None else function_named(el, s)
    return found is not None and found[1] is None


def _nested(el: Elaborator, names: Sequence[Surface], target: Node) -> Node | None:
    """``f(g(x))`` for f and g."""
    for f in reversed(names):
        inner = _at(el, f, target)
        if inner is None:
            return None
        target = Node("bracket", [target.parts[0], inner, target.parts[2]])
    return inner


def _composed(el: Elaborator, factors: Sequence[Factor], k: int) -> Taken:  # type: ignore[valid-type]
    """``f ∘ g(x)``, which is f(g(x))."""
    end = k + 1
    while end < len(factors) and factors[end].op == "o" and _is_function(el, factors[end].node):
        end += 1
    target = factors[end].node if end < len(factors) and factors[end].op == "" else None
    whole = None
    if isinstance(target, Node) and target.kind == "bracket" and len(target.parts) == 3:
        whole = _nested(el, [f.node for f in factors[k:end]], target)
    if whole is None:
        raise el.error("syntax", "a composition stands without an argument", factors[k].node, "Write f(g(x)).")
    return el.value(whole), end + 1


def with_kinks(t: Term, names: Names) -> Term:
    """A slope at a number, with the value that a convention gives it where there is none."""
    kink = names.kinks.get(t.name()) if t.head == "app" else None
    return (
        t
        if kink is None or shape(names.scope.context(), t.terms[0])
        else make("cases", rel("=", t.terms[0], kink[0]), kink[1], t)
    )


KINKED = frozenset({"relu", "lrelu", "elu", "abs", "max", "min"})


def has_kink(names: Names, slope: str) -> bool:
    """Whether f' is the slope of a function that is defined by cases, maxima or absolute values."""
    key = slope.rstrip("'")
    definition = names.scope.definitions.get(key)
    if definition is None:
        return key.rstrip("ᵘᶠ") in KINKED
    parts = [s for _, body in definition.clauses for s in subterms(body)]
    return any(
        s.head == "cases"
        or (s.head == "big" and s.name() in ("max", "min"))
        or (s.head == "app" and s.name() in KINKED)
        for s in parts
    )


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
    if len(parts) != 1 or not el.indexed(s.lower):
        return None
    known = numbered(el, s.base)
    if not known:
        return None
    i = el.index(parts[0])
    within = el.bound_ranges.get(letter_of(parts[0]) or "") == (num(min(known)), num(max(known)))
    out: Term | None = sym(known[max(known)]) if within else None
    for n in sorted(known, reverse=True)[1 if within else 0 :]:
        t = sym(known[n])
        out = make("cases", rel("=", i, num(n)), t, *(() if out is None else (out,)))
    assert out is not None
    return el_value(el, out)


def _mentioned(el: Elaborator, s: Symbol, target: Node, node: Surface) -> Value | None:
    """A quantity written with what it depends on, as in L(w); or read again for other arguments."""
    key = s.base + (f"_{label(s.lower)}" if s.lower is not None else "")
    if key not in el.names.mentions or len(target.parts) != 3:
        return None
    if mention(target.parts[1]) in el.names.mentions[key] and key in el.names:
        return el.symbol(s, node)
    if _stands_in(s, target):
        return None
    macro = el.names.macros.get(key)
    if macro is None:
        if key in el.names.scope.definitions and not el.names.is_function(key):
            known = f"{spell(key)}({el.names.mentions[key][0]})"
            text = f"nothing says that {spell(key)} is here what it is in {known}"
            raise el.error(
                "collision", text, node, f"Write {spell(key)} \\cdot (…) for a product, or define a function."
            )
        return None
    arguments = [el.value(p) for p in items(target.parts[1])]
    if len(arguments) != len(macro.params):
        raise el.error("syntax", f"{spell(key)} takes {len(macro.params)} arguments", node)
    from symderive.reading.formulas.elaborate import Elaborator as Reader

    names = el.names.copy()
    inner = Reader(names, macro.body)
    for p in macro.params:
        names.aliases[p] = arguments[macro.params.index(p)].term
        inner.bound.pop(p, None)
    inner.bound.update({k: v for k, v in el.bound.items() if k not in macro.params})
    out = inner.read(macro.body)
    given = [v.term for v in arguments]
    if applies_elsewhere(el.names.scope.context(), out.term, macro.params, given):
        text = f"{spell(key)} is made of names that vary with its argument"
        raise el.error("collision", text, node, f"Write out what {spell(key)} is made of.")
    el.names.notes.append(f"{spell(key)} is read with other arguments")
    return out


def _apart(el: Elaborator, key: str, arguments: Sequence[Term], node: Surface) -> None:
    """Refuse another argument than the usual letter where an equation ties that to a name in the function.

    Raises:
        ReadingError: whether the name varies with it is not clear.
    """
    meaning = el.names.meanings.get(key.rstrip("'"))
    called = meaning.called if meaning is not None else ()
    letters = {k for k in called if k in el.names}
    if letters and [*arguments] != [sym(k) for k in called]:
        context = el.names.scope.context()
        if name := tied(context, key.rstrip("'"), letters):
            text = f"{spell(name)} in {spell(key)} may vary with {spell(min(letters))}"
            raise el.error("collision", text, node, f"Put it into the definition of {spell(key)}.")


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


def _quantity_of(el: Elaborator, s: Symbol, target: Node, node: Surface) -> Value | None:
    """``g(w)`` for a number g that was defined by way of w: g itself.

    Raises:
        ReadingError: it stands before a number, or a sum of what it is made of: its value there, or a product?
    """
    key = s.base + (f"_{label(s.lower)}" if s.lower is not None else "")
    definition = el.names.scope.definitions.get(key)
    inside = items(target.parts[1]) if len(target.parts) == 3 and target.parts[0].text == "(" else []
    if definition is None or definition.params or len(inside) != 1 or s.upper is not None:
        return None
    context = el.names.scope.context()
    made_of = context.closure(sym(key)) - {key}
    argument = peel(inside[0])
    if argument is not None and argument.lower is None and argument.base in made_of:
        return el.symbol(s, node)
    symbols = {q.base for n in walk(inside[0]) if (q := peel(n)) is not None}
    sums = isinstance(inside[0], Node) and inside[0].kind == "sum"
    if (symbols <= made_of or (sums and symbols & made_of)) and not el.names.ranges(key):
        message = f"{spell(key)} before this bracket is a value of {spell(key)}, or a factor"
        raise el.error(
            "ambiguous", message, node, f"Write {spell(key)} \\cdot (…), or define {spell(key)}(…) as a function."
        )
    return None


def _not_applied(el: Elaborator, s: Symbol, node: Surface, target: Node) -> None:
    """A symbol before a bracket that is no function: a product, or an undeclared function."""
    from symderive.reading.formulas.elaborate import _candidates

    known = [key for key, *_ in _candidates(s) if key in el.names or key in el.bound or key in el.names.aliases]
    inside = items(target.parts[1]) if len(target.parts) == 3 else []
    at_number = len(inside) == 1 and isinstance(inside[0], Leaf) and inside[0].type == "NUMBER"
    if at_number and target.parts[0].text == "(" and known and el.names.is_inferred(known[0]):
        advice = f"Define {spell(s.base)} as a function, or write {spell(s.base)} \\cdot {inside[0].text}."
        raise el.error("ambiguous", f"{spell(s.base)} at {inside[0].text}, or a product?", node, advice)
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


def constant(el: Elaborator, s: Symbol, node: Surface) -> Value | None:
    """Letters with a built-in meaning, when nothing was declared."""
    if s.base == "e" and s.lower is None and s.upper is not None:
        v = el.value(s.upper)
        if len(el.shape(v, node)) == 2:
            advice = "Write \\exp(…) entry by entry, or say what is meant."
            raise el.error("ambiguous", "e to a matrix is its exponential, and not that of its entries", node, advice)
        return el_value(el, make("app", "exp", v.term), row=v.row)
    if s.base == "e" and s.lower is None:
        return el_value(el, make("app", "exp", ONE))
    if s.base in CONSTANTS and s.lower is None:
        out = el_value(el, make("app", CONSTANTS[s.base]))
        return out if s.upper is None else el.power(out, s.upper, node)
    if s.base == "δ" and s.lower is not None:
        parts = el.index_parts(s.lower, 2)
        if len(parts) == 2:
            known = next((r for p in parts if (r := el.bound_ranges.get(letter_of(p) or "")) is not None), None)
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
    from symderive.reading.formulas.elaborate import Value

    return Value(ZERO, row=False, fit=fit, rank=rank)


def _identity(s: Shape) -> Term:
    return tabulate(lambda i, j: make("cases", rel("=", i, j), ONE, ZERO), s)
