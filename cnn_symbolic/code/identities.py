"""Functions of entries that are written by others, so that what is the same number is the same formula.

Trusted, as rows of a table: each is an identity of real numbers, wherever both sides are defined.

    1/√t = rsqrt(t)    1/(a·b) = 1/a · 1/b    1/(1 + exp(−t)) = sigmoid(t)    [max(t, 0) > 0] = [t > 0]
    t^(k + ½) = √t^(2k + 1)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from cnn_symbolic.code.naming import definition_of
from cnn_symbolic.expressions.formulas import Entry
from cnn_symbolic.expressions.heads import Opaque, has_entries

Apply = Callable[[Any, str, sp.Expr], sp.Expr]


def rewritten(world: Any, name: str, e: sp.Expr, apply: Apply) -> sp.Expr | None:
    """Return a function of an expression as an identity writes it; None where none does. `apply` applies a function."""
    if name == "step" and is_function(e, "relu"):
        return Opaque("step", 0, e.argument)
    if name == "reciprocal":
        return reciprocal(world, e, apply)
    return None


def is_function(e: sp.Expr, name: str) -> bool:
    """Tell whether an expression is a known function of an entry."""
    return isinstance(e, Opaque) and e.order == 0 and e.name == name


def reciprocal(world: Any, e: sp.Expr, apply: Apply) -> sp.Expr | None:
    """Return 1/e factor by factor."""
    if is_function(e, "sqrt"):
        return Opaque("rsqrt", 0, e.argument)
    if is_function(e, "rsqrt"):
        return Opaque("sqrt", 0, e.argument)
    if isinstance(e, sp.Mul):
        return sp.Mul(*(1 / f if f.is_Rational else apply(world, "reciprocal", f) for f in grouped(e)))
    if isinstance(e, sp.Pow) and e.exp.is_Integer and e.exp > 0:
        return apply(world, "reciprocal", e.base) ** e.exp
    inner = logistic_of(world, e)
    return None if inner is None else Opaque("sigmoid", 0, inner)


def grouped(product: sp.Mul) -> list[sp.Expr]:
    """Return the factors of a product, those without entries together."""
    plain = [factor for factor in product.args if not has_entries(factor)]
    others = [factor for factor in product.args if has_entries(factor)]
    return [sp.Mul(*plain), *others] if plain else others


def logistic_of(world: Any, e: sp.Expr) -> sp.Expr | None:
    """Return the entry t for 1 + exp(−t), whose reciprocal is the logistic function of t; None for others."""
    rest = e - 1
    if not is_function(rest, "exp"):
        return None
    inner = rest.argument
    name, index = (str(inner.base.label), inner.indices) if isinstance(inner, Entry) else (inner.name, ())
    known = definition_of(name, world.tensors, index)
    opposite: sp.Expr = world.entry_of(sp.expand(-(inner if known is None else known)))
    return opposite


def half_power(exponent: sp.Expr) -> tuple[str, int] | None:
    """Return the root and its whole power that a power k + ½ is; None for others.

    >>> half_power(sp.Rational(-3, 2))
    ('rsqrt', 3)
    """
    twice = 2 * exponent
    if not (isinstance(twice, sp.Integer) and twice % 2 == 1 and abs(twice) <= 15):
        return None
    return ("sqrt" if twice > 0 else "rsqrt"), abs(int(twice))
