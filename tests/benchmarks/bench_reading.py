"""Times reading and proving backward passes, for all shapes, against testing them at sixty, and PyTorch's `gradcheck`.

Each pass is read and proved in a process of its own, in which nothing is known yet; to import the package is not in
these times. The sixty shapes are those of `check_backward`, with some values for what the proof leaves open; it does
not know normalisations. `gradcheck` is of the layer in PyTorch, in float64, at one small shape, to a tolerance.

Run by itself: python tests/benchmarks/bench_reading.py
"""

import re
import statistics
import sys
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from cnn_symbolic.backward.check import check_backward
from cnn_symbolic.backward.forwards import read_forward
from tests.support.passes import some_values
from tests.support.passes.reading import told
from tests.support.passes.right import BY_KEY

try:
    import torch
except ImportError:
    torch = None

RUNS = 3
STYLES = {
    "loops:conv_backward_naive": "4 loops and a cache",
    "loops:conv_backward": "4 loops, channels last",
    "loops:conv1d_entry_by_entry": "5 loops, entry by entry",
    "loops:conv2d_inside_only": "4 loops that skip padding",
    "loops:conv2d_two_groups": "2 groups of channels",
    "im2col:conv_backward_by_indices": "im2col, add.at",
    "im2col:Convolution": "im2col, class",
    "im2col:conv_nhwc_rows": "im2col, channels last",
    "windows:conv2d_full_padding": "views of windows, einsum",
    "windows:conv_nhwc_strided": "as_strided, channels last",
    "windows:conv3d_windows": "views of windows, 3-D",
    "dilated:conv2d_full_correlation": "dy spread out, full correlation",
    "dilated:conv2d_kron": "dy spread out by kron",
    "scatter:conv1d_add_at": "add.at, stride and dilation",
    "scatter:conv_transpose2d_windows": "transposed, views of windows",
    "scatter:ConvTranspose2d": "transposed, class",
    "classes:Conv2D": "class with a cache",
    "higher_ranks:conv3d_loops": "loops, 3-D",
    "higher_ranks:conv1d_by_convolve": "np.convolve, 1-D",
    "poolings:max_pool_argmax": "max pooling, argmax",
    "poolings:avg_pool_kron": "average pooling, kron",
    "normalisation:batchnorm_backward": "batch normalisation, its graph",
    "normalisation:spatial_backward_direct": "batch normalisation of maps",
    "dense:affine_backward": "dense",
    "dense:linear_einsum": "dense, einsum",
}
# Values for open options, and small shapes of maps by the number of their axes.
VALUES = {"S": "2", "P": "1", "D": "2", "I": "2", "F": "2"}
MAPS = {0: (), 1: (7,), 2: (6, 5), 3: (4, 5, 3)}
BATCH, CHANNELS, FILTERS, OVERLAY = 2, 2, 4, (3, 2, 2)


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def proving(right):
    """The time of reading and proving, and the results that are proved."""
    found = [told(right) for _ in range(RUNS)]
    if found[0].outcome != "proved":
        return None, f"{found[0].outcome}: {found[0].reason}"
    return statistics.median(each.seconds for each in found), " ".join(found[0].results)


def testing(right):
    """The time of the test at sixty shapes; None for layers that it does not know."""
    if right.arguments:
        return None
    return seconds(partial(check_backward, right.load(), of=some_values(right.of), **right.told, prove=False))


def gradchecking(right):
    """The time of gradcheck for the same layer at one small shape."""
    if torch is None:
        return None
    function, shapes = normalisation(right) if right.arguments else layer(right)
    generator = torch.Generator().manual_seed(0)
    arrays = [torch.randn(s, dtype=torch.float64, generator=generator).requires_grad_() for s in shapes]
    torch.autograd.gradcheck(function, arrays)
    return statistics.median(seconds(partial(torch.autograd.gradcheck, function, arrays)) for _ in range(RUNS))


def normalisation(right):
    """Batch normalisation in PyTorch, and the shapes of its arrays."""
    shape = (BATCH + 1, CHANNELS, *(MAPS[2] if "H" in right.arguments else ()))

    def function(x, gamma, beta):
        return torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True)

    return function, (shape, (CHANNELS,), (CHANNELS,))


def layer(right):
    """A layer in PyTorch with values for its open options, and the shapes of its arrays."""
    text = re.sub(r"=([A-Z])\b", lambda found: f"={VALUES[found[1]]}", right.of)
    known, name = read_forward(text), text.partition("(")[0]
    names = {"window": "kernel_size", "groups": "groups"} | {n: n for n in ("stride", "padding", "dilation")}
    options = {names[key]: value for key, value in known.settings.items() if key in names and isinstance(value, int)}
    if "pool" in name:
        options = {key: value for key, value in options.items() if not (name.startswith("avg") and key == "dilation")}
        return partial(getattr(torch.nn.functional, name), **options), ((BATCH, CHANNELS, *MAPS[known.rank]),)
    function = partial(getattr(torch.nn.functional, name), **options)
    groups = options.get("groups", 1)
    overlay = OVERLAY[: known.rank]
    transposed = "transpose" in name
    x = (BATCH, CHANNELS * groups, *MAPS[known.rank])
    w = (CHANNELS, FILTERS, *overlay) if transposed else (FILTERS, CHANNELS, *overlay)
    return function, (x, w, (FILTERS,))


def in_words(taken):
    """A time as it is shown."""
    return "–" if taken is None else f"{taken:.2f} s"


def main():
    if torch is not None:
        torch.set_num_threads(1)
    print(f"{'pass':37} {'style':32} {'proved':>8} {'60 shapes':>10} {'gradcheck':>10}  of all shapes")
    columns = []
    for key, style in STYLES.items():
        right = BY_KEY[key]
        proof, results = proving(right)
        times = proof, testing(right), gradchecking(right)
        columns.append(times)
        shown = "".join(f"{in_words(taken):>{width}}" for taken, width in zip(times, (9, 11, 11), strict=True))
        print(f"{key:37} {style:32}{shown}  {results}", flush=True)
    medians = [
        statistics.median(t for t in column if t is not None) if any(column) else None
        for column in zip(*columns, strict=True)
    ]
    print(f"{'median':70}" + "".join(f"{in_words(t):>{w}}" for t, w in zip(medians, (9, 11, 11), strict=True)))


if __name__ == "__main__":
    main()
