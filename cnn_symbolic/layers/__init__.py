"""Layers of networks and what they compute: operations with batch and channels, and the sizes of their results."""

from cnn_symbolic.ground.names import topic

__getattr__, __dir__, __all__ = topic(__name__)
