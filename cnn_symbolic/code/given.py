"""The arguments of a function that is read, and the function of a file that they are for.

Arrays have arbitrary entries; labels are made from such.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import sympy as sp

from cnn_symbolic.code.arguments import ReadArguments, atoms, guessed, read_arguments, required
from cnn_symbolic.code.arrays.arrays import Array, computed
from cnn_symbolic.code.arrays.labels import labels, rows_of_one
from cnn_symbolic.code.calling import as_view, sp_name
from cnn_symbolic.code.language.statements import Statements
from cnn_symbolic.code.reading import File
from cnn_symbolic.code.state.cells import cell, position
from cnn_symbolic.code.state.values import Scope, UserFunction
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions.formulas import substitute
from cnn_symbolic.expressions.values import number
from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.tensors.making import tensor
from cnn_symbolic.tensors.tensor import Tensor


def world_with(arguments: ReadArguments) -> World:
    """Return a world in which the arrays of a function have arbitrary entries."""
    leaves: dict[str, Tensor] = {}
    for name, lengths in arguments.arrays.items():
        own_name = free_entries(name) if name in arguments.labels else name
        extra = [n for n in (arguments.labels.get(name),) if n is not None]
        each = [part for n in (*lengths, *extra) for part in atoms(n)]
        leaves[own_name] = tensor(*map(number, each), name=own_name)
    return World(arguments.conditions, tensors=leaves)


def free_entries(name: str) -> str:
    """Return the name of the arbitrary entries that labels are made from."""
    return f"{name}′"


def given(world: World, arguments: ReadArguments) -> dict[str, Any]:
    """Return the arguments of a call, arrays of their own for every call."""
    arrays = {name: own(world, world.tensors[name], arguments.arrays[name]) for name in arguments.differentiated}
    for name, count in arguments.labels.items():
        lengths = arguments.arrays[name]
        if count is not None:
            arrays[name] = labels(world, free_entries(name), lengths, count)
        else:
            dims = [(n,) for n in lengths]
            entries = partial(rows_of_one, free_entries(name), classes=lengths[-1])
            arrays[name] = computed(world, dims, entries)
    return {**arrays, **{name: copied(value) for name, value in arguments.options.items()}}


def own(world: World, leaf: Tensor, lengths: Sequence[sp.Expr]) -> Any:
    """Return a tensor as an argument with axes of these sizes, which may be products: a number if it has none."""
    array = as_view(world, leaf)
    return replace(array, dims=tuple(map(atoms, lengths))) if lengths else array.reading()(())


def taken_apart(array: Array, index: Sequence[sp.Symbol], value: Any, lengths: Sequence[sp.Expr]) -> Any:
    """Return a result with the axes of the tensor that it is the gradient of, and the entry at an index of these."""
    dims = tuple(map(atoms, lengths))
    if all(len(dim) == 1 for dim in dims) or array.rank != len(dims):
        return array, (index, value)
    if any(sp.expand(n - sp.Mul(*dim)) != 0 for n, dim in zip(array.lengths, dims, strict=True)):
        return array, (index, value)
    made = tuple(sp.Dummy("ijklpq"[k % 6], integer=True) for k in range(sum(map(len, dims))))
    rest, at = list(made), []
    for dim, mine in zip(dims, array.dims, strict=True):
        here, rest = rest[: len(dim)], rest[len(dim) :]
        at += here if dim == mine else cell(position(here, dim), mine)
    formula = substitute(value, dict(zip(index, at, strict=True))) if isinstance(value, sp.Basic) else value
    view = replace(array, dims=tuple((n,) for dim in dims for n in dim))
    return view, (made, formula)


def copied(value: Any) -> Any:
    """Return an option, a list as a new one."""
    return [copied(part) for part in value] if isinstance(value, list) else value


def function_named(reader: Statements, scope: Scope, name: str) -> UserFunction:
    """Return a function of a file; raise NotUnderstood for anything else."""
    reader.world.line = 0
    found: Any = scope
    for k, part in enumerate(name.split(".")):
        found = reader.value(sp_name(part), scope) if k == 0 else reader.attribute(found, part)
    if not isinstance(found, UserFunction) or isinstance(found.node, ast.Lambda):
        raise reader.world.refuse(f"{name} is no function that is written in the file")
    return found


def called(reader: Statements, function: UserFunction, values: Mapping[str, Any]) -> Any:
    """Return what a function returns for arguments by name."""
    spec = function.node.args
    places = [each.arg for each in spec.posonlyargs]
    by_place = [values[name] for name in places if name in values]
    return reader.called(function, by_place, {name: value for name, value in values.items() if name not in places})


def node_of(file: File, name: str) -> ast.FunctionDef:
    """Return the text of a function of a file; raise OperandError if there is none."""
    body: Sequence[ast.stmt] = file.tree.body
    *classes, last = name.split(".")
    for each in classes:
        body = next((node.body for node in body if isinstance(node, ast.ClassDef) and node.name == each), ())
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == last]
    if not found:
        known = [node.name for node in file.tree.body if isinstance(node, ast.FunctionDef)]
        raise OperandError(f"{file.name} has no function {name}; it has {', '.join(known) or 'none'}")
    return found[-1]


def arguments_of(file: File, name: str, text: str | ReadArguments | None) -> ReadArguments:
    """Return the arguments of a function, as they are written or as the function says; raise OperandError if unfit."""
    node = node_of(file, name)
    found = text if isinstance(text, ReadArguments) else guessed(node) if text is None else read_arguments(text)
    spec = node.args
    known = [each.arg for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]
    if spec.kwarg is None and (unknown := [each for each in found.names if each not in known]):
        raise OperandError(f"{name} has no parameter {unknown[0]}: it has {', '.join(known) or 'none'}")
    if missing := [each for each in required(node) if each not in found.names and each not in ("self", "cls")]:
        raise OperandError(f"{name} needs {', '.join(missing)}, too: write it in --arguments, such as {missing[0]} (N)")
    return found
