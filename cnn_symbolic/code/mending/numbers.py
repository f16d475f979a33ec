"""A world at given sizes: what is asked of it is computed in numbers, and nothing is proved. Good for trying only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from cnn_symbolic.code.state.memory import Moment
from cnn_symbolic.code.state.paths import needed, violations
from cnn_symbolic.code.state.world import World
from cnn_symbolic.expressions.formulas import symbols_of
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.tensors.entries import entries_of


@dataclass
class WorldAt(World):
    """The world at the numbers that `sizes` gives for the symbols: every condition on the sizes is settled there."""

    sizes: Mapping[sp.Symbol, int] = field(default_factory=dict)

    def holds(self, condition: Any, moment: Moment | None = None) -> bool:
        """Tell whether a condition holds at every pass of a moment, at these sizes."""
        if condition in (sp.true, sp.false):
            return bool(condition == sp.true)
        here = self.moment if moment is None else moment
        condition, extra = self.without_choices(condition)
        relevant = needed((*here, *extra), condition)
        key = (condition, relevant, 0)
        if key not in self.known:
            never = violations(condition, relevant)
            known = symbols_of(never) <= set(self.sizes)
            self.known[key] = self.vanishes(never) if known else super().holds(condition, moment)
        return self.known[key]

    def vanishes(self, e: sp.Expr) -> bool:
        """Tell whether a number is zero at these sizes."""
        return bool(entries_of(e, (), (), ()).evaluate({}, {}, self.sizes) == 0)

    def choose(self, condition: Any) -> bool:
        """Return whether a condition holds at these sizes."""
        if condition in (sp.true, sp.false):
            return bool(condition == sp.true)
        if self.varies(condition):
            raise self.refuse("a branch on the index of a loop, where one on sizes is understood")
        return bool(value_of(condition, self.sizes.__getitem__))
