r"""LaTeX formulas as MathML, for pages that need neither a script nor a network.

The parser is latex2mathml; what it makes of an author's formula is not trusted: only presentation elements and a few
attributes pass, text is escaped, links and styles are dropped.  A formula that it cannot parse gives None; the caller
shows the source.  Nothing here knows terms: terms become LaTeX in ``latex``.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from xml.etree import ElementTree as ET  # builds and writes trees; no XML is parsed

MAX_LENGTH = 20_000
"""Characters of the longest formula that is laid out."""
MAX_DEPTH = 60
"""Braces, brackets and environments within each other."""

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
ELEMENTS = frozenset(
    """math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd
    mpadded mphantom menclose mstyle""".split()
)
ARITY = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}
ATTRIBUTES = {
    "display": r"inline|block",
    "columnalign": r"[a-z ]+",
    "width": r"[\d.]+(em|ex|px)",
    "linethickness": r"[\d.]+(em|ex|px)?",
    "accent": r"true|false",
    "stretchy": r"true|false",
    "fence": r"true|false",
    "form": r"prefix|infix|postfix",
    "movablelimits": r"true|false",
    "displaystyle": r"true|false",
    "mathvariant": r"normal",
    "minsize": r"[\d.]+(em|%)?",
    "maxsize": r"[\d.]+(em|%)?",
}
"""Attributes that pass, each with the values that do."""

SPELLINGS = (
    (r"\\(?:bm|pmb)\b", r"\\boldsymbol"),
    (r"\\(?:lvert|rvert|vert)\b", "|"),
    (r"\\(?:lVert|rVert|Vert)\b", r"\\|"),
    (r"\\implies\b", r"\\;\\Longrightarrow\\;"),
    (r"\\iff\b", r"\\;\\Longleftrightarrow\\;"),
    (r"\\(?:intercal)\b", r"\\top"),
    (r"\\(?:dfrac|tfrac|cfrac)\b", r"\\frac"),
    (r"\\operatorname\*", r"\\operatorname"),
    (r"\\mathrm\{([A-Za-z]{2,})\}", r"\\operatorname{\1}"),
    (r"\\(?:label|tag)\*?\{[^{}]*\}", ""),
    (r"\\(?:nonumber|notag|displaystyle|textstyle|limits|nolimits)\b", ""),
)
"""What the parser does not know or lays out badly, in words that it knows."""
_SPELLINGS = [(re.compile(a), b) for a, b in SPELLINGS]

LIMITS = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
_LARGE = frozenset(("∑", "∏", "lim", "max", "min", "sup", "inf", "argmax", "argmin"))
_OPERATORS = frozenset("⟹⟸⟺⇒⇔→←↦:")

_STYLES = {"bold": "BOLD", "italic": "ITALIC", "bold-italic": "BOLD ITALIC", "double-struck": "DOUBLE-STRUCK"}
_STYLES |= {"script": "SCRIPT", "bold-script": "BOLD SCRIPT", "fraktur": "FRAKTUR", "sans-serif": "SANS-SERIF"}
_STYLES |= {"monospace": "MONOSPACE"}


def parse(latex: str) -> ET.Element | None:
    """The tree of a formula without its delimiters: a clean ``mrow``; None if it cannot be parsed."""
    tree = _parsed(latex.strip())
    return None if tree is None else _copy(tree)


def mathml(latex: str, *, display: bool = False, large: bool = False) -> str | None:
    """A formula as an element ``<math>``; None if it cannot be parsed.

    A `display` stands on a line of its own; `large` is in running text with fractions and sums as large as there.
    """
    tree = parse(latex)
    return None if tree is None else _written(tree, display=display, large=large)


def table(rows: Sequence[Sequence[str]]) -> str | None:
    """An aligned display: cells at the marks ``&``, alternately right and left; None if a cell cannot be parsed."""
    root = ET.Element("mtable", {"columnalign": "right left"})
    for row in rows:
        line = ET.SubElement(root, "mtr")
        for k, cell in enumerate(row):
            inside = parse(cell)
            if inside is None:
                return None
            ET.SubElement(line, "mtd", {"columnalign": "left" if k % 2 else "right"}).append(inside)
    return _written(root, display=True)


def width(latex: str) -> float:
    """About how wide a formula is in print, in letters; that of its source if it cannot be parsed."""
    tree = _parsed(latex.strip())
    return len(latex) if tree is None else _width(tree)


def _width(e: ET.Element) -> float:
    parts = [_width(part) for part in e]
    match e.tag:
        case "mfrac":
            return max(parts)
        case "msub" | "msup":
            return parts[0] + 0.7 * parts[1]
        case "msubsup":
            return parts[0] + 0.7 * max(parts[1:])
        case "munder" | "mover" | "munderover":
            return max(parts[0], *(0.7 * p for p in parts[1:]))
        case "mtable":
            return max(parts, default=0.0)
        case "mo":
            return len(e.text or "") * (1.0 if (e.text or "") in "()[]{}|,.;‖∂∇′" else 2.0)
        case _:
            return len(e.text or "") + sum(parts)


def _written(tree: ET.Element, *, display: bool, large: bool = False) -> str:
    root = ET.Element("math", {"xmlns": NAMESPACE, "display": "block" if display else "inline"})
    if large:
        root.set("displaystyle", "true")
    root.append(tree)
    return ET.tostring(root, encoding="unicode")


@lru_cache(maxsize=4096)
def _parsed(latex: str) -> ET.Element | None:
    if len(latex) > MAX_LENGTH or _depth(latex) > MAX_DEPTH:
        return None
    from latex2mathml.converter import convert_to_element

    for pattern, instead in _SPELLINGS:
        latex = pattern.sub(instead, latex)
    if not latex.strip():
        return ET.Element("mrow")
    try:
        clean = _clean(convert_to_element(latex))
    except Exception:  # noqa: BLE001 - whatever a foreign parser raises on foreign text, the text is shown instead
        return None
    if not all(map(_sound, clean.iter())):
        return None
    return next(iter(clean), clean) if clean.tag == "math" and len(clean) == 1 else clean


def _sound(e: ET.Element) -> bool:
    """Whether an element has its parts, and is no command that the parser does not know."""
    known = not (e.tag == "mi" and (e.text or "").startswith("\\"))
    return known and len(e) == ARITY.get(e.tag, len(e))


def _depth(latex: str) -> int:
    """How deeply braces, brackets and environments nest."""
    deepest = depth = 0
    for found in re.finditer(r"\\\\|\\[{}]|\\(begin|left)\b|\\(end|right)\b|[{}]", latex):
        opens = found[0] == "{" or found[1]
        depth += 1 if opens else -1 if found[0] == "}" or found[2] else 0
        deepest = max(deepest, depth)
    return deepest


def _clean(e: ET.Element) -> ET.Element:
    """A copy with known elements and attributes only; text unescaped, letters in their style."""
    tag = e.tag if e.tag in ELEMENTS else "mrow"
    kept = {k: v for k, v in e.attrib.items() if k in ATTRIBUTES and re.fullmatch(ATTRIBUTES[k], v)}
    text = _styled(html.unescape(e.text or ""), e.attrib.get("mathvariant", ""))
    if tag == "mo" and text.isalpha() and len(text) > 1:
        tag, kept = "mi", {}  # the name of a function is no operator
    elif tag == "mi" and text in _OPERATORS:
        tag = "mo"
    parts = [_clean(part) for part in e]
    if tag in LIMITS and parts and parts[0].tag in ("mo", "mi") and parts[0].text in _LARGE:
        tag = LIMITS[tag]
        parts[0].set("movablelimits", "true")
    out = ET.Element("mrow" if tag == "math" else tag, kept if tag != "math" else {})
    out.text = text or None
    out.extend(_spaced(parts) if tag in ("math", "mrow", "mtd", "mstyle", "msqrt") else parts)
    return out


def _spaced(parts: list[ET.Element]) -> list[ET.Element]:
    """Parts of a row with a thin space between the name of a function and a factor beside it."""
    out: list[ET.Element] = []
    for k, part in enumerate(parts):
        after = parts[k + 1] if k + 1 < len(parts) else None
        if _is_word(part) and out and _is_factor(out[-1]):
            out.append(ET.Element("mspace", {"width": "0.17em"}))
        out.append(part)
        if _is_word(part) and after is not None and _is_factor(after) and not _is_word(after):
            out.append(ET.Element("mspace", {"width": "0.17em"}))
    return out


def _is_word(e: ET.Element) -> bool:
    """Whether it is the name of a function, such as log, perhaps with scripts."""
    while e.tag in ("msub", "msup", "msubsup", "munder", "mover", "munderover") and len(e):
        e = e[0]
    return e.tag == "mi" and len(e.text or "") > 1 and (e.text or "").isalpha()


def _is_factor(e: ET.Element) -> bool:
    if e.tag == "mrow":
        return len(e) > 0 and _is_factor(e[0])
    return e.tag in ("mi", "mn", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "mover")


def _styled(text: str, style: str) -> str:
    """Letters of a style, as the letters of that style: the attribute is not shown by every browser."""
    words = _STYLES.get(style)
    return text if words is None else "".join(_letter(c, words) for c in text)


def _letter(c: str, style: str) -> str:
    name = unicodedata.name(c, "")
    found = re.fullmatch(r"(?:LATIN|GREEK) (SMALL|CAPITAL) LETTER (\w+)", name) or re.fullmatch(r"(DIGIT) (\w+)", name)
    if not found:
        return c
    for said in (f"MATHEMATICAL {style} {found[1]} {found[2]}", f"{style} {found[1]} {found[2]}"):
        try:
            return unicodedata.lookup(said)
        except KeyError:
            continue
    return c


def _copy(e: ET.Element) -> ET.Element:
    out = ET.Element(e.tag, dict(e.attrib))
    out.text = e.text
    out.extend([_copy(part) for part in e])
    return out
