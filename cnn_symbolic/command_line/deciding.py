"""The commands that decide: prove, certify, check, check-backward."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnn_symbolic.command_line.app import (
    Certificates,
    ClaimSeconds,
    CoqSeconds,
    Jobs,
    Json,
    Latex,
    Memory,
    Names,
    app,
    limits_of,
    timeout_of,
)
from cnn_symbolic.command_line.claim_results import certify_claims, echo_text, run
from cnn_symbolic.command_line.exits import AS_STATED, OPPOSITE, UNDECIDED
from cnn_symbolic.ground.limits import MOST_EXAMPLES, MOST_LITERAL, MOST_SEED


@app.command()
def prove(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME-OR-PATH",
            help="Bundled claims by id, file, section or the article's id (B8), or files and folders of your own. "
            "Default: all bundled.",
            show_default=False,
        ),
    ] = None,
    steps: Annotated[bool, typer.Option("--steps", help="Print the derivations line by line.")] = False,
    latex: Latex = None,
    json: Json = False,
    literal: Annotated[
        int | None,
        typer.Option(
            "--literal",
            metavar="N",
            min=1,
            max=MOST_LITERAL,
            help="Decide strides, dilations and other factors at every combination of the values 1…N, in place of all "
            "values at once: the claims are then about these only.",
        ),
    ] = None,
    certify: Annotated[bool, typer.Option("--certify", help="Have Coq check the claims, too; see certify.")] = False,
    certificates: Certificates = Path("certificates"),
    jobs: Jobs = None,
    timeout: ClaimSeconds = 60,
    memory: Memory = "4G",
) -> None:
    """Decide claims for all sizes at once: the bundled derivations, or your own.

    A claim is proved, refuted with a counterexample, or undecided. One about every stride that was decided at literal \
strides only holds for these, and is not proved: it is marked by ○.
    """
    from cnn_symbolic.library.loading import at_literals, select

    limits = limits_of(timeout, memory)
    claims = select(names or [], limits)
    chosen = claims if literal is None else at_literals(claims, range(1, literal + 1))
    folder = certificates if certify else None
    raise typer.Exit(run(chosen, steps, latex, json, limits=limits, certificates=folder, jobs=jobs or 0))


@app.command()
def certify(
    names: Names = None,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="DIR", help="The folder to write to; made if it is not there."),
    ] = Path("certificates"),
    jobs: Jobs = None,
    timeout: CoqSeconds = None,
    memory: Memory = "4G",
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Compile everything, also what Coq accepted in earlier runs of yours and is the same."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Write claims as statements in Coq with their proofs, and have Coq check them.

    Of each claim there are three files: its statement S_….v, the proof P_….v, \
and K_….v, which checks that the one proves the other. Without Coq they are \
written only.

    Where the search for a proof stops, there is no proof found; rejected is \
what is claimed to be a proof and Coq refuses; not run is what Coq could not \
do, in its time or at all. Where it was not run, what a record in the folder \
says is shown as recorded, and never as certified.

    Exit status: 0 every claim is as stated and certified, 1 one has the \
opposite verdict or is rejected by Coq, 2 usage or input error, 3 one is \
undecided, holds for literal values only or could not be certified (no proof \
found, not run, only recorded, nothing to certify), 4 an error of the tool itself.
    """
    from cnn_symbolic.library.loading import select

    limits = limits_of(timeout, memory)
    raise typer.Exit(certify_claims(select(names or [], limits), out, jobs or 0, limits, timeout, again, json))


@app.command()
def check(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A text of claims; - reads standard input.", show_default=False),
    ] = None,
    claim: Annotated[
        list[str] | None, typer.Option("--claim", metavar="'LEFT == RIGHT'", help="A claim. Can be repeated.")
    ] = None,
    let: Annotated[
        list[str] | None,
        typer.Option("--let", metavar="'NAME = …'", help="What a name in --claim stands for. Can be repeated."),
    ] = None,
    assuming: Annotated[
        list[str] | None,
        typer.Option("--assuming", metavar="CONDITION", help="A condition on the sizes in --claim. Can be repeated."),
    ] = None,
    steps: Annotated[bool, typer.Option("--steps", help="Print the proofs line by line.")] = False,
    latex: Latex = None,
    json: Json = False,
    timeout: ClaimSeconds = 60,
    memory: Memory = "4G",
) -> None:
    """Decide your own formulas, written as text; the text is read, never run.

    Capitals are sizes. For example:

        cnn-symbolic check --let 'x = tensor(M, N)' --let 'w = tensor(I, J)' \\
            --let 'z = correlate(x, w, mode="valid")' \\
            --claim 'gradient(z, wrt=x) == convolve(w, cotangent(z))'
    """
    from cnn_symbolic.library.files import read_text
    from cnn_symbolic.library.loading import load_text

    if (file is None) == (not claim):
        raise typer.BadParameter("give a FILE (or -), or --claim with --let, but not both")
    limits = limits_of(timeout, memory)
    if file is None:
        conditions = f", assuming=[{', '.join(assuming)}]" if assuming else ""
        text, where = "\n".join([*(let or []), *(f"claim({one}{conditions})" for one in claim or [])]), "--let, --claim"
    else:
        text, where = read_text(file), "standard input" if str(file) == "-" else str(file)
    claims = load_text(text, where)
    raise typer.Exit(run(claims, steps, latex, json, views=True, limits=limits, jobs=0))


@app.command("check-backward")
def check_backward(
    function: Annotated[
        str,
        typer.Argument(
            metavar="MODULE:FUNCTION",
            help="MODULE may be a file: mine.py:backward. Also a class with both passes, mine.py:Conv, and a pair, "
            "mine.py:forward,backward; the forward pass beside conv_backward(dout, cache) is found by its name.",
        ),
    ],
    of: Annotated[
        str,
        typer.Option(
            "--of",
            metavar="LAYER",
            help='For example "conv2d(stride=2, padding=1)"; "conv2d(stride=S, padding=P)" leaves options open. Or a '
            "forward pass of your own, mine.py:forward, with --arguments or --shape.",
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
    from cnn_symbolic.backward.opening import code_named
    from cnn_symbolic.ground.limits import memory as read_memory
    from cnn_symbolic.ground.printable import printable
    from cnn_symbolic.present.console import make_console
    from cnn_symbolic.present.terminal import backward_view

    if torch and jax:
        raise typer.BadParameter("give --torch or --jax, but not both")
    if certify or book is not None:
        from cnn_symbolic.command_line.keeping import check_targets

        if json or prove is False:
            raise typer.BadParameter("--certify and --book print what is proved: not with --json or --no-prove")
        check_targets(book, certificates if certify else None)
    code = code_named(function, "torch" if torch else "jax" if jax else None, read_memory(memory), time_limit)
    try:
        with code:
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
            typer.echo(printable(code.printed.decode(errors="replace").rstrip("\n"), "\n\t"), err=True)
    if json:
        from cnn_symbolic.ground.printable import json_text
        from cnn_symbolic.present.document import backward_value

        echo_text(json_text(backward_value(report)))
    else:
        make_console().print(backward_view(report, formulas), soft_wrap=True)
    unproved = prove is True and not report.proved
    status = OPPOSITE if not report.right else UNDECIDED if unproved else AS_STATED
    if certify or book is not None:
        from cnn_symbolic.command_line.claim_results import worst
        from cnn_symbolic.command_line.keeping import keep

        status = worst(status, keep(report, book, certificates if certify else None, limits_of(60, memory)))
    raise typer.Exit(status)
