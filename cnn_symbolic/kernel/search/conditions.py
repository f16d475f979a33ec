"""Sets of sizes as conditions that people read, as isl simplifies them."""

from __future__ import annotations

import re

from cnn_symbolic.kernel.trusted.integer_sets import IntegerSet, Sets
from cnn_symbolic.kernel.trusted.reader import NotReadable

__all__ = ["describe", "weakest"]

MOST_OPERATIONS = 1_000_000
# How a condition in isl's notation is made readable: `2p1 >= -1 + p0` becomes `2·p1 ≥ p0 - 1`.
READABLE = (
    (r"(\d)(?=p\d)", r"\1·"),
    (">=", "≥"),
    ("<=", "≤"),
    ("!=", "≠"),
    (r"(?<![\w)])\((p\d+)\) mod", r"\1 mod"),
    (r"(^|\(|[=≤≥<>] |and |or )(\d+) \+ ((?:\d+·)?p\d+)", r"\1\3 + \2"),
    (r"(^|\(|[=≤≥<>] |and |or )-(\d+) \+ ((?:\d+·)?p\d+)", r"\1\3 - \2"),
    (r"(^|\(|and |or )(p\d+) ≥ (p\d+)(?=$|\)| and| or)", r"\1\3 ≤ \2"),
)


def remainder_text(found: re.Match[str]) -> str:
    """Return `p - n*floor((p)/n)` as `p mod n`, in parentheses where something is added to it."""
    before, behind = found.string[: found.start()].rstrip(), found.string[found.end() :].lstrip()
    written = f"{found.group(1)} mod {found.group(2)}"
    return f"({written})" if before.endswith(("+", "-", "*")) or behind.startswith(("+", "-", "*")) else written


def describe(sets: Sets, sizes: IntegerSet) -> str:
    """Return a set of sizes as a condition, in the user's names."""
    text = sizes.coalesce().to_str()
    inner = text[text.index("{") + 1 : text.rindex("}")].strip().removeprefix(":").strip()
    inner = re.sub(r"(?<![·\d])(p\d+) - (\d+)\*floor\(\(\1\)/\2\)", remainder_text, inner)
    for pattern, written in READABLE:
        inner = re.sub(pattern, written, inner)
    return re.sub(r"p(\d+)\b", lambda found: str(sets.sizes[int(found.group(1))]), inner)


def weakest(sets: Sets, domain: IntegerSet, bad: IntegerSet) -> str | None:
    """Return the condition under which sizes of the domain are not bad, simplified against it.

    None where that takes too long: the condition has operations of its own, and does without them.
    """
    if sets.exhausted():
        return None
    try:
        with sets.with_operations(MOST_OPERATIONS), sets.within_limits():
            good = domain.subtract(bad)
            return "never" if good.is_empty() else describe(sets, good.coalesce().gist(domain).coalesce()) or "always"
    except NotReadable:
        return None
