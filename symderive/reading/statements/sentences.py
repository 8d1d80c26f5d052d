"""Sentences: from words and formulas to declarations, facts, conventions and goals.

A sentence is cut into clauses; a clause carries meaning when it fits a frame: *cue, noun phrase, formulas,
"be" noun phrase, binders*.  A cue word without a fitting frame is prose, not an error.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from symderive.kernel.terms import ZERO, rel, subterms
from symderive.reading.circumstances import FORMULA, circumstance
from symderive.reading.formulas.elaborate import Elaborator
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.functions import has_kink
from symderive.reading.formulas.names import Names
from symderive.reading.formulas.surface import Node, Surface, parse
from symderive.reading.formulas.symbols import items, peel, symbol_key
from symderive.reading.statements import lexicon
from symderive.reading.statements.attributes import ATTRIBUTES
from symderive.reading.statements.declare import Declarer
from symderive.reading.statements.forms import equation, relation_of
from symderive.reading.statements.phrasing import qualifying, reworded
from symderive.reading.statements.sets import Item


@dataclass(frozen=True)
class Inline:
    """A formula in running text.

    Attributes:
        text: LaTeX without dollars.
        display: whether it stands on its own line.
        offset: where it starts, for messages (in whatever the caller counts).
    """

    text: str
    display: bool = False
    offset: int = 0
    origin: object = None


Piece = str | Inline


@dataclass(frozen=True)
class Asked:
    """A goal as the sentence words it; `problems.py` gives it its meaning.

    Attributes:
        verb: what is to be done: derive, evaluate, show, solve, choices, minimise …
        operation: gradient, variance, limit …; empty if the formula says it itself.
        of: the formulas that it is about.
        by: with respect to what.
        names: "in terms of".
        at: "at", "as".
        unknown: "for".
        label: the name that the answer gets.
        negated: "false", "not", "except".
        text: the sentence.
    """

    verb: str
    operation: str = ""
    of: tuple[Inline, ...] = ()
    by: tuple[Inline, ...] = ()
    names: tuple[Inline, ...] = ()
    at: tuple[Inline, ...] = ()
    unknown: tuple[Inline, ...] = ()
    label: tuple[Inline, ...] = ()
    binders: tuple[Inline, ...] = ()
    rate: tuple[Inline, ...] = ()
    negated: bool = False
    text: str = ""


@dataclass
class Outcome:
    """What a stretch of text said beyond the table of names."""

    goals: list[Asked] = field(default_factory=list)
    values: list[object] = field(default_factory=list)
    unread: list[tuple[str, ReadingError | None]] = field(default_factory=list)
    read: list[tuple[str, str]] = field(default_factory=list)
    """(what it was taken for, the sentence)."""


STATISTICAL = frozenset({"iid", "independent", "uncorrelated"})
"""Codes that state a fact about several names."""
_ABBREVIATIONS = re.compile(r"\b(i\.i\.d|e\.g|i\.e|w\.r\.t|resp|cf|fig|eq|vs|Pr|approx|etc)\.", re.IGNORECASE)
_TOKEN = re.compile(r"⟦\d+⟧|i\.i\.d\.?|[A-Za-z0-9][A-Za-z0-9'.\-]*(?<!\.)|[,;:()?!]|\.")
STATISTICS = re.compile(
    r"\b(?:i\.i\.d\b|iid\b|independen(?:t|tly)|uncorrelated|zero-mean|random(?:ly)? (?:variable|vector|matri)"
    r"|(?:mean|variance|expectation|covariance) (?:of |is |equal |zero|⟦)|drawn|sampled|distributed|distribution)"
)
"""Words of an assumption about laws."""
SHAPED = frozenset(
    "vector vectors matrix matrices basis identity entries components one-hot rows columns weights inputs outputs"
    " logits embedding embeddings".split()
)
"""Words for what has a size."""
EXPECTING = frozenset({"mean", "variance", "covariance", "expectation", "gradient", "gradients"})
EXTREMA = frozenset("maximiser minimiser maximizer minimizer".split())
OPENING = frozenset(phrase.split()[0] for phrase in (*lexicon.GOALS, *lexicon.CUES))
"""Words with which a sentence begins."""
_FORMULA = re.compile(r"⟦(\d+)⟧")
BE = frozenset("be is are denote denotes denoting being has have as equals stands".split())
QUANTIFIERS = frozenset("for all each any every where over and".split())


def skeleton(pieces: Sequence[Piece]) -> tuple[str, list[Inline]]:
    """The words of a text with a mark for each formula, and the formulas."""
    formulas: list[Inline] = []
    out: list[str] = []
    displayed = False
    for p in pieces:
        if isinstance(p, str):
            if displayed and re.match(r"\s*[A-Z]", p):
                out.append(". ")
            if p.strip():
                displayed = False
            out.append(p.replace("⟦", "(").replace("⟧", ")"))
        else:
            stop = re.search(r"[.;,]\s*\Z", p.text) if p.display else None
            out.append(f" ⟦{len(formulas)}⟧{stop.group().strip() if stop else ''} ")
            formulas.append(p)
            displayed = p.display and not stop
    text = re.sub(r"[ \t\r]*\n[ \t\r]*\n\s*", "\n\n", "".join(out).replace("~", " "))
    text = re.sub(r"(?<!\n)\n(?!\n)|[ \t\r]+", " ", text)
    return re.sub(r" +([,;:.])", r"\1", text).strip(), formulas


def _kept_together(m: re.Match[str]) -> str:
    """An abbreviation without full stops, but for the last where a sentence clearly begins after it."""
    word = re.match(r"\s+([A-Z][a-z]*)\b", m.string[m.end() :])
    begins = word is not None and word.group(1).lower() in OPENING
    shown = m.group().replace(".", "․")
    return shown[:-1] + "." if begins else shown


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    text = _ABBREVIATIONS.sub(_kept_together, text)
    parts = re.split(r"(?<=[.?!])\s+(?=[A-Z⟦(\\])|\n\s*\n", text)
    return [p.strip().replace("․", ".") for p in parts if p.strip()]


_IF = r"(?:if|when|whenever|where|provided(?: that)?|given(?: that)?|assuming(?: that)?|as long as|for)"
_MARKS = r"(⟦\d+⟧(?:(?:,| and|, and) ⟦\d+⟧)*)"
_CONDITION = re.compile(
    rf",? (?:{_IF}|under the (?:assumption|condition)(?: that)?) {_MARKS}\s*[.?]?\s*\Z"
    rf"|(?:(?<=^)|(?<=that)|(?<=that,))\s*,? ?(?:if|whenever|provided that|given that) {_MARKS},? (?:then )?",
    re.IGNORECASE,
)
_VALUE = re.compile(r"\s*\\?[A-Za-z]+(?:_\{?\w+\}?)?\s*=\s*-?(?:[\d.]+|\\[td]?frac\s*\{?\d+\}?\s*\{?\d+\}?)\s*")
_BOUND = re.compile(r"<|>|\\(?:l|g)eq?(?:slant)?\b|\\ne(?:q)?\b|[≤≥≠]")


def _conditioned(text: str, formulas: Sequence[Inline]) -> tuple[str, dict[str, list[Inline]]]:
    """A question without the conditions that it gives in formulas, and these: bounds, and values of names."""
    m = _CONDITION.search(text)
    if m is None or len(_FORMULA.findall(text)) == len(_FORMULA.findall(m.group())):
        return text, {}
    given = [formulas[int(k)] for k in _FORMULA.findall(m.group())]
    bounds = [f for f in given if _BOUND.search(f.text)]
    values = [f for f in given if _VALUE.fullmatch(f.text)]
    if len(bounds) + len(values) != len(given):
        return text, {}
    slots = {"binders": bounds} if bounds else {}
    return text[: m.start()] + " " + text[m.end() :], slots | ({"at": values} if values else {})


_TOLD = re.compile(
    r"(?:(?:and|then|now|so|here|finally|also|next|thus|hence|moreover|in this problem|in this question),? )*"
    r"(?:(?:the|its|our|this|a|an|one|we|each)\b[a-z \-']*?)?"
    r"(?:\b(?:is|are|be|reads|equals|has the form|is given by|is defined (?:as|by)|becomes|computes|outputs"
    r"|minimi[sz]es|uses|have|define|consider|use|has (?:the )?[a-z \-]*(?:loss|output|cost|objective|error)) )?"
    r"(?:then |therefore |simply |just |the [a-z \-]+ )*⟦\d+⟧(?:(?:,| and|, and) ⟦\d+⟧)*"
)
"""Words around equations by which these say what their left sides are."""


def _longest(phrases: Mapping[str, str]) -> list[tuple[str, str]]:
    """Phrases with their meanings, the longest first."""
    return sorted(phrases.items(), key=lambda kv: -len(kv[0]))


MADE = frozenset("state states activation activations output outputs prediction predictions hidden".split())
"""Nouns of what is made from other quantities, though nothing says how."""


class Reader:
    """Reads sentences into a table of names."""

    def __init__(self, names: Names, *, goals: bool = True, beside: Sequence[Surface] = ()) -> None:
        self.names = names
        self.beside = beside
        """Formulas of the whole sentence, where only a clause of it is read."""
        self.goals = goals
        """Whether a sentence may ask for something; in a solution none does."""
        self.leading: list[Surface] = []
        self.passed: list[Surface] = []
        """Formulas of the sentence that no cue says what to do with."""
        """Binders that open the sentence ("For each $t = 1, …, T$ let …")."""

    def read(self, pieces: Sequence[Piece]) -> Outcome:
        """Everything that a paragraph says.

        A sentence that cannot be read is listed as such; it never stops the others.
        """
        out = Outcome()
        text, formulas = skeleton(pieces)
        for s in (reworded(s, [f.text for f in formulas]) for s in sentences(text)):
            try:
                self.sentence(s, formulas, out)
            except ReadingError as error:
                out.unread.append((words(s, formulas), error))
                self.names.unread.append(words(s, formulas))
                self._taint(s, formulas)
        return out

    def _taint(self, text: str, formulas: Sequence[Inline]) -> None:
        """Nothing is inferred about a name that an unread sentence was to declare."""
        for mark in _FORMULA.findall(text):
            try:
                node = self.parse(formulas[int(mark)])
            except ReadingError:
                continue
            for key in left_names(node):
                if key not in self.names:
                    self.names.tainted.add(key)
                elif relation_of(node)[1] in ("=", ":=", "<-"):
                    self.names.doubt([key], "it is set anew")

    def _doubt(self, word: str, before: Names) -> None:
        """Prove nothing of what a sentence declares, defines or states, in which a word may change what it says."""
        facts = [f for f in self.names.scope.facts if f not in before.scope.facts]
        spoken = {s.name() for f in facts for s in subterms(f) if s.head == "sym"}
        self.names.doubt(self.names.news(before) | spoken, word)

    def _pass(self, before: Names) -> None:
        """Nothing is proved of a name for which a sentence has an equation that was not read: "from $w_0 = 0$"."""
        for node in self.passed if self.goals else ():
            if relation_of(node)[1] != "=" or not _states(node):
                continue
            keys = [symbol_key(s) for q in relation_of(node)[0] or () if (s := peel(q)) is not None]
            self.names.tainted |= {k for k in keys if k not in self.names}
            self.names.doubt([k for k in keys if k in self.names and k not in before.ranges_said], "it has a value")

    def _tag(self, plain: str, before: Names) -> None:
        """Note of which names a sentence says more than was read."""
        if (found := lexicon.DESCRIBING.search(plain)) is None:
            return
        scope = self.names.scope
        facts = [f for f in (*scope.facts, *self.names.likely) if f not in before.scope.facts]
        read = {s.name() for f in facts for s in subterms(f) if s.head == "sym"} | scope.definitions.keys()
        lawful = {n for n in scope.names if scope.names[n].law is not None}
        names = {n for n in self.names.news(before) if n in scope.names and scope.names[n].kind != "int"}
        names |= {k for n in self.passed for k in left_names(n) if k not in self.names}
        self.names.tagged |= dict.fromkeys(names - read - lawful, found.group())

    def _nouns_alone(self, items: Sequence[Item], before: Names) -> None:
        """Note the names that a sentence makes numbers though its noun does not say so: "Let W be the weights"."""
        new = self.names.news(before) - self.names.scope.definitions.keys()
        for i in items:
            own = (k for k in left_names(i.node) if k in new and k in self.names.scope.names)
            numbers = {k for k in own if self.names.declared(k).kind == "real"}
            if "function" in i.codes:
                self.names.doubt(numbers, "a function of what is not said")
            if set(i.said.lower().split()) & MADE:
                self.names.vague |= numbers
            if i.role != "let" or i.codes or i.moments or i.sizes or _states(i.node):
                continue
            self.names.vague |= {k for k in left_names(i.node) if k not in self.names and i.said.strip(" .")}
            words = [w for w in i.said.lower().split() if w.isalpha() and w not in BE]
            fresh = {k for k in left_names(i.node) if k in new and self.names.declared(k).kind == "real"}
            strange = next((w for w in words if w not in lexicon.CORE and w not in lexicon.HARMLESS), "")
            if strange:
                self.names.doubt(fresh, strange)
            elif words:
                self.names.vague |= fresh

    def sentence(self, text: str, formulas: Sequence[Inline], out: Outcome) -> None:
        plain = lexicon.normal(_FORMULA.sub(lambda m: m.group(), text)).rstrip(".,;: ")
        if self._convention(plain, formulas, out, text):
            return
        goal = self._goal(text, formulas, out)
        if goal:
            return
        items = self._stated(text, formulas)
        if items is None:
            items = self._items(text, formulas)
        told = self._told(plain, formulas) if items is None and self.goals else None
        items = told or items
        if items is None:
            if _FORMULA.search(text) and _worrying(plain):
                self.names.unread.append(words(text, formulas))
                out.unread.append((words(text, formulas), None))
            elif self.goals and self._defines(text, formulas):
                self._taint(text, formulas)
                self.names.unread.append(words(text, formulas))
                out.unread.append((words(text, formulas), None))
            return
        by_deviation = "deviation" in plain and any(re.search(r"\\sim\b|∼", f.text) for f in formulas)
        if by_deviation:
            self.names.unread.append("a law by its standard deviation")
        word = qualifying(plain, [f.text for f in formulas]) or next((i.doubt for i in items if i.doubt), "")
        before = self.names.copy()
        declarer = Declarer(self.names, judged=not self.goals)
        declarer.beside = self.beside
        try:
            declarer.settle(items)
        except ReadingError as error:
            if error.code == "redefined":  # "f(x) = x² if x > 0 and f(x) = 0 otherwise"
                self._doubt(error.text, before)
            raise
        self._nouns_alone(items, before)
        self._pass(before)
        self._tag(plain, before)
        if by_deviation and not any(re.search(r"\^\{?2", f.text) for f in formulas):
            word = word or "standard deviation"
        if word:
            self._doubt(word, before)
            self.names.tainted |= {k for i in items for k in left_names(i.node) if k not in self.names}
        out.values += declarer.values
        out.read.append(("declaration", words(text, formulas)))

    def _defines(self, text: str, formulas: Sequence[Inline]) -> bool:
        """Whether a sentence that declares nothing has an equation for a name of which nothing was said."""
        declarer = Declarer(self.names.copy())
        for mark in _FORMULA.findall(text):
            try:
                parts = declarer.parts(self.parse(formulas[int(mark)]))
                found = [(p.parts[0], p.parts[2], p) for p in parts if isinstance(p, Node) and relation_of(p)[1] == "="]
                if any(declarer.definable(a, b, Item(p, "let")) is not None for a, b, p in found):
                    return True
            except ReadingError:
                continue
        return False

    def _told(self, plain: str, formulas: Sequence[Inline]) -> list[Item] | None:
        """An equation for a fresh name, in words that only say what it is: "The residual is $r = y - wx$."."""
        said = _FORMULA.sub(FORMULA, re.sub(r"\bminimi[sz]es\b", "is", plain))
        if not _TOLD.fullmatch(plain) or circumstance(said) or "?" in plain:
            return None
        marks = [int(m) for m in _FORMULA.findall(plain)]
        items = [Item(self.parse(formulas[k]), "let", said=plain) for k in marks]
        fresh = all(self._defines(f"⟦{k}⟧", formulas) for k in marks)
        return items if items and fresh else None

    # -- conventions --------------------------------------------------------------------------------

    def _convention(self, plain: str, formulas: Sequence[Inline], out: Outcome, text: str) -> bool:
        marks = _FORMULA.findall(plain)
        if lexicon.denied_convention(plain) or re.match(r"(?:we )?never\b", plain):
            self.names.unread.append(words(text, formulas))
            out.unread.append((words(text, formulas), None))
            return True
        for pattern, name in lexicon.CONVENTIONS_WITH_FORMULAS:
            m = pattern.fullmatch(plain)
            if m and all(
                re.search(t, formulas[int(k)].text) for t, k in zip(lexicon.CONTENTS.get(name, ()), marks, strict=False)
            ):
                self.names.conventions.add(
                    ":".join((name, *(formulas[int(k)].text.strip() for k in marks if name not in lexicon.CONTENTS)))
                )
                if name == "kink":
                    self._kink(formulas[int(marks[-1])])
                if name == "not-summed":
                    self.names.conventions.add("summation")
                out.read.append(("convention", words(text, formulas)))
                return True
        if len(marks) == 0 or re.search(r"base|acts?|applied", plain):
            for pattern, name in lexicon.CONVENTIONS:
                if pattern.fullmatch(plain):
                    if name == "log2" and marks and formulas[int(marks[-1])].text.strip() not in ("2", "\\log"):
                        continue
                    if name == "elementwise" and re.search(r"\blet\b|\bconsider\b|=", plain):
                        continue
                    self.names.conventions -= {"log2", "natural-log"} if name in ("log2", "natural-log") else set()
                    self.names.conventions.add(name)
                    out.read.append(("convention", words(text, formulas)))
                    return True
        m = re.fullmatch(
            r"(?:we )?write ⟦(\d+)⟧ for ⟦(\d+)⟧|(?:here )?⟦(\d+)⟧ (?:stands for|abbreviates|is short for) ⟦(\d+)⟧",
            plain,
        )
        if m:
            short, long = (int(g) for g in m.groups() if g is not None)
            self._alias(formulas[short], formulas[long])
            out.read.append(("alias", words(text, formulas)))
            return True
        return False

    def _kink(self, formula: Inline) -> None:
        """``f'(c) = v``: what f' is where f has no slope; it never makes a derivative exist."""
        left, _, right = relation_of(self.parse(formula))
        if left is None or right is None:
            return
        el = Elaborator(self.names, left[0])
        slope, value = el.scalar(left[0]), el.scalar(right)
        known = slope.head == "app" and len(slope.terms) == 1 and has_kink(self.names, slope.name())
        if known and slope.terms[0] is ZERO:
            self.names.kinks[slope.name()] = (slope.terms[0], value)
        else:
            self.names.assume(rel("=", slope, value))

    def _alias(self, short: Inline, long: Inline) -> None:
        """``g_k`` for ``∂L/∂θ_k``: with an index letter, a tensor of them; else the term itself."""
        from symderive.kernel.terms import abstract, bound, make
        from symderive.reading.formulas.elaborate import Elaborator
        from symderive.reading.formulas.names import loose
        from symderive.reading.formulas.sums import range_in

        s = peel(self.parse(short))
        if s is None:
            raise ReadingError("syntax", "an abbreviation is a name", 0, 1)
        node = self.parse(long)
        if s.lower is None:
            mentions = self.names.mentions.get(s.base, [])
            value = Elaborator(self.names, node).read(node)
            self.names.aliases[s.base] = value.term
            if mentions:
                return
            return
        el = Elaborator(self.names, node)
        letters = [peel(p) for p in el.index_parts(s.lower, 9)]
        out_ranges = []
        for letter in letters:
            found = range_in(el, letter.base, node) if letter is not None else None
            if letter is None or found is None:
                raise ReadingError("undeclared", "the index of the abbreviation has no range", s.start, s.end)
            i = loose(letter.base)
            el.bound[letter.base] = bound(i)
            out_ranges.append((i, found))
        t = el.read(node).term
        for i, (lo, hi) in reversed(out_ranges):
            t = make("tab", lo, hi, abstract(t, i))
        self.names.aliases[s.base] = t

    # -- goals --------------------------------------------------------------------------------------

    def _goal(self, text: str, formulas: Sequence[Inline], out: Outcome) -> bool:
        m = re.match(
            r"(?:(?:now|then|finally|also|next|hence|thus|please|and|again),? )?"
            r"(?:use|using|starting from|by) (.+?)(?:,| to) (?=[a-z])",
            text,
            re.IGNORECASE,
        )
        if m and self._starts_goal(text[m.end() :]) and _FORMULA.search(m.group(1)):
            with contextlib.suppress(ReadingError):
                self.sentence("Let " + m.group(1) + ".", formulas, out)
            text = text[m.end() :]
        condition = re.match(r"(?:for|if|when|assuming|assume|given|suppose)\b (.+?), (?=[a-z])", text, re.IGNORECASE)
        if condition and self._starts_goal(text[condition.end() :]) and _FORMULA.search(condition.group(1)):
            self.sentence(
                ("Let " if text[:2].lower() in ("fo", "gi") else "Assume ") + condition.group(1) + ".", formulas, out
            )
            text = text[condition.end() :]
        verb = self._starts_goal(text)
        if verb and verb[0] == "choices" and not re.search(r"\bof (?:the following|these)\b", text, re.IGNORECASE):
            return False
        if verb is None:
            later = re.search(
                r",? and (?=(?:then )?(?:derive|find|compute|give|show|determine|calculate|express|prove|verify)\b)",
                text,
                re.IGNORECASE,
            )
            if later and self._starts_goal(text[later.end() :]):
                self.sentence(text[: later.start()] + ".", formulas, out)
                return self._goal(text[later.end() :], formulas, out)
            stem = re.search(
                r"(?:update(?: rule)?|gradient|derivative|value|answer|result)\b.*\b(?:is|equals)\s*:?\.?\s*\Z",
                text,
                re.IGNORECASE,
            )
            question = text.rstrip().endswith("?") and re.search(r"\b(which|what|how)\b", text, re.IGNORECASE)
            if stem:
                out.goals.append(self._asked("choices", text, formulas))
                return True
            if question and re.search(r"which of (?:the following|these)", text, re.IGNORECASE):
                out.goals.append(self._asked("choices", text, formulas))
                return True
            return False
        word, rest = verb
        several = re.split(
            r",? and (?=⟦\d+⟧ (?:in terms of|as a function of)"
            r"|the (?:limit|gradient|derivative|mean|variance|value|jacobian|hessian)s? of )",
            rest,
            flags=re.IGNORECASE,
        )
        if len(several) > 1 and all(_FORMULA.search(p) for p in several):
            for p in several:
                out.goals.append(self._asked(word, p, formulas))
            out.read.append(("goal", words(text, formulas)))
            return True
        asked = self._asked(word, rest, formulas)
        if word == "choices":
            out.goals.append(asked)
            return True
        if not asked.of and not asked.operation:
            return False
        if not asked.of and not asked.by:
            return False
        if not asked.operation and all(re.fullmatch(r"[\d.\s%\\]+", f.text) for f in asked.of):
            return False
        out.goals.append(asked)
        out.read.append(("goal", words(text, formulas)))
        return True

    def _starts_goal(self, text: str) -> tuple[str, str] | None:
        if not self.goals:
            return None
        plain = re.sub(
            r"^(?:\([a-z0-9]\)|[a-z]\)|now|then|finally|also|next|hence|thus|please|and|again|first|briefly)[ ,]+",
            "",
            text.strip(),
            flags=re.IGNORECASE,
        )
        low = plain.lower()
        for phrase, verb in _longest(lexicon.GOALS):
            if re.match(rf"{phrase}\b", low):
                rest = plain[len(phrase) :]
                if verb != "choices" and not _FORMULA.search(rest):
                    return None
                if phrase in (
                    "set",
                    "write",
                    "state",
                    "use",
                    "give",
                    "find",
                    "show",
                    "compute",
                    "solve",
                    "conclude",
                ) and re.match(r"\s*(?:up|aside|your|of-|some|is|out|me|us)\b", rest.lower()):
                    return None
                return verb, rest
        return None

    def _asked(self, verb: str, rest: str, formulas: Sequence[Inline]) -> Asked:
        """The parts of a goal by the words that introduce them."""
        text, slots = _conditioned(rest, formulas)
        patterns = (
            (
                "names",
                (
                    r"\b(?:only )?(?:in terms of|as a function of|using only|through|by means of) (?:only )?"
                    r"((?:(?:the|its|derivative|,|and|or|'s|entries|of) ?)*⟦\d+⟧"
                    r"(?:(?:,| and|, and| or) (?:the |of )?⟦\d+⟧)*)"
                ),
            ),
            (
                "by",
                (
                    r"\b(?:with respect to|w\.r\.t\.|wrt|by) "
                    r"((?:the |each |all |entry |entries |component |vector |matrix "
                    r"|parameter |parameters |weight |weights |of )*"
                    r"⟦\d+⟧(?:(?:,| and|, and) (?:the )?⟦\d+⟧)*)"
                ),
            ),
            (
                "at",
                (
                    r"\b(?:at|as|when|evaluated at|for the values|where) "
                    r"((?:the point |the values? )?⟦\d+⟧(?:(?:,| and|, and) ⟦\d+⟧)*)"
                ),
            ),
            ("binders", r"\bfor (?:all|each|any|every) ((?:index |indices )?⟦\d+⟧(?:(?:,| and|, and) ⟦\d+⟧)*)"),
        )
        for slot, pattern in patterns:
            m = re.search(pattern, text, re.IGNORECASE)
            if m:
                slots[slot] = [*slots.get(slot, ()), *(formulas[int(k)] for k in _FORMULA.findall(m.group(1)))]
                text = text[: m.start()] + " " + text[m.end() :]
        if verb == "solve":
            such = re.search(r"^(.*?)\b(?:such that|so that)\b(.*)$", rest, re.IGNORECASE)
            if such and "at" in slots:
                slots.pop("at")
                text = rest
            m = re.search(r"\bfor ⟦(\d+)⟧", text)
            such = re.search(r"^(.*?)\b(?:such that|so that)\b(.*)$", text, re.IGNORECASE)
            if such:
                slots["unknown"] = [formulas[int(k)] for k in _FORMULA.findall(such.group(1))]
                text = such.group(2)
            elif m:
                slots["unknown"] = [formulas[int(m.group(1))]]
                text = text[: m.start()] + text[m.end() :]
        m = re.search(r"\b(?:with|and) (?:a )?(?:learning rate|step size) ⟦(\d+)⟧", text)
        rate = (formulas[int(m.group(1))],) if m else tuple[Inline, ...]()
        text = text[: m.start()] + " " + text[m.end() :] if m else text
        for f in rate:
            s = peel(self.parse(f))
            if s is not None and s.lower is None and s.base not in self.names:
                self.names.number(s.base, "declared", "learning rate")
        m = re.search(r"\bfor ⟦(\d+)⟧(?:,? ⟦\d+⟧)*\s*[.?]?\s*\Z", text)
        if (
            m
            and verb != "solve"
            and "binders" not in slots
            and re.search(r"=|\\ge|>|\\in|\\ne", formulas[int(m.group(1))].text)
        ):
            slots["binders"] = [formulas[int(m.group(1))]]
            text = text[: m.start()]
        low = lexicon.normal(text)
        operation, label = "", tuple[Inline, ...]()
        for phrase, op in (*_longest(lexicon.OPERATIONS), *_longest(lexicon.OF_LAWS)):
            m = re.search(rf"\b{phrase}\b", low)
            if m:
                operation = op
                named = re.match(r" (⟦\d+⟧) (?:of|for) ", low[m.end() :])
                if named:
                    k = int(named.group(1)[1:-1])
                    label = (formulas[k],)
                    text = text.replace(named.group(1), "", 1)
                break
        if verb not in ("choices", "show"):
            self._all_understood(low, operation)
        of = [formulas[int(k)] for k in _FORMULA.findall(text)]
        negated = bool(re.search(r"\b(?:false|not|incorrect|wrong|except)\b", low)) and verb == "choices"
        return Asked(
            verb,
            operation,
            tuple(of),
            tuple(slots.get("by", ())),
            tuple(slots.get("names", ())),
            tuple(slots.get("at", ())),
            tuple(slots.get("unknown", ())),
            label,
            tuple(slots.get("binders", ())),
            rate,
            negated,
            words(rest, formulas),
        )

    def _all_understood(self, asked: str, operation: str) -> None:
        """Refuse a question in which a word may ask for something else ("the trace of", "the third derivative").

        Raises:
            ReadingError: there is one.
        """
        for table in (lexicon.OPERATIONS, lexicon.OF_LAWS):
            for phrase, op in _longest(table):
                if (op == operation or table is lexicon.OF_LAWS) and re.search(rf"\b{phrase}\b", asked):
                    asked = re.sub(rf"\b{phrase}\b", " ", asked, count=1)
                    break
        asked = re.sub(r"\b(?:only )?in terms of [a-z' \-]*|\bgradient(?= (?:descent|step))", " ", asked)
        known = lexicon.ASKING | lexicon.HARMLESS - EXPECTING
        for w in re.findall(r"[a-z0-9][a-z0-9'\-]*", re.sub(r"⟦\d+⟧", " ", asked)):
            plain = lexicon.OPERATIONS.get(w) in (None, "evaluate", "simplify", "derive") and w in known
            if len(w) > 1 and not plain and w not in EXTREMA:
                raise ReadingError("goal", f"it is not clear what is asked for: {w}", 0, 1, "Write it as a formula.")

    # -- declarations -------------------------------------------------------------------------------

    def _stated(self, text: str, formulas: Sequence[Inline]) -> list[Item] | None:
        """``F is defined as F`` and ``F: noun``, which need no cue word."""
        text = re.sub(r"\s+([.,;:])", r"\1", text)
        m = re.match(
            r"(?:here,? |we |where )?(?:the )?([A-Za-z \-]*?)⟦(\d+)⟧ (?:is|are) (?:then |here )?"
            r"(?:defined (?:as|by|to be)|given by|denoted by|computed as) ⟦(\d+)⟧(.*)$",
            text,
            re.IGNORECASE,
        )
        if m:
            left, right = self.parse(formulas[int(m.group(2))]), self.parse(formulas[int(m.group(3))])
            node = right if isinstance(right, Node) and right.kind == "chain" else equation(left, right)
            rest = (
                self._items("Let " + m.group(4).lstrip(" ,") + ".", formulas) if _FORMULA.search(m.group(4)) else None
            )
            return [Item(node, "let", said=m.group(1).strip()), *(rest or [])]
        plain = re.match(
            r"(?:here,? |and )?(?:(?:a|an|the|each|every|all|both) )?[A-Za-z \-]{0,40}⟦\d+⟧"
            r"(?:(?:,| and|, and) ⟦\d+⟧)*,? (?:is|are|has|have) (?!the case|equal|given|defined)",
            text,
        )
        if plain and not re.match(r"(?:let|assume|suppose|consider|given|since|if|show|where)\b", text, re.IGNORECASE):
            unread = list(self.names.unread)
            items = self._items("Let " + text[0].lower() + text[1:], formulas)
            known = {c for i in items or () for c in i.codes} - {"real", "function?"}
            if items and (known or any(i.moments for i in items)):
                return items
            self.names.unread[:] = unread
        m = re.match(r"⟦(\d+)⟧ ?: ?([A-Za-z][A-Za-z \-]*)[.,;]?$", text)
        if m:
            return self._items(f"Let ⟦{m.group(1)}⟧ be {m.group(2)}.", formulas)
        return None

    def _items(self, text: str, formulas: Sequence[Inline]) -> list[Item] | None:
        """The formulas of a sentence with their roles; None if it declares nothing."""
        tokens = _TOKEN.findall(text)
        values = re.match(
            r"(?:the |use the |with the |for the |take the |assume the )?(?:following )?(?:numerical |initial )?"
            r"values? (?:are|is|of)\b|variable\b",
            lexicon.normal(text),
        )
        out: list[Item] = []
        found_cue = False
        self.leading, self.passed = [], []
        for cue, clause in _clauses(tokens, formulas):
            role = lexicon.CUES.get(cue, "")
            if values:
                role = "value"
            found_cue = found_cue or bool(role)
            out += self._clause(clause, role, formulas)
        if not found_cue or not any(i.role for i in out):
            return None
        kept = [i for i in out if i.role]
        read = {str(x) for i in kept for x in (i.node, *i.binders)}
        nodes = (self.parse(formulas[int(m)]) for m in _FORMULA.findall(text))
        self.passed = [n for n in nodes if not any(str(n) in r for r in read)]
        return kept

    def _clause(self, tokens: list[str], role: str, formulas: Sequence[Inline]) -> list[Item]:
        """The items of one clause: noun phrases with their formulas."""
        out: list[Item] = []
        k = 0
        while k < len(tokens):
            before: list[str] = []
            while k < len(tokens) and not _is_formula(tokens[k]):
                before.append(tokens[k])
                k += 1
            group: list[Surface] = []
            marks: list[int] = []
            while k < len(tokens):
                if _is_formula(tokens[k]):
                    marks.append(int(tokens[k][1:-1]))
                    k += 1
                elif tokens[k] in (",", "and", "or") and k + 1 < len(tokens) and _is_formula(tokens[k + 1]):
                    k += 1
                elif (
                    tokens[k] == ","
                    and k + 2 < len(tokens)
                    and tokens[k + 1] in ("and", "or")
                    and _is_formula(tokens[k + 2])
                ):
                    k += 2
                else:
                    break
            if not marks:
                break
            quantifier = _quantifier(before)
            group = [self.parse(formulas[m]) for m in marks]
            if quantifier:
                taken = 1 + next((n for n, g in enumerate(group[1:]) if not _binding(g)), len(group) - 1)
                if taken < len(group):
                    k = next(j for j in range(k - 1, -1, -1) if tokens[j] == f"⟦{marks[taken]}⟧")
                    group = group[:taken]
            if quantifier and not out:
                self.leading += group
                continue
            if quantifier:
                out[-1].binders = (*out[-1].binders, *group)
                for other in out[:-1]:
                    if other.group is out[-1].group or not other.binders:
                        other.binders = (*other.binders, *group)
                continue
            after: list[str] = []
            article = tokens[k + 1 : k + 2] if tokens[k : k + 1] == [","] else tokens[k : k + 1]
            apposed = bool(article) and article[0].lower() in ("a", "an", "be", "is", "are")
            if k < len(tokens) and (apposed or tokens[k].lower() in (*BE, "does", "do", ":")):
                start = k + 1
                k, after = _noun_phrase(tokens, k, formulas)
                if tokens[start - 1].lower() == "as":
                    after = []
            orphan = {"mean", "variance", "covariance"} & {b.lower() for b in before[-2:]}
            if orphan and role and not after:
                raise ReadingError(
                    "not-read", f"it is not clear of what this is the {orphan.pop()}", group[0].start, group[0].end
                )
            noun = self.noun([*before], formulas)
            more = self.noun(after, formulas)
            if "not" in after and "depend" in after:
                noun = more = _Noun()
            stated = [_states(g) for g in group]
            for node, states in zip(group, stated, strict=True):
                own = _Noun() if states and not all(stated) else more
                item = Item(
                    node,
                    role,
                    (*noun.codes, *own.codes),
                    (*noun.sizes, *own.sizes),
                    (*noun.moments, *own.moments),
                    (*noun.others, *own.others),
                    tuple(self.leading),
                    " ".join(x for x in (*before, *after) if not _is_formula(x)),
                    tuple(g for g, st in zip(group, stated, strict=True) if st == states),
                    _doubtful(after, (*noun.codes, *own.codes), own.moments),
                )
                if role or item.codes:
                    out.append(item)
            for word in (*noun.unknown, *more.unknown):
                if after and role and after[0].lower() not in ("the", "its", "their"):
                    self.names.unread.append(word)
            telling = lexicon.TELLING & {x.lower() for x in (*before, *after)} if role else set()
            self.names.unread += [f"{word}: what that says of it" for word in sorted(telling)]
        return out

    def noun(self, tokens: Sequence[str], formulas: Sequence[Inline]) -> _Noun:
        """What a noun phrase says."""
        out = _Noun()
        k = 0
        low = [t.lower() if not _is_formula(t) else t for t in tokens]
        while k < len(low):
            t = low[k]
            if _is_formula(t) and low[k + 1 : k + 2] in (["th"], ["-th"], ["st"], ["nd"]):
                k += 2
                continue
            if _is_formula(t) and "uniformly" in low[:k]:
                out.codes += ["random", "unread"]
                k += 1
                continue
            if _is_formula(t):
                node = self.parse(formulas[int(t[1:-1])])
                previous = low[k - 1] if k else ""
                before2 = " ".join(low[max(0, k - 2) : k])
                if previous in ("mean", "expectation") or before2 == "mean of":
                    out.moments.append(("mean", node))
                elif previous in ("from", "to"):
                    out.moments.append((previous, node))
                elif "bernoulli" in low[:k] and previous in ("parameter", "probability", "rate"):
                    out.moments.append(("mean", node))
                elif previous == "variance" or before2 == "variance of":
                    out.moments.append(("variance", node))
                elif (
                    "independent" in low[:k] and previous in ("of", "the", "from") and ("of" in low[max(0, k - 3) : k])
                ):
                    out.others.append(node)
                    if "independent" in out.codes and "iid" not in out.codes and not _plain_independent(low[:k]):
                        out.codes.remove("independent")
                elif _gives_size(low, k, node):
                    out.sizes.append(node)
                k += 1
                continue
            for length in (5, 4, 3, 2, 1):
                phrase = " ".join(low[k : k + length])
                codes = lexicon.NOUNS.get(phrase, lexicon.ADJECTIVES.get(phrase))
                if codes is not None and k + length <= len(low):
                    for c in codes:
                        if c in ("mean-zero", "variance-one"):
                            out.moments.append((c, None))
                        else:
                            out.codes.append(c)
                    k += length
                    break
            else:
                if t == "zero" and k and low[k - 1] == "mean":
                    out.moments.append(("mean-zero", None))
                elif (
                    t not in lexicon.HARMLESS
                    and t not in BE
                    and t
                    not in (
                        ",",
                        ":",
                        "(",
                        ")",
                        ".",
                        "with",
                        "zero",
                        "from",
                        "to",
                        "that",
                        "i",
                        "th",
                        "i-th",
                        "j-th",
                        "k-th",
                        "both",
                        "we",
                        "not",
                        "depend",
                        "does",
                        "do",
                        "size",
                        "length",
                        "dimension",
                        "distributed",
                        "uniformly",
                    )
                    and t not in lexicon.CUES
                ):
                    out.unknown.append(t)
                k += 1
        if lexicon.WEAKENING & set(low):
            # "not symmetric", "pairwise independent": what is stated is not what the word says
            stated = [c for c in out.codes if c in ATTRIBUTES or c in STATISTICAL or c.startswith("named:")]
            out.codes = [c for c in out.codes if c not in stated] + (["unread"] if stated or out.moments else [])
            out.moments = []
        return out

    def parse(self, formula: Inline) -> Surface:
        return parse(formula.text.rstrip().rstrip(".,;"), self.names.words)


@dataclass
class _Noun:
    codes: list[str] = field(default_factory=list)
    sizes: list[Surface] = field(default_factory=list)
    moments: list[tuple[str, Surface | None]] = field(default_factory=list)
    others: list[Surface] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def _binding(node: Surface) -> bool:
    """Whether a formula can stand after "for all": a letter, or a relation about one."""
    first = items(node)[0] if items(node) else node
    if isinstance(first, Node) and first.kind == "chain":
        first = first.parts[0]
    s = peel(first)
    return s is not None and s.lower is None and len(s.base) == 1 and isinstance(node, Node) is (peel(node) is None)


def _doubtful(after: Sequence[str], codes: Sequence[str], moments: Sequence[object]) -> str:
    """A word after "be" that may change the property that the noun phrase states; empty if all are known."""
    said = " ".join(after).lower()
    for known in ("whose entries", "whose components", "whose elements", "non negative", "non zero"):
        said = said.replace(known, "entries")
    low = [w for w in said.split() if not _is_formula(w) and w not in (",", ".", ":", ";")]
    named = any(c.startswith("named:") for c in codes)
    states = {c for c in codes if (c in ATTRIBUTES and not c.startswith("likely")) or c in STATISTICAL}
    if not (states or named or moments):
        return ""
    if named and states - {"function"}:
        return next(iter(sorted(states)))
    partial = (
        r"\b(?:independent (?:of|from)\b(?! (?:the |all |every |both )*⟦| each other| one another)"
        r"|with (?:mutually )?independent(?! (?:entries|components|elements|random variables)\b)"
        r"|orthogonal to\b(?! each other)"
        r"|(?<!of )(?<!one )(?:for|in|on|at|near|under|within|given|after|before|when|if)"
        r"(?= (?!all\b|each\b|every\b|any\b|\w+ (?:entry|component|element)\b))"
        r"|(?:about|around) (?!(?:zero|0|the origin|⟦\d+⟧)(?: |\Z)))"
    )
    if states and (m := re.search(partial, said)):
        return m.group()
    return next((w for w in low if w not in lexicon.CORE), "")


def _gives_size(low: Sequence[str], k: int, node: Surface) -> bool:
    """Whether a formula in a noun phrase says how large something is: not n in "the accuracy on $n$ examples"."""
    if peel(node) is None or set(low) & SHAPED:
        return True
    before, after = low[max(0, k - 2) : k], low[k + 1 : k + 2]
    return bool({"size", "length", "dimension", "dimensions", "shape", "width"} & set(before)) or (
        bool(after) and after[0].startswith(("-dim", "dim", "entries", "components", "-vector"))
    )


def _plain_independent(low: Sequence[str]) -> bool:
    return "mutually" in low


def left_names(node: Surface) -> list[str]:
    """The bases of the names that a formula declares or defines: those left of its first relation."""
    out: list[str] = []
    for p in items(node):
        first = p.parts[0] if isinstance(p, Node) and p.kind == "chain" else p
        while isinstance(first, Node) and first.kind == "juxtaposed":
            first = first.parts[0]
        s = peel(first)
        if s is not None:
            out.append(s.base)
    return out


def _is_formula(token: str) -> bool:
    return token.startswith("⟦")


def words(text: str, formulas: Sequence[Inline]) -> str:
    """A sentence with its formulas put back."""
    return _FORMULA.sub(lambda m: f"${formulas[int(m.group(1))].text.strip()}$", text)


def _worrying(plain: str) -> bool:
    """Whether prose with a formula may hold an assumption."""
    return (
        bool(re.search(r"\b(?:assume|suppose|assuming|provided|let)\b", plain)) or STATISTICS.search(plain) is not None
    )


def _clauses(tokens: Sequence[str], formulas: Sequence[Inline]) -> list[tuple[str, list[str]]]:
    """The clauses of a sentence with the cue that opens each; a clause inherits the cue before it."""
    out: list[tuple[str, list[str]]] = []
    cue = ""
    current: list[str] = []
    k = 0
    while k < len(tokens):
        low = tokens[k].lower()
        two = f"{low} {tokens[k + 1].lower()}" if k + 1 < len(tokens) else ""
        following = tokens[k + 1] if k + 1 < len(tokens) else ""
        found = ""
        if two in lexicon.CUES:
            found, step = two, 2
        elif low in lexicon.CUES and _opens(low, following, tokens, k, formulas):
            found, step = low, 1
        if found:
            if current:
                out.append((cue, current))
            cue, current = found, []
            k += step
            if low in ("assume", "suppose") and k < len(tokens) and tokens[k].lower() == "that":
                k += 1
            continue
        if low in (";", "(", ")") or (low == "." and k + 1 < len(tokens)):
            if current:
                out.append((cue, current))
            current = []
            k += 1
            continue
        current.append(tokens[k])
        k += 1
    if current:
        out.append((cue, current))
    return out


def _opens(low: str, following: str, tokens: Sequence[str], k: int, formulas: Sequence[Inline]) -> bool:
    """Whether a cue word opens a clause here: some need a formula or an article after them."""
    if low == "with" and not _is_formula(following):
        ahead = next((t for t in tokens[k + 1 : k + 5] if _is_formula(t)), None)
        moment = {"mean", "variance", "law", "respect"} & {t.lower() for t in tokens[k + 1 : k + 4]}
        return ahead is not None and not moment and _relates(formulas[int(ahead[1:-1])])
    if low in ("with", "if", "when", "also", "now", "again", "then", "further", "having"):
        return _is_formula(following)
    if low in ("here", "moreover", "furthermore", "finally", "since", "recall", "using", "use", "take", "write", "put"):
        return k == 0
    if low in ("set", "define", "denote", "given", "consider", "introduce", "assume", "suppose", "assuming"):
        return (
            k == 0
            or tokens[k - 1] in (",", "and", "we", ";", "that", "where", "then")
            or _is_formula(following)
            or low in ("assume", "suppose", "assuming")
        )
    return True


def _quantifier(before: Sequence[str]) -> str:
    """Whether the words before a formula make it a binder: of what follows, or of what stands before."""
    low = [b.lower() for b in before if b != ","]
    while low and low[0] == "and":
        low = low[1:]
    if not low:
        return ""
    if low[0] == "for" and all(
        w
        in (
            "for",
            "all",
            "each",
            "any",
            "every",
            "some",
            "the",
            "index",
            "indices",
            "layers",
            "layer",
            "times",
            "time",
            "steps",
            "step",
        )
        for w in low
    ):
        return "trailing"
    return ""


def _noun_phrase(tokens: Sequence[str], k: int, formulas: Sequence[Inline]) -> tuple[int, list[str]]:
    """The noun phrase after "be", with formulas that belong to it, and the place after it."""
    out: list[str] = []
    k += 1
    while k < len(tokens):
        low = tokens[k].lower()
        if low == "for" and k + 1 < len(tokens):
            break
        following = next((t for t in tokens[k + 1 : k + 6] if _is_formula(t)), None)
        if low == "with" and following is not None and _relates(formulas[int(following[1:-1])]):
            break
        if low in ("and", ",") and k + 1 < len(tokens):
            rest = tokens[k + 1 :]
            ahead = rest[:4]
            if ahead and ahead[0] == "and":
                ahead = ahead[1:]
            if ahead and _is_formula(ahead[0]) and _relates(formulas[int(ahead[0][1:-1])]):
                break
            if ahead and _is_formula(ahead[0]) and any(t.lower() in BE for t in ahead[1:3]):
                break
            if ahead and _is_formula(ahead[0]) and low == "," and out and not _is_formula(out[-1]):
                break
            if ahead and _is_formula(ahead[0]) and low == "and" and not _moment_before(out):
                break
        out.append(tokens[k])
        k += 1
    return k, out


def _states(node: Surface) -> bool:
    """Whether a formula states something by itself, as ``x ∈ S`` does."""
    return any(isinstance(p, Node) and p.kind == "chain" for p in items(node))


def _relates(f: Inline) -> bool:
    """Whether a formula states something of its own instead of being part of a noun phrase."""
    return re.search(r"=|\\in\b|\\sim\b|<|>|\\ge|\\le|:", f.text) is not None


def _moment_before(out: Sequence[str]) -> bool:
    return any(t.lower() in ("mean", "variance", "between") for t in out)
