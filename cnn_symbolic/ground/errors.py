"""Every error the package raises on purpose: one root, and children that are also the standard ones; and one alarm."""


class CnnSymbolicError(Exception):
    """The root of all errors of this package; its message says what was found, expected, and to do.

    Of what is wrong at a place of a file, `line` and `column` say where, from 1 on, and `what` the rest; else they are
    0 and empty.

    >>> from cnn_symbolic import CnnSymbolicError, tensor
    >>> try:
    ...     tensor(3, name="x")[0, 0]
    ... except CnnSymbolicError as error:
    ...     print(type(error).__name__, error, sep=": ")
    ShapeError: x has 1 axes, of shape (3,), but was indexed with 2: (0, 0)
    """

    line, column, what = 0, 0, ""


class ShapeError(CnnSymbolicError, ValueError):
    """Shapes, ranks or sizes that do not fit together."""


class ModeError(CnnSymbolicError, ValueError):
    """A mode, side or option that an operation does not have."""


class NameConflictError(CnnSymbolicError, ValueError):
    """One name that stands for two different tensors or sizes."""


class FragmentError(CnnSymbolicError, ValueError):
    """A formula that an operation cannot be applied to, because it leaves what can be expressed."""


class TooLargeError(FragmentError):
    """A formula that is too large to be computed with."""


class VacuousClaimError(CnnSymbolicError, ValueError):
    """A claim whose assumptions no sizes satisfy: it would say nothing."""


class EvaluationError(CnnSymbolicError, ValueError):
    """Values that are missing or do not fit when a tensor is evaluated."""


class DerivationFileError(CnnSymbolicError, ValueError):
    """A derivation file that cannot be found, imported, or used."""


class ExportError(CnnSymbolicError, ValueError):
    """An exported file that is not what it should be, or an output that cannot be written."""


class OperandError(CnnSymbolicError, TypeError):
    """An argument of the wrong kind, such as a number where a tensor belongs."""


class ClaimTextError(CnnSymbolicError, ValueError):
    """A text of claims that cannot be read; the message shows the line, the column and what was expected there."""


class MissingPackageError(CnnSymbolicError, ImportError):
    """An optional package that is not installed; the message names the extra that brings it."""


class TimeLimitError(CnnSymbolicError, TimeoutError):
    """A computation that was not done within its time."""


class UndefinedError(CnnSymbolicError, ArithmeticError):
    """Something that has no value at the given sizes: an empty axis, a negative padding, a divisor below one."""


class FunctionDomainError(UndefinedError):
    """A known function at an argument at which it has no value, such as 1/0."""


class DisagreementError(AssertionError):
    """Two ways to compute the same thing that do not agree: a mistake of this package, and never a verdict.

    It has not the root of the other errors, so that nobody who expects those passes over it.
    """
