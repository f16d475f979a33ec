"""An attack on expressions: `python -m tests.support.expression_attack COUNT [--seed N]`.

Random integer expressions, and chains of operations on tensors, are taken through every path that they have in the
package, and compared with Python's integers and with NumPy: calculated with sizes, read as text, carried by an
operation to NumPy, with sizes substituted, written as JSON and read back. Where a divisor is less than one, every
path has to say so.
"""

import argparse
import json
import math
from collections import Counter
from fractions import Fraction
from random import Random

import numpy as np
import sympy as sp

from cnn_symbolic import (
    And,
    Iverson,
    Not,
    Or,
    ceiling,
    crop,
    dilate,
    from_entries,
    maximum,
    merge_axes,
    minimum,
    sizes,
    split_axis,
    subsample,
    take,
    tensor,
    where,
    widths,
    wrap,
)
from cnn_symbolic.claims import read_claims
from cnn_symbolic.claims.reading import TooLargeClaim
from cnn_symbolic.expressions.formulas import fresh, numbered, substitute
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.points import Point
from cnn_symbolic.expressions.values import Number, number
from cnn_symbolic.ground.errors import ClaimTextError, FragmentError, UndefinedError
from cnn_symbolic.kernel.exported.decoding import StatementReader
from cnn_symbolic.kernel.exported.encoding import encode
from cnn_symbolic.kernel.exported.grammar import CONDITION, GRAMMAR, ExportedSide, ExportedStatement
from cnn_symbolic.layers import unfold

SIZES, WIDTHS, INDEX = ("M", "N", "S"), ("P",), "i"
LENGTH = 4
NUMBERS = dict(zip((*SIZES, *WIDTHS), (*sizes("M N S"), *widths("P")), strict=True))
BINARY = ("+", "-", "*", "/", "//", "%")
KINDS = ("+", "-", "*", "*", "//", "//", "%", "%", "%", "min", "max", "ceiling", "neg", "iverson", "where", "share")
COMPARED = ("==", "!=", "<", "<=", ">", ">=")


class Undefined(Exception):
    """A divisor is less than one."""


# Trees: a name, an integer, or a tuple of an operator and its operands.


def tree(random, depth, names, kinds=None):
    """A random integer expression."""
    if depth == 0 or random.random() < 0.15:
        return random.choice([*names, random.randint(0, 6)])
    kind = random.choice(kinds or KINDS)
    if kind == "share":
        return ("//", random.randint(1, 6), ("*", random.choice(names), random.choice(names)))
    inner = [tree(random, depth - 1, names, kinds) for _ in range(2)]
    if kind in ("//", "%", "ceiling"):
        divisor = inner[1] if names_in(inner[1]) else random.randint(1, 6)
        return (kind, inner[0] if names_in((kind, *inner)) else random.choice(names), divisor)
    if kind in ("iverson", "where"):
        return (kind, condition(random, depth - 1, names, kinds), *inner[: 2 if kind == "where" else 0])
    return (kind, inner[0]) if kind == "neg" else (kind, *inner)


def condition(random, depth, names, kinds=None):
    """A random condition."""
    if depth > 0 and random.random() < 0.3:
        kind = random.choice(("and", "or", "not"))
        parts = [condition(random, depth - 1, names, kinds) for _ in range(1 if kind == "not" else 2)]
        return (kind, *parts)
    if random.random() < 0.2:
        fraction = ("/", random.randint(1, 6), ("*", random.choice(names), random.choice(names)))
        return (random.choice(COMPARED), fraction, random.randint(0, 4))
    left, right = tree(random, depth, names, kinds), tree(random, depth, names, kinds)
    return (random.choice(COMPARED), left if names_in(left) else random.choice(names), right)


def names_in(e):
    """The names in a tree."""
    return {e} if isinstance(e, str) else set().union(*map(names_in, e[1:])) if isinstance(e, tuple) else set()


def computed(e, values):
    """A tree in Python's integers; raises Undefined."""
    if not isinstance(e, tuple):
        return values[e] if isinstance(e, str) else e
    a, *rest = (computed(part, values) for part in e[1:])
    b = rest[0] if rest else None
    if e[0] in ("//", "%", "/", "ceiling") and b < 1:
        raise Undefined
    return {
        "/": lambda: Fraction(a, b),
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "//": lambda: a // b,
        "%": lambda: a % b,
        "ceiling": lambda: -(-a // b),
        "min": lambda: min(a, b),
        "max": lambda: max(a, b),
        "neg": lambda: -a,
        "iverson": lambda: int(a),
        "where": lambda: rest[0] if a else rest[1],
        "and": lambda: a and b,
        "or": lambda: a or b,
        "not": lambda: not a,
        "==": lambda: a == b,
        "!=": lambda: a != b,
        "<": lambda: a < b,
        "<=": lambda: a <= b,
        ">": lambda: a > b,
        ">=": lambda: a >= b,
    }[e[0]]()


def calculated(e, numbers):
    """A tree with sizes of this package."""
    if not isinstance(e, tuple):
        return numbers[e] if isinstance(e, str) else e
    a, *rest = (calculated(part, numbers) for part in e[1:])
    b = rest[0] if rest else None
    return {
        "/": lambda: a / b,
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "//": lambda: a // b,
        "%": lambda: a % b,
        "ceiling": lambda: ceiling(number(a) / b),
        "min": lambda: minimum(a, b),
        "max": lambda: maximum(a, b),
        "neg": lambda: -a,
        "iverson": lambda: Iverson(a),
        "where": lambda: where(a, *rest),
        "and": lambda: And(a, b),
        "or": lambda: Or(a, b),
        "not": lambda: Not(a),
        "==": lambda: a == b,
        "!=": lambda: a != b,
        "<": lambda: a < b,
        "<=": lambda: a <= b,
        ">": lambda: a > b,
        ">=": lambda: a >= b,
    }[e[0]]()


def written(e):
    """A tree as a text of the language of claims."""
    if not isinstance(e, tuple):
        return str(e)
    parts = [written(part) for part in e[1:]]
    if e[0] in BINARY or e[0] in COMPARED or e[0] in ("and", "or"):
        return f"({parts[0]} {e[0]} {parts[1]})"
    if e[0] == "ceiling":
        return f"ceiling({parts[0]} / {parts[1]})"
    if e[0] in ("neg", "not"):
        return f"({'-' if e[0] == 'neg' else 'not '}{parts[0]})"
    return f"{'Iverson' if e[0] == 'iverson' else e[0]}({', '.join(parts)})"


def outcome(compute):
    """A value, or that it is undefined."""
    try:
        value = compute()
    except (Undefined, UndefinedError):
        return "undefined"
    return int(value) if value == int(value) else value


# The paths of an expression


def read_alone(value):
    """A formula or condition without tensors, read from a JSON value."""
    side = ExportedSide(text="", shape=[], formula=0, requirements=[])
    reader = StatementReader(ExportedStatement(tensors={}, assumptions=[], left=side, right=side), "$")
    is_condition = isinstance(value, bool) or (isinstance(value, list) and value[0] in GRAMMAR[CONDITION])
    return reader.read("condition" if is_condition else "formula", value, "$", {})


def paths(e, made, values):
    """What becomes of an expression at some integers, by every path but the text: the name of the path, and a value."""
    formula = made.formula
    symbols = {s: values[s.name] for s in formula.free_symbols}
    yield "calculated", outcome(lambda: made.at(Point(values)))
    yield "formula", outcome(lambda: value_of(formula, symbols.__getitem__))
    some = dict(list(symbols.items())[: len(symbols) // 2 + 1])
    put = substitute(formula, {s: sp.Integer(n) for s, n in some.items()})
    yield "substituted", outcome(lambda: value_of(put, symbols.__getitem__))
    replaced = formula.xreplace({s: sp.Integer(n) for s, n in symbols.items()})
    yield "replaced", outcome(lambda: value_of(replaced, symbols.__getitem__))
    read = read_alone(json.loads(json.dumps(encode(formula, {}))))
    yield "JSON", outcome(lambda: value_of(read, symbols.__getitem__))
    carried = from_entries((1,), lambda k: made + 0 * k, using=[])
    yield "NumPy", outcome(lambda: carried.evaluate({}, sizes={NUMBERS[name]: values[name] for name in NUMBERS})[0])


def indexed(e, values):
    """An expression in an index too, computed for all values of the index at once: the entries of a tensor."""
    index = fresh([INDEX])
    made = number(calculated(e, {**NUMBERS, INDEX: numbered(index)[0]}))
    x = from_entries((LENGTH,), lambda i: calculated(e, {**NUMBERS, INDEX: i}), using=[])
    array = x.evaluate({}, sizes={NUMBERS[name]: values[name] for name in NUMBERS})
    called = [made.at(Point(values).with_indices({index[0]: k})) for k in range(LENGTH)]
    return [int(v) for v in array], called


def random_values(random):
    """Random sizes and widths, small ones more often."""
    most = random.choice((3, 6, 6, 12, 40))
    return {**{name: random.randint(1, most) for name in SIZES}, **{name: random.randint(0, most) for name in WIDTHS}}


def attack_expressions(count, seed, report=print, kinds=None):
    """Compare that many expressions, of certain kinds if given; the values compared, the differences, the refusals."""
    random, compared, wrong, refused = Random(seed), Counter(), [], Counter()
    batch = []
    for k in range(count):
        e = tree(random, random.choice((1, 2, 2, 3)), [*SIZES, *WIDTHS], kinds)
        e = e if names_in(e) else ("+", e, "M")
        points = [random_values(random) for _ in range(2)]
        try:
            made = number(calculated(e, NUMBERS))
        except FragmentError as error:
            refused[str(error).split(",")[0][:60]] += 1
            continue
        for values in points:
            expected = outcome(lambda e=e, values=values: computed(e, values))
            for path, value in paths(e, made, values):
                compared[path] += 1
                # What cancels need not be divided by any more; the conditions keep it (see `presumed`).
                if value != expected and not (expected == "undefined" and lost(made, values)):
                    wrong.append((path, written(e), values, expected, value))
        batch.append((e, points))
        if len(batch) == 20 or k == count - 1:
            compared["text"] += attack_texts(batch, wrong, refused)
            batch = []
        if k % 4 == 0:
            attack_indexed(random, compared, wrong)
        if report and k and k % 20_000 == 0:
            report(f"{k} expressions, {sum(compared.values())} values, {len(wrong)} differences", flush=True)
    return compared, wrong, refused


def lost(made: Number, values):
    """Whether a number is undefined at some integers by what it presumes."""
    return any(
        outcome(lambda e=e: value_of(e, lambda s: values[s.name])) in ("undefined", *range(-10_000, 1))
        for e in made.presumed
    )


def attack_texts(batch, wrong, refused):
    """Read expressions as the text of claims, and compare them; returns how many values were compared."""
    compared = 0
    for e, points in batch:
        try:
            (claim,) = read_claims(f'(P,) = widths("P")\nclaim({written(e)} == M)').values()
        except ClaimTextError as error:
            refused[str(error).split("\n")[0].split(": ", 1)[1][:60]] += 1
            continue
        if isinstance(claim, TooLargeClaim):
            refused[claim.limit[:60]] += 1
            continue
        (made,) = claim.left
        for values in points:
            compared += 1
            expected = outcome(lambda e=e, values=values: computed(e, values))
            value = outcome(lambda made=made, values=values: number(made).at(Point(values)))
            if value != expected:
                wrong.append(("text", written(e), values, expected, value))
    return compared


def attack_indexed(random, compared, wrong):
    """Compare an expression with an index in it."""
    e = ("+", tree(random, 2, [*SIZES, *WIDTHS, INDEX, INDEX]), INDEX)
    values = random_values(random)
    expected = []
    for k in range(LENGTH):
        expected.append(outcome(lambda k=k: computed(e, {**values, INDEX: k})))
    if "undefined" in expected:
        return
    try:
        array, called = indexed(e, values)
    except (FragmentError, UndefinedError):
        return
    compared["entries"] += 2 * LENGTH
    if array != expected or called != expected:
        wrong.append(("entries", written(e), values, expected, (array, called)))


# Chains of operations


LINKS = ("merge", "merge", "merge", "split", "subsample", "subsample", "dilate", "crop", "unfold", "take")


def chain(random, symbolic):
    """A chain of operations on a tensor, and the same by NumPy: functions of nothing, with the sizes and the array."""
    lengths = [random.randint(1, 4) for _ in range(random.choice((1, 2, 3, 3)))]
    names = ["M", "N", "S"][: len(lengths)]
    known = {NUMBERS[name]: n for name, n in zip(names, lengths, strict=True)} if symbolic else {}
    x = tensor(*([NUMBERS[name] for name in names] if symbolic else lengths), name="x")
    array = np.arange(1, math.prod(lengths) + 1).reshape(lengths)
    made, found, steps = x, array, []
    for _ in range(random.randint(1, 5)):
        kind = random.choice(LINKS)
        changed = link(kind, random, made, found)
        if changed is not None and changed[1].size <= 400:
            made, found = changed
            steps.append(kind)
    return made, found, array, known, steps


def link(kind, random, x, a):
    """One operation more, by the package and by NumPy; None where it does not fit."""
    axis = random.randrange(max(a.ndim, 1))
    if kind == "merge" and a.ndim > 1:
        axis = random.randrange(a.ndim - 1)
        shape = (*a.shape[:axis], a.shape[axis] * a.shape[axis + 1], *a.shape[axis + 2 :])
        return merge_axes(x, axis=axis), a.reshape(shape)
    if kind == "split" and a.ndim and isinstance(length := x.lengths[axis], sp.Integer):
        outer = random.choice([d for d in range(1, int(length) + 1) if int(length) % d == 0])
        into = (outer, int(length) // outer)
        return split_axis(x, axis=axis, into=into), a.reshape((*a.shape[:axis], *into, *a.shape[axis + 1 :]))
    if kind == "subsample" and a.ndim:
        steps = tuple(random.randint(1, 3) for _ in a.shape)
        return subsample(x, factors=steps), a[tuple(slice(None, None, s) for s in steps)]
    if kind == "dilate" and a.ndim:
        steps = tuple(random.randint(1, 3) for _ in a.shape)
        spread = np.zeros([(n - 1) * s + 1 for n, s in zip(a.shape, steps, strict=True)], dtype=a.dtype)
        spread[tuple(slice(None, None, s) for s in steps)] = a
        return dilate(x, factors=steps), spread
    if kind == "crop" and a.ndim:
        start = tuple(random.randrange(n) for n in a.shape)
        shape = tuple(random.randint(1, n - s) for n, s in zip(a.shape, start, strict=True))
        block = tuple(slice(s, s + n) for s, n in zip(start, shape, strict=True))
        return crop(x, start=start, shape=shape), a[block]
    if kind == "unfold" and 0 < a.ndim <= 2:
        window = tuple(random.randint(1, n) for n in a.shape)
        views = np.lib.stride_tricks.sliding_window_view(a, window)
        moved = np.moveaxis(views, range(a.ndim, 2 * a.ndim), range(a.ndim))
        return take(unfold(wrap(wrap(x)), overlay=window), at=(0, 0)), moved
    if kind == "take" and a.ndim > 1:
        at = random.randrange(a.shape[0])
        return take(x, at=(at,)), a[at]
    return None


def attack_chains(count, seed):
    """Compare that many chains with NumPy; returns how many entries were compared, and the differences."""
    random, entries, wrong = Random(seed), 0, []
    for k in range(count):
        made, expected, array, known, steps = chain(random, symbolic=k % 2 == 0)
        found = made.evaluate({"x": array}, sizes=known)
        entries += expected.size
        if found.shape != expected.shape or not np.array_equal(found, expected):
            wrong.append((steps, str(made), array.shape, expected.tolist(), found.tolist()))
    return entries, wrong


def main():
    """Attack with as many expressions as asked for, and a quarter as many chains."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--chains", type=int)
    given = parser.parse_args()
    compared, wrong, refused = attack_expressions(given.count, given.seed)
    print(f"{given.count} expressions: {dict(compared)} values compared, {len(wrong)} differences")
    print(f"refused: {dict(refused.most_common(12))}")
    chains = given.count // 4 if given.chains is None else given.chains
    entries, wrong_chains = attack_chains(chains, given.seed)
    print(f"{chains} chains: {entries} entries compared, {len(wrong_chains)} differences")
    for one in [*wrong, *wrong_chains][:20]:
        print(*one, sep="\n    ")
    raise SystemExit(bool(wrong or wrong_chains))


if __name__ == "__main__":
    main()
