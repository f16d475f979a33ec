"""Where a function refuses to compute, or is wrong: the simplest condition on sizes that agrees with all shapes tried.

x has the batch B, the channels C and the sizes M, N (O in 3-D); filters and windows have the sizes I, J (Q), and there
are K filters. S is the stride, P the padding, D the dilation, F the factor, G the number of groups. Where an option
differs between the axes, S1 is that of the first; a padding whose sides differ has no name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations, islice, permutations
from math import prod
from operator import and_, or_
from random import Random

from cnn_symbolic.backward.calls.answers import Misbehaviour
from cnn_symbolic.backward.examining import Checker
from cnn_symbolic.backward.findings import Failure
from cnn_symbolic.backward.strategies import Problem, drawn
from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.layers.options import OVERLAY, SPATIAL
from cnn_symbolic.witnesses.windows import per_axis

Sizes = Mapping[str, int]
# A condition on the shapes that were tried, as a text and as the set of those where it holds, one bit for each.
Condition = tuple[str, int]
# What makes failures the same finding, and that of any failure.
Key = tuple[str, str | None]
ANYTHING: Key = "anything", None
# The numbers that sizes are compared with, and by which they may be divisible.
NUMBERS, DIVISORS = range(2, 9), (3, 4)
# How many shapes are drawn to tell conditions apart, how many of them are tried, and how often; how many conditions.
DRAWN, TRIED, ROUNDS, RIVALS = 200, 6, 12, 40


def sizes_of(problem: Problem) -> dict[str, int]:
    """Return the sizes of a problem by name."""
    forward, shapes = problem.forward, problem.shapes
    axes, x = forward.axes(shapes), shapes["x"]
    found = {"B": x[0], "C": x[1], **dict(zip(SPATIAL, x[2:], strict=False))}
    if "w" in shapes:
        found["K"] = shapes["y"][1]
    found |= dict(zip(OVERLAY, (a.overlay for a in axes), strict=False))
    found |= by_name("S", [a.stride for a in axes]) | by_name("D", [a.dilation for a in axes])
    if all(a.before == a.after for a in axes):
        found |= by_name("P", [a.before for a in axes])
    if "factors" in forward.options:
        found |= by_name("F", per_axis(forward.options["factors"], forward.rank, "factors", 1))
    return found | ({"G": forward.groups} if "groups" in forward.options else {})


def by_name(letter: str, each: Sequence[int]) -> dict[str, int]:
    """Return an option of every axis by name: one name for all of them where they are equal."""
    if len(set(each)) == 1:
        return {letter: each[0]}
    return {f"{letter}{k}": value for k, value in enumerate(each, 1)}


def assumption(text: str, problem: Problem) -> Callable[[Problem], bool]:
    """Return a condition such as "I == J" on the problems of a layer, of which one is given; it is read, never run."""
    from cnn_symbolic.claims.of_sizes import read_condition  # the language of claims takes a second to load

    holds = read_condition(text, tuple(sizes_of(problem)), "--assuming")

    def admits(problem: Problem) -> bool:
        try:
            return holds(sizes_of(problem))
        except KeyError as missing:
            raise OperandError(f"--assuming {text!r}: {problem.forward} has no size {missing.args[0]}") from None

    return admits


# Conditions, the simple ones first.


@dataclass(frozen=True)
class Tried:
    """The sizes of shapes by name, a column of each; the shapes of which something is known, and those refused."""

    columns: Mapping[str, Sequence[int]]
    known: int
    refused: int

    def where(self, text: str, holds: Callable[..., bool], *names: str) -> Condition:
        """Return a condition on sizes with these names."""
        rows = zip(*(self.columns[name] for name in names), strict=True)
        return text.format(*names), sum(1 << k for k, row in enumerate(rows) if holds(*row))


def tried(taken: Collection[Problem], refused: Collection[Problem], others: Collection[Problem] = ()) -> Tried:
    """Return those sizes of problems that a function takes or refuses, and of others, which all of them have.

    A stride of one, or no padding, that all of them have is left out: nobody would speak of it.
    """
    rows = [sizes_of(problem) for problem in (*refused, *taken, *others)]
    names = [name for name in rows[0] if all(name in row for row in rows)]
    each = {name: [row[name] for row in rows] for name in names}
    columns = {name: column for name, column in each.items() if len(set(column)) > 1 or column[0] > 1}
    return Tried(columns, (1 << len(refused) + len(taken)) - 1, (1 << len(refused)) - 1)


def simple(of: Tried) -> Iterator[Condition]:
    """Yield conditions on one size, and comparisons of two."""
    names = list(of.columns)
    for name in names:
        yield of.where("{} > 1", lambda a: a > 1, name)
        yield of.where("{} = 1", lambda a: a == 1, name)
        yield of.where("{} > 0", lambda a: a > 0, name)
        yield of.where("{} = 0", lambda a: a == 0, name)
        yield of.where("{} is even", lambda a: a % 2 == 0, name)
        yield of.where("{} is odd", lambda a: a % 2 == 1, name)
    for one, other in combinations(names, 2):
        yield of.where("{} ≠ {}", lambda a, b: a != b, one, other)
        yield of.where("{} = {}", lambda a, b: a == b, one, other)
    for one, other in permutations(names, 2):
        yield of.where("{} > {}", lambda a, b: a > b, one, other)
        yield of.where("{} ≥ {}", lambda a, b: a >= b, one, other)
        yield of.where("{} mod {} ≠ 0", lambda a, b: b > 0 and a % b != 0, one, other)
        yield of.where("{} mod {} = 0", lambda a, b: b > 0 and a % b == 0, one, other)
    for name in names:
        for n in NUMBERS:
            yield of.where(f"{{}} > {n}", lambda a, n=n: a > n, name)
            yield of.where(f"{{}} < {n}", lambda a, n=n: a < n, name)
            yield of.where(f"{{}} ≠ {n}", lambda a, n=n: a != n, name)
            yield of.where(f"{{}} = {n}", lambda a, n=n: a == n, name)
        for n in DIVISORS:
            yield of.where(f"{{}} mod {n} ≠ 0", lambda a, n=n: a % n != 0, name)
            yield of.where(f"{{}} mod {n} = 0", lambda a, n=n: a % n == 0, name)


# Conditions on an axis with the size M, the overlay I, the stride S, the padding P and the dilation D.
ON_AXES: list[tuple[str, str, Callable[..., bool]]] = [
    ("MIS", "({0} - {1}) mod {2} ≠ 0", lambda m, i, s: (m - i) % s != 0),
    ("MIS", "({0} - {1}) mod {2} = 0", lambda m, i, s: (m - i) % s == 0),
    ("MS", "({0} - 1) mod {1} ≠ 0", lambda m, s: (m - 1) % s != 0),
    ("MI", "{0} - {1} is odd", lambda m, i: (m - i) % 2 == 1),
    ("MI", "{0} - {1} is even", lambda m, i: (m - i) % 2 == 0),
    ("IP", "{0} ≠ 2·{1} + 1", lambda i, p: i != 2 * p + 1),
    ("MPIS", "({0} + 2·{1} - {2}) mod {3} ≠ 0", lambda m, p, i, s: (m + 2 * p - i) % s != 0),
    ("MPIS", "({0} + 2·{1} - {2}) mod {3} = 0", lambda m, p, i, s: (m + 2 * p - i) % s == 0),
    ("MDI", "{0} < {1}·({2} - 1) + 1", lambda m, d, i: m < d * (i - 1) + 1),
    ("PDI", "{0} > {1}·({2} - 1)", lambda p, d, i: p > d * (i - 1)),
    ("PDI", "2·{0} ≠ {1}·({2} - 1)", lambda p, d, i: 2 * p != d * (i - 1)),
    ("MI", "{0} < 2·{1}", lambda m, i: m < 2 * i),
    (
        "MPDIS",
        "({0} + 2·{1} - {2}·({3} - 1) - 1) mod {4} ≠ 0",
        lambda m, p, d, i, s: (m + 2 * p - d * (i - 1) - 1) % s != 0,
    ),
]


def along_axes(of: Tried) -> Iterator[tuple[Condition, ...]]:
    """Yield conditions on an axis, those of all axes together."""
    for letters, text, holds in ON_AXES:
        each = []
        for k, (size, side) in enumerate(zip(SPATIAL, OVERLAY, strict=True)):
            own = {"M": size, "I": side}
            names = [own.get(x) or (x if x in of.columns else f"{x}{k + 1}") for x in letters]
            if all(name in of.columns for name in names):
                each.append(of.where(text, holds, *names))
        if each:
            yield tuple(each)


def agreeing(of: Tried) -> Iterator[Condition]:
    """Yield the conditions that hold at the refused shapes and at no other: alone, of all axes, two of them."""
    alone, per_axis = list(simple(of)), list(along_axes(of))
    alone += [one for each in per_axis for one in each]
    together = [joined for each in per_axis if len(each) > 1 for joined in (any_of(*each), all_of(*each))]
    yield from (one for one in (*alone, *together) if one[1] & of.known == of.refused)
    parts = [one for one in alone if one[1] & of.refused and not one[1] & of.known & ~of.refused]
    pairs = combinations(parts, 2)
    yield from (any_of(*pair) for pair in pairs if (pair[0][1] | pair[1][1]) & of.known == of.refused)
    pairs = combinations([one for one in alone if one[1] & of.refused == of.refused], 2)
    yield from (all_of(*pair) for pair in pairs if pair[0][1] & pair[1][1] & of.known == of.refused)


def telling(found: Sequence[Condition], problems: Sequence[Problem]) -> list[Problem]:
    """Return those of the last problems at which the first condition is not as one of the others."""
    differ = reduce(or_, (holds ^ found[0][1] for _, holds in found))
    return [problem for k, problem in enumerate(problems) if differ >> k & 1]


def any_of(*conditions: Condition) -> Condition:
    """Return the disjunction of conditions."""
    return " or ".join(text for text, _ in conditions), reduce(or_, (holds for _, holds in conditions))


def all_of(*conditions: Condition) -> Condition:
    """Return the conjunction of conditions."""
    return " and ".join(text for text, _ in conditions), reduce(and_, (holds for _, holds in conditions))


# The domain of a function.


def refusals(checker: Checker) -> list[list[Problem]]:
    """Return the refused shapes, those that one line of the code refuses together."""
    lines = [failure.detail.rpartition(" (")[2] for failure in checker.refused.values()]
    return [[p for p, at in zip(checker.refused, lines, strict=True) if at == line] for line in dict.fromkeys(lines)]


def sharpen(
    checker: Checker,
    admits: Callable[[Problem], bool],
    parted: Callable[[], Sequence[tuple[Collection[Problem], Collection[Problem]]]],
    look: Callable[[Problem], object],
) -> None:
    """Look at further shapes, those at which conditions differ that part the shapes so far as they are `parted`."""
    random = Random(checker.seed)
    for _ in range(ROUNDS):
        pairs = parted()
        seen = {problem for pair in pairs for side in pair for problem in side}
        new = dict.fromkeys(drawn(checker.forward, checker.layout.ones, random) for _ in range(DRAWN))
        others = [p for p in new if admits(p) and p not in seen and p not in checker.refused]
        wanted: list[Problem] = []
        for others_than, these in pairs:
            found = list(islice(agreeing(tried(others_than, these, others)), RIVALS))
            known = len(others_than) + len(these)
            wanted += telling([(text, holds >> known) for text, holds in found], others)[:TRIED] if found else []
        for problem in dict.fromkeys(wanted):
            look(problem)
        if not wanted:
            return


def sharpen_refusals(checker: Checker, admits: Callable[[Problem], bool]) -> None:
    """Examine further shapes, until one condition is left for every line that refuses, or something is wrong."""

    def parted() -> list[tuple[Collection[Problem], Collection[Problem]]]:
        return [] if checker.failures else [(checker.examined, group) for group in refusals(checker)]

    def look(problem: Problem) -> None:
        if not checker.failures:
            checker.examine(problem, probe=False)

    sharpen(checker, admits, parted, look)


def refuses(checker: Checker) -> str:
    """Return where a function refuses to compute, with what it says, as two lines or more; empty if nowhere."""
    if not checker.refused:
        return ""
    conditions, said = [], []
    for group in refusals(checker):
        smallest = checker.refused[min(group, key=lambda p: sum(map(prod, p.shapes.values())))]
        example = shown(checker, smallest)
        condition = None if checker.given else next(agreeing(tried(checker.examined, group)), None)
        conditions.append(f"where {condition[0]}" if condition else f"e.g. at {example}")
        said.append(f"refused {example}: {smallest.detail}")
    where = f"it refuses {', or '.join(dict.fromkeys(conditions))}"
    n = len(checker.examined)
    shapes = f"{n} shape{'s' if n != 1 else ''} tried"
    return "\n".join([f"right wherever it does not refuse, at the {shapes}; {where}", *said])


def shown(checker: Checker, failure: Failure) -> str:
    """Return the options that vary and the shapes of an example, in the user's layout."""
    example, given = failure.example, checker.forward.options
    options = [f"{key} {value}" for key, value in example.forward.options.items() if value != given[key]]
    names = [name for name, _ in example.problem.inputs]
    shapes = [f"{name} {checker.layout.to_user(name, example.values[name]).shape}" for name in names]
    return ", ".join([*options, *shapes])


def wrong_where(checker: Checker, admits: Callable[[Problem], bool]) -> dict[Key, str]:
    """Return, for what fails and for anything, the condition on sizes that holds where it does, among the shapes tried.

    Each shape is called once with data of full size; where the right result is zero, as all its multiples are, nothing
    is told of it. What fails only with other data is no matter of shapes.
    """
    seen: dict[Problem, Observed] = {}
    wanted = dict.fromkeys([ANYTHING, *(failure.key for failure in checker.failures)])
    results = {failure.gradient for failure in checker.failures}

    def look(problem: Problem) -> None:
        if (found := failing(checker, problem)) is not None:
            seen[problem] = found

    def parts(key: Key) -> tuple[list[Problem], list[Problem]]:
        telling = results if key == ANYTHING else {key[1]}
        wrong = [p for p, found in seen.items() if found.fails(key)]
        return [p for p, found in seen.items() if not found.fails(key) and found.tells(telling)], wrong

    for problem in checker.examined:
        look(problem)
    for failure in checker.failures:
        for key in {failure.key, ANYTHING} & set(wanted):
            if (found := seen.get(failure.example.problem)) is None or not found.fails(key):
                del wanted[key]
    for key in [key for key in wanted if not all(parts(key))]:
        del wanted[key]
    sharpen(checker, admits, lambda: [parts(key) for key in wanted], look)
    conditions = {key: next(agreeing(tried(*parts(key))), None) for key in wanted}
    return {key: condition[0] for key, condition in conditions.items() if condition is not None}


@dataclass(frozen=True)
class Observed:
    """What fails in one call, and the results that are to be zero; None if nothing is known of the results."""

    keys: frozenset[Key]
    zero: frozenset[str] | None

    def fails(self, key: Key) -> bool:
        """Tell whether something fails."""
        return key in self.keys or (key == ANYTHING and bool(self.keys))

    def tells(self, results: set[str | None]) -> bool:
        """Tell whether it would be seen if one of some results were wrong; None stands for the call itself."""
        return None in results or (self.zero is not None and not results <= self.zero)


def failing(checker: Checker, problem: Problem) -> Observed | None:
    """Return what fails at a shape with one set of data; None if the shape is refused."""
    trial = checker.fresh()
    example = trial.example(problem, trial.values(problem, 1))
    try:
        keys = frozenset(failure.key for failure in trial.judge(example, trial.attempt(example)))
        return Observed(keys, frozenset(name for name, array in example.right.items() if not array.any()))
    except Misbehaviour as found:
        return None if trial.refuses(found) else Observed(frozenset({trial.misbehaved(found, example).key}), None)
