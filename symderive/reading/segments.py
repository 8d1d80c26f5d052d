"""Rows of formulas cut into segments: terms and the relation signs between them, with what stands between segments.

Only tokens are looked at here.  What continues what is settled in `chains.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from symderive.reading.documents.source import Run, Span, Spelled
from symderive.reading.formulas.lexer import Leaf, Lexer

JUDGED = {
    "=": "=",
    ":=": "=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
    "!=": "!=",
    "~~": "~~",
    "propto": "propto",
    "<-": "<-",
}
"""Relations between terms that make a chain."""
ARROWS = frozenset({"=>", "<=>"})
OPENS = frozenset("LBRACE LPAR LSET LBAR LNORM LANGLE LDOT LROOT BEGIN".split())
CLOSES = frozenset("RBRACE RPAR RSET RBAR RNORM RANGLE RDOT RROOT END".split())
SEPARATORS = frozenset("COMMA SEMICOLON COLON QUAD TEXT FORALL".split())
CONSTANT = re.compile(r"const(?:ant)?s?\.?")


@dataclass
class Segment:
    """A stretch of a row between separators: terms and relation signs in turn; a term may be missing at either end."""

    sides: list[Spelled | None]
    signs: list[Leaf]
    first: Leaf
    after: str = ""
    """The text or sign that stands between the segment before it and this one."""
    boxed: list[bool] = field(default_factory=list)
    fresh_cell: bool = False
    """Whether it opens the first cell of its row."""
    cell: int = 0
    """The cell of its first sign, counted from 1; 0 if that sign does not open a cell."""


def segments(cells: Sequence[Spelled]) -> list[Segment]:
    """The segments of a row.

    Raises:
        ReadingError: the row cannot be cut into tokens.
    """
    line, breaks, boxes = _unbox(cells)
    text = re.sub(r"[.,;:\s]+\Z", "", line.text)
    tokens = Lexer(text).tokens()
    out: list[Segment] = []
    current: list[Leaf] = []
    after, depth, top = "", 0, 0
    cell_of = {t: sum(b <= t.start for b in breaks) for t in tokens}
    opening = {t for t, u in zip(tokens, [None, *tokens], strict=False) if u is None or cell_of[u] < cell_of[t]}

    def close(then: str) -> None:
        nonlocal current, after
        if current:
            out.append(_segment(current, line, after, boxes, cell_of[current[0]] <= 1))
            out[-1].cell = next((cell_of[t] for t in out[-1].signs[:1] if t in opening), 0)
            after = then
        else:
            after = f"{after} {then}".strip() if then not in (",", ";", "quad", ":") else after
        current = []

    for t in tokens:
        skipped = cell_of[t] - top > 1 and t.type == "REL" and any(c.type == "REL" for c in current)
        if depth == 0 and current and cell_of[t] != top and (skipped or _breaks(current, t)):
            close("&")
        top = cell_of[t]
        if t.type in OPENS:
            depth += 1
        if t.type in CLOSES:
            depth -= 1
        if depth == 0 and t.type in SEPARATORS and not (t.type == "TEXT" and current and CONSTANT.fullmatch(t.text)):
            close(t.text)
        elif depth == 0 and t.type == "REL" and (t.text in ARROWS or _leads_on(tokens, t, current, out)):
            close("=>")
            after = "=>" if t.text != "<=>" else "<=>"
        else:
            current.append(t)
    close("")
    return _ranges(out, line)


def _leads_on(tokens: Sequence[Leaf], t: Leaf, before: Sequence[Leaf], done: Sequence[Segment]) -> bool:
    """Whether → stands between two relations, as in ``f = x² → f' = 2x``, and not as in x → 0."""
    related = any(c.type == "REL" for c in before) if before else bool(done and done[-1].signs)
    if t.text != "->" or not related:
        return False
    depth = 0
    for u in tokens[tokens.index(t) + 1 :]:
        depth += (u.type in OPENS) - (u.type in CLOSES)
        if depth == 0 and u.type in SEPARATORS and u.type != "QUAD":
            return False
        if depth == 0 and u.type == "REL":
            return u.text in JUDGED
    return False


ROUGH = re.compile(r"(?<![\\!:<>])=|\\(?:approx|[lg]eq?|[lg]t|propto)(?![A-Za-z])")
SIGNS = {
    "=": "=",
    "approx": "~~",
    "le": "<=",
    "leq": "<=",
    "ge": ">=",
    "geq": ">=",
    "lt": "<",
    "gt": ">",
    "propto": "propto",
}


def roughly(cells: Sequence[Spelled]) -> list[Segment]:
    """The relations of a row that has a token nobody knows, so that only the terms with it are lost."""
    line, _, _ = _unbox(cells)
    marks: list[re.Match[str]] = []
    depth = 0
    for m in re.finditer(r"[{}()\[\]]|" + ROUGH.pattern, line.text):
        if m.group() in "{([":
            depth += 1
        elif m.group() in "})]":
            depth -= 1
        elif depth == 0:
            marks.append(m)
    if not marks:
        return []
    ends = [0, *(m.end() for m in marks)]
    starts = [*(m.start() for m in marks), len(re.sub(r"[.,;:\s]+\Z", "", line.text))]
    sides = [line[a:b].strip() if line.text[a:b].strip() else None for a, b in zip(ends, starts, strict=True)]
    signs = [Leaf("REL", SIGNS[m.group().lstrip("\\")], m.start(), m.end()) for m in marks]
    return [Segment(list(sides), signs, signs[0], "", [False] * len(sides), fresh_cell=True)]


def _unbox(cells: Sequence[Spelled]) -> tuple[Spelled, list[int], list[tuple[int, int]]]:
    """The cells as one text without boxes, where each cell starts, and what stood in boxes."""
    line: Spelled | None = None
    breaks: list[int] = []
    boxes: list[tuple[int, int]] = []
    for cell in map(_cleared, cells):
        m = re.search(r"\\boxed\s*\{", cell.text)
        start = 0 if line is None else len(line.text) + 1
        if m:
            depth, k = 1, m.end()
            while k < len(cell.text) and depth:
                depth += {"{": 1, "}": -1}.get(cell.text[k], 0) if cell.text[k - 1] != "\\" else 0
                k += 1
            inner = cell[m.end() : k - 1]
            boxes.append((start + m.start(), start + m.start() + len(inner.text)))
            cell = cell[: m.start()] + inner + cell[k:]
        breaks.append(start)
        line = cell if line is None else line + _blank(cell) + cell
    assert line is not None
    return line, breaks, boxes


EMPTY = re.compile(
    r"(?:\s|\\quad|\\qquad|\\[,;:!])*(?:(?:\\math\w+\s*)?\{\s*\}|\\(?:mathrel\s*\{\s*)?\\?[hv]?phantom\s*\{[^{}]*\}\s*\}?)(?=\s*[+-])"
)


def _cleared(cell: Spelled) -> Spelled:
    """A cell with blanks for an empty group, or a phantom, before its first sign."""
    m = EMPTY.match(cell.text)
    return cell if m is None else Spelled(" " * m.end() + cell.text[m.end() :], cell.runs)


def _blank(cell: Spelled) -> Spelled:
    return blank_at(cell.span(0, 0))


def blank_at(at: Span) -> Spelled:
    return Spelled(" ", (Run(0, at.source, at.start, at.start, exact=False),))


def _breaks(current: Sequence[Leaf], t: Leaf) -> bool:
    """Whether a new cell opens a new segment here."""
    if t.type in ("REL", "SIGN", "OPERATOR") or current[-1].type in ("REL", "SIGN", "OPERATOR"):
        return False
    return any(c.type == "REL" for c in current)


def _segment(
    tokens: Sequence[Leaf], line: Spelled, after: str, boxes: Sequence[tuple[int, int]], fresh: bool
) -> Segment:
    sides: list[Spelled | None] = []
    signs: list[Leaf] = []
    run: list[Leaf] = []
    depth = 0
    for t in tokens:
        depth += (t.type in OPENS) - (t.type in CLOSES)
        if depth == 0 and t.type == "REL":
            sides.append(line[run[0].start : run[-1].end] if run else None)
            signs.append(t)
            run = []
        else:
            run.append(t)
    sides.append(line[run[0].start : run[-1].end] if run else None)
    start, end = tokens[0].start, tokens[-1].end
    inside = any(a <= start and end <= b + 1 for a, b in boxes)
    last = run[0].start if run else end
    flags = [inside] * len(sides)
    if run and any(a <= last and run[-1].end <= b + 1 for a, b in boxes):
        flags[-1] = True
    return Segment(sides, signs, tokens[0], after, flags, fresh)


def _ranges(found: list[Segment], line: Spelled) -> list[Segment]:
    """Segments with ``i = 1, …, n`` as one, marked as a condition."""
    out: list[Segment] = []
    k = 0
    while k < len(found):
        s = found[k]
        run = [s]
        while (
            k + 1 < len(found)
            and found[k + 1].after == ","
            and not found[k + 1].signs
            and s.signs
            and s.signs[0].text in ("=", "in")
        ):
            k += 1
            run.append(found[k])
        texts = [x.text for r in run for x in r.sides if x is not None]
        if len(run) > 1 and any("dots" in x or "…" in x for x in texts):
            out.append(Segment([s.sides[0]], [], s.first, "range", [False]))
            whole = [x for r in run for x in r.sides if x is not None]
            joined = whole[0] + _blank(whole[0])
            joined = line[
                line.text.find(whole[0].text) : line.text.find(whole[-1].text, line.text.find(whole[0].text) + 1)
                + len(whole[-1].text)
            ]
            out[-1].sides = [joined]
        else:
            out += run
        k += 1
    return out


def subscripts(text: str) -> set[str]:
    """The letters that stand alone in the subscripts of a formula."""
    scripts = re.findall(r"_\s*(?:\{((?:[^{}]|\{[^{}]*\})*)\}|([A-Za-z]))", text)
    return {x for pair in scripts for x in re.findall(r"(?<![\\A-Za-z])[A-Za-z](?![A-Za-z]{2})", "".join(pair))}


def bounds_indices(s: Segment, before: Sequence[Segment]) -> bool:
    """Whether a relation beside others in a row says for which indices they hold, as in ``a_i b_j = 0, i ≠ j``."""
    texts = [x.text.strip() for x in s.sides if x is not None]
    letters = {x for x in texts if re.fullmatch(r"[a-z]", x)}
    plain = all(x in letters or re.fullmatch(r"[A-Z]|\d+", x) for x in texts)
    used = {x for b in before if b.signs for side in b.sides if side is not None for x in subscripts(side.text)}
    return bool(letters) and plain and len(texts) == len(s.sides) == len(s.signs) + 1 > 1 and letters <= used


TEXT = re.compile(r"\\(?:text|textrm|mbox|textnormal)\s*\{")
SIGN = re.compile(r"=|<|>|\\(?:[lg]eq?|neq?|[lg]t)(?![A-Za-z])")
BRACE = re.compile(r"\\(?:under|over)brace\s*\{")


def asides(cells: Sequence[Spelled]) -> tuple[list[Spelled], list[Spelled], list[tuple[Spelled, Spelled]]]:
    """The cells without words that hold a formula, the relations that stand there, and the sides of those at braces."""
    out: list[Spelled] = []
    said: list[Spelled] = []
    below: list[tuple[Spelled, Spelled]] = []
    for cell in cells:
        for m in reversed(list(TEXT.finditer(cell.text))):
            end = _closed(cell.text, m.end())
            inside = re.finditer(r"\$([^$]*)\$", cell.text[m.end() : end])
            said += [cell[m.end() + f.start(1) : m.end() + f.end(1)] for f in inside if SIGN.search(f.group(1))]
            if "$" in cell.text[m.end() : end]:
                blank = " " * (end + 1 - m.start())
                cell = Spelled(cell.text[: m.start()] + blank + cell.text[end + 1 :], cell.runs)
        for m in BRACE.finditer(cell.text):
            end = _closed(cell.text, m.end())
            under = re.match(r"\s*[_^]\s*\{\s*=", cell.text[end + 1 :])
            if under is not None:
                start = end + 1 + under.end()
                value = cell[start : _closed(cell.text, start)]
                below.append((cell[m.end() : end], value))
                said.append(cell[m.end() : end] + Spelled(" = ", _blank(cell).runs) + value)
        out.append(cell)
    return out, said, below


WRAPS = (
    re.compile(r"\s*\\(?:textcolor|colorbox)\s*\{[^{}]*\}\s*(\{)"),
    re.compile(
        r"\s*\\(?:math\w+|bm|boldsymbol|ensuremath|displaystyle|textstyle|textbf|emph|fbox|color\{\w+\})\s*(\{)"
    ),
    re.compile(r"\s*(?:\\left\s*)?(\\\{|[{(\[])"),
)
"""What may stand around a whole formula."""
ENDS = {"{": "}", "(": ")", "[": "]", "\\{": "\\}"}


def bared(cell: Spelled) -> Spelled:
    """A formula without a group, a colour, or brackets around all of it, if relations stand in there."""
    text = cell.text.rstrip(" .,;\n")
    for wrap in WRAPS:
        m = wrap.match(text)
        if m is None or not text.endswith(ENDS[m.group(1)]):
            continue
        start, end = m.end(), len(text) - len(ENDS[m.group(1)])
        inner = text[start:end].removesuffix("\\right").rstrip()
        if _whole(inner) and SIGN.search(inner) and not re.match(r"\s*\\(?:right|left)\b", inner):
            return bared(cell[start : start + len(inner)])
    return cell


def _whole(text: str) -> bool:
    """Whether no bracket in a text is closed that was not opened there, and a relation stands in none of them."""
    depth, sign = 0, False
    for m in re.finditer(r"\\.|[{}()\[\]=<>]", text):
        mark = m.group().removeprefix("\\")
        if mark in ("{", "(", "["):
            depth += 1
        elif mark in ("}", ")", "]"):
            depth -= 1
        if depth < 0:
            return False
        sign = sign or (depth == 0 and mark in ("=", "<", ">"))
    return depth == 0 and sign


def _closed(text: str, start: int) -> int:
    """Where the brace ends that was opened before some place."""
    depth = 1
    for k in range(start, len(text)):
        if text[k - 1] != "\\" or text[k - 2 : k] == "\\\\":
            depth += {"{": 1, "}": -1}.get(text[k], 0)
        if depth == 0:
            return k
    return len(text)


COMMA = re.compile(r"(?<!N}\()(?<!N\()(?<![\w{}_^,.])\d+,\d+(?![\w}])")
"""A number with a decimal comma, or two arguments; not those of the normal law."""
SIZES = re.compile(r"=\s*[\[(]?\s*[A-Za-z]\w*\s*\\times\s*[A-Za-z]\w*\s*[\])]?[\s.,]*\Z")
MIXED = re.compile(r"(?<![\d.^_{])\d\s*\\[dt]?frac\s*\{?\s*\d")
UNIT = re.compile(
    r"(?<![\d^_{.])\d[\d.]*\s*(?:\\[,;:!~ ]|~)*\s*\\(?:text|mathrm|textrm|mbox|mathit)\s*\{[^{}]*\}(?!\s*[(\[\\^_])"
)


def doubtful_numbers(cells: Sequence[Spelled]) -> str:
    """Why the numbers of a row may be others than they seem; empty if there is no reason."""
    text = " ".join(c.text for c in cells)
    if COMMA.search(text):
        return "a comma stands in a number"
    if MIXED.search(text):
        return "a number before a fraction may be a mixed number"
    if SIZES.search(text):
        return "sizes may be meant, and no product"
    return "a unit may stand after a number" if UNIT.search(text) else ""


def words_in(cells: Sequence[Spelled]) -> str:
    """The words that stand in a row."""
    found = re.findall(r"\\(?:text|mbox|textrm|mathrm)\s*\{([^{}]*)\}", " ".join(c.text for c in cells))
    return " ".join(found)


def spoken_in(cells: Sequence[Spelled]) -> str:
    """The text that stands in a row, in lower case, with ``§`` for formulas in it."""
    found = re.findall(r"\\(?:text|mbox|textrm)\s*\{([^{}]*)\}", " ".join(c.text for c in cells))
    spoken = [w.lower() for w in found if " " in w.strip() or w.strip().startswith(("(", "["))]
    return re.sub(r"\$[^$]*\$", " § ", " ; ".join(spoken))


def bracketed(s: Segment) -> Spelled | None:
    """A condition in brackets beside a relation, as in ``|x| = x  (x ≥ 0)``, without them."""
    sides = [x for x in s.sides if x is not None]
    if s.signs or len(sides) != 1:
        return None
    m = re.fullmatch(r"\s*(?:\\left\s*)?[(\[](.*?)(?:\\right\s*)?[)\]]\s*", sides[0].text, re.DOTALL)
    sign = m and re.search(r"=|<|>|\\(?:[lg]eq?|neq?|in|[lg]t)(?![A-Za-z])|[≤≥≠∈]", m.group(1))
    return sides[0][m.start(1) : m.end(1)] if m and sign else None


def between(s: Segment) -> Spelled:
    """A segment with relations as one text."""
    found = [x for x in s.sides if x is not None]
    first = found[0]
    out = first
    for sign, side in zip(s.signs, s.sides[1:], strict=True):
        blank = _blank(first)
        text = {"<=": "\\le", ">=": "\\ge", "!=": "\\ne", "in": "\\in"}.get(sign.text, sign.text)
        out = out + Spelled(f" {text} ", blank.runs)
        if side is not None:
            out = out + side
    return out
