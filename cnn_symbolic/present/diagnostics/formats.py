"""What is said at places of files, written as other tools read it.

`github` are the commands with which a workflow of GitHub marks lines of a pull request, of what is not as stated only.
`junit` is written by junitparser, each claim or result a test case of its file's suite. `sarif` is SARIF 2.1.0, the
form of GitHub's code scanning and of editors: of the libraries for it one is not kept any more and the other brings a
second library for records, so that it is written here. Source: OASIS, "Static Analysis Results Interchange Format
(SARIF) Version 2.1.0", and what GitHub's code scanning asks for besides.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from cnn_symbolic.ground.printable import printable
from cnn_symbolic.ground.version import __version__
from cnn_symbolic.present.diagnostics.diagnostic import NONE, RULES, Diagnostic

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def in_format(name: str, found: Sequence[Diagnostic]) -> str:
    """Return diagnostics in one of the formats, as a text that ends with its last line."""
    return FORMATS[name](found)


def relative(file: str) -> str:
    """Return a file as it is named from the current folder, with / between folders; others as they are."""
    path = Path(file)
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix() if path.is_absolute() else PurePath(file).as_posix()
    except (ValueError, OSError):
        return file


# GitHub


def github(found: Sequence[Diagnostic]) -> str:
    """Return one command a line for what is not as stated."""
    return "\n".join(annotation(one) for one in found if one.level != NONE)


def annotation(one: Diagnostic) -> str:
    """Return the command that marks a line: `::error file=a.py,line=3,col=5,title=…::message`."""
    given = {"file": relative(one.file), "line": one.line or "", "col": one.column or "", "title": title(one)}
    options = ",".join(f"{key}={escaped(str(value), ':,')}" for key, value in given.items() if value)
    return f"::{one.level} {options}::{escaped(whole(one))}"


def whole(one: Diagnostic) -> str:
    """Return the message with the lines below it."""
    return "\n".join([one.message, *one.details])


def title(one: Diagnostic) -> str:
    """Return what stands above the message."""
    return f"{one.name} ({one.rule})"


def escaped(text: str, signs: str = "") -> str:
    """Return a text without the signs that end it or an option, as GitHub escapes them."""
    for sign in f"%\r\n{signs}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


# JUnit


def junit(found: Sequence[Diagnostic]) -> str:
    """Return a test suite for each file: what is open or of the opposite verdict has failed, what broke is an error."""
    from junitparser import Attr, Error, Failure, JUnitXml, TestCase, TestSuite

    class PlacedCase(TestCase):  # type: ignore[misc]  # of a library without types
        """A test case with its place."""

        file, line = Attr(), Attr()

    made = JUnitXml("cnn-symbolic")
    for file, those in grouped(found):
        name = printable(relative(file))
        suite = TestSuite(name)
        for one in those:
            case = PlacedCase(printable(one.name), PurePath(name).stem, round(one.seconds, 6))
            case.file, case.line = name, str(one.line)
            if one.level != NONE:
                kind = Error if one.rule in ("error", "failed", "unreadable") else Failure
                result = kind(printable(one.message), one.rule)
                result.text = printable(f"{place_of(one)}\n{whole(one)}", "\n")
                case.result = [result]
            suite.add_testcase(case)
        made.add_testsuite(suite)
    made.update_statistics()
    text: str = made.tostring().decode()
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}'


def grouped(found: Sequence[Diagnostic]) -> Iterable[tuple[str, Iterable[Diagnostic]]]:
    """Return diagnostics by their files, in the order of the first of each."""
    order = {one.file: k for k, one in reversed(list(enumerate(found)))}
    return groupby(sorted(found, key=lambda one: order[one.file]), lambda one: one.file)


def place_of(one: Diagnostic) -> str:
    """Return `file:line:column`, as far as it is known."""
    return ":".join([relative(one.file), *(str(n) for n in (one.line, one.column) if n)])


# SARIF


def sarif(found: Sequence[Diagnostic]) -> str:
    """Return a log of one run with what is not as stated: GitHub shows as an alert whatever a log has."""
    wrong = [one for one in found if one.level != NONE]
    rules = [rule for rule in RULES if any(one.rule == rule for one in wrong)]
    driver = {
        "name": "cnn-symbolic",
        "version": __version__,
        "rules": [sarif_rule(rule) for rule in rules],
    }
    results = [sarif_result(one, rules.index(one.rule)) for one in wrong]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1)


def sarif_rule(rule: str) -> dict[str, Any]:
    """Return what a rule means, and what to do."""
    means, todo = RULES[rule]
    return {"id": rule, "shortDescription": {"text": means}, "fullDescription": {"text": means}, "help": {"text": todo}}


def sarif_result(one: Diagnostic, rule: int) -> dict[str, Any]:
    """Return one result, with the change that mends it if one is known."""
    place: dict[str, Any] = {"artifactLocation": artifact(one.file)}
    if one.line:
        place["region"] = {"startLine": one.line, "startColumn": one.column or 1}
    made: dict[str, Any] = {
        "ruleId": one.rule,
        "ruleIndex": rule,
        "level": one.level,
        "message": {"text": whole(one)},
        "locations": [{"physicalLocation": place, "logicalLocations": [{"name": one.name}]}],
        "partialFingerprints": {"claim/v1": f"{relative(one.file)}#{one.name}"},
    }
    if (fix := one.fix) is not None:
        end_line, end_column = fix.end
        region = {"startLine": fix.line, "startColumn": fix.column, "endLine": end_line, "endColumn": end_column}
        replacement = {"deletedRegion": region, "insertedContent": {"text": fix.new}}
        change = {"artifactLocation": artifact(one.file), "replacements": [replacement]}
        made["fixes"] = [{"description": {"text": fix.words}, "artifactChanges": [change]}]
    return made


def artifact(file: str) -> dict[str, str]:
    """Return a file as SARIF names it: a relative one as of the root of the sources."""
    name = relative(file)
    if Path(name).is_absolute():
        return {"uri": Path(name).as_uri()}
    return {"uri": quote(name), "uriBaseId": "%SRCROOT%"}


FORMATS: dict[str, Callable[[Sequence[Diagnostic]], str]] = {"github": github, "junit": junit, "sarif": sarif}
