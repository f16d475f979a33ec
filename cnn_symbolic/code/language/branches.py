"""Branches of the code that is read: on sizes, on the passes of loops, and on entries. Trusted."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.conditions import condition, truth
from cnn_symbolic.code.arrays.indexing import Mask
from cnn_symbolic.code.arrays.numbers import as_number, is_number
from cnn_symbolic.code.language.assignments import Assignments
from cnn_symbolic.code.language.syntax import FORBIDDEN, Skipped
from cnn_symbolic.code.state.memory import OnlyIf
from cnn_symbolic.code.state.values import Poison, Scope
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.heads import has_entries


class Branches(Assignments):
    """Carries out blocks of statements, and branches."""

    def block(self, body: Sequence[ast.stmt], scope: Scope, whole: bool = False) -> None:
        """Carry out statements one after the other; those behind a `continue` on a condition only where it fails.

        `whole` says that nothing comes after them in a pass of the loop around them, so that they may end it.
        """
        for number, node in enumerate(body):
            self.world.at(node)
            if not (isinstance(node, ast.If) and self.skips(node)):
                self.statement(node, scope)
                continue
            if not whole:
                raise self.world.refuse("continue inside of a condition on entries of arrays")
            holds = condition(truth(self.world, self.tested(node.test, scope)))
            if self.is_settled(holds):
                self.block(
                    [*(node.body if self.world.choose(holds) else node.orelse), *body[number + 1 :]], scope, True
                )
            else:
                self.branches(holds, node, scope, body[number + 1 :], True)
            return

    def skips(self, node: ast.If) -> bool:
        """Tell whether the pass may end in one of the branches."""
        return any(
            isinstance(each, ast.Continue) or (isinstance(each, ast.If) and self.skips(each))
            for each in (*node.body, *node.orelse)
        )

    def branches(self, holds: Any, node: ast.If, scope: Scope, rest: Sequence[ast.stmt], whole: bool = False) -> None:
        """Carry out both branches of a condition on a pass, each with the rest of the pass unless it skips it."""
        before = dict(scope.names)
        results = []
        for case, branch in ((holds, node.body), (rules.negation(holds), node.orelse)):
            scope.names.clear()
            scope.names.update(before)
            with self.world.within(OnlyIf(case)), suppress(Skipped):
                self.block([*branch, *rest], scope, whole)
            results.append(dict(scope.names))
        self.merge(holds, before, results, scope)

    def statement(self, node: ast.stmt, scope: Scope) -> None:
        """Carry out a statement."""
        method = getattr(self, f"do_{type(node).__name__.lower()}", None)
        if method is None or isinstance(node, FORBIDDEN):
            raise self.world.refuse(f"the statement {type(node).__name__.lower()} is not understood")
        method(node, scope)

    def do_if(self, node: ast.If, scope: Scope) -> None:
        """Carry out one of two branches: on a condition on sizes, on two paths; else both, each where it is due."""
        value = self.tested(node.test, scope)
        if (weight := self.weight_of(value)) is not None:
            self.weighted(weight, node, scope)
            return
        holds = condition(truth(self.world, value))
        if self.is_settled(holds):
            self.chosen(holds, node, scope)
        else:
            self.branches(holds, node, scope, ())

    def weight_of(self, value: Any) -> sp.Expr | None:
        """Return a condition on entries as a number that is 0 or 1."""
        found = as_number(self.world, value) if isinstance(value, Mask) else value
        return found if is_number(found) and has_entries(found) else None

    def weighted(self, weight: sp.Expr, node: ast.If, scope: Scope) -> None:
        """Carry out a branch on entries: what it adds counts where they satisfy the condition."""
        before, names = self.world.weight, dict(scope.names)
        for factor, branch in ((weight, node.body), (1 - weight, node.orelse)):
            self.world.weight = before * factor
            self.block(branch, scope)
            self.world.weight = before
            for name, value in list(scope.names.items()):
                if names.get(name) is not value:
                    self.name(scope, name, Poison("the name {} depends on entries of arrays"))

    def chosen(self, holds: Any, node: ast.If, scope: Scope) -> None:
        """Carry out the branch that is due at the sizes of this path."""
        self.block(node.body if self.world.choose(holds) else node.orelse, scope)

    def merge(self, holds: Any, before: dict[str, Any], results: list[dict[str, Any]], scope: Scope) -> None:
        """Give names the values that they have after one of two branches."""
        missing = Poison("the name {} has a value after one of two branches only")
        for name in {**results[0], **results[1]}:
            a, b = (each.get(name, missing) for each in results)
            if a is b:
                scope.names[name] = a
            elif isinstance(a, Poison) or isinstance(b, Poison):
                scope.names[name] = a if isinstance(a, Poison) else b
            else:
                scope.names[name] = self.either(holds, a, b)
