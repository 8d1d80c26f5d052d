"""What is printed on a terminal: answers, readings, rules, codes and reports, as text that reads without colour.

Formulas are one line of Unicode; where the terminal cannot show them, LaTeX.  A line that a program or a screen reader
meets first says the verdict in a word; colour only repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from symderive.language.verdict import short
from symderive.writing import marking, unicode
from symderive.writing.codes import Code
from symderive.writing.record import AnswerRecord, ChoiceRecord, Judged, NameRecord, Numbers, QuestionRecord
from symderive.writing.sheet import at_numbers, badge, minus, rows, shown_steps, verdict_of

if TYPE_CHECKING:
    from symderive.language.report import Place, Report, Step

COLOURS = {
    "proved": "green",
    "refuted": "bold red",
    "consistent": "yellow",
    "undecided": "yellow",
    "unread": "yellow",
    "taken": "dim",
    "error": "bold red",
    "warning": "yellow",
}
LABEL = 10
"""Columns of the words that stand before a formula."""


@dataclass
class Terminal:
    """Prints records on a console."""

    console: Console
    places: int = 0
    """Columns of the longest place of the report that is printed."""

    @property
    def formula(self) -> Callable[[str], str]:
        """How formulas are shown here."""
        return unicode.line if "utf" in self.console.encoding.lower() else lambda latex: " ".join(latex.split())

    def put(self, *parts: str | tuple[str, str], indent: int = 0) -> None:
        """A line of parts, each plain or with a style; it wraps under its indent."""
        text = Text()
        for part in parts:
            words, style = (part, "") if isinstance(part, str) else part
            text.append(unicode.printable(words), style)
        if self.console.is_terminal and parts:
            self.console.print(Padding(text, (0, 0, 0, indent), expand=False))
        else:
            self.console.print(Text(" " * indent) + text, soft_wrap=True)

    def labelled(self, label: str, text: str, style: str = "", indent: int = 2) -> None:
        """A word and what it names, in columns."""
        self.columns((label, "dim"), Text(text, style), LABEL, indent)

    def columns(self, label: tuple[str, str], text: Text, width: int, indent: int = 2) -> None:
        """A label in a column of its own; the text wraps beside it."""
        label, text = (unicode.printable(label[0]), label[1]), Text(unicode.printable(text.plain), text.style)
        if not self.console.is_terminal:
            self.console.print(Text(f"{' ' * indent}{label[0]:<{width}}") + text, soft_wrap=True)
            return
        from rich.table import Table

        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=width - 1, no_wrap=True)
        grid.add_column()
        grid.add_row(Text(*label), text)
        self.console.print(Padding(grid, (0, 0, 0, indent), expand=False))

    # -- messages -----------------------------------------------------------------------------------

    def message(
        self, place: str, severity: str, text: str, code: str, lines: Sequence[str] = (), advice: str = ""
    ) -> None:
        """A message as a compiler prints it: place, what, the source line with a caret, advice."""
        where = (f"{place}: ", "bold") if place else ""
        self.put(where, (f"{severity}: ", COLOURS[severity]), text, (f" [{code}]", "dim") if code else "")
        for line in lines:
            style = "cyan" if line.strip() and not line.strip().strip("^") else ""
            self.console.print(Text(f"  {line}", style), soft_wrap=True)
        if advice:
            self.put(("help: ", "cyan"), advice, indent=2)

    # -- answers ------------------------------------------------------------------------------------

    def answer(self, a: AnswerRecord, *, steps: bool = True) -> None:
        """One derived answer: verdict, steps with reasons, the answer, and on what it rests."""
        f = self.formula
        said = badge(a) if a.kind == "choices" and a.status == "refuted" else a.status
        self.put((a.label, "bold"), "  ", (said, COLOURS[a.status]))
        if a.goal:
            kind = "" if a.kind in ("derivative", "evaluate", "choices") else f"   ({a.kind})"
            self.labelled("asked", f(a.goal) + kind)
        if steps:
            self.steps(a)
        for c in a.choices:
            self.choice(c)
        if a.kind == "choices":
            if a.picked:
                self.labelled("answer", ", ".join(a.picked), "bold")
            if a.open:
                self.labelled("open", a.open.removeprefix("open: "))
        elif a.kind == "show" and steps and a.steps and not a.open:
            pass  # the last step is the claim
        elif a.answer and not a.open:
            self.labelled("answer", f(a.answer), "bold")
        elif a.status == "refuted" and a.verdict is not None and a.verdict.counterexample is not None:
            self.labelled("refuted", self.numbers(a.verdict.counterexample))
        else:
            self.labelled("open", a.open)
            if a.answer:
                self.labelled("found", f"{f(a.answer)}   (not checked)")
            self.each(("holds if", a.verdict.needs if a.verdict is not None else ()))
        if a.values:
            self.labelled("with", ", ".join(map(f, a.values)))
        self.each(("or", a.others), ("where", a.conditions), ("assuming", a.hypotheses))
        if a.certificate:
            self.labelled("file", a.certificate)

    def steps(self, a: AnswerRecord) -> None:
        """The steps; a reason stands beside its relation where there is room, else under it."""
        f = self.formula
        indent = 2 + LABEL
        left = 0
        for r in rows(shown_steps(a)):
            if r.left:
                left = len(f(r.left))
            relation = f"{f(r.relation)} {f(r.right)}"
            text = f"{f(r.left)} {relation}" if r.left else " " * min(left + 1, 24) + relation
            room = self.console.width - indent
            if r.left and len(text) > room:
                self.put(f(r.left), indent=indent)
                text = f"  {relation}"
            beside = len(text) + len(r.reason) + 4 <= room
            self.put(text, (f"   {r.reason}", "dim italic") if beside and r.reason else "", indent=indent)
            if not beside and r.reason:
                self.put((r.reason, "dim italic"), indent=indent + 4)

    def choice(self, c: ChoiceRecord) -> None:
        """A choice as its author words it, with what is said of it."""
        j = verdict_of(c)
        said = self.sentence(c.text) or "; ".join(map(self.formula, c.claims)) or "none of the others"
        self.columns((f"({c.label}) {c.verdict}", COLOURS[c.verdict]), Text(said), 15)
        if j is not None and j.counterexample is not None:
            self.put(self.numbers(j.counterexample), indent=17)
        elif j is not None and j.kind not in ("proved", "refuted") and j.reason:
            self.put((j.reason, "dim"), indent=17)
        if c.agrees is False:
            self.put((f"the file marks this choice {'right' if c.marked else 'wrong'}", "bold red"), indent=17)

    def each(self, *groups: tuple[str, Sequence[str]]) -> None:
        """Formulas one by one, each with the word of its group."""
        for label, formulas in groups:
            for latex in formulas:
                self.labelled(label, self.formula(latex))

    def numbers(self, n: Numbers) -> str:
        """A counterexample in a line."""
        shown, more = at_numbers(n)
        values = ", ".join(f"{self.formula(name)} = {minus(value)}" for name, value in shown)
        values += f" and {more} more" if more else ""
        left, right = minus(short(n.left)), minus(short(n.right))
        return f"{'at ' + values + ': ' if values else ''}left {left}, right {right}"

    def judged(self, claim: str, j: Judged, rules: Sequence[str] = ()) -> None:
        """A verdict on one claim."""
        self.put((j.kind, COLOURS[j.kind]), "  ", self.formula(claim), (f"   [{j.code}]", "dim") if j.code else "")
        if j.counterexample is not None:
            self.labelled("at", self.numbers(j.counterexample).removeprefix("at "))
        elif j.reason:
            self.labelled("because", j.reason)
        self.each(("holds if", j.needs), ("where", j.conditions), ("assuming", j.hypotheses))
        if rules:
            self.labelled("rules", ", ".join(rules))

    # -- readings -----------------------------------------------------------------------------------

    def question(self, q: QuestionRecord) -> None:
        """What was understood of one unit."""
        points = "" if q.points is None else f"  {q.points:g} point{'' if q.points == 1 else 's'}"
        self.put((q.label, "bold"), f"  {q.kind}, line {q.line}{points}")
        self.names(q.names)
        for label, texts in (("fact", q.facts), ("value", q.values)):
            for text in texts:
                self.labelled(label, self.formula(text))
        for convention in q.conventions:
            self.labelled("convention", convention)
        for text in q.inferred:
            self.labelled("inferred", self.sentence(text), "yellow")
        for text in q.notes:
            self.labelled("note", self.sentence(text))
        for kind, text in q.goals:
            self.labelled("goal", f"{kind}: {self.formula(text)}" if text else kind, "bold")
        for u in q.not_read:
            self.labelled("not read", self.sentence(f"{u.text}"), "yellow")
            self.labelled("", f"{u.reason} [{u.code}]" + (f"  {u.advice}" if u.advice else ""), "dim")

    def names(self, names: Sequence[NameRecord]) -> None:
        """Names, those of one kind in a line; each definition in one of its own."""
        f = self.formula
        plain: dict[tuple[str, str, str], list[str]] = {}
        for n in names:
            kind = {"dimension": "size"}.get(n.role, n.role)
            if not n.definitions:
                plain.setdefault((kind, n.type, n.said), []).append(f(n.latex))
        for (kind, type_, said), group in plain.items():
            sign = ":" if r"\to" in type_ else "∈"
            self.labelled(kind, f"{', '.join(group)} {sign} {f(type_)}" + (f'   from "{said}"' if said else ""))
        for n in names:
            for text in n.definitions:
                self.labelled(n.role, f(text) + (f'   from "{n.said}"' if n.said else ""))

    def sentence(self, text: str) -> str:
        """A sentence with its formulas readable: between dollars, or words with a command."""
        parts = text.split("$")
        if len(parts) % 2 == 0:
            return text
        plain = [" ".join(self.formula(w) if "\\" in w else w for w in p.split(" ")) for p in parts[::2]]
        inner = [self.formula(p) for p in parts[1::2]]
        return "".join(x for pair in zip(plain, [*inner, ""], strict=True) for x in pair)

    # -- rules and codes ----------------------------------------------------------------------------

    def rule(self, r: dict[str, Any]) -> None:
        f = self.formula
        self.put((r["name"], "bold"), f"  {r['kind']}", ("" if not r["topic"] else f"  {r['topic']}", "dim"))
        self.labelled("", f(r["claim"]))
        for c in r["conditions"]:
            self.labelled("if", f(c))
        self.labelled("says", r["says"])
        if r["source"]:
            self.labelled("source", r["source"])

    def code(self, c: Code) -> None:
        self.put((c.name, "bold"), (f"  {c.where}", "dim"))
        self.put(c.text, indent=2)
        if c.example:
            self.labelled("example", c.example)
        self.labelled("advice", c.advice)

    # -- reports ------------------------------------------------------------------------------------

    def report(self, report: Report, name: str = "", *, everything: bool = True) -> None:
        """A marked derivation: a verdict for each line, and a summary."""
        if name or report.problem:
            self.put((" ".join(x for x in (name, report.problem) if x), "bold"))
        spans = [s.span for s in report.steps] + ([report.answer.span] if report.answer is not None else [])
        self.places = max((len(_at(p)) for p in spans), default=0)
        for s in report.steps:
            if everything or s.verdict not in ("proved", "taken") or s.status not in ("ok", "open"):
                self.step(s)
        if report.answer is not None:
            a = report.answer
            self.put(
                (f"{_at(a.span):<{self.places}}  ", "dim"),
                "answer   ",
                (f"{marking.kind(a):<10}", COLOURS[a.verdict]),
                f" {self.formula(a.latex)}",
            )
            if a.counterexample:
                self.put(self.numbers(marking.numbers(a.counterexample)), indent=6)
            if a.reason is not None:
                self.put((self.sentence(a.reason.text), "dim"), indent=6)
        for text in report.assumed_by_solution:
            self.labelled("assumed", self.sentence(text))
        for text in report.messages:
            self.labelled("message", self.sentence(text), "yellow")
        self.put(("summary   ", "bold"), marking.summary(report))

    def step(self, s: Step) -> None:
        """One line of a marked derivation: place, verdict, what was written, and what is to be said of it."""
        formula = self.formula(s.source if s.since == 0 else f"{{}} {s.relation} {s.source}")
        code = f"  [{s.reason.code}]" if s.reason is not None and s.verdict in marking.LEVELS else ""
        said = marking.kind(s)
        self.put(
            (f"{_at(s.span):<{self.places}}  ", "dim"),
            f"step {s.id:<3} ",
            (f"{said:<10}", COLOURS[s.verdict]),
            f" {formula}",
            (code, "dim"),
        )
        if s.counterexample:
            self.put(self.numbers(marking.numbers(s.counterexample)), indent=6)
        for remark in marking.remarks(s):
            self.put((self.sentence(remark), "dim"), indent=6)


def _at(p: Place) -> str:
    return f"{p.file}:{p.line}:{p.column}"


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave a reader that went away to the program; rich would end it with status 1."""
        raise BrokenPipeError


def console(*, stderr: bool = False, width: int | None = None) -> Console:
    """A console on the standard streams; NO_COLOR and what is no terminal are obeyed by rich."""
    return _Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)
