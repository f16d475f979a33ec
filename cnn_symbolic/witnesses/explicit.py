"""The explicit symbolic feature map: one SymPy symbol per entry, at a fixed shape, cost first.

The forward pass is written out in full, the cost is one expression in all weights, and every gradient
entry is one derivative of it. No sums, no deltas, no sizes: nothing here is shared with the proofs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations, product
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.ground.errors import ShapeError

Activation = Callable[[sp.Expr], sp.Expr]


class Sigma(sp.Function):
    """An arbitrary differentiable function, which knows only the name of its derivative."""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return the derivative at the argument."""
        return sp.Function("σ′")(self.args[argindex - 1])


def opaque(z: sp.Expr) -> sp.Expr:
    """Return σ(z) for an arbitrary differentiable σ."""
    return Sigma(z)


def sigmoid(z: sp.Expr) -> sp.Expr:
    """Return 1 / (1 + exp(−z))."""
    return 1 / (1 + sp.exp(-z))


def symbols(name: str, shape: Sequence[int]) -> np.ndarray:
    """Return an array with one symbol per entry: `w_0_1` for `w[0, 1]`."""
    made = np.empty(tuple(shape), dtype=object)
    for at in np.ndindex(*shape):
        made[at] = sp.Symbol(f"{name}_{'_'.join(map(str, at))}")
    return made


class ExplicitFeatureMap:
    """A feature map at one shape, every entry a symbol, with an arbitrary or the quadratic cost behind it.

    `cost` is "arbitrary" (an unknown function of all activations, whose partial derivatives are the
    symbols `∂C/∂a`) or "quadratic" (½ Σ (a − y)²). Raises ShapeError unless the overlay fits.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        overlay_shape: Sequence[int],
        activation: Activation = opaque,
        cost: str = "arbitrary",
    ) -> None:
        shape = tuple(m - i + 1 for m, i in zip(input_shape, overlay_shape, strict=True))
        if min(*overlay_shape, *shape) < 1:
            raise ShapeError(f"an overlay of shape {tuple(overlay_shape)} does not fit into {tuple(input_shape)}")
        self.a_prev = symbols("a_prev", input_shape)
        self.w = symbols("w", overlay_shape)
        self.b = symbols("b", [1] * len(shape))
        self.z = np.empty(shape, dtype=object)
        for at in np.ndindex(*shape):
            terms = [self.b.flat[0]]
            for u in np.ndindex(*self.w.shape):
                terms.append(self.w[u] * self.a_prev[tuple(r + i for r, i in zip(at, u, strict=True))])
            self.z[at] = sp.Add(*terms)
        self.a = np.vectorize(activation, otypes=[object])(self.z)
        t = sp.Symbol("t")
        slope = sp.diff(activation(t), t)
        self.slope = np.vectorize(lambda z: slope.subs(t, z), otypes=[object])(self.z)
        if cost == "arbitrary":
            self.a_gradient = symbols("∂C/∂a", shape)
            self.cost = unknown_cost(self.a, self.a_gradient)
        elif cost == "quadratic":
            self.y = symbols("y", shape)
            self.a_gradient = self.a - self.y
            self.cost = sp.Add(*(d**2 for d in self.a_gradient.flat)) / 2
        else:
            raise ShapeError(f"the cost is 'arbitrary' or 'quadratic', found {cost!r}")

    def gradient(self, wrt: np.ndarray) -> np.ndarray:
        """Return the derivative of the cost with respect to every entry of `a_prev`, `w` or `b`."""
        derivatives: np.ndarray = np.vectorize(lambda symbol: sp.diff(self.cost, symbol), otypes=[object])(wrt)
        return derivatives

    def values(self) -> dict[str, np.ndarray]:
        """Return the symbols as values for `Tensor.evaluate`."""
        return {"a_prev": self.a_prev, "w": self.w, "b": self.b, "∂C/∂a": self.a_gradient}

    def functions(self, activation: Activation = opaque) -> dict[str, list[Any]]:
        """Return the activation and its derivative as functions for `Tensor.evaluate`."""
        t = sp.Symbol("t")
        slope = sp.diff(activation(t), t)
        chosen = [activation, lambda z: slope.subs(t, z)]
        return {"σ": [np.vectorize(f, otypes=[object]) for f in chosen]}


def unknown_cost(a: np.ndarray, a_gradient: np.ndarray) -> sp.Expr:
    """Return C(a) for an unknown function C whose partial derivatives are the given symbols."""
    partial = list(a_gradient.flat)

    class Cost(sp.Function):
        def fdiff(self, argindex: int = 1) -> sp.Expr:
            return partial[argindex - 1]

    return Cost(*a.flat)


def same_entries(x: np.ndarray, y: np.ndarray) -> bool:
    """Tell whether two arrays of expressions have the same shape and, multiplied out, the same entries."""
    if x.shape != y.shape:
        return False
    return all(sp.expand(x[at] - y[at]) == 0 for at in product(*map(range, x.shape)))


def settle_orderings(grid_shape: Sequence[int], window_shape: Sequence[int]) -> str:
    """Settle max pooling at a fixed shape, for every strict ordering of the entries, exactly.

    For each ordering the entries are written as sums of positive symbols, so that one of a window has all the
    symbols of the others: the maximum. The cost Σ g·max(window) is then differentiated, and compared with passing
    each `g` back to the selected entry, adding where windows overlap. Raises AssertionError where they differ.
    """
    positions = [
        tuple(int(p) for p in at)
        for at in np.ndindex(*(m - i + 1 for m, i in zip(grid_shape, window_shape, strict=True)))
    ]
    places = list(np.ndindex(*grid_shape))
    entries = {at: sp.Symbol(f"x_{'_'.join(map(str, at))}") for at in places}
    steps = [sp.Symbol(f"p{k}") for k in range(len(places))]
    heights = [sp.Add(*steps[: rank + 1]) for rank in range(len(places))]
    count = 0
    for ranks in permutations(range(len(places))):
        height = {at: heights[rank] for at, rank in zip(places, ranks, strict=True)}
        cost, passed = sp.S.Zero, dict.fromkeys(places, sp.S.Zero)
        for r in positions:
            window = [tuple(p + q for p, q in zip(r, u, strict=True)) for u in np.ndindex(*window_shape)]
            selected = [at for at in window if all(is_above(height[at], height[other]) for other in window)]
            if len(selected) != 1:
                raise AssertionError(f"the maximum of the window at {r} is not decided: {selected}")
            arriving = sp.Symbol(f"g_{'_'.join(map(str, r))}")
            cost += arriving * entries[selected[0]]
            first = max(window, key=lambda at: (ranks[places.index(at)], [-k for k in at]))
            passed[first] += arriving
        if any(sp.diff(cost, entries[at]) != passed[at] for at in places):
            raise AssertionError(f"the ordering {ranks} passes back {passed}")
        count += 1
    return f"{count} orderings settled"


def is_above(x: sp.Expr, y: sp.Expr) -> bool:
    """Tell whether a sum of positive symbols is another one with further symbols added, or with none."""
    return x == y or all(number > 0 for number in (x - y).as_coefficients_dict().values())
