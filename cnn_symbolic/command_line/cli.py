"""The command line `cnn-symbolic`. Heavy imports are made inside the commands, so that `--help` is quick."""

from __future__ import annotations

import gc
import re
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from cnn_symbolic.command_line.running import (
    AS_STATED,
    OPEN,
    OPPOSITE,
    certify_claims,
    decide_all,
    guarded,
    run,
    status,
)

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
            "values at once: the claims are then about these only.",
        ),
    ] = None,
    certify: Annotated[bool, typer.Option("--certify", help="Have Coq check the claims, too; see certify.")] = False,
    certificates: Annotated[
        Path, typer.Option("--certificates", metavar="DIR", help="The folder of the certificates.")
    ] = Path("certificates"),
    jobs: Annotated[
        int | None, typer.Option("--jobs", metavar="N", min=1, help="How many processes decide. Default: all cores.")
    ] = None,
) -> None:
    """Decide claims for all sizes at once: the bundled derivations, or your own.

    A claim is proved, refuted with a counterexample, or undecided. One about every stride that was decided at literal \
strides only holds for these, and is not proved: it is marked by ○.
    """
    from cnn_symbolic.library.loading import at_literals, select

    claims = select(names or [])
    chosen = claims if literal is None else at_literals(claims, range(1, literal + 1))
    folder = certificates if certify else None
    raise typer.Exit(run(chosen, steps=steps, latex=latex, json=json, certificates=folder, jobs=jobs or 0))


@app.command()
def certify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME-OR-PATH]...", help="As for prove.", show_default=False)
    ] = None,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="DIR", help="The folder to write to; made if it is not there."),
    ] = Path("certificates"),
    jobs: Annotated[
        int | None, typer.Option("--jobs", metavar="N", min=1, help="How many processes. Default: all cores.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="For each file that Coq compiles.")
    ] = 300,
    again: Annotated[
        bool, typer.Option("--again", help="Compile everything, also what was certified before and is the same.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Write one JSON document to standard output.")] = False,
) -> None:
    """Write claims as statements in Coq with their proofs, and have Coq check them.

    Of each claim there are three files: its statement S_….v, the proof P_….v, \
and K_….v, which checks that the one proves the other. Without Coq they are \
written only.

    Exit status: 0 every claim is as stated and certified, 1 one has the \
opposite verdict or is rejected by Coq, 2 usage or input error, 3 one is \
undecided, holds for literal values only or could not be certified, 4 an \
internal error: two ways to compute the same thing disagree.
    """
    from cnn_symbolic.library.loading import select

    raise typer.Exit(certify_claims(select(names or []), out, jobs or 0, timeout, again, json))


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
    from cnn_symbolic.library.files import read_text
    from cnn_symbolic.library.loading import load_text

    if (file is None) == (not claim):
        raise typer.BadParameter("give a FILE (or -), or --claim with --let, but not both")
    if file is None:
        conditions = f", assuming=[{', '.join(assuming)}]" if assuming else ""
        text, where = "\n".join([*(let or []), *(f"claim({one}{conditions})" for one in claim or [])]), "--let, --claim"
    else:
        text = sys.stdin.read() if str(file) == "-" else read_text(file)
        where = "standard input" if str(file) == "-" else str(file)
    claims = load_text(text, where)
    raise typer.Exit(run(claims, steps=steps, latex=latex, json=json, views=True, timeout=timeout, jobs=0))


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
    from cnn_symbolic.backward.calling import load_function, read_shapes
    from cnn_symbolic.backward.check import check_backward as check
    from cnn_symbolic.backward.frameworks import of_jax, of_torch
    from cnn_symbolic.present.console import make_console
    from cnn_symbolic.present.terminal import backward_view

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
    from cnn_symbolic.library.index import kept, matching, with_unique_ids
    from cnn_symbolic.present.console import listing, make_console

    rows = kept()
    if rows is None or any(Path(name).exists() for name in names or []):
        from cnn_symbolic.library.loading import row_of, select

        rows = [row_of(claim) for claim in select(names or [])]
    elif names:
        chosen = {(row.file, row.position): row for name in names for row in matching(rows, name)}
        rows = with_unique_ids(list(chosen.values()))
    make_console().print(listing(rows))


@app.command()
def article() -> None:
    """Settle every claim of the article: id, claim, verdict, evidence, file; then its errata."""
    from cnn_symbolic.library.article import ARTICLE
    from cnn_symbolic.library.loading import about_article
    from cnn_symbolic.present.console import errata_table, make_console
    from cnn_symbolic.present.terminal import article_table

    claims = decide_all(about_article(), jobs=0)
    table, still_open = article_table(claims)
    console = make_console()
    console.print(table)
    console.print("\nErrata", style="bold")
    console.print(errata_table())
    total = len(ARTICLE)
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
    from cnn_symbolic.expressions.formulas import size
    from cnn_symbolic.kernel.size_sets import preimage
    from cnn_symbolic.tensors.operations.pooling import pool_size

    m = size("M")
    if output_padding is None:
        found = pool_size(m, overlay, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)
    else:
        found = (m - 1) * stride - 2 * padding + dilation * (overlay - 1) + 1 + output_padding
    sizes = preimage((found,), (output,))
    typer.echo(sizes.condition if sizes else "no input has this output")
    raise typer.Exit(AS_STATED if sizes else OPPOSITE)


@app.command()
def book(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write to; made if it is not there.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME-OR-PATH]...",
            help="As for prove; a text of claims, as check reads it, too. Default: all bundled.",
            show_default=False,
        ),
    ] = None,
    latex: Annotated[bool, typer.Option("--latex", help="Only book.tex (and what else is asked for).")] = False,
    html: Annotated[bool, typer.Option("--html", help="Only book.html (and what else is asked for).")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Only book.pdf (and what else is asked for).")] = False,
    one: Annotated[
        str | None,
        typer.Option(
            "--one", metavar="CLAIM", help="Only this claim, as CLAIM.tex to be read with \\input and CLAIM.html."
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", metavar="N", min=1, help="How many processes decide. Default: all cores.")
    ] = None,
    certify: Annotated[
        bool, typer.Option("--certify", help="Certify the claims first, and print the statements that Coq checked.")
    ] = False,
    certificates: Annotated[
        Path, typer.Option("--certificates", metavar="DIR", help="The folder of the certificates.")
    ] = Path("certificates"),
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="For each file that Coq compiles.")
    ] = 300,
) -> None:
    """Write the proofs and refutations as a book: LaTeX, PDF where a TeX is installed, and HTML.

    Every line of a proof in it was decided equal to the line before it, for all sizes. Claims that are neither
    proved nor refuted are left out, and named; what holds for literal values only is no theorem, and is printed as
    that if its file states it. Exit status as for prove, and with --certify as for certify.
    """
    from cnn_symbolic.command_line.running import book_status, certified_first, report_omitted, watched
    from cnn_symbolic.ground.files import check_folder
    from cnn_symbolic.library.loading import select
    from cnn_symbolic.present.book.publishing import publish, publish_one
    from cnn_symbolic.present.content.assembly import assemble

    chosen = {"latex": latex, "html": html, "pdf": pdf}
    kinds = frozenset(kind for kind, wanted in chosen.items() if wanted) or frozenset(chosen)
    if one is not None and kinds == {"pdf"}:
        raise typer.BadParameter("one claim is written as LaTeX and HTML, not as a PDF")
    check_folder(out)
    selected = select(names or [])
    claims = [claim for claim in selected if one in (None, claim.id)]
    if one is not None and not claims:
        raise typer.BadParameter(f"there is no claim {one!r}; cnn-symbolic list shows the ids")
    outcomes = certified_first(claims, certificates, jobs or 0, timeout) if certify else None
    made = assemble(claims, jobs or 0, watched(len(claims)), among=selected, outcomes=outcomes)
    report_omitted(made, str(out))
    entries = [entry for chapter in made.chapters for entry in chapter.entries]
    if one is None:
        files = publish(made, out, kinds, lambda text: typer.echo(f"cnn-symbolic: {text}", err=True))
    else:
        files = (file for entry in entries for file in publish_one(entry, out, kinds))
    for file in files:
        typer.echo(file)
    raise typer.Exit(book_status(made, outcomes or ()))


@app.command()
def draw(
    what: Annotated[
        str | None,
        typer.Argument(metavar="WHAT", help="A picture's name; without one, all are listed.", show_default=False),
    ] = None,
    shape: Annotated[str | None, typer.Option("--shape", metavar="3x3", help="Of the input.")] = None,
    overlay: Annotated[str | None, typer.Option("--overlay", metavar="2x2", help="Of the overlay or window.")] = None,
    stride: Annotated[str | None, typer.Option("--stride", metavar="2")] = None,
    padding: Annotated[str | None, typer.Option("--padding", metavar="1", help="On both sides.")] = None,
    dilation: Annotated[str | None, typer.Option("--dilation", metavar="2")] = None,
    factor: Annotated[str | None, typer.Option("--factor", metavar="2", help="Of upsampling.")] = None,
    maps: Annotated[int | None, typer.Option("--maps", min=1, help="Feature maps of a layer.")] = None,
    next_maps: Annotated[int | None, typer.Option("--next-maps", min=1, help="Feature maps of the next layer.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="FILE.svg, or FILE.tex for TikZ. Default: SVG to the output."),
    ] = None,
    still: Annotated[
        bool, typer.Option("--still", help="An SVG that does not move: all positions side by side.")
    ] = False,
) -> None:
    """Draw a picture, from the same formulas that the proofs are about: as SVG, which moves, or as TikZ.

    For example:

        cnn-symbolic draw overlay --shape 5x5 --overlay 3x3 --stride 2 --padding 1 -o strided.svg
    """
    from cnn_symbolic.ground.files import write
    from cnn_symbolic.present.console import make_console
    from cnn_symbolic.present.figures.options import read_pair
    from cnn_symbolic.present.figures.pictures import picture
    from cnn_symbolic.present.figures.svg import svg
    from cnn_symbolic.present.figures.tikz import tikz
    from cnn_symbolic.present.terminal import pictures_table

    if what is None:
        make_console().print(pictures_table())
        return
    texts = {
        "shape": shape, "overlay": overlay, "stride": stride, "padding": padding, "dilation": dilation,
        "factor": factor,
    }  # fmt: skip
    numbers = {name: read_pair(text, f"--{name}") for name, text in texts.items() if text is not None}
    drawn = picture(what, **numbers, maps=maps, next_maps=next_maps)
    if out is not None and out.suffix not in (".svg", ".tex"):
        raise typer.BadParameter(f"a picture is written to FILE.svg or FILE.tex, found {out}")
    name = re.sub(r"\W+", "-", what if out is None else out.stem)
    text = tikz(drawn) if out is not None and out.suffix == ".tex" else svg(drawn, not still, name)
    if out is None:
        typer.echo(text)
    else:
        write(out, text)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="A document that prove --json wrote.")],
) -> None:
    """Decide every claim and step in an exported file again, from the file alone.

    The last column is the statement that was decided, read from the file's formulas; titles are not checked.
    """
    from cnn_symbolic.present.console import make_console
    from cnn_symbolic.present.document import outcome, replay_file
    from cnn_symbolic.present.terminal import replay_table

    replayed = replay_file(file)
    make_console().print(replay_table(replayed))
    outcomes = [outcome(one.verdict) for one in replayed]
    if any(not one.agrees and word not in OPEN for one, word in zip(replayed, outcomes, strict=True)):
        raise typer.Exit(OPPOSITE)
    raise typer.Exit(status(zip((one.expected for one in replayed), outcomes, strict=True)))


def main() -> None:
    """Run the command line; characters that the terminal cannot show become question marks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    gc.set_threshold(50_000)  # formulas are small objects without end: looking for circles among them takes a tenth
    raise SystemExit(guarded(app))


if __name__ == "__main__":
    main()
