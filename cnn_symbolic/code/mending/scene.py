"""Edits of one function: the part that is changed, what stands in its place, and how the change is told."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from cnn_symbolic.code.mending.places import Names
from cnn_symbolic.code.mending.texts import CodeEdit, CodeText

INDEXING = {"range", "slice", "arange", "zeros", "ones", "empty", "ndindex", "reshape", "divmod", "pad", "repeat"}


@dataclass(frozen=True)
class CodeScene:
    """A function in the text of a file, with what is known in it by name."""

    code: CodeText
    names: Names
    function: ast.FunctionDef

    def edit(
        self,
        node: ast.AST,
        new: str,
        words: str,
        cost: float,
        key: Hashable = None,
        about: Sequence[str] = (),
        fitted: bool = True,
    ) -> CodeEdit:
        """Return the edit with a text in the place of a part."""
        start, end = self.code.span(node)
        text = self.code.fitting(node, new) if fitted and isinstance(node, ast.expr) else new
        return CodeEdit(((start, end, text),), self.code.shown(node), words, cost, key, frozenset(about))

    def several(
        self,
        changes: Sequence[tuple[ast.AST, str]],
        shown: ast.AST,
        words: str,
        cost: float,
        key: Hashable = None,
        about: Sequence[str] = (),
    ) -> CodeEdit:
        """Return the edit with texts in the places of several parts, shown as a whole."""
        parts = tuple((*self.code.span(node), self.code.fitting(node, new)) for node, new in changes)
        return CodeEdit(parts, self.code.span(shown), words, cost, key, frozenset(about))

    def at(
        self, start: int, end: int, new: str, shown: tuple[int, int], words: str, cost: float, key: Hashable = None
    ) -> CodeEdit:
        """Return the edit with a text at a place."""
        return CodeEdit(((start, end, new),), shown, words, cost, key)

    def of(self, node: ast.AST) -> str:
        """Return the text of a part."""
        return self.code.of(node)

    def around(self, node: ast.AST) -> list[ast.AST]:
        """Return what a part is in, from the inside."""
        return self.code.around(node)

    def is_index(self, node: ast.AST) -> bool:
        """Tell whether a part is about places in arrays: in an index, a range, or a whole number."""
        inner: ast.AST = node
        for outer in self.around(node):
            if isinstance(outer, ast.Subscript) and inner is outer.slice:
                return True
            if isinstance(outer, ast.Call) and inner is not outer.func and self.is_counted(outer, node):
                return True
            if isinstance(outer, ast.Compare) and self.is_whole(node):
                return True
            if isinstance(outer, ast.stmt):
                return isinstance(outer, ast.Assign | ast.AugAssign) and all(
                    name in self.names.whole for target in targets(outer) for name in loaded(target)
                )
            inner = outer
        return False

    def is_counted(self, call: ast.Call, node: ast.AST) -> bool:
        """Tell whether an argument of a call is about places in arrays."""
        return last_name(call.func) in INDEXING or (isinstance(call.func, ast.Name) and self.is_whole(node))

    def is_whole(self, node: ast.AST) -> bool:
        """Tell whether a part is made from names of whole numbers only."""
        if isinstance(node, ast.Constant):
            return isinstance(node.value, int) and not isinstance(node.value, bool)
        if isinstance(node, ast.Attribute):
            return ast.unparse(node) in self.names.whole
        if isinstance(node, ast.Name):
            return node.id in self.names.whole
        if isinstance(node, ast.BinOp):
            return self.is_whole(node.left) and self.is_whole(node.right)
        if isinstance(node, ast.UnaryOp):
            return self.is_whole(node.operand)
        if isinstance(node, ast.Subscript):
            return isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
        return False

    def is_array(self, node: ast.AST) -> bool:
        """Tell whether a part is a name of an array, or a part of one."""
        while isinstance(node, ast.Subscript):
            node = node.value
        return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in self.names.arrays

    def ending(self) -> Iterator[str]:
        """Yield how the reversal of the spatial axes behind the others is written."""
        yield "[..., ::-1, ::-1]"
        yield "[::-1, ::-1]"
        yield "[..., ::-1]"
        yield "[::-1]"


def last_name(node: ast.AST) -> str:
    """Return the last name of what is called, as `zeros` of `np.zeros`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def targets(statement: ast.stmt) -> list[ast.expr]:
    """Return the targets of an assignment."""
    if isinstance(statement, ast.Assign):
        return [
            part
            for target in statement.targets
            for part in (target.elts if isinstance(target, ast.Tuple | ast.List) else [target])
        ]
    return [statement.target] if isinstance(statement, ast.AugAssign) else []


def loaded(node: ast.AST) -> list[str]:
    """Return what a target is called."""
    return [ast.unparse(node)]


def letter_words(names: Sequence[str]) -> str:
    """Return names in a sentence."""
    return " and ".join(dict.fromkeys(names))
