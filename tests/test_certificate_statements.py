"""The statements of certificates say what the claims say: Coq and NumPy compute the same from both, in numbers.

Coq evaluates the definitions of a statement over the integers, over the rationals where reciprocals occur, and over
numbers a + b·ε with ε² = 0 where a gradient is not affine. NumPy evaluates the kernel's statement. For a gradient, what
Coq computes is the functional where the tensor has grown by t at one entry, less the functional, and what NumPy
computes is the kernel's derivative. All of this is one run of Coq.
"""

import random
import re
import subprocess
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
import sympy as sp

from cnn_symbolic import (
    And,
    Iverson,
    Ne,
    Not,
    Or,
    Rational,
    apply,
    broadcast,
    ceiling,
    claim,
    convolve,
    correlate,
    from_entries,
    gradient,
    maximum,
    minimum,
    named,
    ones,
    pad,
    scalar,
    shape,
    sizes,
    sum_axes,
    tensor,
    transpose,
    where,
    widths,
)
from cnn_symbolic.certificates import compiling, expressions, integers, statements
from cnn_symbolic.certificates.certificate import NotCertified
from cnn_symbolic.certificates.expressions import Guard, Sum, Translator, Writer
from cnn_symbolic.certificates.statements import Proposition, proposition
from cnn_symbolic.certificates.terms import next_function
from cnn_symbolic.derivation import Derivation
from cnn_symbolic.errors import UndefinedError
from cnn_symbolic.evaluation import Values, evaluate_formula
from cnn_symbolic.expressions.heads import AtLeast, Ceiling, Equal, Floor, Remainder, divisors
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.rules import all_of, bracket, least
from cnn_symbolic.expressions.values import plain
from cnn_symbolic.formulas import Opaque, fresh
from cnn_symbolic.kernel.replay import T, all_formulas, derivatives
from cnn_symbolic.library.loading import load_text
from tests.support.bundle import derivations
from tests.support.certificates import needs_coq
from tests.support.written_claims import WRITTEN

# Claims of the bundle with formulas of every kind: what is special about each.
CHOSEN = {
    "derived_shapes_1": "a shape of a group of maps",
    "parameters.instances_1": "fixed numbers only",
    "positions_3": "a bracket with a quotient",
    "same_convolution": "mode same",
    "shifted_input": "a shift",
    "equal_underlays": "entries read at shifted places",
    "bias_gradient_components": "a function of what is differentiated",
    "bias_gradient_is_sum": "a bias with axes of length one",
    "input_gradient_components": "brackets",
    "weight_gradient": "a cotangent made by a function",
    "starting_position": "no index",
    "consecutive_updates_5": "a scalar",
    "filters": "a bank of filters",
    "first_activations": "the gradient by an intermediate result",
    "same_input_gradient": "a fixed size of the overlay",
    "flat_inputs": "a matrix",
    "quadratic_cost_gradient": "a literal reciprocal, and a square",
    "regularised_weight_gradient": "two paths to the tensor, a scalar, a square",
    "softmax_gradient": "known functions, targets that add up to one",
    "probabilities_sum": "functions of an intermediate result without axes",
    "appendix_a.printed_arrays_1": "fixed arrays",
    "appendix_b.printed_arrays_4": "fixed arrays, brackets",
    "positions": "two quotients",
    "dilated_overlay": "a dilation",
    "same_sizes_1": "a maximum, a ceiling",
    "dropped": "a case distinction, a minimum",
    "starts_inside": "ceilings in an assumption",
    "at_most_one_more": "all of them",
    "adjoint.adjoint": "strides, dilations, remainders",
    "bias_gradient_1": "a stride",
    "convolved_1": "remainders",
    "gathered": "a condition on a remainder",
    "weight_gradient_1": "a stride in a gradient",
    "through_the_input": "a gradient whose cotangent is a gradient",
    "weights_through_the_input": "a gradient whose cotangent is a gradient, by the weights",
    "group_input_gradient": "groups",
    "depthwise_weight_gradient": "groups of one channel",
    "padded_5": "padding at one side",
    "padded_6": "padding at one side, remainders",
    "recovered": "a remainder in a shape",
    "only_one": "a remainder with an assumption",
    "transposed_convolution_1": "a transposed convolution",
    "gradient_of_fold": "a fold",
    "counts": "a fold of ones",
    "merged": "axes merged",
    "average_pool.backward_1": "reciprocals of sizes",
    "backward_3": "a function, ceil mode",
    "real_cells": "cells counted",
    "clipped_cells": "cells counted in ceil mode",
    "max_pool.backward_2": "a selection in ceil mode",
    "sums_of_copies": "upsampling",
}  # fmt: skip
SAMPLES, MORE_SAMPLES, POINTS, TRIES, SEED = 2, 6, 5, 6000, 4
MOST_ENTRIES, MOST_COST = 120, 4000
SECONDS = 600
MODULUS, SHIFT = 11, 4
W = sp.Symbol("W", integer=True)
HEADER = f"""\
From CnnSymbolic Require Import Counterexamples.
Open Scope Z_scope.
Definition hash (seed : Z) (index : list Z) : Z :=
  (fold_left (fun h i => (7 * h + 3 * i + 1) mod 1009) index seed mod {MODULUS} - {SHIFT})%Z.
Definition filled {{R : ring}} (seed : Z) : tensor R := fun index => integer (hash seed index).
Definition number_of (x : integers) : list Z := [x; 1]%Z.
Definition fraction_of (x : rationals) : list Z := let q := this x in [Qnum q; Zpos (Qden q)].
Ltac truth P := first [
  assert_succeeds (assert P by by_numbers); exact true |
  assert_succeeds (assert (~ P) by by_numbers); exact false ].
"""


def hashed(seed, shape):
    """The entries of `filled seed` inside of a shape; outside, Coq has others, which are not to be read."""
    made = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        h = seed
        for i in index:
            h = (7 * h + 3 * i + 1) % 1009
        made[index] = h % MODULUS - SHIFT
    return made


def at_samples(formula, values, count):
    """A formula of sizes, computed for many values of them at once."""
    (sample,) = fresh("s")
    return evaluate_formula(sp.sympify(formula), [sample], [count], Values(values, {}))


def where_defined(parts, values):
    """The samples at which all sizes that are divided by are at least one."""
    found = {size: np.array(numbers) for size, numbers in values.items()}
    for part in parts:
        for divisor in reversed(list(divisors(part))):  # those in divisors first
            if divisor.free_symbols <= found.keys():
                count = len(next(iter(found.values())))
                positive = at_samples(divisor, found, count) >= 1
                found = {size: numbers[positive] for size, numbers in found.items()}
    return found


def sampled(claim, count, rng, assumed=True):
    """Sizes at which what is assumed holds (or does not), small enough to compute everything."""
    sizes = list(claim.sizes)
    if not sizes:
        return [{}]
    kernel = claim.statement
    low = np.array([least(size) for size in sizes])
    drawn = low + rng.choice(4, p=[0.4, 0.3, 0.2, 0.1], size=(TRIES, len(sizes)))
    values = {size: drawn[:, k] for k, size in enumerate(sizes)}
    if not assumed:
        wrong = (row for row in drawn if not is_true(kernel.conditions, dict(zip(sizes, map(int, row), strict=True))))
        return [dict(zip(sizes, map(int, row), strict=True)) for row in islice(wrong, count)]
    sides = [part for side in (kernel.left, kernel.right) for part in (*side.shape, side.formula)]
    values = where_defined([*kernel.conditions, *sides], values)
    holds = at_samples(bracket(all_of(*kernel.conditions)), values, len(values[sizes[0]])) == 1
    values = {size: numbers[holds] for size, numbers in values.items()}
    drawn, tries = np.stack(list(values.values()), axis=1), int(holds.sum())
    lengths = [[at_samples(n, values, tries) for n in d.shape] for d in kernel.tensors.values()]
    entries = np.max([np.prod([*axes, np.ones(tries)], axis=0) for axes in lengths] or [np.ones(tries)], axis=0)
    cost = np.prod(np.maximum(drawn, 1), axis=1)
    chosen = np.flatnonzero((entries <= MOST_ENTRIES) & (cost <= MOST_COST))
    assert len(chosen) >= 1, claim.title
    varied = sorted(chosen[:200], key=lambda k: -len(set(drawn[k])) - np.log2(cost[k]) / 8)
    return [{s: int(v[k]) for s, v in values.items()} for k in varied[:count]]


def is_true(conditions, sizes):
    """Whether conditions hold at some sizes; where a divisor is less than one, not all of them do."""
    try:
        return all(value_of(holds, sizes.__getitem__) for holds in conditions)
    except UndefinedError:
        return False


@dataclass
class Case:
    """A statement in Coq at some sizes, the kernel's statement in numbers, and what Coq has to print of it."""

    label: str
    claim: Proposition
    module: str
    sizes: dict
    seed: int

    def __post_init__(self):
        rng = np.random.default_rng(self.seed)
        claim, kernel = self.claim, self.claim.statement
        formulas = all_formulas(kernel)
        orders = {}
        for name, order in (*claim.functions, *((o.name, o.order) for e in formulas for o in e.atoms(Opaque))):
            orders[name] = max(order, orders.get(name, 0))
        self.polynomials = {n: [int(c) for c in rng.integers(-2, 4, 3)] for n in sorted(orders)}
        made = {n: sum(c * T**k for k, c in enumerate(p)) for n, p in self.polynomials.items()}
        self.derived = {n: [sp.Poly(sp.diff(p, T, k), T) for k in range(orders[n] + 2)] for n, p in made.items()}
        if "exp" in made:
            self.derived["exp"] = [sp.Poly(made["exp"], T)]
        functions = {
            n: [derivatives({n: p.as_expr()})[n][0] if not p.is_ground else constant(int(p.as_expr())) for p in of]
            for n, of in self.derived.items()
        }
        self.arrays = {}
        self.values = Values(self.sizes, self.arrays, functions, object)
        for k, (name, declared) in enumerate(kernel.tensors.items()):
            shape = [self.number(n) for n in declared.shape]
            if declared.definition is None:
                self.arrays[name] = hashed(self.tensor_seed(k), shape)
            else:
                made = evaluate_formula(declared.definition, declared.index, shape, self.values)
                self.arrays[name] = made.astype(object)
        self.shape = [self.number(n) for n in kernel.left.shape]
        # Where a divisor depends on an index, Coq divides by zero too, and NumPy does not.
        by_index = any(not b.free_symbols <= set(claim.sizes) for b in claim.divisors)
        self.points = [] if claim.is_shape or by_index else list(np.ndindex(*self.shape))
        if len(self.points) > POINTS:
            self.points = [self.points[k] for k in sorted(rng.choice(len(self.points), POINTS, replace=False))]
        self.exact = all(Fraction(v).denominator == 1 for a in self.arrays.values() for v in a.flat)

    def tensor_seed(self, k):
        return 13 * self.seed + 5 * k + 1

    def number(self, n):
        return int(evaluate_formula(sp.sympify(n), [], [], Values(self.sizes, {})))

    @property
    def rational(self):
        return self.claim.has_inverses or not self.exact

    @property
    def dual(self):
        return self.claim.wrt is not None and not self.claim.is_affine

    @property
    def ring(self):
        base = "rationals" if self.rational else "integers"
        return f"(duals {base})" if self.dual else base

    def operands(self):
        """What Coq is given for the tensors, functions and reciprocals."""
        kernel = self.claim.statement
        positions = {name: k for k, name in enumerate(kernel.tensors)}
        for name in self.claim.tensors:
            if kernel.tensors[name].definition is None:
                yield f"(filled {self.tensor_seed(positions[name])})"
            else:
                array = self.arrays[name]
                yield f"(entries {listed(array.shape)} {self.entries(array)})"
        base = "rationals" if self.rational else "integers"
        for key in self.claim.functions:
            text = self.polynomial(*key, base)
            if self.dual:
                slope = next_function(*key)
                yield f"(lift {text} {self.polynomial(*slope, base)})"
            else:
                yield text
        if self.claim.has_inverses:
            yield "(fun n => constant (reciprocal n))" if self.dual else "reciprocal"

    def polynomial(self, name, order, base):
        coefficients = self.derived[name][order].all_coeffs()[::-1] if name in self.derived else [0]
        return f"(@polynomial {base} {listed(int(c) for c in coefficients)})"

    def entries(self, array):
        numbers = [Fraction(v) for v in array.flat]
        if not self.rational:
            return f"(map integer {listed(n.numerator for n in numbers)})"
        made = "(fun q => constant (fraction q))" if self.dual else "fraction"
        return f"(map {made} [{'; '.join(f'({n.numerator}) # {n.denominator}' for n in numbers)}]%Q)"

    def computed(self):
        """The definitions whose values Coq is to print: the lengths, then both sides of some entries."""
        claim, given = self.claim, " ".join(f"({v})" for v in self.sizes.values())
        lengths = [re.fullmatch(r"\(0 <= k\d+ < (.*)\)", bound)[1] for bound in claim.within]
        binder = f"fun {' '.join(claim.sizes.values())} : Z => " if claim.sizes else ""
        written = "; ".join(f"({n})%Z" for n in lengths)
        yield f"(({binder}[{written}] : list Z){' ' if given else ''}{given})"
        before, after = (
            f"{self.module}.{name} {self.ring} {given} {' '.join(self.operands())}" for name in claim.names
        )
        shown = "fraction_of" if self.rational else "number_of"
        shown = f"(fun x => {shown} (snd x))" if self.dual else shown
        for index in self.points:
            place = " ".join(f"({i})" for i in index)
            left = f"({before} {place})"
            if claim.wrt:
                x = list(self.operands())[list(claim.tensors).index(claim.wrt)]
                step = "infinitesimal" if self.dual else "one"
                bumped = f"(bump {x} [{'; '.join(map(str, index))}] {step})"
                left = f"(sub ({before} {bumped}) ({before} {x}))"
            for side in (left, f"({after} {place})"):
                # Over a + b·ε, what is compared with the right side is b of the difference and a of the right side.
                yield f"({shown if side is left or not self.dual else shown.replace('snd', 'fst')} {side})"

    def expected(self):
        """What NumPy computes."""
        yield self.shape
        kernel = self.claim.statement
        sides = []
        for side in (kernel.left, kernel.right) if self.points else ():
            sides.append(evaluate_formula(side.formula, kernel.index, self.shape, self.values))
        for index in self.points:
            for array in sides:
                value = Fraction(array[index])
                yield [value.numerator, value.denominator]


def constant(value):
    """A constant function on arrays."""
    return lambda array: np.full(np.shape(array), value, dtype=object)


def listed(numbers):
    """Numbers as a list of Coq's."""
    return f"[{'; '.join(str(n) if n >= 0 else f'({n})' for n in numbers)}]%Z"


@pytest.fixture
def printed(coq, tmp_path):
    """What Coq prints of a text."""

    def of(text):
        file = tmp_path / "Numbers_of_claims.v"
        file.write_text(text, encoding="utf-8")
        found, library = coq
        options = [*compiling.OPTIONS, "-Q", str(library.folder), "CnnSymbolic"]
        done = subprocess.run([found.path, *options, str(file)], capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return of


def conditions_of(claim):
    """What is assumed, and what has to hold of the shapes, as Coq says it and as conditions."""
    kernel = claim.statement
    assumed = [AtLeast(size, least(size)) for size in claim.sizes]
    assumed += [
        *kernel.assumptions,
        *(kernel.subject.requirements or ()),
        *kernel.subject.divisors,
        *kernel.left.divisors,
    ]
    defined = [Equal(a, b) for a, b in zip(kernel.left.shape, kernel.right.shape, strict=True)]
    defined += [*(kernel.right.requirements or ()), *kernel.right.divisors]
    parts = [part for side in (kernel.left, kernel.right) for part in (*side.shape, *side.conditions, side.formula)]
    defined += [
        AtLeast(b, 1)
        for part in (*parts, *kernel.assumptions)
        for b in divisors(part)
        if b.free_symbols <= set(claim.sizes)
    ]
    return (claim.assumed, assumed), (claim.defined, defined)


def truths(claim, seed, count):
    """Propositions on numbers, as text of Coq, with whether they hold: at sizes that are assumed, and at others."""
    rng = np.random.default_rng(seed)
    found = [*sampled(claim, count, rng), *sampled(claim, 2 * count, rng, assumed=False)]
    below = dict(found[0])
    if below:
        first = random.Random(seed).choice(list(below))
        below[first] = least(first) - 1
    for values in found:
        for stated, meant in conditions_of(claim):
            yield applied(claim, statements.joined(stated), values), is_true(meant, values)
    if below:
        yield applied(claim, statements.joined(claim.assumed), below), False


def applied(claim, text, values):
    """A proposition at some sizes."""
    binder = f"fun {' '.join(claim.sizes.values())} : Z => " if claim.sizes else ""
    return f"(({binder}({text})%Z) {' '.join(f'({v})' for v in values.values())})"


@dataclass
class Written:
    """What is put to Coq about a claim: the statement in a module of its own, and the numbers with what they are."""

    label: str
    module: str
    cases: list
    conditions: list
    refuted: bool = False

    def __post_init__(self):
        claim = self.cases[0].claim
        self.text = f"Module {self.module}.\n{claim.refuted_text if self.refuted else claim.text}End {self.module}."
        self.numbers = [f"([{'; '.join(case.computed())}] : list (list Z))" for case in self.cases]


def text_of(written):
    """The text of a file that prints the numbers of all claims, and which of the propositions hold."""
    lines = [HEADER]
    for one in written:
        lines += [one.text, *(f"Eval vm_compute in {numbers}." for numbers in one.numbers)]
        lines += [f"Eval compute in (ltac:(truth {text}) : bool)." for text, _ in one.conditions]
    return "\n".join(lines) + "\n"


def answers(printed):
    """What Coq prints, as lists of lists of integers, or as truth values."""
    for part in re.findall(r"= (.*?)\s+: (?:list \(list Z\)|bool)\n", printed, re.DOTALL):
        if part in ("true", "false"):
            yield part == "true"
        else:
            yield [[int(n) for n in re.findall(r"-?\d+", row)] for row in re.findall(r"\[([^\[\]]*)\]", part)]


def differences(written, printed):
    """The labels of claims of which Coq and NumPy do not compute the same, and where."""
    numbers = answers(printed(text_of(written)))
    found = {}
    for one in written:
        for case in one.cases:
            if list(case.expected()) != next(numbers):
                found.setdefault(one.label, []).append(case.sizes)
        for text, holds in one.conditions:
            if holds != next(numbers):
                found.setdefault(one.label, []).append(text)
    assert next(numbers, None) is None
    return found


def put(label, derivation, count=1, refuted=False):
    """A claim as it is put to Coq, at so many sizes."""
    claim = proposition(derivation)
    rng = np.random.default_rng(SEED)
    module = f"S_{re.sub(r'[^A-Za-z0-9]', '_', label)}"
    cases = [Case(label, claim, module, values, SEED + k) for k, values in enumerate(sampled(claim, count, rng))]
    return Written(label, module, cases, list(truths(claim, SEED, count)), refuted)


def unusual():
    """Claims that are unusual in what they are made of, or in what it is called."""
    M, N, I, S = sizes("M N I S")
    (P,) = widths("P")
    x, y, w, g = (tensor(n, name=name) for n, name in ((M, "x"), (M, "y"), (I, "w"), (M, "g")))
    u, v = tensor(M, N, name="u"), tensor(N, M, name="v")
    z, square = named("z", 2 * x), named("q", 3 * u)
    by_cases = where(Or(M > S, M != 2), M, where(M == S, S, 7))
    s, total = scalar("s"), sum_axes(x, axes=(0,))
    t = sizes("t R k1 i_u n_M forall x1")
    called = [tensor(n, name=name) for n, name in zip(t, ("x", "t", "R", "k1", "i_u", "inverse", "x2"), strict=True)]
    names = ("δ", "delta", "delta_2", "w", "t_w", "W", "w′", "w_prime", "*)", '"', "∂C/∂w")
    alike = [tensor(M, name=name) for name in names]
    cases = {
        "full_correlation": correlate(x, w, mode="full") == convolve(x, w, mode="full"),
        "full_correlation_valid": correlate(x, w) == convolve(x, w),
        "negative quotient": from_entries((M,), lambda i: x[(i - M) // S + M], using=[x]) == x,
        "negative remainder": from_entries((M,), lambda i: x[(i - I) % S], using=[x]) == x,
        "ceilings": shape(tensor(ceiling(M / S) + M // 2, name="x")) == (M,),
        "least and greatest": shape(tensor(minimum(M, S, 2) + maximum(M - 1, S, 2), name="x")) == (M,),
        "cases": shape(x) == (by_cases,),
        "brackets": from_entries((M,), lambda i: Iverson(And(i <= 1, Or(i > 0, Ne(M, 2)))) * x[i], using=[x]) == x,
        "fractions in brackets": from_entries((M,), lambda i: Iverson(i / S <= Rational(1, 2)) * x[i], using=[x]) == x,
        "turned": transpose(u) == v,
        "definition turned": transpose(square) == 3 * transpose(u) + v,
        "a wrong shape": pad(x, widths=((P, 1),)) == x,
        "padded": pad(x, widths=((P, 1),)) == pad(x, widths=((1, P),)),
        "powers": M**2 * x / S**2 + from_entries((M,), lambda i: x[i] ** 3, using=[x]) == Rational(-3, 4) * x / M,
        "names": sum(alike[1:], alike[0]) == 2 * alike[0] + alike[-1],
        "names of Coq": [2 * one == one * one for one in called],
        "two paths": gradient(z * x, wrt=x, cotangent=ones(M)) == 4 * x,
        "what arrives depends on the tensor": gradient(x * y, wrt=x, cotangent=x) == x * y,
        "what arrives is squared": gradient(x * x, wrt=x, cotangent=x) == 2 * x * x,
        "by an intermediate result": gradient(z * x, wrt=z, cotangent=z) == z * x,
        "by the output": gradient(z, wrt=z, cotangent=g) == g,
        "by a scalar": gradient(s * s * x, wrt=s, cotangent=y) == 2 * s * sum_axes(x * y, axes=(0,)),
        "second derivative": gradient(apply(x, function="σ", order=1) * x, wrt=x, cotangent=apply(x, function="σ"))
        == apply(x, function="σ") * (apply(x, function="σ", order=2) * x + apply(x, function="σ", order=1)),
        "known functions": gradient(apply(x, function="log") * apply(x, function="exp"), wrt=x, cotangent=g) == g,
        "a function of an intermediate result": apply(z, function="σ") == apply(x, function="σ") + z,
        "a square of a sum": gradient(total * total, wrt=x, cotangent=ones()) == 2 * broadcast(total, shape=(M,)),
        "sums in sums": from_entries(
            (M,),
            lambda i: sp.Sum(plain(x[W]) * sp.Sum(plain(y[W]), (W, W, plain(i))), (W, 0, W + 1), (W, 0, plain(i))),
            using=[x, y],
        )
        == x,
    }
    made = {}
    for label, equations in cases.items():
        for k, equation in enumerate(equations if isinstance(equations, list) else [equations]):
            made[f"{label}{k or ''}"] = claim(equation)
    conditions = [Or(M >= S, Ne(M % 2, 1)), Ne(S, 3), Not(And(M > 3, S <= 1))]
    made["assumed"] = claim(x == x, assuming=conditions)
    made["nearly equal"] = claim(x == x, assuming=[M >= S, M <= S + 1])
    return made


def of_the_bundle():
    """The chosen claims of the bundle."""
    return {c.id: c.derivation for c in derivations() if c.id in CHOSEN}


def given_as_text():
    """The claims that are given as text, if they are about tensors or shapes, and whether each is refuted."""
    found = {}
    for written in WRITTEN:
        if written.verdict != "undecided":
            (one,) = load_text(written.text, "claims.txt")
            found[written.sides.__name__] = one.derivation, written.verdict == "refuted"
    return {name: (made, wrong) for name, (made, wrong) in found.items() if isinstance(made, Derivation)}


@pytest.fixture(autouse=True)
def undecided(monkeypatch):
    """No claim is decided: a statement does not depend on the verdict, but for the entries that are read inside."""
    monkeypatch.setattr(Derivation, "claim_verdict", None)


@needs_coq
def test_coq_and_numpy_compute_the_same_from_a_statement(printed):
    bundled, given = of_the_bundle(), given_as_text()
    assert set(bundled) == set(CHOSEN)
    written, without = [put(label, derivation, SAMPLES) for label, derivation in (bundled | unusual()).items()], []
    for label, (derivation, refuted) in given.items():
        try:
            written.append(put(label, derivation, refuted=refuted))
        except NotCertified:
            without.append(label)
    assert differences(written, printed) == {}
    assert without == []
    holds = Counter(holds for one in written for _, holds in one.conditions)
    assert min(holds.values()) >= 150
    assert sum(len(case.points) for one in written for case in one.cases) >= 500


# Bugs planted in what makes the statements, each with the claims that show it.


def late_end(monkeypatch):
    """A sum runs one too far."""
    made = Translator.sum

    def wrong(self, e):
        found = made(self, e)
        return Sum(found.index, found.low, found.high + 1, found.body) if isinstance(found, Sum) else found

    monkeypatch.setattr(Translator, "sum", wrong)


def early_start(monkeypatch):
    """A sum starts one too early."""
    made = Translator.sum

    def wrong(self, e):
        found = made(self, e)
        return Sum(found.index, found.low - 1, found.high, found.body) if isinstance(found, Sum) else found

    monkeypatch.setattr(Translator, "sum", wrong)


def replacing(name, old, new, module=expressions):
    """A function that writes integers or conditions writes something else for a sign or word."""

    def plant(monkeypatch):
        made = getattr(integers, name)
        for place in (integers, module):
            monkeypatch.setattr(place, name, lambda *given: made(*given).replace(old, new))

    return plant


def rounded_towards_zero(monkeypatch):
    """A quotient is rounded towards zero."""
    replacing("integer_text", " / ", " ÷ ")(monkeypatch)


def remainder_of_the_dividend(monkeypatch):
    """A remainder has the sign of the dividend."""
    made = integers.integer_text

    def wrong(e, names):
        if isinstance(e, Remainder):
            return f"(Z.rem {wrong(e.args[0], names)} {wrong(e.args[1], names)})"
        return made(e, names)

    monkeypatch.setattr(integers, "integer_text", wrong)
    monkeypatch.setattr(expressions, "integer_text", wrong)


def rounded_down(monkeypatch):
    """⌈ ⌉ is read as ⌊ ⌋."""
    made = integers.integer_text

    def wrong(e, names):
        return made(Floor(e.args[0]), names) if isinstance(e, Ceiling) else made(e, names)

    for place in (integers, expressions, statements):
        monkeypatch.setattr(place, "integer_text", wrong)


def greatest_for_least(monkeypatch):
    """The minimum is read as the maximum."""
    for place in (integers, expressions, statements):
        made = place.integer_text
        monkeypatch.setattr(place, "integer_text", lambda *given, made=made: made(*given).replace("Z.min", "Z.max"))


def strict_bracket(monkeypatch):
    """A bracket with ≤ is read with <."""
    made = expressions.boolean_text
    monkeypatch.setattr(expressions, "boolean_text", lambda *given: made(*given).replace("<=?", "<?"))


def dropped_bracket(monkeypatch):
    """Brackets are dropped."""
    monkeypatch.setattr(expressions, "boolean_text", lambda *_: "true")


def dropped_support(monkeypatch):
    """An entry is read without the condition that it lies inside of its tensor."""
    made = Writer.statement

    def wrong(self, e):
        return made(self, e.body) if isinstance(e, Guard) and e.index is not None else made(self, e)

    monkeypatch.setattr(Writer, "statement", wrong)


def turned_index(monkeypatch):
    """The indices of an entry are written from the last one to the first."""
    made = Writer.leaf

    def wrong(self, e):
        return made(self, replace(e, index=e.index[::-1])) if isinstance(e, expressions.Entry) else made(self, e)

    monkeypatch.setattr(Writer, "leaf", wrong)


def differentiated_inside(monkeypatch):
    """An intermediate result in the functional is unfolded to what is differentiated."""

    class Same(Translator):
        def __setattr__(self, name, value):
            if name != "derived" or value is not None or not self.__dict__.get("derived"):
                super().__setattr__(name, value)

    monkeypatch.setattr(statements, "Translator", Same)


def differentiated_cotangent(monkeypatch):
    """What arrives is differentiated too."""
    made = []

    def wrong(tensors, derived=None):
        made.append(derived)
        return Translator(tensors, derived or ("x" if len(made) == 1 else None))

    monkeypatch.setattr(statements, "Translator", wrong)


def forgotten_path(monkeypatch):
    """Only the first path to the tensor is in the functional."""
    made = statements.stages
    monkeypatch.setattr(statements, "stages", lambda *given: made(*given)[:1])


def forgotten_prime(monkeypatch):
    """Derivatives of functions are written as the functions."""
    made = Writer.leaf

    def wrong(self, e):
        if isinstance(e, expressions.Function) and (e.name, 0) in self.functions:
            return made(self, replace(e, order=0))
        return made(self, e)

    monkeypatch.setattr(Writer, "leaf", wrong)


def definition_at_another_place(monkeypatch):
    """An intermediate result is unfolded at the indices in another order."""
    made = expressions.substitute

    def wrong(e, values):
        names = list(values)
        turned = len(names) == 2 and all(str(i) == "_i" for i in names)
        return made(e, dict(zip(names, list(values.values())[::-1], strict=True)) if turned else values)

    monkeypatch.setattr(expressions, "substitute", wrong)


def no_requirements(monkeypatch):
    """What is required of the left side is not assumed."""
    monkeypatch.setattr(
        Proposition, "assumed", property(lambda self: [f"(1 <= {name})" for name in self.sizes.values()])
    )


def any_width(monkeypatch):
    """A width may be negative, and a size zero."""
    monkeypatch.setattr(statements, "least", lambda size: least(size) - 1)


def strict_assumption(monkeypatch):
    """An assumption with ≤ is read with <."""
    made = statements.proposition_text
    monkeypatch.setattr(statements, "proposition_text", lambda *given: made(*given).replace("<=", "<"))


def equal_for_unequal(monkeypatch):
    """≠ in an assumption is read as =."""
    made = statements.proposition_text
    monkeypatch.setattr(statements, "proposition_text", lambda *given: made(*given).replace("<>", "="))


def any_shape(monkeypatch):
    """The shapes need not be equal."""
    made = Proposition.defined.fget
    monkeypatch.setattr(Proposition, "defined", property(lambda self: made(self)[len(self.indices) :]))


def inverse_for_power(monkeypatch):
    """A power has one factor less."""
    made = Translator.power

    def wrong(self, e):
        return self.expression(e.base) if e.exp == 2 else made(self, e)

    monkeypatch.setattr(Translator, "power", wrong)


def lost_power(monkeypatch):
    """A power is its base."""
    monkeypatch.setattr(Translator, "power", lambda self, e: self.expression(e.base))


PLANTED = {
    late_end: "sums in sums",
    early_start: "sums in sums",
    rounded_towards_zero: "negative quotient",
    remainder_of_the_dividend: "negative remainder",
    rounded_down: "ceilings",
    greatest_for_least: "least and greatest",
    strict_bracket: "brackets",
    dropped_bracket: "brackets",
    dropped_support: "full_correlation",
    turned_index: "turned",
    differentiated_inside: "two paths",
    differentiated_cotangent: "what arrives depends on the tensor",
    forgotten_path: "two paths",
    forgotten_prime: "second derivative",
    definition_at_another_place: "definition turned",
    no_requirements: "full_correlation_valid",
    any_width: "padded",
    strict_assumption: "nearly equal",
    equal_for_unequal: "assumed",
    any_shape: "a wrong shape",
    inverse_for_power: "powers",
    lost_power: "powers",
}


@needs_coq
def test_planted_bugs_are_found(printed):
    claims, written = unusual(), []
    for number, (plant, label) in enumerate(PLANTED.items()):
        with pytest.MonkeyPatch.context() as patch:
            plant(patch)
            one = put(label, claims[label], SAMPLES)
        one.text = one.text.replace(one.module, f"B{number}_{one.module}")
        one.numbers = [text.replace(one.module, f"B{number}_{one.module}") for text in one.numbers]
        one.label = plant.__name__
        written.append(one)
    found = differences(written, printed)
    assert " ".join(plant.__name__ for plant in PLANTED if plant.__name__ not in found) == ""


@pytest.mark.parametrize(
    ("title", "comment"),
    [
        ("(x + y)*z ≤ w′", "(x + y) . z <= w'"),
        ("∂C/∂w ≠ σ′(z)·δ", "dC/dw <> sigma'(z) . delta"),
        ('*) Axiom a : False. (* "', ". ) Axiom a : False. ( ."),
        ("the\nlayer’s\tbias", "the layer s bias"),
        ("⌊M/S⌋", "floor(M/S)"),
    ],
)
def test_a_title_reads_the_same_in_a_comment_and_cannot_end_it(title, comment):
    assert statements.plain(title) == comment
    assert not re.search(r'[*"]', statements.plain(title * 2))


# The texts of what is equal, whole: what is assumed of what, and for which indices.
EQUAL = {
    "known functions": """\
Definition equal (R : ring) : Prop := forall n_M : Z,
  forall (t_g : tensor R),
  forall (t_x : tensor R),
  forall (f_exp : R -> R),
  forall (f_log : R -> R),
  forall (f_reciprocal : R -> R),
  assumed n_M -> derivative f_exp f_exp -> derivative f_log f_reciprocal ->
  forall k1 : Z, (0 <= k1 < n_M)%Z ->
  forall t : R, t * t = zero -> before R n_M t_g t_x f_exp f_log f_reciprocal (bump t_x [k1] t) =
    before R n_M t_g t_x f_exp f_log f_reciprocal t_x + t * after R n_M t_g t_x f_exp f_log f_reciprocal k1.
Definition claim : Prop := possible /\\ defined /\\ (forall R : ring, equal R).
""",
    "by an intermediate result": """\
Definition equal (R : ring) : Prop := forall n_M : Z,
  forall (t_z : tensor R),
  forall (t_x : tensor R),
  assumed n_M ->
  forall k1 : Z, (0 <= k1 < n_M)%Z ->
  forall t : R, before R n_M t_z t_x (bump t_z [k1] t) =
    before R n_M t_z t_x t_z + t * after R n_M t_z t_x k1.
Definition claim : Prop := possible /\\ defined /\\ (forall R : ring, equal R).
""",
    "powers": """\
Definition equal (R : ring) : Prop := forall n_M n_S : Z,
  forall (t_x : tensor R),
  forall (inverse : Z -> R),
  assumed n_M n_S -> reciprocals inverse ->
  forall k1 : Z, (0 <= k1 < n_M)%Z ->
  left R n_M n_S t_x inverse k1 = right R n_M n_S t_x inverse k1.
Definition claim : Prop := possible /\\ defined /\\ (forall R : ring, equal R).
""",
}


@pytest.mark.parametrize("label", EQUAL)
def test_what_is_equal_is_assumed_of_the_right_things(label):
    text = proposition(unusual()[label]).text
    assert text[text.index("Definition equal") :].split() == EQUAL[label].split()
    assert "Definition possible : Prop := exists n_M" in text


@needs_coq
def test_words_of_a_statement_are_those_of_the_definitions(printed):
    words = ("ring", "zero", "one", "add", "mul", "tensor", "guard", "sum", "inside", "entry", "bump", "integer")
    words += ("reciprocals", "derivative")
    header = proposition(unusual()["turned"]).text.partition("(**")[0]
    checks = [f"Check (eq_refl : @{word} = @CnnSymbolic.Definitions.{word})." for word in words if word != "ring"]
    assert printed("\n".join([header, "Check (fun R : ring => R : CnnSymbolic.Definitions.ring).", *checks, ""]))
