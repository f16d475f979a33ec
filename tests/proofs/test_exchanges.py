"""SciPy's exchange of arguments on the right side of a claim, in mode "valid": which claims are true, and of what."""

from itertools import product

import numpy as np
import pytest
import scipy.signal

from cnn_symbolic import (
    Step,
    add,
    convolve,
    correlate,
    cotangent,
    crop,
    dilate,
    from_entries,
    gradient,
    named,
    prove,
    rot180,
    shape,
    sizes,
    tensor,
)
from cnn_symbolic.claims import decide, state
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.printing import written_together
from cnn_symbolic.ground.errors import OperandError, ShapeError
from cnn_symbolic.kernel.search.exchanges import as_exchanged
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.verdicts import Theorem

M, N, I, J, S = sizes("M N I J S")
a, v = tensor(M, name="a"), tensor(N, name="v")
x, w = tensor(M, name="x"), tensor(I, name="w")
z = named("z", correlate(x, w, mode="valid"))
dy = cotangent(z)
grid, overlay = tensor(M, N, name="x"), tensor(I, J, name="w")
corner = {"start": (0, 0), "shape": (1, 1)}

PROVED = {
    "convolution commutes": (convolve(a, v, mode="valid"), convolve(v, a, mode="valid"), "N ≤ M"),
    "correlation is turned around": (correlate(a, v), rot180(correlate(v, a)), "N ≤ M"),
    "a weight gradient": (gradient(z, wrt=w), correlate(x, dy), "I ≤ M"),
    "a weight gradient, the other way": (gradient(z, wrt=w), rot180(convolve(dy, rot180(x), mode="valid")), "I ≤ M"),
    "a weight gradient, correlated": (gradient(z, wrt=w), rot180(correlate(dy, x)), "I ≤ M"),
    "either way": (
        crop(convolve(a, v), start=(0,), shape=(M,)),
        crop(convolve(v, a), start=(0,), shape=(M,)),
        "",
    ),
    "two axes": (convolve(grid, overlay, mode="valid"), convolve(overlay, grid, mode="valid"), "I ≤ M and J ≤ N"),
    "a shape": (shape(convolve(a, v, mode="valid")), shape(correlate(v, a)), "N ≤ M"),
    "a result with a name": (
        gradient(z, wrt=w),
        rot180(named("r", convolve(dy, rot180(x), mode="valid"))),
        "I ≤ M",
    ),
}


@pytest.mark.parametrize("name", PROVED)
def test_what_scipy_computes_with_exchanged_arguments_is_proved(name):
    left, right, domain = PROVED[name]
    verdict = prove("…", left, equals=right).verdict
    assert isinstance(verdict, Theorem)
    assert written_together(verdict.domain) == domain


WRONG = {
    "the rotation is one too few": (gradient(z, wrt=w), rot180(convolve(dy, x, mode="valid"))),
    "correlation does not commute": (gradient(z, wrt=w), correlate(dy, x)),
    "not turned around": (correlate(a, v), correlate(v, a)),
    "turned around": (convolve(a, v, mode="valid"), rot180(convolve(v, a, mode="valid"))),
    "two axes": (correlate(grid, overlay), correlate(overlay, grid)),
    "neither fits": (crop(convolve(grid, overlay), **corner), crop(convolve(grid, overlay, mode="valid"), **corner)),
}


def scipys(side, values, exchange):
    """A side as SciPy computes it; None where mode "valid" is not defined, on the left without the exchange."""
    if side.name in values:
        return values[side.name]
    call = side.source
    parts = [scipys(part, values, exchange) for part in call.operands]
    if any(part is None for part in parts):
        return None
    if call.operation == "rot180":
        return np.flip(parts[0])
    if call.operation == "crop":
        return parts[0][tuple(slice(0, n) for n in call.options["shape"])]
    fits = all(m >= i for m, i in zip(parts[0].shape, parts[1].shape, strict=True))
    if call.options["mode"] == "valid" and not fits and not exchange:
        return None
    try:
        return np.rint(getattr(scipy.signal, call.operation)(*parts, mode=call.options["mode"], method="direct"))
    except ValueError:
        return None


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_exchange_is_refuted_exactly_where_scipy_computes_something_else(name):
    left, right = WRONG[name]
    verdict = prove("…", left, equals=right).verdict
    assert isinstance(verdict, Refutation)
    leaves = {**left.names(), **right.names()}
    random = np.random.default_rng(0)
    if "z" in leaves:
        left = correlate(x, dy)  # what the gradient is
    for chosen in product(range(1, 5), repeat=len(verdict.statement.sizes)):
        known = dict(zip(verdict.statement.sizes, chosen, strict=True))
        lengths = {k: [value_of(n, known.__getitem__) for n in part.lengths] for k, part in leaves.items() if k != "z"}
        if any(n < 1 for each in lengths.values() for n in each):
            continue
        values = {k: random.integers(-9999, 10000, each).astype(float) for k, each in lengths.items()}
        expected, found = scipys(left, values, False), scipys(right, values, True)
        if expected is not None:
            agree = found is not None and found.shape == expected.shape and np.array_equal(found, expected)
            assert agree == bool(value_of(verdict.holds_when, known.__getitem__)), known


def test_the_exchange_is_stated_where_it_may_take_place_and_nowhere_else():
    assert str(prove("…", gradient(z, wrt=w), equals=correlate(x, dy)).right) == "correlate(x, ∂C/∂z, mode='valid')"
    exchanged = prove("…", gradient(z, wrt=w), equals=correlate(dy, x))
    assert exchanged.written_claim == "∂C/∂w = correlate(∂C/∂z, x, mode='valid', exchange=True)"
    line = from_entries((M,), lambda i: a[i], using=[a])
    assumed = prove("…", line, equals=crop(correlate(a, v), start=(0,), shape=(M,)), assuming=[M >= N])
    assert "exchange" not in str(assumed.right)
    assert "exchange" in str(prove("…", line, equals=crop(correlate(a, v), start=(0,), shape=(M,))).right)
    # Where it is stated and does not take place, it is not said.
    assert str(as_exchanged(z, correlate(x, w, exchange=True))) == "correlate(x, w, mode='valid')"


def test_strides_do_not_hide_that_a_tensor_fits():
    spread = dilate(w, factors=(S,))
    left = correlate(x, spread)
    assert as_exchanged(left, left) is left
    assert "exchange" in str(as_exchanged(left, correlate(spread, x)))


def test_a_left_side_presupposes_that_the_second_tensor_fits():
    verdict = prove("…", correlate(v, a), equals=rot180(correlate(a, v))).verdict
    assert isinstance(verdict, Theorem)
    assert written_together(verdict.domain) == "M ≤ N"
    sized = prove("…", (M - I + 1,), equals=shape(correlate(x, w))).verdict
    assert isinstance(sized, Theorem)
    assert written_together(sized.domain) == "I ≤ M"


def test_what_the_left_side_is_made_from_keeps_its_meaning():
    assert as_exchanged(z, rot180(z)).source.operands[0] is z
    written = from_entries((I,), lambda i: correlate(dy, x)[i], using=[dy, x])
    assert as_exchanged(gradient(z, wrt=w), written) is written
    other = tensor(M - I + 1 - M + 1, name="y")
    fixed = add(correlate(dy, x), other)
    assert as_exchanged(gradient(z, wrt=w), fixed) is fixed


def test_a_step_of_a_proof_is_read_as_a_right_side():
    step = Step(rot180(correlate(dy, x)), "both rotated")
    made = prove("…", gradient(z, wrt=w), equals=correlate(x, dy), steps=[step])
    assert made.wrong_step is None
    assert "rot180(correlate(∂C/∂z, x, mode='valid', exchange=True))" in [made.written(one)[:56] for one in made.lines]


def test_a_statement_reads_its_right_side_so_and_refuses_what_it_refused():
    assert isinstance(decide(state(convolve(a, v, mode="valid"), convolve(v, a, mode="valid"))), Theorem)
    with pytest.raises(ShapeError, match="both sides need equally many axes"):
        state(a, convolve(grid, overlay))
    with pytest.raises(OperandError, match="assumptions are a list of conditions"):
        state(a, a, 1)


def test_the_mistake_in_an_exchange_is_named():
    mistake = prove("…", gradient(z, wrt=w), equals=correlate(dy, x)).mistake
    assert (mistake.name, str(mistake.formula)) == (
        "the arguments of correlate exchanged",
        "correlate(x, ∂C/∂z, mode='valid')",
    )
