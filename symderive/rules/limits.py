"""Limits: continuity, growth, and L'Hôpital's rule; x → a from a side or both, or x → ±∞.

That t tends to +∞ is said by two limits of numbers: 1/t → 0 and |t|/t → 1.  A limit is a value only where it
exists, so what is said of one is known only where a rule gives it.
"""

from symderive.language.expr import D, Lim, eq, exp, is_, log
from symderive.language.expr import absolute as abs_
from symderive.rules.schema import G, Row, a, axiom, b, c, d, free, k, limit, r, t, x

to_infinity = (eq(limit(1 / t), 0), eq(limit(abs_(t) / t), 1))

# fmt: off
RULES: tuple[Row, ...] = (
    axiom("lim.self", eq(limit(r), c), is_("point", c, r), defined="right", says="the limit of the variable itself"),
    axiom("lim.infinite", eq(limit(1 / r), 0), is_("infinite", r), defined="right", says="1/x → 0 for x → ±∞"),
    axiom("lim.continuous", eq(limit(G(a, b)), G(c, d)), eq(limit(a), c), eq(limit(b), d), is_("continuous", G(c, d)), free(G(0, 0), r), defined="right",
          says="a continuous function of what has limits"),
    axiom("lim.exists", is_("limit", limit(a)), eq(limit(a), c), says="what has a value exists"),
    axiom("lim.sides", eq(Lim(a, x, c), d), eq(Lim(a, x, c, "above"), d), eq(Lim(a, x, c, "below"), d), defined="right", says="both one-sided limits agree"),
    axiom("lim.exp", eq(limit(t**k * exp(-t)), 0 * k), *to_infinity, free(k, r), defined="right", says="the exponential outgrows every power"),
    axiom("lim.log", eq(limit(1 / log(t)), 0), *to_infinity, defined="right", says="the logarithm grows without bound"),
    axiom("lim.quotient", eq(limit(a / b), c), eq(limit(a), 0), eq(limit(b), 0), eq(limit(D(a, r) / D(b, r)), c), defined="right", says="L'Hôpital's rule for 0/0"),
)
# fmt: on
