"""Statements as JSON values, and back: what a fresh process needs to decide a statement again.

A formula is a number, or a list whose first member names its head. Reading builds SymPy expressions
from a fixed table of heads; nothing in a file is ever evaluated as code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import entry, size, width
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
    Opaque,
    Remainder,
    Where,
    has_entries,
)
from cnn_symbolic.expressions.names import bare, check_told_apart
from cnn_symbolic.expressions.rules import is_condition, is_plain_size, least
from cnn_symbolic.expressions.shapes import check_name
from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.kernel.trusted.statement import Declaration, Side, Statement
from cnn_symbolic.tensors.comparing import check_names

DEEPEST, MOST_AXES = 200, 64
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
# How many arguments the heads take that are of sizes and indices only.
ARITIES = {"delta": 2, "iverson": 1, "floor": 1, "ceiling": 1, "mod": 2, "inverse": 1, "where": 3, "not": 1}
ARITIES |= dict.fromkeys(COMPARISONS, 2)
HEAD_OF = {head: name for name, head in HEADS.items()}


def encode_statement(statement: Statement) -> dict[str, Any]:
    """Return a statement as a JSON value."""
    index = {symbol: f"i{k}" for k, symbol in enumerate(statement.index)}
    tensors = {}
    for name, declared in statement.tensors.items():
        shown: dict[str, Any] = {"shape": [encode(n, {}) for n in declared.shape]}
        if declared.definition is not None:
            own = {symbol: f"i{k}" for k, symbol in enumerate(declared.index)}
            shown["definition"] = encode(declared.definition, own)
        tensors[name] = shown
    return {
        "rank": len(statement.index),
        "tensors": tensors,
        "assumptions": [encode(a, {}) for a in statement.assumptions],
        "left": encode_side(statement.left, index),
        "right": encode_side(statement.right, index),
    }


def encode_side(side: Side, index: Mapping[sp.Symbol, str]) -> dict[str, Any]:
    """Return one side of a statement as a JSON value."""
    required = None if side.requirements is None else [encode(r, {}) for r in side.requirements]
    shape = [encode(n, {}) for n in side.shape]
    divisors = [encode(d, {}) for d in side.divisors]
    formula = encode(side.formula, index)
    return {"text": side.text, "shape": shape, "formula": formula, "requirements": required, "divisors": divisors}


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
    if isinstance(e, sp.Derivative):
        return ["derivative", encode(e.expr, index), *(encode(v, index) for v in e.variables)]
    for head, name in HEAD_OF.items():
        if isinstance(e, head):
            return [name, *(encode(part, index) for part in e.args)]
    raise ExportError(f"{e} ({type(e).__name__}) is not part of an entry formula and cannot be exported")


def decode_statement(value: Any) -> Statement:
    """Return the statement in a JSON value; raise ExportError if it is not one."""
    try:
        rank = value["rank"]
        if type(rank) is not int or not 0 <= rank <= MOST_AXES:
            raise ExportError(f"a statement has from 0 to {MOST_AXES} axes, found {rank!r}")
        index = {f"i{k}": sp.Dummy(f"i{k}", integer=True) for k in range(rank)}
        tensors = {}
        for name, declared in value["tensors"].items():
            shape = tuple(number(n, {}) for n in declared["shape"])
            own = {f"i{k}": sp.Dummy(f"i{k}", integer=True) for k in range(len(shape))}
            given = declared.get("definition")
            definition = None if given is None else number(given, own)
            if check_name(bare(name)) != bare(name):
                raise ExportError(f"the name {name!r} is not in its normal form")
            tensors[name] = Declaration(shape, tuple(own.values()) if given is not None else (), definition)
        statement = Statement(
            left=decode_side(value["left"], index),
            right=decode_side(value["right"], index),
            index=tuple(index.values()),
            tensors=tensors,
            assumptions=tuple(holds(a) for a in value["assumptions"]),
        )
        check_names(statement.sizes, statement.tensors)
        check_told_apart(statement.sizes, statement.tensors, statement.formulas)
        return statement
    except ExportError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ExportError(f"the exported statement is not well formed: {type(error).__name__}: {error}") from error


def decode_side(value: Any, index: Mapping[str, sp.Symbol]) -> Side:
    """Return one side of a statement from a JSON value."""
    required = value["requirements"]
    shape = tuple(number(n, {}) for n in value["shape"])
    if len(shape) != len(index):
        raise ExportError(f"a side of a statement about {len(index)} axes has {len(shape)} sizes")
    requirements = None if required is None else tuple(holds(r) for r in required)
    divisors = tuple(holds(d) for d in value.get("divisors", ()))
    return Side(str(value["text"]), shape, number(value["formula"], index), requirements, divisors)


def number(value: Any, index: Mapping[str, sp.Symbol], depth: int = 0) -> sp.Expr:
    """Return the formula in a JSON value; raise ExportError if it is a condition, or infinite."""
    formula = decode(value, index, depth)
    if not isinstance(formula, sp.Expr) or formula.has(sp.zoo, sp.oo, -sp.oo, sp.nan, sp.I):
        raise ExportError(f"a formula is expected, found {formula}")
    return formula


def holds(value: Any, index: Mapping[str, sp.Symbol] | None = None, depth: int = 0) -> Any:
    """Return the condition in a JSON value; raise ExportError if it is a formula."""
    found = decode(value, index or {}, depth)
    if not is_condition(found):
        raise ExportError(f"a condition is expected, found {getattr(found, 'name', found)}")
    return found


def decode(value: Any, index: Mapping[str, sp.Symbol], depth: int = 0) -> Any:
    """Return the formula or condition in a JSON value; `index` holds the indices in scope."""
    if depth > DEEPEST:
        raise ExportError(f"a formula is nested more than {DEEPEST} deep")
    if isinstance(value, bool):
        return sp.true if value else sp.false
    if isinstance(value, int):
        return sp.Integer(value)
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        raise ExportError(f"a formula is a number or a list that starts with the name of its head, found {value!r}")
    head, *parts = value
    if head == "/":
        if int(parts[1]) == 0:
            raise ExportError(f"the fraction {parts[0]}/{parts[1]} divides by zero")
        return sp.Rational(int(parts[0]), int(parts[1]))
    if head == "index":
        if parts[0] not in index:
            raise ExportError(f"the index {parts[0]} is not in scope")
        return index[parts[0]]
    if head == "size":
        return size(str(parts[0]))
    if head == "width":
        return width(str(parts[0]))
    if head == "free":
        return sp.Symbol(str(parts[0]))
    if head == "scalar":
        return sp.Symbol(str(parts[0]), real=True)
    if head == "sum":
        scope = dict(index)
        limits = []
        for name, low, high in parts[0]:
            variable = sp.Dummy(str(name), integer=True)
            limits.append((variable, number(low, scope, depth + 1), number(high, scope, depth + 1)))
            scope[name] = variable
        return sp.Sum(number(parts[1], scope, depth + 1), *reversed(limits))
    if head == "apply":
        return Opaque(str(parts[0]), int(parts[1]), number(parts[2], index, depth + 1))
    if head == "entry":
        return entry(str(parts[0]), tuple(number(i, index, depth + 1) for i in parts[1:]))
    if head not in HEADS and head != "derivative":
        raise ExportError(f"{head!r} is not the head of a formula: known are {', '.join(HEADS)}")
    conditions = len(parts) if head in ("and", "or", "not", "iverson") else 1 if head == "where" else 0
    arguments = [(holds if k < conditions else number)(part, index, depth + 1) for k, part in enumerate(parts)]
    if head == "^" and not (arguments[1].is_Integer and 0 <= arguments[1] <= MOST_AXES and arguments[0].free_symbols):
        raise ExportError(f"a power has an exponent from 0 to {MOST_AXES} and a base that is no number")
    if head in ARITIES and (len(arguments) != ARITIES[head] or any(map(has_entries, arguments))):
        raise ExportError(f"{head} takes {ARITIES[head]} expressions in sizes and indices, found {arguments}")
    return sp.Derivative(*arguments, evaluate=False) if head == "derivative" else HEADS[head](*arguments)
