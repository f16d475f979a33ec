"""The words of claims that are given as text: names, attributes, and how large a text and its formulas may be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection
from math import prod
from typing import Any

import sympy as sp

import cnn_symbolic
from cnn_symbolic.errors import FragmentError
from cnn_symbolic.formulas import Opaque
from cnn_symbolic.sources import Call, Leaf, Named
from cnn_symbolic.tensors import Tensor

__all__ = [
    "ATTRIBUTES",
    "LAYERS",
    "MOST_CHARACTERS",
    "MOST_DEPTH",
    "MOST_NODES",
    "WORDS",
    "admitted",
    "is_implied_size",
    "suggestion",
]

MOST_CHARACTERS, MOST_NODES, MOST_DEPTH, MOST_STRING = 20_000, 4000, 40, 200
LARGEST_NUMBER, MOST_OPERATIONS, MOST_AXES, MOST_TERMS, MOST_FACTORS = 10_000, 300, 12, 300, 6

# The public names of these modules are the words of the language; a class of tensors is not to be made by hand.
SPOKEN = ("convolutions", "entries", "families", "formulas", "gradients", "layers", "operations", "pooling", "tensors")
LAYERS = tuple(getattr(cnn_symbolic, name) for name in cnn_symbolic.HOMES["layers"].split() if name[0].isupper())
WORDS: dict[str, Any] = {
    **{
        name: getattr(cnn_symbolic, name)
        for module in SPOKEN
        for name in cnn_symbolic.HOMES[module].split()
        if name != "Tensor"
    },
    **{name: getattr(cnn_symbolic, name) for name in ("Step", "claim", "prove", "refute")},
    **{f.__name__: f for f in (sp.And, sp.Eq, sp.Max, sp.Min, sp.Mod, sp.Ne, sp.Not, sp.Or, sp.ceiling, sp.floor)},
    "Rational": sp.Rational,
    "max": sp.Max,
    "min": sp.Min,
}
ATTRIBUTES = ("shape", "rank")


def is_implied_size(name: str) -> bool:
    """Tell whether a name that nothing was said about is a size: one or two capitals, with a number or a suffix."""
    return re.fullmatch(r"[A-Z]{1,2}[0-9]*(_[a-z0-9]+)?", name) is not None


def suggestion(name: str, known: Collection[str]) -> str:
    """Return a question after the nearest known name, to be put behind a message; empty if none is near."""
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f": did you mean {near[0]}?" if near else ""


def admitted(value: Any) -> Any:
    """Return a value, unless it is too large to be computed with; then raise FragmentError."""
    if isinstance(value, tuple | list):
        return type(value)(map(admitted, value))
    if isinstance(value, dict):
        return {key: admitted(part) for key, part in value.items()}
    if isinstance(value, str) and len(value) > MOST_STRING:
        raise FragmentError(f"a text has at most {MOST_STRING} characters, found {len(value)}")
    if isinstance(value, int | sp.Rational) and max(abs(value), sp.Rational(value).q) > LARGEST_NUMBER:
        raise FragmentError(f"numbers are at most {LARGEST_NUMBER} here, found a larger one")
    if isinstance(value, sp.Basic):
        limit("an expression has", complexity(value), MOST_OPERATIONS, "parts")
        limit("an expression has", expanded(value), MOST_TERMS, "terms when it is multiplied out")
        for number in value.atoms(sp.Rational):
            admitted(int(number.p) if number.q == 1 else max(abs(int(number.p)), int(number.q)))
    if isinstance(value, Tensor):
        limit("a tensor has", value.rank, MOST_AXES, "axes")
        admitted(sp.Tuple(*value.shape))
        terms, factors = weight(value, {})
        limit("a tensor's entry is a sum of", terms, MOST_TERMS, "products when it is multiplied out")
        limit("a tensor's entry is a product of", factors, MOST_FACTORS, "entries when it is multiplied out")
    return value


def limit(what: str, found: int, most: int, unit: str) -> None:
    """Raise FragmentError if there are more than allowed."""
    if found > most:
        raise FragmentError(f"{what} at most {most} {unit} here, found {found if found < 10**9 else 'far more'}")


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


Weight = tuple[int, int]


def product(weights: list[Weight]) -> Weight:
    """Return the weight of a product: so many terms, each of so many factors."""
    return prod(terms for terms, _ in weights), sum(factors for _, factors in weights)


def total(weights: list[Weight]) -> Weight:
    """Return the weight of a sum."""
    return sum(terms for terms, _ in weights), max((factors for _, factors in weights), default=0)


TOTALS = {"add", "stack"}


def weight(x: Tensor, known: dict[int, Weight]) -> Weight:
    """Return bounds on the terms of an entry, and on the factors of a term, with all definitions put in."""
    if id(x) not in known:
        known[id(x)] = weight_of(x, lambda part: weight(part, known))
    return known[id(x)]


def weight_of(x: Tensor, weigh: Callable[[Tensor], Weight]) -> Weight:
    """Return the weight of a tensor, by how it is made."""
    source = x.source
    if isinstance(source, Leaf):
        return 1, 1
    if isinstance(source, Named):
        return weigh(source.definition)
    return weight_of_call(source, [weigh(part) for part in source.operands])


def weight_of_call(call: Call, parts: list[Weight]) -> Weight:
    """Return the weight of the result of an operation."""
    if call.operation in TOTALS:
        return total(parts)
    if call.operation == "apply":
        return parts[0][0], 1
    if call.operation == "gradient":
        return product([(terms * max(factors, 1), factors) for terms, factors in parts[:1] + parts[2:]])
    if call.operation == "from_entries":
        names = {part.name: w for part, w in zip(call.operands, parts, strict=True)}
        return weight_of_formula(call.options["entry"], names)
    if call.operation == "scale":
        terms = expanded(call.options["factor"]) if isinstance(call.options["factor"], sp.Basic) else 1
        return parts[0][0] * terms, parts[0][1]
    return product(parts)


def weight_of_formula(e: sp.Basic, names: dict[str | None, Weight]) -> Weight:
    """Return the weight of an entry formula that is written by hand."""
    if isinstance(e, sp.Indexed):
        return names.get(str(e.base.label), (1, 1))
    if isinstance(e, Opaque):
        return 1, 1
    parts = [weight_of_formula(part, names) for part in e.args]
    if isinstance(e, sp.Add):
        return total(parts)
    if isinstance(e, sp.Pow) and e.exp.is_Integer:
        power = min(abs(int(e.exp)), 64)
        return parts[0][0] ** power, parts[0][1] * power
    if isinstance(e, sp.Symbol) and e.name in names:
        return names[e.name]
    return product(parts) if parts else (1, 0)
