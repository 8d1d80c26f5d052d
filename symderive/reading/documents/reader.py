"""The door of the document layer: a path or a text in, a `Document` out, whatever the input is like.

Files, encodings, formats, and the macros of the files around a fragment are settled here; the formats themselves
are read in ``latex``, ``markdown`` and ``notebook``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from symderive.reading.documents.latex import LatexReader, Messages
from symderive.reading.documents.macros import Macro, Macros, expand, read_macros
from symderive.reading.documents.markdown import MarkdownReader
from symderive.reading.documents.notebook import markdown_cells
from symderive.reading.documents.outline import Builder, Document
from symderive.reading.documents.source import Message, Source, Span

Format = Literal["latex", "markdown", "notebook"]
SUFFIXES: dict[str, Format] = {
    ".tex": "latex", ".ltx": "latex", ".latex": "latex", ".sty": "latex", ".cls": "latex", ".md": "markdown",
    ".markdown": "markdown", ".mdown": "markdown", ".rmd": "markdown", ".qmd": "markdown", ".ipynb": "notebook",
}  # fmt: skip
LONGEST = 8_000_000
_LARGEST_ROOT = 1_000_000
_MOST_SIBLINGS = 100
_LEVELS_UP = 3
_ROOT = re.compile(r"^[ \t]*%+[ \t]*!TeX[ \t]+root[ \t]*=[ \t]*([^\r\n]+?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_MARKDOWN = re.compile(r"^(#{1,6} |```|~~~|[-*+] |\d+\. |> |\*\*)|\*\*|\]\(", re.MULTILINE)
_LATEX = re.compile(
    r"\\(?:documentclass|begin\{(?:document|questions|problem|exercise|solution|itemize|enumerate)\}|question\b|part\b"
    r"|(?:sub)*section\b|newcommand|input\{|item\b|choice\b|textbf\{|emph\{)"
)


def read_document(
    path_or_text: str | os.PathLike[str],
    *,
    format: Format | None = None,  # noqa: A002
    path: str | os.PathLike[str] | None = None,
    macros: str | os.PathLike[str] | Mapping[str, Macro] | None = None,
) -> Document:
    r"""Read a document.  Nothing is raised for what a file or text is like; see ``Document.messages``.

    Args:
        path_or_text: a path (a `Path`, or a string on one line that ends like one or names a file), or the text itself.
        format: ``latex``, ``markdown`` or ``notebook``; guessed from the path's suffix, else from the text.
        path: with a text, the path to print, in whose folder ``\input`` looks.
        macros: definitions that hold beside those of the document: a text, a path, or macros.
    """
    messages = Messages()
    if path is None and is_path(path_or_text):
        file = Path(path_or_text)
        source = load(file, messages)
        folder: Path | None = file.parent
    else:
        source = Source(str(path or "text"), str(path_or_text))
        file = Path(path) if path is not None else Path()
        folder = file.parent if path is not None else None
    table = _extra(macros, messages)
    if len(source.text) > LONGEST:
        text = f"the text has {len(source.text)} characters; only the first {LONGEST} are read"
        messages(Message("limit", Span(source, LONGEST, LONGEST + 1), text))
        source = Source(source.path, source.text[:LONGEST])
    kind = format or SUFFIXES.get(file.suffix.lower()) or guess(source.text)
    builder = Builder(Span(source, 0, 0))
    if not source.text.strip() and not messages.list:
        messages(Message("empty", Span(source, 0, 0), "the document is empty", "", "warning"))
    if kind == "latex":
        outer = _root(file, source.text, messages) if folder else None
        bases = (folder,) if folder else ()
        if outer and folder:
            root_source = load(outer, messages)
            reader = LatexReader(Builder(Span(root_source, 0, 0)), messages, table, outer.parent, _loader(messages))
            reader.read(root_source, only_preamble=True)
            folder = outer.parent
        LatexReader(builder, messages, table, folder, _loader(messages), bases).read(source)
    else:
        sources = markdown_cells(source, messages) if kind == "notebook" and source.text.strip() else [source]
        reader_ = MarkdownReader(builder, messages, table)
        for part in sources:
            reader_.read(part)
        reader_.finish()
    root = builder.finish()
    if builder.too_deep:
        messages(Message("nesting", builder.too_deep, "the document is nested too deeply; what is inside is read flat"))
    return Document(source.path, root, messages.all(), table)


def is_path(given: str | os.PathLike[str]) -> bool:
    if not isinstance(given, str):
        return True
    if len(given) > 1000 or any(mark in given for mark in "\n\r\0$"):
        return False
    if Path(given).suffix.lower() in SUFFIXES and "\\" not in given:
        return True
    try:
        return bool(given) and Path(given).exists()
    except OSError:
        return False


def load(path: Path, report: Callable[[Message], None]) -> Source:
    """A file as text; what cannot be read is reported and leaves an empty text."""
    name = str(path)
    nothing = Source(name, "")
    at = Span(nothing, 0, 0)
    try:
        if path.is_dir():
            report(Message("directory", at, f"{name} is a directory", "Give the files in it."))
            return nothing
        if not path.exists():
            report(Message("missing-file", at, f"{name} does not exist"))
            return nothing
        if not path.is_file():
            report(Message("unreadable-file", at, f"{name} is not a regular file"))
            return nothing
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        report(Message("unreadable-file", at, f"{name} cannot be read: {error}"))
        return nothing
    return decode(data, name, report)


def decode(data: bytes, name: str, report: Callable[[Message], None]) -> Source:
    """Bytes as text: UTF-8, UTF-16 with a mark, else Latin-1 with a warning; not what is no text at all."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return Source(name, data.decode("utf-16"))
        except UnicodeDecodeError:
            pass
    if b"\0" in data:
        nothing = Source(name, "")
        report(Message("binary", Span(nothing, 0, 0), f"{name} is not a text: byte {data.index(0)} is zero"))
        return nothing
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        source = Source(name, data.decode("latin-1"))
        text = f"the file is not UTF-8 (byte {error.start} is 0x{data[error.start]:02x}); it is read as Latin-1"
        report(Message("not-utf8", Span(source, error.start, error.start + 1), text, "Save it as UTF-8.", "warning"))
        return source


def _loader(report: Callable[[Message], None]) -> Callable[[Path], Source]:
    return lambda path: load(path, report)


def _extra(macros: str | os.PathLike[str] | Mapping[str, Macro] | None, report: Callable[[Message], None]) -> Macros:
    if macros is None:
        return {}
    if isinstance(macros, Mapping):
        return dict(macros)
    if isinstance(macros, str) and ("\\" in macros or not macros.strip()):
        return read_macros(macros)
    source = load(Path(macros), report)
    return read_macros(source.text, source.path)


def guess(text: str) -> Format:
    """The format of a text without a name."""
    if text.lstrip()[:1] == "{" and '"cells"' in text:
        return "notebook"
    return "markdown" if not _LATEX.search(text) and _MARKDOWN.search(text) else "latex"


def _root(path: Path, text: str, report: Callable[[Message], None]) -> Path | None:
    """The main file to which a fragment belongs, for its macros: named in a comment, or the nearest that inputs it."""
    if "\\documentclass" in text:
        return None
    try:
        if found := _ROOT.search(text, 0, 4000):
            return _named_root(path, found[1], Span(Source(str(path), text), *found.span(1)), report)
        return next(_parents(path.resolve()), None)
    except (OSError, RuntimeError, ValueError):
        return None


def _named_root(path: Path, name: str, span: Span, report: Callable[[Message], None]) -> Path | None:
    root = path.parent / name
    root = root if root.suffix else root.with_suffix(".tex")
    if Path(name).is_absolute() or Path(name).parts.count("..") > _LEVELS_UP or root.suffix != ".tex":
        report(
            Message(
                "input-refused", span, f"{name} is not taken for the main file", "Give a relative path to a .tex file."
            )
        )
        return None
    if not root.is_file():
        report(Message("input-missing", span, f"{name} cannot be found", "", "warning"))
        return None
    return root.resolve() if root.resolve() != path.resolve() else None


def _parents(path: Path) -> Iterator[Path]:
    """LaTeX files in the folder and those above it that input a file."""
    for folder in list(path.parents)[: _LEVELS_UP + 1]:
        name = path.relative_to(folder).with_suffix("").as_posix()
        inputs = re.compile(
            rf"^[^%\r\n]*\\(?:input|include|subfile)[ \t]*\{{?[ \t]*(?:\./)?{re.escape(name)}(?:\.tex)?\b", re.MULTILINE
        )
        for sibling in sorted(folder.glob("*.tex"))[:_MOST_SIBLINGS]:
            if sibling != path and sibling.is_file() and sibling.stat().st_size <= _LARGEST_ROOT:
                if inputs.search(sibling.read_text(encoding="utf-8", errors="replace")):
                    yield sibling
        if (folder / ".git").exists():
            return


__all__ = ["Document", "expand", "read_document"]
