"""The gradients of PyTorch and JAX through `of_torch` and `of_jax`: their own, planted mistakes, what is refused."""

import sys
from functools import partial

import numpy as np
import pytest

from cnn_symbolic import of_jax, of_torch
from cnn_symbolic.checking.backward import check_backward
from cnn_symbolic.errors import CnnSymbolicError, MissingPackageError, OperandError, ShapeError
from cnn_symbolic.witnesses.convolutions import conv, conv_gradients
from tests.support.problems import same

X_W_B, X_W, X = "dy, x, w, b -> y, dx, dw, db", "dy, x, w -> y, dx, dw", "dy, x -> y, dx"


@pytest.fixture(scope="module")
def jax():
    return pytest.importorskip("jax", reason="JAX is not installed: pip install jax")


@pytest.fixture(params=["torch", "jax"])
def adapted(request):
    """The adapter of a framework, and a convolution of that framework."""
    module = request.getfixturevalue(request.param)
    if request.param == "torch":
        return of_torch, module.nn.functional.conv2d
    return of_jax, partial(jax_convolution, module, {"stride": (1, 1)})


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


# What the functions over NumPy arrays return.


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_result_and_the_gradients_are_returned_in_the_precision_of_the_arrays(adapted, dtype):
    adapter, function = adapted
    dy, x, w, b = arrays(dtype)
    found = adapter(lambda x, w, b: function(x, w, b))(dy, x, w, b)
    for ours, theirs in zip((conv(x, w, b), *conv_gradients(dy, x, w)), found, strict=True):
        same(ours, theirs)
        assert theirs.dtype == dtype


def test_the_number_of_gradients_is_that_of_the_arguments(adapted):
    adapter, function = adapted
    dy, x, w, b = arrays()
    assert len(adapter(lambda x, w, b=None: function(x, w, b))(dy, x, w, b)) == 4
    assert len(adapter(lambda x, w, b=None: function(x, w, b))(dy, x, w)) == 3
    assert len(adapter(lambda x: 2 * x)(x, x)) == 2


@pytest.mark.parametrize(
    ("function", "signature"),
    [
        (lambda x, w, b: x, X_W_B),
        (lambda x, w, bias=None: x, X_W_B),
        (lambda x, w, stride=1: x, X_W),
        (lambda x, w, *, b=None: x, X_W),
        (partial(lambda x, w, stride: x, stride=2), X_W),
        (lambda x, size=2: x, X),
        (lambda *inputs: inputs[0], X_W_B),
        (max, X_W_B),  # a built-in function without a signature
    ],
)
def test_the_signature_follows_the_parameters(adapted, function, signature):
    assert adapted[0](function).signature == signature


def test_the_name_of_the_function_is_kept(torch):
    assert repr(of_torch(is_right)) == "of_torch(is_right)"
    assert repr(of_torch(partial(torch.nn.functional.conv2d, padding=1))) == "of_torch(conv2d)"
    assert repr(of_torch(torch.nn.Conv2d(1, 1, 1))) == "of_torch(Conv2d)"


@pytest.mark.parametrize(
    ("function", "found"),
    [(lambda: 0, r"\(\)"), (lambda x, w, stride, padding: x, r"\(x, w, stride, padding\)"), (3, "3")],
)
def test_functions_of_other_parameters_are_refused(adapted, function, found):
    with pytest.raises(OperandError, match=f"expected a function of x.*{found}"):
        adapted[0](function)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((1, 1), int), r"dy is a NumPy array of float16, float32, float64 in of_\w+\(.*\), found int64"),
        ([[1.0]], "found list"),
    ],
)
def test_arrays_of_other_kinds_are_refused(adapted, wrong, message):
    with pytest.raises(OperandError, match=message):
        adapted[0](lambda x: x)(wrong, np.zeros((1, 1)))


def test_a_result_of_another_shape_is_named(adapted):
    with pytest.raises(ShapeError, match=r"dy has the shape of the function's result, \(2, 2\), found \(2, 1\)"):
        adapted[0](lambda x: x)(np.ones((2, 1)), np.ones((2, 2)))


def test_several_results_are_refused(adapted):
    with pytest.raises(OperandError, match=r"the function returns one (tensor|array).*, found tuple"):
        adapted[0](lambda x: (x, x))(np.ones(2), np.ones(2))


@pytest.mark.parametrize(("name", "adapter"), [("torch", of_torch), ("jax", of_jax)])
def test_a_missing_framework_is_named_with_its_extra(monkeypatch, name, adapter):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingPackageError, match=rf"needs .*pip install 'cnn-symbolic\[{name}\]'") as caught:
        adapter(lambda x: x)
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, CnnSymbolicError)


# PyTorch.


def test_an_input_without_influence_has_the_gradient_zero(torch):
    _, dx, dw = of_torch(lambda x, w: 2 * x)(np.ones(3), np.ones(3), np.ones(2))
    assert dx.tolist() == [2, 2, 2]
    assert dw.tolist() == [0, 0]


@pytest.mark.parametrize("function", [lambda x: x.detach() * 2, lambda x: x.new_ones(2)])
def test_a_result_that_is_not_differentiated_is_named(torch, function):
    with pytest.raises(OperandError, match="found a tensor that PyTorch did not follow"):
        of_torch(function)(np.ones(2), np.ones(2))


def test_gradients_are_computed_where_they_are_switched_off(torch):
    with torch.no_grad():
        assert of_torch(lambda x: 3 * x)(np.ones(2), np.ones(2))[1].tolist() == [3, 3]


def test_the_strides_of_dy_reach_the_function(torch):
    strides = []

    class Recording(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, dy):
            strides.append(dy.stride())
            return dy

    x = np.ones((2, 3))
    for dy in (x, np.ones((3, 2)).T, np.broadcast_to(1.0, (2, 3)), x[:, ::-1]):
        of_torch(Recording)(dy, x)
    assert strides == [(3, 1), (1, 2), (0, 0), (3, 1)]


def test_an_autograd_function_may_keep_its_context_apart(torch):
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(x, w):
            return x * w

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, dy):
            x, w = ctx.saved_tensors
            return dy * w, dy * x

    backward = of_torch(Product)
    assert backward.signature == X_W
    y, dx, dw = backward(np.array([5.0]), np.array([2.0]), np.array([3.0]))
    assert (y, dx, dw) == (6, 15, 10)


def test_a_module_is_not_changed(torch):
    module = torch.nn.Conv2d(3, 4, (2, 3))
    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    dy, x, w, b = arrays()
    y, *_ = of_torch(module)(dy, x, w, b)
    same(conv(x, w, b), y)
    for name, parameter in module.named_parameters():
        assert torch.equal(parameter, before[name])
        assert parameter.grad is None


def test_the_buffers_of_a_module_are_not_changed(torch):
    module = torch.nn.BatchNorm1d(3)
    of_torch(module)(np.ones((2, 3)), np.eye(3)[:2], np.ones(3), np.ones(3))
    assert module.running_mean.tolist() == [0, 0, 0]
    assert module.num_batches_tracked == 0


def test_the_signature_of_a_module_follows_its_parameters(torch):
    assert of_torch(torch.nn.Conv1d(1, 1, 1)).signature == X_W_B
    assert of_torch(torch.nn.Conv1d(1, 1, 1, bias=False)).signature == X_W
    assert of_torch(torch.nn.MaxPool2d(2)).signature == X


def test_a_module_is_called_with_all_its_parameters(torch):
    dy, x, w, _ = arrays()
    with pytest.raises(OperandError, match=r"Conv2d has 2 parameters \(weight, bias\).*dy, x, w, b, found 3 arguments"):
        of_torch(torch.nn.Conv2d(3, 4, (2, 3)))(dy, x, w)


def test_a_module_of_several_layers_is_refused(torch):
    layers = torch.nn.Sequential(torch.nn.Conv1d(1, 1, 1), torch.nn.Conv1d(1, 1, 1))
    with pytest.raises(
        OperandError, match=r"found 0\.weight, 0\.bias, 1\.weight, 1\.bias in Sequential: check its layers"
    ):
        of_torch(layers)


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
TRANSPOSED = [
    ("conv_transpose1d", {}),
    ("conv_transpose2d", {"stride": 2, "padding": 1, "output_padding": 1}),
    ("conv_transpose2d", {"stride": (1, 3), "dilation": 2, "groups": 2}),
    ("conv_transpose3d", {"stride": 2}),
]
POOLINGS = [
    ("max_pool1d", {"window": 3}),
    ("max_pool2d", {"window": 2}),
    ("max_pool2d", {"window": (3, 2), "stride": (2, 1), "padding": 1}),
    ("max_pool2d", {"window": 3, "stride": 2, "dilation": 2, "ceil_mode": True}),
    ("max_pool3d", {"window": 2, "stride": 1}),
    ("avg_pool1d", {"window": 3, "stride": 2}),
    ("avg_pool2d", {"window": (3, 2), "stride": 2, "padding": 1, "count_include_pad": False}),
    ("avg_pool2d", {"window": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    ("avg_pool3d", {"window": 2}),
]


@pytest.mark.parametrize(("name", "options"), CONVOLUTIONS + TRANSPOSED)
def test_convolutions_of_pytorch_are_right(torch, name, options):
    function = partial(getattr(torch.nn.functional, name), **options)
    assert is_right(check_backward(of_torch(function), of=layer(name, **options), examples=20))


@pytest.mark.parametrize(("name", "options"), POOLINGS)
def test_poolings_of_pytorch_are_right(torch, name, options):
    of = layer(name, **options)
    function, options = getattr(torch.nn.functional, name), {**options, "kernel_size": options["window"]}
    del options["window"]
    assert is_right(check_backward(of_torch(partial(function, **options)), of=of, examples=20))


def test_upsampling_of_pytorch_is_right(torch):
    interpolate = partial(torch.nn.functional.interpolate, scale_factor=(2, 3))
    assert is_right(check_backward(of_torch(lambda x: interpolate(x)), of="upsample_nearest2d((2, 3))", examples=20))


def test_a_convolution_of_pytorch_without_bias_is_right(torch):
    backward = of_torch(lambda x, w: torch.nn.functional.conv2d(x, w, stride=2))
    assert is_right(check_backward(backward, of="conv2d(stride=2)", examples=20))


def test_a_convolution_of_pytorch_is_right_in_single_precision(torch):
    backward = of_torch(torch.nn.functional.conv2d)
    assert is_right(check_backward(backward, of="conv2d()", dtype="float32", examples=20))


@pytest.mark.parametrize(
    ("module", "options", "of"),
    [
        ("Conv2d", {"kernel_size": 3, "stride": 2, "padding": 1}, "conv2d(stride=2, padding=1)"),
        ("Conv1d", {"kernel_size": 3, "groups": 2, "bias": False}, "conv1d(groups=2)"),
        ("ConvTranspose2d", {"kernel_size": 3, "stride": 2}, "conv_transpose2d(stride=2)"),
    ],
)
def test_modules_of_pytorch_are_right(torch, module, options, of):
    backward = of_torch(getattr(torch.nn, module)(4, 6, **options))
    assert is_right(check_backward(backward, of=of, examples=20))


def test_pooling_modules_of_pytorch_are_right(torch):
    assert is_right(check_backward(of_torch(torch.nn.AvgPool2d(2)), of="avg_pool2d(2)", examples=20))
    assert is_right(check_backward(of_torch(torch.nn.MaxPool2d(2)), of="max_pool2d(2)", examples=20))


def autograd_convolution(torch, mistaken):
    """A convolution with stride 2 and padding 1 whose gradients go through `mistaken`."""
    options = {"stride": 2, "padding": 1}

    class Convolution(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w, b):
            ctx.save_for_backward(x, w)
            return torch.nn.functional.conv2d(x, w, b, **options)

        @staticmethod
        def backward(ctx, dy):
            x, w = ctx.saved_tensors
            return mistaken(
                dy,
                lambda dy=dy, w=w: torch.nn.grad.conv2d_input(x.shape, w, dy, **options),
                lambda dy=dy, x=x: torch.nn.grad.conv2d_weight(x, w.shape, dy, **options),
            )

    return Convolution


def test_a_right_autograd_function_is_right(torch):
    function = autograd_convolution(torch, lambda dy, dx, dw: (dx(), dw(), dy.sum((0, 2, 3))))
    report = check_backward(of_torch(function), of="conv2d(stride=2, padding=1)", examples=20)
    assert is_right(report)
    assert X_W_B in str(report)


@pytest.mark.parametrize(
    ("mistaken", "gradient", "name"),
    [
        (lambda dy, dx, dw: (dx(), dw().flip(2, 3), dy.sum((0, 2, 3))), "dw", "dw is rotated"),
        (lambda dy, dx, dw: (2 * dx(), dw(), dy.sum((0, 2, 3))), "dx", "doubled"),
        (lambda dy, dx, dw: (dx(), dw(), dy.sum(0).mean((1, 2))), "db", "averaged over the positions"),
        (lambda dy, dx, dw: (dx(), dw(), None), "db", "zero"),
    ],
)
def test_the_mistake_of_an_autograd_function_is_named(torch, mistaken, gradient, name):
    function = autograd_convolution(torch, mistaken)
    report = check_backward(of_torch(function), of="conv2d(stride=2, padding=1)", examples=20)
    assert (report.outcome, report.kind, report.gradient) == ("wrong", "value", gradient)
    assert report.mistake.startswith(name)
    others = {"y", "dx", "dw", "db"} - {gradient}
    assert all(report.also_right[other] for other in others)


def test_an_autograd_function_that_changes_dy_is_found(torch):
    function = autograd_convolution(torch, lambda dy, dx, dw: (dx(), dw(), dy.mul_(2).sum((0, 2, 3)) / 2))
    report = check_backward(of_torch(function), of="conv2d(stride=2, padding=1)", examples=20)
    assert (report.outcome, report.kind) == ("wrong", "mutation")


def test_an_autograd_function_that_takes_dy_for_contiguous_is_found(torch):
    def mistaken(dy, dx, dw):
        packed = dy.as_strided(dy.shape, torch.empty(dy.shape).stride()) if 0 not in dy.stride() else dy
        return dx(packed), dw(packed), packed.sum((0, 2, 3))

    report = check_backward(of_torch(autograd_convolution(torch, mistaken)), of="conv2d(stride=2, padding=1)")
    assert (report.outcome, report.kind) == ("wrong", "layout")


# JAX, which compiles every shape anew: few shapes.


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


def jax_transposed(jax, stride, y, w):
    """A transposed convolution of JAX, over two axes, in the layout of PyTorch."""
    pads = [(size - 1, size - 1) for size in w.shape[2:]]
    layouts = ("NCHW", "OIHW", "NCHW")
    return jax.lax.conv_transpose(y, w, stride, pads, dimension_numbers=layouts, transpose_kernel=True)


def jax_pooling(jax, name, window, stride, x):
    sizes = ((1, 1, *window), (1, 1, *stride), "VALID")
    if name.startswith("max"):
        return jax.lax.reduce_window(x, -np.inf, jax.lax.max, *sizes)
    return jax.lax.reduce_window(x, 0.0, jax.lax.add, *sizes) / np.prod(window).item()


def by_axis(value, rank):
    return (value,) * rank if isinstance(value, int) else value


@pytest.mark.parametrize(("name", "options"), CONVOLUTIONS[1::2])
def test_convolutions_of_jax_are_right(jax, name, options):
    backward = of_jax(lambda x, w, b: jax_convolution(jax, options, x, w, b))
    assert is_right(check_backward(backward, of=layer(name, **options), examples=5))


def test_a_transposed_convolution_of_jax_is_right(jax):
    backward = of_jax(partial(jax_transposed, jax, (2, 1)))
    assert backward.signature == X_W
    assert is_right(check_backward(backward, of="conv_transpose2d(stride=(2, 1))", examples=5))


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
def test_poolings_of_jax_are_right(jax, name):
    backward = of_jax(lambda x: jax_pooling(jax, name, (3, 2), (2, 1), x))
    assert is_right(check_backward(backward, of=layer(name, window=(3, 2), stride=(2, 1)), examples=5))


def custom_convolution(jax, pull_back):
    """A convolution of JAX with a backward pass of its own."""

    @jax.custom_vjp
    def convolution(x, w):
        return jax_convolution(jax, {"stride": 2}, x, w)

    def forward(x, w):
        return convolution(x, w), (x, w)

    convolution.defvjp(forward, pull_back)
    return convolution


def right_pull_back(jax, saved, dy):
    return jax.vjp(partial(jax_convolution, jax, {"stride": 2}), *saved)[1](dy)


def test_a_right_custom_gradient_of_jax_is_right(jax):
    backward = of_jax(custom_convolution(jax, partial(right_pull_back, jax)))
    assert backward.signature == X_W
    assert is_right(check_backward(backward, of="conv2d(stride=2)", examples=5))


def test_the_mistake_of_a_custom_gradient_of_jax_is_named(jax):
    def rotated(saved, dy):
        dx, dw = right_pull_back(jax, saved, dy)
        return dx, dw[:, :, ::-1, ::-1]

    report = check_backward(of_jax(custom_convolution(jax, rotated)), of="conv2d(stride=2)", examples=5)
    assert (report.outcome, report.kind, report.gradient) == ("wrong", "value", "dw")
    assert report.mistake.startswith("dw is rotated")
    assert report.also_right["dx"]


@pytest.mark.parametrize("enabled", [False, True])
def test_the_precision_of_jax_is_restored(jax, enabled):
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", enabled)
    try:
        for dtype in (np.float64, np.float32):
            found = of_jax(lambda x: 2 * x)(np.ones(2, dtype), np.ones(2, dtype))
            assert {array.dtype for array in found} == {np.dtype(dtype)}
        with pytest.raises(ShapeError):
            of_jax(lambda x: x)(np.ones(1), np.ones(2))
        assert jax.config.jax_enable_x64 == enabled
    finally:
        jax.config.update("jax_enable_x64", before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_constants_of_a_function_of_jax_have_the_precision_of_the_arrays(jax, dtype):
    found = of_jax(lambda x: x * jax.numpy.arange(2.0))(np.ones(2, dtype), np.ones(2, dtype))
    assert {array.dtype for array in found} == {np.dtype(dtype)}
    assert found[1].tolist() == [0, 1]
