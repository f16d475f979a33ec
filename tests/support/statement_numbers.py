"""The statements of certificates in numbers: what Coq is asked to compute from one, and what NumPy computes instead.

`differences` says of which claims, at which sizes, Coq and NumPy do not compute the same.
"""

import random
import re
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
import sympy as sp

from cnn_symbolic.certificates.trusted import coqc, statements
from cnn_symbolic.certificates.trusted.propositions import proposition
from cnn_symbolic.certificates.trusted.statements import Proposition
from cnn_symbolic.certificates.trusted.terms import next_function
from cnn_symbolic.expressions.evaluation import Values, evaluate_formula
from cnn_symbolic.expressions.formulas import fresh
from cnn_symbolic.expressions.heads import AtLeast, Equal, Opaque, divisors
from cnn_symbolic.expressions.meaning import value_of
from cnn_symbolic.expressions.rules import all_of, bracket, least
from cnn_symbolic.ground.errors import UndefinedError
from cnn_symbolic.kernel.search.replay import T, derivatives
from cnn_symbolic.proofs.derivation import Derivation

SAMPLES, POINTS, TRIES, SEED = 2, 5, 6000, 4
MOST_ENTRIES, MOST_COST = 120, 4000
SECONDS = 600
MODULUS, SHIFT = 11, 4
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
        formulas = kernel.formulas
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
        for name in self.claim.arbitrary:
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
        operands = list(self.operands())
        shared = f"{self.ring} {given} {' '.join(operands)}"
        before, after = (f"{self.module}.{name} {shared}" for name in claim.names)
        if claim.wrt:
            x = operands[claim.arbitrary.index(claim.wrt)]
            after += "".join(f" ({self.module}.{maker} {shared} {x})" for maker in claim.makers.values())
        shown = "fraction_of" if self.rational else "number_of"
        shown = f"(fun x => {shown} (snd x))" if self.dual else shown
        for index in self.points:
            place = " ".join(f"({i})" for i in index)
            left = f"({before} {place})"
            if claim.wrt:
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
        options = [*coqc.OPTIONS, "-Q", str(library.folder), "CnnSymbolic"]
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


@pytest.fixture(autouse=True)
def undecided(monkeypatch):
    """No claim is decided: a statement does not depend on the verdict, but for the entries that are read inside."""
    monkeypatch.setattr(Derivation, "claim_verdict", None)
