"""Equality and order: what algebra alone does not give."""

from symderive.language.expr import Each, eq
from symderive.rules.schema import S, T, a, axiom, hi, i, j, lo, span, theorem

# fmt: off
RULES = (
    theorem("order.reciprocal", 0 < 1 / a, 0 < a, says="the reciprocal of a positive number is positive"),
    axiom("order.integer", i + 1 <= j, i < j, says="between two integers there is none"),
    axiom("tensor.entries", eq(S, T), span(S, lo, hi), span(T, lo, hi), Each(lambda i: eq(S[i], T[i]), lo, hi),
          says="tensors with the same entries are equal"),
)
# fmt: on
