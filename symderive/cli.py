"""The command line: ``symderive derive | check | read | sheet | equal | rules | recheck | explain``.

Commands take apart what was typed, ask the library, and print records; no mathematics and no layout lives here.
What is heavy is imported inside the command that needs it.

Exit status: 0 all proved, 1 something refuted, 2 usage or unreadable input, 3 nothing refuted but something
consistent or undecided.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from symderive.api import Document
    from symderive.checking import Item
    from symderive.language.report import Report
    from symderive.reading.documents.source import Message
    from symderive.reading.formulas.errors import ReadingError
    from symderive.writing.marking import Marked
    from symderive.writing.terminal import Terminal

PROVED, REFUTED, UNREADABLE, OPEN = 0, 1, 2, 3
INTERRUPTED, PIPE_CLOSED = 130, 141
"""What a shell reports of a program that was stopped, or whose reader went away."""
STATUS = {"proved": PROVED, "refuted": REFUTED, "consistent": OPEN, "undecided": OPEN, "unread": OPEN, "taken": PROVED}
GRAVITY = {PROVED: 0, OPEN: 1, REFUTED: 2, UNREADABLE: 3}


def worst(codes: Iterable[int]) -> int:
    """The exit status for several results."""
    return max(codes, key=GRAVITY.__getitem__, default=PROVED)


# -- what commands share --------------------------------------------------------------------------------

FILES = click.argument("files", nargs=-1, required=True, metavar="FILE…")
FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print."
)
MACROS = click.option("--macros", metavar="FILE", help="A file with further definitions of LaTeX commands.")
KIND = click.option(
    "--from",
    "kind",
    type=click.Choice(["latex", "markdown", "notebook"]),
    help="What the input is; else its name or text decides.",
)
STRICT = click.option("--strict", is_flag=True, help="Take a sentence that was not understood for an error.")


EXIT_STATUS = """\b
Exit status: 0  all proved
             1  something refuted
             2  usage, or input that cannot be read
             3  nothing refuted, but something consistent or undecided
"""


class Failed(click.ClickException):
    """Something could not be done; status 1 would say that something was refuted."""

    exit_code = UNREADABLE


class Program(click.Group):
    """The commands; one whose reader goes away (``| head``), or that is stopped, ends quietly, with no verdict."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to write goes nowhere
            sys.exit(PIPE_CLOSED)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)


class OfFormulas(click.Command):
    """A command whose arguments may begin with a minus; it has no short options with which they could be confused."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, ["--help"] if args == ["-h"] else args)


@click.group(
    cls=Program, epilog=EXIT_STATUS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="symderive", message="%(prog)s %(version)s")
def main() -> None:
    """Derive, check and typeset the mathematics of deep learning, as people write it in LaTeX.

    FILE may be LaTeX, Markdown or a notebook; - is standard input.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def terminal(*, stderr: bool = False) -> Terminal:
    from symderive.writing.terminal import Terminal, console

    return Terminal(console(stderr=stderr))


def put_json(kind: str, /, **content: Any) -> None:
    """One JSON document on standard output."""
    from symderive.writing.record import data

    click.echo(json.dumps({"schema": f"symderive/{kind}/1", **data(content)}, ensure_ascii=False, indent=2))


def load(file: str, kind: str | None, macros: str | None) -> Document:
    """A document from a path or, for ``-``, from standard input; what is wrong with it is in its messages."""
    from symderive.api import Document
    from symderive.reading.documents.reader import decode
    from symderive.reading.problems import read_problems

    options: dict[str, Any] = {"format": kind, "macros": Path(macros) if macros else None}
    if file != "-":
        return Document(read_problems(Path(file), **options))  # type: ignore[arg-type]
    early: list[Message] = []
    source = decode(sys.stdin.buffer.read(), "<stdin>", early.append)
    document = Document(read_problems(source.text, path="<stdin>", **options))
    document.reading.messages[:0] = early
    return document


def documents(
    files: Sequence[str],
    kind: str | None,
    macros: str | None,
    out: Terminal,
    form: str = "json",
    *,
    judged: bool = False,
) -> Iterator[tuple[str, Document]]:
    """The documents one by one, with a progress bar on a terminal if there are several; messages go to stderr.

    Where the text of notes is judged, the report says what of it was not read.
    """
    if macros is not None and not Path(macros).is_file():
        raise click.BadParameter(f"{macros} cannot be read", param_hint="--macros")
    with progress(files, out, form) as step:
        for file in files:
            step(file)
            document = load(file, kind, macros)
            if judged:
                from symderive.checking import are_notes

                if are_notes(document.reading):
                    document.reading.drop_warnings()
            for message in document.messages:
                show_message(out, message)
            yield file, document


def show_message(out: Terminal, m: Message) -> None:
    place = f"{m.span.source.name}:{m.span.line}:{m.span.column}" if m.span.source.text else m.span.source.name
    lines = m.span.caret().split("\n") if m.span.source.text.strip() else []
    out.message(place, m.severity, m.text, m.code, lines, m.advice)


def show_reading_error(out: Terminal, e: ReadingError, place: str, source: str) -> None:
    """An error in a formula that was typed on the command line."""
    lines = e.show(source).split("\n")[1:]
    out.message(place, "error", e.text, e.code, lines[: len(lines) - bool(e.advice)], e.advice)


def reading_status(document: Document, *, strict: bool = False) -> int:
    """2 if something of a document cannot be read."""
    bad = any(m.severity == "error" or strict for m in document.messages)
    return UNREADABLE if bad else PROVED


def message_data(m: Message) -> dict[str, Any]:
    s = m.span
    place = {"line": s.line, "column": s.column, "end_line": s.end_line, "end_column": s.end_column}
    return {"file": s.source.name, **place, "severity": m.severity, "code": m.code, "text": m.text, "advice": m.advice}


@contextmanager
def progress(items: Sequence[str], err: Terminal, form: str = "json") -> Iterator[Callable[[str], None]]:
    """A bar on stderr for long work, where somebody can see it and no results run past it."""
    seen = err.console.is_terminal and not (sys.stdout.isatty() and form == "text")
    if len(items) < 2 or not seen:
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=err.console, transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        task = bar.add_task("", total=len(items))
        started = 0

        def step(name: str) -> None:
            nonlocal started
            bar.update(task, description=name, completed=started)
            started += 1

        yield step


# -- derive -------------------------------------------------------------------------------------------


@main.command()
@FILES
@click.option("--label", "labels", multiple=True, metavar="LABEL", help="Only this problem; may be repeated.")
@click.option("--certificates", metavar="DIR", help="Write the certificates into this folder.")
@click.option("--brief", is_flag=True, help="Answers only, without steps.")
@MACROS
@KIND
@FORMAT
def derive(
    files: tuple[str, ...],
    labels: tuple[str, ...],
    certificates: str | None,
    brief: bool,
    macros: str | None,
    kind: str | None,
    form: str,
) -> None:
    """Answers with steps, for every problem of the files."""
    from symderive import views

    out, err = terminal(), terminal(stderr=True)
    codes, results = [], []
    found: set[str] = set()
    for file, document in documents(files, kind, macros, err, form):
        codes.append(reading_status(document))
        wanted = [x for x in labels if x in document.problems]
        found |= set(wanted)
        made = []
        for a, proofs in views.answers(document, wanted) if wanted or not labels else ():
            if certificates is not None and proofs:
                a = replace(a, certificate=write_certificates(Path(certificates), file, a.label, proofs))
            codes.append(STATUS[a.status])
            made.append(a)
            if form == "text":
                out.answer(a, steps=not brief)
                out.put()
        if not document.problems and reading_status(document) == PROVED:
            err.message(
                file,
                "warning",
                "nothing is asked in this document",
                "goal",
                (),
                "A goal begins with a word like Derive, Find, Show.",
            )
            codes.append(OPEN)
        results.append({"file": file, "messages": [message_data(m) for m in document.messages], "problems": made})
    for label in labels:
        if label not in found:
            err.message("", "error", f"no problem has the label {label}", "")
            codes.append(UNREADABLE)
    if form == "json":
        put_json("derivations", files=results, status=worst(codes))
    else:
        tally(out, [a.status for r in results for a in r["problems"]])  # type: ignore[attr-defined]
    sys.exit(worst(codes))


def tally(out: Terminal, kinds: Sequence[str]) -> None:
    """How many of each verdict, if there are several."""
    if len(kinds) > 1:
        counts = [f"{kinds.count(k)} {k}" for k in ("proved", "refuted", "consistent", "undecided") if k in kinds]
        out.put(("summary   ", "bold"), f"{len(kinds)} problems: {', '.join(counts)}.")


def write_certificates(folder: Path, file: str, label: str, proofs: dict[str, object]) -> str:
    """Certificates as files; the name of the answer's, or of the first."""
    stem = "stdin" if file == "-" else Path(file).stem
    base = re.sub(r"[^A-Za-z0-9._-]+", "_", label if label.startswith(stem) else f"{stem}-{label}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = []
        for part, certificate in proofs.items():
            path = folder / (f"{base}.json" if part == "answer" else f"{base}.{part}.json")
            path.write_text(json.dumps(certificate, ensure_ascii=False, separators=(",", ":")), "utf-8")
            names.append(str(path))
    except OSError as error:
        raise Failed(f"certificates cannot be written: {error}") from error
    return names[0]


# -- read ---------------------------------------------------------------------------------------------


@main.command()
@FILES
@MACROS
@KIND
@STRICT
@FORMAT
def read(files: tuple[str, ...], macros: str | None, kind: str | None, strict: bool, form: str) -> None:
    """What was understood: names, facts, conventions, goals; what was inferred, and what was not read."""
    from symderive import views

    out, err = terminal(), terminal(stderr=True)
    codes, results = [], []
    for file, document in documents(files, kind, macros, err):
        codes.append(reading_status(document, strict=strict))
        made = views.questions(document)
        results.append({"file": file, "messages": [message_data(m) for m in document.messages], "questions": made})
        if form == "text":
            if len(files) > 1:
                out.put((file, "bold underline"))
            for q in made:
                out.question(q)
                out.put()
    if form == "json":
        put_json("reading", files=results, status=worst(codes))
    sys.exit(worst(codes))


# -- check --------------------------------------------------------------------------------------------


@main.command()
@FILES
@click.option("--for", "problem", metavar="FILE#LABEL", help="Mark the files as answers to this problem.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="How many processes work.")
@click.option("--assume", multiple=True, metavar="TEXT", help="A further sentence that holds; may be repeated.")
@click.option("--certificates", metavar="DIR", help="With --format json: write the certificates into this folder.")
@click.option("--only-open", is_flag=True, help="Leave out the lines that are proved or taken.")
@MACROS
@KIND
@STRICT
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "ndjson", "sarif", "github", "html"]),
    default="text",
    show_default=True,
    help="What to print.",
)
def check(
    files: tuple[str, ...],
    problem: str | None,
    jobs: int,
    assume: tuple[str, ...],
    certificates: str | None,
    only_open: bool,
    macros: str | None,
    kind: str | None,
    strict: bool,
    form: str,
) -> None:
    """Verdicts line by line on the derivations in the files."""
    from symderive.writing.marking import Marked

    out, err = terminal(), terminal(stderr=True)
    added = Added(definitions_of(macros), assume)
    asking, label = problem_of(problem, macros, err) if problem is not None else (None, "")
    asking = added.to_file(asking) if asking is not None and added else asking
    codes, items, messages = [], [], []
    for _, document in documents(files, kind, macros, err, judged=problem is None):
        codes.append(reading_status(document, strict=strict))
        items.append(item_of(document, kind, asking, label, added))
        messages.append(tuple(map(message_data, document.messages)))
    results: list[Marked] = []
    waiting = reports_on([i for i in items if i is not None], jobs)
    with progress(files, err, form) as step:
        for file, item, said in zip(files, items, messages, strict=True):
            step(file)
            found = Marked(file, said, tuple(next(waiting)) if item is not None else ())
            results.append(found)
            codes += [report_status(r) for r in found.reports]
            if item is not None and not found.reports:
                err.message(file, "warning", "there is no solution in this document", "not-shown")
                codes.append(OPEN)
            if form == "text":
                for report in found.reports:
                    out.report(report, file if len(files) > 1 else "", everything=not only_open)
                    out.put()
            elif form == "ndjson":
                put_lines(found)
    put_reports(form, results, Path(certificates) if certificates else None, worst(codes))
    sys.exit(worst(codes))


def reports_on(items: Sequence[Item], jobs: int) -> Iterator[list[Report]]:
    """The reports on the items in order: here, or from several processes."""
    from symderive.checking import check_item, check_many
    from symderive.language.report import Report

    if jobs > 1 and len(items) > 1:
        yield from check_many(items, jobs=jobs)
        return
    for item in items:
        try:
            yield check_item(item)
        except Exception as error:  # noqa: BLE001 - one file that breaks the checker must not hide the others
            yield [Report((), messages=(f"internal error: {type(error).__name__}: {error}",))]


def put_lines(m: Marked) -> None:
    """The reports on a file as lines of JSON; a line with its messages if there are none."""
    from symderive.writing import marking

    for report in m.reports:
        click.echo(json.dumps({"file": m.file, **marking.data(report)}, ensure_ascii=False))
    if not m.reports:
        nothing = {
            "file": m.file,
            "schema": "symderive/report/1",
            "steps": [],
            "messages": [x["text"] for x in m.messages],
        }
        click.echo(json.dumps(nothing, ensure_ascii=False))


def put_reports(form: str, results: Sequence[Marked], folder: Path | None, status: int) -> None:
    """All reports at once, in the formats that are one document."""
    from symderive import __version__
    from symderive.writing import marking

    if form == "json":
        files = []
        for m in results:
            try:
                reports = [marking.data(r, folder, Path(m.file).stem) for r in m.reports]
            except OSError as error:
                raise Failed(f"certificates cannot be written: {error}") from error
            files.append({"file": m.file, "messages": m.messages, "reports": reports})
        put_json("reports", files=files, status=status)
    elif form == "sarif":
        click.echo(json.dumps(marking.sarif(results, __version__), ensure_ascii=False, indent=2))
    elif form == "github":
        for line in marking.github(results):
            click.echo(line)
    elif form == "html":
        click.echo(marking.page(results), nl=False)


def report_status(report: Report) -> int:
    """The exit status for a report: 3 too if nothing was judged."""
    said = [s.verdict.value for s in report.steps if s.judged or s.verdict == "unread"]
    said += [report.answer.verdict.value] if report.answer is not None else []
    return worst(STATUS[v] for v in said) if said and not _broken(report) else OPEN


def _broken(report: Report) -> bool:
    """Whether a report says only why there is none."""
    return not report.steps and bool(report.messages)


def problem_of(where: str, macros: str | None, err: Terminal) -> tuple[str, str]:
    """The file and the label of ``FILE#LABEL``; the label may be left out if only one thing is asked.

    Raises:
        BadParameter: there is no such problem; the labels that there are, are named.
    """
    file, _, label = where.rpartition("#") if "#" in where and not Path(where).exists() else (where, "", "")
    document = load(file, None, macros)
    if reading_status(document) != PROVED and not document.problems:
        for m in document.messages:
            show_message(err, m)
        raise click.BadParameter(f"{file} cannot be read", param_hint="--for")
    labels = list(dict.fromkeys(p.question.label for p in document.problems.values()))
    if (label and label not in labels) or (not label and len(labels) != 1):
        what = f"{file} has no problem {label}" if label else f"{file} asks several things"
        raise click.BadParameter(
            f"{what}; write {file}#LABEL, LABEL one of {', '.join(labels) or '(none)'}", param_hint="--for"
        )
    return file, label


def item_of(document: Document, kind: str | None, asking: str | None, label: str, added: Added) -> Item | None:
    """A document as work for the checker; None if there is nothing in it."""
    from symderive.checking import Item
    from symderive.reading.documents.reader import SUFFIXES, guess

    source = document.reading.document.root.span.source
    if not source.text.strip():
        return None
    form = kind or SUFFIXES.get(Path(source.path).suffix.lower()) or guess(source.text)
    more = replace(added, sentences=()) if asking is not None else added  # what holds belongs to the problem
    text = more.to(source.text, form) if more else source.text
    return Item(text, problem=asking, label=label, format=form, path=source.path)


@dataclass(frozen=True)
class Added:
    """What the command line adds to a text: definitions of LaTeX commands, and sentences that hold."""

    definitions: str = ""
    sentences: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.definitions or self.sentences)

    def to(self, text: str, form: str) -> str:
        """The text with the additions where it begins, on a line that is there already, so that places stay right.

        Raises:
            BadParameter: the text is no LaTeX.
        """
        if form != "latex":
            raise click.BadParameter("only LaTeX can be checked with --macros or --assume")
        begin = text.find(r"\begin{document}")
        at = begin + len(r"\begin{document}") if begin >= 0 else 0
        return f"{text[:at]}{self.definitions} {' '.join(self.sentences)} {text[at:]}"

    def to_file(self, file: str) -> str:
        """The text of a file with the additions."""
        return self.to(Path(file).read_text("utf-8", "replace"), "latex" if Path(file).suffix != ".md" else "markdown")


def definitions_of(macros: str | None) -> str:
    """A file of definitions as one line without comments."""
    if macros is None or not Path(macros).is_file():
        return ""
    text = Path(macros).read_text("utf-8", "replace")
    return " ".join(re.sub(r"(?<!\\)%.*", "", text).split())


# -- sheet --------------------------------------------------------------------------------------------


@main.command()
@click.argument("file")
@click.option(
    "-o", "--output", required=True, metavar="X.tex|X.pdf|X.html", help="Where to write; the ending says what."
)
@click.option("--questions", is_flag=True, help="The question sheet, without answers.")
@click.option("--title", default="", help="The title; else that of the document.")
@MACROS
@KIND
@FORMAT
def sheet(file: str, output: str, questions: bool, title: str, macros: str | None, kind: str | None, form: str) -> None:
    """A question sheet with solutions: every answer derived, or marked as not checked."""
    from symderive import views
    from symderive.writing import sheet as sheets

    target = Path(output)
    if target.suffix not in (".tex", ".pdf", ".html"):
        raise click.BadParameter("the name must end in .tex, .pdf or .html", param_hint="-o")
    spare_inputs(target, file, macros)
    err = terminal(stderr=True)
    ((_, document),) = documents([file], kind, macros, err)
    status = reading_status(document)
    if not document.reading.document.root.blocks:
        sys.exit(UNREADABLE)
    with progress([*document.problems, ""] if not questions else [], err) as step:
        made = views.sheet_of(document, title, solutions=not questions, progress=step)
    made = sheets.without_solutions(made) if questions else made
    try:
        if target.suffix == ".pdf":
            target.write_bytes(sheets.to_pdf(made))
        else:
            target.write_text(sheets.to_html(made) if target.suffix == ".html" else sheets.to_latex(made), "utf-8")
    except sheets.NoLatex as error:
        err.message("", "error", str(error), "")
        sys.exit(UNREADABLE)
    except OSError as error:
        err.message("", "error", f"{output} cannot be written: {error.strerror}", "")
        sys.exit(UNREADABLE)
    kinds = [a.status for a in made.answers]
    proved = f": {kinds.count('proved')} of {len(kinds)} answers proved" if kinds else ""
    err.put(f"{output} written{proved}.")
    code = worst([status, *(STATUS[k] for k in kinds)])
    if form == "json":
        said = [message_data(m) for m in document.messages]
        problems = [{"label": a.label, "status": a.status} for a in made.answers]
        put_json("sheet", file=file, output=output, messages=said, problems=problems, status=code)
    sys.exit(code)


def spare_inputs(target: Path, *inputs: str | None) -> None:
    """Refuse to write over what is read.

    Raises:
        BadParameter: the target is one of the inputs, by whatever name.
    """
    for name in inputs:
        if name not in (None, "-") and target.exists() and Path(name).exists() and target.samefile(name):
            raise click.BadParameter(f"{target} is an input, and would be overwritten", param_hint="-o")


# -- equal --------------------------------------------------------------------------------------------


@main.command(cls=OfFormulas, context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("lhs")
@click.argument("rhs")
@click.option(
    "--given",
    multiple=True,
    metavar="TEXT",
    help=r"Declarations, such as 'Let $w \in \mathbb{R}^n$.'; may be repeated.",
)
@click.option(
    "--relation",
    type=click.Choice(["=", "!=", "<", "<=", ">", ">="]),
    default="=",
    show_default=True,
    help="Between the two.",
)
@FORMAT
def equal(lhs: str, rhs: str, given: tuple[str, ...], relation: str, form: str) -> None:
    """The verdict on LHS = RHS, two formulas in LaTeX."""
    from dataclasses import replace

    import symderive as sd
    from symderive.api import compared
    from symderive.engine.existence import weakest
    from symderive.language.bridge.errors import BridgeError
    from symderive.reading.formulas.errors import ReadingError
    from symderive.writing import record

    err = terminal(stderr=True)
    text = " ".join(given) or None
    try:
        verdict, names = compared(lhs, rhs, text, relation=relation)
    except ReadingError as error:
        for name, source in (("--given", text or ""), ("LHS", lhs), ("RHS", rhs)):
            try:
                sd.expr("0" if name == "--given" else source, text)
            except ReadingError as found:
                show_reading_error(err, found, name, source)
                break
        else:
            err.message("", "error", error.text, error.code, (), error.advice)
        sys.exit(UNREADABLE)
    except BridgeError as error:
        err.message("", "error", str(error), error.code, (), error.advice)
        sys.exit(UNREADABLE)
    context = names.scope.context()
    told = replace(verdict, hypotheses=weakest(context, verdict.hypotheses))
    made = record.judged(told, record.writer(names.spellings, context), names.spellings)
    claim = f"{lhs} {record.SIGNS[relation]} {rhs}"
    if form == "json":
        put_json("verdict", claim=claim, **record.data(made), rules=verdict.rules, certificate=verdict.certificate)
    else:
        terminal().judged(claim, made, verdict.rules)
    sys.exit(STATUS[made.kind])


# -- rules --------------------------------------------------------------------------------------------


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME…]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "book"]),
    default="text",
    show_default=True,
    help="What to print; book is the file that certificates name.",
)
def rules(names: tuple[str, ...], form: str) -> None:
    """The book of rules: all, or those of a NAME, topic or pattern such as 'd.*'."""
    from symderive.rules import book as books

    if form == "book":
        click.echo(books.book_bytes(), nl=False)
        return
    found = rule_records()
    chosen = [r for r in found if not names or any(_named(r, n) for n in names)]
    for n in names:
        if not any(_named(r, n) for r in found):
            from difflib import get_close_matches

            near = get_close_matches(n, [r["name"] for r in found], n=3)
            advice = f"Did you mean {', '.join(near)}?" if near else "See: symderive rules."
            terminal(stderr=True).message("", "error", f"no rule has the name {n}", "", (), advice)
            sys.exit(UNREADABLE)
    if form == "json":
        put_json("rules", book=books.book().digest, rules=chosen)
        return
    out = terminal()
    for r in chosen:
        out.rule(r)
    if not names:
        axioms = sum(r["kind"] == "axiom" for r in found)
        words = sum(r["kind"] in ("function", "operator") for r in found)
        out.put(
            f"\n{len(found) - words} rules, {axioms} of them axioms; {words} functions and operators by definition.  "
            f"Book {books.book().digest[:16]}…"
        )


def _named(rule: dict[str, Any], name: str) -> bool:
    return rule["name"] == name or rule["topic"] == name or fnmatchcase(rule["name"], name)


def rule_records() -> list[dict[str, Any]]:
    """The rules of the book as plain data, with LaTeX."""
    from symderive.kernel.terms import make, sym
    from symderive.rules import book as books
    from symderive.writing.latex import latex
    from symderive.writing.record import SIGNS

    out: list[dict[str, Any]] = []
    for topic, row in books.rows():
        sides = row.claim.terms if row.claim.head == "rel" else ()
        kind = "proved" if row.derived else "axiom"
        entry: dict[str, Any] = {"name": row.name, "topic": topic, "kind": kind, "claim": latex(row.claim)}
        entry |= (
            {"left": latex(sides[0]), "relation": SIGNS[row.claim.name()], "right": latex(sides[1])} if sides else {}
        )
        entry |= {"conditions": [latex(c) for c in row.conditions], "says": row.says, "source": row.cite}
        out.append(entry)
    for kind, meanings in (("function", books.functions()), ("operator", books.operators())):
        for m in meanings:
            left = make("app" if kind == "function" else "op", m.name, *map(sym, m.params))
            claim = latex(left) if m.body is None else f"{latex(left)} = {latex(m.body)}"
            domain = [latex(c) for c in m.domain or ()]
            out.append(
                {
                    "name": m.name,
                    "topic": "",
                    "kind": kind,
                    "claim": claim,
                    "conditions": domain,
                    "says": m.says,
                    "source": "",
                }
            )
    return out


# -- recheck ------------------------------------------------------------------------------------------


@main.command()
@click.argument("certificates", nargs=-1, required=True, metavar="CERT…")
@click.option(
    "--book", "book_file", metavar="FILE", help="A book of rules as a file; else the one of this installation."
)
@FORMAT
def recheck(certificates: tuple[str, ...], book_file: str | None, form: str) -> None:
    """Check certificates by the kernel alone, and say in words what each claims."""
    from symderive.kernel.__main__ import read as read_bytes
    from symderive.kernel.book import read_book
    from symderive.kernel.check import check as accept
    from symderive.kernel.context import Rejected
    from symderive.kernel.words import describe
    from symderive.writing.unicode import printable

    if book_file is None:
        from symderive.rules.book import book as default

        book = default()
    else:
        try:
            book = read_book(read_bytes(book_file))
        except (OSError, Rejected) as error:
            raise click.BadParameter(f"{book_file}: {error}", param_hint="--book") from error
    status, results = 0, []
    for name in certificates:
        entry: dict[str, Any] = {"file": name, "accepted": False, "claim": "", "error": ""}
        try:
            raw = sys.stdin.buffer.read() if name == "-" else read_bytes(name)
            entry |= {"claim": describe(accept(raw, book)), "accepted": True}
            line = f"{name}: {entry['claim']}" if len(certificates) > 1 else entry["claim"]
        except Rejected as error:
            status = max(status, REFUTED)
            entry["error"] = str(error)
            line = f"{name}: REJECTED: {error}"
        except OSError as error:
            status = UNREADABLE
            entry["error"] = error.strerror or str(error)
            line = ""
            click.echo(f"{name}: error: {entry['error']}", err=True)
        results.append(entry)
        if form == "text" and line:
            click.echo(printable(line))
    if form == "json":
        click.echo(
            json.dumps(
                {"schema": "symderive/recheck/1", "certificates": results, "status": status},
                ensure_ascii=False,
                indent=2,
            )
        )
    sys.exit(status)


# -- explain ------------------------------------------------------------------------------------------


@main.command()
@click.argument("codes", nargs=-1, metavar="[CODE…]")
@FORMAT
def explain(codes: tuple[str, ...], form: str) -> None:
    """What a code in a message or verdict means, with an example and advice; without CODE, all of them."""
    from symderive.writing.codes import CODES, similar

    for code in codes:
        if code not in CODES:
            near = similar(code)
            advice = f"Did you mean {', '.join(near)}?" if near else "See: symderive explain."
            terminal(stderr=True).message("", "error", f"there is no code {code}", "", (), advice)
            sys.exit(UNREADABLE)
    chosen = [CODES[c] for c in codes] or list(CODES.values())
    if form == "json":
        put_json("codes", codes=chosen)
        return
    out = terminal()
    for c in chosen:
        out.code(c)


if __name__ == "__main__":
    main()
