"""Other wordings of a sentence, turned into the one that the frames read: "drawn independently" is "i.i.d.".

Works on sentences with ``⟦k⟧`` for their formulas.  Only the order and the choice of words change, never what is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from symderive.reading.statements.lexicon import ADJECTIVES, CORE, HARMLESS, QUALIFYING

_DRAWN = r"(?:drawn|sampled|chosen|picked|generated|initiali[sz]ed)"
_SOURCE = r"(?:from|according to|with) (?:an?|the|some|the same|one) (?:\w+ )?distribution(?= (?:with|of|that|whose))"
_AGAIN = r"(?:,? and identically)?"
_REWORDED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), new)
    for pattern, new in (
        # "is drawn independently from a distribution with mean": all from one law
        (rf"\b(is|are|be) (?:randomly )?(?:{_DRAWN} )?independently{_AGAIN}(?: {_DRAWN})? {_SOURCE}", r"\1 i.i.d."),
        (rf"\b(is|are|be) {_DRAWN} (?:i\.i\.d\.|iid) {_SOURCE}", r"\1 i.i.d."),
        (rf"\b(is|are|be) (?:randomly )?{_DRAWN} independently(?= with)", r"\1 independent random variables"),
        (rf"\b(is|are|be) independently {_DRAWN}(?= with)", r"\1 independent random variables"),
        (rf"\b(is|are|be) (?:randomly )?{_DRAWN} {_SOURCE}", r"\1 random variables"),
        (rf"\b(is|are|be) (?:randomly )?{_DRAWN}(?= with (?:zero )?(?:mean|variance))", r"\1 random variables"),
        (rf"^(?:we )?(?:draw|sample) (⟦\d+⟧) independently {_SOURCE}", r"Let \1 be i.i.d."),
        (rf"^(?:we )?(?:draw|sample) (⟦\d+⟧) (?:i\.i\.d\.|iid) {_SOURCE}", r"Let \1 be i.i.d."),
        (r"\b(?:common|same|equal|identical) (mean|variance)\b", r"\1"),
        # "w_i ∼ 𝒩(0, 1) i.i.d."
        (r"(⟦\d+⟧),? (i\.i\.d\.|iid)(?= for\b|[,.;]|\Z)", r"\1 be \2"),
        (r"(⟦\d+⟧),? independently(?= for\b|[,.;]|\Z)", r"\1 be independent"),
    )
)
_BOUNDED = re.compile(r"\\[lc]?dots|…|\\in\b|∈|=\s*1\b")
"""What stands in a formula that says over what an index runs."""
_PLACED = re.compile(r"(⟦\d+⟧),? (?:for (?:all |each |every )?|\( ?(?:for )?)(⟦(\d+)⟧)(?: ?\))?,? (be|are|is)\b")
_LATE = re.compile(r"( (?:be|are|is) [^⟦]*?),? for (?:all |each |every )?(⟦(\d+)⟧),? (with\b.*?)([.,;]?)\Z")
_NOUN_FIRST = re.compile(
    r"^(?:consider|let|take|suppose|given|we have|there are) ([a-z.\- ]*\brandom variables) (⟦\d+⟧) (with\b)",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\b(let|consider|take|suppose|given|have|of) ⟦(\d+)⟧ ([a-z.\- ]+) (⟦(\d+)⟧)", re.IGNORECASE)


_UNQUALIFIED = re.compile(
    r"\b(?:(?:does|do|need) not (?:depend|share|matter)\w*|either (?:class|side|case)|each other|one another"
    r"|on the other hand|(?:all|the|every) others?|plus one)\b"
)
"""Words of them that change nothing, or are read."""


_DECLARED = re.compile(
    r"(?:\band )?((?:(?!\band )[^.,;:()⟦⟧])*)\b(?:let|define|denote|introduce|assume|suppose|consider"
    r"|(?:set|put|take|choose|pick)(?= ⟦))\b"
)
_BEFORE = frozenset(
    """we us i you let now then so here also first second third next further furthermore moreover finally again and but
    will shall can may must need to as in the following what follows this that end for since where when with
    simplicity convenience brevity short ease clarity of notation throughout always henceforth below above hence thus
    therefore instead please solution proof question problem exercise part setup definitions assumptions example remark
    step case answer just simply recall thereby lets let's start begin by with on""".split()
)
"""Words before "let", "define" or "assume" with which the author does so; not "one could", "others", "no sense to"."""


_STATES = re.compile(
    r"[=<>≤≥≠∈∼~]|\\(?:in|sim|leq?|geq?|neq?|ll|gg|equiv|propto|approx|coloneqq|triangleq)(?![A-Za-z])"
)
"""What stands in a formula that says something of its names."""
_NEW_CLAUSE = frozenset(
    """and or where so then hence thus therefore but since because we let lets let's define which whose that this these
    gives give giving yields is are be was were denote denotes denoting have has it its it's that's define consider
    as means becomes equals contains satisfies lies acts requires leaves confirms reaches expands whereas being
    iid independent fixed smooth from assuming
    the a an our each every""".split()
)
"""Words after a formula with which another clause begins, or what its name is."""
_OVER = frozenset("with for ( all each every any the a an its their of".split())
_PLAIN = frozenset(
    """elementwise element-wise entrywise entry-wise componentwise throughout above below again here too also
    respectively bit bits nats bytes numbers scalars examples samples weights parameters features steps layers heads
    inputs outputs units classes points""".split()
)
_ASSUMING = frozenset("assuming assume let with where if since given".split())
_EXAMPLES = re.compile(
    r"(?:\be\.g|(?:, |\()say|\b(?:instance|such as|cf|unlike|contrast|opposed|rather than|other than|more than|as in"
    r"|similar|analog\w+|old|previous|former|original|another))\b[^⟦.;]*⟦"
)
_PARTLY = re.compile(
    r"\b(?:positive|negative|non-?negative|non-?zero|symmetric|orthogonal|invertible|independent|uncorrelated|iid"
    r"|convex|increasing|one-hot|unit|zero[ -]mean|random variables?)\b[a-z ]*\b(for|when|if|given|under|near|within)"
    r"(?! (?:all|each|every|any)\b)"
)
_OF_EACH = re.compile(r"\b(?:components|entries|elements|coordinates) of (?:both |the )*⟦\d+⟧(?: and|,) ")
"""The entries of several: independent of one another, and within each?"""
_TEXT = re.compile(r"\\(?:text|mbox|textrm|textit|mathrm)\s*\{([^{}]*)\}")
_CHANGING = re.compile(
    r"\b(?:or|if|when|unless|otherwise|else|approx\w*|roughly|nearly|almost|average|only|except|not|near|small|large"
    r"|initially|limit|sometimes|often|usually|typically|maybe|perhaps|possibly)\b|\?"
)
_SHORT = (("i.i.d.", "iid"), ("w.r.t.", "wrt"), ("s.t.", "with"), ("i.e.", "and"), ("w/", "with"))


def qualifying(plain: str, formulas: Sequence[str] = ()) -> str:
    """A word of a declaration that may change what it says; empty if there is none.

    `plain` is the sentence in lower case, with ``⟦k⟧`` for its formulas.
    """
    m = QUALIFYING.search(_UNQUALIFIED.sub(" ", plain)) or _EXAMPLES.search(plain) or _OF_EACH.search(plain)
    if m:
        return re.sub(r"⟦\d*⟧?", "", m.group()).strip()
    spoken = (w for d in _DECLARED.finditer(plain) for w in re.findall(r"[a-z'\-]{2,}", d.group(1)))
    return next((w for w in spoken if w not in _BEFORE), "") or _tail(plain, formulas) or _inside(formulas)


def _inside(formulas: Sequence[str]) -> str:
    r"""Words within a formula that may change what it says: ``y = x \text{ or } 2x``."""
    texts = (t for f in formulas if "cases" not in f for t in _TEXT.findall(f))
    return next((m.group() for t in texts if (m := _CHANGING.search(t.lower()))), "")


def _tail(plain: str, formulas: Sequence[str]) -> str:
    """A word after a formula, in its clause, that may change what it says: "y = x on average"."""
    for old, new in _SHORT:
        plain = plain.replace(old, new)
    stated = False
    for m in re.finditer(r"⟦(\d+)⟧([^⟦.,;:?!]*)(⟦?)", plain):
        k = int(m.group(1))
        stated = stated or k >= len(formulas) or _STATES.search(formulas[k]) is not None
        following = formulas[k + 1] if m.group(3) and k + 1 < len(formulas) else ""
        if (partly := _PARTLY.search(m.group(2))) and "dots" not in following:
            return partly.group(1)
        words = re.findall(r"[a-z'\-]+|[(→]", m.group(2)) if stated else []
        words = words[1:] if words[:1] == ["("] and words[1:2] and words[1] in _ASSUMING else words
        if not words or words[0] in _NEW_CLAUSE or set(words) - {"("} <= _PLAIN or words[:2] == ["both", "are"]:
            continue
        narrowed = words[0] == "for" and any(w in ADJECTIVES for w in words[1:])
        if set(words[:1]) <= _OVER and not narrowed and all(w in _OVER | CORE | HARMLESS for w in words[1:]):
            if m.group(3) or (words[0] == "for" and words[1:2] and words[1] in _OVER):
                continue
        return " ".join(words[:2])
    return ""


def reworded(sentence: str, formulas: Sequence[str]) -> str:
    """A sentence as the frames read it."""
    for pattern, new in _REWORDED:
        sentence = pattern.sub(new, sentence)
    if (m := _PLACED.search(sentence)) and _BOUNDED.search(formulas[int(m.group(3))]):
        sentence = f"{sentence[: m.start()]}{m.group(1)}, {m.group(2)}, {m.group(4)}{sentence[m.end() :]}"
    if (m := _LATE.search(sentence)) and _BOUNDED.search(formulas[int(m.group(3))]):
        sentence = f"{sentence[: m.start()]}{m.group(1)} {m.group(4)} for {m.group(2)}{m.group(5)}"
    m = _COUNTED.search(sentence)
    if m and (count := formulas[int(m.group(2))].strip()).isalpha() and f"_{count}" in _bare(formulas[int(m.group(5))]):
        # "n random variables x_1, …, x_n": the dots say how many
        sentence = f"{sentence[: m.start()]}{m.group(1)} {m.group(3)} {m.group(4)}{sentence[m.end() :]}"
    return _NOUN_FIRST.sub(r"Let \2 be \1 \3", sentence)


def _bare(formula: str) -> str:
    return re.sub(r"[\s{}]", "", formula)
