"""Symbolic convolutions of what does not fit: what is wrong is named."""

import pytest
import sympy as sp

from cnn_symbolic import merge_axes, sizes, split_axis, subsample, tensor, tensordot, widths
from cnn_symbolic.ground.errors import ModeError, ShapeError
from cnn_symbolic.layers import Convolution, conv, conv_size, conv_transpose, fold, unfold, upsample_nearest

B, G, C, K = sizes("B G C K")
M, I, S = sizes("M I S")
x, w, b = tensor(B, C, M, M, name="x"), tensor(K, C, I, I, name="w"), tensor(K, name="b")
grouped, filters = tensor(B, G, C, M, name="x"), tensor(G, K, C, I, name="w")
back = tensor(C, K, I, I, name="w")
short = tensor(B, C, name="x")
REJECTED = [
    (
        lambda: conv(x, tensor(K, C, I, name="w")),
        "conv takes an input and an overlay of shapes (batch, channels, *spatial) and (channels, channels, *overlay), "
        "found x of shape (B, C, M, M) and w of shape (K, C, I)",
    ),
    (lambda: conv(short, tensor(K, C, name="w")), "found x of shape (B, C) and w of shape (K, C)"),
    (
        lambda: conv(tensor(B, G, C, name="x"), tensor(G, K, C, name="w"), group_axis=True),
        "(batch, groups, channels, *spatial) and (groups, channels out, channels in, *overlay), found x of shape "
        "(B, G, C) and w of shape (G, K, C)",
    ),
    (lambda: conv(x, back), "conv: the number of input channels differs, found C and K"),
    (
        lambda: conv(grouped, tensor(K, K, C, I, name="w"), group_axis=True),
        "conv: the number of groups differs, found G and K",
    ),
    (lambda: conv(x, w, tensor(C, name="b")), "conv: the bias has shape (K,), found b of (C,)"),
    (lambda: conv(grouped, filters, b, group_axis=True), "conv: the bias has shape (G, K), found b of (K,)"),
    (lambda: conv(tensor(1, 1, 3, name="x"), tensor(1, 1, 4, name="w")), "would have the empty shape (1, 1, 0)"),
    (lambda: conv(x, w, stride=0), "conv: stride is at least 1, found 0"),
    (
        lambda: conv(x, w, stride=(1, 2, 3)),
        "conv: stride is an integer or a size, or one per axis for 2 axes; found (1, 2, 3)",
    ),
    (lambda: conv(x, w, stride=1.5), "or one per axis for 2 axes; found 1.5"),
    (lambda: conv(x, w, stride=True), "or one per axis for 2 axes; found True"),
    (lambda: conv(x, w, dilation=(1, 0)), "conv: dilation is at least 1, found (1, 0)"),
    (lambda: conv(x, w, padding=-1), "conv: padding is at least 0, found (-1, -1)"),
    (
        lambda: conv(x, w, padding=(1, 2, 3)),
        "conv: padding is a width for all sides, or one width or pair (before, after) per axis for 2 axes; found (1",
    ),
    (lambda: conv_transpose(x, w), "conv_transpose: the number of input channels differs, found C and K"),
    (
        lambda: conv_transpose(grouped, tensor(K, C, K, I, name="w"), group_axis=True),
        "conv_transpose: the number of groups differs, found G and K",
    ),
    (
        lambda: conv_transpose(x, tensor(C, K, I, name="w")),
        "conv_transpose takes an input and an overlay of shapes (batch, channels, *spatial)",
    ),
    (lambda: conv_transpose(x, back, tensor(C, name="b")), "conv_transpose: the bias has shape (K,), found b of (C,)"),
    (lambda: conv_transpose(x, back, output_padding=-1), "conv_transpose: output_padding is at least 0, found -1"),
    (
        lambda: unfold(x, overlay=(2,)),
        "unfold: overlay is an integer or a size, or one per axis for 2 axes; found (2,)",
    ),
    (lambda: fold(x, shape=(5, 5)), "fold: shape is an integer or a size, or one per axis for 1 axes; found (5, 5)"),
    (lambda: conv(x, w, stride=-widths("P")[0]), "conv: stride is at least 1, found -P"),
    (lambda: conv(x, w, padding=-sizes("S")[0]), "conv: padding is at least 0, found (-S, -S)"),
    (lambda: conv(x, w, stride=sp.Symbol("n", integer=True)), "conv: stride is made from sizes, such as S"),
    (lambda: conv_size(3, 5), "conv_size: an overlay of 5, dilated by 1, does not fit into 3"),
    (lambda: unfold(x, overlay=(0, 2)), "unfold: overlay is at least 1, found (0, 2)"),
    (lambda: fold(x, shape=(5,)), "fold: the number of positions differs, found M and -M + 6"),
    (
        lambda: fold(short, shape=5),
        "fold takes an input of shape (batch, channels, *overlay, *positions), found x",
    ),
    (
        lambda: upsample_nearest(short, factors=2),
        "upsample_nearest takes an input of shape (batch, channels, *spatial), found x",
    ),
    (lambda: upsample_nearest(x, factors=0), "upsample_nearest: factors is at least 1, found 0"),
    (
        lambda: split_axis(x, axis=1, into=(G, C)),
        "split_axis: axis 1 of x of shape (B, C, M, M) does not split into (G, C)",
    ),
    (
        lambda: split_axis(x, axis=4, into=(1, M)),
        "split_axis: axis 4 of x of shape (B, C, M, M) does not split into (1, M)",
    ),
    (lambda: merge_axes(x, axis=3), "merge_axes: x of shape (B, C, M, M) has no axes 3 and 4"),
    (lambda: conv_size(0, I), "conv_size: a size is at least 1, found 0"),
    (lambda: conv_size(M, I, stride=0), "conv_size: stride is at least 1, found 0"),
    (lambda: conv_size(M, I, padding=-1), "conv_size: padding is at least 0, found (-1, -1)"),
    (
        lambda: subsample(x, factors=(1, 2)),
        "subsample takes one positive integer or size per axis; x has 4 axes, found (1, 2)",
    ),
    (
        lambda: tensordot(x, w, axes=((1,), (0,))),
        "tensordot sums pairs of axes of equal size, found ((1,), (0,)) of x of shape (B, C, M, M) and w of shape "
        "(K, C, I, I)",
    ),
    (lambda: tensordot(x, w, axes=((1, 2), (1,))), "tensordot sums pairs of axes of equal size"),
    (lambda: Convolution((B, C, M), (K, M, I)), "conv: the number of input channels differs, found C and M"),
]


@pytest.mark.parametrize(("call", "message"), REJECTED, ids=[r[1][:40] for r in REJECTED])
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ShapeError) as error:
        call()
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("call", "owner"),
    [
        (lambda: conv(x, w, padding="sane"), "conv"),
        (lambda: conv_transpose(x, back, padding="sane"), "conv_transpose"),
        (lambda: unfold(x, overlay=(2, 2), padding="sane"), "unfold"),
        (lambda: conv_size(M, I, padding="sane"), "conv_size"),
    ],
)
def test_a_padding_without_such_a_name_is_named(call, owner):
    with pytest.raises(ModeError) as error:
        call()
    known = "widths" if owner == "conv_transpose" else "a width or valid, full, same, same_upper, same_lower, causal"
    assert str(error.value) == f"{owner} has no padding 'sane': it takes {known}"
