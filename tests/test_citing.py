"""Steps that cite a theorem: instances of it are accepted, everything else is refused."""

from pathlib import Path

import pytest

from cnn_symbolic import Step, convolve, correlate, from_entries, prove, rot180, sizes, tensor
from cnn_symbolic.book.assembly import assemble
from cnn_symbolic.citing import is_instance
from cnn_symbolic.errors import ExportError, OperandError
from cnn_symbolic.library import Claim, select

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


def book(*steps, cited=rotated):
    proof = prove("own", full, equals=correlate(y, rot180(g), mode="full"), steps=steps)
    return assemble([Claim("own", proof, Path("own.py")), Claim("cited", cited, Path("own.py"))], jobs=1)


RIGHT = correlate(y, rot180(g), mode="full")


def test_a_cited_theorem_is_referred_to():
    rows = book(Step(RIGHT, "by rotating", using="cited")).chapters[0].entries[0].rows
    assert [row.theorem for row in rows] == ["", "cited"]
    assert len(rows) == 2


def test_a_theorem_that_is_not_in_the_book_is_not_referred_to():
    rows = book(Step(RIGHT, "by rotating", using="elsewhere")).chapters[0].entries[0].rows
    assert [row.theorem for row in rows] == ["", ""]


def test_a_step_that_is_no_instance_of_what_it_cites_is_refused():
    other = prove("other", x + x, equals=2 * x)
    with pytest.raises(ExportError, match="'own': the step 'by rotating' is no instance of the theorem cited"):
        book(Step(RIGHT, "by rotating", using="cited"), cited=other)


def test_a_claim_that_is_not_proved_cannot_be_cited():
    unproved = prove("unproved", convolve(x, f, mode="full"), equals=correlate(x, f, mode="full"))
    wrong = prove("own", full, equals=correlate(y, g, mode="full"), steps=[Step(full, "nothing"), Step(full, "it")])
    assert wrong.outcome == "refuted"
    with pytest.raises(ExportError, match="is no instance of the theorem cited"):
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
    by_hand = from_entries(RIGHT.shape, lambda i: RIGHT.formula((i,)), using=[y, g])
    with pytest.raises(ExportError, match="is no instance"):
        book(Step(by_hand, "by hand", using="cited"))


def test_the_bundle_cites_theorems(everything):
    cited = {row.theorem for chapter in everything.chapters for e in chapter.entries for row in e.rows if row.theorem}
    assert cited >= {"input_gradient", "full_convolution", "group_weight_gradient", "convolutional_layer.inputs"}
    assert cited <= {claim.id for claim in select([])}
