"""Code of others, opened: a function of this process, or of a file in a child, and how it is called.

What needs the user's objects is done where they are: a file is imported, its passes are read into a program, and the
signature is read off, in the child. It returns texts, and they are read here as strictly as anything from a user.
"""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Protocol, Self

from cnn_symbolic.backward.calling import Layout, RunLine, load_function, names_of_forward, read_layout
from cnn_symbolic.backward.calls.callees import About, Callee, Here
from cnn_symbolic.backward.calls.elsewhere import NOISE, At, Elsewhere
from cnn_symbolic.backward.calls.frames import Unreadable, taken, text, texts
from cnn_symbolic.backward.calls.frameworks import of_jax, of_torch
from cnn_symbolic.backward.calls.importing import about
from cnn_symbolic.backward.calls.signatures import (
    IGNORED,
    Signature,
    canonical_name,
    known_inputs,
    known_outputs,
    signature_of,
)
from cnn_symbolic.backward.calls.together import both_of
from cnn_symbolic.backward.domain import assumption
from cnn_symbolic.backward.forwards import arrays_of, as_layer, layer_of, read_forward
from cnn_symbolic.backward.programs import Squares, as_function, read_places
from cnn_symbolic.backward.proofs.sources import PROGRAM, NoSource, Source, named_source, source_of, told_by
from cnn_symbolic.backward.strategies import Problem, posed, typical
from cnn_symbolic.backward.trials import SQUARE
from cnn_symbolic.ground.children import CAN_FORK
from cnn_symbolic.ground.deadline import Worker
from cnn_symbolic.ground.errors import OperandError, ShapeError
from cnn_symbolic.layers.forward import Forward

FRAMEWORKS = {"torch": of_torch, "jax": of_jax}
FRAMEWORK_NAMES = {"torch": "PyTorch", "jax": "JAX"}


class PassesCall(Protocol):
    """How a backward pass is called: what by place, what by name, and its results."""

    @property
    def inputs(self) -> Sequence[str]:
        """What it is given by place."""

    @property
    def named(self) -> Sequence[tuple[str, str]]:
        """Its parameters with what they are given by name."""

    @property
    def outputs(self) -> Sequence[str]:
        """The names of its results."""


@dataclass(frozen=True)
class Setting:
    """What a function is checked against, as far as it says how it is called: see `check_backward`."""

    of: Any
    signature: str | None
    parameters: Mapping[str, str] | None
    gradients: Mapping[str, str] | None
    layout: str | None
    filters: str | None
    flipped: bool
    dtype: str
    shapes: Mapping[str, Sequence[int]] | Sequence[Mapping[str, Sequence[int]]] | None
    assuming: Sequence[str]
    timeout: float

    @cached_property
    def layer(self) -> Forward:
        """The layer."""
        return as_layer(self.of, self.timeout)

    @cached_property
    def arrays(self) -> Layout:
        """How its arrays lie."""
        return read_layout(self.layer, self.layout, self.filters, self.flipped)

    @cached_property
    def given(self) -> list[Problem]:
        """The problems with the shapes that are given."""
        sets = [self.shapes] if isinstance(self.shapes, Mapping) else self.shapes or []
        return [problem for each in sets for problem in given_problems(self.layer, self.arrays, each)]

    @cached_property
    def conditions(self) -> list[Callable[[Problem], bool]]:
        """What is assumed of a problem."""
        example = typical(next(self.layer.varied()), self.arrays.ones) if self.assuming else None
        return [assumption(each, example) for each in self.assuming if example is not None]

    def admits(self, problem: Problem) -> bool:
        """Tell whether a problem satisfies what is assumed."""
        return all(holds(problem) for holds in self.conditions)

    def called(self, function: Any, run_line: RunLine) -> tuple[Callable[..., Any], Forward, Signature]:
        """Return what is called, for which layer, and how; a pair and a class are read into a program."""
        places = read_places(self.parameters, "parameters"), read_places(self.gradients, "gradients")
        found, layer = as_function(
            function, self.layer, self.arrays, self.signature, self.given, self.admits, places, run_line, self.dtype
        )
        return found, layer, signature_of(found, layer, self.signature)


def given_problems(forward: Forward, layout: Layout, shapes: Mapping[str, Sequence[int]]) -> list[Problem]:
    """Return the problems with shapes in the user's layout, one for each combination of options."""
    expected = forward.inputs if forward.rank < 0 else forward.inputs[:2]
    shapes = {canonical_name(name): shape for name, shape in shapes.items()}
    if set(shapes) != set(expected):
        raise ShapeError(f"shapes has the shapes of {' and '.join(expected)}, found {', '.join(shapes) or 'none'}")
    inputs = tuple((name, layout.to_canonical(name, tuple(shapes[name]))) for name in expected)
    problems = [posed(each, dict(inputs)) for each in forward.varied()]
    for problem in problems:
        problem.forward.result_shape(dict(inputs))
    return problems


def with_unchecked(signature: Signature, layer: Forward) -> Signature:
    """Return a signature that comes from the code itself, which says what gradients of the layer it leaves out."""
    missing = [f"d{name}" for name in layer.inputs if f"d{name}" not in signature.judged]
    silent = [name for name in missing if f"{name} was not given" not in signature.origin]
    if not silent:
        return signature
    return replace(signature, origin=f"{signature.origin}; {', '.join(silent)} not checked")


# Where code is


class UserCode(ABC):
    """Code of others to check, wherever it is."""

    @abstractmethod
    def layer(self, of: Any, timeout: float) -> Forward:
        """Return the layer that is meant; a forward pass of one's own runs where code of others does."""

    @abstractmethod
    def opened(self, setting: Setting) -> tuple[Callee, Forward, Signature]:
        """Return the function, the layer with the shapes that it takes, and how it is called."""

    @abstractmethod
    def source(self) -> Source:
        """Return the source text of the function that was opened; raise NoSource if there is none to read."""

    @abstractmethod
    def passes(self, of: Any) -> tuple[Source, Source]:
        """Return the source texts of a forward pass and of the function; raise NoSource if one has none to read."""

    @abstractmethod
    def both_passes(self, of: Any, call: PassesCall, timeout: float) -> Callee:
        """Return a forward pass and the function as one, as in `calls.together`."""

    @property
    def printed(self) -> bytes:
        """The beginning of what the code has printed, if that is not where it was printed to."""
        return b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class CodeHere(UserCode):
    """A function, a pair or a class of this process."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.found: Any = None

    def layer(self, of: Any, timeout: float) -> Forward:
        """Return the layer that is meant."""
        return as_layer(of, timeout)

    def opened(self, setting: Setting) -> tuple[Callee, Forward, Signature]:
        """Return the function, the layer with the shapes that it takes, and how it is called."""
        worker = Worker()

        def run_line(_: str, compute: Callable[[], Any]) -> Any:
            return worker.run(setting.timeout, compute)

        function, layer, signature = setting.called(self.function, run_line)
        self.found = function
        return Here(function, about(function), setting.timeout), layer, signature

    def source(self) -> Source:
        """Return the source text of the function that was opened; raise NoSource if there is none to read."""
        program, objects = getattr(self.found, "source", None), getattr(self.found, "objects", {})
        if isinstance(program, str) and objects:
            return source_of(objects, PROGRAM, told_by(program, next(iter(objects))), program)
        name = str(getattr(self.found, "__name__", type(self.found).__name__))
        return source_of({name: self.found}, name, name)

    def passes(self, of: Any) -> tuple[Source, Source]:
        """Return the source texts of a forward pass and of the function; raise NoSource if one has none to read."""
        forward, backward = (
            source_of({name: each}, name, name)
            for each in (load_function(of) if isinstance(of, str) else of, last_of(self.function))
            for name in (str(getattr(each, "__name__", type(each).__name__)),)
        )
        return forward, backward

    def both_passes(self, of: Any, call: PassesCall, timeout: float) -> Callee:
        """Return a forward pass and the function as one, as in `calls.together`."""
        forward, backward = load_function(of) if isinstance(of, str) else of, last_of(self.function)
        both = both_of(forward, backward, call.inputs, call.named, call.outputs)
        return Here(both, about(backward), timeout)


class CodeInChild(UserCode):
    """What a text such as "mine.py:backward" names, in a child; a forward pass of one's own has another child.

    `framework` is "torch" or "jax" for a forward pass of these. A child may take up `memory` bytes, and everything has
    `seconds`. As a context the children are ended.
    """

    def __init__(self, named: str, framework: str | None, memory: int, seconds: float) -> None:
        self.named, self.framework, self.memory = named, framework, memory
        self.end = time.monotonic() + seconds
        self.of: Any = None
        self.program: str | None = ""
        self.children: list[Elsewhere] = []

    def layer(self, of: Any, timeout: float) -> Forward:
        """Return the layer that is meant."""
        self.of = of
        if ":" not in of:
            return read_forward(of)
        child = self.child(open_layer, {"of": of}, timeout)
        return layer_of(child, tuple(read(lambda: texts(child.description, "inputs"))))

    def opened(self, setting: Setting) -> tuple[Callee, Forward, Signature]:
        """Return the function, the layer with the shapes that it takes, and how it is called."""
        plain = {name: value for name, value in vars(setting).items() if name in Setting.__dataclass_fields__}
        request = {"function": self.named, "framework": self.framework, "setting": {**plain, "of": self.of}}
        child = self.child(open_function, request, setting.timeout)
        layer, said = setting.layer, child.description
        if said.get("squares") is True and "w" in layer.inputs and layer.rank > 0 and not setting.given:
            layer = Squares.of(layer)
        signature = read(lambda: read_called(said, layer))
        self.program = read(lambda: text(said.get("program", "")))
        if layer is not setting.layer and SQUARE not in signature.origin:
            signature = replace(signature, origin=f"{signature.origin}; {SQUARE}")
        return child, layer, signature

    def source(self) -> Source:
        """Return the source text of the function that was opened; raise NoSource if there is none to read."""
        if self.framework is not None:
            raise NoSource(f"what {FRAMEWORK_NAMES[self.framework]} makes of a forward pass has no text")
        names = self.named.rpartition(":")[2].split(",")
        calls = [name.strip() for name in names]
        if len(calls) == 1:
            calls += names_of_forward(calls[0])
        return named_source(self.named, self.program or "", calls)

    def passes(self, of: Any) -> tuple[Source, Source]:
        """Return the source texts of a forward pass and of the function; raise NoSource if one has none to read."""
        if self.framework is not None or not isinstance(of, str):
            raise NoSource("what a framework makes of a forward pass has no text")
        return named_source(of, "", ()), named_source(last_named(self.named), "", ())

    def both_passes(self, of: Any, call: PassesCall, timeout: float) -> Callee:
        """Return a forward pass and the function as one, as in `calls.together`."""
        how = {"inputs": list(call.inputs), "named": list(map(list, call.named)), "outputs": list(call.outputs)}
        return self.child(open_together, {"forward": of, "backward": last_named(self.named), **how}, timeout)

    def child(self, opening: Any, request: Mapping[str, Any], timeout: float) -> Elsewhere:
        """Return a child that has opened what is requested."""
        child = Elsewhere(opening, request, timeout, self.memory, self.end)
        self.children.append(child)
        child.begin()
        return child

    @property
    def printed(self) -> bytes:
        """The beginning of what the code has printed."""
        return b"".join(child.printed for child in self.children)

    def __exit__(self, *_: object) -> None:
        for child in self.children:
            child.close()


def code_named(named: str, framework: str | None, memory: int, seconds: float) -> UserCode:
    """Return the code that a text such as "mine.py:backward" names, in a child where the system can fork one."""
    if CAN_FORK:
        return CodeInChild(named, framework, memory, seconds)
    found = load_function(named)
    return CodeHere(FRAMEWORKS[framework](found) if framework else found)


def last_of(function: Any) -> Any:
    """Return the backward pass of a pair; another function as it is."""
    return function[-1] if isinstance(function, tuple | list) else function


def last_named(named: str) -> str:
    """Return what names the backward pass where a text may name a pair.

    >>> last_named("mine.py:forward,backward")
    'mine.py:backward'
    """
    module, colon, names = named.rpartition(":")
    return f"{module}{colon}{names.rpartition(',')[2].strip()}"


def read(description: Callable[[], Any]) -> Any:
    """Return what is read of a description; raise OperandError if it is not what it should be."""
    try:
        return description()
    except (Unreadable, ValueError, TypeError):
        raise OperandError(NOISE) from None


def read_called(said: Mapping[str, Any], layer: Forward) -> Signature:
    """Return the signature in a description, of names that a layer has."""
    inputs, outputs = texts(said, "inputs", known_inputs(layer)), texts(said, "outputs", known_outputs(layer))
    named = [(text(parameter), text(name)) for parameter, name in taken(said, "named", list)]
    names = [*inputs, *(name for _, name in named)]
    judged = [name for name in outputs if name != IGNORED]
    if not (judged and set(names) <= set(known_inputs(layer)) and all(p.isidentifier() for p, _ in named)):
        raise Unreadable("a signature of other names")
    if len(set(names)) < len(names) or len(set(judged)) < len(judged):
        raise Unreadable("a signature with a name twice")
    return Signature(tuple(inputs), tuple(outputs), tuple(named), text(said.get("origin")), said.get("assumed") is True)


# In a child


def open_layer(request: Mapping[str, Any], at: At) -> tuple[dict[str, Any], Callable[..., Any]]:
    """Return a description of a forward pass that is the layer, and the function."""
    function = loaded(request["of"], at)
    at(f"{request['of']} cannot be called", False)
    return {"inputs": arrays_of(function), **told(about(function))}, function


def open_together(request: Mapping[str, Any], at: At) -> tuple[dict[str, Any], Callable[..., Any]]:
    """Return a description of a backward pass, and the function that it is together with a forward pass."""
    forward, backward = (loaded(request[name], at) for name in ("forward", "backward"))
    at(f"{request['backward']} cannot be called", False)
    how = request["inputs"], request["named"], request["outputs"]
    return told(about(backward)), both_of(forward, backward, *how)


def open_function(request: Mapping[str, Any], at: At) -> tuple[dict[str, Any], Callable[..., Any]]:
    """Return a description of a function and how it is called, and what is called."""
    named = request["function"]
    function = loaded(named, at)
    if request["framework"]:
        function = FRAMEWORKS[request["framework"]](function)
    setting = Setting(**request["setting"])
    if ":" in setting.of:
        at(f"{setting.of.rpartition(':')[0]} cannot be imported", True)
        _ = setting.layer

    def run_line(line: str, compute: Callable[[], Any]) -> Any:
        at(f"{named} cannot be called: {line}", False)
        return compute()

    at(f"{named} cannot be called", False)
    found, layer, signature = setting.called(function, run_line)
    program = getattr(found, "source", "") if isinstance(getattr(found, "objects", None), dict) else ""
    described = {**asdict(signature), **told(about(found)), "squares": isinstance(layer, Squares), "program": program}
    return described, found


def loaded(named: str, at: At) -> Any:
    """Return what a text names; nothing is left beside the code, and what it prints is not held back."""
    sys.dont_write_bytecode = True
    at(f"{named.rpartition(':')[0]} cannot be imported", True)
    return load_function(named)


def told(found: About) -> dict[str, Any]:
    """Return what a function is called in a description."""
    return {"about": [found.name, found.title, found.expression], "imports": found.imports}
