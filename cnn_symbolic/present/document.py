"""The machine-readable document of a run, and what `replay` reads back from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from cnn_symbolic.backward.findings import BackwardReport
from cnn_symbolic.expressions.printing import written, written_together
from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.ground.version import __version__
from cnn_symbolic.kernel.search.decide import decide
from cnn_symbolic.kernel.search.export import decode_statement, encode_statement
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Refutation, Undecided
from cnn_symbolic.kernel.trusted.statement import Statement
from cnn_symbolic.kernel.trusted.verdicts import Theorem, Verdict
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.present.content.counterexamples import why_undefined
from cnn_symbolic.proofs.check import Check, Checked
from cnn_symbolic.proofs.derivation import OUTCOMES, Derivation
from cnn_symbolic.proofs.settling import Settled, Stopped

if TYPE_CHECKING:
    from cnn_symbolic.certificates.certifying import Outcome

SCHEMA_VERSION = 1
# What is said of a claim that the kernel decided, and what stands there for others.
FIELDS = ("assumptions", "counterexample", "holds_when", "holds_when_given", "mistake", "wrong_step", "steps", "formal")
NOTHING: dict[str, Any] = dict.fromkeys(FIELDS) | {"steps": []}


def outcome(verdict: Verdict) -> str:
    """Return a verdict as one word."""
    return OUTCOMES[type(verdict)]


def document(claims: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a run as one JSON value: the values of its claims. The guide says what its fields are."""
    return {
        "schema_version": SCHEMA_VERSION,
        "generator": f"cnn-symbolic {__version__}",
        "claims": list(claims),
    }


def backward_value(report: BackwardReport) -> dict[str, Any]:
    """Return the report on a backward pass as one JSON value; `called` says how the passes were called."""
    return {
        "schema_version": SCHEMA_VERSION,
        "generator": f"cnn-symbolic {__version__}",
        "function": report.function,
        "layer": str(report.forward),
        "verdict": report.outcome,
        "evidence": report.evidence,
        "assuming": list(report.assuming),
        "refuses": report.refuses,
        "otherwise": report.otherwise,
        "called": report.signature,
        "layout": report.layout,
        "values": list(report.values),
        "process": "this" if report.where else "own",
        "right": report.also_right,
        "findings": [
            {
                "kind": found.kind,
                "result": found.gradient,
                "detail": found.detail,
                "mistake": found.mistake,
                "shapes": {name: list(shape) for name, shape in found.shapes.items()},
                "program": found.snippet,
            }
            for found in report.findings
        ],
        "seconds": round(report.seconds, 6),
    }


def with_certificate(value: Mapping[str, Any], certified: Outcome | None) -> dict[str, Any]:
    """Return the value of a claim with what became of its certificate."""
    if certified is None:
        return dict(value)
    return {**value, "evidence": certified.evidence(value["evidence"]), "certificate": certificate_value(certified)}


def claim_value(claim: Claim, settled: Settled) -> dict[str, Any]:
    """Return one claim as a JSON value."""
    made, verdict = claim.derivation, settled.verdict
    value = {
        "id": claim.id,
        "file": str(claim.file),
        "line": claim.line,
        "column": claim.column,
        "title": made.title,
        "article": list(made.article),
        "statement": made.title if isinstance(verdict, Stopped) else made.written_claim,
        "expected": made.expected,
        "verdict": settled.outcome,
        "evidence": verdict.evidence,
        "reason": verdict.detail if isinstance(verdict, Stopped | Checked) else reason(verdict),
        "seconds": round(verdict.seconds, 6),
    }
    if isinstance(made, Check) or isinstance(verdict, Stopped | Checked):
        return value | NOTHING | {"certificate": None}
    return value | decided_value(made, settled, verdict) | {"certificate": None}


def certificate_value(certified: Outcome) -> dict[str, Any]:
    """Return what became of a claim's certificate as a JSON value."""
    certificate = certified.certificate
    return {
        "status": certified.status,
        "detail": certified.detail,
        "statement": None if certificate is None else certificate.stated,
        "kind": None if certificate is None else certificate.kind,
        "seconds": round(certified.seconds, 6),
    }


def decided_value(derivation: Derivation, settled: Settled, verdict: Verdict) -> dict[str, Any]:
    """Return what a JSON value says of a claim that the kernel decided."""
    refuted = verdict if isinstance(verdict, Refutation) else None
    change = settled.mistake
    return {
        "assumptions": written_together(verdict.domain)
        if isinstance(verdict, Theorem | Refutation | HoldsForLiterals)
        else None,
        "counterexample": None if refuted is None else counterexample(refuted),
        "holds_when": None if refuted is None or refuted.holds_when is None else written(refuted.holds_when),
        "holds_when_given": None if refuted is None else dict(refuted.given),
        "mistake": None if change is None else {"change": change.name, "proved": str(change.formula)},
        "wrong_step": None if settled.wrong_step is None else settled.wrong_step[0].because,
        "steps": steps(derivation, settled),
        "formal": formal(derivation.statement),
    }


def reason(verdict: Verdict) -> str | None:
    """Return why a claim is not decided, or what was tried to refute one that holds for literal values only."""
    if isinstance(verdict, HoldsForLiterals):
        return f"not proved: {verdict.search}"
    return f"{verdict.reason}: {verdict.detail}" if isinstance(verdict, Undecided) else None


def formal(statement: Statement) -> dict[str, Any] | None:
    """Return a statement for the kernel, or None if a formula outside the vocabulary cannot be exported."""
    try:
        return encode_statement(statement)
    except ExportError:
        return None


def steps(derivation: Derivation, settled: Settled) -> list[dict[str, Any]]:
    """Return the checked lines of a derivation; each after the first with the statement that was proved."""
    found = []
    for line in settled.lines:
        formal = None if line.checked is None else encode_statement(line.checked.statement)
        text = derivation.written(line)
        found.append({"line": text, "because": line.because, "using": line.using or None, "formal": formal})
    return found


def counterexample(refuted: Refutation) -> dict[str, Any]:
    """Return the smallest counterexample as a JSON value; a side that is not defined there has no shape.

    `left_entry` and `right_entry` are the values of the entry in which the sides differ.
    """
    rank = len(refuted.statement.index)
    shapes = [list(of) if len(of) == rank else None for of in (refuted.left_shape, refuted.right_shape)]
    sides = [None if side is None else np.asarray(side) for side in (refuted.left_value, refuted.right_value)]
    entries = [None if side is None else side[refuted.index if side.ndim else ()] for side in sides]
    return {
        "kind": refuted.kind,
        "not_defined": f"the right side{why_undefined(refuted)}" if refuted.kind == "defined" else None,
        "least": refuted.least,
        "sizes": dict(refuted.sizes),
        "left_shape": shapes[0],
        "right_shape": shapes[1],
        "index": list(refuted.index),
        "monomial": None if refuted.monomial is None else str(refuted.monomial),
        "left_coefficient": number(refuted.left_coefficient),
        "right_coefficient": number(refuted.right_coefficient),
        "values": {name: number(array) for name, array in refuted.values.items()},
        "functions": {name: str(f) for name, f in refuted.functions.items()},
        "left_value": number(refuted.left_value),
        "right_value": number(refuted.right_value),
        "left_entry": number(entries[0]),
        "right_entry": number(entries[1]),
    }


def number(value: Any) -> Any:
    """Return exact numbers and arrays of them as JSON values: a fraction is a text such as "1/2"."""
    if isinstance(value, np.ndarray):
        return [number(v) for v in value] if value.ndim else number(value[()])
    if isinstance(value, sp.Expr) and not value.is_Rational:
        return str(sp.N(value, 12))
    if isinstance(value, sp.Rational):
        return int(value) if value.q == 1 else str(value)
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else str(value)
    return None if value is None else int(value)


@dataclass(frozen=True)
class Replayed:
    """One statement of an exported file, decided again."""

    id: str
    title: str
    expected: str
    recorded: str
    verdict: Verdict
    steps: tuple[Verdict, ...]

    @property
    def agrees(self) -> bool:
        """Whether the verdict is the recorded one, and every step still follows."""
        return outcome(self.verdict) == self.recorded and all(isinstance(s, Theorem) for s in self.steps)


def replay_file(path: Path) -> list[Replayed]:
    """Decide every claim in an exported file again, and every step, from the file alone.

    Checks, and claims that could not be exported, have no statement for the kernel and are passed over.
    Raises ExportError when the file cannot be read or is not such a document.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{path} is not JSON: {error}") from error
    version = value.get("schema_version") if isinstance(value, dict) else None
    if version != SCHEMA_VERSION:
        raise ExportError(
            f"{path} has schema_version {version!r}; this version reads {SCHEMA_VERSION}, "
            "as written by cnn-symbolic prove --json"
        )
    replayed = []
    for claim in claims_of(value, path):
        if claim["formal"] is None:
            continue
        formal = [step["formal"] for step in claim["steps"] if step["formal"] is not None]
        replayed.append(
            Replayed(
                claim["id"],
                claim["title"],
                claim["expected"],
                claim["verdict"],
                decide(decode_statement(claim["formal"])),
                tuple(decide(decode_statement(step)) for step in formal),
            )
        )
    return replayed


def claims_of(value: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    """Return the claims of a document; raise ExportError if a field is missing or of the wrong kind."""
    kinds = {"id": str, "title": str, "expected": str, "verdict": str, "steps": list, "formal": dict | None}
    claims = value.get("claims")
    if not isinstance(claims, list):
        raise ExportError(f"{path} has no list of claims")
    for k, claim in enumerate(claims):
        for key, kind in kinds.items():
            if not isinstance(claim, dict) or key not in claim or not isinstance(claim[key], kind):
                raise ExportError(f"{path}: claim {k + 1} has no {key!r} of kind {getattr(kind, '__name__', kind)}")
        if not all(isinstance(step, dict) and "formal" in step for step in claim["steps"]):
            raise ExportError(f"{path}: claim {claim['id']} has a step without its statement")
    return claims
