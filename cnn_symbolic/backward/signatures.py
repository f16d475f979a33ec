"""The signature of a backward pass: what its parameters and results are called, and what a function says of it.

    "dy, x, w -> dx, dw, db"

names the positional arguments and what is returned. Case does not count, and the usual other names are known.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cnn_symbolic.ground.errors import OperandError
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


@dataclass(frozen=True)
class Signature:
    """The names of the positional arguments, of those by name, and of the results; and where they come from.

    An assumed one is not from the user: the results are adapted to what the function returns. `keys` are the names of
    the results in a table, where they are known.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    named: tuple[tuple[str, str], ...] = ()
    origin: str = "as given"
    assumed: bool = False
    keys: tuple[tuple[str, str], ...] = ()

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
        signature = replace(signature, keys=tuple((canonical_name(str(key)), key) for key in returned))
        names = {name for name, _ in signature.keys}
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
