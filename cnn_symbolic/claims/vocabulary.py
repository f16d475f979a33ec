"""The words of claims that are given as text: names, attributes, and how large a text and its formulas may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any, NamedTuple

import sympy as sp

from cnn_symbolic.expressions.heads import Ceiling, Floor, Head, Maximum, Minimum, Opaque, Remainder, Where
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.expressions.values import plain
from cnn_symbolic.ground.errors import FragmentError, TooLargeError
from cnn_symbolic.ground.names import VOCABULARY, load, words
from cnn_symbolic.proofs.derivation import Step
from cnn_symbolic.tensors.operation import RECORDS
from cnn_symbolic.tensors.operations.correlation import MODES
from cnn_symbolic.tensors.sources import Call, Entries, Gradient, Leaf, Named, Source
from cnn_symbolic.tensors.tensor import Tensor

MOST_CHARACTERS, MOST_NODES, MOST_DEPTH, MOST_STRING = 20_000, 4000, 40, 200
LARGEST_NUMBER, MOST_OPERATIONS, MOST_AXES, MOST_TERMS, MOST_FACTORS = 10_000, 400, 12, 300, 6
MOST_PRODUCTS = 1000
MOST_ITEMS, MOST_HEIGHT, MOST_STEPS, MOST_DERIVATIVES = 500, 4, 9, 9
STEPPED = (Floor, Ceiling, Remainder, Maximum, Minimum, Where)


def public(*rooms: str) -> dict[str, Any]:
    """Return what derivations and layers have from some rooms or modules, by its public name."""
    return {name: load(module, name) for name, module in words(*rooms).items()}


LAYERS = tuple(made for name, made in public("layers.").items() if name[0].isupper())
# The functions of numbers and conditions.
FUNCTIONS = public("expressions.functions")
WORDS: dict[str, Any] = {
    **public(*VOCABULARY),
    "Step": Step,
    "max": FUNCTIONS["maximum"],
    "min": FUNCTIONS["minimum"],
}
# Tensors are made by operations only.
del WORDS["Tensor"]
ATTRIBUTES = ("shape", "rank")
# How to write what has another name elsewhere, by that name in small letters without underscores.
OTHER_NAMES = {
    **dict.fromkeys(("avgpool", "avgpool1d", "avgpool2d", "avgpool3d"), "the layer AveragePool, and sum_pool"),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), "conv, for any number of axes"),
    **dict.fromkeys(("convtranspose1d", "convtranspose2d", "convtranspose3d"), "conv_transpose"),
    **dict.fromkeys(("einsum", "matmul"), "tensordot, and dot"),
    **dict.fromkeys(("maxpool", "maxpool1d", "maxpool2d", "maxpool3d"), "the layer MaxPool, and select_pool"),
    **dict.fromkeys(("reshape", "flatten"), "split_axis, and merge_axes"),
    **dict.fromkeys(("np", "numpy", "scipy", "signal", "torch"), "every word by itself, without its module"),
    **{mode.replace("_", ""): f"the text {mode!r}, in quotation marks" for mode in MODES},
    **dict.fromkeys(("mean", "sumoveraxes", "reducesum"), "sum_axes, and / by a size"),
    **dict.fromkeys(("linear", "dense"), "the layer FullyConnectedLayer, and tensordot(x, w, axes=((1,), (1,)))"),
    **dict.fromkeys(("concat", "concatenate", "cat"), "stack, and pad: pad(x, …) + pad(y, …)"),
    **dict.fromkeys(("batchnorm", "layernorm"), "rsqrt: c * rsqrt(v), where c = x - mean, v = variance + eps*ones(…)"),
    **dict.fromkeys(("silu", "swish"), "sigmoid: z * sigmoid(z)"),
    **dict.fromkeys(("leakyrelu", "prelu"), "relu: relu(z) - a * relu(m), where m = -z"),
    **dict.fromkeys(("abs", "absolute"), "relu: relu(z) + relu(m), where m = -z"),
    **dict.fromkeys(("elu", "selu", "mish", "sin", "cos", "erf"), "function(), an arbitrary differentiable function"),
    **dict.fromkeys(("square", "pow", "power"), "*: x * x"),
    **dict.fromkeys(("heaviside", "sign"), "step, 1 for a positive number, else 0"),
    **dict.fromkeys(("inverse", "div", "divide"), "reciprocal: x * reciprocal(y)"),
    **dict.fromkeys(("logistic", "expit"), "sigmoid"),
    "crossentropy": "cross_entropy_of_softmax(z, y)",
    "gelu": "function(): z * f(z), where f is an arbitrary differentiable function",
    "ln": "log, the natural logarithm",
    "logsoftmax": "log: z - log(s), where e = exp(z) and s = sum_axes(e, axes=(1,), keepdims=True)",
    "softmax": "exp: e = exp(z), s = sum_axes(e, axes=(1,), keepdims=True), and p = e * reciprocal(s)",
}


def other_name(name: str) -> str | None:
    """Return how to write what a name is called elsewhere: a known function, or what there is in its place."""
    plain = name.lower().replace("_", "")
    return plain if plain in KNOWN and plain != name else OTHER_NAMES.get(plain)


def is_implied_size(name: str) -> bool:
    """Tell whether a name that nothing was said about is a size: one or two capitals, with a number or a suffix."""
    return re.fullmatch(r"[A-Z]{1,2}[0-9]*(_[a-z0-9]+)?", name) is not None


def admitted(value: Any) -> Any:
    """Return a value, unless it is too large to be computed with; then raise TooLargeError."""
    for part in map(plain, parts_of(value)):
        if isinstance(part, str) and (len(part) > MOST_STRING or not part.isprintable()):
            raise FragmentError(f"a text can be printed and has at most {MOST_STRING} characters")
        if isinstance(part, int | sp.Rational) and max(abs(part), sp.Rational(part).q) > LARGEST_NUMBER:
            raise TooLargeError(f"numbers are at most {LARGEST_NUMBER} here, found a larger one")
        if isinstance(part, sp.Basic):
            check_expression(part)
        if isinstance(part, Tensor):
            limit("a tensor has", part.rank, MOST_AXES, "axes")
            check_expression(sp.Tuple(*part.lengths))
            terms, factors, height = weight(part, {})
            limit("a tensor's entry is a sum of", terms, MOST_PRODUCTS, "products when it is multiplied out")
            limit("a tensor's entry is a product of", factors, MOST_FACTORS, "entries when it is multiplied out")
            limit("functions are applied to functions", height, MOST_HEIGHT, "times")
    return value


def parts_of(value: Any) -> Iterator[Any]:
    """Yield a value, or the items of a list, tuple or table; raise TooLargeError if there are too many."""
    pending = [value]
    count = 0
    while pending:
        part = pending.pop()
        count += 1
        if count > MOST_ITEMS:
            raise TooLargeError(f"a list has at most {MOST_ITEMS} items here, those of lists in it counted")
        if isinstance(part, tuple | list):
            pending += part
        elif isinstance(part, dict):
            pending += part.values()
        else:
            yield part


def check_expression(e: sp.Basic) -> None:
    """Raise TooLargeError if an expression is too large, or has too many cases."""
    limit("an expression has", complexity(e), MOST_OPERATIONS, "parts")
    limit("an expression has", expanded(e), MOST_TERMS, "terms when it is multiplied out")
    for part in e.args if isinstance(e, sp.Tuple) else (e,):
        found = sum(max(len(step.args) - 1, 1) for step in part.atoms(*STEPPED))
        limit("an expression has", found, MOST_STEPS, "quotients, remainders, minima and maxima")
    for number in e.atoms(sp.Rational):
        if max(abs(number.p), number.q) > LARGEST_NUMBER:
            raise TooLargeError(f"numbers are at most {LARGEST_NUMBER} here, found {number}")


def limit(what: str, found: int, most: int, unit: str) -> None:
    """Raise TooLargeError if there are more than allowed."""
    if found > most:
        raise TooLargeError(f"{what} at most {most} {unit} here, found {found if found < 10**9 else 'far more'}")


def complexity(e: sp.Basic) -> int:
    """Return the number of parts of an expression, each counted as often as it occurs."""
    return 1 + sum(complexity(part) for part in e.args)


def expanded(e: sp.Basic) -> int:
    """Return a bound on the number of terms that an expression has when it is multiplied out."""
    if isinstance(e, sp.Add):
        return sum(map(expanded, e.args))
    if isinstance(e, sp.Pow):
        return expanded(e.base) ** min(abs(int(e.exp)), 64) if e.exp.is_Integer else MOST_TERMS + 1
    return prod(map(expanded, e.args)) if isinstance(e, sp.Mul) else max(map(expanded, e.args), default=1)


class Weight(NamedTuple):
    """Bounds on the terms of an entry, on the factors of a term, and on how often functions are applied in turn."""

    terms: int
    factors: int
    height: int = 0


def product(weights: Sequence[Weight]) -> Weight:
    """Return the weight of a product: so many terms, each of so many factors."""
    height = max((w.height for w in weights), default=0)
    return Weight(prod(w.terms for w in weights), sum(w.factors for w in weights), height)


def total(weights: Sequence[Weight]) -> Weight:
    """Return the weight of a sum."""
    factors, height = (max((w[k] for w in weights), default=0) for k in (1, 2))
    return Weight(sum(w.terms for w in weights), factors, height)


ONE_ENTRY = Weight(1, 1)


def weight(x: Tensor, known: dict[int, Weight]) -> Weight:
    """Return the weight of a tensor's entries, with all definitions put in; what is known by `id` is not repeated."""
    if id(x) not in known:
        known[id(x)] = weight_of(x.source, [weight(part, known) for part in x.source.made_from])
    return known[id(x)]


def weight_of(source: Source, parts: list[Weight]) -> Weight:
    """Return the weight of what is made from parts with these weights."""
    if isinstance(source, Leaf):
        return ONE_ENTRY
    if isinstance(source, Named):
        return parts[0]
    if isinstance(source, Gradient):
        output, _, arriving = parts
        return product([output, arriving, Weight(max(output.factors, 1), 0)])
    if isinstance(source, Entries):
        return weight_of_formula(source.formula, {x.name: w for x, w in zip(source.using, parts, strict=True)})
    return weight_of_call(source, parts)


def weight_of_call(call: Call, parts: list[Weight]) -> Weight:
    """Return the weight of the result of an operation."""
    if RECORDS[call.operation].adds:
        return total(parts)
    if "function" in call.options:
        limit("a function is differentiated", call.options["order"], MOST_DERIVATIVES, "times")
        order = call.options["order"] if call.options["function"] in KNOWN else 0
        return Weight(parts[0].terms * (order + 1), 2 * order + 1, parts[0].height + 1)
    if "factor" in call.options:
        factor = call.options["factor"]
        return product([parts[0], Weight(expanded(factor) if isinstance(factor, sp.Basic) else 1, 0)])
    return product(parts)


def weight_of_formula(e: sp.Basic, names: dict[str | None, Weight]) -> Weight:
    """Return the weight of an entry formula that is written by hand; ranges and conditions are not multiplied out."""
    if isinstance(e, sp.Indexed):
        return names.get(str(e.base.label), ONE_ENTRY)
    if isinstance(e, Opaque):
        return ONE_ENTRY
    if isinstance(e, Head):
        return product([])
    if isinstance(e, sp.Sum):
        return weight_of_formula(e.function, names)
    if isinstance(e, sp.Symbol) and e.name in names:
        return names[e.name]
    parts = [weight_of_formula(part, names) for part in e.args]
    if isinstance(e, sp.Add):
        return total(parts)
    if isinstance(e, sp.Pow) and e.exp.is_Integer:
        return product(parts[:1] * min(abs(int(e.exp)), 64))
    return product(parts)
