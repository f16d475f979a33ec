"""Verdicts about anything: what a program gets that gives itself out for the kernel, as nothing else can."""

from types import FunctionType

from cnn_symbolic.kernel.trusted import verdicts


def calling(kind, given, fields):
    return kind(*given, **fields)


def forged(kind, *given, **fields):
    """Return a verdict that nothing has decided."""
    return FunctionType(calling.__code__, vars(verdicts))(kind, given, fields)
