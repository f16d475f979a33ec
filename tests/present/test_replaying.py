"""Documents decided again: what is read, what is found and shown, and that a changed document is seen through."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cnn_symbolic import prove, sizes, tensor
from cnn_symbolic.command_line.claim_results import claims_status
from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.kernel.exported.grammar import GRAMMAR
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.present import document_reading, replaying
from cnn_symbolic.present.document import claim_value, document, with_certificate
from cnn_symbolic.present.document_reading import read_document
from cnn_symbolic.present.schema import SCHEMA_VERSION, schema
from cnn_symbolic.proofs.check import check
from cnn_symbolic.proofs.settling import settle
from tests.support import document_attack as attack
from tests.support.bundle import bundle
from tests.support.commands import run
from tests.support.settled import said, value
from tests.support.thorough import every, share

ORIGINALS = sorted(attack.originals())


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "document.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write


def claim(made, name="mine"):
    return Claim(name, made, Path("own.py"))


def original(name):
    return json.loads(attack.originals()[name])


# What is decided


@pytest.mark.parametrize("name", sorted(attack.made()))
def test_a_document_has_the_status_of_its_run_and_differs_in_nothing(name):
    status, rows, message = attack.replay(attack.originals()[name])
    run_of_it = claims_status([said(claim(attack.made()[name]))])
    assert (status, message, [one.differences for one in rows]) == (run_of_it, "", [()])


@pytest.mark.parametrize("one", every(16, bundle(), ids=lambda one: one.id))
def test_a_bundled_claim_is_found_as_it_is_recorded(one):
    recorded = value(one)
    Draft202012Validator(schema()).validate(document([recorded]))
    status, (row,), _ = attack.replay(json.dumps(document([recorded])))
    if recorded["formal"] is None:
        assert (status, row.outcome) == (3, "not decided")
    else:
        assert (status, row.differences, row.outcome) == (0, (), recorded["verdict"])
        assert attack.unsaid(recorded, row) is None


X = ["entry", "x", ["index", "i0"]]


def equation(left, right, rank=1, **changes):
    """A document of one claim about tensors x and, at i0, z = 2x of one axis, which says that two entries are equal."""
    shape = [["size", "M"]][:rank]
    side = {"text": "", "shape": shape, "requirements": []}
    formal = {
        "tensors": {"x": {"shape": [["size", "M"]]}, "z": {"shape": [["size", "M"]], "definition": ["*", 2, X]}},
        "assumptions": [],
        "left": {**side, "formula": left},
        "right": {**side, "formula": right},
    }
    found = original("proved")
    found["claims"] = [{**found["claims"][0], "formal": formal, "steps": [], **changes}]
    return found


def test_a_line_of_a_proof_has_no_conditions_of_its_own(file):
    """There a line that holds for M = 1 only would lead from x to x."""
    side = {"text": "", "shape": [["size", "M"]], "formula": X, "requirements": None}
    wrong = {**side, "formula": ["*", ["size", "M"], X], "requirements": [["=", ["size", "M"], 1]]}
    steps = [{"line": "", "because": "", "using": None, "side": one} for one in (side, wrong, side)]
    code, _, said_of_it = shown(file(equation(X, X, steps=steps)))
    assert (code, "steps[1].side.requirements: a line of a proof has none" in said_of_it) == (2, True)
    steps[1]["side"]["requirements"] = None
    code, text, _ = shown(file(equation(X, X, steps=steps)))
    assert (code, "a step does not follow" in text) == (1, True)


def test_what_a_derivative_holds_fixed_is_said(file):
    _, text, _ = shown(file(equation(["derivative", ["entry", "z", 0], ["entry", "x", 0]], 0, rank=0)))
    assert "z[i] = 2·x[i], of shape (M,), held fixed where others are differentiated" in text
    _, text, _ = shown(file(equation(X, X)))
    assert "held fixed" not in text


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        (["apply", "f′", 0, X], "the name of a function"),
        (["entry", "x", ["*", ["/", 1, 2], ["index", "i0"]]], "the indices of x are integers"),
    ],
    ids=["a function with a prime", "half an index"],
)
def test_a_formula_that_could_be_misread_or_not_computed_is_refused(file, formula, why):
    code, _, said_of_it = shown(file(equation(formula, formula)))
    assert (code, f"$.claims[0].formal.left.formula: {why}" in said_of_it) == (2, True)


def test_a_sum_that_is_too_long_to_be_computed_is_the_outcome_of_its_claim(file):
    long = ["sum", [["j", 0, 10**9]], ["entry", "x", ["index", "j"]]]
    code, text, _ = shown(file(equation(long, ["*", 2, long], rank=0)), "--memory", "1G")
    assert (code, "sums of more than 200000000 terms are not computed" in text) == (2, True)


def shown(path, *options):
    ran = run("replay", path, *options)
    return ran.returncode, " ".join(ran.stdout.split()), ran.stderr


def test_everything_that_was_decided_is_shown(file):
    code, text, _ = shown(file(attack.originals()["gradient"]))
    assert code == 0
    assert "✓ gradient: proved: all shapes; 3 steps follow" in text
    assert "of shape (I,), for M, I ≥ 1 with I ≤ M" in text
    assert "where x of shape (M,); w of shape (I,); z[i] = Σ{" in text
    assert "a[i] = σ(z[i]), of shape (M - I + 1,); ∂C/∂a of shape (M - I + 1,)" in text
    assert "{ the chain rule }" not in text
    assert "= { the chain rule } Σ{" in shown(file(attack.originals()["gradient"]), "--full")[1]
    code, text, _ = shown(file(attack.originals()["assumed"]))
    assert (code, "with N = 1 assuming N = 1" in text) == (0, True)
    code, text, _ = shown(file(attack.originals()["numbers"]))
    assert (code, "= M for M ≥ 1" in text) == (0, True)


def test_tensors_are_shown_once_for_claims_that_share_them(file):
    text = shown(file(attack.originals()["several"]))[1]
    assert text.count("where x of shape (M,);") + text.count("where x of shape (M,) ") == 2
    assert "where the tensors are as above" in text
    assert "3 proved, 1 refuted; 4 of 4 as the document says" in text


def test_a_wrong_step_is_one_as_in_the_run(file):
    code, text, _ = shown(file(attack.originals()["wrong_step"]))
    assert code == 1
    assert "✗ wrong_step: proved: all shapes; 1 step follows a step does not follow: a hunch" in text
    assert "= { a hunch } 3·x[i]" in text
    code, text, _ = shown(file(attack.originals()["wrong_tensor"]))
    assert (code, "a step does not follow: turning changes nothing" in text) == (1, True)
    untold = original("wrong_step")
    untold["claims"][0]["wrong_step"] = None
    assert "wrong_step: recorded none; found a step does not follow: a hunch" in shown(file(untold))[1]


def test_what_is_recorded_otherwise_is_said_with_both(file):
    found = original("refuted")
    found["claims"][0]["verdict"] = found["claims"][0]["evidence"] = "proved"
    found["claims"][0]["holds_when"] = "never"
    assert found["claims"][0]["holds_when_condition"] not in (None, False)
    found["claims"][0]["holds_when_condition"] = False
    found["claims"][0]["counterexample"]["left_entry"] += 1
    code, text, _ = shown(file(found))
    assert code == 1
    assert "✗ refuted: refuted: " in text
    for one in ("verdict: recorded proved; found refuted", "evidence: recorded proved; found refuted"):
        assert one in text
    assert "holds_when: recorded never; found " in text
    assert "holds_when_condition: recorded false; found " in text
    assert re.search(r"counterexample.left_entry: recorded (-?\d+); found (?!\1)", text)


def test_a_certificate_is_not_looked_at(file):
    class Certified:
        status, detail, seconds, certificate = "certified", "certified by Coq 8.16", 1.0, None

        def evidence(self, verdict):
            return f"{verdict}, {self.detail}"

    certified = with_certificate(original("proved")["claims"][0], Certified())
    assert certified["evidence"] == "all shapes, certified by Coq 8.16"
    code, text, _ = shown(file(document([certified])))
    assert (code, "Coq" in text) == (0, False)


def test_what_the_kernel_does_not_decide_is_a_row(file):
    made = check("one", statement="one is one", evidence="fixed shape", by=lambda: "it is")
    checked = claim_value(claim(made, "checked"), settle(made))
    code, text, _ = shown(file(document([checked, *original("proved")["claims"]])))
    assert code == 3
    assert "○ checked: not decided (recorded: ran)" in text
    assert "1 not decided, 1 proved; 1 of 2 as the document says" in text
    alone = {"id": "c", "title": "t", "expected": "proved", "verdict": "proved", "steps": [], "formal": None}
    code, text, _ = shown(file({"schema_version": 1, "claims": [alone]}))
    assert (code, "○ c: not decided (recorded: proved)" in text) == (3, True)


def test_what_goes_wrong_in_a_claim_is_its_row_and_the_others_keep_theirs(file):
    found = original("several")
    impossible = [">=", 0, ["size", "M"]]
    found["claims"][0]["formal"]["assumptions"] = [impossible]
    code, text, _ = shown(file(found))
    assert code == 2
    assert "✗ proved: failed: no sizes satisfy the assumptions of x[i] = x[i]" in text
    assert "3 of 4 as the document says" in text


def test_an_error_inside_is_the_claims_outcome(file, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(replaying, "decide", broken)
    code, text, _ = shown(file(attack.originals()["proved"]))
    assert (code, "failed: ZeroDivisionError: by nothing" in text) == (2, True)


def test_values_that_a_claim_was_decided_at_are_those_of_its_run(tmp_path):
    made = tmp_path / "own.py"
    made.write_text(
        "from cnn_symbolic import prove, sizes\nM, S, T = sizes('M S T')\n"
        "one = prove('one', (M // S // T,), equals=(M // T // S,))\n",
        encoding="utf-8",
    )
    path = tmp_path / "document.json"
    path.write_text(run("prove", made, "--literal", 2, "--json").stdout, encoding="utf-8")
    code, text, _ = shown(path)
    assert (code, "✓ one: proved: all shapes, S and T in {1, 2}" in text) == (0, True)


def test_it_can_be_read_by_a_program(file):
    ran = run("replay", file(attack.originals()["refuted"]), "--json")
    (row,) = json.loads(ran.stdout)["claims"]
    assert (ran.returncode, row["outcome"], row["confirmed"], row["differences"]) == (0, "refuted", True, [])
    assert row["statement"].startswith("Σ{")


# What is read


def of_claims(text):
    return f'{{"schema_version": 2, "claims": {text}}}'


REFUSED = {
    "no JSON": ("{", "is not JSON"),
    "no table": ("[]", "has schema_version None"),
    "another version": ('{"schema_version": 3}', "has schema_version 3; this version reads 1 and 2"),
    "a version in words": ('{"schema_version": true}', "has schema_version True"),
    "no list of claims": ('{"schema_version": 2}', "missing required field `claims`"),
    "no claims": (of_claims("[]"), "$.claims: there are no claims in it"),
    "an empty claim": (of_claims("[{}]"), "missing required field `id` - at `$.claims[0]`"),
    "a key twice": (of_claims('[{"id": "a", "id": "a"}]'), "$.claims[0]: the key 'id' is there twice"),
    "no number": (of_claims("[NaN]"), "$.claims[0]: NaN is no number in JSON"),
    "digits": (of_claims(f"[{'9' * 5000}]"), "$.claims[0]: a number has more than 2000 digits"),
    "brackets": (of_claims("[" * 200 + "]" * 200), "nested more than 150 deep"),
    "more brackets": ("[" * 10**5, "is not JSON"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_document_is_refused_with_the_place(file, text, message):
    ran = run("replay", file(text))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert message in ran.stderr


ONE_IS_TWO = {"text": "", "shape": [-1], "formula": 1, "requirements": None}


def test_nothing_is_proved_of_a_shape_that_is_none(file):
    formal = {"rank": 1, "tensors": {}, "assumptions": [], "left": ONE_IS_TWO, "right": {**ONE_IS_TWO, "formula": 2}}
    one = {"id": "c", "expected": "proved", "verdict": "proved", "steps": [], "formal": formal}
    ran = run("replay", file({"schema_version": 1, "claims": [one]}))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "$.claims[0].formal: requirements are null for sizes that are written by hand only" in ran.stderr
    for side in ("left", "right"):
        formal[side]["requirements"] = []
    assert (
        "$.claims[0].formal.left.shape[0]: a shape: a size is at least 1"
        in run("replay", file({"schema_version": 1, "claims": [one]})).stderr
    )


def test_an_id_is_there_once_and_steps_belong_to_a_statement(file):
    twice = original("proved")
    twice["claims"] *= 2
    assert "$.claims[1].id: 'proved' is the id of $.claims[0], too" in run("replay", file(twice)).stderr
    bare = original("steps")
    bare["claims"][0]["formal"] = None
    assert "$.claims[0].steps: there are steps of a proof, but no statement" in run("replay", file(bare)).stderr


def test_a_document_is_read_up_to_a_limit(file, monkeypatch):
    monkeypatch.setattr(document_reading, "MOST_BYTES", 100)
    with pytest.raises(ExportError, match="which is all that is read"):
        read_document(file(attack.originals()["proved"]))


def test_a_document_may_come_from_a_pipe(monkeypatch, tmp_path):
    class Input:
        buffer = io.BytesIO(attack.originals()["proved"].encode())

    monkeypatch.setattr("sys.stdin", Input)
    code, text, _ = shown("-")
    assert (code, "1 proved; 1 of 1 as the document says" in text) == (0, True)


def test_a_document_of_the_first_version_is_read(file):
    """There a statement named its rank, and a step had a statement of its own."""
    found = original("steps")
    (one,) = found["claims"]
    del one["literally"]
    found["schema_version"], one["formal"]["rank"] = 1, 1
    for step in one["steps"]:
        side = step.pop("side")
        step["formal"] = {**one["formal"], "right": side} if step["because"] else None
    code, text, _ = shown(file(found))
    assert (code, re.search(r"[1-9] steps? follow", text) is not None) == (0, True)
    one["steps"][1]["formal"]["right"]["formula"] = 7
    assert shown(file(found))[0] == 1


def test_signs_that_cannot_be_printed_are_not(file):
    found = original("steps")
    found["claims"][0]["id"] = "\x1b[2Jcleared\u202e"
    found["claims"][0]["steps"][1]["because"] = "\x07ring"
    text = run("replay", file(found), "--full").stdout
    assert all(c.isprintable() or c == "\n" for c in text)
    assert "cleared" in text


# The schema


def test_the_schema_is_published_and_is_that_of_the_records():
    ran = run("replay", "--schema")
    assert (ran.returncode, json.loads(ran.stdout)) == (0, schema())
    Draft202012Validator.check_schema(schema())
    assert schema()["$defs"]["ExportedDocument"]["properties"]["schema_version"] == {"enum": [SCHEMA_VERSION]}
    assert set(GRAMMAR) <= set(schema()["$defs"])
    assert run("replay").returncode == 2


@pytest.mark.parametrize("name", ORIGINALS)
def test_documents_are_as_the_schema_says(name):
    Draft202012Validator(schema()).validate(original(name))


def test_what_the_schema_refuses_is_refused():
    """By what the reader checks of texts alone: names and places are looked at, too, and may be refused besides."""
    validator, refused = Draft202012Validator(schema()), 0
    for seed in range(share(40, 1000)):
        what, text = attack.attacked(seed)
        try:
            changed = json.loads(text)
            valid = validator.is_valid(changed)
        except (ValueError, RecursionError):  # no JSON, or deeper than the validator follows
            continue
        if "version" in what or valid:
            continue
        refused += 1
        assert attack.replay(text)[0] == 2, what
    assert refused > 10


# The attack


@pytest.mark.parametrize("share_of_it", every(8, range(64)))
def test_no_changed_document_passes_unless_it_is_true_and_shown(share_of_it):
    seeds = range(share_of_it * 12, share_of_it * 12 + 12)
    assert [(seed, *found) for seed in seeds if (found := attack.objection(seed))[0] is not None] == []


def test_every_kind_of_change_can_be_made():
    made = {attack.attacked(seed)[0].split(": ")[1] for seed in range(1500)}
    assert made == {*attack.CHANGES, *attack.TEXTS}


def without_shown(one):
    return replace(one, tensors=(), assumptions="", sizes="")


PLANTED = {
    "nothing is compared": ("differences", lambda *_: ()),
    "everything follows": ("with_steps", lambda row, *_: row),
    "nothing is shown": ("described", lambda _: {}),
}


@pytest.mark.parametrize(("name", "instead"), PLANTED.values(), ids=PLANTED.keys())
def test_the_attack_finds_a_planted_bug(name, instead, monkeypatch):
    monkeypatch.setattr(replaying, name, instead)
    assert any(attack.objection(seed)[0] is not None for seed in range(400))


def test_the_second_reading_finds_what_is_wrong():
    (m,) = sizes("M")
    x = tensor(m, name="x")
    wrong = {**value(claim(prove("wrong", x + x, equals=3 * x))), "verdict": "proved"}
    assert "differs at" in attack.untrue(wrong)
    assert attack.untrue(value(claim(prove("right", x + x, equals=2 * x)))) is None
