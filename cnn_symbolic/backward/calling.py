"""How a backward pass is called: its signature, the layout of its arrays, and what goes wrong before any number.

    "dy, x, w -> dx, dw, db"

names the positional arguments and what is returned. A layout names the axes by letters: N the batch, C the channels,
D, H, W (or L) the spatial ones, and O and I the out- and in-channels of the filters; a letter that is left out is an
axis of size one that the arrays do not have.
"""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np

from cnn_symbolic.ground.deadline import within
from cnn_symbolic.ground.errors import ModeError, OperandError, ShapeError, TimeLimitError
from cnn_symbolic.layers.forward import Forward
from cnn_symbolic.layers.options import near

# The names of what a backward pass takes and returns, in lower case: case does not count.
ALIASES = {
    "dy": "g grad dz da dh dout gout d_out grad_out grad_output grad_outputs grad_y grad_z gy δ delta upstream "
    "upstream_grad dl_dout dl_dy dl_dz dl_da dl_dh",
    "x": "a a_prev input inputs inp image images",
    "w": "weight weights filter filters kernel kernels k",
    "b": "bias",
    "y": "out output z",
    "x_shape": "input_shape input_size",
    "w_shape": "weight_shape weight_size filter_shape",
    "places": "indices",
    "window": "kernel_size pool_size",
    "factors": "scale_factor",
    "dx": "grad_input grad_inputs grad_x gx da_prev d_x d_input dinput dinputs dinp dl_dx",
    "dw": "grad_weight grad_weights grad_w gw d_w dweight dweights dfilter dfilters dkernel dkernels dk grad_kernel "
    "grad_filters dl_dw",
    "db": "grad_bias grad_b gb d_b dbias dl_db",
}
CANONICAL = {alias: name for name, aliases in ALIASES.items() for alias in (name, *aliases.split())}
# What a backward pass is that is written otherwise, and how the user makes one of it.
WRAPPED = {
    "class": "{0} is a class: check a function that makes a layer, sets its filters and calls its passes, as "
    "def backward(dy, x, w): layer = {0}(…); layer.w = w; layer.forward(x); return layer.backward(dy), layer.dw",
    "method": "{0} is a method that is not bound to a layer: check a function that makes a layer, sets its filters and "
    "calls its passes, as def backward(dy, x, w): layer = …; layer.w = w; layer.forward(x); "
    "return layer.backward(dy), layer.dw",
    "forward": "{0} takes no gradient dy of the result: is it the forward pass? Check the backward pass; --torch and "
    "--jax check what a framework makes of a forward pass, and --signature '{1} -> y' checks its result alone",
}
IGNORED = "_"
# Which of the two layouts an array has; b and db have neither.
FEATURES, FILTERS = ("x", "dx", "y", "dy", "places"), ("w", "dw")


class Misbehaviour(Exception):
    """What a function did instead of returning gradients: the kind, a sentence, and the gradient if it is about one."""

    def __init__(self, kind: str, detail: str, gradient: str | None = None) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.gradient = kind, detail, gradient


@dataclass(frozen=True)
class Signature:
    """The names of the positional arguments, of those by name, and of the results; and where they come from.

    An assumed one is not from the user: the results are adapted to what the function returns.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    named: tuple[tuple[str, str], ...] = ()
    origin: str = "as given"
    assumed: bool = False

    def __str__(self) -> str:
        """Return it as it is written."""
        given = [*self.inputs, *(f"{parameter}=" for parameter, _ in self.named)]
        return f"{', '.join(given)} -> {', '.join(self.outputs)}"

    @property
    def judged(self) -> tuple[str, ...]:
        """The results that are compared."""
        return tuple(name for name in self.outputs if name != IGNORED)

    @property
    def taken(self) -> tuple[str, ...]:
        """The names of everything that the function is given."""
        return (*self.inputs, *(name for _, name in self.named))


def canonical_name(word: str) -> str:
    """Return the name of what a word stands for, whatever its case; a word that is not known as it is."""
    return CANONICAL.get(word.casefold(), word)


def known_inputs(forward: Forward) -> tuple[str, ...]:
    """Return the names of everything that a backward pass of a layer may be given."""
    return ("dy", "x", "y", "x_shape", *forward.inputs[1:], *forward.given, *forward.settings)


def known_outputs(forward: Forward) -> tuple[str, ...]:
    """Return the names of everything that a backward pass of a layer may return."""
    return (*(f"d{name}" for name in forward.inputs), "y", IGNORED)


def read_signature(text: str, forward: Forward, origin: str = "as given", lenient: bool = False) -> Signature:
    """Return the signature that a text describes; if `lenient`, without names that the layer does not have.

    >>> from cnn_symbolic.backward.forwards import conv2d
    >>> print(read_signature("g, x, weight -> grad_input, _", conv2d()))
    dy, x, w -> dx, _
    """
    if not isinstance(text, str) or text.count("->") != 1:
        raise OperandError(f'a signature is written as "dy, x, w -> dx, dw, db", found {text!r}')
    sides = []
    for side, known in zip(text.split("->"), (known_inputs(forward), known_outputs(forward)), strict=True):
        written = [word.strip() for word in side.strip(" ()").split(",") if word.strip()]
        names = [canonical_name(word) for word in written]
        for word, name in zip(written, names, strict=True):
            if name not in known and not (lenient and name in CANONICAL):
                hint = near(word, [*known, *CANONICAL])
                raise OperandError(
                    f"signature {text!r}: {forward.name} has no {word!r}{hint} Known are {', '.join(known)}"
                )
        kept = [name for name in names if name in known]
        if not kept or len({n for n in kept if n != IGNORED}) + kept.count(IGNORED) != len(kept):
            raise OperandError(f"signature {text!r}: each side has at least one name, and none twice")
        sides.append(tuple(kept))
    if not set(sides[1]) - {IGNORED}:
        raise OperandError(f"signature {text!r}: at least one result has a name")
    return Signature(sides[0], sides[1], origin=origin)


def signature_of(function: Callable[..., Any], forward: Forward, given: str | None = None) -> Signature:
    """Return the signature that is given, that the function carries, that its parameters' names say, or the default.

    The default is for functions without named parameters. Raises OperandError, with what was understood, if a parameter
    has an unknown name, and if there is no dy among them.
    """
    if given is not None:
        return read_signature(given, forward)
    carried = getattr(function, "signature", None)
    if isinstance(carried, str):
        return read_signature(carried, forward, "of the function", lenient=True)
    default = replace(read_signature(forward.signature, forward, "the default"), assumed=True)
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return default
    title = getattr(function, "__qualname__", repr(function))
    by_place: list[str] = []
    by_name: list[tuple[str, str]] = []
    understood, unknown = dict[str, str](), list[str]()
    if all(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
        return default
    for p in parameters:
        name, optional = canonical_name(p.name), p.default is not p.empty
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) or (optional and name in understood.values()):
            continue
        if name not in known_inputs(forward):
            unknown += [] if optional else [p.name]
            continue
        understood[p.name] = name
        if p.kind is p.KEYWORD_ONLY or len(by_name) or len(by_place) < parameters.index(p):
            by_name.append((p.name, name))
        else:
            by_place.append(name)
    if unknown[:1] == ["self"]:
        raise OperandError(WRAPPED["method"].format(title))
    if unknown or len(set(understood.values())) < len(understood):
        raise OperandError(not_understood(title, understood, unknown, default))
    if "dy" not in understood.values():
        raise OperandError(WRAPPED["forward"].format(title, ", ".join(understood.values())))
    return Signature(tuple(by_place), default.outputs, tuple(by_name), "from the parameters' names", assumed=True)


def not_understood(title: str, understood: Mapping[str, str], unknown: Sequence[str], default: Signature) -> str:
    """Return what is understood of a function's parameters, what is not, and the signature to write."""
    each = ", ".join(f"{written} as {name}" for written, name in understood.items()) or "none"
    wrong = ", ".join(unknown) or "two of them, which are the same"
    return (
        f"{title}: parameters understood: {each}; not understood: {wrong}. Name them in their order, as "
        f"--signature '{', '.join(default.inputs)} -> {', '.join(default.outputs)}', or wrap the function: "
        f"lambda {', '.join(default.inputs)}: {title}(…)"
    )


def returning(signature: Signature, returned: Any, shapes: Mapping[str, tuple[int, ...]], title: str) -> Signature:
    """Return an assumed signature with the results that a function returns: without db where it has no such.

    `shapes` are those of the right results. Raises OperandError if the number of results, or the keys, do not fit.
    """
    expected, without = signature.outputs, tuple(name for name in signature.outputs if name != "db")
    if returned is None:
        return signature
    if isinstance(returned, Mapping):
        names = {canonical_name(str(key)) for key in returned}
        complete, shortened = names.issuperset(expected), names.issuperset(without)
        found, written = f"a table of {', '.join(map(str, returned)) or 'nothing'}", list(expected)
    else:
        each = returned if isinstance(returned, tuple | list) else [returned]
        complete, n = len(each) == len(expected), len(each)
        shortened = [np.shape(value) for value in each] == [shapes[name] for name in without]
        found, written = f"{n} {'value' if n == 1 else 'values'}", [*expected, *[IGNORED] * n][:n]
    if complete:
        return signature
    if shortened:
        return replace(signature, outputs=without, origin=f"{signature.origin}; db was not given")
    taken = str(signature).split(" ->", maxsplit=1)[0]
    raise OperandError(
        f"{title} returns {found}, expected {', '.join(expected)}: name what it returns, {IGNORED} for what is none of "
        f"these, as --signature '{taken} -> {', '.join(written)}'"
    )


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
    features, filters = features or f"NC{letters}", filters or (letters if alone else canonical)
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


def read_shapes(texts: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return shapes by name.

    >>> read_shapes(["x=1,3,5,5", "w=4,3,2,2"])
    {'x': (1, 3, 5, 5), 'w': (4, 3, 2, 2)}
    """
    shapes = {}
    for text in texts:
        name, _, sizes = text.partition("=")
        try:
            shapes[name.strip()] = tuple(int(size) for size in sizes.strip(" ()").split(",") if size.strip())
        except ValueError:
            raise ShapeError(f"a shape is written as x=1,64,56,56, found {text!r}") from None
    return shapes


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
        raise Misbehaviour("exception", described(error, function)) from None


def described(error: BaseException, function: Callable[..., Any]) -> str:
    """Return the type and message of an error, and the line of the user's code that it comes from."""
    frames = traceback.extract_tb(error.__traceback__)
    own = inspect.unwrap(function)
    while not hasattr(own, "__code__") and (hasattr(own, "func") or hasattr(own, "function")):
        own = own.func if hasattr(own, "func") else own.function
    file = own.__code__.co_filename if hasattr(own, "__code__") else None
    last = next((frame for frame in reversed(frames) if frame.filename == file), frames[-1])
    line = f": {last.line}" if last.line else ""
    return f"{type(error).__name__}: {error} ({last.filename}, line {last.lineno}{line})"


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
