"""The attack finds bugs that are planted in the reader and in the counting."""

from dataclasses import replace

import pytest
import sympy as sp

from cnn_symbolic.kernel.trusted import unknowns
from cnn_symbolic.kernel.trusted.coefficients import CoefficientSets
from cnn_symbolic.kernel.trusted.drafts import DefinedSymbol, Draft
from cnn_symbolic.kernel.trusted.polynomials import Relation
from cnn_symbolic.kernel.trusted.reader import ONE, FormulaReader
from tests.support.kernel.attack import attack
from tests.support.kernel.attack_factors import attack_factors
from tests.support.thorough import every

PAIRS = 400


def flipped_sign(monkeypatch):
    """A sum of terms is read with the sign of its last term flipped."""
    read = FormulaReader._terms

    def wrong(self, e, scope):
        terms = read(self, e, scope)
        return [*terms[:-1], replace(terms[-1], number=-terms[-1].number)] if isinstance(e, sp.Add) and terms else terms

    monkeypatch.setattr(FormulaReader, "_terms", wrong)


def dropped_support(monkeypatch):
    """A tensor entry is read without the condition that it lies inside the tensor."""
    read = FormulaReader._entry

    def wrong(self, name, index):
        return [replace(term, conditions=ONE.conditions) for term in read(self, name, index)]

    monkeypatch.setattr(FormulaReader, "_entry", wrong)


def dropped_count(monkeypatch):
    """Terms that coincide are counted once."""
    monkeypatch.setattr(CoefficientSets, "count", lambda self, ways: self.constant(ways.domain(), sp.S.One))


def dropped_symmetry(monkeypatch):
    """Products of equal tensors are compared in the order in which they are written."""
    monkeypatch.setattr(
        "cnn_symbolic.kernel.trusted.coefficients.arrangements", lambda signature: [tuple(range(len(signature)))]
    )


def dropped_bound(monkeypatch):
    """A sum is read without its upper bound."""
    read = FormulaReader._sum

    def wrong(self, e, scope):
        variable, low, _ = e.limits[0]
        return read(self, sp.Sum(e.function, (variable, low, low + 20), *e.limits[1:]), scope)

    monkeypatch.setattr(FormulaReader, "_sum", wrong)


@pytest.mark.parametrize(
    "plant",
    every(3, [flipped_sign, dropped_support, dropped_count, dropped_symmetry, dropped_bound], ids=lambda p: p.__name__),
)
def test_a_planted_bug_is_caught(plant, monkeypatch):
    plant(monkeypatch)
    assert attack(PAIRS, seed=0, until_caught=True).disagreements


@pytest.mark.slow
def test_without_a_bug_nothing_is_caught_in_the_same_pairs():
    assert attack(PAIRS, seed=0).disagreements == []


def short_quotient(monkeypatch):
    """The definition of a quotient leaves its greatest remainder out."""
    conditions = DefinedSymbol.conditions

    def wrong(self):
        found = conditions(self)
        return (found[0], Relation(">=", found[1].polynomial - 1)) if self.kind == "quotient" else found

    monkeypatch.setattr(DefinedSymbol, "conditions", wrong)


def wrong_rounding(monkeypatch):
    """A quotient is read as rounded up."""
    quotient = Draft.quotient
    monkeypatch.setattr(Draft, "quotient", lambda self, top, bottom: quotient(self, top, bottom) + 1)


def equal_products(monkeypatch):
    """The product of a constraint t ≥ 0 with a factor is added as if it were t = 0."""
    read = unknowns.constraints_of
    monkeypatch.setattr(unknowns, "constraints_of", lambda basic: (("=", row) for _, row in read(basic)))


@pytest.mark.parametrize("plant", every(3, [short_quotient, wrong_rounding, equal_products]))
def test_a_planted_bug_in_the_treatment_of_strides_is_caught(plant, monkeypatch):
    plant(monkeypatch)
    assert any(attack_factors(60, seed=seed, until_caught=True).disagreements for seed in range(4))
