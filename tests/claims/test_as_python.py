"""Claims given as text say the same as Python."""

import pytest

from cnn_symbolic import And, Iverson, Not, Or, maximum, minimum, sizes
from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.expressions.printing import written_together
from cnn_symbolic.expressions.values import number
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.library.loading import load_file
from tests.support.claim_language import LONG


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_derivation_file_says_the_same_when_it_is_read_and_when_it_is_run(text, tmp_path):
    file = tmp_path / "derivation.py"
    file.write_text(text, encoding="utf-8")
    run = {claim.id: claim.derivation for claim in load_file(file)}
    read = read_claims(text)
    assert list(read) == list(run)
    for name, claim in read.items():
        assert said(claim) == said(run[name])


M, N, I = sizes("M N I")
ALIKE = {
    "M > 2 and N > 3 and I > 4": And(M > 2, N > 3, I > 4),
    "M > 2 or N > 3 or I > 4": Or(M > 2, N > 3, I > 4),
    "M > 2 and (N > 3 or I > 4 or N == I) and not I == 7": And(M > 2, Or(N > 3, I > 4, N == I), Not(I == 7)),
    "2 < M <= N != I": And(M > 2, M <= N, N != I),
    "max(M, N, I) > min(7, M, I)": maximum(M, N, I) > minimum(7, M, I),
    "Iverson(M > 2 and N > 3 and I > 4) == -(-M // 2) % 3": Iverson(And(M > 2, N > 3, I > 4)) == -(-M // 2) % 3,
}


@pytest.mark.parametrize("text", ALIKE)
def test_a_condition_says_the_same_as_text_and_in_python(text):
    (made,) = read_claims(f"claim(M == M, assuming=[{text}])").values()
    assert made.statement.assumptions == (ALIKE[text].formula,)


def test_a_star_puts_all_items_in_its_place():
    text = "x = tensor(M, N, I)\nclaim(shape(tensor(*shape(x), 2, *[N, M], name='y')) == (M, N, I, 2, N, M))"
    (made,) = read_claims(text).values()
    assert made.left.lengths == tuple(number(n).formula for n in (M, N, I, 2, N, M))


def said(claim):
    """Return what is decided about a claim, and how it is printed."""
    verdict = claim.verdict
    domain = written_together(verdict.domain)
    found = [claim.expected, claim.outcome, verdict.evidence, domain, claim.written_claim, claim.as_expected]
    found += [line.because for line in claim.lines]
    if isinstance(verdict, Refutation):
        found += [dict(verdict.sizes), str(verdict.holds_when), str(verdict.monomial), verdict.least, verdict.kind]
    return found
