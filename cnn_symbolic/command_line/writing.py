"""The commands that write: book, draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnn_symbolic.command_line import completing
from cnn_symbolic.command_line.app import Certificates, CoqSeconds, Jobs, Memory, app, limits_of

if TYPE_CHECKING:
    from cnn_symbolic.library.loading import Claim
    from cnn_symbolic.present.content.headings import Heading


@app.command()
def book(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write to; made if it is not there.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME-OR-PATH",
            help="As for prove; a text of claims, as check reads it, too. Default: all bundled.",
            show_default=False,
            autocompletion=completing.names,
        ),
    ] = None,
    latex: Annotated[bool, typer.Option("--latex", help="Only book.tex (and what else is asked for).")] = False,
    html: Annotated[bool, typer.Option("--html", help="Only book.html (and what else is asked for).")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Only book.pdf (and what else is asked for).")] = False,
    one: Annotated[
        list[str] | None,
        typer.Option(
            "--one",
            metavar="CLAIM",
            help="Only this claim, as CLAIM.tex to be read with \\input and CLAIM.html. May be given several times.",
            show_default=False,
        ),
    ] = None,
    statements: Annotated[
        bool, typer.Option("--statements", help="Only what is stated: no proofs, and no numbers of counterexamples.")
    ] = False,
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="Of the book.")] = None,
    author: Annotated[str | None, typer.Option("--author", metavar="TEXT", help="Of the book.")] = None,
    date: Annotated[str | None, typer.Option("--date", metavar="TEXT", help="Of the book.")] = None,
    introduction: Annotated[
        Path | None,
        typer.Option("--introduction", metavar="FILE", help="A text, its paragraphs apart by empty lines."),
    ] = None,
    picture: Annotated[
        list[str] | None,
        typer.Option(
            "--picture",
            metavar="TEXT",
            help="A picture of draw, as 'overlay, shape 5x5, stride 2'. May be given several times.",
            show_default=False,
        ),
    ] = None,
    jobs: Jobs = None,
    certify: Annotated[
        bool, typer.Option("--certify", help="Certify the claims first, and print the statements that Coq checked.")
    ] = False,
    certificates: Certificates = Path("certificates"),
    timeout: CoqSeconds = None,
    memory: Memory = "4G",
) -> None:
    """Write the proofs and refutations as a book: LaTeX, PDF where a TeX is installed, and HTML.

    Every line of a proof in it was decided equal to the line before it, for all sizes. Claims that are neither
    proved nor refuted are left out, and named; what holds for literal values only is no theorem, and is printed as
    that if its file states it. Title, author, date, introduction and pictures of the book are those of the options, or
    of the docstring of the derivation file. Exit status as for prove, and with --certify as for certify.
    """
    from cnn_symbolic.command_line.claim_results import book_status, certified_first, report_omitted, watched
    from cnn_symbolic.command_line.exits import say
    from cnn_symbolic.ground.printable import printable
    from cnn_symbolic.library.loading import select
    from cnn_symbolic.present.book.publishing import check_files, files, publish, publish_one
    from cnn_symbolic.present.content.assembly import assemble
    from cnn_symbolic.present.content.headings import Heading

    chosen = {"latex": latex, "html": html, "pdf": pdf}
    kinds = frozenset(kind for kind, wanted in chosen.items() if wanted) or frozenset(chosen)
    wanted = list(dict.fromkeys(one or ()))
    if wanted and kinds == {"pdf"}:
        raise typer.BadParameter("one claim is written as LaTeX and HTML, not as a PDF")
    heading = heading_given({"title": title, "author": author, "date": date}, introduction, picture or [])
    if wanted and heading != Heading():
        raise typer.BadParameter("title, author, date, introduction and pictures are of a book; --one writes fragments")
    for name in wanted or ["book"]:
        check_files(files(out, name), kinds)
    limits = limits_of(timeout, memory)
    selected = select(names or [], limits)
    claims = chosen_claims(selected, wanted)
    outcomes = certified_first(claims, certificates, jobs or 0, limits, timeout) if certify else None
    made = assemble(
        claims,
        jobs or 0,
        watched(len(claims)),
        among=selected,
        outcomes=outcomes,
        limits=limits,
        heading=heading,
        proofs=not statements,
    )
    report_omitted(made, str(out))
    entries = [entry for chapter in made.chapters for entry in chapter.entries]
    if not wanted:
        done = publish(made, out, kinds, say)
    else:
        done = (file for entry in entries for file in publish_one(entry, out, kinds))
    for file in done:
        print(printable(file))
    raise typer.Exit(book_status(made, outcomes or ()))


def heading_given(texts: Mapping[str, str | None], introduction: Path | None, pictures: Sequence[str]) -> Heading:
    """Return what options say of a book; raise BadParameter where there is no text, and for no picture."""
    from cnn_symbolic.library.files import read_text
    from cnn_symbolic.present.content.headings import Heading, paragraphs, read_picture
    from cnn_symbolic.present.content.prose import tidy

    given = {name: tidy(text) for name, text in texts.items() if text is not None}
    for name, text in given.items():
        if not text:
            raise typer.BadParameter(f"--{name} has no text")
    about = paragraphs(read_text(introduction)) if introduction is not None else []
    if introduction is not None and not about:
        raise typer.BadParameter(f"--introduction: there is no text in {introduction}")
    for text in pictures:
        read_picture(text)
    return Heading(**given, introduction=tuple(about), pictures=tuple(pictures))


def chosen_claims(claims: Sequence[Claim], wanted: Sequence[str]) -> list[Claim]:
    """Return the claims with the wanted ids, or all if none is; raise BadParameter for an id that there is not."""
    from cnn_symbolic.ground.words import suggestion

    ids = {claim.id for claim in claims}
    for name in wanted:
        if name not in ids:
            near = suggestion(name, ids)
            raise typer.BadParameter(f"there is no claim {name!r}{near or '; cnn-symbolic list shows the ids'}")
    return [claim for claim in claims if not wanted or claim.id in wanted]


@app.command()
def draw(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="WHAT",
            help="A picture's name; without one, all are listed.",
            show_default=False,
            autocompletion=completing.pictures,
        ),
    ] = None,
    shape: Annotated[str | None, typer.Option("--shape", metavar="3x3", help="Of the input; 1x8 is a row.")] = None,
    overlay: Annotated[str | None, typer.Option("--overlay", metavar="2x2", help="Of the overlay or window.")] = None,
    stride: Annotated[str | None, typer.Option("--stride", metavar="2", help="Of the overlay or window.")] = None,
    padding: Annotated[
        str | None,
        typer.Option("--padding", metavar="1", help="Or one for each axis, 2+0 before and after, causal, same, full."),
    ] = None,
    dilation: Annotated[str | None, typer.Option("--dilation", metavar="2", help="Of the overlay or window.")] = None,
    output_padding: Annotated[
        str | None, typer.Option("--output-padding", metavar="1", help="Of a transposed convolution.")
    ] = None,
    factor: Annotated[str | None, typer.Option("--factor", metavar="2", help="Of upsampling.")] = None,
    maps: Annotated[int | None, typer.Option("--maps", metavar="N", min=1, help="Feature maps of a layer.")] = None,
    next_maps: Annotated[
        int | None, typer.Option("--next-maps", metavar="N", min=1, help="Feature maps of the next layer.")
    ] = None,
    groups: Annotated[
        int | None, typer.Option("--groups", metavar="N", min=1, help="Of the feature maps of both layers.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="FILE.svg, FILE.png, or FILE.tex for TikZ. Default: SVG to the output."
        ),
    ] = None,
    still: Annotated[
        bool, typer.Option("--still", help="An SVG that does not move: all positions side by side.")
    ] = False,
) -> None:
    """Draw a picture, from the same formulas that the proofs are about: as SVG, which moves, as TikZ, or as PNG.

    For example:

        cnn-symbolic draw overlay --shape 5x5 --overlay 3x3 --stride 2 -o it.svg
    """
    from cnn_symbolic.command_line.claim_results import echo_text
    from cnn_symbolic.ground.printable import printable
    from cnn_symbolic.present.console import make_console
    from cnn_symbolic.present.figures.drawing import draw as drawing
    from cnn_symbolic.present.figures.options import read_pair
    from cnn_symbolic.present.terminal import pictures_table

    if what is None:
        make_console().print(pictures_table())
        return
    texts = {
        "shape": shape, "overlay": overlay, "stride": stride, "padding": padding, "dilation": dilation,
        "output_padding": output_padding, "factor": factor,
    }  # fmt: skip
    numbers = {name: read_pair(text, f"--{name.replace('_', '-')}") for name, text in texts.items() if text is not None}
    drawn = drawing(what, still=still, **numbers, maps=maps, next_maps=next_maps, groups=groups)
    if out is None:
        echo_text(drawn.svg())
    else:
        print(printable(drawn.save(out)))
