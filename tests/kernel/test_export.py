"""Exported statements: the same verdict after a round trip, and no harm from a hostile file."""

import copy
import json

import pytest
import sympy as sp

from cnn_symbolic import Iverson, Theorem, Undecided, decide, from_entries, sizes, state, sum_over, tensor
from cnn_symbolic.derivation import Derivation
from cnn_symbolic.errors import ExportError
from cnn_symbolic.kernel.export import decode_statement, encode_statement
from cnn_symbolic.library import select

M, N = sizes("M N")
x = tensor(M, name="x")


def round_trip(statement):
    return decode_statement(json.loads(json.dumps(encode_statement(statement))))


CLAIMS = [c for c in select([]) if isinstance(c.derivation, Derivation)]


@pytest.mark.parametrize("claim", CLAIMS, ids=[c.id for c in CLAIMS])
def test_a_round_trip_keeps_the_verdict(claim):
    before, after = claim.derivation.claim_verdict, decide(round_trip(claim.derivation.statement))
    assert type(after) is type(before)
    for field in ("domain", "coefficients", "smallest", "kind", "sizes", "holds_when", "index", "monomial"):
        if field != "coefficients" or not before.statement.sizes or "every" not in before.evidence:
            assert getattr(after, field, None) == getattr(before, field, None)


def every_head(i):
    bracket = Iverson(sp.Or(sp.Not(sp.Eq(sp.Mod(i, 2), 1)), sp.And(sp.Lt(i, N), sp.Ne(i, 0), sp.Gt(N, 1), sp.Le(i, 9))))
    total = sum_over(lambda u: x[sp.floor(u / sp.Integer(2))] * x[sp.ceiling(i / sp.Integer(3))] ** 2, (N,))
    bounded = sp.Sum(x[i], (sp.Dummy("v", integer=True), sp.Min(i, N), sp.Max(i, 3)))
    standing = sp.Derivative(x[i] ** 2, x[i], evaluate=False)
    return sp.Rational(1, 2) * bracket * total + bounded / N + sp.KroneckerDelta(i, N) + standing


def test_every_head_survives_a_round_trip():
    statement = state(from_entries((M,), every_head, using=[x]), from_entries((M,), every_head, using=[x]))
    assert encode_statement(round_trip(statement)) == encode_statement(statement)
    assert isinstance(decide(round_trip(state(x, x, [sp.Eq(sp.Mod(M, 2), 0)]))), Theorem)


def test_a_stray_symbol_stays_undecided():
    stray = from_entries((M,), lambda i: x[i + sp.Symbol("k", integer=True)], using=[x])
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
    "too few operands": (broken(lambda v: v["left"].update(formula=["mod", 1])), "not well formed"),
    "a number as a shape": (broken(lambda v: v["left"].update(shape=3)), "not well formed"),
}


@pytest.mark.parametrize(("value", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_malformed_statement_is_rejected_with_a_message(value, message):
    with pytest.raises(ExportError, match=message):
        decide(decode_statement(value))


def test_an_intermediate_defined_by_itself_is_undecided():
    value = broken(lambda v: v["tensors"]["x"].update(definition=["entry", "x", ["index", "i0"]]))
    assert isinstance(decide(decode_statement(value)), Undecided)
