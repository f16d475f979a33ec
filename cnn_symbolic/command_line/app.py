"""The application that the commands belong to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnn_symbolic.ground.limits import LIMITS, Limits
from cnn_symbolic.ground.limits import memory as read_memory

# The arguments and options that several commands have.
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME-OR-PATH]...", help="As for prove.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to standard output.")]
Latex = Annotated[Path | None, typer.Option("--latex", metavar="FILE", help="Write the proofs as a LaTeX document.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", metavar="N", min=1, help="How many processes decide. Default: all cores.")
]
ClaimSeconds = Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="For each claim.")]
Memory = Annotated[
    str, typer.Option("--memory", metavar="SIZE", help="What the process of a claim may take, as 500M. (Linux)")
]
Certificates = Annotated[Path, typer.Option("--certificates", metavar="DIR", help="The folder of the certificates.")]
CoqSeconds = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        min=0.001,
        help="For each claim, and for each file that Coq compiles. Default: 60, and 300.",
        show_default=False,
    ),
]


def limits_of(timeout: float | None, memory: str) -> Limits:
    """Return the limits of each claim; raise OperandError for a size of memory that is none."""
    return Limits(LIMITS.seconds if timeout is None else timeout, read_memory(memory))


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
