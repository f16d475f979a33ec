"""Integer sets: counting, writing for isl, describing conditions, least points."""

import ast
import re
from itertools import product
from random import Random

import islpy as isl
import numpy as np
import pytest
import sympy as sp

from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.formulas import size, width
from cnn_symbolic.expressions.heads import AtMost, Greater
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.printing import written, written_together
from cnn_symbolic.expressions.rules import (
    all_of,
    any_of,
    ceiling,
    divide,
    floor,
    maximum,
    minimum,
    negation,
    remainder,
    where,
)
from cnn_symbolic.ground.errors import DisagreementError
from cnn_symbolic.kernel.search import conditions, domains
from cnn_symbolic.kernel.search.conditions import conditions_of, shortest, weakest
from cnn_symbolic.kernel.search.domains import multiplied_out
from cnn_symbolic.kernel.search.points import at_sizes, smallest, value
from cnn_symbolic.kernel.trusted.coefficients import MOST_ARRANGEMENTS, CoefficientSets, arrangements
from cnn_symbolic.kernel.trusted.drafts import Draft
from cnn_symbolic.kernel.trusted.integer_sets import Sets
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.verdicts import Reason
from tests.support.kernel.attack import holds
from tests.support.printed import holds as holds_as_printed
from tests.support.thorough import share

M, N, s = size("M"), size("N"), size("s")
i = sp.Symbol("i", integer=True)


def make(index=()):
    return CoefficientSets((M, N), index)


COUNTED = {
    "an unused index": "{ [] -> [u] : 0 <= u < p0 }",
    "a box": "{ [] -> [u, v] : 0 <= u < p0 and 2 <= v <= p1 }",
    "a diagonal": "{ [x] -> [u, v] : x = u + v and 0 <= u < p0 and 0 <= v < p1 }",
    "a stretched diagonal": "{ [x] -> [u, v] : x = u + 2v and 0 <= u < p0 and 0 <= v < p1 }",
    "a determined index": "{ [x] -> [u] : x = 2u and 0 <= u < p0 }",
    "a determined one and a free one": "{ [x] -> [u, v] : x = u + 3 and 0 <= u < p0 and -1 <= v < p1 }",
    "two of three determined": "{ [x] -> [u, v, t] : x = u and v = u + t and 0 <= u < p0 and 0 <= t < p1 }",
}
COUNTED |= {
    "even numbers": "{ [] -> [u] : 0 <= u < p0 and u mod 2 = 0 }",
    "every third number from a place on": "{ [x] -> [u] : 0 <= u < p0 + p1 and (u + 2x) mod 3 = 1 }",
    "positions of a stride that meet an entry": "{ [x] -> [r, u] : 2r + 3u = x and 0 <= r < p0 and 0 <= u < p1 }",
    "positions of an overlay": "{ [x] -> [u, r] : x = 2r + u and 0 <= r < p0 and 0 <= u < p1 }",
}
BARVINOK = hasattr(isl.Map, "card")
NOT_COUNTED = {
    "a triangle": "{ [] -> [u, v] : 0 <= u <= v < p0 }",
    "a plane in a box": "{ [x] -> [u, v, t] : x = u + v + t and 0 <= u, v, t < p0 }",
}


def ways_of(sets, text):
    return isl.Map.read_from_str(sets.context, f"{sets.parameters}{text}").intersect_params(sets.sizes_where([]))


@pytest.mark.parametrize("text", COUNTED.values(), ids=COUNTED.keys())
def test_coinciding_terms_are_counted_exactly(text):
    sets = make()
    ways = ways_of(sets, text)
    counted = sets.count(ways)
    inputs = ways.dim(isl.dim_type.in_)
    for m, n in product(range(1, 5), repeat=2):
        for at in product(range(-1, 9), repeat=inputs):
            fibre = ways
            for k, number in enumerate((m, n)):
                fibre = fibre.fix_val(isl.dim_type.param, k, isl.Val.int_from_si(sets.context, number))
            for k, number in enumerate(at):
                fibre = fibre.fix_val(isl.dim_type.in_, k, isl.Val.int_from_si(sets.context, number))
            assert value(sets, counted, (m, n, *at)) == fibre.range().count_val().to_python(), (m, n, at)


@pytest.mark.parametrize("text", NOT_COUNTED.values(), ids=NOT_COUNTED.keys())
def test_what_is_not_counted_is_refused_or_left_to_barvinok(text):
    if BARVINOK:
        test_coinciding_terms_are_counted_exactly(text)
        return
    sets = make()
    with pytest.raises(NotReadable) as refused:
        sets.count(ways_of(sets, text))
    assert refused.value.reason is Reason.MULTIPLICITY


def affine(sets, expression):
    draft = Draft()
    return sets.linear(draft.polynomial(expression), sets.with_functions(draft, sets.names))


def test_quasi_affine_expressions_mean_the_same_to_isl():
    two, three = sp.Integer(2), sp.Integer(3)
    expressions = [
        floor((i - 3) / two) + M,
        ceiling((2 * i - N) / three),
        remainder(i - N, three) - 2 * remainder(i, two),
        remainder(2 * remainder(i, sp.Integer(4)), sp.Integer(4)),
        maximum(i, N, two) - minimum(i, M),
        3 * (i - 2 * (N - M)),
        floor(i / two + sp.Rational(1, 3)),
        floor(floor(i / two) / three + M / 2),
        -ceiling(-i / two - N / 3),
    ]
    sets = make((i,))
    for expression in expressions:
        text = f"{sets.parameters}{{ [i0] -> [{affine(sets, expression)}] }}"
        function = isl.PwAff.read_from_str(sets.context, text)
        for m, n, at in product(range(1, 4), range(1, 4), range(-5, 6)):
            expected = value_of(expression, {M: m, N: n, i: at}.__getitem__)
            point = isl.Point.zero(function.domain().get_space())
            for kind, k, number in ((isl.dim_type.param, 0, m), (isl.dim_type.param, 1, n), (isl.dim_type.set, 0, at)):
                point = point.set_coordinate_val(kind, k, isl.Val.int_from_si(sets.context, number))
            assert function.eval(point).to_python() == expected, expression


NOT_AFFINE = [
    *(M * N, i / 2, M**2, s, sp.sqrt(M), floor(M * N / 2), remainder(i, M), divide(M, N), floor(divide(i, M))),
    *(where(holds(M, ">", N), M, N), sp.Max(i, 2), sp.Mod(i, 2), holds(M, ">", N)),
]


@pytest.mark.parametrize("expression", NOT_AFFINE, ids=str)
def test_what_is_not_affine_is_refused(expression):
    sets = make((i,))
    with pytest.raises(NotReadable) as refused:
        affine(sets, expression)
    assert refused.value.reason is Reason.NOT_AFFINE


def test_conditions_with_fractions_are_scaled():
    sets = make()
    half = sets.sizes_where([holds(M / 2, "<=", sp.Rational(3, 2))])
    assert written_together(conditions_of(sets, half.gist(sets.sizes_where([])))) == "M ≤ 3"


CONDITIONS = [
    holds(divide(M, N), ">=", 2),
    holds(divide(M, N) + 1, "=", divide(3 * sp.S.One, N)),
    holds(where(holds(M, ">", N), M, 2 * N), "<=", 3),
    holds(where(holds(M, ">", 2), 1, 0) + where(holds(N, "=", 2), 3, 1), "=", 2),
    negation(all_of(holds(M, "<", 3), any_of(holds(N, "!=", 2), holds(remainder(M + N, sp.Integer(2)), "=", 0)))),
    any_of(holds(M, "=", N), holds(floor(M / 2), ">", N)),
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
def test_conditions_mean_the_same_to_isl(condition):
    sets = make()
    points = sets.sizes_where([condition])
    for m, n in product(range(1, 6), repeat=2):
        found = not points.intersect(at_sizes(sets, (m, n), points)).is_empty()
        assert found == value_of(condition, {M: m, N: n}.__getitem__), (m, n)


@pytest.mark.parametrize(
    "condition", [sp.Ge(M, N), sp.And(M >= 1, N >= M), M, holds(divide(M, M - N), ">=", 1)], ids=str
)
def test_what_is_no_condition_of_this_package_is_refused(condition):
    with pytest.raises(NotReadable) as refused:
        make().sizes_where([condition])
    assert refused.value.reason is Reason.NOT_AFFINE


def test_conditions_read_well():
    sets = make()
    plain = sets.sizes_where([])

    def written(*conditions):
        return written_together(conditions_of(sets, sets.sizes_where(conditions).gist(plain)))

    assert written(holds(M, ">=", N)) == "N ≤ M"
    assert written(holds(M, "=", N + 1)) == "N = M - 1"
    assert written(holds(M, ">=", N - 3)) == "N ≤ M + 3"
    assert written(holds(2 * M, ">=", 3 * N)) == "3·N ≤ 2·M"
    assert written(holds(remainder(M, sp.Integer(2)), "=", 1)) == "M + 1 is even"
    equal = holds(remainder(M, sp.Integer(2)), "=", remainder(N, sp.Integer(2)))
    assert written(equal) == "N mod 2 = M mod 2"
    assert written(any_of(holds(M, "=", 1), holds(N, ">", 4))) == "N ≥ 5 or M = 1"
    assert written() == ""


def test_the_weakest_condition_is_relative_to_what_is_assumed():
    sets = make()
    everything = sets.sizes_where([])
    assert weakest(sets, everything, sets.sizes_where([holds(M, ">", N)])) == AtMost(M, N)
    assert weakest(sets, everything, everything) == sp.false
    assert weakest(sets, everything, sets.sizes_where([holds(M, ">", N), holds(M, "<", N)])) == sp.true


SETS = [
    "2 <= p0 <= 5 and p1 > p0",
    "(p0 = 1 or (p1 = 2 and p0 >= 2p1 - 3)) and (p0 + p1) mod 2 = 0",
    "exists e: p0 <= 3e <= p0 + 1 and p1 >= 3",
    "p0 - 3*floor(p0/3) >= 1 and 2*floor(p0/2) + 3 >= p1",
    "exists e, f: p0 = 2e + 3f and 0 <= e <= p1 and 0 <= f <= p1",
    "p0 - 2*floor(p0/2) + 3p1 != 7",
    "-p0 < -3 and 1 = 0",
]


@pytest.mark.parametrize("text", SETS)
def test_a_set_of_sizes_is_read_as_the_conditions_that_say_it(text):
    sets = make()
    points = sets.sizes_where([]).intersect(isl.Set.read_from_str(sets.context, f"[p0, p1] -> {{ : {text} }}"))
    found_conditions = conditions_of(sets, points)
    for m, n in product(range(1, 9), repeat=2):
        found = not points.intersect(at_sizes(sets, (m, n), points)).is_empty()
        assert found == all(value_of(c, {M: m, N: n}.__getitem__) for c in found_conditions), (m, n)


def test_conditions_in_words_that_are_not_known_are_not_readable(monkeypatch):
    monkeypatch.setattr(conditions, "PYTHON", ())
    with pytest.raises(NotReadable):
        conditions_of(make(), make().sizes_where([holds(2 * M, ">=", 3 * N)]))


def test_conditions_that_say_another_set_are_an_error(monkeypatch):
    monkeypatch.setitem(conditions.COMPARISONS, ast.GtE, Greater)
    with pytest.raises(DisagreementError, match="other ones than those"):
        conditions_of(make(), make().sizes_where([holds(M, ">=", 2 * N)]))


def test_the_smallest_point_has_the_least_total_size():
    sets = make()
    assert smallest(sets, sets.sizes_where([holds(M + N, ">=", 5), holds(N, ">=", 2)])) == (1, 4)
    assert smallest(sets, sets.sizes_where([holds(M, ">=", 10)])) == (10, 1)
    assert smallest(sets, sets.sizes_where([holds(M, "<", N), holds(N, "<", M)])) is None


def test_equal_tensors_are_arranged_in_every_order_and_others_keep_their_place():
    assert list(arrangements((("a",), ("a",), ("b",)))) == [(0, 1, 2), (1, 0, 2)]
    assert list(arrangements(())) == [()]
    with pytest.raises(NotReadable):
        list(arrangements((("a",),) * 6))
    assert MOST_ARRANGEMENTS == 120


def test_exact_numbers_come_back_from_isl():
    sets = make()
    function = sets.constant(sets.sizes_where([]), sp.Rational(-7, 3))
    assert value(sets, function, (1, 1)) == sp.Rational(-7, 3)
    assert np.isclose(float(value(sets, function, (2, 5))), -7 / 3)


# The shortest way to say it. A domain and a set, as isl reads them, and what is said of it.

I, P = size("I"), width("P")
SAID = [
    ("", "p0 mod 2 = 1", "I is odd"),
    ("", "exists e: p0 = 2e", "I is even"),
    ("", "(p0 + p1) mod 2 = 0", "I + M is even"),
    ("p0 <= p1", "p0 mod 2 = p1 mod 2", "M - I is even"),
    ("p0 <= p1", "(p0 - p1) mod 16 = 0", "16 divides M - I"),
    ("", "3*floor((p1 + 1)/3) <= p1", "M mod 3 ≠ 2"),
    ("", "(5p1 + 3) mod 7 = 2", "M mod 7 = 4"),
    ("", "(p1 - p0 + 3) mod 6 = 0", "6 divides M - I + 3"),
    ("", "2*floor(p1/2) <= p1 - 2 + p0", "I ≥ 2 or M is odd"),
    ("", "p1 != p2", "M ≠ N"),
    ("", "p0 >= 3 or p0 = 2", "I ≥ 2"),
    ("", "p1 <= 1", "M = 1"),
    ("p0 <= p1", "p1 <= p0", "I = M"),
    ("p0 <= p1 and p2 <= p1", "p0 + p2 >= 2p1", "I = M and I = N"),
    ("", "p0 + p1 <= 2", "I = 1 and M = 1"),
    ("p0 <= p1", "p1 <= 1 and p0 = 1", "M = 1"),
    ("", "(p1 >= 3 and p2 <= 3) or p1 <= 2", "M ≤ 2 or N ≤ 3"),
    ("", "p0 = 1 or (2p3 = p0 - p1 and p0 >= 2)", "I = 1 or I = M + 2·P"),
    ("", "p0 = p1 or (p0 = p1 and p2 = 3)", "I = M"),
    ("", "2*floor((p0 + p1 + p2 + 1)/2) <= p0 + p2 + 2", "M = 1 or (M = 2 and I + N is even)"),
    ("", "(p0 = 1 and p1 = 2) or (p0 = 1 and p2 = 5)", "I = 1 and (M = 2 or N = 5)"),
    ("", "2 <= p0 <= p1 and p1 <= p2 + 2p3", "2 ≤ I ≤ M ≤ N + 2·P"),
    ("", "p3 >= 1 and p3 < p1", "1 ≤ P < M"),
    (
        "",
        "(p0 = 1 and p1 = 3) or (p0 = 2 and p1 = 5) or (p0 = 3 and p1 = 1) or (p0 = 3 and p1 = 7)",
        "I ≤ 3 and M ≤ 7, in one of these 4 cases: I = 1 and M = 3; I = 2 and M = 5; I = 3 and M = 1; I = 3 and M = 7",
    ),
    ("", "p0 = 1 and p0 = 2", "never"),
    ("p0 <= p1", "p0 <= p1", "always"),
]


def within(domain, text):
    """Return sets of the sizes I, M, N and the width P, a domain of them, and those of it that a text describes."""
    sets = Sets([I, M, N, P], ())
    everywhere = sets.sizes_where([])
    read = [isl.Set.read_from_str(sets.context, f"{sets.parameters}{{ : {t or '0 = 0'} }}") for t in (domain, text)]
    domain = everywhere.intersect(read[0])
    return sets, domain, domain.intersect(read[1])


@pytest.mark.parametrize(("domain", "text", "said"), SAID)
def test_conditions_are_said_as_a_teacher_says_them(domain, text, said):
    sets, domain, good = within(domain, text)
    assert written(weakest(sets, domain, domain.subtract(good))) == said


def random_text(random, depth=2):
    """Return a random condition as isl and, with % and //, Python read it."""
    if depth and random.random() < 0.7:
        parts = [random_text(random, depth - 1) for _ in range(random.randint(2, 3))]
        return f"({random.choice([' and ', ' or ']).join(parts)})"
    n, signs = random.choice([2, 2, 3, 4, 5]), ["=", "<=", ">="]
    linear = " + ".join(f"{random.randint(-2, 2)}*{p}" for p in ("p0", "p1", "p3")) + f" + {random.randint(-4, 4)}"
    other = f"{random.choice(['p0', 'p1', 'p3', 'p0 + p1', 'p1 - p0'])} + {random.randint(0, 3)}"
    of_one = f"{random.choice(['p0', 'p1', 'p3'])} {random.choice(signs)} {random.randint(1, 4)}"
    rounded = f"{n}*floor(({other})/{n}) {random.choice(signs)} {random.choice(['p0', 'p1'])} + p3 - 1"
    return random.choice(
        [of_one, f"{linear} {random.choice(signs)} 0", f"({other}) mod {n} = {random.randint(0, n - 1)}", rounded]
    )


def in_python(text):
    """Return a text for isl as a condition in Python, which computes it by itself."""
    text = re.sub(r"floor\(\((.+?)\)/(\d)\)", r"((\1)//\2)", text.replace(" mod ", " % "))
    return compile(re.sub(r"(?<![<>])=", "==", text or "True"), "isl", "eval")


DOMAINS = ["", "p0 <= p1", "p0 <= p1 + 2*p3", "p1 >= 2 and p0 <= p1", "2*p0 <= p1 + 1"]


def check_said(seed):
    """Check that what is said of random sizes is true of them alone, no longer than before, and said the same again."""
    random = Random(seed)
    of, text = random.choice(DOMAINS), random_text(random)
    sets, domain, good = within(of, text)
    plain = sp.false if good.is_empty() else all_of(*conditions_of(sets, good.coalesce().gist(domain)))
    found = shortest(sets, domain, plain)
    letters, before = written(found), written(plain)
    assert shortest(sets, domain, found) == found, letters
    assert len(letters) <= (2 if "⌊" in before else 1) * len(before) or "cases" in letters, (letters, before)
    of, inside = in_python(of), in_python(text)
    for m, n, p in product(range(1, 7), range(1, 7), range(4)):
        names = {"p0": m, "p1": n, "p3": p}
        if eval(of, names):
            assert bool(eval(inside, names)) == holds_as_printed(letters, {"I": m, "M": n, "P": p}), (letters, names)


@pytest.mark.parametrize("seed", share(range(25), range(400)))
def test_what_is_said_is_the_same_set_and_no_longer(seed, monkeypatch):
    monkeypatch.setattr(conditions, "TO_SHORTEN", 100_000_000)  # what is stopped on the way may be shortened further
    check_said(seed)


def wrong_residue(original):
    return lambda sign, top, n, value, defined: original(sign, top, n, (value + 1) % n, defined)


@pytest.mark.parametrize(
    ("module", "name", "planted"),
    [
        (domains, "residue_is", wrong_residue),
        (conditions, "formula_of", lambda original: lambda cases: original(cases[:1])),
        (conditions, "negation", lambda original: lambda holds: holds),
    ],
)
def test_formulas_for_other_sizes_are_not_said(monkeypatch, module, name, planted):
    monkeypatch.setattr(module, name, planted(getattr(module, name)))
    for function in (domains.multiplied_out, domains.length):
        function.cache_clear()
    try:
        for seed in range(12):
            random = Random(seed)
            of, text = random.choice(DOMAINS), random_text(random)
            sets, domain, good = within(of, text)
            said = shortest(sets, domain, all_of(*conditions_of(sets, good.coalesce().gist(domain))))
            assert domain.intersect(sets.sizes_where([said])).is_equal(good), (seed, written(said))
    finally:
        for function in (domains.multiplied_out, domains.length):
            function.cache_clear()


def test_a_condition_that_takes_too_long_to_shorten_is_said_as_it_is(monkeypatch):
    sets, domain, good = within("", "(p1 >= 3 and p2 <= 3) or p1 <= 2")
    plain = all_of(*conditions_of(sets, good))
    monkeypatch.setattr(conditions, "TO_SHORTEN", 20)
    assert shortest(sets, domain, plain) == plain
    assert not sets.exhausted()


SYMBOLIC = [
    (heads.AtLeast(s + M + 2 * P, s * I + 1), "s·(I - 1) < M + 2·P"),
    (heads.AtLeast(M * s + N * I, s + I + 2 * P), "2·P ≤ I·(N - 1) + s·(M - 1)"),
    (heads.Equal(s * floor(divide(M, s)), M), "s divides M"),
    (heads.Unequal(heads.Remainder(I - M, s), 0), "s does not divide M - I"),
    (heads.Equal(heads.Remainder(M, s), heads.Remainder(N, s)), "s divides N - M"),
    (heads.Equal(s * floor(divide(M + P, s)) + N, M + P), "N = (M + P) mod s"),
    (heads.AtLeast(floor(divide(M - I, s)), 1), "s ≤ M - I"),
    (heads.AtLeast(M - I + 1, N), "N ≤ M - I + 1"),
    (heads.Equal(2 * P, 4), "P = 2"),
]


@pytest.mark.parametrize(("holds_", "said"), SYMBOLIC)
def test_conditions_with_products_are_said_without_minus_signs_and_roundings(holds_, said):
    assert written(multiplied_out(holds_)) == said


@pytest.mark.parametrize("seed", share(range(20), range(400)))
def test_a_condition_multiplied_out_is_true_at_the_same_sizes(seed):
    random = Random(seed)

    def linear():
        return sum((random.randint(-3, 3) * x for x in (M, I, P)), sp.Integer(random.randint(-4, 4)))

    n = sp.Integer(random.randint(2, 9))
    quotients = [floor(divide(linear(), n)), remainder(linear(), n), heads.Remainder(linear(), s), P * I - s * I]
    quotients += [s * floor(divide(linear(), s)), n * floor(divide(linear(), n)), floor(divide(linear(), s))]
    head = random.choice([heads.Equal, heads.Unequal, heads.AtLeast, heads.AtMost, heads.Less, heads.Greater])
    condition = head(random.randint(-2, 2) * random.choice(quotients), random.choice([linear(), sp.Integer(n - 1)]))
    said = multiplied_out(condition)
    assert said in (sp.true, sp.false) or multiplied_out(said) == said
    for point in product(range(1, 6), range(1, 4), range(1, 4), range(3)):
        at = dict(zip((M, I, s, P), point, strict=True))
        assert bool(value_of(condition, at.__getitem__)) == bool(value_of(said, at.__getitem__)), (said, at)
