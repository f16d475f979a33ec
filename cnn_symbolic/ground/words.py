"""Words that are near to one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Collection

__all__ = ["suggestion"]


def suggestion(name: str, known: Collection[str]) -> str:
    """Return a question after the nearest known name, to be put behind a message; empty if none is near."""
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f": did you mean {near[0]}?" if near else ""
