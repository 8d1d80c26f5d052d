"""Acceptance of a certificate: is its claim proved, or refuted, as it says?

A proof must end in the claim; what its last line still assumes must be a fact, a condition under
which a side of the claim is defined, or regularity; and one model must satisfy all of it.  A
refutation is a model of every fact in which both sides have values that violate the relation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from symderive.kernel.algebra import OverBudget
from symderive.kernel.book import Book, Entry
from symderive.kernel.context import (
    PLACEHOLDER,
    PRIMITIVES,
    Context,
    Definition,
    Name,
    Operator,
    Range,
    Rejected,
    mentioned,
    need,
)
from symderive.kernel.defined import (
    Conditions,
    core,
    defined,
    defined_parts,
    holds_plainly,
    is_mark,
    is_regularity,
)
from symderive.kernel.intervals import Undefined, Unsure
from symderive.kernel.models import Entries, Evaluator, FunctionModel, Model, span, volume
from symderive.kernel.reader import Nested, Reader, Text, load
from symderive.kernel.shapes import check_condition, index, same_shape, shape, show
from symderive.kernel.steps import Line, Proof, Rule, Step
from symderive.kernel.terms import TRUE, Term, bound, conjuncts, instantiate, make, substitute, subterms, sym
from symderive.kernel.wellfounded import check_definitions

SCHEMA = "symderive/certificate/1"
NOT_IN_NAMES = frozenset(";·/=<>≠≤∞")
"""Signs that would make a name read like a formula."""
MAX_DEGREE = 64
"""Of the polynomials that stand for unknown functions."""


@dataclass(frozen=True)
class PlainModel:
    """A model as it is written down: tensors as nested lists."""

    values: Mapping[str, Nested]
    functions: Mapping[str, FunctionModel]
    outcomes: tuple[tuple[Fraction, Mapping[str, Nested]], ...]
    precision: int


@dataclass(frozen=True)
class Certificate:
    """A certificate as it is written down; everything but `proof`, `sides`, `instances` and `model` is the claim."""

    schema: str
    kind: str
    book: str
    signature: Mapping[str, Name]
    definitions: Mapping[str, Definition]
    facts: tuple[Term, ...]
    conventions: tuple[Text, ...]
    claim: Term
    conditions: tuple[Term, ...]
    hypotheses: tuple[Term, ...]
    proof: tuple[Step, ...]
    sides: tuple[int | None, ...]
    instances: Mapping[str, Definition]
    model: PlainModel
    source: Mapping[str, Text]


@dataclass(frozen=True)
class Accepted:
    """What a certificate shows."""

    kind: str  # proved | refuted
    context: Context
    claim: Term
    conditions: tuple[Term, ...]
    hypotheses: tuple[Term, ...]
    entries: tuple[str, ...]
    """The entries of the book that were used, in order of first use."""
    lines: int


def check(data: bytes, book: Book) -> Accepted:
    """Re-check a certificate.

    Raises:
        Rejected: it does not show what it claims; the message says where.
    """
    return check_record(load(data), book)


def check_record(x: Any, book: Book) -> Accepted:
    """`check` for a certificate that is already parsed."""
    try:
        return _checked(x, book)
    except (ArithmeticError, AttributeError, LookupError, OverBudget, RecursionError, TypeError, ValueError) as error:
        raise Rejected(f"{type(error).__name__}: {error}") from None


def _checked(x: Any, book: Book) -> Accepted:
    need(isinstance(x, dict) and "terms" in x, "a certificate is an object with a table of terms")
    c: Certificate = Reader(x["terms"]).read(Certificate, {k: v for k, v in x.items() if k != "terms"})
    need(c.schema == SCHEMA, "not a certificate of this version")
    need(c.book == book.digest, "the certificate was made with another book of rules")
    facts = tuple(p for f in c.facts for p in conjuncts(f))
    stated = Context(c.signature, c.definitions, facts, book.functions, book.operators)
    check_context(stated)
    check_condition(stated, c.claim)
    need(c.claim.head == "rel" and not c.claim.loose, "the claim is not a closed relation")
    context = specialised(stated, c.instances)
    proof = Proof(context, book)
    for step in c.proof:
        proof.add(step)
    model = Evaluator(context, read_model(context, c.model))
    for t in (*c.conditions, *c.hypotheses):
        check_condition(context, t)
    check_stated(context, c.claim, *c.conditions, *c.hypotheses)
    if c.kind == "proved":
        need(not c.sides and proof.lines, "a proof has lines and no sides")
        need(context is stated, "a proof about an instance")
        check_proved(context, proof.lines[-1], c, model)
    else:
        need(c.kind == "refuted", "neither proved nor refuted")
        need(not c.conditions and not c.hypotheses, "a refutation has no conditions")
        check_refuted(context, proof, c, model)
    return Accepted(c.kind, stated, c.claim, c.conditions, c.hypotheses, entries_used(c.proof), len(c.proof))


def entries_used(proof: Iterable[Step]) -> tuple[str, ...]:
    """The entries of the book that a proof cites, in order of first use."""
    return tuple(dict.fromkeys(s.entry for s in proof if isinstance(s, Rule)))


def schematic(e: Entry, book: Book) -> Context:
    """The context in which an entry of the book is proved: its metavariables, and nothing else."""
    free = [c for c in e.conditions if c.head == "is" and c.name() == "free"]
    pairs = {(c.terms[0].name(), c.terms[1].name()) for c in free if c.terms[0].head == "meta"}
    return Context({}, {}, (), book.functions, book.operators, e.metas, frozenset(pairs))


def check_entry(e: Entry, x: Any, book: Book) -> None:
    """A derived entry follows from the entries that the book holds beside it.

    Raises:
        Rejected: the proof does not show it.
    """
    proof = proof_of(e, x, book)
    need(proof.lines, "an empty proof")
    line = proof.lines[-1]
    need(line.claim is e.claim, f"{e.name}: the proof shows something else")
    sides = {"both": e.claim.terms, "left": e.claim.terms[:1], "right": e.claim.terms[1:]}[e.defined]
    granted = defined_parts(proof.context, sides).union(e.conditions)
    extra = sorted(map(repr, line.hypotheses - granted))
    need(not extra, f"{e.name}: the proof assumes {extra[:1]}")


def check_domain(f: Operator, x: Any, book: Book) -> None:
    """The body of a function of the book is defined where its row says so."""
    e = Entry(f.name, dict.fromkeys(f.params, ("scalar",)), f.domain or (), TRUE)
    proof = proof_of(e, x, book)
    given = frozenset(f.domain or ()) | {make("is", "defined", make("meta", p)) for p in f.params}
    shown = {line.claim for line in proof.lines if line.hypotheses <= given}
    needed = defined(proof.context, f.body) if f.body else frozenset()
    rest = {c for c in needed - shown if core(c) not in given}
    need(not rest, f"{f.name}: its body may be undefined: {sorted(map(repr, rest))[:1]}")


def proof_of(e: Entry, x: Any, book: Book) -> Proof:
    """The lines of a stored proof about an entry."""
    need(isinstance(x, dict) and set(x) == {"terms", "proof"}, "expected the keys terms, proof")
    proof = Proof(schematic(e, book), book)
    for step in Reader(x["terms"], schematic=True).read(tuple[Step, ...], x["proof"]):
        proof.add(step)
    return proof


def specialised(context: Context, instances: Mapping[str, Definition]) -> Context:
    """The context with definitions for some unknown functions: one instance, enough to refute."""
    if not instances:
        return context
    for n in instances:
        need(context.declared(n).kind == "function" and n not in context.definitions, f"{n} is known")
    out = replace(context, definitions={**context.definitions, **instances}, memo={})
    check_context(out)
    return out


def check_context(context: Context) -> None:
    """Everything in a context is well formed, and its definitions define."""
    for name, declared in context.signature.items():
        need(declared.kind in ("real", "int", "random", "function"), f"{name}: no such kind")
        reserved = name in PRIMITIVES or name in context.functions or name[0] in "?*$" or name.endswith("'")
        need(not reserved and not set(name) & NOT_IN_NAMES, f"{name}: a reserved name")
        need(name[0].isalpha() or name[0] in "_\\", f"{name}: a name begins with a letter")
        need((declared.kind == "function") == bool(declared.arguments), f"{name}: arguments")
        need(declared.law is None or declared.kind == "random", f"{name}: a law of what is not random")
        for ranges in (declared.ranges, *declared.arguments):
            for k, ends in enumerate(ranges):
                for end in ends:
                    need(not end.loose and end.dangling <= k, f"{name}: a loose range")
                    if end.head != "inf":
                        index(context, end)
                    need(name not in context.closure(end), f"{name}: its range depends on itself")
        for p in declared.law[1] if declared.law else ():
            shape(context, p)
    check_definitions(context)
    for name, d in context.definitions.items():
        for ranges, body in d.clauses:
            for lo, hi in ranges:
                index(context, lo)
                if hi.head != "inf":
                    index(context, hi)
                need(not lo.dangling and not hi.dangling, f"{name}: a range out of its binder")
            _check_body_shape(context, name, body)
    for f in context.facts:
        check_condition(context, f)
        need(not f.loose and not f.dangling, "a fact with a loose index")
    stated = [p for d in context.signature.values() if d.law for p in d.law[1]]
    spans = [r for d in context.signature.values() for rs in (d.ranges, *d.arguments) for r in rs]
    spans += [r for d in context.definitions.values() for rs, _ in d.clauses for r in rs]
    edges = [end for r in spans for end in r if end.head != "inf"]
    bodies = [body for d in context.definitions.values() for _, body in d.clauses]
    check_stated(context, *context.facts, *stated, *edges, *bodies)


def check_stated(context: Context, *terms: Term) -> None:
    """Placeholders stand in proofs only."""
    for t in terms:
        names = {n for s in subterms(t) for n in mentioned(s, context)}
        need(not any(n.startswith(PLACEHOLDER) for n in names), "a placeholder outside a proof")


def _check_body_shape(context: Context, name: str, body: Term) -> None:
    declared, d = context.declared(name), context.definitions[name]
    if declared.kind == "function":
        need(not any(declared.arguments), f"{name}: only functions of numbers can be defined")
        wanted = declared.ranges
        # its arguments are numbers, not indices
        body = substitute(body, {p: sym(f"{PLACEHOLDER}{k}") for k, p in enumerate(d.params, start=1)})
    else:
        rest = declared.ranges[len(d.params) :]
        for p in reversed(d.params):
            rest = tuple(
                (instantiate(lo, bound(p), k), instantiate(hi, bound(p), k)) for k, (lo, hi) in enumerate(rest)
            )
        wanted = rest
        if declared.kind == "int":
            index(context, body)
    found = shape(context, body)
    need(same_shape(found, wanted), f"{name} is {show(wanted)} but its definition is {show(found)}")


# -- models ---------------------------------------------------------------------------------------


def read_model(context: Context, m: PlainModel) -> Model:
    """A model whose values fit the signature; sizes are checked against the integers in it."""
    need(0 < m.precision <= 4096, "a precision out of bounds")
    plain: dict[str, Entries] = {n: {(): v} for n, v in m.values.items() if isinstance(v, Fraction)}
    sizes = Evaluator(context, Model(plain))
    values = {n: _laid_out(sizes, n, v, ("real", "int")) for n, v in m.values.items()}
    outcomes = tuple((w, {n: _laid_out(sizes, n, v, ("random",)) for n, v in drawn.items()}) for w, drawn in m.outcomes)
    need(all(w > 0 for w, _ in outcomes), "a probability is not positive")
    need(not outcomes or sum(w for w, _ in outcomes) == 1, "the probabilities do not add up to 1")
    need(len({frozenset(named) for _, named in outcomes}) <= 1, "outcomes with different names")
    for n, f in m.functions.items():
        declared = context.declared(n)
        need(declared.kind == "function" and n not in context.definitions, f"{n} is no unknown function")
        wanted = tuple(tuple(sizes.integer(hi) for _, hi in a) for a in declared.arguments)
        width = sum(map(volume, wanted))
        need(f.sizes == wanted, f"{n}: a model of another size")
        need(set(f.outputs) == _indices(sizes, declared.ranges, ()), f"{n}: a value of another size")
        exponents = [e for p in f.outputs.values() for e in p]
        fits = all(len(e) == width and all(0 <= k <= MAX_DEGREE for k in e) for e in exponents)
        need(fits, f"{n}: not a polynomial")
    return Model(values, m.functions, outcomes, m.precision)


def _indices(e: Evaluator, ranges: tuple[Range, ...], env: tuple[int, ...]) -> set[tuple[int, ...]]:
    """All index tuples of a tensor with these ranges, as far as they are finite."""
    if not ranges:
        return {()}
    (lo, hi), *rest = ranges
    try:
        inside = span(e.integer(lo, env), e.integer(hi, env))
    except (Unsure, Undefined) as error:
        raise Rejected(f"a size is not known: {error}") from None
    return {(i, *more) for i in inside for more in _indices(e, tuple(rest), (i, *env))}


def _laid_out(e: Evaluator, name: str, nested: Any, kinds: tuple[str, ...]) -> Entries:
    """Nested tuples as the entries of a name, which has to be a leaf of one of the kinds."""
    declared = e.context.declared(name)
    leaf = declared.kind in kinds and declared.law is None and name not in e.context.definitions
    need(leaf, f"{name} cannot have a value here")
    out: dict[tuple[int, ...], Fraction] = {}
    ranges, endless = declared.ranges, [hi.head == "inf" for _, hi in declared.ranges]

    def walk(x: Any, k: int, index: tuple[int, ...]) -> None:
        if k == len(ranges):
            need(isinstance(x, Fraction), f"{name}: a number is expected")
            need(declared.kind != "int" or x.denominator == 1, f"{name} is an integer")
            out[index] = x
            return
        need(isinstance(x, tuple), f"{name}: a list is expected")
        first = e.integer(ranges[k][0], index[::-1])
        for i, y in enumerate(x, start=first):
            walk(y, k + 1, (*index, i))

    walk(nested, 0, ())
    need(any(endless) or set(out) == _indices(e, ranges, ()), f"{name}: another size")
    return out


# -- verdicts ---------------------------------------------------------------------------------------


def sort_hypotheses(context: Context, line: Line, claim: Term) -> tuple[set[Term], set[Term], set[Term]]:
    """What a last line still assumes, beside facts: conditions, regularity, and anything else."""
    own = defined_parts(context, claim.terms)
    conditions, regularity, other = set(), set(), set()
    for h in line.hypotheses:
        if h in context.fact_set or is_mark(h) or holds_plainly(h):
            continue
        if is_regularity(h):
            regularity.add(h)
        elif h in own:
            conditions.add(h)
        else:
            other.add(h)
    return conditions, regularity, other


def check_proved(context: Context, line: Line, c: Certificate, model: Evaluator) -> None:
    need(line.claim is c.claim, "the last line is not the claim")
    own, regularity, other = sort_hypotheses(context, line, c.claim)
    need(not other, f"the proof assumes more than the claim: {sorted(map(repr, other))[:1]}")
    need(own == set(c.conditions), "the conditions are not those of the proof")
    need(regularity == set(c.hypotheses), "the hypotheses are not those of the proof")
    check_witness(context, line.hypotheses, model)


def check_witness(context: Context, hypotheses: Conditions, model: Evaluator) -> None:
    """One model satisfies every hypothesis, and no fact is false in it."""
    for h in hypotheses | context.fact_set:
        if is_mark(h):
            continue
        try:
            need(model.holds(h), "the witness violates", h)
        except Unsure as error:
            optional = is_regularity(h) or (h in context.fact_set and h not in hypotheses)
            need(optional, f"the witness does not decide: {error}", h)


def check_refuted(context: Context, proof: Proof, c: Certificate, model: Evaluator) -> None:
    """Both sides, rewritten by proved lines, have values in a model of all facts, and disagree."""
    need(len(c.sides) == 2, "a refutation rewrites two sides")
    values = []
    try:
        for f in context.facts:
            need(model.holds(f), "the model violates the fact", f)
        for k, side in zip(c.sides, c.claim.terms, strict=True):
            t = side
            if k is not None:
                h, op, left, t = proof.relation(k)
                need(op == "=" and left is side, "a line that is not about the side")
                for x in (x for x in h if not is_mark(x)):
                    need(model.holds(x), "the model violates", x)
            values.append(t)
        true = outcome_wise(context, model, make("rel", c.claim.name(), *values))
    except (Unsure, Undefined) as error:
        raise Rejected(f"the model does not decide: {error}") from None
    need(not true, "the claim holds in the model")


def outcome_wise(context: Context, model: Evaluator, claim: Term) -> bool:
    """Whether a relation holds (for every outcome); both sides must have values."""
    if context.random_in(claim):
        results = []
        for k in range(len(model.model.outcomes)):
            model.outcome = k
            results.append(model.truth(claim))
        model.outcome = None
        need(results, "the model has no outcomes")
        return all(results)
    return model.truth(claim)
