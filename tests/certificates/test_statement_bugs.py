"""Bugs planted in what makes the statements of certificates, each with the claim that shows it to Coq and NumPy."""

from dataclasses import replace

import pytest

from cnn_symbolic.certificates.trusted import expressions, integers, propositions, statements, writing
from cnn_symbolic.certificates.trusted.expressions import Guard, Sum, Translator
from cnn_symbolic.certificates.trusted.statements import Proposition
from cnn_symbolic.certificates.trusted.writing import CoqWriter
from cnn_symbolic.expressions.heads import Ceiling, Floor, Remainder
from cnn_symbolic.expressions.rules import least
from tests.support import statement_numbers
from tests.support.certificates import needs_coq
from tests.support.statement_numbers import SAMPLES, differences, put
from tests.support.unusual_claims import unusual

# Fixtures.
printed, undecided = statement_numbers.printed, statement_numbers.undecided


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


def replacing(name, old, new, module=writing):
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
    monkeypatch.setattr(writing, "integer_text", wrong)


def rounded_down(monkeypatch):
    """⌈ ⌉ is read as ⌊ ⌋."""
    made = integers.integer_text

    def wrong(e, names):
        return made(Floor(e.args[0]), names) if isinstance(e, Ceiling) else made(e, names)

    for place in (integers, writing, statements):
        monkeypatch.setattr(place, "integer_text", wrong)


def greatest_for_least(monkeypatch):
    """The minimum is read as the maximum."""
    for place in (integers, writing, statements):
        made = place.integer_text
        monkeypatch.setattr(place, "integer_text", lambda *given, made=made: made(*given).replace("Z.min", "Z.max"))


def strict_bracket(monkeypatch):
    """A bracket with ≤ is read with <."""
    made = writing.boolean_text
    monkeypatch.setattr(writing, "boolean_text", lambda *given: made(*given).replace("<=?", "<?"))


def dropped_bracket(monkeypatch):
    """Brackets are dropped."""
    monkeypatch.setattr(writing, "boolean_text", lambda *_: "true")


def dropped_support(monkeypatch):
    """An entry is read without the condition that it lies inside of its tensor."""
    made = CoqWriter.statement

    def wrong(self, e):
        return made(self, e.body) if isinstance(e, Guard) and e.index is not None else made(self, e)

    monkeypatch.setattr(CoqWriter, "statement", wrong)


def turned_index(monkeypatch):
    """The indices of an entry are written from the last one to the first."""
    made = CoqWriter.leaf

    def wrong(self, e):
        return made(self, replace(e, index=e.index[::-1])) if isinstance(e, expressions.CoqEntry) else made(self, e)

    monkeypatch.setattr(CoqWriter, "leaf", wrong)


def turned_definition(monkeypatch):
    """The definition of an intermediate result that a function is applied to has the indices in another order."""
    made = statements.places

    def wrong(index):
        return dict(zip(index[::-1], made(index).values(), strict=True))

    monkeypatch.setattr(statements, "places", wrong)


def differentiated_cotangent(monkeypatch):
    """What arrives is differentiated too."""
    made = []

    def wrong(tensors, derived=None, through=False):
        made.append(derived)
        return Translator(tensors, derived or ("x" if made.count(None) == 1 else None), through)

    monkeypatch.setattr(propositions, "Translator", wrong)


def forgotten_path(monkeypatch):
    """Only the path to the tensor that leads through no intermediate result is in the functional."""

    def wrong(tensors, derived=None, through=False):
        return Translator(tensors, derived)

    monkeypatch.setattr(propositions, "Translator", wrong)


def forgotten_prime(monkeypatch):
    """Derivatives of functions are written as the functions."""
    made = CoqWriter.leaf

    def wrong(self, e):
        if isinstance(e, expressions.CoqFunction) and (e.name, 0) in self.functions:
            return made(self, replace(e, order=0))
        return made(self, e)

    monkeypatch.setattr(CoqWriter, "leaf", wrong)


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
    turned_definition: "a function of a product",
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


@pytest.mark.slow
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
