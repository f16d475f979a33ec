"""Finitely supported tensors with symbolic shapes, the operations on them, and their gradients."""
