"""A backward pass is read and run: what is proved of it, what is said of that, and that both ways have to agree."""

import json
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location

import numpy as np
import pytest

from cnn_symbolic.backward import BackwardError, assert_backward, check_backward, prove_backward, reading
from cnn_symbolic.backward.opening import CodeHere
from cnn_symbolic.backward.proofs import proving, sources
from cnn_symbolic.backward.proofs import reading as proofs
from cnn_symbolic.backward.proofs.sources import NoSource, named_source, strictly, told_by
from cnn_symbolic.command_line.exits import AS_STATED, INTERNAL, OPPOSITE, UNDECIDED
from cnn_symbolic.ground.errors import DisagreementError, OperandError
from cnn_symbolic.present.document import proof_value
from tests.support.commands import run

LOOPS = """import numpy as np


def conv1d_backward(dy, x, w, stride, padding):
    wide = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    dwide, dw = np.zeros(wide.shape), np.zeros(w.shape)
    for r in range(dy.shape[2]):
        window = slice(r * stride, r * stride + w.shape[2])
        dw += np.einsum("nk,nci->kci", dy[:, :, r], wide[:, :, window])
        dwide[:, :, window] += np.einsum("nk,kci->nci", dy[:, :, r], w)
    return dwide[:, :, padding : padding + x.shape[2]], dw, dy.sum(axis=(0, 2))
"""
OPEN = "conv1d(stride=S, padding=P)"
CUT = LOOPS.replace("padding : padding + x.shape[2]", "padding:-padding")
DENSE = """import numpy as np


class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


def forward(x, w):
    return x @ w.T, (x, w)


def backward(dy, cache):
    x, w = cache
    return dy @ w, dy.T @ x


def refusing(dy, x, w):
    if x.shape[1] != w.shape[0]:
        raise ValueError("as many inputs as outputs")
    return dy @ w, dy.T @ x, dy.sum(axis=0)


def unreadable(dy, x, w):
    return dy @ w, np.linalg.inv(np.eye(dy.shape[1])) @ dy.T @ x, dy.sum(axis=0)
"""

SQUARE = """import numpy as np


class Conv:
    def __init__(self, kernel_size, in_channels, out_channels):
        self.size = kernel_size
        self.W = np.zeros((out_channels, in_channels, kernel_size, kernel_size))

    def forward(self, x):
        self.x, k = x, self.size
        y = np.zeros((x.shape[0], self.W.shape[0], x.shape[2] - k + 1, x.shape[3] - k + 1))
        for r, c in np.ndindex(y.shape[2:]):
            y[:, :, r, c] = np.einsum("ncij,kcij->nk", x[:, :, r : r + k, c : c + k], self.W)
        return y

    def backward(self, dout):
        dx, dw, k = np.zeros(self.x.shape), np.zeros(self.W.shape), self.size
        for r, c in np.ndindex(dout.shape[2:]):
            dw[...] += np.einsum("k,cij->kcij", dout[0, :, r, c], self.x[0, :, r : r + k, c : c + k])
            dx[:, :, r : r + k, c : c + k] += np.einsum("nk,kcij->ncij", dout[:, :, r, c], self.W)
        self.dW = dw
        return dx
"""


@pytest.fixture
def written(tmp_path):
    def write(text, name="mine"):
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        spec = spec_from_file_location(name, path)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return write


def test_a_right_pass_is_proved_for_everything_that_is_open(written):
    report = prove_backward(written(LOOPS).conv1d_backward, of=OPEN, examples=10)
    assert report.proved
    assert report.proof
    assert str(report).startswith(
        "✓ conv1d_backward is the backward pass of conv1d(stride=S, padding=P): proved for all shapes, every S and P, "
        "read from the code\n"
    )
    assert [(each.name, each.lines) for each in report.proof.results] == [(n, (4, 11)) for n in ("dx", "dw", "db")]
    assert report.proof.results[2].formula == ("db[k] = Σ{n=0..B - 1, r=0..⌊(M + 2·P - I)/S⌋} dy[n, k, r]",)


def test_a_wrong_pass_is_refuted_with_its_condition_and_run_there(written):
    report = prove_backward(written(CUT).conv1d_backward, of=OPEN, examples=10)
    assert report.outcome == "wrong"
    dx, dw, db = report.proof.results
    assert (dx.outcome, dw.outcome, db.outcome) == ("refuted", "proved", "proved")
    assert "right when P ≥ 1" in dx.condition
    assert dx.sizes["P"] == 0
    assert report.shapes["x"] == (1, 1, 1)


def test_a_refuted_result_is_said_with_the_change_that_mends_it(written):
    report = prove_backward(written(CUT).conv1d_backward, of=OPEN, examples=10)
    dx, dw, _ = report.proof.results
    line = "line 11: `:, :, padding:-padding` → `:, :, padding : padding + x.shape[2]`: without padding,"
    assert str(dx.mend).startswith(line)
    assert (dx.mend.mended, dx.mend.left, dw.mend) == (("dx",), (), None)
    assert f"\n  {line}" in str(report)
    assert json.loads(json.dumps(proof_value(report.proof)))["results"]["dx"]["mend"]["line"] == 11


OTHERS = """

class Other:
    def forward(self, x):
        return x

    def backward(self, dy):
        return dy
"""


def test_passes_are_mended_where_a_program_calls_them(written):
    doubled = DENSE.replace("dy @ w, dy.T @ x\n", "dy @ w, 2 * dy.T @ x\n")
    module = written(doubled.replace("dout.sum(axis=0)", "dout.mean(axis=0)") + OTHERS)
    found = prove_backward(module.Dense, of="linear()", filters="IO", examples=10).proof.results[2].mend
    assert (found.line, found.old, found.new) == (13, "dout.mean(axis=0)", "dout.sum(axis=0)")
    found = prove_backward((module.forward, module.backward), of="linear()", examples=10).proof.results[1].mend
    assert (found.line, found.old, found.new) == (23, "2 * dy.T @ x", "dy.T @ x")


def test_a_change_for_one_combination_of_options_says_so(written):
    forgotten = LOOPS.replace("r * stride + w", "r + w")
    report = prove_backward(written(forgotten).conv1d_backward, of="conv1d(stride=any_of(1, 2))", examples=10)
    assert str(report.proof.results[0].mend) == (
        "line 8: `r + w.shape[2]` → `r * stride + w.shape[2]`: the stride is forgotten, for conv1d(stride=2)"
    )


def test_where_a_mistake_is_known_it_is_named(written):
    flipped = LOOPS.replace("dy[:, :, r], w)", "dy[:, :, r], w[:, :, ::-1])")
    report = prove_backward(written(flipped).conv1d_backward, of="conv1d(stride=2, padding=any_of(0, 1))", examples=10)
    dx, dw, _ = report.proof.results
    assert (dx.outcome, dx.condition, dw.outcome) == ("refuted", "right exactly when I = 1", "open")
    assert "flipped" in dx.mistake
    assert dw.reason == "proved for conv1d(stride=2), not for all combinations of options"


def test_a_class_a_pair_and_a_cache_are_read_as_they_are_called(written):
    module = written(DENSE)
    assert prove_backward(module.Dense, of="linear()", filters="IO", examples=10).proved
    assert prove_backward((module.forward, module.backward), of="linear()", examples=10).proved
    assert prove_backward(module.backward, of="linear()", examples=10).proved


def test_a_wrong_class_for_square_overlays_is_called_where_it_was_read_to_be_wrong(written):
    report = prove_backward(written(SQUARE).Conv, of="conv2d(padding=0)", examples=10)
    dw = report.proof.results[1]
    assert (report.outcome, dw.outcome, dw.condition) == ("wrong", "refuted", "right exactly when B = 1")


def test_refusals_on_purpose_are_no_part_of_the_domain(written):
    report = prove_backward(written(DENSE).refusing, of="linear()", examples=10)
    assert report.proved
    assert report.proof.refuses == "it refuses where C ≠ K"
    assert " wherever it does not refuse: proved for all shapes" in str(report)


def test_what_is_not_understood_is_tested_only(written):
    report = prove_backward(written(DENSE).unreadable, of="linear()", examples=10)
    assert (report.outcome, report.proved) == ("right", False)
    assert "dw  tested, not proved: line 33: np.linalg.inv" in str(report)
    with pytest.raises(BackwardError):
        assert_backward(written(DENSE).unreadable, of="linear()", examples=10, proved=True)
    assert assert_backward(written(DENSE).unreadable, of="linear()", examples=10).proof is None


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"of": "linear()", "shapes": {"x": (2, 3), "w": (4, 3)}}, "these are given"),
        ({"of": "linear()"}, "<lambda> is no function or class at the top of a file"),
    ],
)
def test_what_cannot_be_read_says_why(options, reason):
    report = prove_backward(lambda dy, x, w: (dy @ w, dy.T @ x, dy.sum(axis=0)), examples=10, **options)
    assert report.outcome == "right"
    assert reason in report.proof.reason


def test_a_reading_that_takes_too_long_is_none(written, monkeypatch):
    monkeypatch.setattr(reading, "SECONDS", 0.01)
    report = prove_backward(written(LOOPS).conv1d_backward, of=OPEN, examples=10)
    assert (report.outcome, report.proved, report.proof.reason) == ("right", False, "not done after 0.01 s")


def test_nothing_is_read_where_that_is_not_wanted(written):
    assert check_backward(written(LOOPS).conv1d_backward, of=OPEN, examples=10, prove=False).proof is None


# Both ways have to agree


def test_a_file_that_was_changed_since_is_not_read(written, tmp_path):
    module = written(LOOPS)
    (tmp_path / "mine.py").write_text(LOOPS.replace("dy.sum(axis=(0, 2))", "2 * dy.sum(axis=(0, 2))"))
    report = prove_backward(module.conv1d_backward, of=OPEN, examples=10)
    assert (report.right, report.proved) == (True, False)
    assert report.proof.reason.startswith("conv1d_backward is not what its lines define")


def test_a_reading_of_another_text_is_no_verdict(written, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "check_file", lambda *_: None)
    module = written(LOOPS)
    (tmp_path / "mine.py").write_text(LOOPS.replace("dy.sum(axis=(0, 2))", "2 * dy.sum(axis=(0, 2))"))
    with pytest.raises(DisagreementError, match="db has other entries"):
        prove_backward(module.conv1d_backward, of=OPEN, examples=10)
    (tmp_path / "mine.py").write_text(LOOPS.replace("+ x.shape[2]]", "+ x.shape[2] - 1]"))
    with pytest.raises(DisagreementError, match="dx has the shape"):
        prove_backward(module.conv1d_backward, of=OPEN, examples=10)


def test_a_wrong_function_that_reads_right_is_no_verdict(written, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "check_file", lambda *_: None)
    module = written(LOOPS.replace("dy.sum(axis=(0, 2))", "2 * dy.sum(axis=(0, 2))"))
    (tmp_path / "mine.py").write_text(LOOPS)
    with pytest.raises(DisagreementError):
        prove_backward(module.conv1d_backward, of=OPEN, examples=10)


def test_a_proof_against_what_is_found_by_calling_is_no_verdict(written, monkeypatch):
    """Even if the comparison of formulas would not see it."""
    monkeypatch.setattr(proving, "difference", lambda *_: ("", {"dx", "dw", "db"}))
    module = written(LOOPS.replace("dy.sum(axis=(0, 2))", "2 * dy.sum(axis=(0, 2))"))
    source = named_source(f"{module.__file__}:conv1d_backward", "", ["conv1d_backward"])
    monkeypatch.setattr(CodeHere, "source", lambda code: replace(source, text=LOOPS))
    with pytest.raises(DisagreementError, match="db was read to be right"):
        prove_backward(module.conv1d_backward, of=OPEN, examples=10)
    monkeypatch.setattr(CodeHere, "source", lambda code: replace(source, text=CUT))
    with pytest.raises(DisagreementError, match="was read to be wrong"):
        prove_backward(written(LOOPS, "right").conv1d_backward, of=OPEN, examples=10)


def test_nothing_is_proved_that_was_not_compared(written, monkeypatch):
    monkeypatch.setattr(proving, "compared", lambda ran, layer: [])
    report = prove_backward(written(LOOPS).conv1d_backward, of=OPEN, examples=10)
    assert {(each.outcome, each.reason) for each in report.proof.results} == {
        ("open", "what was read could not be compared with what it returned")
    }


def test_what_computes_with_other_numbers_than_real_ones_is_found_by_calling(written):
    """The text is right over the reals, and a result in integers cuts off fractions."""
    rounding = LOOPS.replace("np.zeros(w.shape)", "np.zeros(w.shape, dtype=np.float32)")
    report = prove_backward(written(rounding).conv1d_backward, of=OPEN, examples=10)
    assert not report.proved
    assert report.kind in ("dtype", "value", "exception")


# Programs of two passes

PROGRAM = (
    "def both_passes(dy, x, w):\n    y, cache = forward(x, w)\n    dx, dw = backward(dy, cache)\n    return y, dx, dw\n"
)


def test_a_program_may_call_the_passes_and_nothing_else():
    assert strictly(PROGRAM, ["forward", "backward"]) == PROGRAM
    assert told_by(PROGRAM, "forward") == "backward"
    assert told_by("layer = Dense(W=w)\ndx = layer.backward(dy)", "Dense") == "Dense.backward"
    for other in (
        PROGRAM.replace("backward(dy, cache)", "elsewhere(dy, cache)"),
        PROGRAM.replace("backward(dy, cache)", "x.dot(w), w"),
        PROGRAM.replace("dy, x, w):", "dy, x, w=open('f')):"),
        PROGRAM.replace("    return", "    import os\n    return"),
        PROGRAM.replace("backward(dy, cache)", "[f(x) for f in cache]"),
        PROGRAM + "x = 1\n",
        "",
    ):
        with pytest.raises(OperandError):
            strictly(other, ["forward", "backward"])


def test_a_file_is_found_without_importing_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "passes.py").write_text("raise RuntimeError\ndef f(): pass\n")
    source = named_source("inner.passes:f", "", ["f"])
    assert (source.function, source.lines) == ("f", (2, 2))
    with pytest.raises(NoSource, match="no file"):
        named_source("inner.others:f", "", ["f"])


# On the command line


def test_the_command_proves_prints_and_ends_as_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(LOOPS)
    (tmp_path / "cut.py").write_text(CUT)
    (tmp_path / "dense.py").write_text(DENSE)
    few = ["--examples", "10"]
    status, out, _ = command("mine.py:conv1d_backward", "--of", OPEN, "--prove", "--formulas", *few)
    assert status == AS_STATED
    assert "      db[k] = Σ{n=0..B - 1" in out
    status, out, _ = command("cut.py:conv1d_backward", "--of", OPEN, "--prove", "--json", *few)
    assert status == OPPOSITE
    assert json.loads(out)["proof"]["results"]["dx"]["outcome"] == "refuted"
    status, out, _ = command("dense.py:unreadable", "--of", "linear()", "--prove", *few)
    assert status == UNDECIDED
    status, out, _ = command("dense.py:Dense", "--of", "linear()", "--filters", "IO", "--prove", *few)
    assert status == AS_STATED, out
    status, out, _ = command("dense.py:unreadable", "--of", "linear()", "--no-prove", *few)
    assert status == AS_STATED
    assert "proved" not in out


def test_a_disagreement_is_an_error_of_the_tool(tmp_path, monkeypatch):
    """The module changes its function when it is loaded, which its text does not say in a way that is read."""
    monkeypatch.chdir(tmp_path)
    text = LOOPS.replace("def conv1d", "FACTOR = 1\n\n\ndef conv1d").replace("dy.sum(", "FACTOR * dy.sum(")
    (tmp_path / "mine.py").write_text(f"{text}\n\ngetattr(conv1d_backward, '_' * 2 + 'globals__')['FACTOR'] = 2\n")
    status, _, err = command("mine.py:conv1d_backward", "--of", OPEN, "--examples", "10", "--prove")
    assert status == INTERNAL
    assert "was read wrongly" in err


def command(*arguments):
    done = run("check-backward", *arguments)
    return done.returncode, done.stdout, done.stderr


def test_zero_is_one_of_the_numbers_that_are_compared():
    assert proofs.is_small({"x": np.zeros(3)})
    assert not proofs.is_small({"x": np.array([0.5])})
    assert not proofs.is_small({"x": np.array([2.0**30])})


def test_what_is_not_understood_of_an_assignment_is_said_at_its_line(written):
    mine = written(
        "import numpy as np\n\n\ndef backward(dy, x, w):\n    dx = np.zeros(x.shape)\n"
        "    for r in range(dy.shape[2]):\n        dx[:, :, r : r + w.shape[2]] = dy[:, :1, r : r + 1] * w[:1, :1]\n"
        "    return dx\n"
    )
    report = check_backward(mine.backward, of="conv1d()", signature="dy, x, w -> dx", examples=5, prove=True)
    assert "dx  tested, not proved: line 7: an assignment hits one entry twice" in str(report)
