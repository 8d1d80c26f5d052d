"""Hand derivations, right and with one mistake each: what is said of every relation, and whether that is deserved.

``python benchmarks/derivations.py [--quick] [--jobs N] [--list] [--only TEXT]``

The corpus, and how each relation was verified, is in ``tests/corpus/derivations``.  The first figure must be 0.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from symderive.checking import Item, check_item
from symderive.language.report import Report, Said, Status, Step

CORPUS = Path(__file__).parent.parent / "tests/corpus/derivations"

NEAR = (
    {"lost factor", "dropped chain-rule factor"},
    {"index off by one", "transposition"},
    {"index off by one", "index"},
    {"transposition", "index"},
    {"index off by one", "power"},
    {"transposition", "swapped product"},
    {"square for the thing itself", "lost factor"},
    {"square for the thing itself", "extra factor"},
    {"forgotten term", "wrong convention"},
    {"lost factor", "extra factor"},
)
"""Kinds that one mistake may well go by: x² for x is also a factor too many, and a factor ½ too many a lost 2."""

WORDS = ("summed", "rows", "denominator", "one-hot", "base 2", "elementwise", "relu}'(0)")
"""What the name of a convention must hold."""

WEAKER = {"one-hot": "sum to one"}
"""What follows from a convention, and is enough."""


@dataclass(frozen=True)
class Text:
    """A file of the corpus as it is, with one mutation, or without its convention.

    Attributes:
        at: where the mutation ends.
    """

    entry: dict[str, Any]
    text: str
    mutation: dict[str, Any] | None = None
    bare: bool = False
    at: tuple[int, int] = (0, 0)

    @property
    def item(self) -> Item:
        name = self.entry["file"]
        return Item(self.text, format="markdown" if name.endswith(".md") else "latex", path=name)

    def __str__(self) -> str:
        what = f" [{self.mutation['relation']}]" if self.mutation else " [bare]" if self.bare else ""
        return self.entry["file"] + what


def place(text: str, mutation: dict[str, Any]) -> int:
    """Where the text of a mutation begins."""
    at = -1
    for _ in range(mutation.get("occurrence", 0) + 1):
        at = text.index(mutation["find"], at + 1)
    return at


def end(text: str, at: int) -> tuple[int, int]:
    """Line and column behind what stands before a place, spaces apart."""
    return line_and_column(text, len(text[:at].rstrip()))


def line_and_column(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def texts(*, quick: bool, only: str) -> Iterator[Text]:
    index = json.loads((CORPUS / "index.json").read_text(encoding="utf-8"))
    index = [e for e in index if only in e["file"]]
    for number, e in enumerate(index[:: 4 if quick else 1]):
        text = (CORPUS / e["file"]).read_text(encoding="utf-8")
        yield Text(e, text)
        for m in e["mutations"][number % 3 :: 3 if quick else 1] if quick else e["mutations"]:
            k = place(text, m)
            changed = text[:k] + m["replace"] + text[k + len(m["find"]) :]
            yield Text(e, changed, m, at=end(changed, k + len(m["replace"])))
        if "convention" in e:
            yield Text(e, text.replace(e["convention"]["sentence"], ""), bare=True)


def checked(item: Item) -> list[Report]:
    """The reports, or an error as their message."""
    try:
        return check_item(item)
    except Exception as error:  # noqa: BLE001 - a crash is a result here
        return [Report((), messages=(f"{type(error).__name__}: {error}",))]


def steps_of(reports: Sequence[Report]) -> list[Step]:
    """All relations that were found, in the order of the text."""
    every = [s for r in reports for s in r.steps]
    return sorted(every, key=lambda s: (s.span.end_line, s.span.end_column))


def step_at(steps: Sequence[Step], at: tuple[int, int]) -> int | None:
    """The first relation that ends at a place or later, if it begins before."""
    for k, s in enumerate(steps):
        if (s.span.end_line, s.span.end_column) >= at:
            return k if (s.span.line, s.span.column) <= at else None
    return None


def said(s: Step) -> str:
    """The verdict; ``proved if`` where it rests on what the text does not state."""
    rests = any(c.origin in ("inferred", "solution") for c in s.conditions)
    return "proved if" if s.verdict is Said.PROVED and rests else s.verdict.value


def reason(s: Step) -> tuple[str, str]:
    """Verdict and code of a step, and the words."""
    return (f"{s.verdict.value}: {s.reason.code}", s.reason.text) if s.reason else (s.verdict.value, "")


@dataclass
class Tally:
    """What came out.

    Attributes:
        originals: verdicts on the relations of the originals that have a mutant, by verdict.
        why: reasons for those that are neither proved nor taken, by code; `missed` for mutants.
        wrongly: right relations that were refuted, in originals; `spread` in mutants, away from the mistake.
        outcome: of mutants: located, elsewhere, missed with the verdict on the wrong relation.
        named: of located mistakes: the kind that was named, against the true one.
    """

    relations: int = 0
    originals: Counter[str] = field(default_factory=Counter)
    why: dict[str, list[str]] = field(default_factory=dict)
    missed: dict[str, list[str]] = field(default_factory=dict)
    wrongly: list[str] = field(default_factory=list)
    spread: list[str] = field(default_factory=list)
    outcome: Counter[str] = field(default_factory=Counter)
    named: Counter[tuple[str, str]] = field(default_factory=Counter)
    named_in_right: list[str] = field(default_factory=list)
    conventions: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seen: dict[str, list[Step]] = field(default_factory=dict)

    def add(self, t: Text, reports: Sequence[Report]) -> None:
        steps = steps_of(reports)
        broken = [m for r in reports for m in r.messages if not r.steps and not r.unread_reasons]
        if not steps and broken:
            self.errors.append(f"{t}: {broken[0]}")
        if t.mutation is not None:
            self.mutant(t, steps)
        elif t.bare:
            self.bare(t, reports, steps)
        else:
            self.original(t, steps)

    def original(self, t: Text, steps: list[Step]) -> None:
        self.seen[t.entry["file"]] = steps
        self.relations += t.entry["relations"]
        self.wrongly += [f"{t}:{s.span.line}: {s.source}" for s in steps if s.verdict is Said.REFUTED]
        self.named_in_right += [f"{t}:{s.span.line}: {s.mistake.kind}" for s in steps if s.mistake]
        done = set()
        for m in t.entry["mutations"]:
            k = step_at(steps, end(t.text, place(t.text, m) + len(m["find"])))
            if k is None or k in done:
                self.originals["not found"] += 1
                self.notes.append(f"{t} [{m['relation']}]: not found as a relation")
                continue
            done.add(k)
            s = steps[k]
            self.originals[said(s)] += 1
            if s.verdict not in (Said.PROVED, Said.TAKEN):
                code, text = reason(s)
                self.why.setdefault(code, []).append(text)
                self.notes.append(f"{t}:{s.span.line}: {code}: {text}: {s.source}")
            elif s.verdict is Said.TAKEN:
                self.notes.append(f"{t}:{s.span.line}: taken: {s.source}")

    def mutant(self, t: Text, steps: list[Step]) -> None:
        assert t.mutation is not None
        k = step_at(steps, t.at)
        refuted = [j for j, s in enumerate(steps) if s.verdict is Said.REFUTED and s.status is not Status.TAINTED]
        before = {s.source for s in self.seen.get(t.entry["file"], ()) if s.verdict is Said.REFUTED}
        fresh = [j for j in refuted if j == k or steps[j].source not in before]
        kind = t.mutation["kind"]
        if k is not None and fresh and fresh[0] == k:
            self.outcome["located"] += 1
            mistake = steps[k].mistake
            self.named[kind, mistake.kind if mistake else ""] += 1
        elif k is not None and k in fresh:
            self.outcome["refuted, but not first"] += 1
            self.notes.append(f"{t}: first wrong is line {steps[fresh[0]].span.line}, not {steps[k].span.line}")
        else:
            verdict = said(steps[k]) if k is not None else "not found"
            self.outcome[f"missed: {verdict}"] += 1
            if k is not None and verdict.startswith("proved"):
                rests = "; ".join(c.latex for c in steps[k].conditions)
                self.errors.append(f"{t}: a wrong relation is {verdict}: {steps[k].source} [{rests}]")
            elif k is not None:
                code, text = reason(steps[k])
                self.missed.setdefault(code, []).append(text)
                self.notes.append(f"{t}: missed: {code}: {text}: {steps[k].source}")
        touched = {k, k + 1} if k is not None else set()
        own = {t.mutation["replace"].strip(), ""}
        self.spread += [
            f"{t}:{steps[j].span.line}: {steps[j].source}"
            for j in fresh
            if j not in touched and k is not None and not own & {steps[j].source}
        ]

    def bare(self, t: Text, reports: Sequence[Report], steps: list[Step]) -> None:
        word = next(w for w in WORDS if w in t.entry["convention"]["sentence"])
        named = [h.say for r in reports for h in r.missing_sentences]
        hints = [x for s in steps for x in (*s.notes, s.reason.text if s.reason else "")]
        refuted = sum(s.verdict is Said.REFUTED for s in steps)
        words = (word, WEAKER.get(word, word))
        key = (
            "named"
            if any(w in x for x in named for w in words)
            else "hinted"
            if any(w in x for x in hints for w in words)
            else "not needed"
            if all(s.verdict in (Said.PROVED, Said.TAKEN) for s in steps)
            else "not named"
        )
        self.conventions[key] += 1
        self.conventions["relations refuted for want of it"] += refuted
        self.notes.append(f"{t}: {word}: {key}, {refuted} refuted; {named}")


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else "none"


def show(t: Tally, *, every: bool) -> None:
    print(f"right relations refuted:          {len(t.wrongly)} in originals, {len(t.spread)} away from a mistake")
    for x in t.wrongly + t.spread if every else t.wrongly:
        print(f"    {x}")
    print(f"wrong relations proved, crashes:  {len(t.errors)}")
    for x in t.errors:
        print(f"    {x}")
    mutants = sum(t.outcome.values())
    located = t.outcome["located"]
    visible = mutants - t.outcome["missed: taken"]
    print(f"first wrong located:              {share(located, mutants)}; of those not taken: {share(located, visible)}")
    for what, n in t.outcome.most_common():
        print(f"    {n:4} {what}")
    right = sum(n for (true, said), n in t.named.items() if true == said)
    near = right + sum(n for (true, said), n in t.named.items() if {true, said} in NEAR)
    print(f"mistake named rightly:            {share(right, located)}; or by a near name: {share(near, located)}")
    for (true, said), n in t.named.most_common():
        if true != said and every:
            print(f"    {n:4} {true}: {said or 'no name'}")
    print(f"mistakes named in right relations: {len(t.named_in_right)}")
    for x in t.named_in_right:
        print(f"    {x}")
    c = t.conventions
    texts_ = c["named"] + c["hinted"] + c["not named"]
    print(f"missing convention named:         {share(c['named'], texts_)}; hinted {c['hinted']};", end=" ")
    print(f"relations refuted for want of it: {c['relations refuted for want of it']}")
    whole = sum(t.originals.values())
    read = whole - t.originals["unread"] - t.originals["not found"]
    print(f"relations of the originals:       {t.relations}, of which {whole} have a mutant: read {share(read, whole)}")
    for what, n in t.originals.most_common():
        print(f"    {n:4} {what}")
    for title, found in (("reasons, right relations", t.why), ("reasons, mutants that were missed", t.missed)):
        print(title)
        for code, words in sorted(found.items(), key=lambda x: -len(x[1])):
            common, n = Counter(words).most_common(1)[0]
            print(f"    {len(words):4} {code}; {n}× {common[:100]}")
    if every:
        print("each")
        for x in t.notes:
            print(f"    {x[:240]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="every fourth file, every third mutant")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="print every relation that is not proved")
    parser.add_argument("--only", default="", help="files whose name holds this")
    args = parser.parse_args()
    todo = list(texts(quick=args.quick, only=args.only))
    tally = Tally()
    started = time.perf_counter()
    with ProcessPoolExecutor(args.jobs, get_context("spawn")) as pool:
        for t, reports in zip(todo, pool.map(checked, [t.item for t in todo]), strict=True):
            tally.add(t, reports)
    show(tally, every=args.list)
    print(f"{len(todo)} texts in {time.perf_counter() - started:.0f} s, {args.jobs} jobs")
    return 1 if tally.wrongly or tally.spread or tally.errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
