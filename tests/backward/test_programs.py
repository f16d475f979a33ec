"""Pairs and classes as one function: right ones are right, wrong ones wrong, and what cannot be read is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from cnn_symbolic.backward import check_backward, conv2d
from cnn_symbolic.backward.calling import load_function
from cnn_symbolic.backward.programs import Squares, read_places
from cnn_symbolic.ground.errors import OperandError, ShapeError
from tests.support.backward import course_code
from tests.support.thorough import every

SOURCE = Path(course_code.__file__).read_text(encoding="utf-8")
LAST = {"layout": "NHWC", "filters": "HWIO"}
TURNED = {"filters": "IO"}


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load something of the course code, with pieces of it replaced, from a file."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)

    def loaded(name, *changes, source=SOURCE, file="course.py"):
        for old, new in changes:
            at = source.index(f" {name.split(',')[-1].split('.')[0]}")
            assert old in source[at:]
            source = source[:at] + source[at:].replace(old, new, 1)
        (tmp_path / file).write_text(source, encoding="utf-8")
        return load_function(f"{tmp_path / file}:{name}")

    yield loaded
    for module in set(sys.modules) - before:
        if getattr(sys.modules[module], "__file__", None) in map(str, tmp_path.iterdir()):
            del sys.modules[module]


CONV, POOL = "conv2d(stride=any_of(1, 2), padding=any_of(0, 1))", "max_pool2d((2, 3), stride=any_of(1, 2))"
# What is checked, the layer and the options, a change that makes it wrong, and the results that are wrong then.
COURSE = [
    ("conv_backward_naive", CONV, {}, ("+= w[f] *", "+= w[f, :, ::-1] *"), "dx"),
    ("conv_backward_naive", CONV, {}, ("dw[f] += padded[at]", "dw[f] = padded[at]"), "dw"),
    (
        "conv_forward_naive,conv_backward_naive",
        CONV,
        {},
        ("dout.sum(axis=(0, 2, 3))", "dout.mean(axis=0).sum((1, 2))"),
        "db",
    ),
    ("max_pool_backward_naive", "max_pool2d(2)", {}, ("window.argmax()", "window.argmin()"), "dx"),
    ("max_pool_backward_naive", POOL, {}, ("j * stride + m] +=", "j * stride + m] ="), "dx"),
    ("max_pool_backward_naive", "max_pool2d(any_of(2, 3))", {}, ("window.argmax()", "window.argmin()"), "dx"),
    ("affine_backward", "linear()", TURNED, (".T.dot(dout)", ".T.dot(dout) / len(x)"), "dw"),
    ("conv_backward", "conv2d(stride=2, padding=1)", LAST, ("rows, cols, :] * dZ", "rows, cols, ::-1] * dZ"), "dw"),
    ("conv_backward", "conv2d()", LAST, ("db[:, :, :, c] += dZ", "db[:, :, :, c] = dZ"), "db"),
    ("pool_backward", "max_pool2d(2, stride=2)", {"layout": "NHWC"}, ("mask * dA", "mask + dA"), "dx"),
    ("linear_backward", "linear()", {"layout": "CN"}, ("dZ @ A_prev.T", "2 * dZ @ A_prev.T"), "dw"),
    ("Convolution", CONV, {}, ("np.sum(dout, axis=0)", "np.sum(dout, axis=0) / N if (N := len(self.x)) else 0"), "db"),
    ("Pooling", "max_pool2d((2, 3), stride=2)", {}, ("np.argmax(col", "np.argmin(col"), "dx"),
    ("Affine", "linear()", TURNED, ("np.dot(dout, self.W.T)", "np.dot(dout, abs(self.W.T))"), "dx"),
    (
        "Conv2D",
        "conv2d(stride=2, padding=1)",
        {},
        ('self.grads["W"], self', 'self.grads["W"], dW = 2 * dW, 0; self'),
        "dw",
    ),
    (
        "Convolutional",
        "conv2d()",
        {"layout": "CHW", "filters": "OIHW"},
        ("-= learning_rate *", "+= learning_rate *"),
        "dw",
    ),
    ("Dense", "linear()", TURNED, ("learning_rate * output_error.sum", "learning_rate * output_error.mean"), "db"),
    ("ConvWithCache", "conv2d()", {}, ('"db": flat', '"db": -flat'), "db"),
    ("AvgPool2D", "avg_pool2d(2)", {}, ("/ k**2", "/ k"), "dx"),
    (
        "ConvFunction",
        "conv2d(stride=any_of(1, 2))",
        {},
        ("grad_x, grad_weight, grad_bias, None", "grad_x, -grad_weight, grad_bias"),
        "dw",
    ),
    ("bwd", "conv2d()", {}, ("dw, dx\n", "dw, -dx\n"), "dx"),
]


@pytest.mark.parametrize(("name", "of", "options", "change", "wrong"), every(3, COURSE))
def test_course_code_is_right_and_with_a_mistake_it_is_wrong(load, name, of, options, change, wrong):
    report = check_backward(load(name), of=of, examples=6, **options)
    assert report.outcome == "right", str(report)
    assert "y" in report.also_right
    mistaken = check_backward(load(name, change), of=of, examples=6, **options)
    assert mistaken.outcome == "wrong"
    assert [name for name, right in mistaken.also_right.items() if not right] == [wrong]


def test_the_report_says_how_the_passes_were_called(load):
    report = check_backward(load("Conv2D"), of="conv2d(stride=any_of(1, 2))", examples=5)
    for line in (
        "layer = Conv2D(in_channels=x.shape[1], out_channels=dy.shape[1], kernel_size=w.shape[2], stride=stride, ",
        "layer.params['W'] = w; layer.params['b'] = b; y = layer.forward(x); dx = layer.backward(dy); ",
        "dw = layer.grads['W']; db = layer.grads['b']; one number is the size of an overlay: only square ones were ",
    ):
        assert line in str(report)
    report = check_backward(load("conv_backward_naive"), of="conv2d()", examples=5)
    assert "y, cache = conv_forward_naive(x, w, b, {'stride': 1, 'pad': 0, " in report.signature


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("bwd", "my-layer.py"),
        ("Dense", "class.py"),
        ("Conv2D", "wave.py"),
        ("ConvFunction", "a.b.py"),
        ("bwd", "own.py"),
    ],
)
def test_the_program_of_a_finding_runs_whatever_the_file_is_called(load, tmp_path, name, file):
    of, options, change = next(case[1:4] for case in COURSE if case[0] == name)
    report = check_backward(load(name, change, file=file), of=of, examples=5, **options)
    assert report.outcome == "wrong"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-"],
        input=report.snippet,
        cwd=elsewhere,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found, expected = done.stdout.removeprefix("found").split("expected")
    assert found.strip() != expected.strip()


def test_a_layer_of_squares_has_no_others():
    square = Squares.of(conv2d(stride=2))
    for k in range(20):
        x, w = square.draw(lambda letters, sizes, k=k: sizes[k * 7 % len(sizes)]).values()
        assert w[2] == w[3]
        assert square.result_shape({"x": x, "w": w}) == conv2d(stride=2).result_shape({"x": x, "w": w})
    assert str(square) == "conv2d(stride=2)"
    with pytest.raises(ShapeError, match="overlays of one size"):
        square.result_shape({"x": (1, 1, 5, 5), "w": (1, 1, 2, 3)})


REFUSED = """
import numpy as np
from cnn_symbolic.witnesses.convolutions import conv, conv_gradients

class Base:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, x):
        self.x = x
        return conv(x, self.W, self.b)
    def backward(self, dout):
        dx, self.dW, self.db = conv_gradients(dout, self.x, self.W)
        return dx

class WithoutBackward:
    def forward(self, x): return x

class Unknown(Base):
    def __init__(self, W, b, flavour): super().__init__(W, b)

class Activated(Base):
    def __init__(self, W, b, activation="relu"):
        super().__init__(W, b)
        self.activation = activation
    def forward(self, x):
        y = super().forward(x)
        return np.maximum(y, 0) if self.activation == "relu" else y

class Hidden(Base):
    def __init__(self, in_channels, out_channels, kernel_size):
        super().__init__(np.zeros((out_channels, in_channels, *kernel_size)), np.zeros(out_channels))
        self.theta, self.W = self.W, None
    def forward(self, x):
        self.W = self.theta
        return super().forward(x)
    def backward(self, dout):
        dx, self.dtheta, self.db = conv_gradients(dout, self.x, self.theta)
        return dx

class Twice(Base):
    def backward(self, dout):
        dx = super().backward(dout)
        self.grad_W = self.dW + 1
        return dx

class Early(Base):
    def backward(self, dout, lr):
        dw = conv_gradients(dout, self.x, self.W)[1]
        self.W = self.W - lr * dw
        return conv_gradients(dout, self.x, self.W)[0]

class Momentum(Base):
    def backward(self, dout, lr):
        dx, dw, db = conv_gradients(dout, self.x, self.W)
        self.W -= lr * np.sign(dw)
        return dx

class Last(Base):
    def forward(self, x): return super().forward(x).transpose(0, 2, 3, 1)

def lonely_backward(dout, cache): return dout
def conv_forward(x, w, b): return conv(x, w, b), (x, w), 0
def conv_backward(dout, cache): return conv_gradients(dout, *cache)
def other_forward(x, w, b): return conv(x, w, b), (x, w)
def other_backward(dout, cache, beta): return conv_gradients(dout, *cache)
def many_forward(x, w, b): return conv(x, w, b), (x, w)
def many_backward(dout, cache): return (*conv_gradients(dout, *cache), 1)
"""


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("WithoutBackward", "WithoutBackward is a class without backward"),
        ("Unknown", "parameters understood: W as w, b as b; not understood: flavour"),
        ("Activated", "y is not that of .*, but it is not known what activation='relu' means"),
        ("Hidden", r"w was not found: the layer's arrays are layer.b \(3,\), layer.theta .*--parameters w=self.W"),
        ("Twice", "layer.dW and layer.grad_W may both be dw: name it, as --gradients w=self.dW"),
        ("Momentum", "the step that it makes is not a learning rate times the gradient"),
        ("Last", r"y has the shape .*, expected .*: are the options"),
        ("lonely_backward", "takes cache, which is of a forward pass, but there is no lonely_forward beside it"),
        ("conv_backward", "conv_forward returns a tuple of 3, expected y or y, cache"),
        ("other_backward", "other_backward: parameters understood: dout as dy, cache as cache; not understood: beta"),
        ("many_backward", "many_backward returns 4 values, expected dx, dw, db"),
        ("Base.backward", "is a method that is not bound to a layer: check its class, as mine.py:Base"),
    ],
)
def test_what_is_not_certain_is_refused_with_what_was_understood(load, name, message):
    with pytest.raises(OperandError, match=message):
        check_backward(load(name, source=REFUSED), of="conv2d()", examples=5)


def test_a_step_before_the_gradient_of_x_is_found(load):
    report = check_backward(load("Early", source=REFUSED), of="conv2d()", examples=5)
    assert [name for name, right in report.also_right.items() if not right] == ["dx"]
    assert "dw = (w - layer.W) / rate; db was not given" in report.signature


def test_places_that_are_given_are_taken(load):
    parameters, gradients = {"w": "self.theta"}, {"w": "self.dtheta"}
    hidden = load("Hidden", source=REFUSED)
    report = check_backward(hidden, of="conv2d()", parameters=parameters, gradients=gradients, examples=5)
    assert report.outcome == "right"
    assert "layer.theta = w; layer.b = b; " in report.signature
    assert "dw = layer.dtheta; db = layer.db" in report.signature
    assert check_backward(load("Twice", source=REFUSED), of="conv2d()", gradients={"w": "self.dW"}, examples=5)
    with pytest.raises(OperandError, match=r"layer\.nothing was not found"):
        check_backward(hidden, of="conv2d()", parameters={"w": "self.nothing"}, examples=5)


@pytest.mark.parametrize(
    "path", ["W", "self", "self.W()", "self[print(1)]", "self.W; 1", "print(self.W)", "", "other.W"]
)
def test_a_place_is_an_attribute_or_an_entry_of_one(path):
    with pytest.raises(OperandError, match=r"parameters are written as w=self\.W or b="):
        read_places({"w": path}, "parameters")


def test_options_that_do_not_go_together_are_refused(load):
    with pytest.raises(OperandError, match="a signature is that of one function, but Affine is called as"):
        check_backward(load("Affine"), of="linear()", signature="dy, x, w -> dx")
    with pytest.raises(OperandError, match="from a step in float64 only, found dtype='float32'"):
        check_backward(load("Dense"), of="linear()", filters="IO", dtype="float32")


def test_shapes_that_are_given_are_those_of_the_trial(load):
    shapes = {"x": (2, 3, 9, 7), "w": (4, 3, 2, 3)}
    assert check_backward(load("conv_backward_naive"), of="conv2d(padding=1)", shapes=shapes)
    with pytest.raises(OperandError, match=r"Conv2D cannot be called: .* has the shape"):
        check_backward(load("Conv2D"), of="conv2d()", shapes=shapes)


def test_an_autograd_function_is_called_by_its_framework():
    torch = pytest.importorskip("torch")

    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w, b):
            ctx.save_for_backward(x, w)
            return x @ w.T + b

        @staticmethod
        def backward(ctx, dout):
            x, w = ctx.saved_tensors
            return dout @ w, 2 * dout.T @ x, dout.sum(0)

    report = check_backward(Doubled, of="linear()", examples=5)
    assert (report.gradient, report.mistake) == ("dw", "doubled")
