"""The signature of a backward pass: what its parameters and results are called, and what a function says of it.

    "dy, x, w -> dx, dw, db"

names the positional arguments and what is returned. Case does not count, and the usual other names are known.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.layers.forward import Forward
from cnn_symbolic.layers.options import near

# The names of what a backward pass takes, in lower case: case does not count.
ALIASES = {
    "dy": "g grad dz da dh delta δ upstream upstream_grad dvalues error output_error accum_grad dpool dconv_prev",
    "x": "a a_prev input inputs input_data inp image images feature_map conv_in orig original input_tensor",
    "w": "weight weights filter filters kernel kernels k filt",
    "b": "bias biases",
    "y": "out outputs output z",
    "x_shape": "input_shape input_size",
    "w_shape": "weight_shape weight_size filter_shape",
    "places": "indices",
    "window": "kernel_size pool_size window_size filter_size kernel_shape",
    "stride": "strides",
    "padding": "pad pads pad_size pad_width zero_padding",
    "dilation": "dilations dilation_rate",
    "factors": "scale_factor",
}
# How the gradient of something is called: one of these before its name, or behind it.
BEFORE, BEHIND = ("d", "d_", "g", "g_", "grad", "grad_", "gradient_", "dl_d", "dld", "d_l_d_"), ("_grad", "_gradient")
GRADIENTS = {
    word: f"d{name}"
    for name in ("x", "w", "b", "y")
    for alias in (name, *ALIASES[name].split(), *(("h", "a") if name == "y" else ()))
    for word in (*(f"{before}{alias}" for before in BEFORE), *(f"{alias}{behind}" for behind in BEHIND))
}
CANONICAL = GRADIENTS | {alias: name for name, aliases in ALIASES.items() for alias in (name, *aliases.split())}
# How the sizes that a layer is made with are called, a learning rate, the memory of a forward pass, a table of options.
MADE_WITH = {
    "in_channels": "in_channel in_ch in_c c_in n_in nin channels n_channels num_channels n_c_prev input_channels "
    "input_channel input_depth in_depth in_maps in_planes in_features in_feature input_dim in_dim input_size in_size "
    "fan_in num_inputs n_inputs inchans",
    "out_channels": "out_channel out_ch out_c c_out n_out nout num_filters n_filters filters number_of_filters "
    "num_filter filter_num n_c output_channels output_channel output_depth out_depth depth num_kernels n_kernels "
    "out_maps out_planes out_features out_feature output_dim out_dim output_size out_size fan_out num_outputs "
    "n_outputs units n_units num_units neurons n_neurons num_neurons outchans",
    "overlay": "kernel_size filter_size kernel_shape filter_shape kernel_dim filter_dim field_size ksize ks size "
    "kernel f k",
    "overlay_height": "kernel_height filter_height pool_height kernel_h filter_h pool_h kh fh hh",
    "overlay_width": "kernel_width filter_width pool_width kernel_w filter_w pool_w kw fw ww",
    "x_shape": "input_shape in_shape image_shape",
    "batch": "batch_size n_batch",
    "in_height": "input_height in_h input_h height h",
    "in_width": "input_width in_w input_w width",
    "rate": "learning_rate learn_rate lr eta alpha step_size",
}
SIZES = {alias: name for name, aliases in MADE_WITH.items() for alias in (name, *aliases.split())}
CONTEXTS = {"ctx", "context"}
CACHES = {"cache", "cached", "caches", "memory", "mem", "tape", "saved", "saved_tensors", *CONTEXTS}
TABLES = {"conv_param", "conv_params", "pool_param", "pool_params", "hparameters", "hparams", "options", "config"}
# The words for some options in a table of options, which has all of them.
IN_TABLES = {"padding": ("pad", "padding"), "window": ("f", "window", "pool_size", "kernel_size")}
# What a backward pass is that is written otherwise, and how the user makes one of it.
WRAPPED = {
    "cache": "{0} takes {1}, which is of a forward pass{2}: name both passes, as mine.py:forward,{0}",
    "method": "{0} is a method that is not bound to a layer: check its class, as mine.py:{1}",
    "forward": "{0} takes no gradient dy of the result: is it the forward pass? Check the backward pass; --torch and "
    "--jax check what a framework makes of a forward pass, and --signature '{1} -> y' checks its result alone",
}
IGNORED = "_"

# What stands in for the context of an autograd function.
CONTEXT = """class Context:
    needs_input_grad = (True,) * 9

    def save_for_backward(self, *saved):
        self.saved_tensors = saved
"""


# How the programs that were written here call the passes that they are made of.
ORIGINS: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


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


def role(path: str) -> str:
    """Return what a place is by its name: "layer.W" and "layer.params['W']" are w, "layer.grads['W']" is dw."""
    *_, attribute, word = ["", *re.findall(r"\w+", path)]
    name = canonical_name(word.rpartition("__")[2].strip("_"))
    inside = path.endswith("]") and "grad" in attribute.casefold()
    return f"d{name}" if inside and name in ("x", "w", "b") else name


def known_inputs(forward: Forward) -> tuple[str, ...]:
    """Return the names of everything that a backward pass of a layer may be given."""
    first, *others = forward.inputs
    return ("dy", first, "y", "x_shape", *others, *forward.given, *forward.settings)


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


def origin_of(function: Any) -> str:
    """Return where the signature that a function carries comes from; what the function says of that is not read."""
    try:
        return ORIGINS.get(function, "of the function")
    except TypeError:  # it cannot be looked up, or not be referred to
        return "of the function"


def signature_of(function: Callable[..., Any], forward: Forward, given: str | None = None) -> Signature:
    """Return the signature that is given, that the function carries, that its parameters' names say, or the default.

    The default is for functions without named parameters. Raises OperandError, with what was understood, if a parameter
    has an unknown name, and if there is no dy among them.
    """
    if given is not None:
        return read_signature(given, forward)
    carried = getattr(function, "signature", None)
    if isinstance(carried, str):
        return read_signature(carried, forward, origin_of(function), lenient=True)
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
        if name == "w" and "w" not in forward.inputs and "window" in known_inputs(forward):
            name = "window"  # the kernel of a pooling
        if p.name.casefold() == "s" and "stride" in known_inputs(forward):
            name = "stride"
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
        raise OperandError(WRAPPED["method"].format(title, title.rpartition(".")[0]))
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
