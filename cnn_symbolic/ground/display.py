"""Objects that a notebook shows as mathematics, and programs that run by themselves: what is done then is hung in here.

What shows and what runs lies far above the objects, so that none of them imports it: the package's face puts it into
this table when it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

# "show": what a notebook shows of an object, by the kinds of media that it takes; "run": the command line on claims.
PRESENTED: dict[str, Callable[..., Any]] = {}


class Displayed:
    """An object that a notebook shows as mathematics; showing a claim decides it."""

    __slots__ = ()

    def _repr_latex_(self) -> str | None:
        """Return what a notebook typesets with MathJax; None if it is shown as text."""
        found: str | None = PRESENTED["show"](self, ["text/latex"]).get("text/latex")
        return found

    def _repr_html_(self) -> str:
        """Return what a notebook shows: HTML with MathML, which needs nothing else."""
        found: str = PRESENTED["show"](self, ["text/html"])["text/html"]
        return found

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        """Return text/plain, text/latex and text/html, or those of them that are included and not excluded."""
        found: dict[str, str] = PRESENTED["show"](self, include, exclude)
        return found


class Runnable(Displayed):
    """A claim that can be run by itself."""

    def main(self) -> None:
        """Print the derivation line by line, then the verdict; exit with the status of `cnn-symbolic prove`."""
        raise SystemExit(PRESENTED["run"]([self], steps=True))
