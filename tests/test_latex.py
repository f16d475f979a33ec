"""LaTeX: only checked lines, names and titles that come out right, and a document that compiles."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from cnn_symbolic import apply, from_entries, named, prove, refute, sizes, tensor
from cnn_symbolic.book.latex import latex_document, prose
from cnn_symbolic.errors import ExportError
from cnn_symbolic.latex_notation import Latex
from cnn_symbolic.library import Claim, select

M, N = sizes("M N")


def claim(derivation, name="claim"):
    return Claim(name, derivation, Path("own.py"))


def compile_latex(text, folder):
    """Compile a document twice; return its log."""
    folder.joinpath("proofs.tex").write_text(text, encoding="utf-8")
    for _ in range(2):
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "proofs.tex"]
        done = subprocess.run(command, cwd=folder, capture_output=True)
        assert done.returncode == 0, done.stdout.decode("latin-1")[-3000:]
    return folder.joinpath("proofs.log").read_text(encoding="latin-1")


needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


@needs_tex
def test_the_bundle_compiles_without_warnings(tmp_path):
    log = compile_latex(latex_document(select([])), tmp_path)
    assert "undefined" not in log
    overfull = [float(width) for width in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert max(overfull, default=0) < 3


@needs_tex
def test_titles_and_names_with_special_characters_compile(tmp_path):
    x = tensor(M, name="odd_%&#$~^{}<>\\name")
    y = named("y1", x + x)
    title = r"100% of A_B & {C} # <D> \E ~ ^ $ é ß ∂C/∂a σ′(z) ⌊M⌋"
    proof = prove(title, apply(y, function="ReLU"), equals=apply(y, function="ReLU"))
    wrong = refute(title, x, equals=2 * x)
    compile_latex(latex_document([claim(proof, "a_b%c"), claim(wrong)]), tmp_path)


def test_the_document_has_the_lines_with_their_reasons():
    text = latex_document(select(["weight_gradient"]))
    assert r"a^{\mathrm{prev}} \star_{\mathrm{valid}} \delta" in text
    assert r"\reason{the chain rule}" in text
    assert r"\sum_{r=0}^{M - I} \sum_{c=0}^{N - J} a^{\mathrm{prev}}_{i + r,j + c} \, \delta_{r,c}" in text
    assert r"holds exactly when $I = M \text{ and } J = N$" in text
    assert r"\begin{pmatrix}" in text


def test_an_unchecked_line_is_refused():
    proof = prove("…", tensor(M, name="x") + tensor(M, name="x"), equals=2 * tensor(M, name="x"))
    lines = proof.lines
    vars(proof)["lines"] = (*lines[:-1], replace(lines[-1], checked=None))
    with pytest.raises(ExportError, match="a line of '…' was not checked"):
        latex_document([claim(proof)])


def test_a_claim_that_is_undecided_is_refused():
    x = tensor(M, name="x")
    squares = prove("…", x, equals=from_entries((M,), lambda i: x[i * i], using=[x]))
    with pytest.raises(ExportError, match="claim is not proved, so there is no proof of it to print"):
        latex_document([claim(squares)])


def test_names_are_set_as_mathematics():
    latex = Latex({})
    assert latex.symbol("a_prev") == r"a^{\mathrm{prev}}"
    assert latex.symbol("δ") == r"\delta"
    assert latex.symbol("∂C/∂a") == r"\frac{\partial C}{\partial a}"
    assert latex.symbol("w12") == "w_{12}"
    assert latex.symbol("i′") == "i'"
    assert latex.symbol("kernel") == r"\mathit{kernel}"


def test_prose_is_escaped_and_its_formulas_are_set():
    assert prose("50% of a_b in a_prev") == r"50\% of a\_b in $a^{\mathrm{prev}}$"
    assert prose("with δ = σ′(z)·∂C/∂a") == r"with $\delta$ = $\sigma'(z)$$\cdot$$\partial C/\partial a$"
