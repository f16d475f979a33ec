"""The command line as its users meet it: as a process."""

import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sympy

from cnn_symbolic import sizes, tensor
from cnn_symbolic.claims import state
from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.kernel.exported.encoding import encode_statement
from tests.support.commands import run, run_file
from tests.support.thorough import every

MINE = """
from cnn_symbolic import FeatureMap, Step, correlate, prove, refute, sizes
import sympy
M, N, I, J = sizes("M N I J")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))
right = prove("right", layer.gradient(layer.w), equals=correlate(layer.a_prev, layer.delta))
"""
WRONG = 'wrong = prove("wrong", layer.gradient(layer.a_prev), equals=correlate(layer.w, layer.delta, mode="full"))\n'
NOT_WRONG = 'sure = refute("sure", layer.w, equals=layer.w)\n'
OUTSIDE = (
    "from cnn_symbolic import from_entries\n"
    "even = from_entries((I, J), lambda i, j: layer.w[i + i * (i + 1) % 2, j], using=[layer.w])\n"
    'odd = prove("odd", layer.w, equals=even)\n'
)
VACUOUS = 'empty = prove("empty", layer.w, equals=layer.w, assuming=[I < 1])\n'
STEP = 'step = prove("step", layer.w + layer.w, equals=2 * layer.w, steps=[Step(lambda i, j: 0 * i, "a hunch")])\n'


@pytest.fixture
def file(tmp_path):
    def write(*parts):
        path = tmp_path / "mine.py"
        path.write_text(MINE + "".join(parts), encoding="utf-8")
        return path

    return write


def test_prove_decides_the_bundle():
    ran = run("prove")
    assert ran.returncode == 0
    assert ran.stderr == ""
    assert "211 proved, 5 ran, 32 refuted; 248 of 248 as stated" in ran.stdout
    assert "\x1b" not in ran.stdout
    lines = ran.stdout.splitlines()
    assert max(map(len, lines)) <= 100


def test_steps_prints_the_derivation_and_the_counterexample():
    ran = run("prove", "--steps", "input_gradient")
    assert ran.returncode == 0
    assert "=   { the chain rule }" in ran.stdout
    assert "✓ proved: all shapes if I ≤ M and J ≤ N" in ran.stdout
    assert "✓ refuted: holds exactly when I = M and J = N" in ran.stdout
    assert "smallest counterexample: M = 1, N = 2, I = 1, J = 1" in ran.stdout
    assert "the mistake: the filter is not flipped (correlate in place of convolve); without it, this is" in ran.stdout
    assert "convolve(w, δ, mode='full')" in ran.stdout


@pytest.mark.parametrize(
    ("parts", "status", "shown"),
    [
        ((), 0, "1 proved; 1 of 1 as stated"),
        ((WRONG,), 1, "the mistake: the filter is not flipped (correlate in place of convolve)"),
        ((NOT_WRONG,), 1, "the file says refuted"),
        ((OUTSIDE,), 3, "not affine"),
        ((OUTSIDE, WRONG), 1, "1 proved, 1 refuted, 1 undecided; 1 of 3 as stated"),
        ((STEP,), 1, "a step does not follow: a hunch"),
    ],
    ids=["right", "wrong", "not wrong", "undecided", "undecided and wrong", "a wrong step"],
)
def test_the_exit_status_says_whether_every_claim_is_as_stated(file, parts, status, shown):
    ran = run("prove", file(*parts))
    assert ran.returncode == status, ran.stdout + ran.stderr
    assert shown in " ".join(ran.stdout.split())
    assert ran.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prove", "nonsense"], "cnn-symbolic: nonsense is neither a file, nor a folder, nor a bundled claim"),
        (["prove", "--nonsense"], "No such option"),
        (["replay", "absent.json"], "cnn-symbolic: absent.json cannot be read: No such file or directory"),
        (["prove", "weight_gradient", "--latex", "absent/proof.tex"], "proof.tex cannot be written: No such file"),
        (["nonsense"], "No such command"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else "",
)
def test_usage_and_input_errors_are_one_message_and_status_2(arguments, message, tmp_path):
    ran = run(*arguments, cwd=tmp_path)
    assert ran.returncode == 2
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_vacuous_claim_is_an_input_error_and_takes_no_other_with_it(file, jobs):
    ran = run("prove", file(NOT_WRONG, VACUOUS, WRONG), "--jobs", jobs)
    assert ran.returncode == 2
    assert "no sizes satisfy the assumptions of w = w" in " ".join(ran.stdout.split())
    assert "2 proved, 1 refuted, 1 failed; 1 of 4 as stated" in ran.stdout


@pytest.mark.parametrize("options", every(3, [[], ["--steps"], ["--json"], ["--latex", "proofs.tex"]], ids="".join))
def test_any_number_of_processes_print_the_same(file, options, tmp_path):
    path, shown = file(WRONG, NOT_WRONG, OUTSIDE, STEP), []
    for jobs in (1, 2, 3):
        ran = run("prove", path, "--jobs", jobs, *options, cwd=tmp_path)
        written = (tmp_path / "proofs.tex").read_text(encoding="utf-8") if "--latex" in options else ""
        text = re.sub(r"\d+ ms|in [\d.]+ s|(?<=seconds\": )[\d.]+| +", " ", ran.stdout)
        shown.append((ran.returncode, text, ran.stderr, written))
    assert shown[0] == shown[1] == shown[2]
    assert shown[0][0] == 1


def test_json_is_one_document_and_replay_decides_it_again(file, tmp_path):
    ran = run("prove", file(WRONG, NOT_WRONG, OUTSIDE), "--json")
    assert ran.returncode == 1
    document = json.loads(ran.stdout)
    assert document["schema_version"] == 2
    right, wrong, sure, odd = document["claims"]
    required = {"id", "title", "statement", "expected", "verdict", "evidence", "assumptions", "counterexample"}
    assert all(required | {"holds_when", "steps", "seconds"} <= set(claim) for claim in document["claims"])
    assert (right["id"], right["expected"], right["verdict"]) == ("right", "proved", "proved")
    assert (right["evidence"], right["assumptions"]) == ("all shapes", "I ≤ M and J ≤ N")
    assert right["statement"] == "∂C/∂w = correlate(a_prev, δ, mode='valid')"
    assert [step["because"] for step in right["steps"]][1] == "the chain rule"
    assert wrong["counterexample"]["sizes"] == {"M": 1, "N": 2, "I": 1, "J": 1}
    assert wrong["holds_when"] == "I = M and J = N"
    assert wrong["mistake"]["change"] == "the filter is not flipped (correlate in place of convolve)"
    assert sure["verdict"] == "proved"
    assert (odd["verdict"], odd["evidence"]) == ("undecided", "undecided")
    assert "not affine" in odd["reason"]
    path = tmp_path / "document.json"
    path.write_text(ran.stdout, encoding="utf-8")
    replayed = run("replay", path)
    assert replayed.returncode == 1  # as in the run: one that is stated as proved is refuted
    shown = " ".join(replayed.stdout.split())
    assert re.search(r"✗ wrong: refuted: in entry .* on the right; smallest counterexample M = 1, N = 2, ", shown)
    assert "holds exactly when I = M and J = N" in shown
    assert ("the file says proved" in shown, "the file says refuted" in shown) == (True, True)
    assert "○ odd: undecided:" in shown
    assert "recorded" not in shown
    assert "2 proved, 1 refuted, 1 undecided; 1 of 4 as the document says" in shown


def test_list_decides_nothing_and_names_everything():
    ran = run("list")
    assert ran.returncode == 0
    assert "convolved_weight_gradient" in ran.stdout
    assert "refuted" in ran.stdout


def test_help_names_the_commands_and_the_exit_status():
    shown = " ".join(run("--help").stdout.replace("│", " ").split())
    for text in ("prove", "list", "replay", "Exit status: 0 every claim has the verdict that its file states"):
        assert text in shown
    assert run("--version").stdout.startswith("cnn-symbolic ")


def test_an_undecided_claim_leaves_the_others_their_json_and_their_proofs(file, tmp_path):
    ran = run("prove", file(OUTSIDE), "--json", "--latex", tmp_path / "proofs.tex")
    assert ran.returncode == 3
    right, odd = json.loads(ran.stdout)["claims"]
    assert right["formal"] is not None
    assert odd["formal"] is not None
    assert "i^2 is a product of indices, or of their quotients" in odd["reason"]
    assert "left out of" in ran.stderr
    assert "odd" in ran.stderr
    assert r"\star_{\mathrm{valid}}" in (tmp_path / "proofs.tex").read_text(encoding="utf-8")


def test_what_cannot_be_exported_has_no_formal_statement():
    (m,) = sizes("M")
    x = tensor(m, name="x")
    stated = state(x, x)
    bent = replace(stated, left=replace(stated.left, formula=sympy.tanh(stated.left.formula)))
    assert encode_statement(stated)["left"]["formula"] == ["entry", "x", ["index", "i0"]]
    with pytest.raises(ExportError, match="is not part of an entry formula"):
        encode_statement(bent)


FOR_SYMPY = {
    "floor": "half = sympy.floor(M / 2)\n",
    "maximum": "larger = sympy.Max(M, N)\n",
    "equation": "equal = sympy.Eq(M, N)\n",
    "connective": "both = sympy.And(M > 1, N > 1)\n",
    "negation": "neither = sympy.Not(M > 1)\n",
    "cases": "cases = sympy.Piecewise((M, M > N), (N, True))\n",
    "entry": "bent = from_entries((I, J), lambda i, j: sympy.tanh(layer.w[i, j]), using=[layer.w])\n",
}


@pytest.mark.parametrize("line", FOR_SYMPY.values(), ids=FOR_SYMPY.keys())
def test_a_function_of_sympy_is_refused_with_what_to_write_instead(file, line):
    ran = run("prove", file("from cnn_symbolic import from_entries\n", line))
    assert ran.returncode == 2
    assert "mine.py failed to import at line 8: " in ran.stderr
    assert "SymPy's functions do not take sizes, indices and entries: import floor, ceiling, maximum" in ran.stderr
    assert "where, Iverson" in ran.stderr
    assert "write // % == between sizes" in ran.stderr


def test_other_mistakes_in_a_file_keep_their_own_message(file):
    ran = run("prove", file('odd = sympy.sympify("1 +")\n'))
    assert ran.returncode == 2
    assert "Sympify of expression 'could not parse '1 +''" in ran.stderr
    assert "SymPy's functions" not in ran.stderr


def test_a_wrong_step_does_not_make_the_claim_look_refuted(file):
    ran = run("prove", "--steps", file(STEP))
    assert ran.returncode == 1
    assert "the step does not follow: a hunch" in ran.stdout
    assert "never holds" not in ran.stdout


def test_a_terminal_without_unicode_shows_question_marks():
    ran = run("prove", "printed_shape", PYTHONIOENCODING="ascii", COLUMNS="70")
    assert ran.returncode == 0, ran.stderr
    assert max(map(len, ran.stdout.splitlines())) <= 70


def test_the_module_is_the_command_line():
    ran = subprocess.run([sys.executable, "-m", "cnn_symbolic", "--version"], capture_output=True, text=True)
    assert ran.stdout.startswith("cnn-symbolic ")


HELP = """
import sys
from cnn_symbolic.command_line.cli import main
sys.argv = ["cnn-symbolic", "--help"]
try:
    main()
except SystemExit:
    print([m for m in ("sympy", "islpy", "numpy", "scipy", "jinja2") if m in sys.modules])
"""


def test_help_loads_nothing_heavy():
    ran = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, encoding="utf-8")
    assert ran.stdout.strip().endswith("[]")


BESIDE_A_HELPER = Path(__file__).parents[2] / "derivations" / "convolution" / "conv_bias_gradient.py"
DERIVATIONS = sorted(Path(__file__).parents[2].joinpath("derivations").rglob("[!_]*.py"))


@pytest.mark.parametrize("path", every(4, DERIVATIONS, ids=lambda path: f"{path.parent.name}/{path.stem}"))
def test_every_derivation_runs_by_itself(path):
    ran = run_file(path)
    assert ran.returncode == 0, ran.stderr
    assert re.search("✓ (proved|refuted): |• ran", ran.stdout)


def test_a_derivation_runs_in_a_process_of_its_own():
    ran = subprocess.run([sys.executable, BESIDE_A_HELPER], capture_output=True, text=True, encoding="utf-8")
    assert ran.returncode == 0, ran.stderr
    assert re.search("✓ (proved|refuted): |• ran", ran.stdout)


def test_a_running_file_reports_a_refutation_with_its_status(file):
    path = file(WRONG, 'if __name__ == "__main__":\n    wrong.main()\n')
    ran = subprocess.run([sys.executable, path], capture_output=True, text=True, encoding="utf-8")
    assert ran.returncode == 1
    assert "✗ refuted: holds exactly when I = M and J = N" in ran.stdout


def shown_on_a_terminal(**environment):
    """What `prove` writes to a pseudo-terminal of 100 columns."""
    master, terminal = pty.openpty()
    chosen = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    started = subprocess.Popen(
        [sys.executable, "-m", "cnn_symbolic", "prove", "printed_shape"],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**chosen, "TERM": "xterm-256color", "COLUMNS": "100", "PYTHONIOENCODING": "utf-8", **environment},
    )
    os.close(terminal)
    written = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:
            break
        if not part:
            break
        written += part
    os.close(master)
    assert started.wait() == 0
    return written.decode()


def test_colours_are_for_terminals_that_want_them():
    colour = re.compile(r"\x1b\[[\d;]*3\d[\d;]*m")
    assert colour.search(shown_on_a_terminal())
    assert not colour.search(shown_on_a_terminal(NO_COLOR="1"))


def test_inputs_lists_the_sizes_that_give_an_output():
    found = run("inputs", "--output", 7, "--overlay", 3, "--stride", 2, "--padding", 1)
    assert (found.returncode, found.stdout) == (0, "13 ≤ M ≤ 14\n")
    ceil = run("inputs", "--output", 7, "--overlay", 3, "--stride", 2, "--padding", 1, "--ceil-mode")
    assert ceil.stdout == "12 ≤ M ≤ 13\n"
    nothing = run("inputs", "--output", 7, "--overlay", 3, "--stride", 2, "--padding", 1, "--transposed", 1)
    assert (nothing.returncode, nothing.stdout) == (1, "no input has this output\n")
    assert run("inputs", "--output", 0, "--overlay", 3).returncode == 2


def test_literal_values_of_strides_are_decided_on_request():
    ran = run("prove", "--literal", 2, "output_padding", COLUMNS="180")
    assert ran.returncode == 0
    assert "D and S in {1, 2}" in " ".join(ran.stdout.split())
    assert "every" not in ran.stdout.replace("for every input", "")


TEXT = """x = tensor(M)
w = tensor(I)
z = correlate(x, w)
right = claim(gradient(z, wrt=x) == convolve(w, cotangent(z)))
claim(gradient(z, wrt=x) == correlate(w, cotangent(z), mode="full"))
"""


def test_check_decides_the_claims_of_a_text_and_shows_the_mistake(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text(TEXT, encoding="utf-8")
    done = run("check", path)
    assert done.returncode == 1
    assert "✓ proved: all shapes if I ≤ M" in done.stdout
    assert "✗ refuted: holds exactly when I = M" in done.stdout
    assert re.search(r"left  = \[⟨-?\d+⟩", done.stdout)
    assert "the mistake: the filter is not flipped (correlate in place of convolve)" in done.stdout
    assert "1 proved, 1 refuted; 1 of 2 as stated" in done.stdout
    assert "the chain rule" not in done.stdout
    assert "the chain rule" in run("check", path, "--steps").stdout


def test_check_reads_standard_input_and_single_claims():
    done = subprocess.run(
        [sys.executable, "-m", "cnn_symbolic.command_line.cli", "check", "-"],
        input="x = tensor(M)\nclaim(x == x)",
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0
    assert "✓ proved" in done.stdout
    lets = ("--let", "x = tensor(M)", "--let", "f = tensor(I)")
    claim = ("--claim", "correlate(x, f, mode='full') == convolve(x, f)")
    assert run("check", *lets, *claim).returncode == 1
    assert run("check", *lets, *claim, "--assuming", "I == 1").returncode == 0


def test_check_writes_json_that_can_be_replayed_and_latex(tmp_path):
    text, document = tmp_path / "mine.txt", tmp_path / "mine.json"
    text.write_text(TEXT, encoding="utf-8")
    done = run("check", text, "--json", "--latex", tmp_path / "mine.tex")
    document.write_text(done.stdout, encoding="utf-8")
    claims = json.loads(done.stdout)["claims"]
    assert [(claim["id"], claim["verdict"]) for claim in claims] == [("right", "proved"), ("line_5", "refuted")]
    assert claims[1]["title"] == 'gradient(z, wrt=x) == correlate(w, cotangent(z), mode="full")'
    assert claims[1]["mistake"] == {
        "change": "the filter is not flipped (correlate in place of convolve)",
        "proved": "convolve(w, ∂C/∂z, mode='full')",
        "corrected": "claim(gradient(z, wrt=x) == convolve(w, cotangent(z), mode='full'))",
    }
    assert r"\begin{document}" in (tmp_path / "mine.tex").read_text(encoding="utf-8")
    assert run("replay", document).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check"], "give a FILE (or -), or --claim with --let, but not both"),
        (["check", "nowhere.txt"], "nowhere.txt cannot be read: No such file or directory"),
        (["check", "--claim", "x == y"], "--let, --claim, line 1, column 7: there is no x"),
        (["check", "--let", "x = tensor(M)", "--claim", "x == x", "--assuming", "M < 1"], "no sizes satisfy"),
    ],
)
def test_check_says_what_is_wrong_with_its_input(arguments, message, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.stderr).split())


def test_check_stops_at_its_time_limit(tmp_path):
    path = tmp_path / "slow.txt"
    path.write_text(
        "x = tensor(B, C, M, N, L)\nclaim(conv(x, tensor(K, C, I, J, H, name='w'), stride=S, dilation=D) == x)",
        encoding="utf-8",
    )
    done = run("check", path, "--timeout", "0.01")
    assert done.returncode == 3
    assert "undecided: the computation was stopped at its limit: not done after 0.01 s" in done.stdout
