r"""Terms as LaTeX, as a lecturer would write them, and so that they read back.

What may not live here: simplification.  What is printed has the structure of the term.  Two terms print alike
only if they are equal wherever they are defined, and only in these ways: the sign of a product stands in front
of it (``(-a)·b`` and ``-(a·b)``; ``-1·a`` without the 1), a chain of matrix products has no brackets where every
association means the same, a quotient of two numerals is a rational number, the square of a 2-norm is the
squared norm.

**Names.**  ``spelling`` maps a name of the kernel (of a quantity, function or operator) to the author's LaTeX.  As
in a macro, ``#1``, ``#2``, … in it are the places of its indices: ``{"W": r"W^{(#1)}_{#2#3}"}``.  A script of which
no place has an index is left out; further indices follow as a subscript.  Without an entry the name is guessed from
its letters: ``sigma_w`` is ``\sigma_{w}``, ``h1`` is ``h_{1}``, ``W^1`` is ``W^{(1)}``, ``dout`` is
``\mathrm{dout}``; a guess that might be taken for another name, or for an entry of a family (``h1`` beside a family
``h``), is ``\mathrm{h1}``.

**Indices** stand together if each is one letter or digit, ``W_{ij}``; else with commas, ``W_{i,j+1}``.  What
already has a subscript is bracketed before it takes another: ``(x_{1})_{i}``.  A power after an index is a power
of the entry; entries of a transpose are ``(A^{\top})_{ij}``.  Bound variables get letters that nothing else uses.

**Products** are juxtaposed and flat, ``\cdot`` stands before numerals only and means the same; a nested product
keeps its brackets.  ``\sum``, ``\prod``, ``\max_{…}``, ``\lim`` take the product to their right, so they are
bracketed unless they come last.  Functions have brackets, and a power behind them belongs to the value:
``\tanh(x)^{2}``; only ``\log x``, ``\sin x`` … of one letter go without, where they end a product.  ``e^{x}`` is
the exponential, unless ``e`` is a name.  Scripts are written in line: ``e^{-x^{2}/2}``, ``x^{-1/2}``; a slash has
one factor on each side, the sign of its numerator stands in front.

**Vectors** are columns; ``x^{\top}`` of a vector is the vector itself as a row, on the left of a matrix product (only
a context can show that it is one), and ``(x^{\top} A)^{\top}`` the same product as a column.  A scalar stands before
a chain of matrices, not in it; ``a b^{\top}`` is the outer product, ``\langle A, B \rangle`` the sum of
the products of entries.  Of matrices ``A^{-1}`` is the inverse, ``A^{\odot k}`` the power of the entries; fractions
and functions act entry by entry.  ``\operatorname{diag}`` of a vector is a matrix, of a matrix a vector.  ``\lVert
x \rVert_{2}^{2}`` is the squared norm, ``\lVert A \rVert_{F}`` the norm of a matrix (again with a context).

**Derivatives**: ``\frac{\partial L}{\partial w_{j}}``, of a sum or product
``\frac{\partial}{\partial w}\left[ … \right]``; of several the innermost is written last.  ``g'(x)`` and
``\partial_{2} f(x, y)`` vary an argument of the function.  The table of derivatives by all entries of W is
``\frac{\partial L}{\partial W}``; a Jacobian follows ``layout``.

**Others**: ``\delta_{ij}`` is the cases 1 if i = j, 0 otherwise, over integers; ``[x_{i}]_{i=1}^{n}`` a tensor by its
entries, ``[a_{ij}]_{i=1,j=1}^{n,m}`` with the outer index first.  ``\operatorname{Var}(t)``,
``\operatorname{Cov}(a, b)`` stand for the very terms that they abbreviate.  ``\operatorname{ELU}_{c}(x)`` has its
parameter below.  ``\mathcal{N}(x; \mu, v)`` is the normal density with variance v; ``\log \mathcal{N}(…)`` without
brackets is its logarithm as a function of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from symderive.kernel.context import Context, Range, Rejected, base_name, family_member
from symderive.kernel.shapes import CONDITION, is_integer, shape
from symderive.kernel.terms import (
    CONDITIONS,
    ONE,
    TRUE,
    ZERO,
    Term,
    at,
    bound,
    conjuncts,
    instantiate,
    literal,
    make,
    num,
    occurs,
    shift,
    substitute,
    subterms,
    sym,
)

MAX_SIZE = 100_000
"""Nodes of the longest formula that is written; shared parts count as often as they are seen."""


class TooLong(ValueError):
    """A formula has more than `MAX_SIZE` parts."""


Layout = Literal["numerator", "denominator"]
"""Which way round ∂y/∂x of vectors is a matrix: entries ∂y_i/∂x_j (numerator) or ∂y_j/∂x_i."""

# How tightly a text holds together, and how tightly a place asks it to.
ANYTHING = 0
SUM = 1  # a + b, -a
PRODUCT = 2  # a b, A \odot B: a term of a sum, the body of a \sum
LARGE = 3  # \sum a, A B: may come last in a product
FACTOR = 4  # \frac{a}{b}, a^{2}: may stand anywhere in a product
BASE = 5  # a, (a + b): may carry scripts


class Piece(NamedTuple):
    """A text and how tightly it holds together."""

    text: str
    level: int


# -- tables -----------------------------------------------------------------------------------------

_LETTERS = """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho sigma
tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell"""
GREEK = {c: rf"\{c}" for c in _LETTERS.split()}
GREEK |= {"eps": r"\epsilon", "ϵ": r"\epsilon", "ε": r"\varepsilon", "ϕ": r"\phi", "φ": r"\varphi", "ϑ": r"\vartheta"}
GREEK |= {"ϖ": r"\varpi", "ϱ": r"\varrho", "ς": r"\varsigma", "ℓ": r"\ell"}

FUNCTIONS = {
    **{f: rf"\{f}" for f in ("log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "max", "min")},
    **{f: rf"\operatorname{{{f}}}" for f in ("erf", "sign", "step", "sigmoid", "softplus", "softsign", "logit")},
    "relu": r"\operatorname{ReLU}",
    "silu": r"\operatorname{SiLU}",
    "gelu": r"\operatorname{GELU}",
    "normal_density": r"\mathcal{N}",
    "normal_log_density": r"\log \mathcal{N}",
    "pi": r"\pi",
}
WITH_PARAMETER = {"lrelu": r"\operatorname{LeakyReLU}", "elu": r"\operatorname{ELU}"}
"""Functions whose first argument is written as a subscript."""
BUILT_IN = frozenset({*FUNCTIONS, *WITH_PARAMETER, "abs"})
BARE = frozenset({"log", "sin", "cos", "tan", "sinh", "cosh", "tanh"})
"""Functions that go without brackets before one letter."""
OPERATORS = {
    "trace": r"\operatorname{tr}",
    "det": r"\det",
    "diag": r"\operatorname{diag}",
    "diagonal": r"\operatorname{diag}",
    "softmax": r"\operatorname{softmax}",
    "logsumexp": r"\operatorname{logsumexp}",
    "total": r"\operatorname{sum}",
    "mean": r"\operatorname{mean}",
}
NORMS = {"norm1": "_{1}", "norm2": "_{2}", "square": "_{2}^{2}", "norminf": r"_{\infty}"}
BIG = {"sum": r"\sum", "prod": r"\prod", "max": r"\max", "min": r"\min"}
SIGNS = {"=": "=", "!=": r"\ne", "<": "<", "<=": r"\le"}
MIRRORED = {"=": "=", "!=": r"\ne", "<": ">", "<=": r"\ge"}
PROPERTIES = {
    "integer": r"{0} \text{{ is an integer}}",
    "differentiable": r"{0} \text{{ is }} {1} \text{{ times differentiable}}",
    "odd": r"{0} \text{{ is odd}}",
    "even": r"{0} \text{{ is even}}",
    "convex": r"{0} \text{{ is convex}}",
    "increasing": r"{0} \text{{ is strictly increasing}}",
    "positive-definite": r"{0} \text{{ is symmetric and positive definite}}",
    "independent": r"{all} \text{{ are independent}}",
    "independent-entries": r"\text{{the entries of }} {0} \text{{ are independent}}",
    "iid": r"\text{{the entries of }} {0} \text{{ are i.i.d.}}",
    "symmetric-law": r"{0} \text{{ is symmetric about zero}}",
    "surely": r"{0} \text{{ for every outcome}}",
    "interchange": r"\partial / \partial {1} \text{{ may be taken inside }} {0}",
    "defined": r"{0} \text{{ is defined}}",
    "nonempty": r"{0} \text{{ has an entry}}",
    "limit": r"{0} \text{{ exists}}",
    "defn": r"\text{{by definition, }} {0}",
    "smooth-limit": r"{0} \text{{ is smooth in }} {1}",
    "constant-near": r"{0} \text{{ does not change near }} {1}",
    # what only rules ask
    "smooth": r"{0} \text{{ is smooth in }} {1}",
    "free": r"{0} \text{{ does not depend on }} {1}",
    "fixed": r"{0} \text{{ is not random}}",
    "apart": r"{0} \text{{ and }} {1} \text{{ use independent entries}}",
    "alike": r"{0} \text{{ and }} {1} \text{{ have the same law}}",
    "lawfree": r"{1} \text{{ is in no law of }} {0}",
    "range": r"{0} \text{{ has the indices }} {1}, \dots, {2}",
    "family": r"{0} \text{{ is defined by }} {1} \text{{ indices}}",
    "not": r"\text{{not }} {0}",
}
"""How a property of its arguments is said."""

SLOT = re.compile(r"#([1-9])")
_RUN = re.compile(r"(?:#[1-9])+")
_SCRIPT = re.compile(r"[_^](?:\{[^{}]*#[^{}]*\}|#[1-9])")
_NAME = re.compile(r"(?P<base>[^_^']*?[^_^'\d])(?P<digits>\d*)(?:_(?P<sub>[^^']+))?(?:\^(?P<sup>[^']+))?(?P<primes>'*)")
_TALL = re.compile(r"\\(?:frac|sum|prod|begin|left|substack|(?:max|min|lim)_)")
_TOKEN = re.compile(r"\\[A-Za-z]+|[^\s{}^_\\]")
_SINGLE = re.compile(r"[A-Za-z0-9]|\\[A-Za-z]+")
_UPRIGHT = re.compile(r"\\(?:mathrm|operatorname|text)\{[^{}]*\}")
_BRACKETS = {"(": ")", "[": "]", "\\lvert": "\\rvert", "\\lVert": "\\rVert", "\\langle": "\\rangle"}
MAX_EXPONENT = 12
"""Tokens of the longest exponent that e carries; a longer one is an argument of exp."""


# -- names ------------------------------------------------------------------------------------------


def guess(name: str) -> str:
    r"""LaTeX for a name of which no spelling is known.

    >>> guess("sigma_w"), guess("h1"), guess("W^1"), guess("dout"), guess("h_out")
    ('\\sigma_{w}', 'h_{1}', 'W^{(1)}', '\\mathrm{dout}', 'h_{\\mathrm{out}}')
    """
    name = name.removeprefix("?")  # metavariables for names
    parts = _NAME.fullmatch(name)
    if parts is None:
        return _upright(name)
    subs = [parts["digits"], *re.split("[_,]", parts["sub"] or "")]
    sub, sup = ",".join(_word(s) for s in subs if s), (parts["sup"] or "").strip("()")
    out = _word(parts["base"]) + (f"_{{{sub}}}" if sub else "")
    return out + (f"^{{({_word(sup)})}}" if sup else "") + parts["primes"]


def _word(s: str) -> str:
    if s in GREEK:
        return GREEK[s]
    if s.isdigit() or (len(s) == 1 and s.isascii() and s.isalpha()):
        return s
    words = unicodedata.name(s, "").split() if len(s) == 1 else []
    if words[:1] == ["GREEK"] and words[-1].lower() in GREEK:
        letter = words[-1].lower()
        return GREEK.get(letter if "SMALL" in words else letter.capitalize(), s)
    return _upright(s) if s.isascii() else s


def _upright(s: str) -> str:
    escaped = re.sub(r"([_#$%&{}])", r"\\\1", re.sub(r"[\^\\]", "", s))
    return rf"\mathrm{{{escaped}}}"


def _spellings(names: Iterable[str], indexed: set[str], given: Mapping[str, str]) -> dict[str, str]:
    """LaTeX for every name; guesses that might be taken for something else are set upright."""
    out = dict(given)
    guesses = {n: guess(n) for n in names if n not in given}
    often = Counter([*guesses.values(), *(SLOT.sub("", t) for t in given.values())])
    for n, text in guesses.items():
        parts = _NAME.fullmatch(n)
        entry = parts is not None and (parts["digits"] or parts["sub"]) and parts["base"] in indexed
        out[n] = _upright(n) if entry or often[text] > 1 else text
    return out


def _mentioned(t: Term) -> tuple[set[str], set[str]]:
    """The names that occur in a term, and those of them that carry indices or arguments."""
    names, indexed = set(), set()
    for s in subterms(t):
        match s.head:
            case "sym" | "meta":
                names.add(s.name())
                indexed |= {s.name()} if s.terms else set()
            case "app" if base_name(s.name()) not in BUILT_IN:
                names.add(base_name(s.name()))
            case "der" | "lim":
                names.add(s.name(1))
                indexed |= {s.name(1)} if s.head == "der" and len(s.args) > 2 else set()
            case "ex":
                names |= {str(n) for n in s.args[1:]}
            case "at" if s.terms[0].head == "sym":
                indexed.add(s.terms[0].name())
    return names, indexed


# -- text -------------------------------------------------------------------------------------------


def _tall(text: str) -> bool:
    return _TALL.search(text) is not None


def _enclose(text: str, left: str = "(") -> str:
    """A text in brackets, which grow with it."""
    right, gap = _BRACKETS[left], " " if left.startswith("\\") else ""
    if _tall(text):
        return rf"\left{left} {text} \right{right}"
    return f"{left}{gap}{text}{gap}{right}"


def _glue(left: str, right: str) -> str:
    """Two factors side by side."""
    if not left:
        return right
    if right[0].isdigit() or (left[-1].isdigit() and re.match(r"\\frac\{\d+\}\{\d+\}", right)):
        return rf"{left} \cdot {right}"
    upright = right.startswith(r"\mathrm") or re.search(r"\\mathrm\{[^{}]*\}$", left)
    return left + (r"\," if upright else " ") + right


def _marks(text: str) -> set[str]:
    """Which of the scripts ``_``, ``^`` and ``'`` a text carries outside its brackets."""
    out, depth = set(), 0
    for c in re.sub(r"\\[A-Za-z]+|\\.", " ", text):
        depth += (c in "([{") - (c in ")]}")
        if depth == 0 and c in "_^'":
            out.add("_" if c == "_" else "^")
    return out


def _joined(indices: Sequence[str]) -> str:
    """Indices as one subscript."""
    if not all(map(_SINGLE.fullmatch, indices)):
        return ",".join(indices)
    return (" " if any("\\" in i for i in indices) else "").join(indices)


def _filled(template: str, indices: Sequence[str]) -> str:
    """A spelling with its places filled; indices that have no place follow as a subscript."""
    places = max(map(int, SLOT.findall(template)), default=0)

    def run(m: re.Match[str]) -> str:
        return _joined([indices[int(k) - 1] for k in SLOT.findall(m[0]) if int(k) <= len(indices)])

    def script(m: re.Match[str]) -> str:
        return m[0] if any(int(k) <= len(indices) for k in SLOT.findall(m[0])) else ""

    out = _RUN.sub(run, _SCRIPT.sub(script, template))
    rest = indices[places:]
    return _subscripted(out, _joined(rest)) if rest else out


def _subscripted(base: str, index: str) -> str:
    return f"{_enclose(base) if '_' in _marks(base) else base}_{{{index}}}"


# -- the API ----------------------------------------------------------------------------------------


def latex(
    term: Term,
    spelling: Mapping[str, str] | None = None,
    context: Context | None = None,
    layout: Layout = "numerator",
) -> str:
    """A term or condition as LaTeX for math mode.

    Args:
        term: no variable of it may dangle; loose variables print as letters.
        spelling: LaTeX for names, functions and operators, with ``#1`` … for indices.
        context: declares the names.  With it vectors and matrices are told apart, and letters of bound variables
            avoid every declared name.
        layout: of Jacobians given by their entries.

    Raises:
        ValueError: a bound variable of the term has no binder.
        TooLong: the formula would have more than `MAX_SIZE` parts.
        RecursionError: the term nests deeper than Python's stack.
    """
    if term.dangling:
        raise ValueError("a bound variable stands outside its binder")
    writer = _Writer(term, spelling or {}, context, layout)
    return writer.write(writer.closed(term))


def latex_condition(condition: Term, spelling: Mapping[str, str] | None = None, context: Context | None = None) -> str:
    """A condition as it stands after "where" or "if": its parts with commas.

    Raises:
        TypeError: the term is not a condition.
    """
    if condition.head not in CONDITIONS:
        raise TypeError(f"{condition.head} is not a condition")
    writer = _Writer(condition, spelling or {}, context, "numerator")
    parts = conjuncts(writer.closed(condition)) or [TRUE]
    return r",\quad ".join(writer.write(c) for c in parts)


def _is_zero(t: Term) -> bool:
    """Whether a term is a vector or matrix of zeros."""
    whole = t
    while t.head == "tab":
        t = t.terms[2]
    return t is ZERO and whole is not t


class _Writer:
    """One visitor; a method for each head, found in `METHODS`."""

    def __init__(self, term: Term, spelling: Mapping[str, str], context: Context | None, layout: Layout) -> None:
        self.context = context
        self.layout = layout
        self.room = MAX_SIZE
        self.script = False
        self.scope: list[str] = []
        names, indexed = _mentioned(term)
        if context is not None:
            names |= set(context.signature)
            indexed |= {n for n, d in context.signature.items() if d.ranges or d.kind == "function"}
        self.spelled = _spellings(names, indexed, spelling)
        self.taken = set(_SINGLE.findall(" ".join(_UPRIGHT.sub("", SLOT.sub("", s)) for s in self.spelled.values())))
        self.plain = {SLOT.sub("", self.spelled[n]) for n in names}

    def closed(self, t: Term) -> Term:
        """The term with a letter of its own for each loose variable."""
        values = {}
        for name in sorted(t.loose):
            self.scope.append(self.letter(name.split("#")[0]))
            values[name] = bound(self.scope[-1])
        return substitute(t, values)

    def letter(self, wish: str = "") -> str:
        """A letter for a bound variable that nothing else in sight uses."""
        candidates = [wish] if re.fullmatch("[A-Za-df-z]", wish) else []
        candidates += [*"ijklmnpqrstuvabc", *(f"i_{{{k}}}" for k in range(1, len(self.scope) + 2))]
        return next(c for c in candidates if c not in self.taken and c not in self.scope)

    def write(self, t: Term, place: int = ANYTHING) -> str:
        """The text of a term for a place, in brackets if the place asks for more than it has."""
        self.room -= 1
        if self.room < 0:
            raise TooLong(f"the formula has more than {MAX_SIZE} parts")
        if place <= LARGE and _goes_bare(t) and t.name() not in self.spelled:
            return f"{FUNCTIONS[t.name()]} {self.write(t.terms[0])}"
        piece = METHODS[t.head](self, t)
        return _enclose(piece.text) if piece.level < place else piece.text

    def inline(self, t: Term, place: int = ANYTHING) -> str:
        """The text of a term in a script: fractions with a slash, no spaces around signs."""
        before, self.script = self.script, True
        out = self.write(t, place)
        self.script = before
        return out

    def rank(self, t: Term) -> int | None:
        """The number of indices that a term takes, if that can be told."""
        if self.context is None or t.schematic or t.dangling:
            return None
        try:
            s = shape(self.context, t)
        except Rejected:
            return None
        return None if s == CONDITION else len(s)

    # -- arithmetic ---------------------------------------------------------------------------------

    def number(self, t: Term) -> Piece:
        p, q = map(int, t.args)  # type: ignore[arg-type]
        if p < 0:
            return self.negative(t)
        if q == 1:
            return Piece(str(p), BASE)
        return Piece(f"{p}/{q}", PRODUCT) if self.script else Piece(rf"\frac{{{p}}}{{{q}}}", FACTOR)

    def name(self, t: Term) -> Piece:
        return Piece(self.spell(t.name()), BASE)

    def spell(self, name: str, indices: Sequence[Term] = ()) -> str:
        return _filled(self.spelled.get(name) or guess(name), [self.inline(i) for i in indices])

    def variable(self, t: Term) -> Piece:
        return Piece(str(t.args[0]), BASE)

    def metavariable(self, t: Term) -> Piece:
        return Piece(self.spell(t.name()) + (self.arguments(t.terms) if t.terms else ""), BASE)

    def infinity(self, _: Term) -> Piece:
        return Piece(r"\infty", BASE)

    def add(self, t: Term) -> Piece:
        out, gap = "", "" if self.script else " "
        for k, a in enumerate(t.terms):
            minus, body = _signed(a)
            sign = "-" if minus else "+" if k else ""
            out += f"{gap}{sign}{gap}" if k else sign
            out += self.write(body, PRODUCT)
        return Piece(out, SUM)

    def negative(self, t: Term) -> Piece:
        return Piece("-" + self.write(_signed(t)[1], PRODUCT), SUM)

    def mul(self, t: Term) -> Piece:
        if _signed(t)[0]:
            return self.negative(t)
        *first, last = t.terms
        out = ""
        for a in first:
            out = _glue(out, self.write(a, FACTOR))
        return Piece(_glue(out, self.write(last, LARGE)), PRODUCT)

    def div(self, t: Term) -> Piece:
        top, bottom = t.terms
        if self.script:
            minus, top = _signed(top)
            if minus:
                return Piece("-" + self.write(make("div", top, bottom), PRODUCT), SUM)
            return Piece(f"{self.write(top, FACTOR)}/{self.write(bottom, FACTOR)}", PRODUCT)
        return Piece(rf"\frac{{{self.write(top)}}}{{{self.write(bottom)}}}", FACTOR)

    def pow(self, t: Term) -> Piece:
        base, exponent = t.terms
        if literal(exponent) == literal(num(1, 2)):
            return Piece(rf"\sqrt{{{self.write(base)}}}", FACTOR)
        entrywise = r"\odot " if self.rank(base) == 2 else ""
        return Piece(self.raised(base, entrywise + self.inline(exponent)), FACTOR)

    def raised(self, base: Term, exponent: str) -> str:
        """A base with a superscript."""
        text = self.write(base, BASE)
        return f"{_enclose(text) if '^' in _marks(text) else text}^{{{exponent}}}"

    # -- functions ----------------------------------------------------------------------------------

    def arguments(self, args: Iterable[Term], left: str = "(") -> str:
        return _enclose(", ".join(self.write(a) for a in args), left)

    def app(self, t: Term) -> Piece:
        f, args = t.name(), t.terms
        base = base_name(f)
        slots = f[len(base) :]
        if f == "exp" and f not in self.spelled and (short := self.exponential(args[0])):
            return Piece(short, FACTOR)
        if f == "abs" and f not in self.spelled:
            return Piece(self.arguments(args, r"\lvert"), BASE)
        head = self.spelled.get(base) or FUNCTIONS.get(base)
        if head is None and base in WITH_PARAMETER:
            head, args = f"{WITH_PARAMETER[base]}_{{{self.inline(args[0])}}}", args[1:]
        head = head or self.spell(base)
        if not args:
            return Piece(head, BASE)
        if base.startswith("normal_"):
            text = head + _enclose("; ".join([self.write(args[0]), ", ".join(map(self.write, args[1:]))]))
            return Piece(text, LARGE if " " in head else BASE)
        if slots.startswith(";"):
            varied = " ".join(rf"\partial_{{{k}}}" for k in reversed(slots[1:].split(";")))
            return Piece(f"{varied} {head}{self.arguments(args)}", FACTOR)
        return Piece(head + slots + self.arguments(args), BASE)

    def exponential(self, t: Term) -> str:
        """e with a short exponent; empty if that is too long, or if e is a name."""
        if "e" in self.plain or _deep(t):
            return ""
        if t is ONE:
            return "e"
        text = self.inline(t)
        return "" if len(_TOKEN.findall(text)) > MAX_EXPONENT or _tall(text) else f"e^{{{text}}}"

    def op(self, t: Term) -> Piece:
        f, args = t.name(), t.terms
        if f in self.spelled:
            return Piece(self.spelled[f] + self.arguments(args), BASE)
        match f:
            case "matmul" if self.is_row(t):
                return Piece(rf"{_enclose(self.chain(t))}^{{\top}}", FACTOR)
            case "matmul":
                return Piece(self.chain(t), LARGE)
            case "outer":
                return Piece(_glue(self.write(args[0], FACTOR), self.as_row(args[1])), LARGE)
            case "hadamard":
                return Piece(r" \odot ".join(self.write(a, FACTOR) for a in args), PRODUCT)
            case "transpose":
                return Piece(self.raised(args[0], r"\top"), FACTOR)
            case "inv":
                return Piece(self.raised(args[0], "-1"), FACTOR)
            case "inner":
                return Piece(self.arguments(args, r"\langle"), BASE)
            case _ if f in NORMS:
                index = NORMS[f].replace("_{2}", "_{F}") if self.rank(args[0]) == 2 else NORMS[f]
                return Piece(self.arguments(args, r"\lVert") + index, BASE if "^" not in index else FACTOR)
        return Piece((OPERATORS.get(f) or rf"\operatorname{{{f}}}") + self.arguments(args), BASE)

    def chain(self, t: Term) -> str:
        """A matrix product without brackets: a column, a matrix, a number, or a row if it begins with one."""
        left, right = t.terms
        vector = self.rank(left) == 1
        if left.head == "op" and left.name() == "matmul" and (self.is_row(left) or not vector):
            first = self.chain(left)
        else:
            first = self.as_row(left) if vector else self.write(left, FACTOR)
        flat = right.head == "op" and right.name() == "matmul" and self.rank(right.terms[0]) == 2
        return _glue(first, self.chain(right) if flat else self.write(right, FACTOR))

    def is_row(self, t: Term) -> bool:
        """Whether a vector is a product that begins with a row."""
        return t.head == "op" and t.name() == "matmul" and self.rank(t) == 1 == self.rank(t.terms[0])

    def as_row(self, t: Term) -> str:
        """A vector on its side."""
        return _enclose(self.chain(t)) if self.is_row(t) else self.raised(t, r"\top")

    # -- indices ------------------------------------------------------------------------------------

    def at(self, t: Term) -> Piece:
        base = t
        indices: list[Term] = []
        while base.head == "at":
            indices.insert(0, base.terms[1])
            base = base.terms[0]
        if base.head == "sym":
            text = self.spell(base.name(), indices)
            row = len(indices) == 1 and re.search(r"_\{\d\d+\}$", text) and self.rank(t)
            return Piece(f"{text[:-1]},:}}" if row else text, BASE)  # not to be read as two indices
        text = self.as_row(base) if self.is_row(base) else self.write(base, BASE)
        return Piece(_subscripted(text, _joined([self.inline(i) for i in indices])), BASE)

    def under(self, lo: Term, hi: Term, *bodies: Term) -> tuple[str, str, str, list[Term]]:
        """Enter a binder: its letter, its ends, and what stands under it with the letter put in.

        The caller leaves it by taking the letter off the scope.
        """
        ends = self.inline(lo), self.inline(hi)
        last = str(hi.args[0]) if hi.head == "sym" else ""
        letter = self.letter(last.lower() if last.isupper() else "")
        self.scope.append(letter)
        return letter, *ends, [instantiate(b, bound(letter)) for b in bodies]

    def big(self, t: Term) -> Piece:
        i, lo, hi, (guard, body) = self.under(*t.terms)
        start = f"{i}={lo}" if t.name() in ("sum", "prod") else rf"{lo} \le {i} \le {hi}"
        if guard is not TRUE:
            start = rf"\substack{{{start} \\ {self.inline(guard)}}}"
        end = f"^{{{hi}}}" if t.name() in ("sum", "prod") else ""
        text = f"{BIG[t.name()]}_{{{start}}}{end} {self.write(body, PRODUCT)}"
        self.scope.pop()
        return Piece(text, LARGE)

    def tab(self, t: Term) -> Piece:
        if gradient := self.gradient(t):
            return gradient
        depth, starts, ends = 0, [], []
        while t.head == "tab" and (not depth or self.scope[-1] not in t.terms[0].loose | t.terms[1].loose):
            i, lo, hi, (t,) = self.under(*t.terms)
            starts.append(f"{i}={lo}")
            ends.append(hi)
            depth += 1
        text = f"{_enclose(self.write(t), '[')}_{{{','.join(starts)}}}^{{{','.join(ends)}}}"
        del self.scope[len(self.scope) - depth :]
        return Piece(text, BASE)

    def gradient(self, t: Term) -> Piece | None:
        """A table of derivatives by all entries of a vector or matrix, in its shape; a Jacobian by `layout`."""
        ranges: list[Range] = []
        body = t
        while body.head == "tab":
            ranges.append((body.terms[0], body.terms[1]))
            body = body.terms[2]
        if self.context is None or body.head != "der":
            return None
        v, top, by, n = body.name(1), body.terms[0], body.terms[1:], len(ranges)
        span = {bound(n - 1 - k): r for k, r in enumerate(ranges)}
        for own in ([], [bound(1 if self.layout == "numerator" else 0)])[: 2 if n == 2 else 1]:
            whole = top.terms[0] if own and top.head == "at" and top.terms[1] is own[0] else top
            varied = [i for i in span if i not in own]
            fixed = by[: len(by) - len(varied)]
            if (
                [*fixed, *varied] == [*by]
                and (whole is not top) == bool(own)
                and not any(occurs(x, k) for x in (whole, *fixed) for k in range(n))
                and self.ranges(at(sym(v), *fixed)) == [span[i] for i in varied]
                and (not own or self.ranges(whole) == [span[i] for i in own])
            ):
                return self.derivative(shift(whole, -n), [(v, [shift(i, -n) for i in fixed])])
        return None

    def ranges(self, t: Term) -> list[Range]:
        """The ranges of the indices that a name, or a member of a family, still takes."""
        name, indices = family_member(t) or ("", [])
        declared = self.context.signature.get(name) if self.context else None
        return list(declared.ranges[len(indices) :]) if declared else []

    # -- calculus and probability ---------------------------------------------------------------------

    def der(self, t: Term) -> Piece:
        places = []
        while t.head == "der":
            places.append((t.name(1), list(t.terms[1:])))
            t = t.terms[0]
        return self.derivative(t, places)

    def derivative(self, t: Term, places: list[tuple[str, list[Term]]]) -> Piece:
        """∂ⁿt by the places, the innermost last."""
        before, self.script = self.script, False
        bottom: list[str] = []
        for text, times in _runs([self.spell(v, indices) for v, indices in places]):
            merge = times > 1 and "^" not in _marks(text)
            bottom += [rf"\partial {text}" + (f"^{{{times}}}" if merge else "")] * (1 if merge else times)
        top = r"\partial" + (f"^{{{len(places)}}}" if len(places) > 1 else "")
        piece = METHODS[t.head](self, t)
        inside = piece.level >= FACTOR and not _tall(piece.text)
        numerator = f"{top} {piece.text}" if inside else top
        text = rf"\frac{{{numerator}}}{{" + r"\,".join(bottom) + "}"
        if not inside:
            text += rf"\left[ {piece.text} \right]"
        self.script = before
        return Piece(text, FACTOR)

    def lim(self, t: Term) -> Piece:
        side = {"both": "", "above": "^{+}", "below": "^{-}"}[t.name(3)]
        point = self.inline(t.terms[1], BASE if side else ANYTHING)
        body = self.write(t.terms[0], PRODUCT)
        return Piece(rf"\lim_{{{self.spell(t.name(1))} \to {point}{side}}} {body}", LARGE)

    def ex(self, t: Term) -> Piece:
        over = ", ".join(self.spell(str(n)) for n in t.args[1:])
        sub = f"_{{{over}}}" if over else ""
        for operator, parts in _moments(t):
            return Piece(operator + sub + self.arguments(parts), BASE)
        return Piece(rf"\mathbb{{E}}{sub}{self.arguments(t.terms, '[')}", BASE)

    # -- conditions -----------------------------------------------------------------------------------

    def cases(self, t: Term) -> Piece:
        if self.is_delta(t):
            return Piece(rf"\delta_{{{_joined([self.inline(i) for i in t.terms[0].terms])}}}", BASE)
        before, self.script = self.script, False
        rows, rest = [], t
        while rest.head == "cases":
            rows.append(rf"{self.write(rest.terms[1])} & \text{{if }} {self.write(rest.terms[0])}")
            rest = rest.terms[2] if len(rest.terms) == 3 else TRUE
        if rest is not TRUE:
            rows.append(rf"{self.write(rest)} & \text{{otherwise}}")
        self.script = before
        return Piece(r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}", LARGE)

    def is_delta(self, t: Term) -> bool:
        """Whether the cases are the Kronecker symbol, and its letter is free to say so."""
        if t.terms[1:] != (ONE, ZERO) or t.terms[0].head != "rel" or t.terms[0].name() != "=":
            return False
        return not any(s.startswith(r"\delta") for s in self.plain) and all(map(self.is_index, t.terms[0].terms))

    def is_index(self, t: Term) -> bool:
        if self.context is None or t.schematic:
            return all(s.head in ("bound", "sym", "num", "add", "neg", "meta") for s in subterms(t))
        return is_integer(self.context, t)

    def rel(self, t: Term) -> Piece:
        a, b = t.terms
        if t.name() == "=" and a.head != "tab" and _is_zero(b):
            return Piece(f"{self.write(a, SUM)} = 0", ANYTHING)
        if a.head == "num" and b.head != "num":
            return Piece(f"{self.write(b, SUM)} {MIRRORED[t.name()]} {self.write(a, SUM)}", ANYTHING)
        return Piece(f"{self.write(a, SUM)} {SIGNS[t.name()]} {self.write(b, SUM)}", ANYTHING)

    def and_(self, t: Term) -> Piece:
        chains: list[tuple[str, Term | None]] = []
        for c in t.terms:
            if c.head != "rel":
                chains.append((self.write(c, ANYTHING if c.head == "is" else SUM), None))
            elif chains and chains[-1][1] is c.terms[0]:
                chains[-1] = f"{chains[-1][0]} {SIGNS[c.name()]} {self.write(c.terms[1], SUM)}", c.terms[1]
            else:
                chained = len(t.terms) > 1 and any(c.terms[1] is d.terms[0] for d in t.terms if d.head == "rel")
                text = self.write(c.terms[0], SUM) + f" {SIGNS[c.name()]} " + self.write(c.terms[1], SUM)
                chains.append((text if chained else self.write(c), c.terms[1]))
        return Piece(r" \text{ and } ".join(text for text, _ in chains) or r"\text{true}", ANYTHING)

    def imp(self, t: Term) -> Piece:
        guard, claim = (self.write(c, ANYTHING if c.head in ("rel", "is") else SUM) for c in t.terms)
        return Piece(rf"{guard} \implies {claim}", ANYTHING)

    def all_(self, t: Term) -> Piece:
        depth, ranges = 0, []
        while t.head == "all":
            lo_term, hi_term = t.terms[:2]
            i, lo, hi, (t,) = self.under(*t.terms)
            if hi_term.head == "inf":
                ranges.append(rf"{i} \ge {lo}")
            elif lo_term.head == "num":
                ranges.append(rf"{i} = {lo}, \dots, {hi}")
            else:
                ranges.append(rf"{lo} \le {i} \le {hi}")
            depth += 1
        text = r" \text{ for all } " + r" \text{ and } ".join(ranges)
        if t.head == "imp":
            guard, t = t.terms
            text += rf" \text{{ with }} {self.write(guard)}"
        text = self.write(t, ANYTHING if t.head in ("rel", "is") else SUM) + text
        del self.scope[len(self.scope) - depth :]
        return Piece(text, ANYTHING)

    def is_(self, t: Term) -> Piece:
        prop, args = t.name(), t.terms
        if prop == "integrable":
            return Piece(self.write(make("ex", args[0], *(a.name() for a in args[1:]))) + r" \text{ exists}", ANYTHING)
        if prop == "law":
            law = {"normal": r"\mathcal{N}"}.get(args[1].name(), rf"\operatorname{{{args[1].name()}}}")
            return Piece(rf"{self.write(args[0])} \sim {law}{self.arguments(args[2:])}", ANYTHING)
        texts = [self.write(a, ANYTHING if a.head in CONDITIONS else SUM) for a in args]
        said = PROPERTIES.get(prop, rf"\text{{{{{prop}}}}}({{all}})")
        return Piece(said.format(*texts, all=", ".join(texts)), ANYTHING)


METHODS: dict[str, Callable[[_Writer, Term], Piece]] = {
    "num": _Writer.number,
    "sym": _Writer.name,
    "bound": _Writer.variable,
    "meta": _Writer.metavariable,
    "add": _Writer.add,
    "neg": _Writer.negative,
    "mul": _Writer.mul,
    "div": _Writer.div,
    "pow": _Writer.pow,
    "app": _Writer.app,
    "cases": _Writer.cases,
    "big": _Writer.big,
    "tab": _Writer.tab,
    "at": _Writer.at,
    "der": _Writer.der,
    "lim": _Writer.lim,
    "ex": _Writer.ex,
    "op": _Writer.op,
    "inf": _Writer.infinity,
    "rel": _Writer.rel,
    "is": _Writer.is_,
    "and": _Writer.and_,
    "imp": _Writer.imp,
    "all": _Writer.all_,
}


# -- the structure of terms ---------------------------------------------------------------------------


def _signed(t: Term) -> tuple[bool, Term]:
    """Whether a term begins with a minus sign, and what follows it."""
    if t.head == "neg":
        return True, t.terms[0]
    if t.head == "num" and int(t.args[0]) < 0:  # type: ignore[arg-type]
        return True, make("num", -int(t.args[0]), t.args[1])  # type: ignore[arg-type]
    if t.head != "mul":
        return False, t
    first, *rest = t.terms
    minus, body = _signed(first) if first.head in ("neg", "num") else (False, first)
    if not minus:
        return False, t
    if body is ONE and rest[0].head != "num":
        return True, rest[0] if len(rest) == 1 else make("mul", *rest)
    return True, make("mul", body, *rest)


def _goes_bare(t: Term) -> bool:
    """Whether a function may go without brackets: its argument is one letter with indices, or a numeral."""
    if t.head != "app" or t.name() not in BARE:
        return False
    part = t.terms[0]
    while part.head == "at":
        part = part.terms[0]
    natural = part.head == "num" and part.args[1] == 1 and not _signed(part)[0]
    return natural or part.head in ("sym", "bound") or (part.head == "meta" and not part.terms)


def _deep(t: Term) -> bool:
    """Whether a term holds something that is too tall for an exponent."""
    return any(s.head in ("big", "cases", "der", "lim", "tab") for s in subterms(t))


def _moments(t: Term) -> list[tuple[str, list[Term]]]:
    """The variance or covariance that an expectation is, as it is defined; at most one."""
    body, over = t.terms[0], t.args[1:]

    def centred(s: Term) -> Term | None:
        *front, last = s.terms if s.head == "add" else (s,)
        if not front:
            return None
        whole = front[0] if len(front) == 1 else make("add", *front)
        return whole if last is make("neg", make("ex", whole, *over)) else None

    if body.head == "pow" and body.terms[1] is num(2) and (a := centred(body.terms[0])):
        return [(r"\operatorname{Var}", [a])]
    if body.head == "mul" and len(body.terms) == 2:
        a, b = map(centred, body.terms)
        return [(r"\operatorname{Cov}", [a, b])] if a and b else []
    return []


def _runs(texts: list[str]) -> list[tuple[str, int]]:
    """Equal neighbours, counted."""
    out: list[tuple[str, int]] = []
    for text in texts:
        if out and out[-1][0] == text:
            out[-1] = text, out[-1][1] + 1
        else:
            out.append((text, 1))
    return out
