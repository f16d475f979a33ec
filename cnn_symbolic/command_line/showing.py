"""The commands that show what there is: list, article, inputs, replay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnn_symbolic.command_line.app import Names, app
from cnn_symbolic.command_line.claim_results import OPEN, decide_all, status
from cnn_symbolic.command_line.exits import AS_STATED, OPPOSITE


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
    from cnn_symbolic.kernel.search.size_sets import preimage
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


@app.command()
def guide(
    topic: Annotated[
        str | None,
        typer.Argument(metavar="PAGE", help="A page's name; without one, all are listed.", show_default=False),
    ] = None,
) -> None:
    """Show a page of the guide, or which pages there are."""
    from cnn_symbolic.library.guide import page, titles
    from cnn_symbolic.present.console import make_console, pages, rendered

    console = make_console()
    if topic is None:
        console.print(pages(titles()))
    elif console.is_terminal:
        console.print(rendered(page(topic)))
    else:
        typer.echo(page(topic), nl=False)
