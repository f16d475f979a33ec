"""How verdicts are called where people read them."""

from __future__ import annotations

HOLDS = "holds for literal values"
UNDEFINED = "a divisor less than one, an empty axis, or a negative padding"


def in_words(outcome: str) -> str:
    """Return the outcome of a claim, or what its author expects, in words."""
    return HOLDS if outcome == "holds" else outcome
