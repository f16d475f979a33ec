"""Functions of arrays and options, read over symbolic sizes and run at given ones, and compared."""

from dataclasses import dataclass, field
from unittest import mock

import numpy as np
import scipy.signal  # noqa: F401 - before np.empty is another one, as it uses that

from cnn_symbolic.code.arrays.arrays import Array, as_array
from cnn_symbolic.code.reading import File, paths
from cnn_symbolic.code.state.cells import symbols_for
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions.formulas import entry, size, width
from cnn_symbolic.tensors.making import tensor
from tests.support import code_checking as checking

# The arguments of every function: arrays of these shapes, an option from 0 on and one from 1 on.
SHAPES = {"x": "NM", "w": "KL", "v": "N"}
WIDTHS, SIZES = "P", "S"
MOST_SHOWN = 3


def symbol(name):
    return width(name) if name in WIDTHS else size(name)


def argument(world, name):
    """An argument of a function, as it is read."""
    if name not in SHAPES:
        return symbol(name)
    lengths = tuple(symbol(letter) for letter in SHAPES[name])
    buffer = world.buffer(lengths, lambda index: entry(name, tuple(index)))
    return Array(world, buffer, tuple((n,) for n in lengths), lambda index: index)


def flat(value, place=""):
    """The arrays and numbers in a result, by their places."""
    if isinstance(value, tuple | list):
        return {k: v for n, each in enumerate(value) for k, v in flat(each, f"{place}[{n}]").items()}
    if isinstance(value, dict):
        return {k: v for n, each in value.items() for k, v in flat(each, f"{place}[{n}]").items()}
    return {place: value}


def read(text, function="f", arguments=("x", "w", "v", "P", "S")):
    """All paths of a function of a text."""
    leaves = {name: tensor(*map(symbol, shape), name=name) for name, shape in SHAPES.items()}

    def run(reader, scope):
        given = [argument(reader.world, name) for name in arguments]
        called = scope.names[function]
        returned = reader.called(called() if callable(called) else called, given, {})
        found = {}
        for place, value in flat(returned).items():
            array = as_array(reader.world, checked(reader, value))
            if array.kind == "truth":
                raise reader.world.refuse("truth values are returned")
            index = symbols_for(array.atoms)
            found[place] = array, (index, array.reading()(index))
        return found

    return paths(File(text, "f.py"), run, World((), tensors=leaves))


def checked(reader, value):
    """A result that is an array or number."""
    if value is None or isinstance(value, str):
        raise reader.world.refuse("a text is returned")
    return reader_number(reader, value)


def reader_number(reader, value):
    from cnn_symbolic.code.arrays.numbers import as_number

    return as_number(reader.world, value)


def unwritten(shape, dtype=float, **options):
    """An array in whose memory there is nothing that could be meant."""
    return np.full(shape, 7919.25 if np.dtype(dtype).kind == "f" else 7919).astype(dtype)


def ran(text, sizes, seed, function="f", arguments=("x", "w", "v", "P", "S")):
    """The arrays that a function was run with, and what it returned, None and the exception if it raised one."""
    random = np.random.default_rng(seed)
    # No entry is zero: what is concluded about a comparison of entries with zero is presumed to hold elsewhere only.
    nonzero = [n for n in range(-9, 10) if n]
    arrays = {n: random.choice(nonzero, [sizes[k] for k in shape]).astype(float) for n, shape in SHAPES.items()}
    given = [arrays[name].copy() if name in arrays else sizes[name] for name in arguments]
    names = {}
    with mock.patch.object(np, "empty", unwritten), np.errstate(all="ignore"):
        try:
            exec(compile(text, "f.py", "exec"), names)  # a program of the tests
            returned = names[function](*given)
        except Exception as raised:  # whatever the program raises
            return arrays, None, raised
    return arrays, flat(returned), None


@dataclass
class Outcome:
    """What became of a program: whether it was read on all paths, on some, and how running differs from it."""

    read: bool
    partly: bool
    differences: list = field(default_factory=list)
    refusals: list = field(default_factory=list)
    compared: int = 0


def compared(text, points, seed=0, runs="", **options):
    """A program that is read, and run at all points; `runs` is another one that is run in its place."""
    found = read(text, **options)
    refused = [path.refused for path in found if path.refused is not None]
    outcome = Outcome(not refused, len(refused) < len(found), refusals=[str(each) for each in refused])
    if not outcome.partly:
        return outcome
    for number, sizes in enumerate(points):
        arrays, returned, raised = ran(runs or text, sizes, seed + number, **options)
        path = checking.path_at(found, sizes)
        if difference := checking.disagreement(found, sizes, arrays, returned, raised):
            outcome.differences.append(difference)
            if len(outcome.differences) >= MOST_SHOWN:
                break
        elif returned is not None and path is not None and path.result is not None:
            outcome.compared += not checking.is_void(path, sizes, arrays)
    return outcome


def points(count, seed=0):
    """Sizes and options: the smallest ones, and others at random."""
    random = np.random.default_rng(seed)
    least = {"N": 1, "M": 1, "K": 1, "L": 1, "P": 0, "S": 1}
    found = [least, {**least, "N": 3, "M": 4, "K": 2}, {**least, "N": 4, "M": 3, "L": 3, "P": 1, "S": 2}]
    while len(found) < count:
        found.append({name: int(random.integers(n, n + 4 if n else 3)) for name, n in least.items()})
    return found
