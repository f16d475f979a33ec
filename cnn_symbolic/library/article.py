"""The article's claims, by id, and its errata; the derivations say which ids they settle.

The article is "Convolutional Neural Networks: An Intuitive Primer" by Nested Software. Sizes: `M×N` the
input, `I×J` the overlay, `R×S` the feature map, `D` the maps of the layer before, `K` those of the next.
"""

from __future__ import annotations

from dataclasses import dataclass

# The folders of the bundled derivations, in the article's order.
SECTIONS = {
    "shapes": "Shapes and counts",
    "forward": "Forward",
    "feature_map": "Backpropagation through a feature map",
    "chaining": "Chaining convolutional layers",
    "max_pooling": "Max pooling",
    "fully_connected": "Fully connected layer",
    "discussion": "The discussion's extensions",
    "listings": "Printed listings",
}


@dataclass(frozen=True)
class ArticleClaim:
    """One claim of the article: its id, the section it belongs to, and what it says."""

    id: str
    section: str
    text: str


def table(section: str, *rows: tuple[str, str]) -> list[ArticleClaim]:
    """Return the claims of one section."""
    return [ArticleClaim(number, section, text) for number, text in rows]


ARTICLE = [
    *table(
        "shapes",
        ("S1", "an I×J overlay on an M×N grid gives an (M−I+1)×(N−J+1) map"),
        ("S2", "the article prints (M−I+1)×(J−N+1)"),
        ("S3", "4×5 with 2×2 gives 3×4; 28×28 with 4×4 gives 25×25; 7×3 with 2×3 gives 6×1; M×N with M×N gives 1×1"),
        ("S4", "with stride s the map has ⌊(M−I)/s⌋+1 rows (each s from 1 to 8)"),
        ("S5", "784 inputs to 30 neurons: 23,550 parameters; a 4×4 map: 16+1; sixteen maps: 272"),
        ("S6", "every gradient has the shape of what it is the gradient of"),
        ("S7", "3×3 with 2×2 gives 2×2, and the full convolution of 2×2 with 2×2 is 3×3 again"),
    ),
    *table(
        "forward",
        ("F1", "a feature neuron is the dot product of overlay and underlay, plus the bias"),
        ("F2", "a convolution is a cross-correlation with the filter rotated by 180°"),
        ("F3", "equal underlays give equal activations; shifting the input shifts the map"),
        ("F4", "rotation is not handled: correlate(rot180(x), w) is not rot180(correlate(x, w))"),
        ("F5", "valid mode never reads outside the input; full mode reads zeros there"),
    ),
    *table(
        "feature_map",
        ("B1", "the components of ∂C/∂b are σ′(z)·∂C/∂a"),
        ("B2", "∂C/∂b is the sum of its components"),
        ("B3", "∂C/∂b = correlate(σ′(z), ∂C/∂a, valid), and the arguments may be exchanged"),
        ("B4", "consecutive updates equal one update with the sum"),
        ("B5", "∂C/∂w is the sum over neurons of δ times the underlay"),
        ("B6", "∂C/∂w = correlate(a_prev, δ, valid)"),
        ("B7", "∂C/∂a_prev is the sum over neurons of δ times the overlay at its place"),
        ("B8", "∂C/∂a_prev = convolve(w, δ, full)"),
        ("B9", "convolve(w, δ, full) = correlate(w, rot180(δ), full) = convolve(δ, w, full)"),
        ("B10", "without the rotation it is not ∂C/∂a_prev"),
        ("B11", "for the sigmoid, σ′ = σ·(1−σ)"),
        ("B12", "the full convolution starts with δ[0, 0] over w[0, 0]"),
    ),
    *table(
        "chaining",
        ("C1", "each of K maps sums D correlations and adds its bias; K·D filters (three into two: six)"),
        ("C2", "correlating the 3-D stacks gives the sum of the 2-D correlations, of depth 1"),
        ("C3", "∂C/∂w_k is the 3-D input correlated with [δ_k]; slice d is correlate(a_d, δ_k)"),
        ("C4", "∂C/∂a_prev = Σ_k convolve(w_k, [δ_k], full); slice d is Σ_k convolve(w_kd, δ_k, full)"),
        ("C5", "two chained layers: the first one's gradients through the second"),
    ),
    *table(
        "max_pooling",
        ("P1", "the map takes each window's maximum, the first in row-major order on ties"),
        ("P2", "∂C/∂a_prev receives ∂C/∂a at each window's maximum and 0 elsewhere"),
        ("P3", "contributions of overlapping windows add up; assigning them is wrong"),
    ),
    *table(
        "fully_connected",
        ("L1", "z = W·a + b; ∂C/∂b = δ, ∂C/∂W = δ·aᵀ, ∂C/∂a_prev = Wᵀ·δ in the input's shape"),
        ("L2", "it is a convolutional layer whose maps are 1×1"),
    ),
    *table(
        "discussion",
        ("X1", "with the quadratic cost, ∂C/∂a = a − y"),
        ("X2", "softmax with cross-entropy: ∂C/∂z = p − y when Σ y = 1, and not without"),
        ("X3", "ReLU: σ′(z) = [z > 0] away from 0"),
        ("X4", "L2 regularisation adds λ·w to the weight gradient"),
    ),
    *table(
        "listings",
        ("A1", "the six arrays printed in Appendix A"),
        ("A2", "the four arrays printed in Appendix B"),
        ("A3", "the listing's own run"),
        ("A4", "the errata of the listings, with corrections"),
    ),
]


@dataclass(frozen=True)
class Erratum:
    """Something that the article prints and that is wrong: where, what, and what is right."""

    where: str
    printed: str
    correct: str
    why: str


ERRATA = [
    Erratum(
        "Introducing Convolutions", "(M-I+1)×(J-N+1)", "(M-I+1)×(N-J+1)", "the second size has its letters exchanged"
    ),
    Erratum("Code, MaxPoolingMap.propagate_backward", "xrange(rows)", "range(rows)", "xrange is Python 2 only"),
    Erratum("Code, MaxPoolingMap.propagate_backward", "xrange(cols)", "range(cols)", "xrange is Python 2 only"),
    Erratum("Code, max_values_and_positions", "xrange(feature_map_rows)", "range(feature_map_rows)", "Python 2 only"),
    Erratum("Code, max_values_and_positions", "xrange(feature_map_cols)", "range(feature_map_cols)", "Python 2 only"),
    Erratum("Appendix A, first paragraph", "convolute2d", "convolve2d", "SciPy has no function of that name"),
    Erratum("Appendix B", "signal.sp.correlate", "sp.signal.correlate", "the module signal has no member sp"),
    Erratum(
        "Feature Map Activation",
        "translational invariance",
        "translational equivariance",
        "shifting the input shifts the feature map; it does not leave it as it is",
    ),
]
