"""The public names: by topic, and by the module that each comes from.

A topic is a package whose names are loaded when they are first used, so that importing it costs nothing. The topics,
the words of claims as text, what type checkers read, and the guide's list of names are made from this table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from cnn_symbolic.ground.words import nearest

TOPICS = {
    "cnn_symbolic": {
        "ground.version": "__version__",
        "ground.errors": "CnnSymbolicError",
        "expressions.formulas": "sizes widths",
        "expressions.functions": "And Eq Iverson Max Min Mod Ne Not Or Rational ceiling floor maximum minimum where",
        "kernel.search.size_sets": "preimage sizes_where",
        "tensors.tensor": "Tensor",
        "tensors.making": "named scalar tensor",
        "tensors.entries": "from_entries sum_over",
        "tensors.shapes": "shape",
        "tensors.arithmetic": "add broadcast multiply scale",
        "tensors.gradients": "cotangent gradient",
        "tensors.operations.basic": "dilate dot flip ones outer rot180 shift stack subsample sum_axes tensordot "
        "transpose wrap zeros",
        "tensors.operations.correlation": "convolve correlate",
        "tensors.operations.functions": "apply function",
        "tensors.operations.convolutions": "merge_axes split_axis",
        "tensors.operations.padding": "crop pad",
        "tensors.operations.stacking": "count literal stacked summed take windows",
        "layers.catalogue": "FeatureMap",
        "proofs.claiming": "claim prove refute",
        "proofs.check": "check identity strict_orderings",
        "proofs.derivation": "Derivation Step",
        "kernel.trusted.verdicts": "Theorem",
        "kernel.search.verdicts": "HoldsForLiterals Refutation Undecided",
        "present.figures.drawing": "draw",
    },
    "cnn_symbolic.layers": {
        "layers.catalogue": "AveragePool Convolution ConvolutionalLayer FeatureMap FullyConnectedLayer MaxPool "
        "MaxPoolingMap cross_entropy_of_softmax quadratic_cost",
        "tensors.operations.functions": "exp log reciprocal relu rsqrt sigmoid softplus sqrt step tanh",
        "tensors.operations.convolutions": "conv conv_transpose fold pixel_shuffle pixel_unshuffle unfold "
        "upsample_nearest",
        "tensors.operations.geometry": "conv_size pad_widths",
        "tensors.operations.pooling": "pool_size select_pool sum_pool window_counts",
    },
    "cnn_symbolic.claims": {
        "claims.reading": "read_claims",
        "proofs.settling": "settle_many",
        "kernel.search.exchanges": "state",
        "kernel.search.decide": "decide",
    },
    "cnn_symbolic.backward": {
        "backward.check": "assert_backward check_backward prove_backward",
        "backward.findings": "BackwardError BackwardReport",
        "backward.forwards": "avg_pool1d avg_pool2d avg_pool3d conv1d conv2d conv3d conv_transpose1d "
        "conv_transpose2d conv_transpose3d linear max_pool1d max_pool2d max_pool3d read_forward upsample_nearest1d "
        "upsample_nearest2d upsample_nearest3d",
        "layers.options": "any_of",
        "backward.calls.frameworks": "of_jax of_torch",
        "backward.strategies": "convolution_problems",
    },
    "cnn_symbolic.backward.agreement": {"backward.agreement.reading_both": "same"},
}


def homes(name: str) -> dict[str, str]:
    """Return the modules that a topic's public names come from, by name."""
    return {public: module for module, names in TOPICS[name].items() for public in names.split()}


# Where the words of claims come from, which are operations in print: those of both topics, from these rooms.
VOCABULARY = ("expressions.", "layers.", "proofs.claiming", "tensors.")


def words(*rooms: str) -> dict[str, str]:
    """Return the modules of the names of derivations and of layers that come from some rooms, by name."""
    listed = homes("cnn_symbolic") | homes("cnn_symbolic.layers")
    return {public: module for public, module in listed.items() if module.startswith(rooms)}


# All public names. The package itself answers to those of every topic, and lists its own.
HOMES = {public: module for name in TOPICS for public, module in homes(name).items()}


def load(module: str, name: str) -> Any:
    """Return what a module of the package has under a name."""
    return getattr(import_module(f"cnn_symbolic.{module}"), name)


def topic(name: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` of a topic."""
    known = HOMES if name == "cnn_symbolic" else homes(name)
    inner = [other.rpartition(".")[2] for other in TOPICS if other.rpartition(".")[0] == name]

    def look_up(asked: str) -> Any:
        if asked in known:
            return load(known[asked], asked)
        if asked in inner:
            return import_module(f"{name}.{asked}")
        near = nearest(asked, HOMES)
        hint = f": did you mean {near} in {next(t for t in (name, *TOPICS) if near in homes(t))}?" if near else ""
        # `from … import` asks by this function, hides an AttributeError, and then looks for a module of that name.
        importing = sys._getframe(1).f_code.co_name == "_handle_fromlist"
        if importing and hint and find_spec(f"{name}.{asked}") is None:
            raise ImportError(f"cannot import name {asked!r} from {name!r}{hint}", name=name)
        raise AttributeError(f"module {name!r} has no attribute {asked!r}{hint}")

    return look_up, lambda: sorted([*homes(name), *inner]), sorted(homes(name))
