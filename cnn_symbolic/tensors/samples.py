"""General tensors, for examples of the operations: one axis stands for all where several are alike."""

from __future__ import annotations

from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import sizes, widths
from cnn_symbolic.tensors.making import tensor

B, C, G, I, J, K, M, N, S, D, F = sizes("B C G I J K M N S D F")
P, Q = widths("P Q")
k = sp.Dummy("k", integer=True)
x, y, f = tensor(M, name="x", indices="m"), tensor(M, name="y", indices="m"), tensor(I, name="f", indices="u")
grid, overlay = tensor(M, N, name="x", indices="m n"), tensor(I, J, name="f", indices="u v")
batch, maps = tensor(B, C, M, name="x", indices="n c m"), tensor(K, C, I, name="w", indices="k c u")
outputs, bias = tensor(B, K, M, name="y", indices="n k m"), tensor(K, name="b", indices="k")
weights = tensor(N, K, name="w", indices="n k")
groups, grouped = tensor(G, C, name="x", indices="g c"), tensor(G * C, name="x", indices="k")
shuffled, enlarged = (tensor(B, *of, name="x", indices="n k m") for of in ((F * C, M), (C, F * M)))
STEPS: dict[str, Any] = {"stride": S, "padding": (P,), "dilation": D}
