"""The bundled claims: loaded once in a process, and so decided once, for all tests together."""

from functools import cache

from cnn_symbolic.library.loading import Claim, select
from cnn_symbolic.proofs.derivation import Derivation


@cache
def bundle() -> tuple[Claim, ...]:
    """Every bundled claim."""
    return tuple(select([]))


def derivations(expected: str = "") -> list[Claim]:
    """The claims that the kernel decides; those that are expected to have a verdict."""
    made = [claim for claim in bundle() if isinstance(claim.derivation, Derivation)]
    return [claim for claim in made if expected in ("", claim.derivation.expected)]
