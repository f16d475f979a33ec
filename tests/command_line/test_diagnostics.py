"""Verdicts at their places: as text, and as GitHub, JUnit and SARIF have them; several texts at once."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import pytest

from cnn_symbolic.backward.proofs.sources import SourcePlace, place_of
from cnn_symbolic.present.diagnostics.diagnostic import ERROR, NONE, RULES, Diagnostic, Fix
from cnn_symbolic.present.diagnostics.formats import in_format
from tests.support.commands import run

ROOT = Path(__file__).parents[2]
LAYER = 'x = tensor(M, N)\nw = tensor(I, J)\nz = correlate(x, w, mode="valid")\n'
RIGHT = "claim(gradient(z, wrt=w) == correlate(x, cotangent(z)))\n"
WRONG = '\n  # é\nclaim(gradient(z, wrt=x) == correlate(w, cotangent(z), mode="full"))\n'
OPEN = "x = tensor(M)\nclaim(x[i] == x[i] * Iverson((i * i * i) % (M * M + 1) >= 0))\n"
BROKEN = "x = tensor(M\nclaim(x == x)\n"
PASS = """import numpy as np


def backward(dy, x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, dy.shape[2:], axis=(2, 3))
    dw = np.einsum("ncijrs,nkrs->kcij", windows, dy)
    return dw{}, dy.sum(axis=(0, 2, 3))
"""
SIGNATURE = ("--of", "conv2d()", "--signature", "dy, x, w -> dw, db", "--examples", "8")


@pytest.fixture
def texts(tmp_path):
    """A folder with three texts of claims: right and wrong ones, an unreadable one, and one in a folder inside."""
    folder = tmp_path / "a b"
    (folder / "inside").mkdir(parents=True)
    (folder / "one.claims").write_text(LAYER + RIGHT + WRONG, encoding="utf-8")
    (folder / "two.claims").write_text(BROKEN, encoding="utf-8")
    (folder / "inside" / "three.claims").write_text("\ufeff" + LAYER + RIGHT, encoding="utf-8")
    (folder / "other.txt").write_text(BROKEN, encoding="utf-8")
    return folder


@pytest.fixture
def code(tmp_path):
    def written(change):
        tmp_path.joinpath("mine.py").write_text(PASS.format(change), encoding="utf-8")
        return tmp_path

    return written


def test_every_view_of_a_claim_says_where_it_is(texts):
    shown = run("check", "one.claims", cwd=texts)
    assert re.findall(r"^  (one\.claims:\d+:\d+) *$", shown.stdout, re.M) == ["one.claims:4:1", "one.claims:7:1"]
    assert shown.returncode == 1


def test_a_claim_of_the_command_line_has_no_place():
    shown = run("check", "--let", "x = tensor(M)", "--claim", "x == x")
    assert (shown.returncode, ":1" in shown.stdout) == (0, False)


def test_the_table_says_where_claims_are_that_are_not_as_stated(texts):
    shown = run("prove", "one.claims", cwd=texts).stdout
    assert re.findall(r"one\.claims:\d+:\d+", shown) == ["one.claims:7:1"]


def test_one_text_that_cannot_be_read_does_not_take_the_others_with_it(texts):
    shown = run("check", texts.name, "missing.claims", cwd=texts.parent)
    assert shown.returncode == 2
    assert "two.claims, line 1, column 11: no Python syntax" in shown.stderr
    assert "missing.claims cannot be read: No such file" in shown.stderr
    assert re.search("2 proved, 1 refuted; 2 of 3 as stated, in .* s; 2 texts not read", shown.stdout)
    assert "other.txt" not in shown.stdout + shown.stderr


def test_a_folder_without_texts_is_an_error(tmp_path):
    shown = run("check", tmp_path)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "has no text of claims: their names end in .claims" in shown.stderr


def test_ids_are_unique_over_all_texts(texts):
    document = json.loads(run("check", texts.name, "--json", cwd=texts.parent).stdout)
    assert [claim["id"] for claim in document["claims"]] == ["three.line_4", "one.line_4", "line_7"]
    places = [(Path(c["file"]).name, c["line"], c["column"]) for c in document["claims"]]
    assert places == [("three.claims", 4, 1), ("one.claims", 4, 1), ("one.claims", 7, 1)]


def test_json_is_the_format_of_the_same_name_and_no_other(texts):
    with_json, by_name = (
        run("check", "one.claims", *given, cwd=texts) for given in (["--json"], ["--output-format", "json"])
    )
    assert [c["id"] for c in json.loads(with_json.stdout)["claims"]] == ["line_4", "line_7"]
    assert json.loads(with_json.stdout).keys() == json.loads(by_name.stdout).keys()
    both = run("check", "one.claims", "--json", "--output-format", "junit", cwd=texts)
    assert (both.returncode, both.stdout) == (2, "")
    assert "--json is --output-format json" in both.stderr


# GitHub


def commands_in(text):
    """The commands of a log, as (kind, options, message) with what is escaped put back."""
    found = [re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line) for line in text.splitlines() if line.startswith("::")]
    assert all(found)
    return [
        (one[1], {k: unquote(v) for k, v in (each.split("=", 1) for each in one[2].split(","))}, unquote(one[3]))
        for one in found
    ]


def test_github_marks_what_is_not_as_stated(texts):
    shown = run("check", texts.name, "--output-format", "github", cwd=texts.parent)
    unread, refuted = commands_in(shown.stdout)
    assert unread[:2] == (
        "error",
        {"file": "a b/two.claims", "line": "1", "col": "11", "title": "two.claims (unreadable)"},
    )
    assert refuted[1] == {"file": "a b/one.claims", "line": "7", "col": "1", "title": "line_7 (refuted)"}
    assert "smallest counterexample M = 1, N = 2, I = 1, J = 1; holds exactly when I = M and J = N" in refuted[2]
    assert "claim(gradient(z, wrt=x) == convolve(w, cotangent(z), mode='full'))" in refuted[2]
    assert shown.stdout.splitlines()[-1].startswith("2 proved, 1 refuted; 2 of 3 as stated")


def test_github_escapes_what_would_end_a_command():
    one = Diagnostic("a,b:c.py", 3, 0, "refuted", ERROR, "100%", "::error::\r\nx", ("%0A",))
    text = in_format("github", [one])
    assert text == "::error file=a%2Cb%3Ac.py,line=3,title=100%25 (refuted)::::error::%0D%0Ax%0A%250A"


def test_what_is_open_is_a_warning(tmp_path):
    tmp_path.joinpath("open.claims").write_text(OPEN, encoding="utf-8")
    shown = run("check", "open.claims", "--output-format", "github", cwd=tmp_path)
    assert (shown.returncode, [one[0] for one in commands_in(shown.stdout)]) == (3, ["warning"])
    case = ElementTree.fromstring(run("check", "open.claims", "--output-format", "junit", cwd=tmp_path).stdout).find(
        "testsuite/testcase"
    )
    assert case.find("failure").get("type") == "undecided"


# JUnit


def test_junit_has_a_case_for_each_claim(texts):
    shown = run("check", texts.name, "--output-format", "junit", cwd=texts.parent)
    root = ElementTree.fromstring(shown.stdout)
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "4", "failures": "1", "errors": "1",
    }  # fmt: skip
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert {name: [part.tag for part in case] for name, case in cases.items()} == {
        "two.claims": ["error"], "three.line_4": [], "one.line_4": [], "line_7": ["failure"],
    }  # fmt: skip
    assert (cases["line_7"].get("file"), cases["line_7"].get("line")) == ("a b/one.claims", "7")
    assert cases["line_7"][0].text.startswith("a b/one.claims:7:1\n")
    assert float(cases["one.line_4"].get("time")) > 0


def test_junit_is_xml_whatever_is_said():
    one = Diagnostic("a\x1b.py", 1, 1, "refuted", ERROR, "x<&\x00", "]]>\x08\ud800", ("é\u202e",))
    root = ElementTree.fromstring(in_format("junit", [one]))
    assert root.find("testsuite/testcase/failure").get("message") == r"]]>\x08\ud800"


# SARIF

TEXT = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}
NUMBER = {"type": "integer", "minimum": 1}


def record(*required, **properties):
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


def many(of, least=0):
    return {"type": "array", "items": of, "minItems": least}


ARTIFACT = record("uri", uri={"type": "string", "format": "uri-reference"}, uriBaseId={"const": "%SRCROOT%"})
REGION = record("startLine", "startColumn", startLine=NUMBER, startColumn=NUMBER, endLine=NUMBER, endColumn=NUMBER)
REPLACEMENT = record("deletedRegion", "insertedContent", deletedRegion=REGION, insertedContent=TEXT)
RESULT = record(
    *("ruleId", "ruleIndex", "level", "message", "locations"),
    ruleId={"enum": list(RULES)},
    ruleIndex={"type": "integer", "minimum": 0},
    level={"enum": ["error", "warning", "note", "none"]},
    message=TEXT,
    locations=many(
        record(
            "physicalLocation",
            physicalLocation=record("artifactLocation", artifactLocation=ARTIFACT, region=REGION),
            logicalLocations=many(record("name", name={"type": "string"})),
        ),
        least=1,
    ),
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
    fixes=many(
        record(
            "artifactChanges",
            description=TEXT,
            artifactChanges=many(
                record("artifactLocation", "replacements", artifactLocation=ARTIFACT, replacements=many(REPLACEMENT, 1))
            ),
        )
    ),
)
RULE = record("id", id={"type": "string"}, shortDescription=TEXT, fullDescription=TEXT, help=TEXT)
DRIVER = record("name", name={"type": "string"}, version={"type": "string"}, rules=many(RULE))
# Of SARIF 2.1.0 what is written here, and nothing else.
SARIF = record(
    *("$schema", "version", "runs"),
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"},
    runs=many(
        record(
            *("tool", "results"),
            tool=record("driver", driver=DRIVER),
            columnKind={"enum": ["unicodeCodePoints", "utf16CodeUnits"]},
            results=many(RESULT),
        ),
        least=1,
    ),
)


def sarif_of(shown):
    found = json.loads(shown.stdout)
    jsonschema.validate(found, SARIF)
    (one,) = found["runs"]
    rules = [rule["id"] for rule in one["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in one["results"])
    return one["results"]


def test_sarif_has_what_is_not_as_stated(texts):
    unread, refuted = sarif_of(run("check", texts.name, "--output-format", "sarif", cwd=texts.parent))
    place = refuted["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "a%20b/one.claims", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7, "startColumn": 1},
    }
    assert (unread["ruleId"], refuted["ruleId"]) == ("unreadable", "refuted")
    assert sarif_of(run("check", "inside", "--output-format", "sarif", cwd=texts)) == []


def test_the_change_that_mends_a_pass_can_be_applied_from_sarif(code):
    folder = code("[:, :, ::-1]")
    shown = run("check-backward", "mine.py:backward", *SIGNATURE, "--prove", "--output-format", "sarif", cwd=folder)
    (wrong,) = sarif_of(shown)
    (replacement,) = wrong["fixes"][0]["artifactChanges"][0]["replacements"]
    region, lines = replacement["deletedRegion"], PASS.format("[:, :, ::-1]").splitlines(keepends=True)
    starts = [sum(map(len, lines[: region[f"{end}Line"] - 1])) + region[f"{end}Column"] - 1 for end in ("start", "end")]
    text = "".join(lines)
    folder.joinpath("mine.py").write_text(
        text[: starts[0]] + replacement["insertedContent"]["text"] + text[starts[1] :], encoding="utf-8"
    )
    mended = run("check-backward", "mine.py:backward", *SIGNATURE, "--prove", "--output-format", "sarif", cwd=folder)
    assert (shown.returncode, mended.returncode, sarif_of(mended)) == (1, 0, [])


@pytest.mark.parametrize("old", ["a", "ab\ncd", "\n"])
def test_a_fix_ends_behind_what_it_replaces(old):
    text = f"x\n  {old}z"
    line, column = Fix(2, 3, old, "", "").end
    rows = text.split("\n")
    assert rows[line - 1][column - 1] == "z"


# Code


def test_a_wrong_result_is_marked_where_the_change_is_that_mends_it(code):
    shown = run(
        "check-backward",
        "mine.py:backward",
        *SIGNATURE,
        "--prove",
        "--output-format",
        "github",
        cwd=code("[..., ::-1]"),
    )
    ((kind, options, message),) = commands_in(shown.stdout)
    assert (kind, options) == ("error", {"file": "mine.py", "line": "7", "col": "12", "title": "dw (wrong-gradient)"})
    assert message.startswith("dw of backward is not the gradient\nrefuted, read from the code: wrong at ")
    assert "mine.py:7:12: `dw[..., ::-1]` → `dw`" in message


def test_a_result_that_is_only_tested_is_a_warning_where_it_is_to_be_proved(code):
    folder = code(" * (np.linalg.norm(w) >= 0)")
    for given, status, kinds in ((("--prove",), 3, ["warning"] * 2), ((), 0, [])):
        shown = run("check-backward", "mine.py:backward", *SIGNATURE, *given, "--output-format", "github", cwd=folder)
        found = commands_in(shown.stdout)
        assert (shown.returncode, [one[0] for one in found]) == (status, kinds)
        assert [one[1]["line"] for one in found] == ["7"] * len(kinds)
    text = run("check-backward", "mine.py:backward", *SIGNATURE, "--prove", cwd=folder).stdout
    assert "\n  mine.py:4:1\n" in text
    assert "tested, not proved: mine.py:7: np.linalg.norm is not known" in text


def test_misbehaviour_is_marked_at_the_function(code):
    folder = code(" + x.fill(0) if dy.fill(0) else dw")
    shown = run("check-backward", "mine.py:backward", *SIGNATURE, "--output-format", "github", cwd=folder)
    assert shown.returncode == 1
    titles = [options["title"] for _, options, _ in commands_in(shown.stdout)]
    assert "mutation (misbehaviour)" in titles


def test_a_layer_that_is_none_is_said_to_the_other_tool_too(code):
    shown = run("check-backward", "mine.py:backward", "--of", "conv2(", "--output-format", "github", cwd=code(""))
    ((kind, options, _),) = commands_in(shown.stdout)
    assert (shown.returncode, kind, options["file"]) == (2, "error", "mine.py")
    assert shown.stderr.startswith("cnn-symbolic: ")


def test_a_derivation_file_that_fails_is_marked_at_its_line(tmp_path):
    tmp_path.joinpath("bad.py").write_text("x = 1\ny = z\n", encoding="utf-8")
    shown = run("prove", "bad.py", "--output-format", "github", cwd=tmp_path)
    ((_, options, message),) = commands_in(shown.stdout)
    assert (options["file"], options["line"], message) == ("bad.py", "2", "NameError: name 'z' is not defined")


@pytest.mark.parametrize(
    ("named", "line"), [("f", 3), ("g,f", 3), ("C", 7), ("C.b", 9), ("nothing", 0), ("C.nothing", 0)]
)
def test_a_place_is_where_the_function_is(tmp_path, named, line):
    file = tmp_path / "a.py"
    file.write_text("x = 1\n\ndef f(): pass\n\ndef g(): pass\n\nclass C:\n    x = 1\n    def b(self): pass\n")
    assert place_of(f"{file}:{named}") == SourcePlace(file, line, (5 if line == 9 else 1) if line else 0)


def test_a_place_without_a_source_is_its_file_alone(tmp_path):
    assert str(place_of("missing.py:f")) == "missing.py"
    assert in_format("github", [Diagnostic("m.py", 0, 0, "right", NONE, "x", "y")]) == ""


# Hooks


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="hooks are installed from a repository: this is none")
def test_the_hooks_of_pre_commit_decide_the_files_that_they_are_given(texts):
    def done(*command):
        home = {**os.environ, "PRE_COMMIT_HOME": str(texts.parent / "home")}
        return subprocess.run(command, cwd=texts, env=home, capture_output=True, text=True)

    revision = done("git", "-C", str(ROOT), "rev-parse", "HEAD").stdout.strip()
    texts.joinpath(".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {ROOT}\n  rev: {revision}\n  hooks:\n  - id: cnn-symbolic-check\n"
    )
    done("git", "init", "-q", ".")
    done("git", "add", ".")
    for file, status in (("inside/three.claims", 0), ("one.claims", 1), ("other.txt", 0)):
        ran = done(sys.executable, "-m", "pre_commit", "run", "--files", file)
        assert (ran.returncode, "Skipped" in ran.stdout) == (status, file == "other.txt"), ran.stdout + ran.stderr
