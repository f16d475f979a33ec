"""Reads statements from JSON values, trusting nothing: whatever is not in the grammar is refused, with its place.

Formulas are built from a fixed table of heads; nothing in a file is ever evaluated as code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import sympy as sp

from cnn_symbolic.expressions.formulas import entry, fresh, size, symbols_of, width
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.expressions.names import bare, check_told_apart
from cnn_symbolic.expressions.rules import is_plain_size, is_whole
from cnn_symbolic.expressions.shapes import check_name, check_shape, size_formula
from cnn_symbolic.ground.errors import CnnSymbolicError, ExportError, FragmentError, NameConflictError
from cnn_symbolic.kernel.exported.grammar import (
    CONDITION,
    DEEPEST,
    ENTRY,
    EXPONENT,
    FORMULA,
    GRAMMAR,
    HEADS,
    INTEGER,
    LARGEST,
    MOST_AXES,
    MOST_EXPONENT,
    MOST_LETTERS,
    MOST_PARTS,
    NAME,
    RANGES,
    SAID,
    SIZE,
    ExportedSide,
    ExportedStatement,
    inside,
)
from cnn_symbolic.kernel.trusted.statement import Declaration, Side, Statement
from cnn_symbolic.tensors.comparing import check_names

MOST_SHOWN = 60
Scope = Mapping[str, sp.Symbol]


def decode_statement(value: Any) -> Statement:
    """Return the statement in a JSON value; raise ExportError, which says where, if it is not one."""
    try:
        exported = msgspec.convert(value, ExportedStatement)
    except msgspec.ValidationError as error:
        raise ExportError(f"the exported statement is not well formed: {error}") from None
    return StatementReader(exported, "$").statement()


def decode_expression(value: Any, indices: Scope) -> Any:
    """Return the formula or the condition in a JSON value; raise ExportError if it is neither."""
    head = value[0] if type(value) is list and value else None
    is_condition = type(value) is bool or (type(head) is str and head in GRAMMAR[CONDITION])
    return ExpressionReader().read(CONDITION if is_condition else FORMULA, value, "$", indices)


def mentioned(e: sp.Basic | None) -> set[str]:
    """Return the names of the tensors whose entries a formula has."""
    if e is None:
        return set()
    scalars = {s.name for s in symbols_of(e) if s == entry(s.name, ())}
    return {str(at.base.label) for at in e.atoms(sp.Indexed)} | scalars


def shown(value: Any) -> str:
    """Return a value of a file, as short as it can be shown in a message."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def check_word(name: str) -> str:
    """Return the name of a tensor, a function or an index; raise NameConflictError unless it is one in normal form."""
    if check_name(bare(name)) != bare(name):
        raise NameConflictError(f"a name is in its normal form, found {shown(name)}")
    return name


@contextmanager
def placed(at: str) -> Iterator[None]:
    """While this lasts, what is wrong is said with its place in the document."""
    try:
        yield
    except ExportError:
        raise
    except (CnnSymbolicError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        said = str(error) if isinstance(error, CnnSymbolicError) else f"{type(error).__name__}: {error}"
        raise ExportError(f"{at}: {said}") from error


class ExpressionReader:
    """Reads formulas and conditions; `ranks` are the numbers of axes of the tensors in them, where these are known."""

    def __init__(self, ranks: Mapping[str, int] | None = None) -> None:
        self.ranks = ranks
        self.free: set[str] = set()
        self.parts = 0

    def read(self, kind: str, value: Any, at: str, scope: Scope, depth: int = 0, power: int = 1) -> Any:
        """Return what is of a kind: a formula, size, entry or condition. `power` is what it is raised to, all told."""
        self.parts += 1
        if depth > DEEPEST or self.parts > MOST_PARTS:
            most = f"is nested more than {DEEPEST} deep" if depth > DEEPEST else f"has more than {MOST_PARTS} parts"
            raise ExportError(f"{at}: a statement {most}")
        if type(value) is int and kind in (FORMULA, SIZE):
            return sp.Integer(self.integer(value, INTEGER, at))
        if type(value) is bool and kind in (CONDITION, SAID):
            return sp.true if value else sp.false
        if type(value) is not list or not value or type(value[0]) is not str:
            a = "an entry" if kind == ENTRY else f"a {kind}"
            raise ExportError(
                f"{at}: {a} is expected, a list that starts with the name of a head, found {shown(value)}"
            )
        head, *parts = value
        row = GRAMMAR[kind].get(head)
        if row is None:
            raise ExportError(f"{at}: {shown(head)} is not the head of a {kind}: known are {', '.join(GRAMMAR[kind])}")
        if len(parts) < len(row.kinds) or (row.more is None and len(parts) > len(row.kinds)):
            least = "at least " if row.more else ""
            raise ExportError(f"{at}: {head} takes {least}{len(row.kinds)} arguments, found {len(parts)}")
        if head == "sum":
            return self.sum(kind, parts, at, scope, depth, power)
        kinds = [inside(kind, of) for of in (*row.kinds, *[row.more or ""] * (len(parts) - len(row.kinds)))]
        if head == "^":
            power *= max(self.integer(parts[1], EXPONENT, f"{at}[2]"), 1)
            if power > MOST_EXPONENT:
                raise ExportError(f"{at}: powers of powers have at most the exponent {MOST_EXPONENT}, found {power}")
        arguments = [
            self.argument(of, part, f"{at}[{k}]", scope, depth + 1, power)
            for k, (of, part) in enumerate(zip(kinds, parts, strict=True), start=1)
        ]
        with placed(at):
            found = self.built(head, arguments, scope)
            for number in found.atoms(sp.Rational):
                if max(abs(number.p), number.q) > LARGEST:
                    raise FragmentError(f"numbers are at most {LARGEST}, found a larger one")
            return found

    def argument(self, kind: str, value: Any, at: str, scope: Scope, depth: int, power: int) -> Any:
        """Return an argument of a head: a part of a formula, a number or a name."""
        if kind in GRAMMAR:
            return self.read(kind, value, at, scope, depth, power)
        return self.name(value, at) if kind == NAME else self.integer(value, kind, at)

    def integer(self, value: Any, kind: str, at: str) -> int:
        """Return an integer of a kind, which is not too large."""
        low, high = RANGES[kind]
        if type(value) is not int or not low <= value <= high:
            raise ExportError(f"{at}: an integer from {low} to {high} is expected, found {shown(value)}")
        return value

    def name(self, value: Any, at: str) -> str:
        """Return a name."""
        if type(value) is not str or not 0 < len(value) <= MOST_LETTERS:
            raise ExportError(f"{at}: a name of at most {MOST_LETTERS} letters is expected, found {shown(value)}")
        return value

    def sum(self, kind: str, parts: Sequence[Any], at: str, scope: Scope, depth: int, power: int) -> sp.Expr:
        """Return a sum, whose limits are [index, lowest value, highest value] each, the outermost first."""
        inner, limits = dict(scope), []
        if type(parts[0]) is not list or not 0 < len(parts[0]) <= MOST_AXES:
            raise ExportError(f"{at}[1]: a list of 1 to {MOST_AXES} limits is expected, found {shown(parts[0])}")
        for k, limit in enumerate(parts[0]):
            here = f"{at}[1][{k}]"
            if type(limit) is not list or len(limit) != 3:
                raise ExportError(f"{here}: a limit [index, lowest, highest] is expected, found {shown(limit)}")
            with placed(f"{here}[0]"):
                called = check_word(self.name(limit[0], f"{here}[0]"))
            bounds = [self.read(SIZE, limit[j], f"{here}[{j}]", inner, depth + 1, power) for j in (1, 2)]
            inner[called] = sp.Dummy(called, integer=True)
            limits.append((inner[called], *bounds))
        return sp.Sum(self.read(inside(kind, FORMULA), parts[1], f"{at}[2]", inner, depth + 1, power), *limits[::-1])

    def built(self, head: str, arguments: Sequence[Any], scope: Scope) -> Any:
        """Return the formula or condition of a head and its arguments."""
        first = arguments[0]
        if head == "index":
            if first not in scope:
                raise FragmentError(f"the index {first} is not in scope")
            return scope[first]
        if head in ("size", "width"):
            return (size if head == "size" else width)(first)
        if head == "free":
            self.free.add(check_word(first))
            return sp.Symbol(first)
        if head in ("entry", "scalar"):
            if self.ranks is not None and self.ranks.get(first) != len(arguments) - 1:
                raise FragmentError(f"{first} is no tensor of {len(arguments) - 1} axes: its shape is in tensors")
            if not all(is_whole(index) or self.free & {s.name for s in symbols_of(index)} for index in arguments[1:]):
                raise FragmentError(f"the indices of {first} are integers")
            return entry(first, arguments[1:])
        if head == "apply":
            return Opaque(first if first in KNOWN else check_name(first, "a function", primes=""), *arguments[1:])
        if head == "/":
            return sp.Rational(*arguments)
        if head == "derivative":
            return sp.Derivative(*arguments, evaluate=False)
        if head == "^" and not first.free_symbols:
            raise FragmentError("a power has a base that is no number")
        return HEADS[head](*arguments)


class StatementReader(ExpressionReader):
    """Reads an exported statement, and lines of its proof; `at` is its place in the document."""

    def __init__(self, exported: ExportedStatement, at: str) -> None:
        super().__init__({name: len(declared.shape) for name, declared in exported.tensors.items()})
        self.exported, self.at = exported, at
        self.index = fresh(f"i{k}" for k in range(len(exported.left.shape)))

    def statement(self) -> Statement:
        """Return the statement."""
        exported, at = self.exported, self.at
        found = Statement(
            left=self.side(exported.left, f"{at}.left"),
            right=self.side(exported.right, f"{at}.right"),
            index=self.index,
            tensors=self.tensors(),
            assumptions=self.conditions(exported.assumptions, f"{at}.assumptions"),
        )
        with placed(at):
            check_names(found.sizes, {**found.tensors, **dict.fromkeys(self.free)})
            check_told_apart(found.sizes, found.tensors, found.formulas)
        return found

    def tensors(self) -> dict[str, Declaration]:
        """Return the tensors, each after those that it is defined by; raise ExportError if there is no such order."""
        at = f"{self.at}.tensors"
        declared = {name: self.tensor(name, f"{at}.{name}") for name in self.exported.tensors}
        ordered: dict[str, Declaration] = {}

        def add(name: str, above: tuple[str, ...]) -> None:
            if name in above:
                raise ExportError(f"{at}.{name}: it is defined by itself")
            uses = mentioned(declared[name].definition)
            for other in (other for other in declared if other in uses and other not in ordered):
                add(other, (*above, name))
            ordered.setdefault(name, declared[name])

        for name in declared:
            add(name, ())
        return ordered

    def tensor(self, name: str, at: str) -> Declaration:
        """Return what is declared of a tensor."""
        with placed(at):
            check_word(name)
        exported = self.exported.tensors[name]
        shape = self.shape(exported.shape, f"{at}.shape")
        if exported.definition is None:
            return Declaration(shape)
        index = fresh(f"i{k}" for k in range(len(shape)))
        return Declaration(shape, index, self.formula(exported.definition, index, f"{at}.definition"))

    def side(self, exported: ExportedSide, at: str) -> Side:
        """Return a side, or a line of a proof."""
        requirements = exported.requirements
        shape = self.shape(exported.shape, f"{at}.shape", by_hand=requirements is None)
        if len(shape) != len(self.index):
            raise ExportError(f"{at}.shape: the left side has {len(self.index)} sizes, this has {len(shape)}")
        return Side(
            exported.text,
            shape,
            self.formula(exported.formula, self.index, f"{at}.formula"),
            None if requirements is None else self.conditions(requirements, f"{at}.requirements"),
            self.conditions(exported.divisors, f"{at}.divisors"),
        )

    def line(self, exported: ExportedSide, at: str) -> Side:
        """Return a line of a proof, which is about what the left side is about, and has no requirements of its own."""
        if exported.requirements is not None:
            raise ExportError(f"{at}.requirements: a line of a proof has none, found {shown(exported.requirements)}")
        return self.side(exported, at)

    def shape(self, sizes: Sequence[Any], at: str, by_hand: bool = False) -> tuple[sp.Expr, ...]:
        """Return the sizes of a shape, which are at least one; those that are written by hand may be any integers."""
        found: list[sp.Expr] = []
        for k, value in enumerate(sizes):
            with placed(f"{at}[{k}]"):
                length = self.read(SIZE, value, f"{at}[{k}]", {})
                found += [size_formula(length, "a shape")] if by_hand else check_shape((length,), "a shape")
        return tuple(found)

    def conditions(self, values: Sequence[Any], at: str) -> tuple[Any, ...]:
        """Return conditions on sizes."""
        found = []
        for k, value in enumerate(values):
            condition = self.read(CONDITION, value, f"{at}[{k}]", {})
            if stray := {s for s in symbols_of(condition) if not is_plain_size(s)}:
                raise ExportError(f"{at}[{k}]: a condition is about sizes, found {stray.pop()}")
            found.append(condition)
        return tuple(found)

    def formula(self, value: Any, index: Sequence[sp.Symbol], at: str) -> sp.Expr:
        """Return an entry formula at an index, whose parts are called i0, i1, …"""
        found: sp.Expr = self.read(FORMULA, value, at, {f"i{k}": symbol for k, symbol in enumerate(index)})
        return found
