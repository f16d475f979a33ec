"""Claims that were decided wrongly while SymPy simplified them: as a text, and in a derivation file."""

import pytest

from cnn_symbolic.claims import read_claims
from cnn_symbolic.expressions.printing import written_together
from cnn_symbolic.library.loading import load_file
from tests.support.thorough import every

HEAD = """
x = tensor(M, 2, 4)
y = subsample(merge_axes(merge_axes(x, axis=1), axis=0), factors=(2,))
v = tensor(L)
z = v * v
q = tensor(4)
"""
# Each with the sizes of its smallest counterexample, if it is wrong.
SIZES_ONLY = {
    "(3*(M % 5)) % 5 == 3*(M % 5)": {"M": 2},
    "(N*(2*M+2)) % 6 == 0": {"M": 1, "N": 1},
    "((2*K+2)*(2*M+2)) % 12 == 0": {"K": 1, "M": 1},
    "(2*(M%4)) % 3 == (2*(M%4)*(M%4)) % 3": {"M": 2},
    "(-P) % (3*P) == -P": {"P": 1},
    "min(4 // (S*D), 4) == 4": {"S": 2, "D": 1},
    "max(3 // (S*D), 2) == 3 // (S*D)": {"S": 2, "D": 1},
    "max(ceiling(4/(S*D)), 4) == ceiling(4/(S*D))": {"S": 2, "D": 1},
    "ceiling(4*M/5) % (3*M) == M": {"M": 5},
    "max(S % (S*M), 6) == 6": {"M": 2, "S": 7},
    "max(1, 12 % S) == max(1, 4 % S)": {"S": 5},
    "(S % (S*S) + max(4, S)) % S == (S % (S*S) + 4) % S": {"S": 5},
    "(M // 3) % (S*S) % (M*N) == (M // 3) % S % (M*N)": {"M": 6, "N": 1, "S": 2},
    "S*max(3//(S*D), 2) == max(S*(3//(S*D)), S*2)": None,
    "(M*(N-1)) // (N-1) == M": None,
    "(M-N)/(M-N) == 1": None,
}
ABOUT_TENSORS = {
    "take(y, at=(2,)) == 0 * take(y, at=(2,))": {"M": 1},
    "y == subsample(merge_axes(merge_axes(x, axis=0), axis=0), factors=(2,))": None,
    "take(v, at=(min(4 // (S*D), 4),)) == take(v, at=(4,))": {"L": 3, "S": 2, "D": 1},
}
ENTRIES = {
    "z[i] == v[i]*v[i] + Iverson(2*(M+N)/(2*N+1) == L)*v[i]": {"L": 2, "M": 2, "N": 1},
    "z[i] == v[i]*v[i]*Iverson((-i) % (3*i) == -i)": {"L": 1},
    "sum(q[(3*(i % 4)) % 4], over={i: 4*I}) == I*(q[0]+q[1]+q[2]+q[3])": None,
}
FILE = """
from cnn_symbolic import *

D, I, K, L, M, N, P, S = sizes("D I K L M N P S")
max, min = maximum, minimum
x = tensor(M, 2, 4, name="x")
y = subsample(merge_axes(merge_axes(x, axis=1), axis=0), factors=(2,))
v = tensor(L, name="v")
z = named("z", v * v)
q = tensor(4, name="q")
"""
IN_A_FILE = {
    "z == from_entries((L,), lambda i: v[i]*v[i] + Iverson(2*(M+N)/(2*N+1) == L)*v[i], using=[v])": {
        "L": 2, "M": 2, "N": 1,
    },
    "z == from_entries((L,), lambda i: v[i]*v[i]*Iverson((-i) % (3*i) == -i), using=[v])": {"L": 1},
    "from_entries((), lambda: sum_over(lambda i: q[(3*(i % 4)) % 4], (4*I,)), using=[q]) == "
    "from_entries((), lambda: I*(q[0]+q[1]+q[2]+q[3]), using=[q])": None,
}  # fmt: skip


def check(claim, counterexample):
    """A claim is proved for all sizes, or refuted at the sizes given; never undecided."""
    if counterexample is None:
        assert claim.outcome == "proved"
        assert claim.verdict.evidence.startswith("all shapes")
    else:
        assert claim.outcome == "refuted"
        assert dict(claim.verdict.sizes) == counterexample


@pytest.mark.parametrize(("text", "counterexample"), [*SIZES_ONLY.items(), *ABOUT_TENSORS.items(), *ENTRIES.items()])
def test_a_text_gets_the_right_verdict(text, counterexample):
    (claim,) = read_claims(f"{HEAD}\nclaim({text})").values()
    check(claim, counterexample)


@pytest.mark.parametrize(
    ("text", "counterexample"), every(3, [*SIZES_ONLY.items(), *ABOUT_TENSORS.items(), *IN_A_FILE.items()])
)
def test_a_derivation_file_gets_the_right_verdict(tmp_path, text, counterexample):
    file = tmp_path / "once.py"
    file.write_text(f"{FILE}\nonce = claim({text})\n")
    (claim,) = load_file(file)
    check(claim.derivation, counterexample)


def test_an_assumption_with_a_quotient_can_be_satisfied():
    (claim,) = read_claims("claim(M == M, assuming=[3/(S*D) <= 1])").values()
    assert claim.outcome == "proved"
    assert written_together(claim.verdict.domain) == "D·S ≥ 3"


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("(M*(N-1)) // (N-1) == M", "N ≥ 2"),
        ("(M-N)/(M-N) == 1", "N < M"),
        ("M + 1//(S-1) - 1//(S-1) == M", "S ≥ 2"),
        ("0 * (M // (S-1)) == 0", "S ≥ 2"),
    ],
)
def test_what_is_divided_by_is_a_condition_though_it_cancels(text, domain):
    (claim,) = read_claims(f"claim({text})").values()
    assert claim.outcome == "proved"
    assert written_together(claim.verdict.domain) == domain


def test_a_divisor_of_the_right_side_has_to_be_at_least_one_where_the_left_side_is_defined():
    (claim,) = read_claims("claim(M == M + 0 * (1 // (N-1)))").values()
    assert claim.outcome == "refuted"
    assert claim.verdict.kind == "defined"
    assert dict(claim.verdict.sizes) == {"M": 1, "N": 1}
