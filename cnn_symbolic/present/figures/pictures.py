"""The catalogue of pictures: what each shows, which options it takes, and which belong to which derivations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.ground.words import suggestion
from cnn_symbolic.present.figures.convolution_pictures import chaining, overlay, shared_weights
from cnn_symbolic.present.figures.gradient_pictures import (
    bias_gradient,
    full_convolution,
    input_gradient,
    weight_gradient,
)
from cnn_symbolic.present.figures.labels import along_row
from cnn_symbolic.present.figures.options import is_row, pair
from cnn_symbolic.present.figures.pooling_pictures import (
    average_pooling,
    average_pooling_gradient,
    max_pooling,
    max_pooling_gradient,
    transposed_convolution,
    upsampling,
)
from cnn_symbolic.present.figures.scene import Picture


@dataclass(frozen=True)
class Kind:
    """One picture of the catalogue: what it shows, how it is drawn, and its options with their default values.

    `about` are the operations and layers that it is a picture of, by their public names.
    """

    text: str
    draw: Callable[..., Picture]
    options: Mapping[str, Any]
    about: tuple[str, ...]


SMALL = {"shape": (3, 3), "overlay": (2, 2)}
POOLED = {"shape": (4, 4), "overlay": (2, 2), "stride": None}
PICTURES: dict[str, Kind] = {
    "overlay": Kind(
        "a cross-correlation: the overlay slides over the input",
        overlay,
        {"shape": (4, 4), "overlay": (3, 3), "stride": 1, "padding": 0, "dilation": 1},
        ("correlate", "conv", "Convolution", "conv2d"),
    ),
    "shared-weights": Kind("the neurons of a feature map share their weights", shared_weights, SMALL, ("FeatureMap",)),
    "bias-gradient": Kind(
        "the bias gradient: the sum of the components σ′(z)·∂C/∂a", bias_gradient, SMALL, ("FeatureMap",)
    ),
    "weight-gradient": Kind(
        "the weight gradient: δ times the underlay, for each neuron, added up", weight_gradient, SMALL, ("FeatureMap",)
    ),
    "input-gradient": Kind(
        "the input gradient: δ times the overlay at its place, for each neuron, added up",
        input_gradient,
        SMALL,
        ("FeatureMap",),
    ),
    "full-convolution": Kind(
        "the input gradient as a full convolution: δ rotated, from its starting position",
        full_convolution,
        SMALL,
        ("convolve", "FeatureMap"),
    ),
    "chaining": Kind(
        "the feature maps of one layer become those of the next",
        chaining,
        {"maps": 3, "next_maps": 2, "groups": 1, "shape": (4, 4), "overlay": (2, 2)},
        ("ConvolutionalLayer",),
    ),
    "max-pooling": Kind(
        "max pooling: the maximum of each window is passed on",
        max_pooling,
        POOLED,
        ("select_pool", "MaxPool", "MaxPoolingMap", "max_pool2d"),
    ),
    "max-pooling-gradient": Kind(
        "max pooling backwards: ∂C/∂a goes to the maximum of its window",
        max_pooling_gradient,
        POOLED,
        ("MaxPool", "MaxPoolingMap", "max_pool2d"),
    ),
    "average-pooling": Kind(
        "average pooling: the average of each window is passed on",
        average_pooling,
        POOLED,
        ("sum_pool", "AveragePool", "avg_pool2d"),
    ),
    "average-pooling-gradient": Kind(
        "average pooling backwards: ∂C/∂a is spread evenly over its window",
        average_pooling_gradient,
        POOLED,
        ("AveragePool", "avg_pool2d"),
    ),
    "transposed-convolution": Kind(
        "a transposed convolution: every entry lays its multiple of the overlay at its place",
        transposed_convolution,
        {"shape": (2, 2), "overlay": (3, 3), "stride": 2, "padding": 0, "dilation": 1, "output_padding": 0},
        ("conv_transpose", "conv_transpose2d"),
    ),
    "upsampling": Kind(
        "upsampling to the nearest entry: every entry is repeated",
        upsampling,
        {"shape": (2, 2), "factor": 2},
        ("upsample_nearest", "upsample_nearest2d"),
    ),
}


def picture(name: str, **options: Any) -> Picture:
    """Return a picture of the catalogue; an option that is not given, or None, has its default value.

    Raises OperandError for a picture or an option that there is not, ShapeError for numbers that do not fit or are
    too large to be drawn readably.
    """
    if name not in PICTURES:
        raise OperandError(f"there is no picture {name!r}{suggestion(name, PICTURES)}; there are {', '.join(PICTURES)}")
    kind = PICTURES[name]
    given = {key: value for key, value in options.items() if value is not None}
    for key in given:
        if key not in kind.options:
            raise OperandError(
                f"the picture {name} has no {key}{suggestion(key, kind.options)}; it has {', '.join(kind.options)}"
            )
    chosen = {**kind.options, **given}
    drawn = kind.draw(**chosen)
    sides = [chosen[key] for key in ("shape", "overlay", "factor") if key in chosen]
    one_axis = "maps" not in chosen and is_row(*(pair(side, name) for side in sides))
    return drawn.relabelled(along_row) if one_axis else drawn


@dataclass(frozen=True)
class BookPicture:
    """A picture of a chapter: its name in the catalogue, its options, and the caption below it."""

    name: str
    caption: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def picture(self) -> Picture:
        """Return the picture."""
        return picture(self.name, **self.options)


BOOK_PICTURES: dict[str, tuple[BookPicture, ...]] = {
    "shapes": (
        BookPicture("overlay", "An overlay of 3×3 has 2×2 positions in an input of 4×4."),
        BookPicture(
            "overlay",
            "With a stride of 2, the same overlay has 2×2 positions in an input of 5×5.",
            {"shape": (5, 5), "overlay": (3, 3), "stride": 2},
        ),
    ),
    "forward": (
        BookPicture(
            "shared-weights", "All neurons of a feature map have the same weights, over different activations."
        ),
    ),
    "feature_map": (
        BookPicture("bias-gradient", "The bias gradient is the sum of the components of δ = σ′(z)·∂C/∂a."),
        BookPicture("weight-gradient", "Each neuron contributes δ times its underlay to the weight gradient."),
        BookPicture(
            "input-gradient", "Each neuron contributes δ times the overlay, laid at its place, to the input gradient."
        ),
        BookPicture("full-convolution", "The same sums as a full convolution: the rotated δ slides over the overlay."),
    ),
    "chaining": (BookPicture("chaining", "Three feature maps become two: six filters."),),
    "max_pooling": (
        BookPicture("max-pooling", "Each window passes its maximum on."),
        BookPicture(
            "max-pooling-gradient",
            "Backwards, ∂C/∂a goes to where the maximum was; where windows overlap, it adds up.",
            {"shape": (4, 5), "overlay": (2, 2), "stride": 1},
        ),
    ),
    "convolution": (
        BookPicture(
            "overlay",
            "Stride 2 with one row and column of padding on each side.",
            {"shape": (5, 5), "overlay": (3, 3), "stride": 2, "padding": 1},
        ),
        BookPicture(
            "overlay", "An overlay of 3×3 with dilation 2.", {"shape": (7, 7), "overlay": (3, 3), "dilation": 2}
        ),
    ),
    "transposed_convolution": (
        BookPicture(
            "transposed-convolution", "With stride 2, the overlays of neighbouring entries lie two cells apart."
        ),
    ),
    "pooling": (
        BookPicture("average-pooling", "Each window passes its average on."),
        BookPicture("average-pooling-gradient", "Backwards, ∂C/∂a is spread evenly over the window."),
        BookPicture("upsampling", "Upsampling to the nearest entry repeats every entry."),
    ),
}
