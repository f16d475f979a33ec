"""What was read of a function, computed in numbers: it has to be what the function returned.

Numbers are whole, so that both are exact; quotients are compared up to rounding. A difference is a mistake of the
reading, and never a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.code.calling import leaves
from cnn_symbolic.code.proving import PathClaim, Proof
from cnn_symbolic.code.reading import Path
from cnn_symbolic.expressions.evaluation import evaluate_size, infer_sizes
from cnn_symbolic.expressions.formulas import size, width
from cnn_symbolic.expressions.points import Point
from cnn_symbolic.expressions.values import truth
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.search.replay import derivatives
from cnn_symbolic.layers.definitions import LayerDefinition

Arrays = Mapping[str, np.ndarray]
Sizes = Mapping[sp.Symbol, int]
# How far a quotient may be off, of the largest entry.
ROUNDING = 1e-9


def sizes_of(definition: LayerDefinition, values: Arrays, options: Mapping[str, int]) -> dict[sp.Symbol, int]:
    """Return the sizes that arrays of a layer show, and those of the options that are left open."""
    known = {make(name): n for name, n in options.items() for make in (size, width)}
    tensors = {**definition.inputs, "dy": definition.dy}
    return infer_sizes({name: tensors[name].lengths for name in tensors if name in values}, values, known)


def path_at(proof: Proof, sizes: Sizes) -> Path | None:
    """Return the path of the code that is taken at some sizes; None where it is not known."""
    at = Point({str(s): n for s, n in sizes.items()})
    found = [path for path in proof.read if all(truth(holds).at(at) for holds in path.conditions)]
    return found[0] if len(found) == 1 else None


def selection(proof: Proof, x: np.ndarray, sizes: Sizes) -> np.ndarray:
    """Return the selection of max pooling: 1 at the first cell of each window of x that has its maximum, else 0."""
    windows = proof.read[0].world.windows
    lengths = tuple(evaluate_size(n, sizes) for n in leaves(proof.definition)["s"].lengths)
    found = np.zeros(lengths, dtype=x.dtype)
    if windows is None:
        return found
    each = [[evaluate_size(e, sizes) for e in part] for part in (windows.stride, windows.padding, windows.dilation)]
    rank = len(windows.overlay)
    overlay = lengths[len(lengths) - rank :]
    for window in np.ndindex(lengths[: len(lengths) - rank]):
        best: tuple[Any, tuple[int, ...]] | None = None
        for within in product(*map(range, overlay)):
            cell = tuple(s * r + d * u - p for s, p, d, r, u in zip(*each, window[2:], within, strict=True))
            inside = all(0 <= i < n for i, n in zip(cell, x.shape[2:], strict=True))
            if inside and (best is None or x[(*window[:2], *cell)] > best[0]):
                best = x[(*window[:2], *cell)], within
        if best is not None:
            found[(*window, *best[1])] = 1
    return found


def claim_on(proof: Proof, name: str, path: Path) -> PathClaim | None:
    """Return the claim about the entries of a result on a path, None if there is none."""
    claims = [claim for result in proof.results if result.name == name for claim in result.claims]
    return next((claim for claim in claims if claim.path is path and claim.formula is not None), None)


def evaluated(proof: Proof, name: str, values: Arrays, sizes: Sizes) -> np.ndarray | None:
    """Return what was read of a result, computed from arrays; None if nothing was read for these sizes."""
    path = path_at(proof, sizes)
    claim = None if path is None else claim_on(proof, name, path)
    if claim is None or claim.formula is None:
        return None
    given = {key: np.asarray(array) for key, array in values.items()}
    if "s" in proof.definition.given:
        given["s"] = selection(proof, given["x"], sizes)
    wanted = {key: given[key] for key in leaves(proof.definition) if key in given}
    return claim.formula.evaluate(wanted, derivatives({}), dict(sizes))


def disagreement(
    proof: Proof, values: Arrays, options: Mapping[str, int], returned: Arrays | None
) -> tuple[str, frozenset[str]]:
    """Return how what was read differs from what a function returned for arrays, empty if it does not.

    `returned` are the results in the layout of the layer, None if the function refused. The names are of the results
    that were compared.
    """
    nothing = frozenset[str]()
    try:
        sizes = sizes_of(proof.definition, values, options)
        path = path_at(proof, sizes)
    except CnnSymbolicError:
        return "", nothing
    if path is None or path.refused is not None:
        return "", nothing
    at = ", ".join(f"{s} = {n}" for s, n in sorted(sizes.items(), key=str) if s in proof_sizes(proof))
    if returned is None:
        certain = path.raised is None and not path.obligations
        return f"it refuses {at}, where it was read to compute" if certain else "", nothing
    if path.raised is not None:
        return f"it computes at {at}, where it was read to end with {path.raised}", nothing
    compared = set[str]()
    for name, found in returned.items():
        try:
            shape, wanted = shape_read(path, name, sizes), evaluated(proof, name, values, sizes)
        except CnnSymbolicError:
            continue
        if shape is not None and shape != found.shape:
            return f"{name} has the shape {found.shape} at {at}, where {shape} was read", nothing
        if wanted is None:
            continue
        compared.add(name)
        wanted = np.asarray(wanted, dtype=float)
        scale = max(1.0, float(np.abs(wanted).max(initial=0)))
        if not float(np.abs(wanted - found).max(initial=0)) <= ROUNDING * scale:
            return f"{name} has other entries at {at} than those that were read", nothing
    return "", frozenset(compared)


def shape_read(path: Path, name: str, sizes: Sizes) -> tuple[int, ...] | None:
    """Return the shape that was read of a result on a path, None if it was not read."""
    if name not in (path.result or {}):
        return None
    return tuple(max(0, evaluate_size(n, sizes)) for n in path.result[name][0].lengths)


def proof_sizes(proof: Proof) -> set[sp.Symbol]:
    """Return the sizes of a layer."""
    return {s for tensor in leaves(proof.definition).values() for n in tensor.lengths for s in n.free_symbols}
