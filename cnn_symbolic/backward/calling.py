"""How a backward pass is called: the layout of its arrays, and what goes wrong before any number.

A layout names the axes by letters: N the batch, C the channels, D, H, W (or L) the spatial ones, and O and I the out-
and in-channels of the filters; a letter that is left out is an axis of size one that the arrays do not have.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np

from cnn_symbolic.backward.signatures import IGNORED, Signature, canonical_name
from cnn_symbolic.ground.deadline import within
from cnn_symbolic.ground.errors import ModeError, OperandError, ShapeError, TimeLimitError
from cnn_symbolic.ground.raising import raised
from cnn_symbolic.layers.forward import Forward
from cnn_symbolic.layers.options import near

# Which of the two layouts an array has; b and db, of more than one axis, have that of a single map.
FEATURES, FILTERS, BIASES = ("x", "dx", "y", "dy", "places"), ("w", "dw"), ("b", "db")


class Misbehaviour(Exception):
    """What a function did instead of returning gradients: the kind, a sentence, and the gradient if it is about one."""

    def __init__(self, kind: str, detail: str, gradient: str | None = None) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.gradient = kind, detail, gradient


@dataclass(frozen=True)
class Layout:
    """The axes of feature maps and of filters, and whether the filters are those of a true convolution."""

    features: str
    filters: str
    canonical_filters: str
    flipped: bool = False

    @property
    def ones(self) -> frozenset[str]:
        """The letters that are left out."""
        return frozenset("NCOI").difference(self.features, self.filters)

    def letters(self, name: str) -> tuple[str, str] | None:
        """Return the canonical axes and the user's axes of an array, None if it has no layout."""
        if name in FEATURES:
            return f"NC{self.canonical_filters[2:]}", self.features
        if name in BIASES:
            return f"C{self.canonical_filters[2:]}", self.features.replace("N", "")
        return (self.canonical_filters, self.filters) if name in FILTERS else None

    def to_user(self, name: str, array: np.ndarray) -> np.ndarray:
        """Return a canonical array in the user's layout, contiguous; one of another rank as it is."""
        both = self.letters(name)
        if both is None or array.ndim != len(both[0]):
            return array
        canonical, written = both
        if name in FILTERS and self.flipped:
            array = np.flip(array, tuple(range(2, array.ndim)))
        dropped = tuple(k for k, letter in enumerate(canonical) if letter not in written)
        if any(array.shape[k] != 1 for k in dropped):
            return array
        kept = [letter for letter in canonical if letter in written]
        return np.ascontiguousarray(np.squeeze(array, dropped).transpose([kept.index(a) for a in written]))

    def to_canonical(self, name: str, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the canonical shape of an array with a shape in the user's layout."""
        canonical, written = self.letters(name) or ("", "")
        if len(shape) != len(written):
            raise ShapeError(f"{name} has the axes {written}, found the shape {tuple(shape)}")
        return tuple(shape[written.index(letter)] if letter in written else 1 for letter in canonical)

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"layout {self.features}, filters {self.filters}{', flipped' if self.flipped else ''}"


def read_layout(forward: Forward, features: str | None, filters: str | None, flipped: bool = False) -> Layout:
    """Return the layout of a layer's arrays; raise ModeError if a letter is missing, twice or unknown."""
    letters = {0: "", 1: "L", 2: "HW", 3: "DHW"}[forward.rank]
    found = [letter for letter in features or filters or "" if letter not in "NCOI"]
    if forward.rank == 1 and found:
        letters = found[0]
    canonical = f"{forward.filters}{letters}"
    alone = features is not None and "C" not in features
    features, filters = features or f"NC{letters}", filters or (letters if alone else "") or canonical
    for what, written, optional in (("layout", features, "NC"), ("filters", filters, "OI")):
        spatial = [letter for letter in written if letter not in optional]
        if sorted(spatial) != sorted(letters) or len(set(written)) != len(written):
            raise ModeError(
                f"{what} of {forward.name} has {' and '.join(letters)} once each, and {' and '.join(optional)} at most "
                f"once, as {optional}{letters}, found {written!r}"
            )
    if "C" not in features and forward.groups != 1:
        raise ModeError(f"{forward} has channels: layout needs the letter C, found {features!r}")
    return Layout(features, filters, canonical, flipped)


def read_shapes(texts: Sequence[str]) -> list[dict[str, tuple[int, ...]]]:
    """Return sets of shapes by name; a name that comes again starts the next set.

    >>> read_shapes(["x=1,3,5,5", "w=4,3,2,2", "x=1,3,9,9", "w=4,3,1,1"])
    [{'x': (1, 3, 5, 5), 'w': (4, 3, 2, 2)}, {'x': (1, 3, 9, 9), 'w': (4, 3, 1, 1)}]
    """
    sets: list[dict[str, tuple[int, ...]]] = [{}]
    for text in texts:
        name, _, sizes = text.partition("=")
        if name.strip() in sets[-1]:
            sets.append({})
        try:
            sets[-1][name.strip()] = tuple(int(size) for size in sizes.strip(" ()").split(",") if size.strip())
        except ValueError:
            raise ShapeError(f"a shape is written as x=1,64,56,56, found {text!r}") from None
    return sets


def call(
    function: Callable[..., Any], signature: Signature, arguments: Mapping[str, Any], timeout: float
) -> dict[str, np.ndarray]:
    """Call a function with arguments by canonical name and return its results by name; raise Misbehaviour otherwise."""
    return results(answer(function, signature, arguments, timeout), signature)


def answer(function: Callable[..., Any], signature: Signature, arguments: Mapping[str, Any], timeout: float) -> Any:
    """Call a function with arguments by canonical name and return what it returns; raise Misbehaviour if it fails."""
    by_place = [arguments[name] for name in signature.inputs]
    by_name = {parameter: arguments[name] for parameter, name in signature.named}
    try:
        return within(timeout, lambda: function(*by_place, **by_name))
    except TimeLimitError:
        raise Misbehaviour("timeout", f"the function did not return within {timeout:g} s") from None
    except (Exception, SystemExit) as error:
        raise Misbehaviour(*raised(error, function)) from None


def results(returned: Any, signature: Signature) -> dict[str, np.ndarray]:
    """Return the arrays of a result by name: a tuple, a list, a dict, or one array for one name."""
    names = signature.outputs
    if isinstance(returned, Mapping):
        by_name = {canonical_name(str(key)): value for key, value in returned.items()}
        if missing := [name for name in signature.judged if name not in by_name]:
            raise Misbehaviour(
                "outputs", f"the dict has no {', '.join(missing)}, found {', '.join(map(str, returned))}"
            )
        each = [by_name.get(name) for name in names]
    elif isinstance(returned, tuple | list):
        each = list(returned)
    else:
        each = [returned]
    if len(each) != len(names):
        found = "None" if returned is None else f"{len(each)} {'value' if len(each) == 1 else 'values'}"
        raise Misbehaviour("outputs", f"returns {found}, expected {len(names)} ({', '.join(names)})")
    return {name: as_array(value, name) for name, value in zip(names, each, strict=True) if name != IGNORED}


def as_array(value: Any, name: str) -> np.ndarray:
    """Return an array of numbers that shares the memory of what was returned; raise Misbehaviour for anything else."""
    if not isinstance(value, np.ndarray | np.generic) and not hasattr(value, "__array__"):
        raise Misbehaviour("outputs", f"{name} is not an array, found {type(value).__name__}", name)
    try:
        array = np.asarray(value)
    except Exception as error:
        raise Misbehaviour("outputs", f"{name} cannot be made an array: {error}", name) from None
    if array.dtype.kind not in "biuf":
        raise Misbehaviour("dtype", f"{name} has the dtype {array.dtype}, expected real numbers", name)
    return array


def load_function(text: str) -> Any:
    """Return what "package.module:function" or "path/to/file.py:function" names; the current folder is importable."""
    module, colon, name = text.rpartition(":")
    if not colon or not name:
        raise OperandError(f"a function is named as module:function or file.py:function, found {text!r}")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = of_file(Path(module)) if module.endswith(".py") else import_module(module)
    except (Exception, SystemExit) as error:
        raise OperandError(f"{module} cannot be imported: {type(error).__name__}: {error}") from error
    for part in name.split("."):
        if not hasattr(found, part):
            raise OperandError(f"{module} has no {name!r}{near(part, vars(found))}")
        found = getattr(found, part)
    return found


def of_file(file: Path) -> Any:
    """Return a file as a module, with its folder importable."""
    name = file.stem if file.stem not in sys.modules else f"{file.stem}_checked"
    spec = spec_from_file_location(name, file.resolve())
    if spec is None or spec.loader is None:
        raise OperandError(f"{file} is not a Python file")
    sys.path.insert(0, str(file.resolve().parent))
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
