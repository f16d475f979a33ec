"""Steps that cite a theorem: instances of it are accepted, everything else is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from cnn_symbolic import (
    Step,
    convolve,
    correlate,
    dilate,
    from_entries,
    gradient,
    named,
    pad,
    prove,
    rot180,
    sizes,
    subsample,
    tensor,
    widths,
)
from cnn_symbolic.ground.errors import ExportError, OperandError
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.present.content.assembly import assemble
from cnn_symbolic.proofs.citations import alike, is_instance
from tests.support.bundle import bundle
from tests.support.commands import run

M, N, I, J, K = sizes("M N I J K")
x, f = tensor(M, name="x"), tensor(I, name="f")
y, g = tensor(N, name="y"), tensor(J, name="g")
rotated = prove("rotated", convolve(x, f, mode="full"), equals=correlate(x, rot180(f), mode="full"))
full, wrong_mode = convolve(y, g, mode="full"), convolve(y, g, mode="same")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (full, correlate(y, rot180(g), mode="full")),
        (correlate(y, rot180(g), mode="full"), full),
        (full + full, full + correlate(y, rot180(g), mode="full")),
        (rot180(full), rot180(correlate(y, rot180(g), mode="full"))),
        (convolve(y, y, mode="full"), correlate(y, rot180(y), mode="full")),
        (convolve(x + x, rot180(f), mode="full"), correlate(x + x, rot180(rot180(f)), mode="full")),
    ],
)
def test_instances_of_a_theorem(before, after):
    assert is_instance(before, after, rotated)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (full, correlate(y, g, mode="full")),
        (full, correlate(g, rot180(y), mode="full")),
        (wrong_mode, correlate(y, rot180(g), mode="same")),
        (full, correlate(y, rot180(g), mode="same")),
        (full + full, correlate(y, rot180(g), mode="full") + correlate(y, rot180(g), mode="full")),
        (full, full),
    ],
)
def test_what_is_no_instance(before, after):
    assert not is_instance(before, after, rotated)


def test_sizes_of_the_theorem_stand_for_the_same_sizes_everywhere():
    square = prove("square", tensor(M, M, name="x") + tensor(M, M, name="x"), equals=2 * tensor(M, M, name="x"))
    a, b = tensor(M, M, name="a"), tensor(M, N, name="b")
    assert is_instance(a + a, 2 * a, square)
    assert not is_instance(b + b, 2 * b, square)


def test_the_assumptions_of_the_theorem_are_among_those_of_the_proof():
    fitting = prove("fitting", x + x, equals=2 * x, assuming=[M >= I, K >= 2])
    assert is_instance(y + y, 2 * y, fitting, assuming=[I <= N, K >= 2])
    assert is_instance(y + y, 2 * y, fitting, assuming=[(N >= I) & (K >= 2)])
    assert not is_instance(y + y, 2 * y, fitting, assuming=[N >= I])
    assert not is_instance(y + y, 2 * y, fitting, assuming=[M >= I, K >= 2])
    assert not is_instance(y + y, 2 * y, fitting)
    long = prove("long", x + x, equals=2 * x, assuming=[M >= 2])
    three, one = tensor(3, name="three"), tensor(1, name="one")
    assert is_instance(three + three, 2 * three, long)
    assert not is_instance(one + one, 2 * one, long)


def test_what_is_proved_at_listed_factors_has_no_instances():
    def every(n, a):
        return subsample(a + a, factors=(n,)), 2 * subsample(a, factors=(n,))

    left, right = every(K, x)
    theorem = prove("every", left, equals=right)
    assert is_instance(*every(3, y), theorem)
    assert not is_instance(*every(3, y), replace(theorem, literally=(1, 2)))


def test_what_holds_for_literal_values_only_has_no_instances():
    def twice(a, m, n):
        return dilate(dilate(a, factors=(m,)), factors=(n,)), dilate(dilate(a, factors=(n,)), factors=(m,))

    left, right = twice(x, J, K)
    for assuming in ((), [J <= 3]):
        literal = prove("twice", left, equals=right, assuming=assuming, expect="holds for literal values")
        assert literal.outcome == "holds"
        assert not is_instance(*twice(y, 2, 3), literal, assuming=assuming)
        assert not is_instance(left, right, literal, assuming=assuming)


def test_a_size_of_the_theorem_stands_for_positive_values_only_in_options():
    def padded(a, n):
        return pad(a + a, widths=n), 2 * pad(a, widths=n)

    P, Q = widths("P Q")
    by_size, by_width = (prove("padded", left, equals=right) for left, right in (padded(x, K), padded(x, P)))
    for value in (1, 2, I, I + J - 1, Q + 1):
        assert is_instance(*padded(y, value), by_size)
        assert is_instance(*padded(y, value), by_width)
    for value in (0, Q):
        assert not is_instance(*padded(y, value), by_size)
        assert is_instance(*padded(y, value), by_width)
    assert not is_instance(*padded(y, I - J), by_width)


def test_expressions_in_sizes_are_compared_once_all_sizes_are_known():
    a, b, c = tensor(M + 1, name="a"), tensor(M + 1, name="b"), tensor(N, name="c")
    theorem = prove("longer", a + a, equals=2 * a)
    assert is_instance(b + b, 2 * b, theorem)
    assert not is_instance(c + c, 2 * c, theorem)
    both = prove(
        "both",
        correlate(tensor(M + 1, name="a"), x, mode="full"),
        equals=convolve(tensor(M + 1, name="a"), rot180(x), mode="full"),
    )
    wrong, right = tensor(M + 1, name="b"), tensor(N + 1, name="b")
    assert is_instance(correlate(right, y, mode="full"), convolve(right, rot180(y), mode="full"), both)
    assert not is_instance(correlate(wrong, y, mode="full"), convolve(wrong, rot180(y), mode="full"), both)


def test_tensors_that_print_alike_are_told_apart():
    def derivative(of):
        return gradient(named("z", of), wrt=x)

    one, other = derivative(x + x), derivative(3 * x)
    assert str(one) == str(other)
    assert not alike(one, other)
    assert alike(one, derivative(x + x))
    twice = prove("twice", y + y, equals=2 * y)
    assert is_instance(one + one, 2 * one, twice)
    assert not is_instance(one + other, 2 * one, twice)
    assert not is_instance(rot180(one + one) + one, rot180(2 * one) + other, twice)


def test_tensors_that_differ_in_the_names_of_bound_indices_are_alike():
    one, other = (from_entries((M,), f, using=[x]) for f in (lambda i: x[i] * x[i], lambda k: x[k] * x[k]))
    assert str(one) != str(other)
    assert alike(one, other)
    assert not alike(x, tensor(N, name="x"))
    assert not alike(x, y)


def test_options_around_the_exchanged_part_are_the_same():
    before, after = y + y, 2 * y
    twice = prove("twice", x + x, equals=2 * x)
    assert is_instance(subsample(before, factors=(K,)), subsample(after, factors=(K,)), twice)
    assert not is_instance(subsample(before, factors=(K,)), subsample(after, factors=(I,)), twice)


def book(*steps, cited=rotated):
    proof = prove("own", full, equals=correlate(y, rot180(g), mode="full"), steps=steps)
    return assemble([Claim("cited", cited, Path("own.py")), Claim("own", proof, Path("own.py"))], jobs=1)


RIGHT = correlate(y, rot180(g), mode="full")


def test_a_cited_theorem_is_referred_to():
    rows = book(Step(RIGHT, "by rotating", using="cited")).chapters[0].entries[-1].rows
    assert [row.theorem for row in rows] == ["", "cited"]
    assert len(rows) == 2


def test_a_theorem_that_is_not_in_the_book_is_not_referred_to():
    rows = book(Step(RIGHT, "by rotating", using="elsewhere")).chapters[0].entries[-1].rows
    assert [row.theorem for row in rows] == ["", ""]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("using", ["own", "cited"])
def test_only_an_earlier_theorem_can_be_cited(using, jobs):
    proof = prove("own", full, equals=RIGHT, steps=[Step(RIGHT, "by rotating", using=using)])
    claims = [Claim("own", proof, Path("own.py")), Claim("cited", rotated, Path("own.py"))]
    with pytest.raises(ExportError, match=f"'own': the step 'by rotating' cites {using}, which does not stand before"):
        assemble(claims, jobs)


def test_citations_of_one_claim_are_checked_against_all_before_it():
    proof = prove("own", full, equals=RIGHT, steps=[Step(RIGHT, "by rotating", using="cited")])
    own, cited = Claim("own", proof, Path("own.py")), Claim("cited", rotated, Path("own.py"))
    (entry,) = assemble([own], jobs=1, among=[cited, own]).chapters[0].entries
    assert [row.theorem for row in entry.rows] == ["", "cited"]
    with pytest.raises(ExportError, match="does not stand before it"):
        assemble([own], jobs=1, among=[own, cited])


def test_a_claim_to_be_decided_at_listed_factors_is_not_referred_to():
    rows = book(Step(RIGHT, "by rotating", using="cited"), cited=replace(rotated, literally=(1, 2)))
    assert [row.theorem for row in rows.chapters[0].entries[-1].rows] == ["", ""]


OWN = """
from cnn_symbolic import Step, prove, sizes, tensor
M, = sizes("M")
x = tensor(M, name="x")
cited = prove("cited", x - x, equals=0 * x)
own = prove("own", x + x, equals=2 * x, steps=[Step(2 * x, "by it", using="cited")])
"""


def test_the_command_checks_the_citations_of_one_claim(tmp_path):
    (tmp_path / "mine.py").write_text(OWN, encoding="utf-8")
    ran = run("book", tmp_path, tmp_path / "mine.py", "--one", "own", "--jobs", 1)
    assert (ran.returncode, "is no instance of the theorem cited" in ran.stderr) == (2, True)


def test_a_step_that_is_no_instance_of_what_it_cites_is_refused():
    other = prove("other", x + x, equals=2 * x)
    with pytest.raises(ExportError, match="'own': the step 'by rotating' is no instance of the theorem cited"):
        book(Step(RIGHT, "by rotating", using="cited"), cited=other)


def test_a_claim_that_is_not_proved_cannot_be_cited():
    unproved = prove("unproved", convolve(x, f, mode="full"), equals=correlate(x, f, mode="full"))
    wrong = prove("own", full, equals=correlate(y, g, mode="full"), steps=[Step(full, "nothing"), Step(full, "it")])
    assert wrong.outcome == "refuted"
    with pytest.raises(ExportError, match="the step 'by rotating' cites cited, which is not proved"):
        book(Step(RIGHT, "by rotating", using="cited"), cited=unproved)


def test_a_step_of_another_shape_or_value_does_not_follow():
    longer = convolve(y, g, mode="full")
    proof = prove("own", longer, equals=RIGHT, steps=[Step(convolve(y, g, mode="same"), "cut off")])
    assert proof.wrong_step is not None
    assert not proof.as_expected
    with pytest.raises(OperandError, match="the step 'flat' is a tensor of 1 axes"):
        _ = prove("own", longer, equals=RIGHT, steps=[Step(tensor(M, N, name="h"), "flat")]).wrong_step


def test_a_proof_about_tensors_writes_out_no_entries():
    proof = prove("own", full, equals=RIGHT, steps=[Step(RIGHT, "by rotating")])
    assert [proof.written(line) for line in proof.lines] == [
        "convolve(y, g, mode='full')[i]",
        "correlate(y, rot180(g), mode='full')[i]",
    ]


def test_a_step_with_entries_written_by_hand_is_no_citation():
    by_hand = from_entries(RIGHT.shape, lambda i: RIGHT.formula((i.formula,)), using=[y, g])
    with pytest.raises(ExportError, match="is no instance"):
        book(Step(by_hand, "by hand", using="cited"))


@pytest.mark.slow
def test_the_bundle_cites_theorems(everything):
    cited = {row.theorem for chapter in everything.chapters for e in chapter.entries for row in e.rows if row.theorem}
    assert cited >= {"input_gradient", "full_convolution", "group_weight_gradient", "convolutional_layer.inputs"}
    assert cited <= {claim.id for claim in bundle()}
