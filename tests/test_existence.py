"""The means that have to be named so that all others in a proof exist."""

import pytest

from symderive.engine.existence import weakest
from symderive.engine.judge import Judge
from symderive.kernel.terms import make
from symderive.language.expr import E, eq, exp, is_, name
from symderive.language.scope import Scope
from symderive.rules.book import book

x, y, c = name("X"), name("Y"), name("c")


def setting():
    s = Scope()
    s.random("X")
    s.random("Y")
    s.real("c")
    return s


def exists(t):
    return make("is", "integrable", t.term)


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ([x, x**2], [1]),
        ([x, y, x + y, c * x - y], [0, 1]),
        ([x * y, x**2, y**2], [1, 2]),
        ([x * y, x, y], [0, 1, 2]),
        ([(x + c) ** 2, x], [0, 1]),
        ([(x + c) ** 2, x**2], [1]),
        ([x**2 * y, x**4, y**2], [1, 2]),
        ([x**2 * y**2, x**4, y**2], [0, 1, 2]),
        ([x, exp(x), c * exp(x)], [0, 1]),
        ([x / y, x, y], [0, 1, 2]),
    ],
)
def test_what_is_left(given, left):
    s = setting()
    hypotheses = [exists(t) for t in given]
    assert weakest(s.context(), hypotheses) == tuple(hypotheses[k] for k in left)


def test_means_over_a_name_stay():
    s = setting()
    held = [make("is", "integrable", t.term, x.term) for t in (x, x**2)]
    assert weakest(s.context(), held) == tuple(held)


def test_a_student_sees_one_or_two():
    s = setting()
    s.assume(is_("independent", x, y))
    variance = E((x + y - E(x + y)) ** 2)
    verdict = Judge(s.context(), book()).judge(eq(variance, E((x - E(x)) ** 2) + E((y - E(y)) ** 2)).term)
    assert verdict.proved
    assert len(verdict.hypotheses) > 20
    assert set(weakest(s.context(), verdict.hypotheses)) == {exists(x**2), exists(y**2)}
