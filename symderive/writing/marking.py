"""Marked derivations as others take them: a page, SARIF, annotations of a code host, JSON without bulky certificates.

Everything is a fold over `Report`; a line that is open or was not read never looks like one that is right.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symderive.language.report import Final, Place, Report, Role, Said, Status, Step
from symderive.language.verdict import short, value
from symderive.writing import unicode
from symderive.writing.codes import CODES
from symderive.writing.latex import guess
from symderive.writing.record import Numbers

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Said.REFUTED: "error", Said.CONSISTENT: "warning", Said.UNDECIDED: "warning", Said.UNREAD: "warning"}
"""How loudly a verdict is reported; what is proved or taken is not."""
STANDING = {
    Status.SLIP: "here the derivation turns wrong",
    Status.CARRIED: "wrong from an earlier line, right as a step",
    Status.RECOVERED: "wrong as a step, right from the beginning of the chain",
    Status.TAINTED: "rests on a refuted result",
}
ROLES = {
    Role.DEFINITION: "taken as a definition",
    Role.PREMISE: "taken as an assumption",
    Role.EQUATION: "taken as an equation to solve",
    Role.ASSIGNMENT: "an assignment",
}


@dataclass(frozen=True)
class Marked:
    """The reports on one file, with what was wrong with the file itself.

    Attributes:
        messages: objects with file, line, column, end_line, end_column, severity, code, text, advice.
    """

    file: str
    messages: tuple[Mapping[str, Any], ...]
    reports: tuple[Report, ...]


def numbers(example: Mapping[str, Any]) -> Numbers:
    """The counterexample of a report as a record."""
    values = tuple((guess(str(k)), value(v)) for k, v in (example.get("assign") or {}).items())
    return Numbers(values, value(example.get("lhs", "?")), value(example.get("rhs", "?")))


def say_numbers(example: Mapping[str, Any]) -> str:
    """A counterexample in words."""
    n = numbers(example)
    at = ", ".join(f"{unicode.line(name)} = {short(v)}" for name, v in n.values)
    return f"{f'at {at}: ' if at else ''}left {short(n.left)}, right {short(n.right)}"


def kind(s: Step | Final) -> str:
    """The verdict in a word; *proved if* where the proof rests on what the text does not state."""
    if s.verdict is Said.PROVED and any(c.origin in ("solution", "inferred") for c in s.conditions):
        return "proved if"
    return s.verdict.value


def remarks(s: Step) -> list[str]:
    """What is to be said of a line beyond its verdict, in sentences; formulas between dollars."""
    out = []
    if s.status in STANDING:
        out.append(STANDING[s.status])
    elif s.verdict is Said.TAKEN and s.reason is not None:
        out.append(s.reason.text)
    if s.verdict in LEVELS and s.reason is not None:
        out.append(s.reason.text)
    same = s.since == 0 and unicode.line(s.read_as) == unicode.line(s.source)
    if s.verdict in LEVELS and s.read_as and s.verdict is not Said.UNREAD and not same:
        out.append(f"read as ${s.read_as}$")
    if s.mistake is not None:
        out.append(f"{s.mistake.kind}: {HOW[s.mistake.how].format(s.mistake.repair)}")
    out += [f"write once: {h.say}" + (f" (settles {len(h.rows)} lines)" if len(h.rows) > 1 else "") for h in s.holds_if]
    out += [_condition(c.latex, c.origin) for c in s.conditions]
    if s.absorbed:
        out.append(f"the constant is {s.absorbed}")
    if s.reason_fits == "other":
        out.append(f"it holds, but not by the reason given: {s.claimed_reason}")
    if s.skips:
        out.append(f"{s.skips} line{'s' if s.skips > 1 else ''} before it {'were' if s.skips > 1 else 'was'} not read")
    return [*out, *s.notes]


HOW = {
    "from": "it is what ${}$ gives",
    "place": "with ${}$ it is proved",
    "factor": "it is proved with the factor ${}$",
    "without factor": "it is proved without the factor ${}$",
    "term": "it is proved with ${}$ added",
    "without term": "it is proved without ${}$",
    "is": "this is ${}$",
}
"""What repairs a mistake."""

_ORIGINS = {
    "defined": "where ",
    "regularity": "assuming that ",
    "solution": "assuming, as the solution does, ",
    "inferred": "if ",
    "given": "for ",
    "equation": "as it is set that ",
    "values": "",
}


def _condition(latex: str, origin: str) -> str:
    words = origin == "values" or (" " in latex and not re.search(r"[\\_^=<>]", latex)) or "$" in latex
    return _ORIGINS.get(origin, "where ") + (latex if words else f"${latex}$")


def readable(sentence: str) -> str:
    """A sentence with its formulas as text."""
    parts = sentence.split("$")
    if len(parts) % 2 == 0:
        return sentence
    return "".join(unicode.line(p) if k % 2 else p for k, p in enumerate(parts))


ORDER = ("proved", "proved if", "refuted", "consistent", "undecided", "taken", "unread")


def summary(report: Report) -> str:
    """The counts of a report in a sentence, and the sentences that are missing."""
    counts = report.counts
    total = sum(counts.values())
    parts = [f"{counts.get(k, 0)} {'proved if …' if k == 'proved if' else k}" for k in ORDER if counts.get(k)]
    out = f"{total} relation{'' if total == 1 else 's'}{': ' + ', '.join(parts) if parts else ''}."
    if report.first_wrong is not None:
        out += f"  First wrong: step {report.first_wrong}."
    if report.missing_sentences:
        said = ", ".join(
            f"“{readable(m.say)}” ({len(m.rows)} row{'' if len(m.rows) == 1 else 's'})"
            for m in report.missing_sentences
        )
        out += f"  Missing sentences: {said}."
    return out


# -- data ---------------------------------------------------------------------------------------------


def data(report: Report, folder: Path | None = None, name: str = "") -> dict[str, Any]:
    """A report as JSON data.  Certificates are written into a folder and named with their hash, or left out.

    Raises:
        OSError: the folder cannot be written.
    """
    out = report.to_json()
    for part in [*out["steps"], *([out["answer"]] if out.get("answer") else [])]:
        certificate = part.pop("certificate", None)
        if certificate is None or folder is None:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        raw = json.dumps(certificate, ensure_ascii=False, separators=(",", ":")).encode()
        label = f"step-{part['id']}" if "id" in part else "answer"
        path = folder / (
            re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(x for x in (name, report.problem, label) if x)) + ".json"
        )
        path.write_bytes(raw)
        part["certificate"] = {"file": str(path), "sha256": hashlib.sha256(raw).hexdigest()}
    return out


# -- annotations --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """Something to show at a place."""

    level: str
    code: str
    text: str
    place: Place


def findings(marked: Sequence[Marked]) -> Iterator[Finding]:
    """What is not right, in the order of the files."""
    for m in marked:
        for x in m.messages:
            at = Place(str(x["file"]), int(x["line"]), int(x["column"]), int(x["end_line"]), int(x["end_column"]))
            text = f"{x['text']}.  {x['advice']}" if x["advice"] else str(x["text"])
            yield Finding("error" if x["severity"] == "error" else "warning", str(x["code"]), text, at)
        for report in m.reports:
            for s in report.steps:
                if s.verdict in LEVELS:
                    said = [f"step {s.id} {s.verdict.value}", *map(readable, remarks(s))]
                    if s.counterexample:
                        said.insert(1, say_numbers(s.counterexample))
                    code = s.reason.code if s.reason is not None else s.verdict.value
                    yield Finding(LEVELS[s.verdict], code, "; ".join(said), s.span)
            a = report.answer
            if a is not None and a.verdict in LEVELS:
                said = [f"final answer {a.verdict.value}"]
                said += [say_numbers(a.counterexample)] if a.counterexample else []
                said += [readable(a.reason.text)] if a.reason is not None else []
                code = a.reason.code if a.reason is not None else a.verdict.value
                yield Finding(LEVELS[a.verdict], code, "; ".join(said), a.span)


def sarif(marked: Sequence[Marked], version: str) -> dict[str, Any]:
    """The findings as SARIF 2.1.0."""
    found = list(findings(marked))
    rules = []
    for code in dict.fromkeys(f.code for f in found):
        known = CODES.get(code)
        text = known.text if known is not None else code
        rules.append(
            {"id": code, "shortDescription": {"text": text}, **({"help": {"text": known.advice}} if known else {})}
        )
    results = []
    for f in found:
        p = f.place
        region = {"startLine": p.line, "startColumn": p.column, "endLine": p.end_line, "endColumn": p.end_column}
        location = {"physicalLocation": {"artifactLocation": {"uri": _uri(p.file)}, "region": region}}
        results.append({"ruleId": f.code, "level": f.level, "message": {"text": f.text}, "locations": [location]})
    driver = {"name": "symderive", "version": version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _uri(file: str) -> str:
    from urllib.parse import quote

    return quote(Path(file).as_posix())


def github(marked: Sequence[Marked]) -> Iterator[str]:
    """The findings as workflow commands that a code host shows at the lines."""
    for f in findings(marked):
        p = f.place
        columns = f",col={p.column},endColumn={p.end_column}" if p.line == p.end_line else ""
        where = f"file={_property(p.file)},line={p.line},endLine={p.end_line}{columns}"
        yield f"::{f.level} {where},title={_property(f'symderive {f.code}')}::{_data(f.text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# -- the page -----------------------------------------------------------------------------------------


def page(marked: Sequence[Marked], title: str = "Marked derivations") -> str:
    """All reports as one self-contained page."""
    from symderive.writing.sheet import environment

    made = environment(latex=False)
    text = made.get_template("report.html.j2").render(
        marked=marked, title=title, kind=kind, remarks=remarks, summary=summary, numbers=numbers
    )
    return (
        re.sub(r"\n[ \t]*\n(?:[ \t]*\n)+", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip() + "\n"
    )
