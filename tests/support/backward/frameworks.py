"""Layers of PyTorch and JAX for `check_backward`: small arrays, options of convolutions, and one in JAX."""

import numpy as np

X_W_B, X_W, X = "dy, x, w, b -> y, dx, dw, db", "dy, x, w -> y, dx, dw", "dy, x -> y, dx"
CONVOLUTIONS = [
    ("conv1d", {}),
    ("conv1d", {"stride": 3, "padding": 2}),
    ("conv2d", {"stride": (2, 1), "padding": (1, 0)}),
    ("conv2d", {"dilation": 2, "padding": 1}),
    ("conv2d", {"groups": 2}),
    ("conv2d", {"stride": 2, "padding": 2, "dilation": (1, 3), "groups": 3}),
    ("conv3d", {"stride": 2, "padding": 1}),
    ("conv3d", {"dilation": (1, 2, 1), "groups": 2}),
]


def arrays(dtype=np.float64, seed=0):
    """The gradient dy, input, filter and bias of a small convolution."""
    random = np.random.default_rng(seed)
    return [random.integers(-9, 10, size).astype(dtype) for size in [(2, 4, 3, 3), (2, 3, 4, 5), (4, 3, 2, 3), 4]]


def layer(name, **options):
    """The text of a layer."""
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in options.items())})"


def is_right(report):
    assert report.outcome == "right", str(report)
    assert report.right
    return True


def jax_convolution(jax, options, x, w, b=None):
    """A convolution of JAX in the layout and with the options of PyTorch."""
    rank = x.ndim - 2
    pads = options.get("padding", 0)
    z = jax.lax.conv_general_dilated(
        x,
        w,
        window_strides=by_axis(options.get("stride", 1), rank),
        padding=[(pad, pad) for pad in by_axis(pads, rank)],
        rhs_dilation=by_axis(options.get("dilation", 1), rank),
        feature_group_count=options.get("groups", 1),
    )
    return z if b is None else z + b.reshape(-1, *[1] * rank)


def by_axis(value, rank):
    return (value,) * rank if isinstance(value, int) else value
