"""A share of the fuzzer of claims given as text, the same on every run; and the fuzzer itself, on planted bugs."""

import builtins
import os
import socket
import subprocess
from dataclasses import replace
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings

from cnn_symbolic import claim, convolve, correlate, exp, function, minimum, reciprocal, shape, sizes, subsample, tensor
from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.claims.vocabulary import WORDS
from cnn_symbolic.ground.errors import ClaimTextError, CnnSymbolicError, DisagreementError
from cnn_symbolic.kernel.search.verdicts import amended
from tests.support import claim_fuzzer
from tests.support.claim_fuzzer import examine, kind_of, shortest, warm_up
from tests.support.fuzzing.numbers import disagreement, not_a_counterexample
from tests.support.fuzzing.texts import CHAINS, SOURCES, chain, picking, written_by
from tests.support.thorough import every

M, N, I, S = sizes("M N I S")
x, y, w = tensor(M, name="x"), tensor(N, name="y"), tensor(I, name="w")


@pytest.fixture(scope="module", autouse=True)
def _warm():
    warm_up()


def assert_sound(text):
    assert not examine(text).problems


def share(source, times):
    """The property for texts of a source, for so many examples."""
    examples = settings(max_examples=max(1, int(times * settings.default.max_examples)))
    return examples(given(written_by(source))(assert_sound))


test_programs = share("program", 0.3)
test_damaged_texts = share("damaged", 1)
test_long_texts = share("long", 0.15)
test_confused_texts = share("confused", 5)
test_hostile_texts = share("hostile", 5)

TEXT = """"__import__('os').system('true')\""""


@pytest.mark.parametrize("argument", [TEXT, f"({TEXT},)", f"[{TEXT}]", f"{{{TEXT}: M}}", f"(({TEXT}, M),)"])
@pytest.mark.parametrize("word", sorted(WORDS))
def test_no_word_evaluates_a_text(word, argument):
    for arguments in (argument, f"M, {argument}", f"{argument}, 1/2", f"x, {argument}", f"{argument}, M, M"):
        assert_sound(f"x = tensor(M)\nclaim({word}({arguments}) == x)")


@pytest.mark.parametrize("steps", every(4, [(steps,) for steps in CHAINS], ids=lambda row: row[0][1]))
def test_chains_of_lines_end(steps):
    assert_sound(chain(*steps, 20))


def test_most_programs_are_read_and_both_verdicts_occur():
    outcomes = [outcome for seed in range(24) for outcome in examine(SOURCES["program"](picking(seed))).outcomes]
    assert outcomes.count("proved") > 4
    assert outcomes.count("refuted") > 4
    assert outcomes.count("ClaimTextError") < 10


# Planted bugs: readers that do what the property forbids


def reading(monkeypatch, misbehave, **options):
    """What is found where the reader misbehaves before it reads."""

    def read(text):
        misbehave()
        return read_claims(text)

    monkeypatch.setattr(claim_fuzzer, "read_claims", read)
    return examine("claim(M == N)", **options).problems


@pytest.mark.parametrize(
    "forbidden",
    [
        lambda: eval("1"),
        lambda: exec("x = 1"),
        lambda: open("/dev/null").close(),
        lambda: os.system("true"),
        lambda: subprocess.run(["true"], check=True),
        lambda: socket.socket().close(),
        lambda: compile("1", "<string>", "eval"),
        lambda: os.listdir("/"),
        lambda: builtins.__import__("antigravity_of_no_library"),
    ],
    ids=["eval", "exec", "open", "system", "subprocess", "socket", "compile", "listdir", "import"],
)
def test_what_is_executed_is_found_even_if_the_error_is_caught(monkeypatch, forbidden):
    def caught():
        try:
            forbidden()
        except BaseException:
            raise CnnSymbolicError("refused") from None

    for misbehave in (forbidden, caught):
        assert any(problem.startswith("executed: ") for problem in reading(monkeypatch, misbehave))


def test_an_import_by_the_interpreter_is_found_though_the_module_is_loaded(monkeypatch):
    def interpreted():
        exec(code, {"__name__": "cnn_symbolic.claims.expressions"})

    code = (lambda: __import__("os")).__code__
    found = reading(monkeypatch, interpreted)
    assert any("__import__('os')" in problem for problem in found) or any("exec" in problem for problem in found)


def test_a_hang_is_found(monkeypatch):
    def hang():
        while True:
            try:
                sum(range(100))
            except Exception:
                continue

    assert reading(monkeypatch, hang, seconds=0.2)[0].startswith("hang: ")


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (ValueError("why"), "ValueError: why"),
        (RecursionError(), "RecursionError"),
        (CnnSymbolicError(""), "an empty CnnSymbolicError"),
        (ClaimTextError("somewhere"), "names no line"),
        (ClaimTextError("the text, line 7, column 1: what"), "names a line that is not there"),
        (ClaimTextError("the text, line 1, column 1: \x1b[31m"), "the message has the characters"),
        (CnnSymbolicError("x" * 100_000), "a message of more than"),
        (DisagreementError("the sides differ"), "DisagreementError: the sides differ"),
    ],
)
def test_a_wrong_error_is_found(monkeypatch, error, found):
    def fail():
        raise error

    assert reading(monkeypatch, fail)[0].startswith(found)


def as_theorem(derivation):
    """A claim as if it had been proved."""
    return SimpleNamespace(
        statement=derivation.statement,
        left=derivation.left,
        right=derivation.right,
        verdict=SimpleNamespace(smallest={}),
    )


@pytest.mark.parametrize(
    "false",
    [
        claim(x == 2 * x),
        claim(x == y),
        claim(shape(x) == (N,)),
        claim(correlate(x, w, mode="full") == convolve(x, w, mode="full")),
        claim(function("s")(x) == function("s")(x, order=1)),
        claim(exp(x) == reciprocal(x)),
    ],
    ids=str,
)
def test_a_false_theorem_is_found_and_a_true_one_is_not(false):
    assert disagreement(as_theorem(false), Random(0))[1]
    compared, why = disagreement(as_theorem(replace(false, right=false.left)), Random(0))
    assert compared == 3
    assert not why


def test_what_holds_for_literal_values_is_compared_at_these_only():
    few = claim(subsample(x, factors=(S,)) == subsample(x, factors=(minimum(S, 2),)))

    def holding(*values):
        verdict = SimpleNamespace(smallest={}, factors=("S",), values=values)
        return SimpleNamespace(statement=few.statement, left=few.left, right=few.right, verdict=verdict)

    assert disagreement(holding(1, 2), Random(0)) == (3, "")
    assert disagreement(holding(3, 4), Random(0), wanted=9)[1]
    assert disagreement(as_theorem(few), Random(0), wanted=9)[1]


def test_what_is_no_counterexample_is_found():
    turned = claim(correlate(x, w, mode="full") == convolve(x, w, mode="full"))
    found = turned.verdict
    assert not not_a_counterexample(turned, found)
    ones = {"x": np.array([2], dtype=object), "w": np.array([3], dtype=object)}
    agreeing = amended(found, sizes={"M": 1, "I": 1}, values=ones)
    assert not_a_counterexample(turned, agreeing).startswith("both sides are")
    other = claim(shape(x) == (N,))
    assert not_a_counterexample(other, amended(other.verdict, sizes={"M": 2, "N": 2})) == "the shapes agree"
    fitting = claim(correlate(x, w) == correlate(x, 2 * w))
    assert "are not those" in not_a_counterexample(fitting, amended(fitting.verdict, sizes={"M": 1, "I": 2}))


def test_a_failing_text_is_made_shorter(monkeypatch):
    def read(text):
        if "boom" in text:
            raise ValueError("boom")
        return {}

    monkeypatch.setattr(claim_fuzzer, "read_claims", read)
    text = "a = 1\nb = [2, boom(3)]\nc = 3\n"
    (problem,) = examine(text).problems
    assert kind_of(problem).startswith("ValueError: boom")
    assert shortest(text, problem) == "boom"
