"""The command that examines a backward pass: check-backward."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cnn_symbolic.command_line import completing
from cnn_symbolic.command_line.app import (
    Certificates,
    Json,
    Memory,
    Output,
    Watch,
    app,
    limits_of,
    output_of,
    timeout_of,
)
from cnn_symbolic.command_line.claim_results import echo_diagnostics, echo_text, reporting
from cnn_symbolic.command_line.exits import AS_STATED, OPPOSITE, UNDECIDED
from cnn_symbolic.command_line.watching import decide_again
from cnn_symbolic.ground.limits import MOST_EXAMPLES, MOST_SEED


@app.command("check-backward")
def check_backward(
    function: Annotated[
        str,
        typer.Argument(
            metavar="MODULE:FUNCTION",
            help="MODULE may be a file: mine.py:backward. Also a class with both passes, mine.py:Conv, and a pair, "
            "mine.py:forward,backward; the forward pass beside conv_backward(dout, cache) is found by its name.",
            autocompletion=completing.files,
        ),
    ],
    of: Annotated[
        str,
        typer.Option(
            "--of",
            metavar="LAYER",
            help='For example "conv2d(stride=2, padding=1)"; "conv2d(stride=S, padding=P)" leaves options open. Or a '
            "forward pass of your own, mine.py:forward, with --arguments or --shape.",
            autocompletion=completing.layers,
        ),
    ],
    signature: Annotated[
        str | None,
        typer.Option(
            "--signature",
            metavar="'dy, x, w -> dx'",
            help="The arguments and results of the function. Default: its parameters, if they have known names, or "
            "'dy, x, w -> dx, dw, db'; of a pooling 'dy, x -> dx', of upsampling 'dy -> dx'.",
            show_default=False,
        ),
    ] = None,
    arguments: Annotated[
        str | None,
        typer.Option(
            "--arguments",
            metavar="'x (N, D), w (D, K)'",
            help="The arrays of a forward pass of your own with the sizes of their axes, and its options, as stride=S: "
            "it is read, and the backward pass proved of it. Default: as its text says, where it takes shapes apart.",
            show_default=False,
        ),
    ] = None,
    parameters: Annotated[
        str | None,
        typer.Option("--parameters", metavar="w=self.W,b=self.b", help="Where the layers of a class have w and b."),
    ] = None,
    gradients: Annotated[
        str | None,
        typer.Option("--gradients", metavar="w=self.dW", help="Where they have the gradients after the backward pass."),
    ] = None,
    layout: Annotated[
        str | None, typer.Option("--layout", metavar="AXES", help="The axes of x and dy, as NHWC.")
    ] = None,
    filters: Annotated[str | None, typer.Option("--filters", metavar="AXES", help="The axes of w, as HWIO.")] = None,
    flipped: Annotated[bool, typer.Option("--flipped", help="The forward pass convolves.")] = False,
    dtype: Annotated[str, typer.Option("--dtype", metavar="DTYPE", help="float64, float32 or int64.")] = "float64",
    examples: Annotated[
        int, typer.Option("--examples", metavar="N", min=1, max=MOST_EXAMPLES, help="How many shapes.")
    ] = 60,
    seed: Annotated[
        int,
        typer.Option("--seed", metavar="N", min=0, max=MOST_SEED, help="Which shapes and numbers are drawn."),
    ] = 0,
    shape: Annotated[
        list[str] | None,
        typer.Option(
            "--shape",
            metavar="x=1,64,56,56",
            help="The shape of x, or of w, or of an array of a forward pass of your own: no others. Can be repeated; a "
            "name that comes again starts the next set.",
        ),
    ] = None,
    assuming: Annotated[
        list[str] | None,
        typer.Option(
            "--assuming",
            metavar='"I == J"',
            help="What the shapes that are tried satisfy: x has the sizes B, C, M, N, the K filters I, J; S is the "
            "stride, P the padding, D the dilation. Can be repeated.",
        ),
    ] = None,
    total: Annotated[bool, typer.Option("--total", help="It is wrong to refuse a shape.")] = False,
    one_hot: Annotated[bool, typer.Option("--one-hot", help="Decide small shapes by all one-hot inputs.")] = False,
    timeout: Annotated[float, timeout_of("call")] = 10,
    time_limit: Annotated[float, timeout_of("run as a whole", name="--time-limit")] = 3600,
    memory: Memory = "4G",
    torch: Annotated[
        bool, typer.Option("--torch", help="The function is a forward pass or module of PyTorch.")
    ] = False,
    jax: Annotated[bool, typer.Option("--jax", help="The function is a forward pass of JAX.")] = False,
    prove: Annotated[
        bool | None,
        typer.Option(
            "--prove/--no-prove",
            help="Want every result proved by reading the function, else the status is 3; or only call it. Default: it "
            "is read where it can be.",
            show_default=False,
        ),
    ] = None,
    formulas: Annotated[bool, typer.Option("--formulas", help="Print what was read of every result.")] = False,
    certify: Annotated[
        bool,
        typer.Option("--certify", help="Have Coq check that what was read is the gradient, where it is; see certify."),
    ] = False,
    certificates: Certificates = Path("certificates"),
    book: Annotated[
        Path | None,
        typer.Option("--book", metavar="OUT", help="Write the code and what is proved of it to this folder, as book."),
    ] = None,
    json: Json = False,
    output: Output = None,
    watch: Watch = False,
) -> None:
    """Compare a backward pass, written by hand, exactly with the right one, prove it, and name its mistake.

    The function runs in a process of its own; what it prints goes to standard error. Its text is read, too: where it \
is understood every result is proved for all shapes, or refuted. Options may be left open: \
conv2d(stride=S, padding=P) is about every stride and padding.

    Exit status: 0 it is right wherever it does not refuse, 1 it is wrong, 2 usage or input error, or it refuses \
nearly every shape, 3 with --prove a result is tested only; with --certify and --book as for certify and book.
    """
    from cnn_symbolic.backward.calling import read_pairs, read_shapes
    from cnn_symbolic.backward.check import check_backward as check
    from cnn_symbolic.backward.findings import headline
    from cnn_symbolic.backward.opening import code_named
    from cnn_symbolic.backward.proofs.sources import place_of
    from cnn_symbolic.ground.limits import memory as read_memory
    from cnn_symbolic.ground.printable import printable
    from cnn_symbolic.present.console import make_console
    from cnn_symbolic.present.terminal import backward_view

    if torch and jax:
        raise typer.BadParameter("give --torch or --jax, but not both")
    wanted, place = output_of(output, json), place_of(function)
    if watch:
        raise typer.Exit(decide_again([place.file, *([place_of(of).file] if ":" in of else [])]))
    if certify or book is not None:
        from cnn_symbolic.command_line.keeping import check_targets

        if wanted != "text" or prove is False:
            raise typer.BadParameter("--certify and --book print what is proved: as text, and not with --no-prove")
        check_targets(book, certificates if certify else None)
    code = code_named(function, "torch" if torch else "jax" if jax else None, read_memory(memory), time_limit)
    try:
        with reporting(wanted, [place.file]), code:
            report = check(
                code,
                of=of,
                signature=signature,
                arguments=arguments,
                parameters=read_pairs(parameters),
                gradients=read_pairs(gradients),
                layout=layout,
                filters=filters,
                flipped=flipped,
                dtype=dtype,
                shapes=read_shapes(shape) if shape else None,
                assuming=assuming or (),
                total=total,
                examples=examples,
                seed=seed,
                one_hot=one_hot,
                timeout=timeout,
                prove=True if certify or book is not None else prove,
            )
    finally:
        if code.printed:
            print(printable(code.printed.decode(errors="replace").rstrip("\n"), "\n\t"), file=sys.stderr)
    if wanted == "json":
        from cnn_symbolic.ground.printable import json_text
        from cnn_symbolic.present.document import backward_value

        echo_text(json_text(backward_value(report)))
    elif wanted != "text":
        from cnn_symbolic.present.diagnostics.diagnostic import of_backward

        echo_diagnostics(wanted, of_backward(report, place, prove is True), headline(report))
    else:
        make_console().print(backward_view(report, formulas, place), soft_wrap=True)
    unproved = prove is True and not report.proved
    status = OPPOSITE if not report.right else UNDECIDED if unproved else AS_STATED
    if certify or book is not None:
        from cnn_symbolic.command_line.claim_results import worst
        from cnn_symbolic.command_line.keeping import keep

        status = worst(status, keep(report, book, certificates if certify else None, limits_of(60, memory)))
    raise typer.Exit(status)
