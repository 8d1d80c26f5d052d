"""LaTeX as a stream of tokens: what a file says, what is pushed in front of it, and arguments of commands.

Tokens are lexed as they are asked for, since verbatim text changes the rules; reading on is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from symderive.reading.documents.source import Source, Span, Spelled, Token

_LEXER = r"""
  \\(?:begin|end)[ \t]*\{[^{}\\%$&\#\r\n]*\}            # \begin{name} is one token
| \\(?:[A-Za-z<at>]+|.)?                                # \name, \,
| %[^\r\n]*(?:<break>[ \t]*(?![ \t\r\n]))?              # a comment takes its line end along, not a blank line
| <break>(?:[ \t]*<break>)+[ \t]*                       # a blank line
| <break>[ \t]*                                         # an end of line
| \$\$ | \#[1-9] | [${}&~\#\[\]]
| [^\\%${}&~\#\[\]\r\n]+
""".replace("<break>", r"(?>\r\n?|\n)")
_PLAIN = re.compile(_LEXER.replace("<at>", ""), re.VERBOSE | re.DOTALL)
_STYLE = re.compile(_LEXER.replace("<at>", "@"), re.VERBOSE | re.DOTALL)
_BRACES = re.compile(r"\\verb\*?([^A-Za-z*\s])[^\r\n]*?\1|\\.|%[^\r\n]*|[{}]", re.DOTALL)
LONGEST_OPTION = 2000


def is_command(text: str) -> bool:
    r"""Whether a token is a control word such as ``\alpha``."""
    return len(text) > 1 and text[0] == "\\" and text[1].isalpha() and text[-1] != "}"


def is_blank_line(text: str) -> bool:
    return text[:1] in {"\r", "\n"} and text.replace("\r\n", "\n").replace("\r", "\n").count("\n") > 1


def environment(text: str) -> str:
    r"""The name in ``\begin{name}`` or ``\end{name}``."""
    return text[text.index("{") + 1 : -1].strip()


@lru_cache(maxsize=8)
def closing_braces(source: Source) -> dict[int, int]:
    """For each opening brace of a text the offset of the brace that closes it; those never closed are missing."""
    opened: list[int] = []
    closed: dict[int, int] = {}
    for found in _BRACES.finditer(source.text):
        if found.group() == "{":
            opened.append(found.start())
        elif found.group() == "}" and opened:
            closed[opened.pop()] = found.start()
    return closed


def tokens_of(text: Spelled) -> list[Token]:
    """The tokens of a text that has origins."""
    out: list[Token] = []
    runs = text.runs
    index, stop = -1, 0  # the run in which a token starts, and where that run ends
    for found in _PLAIN.finditer(text.text):
        first, last = found.span()
        while index < 0 or (first >= stop and index + 1 < len(runs)):
            index += 1
            stop = runs[index + 1].at if index + 1 < len(runs) else len(text.text)
        at, source, start, end, exact = runs[index]
        if last > stop:
            source, start, end = text.span(first, last)
            exact = False
        elif exact:
            start, end = start + first - at, start + last - at
        out.append(Token(found.group(), source, start, end, exact))
    return out


def tokens_in(text: str, at: Span) -> list[Token]:
    """The tokens of a text that stands in for a stretch of a source."""
    return [Token(m.group(), at.source, at.start, at.end, exact=False) for m in _PLAIN.finditer(text)]


class _File:
    """A stretch of a source, read token by token."""

    def __init__(self, source: Source, start: int, end: int, *, style: bool) -> None:
        self.source, self.at, self.end = source, start, end
        self.lexer = _STYLE if style else _PLAIN

    def next(self) -> Token | None:
        found = self.lexer.match(self.source.text, self.at, self.end)
        if not found:
            return None
        at, self.at = self.at, found.end()
        return Token(found.group(), self.source, at, self.at)


class _Given:
    """Tokens pushed in front of a file."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self.tokens = list(tokens)
        self.at = 0

    def next(self) -> Token | None:
        if self.at >= len(self.tokens):
            return None
        self.at += 1
        return self.tokens[self.at - 1]


class Stream:
    """Tokens from a stack of files and pushed lists; the innermost is read first."""

    def __init__(self) -> None:
        self.frames: list[_File | _Given] = []
        self.back: list[Token] = []

    def push_file(self, source: Source, start: int = 0, end: int | None = None, *, style: bool = False) -> None:
        self._settle()
        self.frames.append(_File(source, start, len(source.text) if end is None else end, style=style))

    def push(self, tokens: Iterable[Token]) -> None:
        self._settle()
        self.frames.append(_Given(tokens))

    def _settle(self) -> None:
        if self.back:
            self.frames.append(_Given(reversed(self.back)))
            self.back = []

    def next(self) -> Token | None:
        if self.back:
            return self.back.pop()
        while self.frames:
            token = self.frames[-1].next()
            if token is not None:
                return token
            self.frames.pop()
        return None

    def unread(self, token: Token) -> None:
        self.back.append(token)

    @property
    def file(self) -> _File | None:
        """The file being read, if nothing is pushed in front of it."""
        frame = self.frames[-1] if self.frames and not self.back else None
        return frame if isinstance(frame, _File) else None

    @property
    def sources(self) -> list[Source]:
        return [frame.source for frame in self.frames if isinstance(frame, _File)]

    def skip_blanks(self) -> Token | None:
        """Skip blanks, line ends and comments, not a blank line; the next token, left unread."""
        while (token := self.next()) is not None:
            text = token.text
            if not text or text[0] == "%" or (text[0] in "\r\n" and not is_blank_line(text)):
                continue
            if text[0] in " \t":
                kept = len(text) - len(text.lstrip(" \t"))
                if kept == len(text):
                    continue
                token = token.cut(kept, len(text))
            self.unread(token)
            return token
        return None

    def star(self) -> bool:
        """Take a star that follows directly."""
        token = self.next()
        if token is None:
            return False
        starred = token.text.startswith("*")
        if starred and len(token.text) > 1:
            self.unread(token.cut(1, len(token.text)))
        elif not starred:
            self.unread(token)
        return starred

    def option(self) -> list[Token] | None:
        """Take ``[…]`` if it follows; None if not, or if it is not closed before a blank line."""
        token = self.skip_blanks()
        if token is None or token.text != "[":
            return None
        if token.exact and token.source.text.find("]", token.start, token.start + LONGEST_OPTION) < 0:
            return None
        taken = [self.next() or token]
        depth = 0
        while (token := self.next()) is not None and len(taken) < LONGEST_OPTION:
            taken.append(token)
            if token.text == "]" and not depth:
                return taken[1:-1]
            depth += (token.text == "{") - (token.text == "}")
            if depth < 0 or is_blank_line(token.text):
                break
        else:
            if token is not None:
                taken.append(token)
        self.back.extend(reversed(taken))
        return None

    def group(self) -> list[Token] | None:
        """Take ``{…}`` if it follows, without the braces; None if not, or if it is never closed."""
        token = self.skip_blanks()
        if token is None or token.text != "{":
            return None
        if token.exact and closing_braces(token.source).get(token.start) is None:
            return None
        opener = self.next()
        taken: list[Token] = []
        depth = 1
        while (token := self.next()) is not None:
            if token.text.startswith("%"):
                continue
            depth += (token.text == "{") - (token.text == "}")
            if not depth:
                return taken
            taken.append(token)
        self.back.extend(reversed(taken))
        if opener:
            self.back.append(opener)
        return None

    def argument(self) -> list[Token] | None:
        """Take an argument: a group, or else one command or character; None at the end of a paragraph."""
        token = self.skip_blanks()
        if token is None or is_blank_line(token.text) or token.text in {"}", "&", "$", "$$", "]"}:
            return None
        if token.text == "{":
            return self.group()
        token = self.next()
        if token is None:
            return None
        if token.text[0] not in "\\#" and len(token.text) > 1:
            self.unread(token.cut(1, len(token.text)))
            token = token.cut(0, 1)
        return [token]

    def skip_group_rest(self) -> None:
        """Skip to the end of the group or environment that we are in, or to the next change of colour."""
        depth = 0
        while (token := self.next()) is not None:
            text = token.text
            if text == "{" or text.startswith("\\begin{"):
                depth += 1
            elif text == "}" or text.startswith("\\end{"):
                depth -= 1
            if depth < 0 or (not depth and text in {"\\color", "\\normalcolor"}):
                self.unread(token)
                return

    def skip_conditional(self) -> bool:
        r"""Skip what ``\iffalse`` hides, up to its ``\fi`` or ``\else``; False if neither comes."""
        depth = 1
        while (token := self.next()) is not None:
            text = token.text
            if text == "\\fi":
                depth -= 1
            elif text.startswith("\\if") and text not in {"\\iff", "\\ifthenelse"}:
                depth += 1
            if not depth or (depth == 1 and text == "\\else"):
                return True
        return False


def joined(tokens: Iterable[Token]) -> str:
    """The text of tokens, comments left out."""
    return "".join(token.text for token in tokens if not token.text.startswith("%")).strip()
