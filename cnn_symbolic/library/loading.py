"""Finds and loads derivation files: the bundled ones, and the user's own.

A derivation file is a Python program that the user chooses to run; loading it declares its claims and
decides nothing.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from sympy import SympifyError

from cnn_symbolic.claims.reading import declared_claims
from cnn_symbolic.expressions.values import Calculated
from cnn_symbolic.ground.display import Displayed
from cnn_symbolic.ground.ending import Ended
from cnn_symbolic.ground.errors import CnnSymbolicError, DerivationFileError, DisagreementError, OperandError
from cnn_symbolic.ground.files import cache_folder
from cnn_symbolic.library.files import GROUPS, bundled_folder, derivation_files, read_text
from cnn_symbolic.library.index import ListedClaim, keep, kept, matching, with_unique_ids
from cnn_symbolic.proofs.check import Check
from cnn_symbolic.proofs.collecting import collecting
from cnn_symbolic.proofs.derivation import Derivation

INSTEAD = (
    "SymPy's functions do not take sizes, indices and entries: import floor, ceiling, maximum, minimum, where, "
    "Iverson, And, Or and Not from cnn_symbolic, write // % == between sizes, and apply(…) for a function of a "
    "tensor's entries"
)


@dataclass(frozen=True)
class Claim(Displayed):
    """A declared derivation with its id (the name of its variable), its file, and the place there, from 1 on."""

    id: str
    derivation: Derivation | Check
    file: Path
    line: int = 0
    column: int = 0

    @property
    def group(self) -> str:
        """The heading under which the claim is listed: the article's section, or the name of its file."""
        return GROUPS.get(self.file.parent.name, self.file.stem.replace("_", " "))


def load_file(path: Path) -> list[Claim]:
    """Return the claims of one derivation file; raise DerivationFileError if it cannot be imported."""
    if not path.is_file():
        raise DerivationFileError(f"{path} is not a file")
    spec = importlib.util.spec_from_file_location(f"derivation_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise DerivationFileError(f"{path} is not a Python file: a derivation file's name ends in .py")
    module = importlib.util.module_from_spec(spec)
    writing, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(path.parent))
    before = set(sys.modules)
    try:
        with collecting(path) as collected:
            spec.loader.exec_module(module)
    except (KeyboardInterrupt, Ended, DisagreementError):
        raise
    except BaseException as error:
        raise DerivationFileError(f"{path} failed to import{where(error, path)}: {describe(error)}") from error
    finally:
        sys.path.remove(str(path.parent))
        for name in set(sys.modules) - before:
            if is_beside(sys.modules[name], path):
                del sys.modules[name]
        sys.dont_write_bytecode = writing
    return [
        Claim(claim_id(one.made, module, path, k), one.made, path, one.line, one.column)
        for k, one in enumerate(collected, start=1)
    ]


def load_text(text: str, where: str) -> list[Claim]:
    """Return the claims of a text, which is read and not run; raise ClaimTextError where it cannot be read."""
    found = declared_claims(text, where).items()
    return [Claim(name, one.made, Path(where), one.line, one.column) for name, one in found]


def is_beside(module: ModuleType, path: Path) -> bool:
    """Tell whether a module was loaded from the folder of a derivation file: other folders may have one of its name."""
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).parent.resolve() == path.parent.resolve()


def claim_id(derivation: Derivation | Check, module: ModuleType, path: Path, position: int) -> str:
    """Return the name of the variable that holds the claim, numbered if that is a list, or the file's name."""
    for name, value in vars(module).items():
        if value is derivation:
            return name
        if isinstance(value, list) and derivation in value:
            return f"{name}_{value.index(derivation) + 1}"
    return f"{path.stem}_{position}"


def describe(error: BaseException) -> str:
    """Return an error as one line, with its kind unless the message speaks for itself, and what to write instead."""
    if is_given_to_sympy(error):
        return f"{type(error).__name__}: {INSTEAD}"
    return str(error) if isinstance(error, CnnSymbolicError) else f"{type(error).__name__}: {error}"


def is_given_to_sympy(error: BaseException) -> bool:
    """Tell whether SymPy has refused a number or a condition of this package."""
    if isinstance(error, SympifyError):
        return isinstance(error.expr, Calculated) or "cnn_symbolic" in str(error)
    if isinstance(error, OperandError):  # where SymPy looks its arguments up among those it has seen
        *_, caller, last = traceback.extract_tb(error.__traceback__)
        return last.name == "__hash__" and "sympy" in Path(caller.filename).parts
    return isinstance(error, TypeError) and re.search("`(Number|Truth)`", str(error)) is not None


def where(error: BaseException, path: Path) -> str:
    """Return the line of the file at which the error arose."""
    if isinstance(error, SyntaxError):
        return f" at line {error.lineno}"
    lines = [
        f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).resolve() == path.resolve()
    ]
    return f" at line {lines[-1]}" if lines else ""


def load_one(file: Path) -> list[Claim]:
    """Return the claims of a derivation file, or of a text of claims, which is read and not run.

    A text is a file whose name does not end in .py.
    """
    return load_file(file) if file.suffix == ".py" or not file.is_file() else load_text(read_text(file), str(file))


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


def select(wanted: Sequence[str]) -> list[Claim]:
    """Return the claims called for: all bundled ones, or those by id, by file name, or in the user's own files.

    A file is loaded once, and a claim returned once, whatever calls for it; ids are unique over all of them.
    """
    if not wanted:
        return everything()
    once = loader()
    rows: list[ListedClaim] | None = None
    chosen: list[Claim] = []
    for name in wanted:
        if name and Path(name).exists():
            chosen += read(Path(name), once)
            continue
        rows = rows or kept() or indexed(read(bundled_folder(), once))
        chosen += [claim_of(row, once(row.file)) for row in matching(rows, name)]
    return with_unique_ids(list({id(c.derivation): c for c in chosen}.values()))


def loader() -> Callable[[Path], list[Claim]]:
    """Return what loads the claims of a file, each file once."""
    files: dict[Path, list[Claim]] = {}

    def once(file: Path) -> list[Claim]:
        if (key := file.resolve()) not in files:
            files[key] = load_one(file)
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
