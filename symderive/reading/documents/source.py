"""Texts, places in them, and text that remembers where it came from.

A place is an offset into the text as it was read, line ends and all; lines and columns are computed from it
when someone asks.  Nothing here knows LaTeX.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

_BREAK = re.compile(r"\r\n?|\n")
_TAB = 4
_WIDEST = 150


@dataclass(frozen=True)
class Source:
    """A file, a cell of a notebook or a string.

    Attributes:
        path: the name to print; need not exist.
        text: characters as read, line ends untouched.
        cell: number of the notebook cell, from 1.
    """

    path: str
    text: str
    cell: int | None = None

    def __repr__(self) -> str:
        return f"Source({self.name!r}, {len(self.text)} characters)"

    @property
    def name(self) -> str:
        return self.path if self.cell is None else f"{self.path}:cell {self.cell}"

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _BREAK.finditer(self.text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1; columns count characters."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its line end."""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def caret(self, span: Span) -> str:
        """The first line of a span, and under it carets; two lines, tabs expanded, wide characters allowed for."""
        line, column = span.line, span.column - 1
        text = self.line(line)
        stop = span.end_column - 1 if span.end_line == line else len(text)
        begin = max(0, column - _WIDEST // 2) if len(text) > _WIDEST else 0
        shown, before, under = "", 0, 0
        for index, character in enumerate(text[begin : begin + _WIDEST], start=begin):
            drawn, width = _drawn(character, before + under if index >= column else before)
            shown += drawn
            if index < column:
                before += width
            elif index < stop:
                under += width
        return f"{shown}\n{' ' * before}{'^' * max(1, under)}"


def _drawn(character: str, at: int) -> tuple[str, int]:
    """A character as a terminal shows it, and how many columns it takes."""
    if character == "\t":
        width = _TAB - at % _TAB
        return " " * width, width
    category = unicodedata.category(character)
    if category in ("Mn", "Me"):
        return character, 0
    if category.startswith("C") or category in ("Zl", "Zp"):
        return "\ufffd", 1
    return character, 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Span(NamedTuple):
    """A stretch of a source, as offsets, the end excluded."""

    source: Source
    start: int
    end: int

    def __repr__(self) -> str:
        return f"Span({self.source.name}:{self.line}:{self.column}-{self.end_line}:{self.end_column})"

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        return self.source.place(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.place(self.start)[1]

    @property
    def end_line(self) -> int:
        return self.source.place(self.end)[0]

    @property
    def end_column(self) -> int:
        return self.source.place(self.end)[1]

    def caret(self) -> str:
        return self.source.caret(self)

    def to(self, other: Span) -> Span:
        """From here to the end of another span; this one if they lie in different sources."""
        if other.source is not self.source:
            return self
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))


class Token(NamedTuple):
    """A bit of text with its origin.

    ``exact``: the characters stand in the source at ``start``, ``start + 1``, ….  Otherwise they were put in for
    the stretch from ``start`` to ``end`` (a macro's use, a normalised character).
    """

    text: str
    source: Source
    start: int
    end: int
    exact: bool = True

    @property
    def span(self) -> Span:
        return Span(self.source, self.start, self.end)

    def instead(self, text: str) -> Token:
        """Another text in the place of this one."""
        return Token(text, self.source, self.start, self.end, exact=False)

    def cut(self, start: int, end: int) -> Token:
        """Characters ``start`` to ``end`` of the text."""
        if self.exact:
            return Token(self.text[start:end], self.source, self.start + start, self.start + end)
        return Token(self.text[start:end], self.source, self.start, self.end, exact=False)


class Run(NamedTuple):
    """Characters of a `Spelled` from position ``at`` on that have one origin; fields as in `Token`."""

    at: int
    source: Source
    start: int
    end: int
    exact: bool


@dataclass(frozen=True)
class Spelled:
    """Text after expansion and normalisation; each character knows its origin.  Slices and sums keep the origins."""

    text: str
    runs: tuple[Run, ...]

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Spelled({self.text!r})"

    def __len__(self) -> int:
        return len(self.text)

    def __getitem__(self, part: slice) -> Spelled:
        start, end, _ = slice(part.start, part.stop).indices(len(self.text))
        end = max(start, end)
        if len(self.runs) == 1 and self.runs[0].exact:
            _, source, begin, _, _ = self.runs[0]
            return Spelled(self.text[start:end], (Run(0, source, begin + start, begin + end, exact=True),))
        first, last = self._runs(start, end)
        runs = []
        for index in range(first, last):
            at, source, begin, stop, exact = self.runs[index]
            if exact:
                length = (self.runs[index + 1].at if index + 1 < len(self.runs) else len(self.text)) - at
                begin, stop = begin + max(0, start - at), begin + min(length, end - at)
            runs.append(Run(max(0, at - start), source, begin, stop, exact))
        return Spelled(self.text[start:end], tuple(runs))

    def __add__(self, other: Spelled) -> Spelled:
        return spell([*self.tokens(), *other.tokens()])

    def _runs(self, start: int, end: int) -> tuple[int, int]:
        """The runs that hold the characters from ``start`` to ``end``, as a range of indices, never empty."""
        first = max(0, bisect_right(self.runs, start, key=lambda run: run.at) - 1)
        last = bisect_right(self.runs, max(start, end - 1), key=lambda run: run.at)
        return first, max(last, first + 1)

    def tokens(self) -> Iterable[Token]:
        """The runs with their texts."""
        for index, (at, source, start, end, exact) in enumerate(self.runs):
            stop = self.runs[index + 1].at if index + 1 < len(self.runs) else len(self.text)
            yield Token(self.text[at:stop], source, start, end, exact)

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """Where the characters from ``start`` to ``end`` stand; the smallest stretch of the first one's source."""
        end = len(self.text) if end is None else end
        if len(self.runs) == 1:
            _, source, begin, stop, exact = self.runs[0]
            return Span(source, begin + start, begin + end) if exact else Span(source, begin, stop)
        part = self[start:end]
        source = part.runs[0].source
        mine = [run for run in part.runs if run.source is source]
        return Span(source, min(run.start for run in mine), max(run.end for run in mine))

    @property
    def origins(self) -> list[int]:
        """For each character the offset in its source."""
        out: list[int] = []
        for text, _, start, _, exact in self.tokens():
            out += range(start, start + len(text)) if exact else [start] * len(text)
        return out

    def strip(self) -> Spelled:
        """Without blanks at either end."""
        if len(self.text.strip()) == len(self.text):
            return self
        start = len(self.text) - len(self.text.lstrip())
        return self[start : max(start, len(self.text.rstrip()))]


def spell(tokens: Iterable[Token]) -> Spelled:
    """Tokens put together.  There must be at least one; it may be empty and then says where the empty text stands."""
    texts: list[str] = []
    runs: list[Run] = []
    place: Token | None = None
    at = here = begin = stop = 0  # the run that is open starts at `here` in the text
    origin: Source | None = None
    verbatim = True
    for token in tokens:
        text, source, start, end, exact = token
        place = place or token
        if not text:
            continue
        if source is origin and exact is verbatim and (start == stop if exact else (start, end) == (begin, stop)):
            stop = end
        else:
            if origin is not None:
                runs.append(Run(here, origin, begin, stop, verbatim))
            here, origin, begin, stop, verbatim = at, source, start, end, exact
        texts.append(text)
        at += len(text)
    if origin is not None:
        runs.append(Run(here, origin, begin, stop, verbatim))
    elif place:
        runs.append(Run(0, place.source, place.start, place.start, exact=True))
    return Spelled("".join(texts), tuple(runs))


@dataclass(frozen=True)
class Message:
    """What is wrong with a document, where, and what to do.

    Attributes:
        code: stable, for programs: ``unclosed-math``, ``stray-end``, ``input-refused`` ….
        span: the place.
        text: a sentence.
        advice: what to write instead; may be empty.
        severity: an error means that something could not be read.
    """

    code: str
    span: Span
    text: str
    advice: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        head = (
            f"{self.span.source.name}:{self.span.line}:{self.span.column}: {self.severity}: {self.text} [{self.code}]"
        )
        lines = [head, *(f"  {line}" for line in self.span.caret().split("\n"))]
        return "\n".join([*lines, f"  {self.advice}"] if self.advice else lines)
