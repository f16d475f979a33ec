"""Shapes, names and index letters of tensors: what is allowed, and how shapes are written."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import sympy as sp
from sympy.printing.str import StrPrinter

from cnn_symbolic.errors import NameConflictError, ShapeError
from cnn_symbolic.formulas import Shape, is_size

__all__ = ["check_integers", "check_letters", "check_name", "check_shape", "format_option", "format_shape"]


def format_shape(shape: Sequence[Any]) -> str:
    """Return a shape as it is written: `(M, N)`, `(M,)`, `()`."""
    return f"({', '.join(map(format_size, shape))}{',' if len(shape) == 1 else ''})"


def format_size(size: Any) -> str:
    """Return a size as it is written: `M - I + 1`, what is added before what is taken away, and the number last."""
    return str(SizePrinter().doprint(size)) if isinstance(size, sp.Expr) else str(size)


class SizePrinter(StrPrinter):
    """Writes size expressions: `⌊(M - I)/S⌋ + 1`, `(M mod S)`, `S·T`."""

    def _print_Add(self, e: sp.Add, order: Any = None) -> str:
        def place(term: sp.Expr) -> tuple[bool, bool, str]:
            return (term.is_Rational, term.could_extract_minus_sign(), str(term))

        return " + ".join(self.doprint(term) for term in sorted(e.args, key=place)).replace("+ -", "- ")

    def _print_Mul(self, e: sp.Mul) -> str:
        number, rest = e.as_coeff_Mul()
        if number < 0:
            return f"-{self.doprint(-e)}"
        factors = [part for part in (number, *sp.Mul.make_args(rest)) if part != 1]
        top, bottom = sp.fraction(e)
        if bottom != 1:
            return f"{self.tight(top)}/{self.divisor(bottom)}"
        return "·".join(map(self.tight, factors))

    def tight(self, e: sp.Expr) -> str:
        return f"({self.doprint(e)})" if isinstance(e, sp.Add) else str(self.doprint(e))

    def divisor(self, e: sp.Expr) -> str:
        return f"({self.doprint(e)})" if isinstance(e, sp.Add | sp.Mul) else str(self.doprint(e))

    def _print_floor(self, e: sp.floor) -> str:
        return f"⌊{self.doprint(sp.together(e.args[0]))}⌋"

    def _print_ceiling(self, e: sp.ceiling) -> str:
        return f"⌈{self.doprint(sp.together(e.args[0]))}⌉"

    def _print_Mod(self, e: sp.Mod) -> str:
        return f"({self.tight(e.args[0])} mod {self.divisor(e.args[1])})"

    def _print_Max(self, e: sp.Max) -> str:
        return f"max({', '.join(map(self.doprint, e.args))})"

    def _print_Min(self, e: sp.Min) -> str:
        return f"min({', '.join(map(self.doprint, e.args))})"


def format_option(value: Any) -> str:
    """Return an operation's option as it is written in a call."""
    if isinstance(value, sp.Dummy):
        return str(value.name)
    if isinstance(value, tuple):
        return f"({', '.join(map(format_option, value))}{',' if len(value) == 1 else ''})"
    return repr(value) if isinstance(value, str) else format_size(value)


def check_shape(lengths: Sequence[Any], owner: str) -> Shape:
    """Return the lengths as SymPy expressions; raise ShapeError unless each is an integer expression ≥ 1."""
    if len(lengths) == 1 and isinstance(lengths[0], tuple | list):
        lengths = lengths[0]
    checked = []
    for length in lengths:
        value = sp.Integer(int(length)) if isinstance(length, Integral) and not isinstance(length, bool) else length
        if not (isinstance(value, sp.Expr) and value.is_integer and all(map(is_size, value.free_symbols))):
            raise ShapeError(
                f"{owner}: a size is a positive integer or made from sizes, "
                f"such as M, N = sizes('M N'); found {length!r}"
            )
        if value.is_Integer and value < 1:
            raise ShapeError(f"{owner}: a size is at least 1, found {length}")
        checked.append(value)
    return tuple(checked)


def check_name(name: str) -> str:
    """Return the name; raise NameConflictError if it cannot name a tensor."""
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise NameConflictError(f"a tensor's name is a text that can be printed and is not empty, found {name!r}")
    return name


def check_integers(values: Sequence[Any], count: int, owner: str) -> tuple[sp.Expr, ...]:
    """Return integers and integer expressions as they stand in formulas; raise ShapeError unless there are `count`."""
    exact = tuple(sp.Integer(int(v)) if isinstance(v, Integral) and not isinstance(v, bool) else v for v in values)
    if len(exact) != count or not all(isinstance(v, sp.Expr) and v.is_integer for v in exact):
        raise ShapeError(f"{owner} takes {count} integers or integer expressions, found {format_shape(tuple(values))}")
    return exact


def check_letters(letters: str, rank: int, name: str) -> tuple[str, ...]:
    """Return the letters, separated by spaces; raise ShapeError unless there is none or one per axis."""
    split = tuple(letters.replace(",", " ").split())
    if len(split) not in (0, rank) or len(set(split)) != len(split):
        raise ShapeError(f"{name} has {rank} axes, but the letters {letters!r} for them")
    return split
