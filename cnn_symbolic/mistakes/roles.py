"""What sizes and tensors are called in the operations of a formula: the stride, the filter, the batch size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.rules import is_plain_size, least
from cnn_symbolic.expressions.values import Number, plain
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.sources import Call, Leaf
from cnn_symbolic.tensors.tensor import Tensor

STEPS = ("stride", "dilation", "factors")
CALLED = {"stride": "stride", "dilation": "dilation", "factors": "factor"}
WIDTHS = {"padding": "padding", "widths": "padding", "output_padding": "output padding"}


def roles_in(left: Any, right: Any) -> Roles:
    """Return what is said of sizes and tensors in the left side of a claim, else in the right one."""
    roles = Roles((left,))
    return roles if roles.options else Roles((right,))


@dataclass(frozen=True)
class Roles:
    """What is said of the sizes and tensors in some sides of claims; without one, they have their names only."""

    of: tuple[Any, ...] = ()

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The operations."""
        whole = [x.tensor if isinstance(x, ShapeOf) else x for x in self.of]
        parts = {id(p): p for x in whole if isinstance(x, Tensor) for p in x.parts()}
        return tuple(p.source for p in parts.values() if isinstance(p.source, Call))

    @cached_property
    def options(self) -> tuple[Mapping[str, Any], ...]:
        """The options of the operations, and of what sizes are calculated by."""
        numbers = [n for x in self.of if isinstance(x, tuple) for n in x]
        return (*(call.options for call in self.calls), *(o for n in numbers for o in options_of(n)))

    @cached_property
    def steps(self) -> dict[sp.Expr, str]:
        """What strides, dilations and factors are called."""
        return self.named_options(CALLED)

    @cached_property
    def paddings(self) -> dict[sp.Expr, str]:
        """What paddings are called."""
        return self.named_options(WIDTHS)

    @cached_property
    def measured(self) -> set[sp.Symbol]:
        """The sizes that tensors are said to have, or that are given for the sizes of some."""
        numbers = [n for x in self.of if isinstance(x, tuple) for n in x]
        given = [plain(n) for number in numbers for n in measured_by(number)]
        given += [n for call in self.calls for x in call.operands if isinstance(x.source, Leaf) for n in x.lengths]
        return {s for n in given if isinstance(n, sp.Expr) for s in n.free_symbols}

    def named_options(self, words: Mapping[str, str]) -> dict[sp.Expr, str]:
        """Return what the values of options are called: those of one kind by their names if there are several."""
        found = [(e, word) for given in self.options for key, word in words.items() for e in values(given.get(key))]
        kinds: dict[str, set[sp.Expr]] = {}
        for e, word in found:
            kinds.setdefault(word, set()).add(e)
        return {e: f"the {word}" if len(kinds[word]) == 1 else f"the {word} {written(e)}" for e, word in found}

    @cached_property
    def filtered(self) -> tuple[tuple[Call, int], ...]:
        """The operations that lay a filter, their second operand, on an input; and their first spatial axis."""
        laid = [c for c in self.calls if len(c.operands) > 1 and c.options.keys() & {"group_axis", "mode"}]
        leads = ({None: 0, False: 2, True: 3}[call.options.get("group_axis")] for call in laid)
        return tuple(zip(laid, leads, strict=True))

    @cached_property
    def lengths(self) -> dict[sp.Expr, str]:
        """What sizes of the batch, of channels and of positions are called, and products of two of these.

        A size that is several of these is called by its name.
        """
        found: dict[sp.Expr, set[str]] = {}
        for n, said in self.counted():
            found.setdefault(n, set()).add(said)
        known = {n: min(said) for n, said in found.items() if len(said) == 1 and not n.is_Integer}
        products = {a * b: f"{one} and {two}" for (a, one), (b, two) in combinations(known.items(), 2)}
        return {**products, **known}

    @cached_property
    def sizes(self) -> list[sp.Symbol]:
        """The sizes of all tensors in the sides, and the options that are at least one."""
        parts = [p for x in self.of if isinstance(x, Tensor) for p in x.parts()]
        found = {s for p in parts for n in p.lengths for s in n.free_symbols if is_plain_size(s) and least(s) == 1}
        return sorted(found, key=str)

    def counted(self) -> Iterator[tuple[sp.Expr, str]]:
        """Yield the sizes that count something, and what that is."""
        for call, lead in self.filtered:
            x, w = call.operands[:2]
            made = call.again(call.operands).lengths
            if lead:
                yield x.lengths[0], "the batch size"
                yield x.lengths[lead - 1], "the number of input channels"
                yield made[lead - 1], "the number of output channels"
            positions = [sp.expand(n) for n in made[lead:]]
            for axis, n in enumerate(positions, lead):
                yield n, "the number of positions" + f" along axis {axis}" * (len(positions) > 1)
            yield sp.Mul(*positions), "the number of positions"
            yield sp.Mul(*w.lengths[lead:]), "the number of entries of the filter"

    @cached_property
    def overlays(self) -> tuple[sp.Expr, ...]:
        """The sizes of filters along their spatial axes."""
        return tuple(dict.fromkeys(n for call, lead in self.filtered for n in call.operands[1].lengths[lead:]))

    @cached_property
    def reaches(self) -> dict[sp.Expr, int]:
        """The reach of each filter along its axes, as it is and dilated, and which of these it is: I − 1, D·(I − 1)."""
        factors = (sp.S.One, *self.steps)
        found = {sp.expand(d * (n - 1)): k for n in self.overlays for k, d in enumerate(factors)}
        return {e: k for e, k in found.items() if e != 0}

    def size(self, e: sp.Expr) -> str:
        """Return what a size is called, else the size itself."""
        known = {sp.expand(n): said for n, said in self.lengths.items()}
        return known.get(sp.expand(e), written(e))

    def along(self, length: sp.Expr) -> str:
        """Return what one runs over along an axis of this length: the batch, or what the length is the number of."""
        return self.size(length).replace("the batch size", "the batch").replace("the number of ", "the ")

    def tensor(self, name: str) -> str:
        """Return a tensor's name, with what it is if it is a filter."""
        return f"the filter {name}" if name in {call.operands[1].name for call, _ in self.filtered} else name


def options_of(number: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the options of what a size is calculated by."""
    for part in number.of if isinstance(number, Number) else ():
        if isinstance(part, Number):
            yield from options_of(part)
        elif isinstance(part, tuple) and part and all(isinstance(p, tuple) and len(p) == 2 for p in part):
            yield {key: plain(value) for key, value in part if isinstance(key, str)}


def measured_by(number: Any) -> Iterator[Any]:
    """Yield the sizes that a size is calculated from by a function with options."""
    for part in number.of if isinstance(number, Number) else ():
        if isinstance(part, Number):
            yield from measured_by(part)
        elif isinstance(part, tuple):
            yield from (p for p in part if not isinstance(p, tuple))


def values(option: Any) -> Iterator[sp.Expr]:
    """Yield the sizes in an option, and literal numbers above one."""
    for value in option if isinstance(option, tuple) else (option,):
        if isinstance(value, tuple):
            yield from values(value)
        elif isinstance(value, sp.Expr) and value not in (0, 1):
            yield value
        elif isinstance(value, int) and not isinstance(value, bool) and value > 1:
            yield sp.Integer(value)
