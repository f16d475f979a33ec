"""What a function is given, written as text: the arrays with their sizes, and the options.

    x (B, C, M, N), w (K, C, I, J), stride=S, padding=P>=0, mode="valid"

A name in brackets is a size, at least one and the same wherever it occurs; `b ()` is an arbitrary number, and the first
axis of `w (C*M*N, K)` has all cells of three axes. An option
that is a name is left open: `stride=S` is any size of at least one, `padding=P>=0` may be zero, `S>=2` is not one.
`t (N) in C` are labels, integers from 0 to C − 1, and `t (N, C) in one_hot` are labels as rows with a single 1.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.numbers import literal
from cnn_symbolic.code.language.syntax import names_in
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.formulas import size, width
from cnn_symbolic.ground.errors import OperandError

EXAMPLE = '"x (N, C), w (C, K), stride=S, padding=P>=0"'
ONE_HOT = "one_hot"
OPENING, CLOSING, QUOTES = "([{", ")]}", "\"'"


@dataclass(frozen=True)
class ReadArguments:
    """The arguments of a function by name: the sizes of its arrays, and its options; what is left open is a size.

    `conditions` are assumed of the sizes. `labels` are the arrays that are labels, with the number of classes, and
    those that are rows with a single 1, with None.
    """

    arrays: Mapping[str, tuple[sp.Expr, ...]]
    options: Mapping[str, Any]
    conditions: tuple[Any, ...] = ()
    labels: Mapping[str, sp.Expr | None] = field(default_factory=dict)

    @property
    def differentiated(self) -> tuple[str, ...]:
        """The names of the arrays that there are gradients of: all but labels."""
        return tuple(name for name in self.arrays if name not in self.labels)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all arguments."""
        return (*self.arrays, *self.options)

    @property
    def sizes(self) -> dict[str, sp.Symbol]:
        """The sizes by name."""
        found: dict[str, sp.Symbol] = {}
        for value in (*self.arrays.values(), *self.options.values(), *self.labels.values()):
            found |= {s.name: s for s in symbols_in(value)}
        return found

    def __str__(self) -> str:
        """Return the arguments as they are written."""
        least = {c.lhs: f"{c.lhs}>={c.rhs}" for c in self.conditions}

        def said(value: Any) -> str:
            if isinstance(value, tuple):
                inner = ", ".join(map(said, value))
                return f"({inner},)" if len(value) == 1 else f"({inner})"
            if isinstance(value, sp.Symbol):
                return least.get(value, str(value) if rules.least(value) else f"{value}>=0")
            return repr(float(value)) if isinstance(value, sp.Rational) and value.q != 1 else repr(plain(value))

        shapes = {name: ", ".join("*".join(map(str, atoms(n))) for n in each) for name, each in self.arrays.items()}
        arrays = [f"{name} ({shape}){self.kind(name)}" for name, shape in shapes.items()]
        return ", ".join([*arrays, *(f"{name}={said(value)}" for name, value in self.options.items())])

    def kind(self, name: str) -> str:
        """Return what is written behind an array that has labels."""
        return f" in {self.labels[name] or ONE_HOT}" if name in self.labels else ""


def plain(value: Any) -> Any:
    """Return a whole number as Python's."""
    return int(value) if isinstance(value, sp.Integer) else value


def symbols_in(value: Any) -> Iterator[sp.Symbol]:
    """Yield the sizes in an option or a shape."""
    if isinstance(value, tuple):
        for part in value:
            yield from symbols_in(part)
    elif isinstance(value, sp.Expr):
        yield from sorted(value.free_symbols, key=str)


class Sizes:
    """The sizes that were named so far, each with the least value that it was given."""

    def __init__(self, text: str) -> None:
        self.text, self.found = text, dict[str, tuple[int, sp.Symbol]]()

    def named(self, name: str, least: int = 1) -> sp.Symbol:
        """Return the size with a name; raise OperandError if it was written with another least value."""
        known = self.found.setdefault(name, (least, width(name) if least <= 0 else size(name)))
        if known[0] != least:
            raise OperandError(f"{self.text!r}: {name} is at least {known[0]} at one place, and {least} at another")
        return known[1]


def read_arguments(text: str) -> ReadArguments:
    """Return the arguments that a text describes; raise OperandError for what is none. The text is read, never run.

    >>> print(read_arguments("x (N, 2), w (2, K), b (), stride=S, padding=(P>=0, 1), mode='same'"))
    x (N, 2), w (2, K), b (), stride=S, padding=(P>=0, 1), mode='same'
    """
    sizes = Sizes(text)
    arrays: dict[str, tuple[sp.Expr, ...]] = {}
    options: dict[str, Any] = {}
    labels: dict[str, sp.Expr | None] = {}
    for part in split(text):
        call = parsed(part, text)
        if call.keywords:
            name, value = str(call.keywords[0].arg), call.keywords[0].value
            given: Any = option(value, sizes)
        else:
            node = call.args[0]
            name, given = array(node.left if isinstance(node, ast.Compare) else node, sizes)
            if isinstance(node, ast.Compare):
                check_labels(given, sizes)
                labels[name] = classes(node.comparators[0], given, sizes)
        if name in arrays or name in options:
            raise OperandError(f"{text!r}: the argument {name} is there twice")
        (options if call.keywords else arrays)[name] = given
    if clash := set(arrays) & set(sizes.found):
        raise OperandError(f"{text!r}: {', '.join(sorted(clash))} is an array and a size: rename the size")
    above = [(s, least) for least, s in sizes.found.values() if least > 1]
    return ReadArguments(
        arrays, options, tuple(rules.compare(">=", s, sp.Integer(least)) for s, least in above), labels
    )


def split(text: str) -> Iterator[str]:
    """Yield the parts of a text between commas that are in no brackets or quotes."""
    depth, quote, start = 0, "", 0
    for k, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in QUOTES:
            quote = letter
        elif letter in OPENING + CLOSING:
            depth += 1 if letter in OPENING else -1
        elif letter == "," and depth == 0:
            yield text[start:k]
            start = k + 1
    if text[start:].strip():
        yield text[start:]


def parsed(part: str, text: str) -> ast.Call:
    """Return one argument as that of a call."""
    try:
        node = ast.parse(f"f({part.strip()})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        node = None
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "f"):
        raise refused(part, text)
    if len(node.args) + len(node.keywords) != 1 or any(k.arg is None for k in node.keywords):
        raise refused(part, text)
    if node.args:
        one = node.args[0]
        if isinstance(one, ast.Compare) and len(one.ops) == 1 and isinstance(one.ops[0], ast.In):
            one = one.left
        if not (isinstance(one, ast.Call) and isinstance(one.func, ast.Name)):
            raise refused(part, text)
    return node


def refused(part: str, text: str) -> OperandError:
    """Return the error for what is no argument."""
    return OperandError(
        f"arguments are written as {EXAMPLE}: an array with the sizes of its axes, or an option with its value; "
        f"found {part.strip()!r} in {text!r}"
    )


def array(node: ast.expr, sizes: Sizes) -> tuple[str, tuple[sp.Expr, ...]]:
    """Return the name of an array and its sizes."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)) or node.keywords:
        raise refused(ast.unparse(node), sizes.text)
    return node.func.id, tuple(length(part, sizes) for part in node.args)


def classes(node: ast.expr, lengths: tuple[sp.Expr, ...], sizes: Sizes) -> sp.Expr | None:
    """Return the number of classes of labels, None for rows with a single 1."""
    if not (isinstance(node, ast.Name) and node.id == ONE_HOT):
        return length(node, sizes)
    if not lengths:
        raise OperandError(f"{sizes.text!r}: rows with a single 1 are those of an array with axes")
    return None


def check_labels(lengths: tuple[sp.Expr, ...], sizes: Sizes) -> None:
    """Raise OperandError for labels with an axis whose size is a product."""
    if any(len(atoms(n)) > 1 for n in lengths):
        raise OperandError(f"{sizes.text!r}: the axes of labels have sizes that are no products")


def length(node: ast.expr, sizes: Sizes) -> sp.Expr:
    """Return the size of an axis: a name, or a number of at least one."""
    if isinstance(node, ast.Name):
        return sizes.named(node.id)
    if isinstance(node, ast.Constant) and type(node.value) is int and node.value >= 1:
        return sp.Integer(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return sp.Mul(length(node.left, sizes), length(node.right, sizes), evaluate=False)
    raise OperandError(
        f"{sizes.text!r}: the size of an axis is a name, such as N, a number of at least 1, or a product of these, "
        f"found {ast.unparse(node)}"
    )


def atoms(n: sp.Expr) -> tuple[sp.Expr, ...]:
    """Return the sizes that the size of an axis is the product of, in the order in which they are written."""
    return tuple(part for factor in n.args for part in atoms(factor)) if isinstance(n, sp.Mul) else (n,)


def option(node: ast.expr, sizes: Sizes) -> Any:
    """Return the value of an option: what is written out, or a size where it is left open."""
    if isinstance(node, ast.Name):
        return sizes.named(node.id)
    if isinstance(node, ast.Tuple):
        return tuple(option(part, sizes) for part in node.elts)
    if isinstance(node, ast.List):
        return [option(part, sizes) for part in node.elts]
    if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and len(node.ops) == 1:
        low = node.comparators[0]
        is_whole = isinstance(low, ast.Constant) and type(low.value) is int
        if isinstance(node.ops[0], ast.GtE) and is_whole and (least := ast.literal_eval(low)) >= 0:
            return sizes.named(node.left.id, least)
    sign, inner = (-1, node.operand) if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else (1, node)
    if isinstance(inner, ast.Constant):
        if isinstance(inner.value, int | float) and not isinstance(inner.value, bool) and isfinite(inner.value):
            return literal(sign * inner.value)
        if sign > 0 and isinstance(inner.value, str | bool | None):
            return inner.value
    raise OperandError(
        f"{sizes.text!r}: an option is a number, a text in quotes, True, False, None, a tuple of these, or a name that "
        f"leaves it open, such as S or P>=0, found {ast.unparse(node)}"
    )


# Guessing


def guessed(node: ast.FunctionDef) -> ReadArguments:
    """Return the arguments of a function whose text says what they are; raise OperandError, with what to write.

    It says so of an array where it takes all its sizes apart, by names: `N, C, H, W = x.shape`. Options with defaults
    keep these.
    """
    needed = required(node)
    found: dict[str, tuple[sp.Expr, ...]] = {}
    changed: set[str] = set()
    for statement in node.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            name = shape_of(statement.value)
            target = statement.targets[0]
            if name in needed and name not in {*found, *changed} and isinstance(target, ast.Tuple):
                letters = [part.id for part in target.elts if isinstance(part, ast.Name) and part.id.strip("_")]
                if len(letters) == len(target.elts) == len(set(letters)) and not set(letters) & set(needed):
                    found[name] = tuple(map(size, letters))
        changed |= set(names_in([statement]))
    if missing := [name for name in needed if name not in found]:
        example = ", ".join(f"{name} (…)" for name in needed)
        raise OperandError(
            f"the sizes of {', '.join(missing)} are not known: write --arguments '{example}', with the names of the "
            f"sizes in the brackets, and options as stride=S; for example {EXAMPLE}"
        )
    return ReadArguments({name: found[name] for name in needed}, {})


def required(node: ast.FunctionDef) -> list[str]:
    """Return the parameters of a function that have no defaults."""
    spec = node.args
    places = [*spec.posonlyargs, *spec.args]
    named = [each for each, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if default is None]
    return [each.arg for each in (*places[: len(places) - len(spec.defaults)], *named)]


def shape_of(node: ast.expr) -> str:
    """Return the name of the array whose shape an expression is, "" if it is none."""
    if isinstance(node, ast.Attribute) and node.attr == "shape" and isinstance(node.value, ast.Name):
        return node.value.id
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.shape", "numpy.shape") and len(node.args) == 1:
        return node.args[0].id if isinstance(node.args[0], ast.Name) else ""
    return ""
