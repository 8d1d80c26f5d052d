"""Proofs, written by hand, of the derived entries that the search itself leans on.

Each script gets a builder over the entry's metavariables and returns the line that proves its claim.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from symderive.engine.builder import Builder, Stuck
from symderive.kernel.book import Entry, Lambda, Spot
from symderive.kernel.context import Rejected
from symderive.kernel.steps import ABSURD
from symderive.kernel.terms import (
    ONE,
    ZERO,
    Term,
    abstract,
    bound,
    make,
    num,
    rel,
    substitute,
)

Script = Callable[[Builder, Entry], int]
Cofactors = Sequence[tuple[int, Term]]


def meta(name: str) -> Term:
    return make("meta", name)


a, b, c, u, hi, lo, k = map(meta, ("a", "b", "c", "u", "hi", "lo", "k"))
V = Spot("?v")
TWO = num(2)


def app(f: str, *args: Term) -> Term:
    return make("app", f, *args)


def der(t: Term) -> Term:
    return make("der", t, "?v")


def neg(t: Term) -> Term:
    return make("neg", t)


def add(*ts: Term) -> Term:
    return make("add", *ts)


def mul(*ts: Term) -> Term:
    return make("mul", *ts)


def square(t: Term) -> Term:
    return make("pow", t, TWO)


def under(p: Builder, line: int, f: Callable[[Term], Term], *path: int) -> int:
    """f(s) = f(t) from s = t, the hole of f at the path."""
    return p.place(line, f(p.left(line)), path)


def equation(p: Builder, claim: Term, rewrite: Sequence[int] = (), cofactors: Sequence[tuple[int, Term]] = ()) -> int:
    left, right = claim.terms
    return p.combine(left, right, rewrite, cofactors)


def at_zero(p: Builder, f: str, rule: int) -> int:
    """A line about f(0 + …) whose argument is 0 by algebra, as one about f(0)."""
    return p.chain(~under(p, p.combine(p.left(rule).terms[0], ZERO), lambda t: app(f, t), 1), rule)


# -- order ----------------------------------------------------------------------------------------------


def positive_by_square(p: Builder, claim: Term, weak: int, nonzero: Callable[[int], int]) -> int:
    """0 < t from 0 ≤ t, and a contradiction from t = 0."""
    t = claim.terms[1]
    cases = (rel("<", t, ZERO), rel("=", t, ZERO), claim)
    below = p.order(ABSURD, [(1, [p.assume(cases[0])], []), (1, [weak], [])])
    return p.cases(claim, cases, (below, nonzero(p.assume(cases[1])), p.assume(claim)))


def reciprocal(p: Builder, e: Entry) -> int:
    """1/a = a·(1/a)², and a·(1/a) = 1."""
    over = make("div", ONE, a)
    weak = p.order(rel("<=", ZERO, over), [(1, [p.assume(rel("<", ZERO, a))], [over])])
    return positive_by_square(
        p, e.claim, weak, lambda zero: p.order(ABSURD, [(1, [constant(p)], [])], cofactors=[(zero, a)])
    )


# -- exponentials -------------------------------------------------------------------------------------


def exp_positive(p: Builder, e: Entry) -> int:
    """e^a = (e^(a/2))², and e^a·e^(−a) = 1."""
    half, minus = mul(num(1, 2), a), app("exp", neg(a))
    halves = under(p, p.combine(a, add(half, half)), lambda t: app("exp", t), 1)
    square_line = p.chain(halves, p.rule("exp.add", a=half, b=half))
    weak = p.order(rel("<=", ZERO, app("exp", a)), [(1, [], [app("exp", half)])], [square_line])
    one = p.chain(~at_zero(p, "exp", p.rule("exp.add", a=a, b=neg(a))), p.rule("exp.zero"))
    return positive_by_square(
        p,
        e.claim,
        weak,
        lambda zero: p.order(ABSURD, [(1, [constant(p)], [])], cofactors=[(zero, minus), (one, num(-1))]),
    )


def log_exp(p: Builder, e: Entry) -> int:
    """The exponential increases, so it takes the value e^a once."""
    t = e.claim.terms[0]
    back = p.rule("exp.log", a=app("exp", a))
    cases = (rel("<", t, a), e.claim, rel("<", a, t))
    pairs = ((t, a), (a, t))
    less, more = (p.order(ABSURD, [(1, [p.rule("exp.increasing", a=x, b=y)], [])], [back]) for x, y in pairs)
    return p.cases(e.claim, cases, (less, p.assume(e.claim), more))


def exp_negative(p: Builder, e: Entry) -> int:
    one = p.chain(~at_zero(p, "exp", p.rule("exp.add", a=a, b=neg(a))), p.rule("exp.zero"))
    ea = app("exp", a)
    line = equation(p, e.claim, cofactors=[(one, make("div", ONE, ea))])
    nonzero = p.order(rel("!=", ea, ZERO), [(-1, [p.rule("exp.positive", a=a)], [])])
    return p.cut(line, rel("!=", ea, ZERO), nonzero)


def exp_lower(p: Builder, e: Entry) -> int:
    zero = p.assume(rel("=", a, ZERO))
    value = p.chain(under(p, zero, lambda t: app("exp", t), 1), p.rule("exp.zero"))
    equal = p.order(e.claim, [], [zero, value])
    above = p.order(e.claim, [(1, [p.rule("exp.tangent", a=a)], [])])
    return p.cases(e.claim, (rel("=", a, ZERO), rel("!=", a, ZERO)), (equal, above))


def log_unique(p: Builder, e: Entry) -> int:
    given = under(p, p.assume(*e.conditions), lambda t: app("log", t), 1)
    positive = p.rule("exp.positive", a=b)
    return p.cut(p.chain(~given, p.rule("log.exp", a=b)), p.line(positive).claim, positive)


def exp_increasing(p: Builder, e: Entry) -> int:
    gap = add(b, neg(a))
    product = p.chain(under(p, p.combine(b, add(a, gap)), lambda t: app("exp", t), 1), p.rule("exp.add", a=a, b=gap))
    positive, lower = p.rule("exp.positive", a=a), p.rule("exp.lower", a=gap)
    return p.order(e.claim, [(1, [positive, lower], []), (1, [positive, p.assume(*e.conditions)], [])], [product])


def log_increasing(p: Builder, e: Entry) -> int:
    x, y = app("log", a), app("log", b)
    back = [p.rule("exp.log", a=t) for t in (a, b)]
    growing = p.rule("exp.monotone", a=y, b=x)
    none = p.order(ABSURD, [(1, [growing], []), (1, [p.assume(e.conditions[1])], [])], back)
    return p.cases(e.claim, (rel("<", x, y), rel("<=", y, x)), (p.assume(rel("<", x, y)), none))


def from_strict(f: str) -> Script:
    """f(a) ≤ f(b) for a ≤ b, from f(a) < f(b) for a < b."""

    def script(p: Builder, e: Entry) -> int:
        weak = p.assume(e.conditions[-1])
        cases = (rel("<", a, b), rel("=", a, b), rel("<", b, a))
        less = p.order(e.claim, [(1, [p.rule(f"{f}.increasing", a=a, b=b)], [])])
        same = p.order(e.claim, [], [under(p, p.assume(cases[1]), lambda t: app(f, t), 1)])
        none = p.order(ABSURD, [(1, [weak], []), (1, [p.assume(cases[2])], [])])
        return p.cases(e.claim, cases, (less, same, none))

    return script


def log_upper(p: Builder, e: Entry) -> int:
    lower = p.rule("exp.lower", a=app("log", a))
    return p.order(e.claim, [(1, [lower], [])], [p.rule("exp.log", a=a)])


def root_positive(p: Builder, e: Entry) -> int:
    real = p.rule("pow.real", a=a, c=c)
    positive = p.rule("exp.positive", a=mul(c, app("log", a)))
    return p.order(e.claim, [(1, [positive], [])], [real])


# -- trigonometry -------------------------------------------------------------------------------------


def evaluated(p: Builder, e: Entry) -> int:
    return p.evaluate(e.claim)


def reflected(f: str) -> Script:
    """sin(−a) or cos(−a), from the addition theorems for a − a = 0 and Pythagoras."""

    def script(p: Builder, e: Entry) -> int:
        sums = {g: at_zero(p, g, p.rule(f"{g}.add", a=a, b=neg(a))) for g in ("sin", "cos")}
        zero, one = (p.chain(~k, p.rule(f"{g}.zero")) for g, k in sums.items())
        s, c = app("sin", a), app("cos", a)
        q = (c, neg(s)) if f == "sin" else (s, c)
        cofactors = [(p.rule("sin.cos", a=a), neg(app(f, neg(a)))), (zero, q[0]), (one, q[1])]
        return equation(p, e.claim, cofactors=cofactors)

    return script


def cos_quarter(p: Builder, e: Entry) -> int:
    """cos²(π/2) = 1 − sin²(π/2) = 0."""
    angle = part_of_pi(2)
    s, c = app("sin", angle), app("cos", angle)
    vanishes = [(p.rule("sin.cos", a=angle), ONE), (p.rule("sin.quarter"), neg(add(s, ONE)))]
    cases = (rel("<", c, ZERO), rel("=", c, ZERO), rel("<", ZERO, c))
    below, above = (p.order(ABSURD, [(1, [k, k], [])], cofactors=vanishes) for k in map(p.assume, cases[::2]))
    return p.cases(e.claim, cases, (below, p.assume(cases[1]), above))


def part_of_pi(k: int) -> Term:
    return make("div", app("pi"), num(k))


def complement(p: Builder, angle: Term, other: Term) -> int:
    """sin(angle) = cos(other), for angle + other = π/2."""
    quarter = part_of_pi(2)
    whole = add(quarter, neg(other))
    rewrite = [p.rule(f"{f}.quarter") for f in ("sin", "cos")]
    rewrite += [p.rule(f"{f}.negative", a=other) for f in ("sin", "cos")]
    rewrite += [p.rule("sin.add", a=quarter, b=neg(other))]
    moved = p.place(p.combine(angle, whole), app("sin", angle), (1,))
    return p.chain(moved, p.combine(app("sin", whole), app("cos", other), rewrite))


def root_by_square(p: Builder, radicand: int, b: Term, rewrite: Sequence[int], cofactors: Cofactors) -> int:
    """√radicand = b, because b ≥ 0 (evaluated) and b² = radicand."""
    line = p.rule("root.unique", a=num(radicand), b=b, k=TWO)
    weak = rel("<=", ZERO, b)
    square_line = p.combine(square(b), num(radicand), rewrite, cofactors)
    line = p.cut(p.cut(line, weak, p.evaluate(weak)), p.line(square_line).claim, square_line)
    root = make("pow", num(radicand), num(1, 2))
    return p.chain(p.place(p.combine(num(1, 2), p.left(line).terms[1]), root, (1,)), line)


def eighth(f: str) -> Script:
    def script(p: Builder, e: Entry) -> int:
        angle = part_of_pi(4)
        s, c = app("sin", angle), app("cos", angle)
        same = p.combine(s, c, [], [(complement(p, angle, angle), ONE)])
        cofactors = [(p.rule("sin.cos", a=angle), TWO), (same, neg(mul(TWO, add(s, c))))]
        root = root_by_square(p, 2, mul(TWO, c), [], cofactors)
        extra = [(same, ONE)] if f == "sin" else []
        return equation(p, e.claim, cofactors=[(root, num(-1, 2)), *extra])

    return script


def sin_twelfth(p: Builder, e: Entry) -> int:
    """sin(π/3) = cos(π/6), and it is 2·sin(π/6)·cos(π/6)."""
    angle = part_of_pi(6)
    double = add(angle, angle)
    c = app("cos", angle)
    equal = p.chain(~p.rule("sin.add", a=angle, b=angle), complement(p, double, angle))
    line = equation(p, e.claim, cofactors=[(equal, make("div", ONE, mul(TWO, c)))])
    nonzero = rel("!=", mul(TWO, c), ZERO)
    return p.cut(line, nonzero, p.evaluate(nonzero))


def cos_twelfth(p: Builder, e: Entry) -> int:
    angle = part_of_pi(6)
    c = app("cos", angle)
    four = num(4)
    cofactors = [(p.rule("sin.cos", a=angle), four)]
    root = root_by_square(p, 3, mul(TWO, c), [p.rule("sin.twelfth")], cofactors)
    return equation(p, e.claim, cofactors=[(root, num(-1, 2))])


# -- absolute values ------------------------------------------------------------------------------------


def by_sign(p: Builder, claim: Term, t: Term, right: int, left: int) -> int:
    """A claim from a line where 0 ≤ t and one where t ≤ 0."""
    below = rel("<", t, ZERO)
    weak = p.order(rel("<=", t, ZERO), [(1, [p.assume(below)], [])])
    return p.cases(claim, (rel("<=", ZERO, t), below), (right, p.cut(left, rel("<=", t, ZERO), weak)))


def abs_square(p: Builder, e: Entry) -> int:
    sides = [equation(p, e.claim, rewrite=[p.rule(f"abs.{s}", a=a)]) for s in ("right", "left")]
    return by_sign(p, e.claim, a, *sides)


def abs_nonnegative(p: Builder, e: Entry) -> int:
    right = p.order(e.claim, [(1, [p.assume(rel("<=", ZERO, a))], [])], [p.rule("abs.right", a=a)])
    left = p.order(e.claim, [(1, [p.assume(rel("<=", a, ZERO))], [])], [p.rule("abs.left", a=a)])
    return by_sign(p, e.claim, a, right, left)


def abs_positive(p: Builder, e: Entry) -> int:
    size, nonzero = app("abs", a), p.assume(rel("!=", a, ZERO))
    cases = (rel("<", size, ZERO), rel("=", size, ZERO), rel("<", ZERO, size))
    below = p.order(ABSURD, [(1, [p.assume(cases[0])], []), (1, [p.rule("abs.nonnegative", a=a)], [])])
    square_line, zero = p.rule("abs.square", a=a), p.assume(cases[1])
    none = p.order(ABSURD, [(1, [nonzero, nonzero], [])], cofactors=[(square_line, neg(ONE)), (zero, size)])
    return p.cases(e.claim, cases, (below, none, p.assume(cases[2])))


def abs_unique(p: Builder, e: Entry) -> int:
    size, same = app("abs", a), p.assume(e.conditions[1])
    positive, least = p.assume(e.conditions[0]), p.rule("abs.nonnegative", a=a)
    squares = [(p.rule("abs.square", a=a), ONE), (same, neg(ONE))]
    cases = (rel("<", size, b), rel("=", size, b), rel("<", b, size))
    lines = [p.assume(x) for x in cases]
    up = p.order(rel("<", ZERO, b), [(1, [lines[0]], []), (1, [least], [])])
    down = p.order(rel("<", ZERO, size), [(1, [lines[2]], []), (1, [positive], [])])
    below = p.order(ABSURD, [(1, [lines[0], up], []), (1, [lines[0], least], [])], cofactors=signed(squares, -1))
    above = p.order(ABSURD, [(1, [lines[2], down], []), (1, [lines[2], positive], [])], cofactors=signed(squares, 1))
    return p.cases(e.claim, cases, (below, lines[1], above))


def signed(cofactors: list[tuple[int, Term]], sign: int) -> list[tuple[int, Term]]:
    return [(line, q if sign > 0 else neg(q)) for line, q in cofactors]


def max_strict(p: Builder, e: Entry) -> int:
    every = e.conditions[2]
    name = "e"
    i = bound(name)
    weak = rel("<=", f_at(i), f_at(k))
    same = under(p, p.assume(rel("=", i, k)), f_at, 1)
    there = p.order(weak, [], [same])
    elsewhere = p.order(weak, [(1, [p.assume(every, i)], [])])
    line = p.cases(weak, (rel("=", i, k), rel("!=", i, k)), (there, elsewhere))
    rule = p.rule("max.value", f=Lambda((name,), f_at(i)), lo=lo, hi=hi, k=k)
    return p.cut(rule, make("all", lo, hi, abstract(weak, name)), line, (name,))


# -- derivatives ----------------------------------------------------------------------------------------


def vary(p: Builder, line: int) -> int:
    """∂s/∂v = ∂t/∂v from s = t."""
    return p.place(line, der(p.left(line)), (0,))


def d_neg(p: Builder, e: Entry) -> int:
    same = vary(p, p.combine(neg(a), mul(num(-1), a)))
    product = p.rule("d.mul", a=num(-1), b=a, v=V)
    return equation(p, e.claim, rewrite=[p.rule("d.const", c=num(-1), v=V), product, same])


def d_div(p: Builder, e: Entry) -> int:
    q = make("div", a, b)
    same = vary(p, p.combine(a, mul(q, b)))
    product = p.rule("d.mul", a=q, b=b, v=V)
    both = p.chain(same, product)
    return equation(p, e.claim, cofactors=[(both, neg(make("div", ONE, b)))])


def d_log(p: Builder, e: Entry) -> int:
    inverse = p.rule("exp.log", a=u)
    same = p.chain(~vary(p, inverse), p.rule("d.exp", u=app("log", u), v=V))
    return equation(p, e.claim, rewrite=[inverse], cofactors=[(same, neg(make("div", ONE, u)))])


def d_cos(p: Builder, e: Entry) -> int:
    """cos u = sin(u + π/2)."""
    quarter = part_of_pi(2)
    moved = add(u, quarter)
    known = [p.rule(f"{f}.quarter") for f in ("sin", "cos")]
    sums = [p.rule(f"{f}.add", a=u, b=quarter) for f in ("sin", "cos")]
    same = vary(p, p.combine(app("cos", u), app("sin", moved), [*known, sums[0]]))
    slopes = [p.rule("d.const", c=quarter, v=V), p.rule("d.add", a=u, b=quarter, v=V), p.rule("d.sin", u=moved, v=V)]
    return equation(p, e.claim, rewrite=[*known, sums[1], *slopes, same])


def d_abs(p: Builder, e: Entry) -> int:
    cases = (rel("<", u, ZERO), rel("=", u, ZERO), rel("<", ZERO, u))
    lines = []
    for which, side in ((0, "left"), (2, "right")):
        value = near(p, p.rule(f"abs.{side}", a=u), cases[which])
        slopes = [p.rule("d.neg", a=u, v=V)] if side == "left" else []
        lines.append(equation(p, e.claim, rewrite=[*slopes, value, vary(p, value)]))
    nonzero = p.assume(rel("!=", u, ZERO))
    none = p.order(ABSURD, [(1, [nonzero, nonzero], [])], cofactors=[(p.assume(cases[1]), u)])
    return p.cases(e.claim, cases, (lines[0], none, lines[1]))


def near(p: Builder, line: int, strict: Term) -> int:
    """The line with 0 < u for 0 ≤ u (or u < 0 for u ≤ 0): what holds at the point then holds near it."""
    weak = rel("<=", *strict.terms)
    return p.cut(line, weak, p.order(weak, [(1, [p.assume(strict)], [])]))


def sided(rule: str, **values: Term) -> Script:
    """The derivative on one side of 0, from the value there."""

    def script(p: Builder, e: Entry) -> int:
        strict = next(x for x in e.conditions if x.head == "rel")
        value = near(p, p.rule(rule, a=u, **values), strict)
        slope = vary(p, value)
        body, rules = p.right(value), []
        if body is ZERO:
            rules = [p.rule("d.const", c=ZERO, v=V)]
        elif body.head == "mul":
            inner = body.terms[1]
            rules = [p.rule("d.const", c=c, v=V), p.rule("d.mul", a=c, b=inner, v=V)]
            if inner.head == "add":
                one = inner.terms[1]
                rules = [
                    p.rule("d.exp", u=u, v=V),
                    p.rule("d.const", c=one, v=V),
                    p.rule("d.add", a=inner.terms[0], b=one, v=V),
                    *rules,
                ]
        return equation(p, e.claim, rewrite=[*rules, slope])

    return script


# -- sums and products ------------------------------------------------------------------------------------


def f_at(i: Term) -> Term:
    return make("meta", "f", i)


def big(op: str, f: Lambda, low: Term, high: Term) -> Term:
    return make("big", op, low, high, make("and"), abstract(f.body, f.params[0]))


F = Lambda(("e",), f_at(bound("e")))
G = Lambda(("e",), make("meta", "g", bound("e")))
LESS = add(hi, num(-1))


def last(op: str) -> Script:
    """The last term split off."""

    def script(p: Builder, e: Entry) -> int:
        low, high = e.claim.terms[0].terms[:2]
        split = p.rule(f"{op}.split", f=F, lo=low, mid=LESS, hi=high)
        for h in (rel("<=", low, add(LESS, ONE)), rel("<=", LESS, high)):
            by = constant(p) if h.terms[0] is LESS else p.assume(rel("<=", low, high))
            split = p.cut(split, h, p.order(h, [(1, [by], [])]))
        rest = p.right(split).terms[1]
        here = p.place(p.combine(add(LESS, ONE), hi), rest, (1,))
        one = p.chain(here, p.rule(f"{op}.one", f=F, k=hi))
        return inside(p, p.chain(split, p.place(one, p.right(split), (1,), defined="right")))

    return script


def first(op: str) -> Script:
    """The first term split off."""

    def script(p: Builder, e: Entry) -> int:
        split = p.rule(f"{op}.split", f=F, lo=lo, mid=lo, hi=hi)
        h = rel("<=", lo, add(lo, ONE))
        split = p.cut(split, h, p.order(h, [(1, [constant(p)], [])]))
        one = p.rule(f"{op}.one", f=F, k=lo)
        return inside(p, p.chain(split, p.place(one, p.right(split), (0,), defined="right")))

    return script


def inside(p: Builder, line: int, *orders: Term) -> int:
    """The line with terms defined from lo to hi, instead of over parts of that range."""
    e = bound("e")
    lines = [constant(p), *(p.assume(x) for x in orders or (rel("<=", lo, hi),))]
    for h in sorted(p.line(line).hypotheses, key=repr):
        inner = h.terms[2] if h.head == "all" else h
        if inner.head != "is" or inner.name() != "defined" or not inner.terms[0].terms:
            continue
        at = e if h.head == "all" else inner.terms[0].terms[0]
        every = make("all", lo, hi, abstract(make("is", "defined", make("meta", inner.terms[0].name(), e)), "e"))
        by, ends = p.assume(every, at), []
        if h.head == "all":
            ends = [p.assume(rel("<=", h.terms[0], e)), p.assume(rel("<=", e, h.terms[1]))]
        for goal in (rel("<=", lo, at), rel("<=", at, hi)):
            if goal in p.line(by).hypotheses:
                by = p.cut(by, goal, some_order(p, goal, [*ends, *lines]))
        line = p.cut(line, h, by, ("e",) if h.head == "all" else ())
    return line


def some_order(p: Builder, goal: Term, lines: list[int]) -> int:
    """The goal as the sum of some of the lines."""
    for size in range(1, len(lines) + 1):
        for chosen in combinations(lines, size):
            try:
                return p.order(goal, [(1, [k], []) for k in chosen])
            except Rejected:
                continue
    raise Stuck("no combination gives the goal")


def constant(p: Builder) -> int:
    """0 < 1."""
    return p.evaluate(rel("<", ZERO, ONE))


def positive(op: str) -> Script:
    """A sum or product of positive terms is positive: by induction on its last index."""

    def script(p: Builder, e: Entry) -> int:
        every = next(x for x in e.conditions if x.head == "all")
        t = bound("t")
        claim = rel("<", ZERO, big(op, F, lo, t))
        base = p.order(substitute(claim, {"t": lo}), [(1, [p.assume(every, lo)], [])], [p.rule(f"{op}.one", f=F, k=lo)])
        before, term = p.assume(claim), p.assume(every, add(t, ONE))
        products = [[before], [term]] if op == "sum" else [[before, term]]
        after = substitute(claim, {"t": add(t, ONE)})
        up = p.order(after, [(1, ks, []) for ks in products], [stepped(p, op, F, t)])
        up = above(p, up, t)
        line = p.at_end(p.induct(claim, "t", lo, hi, inside(p, base), up), t=hi)
        if op == "sum":
            return line
        empty = p.order(e.claim, [(1, [constant(p)], [])], [p.rule("prod.empty", f=F, lo=lo, hi=hi)])
        return p.cases(e.claim, (rel("<=", lo, hi), rel("<", hi, lo)), (line, empty))

    return script


def stepped(p: Builder, op: str, f: Lambda, t: Term) -> int:
    """Σ to t + 1 = Σ to t + the next term."""
    after = add(t, ONE)
    line = p.rule(f"{op}.last", f=f, lo=lo, hi=after)
    less = add(after, num(-1))
    here = p.place(p.combine(less, t), p.right(line).terms[0], (2,))
    return p.chain(line, p.place(here, p.right(line), (0,)))


def above(p: Builder, line: int, t: Term) -> int:
    """The step of an induction without what its range implies."""
    line = inside(p, line, rel("<=", lo, t), rel("<=", add(t, ONE), hi))
    h = rel("<=", lo, add(t, ONE))
    return p.cut(line, h, p.order(h, [(1, [p.assume(rel("<=", lo, t))], []), (1, [constant(p)], [])]))


def prod_mul(p: Builder, e: Entry) -> int:
    t = bound("t")
    product = Lambda(("e",), mul(F.body, G.body))

    def whole(x: Term) -> Term:
        return rel("=", big("prod", product, lo, x), mul(big("prod", F, lo, x), big("prod", G, lo, x)))

    base = equation(p, whole(lo), rewrite=[p.rule("prod.one", f=g, k=lo) for g in (product, F, G)])
    steps = [stepped(p, "prod", g, t) for g in (product, F, G)]
    up = equation(p, whole(add(t, ONE)), rewrite=[p.assume(whole(t)), *steps])
    line = p.at_end(p.induct(whole(t), "t", lo, hi, inside(p, base), above(p, up, t)), t=hi)
    empty = equation(p, e.claim, rewrite=[p.rule("prod.empty", f=g, lo=lo, hi=hi) for g in (product, F, G)])
    return p.cases(e.claim, (rel("<=", lo, hi), rel("<", hi, lo)), (line, empty))


SCRIPTS: dict[str, Script] = {
    "order.reciprocal": reciprocal,
    "exp.zero": evaluated,
    "exp.positive": exp_positive,
    "log.exp": log_exp,
    "exp.negative": exp_negative,
    "exp.lower": exp_lower,
    "exp.increasing": exp_increasing,
    "exp.monotone": from_strict("exp"),
    "log.unique": log_unique,
    "log.increasing": log_increasing,
    "log.monotone": from_strict("log"),
    "log.upper": log_upper,
    "root.positive": root_positive,
    "cos.zero": evaluated,
    "pi.positive": evaluated,
    "sin.zero": evaluated,
    "sin.negative": reflected("sin"),
    "cos.negative": reflected("cos"),
    "d.cos": d_cos,
    "cos.quarter": cos_quarter,
    "sin.eighth": eighth("sin"),
    "cos.eighth": eighth("cos"),
    "sin.twelfth": sin_twelfth,
    "cos.twelfth": cos_twelfth,
    "abs.square": abs_square,
    "abs.nonnegative": abs_nonnegative,
    "abs.positive": abs_positive,
    "abs.unique": abs_unique,
    "max.strict": max_strict,
    "d.neg": d_neg,
    "d.div": d_div,
    "d.log": d_log,
    "d.abs": d_abs,
    "d.relu.right": sided("relu.right"),
    "d.relu.left": sided("relu.left"),
    "d.lrelu.right": sided("lrelu.right", c=c),
    "d.lrelu.left": sided("lrelu.left", c=c),
    "d.elu.right": sided("elu.right", c=c),
    "d.elu.left": sided("elu.left", c=c),
    "sum.last": last("sum"),
    "sum.first": first("sum"),
    "prod.last": last("prod"),
    "prod.first": first("prod"),
    "sum.positive": positive("sum"),
    "prod.positive": positive("prod"),
    "prod.mul": prod_mul,
}
