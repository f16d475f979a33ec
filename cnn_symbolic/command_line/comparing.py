"""The command that compares two functions: same."""

from __future__ import annotations

from typing import Annotated

import typer

from cnn_symbolic.command_line.app import Json, Memory, app, timeout_of
from cnn_symbolic.command_line.claim_results import echo_text
from cnn_symbolic.command_line.exits import AS_STATED, OPPOSITE, UNDECIDED

STATUS = {"proved": AS_STATED, "refuted": OPPOSITE, "open": UNDECIDED}


@app.command()
def same(
    first: Annotated[str, typer.Argument(metavar="FILE:FUNCTION", help="A function of a file: fast.py:convolve.")],
    second: Annotated[str, typer.Argument(metavar="FILE:FUNCTION", help="The function that it is compared with.")],
    arguments: Annotated[
        str | None,
        typer.Option(
            "--arguments",
            metavar="'x (N, C), stride=S'",
            help="What both are given: arrays with the names of their sizes, options with their values. An option that "
            "is a name is left open: any size of at least 1, and P>=0 may be zero. Default: what the first function "
            "says itself by N, C = x.shape.",
            show_default=False,
        ),
    ] = None,
    assuming: Annotated[
        list[str] | None,
        typer.Option("--assuming", metavar='"I <= M"', help="A condition on these sizes. Can be repeated."),
    ] = None,
    timeout: Annotated[float, timeout_of("call")] = 10,
    time_limit: Annotated[float, timeout_of("run as a whole", name="--time-limit")] = 600,
    memory: Memory = "4G",
    json: Json = False,
) -> None:
    """Decide whether two functions return the same, for all sizes of their arguments.

    Both are read, path by path, and their results are proved equal, or refuted with the smallest shape. They are also \
run, at a few shapes, in processes of their own: what was read has to be what runs.

    Exit status: 0 they are proved to be the same, 1 they are not, 2 usage or input error, 3 neither is proved, 4 an \
error of the tool itself.
    """
    from cnn_symbolic.backward.agreement.reading_both import same as compare
    from cnn_symbolic.backward.agreement.report import text_of, value_of
    from cnn_symbolic.ground.limits import memory as read_memory
    from cnn_symbolic.ground.printable import json_text
    from cnn_symbolic.present.console import Styled, make_console

    found = compare(
        first,
        second,
        arguments,
        assuming=assuming or (),
        timeout=timeout,
        time_limit=time_limit,
        memory=read_memory(memory),
    )
    if json:
        echo_text(json_text(value_of(found)))
    else:
        title, *rest = text_of(found).splitlines(keepends=True)
        style = {"proved": "green", "refuted": "bold red"}.get(found.outcome, "yellow")
        make_console().print(Styled.assemble((title, style), *rest), soft_wrap=True)
    raise typer.Exit(STATUS[found.outcome])
