"""The shape of the project: which way imports point, how small the kernel is, what a cold start loads."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

from symderive.rules.book import book, book_bytes
from tests.goodproofs import good

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "symderive"

BELOW: dict[str, set[str]] = {
    "kernel": set(),
    "language": {"kernel"},
    "rules": {"kernel", "language"},
    "engine": {"kernel", "language", "rules"},
    "reading": {"kernel", "language"},
    "writing": {"kernel", "language"},
}
"""What each layer may import; modules that are no layer are doors and may import everything."""

CONTEXT_ONLY = {("language", "rules")}
"""Imports inside functions that are allowed: a scope fetches the default book when none is given."""

# the figures of the day this was written: the kernel may shrink, not grow
LARGEST_KERNEL = 4_226
LARGEST_FILE = {"steps.py": 465, "models.py": 385, "defined.py": 363}
LARGEST_OTHER = 315


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imported(path: Path, *, top: bool = False) -> set[str]:
    """The modules that a file imports, anywhere or (top) when it is loaded."""
    out = set()
    todo: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while todo:
        node = todo.pop()
        late = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if top and (late or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")):
            continue
        todo += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            out |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            assert node.module is not None
            out |= {f"{node.module}.{a.name}" for a in node.names} | {node.module}
    return out


def layers_of(names: set[str]) -> set[str]:
    return {n.split(".")[1] for n in names if n.startswith("symderive.")} & set(BELOW)


@pytest.mark.parametrize("layer", BELOW)
def test_imports_point_one_way(layer):
    for path in modules(PACKAGE / layer):
        above = layers_of(imported(path)) - BELOW[layer] - {layer}
        late = {other for other in above if (layer, other) in CONTEXT_ONLY}
        assert above <= late, f"{path.name} imports {above}"
        assert not late & layers_of(imported(path, top=True)), f"{path.name} imports {late} when it is loaded"


def test_layers_are_all_there_is():
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    assert folders == set(BELOW)


def test_kernel_imports_the_standard_library_only():
    for path in modules(PACKAGE / "kernel"):
        for name in imported(path):
            own = name == "symderive.kernel" or name.startswith("symderive.kernel.")
            assert own or name.split(".")[0] in sys.stdlib_module_names, f"{path.name} imports {name}"


FORBIDDEN = {"eval", "exec", "compile", "__import__", "open", "input", "globals", "vars", "setattr", "delattr"}


def test_kernel_runs_no_text_and_opens_nothing():
    for path in modules(PACKAGE / "kernel"):
        tree = ast.parse(path.read_text("utf-8"))
        called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        assert not called & FORBIDDEN, path.name
        risky = {"os", "subprocess", "pickle", "socket", "ctypes", "importlib", "random", "time"}
        assert not {n.split(".")[0] for n in imported(path)} & risky, path.name


def test_the_package_itself_imports_nothing():
    init = PACKAGE / "__init__.py"
    loaded = {n.split(".")[0] for n in imported(init, top=True)} if init.exists() else set()
    assert loaded <= sys.stdlib_module_names | {"__future__"}


def code_lines(path: Path) -> int:
    """Lines that are not blank, comment or docstring."""
    source = path.read_text("utf-8")
    words = {
        line
        for n in ast.walk(ast.parse(source))
        if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant) and isinstance(n.value.value, str)
        for line in range(n.lineno, (n.end_lineno or n.lineno) + 1)
    }
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    code = {
        line
        for t in tokenize.generate_tokens(io.StringIO(source).readline)
        if t.type not in skipped
        for line in range(t.start[0], t.end[0] + 1)
    }
    return len(code - words)


def test_kernel_stays_small():
    sizes = {p.name: code_lines(p) for p in modules(PACKAGE / "kernel")}
    assert sum(sizes.values()) <= LARGEST_KERNEL
    assert {n: s for n, s in sizes.items() if s > LARGEST_FILE.get(n, LARGEST_OTHER)} == {}


def test_few_axioms():
    assert sum(not e.proved for e in book().entries.values()) < 83


HEAVY = ("sympy", "flint", "lark", "mpmath", "rich", "jinja2", "pylatexenc", "click")


@pytest.mark.parametrize("name", ["symderive", "symderive.kernel", "symderive.kernel.check", "symderive.kernel.words"])
def test_cold_start_loads_nothing_heavy(name):
    script = f"import sys, {name}; print([m for m in {HEAVY!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "[]"


def test_kernel_loads_nothing_above_it():
    script = "import sys, symderive.kernel.__main__; print([m for m in sys.modules if m.startswith('symderive')])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = ast.literal_eval(out.stdout)
    assert all(m in ("symderive", "symderive.kernel") or m.startswith("symderive.kernel.") for m in loaded)


# -- the kernel as a program --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A book, a good certificate, a bad one and what is no certificate."""
    folder = tmp_path_factory.mktemp("certificates")
    (folder / "book.json").write_bytes(book_bytes())
    (folder / "good.json").write_text(json.dumps(good("cancelled")))
    bad = good("cancelled")
    bad["conditions"] = []
    (folder / "bad.json").write_text(json.dumps(bad))
    (folder / "noise.json").write_bytes(bytes(range(256)) * 100)
    return folder


def recheck(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-m", "symderive.kernel", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, timeout=60)


def test_recheck_says_what_was_proved(files):
    out = recheck(files, "good.json", "--book", "book.json")
    assert out.returncode == 0, out.stderr
    assert "PROVED: (a^2 - b^2)/(a - b) = a + b" in out.stdout
    assert "where       a - b ≠ 0" in out.stdout


def test_recheck_rejects(files):
    out = recheck(files, "good.json", "bad.json", "noise.json", "--book", "book.json")
    assert out.returncode == 1
    assert out.stdout.count("REJECTED") == 2


UNREADABLE = [["good.json"], [], ["missing.json", "--book", "book.json"], ["good.json", "--book", "noise.json"]]


@pytest.mark.parametrize("arguments", UNREADABLE)
def test_recheck_of_what_cannot_be_read(files, arguments):
    out = recheck(files, *arguments)
    assert out.returncode == 2
    assert "Traceback" not in out.stderr
