"""No verdict leaves the kernel before the third witness has computed the claim at small sizes, and agrees.

A theorem is compared at its smallest sizes and at random ones; a refutation at its counterexample, its weakest
condition at random sizes. A difference is a mistake of this package: `DisagreementError`, never a verdict. Where the
kernel cannot decide, or only at literal values of the factors, the witness searches for a difference at sizes up to 50:
one that it finds refutes the claim, made small.

What is too large to be computed is not compared: tensors of fixed sizes whose product takes more than two million
multiplications.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, count, islice, pairwise
from math import prod
from random import Random
from types import MappingProxyType
from typing import TypeVar

from cnn_symbolic.expressions.formulas import presumed
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.printing import written
from cnn_symbolic.expressions.rules import least
from cnn_symbolic.ground.errors import DisagreementError, EvaluationError, FunctionDomainError, UndefinedError
from cnn_symbolic.kernel.search.replay import T, has_known_functions, rounded
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Refutation, Undecided, amended, unwritable
from cnn_symbolic.kernel.search.witness import Found, compare_at, is_about_sizes, scene_at
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.kernel.trusted.verdicts import Reason, Theorem, Verdict

Sizes = dict[str, int]
Name = TypeVar("Name")
RANDOM_POINTS, MANY_POINTS, ATTEMPTS, TRIES, DRAWS, MANY_DRAWS = 10, 12, 60, 12, 3, 24
FARTHEST, FARTHEST_OF_TENSORS, MOST_CANDIDATES = 50, 12, 6000
# How many points are tried in the order of their totals, and at random: of claims about sizes, of claims with tensors.
SEARCHED = {True: (1500, 500), False: (120, 60)}
SEARCHED_WITH_KNOWN_FUNCTIONS = (30, 10)  # real numbers take long to compute
MOST_VOLUME, SMALL_VOLUME, MOST_WORK = 1500, 150, 2_000_000


def confirmed(verdict: Verdict) -> Verdict:
    """Return the verdict, or the refutation that the witness has found; raise DisagreementError if it disagrees."""
    statement = verdict.statement
    if isinstance(verdict, Theorem):
        check_proved(statement, verdict.smallest, dict.fromkeys(verdict.factors, verdict.values))
        if presumed(statement.formulas) and not is_valid_somewhere(statement, verdict.smallest):
            detail = "no numbers were found at which all functions in it have a value"
            return Undecided(statement, verdict.seconds, Reason.OUTSIDE, detail)
    elif isinstance(verdict, Refutation):
        check_refuted(verdict)
        return amended(verdict, holds_at=None)
    elif isinstance(verdict, Undecided | HoldsForLiterals):
        return searched(verdict)
    return verdict


def check_proved(
    statement: Statement,
    smallest: Mapping[str, int] | None = None,
    values: Mapping[str, Sequence[int]] = MappingProxyType({}),
) -> None:
    """Compare a statement that is proved at some sizes; raise DisagreementError where it is wrong.

    `values` are those that factors have for which it is proved for some values only.
    """
    random = Random(1)
    points = [dict(smallest)] if smallest is not None else []
    low = {str(s): least(s) for s in statement.sizes}
    listed = {name: [n for n in found if n >= low[name]] for name, found in values.items() if found}
    chosen = ({**p, **{name: random.choice(v) for name, v in listed.items()}} for p in random_points(statement, random))
    inside = (p for p in chosen if not listed or is_inside(statement, p))
    points += islice(inside, MANY_POINTS if is_about_sizes(statement) else RANDOM_POINTS)
    for sizes in points:
        found = compare_safely(statement, sizes, random)
        if found is not None and found.kind != "same":
            raise disagreement(statement, "proved", sizes, found)
    for sizes in islice(random_points(statement, random, inside=False), 1):
        found = compare_safely(statement, sizes, random)
        if found is not None and found.kind != "outside":
            raise disagreement(statement, "not about these sizes", sizes, found)


def is_valid_somewhere(statement: Statement, smallest: Mapping[str, int]) -> bool:
    """Tell whether the functions in a statement have values at some random numbers, or it is too large to tell."""
    random = Random(5)
    points = [dict(smallest), *islice(random_points(statement, random), RANDOM_POINTS)]
    too_large = any(work(statement, sizes) > MOST_WORK for sizes in points)
    return too_large or any(compare_safely(statement, sizes, random) is not None for sizes in points)


def check_vacuous(statement: Statement) -> None:
    """Raise DisagreementError if there are sizes that satisfy the assumptions, though the kernel says that none do."""
    random = Random(2)
    for sizes in islice(proposed(statement, random), RANDOM_POINTS * 4):
        found = compare_safely(statement, sizes, random)
        if found is not None and found.kind != "outside":
            raise disagreement(statement, "about no sizes at all", sizes, found)


def check_refuted(refutation: Refutation) -> None:
    """Compare a refuted statement at its counterexample, and its condition at some sizes."""
    statement, random = refutation.statement, Random(3)
    found = difference(statement, refutation.sizes, random)
    if found is not None and not found.differs:
        raise disagreement(statement, "refuted", refutation.sizes, found)
    if refutation.holds_at is None:
        return
    for sizes in islice(random_points(statement, random), RANDOM_POINTS):
        chosen = {**sizes, **refutation.given}
        if not is_inside(statement, chosen):
            continue
        holds = refutation.holds_at(chosen)
        found = difference(statement, chosen, random, tries=2 if holds else TRIES)
        if found is not None and found.differs == holds:
            said = f"{'true' if holds else 'false'} by its condition {written(refutation.holds_when)!r}"
            raise disagreement(statement, said, chosen, found)


def disagreement(statement: Statement, said: str, sizes: Mapping[str, int], found: Found) -> DisagreementError:
    """Return the error that says what was decided, and what was computed."""
    at = ", ".join(f"{name} = {n}" for name, n in sizes.items())
    written = {"outside": "is not defined", "same": "is true", "defined": "is wrong: the right side is not defined"}
    return DisagreementError(
        f"{statement.describe()} is said to be {said}, but computed by NumPy at {at or 'its sizes'} it "
        f"{written.get(found.kind, f'is wrong: {found.left} and {found.right}')}. This is a mistake of cnn_symbolic, "
        "not of the claim: please report it"
    )


def compare_safely(statement: Statement, sizes: Mapping[str, int], random: Random) -> Found | None:
    """Return what a statement is at a point; None where it is too large, or random entries are divided by zero."""
    if work(statement, sizes) > MOST_WORK:
        return None
    for _ in range(MANY_DRAWS if has_known_functions(statement) else DRAWS):
        try:
            return compare_at(statement, scene_at(statement, sizes, random))
        except FunctionDomainError:
            continue
        except EvaluationError:
            return None
    return None


def difference(statement: Statement, sizes: Mapping[str, int], random: Random, tries: int = TRIES) -> Found | None:
    """Return how the sides differ at a point, for some entries of the tensors; else what they are."""
    found = None
    for _ in range(tries):
        found = compare_safely(statement, sizes, random)
        if found is None or found.kind != "same":
            break
    return found


# Points


def least_of(statement: Statement) -> Sizes:
    """Return the least value of each size."""
    return {s.name: least(s) for s in statement.sizes}


def is_inside(statement: Statement, sizes: Mapping[str, int]) -> bool:
    """Tell whether sizes satisfy the conditions of a statement, by its expressions."""
    known = {s: sizes[s.name] for s in statement.sizes}
    try:
        return all(value_of(holds, known.__getitem__) for holds in statement.conditions)
    except UndefinedError:
        return False


def proposed(statement: Statement, random: Random, most: int = 4) -> Iterator[Sizes]:
    """Yield random small sizes, none twice."""
    lowest = least_of(statement)
    most = most if len(lowest) <= 6 else most - 1
    seen = set()
    for _ in range(ATTEMPTS):
        sizes = {name: random.randint(low, most + low - 1) for name, low in lowest.items()}
        if (point := tuple(sizes.values())) not in seen:
            seen.add(point)
            yield sizes


def random_points(statement: Statement, random: Random, inside: bool = True) -> Iterator[Sizes]:
    """Yield random small sizes at which a statement is about its sides; or not."""
    for sizes in proposed(statement, random):
        if is_inside(statement, sizes) == inside and volume(statement, sizes) <= SMALL_VOLUME:
            yield sizes


def in_order(lowest: Mapping[Name, int]) -> Iterator[dict[Name, int]]:
    """Yield all sizes from their lowest values on, without end, in the order of their totals."""
    names = list(lowest)
    if not names:
        yield {}
        return
    for extra in count():
        for bars in combinations(range(extra + len(names) - 1), len(names) - 1):
            edges = (-1, *bars, extra + len(names) - 1)
            yield {name: lowest[name] + b - a - 1 for name, (a, b) in zip(names, pairwise(edges), strict=True)}


def far_points(lowest: Sizes, random: Random, farthest: int = FARTHEST) -> Iterator[Sizes]:
    """Yield random sizes up to the farthest, some of them equal to another one, one more, or a multiple of it."""
    names = list(lowest)
    while names:
        most = min(random.choice((5, 9, 20, FARTHEST)), farthest)
        sizes = {name: random.randint(low, max(most, low)) for name, low in lowest.items()}
        for name in names:
            other = sizes[random.choice(names)]
            near = random.choice((sizes[name],) * 3 + (other, other + 1, other * random.randint(1, 4)))
            sizes[name] = max(lowest[name], min(near, farthest))
        yield sizes


# Searching


def searched(verdict: Undecided | HoldsForLiterals) -> Verdict:
    """Return the refutation of a claim that differs somewhere, its counterexample made small; else the verdict."""
    statement, random = verdict.statement, Random(4)
    about_sizes = is_about_sizes(statement)
    ordered, far = SEARCHED_WITH_KNOWN_FUNCTIONS if has_known_functions(statement) else SEARCHED[about_sizes]
    lowest = least_of(statement)
    tried, largest, complete = 0, 0, True
    seen: set[tuple[int, ...]] = set()
    farthest = FARTHEST if about_sizes else FARTHEST_OF_TENSORS
    for k, (is_ordered, sizes) in enumerate(candidates(lowest, ordered, far, random, farthest)):
        if k >= MOST_CANDIDATES:
            break
        point = tuple(sizes.values())
        if point in seen or not is_inside(statement, sizes):
            continue
        seen.add(point)
        if volume(statement, sizes) > MOST_VOLUME:
            complete = False
            continue
        found = difference(statement, sizes, random, tries=1 if about_sizes else 2)
        if found is None:
            complete = False
            continue
        if found.differs:
            is_least = is_ordered and complete
            small = sizes if is_least else made_small(statement, sizes, lowest, random)
            return refuted(verdict, small, is_least)
        tried, largest = tried + 1, max([largest, *sizes.values()])
    return amended(verdict, tried=tried, largest=largest) if isinstance(verdict, HoldsForLiterals) else verdict


def candidates(lowest: Sizes, ordered: int, far: int, random: Random, most: int) -> Iterator[tuple[bool, Sizes]]:
    """Yield sizes in the order of their totals, and then random ones."""
    yield from ((True, sizes) for sizes in islice(in_order(lowest), ordered))
    yield from ((False, sizes) for sizes in islice(far_points(lowest, random, most), far))


def volume(statement: Statement, sizes: Mapping[str, int]) -> int:
    """Return how many entries the tensors of a statement and its sides have at some sizes."""
    return sum(volumes(statement, sizes))


def work(statement: Statement, sizes: Mapping[str, int]) -> int:
    """Return a bound on the products that an operation on two tensors computes: the two largest are multiplied out."""
    return prod(sorted(volumes(statement, sizes))[-2:])


def volumes(statement: Statement, sizes: Mapping[str, int]) -> list[int]:
    """Return how many entries each tensor of a statement and each of its sides has at some sizes."""
    known = {s: sizes[s.name] for s in statement.sizes}
    shapes = [d.shape for d in statement.tensors.values()]
    shapes += [side.shape for side in (statement.left, statement.right) if statement.tensors]
    lengths = dict.fromkeys(n for shape in shapes for n in shape)
    try:
        found = {n: max(value_of(n, known.__getitem__), 0) for n in lengths}
        return [prod(found[n] for n in shape) for shape in shapes]
    except UndefinedError:
        return []


def made_small(statement: Statement, sizes: Sizes, lowest: Sizes, random: Random) -> Sizes:
    """Return sizes of a small total at which the sides of a statement still differ."""

    def differs(tried: Sizes) -> bool:
        if not is_inside(statement, tried):
            return False
        found = difference(statement, tried, random)
        return found is not None and found.differs

    changed = True
    while changed:
        changed = False
        for name in sorted(sizes, key=lambda name: -sizes[name]):
            for value in range(lowest[name], sizes[name]):
                if differs(smaller := {**sizes, name: value}):
                    sizes, changed = smaller, True
                    break
    return sizes


def refuted(verdict: Verdict, sizes: Sizes, is_least: bool) -> Refutation:
    """Return the refutation by a difference that the witness has found at some sizes."""
    statement = verdict.statement
    for seed in count():
        scene = scene_at(statement, sizes, Random(seed))
        found = compare_at(statement, scene)
        if found.differs:
            break
    left, right = (() if s is None else s if isinstance(s, tuple) else s.shape for s in (found.left, found.right))
    is_entry = found.kind == "entry"
    given = {name: unwritable(value) for name, value in scene.tensors.items() if name in leaves(statement)}
    return Refutation(
        statement,
        verdict.seconds,
        kind=found.kind,
        least=is_least,
        domain=getattr(verdict, "domain", tuple(dict.fromkeys(statement.conditions))),
        sizes=sizes,
        holds_when=None,
        left_shape=tuple(left),
        right_shape=tuple(right),
        index=found.index,
        values=given if is_entry else {},
        functions={name: sum(c * T**k for k, c in enumerate(p)) for name, p in scene.functions.items()}
        if is_entry
        else {},
        left_value=rounded(found.left) if is_entry else None,
        right_value=rounded(found.right) if is_entry else None,
    )


def leaves(statement: Statement) -> Sequence[str]:
    """Return the names of the tensors with arbitrary entries."""
    return [name for name, declared in statement.tensors.items() if declared.definition is None]
