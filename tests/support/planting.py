"""Wrong rules in the place of right ones."""

from functools import partial

from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.calculations import CALCULATIONS


def plant(patch, name, wrong):
    """Put a wrong rule in the place of a right one, wherever it builds formulas."""
    right = getattr(rules, name)

    def exchanged(build):
        if isinstance(build, partial):
            return partial(*map(exchanged, (build.func, *build.args)))
        return wrong if build is right else build

    patch.setattr(rules, name, wrong)
    for operation, row in CALCULATIONS.items():
        patch.setitem(CALCULATIONS, operation, row._replace(build=exchanged(row.build)))
