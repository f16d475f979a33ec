"""Every tensor operation on arrays of exact elements, by plain NumPy: slices, padding, reshaping, sums.

`OPERATIONS` has a function for each, by name: its operands are arrays, in order, its options keywords with
integers, texts, tuples and fractions. The elements are Python integers, fractions, or dual numbers, which carry
derivatives through. UndefinedError is raised where something has no value at the sizes given: an axis would be
empty, sizes do not fit each other, a factor is below one; ShapeError for a wrong number of axes or of options.
Outside its shape an array is zero; negative indices do not count from the end. Knows nothing of the package's
own formulas.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from cnn_symbolic.ground.errors import EvaluationError, ModeError, ShapeError, UndefinedError
from cnn_symbolic.witnesses import sliding
from cnn_symbolic.witnesses.blocks import Sizes, block, check_sizes, on_arrays, per_axis
from cnn_symbolic.witnesses.duals import KNOWN, Number, applied


@on_arrays
def correlate(x: np.ndarray, f: np.ndarray, *, mode: str = "valid", exchange: bool = False) -> Any:
    """Return x with f slid over it, as `scipy.signal.correlate`; its exchange of the two in mode "valid" is an option.

    Sizes: M−I+1 valid, M+I−1 full, M same: the block of the full result that starts at ⌊(I−1)/2⌋.
    """
    if exchange and mode == "valid" and is_within(x.shape, f.shape):
        return np.flip(correlate(f, x))
    check_overlay(x, f, mode, "correlate")
    if mode != "valid":
        reach = [i - 1 for i in f.shape]
        x = block(x, [-r for r in reach], [m + 2 * r for m, r in zip(x.shape, reach, strict=True)], "correlate")
    under = windows(x, shape=f.shape)
    found = np.tensordot(under, f, axes=f.ndim)
    return middle(found, f.shape) if mode == "same" else found


@on_arrays
def convolve(x: np.ndarray, f: np.ndarray, *, mode: str = "full", exchange: bool = False) -> Any:
    """Return the sum of f laid at every entry of x, times that entry, as `scipy.signal.convolve`.

    Sizes: M+I−1 full, M−I+1 valid, M same: the block of the full result that starts at ⌊(I−1)/2⌋. The exchange of the
    two in mode "valid" is an option.
    """
    if exchange and mode == "valid" and is_within(x.shape, f.shape):
        return convolve(f, x, mode="valid")
    check_overlay(x, f, mode, "convolve")
    full = np.zeros([m + i - 1 for m, i in zip(x.shape, f.shape, strict=True)], dtype=object)
    for u in np.ndindex(*f.shape):
        full[tuple(slice(k, k + m) for k, m in zip(u, x.shape, strict=True))] += x * f[u]
    if mode == "valid":
        return full[tuple(slice(i - 1, m) for m, i in zip(x.shape, f.shape, strict=True))]
    return middle(full, f.shape) if mode == "same" else full


def check_overlay(x: np.ndarray, f: np.ndarray, mode: str, owner: str) -> None:
    """Raise an error unless f can slide over x in that mode."""
    if mode not in ("valid", "full", "same"):
        raise ModeError(f"{owner} has the modes valid, full and same, found {mode!r}")
    if x.ndim != f.ndim or x.ndim == 0:
        raise ShapeError(f"{owner} takes two arrays with equally many axes, found the shapes {x.shape} and {f.shape}")
    if mode == "valid" and not is_within(f.shape, x.shape):
        raise UndefinedError(f"{owner}: an overlay of shape {f.shape} does not fit into the shape {x.shape}")


def is_within(inner: Sequence[int], outer: Sequence[int]) -> bool:
    """Tell whether a shape is at most as long as another one on every axis, of equally many."""
    return len(inner) == len(outer) and all(i <= m for i, m in zip(inner, outer, strict=True))


def middle(full: np.ndarray, overlay: Sequence[int]) -> np.ndarray:
    """Return the block of a full result that mode "same" keeps."""
    axes = zip(full.shape, overlay, strict=True)
    return full[tuple(slice((i - 1) // 2, (i - 1) // 2 + length - (i - 1)) for length, i in axes)]


def counted(axes: Sequence[int], rank: int, owner: str) -> tuple[int, ...]:
    """Return axes counted from 0; raise ShapeError if one does not exist or occurs twice."""
    found = tuple(a + rank if a < 0 else a for a in axes)
    if not set(found) <= set(range(rank)) or len(set(found)) != len(found):
        raise ShapeError(f"{owner}: expected different axes of {rank}, found {tuple(axes)}")
    return found


@on_arrays
def flip(x: np.ndarray, *, axes: Sequence[int]) -> Any:
    """Return x with the order of entries turned round along the axes. Source: `numpy.flip`."""
    return np.flip(x, counted(axes, x.ndim, "flip"))


@on_arrays
def rot180(x: np.ndarray) -> Any:
    """Return x with the order of entries turned round along every axis. Source: `numpy.flip`."""
    return np.flip(x)


@on_arrays
def pad(x: np.ndarray, *, widths: Any, mode: str | None = None) -> Any:
    """Return x with zeros before and after each axis; a negative width cuts off. Source: `numpy.pad`.

    `widths` lists (before, after), or one number for both, per axis, or is one number for all; in place of zeros are
    the entries of x, by the mode.
    """
    each = [widths] * x.ndim if isinstance(widths, int) else widths
    if len(each) != x.ndim:
        raise ShapeError(f"pad takes one (before, after) for each of {x.ndim} axes, found {widths!r}")
    pairs = [(w, w) if isinstance(w, int) else w for w in each]
    if mode is None:
        shape = [m + before + after for m, (before, after) in zip(x.shape, pairs, strict=True)]
        return block(x, [-before for before, _ in pairs], shape, "pad")
    if any(w < 0 or (mode == "reflect" and w >= m) for m, p in zip(x.shape, pairs, strict=True) for w in p):
        raise UndefinedError(f"pad: the shape {x.shape} has no {mode} padding of {widths!r}")
    return np.pad(x, pairs, mode=NUMPY_MODES[mode])


NUMPY_MODES: dict[str, Any] = {"circular": "wrap", "replicate": "edge", "reflect": "reflect"}


@on_arrays
def crop(x: np.ndarray, *, start: Sequence[int], shape: Sequence[int]) -> Any:
    """Return the block of x of that shape which begins at `start`, anywhere; outside of x there are zeros."""
    if not len(start) == len(shape) == x.ndim:
        raise ShapeError(f"crop takes a start and a size for each of {x.ndim} axes, found {start} and {shape}")
    return block(x, start, shape, "crop")


@on_arrays
def dilate(x: np.ndarray, *, factors: Sizes) -> Any:
    """Return x with its entries `factors` apart and zeros between them; sizes (M−1)·d + 1."""
    steps = factors_of(factors, x, "dilate")
    found = np.zeros([(m - 1) * d + 1 for m, d in zip(x.shape, steps, strict=True)], dtype=object)
    found[tuple(slice(None, None, d) for d in steps)] = x
    return found


@on_arrays
def subsample(x: np.ndarray, *, factors: Sizes) -> Any:
    """Return every d-th entry of x along each axis, from the first on. Source: slices, `x[::d]`."""
    return x[tuple(slice(None, None, d) for d in factors_of(factors, x, "subsample"))]


def factors_of(factors: Sizes, x: np.ndarray, owner: str) -> tuple[int, ...]:
    """Return one factor per axis; a single number stands for one axis only."""
    return per_axis(factors if isinstance(factors, Sequence) else (factors,), x.ndim, f"{owner}: a factor")


@on_arrays
def shift(x: np.ndarray, *, offsets: Sequence[int]) -> Any:
    """Return x moved by the offsets, whatever they are: what leaves the shape is lost, zeros come in."""
    if len(offsets) != x.ndim:
        raise ShapeError(f"shift takes an offset for each of {x.ndim} axes, found {offsets}")
    return block(x, [-o for o in offsets], x.shape, "shift")


@on_arrays
def transpose(x: np.ndarray, *, axes: Sequence[int] | None = None) -> Any:
    """Return x with its axes in that order, else in reverse. Source: `numpy.transpose`."""
    order = counted(range(x.ndim)[::-1] if axes is None else axes, x.ndim, "transpose")
    if len(order) != x.ndim:
        raise ShapeError(f"transpose takes all {x.ndim} axes, found {axes}")
    return np.transpose(x, order)


@on_arrays
def sum_axes(x: np.ndarray, *, axes: Sequence[int], keepdims: bool = False) -> Any:
    """Return the sums of x over the axes. Source: `numpy.sum`."""
    return np.sum(x, axis=counted(axes, x.ndim, "sum_axes"), keepdims=keepdims)


@on_arrays
def dot(x: np.ndarray, y: np.ndarray) -> Any:
    """Return the sum of the products of the entries of x and y, broadcast against each other as in `multiply`."""
    check_broadcasting((x, y), "dot")
    if x.ndim == y.ndim == 0:
        raise ShapeError("dot takes arrays with at least one axis, found two numbers")
    return np.sum(x * y)


@on_arrays
def tensordot(x: np.ndarray, y: np.ndarray, *, axes: Sequence[Sequence[int]]) -> Any:
    """Return the sums over pairs of axes, one of x and one of y; the other axes stay. Source: `numpy.tensordot`."""
    first, second = counted(axes[0], x.ndim, "tensordot"), counted(axes[1], y.ndim, "tensordot")
    if len(first) != len(second):
        raise ShapeError(f"tensordot takes equally many axes of both arrays, found {axes}")
    if [x.shape[a] for a in first] != [y.shape[a] for a in second]:
        raise UndefinedError(f"tensordot: the sizes along {axes} differ, found the shapes {x.shape} and {y.shape}")
    return np.tensordot(x, y, axes=(first, second))


@on_arrays
def outer(x: np.ndarray, y: np.ndarray) -> Any:
    """Return all products of an entry of x and one of y: the axes of x, then those of y."""
    return np.multiply.outer(x, y)


@on_arrays
def wrap(x: np.ndarray, *, axis: int = 0) -> Any:
    """Return x with one more axis, of size 1. Source: `numpy.expand_dims`."""
    return np.expand_dims(x, counted((axis,), x.ndim + 1, "wrap"))


@on_arrays
def stack(*layers: np.ndarray, axis: int = 0) -> Any:
    """Return arrays of one shape along a new axis. Source: `numpy.stack`."""
    if not layers or len({x.ndim for x in layers}) > 1:
        raise ShapeError(f"stack takes arrays with equally many axes, found the shapes {[x.shape for x in layers]}")
    if len({x.shape for x in layers}) > 1:
        raise UndefinedError(f"stack takes arrays of one shape, found {[x.shape for x in layers]}")
    (at,) = counted((axis,), layers[0].ndim + 1, "stack")
    return np.stack(layers, axis=at)


@on_arrays
def apply(
    x: np.ndarray, *, function: str, order: int = 0, functions: Mapping[str, Sequence[Number]] | None = None
) -> Any:
    """Return a function, or its derivative of that order, of every entry.

    `functions` gives each as a polynomial, its coefficients from the constant one on; known functions are those of
    `duals`, which raise FunctionDomainError. Raises EvaluationError for a function that is not given.
    """
    if function in KNOWN:
        known = KNOWN[function]
        return np.frompyfunc(lambda element: known(element, order), 1, 1)(x)
    if functions is None or function not in functions:
        raise EvaluationError(f"no value is given for {function}: pass functions={{{function!r}: [its coefficients]}}")
    return applied(functions[function], order, x)


@on_arrays
def constant(*, value: int, shape: Sequence[int]) -> Any:
    """Return an array of that shape full of the value."""
    return np.full(check_sizes(shape, "constant"), value, dtype=object)


@on_arrays
def broadcast(x: np.ndarray, *, shape: Sequence[int]) -> Any:
    """Return x in that shape: axes of size 1 are repeated; a number is along all. Source: `numpy.broadcast_to`."""
    target = check_sizes(shape, "broadcast")
    if x.ndim not in (0, len(target)):
        raise ShapeError(f"broadcast: the shape {x.shape} has other axes than {target}")
    if any(m not in (1, n) for m, n in zip(x.shape, target, strict=False)):
        raise UndefinedError(f"broadcast: the shape {x.shape} does not repeat to {target}")
    return np.broadcast_to(x, target)


def check_broadcasting(arrays: Sequence[np.ndarray], owner: str) -> None:
    """Raise an error unless the arrays are numbers or have equally many axes, of one size where it is not 1."""
    shapes = [x.shape for x in arrays if x.ndim]
    if not arrays or len(set(map(len, shapes))) > 1:
        raise ShapeError(f"{owner} takes numbers and arrays with equally many axes, found the shapes {shapes}")
    if any(len({*lengths} - {1}) > 1 for lengths in zip(*shapes, strict=True)):
        raise UndefinedError(f"{owner}: the shapes differ, found {shapes}")


@on_arrays
def add(*terms: np.ndarray) -> Any:
    """Return the sum of the arrays; axes of size 1 and numbers are repeated."""
    check_broadcasting(terms, "add")
    return reduce(operator.add, terms)


@on_arrays
def scale(x: np.ndarray, *, factor: Number) -> Any:
    """Return every entry times an integer or a fraction."""
    return x * factor


@on_arrays
def multiply(x: np.ndarray, y: np.ndarray) -> Any:
    """Return the products of the entries; axes of size 1 and numbers are repeated."""
    check_broadcasting((x, y), "multiply")
    return x * y


@on_arrays
def take(x: np.ndarray, *, at: Sequence[int]) -> Any:
    """Return the slice of x at the indices of its first axes: zeros where one is outside, below zero too."""
    if not 0 < len(at) <= x.ndim:
        raise ShapeError(f"take takes one to {x.ndim} indices, found {at}")
    if all(0 <= k < m for k, m in zip(at, x.shape, strict=False)):
        return x[tuple(at)]
    return np.zeros(x.shape[len(at) :], dtype=object)


@on_arrays
def windows(x: np.ndarray, *, shape: Sequence[int]) -> Any:
    """Return every block of that shape, as (M−I+1, …, I, …). Source: `numpy.lib.stride_tricks.sliding_window_view`."""
    overlay = check_sizes(shape, "windows")
    if len(overlay) != x.ndim:
        raise ShapeError(f"windows takes a size for each of {x.ndim} axes, found {overlay}")
    if any(i > m for m, i in zip(x.shape, overlay, strict=True)):
        raise UndefinedError(f"windows: a window of shape {overlay} does not fit into the shape {x.shape}")
    return np.lib.stride_tricks.sliding_window_view(x, overlay) if overlay else x


@on_arrays
def literal(*, values: Any) -> Any:
    """Return the numbers that are written there, nested as the axes are."""
    return np.array(values, dtype=object)


def stack_family(members: Sequence[np.ndarray]) -> Any:
    """Return the members of a family along a new first axis."""
    return np.stack(members)


def sum_family(members: Sequence[np.ndarray]) -> Any:
    """Return the sum of the members of a family."""
    return np.asarray(sum(members), dtype=object)


@on_arrays
def split_axis(x: np.ndarray, *, axis: int, into: Sizes) -> Any:
    """Return x with one axis as two, row by row, of the sizes `into`. Source: `numpy.reshape`."""
    sizes = per_axis(into, 2, "split_axis: a size")
    if not 0 <= axis < x.ndim:
        raise ShapeError(f"split_axis: expected an axis below {x.ndim}, found {axis}")
    if prod(sizes) != x.shape[axis]:
        raise UndefinedError(f"split_axis: axis {axis} of the shape {x.shape} does not split into {sizes}")
    return x.reshape(*x.shape[:axis], *sizes, *x.shape[axis + 1 :])


@on_arrays
def merge_axes(x: np.ndarray, *, axis: int) -> Any:
    """Return x with an axis and the next one as one, row by row. Source: `numpy.reshape`."""
    if not 0 <= axis < x.ndim - 1:
        raise ShapeError(f"merge_axes: expected an axis below {x.ndim - 1}, found {axis}")
    return x.reshape(*x.shape[:axis], -1, *x.shape[axis + 2 :])


HERE = (
    correlate, convolve, flip, rot180, pad, crop, dilate, subsample, shift, transpose, sum_axes, dot, tensordot, outer,
    wrap, stack, apply, constant, broadcast, add, scale, multiply, take, windows, literal, split_axis, merge_axes,
    stack_family, sum_family,
)  # fmt: skip
THERE = (
    sliding.conv, sliding.conv_transpose, sliding.unfold, sliding.fold, sliding.upsample_nearest,
    sliding.pixel_shuffle, sliding.pixel_unshuffle,
    sliding.select_pool, sliding.sum_pool, sliding.window_counts,
)  # fmt: skip

OPERATIONS: dict[str, Callable[..., np.ndarray]] = {define.__name__: define for define in (*HERE, *THERE)}
"""Every operation by its name."""
