"""What the shell completes: names of claims, layers, pages of the guide, pictures, and files where they may stand."""

from __future__ import annotations

from pathlib import Path


def names(incomplete: str) -> list[tuple[str, str]]:
    """Return the bundled claims, by id or the article's, and the files that begin so.

    Claims are known only once the index of them is kept.
    """
    from cnn_symbolic.library.index import kept

    rows = kept() or []
    named = [(name, row.title) for row in reversed(rows) for name in (row.id, *row.article)]
    found = {name: title for name, title in named if name.startswith(incomplete)}
    return [*found.items(), *files(incomplete)]


def files(incomplete: str) -> list[tuple[str, str]]:
    """Return the files and folders that begin so; a folder ends with /."""
    folder, _, start = incomplete.rpartition("/")
    inside = Path(f"{folder}/" if incomplete.startswith("/") or folder else ".")
    before = incomplete[: len(incomplete) - len(start)]
    try:
        found = sorted(inside.iterdir())
    except OSError:
        return []
    shown = [file for file in found if file.name.startswith(start) and (start or not file.name.startswith("."))]
    return [(f"{before}{file.name}{'/' if file.is_dir() else ''}", "") for file in shown]


def layers(incomplete: str) -> list[str]:
    """Return the layers that begin so, without the parentheses of their options, which a shell takes for its own."""
    from cnn_symbolic.ground.names import TOPICS

    known = TOPICS["cnn_symbolic.backward"]["backward.forwards"].split()
    return [name for name in known if name != "read_forward" and name.startswith(incomplete)]


def pages(incomplete: str) -> list[tuple[str, str]]:
    """Return the pages of the guide that begin so."""
    from cnn_symbolic.library.guide import titles

    return [(name, title) for name, title in titles().items() if name.startswith(incomplete)]


def pictures(incomplete: str) -> list[tuple[str, str]]:
    """Return the pictures that begin so."""
    from cnn_symbolic.present.figures.pictures import PICTURES

    return [(name, kind.text) for name, kind in PICTURES.items() if name.startswith(incomplete)]
