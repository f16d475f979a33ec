"""The verdicts on claims that are given as text, against both sides computed by hand at all small sizes.

Every verdict is held against brute force: a theorem has to hold at all of the sizes, a refutation at the sizes
that it does not exclude and at no others, its counterexample has to be one and, if it is called the least, there
must be none of a smaller total; and the printed conditions have to be true where the claim is about something.
"""

import inspect
from collections import Counter
from functools import cache
from itertools import combinations, count, islice, pairwise, product
from math import prod

import numpy as np
import pytest

from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.expressions.printing import written_together
from cnn_symbolic.expressions.rules import least
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Refutation, Undecided
from cnn_symbolic.kernel.trusted.verdicts import Theorem
from tests.support.printed import holds
from tests.support.thorough import every
from tests.support.written_claims import WRITTEN, Written

MOST_POINTS, LARGEST, TRIES = 60, {1: 12, 2: 6, 3: 5}, 2
KINDS = {"proved": Theorem, "refuted": Refutation, "undecided": Undecided, "holds": HoldsForLiterals}


def drawing(seed):
    """Return what draws arrays of random integers, none of them zero."""
    random = np.random.default_rng(seed)

    def draw(*shape):
        return np.asarray(random.integers(1, 10, shape) * random.choice((-1, 1), shape))

    return draw


def equal(left, right):
    """Tell whether two arrays, or two shapes, are the same: as many entries along each axis, and the same ones."""
    a, b = np.asarray(left), np.asarray(right)
    return a.shape == b.shape and bool(np.all(a == b))


def names_of(written):
    """Return the names of the sizes that a claim is about."""
    return list(inspect.signature(written.sides).parameters)[1:]


def agreement(written, sizes):
    """Tell whether both sides agree at some sizes, for several random arrays; None if the left one is not defined."""
    for seed in range(TRIES):
        sides = written.sides(drawing(seed), **sizes)
        if sides is None:
            return None
        if not equal(*sides):
            return False
    return True


def assumed(assuming):
    """Return assumptions, as they are typed, as one condition."""
    return assuming.replace(", ", " and ")


def by_total(lowest):
    """Yield all sizes from the lowest on, those of least total first, without end."""
    if not lowest:
        yield ()
        return
    for extra in count():
        for bars in combinations(range(extra + len(lowest) - 1), len(lowest) - 1):
            edges = (-1, *bars, extra + len(lowest) - 1)
            yield tuple(low + b - a - 1 for low, (a, b) in zip(lowest, pairwise(edges), strict=True))


def small_sizes(names, lowest):
    """Return all small sizes or, if these are too many, those of least total and as many random ones."""
    largest = LARGEST.get(len(names), 4)
    ranges = [range(low, largest + 1) for low in lowest]
    if prod(map(len, ranges)) <= 1.5 * MOST_POINTS:
        points = list(product(*ranges))
    else:
        random = np.random.default_rng(0).integers(lowest, largest, (MOST_POINTS // 2, len(names)), endpoint=True)
        points = [*islice(by_total(lowest), MOST_POINTS // 2), *map(tuple, random.tolist())]
    return [dict(zip(names, point, strict=True)) for point in dict.fromkeys(points)]


@cache
def decided(text):
    """Return the only claim of a text, and its verdict."""
    (derivation,) = read_claims(text).values()
    return derivation, derivation.verdict


def lowest_sizes(written):
    """Return the lowest value of each of the sizes that a claim is about, which its function takes."""
    derivation, _ = decided(written.text)
    lowest = {str(s): least(s) for s in derivation.statement.sizes}
    assert set(lowest) == set(names_of(written)), "the function takes the sizes that the claim is about"
    return {name: lowest[name] for name in names_of(written)}


@cache
def looked_at(written, given):
    """Return small sizes and whether both sides agree there, None where the left one is not defined.

    `given` lists sizes whose values are fixed, with these.
    """
    lowest = {name: low for name, low in lowest_sizes(written).items() if name not in dict(given)}
    points = [{**sizes, **dict(given)} for sizes in small_sizes(list(lowest), list(lowest.values()))]
    return [(sizes, agreement(written, sizes)) for sizes in points]


def with_assumption(written):
    """Return the text with the assumption that makes its claim true."""
    before, closing, after = written.text.rpartition(")")
    return f"{before}, assuming=[{written.assuming}]{closing}{after}"


def check_verdict(written):
    """Hold the verdict on a claim against both sides at small sizes; raise AssertionError if it is wrong."""
    _, verdict = decided(written.text)
    assert isinstance(verdict, KINDS[written.verdict]), verdict
    found = looked_at(written, ())
    if not isinstance(verdict, Undecided):
        domain = written_together(verdict.domain)
        wrong = [sizes for sizes, agreed in found if holds(domain, sizes) != (agreed is not None)]
        assert not wrong, f"the claim is not about what {domain!r} says, at {wrong[:3]}"
    if not isinstance(verdict, Refutation):
        wrong = [sizes for sizes, agreed in found if agreed is False]
        assert not wrong, f"called {written.verdict}, but both sides differ at {wrong[:3]}"
    assert any(agreed is not None for _, agreed in found), "the claim is about none of the sizes"


def check_theorem(written):
    """Hold the theorem under an assumption against both sides; raise AssertionError if it is wrong."""
    _, verdict = decided(with_assumption(written))
    assert isinstance(verdict, Theorem), verdict
    condition = assumed(written.assuming)
    for sizes, agreed in looked_at(written, ()):
        about = agreed is not None and holds(condition, sizes)
        assert holds(written_together(verdict.domain), sizes) == about, (verdict.domain, sizes)
        assert agreed or not about, f"called proved if {condition}, but both sides differ at {sizes}"
    assert any(agreed and holds(condition, sizes) for sizes, agreed in looked_at(written, ()))


def check_counterexample(written):
    """Hold a counterexample against both sides at its sizes and all smaller ones; raise AssertionError if wrong."""
    derivation, verdict = decided(written.text)
    lowest = lowest_sizes(written)
    sizes = {name: verdict.sizes[name] for name in lowest}
    assert agreement(written, sizes) is False, f"both sides agree at {sizes}, or the left one is not defined"
    left, right = written.sides(drawing(0), **sizes)
    if isinstance(derivation.left, tuple) or verdict.kind == "shape":
        shapes = (np.shape(left), np.shape(right)) if not isinstance(left, tuple) else (left, right)
        assert (verdict.left_shape, verdict.right_shape) == shapes
    if verdict.least:
        for point in by_total(list(lowest.values())):
            smaller = dict(zip(lowest, point, strict=True))
            if sum(point) >= sum(sizes.values()):
                break
            assert agreement(written, smaller) is not False, f"{smaller} is smaller than {sizes}"


def check_condition(written):
    """Hold the condition of a refutation against both sides; raise AssertionError if it is not exactly right."""
    _, verdict = decided(written.text)
    assert (verdict.holds_when is None) == (written.holds_when is None), verdict.holds_when
    if verdict.holds_when is None:
        return
    about = [
        (sizes, agreed) for sizes, agreed in looked_at(written, tuple(verdict.given.items())) if agreed is not None
    ]
    for condition in (written.holds_when, written_together([verdict.holds_when])):
        wrong = [sizes for sizes, agreed in about if holds(condition, sizes) != agreed]
        assert not wrong, f"{condition!r} is not when both sides agree, at {wrong[:3]}"
    assert about


@pytest.mark.parametrize("written", every(3, WRITTEN, ids=lambda written: written.sides.__name__))
def test_the_verdict_is_right_at_all_small_sizes(written):
    check_verdict(written)


REFUTED = [written for written in WRITTEN if written.verdict == "refuted"]


@pytest.mark.parametrize("written", every(3, REFUTED, ids=lambda w: w.sides.__name__))
def test_a_counterexample_is_one_and_the_least_if_it_is_called_so(written):
    check_counterexample(written)


@pytest.mark.parametrize("written", [w for w in WRITTEN if w.verdict == "refuted"], ids=lambda w: w.sides.__name__)
def test_the_condition_of_a_refutation_is_exact(written):
    check_condition(written)


@pytest.mark.parametrize("written", [w for w in WRITTEN if w.assuming], ids=lambda w: w.sides.__name__)
def test_a_false_claim_is_true_under_its_assumption(written):
    check_theorem(written)


def test_every_claim_is_different_and_there_are_enough_of_each_kind():
    assert len({" ".join(w.text.split()) for w in WRITTEN}) == len(WRITTEN) >= 70
    kinds = Counter("conditional" if w.assuming else w.verdict for w in WRITTEN)
    assert kinds["proved"] >= 30
    assert kinds["conditional"] >= 15
    assert kinds["refuted"] >= 10


MISTAKEN = {
    "called proved, but different": Written(
        "x = tensor(M)\nclaim(crop(x, start=(0,), shape=(M - I + 1,)) == crop(x, start=(0,), shape=(M - I + 1,)))",
        "proved",
        lambda draw, M, I: (np.zeros(M - I + 1), np.ones(M - I + 1)) if I <= M else None,
    ),
    "of another shape": Written("x = tensor(M)\nclaim(x == x)", "proved", lambda draw, M: ([1] * M, [1])),
    "about other sizes": Written("x = tensor(M)\nclaim(x - x == zeros(M))", "proved", lambda draw, N: (0, 0)),
    "not defined everywhere": Written(
        "x = tensor(M)\nclaim(x == x)", "proved", lambda draw, M: (0, 0) if M > 1 else None
    ),
    "of another verdict": Written("x = tensor(M)\nclaim(x == zeros(M))", "proved", lambda draw, M: (draw(M), draw(M))),
}


@pytest.mark.parametrize("written", MISTAKEN.values(), ids=MISTAKEN)
def test_brute_force_finds_a_wrong_verdict(written):
    with pytest.raises(AssertionError):
        check_verdict(written)


def test_brute_force_finds_a_wrong_counterexample_and_a_wrong_condition():
    text = 'claim(shape(correlate(tensor(M, name="x"), tensor(I, name="w"), mode="full")) == (M + I,))'
    agreeing = Written(text, "refuted", lambda draw, M, I: ((M,), (M,)), "never")
    smaller = Written(
        text.replace("M + I", "M + min(I, 2) - 1"), "refuted", lambda draw, M, I: ((M,), (M + 1,)), "never"
    )
    for written in (agreeing, smaller):
        with pytest.raises(AssertionError):
            check_counterexample(written)
        with pytest.raises(AssertionError):
            check_condition(written)


def test_brute_force_finds_an_assumption_that_is_not_enough():
    text = "x = tensor(M)\nclaim(x == x)"
    with pytest.raises(AssertionError):
        check_theorem(Written(text, "refuted", lambda draw, M: (np.ones(M), np.ones(1)), "M = 1", "M >= 1"))


@pytest.mark.parametrize(
    ("condition", "at", "expected"),
    [
        ("", {}, True),
        ("never", {}, False),
        ("I ≤ M and J ≤ N", {"I": 1, "M": 1, "J": 2, "N": 1}, False),
        ("(I + 1) mod 2 = 0", {"I": 3}, True),
        ("I is odd", {"I": 3}, True),
        ("(I is even and M = 1) or (M ≥ 2 and M - I is odd)", {"I": 3, "M": 2}, True),
        ("(I is even and M = 1) or (M ≥ 2 and M - I is odd)", {"I": 3, "M": 1}, False),
        ("S divides M - D·(I - 1)", {"I": 3, "M": 7, "D": 2, "S": 3}, True),
        ("S·D does not divide M", {"M": 6, "D": 2, "S": 3}, False),
        ("I ≤ 2, in one of these 4 cases: M = 1; M = 3; I is even; I = 1 and M = 5", {"M": 5, "I": 1}, True),
        ("I ≤ 2, in one of these 4 cases: M = 1; M = 3; I is even; I = 1 and M = 5", {"M": 3, "I": 3}, False),
        ("2·P ≥ I - M", {"P": 1, "I": 4, "M": 1}, False),
        ("I mod 2 = M mod 2", {"I": 3, "M": 1}, True),
        ("⌊(M + I)/S⌋ ≥ 2", {"M": 2, "I": 2, "S": 2}, True),
        ("2*floor((I + 1 + J + M)/2) ≤ I + 2 + M", {"I": 1, "J": 2, "M": 2}, False),
        ("max(M - I, 0) ≠ 1 or 1 ≤ P ≤ 2", {"M": 2, "I": 1, "P": 3}, False),
    ],
)
def test_conditions_are_read_as_they_are_printed(condition, at, expected):
    assert holds(condition, at) is expected
