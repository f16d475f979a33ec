"""Which sizes satisfy some conditions, against brute force."""

from itertools import product

import pytest
import sympy as sp

from cnn_symbolic import preimage, shape, sizes, sizes_where, tensor
from cnn_symbolic.ground.errors import FragmentError, ShapeError
from cnn_symbolic.kernel.search import conditions
from cnn_symbolic.layers import conv, conv_size, pool_size

M, N, I, S = sizes("M N I S")


@pytest.mark.parametrize(
    ("overlay", "stride", "padding", "dilation"), list(product((1, 2, 3), (1, 2, 3), (0, 1), (1, 2)))
)
def test_the_inputs_of_an_output_are_those_that_brute_force_finds(overlay, stride, padding, dilation):
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    found = preimage((conv_size(M, overlay, **options),), (3,))
    reach = dilation * (overlay - 1) + 1
    expected = [m for m in range(1, 20) if (m + 2 * padding - reach) // stride + 1 == 3]
    assert [one["M"] for one in found] == expected
    assert all(({"M": m} in found) == (m in expected) for m in range(1, 20))
    assert bool(found) == bool(expected)


def test_a_set_of_sizes_says_its_condition_and_its_first_members():
    halved = preimage((conv_size(M, 3, stride=2, padding=1), N), (7, None))
    assert halved.condition == "13 ≤ M ≤ 14"
    assert halved.first(3) == [{"M": 13, "N": 1}, {"M": 13, "N": 2}, {"M": 14, "N": 1}]
    nothing = sizes_where([M > N, M < N])
    assert (nothing.condition, bool(nothing), nothing.first(1)) == ("never", False, [])
    assert sizes_where([M >= 1]).condition == "always"
    assert sizes_where([M > N], sizes=[I]).first(2) == [{"I": 1, "M": 2, "N": 1}, {"I": 1, "M": 3, "N": 1}]


def test_the_shape_of_a_tensor_brings_where_it_is_defined():
    z = conv(tensor(1, 1, M, name="x"), tensor(1, 1, I, name="w"), stride=3)
    found = preimage(shape(z), (1, 1, 2), assuming=[I <= 2])
    assert {(one["I"], one["M"]) for one in found} == {(i, m) for i in (1, 2) for m in range(i + 3, i + 6)}


def test_ceil_mode_has_other_inputs():
    assert preimage((pool_size(M, 2, stride=2, ceil_mode=True),), (3,)).condition == "5 ≤ M ≤ 6"
    assert preimage((pool_size(M, 2, stride=2),), (3,)).condition == "6 ≤ M ≤ 7"


def test_what_is_not_affine_or_does_not_fit_is_an_error():
    with pytest.raises(FragmentError, match="give strides and other factors their values"):
        preimage((conv_size(M, 3, stride=S),), (7,))
    with pytest.raises(ShapeError, match="has 1 sizes, but 2 are given"):
        preimage((M,), (7, 8))
    with pytest.raises(FragmentError, match="is made by SymPy"):
        sizes_where([sp.Ge(M.formula, 2)])


def test_what_a_condition_divides_by_is_at_least_one():
    assert sizes_where([(M - N) / (M - N) == 1]).condition == "N < M"
    assert sizes_where([((M - 2) * N) // (M - 2) <= 2]).condition == "M ≥ 3 and N ≤ 2"
    with pytest.raises(FragmentError, match="give strides and other factors their values"):
        sizes_where([6 // (M - 2) >= 2])
    assert preimage(((M * (M - N)) // (M - N),), (4,)).first(9) == [{"M": 4, "N": n} for n in (1, 2, 3)]


def test_conditions_that_cannot_be_read_are_those_that_were_stated(monkeypatch):
    monkeypatch.setattr(conditions, "PYTHON", ())
    assert sizes_where([2 * M >= 3 * N]).condition == "2·M ≥ 3·N"
