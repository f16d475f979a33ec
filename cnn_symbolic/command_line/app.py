"""The application that the commands belong to."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cnn_symbolic.command_line import completing
from cnn_symbolic.command_line.claim_results import guarded
from cnn_symbolic.command_line.defaults import defaults
from cnn_symbolic.command_line.exits import STATUSES, TRACEBACK
from cnn_symbolic.command_line.helping import Application, HelpfulGroup
from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.ground.limits import LIMITS, MOST_JOBS, Limits, check_seconds
from cnn_symbolic.ground.limits import memory as read_memory

# The arguments and options that several commands have.
Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME-OR-PATH", help="As for prove.", show_default=False, autocompletion=completing.names),
]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to standard output.")]


class OutputFormat(StrEnum):
    """What a command that decides prints on standard output."""

    text = "text"
    json = "json"
    github = "github"
    junit = "junit"
    sarif = "sarif"


Output = Annotated[
    OutputFormat | None,
    typer.Option(
        "--output-format",
        metavar="FORMAT",
        help="What is printed: text; json, as --json; or the verdicts with their places in the files for other tools: "
        "github, for the log of a workflow, junit and sarif, as XML and JSON.",
        show_default=False,
    ),
]
Watch = Annotated[
    bool, typer.Option("--watch", help="Decide again whenever a file beside those that are read changes.")
]
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

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Return the context of the commands, which has the project's defaults of their options."""

        def found() -> Any:
            return {"default_map": defaults(self.commands, Path.cwd())}

        only_told = {"guide", "list", "--version", "-h", "--help"} & set(args)  # where one looks up what is wrong
        more = {} if only_told or extra.get("resilient_parsing") else guarded(found)
        if isinstance(more, int):
            raise SystemExit(more)
        return super().make_context(info_name, args, parent, **{**more, **extra})

    def invoke(self, ctx: Any) -> Any:
        """Run the command that is called for."""
        try:
            status = guarded(lambda: super(Commands, self).invoke(ctx))
        except EOFError as error:
            raise RuntimeError("EOFError: something ended before all of it was read") from error
        raise typer.Exit(status or 0)


def output_of(output: OutputFormat | None, json: bool) -> str:
    """Return what is to be printed; raise BadParameter if two options say differently."""
    if json and output not in (None, OutputFormat.json):
        raise typer.BadParameter(f"--json is --output-format json: give it or --output-format {output.value}")
    return "json" if json else (output or OutputFormat.text).value


def limits_of(timeout: float | None, memory: str) -> Limits:
    """Return the limits of each claim; raise OperandError for a size of memory that is none."""
    return Limits(LIMITS.seconds if timeout is None else timeout, read_memory(memory))


app = Application(
    cls=Commands,
    no_args_is_help=True,
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
