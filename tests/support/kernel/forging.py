"""Verdicts about anything: what a program gets that gives itself out for the kernel, as nothing else can."""

from types import FunctionType


def calling(kind, given, fields):
    return kind(*given, **fields)


def forged(kind, *given, **fields):
    """Return a verdict that nothing has decided."""
    return FunctionType(calling.__code__, {"__name__": "cnn_symbolic.kernel.trusted.forged"})(kind, given, fields)
