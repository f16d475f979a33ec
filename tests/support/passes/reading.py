"""The corpus is read and proved for every value of its open options, and what is told of planted mistakes is tried.

A pass is called as `check_backward` finds that it is called. It is read in a process of its own, within limits, so that
no single one keeps the others waiting; what comes back are plain texts. Where a mistake is told to do no harm is
compared with the condition of the corpus at small sizes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from cnn_symbolic.backward.forwards import read_forward
from cnn_symbolic.backward.programs import Squares
from cnn_symbolic.backward.proofs.sources import PROGRAM, with_steps
from cnn_symbolic.code.calling import PassCall
from cnn_symbolic.code.forwards import prove_against_forward
from cnn_symbolic.code.proving import Proof, condition_text, prove
from cnn_symbolic.code.reading import File
from cnn_symbolic.expressions.evaluation import evaluate_size
from cnn_symbolic.expressions.values import number
from cnn_symbolic.ground.errors import FragmentError
from cnn_symbolic.ground.limits import UNITS, Limits
from cnn_symbolic.ground.processes import in_processes
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.verdicts import Theorem
from cnn_symbolic.layers.definitions import definition
from tests.support.code_checking import holds_at
from tests.support.passes.trying import opened

SECONDS, MEMORY = 60.0, 3 * UNITS["G"]
# Which values sizes have where a condition is tried, by their first letters, and how many points are tried.
VALUES = {**dict.fromkeys("MNOHWL", (1, 2, 3, 4, 5, 6)), **dict.fromkeys("B", (1, 2)), "P": (0, 1, 2)}
POINTS, DRAWN = 150, 6000
OPTIONS = {"S": "stride", "P": "padding", "D": "dilation", "F": "factors"}


@dataclass(frozen=True)
class Told:
    """What was told of a pass: "proved", "refuted", "open" or "late", of each result and of all, and in what time.

    `reasons` say why results are open; `failing` is where the code ends with an exception. Of one that is planted,
    `condition` says where it does no harm, `compared` is at how many sizes that could be compared with the corpus, and
    `deviating` are some of those at which the two are not the same.
    """

    outcome: str
    results: dict = field(default_factory=dict)
    reasons: dict = field(default_factory=dict)
    failing: tuple = ()
    seconds: float = 0.0
    condition: str = ""
    compared: int = 0
    deviating: tuple = ()

    @property
    def reason(self):
        """Why it is open, in one line."""
        return "; ".join(dict.fromkeys(self.reasons.values()))


def told(right, wrong=None, seconds=SECONDS):
    """Return what is told of a right pass, or of a mistake in it, within a limit of time."""

    def stopped(_, reason):
        return Told("late", reasons={"": reason}, seconds=seconds)

    ((_, found),) = in_processes(lambda _: told_here(right, wrong), 1, 1, Limits(seconds, MEMORY), stopped)
    return found


def told_here(right, wrong=None) -> Iterator[Told]:
    """Yield what is told of a right pass, or of a mistake in it: at first what is proved, then what was compared."""
    try:
        proof = proved(right, wrong.text(right) if wrong else None)
    except FragmentError as error:
        yield Told("open", reasons={"": str(error)})
        return
    claims = [claim for result in proof.results if wrong and result.name == wrong.result for claim in result.claims]
    refuted = [claim.verdict for claim in claims if isinstance(claim.verdict, Refutation)]
    told_of = {
        "outcome": proof.outcome,
        "results": {result.name: result.outcome for result in proof.results},
        "reasons": {r.name: f"{r.reason}{f' (line {r.line})' if r.line else ''}" for r in proof.results if r.reason},
        "failing": tuple(f"{each.what} at {dict(each.sizes)}" for each in proof.failing),
        "seconds": proof.seconds,
        "condition": " | ".join("" if v.holds_when is None else condition_text([v.holds_when]) for v in refuted),
    }
    yield Told(**told_of)
    if wrong and wrong.condition:
        pairs = list(compared(right, wrong, proof))
        differing = [at for at, found, wanted in pairs if found != wanted]
        yield Told(**told_of, compared=len(pairs), deviating=tuple(differing[:3]))


def proved(right, text=None) -> Proof:
    """Return what is proved of a right pass, or of another text of its file."""
    file = File(right.path.read_text(encoding="utf-8") if text is None else text, right.path.name)
    if right.arguments:
        return prove_against_forward(file, right.of, right.function, right.arguments)
    defined = definition(read_forward(right.of))
    call, program, squares = called(right)
    filters = defined.inputs["w"].shape[2:] if squares else ()
    assuming = [*conditions(right, defined), *(one == other for one, other in pairwise(filters))]
    return prove(file, PROGRAM if program else right.function, defined, call, program, assuming)


def called(right):
    """Return how a pass is called, by which program if it is not a function alone, and whether its filters are square.

    It is run at one shape, to see which results it returns.
    """
    checker = opened(right, right.load())
    found, arrays = checker.signature, checker.layout
    axes = {name: both for name in ("x", "dx", "y", "dy", "w", "dw") if (both := arrays.letters(name))}
    call = PassCall(found.inputs, found.outputs, found.named, axes, arrays.flipped, dict(found.keys))
    return call, with_steps(getattr(checker.callee.called.function, "source", "")), isinstance(checker.forward, Squares)


# Sizes by the letters of the corpus


def conditions(right, defined):
    """Return the conditions on the shapes that a pass takes, on the sizes of a layer."""
    named = letters(defined, lambda n: number(n))
    return [eval(text, dict(named)) for text in right.domain]


def letters(defined, value):
    """Return the sizes that the conditions of the corpus are about, by letter, each as `value` has it."""
    x, y = defined.inputs["x"].lengths, defined.y.lengths
    options = {letter: defined.options[name] for letter, name in OPTIONS.items() if name in defined.options}
    window = defined.options.get("window", ())
    several = window if isinstance(window, tuple) else (window,) * (len(x) - 2)
    overlay = defined.inputs["w"].lengths[2:] if "w" in defined.inputs else several
    if "w" not in defined.inputs and options.get("S", 0) is None:
        options["S"] = several[0]
    named = dict(zip("NCHWO", x, strict=False)) | dict(zip("RT", y[2:], strict=False))
    named |= {**dict(zip("IJQ", overlay, strict=False)), "K": y[1]} | options
    return {letter: value(number(n)) for letter, n in named.items() if not isinstance(n, str | tuple | None)}


def compared(right, wrong, proof):
    """Yield small sizes, whether a mistake is told to do no harm there, and whether it does none by the corpus."""
    defined = proof.definition
    symbols = {s for t in (*defined.inputs.values(), defined.y) for n in t.lengths for s in n.free_symbols}
    domain, random, seen = proof.read[0].world.domain if proof.read else (), Random(0), []
    for _ in range(DRAWN):
        at = {s.name: random.choice(VALUES.get(s.name[0], (1, 2, 3))) for s in sorted(symbols, key=str)}
        if at in seen or not all(holds_at(each, at) for each in domain):
            continue
        seen.append(at)
        known = {s: at[s.name] for s in symbols}
        named = at if right.arguments else letters(defined, lambda n, known=known: evaluate_size(n.formula, known))
        found, wanted = right_at(proof, wrong.result, at), bool(eval(wrong.condition, dict(named)))
        if found is not None and not (found and not wanted and beside(named)):
            yield named, found, wanted
        if len(seen) == POINTS:
            return


def right_at(proof, name, at):
    """Tell whether a result is told to be right at some sizes; None where nothing is told, or the code refuses."""
    path = next((path for path in proof.read if all(holds_at(each, at) for each in path.conditions)), None)
    if path is None or path.refused is not None:
        return None
    if path.raised is not None:
        return None if path.raised.meant else False
    claims = [c for result in proof.results if result.name == name for c in result.claims if c.path is path]
    known = [right_by(claim.verdict, at) for claim in claims]
    if False in known:
        return False
    return True if None not in known and any(claim.formula is not None for claim in claims) else None


def right_by(verdict, at):
    """Tell whether a verdict says that a claim holds at some sizes; None if it does not say."""
    if isinstance(verdict, Theorem):
        return True
    if not isinstance(verdict, Refutation) or verdict.holds_when is None:
        return None
    if any(at.get(name, value) != value for name, value in verdict.given.items()):
        return None
    found = holds_at(verdict.holds_when, at)
    return found if found or all(at.get(name) in values for name, values in verdict.necessary_at.items()) else None


def beside(named):
    """Tell whether a window has nothing but padding."""
    stride, padding, dilation = (named.get(letter, usual) for letter, usual in (("S", 1), ("P", 0), ("D", 1)))
    return any(
        not any(0 <= r * stride - padding + i * dilation < named[size] for i in range(named[overlay]))
        for size, overlay, positions in (("H", "I", "R"), ("W", "J", "T"))
        if padding and {size, overlay, positions} <= set(named)
        for r in range(named[positions])
    )
