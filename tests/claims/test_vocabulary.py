"""The words of the language of claims: which names are words, which are sizes, and which are suggested."""

import pytest
import sympy as sp

import cnn_symbolic
from cnn_symbolic.claims.vocabulary import FUNCTIONS, WORDS, is_implied_size
from cnn_symbolic.ground.names import HOMES, homes
from cnn_symbolic.ground.words import suggestion
from tests.support.claim_language import error_of

VERDICTS = "what the kernel answers, not what is asked"
MODULES = "decides or runs something, which reading a text does not"
CHECKS = "checks Python code; claims have conv, select_pool and the layers"
NOT_WORDS = {
    "__version__": "no function",
    "CnnSymbolicError": "an error, which texts do not catch",
    "Derivation": "what a claim is read as",
    "Tensor": "a class: tensors are made by tensor(…) and the operations",
    "HoldsForLiterals": VERDICTS,
    "Refutation": VERDICTS,
    "Theorem": VERDICTS,
    "Undecided": VERDICTS,
    "check": MODULES,
    "identity": "is about SymPy's functions, which claims have not",
    "strict_orderings": "is checked at one shape, by SymPy",
    "draw": "a picture, not a claim",
    "preimage": "a set of sizes, not a claim",
    "sizes_where": "a set of sizes, not a claim",
    **dict.fromkeys(homes("cnn_symbolic.claims"), MODULES),
    **dict.fromkeys(homes("cnn_symbolic.backward"), CHECKS),
    **dict.fromkeys(homes("cnn_symbolic.backward.agreement"), CHECKS),
}


def test_every_public_name_is_a_word_or_there_is_a_reason_why_not():
    assert {name for name in HOMES if name not in WORDS} == set(NOT_WORDS)
    assert all(WORDS[name] is getattr(cnn_symbolic, name) for name in set(HOMES) & set(WORDS))


def test_every_other_word_is_pythons_and_none_is_sympys():
    assert set(WORDS) - set(HOMES) == {"max", "min"}
    assert (WORDS["max"], WORDS["min"]) == (cnn_symbolic.maximum, cnn_symbolic.minimum)
    assert {"And", "Eq", "Max", "Min", "Mod", "Ne", "Not", "Or", "Rational", "ceiling", "floor"} < set(FUNCTIONS)
    assert not any(getattr(sp, name, None) is word for name, word in WORDS.items())


@pytest.mark.parametrize("name", sorted(NOT_WORDS))
def test_a_name_that_is_no_word_is_unknown(name):
    assert f"there is no {name}" in error_of(f"x = {name}")[0]


def test_a_size_is_one_or_two_capitals():
    assert all(map(is_implied_size, ["M", "MN", "M1", "C_in", "W2_out"]))
    assert not any(map(is_implied_size, ["m", "Mn", "MNO", "M_", "M_IN", "_M", "Σ", ""]))


def test_a_near_name_is_suggested_and_a_far_one_is_not():
    assert suggestion("corelate", WORDS) == ": did you mean correlate?"
    assert suggestion("zzz", WORDS) == ""
