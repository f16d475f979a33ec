"""The convolutions and poolings in numbers against PyTorch and JAX, forward and backward, where they are installed.

Both compute here with integers in float64, whose sums and products are exact in any order: the results are
compared exactly. Only means are not: their fractions are compared to a relative error of 1e-12.
"""

from dataclasses import replace
from math import prod

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.witnesses import convolutions as conv_layers
from cnn_symbolic.witnesses import poolings as pool_layers
from cnn_symbolic.witnesses.windows import pad_widths
from tests.support.problems import (
    INTS,
    PAIRS,
    Problem,
    convolutions,
    enlargements,
    many,
    poolings,
    same,
    transposing,
)
from tests.support.problems import fold as folded_numbers
from tests.support.problems import unfold as unfolded_numbers

# JAX compiles every shape anew.
few = settings(max_examples=settings.default.max_examples // 3)


@pytest.fixture(scope="module")
def jax():
    """JAX with 64 bits, which it does not have by itself."""
    module = pytest.importorskip("jax", reason="JAX is not installed: pip install jax")
    before = module.config.jax_enable_x64
    module.config.update("jax_enable_x64", True)
    yield module
    module.config.update("jax_enable_x64", before)


def of_torch(torch, function, arrays, g):
    """The value of a function of PyTorch, and its gradients for g, in the arrays."""
    inputs = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in arrays]
    z = function(*inputs)
    assert z.shape == g.shape
    return z.detach().numpy(), *(d.numpy() for d in torch.autograd.grad(z, inputs, torch.tensor(g, dtype=z.dtype)))


def of_jax(jax, function, arrays, g):
    """The value of a function of JAX, and its gradients for g, in the arrays."""
    z, pull_back = jax.vjp(function, *(jax.numpy.asarray(a, dtype="float64") for a in arrays))
    assert z.shape == g.shape
    return z, *pull_back(jax.numpy.asarray(g, dtype=z.dtype))


def agree(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        same(ours, np.asarray(theirs))


def nearly_agree(found, expected):
    """Compare exact fractions with floats: means, and sums of them."""
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.astype(float), theirs, rtol=1e-12, atol=1e-12)


def tied(problem):
    """Negative numbers with many ties, which a zero of the padding would exceed."""
    return problem.maps(bound=1) - 2


def distinct(problem):
    """Negative numbers without ties."""
    x = problem.maps()
    return problem.random.permutation(x.size).reshape(x.shape) - 2 * x.size


def our_convolution(problem, x, w, b, g):
    options = problem.grouped_options
    return conv_layers.conv(x, w, b, **options), *conv_layers.conv_gradients(g, x, w, **options)


# PyTorch.


def torch_convolution(torch, problem, padding):
    """The convolution of PyTorch with ints or a name, and pairs put around the input beforehand."""
    conv = getattr(torch.nn.functional, f"conv{len(problem.spatial)}d")
    options = {"stride": problem.stride, "dilation": problem.dilation, "groups": problem.groups}

    def function(x, w, b):
        if padding == PAIRS:
            x = torch.nn.functional.pad(x, [n for pair in reversed(problem.pads) for n in pair])
        return conv(x, w, b, padding=0 if padding == PAIRS else padding, **options)

    return function


def depthwise(problem):
    return replace(problem, groups=3, channels=(1, problem.channels[1]))


@many
@given(problem=convolutions(paddings=(INTS,)))
@pytest.mark.parametrize("grouped", [lambda problem: problem, depthwise], ids=["groups", "depthwise"])
def test_convolutions_agree_with_pytorch(torch, grouped, problem):
    problem = grouped(problem)
    x, w, b, g = problem.convolution()
    theirs = of_torch(torch, torch_convolution(torch, problem, problem.padding), (x, w, b), g)
    agree(our_convolution(problem, x, w, b, g), theirs)


@many
@given(convolutions(paddings=(PAIRS, "same", "same_lower", "causal", "full")))
def test_convolutions_with_different_sides_agree_with_a_padded_input_in_pytorch(torch, problem):
    x, w, b, g = problem.convolution()
    agree(our_convolution(problem, x, w, b, g), of_torch(torch, torch_convolution(torch, problem, PAIRS), (x, w, b), g))


@many
@given(convolutions(paddings=("same",)))
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
def test_same_padding_agrees_with_pytorch(torch, problem):
    stride = (1,) * len(problem.spatial)  # PyTorch refuses other strides
    pads = pad_widths("same", problem.spatial, problem.overlay, stride, problem.dilation)
    problem = replace(problem, stride=stride, pads=pads)
    x, w, b, g = problem.convolution()
    theirs = of_torch(torch, torch_convolution(torch, problem, "same"), (x, w, b), g)
    agree(our_convolution(problem, x, w, b, g), theirs)


@many
@given(convolutions(paddings=(INTS,)))
def test_transposed_convolutions_agree_with_pytorch(torch, problem):
    y, w, b, g, _, options = transposing(problem)
    transposed = getattr(torch.nn.functional, f"conv_transpose{len(problem.spatial)}d")
    theirs = of_torch(torch, lambda *arrays: transposed(*arrays, **options), (y, w, b), g)
    agree(
        (conv_layers.conv_transpose(y, w, b, **options), *conv_layers.conv_transpose_gradients(g, y, w, **options)),
        theirs,
    )


@many
@given(problem=convolutions(ranks=(2,), paddings=(INTS,)))
def test_unfold_and_fold_agree_with_pytorch(torch, problem):
    options, x = problem.options, problem.maps()
    windows = unfolded_numbers(x, overlay=problem.overlay, **options)
    flat = (problem.batch, 2 * prod(problem.overlay), -1)
    g = problem.numbers(*windows.shape)

    def unfold(x):
        return torch.nn.functional.unfold(x, problem.overlay, **options)

    def fold(y):
        return torch.nn.functional.fold(y, problem.spatial, problem.overlay, **options)

    folded = folded_numbers(g, shape=problem.spatial, **options)
    agree((windows.reshape(flat), folded), of_torch(torch, unfold, (x,), g.reshape(flat)))
    agree((folded, windows.reshape(flat)), of_torch(torch, fold, (g.reshape(flat),), x))


@many
@given(problem=poolings(most_dilation=3, padding=INTS))
@pytest.mark.parametrize("numbers", [tied, distinct])
def test_max_pooling_agrees_with_pytorch(torch, numbers, problem):
    x = numbers(problem)
    values, places = pool_layers.max_pool(x, **problem.pooling_options)
    g = problem.numbers(*values.shape)
    max_pool = getattr(torch.nn.functional, f"max_pool{len(problem.spatial)}d")
    indices = []

    def function(x):
        z, found = max_pool(x, problem.overlay, ceil_mode=problem.ceil_mode, return_indices=True, **problem.options)
        indices.append(found)
        return z

    dx = pool_layers.max_pool_gradient(g, places, shape=problem.spatial)
    agree((values, dx), of_torch(torch, function, (x,), g))
    same(places, indices[0].numpy())


@many
@given(poolings(most_dilation=1, padding=INTS), st.booleans())
def test_average_pooling_agrees_with_pytorch(torch, problem, include):
    # With three axes PyTorch refuses a window larger than the input, whatever the padding.
    assume(len(problem.spatial) < 3 or all(i <= m for i, m in zip(problem.overlay, problem.spatial, strict=True)))
    options = {**problem.averaging_options, "count_include_pad": include}
    x = problem.maps()
    means = pool_layers.avg_pool(x, **options)
    g = problem.numbers(*means.shape)
    avg_pool = getattr(torch.nn.functional, f"avg_pool{len(problem.spatial)}d")
    window = options.pop("window")
    theirs = of_torch(torch, lambda x: avg_pool(x, window, **options), (x,), g)
    nearly_agree((means, pool_layers.avg_pool_gradient(g, shape=problem.spatial, window=window, **options)), theirs)


@many
@given(enlargements())
def test_nearest_upsampling_agrees_with_pytorch(torch, enlargement):
    x, factors = enlargement
    z = pool_layers.upsample_nearest(x, factors=factors)
    g = np.arange(z.size).reshape(z.shape)
    theirs = of_torch(torch, lambda x: torch.nn.functional.interpolate(x, size=z.shape[2:], mode="nearest"), (x,), g)
    agree((z, pool_layers.upsample_nearest_gradient(g, factors=factors)), theirs)


def test_pytorch_has_a_place_outside_the_input_for_a_window_of_padding_that_is_refused_here(torch):
    x = np.array([[[1, 2]]])
    options = {"stride": 1, "padding": 1, "dilation": 3}
    values, indices = torch.nn.functional.max_pool1d(torch.tensor(x * 1.0), 2, return_indices=True, **options)
    assert values.tolist() == [[[-np.inf]]]
    assert indices.item() >= x.size
    with pytest.raises(ShapeError, match=r"found only padding at position \(0,\)"):
        pool_layers.max_pool(x, window=2, **options)


# JAX.


def jax_convolution(jax, problem, padding):
    options = {"rhs_dilation": problem.dilation, "feature_group_count": problem.groups}

    def function(x, w, b):
        z = jax.lax.conv_general_dilated(x, w, problem.stride, padding, **options)
        return z + b.reshape(-1, *[1] * len(problem.spatial))

    return function


@few
@given(convolutions(paddings=(PAIRS, "causal", "full")))
def test_convolutions_agree_with_jax(jax, problem):
    x, w, b, g = problem.convolution()
    agree(our_convolution(problem, x, w, b, g), of_jax(jax, jax_convolution(jax, problem, problem.pads), (x, w, b), g))


@few
@given(convolutions(paddings=("same", "same_upper", "same_lower", "valid")))
def test_convolutions_with_the_names_of_paddings_agree_with_jax(jax, problem):
    name = {"same": "SAME", "same_upper": "SAME", "same_lower": "SAME_LOWER", "valid": "VALID"}[problem.padding]
    x, w, b, g = problem.convolution()
    agree(our_convolution(problem, x, w, b, g), of_jax(jax, jax_convolution(jax, problem, name), (x, w, b), g))


def jax_windows(jax, problem, start, operation):
    """The reduction of every window of JAX, which has two axes more."""
    sizes = ((1, 1, *problem.overlay), (1, 1, *problem.stride), ((0, 0), (0, 0), *problem.pads))
    return lambda x: jax.lax.reduce_window(x, start, operation, *sizes)


@few
@given(problem=poolings(most_dilation=1, ceil_modes=(False,)))
@pytest.mark.parametrize("numbers", [tied, distinct])
def test_max_pooling_agrees_with_jax(jax, numbers, problem):
    x = numbers(problem)
    values, places = pool_layers.max_pool(x, **problem.pooling_options)
    g = problem.numbers(*values.shape)
    dx = pool_layers.max_pool_gradient(g, places, shape=problem.spatial)
    agree((values, dx), of_jax(jax, jax_windows(jax, problem, -np.inf, jax.lax.max), (x,), g))


@few
@given(poolings(most_dilation=1, ceil_modes=(False,)), st.booleans())
def test_average_pooling_times_its_divisors_agrees_with_the_sums_of_jax(jax, problem, include):
    options = {**problem.averaging_options, "count_include_pad": include}
    counts = pool_layers.window_counts(shape=problem.spatial, **options)
    x = problem.maps()
    sums = pool_layers.avg_pool(x, **options) * counts
    g = problem.numbers(*sums.shape)
    dx = pool_layers.avg_pool_gradient(g * counts, shape=problem.spatial, **options)
    agree((sums, dx), of_jax(jax, jax_windows(jax, problem, 0.0, jax.lax.add), (x,), g))


# The comparison is not blind.


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_the_frameworks_refuse_the_odd_cell_on_the_wrong_side(framework, request):
    module = request.getfixturevalue(framework)
    problem = Problem((5,), (2,), (1,), (1,), "same", [(0, 1)])
    x, w, b, g = problem.convolution()
    if framework == "torch":
        theirs = of_torch(module, torch_convolution(module, problem, PAIRS), (x, w, b), g)
    else:
        theirs = of_jax(module, jax_convolution(module, problem, "SAME"), (x, w, b), g)
    agree(our_convolution(problem, x, w, b, g), theirs)
    wrong = our_convolution(replace(problem, padding="same_lower"), x, w, b, g)
    for found, expected in list(zip(wrong, theirs, strict=True))[:3]:
        with pytest.raises(AssertionError):
            same(found, np.asarray(expected))
