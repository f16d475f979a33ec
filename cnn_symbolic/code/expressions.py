"""Expressions of the code that is read: what each is, over symbolic sizes; nothing is run.

Trusted. Source: the Python Language Reference, chapter 6. What is not among the methods here is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sympy as sp

from cnn_symbolic.code import shaping
from cnn_symbolic.code.arrays import Array, as_array, describe, length_of
from cnn_symbolic.code.functions import as_passes, members
from cnn_symbolic.code.indexing import Mask, Slice, indexed
from cnn_symbolic.code.memory import Guard, Loop
from cnn_symbolic.code.numbers import (
    COMPARISONS,
    all_of,
    any_of,
    arithmetic,
    as_number,
    compared,
    condition,
    is_number,
    literal,
    negation,
    negative,
    truth,
)
from cnn_symbolic.code.shaping import whole
from cnn_symbolic.code.table import TABLE, call
from cnn_symbolic.code.values import (
    Cell,
    Class,
    Family,
    Function,
    Instance,
    Known,
    Method,
    Parent,
    Passes,
    Poison,
    Scope,
)
from cnn_symbolic.code.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.heads import has_entries

MOST_UNROLLED, MOST_CALLS = 64, 40
BUILTINS = {name.removeprefix("builtins.") for name in TABLE if name.startswith("builtins.")} | {
    "str",
    "object",
    "super",
}
MODULES = ("numpy", "scipy", "math", "itertools", "functools", "typing", "warnings", "logging", "__future__", "copy")
# What may be looked up of the modules besides the functions of the table.
VALUES: dict[str, Any] = {
    "numpy.newaxis": None,
    "numpy.inf": sp.oo,
    "numpy.Inf": sp.oo,
    "math.inf": sp.oo,
}
# A function that does nothing.
NOTHING = ast.parse("def nothing(*given, **named):\n    pass").body[0]


class Expressions:
    """Evaluates expressions in a world. `file` is the scope of the file."""

    def __init__(self, world: World, file: Scope) -> None:
        self.world, self.file, self.depth = world, file, 0

    def value(self, node: ast.expr, scope: Scope) -> Any:
        """Return what an expression is."""
        self.world.at(node)
        method: Callable[[Any, Scope], Any] | None = getattr(self, f"value_{type(node).__name__.lower()}", None)
        if method is None:
            raise self.world.refuse(f"{type(node).__name__} is not understood: {ast.unparse(node)}")
        return method(node, scope)

    def value_constant(self, node: ast.Constant, scope: Scope) -> Any:
        """Return a number, a text, True, False, None or Ellipsis."""
        if isinstance(node.value, complex | bytes):
            raise self.world.refuse(f"the constant {node.value!r}")
        if isinstance(node.value, float) and node.value in (float("inf"), float("-inf")):
            return sp.oo if node.value > 0 else -sp.oo
        return literal(node.value)

    def value_name(self, node: ast.Name, scope: Scope) -> Any:
        """Return what a name stands for."""
        home = scope.home(node.id)
        if home is None:
            if node.id in BUILTINS:
                return Known(f"builtins.{node.id}")
            raise self.world.refuse(f"the name {node.id} is not known")
        found = home.names[node.id]
        if callable(found):  # of the file, which is read when it is asked for
            found = home.names[node.id] = found()
        if isinstance(found, Poison):
            raise self.world.refuse(found.reason.replace("{}", node.id))
        if isinstance(found, Cell):
            return found.array.reading()(())
        return found

    def value_tuple(self, node: ast.Tuple, scope: Scope) -> Any:
        """Return a tuple."""
        return tuple(self.several(node.elts, scope))

    def value_list(self, node: ast.List, scope: Scope) -> Any:
        """Return a list."""
        return self.several(node.elts, scope)

    def several(self, nodes: Sequence[ast.expr], scope: Scope) -> list[Any]:
        """Return values, those behind a star one by one."""
        found: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                found += members(self.world, self.value(node.value, scope))
            else:
                found.append(self.value(node, scope))
        return found

    def value_dict(self, node: ast.Dict, scope: Scope) -> Any:
        """Return a table."""
        table: dict[Any, Any] = {}
        for key, each in zip(node.keys, node.values, strict=True):
            if key is None:
                table |= self.value(each, scope)
            else:
                table[self.key(self.value(key, scope))] = self.value(each, scope)
        return table

    def key(self, value: Any) -> Any:
        """Return the key of a table."""
        if isinstance(value, tuple):
            return tuple(map(self.key, value))
        if value is None or isinstance(value, str | bool | sp.Integer):
            return value
        raise self.world.refuse(
            f"the key of a table is a text or a number that is written out, found {describe(value)}"
        )

    def value_joinedstr(self, node: ast.JoinedStr, scope: Scope) -> Any:
        """Return a text with values in it, which is told to nobody; with whole numbers it may be a key."""
        parts = []
        for each in node.values:
            found = self.value(each.value, scope) if isinstance(each, ast.FormattedValue) else each
            parts.append(str(found.value) if isinstance(found, ast.Constant) else str(found))
        return "".join(parts)

    def value_unaryop(self, node: ast.UnaryOp, scope: Scope) -> Any:
        """Return minus a value, or the opposite of a condition."""
        value = self.value(node.operand, scope)
        if isinstance(node.op, ast.USub):
            return -value if value in (sp.oo, -sp.oo) else negative(self.world, value)
        if isinstance(node.op, ast.UAdd):
            return value
        if isinstance(node.op, ast.Not) or (isinstance(node.op, ast.Invert) and not is_number(value)):
            return negation(self.world, value)
        raise self.world.refuse("the operator ~ of numbers")

    def value_binop(self, node: ast.BinOp, scope: Scope) -> Any:
        """Return a sum, product and so on."""
        a, b = self.value(node.left, scope), self.value(node.right, scope)
        return arithmetic(self.world, type(node.op).__name__, a, b)

    def value_boolop(self, node: ast.BoolOp, scope: Scope) -> Any:
        """Return `a and b`, `a or b`: of what is no condition, the value that decides."""
        is_and = isinstance(node.op, ast.And)
        kept: list[Any] = []
        value: Any = None
        for each in node.values:
            with self.world.within(*(Guard(holds if is_and else rules.negation(holds)) for holds in kept)):
                value = self.value(each, scope)
            holds = condition(truth(self.world, value))
            if holds not in (sp.true, sp.false):
                kept.append(holds)
            elif (holds == sp.true) != is_and:
                return join(self.world, is_and, [*kept, value]) if kept else value
        return join(self.world, is_and, kept) if kept else value

    def value_compare(self, node: ast.Compare, scope: Scope) -> Any:
        """Return a comparison, or a chain of them."""
        left, found = self.value(node.left, scope), []
        for operator, each in zip(node.ops, node.comparators, strict=True):
            right = self.value(each, scope)
            found.append(self.comparison(operator, left, right))
            left = right
        return found[0] if len(found) == 1 else all_of(self.world, found)

    def comparison(self, operator: ast.cmpop, a: Any, b: Any) -> Any:
        """Return one comparison."""
        name = type(operator).__name__
        if name in ("Is", "IsNot"):
            if a is not None and b is not None and not (isinstance(a, bool) or isinstance(b, bool)):
                raise self.world.refuse("`is` between other things than None, True and False")
            return (a is b) == (name == "Is")
        if name in ("In", "NotIn"):
            inside = self.contains(b, a)
            return inside if name == "In" else negation(self.world, inside)
        return compared(self.world, COMPARISONS[name], a, b)

    def contains(self, owner: Any, value: Any) -> Any:
        """Return whether a value is a member, or a key."""
        if isinstance(owner, dict):
            return self.key(value) in owner
        if isinstance(owner, str) and isinstance(value, str):
            return value in owner
        return any_of(self.world, [compared(self.world, "=", value, each) for each in members(self.world, owner)])

    def value_ifexp(self, node: ast.IfExp, scope: Scope) -> Any:
        """Return one of two values: on a condition on sizes, on two paths."""
        holds = condition(truth(self.world, self.value(node.test, scope)))
        if self.is_settled(holds):
            return self.value(node.body if self.world.choose(holds) else node.orelse, scope)
        with self.world.within(Guard(holds)):
            a = self.value(node.body, scope)
        with self.world.within(Guard(rules.negation(holds))):
            b = self.value(node.orelse, scope)
        return self.either(holds, a, b)

    def is_settled(self, holds: Any) -> bool:
        """Tell whether a condition is about sizes only."""
        return not self.world.varies(holds)

    def either(self, holds: Any, a: Any, b: Any) -> Any:
        """Return one of two numbers, by a condition on the passes of loops."""
        a, b = as_number(self.world, a), as_number(self.world, b)
        if a is b or (is_number(a) and is_number(b) and a == b):
            return a
        if is_number(a) and is_number(b):
            build = rules.added_where if has_entries(a) or has_entries(b) else rules.where
            return build(holds, a, b)
        if a == b and isinstance(a, str | bool | type(None)):
            return a
        return Poison("{} depends on the pass of a loop, and is no number")

    def value_namedexpr(self, node: ast.NamedExpr, scope: Scope) -> Any:
        """Refuse assignments inside of expressions."""
        raise self.world.refuse("an assignment inside of an expression")

    def value_lambda(self, node: ast.Lambda, scope: Scope) -> Any:
        """Return a function."""
        return self.function(node, scope)

    def function(self, node: ast.FunctionDef | ast.Lambda, scope: Scope, kind: str = "") -> Function:
        """Return a function, with the values of its defaults now."""
        defaults = tuple(self.value(each, scope) for each in node.args.defaults)
        named = tuple(None if each is None else self.value(each, scope) for each in node.args.kw_defaults)
        return Function(node, scope, defaults, named, None, kind)

    # Members

    def value_starred(self, node: ast.Starred, scope: Scope) -> Any:
        """Refuse a star at another place than in a call, tuple or list."""
        raise self.world.refuse("a star")

    def value_slice(self, node: ast.Slice, scope: Scope) -> Any:
        """Return a slice."""
        parts = (node.lower, node.upper, node.step)
        return Slice(*(None if part is None else as_number(self.world, self.value(part, scope)) for part in parts))

    def value_subscript(self, node: ast.Subscript, scope: Scope) -> Any:
        """Return a member, an entry, or a part of an array."""
        return self.item(self.value(node.value, scope), self.value(node.slice, scope))

    def item(self, owner: Any, key: Any) -> Any:
        """Return what `owner[key]` is."""
        world = self.world
        if isinstance(owner, Array):
            if isinstance(key, Mask) or (isinstance(key, Array) and key.kind == "truth"):
                raise world.refuse("the entries of an array where a condition holds, whose number is not known")
            return indexed(owner, key)
        if isinstance(owner, dict):
            if (found := self.key(key)) not in owner:
                raise world.raised(f"KeyError: {found}")
            return owner[found]
        if isinstance(owner, list | tuple | str):
            if isinstance(key, Slice):
                bounds = [None if b is None else as_number(world, b) for b in (key.start, key.stop, key.step)]
                if not all(b is None or isinstance(b, sp.Integer) for b in bounds):
                    raise world.refuse("a slice of a list with a bound that is not written out")
                return owner[slice(*(None if b is None else int(b) for b in bounds))]
            at = as_number(world, key)
            if not isinstance(at, sp.Integer):
                raise world.refuse("a member of a list at a number that is not written out")
            if not -len(owner) <= at < len(owner):
                raise world.raised(f"IndexError: member {at} of {len(owner)}")
            return owner[int(at)]
        if isinstance(owner, Known):
            return owner  # an annotation, such as List[int]
        if is_number(owner):
            raise world.raised("TypeError: a number has no members")
        raise world.refuse(f"a member of {describe(owner)}")

    def value_attribute(self, node: ast.Attribute, scope: Scope) -> Any:
        """Return an attribute."""
        return self.attribute(self.value(node.value, scope), node.attr)

    def attribute(self, owner: Any, name: str) -> Any:
        """Return what `owner.name` is."""
        world = self.world
        if isinstance(owner, Known):
            full = f"{owner.name}.{name}"
            if full in VALUES:
                return VALUES[full]
            return Known(full)
        if isinstance(owner, Array):
            return self.of_array(owner, name)
        if isinstance(owner, Mask) and name in ("astype", "sum", "reshape", "shape", "T", "transpose"):
            return self.of_array(owner.array, name)
        if isinstance(owner, Instance):
            if name in owner.attributes:
                found = owner.attributes[name]
                if isinstance(found, Poison):
                    raise world.refuse(found.reason.replace("{}", name))
                return found
            return self.of_class(owner.made, name, owner)
        if isinstance(owner, Parent):
            return self.of_class(owner.made, name, owner.owner)
        if isinstance(owner, Class):
            return self.of_class(owner, name, None)
        if isinstance(owner, list | dict | str | tuple):
            return Method(owner, name)
        if is_number(owner) and name in ("astype", "item", "sum", "copy"):
            return Method(as_array(world, owner), name)
        if is_number(owner) and name in ("shape", "ndim", "size", "dtype"):
            return self.of_array(as_array(world, owner), name)
        raise world.refuse(f"the attribute {name} of {describe(owner)}")

    def of_array(self, a: Array, name: str) -> Any:
        """Return an attribute of an array."""
        if name == "shape":
            return tuple(a.lengths)
        if name == "ndim":
            return sp.Integer(a.rank)
        if name == "size":
            return sp.Mul(*a.atoms)
        if name == "T":
            return shaping.transpose(self.world, a)
        if name == "dtype":
            return a.kind
        if name == "strides":
            return self.world.strides_of(a)
        if name == "itemsize":
            raise self.world.refuse("the size of an entry in memory: strides are understood as sums of x.strides")
        return Method(a, name)

    def of_class(self, made: Class, name: str, owner: Any) -> Any:
        """Return an attribute of a class, a method bound to an object."""
        found = made.find(name)
        if callable(found):
            found = found()
            made.scope.names[name] = found
        if found is None and name == "__init__":
            return Function(NOTHING, self.file, (), (), owner)
        if found is None and made.unknown:
            raise self.world.refuse(f"{name} of the class {made.name}, which is made from what is not in the file")
        if found is None:
            raise self.world.raised(f"AttributeError: {made.name} has no attribute {name}")
        if isinstance(found, Poison):
            raise self.world.refuse(found.reason.replace("{}", name))
        if not isinstance(found, Function) or found.kind == "staticmethod":
            return found
        if found.kind == "property" and owner is not None:
            return self.called(bound_to(found, owner), [], {})
        if found.kind == "classmethod":
            return bound_to(found, made)
        return found if owner is None else bound_to(found, owner)

    # Comprehensions

    def value_listcomp(self, node: ast.ListComp, scope: Scope) -> Any:
        """Return a list, of symbolic length where its loops have one."""
        return self.comprehension(node.elt, node.generators, scope)

    def value_generatorexp(self, node: ast.GeneratorExp, scope: Scope) -> Any:
        """Return the members that a generator gives, as a list."""
        return self.comprehension(node.elt, node.generators, scope)

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
        if isinstance(source, Passes) and all(n.is_Integer for n in source.lengths):
            count = sp.Mul(*source.lengths)
            if count <= MOST_UNROLLED and len(source.lengths) == 1:
                return [source.element((sp.Integer(k),)) for k in range(max(0, int(count)))]
        if isinstance(source, Array) and source.rank and length_of(source.dims[0]).is_Integer:
            return list(members(self.world, source))
        return None

    def bind(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """Give names, or parts, values: done by the statements."""
        raise NotImplementedError

    # Calls

    def value_call(self, node: ast.Call, scope: Scope) -> Any:
        """Return what a call returns."""
        function = self.value(node.func, scope)
        if isinstance(function, Known) and function.name == "builtins.super":
            return self.parent(scope)
        arguments = self.several(node.args, scope)
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
        return self.called(function, arguments, named)

    def parent(self, scope: Scope) -> Any:
        """Return `super()`: the object as one of the class that the class with this method is made from."""
        home = scope.home("__method__")
        method = home.names["__method__"] if home is not None else None
        if isinstance(method, Function) and isinstance(method.bound, Instance):
            for made in lineage(method.bound.made):
                if any(isinstance(f, Function) and f.node is method.node for f in made.scope.names.values()):
                    if len(made.bases) > 1 or made.unknown:
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
                arguments = [shaping.of_family(world, a) if isinstance(a, Family) else a for a in arguments]
            return call(world, function.name, arguments, named)
        if isinstance(function, Method):
            return self.method(function, arguments, named)
        if isinstance(function, Function):
            return self.inlined(function, arguments, named)
        if isinstance(function, Class):
            return self.made(function, arguments, named)
        if isinstance(function, Instance):
            return self.called(self.of_class(function.made, "__call__", function), arguments, named)
        raise world.refuse(f"a call of {describe(function)}")

    def as_members(self, value: Any) -> Any:
        """Return a generator's members where their number is known."""
        known = self.known_members(value)
        return value if known is None else known

    def inlined(self, function: Function, arguments: list[Any], named: dict[str, Any]) -> Any:
        """Return what a function of the code returns: done by the statements."""
        raise NotImplementedError

    def made(self, made: Class, arguments: list[Any], named: dict[str, Any]) -> Any:
        """Return a new object of a class."""
        found = Instance(made)
        if made.find("__init__") is not None:
            self.called(self.of_class(made, "__init__", found), arguments, named)
        elif arguments or named:
            raise self.world.raised(f"TypeError: {made.name} takes no arguments")
        return found

    def method(self, method: Method, arguments: list[Any], named: dict[str, Any]) -> Any:
        """Return what a method of an array, a list, a table or a text makes of arguments."""
        owner, name, world = method.owner, method.name, self.world
        if isinstance(owner, Array):
            return call(world, f"ndarray.{name}", [owner, *arguments], named)
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
        if any(isinstance(part, Loop | Guard) for part in self.world.moment):
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
            return [(key, value) for key, value in owner.items()]
        if name == "keys":
            return list(owner)
        if name == "values":
            return list(owner.values())
        if name == "copy":
            return dict(owner)
        if name == "setdefault" and len(arguments) == 2 and self.key(arguments[0]) in owner:
            return owner[self.key(arguments[0])]
        raise self.world.refuse(f"the method {name} of a table")


def lineage(made: Class) -> Iterator[Class]:
    """Yield a class and those that it is made from."""
    yield made
    for base in made.bases:
        yield from lineage(base)


def join(world: World, is_and: bool, parts: list[Any]) -> Any:
    """Return `and` or `or` of conditions."""
    return all_of(world, parts) if is_and else any_of(world, parts)


def bound_to(function: Function, owner: Any) -> Function:
    """Return a method of an object, or of a class."""
    return Function(function.node, function.scope, function.defaults, function.named_defaults, owner, function.kind)
