"""Sheets: two small exams against golden files, and what no sheet may do.

The answers of the golden sheets are stored beside them, so that these tests look at the layout; that the answers are
still derived is a test of its own.  ``SYMDERIVE_GOLDEN=renew pytest tests/test_sheets.py`` writes the golden files anew
(``=answers`` the answers, too); review the difference.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from symderive import views
from symderive.api import Document
from symderive.language.report import Because, Final, Place, Report, Role, Said, Status, Step
from symderive.language.verdict import short
from symderive.reading.problems import read_problems
from symderive.writing import marking, record, sheet
from symderive.writing.mathml import mathml, table
from symderive.writing.record import AnswerRecord, ChoiceRecord, Judged, Numbers, StepRecord

GOLDEN = Path(__file__).parent / "golden"
RENEW = os.environ.get("SYMDERIVE_GOLDEN", "")
SUFFIX = {"solutions.tex": sheet.to_latex, "solutions.html": sheet.to_html}


@pytest.fixture(scope="module", params=["quiz.tex", "notes.md"])
def exam(request):
    document = Document(read_problems(GOLDEN / request.param))
    name = Path(request.param).stem
    return name, views.sheet_of(document, made=stored(name, document))


def stored(name, document):
    """The answers as they were derived once."""
    file = GOLDEN / f"{name}.answers.json"
    if RENEW == "answers":
        made = [record.data(a) for a, _ in views.answers(document)]
        file.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return {a["label"]: answer_from(a) for a in json.loads(file.read_text("utf-8"))}


def answer_from(a):
    steps = tuple(StepRecord(**{**x, "rules": tuple(x["rules"])}) for x in a["steps"])
    choices = tuple(ChoiceRecord(**{**c, "judged": tuple(map(judged_from, c["judged"]))}) for c in a["choices"])
    verdict = judged_from(a["verdict"]) if a["verdict"] else None
    return AnswerRecord(**{**a, "steps": steps, "choices": choices, "verdict": verdict})


def judged_from(j):
    example = j["counterexample"]
    return Judged(**{**j, "counterexample": Numbers(**example) if example else None})


@pytest.mark.parametrize("name", ["quiz.tex", "notes.md"])
def test_the_answers_are_still_derived(name):
    document = Document(read_problems(GOLDEN / name))
    found = {a.label: a for a, _ in views.answers(document)}
    kept = stored(Path(name).stem, document)
    assert {k: a.status for k, a in found.items()} == {k: a.status for k, a in kept.items()}
    assert {k: a.picked for k, a in found.items()} == {k: tuple(a.picked) for k, a in kept.items()}


@pytest.mark.parametrize("kind", SUFFIX)
def test_golden_sheets(exam, kind):
    name, made = exam
    compare(f"{name}.{kind}", SUFFIX[kind](made))


def test_golden_question_sheet(exam):
    name, made = exam
    text = sheet.to_latex(sheet.without_solutions(made))
    compare(f"{name}.questions.tex", text)
    assert "\\begin{solution}" not in text
    assert "CorrectChoice" not in text
    assert "printanswers" not in text


def compare(name, text):
    file = GOLDEN / name
    if RENEW:
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")


# -- LaTeX ------------------------------------------------------------------------------------------------


def balanced(text):
    """Environments and braces outside of comments pair up."""
    stack = []
    for m in re.finditer(r"\\\\|\\[{}$&#%_]|\\(begin|end)\{([^{}]*)\}|([{}])", text):
        if m[1] == "begin" or m[3] == "{":
            stack.append(m[2] or "{")
        elif m[1] == "end" or m[3] == "}":
            assert stack, text[m.start() - 80 : m.end()]
            assert stack.pop() == (m[2] or "{"), text[m.start() - 80 : m.end()]
    return not stack


def test_latex_is_balanced_and_standard(exam):
    text = sheet.to_latex(exam[1])
    assert balanced(text)
    assert set(re.findall(r"\\usepackage\{([^}]*)\}", text)) == {"amsmath", "amssymb"}
    assert text.isascii()
    assert not re.search(
        r"\n\n\\end\{align\*\}|\\\\\s*\\end\{align\*\}", text
    )  # blank lines and empty rows in displays


def test_special_characters_are_escaped():
    odd = sheet.Question("q", 1, (), (sheet.Paragraph((sheet.Words("50% of #1 & $ _ ^ ~ \\ {x} “é” σ ∞ \u4e2d"),)),))
    text = sheet.to_latex(sheet.Sheet("A & B_1", (odd,)))
    assert balanced(text)
    assert "50\\% of \\#1 \\& \\$ \\_" in text
    assert text.isascii()


DANGEROUS = [
    r"\input{/etc/passwd}",
    r"\immediate\write18{id}",
    r"x} \def\x{y",
    r"\end{document}",
    r"a $ b",
    r"\left( x",
    r"\begin{cases} x",
    "x % y",
    r"\csname x\endcsname",
    r"^^5cinput x",
    r"\catcode`\$=1",
    r"\let\x=\y",
]


@pytest.mark.parametrize("latex", DANGEROUS)
def test_foreign_formulas_only_print(latex):
    assert not sheet.harmless(latex)
    made = sheet.tex_math(latex)
    assert made.startswith(r"\text{\ttfamily ")
    assert balanced(made)
    assert not re.search(r"\\(input|immediate|write|def|csname|catcode|let|end|begin)\b", made)


@pytest.mark.parametrize(
    "latex", [r"\frac{a}{b}", r"\left[ x \right)", r"a \le b, \text{if } x", r"\{x\}", r"\letter", r"a \\ b"]
)
def test_plain_formulas_pass(latex):
    assert sheet.harmless(latex)


def test_pdf_needs_latexmk(exam, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(sheet.NoLatex, match="latexmk"):
        sheet.to_pdf(exam[1])


@pytest.mark.skipif(shutil.which("latexmk") is None, reason="latexmk is not installed")
def test_pdf(exam):
    assert sheet.to_pdf(exam[1]).startswith(b"%PDF")


# -- pages ------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Checks that elements close in order, and keeps names and attributes."""

    VOID = frozenset(("meta", "br", "link", "img", "hr"))

    def __init__(self, text):
        super().__init__()
        self.stack, self.seen, self.attributes = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        if tag in {"li", "p"}:
            while self.stack[-1] != tag:
                assert self.stack[-1] == "p", self.getpos()
                self.stack.pop()
        assert self.stack.pop() == tag, (tag, self.getpos())


def alone(text):
    """A page that needs nothing else and runs nothing."""
    page = Page(text)
    assert page.stack == []
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(page.seen)
    assert not [a for a, _ in page.attributes if a.startswith("on") or a in ("src", "href", "style")]
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    return page


def test_pages_stand_alone(exam):
    page = alone(sheet.to_html(exam[1]))
    assert page.seen.count("math") > 5


def test_foreign_text_is_escaped_in_pages():
    attack = "<script>alert(1)</script>"
    pieces = (sheet.Words(attack), sheet.Math(rf"\text{{{attack}}}"), sheet.Math(rf"\broken{attack}{{"))
    question = sheet.Question(f'"{attack}', 1, pieces, (sheet.Paragraph(pieces), sheet.Verbatim("verbatim", attack)))
    text = sheet.to_html(sheet.Sheet(attack, (question,)))
    alone(text)
    assert attack not in text
    assert html.escape("<script>", quote=False) in text


def test_links_and_styles_do_not_pass():
    made = mathml(r"\href{javascript:alert(1)}{x} \style{color:red}{y} \class{c}{z}") or ""
    assert "javascript" not in made
    assert "style=" not in made
    assert "class=" not in made


@pytest.mark.parametrize("latex", ["{" * 500, r"\frac{1}{", r"\foo{x}", "x" * 30_000, r"\left(" * 100, "\x00", "}"])
def test_what_cannot_be_laid_out_is_none_or_harmless(latex):
    made = mathml(latex)
    assert made is None or made.startswith("<math")


def test_aligned_rows():
    made = table([("a", "= b"), ("", "= c")]) or ""
    assert made.count("<mtr>") == 2
    assert table([(r"\foo{",)]) is None


# -- what a sheet says ------------------------------------------------------------------------------------


def read(text):
    return views.sheet_of(Document(read_problems(text, format="latex")))


def test_what_is_open_is_not_checked():
    made = read(r"Let $x \in \mathbb{R}$. Compute $\int_0^1 x \, dx$.")
    for text in (sheet.to_latex(made), sheet.to_html(made)):
        assert re.search("not checked", text, re.IGNORECASE)


def test_an_answer_that_is_not_proved_is_never_bare(exam):
    _, made = exam
    answer = next(a for q in made.questions() for a in q.answers if a.answer)
    doubtful = replace(answer, status="consistent", open="agrees at 20 certified points; no proof was found")
    question = sheet.Question("q", None, (), (), (doubtful,))
    for text in (sheet.to_latex(sheet.Sheet("t", (question,))), sheet.to_html(sheet.Sheet("t", (question,)))):
        assert re.search(r"not checked.*no proof was found", text, re.IGNORECASE | re.DOTALL)
        assert "boxed" not in text
        assert 'class="answer"' not in text


def test_a_wrong_key_is_named():
    made = read(
        r"\begin{questions}\question Let $a \in \mathbb{R}$. Which of the following equals $(a + 1)^2$?"
        r"\begin{choices}\CorrectChoice $a^2 + 1$ \choice $a^2 + 2a + 1$\end{choices}\end{questions}"
    )
    answer = made.answers[0]
    assert answer.status == "refuted"
    assert [c.agrees for c in answer.choices] == [False, False]
    text = sheet.to_latex(made)
    assert "marks this choice right" in text
    assert r"\CorrectChoice $a^2 + 2a + 1$" in text


def test_the_key_of_a_question_for_the_wrong_one():
    made = read(
        r"\begin{questions}\question Let $a \in \mathbb{R}$. Which of the following is false?"
        r"\begin{choices}\CorrectChoice $(a + 1)^2 = a^2 + 1$ \choice $(a + 1)^2 = a^2 + 2a + 1$\end{choices}"
        r"\end{questions}"
    )
    assert made.answers[0].status == "proved"
    assert all(c.agrees for c in made.answers[0].choices)


def test_every_question_without_an_answer_says_so():
    made = read(r"\begin{questions}\question Why is $x$ so nice?\end{questions}")
    assert "no goal was read here" in sheet.to_latex(made)
    assert "No goal was read here" in sheet.to_html(made)


# -- marked derivations -------------------------------------------------------------------------------


def step(k, verdict, **more):
    span = Place("hw.tex", k, 1, k, 9)
    return Step(k, span, 1, 1, Role.STEP, "a<b", "a < b", k - 1, 0, "=", verdict, **more)


def test_the_page_of_a_report():
    wrong = {"assign": {"W": [["1", "2"]], "b": "-1"}, "lhs": "1", "rhs": "-3/2", "at": ""}
    steps = (
        step(1, Said.PROVED),
        step(2, Said.REFUTED, status=Status.SLIP, counterexample=wrong),
        step(3, Said.UNREAD, reason=Because("syntax", "<b>not</b> a formula")),
    )
    final = Final("a", Place("hw.tex", 3, 1, 3, 2), "last", Said.UNDECIDED, Because("budget", "no time"))
    report = Report(steps, "p", r"\frac{a}{b}", final)
    marked = [marking.Marked("hw.tex", (), (report,))]
    page = marking.page(marked)
    alone(page)
    assert "<b>not" not in page
    assert "here the derivation turns wrong" in page
    assert "left 1, right −3/2" in page
    levels = [f.level for f in marking.findings(marked)]
    assert levels == ["error", "warning", "warning"]
    assert marking.summary(report).startswith("3 relations: 1 proved, 1 refuted, 1 unread.  First wrong: step 2.")


def test_wide_relations_are_broken_between_terms():
    right = " + ".join(rf"v_{k} \max\left( \frac{{a_{k} + b_{k}}}{{2}}, c + d \right)" for k in range(9))
    lines = sheet.tex_relation("y", "=", right)
    assert len(lines) > 2
    assert lines[0].startswith("y &= v_0")
    assert all(x.startswith(r"&\quad {} + v_") for x in lines[1:])
    assert all(map(balanced, lines))
    assert sheet.broken("a + b", 60) == ["a + b"]
    assert sheet.broken(r"-a + (b - c) - \text{x + y}", 3) == ["-a", "+ (b - c)", r"- \text{x + y}"]
    assert r"\boxed" not in sheet.tex_answer("y", right)
    assert sheet.tex_answer("y", "x") == r"\[ \boxed{y = x} \]"


EXAM = r"""\title{Deep \textit{Learning} \\ Exam $\sigma$\thanks{None.}}
\begin{document}
\gradetable[h][questions]
\begin{questions}
\question\label{first} See Figure~\ref{fig:net}, \eqref{eq:1} and \citep[p.~3]{mlp}, pages 3--5---or ``all''. \cref{x}
\end{questions}
\end{document}
"""


def test_references_and_dashes():
    made = views.sheet_of(Document(read_problems(EXAM)), solutions=False)
    latex, page = sheet.to_latex(made), sheet.to_html(made)
    assert r"\question\label{first}" in latex
    assert r"See Figure \ref{fig:net}, \eqref{eq:1} and \cite{mlp}, pages 3--5---or" in latex
    assert "See Figure fig:net, (eq:1) and [mlp], pages 3–5—or “all”. x<" in page
    assert "gradetable" not in latex + page
    assert "textbackslash" not in latex


@pytest.mark.parametrize(
    ("source", "title"),
    [
        (EXAM, "Deep Learning Exam σ"),
        (r"\title{A \\ B}", "A B"),
        (r"\title[Short]{Long -- \textbf{very \emph{long}}}", "Long -- very long"),
        ("% \\title{Old}\n\\title{New}", "New"),
        ("", "text"),
    ],
)
def test_titles_are_plain_text(source, title):
    text = source + r" Let $x \in \mathbb{R}$."
    assert views.sheet_of(Document(read_problems(text, format="latex")), solutions=False).title == title


def test_references_do_no_more_than_refer():
    made = sheet.tex_prose(r"\ref{a}\input{b} \ref{\input{c}} \label{x}")
    assert made.startswith(r"\ref{a}{\textbackslash}input")
    assert r"\input" not in made


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("[1, -2, 3/2]", "[1, -2, 3/2]"),
        ("[1, 2, 3, 4, 5, 6, 7]", "[1, 2, 3, 4, …]"),
        (f"[[{', '.join('1' * 9)}], [2, 3]]", "[[1, 1, 1, 1, …], [2, 3]]"),
        ("(1, 2, 3, 4, 5, 6, 7)", "(1, 2, 3, 4, …)"),
        ("9" * 300, "9" * 200 + "…"),
        ("1.5…", "1.5…"),
        ("[]", "[]"),
    ],
)
def test_long_values_are_cut(value, shown):
    assert short(value) == shown
