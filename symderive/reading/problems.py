"""Documents to problems: scopes, goals with their meaning, choices, values, solutions.

A question opens a scope, a part inherits it; what a part declares is known to the parts after it.  Nothing is
derived or judged here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from symderive.kernel.shapes import Shape
from symderive.kernel.terms import Term, at, bound, make, subterms, sym
from symderive.language.expr import E, Expr, Var
from symderive.language.problem import Choice, Goal, GoalKind, Problem
from symderive.reading.circumstances import headed, lasting
from symderive.reading.documents import outline
from symderive.reading.documents.reader import read_document
from symderive.reading.documents.source import Message, Span
from symderive.reading.formulas import calculus
from symderive.reading.formulas.elaborate import Elaborator, Value
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.laws import written
from symderive.reading.formulas.names import Names, spell, tabulate
from symderive.reading.formulas.surface import Node, Surface, parse
from symderive.reading.formulas.symbols import items, peel
from symderive.reading.statements.declare import Declarer
from symderive.reading.statements.forms import relation_of
from symderive.reading.statements.sentences import Asked, Inline, Outcome, Piece, Reader
from symderive.reading.statements.sets import Item


@dataclass
class Question:
    """One unit of a document with what it says and asks.

    Attributes:
        label: the author's label, or the number of the unit.
        names: the names in force at its end.
        problems: one for each thing that is asked.
        outcome: what was read, and what was not.
        solutions: the blocks of its solutions.
        messages: errors and warnings, with places.
    """

    label: str
    unit: outline.Unit
    names: Names
    problems: list[Problem] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)
    solutions: list[outline.Solution] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    text: str = ""
    parts: list[Question] = field(default_factory=list)


@dataclass
class Reading:
    """A document as problems."""

    document: outline.Document
    questions: list[Question]
    messages: list[Message]

    def drop_warnings(self) -> None:
        """Keep the messages about the document itself, and leave out those about what its sentences pose."""
        own = set(map(id, self.document.messages))
        self.messages[:] = [m for m in self.messages if m.severity == "error" or id(m) in own]

    def walk(self) -> Iterator[Question]:
        stack = list(reversed(self.questions))
        while stack:
            q = stack.pop()
            yield q
            stack.extend(reversed(q.parts))


QUESTIONS = frozenset(
    (
        "question",
        "part",
        "subpart",
        "subsubpart",
        "problem",
        "exercise",
        "example",
        "document",
        "section",
        "theorem",
        "lemma",
        "proposition",
    )
)


def read_problems(path_or_text: str, **options: object) -> Reading:
    """The problems of a document: see `read_document` for the arguments."""
    document = read_document(path_or_text, **options)  # type: ignore[arg-type]
    messages = list(document.messages)
    root = _Walker(messages).unit(document.root, Names(), "")
    return Reading(document, [root], messages)


class _Walker:
    def __init__(self, messages: list[Message]) -> None:
        self.messages = messages

    def unit(self, unit: outline.Unit, names: Names, number: str) -> Question:
        label = unit.label or number or ("0" if unit.units else "1")
        q = Question(label, unit, names)
        pending: list[Asked] = []
        values: list[Term] = list(getattr(names, "values", []))
        count = 0
        elders: list[Names] = []
        words: list[str] = []
        if unit.title and unit.kind != "document":
            words.append(outline.plain(unit.title))
            names.unread += headed(outline.plain(unit.title))
        for block in _blocks(unit.blocks):
            match block:
                case outline.Paragraph() | outline.Remark():
                    words.append(outline.plain(block.pieces))
                    pending += self.paragraph(block.pieces, q, values)
                case outline.Choices():
                    self.choices(block, pending, q, values)
                case outline.Solution():
                    q.solutions.append(block)
                case outline.Table():
                    self.table(block, q, values)
                case outline.Unit():
                    count += 1
                    inner = names.copy()
                    inner.elders = (*reversed(elders), *names.elders)
                    inner.values = values.copy()  # type: ignore[attr-defined]
                    child = self.unit(block, inner, f"{number}.{count}" if number else str(count))
                    q.parts.append(child)
                    if block.kind != "question":  # questions stand alone; their parts do not
                        elders.append(child.names)
                    names.unread += lasting(block.kind, outline.plain(block.title), child.text)
                case _:
                    pass
        q.text = " ".join(words)
        for asked in pending:
            for goal in self.goals(asked, q):
                q.problems.append(self.problem(goal, q, values))
        return q

    def problem(self, goal: Goal, q: Question, values: Sequence[Term]) -> Problem:
        return Problem(q.label, q.names.scope.context(), goal, tuple(values), dict(q.names.spellings), q.text)

    def paragraph(self, pieces: Sequence[outline.Piece], q: Question, values: list[Term]) -> list[Asked]:
        out = Reader(q.names).read(list(pieces_of(pieces)))
        q.outcome.read += out.read
        q.outcome.unread += out.unread
        for text, error in out.unread:
            self.report(q, pieces, text, error)
        values += [v for v in out.values if isinstance(v, Term)]
        return out.goals

    def report(self, q: Question, pieces: Sequence[outline.Piece], text: str, error: ReadingError | None) -> None:
        """A warning about a sentence that was not read, at the formula where it failed."""
        span = pieces[0].span
        for p in pieces:
            if isinstance(p, outline.Formula) and error is not None and p.text.strip().rstrip(".,;") in text:
                span = p.span
                if f"${p.text.strip()}$" in text:
                    break
        code, message, advice = (
            ("not-read", "this sentence was not understood", "")
            if error is None
            else (error.code, error.text, error.advice)
        )
        m = Message(code, span, message, advice, "warning")
        q.messages.append(m)
        self.messages.append(m)

    def table(self, block: outline.Table, q: Question, values: list[Term]) -> None:
        """A table of variables and values."""
        rows = [[_cell(c) for c in row] for row in block.rows]
        for names_row, values_row in pairwise(rows):
            if not names_row or not re.match(r"variable|parameter|name|symbol", _words(names_row[0]), re.IGNORECASE):
                continue
            for left, right in zip(names_row[1:], values_row[1:], strict=False):
                self._value(left, right, q, values)

    def _value(self, left: Sequence[Piece], right: Sequence[Piece], q: Question, values: list[Term]) -> None:
        name, number = _single(left), _single(right)
        if name is None or number is None:
            return
        try:
            node = parse(f"{name} = {number}", q.names.words)
            declarer = Declarer(q.names)
            declarer.settle([Item(node, "value")])
        except ReadingError:
            return
        values += declarer.values

    # -- goals --------------------------------------------------------------------------------------

    def goals(self, asked: Asked, q: Question) -> list[Goal]:
        try:
            return list(Goals(q.names).goals(asked))
        except ReadingError as error:
            span = _span(asked.of or asked.by, q)
            m = Message(error.code, span, error.text, error.advice or "The goal cannot be read.", "error")
            q.messages.append(m)
            self.messages.append(m)
            return []

    def choices(self, block: outline.Choices, pending: list[Asked], q: Question, values: Sequence[Term]) -> None:
        asked = pending.pop() if pending else Asked("choices")
        goals = Goals(q.names)
        try:
            target = goals.stem(asked)
        except ReadingError:
            target = None
        found: list[Choice] = []
        for k, item in enumerate(block.items):
            label = chr(ord("a") + k)
            pieces = [p for b in item.blocks if isinstance(b, outline.Paragraph) for p in b.pieces]
            claims: tuple[Term, ...] = ()
            none = bool(re.match(r"\s*none of the", outline.plain(pieces), re.IGNORECASE))
            try:
                claims = tuple(goals.claims(list(pieces_of(pieces)), target))
            except ReadingError as error:
                m = Message(error.code, item.span, error.text, error.advice, "warning")
                q.messages.append(m)
                self.messages.append(m)
            found.append(Choice(label, claims, none, item.correct))
        if any(c.claims for c in found):
            goal = Goal(GoalKind.CHOICES, target, choices=tuple(found), negated=asked.negated)
            q.problems.append(self.problem(goal, q, values))


OF_ONE = frozenset("mean variance gradient derivative hessian jacobian second-derivative".split())
"""What may be asked of a quantity, and of no equation."""
LOSSES = "LℒJ𝒥EℰC"
"""Letters with which a loss begins."""


class Goals:
    """Gives what is asked its meaning."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def parse(self, f: Inline) -> Surface:
        return parse(f.text.strip().rstrip(".,;"), self.names.words)

    def value(self, node: Surface) -> Value:
        return Elaborator(self.names, node).read(node)

    def goals(self, asked: Asked) -> Iterator[Goal]:
        """The goals of a sentence, one for each thing that it asks for.

        Raises:
            ReadingError: a formula of it cannot be read.
        """
        allowed = self.allowed(asked)
        for f in asked.at:
            self._declare_at(self.parse(f))
        if asked.verb == "show":
            for f in asked.of:
                yield from self.show(self.parse(f), asked)
            return
        if asked.verb == "solve" or (asked.unknown and asked.of):
            yield self.solve(asked)
            return
        if asked.verb == "choices":
            return
        nodes = [self.named(node, asked) for f in asked.of for node in split_list(self.parse(f))]
        if asked.operation in ("kl", "entropy"):
            nodes = [written(self.names, asked.operation, nodes, asked.text)]
        for node in nodes:
            goal = self.one(node, asked, allowed)
            self.understood(goal, node)
            yield replace(goal, terms=self.allowed_terms(asked), given=self.conditions(asked))

    def named(self, node: Surface, asked: Asked) -> Surface:
        """What is asked for; of "the derivative of $L = a^2$" the name, which is defined by the way.

        Raises:
            ReadingError: an equation is asked for that defines nothing.
        """
        names, relation, right = relation_of(node)
        of_one = asked.verb in ("differentiate", "minimise") or asked.operation in OF_ONE
        if relation != "=" or not names or right is None or not of_one:
            return node
        item = Item(node, "let")
        declarer = Declarer(self.names)
        if len(names) != 1 or declarer.definable(names[0], right, item) is None:
            text = "an equation is asked for that defines no new name"
            raise ReadingError("goal", text, node.start, node.end, "Define it in a sentence before.")
        declarer.settle([item])
        return names[0]

    def understood(self, goal: Goal, node: Surface) -> None:
        """Refuse a goal about what was not understood, and the mean of what nothing says to be random.

        The mean of a constant would be the thing itself.

        Raises:
            ReadingError: there is one.
        """
        context = self.names.scope.context()
        asked = [t for t in (goal.target, goal.relation) if t is not None]
        for n in sorted(self.names.doubtful.keys() & {n for t in asked for n in context.closure(t)}):
            said = f"what is said of {spell(n)} was not understood: {self.names.doubtful[n]}"
            raise ReadingError("not-read", said, node.start, node.end, "Say it in a formula.")
        for s in subterms(goal.target) if goal.target is not None else ():
            if s.head == "der" and (t := s.terms[0]).head == "sym" and context.declared(t.name()).kind == "int":
                said = f"{spell(t.name())} is a size or an index"
                raise ReadingError("collision", said, node.start, node.end, "Use another letter for one of them.")
            names = {n for n in context.closure(s) if context.declared(n).kind == "real"} if s.head == "ex" else set()
            names -= context.definitions.keys()
            if names and not context.random_in(s.terms[0]) and not any(self._is_constant(n) for n in names):
                said = f"nothing says that {', '.join(map(spell, sorted(names)))} is random"
                raise ReadingError("undeclared", said, node.start, node.end, "Say: a random variable.")

    def _is_constant(self, name: str) -> bool:
        known = self.names.meanings.get(name)
        return known is not None and "constant" in known.said.lower()

    def _declare_at(self, node: Surface) -> None:
        s = peel(node.parts[0]) if isinstance(node, Node) and node.kind == "chain" else None
        if s is not None and s.lower is None and s.base not in self.names and s.base not in self.names.ranges_said:
            self.names.adopt(s.base) or self.names.number(s.base, "inferred")

    def conditions(self, asked: Asked) -> tuple[Term, ...]:
        """The conditions of "for x ≠ 0" on names that are known."""
        out: list[Term] = []
        for f in asked.binders:
            node = self.parse(f)
            s = peel(node.parts[0]) if isinstance(node, Node) and node.kind == "chain" else None
            if s is not None and s.base in self.names and s.base not in self.names.ranges_said:
                out += Elaborator(self.names, node).relation_terms(node)
        return tuple(out)

    def allowed_terms(self, asked: Asked) -> tuple[Term, ...]:
        """What stands after "in terms of"."""
        return tuple(self.value(node).term for f in asked.names for node in split_list(self.parse(f)))

    def allowed(self, asked: Asked) -> frozenset[str] | None:
        """The names that "in terms of" leaves."""
        if not asked.names:
            return None
        out: set[str] = set()
        for t in self.allowed_terms(asked):
            out |= {s.name() for s in subterms(t) if s.head == "sym"}
            out |= {s.name() for s in subterms(t) if s.head == "app" and s.name().rstrip("'") in self.names.scope.names}
        return frozenset(out)

    def one(self, node: Surface, asked: Asked, allowed: frozenset[str] | None) -> Goal:
        """The goal for one formula."""
        label = ""
        if isinstance(node, Node) and node.kind == "chain":
            el = Elaborator(self.names, node)
            relation = el.relation_terms(node)[0]
            return Goal(GoalKind.SHOW, relation=relation)
        operation = asked.operation or ("derivative" if asked.verb == "differentiate" else "")
        if operation == "update":
            return self.update(node, asked)
        if operation in ("gradient", "derivative", "jacobian", "hessian", "second-derivative"):
            return self.derivative(node, asked, allowed)
        v = self.value(node)
        shape = Elaborator(self.names, node).shape(v, node)
        if operation in ("mean", "variance") and not _has(v.term, "ex"):
            x = Expr(v.term)
            target = (E(x) if operation == "mean" else Var(x)).term
            return Goal(GoalKind.MEAN if operation == "mean" else GoalKind.VARIANCE, target, allowed, label=label)
        best = re.search(r"\b(maxim|minim)i[sz]er\b", asked.text, re.IGNORECASE)
        if best or asked.verb == "minimise":
            kind = GoalKind.MAXIMISER if best and best[1].lower() == "maxim" else GoalKind.MINIMISER
            return Goal(kind, v.term, allowed, self._by(node, asked))
        if operation == "limit" and asked.at:
            return Goal(GoalKind.LIMIT, self.limit(v, shape, self.parse(asked.at[0])), allowed)
        places = self.places(asked)
        kind = (
            GoalKind.DERIVATIVE if _has(v.term, "der") else GoalKind.LIMIT if _has(v.term, "lim") else GoalKind.EVALUATE
        )
        if asked.verb == "simplify":
            kind = GoalKind.SIMPLIFY
        return Goal(kind, v.term, allowed, at=places)

    def _by(self, node: Surface, asked: Asked) -> str:
        """The one name by which something is varied."""
        found = {s.name() for f in asked.by for s in subterms(self.value(self.parse(f)).term) if s.head == "sym"}
        if len(found) != 1:
            raise ReadingError(
                "goal", "the goal does not say what is varied", node.start, node.end, "Add: with respect to $w$."
            )
        return found.pop()

    def derivative(self, node: Surface, asked: Asked, allowed: frozenset[str] | None) -> Goal:
        v = self.value(node)
        if _has(v.term, "der"):
            return Goal(GoalKind.DERIVATIVE, v.term, allowed, at=self.places(asked))
        if not asked.by:
            raise ReadingError(
                "goal", "the goal does not say by what to differentiate", node.start, node.end, "Add: with respect to …"
            )
        el = Elaborator(self.names, node)
        variables = [p for f in asked.by for p in split_list(self.parse(f))]
        order = 2 if asked.operation in ("hessian", "second-derivative") and len(variables) == 1 else 1
        out = calculus.differentiate(el, v, variables * order, node)
        el.shape(out, node)
        return Goal(GoalKind.DERIVATIVE, out.term, allowed, at=self.places(asked))

    def update(self, node: Surface, asked: Asked) -> Goal:
        """One step of gradient descent on the loss: ``w − η ∂L/∂w``."""
        el = Elaborator(self.names, node)
        v = el.value(node)
        name = next((s.name() for s in subterms(v.term) if s.head == "sym"), "")
        loss = self._loss(name, node)
        gradient = calculus.differentiate(el, Value(sym(loss)), [node], node)
        rate = self.value(self.parse(asked.rate[0])).term if asked.rate else self._rate(node)
        step = make("neg", make("mul", rate, gradient.term))
        target = make("add", v.term, step)
        el.shape(target, node)
        return Goal(GoalKind.UPDATE, target, self.allowed(asked), name)

    def _loss(self, name: str, node: Surface) -> str:
        """The number that is trained: what depends on a name and on which nothing else rests."""
        names = self.names
        if not any(k[0] in LOSSES for k in names.scope.definitions):
            for key in [k for e in names.elders for k in e.scope.definitions if k[0] in LOSSES]:
                if key not in names.scope.names and names.adopt(key):
                    break
        context = names.scope.context()
        definitions = names.scope.definitions
        found = [
            k
            for k in definitions
            if k in names.meanings
            and not names.is_function(k)
            and not names.ranges(k)
            and name in context.closure(sym(k))
        ]
        sinks = [k for k in found if not any(k != o and k in context.closure(sym(o)) for o in found)]
        named = [k for k in sinks if k[0] in LOSSES]
        if len(sinks) != 1 and len(named) != 1:
            advice = "Say it: the update rule for $w$ when $L$ is minimised."
            raise ReadingError("goal", "it is not clear which loss is minimised", node.start, node.end, advice)
        return (named if len(named) == 1 else sinks)[0]

    def _rate(self, node: Surface) -> Term:
        said = [k for k, m in self.names.meanings.items() if "learning rate" in m.said or "step size" in m.said]
        known = said or [k for k in ("η", "α") if k in self.names]
        if len(known) != 1:
            raise ReadingError(
                "goal", "the learning rate is not known", node.start, node.end, "Add: with learning rate $\\eta$."
            )
        return sym(known[0])

    def places(self, asked: Asked) -> tuple[Term, ...]:
        """Equations that say where the answer is wanted."""
        out: list[Term] = []
        for f in asked.at:
            node = self.parse(f)
            for p in items(node):
                if isinstance(p, Node) and p.kind == "chain" and len(p.parts) == 3 and p.parts[1].text == "=":
                    out += Elaborator(self.names, p).relation_terms(p)
        return tuple(out)

    def limit(self, v: Value, shape: Shape, where: Surface) -> Term:
        if not (isinstance(where, Node) and where.kind == "chain"):
            raise ReadingError(
                "goal", "the limit does not say where it goes", where.start, where.end, "Write: as $x \\to a$."
            )
        el = Elaborator(self.names, where)
        variable, point, side = calculus.approach(el, where)
        if not shape:
            return make("lim", v.term, variable, point, side)
        return tabulate(lambda *i: make("lim", at(v.term, *i), variable, point, side), shape)

    def show(self, node: Surface, asked: Asked) -> Iterator[Goal]:
        binders = tuple(self.parse(f) for f in asked.binders)
        declarer = Declarer(self.names)
        for part in declarer.parts(node):
            if not (isinstance(part, Node) and part.kind in ("chain", "listed", "environment")):
                continue
            item = Item(part, "fact", binders=binders)
            for b in binders:
                declarer.note_range(b)
            for b in binders:
                self._bind(b, declarer)
            el = Elaborator(self.names, part)
            inner = part
            if isinstance(part, Node) and part.kind == "listed":
                inner = next((p for p in part.parts if isinstance(p, Node) and p.kind == "chain"), part)
            declarer.declare_sides(inner, item)
            for t in el.relation_terms(inner):
                yield Goal(GoalKind.SHOW, relation=t)

    def _bind(self, b: Surface, declarer: Declarer) -> None:
        """Names of "for all x > 0" in a claim are fixed names with that fact."""
        s = peel(b.parts[0]) if isinstance(b, Node) and b.kind == "chain" else peel(b)
        if s is None or s.base in self.names.ranges_said:
            return
        if isinstance(b, Node) and b.kind == "chain":
            declarer.settle([Item(b, "let")])

    def solve(self, asked: Asked) -> Goal:
        equation = None
        for f in asked.of:
            node = self.parse(f)
            if isinstance(node, Node) and node.kind == "chain":
                equation = Elaborator(self.names, node).relation_terms(node)[0]
                break
        if equation is None or not asked.unknown:
            raise ReadingError("goal", "the equation to solve cannot be read", 0, 1, "Write: Solve $…=…$ for $x$.")
        target = self.value(self.parse(asked.unknown[0])).term
        names = [s.name() for s in subterms(target) if s.head == "sym"]
        return Goal(GoalKind.SOLVE, target, self.allowed(asked), names[0] if names else None, equation)

    # -- choices ------------------------------------------------------------------------------------

    def stem(self, asked: Asked) -> Term | None:
        """The term of which the choices give the value, if the stem holds one."""
        formulas = asked.of
        if asked.operation in ("gradient", "derivative", "jacobian") and asked.by:
            return self.derivative(self.parse(formulas[0]), asked, None).target
        if asked.operation == "update" and formulas:
            return self.update(self.parse(formulas[0]), asked).target
        if not formulas:
            return None
        node = self.parse(formulas[0])
        if isinstance(node, Node) and node.kind in ("chain", "listed"):
            return None
        return self.value(node).term

    def claims(self, pieces: Sequence[Piece], target: Term | None) -> Iterator[Term]:
        """What a choice says, as terms or relations."""
        for p in pieces:
            if not isinstance(p, Inline):
                continue
            for node in split_list(self.parse(p)):
                if isinstance(node, Node) and node.kind == "chain":
                    if len(node.parts) == 3 and node.parts[1].text == "<-" and target is not None:
                        yield self.value(node.parts[2]).term
                        continue
                    yield from Elaborator(self.names, node).relation_terms(node)
                elif target is not None:
                    yield self.value(node).term


# -- pieces -----------------------------------------------------------------------------------------------


def pieces_of(pieces: Sequence[outline.Piece]) -> Iterator[Piece]:
    """Words and formulas as the sentence reader takes them; the rows of a display one by one."""
    for p in pieces:
        if isinstance(p, outline.Words):
            yield p.text
            continue
        rows = list(rows_of(p))
        for k, text in enumerate(rows):
            if k:
                yield ", "
            yield Inline(text, p.display and k == len(rows) - 1, origin=p)


def rows_of(formula: outline.Formula) -> Iterator[str]:
    """The relations of a display as texts: pairs of cells; a row that goes on is joined to the one before."""
    if not formula.display or (len(formula.rows) <= 1 and all(len(r.cells) <= 2 for r in formula.rows)):
        yield "".join(c.text for r in formula.rows for c in r.cells) if formula.rows else formula.text
        return
    out: list[str] = []
    for row in formula.rows:
        cells = [c.text.strip() for c in row.cells]
        for k in range(0, len(cells), 2):
            text = " ".join(c for c in cells[k : k + 2] if c)
            if not text.strip(" ,.;"):
                continue
            if out and re.match(r"\s*(?:=|\\approx|\\le|\\ge|<|>|\\propto|\+|-)", text):
                out[-1] += " " + text
            else:
                out.append(text)
    yield from out


def _blocks(blocks: Sequence[outline.Block]) -> Iterator[outline.Block]:
    """Blocks in order, with the items of lists in their place."""
    for b in blocks:
        if isinstance(b, outline.List):
            for item in b.items:
                yield from _blocks(item.blocks)
        else:
            yield b


def _cell(blocks: Sequence[outline.Block]) -> list[Piece]:
    return [q for b in blocks if isinstance(b, outline.Paragraph) for q in pieces_of(b.pieces)]


def _words(pieces: Sequence[Piece]) -> str:
    return " ".join(p for p in pieces if isinstance(p, str)).strip()


def _single(pieces: Sequence[Piece]) -> str | None:
    text = [p.text.strip() if isinstance(p, Inline) else p.strip() for p in pieces]
    text = [t for t in text if t]
    return text[0] if len(text) == 1 else None


def split_list(node: Surface) -> list[Surface]:
    """The formulas of a list; a list with dots or conditions stays whole."""
    parts = items(node)
    return parts or [node]


def _has(t: Term, head: str) -> bool:
    return any(s.head == head for s in subterms(t))


def _span(formulas: Sequence[Inline], q: Question) -> Span:
    for f in formulas:
        if isinstance(f.origin, outline.Formula):
            return f.origin.span
    return q.unit.span


__all__ = ["Goals", "Question", "Reading", "bound", "read_problems", "sym"]
