"""The command line `cnn-symbolic`. Heavy imports are made inside the commands, so that `--help` is quick."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from cnn_symbolic.checks import Check
    from cnn_symbolic.derivation import Derivation
    from cnn_symbolic.library import Claim

AS_STATED, OPPOSITE, USAGE, UNDECIDED = 0, 1, 2, 3

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Proves the gradients of convolutional networks for every shape at once, and refutes wrong ones.",
    epilog="Exit status: 0 every claim has the verdict that its file states, 1 one has the opposite verdict, "
    "2 usage or input error, 3 one is undecided.",
)


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Prove and refute gradient formulas of convolutional networks."""
    if version:
        from cnn_symbolic import __version__

        typer.echo(f"cnn-symbolic {__version__}")
        raise typer.Exit


@app.command()
def prove(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME-OR-PATH]...",
            help="Bundled claims by id, file, section or the article's id (B8), or files and folders of your own. "
            "Default: all bundled.",
            show_default=False,
        ),
    ] = None,
    steps: Annotated[bool, typer.Option("--steps", help="Print the derivations line by line.")] = False,
    latex: Annotated[
        Path | None, typer.Option("--latex", metavar="FILE", help="Write the proofs as a LaTeX document.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Write one JSON document to standard output.")] = False,
    literal: Annotated[
        int | None,
        typer.Option(
            "--literal",
            metavar="N",
            min=1,
            help="Decide strides, dilations and other factors at every combination of the values 1…N, in place of all "
            "values at once.",
        ),
    ] = None,
) -> None:
    """Decide claims for all sizes at once: the bundled derivations, or your own."""
    from cnn_symbolic.library import at_literals, select

    claims = select(names or [])
    chosen = claims if literal is None else at_literals(claims, range(1, literal + 1))
    raise typer.Exit(run(chosen, steps=steps, latex=latex, json=json))


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
    latex: Annotated[
        Path | None, typer.Option("--latex", metavar="FILE", help="Write the proofs as a LaTeX document.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Write one JSON document to standard output.")] = False,
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="For each claim.")] = 60,
) -> None:
    """Decide your own formulas, written as text; the text is read, never run.

    Capitals are sizes. For example:

        cnn-symbolic check --let 'x = tensor(M, N)' --let 'w = tensor(I, J)' --let 'z = correlate(x, w, mode="valid")'
        --claim 'gradient(z, wrt=x) == correlate(w, cotangent(z), mode="full")'
    """
    from cnn_symbolic.library import load_text, read_text

    if (file is None) == (not claim):
        raise typer.BadParameter("give a FILE (or -), or --claim with --let, but not both")
    if file is None:
        conditions = f", assuming=[{', '.join(assuming)}]" if assuming else ""
        text, where = "\n".join([*(let or []), *(f"claim({one}{conditions})" for one in claim or [])]), "--let, --claim"
    else:
        text = sys.stdin.read() if str(file) == "-" else read_text(file)
        where = "standard input" if str(file) == "-" else str(file)
    raise typer.Exit(run(load_text(text, where), steps=steps, latex=latex, json=json, views=True, timeout=timeout))


@app.command("check-backward")
def check_backward(
    function: Annotated[str, typer.Argument(metavar="MODULE:FUNCTION", help="MODULE may be a file: mine.py:backward.")],
    of: Annotated[str, typer.Option("--of", metavar="LAYER", help='For example "conv2d(stride=2, padding=1)".')],
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
    layout: Annotated[str | None, typer.Option("--layout", help="The axes of x and dy, as NHWC.")] = None,
    filters: Annotated[str | None, typer.Option("--filters", help="The axes of w, as HWIO.")] = None,
    flipped: Annotated[bool, typer.Option("--flipped", help="The forward pass convolves.")] = False,
    dtype: Annotated[str, typer.Option("--dtype", help="float64, float32 or int64.")] = "float64",
    examples: Annotated[int, typer.Option("--examples", min=1, help="How many shapes.")] = 60,
    shape: Annotated[
        list[str] | None,
        typer.Option("--shape", metavar="x=1,64,56,56", help="The shape of x, or of w: no others. Can be repeated."),
    ] = None,
    one_hot: Annotated[bool, typer.Option("--one-hot", help="Decide small shapes by all one-hot inputs.")] = False,
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="For each call.")] = 10,
    torch: Annotated[
        bool, typer.Option("--torch", help="The function is a forward pass or module of PyTorch.")
    ] = False,
    jax: Annotated[bool, typer.Option("--jax", help="The function is a forward pass of JAX.")] = False,
) -> None:
    """Compare a backward pass, written by hand, exactly with the right one, and name its mistake.

    Exit status: 0 it is right, 1 it is wrong, 2 usage or input error.
    """
    from cnn_symbolic.book.terminal import backward_view, make_console
    from cnn_symbolic.checking.backward import check_backward as check
    from cnn_symbolic.checking.calling import load_function, read_shapes
    from cnn_symbolic.checking.frameworks import of_jax, of_torch

    if torch and jax:
        raise typer.BadParameter("give --torch or --jax, but not both")
    loaded = load_function(function)
    report = check(
        of_torch(loaded) if torch else of_jax(loaded) if jax else loaded,
        of=of,
        signature=signature,
        layout=layout,
        filters=filters,
        flipped=flipped,
        dtype=dtype,
        shapes=read_shapes(shape) if shape else None,
        examples=examples,
        one_hot=one_hot,
        timeout=timeout,
    )
    make_console().print(backward_view(report), soft_wrap=True)
    raise typer.Exit(AS_STATED if report.right else OPPOSITE)


@app.command("list")
def list_claims(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME-OR-PATH]...", help="As for prove.", show_default=False)
    ] = None,
) -> None:
    """List claims without deciding them."""
    from cnn_symbolic.book.terminal import listing, make_console
    from cnn_symbolic.library import select

    make_console().print(listing(select(names or [])))


@app.command()
def article() -> None:
    """Settle every claim of the article: id, claim, verdict, evidence, file; then its errata."""
    from cnn_symbolic.book.terminal import article_table, errata_table, make_console
    from cnn_symbolic.library import select

    claims = [claim for claim in select([]) if claim.derivation.article]
    decide_all(claims)
    table, still_open = article_table(claims)
    console = make_console()
    console.print(table)
    console.print("\nErrata", style="bold")
    console.print(errata_table())
    total = table.row_count - len({c.file.parent for c in claims})
    console.print(f"\n{total - len(still_open)} of {total} claims settled, {len(still_open)} open")
    raise typer.Exit(OPPOSITE if still_open else AS_STATED)


@app.command()
def inputs(
    output: Annotated[int, typer.Option("--output", min=1, help="The size that comes out.")],
    overlay: Annotated[int, typer.Option("--overlay", min=1, help="The size of the overlay or window.")],
    stride: Annotated[int, typer.Option("--stride", min=1)] = 1,
    padding: Annotated[int, typer.Option("--padding", min=0, help="On both sides.")] = 0,
    dilation: Annotated[int, typer.Option("--dilation", min=1)] = 1,
    ceil_mode: Annotated[bool, typer.Option("--ceil-mode", help="Of a pooling.")] = False,
    output_padding: Annotated[
        int | None, typer.Option("--transposed", metavar="OUTPUT_PADDING", min=0, help="Of a transposed convolution.")
    ] = None,
) -> None:
    """List the input sizes that give an output size, along one axis of a convolution or pooling."""
    from cnn_symbolic.formulas import size
    from cnn_symbolic.kernel.size_sets import preimage
    from cnn_symbolic.pooling import pool_size

    m = size("M")
    if output_padding is None:
        found = pool_size(m, overlay, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)
    else:
        found = (m - 1) * stride - 2 * padding + dilation * (overlay - 1) + 1 + output_padding
    sizes = preimage((found,), (output,))
    typer.echo(sizes.condition if sizes else "no input has this output")
    raise typer.Exit(AS_STATED if sizes else OPPOSITE)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="A document that prove --json wrote.")],
) -> None:
    """Decide every claim and step in an exported file again, from the file alone.

    The last column is the statement that was decided, read from the file's formulas; titles are not checked.
    """
    from cnn_symbolic.book.terminal import make_console, replay_table
    from cnn_symbolic.report import outcome, replay_file

    replayed = replay_file(file)
    make_console().print(replay_table(replayed))
    outcomes = [outcome(one.verdict) for one in replayed]
    if any(not one.agrees and word != "undecided" for one, word in zip(replayed, outcomes, strict=True)):
        raise typer.Exit(OPPOSITE)
    raise typer.Exit(status(zip((one.expected for one in replayed), outcomes, strict=True)))


def run_derivations(derivations: Sequence[Derivation | Check], steps: bool) -> int:
    """Decide derivations that a running file holds, print them, and return the exit status."""
    from cnn_symbolic.library import Claim

    file = Path(sys.argv[0])
    return int(guarded(lambda: run([Claim(d.title, d, file) for d in derivations], steps=steps)))


def run(
    claims: Sequence[Claim],
    steps: bool = False,
    latex: Path | None = None,
    json: bool = False,
    views: bool = False,
    timeout: float | None = None,
) -> int:
    """Decide claims, print what is called for (a table; or every claim by itself), and return the exit status."""
    from cnn_symbolic.book.terminal import claims_table, derivation_view, make_console, summary

    start = time.perf_counter()
    decide_all(claims, timeout)
    seconds = time.perf_counter() - start
    if latex is not None:
        from cnn_symbolic.book.latex import latex_document
        from cnn_symbolic.report import write

        settled = [c for c in claims if c.derivation.outcome == "refuted" or c.derivation.as_expected]
        write(latex, latex_document(settled))
        if left_out := [c.id for c in claims if c not in settled]:
            typer.echo(f"cnn-symbolic: left out of {latex}, not proved: {', '.join(left_out)}", err=True)
    if json:
        from json import dumps

        from cnn_symbolic.report import document

        typer.echo(dumps(document(claims), ensure_ascii=False))
    else:
        console = make_console()
        if steps or views:
            for claim in claims:
                console.print(derivation_view(claim, steps))
        if not views and (len(claims) > 1 or not steps):
            console.print(claims_table(claims))
        if len(claims) > 1 or not (steps or views):
            console.print(f"{'' if views else chr(10)}{summary(claims, seconds)}")
    found = ((c.derivation.expected, c.derivation.outcome) for c in claims)
    return status((stated, "proved" if word == "tested" else word) for stated, word in found) or (
        AS_STATED if all(c.derivation.as_expected for c in claims) else OPPOSITE
    )


def decide_all(claims: Sequence[Claim], timeout: float | None = None) -> None:
    """Decide every claim, with a progress bar on a terminal, each in so many seconds if there is a limit."""
    from rich.progress import track

    from cnn_symbolic.book.terminal import make_console
    from cnn_symbolic.checking.deadline import within
    from cnn_symbolic.errors import CnnSymbolicError, DerivationFileError

    console = make_console(stderr=True)
    quiet = not console.is_terminal or len(claims) < 2
    for claim in track(claims, description="deciding", console=console, transient=True, disable=quiet):
        try:
            if timeout is None:
                _ = claim.derivation.outcome
            else:
                within(timeout, partial(getattr, claim.derivation, "outcome"))
        except CnnSymbolicError as error:
            raise DerivationFileError(f"{claim.file.name}: {claim.id}: {error}") from error


def status(outcomes: Any) -> int:
    """Return the exit status for pairs of (stated, found) verdicts."""
    pairs = list(outcomes)
    if any(found != "undecided" and found != stated for stated, found in pairs):
        return OPPOSITE
    return UNDECIDED if any(found == "undecided" for _, found in pairs) else AS_STATED


def guarded(command: Any) -> Any:
    """Return what a command returns; an error that the package raises on purpose becomes one line and status 2."""
    from cnn_symbolic.errors import CnnSymbolicError

    try:
        return command()
    except (CnnSymbolicError, OSError) as error:
        typer.echo(f"cnn-symbolic: {error}", err=True)
        return USAGE


def main() -> None:
    """Run the command line; characters that the terminal cannot show become question marks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    raise SystemExit(guarded(app))


if __name__ == "__main__":
    main()
