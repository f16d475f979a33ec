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
from cnn_symbolic.expressions.printing import written_together
from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.kernel.search.export import HEADS, decode_statement, encode_statement
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals
from tests.support.bundle import derivations
from tests.support.thorough import every

M, N = sizes("M N")
x = tensor(M, name="x")


def round_trip(statement):
    return decode_statement(json.loads(json.dumps(encode_statement(statement))))


CLAIMS = derivations()


@pytest.mark.parametrize("claim", every(3, CLAIMS, ids=lambda claim: claim.id))
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


def deep():
    formula = 1
    for _ in range(500):
        formula = ["+", formula, 1]
    return formula


HOSTILE = {
    "not an object": ([], "not well formed"),
    "a field is missing": (broken(lambda v: v.pop("left")), "not well formed"),
    "an unknown head": (broken(lambda v: v["left"].update(formula=["system", "ls"])), "'system' is not the head"),
    "an index out of scope": (broken(lambda v: v["left"].update(formula=["index", "q"])), "q is not in scope"),
    "a text as a formula": (
        broken(lambda v: v["left"].update(formula="__import__('os')")),
        "a formula is a number or a",
    ),
    "a deep formula": (broken(lambda v: v["left"].update(formula=deep())), "nested more than"),
    "a division by zero": (broken(lambda v: v["left"].update(formula=["/", 1, 0])), "the fraction 1/0 divides by zero"),
    "too few operands": (broken(lambda v: v["left"].update(formula=["mod", 1])), r"mod takes 2 .* found \[1\]"),
    "too many operands": (broken(lambda v: v["left"].update(formula=["delta", 1, 2, 3])), "delta takes 2 expressions"),
    "an entry in a head": (
        broken(lambda v: v["left"].update(formula=["floor", ["entry", "x", ["index", "i0"]]])),
        "floor takes 1 expressions in sizes and indices, found",
    ),
    "a number as a condition": (
        broken(lambda v: v["left"].update(formula=["iverson", ["index", "i0"]])),
        "a condition is expected, found i0",
    ),
    "a size as an assumption": (broken(lambda v: v.update(assumptions=[["size", "M"]])), "a condition is expected"),
    "a condition as a number": (
        broken(lambda v: v["left"].update(formula=["+", 1, [">=", ["size", "M"], 2]])),
        "a formula is expected, found M >= 2",
    ),
    "a negative power": (broken(lambda v: v["left"].update(formula=["^", ["size", "M"], -1])), "an exponent from 0 to"),
    "a power of a number": (broken(lambda v: v["left"].update(formula=["^", 9, 9])), "a base that is no number"),
    "a number as a shape": (broken(lambda v: v["left"].update(shape=3)), "not well formed"),
}


@pytest.mark.parametrize(("value", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_malformed_statement_is_rejected_with_a_message(value, message):
    with pytest.raises(ExportError, match=message):
        decide(decode_statement(value))


def test_an_intermediate_defined_by_itself_is_undecided():
    value = broken(lambda v: v["tensors"]["x"].update(definition=["entry", "x", ["index", "i0"]]))
    assert isinstance(decide(decode_statement(value)), Undecided)
