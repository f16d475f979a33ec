"""Names in the language of claims: of tensors, of claims and their titles, and imports, which are skipped."""

import pytest
import sympy as sp

from cnn_symbolic.claims.reading import read_claims
from tests.support.claim_language import XY, X, error_of, outcomes


def test_an_assignment_gives_a_tensor_its_name():
    text = """
x = tensor(M)
c = scalar()
σ = function()
w = tensor(I, name="weights")
z = correlate(x, w)
s = c * σ(x)
alias = z
claim(z == alias)
dz = gradient(z, wrt=x)
claim(dz == dz)
claim(s == s)
"""
    first, second, third = read_claims(text).values()
    assert str(first.left) == "z"
    assert first.left is first.right
    assert set(first.left.names()) == {"x", "weights", "z"}
    assert second.left.name is None, "a gradient is written out"
    assert set(third.left.names()) == {"x", "c", "s"}
    assert "σ(x[i])" in str(third.left.source.definition.formula((sp.Symbol("i"),)))


def test_each_name_of_a_tuple_names_its_own_value():
    (claim,) = read_claims(f"{XY}p, q = x + y, x - y\nclaim(p * q == x * x - y * y)").values()
    assert set(claim.left.names()) == {"x", "y", "p", "q"}
    assert claim.outcome == "proved"


def test_names_for_one_value_of_several_parts_name_no_intermediate_result():
    (claim,) = read_claims(f"{XY}p, q = [x + y, x - y]\nclaim(p * q == x * x - y * y)").values()
    assert set(claim.left.names()) == {"x", "y"}
    assert claim.outcome == "proved"


def test_claims_are_named_by_their_variable_or_their_line():
    text = f"{X}claim(x == x)\nsecond = claim(x - x == 0)\n\nclaim(M\n == M)\n"
    assert list(read_claims(text)) == ["line_2", "second", "line_5"]


def test_the_title_of_a_claim_is_its_equation_unless_it_is_given():
    first, second = read_claims(f"{X}claim(x   ==\n  rot180(rot180(x)))\nclaim(x == x, title='Twice')").values()
    assert (first.title, second.title) == ("x == rot180(rot180(x))", "Twice")


def test_texts_can_prove_and_refute_with_steps():
    text = """
x, f = tensor(M, name="x"), tensor(I, name="f")
rotation = prove(
    "Rotating both rotates the result",
    rot180(correlate(x, f)),
    equals=correlate(rot180(x), rot180(f)),
    steps=[Step(lambda i: sum_over(lambda u: x[M - I - i + u] * f[u], (I,)), "unfold the rotation")],
)
wrong_step = prove("twice", x + x, equals=2 * x, steps=[Step(lambda i: 3 * x[i], "add")])
one = refute("one", rot180(correlate(x, f)), equals=correlate(rot180(x), f), assuming=[M > 3])
size = prove("size", shape(correlate(x, f)), equals=(M - I + 1,))
"""
    read = read_claims(text)
    assert [c.expected for c in read.values()] == ["proved", "proved", "refuted", "proved"]
    assert [c.as_expected for c in read.values()] == [True, False, True, True]
    assert "unfold the rotation" in [line.because for line in read["rotation"].lines]
    assert read["wrong_step"].wrong_step[0].because == "add"


@pytest.mark.parametrize(
    "imports",
    [
        "from cnn_symbolic import tensor, claim\nfrom cnn_symbolic.layers import Convolution",
        "from cnn_symbolic import Convolution",
        "from cnn_symbolic import *",
        "from cnn_symbolic import Eq, Ne, Mod, Max, Min, And, Or, Not, floor, ceiling, Rational, Iverson, where",
        "from cnn_symbolic import Eq\nfrom cnn_symbolic import claim",
    ],
)
def test_imports_of_words_are_skipped(imports):
    assert outcomes(f"{imports}\n{X}claim(x == x)") == {f"line_{imports.count(chr(10)) + 3}": "proved"}


@pytest.mark.parametrize("quote", ["'", '"'])
def test_the_last_lines_of_a_derivation_file_are_skipped(quote):
    text = f"{X}mine = claim(x == x)\nif __name__ == {quote}__main__{quote}:\n    mine.main()\n    open('/dev/null')\n"
    assert outcomes(text) == {"mine": "proved"}
    assert "claims have no conditions" in error_of(text.replace("__main__", "main"))[0]
