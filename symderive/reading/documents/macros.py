"""User macros: the forms of definition that people use, and their bounded expansion.

A macro is text with holes.  Characters of its body get the origin of its use, characters of its arguments keep
their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from symderive.reading.documents.latex_tokens import Stream, is_command, joined, tokens_in, tokens_of
from symderive.reading.documents.source import Message, Source, Span, Spelled, Token, spell

MOST_USES = 2_000
MOST_TOKENS = 50_000
MOST_TOKENS_IN_ALL = 1_000_000
Report = Callable[[Message], None]


@dataclass(frozen=True)
class Macro:
    r"""A user macro.

    Attributes:
        name: without backslash.
        body: replacement text with ``#1`` … ``#9``.
        parameters: for each parameter its default, None for a mandatory one, ``*`` for an optional star.
        starred: the body after a star, where that differs (``\norm*{x}``).
        alias: made by ``\let`` from a command that was not a macro: the body is not expanded again.
    """

    name: str
    body: str
    parameters: tuple[str | None, ...] = ()
    starred: str | None = None
    alias: bool = False


Macros = dict[str, Macro]


class TooLarge(Exception):
    """An expansion that does not end, or grows beyond the bound.  ``name``: the macro in whose use it happened."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Budget:
    """What the expansions of one document may cost; macros that ran away once are not tried again."""

    def __init__(self) -> None:
        self.tokens = 0
        self.runaways: set[str] = set()


@lru_cache(maxsize=4096)
def _pieces(body: str) -> tuple[str, ...]:
    source = Source("macro", body)
    return tuple(token.text for token in tokens_in(body, Span(source, 0, 0)))


@lru_cache(maxsize=4096)
def _writes_structure(body: str) -> bool:
    marks = ("\\begin", "\\end", "$", "\\[", "\\]", "\\(", "\\)", "\\item", "\\question", "\\part", "\\section")
    return any(mark in body for mark in marks)


def writes_structure(name: str, macros: Macros) -> bool:
    """Whether a macro's body begins or ends an environment or a formula, itself or through one other macro."""
    macro = macros.get(name)
    if macro is None or macro.alias:
        return False
    if _writes_structure(macro.body):
        return True
    inner = (macros.get(piece[1:]) for piece in _pieces(macro.body)[:8] if is_command(piece))
    return any(m is not None and _writes_structure(m.body) for m in inner)


def replacement(stream: Stream, use: Token, macro: Macro) -> list[Token] | None:
    """Take the arguments of a use and give what stands in its place; None if an argument is missing."""
    body, end = macro.body, use.end
    arguments: list[list[Token]] = []
    if macro.starred is not None and stream.star():
        body = macro.starred
    for default in macro.parameters:
        if default is None:
            argument = stream.argument()
            if argument is None:
                return None
        elif default == "*":
            stream.star()
            argument = []
        else:
            option = stream.option() if _option_follows(stream, use) else None
            argument = tokens_in(default, use.span) if option is None else option
        arguments.append(argument)
        end = max(end, _end(argument, use.source))
    at = use._replace(end=end) if use.exact else use
    out: list[Token] = []
    for piece in _pieces(body):
        if piece[0] == "#" and len(piece) == 2:
            index = int(piece[1]) - 1
            out += arguments[index] if index < len(arguments) else []
        elif piece[0] != "%":
            out.append(at.instead(piece))
    return out


def _end(argument: list[Token], source: Source) -> int:
    """Where an argument ends in a source, with its brace or bracket; 0 if it does not stand there."""
    mine = [token for token in argument if token.exact and token.source is source]
    if not mine:
        return 0
    first, last = mine[0].start, mine[-1].end
    return last + (source.text[first - 1 : first] + source.text[last : last + 1] in {"{}", "[]"})


def _option_follows(stream: Stream, use: Token) -> bool:
    token = stream.next()
    if token is not None:
        stream.unread(token)
    return token is not None and token.text == "["


def expanded(tokens: list[Token], macros: Macros, budget: Budget | None = None) -> list[Token]:
    """Tokens with every user macro expanded; definitions among them take effect and vanish.

    Raises:
        TooLarge: the expansion does not end or grows beyond `MOST_TOKENS`.
    """
    if not any(token.text[:1] == "\\" and (token.text[1:] in macros or token.text in DEFINERS) for token in tokens):
        return tokens
    budget = budget or Budget()
    stream = Stream()
    stream.push(tokens)
    out: list[Token] = []
    uses, name, cost = 0, "", 0
    while (token := stream.next()) is not None:
        text = token.text
        macro = macros.get(text[1:]) if text[:1] == "\\" else None
        if macro is None or macro.name in budget.runaways:
            if text in DEFINERS:
                define(stream, token, macros)
            else:
                out.append(token)
            continue
        name = macro.name if token.exact else name or macro.name
        new = replacement(stream, token, macro)
        if new is None:
            out.append(token)
            continue
        uses += 1
        cost += len(new) + 1
        budget.tokens += len(new) + 1
        if uses > MOST_USES or cost > MOST_TOKENS or budget.tokens > MOST_TOKENS_IN_ALL:
            budget.runaways.add(name)
            raise TooLarge(name)
        if macro.alias:
            out += new
        else:
            stream.push(new)
    return out


def expand(spelled: Spelled, macros: Mapping[str, Macro]) -> Spelled:
    r"""Formula text with user macros expanded; unchanged if the expansion would not end.

    >>> str(expand(spell([Token(r"\E x", Source("", r"\E x"), 0, 4)]), {"E": Macro("E", r"\mathbb{E}")}))
    '\\mathbb{E} x'
    """
    tokens = tokens_of(spelled)
    try:
        return spell(spaced(expanded(tokens, dict(macros)))) if tokens else spelled
    except TooLarge:
        return spelled


def spaced(tokens: list[Token]) -> list[Token]:
    """Tokens with a blank put where a command would run into the letter after it."""
    out: list[Token] = []
    word = False
    for token in tokens:
        text = token.text
        if not text:
            out.append(token)
            continue
        if word and text[0].isalpha() and text[0].isascii():
            out.append(Token(" ", token.source, token.start, token.start, exact=False))
        out.append(token)
        word = is_command(text)
    return out


# Definitions.  Each handler takes what follows its command and says whether it understood.


def _name(stream: Stream) -> str | None:
    r"""The command that is defined: ``\name`` or ``{\name}``."""
    taken = stream.argument()
    name = joined(taken or [])
    return name[1:] if len(name) > 1 and name[0] == "\\" else None


def _newcommand(stream: Stream, macros: Macros, *, keep: bool = False) -> bool:
    stream.star()
    name = _name(stream)
    count = joined(stream.option() or []) if name else ""
    default = stream.option() if count else None
    body = stream.argument() if name else None
    if name is None or body is None or not (count or "0").isdigit() or not 0 <= int(count or "0") <= 9:
        return False
    parameters: list[str | None] = [None] * int(count or "0")
    if default is not None and parameters:
        parameters[0] = joined(default)
    if not (keep and name in macros):
        macros[name] = Macro(name, _body(body), tuple(parameters))
    return True


def _body(tokens: list[Token]) -> str:
    return spell(spaced(tokens)).text if tokens else ""


def _def(stream: Stream, macros: Macros) -> bool:
    token = stream.skip_blanks()
    if token is None or token.text[0] != "\\":
        return False
    name = (stream.next() or token).text[1:]
    parameters = 0
    plain = True
    while (token := stream.next()) is not None and token.text != "{":
        if token.text == f"#{parameters + 1}":
            parameters += 1
        elif token.text.strip():
            plain = False
            if is_blank(token):
                return False
    if token is None:
        return False
    stream.unread(token)
    body = stream.group()
    if body is None or not plain:
        return False
    macros[name] = Macro(name, _body(body), (None,) * parameters)
    return True


def is_blank(token: Token) -> bool:
    return token.text[0] in "\r\n"


def _let(stream: Stream, macros: Macros) -> bool:
    token = stream.skip_blanks()
    if token is None or token.text[0] != "\\":
        return False
    name = (stream.next() or token).text[1:]
    token = stream.skip_blanks()
    if token is not None and token.text.startswith("="):
        stream.next()
        if len(token.text) > 1:
            stream.unread(token.cut(1, len(token.text)))
        token = stream.skip_blanks()
    if token is None or token.text[0] != "\\":
        return False
    meaning = (stream.next() or token).text
    old = macros.get(meaning[1:])
    macros[name] = Macro(name, meaning, alias=True) if old is None else old
    return True


def _operator(stream: Stream, macros: Macros) -> bool:
    star = "*" if stream.star() else ""
    name = _name(stream)
    body = stream.argument() if name else None
    if name is None or body is None:
        return False
    macros[name] = Macro(name, f"\\operatorname{star}{{{_body(body)}}}")
    return True


def _document_command(stream: Stream, macros: Macros) -> bool:
    name = _name(stream)
    form = stream.group() if name else None
    body = stream.argument() if form is not None else None
    if name is None or form is None or body is None:
        return False
    parameters: list[str | None] = []
    given = Stream()
    given.push(tokens_of(spell(form)) if form else [])
    while (letter := given.argument()) is not None:
        kind = joined(letter)
        if kind == "m":
            parameters.append(None)
        elif kind in {"o", "O"}:
            parameters.append(joined(given.argument() or []) if kind == "O" else "")
        elif kind == "s":
            parameters.append("*")
        else:
            return False
    text = _body(body)
    if "\\If" in text:
        return False
    macros[name] = Macro(name, text, tuple(parameters))
    return True


def _paired(stream: Stream, macros: Macros) -> bool:
    name = _name(stream)
    left = stream.argument() if name else None
    right = stream.argument() if left is not None else None
    if name is None or left is None or right is None:
        return False
    opening, closing = _body(left), _body(right)
    body, starred = f"{opening} #2 {closing}", f"\\left{opening} #2 \\right{closing}"
    macros[name] = Macro(name, body, ("", None), starred)
    return True


def _newenvironment(stream: Stream, macros: Macros) -> bool:
    stream.star()
    name = stream.argument()
    stream.option()
    stream.option()
    return name is not None and stream.argument() is not None and stream.argument() is not None


_HANDLERS: dict[str, Callable[[Stream, Macros], bool]] = {
    "\\newcommand": _newcommand,
    "\\renewcommand": _newcommand,
    "\\DeclareRobustCommand": _newcommand,
    "\\providecommand": lambda stream, macros: _newcommand(stream, macros, keep=True),
    "\\def": _def,
    "\\gdef": _def,
    "\\edef": _def,
    "\\xdef": _def,
    "\\let": _let,
    "\\DeclareMathOperator": _operator,
    "\\NewDocumentCommand": _document_command,
    "\\RenewDocumentCommand": _document_command,
    "\\DeclareDocumentCommand": _document_command,
    "\\ProvideDocumentCommand": _document_command,
    "\\DeclarePairedDelimiter": _paired,
    "\\newenvironment": _newenvironment,
    "\\renewenvironment": _newenvironment,
}
DEFINERS = frozenset(_HANDLERS)


def define(stream: Stream, token: Token, macros: Macros, report: Report | None = None) -> None:
    """Take the definition that starts with ``token``; one that is not understood is reported and leaves no macro."""
    if not _HANDLERS[token.text](stream, macros) and report:
        advice = "Plain \\newcommand{\\name}[n]{…} is understood."
        report(Message("macro-form", token.span, "this form of definition is not understood", advice, "warning"))


def read_macros(text: str, path: str = "macros") -> Macros:
    """The macros that a text defines; everything else in it is passed over."""
    stream, macros = Stream(), Macros()
    stream.push_file(Source(path, text), style=True)
    while (token := stream.next()) is not None:
        if token.text in DEFINERS:
            define(stream, token, macros)
    return macros
