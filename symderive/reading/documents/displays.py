"""From the tokens of a formula to a `Formula`: what is invisible goes, Unicode becomes LaTeX, displays get rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

from symderive.reading.documents.latex_tokens import Stream, environment, joined
from symderive.reading.documents.macros import spaced
from symderive.reading.documents.outline import Formula, Piece, Row
from symderive.reading.documents.source import Span, Token, spell
from symderive.reading.formulas.alphabet import COMMANDS, command

# Environments that are formulas, with the arguments that follow \begin{…}: m mandatory, o optional.
DISPLAYS = {
    "equation": "", "displaymath": "", "math": "", "align": "", "flalign": "", "alignat": "m", "xalignat": "m",
    "gather": "", "multline": "", "eqnarray": "", "split": "", "aligned": "o", "alignedat": "om", "gathered": "o",
    "multlined": "o", "IEEEeqnarray": "om", "dmath": "", "dgroup": "",
}  # fmt: skip
_ONE_ROW = {"equation", "displaymath", "math", "dmath"}
TEXTS = {
    "\\text", "\\mbox", "\\hbox", "\\textrm", "\\textbf", "\\textit", "\\textsf", "\\texttt", "\\textnormal",
    "\\textup", "\\intertext", "\\shortintertext", "\\tag", "\\fbox",
}  # fmt: skip
PHANTOMS = {"\\phantom", "\\hphantom", "\\vphantom"}
_DECORATION = {"\\ensuremath", "\\xspace", "\\normalcolor"}
_MAY_HIDE = {*PHANTOMS, *_DECORATION, "\\textcolor", "\\color", "\\iffalse"}
_SYMBOLS = {
    "−": "-", "–": "-", "‐": "-", "‑": "-", "′": "'", "″": "''", "‴": "'''", "’": "'", "·": "\\cdot", "⋅": "\\cdot",
    "×": "\\times", "∗": "*", "÷": "/", "∕": "/", "⁄": "/", "±": "\\pm", "∓": "\\mp", "≤": "\\leq", "≥": "\\geq",
    "≠": "\\neq", "≈": "\\approx", "≡": "\\equiv", "∝": "\\propto", "∼": "\\sim", "≪": "\\ll", "≫": "\\gg",
    "∈": "\\in", "∉": "\\notin", "⊂": "\\subset", "⊆": "\\subseteq", "∪": "\\cup", "∩": "\\cap", "∀": "\\forall",
    "∃": "\\exists", "∑": "\\sum", "∏": "\\prod", "∫": "\\int", "∂": "\\partial", "∇": "\\nabla", "√": "\\sqrt",
    "→": "\\to", "←": "\\leftarrow", "⇒": "\\Rightarrow", "⇔": "\\Leftrightarrow", "↦": "\\mapsto", "∘": "\\circ",
    "⊙": "\\odot", "⊗": "\\otimes", "⊕": "\\oplus", "⊤": "\\top", "⊥": "\\perp", "∥": "\\|", "‖": "\\|", "∣": "|",
    "⟨": "\\langle", "⟩": "\\rangle", "…": "\\dots", "⋯": "\\cdots", "⋮": "\\vdots", "⋱": "\\ddots", "∧": "\\wedge",
    "∨": "\\vee", "¬": "\\neg", "≔": ":=", "µ": "\\mu", "∆": "\\Delta", "Ω": "\\Omega", "½": "\\frac12",
    "¼": "\\frac14", "¾": "\\frac34", "⌊": "\\lfloor", "⌋": "\\rfloor", "⌈": "\\lceil", "⌉": "\\rceil",
}  # fmt: skip
_LETTERLIKE = ("MATHEMATICAL ", "DOUBLE-STRUCK ", "SCRIPT ", "BLACK-LETTER ")
_FOREIGN = re.compile(r".[\u0300-\u036f\u20d7]+|[^\x00-\x7f]")
_NOT_SHOWN = re.compile(
    r"white(!100(!\w*)?)?|#?ffffff|#fff|1\s*,\s*1\s*,\s*1|255\s*,\s*255\s*,\s*255|0\s*,\s*0\s*,\s*0\s*,\s*0",
    re.IGNORECASE,
)
Prose = Callable[[list[Token]], tuple[Piece, ...]]


def is_white(model: list[Token] | None, colour: list[Token] | None) -> bool:
    """Whether a colour, with its model in brackets if any, is that of the paper."""
    name, how = joined(colour or []), joined(model or [])
    return bool(_NOT_SHOWN.fullmatch(name)) or (how == "gray" and name in {"1", "1.0"})


def hide(stream: Stream, token: Token) -> bool:
    """Take what the command ``token`` makes invisible; False if it is no such command.

    A change to a visible colour is taken alone: what it colours stays.
    """
    text = token.text
    if text in PHANTOMS:
        stream.argument()
    elif text in {"\\textcolor", "\\color"}:
        white = is_white(stream.option(), stream.argument())
        if white and text == "\\textcolor":
            stream.argument()
        elif white:
            stream.skip_group_rest()
    elif text == "\\iffalse":
        stream.skip_conditional()
    else:
        return False
    return True


def visible(tokens: list[Token]) -> list[Token]:
    """Tokens without comments and what cannot be seen; a phantom leaves an empty token."""
    if not any(token.text in _MAY_HIDE or token.text[:1] == "%" for token in tokens):
        return tokens
    stream = Stream()
    stream.push(tokens)
    out: list[Token] = []
    while (token := stream.next()) is not None:
        text = token.text
        if text[:1] == "%" or text in _DECORATION:
            continue
        if text[:1] == "\\" and hide(stream, token):
            if text in PHANTOMS:
                out.append(token.instead(""))
        else:
            out.append(token)
    return out


def normal(tokens: list[Token]) -> list[Token]:
    r"""Tokens with line ends as blanks and Unicode mathematics as LaTeX, except in ``\text``."""
    if all(token.text.isascii() for token in tokens):
        plain = [token.instead(" ") if token.text[:1] in {"\r", "\n"} else token for token in tokens]
        return plain if all(token.exact for token in tokens) and _unbroken(tokens) else spaced(plain)
    out: list[Token] = []
    depth, prose, text_next = 0, 0, False
    for token in tokens:
        text = token.text
        if not text:
            out.append(token)
            continue
        if text[0] in "\r\n":
            out.append(token.instead(" "))
            continue
        if text == "{":
            depth += 1
            prose = prose or (depth if text_next else 0)
        elif text == "}":
            prose = 0 if prose == depth else prose
            depth -= 1
        text_next = text in TEXTS or (text_next and text.isspace())
        out += [token] if text.isascii() else _latin(token, prose=bool(prose))
    return spaced(out)


def _unbroken(tokens: list[Token]) -> bool:
    """Whether tokens stand side by side in a source."""
    return all(one.end == other.start for one, other in pairwise(tokens))


def _latin(token: Token, *, prose: bool) -> list[Token]:
    """A token cut up, its foreign characters replaced."""
    out: list[Token] = []
    at, script = 0, ""
    for found in _FOREIGN.finditer(token.text):
        start, end = found.span()
        if prose and len(found.group()) == 1 and unicodedata.category(found.group()) not in {"Cf", "Zs"}:
            continue
        mark, new = ("", found.group()) if prose and len(found.group()) > 1 else _spelling(found.group())
        if script and (start > at or mark != script):
            out.append(token.cut(at, at).instead("}"))
            script = ""
        if start > at:
            out.append(token.cut(at, start))
        place = token.cut(start, end)
        if mark and not script:
            out.append(place.instead(mark + "{"))
            script = mark
        if new:
            out.append(place.instead(new))
        at = end
    if script:
        out.append(token.cut(at, at).instead("}"))
    if at < len(token.text):
        out.append(token.cut(at, len(token.text)))
    return out


@lru_cache(maxsize=4096)
def _spelling(character: str) -> tuple[str, str]:
    """``^`` or ``_`` or nothing, and LaTeX for a character."""
    if character in _SYMBOLS:
        return "", _SYMBOLS[character]
    if character in COMMANDS:
        return "", COMMANDS[character]
    if len(character) > 1:
        return "", command(character)
    category = unicodedata.category(character)
    if category == "Cf":
        return "", ""
    if category == "Zs":
        return "", " "
    how, _, code = unicodedata.decomposition(character).partition(" ")
    if how in {"<super>", "<sub>"} and " " not in code:
        return "^" if how == "<super>" else "_", _spelling(chr(int(code, 16)))[1]
    if how == "<wide>":
        return "", chr(int(code, 16))
    if unicodedata.name(character, "").startswith(_LETTERLIKE) or (category[0] == "L" and not how and code):
        return "", command(character)
    return "", character


def make_formula(tokens: list[Token], name: str | None, span: Span, *, display: bool, prose: Prose) -> Formula:
    r"""A formula from its tokens, macros expanded, delimiters gone.

    Args:
        tokens: what stands between the delimiters.
        name: its environment, None for ``$``, ``\(``, ``\[``.
        span: the place, delimiters included.
        display: whether it stands on lines of its own.
        prose: how to read ``\intertext``.
    """
    tokens = normal(visible(tokens))
    place = tokens[0] if tokens else Token("", span.source, span.start, span.start)
    rows_of = None if name is None or name.rstrip("*") in _ONE_ROW else name.rstrip("*")
    outer: list[Token] = []
    if rows_of:
        tokens = _without_arguments(tokens, DISPLAYS.get(rows_of, ""))
    elif display and (inner := _only_environment(tokens)):
        rows_of, tokens, outer = inner
    if rows_of is None and not any(token.text in _NO_MATHEMATICS or not token.text for token in tokens):
        whole = spell([*tokens, place.instead("")]).strip()
        return Formula(whole, display, name, (Row((whole,)),), span)
    if rows_of is None:
        row, kept = _row(tokens, place, prose, split=False)
        return Formula(row.cells[0], display, name, (row,), span)
    rows: list[Row] = []
    body: list[Token] = []
    for part, end in _split_rows(tokens):
        row, kept = _row(part, part[0] if part else end or place, prose, split=True)
        body += [*kept, *([end] if end else [])]
        if end or any(cell.text for cell in row.cells) or row.label or row.intertext or not rows:
            rows.append(row)
    if outer:
        extra, _ = _row(outer, place, prose, split=False)
        rows[0] = Row(
            rows[0].cells, rows[0].label or extra.label, rows[0].tag or extra.tag, rows[0].intertext, rows[0].continued
        )
    return Formula(spell([*spaced(body), place.instead("")]).strip(), display, name or rows_of, tuple(rows), span)


def _without_arguments(tokens: list[Token], form: str) -> list[Token]:
    if not form:
        return tokens
    stream = Stream()
    stream.push(tokens)
    for kind in form:
        if kind == "o":
            stream.option()
        else:
            stream.group()
    out = []
    while (token := stream.next()) is not None:
        out.append(token)
    return out


def _only_environment(tokens: list[Token]) -> tuple[str, list[Token], list[Token]] | None:
    """If a display is one aligned environment: its name, what is in it, and the labels and punctuation around it."""
    first = next((i for i, t in enumerate(tokens) if t.text.startswith("\\begin{")), None)
    if first is None:
        return None
    name = environment(tokens[first].text)
    form = DISPLAYS.get(name.rstrip("*"))
    if form is None or name.rstrip("*") in _ONE_ROW:
        return None
    depth = 0
    for last in range(first, len(tokens)):
        text = tokens[last].text
        depth += text.startswith("\\begin{") - text.startswith("\\end{")
        if not depth:
            break
    else:
        return None
    before, after = tokens[:first], tokens[last + 1 :]
    if not _only_labels(before) or not _only_labels(after):
        return None
    return name.rstrip("*"), _without_arguments(tokens[first + 1 : last], form), before + after


def _only_labels(tokens: list[Token]) -> bool:
    stream = Stream()
    stream.push(tokens)
    while (token := stream.next()) is not None:
        if token.text in _TAKEN:
            stream.argument()
        elif token.text in {"\\nonumber", "\\notag"}:
            continue
        elif token.text.strip(" .,;"):
            return False
    return True


def _split_rows(tokens: list[Token]) -> list[tuple[list[Token], Token | None]]:
    r"""The rows of a display and the ``\\`` that ends each."""
    rows: list[tuple[list[Token], Token | None]] = []
    row: list[Token] = []
    depth = 0
    stream = Stream()
    stream.push(tokens)
    while (token := stream.next()) is not None:
        text = token.text
        if text == "{" or text.startswith("\\begin{"):
            depth += 1
        elif text == "}" or text.startswith("\\end{"):
            depth -= 1
        if text in _BETWEEN and depth <= 0 and any(not t.text.isspace() for t in row):
            rows.append((row, token.instead("")))  # LaTeX needs no \\\\ before it
            row = [token]
        elif text in {"\\\\", "\\cr"} and depth <= 0:
            stream.star()
            following = stream.next()
            if following is not None:
                stream.unread(following)
                if following.text == "[":
                    stream.option()
            rows.append((row, token))
            row = []
        else:
            row.append(token)
    return [*rows, (row, None)]


_BETWEEN = {"\\intertext", "\\shortintertext"}
_TAKEN = {"\\label", "\\tag", *_BETWEEN}
_NO_MATHEMATICS = {*_TAKEN, "\\nonumber", "\\notag"}


def _row(tokens: list[Token], place: Token, prose: Prose, *, split: bool) -> tuple[Row, list[Token]]:
    """A row, and its tokens without labels, tags and intertext."""
    cells: list[list[Token]] = [[]]
    kept: list[Token] = []
    found: dict[str, list[Token]] = {}
    depth = 0
    stream = Stream()
    stream.push(tokens)
    while (token := stream.next()) is not None:
        text = token.text
        if text in _TAKEN:
            stream.star()
            found[text] = stream.argument() or []
            continue
        if text in _NO_MATHEMATICS:
            continue
        if text == "{" or text.startswith("\\begin{"):
            depth += 1
        elif text == "}" or text.startswith("\\end{"):
            depth -= 1
        kept.append(token)
        if split and text == "&" and depth <= 0:
            cells.append([token.instead("")])
        else:
            cells[-1].append(token)
    first = next((token for token in kept if token.text not in {"&", "{", "}"} and not token.text.isspace()), None)
    between = found.get("\\intertext") or found.get("\\shortintertext") or []
    row = Row(
        tuple(spell([*spaced(cell), place.instead("")]).strip() for cell in cells),
        joined(found.get("\\label", [])) or None,
        joined(found.get("\\tag", [])) or None,
        prose(between) if between else (),
        first is not None and not first.text,
    )
    return row, kept
