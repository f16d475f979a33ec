"""Declarations as plain data: made again from it they are the same, and data that is none is refused."""

import json
from pathlib import Path
from random import Random

import pytest
import sympy as sp

from cnn_symbolic import (
    Derivation,
    Rational,
    Step,
    claim,
    from_entries,
    gradient,
    literal,
    named,
    prove,
    shape,
    sizes,
    stacked,
    sum_over,
    take,
    tensor,
    widths,
)
from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.ground.errors import CnnSymbolicError, DerivationFileError
from cnn_symbolic.kernel.exported.encoding import encode_statement
from cnn_symbolic.layers import conv_size, pad_widths, pool_size
from cnn_symbolic.library.decoding import decode_declarations
from cnn_symbolic.library.encoding import encode_declarations
from cnn_symbolic.library.importing import DeclaredClaim
from cnn_symbolic.proofs.settling import settle
from tests.support.bundle import bundle
from tests.support.claim_fuzzer import SOURCES
from tests.support.thorough import share
from tests.support.unusual_claims import unusual
from tests.support.written_claims import WRITTEN

M, N, S = sizes("M N S")
(P,) = widths("P")
x, y = tensor(M, name="x", indices="m"), tensor(M, N, name="y")


def again(*claims):
    """The claims, made again from their data."""
    sent = json.dumps(encode_declarations([DeclaredClaim(made, f"c{k}", k, 1) for k, made in enumerate(claims)]))
    found = decode_declarations(json.loads(sent), Path("mine.py"), lambda k: f"check {k}")
    assert [(one.name, one.line, one.column) for one in found] == [(f"c{k}", k, 1) for k in range(len(claims))]
    return [one.made for one in found]


def steps(made):
    """What the steps of a claim state, or what is wrong with them."""
    try:
        return [encode_statement(stated) for _, stated in made.step_statements()]
    except CnnSymbolicError as error:
        return str(error)


def assert_same(made, other):
    """Two claims state the same, in the same words."""
    assert (other.title, other.expected, other.article) == (made.title, made.expected, made.article)
    assert other.written_claim == made.written_claim
    if isinstance(made, Derivation):
        assert encode_statement(other.statement) == encode_statement(made.statement)
        assert steps(other) == steps(made)
        assert [(s.because, s.using) for s in other.steps] == [(s.because, s.using) for s in made.steps]
        assert (other.letters, other.index_letters) == (made.letters, made.index_letters)


def test_the_bundled_claims_are_the_same_again():
    files = {}
    for one in bundle():
        files.setdefault(one.file, []).append(one.derivation)
    for claims in list(files.values())[:: share(4, 1)]:
        for made, other in zip(claims, again(*claims), strict=True):
            assert_same(made, other)


def test_verdicts_and_lines_are_the_same_again():
    claims = [c.derivation for c in bundle() if isinstance(c.derivation, Derivation)][:: share(24, 1)]
    for made in claims:
        (other,) = again(made)
        first, second = settle(made), settle(other)
        assert (second.outcome, second.as_expected) == (first.outcome, first.as_expected)
        assert list(map(other.written, second.lines)) == list(map(made.written, first.lines))


def test_what_people_write_is_the_same_again():
    for one in WRITTEN[:: share(6, 1)]:
        for made in read_claims(one.text).values():
            assert_same(made, *again(made))


def test_unusual_claims_are_the_same_again():
    for made in unusual().values():
        assert_same(made, *again(made))


@pytest.mark.parametrize("source", [name for name in SOURCES if name not in ("program", "long")])
def test_texts_of_the_fuzzer_are_the_same_again(source):
    for seed in range(share(25, 500)):
        try:
            claims = list(read_claims(SOURCES[source](Random(seed).choice)).values())
        except CnnSymbolicError:
            continue
        for made in claims:
            assert_same(made, *again(made))


MADE = {
    "powers and fractions": lambda: prove(
        "…", from_entries((M,), lambda i: x[i] ** 2 * Rational(1, 2) + x[i] / S, using=[x]), equals=x
    ),
    "conditions": lambda: claim(shape(x) == (M,), assuming=[(M > N) == (N > 1), ~(M == S) | (P >= 1)]),
    "counts": lambda: claim(
        shape(tensor(conv_size(M, N, stride=S, padding=(P, 1)) + pool_size(M, N, stride=S, ceil_mode=True), name="a"))
        == (M,)
    ),
    "paddings": lambda: claim(shape(tensor(1 + pad_widths("same", (M,), (N,), (S,), (1,))[0][1], name="a")) == (M,)),
    "lengths": lambda: claim(shape(tensor(*named("z", x + x).shape, name="a")) == (M,)),
    "SymPy's own": lambda: prove("…", x * (sp.Symbol("M", integer=True, positive=True) + 1), equals=x),
    "what a tensor requires": lambda: prove("…", x, equals=x, assuming=named("z", y).requirements() or [M >= N]),
    "an array": lambda: prove("…", literal(values=[[1, 2], [3, 4]]), equals=literal(values=((1, 2), (3, 4)))),
    "families in families": lambda: prove(
        "…", stacked(M, lambda k: stacked(N, lambda j: take(y, at=(k, j)))), equals=y, indices="a b"
    ),
    "steps": lambda: prove(
        "…",
        gradient(x + x, wrt=x, cotangent=tensor(M, name="g")),
        equals=2 * tensor(M, name="g"),
        steps=[Step(lambda i: sum_over(lambda u: tensor(M, name="g")[i] * 2 / M, (M,)), "why", using="other")],
    ),
    "sums over sums": lambda: prove(
        "…",
        from_entries((M,), lambda i: sum_over(lambda i: sum_over(lambda j: y[i, j], (N,)), (M,)) + i * x[i], [x, y]),
        equals=x,
    ),
    "a long sum": lambda: prove("…", from_entries((M,), lambda i: sum(x[i + k] for k in range(150)), [x]), equals=x),
}  # fmt: skip


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_what_is_written_in_python_is_the_same_again(make):
    made = make()
    assert_same(made, *again(made))


def test_what_occurs_twice_is_one_thing_again():
    (other,) = again(prove("…", x + y[0, 0] * x if False else x + x, equals=2 * x))
    first, second = other.left.source.operands
    assert first is second is other.right.source.operands[0]
    sent = encode_declarations([DeclaredClaim(prove("…", x, equals=x), None, 0, 0)] * 3)
    assert len([row for row in sent["rows"] if isinstance(row, list) and row[0] == "tensor"]) == 1


# Data that is none

CLAIM = {
    "kind": "claim", "title": "…", "article": [], "expected": "proved", "letters": [], "left": 0, "right": 0,
    "assuming": 1, "steps": [], "name": None, "line": 1, "column": 1,
}  # fmt: skip
X = ["x", "", "M", ["expression", ["size", "M"]], ["symbol", 3], ["tuple", 4], ["tensor", 0, 1, 5], ["tuple"]]


def refused(rows, **changes):
    stated = {**CLAIM, "left": 6, "right": 6, "assuming": 7, **changes}
    with pytest.raises(DerivationFileError, match=r"^mine\.py declares what cannot be made again: ") as caught:
        decode_declarations({"rows": rows, "declared": [stated]}, Path("mine.py"), str)
    return str(caught.value).split(": ", 1)[1]


def test_the_smallest_claim_is_one():
    stated = {**CLAIM, "left": 6, "right": 6, "assuming": 7}
    (one,) = decode_declarations({"rows": X, "declared": [stated]}, Path("mine.py"), str)
    assert one.made.written_claim == "x = x"


ROWS = {
    "a kind that there is not": ["eval", 0],
    "no kind": [],
    "a row below": ["tuple", 9],
    "a negative row": ["tuple", -1],
    "a truth value as a row": ["tuple", True],
    "a text as a row": ["tuple", "0"],
    "a number that is not exact": 1.5,
    "a table": {},
    "a tensor as a number": ["+", 6, 4],
    "too few parts": ["+", 4],
    "too many parts": ["neg", 4, 4],
    "an operation that there is not": ["call", 0, 5, 7],
    "an operation on a size": ["call", 0, 5, 5],
    "an axis that there is not": ["length", 6, 1],
    "an entry that there is not": ["entry", 6, 7],
    "a long text": "x" * 100_000,
    "a large number": 10**10_000,
    "an expression with more in it": ["expression", ["size", "M"], 4],
    "an expression that is none": ["expression", ["eval", "M"]],
    "an index that is a size": ["sum", 4, 5, 5],
    "a fraction that is none": ["fraction", 0, 0],
    "a variable with facts that are none": ["variable", 0, 5],
    "a constant that is none": ["constant", 0],
    "an equation of tensors": ["=", 6, 6],
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_row_that_is_none_is_refused(row):
    assert refused([*X, row])


POWERS = {
    "of a number": [*X, 10**9, ["literal", 8], 1000, ["literal", 10], ["**", 9, 11]],
    "of powers": [*X, 900, ["literal", 8], 2, ["literal", 10], *(["**", k, 9] for k in range(11, 40))],
    "of an identity": [*X, 2, 1, ["number", 8, 9], 10**6, ["number", 11, 9], ["power", 10, 12]],
    "of powers of an identity": [
        *X, 2, 1, ["number", 8, 9], 900, ["number", 11, 9], ["power", 10, 12],
        *(["power", k, 12] for k in range(13, 40)),
    ],
    "in an expression": [*X, ["expression", ["^", 2, 10**6]]],
}  # fmt: skip


@pytest.mark.parametrize("rows", POWERS.values(), ids=POWERS)
def test_powers_that_are_too_large_are_refused(rows):
    assert refused(rows)


CHANGES = [
    {"kind": "theorem"}, {"title": 1}, {"article": 3}, {"expected": "true"}, {"left": 0},
    {"left": 99},
    {"left": None}, {"right": 4}, {"assuming": 6}, {"assuming": 5}, {"letters": [1]}, {"line": -1}, {"line": True},
    {"column": "1"}, {"steps": [{}]}, {"steps": [{"because": "", "using": "", "index": None, "formula": 4}]},
    {"steps": [{"because": "", "using": "", "index": 5, "formula": 4}]},
    {"steps": [{"because": 1, "using": "", "index": None, "formula": 6}]},
    {"kind": "identity", "sides": [6, 6]},
    {"kind": "identity", "sides": [3]},
]  # fmt: skip


@pytest.mark.parametrize("changes", CHANGES, ids=map(str, CHANGES))
def test_a_declaration_that_is_none_is_refused(changes):
    assert refused(X, **changes)


@pytest.mark.parametrize(
    "given", [None, [], {}, {"rows": []}, {"rows": {}, "declared": 1}, {"rows": 3, "declared": []}]
)
def test_what_is_no_table_is_refused(given):
    with pytest.raises(DerivationFileError, match="declares what cannot be made again"):
        decode_declarations(given, Path("mine.py"), str)


def test_names_that_are_none_are_left_out():
    for name in ("a b", "../x", "", 3, None, "x" * 10**5):
        stated = {**CLAIM, "left": 6, "right": 6, "assuming": 7, "name": name}
        (one,) = decode_declarations({"rows": X, "declared": [stated]}, Path("mine.py"), str)
        assert one.name is None


def test_random_changes_of_the_data_are_claims_or_refused():
    sent = json.dumps(encode_declarations([DeclaredClaim(make(), None, 1, 1) for make in MADE.values()]))
    random = Random(1)
    for _ in range(share(40, 5000)):
        value = json.loads(sent)
        for _ in range(random.randint(1, 3)):
            k = random.randrange(len(value["rows"]))
            row = value["rows"][k]
            if isinstance(row, list):
                row[random.randrange(len(row))] = random.choice([random.randrange(k + 2), random.choice(value["rows"])])
            else:
                value["rows"][k] = random.choice(value["rows"])
        try:
            found = decode_declarations(value, Path("mine.py"), str)
        except DerivationFileError:
            continue
        assert len(found) == len(MADE)
