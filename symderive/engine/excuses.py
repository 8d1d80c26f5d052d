"""Excuses: why a relation that fails in a model may still not be called wrong.

A refutation is never said because of what was not read, not declared, or left unsaid.  Nothing is proved here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, pairwise

from symderive.engine.ordered import is_large, order_matters
from symderive.engine.rounding import within_rounding
from symderive.engine.rulings import TRIAL_UNITS, Bench, Reads, Ruling, Says, bare, partial, substitute_names
from symderive.kernel.context import Context
from symderive.kernel.terms import ONE, Term, at, bound, literal, make, num, rel, subterms, sym
from symderive.language.report import Because, Role, Said

USUAL_INDICES = frozenset("ijklmnd")
"""Letters that stand for an index even where nothing binds them."""
GIVEN_AS_REASON = re.compile(
    r"\b(?:since|because|as|from|using|used|use|recall|know|remember|with|where)"
    r"(?: (?:here|that|we|have|the|fact|identity|used|by|of|for))*\W*\Z"
)
"""Words before a relation that is a reason for another."""
TO_SOLVE = re.compile(
    r"\b(?:the (?:\w+ )?equations?(?: is)?|need|solve|solving|require|want|demand|impose|satisf(?:y|ies|ying)"
    r"(?: weights with| that)?|roots? of|fixed points? of)\W*\Z"
)
"""Words before an equation that is no identity."""
CONSEQUENCE = re.compile(r"\b(?:so|hence|thus|therefore|then|get|implies|follows|yields|gives|obtain)\W*\Z")
"""Words before an equation that draws a conclusion, and does not say what a name is."""


NO_NUMBERS = re.compile(
    r"\b(?:for|of|with|if|when|since|as|all|are|the) (?:all |any |two |square |general |arbitrary |random )*"
    r"(?:matrices|vectors|operators|(?:linear )?maps|tensors|quaternions|complex numbers|strings|sets|functions)\b"
    r"|\b(?:complex|quaternion\w*|matrix-valued|vector-valued)\b"
    r"|§ (?:is|are|be) (?:an? )?(?:matrix|matrices|(?:vector|operator|tensor|string|set)s?)\b(?! of)"
)
"""Words before a relation by which undeclared letters in it are no numbers."""
ORTHOGONAL = frozenset("UVQPR")
"""Letters for matrices that are often orthogonal."""
SPECTRAL = re.compile(r"singular|svd|eigen|spectral|ortho|rotation|diagonali|decompos")
"""Words of texts in which they are."""
CALL = re.compile(r"\(\s*\\?[A-Za-z]+\s*(?:,\s*\\?[A-Za-z]+\s*)*\)\s*\Z")
"""The left side of a definition of a function."""
BAR = "\u0304"
UNKNOWN = ("=", "<", "<=", ">", ">=", "approx")
"""Relations that may give an unknown its value."""


class Excuses:
    """Knows what the text says anywhere, and so what may save a relation."""

    def __init__(self, bench: Bench, show: Callable[[Term], str]) -> None:
        self.bench = bench
        self.scope = bench.scope
        self.show = show
        self.constant: frozenset[str] = frozenset()
        """What does not depend on what, as right relations of the text have it."""
        self.reasons: list[Term] = []
        """Relations that the text gives as reasons for others."""
        self.told: frozenset[str] = frozenset()
        """Names on which definitions of the text rest: they are in use."""
        self.explained_by: list[tuple[str, Term]] = []
        """Names of which nothing is declared, with what relations of the text say of them."""
        self.stated: list[tuple[int, Term]] = []
        """Conditions and values that the text states, with their places."""
        self.lost: dict[str, Reads] = {}
        """Names with relations that were not read."""
        self.lefts: frozenset[Term] = frozenset()
        """The left sides of all relations."""
        self.assigned: dict[str, int] = {}
        """Names that an update gives a new value, with the place of the first."""
        self.before: dict[int, Reads] = {}
        """The last relation before each chain."""
        self.inconsistent = self._contradictory()
        self.supposed: list[tuple[int, frozenset[str]]] = []
        """The names of equations that were read as conditions, with their places."""

    def learn(self, relations: Sequence[Reads]) -> None:
        """Take note of what the relations of a text say of names, wherever they stand."""
        self.explained_by = list(self._explanations(relations))
        unread = [r for r in relations if r.error is not None and r.about]
        self.lost = {r.about: r for r in unread if CALL.search(r.sides.sides[0].text) or r.about in self.scope.inferred}
        first = [r for r in relations if r.link.k == 0 and r.role is Role.CLAIM]
        stated = [r for r in first if r.blocked or not CONSEQUENCE.search(r.link.before)]
        claims = [(r.order, c) for r in stated for c in r.step.conditions]
        self.stated = [(k, c) for k, c in claims if self._is_condition(c) or self._gives_value(c)]
        beside = [(r.order, g) for r in relations for g in r.stated]
        self.stated += [(k, g) for k, g in beside if self._sets(g) or self._gives_value(g)]
        self.reasons = list(dict.fromkeys(self.reasons))
        self.lefts = frozenset(c.terms[0] for r in relations for c in r.step.conditions if c.head == "rel")
        for r in relations:
            if r.role is Role.ASSIGNMENT:
                self.assigned.setdefault(r.about, r.order)
        self.before = {b.chain: a for a, b in pairwise(relations) if a.chain != b.chain}
        self.told = frozenset().union(*(self._behind(r) for r in relations if r.role is Role.DEFINITION))

    def _contradictory(self) -> bool:
        """Whether no model satisfies what the solution assumes."""
        if not self.scope.assumed:
            return False
        facts = tuple(t for _, t in self.scope.assumed)
        return any(self.bench.judge(f, facts, TRIAL_UNITS).code == "contradiction" for f in facts if f.head == "rel")

    def _explanations(self, relations: Sequence[Reads]) -> Iterator[tuple[str, Term]]:
        """Relations ``V = t`` of the text for names of which nothing is declared."""
        claims = [r for r in relations if r.link.k == 0 and r.role is Role.CLAIM]
        given = [r for r in claims if GIVEN_AS_REASON.search(r.link.before)]
        self.reasons = [c for r in given for c in r.step.conditions]
        # "…, b = 0" beside a relation may be its condition
        asides = [r for r in relations if r.link.k == 0 and r.sides.beside is not None]
        self.reasons += [c for r in asides for c in r.step.conditions if self._sets(c)]
        for r in relations:
            says = r.link.k == 0 and r.step.kind == "=" and not CONSEQUENCE.search(r.link.before)
            for c in r.step.conditions if says else ():
                if c.head == "rel" and self.bench.closed(c.terms[1]):
                    continue
                left = bare(c.terms[0]) if c.head == "rel" else c
                if left.head == "sym" and left.name() in self.scope.inferred - self.scope.context.definitions.keys():
                    yield left.name(), c

    def _is_condition(self, c: Term, facts: Sequence[Term] = (), order: int = 10**9) -> bool:
        """Whether no one would take a relation for an identity: its sides rest on different names, all of them free."""
        if c.head != "rel" or len(c.terms) != 2 or any(s.head in ("der", "ex", "lim") for s in subterms(c)):
            return False
        context = self.scope.context
        left, right = (context.closure(t) for t in c.terms)
        numbers = {n for n in left ^ right if context.declared(n).kind == "real"}
        equations = [f for f in (*context.facts, *facts) if f.head == "rel" and f.name() == "="]
        # an equation that gives another name a value says nothing of these
        equations = [f for f in equations if bare(f.terms[0]).head != "sym" or bare(f.terms[0]).name() in numbers]
        if numbers & {n for f in equations for n in context.closure(f)}:
            return False
        every = left | right
        made = {n for n in every & context.definitions.keys() if context.closure(sym(n)) - {n}}  # and not just numbers
        known = {n for n in made if self.scope.defined_at.get(n, 0) <= order}
        if not numbers or known or every & context.randoms:
            return False
        return any(self._rests_on(t, n) for n in sorted(numbers) for t in c.terms if n in context.closure(t))

    def _rests_on(self, t: Term, name: str) -> bool:
        """Whether a term may change with a name: it does not where the name cancels."""
        if self.scope.context.declared(name).ranges:
            return True
        other = substitute_names(t, {name: make("add", sym(name), ONE)})
        return not self.bench.ask_equal(t, other)

    def _gives_value(self, c: Term) -> bool:
        """Whether a relation is ``V = number`` for a name, or an entry, without definition."""
        if c.head != "rel" or c.name() != "=" or not self.bench.closed(c.terms[1]):
            return False
        t = bare(c.terms[0])
        return t.head == "sym" and t.name() not in self.scope.context.definitions

    def _sets(self, condition: Term) -> bool:
        """Whether a condition gives a name without definition a value."""
        left = condition.terms[0] if condition.head == "rel" and condition.name() == "=" else None
        context = self.scope.context
        if left is None or left.head != "sym" or left.name() in context.definitions:
            return False
        return context.declared(left.name()).kind != "int"

    def _behind_claim(self, claim: Says) -> frozenset[str]:
        return frozenset(n for c in claim.conditions for n in self.scope.context.closure(c))

    def _behind(self, r: Reads) -> frozenset[str]:
        """The names on which a relation rests."""
        return frozenset(n for c in r.step.conditions for n in self.scope.context.closure(c))

    def misfit(self, claim: Says, r: Reads) -> Ruling:
        if self.scope.unread:
            return Ruling(
                Said.UNDECIDED,
                reason=Because(
                    "not-read", f"the shapes do not fit, but something was not understood: {self.scope.unread[0]}"
                ),
            )
        if r.blocked or r.link.entrywise:
            why = r.blocked or "it may be meant entry by entry"
            return Ruling(Said.UNDECIDED, reason=Because("shape", f"{claim.misfit}, but {why}"))
        if claim.loose:
            return Ruling(Said.UNDECIDED, reason=Because("shape", f"{claim.misfit}, but not all shapes are declared"))
        return Ruling(Said.REFUTED, reason=Because("shape", claim.misfit))

    def excuse(self, claim: Says, r: Reads, ruling: Ruling) -> Because | None:
        """Why a refutation may not be said."""
        if self.scope.unread:
            return Because("not-read", f"not understood, and it may be an assumption: {self.scope.unread[0]}")
        if r.blocked:
            return Because("not-read", r.blocked)
        if doubtful := self.doubt(claim, r):
            return Because("not-read", doubtful)
        if self.inconsistent and self._shares_names(claim, [t for _, t in self.scope.assumed]):
            return Because("contradiction", "what the text assumes cannot all hold: are these cases?")
        used = self._mentioned(claim)
        if any(order < r.order and of <= used for order, of in self.supposed):
            return Because("condition", "it may follow from an equation above that was read as a condition")
        if all(within_rounding(self.scope.context, c) for c in claim.conditions):
            return Because("rounding", "it agrees as far as the rounded numbers let it")
        if tagged := sorted(self._behind_claim(claim) & self.scope.tagged.keys()):
            said = f"“{self.scope.tagged[tagged[0]]}” may say more of {self.show(sym(tagged[0]))} than was read"
            return Because("undeclared", said)
        if r.link.k == 0 and claim is r.step and not re.search(r"[a-z]", r.link.before) and self._property(claim):
            return self._suppose(claim, r, "it may be what is assumed of its names, and no claim")
        if TO_SOLVE.search(r.link.before) and r.link.k == 0:
            return self._suppose(claim, r, "an equation to be solved, or to be satisfied, and not judged")
        if GIVEN_AS_REASON.search(r.link.before) and r.link.k == 0:
            return Because("condition", "given as a reason, and not judged for itself")
        slot = self.slot(claim) if partial(r) else ""
        if slot:
            return Because("other-reading", f"the derivative by {slot} may vary one argument, or all that rest on it")
        if (r.link.k == 0 or claim is r.anchor) and self._is_condition(claim.conditions[0], ruling.facts, r.order):
            return Because("condition", "no identity, as its sides rest on different names: read as a condition")
        if claim.kind == "!=" and not all(self.bench.closed(c) for c in claim.conditions):
            return Because("condition", "≠ may be meant for most values, and not for all")
        strange = self._strange(claim, step=claim is r.step and r.link.k > 0)
        if strange:
            return Because("undeclared", f"nothing says what {strange} is")
        again = {n for c in claim.conditions for n in self.scope.context.closure(c)} & self.scope.redefined
        if again:
            return Because("redefined", f"{', '.join(sorted(again))} is defined more than once")
        updated = sorted(n for n in self._behind_claim(claim) if self.assigned.get(n, r.order) < r.order)
        if updated:
            return Because("redefined", f"{self.show(sym(updated[0]))} has a new value since an update above")
        other = self._other_of_name(claim, r)
        if other:
            return Because("redefined", other)
        described = self.inferred_in(claim) & self.scope.described
        if described:
            return Because(
                "undeclared", f"what is said of {', '.join(sorted(described))} was not understood: define it"
            )
        hidden = self._hidden(claim)
        if hidden:
            return Because("other-reading", f"{hidden} is free in a definition: is it to be summed over?")
        left = claim.conditions[0].terms[0] if claim.conditions[0].head == "rel" else None
        turned = sorted(n for n in self.inferred_in(claim) if n in ORTHOGONAL and self.scope.context.declared(n).ranges)
        if turned and SPECTRAL.search(self.scope.words):
            return Because("undeclared", f"{', '.join(turned)} may be orthogonal: declare it")
        kin = self._kin(claim)
        if kin:
            return Because("undeclared", f"{kin} may be entries of one family: declare it")
        depends = [x for x in self.independence(claim, doubtful=True) if x not in self.constant]
        if depends:
            return Because("depends", f"it is wrong only if {depends[0]}")
        if self.scope.inferred and not self._refuted_positive(claim, ruling):
            names = ", ".join(sorted(self.inferred_in(claim)))
            return Because(
                "undeclared", f"wrong only where a number of which nothing is said is negative: declare {names}"
            )
        if left is not None and claim.kind == "=" and self._example(claim):
            return Because("example", f"a value of {self.show(left)}, for some values of what it rests on")
        if left is not None and claim.kind in UNKNOWN and self._unknown(left, ruling):
            return Because("condition", f"read as a condition on {self.show(left)}: nothing is said of its value")
        return None

    def doubt(self, claim: Says, r: Reads) -> str:
        """Why a proof may not be said: of a name in it something was said that was not fully understood."""
        plain = [n for n in sorted(self.inferred_in(claim)) if not self.scope.context.declared(n).ranges]
        if plain and (m := NO_NUMBERS.search(r.link.before) or NO_NUMBERS.search(r.link.spoken)) is not None:
            return f"{m.group()}: nothing says what {', '.join(self.show(sym(n)) for n in plain)} is"
        every = [s for c in claim.conditions for s in subterms(c)] if self.scope.doubtful else []
        names = {n for s in every for n in self.scope.context.closure(s)} & self.scope.doubtful.keys()
        shown = (
            f"what is said of {self.show(sym(n))} was not understood: {self.scope.doubtful[n]}" for n in sorted(names)
        )
        return next(shown, "")

    def _shares_names(self, claim: Says, facts: Sequence[Term]) -> bool:
        names = {n for c in claim.conditions for n in self.scope.context.closure(c)}
        return any(names & self.scope.context.closure(f) for f in facts)

    def random_names(self, claim: Says, facts: Sequence[Term]) -> tuple[list[str], bool]:
        """Names in expectations of which nothing says that they are random, or not; whether some others there are."""
        context = self.scope.context
        alone, beside = set[str](), set[str]()
        for c in (*claim.conditions, *(f for f in facts if self._shares_names(claim, [f]))):
            for s in subterms(c):
                if s.head != "ex":
                    continue
                names = {
                    n for n in context.closure(s) if context.declared(n).kind == "real"
                } - context.definitions.keys()
                if context.random_in(s.terms[0]):
                    beside |= names & self.scope.inferred
                else:
                    alone |= names
        return sorted(alone | beside), bool(alone) or "random" in self.scope.words

    def constancy_of(self, name: str) -> str:
        return f"{self.show(sym(name))} is not random"

    def numbers(self, claim: Says) -> list[str]:
        """Which factors of products a claim takes as numbers that may well be vectors or matrices."""
        context, found = self.scope.context, set()
        for s in (s for c in claim.conditions for s in subterms(c) if s.head in ("mul", "div", "pow")):
            factors = [t for t in s.terms if t.head != "num"]
            found |= {t.name() for t in factors if t.head == "sym"} if len(factors) > 1 or s.head != "mul" else set()
        large = {n for n in found & self.scope.inferred if is_large(n)}
        plain = {n for n in found & self.scope.vague if n not in context.definitions}
        for s in (s for c in claim.conditions for s in subterms(c) if s.head == "mul"):
            beside = {t.name() for t in s.terms if t.head == "sym"}
            if any(context.declared(n).ranges for n in beside):  # numbers beside a matrix
                plain |= beside & self.scope.inferred - context.definitions.keys()
        names = sorted(n for n in large - context.definitions.keys() | plain if not context.declared(n).ranges)
        names = [n for n in names if context.declared(n).kind == "real"]
        return [f"{self.show(sym(n))} is a number" for n in names]

    def _mentioned(self, claim: Says) -> frozenset[str]:
        """The names behind a claim, and those over which it takes means."""
        inside = {s.name() for c in claim.conditions for s in subterms(c) if s.head == "sym"}
        return self._behind_claim(claim) | inside

    def _suppose(self, claim: Says, r: Reads, why: str) -> Because:
        """Note an equation that is read as a condition: what is wrong without it may follow from it."""
        if names := self._mentioned(claim):
            self.supposed.append((r.order, names))
        return Because("condition", why)

    def _property(self, claim: Says) -> bool:
        """Whether an equation looks like what one assumes of names: A² = I, E[w] = 0."""
        if claim.kind != "=" or len(claim.conditions) != 1 or claim.conditions[0].head != "rel":
            return False
        context = self.scope.context
        left, right = claim.conditions[0].terms
        if any(context.closure(t) & context.definitions.keys() for t in (left, right)):
            return False
        if left.head == "ex" and left.terms[0].head == "sym" and right.head in ("num", "sym"):
            return True
        parts = [s for t in (left, right) for s in subterms(t)]
        if any(
            s.head not in ("sym", "num", "mul", "pow", "op", "add", "neg", "tab", "cases", "rel", "bound")
            for s in parts
        ):
            return False
        if any(s.head == "pow" and not isinstance(literal(s.terms[1]), int) for s in parts):
            return False
        alone = any(t.head in ("sym", "num", "tab") for t in (left, right))
        return bool(context.closure(left)) and alone

    def hedges(self, claim: Says) -> list[str]:
        """The definitions on which a claim rests that may hold only in the circumstances of their sentences."""
        names = {n for c in claim.conditions for n in self.scope.context.closure(c)} & self.scope.hedged.keys()
        return [f"{self.show(sym(n))} is as defined: {self.scope.hedged[n]}" for n in sorted(names)]

    def ordered(self, claim: Says) -> str:
        """Why a proof may not be said that needs capitals to commute of which nobody said that they are numbers."""
        unsaid = {n for n in self.scope.inferred | self.scope.vague if is_large(n)}
        whys = (order_matters(self.scope.context, self.scope.book, c, unsaid, TRIAL_UNITS) for c in claim.conditions)
        return next(filter(None, whys), "")

    def slot(self, claim: Says) -> str:
        """A variable on which several arguments of a differentiated function rest: ∂f/∂x of f(x, y) with y = y(x)."""
        context = self.scope.context
        for c in claim.conditions:
            for s in subterms(c):
                if s.head == "der" and (t := s.terms[0]).head == "app":
                    if sum(context.depends(a, s.name(1)) for a in t.terms) > 1:
                        return self.show(sym(s.name(1)))
        return ""

    def _strange(self, claim: Says, *, step: bool = False) -> str:
        """A name of which nothing is said, and that only one side rests on, or whose mean is taken as a number's."""
        context, inferred = self.scope.context, self.scope.inferred
        for c in claim.conditions:
            if any(s.head == "app" and s.name() == "exp" and s.terms[0] in (ONE, num(2)) for s in subterms(c)):
                return "e"  # written by itself: the number, or a name such as that of an error
            known = context.signature
            if marked := [n for n in context.closure(c) & inferred if n == "Δ" or _unbarred(n) in known]:
                return ", ".join(self.show(sym(n)) for n in sorted(marked))
            slopes = [
                n for n in context.closure(c) & inferred if n.endswith("′") and n.rstrip("′") in context.definitions
            ]
            if slopes:
                return ", ".join(self.show(sym(n)) for n in sorted(slopes))
            for s in subterms(c):
                if s.head == "ex" and not context.random_in(s.terms[0]) and (found := context.closure(s)):
                    return ", ".join(self.show(sym(n)) for n in sorted(found))
            if c.head == "rel" and c.name() == "=" and len(c.terms) == 2:
                left, right = (context.closure(t) for t in c.terms)
                told = self.told | {n for n, _ in self.explained_by} | context.definitions.keys()
                own = (left ^ right) if step else right - left
                guards = [s.terms[0] for s in subterms(c) if s.head == "cases"]  # δ_ik, with a k that words explain
                named = {s.name() for g in guards for s in subterms(g) if s.head == "sym"}
                index = {n for n in own & self.scope.indices & named if not step}
                if index:
                    return ", ".join(self.show(sym(n)) for n in sorted(index))
                if found := own & inferred - told:
                    return ", ".join(self.show(sym(n)) for n in sorted(found))
        return ""

    def _other_of_name(self, claim: Says, r: Reads) -> str:
        """Why a name of a claim may stand for something else: ``f_c(x) = … → df/dx = …``, or a relation not read."""
        used = {
            n for c in claim.conditions for n in self.scope.context.closure(c)
        } & self.scope.context.definitions.keys()
        for n in sorted(used):
            if n in self.lost and self.lost[n].order < r.order:
                return f"{self.show(sym(n))} is said to be something that was not read"
            before = self.before.get(r.chain)
            if before is not None and r.sides.implied and before.about.startswith(f"{n}_"):
                return f"{self.show(sym(n))}, or {self.show(sym(before.about))} of the line before?"
        return ""

    def _hidden(self, claim: Says) -> str:
        """An index on which a claim rests only through definitions: nothing there says which one it is."""
        mentioned = {s.name() for c in claim.conditions for s in subterms(c) if s.head == "sym"}
        context = self.scope.context
        behind = {n for c in claim.conditions for n in context.closure(c)} & context.definitions.keys()
        bodies = [body for n in behind for _, body in context.definitions[n].clauses]
        found = {s.name() for b in bodies for s in subterms(b) if s.head == "sym"} & self.scope.indices
        return ", ".join(sorted(found - mentioned))

    def _example(self, claim: Says) -> bool:
        """Whether a number is given for a name that rests on names without a value, as for an example."""
        left, right = claim.conditions[0].terms
        while left.head == "at":
            left = left.terms[0]
        context = self.scope.context
        numeric = all(s.head in ("num", "neg", "div", "tab", "add", "mul") for s in subterms(right))
        free = [n for n in context.closure(left) if n not in context.definitions]
        return numeric and left.head in ("sym", "app") and any(context.declared(n).kind != "int" for n in free)

    def late(self, claim: Says, r: Reads, ruling: Ruling) -> Because | None:
        """Whether what the text says only later, or beside it, saves a relation."""
        later = (t for order, t in self.scope.assumed if order > r.order and not _gives_value(t))
        late = [t for t in later if self._shares_names(claim, [t])]
        inferred = self.inferred_in(claim)
        late += [t for name, t in self.explained_by if name in inferred and t not in claim.conditions]
        late += [
            t for k, t in self.stated if k < r.order and t not in claim.conditions and self._shares_names(claim, [t])
        ]
        late += [t for t in self.reasons if t not in claim.conditions and self._shares_names(claim, [t])]
        late += [t for t in self.scope.likely if self._shares_names(claim, [t])]
        start = self._start(claim, ruling)
        if start is not None:
            return Because("needs", f"it holds if ${self.show(start)}$ is said")
        ordered = self._in_order(claim, ruling)
        if ordered is not None:
            return Because("needs", f"it may be meant for ${self.show(ordered)}$")
        apart = self._apart(claim, ruling)
        if apart is not None:
            return Because("needs", f"it may be meant for ${self.show(apart)}$, as the other case stands beside it")
        late = list(dict.fromkeys((*late, *r.perhaps)))
        if not late or self.bench.ask(claim, (*ruling.facts, *late)).refuted:
            return None
        return Because(
            "needs", f"it may hold by what is said elsewhere: {', '.join(f'${self.show(t)}$' for t in late)}"
        )

    def _start(self, claim: Says, ruling: Ruling) -> Term | None:
        """That a sequence starts at 0, of which only its rule is given, if a relation is not refuted with it."""
        context = self.scope.context
        starts = [n for n in sorted(self.inferred_in(claim)) if n.endswith("_0") and n[:-2] in context.definitions]
        facts = [rel("=", sym(n), num(0)) for n in starts if not context.declared(n).ranges]
        if not facts or self.bench.ask(claim, (*ruling.facts, *facts)).refuted:
            return None
        return facts[0]

    def _in_order(self, claim: Says, ruling: Ruling) -> Term | None:
        """An order of two free indices, or a start of one, under which a relation is not refuted."""
        used = {s.name() for c in claim.conditions for s in subterms(c) if s.head == "sym"}
        free = sorted(used & self.scope.indices)
        recursive = any(
            self.scope.context.is_recursive(n)
            for c in claim.conditions
            for n in self.scope.context.closure(c) & self.scope.context.definitions.keys()
        )
        if not recursive or not free or len(free) > 3:
            return None
        orders = [rel("<", sym(a), sym(b)) for a in free for b in free if a != b]
        for f in (*orders, *(rel("<=", num(2), sym(a)) for a in free)):
            if not self.bench.ask(claim, (*ruling.facts, f), TRIAL_UNITS * 2).refuted:
                return f
        return None

    def _apart(self, claim: Says, ruling: Ruling) -> Term | None:
        """That two indices differ, where the text treats the case in which they agree by itself."""
        c = claim.conditions[0]
        left = c.terms[0] if c.head == "rel" else c
        used = sorted({s.name() for s in subterms(left) if s.head == "sym"} & self.scope.indices)
        for a, b in combinations(used, 2):
            if {substitute_names(left, {b: sym(a)}), substitute_names(left, {a: sym(b)})} & self.lefts:
                fact = rel("!=", sym(a), sym(b))
                if not self.bench.ask(claim, (*ruling.facts, fact), TRIAL_UNITS).refuted:
                    return fact
        return None

    def _unknown(self, left: Term, ruling: Ruling) -> bool:
        """Whether a side is a name that has no definition and of which no equation speaks."""
        t = left
        while t.head == "at":
            t = t.terms[0]
        if t.head != "sym" or t.name() in self.scope.context.definitions:
            return False
        facts = [f for f in (*self.scope.context.facts, *ruling.facts) if f.head == "rel" and f.name() == "="]
        return not any(t.name() in self.scope.context.closure(f) for f in facts)

    def _kin(self, claim: Says) -> str:
        """Undeclared names in a claim that differ in letters below which are usually indices."""
        bases: dict[str, list[str]] = {}
        for n in sorted(self.scope.inferred):
            base, _, lower = n.partition("_")
            if lower and set(lower) <= USUAL_INDICES:
                bases.setdefault(base, []).append(n)
        found = next((ns for ns in bases.values() if len(ns) > 1 and self.inferred_in(claim) & set(ns)), [])
        return ", ".join(self.show(sym(n)) for n in found)

    def inferred_in(self, claim: Says) -> set[str]:
        return {n for c in claim.conditions for n in self.scope.context.closure(c)} & self.scope.inferred

    def _refuted_positive(self, claim: Says, ruling: Ruling) -> bool:
        names = self.inferred_in(claim)
        if not names:
            return True
        given = {n for f in ruling.facts if f.head == "rel" and f.name() == "=" for n in self.scope.context.closure(f)}
        facts = tuple(_positive(self.scope.context, n) for n in sorted(names - given))
        return self.bench.ask(claim, (*ruling.facts, *facts)).refuted

    def independence(self, claim: Says, *, doubtful: bool = False) -> list[str]:
        """Which quantities a derivative takes as constant although the text does not say so.

        With `doubtful`, only those of which the text itself takes derivatives or states equations, and those in
        terms in which nothing else depends on the variable.
        """
        out: list[str] = []
        context = self.scope.context
        for c in claim.conditions:
            for s in subterms(c):
                if s.head != "der":
                    continue
                operand, v = s.terms[0], s.name(1)
                whole = bare(operand)
                closure = context.closure(operand, v)
                names = {n for n in closure & (self.scope.inferred | self.scope.vague) if n != v}
                if doubtful and v in closure:
                    names &= self.scope.varying
                if whole.head == "sym" and whole.name() != v and whole.name() not in context.definitions:
                    names.add(whole.name())
                if v not in context.closure(operand):  # nothing in it rests on the variable
                    names |= {n for n in closure - context.definitions.keys() - {v} if _is_variable(context, n)}
                out += [self.constancy(n, v) for n in sorted(names)]
        return list(dict.fromkeys(out))

    def constancy(self, u: str, v: str) -> str:
        return f"{self.show(sym(u))} does not depend on {self.show(sym(v))}"


def _unbarred(name: str) -> str:
    """The name of which one with a bar is usually the mean; empty if there is no bar."""
    parts = unicodedata.normalize("NFD", name)
    return parts.replace(BAR, "") if BAR in parts else ""


def _is_variable(context: Context, name: str) -> bool:
    return context.declared(name).kind == "real"


def _gives_value(fact: Term) -> bool:
    """Whether a fact is an equation for a name, which may hold from there on only."""
    return fact.head == "rel" and fact.name() == "=" and fact.terms[0].head in ("sym", "at")


def _positive(context: Context, name: str) -> Term:
    """That every entry of a name is positive."""
    ranges = context.declared(name).ranges
    if any(lo.dangling or hi.dangling for lo, hi in ranges):
        return make("and")
    out = rel("<", num(0), at(sym(name), *(bound(k) for k in reversed(range(len(ranges))))))
    for lo, hi in reversed(ranges):
        out = make("all", lo, hi, out)
    return out
