"""Markdown to outlines, as far as mathematics needs it: headings, lists, tables, code, comments, formulas.

Blocks are found line by line; a line inside a display is never taken for a list item or a heading.  What stands in
code or in invisible HTML is no mathematics.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace

from symderive.reading.documents.displays import DISPLAYS, make_formula
from symderive.reading.documents.latex import open_heading
from symderive.reading.documents.latex_tokens import Stream, tokens_of
from symderive.reading.documents.macros import DEFINERS, Budget, Macros, TooLarge, define, expanded
from symderive.reading.documents.outline import (
    Builder,
    Formula,
    Piece,
    Remark,
    Verbatim,
    choice_draft,
    choices_draft,
    item_draft,
    list_draft,
    table_draft,
)
from symderive.reading.documents.source import Message, Source, Span, Spelled, Token, spell

_LINE = re.compile(r"([^\r\n]*)(\r\n?|\n|\Z)")
_QUOTE = re.compile(r"(?: {0,3}> ?)+")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*([^`\r\n]*)$")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_ITEM = re.compile(r"([ \t]*)([-*+]|\d{1,9}[.)]|\([A-Za-z0-9]{1,4}\))(?:[ \t]+|$)(\[[ xX]\][ \t]+)?")
_TABLE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_SHOWN = "|".join(DISPLAYS)
_OPENER = re.compile(rf"(`+)|\\\\?\[|\$\$|\\begin\{{((?:{_SHOWN})\*?)\}}|\\[$\\]")
_HIDDEN = re.compile(
    r"<(\w+)\b[^<>]{0,300}?(?:display:\s*none|visibility:\s*hidden|color:\s*(?:white|#fff(?:fff)?)\b|\shidden\b)[^<>]{0,300}>",
    re.IGNORECASE,
)
_INLINE = re.compile(
    rf"""
  (?P<code>`+)
| (?P<comment><!--)
| (?P<math>\$\$|\$|\\\\?[(\[]|\\begin\{{(?:{_SHOWN})\*?\}})
| (?P<escape>\\[^A-Za-z0-9\s])
| (?P<tag></?[A-Za-z][^<>\n]{{0,300}}>)
| (?P<image>!\[[^\[\]]*\]\([^()\n]*\))
| (?P<link>\[(?=[^\[\]]*\]\()|\]\([^()\n]*\))
| (?P<stress>\*+|(?<![A-Za-z0-9])_+(?=\S)|(?<=\S)_+(?![A-Za-z0-9]))
| (?P<entity>&(?:[A-Za-z]{{2,20}}|\#[0-9]{{1,7}});)
| (?P<blank>\s*\n\s*|[ \t\xa0]{{2,}}|[\t\xa0])
| (?P<nothing>[\u200b-\u200d\u2060\ufeff\xad])
""",
    re.VERBOSE,
)
_DOLLARS = re.compile(r"\\.|\$\$?", re.DOTALL)
_MONEY = re.compile(
    r"\$\d[\d.,]*(?:[ \t]*(?:million|billion|[kKM])\b)?"
    r"(?:[ \t\n]+[(\['“\x22]?[A-Za-z]{2,}|[.,;:!?)]\s|[.,;)]?[ \t\n]*$)"
)
_SD = re.compile(r"\s*sd:\s*", re.IGNORECASE)
_MOST_HIDDEN = 100


@dataclass
class _OpenList:
    """A list being read: where its markers and its text stand, and how many nodes are open in it."""

    marker: int
    text: int
    kind: str
    depth: int


class MarkdownReader:
    """Reads Markdown into a builder.

    Args:
        builder: takes the outline.
        report: takes what is wrong.
        macros: in force; definitions are added.
    """

    def __init__(self, builder: Builder, report: Callable[[Message], None], macros: Macros) -> None:
        self.builder, self.report, self.macros = builder, report, macros
        self.budget = Budget()
        self.lists: list[_OpenList] = []
        self.paragraph: list[Token] = []
        self.source = Source("", "")
        self.doubles: list[int] = []
        self.dollar = -1
        self.fence: tuple[str, int, str] | None = None
        self.math = ""
        self.blank = True
        self.table = False
        self.searches = 0

    def read(self, source: Source) -> None:
        """Read a text; what was open before is closed, except sections."""
        self.source = source
        self.dollar = -1
        self.doubles = [found.start() for found in re.finditer(r"(?<!\\)\$\$", source.text)]
        self.blank = True
        at = self._front_matter()
        while at < len(source.text):
            found = _LINE.match(source.text, at)
            if found is None:
                break
            at = self._line(found.start(1), found.end(1), found.end())
        if self.fence:
            mark, start, _ = self.fence
            self._say("unclosed-code", start, start + len(mark), f"this block of code is never closed by {mark}")
            self.builder.block(Verbatim("code", Span(source, start, len(source.text))))
            self.fence = None
        self._end_paragraph()
        self._close_lists(-1)

    def finish(self) -> None:
        self._end_paragraph()

    def _say(self, code: str, start: int, end: int, text: str, advice: str = "") -> None:
        self.report(Message(code, Span(self.source, start, end), text, advice))

    def _front_matter(self) -> int:
        text = self.source.text
        if not re.match(r"---[ \t]*[\r\n]", text):
            return 0
        found = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE).search(text.replace("\r", "\n"), 4)
        if not found:
            return 0
        self.builder.block(Verbatim("front matter", Span(self.source, 0, found.end())))
        return found.end()

    # Lines

    def _line(self, at: int, end: int, after: int) -> int:
        """Read the line from ``at`` to ``end``; where to go on."""
        text = self.source.text
        if not self.math and (quote := _QUOTE.match(text, at, end)):
            at = quote.end()
        elif self.math and (quote := _QUOTE.match(text, at, end)) and not text[at:].startswith(">="):
            at = quote.end() if self.quoted else at
        line = text[at:end]
        self.quoted = bool(quote)
        self.shift = len(quote.group()) - len(quote.group().lstrip()) if quote else 0
        if self.fence:
            self._in_fence(line, at, end)
        elif not line.strip():
            if self.math and self._ends_later(at):
                self._add(at, end)
            else:
                self._end_paragraph()
            self.blank = True
        elif self.math:
            self._add(at, end)
        elif (hole := self._hole(line, at)) is not None:
            start, stop = hole
            if text[at:start].strip():
                self._block(at, start)
            rest = _LINE.match(text, stop)
            return rest.end() if rest and not rest[1].strip() else max(stop, at + 1)
        else:
            self._block(at, end)
        return after

    quoted = False
    shift = 0

    def _in_fence(self, line: str, at: int, end: int) -> None:
        mark, start, info = self.fence or ("", 0, "")
        stripped = line.strip()
        if len(stripped) >= len(mark) and stripped == mark[0] * len(stripped):
            self.fence = None
            if info.strip() == "math":
                body = self.source.text[start:at]
                inner = start + len(body.split("\n", 1)[0]) + 1
                token = Token(self.source.text[inner:at], self.source, inner, at)
                self._formula(spell([token]), Span(self.source, start, end), None, display=True)
            else:
                self.builder.block(Verbatim("code", Span(self.source, start, end)))

    def _hole(self, line: str, at: int) -> tuple[int, int] | None:
        """A comment or invisible element that starts in this line and is not a matter of one line: where it is."""
        text = self.source.text
        start = line.find("<!--")
        if start >= 0 and line.count("`", 0, start) % 2 == 0 and line.find("-->", start) < 0:
            end = text.find("-->", at + start) if self.searches < _MOST_HIDDEN else -1
            self.searches += end < 0
            if end < 0:
                self._say("unclosed-comment", at + start, at + start + 4, "this comment is never closed by -->")
                return at + start, at + len(line)
            self._remark(at + start, end + 3)
            return at + start, end + 3
        found = _HIDDEN.search(line) if "<" in line else None
        if not found or self.searches >= _MOST_HIDDEN:
            return None
        depth = 0
        for tag in re.compile(rf"<(/?){re.escape(found[1])}\b", re.IGNORECASE).finditer(text, at + found.start()):
            depth += -1 if tag[1] else 1
            if not depth:
                stop = text.find(">", tag.end())
                return at + found.start(), (stop + 1 if stop >= 0 else tag.end())
        self.searches += 1
        self._say("unclosed-element", at + found.start(), at + found.end(), f"<{found[1]}> is never closed")
        return None

    def _block(self, at: int, end: int) -> None:
        """Read a line outside of code and displays."""
        line = self.source.text[at:end]
        indent = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip()) + self.shift
        blank, self.blank = self.blank, False
        if blank and not self._is_item(line, indent):
            self._close_lists(indent)
        if fence := _FENCE.match(line):
            self._end_paragraph()
            self.fence = (fence[1], at + fence.start(1), fence[2])
        elif heading := _HEADING.match(line):
            self._end_paragraph()
            self._close_lists(-1)
            inner = Token(heading[2] or "", self.source, at + max(heading.start(2), 0), at + max(heading.end(2), 0))
            self._heading(Span(self.source, at, end), len(heading[1]), spell([inner]))
        elif self.paragraph and not self.lists and (under := _UNDERLINE.match(line)):
            title = spell(self.paragraph)
            self.paragraph = []
            self._heading(title.span().to(Span(self.source, at, end)), 1 if under[1][0] == "=" else 2, title)
        elif _RULE.match(line) and not self.table:
            self._end_paragraph()
        elif self._is_item(line, indent):
            self._item(line, at, end, indent)
        elif self.table or self._is_table(line, end):
            self._table_row(line, at, end)
        elif blank and indent >= 4 and not self.lists and not self.paragraph:
            self._code_line(at, end)
            self.blank = True
        else:
            self._add(at + len(line) - len(line.lstrip()), end)

    def _heading(self, span: Span, level: int, title: Spelled) -> None:
        pieces = self._pieces(title)
        open_heading(self.builder, span, level + 1, pieces)

    def _code_line(self, at: int, end: int) -> None:
        blocks = self.builder.stack[-1].blocks
        last = blocks[-1] if blocks else None
        start = at
        if (
            isinstance(last, Verbatim)
            and last.environment == "code"
            and not self.source.text[last.span.end : at].strip()
        ):
            start = blocks.pop().span.start
        self.builder.block(Verbatim("code", Span(self.source, start, end)))

    # Lists and tables

    def _is_item(self, line: str, indent: int) -> bool:
        found = _ITEM.match(line)
        if not found:
            return False
        if self.lists:
            return True
        return indent < 4 and (not self.paragraph or found[2] in "-*+" or found[2][:2] in {"1.", "1)"})

    def _item(self, line: str, at: int, end: int, indent: int) -> None:
        self._end_paragraph()
        found = _ITEM.match(line)
        if found is None:
            return
        kind = "checkboxes" if found[3] else "itemize" if found[2] in "-*+" else "enumerate"
        while self.lists and indent < self.lists[-1].marker:
            self._close_list()
        if self.lists and indent < self.lists[-1].text and self.lists[-1].kind != kind:
            self._close_list()
        start = Span(self.source, at + found.start(2), at + found.end(2))
        if not self.lists or indent >= self.lists[-1].text:
            draft = choices_draft(kind, start) if kind == "checkboxes" else list_draft(kind, start)
            if not self.builder.open(draft):
                self._add(at + found.end(), end)
                return
            self.lists.append(_OpenList(indent, 0, kind, len(self.builder.stack)))
        here = self.lists[-1]
        here.marker, here.text = indent, len(line[: found.end(2)].expandtabs(4)) + 1
        self.builder.close_to(here.depth)
        if kind == "checkboxes":
            self.builder.open(choice_draft(start, correct="x" in (found[3] or "").lower()))
        else:
            number = Token(found[2], self.source, start.start, start.end)
            self.builder.open(item_draft(start, self._pieces(spell([number])) if kind == "enumerate" else ()))
        if at + found.end() < end:
            rest = self.source.text[at + found.end() : end]
            self.blank = True
            self._block(at + found.end(), end) if _ITEM.match(rest) or _FENCE.match(rest) else self._add(
                at + found.end(), end
            )
            self.blank = False

    def _close_list(self) -> None:
        self._end_paragraph()
        self.builder.close_to(self.lists.pop().depth - 1)

    def _close_lists(self, indent: int) -> None:
        """Close the lists to which a line so far to the right cannot belong; all of them for -1."""
        while self.lists and (indent < 0 or indent < min(self.lists[-1].text, self.lists[-1].marker + 2)):
            self._close_list()

    def _is_table(self, line: str, end: int) -> bool:
        if "|" not in line or self.paragraph:
            return False
        after = _LINE.match(self.source.text, end)
        following = _LINE.match(self.source.text, after.end()) if after and after[2] else None
        return bool(following and "|" in following[1] and _TABLE.match(following[1]))

    def _table_row(self, line: str, at: int, end: int) -> None:
        if not self.table:
            self.builder.open(table_draft(Span(self.source, at, end)))
            self.table = True
        if _TABLE.match(line):
            return
        stripped = line.strip()
        start = at + line.index(stripped) + stripped.startswith("|")
        cells, cell = [], start
        dollar = False
        for index in range(start, end):
            character = self.source.text[index]
            escaped = self.source.text[index - 1] == "\\"
            dollar ^= character == "$" and not escaped
            if character == "|" and not escaped and not dollar:
                cells.append((cell, index))
                cell = index + 1
        if self.source.text[cell:end].strip():
            cells.append((cell, end))
        self.builder.stack[-1].rows.append([])
        for first, last in cells:
            self._inline(spell([Token(self.source.text[first:last], self.source, first, last)]))
            self.builder.end_cell()

    # Paragraphs

    def _add(self, at: int, end: int) -> None:
        """Add a line to the paragraph and see whether it leaves a display open."""
        if self.paragraph:
            self.paragraph.append(Token("\n", self.source, max(0, at - 1), at, exact=False))
        line = self.source.text[at:end]
        self.paragraph.append(Token(line, self.source, at, end))
        place = 0
        while place <= len(line):
            if self.math:
                stop = line.find(self.math, place)
                if stop < 0:
                    return
                place, self.math = stop + len(self.math), ""
                continue
            found = _OPENER.search(line, place)
            if not found:
                return
            place = found.end()
            if found[1]:
                stop = line.find(found[1], place)
                place = stop + len(found[1]) if stop >= 0 else place
            elif found[2]:
                self.math = f"\\end{{{found[2]}}}"
            elif found.group() == "$$":
                self.math = "$$"
            elif found.group().endswith("["):
                self.math = found.group().replace("[", "]")

    def _ends_later(self, at: int) -> bool:
        """Whether a display goes on behind the blank line at ``at``.

        One between ``$$`` does if the text pairs up from there on and there is no other formula in between.
        """
        if self.math == "$$":
            index = bisect_left(self.doubles, at)
            left = len(self.doubles) - index
            if left and self.dollar < at:
                self.dollar = self.source.text.find("$", at)
            return left % 2 == 1 and self.dollar == self.doubles[index]
        if not self.math.startswith("\\end{") or self.searches >= _MOST_HIDDEN:
            return False
        text = self.source.text
        begin = text.find(self.math.replace("\\end", "\\begin"), at)
        end = text.find(self.math, at) if begin < 0 else text.find(self.math, at, begin)
        self.searches += end < 0
        return end >= 0

    def _end_paragraph(self) -> None:
        if self.table:
            self.builder.end_paragraph()
            self.builder.close()
            self.table = False
        self.math = ""
        if self.paragraph:
            spelled = spell(self.paragraph)
            self.paragraph = []
            self._inline(spelled)
        self.builder.end_paragraph()

    def _pieces(self, spelled: Spelled) -> tuple[Piece, ...]:
        """A text as pieces, apart from the paragraph that is open."""
        outer, self.builder = self.builder, Builder(spelled.span())
        self._inline(spelled)
        pieces = self.builder.take_pieces()
        self.builder = outer
        return pieces

    def _remark(self, start: int, end: int) -> None:
        """The sentence in a comment, if it is for us."""
        inner = self.source.text[start + 4 : end - 3]
        if found := _SD.match(inner):
            at = start + 4 + found.end()
            pieces = self._pieces(spell([Token(self.source.text[at : end - 3], self.source, at, end - 3)]))
            if pieces:
                self.builder.aside(Remark(pieces, Span(self.source, start, end)))

    def _inline(self, spelled: Spelled) -> None:
        """Words and formulas of a paragraph."""
        if any(name in spelled.text for name in DEFINERS):
            spelled = self._definitions(spelled)
        text, tokens = spelled.text, _Cutter(spelled)
        dollars = [found.span() for found in _DOLLARS.finditer(text) if found.group()[0] == "$"]
        ticks = [found.span() for found in re.finditer("`+", text)]
        last: dict[str, int] = {}
        at = 0
        while found := _INLINE.search(text, at):
            start, end = found.span()
            tokens.words(self.builder, at, start)
            kind, seen = found.lastgroup, found.group()
            at = end
            if kind == "code":
                at = self._code(tokens, ticks, start, end)
            elif kind == "math":
                at = self._math(spelled, dollars, last, start, end)
            elif kind == "comment":
                stop = text.find("-->", end)
                at = stop + 3 if stop >= 0 else end
                place = spelled.span(start, at)
                if stop >= 0:
                    self._remark(place.start, place.end)
            elif kind == "escape":
                tokens.words(self.builder, start + 1, end)
            elif kind == "stress":
                if not re.match(r"\s", text[start - 1 : start] or " ") or not re.match(
                    r"\s", text[end : end + 1] or " "
                ):
                    continue
                tokens.words(self.builder, start, end)
            elif kind == "entity":
                self.builder.words(tokens.token(start, end).instead(html.unescape(seen)))
            elif kind in {"blank", "tag"} and (kind == "blank" or seen.lower().startswith("<br")):
                self.builder.words(tokens.token(start, end).instead(" "))
        tokens.words(self.builder, at, len(text))

    def _code(self, tokens: _Cutter, ticks: list[tuple[int, int]], start: int, end: int) -> int:
        index = bisect_left(ticks, (end, 0))
        for first, last in ticks[index : index + 50]:
            if last - first == end - start:
                tokens.words(self.builder, end, first)
                return last
        tokens.words(self.builder, start, end)
        return end

    def _definitions(self, spelled: Spelled) -> Spelled:
        """Take the definitions that stand outside of formulas."""
        stream = Stream()
        stream.push(tokens_of(spelled))
        kept: list[Token] = []
        dollars = 0
        while (token := stream.next()) is not None:
            dollars ^= token.text in {"$", "$$", "\\[", "\\]"}
            if token.text in DEFINERS and not dollars:
                define(stream, token, self.macros, self.report)
            else:
                kept.append(token)
        return spell(kept) if kept else spelled[:0]

    def _math(
        self, spelled: Spelled, dollars: list[tuple[int, int]], last: dict[str, int], start: int, end: int
    ) -> int:
        """Read the formula whose opening delimiter stands from ``start`` to ``end``; where to go on."""
        text, opener = spelled.text, spelled.text[start:end]
        name = opener[7:-1] if opener.startswith("\\begin{") else None
        display = opener != "$" and not opener.endswith("(")
        if opener[0] == "$":
            if opener == "$$" and text[end : end + 1] == "$":
                return end
            index = bisect_left(dollars, (end, 0))
            stop = -1
            if index < len(dollars):
                first, after = dollars[index]
                if opener == "$":
                    stop, after = first, first + 1
                else:
                    pair = next((d for d in dollars[index : index + 50] if d[1] - d[0] == 2), None)
                    stop, after = pair or (-1, -1)
            if opener == "$" and self._is_money(text, start, stop):
                self.builder.words(_Cutter(spelled).token(start, end))
                return end
        else:
            closer = f"\\end{{{name}}}" if name else opener.replace("(", ")").replace("[", "]")
            if closer not in last:
                last[closer] = text.rfind(closer)
            stop = text.find(closer, end) if last[closer] >= end else -1
            after = stop + len(closer)
        place = spelled.span(start, end)
        closed = stop >= 0
        if not closed:
            told = f"{opener} is not closed in this paragraph"
            self._say("unclosed-math", place.start, place.end, told, "A formula ends at a blank line at the latest.")
            stop = after = len(text)
        body = spelled[end:stop]
        if opener == "$" and body.text[:1] == body.text[-1:] == "`" and len(body.text) > 1:
            body = body[1:-1]
        self._formula(body, spelled.span(start, after), name, display=display, closed=closed)
        return after

    @staticmethod
    def _is_money(text: str, start: int, stop: int) -> bool:
        """Whether a dollar is a price: a number and a word follow, and the next dollar cannot close a formula."""
        if not _MONEY.match(text, start):
            return stop < 0 and text[start + 1 : start + 2].isdigit()
        return stop < 0 or text[stop - 1].isspace() or text[stop + 1 : stop + 2].isdigit()

    def _formula(self, body: Spelled, span: Span, name: str | None, *, display: bool, closed: bool = True) -> None:
        tokens = tokens_of(body)
        defines = any(token.text in DEFINERS for token in tokens)
        try:
            tokens = expanded(tokens, self.macros, self.budget)
        except TooLarge as large:
            text = f"the macro \\{large.name} expands without end, or to very much"
            self.report(Message("macro-limit", span, text, "It is left as it stands."))
        if defines and not "".join(token.text for token in tokens).strip():
            return
        formula: Formula = make_formula(
            tokens, name, span, display=display, prose=lambda given: self._pieces(spell(given))
        )
        self.builder.formula(formula if closed else replace(formula, closed=False))


class _Cutter:
    """Cuts words out of a text, one token for each of its runs."""

    def __init__(self, spelled: Spelled) -> None:
        self.spelled = spelled

    def token(self, start: int, end: int) -> Token:
        source, first, last = self.spelled.span(start, end)
        return Token(self.spelled.text[start:end], source, first, last, exact=last - first == end - start)

    def words(self, builder: Builder, start: int, end: int) -> None:
        if start < end:
            for token in self.spelled[start:end].tokens():
                builder.words(token)
