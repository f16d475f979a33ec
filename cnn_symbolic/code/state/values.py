"""What names stand for in the code that is read, besides numbers, arrays, texts, tuples, lists and tables."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

# What is found where there is no attribute of a name.
MISSING = object()


@dataclass(frozen=True, eq=False)
class UnknownText:
    """A text that is not known, such as one with sizes in it."""


@dataclass(frozen=True)
class Float:
    """A whole number that is a float in Python, such as 4/2, and so no size or index."""

    value: sp.Expr


@dataclass(frozen=True)
class Poison:
    """A name that has no value that could be told, with the reason."""

    reason: str


@dataclass(eq=False)
class Scope:
    """The names of a function, of a class or of a file; names that are not there are looked up outside.

    `accumulated` are those of arrays that every pass of a loop adds to by `a = a + e`.
    """

    names: dict[str, Any] = field(default_factory=dict)
    outer: Scope | None = None
    accumulated: set[str] = field(default_factory=set)

    def home(self, name: str) -> Scope | None:
        """Return the scope that has a name."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.outer
        return scope


@dataclass(frozen=True, eq=False)
class UserFunction:
    """A function of the code; `bound` is the object or class that a method is of."""

    node: ast.FunctionDef | ast.Lambda
    scope: Scope
    defaults: tuple[Any, ...] = ()
    named_defaults: tuple[Any, ...] = ()
    bound: Any = None
    kind: str = ""

    @property
    def name(self) -> str:
        """The name of the function."""
        return getattr(self.node, "name", "lambda")


@dataclass(eq=False)
class Class:
    """A class of the code, with what stands in it."""

    name: str
    scope: Scope
    bases: tuple[Class, ...] = ()

    def find(self, name: str) -> Any:
        """Return an attribute of the class or of one that it is made from; MISSING if there is none."""
        if name in self.scope.names:
            return self.scope.names[name]
        return next((found for base in self.bases if (found := base.find(name)) is not MISSING), MISSING)


@dataclass(eq=False)
class UserObject:
    """An object of a class of the code."""

    made: Class
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Parent:
    """An object as one of a class that its own class is made from: `super()`."""

    owner: UserObject
    made: Class


@dataclass(frozen=True)
class Known:
    """Something of NumPy, SciPy, the standard library or Python itself, by its full name, such as "numpy.pad"."""

    name: str


@dataclass(frozen=True, eq=False)
class Method:
    """A method of an array, a list, a table or a text."""

    owner: Any
    name: str


@dataclass(frozen=True, eq=False)
class LoopPasses:
    """What a loop runs over: the numbers of passes of its loops, and what its target is at a pass.

    Of a generator, `index` are the passes of its own loops.
    """

    lengths: tuple[sp.Expr, ...]
    element: Callable[[tuple[sp.Expr, ...]], Any]
    index: tuple[sp.Symbol, ...] = ()


@dataclass(frozen=True, eq=False)
class Family:
    """A list of symbolic length: its member at the pass `index`, of which there are `length`."""

    index: tuple[sp.Symbol, ...]
    lengths: tuple[sp.Expr, ...]
    member: Any


@dataclass(frozen=True, eq=False)
class Cell:
    """A number to which every pass of a loop adds."""

    array: Any  # an array without axes
