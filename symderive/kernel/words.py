"""What a certificate claims, in words: printed back so that a reader sees what was checked."""

from __future__ import annotations

from itertools import count

from symderive.kernel.check import Accepted
from symderive.kernel.context import Context, Definition, Name, Range
from symderive.kernel.terms import TRUE, Term, bound, instantiate, subterms

LEVEL = {"add": 1, "neg": 2, "mul": 3, "div": 3, "pow": 5, "big": 1, "cases": 0, "lim": 1}
"""How tightly a node binds; what is absent binds tightest."""
SIGNS = {"=": "=", "!=": "≠", "<": "<", "<=": "≤"}
BIG = {"sum": "Σ", "prod": "Π", "max": "max", "min": "min"}


def say(t: Term) -> str:
    """A term or condition as one line of plain text."""
    parts = t.terms
    match t.head:
        case "num":
            return str(t.args[0]) if t.args[1] == 1 else f"{t.args[0]}/{t.args[1]}"
        case "sym" | "bound" | "meta" if not parts:
            return str(t.args[0])
        case "add":
            out = say_in(parts[0], 1)
            for a in parts[1:]:
                out += f" - {say_in(a.terms[0], 3)}" if a.head == "neg" else f" + {say_in(a, 2)}"
            return out
        case "neg":
            return f"-{say_in(parts[0], 3)}"
        case "mul":
            return "·".join(say_in(a, 4) for a in parts)
        case "div":
            return f"{say_in(parts[0], 4)}/{say_in(parts[1], 4)}"
        case "pow":
            return f"{say_in(parts[0], 6)}^{say_in(parts[1], 6)}"
        case "app" | "op" | "meta":
            return f"{t.name()}({', '.join(map(say, parts))})" if parts else t.name()
        case "cases":
            rest = f"; {say(parts[2])} otherwise" if len(parts) == 3 else ""
            return f"{{{say(parts[1])} if {say(parts[0])}{rest}}}"
        case "big" | "tab" | "all":
            return _binder(t)
        case "at":
            indices = []
            while t.head == "at":
                indices.append(say(t.terms[1]))
                t = t.terms[0]
            return f"{say_in(t, 9)}[{', '.join(reversed(indices))}]"
        case "der":
            place = t.name(1) + (f"[{', '.join(map(say, parts[1:]))}]" if parts[1:] else "")
            return f"∂({say(parts[0])})/∂{place}"
        case "lim":
            side = {"both": "", "above": "+", "below": "-"}[t.name(3)]
            return f"lim({t.name(1)} → {say(parts[1])}{side}) {say_in(parts[0], 2)}"
        case "ex":
            over = ",".join(map(str, t.args[1:]))
            return f"E{'_' + over if over else ''}[{say(parts[0])}]"
        case "inf":
            return "∞"
        case "rel":
            return f"{say(parts[0])} {SIGNS[t.name()]} {say(parts[1])}"
        case "is":
            return f"{t.name()}({', '.join(map(say, parts))})"
        case "and":
            return " and ".join(map(say, parts)) or "true"
        case _:
            return f"({say(parts[0])} ⇒ {say(parts[1])})"


def say_in(t: Term, level: int) -> str:
    """A part, in brackets where it binds less tightly than its place asks."""
    out = say(t)
    fraction = t.head == "num" and ("/" in out or out.startswith("-"))
    own = 2 if fraction else LEVEL.get(t.head, 9)
    return f"({out})" if own < level else out


def _binder(t: Term) -> str:
    taken = t.loose.union(a for s in subterms(t) for a in s.args if isinstance(a, str))
    name = next(i for k in count() if (i := f"i{k or ''}") not in taken)
    variable = bound(name)
    lo, hi = t.terms[:2]
    span = f"{name}={say(lo)}..{say(hi)}"
    body = instantiate(t.terms[-1], variable)
    if t.head == "tab":
        return f"[{say(body)}]({span})"
    if t.head == "all":
        return f"(∀ {span}: {say(body)})"
    guard = instantiate(t.terms[2], variable)
    if guard is not TRUE:
        span += f", {say(guard)}"
    return f"{BIG[t.name()]}({span}) {say_in(body, 2)}"


def describe(accepted: Accepted) -> str:
    """The whole claim of a certificate: names, definitions, facts, what is shown and on what it rests."""
    context = accepted.context
    lines = [f"{accepted.kind.upper()}: {say(accepted.claim)}"]
    for name, declared in sorted(context.signature.items()):
        lines.append(f"  name        {_declaration(name, declared)}")
    for name, d in context.definitions.items():
        lines += [f"  definition  {c}" for c in _definition(context, name, d)]
    lines += [f"  given       {say(f)}" for f in context.facts]
    lines += [f"  where       {say(c)}" for c in accepted.conditions]
    lines += [f"  assuming    {say(h)}" for h in accepted.hypotheses]
    lines.append(f"  checked     {accepted.lines} lines, {len(accepted.entries)} entries of the book")
    return "\n".join(lines)


def _declaration(name: str, d: Name) -> str:
    kind = {"real": "real", "int": "integer", "random": "random", "function": "function"}[d.kind]
    out = f"{name}: {kind}"
    if d.arguments:
        out += " of " + ", ".join(_ranges(a) or "a number" for a in d.arguments)
    if d.ranges:
        out += f" {_ranges(d.ranges)}"
    if d.law:
        out += f" with law {d.law[0]}({', '.join(map(say, d.law[1]))})"
    return out


def _ranges(ranges: tuple[Range, ...]) -> str:
    return " × ".join(f"{say(lo)}..{say(hi)}" for lo, hi in ranges)


def _definition(context: Context, name: str, d: Definition) -> list[str]:
    function = context.declared(name).kind == "function"
    brackets = "({})" if function else "[{}]"
    left = name + (brackets.format(", ".join(d.params)) if d.params else "")
    out = []
    for ranges, body in d.clauses:
        when = ", ".join(f"{p}={say(lo)}..{say(hi)}" for p, (lo, hi) in zip(d.params, ranges, strict=False))
        out.append(f"{left} = {say(body)}" + (f" for {when}" if when else ""))
    return out
