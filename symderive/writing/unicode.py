r"""LaTeX formulas as one line of readable text, for terminals: ``∂L/∂Wᵢⱼ = (P − y) xᵢ``.

A fold over the MathML tree of a formula.  What a fraction, root or script holds together in print is bracketed where a
line would lose it, so that two formulas read alike only if they print alike.  What has no tree is shown as LaTeX.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple
from xml.etree.ElementTree import Element

from symderive.writing.mathml import parse

SUBSCRIPTS = dict(zip("0123456789+-−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))
SUPERSCRIPTS = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzTβγδθφχ⊤′",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᵝᵞᵟᶿᵠᵡᵀ′",
        strict=True,
    )
)
LONGEST_SCRIPT = 8
VULGAR = {"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾"}
ACCENTS = {"^": "\u0302", "ˆ": "\u0302", "~": "\u0303", "˜": "\u0303", "¯": "\u0304", "‾": "\u0304", "―": "\u0304"}
ACCENTS |= {"_": "\u0304", "˙": "\u0307", ".": "\u0307", "¨": "\u0308", "→": "\u20d7", "⃗": "\u20d7"}
RELATIONS = frozenset("=≠<>≤≥≈∝∼≡→←↦⟹⟸⟺⇒⇔∈∉⊂⊆:≪≫⟂∀⇐⟶⟵⩽⩾≔")
BINARY = frozenset("+−-±∓·⋅×∘⊙⊗⊕*∗⋆∧∨∩∪")
PREFIX = frozenset("∂∇¬")
OPEN, CLOSE, BARS = frozenset("([{⌊⌈⟨"), frozenset(")]}⌋⌉⟩"), frozenset("|‖∣∥")
BRACES = frozenset("⏞⏟︷︸")
CONNECTIVES = frozenset(("if", "otherwise", "and", "or", "for", "where", "with", "is", "else"))
"""Words between formulas; any other that stands alone in text is a name."""
BIG = frozenset(("∑", "∏", "∫", "lim", "max", "min", "sup", "inf", "argmax", "argmin"))


_CONTROLS = dict.fromkeys((*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd")
del _CONTROLS[ord("\n")], _CONTROLS[ord("\t")]


def printable(text: str) -> str:
    """Foreign text without what steers a terminal: control characters and changes of direction."""
    return text.translate(_CONTROLS)


class Token(NamedTuple):
    """A text and what it is in its row: atom, number, word, fraction, big, relation, binary, prefix, open, close …."""

    text: str
    kind: str


class Line(NamedTuple):
    """A row as text; ``level``: 0 it has a sum or relation, 1 a product, 2 it holds together."""

    text: str
    level: int


def line(latex: str) -> str:
    """A formula as one line; its source, blanks collapsed, if it cannot be parsed."""
    tree = parse(latex)
    return " ".join(latex.split()) if tree is None else _row([tree]).text


def _row(parts: list[Element]) -> Line:
    tokens = [t for part in parts for t in _tokens(part)]
    tokens = _barred(tokens)
    tokens = [_signed(tokens, k) for k in range(len(tokens))]
    tokens = [_fraction(tokens, k) for k in range(len(tokens))]
    out = ""
    depth, kinds = 0, []
    for k, t in enumerate(tokens):
        out += _gap(tokens[k - 1], t) if k else ""
        out += t.text
        depth -= t.kind == "close"
        if depth == 0:
            kinds.append("atom" if t.kind == "close" else t.kind)
        depth += t.kind == "open"
    kinds = [k for k in kinds if k not in ("open", "prefix", "space")]
    if {"relation", "binary", "sign", "text", "comma", "big"} & set(kinds):
        level = 0
    else:
        level = 2 if len(kinds) <= 1 and "fraction" not in kinds else 1
    return Line(re.sub(r"  +", " ", out).strip(), level)


def _gap(before: Token, after: Token) -> str:
    """What stands between two neighbours."""
    a, b = before.kind, after.kind
    if a == "d" or "space" in (a, b):
        return ""
    if a in ("relation", "binary") or b in ("relation", "binary"):
        return " "
    if b in ("close", "comma", "script") or a in ("open", "sign", "prefix", "mid") or b == "mid":
        return ""
    if a == "comma" or "text" in (a, b):
        return " "
    if b == "open" and after.text not in BARS:
        return "" if a in ("atom", "word", "close", "number") or before.text.isalpha() else " "
    if a == "number":
        return "" if b == "atom" else " "
    return " "


def _barred(tokens: list[Token]) -> list[Token]:
    """Bars told apart: opening, closing, or in the middle."""
    out: list[Token] = []
    for k, t in enumerate(tokens):
        if t.kind != "bar":
            out.append(t)
            continue
        last = out[-1].kind if out else "relation"
        opened = sum((u.kind == "open") - (u.kind == "close") for u in out if u.text[:1] == t.text[:1])
        ended = last in ("atom", "number", "close", "word", "fraction", "script")
        if opened and ended:
            kind = "close"
        else:
            more = any(u.kind == "bar" and u.text[:1] == t.text[:1] for u in tokens[k + 1 :])
            kind = "open" if more else "close" if opened else "mid"
        out.append(Token(t.text, kind))
    return out


def _signed(tokens: list[Token], k: int) -> Token:
    """A sign at the beginning of a term is no binary operator."""
    t = tokens[k]
    first = k == 0 or tokens[k - 1].kind in ("relation", "binary", "open", "comma", "text", "space", "mid")
    return Token(t.text, "sign") if t.kind == "binary" and t.text in "+-−±∓" and first else t


def _fraction(tokens: list[Token], k: int) -> Token:
    """A fraction beside another factor is bracketed."""
    t = tokens[k]
    if t.kind != "fraction":
        return t
    factors = ("atom", "number", "word", "fraction", "open", "big", "prefix", "close")
    before = tokens[k - 1].kind if k else ""
    after = tokens[k + 1].kind if k + 1 < len(tokens) else ""
    beside = (before in factors and before != "open") or (after in factors and after != "close") or after == "script"
    if not beside:
        return t
    return Token(VULGAR.get(t.text, f"({t.text})"), "number" if t.text in VULGAR else "atom")


def _tokens(e: Element) -> list[Token]:
    text = (e.text or "").replace("\u00a0", " ")
    match e.tag:
        case "math" | "mtd" | "mstyle" | "mpadded" | "menclose":
            return [t for part in e for t in _tokens(part)]
        case "mrow":
            return _group(e)
        case "mi":
            return [_identifier(text)]
        case "mn":
            return [Token(text, "number")]
        case "mo":
            return [_operator(text)] if text else []
        case "mtext":
            return [Token(text, "word" if text.isalpha() and text not in CONNECTIVES else "text")]
        case "mspace":
            wide = re.fullmatch(r"([\d.]+)em", e.get("width", "")) is not None and float(e.get("width", "")[:-2]) > 0.5
            return [Token("  ", "space")] if wide else []
        case "mfrac":
            return [_quotient(e)]
        case "msqrt" | "mroot":
            inside = _row(list(e) if e.tag == "msqrt" else [e[0]])
            degree = _script(_row([e[1]]).text, SUPERSCRIPTS, "") if e.tag == "mroot" else ""
            return [Token(f"{degree}√{inside.text if inside.level == 2 else f'({inside.text})'}", "atom")]
        case "msub" | "msup" | "msubsup":
            return _scripts(e, "sub" in e.tag, "sup" in e.tag)
        case "munder" | "mover" | "munderover":
            return _limits(e)
        case "mtable":
            return [Token(_matrix(e), "atom")]
        case _:
            return []


def _group(e: Element) -> list[Token]:
    """A row: its brackets hold it together, and braces around cases are closed."""
    parts = list(e)
    if parts and parts[0].get("form") == "prefix":
        left = parts[0].text or ""
        right = parts[-1].text or "" if parts[-1].get("form") == "postfix" else ""
        inner = parts[1:-1] if right or parts[-1].get("form") == "postfix" else parts[1:]
        if left == "{" and len(inner) == 1 and inner[0].tag == "mtable":
            right = right or "}"
        return [Token(left, "open"), Token(_row(inner).text, "atom"), Token(right, "close")]
    return [t for part in parts for t in _tokens(part)]


def _identifier(text: str) -> Token:
    if text in BIG:
        return Token(text, "big")
    return Token(text, "word" if len(text) > 1 and text.isalpha() else "atom")


def _operator(text: str) -> Token:
    for kind, members in (("relation", RELATIONS), ("binary", BINARY), ("prefix", PREFIX), ("open", OPEN)):
        if text in members:
            return Token(text, kind)
    if text in CLOSE:
        return Token(text, "close")
    if text in BARS:
        return Token(text, "bar")
    if text in BIG:
        return Token(text, "big")
    if text == "/":
        return Token(text, "mid")
    if text in (",", ";", "."):
        return Token(text, "comma")
    return Token(text, "relation" if any(c in RELATIONS for c in text) else "atom")


def _quotient(e: Element) -> Token:
    over, under = _row([e[0]]), _row([e[1]])
    top, bottom = over.text, under.text
    if re.match(r"∂|d\b", top) and re.match(r"∂|d\b", bottom):
        top, bottom = (re.sub(r"^d (?=\S)", "d", s) for s in (top, bottom))
        if " " not in top and " " not in bottom.replace(" ∂", ""):
            return Token(f"{top}/{bottom}", "atom")
    if over.level == 0 or _slashed(top):
        top = f"({top})"
    if under.level < 2 or _slashed(bottom):
        bottom = f"({bottom})"
    return Token(f"{top}/{bottom}", "fraction")


def _slashed(text: str) -> bool:
    """Whether a slash stands outside of all brackets."""
    while (inner := re.sub(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}", "", text)) != text:
        text = inner
    return "/" in text


def _scripts(e: Element, sub: bool, sup: bool) -> list[Token]:
    base = _tokens(e[0]) or [Token("", "atom")]
    tail = _script(_row([e[1]]).text, SUBSCRIPTS, "_") if sub else ""
    if sup:
        tail += _script(_row([e[-1]]).text, SUPERSCRIPTS, "^")
    last = base[-1]
    if last.kind == "fraction" or (len(base) > 1 and last.kind not in ("close", "bar")):
        whole = _row([e[0]]).text
        return [
            Token(f"({whole})" if " " in whole or last.kind == "fraction" else whole, "atom"),
            Token(tail, "script"),
        ]
    return [*base[:-1], Token(last.text + tail, last.kind)]


def _limits(e: Element) -> list[Token]:
    whole, inner = _row([e[0]]), e[0][1] if e[0].tag in ("munder", "mover") else e[1]
    if (inner.text or "") in BRACES:  # what a brace holds; its name is left out
        return [Token(f"({whole.text})" if whole.level == 0 else whole.text, "atom")]
    base = whole.text
    if e.tag == "mover":
        mark = _row([e[1]]).text
        if mark in ACCENTS:
            short = len(unicodedata.normalize("NFC", base)) == 1
            name = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar"}.get(ACCENTS[mark], "dot")
            return [Token(unicodedata.normalize("NFC", base + ACCENTS[mark]) if short else f"{name}({base})", "atom")]
        return [Token(f"{base}^{{{mark}}}", _operator(base).kind)]
    mark = _row([e[1]]).text
    kind = "big" if base in BIG else "atom"
    tail = _script(mark, SUBSCRIPTS, "_") + (
        _script(_row([e[2]]).text, SUPERSCRIPTS, "^") if e.tag == "munderover" else ""
    )
    return [Token(base + tail, kind)]


def _script(text: str, letters: dict[str, str], mark: str) -> str:
    """A script in small letters where there are some, else after its mark."""
    small = text.replace(" ", "") if mark == "_" or not re.search(r"[\w)] [\w(]", text) else text
    text = small if mark == "_" and "…" not in text and len(small) <= 2 * LONGEST_SCRIPT else text
    if len(small) <= LONGEST_SCRIPT and all(c in letters for c in small):
        return "".join(letters[c] for c in small)
    return f"{mark}{text}" if len(text) == 1 else f"{mark}{{{text}}}"


def _matrix(e: Element) -> str:
    rows = []
    for row in e:
        cells = [_row([cell]).text.rstrip(",") for cell in row]
        words = any(x.tag == "mtext" for cell in row for x in cell.iter())
        rows.append((" " if words else ", ").join(cells).strip())
    return "; ".join(rows)
