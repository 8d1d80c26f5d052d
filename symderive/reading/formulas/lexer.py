"""LaTeX formulas as tokens: letters with their font, words, signs, paired bars.

Nothing is decided here about meaning.  Spacing and sizes vanish; bars and ‖ are paired before the parser
sees them, so that the grammar stays free of conflicts.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal

from symderive.reading.formulas import alphabet
from symderive.reading.formulas.errors import ReadingError

MAX_LENGTH = 50_000
MAX_DEPTH = 200
MAX_BARS = 200
MAX_INNER = 8
"""How deep formulas may stand inside the arguments of \\overset and \\text."""


class Leaf:
    """A token; also a leaf of the surface tree.

    Attributes:
        type: the terminal of the grammar.
        text: what it says, in canonical characters.
        start, end: offsets into the formula.
    """

    __slots__ = ("end", "note", "start", "text", "type")
    line = column = end_line = end_column = 1  # the parser's own bookkeeping, unused

    def __init__(self, type_: str, text: str, start: int, end: int, note: str = "") -> None:
        self.type = type_
        self.text = text
        self.start = start
        self.end = end
        self.note = note

    @property
    def kind(self) -> str:
        return self.type

    @property
    def start_pos(self) -> int:
        return self.start

    @property
    def end_pos(self) -> int:
        return self.end

    def __repr__(self) -> str:
        return f"{self.type}:{self.text}"


RELATIONS = {
    "=": "=", "<": "<", ">": ">", "lt": "<", "gt": ">", "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=",
    "geq": ">=", "geqslant": ">=", "ne": "!=", "neq": "!=", "approx": "~~", "simeq": "~~", "approxeq": "~~",
    "propto": "propto",
    "sim": "~", "in": "in", "ni": "ni", "notin": "notin", "leftarrow": "<-", "gets": "<-", "to": "->",
    "rightarrow": "->", "longrightarrow": "->", "mapsto": "|->", "Rightarrow": "=>", "implies": "=>",
    "Longrightarrow": "=>", "Leftrightarrow": "<=>", "iff": "<=>", "equiv": ":=", "coloneqq": ":=",
    "triangleq": ":=", "doteq": ":=", "perp": "perp", "subset": "subset", "subseteq": "subset", "ll": "<<", "gg": ">>",
    "uparrow": "up", "downarrow": "down", "cong": "~~", "therefore": "=>", "Longleftrightarrow": "<=>",
    "le.": "<=", "asymp": "~~",
}  # fmt: skip
OPERATORS = {
    "cdot": "*", "times": "x", "ast": "*", "star": "*", "odot": "o.", "circ": "o", "otimes": "ox", "bullet": "*",
    "div": "/", "cup": "cup", "cap": "cap", "oplus": "o+", "setminus": "setminus",
}  # fmt: skip
JUNCTORS = {"wedge": "and", "land": "and", "vee": "or", "lor": "or"}
FUNCTIONS = frozenset(
    "exp log ln sin cos tan tanh sinh cosh coth sec csc cot arcsin arccos arctan max min sup inf argmax argmin"
    " lim det tr Tr trace diag softmax sigmoid relu ReLU sign sgn erf softplus Var Cov KL rank dim Pr limsup liminf"
    " logit gelu GELU silu SiLU elu ELU vec LeakyReLU Re Im ker span arg lse logsumexp ".split()
)
BIG = {
    "sum": "sum",
    "prod": "prod",
    "int": "int",
    "bigcup": "cup",
    "bigoplus": "oplus",
    "bigodot": "odot",
    "iint": "int",
}
SPACES = frozenset(
    ", ; ! : > space thinspace medspace thickspace enspace negthinspace displaystyle textstyle scriptstyle"
    " limits nolimits nonumber notag noindent left. right. allowbreak relax hfill smallskip medskip bigskip par"
    " centering normalsize small large hline / - kern scriptscriptstyle mathstrut strut break newline protect".split()
) | {" ", "\n"}
SIZES = frozenset(f"{b}{s}" for b in ("big", "Big", "bigg", "Bigg") for s in ("", "l", "r", "m")) | {
    "mathopen",
    "mathclose",
}
ONE_ARGUMENT_DROPPED = frozenset(
    (
        "label",
        "tag",
        "hspace",
        "vspace",
        "color",
        "phantom",
        "hphantom",
        "vphantom",
        "cite",
        "footnote",
        "eqref",
        "ref",
        "mbox*",
        "hskip",
    )
)
TEXTS = frozenset(("text", "mbox", "textnormal", "hbox", "textsf", "intertext", "shortintertext"))
NAMES = frozenset(
    (
        "operatorname",
        "mathop",
        "operatorname*",
        "mathrm",
        "mathit",
        "textrm",
        "texttt",
        "mathtt",
        "mathsf",
        "textit",
        "rm",
        "textbf",
    )
)
TYPESET = frozenset("exp log ln sin cos tan tanh sinh cosh max min det lim arg sup inf".split())
"""Functions that have a command of their own."""

LINKING = frozenset(
    "if and or where for otherwise with when else as then so is iff such that because since by a an the of all"
    " not constant const undefined elsewhere independent on in to while each any".split()
)
"""Words in a formula that link its parts and name nothing."""

MARKS = {
    "dagger": "†",
    "prime": "'",
    "star": "*",
    "ast": "*",
    "circ": "°",
    "*": "*",
    "+": "+",
    "-": "-",
    "#": "#",
    "dag": "†",
}
BRACKETS = {
    "(": ("LPAR", "("), "[": ("LPAR", "["), ")": ("RPAR", ")"), "]": ("RPAR", "]"), "{": ("LSET", "{"),
    "}": ("RSET", "}"),
    "lbrace": ("LSET", "{"), "rbrace": ("RSET", "}"), "langle": ("LANGLE", "<"), "rangle": ("RANGLE", ">"),
    "lvert": ("LBAR", "|"), "rvert": ("RBAR", "|"), "lVert": ("LNORM", "||"), "rVert": ("RNORM", "||"),
    "lbrack": ("LPAR", "["), "rbrack": ("RPAR", "]"), "lfloor": ("LPAR", "floor"), "rfloor": ("RPAR", "floor"),
    "lceil": ("LPAR", "ceil"), "rceil": ("RPAR", "ceil"),
}  # fmt: skip
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n~]+|%[^\n]*\n?)|\\(?P<command>[A-Za-z]+\*?|.|\n)"
    r"|(?P<number>\d+(?:\.\d+)?[eE][-+]\d{1,3}(?![\d.])|\d+(?:(?:\{,\}|\\,)\d{3}(?!\d))*(?:\.\d+)?|\.\d+)"
    r"|(?P<run>[A-Za-z]+)|(?P<sign>:=|\|\||.)",
    re.DOTALL,
)
_ALIGNED = re.compile(r"[\s&]*(?:[=<>≤≥≈:+\-*/^_.,;]|\\[A-Za-z,;!:>]|\Z)")
"""What may stand after the & of an alignment."""
_WORD = re.compile(r"\s*([A-Za-z][A-Za-z0-9 \-]*?)\s*\Z")
_ARGUMENT = re.compile(r"\s*\{")
_OPENS = frozenset("LBRACE LPAR LSET LBAR LNORM LANGLE LDOT LROOT BEGIN".split())
_CLOSES = frozenset("RBRACE RPAR RSET RBAR RNORM RANGLE RDOT RROOT END".split())
_ENDS_OPERAND = _CLOSES | frozenset("NUMBER LETTER WORD TRANSPOSE MARK PRIME BANG DOTS".split())


_STARTS_OPERAND = frozenset(
    "NUMBER LETTER WORD FUNCTION BIG LBRACE LPAR LSET LNORM FRAC SQRT ACCENT NABLA PARTIAL BEGIN".split()
)


class Lexer:
    """The tokens of one formula."""

    def __init__(self, text: str, words: Collection[str] = (), depth: int = 0) -> None:
        if depth > MAX_INNER:
            raise ReadingError("limit", "texts and oversets nest too deep", 0, 1, "Take them apart.")
        self.depth = depth
        if len(text) > MAX_LENGTH:
            message = f"the formula has {len(text)} characters; the limit is {MAX_LENGTH}"
            raise ReadingError("limit", message, 0, 1, "Split it into several lines.")
        self.text = text
        self._closing: dict[int, int] | None = None
        self.words = words
        self.out: list[Leaf] = []
        self.stack: list[Leaf] = []
        self.styles: list[str] = [""]
        self.single = 0
        """How many more arguments of one character are awaited, as after ``\\frac``."""
        self.awaited: list[int] = []
        """The same for what stands around each open bracket."""

    def tokens(self) -> list[Leaf]:
        """The tokens, with bars paired.

        Raises:
            ReadingError: a bracket is open or not opened, a command is unknown, or a limit is passed.
        """
        self._run(0, len(self.text))
        if self.stack:
            opened = self.stack[-1]
            raise ReadingError(
                "syntax", f"{opened.text or 'a brace'} is not closed", opened.start, opened.end, "Close it."
            )
        while self.out and self.out[-1].type == "QUAD":
            self.out.pop()
        return pair_bars(self.out)

    def _run(self, position: int, end: int) -> None:
        text, match_at = self.text, _TOKEN.match
        while position < end:
            m = match_at(text, position)
            assert m is not None
            group, start, position = m.lastgroup, m.start(), m.end()
            match group:
                case "space":
                    continue
                case "number":
                    position = self._number(m.group(), start, position)
                case "run":
                    position = self._letters(m.group(), start, position)
                case "command":
                    position = self._command(m.group("command"), start, position)
                case _:
                    position = self._sign(m.group(), start, position)

    def _adjoins(self, start: int) -> bool:
        """Whether the last token is one character that ends here: ``>=``."""
        return self.out[-1].end == start == self.out[-1].start + 1

    def _emit(self, type_: str, text: str, start: int, end: int, note: str = "") -> None:
        leaf = Leaf(type_, text, start, end, note)
        if self.single and type_ != "LROOT":
            self.single -= 1
        if type_ in _OPENS:
            self.awaited.append(self.single)
            self.single = 0
            self.stack.append(leaf)
            self.styles.append(self.styles[-1])
            if len(self.stack) > MAX_DEPTH:
                raise ReadingError(
                    "limit", f"brackets nest deeper than {MAX_DEPTH}", start, end, "Name the inner parts."
                )
        elif type_ in _CLOSES:
            self._close(leaf)
        self.out.append(leaf)

    def _close(self, leaf: Leaf) -> None:
        if not self.stack:
            raise ReadingError("syntax", f"{leaf.text} closes nothing", leaf.start, leaf.end, "Open it, or remove it.")
        opened = self.stack.pop()
        self.single = self.awaited.pop()
        self.styles.pop()
        if opened.type == "LDOT" and leaf.type in ("RPAR", "RSET", "RBAR", "RNORM", "RANGLE"):
            leaf.type, leaf.text = "RDOT", leaf.text
        if leaf.type == "RDOT" and opened.type in ("LPAR", "LSET", "LBAR"):
            leaf.type = "R" + opened.type[1:]
        if opened.type == "LROOT" and leaf.text == "]":
            leaf.type = "RROOT"
        environment = (opened.type, leaf.type) == ("BEGIN", "END")
        if opened.text != leaf.text if environment else opened.type[1:] != leaf.type[1:]:
            message = f"{opened.text} is closed by {leaf.text}"
            raise ReadingError("syntax", message, leaf.start, leaf.end, "Brackets must match.")

    # -- letters and numbers ------------------------------------------------------------------------

    def _number(self, number: str, start: int, end: int) -> int:
        if self.single and len(number) > 1:
            if len(number) > self.single:
                message = f"only the first digit of {number} belongs to what stands before it"
                raise ReadingError("typo", message, start, end, f"Did you mean {{{number}}}?")
            number, end = number[0], start + 1
        style = self.styles[-1]
        if (power := number.lower().find("e")) > 0:
            if number[:power] != "1" and "." not in number:
                message = f"{number} is a number in scientific notation, or a difference"
                raise ReadingError("ambiguous", message, start, end, "Write it as a decimal, or with a power of 10.")
            number = format(Decimal(number), "f")
        if style in ("BOLD", "DOUBLE-STRUCK") and len(number) == 1:
            self._emit("LETTER", alphabet.styled(number, style), start, end)
        else:
            self._emit("NUMBER", number.replace("{,}", "").replace("\\,", ""), start, end)
        return end

    def _letters(self, run: str, start: int, end: int) -> int:
        style = self.styles[-1]
        if self.single or len(run) == 1:
            self._emit("LETTER", alphabet.styled(run[0], style), start, start + 1)
            return start + 1
        if run in self.words and not style:
            self._emit("WORD", run, start, end)
            return end
        if (
            run in FUNCTIONS
            and len(run) > 2
            and not style
            and re.match(r"\s*(?:\\left\s*)?[({]", self.text[end : end + 12])
        ):
            if run in TYPESET:
                raise ReadingError("typo", f"{run} without a backslash", start, end, f"Did you mean \\{run}?")
            self._emit("FUNCTION", run, start, end, "typed")
            return end
        for k, c in enumerate(run):
            self._emit("LETTER", alphabet.styled(c, style), start + k, start + k + 1)
        return end

    # -- signs --------------------------------------------------------------------------------------

    def _sign(self, sign: str, start: int, end: int) -> int:
        script = self.out[-1].type if self.out else ""
        scripted = script in ("CARET", "UNDER") or (
            script == "LBRACE" and len(self.out) > 1 and self.out[-2].type in ("CARET", "UNDER")
        )
        match sign:
            case "{":
                self._emit("LBRACE", "{", start, end)
            case "}":
                self._emit("RBRACE", "}", start, end)
            case "^" | "_":
                self._emit("CARET" if sign == "^" else "UNDER", sign, start, end)
                self.single = 1
            case "*" | "+" | "-" | "\u2212" if scripted and (script != "LBRACE" or self.text[end : end + 1] == "}"):
                self._emit("MARK", {"\u2212": "-"}.get(sign, sign), start, end)
            case "+" | "-" | "\u2212":
                self._emit("SIGN", "-" if sign == "\u2212" else sign, start, end)
            case "*":
                self._emit("OPERATOR", "*", start, end)
            case "/":
                self._emit("OPERATOR", "/", start, end)
            case "(" | ")" | "[" | "]":
                type_, text = BRACKETS[sign]
                if sign == "[" and self.out and self.out[-1].type == "SQRT":
                    type_ = "LROOT"
                self._emit(type_, text, start, end)
            case "|":
                self._emit("BAR", "|", start, end)
            case "||":
                self._emit("BAR", "||", start, end)
            case "'" | "\u2032":
                self._emit("PRIME", "'", start, end)
            case "!":
                self._emit("BANG", "!", start, end)
            case ",":
                self._emit("COMMA", ",", start, end)
            case ";":
                self._emit("SEMICOLON", ";", start, end)
            case ":":
                self._emit("COLON", ":", start, end)
            case ".":
                if self.text[start:].strip(" .\n") and self.text[end : end + 2] == "..":
                    self._emit("DOTS", "...", start, start + 3)
                    return start + 3
                if self.text[start:].strip(" .\n"):
                    self._emit("SEMICOLON", ".", start, end)
            case "&":
                if any(o.type == "BEGIN" for o in self.stack):
                    self._emit("AMP", "&", start, end)
                elif script in _ENDS_OPERAND and not _ALIGNED.match(self.text, end):
                    self._emit("QUAD", "quad", start, end)
            case "=" if self.out and self.out[-1].text in "<>" and self.out[-1].type == "REL" and self._adjoins(start):
                last = self.out.pop()
                self._emit("REL", last.text + "=", last.start, end)
            case "=" | "<" | ">" | ":=":
                self._emit("REL", RELATIONS.get(sign, sign), start, end)
            case _ if sign in ("$", "#", "@", "`", '"', "?"):
                raise ReadingError("syntax", f"{sign} has no meaning in a formula", start, end, "Remove it.")
            case _:
                self._unicode(sign, start, end)
        return end

    def _unicode(self, sign: str, start: int, end: int) -> None:
        operators = {"·": "*", "×": "x", "⊙": "o.", "∘": "o", "⊗": "ox"}
        relations = {
            "≤": "<=",
            "≥": ">=",
            "≠": "!=",
            "≈": "~~",
            "∈": "in",
            "→": "->",
            "←": "<-",
            "∝": "propto",
            "∼": "~",
            "⇒": "=>",
        }
        if sign in operators:
            self._emit("OPERATOR", operators[sign], start, end)
        elif sign in relations:
            self._emit("REL", relations[sign], start, end)
        elif sign in "∂∇∀∑∏":
            kinds = {"∂": "PARTIAL", "∇": "NABLA", "∀": "FORALL", "∑": "BIG", "∏": "BIG"}
            self._emit(kinds[sign], {"∑": "sum", "∏": "prod"}.get(sign, sign), start, end)
        elif sign == "…":
            self._emit("DOTS", "...", start, end)
        elif sign == "⊤":
            self._emit("TRANSPOSE", "T", start, end)
        elif sign == "‖":
            self._emit("BAR", "||", start, end)
        elif sign.isalpha():
            self._emit("LETTER", alphabet.styled(sign, self.styles[-1]), start, end)
        elif not sign.isprintable() or sign.isspace():
            return
        else:
            raise ReadingError(
                "syntax", f"the character {sign!r} is not known in formulas", start, end, "Write its LaTeX command."
            )

    # -- commands -----------------------------------------------------------------------------------

    def _command(self, name: str, start: int, end: int) -> int:
        if name.endswith("*") and name != "operatorname*":
            name, end = name[:-1], end - 1
        if name in ("quad", "qquad", "\\"):
            inner = self.stack[-1].type if self.stack else ""
            if name == "\\" and inner == "LBRACE" and self.stack[-1].note == "substack":
                self._emit("COMMA", ",", start, end)
                return end
            if name == "\\" and any(o.type == "BEGIN" for o in self.stack):
                m = re.compile(r"\s*\[[^\]]{0,20}\]").match(self.text, end)
                self._emit("NEWLINE", "\\\\", start, end)
                return m.end() if m else end
            top = not self.stack or self.stack[-1].type in ("LPAR", "LSET")
            if top and self.out and self.out[-1].type not in ("QUAD", "COMMA", "REL", "SIGN", "OPERATOR"):
                self._emit("QUAD", "quad", start, end)
            return end
        if name in SPACES or name in SIZES:
            return end
        if name in alphabet.LETTERS:
            self._emit("LETTER", alphabet.styled(alphabet.LETTERS[name], self.styles[-1]), start, end)
        elif name in ("left", "right"):
            return self._sized(name, start, end)
        elif name in ("mid", "vert", "middle"):
            if name == "middle":
                end = self.text.find("|", end) + 1 or end
            self._emit("BAR" if name == "vert" else "MID", "|", start, end)
        elif name in ("|", "Vert", "parallel"):
            self._emit("BAR", "||", start, end)
        elif name in BRACKETS:
            self._emit(*BRACKETS[name], start, end)
        elif name in ("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"):
            self._emit("FRAC", "frac", start, end)
            self.single = 2
        elif name in ("binom", "tbinom", "dbinom"):
            self._emit("BINOM", "binom", start, end)
            self.single = 2
        elif name == "sqrt":
            self._emit("SQRT", "sqrt", start, end)
            self.single = 1
        elif name in ("overset", "stackrel", "underset"):
            return self._overset(start, end)
        elif name == "not":
            m = re.compile(r"\s*(=|\\in\b|\\sim\b)").match(self.text, end)
            if m is None:
                raise ReadingError("syntax", "\\not stands before no relation", start, end, "Write \\ne or \\notin.")
            self._emit("REL", {"=": "!=", "\\in": "notin"}.get(m.group(1), "notsim"), start, m.end())
            return m.end()
        elif name in RELATIONS:
            self._emit("REL", RELATIONS[name], start, end)
        elif name in MARKS and self.out and self.out[-1].type in ("CARET", "UNDER") and name != "quad":
            self._emit("PRIME" if name == "prime" else "MARK", MARKS[name], start, end)
        elif name == "prime":
            self._emit("PRIME", "'", start, end)
        elif name in ("odot", "circ") and self._starts_exponent():
            self._emit("MARK", "⊙" if name == "odot" else "°", start, end)
        elif name == "cdot" and self._alone(end):
            self._emit("LETTER", "·", start, end)
        elif name in JUNCTORS:
            self._emit("TEXT", JUNCTORS[name], start, end)
        elif name in OPERATORS:
            self._emit("OPERATOR", OPERATORS[name], start, end)
        elif name in BIG:
            self._emit("BIG", BIG[name], start, end)
        elif name in FUNCTIONS and name not in alphabet.ACCENTS:
            return self._function(name, start, end)
        elif name in alphabet.ACCENTS:
            self._emit("ACCENT", name, start, end)
            self.single = 1
        elif name in TEXTS:
            return self._text(start, end)
        elif name in alphabet.STYLES or name in NAMES:
            return self._styled(name, start, end)
        else:
            return self._rest(name, start, end)
        return end

    def _starts_exponent(self) -> bool:
        return len(self.out) > 1 and self.out[-1].type == "LBRACE" and self.out[-2].type == "CARET"

    def _alone(self, end: int) -> bool:
        r"""Whether a dot stands for an argument, as in ``\sigma(\cdot)`` or ``\|\cdot\|``."""
        before = self.out[-1].type if self.out else ""
        opened = before in ("LPAR", "LBAR", "LNORM", "LBRACE", "BAR", "COMMA", "MID")
        return (
            opened
            and re.match(r"\s*(?:\\right\s*)?(?:[)\]},|]|\\\||\\r[vV]ert)", self.text[end : end + 12]) is not None
        )

    def _rest(self, name: str, start: int, end: int) -> int:
        simple = {
            "nabla": ("NABLA", "∇"), "partial": ("PARTIAL", "∂"), "top": ("TRANSPOSE", "T"),
            "intercal": ("TRANSPOSE", "T"),
            "ldots": ("DOTS", "..."), "cdots": ("DOTS", "..."), "dots": ("DOTS", "..."), "vdots": ("DOTS", "..."),
            "ddots": ("DOTS", "..."), "dotsc": ("DOTS", "..."), "dotsb": ("DOTS", "..."), "forall": ("FORALL", "∀"),
            "pm": ("SIGN", "±"), "mp": ("SIGN", "∓"),
            "colon": ("COLON", ":"), "boxed": ("BOXED", "boxed"), "T": ("TRANSPOSE", "T"),
            "transpose": ("TRANSPOSE", "T"),
            "underbrace": ("BRACE", "underbrace"), "overbrace": ("BRACE", "overbrace"), "exists": ("FORALL", "∃"),
            "checkmark": ("TEXT", "✓"), "square": ("TEXT", "□"),
            "Box": ("TEXT", "□"),
            "#": ("MARK", "#"), "blacksquare": ("TEXT", "■"), "%": ("MARK", "%"),
            "iff": ("REL", "<=>"), "qed": ("TEXT", "∎"), "angle": ("MARK", "∠"), "_": ("MARK", "_"),
        }  # fmt: skip
        if name in simple:
            self._emit(*simple[name], start, end)
            return end
        if name in ("begin", "end"):
            body, end = self._argument(end, name)
            environment = body.rstrip("*")
            self._emit("BEGIN" if name == "begin" else "END", environment, start, end)
            if name == "begin" and environment == "array":
                end = self._argument(end, "array")[1]
            return end
        if name == "substack":
            brace = _ARGUMENT.match(self.text, end)
            if brace is None:
                raise ReadingError("syntax", "\\substack has no argument", start, end, "Put it in braces.")
            self._emit("LBRACE", "{", start, brace.end(), "substack")
            return brace.end()
        if name in ("textcolor", "mathcolor", "colorbox"):
            return self._argument(end, name)[1]
        if name == "hspace":
            top = not self.stack and self.out and self.out[-1].type not in ("QUAD", "COMMA", "REL", "SIGN", "OPERATOR")
            end = self._argument(end, name)[1]
            if top:
                self._emit("QUAD", "quad", start, end)
            return end
        if name in ONE_ARGUMENT_DROPPED:
            return self._argument(end, name)[1]
        if name in (
            "cancel",
            "mathbin",
            "mathrel",
            "mathord",
            "mathinner",
            "ensuremath",
            "smash",
            "mathpunct",
            "bf",
            "it",
            "rm",
        ):
            return end
        raise ReadingError(
            "unknown-command", f"\\{name} is not known", start, end, "Define it with \\newcommand, or write it out."
        )

    def _argument(self, position: int, of: str) -> tuple[str, int]:
        """The text between braces from a position, and where it ends."""
        m = _ARGUMENT.match(self.text, position)
        if m is None:
            stripped = self.text[position:].lstrip()
            if not stripped or of in ("begin", "end", "array"):
                raise ReadingError("syntax", f"\\{of} has no argument", position - 1, position, "Put it in braces.")
            k = len(self.text) - len(stripped)
            word = re.match(r"\\[A-Za-z]+|.", stripped, re.DOTALL)
            assert word is not None
            return word.group(), k + word.end()
        if self._closing is None:
            self._closing = closing_braces(self.text)
        closing = self._closing.get(m.end() - 1)
        if closing is None:
            raise ReadingError(
                "syntax", f"the argument of \\{of} is not closed", m.end() - 1, m.end(), "Close the brace."
            )
        return self.text[m.end() : closing], closing + 1

    def _sized(self, side: str, start: int, end: int) -> int:
        m = re.compile(r"\s*(\\[A-Za-z]+|\\.|.)", re.DOTALL).match(self.text, end)
        if m is None:
            raise ReadingError(
                "syntax", f"\\{side} without a bracket", start, end, "Write a bracket after it, or a dot."
            )
        bracket = m.group(1).removeprefix("\\") if len(m.group(1)) > 1 else m.group(1)
        left = side == "left"
        if bracket in ("|", "vert") and m.group(1) != "\\|":
            type_, text = ("LBAR" if left else "RBAR"), "|"
        elif m.group(1) == "\\|" or bracket == "Vert":
            type_, text = ("LNORM" if left else "RNORM"), "||"
        elif bracket == ".":
            type_, text = ("LDOT" if left else "RDOT"), "."
        elif bracket in ("<", ">"):
            type_, text = ("LANGLE", "<") if left else ("RANGLE", ">")
        elif bracket in BRACKETS:
            type_, text = BRACKETS[bracket]
        else:
            raise ReadingError(
                "syntax", f"\\{side} stands before {bracket}", start, m.end(), "Write a bracket after it, or a dot."
            )
        self._emit(type_, text, start, m.end())
        return m.end()

    def _overset(self, start: int, end: int) -> int:
        note, middle = self._argument(end, "overset")
        base, end = self._argument(middle, "overset")
        inner = Lexer(base, self.words, self.depth + 1).tokens()
        if len(inner) != 1:
            raise ReadingError(
                "syntax", "\\overset stands over more than one sign", start, end, "Put it over one sign."
            )
        leaf = inner[0]
        self._emit(leaf.type, leaf.text, start, end, note.strip())
        return end

    def _function(self, name: str, start: int, end: int) -> int:
        if name == "arg":
            m = re.compile(r"(?:\\[,!; ]|\s)*\\(max|min)(?![A-Za-z])").match(self.text, end)
            if m:
                name, end = f"arg{m.group(1)}", m.end()
        self._emit("FUNCTION", name, start, end)
        return end

    def _text(self, start: int, end: int) -> int:
        body, end = self._argument(end, "text")
        plain = body.replace("~", " ").strip()
        before = self.out[-1].type if self.out else ""
        two = self.out[-2].type if len(self.out) > 1 else ""
        script = before in ("CARET", "UNDER") or (before == "LBRACE" and two in ("CARET", "UNDER"))
        m = _WORD.match(plain)
        applied = re.match(r"\s*(?:\\left\s*|\\[bB]ig+l?\s*)?[([{]|\s*_", self.text[end : end + 14]) is not None
        if plain.strip("-. ").replace("-", "") in FUNCTIONS and not script:
            self._emit("FUNCTION", plain, start, end)
        elif script and plain in ("T", "⊤"):
            self._emit("TRANSPOSE", "T", start, end)
        elif m and (script or (applied and plain.lower() not in LINKING and " " not in plain) or plain in self.words):
            self._emit("WORD", plain, start, end)
        elif plain and "$" not in plain:
            self._emit("TEXT", plain, start, end)
        elif plain:
            self._emit("TEXT", plain.split("$", 1)[0].strip(), start, end)
            for k, part in enumerate(plain.split("$")[1:]):
                for leaf in Lexer(part, self.words, self.depth + 1).tokens() if k % 2 == 0 else ():
                    self._emit(leaf.type, leaf.text, start, end)
        return end

    def _styled(self, name: str, start: int, end: int) -> int:
        name = name.rstrip("*")
        style = alphabet.STYLES.get(name, "")
        body, after = self._argument(end, name)
        inner = re.sub(r"\\[,!;: ]|~|\s", "", body) if len(body) < 200 else ""
        before = self.out[-1].type if self.out else ""
        braced = before == "LBRACE" and len(self.out) > 1 and self.out[-2].type == "CARET"
        if (
            inner == "T"
            and (before == "CARET" or braced)
            and name in ("mathsf", "mathrm", "rm", "textrm", "operatorname", "mathtt")
        ):
            self._emit("TRANSPOSE", "T", start, after)
            return after
        if name in NAMES and style in ("", "SANS-SERIF") and re.fullmatch(r"[A-Za-z][A-Za-z0-9\-]+", inner):
            known = inner.replace("-", "") in FUNCTIONS or inner in FUNCTIONS
            inner = inner.replace("-", "") if known else inner
            self._emit("FUNCTION" if known else "WORD", inner, start, after, "" if known else name)
            return after
        if re.fullmatch(r"[A-Za-z0-9]", inner) and not (inner.isdigit() and not style):
            self._emit("LETTER", alphabet.styled(inner, style), start, after)
            return after
        m = re.fullmatch(r"\\([A-Za-z]+)", inner)
        if m and m.group(1) in alphabet.LETTERS:
            self._emit("LETTER", alphabet.styled(alphabet.LETTERS[m.group(1)], style), start, after)
            return after
        if m and m.group(1) in ("top", "intercal"):
            self._emit("TRANSPOSE", "T", start, after)
            return after
        brace = _ARGUMENT.match(self.text, end)
        if brace is None:
            if m:
                self.styles.append(style)
                after = self._command(m.group(1), start, after)
                self.styles.pop()
                return after
            raise ReadingError(
                "syntax", f"\\{name} stands before no letter", start, end, "Put what it styles in braces."
            )
        self._emit("LBRACE", "{", start, brace.end())
        self.styles[-1] = style
        return brace.end()


def closing_braces(text: str) -> dict[int, int]:
    """The place of the closing brace for each opening one that has one."""
    out: dict[int, int] = {}
    opened: list[int] = []
    for m in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if m.group() == "{":
            opened.append(m.start())
        elif m.group() == "}" and opened:
            out[opened.pop()] = m.start()
    return out


# -- bars -----------------------------------------------------------------------------------------------


def pair_bars(tokens: list[Leaf]) -> list[Leaf]:
    """Give every bar its role: opening, closing, or standing between (as in p(x | z))."""
    bars = [t for t in tokens if t.type == "BAR"]
    if not bars:
        return tokens
    if len(bars) > MAX_BARS:
        raise ReadingError("limit", f"more than {MAX_BARS} bars", bars[0].start, bars[0].end, "Split the formula.")
    levels: list[list[int]] = [[]]
    groups: list[list[int]] = []
    opened: list[int] = []
    for k, t in enumerate(tokens):
        if t.type in _OPENS:
            levels.append([])
            opened.append(k)
        elif t.type in _CLOSES or (t.type in ("NEWLINE", "AMP") and len(levels) > 1):
            groups.append(levels.pop())
            if t.type in ("NEWLINE", "AMP"):
                levels.append([])
        elif t.type == "BAR":
            levels[-1].append(k)
    groups += levels
    out = list(tokens)
    for group in groups:
        for bar, type_ in _roles(tokens, group):
            out[bar] = type_
    flat: list[Leaf] = []
    for t in out:
        if t.type == "SPLIT":
            middle = (t.start + t.end) // 2
            flat += [Leaf("RBAR", "|", t.start, middle), Leaf("LBAR", "|", middle, t.end)]
        else:
            flat.append(t)
    return flat


def _roles(tokens: list[Leaf], bars: list[int]) -> list[tuple[int, Leaf]]:
    """Roles of the bars of one bracket level, from left to right."""
    out: list[tuple[int, Leaf]] = []
    open_: list[str] = []
    if len(bars) >= 4 and all(tokens[k].text == "|" for k in bars) and _pairings(tokens, bars) > 1:
        t = tokens[bars[0]]
        message = "the bars can be paired in more than one way"
        raise ReadingError("ambiguous", message, t.start, tokens[bars[-1]].end, "Write \\lvert … \\rvert.")
    for n, k in enumerate(bars):
        t = tokens[k]
        operand = k > 0 and tokens[k - 1].type in _ENDS_OPERAND
        later = [tokens[b].text for b in bars[n + 1 :]]
        if open_ and operand and open_[-1] == t.text:
            open_.pop()
            role = "RBAR" if t.text == "|" else "RNORM"
        elif open_ and operand and t.text == "||" and open_[-1] == "|":
            role = "SPLIT"
        elif not operand or (t.text in later and not open_ and (later.count(t.text) % 2 == 1)):
            open_.append(t.text)
            role = "LBAR" if t.text == "|" else "LNORM"
        else:
            role = "MID" if t.text == "|" else "DMID"
        out.append((k, Leaf(role, t.text, t.start, t.end)))
    if open_:
        t = tokens[bars[-1]]
        raise ReadingError("syntax", "a bar has no partner", t.start, t.end, "Write \\lvert … \\rvert.")
    return out


def _pairings(tokens: list[Leaf], bars: list[int]) -> int:
    """In how many ways bars can be paired."""
    ends = [k > 0 and tokens[k - 1].type in _ENDS_OPERAND for k in bars]
    starts = [
        k + 1 < len(tokens) and (tokens[k + 1].type in _STARTS_OPERAND or (tokens[k + 1].type == "SIGN" and not end))
        for k, end in zip(bars, ends, strict=True)
    ]
    ways = {0: 1}
    for before, after in zip(ends, starts, strict=True):
        following: dict[int, int] = {}
        for depth, n in ways.items():
            if after:
                following[depth + 1] = following.get(depth + 1, 0) + n
            if before and depth:
                following[depth - 1] = following.get(depth - 1, 0) + n
        ways = following
    return ways.get(0, 0)
