"""The run at the end of the article's listing: python -m cnn_symbolic.witnesses.article_run

Also the same layers on small integers, where a comparison with the proved formulas is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnn_symbolic.witnesses.numeric import FeatureMap, FullyConnectedLayer, MaxPoolingMap

INPUT = np.arange(20).reshape(4, 5)
POOLING_INPUT = np.array([[8, 0, 11, 1, 6], [10, 2, 4, 14, 17], [5, 16, 19, 15, 7], [12, 13, 9, 18, 3]])
OVERLAY = (2, 2)

# σ(t) = t² + t and its derivative keep integers integers.
INTEGRAL: tuple[Callable[[Any], Any], Callable[[Any], Any]] = (lambda t: t**2 + t, lambda t: 2 * t + 1)


@dataclass(frozen=True)
class Run:
    """What a numeric layer was given, by the names of the symbolic layer, and what it computed."""

    given: Mapping[str, np.ndarray]
    computed: Mapping[str, np.ndarray]


def integers(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Return small random integers, the same on every run."""
    return np.random.default_rng(seed).integers(-5, 6, shape)


def feature_map() -> Run:
    """Run the listing's feature map on integers."""
    layer = FeatureMap(INPUT, OVERLAY, activation=INTEGRAL)
    layer.w, layer.b = integers(OVERLAY, 1), integers((1, 1), 2)
    given = {"a_prev": INPUT, "w": layer.w, "b": layer.b, "∂C/∂a": integers((3, 4), 3)}
    layer.feed_forward()
    layer.propagate_backward(given["∂C/∂a"], 1)
    names = ("a", "b_gradient", "w_gradient", "a_prev_gradient")
    return Run(given, {name: getattr(layer, name) for name in names})


def max_pooling() -> Run:
    """Run the listing's max-pooling map; the selection is read off its positions."""
    layer = MaxPoolingMap(POOLING_INPUT, OVERLAY)
    pooled = layer.feed_forward()
    arriving = integers(pooled.shape, 4)
    back = layer.propagate_backward(arriving)
    positions = np.asarray(layer.max_positions)
    selection = (positions[..., None] == np.arange(4)).astype(int).reshape((*pooled.shape, *OVERLAY))
    return Run({"a_prev": POOLING_INPUT, "s": selection, "∂C/∂a": arriving}, {"a": pooled, "a_prev_gradient": back})


def fully_connected() -> Run:
    """Run the listing's fully connected layer on integers."""
    layer = FullyConnectedLayer(INPUT, 10, activation=INTEGRAL)
    layer.w, layer.b = integers((10, 20), 5), integers((10, 1), 6)
    given = {"a_prev": INPUT, "w": layer.w.reshape(10, 4, 5), "b": layer.b[:, 0], "∂C/∂a": integers((10,), 7)}
    layer.feed_forward()
    layer.propagate_backward(given["∂C/∂a"][:, None], 1)
    computed = {"a": layer.a[:, 0], "b_gradient": layer.b_gradient[:, 0]}
    computed["w_gradient"] = layer.w_gradient.reshape(10, 4, 5)
    return Run(given, {**computed, "a_prev_gradient": layer.a_prev_gradient})


def compare(run: Run, proved: Mapping[str, Any]) -> str:
    """Compare a run with formulas (anything with `evaluate`); raise AssertionError where an entry differs."""
    for name, formula in proved.items():
        expected = formula.evaluate(run.given, {"σ": list(INTEGRAL)})
        if expected.shape != run.computed[name].shape or (expected != run.computed[name]).any():
            raise AssertionError(f"{name} is {run.computed[name].tolist()}, but the formula gives {expected.tolist()}")
    return f"equal in every entry: {', '.join(proved)}"


def main() -> None:
    """Run the listing as it is printed, with random weights, and print what it did."""
    random = np.random.default_rng(0)
    np.set_printoptions(precision=3, suppress=True)
    layer = FeatureMap(INPUT, OVERLAY, random)
    report("FeatureMap on arange(20) as 4×5, overlay 2×2", layer.feed_forward())
    report("  its ∂C/∂a_prev", layer.propagate_backward(random.standard_normal((3, 4)), 0.1))
    pool = MaxPoolingMap(POOLING_INPUT, OVERLAY)
    report("MaxPoolingMap on the printed 4×5 grid, windows 2×2", pool.feed_forward())
    report("  its ∂C/∂a_prev", pool.propagate_backward(random.standard_normal((3, 4))))
    connected = FullyConnectedLayer(INPUT, 10, random)
    report("FullyConnectedLayer of 10 neurons on the 4×5", connected.feed_forward().T)
    report("  its ∂C/∂a_prev", connected.propagate_backward(random.standard_normal((10, 1)), 0.1))


def report(title: str, array: np.ndarray) -> None:
    """Print an array with its title and shape."""
    print(f"{title}: {'×'.join(map(str, array.shape))}\n{array}")


if __name__ == "__main__":
    main()
