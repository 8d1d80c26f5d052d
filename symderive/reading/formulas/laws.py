r"""Laws as they are written, ``\mathcal{N}(μ, σ²)`` and ``Bernoulli(p)``: their densities, divergences and entropies.

A mean under a normal law is written over one standard normal number ε, as z = μ + σ ε; a normal vector with a
diagonal covariance has independent entries.  Nothing here says of a *name* that it has a law: that is `declare.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symderive.kernel.context import Name
from symderive.kernel.shapes import Shape, same_shape
from symderive.kernel.terms import ONE, TRUE, ZERO, Term, abstract, bound, make, num, sym
from symderive.reading.formulas.errors import ReadingError
from symderive.reading.formulas.factors import Taken, el_value, opens_arguments, postscript, strip_scripts
from symderive.reading.formulas.lexer import Leaf
from symderive.reading.formulas.names import Meaning, Names, loose, spell
from symderive.reading.formulas.surface import Node, Surface
from symderive.reading.formulas.symbols import items, label, peel, unwrap

if TYPE_CHECKING:
    from symderive.reading.formulas.elaborate import Elaborator, Factor, Value

STANDARD = "εˢ"
"""The standard normal number over which divergences between normal laws are means."""
ENTROPIES = frozenset("Hℋℍ")
IDENTITIES = frozenset("I𝐈𝕀")
BERNOULLI = frozenset({"Bernoulli", "Bern", "Ber"})
HALF = num(1, 2)


@dataclass(frozen=True)
class Law:
    """A law without the variable that has it.

    Attributes:
        kind: normal or bernoulli.
        terms: mean and variance of a number, or of each entry of a vector; or the chance of 1.
        ranges: of the entries of a vector; None where it has as many as those of the law beside it.
    """

    kind: str
    terms: tuple[Term, ...]
    ranges: Shape | None = ()
    tensors: tuple[bool, ...] = (False, False)
    """Which of mean and variance are vectors themselves."""

    def entry(self, i: Term | None) -> tuple[Term, ...]:
        """Mean and variance of the entry with an index; of a number, where there is none."""
        parts = zip(self.terms, self.tensors, strict=True)
        return tuple(_at(t, i) if i is not None and tensor else t for t, tensor in parts)


def _at(t: Term, i: Term) -> Term:
    """An entry of a vector; of σ², the square of the entry of σ."""
    return make("pow", make("at", t.terms[0], i), t.terms[1]) if t.head == "pow" else make("at", t, i)


def density(el: Elaborator, name: Surface, target: Surface) -> list[Term] | None:
    r"""The arguments of ``\mathcal{N}(x; μ, v)``, the density of the normal law at a number."""
    inside = _normal(el, name, target)
    if inside is None or len(inside) != 3:
        return None
    return [el.scalar(p) for p in inside]


def log_density(el: Elaborator, word: str, factors: Sequence[Factor], k: int) -> Value | None:
    r"""``\log \mathcal{N}(x; μ, v)``, which is a function of its own."""
    if word not in ("log", "ln") or k + 2 >= len(factors) or factors[k + 1].op or factors[k + 2].op:
        return None
    arguments = density(el, factors[k + 1].node, factors[k + 2].node)
    return None if arguments is None else el_value(el, make("app", "normal_log_density", *arguments))


def _normal(el: Elaborator, name: Surface, target: Surface) -> list[Surface] | None:
    r"""What stands in the bracket of ``\mathcal{N}(μ, v)``, or ``\mathcal{N}(x; μ, v)``."""
    if not (isinstance(name, Leaf) and name.text in ("𝒩", "N") and name.text not in el.names):
        return None
    if not (isinstance(target, Node) and target.kind == "bracket" and len(target.parts) == 3):
        return None
    inside = target.parts[1]
    separated = isinstance(inside, Node) and any(
        isinstance(p, Leaf) and p.type in ("SEMICOLON", "MID") for p in inside.parts
    )
    parts = [p for p in items(inside) if not (isinstance(p, Leaf) and p.type == "MID")]
    return parts if len(parts) == (3 if separated else 2) else None


# -- laws ----------------------------------------------------------------------------------------------------------


def law_of(el: Elaborator, node: Surface) -> Law | None:
    r"""The law that is written as such, or that has a name; with ``q(z | x)`` the law q.

    Raises:
        ReadingError: a law that is not read, such as a normal one with a full covariance.
    """
    node = unwrap(node)
    parts = list(node.parts) if isinstance(node, Node) and node.kind == "juxtaposed" else [node]
    if len(parts) > 2:
        return None
    s = peel(parts[0])
    if s is None:
        return None
    key = s.base + (f"_{label(s.lower)}" if s.lower is not None else "")
    if key in el.names.laws:
        if key in el.names.doubtful:
            raise el.error("not-read", f"what is said of {spell(key)} was not understood", node, "Say it in a formula.")
        return el.names.laws[key]
    if len(parts) == 1:
        return _drawn(el.names, key)
    target = parts[1]
    inside = _normal(el, parts[0], target)
    if inside is not None:
        return _constant(el, _normal_law(el, inside[-2], inside[-1], node), node)
    if s.base.rstrip("ᵘ") in BERNOULLI and s.lower is None and isinstance(target, Node) and target.kind == "bracket":
        return _constant(el, Law("bernoulli", (el.scalar(target.parts[1]),)), node)
    return None


def _constant(el: Elaborator, law: Law, node: Surface) -> Law:
    if any(el.names.scope.context().random_in(t) for t in law.terms):
        raise el.error("unsupported", "a law with parameters that are random themselves is not read", node)
    return law


def _normal_law(el: Elaborator, center: Surface, spread: Surface, node: Surface) -> Law:
    mean = el.value(center)
    shape = el.shape(mean, center)
    spread = unwrap(spread)
    factors = list(spread.parts) if isinstance(spread, Node) and spread.kind == "juxtaposed" else [spread]
    last = peel(factors[-1])
    if last is not None and last.base in IDENTITIES and last.base not in el.names and last.upper is None:
        before = factors[:-1]
        scale = el.scalar(before[0] if len(before) == 1 else Node("juxtaposed", before)) if before else ONE
        if len(shape) == 1:
            return Law("normal", (mean.term, scale), shape, (True, False))
        if not shape and mean.term is ZERO:
            return Law("normal", (ZERO, scale), None)
        raise el.error("shape", "the covariance is a matrix, and the mean is no vector", node)
    notes = list(el.names.notes)
    variance = el.value(spread)
    el.names.notes[:] = notes  # the square of a vector is taken entry by entry here, whatever it is elsewhere
    size = el.shape(variance, spread)
    if not shape and not size:
        return Law("normal", (mean.term, variance.term))
    if len(size) == 2 and variance.term.head == "op" and variance.term.name() == "diag":
        entries = variance.term.terms[0]
        if (len(shape) == 1 and same_shape(shape, size[:1])) or (not shape and mean.term is ZERO):
            return Law("normal", (mean.term, entries), size[:1], (bool(shape), True))
    advice = "Write \\mathcal{N}(\\mu, \\operatorname{diag}(\\sigma^2)), or \\mathcal{N}(0, I)."
    raise el.error("unsupported", "this normal law is not read", node, advice)


def speaks_of_laws(names: Names, node: Surface) -> bool:
    """Whether a formula is the divergence, or the entropy, of something: its sign has that meaning already."""
    parts = node.parts if isinstance(node, Node) and node.kind == "juxtaposed" else []
    head, after = _head(names, parts, 0) if parts else ("", 0)
    if not head or after != len(parts) - 1:
        return False
    target = strip_scripts(parts[after])[0]
    inside = items(target.parts[1]) if isinstance(target, Node) and len(target.parts) == 3 else []
    if head != "H":
        return any(isinstance(p, Leaf) and p.type == "DMID" for p in inside)
    s = peel(unwrap(inside[0])) if len(inside) == 1 else None
    return s is not None and (s.base in names.laws or _drawn(names, s.base) is not None)


def written(names: Names, operation: str, nodes: Sequence[Surface], words: str) -> Surface:
    """The formula of what words ask of laws: "the KL divergence between q and p", "the entropy of q".

    Raises:
        ReadingError: they do not say which.
    """
    if len(nodes) == 1 and speaks_of_laws(names, nodes[0]):
        return nodes[0]
    between = re.search(r"\bbetween\b", words) and not re.search(r"\b(?:from|to)\b", words)
    start, end = nodes[0].start, nodes[-1].end
    if operation == "kl" and len(nodes) == 2 and between:
        head, inside = "KL", Node("listed", [nodes[0], Leaf("DMID", "||", start, end), nodes[1]])
    elif operation == "entropy" and len(nodes) == 1:
        head, inside = "H", Node("listed", [nodes[0]])
    else:
        raise ReadingError("goal", "it is not clear what is asked of which law", start, end, "Write it as a formula.")
    bracket = Node("bracket", [Leaf("LPAR", "(", start, start), inside, Leaf("RPAR", ")", end, end)])
    return Node("juxtaposed", [Leaf("FUNCTION" if head == "KL" else "LETTER", head, start, start), bracket])


def _drawn(names: Names, key: str) -> Law | None:
    """The law of a random number."""
    known = names.scope.names.get(key)
    return None if known is None or known.law is None else Law(*known.law)


# -- divergence and entropy ----------------------------------------------------------------------------------------


def prefix(el: Elaborator, factors: Sequence[Factor], k: int) -> Taken:  # type: ignore[valid-type]
    """``D_{KL}(q ‖ p)`` and ``KL(q ‖ p)`` between probability vectors or laws, ``H(q)`` of a law."""
    node = factors[k].node
    head, after = _head(el.names, [f.node for f in factors], k)
    if not head or after >= len(factors) or factors[after].op:
        return None
    target, scripts = strip_scripts(factors[after].node)
    if not opens_arguments(target, scripts):
        return None
    assert isinstance(target, Node)
    parts = items(target.parts[1]) if len(target.parts) == 3 else []
    bar = parts[1].type if len(parts) == 3 and isinstance(parts[1], Leaf) else ""
    if (head == "KL" and bar in ("DMID", "MID")) or (head == "D" and bar == "DMID"):
        out = _divergence(el, parts[0], parts[2], node)
    elif head == "H" and len(parts) == 1 and (law := law_of(el, parts[0])) is not None:
        out = _entropy(el, law, node)
    else:
        return None
    return postscript(el, out, scripts, node), after + 1


def _head(names: Names, factors: Sequence[Surface], k: int) -> tuple[str, int]:
    """KL, D or H, and the place of its bracket; empty for anything else."""
    node = unwrap(factors[k])
    if isinstance(node, Leaf) and node.text == "KL":
        return "KL", k + 1
    if isinstance(node, Node) and node.kind == "juxtaposed" and [p.text for p in node.parts] == ["𝕂", "𝕃"]:
        return "KL", k + 1
    s = peel(node)
    if s is not None and s.base == "K" and s.lower is None and k + 1 < len(factors):
        following = factors[k + 1]
        spelled = isinstance(following, Leaf) and following.text == "L" and "L" not in names
        return ("KL" if spelled else ""), k + 2
    if s is None or s.upper is not None or s.base in names:
        return "", k + 1
    if s.base.rstrip("ᵘ") in ("D", "𝒟", "𝔻", "KL"):
        lower = label(s.lower)
        return ("KL" if "KL" in (lower, s.base.rstrip("ᵘ")) else "" if lower else "D"), k + 1
    return ("H" if s.base in ENTROPIES and s.lower is None else ""), k + 1


def _divergence(el: Elaborator, left: Surface, right: Surface, node: Surface) -> Value:
    q, p = law_of(el, left), law_of(el, right)
    if q is not None and p is not None and q.kind == p.kind:
        return _between(el, q, p, node)
    if q is not None or p is not None:
        raise el.error("unsupported", "the divergence is read between laws of one kind", node)
    a, b = el.value(left), el.value(right)
    r, t = el.shape(a, node), el.shape(b, node)
    if len(r) != 1 or len(t) != 1:
        advice = "Write it as an expectation, or say what the laws are, as in q = \\mathcal{N}(\\mu, \\sigma^2)."
        raise el.error("unsupported", "the divergence is read between probability vectors and laws", node, advice)
    i = loose()
    terms = [make("at", v.term, bound(i)) for v in (a, b)]
    return el_value(el, make("big", "sum", *r[0], TRUE, abstract(_excess(el, *terms), i)))


def _excess(el: Elaborator, a: Term, b: Term) -> Term:
    """``a log(a / b)``, in the base of the text."""
    return make("mul", a, _in_base(el, make("app", "log", make("div", a, b))))


def _in_base(el: Elaborator, t: Term) -> Term:
    return make("div", t, make("app", "log", num(2))) if "log2" in el.names.conventions else t


def _between(el: Elaborator, q: Law, p: Law, node: Surface) -> Value:
    if q.kind == "bernoulli":
        (a,), (b,) = q.terms, p.terms
        misses = [make("add", ONE, make("neg", x)) for x in (a, b)]
        return el_value(el, make("add", _excess(el, a, b), _excess(el, *misses)))
    ranges = q.ranges if q.ranges is not None else p.ranges
    if ranges is None:
        raise el.error("undeclared", "nothing says how many entries these laws have", node)
    if not same_shape(ranges, ranges if p.ranges is None else p.ranges):
        raise el.error("shape", "the laws are of different sizes", node)
    return _summed(el, ranges, lambda i: _mean(el, *q.entry(i), *p.entry(i)))


def _entropy(el: Elaborator, law: Law, node: Surface) -> Value:
    if law.kind == "bernoulli":
        a = law.terms[0]
        parts = [make("mul", x, _in_base(el, make("app", "log", x))) for x in (a, make("add", ONE, make("neg", a)))]
        return el_value(el, make("neg", make("add", *parts)))
    if law.ranges is None:
        raise el.error("undeclared", "nothing says how many entries this law has", node)
    return _summed(el, law.ranges, lambda i: make("neg", _mean(el, *law.entry(i))))


def _summed(el: Elaborator, ranges: Shape, term: Callable[[Term | None], Term]) -> Value:
    if not ranges:
        return el_value(el, term(None))
    i = loose()
    return el_value(el, make("big", "sum", *ranges[0], TRUE, abstract(term(bound(i)), i)))


def _mean(el: Elaborator, center: Term, variance: Term, *other: Term) -> Term:
    """The mean of the log-density of one normal law under itself, less that of another if there is one."""
    z = make("add", center, make("mul", _root(variance), sym(_standard(el))))
    own = make("app", "normal_log_density", z, center, variance)
    body = make("add", own, make("neg", make("app", "normal_log_density", z, *other))) if other else own
    return make("ex", _in_base(el, body), _standard(el))


def _root(variance: Term) -> Term:
    if variance is ONE:
        return ONE
    if variance.head == "pow" and variance.terms[1] is num(2):
        return variance.terms[0]
    return make("pow", variance, HALF)


def _standard(el: Elaborator) -> str:
    names = el.names
    if STANDARD not in names.scope.names:
        names.scope.names[STANDARD] = Name("random", law=("normal", (ZERO, ONE)))
        names.meanings[STANDARD] = Meaning(STANDARD, "\\varepsilon", "defined", "a standard normal number")
        names.changed()
    return STANDARD
