"""The operations on arrays of exact elements against SciPy, NumPy on integers, PyTorch, and definitions by entry."""

from fractions import Fraction
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import signal

from cnn_symbolic.errors import EvaluationError, ModeError, ShapeError, UndefinedError
from cnn_symbolic.witnesses import arrays
from cnn_symbolic.witnesses.arrays import OPERATIONS
from cnn_symbolic.witnesses.duals import Dual, coefficients, gradient, seeded
from cnn_symbolic.witnesses.sliding import conv_size, pad_widths, pool_size

NAMES = """
    correlate convolve flip rot180 pad crop dilate subsample shift transpose sum_axes dot tensordot outer wrap stack
    apply constant broadcast add scale multiply take windows literal conv conv_transpose unfold fold upsample_nearest
    split_axis merge_axes select_pool sum_pool window_counts
"""
NAMED_PADDINGS = ("valid", "full", "causal", "same", "same_upper", "same_lower")
entries = st.integers(-9, 9)
shapes = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


def run(name, *operands, **options):
    """The result of an operation; operands stay as they are, the result has dtype object."""
    before = [None if x is None else np.array(x, dtype=object) for x in operands]
    found = OPERATIONS[name](*operands, **options)
    assert isinstance(found, np.ndarray)
    assert found.dtype == object
    assert all(isinstance(e, int | Fraction | Dual) and not isinstance(e, bool) for e in found.flat)
    assert all(x is None or (np.asarray(x, dtype=object) == y).all() for x, y in zip(operands, before, strict=True))
    return found


def same(found, expected):
    expected = np.asarray(expected)
    assert found.shape == expected.shape
    assert (found == expected).all()


def numbers(draw, shape):
    values = draw(st.lists(entries, min_size=prod(shape), max_size=prod(shape)))
    return np.array(values, dtype=int).reshape(shape)


@st.composite
def integer_arrays(draw, shape=shapes):
    return numbers(draw, draw(shape) if isinstance(shape, st.SearchStrategy) else shape)


@st.composite
def pairs(draw, fitting=False):
    """Two arrays of one rank, the second one not larger than the first if it is to fit."""
    shape = draw(shapes)
    other = tuple(draw(st.integers(1, m if fitting else 4)) for m in shape)
    return numbers(draw, shape), numbers(draw, other)


def entry(x, at):
    """An entry of an array as a function on all integers."""
    return x[tuple(at)] if all(0 <= k < m for k, m in zip(at, x.shape, strict=True)) else 0


def test_every_operation_is_there():
    assert sorted(OPERATIONS) == sorted(NAMES.split())
    assert all(OPERATIONS[name] is getattr(arrays, name) for name in arrays.__all__ if name != "OPERATIONS")


# Against SciPy and NumPy, on integers.


@pytest.mark.parametrize("name", ["correlate", "convolve"])
@given(operands=pairs(), mode=st.sampled_from(["full", "same"]))
def test_sliding_is_that_of_scipy(name, operands, mode):
    same(run(name, *operands, mode=mode), getattr(signal, name)(*operands, mode=mode, method="direct"))


@pytest.mark.parametrize("name", ["correlate", "convolve"])
@given(operands=pairs(fitting=True))
def test_sliding_inside_is_that_of_scipy(name, operands):
    same(run(name, *operands, mode="valid"), getattr(signal, name)(*operands, mode="valid", method="direct"))


def test_same_keeps_the_block_that_starts_at_half_of_what_the_overlay_reaches():
    x, f = [1, 10, 100, 1000], [1, 2, 3, 4]
    full, start = np.convolve(x, f), 1
    assert run("convolve", x, f, mode="same").tolist() == full[start : start + 4].tolist()
    assert run("correlate", x, f[::-1], mode="same").tolist() == full[start : start + 4].tolist()


def test_the_modes_when_none_is_given():
    x, f = [1, 2, 3], [1, 1]
    assert run("correlate", x, f).tolist() == [3, 5]
    assert run("convolve", x, f).tolist() == [1, 3, 5, 3]


@given(integer_arrays(), st.data())
def test_axes_are_moved_as_in_numpy(x, data):
    axes = tuple(data.draw(st.permutations(range(x.ndim))))
    some = axes[: data.draw(st.integers(0, x.ndim))]
    same(run("flip", x, axes=some), np.flip(x, some))
    same(run("flip", x, axes=(-1,)), np.flip(x, -1))
    same(run("rot180", x), np.flip(x))
    same(run("transpose", x), x.T)
    same(run("transpose", x, axes=axes), np.transpose(x, axes))
    same(run("sum_axes", x, axes=some), np.sum(x, some))
    same(run("sum_axes", x, axes=some, keepdims=True), np.sum(x, some, keepdims=True))
    axis = data.draw(st.integers(-x.ndim - 1, x.ndim))
    same(run("wrap", x, axis=axis), np.expand_dims(x, axis))
    same(run("stack", x, 2 * x, 1 - x, axis=axis), np.stack([x, 2 * x, 1 - x], axis))
    same(run("wrap", x), x[None])


@given(integer_arrays(), st.data())
def test_factors_are_steps_of_slices(x, data):
    factors = tuple(data.draw(st.integers(1, 4)) for _ in x.shape)
    steps = tuple(slice(None, None, d) for d in factors)
    same(run("subsample", x, factors=factors), x[steps])
    dilated = run("dilate", x, factors=factors)
    same(dilated[steps], x)
    assert dilated.shape == tuple((m - 1) * d + 1 for m, d in zip(x.shape, factors, strict=True))
    assert np.abs(dilated).sum() == np.abs(x).sum()
    if x.ndim == 1:
        same(run("subsample", x, factors=factors[0]), x[steps])


@given(integer_arrays(), st.data())
def test_blocks_are_read_entry_by_entry(x, data):
    """pad, crop and shift, at any place: an array is zero outside."""
    start = [data.draw(st.integers(-5, 5)) for _ in x.shape]
    shape = [data.draw(st.integers(1, 5)) for _ in x.shape]

    def read(first, sizes):
        found = np.zeros(sizes, dtype=int)
        for at in np.ndindex(*sizes):
            found[at] = entry(x, [i + s for i, s in zip(at, first, strict=True)])
        return found

    expected = read(start, shape)
    same(run("crop", x, start=start, shape=shape), expected)
    widths = [(-s, n + s - m) for s, n, m in zip(start, shape, x.shape, strict=True)]
    same(run("pad", x, widths=widths), expected)
    same(run("shift", x, offsets=start), read([-s for s in start], x.shape))


@given(integer_arrays(), st.data())
def test_padding_is_that_of_numpy(x, data):
    widths = [(data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))) for _ in x.shape]
    same(run("pad", x, widths=widths), np.pad(x, widths))
    same(run("pad", x, widths=[before for before, _ in widths]), np.pad(x, [(before,) * 2 for before, _ in widths]))
    same(run("pad", x, widths=2), np.pad(x, 2))


@given(integer_arrays(), st.data())
def test_slices_count_from_the_start_only(x, data):
    at = tuple(data.draw(st.integers(-2, 5)) for _ in range(data.draw(st.integers(1, x.ndim))))
    expected = np.zeros(x.shape[len(at) :], dtype=int)
    for rest in np.ndindex(*expected.shape):
        expected[rest] = entry(x, (*at, *rest))
    same(run("take", x, at=at), expected)


@given(st.data())
def test_products_are_those_of_numpy(data):
    x = data.draw(integer_arrays())
    count = data.draw(st.integers(0, x.ndim))
    first = data.draw(st.permutations(range(x.ndim)))[:count]
    rest = data.draw(st.lists(st.integers(1, 3), max_size=2))
    order = data.draw(st.permutations(range(count + len(rest))))
    lengths = [x.shape[a] for a in first] + rest
    y = data.draw(integer_arrays(tuple(lengths[k] for k in order)))
    second = [order.index(k) for k in range(count)]
    same(run("tensordot", x, y, axes=(first, second)), np.tensordot(x, y, axes=(first, second)))
    same(run("outer", x, y), np.multiply.outer(x, y))


@given(st.data())
def test_elementwise_operations_broadcast_axes_of_size_one_and_numbers(data):
    shape = data.draw(shapes)
    ones = [tuple(data.draw(st.sampled_from([1, n])) for n in shape) for _ in range(2)]
    full = data.draw(integer_arrays(shape))
    x, y = (data.draw(integer_arrays(given_shape)) for given_shape in ones)
    number = np.array(data.draw(entries))
    same(run("add", x, y, number, full), x + y + number + full)
    same(run("add", x), x)
    same(run("multiply", x, y), x * y)
    same(run("multiply", number, y), number * y)
    same(run("dot", x, y), np.sum(x * y))
    same(run("dot", number, y), number * np.sum(y))
    same(run("broadcast", x, shape=shape), np.broadcast_to(x, shape))
    same(run("broadcast", number, shape=shape), np.broadcast_to(number, shape))
    same(run("scale", x, factor=-3), -3 * x)
    same(run("scale", x, factor=Fraction(1, 3)) * 3, x)


@given(pairs(fitting=True))
def test_windows_are_those_of_numpy(operands):
    x, f = operands
    same(run("windows", x, shape=f.shape), np.lib.stride_tricks.sliding_window_view(x, f.shape))


@given(st.data())
def test_axes_are_split_and_merged_row_by_row(data):
    x = data.draw(integer_arrays(st.lists(st.integers(1, 3), min_size=2, max_size=4).map(tuple)))
    axis = data.draw(st.integers(0, x.ndim - 2))
    merged = run("merge_axes", x, axis=axis)
    shape = (*x.shape[:axis], x.shape[axis] * x.shape[axis + 1], *x.shape[axis + 2 :])
    same(merged, x.reshape(shape))
    same(run("split_axis", merged, axis=axis, into=x.shape[axis : axis + 2]), x)


def test_numbers_and_literals():
    assert run("constant", value=7, shape=(2, 1)).tolist() == [[7], [7]]
    assert run("constant", value=0, shape=()).tolist() == 0
    assert run("literal", values=((1, Fraction(1, 2)),)).tolist() == [[1, Fraction(1, 2)]]
    assert run("literal", values=3).shape == ()
    number = np.array(5, dtype=object)
    for found in (run("rot180", number), run("transpose", number), run("sum_axes", number, axes=()),
                  run("pad", number, widths=()), run("windows", number, shape=())):  # fmt: skip
        assert found.shape == ()
        assert found == 5
    assert run("wrap", number).tolist() == [5]
    assert run("outer", number, number) == 25
    assert run("tensordot", number, [1, 2], axes=((), ())).tolist() == [5, 10]
    assert run("stack", number, number).tolist() == [5, 5]


def test_integers_have_no_bound():
    assert run("dot", [10**30], [10**30]) == 10**60
    assert run("add", np.array([2**62]), np.array([2**62])).tolist() == [2**63]


# Functions.


@given(integer_arrays(), st.lists(st.integers(-4, 4), min_size=1, max_size=5), st.integers(0, 3))
def test_functions_are_polynomials_with_derivatives(x, polynomial, order):
    found = run("apply", x, function="σ", order=order, functions={"σ": polynomial})
    curve = np.polynomial.Polynomial(polynomial)
    same(found, np.round((curve.deriv(order) if order else curve)(x)).astype(int))


def test_known_functions_are_exact():
    assert run("apply", [0, 1, -2], function="exp").tolist() == [1, 2, Fraction(1, 4)]
    assert run("apply", [1, 2], function="reciprocal", order=1).tolist() == [-1, Fraction(-1, 4)]
    assert run("apply", np.array(2), function="log", order=1).tolist() == Fraction(1, 2)
    with pytest.raises(UndefinedError, match="not zero"):
        run("apply", [1, 0], function="reciprocal")
    with pytest.raises(EvaluationError, match="functions="):
        run("apply", [1, 0], function="σ")


# Numbers of positions.


def positions_by_formula(m, i, s, before, after, d, ceil_mode):
    free = m + before + after - d * (i - 1) - 1
    return min(-(-free // s) + 1, -(-(m + before) // s)) if ceil_mode else free // s + 1


def test_positions_are_counted_as_the_closed_formula_does():
    for m, i, s, before, after, d, ceil_mode in product(
        range(1, 6), range(1, 4), range(1, 4), range(3), range(3), range(1, 4), (False, True)
    ):
        expected = positions_by_formula(m, i, s, before, after, d, ceil_mode)
        options = {"stride": s, "padding": (before, after), "dilation": d}
        if expected < 1:
            with pytest.raises(UndefinedError, match="no window"):
                pool_size(m, i, ceil_mode=ceil_mode, **options)
        else:
            assert pool_size(m, i, ceil_mode=ceil_mode, **options) == expected
            assert ceil_mode or conv_size(m, i, **options) == expected


def test_same_padding_is_the_least_that_gives_a_position_for_every_step():
    for m, i, s, d in product(range(1, 7), range(1, 5), range(1, 5), range(1, 4)):
        total = max((-(-m // s) - 1) * s + d * (i - 1) + 1 - m, 0)
        reach = d * (i - 1)
        sides = {"same": (total // 2, total - total // 2), "same_lower": (total - total // 2, total // 2)}
        sides |= {"same_upper": sides["same"], "valid": (0, 0), "full": (reach, reach), "causal": (reach, 0)}
        for name, expected in sides.items():
            assert pad_widths(name, (m,), (i,), (s,), (d,)) == [expected]
        assert conv_size(m, i, stride=s, padding="same", dilation=d) == -(-m // s)
    assert pad_widths((1, (0, 2)), (3, 3), 2) == [(1, 1), (0, 2)]
    assert conv_size(5, 2) == 4


# Against PyTorch.


@st.composite
def spatial_problems(draw, ranks=(1, 2, 3), padded=2):
    """Sizes, an overlay that fits, and options, per axis."""
    rank = draw(st.sampled_from(ranks))
    each = {"m": (1, 4), "i": (1, 3), "stride": (1, 3), "padding": (0, padded), "dilation": (1, 2)}
    drawn = {name: tuple(draw(st.integers(*ends)) for _ in range(rank)) for name, ends in each.items()}
    spatial, overlay = drawn.pop("m"), drawn.pop("i")
    assume(all(m + 2 * p > d * (i - 1) for m, i, p, d in zip(spatial, overlay, drawn["padding"], drawn["dilation"],
                                                              strict=True)))  # fmt: skip
    return spatial, overlay, drawn


def function(torch, name, rank):
    return getattr(torch.nn.functional, f"{name}{rank}d")


def tensor(torch, x):
    return torch.tensor(np.asarray(x, dtype=float), requires_grad=True)


def exact(t):
    return t.detach().numpy().round().astype(int)


@given(spatial_problems(), st.data())
def test_convolutions_and_their_gradients_are_those_of_torch(torch, problem, data):
    spatial, overlay, options = problem
    channels, maps = data.draw(st.integers(1, 2)), data.draw(st.integers(1, 2))
    x, w, b = (data.draw(integer_arrays(s)) for s in ((2, channels, *spatial), (maps, channels, *overlay), (maps,)))
    inputs = [tensor(torch, v) for v in (x, w, b)]
    z = function(torch, "conv", len(spatial))(*inputs, **options)
    same(run("conv", x, w, b, **options), exact(z))
    same(run("conv", x, w, **options), exact(z) - b.reshape(-1, *[1] * len(spatial)))
    g = data.draw(integer_arrays(tuple(z.shape)))
    (z * torch.tensor(g)).sum().backward()
    k = data.draw(st.integers(0, 2))
    operands = [seeded(v, "t") if n == k else v for n, v in enumerate((x, w, b))]
    cost = run("dot", g, run("conv", *operands, **options))
    same(gradient(cost, "t", operands[k].shape), exact(inputs[k].grad))


@given(spatial_problems(), st.data())
def test_grouped_convolutions_are_those_of_torch(torch, problem, data):
    spatial, overlay, options = problem
    sizes = [data.draw(st.integers(1, 2)) for _ in range(4)]
    batch, groups, channels, maps = sizes
    x, w = (data.draw(integer_arrays(s)) for s in ((batch, groups, channels, *spatial), (groups, maps, channels,
                                                                                         *overlay)))  # fmt: skip
    b = data.draw(integer_arrays((groups, maps)))
    z = function(torch, "conv", len(spatial))(
        tensor(torch, x.reshape(batch, -1, *spatial)), tensor(torch, w.reshape(-1, channels, *overlay)),
        tensor(torch, b.ravel()), groups=groups, **options,
    )  # fmt: skip
    same(run("conv", x, w, b, group_axis=True, **options), exact(z).reshape(batch, groups, maps, *z.shape[2:]))


@given(spatial_problems(), st.data())
def test_transposed_convolutions_are_those_of_torch(torch, problem, data):
    positions, overlay, options = problem
    least = [max(s, d) for s, d in zip(options["stride"], options["dilation"], strict=True)]
    extra = tuple(data.draw(st.integers(0, n - 1)) for n in least)
    axes = list(zip(positions, overlay, options["stride"], options["padding"], options["dilation"], extra, strict=True))
    grouped = data.draw(st.booleans())
    batch, groups, maps, channels = 1, data.draw(st.integers(1, 2)) if grouped else 1, 2, data.draw(st.integers(1, 2))
    y = data.draw(integer_arrays((batch, groups, maps, *positions)))
    w, b = data.draw(integer_arrays((groups, maps, channels, *overlay))), data.draw(integer_arrays((groups, channels)))
    operands = (y, w, b) if grouped else (y[:, 0], w[0], b[0])
    if any((r - 1) * s + d * (i - 1) + 1 - 2 * p + o < 1 for r, i, s, p, d, o in axes):
        with pytest.raises(UndefinedError):
            run("conv_transpose", *operands, output_padding=extra, group_axis=grouped, **options)
        return
    z = function(torch, "conv_transpose", len(positions))(
        tensor(torch, y.reshape(batch, -1, *positions)), tensor(torch, w.reshape(-1, channels, *overlay)),
        tensor(torch, b.ravel()), output_padding=extra, groups=groups, **options,
    )  # fmt: skip
    expected = exact(z).reshape(batch, groups, channels, *z.shape[2:])
    found = run("conv_transpose", *operands, output_padding=extra, group_axis=grouped, **options)
    same(found, expected if grouped else expected[:, 0])


@given(spatial_problems(ranks=(2,)), st.data())
def test_unfolding_and_folding_are_those_of_torch(torch, problem, data):
    spatial, overlay, options = problem
    x = data.draw(integer_arrays((2, 2, *spatial)))
    found = run("unfold", x, overlay=overlay, **options)
    columns = torch.nn.functional.unfold(tensor(torch, x), overlay, **options)
    same(found.reshape(columns.shape), exact(columns))
    y = data.draw(integer_arrays(found.shape))
    laid = torch.nn.functional.fold(tensor(torch, y.reshape(columns.shape)), spatial, overlay, **options)
    same(run("fold", y, shape=spatial, **options), exact(laid))


@given(spatial_problems(), st.data())
def test_folding_is_the_transpose_of_unfolding(problem, data):
    """On any number of axes, with different paddings before and after, and with names of paddings."""
    spatial, overlay, options = problem
    widths = tuple((p, data.draw(st.integers(p, 3))) for p in options["padding"])
    options["padding"] = data.draw(st.sampled_from([widths, "full", "causal", "same", "same_lower"]))
    x = data.draw(integer_arrays((1, 2, *spatial)))
    columns = run("unfold", x, overlay=overlay, **options)
    y = data.draw(integer_arrays(columns.shape))
    assert run("dot", columns, y) == run("dot", x, run("fold", y, shape=spatial, **options))


@given(spatial_problems(), st.data())
def test_paddings_before_and_after_are_zeros_around_the_input(problem, data):
    spatial, overlay, options = problem
    rank = len(spatial)
    names = st.sampled_from(NAMED_PADDINGS)
    padding = data.draw(st.one_of(names, st.just(tuple((p, p + 1) for p in options["padding"]))))
    widths = pad_widths(padding, spatial, overlay, options["stride"], options["dilation"])
    axes = zip(spatial, overlay, widths, options["dilation"], strict=True)
    assume(all(m + before + after > d * (i - 1) for m, i, (before, after), d in axes))
    x, w = data.draw(integer_arrays((1, 1, *spatial))), data.draw(integer_arrays((1, 1, *overlay)))
    steps = {**options, "padding": padding}
    around = np.pad(x, [(0, 0), (0, 0), *widths])
    expected = run("conv", around, w, **{**options, "padding": 0})
    same(run("conv", x, w, **steps), expected)
    dilated = run("dilate", w, factors=(1, 1, *options["dilation"]))
    correlated = signal.correlate(around[0, 0], dilated[0, 0].astype(int), mode="valid", method="direct")
    same(expected[0, 0], correlated[tuple(slice(None, None, s) for s in options["stride"])])
    y = data.draw(integer_arrays(expected.shape))
    cut = run("conv_transpose", y, w, **{**options, "padding": 0})
    within = run("conv_transpose", y, w, output_padding=[9] * rank, **{**options, "padding": widths})
    keep = run("pad", cut, widths=[(0, 0), (0, 0), *((-before, 9 - after) for before, after in widths)])
    same(within, keep)


@st.composite
def poolings(draw):
    """Options that PyTorch takes: padding of at most half of a window; floor and ceil mode."""
    rank = draw(st.sampled_from((1, 2, 3)))
    window = tuple(draw(st.integers(1, 3)) for _ in range(rank))
    spatial = tuple(draw(st.integers(i, 5 if rank < 3 else 3)) for i in window)
    stride = draw(st.one_of(st.none(), st.tuples(*[st.integers(1, 3)] * rank)))
    padding = tuple(draw(st.integers(0, i // 2)) for i in window)
    return spatial, window, {"stride": stride, "padding": padding, "ceil_mode": draw(st.booleans())}


@given(poolings(), st.booleans(), st.data())
def test_sums_over_counts_are_the_averages_of_torch(torch, problem, count_padding, data):
    spatial, window, options = problem
    x = data.draw(integer_arrays((2, 1, *spatial)))
    sums = run("sum_pool", x, window=window, **options)
    counts = run("window_counts", shape=spatial, window=window, count_padding=count_padding, **options)
    pool = function(torch, "avg_pool", len(spatial))
    means = pool(tensor(torch, x), window, **options, count_include_pad=count_padding)
    assert counts.shape == (1, 1, *sums.shape[2:])
    assert sums.shape == means.shape
    np.testing.assert_allclose((sums * Fraction(1) / counts).astype(float), means.detach().numpy())


@given(poolings(), st.integers(1, 2), st.data())
def test_selected_maxima_are_those_of_torch(torch, problem, apart, data):
    spatial, window, options = problem
    assume(all(m + 2 * p > apart * (i - 1) for m, i, p in zip(spatial, window, options["padding"], strict=True)))
    x = np.array(data.draw(st.permutations(range(1, prod(spatial) + 1)))).reshape(1, 1, *spatial)
    pool = function(torch, "max_pool", len(spatial))
    values, places = pool(tensor(torch, x), window, dilation=apart, return_indices=True, **options)
    steps = {"stride": options["stride"] or window, "padding": options["padding"], "dilation": apart}
    selection = np.zeros((*values.shape, *window), dtype=int)
    for r in np.ndindex(*values.shape[2:]):
        cell = np.unravel_index(places[(0, 0, *r)].item(), spatial)
        start = [k * s - p for k, s, p in zip(r, steps["stride"], steps["padding"], strict=True)]
        selection[(0, 0, *r, *((c - a) // apart for c, a in zip(cell, start, strict=True)))] = 1
    steps["stride"] = options["stride"]
    same(run("select_pool", x, selection, **steps), exact(values))
    ones = np.ones_like(selection)
    options["dilation"] = apart
    same(run("sum_pool", x, window=window, **options), run("select_pool", x, ones, **steps))


def test_the_selection_says_how_many_windows_there_are():
    found = run("select_pool", [[[1, 2, 3]]], np.ones((1, 1, 4, 2), dtype=int), stride=2, padding=1)
    assert found.tolist() == [[[1, 5, 0, 0]]]


def test_windows_reach_out_behind_in_ceil_mode_only():
    x, options = [[[1, 2, 4, 8, 16]]], {"window": 2, "stride": 2}
    assert run("sum_pool", x, **options).tolist() == [[[3, 12]]]
    assert run("sum_pool", x, **options, ceil_mode=True).tolist() == [[[3, 12, 16]]]
    counted = [run("window_counts", shape=5, padding=(((0, 1),)), ceil_mode=True, count_padding=counts, window=4,
                   stride=2).tolist() for counts in (True, False)]  # fmt: skip
    assert counted == [[[[4, 4]]], [[[4, 3]]]]
    # A window larger than everything: in ceil mode it starts inside, and that is enough.
    assert run("sum_pool", [[[1, 2]]], window=3, stride=2, ceil_mode=True).tolist() == [[[3]]]


@given(spatial_problems(), st.data())
def test_upsampling_repeats_entries_as_torch_does(torch, problem, data):
    spatial, factors, _ = problem
    x = data.draw(integer_arrays((1, 2, *spatial)))
    scale = tuple(map(float, factors))
    expected = torch.nn.functional.interpolate(tensor(torch, x), scale_factor=scale, mode="nearest")
    same(run("upsample_nearest", x, factors=factors), exact(expected))


# Derivatives through operations.


def linear_calls():
    """Calls that are linear in each operand: the product rule says what their derivatives are."""
    r = np.random.default_rng(5)

    def some(*shape):
        return r.integers(-4, 5, shape)

    x, f = some(3, 4), some(2, 2)
    yield "correlate", (x, f), {"mode": "same"}
    yield "convolve", (x, f), {"mode": "full"}
    yield "pad", (x,), {"widths": ((1, -1), (0, 2))}
    yield "sum_axes", (x,), {"axes": (0,)}
    yield "dot", (x, x + 1), {}
    yield "tensordot", (x, some(4, 2)), {"axes": ((1,), (0,))}
    yield "outer", (f, some(3)), {}
    yield "stack", (f, f + 1), {"axis": 1}
    yield "add", (x, some(1, 4)), {}
    yield "multiply", (x, some(3, 1)), {}
    yield "take", (x,), {"at": (1,)}
    yield "conv_transpose", (some(1, 2, 3), some(2, 1, 2)), {"stride": 2, "output_padding": 1}
    yield "fold", (some(1, 1, 2, 3),), {"shape": 4}
    yield "select_pool", (some(1, 1, 4), some(1, 1, 2, 2)), {}
    yield "sum_pool", (some(1, 1, 5),), {"window": 2, "ceil_mode": True}
    yield "upsample_nearest", (some(1, 1, 3),), {"factors": 2}


@pytest.mark.parametrize(("name", "operands", "options"), list(linear_calls()))
def test_derivatives_are_differences(name, operands, options):
    for k, x in enumerate(operands):
        seen = run(name, *(seeded(v, "t") if n == k else v for n, v in enumerate(operands)), **options)
        base = run(name, *operands, **options)
        for place, found in enumerate(coefficients(seen, "t", x.size)):
            moved = x.copy()
            moved.flat[place] += 1
            same(found, run(name, *(moved if n == k else v for n, v in enumerate(operands)), **options) - base)


def test_both_derivatives_of_a_correlation_are_there_at_once():
    x, w, g = np.array([2, 0, -1, 3]), np.array([1, 5]), np.array([1, -2, 4])
    cost = run("dot", run("correlate", seeded(x, "x"), seeded(w, "w")), g)
    by_w = coefficients(cost, "w", 2)
    assert [element[()].terms[frozenset()] for element in by_w] == run("correlate", x, g).tolist()
    mixed = [coefficients(element, "x", 4) for element in by_w]
    assert [[e.item() for e in row] for row in mixed] == [[1, -2, 4, 0], [0, 1, -2, 4]]


# What has no value.

X, XW, BATCH, OVERLAY = np.ones((3, 4), int), np.ones((2, 2), int), np.ones((1, 2, 4), int), np.ones((3, 2, 2), int)
GROUPED, GROUPED_OVERLAY = np.ones((1, 2, 2, 4), int), np.ones((2, 3, 2, 2), int)
UNDEFINED = [
    ("correlate", (XW, X), {}),
    ("convolve", (np.ones((4, 1)), np.ones((1, 2))), {"mode": "valid"}),
    ("correlate", (np.ones((0, 2)), np.ones((1, 1))), {"mode": "full"}),
    ("flip", (np.ones((0,)),), {"axes": (0,)}),
    ("pad", (X,), {"widths": ((-1, -2), 0)}),
    ("pad", (X,), {"widths": ((-2, -2), 0)}),
    ("crop", (X,), {"start": (0, 0), "shape": (1, 0)}),
    ("crop", (X,), {"start": (0, 0), "shape": (-1, 2)}),
    ("dilate", (X,), {"factors": (0, 1)}),
    ("subsample", (X,), {"factors": (1, -1)}),
    ("sum_axes", (np.ones((2, 0)),), {"axes": (1,)}),
    ("dot", (X, X.T), {}),
    ("tensordot", (X, X), {"axes": ((0,), (1,))}),
    ("tensordot", (X, np.ones((1,))), {"axes": ((0,), (0,))}),
    ("stack", (X, X.T), {}),
    ("constant", (), {"value": 1, "shape": (2, 0)}),
    ("literal", (), {"values": ()}),
    ("broadcast", (X,), {"shape": (3, 5)}),
    ("broadcast", (X,), {"shape": (1, 4)}),
    ("broadcast", (np.array(1),), {"shape": (0,)}),
    ("add", (X, XW), {}),
    ("add", (np.ones((1, 2)), np.ones((3, 1)), np.ones((1, 4))), {}),
    ("multiply", (X, np.ones((2, 1))), {}),
    ("windows", (X,), {"shape": (4, 1)}),
    ("windows", (X,), {"shape": (0, 1)}),
    ("split_axis", (X,), {"axis": 1, "into": (3, 2)}),
    ("split_axis", (X,), {"axis": 1, "into": (-2, -2)}),
    ("conv", (BATCH, OVERLAY[:, :1]), {}),
    ("conv", (BATCH, OVERLAY, np.ones(2)), {}),
    ("conv", (BATCH, OVERLAY), {"dilation": 4}),
    ("conv", (BATCH, OVERLAY), {"stride": 0}),
    ("conv", (BATCH, OVERLAY), {"dilation": 0}),
    ("conv", (BATCH, OVERLAY), {"padding": -1}),
    ("conv", (BATCH, OVERLAY), {"padding": ((2, -1),)}),
    ("conv", (GROUPED, GROUPED_OVERLAY[:1]), {"group_axis": True}),
    ("conv", (GROUPED, GROUPED_OVERLAY[:, :, :1]), {"group_axis": True}),
    ("conv", (GROUPED, GROUPED_OVERLAY, np.ones((3, 2))), {"group_axis": True}),
    ("conv_transpose", (BATCH, OVERLAY), {}),
    ("conv_transpose", (BATCH, OVERLAY.transpose(1, 0, 2), np.ones(2)), {}),
    ("conv_transpose", (BATCH, OVERLAY.transpose(1, 0, 2)), {"padding": 3}),
    ("conv_transpose", (BATCH, OVERLAY.transpose(1, 0, 2)), {"output_padding": -1}),
    ("conv_transpose", (BATCH, OVERLAY.transpose(1, 0, 2)), {"stride": 0}),
    ("conv_transpose", (GROUPED, GROUPED_OVERLAY), {"group_axis": True}),
    ("unfold", (BATCH,), {"overlay": 5}),
    ("unfold", (BATCH,), {"overlay": 0}),
    ("fold", (np.ones((1, 1, 2, 3)),), {"shape": 5}),
    ("fold", (np.ones((1, 1, 2, 3)),), {"shape": 0}),
    ("upsample_nearest", (BATCH,), {"factors": 0}),
    ("select_pool", (BATCH, np.ones((1, 1, 2, 2))), {}),
    ("select_pool", (BATCH, np.ones((1, 2, 2, 2))), {"stride": 0}),
    ("select_pool", (BATCH, np.ones((1, 2, 2, 2))), {"padding": -1}),
    ("sum_pool", (BATCH,), {"window": 5}),
    ("sum_pool", (BATCH,), {"window": 0}),
    ("sum_pool", (BATCH,), {"window": 7, "stride": 2, "ceil_mode": True}),
    ("sum_pool", (BATCH,), {"window": 2, "padding": -1}),
    ("window_counts", (), {"shape": (4,), "window": 5}),
    ("window_counts", (), {"shape": (4, 0), "window": 1}),
]
MISTAKEN = [
    ("correlate", (X, XW), {"mode": "Valid"}, ModeError),
    ("correlate", (X, [1]), {}, ShapeError),
    ("convolve", (1, 1), {}, ShapeError),
    ("flip", (X,), {"axes": (2,)}, ShapeError),
    ("flip", (X,), {"axes": (0, -2)}, ShapeError),
    ("pad", (X,), {"widths": ((1, 1),)}, ShapeError),
    ("crop", (X,), {"start": (0,), "shape": (1, 1)}, ShapeError),
    ("dilate", (X,), {"factors": 2}, ShapeError),
    ("shift", (X,), {"offsets": (1,)}, ShapeError),
    ("transpose", (X,), {"axes": (0,)}, ShapeError),
    ("sum_axes", (X,), {"axes": (-3,)}, ShapeError),
    ("dot", (1, 2), {}, ShapeError),
    ("tensordot", (X, X), {"axes": ((0, 1), (0,))}, ShapeError),
    ("wrap", (X,), {"axis": 3}, ShapeError),
    ("stack", (), {}, ShapeError),
    ("stack", (X, [1]), {}, ShapeError),
    ("add", (), {}, ShapeError),
    ("add", (X, [1, 2, 3, 4]), {}, ShapeError),
    ("broadcast", ([1, 2],), {"shape": (1, 2)}, ShapeError),
    ("take", (X,), {"at": ()}, ShapeError),
    ("take", (X,), {"at": (0, 0, 0)}, ShapeError),
    ("windows", (X,), {"shape": (2,)}, ShapeError),
    ("split_axis", (X,), {"axis": 2, "into": (1, 1)}, ShapeError),
    ("merge_axes", (X,), {"axis": 1}, ShapeError),
    ("conv", (X, X), {}, ShapeError),
    ("conv", (BATCH, GROUPED_OVERLAY), {}, ShapeError),
    ("conv", (BATCH, OVERLAY), {"padding": "samey"}, ModeError),
    ("conv", (BATCH, OVERLAY), {"padding": (1, 1)}, ShapeError),
    ("conv", (BATCH, OVERLAY), {"stride": (1, 1)}, ShapeError),
    ("conv_transpose", (BATCH, OVERLAY.transpose(1, 0, 2)), {"padding": "same"}, ModeError),
    ("fold", (np.ones((1, 1, 2, 2, 2)),), {"shape": 4}, ShapeError),
    ("select_pool", (BATCH, BATCH), {}, ShapeError),
    ("sum_pool", (X,), {"window": 2}, ShapeError),
]


@pytest.mark.parametrize(("name", "operands", "options"), UNDEFINED)
def test_what_has_no_value_is_undefined(name, operands, options):
    with pytest.raises(UndefinedError):
        OPERATIONS[name](*operands, **options)


@pytest.mark.parametrize(("name", "operands", "options", "error"), MISTAKEN)
def test_mistaken_calls_are_errors_of_another_kind(name, operands, options, error):
    with pytest.raises(error):
        OPERATIONS[name](*operands, **options)


def test_sizes_without_a_value_are_undefined():
    for call in (
        lambda: conv_size(2, 3),
        lambda: conv_size(0, 1),
        lambda: conv_size(2, 0),
        lambda: conv_size(2, 1, stride=0),
        lambda: conv_size(2, 1, padding=-1),
        lambda: conv_size(2, 1, padding=(0, -1)),
        lambda: pool_size(4, 7, stride=2, ceil_mode=True),
        lambda: pad_widths(0, (1,), (1,), (1,), (0,)),
    ):
        with pytest.raises(UndefinedError):
            call()
    with pytest.raises(ShapeError, match="2 axes"):
        pad_widths((1,), (2, 2), 1)
