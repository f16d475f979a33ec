"""Claims as people would type them, each with both of its sides computed by hand in plain NumPy.

Every function takes `draw(*shape)`, which returns an array of random integers, and the sizes that its claim
is about. It returns both sides; None where the claim says nothing, because the left side is not defined there.
Nothing here knows the package. Each of the modules enters its claims into the list.
"""

from tests.support.written_claims import (  # noqa: F401 - each enters its claims
    choices,
    conditions,
    convolutions,
    gradients,
    layers,
    least_values,
    one_axis,
    quotients,
    several_axes,
    sizes,
    undefined_sides,
    windows,
)
from tests.support.written_claims.entering import WRITTEN, Written

__all__ = ["WRITTEN", "Written"]
