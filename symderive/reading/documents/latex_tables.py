"""The commands and environments of LaTeX that matter for the outline of a document: one table for each role.

Forms of arguments are words of letters: s a star, o optional, m mandatory.
"""

from __future__ import annotations

# Units by their level, in the sense of \section; a unit closes those that are not above it.
HEADINGS = {"chapter": 2, "section": 3, "subsection": 4, "subsubsection": 5, "paragraph": 6, "subparagraph": 7}
QUESTION, PART, SUBPART, SUBSUBPART = 10, 11, 12, 13
QUESTIONS = {
    "question": ("question", QUESTION), "titledquestion": ("question", QUESTION),
    "bonusquestion": ("question", QUESTION), "bonustitledquestion": ("question", QUESTION), "part": ("part", PART),
    "bonuspart": ("part", PART), "subpart": ("subpart", SUBPART), "bonussubpart": ("subpart", SUBPART),
    "subsubpart": ("subsubpart", SUBSUBPART), "bonussubsubpart": ("subsubpart", SUBSUBPART),
}  # fmt: skip
SERIES = {"questions": QUESTION, "parts": PART, "subparts": SUBPART, "subsubparts": SUBSUBPART}

# Environments.
UNITS = {
    "problem": "problem", "prob": "problem", "exercise": "exercise", "exer": "exercise", "exo": "exercise",
    "ex": "exercise", "question": "question", "homeworkproblem": "problem", "task": "problem", "theorem": "theorem",
    "thm": "theorem", "lemma": "lemma", "lem": "lemma", "corollary": "corollary", "cor": "corollary",
    "proposition": "proposition", "prop": "proposition", "claim": "claim", "definition": "definition",
    "defn": "definition", "example": "example", "remark": "remark", "assumption": "assumption",
    "abstract": "abstract", "frame": "frame",
}  # fmt: skip
SOLUTIONS = {
    "solution": "o", "solutionorbox": "o", "solutionorlines": "o", "solutionordottedlines": "o",
    "solutionorgrid": "o", "solutionbox": "m", "solutions": "o", "sol": "o", "soln": "o", "answer": "o", "ans": "o",
    "proof": "o",
}  # fmt: skip
LISTS = {
    "itemize": "o", "enumerate": "o", "description": "o", "compactitem": "o", "compactenum": "o", "inparaenum": "o",
}  # fmt: skip
CHOICES = {
    "choices": "o", "oneparchoices": "o", "checkboxes": "o", "oneparcheckboxes": "o",
}  # fmt: skip
TABLES = {
    "tabular": "om", "tabularx": "mom", "tabulary": "mm", "longtable": "om", "array": "om",
}  # fmt: skip
# What is not LaTeX, or draws.
VERBATIM = {
    "BVerbatim", "LVerbatim", "Verbatim", "algorithmic", "alltt", "asy", "comment", "filecontents", "lstlisting",
    "minted", "pgfpicture", "pycode", "python", "tikzcd", "tikzpicture", "verbatim",
}  # fmt: skip
# Environments that only lay out, with the arguments to pass over.
CLEAR = {
    "minipage": "ooom", "multicols": "mo", "figure": "o", "table": "o", "wrapfigure": "omom", "tcolorbox": "o",
    "mdframed": "o", "parbox": "om", "adjustbox": "m", "subfigure": "om", "column": "m", "block": "m",
    "resizebox": "mm", "list": "mm",
}  # fmt: skip

# Commands of layout that vanish, by the form of the arguments that go with them.
DROPPED = {
    name: form
    for form, names in {
        "": """
            hfill hfil vfill vfil newpage clearpage pagebreak noindent indent centering maketitle
            tableofcontents printanswers noprintanswers addpoints noaddpoints bf it rm sf tt em sl sc
            bfseries itshape rmfamily sffamily ttfamily scshape upshape mdseries normalfont normalsize
            small footnotesize scriptsize tiny large Large LARGE huge Huge hline toprule midrule
            bottomrule relax protect null smallskip medskip bigskip displaystyle textstyle raggedright
            xspace ignorespaces sloppy makeatletter makeatother phantomsection onehalfspacing
            singlespacing fi else iftrue ifprintanswers unskip leavevmode selectfont normalcolor qed
            qedhere doublespacing appendix frontmatter mainmatter backmatter answerline textbf textit
            textrm textsf texttt textsc textsl textup textmd textnormal emph underline text mbox hbox
            uline lowercase MakeUppercase bgroup egroup
        """,
        "sm": """
            vspace hspace
        """,
        "m": """
            pagestyle thispagestyle vskip color cline cmidrule fillwithlines fillwithdottedlines
            fillwithgrid makeemptybox bibliographystyle bibliography pagenumbering graphicspath
            usetikzlibrary tikzset hypersetup lstset geometry linespread date author thanks index
            selectlanguage theoremstyle pagecolor qformat pointname header lhead rhead chead lfoot rfoot
            cfoot pointsinmargin captionsetup stepcounter refstepcounter raisebox scalebox colorbox
        """,
        "omm": """
            setlength addtolength setcounter addtocounter numberwithin newcounter fontsize rule
        """,
        "mm": """
            multicolumn fcolorbox
        """,
        "mmm": """
            definecolor
        """,
        "som": """
            includegraphics documentclass usepackage RequirePackage
        """,
        "mom": """
            multirow
        """,
        "o": """
            linebreak nopagebreak allowdisplaybreaks
        """,
        "om": """
            parbox
        """,
        "smm": """
            resizebox
        """,
    }.items()
    for name in names.split()
}

# Commands that stand for characters in prose.
SPOKEN = {
    "\\ ": " ", "\\,": " ", "\\;": " ", "\\:": " ", "\\!": "", "\\quad": " ", "\\qquad": " ", "\\enspace": " ",
    "\\newline": " ", "\\&": "&", "\\%": "%", "\\$": "$", "\\#": "#", "\\_": "_", "\\{": "{", "\\}": "}", "\\-": "",
    "\\/": "", "\\@": "", "\\textbackslash": "\\", "\\ldots": "…", "\\dots": "…", "\\textellipsis": "…",
    "\\ss": "ß", "\\o": "ø", "\\O": "Ø", "\\ae": "æ", "\\AE": "Æ", "\\aa": "å", "\\AA": "Å", "\\l": "ł", "\\L": "Ł",
    "\\i": "ı", "\\S": "§", "\\P": "¶", "\\LaTeX": "LaTeX", "\\TeX": "TeX", "\\textasciitilde": "~",
    "\\textquotesingle": "'", "\\space": " ", "\\thinspace": " ", "\\textendash": "–", "\\textemdash": "—",
    "\\copyright": "©", "\\slash": "/", "\\\n": " ", "\\\t": " ", "\\\r": " ", "\\thequestion": "", "\\half": "½",
}  # fmt: skip
ACCENTS = {
    "\\'": "\u0301", "\\`": "\u0300", "\\^": "\u0302", '\\"': "\u0308", "\\~": "\u0303", "\\=": "\u0304",
    "\\.": "\u0307", "\\u": "\u0306", "\\v": "\u030c", "\\H": "\u030b", "\\c": "\u0327", "\\k": "\u0328",
    "\\r": "\u030a", "\\d": "\u0323",
}  # fmt: skip
REFERENCES = {
    "\\Cref", "\\autoref", "\\cite", "\\citep", "\\citet", "\\cref", "\\eqref", "\\nameref", "\\pageref", "\\ref",
}  # fmt: skip
