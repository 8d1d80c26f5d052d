"""The document layer: outlines of small inputs, origins of every character, and bad input of every kind."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.reading.documents.latex_tokens import tokens_of
from symderive.reading.documents.macros import read_macros
from symderive.reading.documents.outline import (
    Choices,
    Formula,
    List,
    Paragraph,
    Remark,
    Solution,
    Table,
    Unit,
    Verbatim,
    Words,
    plain,
    walk,
)
from symderive.reading.documents.reader import expand, read_document
from symderive.reading.documents.source import Message, Source, Span, Spelled, Token, spell


def sketch(node):
    """A node as nested tuples, without places."""
    if isinstance(node, Unit):
        head = [x for x in (node.kind, node.label, node.heading or None, node.points) if x is not None]
        return (" ".join(map(str, head)), *map(sketch, node.blocks))
    if isinstance(node, Paragraph):
        return "".join(map(piece, node.pieces))
    if isinstance(node, Remark):
        return "sd: " + "".join(map(piece, node.pieces))
    if isinstance(node, Solution):
        return (f"{node.environment}", *map(sketch, node.blocks))
    if isinstance(node, Choices):
        return (node.kind, *(("*" if item.correct else "-", *map(sketch, item.blocks)) for item in node.items))
    if isinstance(node, List):
        return (node.kind, *((plain(item.label), *map(sketch, item.blocks)) for item in node.items))
    if isinstance(node, Table):
        return ("table", *(tuple(" ".join(map(sketch, cell)) for cell in row) for row in node.rows))
    assert isinstance(node, Verbatim)
    return f"verbatim {node.environment}"


def piece(part):
    if isinstance(part, Words):
        return part.text
    return f"[[{part.text}]]" if part.display else f"<{part.text}>"


def latex(text, **more):
    return read_document(text, format="latex", path=more.pop("path", None), **more)


def markdown(text):
    return read_document(text, format="markdown")


def outline(document):
    assert not document.messages, [str(m) for m in document.messages]
    return sketch(document.root)


def codes(document):
    return [message.code for message in document.messages]


def formula(text, definitions=""):
    document = latex(f"{definitions}${text}$")
    return document.formulas[0].text


def rows(text):
    return [[cell.text for cell in row.cells] for row in latex(text).formulas[0].rows]


# Outlines


def test_exam_class():
    document = latex(r"""\documentclass{exam}
\newcommand{\R}{\mathbb{R}}
\begin{document} \begin{questions}
\question[4]\label{init} Let $x \in \R^n$.
\begin{parts}
  \part[2\half] Derive it.
  \begin{solution}[2in] It is $x$. \end{solution}
  \part\label{b} Which?
  \begin{choices} \choice $a$ \CorrectChoice $b$ \end{choices}
  \begin{subparts} \subpart One. \subpart Two. \end{subparts}
\end{parts}
\titledquestion{The $y$}[3] Text.
\begin{solutionorbox} S \end{solutionorbox}
\end{questions} \end{document} nothing $z$""")

    assert outline(document) == (
        "document",
        ("question init 4.0", r"Let <x \in \mathbb{R}^n>.",
         ("part 2.5", "Derive it.", ("solution", "It is <x>.")),
         ("part b", "Which?", ("choices", ("-", "<a>"), ("*", "<b>")), ("subpart", "One."), ("subpart", "Two."))),
        ("question The $y$ 3.0", "Text.", ("solutionorbox", "S")),
    )  # fmt: skip
    question = document.root.units[0]
    assert question.parent is document.root
    assert question.units[0].parent is question


def test_parts_without_environments():
    assert outline(latex(r"\question Q \part A \part B \question R")) == (
        "document", ("question", "Q", ("part", "A"), ("part", "B")), ("question", "R"))  # fmt: skip


def test_sections_and_theorem_environments():
    text = r"""\newtheorem{prob}{Problem}
\section{One}\label{s} a \subsection{Two} b \begin{prob}[Name] c \begin{proof} d \end{proof}\end{prob}
\section*{Solution} e \section{Three}"""
    assert outline(latex(text)) == (
        "document",
        ("section s One", "a", ("section Two", "b", ("problem Name", "c", ("proof", "d")))),
        ("None", "e"),
        ("section Three",),
    )


def test_part_is_a_heading_in_other_classes():
    document = latex(r"\documentclass{article}\begin{document}\part{One} a \section{Two} b\end{document}")
    assert outline(document) == ("document", ("section One", "a", ("section Two", "b")))


def test_lists_tables_verbatim_and_prose():
    text = r"""A \textbf{bold} \emph{word}~--- na\"ive \& so.\footnote{Note $n$.} \verb|$x$| end % not $this
\begin{itemize}\item[$W$] weights \item two \begin{enumerate}\item in\end{enumerate}\end{itemize}
\begin{verbatim}
$x$ \question
\end{verbatim}
\begin{tabular}{c|c} Variable & $x$ \\ \hline Value & 2 \\ \end{tabular}
\begin{comment} $c$ \end{comment}"""
    assert outline(latex(text)) == (
        "document",
        "A bold word --- naïve & so. $x$ end",
        "Note <n>.",
        ("itemize", ("$W$", "weights"), ("", "two", ("enumerate", ("", "in")))),
        "verbatim verbatim",
        ("table", ("Variable", "<x>"), ("Value", "2")),
    )


def test_phantoms_leave_nothing_anywhere():
    display = latex(
        r"\begin{align}\intertext{a \phantom{$b$} $c$}\phantom{d}\label\phantom{e} &= f\end{align}"
    ).formulas[0]
    assert [cell.text for cell in display.rows[0].cells] == ["", "= f"]
    assert plain(display.rows[0].intertext) == "a $c$"


def test_a_display_belongs_to_its_paragraph():
    document = latex("We have\n\\[ a = b, \\]\nwhere $a$ is.\n\nNew $$c$$ one.\\par Third.")
    assert outline(document) == ("document", "We have [[a = b,]] where <a> is.", "New [[c]] one.", "Third.")


def test_sentences_in_comments():
    text = "Let $x$\n% sd: Let $y$ be one-hot.\nbe small.\n% other $z$"
    assert outline(latex(text)) == ("document", "Let <x> be small.", "sd: Let <y> be one-hot.")


# Formulas


def test_rows():
    text = r"""\begin{align}
  a &= b \label{one} \\[2pt]
    &= \begin{cases} 1 & x \\ 2 & y \end{cases} \tag{7} \\
  \intertext{so that $q$}
  \phantom{a} &+ {c \\ d & e} \nonumber \\
\end{align}"""
    display = latex(text).formulas[0]

    assert [[c.text for c in row.cells] for row in display.rows] == [
        ["a", "= b"],
        ["", r"= \begin{cases} 1 & x \\ 2 & y \end{cases}"],
        ["", r"+ {c \\ d & e}"],
    ]
    assert [(r.label, r.tag, plain(r.intertext), r.continued) for r in display.rows] == [
        ("one", None, "", False), (None, "7", "", False), (None, None, "so that $q$", True)]  # fmt: skip
    assert display.label == "one"
    assert display.rows[1].cells[1].span().line == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\[ a & b \\ c \]", [[r"a & b \\ c"]]),
        (r"\[ \begin{aligned}[t] a &= b \\ c \end{aligned}. \]", [["a", "= b"], ["c"]]),
        (
            r"\begin{equation}\label{e}\begin{split} a &= b \\ &= c \end{split}\end{equation}",
            [["a", "= b"], ["", "= c"]],
        ),
        (r"\begin{alignat*}{2} a &= b & c &= d \end{alignat*}", [["a", "= b", "c", "= d"]]),
        (r"\begin{gather} a \\ b \end{gather}", [["a"], ["b"]]),
        (r"\begin{eqnarray*} a &=& b \\* &=& c \end{eqnarray*}", [["a", "=", "b"], ["", "=", "c"]]),
        (r"\begin{multline} a \\ + b \end{multline}", [["a"], ["+ b"]]),
        (r"\begin{align} a \& b &= c \\ \end{align}", [[r"a \& b", "= c"]]),
        (r"\[ x = \begin{aligned} a \\ b \end{aligned} \]", [[r"x = \begin{aligned} a \\ b \end{aligned}"]]),
        (r"\begin{align}\end{align}", [[""]]),
    ],
)
def test_cells(text, expected):
    assert rows(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("σ(x) − 1", r"\sigma(x) - 1"),
        ("σx", r"\sigma x"),
        ("x²y₁₂", "x^{2}y_{12}"),
        ("x⁻¹", "x^{-1}"),
        ("f′(x\u200b)", "f'(x)"),
        ("y\u0302 σ\u0302", r"\hat{y} \hat{\sigma}"),
        ("𝐰 ℝ ∑ ≤", r"\mathbf{w} \mathbb{R} \sum \leq"),
        (r"a \text{für x²} b", r"a \text{für x²} b"),
        (r"a \phantom{b} c", "a  c"),
        (r"a {\color{white} b} \textcolor{white}{c} \textcolor{red}{d}", "a {}  {d}"),
        (r"a \color[rgb]{1,1,1} + b", "a"),
        ("a % comment $\n b", "a b"),
        (r"a \iffalse b \iff \ifx c \fi d \fi e", "a  e"),
        (r"\text{if $x > 0$} y", r"\text{if $x > 0$} y"),
    ],
)
def test_normalisation(text, expected):
    assert formula(text) == expected


# Macros


@pytest.mark.parametrize(
    ("definition", "use", "expected"),
    [
        (r"\newcommand{\R}{\mathbb R}", r"\R n", r"\mathbb R n"),
        (r"\newcommand\E[2][q]{\mathbb E_{#1}[#2]}", r"\E{x}\E[p]{y}", r"\mathbb E_{q}[x]\mathbb E_{p}[y]"),
        (r"\renewcommand{\vec}[1]{\mathbf{#1}}", r"\vec x \vec{y}", r"\mathbf{x} \mathbf{y}"),
        (r"\def\d#1{\partial#1}", r"\d x", r"\partial x"),
        (r"\def\d#1{\partial#1}", r"\d{\d x}", r"\partial\partial x"),
        (r"\DeclareMathOperator{\Var}{Var}", r"\Var x", r"\operatorname{Var} x"),
        (r"\DeclareMathOperator*{\am}{arg\,max}", r"\am_x", r"\operatorname*{arg\,max}_x"),
        (r"\NewDocumentCommand{\g}{O{t} m}{g_{#1}(#2)}", r"\g{x}\g[s]{x}", "g_{t}(x)g_{s}(x)"),
        (r"\DeclarePairedDelimiter{\norm}{\lVert}{\rVert}", r"\norm*{x}", r"\left\lVert x \right\rVert"),
        (r"\let\eps\varepsilon", r"\eps", r"\varepsilon"),
        (r"\let\phi\varphi\let\varphi\psi", r"\phi", r"\varphi"),
        (r"\newcommand{\u}{\mathbf{u}}", r"\u", r"\mathbf{u}"),
        (r"\providecommand{\a}{1}\providecommand{\a}{2}", r"\a", "1"),
        (r"\newenvironment{x}[1]{\a}{\b}\newcommand{\a}{1}", r"\a", "1"),
        (r"\newcommand{\half}{\frac12}", r"\frac\half x", r"\frac\frac12 x"),
    ],
)
def test_macros(definition, use, expected):
    assert formula(use, definition) == expected


def test_a_macro_keeps_the_place_of_its_use_and_arguments_keep_theirs():
    text = r"\newcommand{\sq}[1]{(#1)^2}Now $a + \sq{b+c}$"
    body = latex(text).formulas[0].body

    assert body.text == "a + (b+c)^2"
    assert body.span(4, 11).text == r"\sq{b+c}"
    assert body.span(5, 8).text == "b+c"
    assert body.span(9, 10).text == r"\sq{b+c}"


def test_macros_in_prose_and_for_environments():
    text = r"""\newcommand{\loss}{the loss $L$}\newcommand{\be}{\begin{equation}}\def\ee{\end{equation}}%
By \loss: \be x \ee now"""
    assert outline(latex(text)) == ("document", "By the loss <L>: [[x]] now")


def test_expand_and_extra_macros():
    text = r"\R^n"
    spelled = spell([Token(text, Source("s", text), 0, len(text))])

    assert str(expand(spelled, read_macros(r"\newcommand{\R}{\mathbb{R}}"))) == r"\mathbb{R}^n"
    assert latex(r"$\R$", macros=r"\newcommand{\R}{\mathbb{R}}").formulas[0].text == r"\mathbb{R}"


LAUGHS = r"\def\a{xx}" + "".join(rf"\def\{chr(i)}{{\{chr(i - 1)}\{chr(i - 1)}}}" for i in range(98, 123))


@pytest.mark.parametrize(
    ("definitions", "use"),
    [(LAUGHS, r"\z"), (r"\def\x{\x}", r"\x"), (r"\def\x#1{\x{#1#1}}", r"\x{a}"), (r"\def\x{\y}\def\y{{\x}}", r"\x")],
)
def test_expansion_is_bounded(definitions, use):
    document = latex(f"{definitions} ${use}$ and ${use}$ {use} $1$")

    assert set(codes(document)) == {"macro-limit"}
    assert document.formulas[0].text == use
    assert document.formulas[-1].text == "1"


# Files


def test_files_around(tmp_path):
    (tmp_path / "own.sty").write_text(r"\ProvidesPackage{own}\makeatletter\newcommand{\E}{\mathbb E}\def\x@y{1}")
    (tmp_path / "main.tex").write_text(
        r"\usepackage{own}\newcommand{\R}{\mathbb R}\begin{document}\input{sub/q}\include{b}\end{document}"
    )
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "q.tex").write_text("\\section{Q}\n$\\R \\E$")
    (tmp_path / "b.tex").write_text("b $b$")

    document = read_document(tmp_path / "main.tex")
    assert outline(document) == ("document", ("section Q", r"<\mathbb R \mathbb E>", "b <b>"))
    assert document.formulas[0].span.source.path.endswith("q.tex")
    assert document.formulas[0].span.line == 2
    fragment = read_document(str(tmp_path / "sub" / "q.tex"))
    assert fragment.formulas[0].text == r"\mathbb R \mathbb E"
    (tmp_path / "sub" / "r.tex").write_text("% !TeX root = ../main\n$\\R$")
    assert read_document(tmp_path / "sub" / "r.tex").formulas[0].text == r"\mathbb R"


@pytest.mark.parametrize(
    ("name", "code"),
    [("../secret", "input-refused"), ("/etc/hostname", "input-refused"), ("out/secret", "input-refused"),
     ("gone", "input-missing"), ("main", "input-loop"), ("a", "input-loop")],
)  # fmt: skip
def test_input_stays_in_the_folder(tmp_path, name, code):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "secret.tex").write_text("$s$")
    (folder / "out").symlink_to(tmp_path)
    (folder / "a.tex").write_text(r"\input{a}")
    (folder / "main.tex").write_text(rf"\input{{{name}}} $x$")

    document = read_document(folder / "main.tex")

    assert codes(document) == [code]
    assert [f.text for f in document.formulas] == ["x"]


# Markdown and notebooks


def test_markdown():
    text = r"""---
title: $t$
---
# Question 1

Let $x \in \mathbb{R}^n$ be **bold**, _so_, and
$$
a &= b \\
- c
$$
where `code $x$`. It costs $5 and $10 [see $q$](http://a_b_c).
<!-- sd: Let $q$ be one-hot. -->

- item $a$
  more

  > quoted $b$
  - nested
- [x] right
- [ ] wrong

1. one
2. two

| Variable | Value |
|---|---|
| $x$ | $|3|$ |

```python
$x$
```
```math
m
```
## Solution
\begin{align*}
 a &= 1 \\

 &= 2
\end{align*}
<div style="display: none">
$h$

</div>
last \(l\) <span hidden>$k$</span>.
"""
    assert outline(markdown(text)) == (
        "document",
        "verbatim front matter",
        ("question Question 1",
         r"Let <x \in \mathbb{R}^n> be bold, so, and [[a &= b \\ - c]] where code $x$. It costs $5 and $10 see <q>.",
         "sd: Let <q> be one-hot.",
         ("itemize", ("", "item <a> more", "quoted <b>", ("itemize", ("", "nested")))),
         ("checkboxes", ("*", "right"), ("-", "wrong")),
         ("enumerate", ("1.", "one"), ("2.", "two")),
         ("table", ("Variable", "Value"), ("<x>", "<|3|>")),
         "verbatim code",
         "[[m]]",
         ("None", r"[[a &= 1 \\ &= 2]] last <l> .")),
    )  # fmt: skip


def test_markdown_macros_and_setext():
    text = "Title\n=====\n\n$\\newcommand{\\R}{\\mathbb{R}}$\n\n\\def\\x{1}\nLet $\\R \\x$.\n"
    assert outline(markdown(text)) == ("document", ("section Title", r"Let <\mathbb{R} 1>."))


def test_displays_over_blank_lines_in_markdown():
    assert outline(markdown("$$\na\n\nb\n$$\nc $d$\n$$e$$")) == ("document", "[[a b]] c <d> [[e]]")
    assert codes(markdown("$$\na\n\nb $c$\n$$\nd\n$$")) == ["unclosed-math"]


def test_notebook():
    cells = [
        {"cell_type": "markdown", "source": ["# One\n", "Let $x$."]},
        {"cell_type": "code", "source": "$y$ # no"},
        {"cell_type": "markdown", "source": "and\n\n$z$"},
    ]
    document = read_document(json.dumps({"cells": cells, "nbformat": 4}), path="a.ipynb")

    assert outline(document) == ("document", ("section One", "Let <x>.", "and", "<z>"))
    assert (document.formulas[1].span.source.name, document.formulas[1].span.line) == ("a.ipynb:cell 3", 3)


# Places


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_places_under_every_line_end(newline):
    text = newline.join(
        ["\ttab $a$", "", "wide 漢 $b +", "\tc$ x", "\\begin{align}", " d &= e \\\\", "% c", " &= f", "\\end{align}"]
    )
    document = latex(text)
    spans = [(f.span.line, f.span.column, f.span.end_line, f.span.end_column) for f in document.formulas]

    assert spans == [(1, 6, 1, 9), (3, 8, 4, 4), (5, 1, 9, 12)]
    assert [f.text for f in document.formulas[:2]] == ["a", "b + c"]
    cell = document.formulas[2].rows[1].cells[1]
    assert (cell.text, cell.span().line, cell.span().column) == ("= f", 8, 3)
    assert len(document.root.blocks) == 2
    assert [(f.span.line, f.span.column) for f in markdown(text).formulas] == [(3, 8), (5, 1)]


def test_caret():
    source = Source("s", "\tx漢 $y$\nnext")
    assert source.caret(Span(source, 4, 7)) == "    x漢 $y$\n        ^^^"
    assert source.caret(Span(source, 2, 3)) == "    x漢 $y$\n     ^^"
    long = Source("s", "a" * 1000 + "b" + "c" * 1000)
    line, marks = long.caret(Span(long, 1000, 1001)).split("\n")
    assert line[marks.index("^")] == "b"
    assert len(line) <= 150
    assert str(Message("code", Span(source, 4, 7), "Text.", "Advice.")).splitlines()[0] == "s:1:5: error: Text. [code]"


def spelled_texts(root):
    for node in walk(root):
        if isinstance(node, Words):
            yield node.spelled
        elif isinstance(node, Formula):
            yield node.body
            for row in node.rows:
                yield from row.cells


def check_faithful(document):
    for spelled in spelled_texts(document.root):
        for token in spelled.tokens():
            written = token.source.text[token.start : token.end]
            assert 0 <= token.start <= token.end <= len(token.source.text)
            if token.exact:
                assert token.text == written
        assert len(spelled.origins) == len(spelled.text)
        if spelled.text:
            half = len(spelled.text) // 2
            assert (spelled[:half] + spelled[half:]).text == spelled.text
            assert spelled.span().start <= spelled[half:].span().start


FRAGMENTS = st.lists(
    st.sampled_from([
        "$", "$$", "\\(", "\\)", "\\[", "\\]", "{", "}", "[", "]", "&", "\\\\", "\n", "\r\n", "\n\n", " ", "\t",
        "%", "x", "word ", "x^2", "σ²", "\u200b", "\\begin{align}", "\\end{align}", "\\begin{solution}",
        "\\end{solution}", "\\item ", "\\begin{itemize}", "\\end{itemize}", "\\question", "\\part", "\\section{",
        "\\m", "\\n{a}", "\\newcommand{\\m}{y}", "\\newcommand{\\n}[1]{#1z#1}", "\\text{", "\\phantom{",
        "\\iffalse", "\\fi", "\\verb|", "\\begin{cases}", "% sd: $q$\n", "\\label{l}", "\\intertext{",
        "\\begin{tabular}{c}", "\\end{tabular}", "\\color{white}", "\\def\\m", "#1", "~", "'e", "# ", "- ", "> ",
        "```", "`", "<!--", "-->", "|", "|-|", "*", "_", "1. ", "    ", "---", "\\footnote{", "\x00", "\\",
    ]),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None, derandomize=True)
@given(FRAGMENTS)
def test_any_text_is_read_and_every_character_has_its_origin(text):
    for document in (latex(text), markdown(text)):
        check_faithful(document)
        for message in document.messages:
            assert str(message)
        for node in walk(document.root):
            span = node.spelled.span() if isinstance(node, Words) else getattr(node, "span", None)
            assert span is None or 0 <= span.start <= span.end <= len(text)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=200))
def test_noise(text):
    for kind in ("latex", "markdown", "notebook"):
        check_faithful(read_document(text, format=kind, path="noise"))


@given(st.lists(st.tuples(st.text("ab\n", min_size=1, max_size=3), st.booleans()), min_size=1, max_size=6), st.data())
def test_slices_keep_origins(parts, data):
    source = Source("s", "".join(text for text, _ in parts))
    tokens, at = [], 0
    for text, exact in parts:
        tokens.append(Token(text, source, at, at + len(text), exact))
        at += len(text)
    spelled = spell(tokens)
    start = data.draw(st.integers(0, len(spelled)))
    end = data.draw(st.integers(start, len(spelled)))

    assert spelled[start:end].text == spelled.text[start:end]
    assert spelled[start:end].origins == spelled.origins[start:end]
    assert "".join(token.text for token in tokens_of(spelled)) == spelled.text


# Bad input


@pytest.mark.parametrize(
    ("text", "expected", "line"),
    [
        ("a\n$x + 1\n\nb $y$", ["unclosed-math"], 2),
        ("a \\[ x\n\nb $y$", ["unclosed-math"], 1),
        ("\\begin{align} x \\\\\n\nb $y$", ["unclosed-math"], 1),
        ("\\begin{solution} x\n\\question $y$", ["unclosed-environment"], 1),
        ("\\begin{itemize} \\item x\n\\end{enumerate} $y$", ["stray-end", "unclosed-environment"], 2),
        ("a\n{b $y$", ["unclosed-brace"], 2),
        ("a\nb} $y$", ["stray-brace"], 2),
        ("a $y$\n\\) b", ["stray-math"], 2),
        ("a\n\\end{align} $y$", ["stray-end"], 2),
        ("${x$ $y$", ["unclosed-brace"], 1),
        ("\\item $y$", ["stray-item"], 1),
        ("\\begin{center}\n\\begin{solution} $y$ \\end{center}", ["unclosed-environment"], 2),
        ("\\begin{verbatim} $y$", ["unclosed-environment"], 1),
        ("$y$ \\iffalse $z$", ["unclosed-conditional"], 1),
        ("\\def\\x[#1]{#1} $y$", ["macro-form"], 1),
    ],
)
def test_latex_that_is_broken(text, expected, line):
    document = latex(text)

    assert codes(document) == expected
    assert document.messages[0].span.line == line
    assert document.formulas[-1].text == "y"
    assert all(f.closed for f in document.formulas) == ("unclosed-math" not in expected)


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "empty.tex").write_text("")
    (tmp_path / "latin.tex").write_bytes("ok\nnäh $x$".encode("latin-1"))
    (tmp_path / "binary.tex").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "broken.ipynb").write_text('{"cells": [')
    (tmp_path / "other.ipynb").write_text("[1]")
    (tmp_path / "deep.ipynb").write_text("[" * 100_000)
    (tmp_path / "wide.tex").write_text("$x$", encoding="utf-16")
    (tmp_path / "mark.tex").write_text("$x$", encoding="utf-8-sig")

    found = {p.name: codes(read_document(p)) for p in sorted(tmp_path.iterdir())}

    assert found == {
        "empty.tex": ["empty"], "latin.tex": ["not-utf8"], "binary.tex": ["binary"], "broken.ipynb": ["notebook"],
        "other.ipynb": ["notebook"], "deep.ipynb": ["notebook"], "wide.tex": [], "mark.tex": []}  # fmt: skip
    latin = read_document(tmp_path / "latin.tex")
    assert (latin.messages[0].span.line, latin.messages[0].span.column) == (2, 2)
    assert read_document(tmp_path / "mark.tex").formulas[0].span.column == 1
    assert codes(read_document(tmp_path)) == ["directory"]
    assert codes(read_document(tmp_path / "gone.tex")) == ["missing-file"]
    assert codes(read_document("gone.md")) == ["missing-file"]
    assert codes(read_document("")) == ["empty"]


REPEATED = [
    "{", "}", "$", "$$ ", "\\(", "\\[", "\\begin{a}", "\\end{a}", "\\begin{align}", "\\begin{verbatim}",
    "\\iffalse ", "\\item[", "\\begin{itemize}\\item ", "\\begin{solution}", "\\section{", "\\footnote{",
    "\\verb|", "$\\text{", "$ a \\\\ [", "\\\\[", "\\begin{questions}\\question ", "\\newcommand{\\a}",
    "$\\begin{cases}", "$é", "\\begin{align}\n\n", "\\phantom{", "`", "``a", "<!-- ", "<span hidden>", "- ", "> ",
    "![", "[", "**a ", "    - a\n", "(a) x\n", "a|b\n-|-\n", "```\n", "$$\n\n",
]  # fmt: skip


@pytest.mark.parametrize("text", REPEATED)
@pytest.mark.parametrize("kind", ["latex", "markdown"])
def test_time_is_linear(kind, text):
    started = time.process_time()
    document = read_document(text * (20_000 // len(text)), format=kind, path="x")

    assert time.process_time() - started < 4
    assert len(document.messages) <= 101


def test_a_million_characters():
    paragraph = (
        "\\question Let $x \\in \\mathbb{R}^n$ be a vector, and so on, with some words between the formulas $y$.\n\n"
    )
    text = paragraph * (1_000_000 // len(paragraph))
    started = time.process_time()
    document = latex(text)

    assert time.process_time() - started < 10
    assert len(document.root.units) == text.count("question")


def test_nesting_is_bounded():
    document = latex("\\begin{itemize}\\item " * 10_000 + "$x$" + "\\end{itemize}" * 10_000 + " $y$")

    assert codes(document) == ["nesting"]
    assert [f.text for f in document.formulas] == ["x", "y"]
    assert repr(document)
    assert isinstance(document.formulas[0].body, Spelled)
