"""A forward pass of a file as the layer: it is read first, then the backward pass is proved of what was read.

    y, cache = forward(x, w)          dx, dw = backward(dy, cache)

The two are read as one program over symbolic sizes. What the forward pass returns as y is the layer, one for each path;
its gradients are derived from that formula, and what else it returns is handed to the backward pass as it was read.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from cnn_symbolic.code.arguments import ReadArguments, required
from cnn_symbolic.code.arrays.arrays import REAL, Array, as_array
from cnn_symbolic.code.arrays.identities import cancelled
from cnn_symbolic.code.arrays.labels import is_affine, summed
from cnn_symbolic.code.arrays.numbers import as_number
from cnn_symbolic.code.calling import PassCall, results_of
from cnn_symbolic.code.given import (
    arguments_of,
    called,
    free_entries,
    function_named,
    given,
    node_of,
    taken_apart,
    world_with,
)
from cnn_symbolic.code.language.statements import Statements
from cnn_symbolic.code.proving import DecidedResult, Proof, decided_paths
from cnn_symbolic.code.reading import File, Path, paths
from cnn_symbolic.code.state.paths import NotUnderstood, Raised
from cnn_symbolic.code.state.selections import LOWEST
from cnn_symbolic.code.state.values import Scope
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions.formulas import entry
from cnn_symbolic.expressions.values import as_condition, number
from cnn_symbolic.ground.errors import CnnSymbolicError, OperandError
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.layers.definitions import LayerDefinition
from cnn_symbolic.tensors.entries import entries_of
from cnn_symbolic.tensors.gradients import gradient
from cnn_symbolic.tensors.making import named, tensor
from cnn_symbolic.tensors.tensor import Tensor

# How backward passes call what arrives, what the forward pass has kept, and its result.
CACHES = {"cache", "caches", "cached", "memory", "mem", "tape", "saved", "saved_tensors", "ctx", "context"}
RESULTS = {"y", "out", "output", "outputs"}
IGNORED = "_"


@dataclass(frozen=True)
class ReadLayer:
    """A forward pass with its arguments, as the layer is called in reports."""

    function: str
    arguments: ReadArguments

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of its arrays."""
        return self.arguments.differentiated

    def __str__(self) -> str:
        """Return the function with its arguments."""
        return f"{self.function}({self.arguments})"


@dataclass(frozen=True)
class ReadDefinition(LayerDefinition):
    """A layer that was read of a forward pass, on one path of it.

    `array` is the result as the code has it, `kept` what the forward pass returns besides; `values` are the arguments
    after it. Its obligations, which are conditions for it to do what was read, are the first `obligations` of the path.
    """

    layer: Any
    array: Any = None
    dims: tuple[Any, ...] = ()
    kept: tuple[Any, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    obligations: int = 0


@dataclass(frozen=True, repr=False)
class ForwardProof(Proof):
    """What was proved of a backward pass, with the layers that the forward pass is, by the worlds of the paths."""

    layers: Mapping[int, ReadDefinition]
    call: PassCall


def read_definition(
    world: World, layer: ReadLayer, returned: Any, values: Mapping[str, Any], is_cost: bool
) -> ReadDefinition:
    """Return the layer that a forward pass is, on the path of this world, by what it has returned.

    What arrives at a cost, which is a number, is 1.
    """
    first, *kept = returned if isinstance(returned, tuple | list) and returned else (returned,)
    value = as_number(world, first)
    if not isinstance(value, Array | sp.Expr):
        raise world.refuse(f"the first result of {layer.name}, which is y, is no array")
    array = as_array(world, value)
    index, formula = array.written()
    formula = plain(world, formula)
    if array.kind != REAL and not (isinstance(formula, sp.Expr) and array.kind == "whole"):
        raise world.refuse(f"the first result of {layer.name}, which is y, has truth values as entries")
    if formula.has(LOWEST) or formula.has(sp.oo):
        raise world.refuse(f"the first result of {layer.name}, which is y, has −∞ in it")
    inputs = {name: world.tensors[name] for name in layer.inputs}
    chosen = {*world.selected.values(), *map(free_entries, layer.arguments.labels)}
    y_name, dy_name = free_name("y", world), free_name("dy", world)
    lengths = tuple(map(number, array.atoms))
    y = named(y_name, entries_of(formula, index, lengths, tuple(world.tensors.values())))
    dy = tensor(*y.shape, name=dy_name)
    world.tensors[dy_name] = dy
    world.domain = (*world.domain, *(each for each in y.requirements() if each not in world.domain))
    if is_cost and array.rank:
        raise world.refuse(f"the backward pass takes no dy, and the first result of {layer.name} is no number")
    arrives = entries_of(sp.S.One, (), (), ()) if is_cost else dy
    gradients = {f"d{name}": gradient(y, wrt=wrt, cotangent=arrives) for name, wrt in inputs.items()}
    options = dict(layer.arguments.options)
    return ReadDefinition(
        layer=layer,
        inputs=inputs,
        y=y,
        dy=dy,
        given={name: world.tensors[name] for name in sorted(chosen)},
        options=options,
        gradients=gradients,
        assumptions=(),
        array=array,
        dims=array.dims,
        kept=tuple(kept),
        values=dict(values),
        obligations=len(world.obligations),
    )


def free_name(name: str, world: World) -> str:
    """Return a name, with primes if a tensor has it."""
    while name in world.tensors:
        name += "′"
    return name


def arriving(world: World, layer: ReadDefinition) -> Array:
    """Return dy as an array of the axes that y has in the code."""
    name = layer.dy.name or ""
    buffer = world.buffer(layer.dy.lengths, lambda index: entry(name, tuple(index)))
    return Array(world, buffer, layer.dims, lambda index: index)


# The backward pass


def read_call(text: str) -> PassCall:
    """Return how a backward pass is called: "dy, cache -> dx, dw"; a result that is none of the gradients is _.

    >>> read_call("dy, cache -> dx, dw").outputs
    ('dx', 'dw')
    """
    sides = [[word.strip() for word in side.split(",") if word.strip()] for side in text.split("->")]
    words = [word for side in sides for word in side]
    if len(sides) != 2 or not sides[1] or not all(word.isidentifier() for word in words):
        raise OperandError(f'how a backward pass is called is written as "dy, cache -> dx, dw", found {text!r}')
    return PassCall(tuple(sides[0]), tuple(sides[1]))


def call_of(node: ast.FunctionDef, arguments: ReadArguments) -> PassCall:
    """Return how a backward pass is called, by the names of its parameters and of what it returns.

    The parameters that are named as those of the forward pass are these; y, out and output are its result; the first
    other one is what arrives, the next ones what the forward pass has kept.
    """
    inputs = []
    others = [name for name in required(node) if not is_known(name, arguments)]
    first = next((name for name in others if name not in CACHES), None)
    kept = [name for name in others if name != first]
    spec = node.args
    for name in [each.arg for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]:
        if is_known(name, arguments):
            inputs.append((name, "y" if name in RESULTS and name not in arguments.names else name))
        elif name == first:
            inputs.append((name, "dy"))
        elif name in kept:
            inputs.append((name, "cache" if len(kept) == 1 else f"cache[{kept.index(name)}]"))
    return PassCall((), outputs_of(node, arguments), tuple(inputs))


def is_known(name: str, arguments: ReadArguments) -> bool:
    """Tell whether a parameter is one of the forward pass, its result, or the shape of an array."""
    return name in arguments.names or name in RESULTS or name.removesuffix("_shape") in arguments.arrays


def outputs_of(node: ast.FunctionDef, arguments: ReadArguments) -> tuple[str, ...]:
    """Return the names of the results: those that the return statement has, else those of the arrays in their order."""
    expected = tuple(f"d{name}" for name in arguments.differentiated)
    returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value is not None]
    last = returned[-1] if returned else None
    parts = last.elts if isinstance(last, ast.Tuple | ast.List) else [last]
    names = tuple(gradient_name(part, arguments) for part in parts)
    if all(names) and len(set(names)) == len(names):
        return names
    if last is None or isinstance(last, ast.Dict) or len(parts) != len(expected):
        if isinstance(last, ast.Dict) or len(expected) == 1:
            return expected
        raise OperandError(
            f"what {node.name} returns is not named as gradients of {', '.join(arguments.arrays)}: write the "
            f"signature, such as 'dy, cache -> {', '.join(expected)}', with _ for a result that is none"
        )
    return expected


def gradient_name(node: ast.expr | None, arguments: ReadArguments) -> str:
    """Return the name of a gradient that an expression names, as dx for dL_dx or grad_x; "" if it is none."""
    if not isinstance(node, ast.Name):
        return ""
    word = node.id.casefold()
    before = ("d", "d_", "grad_", "g_", "dl_d", "dloss_d")
    words = {n: {f"{n}_grad".casefold(), *(f"{b}{n.casefold()}" for b in before)} for n in arguments.differentiated}
    found = [n for n, known in words.items() if word in known]
    return f"d{found[0]}" if len(found) == 1 else ""


def passed(world: World, layer: ReadDefinition, name: str) -> Any:
    """Return what a backward pass is given under a canonical name."""
    if name == "dy":
        array = arriving(world, layer)
        return array if array.rank else array.reading()(())
    if name in layer.values:
        return layer.values[name]
    if name == "y":
        return layer.array if layer.array.rank else layer.array.reading()(())
    if name == "cache":
        if not layer.kept:
            raise world.refuse("the backward pass takes what the forward pass keeps, which returns y alone")
        return layer.kept[0] if len(layer.kept) == 1 else tuple(layer.kept)
    if name.startswith("cache["):
        place = int(name[6:-1])
        if place >= len(layer.kept):
            raise world.refuse(f"the backward pass takes {place + 1} values that the forward pass keeps, not one more")
        return layer.kept[place]
    shaped = layer.values.get(name.removesuffix("_shape"))
    if name.endswith("_shape") and isinstance(shaped, Array):
        return tuple(shaped.lengths)
    raise world.refuse(f"the argument {name}, which is none of the forward pass")


def prove_against_forward(
    file: File,
    forward: str,
    backward: str,
    arguments: str | ReadArguments | None = None,
    signature: str | PassCall | None = None,
    assuming: Sequence[Any] = (),
    backward_file: File | None = None,
) -> ForwardProof:
    """Return what is proved of a backward pass against the gradients of a forward pass of the same file.

    `signature` says how the backward pass is called, "dy, cache -> dx, dw"; without, the names of its parameters do.
    Raises OperandError for arguments that do not fit. Where the forward pass raises, no layer is defined.
    """
    start = time.perf_counter()
    home = backward_file or file
    known = arguments_of(file, forward, arguments)
    node = node_of(home, backward)
    call = signature if isinstance(signature, PassCall) else read_call(signature) if signature else call_of(node, known)
    layer = ReadLayer(forward, known)
    named_ones = [name for name in call.outputs if name != IGNORED]
    if unknown := [name for name in named_ones if name.removeprefix("d") not in known.differentiated]:
        expected = ", ".join(f"d{name}" for name in known.differentiated)
        raise OperandError(f"{unknown[0]} is the gradient of no array of {forward}: they are {expected}")
    read: dict[int, ReadDefinition] = {}
    is_cost = "dy" not in (*call.inputs, *(name for _, name in call.named))

    def run(reader: Statements, scope: Scope) -> Any:
        world = reader.world
        values = given(world, known)
        returned = called(reader, function_named(reader, scope, forward), values)
        made = read[id(world)] = read_definition(world, layer, returned, values, is_cost)
        there = scope if home is file else home.scope(reader)
        inputs = [passed(world, made, name) for name in call.inputs]
        words = {word: passed(world, made, name) for word, name in call.named}
        answer = reader.called(function_named(reader, there, backward), inputs, words)
        results = results_of(world, answer, call)
        shapes = {f"d{name}": lengths for name, lengths in known.arrays.items()}
        return {
            name: taken_apart(array, index, plain(world, value), shapes.get(name, ()))
            for name, (array, (index, value)) in results.items()
        }

    world = world_with(known)
    world.selects = True
    world.domain = (*world.domain, *map(as_condition, assuming))
    found = [as_layer(path, read.get(id(path.world)), layer) for path in paths(file, run, world)]
    layers = list(read.values())
    if not layers:
        refused = next((path.refused for path in found if path.refused is not None), None)
        raise NotRead(f"{forward} is not read: {refused or 'it raises at all sizes'}")

    def gradients(path: Path) -> Mapping[str, Tensor]:
        return read[id(path.world)].gradients

    *_, proof = decided_paths(home, backward, layers[0], named_ones, found, gradients, start)
    results = tuple(doubted(result, read) if result.outcome == "refuted" else result for result in proof.results)
    return ForwardProof(**{**vars(proof), "results": results}, layers=read, call=call)


class NotRead(CnnSymbolicError):
    """A forward pass that cannot be read, with the line and what stands there."""


def plain(world: World, formula: Any) -> Any:
    """Return a formula in which nothing is chosen, and what a maximum shifts is shifted back."""
    return cancelled(world, summed(world, formula))


def doubted(result: DecidedResult, read: Mapping[int, ReadDefinition]) -> DecidedResult:
    """Return a refuted result as open if it may be refuted for labels, or cells of maxima, only that are none."""
    for claim in result.claims:
        if not isinstance(claim.verdict, Refutation):
            continue
        made, world = read[id(claim.path.world)], claim.path.world
        sides = (claim.verdict.statement.left.formula, claim.verdict.statement.right.formula)
        if not made.given or all(is_affine(side, made.given, world.tensors) for side in sides):
            return result
    said = "it differs, but for entries that may be no labels, or not the greatest"
    return replace(result, outcome="open", reason=said, claims=tuple(c for c in result.claims if c.formula is None))


def as_layer(path: Path, made: ReadDefinition | None, layer: ReadLayer) -> Path:
    """Return a path as one of the backward pass: the layer is defined where the forward pass does what was read.

    Where it raises, no layer is defined; where it is not proved to do what was read, nothing is decided_paths.
    """
    if made is None:
        if path.raised is not None:
            ended = path.raised
            return replace(path, raised=Raised(ended.line, f"{layer.name}: {ended.what}", True))
        return path
    first, rest = path.obligations[: made.obligations], path.obligations[made.obligations :]
    for each in first:
        if not path.world.proves(each.never):
            return replace(path, refused=NotUnderstood(each.line, f"in {layer.name} it is not proved: {each.what}"))
    return replace(path, obligations=rest)
