"""Documents as records and as sheets: where reading, deriving and writing meet.

Nothing is printed here, and nothing is searched for: reading gives the text, `Problem.derive` the answers, and what
comes out is plain data that `writing` prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from symderive.api import Document
from symderive.engine.existence import weakest
from symderive.kernel.terms import Term
from symderive.reading.documents import outline
from symderive.reading.documents.reader import read_document
from symderive.reading.problems import Question
from symderive.writing import record, sheet, unicode

Progress = Callable[[str], None]
Answers = Mapping[int, Sequence[record.AnswerRecord]]
"""By the identity of the unit that asks."""
UNITS = frozenset(("question", "part", "subpart", "subsubpart", "problem", "exercise", "example"))
"""Units that ask; others are headings with text."""


# -- answers ------------------------------------------------------------------------------------------


def answers(
    document: Document, labels: Sequence[str] = (), progress: Progress | None = None
) -> Iterator[tuple[record.AnswerRecord, dict[str, object]]]:
    """For every problem, or those with the labels, what was derived and the certificates by their names.

    Raises:
        KeyError: no problem has one of the labels.
    """
    for label in labels:
        if label not in document.problems:
            raise KeyError(label)
    for label, problem in document.problems.items():
        if labels and label not in labels:
            continue
        if progress is not None:
            progress(label)
        try:
            derived = problem.derive()
        except Exception as error:  # noqa: BLE001 - one problem that breaks the engine must not hide the others
            yield record.failed(problem.asked, f"internal error: {type(error).__name__}: {error}", label), {}
            continue
        told = replace(derived.derivation, hypotheses=weakest(derived.context, derived.derivation.hypotheses))
        made = _worded(record.answer(problem.asked, told, label), problem.question)
        certificates: dict[str, object] = {}
        if derived.certificate() is not None:
            certificates["answer"] = derived.certificate()
        for k, step in enumerate(derived.derivation.steps, 1):
            if step.verdict.certificate is not None:
                certificates[f"step-{k}"] = step.verdict.certificate
        for choice in derived.derivation.choices:
            for k, verdict in enumerate(choice.verdicts if not choice.choice.none else (), 1):
                if verdict.certificate is not None:
                    certificates[f"choice-{choice.choice.label}-{k}"] = verdict.certificate
        yield made, certificates


def _worded(a: record.AnswerRecord, q: Question) -> record.AnswerRecord:
    """The record with the words of the choices."""
    blocks = [b for b in q.unit.blocks if isinstance(b, outline.Choices) and len(b.items) == len(a.choices)]
    if not a.choices or len(blocks) != 1:
        return a
    texts = [
        " ".join(outline.plain(b.pieces) for b in i.blocks if isinstance(b, outline.Paragraph)) for i in blocks[0].items
    ]
    return replace(a, choices=tuple(replace(c, text=t) for c, t in zip(a.choices, texts, strict=True)))


# -- what was understood --------------------------------------------------------------------------------


def questions(document: Document) -> list[record.QuestionRecord]:
    """What was understood of every unit that says or asks something."""
    known: dict[int, tuple[set[Any], ...]] = {}
    parents: dict[int, Question] = {}
    out = []
    for q in document.reading.walk():
        for part in q.parts:
            parents[id(part)] = q
        above = known.get(id(parents.get(id(q))), (set(),) * 5)
        n = q.names
        known[id(q)] = tuple(map(set, (n.meanings, n.scope.facts, n.inferred, n.notes, n.conventions)))
        made = _question(q, *above)
        if made.understood or made.goals or made.not_read or made.names:
            out.append(made)
    return out


def _question(
    q: Question, names: set[str], facts: set[Term], inferred: set[str], notes: set[str], conventions: set[str]
) -> record.QuestionRecord:
    context = q.names.scope.context()
    show = record.writer(q.names.spellings, context)
    unread = [
        (text, e.code, e.text, e.advice) if e else (text, "not-read", "this sentence was not understood", "")
        for text, e in q.outcome.unread
    ]
    return record.QuestionRecord(
        q.label,
        q.unit.kind,
        q.unit.span.line,
        q.unit.points,
        tuple(_name(q, key, show) for key in q.names.meanings if key not in names and key in context.signature),
        tuple(show(f) for f in context.facts if f not in facts),
        tuple(q.outcome.read),
        tuple(_unique(n for n in q.names.inferred if n not in inferred)),
        tuple(_unique(n for n in q.names.notes if n not in notes)),
        tuple(sorted(q.names.conventions - conventions)),
        tuple((p.goal.kind.value, record.goal(p.goal, show)) for p in q.problems),
        tuple(_unique(show(v) for p in q.problems for v in p.values)),
        tuple(record.UnreadRecord(*u) for u in unread),
        len(q.solutions),
    )


def _name(q: Question, key: str, show: record.Show) -> record.NameRecord:
    meaning = q.names.meanings[key]
    context = q.names.scope.context()
    said = re.sub(r"\s+([,.])", r"\1", meaning.said)
    said = re.sub(r"(?:[\s,.]|\band\b|\bas\b)+$", "", said)
    return record.NameRecord(
        meaning.spelling,
        meaning.role,
        record.type_of(context, key, show),
        said,
        record.definitions(context, key, q.names.spellings),
    )


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


# -- sheets -------------------------------------------------------------------------------------------


def sheet_of(
    document: Document,
    title: str = "",
    *,
    solutions: bool = True,
    made: Mapping[str, record.AnswerRecord] | None = None,
    progress: Progress | None = None,
) -> sheet.Sheet:
    """A document as a sheet: its questions, each with its answers.

    Args:
        document: what was read.
        title: above all; else that of the document.
        solutions: whether answers are wanted; if not, nothing is derived.
        made: the answers by label, if they are there already.
        progress: told the label of each problem before it is taken up.
    """
    if made is None:
        made = {a.label: a for a, _ in answers(document, progress=progress)} if solutions else {}
    by_unit: dict[int, list[record.AnswerRecord]] = {}
    for label, problem in document.problems.items():
        if label in made:
            by_unit.setdefault(id(problem.question.unit), []).append(made[label])
    root = document.reading.document.root
    failed = {id(q.unit): [m.text for m in q.messages if m.severity == "error"] for q in document.reading.walk()}
    body = tuple(_entries(root, by_unit, failed, solutions=solutions))
    said = title or root.heading or _title(document)
    if not said and body and isinstance(body[0], sheet.Heading):
        said, body = "".join(p.text if isinstance(p, sheet.Words) else f"${p.latex}$" for p in body[0].title), body[1:]
    return sheet.Sheet(said or Path(document.reading.document.path).stem, body, solutions)


_TITLE = re.compile(
    r"^(?:[^%\n]|\\%)*?\\title\s*(?:\[[^\[\]]*\])?\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}", re.MULTILINE
)
_THANKS = re.compile(r"\\(?:thanks|footnote)\s*\{(?:[^{}]|\{[^{}]*\})*\}")


def _title(document: Document) -> str:
    """The title that the source gives, as plain text; the outline does not keep it."""
    found = _TITLE.search(document.reading.document.root.span.source.text)
    if found is None:
        return ""
    made = read_document(
        _THANKS.sub("", found[1]), format="latex", path="title", macros=document.reading.document.macros
    )
    pieces = [p for b in made.walk() if isinstance(b, outline.Paragraph) for p in b.pieces]
    text = "".join(unicode.line(p.text) if isinstance(p, outline.Formula) else p.text for p in pieces)
    return " ".join(text.split())


def _entries(
    unit: outline.Unit, answers_: Answers, failed: Mapping[int, Sequence[str]], *, solutions: bool
) -> Iterator[sheet.Entry]:
    """The questions of a unit in order; what is no question is text around them."""
    own = answers_.get(id(unit), [])
    solved = any(isinstance(b, outline.Solution) for b in unit.blocks)
    if unit.kind in UNITS or own or solved or failed.get(id(unit)):
        yield _entry(unit, answers_, failed, solutions=solutions)
        return
    if unit.heading and unit.kind != "document":
        yield sheet.Heading(tuple(_pieces(unit.title)))
    for block in unit.blocks:
        if isinstance(block, outline.Unit):
            yield from _entries(block, answers_, failed, solutions=solutions)
        elif not isinstance(block, outline.Solution):
            made = list(_blocks([block]))
            if made:
                yield sheet.Prose(tuple(made))


def _entry(
    unit: outline.Unit, answers_: Answers, failed: Mapping[int, Sequence[str]], *, solutions: bool
) -> sheet.Question:
    own = [b for b in unit.blocks if isinstance(b, outline.Solution)]
    return sheet.Question(
        unit.label or "",
        unit.points,
        tuple(_pieces(unit.title)),
        tuple(_blocks([b for b in unit.blocks if not isinstance(b, outline.Solution | outline.Unit)])),
        tuple(answers_.get(id(unit), [])),
        tuple(_blocks([b for s in own for b in s.blocks])) if solutions else (),
        tuple(f"a goal was not read: {text}" for text in failed.get(id(unit), ())),
        tuple(_entry(b, answers_, failed, solutions=solutions) for b in unit.blocks if isinstance(b, outline.Unit)),
    )


def _pieces(pieces: Iterable[outline.Piece]) -> Iterator[sheet.Words | sheet.Math]:
    for p in pieces:
        if isinstance(p, outline.Words):
            yield sheet.Words(p.text)
        else:
            rows = tuple(tuple(c.text.strip() for c in r.cells) for r in p.rows)
            yield sheet.Math(p.text.strip(), p.display, rows)


def _blocks(blocks: Iterable[outline.Block]) -> Iterator[sheet.Block]:
    for b in blocks:
        match b:
            case outline.Paragraph():
                pieces = tuple(_pieces(b.pieces))
                if any(isinstance(p, sheet.Math) or sheet.html_prose(p.text).strip() for p in pieces):
                    yield sheet.Paragraph(pieces)
            case outline.List():
                yield sheet.Items(b.kind, tuple(tuple(_blocks(i.blocks)) for i in b.items))
            case outline.Choices():
                yield sheet.Choices(tuple(sheet.Choice(tuple(_blocks(i.blocks)), i.correct) for i in b.items))
            case outline.Table():
                yield sheet.Table(tuple(tuple(tuple(_blocks(cell)) for cell in row) for row in b.rows))
            case outline.Verbatim():
                yield sheet.Verbatim(b.environment, b.span.text)
            case outline.Solution():
                yield from _blocks(b.blocks)
            case outline.Unit():
                if b.title:
                    yield sheet.Paragraph(tuple(_pieces(b.title)))
                yield from _blocks(b.blocks)
            case _:
                pass  # a sentence for the program is not printed
