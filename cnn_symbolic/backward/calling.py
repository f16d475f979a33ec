"""How a backward pass is called: the layout of its arrays, and the passes that are meant, loaded by their names.

A layout names the axes by letters: N the batch, C the channels, D, H, W (or L) the spatial ones, and O and I the out-
and in-channels of the filters; a letter that is left out is an axis of size one that the arrays do not have.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np

from cnn_symbolic.backward.calls.frameworks import of_torch
from cnn_symbolic.backward.calls.signatures import CACHES, CONTEXTS, WRAPPED
from cnn_symbolic.ground.errors import ModeError, OperandError, ShapeError
from cnn_symbolic.ground.raising import said
from cnn_symbolic.layers.forward import Forward
from cnn_symbolic.layers.options import near

# Which of the two layouts an array has; b and db, of more than one axis, have that of a single map.
FEATURES, FILTERS, BIASES = ("x", "dx", "y", "dy", "places"), ("w", "dw"), ("b", "db")
# What the passes are called: in the names of functions, and as methods of a class.
PAIRS = (("backward", "forward"), ("backprop", "forward"), ("bprop", "fprop"), ("bwd", "fwd"), ("_backward", ""))
FORWARD = ("forward", "forward_pass", "forward_propagation", "forward_prop", "fprop", "fwd", "__call__")
BACKWARD = ("backward", "backward_pass", "backward_propagation", "backward_prop", "backprop", "bprop", "bwd")


# Does something for a line, as code of others is run; raises TimeLimitError if it takes too long.
RunLine = Callable[[str, Callable[[], Any]], Any]


@dataclass(frozen=True)
class Passes:
    """Two passes, as expressions in objects by name, the class of which a layer is made for them, and whether
    they take a context."""

    title: str
    objects: Mapping[str, Any]
    forward: str
    backward: str
    made: str | None = None
    context: bool = False


class Unread(Exception):
    """A reading of two passes that cannot be called, with the reason, and whether it is that they refuse the shapes."""

    def __init__(self, reason: str, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


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
        if not self.features:
            return None
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

    def to_layer(self, name: str, array: np.ndarray) -> np.ndarray:
        """Return an array in the user's layout as the layer has it; one of another rank as it is."""
        both = self.letters(name)
        if both is None or array.ndim != len(both[1]):
            return array
        canonical, written = both
        array = array.transpose([written.index(letter) for letter in canonical if letter in written])
        array = np.expand_dims(array, tuple(k for k, letter in enumerate(canonical) if letter not in written))
        return np.flip(array, tuple(range(2, array.ndim))) if name in FILTERS and self.flipped else array

    def to_canonical(self, name: str, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the canonical shape of an array with a shape in the user's layout."""
        both = self.letters(name)
        if both is None:
            return tuple(shape)
        canonical, written = both
        if len(shape) != len(written):
            raise ShapeError(f"{name} has the axes {written}, found the shape {tuple(shape)}")
        return tuple(shape[written.index(letter)] if letter in written else 1 for letter in canonical)

    def __str__(self) -> str:
        """Return it as it is written."""
        if not self.features:
            return "arrays as they are"
        return f"layout {self.features}, filters {self.filters}{', flipped' if self.flipped else ''}"


def read_layout(forward: Forward, features: str | None, filters: str | None, flipped: bool = False) -> Layout:
    """Return the layout of a layer's arrays; raise ModeError if a letter is missing, twice or unknown."""
    if forward.rank < 0:  # a forward pass of one's own
        if features or filters or flipped:
            raise ModeError(f"{forward} says itself how its arrays lie: leave layout, filters and flipped out")
        return Layout("", "", "")
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


def read_pairs(text: str | None) -> dict[str, str]:
    """Return what a text such as "w=self.W,b=self.b" gives names to.

    >>> read_pairs("w=self.W,b=self.b")
    {'w': 'self.W', 'b': 'self.b'}
    """
    pairs = (part.partition("=") for part in (text or "").split(",") if part.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def load_function(text: str) -> Any:
    """Return what "package.module:function" or "path/to/file.py:function" names; the current folder is importable.

    Two names, "file.py:forward,backward", are a pair.
    """
    module, colon, name = text.rpartition(":")
    if not colon or not name:
        raise OperandError(f"a function is named as module:function or file.py:function, found {text!r}")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = of_file(Path(module)) if module.endswith(".py") else import_module(module)
    except (Exception, SystemExit) as error:
        raise OperandError(f"{module} cannot be imported: {said(error)}") from error
    each = tuple(member(found, module, one.strip()) for one in name.split(","))
    return each if len(each) > 1 else each[0]


def member(found: Any, module: str, name: str) -> Any:
    """Return what a name with dots names in a module; raise OperandError if there is no such."""
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


# The passes


def passes_of(function: Any, signature: str | None = None) -> Passes | Callable[..., Any]:
    """Return the passes of a pair or of a class, or of a function that takes a cache; another function as it is."""
    if isinstance(function, type):
        if any(base.__module__ == "torch.autograd.function" for base in function.__mro__[1:]):
            return of_torch(function)
        return of_class(function)
    if isinstance(function, tuple | list) and len(function) == 2 and all(map(callable, function)):
        return of_pair(*function)
    if not callable(function):
        raise OperandError(f"check_backward expects a function, found {type(function).__name__}")
    return function if signature is not None else of_cached(function) or function


def of_class(made: type) -> Passes:
    """Return the passes that are the methods of a class; static ones, and those with a context, need no layer."""
    own = {name for base in made.__mro__[:-1] for name in vars(base)}
    methods = [next((name for name in names if name in own), None) for names in (FORWARD, BACKWARD)]
    name = made.__name__
    if None in methods:
        which = " and ".join(what for what, found in zip(("forward", "backward"), methods, strict=True) if not found)
        raise OperandError(f"{name} is a class without {which}: a layer has both methods; --torch takes modules")
    forward, backward = map(str, methods)
    static = inspect.getattr_static(made, forward)
    alone = isinstance(static, staticmethod | classmethod) or first_parameter(static).casefold() in CONTEXTS
    target = name if alone else "layer"
    called = target if forward == "__call__" else f"{target}.{forward}"
    context = alone and first_parameter(getattr(made, forward)).casefold() in CONTEXTS
    return Passes(name, {name: made}, called, f"{target}.{backward}", None if alone else name, context)


def of_pair(forward: Callable[..., Any], backward: Callable[..., Any]) -> Passes:
    """Return the passes that are two functions."""
    names = [getattr(each, "__name__", "") for each in (forward, backward)]
    if not all(name.isidentifier() for name in names) or names[0] == names[1]:
        names = ["forward_pass", "backward_pass"]
    objects = dict(zip(names, (forward, backward), strict=True))
    return Passes(names[1], objects, names[0], names[1], None, first_parameter(forward).casefold() in CONTEXTS)


def of_cached(function: Callable[..., Any]) -> Passes | None:
    """Return the passes of a function that takes a cache, with the forward pass beside it; None of another one."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    needed = [p.name for p in parameters if p.default is p.empty]
    cache = next((name for name in needed if name.casefold() in CACHES or name.casefold().endswith("cache")), None)
    if cache is None or hasattr(function, "signature"):
        return None
    own, name = inspect.unwrap(function), getattr(function, "__name__", "")
    beside, candidates = getattr(own, "__globals__", {}), list(names_of_forward(name))
    forward = next((beside[each] for each in candidates if callable(beside.get(each))), None)
    if forward is None:
        missing = f", but there is no {candidates[0]} beside it" if candidates else ""
        raise OperandError(WRAPPED["cache"].format(name, cache, missing))
    return of_pair(forward, function)


def names_of_forward(name: str) -> Iterator[str]:
    """Yield what the forward pass to a backward pass may be called."""
    for back, fore in PAIRS:
        for spelled in (str.lower, str.capitalize, str.upper):
            if spelled(back) in name and name != spelled(back).strip("_"):
                yield name.replace(spelled(back), spelled(fore))
            elif spelled(back) == name and fore:
                yield spelled(fore)


def first_parameter(function: Any) -> str:
    """Return the name of the first parameter of a function, empty if it has none."""
    try:
        return next(iter(inspect.signature(function).parameters), "")
    except (TypeError, ValueError):
        return ""


def resolved(names: Mapping[str, Any], what: str | Passes) -> Any:
    """Return the function that an expression such as "Conv.forward" names, or that a user's file can be told by."""
    if isinstance(what, Passes):
        made = names[what.made] if what.made else None
        what = what.backward if made is None else f"{what.made}.{what.backward.removeprefix('layer.')}"
    first, *rest = what.split(".")
    found = names[first]
    for name in rest:
        found = getattr(found, name)
    return found


def arrays_in(owner: Any, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays of an object of that name by where they are: attributes, and entries of tables that are."""
    for attribute, value in getattr(owner, "__dict__", {}).items():
        entries = value.items() if isinstance(value, Mapping) else ()
        places = [(f"{name}.{attribute}", value)]
        places += [(f"{name}.{attribute}[{k!r}]", v) for k, v in entries if type(k) in (str, int)]
        yield from ((path, a) for path, a in places if isinstance(a, np.ndarray) and attribute.isidentifier())


def value_at(path: str, names: Mapping[str, Any]) -> Any:
    """Return what a path such as `layer.params['w']` leads to: attributes, and entries at literal keys."""

    def value(node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            return names[node.id]
        if isinstance(node, ast.Attribute):
            return getattr(value(node.value), node.attr)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            return value(node.value)[node.slice.value]
        raise OperandError(f"{path} is no path of attributes and entries")

    return value(ast.parse(path, mode="eval").body)
