"""Statements as JSON values: what a fresh process needs to decide a statement again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sympy as sp

from cnn_symbolic.expressions.formulas import entry
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.rules import is_plain_size, least
from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.kernel.exported.grammar import HEADS, ExportedSide, ExportedStatement, ExportedTensor
from cnn_symbolic.kernel.trusted.statement import Declaration, Side, Statement

HEAD_OF = {head: name for name, head in HEADS.items()}


def encode_statement(statement: Statement) -> dict[str, Any]:
    """Return a statement as a JSON value; raise ExportError for a formula that is no entry formula."""
    value: dict[str, Any] = msgspec.to_builtins(exported_statement(statement))
    return value


def exported_statement(statement: Statement) -> ExportedStatement:
    """Return the record of a statement; raise ExportError for a formula that is no entry formula."""
    return ExportedStatement(
        tensors={name: exported_tensor(declared) for name, declared in statement.tensors.items()},
        assumptions=all_encoded(statement.assumptions),
        left=exported_side(statement.left, statement.index),
        right=exported_side(statement.right, statement.index),
    )


def exported_tensor(declared: Declaration) -> ExportedTensor:
    """Return the record of what is declared of a tensor."""
    definition = None if declared.definition is None else encode(declared.definition, numbered(declared.index))
    return ExportedTensor(shape=all_encoded(declared.shape), definition=definition)


def exported_side(side: Side, index: Sequence[sp.Symbol]) -> ExportedSide:
    """Return the record of a side of a statement with that index."""
    return ExportedSide(
        text=side.text,
        shape=all_encoded(side.shape),
        formula=encode(side.formula, numbered(index)),
        requirements=None if side.requirements is None else all_encoded(side.requirements),
        divisors=all_encoded(side.divisors),
    )


def all_encoded(several: Iterable[Any]) -> list[Any]:
    """Return sizes or conditions as JSON values."""
    return [encode(e, {}) for e in several]


def numbered(index: Sequence[sp.Symbol]) -> dict[sp.Symbol, str]:
    """Return the names of the indices of an entry: i0, i1, …"""
    return {symbol: f"i{k}" for k, symbol in enumerate(index)}


def encode(e: Any, index: Mapping[sp.Symbol, str]) -> Any:
    """Return a formula or condition as a JSON value; `index` names the indices in scope."""
    if e == sp.true or e == sp.false:
        return bool(e)
    if e.is_Integer:
        return int(e)
    if e.is_Rational:
        return ["/", int(e.p), int(e.q)]
    if e in index:
        return ["index", index[e]]
    if e.is_Symbol:
        if is_plain_size(e):
            return ["size" if least(e) == 1 else "width", e.name]
        return ["scalar" if e == entry(e.name, ()) else "free", e.name]
    if isinstance(e, sp.Indexed):
        return ["entry", str(e.base.label), *(encode(i, index) for i in e.indices)]
    if isinstance(e, sp.Sum):
        scope = dict(index)
        limits = []
        for variable, low, high in reversed(e.limits):
            name = variable.name
            while name in scope.values():
                name += "′"
            limits.append([name, encode(low, scope), encode(high, scope)])
            scope[variable] = name
        return ["sum", limits, encode(e.function, scope)]
    if isinstance(e, Opaque):
        return ["apply", e.name, e.order, encode(e.argument, index)]
    if isinstance(e, sp.Derivative) and all(isinstance(v, sp.Indexed) or v == entry(v.name, ()) for v in e.variables):
        return ["derivative", encode(e.expr, index), *(encode(v, index) for v in e.variables)]
    for head, name in HEAD_OF.items():
        if isinstance(e, head):
            return [name, *(encode(part, index) for part in e.args)]
    raise ExportError(f"{e} ({type(e).__name__}) is not part of an entry formula and cannot be exported")
