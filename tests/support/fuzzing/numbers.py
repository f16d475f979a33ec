"""Verdicts against numbers: both sides of a claim as NumPy computes them at small sizes and at the counterexample."""

import numpy as np
import sympy as sp

from cnn_symbolic import Tensor
from cnn_symbolic.expressions.evaluation import evaluate_size
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.rules import least
from cnn_symbolic.ground.errors import UndefinedError

MOST_ENTRIES = 5000


def disagreement(derivation, random, wanted=3, tries=40):
    """At how many small sizes both sides of a theorem were compared, and how they differ; empty if they agree.

    Of a claim that holds for literal values of its factors, they are compared at these values, and at zero for a width.
    """
    sizes, compared = derivation.statement.sizes, 0
    literal = getattr(derivation.verdict, "values", ())
    listed = {s: [*range(least(s), 1), *literal] for s in sizes if literal and str(s) in derivation.verdict.factors}
    for attempt in range(tries):
        known = {s: random.randint(least(s), 4 if attempt < tries // 2 else 6) for s in sizes}
        known |= {s: random.choice(values) for s, values in listed.items()}
        if attempt == 0:
            known = {s: derivation.verdict.smallest.get(str(s), least(s)) for s in sizes}
        if not holds(derivation.statement, known):
            continue
        shapes = [shape_at(side.shape, known) for side in (derivation.statement.left, derivation.statement.right)]
        if shapes[0] != shapes[1]:
            return compared, f"the shapes differ at {known}"
        if np.prod(shapes[0], dtype=float) > MOST_ENTRIES:
            continue
        if isinstance(derivation.left, Tensor):
            try:
                left, right = evaluated(derivation, known, random)
            except ZeroDivisionError:
                continue
            if not equal(left, right):
                return compared, f"{left.tolist()} is not {right.tolist()} at {known}"
        compared += 1
        if compared == wanted or not sizes:
            break
    return compared, ""


def holds(statement, known):
    """Whether a statement says something at these sizes."""
    return all_hold(statement.conditions, known)


def all_hold(conditions, known):
    """Whether conditions hold at these sizes; none does that divides by less than one."""
    try:
        return all(value_of(c, known.__getitem__) for c in conditions)
    except UndefinedError:
        return False


def shape_at(shape, known):
    return tuple(evaluate_size(n, known) for n in shape)


def completed(derivation, known):
    """The sizes of a claim, and those that only parts of its sides have, on which it does not depend."""
    parts = [*derivation.left.parts(), *derivation.right.parts()]
    others = {s for part in parts for n in part.lengths for s in n.free_symbols} - set(known)
    return known | dict.fromkeys(others, 2)


def evaluated(derivation, known, random):
    """Both sides at random integers, or at positive fractions where functions such as exp are applied."""
    known = completed(derivation, known)
    names = {**derivation.left.names(), **derivation.right.names()}
    formulas = [derivation.left, derivation.right, *names.values()]
    functions = {}
    opaque = {o.name for o in opaque_in(formulas)}
    smooth = bool(opaque & {"exp", "log", "reciprocal"})
    for name in sorted(opaque):
        functions[name] = KNOWN.get(name) or polynomial([random.randint(-3, 3) for _ in range(5)])
    values = {}
    for name, part in names.items():
        shape = shape_at(part.lengths, known)
        if smooth:
            values[name] = np.array([random.uniform(0.5, 1.5) for _ in range(int(np.prod(shape)))]).reshape(shape)
        else:
            numbers = [random.randint(-9, 9) for _ in range(int(np.prod(shape)))]
            values[name] = np.array(numbers, dtype=object).reshape(shape)
    with np.errstate(all="ignore"):
        return tuple(side.evaluate(values, functions, known) for side in (derivation.left, derivation.right))


def opaque_in(tensors):
    """The applied functions in the entry formulas of tensors and of what they are made from."""
    for x in tensors:
        for part in x.parts():
            yield from part.formula(sp.symbols(f"i:{part.rank}", integer=True)).atoms(Opaque)


def polynomial(coefficients):
    """A polynomial and its derivatives, on arrays."""
    found = []
    for _ in range(8):
        found.append(lambda t, c=tuple(coefficients): sum(a * t**k for k, a in enumerate(c)) + 0 * t)
        coefficients = [k * a for k, a in enumerate(coefficients)][1:]
    return found


def reciprocals():
    """The reciprocal and its derivatives."""
    signs = [(-1) ** n * float(np.prod(range(1, n + 1))) for n in range(8)]
    return [lambda t, n=n, s=s: s / np.asarray(t, dtype=float) ** (n + 1) for n, s in enumerate(signs)]


KNOWN = {"exp": [lambda t: np.exp(np.asarray(t, dtype=float))] * 8, "reciprocal": reciprocals()}
KNOWN["log"] = [lambda t: np.log(np.asarray(t, dtype=float)), *KNOWN["reciprocal"]]


def equal(left, right):
    """Whether two arrays are equal, exactly unless they are of floating-point numbers."""
    if left.shape != right.shape:
        return False
    if (
        left.dtype == object
        and right.dtype == object
        and not any(isinstance(v, float) for v in [*left.flat, *right.flat])
    ):
        return bool((left == right).all())
    return bool(np.allclose(left.astype(float), right.astype(float), rtol=1e-6, atol=1e-9, equal_nan=True))


def not_a_counterexample(derivation, verdict):
    """Why a counterexample is none; empty if it is one."""
    statement = derivation.statement
    known = {s: verdict.sizes[str(s)] for s in statement.sizes}
    if not holds(statement, known):
        return f"its sizes {known} are not those of the claim"
    sides = statement.left, statement.right
    if verdict.kind == "defined":
        return "both sides are defined" if all_hold([r for side in sides for r in side.conditions], known) else ""
    left_shape, right_shape = (shape_at(side.shape, known) for side in sides)
    if verdict.kind == "shape":
        return "" if left_shape != right_shape else "the shapes agree"
    if set(verdict.values) and not {o.name for o in opaque_in([derivation.left, derivation.right])} & set(KNOWN):
        functions = {n: polynomial([int(c) for c in sp.Poly(p, sp.Symbol("t")).all_coeffs()[::-1]]) for n, p in
                     verdict.functions.items()}  # fmt: skip
        known = completed(derivation, known)
        left, right = (x.evaluate(verdict.values, functions, known) for x in (derivation.left, derivation.right))
        if equal(left, right):
            return f"both sides are {left.tolist()}"
        if np.size(verdict.left_value) == left.size and not equal(left, np.asarray(verdict.left_value)):
            return f"the left side is {left.tolist()}, not {verdict.left_value}"
    return ""
