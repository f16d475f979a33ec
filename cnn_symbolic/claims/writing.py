"""Formulas written in the language of claims as text, so that they can be pasted where the text has a wrong one."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.claims.ranges import extent
from cnn_symbolic.claims.vocabulary import WORDS, is_implied_size
from cnn_symbolic.expressions import heads
from cnn_symbolic.expressions.formulas import symbols_of
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.expressions.printing import above_and_below
from cnn_symbolic.expressions.rules import as_quotient, is_plain_size, least
from cnn_symbolic.expressions.values import plain
from cnn_symbolic.mistakes.changes import Change
from cnn_symbolic.proofs.derivation import AsText, Derivation
from cnn_symbolic.tensors import writing
from cnn_symbolic.tensors.sources import Call, Entries, Leaf
from cnn_symbolic.tensors.tensor import Tensor
from cnn_symbolic.tensors.writing import FORMS

OTHER_LETTERS = "ijuvrqmnkcotpsabdefghlwxyz"
COTANGENT = "∂C/∂"


class Unwritable(Exception):
    """What has no name in the text, and no word of its own."""


def corrected_claim(made: Derivation, change: Change) -> str | None:
    """Return a claim of a text with the right side that a change leads to; None if the claim is of no text.

    It is also None where something in the right side has no name in the text.
    """
    if (given := made.as_text) is None:
        return None
    language, left, right = Language(given), given.left, change.formula
    try:
        if not isinstance(right, Tensor):
            shape = made.statement.left.shape
            sizes = [language.formula(n, {}) for n in shape]
            is_one = isinstance(made.left, tuple) and len(sizes) == 1
            return f"{given.before}{left} == {sizes[0] if is_one else listed(sizes)}{given.after}"
        language.tensors = right.names()
        if not isinstance(right.source, Entries):
            return None if given.is_indexed else f"{given.before}{left} == {language.tensor(right)}{given.after}"
        names = language.letters(right.source.index, {})
        if not given.is_indexed and right.rank:
            is_tight = isinstance(ast.parse(left, mode="eval").body, ast.Name | ast.Call | ast.Attribute)
            left = f"{left if is_tight else f'({left})'}[{', '.join(names.values())}]"
        return f"{given.before}{left} == {language.formula(right.source.formula, names)}{given.after}"
    except Unwritable:
        return None


def listed(parts: Sequence[str]) -> str:
    """Return a tuple."""
    return f"({', '.join(parts)}{',' * (len(parts) == 1)})"


class Language:
    """Writes tensors and formulas by the names that a text has given; raises Unwritable for what has none."""

    def __init__(self, given: AsText) -> None:
        self.names = given.names
        self.taken = {*given.taken, *WORDS}
        self.tensors: Mapping[str, Tensor] = {}

    def letters(self, index: Iterable[sp.Symbol], scope: Mapping[sp.Symbol, str]) -> dict[sp.Symbol, str]:
        """Return a letter for each index, its own if nothing else is called so."""
        found: dict[sp.Symbol, str] = {}
        for symbol in index:
            taken = {*self.taken, *scope.values(), *found.values()}
            free = (letter for letter in (symbol.name, *OTHER_LETTERS) if letter not in taken)
            if (letter := next(free, None)) is None:
                raise Unwritable
            found[symbol] = letter
        return found

    def name(self, called: str) -> str:
        """Return what the text calls a tensor or a function."""
        if called in self.names:
            return self.names[called]
        if called in KNOWN and called in WORDS:
            return called
        if called.startswith(COTANGENT):
            return f"cotangent({self.name(called.removeprefix(COTANGENT))})"
        if called in self.tensors and isinstance(self.tensors[called].source, Leaf) and called.isidentifier():
            lengths = [self.formula(n, {}) for n in self.tensors[called].lengths]
            return f"tensor({', '.join([*lengths, f'name={called!r}'])})"
        raise Unwritable

    def size(self, symbol: sp.Symbol) -> str:
        """Return what the text calls a size; one that it says nothing of is a capital, and at least one."""
        if symbol.name not in self.names and not (is_implied_size(symbol.name) and least(symbol) == 1):
            raise Unwritable
        return self.names.get(symbol.name, symbol.name)

    # Tensors

    def tensor(self, x: Tensor) -> str:
        """Return a tensor: its name, or the operation that it is the result of."""
        if x.name is not None:
            return self.name(x.name)
        call = x.source
        if not isinstance(call, Call):
            raise Unwritable
        form = FORMS.get(call.operation)
        operands = [self.tensor(part) for part in call.operands]
        options = [f"{key}={self.option(value)}" for key, value in call.stated_options()]
        if form is writing.constant and call.options["value"] in (0, 1):
            shape = ", ".join(map(self.option, call.options["shape"]))
            return f"{'ones' if call.options['value'] else 'zeros'}({shape})"
        if form is writing.applied:
            order = f", order={n}" if (n := call.options["order"]) else ""
            return f"{self.name(call.options['function'])}({operands[0]}{order})"
        if form is writing.multiple:
            of = operands[0] if is_tight(call.operands[0], self.names) else f"({operands[0]})"
            factor = sp.sympify(plain(call.options["factor"]), strict=True)
            return f"-{of}" if factor == -1 else self.multiplied(factor, [of], {})
        if form in (writing.terms, writing.product) and len(operands) > 1:
            parts = zip(call.operands, operands, strict=True)
            each = [text if is_tight(x, self.names) else f"({text})" for x, text in parts]
            return (" + " if form is writing.terms else " * ").join(each)
        if call.operation not in WORDS:
            raise Unwritable
        return f"{call.operation}({', '.join([*operands, *options])})"

    def option(self, value: Any) -> str:
        """Return the value of an option."""
        if isinstance(value, tuple):
            return listed([self.option(v) for v in value])
        value = plain(value)
        return self.formula(value, {}) if isinstance(value, sp.Basic) else repr(value)

    # Formulas

    def formula(self, e: Any, names: Mapping[sp.Symbol, str]) -> str:
        """Return a formula, the letters of its free indices being given."""
        if e in names:
            return names[e]
        if isinstance(e, sp.Symbol):
            return self.size(e) if is_plain_size(e) else self.name(e.name)
        if isinstance(e, sp.Rational):
            return str(e)
        if isinstance(e, sp.Add):
            return self.added(e, names)
        if isinstance(e, sp.Mul | heads.Inverse):
            number, rest = e.as_coeff_Mul()
            factors = list(sp.Mul.make_args(rest))
            below = [f for f in factors if isinstance(f.base if isinstance(f, sp.Pow) else f, heads.Inverse)]
            sizes = [
                f for f in factors if f not in below and not heads.has_entries(f) and not f.has(sp.Sum, heads.Head)
            ]
            others = sorted((f for f in factors if f not in below and f not in sizes), key=lambda f: f.has(sp.Sum))
            return self.multiplied(sp.Mul(number, *sizes, *below), [self.tight(f, names) for f in others], names)
        if isinstance(e, sp.Pow):
            return f"{self.tight(e.base, names)}**{self.tight(e.exp, names)}"
        if isinstance(e, sp.Indexed):
            return f"{self.name(str(e.base.label))}[{', '.join(self.formula(i, names) for i in e.indices)}]"
        if isinstance(e, Opaque):
            order = f", order={e.order}" if e.order else ""
            of = f"{self.name(e.name)}({self.name(e.tensor)}{order})"
            return f"{of}[{', '.join(self.formula(i, names) for i in e.index) or '()'}]"
        if isinstance(e, sp.Sum):
            return self.summed(e, names)
        if isinstance(e, heads.Floor):
            return " // ".join(self.tight(part, names) for part in as_quotient(e.args[0]))
        if isinstance(e, heads.Ceiling):
            return f"ceiling({' / '.join(self.tight(part, names) for part in as_quotient(e.args[0]))})"
        if isinstance(e, heads.Remainder):
            return f"{self.tight(e.args[0], names)} % {self.tight(e.args[1], names)}"
        if isinstance(e, heads.Delta):
            return f"Iverson({self.formula(e.args[0], names)} == {self.formula(e.args[1], names)})"
        if isinstance(e, heads.Bracket):
            return f"Iverson({self.condition(e.args[0], names)})"
        if isinstance(e, heads.Maximum | heads.Minimum):
            return f"{e.sign}({', '.join(self.formula(part, names) for part in e.args)})"
        if isinstance(e, heads.Where):
            holds, *values = e.args
            return f"where({self.condition(holds, names)}, {', '.join(self.formula(v, names) for v in values)})"
        raise Unwritable

    def tight(self, e: sp.Expr, names: Mapping[sp.Symbol, str]) -> str:
        """Return a formula as a factor or a divisor: with parentheses where it needs them."""
        loose = isinstance(e, sp.Add | sp.Mul | sp.Pow | heads.Floor | heads.Remainder | heads.Inverse)
        loose = (loose or (isinstance(e, sp.Rational) and not (e.is_Integer and e >= 0))) and e not in names
        return f"({self.formula(e, names)})" if loose else self.formula(e, names)

    def added(self, e: sp.Add, names: Mapping[sp.Symbol, str]) -> str:
        """Return a sum: what has indices first, what is taken away after what is added, numbers last."""

        def place(part: sp.Expr) -> tuple[Any, ...]:
            own = [k for k, s in enumerate(names) if part.has(s)]
            first = not own, bool(own) and not part.has(sp.Sum), own
            return part.is_Rational, part.could_extract_minus_sign(), *first, str(part.as_coeff_Mul()[1])

        text = ""
        for part in sorted(less_one(e), key=place):
            negative = part.could_extract_minus_sign()
            of = -part if negative else part
            written = self.tight(of, names) if isinstance(of, sp.Add) else self.formula(of, names)
            sign = "-" if negative else "+"
            text += f" {sign} {written}" if text else f"{sign if negative else ''}{written}"
        return text

    def multiplied(self, number: sp.Expr, others: Sequence[str], names: Mapping[sp.Symbol, str]) -> str:
        """Return a product of a number, made from sizes and indices, and other factors, over what divides it."""
        rational, rest = number.as_coeff_Mul()
        above, below = above_and_below(abs(rational), list(sp.Mul.make_args(rest)))
        before = [self.tight(f, names) for f in in_order(above, names) if f != 1]
        text = "*".join(before) if not others else " * ".join([*before, *others])
        for f in in_order(below, names):
            text = f"{text or '1'} / {self.tight(f, names)}" if f != 1 else text
        return f"-{text or '1'}" if rational < 0 else text or "1"

    def summed(self, e: sp.Sum, names: Mapping[sp.Symbol, str]) -> str:
        """Return a sum, with the lengths of its indices where the axes that they run along do not say them."""
        index = [u for u, _, _ in reversed(e.limits)]
        if any(low != 0 for _, low, _ in e.limits):
            raise Unwritable
        lengths = {u: high + 1 for u, _, high in e.limits}
        own = self.letters(index, names)
        body = self.formula(e.function, {**names, **own})
        if all(seen(extent(e.function, u, self.tensors), lengths[u]) for u in index):
            over = own[index[0]] if len(index) == 1 else listed([own[u] for u in index])
        else:
            over = "{" + ", ".join(f"{own[u]}: {self.formula(lengths[u], names)}" for u in index) + "}"
        return f"sum({body}, over={over})"

    def condition(self, e: Any, names: Mapping[sp.Symbol, str]) -> str:
        """Return a condition on indices and sizes."""
        if isinstance(e, heads.Comparison):
            return f"{self.formula(e.lhs, names)} {e.written} {self.formula(e.rhs, names)}"
        for kind, word in ((heads.Conjunction, "And"), (heads.Disjunction, "Or"), (heads.Negation, "Not")):
            if isinstance(e, kind):
                return f"{word}({', '.join(self.condition(part, names) for part in e.args)})"
        raise Unwritable


def less_one(e: sp.Add) -> list[sp.Expr]:
    """Return the terms of a sum, D - D*I as -D*(I - 1)."""
    parts = list(e.args)
    for whole in [p for p in parts if p.is_Symbol]:
        for product in [p for p in parts if isinstance(p, sp.Mul) and p.as_coeff_Mul()[0] == -1]:
            factors = list(product.as_coeff_Mul()[1].args)
            if len(factors) == 2 and whole in factors and whole in parts:
                factors.remove(whole)
                parts.remove(whole)
                parts[parts.index(product)] = sp.Mul(-1, whole, factors[0] - 1, evaluate=False)
    return parts


def seen(length: Any, wanted: sp.Expr) -> bool:
    """Tell whether the length of a sum that is found from its axes is the one that is meant."""
    return length is not None and sp.expand(plain(length) - wanted) == 0


def in_order(product: sp.Expr, names: Mapping[sp.Symbol, str]) -> list[sp.Expr]:
    """Return the factors of a product: numbers, sizes, indices."""
    factors = sp.Mul.make_args(product)
    return sorted(factors, key=lambda f: (not f.is_Rational, bool(symbols_of(f) & set(names)), str(f)))


def is_tight(x: Tensor, names: Mapping[str, str]) -> bool:
    """Tell whether a tensor is written as a name or a call."""
    loose = (writing.terms, writing.product, writing.multiple)
    return x.name is not None or not (isinstance(x.source, Call) and FORMS.get(x.source.operation) in loose)
