"""The commands that show what there is: list, article, inputs, replay, guide."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnn_symbolic.command_line import completing
from cnn_symbolic.command_line.app import ClaimSeconds, Jobs, Json, Memory, Names, app, limits_of
from cnn_symbolic.command_line.claim_results import decide_all, echo_text, status, watched, worst
from cnn_symbolic.command_line.exits import AS_STATED, OPPOSITE, UNDECIDED, USAGE

if TYPE_CHECKING:
    from cnn_symbolic.ground.limits import Limits
    from cnn_symbolic.present.replaying import Replayed


@app.command("list")
def list_claims(
    names: Names = None,
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
    output: Annotated[int, typer.Option("--output", metavar="N", min=1, help="The size that comes out.")],
    overlay: Annotated[int, typer.Option("--overlay", metavar="N", min=1, help="The size of the overlay or window.")],
    stride: Annotated[int, typer.Option("--stride", metavar="N", min=1, help="Of the convolution or window.")] = 1,
    padding: Annotated[int, typer.Option("--padding", metavar="N", min=0, help="On both sides.")] = 0,
    dilation: Annotated[int, typer.Option("--dilation", metavar="N", min=1, help="Of the overlay or window.")] = 1,
    ceil_mode: Annotated[bool, typer.Option("--ceil-mode", help="Of a pooling.")] = False,
    output_padding: Annotated[
        int | None,
        typer.Option("--transposed", metavar="N", min=0, help="Of a transposed convolution, with N as output padding."),
    ] = None,
) -> None:
    """List the input sizes that give an output size, along one axis of a convolution or pooling."""
    from cnn_symbolic.expressions.formulas import size
    from cnn_symbolic.kernel.search.size_sets import preimage
    from cnn_symbolic.tensors.operations.pooling import pool_size

    m = size("M")
    if output_padding is None:
        found = pool_size(m, overlay, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)
    else:
        found = (m - 1) * stride - 2 * padding + dilation * (overlay - 1) + 1 + output_padding
    sizes = preimage((found,), (output,))
    print(sizes.condition if sizes else "no input has this output")
    raise typer.Exit(AS_STATED if sizes else OPPOSITE)


@app.command()
def replay(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE.json", help="A document that prove --json wrote; - reads standard input.", show_default=False
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Print the lines of the proofs, too.")] = False,
    json: Json = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of documents, and exit.")] = False,
    jobs: Jobs = None,
    timeout: ClaimSeconds = 60,
    memory: Memory = "4G",
) -> None:
    """Decide every claim and every step in a document again, from its formulas alone.

    Of every claim it shows what was decided, as the formulas say it, and what is recorded otherwise than found. \
Titles, reasons and texts are not looked at, nor are certificates.

    Exit status: 0 every claim was decided and is as the document says, 1 one is not, 2 usage error, or no such \
document, 3 one is undecided, holds for literal values only, or has no formulas, as checks have none, 4 an error of \
the tool itself.
    """
    from cnn_symbolic.ground.printable import json_text

    if schema:
        from json import dumps

        from cnn_symbolic.present.schema import schema as schema_of_documents

        echo_text(dumps(schema_of_documents(), ensure_ascii=False, indent=1))
        return
    if file is None:
        raise typer.BadParameter("give a FILE.json, or - for standard input")
    from cnn_symbolic.present.console import make_console
    from cnn_symbolic.present.replay_view import replay_document, replay_summary, replay_views

    rows = replay_all(file, jobs or 0, limits_of(timeout, memory))
    if json:
        echo_text(json_text(replay_document(rows)))
    else:
        console = make_console()
        for view in replay_views(rows, full):
            console.print(view)
        console.print(f"\n{replay_summary(rows)}")
    raise typer.Exit(replay_status(rows))


def replay_all(file: Path, jobs: int, limits: Limits) -> list[Replayed]:
    """Return the claims of a document, each decided again within limits; 0 jobs are one for each core."""
    from cnn_symbolic.ground.processes import cores, in_processes
    from cnn_symbolic.present.document_reading import read_document
    from cnn_symbolic.present.replaying import at_limit, replaying

    claims = read_document(file)
    with closing(in_processes(replaying(claims), len(claims), jobs or cores(), limits, at_limit(claims))) as done:
        found = dict(watched(len(claims), "deciding")(done))
    return [found[k] for k in range(len(claims))]


def replay_status(rows: Sequence[Replayed]) -> int:
    """Return the exit status for the claims of a document that are decided again."""
    from cnn_symbolic.present.replaying import FAILED, NOT_DECIDED

    decided = [one for one in rows if one.outcome != NOT_DECIDED]
    if any(one.outcome == FAILED for one in decided):
        return USAGE
    found = status((one.expected, one.outcome) for one in decided) or (
        AS_STATED if all(one.as_expected for one in decided) else OPPOSITE
    )
    agreed = OPPOSITE if any(one.differences for one in decided) else AS_STATED
    return worst(found, agreed, AS_STATED if len(decided) == len(rows) else UNDECIDED)


@app.command()
def guide(
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="PAGE",
            help="A page's name; without one, all are listed.",
            show_default=False,
            autocompletion=completing.pages,
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="DIR",
            help="Write the guide, the reference of every name, the bundled claims and the pictures as a site that "
            "needs no network. DIR is new, empty, or such a site.",
        ),
    ] = None,
    jobs: Jobs = None,
) -> None:
    """Show a page of the guide, or which pages there are; or write all of it as a site."""
    from cnn_symbolic.library.guide import page, titles
    from cnn_symbolic.present.console import make_console, pages, rendered

    if html is not None:
        if topic is not None:
            raise typer.BadParameter("--html writes all pages: it takes no PAGE")
        write_site(html, jobs or 0)
        return
    console = make_console()
    if topic is None:
        console.print(pages(titles()))
    elif console.is_terminal:
        console.print(rendered(page(topic)))
    else:
        print(page(topic), end="")


def write_site(folder: Path, jobs: int) -> None:
    """Decide the bundled claims, write the site to a folder, and print where it begins."""
    from cnn_symbolic.command_line.claim_results import claims_status
    from cnn_symbolic.command_line.exits import say
    from cnn_symbolic.ground.printable import printable
    from cnn_symbolic.library.loading import everything
    from cnn_symbolic.present.site.building import build, check_packages, check_site
    from cnn_symbolic.present.site.claims import ClaimFinding
    from cnn_symbolic.present.site.pages import pages

    check_site(folder)
    check_packages()
    claims = everything()
    found = decide_all(claims, jobs=jobs)
    findings = {
        one.id: ClaimFinding(one.outcome, one.evidence, one.assumptions, tuple(text for text, _ in one.remarks))
        for one in found
    }
    build(pages(claims, findings), folder, say)
    print(printable(folder / "index.html"))
    raise typer.Exit(claims_status(found))
