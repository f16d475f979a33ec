"""Reads a document of `prove --json`, trusting nothing: one that is malformed anywhere is refused, with the place."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.ground.files import decoded
from cnn_symbolic.kernel.exported.decoding import ExpressionReader, StatementReader, shown
from cnn_symbolic.kernel.exported.grammar import SAID
from cnn_symbolic.kernel.trusted.statement import Side, Statement
from cnn_symbolic.present.schema import SCHEMA_VERSION, ExportedClaim, ExportedDocument

FIRST_VERSION = 1
MOST_BYTES, MOST_DIGITS, MOST_NESTED = 64_000_000, 2000, 150


@dataclass(frozen=True)
class ReadClaim:
    """A claim of a document with its statement and the lines of its proof, if it has a statement."""

    exported: ExportedClaim
    statement: Statement | None = None
    lines: tuple[Side, ...] = ()


class Refused(str):
    """Stands for a value of a JSON document that is refused: why."""


def read_document(path: Path) -> list[ReadClaim]:
    """Return the claims of a document; `-` is standard input. Raises ExportError, which says where it is not one."""
    where = "standard input" if str(path) == "-" else str(path)
    try:
        value = json_value(content(path))
    except OSError as error:
        raise ExportError(f"{where} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{where} is not JSON: {error}") from error
    version = value.get("schema_version") if isinstance(value, dict) else None
    if type(version) is not int or version not in (FIRST_VERSION, SCHEMA_VERSION):
        raise ExportError(
            f"{where} has schema_version {shown(version)}; this version reads {FIRST_VERSION} and {SCHEMA_VERSION}, "
            "as written by cnn-symbolic prove --json"
        )
    try:
        return read_claims(upgraded(value) if version == FIRST_VERSION else value)
    except (ExportError, msgspec.ValidationError) as error:
        said = str(error) if "$" in str(error) else f"$: {error}"
        raise ExportError(f"{where} is no document of cnn-symbolic prove --json: {said}") from error


def content(path: Path) -> str:
    """Return the text of a file or pipe; raise ExportError if it is too long."""
    if str(path) == "-":
        found = sys.stdin.buffer.read(MOST_BYTES + 1)
    else:
        with path.open("rb") as file:
            found = file.read(MOST_BYTES + 1)
    if len(found) > MOST_BYTES:
        raise ExportError(f"{path} has more than {MOST_BYTES // 10**6} MB, which is all that is read")
    return decoded(found)


def json_value(text: str) -> Any:
    """Return the value of a JSON text, in which what is refused is marked."""

    def table(pairs: Sequence[tuple[str, Any]]) -> Any:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                return Refused(f"the key {shown(key)} is there twice")
            found[key] = value
        return found

    def integer(digits: str) -> Any:
        return int(digits) if len(digits) <= MOST_DIGITS else Refused(f"a number has more than {MOST_DIGITS} digits")

    def constant(word: str) -> Any:
        return Refused(f"{word} is no number in JSON")

    return json.loads(text, object_pairs_hook=table, parse_int=integer, parse_constant=constant)


def check_values(value: Any) -> None:
    """Raise ExportError, with the place, if something in a document is refused, or nested too deeply."""
    pending: list[tuple[Any, str, int]] = [(value, "$", 0)]
    while pending:
        part, at, depth = pending.pop()
        if isinstance(part, Refused):
            raise ExportError(f"{at}: {part}")
        if depth > MOST_NESTED:
            raise ExportError(f"{at}: it is nested more than {MOST_NESTED} deep")
        if isinstance(part, dict):
            pending += [(inner, f"{at}.{key}", depth + 1) for key, inner in part.items()]
        elif isinstance(part, list):
            pending += [(inner, f"{at}[{k}]", depth + 1) for k, inner in enumerate(part)]


def upgraded(value: Any) -> Any:
    """Return a document of the first version as one of this version; what is not like one is left to be refused.

    There every statement named its rank, and a step had a statement of its own, whose right side is the line.
    """
    value["schema_version"] = SCHEMA_VERSION
    for claim in items(value.get("claims")):
        formal = claim.get("formal")
        for statement in items([formal]):
            statement.pop("rank", None)
        for step in items(claim.get("steps")):
            own = step.pop("formal", None)
            left = (formal or {}).get("left") if isinstance(formal, dict | None) else None
            first = {**left, "requirements": None} if isinstance(left, dict) else left
            step["side"] = own.get("right") if isinstance(own, dict) else first
    return value


def items(value: Any) -> list[dict[str, Any]]:
    """Return the tables in a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def read_claims(value: Any) -> list[ReadClaim]:
    """Return the claims of a JSON value; raise ExportError or ValidationError if it is not a document."""
    check_values(value)
    if value.get("claims") == []:
        raise ExportError("$.claims: there are no claims in it")
    claims = msgspec.convert(value, ExportedDocument).claims
    seen: dict[str, int] = {}
    for k, claim in enumerate(claims):
        if (first := seen.setdefault(claim.id, k)) != k:
            raise ExportError(f"$.claims[{k}].id: {shown(claim.id)} is the id of $.claims[{first}], too")
    return [read_claim(claim, f"$.claims[{k}]") for k, claim in enumerate(claims)]


def read_claim(exported: ExportedClaim, at: str) -> ReadClaim:
    """Return a claim with its statement and the lines of its proof."""
    check_recorded(exported, at)
    if exported.formal is None:
        if exported.steps:
            raise ExportError(f"{at}.steps: there are steps of a proof, but no statement that is proved")
        return ReadClaim(exported)
    reader = StatementReader(exported.formal, f"{at}.formal")
    statement = reader.statement()
    by_hand = [side.requirements is None for side in (statement.left, statement.right)]
    if any(by_hand) and (statement.left.formula != 0 or statement.right.formula != 0):
        raise ExportError(
            f"{at}.formal: requirements are null for sizes that are written by hand only, but entries are compared"
        )
    if all(by_hand) and statement.tensors:
        raise ExportError(f"{at}.formal.tensors: sizes that are written by hand have no tensors")
    lines = [reader.line(line.side, f"{at}.steps[{k}].side") for k, line in enumerate(exported.steps)]
    return ReadClaim(exported, statement, tuple(lines))


def check_recorded(exported: ExportedClaim, at: str) -> None:
    """Raise ExportError, with the place, if what is recorded of conditions and numbers is not made of these."""
    said = {f"assumed[{k}]": condition for k, condition in enumerate(exported.assumed or ())}
    said |= {"holds_when_condition": exported.holds_when_condition, "holds_if_condition": exported.holds_if_condition}
    for place, condition in said.items():
        if condition is not None or place.endswith("]"):
            ExpressionReader().read(SAID, condition, f"{at}.{place}", {})
    if (one := exported.counterexample) is not None:
        at = f"{at}.counterexample"
        for name, value in one.values.items():
            check_numbers(value, f"{at}.values.{name}")
        for name in ("left_value", "right_value"):
            if (value := getattr(one, name)) is not None:
                check_numbers(value, f"{at}.{name}")


def check_numbers(value: Any, at: str) -> None:
    """Raise ExportError, with the place, unless a value is an exact number, or a list of such values."""
    if type(value) is list:
        for k, part in enumerate(value):
            check_numbers(part, f"{at}[{k}]")
    elif type(value) not in (int, str):
        raise ExportError(f"{at}: exact numbers are expected, found {shown(value)}")
