"""Limits: a value is put in, found by proved lines, or suggested by SymPy; the judge decides.

Values are numbers; what is unbounded has none.  Vectors and matrices go entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from symderive.engine.budget import Budget, OutOfBudget
from symderive.engine.limits import unbounded
from symderive.engine.plans.tidy import renamed
from symderive.engine.plans.work import Work, table
from symderive.engine.prover import FAILURES, Prover
from symderive.kernel.context import Context
from symderive.kernel.lowering import lower
from symderive.kernel.shapes import shape, unfold_operator
from symderive.kernel.terms import INF, Term, at, literal, make, num, rel, subterms, sym
from symderive.language.problem import Derivation
from symderive.language.verdict import Verdict

MAX_NODES = 200
MAX_ENTRIES = 64


def limit(work: Work) -> Derivation:
    """The plan for a limit of a number, or of a vector or matrix entry by entry."""
    target = work.goal.target
    assert target is not None
    spans = _spans(work.context, target)
    if spans is None or (not spans and target.head != "lim"):
        return work.done(None, None, "the target is no limit")
    if not spans:
        answer, verdict = value(work, target)
        return work.done(answer, verdict, "" if answer else _why(work, target))
    found: dict[tuple[int, ...], Term] = {}
    for place in product(*spans):
        entry = lower(work.context, at(target, *map(num, place)))
        answer, verdict = value(work, entry) if entry.head == "lim" else (entry, None)
        if answer is None:
            return work.done(None, None, f"no value of the limit of entry {place} was found")
        work.step(entry, answer, verdict=verdict)
        found[place] = answer
    whole = table(list(spans), found)
    return work.done(whole, work.judge(rel("=", target, whole)))


def _spans(context: Context, t: Term) -> list[range] | None:
    """The ranges of the indices of a tensor of known size; None for another one, or a large one."""
    ends = [(literal(lo), literal(hi)) for lo, hi in shape(context, t)]
    if not all(isinstance(e, int) for pair in ends for e in pair):
        return None
    spans = [range(lo, hi + 1) for lo, hi in ends]  # type: ignore[operator, arg-type]
    return spans if prod(map(len, spans)) <= MAX_ENTRIES else None


def value(work: Work, target: Term) -> tuple[Term | None, Verdict | None]:
    """The value of a limit, with the verdict on it: by continuity, by the prover's tactic, or as SymPy suggests."""
    body, point = target.terms
    guesses: list[Callable[[], Term | None]] = [lambda: certified(work, target)]
    guesses.append(lambda: suggested(work.context, target))
    if INF not in (point, *point.terms):
        guesses.insert(0, lambda: renamed(body, target.name(1), point))
    last: tuple[Term | None, Verdict | None] = None, None
    for guess in guesses:
        with suppress(*FAILURES):
            found = guess()
            if found is None:
                continue
            found = work.tidy()(found)
            verdict = work.judge(rel("=", target, found))
            if verdict.proved:
                return found, verdict
            last = found, verdict
    return last


def _why(work: Work, target: Term) -> str:
    """Why there is no answer."""
    prover = Prover(work.context, work.book, Budget(work.units))
    setting = prover.settings(rel("=", target, target), work.context.facts)[-1]
    with suppress(*FAILURES, OutOfBudget):
        if prover.attempt(setting, lambda normal: unbounded(normal, target)):
            return "no number is the limit: the term grows beyond every bound"
    return "no value of the limit was found"


def certified(work: Work, target: Term) -> Term | None:
    """The value to which proved lines lead."""
    prover = Prover(work.context, work.book, Budget(work.units))
    for setting in prover.settings(rel("=", target, target), work.context.facts):
        with suppress(*FAILURES, OutOfBudget):
            found = prover.attempt(setting, lambda normal: normal.term(target))
            if not any(s.head == "lim" for s in subterms(found)):
                return found
    return None


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
