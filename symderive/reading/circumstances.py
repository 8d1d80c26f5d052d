"""Circumstances: what the words of a sentence may say of when its relations hold.

"Near zero", "for Gaussian $x$", "since both have norm one", "no bias:", "WLOG": a relation is called wrong only if
every word of its sentence is known to say nothing of when it holds, and no clause or phrase of words alone may.  The
marker is given the first word, or phrase, of which that is not known.  Nothing is proved by words.
"""

from __future__ import annotations

import re

FORMULA = "§"
CLAUSES = frozenset("if when whenever wherever provided once until till while unless assuming supposing".split())
"""Words that begin a clause, which is a condition: it is read where it is a formula."""
REASONS = frozenset("since because as although though given where".split())
"""Words that begin a clause that gives a reason."""
WITHIN = frozenset(
    "at with under after before during within beyond outside inside except upon throughout along".split()
)
"""Words that begin a phrase of when something holds."""
ALWAYS = frozenset("near nearby around modulo without either depending".split())
"""Words that always say it."""
IDIOMS = re.compile(
    r"\b(?:with respect to|with (?:the |this |these |that |our |its )?(?:chain |product |quotient |sum |power )?"
    r"(?:rules?|definitions?|notation|result|identity|formula|abbreviations?)"
    r"|at (?:most|least|last|once|hand|first|all|the end|this (?:point|stage|step))|at (?=§)"
    r"|at (?:step|time|layer|iteration) (?=§)"
    r"|(?:after|before) (?:simplif\w+|expan\w+|rearrang\w+|cancel\w+|substitut\w+|differentiat\w+|some|a few|we|that"
    r"|this|multipl\w+|insert\w+|collect\w+|combin\w+)"
    r"|as (?:before|required|claimed|desired|expected|above|follows|usual|shown|seen|well|stated|wanted|needed|promised"
    r"|a|an|the|we|you|it|in|to|is|was|already|noted|mentioned|§)"
    r"|(?:if|when|once|since|because|while|where) (?:we|you|one)|where"
    r"|within (?:the|this) (?:sum|bracket|brackets|product)|inside the (?:sum|brackets?|logarithm|exponent|function)"
    r"|outside the (?:sum|bracket|brackets)"
    r"|once (?:more|again)|along the (?:way|graph|path|chain)|under the (?:sum|root|integral|square root))\b"
)
"""Phrases that say nothing of it."""
LABEL = re.compile(
    r"^\W*(?:on|off|(?:(?:left|right|upper|lower|positive|negative|first|second|other) )?(?:half|side|branch|part))\s*:"
    r"|^\W*(?:true|other|correct|wrong|same|different|right|target) (?:class|label|case|index|word|token|entry)"
    r"\W*(?:§|:)"
    r"|^\W*(?:[a-z]+ )?(?:label|class|target|state|bit|mode|type)s? (?:\d|one|zero|true|false)\b"
)
ROUTE = re.compile(
    r"\b(?:(?:through|along|via|by) (?:the|this|that|one|its) (?:\w+ )?(?:path|branch|route|skip|gate)"
    r"|(?:on|in) (?:the )?(?:average|expectation|distribution|probability|mean|law))\b"
)
"""Phrases of plain words that say it all the same."""
ASIDES = re.compile(
    r"\b(?:assum\w+|suppos\w+|independen\w+|uncorrelated|symmetric|orthogonal|orthonormal|diagonal|invertible"
    r"|commut\w+"
    r"|(?:unit|norm) (?:length|norm|vectors?|variance|one)|normali[sz]ed|cent(?:red|ered)|without"
    r"|(?:mean|bias|biases) (?:is|are) zero|zero[ -]mean|omit\w*|ignor\w*|drop|dropping|neglect\w*|standardi[sz]ed"
    r"|whitened|tied|frozen|one-hot|distinct|different ind\w+|different (?=§)|vanish\w*|append\w*|augment\w*|absorb\w*"
    r"|prepend\w*|replac\w+|redefin\w+|renam\w+|subtract\w*|clip\w*|sums? (?:up )?to|adds? (?:up )?to|unit \w+"
    r"|depends? (?:on|only on) (?:the sign|whether|which)|cross product|even|odd"
    r"|(?:is|are|be|equals?) (?:one|zero|unit|equal|constant|true|false|1|0)"
    r"|positive|non-?negative|negative|elementwise|modulo)\b"
)
"""Words of a sentence without formulas that may say for what those after it hold."""
HEADED = re.compile(
    r"\b(?:orthogonal|orthonormal|unit|symmetric|independent|uncorrelated|diagonal|invertible|positive|negative|special"
    r"|zero[ -]mean|cent(?:er|r)ed|normali[sz]ed|standardi[sz]ed|whitened|one-hot|noiseless)"
    r" (?:case|vectors?|inputs?|matri\w+|weights?|data|variables?|noise|regime|targets?|labels?)\b"
    r"|\b(?:wrong|false|incorrect|mistakes?|fallac\w+|pitfalls?|errors?|myths?|not true|counterexamples?)\b"
)
"""Words of a heading that may say for what all that stands under it holds."""
LASTING = frozenset(("assumption", "remark", "note", "notation", "convention", "setup", "setting", "hypothesis"))
"""Environments whose words may hold for all that stands below them."""
LASTING_TITLE = re.compile(r"\b(?:notation|set-?up|assumptions?|conventions?|preliminar\w+|setting)\b", re.IGNORECASE)
LASTS = re.compile(r"\b(?:assum\w+|suppos\w+|throughout|always|unless|henceforth|from now on|in what follows|wlog)\b")
STATES = re.compile(r"\b(?:is|are|was|were|has|have|vanish\w*|fires?|means?)\b|^\W*(?:consider|suppose|take)\b")
"""Words of a sentence that states something, or brings in a special case."""
PARTICLES = frozenset(
    """a an the of its their his our my your this that these those it they them which what who here there now then so
    hence thus therefore and or but also both together again already just even still yet too very much more most
    less least than about over out off up down back through into onto from by in on to for at as with if where
    when is are was were be been being am has have had having do does did doing can could may might will would
    shall should must need let us we you i one two three four five six seven eight nine ten eleven twelve first
    second third fourth last next previous other another same each every all any some such only either none zero
    minus plus times twice half per via i.e e.g cf eq eqs eqn fig sec let's it's that's we've we're don't
    further finally furthermore moreover indeed similarly likewise consequently accordingly equivalently namely
    simply clearly obviously directly immediately explicitly easily respectively analogously evidently trivially
    exactly precisely firstly secondly thirdly lastly additionally actually really fully completely compactly
    numerically subsequently specifically concretely alternatively correspondingly naturally ultimately
    certainly mainly particularly especially previously symbolically algebraically analytically briefly shortly
    separately slowly quickly equally differently remarkably surprisingly interestingly importantly notably
    crucially sadly luckily however because since well way far long short whole full own well-known element-wise
    elementwise entrywise componentwise straightforward easy hard nice good simple clear new old right left true
    correct wanted desired following above below before after general total particular practice words word fact
    turn summary instance example examples detail details hand hands side sides lhs rhs left-hand right-hand
    respect regard terms term place point points end start beginning step steps line lines row rows column
    columns part parts piece pieces stage time moment look""".split()
)
"""Words that bind a sentence together, or count."""
STEMS = frozenset(
    """recall remember consider call comput calculat evaluat differentiat integrat expand factor factoris factoriz
    simplif simplify cancel combin collect group insert plug substitut replac rewrit writ express obtain get
    gett find see not observ notic conclud deduc infer deriv follow impl imply lead arriv yield giv produc
    return leav remain becom turn reduc amount equal coincid agree match correspond denot represent stand mean
    appl apply us employ invok want show prov verif verify check confirm establish claim assert stat know
    understand look think start begin beginn finish end stop continu proceed go com mov bring pull push tak put
    putt set sett mak carr carry perform work read add subtract multipl multiply divid square sum count enter
    appear occur contain includ involv consist depend vary chang grow rais lower shift split separat join merg
    transpos invert solv bound estimat compar relat link connect refer quot cit repeat iterat unroll accumulat
    propagat flow pass run feed cost require requir demand ask answer explain describ illustrat summaris
    summariz introduc defin declar abbreviat name label order sort list keep hold hand point help try tri thank
    worth trick decompos telescop regroup rearrang reorder reindex stack concatenat unfold broadcast learn train
    backpropagat reach meet share map sees puts flip halv doubl land bend scor weight""".split()
)
"""Stems of verbs that say what is done, or what follows."""
NOUNS = frozenset(
    """identity identities equation equations formula formulas formulae expression expressions result results answer
    solution term terms factor factors sum sums product products quotient difference differences ratio ratios
    power powers root square squares exponent exponents logarithm log logs exponential derivative derivatives
    differential gradient gradients slope slopes jacobian hessian rate value values number numbers quantity
    quantities amount variable variables parameter parameters coefficient coefficients index indices function
    functions matrix matrices vector vectors scalar scalars tensor entry entries element elements component
    components coordinate coordinates trace determinant inverse transpose length size sizes dimension dimensions
    shape shapes question exercise task problem method approach technique rule rules chain theorem lemma
    proposition corollary definition definitions notation symbol symbols letter letters proof argument arguments
    reason idea observation remark comment conclusion statement calculation computation algebra arithmetic
    pre-activation pre-activations preactivation preactivations
    calculus linearity induction inspection convention layer layers network networks neuron neurons unit units
    weight weights bias biases activation activations input inputs output outputs hidden state states target
    targets label labels loss losses cost objective error errors residual residuals update updates iteration
    iterations epoch batch mini-batch minibatch sample samples data class classes model models prediction
    predictions probability probabilities likelihood log-likelihood likelihoods density densities log-density
    entropy divergence cross-entropy moment moments expectation mean variance logits logit score scores feature
    features kernel filter filters channel channels stride padding receptive field map maps head heads query key
    token tokens embedding embeddings decoder encoder attention posterior prior evidence bound curve graph path
    paths node nodes edge branch pieces numerator denominator bracket brackets parenthesis parentheses summand
    summands series sequence recursion recurrence polynomial fraction integrand integral weighted code
    statistics average averages total curvature inflection complement correction descent forward backward
    backwards pass backpropagation backprop reverse simplification substitution expansion differentiation
    integration multiplication division addition subtraction cancellation comparison manner fashion vein clarity
    convenience brevity reference contrast analogy verification check rest remainder leading perceptron dense
    linear recurrent geometric quadratic convolution convolutional pooling momentum learning velocity real reals
    integer integers natural complex scalar-valued optimiser optimizer algorithm memory sigmoid softmax tanh
    relu logistic softplus swish gelu derivative's loss's bit bits byte bytes form forms width minimum maximum
    optimum rows diagonal threshold sign signs interval normal corner""".split()
)
"""Words that name things of the field, as what is spoken of."""
KINDS = frozenset("sigmoid softmax tanh relu logistic softplus swish gelu linear recurrent complex".split())
"""Words of them that say, after "for" or "in", for what something holds."""
_WORD = re.compile(rf"[a-zà-ÿ][a-zà-ÿ'\-]*(?:\.[a-z])*|{FORMULA}|\d+|[.,;:()]")
_ENDINGS = ("", "s", "es", "d", "ed", "ing", "e", "ies", "ied", "ying", "y", "t", "te", "tes", "ting", "ted")


def headed(title: str) -> list[str]:
    """What a heading may say of all that stands under it."""
    found = HEADED.search(title.lower())
    return [] if found is None else [f"the heading: {found.group()}"]


def lasting(kind: str, title: str, text: str) -> list[str]:
    """What an environment or a section may say of all that stands below it ("Notation", "Assumption")."""
    if kind not in LASTING and not LASTING_TITLE.search(title):
        return []
    found = LASTS.search(text.lower()) or ASIDES.search(text.lower())
    return [] if found is None else [f"what stands above: {found.group()}"]


def circumstance(sentence: str) -> str:
    """The first words of a sentence that may say when its relations hold; empty if there are none.

    `sentence` is in lower case, with `FORMULA` for each formula.
    """
    if m := LABEL.match(sentence) or ROUTE.search(sentence):
        return m.group().strip()
    if f"{FORMULA} or {FORMULA}" in re.sub(r"\s+", " ", sentence):
        return "or"
    words = _WORD.findall(IDIOMS.sub(" , ", sentence))
    for k, w in enumerate(words):
        if w in ALWAYS or not (w == FORMULA or w in ".,;:()" or w.isdigit() or is_plain(w) or _describes(words, k)):
            return w
        if words[k : k + 2] == ["up", "to"] and not (k and words[k - 1].startswith(("add", "sum"))):
            if words[k + 2 : k + 3] not in (["terms"], ["additive"], ["constants"], ["a"], ["an"], ["some"]):
                return "up to"
        following = words[k + 1] if k + 1 < len(words) else ","
        plain = following == FORMULA or following in ".,;:()"
        if w in CLAUSES | REASONS | WITHIN and not plain and not _has_formula(words[k + 1 :], w in WITHIN):
            return f"{w} {following}"
        if w in ("for", "in", "under", "with") and any(x in KINDS for x in words[k + 1 : k + 3]):
            return f"{w} {following}"
    return ""


def _describes(words: list[str], k: int) -> bool:
    """Whether a word only describes the thing that is spoken of: "the oldest gradient", but not "for the …"."""
    before, after = words[max(0, k - 2) : k], words[k + 1 : k + 2]
    article = before[-1:] in (["the"], ["its"], ["our"], ["this"])
    within = before[:1] and before[0] in CLAUSES | REASONS | WITHIN | {"for", "in", "by", "under"}
    return article and not (len(before) == 2 and within) and bool(after) and after[0] in NOUNS


def _has_formula(words: list[str], near: bool) -> bool:
    """Whether a formula stands in a clause, or soon in a phrase: it is read as what holds there."""
    reach = 4 if near else len(words)
    for w in words[:reach]:
        if w in ".,;:()" or w == "then":
            return False
        if w == FORMULA:
            return True
    return False


def is_plain(word: str) -> bool:
    """Whether a word says nothing of when a relation holds."""
    if word in PARTICLES or word in NOUNS or word in CLAUSES or word in REASONS or word in WITHIN:
        return True
    return any(word.endswith(end) and word[: len(word) - len(end)] in STEMS for end in _ENDINGS)
