"""A witness beside each theorem on convolutions: both sides in NumPy, at random small sizes, from random integers.

Nothing of the kernel is asked but what a claim states: its sizes, and where its left side is defined. Strides,
dilations and paddings are among the sizes, and opaque functions become random polynomials.
"""

from itertools import islice
from math import prod

import numpy as np
import pytest
import sympy as sp

from cnn_symbolic import Tensor, flip, prove, sizes
from cnn_symbolic.expressions.evaluation import evaluate_size
from cnn_symbolic.expressions.formulas import fresh
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.rules import least
from cnn_symbolic.ground.errors import ShapeError
from cnn_symbolic.layers import Convolution, conv_transpose
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import Leaf
from tests.support.bundle import derivations
from tests.support.problems import same
from tests.support.thorough import every

FOLDERS = ["shape_laws", "convolution", "transposed_convolution", "unfolding", "pooling", "rewriting"]
CLAIMS = {
    f"{claim.file.parent.name}/{claim.id}": claim.derivation
    for claim in derivations()
    if claim.file.parent.name in FOLDERS
}
LEAST_WITNESSES, WITNESSES, MOST_DRAWS, MOST_PRODUCTS = 5, 10, 1000, 100_000


def sides(claim):
    """The tensors of a claim, and of those whose shape it is about."""
    both = [side.tensor if isinstance(side, ShapeOf) else side for side in (claim.left, claim.right)]
    return [side for side in both if isinstance(side, Tensor)]


def formulas(claim):
    """The shape and the entry formula of both sides, and of every intermediate result."""
    named = {name: part for side in sides(claim) for name, part in side.names().items()}
    definitions = [part.source.definition for part in named.values() if not isinstance(part.source, Leaf)]
    return [(part.lengths, part.formula(fresh("i" * part.rank))) for part in [*sides(claim), *definitions]]


def terms(formula):
    """How many terms the sums of a formula have, one product of lengths for each sum inside of sums."""
    if isinstance(formula, sp.Sum):
        length = prod(high - low + 1 for _, low, high in formula.limits)
        return {length * inner for inner in terms(formula.function)}
    return {1}.union(*map(terms, formula.args))


def products(claim):
    """A function of the sizes: how many numbers it takes, about, to evaluate the largest of the formulas."""
    counts = [sp.sympify(prod(shape) * term) for shape, formula in formulas(claim) for term in terms(formula)]
    return lambda drawn: max((value_of(count, lambda s: drawn.get(s, 3)) for count in counts), default=1)


def defined_sizes(claim, random):
    """Different sizes at which the left side is defined: strides, dilations, … from 1 to 3, paddings from 0 to 2.

    Where there are only a few, they are as large as 9.
    """
    statement, work, seen = claim.statement, products(claim), set()
    spread = 3 if len(statement.sizes) > 3 else 9
    for _ in range(MOST_DRAWS):
        drawn = {s: least(s) + int(random.integers(spread)) for s in statement.sizes}
        if tuple(drawn.values()) in seen or work(drawn) > MOST_PRODUCTS:
            continue
        seen.add(tuple(drawn.values()))
        if all(value_of(condition, drawn.__getitem__) for condition in statement.conditions):
            yield drawn


def polynomials(claim, random):
    """A random quadratic and its derivatives for every opaque function."""
    names = {function.name for _, formula in formulas(claim) for function in formula.atoms(Opaque)}
    return {name: quadratic(*map(int, random.integers(1, 9, 3))) for name in sorted(names)}


def quadratic(a, b, c):
    return [lambda t: a * t * t + b * t + c, lambda t: 2 * a * t + b, lambda t: 2 * a + 0 * t]


def check_witness(claim, drawn, functions, random):
    """Evaluate both sides at these sizes and compare their shapes and entries."""
    names = {name: part for side in sides(claim) for name, part in side.names().items()}
    values = {}
    for name, part in names.items():
        if isinstance(part.source, Leaf):
            shape = [evaluate_size(length, drawn) for length in part.lengths]
            values[name] = np.array(random.integers(-9, 10, shape), dtype=object)

    def numbers(side):
        if isinstance(side, Tensor):
            return side.evaluate(values, functions, drawn)
        return [evaluate_size(length, drawn) for length in getattr(side, "lengths", side)]

    same(numbers(claim.left), numbers(claim.right))


def check_claim(claim, seed, witnesses=WITNESSES):
    """Find sizes at which a claim says something, and check it there."""
    random = np.random.default_rng(list(seed.encode()))
    found = list(islice(defined_sizes(claim, random), witnesses))
    assert len(found) >= min(witnesses, LEAST_WITNESSES), f"only {len(found)} sizes at which {claim.title!r} is defined"
    functions = polynomials(claim, random)
    for drawn in found:
        check_witness(claim, drawn, functions, random)


def expected(verdict):
    return [name for name, claim in CLAIMS.items() if claim.expected == verdict]


@pytest.mark.parametrize("name", every(3, expected("proved")))
def test_both_sides_are_equal_in_numbers(name):
    check_claim(CLAIMS[name], name)


@pytest.mark.parametrize("name", expected("refuted"))
def test_what_is_refuted_differs_in_numbers_or_is_not_defined(name):
    with pytest.raises((AssertionError, ShapeError)) as error:
        check_claim(CLAIMS[name], name, witnesses=100)
    assert "sizes at which" not in str(error.value)


# The witness is not blind.

B, C, K, M, I, S = sizes("B C K M I S")
layer = Convolution((B, C, M), (K, C, I), stride=S)
x, w, g = layer.x, layer.w, layer.z_gradient


@pytest.mark.parametrize(
    "wrong",
    [
        conv_transpose(g, flip(w, axes=(2,)), stride=S, output_padding=(M - I) % S),
        conv_transpose(g, w, stride=S),
    ],
    ids=["the overlay turned", "another shape"],
)
def test_a_wrong_closed_form_is_found(wrong):
    right = conv_transpose(g, w, stride=S, output_padding=(M - I) % S)
    check_claim(prove("the input gradient", layer.gradient(x), equals=right), "right")
    with pytest.raises(AssertionError) as error:
        check_claim(prove("a wrong input gradient", layer.gradient(x), equals=wrong), "wrong")
    assert "sizes at which" not in str(error.value)


def test_a_claim_about_no_small_sizes_has_no_witness():
    with pytest.raises(AssertionError, match="only 0 sizes at which 'far away' is defined"):
        check_claim(prove("far away", x, equals=x, assuming=[M >= 100]), "far away")
