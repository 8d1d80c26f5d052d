"""Derivations as people write them: from the blocks of a solution to chains of relations with places and roles.

Only the shape is found here: which terms stand beside which relation, what continues what, which sentences declare.
What the terms mean is settled in `derivations.py`; nothing is judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise

from symderive.language.report import Role
from symderive.reading.circumstances import ASIDES, FORMULA, STATES, circumstance
from symderive.reading.documents import outline
from symderive.reading.documents.source import Span, Spelled
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.segments import (
    JUDGED,
    Segment,
    asides,
    bared,
    between,
    blank_at,
    bounds_indices,
    bracketed,
    doubtful_numbers,
    roughly,
    segments,
    spoken_in,
    words_in,
)
from symderive.reading.statements import lexicon
from symderive.reading.statements.phrasing import qualifying
from symderive.reading.wording import (
    ANSWER,
    ASSUMING,
    CASE_LEFT,
    CASES_END,
    CLAIMING,
    CONDITION,
    CONDITIONAL,
    CONDITIONAL_SIGN,
    COPULA,
    DECLARING,
    DENIED,
    DOMAIN,
    ENTRYWISE,
    EQUIVALENT,
    EVERY,
    HEDGES,
    INTEGER,
    JOINING,
    LAW,
    LIFTED,
    LOOSELY,
    NAMING,
    NEEDS_FORMULA,
    NESTED,
    NEXT_CLAUSE,
    NUMERIC,
    OTHER_CASE,
    QUALIFIED,
    REASON,
    STATED,
    STRUCK,
    SUPPOSED,
    TAKEN_BACK,
    TURNED,
    TYPING,
    VERBS,
    renotated,
)


@dataclass(eq=False)
class Side:
    """A term of a chain as written.

    Attributes:
        spelled: its text with origins, in as many bits as rows that it runs over.
        boxed: whether it stands in a box.
        constant: what is written for "+ const"; empty if nothing is.
        order: the O or o of what is left out, and what stands in its brackets.
        end: where the term itself ends in `text`, if a constant or an order follows.
        answer: whether the words before it call it the answer.
    """

    bits: list[Spelled]
    boxed: bool = False
    constant: str = ""
    order: tuple[str, str] = ("", "")
    end: int | None = None
    answer: bool = False

    @property
    def text(self) -> str:
        return " ".join(b.text for b in self.bits)

    @property
    def span(self) -> Span:
        return self.bits[0].span().to(self.bits[-1].span())

    def place(self, start: int, end: int) -> Span:
        """Where characters of `text` stand."""
        for b in self.bits:
            if start < len(b.text) + 1:
                return b.span(max(0, min(start, len(b.text) - 1)), max(1, min(end, len(b.text))))
            start, end = start - len(b.text) - 1, end - len(b.text) - 1
        return self.span


AT_POINT = re.compile(r"\bat (?:the (?:point|input) )?(?:\$\s*(?:\\left\s*)?\(|-?\d)")
"""A point for which a sentence says something, that is no equation."""
OTHER_NUMBERS = re.compile(
    r"\\mathbb\s*\{?\s*[fz]\}?\s*_|\\pmod|\\bmod|\\equiv|floating[ -]point|integer division|boolean"
)
"""Signs and words of arithmetic that is not that of the real numbers."""
ASIDE_QUESTION = re.compile(r"\(\s*(?!why|how)[^()]*\$[^()]*\?\s*\)", re.IGNORECASE)
"""A question in brackets about a formula."""


@dataclass(eq=False)
class Link:
    """One relation of a chain: between its side `k` and the next.

    Attributes:
        before: the words of its sentence that stand before it, in lower case.
        note: the reason that is written beside it, or over its sign.
        given: conditions of its sentence or row ("for x > 0"), as texts.
        perhaps: conditions that stand near it, and may be meant for it.
        marked: a "!" stands over its sign.
        defines: its sign is that of a definition.
        doubt: why it is not sure that it belongs to its chain.
        denied: words of its sentence by which the author does not claim it.
        entrywise: words of its sentence say that it may be meant entry by entry.
        worded: why it is not called wrong unless it is about numerals alone: words may say when it holds.
        unsure: a word of its sentence by which the conditions there may not be those of the relation.
        lifted: the place in the text before which what is assumed may hold no longer.
    """

    sign: str
    k: int
    role: Role
    block: int
    before: str = ""
    note: str = ""
    given: list[Spelled] = field(default_factory=list)
    perhaps: list[Spelled] = field(default_factory=list)
    marked: bool = False
    defines: bool = False
    doubt: str = ""
    denied: str = ""
    entrywise: bool = False
    lifted: int = 0
    unsure: str = ""
    worded: str = ""
    spoken: str = ""
    """All words of its sentence."""


@dataclass(eq=False)
class Chain:
    """Terms and the relations between them.

    Attributes:
        implied: it follows an arrow, from the relation before it.
        order: its place among all that is read, declarations included.
        beside: the chain before it in its row, to which it is an aside ("…, u = wx").
    """

    sides: list[Side]
    links: list[Link] = field(default_factory=list)
    implied: bool = False
    order: int = 0
    beside: Chain | None = None
    display: bool = False
    qualified: str = ""
    """A word of its sentence that may change what a definition says."""
    sentence: tuple[str, ...] = ()
    """The formulas of its sentence, row by row: some may say where a function is defined."""


@dataclass(eq=False)
class Declaration:
    """A clause of a solution that declares, defines or assumes.

    Attributes:
        pieces: its words and formulas, with the cue word.
        premise: it assumes.
        chains: the relations that stand in it.
        since: the place from which on it holds: the first relation of its sentence ("a = b, where x > 0").
    """

    pieces: list[outline.Piece]
    premise: bool
    order: int
    chains: list[Chain] = field(default_factory=list)
    since: int = 0
    qualified: str = ""
    """A word of its sentence that may change what it says."""
    sentence: tuple[str, ...] = ()
    """The formulas of its sentence, row by row."""

    @property
    def span(self) -> Span:
        spans = [p.span for p in self.pieces if isinstance(p, outline.Formula)] or [self.pieces[0].span]
        return spans[0]


@dataclass
class Derivation:
    """What stands in a solution, in the order of the text."""

    chains: list[Chain] = field(default_factory=list)
    declarations: list[Declaration] = field(default_factory=list)
    unread: list[tuple[Span, ReadingError]] = field(default_factory=list)
    """Rows of which not even the relations were found."""
    variables: list[str] = field(default_factory=list)
    """Formulas after "with respect to", "that do not depend on"."""
    words: str = ""
    alone: list[Side] = field(default_factory=list)
    """Displayed or boxed terms without any relation."""
    defining: set[str] = field(default_factory=set)
    """Conditions that "with" opens: they say what a name is, and hold for the whole text."""
    lasting: set[str] = field(default_factory=set)
    """Conditions that hold from there on, as values do."""
    described: list[str] = field(default_factory=list)
    """Formulas of which the words say what they are ("here $u$ is the sum of …")."""
    stated: list[tuple[int, str]] = field(default_factory=list)
    """The formulas of the text with their places."""
    renotated: list[str] = field(default_factory=list)
    """Patterns of notation to which the text gives a meaning of its own."""


class Finder:
    """Walks over the blocks of a solution and collects its chains and declarations."""

    def __init__(self) -> None:
        self.out = Derivation()
        self.block = 0
        self.order = 0
        self.last: Chain | None = None
        self.mode = "claim"
        self.words: list[str] = []
        self.sentence: list[outline.Piece] = []
        self.clause: list[outline.Piece] = []
        self.clause_chains: list[Chain] = []
        self.spoken: list[outline.Piece] = []
        """The sentence without the clauses that declare or assume something."""
        self.aside = ""
        """Words of a sentence without formulas that may say for what those after it hold."""
        self.other = False
        """Whether a case has begun whose condition was not read."""
        self.declared = 0
        """How many declarations there were before this sentence."""
        self.given: list[Spelled] = []
        self.perhaps: list[Spelled] = []
        self.previous = ""
        """The formula before."""
        self.ends = False
        """Whether the sentence, or a clause, ends after the formula."""
        self.loose: list[str] = []
        """The words of the sentence outside of what it declares."""
        self.relations: list[Link] = []
        """The relations of the sentence."""
        self.fresh: list[Link] = []
        """The relations of the sentence since the last condition."""
        self.trailed: list[Link] = []
        """The relations that have the last condition of the sentence."""
        self.columns: dict[int, Chain] = {}
        """The chains of a display by the cells that their signs open."""
        self.beside: list[Chain] = []
        """The chains of the last row."""
        self.begun = 0
        """The place of the first relation of the sentence."""
        self.struck: re.Match[str] | None = None
        """The mark of a term that is left out, in this row or above it."""
        self.opened = False
        """Whether a further clause of the sentence has begun with a condition."""
        self.ended = 0
        """The place at which the last sentence ended."""
        self.lifted = 0
        """The place before which what is assumed may hold no longer."""
        self.left = ""
        """Why a relation below a heading may still belong to the case above it."""
        self.case: list[Spelled] = []
        """The condition of the case that is treated."""
        self.claimed: list[Link] = []
        """The relations of the last sentence that has any."""
        self.glued = False
        """Whether a letter follows a formula at once, as the M of ``$2.1$M``."""
        self.inline: Side | None = None
        """The last inline formula without a relation: the answer, where nothing else stands."""
        self.stop = True
        self.asked = False
        self.note = ""
        self.membership = False
        self.named = False

    def blocks(self, blocks: Sequence[outline.Block]) -> None:
        for b in blocks:
            match b:
                case outline.Paragraph():
                    self.paragraph(b.pieces, title=b.title)
                case outline.Solution():
                    self.blocks(b.blocks)
                case outline.Remark():
                    self.sentence_end()
                    self.flush()
                    self.out.declarations.append(Declaration(list(b.pieces), False, 0))  # a footnote holds throughout
                case outline.List():
                    around = self.case
                    for item in b.items:
                        case = outline.case_in(item.label, title=True)
                        self.case = around if case is None else [case[0].body]
                        self.blocks(item.blocks)
                    self.case = around
                case _:
                    pass
        self.sentence_end()

    def paragraph(self, pieces: Sequence[outline.Piece], *, title: bool = False) -> None:
        opened = outline.case_in(pieces, title=title)
        if opened is not None:
            self.sentence_end()
            self.case, pieces = [opened[0].body], pieces[opened[1] :]
            self.out.words += " case"
        elif pieces and CASES_END.match(outline.plain(pieces[:1])):
            self.case, self.other = [], False
        elif pieces and OTHER_CASE.match(outline.plain(pieces[:1])):
            self.case, self.other = [], True
        elif title or (pieces and CASE_LEFT.match(outline.plain(pieces[:1]))):
            self.left = "what stands above it may be a case that goes on" if self.case else ""
            self.case = []
        self.left = "" if opened is not None else self.left
        self.other = self.other and opened is None
        if not pieces:
            return
        struck = False
        for k, p in enumerate(pieces):
            if isinstance(p, outline.Words):
                struck ^= p.text.count("~~") % 2 == 1
                self.prose(p, pieces[k + 1] if k + 1 < len(pieces) else None)
            elif struck and not p.display:
                self.out.unread.append((p.span, ReadingError("denied", "struck out, and not judged")))
            else:
                after = pieces[k + 1] if k + 1 < len(pieces) else None
                self.glued = isinstance(after, outline.Words) and bool(re.match(r"[A-Za-z%°]", after.text))
                self.ends = not isinstance(after, outline.Words) or bool(re.match(r"\s*(?:[.;!?]|\Z)", after.text))
                self.formula(p)
                self.describe(pieces[max(0, k - 1) : k + 2], p)
        last = pieces[-1]
        if (isinstance(last, outline.Formula) and last.display) or re.search(r"[.?!]\W*\Z", outline.plain(pieces[-1:])):
            self.sentence_end()
        else:
            self.flush()
            self.mode = "claim"

    def describe(self, around: Sequence[outline.Piece], f: outline.Formula) -> None:
        """Note a formula if the words beside it say what it is."""
        texts = [p.text if isinstance(p, outline.Words) else "" for p in around]
        k = list(around).index(f)
        before, after = "".join(texts[:k]), "".join(texts[k + 1 :])
        if not f.display and (COPULA.match(after) or NAMING.search(before.lower())):
            self.out.described.append(f.text)

    def prose(self, p: outline.Words, following: outline.Piece | None) -> None:
        """Words between formulas: where sentences end, and what role the formulas after them have."""
        self.out.words += " " + p.text
        text = p.text
        if self.stop and re.match(r"\s*[A-Z]", text):
            self.sentence_end()
        self.stop = False
        begin = 0
        marks = list(re.finditer(r"[A-Za-z][A-Za-z'\-]*|[.?!](?=\s|\Z)|[,;:()]", text))
        for m, later in zip(marks, [*marks[1:], None], strict=False):
            w = m.group().lower()
            if w in ".?!":
                self.asked = w == "?"
                if re.search(r"\b(?:i\.e|e\.g|w\.r\.t|i\.i\.d|resp|eq|cf)\Z", text[: m.start()], re.IGNORECASE):
                    if not self._closes(text, m, following):
                        continue
                self._keep(p, begin, m.end())
                self.sentence_end()
                begin = m.end()
                continue
            last = later is None and following is not None
            tail = re.findall(r"[a-z\-]+", text[m.end() :].lower())
            relation = isinstance(following, outline.Formula) and bool(CONDITIONAL_SIGN.search(following.text))
            self.named = (
                bool(tail)
                and isinstance(following, outline.Formula)
                and not relation
                and all(x in TYPING for x in tail)
            )
            self.membership = isinstance(following, outline.Formula) and bool(
                re.search(r"\\in\b|∈|<|>|\\[lg]eq?\b|\\sim\b", following.text)
            )
            mode = self._mode(w, last)
            if mode and (mode != self.mode or mode != "claim"):
                self._keep(p, begin, m.start())
                self.flush()
                self.mode = mode
                begin = m.start()
            self.words.append(w)
            if self.mode == "claim":
                self.loose.append(w)
        self._keep(p, begin, len(text))

    def _closes(self, text: str, dot: re.Match[str], following: outline.Piece | None) -> bool:
        """Whether the full stop of "i.i.d." ends a sentence: a relation, or a word such as "Then", follows."""
        if not text[: dot.start()].lower().endswith("i.i.d"):
            return False
        if text[dot.end() :].strip():
            return re.match(r"\s+[A-Z][a-z]+\b", text[dot.end() :]) is not None
        return isinstance(following, outline.Formula) and re.search(r"=|<|>|\\[lg]eq?\b", following.text) is not None

    def _keep(self, p: outline.Words, begin: int, end: int) -> None:
        if end > begin:
            piece = outline.Words(p.spelled[begin:end])
            self.clause.append(piece)
            self.sentence.append(piece)

    def _mode(self, w: str, before_formula: bool) -> str:
        if w in ASSUMING:
            return "premise"
        if w == "with" and (self.mode != "claim" or not (self.named or self.membership)):
            return ""
        if w == "with" and self.named:
            return "declare"
        if w in DECLARING and (before_formula or w not in NEEDS_FORMULA):
            if self.words[-1:] == ["as"] and w == "where":
                return ""
            if w == "denote" and self.words[:1] == ["let"] and self.mode == "declare":
                return ""
            return "declare"
        if w == "given" and before_formula:
            return "declare"
        if w == "set" and before_formula:
            return "set"
        if w in CLAIMING and self.mode != "claim":
            return "claim"
        return ""

    def sentence_end(self) -> None:
        self.flush()
        self.stated()
        self.qualify()
        hedge = HEDGES.search(" ".join(self.loose))
        for x in self.relations if hedge else ():
            x.doubt = x.doubt or f"its sentence says more of when it holds: {hedge.group() if hedge else ''}"
        denied = DENIED.search(" ".join(self.words))
        if not self.relations and TAKEN_BACK.match(" ".join(self.words)):
            for x in self.claimed:
                x.denied = x.denied or "taken back in the next sentence"
        self.claimed = self.relations or self.claimed
        asked = self.asked and re.search(r"\b(?:is|are|does|do|can|which)\b", " ".join(self.words[:3]))
        if denied or asked or ASIDE_QUESTION.search(outline.plain(self.sentence)):
            for x in self.relations:
                x.denied = denied.group() if denied else "?"
        self.asked = False
        if hedge is None and (wide := STATED.search(" ".join(self.words))) is not None:
            for x in self.relations:
                x.doubt = x.doubt or f"its sentence says more of when it holds: {wide.group()}"
        said = outline.plain(self.spoken).lower() if self.relations else ""
        when = circumstance(re.sub(r"\$[^$]*\$", f" {FORMULA} ", said))
        for x in self.relations:
            x.spoken = re.sub(r"\s*\$[^$]*\$\s*", f" {FORMULA} ", said)
        nearly = any(y.sign == "~~" and SUPPOSED.search(y.before) for y in self.relations)
        for x in self.relations:
            x.doubt = x.doubt or ("it is said to hold nearly there" if nearly else "")
            loosely = next((g.text for g in (*x.given, *x.perhaps) if LOOSELY.search(g.text)), "")
            x.doubt = x.doubt or (f"it is said to hold for {loosely}" if loosely else "")
        odd = when or (m.group() if (m := QUALIFIED.search(re.sub(r"\$[^$]*\$", "", said))) else "")
        for x in self.relations if odd else ():
            x.unsure = odd if any(g not in self.case for g in x.given) else ""
        for x in self.relations if when else ():
            x.worded = x.worded or f"its sentence says more of when it holds: {when}"
        for x in self.relations if NUMERIC.search(said) else ():
            x.doubt = x.doubt or x.worded
        if AT_POINT.search(said):
            for x in self.relations:
                x.doubt = x.doubt or "it may hold at one point"
        if (other := OTHER_NUMBERS.search(said)) is not None:
            for x in self.relations:
                x.doubt = x.doubt or f"its numbers may be others: {other.group()}"
        sentence = outline.plain(self.sentence)
        if LIFTED.search(sentence) or OTHER_CASE.match(sentence):
            self.lifted = self.ended
        for x in self.relations:
            x.lifted = self.lifted
        entrywise = ENTRYWISE.search(" ".join(self.words))
        for x in self.relations:
            x.entrywise = entrywise is not None
        for x in self.relations if self.left else ():
            x.doubt = x.doubt or self.left
        for x in self.relations if self.aside else ():
            x.doubt = x.doubt or f"what is said before it may say when it holds: {self.aside}"
        self.aside = self.said_aside() or self.aside
        if self.other or self.words[:1] in (["otherwise"], ["else"]):
            for x in self.relations if self.other or self.case or any(d.premise for d in self.out.declarations) else ():
                x.denied = x.denied or "a case that was not read"
        elif EVERY.search(outline.plain(self.sentence)):  # "for all x, say for x > 0"
            for x in self.relations:
                own = [g for g in x.given if g not in self.case]
                x.given, x.doubt = [], x.doubt or ("it is said for every value, too" if own else "")
            self.case = []
        if TURNED.search(" ".join(self.words)):
            for x in self.relations:
                x.doubt, x.given = x.doubt or "its condition is turned round in words", []
        for text in self.given if not self.relations else ():
            if re.search(r"=|\\leq?\b|<", text.text) and not re.search(r"\\in\b|∈|\\dots", text.text):
                why = ReadingError("condition", f"taken as a condition for nothing that is judged: {text.text}")
                self.out.unread.append((text.span(), why))
        for x in self.relations if self.opened and not self.fresh else ():  # "if x > 0, a = b, if x < 0."
            x.perhaps += self.given
        self.relations, self.loose, self.previous = [], [], ""
        formulas = [p for p in self.sentence if isinstance(p, outline.Formula)]
        if self.last is not None and len(formulas) == len(self.given):
            for x in self.last.links:
                x.perhaps += self.given
        self.opened, self.struck = False, None
        self.ended = self.order
        self.sentence, self.spoken = [], []
        self.mode, self.words, self.given, self.note, self.stop = "claim", [], [], "", True
        self.perhaps, self.fresh, self.trailed, self.begun = [], [], [], 0
        self.declared = len(self.out.declarations)

    def said_aside(self) -> str:
        """What a sentence without formulas, or a bracket in one that declares, may say of what follows."""
        plain = re.sub(r"\$[^$]*\$", f" {FORMULA} ", outline.plain(self.sentence).lower())
        if FORMULA in plain:
            declares = len(self.out.declarations) > self.declared
            inside = re.findall(rf"\(([a-z][^(){FORMULA}]*)\)", plain) if declares else []
            said = next((w for w in map(circumstance, inside) if w), "")
            if not (said or self.relations or declares) and (found := ASIDES.search(plain)) is not None:
                return found.group()
            clauses = [c for c in re.split(r"[,;:]| and let ", plain) if FORMULA not in c] if declares else []
            clauses = [c for c in clauses if re.search(r"\b(?:be|is|are)\b", c)]
            return said or next((m.group() for c in clauses if (m := ASIDES.search(c))), "")
        if (found := ASIDES.search(plain)) is not None:
            return found.group()
        states = STATES.search(plain) and len(self.out.declarations) == self.declared
        return circumstance(plain) if states else ""

    def qualify(self) -> None:
        """Note a word of a sentence that may change what it defines and declares."""
        texts = re.findall(r"\$([^$]*)\$", outline.plain(self.sentence))
        counted = count()
        plain = re.sub(r"\$[^$]*\$", lambda _: f" ⟦{next(counted)}⟧ ", outline.plain(self.sentence))
        word = qualifying(lexicon.normal(plain), texts)
        self.out.renotated += renotated(lexicon.normal(plain), texts)
        self.out.renotated += [r"\\pi(?![A-Za-z])" for t in texts if re.match(r"\s*\\pi\s*=(?!\s*3\.1)", t)]
        formulas = [p for p in self.sentence if isinstance(p, outline.Formula)]
        cells = [[cell.text for cell in row.cells] for f in formulas for row in f.rows or (outline.Row((f.body,)),)]
        sentence = tuple(t for row in cells for t in (" ".join(row), *row))
        if len(self.out.declarations) == self.declared:  # what a sentence declares is read
            self.out.stated += [(self.order, " ".join(row)) for row in cells]
        for c in self.out.chains if self.begun else ():
            if c.order >= self.begun:
                c.qualified, c.sentence = word or c.qualified, sentence
        for d in self.out.declarations[self.declared :]:
            d.qualified, d.sentence = word, sentence

    def stated(self) -> None:
        """Keep a sentence that states a convention, or what a name is ("The label y is one-hot")."""
        plain = re.sub(r"\$[^$]*\$", " ⟦0⟧ ", outline.plain(self.sentence))
        plain = re.sub(r" ([,;:.])", r"\1", lexicon.normal(plain)).rstrip(".,;: ").strip()
        tables = (*lexicon.CONVENTIONS, *lexicon.CONVENTIONS_WITH_FORMULAS)
        kink = re.search(r"'\s*\(\s*-?\d+\s*\)\s*=", outline.plain(self.sentence))
        if lexicon.denied_convention(plain):
            why = ReadingError("denied", f"a convention that is said not to hold: {plain}")
            self.out.unread.append((self.sentence[0].span, why))
            return
        if LAW.fullmatch(plain) and self.mode != "premise" and not set(self.words[:1]) & CLAIMING:
            self.whole_sentence()
            return
        found = [
            name
            for pattern, name in tables
            if pattern.fullmatch(plain) and (name != "kink" or (kink and plain != "⟦0⟧"))
        ]
        if found and not re.search(r"\blet\b|\bconsider\b", plain):
            for c in self.out.chains if self.begun else ():
                if c.order >= self.begun:
                    c.links[0].role = Role.DEFINITION
            self.order += 1
            self.out.declarations.append(Declaration(self.sentence, False, self.order))
            return
        self.property_given()
        m = re.fullmatch(r"(?:the |each |every |all |our )?[a-z \-]*⟦0⟧ (?:is|are) (?:an? |the )?([a-z \-]+)", plain)
        if (
            m
            and self.mode == "claim"
            and any(re.search(rf"\b{re.escape(w)}\b", m.group(1)) for w in (*lexicon.ADJECTIVES, *lexicon.FUNCTIONS))
        ):
            self.order += 1
            first = self.sentence[0]
            cue = outline.Words(Spelled("Let ", blank_at(first.span).runs))
            premise = not any(m.group(1).startswith(w) for w in lexicon.FUNCTIONS)
            self.out.declarations.append(Declaration([cue, *self.sentence], premise, self.order))

    def whole_sentence(self) -> None:
        """Keep a sentence that states the law of names ("The weights $w_i$ are i.i.d. with mean 0")."""
        own = [c for c in self.out.chains if self.begun and c.order >= self.begun]
        for c in own:
            c.links[0].role = Role.PREMISE
        del self.out.declarations[self.declared :]
        self.order += 1
        self.out.declarations.append(Declaration(self.sentence, True, self.order, own))

    def property_given(self) -> None:
        """Keep what a part of a sentence says of a name ("…, as $u$ is a unit vector")."""
        for before, f, after in zip(self.sentence, self.sentence[1:], self.sentence[2:], strict=False):
            if not (isinstance(before, outline.Words) and isinstance(after, outline.Words)):
                continue
            cue = re.search(r"\b(?:as|since|because)(?: the)? *\Z", before.text, re.IGNORECASE)
            said = re.match(r" *(?:is|are|being) ((?:an? |the )?[a-z \-]+?) *(?:[,.;:]|\Z)", after.text)
            if cue is None or said is None or not isinstance(f, outline.Formula) or CONDITIONAL_SIGN.search(f.text):
                continue
            if set(said.group(1).split()) <= TYPING:
                self.order += 1
                let = outline.Words(Spelled("Let ", blank_at(f.span).runs))
                be = outline.Words(Spelled(f" be {said.group(1)}.", blank_at(f.span).runs))
                self.out.declarations.append(Declaration([let, f, be], True, self.begun or self.order))

    def flush(self) -> None:
        """End a clause: if it declares, keep it for the reader of sentences."""
        pieces, chains = self.clause, self.clause_chains
        self.clause, self.clause_chains = [], []
        if self.mode == "set":
            declares = (
                bool(chains)
                and all(_plain_symbol(c.sides[0].text) for c in chains)
                and "zero" not in outline.plain(pieces)
            )
            declares = declares and not any(s.text == "0" for c in chains for s in c.sides)
        else:
            declares = self.mode in ("declare", "premise")
        declares = declares and DENIED.search(" ".join(self.words)) is None
        if not declares or not any(isinstance(p, outline.Formula) for p in pieces):
            self.spoken += pieces
            return
        self.order += 1
        role = Role.PREMISE if self.mode == "premise" else Role.DEFINITION
        for c in chains:
            c.links[0].role = role
        since = self.begun or self.order
        self.out.declarations.append(Declaration(pieces, self.mode == "premise", self.order, chains, since))

    # -- formulas -----------------------------------------------------------------------------------

    def formula(self, f: outline.Formula) -> None:
        self.block += 1
        self.clause.append(f)
        self.sentence.append(f)
        self.stop = (f.display and bool(re.search(r"[.]\s*\Z", f.text))) or f.display
        rows: list[outline.Row] = list(f.rows)
        if not rows:
            rows = [outline.Row((f.body,))]
        opened = self.words[:1] in ([w] for w in ("for", "if", "when", "whenever", "assuming", "suppose"))
        if self.mode != "claim" and opened and self.ends and self.words[-1:] == [","] and "=" in f.text:
            del self.clause[-1]
            self.flush()
            self.mode = "claim"
            self.clause = [f]
        conditional = not f.display and self._conditional(f)
        self.previous = f.text
        self.words.append("$")
        if conditional:
            if INTEGER.search(" ".join(self.words[-5:-1])):
                self._integer(f)
            self._condition(f.body)
            return
        before = " ".join(self.words[-41:-1])
        if re.search(r"(?:respect to|depends? on|wrt)(?: the)?(?: \w+){0,2}\Z", before):
            self.out.variables.append(f.text)
        if not f.display and self.words[-2:-1] in (["on"], ["over"], ["in"], ["inside"], ["within"]):
            for x in self.fresh if DOMAIN.fullmatch(f.text) else ():
                x.doubt = x.doubt or f"it is said to hold on {f.text}"
        for k, row in enumerate(rows):
            if row.intertext:
                for q in row.intertext:
                    if isinstance(q, outline.Words):
                        self.prose(q, None)
            cells = row.cells
            if not any(c.text.strip() for c in cells):
                continue
            self.row(cells, row, f, k)

    def _conditional(self, f: outline.Formula) -> bool:
        """Whether an inline formula says for what the sentence holds."""
        if self.mode != "claim":
            return False
        defines = re.search(r":=|\\coloneqq", f.text) is not None
        derived = re.search(r"\\partial|\\nabla|\\frac\s*\{\s*d|'", f.text) and "=" in f.text
        bare = bool(self.previous) and not CONDITIONAL_SIGN.search(self.previous)
        clause = self.words[-1:] == [","] and (bare or self.ends)
        if derived or clause:  # "with the chain rule, ∂f/∂x = …", "for every x, …": what is claimed
            return False
        return self._after_condition() and not defines and bool(CONDITIONAL_SIGN.search(f.text))

    def _integer(self, f: outline.Formula) -> None:
        """``for an integer $t ≥ 1$`` says what t is."""
        self.order += 1
        before = outline.Words(Spelled("Let ", blank_at(f.span).runs))
        after = outline.Words(Spelled(" be integers.", blank_at(f.span).runs))
        self.out.declarations.append(Declaration([before, f, after], False, self.order))

    def _condition(self, text: Spelled) -> None:
        """A condition holds for what follows in its sentence, or for the chain before it ("a = b for x > 0")."""
        word = self._condition_word()
        if word in ("with", "where"):
            self.out.defining.add(text.text)
        if word in ("with", "where", "at"):
            self.out.lasting.add(text.text)
        opening = [w for w in self._between() if w != ","]
        if self.given and self.relations and set(self._between()[:1]) & NEXT_CLAUSE and opening[-1:] == [word]:
            self.given, self.fresh, self.trailed, self.opened = (
                [text],
                [],
                [],
                True,
            )  # "if x > 0, a = b, and if x < 0, a = c"
            return
        if not self.fresh and self.trailed:
            if set(self._between()) <= {"and", ","}:
                for x in self.trailed:
                    x.given.append(text)
                self.perhaps.append(text)
                return
            # "for x > 0 and for x < 0": for both, or for one each?
            for x in self.trailed:
                x.given, x.doubt = [], x.doubt or "several conditions stand after it"
            return
        if not self.fresh:
            self.given.append(text)
            return
        self.trailed = [x for x in self.fresh if self.last is not None and x in self.last.links]
        for x in self.fresh:
            (x.given if x in self.trailed else x.perhaps).append(text)
        self.perhaps.append(text)
        self.fresh = []

    def _condition_word(self) -> str:
        """The word that opens the condition."""
        return next((w for w in reversed(self.words) if w in CONDITIONAL), "")

    def _after_condition(self) -> bool:
        """Whether the words before a formula open a condition: "for", "if", with a few words or a list between."""
        w = list(self.words)
        listed = True
        for back in range(1, min(len(w), 12) + 1):
            x = w[-back]
            if x in CONDITIONAL:
                return w[-back - 1 : -back] not in (["solve"], ["solving"], ["write"], ["update"], ["rule"])
            if x in VERBS or x == ":" or (x == "$" and not listed) or (x not in (",", "and", "or", "$") and back > 5):
                return False
            listed = listed and x in (",", "and", "or", "$")
        return False

    def row(self, cells: Sequence[Spelled], row: outline.Row, f: outline.Formula, number: int) -> None:
        spoken = spoken_in(cells)
        struck = STRUCK.search(" ".join(c.text for c in cells)) if not self.struck else self.struck
        self.struck = struck
        cells, said, below = asides(cells)
        for left, right in below:
            link = Link("=", 0, Role.CLAIM, self.block, " ".join(self.words[-40:]))
            self.out.chains.append(Chain([Side([left]), Side([right])], [link], order=self._next(), display=f.display))
            self.relations.append(link)
        cells = [bared(c) for c in cells] if len(cells) == 1 else cells
        if not any(c.text.strip() for c in cells):
            return
        try:
            found = segments(cells)
        except ReadingError as error:
            found = roughly(cells)
            if not found:
                self.out.unread.append((cells[0].span().to(cells[-1].span()), error))
                self.last = None
                return
        if number == 0:
            self.columns = {}
        odd = doubtful_numbers(cells)
        if found and not any(x.signs for x in found) and (m := NESTED.match(cells[0].text)) is not None:
            why = ReadingError("nested", f"what stands in {m.group(1)} is not judged: write it as rows of a display")
            self.out.unread.append((cells[0].span().to(cells[-1].span()), why))
        before, self.beside = self.beside, []
        given: list[Spelled] = []
        links: list[Link] = []
        note = ""
        for k, s in enumerate(found):
            if k and bounds_indices(s, found[:k]):
                given.append(between(s))
                continue
            if k and (
                s.after in ("range", "∀", "∃")
                or (s.after and CONDITION.match(s.after) and s.after not in ("&", "=>", "<=>", ",", ";"))
            ):
                given += [x for x in s.sides if x is not None] if len(s.sides) == 1 else [between(s)]
                continue
            if k and (inside := bracketed(s)) is not None:
                given.append(inside)
                continue
            if k and s.after and REASON.match(s.after):
                note = s.after
                for x in links:
                    x.perhaps += [between(s)] if s.signs else []
                if s.signs:
                    why = ReadingError("reason", f"taken as a reason, and not judged: {between(s).text}")
                    self.out.unread.append((between(s).span(), why))
                continue
            opens = k == 0 and s.fresh_cell and not row.continued
            new = self.segment(s, f, opens, before, first_row=number == 0)
            if s.after == "<=>":
                for x in (*links, *new):
                    x.doubt = x.doubt or EQUIVALENT
            links += new
        tail = found[-1].after if found else ""
        beside = " ".join([*(s.after for s in found), words_in(cells)]).lower()
        hedge = HEDGES.search(beside) or HEDGES.search(spoken)
        when = hedge.group() if hedge is not None else circumstance(spoken)
        for x in links if when else ():
            x.worded = x.worded or f"words beside it say more of when it holds: {when}"
        for x in links if when and NUMERIC.search(f"{beside} {spoken}") else ():
            x.doubt = x.doubt or x.worded
        for x in links:
            x.denied = x.denied or (
                "another relation than equality" if lexicon.OTHER_SIGN.fullmatch(x.note or "") else ""
            )
        for x in links if struck is not None else ():
            x.doubt = x.doubt or "a term in it is left out"
        for x in links:
            x.given, x.perhaps = [*self.case, *self.given, *given], [*self.perhaps, *x.perhaps]
            x.note = x.note or note or (tail if REASON.match(tail) else "")
            x.perhaps += said
            x.doubt = x.doubt or odd or ("a unit follows it" if self.glued and x is links[-1] else "")
        self.fresh += links
        self.trailed = [] if links else self.trailed
        self.relations += links

    def _continued(self, s: Segment, before: Sequence[Chain]) -> tuple[Chain | None, str]:
        """The chain with which a segment goes on that has no left side, and why that may be another.

        It is the one whose sign opened the same cell in a row above; else the first of the row before it.
        """
        if s.cell in self.columns and s.cell > 1:
            return self.columns[s.cell], ""
        if self.beside:
            return self.beside[-1], ""
        if len(before) > 1:
            return before[0], "it is not clear which relation of the row above it continues"
        return self.last, ""

    def segment(
        self, s: Segment, f: outline.Formula, opens: bool, before: Sequence[Chain], *, first_row: bool
    ) -> list[Link]:
        """Add what a segment says to the chains; the links that are new."""
        sides, signs = list(s.sides), list(s.signs)
        foreign = next((k for k, t in enumerate(signs) if t.text not in JUDGED), None)
        if foreign == 0:
            return []
        if foreign is not None:
            sides, signs = sides[: foreign + 1], signs[:foreign]
        answer = not signs and bool(ANSWER.search(" ".join(self.words[-8:-1])))
        if not signs and not f.display and not any(s.boxed) and not answer:
            self.inline = Side([sides[0]]) if sides[0] is not None else self.inline
            return []
        last, doubt = self._continued(s, before)
        continues = sides[0] is None and last is not None
        if continues and not f.display and not doubt and (between := self._words_between()):
            doubt = f"words stand between it and the number before it: {between}"
        extends = (
            last is not None
            and f.display
            and sides[0] is not None
            and (last.sides[-1].bits == [] or self._extends(s, opens, first_row))
        )
        if continues or extends:
            assert last is not None
            chain = last
        elif sides[0] is None:
            return []
        else:
            chain = Chain([], order=self._next(), implied=s.after in ("=>", "<=>"), display=f.display)
            self.begun = self.begun or chain.order
            chain.beside = self.beside[0] if self.beside and not chain.implied else None
            doubt = ""
            self.out.chains.append(chain)
            if self.mode in ("declare", "premise", "set") and signs:
                self.clause_chains.append(chain)
        if s.after in ("=>", "<=>"):
            chain.implied = True
        if extends and sides[0] is not None:
            chain.sides[-1].bits.append(sides[0])
            chain.sides[-1].boxed |= s.boxed[0]
        elif not continues and sides[0] is not None:
            chain.sides.append(Side([sides[0]], s.boxed[0], answer=answer))
        out: list[Link] = []
        for t, side, boxed in zip(signs, sides[1:], s.boxed[1:], strict=False):
            role = Role.ASSIGNMENT if t.text == "<-" else Role.STEP if chain.links else Role.CLAIM
            over = getattr(t, "note", "") or ""
            link = Link(JUDGED[t.text], len(chain.sides) - 1, role, self.block, " ".join(self.words[-40:]))
            link.marked = "!" in over
            link.note = over if over not in ("!", "?") else ""
            link.denied = "?" if over == "?" else ""
            link.defines = t.text == ":="
            link.doubt = doubt
            chain.sides.append(Side([side] if side is not None else [], boxed))
            chain.links.append(link)
            out.append(link)
        self.last = chain
        if chain not in self.beside:
            self.beside.append(chain)
        if s.cell:
            self.columns[s.cell] = chain
        return out

    def _words_between(self) -> str:
        """Words other than connecting ones since the formula before."""
        return " ".join(w for w in self._between() if w not in JOINING)

    def _between(self) -> list[str]:
        """The words since the formula before."""
        words: list[str] = []
        for w in reversed(self.words[:-1]):
            if w == "$":
                break
            words.append(w)
        return words[::-1]

    def _next(self) -> int:
        self.order += 1
        return self.order

    def _extends(self, s: Segment, opens: bool, first_row: bool) -> bool:
        """Whether a segment goes on with the term before it."""
        if first_row and s.after == "":
            return False
        if s.after not in ("", "&"):
            return False
        if s.first.type == "OPERATOR":
            return True
        if s.first.type == "SIGN":
            return not opens or s.first.text == "+" or not s.signs
        return False


def _plain_symbol(text: str) -> bool:
    return bool(re.fullmatch(r"\\?[A-Za-z]+\s*(?:[_^]\s*(?:\{[^{}]*\}|\w))*(?:\([A-Za-z, ]*\))?\s*", text))


def find(blocks: Sequence[outline.Block]) -> Derivation:
    """The chains and declarations of some blocks."""
    finder = Finder()
    finder.blocks(blocks)
    for c in finder.out.chains:
        empty = next((k for k, x in enumerate(c.sides[:-1]) if not x.bits), None)
        if empty is not None:
            place = c.sides[0].span if c.sides[0].bits else c.sides[-1].span if c.sides[-1].bits else None
            if place is not None:
                finder.out.unread.append((place, ReadingError("syntax", "a side of a relation is missing")))
            del c.sides[empty:], c.links[max(empty - 1, 0) :]
        c.sides = [x for x in c.sides if x.bits or x is not c.sides[-1]]
        c.links = [x for x in c.links if x.k + 1 < len(c.sides)]
    finder.out.alone = [x for c in finder.out.chains if not c.links for x in c.sides[:1] if x.bits]
    finder.out.chains = [c for c in finder.out.chains if c.links]
    if not finder.out.chains and not finder.out.alone and finder.inline is not None:
        finder.out.alone = [finder.inline]
    return finder.out


def links(found: Derivation) -> Iterator[tuple[Chain, Link]]:
    """All relations in the order of the text."""
    for c in found.chains:
        for x in c.links:
            yield c, x


__all__ = ["Chain", "Declaration", "Derivation", "Link", "Side", "find", "links", "pairwise"]
