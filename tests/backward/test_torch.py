"""The gradients of PyTorch through `of_torch`: its own, planted mistakes, what is refused."""

from functools import partial

import numpy as np
import pytest

from cnn_symbolic.backward import of_torch
from cnn_symbolic.backward.check import check_backward
from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.witnesses.convolutions import conv
from tests.support.backward.frameworks import CONVOLUTIONS, X_W, X_W_B, X, arrays, is_right, layer
from tests.support.problems import same
from tests.support.thorough import every


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


@pytest.mark.parametrize(("name", "options"), every(3, CONVOLUTIONS + TRANSPOSED))
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
        (lambda dy, dx, dw: (dx(), dw(), dy.sum(0).mean((1, 2))), "db", "divided by the number of positions"),
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
