"""The expressions of claims that are given as text, one method per kind of node, evaluated over an allow-list."""

from __future__ import annotations

import ast
import inspect
import warnings
from collections import ChainMap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from cnn_symbolic.claims.arithmetic import (
    COMPARISONS,
    check_arguments,
    check_number,
    check_numbers,
    checked_condition,
    combined,
    described,
    is_false,
    is_side,
    negated,
)
from cnn_symbolic.claims.vocabulary import (
    ATTRIBUTES,
    FUNCTIONS,
    LAYERS,
    MOST_CHARACTERS,
    MOST_DEPTH,
    MOST_NODES,
    WORDS,
    admitted,
    is_implied_size,
    other_name,
)
from cnn_symbolic.expressions.formulas import sizes
from cnn_symbolic.expressions.functions import And, Or
from cnn_symbolic.expressions.values import Number
from cnn_symbolic.ground.errors import ClaimTextError, CnnSymbolicError, NameConflictError, OperandError
from cnn_symbolic.ground.letters import check_letters
from cnn_symbolic.ground.printable import printable
from cnn_symbolic.ground.words import suggestion
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.tensor import Equation, Tensor

UNKNOWN = {
    "ClassDef": "classes",
    "For": "loops",
    "FunctionDef": "functions",
    "GeneratorExp": "comprehensions",
    "If": "conditions",
    "IfExp": "conditions",
    "Import": "imports",
    "ListComp": "comprehensions",
    "Slice": "slices",
    "While": "loops",
}
MOST_VISITS = 20_000


class Expressions(ast.NodeVisitor):
    """Evaluates the expressions of a text; `names` are those that the text has given, and the indices in scope."""

    def __init__(self, text: str, where: str) -> None:
        self.text, self.where = text, printable(where)
        self.names: ChainMap[str, Any] = ChainMap({})
        self.implied: set[str] = set()
        self.indexed: list[Tensor] = []
        self.visits = 0

    def at(self, line: int, column: int, message: str) -> ClaimTextError:
        """Return an error with the place in the text, which is shown."""
        lines = self.text.split("\n")
        given = lines[line - 1] if line <= len(lines) else ""
        shown = "".join(c if c.isprintable() else " " if c == "\t" else "�" for c in given)
        before = len(given.encode(errors="replace")[:column].decode(errors="ignore"))
        start = max(0, before - 60)
        pointed = f"\n    {shown[start : start + 100]}\n    {' ' * (before - start)}^" if shown.strip() else ""
        error = ClaimTextError(f"{self.where}, line {line}, column {before + 1}: {message}{pointed}")
        error.line, error.column, error.what = line, before + 1, message
        return error

    def wrong(self, node: ast.AST, message: str) -> ClaimTextError:
        """Return an error that points at a node."""
        return self.at(getattr(node, "lineno", 1), getattr(node, "col_offset", 0), message)

    def parsed(self, mode: str) -> Any:
        """Return the syntax tree; raise ClaimTextError if the text is no Python, or too large."""
        if len(self.text) > MOST_CHARACTERS:
            raise ClaimTextError(f"{self.where} has {len(self.text)} characters, at most {MOST_CHARACTERS} are read")
        for place, character in enumerate(self.text):
            if not character.isprintable() and character not in "\n\r\t":
                before = self.text[:place].split("\n")
                column = len(before[-1].encode(errors="replace"))
                raise self.at(len(before), column, f"the character U+{ord(character):04X} cannot be printed")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(self.text, mode=mode)
        except SyntaxError as error:
            raise self.at(error.lineno or 1, (error.offset or 1) - 1, f"no Python syntax: {error.msg}") from None
        except ValueError as error:
            raise ClaimTextError(f"{self.where} cannot be read: {error}") from None
        except (RecursionError, MemoryError):
            raise ClaimTextError(f"{self.where} cannot be read: nested too deeply") from None
        self.check_extent(tree)
        self.check_names(tree)
        return tree

    def check_extent(self, tree: ast.AST) -> None:
        """Raise ClaimTextError if there is too much in a text, or nested too deeply."""
        pending: list[tuple[ast.AST, int, ast.AST]] = [(tree, 0, tree)]
        count = 0
        while pending:
            node, depth, around = pending.pop()
            place = node if hasattr(node, "lineno") else around
            count += 1
            if depth > MOST_DEPTH:
                raise self.wrong(place, f"nested more than {MOST_DEPTH} deep: give a part a name of its own")
            if count > MOST_NODES:
                raise self.wrong(place, f"the text has more than {MOST_NODES} parts: check it in several texts")
            pending += [(child, depth + 1, place) for child in ast.iter_child_nodes(node)]

    def check_names(self, tree: ast.AST) -> None:
        """Raise ClaimTextError for a name that cannot be read, or that is drawn like another name or a word."""
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Name | ast.arg)]
        seen = dict(zip(WORDS, WORDS, strict=True))
        for node in [] if self.text.isascii() else sorted(found, key=lambda node: (node.lineno, node.col_offset)):
            try:
                check_letters([node.id if isinstance(node, ast.Name) else node.arg], seen)
            except NameConflictError as error:
                raise self.wrong(node, str(error)) from error

    @contextmanager
    def blaming(self, node: ast.AST) -> Iterator[None]:
        """Turn every error of a computation into one that points at the node."""
        try:
            yield
        except ClaimTextError:
            raise
        except CnnSymbolicError as error:
            raise self.wrong(node, str(error)) from error
        except Exception as error:  # whatever becomes of operands that do not fit
            message = f"this cannot be computed ({type(error).__name__}: {str(error)[:200]})"
            raise self.wrong(node, message) from error

    def value(self, node: ast.AST) -> Any:
        """Return the value of an expression, if it is not too large; the whole text has a number of them."""
        self.visits += 1
        if self.visits > MOST_VISITS:
            raise self.wrong(node, f"reading the text takes more than {MOST_VISITS} steps")
        found = self.visit(node)
        with self.blaming(node):
            return admitted(found)

    def generic_visit(self, node: ast.AST) -> NoReturn:
        """Refuse a kind of node that the language does not have."""
        kind = UNKNOWN.get(type(node).__name__, "such expressions")
        raise self.wrong(node, f"claims have no {kind}: they are assignments and claim(left == right)")

    def visit_Constant(self, node: ast.Constant) -> Any:
        """Return a literal integer, text or truth value."""
        if isinstance(node.value, float):
            exact = int(node.value) if node.value % 1 == 0 else "a fraction, such as 1/2"
            raise self.wrong(node, f"{node.value} is not exact: write {exact}")
        if not isinstance(node.value, int | str | None):
            raise self.wrong(node, f"{node.value!r} is neither an integer nor a text")
        return node.value

    def visit_Name(self, node: ast.Name) -> Any:
        """Return what a name stands for; a capital that nothing was said about is a size."""
        if node.id in self.names:
            return self.names[node.id]
        if node.id in WORDS:
            return WORDS[node.id]
        if is_implied_size(node.id):
            self.implied.add(node.id)
            return sizes(node.id)[0]
        hint = "; sizes are capitals, or made by sizes(…)"
        if len(node.id) == 1:
            hint += ", free indices stand alone on the left of a claim, x[i, j] == …, others in sum(…, over=u)"
        else:
            known = other_name(node.id)
            other = f"; there is {known}" if known else ""
            hint = other or suggestion(node.id, {*self.names, *WORDS}) or hint
        raise self.wrong(node, f"there is no {node.id}{hint}")

    def visit_Tuple(self, node: ast.Tuple) -> tuple[Any, ...]:
        """Return a tuple."""
        return tuple(self.items(node.elts))

    def visit_List(self, node: ast.List) -> list[Any]:
        """Return a list."""
        return self.items(node.elts)

    def visit_Dict(self, node: ast.Dict) -> dict[str, Any]:
        """Return options by name, for `**options`."""
        found: dict[str, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
                raise self.wrong(key or value, "options have names, such as {'stride': S}")
            found[self.value(key)] = self.value(value)
        return found

    def items(self, nodes: Sequence[ast.expr]) -> list[Any]:
        """Return the values of a list, `*x` being put in place of its items."""
        found: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                several = self.value(node.value)
                if not isinstance(several, tuple | list | ShapeOf):
                    raise self.wrong(node, "* takes a list or a shape")
                found += several
            else:
                found.append(self.value(node))
        return found

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        """Return −x, or the opposite of a condition."""
        value = self.value(node.operand)
        with self.blaming(node.operand):
            return negated(node.op, value)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        """Return the result of an arithmetic operation."""
        left, right = self.number(node.left), self.number(node.right)
        with self.blaming(node):
            return combined(node.op, left, right)

    def number(self, node: ast.expr) -> Any:
        """Return a value that one can compute with."""
        value = self.value(node)
        with self.blaming(node):
            check_number(value)
        return value

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        """Return the conjunction or disjunction of conditions."""
        parts = [self.condition(part) for part in node.values]
        return And(*parts) if isinstance(node.op, ast.And) else Or(*parts)

    def visit_Compare(self, node: ast.Compare) -> Any:
        """Return an equation of tensors or shapes, or a condition on sizes and indices."""
        values = [self.value(part) for part in (node.left, *node.comparators)]
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq) and all(map(is_side, values)):
            return Equation(*values)
        if not COMPARISONS.keys() >= set(map(type, node.ops)):
            raise self.wrong(node, "claims compare with == != < <= > >=")
        for value, at in zip(values, (node.left, *node.comparators), strict=True):
            if isinstance(value, bool) or not isinstance(value, int | Number):
                raise self.wrong(at, f"expected a size or an index to compare, found {described(value)}")
        with self.blaming(node):
            pairs = zip(node.ops, values, values[1:], strict=False)
            found = [COMPARISONS[type(sign)](left, right) for sign, left, right in pairs]
            return found[0] if len(found) == 1 else And(*found)

    def condition(self, node: ast.expr) -> Any:
        """Return the value of a condition."""
        value = self.value(node)
        with self.blaming(node):
            return checked_condition(value)

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        """Return a tensor's shape or rank, or a tensor of a layer."""
        of = self.value(node.value)
        if isinstance(of, LAYERS):
            names = [*vars(of), *(name for name, part in inspect.getmembers(type(of)) if isinstance(part, property))]
            known = {name: part for name in names if isinstance(part := getattr(of, name), Tensor)}
            known["gradient"] = of.gradient
            if node.attr in known:
                return known[node.attr]
            others = f"{suggestion(node.attr, known)}; it has {', '.join(sorted(known))}"
            raise self.wrong(node, f"{type(of).__name__} has no {node.attr}{others}")
        if isinstance(of, Tensor) and node.attr in ATTRIBUTES:
            return getattr(of, node.attr)
        raise self.wrong(node, f"{described(of)} has no {node.attr}{suggestion(node.attr, ATTRIBUTES)}")

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        """Return an entry of a tensor, or one size of a shape."""
        of = self.value(node.value)
        index = self.value(node.slice)
        with self.blaming(node):
            if isinstance(of, Tensor):
                self.indexed.append(of)
                return of[index]
            of = of.shape if isinstance(of, ShapeOf) else of
            if isinstance(of, tuple | list) and isinstance(index, int) and -len(of) <= index < len(of):
                return of[index]
            raise OperandError(f"{described(of)} has no entry {described(index)}")

    def visit_Lambda(self, node: ast.Lambda) -> WrittenFormula:
        """Return a function of indices."""
        names = [parameter.arg for parameter in node.args.args]
        plain = ast.arguments([], node.args.args, None, [], [], None, [])
        if ast.dump(node.args) != ast.dump(plain):
            raise self.wrong(node, "a function of indices has plain parameters, such as lambda i, j: x[i, j]")

        return WrittenFormula(self, node, names)

    @contextmanager
    def scope(self, names: dict[str, Any], node: ast.AST) -> Iterator[None]:
        """Let names stand for indices inside a formula."""
        for name in names:
            if name in self.names or name in WORDS:
                raise self.wrong(node, f"{name} stands for something already: use another index")
        self.names = self.names.new_child(names)
        try:
            yield
        finally:
            self.names = self.names.parents

    def visit_Call(self, node: ast.Call) -> Any:
        """Return what a word of the language makes of its arguments."""
        function = self.value(node.func)
        if not callable(function):
            raise self.wrong(node.func, f"{described(function)} cannot be called")
        positional, options = self.items(node.args), self.options(node)
        with self.blaming(node):
            return self.called(function, positional, options, node)

    def called(self, function: Callable[..., Any], positional: list[Any], options: dict[str, Any], _: ast.Call) -> Any:
        """Return the value of a function; raise OperandError if it does not have these parameters."""
        name = getattr(function, "__name__", "the function")
        if function in FUNCTIONS.values():
            check_numbers(name, positional, options)
        signature = inspect.signature(function)
        known = [key for key, p in signature.parameters.items() if p.kind is not inspect.Parameter.VAR_KEYWORD]
        for key in options:
            if key not in known:
                raise OperandError(f"{name} has no {key}{suggestion(key, known)}; it takes {', '.join(known)}")
        try:
            bound = signature.bind(*positional, **options)
        except TypeError as error:
            named = [f"{k}=…" for k, p in signature.parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY]
            by_name = f", and by name {', '.join(named)}" if named else ""
            others = [key for key in known if f"{key}=…" not in named]
            raise OperandError(f"{name}: {error}; it takes {', '.join(others)}{by_name}") from None
        check_arguments(name, bound)
        return function(*positional, **options)

    def options(self, node: ast.Call) -> dict[str, Any]:
        """Return the options of a call by name, those of `**options` among them."""
        found: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value)
            several = {keyword.arg: value} if keyword.arg is not None else value
            if not isinstance(several, dict):
                raise self.wrong(keyword.value, "** takes options, such as {'stride': S}")
            if keyword.arg == "assuming" and isinstance(value, tuple | list) and any(map(is_false, value)):
                raise self.wrong(keyword.value, "no sizes satisfy one of the assumptions")
            if twice := set(several) & set(found):
                raise self.wrong(keyword.value, f"{twice.pop()} is given twice")
            found |= several
        return found


class WrittenFormula:
    """A function of indices, `lambda i, j: …`, that is interpreted where it is called."""

    def __init__(self, reader: Expressions, node: ast.Lambda, names: Sequence[str]) -> None:
        self.reader, self.node, self.names = reader, node, names
        kind = inspect.Parameter.POSITIONAL_ONLY
        self.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])

    def __call__(self, *index: Any) -> Any:
        """Return the value at indices."""
        with self.reader.scope(dict(zip(self.names, index, strict=True)), self.node):
            return self.reader.value(self.node.body)

    def __repr__(self) -> str:
        return ast.unparse(self.node)
