"""The words of the statement language, as tables: nouns and adjectives with what they declare, conventions.

A new phrasing is a new row.  What a word does to a name is said by short codes, which `declare.py` carries out.
"""

from __future__ import annotations

import re

WEAKENING = frozenset(
    """not never neither nor rarely hardly almost nearly approximately roughly asymptotically far smoothed smooth
    unnormalized unnormalised proportional logarithm log twice half difference leaky hard soft scaled shifted arc
    pairwise conditionally linearly mean-independent necessarily anything unlike plus minus columns discontinuous
    """.split()
)
"""Words that change what an adjective or a noun states."""
OTHER_SIGN = re.compile(r"\W*(?:d|D|mathcal\W*D|law|dist\w*|a\.?s\.?|p|P|w|hyp|[?!])\W*")
"""What stands over an equals sign that says less, or other, than equality."""
QUALIFYING = re.compile(
    r"\b(?:sorted|clipped|clamped|truncated|conditioned|censored|rounded|shuffled|permuted|reversed|quanti[sz]ed|masked"
    r"|plus|minus|times|divided|squared|cubed|rooted|inverse|inverted|reciprocals?|(?:multiple|average|product|square"
    r"|root|logarithm|power|opposite|transpose|negation|negative|half) of|up to|with (?:equal )?(?:probability|chance)"
    r"|otherwise|else|unless|except|apart|besides|aside from|semi-?definite|skew|anti-?symmetric"
    r"|(?:independent|i\.i\.d\.?|iid) given"
    r"|for (?:some|one|most|many|at least|almost|no|an?)(?= ⟦)|not|never|neither|nor|others?|approximately|roughly"
    r"|nearly|almost|only (?:if|when|for)|iff|either|instead|modulo|hypothetical\w*|no need"
    r"|complex|quaternions?|(?:linear )?maps|linear (?:map|operator|transformation)s?|operators|rotations?|jacobians)\b"
    r"|\b\w{2,} (?:if|when|whenever) ⟦|⟦\d+⟧,? or ⟦"
    r"|depend(?:s|ing|ent) (?:up)?on|decays?|decaying|var(?:ies|ying) with|computed (?:from|by|recur)"
    r"|recurrently|recursively"
    r"|(?:drawn|sampled) from a prior|(?:mean|sum|maximum|minimum|median|norm|gradient|derivative|inverse) of ⟦"
    r"|⟦\d+⟧ with (?:an? )?temperature|at (?:least|most)|(?:greater|less|larger|smaller) than|or (?:an? )?half"
    r"|for (?:the )?(?:integers?|primes?|odd|even|positive|negative|non-?negative|non-?zero) (?:\w+ )?⟦"
    r"|^(?:if|when|whenever|in case) ⟦[^.]*\b(?:set|put|let|define|take|choose)\b"
    r"|⟦\d+⟧ (?:if|when|whenever|as long as|provided)(?: that)? ⟦"
)
"""Words of a declaration that may change what its formulas and nouns say, wherever they stand in it."""
DESCRIBING = re.compile(
    r"\b(?:(?:l2[- ])?normali[sz]ed|unit[- ]length|basis|principal|distribution|softmax|attention weights|mixing|convex"
    r"|responsibilit\w+|hat matrix|projection|idempotent|identity|zero matrix|all[- ]ones|exchange|scatter"
    r"|auto-?correlation|correlation|covariance|gram|hessian|laplacian|adjacency|triangular|cholesky|zero-mean"
    r"|cent(?:er|re)ed|variance|count|length|rate|decay|standard deviation|sigmoid|tanh|relu|softplus|exponential"
    r"|absolute value|sign function|linear|stochastic|probabilit\w+|regulari[sz]ation parameter|commute|norm)\b"
)
"""Nouns and adjectives that say more of a name than its shape."""
ACTIVATIONS = (
    ("tanh", "tanh"), ("hyperbolic tangent", "tanh"), ("relu", "relu"), ("rectified linear unit", "relu"),
    ("rectifier", "relu"), ("softplus", "softplus"), ("gelu", "gelu"), ("silu", "silu"), ("swish", "silu"),
    ("logistic", "sigmoid"), ("sigmoid", "sigmoid"), ("logistic sigmoid", "sigmoid"),
)  # fmt: skip
"""Words for functions of the book."""
FUNCTIONS = tuple(word for word, _ in ACTIVATIONS)
NOUNS: dict[str, tuple[str, ...]] = {
    # numbers
    "real number": ("real",), "real numbers": ("real",), "real": ("real",), "reals": ("real",), "number": ("real",),
    "numbers": ("real",), "scalar": ("real",), "scalars": ("real",), "constant": ("real",), "constants": ("real",),
    "real constant": ("real",), "parameter": ("real",), "parameters": ("real",), "hyperparameter": ("real",),
    "coefficient": ("real",), "coefficients": ("real",),
    "learning rate": ("real", "likely-positive"), "step size": ("real", "likely-positive"),
    "weight decay": ("real", "likely-positive"),
    "momentum coefficient": ("real", "likely-chance"), "dropout rate": ("real", "likely-chance"),
    "weight decay coefficient": ("real",),
    "temperature": ("real", "likely-positive"), "probability": ("real", "likely-chance"),
    "accuracy": ("real", "likely-chance"), "variance parameter": ("real", "likely-positive"), "slope": ("real",),
    "negative slope": ("real",),
    "integer": ("int",), "integers": ("int",), "natural number": ("int", "positive"),
    "natural numbers": ("int", "positive"),
    "positive integer": ("int", "positive"), "positive integers": ("int", "positive"),
    "nonnegative integer": ("int", "nonnegative"), "non-negative integer": ("int", "nonnegative"),
    "dimension": ("int", "positive"), "dimensions": ("int", "positive"), "number of": ("int", "positive"),
    "batch size": ("int", "positive"), "index": ("int",), "width": ("int", "positive"),
    # tensors
    "vector": ("rank1",), "vectors": ("rank1",), "column vector": ("rank1",), "row vector": ("rank1", "row"),
    "standard deviation": ("real", "nonnegative"),
    "matrix": ("rank2",), "matrices": ("rank2",), "square matrix": ("rank2", "square"), "weight matrix": ("rank2",),
    "data matrix": ("rank2",), "weight vector": ("rank1",), "bias vector": ("rank1",), "input vector": ("rank1",),
    "identity matrix": ("rank2", "square", "identity"), "identity": ("rank2", "square", "identity"),
    "logits": ("rank1",), "embedding": ("rank1",), "hidden state": (), "input vectors": ("rank1",),
    "probability vector": ("rank1", "distribution"), "probability distribution": ("rank1", "distribution"),
    "distribution": ("law",),
    "one-hot vector": ("rank1", "one-hot"), "unit vector": ("rank1", "unit"),
    "unit vectors": ("rank1", "unit"),
    "permutation matrix": ("rank2", "square", "permutation"),
    "standard basis vector": ("basis",), "basis vector": ("basis",), "unit basis vector": ("basis",),
    # functions
    "function": ("function",), "functions": ("function",), "activation function": ("function",), "activation": (),
    **{f"{word}{kind}": (f"named:{f}",) for word, f in ACTIVATIONS for kind in ("", " function", " activation",
       " activation function", " nonlinearity", " non-linearity")},
    # randomness
    "random variable": ("random",), "random variables": ("random",), "random": ("random",), "rv": ("random",),
    "random vector": ("random", "rank1"),
    "bernoulli": ("random", "bernoulli"), "bernoulli variable": ("random", "bernoulli"),
    "bernoulli variables": ("random", "bernoulli"), "bernoulli random variable": ("random", "bernoulli"),
    "bernoulli random variables": ("random", "bernoulli"), "bernoulli distributed": ("random", "bernoulli"),
}  # fmt: skip
ADJECTIVES: dict[str, tuple[str, ...]] = {
    "positive": ("positive",), "nonnegative": ("nonnegative",), "non-negative": ("nonnegative",),
    "negative": ("negative",),
    "nonzero": ("nonzero",), "non-zero": ("nonzero",), "symmetric": ("symmetric",), "orthogonal": ("orthogonal",),
    "invertible": ("invertible",), "nonsingular": ("invertible",), "positive definite": ("positive-definite",),
    "positive-definite": ("positive-definite",), "non negative": ("nonnegative",),
    "non zero": ("nonzero",),
    **{f"{sign}{dash}{kind}": ("unread",) for sign in ("positive", "negative") for dash in (" ", "-")
       for kind in ("semidefinite", "semi-definite", "semi definite")},
    "nonnegative definite": ("unread",), "non-negative definite": ("unread",),
    "negative definite": ("unread",), "negative-definite": ("unread",), "skew symmetric": ("unread",),
    "skew-symmetric": ("unread",), "antisymmetric": ("unread",), "anti-symmetric": ("unread",),
    "symmetric positive definite": ("symmetric", "positive-definite"),
    "one-hot": ("one-hot", "rank1?"), "one-hot encoded": ("one-hot", "rank1?"), "diagonal": ("unread",),
    "differentiable": ("function?",), "twice differentiable": ("function?",), "smooth": ("function?",),
    "continuously differentiable": ("function?",),
    "convex": ("convex",), "even": ("even",), "odd": ("odd",), "increasing": ("increasing",),
    "strictly increasing": ("increasing",),
    "independent": ("independent",), "mutually independent": ("independent",), "i.i.d.": ("iid",), "iid": ("iid",),
    "i.i.d": ("iid",),
    "independent and identically distributed": ("iid",), "uncorrelated": ("uncorrelated",),
    "identically distributed": (),
    "symmetric about zero": ("symmetric-law",), "symmetric around zero": ("symmetric-law",),
    "symmetrically distributed about zero": ("symmetric-law",),
    "symmetric about 0": ("symmetric-law",), "symmetrically distributed around zero": ("symmetric-law",),
    "zero-mean": ("mean-zero",), "zero mean": ("mean-zero",), "mean-zero": ("mean-zero",),
    "unit variance": ("variance-one",), "variance 1": ("variance-one",),
    "mean zero": ("mean-zero",), "mean 0": ("mean-zero",),
    "variance one": ("variance-one",),
    "full column rank": ("full-column-rank",), "full rank": ("unread",), "elementwise": (), "distinct": ("unread",),
}  # fmt: skip
TELLING = frozenset(
    """hessian hessians covariance fisher gram laplacian adjacency projection projections projector projectors kernel
    kernels affine permutation correlation stochastic doubly centering householder rotation banded sparse
    mixture mixing idempotent nilpotent normal unitary hermitian graph undirected""".split()
)
"""Words after "be" from which a reader knows more of a matrix, a vector or a function than is read."""
HARMLESS = frozenset(
    """a an the of its their his our and or all some any each every two three four several given fixed arbitrary
    following same usual standard respective corresponding network layer layers unit units hidden state states input
    inputs output outputs bias biases weight weights target targets label labels loss function losses residual residuals
    data point points sample samples feature features prediction predictions class classes model logits logit score
    scores activation activations pre-activation pre-activations preactivation gradient gradients cost objective error
    errors step steps time times unknown known real-valued scalar-valued number count size length prior posterior
    likelihood variables variable mean decoder encoder training where here regularisation regularization strength
    coefficient coefficients rate momentum values value parameters parameter trainable neural recurrent linear affine
    map layerwise observation observations noise as for on in to query key keys queries normalised normalized vectors
    matrices matrix vector also respectively denote denotes both update rule sequence sequences embedding embeddings
    token tokens variance covariance expectation threshold margin penalty kernel kernels stride strides padding filter
    filters sizes base baseline reward entries entry components component elements element coordinates""".split()
)
"""Words that name things of the field and carry no assumption."""

CORE = (
    {x for w in (*NOUNS, *ADJECTIVES) for x in w.lower().split()}
    | (HARMLESS - frozenset("sample samples prior posterior or its likelihood noise error errors score scores".split()))
    | frozenset(
        """with is are be has have that which of mean variance zero unit mutually jointly identically distributed
        i.i.d iid size length entries component components sum-to-one own common same i j k n m d and each from
        random drawn standard one two three applied acting elementwise entrywise by entry
        componentwise function""".split()
    )
) - {"non"}
"""Words of a noun phrase that leave a property in it what it is."""
CUES = {
    "let": "let", "consider": "let", "given": "let", "define": "let", "set": "let", "denote": "let", "where": "let",
    "with": "let", "here": "let", "assume": "fact", "suppose": "fact", "since": "fact", "assuming": "fact",
    "if": "fact",
    "such that": "fact", "put": "let", "take": "let", "write": "let", "we write": "let", "call": "let",
    "we call": "let", "we put": "let", "we define": "let", "we set": "let",
    "we consider": "let",
    "and let": "let", "having": "let", "we let": "let", "we denote": "let", "we assume": "fact", "we suppose": "fact",
    "moreover": "let",
    "also": "let", "furthermore": "let", "finally": "let", "again": "let", "now": "let", "when": "fact",
    "recall": "let",
    "using": "let", "we use": "let", "we have": "let", "use": "let", "introduce": "let", "further": "let",
    "then": "let", "in which": "let",
}  # fmt: skip
ASKING = frozenset(
    """of in terms term the a an and or for with respect to that is are as function functions on about under it its both
    this these be by at when where if we have holds hold equals equal equation identity relation following given one
    each every all any value values expression expressions formula formulas form forms closed closed-form explicit
    explicitly
    exact exactly simplest simple simplified component components entry entries element elements only just using
    through means result results answer answers quantity quantities left right hand side sides your name names new
    after single first then also again briefly now numerically analytically symbolically analytic analytical total
    partial full whole directly such so do does not use without sum words i.e namely respectively resulting
    corresponding variable variables parameter parameters weight weights bias biases loss losses cost error objective
    function's loss's learning rate step size gradient-descent gd sgd gradient descent during from point points
    evaluated particular general every index indices between over into out what how many much which r""".split()
)
"""Words of a question that change nothing of what is asked for."""
PLAINLY_ASKED = frozenset(
    "value values closed form closed-form expression formula expression components component sum".split()
)
"""Operations that only ask for the thing itself."""
GOALS: dict[str, str] = {
    "derive": "derive", "find": "derive", "compute": "evaluate", "calculate": "evaluate", "determine": "derive",
    "what is": "derive",
    "what are": "derive", "give": "derive", "state": "derive", "express": "derive", "write down": "derive",
    "write": "derive", "obtain": "derive",
    "evaluate": "evaluate", "simplify": "simplify", "show": "show", "prove": "show", "verify": "show",
    "conclude": "show", "work out": "derive",
    "differentiate": "differentiate", "solve": "solve", "choose": "solve", "minimise": "minimise",
    "minimize": "minimise",
    "which of the following": "choices", "which of these": "choices", "which": "choices", "check that": "show",
    "confirm that": "show",
}  # fmt: skip
OPERATIONS: dict[str, str] = {
    "gradient": "gradient", "derivative": "derivative", "partial derivative": "derivative",
    "partial derivatives": "derivative", "derivatives": "derivative", "jacobian": "jacobian",
    "hessian": "hessian", "second derivative": "second-derivative", "mean": "mean", "expectation": "mean",
    "expected value": "mean", "variance": "variance",
    "covariance": "covariance", "limit": "limit", "minimiser": "minimiser", "minimizer": "minimiser",
    "update rule": "update", "update": "update",
    "gradient descent update": "update", "value": "evaluate", "values": "evaluate", "closed form": "simplify",
    "closed-form expression": "simplify",
    "expression": "derive", "formula": "derive", "components": "derive", "component": "derive",
    "sum": "evaluate",
}  # fmt: skip
OF_LAWS: dict[str, str] = {
    "kl divergence": "kl", "kl-divergence": "kl", "kullback-leibler divergence": "kl",
    "kullback leibler divergence": "kl",
    "relative entropy": "kl", "divergence": "kl", "differential entropy": "entropy", "entropy": "entropy",
}  # fmt: skip
"""What may be asked of laws; beside another operation these are nouns: "the derivative of the KL divergence"."""
CONVENTIONS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"repeated ind(ex|ices) (are|is) summed.*", "summation"),
        (r"(?:we use )?(?:the )?(?:einstein )?summation convention.*", "summation"),
        (r".*vectors are rows.*|.*row vectors throughout.*|.*vectors are row vectors.*", "rows"),
        (r".*vectors are columns?.*|.*vectors are column vectors.*", "columns"),
        (r".*denominator layout.*", "denominator-layout"),
        (r".*numerator layout.*", "numerator-layout"),
        (r".*(?:log(?:arithm)?s?\b|⟦\d+⟧).* (?:to|of|have|has) base (?:2|two|⟦\d+⟧).*", "log2"),
        (r".*natural log.*", "natural-log"),
        (
            (
                r".*acts? (?:elementwise|entrywise|entry by entry|componentwise|coordinatewise).*"
                r"|.*applied (?:elementwise|entrywise|componentwise).*"
            ),
            "elementwise",
        ),
    )
)
CONVENTIONS_WITH_FORMULAS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"(?:we )?(?:set|define|use|take)? ?(?:the convention )?⟦\d+⟧", "kink"),
        (r"(?:all )?terms that do not depend on ⟦\d+⟧ are (?:treated as )?constants?", "constant-terms"),
        (
            r"(?:repeated ind(?:ex|ices) (?:are|is) summed; )?⟦\d+⟧(?:(?:,| and) ⟦\d+⟧)* (?:are|is) not summed",
            "not-summed",
        ),
    )
)
DENYING = re.compile(r"\b(?:not|never|without|neither|rather than|instead of|unlike|don't|doesn't|isn't)\b")
"""Words by which a convention is not in force."""
OF_CONVENTIONS = frozenset(
    """we use the einstein summation convention conventions repeated index indices are is summed over throughout here
    all every each any vectors gradients gradient in numerator denominator layout rows row columns column log
    logs logarithm logarithms natural to of base two have has with act acts applied being elementwise entrywise
    componentwise coordinatewise entry by as and this these sheet exercise exercises question questions below
    following document notes note otherwise unless stated said on from implied implicitly twice appearing appear
    that which where so for functions function nonlinearity nonlinearities activation nonlinear power powers its
    own entropy information bits measured taken understood always assume assumed write written denotes means be
    our vector it they both it's adopt adopted follow used jacobian jacobians derivatives derivative arranged
    laid out also section let meaning if twice occurs occur term product inputs arguments argument square roots
    exponentials exponential a one no number""".split()
)
"""Words of sentences that put conventions in force; not "only", "off", "sometimes", "in the code"."""
CONTENTS = {"kink": (r"'\s*\(\s*-?\d+\s*\)\s*=\s*-?(?:\d|\\frac|\\tfrac)",)}
"""What the formulas of a convention must say."""


def denied_convention(plain: str) -> bool:
    """Whether a sentence says that a convention is not in force, or only somewhere ("in the code only")."""
    if any(p.fullmatch(plain) for p, _ in CONVENTIONS_WITH_FORMULAS):
        return False
    named = {name for p, name in CONVENTIONS if p.fullmatch(plain)}
    if not named:
        return False
    words = [] if named == {"elementwise"} else re.findall(r"[a-z][a-z'\-]*", plain)
    return DENYING.search(plain) is not None or any(w not in OF_CONVENTIONS | HARMLESS for w in words)


def normal(text: str) -> str:
    """Words as the tables hold them."""
    return re.sub(r"\s+", " ", text.lower()).strip()
