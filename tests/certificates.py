"""What the tests of certificates share: certificates built by hand, copied and re-checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from symderive.engine.judge import Judge
from symderive.kernel import check
from symderive.kernel.models import Entries, FunctionModel, Model
from symderive.kernel.steps import Proof, Step
from symderive.kernel.terms import Term
from symderive.language import tables
from symderive.language.expr import Expr
from symderive.language.scope import Scope
from symderive.language.verdict import Verdict
from symderive.rules.book import book

Record = dict[str, Any]


def dumped(record: Any) -> bytes:
    """A certificate as a file."""
    return json.dumps(record, separators=(",", ":")).encode()


def copy(record: Any) -> Any:
    return json.loads(dumped(record))


def recheck(record: Any) -> check.Accepted:
    """What the kernel says to a certificate, read from its bytes."""
    return check.check(dumped(record), book())


def number(values: Mapping[str, Any]) -> dict[str, Entries]:
    """Plain numbers as entries."""
    return {n: v if isinstance(v, dict) else {(): v} for n, v in values.items()}


def certified(
    scope: Scope,
    claim: Expr,
    proof: Sequence[Step],
    values: Mapping[str, Any] | None = None,
    *,
    outcomes: Sequence[tuple[Any, Mapping[str, Any]]] = (),
    functions: Mapping[str, FunctionModel] | None = None,
    sides: Sequence[int | None] | None = None,
) -> Record:
    """A certificate from steps written by hand; a refutation if sides are given.

    The steps are run, so that conditions and hypotheses are those of the last line.
    """
    context = scope.context()
    run = Proof(context, book())
    for step in proof:
        run.add(step)
    conditions: set[Term] = set()
    hypotheses: set[Term] = set()
    if sides is None:
        conditions, hypotheses, _ = check.sort_hypotheses(context, run.lines[-1], claim.term)
    model = Model(number(values or {}), functions or {}, tuple((w, number(drawn)) for w, drawn in outcomes))
    return tables.certificate(
        check.Certificate(
            check.SCHEMA,
            "proved" if sides is None else "refuted",
            book().digest,
            context.signature,
            context.definitions,
            context.facts,
            (),
            claim.term,
            tuple(sorted(conditions, key=repr)),
            tuple(sorted(hypotheses, key=repr)),
            tuple(proof),
            tuple(sides or ()),
            {},
            tables.plain(model),
            {},
        )
    )


def judged(scope: Scope, claim: Expr) -> Verdict:
    return Judge(scope.context(), book()).judge(claim.term)


def proved(scope: Scope, claim: Expr) -> Record:
    """The certificate of a claim that the engine proves."""
    verdict = judged(scope, claim)
    assert verdict.proved, (claim, verdict.kind, verdict.reason)
    return copy(verdict.certificate)


def refuted(scope: Scope, claim: Expr) -> Record:
    """The certificate of a claim that the engine refutes."""
    verdict = judged(scope, claim)
    assert verdict.refuted, (claim, verdict.kind, verdict.reason)
    return copy(verdict.certificate)
