"""The book of rules as the kernel sees it: entries, and their instances.

An entry is a claim over metavariables with every condition under which it holds.  An instance puts
values for the metavariables; nothing is matched.  Side conditions that syntax decides (independence
of a name, a dimension) are decided here; all others become hypotheses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from symderive.kernel.context import ANYTHING, PLACEHOLDER, Context, Operator, Rejected, base_name, family_member, need
from symderive.kernel.defined import Conditions, defined_parts, regular
from symderive.kernel.independence import apart
from symderive.kernel.reader import Reader, Text, load
from symderive.kernel.shapes import SCALAR, check_condition, is_integer, same_shape, scalar, shape
from symderive.kernel.terms import (
    INF,
    Term,
    conjuncts,
    fresh_name,
    make,
    negate,
    put,
    rebuild,
    shift,
    substitute,
    subterms,
    sym,
)

NO_TEXT = Text("")


@dataclass(frozen=True)
class Entry:
    """One rule.

    ``metas`` gives each metavariable its sort: scalar, tensor, int, cond, function, place (an entry
    of a name, by which one differentiates), name, names (random ones), or approach (the name, point
    and side of a limit).  A metavariable with parameters has their sorts after its own.  ``defined``
    says whose definedness the rule needs: that of both sides, or of one, from which the other's follows.
    """

    name: str
    metas: Mapping[str, tuple[str, ...]]
    conditions: tuple[Term, ...]
    claim: Term
    defined: str = "both"  # both | left | right
    proved: bool = False
    says: Text = NO_TEXT
    cite: Text = NO_TEXT


@dataclass(frozen=True)
class BookFile:
    """The book as it is written down."""

    schema: str
    functions: tuple[Operator, ...]
    operators: tuple[Operator, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Book:
    """Functions, operators and rules by name; ``digest`` is the SHA-256 of the file they stand in."""

    functions: Mapping[str, Operator]
    operators: Mapping[str, tuple[Operator, ...]]
    entries: Mapping[str, Entry]
    digest: str = ""


@dataclass(frozen=True)
class Lambda:
    """A term with parameters, the value of a metavariable that is applied."""

    params: tuple[str, ...]
    body: Term


@dataclass(frozen=True)
class Spot:
    """An entry of a name, by which one differentiates."""

    name: str
    indices: tuple[Term, ...] = ()


def read_book(data: bytes) -> Book:
    """The book in a file, with the hash of the file."""
    x = load(data)
    need(isinstance(x, dict), "not a book of rules")
    file = Reader(x.pop("terms", None), schematic=True).read(BookFile, x)
    need(file.schema == "symderive/book/1", "not a book of rules of this version")
    operators: dict[str, tuple[Operator, ...]] = {}
    for row in file.operators:
        operators[row.name] = (*operators.get(row.name, ()), row)
    for row in (*file.functions, *file.operators):
        need(len(row.params) == len(row.patterns), f"{row.name}: a pattern per parameter")
    for e in file.entries:
        need(e.claim.head in ("rel", "is"), f"{e.name}: no claim")
    entries, functions = ({r.name: r for r in rows} for rows in (file.entries, file.functions))
    once = len(entries) == len(file.entries) and len(functions) == len(file.functions)
    need(once, "a name stands twice in the book")
    return Book(functions, operators, entries, hashlib.sha256(data).hexdigest())


Value = Term | Lambda | Spot | str | tuple[str, ...]
"""What a metavariable stands for; a string is a function's name or a name, a tuple random names, a limit (of
whatever) how a name approaches a point."""

Substitution = Mapping[str, Value]

DECIDED = frozenset({"free", "fixed", "apart", "range", "family", "not", "law", "lawfree", "alike", "smooth"})
DECIDED |= {"continuous", "point", "infinite"}
"""Side conditions of entries that syntax decides."""


def instance(context: Context, e: Entry, subst: Substitution) -> tuple[Conditions, Term]:
    """The hypotheses and the claim of an instance of an entry.

    Raises:
        Rejected: a value does not fit its sort, or a decided side condition fails.
    """
    need(subst.keys() == e.metas.keys(), f"{e.name} speaks of {sorted(e.metas)}, not {sorted(subst)}")
    hypotheses: set[Term] = set()
    for m, sort in e.metas.items():
        hypotheses |= _check_value(context, m, sort, subst[m])
    for f in (v for m, v in subst.items() if e.metas[m][0] == "function"):
        varied = {v.name for v in subst.values() if isinstance(v, Spot)}
        need(not varied & context.reach(base_name(str(f))), f"{f} itself depends on what is varied")
    claim = fill(e.claim, subst)
    check_condition(context, claim)
    for condition in e.conditions:
        if condition.head == "is" and condition.name() in DECIDED:
            hypotheses |= _decide(context, e.name, condition, subst)
        else:
            filled = fill(condition, subst)
            check_condition(context, filled)
            hypotheses |= set(conjuncts(filled))
    if claim.head == "rel":
        sides = {"both": claim.terms, "left": claim.terms[:1], "right": claim.terms[1:]}[e.defined]
        hypotheses |= defined_parts(context, sides)
    return frozenset(hypotheses), claim


def _check_value(context: Context, m: str, sort: tuple[str, ...], v: Value) -> set[Term]:
    """Raise `Rejected` unless a value fits its sort; returns what integrality must be assumed."""
    match sort[0], v:
        case (("scalar" | "tensor" | "int" | "cond"), Lambda(params, body)) if len(sort) > 1:
            need(len(params) == len(sort) - 1 == len(set(params)), f"{m}: wrong parameters")
            for p, s in zip(params, sort[1:], strict=True):
                need(s == "int" or not _under_operator(body, p), f"{m}: {p} under an operator")
        case "tensor", Term() if len(sort) == 1:
            shape(context, v)
        case "cond", Term() if len(sort) == 1:
            check_condition(context, v)
        case "scalar", Term() if len(sort) == 1:
            scalar(context, v)
        case "int", Term() if len(sort) == 1:
            scalar(context, v)
            return set() if is_integer(context, v) else {make("is", "integer", v)}
        case "function", str():
            declared = context.signature.get(base_name(v))
            known = declared is not None and declared.kind == "function"
            need(known, f"{v} is no function of the document")
        case "approach", Term():
            need(v.head == "lim", f"{m} is no limit")
            shape(context, v)
        case "place", Spot():
            need(context.sorts.get(v.name[1:]) == sort or context.declared(v.name), m)
        case "name", str():
            need(context.sorts.get(v[1:]) == sort or context.declared(v), m)
        case "names", tuple():
            need(all(n in context.randoms for n in v), f"{m}: names that are not random")
        case _:
            raise Rejected(f"{m} stands for a {' of '.join(sort)}")
    return set()


def _under_operator(t: Term, name: str) -> bool:
    """Whether a parameter occurs under a derivative, a limit or an expectation."""
    if name not in t.loose:
        return False
    if t.head in ("der", "lim", "ex") and name in t.terms[0].loose:
        return True
    return any(_under_operator(a, name) for a in t.terms)


def fill(t: Term, subst: Substitution, level: int = 0) -> Term:
    """The instance of a term of an entry; `level` binders of the entry stand above it."""

    def value(name: str, kind: type) -> Value:
        v = subst.get(name)
        if v is None or not isinstance(v, kind):
            raise Rejected(f"{name} stands in the wrong place")
        return v

    def filled(k: int) -> Term:
        return fill(t.terms[k], subst, level)

    schematic = [a for a in t.args if isinstance(a, str) and a.startswith("?")]
    match t.head:
        case "meta":
            v = subst.get(t.name())
            if isinstance(v, Lambda):
                arguments = [fill(a, subst, level) for a in t.terms]
                return substitute(v.body, dict(zip(v.params, arguments, strict=True)))
            if not isinstance(v, Term) or t.terms:
                raise Rejected(f"{t.name()} stands in the wrong place")
            return shift(v, level)
        case "der" if schematic:
            v = subst.get(t.name(1)[1:])
            if isinstance(v, Spot):
                return make("der", filled(0), v.name, *(shift(i, level) for i in v.indices))
            if isinstance(v, Term):
                return make("der", filled(0), v.name(1))
            name = value(t.name(1)[1:], str)
            return make("der", filled(0), str(name), *(fill(i, subst, level) for i in t.terms[1:]))
        case "ex" if schematic:
            over = subst.get(t.name(1)[1:])
            names = (over,) if isinstance(over, str) else value(t.name(1)[1:], tuple)
            return make("ex", filled(0), *names)  # type: ignore[misc]
        case "lim" if schematic:
            v = subst.get(t.name(1)[1:])
            if isinstance(v, Term):
                return make("lim", filled(0), v.name(1), shift(v.terms[1], level), v.name(3))
            name = value(t.name(1)[1:], str)
            return make("lim", filled(0), str(name), filled(1), t.name(3))
        case "app" if schematic:
            base = base_name(t.name())
            suffix = t.name().removeprefix(base)
            args = [fill(a, subst, level) for a in t.terms]
            return make("app", f"{value(base[1:], str)}{suffix}", *args)
        case "sym" if schematic:
            named = subst.get(t.name()[1:])
            if isinstance(named, Spot | Term):
                return sym(named.name if isinstance(named, Spot) else named.name(1))
            return sym(str(value(t.name()[1:], str)))
        case _:
            return rebuild(t, lambda a, n: fill(a, subst, level + n))


def _decide(context: Context, rule: str, c: Term, subst: Substitution) -> set[Term]:
    """Decide a side condition by syntax; returns hypotheses on which the decision rests."""
    subject = _subject(c.terms[0], subst)
    match c.name():
        case "not":
            other = negate(subject)
            if other is None:
                raise Rejected(f"{rule}: a condition that cannot be negated")
            return {other}
        case "free":
            name = fill(c.terms[1], subst).name()
            need(not context.depends(subject, name), f"{rule}: a part depends on {name}")
        case "smooth":
            name = fill(c.terms[1], subst).name()
            rests = regular(context, subject, name) | defined_parts(context, (subject,))
            need(not any(context.depends(r, name) for r in rests), f"{rule}: a part may jump or have a kink")
        case "continuous":
            return _continuous(context, subst[c.terms[0].name()], [fill(t, subst) for t in c.terms[0].terms])
        case "point" | "infinite":
            to = subst[c.terms[-1].name()[1:]].terms[1]  # type: ignore[union-attr]
            endless = INF in (to, *to.terms)
            need(endless if c.name() == "infinite" else to is subject, f"{rule}: another point")
        case "fixed":
            found = context.random_in(subject)
            over = subst[c.terms[1].name()[1:]] if len(c.terms) > 1 else ()
            over = (over,) if isinstance(over, str) else over
            held = {n for n in found if over and n not in over and n[0] != ANYTHING}  # type: ignore[operator]
            need(found <= held, f"{rule}: a part is random")
        case "lawfree":
            name = fill(c.terms[1], subst).name()
            for n in context.random_in(subject):
                fixed = n[0] != ANYTHING and name not in context.law_closure(n)
                need(fixed, f"{rule}: {name} is in a law")
        case "law":
            law = context.declared(subject.name()).law
            wanted = (c.terms[1].name(), tuple(fill(p, subst) for p in c.terms[2:]))
            need(law == wanted, f"{rule}: {subject.name()} has another law")
        case "apart":
            return apart(context, subject, _subject(c.terms[1], subst))
        case "alike":
            members = [family_member(t) for t in (subject, _subject(c.terms[1], subst))]
            names = {m[0] if m else "" for m in members}
            same = len(names) == 1 and names <= context.randoms
            need(same and shape(context, subject) == SCALAR, f"{rule}: not entries of one random name")
            return {make("is", "iid", sym(n)) for n in names}
        case "range":
            span = (fill(c.terms[1], subst), fill(c.terms[2], subst))
            s = shape(context, subject)
            need(len(s) > 0 and same_shape((s[0],), (span,)), f"{rule}: another range")
        case _:
            depth = context.family_depth(subject.name())
            need(depth == c.terms[1].args[0], f"{rule}: {subject.name()} is no such family")
    return set()


def _continuous(context: Context, f: Value, at: list[Term]) -> set[Term]:
    """That f, jointly in its parameters, is defined near a point and continuous there."""
    if not isinstance(f, Lambda):
        raise Rejected("continuity of what has no parameters")
    taken = {a for t in subterms(f.body) for a in t.args if isinstance(a, str)}
    names = [fresh_name(taken, f"{PLACEHOLDER}{k}") for k in range(len(at))]
    body = substitute(f.body, dict(zip(f.params, map(sym, names), strict=True)))
    rests = defined_parts(context, (body,)).union(*(regular(context, body, n, 0) for n in names))
    return {put(h, dict(zip(names, at, strict=True))) for h in rests}


def _subject(a: Term, subst: Substitution) -> Term:
    """What a side condition speaks of; for a metavariable with parameters, its body."""
    v = subst.get(a.name()) if a.head == "meta" else None
    return v.body if isinstance(v, Lambda) else fill(a, subst)
