"""What the names of a problem mean, as far as the text has said: a scope with the author's spelling.

Declarations made by words and those inferred from use are kept apart, so that `read` can echo both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from symderive.kernel.context import Name, Range
from symderive.kernel.shapes import Shape
from symderive.kernel.terms import INF, ONE, Term, abstract, bound, make, rebuild, rel, shift, sym
from symderive.kernel.words import say
from symderive.language.expr import Expr
from symderive.language.scope import Scope
from symderive.reading.formulas import symbols
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.surface import Surface

if TYPE_CHECKING:
    from symderive.reading.formulas.laws import Law

DIMENSIONS = ("n", "m", "N", "K", "D", "M", "r")
"""Letters for dimensions that nobody named."""

Ranges: TypeAlias = tuple[Range, ...]

BUILT_IN = frozenset({"exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "erf", "abs", "pi", "max", "min"})


@dataclass
class Meaning:
    """What one name stands for.

    Attributes:
        key: its name in the scope.
        spelling: LaTeX; ``{0}``-style slots are not needed: indices follow as scripts.
        upper: how many of its indices are written above (``w^{(t)}``).
        bracketed: whether these stand in brackets.
        usual: the arguments that a function has when it stands bare.
        called: the letters of these, where they had no meaning yet when it was defined: ``f(x, y) = …``.
        said: the words that declared it; empty if it was inferred.
        role: declared, defined, inferred, index or dimension.
    """

    key: str
    spelling: str
    role: str
    said: str = ""
    upper: int = 0
    bracketed: bool = True
    usual: tuple[Term, ...] = ()
    called: tuple[str, ...] = ()
    row: bool = False
    place: tuple[int, int] = (0, 0)

    @property
    def template(self) -> str:
        """The spelling with the places of the indices that are written above."""
        above = ",".join(f"#{k}" for k in range(1, self.upper + 1))
        if not above or "#" in self.spelling:
            return self.spelling
        return f"{self.spelling}^{{({above})}}" if self.bracketed else f"{self.spelling}^{{{above}}}"


@dataclass(frozen=True)
class Macro:
    """A quantity that depends on tensors, to be read again for other arguments."""

    params: tuple[str, ...]
    body: Surface


@dataclass
class Names:
    """The growing table of names of a problem."""

    scope: Scope = field(default_factory=Scope)
    meanings: dict[str, Meaning] = field(default_factory=dict)
    aliases: dict[str, Term] = field(default_factory=dict)
    conventions: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    """What was taken one way where another was possible, in sentences."""
    inferred: list[str] = field(default_factory=list)
    ranges_said: dict[str, Range] = field(default_factory=dict)
    """Ranges of index letters that the text states ("for i = 1, …, n")."""
    macros: dict[str, Macro] = field(default_factory=dict)
    mentions: dict[str, list[str]] = field(default_factory=dict)
    """Brackets with which a quantity is written, as in L(w) or P(y = 1 | x): they say on what it depends."""
    unread: list[str] = field(default_factory=list)
    """What was said and not understood; it blocks refutations."""
    presumed: set[tuple[str, str]] = field(default_factory=set)
    """(u, v): u was not declared, and is taken not to depend on v, by which something is differentiated."""
    kinks: dict[str, tuple[Term, Term]] = field(default_factory=dict)
    """Slopes that a convention sets where there is none: ``relu'`` is 0 at 0."""
    tainted: set[str] = field(default_factory=set)
    """Names that occur in what was not read: of them nothing is inferred."""
    doubtful: dict[str, str] = field(default_factory=dict)
    """Names that a sentence declares, defines or speaks of, with a word of it that may change what it says: nothing is
    proved of them."""
    hedged: dict[str, str] = field(default_factory=dict)
    """Names that an equation defines whose sentence has words, or a condition, that may say when it holds."""
    tagged: dict[str, str] = field(default_factory=dict)
    """Names that a noun or adjective describes that says more of them than was read: "the hat matrix"."""
    vague: set[str] = field(default_factory=set)
    """Names of which only a noun says what they are that vectors have as well: they are taken as numbers."""
    likely: list[Term] = field(default_factory=list)
    """What nouns let expect of numbers: a probability lies between 0 and 1."""
    strict: bool = False
    """Whether an undeclared name is an error instead of an inferred number."""
    reserved: frozenset[str] = frozenset()
    """Names of the problem that a solution may not redefine."""
    laws: dict[str, Law] = field(default_factory=dict)
    """Laws that have a name, as in ``q = 𝒩(μ, σ²)``."""
    built_in: set[str] = field(default_factory=set)
    """Letters that were taken in their built-in meaning: they can no longer be inferred to be numbers."""
    adopted: set[str] = field(default_factory=set)
    """Names that were taken over from an earlier part."""
    elders: tuple[Names, ...] = ()
    """Tables of earlier parts, newest first: a name unknown here is looked up there."""

    def copy(self) -> Names:
        """A table that grows apart from this one."""
        scope = Scope(self.scope.book)
        scope.names, scope.definitions = dict(self.scope.names), dict(self.scope.definitions)
        scope.facts = list(self.scope.facts)
        return Names(
            scope,
            dict(self.meanings),
            dict(self.aliases),
            set(self.conventions),
            list(self.notes),
            list(self.inferred),
            dict(self.ranges_said),
            dict(self.macros),
            {k: list(v) for k, v in self.mentions.items()},
            list(self.unread),
            set(self.presumed),
            dict(self.kinks),
            set(self.tainted),
            dict(self.doubtful),
            dict(self.hedged),
            dict(self.tagged),
            set(self.vague),
            list(self.likely),
            self.strict,
            self.reserved,
            dict(self.laws),
            set(self.built_in),
            set(self.adopted),
            self.elders,
        )

    def is_inferred(self, key: str) -> bool:
        """Whether nothing was said of a name."""
        known = self.meanings.get(key)
        return known is not None and known.role == "inferred"

    def doubt(self, keys: Iterable[str], word: str) -> None:
        """Prove nothing of these names: a word of what is said of them may change it."""
        for key in keys:
            known = self.meanings.get(key)
            if key in self.scope.names and (known is None or known.role not in ("dimension", "index")):
                self.doubtful.setdefault(key, word)

    def news(self, before: Names) -> set[str]:
        """The names that are declared, or defined, here and not there."""
        return {n for n in self.scope.names if n not in before.scope.names} | {
            n
            for n in (*self.scope.definitions, *self.laws)
            if n not in before.scope.definitions and n not in before.laws
        }

    def adopt(self, key: str) -> bool:
        """Take a name over from an earlier part, with all that it rests on; whether that was possible.

        It is not if something that it rests on means something else here.
        """
        for elder in self.elders:
            if key in elder.meanings and key in elder.scope.names:
                rests = elder.rests_on(key)
            elif key in elder.aliases and key not in self.aliases:
                rests = {n for m in elder.scope.context().closure(elder.aliases[key]) for n in elder.rests_on(m)}
            else:
                continue
            if any(n in self.scope.names and not self._same(n, elder) for n in rests):
                return False
            for n in rests:
                self._take(n, elder)
            for f in elder.scope.facts:
                about = elder.scope.context().closure(f)
                if about & rests and all(n in self.scope.names and self._same(n, elder) for n in about):
                    self.assume(f)
            if key in elder.aliases and key not in self.scope.names:
                self.aliases[key] = elder.aliases[key]
            elif key in elder.meanings:
                self.notes.append(f"{elder.meanings[key].spelling} is taken from an earlier part")
            return True
        return False

    def rests_on(self, key: str) -> set[str]:
        """A name and all names that its ranges, definition and law mention."""
        context = self.scope.context()
        out: set[str] = set()
        stack = [key]
        while stack:
            n = stack.pop()
            if n in out or n not in self.scope.names:
                continue
            out.add(n)
            declared = self.scope.names[n]
            terms = [
                t for r in (*declared.ranges, *(r for a in declared.arguments for r in a)) for t in r if t is not INF
            ]
            terms += declared.law[1] if declared.law else ()
            definition = self.scope.definitions.get(n)
            terms += [body for _, body in definition.clauses] if definition is not None else []
            stack += [m for t in terms for m in context.closure(t)]
        return out

    def _same(self, key: str, elder: Names) -> bool:
        return self.scope.names.get(key) == elder.scope.names.get(key) and self.scope.definitions.get(
            key
        ) == elder.scope.definitions.get(key)

    def _take(self, key: str, elder: Names) -> None:
        if key in self.scope.names:
            return
        self.scope.names[key] = elder.scope.names[key]
        self.adopted.add(key)
        if key in elder.meanings:
            self.meanings[key] = elder.meanings[key]
        if key in elder.scope.definitions:
            self.scope.definitions[key] = elder.scope.definitions[key]
        if key in elder.macros:
            self.macros[key] = elder.macros[key]
        if key in elder.mentions:
            self.mentions[key] = elder.mentions[key]
        self.changed()

    def __contains__(self, key: str) -> bool:
        return key in self.meanings

    def declared(self, key: str) -> Name:
        return self.scope.names[key]

    def ranges(self, key: str) -> Ranges:
        return self.scope.names[key].ranges

    def is_function(self, key: str) -> bool:
        return key in self.scope.names and self.scope.names[key].kind == "function"

    @property
    def spellings(self) -> dict[str, str]:
        """LaTeX for each name, with ``#1`` … for the indices that stand above."""
        return {k: m.template for k, m in self.meanings.items()}

    @property
    def words(self) -> frozenset[str]:
        """Names of several letters, which the lexer must keep together."""
        return frozenset(k for k in self.meanings if len(k) > 1 and k.isalpha() and k.isascii())

    # -- growing ------------------------------------------------------------------------------------

    def changed(self) -> None:
        """Forget what was worked out of the scope; to be said after names or definitions were put in by hand."""
        self.scope._context = None  # noqa: SLF001

    def add(self, meaning: Meaning, declared: Name) -> Expr:
        """A new name.

        Raises:
            ReadingError: it has a meaning already.
        """
        key = meaning.key
        if key in self.scope.names:
            old = self.meanings.get(key)
            message = f"{meaning.spelling} has a meaning already" + (f": {old.said}" if old and old.said else "")
            raise ReadingError("redefined", message, *meaning.place, advice="Use another letter.")
        if key in BUILT_IN or key in self.scope.book.functions:
            raise ReadingError("built-in", f"{key} is the name of a function", *meaning.place)
        if not (key[0].isalpha() or key[0] in "_\\"):
            raise ReadingError(
                "built-in", f"{meaning.spelling} is no name: a name begins with a letter", *meaning.place
            )
        self.scope.names[key] = declared
        self.changed()
        self.meanings[key] = meaning
        return Expr(sym(key))

    def number(
        self, key: str, role: str = "declared", said: str = "", *, spelling: str = "", place: tuple[int, int] = (0, 0)
    ) -> Expr:
        out = self.add(Meaning(key, spelling or spell(key), role, said, place=place), Name("real"))
        if role == "inferred":
            self.inferred.append(f"{spell(key)} is a real number")
        return out

    def dimension(self, key: str) -> Term:
        """A dimension, declared by its first use."""
        if key not in self.meanings:
            self.add(Meaning(key, spell(key), "dimension"), Name("int"))
            self.assume(rel("<=", ONE, sym(key)))
        return sym(key)

    def fresh_dimension(self, avoid: Collection[str] = ()) -> Term:
        """A dimension that nobody named: it may turn out to be another one; its letter is none of those to avoid."""
        taken = (*self.meanings, *self.tainted, *self.ranges_said, *avoid)
        key = next((d for d in DIMENSIONS if d not in taken), None) or next(
            f"n_{k}" for k in range(1, 10_000) if f"n_{k}" not in taken
        )
        out = self.dimension(key)
        self.meanings[key].role = "open dimension"
        return out

    @property
    def open_dimensions(self) -> list[str]:
        return [k for k, m in self.meanings.items() if m.role == "open dimension"]

    def identify(self, old: str, new: Term) -> None:
        """Put another dimension for one that nobody named, wherever it stands."""

        def put(t: Term) -> Term:
            if t.head == "sym":
                return new if t.name() == old else t
            return rebuild(t, lambda a, n: shift(put(a), 0, n))

        scope = self.scope
        for k, d in list(scope.names.items()):
            ranges = tuple((put(lo), put(hi)) for lo, hi in d.ranges)
            arguments = tuple(tuple((put(lo), put(hi)) for lo, hi in a) for a in d.arguments)
            scope.names[k] = replace(d, ranges=ranges, arguments=arguments)
        for k, f in list(scope.definitions.items()):
            clauses = tuple((tuple((put(lo), put(hi)) for lo, hi in r), put(body)) for r, body in f.clauses)
            scope.definitions[k] = replace(f, clauses=clauses)
        scope.facts[:] = dict.fromkeys(put(f) for f in scope.facts)
        self.aliases = {k: put(t) for k, t in self.aliases.items()}
        self.ranges_said = {k: (put(lo), put(hi)) for k, (lo, hi) in self.ranges_said.items()}
        del scope.names[old]
        del self.meanings[old]
        self.changed()

    def index(self, letter: str, lo: Term, hi: Term) -> Term:
        """A free index with a range; another name where the letter has another range already."""
        key = letter
        while key in self.scope.names and not self._same_range(key, lo, hi):
            key += "̲"
        if key not in self.scope.names:
            self.add(Meaning(key, spell(letter), "index"), Name("int"))
        self.assume(rel("<=", lo, sym(key)))
        if hi is not INF:
            self.assume(rel("<=", sym(key), hi))
        return sym(key)

    def _same_range(self, key: str, lo: Term, hi: Term) -> bool:
        """Whether a free index may also stand where the range is lo..hi: its own is that, up to open ends."""
        if self.scope.names[key].kind != "int" or key not in self.meanings or self.meanings[key].role != "index":
            return False
        t = sym(key)
        los = [f.terms[0] for f in self.scope.facts if f.head == "rel" and f.name() == "<=" and f.terms[1] is t]
        his = [f.terms[1] for f in self.scope.facts if f.head == "rel" and f.name() == "<=" and f.terms[0] is t]
        starts = lo in los or (lo.head == "num" and all(x.head == "num" for x in los))
        return starts and (hi is INF or not his or hi in his)

    def assume(self, *facts: Term) -> None:
        for f in facts:
            if f not in self.scope.facts:
                self.scope.assume(Expr(f))


def spell(key: str) -> str:
    r"""LaTeX for a key.

    >>> spell("σ_w"), spell("W^⁽1⁾"), spell("h′")
    ('\\\\sigma_{w}', 'W^{(1)}', "h'")
    """
    if key.endswith("ᵘ"):
        return f"\\operatorname{{{key[:-1]}}}"
    base, _, upper = key.partition("^")
    base, _, lower = base.partition("_")
    return symbols.spelling(base, lower, upper)


def tensor(dims: Sequence[Term]) -> Ranges:
    return tuple((ONE, d) for d in dims)


def show(s: Shape) -> str:
    """A shape in words."""
    if not s:
        return "a number"
    sizes = [say(hi) if lo is ONE else f"{say(lo)}..{say(hi)}" for lo, hi in s]
    kind = {1: "a vector of length", 2: "a matrix"}.get(len(s), "a tensor")
    return f"{kind} {'×'.join(sizes)}"


_serial = count()


def loose(stem: str = "i") -> str:
    """A name for a loose variable that no other has."""
    return f"{stem}#{next(_serial)}"


def tabulate(body: Callable[..., Term], ranges: Ranges) -> Term:
    """The tensor with entries ``body(i, …)``; ranges may not depend on each other."""
    names = [loose() for _ in ranges]
    out = body(*(bound(n) for n in names))
    for n, (lo, hi) in zip(reversed(names), reversed(ranges), strict=True):
        out = make("tab", lo, hi, abstract(out, n))
    return out
