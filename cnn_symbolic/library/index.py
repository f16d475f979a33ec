"""The index of the bundled claims: what is listed and looked up without loading a file, and without SymPy.

It is made when all files are loaded, and kept in the user's cache under the digest of what it was made from.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from cnn_symbolic.ground.errors import DerivationFileError, ExportError
from cnn_symbolic.ground.files import cache_folder, write
from cnn_symbolic.ground.version import __version__
from cnn_symbolic.library.files import bundled_folder

KEPT = "bundled-claims.json"


@dataclass(frozen=True)
class ListedClaim:
    """What is known of a claim that is not loaded: its file, its place and name there, and what it says of itself.

    `id` is unique over all bundled claims, `name` in its file only.
    """

    id: str
    file: Path
    position: int
    name: str
    title: str
    expected: str
    article: tuple[str, ...]


class Identified(Protocol):
    """What has an id and comes from a file."""

    @property
    def id(self) -> str:
        """The id."""

    @property
    def file(self) -> Path:
        """The file."""


T = TypeVar("T", bound=Identified)


def kept() -> list[ListedClaim] | None:
    """Return the index of the bundled claims, if one is kept that was made from the files as they are."""
    try:
        found = json.loads((cache_folder() / KEPT).read_text(encoding="utf-8"))
        if found["digest"] != digest():
            return None
        bundle = bundled_folder()
        return [
            ListedClaim(**{**row, "file": bundle / row["file"], "article": tuple(row["article"])})
            for row in found["rows"]
        ]
    except (OSError, ValueError, LookupError, TypeError):
        return None


def keep(rows: Iterable[ListedClaim]) -> None:
    """Keep the index of the bundled claims, where a file can be written."""
    bundle = bundled_folder()
    written = [{**vars(row), "file": row.file.relative_to(bundle).as_posix()} for row in rows]
    with suppress(OSError, ExportError):
        cache_folder().mkdir(parents=True, exist_ok=True)
        write(cache_folder() / KEPT, json.dumps({"digest": digest(), "rows": written}, ensure_ascii=False))


def digest() -> str:
    """Return the digest of what the index depends on: the derivation files, and the package."""
    made = hashlib.sha256(__version__.encode())
    for folder in (bundled_folder(), Path(__file__).parents[1]):
        for file in sorted(folder.rglob("*.py")):
            made.update(str(file.relative_to(folder)).encode() + hashlib.sha256(file.read_bytes()).digest())
    return made.hexdigest()


def matching(rows: Sequence[ListedClaim], name: str) -> list[ListedClaim]:
    """Return the claims that a name calls for: an id, an id of the article, a file or a folder.

    Those of a file have the ids that they have there. Raises DerivationFileError, with what is similar, if there is
    none.
    """
    in_file = [replace(row, id=row.name) for row in rows if name in of_file(row.file)]
    if found := in_file or [row for row in rows if name == row.id or name.upper() in row.article]:
        return found
    names = {n for row in rows for n in (row.id, row.file.stem, row.file.parent.name, *row.article)}
    near = difflib.get_close_matches(name, sorted(names), n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "cnn-symbolic list shows the bundled claims"
    raise DerivationFileError(f"{name} is neither a file, nor a folder, nor a bundled claim: {hint}")


def of_file(file: Path) -> tuple[str, ...]:
    """Return the names that call for all claims of a file."""
    return file.stem, file.name, file.parent.name


def with_unique_ids(claims: Sequence[T]) -> list[T]:
    """Return the claims with the file's name before ids that agree, then also its folder's, then a number behind."""
    ids = [claim.id for claim in claims]
    for depth in (1, 2):
        count = Counter(ids)
        ids = [one if count[one] == 1 else qualified(c, depth) for one, c in zip(ids, claims, strict=True)]
    taken = set(ids)
    seen: set[str] = set()
    for k, one in enumerate(ids):
        if one in seen:
            ids[k] = next(name for n in itertools.count(2) if (name := f"{one}_{n}") not in taken)
            taken.add(ids[k])
        seen.add(ids[k])
    return [c if c.id == one else replace(cast(Any, c), id=one) for one, c in zip(ids, claims, strict=True)]


def qualified(claim: Identified, depth: int) -> str:
    """Return the id of a claim after the name of its file, and of the folder of the file at depth 2."""
    stem = claim.file.stem
    own = f"{stem}.{claim.id.removeprefix(f'{stem}.')}"
    return own if depth == 1 else f"{claim.file.resolve().parent.name}.{own}"
