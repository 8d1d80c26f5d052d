"""Words of prose beside relations: what declares, claims, supposes, denies, or says for what something holds.

Only lists and patterns stand here, in lower case; what is done with them is in `chains.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from symderive.reading.statements import lexicon

CONDITION = re.compile(
    r"(?:.*\b)?(?:for|if|when|whenever|at|where|provided|assuming|as long as|all|each|any|every|with)\W*\Z"
    r"|.*\b(?:if|when|whenever|where|as long as|provided|once)\b.*\b(?:i\.e|that is)\W*\Z",
    re.IGNORECASE,
)
SUPPOSED = re.compile(
    r"\b(?:for|if|when|whenever|at|where|provided|assum\w+|suppos\w+|as long as|all|each|any|every|with"
    r"|case(?: \w+)?)\W*\Z",
    re.IGNORECASE,
)
"""Words directly before what is supposed, in lower case."""
CASES_END = re.compile(
    r"[\s*_]*(?:combin\w+|together|altogether|overall|in (?:both|all|each|either|any|summary)|both|either way"
    r"|summari[sz]\w+|finally|putting)\b",
    re.IGNORECASE,
)
"""Words with which the treatment of cases ends."""
CASE_LEFT = re.compile(r"[\s*_]*(?:(?:in )?(?:conclu\w+|general\w*)|remarks?|notes?|results?|end of)\b", re.IGNORECASE)
"""Words with which it may end."""
OTHER_CASE = re.compile(
    r"[\s*_(]*(?:(?:case|regime)\b[\s*_]*\w{0,3}[\s*_.:)(]*(?:otherwise|else|not|no|if|when|the|both|neither)?\b"
    r"|otherwise\b|else\b|(?:in |for )?(?:the )?(?:second|third|other|remaining|last|opposite) cases?\b)",
    re.IGNORECASE,
)
"""Words that open a case."""
EVERY = re.compile(r"\bfor (?:all|every|any|each) (?:real |values? of |such )*\$\s*[^$=<>]+?\s*\$", re.IGNORECASE)
"""For what a conclusion from cases holds."""
NUMERIC = re.compile(
    r"\b(?:mod\w*|base|binary|octal|hex\w*|decimal|fields?|rings?|digits?|division|floor\w*|round\w*|ceil\w*|trunc\w*"
    r"|approx\w*|roughly|about|nearly|almost|python|code|overflow\w*|precision|wrong|not|false|clock|hours?|days?|per"
    r"|floating|machine|int\d+|float\d+|wraps?|boolean|dominant|neglect\w*|ignor\w+|lineari[sz]\w*|batches|steps|pooling"
    r"|contradict\w*|inconsistent|absurd|impossible|integers?|remainder)\b"
)
"""Words by which a relation between numerals may be meant in another way."""
NEXT_CLAUSE = frozenset((",", ";", "and", "but", "while", "whereas"))
"""What stands before the condition of a further clause."""
QUALIFIED = re.compile(
    r"\b(?:no|not|none|never|neither|nor|or|else|otherwise|than|unless|such|except|besides|apart|only if|even)\b"
)
"""Words of a sentence by which its conditions may not be those of its relations."""
LIFTED = re.compile(
    r"\b(?:lift|lifts|lifted|drop|drops|dropped|remov\w+|relax\w*|discard\w*|abandon\w*|withdraw\w*|revok\w+|retract\w*"
    r"|undo|cancel|forget) (?:the|this|that|these|all|our|my|any|every)\b"
    r"[^.]*\b(?:assum|restrict|condition|hypothes|requirement)"
    r"|\b(?:assumptions?|restrictions?|conditions?|hypothes[ei]s|requirements?)\b[^.]*\b(?:lifted|dropped|removed|relaxed"
    r"|discarded|abandoned|withdrawn|revoked|retracted|no longer|any ?more|over|not needed|unnecessary|superfluous)"
    r"|\bwithout (?:the|this|that|these|any|such) [^.]*(?:assum|restrict|condition|hypothes|requirement)"
    r"|\bfor (?:any|all|every|each|arbitrary) (?:arbitrary )?real (?:numbers? |values? )?(?:of )?\$"
    r"|\b(?:need|assum\w+|requir\w+|suppos\w+) (?:this |that |it |so )?any ?more"
    r"|\bno longer (?:assum|need|requir|suppos|restrict)|\b(?:in|more|quite) (?:full )?general(?:ity|ly)?\b"
    r"|\barbitrary (?:real )?(?:numbers? |values? )?(?:of )?\$"
    r"|\b(?:arbitrary|any|all|every|each|general)\b[a-z ,]*\$[^$]*(?:\\in\s*(?:\\mathbb\s*\{?\s*R|\\R\b)|∈\s*ℝ)[^$]*\$"
    r"|\$ (?:is|are|be) (?:now |again )?(?:completely |an? )*(?:arbitrary|unrestricted|unconstrained|free|any)\b",
    re.IGNORECASE,
)
"""Words by which what was assumed before may hold no longer."""
INTEGER = re.compile(r"\b(?:integers?|natural numbers?) \Z|\b(?:integers?|natural numbers?)\Z")
HEDGES = re.compile(
    r"\b(?:non-?negative|positive|negative|non-?zero|symmetric|orthogonal|orthonormal|diagonal|invertible|uncorrelated"
    r"|independen(?:t|ce)|covariance vanishes|(?:first|second|higher|leading) order|neglect\w*|ignor\w*|dropping"
    r"|lineari[sz]\w*|otherwise|else|unless|except|instead"
    r"|(?<!both )(?<!all )(?<!either )(?<!any )cases?|off the diagonal|on the diagonal|region|holding"
    r"|unit|unit-norm|satisf\w+|projections?|idempotent|masks?|rotations?|eigenvalues?|reflections?|involution|decibels?"
    r"|interval|indices (?:are|agree|differ|coincide)|they (?:agree|differ|coincide)"
    r"|for (?:all )?(?:very |an? |sufficiently )*(?:small|large|tiny)"
    r"|once (?:the|it|we|an?)|as long as|fixed|keeping|treating"
    r"|for (?:an?|the) [a-z \-]*\b(?:outputs?|units?|activations?|layers?|neurons?|loss|models?|networks?)"
    r"|(?<!add )(?<!adds )(?<!sum )(?<!sums )up to(?! (?:an?|the|terms?|additive|const|some) )"
    r"|not (?:hold|true|only|valid|for)|(?<!not )fails?|wrong|incorrect|false|mistake"
    r"|one might think|hold)\b"
)
"""Words that say for what the relations of a sentence hold, and are not read there: they are not called wrong."""
DENIED = re.compile(
    r"\b(?:(?:never|not|no longer|don't|cannot) (?:\w+ )?(?:write|let|define|denote|set|assume|suppose|put|introduce)"
    r"|(?:not|never|n't) (?:\w+ )?(?:true|correct|right|the case|holds?|valid|equal)|not \$|no \$|neither|unless"
    r"|not (?:an? )?(?:identit\w+|equalit\w+|theorem|law|rule)"
    r"|avoid|(?:is|are|was|were|be) (?:excluded|impossible|absurd|forbidden|invalid|nonsense|trivial)|contradict\w*"
    r"|can ?not|can't|wrong(?:ly)?|incorrect(?:ly)?|false(?:ly)?|untrue|typos?|mistakes?|anything but"
    r"|(?:common|usual|typical) errors?|one might (?:think|expect|guess|hope)|tempting|attempts?|forg[eo]t\w*"
    r"|(?:students?|someone|some|people) (?:claim|write|say|wrote|said)(?:s|ed)?"
    r"|would (?:imply|give|have|get|mean|yield|be)|had we|(?:were|was) allowed|iff|if and only if"
    r"|only (?:if|for|when))\b"
)
"""Words by which an author does not claim the relations of a sentence, or claims more than they say."""
EQUIVALENT = "it is said to be equivalent to another relation"
ANSWER = re.compile(r"\b(?:final answer|answer|final result)(?: (?:is|therefore|then|thus|becomes))*\W*\Z")
"""Words before a formula that is the answer."""
NESTED = re.compile(
    r"\s*\\begin\s*\{((?:aligned|alignedat|gathered|split|array|[bpvBV]?matrix)\*?)\}.*[=<>]", re.DOTALL
)
"""An environment in a formula in which relations stand."""
JOINING = frozenset(", ; : ( ) and so thus hence therefore then which that this is we get have also or again".split())
"""Words over which a chain goes on."""
TAKEN_BACK = re.compile(
    r"(?:(?:verdict|answer|solution)? ?:? ?(?:false|wrong|incorrect|not true)\b|contradiction|no)\W*\Z"
    r"|(?:a |this )?contradict\w+|absurd"
    r"|(?:but |however |no |, )*(?:this|that|which|it) (?:is|was) (?:\w+ )?(?:wrong|false|incorrect|nonsense|a mistake"
    r"|not (?:true|correct|right))\b"
)
"""How a sentence takes back the one before it."""
STATED = re.compile(r"\b(?:independence|without correlations?|small|large)\b")
"""Words that do so in what a sentence assumes or declares, too."""
DOMAIN = re.compile(r"\s*(?:[(\[].*,.*[)\]]|\\(?:mathbb|R|left)\b.*)\s*", re.DOTALL)
"""A set on which relations hold."""
TURNED = re.compile(
    r"\b(?:in particular|(?:if|when|for|where) not|unless|except|not (?:hold|true|only|valid)|fails?|even when"
    r"|in general|likewise)\b"
)
"""Words after which the conditions of a sentence are not those of its relations."""
LAW = re.compile(
    r"(?:here,? |and )?(?:(?:a|an|the|each|every|all|both) )?[a-z \-]{0,40}⟦0⟧(?:(?:,| and|, and) ⟦0⟧)*,? "
    r"(?:is|are|has|have) (?=.*(?:\bi\.i\.d\b|\biid\b|\bindependent|\buncorrelated|\bmean\b|\bvariance\b|\brandom\b))"
    r"(?!.*\b(?:minimi|maximi|estimat|equal to|given by|then|so|of the|the (?:mean|variance))\w*).*"
)
"""A sentence that states the law of names; its formulas are ⟦0⟧."""
LOOSELY = re.compile(r"\\(?:approx|simeq|ll|gg|to|rightarrow|lesssim|gtrsim)(?![A-Za-z])|[≈≪≫→]")
"""Signs of conditions that hold only nearly."""
ENTRYWISE = re.compile(
    r"element-?wise|entry-?wise|component-?wise|coordinate-?wise|(?:entry|component|element) by|abuse of notation"
    r"|broadcast"
)
"""Words by which a formula may be meant entry by entry."""
STRUCK = re.compile(
    r"\\[bx]?cancel(?:to)?(?![A-Za-z])|_\s*\{\s*(?:\\(?:to|rightarrow|approx|ll)(?![A-Za-z])|\\text\s*\{[^{}]*"
    r"(?:neglig|small|ignor|drop|vanish|omit|zero|higher)[^{}]*\})"
)
"""Marks of a term that is left out."""
COPULA = re.compile(
    r"[\s,]*(?:here |simply |just |again )?(?:is|was|are|were|be|being|denotes?|stands?|equals?|means?"
    r"|represents?|refers?|abbreviates?|collects?|for)\b"
)
"""Words after a formula that say what it is."""
NAMING = re.compile(
    r"\b(?:call(?:ed|ing)?|denot(?:e|ed|ing)|abbreviat(?:e|ed|ing)|writ(?:e|ing)|wrote|named?|known|be)"
    r"(?: (?:it|this|that|them|by|as|the \w+))* *\Z"
)
"""Words before one."""
REASON = re.compile(r"\W*(?:by|using|since|because|as|from|due to|via|chain rule|product rule)\b", re.IGNORECASE)
DECLARING = frozenset("let define denote where introduce put consider write here with".split())
ASSUMING = frozenset("assume suppose assuming".split())
CLAIMING = frozenset(
    "then so hence thus therefore we get obtain follows yields gives since because note this it now using by which"
    " finally".split()
)
NEEDS_FORMULA = frozenset("with here write put consider where given".split())
CONDITIONAL = frozenset("for if when whenever at provided with".split())
CONDITIONAL_SIGN = re.compile(r"=|<|>|\\(?:[lg]eq?|neq?|in|[lg]t|sim|approx|simeq|ll|gg)\b|[≤≥≠∈∼≈≪≫]")
TYPING = frozenset(x for w in (*lexicon.NOUNS, *lexicon.ADJECTIVES) for x in w.lower().split()) | lexicon.HARMLESS
"""Words that say what a name is."""
VERBS = frozenset(
    """is are we get gives give have has costs needs contains equals becomes follows obtain yields this it that then
    so""".split()
)


_MEANS = re.compile(
    r"(?:⟦(\d+)⟧|\b(superscript|subscript|prime|juxtaposition)s?) (?:here |always |will |shall )?"
    r"(?:denotes?|means?|stands? for|represents?|refers? to|be|is short for|abbreviates) ([^.;]+)"
)
_SIGNS = {
    "superscript": r"\^\s*\{?\s*\d", "subscript": "_", "prime": "'", "juxtaposition": r"[A-Za-z]\s*[A-Za-z]",
}  # fmt: skip
_OPERATOR = re.compile(r"\\(?:circ|odot|otimes|oplus|times|cdot|star|ast|log|ln|lg|exp|det|tr|max|min)\b")
_USUAL = re.compile(
    r"element-?wise|entry-?wise|coordinate-?wise|component-?wise|hadamard|schur|euclid|l2|l_2|2-norm|two-norm|frobenius"
    r"|natural|base e|transpos|outer|kronecker|tensor|inner|matrix (?:product|multiplication)|multiplication|trace|dot"
    r"|determinant|derivative|differentiation|exponential|maximum|minimum|component|entr(?:y|ies)|element|coordinate"
    r"|ind(?:ex|ices)|time|step|sample|example"
)
"""Meanings that signs have anyhow."""


def renotated(plain: str, formulas: Sequence[str]) -> list[str]:
    """Patterns of notation to which a sentence gives a meaning of its own: "‖x‖ means the 1-norm".

    `plain` is the sentence in lower case, with ``⟦k⟧`` for its formulas.
    """
    out = []
    for m in _MEANS.finditer(plain):
        usual = _USUAL.search(m.group(3))
        if m.group(2):
            out += [] if usual else [_SIGNS[m.group(2)]]
        elif int(m.group(1)) < len(formulas):
            out += _patterns(formulas[int(m.group(1))], usual is not None)
    return out


def _patterns(formula: str, usual: bool) -> list[str]:
    letters = re.fullmatch(r"\s*([A-Za-z])\s*([A-Za-z])\s*", formula)
    if letters:
        return [rf"{letters.group(1)}\s*{letters.group(2)}"]
    if usual or re.search(r"=|\\in\b", formula):
        return []
    if re.search(r"\\\||\\[lr]?Vert\b|‖", formula):
        return [r"\\\||\\[lr]?Vert\b|‖"]
    return [re.escape(w) + r"(?![A-Za-z])" for w in _OPERATOR.findall(formula)]
