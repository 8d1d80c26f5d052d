"""The outline of a document: units, paragraphs, formulas, lists, choices, solutions; and how one is built.

Neutral between LaTeX, Markdown and notebooks, and without any mathematics: a formula is text with origins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from symderive.reading.documents.macros import Macro
from symderive.reading.documents.source import Message, Span, Spelled, Token, spell

DEEPEST = 60


@dataclass(frozen=True)
class Words:
    """Prose between formulas: commands of layout gone, white space collapsed to single blanks."""

    spelled: Spelled

    @property
    def text(self) -> str:
        return self.spelled.text

    @property
    def span(self) -> Span:
        return self.spelled.span()


@dataclass(frozen=True)
class Row:
    r"""One row of a display.

    Attributes:
        cells: the stretches between ``&``, at least one.
        label: argument of ``\label`` in this row.
        tag: argument of ``\tag``.
        intertext: prose put before the row by ``\intertext``.
        continued: the row starts with a phantom, so it goes on with the term before it.
    """

    cells: tuple[Spelled, ...]
    label: str | None = None
    tag: str | None = None
    intertext: tuple[Piece, ...] = ()
    continued: bool = False


@dataclass(frozen=True)
class Formula:
    """A formula.  ``span`` includes the delimiters; ``body`` does not, and has no labels, tags or intertext.

    ``closed`` is False if the closing delimiter is missing: the body may then hold prose.
    """

    body: Spelled
    display: bool
    environment: str | None
    rows: tuple[Row, ...]
    span: Span
    closed: bool = True

    @property
    def text(self) -> str:
        return self.body.text

    @property
    def label(self) -> str | None:
        return next((row.label for row in self.rows if row.label), None)


Piece = Words | Formula


@dataclass(frozen=True)
class Paragraph:
    """Words and formulas; a display belongs to the paragraph where it stands.  ``title``: a heading that is a case."""

    pieces: tuple[Piece, ...]
    span: Span
    title: bool = False


@dataclass(frozen=True)
class Remark:
    """A sentence for the program in a comment: ``% sd: …`` or ``<!-- sd: … -->``."""

    pieces: tuple[Piece, ...]
    span: Span


@dataclass(frozen=True)
class Verbatim:
    """Code, drawings, front matter: kept, never read."""

    environment: str
    span: Span


@dataclass(frozen=True)
class Choice:
    blocks: tuple[Block, ...]
    correct: bool
    span: Span


@dataclass(frozen=True)
class Choices:
    """Kind: ``choices``, ``oneparchoices``, ``checkboxes``, ``oneparcheckboxes``."""

    items: tuple[Choice, ...]
    kind: str
    span: Span


@dataclass(frozen=True)
class Solution:
    """A solution, answer or proof.  ``environment`` is None where a heading opened it; ``title`` may be empty."""

    blocks: tuple[Block, ...]
    environment: str | None
    span: Span
    title: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class ListItem:
    r"""An item; ``label`` is what stands in ``\item[…]`` or the number of a Markdown item."""

    label: tuple[Piece, ...]
    blocks: tuple[Block, ...]
    span: Span


@dataclass(frozen=True)
class List:
    """Kind: ``itemize``, ``enumerate``, ``description``."""

    items: tuple[ListItem, ...]
    kind: str
    span: Span


@dataclass(frozen=True)
class Table:
    rows: tuple[tuple[tuple[Block, ...], ...], ...]
    span: Span


@dataclass(frozen=True, eq=False)
class Unit:
    r"""A stretch of the document that opens a scope; the units inside stand among its blocks, in order.

    Attributes:
        kind: document, section, question, part, subpart, subsubpart, or what a theorem environment or a heading
            calls itself: problem, exercise, definition, theorem ….
        label: the first ``\label`` that stands directly in it.
        points: what the question is worth.
        parent: the unit around it, None for the document.
    """

    kind: str
    blocks: tuple[Block, ...]
    span: Span
    label: str | None = None
    title: tuple[Piece, ...] = ()
    points: float | None = None
    parent: Unit | None = field(default=None, repr=False)

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units directly inside."""
        return tuple(block for block in self.blocks if isinstance(block, Unit))

    @property
    def heading(self) -> str:
        return plain(self.title)


Block = Paragraph | Remark | Verbatim | Choices | Solution | List | Table | Unit


@dataclass(frozen=True)
class Document:
    """A document as read: its outline, what is wrong with it, the macros in force at its end."""

    path: str
    root: Unit
    messages: tuple[Message, ...]
    macros: dict[str, Macro] = field(repr=False)

    def walk(self) -> Iterator[Any]:
        return walk(self.root)

    @property
    def formulas(self) -> list[Formula]:
        return [node for node in self.walk() if isinstance(node, Formula)]


def plain(pieces: Iterable[Piece]) -> str:
    """Pieces as one string, for headings and messages."""
    return "".join(f"${piece.text}$" if isinstance(piece, Formula) else piece.text for piece in pieces)


def walk(node: object) -> Iterator[Any]:
    """A node of an outline and everything below it, in the order of the text."""
    stack = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(reversed(node))
        elif is_dataclass(node) and not isinstance(node, Spelled):
            yield node
            inside = [
                getattr(node, f.name) for f in fields(node) if f.name not in ("parent", "span", "spelled", "body")
            ]
            stack.extend(reversed([value for value in inside if isinstance(value, tuple)]))


@dataclass
class Draft:
    """A node that is still open.  ``level`` orders units (a new one closes those that are not above it)."""

    make: Callable[[Draft, Span], Any]
    start: Span
    level: int | None = None
    blocks: list[Any] = field(default_factory=list)
    label: str | None = None
    points: float | None = None
    rows: list[list[tuple[Block, ...]]] = field(default_factory=list)


class Builder:
    """Builds an outline from a stream of events; every open node is on the stack."""

    def __init__(self, start: Span) -> None:
        self.stack = [Draft(lambda d, span: Unit("document", tuple(d.blocks), span, d.label), start, level=0)]
        self._words: list[Token] = []
        self._pieces: list[Piece] = []
        self._remarks: list[Block] = []
        self._ends: dict[int, int] = {}
        self.too_deep: Span | None = None

    def words(self, token: Token) -> None:
        """Add prose to the paragraph; blanks collapse."""
        text = token.text
        if text.isspace():
            if (self._words and not self._words[-1].text.endswith(" ")) or (not self._words and self._pieces):
                self._words.append(token if text == " " else token.instead(" "))
            return
        self._words.append(token)
        self.reached(token)

    def reached(self, token: Token | Span) -> None:
        """Say that what is open reaches at least to here."""
        self._ends[id(token.source)] = token.end

    def formula(self, formula: Formula) -> None:
        self._flush()
        self._pieces.append(formula)
        self.reached(formula.span)

    def _flush(self) -> None:
        if self._words:
            spelled = spell(self._words)
            self._words = []
            self._pieces.append(Words(spelled))

    def take_pieces(self) -> tuple[Piece, ...]:
        """The open paragraph's pieces, trimmed; the paragraph is no longer open."""
        self._flush()
        pieces, self._pieces = self._pieces, []
        if pieces and isinstance(pieces[0], Words):
            pieces[0] = Words(_left(pieces[0].spelled))
        if pieces and isinstance(pieces[-1], Words):
            pieces[-1] = Words(_right(pieces[-1].spelled))
        return tuple(piece for piece in pieces if isinstance(piece, Formula) or piece.text)

    def end_paragraph(self) -> None:
        if self._words or self._pieces:
            if pieces := self.take_pieces():
                self.stack[-1].blocks.append(Paragraph(pieces, pieces[0].span.to(pieces[-1].span)))
        if self._remarks:
            self.stack[-1].blocks += self._remarks
            self._remarks = []

    def block(self, block: Block) -> None:
        self.end_paragraph()
        self.stack[-1].blocks.append(block)
        self.reached(block.span)

    def aside(self, block: Block) -> None:
        """A block that stands after the open paragraph, without ending it."""
        self._remarks.append(block)

    def open(self, draft: Draft) -> bool:
        """Open a node; False, and nothing done, if the document is nested too deeply already."""
        self.end_paragraph()
        if len(self.stack) >= DEEPEST:
            self.too_deep = self.too_deep or draft.start
            return False
        self.stack.append(draft)
        self.reached(draft.start)
        return True

    def close(self) -> None:
        """Close the innermost node."""
        self.end_paragraph()
        draft = self.stack.pop()
        end = self._ends.get(id(draft.start.source), draft.start.end)
        span = Span(draft.start.source, draft.start.start, max(draft.start.end, end))
        node = draft.make(draft, span)
        self.stack[-1].blocks.append(node)

    def close_to(self, depth: int) -> None:
        """Close nodes until ``depth`` of them are open."""
        self.end_paragraph()
        while len(self.stack) > max(depth, 1):
            self.close()

    def close_level(self, level: int) -> None:
        """Close the units of this level and below that are open in the innermost container."""
        self.end_paragraph()
        while len(self.stack) > 1 and self.stack[-1].level is not None and self.stack[-1].level >= level:
            self.close()

    def label(self, name: str) -> None:
        """Attach a label to the innermost unit, unless it has one."""
        for draft in reversed(self.stack):
            if draft.level is not None:
                draft.label = draft.label or name
                return

    def end_cell(self) -> None:
        self.end_paragraph()
        draft = self.stack[-1]
        draft.rows = draft.rows or [[]]
        draft.rows[-1].append(tuple(draft.blocks))
        draft.blocks.clear()

    def finish(self) -> Unit:
        """Close everything; the outline."""
        self.close_to(1)
        root = self.stack[0]
        end = self._ends.get(id(root.start.source), root.start.end)
        unit: Unit = root.make(root, Span(root.start.source, 0, max(end, root.start.end)))
        _adopt(unit)
        return unit


def _left(spelled: Spelled) -> Spelled:
    return spelled[len(spelled.text) - len(spelled.text.lstrip()) :]


def _right(spelled: Spelled) -> Spelled:
    return spelled[: len(spelled.text.rstrip())]


def _adopt(root: Unit) -> None:
    """Give every unit its parent."""
    stack: list[tuple[Unit, Any]] = [(root, root.blocks)]
    while stack:
        parent, node = stack.pop()
        if isinstance(node, tuple):
            stack.extend((parent, item) for item in node)
        elif isinstance(node, Unit):
            object.__setattr__(node, "parent", parent)
            stack.append((node, node.blocks))
        elif isinstance(node, Table):
            stack.append((parent, node.rows))
        elif isinstance(node, Solution | ListItem | Choice):
            stack.append((parent, node.blocks))
        elif isinstance(node, List | Choices):
            stack.append((parent, node.items))


def unit_draft(kind: str, start: Span, level: int, title: tuple[Piece, ...] = (), points: float | None = None) -> Draft:
    def make(draft: Draft, span: Span) -> Unit:
        return Unit(kind, tuple(draft.blocks), span, draft.label, title, points)

    return Draft(make, start, level)


def solution_draft(
    environment: str | None, start: Span, title: tuple[Piece, ...] = (), level: int | None = None
) -> Draft:
    return Draft(lambda draft, span: Solution(tuple(draft.blocks), environment, span, title), start, level)


def list_draft(kind: str, start: Span) -> Draft:
    def make(draft: Draft, span: Span) -> List:
        items = [b if isinstance(b, ListItem) else ListItem((), (b,), b.span) for b in draft.blocks]
        return List(tuple(items), kind, span)

    return Draft(make, start)


def item_draft(start: Span, label: tuple[Piece, ...] = ()) -> Draft:
    return Draft(lambda draft, span: ListItem(label, tuple(draft.blocks), span), start)


def choices_draft(kind: str, start: Span) -> Draft:
    def make(draft: Draft, span: Span) -> Choices:
        items = [b if isinstance(b, Choice) else Choice((b,), False, b.span) for b in draft.blocks]
        return Choices(tuple(items), kind, span)

    return Draft(make, start)


def choice_draft(start: Span, *, correct: bool) -> Draft:
    return Draft(lambda draft, span: Choice(tuple(draft.blocks), correct, span), start)


def table_draft(start: Span) -> Draft:
    def make(draft: Draft, span: Span) -> Table:
        rows = draft.rows or [[]]
        if draft.blocks:
            rows[-1].append(tuple(draft.blocks))
        rows = [row for row in rows if any(row)]
        return Table(tuple(map(tuple, rows)), span)

    return Draft(make, start)


_CASE = re.compile(
    r"[\s*_(]*(?:case|regime|region)s?\b[\s*_]*(?:[(]?(?:\d+|[ivx]+|[a-c])\b[).]?)?[\s*_.:,-]*(?:if|for|when|where)?[\s*_]*",
    re.IGNORECASE,
)
_BOUND = re.compile(r"[\s*_]*(?:[(]?(?:\d+|[ivx]+|[a-c])[).])?[\s*_.:,-]*(?:if|for|when|where)?[\s*_]*", re.IGNORECASE)
_CASE_END = re.compile(r"[\s*_]*(?:[:.]|\Z)")
_CONDITION = re.compile(r"[=<>≤≥≠∈]|\\(?:[lg]eq?|neq?|in|[lg]t)(?![A-Za-z])")
_ATOMIC = re.compile(r"\s*-?\\?\w+(?:_\w|_\{\w+\})?\s*(?:[=<>≤≥≠]|\\[a-z]+(?![A-Za-z]))\s*-?\\?\w+(?:_\w|_\{\w+\})?\s*")
_INEQUALITY = re.compile(r"[<>≤≥≠]|\\(?:[lg]eq?|neq?|[lg]t)(?![A-Za-z])")


def case_in(pieces: Sequence[Piece], *, title: bool = False) -> tuple[Formula, int] | None:
    """The condition of a case that some text opens with ("**Case 1: $i = j$.**"), and how many pieces say so."""
    k = int(bool(pieces) and isinstance(pieces[0], Words))
    words = pieces[0].text if k else ""
    f = pieces[k] if len(pieces) > k else None
    if not isinstance(f, Formula) or f.display or not _CONDITION.search(f.text):
        return None
    after = pieces[k + 1].text if len(pieces) > k + 1 else ""
    if not _CASE_END.match(after) or (title and after.strip(" *_.:\n")):
        return None
    if "." in words and not (title or _ATOMIC.fullmatch(f.text)):
        return None  # "Case 2. $|x| = x$." may claim
    bounds = _BOUND.fullmatch(words) and _INEQUALITY.search(f.text) and (title or ":" in after[:3])
    return (f, k + 1) if _CASE.fullmatch(words) or bounds else None
