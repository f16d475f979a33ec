"""Formulas as text and as LaTeX: parentheses stand where without them something else would be said."""

import pytest

from cnn_symbolic import (
    correlate,
    cotangent,
    from_entries,
    function,
    gradient,
    literal,
    named,
    ones,
    pad,
    scale,
    sizes,
    stacked,
    sum_axes,
    sum_over,
    summed,
    tensor,
)  # fmt: skip
from cnn_symbolic.expressions.formulas import fresh
from cnn_symbolic.expressions.printing import Formulas, conditions
from cnn_symbolic.notation.latex import latex
from cnn_symbolic.notation.layout import name
from cnn_symbolic.notation.mathml import mathml
from cnn_symbolic.notation.text import text
from cnn_symbolic.tensors.writing import Notation

M, I, J = sizes("M I J")
x, y, w, a = (tensor(length, name=name) for length, name in ((M, "x"), (M, "y"), (I, "w"), (M, "a_prev")))
WRITTEN = {
    "a sum that is taken away": (
        lambda i: x[i] - sum_over(lambda u: w[u], (I,)) - y[i],
        "x[i] - (Σ{u=0..I - 1} w[u]) - y[i]",
        r"x_{i} - \Bigl(\sum_{u=0}^{I - 1} w_{u}\Bigr) - y_{i}",
    ),
    "terms that are taken away": (
        lambda i: x[i] - (x[i] + 1) * y[i],
        "x[i] - (x[i] + 1)·y[i]",
        r"x_{i} - (x_{i} + 1) \, y_{i}",
    ),
    "divided by a product": (lambda i: x[i] / (I * J), "1/(I·J)·x[i]", r"\tfrac{1}{I \, J} \, x_{i}"),
    "divided by a sum": (lambda i: x[i] / (I + J), "1/(I + J)·x[i]", r"\tfrac{1}{I + J} \, x_{i}"),
    "a quotient by a product": (lambda i: x[i // (I * J)], "x[⌊i/(I·J)⌋]", r"x_{\lfloor i/(I \, J) \rfloor}"),
    "a remainder by a product": (lambda i: x[i % (I * J)], "x[(i mod (I·J))]", r"x_{(i \bmod (I \, J))}"),
    "a quotient of a sum": (
        lambda i: x[(M - 1 - i) // (2 * I)],
        "x[⌊(M - i - 1)/(2·I)⌋]",
        r"x_{\lfloor (M - i - 1)/(2 \, I) \rfloor}",
    ),
    "a power of a name with a superscript": (lambda i: a[i] ** 2, "a_prev[i]^2", r"(a^{\mathrm{prev}}_{i})^{2}"),
    "a power of a sum": (lambda i: (x[i] + 1) ** 2, "(x[i] + 1)^2", r"(x_{i} + 1)^{2}"),
}


@pytest.mark.parametrize(("formula", "line", "printed"), WRITTEN.values(), ids=WRITTEN)
def test_how_a_formula_is_written(formula, line, printed):
    index = fresh("i")
    made = Formulas({}).formula(from_entries((M,), formula, using=[x, y, w, a]).formula(index), {index[0]: "i"})
    assert (text(made), latex(made)) == (line, printed)


scalar = tensor(1, name="s")
TENSORS = {
    "a sum": (x + 2 * y - x, "x + 2·y - x", r"(x + (2 \, y)) - x"),
    "a product of sums": ((x + y) * -x, "(x + y)·(-x)", r"(x + y) \odot (-x)"),
    "a repeated sum": (x * (scalar + scalar), "x·(s + s)", r"x \odot (s + s)"),
    "a correlation": (
        2 * correlate(x, w, mode="same"),
        "2·correlate(x, w, mode='same')",
        r"2 \, (x \star_{\mathrm{same}} w)",
    ),
    "a multiple by sizes": (scale(x, factor=M / (I + J)), "M/(I + J)·x", r"\tfrac{M}{I + J} \, x"),
    "a half": (scale(x, factor=(M + 1) / 2), "(M/2 + 1/2)·x", r"(\tfrac{M}{2} + \tfrac{1}{2}) \, x"),
    "ones": (ones(M, 2), "ones(M, 2)", r"\mathbf{1}_{(M, 2)}"),
    "an array": (literal(values=[[1, -2]]), "literal(values=((1, -2),))", r"\begin{pmatrix} 1 & -2 \end{pmatrix}"),
    "a stack": (stacked(M, lambda k: scalar), "[s for k<M]", r"\bigl[s\bigr]_{0\le k<M}"),
    "a family's sum": (summed(M, lambda k: x) * y, "(Σ{k<M} x)·y", r"(\sum_{0\le k<M} x) \odot y"),
    "a sum over axes": (sum_axes(x, axes=(0,)), "sum_axes(x, axes=(0,))", r"\operatorname{sum}_{0}(x)"),
    "a function": (function("σ")(x, order=1), "σ′(x)", r"\sigma'(x)"),
    "by hand": (from_entries((M,), lambda i: x[i] + 1, using=[x]), "[x[i] + 1]", r"\bigl(x_{i} + 1\bigr)_{i}"),
    "a gradient": (gradient(named("z", x + y), wrt=x), "∂C/∂x", r"\frac{\partial C}{\partial x}"),
    "a call": (
        pad(x, widths=((1, 0),)), "pad(x, widths=((1, 0),))", r"\operatorname{pad}(x, \mathrm{widths}=((1, 0)))",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("made", "line", "printed"), TENSORS.values(), ids=TENSORS)
def test_how_a_tensor_is_written(made, line, printed):
    assert (str(made), latex(Notation({}).tensor(made))) == (line, printed)


def test_conditions_that_hold_together_are_one_formula_each():
    i, j = sizes("i j")
    made = conditions([i >= 0, j != 3, i < M])
    assert [text(c) for c in made] == ["0 ≤ i < M", "j ≠ 3"]
    assert [latex(c) for c in made] == [r"0 \le i < M", r"j \neq 3"]
    either = [(i == 1) | (j % 2 == 0), ~((i > 1) & (j > 1))]
    assert [text(c) for c in conditions(either)] == ["(i = 1 or j is even)", "not (i > 1 and j > 1)"]
    assert latex(*conditions(either[:1])) == r"i = 1 \text{ or } j\text{ is even}"
    assert conditions([]) == ()


def test_conditions_are_in_the_same_words_in_every_notation():
    i, j = sizes("i j")
    (made,) = conditions([(M - i) % j == 0])
    assert (text(made), latex(made)) == ("j divides M - i", r"j\text{ divides } M - i")
    assert "<mtext>\u00a0divides\u00a0</mtext>" in mathml(made)
    (made,) = conditions([i % 2 == 0])
    assert (text(made), latex(made)) == ("i is even", r"i\text{ is even}")
    cases = (i == 1) | (i == 3) | (i % 3 != 0) | (i == 12)
    many = conditions([(j <= i) & cases])
    assert [text(c) for c in many] == ["j ≤ i, in one of these 4 cases: i = 1; i = 3; 3 does not divide i; i = 12"]
    assert latex(*many).startswith(r"j \le i\text{, } \text{in one of these 4 cases: } i = 1\text{; } i = 3")


@pytest.mark.parametrize(
    ("called", "printed"),
    [
        ("z", "z"),
        ("z_1", "z_{1}"),
        ("w12", "w_{12}"),
        ("a_prev", r"a^{\mathrm{prev}}"),
        ("δ_1", r"\delta_{1}"),
        ("alpha_1", r"\mathit{alpha}_{1}"),
        ("y′", "y'"),
        ("x_1_2", r"x^{\mathrm{1\_2}}"),
    ],
)
def test_a_name_is_drawn_alike_by_itself_and_in_a_cotangent(called, printed):
    index, known = fresh("i"), tensor(M, name=called)
    plain, arriving = (Formulas({}).formula(x.formula(index), {index[0]: "i"}) for x in (known, cotangent(known)))
    assert (text(plain), text(arriving)) == (f"{called}[i]", f"∂C/∂{called}[i]")
    assert latex(plain.base) == printed
    assert latex(arriving) == rf"\bigl(\tfrac{{\partial C}}{{\partial {printed}}}\bigr)_{{i}}"
    opening = mathml(name("")).partition(">")[0] + ">"
    assert mathml(name(called)).removeprefix(opening).removesuffix("</math>") in mathml(arriving)
