"""Words that are near to one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def nearest(name: str, known: Collection[str]) -> str | None:
    """Return the known name that is nearest to one, if any is near."""
    return next(iter(difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)), None)


def suggestion(name: str, known: Collection[str]) -> str:
    """Return a question after the nearest known name, to be put behind a message; empty if none is near."""
    near = nearest(name, known)
    return f": did you mean {near}?" if near else ""
