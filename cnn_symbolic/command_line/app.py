"""The application that the commands belong to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cnn_symbolic.command_line.claim_results import guarded
from cnn_symbolic.command_line.exits import STATUSES, TRACEBACK
from cnn_symbolic.command_line.helping import Application, HelpfulGroup
from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.ground.limits import LIMITS, MOST_JOBS, Limits, check_seconds
from cnn_symbolic.ground.limits import memory as read_memory

# The arguments and options that several commands have.
Names = Annotated[list[str] | None, typer.Argument(metavar="NAME-OR-PATH", help="As for prove.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to standard output.")]
Latex = Annotated[Path | None, typer.Option("--latex", metavar="FILE", help="Write the proofs as a LaTeX document.")]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", metavar="N", min=1, max=MOST_JOBS, help="How many processes decide. Default: all cores."),
]
Memory = Annotated[str, typer.Option("--memory", metavar="SIZE", help="For each process, as 500M or 4G; on Linux.")]
Certificates = Annotated[Path, typer.Option("--certificates", metavar="DIR", help="The folder of the certificates.")]


def checked(value: float | None) -> float | None:
    """Return a limit on the time, if there is one; raise BadParameter for what cannot be one."""
    try:
        if value is not None:
            check_seconds(value, "it")
    except OperandError as error:
        raise typer.BadParameter(str(error)) from None
    return value


def timeout_of(what: str, name: str = "--timeout", **shown: Any) -> Any:
    """Return the option for how many seconds something has."""
    return typer.Option(name, metavar="SECONDS", callback=checked, help=f"For each {what}.", **shown)


ClaimSeconds = Annotated[float, timeout_of("claim")]
CoqSeconds = Annotated[
    float | None, timeout_of("claim, 60 unless given, and each file that Coq compiles, 300", show_default=False)
]


class Commands(HelpfulGroup):
    """The commands. What goes wrong in one does not reach typer, which ends with 1 at some errors."""

    ending = (("Exit status", [(str(number), meaning) for number, meaning in STATUSES.items()]),)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that is called for."""
        try:
            status = guarded(lambda: super(Commands, self).invoke(ctx))
        except EOFError as error:
            raise RuntimeError("EOFError: something ended before all of it was read") from error
        raise typer.Exit(status or 0)


def limits_of(timeout: float | None, memory: str) -> Limits:
    """Return the limits of each claim; raise OperandError for a size of memory that is none."""
    return Limits(LIMITS.seconds if timeout is None else timeout, read_memory(memory))


app = Application(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Proves the gradients of convolutional networks for every shape at once, and refutes wrong ones.\n\n"
    "For a layer of your own, begin with: cnn-symbolic guide layer",
    epilog=f"With {TRACEBACK}=1 in the environment, an error of the tool itself shows where it arose. "
    "See guide commands.",
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
