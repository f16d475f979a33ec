"""Declarations made again from plain data: by the operations of this process, from what their author wrote.

Nothing in the data is believed: every row is checked for its kind and for what it is made from, and what its operation
refuses is refused. See `encoding` for what the rows are.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import sympy as sp

from cnn_symbolic.expressions import functions
from cnn_symbolic.expressions.formulas import named_number, substitute
from cnn_symbolic.expressions.rules import is_condition, is_plain_size
from cnn_symbolic.expressions.shapes import check_name
from cnn_symbolic.expressions.values import Calculated, Number, Truth, as_formula, number, plain, presumed_of, truth
from cnn_symbolic.ground.errors import (
    CnnSymbolicError,
    DerivationFileError,
    DisagreementError,
    FragmentError,
    OperandError,
)
from cnn_symbolic.kernel.exported.decoding import decode_expression
from cnn_symbolic.library.encoding import CONSTANTS, IDENTITY
from cnn_symbolic.library.importing import DeclaredClaim
from cnn_symbolic.proofs.check import Check, check, identity, strict_orderings
from cnn_symbolic.proofs.claiming import declare
from cnn_symbolic.proofs.derivation import Derivation, Step
from cnn_symbolic.tensors.entries import by_entries, sum_of
from cnn_symbolic.tensors.gradients import cotangent, gradient
from cnn_symbolic.tensors.making import named, tensor
from cnn_symbolic.tensors.operations.geometry import conv_size, pad_widths
from cnn_symbolic.tensors.operations.pooling import pool_size
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import OPERATIONS
from cnn_symbolic.tensors.tensor import Tensor

MOST_ROWS, MOST_DEPTH, MOST_CHARACTERS, MOST_BITS, LARGEST_EXPONENT = 200_000, 400, 20_000, 20_000, 1000
# The strict orderings of the entries of a grid are as many as the factorial of its size.
LARGEST_GRID = 12


class FormulaAt:
    """A formula at indices, as a function of these; or what the function of its author raised."""

    def __init__(self, index: Sequence[sp.Symbol], made: Number | int, failed: str | None = None) -> None:
        self.index, self.made, self.failed = index, made, failed
        kind = inspect.Parameter.POSITIONAL_ONLY
        self.__signature__ = inspect.Signature([inspect.Parameter(f"i{k}", kind) for k in range(len(index))])

    def __call__(self, *index: Any) -> Number:
        """Return the formula at other indices."""
        if self.failed is not None:
            raise FragmentError(self.failed)
        at = dict(zip(self.index, map(plain, index), strict=True))
        formula = substitute(as_formula(self.made, "a step"), at)
        return Number(formula, "formula", (formula,), frozenset(substitute(e, at) for e in presumed_of(self.made)))


# What the rows make, each of what it is made from


def checked(holds: bool, message: str) -> None:
    """Raise OperandError with the message unless something holds."""
    if not holds:
        raise OperandError(message)


def calculated(value: Any) -> Calculated:
    """Return a literal or a SymPy expression as a number or a condition."""
    return truth(value) if isinstance(value, bool) or is_condition(value) else number(value)


def symbol(value: sp.Symbol) -> Number:
    """Return a size or an index to calculate with."""
    checked(isinstance(value, sp.Dummy) or is_plain_size(value), f"{value} is neither a size nor an index")
    return named_number(value)


def power(base: Number, exponent: Number) -> Any:
    """Return a power with a literal exponent."""
    checked(operator.index(exponent) <= LARGEST_EXPONENT, f"an exponent is at most {LARGEST_EXPONENT}")
    return base ** operator.index(exponent)


def two_sizes(given: Any) -> tuple[int, int]:
    """Return two literal sizes of a grid that can be settled."""
    fit = isinstance(given, list) and len(given) == 2 and all(type(n) is int and 0 < n <= LARGEST_GRID for n in given)
    checked(fit, f"a grid has two sizes from 1 to {LARGEST_GRID}")
    return given[0], given[1]


def different(index: Sequence[Any]) -> tuple[Any, ...]:
    """Return indices, each of which occurs once."""
    fit = all(isinstance(symbol, sp.Dummy) for symbol in index) and len(set(index)) == len(index)
    checked(fit, "indices are different from each other")
    return tuple(index)


def call(operation: str, operands: tuple[Any, ...], options: tuple[Any, ...]) -> Tensor:
    """Return the result of an operation on tensors."""
    checked(operation in OPERATIONS, f"there is no operation {operation!r}")
    checked(all(isinstance(x, Tensor) for x in operands), f"{operation} takes tensors")
    given = dict(options)
    checked(isinstance(given.get("index", sp.Dummy()), sp.Dummy), f"{operation}: the index is one of a family")
    made: Tensor = OPERATIONS[operation](*operands, **given)
    return made


def length(x: Tensor, axis: int) -> Number:
    """Return the size of an axis."""
    checked(0 <= axis < x.rank, f"{x} has no axis {axis}")
    return x.shape[axis]


def raised(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """Return a power in an identity, if it is not too large to be computed."""
    large = abs(exponent) > LARGEST_EXPONENT if exponent.is_Rational else False
    checked(not large, f"an exponent is at most {LARGEST_EXPONENT}")
    return sp.Pow(base, exponent)


class RowKind(NamedTuple):
    """What makes a value, of what: the types of its parts, the last of which may come any number of times."""

    make: Callable[..., Any]
    parts: tuple[Any, ...]
    several: bool = False


ANY: tuple[Any, ...] = (object,)
TWO = (Number, Number)
KINDS: dict[str, RowKind] = {
    "tuple": RowKind(lambda *parts: parts, ANY, True),
    "list": RowKind(lambda *parts: list(parts), ANY, True),
    "fraction": RowKind(Fraction, (int, int)),
    "index": RowKind(lambda name: sp.Dummy(check_name(name), integer=True), (str,)),
    # Numbers and conditions
    "literal": RowKind(calculated, (int | Fraction | bool,)),
    "formula": RowKind(calculated, (sp.Basic,)),
    "symbol": RowKind(symbol, (sp.Symbol,)),
    "+": RowKind(operator.add, TWO),
    "-": RowKind(operator.sub, TWO),
    "*": RowKind(operator.mul, TWO),
    "**": RowKind(power, TWO),
    "neg": RowKind(operator.neg, (Number,)),
    "/": RowKind(operator.truediv, TWO),
    "//": RowKind(operator.floordiv, TWO),
    "%": RowKind(operator.mod, TWO),
    "=": RowKind(operator.eq, TWO),
    "!=": RowKind(operator.ne, TWO),
    ">=": RowKind(operator.ge, TWO),
    "<=": RowKind(operator.le, TWO),
    ">": RowKind(operator.gt, TWO),
    "<": RowKind(operator.lt, TWO),
    "floor": RowKind(functions.floor, (Number,)),
    "ceiling": RowKind(functions.ceiling, (Number,)),
    "maximum": RowKind(functions.maximum, (Number,), True),
    "minimum": RowKind(functions.minimum, (Number,), True),
    "Iverson": RowKind(functions.Iverson, (Truth,)),
    "where": RowKind(functions.where, (Truth, *TWO)),
    "and": RowKind(functions.And, (Truth,), True),
    "or": RowKind(functions.Or, (Truth,), True),
    "not": RowKind(functions.Not, (Truth,)),
    "same": RowKind(operator.eq, (Truth, Truth)),
    "sum": RowKind(lambda body, index, runs: sum_of(body, different(index), runs, "sum_over"), (Number, tuple, tuple)),
    "entry": RowKind(lambda x, index: x[index], (Tensor, tuple)),
    "length": RowKind(length, (Tensor, int)),
    "conv_size": RowKind(lambda given, options: conv_size(*given, **dict(options)), (tuple, tuple)),
    "pool_size": RowKind(lambda given, options: pool_size(*given, **dict(options)), (tuple, tuple)),
    "pad_widths": RowKind(
        lambda padding, given, k, side: pad_widths(padding, *given)[k][side], (object, tuple, int, int)
    ),
    # Tensors
    "tensor": RowKind(lambda name, letters, given: tensor(*given, name=name, indices=letters), (str, str, tuple)),
    "cotangent": RowKind(cotangent, (Tensor,)),
    "named": RowKind(named, (str, Tensor, str)),
    "call": RowKind(call, (str, tuple, tuple)),
    "entries": RowKind(
        lambda lengths, index, entry, using: by_entries(lengths, different(index), lambda *_: entry, using),
        (tuple, tuple, Number, tuple),
    ),
    "gradient": RowKind(lambda x, wrt, arriving: gradient(x, wrt=wrt, cotangent=arriving), (Tensor, Tensor, Tensor)),
    "shape": RowKind(ShapeOf, (Tensor,)),
    # Identities
    "number": RowKind(sp.Rational, (int, int)),
    "constant": RowKind(CONSTANTS.__getitem__, (str,)),
    "variable": RowKind(lambda name, facts: sp.Symbol(name, **dict(facts)), (str, tuple)),
    **{name: RowKind(head, (sp.Expr,), True) for name, head in IDENTITY.items()},
    "power": RowKind(raised, (sp.Expr, sp.Expr)),
    "exp": RowKind(sp.exp, (sp.Expr,)),
    "derivative": RowKind(lambda *parts: sp.Derivative(*parts, evaluate=False), (sp.Expr,), True),
}


class Decoder:
    """The values of a table of rows."""

    def __init__(self, rows: Sequence[Any]) -> None:
        checked(len(rows) <= MOST_ROWS, f"it has at most {MOST_ROWS} parts")
        self.values: list[Any] = []
        self.depths: list[int] = []
        for row in rows:
            self.add(row)

    def add(self, row: Any) -> None:
        """Make the value of the next row."""
        value, depth = row, 0
        if isinstance(row, list):
            kind, *places = row
            given = [places.pop(0)] if kind == "expression" else []
            parts = {place: self.value(place) for place in places}
            depth = 1 + max((self.depths[place] for place in places), default=0)
            checked(depth <= MOST_DEPTH, f"it is nested at most {MOST_DEPTH} deep")
            value = expression(given[0], parts) if given else made(kind, [parts[place] for place in places])
        elif isinstance(row, str):
            text(row)
        else:
            checked(row is None or type(row) in (bool, int), "a row is a text, an integer, a truth value or a list")
        check_small(value)
        self.values.append(value)
        self.depths.append(depth)

    def value(self, place: Any, *kinds: Any) -> Any:
        """Return the value of a row that is there already."""
        checked(type(place) is int and 0 <= place < len(self.values), "a row is made from rows above it")
        found = self.values[place]
        checked(not kinds or isinstance(found, kinds), "a part is of another kind")
        return found

    def declaration(self, given: Mapping[str, Any], run: Callable[[], str]) -> DeclaredClaim:
        """Return a claim or check; `run` is what a check that runs does."""
        kind, title, article = given["kind"], text(given["title"]), " ".join(map(text, given["article"]))
        name, line, column = given["name"], given["line"], given["column"]
        checked(type(line) is int and type(column) is int and min(line, column) >= 0, "a place is a line and a column")
        made: Derivation | Check
        if kind == "identity":
            left, right = (self.value(side, sp.Expr) for side in given["sides"])
            made = identity(title, left, right, article=article)
        elif kind == "orderings":
            shape, windows = map(two_sizes, given["shapes"])
            made = strict_orderings(title, shape, windows, article=article)
        elif kind == "check":
            statement, evidence = text(given["statement"]), text(given["evidence"])
            made = check(title, statement=statement, evidence=evidence, by=run, article=article)
        else:
            checked(kind == "claim", "a claim is expected")
            expected, letters = given["expected"], " ".join(map(text, given["letters"]))
            checked(expected in ("proved", "refuted", "holds"), "a claim is to be proved, or refuted, or to hold")
            left, right, assuming = (self.value(given[side]) for side in ("left", "right", "assuming"))
            checked(isinstance(assuming, tuple), "assumptions are a list")
            steps = [self.step(step) for step in given["steps"]]
            made = declare(title, left, right, expected, assuming, steps, letters, article)
        known = isinstance(name, str) and name.isidentifier() and len(name) <= MOST_CHARACTERS
        return DeclaredClaim(made, name if known else None, line, column)

    def step(self, given: Mapping[str, Any]) -> Step:
        """Return a step of a proof."""
        formula = self.value(given["formula"], Tensor, Number, int)
        if given["index"] is not None:
            failed = None if given["failed"] is None else text(given["failed"])
            formula = FormulaAt(different(self.value(given["index"], tuple)), formula, failed)
        checked(isinstance(formula, Tensor | FormulaAt), "a step is a tensor, or a formula at indices")
        return Step(formula, text(given["because"]), text(given["using"]))


def made(kind: str, parts: Sequence[Any]) -> Any:
    """Return what a row of a kind makes of its parts."""
    checked(isinstance(kind, str) and kind in KINDS, f"there is no kind {kind!r}")
    make, kinds, several = KINDS[kind]
    wanted = kinds[:-1] + kinds[-1:] * max(len(parts) - len(kinds) + 1, 0) if several else kinds
    fit = len(wanted) == len(parts) and all(map(is_of, parts, wanted))
    checked(fit, f"{kind} is made from something else")
    return make(*parts)


def is_of(value: Any, kind: Any) -> bool:
    """Tell whether a value is of a kind; a truth value is no integer."""
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def expression(value: Any, indices: Mapping[int, Any]) -> Any:
    """Return a SymPy expression of an author, in which indices have the numbers of their rows."""
    checked(all(isinstance(symbol, sp.Dummy) for symbol in indices.values()), "indices are expected")
    return decode_expression(value, {str(place): symbol for place, symbol in indices.items()})


def check_small(value: Any) -> None:
    """Raise OperandError if a number is too large."""
    exact = plain(value) if isinstance(value, Number | int) else value
    if isinstance(exact, int | sp.Rational):
        bits = max(int(n).bit_length() for n in ((exact,) if isinstance(exact, int) else (exact.p, exact.q)))
        checked(bits <= MOST_BITS, f"a number has at most {MOST_BITS} bits")


def text(value: Any) -> str:
    """Return a text, if it is one and not too long."""
    checked(
        isinstance(value, str) and len(value) <= MOST_CHARACTERS, f"a text has at most {MOST_CHARACTERS} characters"
    )
    return str(value)


def decode_declarations(given: Any, path: Path, run: Callable[[int], str]) -> list[DeclaredClaim]:
    """Return the declarations of a derivation file; raise DerivationFileError if they are none.

    `run` does what a check that runs does, by the number of its declaration.
    """
    try:
        table = Decoder(given["rows"])
        return [table.declaration(one, partial(run, k)) for k, one in enumerate(given["declared"])]
    except DisagreementError:
        raise
    except (CnnSymbolicError, RecursionError, MemoryError) as error:
        raise DerivationFileError(f"{path} declares what cannot be made again: {error}") from error
    except Exception as error:
        raise DerivationFileError(f"{path} declares what cannot be made again: {type(error).__name__}") from error
