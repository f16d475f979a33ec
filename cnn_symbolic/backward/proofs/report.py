"""What was proved of a backward pass by reading it, as plain texts and numbers, and how it is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PROVED, REFUTED, OPEN = "proved", "refuted", "open"
# What is presupposed of what was read, which is said once.
REALS = "what was read computes with real numbers; dtypes are checked by running"


@dataclass(frozen=True)
class CodeMend:
    """A change of the code after which results are proved: where it is, what stands there and what is to, and why.

    `mended` are the results that are proved then, `left` those that are still wrong; `layer` is the combination of
    options that this is for, if there are several.
    """

    line: int
    column: int
    old: str
    new: str
    words: str
    mended: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    layer: str = ""

    def __str__(self) -> str:
        """Return it as a line."""
        return self.told()

    def told(self, file: str = "") -> str:
        """Return it as a line; with the name of its file, that begins with the place, as `file:line:column`."""
        place = f"{file}:{self.line}:{self.column}" if file else f"line {self.line}"
        where = f", for {self.layer}" if self.layer else ""
        left = f"; {listed(self.left)} {'is' if len(self.left) == 1 else 'are'} not right by that" if self.left else ""
        return f"{place}: `{in_line(self.old)}` → `{in_line(self.new)}`: {self.words}{where}{left}"


def in_line(code: str) -> str:
    """Return code of several lines in one."""
    return " ⏎ ".join(line.strip() for line in code.strip().splitlines())


def listed(names: Sequence[str]) -> str:
    """Return names as people list them."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


@dataclass(frozen=True)
class ResultProof:
    """What was proved of one result, such as dx.

    `outcome` is "proved", "refuted" or "open", `evidence` how strong that is, `lines` where the code is that was read,
    and `formula` what was read of it. Of a result that is refuted, `sizes` are the smallest at which it is wrong,
    `what` says what is, `condition` where the result is right, as half a sentence, and `mistake` is its name, if it is
    known; `mend` is a change of the code after which it is proved, if one is found. Of one that is open, `reason` and
    `line` say why.
    """

    name: str
    outcome: str
    evidence: str = ""
    seconds: float = 0.0
    lines: tuple[int, int] | None = None
    condition: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    what: str = ""
    mistake: str = ""
    reason: str = ""
    line: int = 0
    formula: tuple[str, ...] = ()
    mend: CodeMend | None = None

    @property
    def at(self) -> int:
        """The line that the reason is about; 0 if there is none."""
        found = re.match(r"line (\d+): ", self.reason)
        return self.line or (int(found[1]) if found else 0)


@dataclass(frozen=True)
class BackwardProof:
    """What was proved of all results of a backward pass, in so many seconds, by reading it.

    `reason` says why nothing was read, if nothing was, `refuses` where the code refuses on purpose, and `fails` where
    it ends with another exception; `mend` is a change of the code after which it does not, if one is found. `code` is
    the text that was read, and `kept` returns what is proved as claims, read from the code once more.
    """

    results: tuple[ResultProof, ...] = ()
    seconds: float = 0.0
    refuses: str = ""
    fails: str = ""
    reason: str = ""
    mend: CodeMend | None = None
    code: str = field(default="", repr=False)
    kept: Callable[[], Sequence[Any]] | None = field(default=None, repr=False, compare=False)

    @property
    def proved(self) -> bool:
        """Whether every result is proved."""
        return bool(self.results) and not self.fails and all(each.outcome == PROVED for each in self.results)

    def __bool__(self) -> bool:
        return self.proved


def headline_of(proof: BackwardProof | None) -> str:
    """Return what a headline says of a proof; nothing unless everything is proved."""
    if proof is None or not proof.proved:
        return ""
    return f": proved for {longest(proof)}, read from the code"


def longest(proof: BackwardProof) -> str:
    """Return the evidence that says the most of all results."""
    return max((each.evidence for each in proof.results), key=len, default="")


def lines_of(proof: BackwardProof, formulas: bool = False, file: str = "") -> Iterator[str]:
    """Yield what is said of a proof, a line for each result; with the name of the file, with places in it."""
    if proof.reason:
        yield f"tested, not proved: {proof.reason}"
        return
    width = max((len(each.name) for each in proof.results), default=0)
    for each in proof.results:
        yield f"{each.name:<{width}}  {said(each, file)}"
        if formulas:
            yield from (f"    {line}" for line in each.formula)
    if proof.fails:
        yield proof.fails
    mends = dict.fromkeys(mend for mend in (proof.mend, *(r.mend for r in proof.results)) if mend)
    yield from (mend.told(file) for mend in mends)
    if any(each.outcome != OPEN for each in proof.results):
        if proof.refuses:
            yield f"proved wherever it does not refuse: {proof.refuses}"
        yield REALS


def said(result: ResultProof, file: str = "") -> str:
    """Return what is proved of one result, as a line; with the name of the file, with places in it."""
    lines = f", lines {result.lines[0]}–{result.lines[1]}" if result.lines else ""
    if result.outcome == PROVED:
        return f"proved for {result.evidence}, read from the code ({result.seconds:.2f} s{lines})"
    if result.outcome == REFUTED:
        at = ", ".join(f"{name} = {value}" for name, value in result.sizes.items())
        parts = [f"refuted, read from the code: wrong at {at}" if at else "refuted, read from the code"]
        parts += [part for part in (result.what, result.condition, result.mistake) if part]
        return f"{'; '.join(parts)} ({result.seconds:.2f} s{lines})"
    where = f"{file}:{result.at}: " if file else f"line {result.at}: "
    return f"tested, not proved: {where if result.at else ''}{result.reason.removeprefix(f'line {result.at}: ')}"
