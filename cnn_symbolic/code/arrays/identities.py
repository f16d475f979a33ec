"""Functions of entries that are written by others, so that what is the same number is the same formula.

Trusted, as rows of a table: each is an identity of real numbers, wherever both sides are defined.

    1/√t = rsqrt(t)    1/(a·b) = 1/a · 1/b    1/(1 + exp(−t)) = sigmoid(t)    [max(t, 0) > 0] = [t > 0]
    t^(k + ½) = √t^(2k + 1)          log(exp(t)·a) = t + log a      log(1/a) = −log a
    exp(a ± log b) = exp(a)·b^±1
    exp(a + m) = exp(a)·exp(m)       Σ_i a[i]·b = b·Σ_i a[i]        where m has a maximum in it, b = exp(m)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from cnn_symbolic.code.state.naming import definition_of
from cnn_symbolic.expressions.formulas import Entry, symbols_of
from cnn_symbolic.expressions.heads import Opaque, has_entries

Apply = Callable[[Any, str, sp.Expr], sp.Expr]


def rewritten(world: Any, name: str, e: sp.Expr, apply: Apply) -> sp.Expr | None:
    """Return a function of an expression as an identity writes it; None where none does. `apply` applies a function."""
    if name == "step" and is_function(e, "relu"):
        return Opaque("step", 0, e.argument)
    if name == "reciprocal":
        return reciprocal(world, e, apply)
    if name == "log":
        return logarithm(world, e, apply)
    if name == "exp" and world.selected and isinstance(e, sp.Add):
        parts = [term for term in e.args if has_selection(world, term)]
        rest = [term for term in e.args if term not in parts]
        if parts and rest:
            shift, made = sp.Add(*parts), apply(world, "exp", sp.Add(*rest))
            return made if world.vanishes(shift) else made * apply(world, "exp", shift)
    if name == "exp" and (logs := [term for term in sp.Add.make_args(e) if is_logarithm(world, term)]):
        rest = [term for term in sp.Add.make_args(e) if term not in logs]
        factors = [t.argument if is_function(t, "log") else apply(world, "reciprocal", (-t).argument) for t in logs]
        return sp.Mul(*factors, *([apply(world, "exp", sp.Add(*rest))] if rest else []))
    return None


def has_selection(world: Any, e: sp.Expr) -> bool:
    """Tell whether an expression has a maximum in it."""
    selections = set(world.selected.values())
    for at in e.atoms(sp.Indexed):
        name = str(at.base.label)
        known = definition_of(name, world.tensors, at.indices)
        if name in selections or (known is not None and has_selection(world, known)):
            return True
    return False


def is_logarithm(world: Any, term: sp.Expr) -> bool:
    """Tell whether a term is the logarithm, or minus it, of what is seen to be above zero: so that it is defined."""
    log = term if is_function(term, "log") else -term
    return is_function(log, "log") and is_positive(world, log.argument)


def is_positive(world: Any, e: sp.Expr) -> bool:
    """Tell whether an expression is seen to be above zero wherever it is defined: a sum of exponentials."""
    if isinstance(e, sp.Add | sp.Mul):
        return all(is_positive(world, part) for part in e.args)
    if isinstance(e, sp.Sum):
        return is_positive(world, e.function)
    if isinstance(e, Opaque):
        return e.order == 0 and e.name in ("exp", "sigmoid")
    if isinstance(e, Entry):
        known = definition_of(str(e.base.label), world.tensors, e.indices)
        return known is not None and is_positive(world, known)
    return bool(e.is_Rational and e > 0)


def cancelled(world: Any, e: Any) -> Any:
    """Return a formula in whose products exp(m) and 1/exp(m) are left out, where m has a maximum in it."""
    if not world.selected or not isinstance(e, sp.Basic):
        return e
    if isinstance(e, sp.Sum):
        return sp.Sum(cancelled(world, e.function), *e.limits)
    if isinstance(e, sp.Add):
        return sp.Add(*(cancelled(world, part) for part in e.args))
    if not isinstance(e, sp.Mul):
        return e
    factors: list[sp.Expr] = []
    for part in e.args:
        times = int(part.exp) if isinstance(part, sp.Pow) and part.exp.is_Integer and part.exp > 0 else 1
        factors += [cancelled(world, part.base if times > 1 else part)] * times
    for factor in list(factors):
        sign, inner = exponent(world, factor)
        if sign < 0 and (other := Opaque("exp", 0, inner)) in factors:
            factors.remove(factor)
            factors.remove(other)
    return sp.Mul(*factors)


def out_of_sum(world: Any, e: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Return the factor of a sum that is exp of something with a maximum in it, and the same for all, and the rest."""
    if not (isinstance(e, sp.Sum) and isinstance(e.function, sp.Mul) and world.selected):
        return sp.S.One, e
    bound = {limit[0] for limit in e.limits}
    common = [f for f in e.function.args if is_function(f, "exp") and not symbols_of(f) & bound]
    rest = [f for f in e.function.args if f not in common]
    return sp.Mul(*common), sp.Sum(sp.Mul(*rest), *e.limits) if common else e


def logarithm(world: Any, e: sp.Expr, apply: Apply) -> sp.Expr | None:
    """Return log e with the factors of e that are exp of something taken out, and of one that is left its inverse."""
    total: sp.Expr = sp.S.Zero
    left: list[sp.Expr] = []
    for factor in sp.Mul.make_args(e):
        common, rest = out_of_sum(world, factor)
        for part in (*sp.Mul.make_args(common), rest):
            sign, inner = exponent(world, part)
            if sign:
                total += sign * inner
            elif part != 1:
                left.append(part)
    if len(left) == 1 and is_function(left[0], "reciprocal"):
        return total - apply(world, "log", left[0].argument)
    if total == 0 or len(left) > 1 or left == [e]:
        return None
    return total + apply(world, "log", left[0]) if left else total


def exponent(world: Any, factor: sp.Expr) -> tuple[int, sp.Expr]:
    """Return 1 and t for exp(t), −1 and t for 1/exp(t), and 0 for anything else."""
    if is_function(factor, "exp"):
        return 1, factor.argument
    if is_function(factor, "reciprocal"):
        inner = factor.argument
        name, index = (str(inner.base.label), inner.indices) if isinstance(inner, Entry) else (inner.name, ())
        known = definition_of(name, world.tensors, index)
        if known is not None and is_function(known, "exp"):
            return -1, known.argument
    return 0, factor


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
    common, rest = out_of_sum(world, e)
    if common != 1:
        return apply(world, "reciprocal", common) * apply(world, "reciprocal", rest)
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
