"""Declarations as plain data: what was written, operation by operation, for another process that makes them again.

A table has a row for each value: a text, an integer, a truth value or None as it is, anything else as a list of its
kind and of the numbers of the rows, all of them above, of what it was made from. What occurs twice has one row, so that
it is one thing again. No formula, condition or shape that was computed is sent, unless its author gave it as a SymPy
expression.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from numbers import Integral
from typing import Any

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.formulas import indices_of, numbered
from cnn_symbolic.expressions.names import ARRIVING
from cnn_symbolic.expressions.values import Calculated, Standing
from cnn_symbolic.ground.errors import DerivationFileError
from cnn_symbolic.kernel.exported.encoding import encode
from cnn_symbolic.library.importing import DeclaredClaim, describe
from cnn_symbolic.proofs.check import Check, Identity, Orderings
from cnn_symbolic.proofs.derivation import Derivation, Step
from cnn_symbolic.tensors.making import scalar
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import Call, Entries, Gradient, Leaf, Named
from cnn_symbolic.tensors.tensor import Tensor

# What the sides of an identity are made from, besides numbers and variables.
IDENTITY = {"added": sp.Add, "multiplied": sp.Mul, "power": sp.Pow, "exp": sp.exp, "derivative": sp.Derivative}
CONSTANTS = {"pi": sp.pi, "E": sp.E, "I": sp.I}


def encode_declarations(declared: Iterable[DeclaredClaim]) -> dict[str, Any]:
    """Return declarations as a JSON value."""
    table = Encoder()
    made = [
        {**table.declaration(one.made), "name": one.name, "line": one.line, "column": one.column} for one in declared
    ]
    return {"rows": table.rows, "declared": made}


class Encoder:
    """A table of rows that is being written."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.places: dict[Any, int] = {}
        self.kept: list[Any] = []  # alive, so that nothing else gets their ids

    def declaration(self, made: Any) -> dict[str, Any]:
        """Return a claim or check as a JSON value."""
        if isinstance(made, Check):
            shared = {"title": made.title, "article": list(made.article)}
            if isinstance(made, Identity):
                return {"kind": "identity", **shared, "sides": [self.identity(side) for side in made.made_from]}
            if isinstance(made, Orderings):
                return {"kind": "orderings", **shared, "shapes": list(map(list, made.made_from))}
            return {"kind": "check", **shared, "statement": made.statement_text, "evidence": made.said}
        if not isinstance(made, Derivation):
            raise DerivationFileError(f"a {type(made).__name__} was declared in place of a claim")
        return {
            "kind": "claim",
            "title": made.title,
            "article": list(made.article),
            "expected": made.expected,
            "letters": list(made.letters),
            "left": self.row(made.left),
            "right": self.row(made.right),
            "assuming": self.row(made.assuming),
            "steps": [self.step(step) for step in made.steps],
        }

    def step(self, step: Step) -> dict[str, Any]:
        """Return a step as a JSON value, a function of indices as what it gives at new ones, or what it raises."""
        formula: Any = step.formula
        index, failed = None, None
        if not isinstance(formula, Tensor):
            symbols = indices_of(formula)
            index = self.row(symbols)
            try:
                formula = formula(*numbered(symbols))
            except Exception as error:
                formula, failed = 0, describe(error)
        shared = {"because": step.because, "using": step.using, "failed": failed}
        return {**shared, "index": index, "formula": self.row(formula)}

    def row(self, value: Any) -> int:
        """Return the number of the row of a value."""
        if isinstance(value, str | Integral) and not isinstance(value, bool):
            value = str(value) if isinstance(value, str) else int(value)
        if value is None or isinstance(value, bool | int | str):
            return self.placed((type(value), value), value)
        key = ("expression", value) if isinstance(value, sp.Basic) else ("object", id(value))
        if key not in self.places:
            self.kept.append(value)
            self.placed(key, self.compound(value))
        return self.places[key]

    def placed(self, key: Any, row: Any) -> int:
        """Return the number of a row, which is added unless it is known."""
        if key not in self.places:
            self.rows.append(row)
            self.places[key] = len(self.rows) - 1
        return self.places[key]

    def listed(self, kind: str, *parts: Any) -> list[Any]:
        """Return the row of a kind that is made from parts."""
        return [kind, *map(self.row, parts)]

    def compound(self, value: Any) -> list[Any]:
        """Return the row of what is made from other values."""
        if isinstance(value, Tensor):
            return self.tensor(value)
        if isinstance(value, Calculated) and not isinstance(value, Standing):
            return self.listed(value.by, *value.of)
        if isinstance(value, tuple):
            return self.listed("tuple", *value)
        if isinstance(value, list | np.ndarray):
            return self.listed("list", *value)
        if isinstance(value, ShapeOf):
            return self.listed("shape", value.tensor)
        if isinstance(value, Fraction):
            return self.listed("fraction", value.numerator, value.denominator)
        if isinstance(value, sp.Dummy):
            return self.listed("index", value.name)
        if isinstance(value, sp.Basic):
            indices = {symbol: str(self.row(symbol)) for symbol in value.free_symbols if isinstance(symbol, sp.Dummy)}
            return ["expression", encode(value, indices), *map(int, indices.values())]
        raise DerivationFileError(f"a claim is made from tensors, numbers and texts, found a {type(value).__name__}")

    def tensor(self, x: Tensor) -> list[Any]:
        """Return the row of a tensor, by what made it."""
        source = x.source
        if isinstance(source, Leaf) and source.name.startswith(ARRIVING):
            of = source.given[0].of[0] if source.given else scalar(source.name.removeprefix(ARRIVING))
            return self.listed("cotangent", of)
        if isinstance(source, Leaf):
            return self.listed("tensor", source.name, " ".join(source.indices), source.given)
        if isinstance(source, Named):
            return self.listed("named", source.name, source.definition, " ".join(source.indices))
        if isinstance(source, Call):
            return self.listed("call", source.operation, source.operands, tuple(source.given.items()))
        if isinstance(source, Entries):
            return self.listed("entries", source.lengths, source.index, source.number, source.using)
        if isinstance(source, Gradient):
            return self.listed("gradient", source.output, source.wrt, source.cotangent)
        raise DerivationFileError(f"a tensor is made by an operation, found a {type(source).__name__}")

    def identity(self, e: sp.Basic) -> int:
        """Return the number of the row of an expression in an identity."""
        if (key := ("identity", e)) not in self.places:
            self.placed(key, self.expression(e))
        return self.places[key]

    def expression(self, e: sp.Basic) -> list[Any]:
        """Return the row of an expression in an identity."""
        if isinstance(e, sp.Rational):
            return self.listed("number", int(e.p), int(e.q))
        if (constant := CONSTANTS.get(str(e))) is not None and e == constant:
            return self.listed("constant", str(e))
        if isinstance(e, sp.Symbol):
            facts = sorted((fact, holds) for fact, holds in e.assumptions0.items() if fact != "commutative")
            return self.listed("variable", e.name, tuple(facts))
        parts = [e.expr, *e.variables] if isinstance(e, sp.Derivative) else e.args
        for kind, head in IDENTITY.items():
            if isinstance(e, head):
                return [kind, *map(self.identity, parts)]
        raise DerivationFileError(f"an identity is about rational functions of exponentials, found {e}")
