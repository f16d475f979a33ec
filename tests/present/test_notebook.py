"""What notebooks show: proofs with checked lines only, the truth about everything else, and the tutorial, executed."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cnn_symbolic import (
    FeatureMap,
    Step,
    check,
    claim,
    correlate,
    from_entries,
    gradient,
    named,
    outer,
    prove,
    refute,
    shape,
    sizes,
    tensor,
)
from cnn_symbolic.backward import prove_backward
from cnn_symbolic.backward.agreement import same
from cnn_symbolic.backward.calling import load_function
from cnn_symbolic.claims import decide, read_claims, state
from cnn_symbolic.ground.display import Displayed
from cnn_symbolic.library.files import bundled_folder, derivation_files
from cnn_symbolic.library.loading import select
from cnn_symbolic.present import notebook
from cnn_symbolic.present.terminal import derivation_view

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "derivations" / "tutorial.ipynb"
KINDS = ["text/plain", "text/latex", "text/html"]
NOT_FLIPPED = "the filter is not flipped (correlate in place of convolve)"
M, N, I, J = sizes("M N I J")
x, y = tensor(M, name="x", indices="m"), tensor(M, name="y", indices="m")


def layer():
    return FeatureMap((M, N), (I, J))


def right():
    made = layer()
    return prove("The weight gradient", made.gradient(made.w), equals=correlate(made.a_prev, made.delta, mode="valid"))


def wrong():
    made = layer()
    return refute("Not rotated", made.gradient(made.a_prev), equals=correlate(made.w, made.delta, mode="full"))


def even(i):
    """A number that is the index itself, as one of two in a row is even; the kernel cannot tell."""
    return i + i * (i + 1) % 2


def undecided():
    return prove("Even", x, equals=from_entries((M,), lambda i: x[even(i)], using=[x]))


def shown(of):
    """What a notebook gets of an object: its three kinds, the HTML being XML without a script."""
    bundle = of._repr_mimebundle_()
    assert list(bundle) == KINDS
    plain, latex, html = bundle.values()
    assert latex.startswith("$")
    assert latex.endswith("$")
    assert "$" not in latex[1:-1].replace(r"\$", "")
    tree = ElementTree.fromstring(html)
    assert "script" not in {e.tag.split("}")[-1] for e in tree.iter()}
    return plain, " ".join(latex.split()), html


def words(html):
    """The text of HTML, without its style and with one blank for each space."""
    tree = ElementTree.fromstring(html)
    for style in tree.iter("style"):
        style.text = ""
    return " ".join("".join(tree.itertext()).split())


def verdicts(html):
    return re.findall(r'class="verdict (\w+)"', html)


def test_a_proof_is_shown_with_all_its_lines_and_reasons():
    proof = right()
    plain, latex, html = shown(proof)
    assert verdicts(html) == ["proved"]
    assert r"\boxed{\text{proved}} \text{ all shapes if } I \le M" in latex
    assert len(proof.lines) == 6
    assert latex.count("={}&") == html.count('class="because"') - 1 == 5
    assert r"\sum_{r=0}^{M - I} \sum_{c=0}^{N - J} a^{\mathrm{prev}}_{i + r,j + c} \, \delta_{r,c}" in latex
    assert r"a^{\mathrm{prev}} \star_{\mathrm{valid}} \delta" in latex
    assert r"a^{\mathrm{prev}} \star_{\mathrm{valid}} \delta" in html
    for line in proof.lines[1:]:
        because = line.because.split("∂")[0].split("δ")[0].strip()
        assert because in plain
        assert because in words(html)
        assert because.split()[0] in latex
    assert r"\text{the definition of the valid cross-correlation}" in latex
    assert "proved: all shapes if I ≤ M and J ≤ N" in plain


def test_a_refutation_is_shown_with_its_numbers_and_the_name_of_the_mistake():
    plain, latex, html = shown(wrong())
    assert verdicts(html) == ["refuted"]
    assert r"\neq" in latex
    assert r"\boxed{\text{refuted}}" in latex
    for text in ("Smallest counterexample", "The mistake: the filter is not flipped"):
        assert text in words(html)
        assert rf"\text{{{text}" in latex or text in latex.replace(r"} \text{", " ")
    assert r"\text{left} = \begin{pmatrix} \boxed{" in latex
    assert 'class="differs"' in html
    assert "=" not in verdicts(html)
    assert 'class="proof"' not in html
    assert "aligned" not in latex
    assert f"the mistake: {NOT_FLIPPED}; without it, this is" in plain


def test_a_tensor_is_shown_as_an_operation_with_its_shape_and_its_entries():
    made = layer()
    plain, latex, html = shown(made.z)
    assert plain == repr(made.z) == "<Tensor z of shape (M - I + 1, N - J + 1)>"
    assert r"z = (a^{\mathrm{prev}} \star_{\mathrm{valid}} w) + b \text{ of shape } (M - I + 1, N - J + 1)" in latex
    assert r"z_{r,c} = \sum_{i=0}^{I - 1} \sum_{j=0}^{J - 1} a^{\mathrm{prev}}_{r + i,c + j} \, w_{i,j}" in latex
    assert "of shape" in words(html)
    assert shown(made.w)[1] == r"$\displaystyle w \text{ of shape } (I, J) $"
    number = tensor(name="η")
    assert shown(number)[1] == r"$\displaystyle \eta \text{, a number}$"


def test_the_entries_of_a_gradient_are_shown_as_short_as_the_kernel_allows():
    w = tensor(I, name="w", indices="i")
    z = named("z", correlate(x, w, mode="valid"), indices="r")
    latex = shown(gradient(z, wrt=w))[1]
    assert r"\sum_{r=0}^{M - I} x_{i + r} \, \bigl(\tfrac{\partial C}{\partial z}\bigr)_{r}" in latex
    assert r"\frac{\partial}{\partial" not in latex
    assert "[i =" not in latex


def test_shapes_and_equations_are_shown_and_an_equation_is_no_claim():
    assert r"\operatorname{shape}(z) = (M - I + 1, N - J + 1)" in shown(shape(layer().z))[1]
    _, latex, html = shown(x + x == 2 * x)
    assert r"x + x \overset{?}{=} 2 \, x" in latex
    assert verdicts(html) == []
    assert "nothing is decided" in words(html)


def test_the_verdicts_of_the_kernel_are_shown():
    plain, latex, html = shown(decide(state(x + x, 2 * x)))
    assert plain == "x + x = 2·x\n  proved: all shapes"
    assert verdicts(html) == ["proved"]
    assert "The smallest sizes: M=1" in words(html)
    plain, latex, html = shown(decide(state(x, 2 * x)))
    assert plain.startswith("x = 2·x\n  refuted: never holds\n  smallest counterexample: M = 1")
    assert verdicts(html) == ["refuted"]
    assert r"x = \begin{pmatrix} 1 \end{pmatrix}" in latex
    plain, latex, html = shown(decide(undecided().statement))
    assert plain.splitlines()[1].startswith("  undecided: an index or a condition is not affine")
    assert verdicts(html) == ["undecided"]
    assert "not affine" in words(html)
    assert "not affine" in latex


def test_claims_of_the_library_and_checks_are_shown():
    for one in select(["feature_map_shape", "sigmoid"]):
        outcome = ["refuted" if one.derivation.expected == "refuted" else "proved"]
        assert verdicts(shown(one)[2]) == verdicts(shown(one.derivation)[2]) == outcome

    def fails():
        raise AssertionError("2 is not 3")

    tested = check("T", statement="a = b", evidence="tested (once)", by=lambda: "as it is")
    assert verdicts(shown(tested)[2]) == ["ran"]
    failed = check("T", statement="a = b", evidence="fixed shape", by=fails)
    plain, latex, html = shown(failed)
    assert verdicts(html) == ["refuted"]
    assert r"\boxed{\text{proved}}" not in latex
    assert "2 is not 3" in plain
    assert "is not" in words(html)
    assert "is not" in latex


def test_a_line_that_was_not_checked_is_never_shown_as_a_proof():
    proof = right()
    lines = proof.lines
    planted = replace(lines[-2], checked=None, because="because I say so")
    vars(proof)["lines"] = (*lines[:-2], planted, lines[-1])
    plain, latex, html = shown(proof)
    assert "aligned" not in latex
    assert 'class="proof"' not in html
    assert "the chain rule" not in plain
    assert "No proof of it is shown" in words(html)
    assert "was not checked: because I say so" in words(html)
    exchanged = right()
    vars(exchanged)["lines"] = (lines[0], *reversed(lines[1:]))
    assert 'class="proof"' not in shown(exchanged)[2]


def test_undecided_claims_and_steps_that_do_not_follow_are_shown_as_that():
    plain, latex, html = shown(undecided())
    assert verdicts(html) == ["undecided"]
    assert "proved" not in latex
    assert r"\overset{?}{=}" in latex
    assert "undecided: an index" in plain
    step = prove("Twice", x + x, equals=2 * x, steps=[Step(lambda i: 3 * x[i], "three of them")])
    plain, latex, html = shown(step)
    assert "This step of its proof does not follow: “three of them”." in words(html)
    assert "all shapes, but not by these steps" in words(html)
    assert "aligned" not in latex
    unknown = prove("Twice", x + x, equals=2 * x, steps=[Step(lambda i: 2 * x[even(i)], "even")])
    html = shown(unknown)[2]
    assert verdicts(html) == ["undecided"]
    assert "Whether this step of its proof follows is undecided" in words(html)


def test_a_verdict_that_is_not_the_one_that_was_stated_is_shown_as_that():
    html = shown(claim(x == 2 * x))[2]
    assert verdicts(html) == ["refuted"]
    assert "It was stated as a theorem." in words(html)
    html = shown(refute("No", x + x, equals=2 * x))[2]
    assert verdicts(html) == ["proved"]
    assert "It was stated as a formula that is wrong." in words(html)
    assert "stated as" not in words(shown(wrong())[2])


def test_a_claim_that_cannot_be_decided_at_all_is_shown_with_the_error():
    vacuous = prove("Vacuous", x, equals=y, assuming=[M >= 2, M <= 1])
    plain, latex, html = shown(vacuous)
    assert verdicts(html) == ["undecided"]
    assert "It was not decided" in words(html)
    assert "✗ failed: no sizes satisfy the assumptions" in plain
    assert "proved" not in latex


def test_the_title_of_a_claim_without_one_is_its_text():
    (read,) = read_claims("x = tensor(M)\nclaim(x[i] == x[i + 0])").values()
    assert r"\texttt{x[i] == x[i + 0]}" in shown(read)[1]
    assert r"\texttt{x = 2·x}" in shown(claim(x == 2 * x))[1]


def test_empty_texts_and_what_no_document_can_have_do_not_look_broken():
    tested = check("", statement="", evidence="tested (once)", by=lambda: "")
    assert "<div></div>" not in shown(tested)[2]
    assert 'class="title"' not in shown(tested)[2]
    assert "Found" not in shown(tested)[2]
    bad = "a\x00b\n\nc\ud800\uffff\u202e"
    for claim_ in (
        prove(bad, x + x, equals=2 * x, steps=[Step(lambda i: 3 * x[i], bad)]),
        prove(bad, x, equals=y, assuming=[M >= 2, M <= 1]),
        refute(f"{bad} == {bad}", x, equals=2 * x),
    ):
        _, latex, html = shown(claim_)
        assert "a\ufffdb c\ufffd\ufffd\ufffd" in words(html)
        assert "a\ufffdb c\ufffd\ufffd\ufffd" in re.sub(r"\} \\\\ \\\w+\{", " ", latex)
        assert not re.search("[\x00-\x08\ud800-\udfff\uffff\u202e]", latex + html)


def test_a_tensor_is_not_explained_by_itself():
    w = tensor(I, name="w", indices="i")
    z = named("z", correlate(x, w, mode="valid"), indices="r")
    for one in (w, z):
        where = shown(one)[1].partition(r"\text{where }")[2]
        assert not re.search(rf"(^|; ){one.source.name} ", where)


def test_special_characters_come_out_right():
    title = r"100% of A_B & {C} # <D> \E ~ ^ $ é ß ∂C/∂a σ′(z) ⌊M⌋ 中文"
    odd, foreign = tensor(M, name="_odd__name_"), tensor(M, name="ядро")
    plain, latex, html = shown(refute(title, odd, equals=2 * odd))
    assert plain.startswith(title)
    assert "100% of A_B & {" in words(html)
    assert "# <D> \\" in words(html)
    assert "中文" in words(html)
    assert "odd" in words(html)
    assert "中文" in latex
    assert r"\textbackslash" not in latex
    assert r"\textless" not in latex
    assert r"\textbf{ of A}\_\textbf{B }\&\textbf{ }\{" in latex
    for inside in re.findall(r"\\text(?:bf|tt)?\{([^}]*)\}", latex):
        assert not set(inside) & set("\\_%&#{$~^<>")
    assert "ядро" in shown(foreign)[1]
    assert "ядро" in words(shown(foreign)[2])


def test_only_what_is_asked_for_is_made(monkeypatch):
    assert list(x._repr_mimebundle_(include=["text/latex"])) == ["text/latex"]
    assert list(x._repr_mimebundle_(include={"text/html", "image/png"}, exclude=["text/plain"])) == ["text/html"]
    assert list(x._repr_mimebundle_(exclude=["text/html"])) == ["text/plain", "text/latex"]
    assert x._repr_mimebundle_(include=[]) == {}
    assert x._repr_latex_() == x._repr_mimebundle_()["text/latex"]
    assert x._repr_html_() == x._repr_mimebundle_()["text/html"]
    monkeypatch.setitem(notebook.KINDS, "text/html", lambda *_: pytest.fail("not asked for"))
    assert x._repr_latex_()


def test_what_cannot_be_shown_as_mathematics_is_shown_as_text():
    clash = outer(tensor(M, name="x"), tensor(N, name="x"))
    bundle = clash._repr_mimebundle_()
    assert bundle == {"text/plain": repr(clash), "text/html": f"<pre>{notebook.Markup.escape(repr(clash))}</pre>"}
    assert clash._repr_latex_() is None


CODE = """import numpy as np

def cut(dy, x, w, pad):
    wide = np.zeros((*x.shape[:2], x.shape[2] + 2 * pad, x.shape[3] + 2 * pad))
    for r, c in np.ndindex(dy.shape[2:]):
        wide[:, :, r : r + w.shape[2], c : c + w.shape[3]] += np.einsum("nk,kdij->ndij", dy[:, :, r, c], w)
    return wide[:, :, pad:-pad, pad:-pad]

def twice(x):
    return 2 * x
"""


@pytest.fixture
def code(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(CODE, encoding="utf-8")
    return file


def test_a_report_on_code_is_shown_with_the_line_marked_that_is_wrong(code):
    function = load_function(f"{code}:cut")
    report = prove_backward(function, of="conv2d(padding=P)", signature="dy, x, w, padding -> dx", examples=5)
    bundle = report._repr_mimebundle_()
    assert list(bundle) == ["text/plain", "text/html"]
    assert bundle["text/plain"] == str(report)
    tree = ElementTree.fromstring(bundle["text/html"])
    styled = {}
    for span in tree.iter("span"):
        styled.setdefault(span.get("class"), []).append("".join(span.itertext()))
    assert styled.keys() == {None, "wrong", "mend", "number", "marked"}
    assert [line.partition(":")[0] for line in styled["wrong"]] == [
        "✗ cut is not the backward pass of conv2d(padding=P)",
        "  dx  refuted, read from the code",
    ]
    assert styled["mend"][0].startswith("  line 7: `:, :, pad:-pad, pad:-pad` → ")
    assert styled["marked"] == [f"7  {CODE.splitlines()[6]}"]
    assert styled["number"] == ["3", "4", "5", "6", "7"]
    assert all(line in styled[None] for line in str(report).splitlines()[5:] if line)


def test_a_report_on_two_functions_is_shown_with_its_verdict(code):
    bundle = same(f"{code}:twice", f"{code}:twice", "x (N)")._repr_mimebundle_()
    assert list(bundle) == ["text/plain", "text/html"]
    assert f'<span class="right">✓ {code}:twice and' in bundle["text/html"]
    assert bundle["text/plain"].startswith(f"✓ {code}:twice and {code}:twice return the same")


def test_colours_of_a_terminal_are_in_no_text(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in "".join(right()._repr_mimebundle_().values())


def test_an_error_that_is_not_meant_is_not_hidden(monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(notebook, "card_of", broken)
    with pytest.raises(ZeroDivisionError):
        x._repr_mimebundle_()


def test_objects_stay_what_they_are():
    proof = right()
    theorem = decide(state(x, x))
    for one in (x, shape(x), x == y, proof, theorem, *select(["feature_map_forward"])):
        assert isinstance(one, Displayed)
        assert "__dict__" not in Displayed.__dict__
        assert "_repr_" not in repr(one)
    assert len({x, x, y}) == 2
    assert proof in {proof}
    assert theorem in {theorem}
    assert derivation_view is notebook.derivation_view


def test_the_package_does_not_load_what_notebooks_show():
    loaded = "[m for m in sys.modules if m.startswith('cnn_symbolic.present')]"
    code = f"import cnn_symbolic.library.loading, sys; print({loaded})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# The tutorial


def cells():
    return json.loads(TUTORIAL.read_text(encoding="utf-8"))["cells"]


def test_the_stored_tutorial_is_normalised_and_has_no_outputs():
    text = TUTORIAL.read_text(encoding="utf-8")
    stored = json.loads(text)
    assert text == json.dumps(stored, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    assert (stored["nbformat"], stored["nbformat_minor"]) == (4, 5)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert stored["metadata"] == {"kernelspec": kernel, "language_info": {"name": "python"}}
    ids = [cell["id"] for cell in stored["cells"]]
    assert len(ids) == len(set(ids))
    for cell in stored["cells"]:
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
            assert len(cell["source"]) <= 12, cell["id"]
            assert max(map(len, cell["source"])) <= 110, cell["id"]


def test_the_tutorial_is_beside_the_derivations_and_not_one_of_them():
    assert (bundled_folder() / "tutorial.ipynb").is_file()
    assert {file.suffix for file in derivation_files(bundled_folder())} == {".py"}
    prose = "".join("".join(cell["source"]) for cell in cells() if cell["cell_type"] == "markdown")
    (address,) = set(re.findall(r"https://nested\S+\.html", prose))
    assert address in ROOT.joinpath("README.md").read_text(encoding="utf-8")


EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(notebook)
NotebookClient(notebook, timeout=300, kernel_name="python3", allow_errors=True).execute()
nbformat.write(notebook, sys.argv[2])
"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The outputs of the tutorial's cells by their ids, after a run in a kernel of its own."""
    if missing := [name for name in ("nbclient", "nbformat", "ipykernel") if find_spec(name) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("tutorial")
    places = dict.fromkeys(("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"), str(folder))
    command = [sys.executable, "-W", "ignore", "-c", EXECUTE, str(TUTORIAL), str(folder / "executed.ipynb")]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **places}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    run = json.loads(folder.joinpath("executed.ipynb").read_text(encoding="utf-8"))
    return {cell["id"]: cell["outputs"] for cell in run["cells"] if cell["cell_type"] == "code"}


def html_of(outputs):
    return "".join("".join(output.get("data", {}).get("text/html", "")) for output in outputs)


def test_the_tutorial_runs_and_every_cell_shows_one_thing(executed):
    errors = [(name, o["evalue"]) for name, outputs in executed.items() for o in outputs if o["output_type"] == "error"]
    assert errors == []
    silent = {"own-magics", "own-backward-code"}
    assert {name for name, outputs in executed.items() if not outputs} == silent
    assert all(len(outputs) == 1 for name, outputs in executed.items() if name not in silent)
    rich = [name for name, outputs in executed.items() if html_of(outputs)]
    assert len(rich) >= 30
    for name in rich:
        ElementTree.fromstring(html_of(executed[name]))


def test_the_tutorials_theorems_are_proved_and_what_it_calls_wrong_is_refuted(executed):
    claims = {"input-refuted": "refuted", "own-claim": "refuted", "own-read": "proved", "undecided-claim": "undecided"}
    proved = refuted = 0
    for cell in cells():
        source = "".join(cell["source"])
        if cell["cell_type"] != "code":
            continue
        expected = [claims[cell["id"]]] if cell["id"] in claims else []
        expected += ["proved"] if re.search(r"^prove\(", source, re.M) else []
        expected += ["refuted"] if re.search(r"^refute\(", source, re.M) else []
        assert verdicts(html_of(executed[cell["id"]])) == expected, cell["id"]
        proved += "proved" in expected
        refuted += "refuted" in expected
    assert proved >= 15
    assert refuted >= 6
    assert f"The mistake: {NOT_FLIPPED}. Without it, this is proved" in words(html_of(executed["input-refuted"]))


def test_the_tutorials_pictures_and_its_backward_passes(executed):
    pictures = [name for name, (*outputs,) in executed.items() if any("image/svg+xml" in o["data"] for o in outputs)]
    assert len(pictures) == 6
    wrong, right = (words(html_of(executed[f"own-backward-{name}"])) for name in ("check", "right"))
    assert "dx is wrong: the filter is not flipped" in wrong
    assert "line 9: `w` → `w[..., ::-1, ::-1]`: w is not flipped" in wrong
    assert right.startswith("✓ mended is the backward pass of conv2d(): proved for all shapes, read from the code")
