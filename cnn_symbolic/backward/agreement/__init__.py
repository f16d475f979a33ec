"""Two functions that should return the same: they are read for all sizes, and run at a few."""

from cnn_symbolic.ground.names import topic

__getattr__, __dir__, __all__ = topic(__name__)
