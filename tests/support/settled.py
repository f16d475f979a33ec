"""Claims settled, and what is shown of them."""

from cnn_symbolic.present.document import claim_value
from cnn_symbolic.present.terminal import decided, derivation_view
from cnn_symbolic.proofs.settling import settle


def said(claim):
    """What a table says of a claim."""
    return decided(claim, settle(claim.derivation))


def view(claim, **options):
    """A claim by itself on the terminal."""
    return derivation_view(claim, settle(claim.derivation), **options)


def value(claim):
    """A claim as a JSON value."""
    return claim_value(claim, settle(claim.derivation))
