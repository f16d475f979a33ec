"""Every operation against SciPy or NumPy, exactly, on integers: 1-D to 3-D, sizes of one, even, odd, non-square."""

import numpy as np
import pytest
import scipy.signal
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic import (
    apply,
    broadcast,
    convolve,
    correlate,
    crop,
    dilate,
    dot,
    flip,
    named,
    ones,
    outer,
    pad,
    prove,
    rot180,
    scalar,
    shift,
    sizes,
    stack,
    sum_axes,
    tensor,
    transpose,
    wrap,
    zeros,
)
from cnn_symbolic.expressions.evaluation import Values, evaluate_formula
from cnn_symbolic.expressions.formulas import fresh
from cnn_symbolic.expressions.printing import written_together
from cnn_symbolic.ground.errors import FragmentError, ModeError, NameConflictError, OperandError, ShapeError
from tests.support.problems import arrays, pairs, shapes


def leaf(name, array):
    """A tensor with symbolic sizes for the array."""
    return tensor(*sizes(" ".join(f"{name.upper()}{k}" for k in range(array.ndim))), name=name)


def assert_equal(symbolic, expected, **values):
    got = symbolic.evaluate(values)
    assert got.shape == expected.shape
    np.testing.assert_array_equal(got, expected)
    assert_confined(symbolic, values)


def assert_confined(symbolic, values):
    """The entry formula, with its guard, is zero everywhere around the shape; inside it is the value."""
    inside = symbolic.evaluate(values)
    if not symbolic.rank:
        return
    arrays_ = {name: np.asarray(v) for name, v in values.items()}
    known = {
        s: n
        for name, part in symbolic.names().items()
        for s, n in zip(part.lengths, arrays_[name].shape, strict=True)
        if s.is_Symbol
    }
    margin = 3
    index = fresh("i" * symbolic.rank)
    formula = symbolic.at(tuple(i - margin for i in index))
    around = evaluate_formula(formula, index, [n + 2 * margin for n in inside.shape], Values(known, arrays_))
    np.testing.assert_array_equal(around, np.pad(inside, margin))


@given(pairs(fitting=True))
def test_valid_mode_is_scipys(pair):
    x, f = pair
    a, b = leaf("x", x), leaf("f", f)
    assert_equal(correlate(a, b, mode="valid"), scipy.signal.correlate(x, f, "valid", "direct"), x=x, f=f)
    assert_equal(convolve(a, b, mode="valid"), scipy.signal.convolve(x, f, "valid", "direct"), x=x, f=f)


@given(pairs(), st.sampled_from([correlate, convolve]))
def test_the_exchange_in_valid_mode_is_scipys(pair, slide):
    x, f = pair
    exchanged = slide(leaf("x", x), leaf("f", f), mode="valid", exchange=True)
    try:
        expected = getattr(scipy.signal, slide.__name__)(x, f, "valid", "direct")
    except ValueError:
        with pytest.raises(ShapeError, match="is not defined at"):
            exchanged.evaluate({"x": x, "f": f})
    else:
        assert_equal(exchanged, expected, x=x, f=f)


def test_what_cannot_be_exchanged_is_refused():
    a, b = tensor(3, name="x"), tensor(2, name="f")
    with pytest.raises(ModeError, match="correlate exchanges its arguments in mode 'valid' only, found exchange=True"):
        correlate(a, b, mode="full", exchange=True)
    with pytest.raises(ModeError, match="convolve: exchange is True or False, found 1"):
        convolve(a, b, mode="valid", exchange=1)


@given(pairs(), st.sampled_from(["full", "same"]))
def test_full_and_same_mode_are_scipys(pair, mode):
    x, f = pair
    a, b = leaf("x", x), leaf("f", f)
    assert_equal(correlate(a, b, mode=mode), scipy.signal.correlate(x, f, mode, "direct"), x=x, f=f)
    if mode == "full" or all(m >= i for m, i in zip(x.shape, f.shape, strict=True)):
        assert_equal(convolve(a, b, mode=mode), scipy.signal.convolve(x, f, mode, "direct"), x=x, f=f)
    else:
        full = scipy.signal.convolve(x, f, "full", "direct")
        block = tuple(slice((i - 1) // 2, (i - 1) // 2 + m) for m, i in zip(x.shape, f.shape, strict=True))
        assert_equal(convolve(a, b, mode=mode), full[block], x=x, f=f)


@given(pairs(ranks=(2,)))
def test_two_axes_agree_with_scipys_2d_functions_where_these_agree_with_their_own_nd_ones(pair):
    x, f = pair
    a, b = leaf("x", x), leaf("f", f)
    assert_equal(correlate(a, b, mode="full"), scipy.signal.correlate2d(x, f, "full"), x=x, f=f)
    assert_equal(convolve(a, b, mode="same"), scipy.signal.convolve2d(x, f, "same"), x=x, f=f)
    if all(n % 2 for n in f.shape):
        assert_equal(correlate(a, b, mode="same"), scipy.signal.correlate2d(x, f, "same"), x=x, f=f)


@given(st.data())
def test_flips_and_rotation_are_numpys(data):
    x = data.draw(arrays(data.draw(shapes(data.draw(st.integers(1, 3))))))
    a = leaf("x", x)
    axes = data.draw(st.sets(st.integers(0, x.ndim - 1)))
    assert_equal(flip(a, axes=tuple(axes)), np.flip(x, tuple(axes)), x=x)
    assert_equal(rot180(a), np.flip(x), x=x)


@given(st.data())
def test_padding_is_numpys_and_a_negative_width_cuts_off(data):
    x = data.draw(arrays(data.draw(shapes(data.draw(st.integers(1, 3))))))
    widths = [(data.draw(st.integers(-1, 3)), data.draw(st.integers(0 if n == 1 else -1, 3))) for n in x.shape]
    widths = [(max(b, 0) if n + b + e < 1 else b, e) for n, (b, e) in zip(x.shape, widths, strict=True)]
    padded = np.pad(x, [(max(b, 0), max(e, 0)) for b, e in widths])
    cut = padded[tuple(slice(max(-b, 0), padded.shape[k] - max(-e, 0)) for k, (b, e) in enumerate(widths))]
    assert_equal(pad(leaf("x", x), widths=widths), cut, x=x)


NUMPYS = {"circular": "wrap", "replicate": "edge", "reflect": "reflect"}


@given(st.data(), st.sampled_from(list(NUMPYS)))
def test_padding_by_own_entries_is_numpys(data, mode):
    x = data.draw(arrays(data.draw(shapes(data.draw(st.integers(1, 3))))))
    most = [n - 1 if mode == "reflect" else 2 * n + 1 for n in x.shape]
    widths = [(data.draw(st.integers(0, w)), data.draw(st.integers(0, w))) for w in most]
    assert_equal(pad(leaf("x", x), widths=widths, mode=mode), np.pad(x, widths, mode=NUMPYS[mode]), x=x)


def test_padding_by_own_entries_cuts_nothing_off_and_reflects_less_than_all():
    (M,) = sizes("M")
    x = tensor(M, name="x")
    with pytest.raises(ModeError, match="pad has no mode 'wrap': it takes 'circular', 'replicate', 'reflect', or none"):
        pad(x, widths=[1], mode="wrap")
    with pytest.raises(ShapeError, match="in the mode 'circular' nothing is cut off, found the width -1"):
        pad(x, widths=[(-1, 0)], mode="circular")
    reflected = pad(x, widths=[2], mode="reflect")
    assert written_together(prove("…", reflected, equals=reflected).verdict.domain) == "M ≥ 3"


@given(st.data())
def test_cropping_is_numpys_slicing_and_fills_with_zeros(data):
    x = data.draw(arrays(data.draw(shapes(data.draw(st.integers(1, 3))))))
    start = tuple(data.draw(st.integers(-2, 4)) for _ in x.shape)
    lengths = tuple(data.draw(st.integers(1, 4)) for _ in x.shape)
    wide = np.pad(x, 10)
    block = wide[tuple(slice(10 + s, 10 + s + n) for s, n in zip(start, lengths, strict=True))]
    assert_equal(crop(leaf("x", x), start=start, shape=lengths), block, x=x)


@given(st.data())
def test_dilation_spreads_the_entries(data):
    x = data.draw(arrays(data.draw(shapes(data.draw(st.integers(1, 3)), most=4))))
    factors = tuple(data.draw(st.integers(1, 4)) for _ in x.shape)
    spread = np.zeros([(n - 1) * d + 1 for n, d in zip(x.shape, factors, strict=True)], dtype=int)
    spread[tuple(slice(None, None, d) for d in factors)] = x
    assert_equal(dilate(leaf("x", x), factors=factors), spread, x=x)


@given(st.data())
def test_shifting_keeps_the_shape(data):
    x = data.draw(arrays(data.draw(shapes(data.draw(st.integers(1, 3))))))
    offsets = tuple(data.draw(st.integers(-3, 3)) for _ in x.shape)
    wide = np.pad(x, 10)
    moved = wide[tuple(slice(10 - o, 10 - o + n) for o, n in zip(offsets, x.shape, strict=True))]
    assert_equal(shift(leaf("x", x), offsets=offsets), moved, x=x)


@given(st.data())
def test_axes_are_numpys(data):
    x = data.draw(arrays(data.draw(shapes(data.draw(st.integers(1, 3))))))
    a = leaf("x", x)
    order = tuple(data.draw(st.permutations(range(x.ndim))))
    assert_equal(transpose(a, axes=order), np.transpose(x, order), x=x)
    assert_equal(transpose(a), np.transpose(x), x=x)
    axes = tuple(data.draw(st.sets(st.integers(0, x.ndim - 1), min_size=1)))
    assert_equal(sum_axes(a, axes=axes), np.sum(x, axis=axes), x=x)
    assert_equal(sum_axes(a, axes=axes, keepdims=True), np.sum(x, axis=axes, keepdims=True), x=x)
    at = data.draw(st.integers(0, x.ndim))
    assert_equal(wrap(a, axis=at), np.expand_dims(x, at), x=x)


@given(st.data())
def test_products_sums_and_stacks_are_numpys(data):
    shape = data.draw(shapes(data.draw(st.integers(1, 3)), most=3))
    x, y = data.draw(arrays(shape)), data.draw(arrays(shape))
    lengths = sizes(" ".join(f"S{k}" for k in range(x.ndim)))
    a, b = tensor(*lengths, name="x"), tensor(*lengths, name="y")
    assert_equal(a + b, x + y, x=x, y=y)
    assert_equal(a - 3 * b, x - 3 * y, x=x, y=y)
    assert_equal(a * b, x * y, x=x, y=y)
    assert_equal(-a, -x, x=x)
    assert_equal(dot(a, b), np.sum(x * y), x=x, y=y)
    assert_equal(outer(a, b), np.multiply.outer(x, y), x=x, y=y)
    at = data.draw(st.integers(0, x.ndim))
    assert_equal(stack(a, b, a, axis=at), np.stack([x, y, x], axis=at), x=x, y=y)
    assert_equal(zeros(*lengths) + a, x, x=x)
    assert_equal(a * ones(*lengths), x, x=x)


@given(st.data())
def test_axes_of_size_one_and_numbers_are_broadcast(data):
    shape = data.draw(shapes(2))
    x, row, number = data.draw(arrays(shape)), data.draw(arrays((1, shape[1]))), data.draw(arrays(()))
    m, n = sizes("M N")
    a, b, c = tensor(m, n, name="x"), tensor(1, n, name="y"), scalar("c")
    assert_equal(a + b, x + row, x=x, y=row)
    assert_equal(c * a, x * number, x=x, c=number)
    assert_equal(broadcast(b, shape=(m, n)) * a, row * x, x=x, y=row)


def test_an_opaque_function_is_applied_entry_by_entry_and_differentiated_by_order():
    n = sizes("N")[0]
    x = tensor(n, name="x")
    functions = {"f": [np.square, lambda t: 2 * t]}
    np.testing.assert_array_equal(apply(x, function="f").evaluate({"x": [1, 2]}, functions), [1, 4])
    np.testing.assert_array_equal(apply(x, function="f", order=1).evaluate({"x": [1, 2]}, functions), [2, 4])


def test_an_opaque_function_is_zero_outside_even_if_it_is_not_zero_at_zero():
    n = sizes("N")[0]
    x = tensor(n, name="x")
    padded = pad(apply(x, function="f"), widths=[(1, 1)])
    values = padded.evaluate({"x": np.array([5, 6])}, {"f": [lambda t: t + 100]})
    np.testing.assert_array_equal(values, [0, 105, 106, 0])


def test_fractions_are_exact_on_integers():
    n = sizes("N")[0]
    half = tensor(n, name="x") * sp.Rational(1, 2) + tensor(n, name="x") / 2
    values = half.evaluate({"x": np.array([1, 3], dtype=object)})
    assert values.tolist() == [1, 3]


m, n = sizes("M N")
x2, x1, c0 = tensor(m, n, name="x"), tensor(m, name="y"), scalar("c")
REJECTED = [
    (lambda: correlate(x2, x1), ShapeError, "correlate takes two tensors with equally many axes, found x of shape"),
    (lambda: correlate(x2, x2, mode="vaild"), ModeError, "correlate has no mode 'vaild': it takes 'valid', 'full'"),
    (lambda: convolve(c0, c0), ShapeError, "convolve takes two tensors with equally many axes"),
    (lambda: correlate(x2, 3), OperandError, "correlate: f takes a tensor, found 3 of type int"),
    (lambda: flip(x2, axes=(2,)), ShapeError, r"flip: x has the axes 0 to 1, found \[2\]"),
    (lambda: flip(x2, axes=(0, -2)), ShapeError, "an axis occurs twice"),
    (lambda: transpose(x2, axes=(0,)), ShapeError, "transpose takes all 2 axes of x"),
    (lambda: pad(x2, widths=[(1, 1)]), ShapeError, r"pad takes one \(before, after\) per axis; x has 2 axes"),
    (lambda: pad(x2, widths=[1, 0.5]), ShapeError, "a width is an integer or an expression in sizes, found 0.5"),
    (
        lambda: crop(x2, start=(0,), shape=(1, 1)),
        ShapeError,
        "crop: the start of x, which has 2 axes, takes 2 integers",
    ),
    (lambda: dilate(x2, factors=(2,)), ShapeError, "dilate takes one positive integer or size per axis"),
    (lambda: dilate(x2, factors=(2, 0)), ShapeError, "dilate takes one positive integer or size per axis"),
    (lambda: shift(x2, offsets=(1,)), ShapeError, "shift: the offset of x, which has 2 axes, takes 2 integers"),
    (lambda: wrap(x2, axis=3), ShapeError, "the new axis of x is 0 to 2, found 3"),
    (lambda: stack(x2, x1), ShapeError, "stack takes tensors of one shape, found x of shape"),
    (lambda: stack(), ShapeError, "stack takes tensors of one shape, found none"),
    (lambda: stack(x2, axis=4), ShapeError, "stack: the new axis is 0 to 2, found 4"),
    (lambda: x2 + x1, ShapeError, "a sum takes tensors with equally many axes"),
    (lambda: x2 + transpose(x2), ShapeError, r"a sum: the shapes differ along axis 0: x of shape \(M, N\) and"),
    (lambda: dot(c0, c0), ShapeError, "multiply numbers with"),
    (lambda: x2 * 0.5, OperandError, "exact rational number"),
    (lambda: apply(x2 + x2, function="f"), FragmentError, "named"),
    (lambda: apply(x2, function="f", order=-1), OperandError, "a count of derivatives"),
    (lambda: tensor(m, 0, name="t"), ShapeError, "a size is at least 1, found 0"),
    (lambda: tensor(m, "3", name="t"), ShapeError, "a size is a positive integer or made from sizes"),
    (lambda: tensor(sp.Symbol("k", integer=True), name="t"), ShapeError, "made from sizes, such as"),
    (
        lambda: tensor(m, name=""),
        NameConflictError,
        "the name of a tensor is letters, digits and underscores, such as x",
    ),
    (lambda: tensor(m, n, name="t", indices="i"), ShapeError, "t has 2 axes, but the letters 'i' for them"),
    (lambda: broadcast(x2, shape=(m,)), ShapeError, "does not broadcast"),
    (lambda: correlate(tensor(2, name="a"), tensor(3, name="b")), ShapeError, r"would have the empty shape \(0,\)"),
]


@pytest.mark.parametrize(("call", "error", "message"), REJECTED, ids=[r[2][:40] for r in REJECTED])
def test_what_does_not_fit_is_rejected_with_a_message_that_names_it(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_oracle_of_these_tests_can_fail():
    x = np.arange(6).reshape(2, 3)
    with pytest.raises(AssertionError):
        assert_equal(rot180(leaf("x", x)), np.rot90(x, 1), x=x)
    with pytest.raises(AssertionError):
        assert_equal(rot180(leaf("x", x)), x, x=x)


def test_named_results_are_kept_by_operations():
    z = named("z", x2 + x2)
    assert [part.name for part in correlate(z, x2).parts() if part.name] == ["x", "z"]
