"""The pytest plugin in sessions of its own, and a test of `unittest`."""

import subprocess
import sys
import unittest

import pytest

from cnn_symbolic.backward.check import assert_backward
from cnn_symbolic.witnesses.convolutions import conv_gradients

pytest_plugins = ["pytester"]

FUNCTIONS = """
import pytest
from cnn_symbolic.witnesses.convolutions import conv_gradients

def right(dy, x, w):
    return conv_gradients(dy, x, w, stride=2)

def wrong(dy, x, w):
    dx, dw, db = right(dy, x, w)
    return dx, dw[:, :, ::-1, ::-1].copy(), db
"""


@pytest.fixture
def run(pytester):
    """Run a test file in a process of its own, in which the plugins are those of this package and pytest."""

    def run(text, *arguments):
        pytester.makepyfile(FUNCTIONS + text)
        arguments = ("-p", "cnn_symbolic", "--strict-markers", "-W", "error", *arguments)
        return pytester.runpytest_subprocess(*arguments)

    return run


@pytest.fixture(autouse=True)
def _only_this_plugin(monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def test_a_right_backward_pass_passes(run):
    result = run("""
@pytest.mark.backward(of="conv2d(stride=2)", examples=5)
def test_marked(assert_backward):
    assert_backward(right)

def test_unmarked(assert_backward):
    assert_backward(right, of="conv2d(stride=2)", examples=5)
""")
    result.assert_outcomes(passed=2)


def test_a_failure_is_the_report_without_frames_of_the_package(run):
    result = run("""
@pytest.mark.backward(of="conv2d(stride=2)", examples=5)
def test_wrong(assert_backward):
    assert_backward(wrong)
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*BackwardError:*", "*dw is rotated*"])
    shows_the_test_only(result)


@pytest.mark.parametrize(
    ("of", "message"),
    [
        ('of="conv2d(strid=2)"', "*ModeError: *did you mean stride?*"),
        ("", '*OperandError: assert_backward needs the layer, of="conv2d(stride=2)", in the call or the marker'),
    ],
)
def test_a_usage_error_is_shown_without_frames_of_the_package(run, of, message):
    result = run(f"""
@pytest.mark.backward({of})
def test_usage(assert_backward):
    assert_backward(right)
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message])
    shows_the_test_only(result)


def shows_the_test_only(result):
    for hidden in ("backward/", "assert_backward(function", "During handling", "direct cause"):
        result.stdout.no_fnmatch_line(f"*{hidden}*")
    assert sum(line.startswith(">") for line in result.outlines) == 1


def test_the_nearest_marker_decides_and_the_call_overrides_it(run):
    result = run("""
pytestmark = pytest.mark.backward(of="max_pool1d(2)", examples=5)

@pytest.mark.parametrize(
    "function", [right, pytest.param(wrong, marks=pytest.mark.backward(signature="dy, x, w -> dx, _, db"))]
)
@pytest.mark.backward(of="conv2d(stride=2)", signature="dy, x, w -> dx, dw, db")
def test_parameters(assert_backward, function):
    assert_backward(function)

@pytest.mark.backward(of="conv2d(stride=3)")
class TestClass:
    def test_call(self, assert_backward):
        assert_backward(right, of="conv2d(stride=2)")

    @pytest.mark.backward(of="conv2d(stride=2)")
    def test_method(self, assert_backward):
        assert_backward(right)

    def test_class(self, assert_backward):
        with pytest.raises(AssertionError):
            assert_backward(right)
""")
    result.assert_outcomes(passed=5)


@pytest.mark.parametrize("arguments", ["", "assert_backward"])
def test_a_marked_test_without_a_check_fails(run, arguments):
    result = run(f"""
@pytest.mark.backward(of="conv2d()")
def test_empty({arguments}):
    pass
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*test_empty is marked backward, but checks no backward pass: take the fixture*"])


def test_a_marked_test_may_be_skipped_and_a_marked_module_may_have_other_tests(run):
    result = run("""
pytestmark = pytest.mark.backward(dtype="float32")

@pytest.mark.backward(of="conv2d()")
def test_skipped(assert_backward):
    pytest.skip("no framework")

def test_other():
    pass
""")
    result.assert_outcomes(passed=1, skipped=1)


def test_options_by_position_are_refused(run):
    result = run("""
@pytest.mark.backward("conv2d()")
def test_positional(assert_backward):
    assert_backward(right)
""")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the marker backward takes options by name, as of=\"conv2d()\", found 'conv2d()'*"])


def test_the_marker_is_described(run):
    run("", "--markers").stdout.fnmatch_lines(['@pytest.mark.backward(of="conv2d(stride=2)", *'])


def test_the_plugin_is_active_where_the_package_is_installed_and_can_be_switched_off(pytester, monkeypatch):
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    pytester.makepyfile("def test_fixture(assert_backward): pass")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
    without = pytester.runpytest_subprocess("-p", "no:cnn_symbolic")
    without.assert_outcomes(errors=1)
    without.stdout.fnmatch_lines(["*fixture 'assert_backward' not found"])


def test_nothing_heavy_is_imported_before_the_first_check(pytester):
    pytester.makepyfile("""
import sys

HEAVY = {"sympy", "hypothesis", "numpy", "scipy", "islpy", "torch", "jax", "typer", "rich"}

def test_imports():
    assert "cnn_symbolic.command_line.plugins.pytest_plugin" in sys.modules
    assert not HEAVY & set(sys.modules)

def test_imports_with_the_fixture(assert_backward):
    assert not HEAVY & set(sys.modules)
""")
    pytester.runpytest_subprocess("-p", "cnn_symbolic").assert_outcomes(passed=2)


def test_the_profile_of_hypothesis_is_not_changed(run):
    result = run("""
from hypothesis import settings

settings.register_profile("mine", max_examples=7, derandomize=False)
settings.load_profile("mine")

def test_profile(assert_backward):
    assert_backward(right, of="conv2d(stride=2)", examples=5)
    assert settings.default is settings.get_profile("mine")
    assert settings().max_examples == 7
""")
    result.assert_outcomes(passed=1)


def right(dy, x, w):
    return conv_gradients(dy, x, w, stride=2)


class TestBackwardPass(unittest.TestCase):
    def test_right(self):
        assert_backward(right, of="conv2d(stride=2)", examples=5)


def test_a_failure_of_unittest_is_the_report(tmp_path):
    (tmp_path / "test_mine.py").write_text(f"""
import unittest
from cnn_symbolic.backward.check import assert_backward
{FUNCTIONS}
class TestMine(unittest.TestCase):
    def test_wrong(self):
        assert_backward(wrong, of="conv2d(stride=2)", examples=5)
""")
    command = [sys.executable, "-m", "unittest", "test_mine"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "FAILED (failures=1)" in done.stderr  # an AssertionError, not an error
    assert "dw is rotated" in done.stderr


# Texts of claims

CLAIMS = 'x = tensor(M, N)\nw = tensor(I, J)\nz = correlate(x, w, mode="valid")\n'


@pytest.fixture
def collect(pytester):
    """Have pytest collect a text of claims."""

    def collected(text, *arguments):
        pytester.makefile(".claims", mine=text)
        return pytester.runpytest_subprocess("-p", "cnn_symbolic", "-W", "error", *arguments)

    return collected


def test_every_claim_of_a_text_is_a_test(collect):
    result = collect(
        f"{CLAIMS}weights = claim(gradient(z, wrt=w) == correlate(x, cotangent(z)))\n"
        "refute(gradient(z, wrt=w) == convolve(x, cotangent(z), mode='full'))\n",
        "-v",
    )
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["mine.claims::weights PASSED*", "mine.claims::line_5 PASSED*"])


def test_a_claim_that_is_not_as_stated_fails_with_its_counterexample(collect):
    result = collect(f'{CLAIMS}claim(gradient(z, wrt=x) == correlate(w, cotangent(z), mode="full"))\n')
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "  mine.claims:4:1",
            "*refuted: holds exactly when I = M and J = N",
            "*convolve(w, cotangent(z), mode='full'))",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("refute(x == x)", "proved, where refuted is stated"),
        ("claim(x[i, j] == x[i, j] * Iverson(i * i * i % (M * M + 1) >= 0))", "undecided, where*"),
    ],
)
def test_what_is_wrongly_refuted_or_open_fails(collect, claim, said):
    result = collect(f"{CLAIMS}{claim}\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([said])


def test_a_text_that_cannot_be_read_fails_at_its_place_and_takes_no_other_with_it(collect, pytester):
    pytester.makefile(".claims", other=f"{CLAIMS}claim(x == x)\n")
    result = collect(f"{CLAIMS}claim(x == y)\n")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["mine.claims, line 4, column 12: *"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_text_may_be_left_out(collect):
    result = collect(f"{CLAIMS}claim(x == x + x)\n", "--ignore-glob=*.claims")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
