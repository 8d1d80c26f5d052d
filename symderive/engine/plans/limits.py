"""Limits: a value is suggested by the algebra of limits; the judge decides.

Values are numbers or ±∞; an indeterminate form is left to SymPy, which is asked for numbers only.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from symderive.engine.plans.tidy import renamed
from symderive.engine.plans.work import Work
from symderive.kernel.context import Context
from symderive.kernel.lowering import lower
from symderive.kernel.shapes import unfold_operator
from symderive.kernel.terms import Term, make, num, rel, subterms, sym
from symderive.language.problem import Derivation

MAX_NODES = 200


def limit(work: Work) -> Derivation:
    """The plan for a limit of a number."""
    target = work.goal.target
    assert target is not None
    if target.head != "lim":
        return work.done(None, None, "the target is no limit")
    body, point = target.terms
    if point.head not in ("inf", "neg"):
        direct = work.tidy()(renamed(body, target.name(1), point))
        verdict = work.judge(rel("=", target, direct))
        if verdict.proved:
            return work.done(direct, verdict)
    found = suggested(work.context, target)
    if found is None:
        return work.done(None, None, "no value of the limit was found")
    return work.done(found, work.judge(rel("=", target, found)))


def suggested(context: Context, t: Term) -> Term | None:
    """The value that SymPy gives for a limit, if it is a finite number that is read back."""
    import sympy

    body, point = t.terms
    if len(subterms(body)) > MAX_NODES:
        return None
    try:
        symbols: dict[str, Any] = {}
        expr = _to(context, lower(context, body), symbols)
        at = sympy.oo if point.head == "inf" else -sympy.oo if point.head == "neg" else _to(context, point, symbols)
        x = symbols.get(t.name(1), sympy.Symbol("limit_variable", real=True))
        side = {"both": "+-", "above": "+", "below": "-"}[t.name(3)]
        found = sympy.limit(expr, x, at, side if point.head not in ("inf", "neg") else "+")
        return _back(sympy.simplify(found), {s: n for n, s in symbols.items()})
    except (NotImplementedError, ValueError, TypeError, KeyError, ArithmeticError):
        return None


def _to(context: Context, t: Term, symbols: dict[str, Any]) -> Any:
    """A number as a SymPy expression; raises ValueError for what has no counterpart."""
    import sympy

    def inner(a: Term) -> Any:
        return _to(context, a, symbols)

    match t.head:
        case "num":
            return sympy.Rational(t.args[0], t.args[1])
        case "sym":
            name = t.name()
            if name in context.definitions and not context.definitions[name].params:
                return inner(context.definitions[name].clauses[0][1])
            integer = context.declared(name).kind == "int"
            return symbols.setdefault(name, sympy.Symbol(f"s{len(symbols)}", real=True, integer=integer or None))
        case "add":
            return sympy.Add(*map(inner, t.terms))
        case "mul":
            return sympy.Mul(*map(inner, t.terms))
        case "neg":
            return -inner(t.terms[0])
        case "div":
            return inner(t.terms[0]) / inner(t.terms[1])
        case "pow":
            return sympy.Pow(*map(inner, t.terms))
        case "app" if t.name() in ("exp", "log", "sin", "cos", "tanh", "erf", "abs", "relu"):
            table = {"exp": sympy.exp, "log": sympy.log, "sin": sympy.sin, "cos": sympy.cos, "tanh": sympy.tanh}
            table |= {"erf": sympy.erf, "abs": sympy.Abs, "relu": lambda u: sympy.Max(u, 0)}
            return table[t.name()](inner(t.terms[0]))
        case "app" if t.name() == "pi":
            return sympy.pi
        case "app" if t.name() in context.functions:
            return inner(unfold_operator(context, t))
        case "app" if t.name() in context.definitions:
            return inner(context.clause(t.name(), 0, t.terms)[0])
        case _:
            raise ValueError(f"{t.head} has no counterpart")


def _back(e: Any, names: dict[Any, str]) -> Term:
    """A SymPy expression as a term; raises ValueError for what is not read back."""
    import sympy

    if e.is_Rational:
        return num(Fraction(int(e.p), int(e.q)))
    if e.is_Symbol:
        return sym(names[e])
    parts = [_back(a, names) for a in e.args]
    if e.is_Add or e.is_Mul:
        return make("add" if e.is_Add else "mul", *parts)
    if e.is_Pow:
        return make("pow", *parts)
    if e is sympy.E:
        return make("app", "exp", num(1))
    for f, name in ((sympy.exp, "exp"), (sympy.log, "log"), (sympy.sin, "sin"), (sympy.cos, "cos")):
        if e.func is f:
            return make("app", name, *parts)
    raise ValueError(f"{e} is not read back")
