"""A forward pass of a file is the layer, and its backward passes are proved of it, or refuted where they are wrong."""

from pathlib import Path

import pytest

from cnn_symbolic.code.arguments import read_arguments
from cnn_symbolic.code.forwards import NotRead, prove_against_forward, read_call
from cnn_symbolic.code.reading import File
from cnn_symbolic.ground.errors import OperandError

PASSES = Path(__file__).parent.parent / "support" / "passes"
NORMALISATION = File((PASSES / "normalisation.py").read_text(encoding="utf-8"), "normalisation.py")
FEATURES, MAPS, LAST = (f"x ({sizes}), gamma ({c}), beta ({c})" for sizes, c in (("N, D", "D"), ("N, C, H, W", "C"),
                                                                               ("N, H, W, C", "C")))  # fmt: skip


def proof(text, arguments, forward="forward", backward="backward", **options):
    return prove_against_forward(
        File("import numpy as np\n" + text, "mine.py"), forward, backward, arguments, **options
    )


def outcomes(found):
    return {result.name: result.outcome for result in found.results}


@pytest.mark.parametrize(
    ("forward", "backward", "arguments"),
    [
        ("batchnorm_forward", "batchnorm_backward", FEATURES),
        ("batchnorm_forward", "batchnorm_backward_short", FEATURES),
        ("batchnorm_forward", "batchnorm_backward_means", FEATURES),
        ("spatial_forward", "spatial_backward", MAPS),
        ("spatial_forward", "spatial_backward_direct", MAPS),
        ("maps_last_forward", "maps_last_backward", LAST),
    ],
)
def test_batch_normalisation_is_proved_for_all_shapes(forward, backward, arguments):
    found = prove_against_forward(NORMALISATION, forward, backward, arguments)
    assert outcomes(found) == {"dx": "proved", "dgamma": "proved", "dbeta": "proved"}
    theorem = found.results[0].claims[-1].verdict
    assert [str(condition) for condition in theorem.domain] == ["t1 > 0"]


def test_a_wrong_sign_in_batch_normalisation_is_refuted():
    text = NORMALISATION.text.replace("n * dout - dbeta - x_hat", "n * dout - dbeta + x_hat")
    found = prove_against_forward(File(text, "n.py"), "batchnorm_forward", "batchnorm_backward_short", FEATURES)
    assert outcomes(found) == {"dx": "refuted", "dgamma": "proved", "dbeta": "proved"}
    assert dict(found.results[0].wrong.verdict.sizes) == {"N": 2, "D": 1}


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("2 * dy", "proved for all shapes"),
        ("dy", "refuted at N = 1, C = 1"),
        ("np.nansum(dy)", "open: line 5: np.nansum"),
    ],
)
def test_a_proof_is_shown_by_what_was_found(returned, said):
    found = proof(f"def forward(x):\n    return 2 * x\ndef backward(dy):\n    return {returned}\n", "x (N, C)")
    assert repr(found).startswith(f"<Proof of backward: dx {said}")


RELU = """
def forward(x):
    y = np.maximum(x, 0)
    return y, {keep}
def backward(dy, {keep}):
    return dy * ({keep} > 0)
"""
LEAKY = """
def forward(x, slope=0.01):
    return np.where(x > 0, x, slope * x), x
def backward(dy, x, slope=0.01):
    dx = dy.copy()
    dx[x <= 0] *= slope
    return dx
"""
SIGMOID = """
def forward(x):
    y = 1 / (1 + np.exp(-x))
    return y, y
def backward(dy, cache):
    return dy * cache * (1 - cache)
"""
TANH = """
def forward(x):
    y = np.tanh(x)
    return y, y
def backward(dy, y):
    return dy * (1 - y**2)
"""
SOFTMAX = """
def forward(x):
    e = np.exp(x)
    y = e / np.sum(e, axis=1, keepdims=True)
    return y, y
def backward(dy, y):
    return y * (dy - np.sum(dy * y, axis=1, keepdims=True))
"""
AFFINE = """
def forward(x, w, b):
    return x @ w + b, (x, w)
def backward(dy, cache):
    x, w = cache
    return dy @ w.T, x.T @ dy, dy.sum(axis=0)
"""
LAYER_NORM = """
def forward(x, g, b):
    mean = x.mean(-1, keepdims=True)
    scale = 1 / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    h = (x - mean) * scale
    return g * h + b, {"h": h, "scale": scale, "g": g}
def backward(dy, cache):
    h, scale = cache["h"], cache["scale"]
    dh = dy * cache["g"]
    d = h.shape[1]
    dx = scale / d * (d * dh - dh.sum(1, keepdims=True) - h * (dh * h).sum(1, keepdims=True))
    return dx, (dy * h).sum(0), dy.sum(0)
"""
PERCEPTRON = """
def forward(x, w1, b1, w2, b2):
    h = np.maximum(0, x @ w1 + b1)
    p = 1 / (1 + np.exp(-(h @ w2 + b2)))
    return p, (x, h, p, w1, w2)
def backward(dy, cache):
    x, h, p, w1, w2 = cache
    dz = dy * p * (1 - p)
    dh = dz @ w2.T
    dh[h <= 0] = 0
    return dh @ w1.T, x.T @ dh, dh.sum(0), h.T @ dz, dz.sum(0)
"""
CONVOLUTION = """
def forward(x, w, b, stride=1, pad=0):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows, columns = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    y = np.zeros((N, F, rows, columns))
    for n in range(N):
        for f in range(F):
            for i in range(rows):
                for j in range(columns):
                    window = padded[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    y[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return y, (padded, x.shape, w, stride, pad)
def backward(dy, cache):
    padded, (N, C, H, W), w, stride, pad = cache
    F, _, HH, WW = w.shape
    dp, dw = np.zeros_like(padded), np.zeros_like(w)
    for n in range(N):
        for f in range(F):
            for i in range(dy.shape[2]):
                for j in range(dy.shape[3]):
                    rows, columns = slice(i * stride, i * stride + HH), slice(j * stride, j * stride + WW)
                    dw[f] += dy[n, f, i, j] * padded[n, :, rows, columns]
                    dp[n, :, rows, columns] += dy[n, f, i, j] * w[f]
    return dp[:, :, pad : pad + H, pad : pad + W], dw, dy.sum(axis=(0, 2, 3))
"""
COST = """
def cost(p, t):
    return np.sum((p - t) ** 2) / (2 * len(p))
def backward(p, t):
    return (p - t) / len(p)
"""
RIGHT = {
    "relu": (RELU.replace("{keep}", "x"), "x (N, D)"),
    "relu of its result": (RELU.replace("{keep}", "y"), "x (N, D)"),
    "leaky": (LEAKY, "x (N, D)"),
    "leaky with any slope": (LEAKY, "x (N, D), slope ()"),
    "sigmoid": (SIGMOID, "x (N, D)"),
    "tanh": (TANH, "x (N, D)"),
    "softmax": (SOFTMAX, "x (N, C)"),
    "affine": (AFFINE, "x (N, C), w (C, K), b (K)"),
    "layer normalisation": (LAYER_NORM, "x (N, D), g (D), b (D)"),
    "perceptron": (PERCEPTRON, "x (N, D), w1 (D, H), b1 (H), w2 (H, C), b2 (C)"),
    "convolution": (CONVOLUTION, "x (N, C, H, W), w (K, C, I, J), b (K), stride=S, pad=P>=0"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_passes_are_proved(name):
    found = proof(*RIGHT[name])
    assert set(outcomes(found).values()) == {"proved"}, [(r.name, r.reason) for r in found.results]
    assert not found.failing


def test_a_convolution_is_proved_for_every_stride_where_its_overlay_fits():
    found = proof(*RIGHT["convolution"])
    assert {result.evidence for result in found.results} == {"all shapes, every S"}
    assert str(found.definition.layer) == f"forward({RIGHT['convolution'][1]})"


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("tanh", "1 - y**2", "1 - y"),
        ("sigmoid", "(1 - cache)", "(1 + cache)"),
        ("softmax", "dy * y, axis=1", "dy, axis=1"),
        ("affine", "dy.sum(axis=0)", "dy.mean(axis=0)"),
        ("perceptron", "h <= 0", "h > 0"),
        ("leaky", "*= slope", "= 0"),
        ("convolution", "dy[n, f, i, j] * w[f]", "dy[n, f, i, j] * w[f, :, ::-1]"),
    ],
)
def test_planted_mistakes_are_never_proved(name, right, wrong):
    text, arguments = RIGHT[name]
    assert right in text
    assert proof(text.replace(right, wrong), arguments).outcome == "refuted"


def test_what_arrives_at_a_cost_is_one():
    found = proof(COST, "p (N, C), t (N, C)", "cost", signature="p, t -> dp")
    assert outcomes(found) == {"dp": "proved"}
    assert (
        proof(COST.replace("/ len(p)\n", "\n"), "p (N, C), t (N, C)", "cost", signature="p, t -> dp").outcome
        == "refuted"
    )


def test_sizes_that_a_forward_pass_takes_apart_need_no_arguments():
    text = "def forward(x):\n    N, C, H, W = x.shape\n    return x.reshape(N, -1), x.shape\n"
    found = proof(text + "def backward(dy, shape):\n    return dy.reshape(shape)\n", None)
    assert found.outcome == "proved"
    assert str(found.definition.layer) == "forward(x (N, C, H, W))"


def test_a_forward_pass_that_changes_its_argument_hands_on_what_it_made_of_it():
    text = "def forward(x):\n    x *= 2\n    return x * x, x\ndef backward(dy, x):\n    return {} * dy * x\n"
    assert proof(text.replace("{}", "4"), "x (N)").outcome == "proved"
    assert proof(text.replace("{}", "2"), "x (N)").outcome == "refuted"


def test_where_the_forward_pass_refuses_no_layer_is_defined():
    text = "def forward(x):\n    assert len(x) > 1\n    return x[1:] - x[:-1], None\n"
    text += "def backward(dy, _):\n    dx = np.zeros(len(dy) + 1)\n    dx[1:] += dy\n    dx[:-1] -= dy\n    return dx\n"
    assert proof(text, "x (N)").outcome == "proved"


def test_arrays_may_be_called_as_results_are_named():
    text = "def forward(t1, y, dy):\n    return np.exp(2 * t1) * y * dy, None\n"
    text += "def backward(g, _):\n    return g\n"
    found = proof(text, "t1 (N), y (N), dy (N)", signature="dy, cache -> dt1")
    assert found.outcome != "proved"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("x (N", "an array with the sizes of its axes"),
        ("x (N), z (N)", "no parameter z: it has x"),
        ("", "forward needs x, too"),
        (None, "write --arguments 'x (…)'"),
        ("x (N), x (N)", "the argument x is there twice"),
        ("x (n + 1)", "a name, such as N, a number of at least 1, or a product"),
        ("x (N), N (K)", "N is an array and a size"),
        ("x (N), k=f(1)", "an option is a number"),
        ("x (N), k=S, l=S>=0", "S is at least 1 at one place, and 0 at another"),
        ("x (N), k=1e999", "an option is a number"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, said):
    text = "def forward(x):\n    return x, x\ndef backward(dy, x):\n    return dy\n"
    with pytest.raises(OperandError) as found:
        proof(text, arguments)
    assert said in str(found.value)


def test_arguments_are_written_as_they_are_read():
    text = "x (N, 2), w (2, K), b (), stride=S, padding=(P>=0, 1), least=T>=2, mode='same', eps=1e-05, flag=None"
    assert str(read_arguments(text)) == text


def test_what_cannot_be_read_is_said():
    with pytest.raises(NotRead, match=r"forward is not read: line 3: np.sort is not known"):
        proof("def forward(x):\n    return np.sort(x), x\ndef backward(dy, x):\n    return dy\n", "x (N)")


@pytest.mark.parametrize("text", ["dy -> ", "dy", "dy -> dx -> dw", "d y -> dx"])
def test_what_is_no_signature_is_refused(text):
    with pytest.raises(OperandError, match=r"dy, cache -> dx, dw"):
        read_call(text)


def test_a_gradient_of_no_array_is_refused():
    text, arguments = RIGHT["affine"]
    with pytest.raises(OperandError, match="dv is the gradient of no array of forward: they are dx, dw, db"):
        proof(text, arguments, signature="dy, cache -> dx, dv, _")


# Labels and maxima

STABLE = SOFTMAX.replace("np.exp(x)", "np.exp(x - np.max(x, axis=1, keepdims=True))")
ENTROPY = """
def forward(x, t):
    n = len(x)
    e = np.exp(x{shift})
    p = e / np.sum(e, axis=1, keepdims=True)
    return -np.sum(np.log(p[np.arange(n), t])) / n, (p, t)
def backward(cache):
    p, t = cache
    n = p.shape[0]
    dx = p.copy()
    dx[np.arange(n), t] -= 1
    return dx / n
"""
OF_ROWS = """
def forward(x, t):
    e = np.exp(x{shift})
    p = e / e.sum(axis=1, keepdims=True)
    return -np.sum(t * np.log(p)) / len(x), (p, t)
def backward(cache):
    p, t = cache
    return (p - t) / len(p)
"""
LOGITS = """
def forward(x, t):
    shifted = x{shift}
    logp = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    n = x.shape[0]
    return -np.sum(logp[np.arange(n), t]) / n, (np.exp(logp), t)
def backward(cache):
    p, t = cache
    dx = p.copy()
    dx[np.arange(len(p)), t] -= 1
    dx /= len(p)
    return dx
"""
SHIFT = " - x.max(axis=1, keepdims=True)"
COSTS = [
    (ENTROPY, "x (N, C), t (N) in C"),
    (OF_ROWS, "x (N, C), t (N, C) in one_hot"),
    (LOGITS, "x (N, C), t (N) in C"),
]


def test_a_softmax_that_is_shifted_by_its_maximum_is_proved():
    assert proof(STABLE, "x (N, C)").outcome == "proved"


@pytest.mark.parametrize("shift", ["", SHIFT])
@pytest.mark.parametrize(("text", "arguments"), COSTS)
def test_softmax_with_cross_entropy_is_proved_for_all_labels(text, arguments, shift):
    assert outcomes(proof(text.replace("{shift}", shift), arguments)) == {"dx": "proved"}


@pytest.mark.parametrize("shift", ["", SHIFT])
@pytest.mark.parametrize(
    ("text", "arguments", "right", "wrong"),
    [
        (*COSTS[0], "-= 1", "-= 2"),
        (*COSTS[0], "return dx / n", "return dx"),
        (*COSTS[1], "(p - t) /", "(p + t) /"),
    ],
)
def test_mistakes_in_cross_entropy_are_refuted(text, arguments, right, wrong, shift):
    assert right in text
    assert proof(text.replace(right, wrong).replace("{shift}", shift), arguments).outcome == "refuted"


def test_what_holds_for_labels_alone_is_not_refuted_for_others():
    text = "def forward(x, t):\n    return np.sum(x * t), t\ndef backward(t):\n    return t * t\n"
    found = proof(text, "x (N, C), t (N, C) in one_hot", signature="cache -> dx")
    assert outcomes(found) == {"dx": "open"}
    assert "no labels" in found.results[0].reason


def test_rows_of_any_numbers_are_no_labels():
    text, _ = COSTS[1]
    assert proof(text.replace("{shift}", ""), "x (N, C), t (N, C)", signature="cache -> dx").outcome == "refuted"


def test_the_maximum_is_what_a_cost_depends_on():
    text = "def forward(x):\n    return np.max(x, axis=1), x\ndef backward(dy, x):\n    return {}\n"
    assert proof(text.replace("{}", "np.zeros_like(x)"), "x (N, C)").outcome == "refuted"


def test_labels_are_written_as_they_are_read():
    text = "x (N, C), t (N) in C, u (N, C) in one_hot"
    assert str(read_arguments(text)) == text
    for wrong in ("t (N) in f(C)", "t in C", "t () in one_hot"):
        with pytest.raises(OperandError):
            read_arguments(wrong)


FLATTENED = """
def forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w)
def backward(dy, cache):
    x, w = cache
    return (dy @ w.T).reshape(x.shape), x.reshape(x.shape[0], -1).T @ dy, dy.sum(axis=0)
"""


def test_an_axis_may_have_all_cells_of_several_ones():
    arguments = "x (N, C, H, W), w (C*H*W, K), b (K)"
    found = proof(FLATTENED, arguments)
    assert outcomes(found) == {"dx": "proved", "dw": "proved", "db": "proved"}
    assert str(found.definition.layer) == f"forward({arguments})"
    assert outcomes(proof(FLATTENED.replace(".T @ dy", ".T @ dy * 2"), arguments))["dw"] == "refuted"
    with pytest.raises(OperandError, match="no products"):
        read_arguments("t (N*M) in C")
