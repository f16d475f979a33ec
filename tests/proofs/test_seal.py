"""A theorem cannot be remade: ways to get one about something false out of a true one, each refused or found out."""

import copy
import pickle
from dataclasses import asdict, fields, replace
from types import FunctionType, MappingProxyType, SimpleNamespace

import numpy as np
import pytest
import sympy as sp

from cnn_symbolic import Refutation, Theorem, Undecided, correlate, exp, named, prove, sizes, tensor
from cnn_symbolic.claims import decide, state
from cnn_symbolic.expressions.heads import AtLeast
from cnn_symbolic.ground.errors import CnnSymbolicError, DisagreementError
from cnn_symbolic.kernel.search.changes import read_where
from cnn_symbolic.kernel.search.verdicts import amended
from cnn_symbolic.kernel.trusted import verdicts
from cnn_symbolic.kernel.trusted.concluding import (
    Premise,
    at_smallest,
    concluded,
    implication,
    in_other_sizes,
    multiplied,
    timed,
    where,
    with_equal_arguments,
)
from cnn_symbolic.kernel.trusted.factors import theorem_for_cases
from cnn_symbolic.kernel.trusted.reader import NotReadable
from cnn_symbolic.kernel.trusted.verdicts import Verdict, sealed
from cnn_symbolic.present.notebook import bundle

M, N, I, S = sizes("M N I S")
x, w = tensor(M, N, name="x"), tensor(I, I, name="w")
FALSE = state(x, 2 * x)
put = object.__setattr__


def true():
    """A new theorem, with parts of its own."""
    found = decide(state(correlate(x, w), correlate(x, w) + 0 * correlate(x, w)))
    assert isinstance(found, Theorem)
    return found


def made_new(kind=Theorem):
    made, found = kind.__new__(kind), true()
    for part in fields(Theorem):
        put(made, part.name, FALSE if part.name == "statement" else getattr(found, part.name))
    return made


def with_part(change):
    def forge():
        found = true()
        change(found)
        return found

    return forge


def subclass():
    return made_new(type("Mine", (Theorem,), {}))


def by_dictionary():
    found = true()
    vars(found)["statement"] = FALSE
    return found


def other_class():
    found = decide(FALSE)
    put(found, "__class__", Theorem)
    return found


def liar():
    found = true()
    kind = type("Liar", (), {"__class__": property(lambda _: Theorem), "statement": FALSE, "evidence": "all shapes"})
    return timed(kind(), found.seconds)


def shaped(**changes):
    found = true()
    return SimpleNamespace(**{part.name: getattr(found, part.name) for part in fields(found)} | changes)


def with_table(found):
    put(found.statement, "tensors", {})


def with_sizes(found):
    vars(found.statement)["sizes"] = ()


def sealed_by_hand():
    found = true()
    made = made_new()
    put(made, "__hash__", lambda: hash(found))
    return made


def restored(protocol):
    return lambda: pickle.loads(pickle.dumps(true(), protocol))


def reduced():
    kind, given, *_ = true().__reduce_ex__(4)
    return kind(*given)


def assigned():
    found = true()
    found.statement = FALSE
    return found


ATTACKS = {
    "replace the statement": lambda: replace(true(), statement=FALSE),
    "replace nothing": lambda: replace(true()),
    "replace the factors": lambda: replace(true(), factors=("I",)),
    "constructor": lambda: Theorem(FALSE, 0.0, (), {}, {}),
    "constructor with an old seal": lambda: Theorem(FALSE, 0.0, getattr(verdicts, "SEAL", None), {}, {}),
    "a dictionary and back": lambda: Theorem(**asdict(true()) | {"statement": FALSE}),
    "fields and back": lambda: Theorem(**{p.name: getattr(true(), p.name) for p in fields(Theorem)}),
    "copy": lambda: copy.copy(true()),
    "deep copy": lambda: copy.deepcopy(true()),
    **{f"pickle {protocol}": restored(protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)},
    "reduce": reduced,
    "state": with_part(lambda t: t.__setstate__([FALSE, 0.0, (), {}, {}, (), ()])),
    "assign": assigned,
    "set the statement": with_part(lambda t: put(t, "statement", FALSE)),
    "set the factors": with_part(lambda t: put(t, "factors", ("M",))),
    "set the domain": with_part(lambda t: put(t, "domain", ())),
    "set the smallest sizes": with_part(lambda t: put(t, "smallest", {"M": 9})),
    "delete the values": with_part(lambda t: object.__delattr__(t, "values")),
    "set the left side": with_part(lambda t: put(t.statement, "left", FALSE.left)),
    "set the right formula": with_part(lambda t: put(t.statement.right, "formula", sp.S.Zero)),
    "set a shape": with_part(lambda t: put(t.statement.left, "shape", (M.formula,) * 2)),
    "set the requirements": with_part(lambda t: put(t.statement.left, "requirements", ())),
    "set the assumptions": with_part(lambda t: put(t.statement, "assumptions", (sp.false,))),
    "set the tensors": with_part(with_table),
    "change the tensors": with_part(lambda t: t.statement.tensors.update(x=None)),
    "set a tensor's shape": with_part(lambda t: put(t.statement.tensors["x"], "shape", ())),
    "set what is read from the sizes": with_part(with_sizes),
    "change the smallest sizes": with_part(lambda t: t.smallest.update(M=9)),
    "new": made_new,
    "new, with a hash of another": sealed_by_hand,
    "subclass": subclass,
    "dictionary": by_dictionary,
    "class of a refutation": other_class,
    "what says to be a theorem": liar,
    "what looks like a theorem, timed": lambda: timed(shaped(statement=FALSE), 1.0),
    "what looks like a theorem, with sizes": lambda: at_smallest(shaped(statement=FALSE), {"M": 1, "N": 1}),
    "what looks like a theorem, with conditions": lambda: where(shaped(statement=FALSE), (), None),
    "what looks like a premise": lambda: concluded(
        found := true(), SimpleNamespace(statement=found.statement, conclusion=FALSE), ()
    ),
    "a premise by hand": lambda: concluded(found := true(), Premise(found.statement, FALSE), ()),
    "a premise, replaced": lambda: replace(in_other_sizes(FALSE, {}, {}, ()), conclusion=FALSE),
    "a theorem for a premise": lambda: concluded(found := true(), found, ()),
    "a theorem about another premise": lambda: concluded(true(), in_other_sizes(FALSE, {}, {}, ()), ()),
    "amended": lambda: amended(true(), statement=FALSE),
    "amended factors": lambda: amended(true(), factors=("M",)),
    "a seal that is no longer there": lambda: setattr(verdicts, "SEAL", object()) or made_new(),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_no_theorem_is_made_of_another(attack):
    """What an attack gives is refused when it is made, or when anything of it is used."""
    with pytest.raises((CnnSymbolicError, DisagreementError, TypeError, AttributeError)):
        assert isinstance(attack().evidence, str)


@pytest.mark.parametrize(
    "use", [lambda t: t.evidence, repr, sealed, bundle, lambda t: timed(t, 0.0), lambda t: t.values]
)
def test_every_use_finds_out(use):
    for forged in (made_new(), with_part(lambda t: put(t, "statement", FALSE))()):
        with pytest.raises(CnnSymbolicError, match="made or changed by hand: it is not what was decided"):
            use(forged)


def test_a_claim_with_the_theorem_of_another_is_found_out():
    right, wrong = prove("Right", x, equals=1 * x), prove("Wrong", x, equals=2 * x)
    vars(wrong)["decided"] = right.verdict
    with pytest.raises(CnnSymbolicError, match="'Wrong' was changed after it was decided"):
        _ = wrong.outcome
    put(right, "right", 2 * x)
    with pytest.raises(CnnSymbolicError, match="'Right' was changed after it was decided"):
        _ = right.outcome


def test_other_verdicts_are_not_remade_either():
    refuted = decide(FALSE)
    assert isinstance(refuted, Refutation)
    for attack in (replace, copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises((CnnSymbolicError, TypeError)):
            attack(refuted)
    with pytest.raises(CnnSymbolicError, match="made by deciding a statement"):
        Undecided(FALSE, 0.0, None, "")
    with pytest.raises(CnnSymbolicError, match="no other kinds of verdicts"):
        type("Mine", (Verdict,), {})


def test_what_a_verdict_carries_cannot_be_written_to():
    found = decide(FALSE)
    for table in (found.sizes, found.values, found.functions, found.given, found.statement.tensors, true().smallest):
        assert isinstance(table, MappingProxyType)
    for array in (*found.values.values(), found.left_value, found.right_value):
        assert isinstance(array, np.ndarray)
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.setflags(write=True)


# The rules, where what stands above the line is not so


def test_a_theorem_holds_where_it_is_shown_to():
    found = true()
    m, i = M.formula, I.formula
    with pytest.raises(DisagreementError, match="is not shown to hold where"):
        where(found, (), None)
    weaker, stronger = (AtLeast(m, i),), (AtLeast(m, i + 1), AtLeast(N.formula, i + 1))
    assert read_where(found, weaker) is found
    assert read_where(found, stronger).domain == stronger
    proof = decide(implication(stronger, found.statement.conditions))
    assert where(found, stronger, proof).domain == stronger
    with pytest.raises(DisagreementError):
        where(found, weaker, proof)
    refuted = decide(implication(weaker, found.statement.conditions))
    assert isinstance(refuted, Refutation)
    with pytest.raises(DisagreementError):
        where(found, weaker, refuted)


def test_conditions_that_suffice_at_some_values_only_do_not():
    found = true()
    given = (AtLeast(M.formula, S.formula * I.formula), AtLeast(N.formula, S.formula * I.formula))
    some = theorem_for_cases(implication(given, found.statement.conditions), [S.formula], [1, 2])
    with pytest.raises(DisagreementError):
        where(found, given, some)


@pytest.mark.parametrize("at", [{"M": 1, "N": 1, "I": 2}, {"M": 0, "N": 1, "I": 0}])
def test_smallest_sizes_are_sizes_of_the_theorem(at):
    with pytest.raises(DisagreementError, match="is not about the sizes"):
        at_smallest(true(), at)


def test_a_conclusion_names_no_sizes_but_its_own():
    statement = state((M * S,), (M * 3,), [S == 3])
    premise = in_other_sizes(statement, {S.formula: sp.Integer(3)}, {}, ())
    proved = decide(premise.statement)
    assert concluded(proved, premise, ()).statement is statement
    with pytest.raises(DisagreementError):
        concluded(proved, premise, ("K",))
    some = theorem_for_cases(premise.statement, [M.formula], [1, 2])
    with pytest.raises(NotReadable, match="some values"):
        concluded(some, premise, ())


def test_arguments_are_equal_by_a_theorem_about_these_very_arguments():
    y = tensor(M, N, name="y")
    statement = state(exp(named("p", x + y)), exp(named("q", y + x)))
    name, other = "q", "p"
    at = statement.tensors[name].index
    for prove_it in (lambda _: true(), lambda s: shaped(statement=s), lambda _: decide(FALSE), lambda _: None):
        assert with_equal_arguments(statement, name, other, at, prove_it) is None
    assert isinstance(with_equal_arguments(statement, name, other, at, decide), Premise)
    assert multiplied(statement, name, at, 1) is None


def test_a_module_is_known_by_itself_and_not_by_its_name():
    def by_hand():
        return Theorem(FALSE, 0.0, (), {"M": 1}, {})

    named_alike = FunctionType(by_hand.__code__, {"__name__": "cnn_symbolic.kernel.trusted.mine", **vars_of()})
    with pytest.raises(CnnSymbolicError, match="is made by deciding a statement, not by hand"):
        named_alike()


def vars_of():
    """What the function needs of this module."""
    return {"Theorem": Theorem, "FALSE": FALSE}
