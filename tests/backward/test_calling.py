"""Signatures and layouts, and what a call of a function does instead of returning arrays."""

import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_symbolic.backward import conv1d, conv2d, conv3d, conv_transpose2d, max_pool2d, upsample_nearest2d
from cnn_symbolic.backward.calling import load_function, read_layout, read_shapes
from cnn_symbolic.backward.calls.answers import CallArguments, Called, Misbehaviour, named_results, returning
from cnn_symbolic.backward.calls.callees import Here
from cnn_symbolic.backward.calls.importing import about
from cnn_symbolic.backward.calls.signatures import canonical_name, read_signature, signature_of
from cnn_symbolic.ground.errors import CnnSymbolicError, ModeError, OperandError, ShapeError

# Signatures.


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("dy, x, w -> dx, dw, db", "dy, x, w -> dx, dw, db"),
        ("grad_output, input, weight, bias -> grad_input, grad_weight, grad_bias", "dy, x, w, b -> dx, dw, db"),
        ("δ, filters, x_shape, stride -> (dx, _)", "dy, w, x_shape, stride -> dx, _"),
        ("x, w -> y", "x, w -> y"),
    ],
)
def test_signatures_and_their_other_names(text, written):
    assert str(read_signature(text, conv2d())) == written


@pytest.mark.parametrize(
    ("text", "layer", "message"),
    [
        ("dy, x, w", conv2d(), "a signature is written as"),
        ("dy, y -> dx -> dw", conv2d(), "a signature is written as"),
        ("dy, x, wieght -> dx", conv2d(), "conv2d has no 'wieght', did you mean weight?"),
        ("dy, x, w -> dx", max_pool2d(2), "max_pool2d has no 'w'"),
        ("dy, places -> dx", conv2d(), "has no 'places'"),
        ("dy, x, x -> dx", conv2d(), "none twice"),
        ("dy, x, w -> dx, dx", conv2d(), "none twice"),
        ("dy -> ", conv2d(), "at least one name"),
        ("dy -> _", conv2d(), "at least one result has a name"),
    ],
)
def test_a_wrong_signature_is_explained(text, layer, message):
    with pytest.raises(OperandError, match=message):
        read_signature(text, layer)


def with_attribute(dy, x):
    return x


with_attribute.signature = "dy, x, w, b -> y, dx, dw, db"


@pytest.mark.parametrize(
    ("function", "layer", "written"),
    [
        (lambda dy, x, w: 0, conv2d(), "dy, x, w -> dx, dw, db"),
        (lambda x, w, grad_output: 0, conv2d(), "x, w, dy -> dx, dw, db"),
        (lambda x, w, g, *, stride=1, unknown=0: 0, conv2d(), "x, w, dy, stride= -> dx, dw, db"),
        (lambda X, K, dL_dOut, k=3: 0, conv2d(), "x, w, dy -> dx, dw, db"),
        (lambda A_prev, W, dA: 0, conv2d(), "x, w, dy -> dx, dw, db"),
        (lambda dvalues, X, kernels, strides, pad: 0, conv2d(), "dy, x, w, stride, padding -> dx, dw, db"),
        (lambda *arrays: 0, conv2d(), "dy, x, w -> dx, dw, db"),
        (lambda x, dout: 0, max_pool2d(2), "x, dy -> dx"),
        (lambda upstream: 0, upsample_nearest2d(2), "dy -> dx"),
        (max, max_pool2d(2), "dy, x -> dx"),
        (with_attribute, conv2d(), "dy, x, w, b -> y, dx, dw, db"),
        (with_attribute, max_pool2d(2), "dy, x -> y, dx"),
    ],
)
def test_the_default_follows_the_parameters(function, layer, written):
    assert str(signature_of(function, layer)) == written


class Unbound:
    def backward(self, dout):
        return dout


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda dout, extra: 0, "parameters understood: dout as dy; not understood: extra.*--signature 'dy, x, w -> "),
        (lambda p, q, r: 0, "understood: none; not understood: p, q, r"),
        (lambda dy, x, w, inputs: 0, "not understood: two of them, which are the same"),
        (lambda x, w, b: 0, "takes no gradient dy of the result: is it the forward pass.*--signature 'x, w, b -> y'"),
        (
            Unbound.backward,
            "Unbound.backward is a method that is not bound.*: check its class, as mine.py:Unbound",
        ),
    ],
)
def test_parameters_that_are_not_understood_are_refused(function, message):
    with pytest.raises(OperandError, match=message):
        signature_of(function, conv2d())


def test_a_bound_method_is_understood():
    assert str(signature_of(Unbound().backward, upsample_nearest2d(2))) == "dy -> dx"


SHAPES = {"dx": (1, 2), "dw": (3,), "db": (1,)}
DX, DW, DB = (np.zeros(shape) for shape in SHAPES.values())


@pytest.mark.parametrize(
    ("returned", "outputs"),
    [
        ((DX, DW, DB), ("dx", "dw", "db")),
        ([DX, DW], ("dx", "dw")),
        ({"dX": DX, "grad_weights": DW, "dB": DB}, ("dx", "dw", "db")),
        ({"dA_prev": DX, "dW": DW, "loss": 1.0}, ("dx", "dw")),
        (None, ("dx", "dw", "db")),
    ],
)
def test_results_are_those_that_a_function_returns(returned, outputs):
    answer = Called(lambda: returned)(CallArguments({}, ()))
    signature = returning(signature_of(lambda dy, x, w: 0, conv2d()), answer, SHAPES, "mine")
    assert signature.outputs == outputs
    assert signature.origin.endswith("db was not given") == ("db" not in outputs)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (DX, "mine returns 1 value, expected dx, dw, db: .*--signature 'dy, x, w -> dx'"),
        ((DX, DB), "mine returns 2 values.*--signature 'dy, x, w -> dx, dw'"),
        ((DX, DW, DB, 1), "mine returns 4 values.*--signature 'dy, x, w -> dx, dw, db, _'"),
        ({"dW": DW}, "mine returns a table of dW, expected dx, dw, db"),
    ],
)
def test_results_that_do_not_fit_are_refused(returned, message):
    answer = Called(lambda: returned)(CallArguments({}, ()))
    with pytest.raises(OperandError, match=message):
        returning(signature_of(lambda dy, x, w: 0, conv2d()), answer, SHAPES, "mine")


@pytest.mark.parametrize(
    ("word", "name"),
    [
        *(
            ("d_weights", "dw"),
            ("dL_dW", "dw"),
            ("kernel_grad", "dw"),
            ("weights_gradient", "dw"),
            ("gradInputs", "dx"),
        ),
        *(("da_prev", "dx"), ("dA", "dy"), ("dl_dz", "dy"), ("output_gradient", "dy"), ("dbiases", "db"), ("gx", "dx")),
        *(("dilation", "dilation"), ("gamma", "gamma"), ("groups", "groups"), ("depth", "depth")),
    ],
)
def test_gradients_are_known_by_the_name_of_what_they_are_of(word, name):
    assert canonical_name(word) == name


# Layouts.


@pytest.mark.parametrize(
    ("layer", "layout", "filters", "axes"),
    [
        (conv2d(), "NHWC", "HWIO", ([0, 2, 3, 1], [2, 3, 1, 0])),
        (conv3d(), "NDHWC", None, ([0, 2, 3, 4, 1], [0, 1, 2, 3, 4])),
        (conv1d(), "NWC", "WIO", ([0, 2, 1], [2, 1, 0])),
        (conv_transpose2d(), None, "OIHW", ([0, 1, 2, 3], [1, 0, 2, 3])),
    ],
)
def test_axes_are_moved(layer, layout, filters, axes):
    arrays = read_layout(layer, layout, filters)
    for name, order in zip(("x", "w"), axes, strict=True):
        array = np.arange(np.prod(range(2, len(order) + 2))).reshape(range(2, len(order) + 2))
        found = arrays.to_user(name, array)
        np.testing.assert_array_equal(found, array.transpose(order))
        assert arrays.to_canonical(name, found.shape) == array.shape


def test_letters_that_are_left_out_are_axes_of_size_one():
    arrays = read_layout(conv2d(), "HW", "HW")
    assert arrays.ones == frozenset("NCOI")
    assert arrays.to_user("dx", np.zeros((1, 1, 2, 3))).shape == (2, 3)
    assert arrays.to_user("dx", np.zeros((4, 1, 2, 3))).shape == (4, 1, 2, 3)
    assert arrays.to_canonical("w", (2, 3)) == (1, 1, 2, 3)
    assert read_layout(conv2d(), "HW", None).filters == "HW"
    assert read_layout(conv1d(), "CL", None).to_canonical("x", (5, 6)) == (1, 5, 6)


@given(st.permutations("NCHW"), st.permutations("OIHW"), st.booleans())
def test_flipped_filters_are_flipped_and_the_others_are_not(layout, filters, flipped):
    arrays = read_layout(conv2d(), "".join(layout), "".join(filters), flipped)
    array = np.arange(120).reshape(2, 3, 4, 5)
    w = array[:, :, ::-1, ::-1] if flipped else array
    np.testing.assert_array_equal(arrays.to_user("w", array), w.transpose(["OIHW".index(a) for a in filters]))
    np.testing.assert_array_equal(arrays.to_user("x", array), array.transpose(["NCHW".index(a) for a in layout]))


@pytest.mark.parametrize(
    ("layer", "layout", "filters", "message"),
    [
        (conv2d(), "NCH", None, "layout of conv2d has H and W once each"),
        (conv2d(), None, "HWIOO", "filters of conv2d has H and W once each"),
        (conv2d(), "NCHX", None, "found 'NCHX'"),
        (conv2d(groups=2), "HW", "HW", "layout needs the letter C"),
    ],
)
def test_a_wrong_layout_is_explained(layer, layout, filters, message):
    with pytest.raises(ModeError, match=message):
        read_layout(layer, layout, filters)


def test_shapes_are_read():
    assert read_shapes(["x=1,64,56,56", "w = (4, 4)"]) == [{"x": (1, 64, 56, 56), "w": (4, 4)}]
    assert read_shapes(["w=1", "x=2", "x=3", "w=4", "w=5"]) == [
        {"w": (1,), "x": (2,)},
        {"x": (3,), "w": (4,)},
        {"w": (5,)},
    ]
    with pytest.raises(ShapeError, match="a shape is written as x=1,64,56,56, found 'x=a'"):
        read_shapes(["x=a"])


# Calls.


def fails(dy):
    raise ValueError("too small")


def called(function, text="dy -> dx, db", timeout=5.0):
    signature = read_signature(text, conv2d())
    answer = Here(function, about(function), timeout).call(CallArguments({"dy": np.ones(2)}, signature.inputs))
    return named_results(answer, signature)


@pytest.mark.parametrize(
    "returned", [lambda a, b: (a, b), lambda a, b: [a, b], lambda a, b: {"db": b, "grad_input": a}]
)
def test_results_are_a_tuple_a_list_or_a_dict(returned):
    results = called(lambda dy: returned(dy, 2 * dy))
    assert results["dx"].tolist() == [1, 1]
    assert results["db"].tolist() == [2, 2]


def test_one_result_needs_no_tuple():
    assert called(lambda dy: dy, "dy -> dx")["dx"].tolist() == [1, 1]
    assert called(lambda dy: (dy,), "dy -> dx")["dx"].tolist() == [1, 1]
    assert list(called(lambda dy: (dy, None), "dy -> dx, _")) == ["dx"]


@pytest.mark.parametrize(
    ("function", "kind", "message"),
    [
        (lambda dy: (dy, dy, dy), "outputs", r"returns 3 values, expected 2 \(dx, db\)"),
        (lambda dy: None, "outputs", "returns None, expected 2"),
        (lambda dy: {"dx": dy}, "outputs", "the dict has no db, found dx"),
        (lambda dy: (dy, [1.0]), "outputs", "db is not an array, found list"),
        (lambda dy: (dy, dy.astype(complex)), "dtype", "db has the dtype complex128"),
        (lambda dy: time.sleep(9), "timeout", "did not return within 0.2 s"),
        (fails, "refusal", r"ValueError: too small \(.*test_calling.py, line \d+: raise ValueError"),
        (lambda dy: sys.exit(3), "exception", "SystemExit: 3"),
        (lambda dy: np.dot(dy, np.ones(3)), "exception", r"ValueError: .*test_calling.py"),
    ],
)
def test_misbehaviour_is_named(function, kind, message):
    with pytest.raises(Misbehaviour, match=message) as caught:
        called(function, timeout=0.2)
    assert caught.value.kind == kind


# Loading.


def test_functions_are_loaded_by_module_and_by_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "mine_to_load.py").write_text("class Layer:\n    def backward(dy): return dy\n", encoding="utf-8")
    assert load_function("mine_to_load:Layer.backward")(3) == 3
    assert load_function(str(tmp_path / "mine_to_load.py") + ":Layer.backward")(3) == 3
    with pytest.raises(OperandError, match=r"mine_to_load has no 'Layr', did you mean Layer\?"):
        load_function("mine_to_load:Layr")
    (tmp_path / "broken_to_load.py").write_text("1/0", encoding="utf-8")
    for text, message in [
        ("broken_to_load:f", "cannot be imported: ZeroDivisionError"),
        ("not_there_to_load:f", "cannot be imported: ModuleNotFoundError"),
        ("not_there.py:f", "cannot be imported: FileNotFoundError"),
        ("mine", "module:function or file.py:function"),
    ]:
        with pytest.raises(CnnSymbolicError, match=message):
            load_function(text)
