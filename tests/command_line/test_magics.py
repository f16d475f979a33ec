"""The magics of IPython and Jupyter: what they show, what they refuse, how cells run, and how they are stopped."""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("IPython", reason="IPython is not installed: pip install ipykernel")
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from cnn_symbolic.ground.names import homes
from cnn_symbolic.proofs.derivation import Derivation

GUIDE = Path(__file__).parents[2] / "cnn_symbolic" / "guide" / "notebooks.md"
NOT_FLIPPED = "the filter is not flipped (correlate in place of convolve)"
TEXT = """%%claims
x = tensor(M, N)
w = tensor(I, J)
z = correlate(x, w, mode="valid")
claim(gradient(z, wrt=w) == correlate(x, cotangent(z), mode="valid"))
claim(gradient(z, wrt=x) == correlate(w, cotangent(z), mode="full"))
"""
LAYER = """from cnn_symbolic import FeatureMap, check, claim, correlate, prove, refute, sizes

M, N, I, J = sizes("M N I J")
layer = FeatureMap((M, N), (I, J))
right = correlate(layer.a_prev, layer.delta, mode="valid")
"""
WEIGHTS = 'weights = prove("The weight gradient", layer.gradient(layer.w), equals=right)\n'


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """A shell in this process, with the magics, that keeps no history."""
    config = Config()
    config.HistoryManager.enabled = False
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        patched.setitem(sys.modules, "__main__", sys.modules["__main__"])  # a shell puts its own names there
        patched.delenv("VIRTUAL_ENV", raising=False)  # IPython warns of one that is not its own
        made = InteractiveShell.instance(config=config)
        yield made
        InteractiveShell.clear_instance()


@pytest.fixture
def run(shell):
    """Run a cell in a shell without names, which has the magics; return its result, what it showed, and its texts."""
    shell.reset(new_session=False)
    shell.run_line_magic("load_ext", "cnn_symbolic")

    def run_cell(cell):
        with capture_output() as io:
            result = shell.run_cell(cell)
        return result, [output.data for output in io.outputs], io

    yield run_cell
    if "cnn_symbolic" in shell.extension_manager.loaded:
        shell.run_line_magic("unload_ext", "cnn_symbolic")


def verdicts(shown):
    return [re.findall(r'class="verdict (\w+)"', data.get("text/html", "")) for data in shown]


def is_usage_error(result, io, *words):
    """Whether a cell ended with one line that has some words in it, and nothing else."""
    assert isinstance(result.error_in_exec, UsageError)
    assert io.stderr.startswith("UsageError: ")
    assert "Traceback" not in io.stderr + io.stdout
    return all(word in io.stderr for word in words)


def test_claims_of_a_text_are_shown_as_mathematics_in_their_order(run):
    result, shown, io = run(TEXT)
    assert result.success
    assert verdicts(shown) == [["proved"], ["refuted"]]
    assert [list(data) for data in shown] == [["text/plain", "text/latex", "text/html"]] * 2
    assert "Smallest counterexample" in shown[1]["text/html"]
    assert NOT_FLIPPED in shown[1]["text/html"]
    assert r"\boxed{\text{refuted}}" in shown[1]["text/latex"]
    assert re.fullmatch(r"1 proved, 1 refuted; 1 of 2 as stated, in [\d.]+ s\n", io.stdout)
    assert io.stderr == ""


def test_proofs_are_shown_line_by_line_where_they_are_called_for(run):
    for option, lines in (("", False), (" --steps", True)):
        _, (first, _), _ = run(TEXT.replace("%%claims", f"%%claims{option}"))
        assert ('class="proof"' in first["text/html"]) == lines
        assert ("the chain rule" in first["text/plain"]) == lines
    for option, lines in (("", True), (" --no-steps", False)):
        _, (first,), _ = run(f"%%prove{option}\n{LAYER}{WEIGHTS}")
        assert ('class="proof"' in first["text/html"]) == lines
        assert ("the chain rule" in first["text/plain"]) == lines


def test_a_text_that_cannot_be_read_is_shown_with_the_line_of_the_notebook_and_the_column(run):
    result, shown, io = run("%%claims\nx = tensor(M)\nclaim(x == y)")
    assert is_usage_error(result, io, "the cell, line 3, column 12: there is no y")
    assert shown == []


def test_a_text_is_never_run_and_sees_and_leaves_no_names(run, shell):
    result, _, io = run("%%claims\n__import__('os').environ")
    assert is_usage_error(result, io, "line 2")
    run("a = 1")
    result, _, io = run("%%claims\nclaim(a == M)")
    assert is_usage_error(result, io, "there is no a")
    run("%%claims\nx = tensor(M)\nclaim(x == x)")
    assert "x" not in shell.user_ns


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("%%claims --stepz\nclaim(M == M)", "unrecognized arguments: --stepz"),
        ("%%claims --timeout 0\nclaim(M == M)", "--timeout is a number of seconds from 0.001"),
        ("%%claims --timeout soon\nclaim(M == M)", "invalid float value"),
        ("%%prove --jobs 0\n1", "--jobs is a whole number from 1 to 1,000"),
        ("%%claims\nx = tensor(M)", "states no claim"),
        ("%%prove\n1", "the cell declares no claim: it needs prove(…)"),
        ("%%prove B8\n1", "%%prove takes no names, found B8"),
        ("%prove", "%prove needs names of bundled claims"),
        ("%prove B88", "B88 is neither a file, nor a folder, nor a bundled claim: did you mean B8?"),
        ("%%prove\nimport asyncio\nawait asyncio.sleep(0)", "await in a cell of its own"),
        ("%%prove\n%nothing", "Line magic function `%nothing` not found"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(run, cell, words):
    result, shown, io = run(cell)
    assert is_usage_error(result, io, words)
    assert io.stderr.count("UsageError") == 1
    assert shown == []


def test_a_cell_of_python_leaves_its_names_and_each_claim_is_shown_once(run, shell, monkeypatch):
    monkeypatch.delattr("builtins._", raising=False)  # where doctests leave the last value
    result, shown, io = run(f"%%prove\n{LAYER}{WEIGHTS}weights")
    assert result.success
    assert verdicts(shown) == [["proved"]]
    assert io.stdout == ""
    assert isinstance(shell.user_ns["weights"], Derivation)
    assert shell.user_ns["_"] is shell.user_ns["weights"]
    assert verdicts(run(f"%%prove\n{LAYER}{WEIGHTS}claim(layer.z == 2 * layer.z)")[1]) == [["proved"], ["refuted"]]
    assert verdicts(run('%%prove\ncheck("Two", statement="2", evidence="ran", by=lambda: "2")')[1]) == [["ran"]]


def test_the_last_expression_of_a_cell_is_shown_as_usual(run, shell):
    _, shown, io = run(f"%%prove --no-steps\n{LAYER}{WEIGHTS}6 * 7")
    assert (verdicts(shown), bool(re.fullmatch(r"Out\[\d\]: 42\n", io.stdout))) == ([["proved"]], True)
    assert run(f"%%prove --no-steps\n{LAYER}{WEIGHTS}6 * 7;")[2].stdout == ""


def test_what_is_shown_or_read_in_a_cell_is_declared_once_or_not_at_all(run):
    _, shown, _ = run(f"%%prove --no-steps\n{LAYER}{WEIGHTS}display(layer.z)\nlayer.z")
    assert verdicts(shown) == [[], ["proved"]]
    read = 'from cnn_symbolic.claims import read_claims\nread_claims("x = tensor(M)\\nclaim(x == x)");'
    assert verdicts(run(f"%%prove\n{read}")[1]) == [["proved"]]


def test_an_error_in_a_cell_is_shown_once_with_its_line_and_nothing_is_decided(run, shell):
    result, shown, io = run(f"%%prove\n{LAYER}{WEIGHTS}1 / 0")
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    assert shown == []
    plain = re.sub(r"\x1b\[[\d;]*m", "", io.stdout)
    assert plain.count("Traceback") == 1
    assert "---> 8 1 / 0" in plain
    assert "magics.py" not in plain
    assert isinstance(shell.user_ns["weights"], Derivation)
    assert run("6 * 7")[2].stdout.endswith("]: 42\n")
    result, shown, io = run("%%prove\n1 +\n")
    plain = re.sub(r"\x1b\[[\d;]*m", "", io.stdout)
    assert plain.count("SyntaxError") == 1
    assert "line 2" in plain
    assert "magics.py" not in plain
    assert not result.success


def test_claims_that_other_cells_or_threads_declare_are_not_of_this_one(run):
    run(LAYER + WEIGHTS)
    assert verdicts(run("%%prove --no-steps\nclaim(layer.z == layer.z)")[1]) == [["proved"]]
    start = "from threading import Thread\nt = Thread(target=lambda: refused.append(claim(layer.z == layer.z)))"
    quiet = "import threading\nthreading.excepthook = lambda *_: None\nrefused = []"
    result, shown, io = run(f"%%prove\n{quiet}\n{start}\nt.start()\nt.join()")
    run("threading.excepthook = threading.__excepthook__")
    assert is_usage_error(result, io, "a thread declares a claim at line")
    assert shown == []


def test_a_claim_that_takes_too_long_is_undecided_and_the_others_keep_their_verdicts(run):
    slow = 'import time\ncheck("Slow", statement="s", evidence="ran", by=lambda: time.sleep(60))\n'
    result, shown, io = run(f"%%prove --timeout 4 --jobs 2\n{LAYER}{WEIGHTS}{slow}")
    assert result.success
    assert verdicts(shown) == [["proved"], ["undecided"]]
    assert "not done after 4 s" in shown[1]["text/plain"]
    assert "1 of 2 as stated" in io.stdout


def test_bundled_claims_and_files_are_shown_by_name(run, tmp_path):
    _, shown, io = run("%prove B8 B10")
    assert verdicts(shown) == [["proved"], ["proved"], ["refuted"]]
    assert io.stdout.startswith("2 proved, 1 refuted; 3 of 3 as stated")
    file = tmp_path / "mine.py"
    file.write_text(LAYER + WEIGHTS, encoding="utf-8")
    assert verdicts(run(f"%prove {file}")[1]) == [["proved"]]


@pytest.mark.parametrize("name", ["claims", "prove"])
def test_the_help_has_the_options_and_an_example_that_works(run, shell, name):
    text = shell.find_cell_magic(name).__doc__
    assert all(option in text for option in ("--timeout SECONDS", "--jobs N", "steps"))
    example = re.search(rf"^    (%%{name}\n(?:(?:    .*)?\n)+)", text, re.M).group(1)
    result, shown, _ = run(re.sub("^    ", "", example, flags=re.M))
    assert result.success
    assert verdicts(shown) == [["refuted"] if name == "claims" else ["proved"]]


def test_the_magics_can_be_unloaded(run, shell):
    run("%unload_ext cnn_symbolic")
    assert shell.find_cell_magic("claims") is None
    assert shell.find_line_magic("prove") is None
    assert shell.find_line_magic("time") is not None


def test_the_package_does_not_load_ipython_and_the_hooks_are_no_names():
    code = "import cnn_symbolic, sys; print('IPython' in sys.modules, cnn_symbolic.load_ipython_extension.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False load_ipython_extension\n"
    assert "load_ipython_extension" not in homes("cnn_symbolic")


def test_the_cells_of_the_guide_show_what_it_says(run):
    cells = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.S | re.M)
    shown = []
    for cell in cells:
        result, found, io = run(cell)
        assert result.success, io.stdout + io.stderr
        shown += [*found, *([{"text/plain": io.stdout}] if "Out[" in io.stdout else [])]
    expected = [["proved"], ["refuted"]] * 2 + [["proved"], ["proved"], ["refuted"]]
    assert verdicts(shown)[: len(expected)] == expected
    texts = "".join(data["text/plain"] for data in shown[len(expected) :])
    assert "exactly where P = 0" in texts
    assert "line 8: `:, :, pad:-pad, pad:-pad` → " in texts
    assert "<Drawing: An overlay of 2×2 slides over an input of 4×5>" in texts


# In a kernel

IN_KERNEL = """
import json, sys
from jupyter_client.manager import start_new_kernel

manager, client = start_new_kernel(kernel_name="python3")

def text_of(message):
    return message["content"].get("data", {}).get("text/plain", message["content"].get("text", ""))

def run(cell, stop=None):
    asked = client.execute(cell, stop_on_error=False)
    seen, outputs = [], {}
    while True:
        message = client.get_iopub_msg(timeout=120)
        if message["parent_header"].get("msg_id") != asked:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "status" and content["execution_state"] == "idle":
            break
        if kind in ("display_data", "update_display_data"):
            place = content.get("transient", {}).get("display_id", len(outputs))
            outputs[place] = text_of(message).split("\\n")[0]
            seen.append(outputs[place])
            if stop is not None and outputs[place] == stop:
                manager.interrupt_kernel()
        elif kind in ("stream", "execute_result"):
            outputs[len(outputs)] = text_of(message)
        elif kind == "error":
            outputs[len(outputs)] = "\\n".join(content["traceback"])
    while (reply := client.get_shell_msg(timeout=120))["parent_header"].get("msg_id") != asked:
        pass
    return reply["content"]["status"], seen, list(outputs.values())

try:
    print(json.dumps([run(*one) for one in json.loads(sys.argv[1])]))
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
"""
SLEEPING = """
import time
for title in ("One", "Two"):
    check(title, statement="s", evidence="ran", by=lambda: time.sleep(100))
"""
CHILDREN = """
import os
try:
    print("children", os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    print("no children")
"""


def test_in_a_kernel_progress_leaves_nothing_and_an_interrupt_leaves_the_kernel_and_no_processes(tmp_path):
    if missing := [name for name in ("jupyter_client", "ipykernel") if find_spec(name) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    cells = [
        ["%load_ext cnn_symbolic"],
        [TEXT],
        [f"%%prove --no-steps --jobs 2\n{LAYER}{WEIGHTS}{SLEEPING}", "deciding 2 of 3"],
        [CHILDREN],
        ["%%claims\nx = tensor(M)\nclaim(x == x)"],
        ["%%claims\nx = tensor(M)\nclaim(x == y)"],
    ]
    places = dict.fromkeys(
        ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"), str(tmp_path)
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", IN_KERNEL, json.dumps(cells)],
        cwd=tmp_path, env={**os.environ, **places}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    loaded, text, stopped, children, after, wrong = json.loads(done.stdout)
    titles = re.findall(r"claim\((.*)\)\n", TEXT)
    assert loaded == ["ok", [], []]
    assert (text[0], text[1]) == ("ok", ["deciding 1 of 2", "deciding 2 of 2", *titles])
    assert (text[2][:2], len(text[2])) == (titles, 3)
    assert (stopped[0], stopped[1][:2]) == ("error", ["deciding 1 of 3", "deciding 2 of 3"])
    assert stopped[2] == ["The weight gradient", "KeyboardInterrupt: 1 of 3 claims were decided"]
    assert children == ["ok", [], ["no children\n"]]
    assert (after[0], after[2]) == ("ok", ["x == x"])
    assert (wrong[0], wrong[1]) == ("error", [])
    assert wrong[2][0].startswith("UsageError: the cell, line 3, column 12: there is no y")
