"""Private names of classes as Python has them: `__k` in the class Layer is `_Layer__k`, wherever it stands in there.

Source: the Python language reference, "Private name mangling".
"""

from __future__ import annotations

import ast
from typing import Any


class Mangling(ast.NodeTransformer):
    """Gives private names in classes their class; `owner` is the class around, without underscores in front."""

    def __init__(self) -> None:
        self.owner = ""

    def name(self, name: str) -> str:
        """Return a name as it is in the class around."""
        private = name.startswith("__") and not name.endswith("__") and "." not in name
        return f"_{self.owner}{name}" if private and self.owner else name

    def visit(self, node: ast.AST) -> Any:
        """Give the names of a node, and of what is in it, their class."""
        for part, value in ast.iter_fields(node):
            named = part in ("id", "attr", "arg", "name", "asname", "rest") and not isinstance(node, ast.keyword)
            if named and isinstance(value, str):  # the names of arguments in a call stay as they are
                setattr(node, part, self.name(value))
            if part == "names" and all(isinstance(each, str) for each in value):
                setattr(node, part, [self.name(each) for each in value])
        if not isinstance(node, ast.ClassDef):
            return self.generic_visit(node)
        for outside in (*node.bases, *node.keywords, *node.decorator_list):
            self.visit(outside)
        around, self.owner = self.owner, node.name.lstrip("_")
        for inside in node.body:
            self.visit(inside)
        self.owner = around
        return node


def mangled(tree: ast.Module) -> ast.Module:
    """Return a syntax tree with the private names of its classes as Python has them."""
    made: ast.Module = Mangling().visit(tree)
    return made
