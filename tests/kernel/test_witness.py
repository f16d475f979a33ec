"""The third witness: it computes claims without entry formulas, and agrees with these and with the kernel."""

from collections import Counter
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_symbolic import (
    Iverson,
    Refutation,
    Tensor,
    Theorem,
    correlate,
    from_entries,
    function,
    gradient,
    log,
    named,
    pad,
    shape,
    sizes,
    subsample,
    sum_over,
    tensor,
    widths,
)
from cnn_symbolic.claims import decide, read_claims, state
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.rules import least
from cnn_symbolic.expressions.values import Standing
from cnn_symbolic.ground.errors import (
    CnnSymbolicError,
    EvaluationError,
    FragmentError,
    FunctionDomainError,
    OperandError,
    UndefinedError,
)
from cnn_symbolic.kernel.search import witness
from cnn_symbolic.kernel.search.replay import T, derivatives
from cnn_symbolic.kernel.search.witness import Found, compare_at, scene_at
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.kernel.trusted.statement import state as unexchanged
from cnn_symbolic.layers import Convolution, FeatureMap, FullyConnectedLayer, MaxPool, conv_size
from cnn_symbolic.tensors.sources import Leaf
from cnn_symbolic.witnesses import duals
from tests.support.bundle import derivations
from tests.support.fuzzing.programs import program

M, N, I, S = sizes("M N I S")
(P,) = widths("P")
x, y, w = tensor(M, name="x"), tensor(N, name="y"), tensor(I, name="w")


def compared(statement, seed=0, **known):
    """What the witness finds at some sizes."""
    return compare_at(statement, scene_at(statement, known, Random(seed)))


# The bundle

SAMPLE = derivations()[::3]


@pytest.mark.parametrize("claim", SAMPLE, ids=[c.id for c in SAMPLE])
def test_the_witness_agrees_with_the_kernel_at_the_smallest_sizes(claim):
    verdict, statement = claim.derivation.claim_verdict, claim.derivation.statement
    at = verdict.smallest if not isinstance(verdict, Refutation) else verdict.sizes
    kinds = {compared(statement, seed, **at).kind for seed in range(8)}
    expected = {"same"} if not isinstance(verdict, Refutation) else {verdict.kind}
    assert kinds <= expected | {"same"}
    assert kinds & expected


# Entry formulas


def functions_of(scene):
    """The functions of a scene, with their derivatives, on arrays."""
    polynomials = {name: sum(c * T**k for k, c in enumerate(of)) for name, of in scene.functions.items()}
    return derivatives(polynomials)


def assert_two_ways(side, statement, known, seed):
    """Assert that a tensor is the same array for the witness and from its entry formula."""
    scene = scene_at(statement, known, Random(seed))
    found = scene.array(side)
    for part in side.parts():
        if isinstance(part.source, Leaf):
            scene.array(part)
    others = {s for part in side.parts() for n in part.lengths for s in n.free_symbols}
    exact = {s: scene.symbol(s) for s in others} | {s: known[s.name] for s in statement.sizes}
    expected = side.evaluate(scene.tensors, functions_of(scene), exact)
    assert found.shape == expected.shape
    assert np.all(found == expected)


@st.composite
def claims(draw):
    """A claim about tensors, from a random program of the language."""
    text = program(lambda options: draw(st.sampled_from(options)))
    try:
        made = [c for c in read_claims(text).values() if isinstance(c.left, Tensor) and isinstance(c.right, Tensor)]
        statements = [c.statement for c in made]
    except CnnSymbolicError:
        assume(False)
    assume(made)
    functions = {o.name for e in (statements[0].left.formula, statements[0].right.formula) for o in e.atoms(Opaque)}
    assume(not functions & set(KNOWN))  # these are not polynomials
    return made[0], statements[0]


@given(claims(), st.integers(0, 2**20))
def test_both_sides_of_a_claim_are_the_same_arrays_from_their_entry_formulas(made, seed):
    derivation, statement = made
    names = {name for side in (derivation.left, derivation.right) for name in side.names()}
    random, checked = Random(seed), 0
    for _ in range(30):
        known = {s.name: random.randint(least(s), 3) for s in statement.sizes}
        exact = {s: known[s.name] for s in statement.sizes}
        for side, of in ((derivation.left, statement.left), (derivation.right, statement.right)):
            if of.requirements is None or not defined(of, exact) or entries(of, exact) > 300:
                continue
            try:
                assert_two_ways(side, statement, known, seed)
            except (FunctionDomainError, KeyError):
                continue
            checked += 1
        if checked >= 4:
            break
    assert names


def defined(side, exact):
    """Whether a side is defined at some sizes, by its conditions."""
    try:
        return all(value_of(holds, lambda s: exact.get(s, 2)) for holds in side.conditions)
    except UndefinedError:
        return False


def entries(side, exact):
    return int(np.prod([value_of(n, exact.__getitem__) for n in side.shape], dtype=float))


# Gradients


def feature_map():
    layer = FeatureMap((3, 4), (2, 2))
    return layer, (layer.a_prev, layer.w, layer.b)


def fully_connected():
    layer = FullyConnectedLayer((3,), 2)
    return layer, (layer.a_prev, layer.w, layer.b)


def convolution():
    layer = Convolution((2, 2, 5), (3, 2, 2), stride=2, padding=1, dilation=2)
    return layer, (layer.x, layer.w, layer.b)


def max_pool():
    layer = MaxPool((1, 2, 5), (2,), stride=2)
    return layer, (layer.x,)


@pytest.mark.parametrize("make", [feature_map, fully_connected, convolution, max_pool], ids=lambda f: f.__name__)
def test_a_gradient_by_dual_numbers_is_the_kernels(make):
    layer, parts = make()
    for seed in range(3):
        for part in parts:
            found = layer.gradient(part)
            assert_two_ways(found, state(found, found), {}, seed)


def test_a_gradient_through_named_results_and_functions_of_functions_is_the_kernels():
    σ = function("σ")
    z = named("z", correlate(x, w))
    a = named("a", σ(z) * z)
    for output in (z, a, σ(a) * a, a * a * a):
        g = tensor(*output.shape, name="g")
        for by in (x, w):
            found = gradient(output, wrt=by, cotangent=g)
            statement = state(found, found)
            for m, i in ((1, 1), (3, 2), (4, 1)):
                assert_two_ways(found, statement, {"M": m, "I": i}, seed=m)
    second = gradient(gradient(a, wrt=x, cotangent=tensor(*a.shape, name="g")), wrt=w, cotangent=tensor(M, name="h"))
    assert_two_ways(second, state(second, second), {"M": 3, "I": 2}, seed=1)


def test_the_cotangent_is_held_fixed():
    square = gradient(x * x, wrt=x, cotangent=x)
    statement = state(square, 2 * x * x)
    assert compared(statement, M=3).kind == "same"
    assert compared(state(square, 3 * x * x), M=3).kind == "entry"


# What a statement is at a point


def test_a_statement_is_outside_the_same_or_different_in_three_ways():
    correlated = state(correlate(x, w), 2 * correlate(x, w))
    assert compared(correlated, M=1, I=2).kind == "outside"
    assert compared(correlated, M=2, I=1).kind == "entry"
    assert compared(state(correlate(x, w), 1 * correlate(x, w)), M=2, I=1).kind == "same"
    found = compared(correlated, M=3, I=2)
    assert (found.kind, found.index, found.differs) == ("entry", (0,), True)
    assert found.right[0] == 2 * found.left[0]
    assert compared(state(x, y), M=1, N=2).kind == "shape"
    assert compared(state(x, y), M=2, N=2).kind == "entry"
    assert compared(unexchanged(x - x, 0 * correlate(x, w)), M=1, I=2).kind == "defined"
    assert not Found("same").differs
    assert not Found("outside").differs
    assert all(Found(kind).differs for kind in ("defined", "shape", "entry"))


def test_assumptions_are_read_in_pythons_integers():
    statement = state(x, 2 * x, [M % (2 * N) == 1, M // (N - 1) >= 2])
    assert compared(statement, M=5, N=2).kind == "entry"
    assert compared(statement, M=6, N=2).kind == "outside"
    assert compared(statement, M=5, N=1).kind == "outside"


def test_claims_about_sizes_are_read_from_the_operations_that_were_written():
    statement = state((conv_size(M, I, stride=S, padding=P),), ((M + 2 * P - I) // S + 1,))
    assert compared(statement, M=5, I=2, S=2, P=1) == Found("same", (3,), (3,))
    assert compared(statement, M=1, I=4, S=2, P=1).kind == "outside"
    zero = state((M - N,), (M % N,))
    assert compared(zero, M=2, N=2) == Found("same", (0,), (0,))
    assert compared(zero, M=2, N=1) == Found("shape", (1,), (0,))
    assert compared(state(shape(correlate(x, w)), (M - I + 1,)), M=3, I=2) == Found("same", (2,), (2,))
    assert compared(state((M - I + 1,), shape(correlate(x, w))), M=1, I=2).kind == "outside"
    assert compared(state(((M - N) // (M - N),), (1,)), M=1, N=1).kind == "outside"
    assert compared(state((1,), ((M - N) // (M - N),)), M=1, N=1).kind in ("outside", "defined")


def test_a_statement_of_formulas_alone_is_computed_from_its_expressions():
    for statement in (state(correlate(x, w), 2 * correlate(x, w)), state((M - N,), (M % N,)), state(x, y)):
        alone = Statement(statement.left, statement.right, statement.index, statement.tensors, statement.assumptions)
        assert alone.origin is None
        for point in ({"M": 1, "N": 2, "I": 2}, {"M": 3, "N": 1, "I": 2}, {"M": 2, "N": 2, "I": 1}):
            known = {s.name: point[s.name] for s in statement.sizes}
            assert compared(alone, **known).kind == compared(statement, **known).kind, point


def test_the_numbers_of_a_scene_are_the_same_for_the_same_seed_and_small():
    statement = state(x, x + 0 * x)
    scenes = [scene_at(statement, {"M": 50}, Random(seed)) for seed in (1, 1, 2)]
    one, again, other = (scene.array(x) for scene in scenes)
    assert np.all(one == again)
    assert np.any(one != other)
    assert all(isinstance(v, int) and abs(v) <= witness.MOST for v in one)
    assert scenes[0].array(x) is one


def test_an_array_that_would_be_too_large_is_not_computed():
    huge = tensor(M, M, M, name="h")
    with pytest.raises(EvaluationError, match="is too large to be compared"):
        compared(state(huge, huge), M=1000)
    outer = state(pad(tensor(M, M, name="q"), widths=2000), pad(tensor(M, M, name="q"), widths=2000))
    with pytest.raises(EvaluationError, match="is too large to be compared"):
        compared(outer, M=1)


# Entries that are written as functions are called with integers


def test_a_function_of_indices_is_called_once_with_an_index_and_then_with_integers():
    calls = []

    def entry(i, j):
        calls.append((i, j))
        return x[i] * w[j]

    outer = from_entries((M, I), entry, using=[x, w])
    assert len(calls) == 1
    scene = scene_at(state(outer, outer), {"M": 2, "I": 3}, Random(0))
    array = scene.array(outer)
    assert [tuple(map(int, at)) for at in calls[1:]] == list(np.ndindex(2, 3))
    assert all(isinstance(part, Standing | int) for at in calls[1:] for part in at)
    assert np.all(array == np.multiply.outer(scene.array(x), scene.array(w)))


def test_what_is_calculated_in_a_function_is_exact_and_as_python_computes_it():
    def entry(i):
        third = (Iverson(i > 0) + M - M) / 3
        inner = sum_over(lambda u: x[u] * Iverson(u <= i) / 7, (M,))
        return third * x[i] + inner + x[M - 1 - i] * (i % 2) - x[i // 2] * (M // (i + 1))

    made = from_entries((M,), entry, using=[x])
    scene = scene_at(state(made, made), {"M": 5}, Random(3))
    found, at = scene.array(made), scene.array(x)
    for i in range(5):
        expected = Fraction(int(i > 0), 3) * at[i] + Fraction(sum(at[: i + 1]), 7)
        expected += at[4 - i] * (i % 2) - at[i // 2] * (5 // (i + 1))
        assert found[i] == expected
        assert not isinstance(found[i], float)


BRANCHES = {
    "an equation": lambda i: x[i] if i == 0 else 2 * x[i],
    "an inequality": lambda i: x[i] if i > 0 else 2 * x[i],
    "a size": lambda i: x[i] if M > 2 else 2 * x[i],
    "a remainder": lambda i: x[i] if i % 2 == 0 else 2 * x[i],
    "an index as a truth value": lambda i: x[i] if i else 2 * x[i],
    "the larger of two": lambda i: x[max(i, M - 1 - i)],
}


@pytest.mark.parametrize("entry", BRANCHES.values(), ids=BRANCHES)
def test_a_function_that_branches_on_an_index_is_refused(entry):
    with pytest.raises(OperandError, match="depends on the sizes and indices"):
        from_entries((M,), entry, using=[x])


def test_a_function_that_fails_at_an_integer_says_where():
    def entry(i):
        return x[i] if not isinstance(i, Standing) or int(i) < 2 else x[i] / "2"

    made = from_entries((M,), entry, using=[x])
    scene = scene_at(state(made, made), {"M": 4}, Random(0))
    with pytest.raises(FragmentError, match=r"an entry written as a function fails at i = 2, where it is called"):
        scene.array(made)


def test_conditions_are_the_same_where_indices_are_integers():
    conditions = {
        "and": lambda i: (i >= 1) & (i < N),
        "or": lambda i: (i == 0) | (i > N),
        "not": lambda i: ~(i == 0),
        "not an inequality": lambda i: ~((i >= 1) & (i < N)),
    }
    for name, holds in conditions.items():
        made = from_entries((M,), lambda i, holds=holds: x[i] * Iverson(holds(i)), using=[x])
        assert_two_ways(made, state(made, made + 0 * from_entries((M,), lambda i: y[0] + 0 * x[i], using=[x, y])),
                        {"M": 5, "N": 3}, seed=len(name))  # fmt: skip


# Functions


def test_a_function_at_a_number_where_it_has_no_value_is_told_apart_from_a_side_that_is_not_defined():
    statement = state(log(x), log(x))
    outcomes = Counter()
    for seed in range(40):
        try:
            outcomes[compared(statement, seed, M=1).kind] += 1
        except FunctionDomainError:
            outcomes["no value"] += 1
    assert outcomes["same"] > 10
    assert outcomes["no value"] >= 1
    assert set(outcomes) == {"same", "no value"}


def test_the_known_functions_are_those_that_the_kernel_knows():
    assert set(duals.KNOWN) == set(KNOWN)


def test_strided_claims_are_decided_and_computed_alike_at_the_same_sizes():
    strided = subsample(x, factors=(S,))
    statement = state(strided, 2 * strided)
    assert isinstance(decide(state(strided, 1 * strided)), Theorem)
    for m, s in ((1, 1), (4, 3), (7, 2)):
        assert compared(statement, M=m, S=s).left.shape == (-(-m // s),)
        assert_two_ways(strided, statement, {"M": m, "S": s}, seed=0)
