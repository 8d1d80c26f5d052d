"""What a program gives, checked before it is read: texts and paths, formats, labels.

A wrong argument is an exception that says what would be right; what is wrong with a *text* never is one.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Generic, TypeVar, get_args

from symderive.reading.documents.reader import SUFFIXES, Format, is_path, load
from symderive.reading.documents.source import Message

FORMATS: tuple[str, ...] = get_args(Format)
T = TypeVar("T")


def known_format(given: str | None) -> Format | None:
    """The name of a format; None is left to be guessed.

    Raises:
        ValueError: there is no such format.
    """
    if given is not None and given not in FORMATS:
        raise ValueError(f"format={given!r}: one of {', '.join(FORMATS)}")
    return given  # type: ignore[return-value]


def source_of(given: object) -> str | Path:
    """A text, or the path of a file that is there.

    Raises:
        TypeError: it is neither a text nor a path.
        FileNotFoundError: a path, or a line that ends like one (``exam.tex``), leads nowhere.
        IsADirectoryError: it leads to a folder.
    """
    if not isinstance(given, str | os.PathLike):
        raise TypeError(f"{type(given).__name__} is neither a text nor a path")
    if not is_path(given):
        return str(given)
    path = Path(given)
    wrong = errno.EISDIR if path.is_dir() else 0 if path.exists() else errno.ENOENT
    if wrong:
        raise OSError(wrong, os.strerror(wrong), str(path))
    return path


def text_of(path: Path) -> str:
    """The text of a file.

    Raises:
        ValueError: it holds no text.
    """
    said: list[Message] = []
    source = load(path, said.append)
    if any(m.severity == "error" for m in said):
        raise ValueError(said[0].text)
    return source.text


def solution_of(given: object, format: str | None, path: str = "solution") -> tuple[str, Format, str]:  # noqa: A002
    """The text of a solution, its format, and its path for places.

    Only a `Path` is opened: who hands in a text that names a file does not get that file marked.

    Raises:
        TypeError: it is neither a text nor a path, or a text that names a file.
        FileNotFoundError: there is no such file.
        ValueError: there is no such format, or the file holds no text.
    """
    source, form = source_of(given), known_format(format)
    if isinstance(source, str):
        return source, form or "latex", path
    if isinstance(given, str):
        raise TypeError(f"a str is the text of a solution; for the file say Path({given!r})")
    return text_of(source), form or SUFFIXES.get(source.suffix.lower(), "latex"), str(source)


class NoSuchLabel(KeyError):
    """There is no problem with a label; the message names those that there are."""

    def __init__(self, label: str, known: Iterable[str]) -> None:
        super().__init__(label)
        self.known = tuple(known)

    def __str__(self) -> str:
        what = f"no problem has the label {self.args[0]!r}" if self.args[0] else "a label is needed"
        return f"{what}; there are: {', '.join(self.known)}" if self.known else "nothing is asked"


class Labelled(dict[str, T], Generic[T]):
    """Things by label."""

    def __missing__(self, label: str) -> T:
        raise NoSuchLabel(label, self)


__all__ = ["FORMATS", "SUFFIXES", "Labelled", "NoSuchLabel", "known_format", "solution_of", "source_of", "text_of"]
