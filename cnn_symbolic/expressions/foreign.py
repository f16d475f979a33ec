"""What SymPy may already have simplified: the parts of an expression that are not ring arithmetic, nor our own."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy as sp

from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.heads import Head

INSTEAD = {
    "Max": "maximum(…) of cnn_symbolic",
    "Min": "minimum(…) of cnn_symbolic",
    "Mod": "a % b with sizes(…) of cnn_symbolic",
    "floor": "a // b, or floor(…) of cnn_symbolic",
    "ceiling": "ceiling(…) of cnn_symbolic",
    "KroneckerDelta": "Iverson(i == j) of cnn_symbolic",
    "Piecewise": "where(condition, a, b) of cnn_symbolic",
    "Pow": "a / b with sizes(…) of cnn_symbolic",
    "Float": "an exact fraction, such as Rational(1, 2)",
}


@lru_cache(maxsize=4096)
def foreign_part(e: sp.Basic) -> sp.Basic | None:
    """Return a part of an expression that is neither ring arithmetic nor this package's own; None if there is none."""
    if isinstance(e, sp.Symbol | sp.Rational | sp.Indexed) or e in (sp.true, sp.false):
        return None if not isinstance(e, sp.Indexed) else first(foreign_part(i) for i in e.indices)
    if isinstance(e, sp.Pow) and not (e.exp.is_Integer and e.exp >= 0):
        return e
    if isinstance(e, sp.Sum):
        with_assumptions = (limit[0] for limit in e.limits if not rules.is_plain(limit[0]))
        bounds = (foreign_part(b) for limit in e.limits for b in limit[1:])
        return first([*with_assumptions, foreign_part(e.function), *bounds])
    own = type(e).__module__.startswith("cnn_symbolic.") or isinstance(e, Head)
    if not own and not isinstance(e, sp.Add | sp.Mul | sp.Pow | sp.Derivative | sp.Tuple):
        return e
    return first(foreign_part(part) for part in e.args)


def first(found: Any) -> Any:
    """Return the first that is something."""
    return next((one for one in found if one is not None), None)
