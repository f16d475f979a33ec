"""Results that get a name of their own, as functions are applied to them: equal ones get one name.

Trusted. A function of what is no entry of a tensor is one of a named result. Two results that are proved to be equal,
on this path, have one name, so that functions of them are equal:

    u = v   ⟹   f(u) = f(v)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import sympy as sp

from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.search.decide import is_proved
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.statement import state
from cnn_symbolic.tensors.sources import Named
from cnn_symbolic.tensors.tensor import Tensor


def name_of_equal(
    made: Tensor, tensors: Mapping[str, Tensor], assuming: Sequence[Any], holds: Callable[[Any], bool]
) -> str | None:
    """Return the name of a result that is proved to be equal to another one, wherever both are there; None if none is.

    `holds` tells whether a condition on the sizes is proved.
    """
    for name, tensor in tensors.items():
        if isinstance(tensor.source, Named) and tensor.rank == made.rank:
            known = tensor.source.definition
            alike = all(sp.expand(n - m) == 0 for n, m in zip(known.lengths, made.lengths, strict=True))
            if alike and all(map(holds, (*known.requirements(), *made.requirements()))):
                with suppress(NotReadable, CnnSymbolicError):
                    if is_proved(state(known, made, assuming=assuming)):
                        return name
    return None


def new_name(tensors: Mapping[str, Tensor]) -> str:
    """Return a name that no tensor has: t1, t2, ….

    >>> new_name({"x": None, "t1": None})
    't2'
    """
    number = 1
    while f"t{number}" in tensors:
        number += 1
    return f"t{number}"


def definition_of(name: str, tensors: Mapping[str, Tensor], index: Sequence[sp.Expr]) -> sp.Expr | None:
    """Return what an entry of a named result is made from; None if the name is that of a tensor with any entries."""
    tensor = tensors.get(name)
    return tensor.source.definition.formula(tuple(index)) if tensor and isinstance(tensor.source, Named) else None
