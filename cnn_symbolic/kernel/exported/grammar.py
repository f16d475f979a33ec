"""What an exported statement is: the fields of its records, and the grammar of the formulas in them.

A formula is a number, or a list whose first member names its head. The table of heads is all that a reader takes a
formula for, and what the published JSON schema of formulas is made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import sympy as sp
from msgspec import Meta, Struct

from cnn_symbolic.expressions.heads import (
    COMPARISONS,
    Bracket,
    Ceiling,
    Conjunction,
    Delta,
    Disjunction,
    Floor,
    Inverse,
    Maximum,
    Minimum,
    Negation,
    Remainder,
    Where,
)

LARGEST, MOST_LETTERS = 10**18, 200
DEEPEST, MOST_PARTS = 60, 20_000
MOST_AXES, MOST_EXPONENT, MOST_ORDER, MOST_TENSORS, MOST_CONDITIONS = 12, 64, 12, 200, 500

# The kinds of what stands in a formula. A size is a formula without entries of tensors, an entry is one of a tensor. A
# condition is about sizes; what is said of a claim may be about numbers, too.
FORMULA, SIZE, ENTRY, CONDITION, SAID = "formula", "size", "entry", "condition", "said"
INTEGER, DIVISOR, EXPONENT, ORDER, NAME, LIMITS = "integer", "divisor", "exponent", "order", "name", "limits"
RANGES = {
    INTEGER: (-LARGEST, LARGEST),
    DIVISOR: (2, LARGEST),
    EXPONENT: (0, MOST_EXPONENT),
    ORDER: (0, MOST_ORDER),
}


@dataclass(frozen=True)
class Arguments:
    """What stands behind a head: the kinds of its arguments, and that of any more of them."""

    kinds: tuple[str, ...]
    more: str | None = None


HEADS: dict[str, Any] = {
    "+": sp.Add,
    "*": sp.Mul,
    "^": sp.Pow,
    "delta": Delta,
    "iverson": Bracket,
    "floor": Floor,
    "ceiling": Ceiling,
    "mod": Remainder,
    "max": Maximum,
    "min": Minimum,
    "inverse": Inverse,
    "where": Where,
    "and": Conjunction,
    "or": Disjunction,
    "not": Negation,
    **COMPARISONS,
}
ENTRIES = {"entry": Arguments((NAME,), SIZE), "scalar": Arguments((NAME,))}
OF_ENTRIES = {**ENTRIES, "apply": Arguments((NAME, ORDER, ENTRY)), "derivative": Arguments((FORMULA, ENTRY))}
SIZES = {
    "/": Arguments((INTEGER, DIVISOR)),
    **dict.fromkeys(("index", "size", "width", "free"), Arguments((NAME,))),
    **dict.fromkeys(("+", "*", "max", "min"), Arguments((FORMULA,), FORMULA)),
    "^": Arguments((FORMULA, EXPONENT)),
    "sum": Arguments((LIMITS, FORMULA)),
    **dict.fromkeys(("floor", "ceiling", "inverse"), Arguments((SIZE,))),
    **dict.fromkeys(("delta", "mod"), Arguments((SIZE, SIZE))),
    "iverson": Arguments((CONDITION,)),
    "where": Arguments((CONDITION, SIZE, SIZE)),
}


def conditions(kind: str, of: str) -> dict[str, Arguments]:
    """Return the heads of a kind of conditions, which compare what is of another kind."""
    return {
        **dict.fromkeys(("and", "or"), Arguments((kind,), kind)),
        "not": Arguments((kind,)),
        **dict.fromkeys(COMPARISONS, Arguments((of, of))),
    }


GRAMMAR: dict[str, Mapping[str, Arguments]] = {
    FORMULA: {**SIZES, **OF_ENTRIES},
    SIZE: SIZES,
    ENTRY: ENTRIES,
    CONDITION: conditions(CONDITION, SIZE),
    SAID: conditions(SAID, FORMULA),
}


def inside(kind: str, of: str) -> str:
    """Return the kind of an argument, within what is of a kind itself: all that is inside of a size is one."""
    return SIZE if (kind, of) == (SIZE, FORMULA) else of


# Records

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MOST_LETTERS)]
Formula: TypeAlias = Annotated[Any, Meta(extra_json_schema={"$ref": "#/$defs/formula"})]
Size: TypeAlias = Annotated[Any, Meta(extra_json_schema={"$ref": "#/$defs/size"})]
Condition: TypeAlias = Annotated[Any, Meta(extra_json_schema={"$ref": "#/$defs/condition"})]
ExportedShape: TypeAlias = Annotated[list[Size], Meta(max_length=MOST_AXES)]
Conditions: TypeAlias = Annotated[list[Condition], Meta(max_length=MOST_CONDITIONS)]
Said: TypeAlias = Annotated[Any, Meta(extra_json_schema={"$ref": "#/$defs/said"})]


class ExportedTensor(Struct, kw_only=True, forbid_unknown_fields=True):
    """A tensor that formulas mention: its shape and, of an intermediate result, its entry at i0, i1, …, else null."""

    shape: ExportedShape
    definition: Formula | None = None


class ExportedSide(Struct, kw_only=True, forbid_unknown_fields=True):
    """A side of a statement, or a line of a proof: its shape, its entry at i0, i1, …, and where it is defined.

    `requirements` is null for sizes that are written by hand, which count as defined where the other side is, and for
    a line. Every size of every tensor in the formula is at least one anyway, and so is whatever is divided by.
    """

    text: str
    shape: ExportedShape
    formula: Formula
    requirements: Conditions | None
    divisors: Conditions = []


class ExportedStatement(Struct, kw_only=True, forbid_unknown_fields=True):
    """Two sides that are said to be equal, and what is assumed of the sizes."""

    tensors: Annotated[dict[Name, ExportedTensor], Meta(max_length=MOST_TENSORS)]
    assumptions: Conditions
    left: ExportedSide
    right: ExportedSide


def formula_schemas() -> dict[str, Any]:
    """Return the JSON schemas of formulas, sizes, entries and conditions, and of what stands in them, by kind."""
    schemas: dict[str, Any] = {
        kind: {"type": "integer", "minimum": low, "maximum": high} for kind, (low, high) in RANGES.items()
    }
    schemas[NAME] = {"type": "string", "minLength": 1, "maxLength": MOST_LETTERS}
    limit = {"type": "array", "prefixItems": list(map(reference, (NAME, SIZE, SIZE))), "minItems": 3, "items": False}
    schemas[LIMITS] = {"type": "array", "items": limit, "minItems": 1, "maxItems": MOST_AXES}
    for kind, rows in GRAMMAR.items():
        plain = {
            **{number: [reference(INTEGER)] for number in (FORMULA, SIZE)},
            **{truth: [{"type": "boolean"}] for truth in (CONDITION, SAID)},
        }
        schemas[kind] = {
            "anyOf": [*plain.get(kind, []), headed({"enum": list(rows)})],
            "allOf": [{"if": headed({"const": head}), "then": application(row, kind)} for head, row in rows.items()],
        }
    return schemas


def headed(head: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a list that starts with a head."""
    return {"type": "array", "prefixItems": [head], "minItems": 1}


def reference(kind: str) -> dict[str, str]:
    """Return the reference to the schema of a kind."""
    return {"$ref": f"#/$defs/{kind}"}


def application(row: Arguments, kind: str) -> dict[str, Any]:
    """Return the schema of what stands behind a head, in what is of a kind."""
    arguments = [reference(inside(kind, of)) for of in row.kinds]
    return {
        "prefixItems": [True, *arguments],
        "minItems": len(arguments) + 1,
        "items": False if row.more is None else reference(inside(kind, row.more)),
    }
