"""Input that is wrong, hostile or too large: a clear error or an honest *undecided*, quickly and in little memory."""

from __future__ import annotations

import json
import random
import resource
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from symderive.kernel import __main__ as program
from symderive.kernel import check, reader
from symderive.kernel.book import read_book
from symderive.kernel.context import Context, Definition, Rejected
from symderive.kernel.shapes import check_condition, shape
from symderive.kernel.terms import MAX_DEPTH, TooDeep, make, num, sym
from symderive.language.expr import D, E, Expr, Prod, Sum, eq, exp, is_, lift, name, nary, op, sin
from symderive.language.scope import Scope, ScopeError
from symderive.language.verdict import Kind
from symderive.rules.book import book
from tests.certificates import dumped, judged, recheck
from tests.goodproofs import GOOD, good

SECONDS = 2.0
MEGABYTES = 400


@contextmanager
def bounded(seconds: float = SECONDS):
    """The work inside takes little time and little memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    yield
    assert time.process_time() - start < seconds
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    assert grown < MEGABYTES, f"{grown} MB"


# -- terms that do not fit ------------------------------------------------------------------------------


def setting() -> Scope:
    s = Scope()
    s.matrix("A", 2, 3)
    s.vector("v", 3)
    s.real("x")
    s.integer("n")
    s.random("z")
    s.function("f", (3,))
    return s


A, v, x, n, z = (name(t) for t in "AvxnZ".replace("Z", "z"))
ILL = {
    "matrix by matrix": (eq(A @ A, A), "do not fit in matmul"),
    "matrix and vector": (eq(A + v, A), "do not fit"),
    "vector and number": (eq(v, x), "are compared"),
    "order of vectors": (v < v, "an order between tensors"),
    "product of vectors": (eq(v * v, v), "a plain product of two tensors"),
    "index on a number": (eq(x[1], x), "an index on what has no entries"),
    "index that is no integer": (eq(v[x], x), "stands where an integer is expected"),
    "sum to a real": (eq(Sum(lambda i: i, 1, x), x), "stands where an integer is expected"),
    "unknown name": (eq(name("nowhere"), x), "is not declared"),
    "unknown function": (eq(Expr(make("app", "nofun", x.term)), x), "is not a declared function"),
    "unknown operator": (eq(op("nothing", A), x), "does not take"),
    "function of a number": (eq(Expr(make("app", "f", x.term)), x), "f takes"),
    "too many arguments": (eq(Expr(make("app", "exp", x.term, x.term)), x), "takes 1 arguments"),
    "derivative by an integer": (eq(D(x, n), x), "cannot be varied"),
    "derivative by a vector": (eq(D(x, v), x), "too few indices"),
    "mean over what is not random": (eq(E(x, x), x), "is not random"),
    "condition as a number": (eq(Expr(eq(x, x).term) + 1, x), "a condition stands as a number"),
    "infinity as a number": (eq(Expr(make("inf")), x), "infinity stands"),
    "function without arguments": (eq(name("f"), x), "without arguments"),
    "no relation": (is_("iid", z), "a claim is a relation"),
}


@pytest.mark.parametrize("which", ILL)
def test_ill_formed_claims_are_errors(which):
    claim, reason = ILL[which]
    with bounded(), pytest.raises(Rejected, match=reason):
        judged(setting(), claim)


def test_names_are_declared_once():
    s = setting()
    with pytest.raises(ScopeError, match="declared twice"):
        s.real("x")
    with pytest.raises(ScopeError, match="function of the book"):
        s.real("tanh")


def test_cyclic_definitions():
    s = setting()
    for one, other in (("p", "q"), ("q", "p")):
        s.define(one, x)
        s.definitions[one] = Definition((), (((), (name(other) + 1).term),))
    with pytest.raises(Rejected, match="defined by itself"):
        judged(s, eq(name("p"), x))


def test_shapes_of_definitions():
    s = setting()
    s.define("w", x)
    s.definitions["w"] = Definition((), (((), v.term),))
    with pytest.raises(Rejected, match="its definition is"):
        judged(s, eq(name("w"), x))


def test_floats_are_no_expressions():
    with pytest.raises(TypeError, match="integers or fractions"):
        lift(0.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no truth value"):
        bool(x < 1)


# -- facts that contradict each other -------------------------------------------------------------------

CONTRADICTIONS = {
    "signs": lambda: ((0 < x), (x < 0)),
    "orders": lambda: ((1 <= x), (x <= 0)),
    "integers": lambda: ((n < 1), (2 <= n)),
    "squares": lambda: ((x**2 < 0),),
}


@pytest.mark.parametrize("which", CONTRADICTIONS)
def test_contradictory_facts(which):
    s = setting()
    facts = CONTRADICTIONS[which]()
    s.assume(*facts)
    with bounded():
        verdict = judged(s, eq(x, 5))
    assert verdict.kind is Kind.UNDECIDED
    assert verdict.code == "contradiction"
    assert set(verdict.needs) == {f.term for f in facts}


def test_contradictory_equations():
    s = setting()
    s.assume(eq(x, 1), eq(x, 2))
    assert judged(s, eq(x, 5)).code == "contradiction"


def test_contradictory_equations_decide_nothing():
    s = setting()
    s.assume(eq(x, 1), eq(x, 2))
    for claim in (eq(x, 1), eq(x, 5), eq(0, 1), x < 0):
        assert judged(s, claim).kind in (Kind.UNDECIDED, Kind.CONSISTENT)


# -- numbers and terms that are too large -----------------------------------------------------------------


def tower(base: int, height: int) -> Expr:
    out = lift(base)
    for _ in range(height - 1):
        out = lift(base) ** out
    return out


def total(sign: int = 1) -> Expr:
    return nary("add", *(name(t) ** 1 if k == 0 else sign * name(t) for k, t in enumerate("abcdefgh")))


LARGE = {
    "tower of powers": lambda: eq(tower(9, 4), x),
    "two towers": lambda: eq(tower(9, 4), tower(9, 4) + 1),
    "tower in an exponent": lambda: eq(x ** tower(9, 3), x + 1),
    "tower in a numeral's power": lambda: eq(lift(9) ** 387420489, 5),
    "tower of exponentials": lambda: eq(exp(exp(exp(exp(lift(9))))), x),
    "high root": lambda: eq(lift(7) ** (lift(1) / 10**40), 1),
    "ten million monomials": lambda: eq(total() ** 30, total() ** 29 * total()),
    "ten million monomials, wrong": lambda: eq(total() ** 30, total() ** 30 + 1),
    "products of powers": lambda: eq(total() ** 30 * total(-1) ** 30, total(-1) ** 30 * total() ** 30),
    "a long sum": lambda: eq(Sum(lambda i: i * x, 1, 10**9), x),
    "a long product": lambda: eq(Prod(lambda i: lift(10) ** 900 + i, 1, 1000), x),
    "a long numeral": lambda: eq(10**1200 * x, x),
    "many summands": lambda: eq(nary("add", *[x] * 5000), x),
}


@pytest.mark.parametrize("which", LARGE)
def test_large_claims_end(which):
    s = setting()
    s.reals("a b c d e g h")
    s.names["f"] = s.names["x"]
    with bounded():
        verdict = judged(s, LARGE[which]())
    assert verdict.kind in (Kind.UNDECIDED, Kind.CONSISTENT, Kind.REFUTED)


def test_numerals_are_bounded():
    with pytest.raises(TooDeep, match="bits"):
        num(2**5000)


def test_nesting_is_bounded():
    def nest() -> None:
        t = x
        for _ in range(100_000):
            t = -t

    with bounded(), pytest.raises(TooDeep, match="nests deeper"):
        nest()


def test_shared_parts_are_bounded():
    def double() -> None:
        t = x.term
        for _ in range(200):
            t = make("add", t, t)

    with bounded(), pytest.raises(TooDeep, match="nodes when it is written out"):
        double()


WRAPPERS = [sin, lambda t: 1 / (1 + t), lambda t: -t, lambda t: Sum(lambda _: t, 1, 2)]


@pytest.mark.parametrize("build", WRAPPERS)
def test_deepest_terms_are_handled(build):
    """No function of the kernel runs out of its stack on the deepest term there may be."""
    context = setting().context()
    t = x
    while t.term.depth < MAX_DEPTH - 5:
        t = build(t)
    with bounded(10):
        check_condition(context, eq(t, t).term)
        assert shape(context, t.term) == ()


def test_deep_claims_end():
    t = x
    for _ in range(120):
        t = sin(t)
    with bounded(5):
        assert judged(setting(), eq(t, x)).kind is Kind.REFUTED


# -- certificates -----------------------------------------------------------------------------------------


def refused(data: bytes, reason: str | None = None) -> None:
    with bounded(), pytest.raises(Rejected, match=reason):
        check.check(data, book())


def test_a_file_too_large_is_refused_unread(tmp_path: Path, monkeypatch):
    large = tmp_path / "large.json"
    with large.open("wb") as f:
        f.truncate(100 * 2**20)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("the file was read"))
    with pytest.raises(Rejected, match="larger than"):
        program.read(str(large))


def test_bytes_too_many():
    refused(bytes(reader.MAX_BYTES + 1), "larger than")


def test_truncated_certificates():
    data = dumped(good("by_cases"))
    for cut in range(0, len(data) - 1, 97):
        refused(data[:cut], "not JSON|expected|is an object|nests")


def test_binary_noise():
    rng = random.Random(5)
    for size in (0, 1, 10, 1000, 100_000):
        refused(rng.randbytes(size), "UTF-8|not JSON|nests too deep")


def test_text_noise():
    rng = random.Random(6)
    for _ in range(300):
        refused("".join(rng.choices('{}[]",:0123456789.eE+-tfn \\u', k=rng.randrange(200))).encode())


def test_a_long_string_takes_little_memory():
    refused(b'{"terms":"' + b"a" * (20 * 2**20) + b'"}')
    refused(b'{"terms":"' + b'\\"' * (4 * 2**20) + b'"}')
    refused(b'{"terms":"' + b"\\" * (4 * 2**20))


def test_surrogates_and_invisible_names():
    for bad in ("\\ud800", "\\u202e", "\\u200b", "a b", "a\\u0000"):
        data = dumped(good("cancelled")).replace(b'"signature":{"a"', f'"signature":{{"{bad}"'.encode())
        refused(data, "expected a name")


OTHER = [None, 1, "text", [], [1], {}, {"terms": []}, {"terms": 3}, {"terms": [[]]}, {"terms": [3]}]


@pytest.mark.parametrize("other", OTHER)
def test_other_json(other):
    refused(json.dumps(other).encode())


ROWS = [
    ["num"], ["num", 1], ["num", "1", "1"], ["num", "01"], ["num", "1/0"], ["num", "2/1"], ["num", "--1"],
    ["num", "1e5"],
    ["num", "１"], ["bound", -1], ["bound", 64], ["bound", True], ["bound", "a b"], ["sym"], ["sym", 1], ["sym", ""],
    ["sym", "a", "b"], ["add", 0], ["add"], ["add", 0, -1], ["add", 0, 10**9], ["add", 0, "0"], ["add", 0, True],
    ["add", 0, None], ["cases", 0], ["big", "sum", 0, 0], ["at", 0], ["der", 0], ["rel", "="], ["inf", 0],
    ["neg", 0, 0], [1, 2], [None], [["num", "1"]],
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=json.dumps)
def test_rows_of_the_table(row):
    record = good("cancelled")
    record["terms"].append(row)
    refused(dumped(record), f"term {len(record['terms']) - 1}")


def test_every_key_is_needed_and_no_other():
    for base in ("cancelled", "counterexample", "induction"):
        for key in good(base):
            record = good(base)
            del record[key]
            refused(dumped(record))
            record = {**good(base), "more": []}
            refused(dumped(record), "expected the keys")


@pytest.mark.parametrize("base", sorted(GOOD))
def test_values_of_another_type(base):
    """Every value of the first levels replaced by one of another type: refused, or accepted as what it was."""
    for key, old in good(base).items():
        if key in ("source", "conventions"):
            continue
        for new in (None, 7, "x", [], {}, [[]], {"a": 1}, [None], True):
            if new == old or type(new) is type(old) is list:
                continue
            with pytest.raises(Rejected):
                recheck({**good(base), key: new})


PROPERTIES = ["integer", "differentiable", "surely", "iid", "odd", "independent", "defn", "nothing"]


@pytest.mark.parametrize("args", [[], ["num"], ["sym"], ["num", "num", "num"]])
@pytest.mark.parametrize("prop", PROPERTIES)
def test_properties_with_wrong_arguments(prop, args):
    """A property of too few or wrong arguments is refused; it never breaks the checker."""
    record = good("used_fact")
    rows = {"num": ["num", "1"], "sym": ["sym", "x"]}
    numbers = []
    for a in args:
        record["terms"].append(rows[a])
        numbers.append(len(record["terms"]) - 1)
    record["terms"].append(["is", prop, *numbers])
    fact = len(record["terms"]) - 1
    record["facts"].append(fact)
    record["proof"].insert(0, {"type": "fact", "condition": fact, "at": []})
    try:
        recheck(record)
    except Rejected:
        return


def test_huge_exponents_in_steps():
    """Powers in a certificate are bounded before they are worked out."""
    two, huge = lift(2), 10**12
    for left in (two**huge, (two**900) ** 900, 1 / two**huge, x**huge, two ** (lift(1) / huge)):
        for step in ("combine", "resum", "evaluate"):
            record = good("unused_fact")
            rows = record["terms"]

            def enter(t, rows=rows):
                args = [enter(a) if hasattr(a, "head") else a for a in t.args]
                rows.append(["num", str(t.args[0])] if t.head == "num" and t.args[1] == 1 else [t.head, *args])
                return len(rows) - 1

            one = enter(left.term)
            record["claim"] = enter(eq(left, left).term)
            moves = [{"contract": [], "shift": [], "count": [], "order": []}]
            record["proof"] = [
                {
                    "combine": {**record["proof"][0], "left": one, "right": one},
                    "resum": {"type": "resum", "left": one, "right": one, "left_moves": moves, "right_moves": moves},
                    "evaluate": {"type": "evaluate", "claim": record["claim"], "precision": 4096},
                }[step]
            ]
            with bounded():
                try:
                    recheck(record)
                except Rejected:
                    continue


def test_laws_that_come_back():
    context = Scope()
    a = context.random("a", law=("normal", (0, 1)))
    b = context.random("b", law=("normal", (a, 1)))
    context.names["a"] = type(context.names["a"])("random", (), (), ("normal", (b.term, num(1))))
    with bounded(), pytest.raises(Rejected):
        judged(context, eq(a, b))


def test_many_laws_that_share():
    """Sixty laws, each on the two before: no exponential walk."""
    s = Scope()
    names = [s.random("r0"), s.random("r1")]
    for k in range(2, 60):
        names.append(s.random(f"r{k}", law=("normal", (names[-1] + names[-2], 1))))
    with bounded():
        check.check_context(s.context())


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"terms":[]}', b"\xff", b'{"schema":1}'])
def test_books_that_are_none(data):
    with bounded(), pytest.raises(Rejected):
        read_book(data)


def test_contexts_without_a_meaning():
    context = Context({}, {}, ())
    with pytest.raises(Rejected, match="not declared"):
        shape(context, sym("x"))
