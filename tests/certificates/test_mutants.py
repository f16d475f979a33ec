"""Coq rejects the proofs of mutants of right claims, and accepts the refutations that the kernel finds for them.

A mutant has one mistake in its right side. Its proof is made as for a right claim, and once more with the tactics that
prove the claim without the mistake, the maps between the indices among them: whatever is emitted, Coq has to reject it.
"""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import pytest

from cnn_symbolic.certificates.search import proofs
from cnn_symbolic.certificates.search.counterexamples import refutation_proof
from cnn_symbolic.certificates.trusted import coqc
from cnn_symbolic.certificates.trusted.certificate import NotCertified
from cnn_symbolic.certificates.trusted.propositions import proposition
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.verdicts import Theorem
from cnn_symbolic.library.loading import load_text
from cnn_symbolic.mistakes.changes import changes
from cnn_symbolic.proofs.derivation import Derivation
from tests.support.certificates import needs_coq

pytestmark = pytest.mark.slow
NAME = "mutant"
SECONDS, PROCESSES = 120, 2
MARK = "  unfold left, right; written_out.\n"
CLAIMS = """
x, f, s = tensor(M, name="x"), tensor(I, name="f"), tensor(M, name="s")
y, v = tensor(B, C, M, name="y"), tensor(K, C, I, name="v")
q = tensor(M, N)
turned = claim(convolve(x, f, mode="full") == correlate(x, rot180(f), mode="full"))
z = conv(y, v, stride=S, dilation=D)
weights = claim(gradient(z, wrt=v)[k, c, u] == sum(cotangent(z)[n, k, r]*y[n, c, S*r + D*u], over=(n, r)))
gap = (M - D*(I - 1) - 1) % S
inputs = claim(gradient(z, wrt=y) == conv_transpose(cotangent(z), v, stride=S, dilation=D, output_padding=gap))
σ = function()
slopes = claim(gradient(σ(x), wrt=x, cotangent=s) == σ(x, order=1) * s)
squares = claim(gradient(x * x, wrt=x, cotangent=s) == 2 * x * s)
mean = sum_pool(y, window=M) / M
means = claim(gradient(mean, wrt=y) == broadcast(cotangent(mean), shape=(B, C, M)) / M)
large = upsample_nearest(y, factors=F)
copies = claim(gradient(large, wrt=y) == sum_pool(cotangent(large), window=F))
kept = claim(sum_axes(sum_pool(y, window=1), axes=(2,)) == sum_axes(y, axes=(2,)))
flipped = claim(transpose(rot180(q)) == rot180(transpose(q)))
updated = claim(x - s - s == x - 2*s)
counted = claim(sum_pool(ones(1, 1, M), window=I, stride=1) == I * ones(1, 1, M - I + 1))
"""
# What the changes that are tried have in their names. The first one of a claim is also refuted in Coq.
TRIED = {
    "turned": ["f not rotated", "mode 'same'", "x off by one (+1) along axis 0"],
    "weights": [
        "the index of y is off by one",
        "the sign of u in the index of y",
        "the axes 0 and 1 of y are exchanged",
    ],
    "inputs": ["stride and dilation", "the output padding dropped", "v flipped along axis 2"],
    "slopes": ["σ in place of σ′", "the factor s dropped", "s off by one (-1) along axis 0"],
    "squares": ["x doubled", "the factor s dropped"],
    "means": ["negated", "off by one (+1) along axis 2"],
    "copies": ["∂C/∂large flipped along axis 2", "∂C/∂large off by one (-1) along axis 2"],
    "kept": ["y off by one (+1) along axis 2", "halved"],
    "flipped": ["transpose(q) rotated", "q transposed"],
    "updated": ["the term -(2·s) dropped", "s negated"],
    "counted": ["doubled", "off by one (+1) along axis 2"],
}


@dataclass(frozen=True)
class Mutant:
    """A claim with a mistake in its right side, and the claim without it."""

    label: str
    right: Derivation
    wrong: Derivation

    @cached_property
    def statement(self):
        """The statement that would be proved."""
        return proposition(self.wrong)

    @property
    def own_proof(self):
        """The proof that is emitted for the mutant as if it were right; None if no maps are found."""
        try:
            return proofs.proof_text(self.statement, NAME, self.right.claim_verdict.smallest)
        except NotCertified:
            return None

    @property
    def borrowed_proof(self):
        """The proof whose tactics are those of the right claim."""
        right = proofs.proof_text(replace(proposition(self.right), reads=()), NAME, self.right.claim_verdict.smallest)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(proofs, "terms_equal", lambda *_: ["BORROWED"])
            mutant = proofs.proof_text(self.statement, NAME, self.right.claim_verdict.smallest)
        tactics = right.partition(MARK)[2].partition("\nQed.")[0]
        return mutant.replace("BORROWED", tactics)

    def texts(self, borrow):
        """All proofs that are to be rejected."""
        made = {"own": self.own_proof, **({"borrowed": self.borrowed_proof} if borrow else {})}
        return {f"{self.label}: {how}": whole(self.statement.text, proof) for how, proof in made.items() if proof}


def whole(statement, proof):
    """A statement and its proof as one file."""
    required = f"From Certificates Require S_{NAME}.\n"
    assert required in proof
    return f"Module S_{NAME}.\n{statement}End S_{NAME}.\n{proof.replace(required, '')}"


@pytest.fixture(scope="module")
def right():
    """The right claims by name."""
    found = {claim.id: claim.derivation for claim in load_text(CLAIMS, "claims.txt")}
    assert list(found) == list(TRIED)
    assert all(isinstance(made.claim_verdict, Theorem) for made in found.values())
    return found


@pytest.fixture(scope="module")
def mutants(right):
    """All mutants that are tried, each refuted by the kernel."""
    found = []
    for name, words in TRIED.items():
        made = list(changes(right[name].right, fixed=right[name].left.names()))
        for word in words:
            change = next(change for change in made if word in change.name)
            wrong = replace(right[name], right=change.formula, expected="refuted")
            assert isinstance(wrong.claim_verdict, Refutation), (name, change.name)
            found.append(Mutant(f"{name}: {change.name}", right[name], wrong))
    return found


@pytest.fixture
def accepted(coq, tmp_path):
    """Which texts Coq compiles, and of the others the lines in which they fail."""
    found, library = coq
    options = [*coqc.OPTIONS, "-Q", str(library.folder), "CnnSymbolic"]

    def one(position, text):
        file = tmp_path / f"Mutant_{position}.v"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run([found.path, *options, str(file)], capture_output=True, text=True, timeout=SECONDS)
        return int(re.search(r"line (\d+), characters", done.stderr)[1]) if done.returncode else "accepted"

    def all_of(texts):
        with ThreadPoolExecutor(PROCESSES) as pool:
            return dict(zip(texts, pool.map(one, range(len(texts)), texts.values()), strict=True))

    return all_of


@needs_coq
def test_proofs_of_mutants_are_rejected(mutants, accepted):
    texts, where, known = {}, {}, set()
    for mutant in mutants:
        made = mutant.texts(borrow=id(mutant.right) not in known)
        known.add(id(mutant.right))
        texts |= made
        where |= dict.fromkeys(made, MARK if mutant.wrong.claim_verdict.kind == "entry" else "Theorem defined")
    assert len(texts) >= 30
    answers = accepted(texts)
    assert [label for label, answer in answers.items() if answer == "accepted"] == []
    # What fails is the proof of what is wrong: that entries are equal, or that shapes are.
    begun = {label: text[: text.index(where[label])].count("\n") for label, text in texts.items()}
    assert [label for label, line in answers.items() if line <= begun[label]] == []


@needs_coq
def test_proofs_of_the_right_claims_and_refutations_of_mutants_are_accepted(right, mutants, accepted):
    texts = {}
    for name, made in right.items():
        claim = proposition(made)
        texts[name] = whole(claim.text, proofs.proof_text(claim, NAME, made.claim_verdict.smallest))
        wrong = next(mutant for mutant in mutants if mutant.right is made)
        refutation = refutation_proof(wrong.statement, wrong.wrong.claim_verdict, NAME)
        texts[wrong.label] = whole(wrong.statement.refuted_text, refutation)
    answers = accepted(texts)
    assert {label: answer for label, answer in answers.items() if answer != "accepted"} == {}
