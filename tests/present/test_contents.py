"""What a book is made of: only checked lines, every definition, numbers of counterexamples, names for long sizes."""

import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from cnn_symbolic import (
    Step,
    correlate,
    cotangent,
    floor,
    from_entries,
    gradient,
    named,
    pad,
    prove,
    refute,
    rot180,
    sizes,
    stacked,
    summed,
    take,
    tensor,
)
from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.library.loading import Claim, select
from cnn_symbolic.notation.latex import latex
from cnn_symbolic.notation.layout import Sign, name
from cnn_symbolic.notation.layout import entry as entry_at
from cnn_symbolic.present.content import proofs
from cnn_symbolic.present.content.assembly import assemble
from cnn_symbolic.present.content.contents import Omitted, entry_of
from cnn_symbolic.present.content.counterexamples import matrix
from cnn_symbolic.present.content.definitions import SHOWN, definitions, operations_in
from cnn_symbolic.present.content.proofs import Writer, checked
from cnn_symbolic.present.content.prose import Formula
from cnn_symbolic.tensors.sources import OPERATIONS

M, N, I, S = sizes("M N I S")
x, y, w = tensor(M, name="x"), tensor(M, name="y"), tensor(I, name="w")

# Written as numbers, names or sums in place: nothing to look up.
WITHOUT_DEFINITION = {"literal", "broadcast"}


def claim(derivation, name="claim"):
    return Claim(name, derivation, Path("own.py"))


def doubled():
    return prove("Twice", x + x, equals=2 * x)


def planted(derivation, change):
    """A derivation whose lines have been tampered with."""
    vars(derivation)["lines"] = change(derivation.lines)
    return derivation


def rotated():
    return prove("Rotated", rot180(correlate(x, w)), equals=correlate(rot180(x), rot180(w)))


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: (*lines[:-1], replace(lines[-1], checked=None)),
        lambda lines: (lines[0], replace(lines[1], formula=2 * lines[1].formula), *lines[2:]),
        lambda lines: (lines[0], replace(lines[2], checked=lines[1].checked), *lines[3:]),
        lambda lines: (*lines[:3], replace(lines[2], because="once more"), *lines[3:]),
    ],
    ids=["unchecked", "another formula", "a theorem about other lines", "a theorem used twice"],
)
def test_a_line_that_the_kernel_has_not_checked_is_refused(change):
    assert len(checked(rotated())) > 3
    proof = planted(rotated(), change)
    with pytest.raises(ExportError, match="a line of 'Rotated' was not checked"):
        entry_of(claim(proof))
    with pytest.raises(ExportError, match="a line of 'Rotated' was not checked"):
        assemble([claim(proof), claim(doubled(), "other")], jobs=1)


@pytest.mark.parametrize("change", [lambda lines: lines[2:], lambda lines: lines[:-2]], ids=["start", "end"])
def test_lines_that_do_not_lead_from_one_side_to_the_other_are_refused(change):
    proof = rotated()
    with pytest.raises(ExportError, match="do not lead from its left side to its right side"):
        entry_of(claim(planted(proof, change)))


def test_what_is_neither_proved_nor_refuted_is_left_out_and_named():
    # One of two numbers in a row is even, which the kernel cannot tell.
    odd = prove("Odd", x, equals=from_entries((M,), lambda i: x[i + i * (i + 1) % 2], using=[x]))
    wrong = prove("Stated wrongly", x, equals=2 * x)
    book = assemble([claim(odd, "odd"), claim(wrong, "wrong"), claim(doubled(), "doubled")], jobs=1)
    assert book.omitted == (Omitted("odd", "proved", "undecided"),)
    assert [(e.id, e.kind, e.expected) for c in book.chapters for e in c.entries] == [
        ("wrong", "refutation", "proved"),
        ("doubled", "theorem", "proved"),
    ]
    with pytest.raises(ExportError, match="odd is not proved, so there is no proof of it to print"):
        entry_of(claim(odd, "odd"))


def test_several_processes_make_the_same_book():
    claims = select(["feature_map_shape", "input_gradient"])
    assert assemble(claims, jobs=2) == assemble(claims, jobs=1)


def test_a_claim_that_fails_is_omitted_with_the_reason():
    vacuous = prove("Never", x, equals=x, assuming=[M < 1])
    for jobs in (1, 2):
        (omitted,) = assemble([claim(vacuous, "never"), claim(doubled())], jobs).omitted
        assert (omitted.id, omitted.outcome) == ("never", "failed")
        assert omitted.reason.startswith("no sizes satisfy the assumptions")


def test_an_entry_is_plain_data():
    entry = entry_of(select(["input_gradient_unrotated"])[0])
    assert pickle.loads(pickle.dumps(entry)) == entry
    assert tuple(map(latex, entry.counterexample.sizes)) == ("M = 1", "N = 2", "I = 1", "J = 1")
    assert latex(entry.corrected) == r"\frac{\partial C}{\partial a^{\mathrm{prev}}} = w *_{\mathrm{full}} \delta"
    assert tuple(map(latex, entry.assumptions)) == (r"I \le M", r"J \le N")


def test_every_operation_has_a_definition_and_each_is_about_that_operation():
    assert set(SHOWN) == set(OPERATIONS) - WITHOUT_DEFINITION
    for operation, record in SHOWN.items():
        for shown in record.examples():
            assert operation in set(operations_in(shown))
            assert len(record.letters) == shown.rank
    assert len(definitions(SHOWN)) == len(SHOWN)


def test_a_definition_is_the_entry_formula():
    (one,) = definitions(["correlate"])
    formula, shape = one.formulas[0]
    assert latex(formula) == (
        r"(x \star_{\mathrm{valid}} f)_{r,c} = "
        r"\sum_{u=0}^{I - 1} \sum_{v=0}^{J - 1} f_{u,v} \, x_{r + u,c + v}"
    )
    assert latex(shape) == "(M - I + 1, N - J + 1)"


def test_operations_within_intermediate_results_are_defined_too():
    inner = named("y", rot180(x))
    assert set(operations_in(inner + x)) == {"add", "rot180"}


def test_long_sizes_that_recur_get_a_name_and_are_written_out_once():
    half = floor((M - 1) / S)
    made = prove("Padded", pad(x, widths=((half, half),)), equals=pad(x, widths=((half, floor((half + M) / 2)),)))
    writer = Writer(made)
    written = [latex(one) for one in writer.abbreviations]
    assert written[0] == r"x \in \mathbb{R}^{M}"
    lengths = [one for one in written if one.startswith(r"\ell")]
    statement = latex(writer.statement(Sign("=")))
    for k, definition in enumerate(lengths, start=1):
        called, value = definition.split(" = ", 1)
        assert called == rf"\ell_{{{k}}}"
        assert value not in statement
        assert all(rf"\ell_{{{later}}}" not in value for later in range(k, len(lengths) + 1))


def test_matrices_are_shown_by_their_leading_indices_with_what_differs():
    block_0, block_1 = matrix(name("x"), [[[1, 2]], [[3, 4]]], [[[True, False]], [[False, False]]]).blocks
    assert (latex(block_0.name), block_0.rows, block_0.differs) == ("x_{0}", (("1", "2"),), ((True, False),))
    assert (latex(block_1.name), block_1.rows) == ("x_{1}", (("3", "4"),))
    assert matrix(name("x"), 5).blocks[0].rows == (("5",),)
    assert matrix(name("x"), [[[1, 2]]]).blocks[0].name == name("x")


@pytest.mark.slow
def test_the_book_of_everything(everything):
    entries = [entry for chapter in everything.chapters for entry in chapter.entries]
    assert not everything.omitted
    assert len(entries) == len({entry.id for entry in entries}) > 230
    for entry in entries:
        assert entry.kind == "theorem" or not entry.rows
        assert (entry.counterexample is not None) == (entry.kind == "refutation")
        assert all(row.because for row in entry.rows[1:])
    assert {e.strength for e in entries} >= {
        "all shapes",
        "every factor",
        "fixed shape",
        "identity",
        "refuted",
    }
    assert sum(bool(entry.rows) for entry in entries) > 120
    assert len(everything.article) == 42
    assert len(everything.errata) == 8
    assert sum(len(chapter.pictures) for chapter in everything.chapters) >= 10
    titles = [latex(part.layout) for entry in entries for part in entry.title if isinstance(part, Formula)]
    assert r"\partial C/\partial z" in titles


def test_it_needs_no_more_processes_than_there_are_cores():
    from cnn_symbolic.ground.processes import cores

    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_a_claim_says_what_it_is_about():
    entry = entry_of(select(["input_gradient_unrotated"])[0])
    assert tuple(map(latex, entry.abbreviations)) == (
        r"a^{\mathrm{prev}} \in \mathbb{R}^{M \times N}",
        r"w \in \mathbb{R}^{I \times J}",
        r"b \in \mathbb{R}^{1 \times 1}",
        r"z = (a^{\mathrm{prev}} \star_{\mathrm{valid}} w) + b",
        r"a = \sigma(z)",
        r"\delta = \sigma'(z) \odot \frac{\partial C}{\partial a}",
    )


def test_gradients_of_other_costs_are_not_written_alike():
    z, u = named("z", x + x), named("u", 3 * x)
    doubled_cost = prove("…", gradient(z, wrt=x, cotangent=2 * cotangent(z)), equals=2 * gradient(z, wrt=x))
    assert latex(entry_of(claim(doubled_cost)).statement) == (
        r"\frac{\partial \langle 2 \, \frac{\partial C}{\partial z}, z \rangle}{\partial x} = "
        r"2 \, \frac{\partial C}{\partial x}"
    )
    two_costs = entry_of(claim(refute("…", gradient(z, wrt=x), equals=gradient(u, wrt=x)))).statement
    left, right = latex(two_costs).split(r" \neq ")
    assert (left != right, r"z \rangle" in left, r"u \rangle" in right) == (True, True, True)
    assert str(gradient(z, wrt=x, cotangent=y)) == "∂⟨y, z⟩/∂x"


def test_letters_of_families_are_not_captured():
    grid, size_k = tensor(M, M, name="A"), sizes("k")[0]
    inner = stacked(M, lambda k: (lambda outer: summed(M, lambda k: take(grid, at=(outer, k))))(k))
    assert str(inner) == "[Σ{k′<M} A[k, k′] for k<M]"
    assert str(stacked(M, lambda k: take(x, at=(size_k,)) + take(x, at=(k,)))) == "[x[k] + x[k′] for k′<M]"


def test_names_that_would_be_written_alike_are_refused():
    with pytest.raises(ExportError, match="a_ and a are written alike, rename one of them"):
        entry_of(claim(refute("…", tensor(M, name="a_"), equals=tensor(M, name="a"))))


def test_a_proof_ends_at_its_right_side():
    proof = prove("Nothing", x, equals=x, steps=[Step(2 * x - x, "twice, less once")])
    assert [proof.written(line) for line in proof.lines][-1] == "x[i]"
    assert entry_of(claim(proof)).rows[-1].formula == entry_at(name("x"), [name("i")])


def test_a_large_counterexample_shows_the_entry_that_differs():
    large = tensor(M, I, name="x")
    entry = entry_of(claim(refute("Huge", large, equals=2 * large, assuming=[M >= 3000, I >= 2])))
    assert [latex(m.blocks[0].name) for m in entry.counterexample.sides] == [
        r"\text{left}_{0,0}",
        r"\text{right}_{0,0}",
    ]


# What claims of a file have in common.


def named_twice(f, g):
    """Two claims with a z of their own and an a of that, which differ where the filters do."""
    first, second = (named("a", 2 * named("z", correlate(x, f))) for f in (f, g))
    return [claim(prove("One", a, equals=a), f"claim_{k}") for k, a in enumerate((first, second))]


def said(*claims):
    entries = [one for chapter in assemble(list(claims), jobs=1).chapters for one in chapter.entries]
    return [([latex(a) for a in one.declared], [latex(a) for a in one.new]) for one in entries]


def test_what_claims_of_a_file_have_in_common_is_said_once():
    x_is, w_is, z_is, a_is = (
        r"x \in \mathbb{R}^{M}",
        r"w \in \mathbb{R}^{I}",
        r"z = x \star_{\mathrm{valid}} w",
        r"a = 2 \, z",
    )
    assert said(*named_twice(w, w)) == [([x_is, w_is, z_is, a_is], []), ([], [])]
    assert said(*named_twice(w, w)[:1]) == [([], [x_is, w_is, z_is, a_is])]
    alone = claim(doubled(), "alone")
    assert said(*named_twice(w, w), alone)[2] == ([], [])


def test_what_means_something_else_in_another_claim_and_what_is_made_of_it_is_said_in_each():
    (first, of_first), (second, of_second) = said(*named_twice(w, y))
    assert first == [r"x \in \mathbb{R}^{M}"]
    assert second == []
    assert [text.split(" = ")[0] for text in of_first[1:]] == ["z", "a"]
    assert [text.split(" = ")[0] for text in of_second[1:]] == ["z", "a"]


def test_claims_of_different_files_share_nothing():
    one, other = named_twice(w, w)
    assert [declared for declared, _ in said(one, replace(other, file=Path("other.py")))] == [[], []]


def test_abbreviated_sizes_are_numbered_in_each_claim_and_never_shared(monkeypatch):
    monkeypatch.setattr(proofs, "LONG", 10)
    long = tensor(floor((M + 2 * N + 3 * I - 7) / (S + 1)) + 1, name="u")
    found = said(*(claim(prove("One", long, equals=long), f"claim_{k}") for k in range(2)))
    assert [declared for declared, _ in found] == [[], []]
    assert any(r"\ell" in text for text in found[0][1])
