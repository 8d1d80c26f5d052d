"""The command line: what it prints, for whom, and with which exit status."""

from __future__ import annotations

import ast
import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from symderive.cli import main
from symderive.writing.codes import CODES
from symderive.writing.unicode import line

ROOT = Path(__file__).parents[1]
GOOD = r"Let $x, y \in \mathbb{R}$ and $x > 0$. Let $L = \log(x) + x y$. Derive $\frac{\partial L}{\partial x}$."
WRONG = r"Let $x \in \mathbb{R}$. Show that $(x + 1)^2 = x^2 + 1$."
HOMEWORK = r"""
\begin{document}
\begin{questions}
\question\label{s} Let $x \in \mathbb{R}$ and $s = \frac{1}{1 + e^{-x}}$.  Derive $\frac{ds}{dx}$.
\begin{solution}
\begin{align*}
 \frac{ds}{dx} &= \frac{d}{dx} (1 + e^{-x})^{-1} \\
   &= -(1 + e^{-x})^{-2} \cdot e^{-x} \\
   &= \frac{e^{-x}}{(1 + e^{-x})^2}
\end{align*}
\end{solution}
\end{questions}
\end{document}
"""


def run(*arguments, stdin=None):
    return CliRunner().invoke(main, list(map(str, arguments)), input=stdin)


@pytest.fixture
def folder(tmp_path):
    for name, text in {"good.tex": GOOD, "wrong.tex": WRONG, "empty.tex": "", "hw.tex": HOMEWORK}.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "binary.tex").write_bytes(b"a\0b")
    (tmp_path / "unclosed.tex").write_text("Let $x = 1", "utf-8")
    return tmp_path


# -- start ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", [["--help"], ["rules", "d.sin"], ["explain", "shape"], ["recheck", "--help"], ["--version"]]
)
def test_no_sympy_where_none_is_needed(arguments):
    script = f"""import sys; from symderive.cli import main
try: main({arguments!r})
except SystemExit: print('sympy' in sys.modules, file=sys.stderr)"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stderr.strip().split("\n")[-1] == "False"


def test_it_runs_as_a_module():
    out = subprocess.run(
        [sys.executable, "-m", "symderive", "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert all(c in out.stdout for c in ("check", "derive", "equal", "explain", "read", "recheck", "rules", "sheet"))


def test_help_keeps_the_table_of_exit_codes():
    out = run("--help").stdout
    assert "\\b" not in out
    assert re.search(r"^ *1  something refuted$", out, re.MULTILINE)


def test_a_reader_that_goes_away_refutes_nothing():
    command = [sys.executable, "-m", "symderive", "rules"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as started:
        assert started.stdout.readline()
        started.stdout.close()
        assert started.stderr.read() == ""
    assert started.returncode == 141


def test_what_cannot_be_written_refutes_nothing(folder):
    out = run("derive", folder / "good.tex", "--certificates", folder / "good.tex" / "below")
    assert out.exit_code == 2
    assert "cannot be written" in out.stderr


# -- derive -----------------------------------------------------------------------------------------------


def test_derive_prints_the_answer(folder):
    out = run("derive", folder / "good.tex")
    assert out.exit_code == 0
    assert "proved" in out.stdout
    assert "1/x + y" in out.stdout


def test_derive_refutes(folder):
    out = run("derive", folder / "wrong.tex")
    assert out.exit_code == 1
    assert re.search(r"refuted +at x = \S+: left \S+, right \S+", out.stdout)


def test_derive_reads_standard_input():
    out = run("derive", "-", stdin=GOOD)
    assert out.exit_code == 0
    assert "1/x + y" in out.stdout


def test_derive_as_json(folder):
    out = run("derive", folder / "good.tex", folder / "wrong.tex", "--format", "json")
    record = json.loads(out.stdout)
    assert record["schema"] == "symderive/derivations/1"
    assert record["status"] == out.exit_code == 1
    good, wrong = (f["problems"][0] for f in record["files"])
    assert good["status"] == "proved"
    assert good["answer"] == r"\frac{1}{x} + y"
    assert wrong["verdict"]["counterexample"]["values"][0][0] == "x"


def test_derive_writes_certificates_that_recheck_accepts(folder):
    out = run("derive", folder / "good.tex", folder / "wrong.tex", "--certificates", folder / "c")
    assert out.exit_code == 1
    files = sorted(map(str, (folder / "c").glob("*.json")))
    assert len(files) >= 2
    checked = run("recheck", *files)
    assert checked.exit_code == 0
    assert "PROVED" in checked.stdout
    assert "REFUTED" in checked.stdout


def test_recheck_refuses_what_was_changed(folder):
    run("derive", folder / "good.tex", "--certificates", folder / "c")
    file = next((folder / "c").glob("*.json"))
    file.write_text(file.read_text("utf-8").replace('"proved"', '"refuted"', 1), "utf-8")
    out = run("recheck", file)
    assert out.exit_code == 1
    assert "REJECTED" in out.stdout
    assert run("recheck", folder / "missing.json").exit_code == 2
    assert json.loads(run("recheck", file, "--format", "json").stdout)["certificates"][0]["accepted"] is False


def test_labels(folder):
    out = run("derive", folder / "hw.tex", "--label", "s")
    assert out.exit_code == 0
    out = run("derive", folder / "hw.tex", "--label", "t")
    assert out.exit_code == 2
    assert "no problem has the label t" in out.stderr


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("missing.tex", "missing-file"),
        ("", "directory"),
        ("binary.tex", "binary"),
        ("empty.tex", "empty"),
        ("unclosed.tex", "unclosed-math"),
    ],
)
@pytest.mark.parametrize("command", ["derive", "read", "check"])
def test_bad_files_are_named_and_the_others_go_on(folder, command, name, code):
    out = run(command, folder / name, folder / "good.tex")
    assert f"[{code}]" in out.stderr
    assert "Traceback" not in out.output
    assert out.exit_code == (2 if code != "empty" else out.exit_code)
    if command == "derive":
        assert "1/x + y" in out.stdout


def test_messages_read_like_those_of_a_compiler(folder):
    out = run("read", folder / "unclosed.tex")
    assert re.search(r"unclosed\.tex:1:5: error: .*\[unclosed-math\]\n  Let \$x = 1\n      \^\n  help: ", out.stderr)


# -- read -------------------------------------------------------------------------------------------------


def test_read_echoes_what_was_understood():
    text = (
        r"Let $w \in \mathbb{R}^n$, let $g$ be a differentiable function and $s = g(w^\top w)$. Derive $\nabla_w s$. "
        r"The map $\langle w \rangle$ forgets."
    )
    out = run("read", "-", stdin=text)
    assert "declared  w ∈ ℝⁿ" in out.stdout
    assert 'from "a differentiable function"' in out.stdout
    assert "s = g(" in out.stdout
    assert "goal      derivative:" in out.stdout


def test_read_as_json_and_strict(folder):
    out = run("read", folder / "good.tex", "--format", "json")
    record = json.loads(out.stdout)
    assert record["schema"] == "symderive/reading/1"
    assert record["files"][0]["questions"][0]["facts"] == ["x > 0"]
    vague = r"Let $x \in \mathbb{R}$. Let $\blub x$ be round."
    assert run("read", "-", "--strict", stdin=vague).exit_code == 2


# -- check ------------------------------------------------------------------------------------------------


def test_check_marks_each_line(folder):
    out = run("check", folder / "hw.tex")
    assert out.exit_code == 1
    assert re.search(r"hw\.tex:8:\d+ +step 2 +refuted", out.stdout)
    assert "First wrong: step 2" in out.stdout


def test_check_for_a_problem(folder):
    (folder / "answer.tex").write_text(r"\[ \frac{ds}{dx} = s (1 - s) \]", "utf-8")
    out = run("check", "--for", f"{folder / 'hw.tex'}#s", folder / "answer.tex")
    assert out.exit_code == 0, out.output
    assert run("check", "--for", f"{folder / 'hw.tex'}#t", folder / "answer.tex").exit_code == 2


def test_check_formats(folder):
    record = json.loads(run("check", folder / "hw.tex", "--format", "json").stdout)
    assert record["schema"] == "symderive/reports/1"
    assert record["files"][0]["reports"][0]["first_wrong"] == 2
    row = json.loads(run("check", folder / "hw.tex", "--format", "ndjson").stdout.split("\n")[0])
    assert row["schema"] == "symderive/report/1"
    log = json.loads(run("check", folder / "hw.tex", "--format", "sarif").stdout)
    assert log["version"] == "2.1.0"
    first = log["runs"][0]["results"][0]
    assert first["level"] == "error"
    assert first["locations"][0]["physicalLocation"]["region"]["startLine"] == 8
    assert {r["ruleId"] for r in log["runs"][0]["results"]} == {
        r["id"] for r in log["runs"][0]["tool"]["driver"]["rules"]
    }
    note = run("check", folder / "hw.tex", "--format", "github").stdout
    assert re.search(
        r"^::error file=\S+hw\.tex,line=8,endLine=8,col=\d+,endColumn=\d+,title=[^:]*::step 2 refuted",
        note,
        re.MULTILINE,
    )
    page = run("check", folder / "hw.tex", "--format", "html").stdout
    assert "<math" in page
    assert "refuted" in page


def test_annotations_are_escaped():
    from symderive.language.report import Place
    from symderive.writing.marking import Finding, _data, _property

    assert _data("50% of\nit") == "50%25 of%0Ait"
    assert _property("a:b,c%") == "a%3Ab%2Cc%25"
    assert Finding("error", "shape", "", Place("f", 1, 1, 1, 2)).place.line == 1


# -- sheet ------------------------------------------------------------------------------------------------


def test_a_sheet_spares_what_it_reads(folder):
    (folder / "macros.tex").write_text(r"\newcommand{\R}{\mathbb{R}}", "utf-8")
    (folder / "link.tex").symlink_to(folder / "good.tex")
    for target in ("good.tex", "link.tex", "macros.tex"):
        out = run("sheet", folder / "good.tex", "-o", folder / target, "--macros", folder / "macros.tex")
        assert out.exit_code == 2
        assert "overwritten" in out.output
    assert (folder / "good.tex").read_text("utf-8") == GOOD
    assert run("sheet", folder / "good.tex", "-o", folder / "sheet.tex").exit_code == 0


def test_a_sheet_lists_what_it_wrote(folder):
    out = run("sheet", folder / "hw.tex", "-o", folder / "hw.html", "--format", "json")
    record = json.loads(out.stdout)
    assert record["schema"] == "symderive/sheet/1"
    assert record["output"] == str(folder / "hw.html")
    assert record["problems"] == [{"label": "s", "status": "proved"}]


def test_every_command_takes_json():
    assert all("json" in run(name, "--help").stdout for name in main.commands)


# -- equal, rules, explain --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lhs", "rhs", "status", "word"),
    [
        (r"\frac{x^2 - 1}{x - 1}", "x + 1", 0, "proved"),
        ("(x + 1)^2", "x^2 + 1", 1, "refuted"),
        ("x +", "x", 2, "error"),
        ("-x", "x", 1, "refuted"),
        ("-h + 2", "-(h - 2)", 0, "proved"),
        ("x", "-x", 1, "refuted"),
    ],
)
def test_equal(lhs, rhs, status, word):
    out = run("equal", lhs, rhs)
    assert out.exit_code == status
    assert word in out.output


def test_long_counterexamples_are_cut_but_for_programs():
    arguments = ("equal", "AB", "BA", "--given", r"Let $A, B \in \mathbb{R}^{8 \times 8}$.")
    assert len(run(*arguments).stdout) < 600
    (_, entries), _ = json.loads(run(*arguments, "--format", "json").stdout)["counterexample"]["values"]
    assert entries.count(",") == 63


def test_equal_has_help():
    assert run("equal", "-h").stdout == run("equal", "--help").stdout
    assert run("equal", "-h").exit_code == 0


def test_equal_under_declarations():
    given = r"Let $W \in \mathbb{R}^{m \times n}$ and $d \in \mathbb{R}^m$."
    out = run("equal", r"d^\top W", r"(W^\top d)^\top", "--given", given, "--format", "json")
    record = json.loads(out.stdout)
    assert record["schema"] == "symderive/verdict/1"
    assert record["kind"] == "proved"
    bad = run("equal", "x", "x", "--given", "Let $x$ in (")
    assert bad.exit_code in (0, 2)
    bare = run("equal", "x", "x", "--given", "x > 0")
    assert bare.exit_code == 2
    assert "between dollars" in bare.stderr


def test_rules():
    out = run("rules", "d.sin", "order.reciprocal")
    assert "sin(u)" in out.stdout
    assert "if        a > 0" in out.stdout
    record = json.loads(run("rules", "--format", "json").stdout)
    entry = next(r for r in record["rules"] if r["name"] == "order.reciprocal")
    assert entry["kind"] in ("axiom", "proved")
    assert entry["conditions"] == ["a > 0"]
    assert run("rules", "d.sinn").exit_code == 2
    assert "Did you mean" in run("rules", "d.sinn").stderr


def test_the_book_as_a_file_checks_certificates(folder):
    run("derive", folder / "good.tex", "--certificates", folder / "c")
    (folder / "book.json").write_bytes(run("rules", "--format", "book").stdout_bytes)
    out = run("recheck", next((folder / "c").glob("*.json")), "--book", folder / "book.json")
    assert out.exit_code == 0


def test_every_rule_prints_without_latex_left_over():
    left = [w for w in run("rules").stdout.split() if w.startswith("\\")]
    assert left == []


def test_explain():
    assert "Sizes do not fit" in run("explain", "shape").stdout
    assert len(json.loads(run("explain", "--format", "json").stdout)["codes"]) == len(CODES)
    out = run("explain", "shap")
    assert out.exit_code == 2
    assert "Did you mean shape" in out.stderr


CALLS = {"ReadingError": 0, "BridgeError": 0, "Message": 0, "error": 0, "_say": 0, "Because": 0, "Verdict": 2}
"""Calls that name a code, and at which place."""


def test_every_code_is_explained():
    found = set()
    for path in (ROOT / "symderive").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                place = CALLS.get(name)
                if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                    text = str(node.args[place].value)
                    found |= {(text, path.name)} if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text) else set()
    assert {c for c in found if c[0] not in CODES} == set()
    assert len(found) > 40


# -- colour and width ---------------------------------------------------------------------------------


def test_no_colour_where_none_is_wanted(folder, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = run("derive", folder / "good.tex").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in run("derive", folder / "good.tex").stdout
    assert "1/x + y" in re.sub(r"\x1b\[[0-9;]*m", "", coloured)


def test_foreign_text_does_not_steer_the_terminal(folder):
    (folder / "odd.tex").write_text("Let $x$ be \x1b[31m red. Let $\\foo\x1b[2J$ be \u202e round.", "utf-8")
    for command in ("derive", "read", "check"):
        out = run(command, folder / "odd.tex")
        assert "\x1b" not in out.output
        assert "\u202e" not in out.output


def test_any_text_prints_in_a_line():
    parts = [
        r"\frac",
        r"\left(",
        r"\right)",
        r"\begin{cases}",
        r"\end{cases}",
        *"{}_^a1&'|<[](",
        r"\\",
        r"\hat",
        r"\sum",
        r"\|",
    ]
    chance = random.Random(7)
    for _ in range(3000):
        text = line(" ".join(chance.choice(parts) for _ in range(chance.randint(1, 20))))
        assert "\n" not in text


FORMULAS = {
    r"\frac{\partial L}{\partial W_{ij}}": "∂L/∂Wᵢⱼ",
    r"\frac{a + b}{c d}": "(a + b)/(c d)",
    r"\frac{a}{b} c": "(a/b) c",
    r"\frac{1}{2} x": "½x",
    r"\frac{a}{\frac{b}{c}}": "a/(b/c)",
    r"\frac{\frac{a}{b}}{c}": "(a/b)/c",
    r"\left(\frac{a}{b}\right)^2": "(a/b)²",
    r"\sqrt{a + b}": "√(a + b)",
    r"\lVert w \rVert_2^2": "‖w‖₂²",
    r"p(x|z)": "p(x|z)",
    r"\lvert a \rvert \lvert b \rvert": "|a| |b|",
    r"\sum_{i=1}^{n} x_i y_i": "∑ᵢ₌₁ⁿ xᵢ yᵢ",
    r"\begin{cases} 0 & \text{if } x < 0 \\ 1 & \text{otherwise} \end{cases}": "{0 if x < 0; 1 otherwise}",
    r"e^{-x}": "e⁻ˣ",
    r"\foo{x": r"\foo{x",
    r"\frac{\sum_i a_i}{b}": "(∑ᵢ aᵢ)/b",
    r"\frac{\partial \text{relu}(x)}{\partial x}": "∂relu(x)/∂x",
    r"\max(0, x) + \operatorname{argmax}(v)": "max(0, x) + argmax(v)",
    r"\underbrace{a + b}_{c} d": "(a + b) d",
    r"\begin{cases} 2w_i, & i = 1 \\ 0, & \text{otherwise}\end{cases}": "{2wᵢ, i = 1; 0 otherwise}",
    r"x_{\text{new}}": "x_{new}",
}


@pytest.mark.parametrize(("latex", "text"), FORMULAS.items(), ids=list(FORMULAS))
def test_formulas_in_a_line(latex, text):
    assert line(latex) == text
