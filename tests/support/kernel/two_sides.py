"""A few sizes and tensors for attacks on the kernel, and its verdict on two sides."""

import sympy as sp

from cnn_symbolic import from_entries, scalar, sizes, tensor
from cnn_symbolic.claims import decide, state

M, N, I = sizes("M N I")
x, g, f, c = tensor(M, name="x"), tensor(M, name="g"), tensor(I, name="f"), scalar("c")
u = sp.Symbol("u", integer=True)


def by_hand(formula, using=(x, g, f, c)):
    return from_entries((M,), formula, using=using)


def verdict(left, right, *assuming):
    return decide(state(left, right, assuming))
