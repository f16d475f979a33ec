"""The cross-check of a reading: what was read of a function, computed at given sizes, is what running it returned.

Nothing here is trusted, and no verdict comes from it: a difference says that the reading is wrong. A path on which
something is not understood says nothing, and neither does one whose obligations fail at these sizes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.code.arrays.arrays import Array
from cnn_symbolic.code.reading import Path
from cnn_symbolic.expressions.evaluation import Values, evaluate_formula, evaluate_size
from cnn_symbolic.expressions.formulas import fresh
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.rules import NOT_NEGATIVE, POSITIVE
from cnn_symbolic.ground.errors import CnnSymbolicError, EvaluationError, TooLargeError
from cnn_symbolic.tensors.sources import Leaf, Named

# How far a result may be off, in units of its greatest entry, by the precision in which the function was run.
TOLERANCES = {"float16": 1e-1, "float32": 1e-3}
TOLERANCE = 1e-7

# A result as it was read: the array, and its entry at an index.
Read = tuple[Array, tuple[Sequence[sp.Symbol], Any]]


def evaluated(
    results: Mapping[str, Read], path: Path, sizes: Mapping[str, int], arrays: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Return what was read of the results on a path, computed at sizes and at arrays for the tensors it is about.

    Integers stay exact, as `arrays` of integers or fractions are. Raises EvaluationError where a value is missing.
    """
    values = values_at(path, sizes, arrays)
    found = {}
    for name, (array, (index, value)) in results.items():
        atoms = [evaluate_size(n, values.sizes) for n in array.atoms]
        lengths = [evaluate_size(n, values.sizes) for n in array.lengths]
        entries = evaluate_formula(sp.sympify(value), index, atoms, values) if all(atoms) else np.zeros(atoms)
        found[name] = entries.reshape(lengths)
    return found


def values_at(path: Path, sizes: Mapping[str, int], arrays: Mapping[str, Any]) -> Values:
    """Return what the symbols of the formulas of a path stand for; intermediate results with names are computed."""
    known = {sp.Symbol(name, **kind): n for name, n in sizes.items() for kind in (POSITIVE, NOT_NEGATIVE)}
    tensors = {name: np.asarray(value) for name, value in arrays.items()}
    exact = any(value.dtype == object for value in tensors.values())
    values = Values(known, tensors, {}, object if exact else int)
    for name, tensor in path.world.tensors.items():
        if isinstance(tensor.source, Named) and name not in tensors:
            lengths = [evaluate_size(n, known) for n in tensor.lengths]
            index = fresh("i" * len(lengths))
            tensors[name] = evaluate_formula(tensor.source.definition.formula(index), index, lengths, values)
    return values


def holds_at(condition: Any, sizes: Mapping[str, int]) -> bool:
    """Tell whether a condition on sizes holds at some; one that divides by less than one does not."""
    try:
        return bool(value_of(condition, lambda symbol: sizes[symbol.name]))
    except EvaluationError:
        return False


def path_at(found: Sequence[Path], sizes: Mapping[str, int]) -> Path | None:
    """Return the path that is taken at some sizes."""
    return next((path for path in found if all(holds_at(each, sizes) for each in path.conditions)), None)


def is_void(path: Path, sizes: Mapping[str, int], arrays: Mapping[str, Any]) -> bool:
    """Tell whether a reading says nothing at some sizes, as what has to hold for it fails there."""
    values = values_at(path, sizes, arrays)
    return any(np.any(evaluate_formula(each.never, (), (), values) != 0) for each in path.obligations)


def disagreement(
    found: Sequence[Path],
    sizes: Mapping[str, int],
    arrays: Mapping[str, Any],
    returned: Mapping[str, Any] | None,
    raised: BaseException | None = None,
) -> str:
    """Return how the reading of a function differs from running it at some sizes; "" if it does not.

    `arrays` are those of the layer, by name and in its layout, as are the results that were `returned`; None if the
    function raised an exception.
    """
    path = path_at(found, sizes)
    where = ", ".join(f"{name} = {n}" for name, n in sizes.items())
    if path is None:
        return f"no path is taken at {where}"
    on = f"on the path {' and '.join(map(written, path.conditions)) or 'of all sizes'}, at {where}"
    if path.refused is not None:
        return ""
    if path.raised is not None:
        return "" if returned is None else f"it was read that the code ends with {path.raised}, but it does not, {on}"
    try:
        if is_void(path, sizes, arrays):
            return ""
        if returned is None:
            return f"the code ends with {type(raised).__name__} ({raised}), which was not read, {on}"
        computed = evaluated(path.result, path, sizes, arrays)
    except TooLargeError:
        return ""
    except CnnSymbolicError as stopped:
        if has_random_numbers(path, arrays):
            return ""
        return f"what was read cannot be computed: {stopped}, {on}"
    for name, value in computed.items():
        if name in returned and (difference := first_difference(value, np.asarray(returned[name]))):
            return f"{name} {difference}, {on}"
    return ""


def has_random_numbers(path: Path, arrays: Mapping[str, Any]) -> bool:
    """Tell whether the code draws numbers, of which nothing is known."""
    return any(isinstance(each.source, Leaf) and name not in arrays for name, each in path.world.tensors.items())


def first_difference(read: np.ndarray, ran: np.ndarray) -> str:
    """Return where an array that was read differs first from the one that was computed by running; "" if nowhere."""
    if read.shape != ran.shape:
        return f"was read with the shape {read.shape}, and has the shape {ran.shape}"
    if read.size == 0:
        return ""
    if ran.dtype.kind in "biuO" and read.dtype.kind in "biuO":
        differs = np.asarray(read != ran)
    else:
        one, other = read.astype(float), ran.astype(float)
        least = TOLERANCES.get(str(ran.dtype), TOLERANCE) * max(1.0, float(np.max(np.abs(one), initial=0)))
        differs = ~(np.abs(one - other) <= least)
    if not differs.any():
        return ""
    at = tuple(int(k) for k in np.argwhere(differs)[0])
    return f"was read as {read[at]} at {list(at)}, where running gives {ran[at]}"
