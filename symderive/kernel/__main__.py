"""Re-check certificates: ``python -I -m symderive.kernel CERT… --book BOOK``.

Prints each claim back in words.  Exit status: 0 all accepted, 1 one rejected, 2 a file cannot be read.
"""

from __future__ import annotations

import sys
from pathlib import Path

from symderive.kernel.book import read_book
from symderive.kernel.check import check
from symderive.kernel.context import Rejected
from symderive.kernel.reader import MAX_BYTES
from symderive.kernel.words import describe

USAGE = "usage: python -I -m symderive.kernel CERT... --book BOOK"


def read(path: str) -> bytes:
    """The bytes of a file, refused unread when it is too large."""
    file = Path(path)
    if file.stat().st_size > MAX_BYTES:
        raise Rejected(f"the file is larger than {MAX_BYTES} bytes")
    return file.read_bytes()


def main(arguments: list[str]) -> int:
    if arguments.count("--book") != 1 or arguments[-1] == "--book" or len(arguments) < 3:
        print(USAGE, file=sys.stderr)  # noqa: T201
        return 2
    k = arguments.index("--book")
    certificates = arguments[:k] + arguments[k + 2 :]
    status = 0
    try:
        book = read_book(read(arguments[k + 1]))
    except (OSError, Rejected) as error:
        print(f"{arguments[k + 1]}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    for path in certificates:
        try:
            print(describe(check(read(path), book)))  # noqa: T201
        except Rejected as error:
            print(f"{path}: REJECTED: {error}")  # noqa: T201
            status = max(status, 1)
        except OSError as error:
            print(f"{path}: {error}", file=sys.stderr)  # noqa: T201
            status = 2
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
