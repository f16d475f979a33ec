"""Claims as text, in a small language that is read and never run; deciding a statement, or many claims at once."""

from cnn_symbolic.ground.names import topic

__getattr__, __dir__, __all__ = topic(__name__)
