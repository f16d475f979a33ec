"""Both passes of a pair or of a class as one function of dy and the inputs: a short program, which is shown and run.

    y, cache = conv_forward(x, w, b, {'stride': 1, 'pad': 0})
    dx, dw, db = conv_backward(dy, cache)

Where the names can be read in several ways, the first reading with the right y is taken. What cannot be read is
refused, and never called wrong.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, product
from random import Random
from typing import Any

import numpy as np

from cnn_symbolic.backward.calling import Layout, Passes, RunLine, Unread, passes_of, resolved
from cnn_symbolic.backward.calls.signatures import CONTEXT, ORIGINS
from cnn_symbolic.backward.strategies import Problem, drawn, larger, posed
from cnn_symbolic.backward.trials import BIASES, Meaning, Trial
from cnn_symbolic.ground.errors import OperandError, ShapeError, TimeLimitError
from cnn_symbolic.ground.raising import said
from cnn_symbolic.layers.forward import Forward, Pick, Shape, Shapes
from cnn_symbolic.witnesses.windows import per_axis

# Which of some sizes is taken in a trial, so that all sizes differ: of the batch, of channels, and along the axes.
TELLING = {"N": 3, "C": 1, "CI": 1, "CO": 2}
# How many further problems are drawn for code that refuses these, and with how many it is tried.
DRAWN, TRIALS = 1200, 40
# What helps where a function refuses shapes.
HINT = '; --assuming "I == J" restricts the shapes, --shape names them'
# How much of what a program returns is right, the trial of which it is, and the program.
Reading = tuple[int, Trial, Any]


class Squares(Forward):
    """A layer whose overlays are drawn as high as wide, for code that has one number for both."""

    def draw(self, pick: Pick) -> dict[str, Shape]:
        """Return shapes that fit together, with the first size of the overlay along every axis."""
        shapes = super().draw(pick)
        (*x, _), w = shapes["x"], shapes["w"]
        square = {"x": shapes["x"], "w": (*w[:2], *w[2:3] * self.rank)}
        try:
            self.at(square).result_shape(square)
        except ShapeError:
            square["x"] = (*x[:2], *x[2:3] * self.rank)
        return square

    def shape(self, shapes: Shapes) -> Shape:
        """Return the shape of the result; raise ShapeError unless the overlay is square."""
        if len(set(shapes["w"][2:])) > 1:
            raise ShapeError(f"{self} is tried with overlays of one size along all axes, found w of {shapes['w']}")
        return super().shape(shapes)  # type: ignore[safe-super]  # that of the layer that it is mixed into

    @classmethod
    def of(cls, layer: Forward) -> Forward:
        """Return a layer as one of these."""
        kind: Any = type(f"{cls.__name__}{type(layer).__name__}", (cls, type(layer)), {"__doc__": type(layer).__doc__})
        square: Forward = kind(layer.rank, **layer.options)
        return square


def as_function(
    function: Any,
    layer: Forward,
    layout: Layout,
    signature: str | None,
    given: Sequence[Problem],
    admits: Callable[[Problem], bool],
    places: tuple[Mapping[str, str], Mapping[str, str]],
    run_line: RunLine,
    dtype: str,
) -> tuple[Callable[..., Any], Forward]:
    """Return a pair or a class as one function, and the layer with the shapes that it takes; else what was given.

    `places` are where a layer has its parameters and its gradients, `given` problems to try in place of drawn ones,
    which `admits` says whether to try; `run_line` is what a line of a program is run by.
    Raises OperandError, with what was understood, if it is not certain how the passes are called.
    """
    passes = passes_of(function, signature)
    if not isinstance(passes, Passes):
        return passes, layer
    if signature is not None:
        raise OperandError(f"a signature is that of one function, but {passes.title} is called as a pair or a class")
    reader = Reader(passes, layout, given, admits, places, run_line)
    best = reader.read(layer, tuples=True)
    if best is None and "tuples" in reader.asked:
        best = reader.read(layer if given else Squares.of(layer), tuples=False)
    if best is None:
        raise OperandError(f"{passes.title} cannot be called: {reader.reason}")
    rank, trial, program = best
    if rank == 1 and trial.left:
        kept = ", ".join(dict.fromkeys(trial.left))
        raise OperandError(
            f"{passes.title}: y is not that of {layer}, but it is not known what {kept} means{read_so_far(trial)}"
        )
    if trial.updated and dtype != "float64":
        raise OperandError(f"gradients are read from a step in float64 only, found dtype={dtype!r}")
    return program, layer if given else trial.layer


@dataclass
class Reader:
    """Looks for the reading of two passes that has the most right.

    `asked` are the fields of readings that mattered so far, `reasons` are those for which a reading cannot be called,
    with how many lines could be.
    """

    passes: Passes
    layout: Layout
    given: Sequence[Problem]
    admits: Callable[[Problem], bool]
    places: tuple[Mapping[str, str], Mapping[str, str]]
    run_line: RunLine
    asked: set[str] = field(default_factory=set)
    reasons: list[tuple[int, str]] = field(default_factory=list)

    @property
    def reason(self) -> str:
        """The reason of the reading of which the most lines could be called."""
        return max(self.reasons, key=lambda reason: reason[0], default=(0, "no shape satisfies what is assumed"))[1]

    def read(self, layer: Forward, tuples: bool) -> Reading | None:
        """Return the best reading at the first problem that the passes do not refuse; of drawn ones, two are tried."""
        best: Reading | None = None
        for k, problem in enumerate(trial_problems(layer, self.layout, self.given, self.admits)):
            found, refused = self.read_at(layer, problem, tuples)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
            another = k == 0 and not self.given and best is None
            if (best is not None and best[0] > 1) or not (refused or another):
                break
        return best

    def read_at(self, layer: Forward, problem: Problem, tuples: bool) -> tuple[Reading | None, bool]:
        """Return the best reading at a problem, and whether the passes refuse it."""
        best: Reading | None = None
        fresh, refused = Meaning(), False
        for meaning in (Meaning(tuples, *each) for each in product((False, True), BIASES)):
            differs = {name for name in vars(fresh) if getattr(meaning, name) != getattr(fresh, name)}
            if not differs <= self.asked or (best is not None and best[0] > 1):
                continue
            trial = Trial(self.passes, layer, self.layout, problem, meaning, self.run_line, *self.places)
            try:
                trial.run()
                program = compiled(trial)
                rank = rightness(trial, program)
                best = (rank, trial, program) if best is None or rank > best[0] else best
            except Unread as error:
                refused = refused or error.refused
                hint = HINT if error.refused and not self.given else ""
                self.reasons.append((len(trial.lines), f"{error}{read_so_far(trial)}{hint}"))
            self.asked |= trial.asked
        return best, refused


def read_so_far(trial: Trial) -> str:
    """Return the lines of a trial, behind a sentence."""
    lines = [line for line in trial.lines if line != CONTEXT]
    return f" (called so far: {'; '.join(lines)})" if lines else ""


def read_places(given: Mapping[str, str] | None, option: str) -> dict[str, str]:
    """Return where a layer has its parameters or its gradients, by the parameter's name.

    >>> read_places({"w": "self.W", "b": "self.params['b']"}, "parameters")
    {'w': 'layer.W', 'b': "layer.params['b']"}
    """
    places = {}
    for name, path in (given or {}).items():
        try:
            node = ast.parse(path, mode="eval").body
        except (SyntaxError, ValueError):
            node = ast.Constant(None)
        if name.removeprefix("d") not in ("x", "w", "b") or not is_place(node):
            raise OperandError(f"{option} are written as w=self.W or b=self.params['b'], found {name}={path}")
        places[name.removeprefix("d")] = f"layer{ast.unparse(node).removeprefix('self')}"
    return places


def is_place(node: ast.expr) -> bool:
    """Return whether an expression is an attribute of `self`, or an entry of one."""
    inner = node
    while isinstance(inner, ast.Attribute) or (
        isinstance(inner, ast.Subscript) and isinstance(inner.slice, ast.Constant)
    ):
        inner = inner.value
    return isinstance(inner, ast.Name) and inner.id == "self" and inner is not node


# The trials and the program


def trial_problems(
    layer: Forward, layout: Layout, given: Sequence[Problem], admits: Callable[[Problem], bool]
) -> Iterator[Problem]:
    """Yield the problems that a program is tried with: further ones are for code that refuses the first."""
    yield from given
    if layer.rank < 0:
        return
    yield from filter(admits, (trial_problem(layer, layout, fitting) for fitting in (False, True)))
    random = Random(0)
    others = {drawn(layer, layout.ones, random) for _ in range(DRAWN)} | {larger(layer, layout.ones)}
    yield from sorted(filter(admits, others), key=alike)[:TRIALS]


def alike(problem: Problem) -> tuple[int, str]:
    """Return how many sizes of a problem are equal to others, and so may be taken for them; and a tie-break."""
    sizes = [size for _, shape in problem.inputs for size in shape]
    return len(sizes) - len(set(sizes)), repr(problem.inputs)


def trial_problem(layer: Forward, layout: Layout, fitting: bool) -> Problem:
    """Return a problem that a program is tried with: its sizes differ, as far as they can, so that no two are confused.

    A `fitting` one is square, and no row is left over by a stride, for code that refuses others.
    """
    first, axes = next(layer.varied()), count()
    overlays = layer.rank if "w" in layer.inputs else 0
    step = max(per_axis(first.settings.get("stride", 1), max(layer.rank, 1), "stride", 1))

    def telling(letters: str, values: Sequence[int]) -> int:
        k = -1 if letters else next(axes)
        at = TELLING[letters] if letters else k % 3 + 1 if not fitting else 2 if k < overlays else step
        return 1 if set(letters) & set(layout.ones) else values[min(at, len(values) - 1)]

    return posed(first, first.draw(telling))


def compiled(trial: Trial) -> Any:
    """Return the program of a trial as a function, with its source and what it is made of."""
    before = [line for line in trial.lines if line == CONTEXT]
    lines = [line for line in trial.lines if line != CONTEXT]
    outputs = ["y", *trial.found]
    body = "\n".join(f"    {line}" for line in [*lines, f"return {', '.join(outputs)}"])
    source = "\n\n".join([*before, f"def both_passes({', '.join(trial.inputs)}):\n{body}\n"])
    names: dict[str, Any] = {"np": np, **trial.passes.objects}
    exec(source, names)  # noqa: S102 (the lines that were run in the trial)
    program = names["both_passes"]
    program.__name__ = program.__qualname__ = trial.passes.title
    program.signature = f"{', '.join(trial.inputs)} -> {', '.join(outputs)}"
    ORIGINS[program] = "; ".join([line.partition("  #")[0] for line in lines] + trial.notes)
    program.source, program.objects = source, trial.passes.objects
    program.__wrapped__ = resolved(trial.passes.objects, trial.passes)
    return program


def rightness(trial: Trial, program: Callable[..., Any]) -> int:
    """Return how much of what a program returns is right in its trial: 1 nothing, 2 y, 3 everything.

    Raises Unread if it cannot be called again, and if a step that it makes is not proportional to dy.
    """

    def results(factor: int) -> dict[str, Any]:
        arrays = {**trial.given, "dy": factor * trial.given["dy"]}
        given = [arrays[k].copy() if k in arrays else trial.settings[k] for k in trial.inputs]

        def called() -> Any:
            try:
                return dict(zip(["y", *trial.found], program(*given), strict=True))
            except BaseException as error:
                return said(error)

        try:
            found = trial.run_line("a second call", called)
        except TimeLimitError as late:
            raise Unread(f"a second call: {late}") from None
        if not isinstance(found, dict):
            raise Unread(f"a second call raised {found}")
        return found

    once = results(1)
    if trial.updated and any(not np.array_equal(results(2)[k], 2 * once[k]) for k in trial.updated):
        raise Unread("the step that it makes is not a learning rate times the gradient: name it with --gradients")
    right = trial.problem.forward.evaluate(trial.values, bias="b" in trial.taken)
    good = [k for k, v in once.items() if close(v, trial.layout.to_user(k, right[k]))]
    return 3 if len(good) == len(once) else 2 if "y" in good else 1


def close(found: Any, right: np.ndarray) -> bool:
    """Return whether a result is right, up to rounding."""
    try:
        return np.shape(found) == right.shape and bool(np.allclose(found, right, 1e-4))
    except (TypeError, ValueError):
        return False
