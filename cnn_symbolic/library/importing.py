"""Imports a derivation file into this process, and says what it declares, or what is wrong with it."""

from __future__ import annotations

import importlib.util
import re
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from sympy import SympifyError

from cnn_symbolic.expressions.values import Calculated
from cnn_symbolic.ground.ending import Ended
from cnn_symbolic.ground.errors import CnnSymbolicError, DerivationFileError, DisagreementError, OperandError
from cnn_symbolic.proofs.check import Check
from cnn_symbolic.proofs.collecting import Declared, collecting
from cnn_symbolic.proofs.derivation import Derivation

INSTEAD = (
    "SymPy's functions do not take sizes, indices and entries: import floor, ceiling, maximum, minimum, where, "
    "Iverson, And, Or and Not from cnn_symbolic, write // % == between sizes, and apply(…) for a function of a "
    "tensor's entries"
)


class DeclaredClaim(NamedTuple):
    """A claim or check, the name of the variable that holds it, and its place in its file."""

    made: Derivation | Check
    name: str | None
    line: int
    column: int


def declarations(path: Path) -> list[DeclaredClaim]:
    """Return what a derivation file declares; raise DerivationFileError if it cannot be imported."""
    try:
        module, collected = imported(path)
    except (KeyboardInterrupt, Ended, DisagreementError, DerivationFileError):
        raise
    except BaseException as error:
        line = line_of(error, path)
        at = f" at line {line}" if line else ""
        failed = DerivationFileError(f"{path} failed to import{at}: {describe(error)}")
        failed.line, failed.what = line, describe(error)
        raise failed from error
    return [DeclaredClaim(one.made, variable(one.made, module), one.line, one.column) for one in collected]


def imported(path: Path) -> tuple[ModuleType, list[Declared]]:
    """Import a derivation file; return its module, and what it has declared."""
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
    finally:
        with suppress(ValueError):
            sys.path.remove(str(path.parent))
        for name in set(sys.modules) - before:
            if is_beside(sys.modules[name], path):
                del sys.modules[name]
        sys.dont_write_bytecode = writing
    return module, collected


def is_beside(module: ModuleType, path: Path) -> bool:
    """Tell whether a module was loaded from the folder of a derivation file: other folders may have one of its name."""
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).parent.resolve() == path.parent.resolve()


def variable(made: Derivation | Check, module: ModuleType) -> str | None:
    """Return the name of the variable that holds a claim, numbered if that is a list; None if there is none."""
    for name, value in vars(module).items():
        if value is made:
            return name
        if isinstance(value, list):
            for k, one in enumerate(value, start=1):
                if one is made:
                    return f"{name}_{k}"
    return None


def describe(error: BaseException) -> str:
    """Return an error as one line, with its kind unless the message speaks for itself, and what to write instead."""
    if is_given_to_sympy(error):
        return f"{type(error).__name__}: {INSTEAD}"
    try:
        message = str(error)
    except BaseException:  # whatever the file makes of its own errors
        return type(error).__name__
    return message if isinstance(error, CnnSymbolicError) else f"{type(error).__name__}: {message}"


def is_given_to_sympy(error: BaseException) -> bool:
    """Tell whether SymPy has refused a number or a condition of this package."""
    if isinstance(error, SympifyError):
        return isinstance(error.expr, Calculated) or "cnn_symbolic" in str(error)
    if isinstance(error, OperandError):  # where SymPy looks its arguments up among those it has seen
        *_, caller, last = traceback.extract_tb(error.__traceback__)
        return last.name == "__hash__" and "sympy" in Path(caller.filename).parts
    return isinstance(error, TypeError) and re.search("`(Number|Truth)`", str(error)) is not None


def line_of(error: BaseException, path: Path) -> int:
    """Return the line of the file at which the error arose; 0 if it is not known."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno or 0 for f in reversed(frames) if Path(f.filename).resolve() == path.resolve()), 0)
