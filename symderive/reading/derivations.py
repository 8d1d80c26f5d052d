"""Chains to claims: what the terms and relations of a derivation mean, in the light of its problem.

A solution's own definitions are added to a copy of the names; what it assumes is kept apart, so that a proof can be
told to rest on it.  Nothing is judged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from symderive.kernel.context import Rejected
from symderive.kernel.shapes import check_condition
from symderive.kernel.terms import Term, subterms, sym
from symderive.language.report import Role
from symderive.reading.chains import Chain, Declaration, Derivation, Link, Side, find
from symderive.reading.claims import POWER, Claim, compose, merged, presumed, relate
from symderive.reading.documents import outline
from symderive.reading.documents.source import Run, Span, Spelled
from symderive.reading.formulas.brackets import not_rounded
from symderive.reading.formulas.elaborate import SQUARED, Elaborator, Value
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.functions import BUILT_IN_LETTERS
from symderive.reading.formulas.inference import bases_of, infer_families
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.names import Names, spell
from symderive.reading.formulas.sums import range_in
from symderive.reading.formulas.surface import Node, Surface, parse, walk
from symderive.reading.formulas.symbols import items, peel, symbol_key, transposes, unwrap
from symderive.reading.formulas.tensors import infer_tensors
from symderive.reading.problems import pieces_of
from symderive.reading.segments import subscripts
from symderive.reading.statements.declare import Declarer
from symderive.reading.statements.forms import bare_function, inside, is_number, key_of, relation_of, symbols_in
from symderive.reading.statements.lexicon import OTHER_SIGN
from symderive.reading.statements.sentences import Reader
from symderive.reading.statements.sets import Item
from symderive.reading.summing import free_letters, not_summed, summed
from symderive.reading.wording import EQUIVALENT, SUPPOSED

CONSTANT = re.compile(
    r"\s*\+\s*(?:\\(?:text|mathrm|mbox|textrm|operatorname|textit)\s*\{\s*(?:const(?:ant)?s?\.?|C|c)\s*\}"
    r"|\{?\\rm const\}?|const\.?)\s*\Z"
)
SINGLE_CONSTANT = re.compile(r"\s*\+\s*([CcKk])\s*\Z")
MISFIT = re.compile(r"a (?:matrix|row of length) \S+ times a (?:matrix|column of length) \S+ is not defined")
MISFIT_STATED = re.compile(r"a (?:matrix|row|column)\b.* times a (?:matrix|row|column)\b.* is not defined")
CONCLUDING = frozenset(
    "so hence thus therefore then we get have obtain find see this that it is gives yields follows now and expanding"
    " unrolling inserting substituting simplifying rewriting equivalently by the definition $".split()
)
"""Words before an equation that do not bring in anything new."""
DIFFERENTIATED_I = re.compile(r"\\partial\s*(?:i|\{\s*i\s*\})(?![A-Za-z])")
"""That i is a quantity, such as the gate of a cell: neither an index nor the imaginary unit."""
GOALS = re.compile(
    r"\b(?:show|prove|verify|check|derive|find|compute|calculate|which|conclude|solve|determine|express|what|whether"
    r"|true|false|confirm|claim\w*|if)\b"
)
ORDER = re.compile(
    r"\s*[+-]\s*(\\mathcal\s*\{?\s*O\s*\}?|O|o)\s*(?:\\left|\\[bB]igl?)?\s*\((.*?)(?:\\right|\\[bB]igr?)?\)\s*\Z"
)
DIFFERENTIAL = re.compile(r"(?<![\\A-Za-z{^_])d\s*(?:\\[a-z]+\b|[A-Za-z])|\\,\s*d[A-Za-z]")
START = re.compile(r"(\\?[A-Za-z]+)\s*_\s*\{?\s*[0-9]\s*\}?")
"""The first member of a sequence, which a condition may set for the whole text ("with $h_0 = 0$")."""
SMALL = re.compile(r"\s*(?:\\(?:var)?epsilon|\\delta|\\eta|[εϵδηh])(?![A-Za-z])")
LARGE = re.compile(r"\\infty|∞|\blarge\b|\binfinity\b")
EXPANSION = re.compile(
    r"(?i)\b(?:taylor|expan\w+|small|near (?:0|zero)|(?:first|second|third|higher) order|to 0|to zero)\b"
)
"""That O(x) is meant for x near 0: the letter, or the words of the text."""


@dataclass(eq=False)
class Relation:
    """A relation of a derivation with its meaning.

    Attributes:
        step, anchor: from the last readable term, and from the left side of the chain.
        left: which side of the chain `step` starts from.
        given: facts of its own ("for x > 0").
        perhaps: facts that stand near it and may be meant for it.
        blocked: why it may not be refuted: a part of its conditions was not read, or its place in a chain is not clear.
        again: the name on its left side, if the text has defined it before by another equation.
        earlier: where that stands.
        about: the name, or the function, that begins its left side.
        stated: those of its conditions that hold from there on ("with $a = 3$").
    """

    id: int
    chain: int
    link: Link
    sides: Chain
    role: Role
    step: Claim
    anchor: Claim
    left: int
    skips: int
    error: ReadingError | None = None
    given: tuple[Term, ...] = ()
    perhaps: tuple[Term, ...] = ()
    blocked: str = ""
    order: int = 0
    again: str = ""
    earlier: Span | None = None
    about: str = ""
    stated: tuple[Term, ...] = ()

    @property
    def same(self) -> bool:
        """Whether both sides are written alike."""
        return self.sides.sides[self.left].text.split() == self.right.text.split()

    @property
    def right(self) -> Side:
        return self.sides.sides[self.link.k + 1]

    @property
    def span(self) -> Span:
        first = self.sides.sides[0].span if self.link.k == 0 else self.right.span
        return first.to(self.right.span)

    @property
    def source(self) -> str:
        return (
            f"{self.sides.sides[0].text} {SHOWN.get(self.link.sign, self.link.sign)} {self.right.text}"
            if self.link.k == 0
            else self.right.text
        )


SHOWN = {"<=": "\\le", ">=": "\\ge", "!=": "\\ne", "~~": "\\approx", "propto": "\\propto", "<-": "\\leftarrow"}


@dataclass
class Assumed:
    """A fact that the solution states without proof."""

    fact: Term
    text: str
    span: Span
    order: int = 0


@dataclass
class Meaning:
    """A derivation with its meaning."""

    relations: list[Relation]
    names: Names
    reserved: frozenset[str]
    assumed: list[Assumed] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    found: Derivation = field(default_factory=Derivation)
    defined_at: dict[str, int] = field(default_factory=dict)
    """The names that the text defines, with the places where it does."""
    redefined: set[str] = field(default_factory=set)
    """Names that the text defines more than once in so many words; those of its problem apart."""
    constants: list[str] = field(default_factory=list)
    """On which names a constant does not depend."""
    values: list[list[Value | None]] = field(default_factory=list)
    """The sides of each chain."""

    def alone(self) -> tuple[Relation, Value | None] | None:
        """The last term without a relation, as the right side of an empty one; the boxed one if there is."""
        sides = (
            [s for s in self.found.alone if s.boxed] or [s for s in self.found.alone if s.answer] or self.found.alone
        )
        if not sides:
            return None
        side = sides[-1]
        value: Value | None = None
        try:
            node = parse(side.text, self.names.words)
            value = Elaborator(self.names, node).read(node)
        except ReadingError:
            value = None
        empty = Claim("")
        chain = Chain([side, side], [Link("=", 0, Role.CLAIM, 0)])
        return Relation(0, 0, chain.links[0], chain, Role.CLAIM, empty, empty, 0, 0), value

    @property
    def described(self) -> frozenset[str]:
        """Names of which only words say what they are."""
        symbols: set[str] = set()
        for text in self.found.described:
            try:
                s = peel(parse(text, self.names.words))
            except ReadingError:
                continue
            symbols |= {symbol_key(s), s.base} if s is not None else set()
        return self.inferred & symbols

    @property
    def inferred(self) -> frozenset[str]:
        """Names of which neither the problem nor the solution says anything."""
        return frozenset(
            k for k, m in self.names.meanings.items() if m.role == "inferred" and k in self.names.scope.names
        )


def understand(blocks: Sequence[outline.Block], names: Names, before: Sequence[outline.Block] = ()) -> Meaning:
    """The meaning of a solution, given the names of its problem; notes have none.

    Args:
        blocks: the solution.
        names: of the problem; they are not changed.
        before: the text of the problem; displays there define names that its sentences do not declare.
    """
    names = names.copy()
    if before:
        names = _Understanding(find(before), names).definitions()
    names.reserved = frozenset(names.scope.names)
    return _Understanding(find(blocks), names).run()


class _Understanding:
    def __init__(self, found: Derivation, names: Names) -> None:
        self.found = found
        self.names = names
        self.reserved = frozenset(names.scope.names)
        self.out = Meaning([], names, self.reserved, found=found)
        self.defined: dict[Chain, Role] = {}
        self.failed: set[Chain] = set()
        """Equations of sentences that could not be carried out as a whole."""
        self.restated: set[Term] = set()
        self.laws: list[Declaration] = []
        self.origins: dict[str, Declaration | Chain] = {}
        """For each name that the text defines, where it does so first."""
        self.told: set[Chain] = set()
        """Chains of sentences that were read: what they say is taken even where it is no term, as in σ = tanh."""
        self.special: set[Chain] = set()
        """Equations about names that were used before as free: they hold from there on."""
        self.used = self.first_uses()
        self.everything = " ".join([found.words, *(x.text for c in found.chains for x in c.sides)])
        """All words and terms."""

    def first_uses(self) -> dict[str, int]:
        """For each symbol the place in the text where it is first used; a left side is no use."""
        out: dict[str, int] = {}
        texts = [(c.order, s.text) for c in self.found.chains for s in c.sides]
        texts += [(c.order, g.text) for c in self.found.chains for x in c.links for g in x.given]
        texts += [
            (d.order, p.text) for d in self.found.declarations for p in d.pieces if isinstance(p, outline.Formula)
        ]
        for order, text in texts:
            try:
                node = parse(text, self.names.words)
            except ReadingError:
                continue
            for key in mentioned(node):
                out[key] = min(order, out.get(key, order))
        return out

    def used_before(self, left: Surface | None, order: int) -> bool:
        s = None if left is None else peel(unwrap(left))
        if s is None and isinstance(left, Node) and left.kind == "juxtaposed":
            s = peel(left.parts[0])
        return s is not None and self.used.get(symbol_key(s), order) < order

    def definitions(self) -> Names:
        """The names with what the displays of a problem define ("The loss is …"), its goals left out."""
        events: list[Declaration | Chain] = []
        for c in self.found.chains:
            x = c.links[0]
            if x.sign == "=" and len(c.links) == 1 and not GOALS.search(x.before):
                events.append(c)
        self.rounds(events, strict=True)
        for event in events:
            self.try_event(event, strict=False)
        for c in self.found.chains:
            if any(x.sign not in ("<", "<=", ">", ">=") or GOALS.search(x.before) for x in c.links):
                continue
            nodes = [self.node(s, self.names) for s in c.sides]
            values = [self.side(n, n)[0] if n is not None else None for n in nodes]
            if self.premise(c, values):
                pairs = zip(c.links, values, values[1:], strict=False)
                claims = [relate(self.names, x.sign, a, b, c.sides[x.k + 1], ()) for x, a, b in pairs if a and b]
                self.names.assume(*(t for k in claims for t in k.conditions))
        return self.names

    def run(self) -> Meaning:
        self.drop_misfits()
        for c in self.found.chains:
            for x in c.links:
                for g in x.given:
                    self.note_range(g.text)
        self.declare()
        for span, error in self.found.unread:
            self.out.messages.append(f"{span.source.name}:{span.line}: {error.text}")
        constants = self.out.constants = self.variables()
        for number, c in enumerate(self.found.chains, 1):
            self.chain(c, number, constants)
        self.drop_misfits()
        self.out.names = self.names
        self.out.defined_at = {n: event.order for n, event in self.origins.items()}
        return self.out

    def drop_misfits(self) -> None:
        """Leave out facts that do not fit the names in force: they speak of another name of the same spelling."""
        context = self.names.scope.context()
        kept: list[Term] = []
        for f in self.names.scope.facts:
            try:
                check_condition(context, f)
                kept.append(f)
            except Rejected:
                self.out.messages.append("a fact about names of an earlier part is left out")
        if len(kept) < len(self.names.scope.facts):
            self.names.scope.facts = kept
            self.names.scope._context = None  # noqa: SLF001

    def note_range(self, text: str) -> None:
        try:
            Declarer(self.names).note_range(parse(text, self.names.words))
        except ReadingError:
            return

    def numbered(self, base: str) -> bool:
        """Whether names such as x_1 are declared one by one."""
        return any(re.fullmatch(re.escape(base) + r"_\d+", k) for k in self.names.scope.names)

    def infer(self) -> None:
        """Families that nobody declares, by how their indices are used."""
        nodes: list[Surface] = []
        defined: set[str] = set()
        for c in self.found.chains:
            sides = [n for s in c.sides if (n := self.node(s, self.names)) is not None]
            nodes.append(Node("chain", sides))
            first = peel(sides[0]) if sides and c.links and c.links[0].sign in ("=", ":=") else None
            if first is not None and not any(first.base in bases_of(n) for n in nodes[:-1]):
                defined.add(first.base)
        defined |= self.members()
        trial = self.names.copy()
        if "i" not in trial and any(DIFFERENTIATED_I.search(s.text) for c in self.found.chains for s in c.sides):
            trial.number("i", "inferred")
        try:
            infer_families(trial, nodes, defined)
        except ReadingError as error:  # what the letters say does not fit together: nothing is inferred
            self.out.messages.append(f"nothing is inferred of undeclared letters: {error.text}")
            return
        heads = (unwrap(n.parts[0]) for n in nodes if isinstance(n, Node) and n.parts)
        left = {symbol_key(x) for p in heads if (x := peel(p)) is not None} | defined
        infer_tensors(trial, [*nodes, *self.told_formulas()], left, rows="rows" in trial.conventions)
        fresh = set(trial.scope.names) - set(self.names.scope.names)
        if not any(self.numbered(n) for n in fresh):
            self.names = trial

    def told_formulas(self) -> list[Surface]:
        """The formulas of sentences that declare or define."""
        formulas = [p for d in self.found.declarations for p in d.pieces if isinstance(p, outline.Formula)]
        return [n for f in formulas if (n := self.node(Side([f.body]), self.names)) is not None]

    def members(self) -> set[str]:
        """The names of which a sentence says in which set they are, or what law they have."""
        out: set[str] = set()
        for f in (p for d in self.found.declarations for p in d.pieces if isinstance(p, outline.Formula)):
            node = self.node(Side([f.body]), self.names)
            for part in items(node) if node is not None else ():
                left, relation, _ = relation_of(part)
                if relation in ("in", "~"):
                    out |= {s.base for x in left or () if (s := peel(x)) is not None}
        return out

    # -- declarations -------------------------------------------------------------------------------

    @cached_property
    def tells_e(self) -> bool:
        """Whether the text defines a quantity of its own with the letter of the number e."""
        told = (c for d in self.found.declarations for c in d.chains)
        every = (*self.found.chains, *told)
        given = (g.text for c in every for x in c.links for g in x.given)
        return any(c.sides[0].text.strip() == "e" and c.links[0].sign == "=" for c in every) or any(
            re.match(r"\s*e\s*=", g) for g in given
        )

    def uses_e(self, event: Declaration | Chain) -> bool:
        """Whether an equation mentions an e that the text defines elsewhere: "L = e²/2, where e = y - t"."""
        if not self.tells_e:
            return False
        chains = event.chains if isinstance(event, Declaration) else [event]
        nodes = [self.node(c.sides[-1], self.names) for c in chains if c.sides[0].text.strip() != "e"]
        return any(isinstance(x, Leaf) and x.text == "e" for n in nodes if n is not None for x in walk(n))

    def declare(self) -> None:
        """Definitions and declarations in the order in which they can be read: a name may be explained later."""
        waiting: list[Declaration | Chain] = [*self.found.declarations]
        declared = {c for d in self.found.declarations for c in d.chains}
        waiting += self.conditions()
        waiting += self.laws
        waiting += [
            c
            for c in self.found.chains
            if c not in declared and c.links[0].role is Role.CLAIM and c.links[0].sign == "="
        ]
        waiting.sort(key=lambda e: e.order)
        self.rounds(waiting, strict=True)
        before = len(self.names.inferred)
        self.infer()
        if len(self.names.inferred) > before:
            self.rounds(waiting, strict=True)
        self.names.tainted |= self.shapeless()
        for event in sorted(waiting, key=self.uses_e):
            self.try_event(event, strict=False)
        left: list[Declaration | Chain] = [*self.passed_over()]
        self.rounds(left, strict=True)
        for event in left:
            self.try_event(event, strict=False)

    def passed_over(self) -> list[Chain]:
        """Equations in sentences that declare, of whose left side the sentence made nothing."""
        out: list[Chain] = []
        for c in (c for d in self.found.declarations if not d.premise for c in d.chains):
            key = self.called(c)
            if c.links[0].sign == "=" and key and key not in self.names and key[:1] not in self.names:
                out.append(c)
        return out

    def shapeless(self) -> set[str]:
        """Names that look like vectors or matrices, and of which nothing says how large: they are no numbers."""
        out: set[str] = set()
        texts = (s.text for c in self.found.chains for s in c.sides)
        said = {
            s.base
            for d in self.found.declarations
            for p in d.pieces
            if isinstance(p, outline.Formula)
            for n in walk(self.node(Side([p.body]), self.names) or Node("empty", []))
            if (s := peel(n)) is not None
        }
        free = any(re.search(r"(?<![\\A-Za-z^])T\b", re.sub(r"\^\s*\{?\s*T\b", "", t)) for t in texts)
        for c in self.found.chains:
            for node in [self.node(s, self.names) for s in c.sides]:
                for n in walk(node) if node is not None else ():
                    s = peel(n)
                    if s is None or s.base in self.names or any(s.base in e for e in self.names.elders):
                        continue
                    turned = s.upper is not None and transposes(s.upper) == "T"
                    if (turned and "T" not in self.names and not free) or looks_like_vector(s.base):
                        out.add(s.base)
        return out - said

    def rounds(self, waiting: list[Declaration | Chain], *, strict: bool) -> None:
        """Carry out what can be, until nothing more can."""
        progress = True
        while progress and waiting:
            progress = False
            for event in list(waiting):
                if self.try_event(event, strict=strict):
                    waiting.remove(event)
                    progress = True

    def conditions(self) -> list[Chain]:
        """Conditions such as "at $s_0 = 0$", which define a name if it is new."""
        out: list[Chain] = []
        seen: set[str] = set()
        for c in self.found.chains:
            for x in c.links:
                for g in x.given:
                    if re.search(r"\\sim\b|∼", g.text) and g.text not in seen:
                        seen.add(g.text)
                        let = outline.Words(
                            Spelled("Let ", (Run(0, g.span().source, g.span().start, g.span().start, exact=False),))
                        )
                        self.laws.append(
                            Declaration([let, outline.Formula(g, False, None, (), g.span())], False, c.order - 1)
                        )
                    m = re.fullmatch(r"([^=<>]+)=([^=<>]+)", g.text.strip().rstrip(".,;"))
                    indices = {i for side in c.sides for i in subscripts(side.text)}
                    name, value = (m.group(1).strip(), m.group(2)) if m is not None else ("", "")
                    told = g.text in self.found.defining and re.search(r"[A-Za-z]", value) is not None
                    sets = "dots" not in g.text and name not in indices and (told or self.starts(name))
                    if m is not None and sets and g.text not in seen:
                        seen.add(g.text)
                        sides = [Side([g[m.start(k) : m.end(k)].strip()]) for k in (1, 2)]
                        out.append(Chain(sides, [Link("=", 0, Role.DEFINITION, 0)], order=c.order - 1))
        return out

    def starts(self, name: str) -> bool:
        """Whether a name is the first member of a sequence that the text speaks of, as ``h_0`` is beside ``h_t``."""
        m = START.fullmatch(name)
        texts = (s.text for c in self.found.chains for s in c.sides)
        return m is not None and any(re.search(re.escape(m.group(1)) + r"\s*_\s*\{?\s*[a-z1-9]", t) for t in texts)

    def premise(self, c: Chain, values: Sequence[Value | None]) -> bool:
        """Whether an inequality only bounds names of which nothing else is said, as in "with $p > 0$"."""
        if not all(x.sign in ("<", "<=", ">", ">=", "!=") for x in c.links) or not all(values):
            return False
        opens = SUPPOSED.search(c.links[0].before)
        if any(
            x.given or x.denied or ((x.doubt or x.worded) and not opens) for x in c.links
        ):  # it holds under a condition
            return False
        definitions = self.names.scope.definitions
        heads = [v.term.name() if v.term.head == "sym" else "" for v in values if v is not None]
        numbers = [v.term.head in ("num", "neg") for v in values if v is not None]
        plain = all(
            n or (h and h not in definitions and not self.names.ranges(h)) for h, n in zip(heads, numbers, strict=True)
        )
        return plain and any(heads)

    def try_event(self, event: Declaration | Chain, *, strict: bool) -> bool:
        """Carry out a declaration, or what may be a definition; whether it is done with."""
        trial = self.names.copy()
        trial.strict = strict
        assumed = len(self.out.assumed)
        try:
            done = self.sentence(event, trial) if isinstance(event, Declaration) else self.definition(event, trial)
        except ReadingError:
            self.failed.update(event.chains if isinstance(event, Declaration) else ())
            return not strict
        if done is None:
            waits = isinstance(event, Declaration) or ("e" not in self.names and self.uses_e(event))
            return not (strict and waits)
        trial.strict = self.names.strict
        for n in {*trial.scope.definitions, *trial.macros} - {*self.names.scope.definitions, *self.names.macros}:
            self.origins.setdefault(n, event)
        if event.qualified:
            said = _named(a.fact for a in self.out.assumed[assumed:])
            trial.doubt(trial.news(self.names) | said, event.qualified)
        if isinstance(event, Chain) and (word := self.circumstances(event)):
            defined = {*trial.scope.definitions, *trial.macros, *trial.laws}
            trial.hedged |= dict.fromkeys(trial.news(self.names) & defined, word)
        self.names = trial
        return True

    def lost(self, c: Chain) -> str:
        """A statement about a name of this relation that stands before it and was not read; empty if there is none."""
        letters = set().union(*(_letters(s.text, self.names) for s in c.sides))
        known = self.names.scope.definitions.keys() | self.names.laws.keys()
        for text in self.unsaid(c.order):
            if found := sorted(_letters(text, self.names) & letters - known):
                return f"what is said of {found[0]} was not read: {text.strip()[:60]}"
        return ""

    def unsaid(self, order: int) -> list[str]:
        """The formulas before a place that say something of a name in a way that no relation here does."""
        lost = [r.sides for r in self.out.relations if r.error is not None and r.link.k == 0 and r.order < order]
        heads = [c.sides[0].text for c in (*lost, *self.failed) if c.order < order]
        out = [t for t in heads if re.fullmatch(r"\s*\\?[A-Za-z]+\s*(?:_\s*(?:\w|\{\w+\})\s*)?", t)]
        return out + [t for at, t in self.found.stated if at <= order and SAYS_ELSE.search(t)]

    def counts_up(self, c: Chain, link: Link) -> str:
        """Whether ``s = s + 1`` sets a name anew."""
        left, right = (c.sides[k].text.strip() for k in (link.k, link.k + 1))
        again = (
            re.fullmatch(rf"{re.escape(left)}\s*[+\-]\s*(?:\d[\d.]*|\\?[A-Za-z]+)", right)
            if re.fullmatch(r"\\?[A-Za-z]+", left)
            else None
        )
        return "it may set the name on its left anew" if again is not None and link.sign == "=" else ""

    def renotated(self, c: Chain) -> str:
        """Whether a relation is written with signs to which the text gives a meaning of its own."""
        text = " ".join(s.text for s in c.sides)
        own = any(re.search(p, text) for p in self.found.renotated)
        return "the text gives its notation a meaning of its own" if own else ""

    def requantified(self, c: Chain, link: Link) -> str:
        """Whether a relation is said for every value of a name that has one."""
        if not re.search(r"\b(?:every|all|any|each|arbitrary)\b", link.before):
            return ""
        spoken = [t.partition("\\in")[0] for t in c.sentence if "\\in" in t or re.fullmatch(r"\s*\\?[A-Za-z]+\s*", t)]
        letters = set().union(*(_letters(t, self.names) for t in spoken))
        names = self.names.scope.names
        known = letters & {n for n in names if n in self.names.scope.definitions or names[n].law is not None}
        found = sorted((known | letters & {"σ"} - names.keys()) - {n for n in names if self.names.is_function(n)})
        return f"said for every {spell(found[0])}, which has a meaning" if found else ""

    def circumstances(self, c: Chain) -> str:
        """What an equation that defines a name says of when it holds; empty if nothing."""
        link = c.links[0]
        if c in self.failed:
            return "in a sentence that was not understood"
        own = _letters(c.sides[0].text, self.names)
        for g in link.given:
            if not own & _letters(g.text, self.names):  # "f(x) = x² for x > 0" is read with its domain
                return f"for ${g.text.strip()}$"
        if any(x.implied and x.links[0].block == link.block and x.order > c.order for x in self.found.chains):
            return "what follows from it"
        if re.search(
            r"\\n?exists\b|[∃∄]|\\\{[^{}]*(?::|\||\\mid)", " ".join(s.text for s in c.sides) + " ".join(c.sentence)
        ):
            return "for some"
        return (link.worded or link.doubt or link.unsure).rpartition(": ")[2]

    def again(self, left: Surface | None, c: Chain) -> str:
        """The name that an equation defines a second time: ``V = …``, ``V(x) = …``, ``V_{k+1} = …``."""
        inside: list[Surface] = []
        left = None if left is None else unwrap(left)
        if isinstance(left, Node) and left.kind == "juxtaposed" and len(left.parts) == 2:
            inside, left = left.parts[1:], left.parts[0]
        s = None if left is None else peel(left)
        if s is None:
            return ""
        inside += [x for x in (s.lower,) if x is not None and symbol_key(s) not in self.origins]
        if not all(any(peel(p) is not None for p in walk(x)) for x in inside):
            return ""
        keys = (symbol_key(s), s.base)
        name = next((k for k in keys if k in self.origins), "")
        first = self.origins.get(name)
        # what a sentence defines, and a display without words of its own gives again, is claimed there
        told = not first.premise if isinstance(first, Declaration) else first is not None and not first.display
        if (told and c.display and concludes(c.links[0].before)) or THEN.search(c.links[0].before):
            return ""
        own = first is c or (isinstance(first, Declaration) and c in first.chains)
        return "" if own or first is None or first.order > c.order else name

    def sentence(self, d: Declaration, trial: Names) -> bool | None:
        if not re.match(r"\W*(?:where|here|denote)\b", outline.plain(d.pieces), re.IGNORECASE):
            late = [
                c
                for c in d.chains
                if c.links[0].sign == "=" and self.used_before(self.node(c.sides[0], trial), d.chains[0].order)
            ]
            if late:
                self.special.update(d.chains)
                self.out.redefined |= {
                    k for c in late if (k := self.called(c)) in trial.scope.definitions and k not in self.reserved
                }
                return True
        if trial.strict and "e" not in trial and self.uses_e(d):
            return None
        before = set(trial.scope.facts)
        known = set(trial.scope.definitions)
        unread = len(trial.unread)
        out = Reader(trial, goals=False, beside=self.beside(d)).read(list(pieces_of(d.pieces)))
        failed = [e for _, e in out.unread]
        self.failed.update(d.chains if failed else ())
        if failed and trial.strict:
            return None
        self.told |= set() if failed else set(d.chains)
        if failed:
            text = outline.plain(d.pieces).strip()
            self.out.messages.append(f"{d.span.source.name}:{d.span.line}: not understood: {text}")
            del unread
        facts = [f for f in trial.scope.facts if f not in before]
        kept = [f for f in facts if self.about_indices(f, trial)]
        trial.scope.facts = [f for f in trial.scope.facts if f in before or f in kept]
        trial.scope._context = None  # noqa: SLF001
        for f in facts:
            if f in kept:
                continue
            head = _head(f.terms[0]) if f.head == "rel" and f.name() == "=" else ""
            if head in known:
                self.restated.add(f)
                if head not in self.reserved:
                    self.out.redefined.add(head)
            else:
                since = d.order if f.head == "rel" and f.name() == "=" else d.since or d.order
                self.out.assumed.append(Assumed(f, outline.plain(d.pieces).strip(), d.span, since))
        return True

    def called(self, c: Chain) -> str:
        """The name, or the function, on the left side of a chain."""
        left = self.node(c.sides[0], self.names)
        left = unwrap(left) if left is not None else None
        s = peel(left.parts[0] if isinstance(left, Node) and left.kind == "juxtaposed" else left) if left else None
        return "" if s is None else symbol_key(s)

    def about_indices(self, f: Term, names: Names) -> bool:
        """Whether a fact only bounds an index or a dimension that the solution brings in."""
        used = names.scope.context().closure(f) | {t.name() for t in subterms(f) if t.head == "sym"}
        fresh = used - self.reserved
        roles = {names.meanings[n].role for n in fresh if n in names.meanings}
        return (
            bool(fresh)
            and roles <= {"index", "dimension", "open dimension"}
            and all(names.scope.names[n].kind == "int" for n in used)
        )

    def beside(self, event: Declaration | Chain) -> list[Surface]:
        """The separate formulas of the sentence in which something is defined."""
        out: list[Surface] = []
        for text in event.sentence:
            try:
                out += Declarer(self.names.copy()).parts(inside(parse(text.strip(" .,;"), self.names.words)))
            except ReadingError:
                continue
        return out

    def definition(self, c: Chain, trial: Names) -> bool | None:
        """``V = t`` for a name that has no meaning yet."""
        left, right = self.node(c.sides[0], trial), self.node(c.sides[1], trial)
        if left is None or right is None:
            return None
        if (
            c.links[0].denied
            or c.links[0].marked
            or EQUIVALENT in c.links[0].doubt
            or OTHER_SIGN.fullmatch(c.links[0].note or "")
        ):
            return None
        if self.at_a_point(left, c):
            return None
        right = self.shared_value(c, trial) or right
        if not c.links[0].defines and self.used_before(left, c.order if c.beside is None else c.beside.order):
            return None
        if "e" not in trial and self.uses_e(c):
            return None
        root = Node("chain", [left, Leaf("REL", "=", left.end, left.end), right])
        item = Item(root, "let")
        if any(isinstance(x, Leaf) and x.type == "FUNCTION" for x in (left, *getattr(left, "parts", ()))):
            return None
        s = peel(unwrap(left))
        if s is not None and s.lower is not None and s.base in trial and trial.ranges(s.base):
            return None
        called = peel(left.parts[0]) if isinstance(left, Node) and left.kind == "juxtaposed" else s
        if called is not None and called.primes and (called.bare in trial or called.bare in BUILT_IN_LETTERS):
            return None  # the slope of a function that is known is no new one
        if called is not None and called.bare not in trial and BUILT_IN_LETTERS.get(called.bare):
            own = [p for q in getattr(left, "parts", [])[1:] if isinstance(q, Node) for p in q.parts[1:2]]
            if any(peel(unwrap(p)) is None for p in own):
                return None  # σ(wx + b) = ½
            if any(q is not None and q.bare == called.bare for q in map(peel, walk(right))):
                return None  # σ(-z) = 1 - σ(z) says something of the function that the letter usually is
        if self.reserved and isinstance(left, Node) and left.kind == "juxtaposed":
            arguments = [
                peel(p)
                for q in left.parts[1:]
                if isinstance(q, Node) and q.kind == "bracket"
                for p in items(q.parts[1])
            ]
            if any(a is None or a.base in self.reserved for a in arguments):
                return None
        if s is not None and s.lower is not None and s.base not in trial:
            el = Elaborator(trial, root)
            for p in el.index_parts(s.lower, 9):
                letter = peel(p)
                if (
                    letter is not None
                    and len(letter.base) == 1
                    and letter.base.isalpha()
                    and letter.base not in trial.ranges_said
                ):
                    found = range_in(el, letter.base, right)
                    if found is not None and not found[0].loose and not found[1].loose:
                        trial.ranges_said[letter.base] = found
        declarer = Declarer(trial, judged=True)
        declarer.says, declarer.beside = False, self.beside(c)
        if bare_function(right) and s is not None and s.base not in trial:
            declarer.named(s, bare_function(right))
        elif (
            s is not None
            and s.base == "E"
            and s.lower is None
            and s.upper is None
            and "E" not in trial
            and isinstance(left, Leaf)
        ):
            declarer.define_plain("E", Elaborator(trial, right).read(right), item, (left.start, left.end))
        elif declarer.deviation(left, right, item):
            pass
        elif declarer.definable(left, right, item) is None:
            return None
        else:
            declarer.settle([item])
        context = trial.scope.context()
        if any(
            n not in self.names.scope.definitions and context.is_recursive(n) and context.family_depth(n) == 0
            for n in trial.scope.definitions
        ):
            return None
        self.defined[c] = Role.DEFINITION
        return True

    def at_a_point(self, left: Surface, c: Chain) -> bool:
        """Whether ``f(x) = …`` is said for one x only, as in "For $x = 0$, $f(x) = 1$"."""
        bracket = (
            left.parts[1] if isinstance(left, Node) and left.kind == "juxtaposed" and len(left.parts) == 2 else None
        )
        inside = items(bracket.parts[1]) if isinstance(bracket, Node) and len(bracket.parts) == 3 else []
        arguments = {s.base for p in inside if (s := peel(p)) is not None}
        conditions = (re.match(r"\s*\\?([A-Za-z]+)\s*=", g.text) for x in c.links for g in x.given)
        return any(m is not None and m.group(1) in arguments for m in conditions)

    def shared_value(self, c: Chain, trial: Names) -> Surface | None:
        """The number at the end of ``a = b = 1``, which both names have, after b is defined by it."""
        nodes = [self.node(s, trial) for s in c.sides]
        heads = [None if n is None else peel(n) for n in nodes[1:-1]]
        plain = all(s is not None and symbol_key(s) not in trial and s.base not in trial for s in heads)
        if not heads or not plain or any(x.sign != "=" for x in c.links) or not is_number(nodes[-1]):
            return None
        for n in nodes[1:-1]:
            assert n is not None
            assert nodes[-1] is not None
            root = Node("chain", [n, Leaf("REL", "=", n.end, n.end), nodes[-1]])
            Declarer(trial, judged=True).settle([Item(root, "let")])
        return nodes[-1]

    def node(self, side: Side, names: Names) -> Surface | None:
        try:
            return parse(side.text, names.words)
        except ReadingError:
            return None

    # -- up to a constant ---------------------------------------------------------------------------

    def variables(self) -> list[str]:
        """The names that a constant may not depend on."""
        out: list[str] = []
        said = [c.split(":", 1)[1] for c in self.names.conventions if c.startswith("constant-terms:")]
        for text in (*said, *self.found.variables):
            try:
                for node in items(parse(text, self.names.words)):
                    s = peel(node)
                    if s is not None:
                        v = Elaborator(self.names.copy(), node).value(node).term
                        out += [n for n in [_head(v)] if n]
            except ReadingError:
                continue
        return list(dict.fromkeys(n for n in out if n in self.names.scope.names))

    # -- chains -------------------------------------------------------------------------------------

    def chain(self, c: Chain, number: int, constants: list[str]) -> None:
        nodes: list[Surface | None] = []
        errors: list[ReadingError | None] = []
        for s in c.sides:
            try:
                nodes.append(parse(self.stripped(s), self.names.words))
                errors.append(None)
            except ReadingError as error:
                nodes.append(None)
                errors.append(error)
        root = Node("chain", [n for n in nodes if n is not None])
        values: list[Value | None] = []
        for k, node in enumerate(nodes):
            value, errors[k] = (None, errors[k]) if node is None else self.side(node, root)
            values.append(value)
        if "summation" in self.names.conventions and values[0] is not None:
            fixed = not_summed(self.names)
            keep = free_letters(summed(values[0].term, self.names, fixed, repeated=True), self.names) | fixed
            values = [v and Value(summed(v.term, self.names, keep), v.row) for v in values]
        self.out.values.append(values)
        premise = self.premise(c, values)
        last = 0 if values[0] is not None else -1
        skips = 0
        for x in c.links:
            k = x.k + 1
            role = self.defined.get(c, x.role) if x.k == 0 else x.role
            if c.implied and x.k == 0 and role is Role.CLAIM:
                role = Role.IMPLICATION
            if role is Role.DEFINITION and OTHER_SIGN.fullmatch(x.note or ""):
                role = Role.CLAIM
            if role is Role.DEFINITION and x.k == 0 and c not in self.defined and not self.called(c):
                role = Role.PREMISE  # "Put $x + y = 1$": nothing is defined by it
            if (premise and role in (Role.CLAIM, Role.STEP)) or (c in self.special and x.k == 0):
                role = Role.PREMISE
            given, blocked = self.given(x.given)
            perhaps, also = self.given(x.perhaps)
            blocked = x.doubt or blocked or also or self.differential(c, k)
            none = Claim("", why=("unread", ""))
            signs = [y.sign for y in c.links[: x.k + 1]]
            why = errors[k] or (errors[last] if last == k - 1 else None) or (errors[0] if last < 0 else None)
            step = anchor = none
            if values[k] is None and last >= 0 and x.sign == "=" and self.ill_shaped(nodes[k], errors[k]):
                step = Claim(x.sign, misfit=str(errors[k]))
            if SQUARED in self.names.notes:
                blocked = blocked or "the square of a vector may be that of its length"
            if values[k] is not None:
                if last >= 0:
                    step = self.claim(compose(signs[last:]), c, values, last, k, constants)
                if values[0] is not None and last > 0:
                    anchor = self.claim(compose(signs), c, values, 0, k, constants)
            if x.k and c in self.told and role is Role.STEP and self.is_assumed(step, anchor):
                role = Role.PREMISE
            if x.k == 0 and step.conditions and step.conditions[0] in self.restated:
                role = Role.CLAIM
            if (premise or c in self.special) and role is Role.PREMISE and step.conditions:
                self.out.assumed += [Assumed(t, self.chain_text(c), c.sides[0].span, c.order) for t in step.conditions]
                if c.qualified and x.sign == "=":
                    self.names.doubt(_named(step.conditions), c.qualified)
            step, anchor = merged(step, given, self.names), merged(anchor, given, self.names)
            if "O" in (step.kind, anchor.kind) and (given or perhaps):
                none = Claim("", why=("order", "a condition stands beside terms of some order"))
                step, anchor = (none if x.kind == "O" else x for x in (step, anchor))
            if x.k == 0 and role in (Role.DEFINITION, Role.PREMISE) and (c in self.told or bare_function(nodes[k])):
                why = None
            again = self.again(nodes[0], c) if x.k == 0 and role is Role.CLAIM and x.sign == "=" else ""
            first = self.origins.get(again)
            earlier = first.sides[0].span if isinstance(first, Chain) else first.span if first is not None else None
            if not (step.kind and all(about_numerals(c) for c in (step, anchor) if c.kind)):
                blocked = blocked or x.worded
            x.denied = x.denied or self.requantified(c, x) or self.renotated(c) or self.counts_up(c, x)
            blocked = blocked or self.lost(c)
            number_ = len(self.out.relations) + 1
            r = Relation(
                number_,
                number,
                x,
                c,
                role,
                step,
                anchor,
                max(last, 0),
                skips,
                why if not step.kind else None,
                given,
                perhaps,
                blocked,
                c.order,
                again,
                earlier,
                self.called(c) if x.k == 0 else "",
                self.given([g for g in (*x.given, *x.perhaps) if g.text in self.found.lasting])[0],
            )
            self.out.relations.append(r)
            skips = 0 if values[k] is not None else skips + 1
            last = k if values[k] is not None else last

    def is_assumed(self, step: Claim, anchor: Claim) -> bool:
        """Whether a further link of ``‖x‖ = ‖y‖ = 1`` is what its sentence assumes, and no claim."""
        assumed = {a.fact for a in self.out.assumed} | set(self.names.scope.facts)
        return any(c.conditions and set(c.conditions) <= assumed for c in (step, anchor))

    def differential(self, c: Chain, k: int) -> str:
        """Why ``dL`` may be no product, where d has a meaning."""
        known = "d" in self.names and self.names.meanings["d"].role != "inferred"
        if known and any(DIFFERENTIAL.search(s.text) for s in c.sides[: k + 1]):
            return "d before a name may make a differential"
        if "e" in self.names and any(re.search(r"(?<![\\A-Za-z])e\s*\^", s.text) for s in c.sides[: k + 1]):
            return "e may be a name, or the number"
        return ""

    def ill_shaped(self, node: Surface | None, error: ReadingError | None) -> bool:
        """Whether a product fits by no convention: all names in it are declared, and what leads is no plain vector.

        A derivative may stand in it where the text says how derivatives, or vectors, are laid out.
        """
        if node is None or error is None or error.code != "shape":
            return False
        stated = {"rows", "columns", "denominator-layout"} & self.names.conventions
        if not (MISFIT_STATED if stated else MISFIT).fullmatch(error.text):
            return False
        signs = [n for n in walk(node) if isinstance(n, Leaf) and (n.type in ("PARTIAL", "NABLA") or n.text == "d")]
        if signs and not stated:
            return False
        for key in mentioned(node):
            if key in ("∂", "d", "∇") or (key == "T" and "T" not in self.names):
                continue
            known = [k for k in (key, key.partition("_")[0]) if k in self.names]
            if not known or presumed(self.names, sym(known[0])):
                return False
        return True

    def chain_text(self, c: Chain) -> str:
        return " ".join([c.sides[0].text, *(f"{SHOWN.get(x.sign, x.sign)} {c.sides[x.k + 1].text}" for x in c.links)])

    def stripped(self, s: Side) -> str:
        """The text of a side without "+ const" and O(…)."""
        text = s.text
        if (m := ORDER.fullmatch(f"+{text}")) is not None and POWER.fullmatch(m.group(2)):
            text = f"0 + {text}"
        for pattern in (CONSTANT, SINGLE_CONSTANT, ORDER):
            m = pattern.search(text)
            if (
                m
                and pattern is ORDER
                and (m.group(1) in self.names or not (m.group(1) != "o" or POWER.fullmatch(m.group(2))))
            ):
                continue
            if m and m.start() > 0 and not (pattern is SINGLE_CONSTANT and m.group(1) in self.names):
                s.constant, s.end = "O" if pattern is ORDER else "const", m.start()
                if pattern is ORDER and self.is_small(m.group(2)):
                    s.order = (m.group(1), m.group(2))
                return text[: m.start()]
        return text

    def is_small(self, text: str) -> bool:
        """Whether O(…) is meant near 0."""
        small = SMALL.match(text) or EXPANSION.search(self.found.words)
        return bool(small) and not LARGE.search(self.everything)

    def side(self, node: Surface, root: Surface) -> tuple[Value | None, ReadingError | None]:
        """The value of a side; names that it brings in stay only if it can be read."""
        trial = self.names.copy()
        trial.scope._context = self.names.scope._context  # noqa: SLF001
        el = Elaborator(trial, root)
        try:
            not_rounded(el, node)
            value = el.value(node)
            el.shape(value, node)
        except ReadingError as error:
            return None, error
        except RecursionError:
            return None, ReadingError("limit", "the formula nests too deep")
        self.names = trial
        return value, None

    def given(self, texts: Sequence[Spelled]) -> tuple[tuple[Term, ...], str]:
        """The conditions of a relation; which of them cannot be read."""
        out: list[Term] = []
        for g in texts:
            try:
                node = parse(g.text, self.names.words)
                if Declarer(self.names.copy()).note_range(node, binder=True) or (peel(node) is not None):
                    continue
                if re.fullmatch(r"[^\\=<>]*\\in\s*(?:\\mathbb\s*\{?\s*R\s*\}?|ℝ)\s*[.,;]?", g.text.strip()):
                    continue
                if isinstance(node, Node) and node.kind == "chain" and node.parts[1].text == "~":
                    s = peel(node.parts[0])
                    if s is None or s.base not in self.names or self.names.declared(s.base).kind != "random":
                        return tuple(out), f"its condition was not understood: {g.text}"
                    continue
                trial = self.names.copy()
                out.append(Elaborator(trial, node).condition(node))
                self.names = trial
            except ReadingError:
                return tuple(out), f"its condition was not understood: {g.text}"
        return tuple(out), ""

    # -- claims -------------------------------------------------------------------------------------

    def claim(self, sign: str, c: Chain, values: Sequence[Value | None], i: int, k: int, constants: list[str]) -> Claim:
        a, b = values[i], values[k]
        assert a is not None
        assert b is not None
        return relate(self.names, sign, a, b, c.sides[k], c.sides[i : k + 1], constants)


THEN = re.compile(r"\b(?:then|so|hence|thus|therefore|implies|follows)\W*\Z")
"""Words after which an equation for a known name is a claim, and no new definition."""


def concludes(words: str) -> bool:
    """Whether the words before an equation, if there are any, only draw a conclusion."""
    return all(w in CONCLUDING for w in re.findall(r"[a-z$]+", words))


def looks_like_vector(base: str) -> bool:
    """Whether a letter is bold or under an arrow."""
    return "\u20d7" in base or (len(base) == 1 and "BOLD" in unicodedata.name(base, ""))


def mentioned(node: Surface) -> Iterator[str]:
    """The symbols that stand in a formula, scripts included."""
    stack = [node]
    while stack:
        n = stack.pop()
        s = peel(n)
        if s is not None:
            yield symbol_key(s)
            stack += [x for x in (s.lower, s.upper) if x is not None]
        elif isinstance(n, Node):
            stack += n.parts


SAYS_ELSE = re.compile(r"\\in\s*\\\{|\\in\s*[\[(]|\\sim\b|\\perp|\\ll\b|\\gg\b|\\succ|\\prec|\\pm\b|[⊥≪≫≻≺]")
"""Signs by which a formula says of a name what is read in declarations only."""


def _letters(text: str, names: Names) -> set[str]:
    """The keys of the symbols in a formula, of one that cannot be read the Latin letters."""
    try:
        return {key_of(q) for q in symbols_in(parse(text, names.words))}
    except ReadingError:
        return set(re.findall(r"(?<![\\A-Za-z])[A-Za-z](?![A-Za-z])", text))


def about_numerals(claim: Claim) -> bool:
    """Whether a claim only says what numerals make: no circumstance changes that."""
    heads = {s.head for c in claim.conditions for s in subterms(c)}
    return bool(claim.conditions) and heads <= {"rel", "num", "add", "mul", "div", "neg", "pow"}


def _head(t: Term) -> str:
    """The name of which a term is an entry, or which it applies."""
    while t.head == "at":
        t = t.terms[0]
    return t.name() if t.head in ("sym", "app") else ""


def _named(terms: Iterable[Term]) -> set[str]:
    """The names that stand in terms."""
    return {s.name() for t in terms for s in subterms(t) if s.head == "sym"}
