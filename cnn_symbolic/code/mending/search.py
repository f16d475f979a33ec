"""The search for the edit that mends a backward pass: every edit is read, tried in numbers, and then proved.

Nothing of the code is run. An edit is tried at the counterexample and at other small sizes, with whole numbers: what
the edited text was read to compute there is compared with the gradient. What agrees is proved for all shapes.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import merge
from itertools import combinations, islice
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.code.calling import PassCall, world_of
from cnn_symbolic.code.language.statements import Statements
from cnn_symbolic.code.mending.arrays import array_edits, whole_values
from cnn_symbolic.code.mending.indices import index_edits
from cnn_symbolic.code.mending.numbers import WorldAt
from cnn_symbolic.code.mending.places import Anchor, anchors, names_of
from cnn_symbolic.code.mending.scene import CodeScene
from cnn_symbolic.code.mending.statements import statement_edits
from cnn_symbolic.code.mending.texts import CodeEdit, CodeText
from cnn_symbolic.code.proving import Proof, entries_at, exists, read_function, running
from cnn_symbolic.code.reading import File, Path
from cnn_symbolic.code.state.paths import Raised
from cnn_symbolic.code.state.values import Scope
from cnn_symbolic.expressions.evaluation import evaluate_size
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.values import as_condition, number
from cnn_symbolic.ground.errors import CnnSymbolicError, VacuousClaimError
from cnn_symbolic.kernel.search.decide import is_proved
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.statement import state
from cnn_symbolic.mistakes.instances import Instance, random_instances
from cnn_symbolic.tensors.shapes import shape
from cnn_symbolic.tensors.tensor import Tensor

# Seconds of computing after which no other edit is tried.
LONGEST = 6.0
INSTANCES, MOST_PAIRED = 2, 12
# What pairs of the same slip cost more than one, and edits of what right results are made by, too.
PAIR, SHARED = 1.5, 2.0
TOO_MUCH = (OverflowError, MemoryError, RecursionError, ArithmeticError, ValueError, TypeError, KeyError, IndexError)


@dataclass(frozen=True)
class Mend:
    """A change of a file that makes wrong results right: where it is, what stands there, and what is to stand there.

    `text` is the whole file after it. `mended` are the results that are proved then, `left` those that are still wrong.
    """

    line: int
    column: int
    old: str
    new: str
    words: str
    function: str
    text: str
    mended: tuple[str, ...]
    left: tuple[str, ...] = ()
    tried: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"line {self.line}: `{self.old}` → `{self.new}`: {self.words}"


def mend(
    proof: Proof,
    call: PassCall,
    program: str = "",
    within: Sequence[str] = (),
    assuming: Sequence[Any] = (),
    longest: float = LONGEST,
) -> Mend | None:
    """Return the first change of the file, the usual ones first, that makes all wrong results right; None if none does.

    `within` are the functions that may be changed, with those that they call; the one that was proved, by default. A
    change that makes only some of the wrong results right is returned if none is found that makes all of them so. After
    `longest` seconds of computing no other change is tried.
    """
    start = time.process_time()
    trial = EditTrial(proof, call, program, tuple(assuming))
    code = CodeText(proof.file.text)
    reached = reached_text(code, (*(within or (proof.function,)), *called_by(program)))
    partly: Mend | None = None
    seen: set[str] = {proof.file.text}
    tried = 0
    for edit, function in candidates(code, proof, call, within or (proof.function,), trial.wrong):
        spent = time.process_time() - start
        if spent > (longest if partly is None else longest / 2):
            break
        text = edit.applied(proof.file.text)
        if text in seen:
            continue
        seen.add(text)
        tried += 1
        mended = trial.mended(edit.applied(reached), text)
        if not mended or (partly is not None and len(mended) <= len(partly.mended)):
            continue
        left = tuple(name for name in trial.wrong if name not in mended)
        at = edit.shown[0]
        old = code.text[edit.shown[0] : edit.shown[1]]
        words = (edit.words, function, text, mended, left, tried, time.process_time() - start)
        partly = Mend(code.line(at), code.column(at), old, edit.new(code.text), *words)
        if not left:
            break
    return partly


def reached_text(code: CodeText, within: Sequence[str]) -> str:
    """Return the text of a file with spaces in the place of functions and classes that are not called."""
    top = {node.name: node for node in code.tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    asked = [name.partition(".")[0] for name in within]
    reached: set[str] = set()
    while asked:
        name = asked.pop()
        if name in top and name not in reached:
            reached.add(name)
            asked += [part.id for part in ast.walk(top[name]) if isinstance(part, ast.Name)]
    if not reached:
        return code.text
    others = [node for node in code.tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    asked = [part.id for node in others for part in ast.walk(node) if isinstance(part, ast.Name)]
    text = code.text
    for name, node in top.items():
        if name not in reached and name not in asked and not node.decorator_list:
            start, end = code.span(node)
            text = text[:start] + "".join("\n" if c == "\n" else " " for c in text[start:end]) + text[end:]
    return text


def called_by(program: str) -> list[str]:
    """Return the names in a program."""
    return [node.id for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Name)]


# Candidates


def candidates(
    code: CodeText, proof: Proof, call: PassCall, within: Sequence[str], wrong: Sequence[str]
) -> Iterator[tuple[CodeEdit, str]]:
    """Yield edits with the functions that they are in, those that cost least first."""
    options = option_parameters(code, proof, call, within)
    scenes: dict[ast.FunctionDef, CodeScene] = {}
    hints = hints_of(proof)
    asked: list[tuple[float, int, CodeEdit, str]] = []
    groups: dict[Any, list[tuple[float, CodeEdit, str]]] = {}
    names = [name for name in call.outputs if name.startswith("d")]
    for anchor in anchors(code, within, names, wrong):
        scene = scenes.setdefault(anchor.function, CodeScene(code, names_of(anchor.function, options), anchor.function))
        more = SHARED if anchor.shared and wrong else 0.0
        for edit in edits_of(scene, anchor):
            cost = edit.cost + more - (1.0 if edit.about & hints else 0.0)
            asked.append((cost, len(asked), edit, anchor.function.name))
            if edit.key is not None:
                groups.setdefault((edit.key, place_of(code, anchor)), []).append((cost, edit, anchor.function.name))
    asked.sort(key=lambda each: each[:2])
    pairs = sorted(paired(groups), key=lambda each: each[:2])
    for _, _, edit, function in merge(asked, pairs, key=lambda each: each[0]):
        yield edit, function


def option_parameters(code: CodeText, proof: Proof, call: PassCall, within: Sequence[str]) -> list[str]:
    """Return the parameters of the function that are options of the layer."""
    given = [name for name in proof.definition.options if name in call.inputs]
    found = []
    for node in ast.walk(code.tree):
        if isinstance(node, ast.FunctionDef) and node.name == within[0].rpartition(".")[2]:
            parameters = [each.arg for each in node.args.args]
            found = [own for own, name in zip(parameters, call.inputs, strict=False) if name in given]
    return found + [word for word, name in call.named if name in proof.definition.options]


def edits_of(scene: CodeScene, anchor: Anchor) -> Iterator[CodeEdit]:
    """Yield the edits of one statement."""
    yield from statement_edits(scene, anchor.statement)
    yield from whole_values(scene, anchor.statement)
    for part in anchor.parts:
        for node in ast.walk(part):
            yield from index_edits(scene, node)
            yield from array_edits(scene, node)


def place_of(code: CodeText, anchor: Anchor) -> ast.AST:
    """Return what statements are in that may have the same slip for two axes: the block around them."""
    return code.parents[anchor.statement]


def paired(
    groups: Mapping[Any, Sequence[tuple[float, CodeEdit, str]]],
) -> Iterator[tuple[float, int, CodeEdit, str]]:
    """Yield the same slip made twice, for two axes."""
    count = 0
    for group in groups.values():
        for (a, first, function), (b, second, _) in combinations(group[:MOST_PAIRED], 2):
            if first.overlaps(second):
                continue
            shown = min(first.shown[0], second.shown[0]), max(first.shown[1], second.shown[1])
            words = first.words if first.words == second.words else f"{first.words}, and {second.words}"
            both = CodeEdit((*first.parts, *second.parts), shown, words, max(a, b) + PAIR)
            count += 1
            yield both.cost, count, both, function


def hints_of(proof: Proof) -> frozenset[str]:
    """Return what edits may be about, as the condition under which a result is right tells."""
    found: set[str] = set()
    for result in proof.results:
        claim = result.wrong
        verdict = claim.verdict if claim is not None else None
        if not isinstance(verdict, Refutation) or verdict.holds_when is None:
            continue
        condition = verdict.holds_when
        if condition == sp.false:
            found.add("never")
        symbols = {str(s) for s in condition.free_symbols}
        named = {str(getattr(v, "formula", v)): name for name, v in proof.definition.options.items()}
        found |= {named[s] for s in symbols if s in named}
        if {"N", "K", "C"} & symbols:
            found |= {"sum", "count", "axis"}
        if len(symbols) == 2:
            found.add("exchange")
    return frozenset(found)


# Trying


@dataclass
class EditTrial:
    """What every edit is tried by: the results that are to become right, those that are to stay so, and numbers."""

    proof: Proof
    call: PassCall
    program: str
    assuming: tuple[Any, ...]
    wrong: list[str] = field(default_factory=list)
    right: list[str] = field(default_factory=list)
    instances: dict[str, list[Instance]] = field(default_factory=dict)
    assumed: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        self.assumed = tuple(map(as_condition, self.assuming))
        self.wrong = [result.name for result in self.proof.results if result.outcome != "proved"]
        self.right = [result.name for result in self.proof.results if result.outcome == "proved"]
        for name in self.wrong:
            self.instances[name] = []
            for instance in self.numbers(name):
                if len(self.instances[name]) <= INSTANCES and not self.agrees_now(name, instance):
                    self.instances[name].append(instance)

    def agrees_now(self, name: str, instance: Instance) -> bool:
        """Tell whether a wrong result is right at an instance nevertheless, which then tells nothing of an edit."""
        with suppress(CnnSymbolicError, NotReadable, *TOO_MUCH):
            return self.agrees_at(name, self.proof.file.text, instance)
        return False

    def numbers(self, name: str) -> Iterator[Instance]:
        """Yield the sizes of the counterexample, and others, with whole numbers for the entries."""
        gradient = self.proof.definition.gradients[name]
        domain = self.domain
        for sizes in self.counterexamples(name):
            with suppress(CnnSymbolicError, KeyError):
                symbols = state(gradient, gradient, domain).sizes
                known = {s: sizes[str(s)] for s in symbols}
                random = np.random.default_rng(0)
                leaves = {n: t.lengths for n, t in gradient.names().items()}
                shapes = {n: tuple(evaluate_size(k, known) for k in lengths) for n, lengths in leaves.items()}
                values = {n: random.integers(-9, 10, lengths).astype(object) for n, lengths in shapes.items()}
                yield Instance(known, values, {}, gradient.evaluate(values, {}, known))
        with suppress(CnnSymbolicError):
            yield from islice(random_instances(gradient, domain), 2 * INSTANCES)

    def counterexamples(self, name: str) -> Iterator[Mapping[str, int]]:
        """Yield sizes at which a result is wrong, or at which the code fails."""
        for result in self.proof.results:
            if result.name == name and result.wrong is not None and isinstance(result.wrong.verdict, Refutation):
                yield result.wrong.verdict.sizes
        for failing in self.proof.failing:
            yield failing.sizes

    @property
    def domain(self) -> tuple[Any, ...]:
        """The conditions on the sizes that hold on every path."""
        return tuple(self.proof.read[0].world.domain) if self.proof.read else ()

    def mended(self, reached: str, text: str) -> tuple[str, ...]:
        """Return the results that are wrong now and are proved after a change; none if one is wrong then that was not.

        `reached` is the text with nothing in it that is not called, by which the change is tried first.
        """
        with suppress(CnnSymbolicError, NotReadable, *TOO_MUCH):
            agreeing = [name for name in self.wrong if self.agrees(name, reached)]
            return self.proved(self.read(text), agreeing) if agreeing or not self.wrong else ()
        return ()

    def read(self, text: str) -> list[Path]:
        """Return the paths of the function in a text."""
        file, definition = File(text, self.proof.file.name), self.proof.definition
        return read_function(file, self.proof.function, definition, self.call, self.program, self.assuming)

    def proved(self, read: Sequence[Path], agreeing: Sequence[str]) -> tuple[str, ...]:
        """Return the results among some that are proved, if those are that were before, and the code fails nowhere."""
        if any(path.raised is not None and not path.raised.meant and exists(path) for path in read):
            return ()
        found = tuple(name for name in agreeing if self.is_right(name, read))
        if (self.wrong and not found) or not all(self.is_right(name, read) for name in self.right):
            return ()
        return found or tuple(self.right)

    def agrees(self, name: str, text: str) -> bool:
        """Tell whether a result has the values of the gradient at all instances, when the text is read there."""
        return all(self.agrees_at(name, text, instance) for instance in self.instances[name])

    def agrees_at(self, name: str, text: str, instance: Instance) -> bool:
        """Tell whether a result has the value of the gradient at an instance."""
        definition = self.proof.definition
        before = world_of(definition, self.call, self.assumed)
        world = WorldAt(before.domain, tensors=dict(before.tensors), windows=before.windows, sizes=instance.sizes)
        reader = Statements(world, Scope())
        run = running(self.proof.function, definition, self.call, self.program)
        try:
            result = run(reader, File(text, self.proof.file.name).scope(reader))
        except Raised as ended:
            taken = path_at(self.proof.read, instance.sizes)
            return ended.meant and taken is not None and taken.raised is not None and taken.raised.meant
        if name not in result or not all(world.vanishes(each.never) for each in world.obligations.values()):
            return False
        array, (index, value) = result[name]
        if tuple(evaluate_size(n, instance.sizes) for n in array.lengths) != instance.value.shape:
            return False
        formula = entries_at(array, index, value, definition.gradients[name], world)
        return bool(np.array_equal(evaluated(formula, instance), instance.value))

    def is_right(self, name: str, read: Sequence[Path]) -> bool:
        """Tell whether a result is proved on all paths."""
        gradient = self.proof.definition.gradients[name]
        computing = 0
        for path in read:
            if path.raised is not None:
                continue
            try:
                if path.refused is not None:
                    if exists(path):
                        return False
                    continue
                computing += 1
                if not proved_on(path, name, gradient):
                    return False
            except VacuousClaimError:
                continue
        return computing > 0


def evaluated(formula: Tensor, instance: Instance) -> np.ndarray:
    """Return what a formula is at an instance, with arbitrary whole numbers for tensors that the gradient has not."""
    values = dict(instance.values)
    for name, tensor in formula.names().items():
        if name not in values:
            lengths = tuple(evaluate_size(n, instance.sizes) for n in tensor.lengths)
            values[name] = np.random.default_rng(len(name)).integers(-9, 10, lengths).astype(object)
    return formula.evaluate(values, instance.functions, instance.sizes)


def path_at(read: Sequence[Path], sizes: Mapping[sp.Symbol, int]) -> Path | None:
    """Return the path that is taken at some sizes."""
    return next((p for p in read if all(value_of(c, sizes.__getitem__) for c in p.conditions)), None)


def proved_on(path: Path, name: str, gradient: Tensor) -> bool:
    """Tell whether a result is proved on a path: what must not happen does not, its shape, and its entries."""
    world, assuming = path.world, (*path.world.domain, *path.conditions)
    if not all(is_proved(world.statement(each.never)) for each in path.obligations):
        return False
    array, (index, value) = path.result[name]
    if array.rank != gradient.rank:
        return False
    pairs = zip(gradient.lengths, array.lengths, strict=True)
    if any(sp.expand(a - b) != 0 for a, b in pairs):
        lengths = tuple(map(number, array.lengths))
        if not is_proved(state(shape(gradient), lengths, assuming=assuming)):
            return False
    formula = entries_at(array, index, value, gradient, world)
    return is_proved(state(gradient, formula, assuming=assuming))
