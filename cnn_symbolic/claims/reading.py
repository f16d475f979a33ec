"""Claims given as text: the subset of Python that the package's own functions use, interpreted, never executed.

The text is parsed with `ast` and evaluated over an allow-list of nodes and words (`expressions`, `vocabulary`).
Beyond what Python would make of the same text: names such as `M` or `C_in` are sizes, an assignment gives a
tensor its name, `==` between sizes or entries is an equation, `1/2` is exact, and `sum(…, over=u)` is a sum over
an index.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from cnn_symbolic.claims.arithmetic import check_number, described, is_side
from cnn_symbolic.claims.expressions import Expressions
from cnn_symbolic.claims.ranges import entry_names, ranged_sum
from cnn_symbolic.claims.vocabulary import (
    LAYERS,
    WORDS,
    admitted,
    is_implied_size,
)
from cnn_symbolic.expressions.formulas import fresh, numbered
from cnn_symbolic.expressions.rules import is_plain_size, is_whole
from cnn_symbolic.expressions.values import Number, number
from cnn_symbolic.ground.errors import ClaimTextError, OperandError, TooLargeError
from cnn_symbolic.ground.names import TOPICS
from cnn_symbolic.ground.words import suggestion
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.proofs.claiming import claim, refute
from cnn_symbolic.proofs.collecting import Declared, aside, column_of
from cnn_symbolic.proofs.derivation import AsText, Derivation
from cnn_symbolic.tensors.arithmetic import scale
from cnn_symbolic.tensors.entries import EntryReading, entries_of
from cnn_symbolic.tensors.making import named
from cnn_symbolic.tensors.operations.basic import ones, zeros
from cnn_symbolic.tensors.operations.functions import Function
from cnn_symbolic.tensors.sources import Call, Entries
from cnn_symbolic.tensors.tensor import Equation, Tensor, merge_name


def read_claims(text: str, where: str = "the text") -> dict[str, Derivation]:
    r"""Return the claims of a text by name, undecided: the variable that holds a claim, or `line_5`.

    Raises ClaimTextError, which says what was expected at which line and column.

    >>> from cnn_symbolic.claims import read_claims
    >>> found = read_claims("x = tensor(M)\nw = tensor(I)\nsize = claim(shape(correlate(x, w)) == (M - I + 1,))")
    >>> {name: made.outcome for name, made in found.items()}
    {'size': 'proved'}
    """
    return {name: one.made for name, one in declared_claims(text, where).items()}


def declared_claims(text: str, where: str) -> dict[str, Declared]:
    """Return the claims of a text by name, each with its place."""
    return ClaimReader(text, where).claims


def named_in(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the size, tensor or function that a name of a text stands for, or those of a layer, with their names."""
    if isinstance(value, Number) and is_plain_size(value.formula):
        yield value.formula.name, name
    if isinstance(value, Tensor | Function) and value.name is not None:
        yield value.name, name
    if isinstance(value, LAYERS):
        parts = [part for part, made in inspect.getmembers(type(value)) if isinstance(made, property)]
        for part in (*vars(value), *parts):
            if isinstance(made := getattr(value, part), Tensor) and made.name is not None:
                yield made.name, f"{name}.{part}"


@dataclass(frozen=True, eq=False)
class TooLargeClaim(Derivation):
    """A claim whose formulas are too large to be computed with: it is undecided, and the others of its text are not."""

    limit: str = ""

    @property
    def statement(self) -> Statement:
        """Raise TooLargeError, which says what is too large where."""
        raise TooLargeError(self.limit)

    @property
    def outcome(self) -> str:
        """Undecided."""
        return "undecided"


class ClaimReader(Expressions):
    """Reads one text, statement by statement: what its names stand for, and its claims."""

    def __init__(self, text: str, where: str) -> None:
        super().__init__(text, where)
        self.tensors: dict[str, Tensor] = {}
        self.claims: dict[str, Declared] = {}
        self.target: tuple[ast.AST, str] | None = None
        for statement in self.parsed("exec").body:
            self.visit(statement)
        if not self.claims:
            raise ClaimTextError(f"{self.where} states no claim: it needs claim(left == right)")

    def visit_Expr(self, node: ast.Expr) -> None:
        """Read a claim, or skip a text that stands alone."""
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return
        found = self.value(node.value)
        if not isinstance(found, Derivation):
            raise self.wrong(node, "this has no effect: expected an assignment or claim(left == right)")
        self.declare(f"line_{node.lineno}", found, node)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Give a value its name, or several values theirs."""
        if len(node.targets) > 1:
            raise self.wrong(node.targets[0], "one name is assigned at a time")
        self.assign(node.targets[0], node.value)

    def assign(self, target: ast.expr, node: ast.expr) -> None:
        """Give the value of an expression its name; a tuple of values one name each."""
        if isinstance(target, ast.Tuple) and isinstance(node, ast.Tuple) and len(target.elts) == len(node.elts):
            for part, each in zip(target.elts, node.elts, strict=True):
                self.assign(part, each)
        elif isinstance(target, ast.Tuple):
            values = self.value(node)
            if not isinstance(values, tuple | list) or len(values) != len(target.elts):
                raise self.wrong(target, f"there are {len(target.elts)} names for {described(values)}")
            for part, value in zip(target.elts, values, strict=True):
                self.bind(part, value)
        elif isinstance(target, ast.Name):
            self.target = (node, target.id)
            value = self.value(node)
            self.target = None
            if isinstance(value, Tensor) and isinstance(value.source, Call | Entries):
                with self.blaming(node):
                    value = named(target.id, value)
            if isinstance(value, Derivation):
                self.declare(target.id, value, node)
            self.bind(target, value)
        else:
            raise self.wrong(target, "a name is expected on the left")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Skip an import of words that are known anyway."""
        if node.module not in TOPICS:
            raise self.wrong(node, f"nothing is imported from {node.module}: all words are known already")
        for alias in node.names:
            if alias.asname is not None:
                raise self.wrong(node, f"{alias.name} keeps its name")
            if alias.name != "*" and alias.name not in WORDS:
                raise self.wrong(node, f"claims have no {alias.name}{suggestion(alias.name, WORDS)}")

    def visit_If(self, node: ast.If) -> None:
        """Skip the last lines of a derivation file, `if __name__ == "__main__":`."""
        if ast.unparse(node.test) != "__name__ == '__main__'":
            self.generic_visit(node)

    def bind(self, target: ast.AST, value: Any) -> None:
        """Give a value a name; raise ClaimTextError if the name is taken."""
        if not isinstance(target, ast.Name):
            raise self.wrong(target, "a name is expected on the left")
        name = target.id
        if name in self.names:
            raise self.wrong(target, f"{name} stands for something already: every name is given once")
        if name in WORDS:
            raise self.wrong(target, f"{name} is a word of the language: use another name")
        if name in self.implied:
            raise self.wrong(target, f"{name} was taken for a size above: use another name")
        if callable(value) and not isinstance(value, Function):
            raise self.wrong(target, "a function of indices is written where it is used")
        self.names[name] = value
        for made in vars(value).values() if isinstance(value, LAYERS) else (value,):
            for known in made.names().values() if isinstance(made, Tensor) else ():
                self.register(known, target)

    def register(self, x: Tensor, node: ast.AST) -> None:
        """Remember a tensor by its name; raise ClaimTextError if the name stands for another one."""
        with self.blaming(node):
            merge_name(self.tensors, x)

    def declare(self, name: str, made: Derivation, node: ast.stmt | ast.expr) -> None:
        """Add a claim."""
        if name in self.claims:
            raise self.wrong(node, "one claim on a line")
        line = self.text.splitlines()[node.lineno - 1]
        self.claims[name] = Declared(made, node.lineno, column_of(line, node.col_offset))

    def called(
        self, function: Callable[..., Any], positional: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """Return the value of a function; a tensor or function without a name gets that of the assignment."""
        nameless = function in (WORDS["scalar"], WORDS["function"]) and not positional
        if "name" not in options and (nameless or function is WORDS["tensor"]):
            if self.target is None or self.target[0] is not node:
                raise OperandError('this needs a name: assign it, or add name="x"')
            options["name"] = self.target[1]
        made = super().called(function, positional, options, node)
        if isinstance(made, Tensor) and made.name is not None:
            if function is WORDS["cotangent"]:
                return self.tensors.setdefault(made.name, made)
            self.register(made, node)
        return made

    def visit_Call(self, node: ast.Call) -> Any:
        """Return the value of a call; claims and sums bind indices, and are read before their arguments are."""
        word = node.func.id if isinstance(node.func, ast.Name) else ""
        if word == "claim" or (word == "refute" and len(node.args) == 1):
            try:
                return self.read_claim(node, word)
            except ClaimTextError as error:
                if not isinstance(error.__cause__, TooLargeError):
                    raise
                return TooLargeClaim(
                    self.written(node.args[0]),
                    (),
                    (),
                    "proved" if word == "claim" else "refuted",
                    limit=str(error).split("\n")[0],
                )
        return self.read_sum(node) if word == "sum" else super().visit_Call(node)

    def read_claim(self, node: ast.Call, word: str) -> Derivation:
        """Return the claim that both sides of an equation are equal, or that they are not."""
        equation = node.args[0] if len(node.args) == 1 else None
        if not (isinstance(equation, ast.Compare) and len(equation.ops) == 1 and isinstance(equation.ops[0], ast.Eq)):
            raise self.wrong(
                equation or node,
                "claim takes one equation, claim(left == right); refute(left == right) says that it is wrong",
            )
        options = self.options(node)
        free = self.free_indices(equation.left)
        sides = self.sides(free, equation.left, equation.comparators[0])
        with self.blaming(node):
            stated = {"title": self.written(equation), "indices": " ".join(free), **options}
            with aside():  # it is declared once, with its text
                if word == "claim":
                    made: Derivation = super().called(claim, [Equation(*sides)], stated, node)
                else:
                    made = super().called(refute, [stated.pop("title"), sides[0]], {"equals": sides[1], **stated}, node)
            made = replace(made, as_text=self.as_text(node, equation, bool(free)))
            _ = made.statement  # what is wrong with it is said at its place in the text
        return made

    def as_text(self, node: ast.Call, equation: ast.Compare, is_indexed: bool) -> AsText:
        """Return how a claim stands in the text, as one that is to be proved."""
        options = "".join(f", {self.written(option)}" for option in node.keywords)
        called: dict[str, str] = {}
        for name, value in self.names.items():
            for made, where in named_in(name, value):
                called.setdefault(made, where)
        left = self.written(equation.left)
        return AsText("claim(", left, f"{options})", is_indexed, called, frozenset({*self.names, *self.implied}))

    def written(self, node: ast.expr | ast.keyword) -> str:
        """Return an expression as it stands in the text, in one line."""
        return " ".join((ast.get_source_segment(self.text, node) or "").split())

    def sides(self, free: Sequence[str], left: ast.expr, right: ast.expr) -> tuple[Any, Any]:
        """Return both sides of a claim; entries at free indices, `z[i] == …`, are compared for all of them."""
        if isinstance(left, ast.Subscript) and free:
            of = self.value(left.value)
            if not isinstance(of, Tensor) or of.rank != len(free):
                raise self.wrong(left, f"{described(of)} is not a tensor with {len(free)} axes")
            index = fresh(free)
            self.indexed.clear()
            with self.scope(dict(zip(free, numbered(index), strict=True)), left.slice):
                return of, self.by_entries(self.value(right), index, of.shape, right)
        self.indexed.clear()
        sides = self.value(left), self.value(right)
        for side, at in zip(sides, (left, right), strict=True):
            if not is_side(side) and (isinstance(side, bool) or not isinstance(side, int | Number)):
                raise self.wrong(at, f"expected a tensor, a shape, an entry or a size, found {described(side)}")
        with self.blaming(right):
            return self.matched(*sides, left, right)

    def matched(self, left: Any, right: Any, at_left: ast.expr, at_right: ast.expr) -> tuple[Any, Any]:
        """Return sides that can be compared: a number stands for a tensor of it, a size for a shape of one axis."""
        if isinstance(right, Tensor) and not is_side(left):
            return self.matched(right, left, at_right, at_left)[::-1]
        if isinstance(left, Tensor) and not is_side(right):
            if entry_names(right) and not left.rank:
                return left, self.by_entries(right, (), (), at_right)
            is_zero = isinstance(right, int) and right == 0
            return left, zeros(*left.shape) if is_zero else scale(ones(*left.shape), factor=right)
        if is_side(left) or is_side(right):
            return left, right
        if entry_names(left) or entry_names(right):
            return self.by_entries(left, (), (), at_left), self.by_entries(right, (), (), at_right)
        for side, at in ((left, at_left), (right, at_right)):
            if isinstance(side, Number) and not is_whole(side.formula):
                raise self.wrong(at, "a size is an integer: write // for the quotient that is rounded down")
        return (left,), (right,)

    def free_indices(self, node: ast.expr) -> list[str]:
        """Return the names of an entry's indices if nothing is known of them yet; else none."""
        if not isinstance(node, ast.Subscript):
            return []
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        names = [part.id for part in parts if isinstance(part, ast.Name)]
        known = any(name in self.names or name in WORDS or is_implied_size(name) for name in names)
        return [] if known or len(set(names)) != len(parts) else names

    def by_entries(self, written: Any, index: Sequence[sp.Symbol], target: Sequence[Any], node: ast.AST) -> Tensor:
        """Return the tensor whose entry at the index is the formula."""
        if isinstance(written, bool) or not isinstance(written, int | Number):
            raise self.wrong(
                node, f"expected a formula of entries, such as sum(x[i + u]*w[u], over=u), found {described(written)}"
            )
        made_of = number(written)
        using = [self.tensors[name] for name in sorted(entry_names(written)) if name in self.tensors] + self.indexed
        with self.blaming(node):
            made = entries_of(made_of.formula, index, tuple(target), using, EntryReading(made_of, index))
            admitted(made)
            return made

    def read_sum(self, node: ast.Call) -> Number:
        """Return a sum over indices, `sum(x[u]*w[u], over=u)`, or `over={u: I}` with the length of each given."""
        if len(node.args) != 1 or [k.arg for k in node.keywords] != ["over"]:
            raise self.wrong(node, "a sum is written sum(formula, over=u), over=(u, v), or over={u: I, v: J}")
        over = node.keywords[0].value
        if isinstance(over, ast.Dict):
            keys, lengths = list(over.keys), [self.value(length) for length in over.values]
        else:
            keys = list(over.elts) if isinstance(over, ast.Tuple | ast.List) else [over]
            lengths = [None] * len(keys)
        names = [key.id for key in keys if isinstance(key, ast.Name)]
        if not names or len(set(names)) != len(keys):
            raise self.wrong(over, "over= takes different names of indices")
        index = fresh(names)
        with self.scope(dict(zip(names, numbered(index), strict=True)), over):
            body = self.value(node.args[0])
        with self.blaming(node.args[0]):
            check_number(body)
        if isinstance(body, Tensor):
            raise self.wrong(node.args[0], "a sum is of entries, such as x[u]; summed(K, lambda k: …) adds up tensors")
        with self.blaming(node):
            return ranged_sum(body, index, lengths, self.tensors)
