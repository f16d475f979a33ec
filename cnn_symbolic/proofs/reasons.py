"""Why a line of a derivation equals the one before it, in words."""

from __future__ import annotations

from cnn_symbolic.tensors.tensor import Call, Tensor

__all__ = ["OPERATION_NAMES", "definition_reason", "differentiation_reason"]


OPERATION_NAMES = {
    "correlate": "cross-correlation",
    "convolve": "convolution",
    "multiply": "the elementwise product",
    "sum_axes": "the sum over axes",
    "add": "the sum of tensors",
    "dot": "the dot product",
    "outer": "the outer product",
    "scale": "a multiple",
    "take": "a slice",
    "wrap": "an axis of size 1",
    "stack_family": "the stack",
    "sum_family": "the sum of a family",
    "pad": "padding",
    "crop": "a block",
    "apply": "applying a function entry by entry",
    "conv": "the convolution",
    "conv_transpose": "the transposed convolution",
    "dilate": "dilation",
    "subsample": "keeping every n-th entry",
    "tensordot": "the tensor product, summed over axes",
    "split_axis": "splitting an axis",
    "merge_axes": "merging two axes",
    "select_pool": "what each window selects",
    "sum_pool": "the sum of each window",
    "upsample_nearest": "nearest upsampling",
}


def definition_reason(x: Tensor) -> str:
    """Return the name of the operation whose definition is used."""
    if not isinstance(x.source, Call):
        return f"the definition of {x}"
    name = OPERATION_NAMES.get(x.source.operation, x.source.operation)
    return (
        f"the definition of the {x.source.options['mode']} {name}"
        if "mode" in x.source.options
        else (f"the definition of {name}")
    )


def differentiation_reason(wrt: Tensor) -> str:
    """Return what differentiation does to the entries of a tensor."""
    return f"differentiate: ∂{wrt}/∂{wrt} is 1 where the indices agree, else 0"
