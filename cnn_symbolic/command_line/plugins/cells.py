"""Cells of Python that declare claims: each is run by IPython as any other, and what it declares is collected."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

from IPython.core.displayhook import DisplayHook
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from cnn_symbolic.library.loading import Claim
from cnn_symbolic.proofs.collecting import Declared, collecting

CELL = Path("the cell")


class FailedCell(Exception):
    """A cell that has ended with an error, and the lines that show it."""

    def __init__(self, error: BaseException, lines: list[str]) -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self.lines = lines

    def _render_traceback_(self) -> list[str]:
        return self.lines


def declared_by(shell: InteractiveShell, cell: str, first_line: str) -> list[Claim]:
    """Run a cell in the user's names and return the claims that it declares, in order.

    `first_line` is the one above the cell, so that lines have the numbers that they have in the notebook. The value of
    its last expression is shown, unless that is one of the claims. Raises what the cell raises, shown as IPython does.
    """
    text = cell if cell.lstrip().startswith("%%") else f"# {first_line}\n{cell}"
    if is_async(shell, text):
        raise UsageError("a cell with await outside of a function is no cell of claims: await in a cell of its own")
    with collecting(CELL) as declared, showing_once(shell, cell, declared):
        run(shell, text)
    return [Claim(f"claim_{k}", one.made, CELL, one.line, one.column) for k, one in enumerate(declared, start=1)]


def is_async(shell: InteractiveShell, text: str) -> bool:
    """Tell whether a cell awaits something, which cannot be done while another cell runs."""
    with suppress(Exception):  # of a cell that cannot be read, IPython says where
        return bool(shell.should_run_async(text, transformed_cell=shell.transform_cell(text)))
    return False


@contextmanager
def showing_once(shell: InteractiveShell, cell: str, declared: list[Declared]) -> Iterator[None]:
    """Have the value of the cell's last expression shown, unless it is a claim, which is shown with the others."""

    def show(value: Any) -> None:
        if any(value is one.made for one in declared):
            shell.displayhook.update_user_ns(value)
        elif not DisplayHook.semicolon_at_end_of_expression(cell):
            usual(value)

    with shell.display_trap:
        usual = sys.displayhook
        sys.displayhook = show
        try:
            yield
        finally:
            sys.displayhook = usual


def run(shell: InteractiveShell, text: str) -> None:
    """Run a cell; raise what it raises, to be shown once, where the magic ends, and as IPython shows it of a cell."""
    shown: list[list[str]] = []
    with (
        patch.object(shell, "_showtraceback", lambda *given: shown.append(given[-1])),
        patch.object(shell, "show_usage_error", lambda _: None),
    ):
        result = shell.run_cell(text)
    error: Any = result.error_before_exec or result.error_in_exec
    if error is None:
        return
    lines = shown[-1] if shown else [f"{type(error).__name__}: {error}"]
    if isinstance(error, SyntaxError | BaseExceptionGroup):  # IPython shows these in its own way only
        raise FailedCell(error, lines)
    error._render_traceback_ = lambda: lines
    raise error
