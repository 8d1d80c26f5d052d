"""Circumstances: what the words of a sentence say of when its relations hold.

"Near zero", "for Gaussian $x$", "if the weights are tied", "asymptotically": only what is known to say nothing of when
a relation holds ("in general", "by the chain rule", "if $x > 0$", whose condition is read elsewhere) is passed over.
What is left is given to the marker, which then does not call a relation wrong.  Nothing is proved by words.
"""

from __future__ import annotations

import re

from symderive.reading.statements import lexicon

FORMULA = "§"
CLAUSES = frozenset(
    "if when whenever wherever provided once until till while unless assuming supposing given where as"
    " because since although though".split()
)
"""Words that begin a clause, which ends at a comma or at "then"."""
REASONS = frozenset("because since as although though".split())
PHRASES = frozenset(
    "for in at on with under within during after before outside inside beyond among amongst"
    " between across towards toward above below upon throughout along except away to".split()
)
"""Words that begin a phrase, which ends at a formula, a verb or a comma."""
NEARLY = frozenset("near nearby around modulo without".split())
"""Words that always say it."""
VERBS = frozenset(
    "is are was were be been we get gives give have has equals becomes become follows follow obtain yields yield"
    " this it that then so hence thus therefore which implies imply holds reads read means mean find see note know"
    " conclude simplifies reduces denotes let and but or".split()
)
PLAIN = frozenset(
    """three four five six seven eight nine ten eleven twelve sign signs act acts applied applies elementwise entrywise
    general total particular practice words word short summary fact other turn case cases matrix form forms full
    vector terms term usual way leibniz lagrange newton notation closed place detail details compact components
    component coordinates index indices instance example examples any all each every both either the a an of its
    their his our your this that these those same one two three first second third last next previous left right
    hand side sides left-hand right-hand lhs rhs end most least once line lines step steps point points equation
    equations eq eqn display formula formulas formulae expression definition definitions above below before
    following again respect regard i j k l m n t s d x y z w b h q u v entry entries element elements row rows
    column columns diagonal required claimed expected desired well follows sum product result check consequence
    corollary lemma theorem proposition claim proof remark exercise question problem part seen mentioned shown
    said noted stated wanted needed here there now more less further sample samples batch mini-batch minibatch
    dataset data-set data set is are was were be we have has had it they which them do does did not only obtain
    get need want use used write written put call called compute computing find order derivative derivatives
    gradient gradients jacobian hessian function functions rule rules quotient power chain identity identities
    linearity symmetry induction inspection convention hands long verify verification see show prove simplify
    keep zero numbers number hidden output input outputs inputs network networks layer layers unit units loss
    losses cost model models update updates iteration iterations class classes true correct scalar scalars
    matrices vectors real reals integer integers natural complex complete completeness per if when then than for
    in at on with under over by from into and or to as so but also together fixed given arbitrary some such
    suitable clarity convenience brevity simplicity reference later ease comparison contrast addition analogy
    analogous similar similarly moment reason reasons manner fashion vein stage argument summarize summarise
    factor factors summand summands bracket brackets parentheses exponent exponents numerator denominator
    forward backward pass backpropagation backprop calculation computation derivation start beginning""".split()
)
"""Words that say nothing of when a relation holds."""
MANNER = frozenset(
    """similarly finally consequently accordingly equivalently namely only simply clearly obviously directly
    immediately explicitly easily respectively analogously evidently trivially exactly precisely firstly
    secondly thirdly lastly additionally actually really fully completely compactly numerically element-wise
    elementwise entrywise componentwise coordinatewise supply apply multiply imply reply early family rely
    comply assembly subsequently specifically concretely alternatively correspondingly straightforwardly
    naturally ultimately conversely certainly likely mainly particularly especially previously symbolically
    algebraically analytically briefly shortly separately slowly quickly equally twofold differently sadly
    luckily thankfully remarkably surprisingly interestingly importantly notably crucially collectively mutually
    mechanically""".split()
)
"""Words in -ly that say nothing of it either."""
AT_HEAD = re.compile(r"(?:^\W*|[,;:]\s*|\b(?:so|and|then|now|hence|thus|therefore) )([a-z\-]+ing)\b")
CALCULATING = frozenset(
    """setting adding multiplying taking combining using subtracting plugging dividing substituting writing solving
    expanding differentiating inserting summing simplifying rearranging collecting factoring factorising
    factorizing applying comparing computing calculating evaluating putting completing recalling noting
    observing continuing proceeding cancelling canceling integrating transposing squaring inverting unrolling
    iterating starting beginning working going reading following letting doing replacing stacking concatenating
    gathering grouping pulling moving bringing moreover returning repeating shifting normalising normalizing
    telescoping splitting separating defining denoting introducing according during everything nothing something
    anything remembering regrouping reordering reversing reindexing unfolding broadcasting padding embedding
    learning kaiming training being having string thing bring king spring""".split()
)
"""What one does to an equation, or the name of something."""
_WORD = re.compile(rf"[a-zà-ÿ½][a-zà-ÿ'\-]*|{FORMULA}|[.,;:()]")


def circumstance(sentence: str) -> str:
    """The first words of a sentence that may say when its relations hold; empty if all of them are plain.

    `sentence` is in lower case, with `FORMULA` for each formula.
    """
    words = _WORD.findall(sentence)
    for k, w in enumerate(words):
        if w in NEARLY:
            return w
        if w in CLAUSES or w in PHRASES:
            found = _unknown(words[k + 1 :], clause=w in CLAUSES) if w not in REASONS else ""
            if found:
                return f"{w} … {found}" if found != words[k + 1] else f"{w} {found}"
        if w.endswith("ly") and w not in MANNER and w not in _KNOWN:
            return w
    for m in AT_HEAD.finditer(sentence):
        if m.group(1) not in CALCULATING and m.group(1) not in _KNOWN:
            return m.group(1)
    return ""


def _unknown(words: list[str], *, clause: bool) -> str:
    """The first word of a clause or phrase that is not plain."""
    for w in words:
        if w in ".,;:()" or w == "then" or (not clause and (w == FORMULA or w in VERBS)):
            return ""
        if w != FORMULA and w not in _KNOWN:
            return w
    return ""


_KNOWN = PLAIN | {x for w in lexicon.NOUNS for x in w.lower().split()} | lexicon.HARMLESS | VERBS | CALCULATING | MANNER
