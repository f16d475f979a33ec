"""Claims given as text say the same as Python."""

import pytest

from cnn_symbolic.checking.claims import read_claims
from cnn_symbolic.kernel.verdicts import Refutation
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


def said(claim):
    """Return what is decided about a claim, and how it is printed."""
    verdict = claim.verdict
    found = [claim.expected, claim.outcome, verdict.evidence, verdict.domain, claim.written_claim, claim.as_expected]
    found += [line.because for line in claim.lines]
    if isinstance(verdict, Refutation):
        found += [dict(verdict.sizes), verdict.holds_when, str(verdict.monomial), verdict.least, verdict.kind]
    return found
