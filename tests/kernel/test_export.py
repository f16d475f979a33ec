"""Exported statements: the same verdict after a round trip, and no harm from a hostile file."""

import copy
import json

import pytest
import sympy as sp

from cnn_symbolic import (
    And,
    Iverson,
    Not,
    Or,
    Rational,
    Theorem,
    Undecided,
    ceiling,
    dilate,
    from_entries,
    maximum,
    minimum,
    sizes,
    sum_over,
    tensor,
    where,
)
from cnn_symbolic.claims import decide, state
from cnn_symbolic.expressions.printing import written, written_together
from cnn_symbolic.ground.errors import ExportError, FragmentError
from cnn_symbolic.kernel.exported.decoding import decode_statement
from cnn_symbolic.kernel.exported.defining import defined
from cnn_symbolic.kernel.exported.encoding import encode_statement
from cnn_symbolic.kernel.exported.grammar import DEEPEST, HEADS, LARGEST, MOST_PARTS
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals
from tests.support.bundle import derivations
from tests.support.thorough import every

M, N = sizes("M N")
x = tensor(M, name="x")


def round_trip(statement):
    return decode_statement(json.loads(json.dumps(encode_statement(statement))))


CLAIMS = derivations()


@pytest.mark.parametrize("claim", every(6, CLAIMS, ids=lambda claim: claim.id))
def test_a_round_trip_keeps_the_verdict(claim):
    before, after = claim.derivation.claim_verdict, decide(round_trip(claim.derivation.statement))
    assert type(after) is type(before)
    for field in ("domain", "coefficients", "smallest", "kind", "sizes", "holds_when", "index", "monomial"):
        if field != "coefficients" or not before.statement.sizes or "every" not in before.evidence:
            assert getattr(after, field, None) == getattr(before, field, None)


def every_head(i):
    condition = Or(Not(And(i % 2 == 1, M >= N)), And(i < N, i != 0, N > 1, i <= 9))
    total = sum_over(lambda u: x[u // 2] * x[ceiling(i / 3)] ** 2, (N,))
    entry_of_x, low, high = x[i].formula, minimum(i, N).formula, maximum(i, 3).formula
    bounded = sp.Sum(entry_of_x, (sp.Dummy("v", integer=True), low, high))
    standing = sp.Derivative(entry_of_x**2, entry_of_x, evaluate=False)
    chosen = where(i > 2, i, N)
    return Rational(1, 2) * Iverson(condition) * total + bounded / N + Iverson(i == N) + chosen + standing


def heads_in(value):
    """The names of all heads in a JSON value."""
    if isinstance(value, dict):
        return set().union(*map(heads_in, value.values()))
    if not isinstance(value, list):
        return set()
    named = {value[0]} if value and isinstance(value[0], str) else set()
    return named.union(*map(heads_in, value))


def test_every_head_survives_a_round_trip():
    statement = state(from_entries((M,), every_head, using=[x]), from_entries((M,), every_head, using=[x]))
    assert heads_in(encode_statement(statement)) >= set(HEADS)
    assert encode_statement(round_trip(statement)) == encode_statement(statement)
    assert isinstance(decide(round_trip(state(x, x, [M % 2 == 0]))), Theorem)


def test_a_side_that_divides_brings_its_conditions_back():
    quotient = from_entries((M,), lambda i: x[i] * (M - N) / (M - N), using=[x])
    for statement in (state(quotient, x), state(x, quotient), state(((M * (M - N)) // (M - N),), (M,))):
        back = round_trip(statement)
        for side, other in ((back.left, statement.left), (back.right, statement.right)):
            assert (side.divisors, side.requirements) == (other.divisors, other.requirements)
        before, after = decide(statement), decide(back)
        assert (type(after), written_together(after.domain)) == (type(before), written_together(before.domain))
    assert written_together(decide(round_trip(state(quotient, x))).domain) == "N < M"


def test_a_verdict_for_literal_values_is_the_same_after_a_round_trip():
    twice = dilate(dilate(x, factors=(M,)), factors=(N,))
    statement = state(twice, dilate(dilate(x, factors=(N,)), factors=(M,)))
    before, after = decide(statement), decide(round_trip(statement))
    assert isinstance(before, HoldsForLiterals)
    assert (type(after), after.factors, after.values) == (type(before), before.factors, before.values)


def test_a_stray_symbol_stays_undecided():
    k = sp.Symbol("k", integer=True)
    stray = from_entries((M,), lambda i: x.at((i.formula + k,)), using=[x])
    assert isinstance(decide(state(stray, x)), Undecided)
    assert isinstance(decide(round_trip(state(stray, x))), Undecided)


GOOD = encode_statement(state(x, x))


def broken(change):
    value = copy.deepcopy(GOOD)
    change(value)
    return value


def formula(value):
    return broken(lambda v: v["left"].update(formula=value))


def deep():
    made = 1
    for _ in range(DEEPEST + 1):
        made = ["+", made, 1]
    return made


def powers():
    made = ["+", ["size", "M"], 1]
    for _ in range(4):
        made = ["^", made, 9]
    return made


def twice_defined():
    value = broken(lambda v: v["tensors"].update(y={"shape": [1], "definition": ["entry", "x", ["index", "i0"]]}))
    value["tensors"]["x"]["definition"] = ["entry", "y", ["index", "i0"]]
    return value


M_IS = ["size", "M"]
X_AT = ["entry", "x", ["index", "i0"]]
HOSTILE = {
    "not an object": ([], "not well formed: Expected `object`, got `array`"),
    "a field is missing": (broken(lambda v: v.pop("left")), "missing required field `left`"),
    "a field too many": (broken(lambda v: v["left"].update(rank=1)), r"unknown field `rank` - at `\$.left`"),
    "a number as a shape": (broken(lambda v: v["left"].update(shape=3)), r"Expected `array`, got `int` - at `\$.left"),
    "a text as requirements": (broken(lambda v: v["left"].update(requirements="")), r"at `\$.left.requirements`"),
    "an unknown head": (formula(["system", "ls"]), r"^\$.left.formula: 'system' is not the head"),
    "an index out of scope": (formula(["index", "q"]), "q is not in scope"),
    "a text as a formula": (formula("__import__('os')"), "a formula is expected, a list"),
    "a truth value as a number": (formula(["+", 1, True]), r"^\$.left.formula\[2\]: a formula is expected"),
    "a real number": (formula(["*", 1.0, X_AT]), r"^\$.left.formula\[1\]: a formula is expected, .* found 1.0"),
    "a number as a text": (formula(["+", "1", X_AT]), r"^\$.left.formula\[1\]: a formula is expected"),
    "nothing": (formula([]), "a formula is expected"),
    "a deep formula": (formula(deep()), "nested more than"),
    "a long formula": (formula(["+", *[1] * MOST_PARTS]), f"has more than {MOST_PARTS} parts"),
    "a large number": (formula(LARGEST + 1), "an integer from -1000000000000000000 to"),
    "large numbers multiplied": (formula(["*", LARGEST, 11, X_AT]), "numbers are at most"),
    "a division by zero": (formula(["/", 1, 0]), "an integer from 2 to"),
    "too few operands": (formula(["mod", 1]), "mod takes 2 arguments, found 1"),
    "no operands": (formula(["+"]), r"\+ takes at least 1 arguments, found 0"),
    "too many operands": (formula(["delta", 1, 2, 3]), "delta takes 2 arguments, found 3"),
    "an entry in a head": (formula(["floor", X_AT]), r"formula\[1\]: 'entry' is not the head of a size"),
    "an entry deep in a head": (formula(["floor", ["+", 1, X_AT]]), r"\[1\]\[2\]: 'entry' is not the head of a size"),
    "a number as a condition": (formula(["iverson", ["index", "i0"]]), "'index' is not the head of a condition"),
    "a size as an assumption": (broken(lambda v: v.update(assumptions=[M_IS])), r"^\$.assumptions\[0\]: 'size' is not"),
    "a condition as a number": (formula(["+", 1, [">=", M_IS, 2]]), "'>=' is not the head of a formula"),
    "a condition on an index": (broken(lambda v: v.update(assumptions=[["=", ["index", "i0"], 1]])), "not in scope"),
    "a condition on a free name": (broken(lambda v: v.update(assumptions=[["=", ["free", "k"], 1]])), "about sizes"),
    "a negative power": (formula(["^", M_IS, -1]), "an integer from 0 to"),
    "a power of a number": (formula(["^", 9, 9]), "a base that is no number"),
    "powers of powers": (formula(powers()), "powers of powers have at most the exponent 64, found 81"),
    "a high derivative": (formula(["apply", "σ", 10**9, X_AT]), r"formula\[2\]: an integer from 0 to 12"),
    "a function of a sum": (formula(["apply", "σ", 0, ["+", X_AT, 1]]), r"\[3\]: '\+' is not the head of a entry"),
    "a tensor that is not declared": (formula(["entry", "y", 1]), "y is no tensor of 1 axes"),
    "a tensor with two indices": (formula(["entry", "x", 1, 1]), "x is no tensor of 2 axes"),
    "a scalar that is not declared": (formula(["scalar", "x"]), "x is no tensor of 0 axes"),
    "a sum without limits": (formula(["sum", [], 1]), "a list of 1 to 12 limits"),
    "a sum with half a limit": (formula(["sum", [["u", 0]], 1]), r"\[1\]\[0\]: a limit \[index, lowest, highest\]"),
    "an operation as a tensor": (broken(lambda v: v["tensors"].update({"rot180(x)": {"shape": [1]}})), "rot180"),
    "a number as a tensor": (broken(lambda v: v["tensors"].update({"0": {"shape": [1]}})), r"^\$.tensors.0: "),
    "a formula as a size": (formula(["size", "M + 1"]), "a size has a name of letters"),
    "a formula as a function": (formula(["apply", "2·σ", 0, X_AT]), "the name of a function is letters"),
    "a word as an index": (formula(["sum", [["u v", 0, 1]], 1]), r"\[1\]\[0\]\[0\]: the name of a tensor is letters"),
    "one name for two": (formula(["size", "x"]), "x names both a size and a tensor"),
    "a size as a free name": (formula(["+", ["free", "M"], X_AT]), "M names both a size and a tensor"),
    "a shape below one": (
        broken(lambda v: v["left"].update(shape=[-1])),
        r"^\$.left.shape\[0\]: .* at least 1, found -1",
    ),
    "a tensor below one": (
        broken(lambda v: v["tensors"]["x"].update(shape=[0])),
        r"^\$.tensors.x.shape\[0\]: .* found 0",
    ),
    "half a size": (
        broken(lambda v: v["left"].update(shape=[["*", ["/", 1, 2], M_IS]])),
        "a size is a positive integer",
    ),
    "another rank": (broken(lambda v: v["right"].update(shape=[1, 1])), r"^\$.right.shape: the left side has 1 sizes"),
    "a tensor by itself": (broken(lambda v: v["tensors"]["x"].update(definition=X_AT)), "it is defined by itself"),
    "two tensors by each other": (twice_defined(), "it is defined by itself"),
}


@pytest.mark.parametrize(("value", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_malformed_statement_is_refused_with_its_place(value, message):
    with pytest.raises(ExportError, match=message) as refused:
        decode_statement(value)
    assert "$" in str(refused.value) or "well formed" in str(refused.value)


def test_definitions_may_stand_in_any_order():
    value = broken(lambda v: v["tensors"].clear())
    value["tensors"] = {"y": {"shape": [M_IS], "definition": X_AT}, "x": GOOD["tensors"]["x"]}
    value["left"]["formula"] = ["entry", "y", ["index", "i0"]]
    assert list(decode_statement(value).tensors) == ["x", "y"]
    assert isinstance(decide(decode_statement(value)), Theorem)


# Where a statement is defined


OF_M_LESS_N = {"shape": [["+", M_IS, ["*", -1, ["size", "N"]]]], "definition": None}
BELOW_N = ["floor", ["inverse", ["+", ["size", "N"], ["*", -1, ["index", "i0"]]]]]
BELOW_M = ["floor", ["inverse", ["+", M_IS, ["*", -1, ["index", "i0"]]]]]
SUMMED = ["sum", [["i0", 0, ["+", M_IS, -1]]], BELOW_N]
WHERE_DEFINED = {
    "a plain tensor": (X_AT, None, []),
    "a tensor with a shape": (X_AT, OF_M_LESS_N, ["M - N ≥ 1"]),
    "a divisor": (["*", ["inverse", OF_M_LESS_N["shape"][0]], X_AT], None, ["M - N ≥ 1"]),
    "a divisor at every index": (["*", BELOW_N, X_AT], None, ["N - M + 1 ≥ 1"]),
    "one that is at least one anyway": (["*", BELOW_M, X_AT], None, []),
    "a divisor in a sum": (["*", SUMMED, X_AT], None, ["N - M + 1 ≥ 1"]),
    "a remainder by a number": (["*", ["mod", M_IS, 0], X_AT], None, ["never"]),
}


@pytest.mark.parametrize(("at", "tensor", "expected"), WHERE_DEFINED.values(), ids=WHERE_DEFINED.keys())
@pytest.mark.parametrize("stated", [[], [[">=", ["size", "N"], 2]]], ids=["nothing stated", "more stated"])
def test_where_a_side_is_defined_is_computed_and_more_may_be_stated(at, tensor, expected, stated):
    value = formula(at)
    value["left"].update(requirements=stated)
    if tensor is not None:
        value["tensors"]["x"] = tensor
    conditions = defined(decode_statement(value)).left.conditions
    assert [written(holds) for holds in conditions] == [*expected, *["N ≥ 2"] * len(stated)]


def test_a_divisor_whose_least_value_is_not_seen_is_refused():
    value = formula(["*", ["inverse", ["+", ["*", ["index", "i0"], ["index", "i0"]], 1]], X_AT])
    with pytest.raises(FragmentError, match="has to stand in it by itself"):
        defined(decode_statement(value))
