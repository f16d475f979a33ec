"""Looks for what a claim about functions follows from: arguments that are equal, and factors that are not zero.

Nothing here is trusted: what is proposed is proved, and concluded from by `trusted.concluding`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import sympy as sp
from sympy.logic.boolalg import Boolean

from cnn_symbolic.expressions.formulas import Entry, Index, entry, functions_in, presumed
from cnn_symbolic.expressions.heads import COMPARISONS
from cnn_symbolic.expressions.rules import is_plain_size
from cnn_symbolic.kernel.trusted.concluding import Premise, multiplied, with_equal_arguments
from cnn_symbolic.kernel.trusted.reader import NotReadable, read_sides
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.kernel.trusted.verdicts import Theorem

MOST_CANDIDATES = 12
# By how many factors √t a product is to be multiplied for each of these functions of t in it.
ROOTS = {"reciprocal": 2, "rsqrt": 1}


def premises(statement: Statement, prove: Callable[[Statement], Theorem | None]) -> Iterator[list[Premise]]:
    """Yield chains of premises of a statement about functions, if there are any: each one follows from the next."""
    divides = any(f.name in ROOTS for e in statement.formulas for f in functions_in(e))
    if not (divides or any(candidates(statement).values())):
        return
    equal = with_all_equal_arguments(statement, prove)
    if equal:
        yield equal
    cleared = without_reciprocals(equal[-1].statement if equal else statement)
    if cleared:
        yield [*equal, *cleared]


def presumptions(statement: Statement) -> tuple[Boolean, ...]:
    """Return where the known functions in a statement are valid, as conditions on every entry of a tensor."""
    found = presumed(statement.formulas).items()
    return tuple(COMPARISONS[sign](entry(name, ()), sp.S.Zero) for name, sign in sorted(found))


def with_all_equal_arguments(statement: Statement, prove: Callable[[Statement], Theorem | None]) -> list[Premise]:
    """Return the premises with the functions of each tensor read as those of one that it is equal to, if it is proved.

    Tensors come after those that they are made from: what is read as a function of an earlier one is read again.
    """
    chain: list[Premise] = []
    for name in reversed(list(statement.tensors)):
        for other, at in candidates(statement).get(name, ()):
            found = with_equal_arguments(statement, name, other, at, prove)
            if found is not None:
                chain.append(found)
                statement = found.statement
                break
    return chain


def candidates(statement: Statement) -> dict[str, list[tuple[str, Index]]]:
    """Return the entries that those of arguments may be equal to: of other arguments, or that several are made from."""
    names = list(statement.tensors)
    applied = sorted({f.tensor for e in statement.formulas for f in functions_in(e)}, key=names.index)
    found: dict[str, list[tuple[str, Index]]] = {}
    for k, name in enumerate(applied):
        declared = statement.tensors[name]
        if declared.definition is not None:
            alike = [other for other in applied[:k] if len(statement.tensors[other].shape) == len(declared.shape)]
            found[name] = [*entries_in(declared.definition, declared.index), *((o, declared.index) for o in alike)]
    uses = Counter(other for proposed in found.values() for other in {other for other, _ in proposed})
    return {
        name: [(other, at) for other, at in proposed if other in applied or uses[other] > 1][:MOST_CANDIDATES]
        for name, proposed in found.items()
    }


def entries_in(definition: sp.Expr, index: Index) -> list[tuple[str, Index]]:
    """Return the entries in a definition that no sum runs over, by the tensor and the index."""
    parts = sorted(definition.atoms(Entry, sp.Symbol), key=sp.default_sort_key)
    whole = [(part.name, ()) for part in parts if isinstance(part, sp.Symbol) and part == entry(part.name, ())]
    found = [(str(part.base.label), part.indices) for part in parts if isinstance(part, Entry)]
    return [*whole, *((name, at) for name, at in found if depends_on(at, index))]


def depends_on(index: Index, symbols: Index) -> bool:
    """Tell whether an index is made from some symbols and sizes only."""
    return all(s in symbols or is_plain_size(s) for i in index for s in i.free_symbols)


def without_reciprocals(statement: Statement) -> list[Premise]:
    """Return the premises with what a statement divides by multiplied out, where that is the same in all of a sum."""
    most: Counter[tuple[str, Index]] = Counter()
    try:
        for term in (term for terms in read_sides(statement) for term in terms):
            roots: Counter[tuple[str, Index]] = Counter()
            for f in term.factors:
                if f.known in ROOTS and depends_on(f.index, statement.index):
                    roots[f.tensor, f.index] += ROOTS[f.known]
            most |= roots
    except NotReadable:
        return []
    chain: list[Premise] = []
    for (name, index), power in most.items():
        if (found := multiplied(statement, name, index, power)) is not None:
            chain.append(found)
            statement = found.statement
    return chain
