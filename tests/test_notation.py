"""Formulas as text and as LaTeX: parentheses stand where without them something else would be said."""

import pytest

from cnn_symbolic import from_entries, sizes, sum_over, tensor
from cnn_symbolic.expressions.formulas import fresh
from cnn_symbolic.notation.latex import Latex
from cnn_symbolic.notation.text import Text

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


@pytest.mark.parametrize(("formula", "text", "latex"), WRITTEN.values(), ids=WRITTEN)
def test_how_a_formula_is_written(formula, text, latex):
    index = fresh("i")
    made = from_entries((M,), formula, using=[x, y, w, a]).formula(index)
    names = dict(zip(index, "i", strict=True))
    assert Text({}).formula(made, names) == text
    assert Latex({}).formula(made, names) == latex
