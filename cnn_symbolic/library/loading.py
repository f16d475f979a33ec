"""Finds and loads derivation files: the bundled ones, and the user's own.

A derivation file is a Python program that the user chooses to run; loading it declares its claims and decides nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cnn_symbolic.claims.reading import declared_claims
from cnn_symbolic.ground.children import CAN_FORK
from cnn_symbolic.ground.display import Displayed
from cnn_symbolic.ground.errors import ClaimTextError, CnnSymbolicError, DerivationFileError
from cnn_symbolic.ground.files import cache_folder
from cnn_symbolic.ground.limits import LIMITS, Limits
from cnn_symbolic.library.files import GROUPS, bundled_folder, derivation_files, read_text, visible_files
from cnn_symbolic.library.importing import declarations
from cnn_symbolic.library.index import ListedClaim, keep, kept, matching, with_unique_ids
from cnn_symbolic.proofs.check import Check
from cnn_symbolic.proofs.derivation import Derivation

# What is said of formulas that were read from code.
READ = "read from the code"


@dataclass(frozen=True)
class CodeListing:
    """Code that formulas were read from: the name of its file, its lines there, and the layer that it is about."""

    file: str
    lines: tuple[int, int]
    text: str
    layer: str

    @property
    def title(self) -> str:
        """Where the code is."""
        return f"{self.file}, lines {self.lines[0]}–{self.lines[1]}"

    @property
    def numbered(self) -> str:
        """The code, each line with its number."""
        first, last = self.lines
        return "\n".join(
            f"{k:0{len(str(last))}}  {line}" for k, line in enumerate(self.text.splitlines()[first - 1 : last], first)
        )


@dataclass(frozen=True)
class Claim(Displayed):
    """A declared derivation with its id (the name of its variable), its file, and the place there, from 1 on.

    Of one that was read from a backward pass, `code` is what it was read from.
    """

    id: str
    derivation: Derivation | Check
    file: Path
    line: int = 0
    column: int = 0
    code: CodeListing | None = None

    def evidence(self, verdict: str) -> str:
        """Return the evidence for the claim: that of its verdict, and where its formula was read."""
        return verdict if self.code is None else f"{verdict}, {READ}"

    @property
    def place(self) -> str:
        """Where the claim is declared, as `file:line:column`; nothing if that is in no file of the user's own."""
        return f"{self.file}:{self.line}:{self.column}" if self.line and not is_bundled(self.file) else ""

    @property
    def group(self) -> str:
        """The heading under which the claim is listed: the article's section, or the name of its file."""
        if self.code is not None:
            return self.code.title
        return GROUPS.get(self.file.parent.name, self.file.stem.replace("_", " "))


def load_file(path: Path, limits: Limits = LIMITS) -> list[Claim]:
    """Return the claims of one derivation file; raise DerivationFileError if it cannot be imported.

    A file of the user's own is code of others: it runs in a process of its own, with limits, and what it declares
    comes back as data. Where processes cannot be forked it is imported here, as the bundled files are.
    """
    if not path.is_file():
        raise DerivationFileError(f"{path} is not a file")
    if is_bundled(path) or not CAN_FORK:
        found = declarations(path)
    else:
        from cnn_symbolic.library import elsewhere  # what it loads takes time, and files of one's own need it only

        found = elsewhere.declared_elsewhere(path, limits)
    return [
        Claim(one.name or f"{path.stem}_{k}", one.made, path, one.line, one.column)
        for k, one in enumerate(found, start=1)
    ]


def is_bundled(path: Path) -> bool:
    """Tell whether a file is one of the package's own."""
    with suppress(DerivationFileError):
        return path.resolve().is_relative_to(bundled_folder().resolve())
    return False


def load_text(text: str, where: str, placed: bool = True) -> list[Claim]:
    """Return the claims of a text, which is read and not run; raise ClaimTextError where it cannot be read.

    They have their places in the text, unless it is not `placed` in a file.
    """
    found = declared_claims(text, where).items()
    return [Claim(name, one.made, Path(where), *((one.line, one.column) if placed else ())) for name, one in found]


def load_texts(paths: Sequence[Path]) -> tuple[list[Claim], dict[Path, CnnSymbolicError]]:
    """Return the claims of texts, with ids that are unique, and of the texts that cannot be read the reason.

    A folder stands for all texts in it whose names end in .claims; `-` is standard input. Raises DerivationFileError
    for a folder that has none.
    """
    claims: list[Claim] = []
    unread: dict[Path, CnnSymbolicError] = {}
    for file in dict.fromkeys(file for path in paths for file in claim_texts(path)):
        try:
            claims += load_text(read_text(file), "standard input" if str(file) == "-" else str(file))
        except (DerivationFileError, ClaimTextError) as error:
            unread[file] = error
    return with_unique_ids(claims), unread


def claim_texts(path: Path) -> list[Path]:
    """Return the texts of claims that a path stands for; raise DerivationFileError for a folder without any."""
    if not path.is_dir():
        return [path]
    if found := [file for file in visible_files(path, ".claims") if file.is_file()]:
        return found
    raise DerivationFileError(f"{path} has no text of claims: their names end in .claims")


def load_one(file: Path, limits: Limits = LIMITS) -> list[Claim]:
    """Return the claims of a derivation file, or of a text of claims, which is read and not run.

    A text is a file whose name does not end in .py.
    """
    return (
        load_file(file, limits) if file.suffix == ".py" or not file.is_file() else load_text(read_text(file), str(file))
    )


def read(path: Path, reader: Callable[[Path], list[Claim]]) -> list[Claim]:
    """Return the claims of a file or folder, as a reader of files finds them."""
    files = derivation_files(path) if path.is_dir() else [path]
    found = [claim for file in files for claim in reader(file)]
    if not found:
        raise DerivationFileError(f"{path} states no claim: it needs prove(…) or refute(…)")
    return found


def at_literals(claims: Iterable[Claim], values: Iterable[int]) -> list[Claim]:
    """Return the claims to be decided at literal values of strides and other factors."""
    chosen = tuple(values)
    return [
        replace(claim, derivation=replace(claim.derivation, literally=chosen))
        if isinstance(claim.derivation, Derivation)
        else claim
        for claim in claims
    ]


def select(wanted: Sequence[str], limits: Limits = LIMITS) -> list[Claim]:
    """Return the claims called for: all bundled ones, or those by id, by file name, or in the user's own files.

    A file is loaded once, and a claim returned once, whatever calls for it; ids are unique over all of them. The limits
    are those of each file of the user's own.
    """
    if not wanted:
        return everything()
    once = loader(limits)
    rows: list[ListedClaim] | None = None
    chosen: list[Claim] = []
    for name in wanted:
        if name and Path(name).exists():
            chosen += read(Path(name), once)
            continue
        rows = rows or kept() or indexed(read(bundled_folder(), once))
        chosen += [claim_of(row, once(row.file)) for row in matching(rows, name)]
    return with_unique_ids(list({id(c.derivation): c for c in chosen}.values()))


def loader(limits: Limits = LIMITS) -> Callable[[Path], list[Claim]]:
    """Return what loads the claims of a file, each file once."""
    files: dict[Path, list[Claim]] = {}

    def once(file: Path) -> list[Claim]:
        if (key := file.resolve()) not in files:
            files[key] = load_one(file, limits)
        return files[key]

    return once


def about_article() -> list[Claim]:
    """Return the bundled claims that settle one of the article's."""
    once = loader()
    rows = kept() or indexed(read(bundled_folder(), once))
    return [claim_of(row, once(row.file)) for row in rows if row.article]


def everything() -> list[Claim]:
    """Return all bundled claims."""
    claims = read(bundled_folder(), load_one)
    if kept() is None:
        indexed(claims)
    return with_unique_ids(claims)


def indexed(claims: Sequence[Claim]) -> list[ListedClaim]:
    """Return the index of the bundled claims, which is kept for the next time."""
    places: Counter[Path] = Counter()
    rows = []
    for claim, unique in zip(claims, with_unique_ids(claims), strict=True):
        rows.append(row_of(unique, places[claim.file], claim.id))
        places[claim.file] += 1
    keep(rows)
    return rows


def row_of(claim: Claim, position: int = 0, name: str = "") -> ListedClaim:
    """Return what is listed of a claim; `position` and `name` are those in its file."""
    made = claim.derivation
    return ListedClaim(claim.id, claim.file, position, name or claim.id, made.title, made.expected, made.article)


def claim_of(row: ListedClaim, claims: Sequence[Claim]) -> Claim:
    """Return the claim that a row of the index is about, among those of its file."""
    if row.position >= len(claims) or claims[row.position].id != row.name:
        raise DerivationFileError(f"{row.file} has no claim {row.name} where the index in {cache_folder()} says")
    return replace(claims[row.position], id=row.id)
