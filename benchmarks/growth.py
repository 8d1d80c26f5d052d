"""How certificates and times grow with depth: layers of a residual network, steps of a recurrent one.

``python benchmarks/growth.py [--quick]``; the last column is the exponent between the first and the last row.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.steps import capped
from symderive.engine.judge import Judge
from symderive.kernel import check
from symderive.language.expr import D, Expr, Prod, Sum, eq, function, lift, name
from symderive.language.scope import Scope
from symderive.rules.book import book

tanh = function("tanh")
Problem = tuple[Scope, Expr]


def layer_by_layer(depth: int) -> Problem:
    """∂x_L/∂x_0 of x_{l+1} = x_l + w_l·tanh(x_l), every layer a name, as the product of the local slopes."""
    s = Scope()
    xs, slopes = [s.real("x0")], [lift(1)]
    for k in range(depth):
        w, x = s.real(f"w{k}"), xs[-1]
        xs.append(s.define(f"x{k + 1}", x + w * tanh(x)))
        slopes.append(1 + w * (1 - tanh(x) ** 2))
    product = slopes[1]
    for slope in slopes[2:]:
        product *= slope
    return s, eq(D(xs[-1], xs[0]), product)


def one_step(depth: int) -> Problem:
    """The chain step at the last of many layers."""
    s = Scope()
    xs, ws = [s.real("x0")], []
    for k in range(depth):
        ws.append(s.real(f"w{k}"))
        xs.append(s.define(f"x{k + 1}", xs[-1] + ws[-1] * tanh(xs[-1])))
    last, before, first = xs[-1], xs[-2], xs[0]
    return s, eq(D(last, first), (1 + ws[-1] * (1 - tanh(before) ** 2)) * D(before, first))


def family(depth: int) -> Problem:
    """The same slope by a product over the layers, as a family with its number of layers given."""
    s = Scope()
    w, x0 = s.real("w", (1, depth)), s.real("x0")
    h = name("h")
    s.family("h", (0, 0, lambda _: x0), (1, depth, lambda k: h[k - 1] + w[k] * tanh(h[k - 1])))
    t = s.integer("t", 0, depth)
    return s, eq(D(h[t], x0), Prod(lambda k: 1 + w[k] * (1 - tanh(h[k - 1]) ** 2), 1, t))


def through_time(depth: int) -> Problem:
    """∂h_T/∂w of a tanh network: the sum over all steps, for a given T, by induction."""
    s = Scope()
    w, a, h0 = s.reals("w a h0")
    x, h = s.real("x", (1, depth)), name("h")
    s.family("h", (0, 0, lambda _: h0), (1, depth, lambda t: tanh(w * h[t - 1] + a * x[t])))
    t = s.integer("t", 1, depth)

    def chain(k: Expr) -> Expr:
        return Prod(lambda q: w * (1 - h[q] ** 2), k + 1, t)

    return s, eq(D(h[t], w), Sum(lambda k: chain(k) * (1 - h[k] ** 2) * h[k - 1], 1, t))


def unrolled(depth: int) -> Problem:
    """∂h_T/∂w step by step, every step a name: the last step of backpropagation through time."""
    s = Scope()
    w, a, h0 = s.reals("w a h0")
    hs = [h0]
    for k in range(depth):
        hs.append(s.define(f"h{k + 1}", tanh(w * hs[-1] + a * s.real(f"x{k + 1}"))))
    last, before = hs[-1], hs[-2]
    return s, eq(D(last, w), (1 - last**2) * (before + w * D(before, w)))


def table(title: str, make: Callable[[int], Problem], depths: list[int], cap: float) -> None:
    say = sys.stdout.write
    say(f"\n{title}\n{'depth':>8}{'verdict':>12}{'bytes':>10}{'steps':>8}{'prove ms':>11}{'check ms':>11}\n")
    rows = []
    for depth in depths:
        scope, claim = make(depth)
        context = scope.context()
        start = time.process_time()
        verdict = capped(partial(Judge(context, book()).judge, claim.term), cap)
        judged = time.process_time() - start
        if verdict is None:
            say(f"{depth:8}  not within {cap:.0f} s\n")
            break
        if verdict.certificate is None:
            say(f"{depth:8}{verdict.kind:>12}  {verdict.code}: {verdict.reason}  ({1000 * judged:.0f} ms)\n")
            break
        gc.collect()
        start = time.process_time()
        check.check_record(verdict.certificate, book())
        checked = time.process_time() - start
        size = len(json.dumps(verdict.certificate, separators=(",", ":")))
        steps = len(verdict.certificate["proof"])
        searched = max(judged - checked, 1e-4)
        rows.append((depth, size, searched, checked))
        times = f"{1000 * searched:11.1f}{1000 * checked:11.1f}"
        say(f"{depth:8}{verdict.kind:>12}{size:10}{steps:8}{times}\n")
    if len(rows) > 1:
        first, last = rows[0], rows[-1]
        powers = [math.log(last[k] / first[k]) / math.log(last[0] / first[0]) for k in (1, 2, 3)]
        say(f"{'exponent':>8}{'':12}{powers[0]:10.2f}{'':8}{powers[1]:11.2f}{powers[2]:11.2f}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    layers, steps = ([6, 12, 25], [5, 10, 20]) if quick else ([25, 50, 100, 200], [10, 25, 50, 100])
    cap = 5 if quick else 20
    table("residual network, one layer's chain step", one_step, layers, cap)
    table("residual network, product over named layers", layer_by_layer, layers, cap)
    table("residual network, a family up to L", family, layers, cap)
    table("backpropagation through time, one named step", unrolled, steps, cap)
    table("backpropagation through time, a family up to T", through_time, steps, cap)


if __name__ == "__main__":
    main()
