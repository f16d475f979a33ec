"""Finitely supported tensors with symbolic shapes, the operations on them, and their gradients.

The signs + - * of tensors are operations, so whoever has a tensor has these loaded.
"""

from cnn_symbolic.tensors import arithmetic as arithmetic
