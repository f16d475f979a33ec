"""The guide: long documentation, one page a subject, which ships with the package."""

from __future__ import annotations

from importlib.resources import files

from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.ground.words import suggestion

# The pages in the order in which they are read.
SECTIONS = {
    "Tour": ("layer", "article", "convolutions", "formulas", "mistakes"),
    "How to": ("backward", "same", "pull_requests", "course", "paper", "derivations", "notebooks", "book", "sweeps"),
    "What everything means": (
        *("names", "proofs", "certificates", "commands", "trust"),
        *("architecture", "timing", "contributing"),
    ),
}


def titles() -> dict[str, str]:
    """Return the title of every page of the guide by its name."""
    found = sorted(file.name for file in (files("cnn_symbolic") / "guide").iterdir() if file.name.endswith(".md"))
    return {name.removesuffix(".md"): text_of(name).splitlines()[0].removeprefix("# ") for name in found}


def page(name: str) -> str:
    """Return a page of the guide as Markdown; raise OperandError if there is none of that name."""
    known = titles()
    if name not in known:
        raise OperandError(f"the guide has no page {name}{suggestion(name, known)}; its pages are {', '.join(known)}")
    return text_of(f"{name}.md")


def text_of(file: str) -> str:
    """Return the text of a file of the guide."""
    return (files("cnn_symbolic") / "guide" / file).read_text(encoding="utf-8")
