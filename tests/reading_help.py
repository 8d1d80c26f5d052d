"""Formulas of the corpus as terms in a world of the reference evaluator."""

import re
from fractions import Fraction

from symderive.kernel.terms import CONDITIONS
from symderive.reading.formulas.names import Names
from symderive.reading.formulas.surface import parse
from symderive.reading.formulas.symbols import label, peel
from symderive.reading.statements.sentences import Inline, Reader
from tests.reference import Reference, World

FORMULA = re.compile(r"\$([^$]*)\$|\\\[(.*?)\\\]", re.DOTALL)


def pieces(text):
    """A paragraph as the sentence reader takes it."""
    out, position = [], 0
    for m in FORMULA.finditer(text):
        out += [text[position : m.start()], Inline(m.group(1) or m.group(2), m.group(2) is not None)]
        position = m.end()
    out.append(text[position:])
    return [re.sub(r"\\(begin|end)\{itemize\}|\\item", "\n\n", p) if isinstance(p, str) else p for p in out]


def declared(text):
    """The names that a text declares, and what it says beyond."""
    names = Names()
    outcome = Reader(names).read(pieces(text))
    return names, outcome


def key_of(spelling, names):
    """The name that a LaTeX spelling has in a table."""
    s = peel(parse(spelling, names.words))
    if s is None:
        return spelling
    parts = [s.base]
    if s.lower is not None:
        parts[0] += f"_{label(s.lower)}"
    if s.upper is not None:
        parts[0] += f"^{label(s.upper)}"
    return parts[0] if parts[0] in names.meanings else s.base


def exact(value):
    if isinstance(value, list):
        return [exact(v) for v in value]
    return Fraction(str(value))


def polynomial(coefficients):
    return lambda x: sum((c * x**k for k, c in enumerate(coefficients)), start=Fraction(0))


def world_of(values, names, indices=None):
    """A world with values by spelling."""
    numbers, functions, outcomes = {}, {}, ()
    for spelling, v in (*values.items(), *(indices or {}).items()):
        if spelling == "outcomes":
            outcomes = tuple(
                (Fraction(str(o["p"])), {key_of(k, names): exact(x) for k, x in o.items() if k != "p"}) for o in v
            )
            outcomes = tuple((p, {k: x for k, x in o.items() if k in names.meanings}) for p, o in outcomes)
            continue
        key = key_of(spelling, names)
        if (indices or {}).get(spelling) is v and not isinstance(v, list):
            key = next((k for k, m in names.meanings.items() if m.role == "index" and m.spelling == spelling), key)
        if isinstance(v, dict) and "polynomial" in v:
            functions[key] = polynomial([Fraction(str(c)) for c in v["polynomial"]])
        elif isinstance(v, dict):
            numbers[key] = exact(v["entries"])
        else:
            numbers[key] = exact(v)
    gather(numbers, names)
    return World(numbers, functions, outcomes)


def gather(numbers, names):
    """Values given entry by entry (``x_1``, ``x_2``) for a name that is a family."""
    for key in names.meanings:
        if key in numbers or key not in names.scope.names or not names.ranges(key):
            continue
        found = {k.split("_")[1]: v for k, v in numbers.items() if k.startswith(f"{key}_")}
        if found and all(i.isdigit() for i in found):
            numbers[key] = [found[i] for i in sorted(found, key=int)]


def evaluate(term, names, world):
    reference = Reference(names.scope.context(), world)
    if term.head in CONDITIONS:
        return reference.truth(term)
    return reference.value(term)
