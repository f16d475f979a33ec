"""The reference of layers: how they are made, their options, their forward formulas, pictures, and theorems."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import Parameter, signature

from cnn_symbolic.backward.forwards import CONSTRUCTORS, read_forward
from cnn_symbolic.expressions.formulas import sizes, widths
from cnn_symbolic.ground.names import HOMES, load
from cnn_symbolic.layers.catalogue import (
    AveragePool,
    Convolution,
    ConvolutionalLayer,
    FeatureMap,
    FullyConnectedLayer,
    MaxPool,
    MaxPoolingMap,
)
from cnn_symbolic.layers.definitions import definition
from cnn_symbolic.layers.forward import LAYERS, Forward
from cnn_symbolic.present.content.definitions import entry_formula, operations_in
from cnn_symbolic.present.site.claims import ShownClaim, using
from cnn_symbolic.present.site.markdown import fenced, page
from cnn_symbolic.present.site.reference import Formulas, entry, formulas_html, occurrences, pictures_of, topic_of
from cnn_symbolic.tensors.tensor import Tensor

B, C, D, I, J, K, M, N, S = sizes("B C D I J K M N S")
(P,) = widths("P")
# What the layers with symbols compute at general sizes, step by step.
SYMBOLIC: Mapping[str, Callable[[], Sequence[Tensor]]] = {
    "FeatureMap": lambda: both(FeatureMap((M, N), (I, J))),
    "ConvolutionalLayer": lambda: both(ConvolutionalLayer((D, M, N), (I, J), maps=K)),
    "FullyConnectedLayer": lambda: both(FullyConnectedLayer((M, N), K)),
    "MaxPoolingMap": lambda: [MaxPoolingMap((M, N), (I, J)).a],
    "Convolution": lambda: [Convolution((B, C, M, N), (K, C, I, J), stride=S, padding=P).z],
    "MaxPool": lambda: [MaxPool((B, C, M, N), (I, J), stride=S, padding=P).a],
    "AveragePool": lambda: [AveragePool((B, C, M, N), (I, J), stride=S, padding=P).a],
}
# How the layers of backward passes are written as an example: what is left open holds for every value.
WRITTEN = {
    "conv": "conv2d(stride=S, padding=P, dilation=D)",
    "conv_transpose": "conv_transpose2d(stride=S, padding=P, dilation=D)",
    "linear": "linear()",
    "max_pool": "max_pool2d(3, stride=S, padding=1)",
    "avg_pool": "avg_pool2d(2, stride=S)",
    "upsample_nearest": "upsample_nearest2d(2)",
}
# Operations that are a layer, rather than a step of one.
WHOLE = {"conv", "conv_transpose", "select_pool", "sum_pool", "upsample_nearest"}


def both(layer: FeatureMap | ConvolutionalLayer | FullyConnectedLayer) -> Sequence[Tensor]:
    """Return what a layer with an activation computes."""
    return [layer.z, layer.a]


def stem(kind: type[Forward]) -> str:
    """Return the name of a layer of backward passes without the number of its axes."""
    return kind.title.removesuffix("{}d")


def layer_pages(claims: Sequence[ShownClaim]) -> dict[str, str]:
    """Return the pages of all layers by name."""
    return {name: symbolic_page(name, claims) for name in SYMBOLIC} | {
        stem(kind): backward_page(kind, claims) for kind in LAYERS if kind.title.format(kind.ranks[0]) in CONSTRUCTORS
    }


def names_on(page_name: str) -> list[str]:
    """Return the public names that stand on a layer's page."""
    if page_name in SYMBOLIC:
        return [page_name]
    return next([kind.title.format(rank) for rank in kind.ranks] for kind in LAYERS if stem(kind) == page_name)


def symbolic_page(name: str, claims: Iterable[ShownClaim]) -> str:
    """Return the page of a layer with symbols."""
    return page(
        f"# `{name}`",
        entry(name, load(HOMES[name], name), topic_of(name)),
        "## Forward formula",
        formulas_html(formulas(SYMBOLIC[name]())),
        *pictures_of([name]),
        occurrences(using([name], claims), f"`{name}`"),
    )


def backward_page(kind: type[Forward], claims: Iterable[ShownClaim]) -> str:
    """Return the page of a layer of backward passes, in all numbers of spatial axes."""
    name, names = stem(kind), names_on(stem(kind))
    written = WRITTEN[name]
    defined = definition(read_forward(written))
    whole = WHOLE & set(operations_in(defined.y))
    alike = [one for one in claims if whole & one.operations] if whole else using(["FullyConnectedLayer"], claims)
    options = signature(CONSTRUCTORS[names[0]]).parameters.values()
    return page(
        f"# {', '.join(f'`{one}`' for one in names)}",
        *(entry(one, CONSTRUCTORS[one], topic_of(one), text=one == names[-1]) for one in names),
        "## Options",
        "\n".join(f"- `{one.name}`: {stated(one)}" for one in options),
        "A backward pass is compared with it, for every value of what is left open, by:",
        fenced(f'cnn-symbolic check-backward mine.py:backward --of "{written}"', "sh"),
        "## Forward formula",
        f"Of `{written}`:",
        formulas_html(formulas([defined.y])),
        *pictures_of(names),
        occurrences(alike, f"`{next(iter(whole))}`" if whole else "`FullyConnectedLayer`"),
    )


def stated(option: Parameter) -> str:
    """Return what is said of an option's default."""
    return "has to be given" if option.default is option.empty else f"`{option.default!r}` unless given"


def formulas(tensors: Iterable[Tensor]) -> Formulas:
    """Return the entry formulas of named tensors."""
    return [entry_formula(x, getattr(x.source, "indices", ())) for x in tensors]
