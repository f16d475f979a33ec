"""Finds and loads derivation files: the bundled ones, and the user's own.

A derivation file is a Python program that the user chooses to run; loading it declares its claims and
decides nothing.
"""

from __future__ import annotations

import difflib
import importlib.util
import itertools
import re
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from sympy import SympifyError

from cnn_symbolic.article import SECTIONS
from cnn_symbolic.checking.claims import read_claims
from cnn_symbolic.checks import Check
from cnn_symbolic.derivation import Derivation, collecting
from cnn_symbolic.display import Displayed
from cnn_symbolic.errors import CnnSymbolicError, DerivationFileError, DisagreementError
from cnn_symbolic.expressions.values import Calculated

__all__ = ["GROUPS", "Claim", "at_literals", "bundled_folder", "load", "load_file", "load_text", "read_text", "select"]


INSTEAD = (
    "SymPy's functions do not take sizes, indices and entries: import floor, ceiling, maximum, minimum, where, "
    "Iverson, And, Or and Not from cnn_symbolic, write // % == between sizes, and apply(…) for a function of a "
    "tensor's entries"
)

# The folders of the bundled derivations: the article's sections, then the convolutions that people use.
GROUPS = SECTIONS | {
    "shape_laws": "Shape laws",
    "convolution": "Convolutions with stride, padding, dilation and groups",
    "transposed_convolution": "Transposed convolutions",
    "unfolding": "Unfold and fold",
    "pooling": "Pooling and upsampling",
    "rewriting": "Convolutions written as others",
}


@dataclass(frozen=True)
class Claim(Displayed):
    """A declared derivation with its id (the name of its variable) and its file."""

    id: str
    derivation: Derivation | Check
    file: Path

    @property
    def group(self) -> str:
        """The heading under which the claim is listed: the article's section, or the name of its file."""
        return GROUPS.get(self.file.parent.name, self.file.stem.replace("_", " "))


def bundled_folder() -> Path:
    """Return the folder of the bundled derivations: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    for folder in (package / "derivations", package.parent / "derivations"):
        if folder.is_dir():
            return folder
    raise DerivationFileError("the bundled derivations are missing: install cnn-symbolic again")


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
        with collecting() as collected:
            spec.loader.exec_module(module)
    except (KeyboardInterrupt, DisagreementError):
        raise
    except BaseException as error:
        raise DerivationFileError(f"{path} failed to import{where(error, path)}: {describe(error)}") from error
    finally:
        sys.path.remove(str(path.parent))
        for name in set(sys.modules) - before:
            if is_beside(sys.modules[name], path):
                del sys.modules[name]
        sys.dont_write_bytecode = writing
    return [Claim(claim_id(d, module, path, k), d, path) for k, d in enumerate(collected, start=1)]


def load_text(text: str, where: str) -> list[Claim]:
    """Return the claims of a text, which is read and not run; raise ClaimTextError where it cannot be read."""
    return [Claim(name, claim, Path(where)) for name, claim in read_claims(text, where).items()]


def read_text(path: Path) -> str:
    """Return a file's text; raise DerivationFileError if it is not there, or no text."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise DerivationFileError(f"{path} cannot be read: {reason}") from None


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
    if isinstance(error, CnnSymbolicError):
        return str(error)
    return f"{type(error).__name__}: {INSTEAD if is_given_to_sympy(error) else error}"


def is_given_to_sympy(error: BaseException) -> bool:
    """Tell whether SymPy has refused a number or a condition of this package."""
    if isinstance(error, SympifyError):
        return isinstance(error.expr, Calculated) or "cnn_symbolic" in str(error)
    return isinstance(error, TypeError) and re.search("`(Number|Truth)`", str(error)) is not None


def where(error: BaseException, path: Path) -> str:
    """Return the line of the file at which the error arose."""
    if isinstance(error, SyntaxError):
        return f" at line {error.lineno}"
    lines = [
        f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).resolve() == path.resolve()
    ]
    return f" at line {lines[-1]}" if lines else ""


def derivation_files(folder: Path) -> list[Path]:
    """Return the Python files of a folder and the folders in it, the bundled groups in their order."""
    sections = list(GROUPS)

    def place(file: Path) -> tuple[int, Path]:
        name = file.parent.name
        return (sections.index(name) if name in sections else len(sections), file)

    hidden = ("_", ".")
    inside = (f for f in folder.rglob("*.py") if not any(p.startswith(hidden) for p in f.relative_to(folder).parts))
    return sorted(inside, key=place)


def load(paths: Iterable[Path]) -> list[Claim]:
    """Return the claims of files and folders, their ids made unique by the file's name where two agree.

    A file whose name does not end in .py is a text of claims, which is read and not run.
    """
    return with_unique_ids([claim for path in paths for claim in read(path, load_one)])


def load_one(file: Path) -> list[Claim]:
    """Return the claims of a derivation file or of a text of claims."""
    return load_file(file) if file.suffix == ".py" or not file.is_file() else load_text(read_text(file), str(file))


def read(path: Path, reader: Callable[[Path], list[Claim]]) -> list[Claim]:
    """Return the claims of a file or folder, as a reader of files finds them."""
    files = derivation_files(path) if path.is_dir() else [path]
    found = [claim for file in files for claim in reader(file)]
    if not found:
        raise DerivationFileError(f"{path} states no claim: it needs prove(…) or refute(…)")
    return found


def with_unique_ids(claims: Sequence[Claim]) -> list[Claim]:
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
    return [c if c.id == one else replace(c, id=one) for one, c in zip(ids, claims, strict=True)]


def qualified(claim: Claim, depth: int) -> str:
    """Return the id of a claim after the name of its file, and of the folder of the file at depth 2."""
    stem = claim.file.stem
    own = f"{stem}.{claim.id.removeprefix(f'{stem}.')}"
    return own if depth == 1 else f"{claim.file.resolve().parent.name}.{own}"


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
    bundle = bundled_folder()
    if not wanted:
        return load([bundle])
    files: dict[Path, list[Claim]] = {}

    def once(file: Path) -> list[Claim]:
        if (key := file.resolve()) not in files:
            files[key] = load_one(file)
        return files[key]

    chosen: list[Claim] = []
    known: list[Claim] | None = None
    for name in wanted:
        if name and Path(name).exists():
            chosen += read(Path(name), once)
            continue
        by_file = [f for f in derivation_files(bundle) if name in (f.stem, f.name, f.parent.name)]
        if by_file:
            chosen += [claim for file in by_file for claim in once(file)]
            continue
        known = with_unique_ids(read(bundle, once)) if known is None else known
        found = [c for c in known if name == c.id or name.upper() in c.derivation.article]
        if not found:
            names = sorted({n for c in known for n in (c.id, c.file.stem, c.file.parent.name, *c.derivation.article)})
            near = difflib.get_close_matches(name, names, n=3)
            hint = f"did you mean {', '.join(near)}?" if near else "cnn-symbolic list shows the bundled claims"
            raise DerivationFileError(f"{name} is neither a file, nor a folder, nor a bundled claim: {hint}")
        chosen += found
    return with_unique_ids(list({id(c.derivation): c for c in chosen}.values()))
