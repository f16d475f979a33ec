"""Rows of the table: functions of entries, sums, maxima, products, and what Python has built in.

Trusted. Source: the documentation of Python, NumPy and SciPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

import sympy as sp

from cnn_symbolic.code import products
from cnn_symbolic.code.arrays import (
    REAL,
    WHOLE,
    Array,
    as_array,
    axes_of,
    cell,
    computed,
    describe,
    elementwise,
    length_of,
    position,
)
from cnn_symbolic.code.indexing import Mask, assign, indexed
from cnn_symbolic.code.numbers import (
    applied,
    arithmetic,
    as_number,
    compared,
    is_number,
    mapped,
    negation,
    negative,
    to_whole,
    truth,
)
from cnn_symbolic.code.shaping import EVERYTHING, of_family, passes, whole
from cnn_symbolic.code.table import TABLE, known
from cnn_symbolic.code.values import Class, Family, Instance, Known, Passes
from cnn_symbolic.code.world import World
from cnn_symbolic.expressions import rules
from cnn_symbolic.expressions.heads import has_entries


def entrywise(name: str, operator: str) -> None:
    """Enter a function of two arrays that Python has an operator for."""
    TABLE[f"numpy.{name}"] = lambda world, x1, x2: arithmetic(world, operator, x1, x2)


for _name, _operator in (
    ("add", "Add"),
    ("subtract", "Sub"),
    ("multiply", "Mult"),
    ("divide", "Div"),
    ("true_divide", "Div"),
    ("floor_divide", "FloorDiv"),
    ("mod", "Mod"),
    ("remainder", "Mod"),
    ("power", "Pow"),
    ("matmul", "MatMult"),
):
    entrywise(_name, _operator)


def of_entries(name: str) -> Callable[..., Any]:
    """Return the row of a known function of entries."""

    def row(world: World, x: Any) -> Any:
        value = as_number(world, x)
        if is_number(value):
            return applied(world, name, value)
        return mapped(world, as_array(world, value), lambda e: applied(world, name, e))

    return row


for _name in ("exp", "log", "sqrt", "tanh"):
    TABLE[f"numpy.{_name}"] = TABLE[f"math.{_name}"] = of_entries(_name)
TABLE["scipy.special.expit"] = of_entries("sigmoid")


@known("numpy.square")
def square(world: World, x: Any) -> Any:
    """Return x²."""
    return arithmetic(world, "Pow", x, sp.Integer(2))


@known("numpy.negative")
def negative_row(world: World, x: Any) -> Any:
    """Return −x."""
    return negative(world, x)


@known("numpy.reciprocal")
def reciprocal(world: World, x: Any) -> Any:
    """Return 1/x."""
    return arithmetic(world, "Div", sp.S.One, x)


@known("numpy.maximum")
def maximum(world: World, x1: Any, x2: Any) -> Any:
    """Return the greater one of two: of entries, with zero."""
    a, b = as_number(world, x1), as_number(world, x2)
    if is_number(a) and is_number(b) and not (has_entries(a) or has_entries(b)):
        return rules.maximum(a, b)
    if is_number(b) and b == 0:
        a, b = b, a
    if not (is_number(a) and a == 0):
        raise world.refuse("np.maximum of entries, where one with zero is understood")
    return of_entries("relu")(world, b)


@known("numpy.minimum")
def minimum(world: World, x1: Any, x2: Any) -> Any:
    """Return the lesser one of two numbers."""
    a, b = as_number(world, x1), as_number(world, x2)
    if is_number(a) and is_number(b) and not (has_entries(a) or has_entries(b)):
        return rules.minimum(a, b)
    raise world.refuse("np.minimum of entries")


@known("numpy.floor", "math.floor")
def floor(world: World, x: Any) -> Any:
    """Return ⌊x⌋ of a number that is made from sizes."""
    return rounded(world, x, rules.floor)


@known("numpy.ceil", "math.ceil")
def ceil(world: World, x: Any) -> Any:
    """Return ⌈x⌉ of a number that is made from sizes."""
    return rounded(world, x, rules.ceiling)


def rounded(world: World, x: Any, rule: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """Return a number rounded."""
    value = as_number(world, x)
    if not is_number(value) or has_entries(value):
        raise world.refuse("rounding of entries of arrays")
    return rule(value)


@known("numpy.sum", "ndarray.sum")
def sum_(world: World, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the sum over axes."""
    if isinstance(a, Mask):
        a = a.array
    return products.summed(world, as_array(world, a), axis, bool(keepdims))


@known("numpy.mean", "ndarray.mean", "numpy.average")
def mean(world: World, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the mean over axes."""
    return products.mean(world, as_array(world, a), axis, bool(keepdims))


@known("numpy.var", "ndarray.var")
def var(world: World, a: Any, axis: Any = None, ddof: Any = sp.S.Zero, keepdims: Any = False) -> Any:
    """Return the mean of the squares of the distances from the mean, over axes."""
    if ddof != 0:
        raise world.refuse("np.var with ddof")
    a = as_array(world, a)
    away = arithmetic(world, "Sub", a, products.mean(world, a, axis, True))
    return products.mean(world, square(world, away), axis, bool(keepdims))


@known("numpy.std", "ndarray.std")
def std(world: World, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the square root of the variance."""
    return TABLE["numpy.sqrt"](world, var(world, a, axis, sp.S.Zero, keepdims))


@known("numpy.prod", "ndarray.prod", "math.prod")
def prod(world: World, a: Any) -> Any:
    """Return the product of some numbers."""
    if not isinstance(a, list | tuple):
        raise world.refuse("np.prod of an array")
    return sp.Mul(*(whole(world, n, "a factor") for n in a))


@known("numpy.dot", "ndarray.dot")
def dot(world: World, a: Any, b: Any) -> Any:
    """Return the product of matrices or vectors."""
    return products.dot(world, as_array(world, a), as_array(world, b))


@known("numpy.tensordot")
def tensordot(world: World, a: Any, b: Any, axes: Any = sp.Integer(2)) -> Any:
    """Return the sum of products over pairs of axes."""
    return products.tensordot(world, as_array(world, a), as_array(world, b), axes)


@known("numpy.einsum")
def einsum(world: World, subscripts: Any, *operands: Any) -> Any:
    """Return the sum of products that a text describes."""
    if not isinstance(subscripts, str):
        raise world.refuse("np.einsum without a text")
    return products.einsum(world, subscripts, [as_array(world, a) for a in operands])


@known("numpy.outer")
def outer(world: World, a: Any, b: Any) -> Any:
    """Return the products of all pairs of entries."""
    return products.outer(world, as_array(world, a), as_array(world, b))


@known("numpy.kron")
def kron(world: World, a: Any, b: Any) -> Any:
    """Return every entry of one array times all of the other."""
    return products.kron(world, a, b)


@known("numpy.add.at")
def add_at(world: World, a: Any, indices: Any, b: Any) -> None:
    """Add to entries, to one that occurs twice twice."""
    if not isinstance(a, Array):
        raise world.refuse("np.add.at of what is no array")
    assign(a, indices if not isinstance(indices, list) else tuple(indices), b, True, every=True)


@known("numpy.where")
def where(world: World, condition: Any, x: Any, y: Any) -> Any:
    """Return entries of one array where a condition holds, else of the other."""
    if isinstance(condition, Mask):
        chosen = condition.array
        rest = mapped(world, chosen, lambda e: 1 - e)
        return arithmetic(world, "Add", arithmetic(world, "Mult", chosen, x), arithmetic(world, "Mult", rest, y))
    holds = as_array(world, condition) if isinstance(condition, Array) else truth(world, condition)
    kinds = [as_array(world, each).kind for each in (x, y)]
    kind = WHOLE if kinds == [WHOLE, WHOLE] else REAL
    choose = rules.where if kind == WHOLE else rules.added_where
    return elementwise(world, choose, holds, x, y, kind=kind, what="np.where")


@known("numpy.logical_not")
def logical_not(world: World, x: Any) -> Any:
    """Return the opposite."""
    return negation(world, x)


@known("numpy.equal")
def equal(world: World, x1: Any, x2: Any) -> Any:
    """Return whether entries are equal."""
    return compared(world, "=", x1, x2)


# Maxima


@known("numpy.max", "ndarray.max", "numpy.amax")
def max_(world: World, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the maximum over axes, which are those of a window of max pooling."""
    a = as_array(world, a)
    if a.kind == WHOLE and a.rank == 0:
        return a
    axes = axes_of(world, axis, a.rank)
    dims = [(sp.S.One,) if k in axes else dim for k, dim in enumerate(a.dims) if keepdims or k not in axes]
    return world.maxima(a, axes, dims, bool(keepdims), False)


@known("numpy.argmax", "ndarray.argmax")
def argmax(world: World, a: Any, axis: Any = None) -> Any:
    """Return the number of the cell that has the maximum over an axis, or over all."""
    a = as_array(world, a)
    axes = axes_of(world, axis, a.rank)
    return world.maxima(a, axes, [dim for k, dim in enumerate(a.dims) if k not in axes], False, True)


@known("numpy.unravel_index")
def unravel_index(world: World, indices: Any, shape: Any) -> tuple[Any, ...]:
    """Return the index of a cell with a number."""
    lengths = tuple(whole(world, n, "a size") for n in (shape if isinstance(shape, list | tuple) else [shape]))
    value = as_number(world, indices)
    if is_number(value):
        return tuple(world.place(value, lengths))
    a = as_array(world, value)
    entry = a.reading()
    return tuple(
        computed(world, a.dims, lambda index, k=k: world.place(entry(index), lengths)[k], WHOLE)
        for k in range(len(lengths))
    )


@known("numpy.ravel_multi_index")
def ravel_multi_index(world: World, multi_index: Any, dims: Any) -> Any:
    """Return the number of the cell at an index."""
    lengths = tuple(whole(world, n, "a size") for n in dims)
    total: Any = sp.S.Zero
    for i, n in zip(multi_index, lengths, strict=True):
        total = arithmetic(world, "Add", arithmetic(world, "Mult", total, n), i)
    return total


# Convolutions of SciPy


def sliding(flipped: bool) -> Callable[..., Any]:
    """Return the row of a correlation, or of a convolution, of arrays with equally many axes."""

    def row(world: World, in1: Any, in2: Any, mode: Any = "full", method: Any = "auto") -> Any:
        a, b = as_array(world, in1), as_array(world, in2)
        if a.rank != b.rank or mode not in ("full", "valid", "same"):
            raise world.refuse(f"a convolution with the mode {mode!r} of arrays with {a.rank} and {b.rank} axes")
        sizes = [(length_of(x), length_of(y)) for x, y in zip(a.dims, b.dims, strict=True)]
        for n, m in sizes if mode != "full" else ():
            if not world.holds(rules.compare(">=", n, m)):
                raise world.refuse("a convolution whose second array may be larger than the first")
        offsets, dims = [], []
        for n, m in sizes:
            start = {"full": sp.S.Zero, "valid": m - 1, "same": rules.floor((m - 1) / sp.Integer(2))}[mode]
            if mode == "same" and not flipped:
                start = m - 1 - rules.floor(m / sp.Integer(2))
            offsets.append(start)
            dims.append({"full": n + m - 1, "valid": n - m + 1, "same": n}[mode])
        first, second = a.reading(), b.reading()
        bound = [sp.Dummy("uvw"[k % 3], integer=True) for k in range(a.rank)]

        def value(index: Sequence[sp.Expr]) -> Any:
            from cnn_symbolic.expressions.formulas import bound_sum

            here, there, inside = [], [], []
            for i, start, u, (n, m), dx, dy in zip(index, offsets, bound, sizes, a.dims, b.dims, strict=True):
                j = sp.expand(i + start - u)
                inside += [rules.compare(">=", j, sp.S.Zero), rules.compare("<", j, n)]
                here += cell(j, dx)
                there += cell(u if flipped else sp.expand(m - 1 - u), dy)
            body = rules.bracket(rules.all_of(*inside)) * first(here) * second(there)
            return bound_sum(body, bound, [m for _, m in sizes])

        return computed(world, [(sp.expand(n),) for n in dims], value)

    return row


@known("numpy.convolve")
def convolve(world: World, a: Any, v: Any, mode: Any = "full") -> Any:
    """Return the convolution of two vectors."""
    return sliding(True)(world, a, v, mode)


@known("numpy.correlate")
def correlate(world: World, a: Any, v: Any, mode: Any = "valid") -> Any:
    """Return the cross-correlation of two vectors."""
    return sliding(False)(world, a, v, mode)


for _module in ("scipy.signal.", "scipy.signal.signaltools."):
    for _name in ("convolve", "convolve2d", "fftconvolve", "oaconvolve"):
        TABLE[_module + _name] = sliding(True)
    for _name in ("correlate", "correlate2d"):
        TABLE[_module + _name] = sliding(False)


# What Python has built in


@known("builtins.len")
def len_(world: World, value: Any) -> Any:
    """Return how many members there are."""
    if isinstance(value, Array):
        return length_of(value.dims[0])
    if isinstance(value, Family) and len(value.lengths) == 1:
        return value.lengths[0]
    if isinstance(value, list | tuple | dict | str):
        return sp.Integer(len(value))
    raise world.refuse(f"len of {describe(value)}")


@known("builtins.int", "numpy.int32", "numpy.int64", "numpy.intp")
def int_(world: World, x: Any = sp.S.Zero) -> Any:
    """Return a number rounded towards zero."""
    if isinstance(x, Array) and x.rank:
        raise world.refuse("int of an array")
    return to_whole(world, x)


@known("builtins.float", "numpy.float32", "numpy.float64")
def float_(world: World, x: Any) -> Any:
    """Return a number."""
    return as_number(world, x)


@known("builtins.bool")
def bool_(world: World, x: Any) -> Any:
    """Return a truth value."""
    return truth(world, x)


@known("builtins.abs", "numpy.abs")
def abs_(world: World, x: Any) -> Any:
    """Return the distance from zero of a number made from sizes."""
    value = as_number(world, x)
    if not is_number(value) or has_entries(value):
        raise world.refuse("abs of entries of arrays")
    return rules.maximum(value, -value)


@known("builtins.min")
def min_(world: World, *values: Any) -> Any:
    """Return the least of some numbers."""
    return rules.minimum(*numbers(world, values, "min"))


@known("builtins.max")
def builtin_max(world: World, *values: Any) -> Any:
    """Return the greatest of some numbers."""
    return rules.maximum(*numbers(world, values, "max"))


def numbers(world: World, values: Sequence[Any], name: str) -> list[sp.Expr]:
    """Return values, or the members of the only one, as numbers made from sizes."""
    members = values[0] if len(values) == 1 and isinstance(values[0], list | tuple) else values
    found = [as_number(world, value) for value in members]
    if not found or any(not is_number(value) or has_entries(value) for value in found):
        raise world.refuse(f"{name} of what is not made from sizes")
    return found


@known("builtins.divmod")
def divmod_(world: World, a: Any, b: Any) -> Any:
    """Return the quotient and the remainder."""
    return arithmetic(world, "FloorDiv", a, b), arithmetic(world, "Mod", a, b)


@known("builtins.sum")
def builtin_sum(world: World, iterable: Any, start: Any = sp.S.Zero) -> Any:
    """Return the sum of all members."""
    if isinstance(iterable, Family):
        iterable = of_family(world, iterable)
    if isinstance(iterable, Array):
        return arithmetic(world, "Add", start, products.summed(world, iterable, sp.S.Zero, False))
    total = start
    for each in iterable:
        total = arithmetic(world, "Add", total, each)
    return total


@known("builtins.tuple")
def tuple_(world: World, iterable: Any = ()) -> Any:
    """Return the members as a tuple."""
    return tuple(members(world, iterable))


@known("builtins.list")
def list_(world: World, iterable: Any = ()) -> Any:
    """Return the members as a list."""
    return iterable if isinstance(iterable, Family) else list(members(world, iterable))


def members(world: World, value: Any) -> Sequence[Any]:
    """Return what a value consists of, where it is known how many there are."""
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, Passes) and len(value.lengths) == 1 and value.lengths[0].is_Integer:
        return [value.element((sp.Integer(k),)) for k in range(max(0, int(value.lengths[0])))]
    if isinstance(value, Array) and value.rank and length_of(value.dims[0]).is_Integer:
        return [indexed(value, sp.Integer(k)) for k in range(int(length_of(value.dims[0])))]
    raise world.refuse(f"the members of {describe(value)}, whose number is not known")


@known("builtins.range")
def range_(world: World, start: Any, stop: Any = None, step: Any = sp.S.One) -> Passes:
    """Return numbers at equal distances."""
    first, last = (sp.S.Zero, start) if stop is None else (start, stop)
    a, b, d = (whole(world, n, "a bound of range") for n in (first, last, step))
    return Passes((passes(world, a, b, d),), lambda at: a + d * at[0])


@known("numpy.ndindex")
def ndindex(world: World, *shape: Any) -> Passes:
    """Return all indices of a shape."""
    given = shape[0] if len(shape) == 1 and isinstance(shape[0], list | tuple) else shape
    return Passes(tuple(whole(world, n, "a size") for n in given), tuple)


@known("itertools.product")
def product(world: World, *iterables: Any) -> Passes:
    """Return all tuples of members, the last one changing first."""
    each = [as_passes(world, one) for one in iterables]
    counts = [len(one.lengths) for one in each]

    def element(at: tuple[sp.Expr, ...]) -> Any:
        rest, found = list(at), []
        for one, n in zip(each, counts, strict=True):
            found.append(one.element(tuple(rest[:n])))
            rest = rest[n:]
        return tuple(found)

    return Passes(tuple(n for one in each for n in one.lengths), element)


@known("builtins.enumerate")
def enumerate_(world: World, iterable: Any, start: Any = sp.S.Zero) -> Passes:
    """Return the members with their numbers."""
    inner = as_passes(world, iterable)
    return Passes(inner.lengths, lambda at: (start + position(at, inner.lengths), inner.element(at)))


@known("builtins.zip")
def zip_(world: World, *iterables: Any) -> Any:
    """Return members at the same places together."""
    if all(isinstance(one, list | tuple) for one in iterables):
        return list(zip(*iterables, strict=False))
    each = [as_passes(world, one) for one in iterables]
    first = each[0]
    for one in each[1:]:
        pairs = zip_longest(one.lengths, first.lengths, fillvalue=sp.S.Zero)
        if not all(world.same(n, m) for n, m in pairs):
            raise world.refuse("zip of what has different numbers of members")
    return Passes(first.lengths, lambda at: tuple(one.element(at) for one in each))


@known("builtins.reversed")
def reversed_(world: World, sequence: Any) -> Any:
    """Return the members from the last to the first."""
    if isinstance(sequence, list | tuple):
        return list(reversed(sequence))
    inner = as_passes(world, sequence)
    if len(inner.lengths) != 1:
        raise world.refuse("reversed of several loops")
    return Passes(inner.lengths, lambda at: inner.element((inner.lengths[0] - 1 - at[0],)))


def as_passes(world: World, value: Any) -> Passes:
    """Return what a loop over a value runs over."""
    if isinstance(value, Passes):
        return value
    if isinstance(value, Array) and value.rank:
        return Passes((length_of(value.dims[0]),), lambda at: row_of(value, at[0]))
    if isinstance(value, Family):
        from cnn_symbolic.expressions.formulas import substitute

        if isinstance(value.member, sp.Expr):
            return Passes(value.lengths, lambda at: substitute(value.member, dict(zip(value.index, at, strict=True))))
    if isinstance(value, list | tuple):
        raise world.refuse("a loop over a list together with one of symbolic length")
    raise world.refuse(f"a loop over {describe(value)}")


def row_of(a: Array, i: sp.Expr) -> Any:
    """Return the part of an array at a number of its first axis."""
    return a.view(a.dims[1:], lambda index: [*cell(i, a.dims[0]), *index])


@known("builtins.print", "warnings.warn", "logging.info", "logging.debug")
def print_(world: World, *values: Any, **options: Any) -> None:
    """Do nothing."""


@known("builtins.isinstance")
def isinstance_(world: World, value: Any, kinds: Any) -> bool:
    """Tell what a value is."""
    each = kinds if isinstance(kinds, tuple) else (kinds,)
    names = {one.name if isinstance(one, Known) else one for one in each}
    if isinstance(value, Instance):
        return any(isinstance(one, Class) and is_made(value.made, one) for one in each)
    if isinstance(value, Array):
        return "numpy.ndarray" in names
    if isinstance(value, bool):
        return bool({"builtins.bool", "builtins.int"} & names)
    if isinstance(value, sp.Expr):
        if has_entries(value):
            return bool({"builtins.float", "numpy.floating"} & names)
        whole_types = {"builtins.int", "numpy.integer", "numbers.Integral", "numbers.Number"}
        return bool((whole_types if rules.is_whole(value) else {"builtins.float"}) & names)
    for kind, name in ((str, "str"), (tuple, "tuple"), (list, "list"), (dict, "dict")):
        if isinstance(value, kind):
            return f"builtins.{name}" in names
    if value is None:
        return False
    raise world.refuse(f"isinstance of {describe(value)}")


def is_made(made: Class, of: Class) -> bool:
    """Tell whether a class is another one, or is made from it."""
    return made is of or any(is_made(base, of) for base in made.bases)


@known("builtins.dict")
def dict_(world: World, table: Any = None, **named: Any) -> Any:
    """Return a table."""
    return {**(table or {}), **named}


@known("builtins.slice")
def slice_(world: World, *bounds: Any) -> Any:
    """Return a slice."""
    from cnn_symbolic.code.indexing import Slice

    if len(bounds) == 1:
        return Slice(None, bounds[0], None)
    return Slice(*bounds, *[None] * (3 - len(bounds)))


@known("numpy.size")
def size(world: World, a: Any) -> Any:
    """Return the number of cells."""
    return sp.Mul(*as_array(world, a).atoms)


@known("numpy.shape")
def shape(world: World, a: Any) -> Any:
    """Return the sizes of the axes."""
    return tuple(as_array(world, a).lengths)


@known("numpy.ndim")
def ndim(world: World, a: Any) -> Any:
    """Return the number of axes."""
    return sp.Integer(as_array(world, a).rank)


@known("numpy.indices")
def indices(world: World, dimensions: Any, sparse: Any = False) -> Any:
    """Return the coordinates of a grid along a first axis."""
    lengths = [whole(world, n, "a size") for n in dimensions]
    dims = [(sp.Integer(len(lengths)),), *[(n,) for n in lengths]]
    return computed(
        world,
        dims,
        lambda index: sp.Add(*(rules.delta(index[0], sp.Integer(k)) * i for k, i in enumerate(index[1:]))),
        WHOLE,
    )


@known("ndarray.tolist", "ndarray.item")
def item(world: World, a: Array) -> Any:
    """Return the number in an array of one cell."""
    if a.rank == 0:
        return as_number(world, a)
    raise world.refuse("the numbers of an array as a list")


@known("ndarray.fill")
def fill(world: World, a: Array, value: Any) -> None:
    """Assign a number to every entry."""
    assign(a, EVERYTHING, value, False)
