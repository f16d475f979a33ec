"""Two functions are compared for all sizes: what is proved, refuted and left open, and what runs beside it."""

import numpy as np
import pytest

from cnn_symbolic.backward.agreement.reading_both import same
from cnn_symbolic.backward.agreement.report import text_of, value_of
from cnn_symbolic.code.reading import File
from cnn_symbolic.code.same import compare
from cnn_symbolic.ground.errors import DisagreementError, OperandError

NAIVE = """
import numpy as np

def naive(x, w, stride=1, pad=0):
    N, C, H, W = x.shape
    K, _, I, J = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows, columns = (H + 2 * pad - I) // stride + 1, (W + 2 * pad - J) // stride + 1
    y = np.zeros((N, K, rows, columns))
    for n in range(N):
        for k in range(K):
            for i in range(rows):
                for j in range(columns):
                    window = padded[n, :, i * stride : i * stride + I, j * stride : j * stride + J]
                    y[n, k, i, j] = np.sum(window * w[k])
    return y
"""
FAST = """
import numpy as np

def fast(x, w, stride=1, pad=0):
    N, C, H, W = x.shape
    K, _, I, J = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows, columns = (H + 2 * pad - I) // stride + 1, (W + 2 * pad - J) // stride + 1
    patches = np.zeros((N, C, I, J, rows, columns))
    for i in range(I):
        for j in range(J):
            patches[:, :, i, j] = padded[:, :, i : i + stride * rows : stride, j : j + stride * columns : stride]
    flat = patches.transpose(0, 4, 5, 1, 2, 3).reshape(N * rows * columns, -1)
    return (flat @ w.reshape(K, -1).T).reshape(N, rows, columns, K).transpose(0, 3, 1, 2)
"""
CONVOLUTION = "x (N, C, H, W), w (K, C, I, J), stride=S, pad=P>=0"


def read(first, second, arguments, f="f", g="g", assuming=()):
    texts = [text if "import" in text else f"import numpy as np\n{text}" for text in (first, second)]
    return compare((File(texts[0], "a.py"), f), (File(texts[1], "b.py"), g), arguments, assuming)


def lambdas(first, second, arguments="x (N, C)"):
    return read(f"def f(x): return {first}\n", f"def g(x): return {second}\n", arguments)


def test_patches_in_a_matrix_are_the_loops_for_every_stride_and_padding():
    found = read(NAIVE, FAST, CONVOLUTION, "naive", "fast")
    assert (found.outcome, found.evidence) == ("proved", "all shapes, every S")
    assert [str(each) for each in found.domain] == ["I <= H + 2*P and J <= 2*P + W"]


def test_a_flipped_filter_is_refuted_at_the_smallest_shape_with_its_condition():
    found = read(NAIVE, FAST.replace("@ w.", "@ w[:, :, ::-1]."), CONVOLUTION, "naive", "fast")
    assert found.outcome == "refuted"
    assert sum(found.wrong.at.values()) == 10
    assert str(found.wrong.verdict.holds_when) == "I == 1 or (H == 1 and I == 2*P + 1)"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("x.sum(0) / len(x)", "np.mean(x, axis=0)"),
        ("x.var(0)", "(x**2).mean(0) - x.mean(0) ** 2"),
        ("np.sqrt(x.var(0) + 1)", "np.sqrt(((x - x.mean(0)) ** 2).sum(0) / x.shape[0] + 1)"),
        ("(x, {'a': x.T})", "(x + 0, {'a': np.swapaxes(x, 0, 1)})"),
        ("x.shape[0] // 2", "(len(x) - len(x) % 2) / 2"),
        ("np.maximum(x, 0)", "x * (x > 0)"),
    ],
)
def test_right_rewritings_are_proved(first, second):
    assert lambdas(first, second).outcome == "proved"


@pytest.mark.parametrize(
    ("first", "second", "sizes"),
    [
        ("x.sum(0)", "x.sum(1)", {"N": 2, "C": 1}),
        ("x.sum(0)", "x.mean(0)", {"N": 2, "C": 1}),
        ("x[:-1]", "x[1:]", {"N": 2, "C": 1}),
        ("(x, x)", "x", {"N": 1, "C": 1}),
        ("(x, x)", "(x, x, x)", {"N": 1, "C": 1}),
        ("x", "None", {"N": 1, "C": 1}),
        ("x.sum()", "x", {"N": 1, "C": 1}),
        ("{'a': x}", "{'b': x}", {"N": 1, "C": 1}),
    ],
)
def test_wrong_rewritings_are_refuted(first, second, sizes):
    found = lambdas(first, second)
    assert found.outcome == "refuted"
    assert dict(found.wrong.at) == sizes


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("np.sort(x)", "np.sort(x)"),
        ("1 / (1 + np.exp(-x))", "np.exp(x) / (1 + np.exp(x))"),
        ("(x > 0) * x", "(x >= 0) * (x + 0)"),
    ],
)
def test_what_is_not_decided_is_open(first, second):
    found = lambdas(first, second)
    assert found.outcome == "open"
    assert found.reason


def test_comparisons_with_zero_are_exact():
    assert lambdas("(x > 0) * 1.0", "(x >= 0) * 1.0").outcome != "proved"
    assert lambdas("(x < 0) * 1.0", "(x <= 0) * 1.0").outcome != "proved"
    assert lambdas("(x < 0) * 1.0", "1 - (x >= 0)").outcome == "proved"


def test_the_famous_empty_slice_is_found():
    first, second = "def f(x, p): return x[p:-p]\n", "def g(x, p): return x[p : len(x) - p]\n"
    found = read(first, second, "x (N), p=P>=0")
    assert found.outcome == "refuted"
    assert found.wrong.at["P"] == 0
    assert read(first, second, "x (N), p=P").outcome == "proved"


def test_a_function_that_fails_where_the_other_one_returns_is_not_the_same():
    found = read("def f(x): return x\n", "def g(x):\n    if len(x) == 3: return x[5]\n    return x\n", "x (N, C)")
    assert found.outcome == "refuted"
    assert (found.wrong.at["N"], found.wrong.line) == (3, 3)


def test_where_a_function_refuses_on_purpose_nothing_is_claimed():
    guarded = "def f(x):\n    assert len(x) > 1\n    return x.sum(0) / (len(x) - 1)\n"
    found = read(guarded, "def g(x): return x.sum(0) / (x.shape[0] - 1)\n", "x (N, C)")
    assert found.outcome == "proved"
    assert [str(each) for each in found.domain] == ["N >= 2"]


def test_each_function_has_arguments_of_its_own():
    changing = "def f(x):\n    x += 1\n    return x\n"
    assert read(changing, "def g(x): return x + 1\n", "x (N)").outcome == "proved"
    assert read("def f(x): return x + 1\n", changing.replace("def f", "def g"), "x (N)").outcome == "proved"


def test_arguments_fit_both_functions():
    with pytest.raises(OperandError, match="g has no parameter x: it has y"):
        read("def f(x): return x\n", "def g(y): return y\n", "x (N)")


def test_labels_are_those_of_forward_passes():
    with pytest.raises(OperandError, match="labels, such as t, are arguments of forward passes alone"):
        read("def f(t): return t\n", "def g(t): return t\n", "t (N) in C")


# Run


def write(folder, name, text):
    (folder / name).write_text(f"import numpy as np\n{text}")
    return folder / name


def files(folder, first, second):
    return f"{write(folder, 'a.py', first)}:f", f"{write(folder, 'b.py', second)}:g"


def test_what_was_read_is_run_in_processes_of_its_own(tmp_path):
    found = same(*files(tmp_path, "def f(x): return x.T @ x\n", "def g(x): return np.dot(x.T, x)\n"), "x (N, C)")
    assert found.outcome == "proved"
    assert len(found.runs) == 4
    assert not any(run.difference for run in found.runs)
    assert text_of(found).splitlines()[0].startswith("✓")


def test_a_counterexample_is_shown_as_it_runs(tmp_path):
    found = same(*files(tmp_path, "def f(x): return x.sum(0)\n", "def g(x): return x.mean(0)\n"), "x (N, C)")
    assert found.outcome == "refuted"
    assert found.shown.sizes == {"N": 2, "C": 1}
    assert found.shown.difference
    assert "the same exactly where N = 1" in text_of(found)
    assert value_of(found)["counterexample"]["sizes"] == {"N": 2, "C": 1}


def test_what_cannot_be_read_is_refuted_by_running(tmp_path):
    found = same(*files(tmp_path, "def f(x): return np.sort(x)\n", "def g(x): return np.sort(x)[::-1]\n"), "x (N)")
    assert (found.outcome, found.evidence) == ("refuted", "refuted by running")
    assert "np.sort is not known" in text_of(found)


def test_functions_of_this_process_are_compared():
    found = same(mean_of_rows, mean_by_division, "x (N, C)")
    assert found.outcome == "proved"


def mean_of_rows(x):
    return np.mean(x, axis=0)


def mean_by_division(x):
    return x.sum(axis=0) / len(x)


def test_a_function_that_is_not_what_its_text_says_is_an_error_of_the_tool(tmp_path):
    """As it would be if something were misread: here the text that runs is changed while it is imported."""
    text = "def f(x): return x\n"
    patched = f"{text}getattr(f, '_' * 2 + 'globals__')['f'] = lambda x: x + 1\n"
    with pytest.raises(DisagreementError, match="read and run differ"):
        same(*files(tmp_path, patched, text.replace("def f", "def g")), "x (N)")


@pytest.mark.parametrize(("named", "said"), [("mine.f", "named as mine.py:function"), ("no.py:f", "cannot be read")])
def test_what_is_no_function_of_a_file_is_refused(named, said):
    with pytest.raises(OperandError, match=said):
        same(named, named, "x (N)")


def test_conditions_on_the_sizes_may_be_text(tmp_path):
    named = files(tmp_path, "def f(x): return x[:1]\n", "def g(x): return x[-1:]\n")
    assert same(*named, "x (N)").outcome == "refuted"
    assert same(*named, "x (N)", assuming=["N <= 1"]).outcome == "proved"
