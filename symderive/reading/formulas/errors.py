"""What goes wrong while reading: one kind of error, with a stable code, a place and advice."""

from __future__ import annotations


class ReadingError(ValueError):
    """A formula or sentence cannot be read.

    Attributes:
        code: stable, for programs: ``syntax``, ``limit``, ``undeclared``, ``shape``, ``extent`` ….
        text: what is wrong, in a sentence.
        start, end: the place, as offsets into the text that was read.
        advice: what to write instead; may be empty.
    """

    def __init__(self, code: str, text: str, start: int = 0, end: int = 0, advice: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.start = start
        self.end = max(end, start + 1)
        self.advice = advice

    def show(self, source: str) -> str:
        """The message under the line of the source, with a caret."""
        first = source.rfind("\n", 0, self.start) + 1
        last = source.find("\n", self.start)
        line = source[first : last if last >= 0 else len(source)]
        shown, column = line, self.start - first
        if len(line) > 160:
            begin = max(0, column - 70)
            shown, column = line[begin : begin + 150], column - begin
        width = max(1, min(self.end - self.start, len(shown) - column))
        out = f"{self.text} [{self.code}]\n  {shown}\n  {' ' * column}{'^' * width}"
        return f"{out}\n  {self.advice}" if self.advice else out
