"""Tensors with arbitrary entries, results with a name, and how operations are made."""

from __future__ import annotations

from typing import Any

from cnn_symbolic.expressions.formulas import entry, fresh, stray_symbols
from cnn_symbolic.expressions.shapes import check_letters, check_name, check_shape
from cnn_symbolic.ground.errors import FragmentError
from cnn_symbolic.tensors.sources import Leaf, Named
from cnn_symbolic.tensors.tensor import Tensor, check_tensor


def tensor(*lengths: Any, name: str, indices: str = "") -> Tensor:
    """Return a tensor with arbitrary entries and the given sizes; `indices` are letters to print its axes with.

    Raises ShapeError for a size below one, NameConflictError for a name that is no identifier.

    >>> from cnn_symbolic import sizes, tensor
    >>> M, N = sizes("M N")
    >>> x = tensor(M, N, name="x", indices="m n")
    >>> x, x.shape, x[0, N - 1]
    (<Tensor x of shape (M, N)>, (M, N), x[0, N - 1])
    """
    name = check_name(name)
    shape = check_shape(lengths, f"tensor {name}")
    given = tuple(lengths[0]) if len(lengths) == 1 and isinstance(lengths[0], tuple | list) else lengths
    source = Leaf(name, check_letters(indices, len(shape), name), given)
    return Tensor(shape, lambda index: entry(name, index), True, source)


def scalar(name: str) -> Tensor:
    """Return an arbitrary number as a tensor without axes, such as a step size.

    Raises NameConflictError for a name that is no identifier.

    >>> from cnn_symbolic import scalar, sizes, tensor
    >>> M, N = sizes("M N")
    >>> w, g = tensor(M, name="w"), tensor(M, name="g")
    >>> w - scalar("η") * g, (w - scalar("η") * g)[0]
    (<Tensor w - (η·g) of shape (M,)>, w[0] - η·g[0])
    """
    return tensor(name=name)


def named(name: str, definition: Tensor, indices: str = "") -> Tensor:
    """Give an intermediate result a name of its own: formulas then show `z[r, c]` for its entries.

    The result has the shape of the definition. Raises NameConflictError for a name that is no identifier, FragmentError
    for a definition that mentions the index of a family.

    >>> from cnn_symbolic import correlate, named, sizes, tensor
    >>> M, I = sizes("M I")
    >>> z = named("z", correlate(tensor(M, name="x"), tensor(I, name="w")), indices="r")
    >>> z, z[0], z.source.definition
    (<Tensor z of shape (M - I + 1,)>, z[0], <Tensor correlate(x, w, mode='valid') of shape (M - I + 1,)>)
    """
    name = check_name(name)
    check_tensor(definition, f"named({name!r}, …)")
    index = fresh("i" * definition.rank)
    if stray := stray_symbols(definition.formula(index), index):
        written = ", ".join(sorted(s.name for s in stray))
        raise FragmentError(
            f"the definition of {name} mentions {written}, which is neither a size nor a tensor: "
            "an intermediate result inside of a family is named as a whole, outside of it"
        )
    source = Named(name, definition, check_letters(indices, definition.rank, name))
    return Tensor(definition.lengths, lambda index: entry(name, index), True, source)
