"""Forged certificates: each a good one changed to claim something false, or to use a step wrongly.

A forgery edits the plain data of a certificate that the kernel accepts (asserted), and the kernel has to
refuse it for the reason that is written beside it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from symderive.kernel import check
from symderive.kernel.context import Rejected
from symderive.kernel.terms import Term, at, bound, make, num, rel, sym
from symderive.language.expr import D, E, Expr, Sum, Tab, absolute, cases, delta, eq, exp, ne
from symderive.rules.book import book
from tests import edits
from tests.certificates import Record, copy, dumped, recheck
from tests.goodproofs import GOOD, good

Edit = Callable[[Record], Any]
FORGERIES: dict[str, tuple[str, str, Edit]] = {}


def forgery(base: str, reason: str) -> Callable[[Edit], Edit]:
    """Register an edit of a good certificate, and a part of the message with which it is refused."""

    def register(edit: Edit) -> Edit:
        assert edit.__name__ not in FORGERIES
        FORGERIES[edit.__name__] = (base, reason, edit)
        return edit

    return register


def entered(record: Record, t: Term | Expr) -> int:
    """The number of a term, with its parts entered at the end of the table."""
    t = t.term if isinstance(t, Expr) else t
    if t.head == "num":
        row: list[Any] = ["num", str(t.args[0]) if t.args[1] == 1 else f"{t.args[0]}/{t.args[1]}"]
    else:
        row = [t.head, *(entered(record, a) if isinstance(a, Term) else a for a in t.args)]
    record["terms"].append(row)
    return len(record["terms"]) - 1


def step(record: Record, kind: str, k: int = 0) -> dict[str, Any]:
    """Step k of a kind."""
    return [s for s in record["proof"] if s["type"] == kind][k]


x, y, a, b, c, i, j, k, n, q, p, h, A, B = (Expr(sym(s)) for s in "x y a b c i j k n q p h A B".split())
eps, z = Expr(sym("eps")), Expr(sym("z"))


# -- the claim and its setting ------------------------------------------------------------------------


@forgery("cancelled", "the last line is not the claim")
def claim_changed(r):
    r["claim"] = entered(r, eq((a**2 - b**2) / (a - b), a - b))


@forgery("cancelled", "the conditions are not those of the proof")
def condition_dropped(r):
    r["conditions"] = []


@forgery("cancelled", "the conditions are not those of the proof")
def condition_added(r):
    r["conditions"].append(entered(r, 0 < a))


@forgery("cancelled", "the witness violates")
def witness_outside_of_the_conditions(r):
    r["model"]["values"] = {"a": "1", "b": "1"}


@forgery("independent_product", "the hypotheses are not those of the proof")
def regularity_not_printed(r):
    r["hypotheses"].pop()


@forgery("cancelled", "made with another book")
def other_book(r):
    r["book"] = "0" * 64


@forgery("cancelled", "not a certificate of this version")
def other_schema(r):
    r["schema"] = "symderive/certificate/2"


@forgery("counterexample", "a proof has lines and no sides")
def refutation_called_a_proof(r):
    r["kind"] = "proved"


@forgery("cancelled", "a proof has lines and no sides")
def proof_without_lines(r):
    r["proof"] = []


@forgery("absolute_value", "the proof assumes more than the claim")
def fact_dropped(r):
    r["facts"] = []


@forgery("used_fact", "the proof assumes more than the claim")
def fact_replaced(r):
    r["facts"] = [entered(r, eq(x, -3))]


@forgery("unfolded_definition", "the last line is not the claim")
def definition_changed(r):
    r["definitions"]["y"]["clauses"] = [[[], entered(r, 3 * x)]]
    step(r, "combine")["left"] = entered(r, 3 * x)
    step(r, "combine")["right"] = entered(r, x + x + x)


@forgery("unfolded_definition", "the chain breaks")
def definition_changed_under_the_proof(r):
    r["definitions"]["y"]["clauses"] = [[[], entered(r, 3 * x)]]


@forgery("unfolded_definition", "defined by itself")
def definition_cyclic(r):
    r["definitions"]["y"]["clauses"] = [[[], entered(r, y + 1)]]


@forgery("recursive_family", "its recursion never ends")
def recursion_that_climbs_and_falls(r):
    clauses = r["definitions"]["h"]["clauses"]
    up = at(sym("h"), (Expr(bound("h#0")) + 1).term)
    here = at(sym("h"), (Expr(bound("h#0")) - 1).term)
    clauses[1][1] = entered(r, make("add", up, here))


@forgery("recursive_family", "defined by itself")
def recursion_that_stands_still(r):
    r["definitions"]["h"]["clauses"][1][1] = entered(r, at(sym("h"), bound("h#0")))


@forgery("recursive_family", "overlap or leave a gap")
def clauses_overlap(r):
    r["definitions"]["h"]["clauses"][1][0][0][0] = entered(r, num(0))


@forgery("recursive_family", "overlap or leave a gap")
def clauses_leave_a_gap(r):
    r["definitions"]["h"]["clauses"][1][0][0][0] = entered(r, num(2))


@forgery("recursive_family", "a loose variable in its definition")
def definition_with_a_loose_variable(r):
    r["definitions"]["h"]["clauses"][0][1] = entered(r, bound("other"))


@forgery("function_unfolded", "stands where an integer is expected")
def function_that_counts_to_its_argument(r):
    body = make("big", "sum", num(1), bound("x#0"), make("and"), num(1))
    r["definitions"]["sq"]["clauses"] = [[[], entered(r, body)]]


@forgery("function_unfolded", "takes 1 arguments, not 2")
def arity_of_a_function_of_the_book(r):
    r["claim"] = entered(r, Expr(rel("=", make("app", "exp", num(1), num(1)), num(1))))


@forgery("function_unfolded", "takes 1 arguments")
def arity_of_a_function_of_the_document(r):
    r["claim"] = entered(r, Expr(rel("=", make("app", "f", num(1), num(1)), num(1))))


@forgery("cofactor_of_tensors", "are compared")
def shapes_do_not_match(r):
    r["claim"] = entered(r, eq(A, 1))


@forgery("cofactor_of_tensors", "a plain product of two tensors")
def product_of_two_tensors(r):
    step(r, "combine")["left"] = entered(r, A * B)


@forgery("cancelled", "is not declared")
def name_not_declared(r):
    r["claim"] = entered(r, eq(x, x))


@forgery("cancelled", "a name begins with a letter")
def name_like_a_number(r):
    r["signature"]["0"] = copy(r["signature"]["a"])


@forgery("cancelled", "a reserved name")
def name_like_a_formula(r):
    r["signature"]["a·b"] = copy(r["signature"]["a"])


@forgery("cancelled", "a reserved name")
def name_of_a_function_of_the_book(r):
    r["signature"]["tanh"] = copy(r["signature"]["a"])


@forgery("cancelled", "a reserved name")
def placeholder_declared(r):
    r["signature"]["$1"] = copy(r["signature"]["a"])


@forgery("cancelled", "a placeholder outside a proof")
def placeholder_in_the_claim(r):
    free = Expr(sym("$1"))
    r["claim"] = entered(r, eq(free, free))
    r["proof"] = [{**step(r, "combine"), "left": entered(r, free), "right": entered(r, free)}]


@forgery("cancelled", "a metavariable outside the book")
def metavariable_in_the_claim(r):
    r["terms"].append(["meta", "a"])


@forgery("cancelled", "a metavariable outside the book")
def metavariable_as_a_name(r):
    r["terms"].append(["sym", "?v"])


@forgery("exchanged", "a bound variable without its binder")
def bound_variable_escapes(r):
    r["claim"] = entered(r, Expr(rel("=", bound(0), bound(0))))


@forgery("integer_step", "the claim is not a closed relation")
def loose_variable_in_the_claim(r):
    r["claim"] = entered(r, Expr(rel("=", bound("i"), bound("i"))))


# -- the reader ---------------------------------------------------------------------------------------


@forgery("cancelled", "no such term before this place")
def forward_reference(r):
    r["terms"][0] = ["neg", len(r["terms"]) - 1]


@forgery("cancelled", "no such kind of term")
def unknown_node(r):
    r["terms"].append(["sqrt", 0])


@forgery("cancelled", "is not reduced")
def fraction_not_reduced(r):
    r["terms"].append(["num", "2/4"])


@forgery("cancelled", "expected a rational number")
def numeral_too_long(r):
    r["terms"].append(["num", "1" * 2000])


@forgery("cancelled", "nests deeper")
def term_too_deep(r):
    for _ in range(1000):
        r["terms"].append(["neg", len(r["terms"]) - 1])


@forgery("cancelled", "nodes when it is written out")
def term_too_large_written_out(r):
    for _ in range(60):
        last = len(r["terms"]) - 1
        r["terms"].append(["add", last, last])


@forgery("cancelled", "expected the keys")
def key_missing(r):
    del r["facts"]


@forgery("cancelled", "no such kind of value")
def unknown_step(r):
    r["proof"][0]["type"] = "trust"


@forgery("cancelled", "expected a whole number")
def truth_value_for_a_number(r):
    step(r, "combine")["rewrite"] = [True]


# -- rules --------------------------------------------------------------------------------------------


@forgery("absolute_value", "the book has no entry")
def rule_that_does_not_exist(r):
    step(r, "rule")["entry"] = "abs.always"


@forgery("absolute_value", "the last line is not the claim")
def other_rule(r):
    step(r, "rule")["entry"] = "abs.left"


@forgery("absolute_value", "the last line is not the claim")
def wrong_substitution(r):
    step(r, "rule")["subst"]["a"] = entered(r, -x)


@forgery("absolute_value", "speaks of")
def substitution_incomplete(r):
    step(r, "rule")["subst"] = {}


@forgery("logarithm_split", "the conditions are not those of the proof")
def logarithm_of_factors_of_unknown_sign(r):
    r["facts"] = [f for f in r["facts"] if r["terms"][f][3] != r["terms"].index(["sym", "b"])]


@forgery("squared_root", "the last line is not the claim")
def root_of_a_square_without_its_sign(r):
    r["claim"] = entered(r, eq((x**2) ** (Expr(num(1)) / 2), x))


@forgery("root_of_square", "the proof assumes more than the claim")
def root_of_a_square_without_the_fact(r):
    r["facts"] = []


@forgery("integer_step", "the proof assumes more than the claim")
def integrality_of_a_real(r):
    step(r, "rule")["subst"]["i"] = entered(r, x)
    r["facts"] = [entered(r, x < n)]
    r["claim"] = entered(r, x + 1 <= n)


@forgery("interchanged", "is in a law")
def interchange_with_the_parameter_in_the_law(r):
    step(r, "rule")["subst"] |= {"a": entered(r, z), "X": ["z"]}
    r["claim"] = entered(r, eq(D(E(z, z), a), E(D(z, a), z)))


@forgery("independent_product", "no fact says that")
def independence_not_declared(r):
    r["facts"] = []


@forgery("independent_product", "no fact says that the entries of x are independent")
def square_split_as_independent(r):
    step(r, "rule")["subst"]["b"] = step(r, "rule")["subst"]["a"]


@forgery("independent_product", "the witness violates")
def independence_false_in_the_witness(r):
    r["model"]["outcomes"] = [["1/2", {"x": "1", "y": "1"}], ["1/2", {"x": "2", "y": "3"}]]


@forgery("scaled_mean", "a part is random")
def random_factor_out_of_the_mean(r):
    step(r, "rule")["subst"]["c"] = entered(r, x)


@forgery("symmetric_mean", "the proof assumes more than the claim")
def symmetry_not_declared(r):
    r["facts"] = []


@forgery("symmetric_mean", "under an operator")
def parameter_under_an_expectation(r):
    step(r, "rule")["subst"]["F"]["body"] = entered(r, make("ex", bound("p")))


# -- definitions, places, derivatives -----------------------------------------------------------------


@forgery("unfolded_definition", "have definitions")
def leaf_unfolded(r):
    step(r, "unfold")["term"] = entered(r, x + 1)


@forgery("recursive_family", "the proof assumes more than the claim")
def clause_out_of_its_range(r):
    step(r, "unfold")["clause"] = 0
    r["claim"] = entered(r, eq(Expr(at(sym("h"), num(1))), 5))


@forgery("function_unfolded", "stands where a number is expected")
def function_of_entries_unfolded_at_a_vector(r):
    f = make("app", "f", A.term)
    step(r, "unfold")["term"] = entered(r, f)
    r["claim"] = entered(r, Expr(rel("=", f, at(make("op", "softmax", make("tab", num(1), num(3), A.term)), num(1)))))


@forgery("unfolded_definition", "stands without arguments")
def function_as_a_name(r):
    r["signature"]["f"] = {**copy(r["signature"]["x"]), "kind": "function", "arguments": [[]]}
    step(r, "unfold")["term"] = entered(r, sym("f"))


@forgery("unfolded_definition", "the context is not the left side")
def declared_name_put_to_a_number(r):
    """A line about a defined name at another value of the leaf it is defined by: x = 5 would follow."""
    five = entered(r, num(5))
    r["proof"][1:] = [
        {
            "type": "place", "line": 0, "context": r["proof"][0]["term"], "paths": [], "values": {"x": five},
            "defined": "left",
        },
        {"type": "place", "line": 1, "context": entered(r, 2 * x), "paths": [], "values": {}, "defined": "left"},
    ]  # fmt: skip
    r["claim"] = entered(r, eq(y, 2 * Expr(num(5))))


@forgery("half_power", "stands where an integer is expected")
def index_put_to_a_half(r):
    step(r, "place")["values"]["k"] = entered(r, num(1, 2))


@forgery("half_power", "the context is not the left side")
def index_named_like_a_placeholder(r):
    """A loose index named $1 may not be put to what is no integer: 1 = −1 would follow."""
    loose, half = entered(r, bound("$1")), entered(r, num(1, 2))
    step(r, "rule")["subst"]["n"] = loose
    base = make("pow", num(-1), num(2))
    step(r, "place")["values"] = {"$1": half}
    step(r, "place")["context"] = entered(r, make("pow", base, num(1, 2)))
    r["claim"] = entered(
        r, Expr(rel("=", make("pow", base, num(1, 2)), make("pow", num(-1), make("mul", num(2), num(1, 2)))))
    )


@forgery("summed_line", "the left side of the line is not at the end")
def wrong_place(r):
    step(r, "place")["paths"] = [[[4, "other"]]]


@forgery("summed_line", "a binder on the path needs a fresh name")
def binder_without_a_name(r):
    step(r, "place")["paths"] = [[4]]


@forgery("summed_line", "the path leads nowhere")
def path_to_nowhere(r):
    step(r, "place")["paths"] = [[7]]


@forgery("summed_line", "the proof assumes more than the claim")
def fact_about_one_index_used_under_a_sum(r):
    one = Expr(at(sym("x"), num(1)))
    r["facts"] = [entered(r, 0 <= one)]


@forgery("summed_line", "a fact with a loose index")
def fact_with_a_loose_index(r):
    r["facts"].append(entered(r, Expr(rel("<=", num(0), at(sym("x"), bound("i"))))))


@forgery("branch", "the last line is not the claim")
def guard_used_in_the_other_branch(r):
    left = cases((0 <= x, 0), otherwise=absolute(x))
    step(r, "place").update(context=entered(r, left), paths=[[2]])


@forgery("branch", "the proof assumes more than the claim")
def guard_does_not_give_it(r):
    left, right = (cases((0 <= x, 0), otherwise=t) for t in (absolute(x), x))
    step(r, "place").update(context=entered(r, left), paths=[[2]])
    r["claim"] = entered(r, eq(left, right))


@forgery("branch", "stands where a number is expected")
def tensor_equation_as_a_guard(r):
    r["signature"]["S"] = copy(r["signature"]["x"])
    r["signature"]["S"]["ranges"] = [[entered(r, num(1)), entered(r, num(3))]]
    s = Expr(sym("S"))
    r["claim"] = entered(r, eq(cases((eq(s, s + 1), x), otherwise=0), 0))


@forgery("branch", "a line in a property")
def line_put_in_a_property(r):
    r["signature"] |= {n: {**copy(r["signature"]["x"]), "kind": "random"} for n in "uv"}
    u, v = Expr(sym("u")), Expr(sym("v"))
    left = cases((Expr(make("is", "symmetric-law", u.term)), 1), otherwise=0)
    fact = {"type": "fact", "condition": entered(r, eq(u, v)), "at": []}
    r["proof"] = [fact, {**step(r, "place"), "context": entered(r, left), "paths": [[0, 1]]}]


@forgery("under_derivative", "may fail near the point")
def fact_used_under_a_derivative(r):
    fact = entered(r, eq(x, 3))
    r["facts"] = [fact]
    r["model"]["values"] = {"x": "3"}
    r["proof"][0] = {"type": "fact", "condition": fact, "at": []}
    step(r, "place").update(context=entered(r, D(x, x)), paths=[[0]])
    r["claim"] = entered(r, eq(D(x, x), D(3, x)))


@forgery("strict_under_derivative", "may fail near the point")
def weak_order_under_a_derivative(r):
    step(r, "place")["line"] = 0


@forgery("cut_definition", "the definition of q is used where q is varied")
def definition_of_the_varied_name(r):
    r["proof"][0]["term"] = entered(r, q)
    step(r, "place").update(context=entered(r, D(q, q)))


@forgery("under_derivative", "the last line is not the claim")
def derivative_by_another_name(r):
    r["signature"]["w"] = copy(r["signature"]["x"])
    r["claim"] = entered(r, eq(D(h, x), D(x * x, Expr(sym("w")))))


@forgery("entries_of_tables", "the conditions are not those of the proof")
def table_read_out_of_its_range(r):
    """Tables that agree on 1..3 do not agree at 5: 1 = 0 would follow."""
    one, two = Tab(lambda i: delta(i, 5), 3), Tab(lambda _: 0, 3)
    step(r, "place")["context"] = entered(r, one[5])
    r["claim"] = entered(r, eq(one[5], two[5]))


# -- algebra ------------------------------------------------------------------------------------------


@forgery("used_fact", "the combination does not vanish")
def wrong_cofactor(r):
    step(r, "combine")["cofactors"][0][1] = entered(r, x - 3)


@forgery("used_fact", "the proof assumes more than the claim")
def cofactor_divided_by_zero(r):
    """1 = 0 from x = 3, with 1/(x − 3) as cofactor."""
    step(r, "combine").update(left=entered(r, num(1)), right=entered(r, num(0)))
    step(r, "combine")["cofactors"] = [[0, entered(r, 1 / (x - 3))]]
    r["claim"] = entered(r, eq(1, 0))


@forgery("used_fact", "a denominator is zero")
def polynomial_divided_by_zero(r):
    step(r, "combine").update(left=entered(r, x / (x - x)), right=entered(r, x / (x - x)))


@forgery("cancelled", "the conditions are not those of the proof")
def quotient_of_a_number_by_itself(r):
    r["claim"] = entered(r, eq(a / a, 1))
    step(r, "combine").update(left=entered(r, a / a), right=entered(r, num(1)))
    r["conditions"] = []


@forgery("used_fact", "the conditions are not those of the proof")
def quotient_assumed(r):
    """x/x = 1 as a hypothesis that holds plainly: still only where x ≠ 0."""
    claim = entered(r, eq(x / x, 1))
    r["proof"] = [{"type": "fact", "condition": claim, "at": []}]
    r["claim"] = claim


@forgery("cofactor_of_tensors", "has another shape")
def equation_between_empty_tensors(r):
    """An equation of tensors without entries says nothing about numbers: 0 = 1 would follow."""
    empty = Tab(lambda _: 0, 0)
    fact = entered(r, eq(empty, empty + 1))
    r["facts"] = [fact]
    step(r, "fact")["condition"] = fact
    step(r, "combine").update(left=entered(r, num(0)), right=entered(r, num(1)), cofactors=[[0, entered(r, num(1))]])
    r["claim"] = entered(r, eq(0, 1))


@forgery("used_fact", "is no equation")
def order_used_as_an_equation(r):
    fact = entered(r, 3 <= x)
    r["facts"], step(r, "fact")["condition"] = [fact], fact


@forgery("used_fact", "there is no line")
def line_that_comes_later(r):
    step(r, "combine")["cofactors"][0][0] = 1


@forgery("positive_sum", "a coefficient is not positive")
def order_with_a_negative_coefficient(r):
    step(r, "order")["products"][1][0] = "-1"


@forgery("positive_sum", "the combination does not vanish")
def order_with_a_wrong_sum(r):
    step(r, "order")["products"].pop()


@forgery("positive_sum", "nothing in the combination is strictly positive")
def strict_order_from_squares(r):
    r["claim"] = step(r, "order")["claim"] = entered(r, 0 < x**2)
    step(r, "order")["products"] = [["1", [], [entered(r, x)]]]


@forgery("positive_sum", "an order does not give an equation")
def equation_from_an_order(r):
    step(r, "order")["claim"] = entered(r, eq(0, x**2 + x))


@forgery("squared_nonzero", "stands once")
def sign_of_what_is_only_nonzero(r):
    step(r, "order").update(claim=entered(r, 0 < x), products=[["1", [0], []]])


@forgery("product_nonzero", "one product of factors")
def nonzero_from_a_sum(r):
    step(r, "order").update(claim=entered(r, ne(0, x + y)), products=[["1", [0], []], ["1", [1], []]])


@forgery("unfolded_definition", "the chain breaks")
def chain_with_a_gap(r):
    step(r, "chain")["lines"] = [1, 1]


@forgery("positive_sum", "an order read backwards")
def order_read_backwards(r):
    r["proof"].append({"type": "chain", "lines": [-2]})


@forgery("evaluated", "the relation is false")
def evaluation_of_what_is_false(r):
    step(r, "evaluate")["claim"] = r["claim"] = entered(r, exp(1) < 2)


@forgery("evaluated", "not evaluated")
def precision_too_low(r):
    step(r, "evaluate").update(precision=1)
    step(r, "evaluate")["claim"] = r["claim"] = entered(r, exp(1) < Expr(num(2719, 1000)))


@forgery("evaluated", "a precision out of bounds")
def precision_without_bound(r):
    step(r, "evaluate")["precision"] = 10**9


@forgery("used_fact", "a relation between names")
def names_evaluated(r):
    r["proof"] = [{"type": "evaluate", "claim": r["claim"], "precision": 64}]


# -- sums ---------------------------------------------------------------------------------------------


@forgery("exchanged", "the sums are not the same")
def indices_exchanged_on_one_side(r):
    step(r, "resum")["left_moves"][0]["order"] = ["k2", "k1"]


@forgery("exchanged", "the order names other indices")
def bijection_that_names_an_index_twice(r):
    step(r, "resum")["left_moves"][0]["order"] = ["k1", "k1"]


@forgery("exchanged", "2 moves for 1 summands")
def more_moves_than_summands(r):
    moves = step(r, "resum")["left_moves"]
    moves.append(moves[0])


@forgery("triangle", "an index before its range")
def dependent_range_moved_out(r):
    for side in ("left_moves", "right_moves"):
        step(r, "resum")[side][0]["order"] = ["k2", "k1"]


@forgery("reversed_sum", "the sums are not the same")
def reversal_off_by_one(r):
    step(r, "resum")["left_moves"][0]["shift"][0][2] = entered(r, n)


@forgery("reversed_sum", "a bad shift")
def index_stretched(r):
    step(r, "resum")["left_moves"][0]["shift"][0][1] = 2


@forgery("reversed_sum", "a bad shift")
def index_shifted_by_a_half(r):
    step(r, "resum")["left_moves"][0]["shift"][0][2] = entered(r, num(1, 2))


@forgery("counted", "the proof assumes more than the claim")
def empty_range_counted(r):
    r["facts"] = []


@forgery("counted", "is counted but used")
def used_index_counted(r):
    left = Sum(lambda k: k, 1, n)
    step(r, "resum")["left"] = entered(r, left)


@forgery("contracted", "the conditions are not those of the proof")
def contraction_out_of_range(r):
    r["facts"] = r["facts"][:1]


@forgery("contracted", "no factor ties")
def contraction_with_another_index(r):
    step(r, "resum")["left_moves"][0]["contract"][0][1] = entered(r, num(1))


@forgery("contracted", "what may be no integer")
def contraction_with_a_real(r):
    """Σ_i δ(i, c)·i = c only for an integer c."""
    r["signature"]["c"] = {**copy(r["signature"]["j"]), "kind": "real"}
    left = Sum(lambda i: delta(i, c) * i, 1, n)
    step(r, "resum").update(left=entered(r, left), right=entered(r, c))
    step(r, "resum")["left_moves"][0]["contract"][0][1] = entered(r, c)


@forgery("indicator_divided", "the sums are not the same")
def indicator_cancelled(r):
    """{1/δ_ij if i = j; 0} is δ_ij, not 1."""
    left = cases((eq(i, j), 1 / delta(i, j)), otherwise=0)
    step(r, "resum").update(left=entered(r, left), right=entered(r, num(1)))


@forgery("indicator_divided", "the sums are not the same")
def coefficients_rounded(r):
    """Exact coefficients, even behind a negative denominator of a denominator."""
    big = 10**17
    left, right = (Expr(num(m)) / (i / -j) for m in (big + 1, big))
    step(r, "resum").update(left=entered(r, left), right=entered(r, right))


# -- cases, induction, cut ----------------------------------------------------------------------------


@forgery("by_cases", "the cases leave something out")
def cases_that_do_not_cover(r):
    step(r, "cases")["cases"][0] = entered(r, 0 < x)


@forgery("by_cases", "a line per case")
def case_without_a_line(r):
    step(r, "cases")["lines"].pop()


@forgery("by_cases", "proves something else")
def case_that_proves_something_else(r):
    step(r, "cases")["lines"][1] = 2


@forgery("by_cases", "the cases compare different terms")
def cases_about_different_terms(r):
    step(r, "cases")["cases"][1] = entered(r, x < 1)


@forgery("induction", "the base line proves another claim")
def induction_from_a_wrong_base(r):
    step(r, "induct")["base"] = 0


@forgery("induction", "the base line proves another claim")
def induction_from_another_first_index(r):
    step(r, "induct")["first"] = entered(r, num(1))


@forgery("induction", "the step line proves another claim")
def induction_without_a_step(r):
    step(r, "induct")["up"] = 1


@forgery("induction", "the conditions are not those of the proof")
def induction_used_below_its_start(r):
    step(r, "place", 1)["values"]["i"] = entered(r, Expr(sym("t")) - 1)
    step(r, "place", 1)["context"] = entered(r, at(sym("m"), (Expr(sym("t")) - 1).term))
    r["claim"] = entered(r, eq(Expr(at(sym("m"), (Expr(sym("t")) - 1).term)), (Expr(sym("t")) - 1) * c))


@forgery("counted", "the line has no such hypothesis")
def cut_of_what_is_not_there(r):
    step(r, "cut")["hypothesis"] = entered(r, 0 < c)


@forgery("counted", "the line proves something else")
def cut_by_another_line(r):
    step(r, "cut")["by"] = 1


@forgery("entries_of_tables", "a name is missing for a")
def cut_of_a_forall_without_a_name(r):
    step(r, "cut", 1)["names"] = []


# -- models -------------------------------------------------------------------------------------------


@forgery("used_fact", "the witness violates")
def witness_outside_of_the_facts(r):
    r["model"]["values"]["x"] = "2"


@forgery("unused_fact", "the witness violates")
def witness_outside_of_an_unused_fact(r):
    r["model"]["values"]["x"] = "2"


@forgery("used_fact", "the witness does not decide")
def witness_that_says_nothing(r):
    r["model"]["values"] = {}


@forgery("used_fact", "the witness violates")
def contradictory_facts(r):
    r["facts"].append(entered(r, eq(x, 4)))


@forgery("contracted", "is an integer")
def witness_with_half_an_index(r):
    r["model"]["values"]["j"] = "3/2"


@forgery("contracted", "another size")
def witness_of_another_size(r):
    r["model"]["values"]["x"] = ["1", "1"]


@forgery("unfolded_definition", "cannot have a value here")
def witness_for_a_defined_name(r):
    r["model"]["values"]["y"] = "7"


@forgery("scaled_mean", "do not add up to 1")
def probabilities_that_do_not_add_up(r):
    r["model"]["outcomes"][0][0] = "1/3"


@forgery("scaled_mean", "is not positive")
def probability_zero(r):
    r["model"]["outcomes"].append(["0", {"x": "5"}])


@forgery("counterexample", "the claim holds in the model")
def refutation_where_the_claim_holds(r):
    r["model"]["values"]["x"] = "1"


@forgery("counterexample", "the model violates the fact")
def refutation_outside_of_the_facts(r):
    r["model"]["values"]["x"] = "-2"


@forgery("counterexample", "the model does not decide")
def refutation_at_an_undefined_point(r):
    r["claim"] = entered(r, eq(1 / (x - 2), 5))


@forgery("undefined_nearby", "the model does not decide")
def refutation_through_an_argument_without_value(r):
    r["model"]["values"]["x"] = "-1"


@forgery("slope_refuted", "the model does not decide")
def refutation_by_a_slope_of_what_is_undefined(r):
    r["model"]["values"]["x"] = "-1"


@forgery("table_refuted", "the model does not decide")
def refutation_out_of_the_range_of_a_table(r):
    r["model"]["values"]["k"] = "5"


@forgery("counterexample", "the claim holds in the model")
def zero_to_the_power_zero(r):
    r["facts"] = []
    r["claim"] = entered(r, eq(Expr(num(0)) ** 0, 1))


@forgery("counterexample_rewritten", "a line that is not about the side")
def refutation_of_another_side(r):
    r["sides"] = [r["sides"][0]] * 2


@forgery("counterexample_rewritten", "the model does not decide")
def law_not_evaluated(r):
    r["sides"] = [None, None]


@forgery("counterexample", "a refutation has no conditions")
def refutation_with_a_condition(r):
    r["conditions"] = [entered(r, 0 < x)]


@forgery("slope_refuted", "the model does not decide")
def derivative_at_a_kink(r):
    r["claim"] = entered(r, eq(D(absolute(y), y), 1))
    r["model"]["values"]["y"] = "0"


@forgery("cancelled", "is known")
def instance_of_a_leaf(r):
    r["instances"] = {"a": {"params": [], "clauses": [[[], entered(r, num(1))]]}}


@forgery("function_unfolded", "is known")
def instance_of_a_defined_function(r):
    r["instances"] = {"f": {"params": ["x"], "clauses": [[[], entered(r, bound("x"))]]}}


# -- the tests ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", GOOD)
def test_what_forgeries_start_from_is_accepted(base):
    recheck(good(base))


@pytest.mark.parametrize("which", FORGERIES)
def test_forgery_is_refused(which):
    base, reason, edit = FORGERIES[which]
    record = good(base)
    recheck(record)
    edit(record)
    with pytest.raises(Rejected) as refusal:
        recheck(record)
    assert reason in str(refusal.value)


def test_there_are_many():
    assert len(FORGERIES) >= 60


TEXTUAL = {
    "floats": ('"precision":64', '"precision":64.0', "is not allowed"),
    "not a number": ('"precision":64', '"precision":NaN', "is not allowed"),
    "infinity": ('"precision":64', '"precision":Infinity', "is not allowed"),
    "huge integers": ('"precision":64', '"precision":' + "9" * 5000, "too long"),
    "a key twice": ('"precision":64', '"precision":64,"precision":4096', "a key stands twice"),
    "a name declared twice": ('"signature":{', '"signature":{"a":{},', "a key stands twice"),
    "deep nesting": ('"precision":64', '"precision":' + "[" * 1000 + "]" * 1000, "nests too deep"),
    "trailing data": (None, "{}", "not JSON"),
}


@pytest.mark.parametrize("which", TEXTUAL)
def test_forged_text(which):
    old, new, reason = TEXTUAL[which]
    text = dumped(good("cancelled")).decode()
    check.check(text.encode(), book())
    forged = text + new if old is None else text.replace(old, new, 1)
    assert forged != text
    with pytest.raises(Rejected, match=reason):
        check.check(forged.encode(), book())


def test_proof_and_claim_from_different_walls(walls):
    """The proof of one wall under the claim of another."""
    names = sorted(walls)
    for one, other in pairwise(names):
        record = copy(walls[one].right.certificate)
        stolen = copy(walls[other].right.certificate)
        for key in ("proof", "terms"):
            record[key] = stolen[key]
        with pytest.raises(Rejected):
            recheck(record)


def test_facts_of_a_wall_are_needed(walls):
    """Without the facts that it cites, the proof of a wall shows less than its claim."""
    for wall in ("fan_in_variance", "infinity_norm", "normal_equations", "softmax_cross_entropy"):
        record = copy(walls[wall].right.certificate)
        record["facts"] = []
        with pytest.raises(Rejected):
            recheck(record)


def test_random_edits_prove_nothing_false():
    """The quick version of benchmarks/edits.py."""
    outcome = edits.run(book(), 2_000, seed=20)
    assert sum(outcome.counts.values()) == 2_000
    assert outcome.wrong == []
    assert outcome.counts["rejected"] > 1_000
    assert outcome.counts["true"] > 5, "the oracle was never asked"


def test_every_good_certificate_is_true_by_the_oracle():
    rng = random.Random(3)
    assert {n: edits.judged(rng, good(n)) for n in edits.SCALAR} == dict.fromkeys(edits.SCALAR, "true")


def test_the_oracle_sees_what_is_false():
    """The oracle is not blind: the claims of some forgeries are false, and it says so."""
    rng = random.Random(4)
    for which in ("contraction_with_a_real", "indicator_cancelled", "index_put_to_a_half", "fact_dropped"):
        base, _, edit = FORGERIES[which]
        record = good(base)
        edit(record)
        if record["proof"][0]["type"] == "resum":
            one = record["proof"][0]
            record["terms"].append(["rel", "=", one["left"], one["right"]])
            record["claim"] = len(record["terms"]) - 1
        assert edits.judged(rng, record) == ("true" if which == "index_put_to_a_half" else "false"), which
