"""Random pairs of formulas with strides and paddings in them, decided for every stride and by brute force."""

from itertools import product

import numpy as np
import sympy as sp

from cnn_symbolic.expressions.evaluation import evaluate_size
from cnn_symbolic.expressions.formulas import entry, fresh, size, width
from cnn_symbolic.expressions.rules import bracket, delta, divide, floor, maximum, minimum, remainder
from cnn_symbolic.ground.errors import VacuousClaimError
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Undecided
from cnn_symbolic.kernel.trusted.statement import Declaration, Side, Statement
from cnn_symbolic.kernel.trusted.verdicts import Theorem
from tests.support.kernel.attack import Generator, Tally, differ, holds, kernel_alone

M, N, S, P = size("M"), size("N"), size("S"), width("P")
SIZES = (M, N, S, P)
TENSORS = {"a": Declaration((M,)), "b": Declaration((N,)), "c": Declaration((M, N))}
SMALL = sorted(product(range(1, 5), range(1, 4), range(1, 4), range(2)), key=lambda point: (sum(point), point))
LENGTHS = [M, N, floor(divide(M - 1, S)) + 1, S * (N - 1) + 1, floor(divide(M + P, S)) + 1]


class StridedGenerator(Generator):
    """Indices, conditions and bounds as they occur in strided convolutions."""

    def index(self, scope):
        u, v = self.pick(*scope), self.pick(*scope)
        return self.pick(
            u, u, S * u, S * u + v, S * u + v - P, u + v, M - 1 - u, floor(divide(u, S)), floor(divide(u + P, S)),
            remainder(u, S), u + 1, minimum(u, S * v), maximum(S * u - P, sp.S.Zero),
        )  # fmt: skip

    def condition(self, scope):
        u, v = self.pick(*scope), self.pick(*scope)
        return self.pick(
            holds(S * u, "<=", v), holds(S * u + v, "<", M), holds(remainder(u, S), "=", 0), holds(u + P, ">=", S),
            holds(u, "=", S * v), holds(u, "<=", v), holds(M, ">", S * N), holds(remainder(M - 1, S), "!=", 0),
        )  # fmt: skip

    def bounds(self, scope):
        u = self.pick(*scope)
        return self.pick((0, M - 1), (0, N - 1), (0, floor(divide(M - 1, S))), (0, S - 1), (0, u), (0, S * (N - 1)))

    def factor(self, scope):
        name = self.pick("a", "a", "b", "c")
        return entry(name, tuple(self.index(scope) for _ in TENSORS[name].shape))

    def rewritten(self, e, i):
        """A formula that is equal to `e` for all sizes, by rules about division as well."""
        how = self.pick("whole", "remainder", "zero", "plain", "plain")
        if how == "whole":
            return e * bracket(holds(floor(divide(S * i + S - 1, S)), "=", i))
        if how == "remainder":
            return e * bracket(holds(remainder(i, S), "<", S)) + entry("a", (M + remainder(i, S),))
        if how == "zero":
            u = fresh("u")[0]
            extra = sp.Sum(entry("a", (i,)) * delta(S * u, i), (u, 0, M))
            divided = bracket(holds(remainder(i, S), "=", 0)) * entry("a", (i,))
            return e + extra - divided
        return super().rewritten(e, i)


def attack_factors(pairs, seed, until_caught=False):
    """Decide random pairs both ways; the tally counts theorems for every stride apart."""
    tally = Tally()
    generator, random = StridedGenerator(seed), np.random.default_rng(seed)
    for _ in range(pairs):
        i = fresh("i")[0]
        left, right = generator.pair(i)
        length = generator.pick(*LENGTHS)
        statement = Statement(
            Side("left", (length,), left, (holds(length, ">=", 1),)), Side("right", (length,), right), (i,), TENSORS
        )
        try:
            verdict = kernel_alone(statement)
        except VacuousClaimError:
            continue
        if problem := disagreement(statement, verdict, random, tally):
            tally.disagreements.append((problem, left, right, length))
            if until_caught:
                break
    return tally


def disagreement(statement, verdict, random, tally):
    """What is wrong about a verdict, or None."""
    if isinstance(verdict, Undecided):
        tally.verdicts["Undecided"] += 1
        return None
    defined = [p for p in SMALL if evaluate_size(statement.left.shape[0], dict(zip(SIZES, p, strict=True))) >= 1]
    if isinstance(verdict, Theorem | HoldsForLiterals):
        kind = "holds" if isinstance(verdict, HoldsForLiterals) else "Theorem"
        tally.verdicts["every" if "every" in verdict.evidence else kind] += 1
        assert kind == "Theorem" or {1, 2, 3} <= set(verdict.values), "all small sizes are among the literal values"
        wrong = [point for point in defined if differ(statement, point, random, SIZES)]
        return f"{kind} ({verdict.evidence}), but different at {wrong[0]}" if wrong else None
    tally.verdicts["Refutation"] += 1
    found = tuple(verdict.sizes.get(str(size), low) for size, low in zip(SIZES, (1, 1, 1, 0), strict=True))
    if not differ(statement, found, random, SIZES):
        return f"refuted at {found}, but equal there"
    smaller = [p for p in defined if sum(p) < sum(found) and differ(statement, p, random, SIZES)]
    return f"least at {found}, but different at {smaller[0]}" if verdict.least and smaller else None
