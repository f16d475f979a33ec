"""The certificate of a claim: its statement, the proof and the check, as the texts of three Coq files."""

from __future__ import annotations

from cnn_symbolic.certificates.search.counterexamples import refutation_proof
from cnn_symbolic.certificates.search.derivatives import RealProof
from cnn_symbolic.certificates.search.proofs import proof_text
from cnn_symbolic.certificates.trusted.certificate import Certificate, NoProofFound, NotCertified, check_text
from cnn_symbolic.certificates.trusted.chains import Chain, chain_of
from cnn_symbolic.certificates.trusted.comparing import check_statement
from cnn_symbolic.certificates.trusted.propositions import proposition
from cnn_symbolic.certificates.trusted.real_claims import RealClaim
from cnn_symbolic.certificates.trusted.statements import Proposition
from cnn_symbolic.kernel.search.decide import is_proved_for_any_functions
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Refutation
from cnn_symbolic.kernel.trusted.verdicts import Theorem
from cnn_symbolic.proofs.derivation import Derivation

# The axioms of Coq's standard library that its real numbers rest on.
AXIOMS_OF_THE_REALS = (
    "ClassicalDedekindReals.sig_forall_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
)


def certificate(derivation: Derivation, name: str) -> Certificate:
    """Return the certificate of a claim that the kernel has proved or refuted.

    Raises NotCertified, with the reason, where there is nothing to certify or no proof is found; DisagreementError if
    what would be stated is not what NumPy computes.
    """
    verdict = derivation.claim_verdict
    if isinstance(verdict, Refutation):
        claim = proposition(derivation)
        check_statement(derivation, claim, None, verdict.sizes)
        proof = refutation_proof(claim, verdict, name)
        return Certificate(name, "counterexample", claim.refuted_text, proof, check_text(name))
    if isinstance(verdict, HoldsForLiterals) or (isinstance(verdict, Theorem) and verdict.values):
        raise NotCertified(f"it is proved for listed values of {', '.join(verdict.factors)} only")
    if not isinstance(verdict, Theorem):
        raise NotCertified("the kernel has not decided it")
    if not is_proved_for_any_functions(verdict.statement):
        raise NotCertified("it rests on laws of functions or equal arguments, for which certificates have no lemma")
    claim = proposition(derivation)
    try:
        proof = proof_text(claim, name, verdict.smallest)
    except NoProofFound:
        claim = proposition(derivation, whole=False)
        if not claim.by_steps:
            raise
        proof = proof_text(claim, name, verdict.smallest)
    chain = chain_of(derivation, claim)
    check_statement(derivation, claim, chain, verdict.smallest)
    real = None if chain is None else derivative(claim, chain, name)
    kind = kind_of(claim)
    if claim.derived or claim.by_steps:
        kind = f"derived {kind}"
    return Certificate(name, kind, claim.text, proof, check_text(name), derivative=real)


def derivative(claim: Proposition, chain: Chain, name: str) -> Certificate | None:
    """Return the certificate of a gradient over the real numbers; None where no proof is found."""
    own, stated = f"{name}_real", RealClaim(name, claim, chain)
    try:
        return Certificate(own, "reals", stated.text, RealProof(stated).text, check_text(own), AXIOMS_OF_THE_REALS)
    except NotCertified:
        return None


def kind_of(claim: Proposition) -> str:
    """Return what kind of claim it is."""
    if claim.is_shape:
        return "shape"
    if claim.wrt is not None:
        return "gradient"
    return "identity" if claim.sizes or claim.tensors else "number"
