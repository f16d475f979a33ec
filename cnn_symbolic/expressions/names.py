"""The names of one statement, which people have to tell apart: from each other, and from the words of formulas.

Nothing is proved otherwise for it: tensors, sizes, functions and indices are different things to the kernel, whatever
they are called.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from cnn_symbolic.expressions.formulas import entry, functions_in, symbols_of
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.ground.errors import NameConflictError
from cnn_symbolic.ground.letters import check_letters
from cnn_symbolic.ground.names import VOCABULARY, words

# What the name of a cotangent starts with, which the package alone gives.
ARRIVING = "∂C/∂"


def bare(name: str) -> str:
    """Return the name of the tensor that another one is the cotangent of; any other name as it is."""
    while name.startswith(ARRIVING):
        name = name.removeprefix(ARRIVING)
    return name


def check_told_apart(
    sizes: Iterable[sp.Symbol],
    tensors: Iterable[str],
    formulas: Iterable[sp.Expr],
    indices: Iterable[str] = (),
    letters: Iterable[str] = (),
) -> None:
    """Raise NameConflictError unless the names of a statement can be told apart.

    `indices` are printed as they are called; other bound indices, and the `letters` of axes, get primes where a letter
    is taken.
    """
    written = tuple(formulas)
    functions = {f.name for e in written for f in functions_in(e)} - KNOWN.keys()
    mentioned = {s.name for e in written for s in symbols_of(e) if s == entry(s.name, ())}
    mentioned |= {str(at.base.label) for e in written for at in e.atoms(sp.Indexed)}
    bound = {index.name for e in written for index in e.atoms(sp.Dummy)} | set(letters)
    called = {"a size": {s.name for s in sizes}, "a tensor": {bare(name) for name in (*tensors, *mentioned)}}
    kinds: dict[str, str] = {}
    for kind, names in (called | {"a function": functions, "an index": indices}).items():
        for name in sorted(names):
            if (other := kinds.setdefault(name, kind)) != kind:
                raise NameConflictError(f"{name} names both {other} and {kind}: rename one of them")
    vocabulary = words(*VOCABULARY)
    if taken := sorted(vocabulary.keys() & (kinds.keys() | bound)):
        raise NameConflictError(f"{taken[0]} is a word of formulas, and no name: use another one")
    check_letters([*vocabulary, *kinds, *sorted(bound)])
