"""Proves the gradients of convolutional networks for every shape at once, and refutes wrong ones.

Everything public is importable from here; it is loaded when it is first used, so that importing the
package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from cnn_symbolic.checking.backward import BackwardError, BackwardReport, assert_backward, check_backward
    from cnn_symbolic.checking.claims import read_claims
    from cnn_symbolic.checking.forwards import (
        any_of,
        avg_pool1d,
        avg_pool2d,
        avg_pool3d,
        conv1d,
        conv2d,
        conv3d,
        conv_transpose1d,
        conv_transpose2d,
        conv_transpose3d,
        max_pool1d,
        max_pool2d,
        max_pool3d,
        read_forward,
        upsample_nearest1d,
        upsample_nearest2d,
        upsample_nearest3d,
    )
    from cnn_symbolic.checking.frameworks import of_jax, of_torch
    from cnn_symbolic.checking.strategies import convolution_problems
    from cnn_symbolic.checks import check, identity
    from cnn_symbolic.convolutions import (
        conv,
        conv_size,
        conv_transpose,
        fold,
        merge_axes,
        pad_widths,
        split_axis,
        unfold,
        upsample_nearest,
    )
    from cnn_symbolic.derivation import Derivation, Step, claim, prove, refute
    from cnn_symbolic.entries import from_entries, sum_over
    from cnn_symbolic.errors import CnnSymbolicError
    from cnn_symbolic.expressions.values import (
        And,
        Eq,
        Iverson,
        Max,
        Min,
        Mod,
        Ne,
        Not,
        Or,
        Rational,
        ceiling,
        floor,
        maximum,
        minimum,
        where,
    )
    from cnn_symbolic.families import count, literal, stacked, summed, take, windows
    from cnn_symbolic.formulas import sizes, widths
    from cnn_symbolic.gradients import cotangent, gradient
    from cnn_symbolic.kernel.decide import decide
    from cnn_symbolic.kernel.size_sets import preimage, sizes_where
    from cnn_symbolic.kernel.statement import state
    from cnn_symbolic.kernel.verdicts import HoldsForLiterals, Refutation, Theorem, Undecided
    from cnn_symbolic.layers import (
        AveragePool,
        Convolution,
        ConvolutionalLayer,
        FeatureMap,
        FullyConnectedLayer,
        MaxPool,
        MaxPoolingMap,
        cross_entropy_of_softmax,
        quadratic_cost,
    )
    from cnn_symbolic.operations import (
        apply,
        convolve,
        correlate,
        crop,
        dilate,
        dot,
        flip,
        function,
        ones,
        outer,
        pad,
        rot180,
        shift,
        stack,
        subsample,
        sum_axes,
        tensordot,
        transpose,
        wrap,
        zeros,
    )
    from cnn_symbolic.pooling import pool_size, select_pool, sum_pool, window_counts
    from cnn_symbolic.tensors import (
        Tensor,
        add,
        broadcast,
        multiply,
        named,
        scalar,
        scale,
        shape,
        tensor,
    )

HOMES = {
    "checking.backward": "BackwardError BackwardReport assert_backward check_backward",
    "checking.claims": "read_claims",
    "checking.forwards": "any_of avg_pool1d avg_pool2d avg_pool3d conv1d conv2d conv3d conv_transpose1d "
    "conv_transpose2d conv_transpose3d max_pool1d max_pool2d max_pool3d read_forward upsample_nearest1d "
    "upsample_nearest2d upsample_nearest3d",
    "checking.frameworks": "of_jax of_torch",
    "checking.strategies": "convolution_problems",
    "checks": "check identity",
    "convolutions": "conv conv_size conv_transpose fold merge_axes pad_widths split_axis unfold upsample_nearest",
    "derivation": "Derivation Step claim prove refute",
    "entries": "from_entries sum_over",
    "errors": "CnnSymbolicError",
    "families": "count literal stacked summed take windows",
    "expressions.values": "And Eq Iverson Max Min Mod Ne Not Or Rational ceiling floor maximum minimum where",
    "formulas": "sizes widths",
    "gradients": "cotangent gradient",
    "kernel.decide": "decide",
    "kernel.size_sets": "preimage sizes_where",
    "kernel.statement": "state",
    "kernel.verdicts": "HoldsForLiterals Refutation Theorem Undecided",
    "layers": "AveragePool Convolution ConvolutionalLayer FeatureMap FullyConnectedLayer MaxPool MaxPoolingMap "
    "cross_entropy_of_softmax quadratic_cost",
    "operations": "apply convolve correlate crop dilate dot flip function ones outer pad rot180 shift stack subsample "
    "sum_axes tensordot transpose wrap zeros",
    "pooling": "pool_size select_pool sum_pool window_counts",
    "tensors": "Tensor add broadcast multiply named scalar scale shape tensor",
}
HOME_OF = {name: module for module, names in HOMES.items() for name in names.split()}
__all__ = sorted([*HOME_OF, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
