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
from symderive.rules.book import book
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


def test_trust_lists_the_kernel():
    """Every file of the kernel, with its size as it was, give or take."""
    listed = {n: int(k) for n, k in re.findall(r"^\| `(\w+\.py)` \| (\d+) \|", TRUST, re.MULTILINE)}
    sizes = {p.name: code_lines(p) for p in modules(PACKAGE / "kernel")}
    assert set(listed) == {n for n, k in sizes.items() if k}
    assert {n for n, k in listed.items() if abs(k - sizes[n]) > 10 + sizes[n] // 10} == set()


def test_trust_lists_the_steps():
    assert re.findall(r"^\| `([A-Z]\w+)` \|", TRUST, re.MULTILINE) == [s.__name__ for s in get_args(Step)]


def test_trust_lists_the_axioms():
    listed = set(re.findall(r"`([a-z0-9.]+)`", TRUST.partition("| topic | axioms |")[2].partition("\n\n")[0]))
    axioms = {e.name for e in book().entries.values() if not e.proved}
    assert listed == axioms
    assert f"**{len(axioms)} axioms**" in TRUST
    assert f"{len(book().entries)} rules: {len(book().entries) - len(axioms)} carry proofs" in TRUST
