"""Random pairs of small entry formulas, decided by the kernel and by brute force over all small sizes.

The kernel decides alone, without the third witness that examines its verdicts afterwards.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.evaluation import Values, evaluate_formula, evaluate_size
from cnn_symbolic.expressions.formulas import entry, fresh, size
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.rules import bracket, compare, delta, divide, floor, negation, remainder
from cnn_symbolic.kernel.search.decide import decide_factors
from cnn_symbolic.kernel.search.refuting import decide_affine
from cnn_symbolic.kernel.search.verdicts import Undecided
from cnn_symbolic.kernel.trusted.statement import Declaration, Side, Statement
from cnn_symbolic.kernel.trusted.verdicts import Reason, Theorem

M, N = SIZES = size("M"), size("N")
TENSORS = {"a": Declaration((M,)), "b": Declaration((N,)), "c": Declaration((M, N))}
SMALL = sorted(product(range(1, 5), repeat=2), key=lambda pair: (sum(pair), pair))
LENGTHS = [M, N, M + N - 1, sp.Integer(3), floor((M + 1) / sp.Integer(2))]


def holds(a, sign, b):
    """The condition that two expressions or integers compare so."""
    return compare(sign, sp.S(a), sp.S(b))


def kernel_alone(statement):
    """The verdict before the third witness has looked at it."""
    verdict = decide_affine(statement)
    if isinstance(verdict, Undecided) and verdict.reason is Reason.NOT_AFFINE:
        return decide_factors(statement, verdict, ())
    return verdict


class Generator:
    """Builds random formulas, and equal ones by rewriting."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def pick(self, *options):
        return options[self.random.integers(len(options))]

    def chance(self, probability):
        return self.random.random() < probability

    def index(self, scope):
        u, v = self.pick(*scope), self.pick(*scope)
        return self.pick(u, u, u + 1, u + v, u - v, M - 1 - u, N - 1 - u, 2 * u, u - N + 1, floor(u / sp.Integer(2)))

    def condition(self, scope):
        u, v = self.pick(*scope), self.pick(*scope)
        even = holds(remainder(u, sp.Integer(2)), "=", 0)
        others = (holds(u, "!=", v), holds(u + v, ">=", M), holds(M, ">", N))
        return self.pick(holds(u, "<=", v), holds(u, "<", N), even, *others)

    def bounds(self, scope):
        u = self.pick(*scope)
        return self.pick((0, M - 1), (0, M - 1), (0, N - 1), (0, u), (u, M - 1), (1, N - 2), (0, 1), (u, u + N - 1))

    def factor(self, scope):
        name = self.pick("a", "a", "b", "c")
        return entry(name, tuple(self.index(scope) for _ in TENSORS[name].shape))

    def term(self, i):
        bound = fresh("uv"[: self.pick(0, 1, 1, 2)])
        scope, limits = [i], []
        for u in bound:
            limits.append((u, *self.bounds(scope)))
            scope.append(u)
        factors = [self.factor(scope) for _ in range(self.pick(1, 1, 2, 2, 3))]
        if self.chance(0.1):
            factors = factors[:1] * 2
        if self.chance(0.3):
            factors.append(bracket(self.condition(scope)))
        if self.chance(0.15):
            factors.append(delta(self.index(scope), self.index(scope)))
        if self.chance(0.15):
            factors.append(self.pick(M, N, divide(sp.S.One, M), M - N))
        number = self.pick(1, 1, 1, -1, 2, sp.Rational(1, 2), sp.Rational(-2, 3))
        body = number * sp.Mul(*factors)
        return sp.Sum(body, *reversed(limits)) if limits else body

    def formula(self, i):
        return sp.Add(*(self.term(i) for _ in range(self.pick(1, 1, 2))))

    def rewritten(self, e, i):
        """A formula that is equal to `e` for all sizes, written differently."""
        how = self.pick("reverse", "split", "halves", "cancel", "support", "shift")
        if how == "split":
            condition = self.condition([i])
            return bracket(condition) * e + bracket(negation(condition)) * e
        if how == "halves":
            return e / 3 + sp.Rational(2, 3) * e
        if how == "cancel":
            extra = self.term(i)
            return e + extra - self.reversed(extra)
        if how == "support":
            return e * bracket(holds(i, ">=", 0)) + entry("a", (i + M,)) + entry("b", (-1 - i,))
        return self.reversed(e) if how == "reverse" else self.shifted(e)

    def reversed(self, e):
        """The same sums, run backwards."""
        if isinstance(e, sp.Add):
            return sp.Add(*(self.reversed(part) for part in e.args))
        if not isinstance(e, sp.Sum):
            return e
        *inner, (u, low, high) = e.limits
        back = {u: low + high - u}
        rest = [(v, sp.sympify(a).xreplace(back), sp.sympify(b).xreplace(back)) for v, a, b in inner]
        return sp.Sum(e.function.xreplace(back), *rest, (u, low, high))

    def shifted(self, e):
        """The same sums, their outermost index moved by two."""
        if isinstance(e, sp.Add):
            return sp.Add(*(self.shifted(part) for part in e.args))
        if not isinstance(e, sp.Sum):
            return e
        *inner, (u, low, high) = e.limits
        moved = {u: u - 2}
        rest = [(v, sp.sympify(a).xreplace(moved), sp.sympify(b).xreplace(moved)) for v, a, b in inner]
        return sp.Sum(e.function.xreplace(moved), *rest, (u, low + 2, high + 2))

    def mutated(self, e):
        """A small change, which need not make a difference."""
        numbers = sorted(e.atoms(sp.Indexed), key=str)
        if not numbers or self.chance(0.3):
            return self.pick(2 * e, -e, e * sp.Rational(2, 3))
        at = self.pick(*numbers)
        k = self.random.integers(len(at.indices))
        moved = [x + (1 if n == k else 0) for n, x in enumerate(at.indices)]
        return e.xreplace({at: at.func(at.base, *moved)})

    def pair(self, i):
        left = self.formula(i)
        if self.chance(0.2):
            return left, self.formula(i)
        right = self.rewritten(left, i)
        if self.chance(0.3):
            right = self.rewritten(right, i)
        return left, (self.mutated(right) if self.chance(0.4) else right)


def make_statement(left, right, i, length):
    """The statement that two formulas are equal for 0 ≤ i < length."""
    return Statement(Side("left", (length,), left, ()), Side("right", (length,), right, ()), (i,), TENSORS)


def differ(statement, point, random, sizes=SIZES):
    """Whether both sides differ at the given sizes, by two evaluations at large random integers."""
    known = dict(zip(sizes, point, strict=True))
    length = [evaluate_size(statement.left.shape[0], known)]
    for _ in range(2):
        arrays = {
            name: random.integers(1, 2**31, [evaluate_size(n, known) for n in d.shape]).astype(object)
            for name, d in statement.tensors.items()
        }
        values = Values(known, arrays, {}, object)
        left, right = (evaluate_formula(s.formula, statement.index, length, values) for s in two(statement))
        if (left != right).any():
            return True
    return False


def two(statement):
    return statement.left, statement.right


@dataclass
class Tally:
    """What an attack found."""

    verdicts: Counter = field(default_factory=Counter)
    undecided: Counter = field(default_factory=Counter)
    disagreements: list = field(default_factory=list)


def statements(pairs, seed):
    """Yield the statements of random pairs."""
    generator = Generator(seed)
    for _ in range(pairs):
        i = fresh("i")[0]
        left, right = generator.pair(i)
        yield make_statement(left, right, i, generator.pick(*LENGTHS))


def attack(pairs, seed, until_caught=False):
    """Decide random pairs both ways, and return what was found; `until_caught` stops at a disagreement."""
    tally = Tally()
    random = np.random.default_rng(seed)
    for statement in statements(pairs, seed):
        if problem := disagreement(statement, kernel_alone(statement), random, tally):
            tally.disagreements.append((problem, statement.left.formula, statement.right.formula))
            if until_caught:
                break
    return tally


def disagreement(statement, verdict, random, tally):
    """What is wrong about a verdict, or None."""
    tally.verdicts[type(verdict).__name__] += 1
    if isinstance(verdict, Undecided):
        tally.undecided[verdict.reason] += 1
        return None
    if isinstance(verdict, Theorem):
        wrong = [pair for pair in SMALL if differ(statement, pair, random)]
        return f"proved, but different at {wrong[0]}" if wrong else None
    found = (verdict.sizes.get("M", 1), verdict.sizes.get("N", 1))
    if not differ(statement, found, random):
        return f"refuted at {found}, but equal there"
    smaller = [pair for pair in SMALL if sum(pair) < sum(found) and differ(statement, pair, random)]
    if smaller:
        return f"refuted at {found}, but different at {smaller[0]} already"
    return wrong_condition(statement, verdict, random)


def wrong_condition(statement, refutation, random):
    """Where the weakest assumption and brute force contradict each other, or None."""
    if refutation.holds_when is None:
        return None
    for pair in SMALL:
        sizes = dict(zip("MN", pair, strict=True))
        if value_of(refutation.holds_when, lambda size, at=sizes: at[str(size)]) == differ(statement, pair, random):
            return f"holds when {refutation.holds_when}, they say, which is wrong at {pair}"
    return None
