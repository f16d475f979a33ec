"""Entry formulas as Coq writes them: as the statement says them, and as the proof takes them apart.

Trusted, as the statement of a certificate is made here, straight from the SymPy formula: it shares nothing with the
kernel's reader. The second form is not trusted: Coq finds by computing that both are the same, or rejects the proof.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from cnn_symbolic.certificates.trusted.certificate import NotCertified
from cnn_symbolic.certificates.trusted.integers import boolean_text, condition_text, from_right, integer_text
from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.formulas import entry, substitute
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.rules import conjuncts, is_plain_size, is_whole
from cnn_symbolic.kernel.trusted.statement import Declaration


class Expression:
    """An entry formula, made of sums, products, guards and entries of tensors."""


class CoqFactor(Expression):
    """A formula without sums, products and guards."""

    @property
    def entry(self) -> CoqEntry | None:
        """The entry of a tensor that it is, or is a function of; None for a number."""
        return None


@dataclass(frozen=True)
class CoqEntry(CoqFactor):
    """`x[i, j]` without its support; `derived` says that the formula is differentiated by this tensor."""

    tensor: str
    index: tuple[sp.Expr, ...]
    derived: bool = False

    @property
    def entry(self) -> CoqEntry:
        """The entry itself."""
        return self


@dataclass(frozen=True)
class CoqFunction(CoqFactor):
    """`f⁽ⁿ⁾(x[i, j])`."""

    name: str
    order: int
    argument: CoqEntry

    @property
    def entry(self) -> CoqEntry:
        """The entry that the function is applied to."""
        return self.argument


@dataclass(frozen=True)
class Integer(CoqFactor):
    """An integer, or an expression in sizes and indices, as an element of the ring."""

    value: sp.Expr


@dataclass(frozen=True)
class CoqInverse(CoqFactor):
    """The reciprocal of a positive integer expression."""

    of: sp.Expr


@dataclass(frozen=True)
class Plus(Expression):
    """`a + b`."""

    left: Expression
    right: Expression


@dataclass(frozen=True)
class Times(Expression):
    """`a · b`."""

    left: Expression
    right: Expression


@dataclass(frozen=True)
class Guard(Expression):
    """`a` where the condition holds, else 0. An `index` inside a `shape` is the condition of an entry's support."""

    body: Expression
    holds: Any = sp.true
    shape: tuple[sp.Expr, ...] = ()
    index: tuple[sp.Expr, ...] | None = None

    @property
    def conditions(self) -> tuple[Any, ...]:
        """What has to hold, one condition after the other."""
        if self.index is None:
            return conjuncts(self.holds)
        pairs = zip(self.index, self.shape, strict=True)
        return tuple(bound for i, n in pairs for bound in (heads.AtLeast(i, sp.S.Zero), heads.Less(i, n)))


@dataclass(frozen=True)
class Sum(Expression):
    """The sum over `low ≤ index < high`."""

    index: sp.Symbol
    low: sp.Expr
    high: sp.Expr
    body: Expression


@dataclass
class Translator:
    """Translates formulas over the declared tensors; `derived` is the tensor that is differentiated by, if any."""

    tensors: Mapping[str, Declaration]
    derived: str | None = None
    unfolding: list[str] = field(default_factory=list)

    def expression(self, e: sp.Expr) -> Expression:
        """Return a formula as an expression. Raises NotCertified for what has no counterpart."""
        if e.is_Rational:
            number: Expression = Integer(sp.Integer(e.p))
            return number if e.is_Integer else Times(number, CoqInverse(sp.Integer(e.q)))
        if e.is_Symbol:
            if is_plain_size(e) or e.name not in self.tensors or e != entry(e.name, ()):
                return Integer(e)
            return self.entry(e.name, ())
        if isinstance(e, sp.Add):
            return from_right(Plus, [self.expression(part) for part in e.args])
        if isinstance(e, sp.Mul):
            return from_right(Times, [self.expression(part) for part in e.args])
        if isinstance(e, sp.Pow):
            return self.power(e)
        if isinstance(e, sp.Indexed):
            return self.entry(str(e.base.label), tuple(e.indices))
        if isinstance(e, sp.Sum):
            return self.sum(e)
        if isinstance(e, heads.Delta):
            return Guard(Integer(sp.S.One), heads.Equal(*e.args))
        if isinstance(e, heads.Bracket):
            return Guard(Integer(sp.S.One), e.args[0])
        if isinstance(e, Opaque):
            return self.function(e)
        if isinstance(e, heads.Inverse):
            return self.inverse(e.args[0])
        if isinstance(e, heads.Floor | heads.Ceiling | heads.Remainder | heads.Maximum | heads.Minimum):
            return Integer(e)
        if isinstance(e, sp.Derivative):
            raise NotCertified("a derivative stands in the formula without being carried out")
        raise NotCertified(f"{e} ({type(e).__name__}) is not part of an entry formula")

    def power(self, e: sp.Pow) -> Expression:
        """Return a power with a literal exponent."""
        if not e.exp.is_Integer or not 0 < e.exp <= 16:
            raise NotCertified(f"{e} is not a power with a small exponent")
        return from_right(Times, [self.expression(e.base)] * int(e.exp))

    def inverse(self, divisor: sp.Expr) -> Expression:
        """Return 1/b for an integer b made from sizes. That b is positive is stated beside the claim."""
        if not all(map(is_plain_size, divisor.free_symbols)) or not is_whole(divisor):
            raise NotCertified(f"1/({divisor}) is the reciprocal of what is not a positive integer")
        return CoqInverse(divisor)

    def entry(self, name: str, index: tuple[sp.Expr, ...]) -> Expression:
        """Return an entry of a tensor, zero outside of its shape; of an intermediate result, its definition there."""
        declared = self.tensors[name]
        body: Expression
        if declared.definition is None or name == self.derived:
            body = CoqEntry(name, index, name == self.derived)
        elif name in self.unfolding:
            raise NotCertified(f"{name} is defined by itself")
        else:
            self.unfolding.append(name)
            outside, self.derived = self.derived, None
            body = self.expression(substitute(declared.definition, dict(zip(declared.index, index, strict=True))))
            self.derived = outside
            self.unfolding.pop()
        return Guard(body, shape=declared.shape, index=index)

    def sum(self, e: sp.Sum) -> Expression:
        """Return a sum; every index gets a symbol of its own."""
        body, fresh = e.function, []
        scope: dict[sp.Symbol, sp.Expr] = {}
        for variable, low, high in reversed(e.limits):
            renamed = sp.Dummy(variable.name, integer=True)
            fresh.append((renamed, substitute(low, scope), substitute(high, scope) + 1))
            scope[variable] = renamed
        made = self.expression(substitute(body, scope))
        for variable, low, high in reversed(fresh):
            made = Sum(variable, low, high, made)
        return made

    def function(self, e: Opaque) -> Expression:
        """Return an opaque function at an entry, whose tensor is not unfolded: an intermediate result is any tensor."""
        at = e.argument
        name, index = (str(at.base.label), tuple(at.indices)) if isinstance(at, sp.Indexed) else (at.name, ())
        inner = CoqEntry(name, index, name == self.derived)
        return Guard(CoqFunction(e.name, e.order, inner), shape=self.tensors[name].shape, index=index)


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
        if isinstance(e, CoqFunction) and e.argument.derived:
            made = Opaque(e.name, e.order + 1, sp.Symbol("x"))  # a function: the statement has been refused otherwise
            images = self.functions[e.name, e.order], self.functions[made.name, made.order]
            return f"(Image {' '.join(images)} {self.function(self.list(e.argument.index), '[]')})"
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


def summed(body: Expression, index: Sequence[sp.Symbol], shape: Sequence[sp.Expr]) -> Expression:
    """Return the sum of an expression over the indices of a shape."""
    for i, length in reversed(list(zip(index, shape, strict=True))):
        body = Sum(i, sp.S.Zero, length, body)
    return body


def renamed(part: Any, names: Mapping[sp.Symbol, sp.Expr]) -> Any:
    """Return an expression, or what one is made of, with others in the place of symbols."""
    if isinstance(part, sp.Basic):
        return part.xreplace(dict(names))
    if isinstance(part, tuple):
        return tuple(renamed(each, names) for each in part)
    if isinstance(part, CoqFactor):
        return type(part)(*(renamed(each, names) for each in vars(part).values()))
    return part


def leaves(e: Expression) -> Iterator[CoqFactor]:
    """Yield the single factors of an expression."""
    if isinstance(e, Plus | Times):
        yield from leaves(e.left)
        yield from leaves(e.right)
    elif isinstance(e, Guard | Sum):
        yield from leaves(e.body)
    elif isinstance(e, CoqFactor):
        yield e
