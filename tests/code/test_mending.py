"""The line whose change mends a wrong pass: the change that was planted is taken back, and is proved to suffice."""

import pytest

from cnn_symbolic.backward.forwards import read_forward
from cnn_symbolic.code.calling import PassCall
from cnn_symbolic.code.mending import mend
from cnn_symbolic.code.mending.texts import CodeText
from cnn_symbolic.code.proving import prove
from cnn_symbolic.code.reading import File
from cnn_symbolic.layers.definitions import definition
from tests.support.thorough import every

LOOPS = """\
import numpy as np


def backward(dy, x, w, stride):
    N, C, L = x.shape
    K, _, I = w.shape
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for n in range(N):
        for k in range(K):
            for r in range(dy.shape[2]):
                start = r * stride
                dw[k] += dy[n, k, r] * x[n, :, start:start + I]
                dx[n, :, start:start + I] += dy[n, k, r] * w[k]
    return dx, dw, dy.sum(axis=(0, 2))
"""
PADDED = """\
import numpy as np


def backward(dy, x, w, stride, padding):
    N, C, H, W = x.shape
    K, C, I, J = w.shape
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for r in range(dy.shape[2]):
        for c in range(dy.shape[3]):
            top, left = r * stride, c * stride
            padded[:, :, top:top + I, left:left + J] += np.einsum("nk,kcij->ncij", dy[:, :, r, c], w)
    return padded[:, :, padding:padding + H, padding:padding + W]
"""
DENSE = """\
import numpy as np


def backward(dy, x, w):
    return dy @ w, dy.T @ x, dy.sum(axis=0)
"""
CONV1D = LOOPS, "conv1d(stride=S)", PassCall(("dy", "x", "w", "stride"), ("dx", "dw", "db"))
CONV2D = PADDED, "conv2d(stride=S, padding=P)", PassCall(("dy", "x", "w", "stride", "padding"), ("dx",))
LINEAR = DENSE, "linear()", PassCall(("dy", "x", "w"), ("dx", "dw", "db"))
# A pass, what stands in it, what is planted there, the line, and words of the mistake.
PLANTED = [
    (CONV1D, "start:start + I] += dy", "start:start + I] = dy", 13, "= in place of +="),
    (CONV1D, "start = r * stride", "start = r", 11, "the stride is forgotten"),
    (CONV1D, "axis=(0, 2)", "axis=(0, 1)", 14, "axis 1 in place of axis 2"),
    (LINEAR, "dy.sum(axis=0)", "dy.mean(axis=0)", 5, "mean in place of sum"),
    (LINEAR, "dy @ w,", "2 * dy @ w,", 5, "multiplied by 2"),
    (CONV2D, "padding:padding + H, padding:padding + W", "padding:-padding, padding:-padding", 12, "is empty"),
    (CONV2D, "left:left + J", "left:left + I", 11, "I in place of J"),
]


def proved(of, text):
    return prove(File(text, "file.py"), "backward", definition(read_forward(of)), PASSES[of])


PASSES = {of: call for _, of, call in (CONV1D, CONV2D, LINEAR)}


@pytest.mark.parametrize(("right", "old", "new", "line", "words"), every(3, PLANTED))
def test_a_planted_mistake_is_mended_at_its_line(right, old, new, line, words):
    text, of, call = right
    wrong = proved(of, text.replace(old, new))
    found = mend(wrong, call, longest=30)
    assert (found.line, found.function, found.left) == (line, "backward", ())
    assert words in found.words
    assert found.old in wrong.file.text
    assert found.new in found.text
    assert found.mended == tuple(result.name for result in wrong.results if result.outcome != "proved")
    assert proved(of, found.text).outcome == "proved"


def test_a_mend_reads_as_a_line_with_what_stands_there_and_what_is_to():
    text, of, call = CONV1D
    found = mend(proved(of, text.replace("start = r * stride", "start = r")), call)
    assert str(found) == "line 11: `start = r` → `start = r * stride`: the stride is forgotten"


def test_what_no_small_change_mends_has_none():
    text, of, call = LINEAR
    assert mend(proved(of, text.replace("dy @ w,", "np.zeros(x.shape),")), call, longest=0.5) is None


def test_edits_keep_what_stands_around_them():
    code = CodeText("é = a[i:i + 1]  # é\nb = (x - y) * 2\n")
    assert [code.of(node.value) for node in code.tree.body] == ["a[i:i + 1]", "(x - y) * 2"]
    difference = code.tree.body[1].value.left
    assert code.fitting(difference, "x + y") == "x + y"
    assert code.fitting(code.tree.body[1].value.right, "n + 1") == "(n + 1)"
    assert (code.line(code.span(difference)[0]), code.column(code.span(difference)[0])) == (2, 6)
