"""The LaTeX book: names and titles that come out right, references that exist, and a document that compiles."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import sympy as sp

from cnn_symbolic import Iverson, apply, named, prove, refute, scale, sizes, sum_axes, tensor
from cnn_symbolic.expressions.printing import Formulas
from cnn_symbolic.expressions.values import number
from cnn_symbolic.ground.errors import ExportError, MissingPackageError
from cnn_symbolic.library.loading import Claim, select
from cnn_symbolic.notation.latex import escape, latex
from cnn_symbolic.notation.layout import name
from cnn_symbolic.notation.reading import read
from cnn_symbolic.notation.text import text
from cnn_symbolic.present.book.latex import breakable, latex_book, latex_fragment, portable
from cnn_symbolic.present.book.pdf import compile_pdf
from cnn_symbolic.present.content.assembly import assemble
from cnn_symbolic.present.content.contents import entry_of

M, N = sizes("M N")
ODD = r"100% of A_B & {C} # <D> \E ~ ^ $ é ß ∂C/∂a σ′(z) ⌊M⌋ “q” — → ħ 数 ε≤½"


def claim(derivation, name="claim"):
    return Claim(name, derivation, Path("own.py"))


def compile_latex(text, folder):
    """Compile a document until its references are right; return its log."""
    folder.joinpath("book.tex").write_text(text, encoding="utf-8")
    for _ in range(3):
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "book.tex"]
        done = subprocess.run(command, cwd=folder, capture_output=True)
        assert done.returncode == 0, done.stdout.decode("latin-1")[-3000:]
    return folder.joinpath("book.log").read_text(encoding="latin-1")


needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


@pytest.mark.slow
@needs_tex
def test_the_book_of_everything_compiles_without_warnings(everything, tmp_path):
    log = compile_latex(latex_book(everything), tmp_path)
    assert "undefined" not in log
    assert "multiply defined" not in log
    overfull = [float(width) for width in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert max(overfull, default=0) < 3


@needs_tex
def test_titles_names_and_ids_with_special_characters_compile(tmp_path):
    x, y = tensor(M, name="_odd__name_"), tensor(M, name="größe_λ")
    z = named("y1", x + y)
    proof = prove(ODD, apply(z, function="ReLU"), equals=apply(z, function="ReLU"))
    functions = prove(ODD, apply(z, function="größe"), equals=apply(z, function="größe"))
    book = assemble([claim(proof, "a_b%c é"), claim(refute(ODD, x, equals=2 * x)), claim(functions, "数")], jobs=1)
    compile_latex(latex_book(book), tmp_path)


@needs_tex
def test_fragments_compile_in_a_document_of_ones_own(tmp_path):
    fragments = [latex_fragment(entry_of(c)) for c in select(["weight_gradient", "bias_gradient"])]
    fragments.append(latex_fragment(entry_of(select(["input_gradient_unrotated"])[0])))
    start = r"\documentclass{article}\usepackage{amsmath,amssymb,amsthm}\begin{document}"
    log = compile_latex("\n".join([start, *fragments, r"\end{document}"]), tmp_path)
    assert "undefined" not in log


@needs_tex
def test_a_pdf_is_made_and_an_error_of_tex_is_shown():
    assert compile_pdf(r"\documentclass{article}\begin{document}x\end{document}").startswith(b"%PDF")
    with pytest.raises(ExportError, match=r"pdflatex failed: ! Undefined control sequence"):
        compile_pdf(r"\documentclass{article}\begin{document}\nonsense\end{document}")


@needs_tex
def test_a_document_runs_no_program(tmp_path):
    made = tmp_path / "made"
    compile_pdf(rf"\documentclass{{article}}\begin{{document}}\immediate\write18{{touch {made}}}x\end{{document}}")
    assert not made.exists()


def test_without_a_tex_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingPackageError, match=r"neither pdflatex nor .* apt-get install texlive"):
        compile_pdf("")


def test_the_document_has_the_lines_with_their_reasons():
    book = latex_book(assemble(select(["weight_gradient"]), jobs=1))
    assert r"\cnndisplay{\frac{\partial C}{\partial w} = a^{\mathrm{prev}} \star_{\mathrm{valid}} \delta}" in book
    assert r"\cnnreason{the chain rule}" in book
    assert (
        r"\cnnformula{\sum_{r=0}^{M - I} \sum_{c=0}^{N - J} a^{\mathrm{prev}}_{i + r,j + c} \cnntimes \delta_{r,c}}"
        in book
    )
    assert r"holds exactly when $I = M$ and $J = N$" in book
    assert r"\begin{pmatrix} \cnndiffers{" in book
    assert r"\hyperref[def:correlate]{the definition of the valid cross-correlation (\ref*{def:correlate})}" in book
    assert r"\label{def:correlate}" in book


NAMES = {
    "a_prev": r"a^{\mathrm{prev}}",
    "δ": r"\delta",
    "∂C/∂a": r"\frac{\partial C}{\partial a}",
    "w12": "w_{12}",
    "x_1": "x_{1}",
    "i′": "i'",
    "f_prev′": r"f'^{\mathrm{prev}}",
    "kernel": r"\mathit{kernel}",
    "100%": r"\mathit{100\%}",
    "größe_ü": r"\text{\textit{größe}}^{\text{\textrm{ü}}}",
}


@pytest.mark.parametrize(("called", "written"), NAMES.items(), ids=NAMES)
def test_names_are_set_as_mathematics(called, written):
    assert latex(name(called)) == written
    assert text(name(called)) == called


def test_brackets_are_written_as_one_reads_them():
    symbols = [sp.Dummy(letter, integer=True) for letter in "md"]
    m, d = map(number, symbols)
    names = dict(zip(symbols, map(name, "md"), strict=True))
    lay = Formulas({})
    assert latex(lay.expr(Iverson(m % M == 0).formula, names)) == r"{[m \bmod M = 0]}"
    assert text(lay.expr(Iverson(m % M == 0).formula, names)) == "[m mod M = 0]"
    assert latex(lay.condition((m >= 0) & (m < d), names)) == r"0 \le m < d"
    assert latex(lay.condition((m >= 0) & (d < 3), names)) == r"d < 3 \wedge m \ge 0"


B, S, T = sizes("B S T")
x = tensor(M, name="x")
FRACTIONS = [
    ((2 * M + 2 * N) / (2 * N + 1), "(2·M + 2·N)/(2·N + 1)", r"\tfrac{2 \, M + 2 \, N}{2 \, N + 1}"),
    (2 / (B * M), "2/(B·M)", r"\tfrac{2}{B \, M}"),
    (2 / B / M * x[0], "2/(B·M)·x[0]", r"\tfrac{2}{B \, M} \, x_{0}"),
    (x[0] * M / (N + 1), "M/(N + 1)·x[0]", r"\tfrac{M}{N + 1} \, x_{0}"),
    ((x[0] + x[1]) / M, "1/M·(x[0] + x[1])", r"\tfrac{1}{M} \, (x_{0} + x_{1})"),
    (1 / (S * T), "1/(S·T)", r"\tfrac{1}{S \, T}"),
    (1 / S / S, "1/S^2", r"\tfrac{1}{S^{2}}"),
    (-M / S / 2, "-M/(2·S)", r"-\tfrac{M}{2 \, S}"),
    (M / S - N / T, "M/S - N/T", r"\tfrac{M}{S} - \tfrac{N}{T}"),
    ((M // S + 1) / T, "(⌊M/S⌋ + 1)/T", r"\tfrac{\lfloor M/S \rfloor + 1}{T}"),
    (M // S, "⌊M/S⌋", r"\lfloor M/S \rfloor"),
    (Iverson(M > N) / S, "1/S·[M > N]", r"\tfrac{1}{S} \, {[M > N]}"),
    (M * number(1) / 2, "M/2", r"\tfrac{M}{2}"),
    (x[0] / 2, "1/2·x[0]", r"\tfrac{1}{2} \, x_{0}"),
]


@pytest.mark.parametrize(("e", "line", "written"), FRACTIONS, ids=[line for _, line, _ in FRACTIONS])
def test_sizes_and_what_they_are_divided_by_are_one_fraction(e, line, written):
    assert text(Formulas({}).expr(e, {})) == line
    assert latex(Formulas({}).expr(e, {})) == written


def test_a_sum_follows_the_fraction_that_it_is_multiplied_with():
    formula = scale(sum_axes(x, axes=(0,)), factor=2 / (B * M)).formula(())
    assert text(Formulas({}).formula(formula, {})).startswith("2/(B·M)·Σ{")
    assert latex(Formulas({}).formula(formula, {})).startswith(r"\tfrac{2}{B \, M} \, \sum_{")


def test_plain_text_is_escaped():
    assert escape("_%&#{}$") == r"\_\%\&\#\{\}\$"
    assert portable("é “x” —") == "é “x” —"
    assert portable("δ≤") == r"\ensuremath{\delta}\ensuremath{\le}"
    assert portable("数ħ\x07") == r"\cnnother{6570}\cnnother{0127}\cnnother{0007}"


def test_long_formulas_may_be_broken_between_factors_and_arguments():
    assert breakable(read("f(x, y)·g")) == r"f(x \cnncomma y) \cnntimes g"
