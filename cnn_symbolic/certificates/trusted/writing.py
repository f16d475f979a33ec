"""Expressions as Coq writes them: as the statement says them, and as the proof takes them apart.

The first form is trusted; the second is not: Coq finds by computing that both are the same, or rejects the proof.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from cnn_symbolic.certificates.trusted.certificate import NotCertified
from cnn_symbolic.certificates.trusted.expressions import (
    CoqEntry,
    CoqFunction,
    CoqInverse,
    Expression,
    Guard,
    Integer,
    Plus,
    Square,
    Sum,
    Times,
    depends,
)
from cnn_symbolic.certificates.trusted.integers import boolean_text, condition_text, integer_text
from cnn_symbolic.expressions.heads import Opaque


@dataclass(frozen=True)
class CoqWriter:
    """Writes expressions. `names` are the identifiers of sizes and free indices, `tensors` those of tensors."""

    names: Mapping[sp.Symbol, str]
    tensors: Mapping[str, str]
    functions: Mapping[tuple[str, int], str]
    bound: tuple[tuple[sp.Symbol, str], ...] = ()

    def within(self, index: sp.Symbol) -> CoqWriter:
        """Return the writer inside a sum over an index."""
        taken = {*self.names.values(), *(name for _, name in self.bound)}
        name = fresh_name(f"i_{''.join(c for c in index.name if c.isascii() and c.isalnum()) or 'k'}", taken)
        return CoqWriter(self.names, self.tensors, self.functions, (*self.bound, (index, name)))

    def at(self, index: Sequence[sp.Symbol], values: Sequence[sp.Expr]) -> CoqWriter:
        """Return the writer of what has these values in the place of indices, each written as it stands."""
        written = dict(zip(index, map(self.integer, values), strict=True))
        return CoqWriter({**self.names, **written}, self.tensors, self.functions, self.bound)

    @property
    def scope(self) -> dict[sp.Symbol, str]:
        """The identifiers of all indices and sizes."""
        return {**self.names, **dict(self.bound)}

    def function(self, value: str, otherwise: str) -> str:
        """Return a value as the proof writes it: a function of the bound indices, the innermost first."""
        words = set(re.findall(r"\w+", value))
        if not words & {name for _, name in self.bound}:
            return f"(fun _ => {value})"
        pattern = " :: ".join(name if name in words else "_" for _, name in reversed(self.bound))
        return f"(fun v => match v with {pattern} :: _ => {value} | _ => {otherwise} end)"

    def integer(self, e: sp.Expr) -> str:
        """Return an integer expression."""
        return integer_text(e, self.scope)

    def list(self, index: Sequence[sp.Expr]) -> str:
        """Return integer expressions as a list."""
        return f"[{'; '.join(map(self.integer, index))}]%Z"

    def leaf(self, e: Expression) -> str:
        """Return an expression without sums, products and guards."""
        if isinstance(e, CoqEntry):
            return f"{'x' if e.derived else self.tensors[e.tensor]} {self.list(e.index)}"
        if isinstance(e, CoqFunction):
            return f"{self.functions[e.name, e.order]} ({self.leaf(e.argument)})"
        if isinstance(e, Integer):
            return "one" if e.value == 1 else f"integer {self.integer(e.value)}%Z"
        if isinstance(e, CoqInverse):
            return f"inverse {self.integer(e.of)}%Z"
        raise NotCertified(f"{type(e).__name__} is not a single factor")

    def statement(self, e: Expression) -> str:
        """Return an expression as the statement says it."""
        if isinstance(e, Plus):
            return f"({self.statement(e.left)} + {self.statement(e.right)})"
        if isinstance(e, Times):
            return f"{self.factor(e.left)} * {self.factor(e.right)}"
        if isinstance(e, Square):
            return f"{self.factor(e.body)} * {self.factor(e.body)}"
        if isinstance(e, Guard):
            if e.index is None:
                return f"guard {boolean_text(e.holds, self.scope)}%Z {self.factor(e.body)}"
            place = f"{self.list(e.shape)} {self.list(e.index)}"
            if isinstance(e.body, CoqEntry):
                return f"entry {self.list(e.shape)} {self.leaf(e.body)}"
            return f"guard (inside {place}) {self.factor(e.body)}"
        if isinstance(e, Sum):
            inner = self.within(e.index)
            run = f"{self.integer(e.low)} {self.integer(e.high)}"
            return f"sum {run} (fun {inner.bound[-1][1]} => {inner.statement(e.body)})"
        return self.leaf(e)

    def factor(self, e: Expression) -> str:
        """Return an expression as a factor of a product, in parentheses unless it is a word."""
        text = self.statement(e)
        return text if text.isidentifier() or isinstance(e, Plus) else f"({text})"

    def taken_apart(self, e: Expression) -> str:
        """Return an expression as the proof takes it apart."""
        if isinstance(e, Plus | Times):
            return f"({type(e).__name__} {self.taken_apart(e.left)} {self.taken_apart(e.right)})"
        if isinstance(e, Guard):
            return f"(Guarded {self.condition(e)} {self.taken_apart(e.body)})"
        if isinstance(e, Sum):
            low, high = (self.function(self.integer(bound), "0") for bound in (e.low, e.high))
            return f"(Total {low}%Z {high}%Z\n {self.within(e.index).taken_apart(e.body)})"
        if isinstance(e, CoqEntry) and e.derived:
            return f"(ParameterAt {self.function(self.list(e.index), '[]')})"
        if isinstance(e, Square):
            return f"(Square {self.taken_apart(e.body)})"
        if isinstance(e, CoqFunction) and depends(e):
            made = Opaque(e.name, e.order + 1, sp.Symbol("x"))
            images = self.functions[e.name, e.order], self.functions[made.name, made.order]
            first = self.function(self.leaf(replace(e.argument, derived=False)), "zero")
            body, writer = (
                (e.argument, self) if e.made is None else (e.made.body, self.at(e.made.index, e.argument.index))
            )
            return f"(Image {' '.join(images)} {first}\n {writer.taken_apart(body)})"
        return f"(Value {self.function(self.leaf(e), 'zero')})"

    def condition(self, e: Guard) -> str:
        """Return the condition of a guard as the proof takes it apart."""
        if e.index is None:
            return f"{condition_text(e.holds, self.scope, lambda value: self.function(value, '0'))}%Z"
        lists = (f"[{'; '.join(self.function(self.integer(i), '0') for i in part)}]" for part in (e.shape, e.index))
        return f"(Inside {' '.join(lists)})%Z"


def fresh_name(name: str, taken: set[str]) -> str:
    """Return a name, with a number behind it where it is taken."""
    chosen, number = name, 1
    while chosen in taken:
        number += 1
        chosen = f"{name}{number}"
    return chosen
