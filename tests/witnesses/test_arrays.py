"""The operations on arrays of exact elements against SciPy, NumPy on integers, and definitions by entry."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from cnn_symbolic.ground.errors import EvaluationError, UndefinedError
from cnn_symbolic.witnesses import arrays
from cnn_symbolic.witnesses.arrays import OPERATIONS
from cnn_symbolic.witnesses.duals import coefficients, seeded
from tests.support.exact_arrays import entries, integer_arrays, pairs, run, same, shapes

NAMES = """
    correlate convolve flip rot180 pad crop dilate subsample shift transpose sum_axes dot tensordot outer wrap stack
    apply constant broadcast add scale multiply take windows literal conv conv_transpose unfold fold upsample_nearest
    pixel_shuffle pixel_unshuffle split_axis merge_axes select_pool sum_pool window_counts stack_family sum_family
"""


def entry(x, at):
    """An entry of an array as a function on all integers."""
    return x[tuple(at)] if all(0 <= k < m for k, m in zip(at, x.shape, strict=True)) else 0


def test_every_operation_is_there():
    assert sorted(OPERATIONS) == sorted(NAMES.split())
    assert all(define.__name__ == name for name, define in OPERATIONS.items())


def test_families_are_stacked_and_added_up():
    members = [np.array([1, 2]), np.array([3, 4])]
    assert OPERATIONS["stack_family"](members).tolist() == [[1, 2], [3, 4]]
    assert OPERATIONS["sum_family"](members).tolist() == [4, 6]


# Against SciPy and NumPy, on integers.


@pytest.mark.parametrize("name", ["correlate", "convolve"])
@given(operands=pairs(), mode=st.sampled_from(["full", "same"]))
def test_sliding_is_that_of_scipy(name, operands, mode):
    same(run(name, *operands, mode=mode), getattr(signal, name)(*operands, mode=mode, method="direct"))


@pytest.mark.parametrize("name", ["correlate", "convolve"])
@given(operands=pairs(fitting=True))
def test_sliding_inside_is_that_of_scipy(name, operands):
    same(run(name, *operands, mode="valid"), getattr(signal, name)(*operands, mode="valid", method="direct"))


@pytest.mark.parametrize("name", ["correlate", "convolve"])
@given(operands=pairs())
def test_the_exchange_of_what_slides_is_that_of_scipy(name, operands):
    try:
        expected = getattr(signal, name)(*operands, mode="valid", method="direct")
    except ValueError:
        with pytest.raises(UndefinedError, match="does not fit into the shape"):
            run(name, *operands, mode="valid", exchange=True)
    else:
        same(run(name, *operands, mode="valid", exchange=True), expected)


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


@pytest.mark.parametrize(("mode", "numpys"), [("circular", "wrap"), ("replicate", "edge"), ("reflect", "reflect")])
def test_padding_by_own_entries_is_that_of_numpy(mode, numpys):
    x = np.arange(12).reshape(3, 4)
    widths = ((2, 1), (0, 3))
    same(run("pad", x, widths=widths, mode=mode), np.pad(x, widths, mode=numpys))


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


def test_known_functions_have_their_real_values():
    found = arrays.apply(np.array([0, 1, -2], dtype=object), function="exp")
    assert np.allclose(found.astype(float), np.exp([0, 1, -2]))
    assert run("apply", [1, 2], function="reciprocal", order=1).tolist() == [-1, Fraction(-1, 4)]
    assert run("apply", np.array(2), function="log", order=1).tolist() == Fraction(1, 2)
    with pytest.raises(UndefinedError, match="not zero"):
        run("apply", [1, 0], function="reciprocal")
    with pytest.raises(EvaluationError, match="functions="):
        run("apply", [1, 0], function="σ")


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
    yield "pad", (x,), {"widths": ((1, 2), (3, 2)), "mode": "reflect"}
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
    yield "pixel_shuffle", (some(1, 12, 2, 1),), {"factors": (2, 3)}
    yield "pixel_unshuffle", (some(1, 2, 2, 6),), {"factors": (2, 3)}


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
