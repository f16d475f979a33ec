"""Calls in the code that is read: of the table, of methods, of classes. Trusted."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence, Set
from typing import Any

import sympy as sp

from cnn_symbolic.code.arrays.arrays import Array, describe
from cnn_symbolic.code.arrays.conditions import condition, truth
from cnn_symbolic.code.arrays.numbers import as_number
from cnn_symbolic.code.language.members import Members
from cnn_symbolic.code.rows import builtins, entries, joining, loops, making, reductions, shapes, sliding, windows
from cnn_symbolic.code.rows.loops import as_passes, members
from cnn_symbolic.code.rows.making import of_family, whole
from cnn_symbolic.code.rows.table import TABLE, call
from cnn_symbolic.code.state.cells import length_of
from cnn_symbolic.code.state.memory import Loop
from cnn_symbolic.code.state.values import (
    MISSING,
    Class,
    Family,
    Known,
    LoopPasses,
    Method,
    Parent,
    Scope,
    UserFunction,
    UserObject,
)
from cnn_symbolic.code.state.world import World


class Calls(Members):
    """Carries out calls."""

    def value(self, node: ast.expr, scope: Scope) -> Any:
        """Return what an expression is."""
        self.world.at(node)
        method: Callable[[Any, Scope], Any] | None = getattr(self, f"value_{type(node).__name__.lower()}", None)
        if method is None:
            raise self.world.refuse(f"{type(node).__name__} is not understood: {ast.unparse(node)}")
        return method(node, scope)

    def several(self, nodes: Sequence[ast.expr], scope: Scope) -> list[Any]:
        """Return values, those behind a star one by one."""
        found: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                found += members(self.world, self.value(node.value, scope))
            else:
                found.append(self.value(node, scope))
        return found

    def function(self, node: ast.FunctionDef | ast.Lambda, scope: Scope, kind: str = "") -> UserFunction:
        """Return a function, with the values of its defaults now."""
        defaults = tuple(self.value(each, scope) for each in node.args.defaults)
        named = tuple(None if each is None else self.value(each, scope) for each in node.args.kw_defaults)
        return UserFunction(node, scope, defaults, named, None, kind)

    def value_listcomp(self, node: ast.ListComp, scope: Scope) -> Any:
        """Return a list, of symbolic length where its loops have one."""
        return self.comprehension(node.elt, node.generators, scope)

    def value_generatorexp(self, node: ast.GeneratorExp, scope: Scope) -> Any:
        """Refuse a generator that is not the only argument of a call, as its members may be asked for later."""
        raise self.world.refuse("a generator that is not the only argument of a call, where a list is understood")

    def value_dictcomp(self, node: ast.DictComp, scope: Scope) -> Any:
        """Return a table, of known keys."""
        pair = ast.copy_location(ast.Tuple([node.key, node.value], ast.Load()), node)
        found = self.comprehension(pair, node.generators, scope)
        if not isinstance(found, list):
            raise self.world.refuse("a table of symbolic length")
        return {self.key(key): value for key, value in found}

    def comprehension(self, element: ast.expr, loops: list[ast.comprehension], scope: Scope) -> Any:
        """Return the members of a comprehension."""
        first, *others = loops
        source = self.value(first.iter, scope)
        own = Scope({}, scope)
        known = self.known_members(source)
        if known is None:
            if first.ifs:
                raise self.world.refuse("a condition in a comprehension of symbolic length")
            passes = as_passes(self.world, source)
            index = tuple(sp.Dummy("t", integer=True) for _ in passes.lengths)
            with self.world.within(*(Loop(i, n) for i, n in zip(index, passes.lengths, strict=True))):
                self.bind(first.target, passes.element(index), own)
                member = self.comprehension(element, others, own) if others else self.value(element, own)
                if others and isinstance(member, Family):
                    if any(self.world.varies(n) for n in member.lengths):
                        raise self.world.refuse("a comprehension of loops whose lengths vary with one another")
                    return Family((*index, *member.index), (*passes.lengths, *member.lengths), member.member)
                if others:
                    raise self.world.refuse("a comprehension of loops of symbolic and of known length")
            return Family(index, passes.lengths, member)
        found: list[Any] = []
        for each in known:
            self.bind(first.target, each, own)
            tests = [condition(truth(self.world, self.value(test, own))) for test in first.ifs]
            if all(self.world.choose(test) for test in tests):
                inner = self.comprehension(element, others, own) if others else [self.value(element, own)]
                if not isinstance(inner, list):
                    raise self.world.refuse("a comprehension of loops of known and of symbolic length")
                found += inner
        return found

    def known_members(self, source: Any) -> list[Any] | None:
        """Return the members of what a loop runs over, if there are few and their number is known."""
        if isinstance(source, list | tuple | dict):
            return list(source)
        if isinstance(source, LoopPasses) and all(n.is_Integer for n in source.lengths):
            count = sp.Mul(*source.lengths)
            if count <= MOST_UNROLLED and len(source.lengths) == 1:
                return [source.element((sp.Integer(k),)) for k in range(max(0, int(count)))]
        if isinstance(source, Array) and source.rank and length_of(source.dims[0]).is_Integer:
            return list(members(self.world, source))
        return None

    def bind(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """Give names, or parts, values: done by the statements."""
        raise NotImplementedError

    def value_call(self, node: ast.Call, scope: Scope) -> Any:
        """Return what a call returns."""
        function = self.value(node.func, scope)
        if isinstance(function, Known) and function.name == "builtins.super":
            return self.parent(scope)
        arguments = self.arguments(function, node, scope)
        named: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value, scope)
            if keyword.arg is not None:
                named[keyword.arg] = value
            elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
                named |= value
            else:
                raise self.world.refuse("arguments behind ** that are no table with texts as keys")
        self.world.at(node)
        self.direct = id(node) in self.run_over
        return self.called(function, arguments, named)

    # The calls in what a loop runs over, and whether the present one is one of them.
    run_over: Set[int] = frozenset()

    direct = False

    def arguments(self, function: Any, node: ast.Call, scope: Scope) -> list[Any]:
        """Return the arguments of a call; a generator is read at once by what is not of the code."""
        if len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp) and isinstance(function, Known | Method):
            only = node.args[0]
            return [self.comprehension(only.elt, only.generators, scope)]
        return self.several(node.args, scope)

    def parent(self, scope: Scope) -> Any:
        """Return `super()`: the object as one of the class that the class with this method is made from."""
        home = scope.home("__method__")
        method = home.names["__method__"] if home is not None else None
        if isinstance(method, UserFunction) and isinstance(method.bound, UserObject):
            for made in lineage(method.bound.made):
                if any(isinstance(f, UserFunction) and f.node is method.node for f in made.scope.names.values()):
                    if len(made.bases) > 1:
                        break
                    base = made.bases[0] if made.bases else Class("object", Scope())
                    return Parent(method.bound, base)
        raise self.world.refuse("super(), but in a method of a class that is made from one class of the file")

    def called(self, function: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        """Return what a function makes of arguments."""
        world = self.world
        if isinstance(function, Known):
            if function.name.startswith("builtins.") and function.name.endswith("Error"):
                return function
            if function.name in ("builtins.list", "builtins.tuple", "builtins.map") and arguments:
                arguments = [self.as_members(arguments[0]), *arguments[1:]]
            if function.name.startswith("numpy."):
                arguments = [of_family(world, a) if isinstance(a, Family) else a for a in arguments]
            return as_scalar(world, function.name, call(world, function.name, arguments, named))
        if isinstance(function, Method):
            return self.method(function, arguments, named)
        if isinstance(function, UserFunction):
            return self.inlined(function, arguments, named)
        if isinstance(function, Class):
            return self.made(function, arguments, named)
        if isinstance(function, UserObject):
            return self.called(self.of_class(function.made, "__call__", function), arguments, named)
        raise world.refuse(f"a call of {describe(function)}")

    def as_members(self, value: Any) -> Any:
        """Return a generator's members where their number is known."""
        known = self.known_members(value)
        return value if known is None else known

    def inlined(self, function: UserFunction, arguments: list[Any], named: dict[str, Any]) -> Any:
        """Return what a function of the code returns: done by the statements."""
        raise NotImplementedError

    def made(self, made: Class, arguments: list[Any], named: dict[str, Any]) -> Any:
        """Return a new object of a class."""
        found = UserObject(made)
        if made.find("__init__") is not MISSING:
            self.called(self.of_class(made, "__init__", found), arguments, named)
        elif arguments or named:
            raise self.world.raised(f"TypeError: {made.name} takes no arguments")
        return found

    def method(self, method: Method, arguments: list[Any], named: dict[str, Any]) -> Any:
        """Return what a method of an array, a list, a table or a text makes of arguments."""
        owner, name, world = method.owner, method.name, self.world
        if isinstance(owner, Array):
            return as_scalar(world, f"ndarray.{name}", call(world, f"ndarray.{name}", [owner, *arguments], named))
        if isinstance(owner, dict):
            return self.of_table(owner, name, arguments, named)
        if isinstance(owner, list) and name in ("append", "extend", "insert"):
            return self.lengthened(owner, name, arguments)
        if isinstance(owner, str) and name in ("lower", "upper", "strip"):
            return getattr(owner, name)()
        if (
            isinstance(owner, list | tuple)
            and name == "index"
            and len(arguments) == 1
            and isinstance(arguments[0], str)
        ):
            return sp.Integer(owner.index(arguments[0]))
        raise world.refuse(f"the method {name} of {describe(owner)}")

    def lengthened(self, owner: list[Any], name: str, arguments: list[Any]) -> None:
        """Put members into a list, outside of loops of symbolic length."""
        if self.world.moment or self.world.weight != 1:
            raise self.world.refuse(
                "a list that grows in a loop of symbolic length, where a comprehension is understood"
            )
        before = list(owner)
        if name == "append":
            owner.append(*arguments)
        elif name == "extend":
            owner.extend(members(self.world, *arguments))
        else:
            owner.insert(int(whole(self.world, arguments[0], "a place")), arguments[1])

        def undo() -> None:
            owner[:] = before

        self.world.journal.append(undo)

    def of_table(self, owner: dict[Any, Any], name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
        """Return what a method of a table returns."""
        if name == "get" and arguments:
            return owner.get(self.key(arguments[0]), arguments[1] if len(arguments) > 1 else named.get("default"))
        if name == "items":
            return list(owner.items())
        if name == "keys":
            return list(owner)
        if name == "values":
            return list(owner.values())
        if name == "copy":
            return dict(owner)
        if name == "setdefault" and len(arguments) == 2 and self.key(arguments[0]) in owner:
            return owner[self.key(arguments[0])]
        raise self.world.refuse(f"the method {name} of a table")


# The rows whose results are arrays, even without axes; and all that have rows.
MAKING = {each.__name__ for each in (making, shapes, joining, windows)}
ROWS = (making, shapes, joining, windows, entries, reductions, sliding, builtins, loops)
MOST_UNROLLED, MOST_CALLS = 64, 40


def lineage(made: Class) -> Iterator[Class]:
    """Yield a class and those that it is made from."""
    yield made
    for base in made.bases:
        yield from lineage(base)


def as_scalar(world: World, name: str, value: Any) -> Any:
    """Return what a function returns: no array without axes, but a number, unless it is one that makes arrays."""
    makes = name in TABLE and (TABLE[name].__module__ in MAKING or name in ("numpy.tensordot", "numpy.where"))
    return value if makes or not isinstance(value, Array) else as_number(world, value)
