"""Another parser on a list of formulas: times, and values where there are any; run with that parser's interpreter.

Takes JSON on standard input, ``[{"latex", "values", "kind"}, …]``, and the parser's name as argument (``lark``,
``antlr``, ``latex2sympy2``).  Prints a list of ``{"seconds", "outcome", "value"}``: the outcome is ``value``, ``open``
(it was read, but what came out has no value: unknown symbols, an object that is no number) or ``error``.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time

import sympy
from sympy import Expr, Function, Rational, Symbol


def parser(name):
    """The function that reads, with its grammar loaded."""
    if name == "latex2sympy2":
        from latex2sympy2 import latex2sympy, set_variances

        def read(text):
            set_variances({})  # an assignment would change what later formulas mean
            return latex2sympy(text)

        read("1")
        return read
    from sympy.parsing.latex import parse_latex

    parse_latex("1", backend=name)
    return lambda text: parse_latex(text, backend=name)


def plain(name):
    """A symbol's name without the marks in which spellings differ."""
    out = str(name)
    for mark in ("\\", "{", "}", " ", "mathit", "mathrm", "operatorname"):
        out = out.replace(mark, "")
    return out


def filled(e, values):
    """An expression with its symbols and functions replaced by the values of a formula's sample point."""
    known = {plain(n): v for n, v in values.items()}
    for f in e.atoms(sympy.core.function.AppliedUndef):
        v = known.get(plain(f.func))
        if isinstance(v, dict) and "polynomial" in v and len(f.args) == 1:
            e = e.replace(
                Function(f.func.__name__),
                lambda t, c=v["polynomial"]: sum(Rational(str(a)) * t**k for k, a in enumerate(c)),
            )
    e = e.doit()
    numbers = {
        s: Rational(str(known[plain(s)])) for s in e.free_symbols if isinstance(known.get(plain(s)), int | float)
    }
    return e.subs({s: v for s, v in numbers.items() if isinstance(s, Symbol)}).doit()


def value(e, values):
    """A number; None where there is none."""
    if not isinstance(e, Expr):
        return None
    found = sympy.N(filled(e, values), 15)
    return float(found) if found.is_number and found.is_real else None


def sides(e, kind):
    """The terms of which values are known: the formula, or both sides of an equation or inequality."""
    if kind == "relation":
        return list(e.args) if isinstance(e, sympy.core.relational.Relational) else [None]
    return [e]


def run(name, items):
    """Every formula once, in order."""
    read = parser(name)
    for x in items:
        start = time.process_time()
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                e = read(x["latex"])
        except Exception as error:  # noqa: BLE001  (whatever the other parser raises)
            yield {"seconds": time.process_time() - start, "outcome": "error", "value": type(error).__name__}
            continue
        seconds = time.process_time() - start
        try:
            found = [value(s, x["values"]) for s in sides(e, x["kind"])]
        except Exception:  # noqa: BLE001
            found = [None]
        yield {"seconds": seconds, "outcome": "open" if None in found else "value", "value": found}


if __name__ == "__main__":
    print(json.dumps(list(run(sys.argv[1], json.load(sys.stdin)))))
