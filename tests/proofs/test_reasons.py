"""What the reason of a line says is true of the line and of the one before it, read at small sizes."""

from collections import Counter
from dataclasses import replace
from itertools import islice, pairwise, permutations, product

import pytest
import sympy as sp

from cnn_symbolic import (
    FeatureMap,
    Iverson,
    convolve,
    correlate,
    from_entries,
    prove,
    rot180,
    shape,
    sizes,
    sum_over,
    tensor,
)
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.layers import conv, conv_transpose
from cnn_symbolic.proofs import reasons as why
from tests.support.bundle import derivations
from tests.support.terms import Reader, number, points
from tests.support.thorough import every

M, N, I, J = sizes("M N I J")
B, C, K, L, S, P = sizes("B C K L S P")
batch, filters = tensor(B, C, L, name="x"), tensor(K, C, I, name="w")
x, f = tensor(M, N, name="x"), tensor(I, J, name="f")
MOST_TERMS = 3000
# Lines whose formulas are made by rules of their own: what these do is tested where they are.
MADE = {"definition", "chain", "differentiate", "author"}


def places(derivation, most):
    """Sizes with an index of the entry, a few of each."""
    statement = derivation.statement
    for point in points(statement, derivation.verdict.smallest, most):
        shape = [int(number(n, point)) for n in statement.left.shape]
        corners = [sorted({0, n // 2, n - 1}) for n in shape]
        for at in islice(product(*corners), 4):
            yield point, point | dict(zip(statement.index, at, strict=True))


def is_true(derivation, before, line, most=3):
    """Whether a reason is true of two lines, as far as small sizes show."""
    reason = line.reason
    statement = derivation.statement
    if line.sizes is not None:
        return all(
            [number(e, at) for e in before.sizes] == [number(e, at) for e in line.sizes]
            for at in points(statement, derivation.verdict.smallest, most)
        )
    named = {n: t for side in (derivation.left, derivation.right) for n, t in side.names().items()}
    defined = {n: t for n, t in named.items() if hasattr(t.source, "definition")}
    for sizes_, point in places(derivation, most):
        shapes = {n: [number(length, sizes_) for length in d.shape] for n, d in statement.tensors.items()}
        reader = Reader(shapes, defined if reason.kind in ("named", "compare") else ())
        one, other = (reader.terms(e.formula, point) for e in (before, line))
        if max(len(one), len(other)) > MOST_TERMS:
            continue
        same, seen = Counter(one) == Counter(other), reader.seen(one) == reader.seen(other)
        if reason.kind in ("substitute", "multiply", "single") and not same:
            return False
        if reason.kind in ("bracket", "outside", "only", "equal", "within") and not seen:
            return False
        if reason.kind in ("named", "compare", "count") and reader.total(one) != reader.total(other):
            return False
        if reason.kind == "only" and any(point[index] != 0 for index in reason.values):
            return False
    if reason.kind == "substitute":
        return substitutes(before.formula, line.formula, reason.values)
    return True


def substitutes(before, after, values):
    """Whether the terms of a formula become those of another where indices are replaced, for some names of the rest."""
    bodies = [[getattr(term, "function", term) for term in sp.Add.make_args(e)] for e in (before, after)]
    indices = [{v for term in e.atoms(sp.Sum) for v in term.variables} for e in (before, after)]
    kept = sorted(indices[0] - set(values), key=str)
    free = indices[1] - set().union(*(e.free_symbols for e in values.values()))
    target = set(map(expanded, bodies[1]))
    for order in permutations(sorted(indices[1] if len(free) < len(kept) else free, key=str), len(kept)):
        named = values | dict(zip(kept, order, strict=True))
        if {expanded(body.xreplace(named)) for body in bodies[0]} == target:
            return True
    return False


def expanded(e):
    """A formula multiplied out, and so its indices."""
    return sp.expand(e.xreplace({at: at.func(at.base, *map(sp.expand, at.indices)) for at in e.atoms(sp.Indexed)}))


def by_known_laws(line):
    """Whether functions of which laws are known are in a line."""
    return any(function.name in KNOWN for function in line.formula.atoms(Opaque))


@pytest.mark.parametrize("claim", every(10, derivations("proved"), ids=lambda claim: claim.id))
def test_every_reason_of_the_bundle_is_true_of_its_lines(claim):
    made = claim.derivation
    for before, line in pairwise(made.lines):
        assert line.because
        if line.reason.kind not in MADE and not (line.reason.kind == "compare" and by_known_laws(before)):
            assert is_true(made, before, line), line.because


def test_a_line_with_the_reason_of_another_is_not_true():
    swapped = prove("…", convolve(x, f), equals=convolve(f, x))
    kinds = {line.reason.kind: (before, line) for before, line in pairwise(swapped.lines)}
    assert is_true(swapped, *kinds["substitute"])
    assert is_true(swapped, *kinds["outside"])
    before, line = kinds["outside"]
    assert not is_true(swapped, before, replace(line, reason=why.DRAW_OUT))
    assert not is_true(swapped, before, replace(line, reason=why.substitution(kinds["substitute"][1].reason.values)))
    before, line = kinds["substitute"]
    other = {v: e + 1 for v, e in line.reason.values.items()}
    assert not is_true(swapped, before, replace(line, reason=why.substitution(other)))
    layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))
    gradient = prove("…", layer.gradient(layer.w), equals=correlate(layer.a_prev, layer.delta))
    before, line = next((a, b) for a, b in pairwise(gradient.lines) if b.reason.kind == "bracket")
    assert is_true(gradient, before, line)
    assert not is_true(gradient, before, replace(line, reason=why.DRAW_OUT))
    before, line = next((a, b) for a, b in pairwise(gradient.lines) if b.reason.kind == "named")
    assert is_true(gradient, before, line)
    assert not is_true(gradient, before, replace(line, reason=why.OUTSIDE))


def reasons(derivation):
    return [line.because for line in derivation.lines[1:]]


def test_an_index_that_is_turned_is_said_to_be():
    turned = prove("…", rot180(correlate(x, f)), equals=correlate(rot180(x), rot180(f)))
    assert reasons(turned) == [
        "the definition of rot180",
        "replace u by I - u - 1, v by J - v - 1",
        "the definition of the valid cross-correlation",
    ]


def test_what_does_not_depend_on_an_index_is_drawn_out_of_its_sum():
    twice = from_entries((M,), lambda m: sum_over(lambda n: 2 * x[m, n], (N,)), using=[x])
    doubled = from_entries((M,), lambda m: 2 * sum_over(lambda k: x[m, k], (N,)), using=[x])
    assert reasons(prove("…", twice, equals=doubled)) == ["draw out of each sum what does not depend on its index"]


def test_brackets_that_follow_from_the_bounds_are_not_written():
    made = prove("…", rot180(rot180(x)), equals=x)
    assert [made.written(line) for line in made.lines] == ["rot180(rot180(x))[i, j]", "x[i, j]"]


def test_brackets_that_do_not_follow_are_written():
    rest = from_entries((M, N), lambda i, j: x[i, j] - Iverson(i == 0) * x[i, j], using=[x])
    made = prove("…", rest, equals=from_entries((M, N), lambda i, j: Iverson(i >= 1) * x[i, j], using=[x]))
    assert made.written(made.lines[-1]) == "[i ≥ 1]·x[i, j]"


def test_a_shape_is_proved_by_the_definitions_of_the_operations_and_arithmetic():
    there = conv_transpose(conv(batch, filters, stride=S), filters, stride=S, output_padding=(P - 1) % S)
    assert proof(prove("…", shape(there), equals=shape(batch), assuming=[P == L - I + 1])) == [
        "shape(conv_transpose(conv(x, w, stride=S), w, stride=S, output_padding=((P - 1) mod S)))",
        "the definition of the transposed convolution of the shapes (B, K, ⌊(L - I)/S⌋ + 1) and (K, C, I)",
        "(B, C, ((P - 1) mod S) + I + S·⌊(L - I)/S⌋)",
        "arithmetic of whole numbers",
        "(B, C, L)",
        "the shape of x",
        "shape(x)",
    ]


def test_the_shape_of_an_intermediate_result_is_that_of_its_definition():
    layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))
    assert proof(prove("…", shape(layer.z), equals=(M - I + 1, N - J + 1))) == [
        "shape(z)",
        "the definition of z",
        "shape(correlate(a_prev, w, mode='valid') + b)",
        "the definition of the sum of tensors of the shapes (M - I + 1, N - J + 1) and (1, 1)",
        "(M - I + 1, N - J + 1)",
    ]


def proof(derivation):
    """The lines of a proof, with the reasons between them."""
    return [text for line in derivation.lines for text in (line.because, derivation.written(line)) if text]


def test_a_wrong_shape_has_no_lines_and_no_line_is_without_a_theorem():
    made = prove("…", shape(rot180(x)), equals=shape(x))
    assert all(line.checked is not None for line in made.lines[1:])
    assert prove("…", shape(correlate(x, f)), equals=shape(x)).lines == ()
