"""Refutations, for Coq to check: the kernel's counterexample in numbers, from which Coq computes that a claim is false.

The statement is trusted, the proof is not. A claim about entries is refuted over the integers, or over the rationals
where it has reciprocals; where it is not affine, over numbers a + b·ε with ε² = 0. Functions whose numbers are not
rational, such as exp, are replaced by polynomials: they are any functions in the statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np
import sympy as sp

from cnn_symbolic.certificates.trusted.certificate import NoProofFound
from cnn_symbolic.certificates.trusted.integers import integer_text
from cnn_symbolic.certificates.trusted.statements import Proposition
from cnn_symbolic.expressions.evaluation import Values, evaluate_formula, evaluate_size
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.kernel.search.replay import T, derivatives, side_value
from cnn_symbolic.kernel.search.verdicts import Refutation
from cnn_symbolic.kernel.trusted.statement import Statement

TRIES, MOST = 16, 3
MOST_ENTRIES = 4096
BY_NUMBERS = "ltac:(by_numbers)"

Sizes = Mapping[sp.Symbol, int]
Polynomials = Mapping[str, Sequence[sp.Expr]]


def refutation_proof(claim: Proposition, verdict: Refutation, name: str) -> str:
    """Return the text of the proof's file, for the statement S_<name> that a claim is false.

    Raises NoProofFound for a claim that has no counterexample in rational numbers.
    """
    sizes = {size: verdict.sizes[size.name] for size in claim.sizes}
    lines = different_entries(claim, verdict, sizes) if verdict.kind == "entry" else not_defined(claim, sizes)
    return "\n".join(
        [
            "From CnnSymbolic Require Import Counterexamples.",
            f"From Certificates Require S_{name}.",
            "Local Open Scope Z_scope.",
            "",
            f"Theorem certified : S_{name}.claim.",
            "Proof.",
            *(f"  {line}" for line in lines),
            "Qed.",
            "",
        ]
    )


def not_defined(claim: Proposition, sizes: Sizes) -> list[str]:
    """Return the proof that shapes differ, or that the right side is not defined, at these sizes."""
    return [
        "intros defined." if claim.is_shape else "intros [defined _].",
        *applied("defined", [*numbered(claim, sizes), BY_NUMBERS]),
        "against_numbers differ.",
    ]


def different_entries(claim: Proposition, verdict: Refutation, sizes: Sizes) -> list[str]:
    """Return the proof that the entries at the verdict's index differ."""
    tensors, functions = counterexample(claim, verdict, sizes)
    fractions = any(Fraction(value).denominator > 1 for array in tensors.values() for value in array.flat)
    over = CoqNumbers(rational=claim.has_inverses or fractions, dual=not claim.is_affine)
    operands = [
        *(over.tensor(tensors[tensor]) for tensor in claim.arbitrary),
        *(over.function(claim, key, functions) for key in claim.functions),
        *([over.inverse] if claim.has_inverses else []),
    ]
    facts = [BY_NUMBERS, *(over.derivative for _ in claim.derived_functions)]
    facts += [over.reciprocals] if claim.has_inverses else []
    step: list[str] = []
    if claim.wrt is not None:
        step = ["one"] if claim.is_affine else ["infinitesimal", "infinitesimal_square"]
    given = [
        over.ring,
        *numbered(claim, sizes),
        *(f"{operand} (* {name} *)" for operand, (name, _) in zip(operands, claim.operands, strict=True)),
        *facts,
        *(integer_text(i, {}) for i in verdict.index),
        *(BY_NUMBERS for _ in claim.within),
        *step,
    ]
    return ["intros [_ equal].", *applied("equal", given), f"unequal {over.read} differ."]


def numbered(claim: Proposition, sizes: Sizes) -> list[str]:
    """Return the sizes, each with the identifier that the statement has for it."""
    return [f"{integer_text(number, {})} (* {claim.sizes[size]} *)" for size, number in sizes.items()]


def applied(what: str, to: Sequence[str]) -> list[str]:
    """Return the tactic that says what holds of these numbers."""
    return [f"pose proof ({what}", *(f"  {each}" for each in to), ") as differ."]


@dataclass(frozen=True)
class CoqNumbers:
    """The ring that a counterexample is in, as Coq writes it: integers or rationals, or what is a + b·ε with these."""

    rational: bool
    dual: bool

    @property
    def base(self) -> str:
        """The ring of a and b."""
        return "rationals" if self.rational else "integers"

    @property
    def ring(self) -> str:
        """The ring itself."""
        return f"(duals {self.base})" if self.dual else self.base

    @property
    def read(self) -> str:
        """What leaves of a number only what is to be compared."""
        read = "this" if self.rational else "(fun n : Z => n)"
        return f"(pair_of {read})" if self.dual else read

    @property
    def inverse(self) -> str:
        """The function that the reciprocals are values of."""
        return "(fun n => constant (reciprocal n))" if self.dual else "reciprocal"

    @property
    def reciprocals(self) -> str:
        """The proof that they are reciprocals."""
        return "(reciprocals_duals _ reciprocals_rationals)" if self.dual else "reciprocals_rationals"

    @property
    def derivative(self) -> str:
        """The proof that a function is the derivative of another one."""
        return f"(derivative_lift _ _ _ reduced_{self.base})"

    def tensor(self, values: np.ndarray) -> str:
        """Return a tensor with these entries."""
        exact = [Fraction(value) for value in values.flat]
        if all(number.denominator == 1 for number in exact):
            entries = f"(map integer {listed(number.numerator for number in exact)})"
        else:
            written = "; ".join(f"({number.numerator}) # {number.denominator}" for number in exact)
            made = "(fun q => constant (fraction q))" if self.dual else "fraction"
            entries = f"(map {made} [{written}]%Q)"
        return f"(entries {listed(values.shape)} {entries})"

    def function(self, claim: Proposition, key: tuple[str, int], functions: Polynomials) -> str:
        """Return a function of a claim; at a + b·ε, its value needs what the claim says is its derivative."""
        written = polynomial_text(functions, key)
        if not self.dual:
            return written
        derivative = dict(claim.derived_functions).get(key)
        return f"(lift {written} {'(polynomial [])' if derivative is None else polynomial_text(functions, derivative)})"


def polynomial_text(functions: Polynomials, key: tuple[str, int]) -> str:
    """Return a function on the numbers a."""
    name, order = key
    coefficients = sp.Poly(functions[name][order], T).all_coeffs()
    return f"(polynomial {listed(int(c) for c in reversed(coefficients))})"


def listed(numbers: Iterable[int]) -> str:
    """Return integers as a list."""
    return f"[{'; '.join(map(str, numbers))}]"


def counterexample(
    claim: Proposition, verdict: Refutation, sizes: Sizes
) -> tuple[Mapping[str, np.ndarray], Polynomials]:
    """Return entries of all tensors, and the opaque functions with their derivatives as polynomials.

    They are those of the kernel's counterexample, or others where it has functions without rational numbers.
    """
    statement = claim.statement
    shapes = [[evaluate_size(n, sizes) for n in declared.shape] for declared in statement.tensors.values()]
    if sum(map(prod, shapes)) > MOST_ENTRIES:
        raise NoProofFound(f"the tensors of the counterexample have more than {MOST_ENTRIES} entries")
    orders = orders_of(claim)
    unknown = sorted(orders.keys() & KNOWN.keys())
    for given, functions in candidates(verdict, orders):
        values = replayed(statement, sizes, given, functions)
        if not unknown or entry_differs(statement, verdict.index, values):
            return values.tensors, functions
    raise NoProofFound(f"no rational numbers were found that tell the sides apart, with any {', '.join(unknown)}")


def orders_of(claim: Proposition) -> dict[str, int]:
    """Return how often each opaque function is differentiated at most."""
    applied = [(o.name, o.order) for e in claim.statement.formulas for o in e.atoms(Opaque)]
    found: dict[str, int] = {}
    for name, order in (*claim.functions, *applied):
        found[name] = max(order, found.get(name, 0))
    return found


def candidates(
    verdict: Refutation, orders: Mapping[str, int]
) -> Iterator[tuple[Mapping[str, np.ndarray], Polynomials]]:
    """Yield entries of tensors with functions: first the kernel's, with 1 for functions that it knows."""
    for seed in range(TRIES):
        random = np.random.default_rng(seed)
        functions = {
            name: [sp.diff(verdict.functions[name], T, n) for n in range(most + 1)]
            if name in verdict.functions
            else [some_polynomial(random) if seed else sp.S.One for _ in range(most + 1)]
            for name, most in orders.items()
        }
        given = dict(verdict.values)
        if seed:
            given = {name: random.integers(-MOST, MOST + 1, a.shape).astype(object) for name, a in given.items()}
        yield given, functions


def some_polynomial(random: np.random.Generator) -> sp.Expr:
    """Return a random polynomial of degree 2."""
    return sp.Add(*(int(c) * T**k for k, c in enumerate(random.integers(1, MOST + 1, 3))))


def replayed(statement: Statement, sizes: Sizes, given: Mapping[str, np.ndarray], functions: Polynomials) -> Values:
    """Return the values of all tensors, those of intermediate results computed from their definitions.

    A tensor that no values are given for is not read: it is zero.
    """
    applied = {name: [derivatives({name: p})[name][0] for p in orders] for name, orders in functions.items()}
    arrays: dict[str, np.ndarray] = {}
    values = Values(sizes, arrays, applied, object)
    for name, declared in statement.tensors.items():
        shape = tuple(evaluate_size(n, sizes) for n in declared.shape)
        if declared.definition is None:
            arrays[name] = np.asarray(given.get(name, np.zeros(shape, dtype=object)))
        else:
            arrays[name] = evaluate_formula(declared.definition, declared.index, shape, values).astype(object)
    return values


def entry_differs(statement: Statement, index: tuple[int, ...], values: Values) -> bool:
    """Tell whether the two sides differ in an entry."""
    left, right = (side_value(side, statement, index, values) for side in (statement.left, statement.right))
    at = index if left.shape else ()
    return bool(left[at] != right[at])
