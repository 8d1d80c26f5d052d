"""The README says what is so: its sessions are run and compared, its commands and links exist.

A block ``pycon`` is a Python session, a block ``console`` holds commands after ``$`` with their output; ``...``
stands for anything.  Commands that set up or build are not run here.
"""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from symderive.kernel.steps import Step
from symderive.rules.book import rows as rules
from tests.test_architecture import PACKAGE, code_lines, modules

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", "TRUST.md", "CHANGELOG.md", "benchmarks/README.md"]
README, TRUST = ((ROOT / page).read_text("utf-8") for page in ("README.md", "TRUST.md"))
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PROGRAMS = {"symderive": [sys.executable, "-m", "symderive"], "python": [sys.executable], "cat": ["cat"]}


def commands() -> list[tuple[str, str]]:
    """Commands of the README with what they print, in order."""
    out = []
    for language, text in BLOCKS:
        if language == "console":
            starts = [m.start() for m in re.finditer(r"^\$ ", text, re.MULTILINE)] + [len(text)]
            for a, b in pairwise(starts):
                line, _, printed = text[a + 2 : b].partition("\n")
                out.append((line, printed))
    return out


def test_readme_opens_with_the_two_commands():
    assert re.search(r"^```\w+\n(.*?)^```", README, re.DOTALL | re.MULTILINE)[1].split("\n")[:2] == [
        "make demo",
        "make test",
    ]


@pytest.fixture
def in_checkout(monkeypatch, tmp_path):
    """The README's paths are those of the checkout; what its commands write goes elsewhere."""
    for entry in ROOT.iterdir():
        if entry.name in ("examples", "problems", "benchmarks"):
            (tmp_path / entry.name).symlink_to(entry)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_python_sessions(in_checkout):
    text = "\n".join(t for language, t in BLOCKS if language == "pycon")
    session = doctest.DocTestParser().get_doctest(text, {}, "README.md", "README.md", 0)
    assert len(session.examples) > 5
    report: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(session, out=report.append)
    assert not report, "".join(report)


def test_commands(in_checkout):
    """In order, since later ones use what earlier ones wrote."""
    checker = doctest.OutputChecker()
    for line, printed in commands():
        program, *arguments = shlex.split(line)
        process = subprocess.run(
            [*PROGRAMS[program], *arguments], capture_output=True, text=True, check=False, timeout=120
        )
        example = doctest.Example("", printed)
        same = checker.check_output(example.want, process.stdout + process.stderr, FLAGS)
        assert same, line + "\n" + checker.output_difference(example, process.stdout + process.stderr, FLAGS)


@pytest.mark.parametrize("page", PAGES)
def test_links_and_targets_exist(page):
    text = (ROOT / page).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / page).parent.joinpath(target).exists(), target
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make (\w+)`", text)) <= targets


@pytest.mark.parametrize("page", PAGES)
def test_pages_name_files_that_exist(page):
    """Paths in code spans, as they are written from the root of the checkout."""
    text = (ROOT / page).read_text("utf-8")
    named = set(re.findall(r"`((?:symderive|tests|benchmarks|examples|problems|grammars)/[\w./-]+)`", text))
    assert {n for n in named if not (ROOT / n).exists()} == set()


def refreshed(text: str) -> str:
    """TRUST.md with the sizes, the axioms and the numbers of today: ``python -m tests.test_readme`` writes it."""
    says = dict(re.findall(r"^\| `(\w+\.py)` \| \d+ \| (.*) \|$", text, re.MULTILINE))
    sizes = {p.name: code_lines(p) for p in modules(PACKAGE / "kernel")}
    rows = [f"| `{n}` | {sizes[n]} | {says.get(n, '')} |" for n in dict.fromkeys((*says, *sizes)) if sizes.get(n)]
    text = with_rows(text, "| file | lines | what it decides |", rows)
    text = re.sub(r"it is about [\d,]*\d", f"it is about {round(sum(sizes.values()), -1):,}", text)
    axioms: dict[str, list[str]] = {}
    for topic, rule in rules():
        if not rule.derived:
            axioms.setdefault(topic, []).append(f"`{rule.name}`")
    text = with_rows(
        text, "| topic | axioms |", [f"| {topic} | {', '.join(names)} |" for topic, names in axioms.items()]
    )
    believed = sum(map(len, axioms.values()))
    text = re.sub(r"\*\*\d+ axioms\*\*", f"**{believed} axioms**", text)
    return re.sub(r"\d+ rules: \d+ carry", f"{len(rules())} rules: {len(rules()) - believed} carry", text)


def with_rows(text: str, head: str, rows: list[str]) -> str:
    """A page with other rows in the table that has this head."""
    before, _, rest = text.partition(head + "\n")
    rule, *_ = rest.split("\n", 1)
    return before + "\n".join([head, rule, *rows, "", ""]) + rest.partition("\n\n")[2]


def test_trust_lists_the_kernel():
    """Every file of the kernel, with its size as it was, give or take."""
    then, now = (dict(re.findall(r"^\| `(\w+\.py)` \| (\d+) \|", t, re.MULTILINE)) for t in (TRUST, refreshed(TRUST)))
    assert set(then) == set(now)
    assert {n for n in now if abs(int(then[n]) - int(now[n])) > 20 + int(now[n]) // 10} == set(), (
        "python -m tests.test_readme"
    )


def test_trust_lists_the_steps():
    assert re.findall(r"^\| `([A-Z]\w+)` \|", TRUST, re.MULTILINE) == [s.__name__ for s in get_args(Step)]


def test_trust_lists_the_axioms():
    then, now = (t.partition("## The book of rules")[2] for t in (TRUST, refreshed(TRUST)))
    assert then == now, "python -m tests.test_readme"


if __name__ == "__main__":
    (ROOT / "TRUST.md").write_text(refreshed(TRUST), "utf-8")
