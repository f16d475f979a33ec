"""Convolutions and poolings of arrays of exact elements against PyTorch, and how many positions there are."""

from fractions import Fraction
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import signal

from cnn_symbolic.ground.errors import UndefinedError
from cnn_symbolic.witnesses.duals import seeded
from cnn_symbolic.witnesses.sliding import conv_size, pad_widths, pool_size
from tests.support.exact_arrays import gradient, integer_arrays, run, same

NAMED_PADDINGS = ("valid", "full", "causal", "same", "same_upper", "same_lower")

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


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_shuffling_moves_channels_as_torch_does(torch, factor):
    x = np.arange(2 * 2 * factor**2 * 2 * 3).reshape(2, 2 * factor**2, 2, 3)
    shuffled = exact(torch.nn.functional.pixel_shuffle(tensor(torch, x), factor))
    same(run("pixel_shuffle", x, factors=factor), shuffled)
    same(run("pixel_unshuffle", shuffled, factors=(factor, factor)), x)
