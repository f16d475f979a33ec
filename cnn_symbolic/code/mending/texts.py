"""The text of a file and its syntax tree: what stands where, and texts in the place of parts of it."""

from __future__ import annotations

import ast
from collections.abc import Hashable
from dataclasses import dataclass

# Texts longer than this are not shown for the sake of what is around a change.
LONGEST_SHOWN = 60
TIGHT = (ast.Name, ast.Constant, ast.Attribute, ast.Call, ast.Subscript, ast.Tuple, ast.List)


@dataclass(frozen=True)
class CodeEdit:
    """Texts in the place of parts of a file: where each begins and ends, and what stands there instead.

    `shown` is where the smallest part of the file begins and ends that shows the change. `words` name the mistake;
    edits with the lowest `cost` are the usual ones. `key` is the same for the same slip on another axis.
    """

    parts: tuple[tuple[int, int, str], ...]
    shown: tuple[int, int]
    words: str
    cost: float
    key: Hashable = None
    about: frozenset[str] = frozenset()

    def applied(self, text: str) -> str:
        """Return the text of the file after the change."""
        for start, end, new in sorted(self.parts, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def new(self, text: str) -> str:
        """Return what stands where the change is shown, after it."""
        start, end = self.shown
        inside = [(a - start, b - start, new) for a, b, new in self.parts]
        return CodeEdit(tuple(inside), self.shown, self.words, self.cost).applied(text[start:end])

    def overlaps(self, other: CodeEdit) -> bool:
        """Tell whether two edits change the same part."""
        return any(a < d and c < b for a, b, _ in self.parts for c, d, _ in other.parts)


class CodeText:
    """The text of a file, with its syntax tree."""

    def __init__(self, text: str) -> None:
        self.text, self.tree = text, ast.parse(text)
        self.rows = text.splitlines(keepends=True)
        self.starts = [0]
        for row in self.rows:
            self.starts.append(self.starts[-1] + len(row))
        self.parents = {part: node for node in ast.walk(self.tree) for part in ast.iter_child_nodes(node)}

    def offset(self, line: int, column: int) -> int:
        """Return where a line and a column, in bytes, are in the text."""
        row = self.rows[line - 1] if line <= len(self.rows) else ""
        return self.starts[line - 1] + len(row.encode()[:column].decode())

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where a part of the tree begins and ends in the text."""
        if isinstance(node, ast.Slice):
            return self.slice_span(node)
        line, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
        return self.offset(line, getattr(node, "col_offset", 0)), self.offset(last, getattr(node, "end_col_offset", 0))

    def slice_span(self, node: ast.Slice) -> tuple[int, int]:
        """Return where a slice begins and ends."""
        last, column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self.offset(node.lineno, node.col_offset), self.offset(last, column)

    def of(self, node: ast.AST) -> str:
        """Return what stands in the text for a part of the tree."""
        start, end = self.span(node)
        return self.text[start:end]

    def statement(self, node: ast.AST) -> ast.stmt:
        """Return the statement that a part is in."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def around(self, node: ast.AST) -> list[ast.AST]:
        """Return what a part is in, from the inside."""
        found = []
        while node in self.parents:
            node = self.parents[node]
            found.append(node)
        return found

    def rows_of(self, node: ast.stmt) -> tuple[int, int]:
        """Return where the lines of a statement begin and end."""
        return self.starts[node.lineno - 1], self.starts[node.end_lineno or node.lineno]

    def line(self, at: int) -> int:
        """Return the line of a place in the text."""
        return self.text.count("\n", 0, at) + 1

    def column(self, at: int) -> int:
        """Return the column of a place in the text, from one on."""
        return at - (self.text.rfind("\n", 0, at) + 1) + 1

    def shown(self, node: ast.AST) -> tuple[int, int]:
        """Return the part of the text that shows a change of a node: with what is around a name or a number."""
        shown = node
        while not isinstance(shown, ast.stmt):
            outer = self.parents[shown]
            small = isinstance(shown, ast.Name | ast.Constant | ast.UnaryOp | ast.operator | ast.cmpop)
            if isinstance(outer, ast.Assign | ast.AugAssign) and small and len(self.of(outer)) <= LONGEST_SHOWN:
                return self.span(outer)
            within = isinstance(outer, ast.BinOp | ast.Slice | ast.keyword | ast.Compare) or small
            short = isinstance(outer, ast.expr | ast.keyword | ast.Slice) and len(self.of(outer)) <= LONGEST_SHOWN
            if not (within and short):
                break
            shown = outer
            if isinstance(outer, ast.Slice | ast.keyword | ast.Compare | ast.Call | ast.Subscript):
                break
        return self.span(shown)

    def fitting(self, node: ast.AST, new: str) -> str:
        """Return a text for the place of a node, in parentheses where it needs some there."""
        outer = self.parents[node]
        try:
            made = ast.parse(new, mode="eval").body
        except SyntaxError:
            return new
        closed = isinstance(made, TIGHT) or not isinstance(outer, ast.BinOp | ast.UnaryOp | ast.Attribute | ast.Compare)
        if isinstance(outer, ast.Subscript) and node is outer.value and not isinstance(made, TIGHT):
            closed = False
        if isinstance(outer, ast.Attribute) and isinstance(made, ast.Constant):
            closed = False
        if isinstance(outer, ast.BinOp) and isinstance(made, ast.BinOp):
            closed = rank(made) > rank(outer) or (node is outer.left and rank(made) >= rank(outer))
            closed = closed or (isinstance(outer.op, ast.Add) and rank(made) == 1)
        if isinstance(outer, ast.Compare) and isinstance(made, ast.BinOp):
            closed = True
        before, after = self.span(node)
        if self.text[before - 1 : before] == "(" and self.text[after : after + 1] == ")":
            closed = True
        return new if closed else f"({new})"


def rank(node: ast.BinOp) -> int:
    """Return how strongly an operator binds."""
    if isinstance(node.op, ast.Pow):
        return 3
    return 1 if isinstance(node.op, ast.Add | ast.Sub) else 2
