"""What the JSON document of a run is: the records that `prove --json` writes and `replay` reads, and their JSON schema.

Fields that the kernel decides are read strictly; titles, texts and places are for people, and nothing is concluded from
them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from cnn_symbolic.kernel.exported.grammar import (
    MOST_AXES,
    MOST_CONDITIONS,
    ExportedSide,
    ExportedStatement,
    Said,
    formula_schemas,
)

SCHEMA_VERSION = 2
MOST_CLAIMS, MOST_LINES, MOST_VALUES = 10_000, 200, 1000

FoundOutcome: TypeAlias = Annotated[str, Meta(pattern="^(proved|refuted|holds|undecided|ran|failed|error)$")]
StatedOutcome: TypeAlias = Annotated[str, Meta(pattern="^(proved|refuted|holds|ran)$")]
KindOfDifference: TypeAlias = Annotated[str, Meta(pattern="^(entry|shape|defined)$")]
# An exact number: a fraction is a text such as "1/2", a real number one of its first digits.
ExactNumber: TypeAlias = int | str
# Arrays of exact numbers, as lists in lists.
Numbers: TypeAlias = Annotated[Any, Meta(extra_json_schema={"$ref": "#/$defs/numbers"})]
Sizes: TypeAlias = dict[str, int]
IndexOrShape: TypeAlias = Annotated[list[int], Meta(max_length=MOST_AXES)]
Seconds: TypeAlias = Annotated[float, Meta(ge=0)]


class ExportedLine(Struct, kw_only=True, forbid_unknown_fields=True):
    """A line of a proof: as text, why it equals the line before, the theorem that is cited for it, and the side it is.

    The first line is the left side. Every line is equal to the one before it wherever the left side is defined.
    """

    line: str
    because: str
    using: str | None
    side: ExportedSide


class ExportedCounterexample(Struct, kw_only=True, forbid_unknown_fields=True):
    """Where the sides of a claim differ, and in what; a side that is not defined there has no shape.

    `left_entry` and `right_entry` are the values of the entry in which the sides differ.
    """

    kind: KindOfDifference
    not_defined: str | None
    least: bool
    sizes: Sizes
    left_shape: IndexOrShape | None
    right_shape: IndexOrShape | None
    index: IndexOrShape
    monomial: str | None
    left_coefficient: ExactNumber | None
    right_coefficient: ExactNumber | None
    values: dict[str, Numbers]
    functions: dict[str, str]
    left_value: Numbers | None
    right_value: Numbers | None
    left_entry: ExactNumber | None
    right_entry: ExactNumber | None


class ExportedMistake(Struct, kw_only=True, forbid_unknown_fields=True):
    """The name of a mistake, the formula without it, and the line to paste in a text in place of the wrong one."""

    change: str
    proved: str
    corrected: str | None = None


class ExportedCertificate(Struct, kw_only=True, forbid_unknown_fields=True):
    """What became of a claim's certificate; nothing that `replay` looks at."""

    status: str
    detail: str
    statement: str | None
    kind: str | None
    seconds: Seconds


class ExportedClaim(Struct, kw_only=True, forbid_unknown_fields=True):
    """A claim: its place, what its author states, what was found, and the statement, for whoever decides it again.

    `formal` is null for what the kernel does not decide. `literally` lists values of strides and other factors that it
    was decided at, in place of every value; `steps` are the lines of its proof, up to a wrong one. `assumed`,
    `holds_when_condition` and `holds_if_condition` are `assumptions`, `holds_when` and `holds_if` as formulas.
    """

    id: Annotated[str, Meta(min_length=1, max_length=500)]
    file: str = ""
    line: int = 0
    column: int = 0
    title: str = ""
    article: list[str] = []
    statement: str = ""
    expected: StatedOutcome
    verdict: FoundOutcome
    evidence: str = ""
    reason: str | None = None
    seconds: Seconds = 0.0
    assumptions: str | None = None
    assumed: Annotated[list[Said], Meta(max_length=MOST_CONDITIONS)] | None = None
    counterexample: ExportedCounterexample | None = None
    holds_when: str | None = None
    holds_when_condition: Said | None = None
    holds_when_given: Sizes | None = None
    holds_when_necessary_at: dict[str, list[int]] | None = None
    holds_if: str | None = None
    holds_if_condition: Said | None = None
    mistake: ExportedMistake | None = None
    wrong_step: str | None = None
    literally: Annotated[list[Annotated[int, Meta(ge=1, le=MOST_VALUES)]], Meta(max_length=MOST_VALUES)] = []
    steps: Annotated[list[ExportedLine], Meta(max_length=MOST_LINES)]
    formal: ExportedStatement | None
    certificate: ExportedCertificate | None = None


class ExportedDocument(Struct, kw_only=True, forbid_unknown_fields=True):
    """A run: the version of this format, who wrote it, and its claims."""

    schema_version: Literal[2]
    generator: str = ""
    claims: Annotated[list[ExportedClaim], Meta(min_length=1, max_length=MOST_CLAIMS)]


def schema() -> dict[str, Any]:
    """Return the JSON schema of the document of a run."""
    made = msgspec.json.schema(ExportedDocument)
    array = {"type": "array", "items": {"$ref": "#/$defs/numbers"}}
    numbers = {"anyOf": [{"type": "integer"}, {"type": "string"}, array]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A document of cnn-symbolic prove --json",
        **made,
        "$defs": {**made["$defs"], **formula_schemas(), "numbers": numbers},
    }
