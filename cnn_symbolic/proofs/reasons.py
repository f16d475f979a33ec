"""Why a line of a derivation equals the one before it, in words."""

from __future__ import annotations

from cnn_symbolic.tensors.operation import RECORDS
from cnn_symbolic.tensors.sources import Call, Entries
from cnn_symbolic.tensors.tensor import Tensor


def definition_reason(x: Tensor) -> str:
    """Return the name of the operation whose definition is used."""
    if isinstance(x.source, Entries):
        return "the entries as they are written"
    if not isinstance(x.source, Call):
        return f"the definition of {x.name or 'the gradient'}"
    mode = f"the {x.source.options['mode']} " if "mode" in x.source.options else ""
    return f"the definition of {mode}{RECORDS[x.source.operation].says}"


def differentiation_reason(wrt: Tensor) -> str:
    """Return what differentiation does to the entries of a tensor."""
    return f"differentiate: ∂{wrt}/∂{wrt} is 1 where the indices agree, else 0"
