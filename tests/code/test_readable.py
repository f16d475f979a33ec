"""Formulas that were read, as they are printed: proved equal to what was read, or as it was read."""

import pytest

from cnn_symbolic import Iverson, from_entries, sizes, sum_over, tensor
from cnn_symbolic.backward.proofs import readable as reading
from cnn_symbolic.backward.proofs.readable import readable
from cnn_symbolic.kernel.search.decide import is_proved
from cnn_symbolic.kernel.trusted.statement import state

B, M, R, S = sizes("B M R S")
x, v = tensor(B, M, name="x"), tensor(R, name="v")


def made(length, entry):
    return from_entries((length,), entry, using=[x, v])


READ = {
    "a bracket that holds": (made(M, lambda m: Iverson(m >= 0) * Iverson(m < M) * x[0, m]), "[x[0, i]]"),
    "a bracket that the support says": (made(M, lambda m: Iverson(m < R) * v[m]), "[v[i]]"),
    "a term that is picked": (
        made(M, lambda m: sum_over(lambda n, r: Iverson(m == S * n + r) * x[n, r], (B, M))),
        "[Σ{n=0..B - 1} x[n, i - S·n]]",
    ),
    "an index that no entry has": (
        made(M, lambda m: sum_over(lambda n, r: Iverson(m == S * n + r) * v[n], (B, M))),
        "[Σ{n=0..B - 1} [0 ≤ i - S·n ≤ M - 1]·v[n]]",
    ),
}


@pytest.mark.parametrize("name", READ)
def test_a_formula_is_printed_without_what_holds_anyway(name):
    read, printed = READ[name]
    shown = readable(read, ())
    assert is_proved(state(read, shown)), shown
    assert len(str(shown)) < len(str(read))
    assert str(shown).replace("m", "i") == printed


def test_a_condition_that_does_not_hold_stays():
    read = made(M, lambda m: Iverson(m < R) * x[0, m])
    assert readable(read, ()) is read


def test_what_is_not_proved_equal_is_not_printed(monkeypatch):
    read, _ = READ["a term that is picked"]
    monkeypatch.setattr(reading, "proposals", lambda formula, index, lengths: iter([2 * formula, formula + 1]))
    assert readable(read, ()) is read


def test_a_formula_is_printed_as_it_was_read_when_there_is_no_time(monkeypatch):
    read, _ = READ["a term that is picked"]
    monkeypatch.setattr(reading, "SECONDS", 1e-6)
    assert readable(read, ()) is read
