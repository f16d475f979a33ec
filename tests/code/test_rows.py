"""Every row of the table of functions, and every form of an index, is read as NumPy and SciPy compute it."""

import warnings

import pytest

from cnn_symbolic.code.language import calls as expressions
from cnn_symbolic.code.rows.table import TABLE
from tests.support import thorough
from tests.support.code_reading import compared, points, read
from tests.support.code_rows import CHANGES, EXPRESSIONS, of_expression, of_statement

POINTS = points(10)
PROGRAMS = [of_expression(text) for _, text in EXPRESSIONS] + [of_statement(text) for text in CHANGES]
NAMES = [f"{topic}: {text}" for topic, text in EXPRESSIONS] + CHANGES
# Rows that say what is understood in their place, and maxima, which are those of the windows of max pooling only.
REFUSING = {
    "np.take_along_axis(x, x, 0)": "numpy.take_along_axis",
    "np.put_along_axis(x, x, 0, 0)": "numpy.put_along_axis",
    "x.prod()": "ndarray.prod",
    "x.tolist()": "ndarray.tolist",
    "np.max(x)": "numpy.max",
    "np.amax(x)": "numpy.amax",
    "x.max()": "ndarray.max",
    "np.argmax(x)": "numpy.argmax",
    "x.argmax()": "ndarray.argmax",
}


@pytest.mark.parametrize("text", thorough.every(4, PROGRAMS, NAMES))
def test_a_call_is_read_as_it_is_computed(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = compared(text, POINTS)
    assert outcome.differences == []
    assert outcome.read, outcome.refusals
    assert outcome.compared


@pytest.mark.parametrize("text", REFUSING)
def test_a_row_that_says_what_is_understood_instead_refuses(text):
    (found,) = read(of_expression(text))
    assert found.refused is not None


@pytest.mark.slow
def test_every_row_is_tested(monkeypatch):
    found, call = set(), expressions.call

    def noted(world, name, *arguments):
        found.add(name)
        return call(world, name, *arguments)

    monkeypatch.setattr(expressions, "call", noted)
    for text in PROGRAMS:
        read(text)
    rows = {TABLE[name] for name in found}  # a row has several names
    left = {name.replace(".signaltools", "") for name, row in TABLE.items() if row not in rows}
    assert left - found <= set(REFUSING.values())
