"""Other ways to take a relation, and the slips of the pen that would explain a wrong one.

Everything here only proposes: a reading or a repair counts once the relation is proved with it.  Repairs are edits of
the text of the right side, so that each has a place and can be printed as it would be written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain, combinations, islice, pairwise

from symderive.kernel.context import Definition
from symderive.kernel.terms import ZERO, Term, make, num, rebuild, subterms
from symderive.language.report import Reading, Repair
from symderive.reading.claims import Claim, orientations, relate
from symderive.reading.derivations import Meaning, Relation
from symderive.reading.formulas.elaborate import Elaborator, Value
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.functions import BUILT_IN_LETTERS, has_kink, starts_prefix, with_kinks
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.names import Names, spell
from symderive.reading.formulas.surface import Node, Surface, parse, walk
from symderive.reading.formulas.symbols import peel, symbol_key, transposes, unwrap
from symderive.reading.statements.attributes import ATTRIBUTES
from symderive.reading.statements.declare import Declarer
from symderive.reading.summing import free_letters, summed

MOST = 220
"""Repairs that are tried on one relation."""

TARGETS = ("one-hot", "one hot", "sum to one", "sums to one", "cross entropy", "cross-entropy", "label", "probabilit")
"""Words of texts whose targets are distributions."""

COVARIANCES = frozenset(("Σ", "𝚺"))
"""Letters for matrices that are symmetric where nothing is said."""
SQUARE = "square for the thing itself"

FRACTION = re.compile(r"\\frac\s*(\{[^{}]*\}|\w)\s*(\{[^{}]*\}|\w)")

Edit = tuple[str, int, int, str]
"""A kind of mistake, the stretch of text that it spoils, and what should stand there."""


# -- readings ---------------------------------------------------------------------------------------------


def readings(m: Meaning, r: Relation, words: str = "", *, final: bool) -> Iterator[Reading]:
    """Conventions and facts under which a relation might hold, the conventions first.

    Args:
        m: the derivation.
        r: one of its relations.
        words: the prose around it, in lower case.
        final: whether a problem has settled the conventions; then those that it states are not put in question.
    """
    a, b = sides(m, r)
    if a is None or b is None:
        return
    stated = m.names.conventions
    if "summation" not in stated:
        keep = free_letters(summed(a.term, m.names, (), repeated=True), m.names)
        definitions = summed_definitions(m, r)
        if definitions or free_letters(b.term, m.names) - keep or free_letters(a.term, m.names) - keep:
            claim = related(
                m, r, Value(summed(a.term, m.names, keep), a.row), Value(summed(b.term, m.names, keep), b.row)
            )
            yield Reading("convention", "Repeated indices are summed.", claim, definitions=definitions)
    if has(a.term, "der") or has(b.term, "der"):
        # where a gradient is a row in numerator layout, authors differ: that sentence alone settles nothing
        settled = "denominator-layout" in stated or (final and stated & {"rows", "columns"})
        other = "numerator" if "denominator-layout" in stated else "denominator"
        say = "Gradients are rows." if a.row != b.row else f"We use the {other} layout."
        for claim in orientations(m.names, r.link.sign, a, b, r.right):
            yield Reading("hint" if settled else "convention", say, claim)
    if "log2" not in stated and any(
        s.head == "app" and s.name() == "log" for s in (*subterms(a.term), *subterms(b.term))
    ):
        yield Reading("convention", "log is to base 2.", related(m, r, binary(a), binary(b)))
    yield from whole_sums(m, r)
    yield from kinks(m, r, a, b)
    if m.names.built_in and not re.search(r"sigmoid|logistic", words):
        yield from letters(m, r, a, b)
    yield from facts(m, r)


def whole_sums(m: Meaning, r: Relation) -> Iterator[Reading]:
    r"""That an operator takes the whole sum before which it stands: ``\sum_i x_i - c`` for the sum of x_i − c."""
    texts = [r.sides.sides[r.left].text, r.right.text[: r.right.end]]
    for k, text in enumerate(texts):
        try:
            node = parse(text, m.names.words)
            other = parse(texts[1 - k], m.names.words)
        except ReadingError:
            continue
        reach = operand_of(node)
        if reach is None:
            continue
        start, end = reach
        changed = value(m, f"{text[:start]}\\left({text[start:end]}\\right){text[end:]}", other)
        unchanged = sides(m, r)[1 - k]
        if changed is not None and unchanged is not None:
            pair = (changed, unchanged) if k == 0 else (unchanged, changed)
            yield Reading("convention", "The operator takes the whole sum.", related(m, r, *pair))


def operand_of(node: Surface) -> tuple[int, int] | None:
    """Where a sum begins and ends that an operator at its head may take."""
    first = node.parts[0] if isinstance(node, Node) and node.kind == "sum" else None
    if not (isinstance(first, Node) and first.kind == "juxtaposed") or starts_prefix(first.parts[1]):
        return None
    head_ = first.parts[0]
    base = head_
    while isinstance(base, Node) and base.kind in ("subscript", "superscript"):
        base = base.parts[0]
    operator = starts_prefix(head_) or (isinstance(base, Leaf) and base.type == "PARTIAL")
    return (first.parts[1].start, node.end) if operator or is_slope(head_) else None


def is_slope(node: Surface) -> bool:
    r"""Whether a factor looks like ``\frac{d}{dx}``."""
    top = unwrap(node.parts[1]) if isinstance(node, Node) and node.kind == "fraction" else None
    return isinstance(top, Leaf) and (top.type == "PARTIAL" or top.text == "d")


def letters(m: Meaning, r: Relation, a: Value, b: Value) -> Iterator[Reading]:
    """That σ, of which nothing is said, is another activation than the sigmoid."""
    for letter in sorted(m.names.built_in):
        for other in ("tanh", "relu"):
            definitions = {
                n: replace(d, clauses=tuple((ranges, exchanged(body, letter, other)) for ranges, body in d.clauses))
                for n, d in m.names.scope.definitions.items()
            }
            x, y = (Value(exchanged(v.term, letter, other), v.row) for v in (a, b))
            yield Reading("convention", f"${spell(letter)}$ is {other}.", related(m, r, x, y), definitions=definitions)


def exchanged(t: Term, letter: str, other: str) -> Term:
    """A term with another function for one that a letter usually stands for."""
    t = rebuild(t, lambda a, _: exchanged(a, letter, other))
    known = t.head == "app" and t.name() == BUILT_IN_LETTERS[letter]
    return make("app", other, *t.terms) if known else t


def kinks(m: Meaning, r: Relation, a: Value, b: Value) -> Iterator[Reading]:
    """That the slope of a function with a kink is set to a number there."""
    slopes = {s.name() for t in (a.term, b.term) for s in subterms(t) if s.head == "app" and s.name().endswith("'")}
    for name in sorted(n for n in slopes if n not in m.names.kinks and has_kink(m.names, n)):
        names = m.names.copy()
        names.kinks[name] = (ZERO, ZERO)
        x, y = (Value(put_kinks(v.term, names), v.row) for v in (a, b))
        say = f"We set ${m.names.meanings[name.rstrip(chr(39))].spelling}'(0) = 0$."
        yield Reading("convention", say, related(m, r, x, y))


def put_kinks(t: Term, names: Names) -> Term:
    t = rebuild(t, lambda a, _: put_kinks(a, names))
    return with_kinks(t, names) if t.head == "app" else t


def summed_definitions(m: Meaning, r: Relation) -> dict[str, Definition]:
    """The definitions behind a relation in whose bodies letters are free, with the sums over these."""
    context = m.names.scope.context()
    used = {n for c in r.step.conditions for n in context.closure(c)}
    out: dict[str, Definition] = {}
    for n in used & m.names.scope.definitions.keys():
        d = m.names.scope.definitions[n]
        clauses = tuple((ranges, summed(body, m.names, ())) for ranges, body in d.clauses)
        if clauses != d.clauses:
            out[n] = replace(d, clauses=clauses)
    return out


def facts(m: Meaning, r: Relation) -> Iterator[Reading]:
    """Properties of the names of a relation that the text does not state."""
    context = m.names.scope.context()
    used = sorted({n for c in r.step.conditions for n in context.closure(c)})
    leaves = [n for n in used if n not in context.definitions and n in m.names.meanings and not m.names.is_function(n)]
    for n in leaves[:8]:
        declared = m.names.declared(n)
        rank = len(declared.ranges)
        spelled = m.names.meanings[n].spelling
        if declared.kind == "real" and rank == 1:
            cues = (*TARGETS, "softmax") if m.names.is_inferred(n) else TARGETS
            told = (
                ("distribution", f"The entries of ${spelled}$ sum to one.", cues),
                ("one-hot", f"${spelled}$ is one-hot.", cues),
            )
            yield from attributed(m, r, n, told)
        elif declared.kind == "real" and rank == 2:
            words = ("symmetric",) if n not in COVARIANCES else ("",)
            yield from attributed(m, r, n, (("symmetric", f"${spelled}$ is symmetric.", words),))
        elif declared.kind == "real" and not rank:
            yield from attributed(m, r, n, (("positive", f"${spelled} > 0$.", ("positive",)),))
    random = [n for n in used if n in context.randoms]
    if len(random) > 1:
        together = make("is", "independent", *(make("sym", n) for n in random))
        names = ", ".join(f"${m.names.meanings[n].spelling}$" for n in random)
        yield Reading("fact", f"{names} are independent.", r.step, ("independent",), (together,))


def attributed(m: Meaning, r: Relation, n: str, codes: Sequence[tuple[str, str, tuple[str, ...]]]) -> Iterator[Reading]:
    claimed = (c for x in m.relations for c in (*x.step.conditions, *x.anchor.conditions))
    known = {*m.names.scope.facts, *(a.fact for a in m.assumed), *claimed}
    rank = len(m.names.ranges(n))
    others = [k for k in m.names.meanings if k != n and k in m.names.scope.names and len(m.names.ranges(k)) == rank]
    for code, say, words in codes:
        said = any(new and new <= known for k in others if (new := equations(properties(m.names, code, k))))
        new = properties(m.names, code, n) or set()
        yield Reading("fact", say, r.step, () if said else words, tuple(sorted(new - known, key=repr)))


def equations(conditions: set[Term] | None) -> set[Term]:
    """What a property says as an equation, if it says any; else all of it."""
    every = conditions or set()
    return {c for c in every if c.head == "rel" and c.name() == "="} or every


def properties(names: Names, code: str, n: str) -> set[Term] | None:
    """The facts that an adjective states about a name; None if it cannot be said of it."""
    trial = names.copy()
    trial.scope.facts = []
    trial.changed()
    try:
        new = ATTRIBUTES[code](Declarer(trial), n)
    except ReadingError:
        return None
    return {*trial.scope.facts, *new}


def sides(m: Meaning, r: Relation) -> tuple[Value | None, Value | None]:
    """The terms of a relation as they were read."""
    values = m.values[r.chain - 1]
    return values[r.left], values[r.link.k + 1]


def related(m: Meaning, r: Relation, a: Value, b: Value) -> Claim:
    return relate(m.names, r.step.kind if r.step.kind in ("<", "<=", ">", ">=", "!=") else "=", a, b, r.right, ())


def binary(v: Value) -> Value:
    """A value with the logarithms in it taken to base 2."""

    def change(t: Term) -> Term:
        t = rebuild(t, lambda a, _: change(a))
        return make("div", t, make("app", "log", num(2))) if t.head == "app" and t.name() == "log" else t

    return Value(change(v.term), v.row)


def has(t: Term, head: str) -> bool:
    return any(s.head == head for s in subterms(t))


# -- repairs ----------------------------------------------------------------------------------------------


def repairs(m: Meaning, r: Relation) -> Iterator[Repair]:
    """Edits of the right side, those of the smallest parts first."""
    a, _ = sides(m, r)
    if a is None:
        return
    text = r.right.text[: r.right.end]
    try:
        node = parse(text, m.names.words)
        left = parse(r.sides.sides[r.left].text, m.names.words)
    except ReadingError:
        return
    seen = {text}
    lefts = r.sides.sides[r.left].text
    yield from other_conventions(m, r)
    if is_closed(node):
        yield from from_left(m, r, r.left, node)
        yield from from_left(m, r, 0, node) if r.left else ()
    early, late = edits(m.names, text, node, variable(lefts, left)), rewritings(m.names, text, node, lefts, left)
    every = chain(((e, False) for e in early), ((e, True) for e in late))
    for (kind, start, end, new), is_late in islice(every, MOST):
        whole = text[:start] + new + text[end:]
        if whole in seen:
            continue
        seen.add(whole)
        claim = reread(m, r, a, whole, left)
        if claim is not None:
            shown, how = described(kind, text[start:end], new)
            context = m.names.scope.context() if claim.kind == "O" else None
            yield Repair(kind, start, max(end, start + 1), shown, claim, how, is_late, context)


def described(kind: str, old: str, new: str) -> tuple[str, str]:
    """What is shown of an edit, and how it repairs: a factor or a term by itself, or what stands in the place."""
    factor = new.removeprefix(f"\\left({old}\\right) \\left(")
    if factor != new:
        return factor.removesuffix("\\right)"), "factor"
    if kind in ("extra factor", "extra term") and new.strip() in ("", "1", "0"):
        part = re.sub(r"\A\s*(?:\\cdot|\\times|\*|\+)|(?:\\cdot|\\times|\*)\s*\Z", "", old).strip()
        return part, "without factor" if kind == "extra factor" else "without term"
    if kind == "extra factor" and (m := FRACTION.fullmatch(old.strip())) is not None and new == f"{{{m.group(1)}}}":
        return f"\\frac{{1}}{m.group(2)}", "without factor"
    shown = new.strip() or "…"
    while (m := re.fullmatch(r"\{(\{[^{}]*\}|[^{}]*)\}", shown)) is not None:
        shown = m.group(1)
    return shown, "place"


def reread(m: Meaning, r: Relation, a: Value, text: str, left: Surface) -> Claim | None:
    """What the relation says with another right side; None if that cannot be read with the names that are known."""
    b = value(m, text, left)
    if b is None:
        return None
    if "summation" in m.names.conventions:
        b = Value(summed(b.term, m.names, free_letters(a.term, m.names)), b.row)
    return related(m, r, a, b)


def value(m: Meaning, text: str, beside: Surface) -> Value | None:
    """The value of a side, without any new name."""
    names = m.names.copy()
    names.strict = True
    try:
        node = parse(text, names.words)
        out = Elaborator(names, Node("chain", [beside, node])).read(node)
    except (ReadingError, RecursionError):
        return None
    return out if set(names.scope.names) == set(m.names.scope.names) else None


def is_closed(node: Surface) -> bool:
    """Whether something is made of numerals."""
    names = {"LETTER", "WORD", "FUNCTION", "BIG", "PARTIAL", "NABLA"}
    return not any(isinstance(x, Leaf) and x.type in names for x in walk(node))


def from_left(m: Meaning, r: Relation, side: int, right: Surface) -> Iterator[Repair]:
    """For a number: what one would have done to a side before to get it."""
    _, b = sides(m, r)
    text = r.sides.sides[side].text
    try:
        left = parse(text, m.names.words)
    except ReadingError:
        return
    tables = (signs, squares, turned, exponents, dropped, powers)
    whole_sign: list[Edit] = [("sign", 0, len(text), f"-({text})")]
    every = chain(whole_sign, (e for table in tables for n in walk(left) for e in table(m.names, text, n)))
    for kind, start, end, new in islice(every, MOST):
        whole = text[:start] + new + text[end:]
        a = None if b is None else value(m, whole, right)
        if a is not None and b is not None:
            name = {"extra factor": "lost factor", "extra term": "forgotten term"}.get(kind, kind)
            yield Repair(name, 0, 10_000, whole, related(m, r, a, b), "from")


def other_conventions(m: Meaning, r: Relation) -> Iterator[Repair]:
    """The value that another convention gives the slope at a kink."""
    a, b = sides(m, r)
    if a is None or b is None:
        return
    for name, (_, ours) in m.names.kinks.items():
        for theirs in (num(0), num(1), num(Fraction(1, 2))):
            x, y = (Value(kinks_exchanged(v.term, name, theirs), v.row) for v in (a, b))
            if theirs is not ours and (x.term, y.term) != (a.term, b.term):
                shown = f"{m.names.meanings[name.rstrip(chr(39))].spelling}'(0) = {theirs.args[0]}"
                yield Repair("wrong convention", 0, 10_000, shown, related(m, r, x, y), "from")


def kinks_exchanged(t: Term, name: str, other: Term) -> Term:
    """A term with another value of a slope at its kink."""
    t = rebuild(t, lambda a, _: kinks_exchanged(a, name, other))
    if t.head == "cases" and len(t.terms) == 3 and t.terms[2].head == "app" and t.terms[2].name() == name:
        return make("cases", t.terms[0], other, t.terms[2])
    return t


def edits(names: Names, text: str, node: Surface, by: str) -> Iterator[Edit]:
    """Changes of a text by kinds of mistakes, the commonest kinds first; `by` is what one differentiates by."""
    nodes = list(walk(node))
    tables: tuple[Callable[..., Iterator[Edit]], ...] = (
        signs,
        orientation,
        indices,
        squares,
        swaps,
        exponents,
        turned,
        powers,
        complements,
        functions,
    )
    for table in tables:
        for n in nodes:
            yield from table(names, text, n)
    yield from repeated_signs(names, text, nodes)
    yield from exchanged_names(text, nodes)
    yield from not_differentiated(names, text, nodes, by)
    yield from whole_side(names, text, node)


def rewritings(names: Names, text: str, node: Surface, left_text: str, left: Surface) -> Iterator[Edit]:
    """Changes that put in what stands elsewhere, or leave something out."""
    nodes = list(walk(node))
    for table in (dropped, inverted):
        for n in nodes:
            yield from table(names, text, n)
    yield from renamed(names, text, nodes, left_text, left)
    for n in nodes:
        yield from numerals(names, text, n)
    yield from added(names, text, node, left_text, left)


def signs(names: Names, text: str, n: Surface) -> Iterator[Edit]:
    if isinstance(n, Node) and n.kind == "sum":
        for p in n.parts:
            if isinstance(p, Leaf) and p.type == "SIGN" and p.text in "+-":
                yield "sign", p.start, p.end, " + " if p.text == "-" else " - "
        first = n.parts[0]
        if not (isinstance(first, Leaf) and first.type == "SIGN"):
            yield "sign", first.start, first.end, f"-{text[first.start : first.end]}"


def whole_side(names: Names, text: str, node: Surface) -> Iterator[Edit]:
    yield "sign", 0, len(text), f"-({text})"
    if any(names.ranges(s.base) for n in walk(node) if (s := peel(n)) is not None and s.base in names):
        yield "transposition", 0, len(text), f"\\left({text}\\right)^\\top"


def repeated_signs(names: Names, text: str, nodes: Sequence[Surface]) -> Iterator[Edit]:
    """A sign that is wrong in every copy of a sum."""
    copies: dict[str, list[Surface]] = {}
    for n in nodes:
        if isinstance(n, Node) and n.kind == "sum":
            copies.setdefault(text[n.start : n.end], []).append(n)
    for part, places in copies.items():
        for _, start, end, new in signs(names, text, places[0]) if len(places) > 1 else ():
            first, last = places[0].start, places[-1].end
            mended = part[: start - first] + new + part[end - first :]
            yield "sign", first, last, text[first:last].replace(part, mended)


def exchanged_names(text: str, nodes: Sequence[Surface]) -> Iterator[Edit]:
    """Two names of the same letter that changed places throughout: ``g_1`` and ``g_2``."""
    shown: dict[str, list[Surface]] = {}
    bases: dict[str, str] = {}
    for n in nodes:
        s = peel(n) if isinstance(n, Node) and n.kind == "subscript" else None
        if s is not None and s.upper is None:
            shown.setdefault(text[n.start : n.end], []).append(n)
            bases[text[n.start : n.end]] = s.base
    for a, b in islice(combinations(shown, 2), 10):
        if bases[a] != bases[b]:
            continue
        places = sorted([(n, b) for n in shown[a]] + [(n, a) for n in shown[b]], key=lambda x: x[0].start)
        first, last = places[0][0].start, places[-1][0].end
        out, at_ = "", first
        for n, new in places:
            out += text[at_ : n.start] + new
            at_ = n.end
        yield "index", first, last, out


def not_differentiated(names: Names, text: str, nodes: Sequence[Surface], by: str) -> Iterator[Edit]:
    """A quantity, or a function, that stands where its derivative should."""
    if not by:
        return
    for n in nodes:
        if isinstance(n, Leaf) and n.text in names and names.is_function(n.text) and text[n.end : n.end + 1] == "(":
            yield "dropped chain-rule factor", n.start, n.end, f"{text[n.start : n.end]}'"
    inside = [n for n in nodes if isinstance(n, Node) and n.kind == "fraction" and differential(n.parts[2])]
    for n in nodes:
        part = text[n.start : n.end]
        if peel(n) is None or part == by or any(f.start <= n.start and n.end <= f.end for f in inside):
            continue
        yield "dropped chain-rule factor", n.start, n.end, f"\\frac{{\\partial {part}}}{{\\partial {by}}}"


def orientation(names: Names, text: str, n: Surface) -> Iterator[Edit]:
    """A transpose too many or too few."""
    if isinstance(n, Node) and n.kind == "superscript" and transposes(unwrap(n.parts[1])) == "T":
        yield "transposition", n.start, n.end, text[n.parts[0].start : n.parts[0].end]
    s = peel(n)
    key = "" if s is None else symbol_key(s)
    if s is not None and s.upper is None and key in names and 1 <= len(names.ranges(key)) <= 2:
        yield "transposition", n.start, n.end, f"{{{text[n.start : n.end]}}}^\\top"
    if isinstance(n, Node) and n.kind == "fraction":
        yield "transposition", n.start, n.end, f"\\left({text[n.start : n.end]}\\right)^\\top"


def indices(names: Names, text: str, n: Surface) -> Iterator[Edit]:
    """An index off by one, or two that changed places, or another letter."""
    if not (isinstance(n, Node) and n.kind == "subscript"):
        return
    base = n.parts[0]
    if isinstance(base, Leaf) and base.type == "BIG":
        return
    inner = unwrap(n.parts[1])
    parts = inner.parts if isinstance(inner, Node) and inner.kind in ("juxtaposed", "listed") else [inner]
    letters = sorted({k for k, v in names.meanings.items() if v.role == "index" and len(k) == 1})
    plain = [p for p in parts if not (isinstance(p, Leaf) and p.type == "COMMA")]
    if len(plain) == 2:
        p, q = plain
        yield "index", p.start, q.end, text[q.start : q.end] + text[p.end : q.start] + text[p.start : p.end]
    for p in plain:
        s = text[p.start : p.end]
        if isinstance(p, Leaf) and p.type == "NUMBER" and s.isdigit():
            for other in (int(s) - 1, int(s) + 1):
                if other >= 0:
                    yield "index off by one", p.start, p.end, str(other)
        elif isinstance(p, Leaf) and p.type == "LETTER":
            brace = n.parts[1].start == p.start and n.parts[1].end == p.end
            for step in ("-1", "+1"):
                yield "index off by one", p.start, p.end, f"{{{s}{step}}}" if brace else f"{s}{step}"
            for x in letters:
                yield "index", p.start, p.end, x
        elif isinstance(p, Node) and p.kind == "sum":
            yield "index off by one", p.start, p.end, text[p.parts[0].start : p.parts[0].end]


def swaps(names: Names, text: str, n: Surface) -> Iterator[Edit]:
    """Two neighbouring factors in the other order."""
    if isinstance(n, Node) and n.kind in ("juxtaposed", "times"):
        if any(isinstance(p, Leaf) and p.type in ("FUNCTION", "WORD") for p in n.parts):
            return
        factors = [p for p in n.parts if not (isinstance(p, Leaf) and p.type == "OPERATOR")]
        if any(isinstance(p, Node) and p.kind == "fraction" and operator(p) for p in factors):
            return
        near = list(pairwise(factors))
        for p, q in (*near, *(x for x in islice(combinations(factors, 2), 15) if x not in near)):
            swapped = f"{text[q.start : q.end]} {text[p.end : q.start]} {text[p.start : p.end]}"
            yield "swapped product", p.start, q.end, swapped


def numerals(names: Names, text: str, n: Surface) -> Iterator[Edit]:
    if isinstance(n, Leaf) and n.type == "NUMBER" and n.text.isdigit() and len(n.text) < 7:
        k = int(n.text)
        braced = text[n.end : n.end + 1].isdigit() or text[n.start - 1 : n.start] in "_^"
        for other, kind in (
            (2 * k, "lost factor"),
            (k // 2 if k % 2 == 0 else k + 1, "number"),
            (k + 1, "number"),
            (k - 1, "number"),
            (3 * k, "lost factor"),
        ):
            if other != k and other >= 0:
                yield kind, n.start, n.end, f"{{{other}}}" if braced else str(other)


def squares(names: Names, text: str, n: Surface) -> Iterator[Edit]:
    """A square for the thing itself, or the other way round."""
    if isinstance(n, Node) and n.kind == "superscript":
        exponent = unwrap(n.parts[1])
        if isinstance(exponent, Leaf) and exponent.text == "2":
            yield SQUARE, n.start, n.end, text[n.parts[0].start : n.parts[0].end]
        return
    plain = isinstance(n, Leaf) and n.type == "LETTER"
    grouped = isinstance(n, Node) and (n.kind == "subscript" or (n.kind == "bracket" and n.parts[0].text in "(["))
    if (plain or grouped) and peel_or_bracket(n):
        yield SQUARE, n.start, n.end, f"{{{text[n.start : n.end]}}}^2"


def powers(names: Names, text: str, n: Surface) -> Iterator[Edit]:
    """Another power."""
    if isinstance(n, Node) and n.kind == "superscript":
        exponent = unwrap(n.parts[1])
        base = text[n.parts[0].start : n.parts[0].end]
        if isinstance(exponent, Leaf) and exponent.type == "NUMBER" and exponent.text.isdigit():
            if exponent.text != "2":
                yield "power", n.start, n.end, base
            for k in (int(exponent.text) + 1, int(exponent.text) - 1):
                if 1 < k < 9:
                    yield "power", n.start, n.end, f"{base}^{{{k}}}"
        elif isinstance(exponent, Node) and exponent.kind == "sum":
            first = exponent.parts[0]
            if isinstance(first, Leaf) and first.type == "SIGN":
                yield "sign", exponent.start, exponent.end, text[first.end : exponent.end]
            else:
                for step in ("+1", "-1"):
                    yield "index off by one", exponent.start, exponent.end, text[exponent.start : exponent.end] + step
        else:
            yield "sign", exponent.start, exponent.end, f"{{-({text[exponent.start : exponent.end]})}}"


def exponents(names: Names, text: str, n: Surface) -> Iterator[Edit]:
    """A numeral beside a letter in an exponent, as in ``w^{T-k-1}``: one too many or too few; or none at all."""
    if not (isinstance(n, Node) and n.kind == "superscript"):
        return
    exponent = unwrap(n.parts[1])
    if not (isinstance(exponent, Node) and exponent.kind == "sum"):
        return
    for k, p in enumerate(exponent.parts):
        if isinstance(p, Leaf) and p.type == "NUMBER" and p.text.isdigit():
            for other in (int(p.text) - 1, int(p.text) + 1):
                if other >= 0:
                    yield "index off by one", p.start, p.end, str(other)
            before = exponent.parts[k - 1] if k else p
            yield "index off by one", before.start, p.end, " "


def peel_or_bracket(n: Surface) -> bool:
    return peel(n) is not None or (isinstance(n, Node) and n.kind == "bracket")


def turned(names: Names, text: str, n: Surface) -> Iterator[Edit]:
    """A quotient upside down; a root of what should have none."""
    if isinstance(n, Node) and n.kind == "fraction":
        top, bottom = (text[p.start : p.end] for p in n.parts[1:3])
        yield "reciprocal", n.start, n.end, f"\\frac{{{bottom}}}{{{top}}}"
        yield "lost factor", n.parts[2].start, n.parts[2].end, f"{{({bottom})^2}}"
        yield "extra factor", n.start, n.end, f"{{{top}}}"
    if isinstance(n, Node) and n.kind == "root":
        inside = text[n.parts[-1].start : n.parts[-1].end]
        yield SQUARE, n.start, n.end, f"({inside})"


def inverted(names: Names, text: str, n: Surface) -> Iterator[Edit]:
    """A name for its reciprocal."""
    s = peel(n)
    if s is not None and symbol_key(s) in names and names.declared(symbol_key(s)).kind == "real":
        yield "reciprocal", n.start, n.end, f"\\frac{{1}}{{{text[n.start : n.end]}}}"


def complements(names: Names, text: str, n: Surface) -> Iterator[Edit]:
    """``p`` for ``1 - p``, and the other way round; a factor 2 that was lost beside a name."""
    if isinstance(n, Node) and n.kind == "sum" and len(n.parts) == 3 and text[n.parts[0].start : n.parts[0].end] == "1":
        sign, other = n.parts[1:]
        if isinstance(sign, Leaf) and sign.text == "-":
            yield "extra term", n.start, n.end, text[other.start : other.end]
    plain = isinstance(n, Leaf) and n.type == "LETTER"
    grouped = isinstance(n, Node) and (n.kind == "subscript" or (n.kind == "bracket" and n.parts[0].text in "(["))
    if (plain or grouped) and peel_or_bracket(n):
        part = text[n.start : n.end]
        yield "forgotten term", n.start, n.end, f"(1 - {part})"
        yield "lost factor", n.start, n.end, f"{{2 {part}}}"
        if names_a_tensor(names, n):
            yield "forgotten term", n.start, n.end, f"(1 - {part} \\odot {part})"
            yield "dropped chain-rule factor", n.start, n.end, f"({part} \\odot (1 - {part}))"
    if isinstance(n, Node) and n.kind == "superscript" and len(text[n.start : n.end]) < 40:
        yield "forgotten term", n.start, n.end, f"(1 - {text[n.start : n.end]})"
    for p, q in pairwise(n.parts) if isinstance(n, Node) and n.kind == "juxtaposed" else ():
        if isinstance(p, Leaf) and p.type == "FUNCTION" and isinstance(q, Node) and q.kind == "bracket":
            yield "forgotten term", p.start, q.end, f"(1 - {text[p.start : q.end]})"


def names_a_tensor(names: Names, n: Surface) -> bool:
    s = peel(n)
    return s is not None and symbol_key(s) in names and bool(names.ranges(symbol_key(s)))


def dropped(names: Names, text: str, n: Surface) -> Iterator[Edit]:
    """A factor or a term too many."""
    if isinstance(n, Node) and n.kind in ("juxtaposed", "times"):
        for k, p in enumerate(n.parts):
            if isinstance(p, Leaf) and p.type in ("OPERATOR", "SIGN"):
                continue
            before = n.parts[k - 1] if k else None
            start = before.start if isinstance(before, Leaf) and before.type == "OPERATOR" else p.start
            yield (
                "extra factor",
                start,
                p.end,
                " " if k or (len(n.parts) > 1 and not isinstance(n.parts[1], Leaf)) else "1 ",
            )
    if isinstance(n, Node) and n.kind == "sum":
        for k, p in enumerate(n.parts):
            if isinstance(p, Leaf) and p.type == "SIGN":
                continue
            before = n.parts[k - 1] if k else None
            start = before.start if isinstance(before, Leaf) and before.type == "SIGN" else p.start
            yield "extra term", start, p.end, " " if k else "0"


TWINS = {
    "sin": "cos",
    "cos": "sin",
    "exp": "log",
    "log": "exp",
    "max": "min",
    "min": "max",
    "sinh": "cosh",
    "cosh": "sinh",
    "sum": "prod",
}


def functions(names: Names, text: str, n: Surface) -> Iterator[Edit]:
    if (
        isinstance(n, Leaf)
        and n.type in ("FUNCTION", "BIG")
        and n.text in TWINS
        and text[n.start : n.start + 1] == "\\"
    ):
        yield "wrong function", n.start, n.end, f"\\{TWINS[n.text]} "


def symbols(text: str, nodes: Sequence[Surface] | Iterator[Surface]) -> list[str]:
    """The names that stand in a text, as written."""
    found: dict[str, None] = {}
    for n in nodes:
        s = peel(n)
        if s is not None and not (isinstance(n, Leaf) and n.text in ("e", "d")):
            found[text[n.start : n.end]] = None
    return list(found)


def renamed(names: Names, text: str, nodes: Sequence[Surface], left_text: str, left: Surface) -> Iterator[Edit]:
    """A name for another: one that stands near, then one of the same shape."""
    pool = list(dict.fromkeys((*symbols(left_text, walk(left)), *symbols(text, nodes))))[:8]
    under = {
        p.start
        for n in nodes
        if isinstance(n, Node) and n.kind == "fraction" and differential(n.parts[2])
        for p in walk(n)
    }
    for n in nodes:
        if peel(n) is not None:
            kind = "derivative of the wrong variable" if n.start in under else "wrong name"
            for other in dict.fromkeys((*pool, *alike(names, n))):
                if other != text[n.start : n.end]:
                    yield kind, n.start, n.end, f"{{{other}}}"


def alike(names: Names, n: Surface) -> list[str]:
    """Names of the same shape as that of a symbol, as written."""
    s = peel(n)
    key = "" if s is None else symbol_key(s)
    if key not in names or names.is_function(key) or names.declared(key).kind == "int":
        return []
    shown = {k: v.spelling for k, v in names.meanings.items() if k in names and k != key and not names.is_function(k)}
    return [
        text for k, text in shown.items() if names.declared(k).kind != "int" and names.ranges(k) == names.ranges(key)
    ][:6]


def operator(node: Node) -> bool:
    """Whether a fraction is ``d/dx``, with what it differentiates to its right."""
    top = unwrap(node.parts[1])
    return differential(node.parts[2]) and isinstance(top, Leaf)


def differential(node: Surface) -> bool:
    """Whether a denominator is that of a derivative."""
    below = unwrap(node)
    first = below.parts[0] if isinstance(below, Node) and below.kind == "juxtaposed" else None
    return isinstance(first, Leaf) and (first.type == "PARTIAL" or first.text == "d")


def added(names: Names, text: str, node: Surface, left_text: str, left: Surface) -> Iterator[Edit]:
    """A factor or a term that was lost, or the derivative of what stands inside a function."""
    lost = ["2", "\\frac{1}{2}"]
    inner: list[str] = []
    for source, tree in ((left_text, left), (text, node)):
        for n in walk(tree):
            part = source[n.start : n.end]
            if peel(n) is not None or (
                isinstance(n, Node) and n.kind in ("bracket", "superscript", "fraction", "root") and len(part) < 60
            ):
                lost.append(part)
            if isinstance(n, Node) and n.kind == "bracket" and len(n.parts) == 3:
                inner.append(source[n.parts[1].start : n.parts[1].end])
            if isinstance(n, Node) and n.kind == "superscript":
                inner.append(source[n.parts[1].start : n.parts[1].end])
    by = variable(left_text, left)
    lost = list(dict.fromkeys(lost))[:14]
    chain = [f"\\frac{{d}}{{d {by}}}\\left({u}\\right)" for u in dict.fromkeys(inner)][:6] if by else []
    places = [(node.start, node.end)]
    for n in walk(node):
        if isinstance(n, Node) and n.kind == "sum":
            places += [(p.start, p.end) for p in n.parts if not (isinstance(p, Leaf) and p.type == "SIGN")]
    places = list(dict.fromkeys(places))[:6]
    for kind, pool in (("dropped chain-rule factor", chain), ("lost factor", lost)):
        for factor in pool:
            for start, end in places:
                yield kind, start, end, f"\\left({text[start:end]}\\right) \\left({factor}\\right)"
    for start, end in places:
        for factor in lost[2:10]:
            yield "lost factor", start, end, f"\\frac{{{text[start:end]}}}{{{factor}}}"
    terms = ["1", *(t for source, tree in ((left_text, left), (text, node)) for t in summands(source, tree))]
    for term in list(dict.fromkeys(terms))[:8]:
        for sign in "+-":
            for start, end in places[:3]:
                if sign == "-" and term == text[start:end].strip():
                    continue
                yield "forgotten term", start, end, f"\\left({text[start:end]} {sign} {term}\\right)"


def summands(text: str, node: Surface) -> Iterator[str]:
    for n in walk(node):
        if isinstance(n, Node) and n.kind == "sum":
            for p in n.parts:
                if not (isinstance(p, Leaf) and p.type == "SIGN"):
                    yield text[p.start : p.end]
    for n in walk(node):
        if peel(n) is not None:
            yield text[n.start : n.end]


def variable(text: str, node: Surface) -> str:
    """The variable of the derivative that a side begins with, as written."""
    for n in walk(node):
        if isinstance(n, Node) and n.kind == "fraction":
            below = unwrap(n.parts[2])
            if isinstance(below, Node) and len(below.parts) == 2 and differential(below):
                return text[below.parts[1].start : below.parts[1].end]
    return ""


__all__ = ["readings", "repairs"]
