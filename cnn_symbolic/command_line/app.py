"""The application that the commands belong to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

# The arguments and options that several commands have.
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME-OR-PATH]...", help="As for prove.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to standard output.")]
Latex = Annotated[Path | None, typer.Option("--latex", metavar="FILE", help="Write the proofs as a LaTeX document.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", metavar="N", min=1, help="How many processes decide. Default: all cores.")
]
Certificates = Annotated[Path, typer.Option("--certificates", metavar="DIR", help="The folder of the certificates.")]
CoqSeconds = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="For each file that Coq compiles.")
]
Memory = Annotated[str, typer.Option("--memory", metavar="BYTES", help="For each process, as 500M or 4G.")]

UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def read_memory(text: str) -> int:
    """Return how many bytes a text such as "500M" or "4G" says.

    >>> read_memory("500M"), read_memory("1.5G")
    (524288000, 1610612736)
    """
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE | re.ASCII)
    amount = int(float(found[1]) * UNITS[found[2].upper()]) if found else 0
    if not amount:
        raise typer.BadParameter(f"an amount of memory is written as 500M or 4G, found {text!r}")
    return amount


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Proves the gradients of convolutional networks for every shape at once, and refutes wrong ones.",
    epilog="Exit status: 0 every claim has the verdict that its file states, 1 one has the opposite verdict, "
    "2 usage or input error, 3 one is undecided, or holds for literal values only, 4 an internal error: two ways to "
    "compute the same thing disagree.",
)


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Prove and refute gradient formulas of convolutional networks."""
    if version:
        from cnn_symbolic.ground.version import __version__

        typer.echo(f"cnn-symbolic {__version__}")
        raise typer.Exit
