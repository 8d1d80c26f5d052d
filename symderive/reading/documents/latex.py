"""LaTeX files to outlines: sections, exam questions, theorem environments, lists, choices, solutions, formulas.

One pass over the tokens, no recursion over the nesting of the document; whatever is left open is closed with a
message where the structure around it ends.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from symderive.reading.documents.displays import DISPLAYS, TEXTS, hide, make_formula
from symderive.reading.documents.latex_tables import (
    ACCENTS,
    CHOICES,
    CLEAR,
    DROPPED,
    HEADINGS,
    LISTS,
    PART,
    QUESTION,
    QUESTIONS,
    REFERENCES,
    SERIES,
    SOLUTIONS,
    SPOKEN,
    TABLES,
    UNITS,
    VERBATIM,
)
from symderive.reading.documents.latex_tokens import Stream, environment, is_blank_line, joined
from symderive.reading.documents.macros import (
    DEFINERS,
    Budget,
    Macros,
    TooLarge,
    define,
    expanded,
    replacement,
    writes_structure,
)
from symderive.reading.documents.outline import (
    Builder,
    Paragraph,
    Piece,
    Remark,
    Unit,
    Verbatim,
    Words,
    case_in,
    choice_draft,
    choices_draft,
    item_draft,
    list_draft,
    solution_draft,
    table_draft,
    unit_draft,
)
from symderive.reading.documents.source import Message, Source, Span, Token, spell

MOST_MESSAGES = 100
MOST_OPEN = 1000
MOST_FILES = 200
MOST_PROSE = 4
LONGEST_NAME = 500
LONGEST_VERB = 1000

_SD = re.compile(r"%+[ \t]*sd:[ \t]*", re.IGNORECASE)
_BEGIN_DOCUMENT = re.compile(r"(?:\A|[\r\n])[^%\r\n]*\\begin[ \t]*\{document\}")
_BREAK = re.compile(r"[\r\n]")
_URL = re.compile(r"[ \t]*\{[^{}\r\n]*\}")
_SOLUTION_TITLE = re.compile(
    r"(?:(?:sample|model|official)\s+)?(?:solutions?|answers?|proof)\b(?:\s+(?:of|to|for)\b.{0,60}|[\s\d.:()]*[a-z]?[\s.:)]*)",
    re.IGNORECASE,
)
_UNIT_TITLE = re.compile(r"(question|problem|exercise|part|task)\b", re.IGNORECASE)


def heading_kind(title: str) -> str:
    """What a heading opens: ``solution``, ``question``, ``problem``, ``exercise``, ``part``, or else ``section``."""
    title = title.strip(" *_#:.")
    if _SOLUTION_TITLE.fullmatch(title):
        return "solution"
    found = _UNIT_TITLE.match(title)
    return {"task": "problem"}.get(found[1].lower(), found[1].lower()) if found else "section"


def points(text: str) -> float | None:
    r"""What a question is worth: ``4``, ``2.5``, ``2\half``.

    >>> points("4"), points("2\\half"), points("4 points"), points("")
    (4.0, 2.5, 4.0, None)
    """
    found = re.match(r"\s*(\d+(?:\.\d+)?)?\s*(\\half|½)?", text)
    if not found or not (found[1] or found[2]):
        return None
    return float(found[1] or 0) + (0.5 if found[2] else 0)


@dataclass
class _Open:
    """An open group or environment: its first token and how many nodes were open before it."""

    name: str
    token: Token
    depth: int
    kind: str


class Messages:
    """Messages up to a number; then one that says how many more there were."""

    def __init__(self) -> None:
        self.list: list[Message] = []
        self.more = 0

    def __call__(self, message: Message) -> None:
        if len(self.list) < MOST_MESSAGES:
            self.list.append(message)
        else:
            self.more += 1

    def all(self) -> tuple[Message, ...]:
        if not self.more:
            return tuple(self.list)
        return (
            *self.list,
            Message("too-many", self.list[-1].span, f"{self.more} more messages are left out", "", "warning"),
        )


class LatexReader:
    r"""Reads LaTeX into a builder.

    Args:
        builder: takes the outline.
        report: takes what is wrong.
        macros: in force at the start; definitions are added.
        folder: the files that ``\input`` may read lie in it; None: it may read none.
        bases: folders from which names of files are looked up after that one.
        load: reads a file as text; it raises OSError.
    """

    def __init__(
        self,
        builder: Builder,
        report: Callable[[Message], None],
        macros: Macros,
        folder: Path | None = None,
        load: Callable[[Path], Source] | None = None,
        bases: tuple[Path, ...] = (),
    ) -> None:
        self.builder, self.report, self.macros = builder, report, macros
        self.folder = folder.resolve() if folder else None
        self.load, self.bases = load, bases
        self.budget = Budget()
        self.stream = Stream()
        self.open: list[_Open] = []
        self.count: Counter[str] = Counter()
        self.beyond = 0
        self.items: list[tuple[str, int]] = []
        self.titles: dict[str, str] = {}
        self.exam: bool | None = None
        self.files = 0
        self.uses = 0
        self.prose_depth = 0
        self.preamble = False
        self.done = False
        self.seen: set[Path] = set()

    # Reading

    def read(self, source: Source, *, only_preamble: bool = False, style: bool = False) -> None:
        r"""Read a whole source.  With ``only_preamble``: only definitions, up to ``\begin{document}`` or the end."""
        whole = _BEGIN_DOCUMENT.search(source.text) is not None
        self.preamble = only_preamble or style or whole
        self.stream.push_file(source, style=style)
        self._run(only_preamble=only_preamble or style)
        if not (only_preamble or style):
            self.finish()

    def finish(self) -> None:
        """Close what is open at the end of the text."""
        while self.open:
            self._leave(missing=True)

    def _run(self, *, only_preamble: bool = False) -> None:
        while not self.done and (token := self.stream.next()) is not None:
            if self.preamble:
                if token.text.startswith("\\begin{") and environment(token.text) == "document":
                    if only_preamble:
                        self.stream = Stream()
                        return
                    self.preamble = False
                self._preamble(token)
            else:
                self._token(token)

    def _preamble(self, token: Token) -> None:
        text = token.text
        if text in DEFINERS:
            define(self.stream, token, self.macros, self.report)
        elif text[0] == "%":
            self._comment(token)
        elif text in {"\\usepackage", "\\RequirePackage", "\\documentclass", "\\LoadClass"}:
            self._package(token)
        elif text == "\\newtheorem":
            self._theorem()
        elif text in {"\\input", "\\include", "\\subfile"}:
            self._input(token)
        elif text == "\\iffalse":
            self.stream.skip_conditional()
        elif text.startswith("\\begin{"):
            self._begin(token) if environment(text) == "document" else self._verbatim(token)

    def _token(self, token: Token) -> None:
        first = token.text[0]
        if first == "\\":
            self._command(token)
        elif first == "$":
            self._math(token, token.text, display=token.text == "$$")
        elif first == "%":
            self._comment(token)
        elif first == "{":
            self._enter("{", token, "group")
        elif first == "}":
            self._close_group(token)
        elif first in "\r\n":
            if is_blank_line(token.text):
                self.builder.end_paragraph()
            else:
                self.builder.words(token.instead(" "))
        elif first == "~":
            self.builder.words(token.instead(" "))
        elif first == "&" and self.builder.stack[-1].make.__qualname__.startswith("table_draft"):
            self.builder.end_cell()
        else:
            self._words(token)

    def _words(self, token: Token) -> None:
        """Prose, with runs of blanks collapsed and invisible characters dropped."""
        text = token.text
        if "  " not in text and "\t" not in text and text.isascii():
            self.builder.words(token)
            return
        at = 0
        for found in re.finditer(r"[ \t\xa0]*[\t\xa0][ \t\xa0]*| {2,}|[\u200b-\u200d\u2060\ufeff\xad]", text):
            if found.start() > at:
                self.builder.words(token.cut(at, found.start()))
            if found.group()[0] in " \t\xa0":
                self.builder.words(token.cut(*found.span()).instead(" "))
            at = found.end()
        if at < len(text):
            self.builder.words(token.cut(at, len(text)))

    # Groups and environments

    def _enter(self, name: str, token: Token, kind: str) -> None:
        if len(self.open) >= MOST_OPEN:
            if not self.beyond:
                self.builder.too_deep = self.builder.too_deep or token.span
            self.beyond += 1
            return
        self.open.append(_Open(name, token, len(self.builder.stack), kind))
        self.count[name] += 1

    def _leave(self, *, missing: bool = False) -> None:
        """Close the innermost group or environment."""
        entry = self.open.pop()
        self.count[entry.name] -= 1
        if entry.kind in {"list", "choices"} and self.items:
            self.items.pop()
        if entry.kind != "group":
            self.builder.close_to(entry.depth)
        if missing and entry.name == "{":
            self._say("unclosed-brace", entry.token, "this brace is never closed", "Write } where the group ends.")
        elif missing and entry.name != "document":
            self._say("unclosed-environment", entry.token, f"{entry.token.text} has no \\end{{{entry.name}}}")

    def _say(self, code: str, token: Token, text: str, advice: str = "", *, warning: bool = False) -> None:
        self.report(Message(code, token.span, text, advice, "warning" if warning else "error"))

    def _close_group(self, token: Token) -> None:
        if self.beyond:
            self.beyond -= 1
        elif self.open and self.open[-1].name == "{":
            self._leave()
        elif not self.prose_depth:
            self._say("stray-brace", token, "this brace closes nothing", "Write \\} for the character.")

    def _end(self, token: Token) -> None:
        name = environment(token.text)
        if self.beyond:
            self.beyond -= 1
            return
        if not self.count[name]:
            begun = f"the open environment is {self.open[-1].name}" if self.open and self.open[-1].name != "{" else ""
            self._say("stray-end", token, f"{token.text} without \\begin{{{name}}}" + (f"; {begun}" if begun else ""))
            return
        self.builder.end_paragraph()
        self.builder.reached(token)
        while self.open[-1].name != name:
            self._leave(missing=True)
        self._leave()
        self.done = name == "document"

    def _begin(self, token: Token) -> None:
        name = environment(token.text)
        base = name.rstrip("*")
        if base in DISPLAYS:
            self._math(token, f"\\end{{{name}}}", display=base != "math", name=name)
        elif base in VERBATIM:
            if not self._verbatim(token):
                self._enter(name, token, "clear")
        elif base in SERIES:
            self._arguments("o")
            self._enter(name, token, "series")
        elif base in SOLUTIONS:
            title = self._title(self.stream.option() if SOLUTIONS[base] == "o" else self.stream.group())
            title = () if base.startswith("solution") else title
            self.builder.end_paragraph()
            self._enter(name, token, "solution")
            self.builder.open(solution_draft(name, token.span, title))
        elif base in LISTS or base in CHOICES:
            self.builder.end_paragraph()
            if base in LISTS:
                self.stream.option()
            self._enter(name, token, "list" if base in LISTS else "choices")
            self.items.append(("list" if base in LISTS else "choices", len(self.builder.stack) + 1))
            kind = base.replace("compactitem", "itemize").replace("compactenum", "enumerate")
            self.builder.open(list_draft(kind, token.span) if base in LISTS else choices_draft(base, token.span))
        elif base in TABLES:
            self._arguments(TABLES[base])
            self.builder.end_paragraph()
            self._enter(name, token, "table")
            self.builder.open(table_draft(token.span))
        elif unit := self.titles.get(base) or UNITS.get(base.lower()):
            title = self._title(self.stream.option())
            if base == "frame" and not title:
                title = self._title(self.stream.group())
            self.builder.end_paragraph()
            self._enter(name, token, "unit")
            self.builder.open(unit_draft(unit, token.span, -1, title))
        else:
            self._arguments(CLEAR.get(base, "o"))
            self._enter(name, token, "clear")

    def _arguments(self, form: str) -> None:
        """Take the arguments of a command: s star, o optional, m mandatory."""
        for kind in form:
            if kind == "s":
                self.stream.star()
            elif kind == "o":
                self.stream.option()
            else:
                self.stream.argument()

    def _verbatim(self, token: Token) -> bool:
        """Pass over an environment that is not read; False if its end is missing."""
        name = environment(token.text)
        if name.rstrip("*") not in VERBATIM:
            return False
        file = self.stream.file
        if not token.exact or file is None:
            return False
        ends = _ends(file.source, name)
        index = bisect_left(ends, file.at)
        if index == len(ends) or ends[index] > file.end:
            self._say("unclosed-environment", token, f"{token.text} has no \\end{{{name}}}")
            self.builder.end_paragraph()
            return True
        file.at = ends[index]
        if name != "comment" and not self.preamble:
            self.builder.block(Verbatim(name, Span(token.source, token.start, file.at)))
        return True

    # Commands in prose

    def _command(self, token: Token) -> None:
        text = token.text
        name = text[1:]
        if text.startswith("\\begin{"):
            self._begin(token)
        elif text.startswith("\\end{"):
            self._end(token)
        elif text in {"\\(", "\\["}:
            self._math(token, "\\)" if text == "\\(" else "\\]", display=text == "\\[")
        elif text in {"\\)", "\\]"}:
            self._say("stray-math", token, f"{text} closes no formula")
        elif text in DEFINERS:
            define(self.stream, token, self.macros, self.report)
        elif name in QUESTIONS and not (name == "part" and self._is_heading()):
            self._question(token, *QUESTIONS[name])
        elif name in HEADINGS or name == "part":
            self._heading(token, HEADINGS.get(name, 1))
        elif text in {"\\item", "\\choice", "\\CorrectChoice", "\\correctchoice", "\\wrongchoice"}:
            self._item(token)
        elif name in self.macros:
            self._use(token)
        elif text == "\\label":
            self.builder.label(joined(self.stream.argument() or []))
        elif text == "\\par":
            self.builder.end_paragraph()
        elif text in {"\\\\", "\\tabularnewline"}:
            self._line_break(token)
        elif text in SPOKEN:
            if SPOKEN[text]:
                self.builder.words(token.instead(SPOKEN[text]))
        elif text in ACCENTS:
            self._accent(token)
        elif text in REFERENCES:
            self._reference(token)
        elif text == "\\ensuremath":
            if (group := self.stream.group()) is not None:
                self._add_formula(group, token, None, display=False)
        elif text in {"\\verb", "\\lstinline", "\\mintinline", "\\url", "\\href", "\\path", "\\nolinkurl"}:
            self._raw(token)
        elif text in {"\\footnote", "\\footnotetext"}:
            self._footnote(token)
        elif text in {"\\uplevel", "\\fullwidth"}:
            self._leave_questions()
            self.builder.close_level(PART if text == "\\uplevel" else QUESTION)
        elif text in {"\\input", "\\include", "\\subfile"}:
            self._input(token)
        elif text in {"\\usepackage", "\\documentclass"}:
            self._package(token)
        elif text == "\\newtheorem":
            self._theorem()
        elif text in {"\\caption", "\\frametitle", "\\title"}:
            self._paragraph(token)
        elif text == "\\iffalse":
            if not self.stream.skip_conditional():
                self._say("unclosed-conditional", token, "\\iffalse has no \\fi; what follows is hidden")
        elif hide(self.stream, token):
            pass
        elif name in DROPPED:
            self._arguments(DROPPED[name])
        elif text != "\\":
            self.builder.words(token)
            following = self.stream.next()
            if following is not None:
                self.stream.unread(following)
                if following.text == "{":
                    self.builder.words(token.instead(" "))

    def _use(self, token: Token) -> None:
        """Expand a user macro in prose."""
        macro = self.macros[token.text[1:]]
        self.uses += token.exact
        new = None if macro.name in self.budget.runaways else replacement(self.stream, token, macro)
        if new is None or macro.alias:
            for part in new or [token]:
                self.builder.words(part)
            return
        self.budget.tokens += len(new) + 1
        self._since = 0 if token.exact else self._since + len(new) + 1
        if self._since > 20_000 or self.budget.tokens > 1_000_000:
            self.budget.runaways.add(macro.name)
            self._runaway(token, macro.name)
            return
        self.stream.push(new)

    _since = 0

    def _runaway(self, token: Token, name: str) -> None:
        text = f"the macro \\{name} expands without end, or to very much"
        self._say("macro-limit", token, text, "It is left as it stands.")

    def _is_heading(self) -> bool:
        r"""Whether ``\part`` is a heading of the standard classes here."""
        return self.exam is False and not self.count["parts"] and not self.count["questions"]

    def _leave_questions(self) -> None:
        """Close lists, choices and solutions left open before the next question."""
        last = None
        for index in range(len(self.open) - 1, -1, -1):
            if self.open[index].kind in {"series", "unit"}:
                break
            if self.open[index].kind in {"solution", "list", "choices", "table"}:
                last = index
        while last is not None and len(self.open) > last:
            self._leave(missing=True)

    def _question(self, token: Token, kind: str, level: int) -> None:
        self.stream.star()
        title = self._title(self.stream.group()) if "titled" in token.text else ()
        worth = joined(self.stream.option() or [])
        self._leave_questions()
        self.builder.close_level(level)
        self.builder.open(unit_draft(kind, token.span, level, title, points(worth)))

    def _heading(self, token: Token, level: int) -> None:
        self.stream.star()
        self.stream.option()
        title = self._title(self.stream.argument())
        self._leave_questions()
        open_heading(self.builder, token.span, level, title)

    def _item(self, token: Token) -> None:
        correct = token.text in {"\\CorrectChoice", "\\correctchoice"}
        if not self.items:
            self._say("stray-item", token, f"{token.text} outside of a list", warning=True)
            self.builder.end_paragraph()
            return
        kind, depth = self.items[-1]
        self.builder.close_to(depth)
        if kind == "choices":
            self.stream.option()
            self.builder.open(choice_draft(token.span, correct=correct))
        else:
            label = self._title(self.stream.option())
            self.builder.open(item_draft(token.span, label))

    def _line_break(self, token: Token) -> None:
        self.stream.star()
        self.stream.option()
        if self.builder.stack[-1].make.__qualname__.startswith("table_draft"):
            self.builder.end_cell()
            self.builder.stack[-1].rows.append([])
        else:
            self.builder.words(token.instead(" "))

    def _accent(self, token: Token) -> None:
        letter = self.stream.argument()
        text = joined(letter or []) or " "
        text = {"\\i": "i", "\\j": "j"}.get(text, text)
        end = letter[-1].end if letter and letter[-1].exact else token.end
        place = token._replace(end=max(end, token.end)) if token.exact else token
        self.builder.words(place.instead(unicodedata.normalize("NFC", text[0] + ACCENTS[token.text] + text[1:])))

    def _reference(self, token: Token) -> None:
        self.stream.star()
        self.stream.option()
        names = self.stream.group()
        self.builder.words(token)
        if names is not None:
            self.builder.words(token.instead(f"{{{joined(names)}}}"))

    def _raw(self, token: Token) -> None:
        r"""``\verb|…|`` and addresses: characters are not LaTeX."""
        file = self.stream.file
        if token.text == "\\mintinline":
            self._arguments("om")
        if file is None:
            self.stream.argument()
            return
        text = file.source.text
        if (found := _URL.match(text, file.at)) and token.text != "\\verb":
            start, file.at = found.start(), found.end()
            if token.text == "\\lstinline":
                self.builder.words(Token(text[start : file.at], file.source, start, file.at))
            return
        if token.text in {"\\verb", "\\lstinline", "\\mintinline"}:
            at = file.at + (text[file.at : file.at + 1] == "*")
            mark = text[at : at + 1]
            stop = text.find(mark, at + 1, at + LONGEST_VERB) if mark.strip() else -1
            if stop < 0 or _BREAK.search(text, at, stop):
                self._say("unclosed-verb", token, f"{token.text} is not closed on its line")
                return
            self.builder.words(Token(text[at + 1 : stop], file.source, at + 1, stop))
            file.at = stop + 1

    def _footnote(self, token: Token) -> None:
        self.stream.option()
        pieces = self._title(self.stream.group())
        if pieces:
            self.builder.aside(Paragraph(pieces, token.span.to(pieces[-1].span)))

    def _paragraph(self, token: Token) -> None:
        self.stream.option()
        pieces = self._title(self.stream.group())
        if pieces and token.text != "\\title":
            self.builder.block(Paragraph(pieces, token.span.to(pieces[-1].span)))

    # Comments, files, packages

    def _comment(self, token: Token) -> None:
        found = _SD.match(token.text)
        if not found or not token.exact:
            return
        end = token.start + len(token.text.split("\n")[0].split("\r")[0].rstrip())
        pieces = self._prose_of(lambda stream: stream.push_file(token.source, token.start + found.end(), end))
        if pieces:
            self.builder.aside(Remark(pieces, Span(token.source, token.start, end)))

    def _theorem(self) -> None:
        self.stream.star()
        name = joined(self.stream.group() or [])
        self.stream.option()
        title = joined(self.stream.group() or []).lower()
        self.stream.option()
        word = title.split(" ")[-1] if title else ""
        if name and word.isalpha():
            self.titles[name] = UNITS.get(word, word)

    def _package(self, token: Token) -> None:
        self.stream.option()
        names = joined(self.stream.group() or [])
        self.stream.option()
        if token.text == "\\documentclass":
            self.exam = "exam" in names
        suffix = ".cls" if token.text in {"\\documentclass", "\\LoadClass"} else ".sty"
        for name in names.split(","):
            path = next(filter(Path.is_file, self._inside(name.strip() + suffix)), None) if name.strip() else None
            if path and path not in self.seen and self.files < MOST_FILES:
                self.seen.add(path)
                self.files += 1
                self._definitions(path)

    def _definitions(self, path: Path) -> None:
        if (source := self._load(path)) is None:
            return
        inner = LatexReader(self.builder, self.report, self.macros, self.folder, self.load, self.bases)
        inner.seen, inner.titles = self.seen, self.titles
        inner.read(source, style=path.suffix in {".sty", ".cls"}, only_preamble=True)

    def _inside(self, name: str) -> list[Path]:
        """Where a file may be: paths in the folder of the document, none that leads out of it."""
        if self.folder is None or Path(name).is_absolute() or "\0" in name or len(name) > LONGEST_NAME:
            return []
        try:
            paths = [(base / name).resolve() for base in (self.folder, *self.bases)]
        except (OSError, RuntimeError):
            return []
        return [path for path in paths if path.is_relative_to(self.folder)]

    def _load(self, path: Path) -> Source | None:
        if self.load is None:
            return None
        try:
            return self.load(path)
        except (OSError, ValueError):
            return None

    def _input(self, token: Token) -> None:
        taken = self.stream.group()
        name = joined(taken) if taken is not None else self._bare_name()
        if not name:
            return
        if Path(name).is_absolute() or ".." in Path(name).parts:
            self._say(
                "input-refused",
                token,
                f"{name} lies outside of the document's folder",
                "Files are read from the folder only.",
            )
            return
        if self.folder is None:
            self._say("input-missing", token, f"{name} is not read: the text has no folder", warning=True)
            return
        self.files += 1
        paths = [*self._inside(name if name.endswith(".tex") else name + ".tex"), *self._inside(name)]
        if not paths:
            self._say(
                "input-refused",
                token,
                f"{name} lies outside of the document's folder",
                "Files are read from the folder only.",
            )
            return
        path = next(filter(Path.is_file, paths), None)
        if path is None:
            self._say("input-missing", token, f"{name} cannot be found in the document's folder")
        elif any(Path(source.path).resolve() == path for source in self.stream.sources) or self.files > MOST_FILES:
            self._say("input-loop", token, f"{name} inputs itself, or too many files are input")
        elif (source := self._load(path)) is None:
            self._say("input-missing", token, f"{name} cannot be read")
        elif path.suffix in {".sty", ".cls"}:
            self._definitions(path)
        else:
            if token.text == "\\include":
                self.builder.end_paragraph()
            self.stream.push([token.instead(" ")])
            self.stream.push_file(source)

    def _bare_name(self) -> str:
        token = self.stream.next()
        if token is None or token.text[0] in "\\{":
            return ""
        return token.text.strip().split(" ")[0]

    # Pieces of prose

    def _title(self, tokens: list[Token] | None) -> tuple[Piece, ...]:
        """Tokens of a title or label as pieces."""
        seen = [token for token in tokens or [] if token.text]
        return self._prose_of(lambda stream: stream.push(seen))

    def prose(self, tokens: list[Token]) -> tuple[Piece, ...]:
        return self._title(tokens)

    def _prose_of(self, fill: Callable[[Stream], None]) -> tuple[Piece, ...]:
        stream = Stream()
        fill(stream)
        first = stream.next()
        if first is None:
            return ()
        stream.unread(first)
        if self.prose_depth >= MOST_PROSE:
            rest = [first.cut(0, 0)]
            while (token := stream.next()) is not None:
                rest.append(token)
            return (Words(spell(rest)),)
        kept = self.builder, self.stream, self.open, self.items, self.preamble, self.count, self.done
        self.builder, self.stream, self.open, self.items = Builder(first.span), stream, [], []
        self.preamble, self.count = False, Counter()
        self.prose_depth += 1
        self._run()
        self.finish()
        root: Unit = self.builder.finish()
        self.prose_depth -= 1
        label = root.label
        self.builder, self.stream, self.open, self.items, self.preamble, self.count, self.done = kept
        if label:
            self.builder.label(label)
        return tuple(piece for block in root.blocks if isinstance(block, Paragraph) for piece in block.pieces)

    # Formulas

    def _math(self, opener: Token, closer: str, *, display: bool, name: str | None = None) -> None:
        """Read a formula whose opening delimiter was just taken."""
        tokens, last = self._formula_tokens(opener, closer, name)
        self._add_formula(tokens, opener, last, display=display, name=name, closed=last is not None)

    def _add_formula(
        self,
        tokens: list[Token],
        opener: Token,
        last: Token | None,
        *,
        display: bool,
        name: str | None = None,
        closed: bool = True,
    ) -> None:
        try:
            tokens = expanded(tokens, self.macros, self.budget)
        except TooLarge as large:
            self._runaway(opener, large.name)
        end = last or (tokens[-1] if tokens else opener)
        span = opener.span.to(end.span)
        formula = make_formula(tokens, name, span, display=display, prose=self.prose)
        self.builder.formula(formula if closed else replace(formula, closed=False))

    def _formula_tokens(self, opener: Token, closer: str, name: str | None) -> tuple[list[Token], Token | None]:
        """Tokens up to the closing delimiter, and that; or up to where the formula must have ended."""
        tokens: list[Token] = []
        groups: list[bool] = []
        inner: list[str] = []
        prose = 0
        stream = self.stream
        while (token := stream.next()) is not None:
            text = token.text
            first = text[0]
            if first == "{":
                is_text = _before(tokens) in TEXTS
                groups.append(is_text)
                prose += is_text
            elif first == "}":
                if groups:
                    prose -= groups.pop()
                elif self.count["{"] and not inner:
                    stream.unread(token)
                    break
                else:
                    self._say("stray-brace", token, "this brace closes nothing", "Write \\} for the character.")
                    continue
            elif first == "$" and not prose:
                if closer[0] == "$" and closer in {text, "$"}:
                    if text != closer:
                        stream.unread(token.cut(1, 2))
                        token = token.cut(0, 1)
                    if groups:
                        self._say("unclosed-brace", opener, "a brace is not closed in this formula")
                    return tokens, token
                self._say("stray-math", token, f"{text} inside a formula that {opener.text} began")
                continue
            elif first == "%":
                self._comment(token)
            elif first in "\r\n":
                if is_blank_line(text) and not (name and self._ends_later(token, name)):
                    stream.unread(token)
                    break
            elif first == "\\":
                if text == closer and not (prose and closer == "\\)"):
                    if not inner or (text.startswith("\\end{") and inner[-1] != name):
                        if groups or inner:
                            self._say("unclosed-brace", opener, "a brace or environment is not closed in this formula")
                        return tokens, token
                if text.startswith("\\end{"):
                    ended = environment(text)
                    if inner and inner[-1] == ended:
                        inner.pop()
                    elif ended in inner:
                        while inner.pop() != ended:
                            pass
                    elif self.count[ended]:
                        stream.unread(token)
                        break
                    else:
                        self._say("stray-end", token, f"{text} without \\begin{{{ended}}}")
                        continue
                elif text.startswith("\\begin{"):
                    if self._is_prose_environment(environment(text)):
                        stream.unread(token)
                        break
                    if len(inner) < MOST_OPEN:
                        inner.append(environment(text))
                elif text[1:] in self.macros:
                    if writes_structure(text[1:], self.macros) and not prose and self._expand_here(token):
                        continue
                elif (text in _BARRIERS and not (text == "\\part" and self._is_heading())) or text == opener.text in {
                    "\\[",
                    "\\(",
                }:
                    if not prose:
                        stream.unread(token)
                        break
            tokens.append(token)
        told = f"{opener.text} has no {closer}" if name else f"this formula is not closed: {closer} is missing"
        self._say("unclosed-math", opener, told, "A formula ends at a blank line at the latest.")
        return tokens, None

    def _expand_here(self, token: Token) -> bool:
        macro = self.macros[token.text[1:]]
        if macro.name in self.budget.runaways:
            return False
        new = replacement(self.stream, token, macro)
        if new is None:
            return False
        self.budget.tokens += len(new) + 1
        self._since = 0 if token.exact else self._since + len(new) + 1
        if self._since > 20_000 or self.budget.tokens > 1_000_000:
            self.budget.runaways.add(macro.name)
            self._runaway(token, macro.name)
            return True
        self.stream.push(new)
        return True

    def _is_prose_environment(self, name: str) -> bool:
        base = name.rstrip("*")
        known = base in SOLUTIONS or base in LISTS or base in CHOICES or base in SERIES or base in self.titles
        return (
            known
            or base.lower() in UNITS
            or base in {"document", "figure", "table", "tabular", "center", "equation", "align"}
        )

    def _ends_later(self, token: Token, name: str) -> bool:
        """Whether the environment that we are in has its end before the next one of its name begins."""
        if not token.exact:
            return False
        ends, begins = _ends(token.source, name), _begins(token.source, name)
        end, begin = bisect_left(ends, token.start), bisect_left(begins, token.start)
        return end < len(ends) and (begin == len(begins) or ends[end] <= begins[begin])


_BARRIERS = {
    *(f"\\{name}" for name in (*QUESTIONS, *HEADINGS)),
    "\\item", "\\choice", "\\CorrectChoice", "\\correctchoice", "\\par", "\\newpage", "\\input", "\\include",
}  # fmt: skip


def _before(tokens: list[Token]) -> str:
    """The last token that is not blank."""
    for token in reversed(tokens[-3:]):
        if not token.text.isspace():
            return token.text
    return ""


@lru_cache(maxsize=64)
def _ends(source: Source, name: str) -> list[int]:
    r"""The offsets behind every ``\end{name}``."""
    return [found.end() for found in re.finditer(rf"\\end[ \t]*\{{{re.escape(name)}\}}", source.text)]


@lru_cache(maxsize=64)
def _begins(source: Source, name: str) -> list[int]:
    return [found.start() for found in re.finditer(rf"\\begin[ \t]*\{{{re.escape(name)}\}}", source.text)]


def open_heading(builder: Builder, start: Span, level: int, title: tuple[Piece, ...]) -> None:
    """Open the unit or solution that a heading announces; one that only names a case is part of the text."""
    if case_in(title, title=True) is not None:
        builder.block(Paragraph(title, start, title=True))
        return
    kind = heading_kind("".join(piece.text for piece in title))
    builder.close_level(level)
    if kind == "solution":
        builder.open(solution_draft(None, start, title, level))
    else:
        builder.open(unit_draft(kind, start, level, title))
