"""What happens to each kind of atom: the table of handlers."""

from __future__ import annotations

from symderive.engine.branches import cases
from symderive.engine.derivatives import derivative
from symderive.engine.functions import application, power
from symderive.engine.limits import limit
from symderive.engine.means import mean
from symderive.engine.members import lowered, member
from symderive.engine.normal import Handler
from symderive.engine.sums import big

HANDLERS: dict[str, Handler] = {
    "app": application,
    "pow": power,
    "big": big,
    "sym": member,
    "bound": member,
    "at": member,
    "op": lowered,
    "cases": cases,
    "der": derivative,
    "ex": mean,
    "lim": limit,
}
