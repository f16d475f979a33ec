"""Objects that a notebook shows as mathematics: the base class that asks for it.

What is shown, and the deciding that it takes, is loaded when a notebook first asks: a module that uses this class
does not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Displayed"]


class Displayed:
    """An object that a notebook shows as mathematics; showing a claim decides it."""

    __slots__ = ()

    def _repr_latex_(self) -> str | None:
        """Return what a notebook typesets with MathJax; None if it is shown as text."""
        from cnn_symbolic.book.notebook import bundle

        return bundle(self, ["text/latex"]).get("text/latex")

    def _repr_html_(self) -> str:
        """Return what a notebook shows: HTML with MathML, which needs nothing else."""
        from cnn_symbolic.book.notebook import bundle

        return bundle(self, ["text/html"])["text/html"]

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        """Return text/plain, text/latex and text/html, or those of them that are included and not excluded."""
        from cnn_symbolic.book.notebook import bundle

        return bundle(self, include, exclude)
