"""The commands that decide claims: prove, certify, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnn_symbolic.command_line import completing
from cnn_symbolic.command_line.app import (
    Certificates,
    ClaimSeconds,
    CoqSeconds,
    Jobs,
    Json,
    Latex,
    Memory,
    Names,
    Output,
    Watch,
    app,
    limits_of,
    output_of,
)
from cnn_symbolic.command_line.claim_results import certify_claims, reporting, run
from cnn_symbolic.command_line.exits import USAGE, say
from cnn_symbolic.command_line.watching import decide_again
from cnn_symbolic.ground.limits import MOST_LITERAL


@app.command()
def prove(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME-OR-PATH",
            help="Bundled claims by id, file, section or the article's id (B8), or files and folders of your own. "
            "Default: all bundled.",
            show_default=False,
            autocompletion=completing.names,
        ),
    ] = None,
    steps: Annotated[bool, typer.Option("--steps", help="Print the derivations line by line.")] = False,
    latex: Latex = None,
    json: Json = False,
    output: Output = None,
    watch: Watch = False,
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

    wanted, limits = output_of(output, json), limits_of(timeout, memory)
    own = [path for name in names or [] if (path := Path(name)).exists()]
    if watch:
        raise typer.Exit(decide_again(own))
    with reporting(wanted, own):
        claims = select(names or [], limits)
    chosen = claims if literal is None else at_literals(claims, range(1, literal + 1))
    folder = certificates if certify else None
    raise typer.Exit(run(chosen, steps, latex, wanted, limits=limits, certificates=folder, jobs=jobs or 0))


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
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE",
            help="Texts of claims; - reads standard input, and a folder has all its *.claims read.",
            show_default=False,
        ),
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
    output: Output = None,
    watch: Watch = False,
    jobs: Jobs = None,
    timeout: ClaimSeconds = 60,
    memory: Memory = "4G",
) -> None:
    """Decide your own formulas, written as text; the text is read, never run.

    Capitals are sizes. For example:

        cnn-symbolic check --let 'x = tensor(M, N)' --let 'w = tensor(I, J)' \\
            --let 'z = correlate(x, w, mode="valid")' \\
            --claim 'gradient(z, wrt=x) == convolve(w, cotangent(z))'
    """
    from cnn_symbolic.library.loading import load_text, load_texts

    if (not files) == (not claim):
        raise typer.BadParameter("give a FILE (or -), or --claim with --let, but not both")
    wanted, limits = output_of(output, json), limits_of(timeout, memory)
    if watch:
        raise typer.Exit(decide_again(files or []))
    if files:
        claims, unread = load_texts(files)
    else:
        conditions = f", assuming=[{', '.join(assuming)}]" if assuming else ""
        text = "\n".join([*(let or []), *(f"claim({one}{conditions})" for one in claim or [])])
        claims, unread = load_text(text, "--let, --claim", placed=False), {}
    for error in unread.values():
        say(error, kept="\n")
    if unread and not claims and wanted in ("text", "json"):
        raise typer.Exit(USAGE)
    found = run(claims, steps, latex, wanted, views=True, limits=limits, jobs=jobs or 0, unread=unread)
    raise typer.Exit(found)
