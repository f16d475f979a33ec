"""The attack on expressions finds no difference; with SymPy's evaluation switched on again at one place, it does."""

import subprocess
from random import Random

import pytest
import sympy as sp

from cnn_symbolic.certificates.trusted.integers import integer_text
from cnn_symbolic.expressions.heads import (
    COMPARISONS,
    AtLeast,
    Bracket,
    Ceiling,
    Delta,
    Equal,
    Floor,
    Inverse,
    Maximum,
    Minimum,
    Remainder,
)
from cnn_symbolic.expressions.values import number
from cnn_symbolic.ground.errors import CnnSymbolicError
from tests.support.certificates import needs_coq
from tests.support.expression_attack import (
    NUMBERS,
    SIZES,
    WIDTHS,
    attack_chains,
    attack_expressions,
    calculated,
    computed,
    outcome,
    random_values,
    tree,
)
from tests.support.planting import plant
from tests.support.thorough import share

TIMES = share(1, 10)
OWN = {
    sp.Mod: Remainder,
    sp.floor: Floor,
    sp.ceiling: Ceiling,
    sp.Max: Maximum,
    sp.Min: Minimum,
    sp.KroneckerDelta: Delta,
}


def own(e):
    """An expression with SymPy's functions replaced by this package's: what SymPy has evaluated stays evaluated."""
    if not e.args:
        return e
    if isinstance(e, sp.Pow) and e.exp.is_Integer and e.exp < 0:
        return Inverse(own(e.base)) ** -e.exp
    return OWN.get(e.func, e.func)(*map(own, e.args))


def evaluated(function, head):
    """What SymPy makes of plain sizes, as the package's own expression; itself where SymPy divides by zero."""

    def build(*arguments):
        try:
            return own(function(*arguments))
        except ZeroDivisionError:
            return head(*arguments)

    return build


def as_sympy(e):
    """An expression with SymPy's quotients in it."""
    return e.replace(Inverse, lambda b: 1 / b).replace(Floor, sp.floor) if e.args else e


def compared(sign, a, b):
    """A comparison that SymPy decides where it thinks that it can."""
    kinds = {">=": sp.Ge, "<": sp.Lt, "=": sp.Eq}
    try:
        holds = kinds[sign](as_sympy(a), as_sympy(b)) if sign in kinds else None
    except TypeError:  # infinities
        holds = None
    return holds if holds in (sp.true, sp.false) else COMPARISONS[sign](a, b)


def test_no_path_of_an_expression_differs_from_python():
    values, wrong, refused = attack_expressions(1000 * TIMES, seed=11, report=None)
    assert not wrong
    assert sum(values.values()) > 10_000 * TIMES
    assert min(values.values()) > 1000 * TIMES
    assert sum(refused.values()) < 40 * TIMES


def test_no_chain_of_operations_differs_from_numpy():
    entries, wrong = attack_chains(1000 * TIMES, seed=12)
    assert not wrong
    assert entries > 4000 * TIMES


@pytest.mark.parametrize(
    ("place", "planted", "kinds"),
    [
        ("remainder", evaluated(sp.Mod, Remainder), ("%", "%", "*", "+", "neg")),
        ("maximum", evaluated(lambda *parts: sp.Max(*map(as_sympy, parts)), Maximum), ("max", "max", "share")),
        ("compare", compared, ("iverson", "where", "share", "+")),
    ],
)
def test_the_attack_finds_sympys_evaluation_switched_on_again(monkeypatch, place, planted, kinds):
    wrong = []
    with monkeypatch.context() as patch:
        plant(patch, place, planted)
        for seed in range(6):
            wrong += attack_expressions(200, seed=seed, report=None, kinds=kinds)[1]
            if wrong:
                break
    assert wrong


def test_the_attack_on_chains_finds_a_wrong_remainder(monkeypatch):
    monkeypatch.setattr(
        "cnn_symbolic.tensors.operations.convolutions.remainder", lambda a, b: own(sp.Mod(own_back(a), b))
    )
    assert any(attack_chains(300, seed=seed)[1] for seed in range(12))


def own_back(e):
    """An expression with remainders as SymPy's, so that SymPy evaluates remainders of remainders."""
    return e.replace(Remainder, sp.Mod) if e.args else e


def test_heads_are_what_they_are_built_as():
    m = NUMBERS["M"].formula
    for head, arguments in [
        (Remainder, (4, 2)),
        (Floor, (sp.Rational(7, 2),)),
        (Maximum, (1, 2)),
        (Delta, (m, m)),
        (Bracket, (AtLeast(2, 1),)),
        (Equal, (m, m)),
    ]:
        made = head(*arguments)
        assert made.func(*made.args) == made
        assert made.xreplace({m: sp.Integer(3)}).func is head


@needs_coq
def test_coq_computes_what_python_computes(tmp_path):
    differences, count = coq_differences(tmp_path, 200 * TIMES, seed=13)
    assert count == 200 * TIMES
    assert not differences


def coq_differences(folder, count, seed):
    """Where Coq and Python differ on random expressions at random integers, in one process; and how many these are."""
    random, lines, expected = Random(seed), [], []
    while len(expected) < count:
        e = ("+", tree(random, random.choice((1, 2, 3)), [*SIZES, *WIDTHS]), "M")
        values = random_values(random)
        wanted = outcome(lambda e=e, values=values: computed(e, values))
        if wanted == "undefined":
            continue
        try:
            made = number(calculated(e, NUMBERS)).formula
            text = integer_text(made, {s: f"({values[s.name]})" for s in made.free_symbols})
        except CnnSymbolicError:
            continue  # brackets are no integers of a size expression in Coq
        lines.append(f"Compute ({text})%Z.")
        expected.append((made, values, wanted))
    file = folder / "Attack.v"
    file.write_text("Require Import ZArith Bool. Open Scope Z_scope.\n" + "\n".join(lines) + "\n")
    run = subprocess.run(["coqc", "-q", str(file)], capture_output=True, text=True, cwd=folder, check=True)
    found = [int(line.split()[1].strip("()")) for line in run.stdout.splitlines() if line.strip().startswith("=")]
    assert len(found) == len(expected)
    return [(e, got) for e, got in zip(expected, found, strict=True) if got != e[2]], len(expected)
