"""Operators on vectors and matrices, by what they mean entry by entry; inverse and determinant.

A shape like ``nm`` names the dimensions of an argument.  A vector has one index; it stands as a column
on the right of a product and as a row on its left.
"""

from symderive.language.expr import Max, Sum, Tab, delta, eq, exp, log, op, sqrt
from symderive.language.expr import absolute as abs_
from symderive.rules.schema import A, B, Meaning, Row, axiom, k, m, meaning, n

# fmt: off
OPERATORS: tuple[Meaning, ...] = (
    meaning("matmul", "A B", "nm mk", Tab(lambda i: Tab(lambda j: Sum(lambda l: A[i, l] * B[l, j], 1, m), k), n), "matrix product"),
    meaning("matmul", "A B", "nm m", Tab(lambda i: Sum(lambda l: A[i, l] * B[l], 1, m), n), "matrix times column"),
    meaning("matmul", "A B", "n nm", Tab(lambda j: Sum(lambda l: A[l] * B[l, j], 1, n), m), "row times matrix"),
    meaning("matmul", "A B", "n n", Sum(lambda l: A[l] * B[l], 1, n), "row times column"),
    meaning("outer", "A B", "n m", Tab(lambda i: Tab(lambda j: A[i] * B[j], m), n), "column times row"),
    meaning("transpose", "A", "nm", Tab(lambda j: Tab(lambda i: A[i, j], n), m), "transpose"),
    meaning("hadamard", "A B", "n n", Tab(lambda i: A[i] * B[i], n), "product entry by entry"),
    meaning("hadamard", "A B", "nm nm", Tab(lambda i: Tab(lambda j: A[i, j] * B[i, j], m), n), "product entry by entry"),
    meaning("diag", "A", "n", Tab(lambda i: Tab(lambda j: delta(i, j) * A[i], n), n), "diagonal matrix"),
    meaning("diagonal", "A", "nn", Tab(lambda i: A[i, i], n), "diagonal of a matrix"),
    meaning("trace", "A", "nn", Sum(lambda i: A[i, i], 1, n), "trace"),
    meaning("inner", "A B", "nm nm", Sum(lambda i: Sum(lambda j: A[i, j] * B[i, j], 1, m), 1, n), "Frobenius product"),
    meaning("total", "A", "n", Sum(lambda i: A[i], 1, n), "sum of the entries"),
    meaning("total", "A", "nm", Sum(lambda i: Sum(lambda j: A[i, j], 1, m), 1, n), "sum of the entries"),
    meaning("mean", "A", "n", Sum(lambda i: A[i], 1, n) / n, "mean of the entries"),
    meaning("norm1", "A", "n", Sum(lambda i: abs_(A[i]), 1, n), "sum of the absolute entries"),
    meaning("norm2", "A", "n", sqrt(Sum(lambda i: A[i]**2, 1, n)), "Euclidean norm"),
    meaning("norm2", "A", "nm", sqrt(Sum(lambda i: Sum(lambda j: A[i, j]**2, 1, m), 1, n)), "Frobenius norm"),
    meaning("square", "A", "n", Sum(lambda i: A[i]**2, 1, n), "squared Euclidean norm"),
    meaning("square", "A", "nm", Sum(lambda i: Sum(lambda j: A[i, j]**2, 1, m), 1, n), "squared Frobenius norm"),
    meaning("norminf", "A", "n", Max(lambda i: abs_(A[i]), 1, n), "largest absolute entry"),
    meaning("softmax", "A", "n", Tab(lambda i: exp(A[i]) / Sum(lambda j: exp(A[j]), 1, n), n), "softmax"),
    meaning("softmax", "A", "nm", Tab(lambda i: Tab(lambda j: exp(A[i, j]) / Sum(lambda l: exp(A[i, l]), 1, m), m), n), "softmax of each row"),
    meaning("logsumexp", "A", "n", log(Sum(lambda i: exp(A[i]), 1, n)), "log-sum-exp"),
    meaning("inv", "A", "nn", None, "inverse", result="nn"),
    meaning("det", "A", "nn", None, "determinant"),
)

RULES: tuple[Row, ...] = (
    axiom("inv.left", eq(op("matmul", op("inv", A), op("matmul", A, B)), B), says="A⁻¹·A = I"),
    axiom("inv.right", eq(op("matmul", A, op("matmul", op("inv", A), B)), B), says="A·A⁻¹ = I"),
)
# fmt: on
