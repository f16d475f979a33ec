"""A backward pass of a forward pass of one's own: proved of what was read of it, and both are run to compare."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnn_symbolic.backward import check_backward
from cnn_symbolic.backward.calls.together import both_of
from cnn_symbolic.backward.proofs import against, sources
from cnn_symbolic.backward.proofs.sources import named_source, place_of
from cnn_symbolic.command_line.exits import AS_STATED, OPPOSITE
from cnn_symbolic.ground.errors import DisagreementError, OperandError
from tests.support.commands import run

NORMALISATION = Path(__file__).parent.parent / "support" / "passes" / "normalisation.py"
FEATURES = "x (N, D), gamma (D), beta (D)"
PASSES = """import numpy as np


def forward(x, weights):
    y = 1 / (1 + np.exp(-x @ weights))
    return y, y


def backward(dout, cache, inputs, W):
    dz = dout * cache * (1 - cache)
    return dz @ W.T, inputs.T @ dz


def flat(x):
    N, C, H, W = x.shape
    return x.reshape(N, -1), x.shape


def flat_backward(dy, cache):
    return dy.reshape(cache)


def cost(x, t):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(x)), t]).sum() / len(x), p


def cost_backward(p, t):
    d = p.copy()
    d[np.arange(len(t)), t] -= 1
    return d / len(t)


def failing(dy, cache):
    return dy.reshape(cache)[1:]


def unread(x):
    return np.linalg.inv(x)


def unread_backward(dy, x):
    return dy
"""


@pytest.fixture
def file(tmp_path):
    def write(text):
        (tmp_path / "passes.py").write_text(text, encoding="utf-8")
        return str(tmp_path / "passes.py")

    return write


def command(*arguments):
    done = run("check-backward", *arguments)
    return done.returncode, done.stdout, done.stderr


def test_batch_normalisation_is_proved_on_the_command_line():
    named = str(NORMALISATION)
    status, out, _ = command(
        f"{named}:batchnorm_backward", "--of", f"{named}:batchnorm_forward", "--arguments", FEATURES, "--prove"
    )
    assert status == AS_STATED
    is_right = f"✓ batchnorm_backward is the backward pass of batchnorm_forward({FEATURES}): proved for all shapes"
    assert out.splitlines()[:2] == [f"{is_right}, read from the code", f"  {place_of(f'{named}:batchnorm_backward')}"]
    assert out.splitlines()[2].startswith("  both passes were run at 5 shapes, and compared with what was read")


def test_a_wrong_pass_is_refuted_and_run_where_it_is_wrong(file):
    named = file(PASSES.replace("(1 - cache)", "(1 + cache)"))
    of = ["--of", f"{named}:forward", "--arguments", "x (N, D), weights (D, K)"]
    status, out, _ = command(f"{named}:backward", *of, "--json")
    assert status == OPPOSITE
    found = json.loads(out)
    assert {name: each["outcome"] for name, each in found["proof"]["results"].items()} == {
        "dx": "refuted",
        "dweights": "refuted",
    }
    assert "returned = forward(x=x, weights=weights)" in found["findings"][0]["program"]
    assert "print(backward(dout=dy, cache=returned[1], inputs=x, W=weights))" in found["findings"][0]["program"]


@pytest.mark.parametrize(
    ("forward", "backward", "options"),
    [
        ("forward", "backward", {"arguments": "x (N, D), weights (D, K)"}),
        ("flat", "flat_backward", {}),
        ("cost", "cost_backward", {"arguments": "x (N, C), t (N) in C", "signature": "cache, t -> dx"}),
    ],
)
def test_functions_are_proved_of_their_forward_passes(file, forward, backward, options):
    report = check_backward(*loaded(file(PASSES), backward), of=loaded(file(PASSES), forward)[0], **options)
    assert report.proved, str(report)


def loaded(named, *names):
    from cnn_symbolic.backward.calling import of_file

    module = of_file(Path(named))
    return [getattr(module, name) for name in names]


def test_an_exception_is_found_where_it_was_read(file):
    functions = loaded(file(PASSES.replace("[1:]", "[7]")), "failing", "flat")
    report = check_backward(functions[0], of=functions[1])
    assert (report.outcome, report.kind) == ("wrong", "exception")
    assert "IndexError" in report.detail


def test_what_is_not_read_says_what_to_write(file):
    unread, backward = loaded(file(PASSES), "unread", "unread_backward")
    with pytest.raises(OperandError, match=r"np\.linalg\.inv"):
        check_backward(backward, of=unread, arguments="x (N, N)")
    with pytest.raises(OperandError, match="no parameter z"):
        check_backward(backward, of=unread, arguments="z (N, N)")
    with pytest.raises(ValueError, match="--arguments 'x "):
        check_backward(backward, of=unread)
    with pytest.raises(OperandError, match="forward pass of one's own"):
        check_backward(backward, of="linear()", arguments="x (N, N)")


def test_another_text_than_that_of_the_functions_is_no_verdict(file, monkeypatch):
    monkeypatch.setattr(sources, "check_file", lambda *_: None)
    named = file(PASSES)
    forward, backward = loaded(named, "flat", "flat_backward")
    Path(named).write_text(PASSES.replace("dy.reshape(cache)\n", "2 * dy.reshape(cache)\n", 1), encoding="utf-8")
    with pytest.raises(DisagreementError, match="was read wrongly"):
        check_backward(backward, of=forward)


def test_a_proof_that_was_not_compared_is_none(file):
    named = file(PASSES)
    source = [named_source(f"{named}:{name}", "", ()) for name in ("flat", "flat_backward")]
    question = against.question_of(*source, None, None, ())
    reply = next(against.answers(question))
    runs = tuple(replace(each, read={}) for each in reply.runs)
    forward, backward = loaded(named, "flat", "flat_backward")
    callee = here(both_of(forward, backward, question.call.inputs, question.call.named, question.call.outputs))
    proof, differences = against.compared(question, replace(reply, runs=runs), callee)
    assert ([each.outcome for each in proof.results], differences) == (["open"], [])


def here(function):
    from cnn_symbolic.backward.calls.callees import Here
    from cnn_symbolic.backward.calls.importing import about

    return Here(function, about(function), 10.0)


def test_both_passes_are_one_function():
    both = both_of(
        lambda x: (x + 1, x, 3), lambda dy, kept, y: {"dx": dy * kept[1] + y}, ["dy", "cache", "y"], [], ["dx"]
    )
    assert [each.tolist() for each in both(np.ones(2), x=np.zeros(2))] == [[1, 1], [4, 4]]
