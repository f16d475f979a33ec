"""Why a line of a derivation equals the one before it: words with formulas between them, made where the line is made.

The formulas of a reason are laid out with the letters that the bound indices have in the two lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from cnn_symbolic.expressions.formulas import entry
from cnn_symbolic.notation.layout import Layout, Ratio, Sign, joined, name, row, sign
from cnn_symbolic.notation.text import text
from cnn_symbolic.tensors.operation import RECORDS
from cnn_symbolic.tensors.sources import Call, Entries, Named
from cnn_symbolic.tensors.tensor import Tensor
from cnn_symbolic.tensors.writing import Notation

Sentence = tuple[str | Layout, ...]


@dataclass(frozen=True)
class StepReason:
    """What was done in a step.

    `kind` is one of a few, such as "substitute"; `parts` are words and formulas: an expression, a tensor, a layout,
    a list of sizes, or a pair of sides of an equation. `values` are what a step puts in the place of bound indices,
    `operation` is the operation whose definition is used.
    """

    kind: str
    parts: tuple[Any, ...] = ()
    values: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict, compare=False)
    operation: str = ""

    def laid_out(self, to: Notation, names: Mapping[sp.Symbol, Layout]) -> Sentence:
        """Return the words, and the formulas as layouts, the names of indices being given."""
        return tuple(part if isinstance(part, str) else of_part(part, to, names) for part in self.parts)

    def written(self, to: Notation, names: Mapping[sp.Symbol, Layout]) -> str:
        """Return the reason as text."""
        return "".join(part if isinstance(part, str) else text(part) for part in self.laid_out(to, names))


def of_part(part: Any, to: Notation, names: Mapping[sp.Symbol, Layout]) -> Any:
    """Return a formula of a reason as a layout, which it may be already."""
    if isinstance(part, tuple):
        return joined((of_part(side, to, names) for side in part), Sign("="))
    if isinstance(part, Tensor | list):
        return to.tensor(part)
    return to.expr(part, names) if isinstance(part, sp.Basic) else part


def listed(parts: list[Any]) -> Iterator[Any]:
    """Yield formulas with commas between them, and a word before the last one."""
    for k, part in enumerate(parts):
        yield from () if k == 0 else (" and " if k == len(parts) - 1 else ", ",)
        yield part


CHAIN_RULE = StepReason("chain", ("the chain rule",))
BRACKETS = StepReason("bracket", ("each bracket picks the one term of its sum where it holds",))
COUNT = StepReason("count", ("count the terms of each sum",))
OUTSIDE = StepReason("outside", ("terms in which an entry lies outside its tensor are zero",))
MULTIPLY_OUT = StepReason("multiply", ("multiply out",))
FACTOR_OUT = StepReason("multiply", ("take out what the terms have in common",))
DRAW_OUT = StepReason("multiply", ("draw the sums out of the products",))
DRAW_IN = StepReason("multiply", ("draw out of each sum what does not depend on its index",))
ONE_TERM = StepReason("single", ("a sum with one term is that term",))
WHOLE_NUMBERS = StepReason("sizes", ("arithmetic of whole numbers",))
COMPARE = StepReason("compare", ("compare the coefficients of every product of entries",))


def author(words: str) -> StepReason:
    """Return the reason that the author of a step gives."""
    return StepReason("author", (words,))


def replaced(values: Mapping[sp.Symbol, sp.Expr]) -> Iterator[Any]:
    """Yield what is put in the place of what."""
    yield "replace "
    for k, (variable, value) in enumerate(values.items()):
        yield from (", ",) if k else ()
        yield from (variable, " by ", value)


def substitution(values: Mapping[sp.Symbol, sp.Expr]) -> StepReason:
    """Return the reason of a line in which bound indices run over other values."""
    return StepReason("substitute", tuple(replaced(values)), values)


def inside(values: Mapping[sp.Symbol, sp.Expr]) -> StepReason:
    """Return the reason of a line with the only terms of a sum in which no entry lies outside its tensor."""
    leave = "leaves" if len(values) == 1 else "leave"
    return StepReason(
        "outside", ("only ", *listed(list(values.items())), f" {leave} every entry inside its tensor"), values
    )


def multiples(values: Mapping[sp.Symbol, sp.Expr]) -> StepReason:
    """Return the reason of a line in which an index runs over the multiples that a bracket leaves."""
    return StepReason("bracket", ("the brackets leave multiples: ", *replaced(values)), values)


def picked(values: Mapping[sp.Symbol, sp.Expr]) -> StepReason:
    """Return the reason of a line in which a bracket with a factor leaves at most one value of an index."""
    whole = ", where it is whole" if len(values) == 1 else ", where these are whole"
    return StepReason("bracket", ("the brackets leave ", *listed(list(values.items())), whole), values)


def equal_indices(values: Mapping[sp.Symbol, sp.Expr]) -> StepReason:
    """Return the reason of a line in which an index is written as what a bracket says it is equal to."""
    return StepReason("equal", ("where the brackets hold, ", *listed(list(values.items()))), values)


def within(claims: Iterable[tuple[Any, ...]]) -> StepReason:
    """Return the reason of a line with other indices that are equal where they are."""
    return StepReason("within", ("within the bounds, ", *listed(list(dict.fromkeys((a, b) for a, b, *_ in claims)))))


def only_index(values: Mapping[sp.Symbol, sp.Expr]) -> StepReason:
    """Return the reason of a line at the only index of an axis of size one."""
    alone = " is the only index" if len(values) == 1 else " are the only indices"
    return StepReason("only", (*listed(list(values.items())), alone), values)


def meaning(named: Iterable[Tensor]) -> StepReason:
    """Return the reason of a line in which intermediate results are written as what they are, or by their names."""
    return StepReason("named", ("with ", *listed([meant(x.source, x) for x in named if isinstance(x.source, Named)])))


def meant(source: Named, x: Tensor) -> tuple[Any, Any]:
    """Return an intermediate result and its definition, or its entry and that of a definition by entries."""
    defined = source.definition.source
    return (
        (entry(source.name, defined.index), defined.formula) if isinstance(defined, Entries) else (x, source.definition)
    )


def definition_reason(x: Tensor) -> StepReason:
    """Return the operation whose definition is used."""
    if isinstance(x.source, Entries):
        return StepReason("definition", ("the entries as they are written",))
    if not isinstance(x.source, Call):
        return StepReason("definition", ("the definition of ", x if x.name else "the gradient"))
    mode = f"the {x.source.options['mode']} " if "mode" in x.source.options else ""
    called = x.source.operation
    return StepReason("definition", (f"the definition of {mode}{RECORDS[called].says}",), operation=called)


def differentiation_reason(wrt: Tensor) -> StepReason:
    """Return what differentiation does to the entries of a tensor."""
    changed = row(sign("∂"), name(wrt.name or str(wrt)))
    quotient = Ratio(changed, changed, small=True)
    return StepReason("differentiate", ("differentiate: ", quotient, " is 1 where the indices agree, else 0"))
