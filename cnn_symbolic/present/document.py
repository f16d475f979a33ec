"""The machine-readable document of a run: what `prove --json` writes, as the records of `schema` say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import sympy as sp

from cnn_symbolic.backward.findings import BackwardReport
from cnn_symbolic.backward.proofs.report import BackwardProof, CodeMend
from cnn_symbolic.claims.writing import corrected_claim
from cnn_symbolic.expressions.printing import written, written_together
from cnn_symbolic.expressions.shapes import format_shape
from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.ground.version import __version__
from cnn_symbolic.kernel.exported.encoding import all_encoded, encode, exported_side, exported_statement
from cnn_symbolic.kernel.exported.grammar import ExportedStatement
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Refutation, Undecided
from cnn_symbolic.kernel.trusted.statement import Side
from cnn_symbolic.kernel.trusted.verdicts import Theorem, Verdict
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.mistakes.changes import Change
from cnn_symbolic.present.content.counterexamples import why_undefined
from cnn_symbolic.present.schema import (
    SCHEMA_VERSION,
    ExportedCertificate,
    ExportedClaim,
    ExportedCounterexample,
    ExportedLine,
    ExportedMistake,
)
from cnn_symbolic.proofs.check import Checked
from cnn_symbolic.proofs.derivation import OUTCOMES, Derivation
from cnn_symbolic.proofs.lines import Line, folded
from cnn_symbolic.proofs.settling import Settled, Stopped
from cnn_symbolic.tensors.tensor import Tensor

if TYPE_CHECKING:
    from cnn_symbolic.certificates.certifying import Outcome

# The version of the report on a backward pass.
REPORT_VERSION = 1


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
        "schema_version": REPORT_VERSION,
        "generator": f"cnn-symbolic {__version__}",
        "function": report.function,
        "layer": str(report.forward),
        "verdict": report.outcome,
        "evidence": report.evidence,
        "wrong_where": report.wrong_where,
        "assuming": list(report.assuming),
        "refuses": report.refuses,
        "otherwise": report.otherwise,
        "called": report.signature,
        "layout": report.layout,
        "values": list(report.values),
        "seed": report.seed,
        "process": "this" if report.where else "own",
        "right": report.also_right,
        "proof": None if report.proof is None else proof_value(report.proof),
        "findings": [
            {
                "kind": found.kind,
                "result": found.gradient,
                "detail": found.detail,
                "mistake": found.mistake,
                "wrong_where": found.wrong_where,
                "shapes": {name: list(shape) for name, shape in found.shapes.items()},
                "program": found.snippet,
            }
            for found in report.findings
        ],
        "seconds": round(report.seconds, 6),
    }


def proof_value(proof: BackwardProof) -> dict[str, Any]:
    """Return what is proved of a backward pass by reading it as a JSON value."""
    return {
        "proved": proof.proved,
        "reason": proof.reason,
        "refuses": proof.refuses,
        "fails": proof.fails,
        "seconds": round(proof.seconds, 6),
        "results": {
            each.name: {
                "outcome": each.outcome,
                "evidence": each.evidence,
                "seconds": round(each.seconds, 6),
                "lines": list(each.lines or ()),
                "condition": each.condition,
                "sizes": dict(each.sizes),
                "what": each.what,
                "mistake": each.mistake,
                "reason": each.reason,
                "line": each.line,
                "formula": list(each.formula),
                "mend": mend_value(each.mend),
            }
            for each in proof.results
        },
        "mend": mend_value(proof.mend),
    }


def mend_value(mend: CodeMend | None) -> dict[str, Any] | None:
    """Return a change of the code as a JSON value."""
    return None if mend is None else {k: v if isinstance(v, int | str) else list(v) for k, v in vars(mend).items()}


def with_certificate(value: Mapping[str, Any], certified: Outcome | None) -> dict[str, Any]:
    """Return the value of a claim with what became of its certificate."""
    if certified is None:
        return dict(value)
    certificate = msgspec.to_builtins(exported_certificate(certified))
    return {**value, "evidence": certified.evidence(value["evidence"]), "certificate": certificate}


def exported_certificate(certified: Outcome) -> ExportedCertificate:
    """Return the record of what became of a claim's certificate."""
    certificate = certified.certificate
    return ExportedCertificate(
        status=certified.status,
        detail=certified.detail,
        statement=None if certificate is None else certificate.stated,
        kind=None if certificate is None else certificate.kind,
        seconds=round(certified.seconds, 6),
    )


def claim_value(claim: Claim, settled: Settled) -> dict[str, Any]:
    """Return one claim as a JSON value."""
    value: dict[str, Any] = msgspec.to_builtins(exported_claim(claim, settled))
    return value


def values_listed(refuted: Refutation) -> dict[str, list[int]] | None:
    """Return at which values of sizes alone a condition is known to be necessary; None if everywhere."""
    return {name: list(values) for name, values in refuted.necessary_at.items()} or None


def exported_claim(claim: Claim, settled: Settled) -> ExportedClaim:
    """Return the record of one claim; what the kernel did not decide has no statement in it."""
    made, verdict, change = claim.derivation, settled.verdict, settled.mistake
    refuted = verdict if isinstance(verdict, Refutation) else None
    decided = made if isinstance(made, Derivation) and isinstance(verdict, Verdict) else None
    statement, steps = (None, []) if decided is None else formal(decided, settled)
    return ExportedClaim(
        id=claim.id,
        file=str(claim.file),
        line=claim.line,
        column=claim.column,
        title=made.title,
        article=list(made.article),
        statement=made.title if isinstance(verdict, Stopped) else made.written_claim,
        expected=made.expected,
        verdict=settled.outcome,
        evidence=verdict.evidence,
        reason=verdict.detail if isinstance(verdict, Stopped | Checked) else reason(verdict),
        seconds=round(verdict.seconds, 6),
        counterexample=None if refuted is None else counterexample(refuted),
        mistake=None if change is None or decided is None else exported_mistake(decided, change),
        wrong_step=None if settled.wrong_step is None else settled.wrong_step[0].because,
        literally=[] if decided is None else list(decided.literally),
        steps=steps,
        formal=statement,
        certificate=None,
        **conditions(verdict),
    )


def exported_mistake(made: Derivation, change: Change) -> ExportedMistake:
    """Return the record of a mistake."""
    formula = change.formula if isinstance(change.formula, Tensor) else format_shape(change.formula)
    return ExportedMistake(change=change.name, proved=str(formula), corrected=corrected_claim(made, change))


def conditions(verdict: Verdict | Stopped | Checked) -> dict[str, Any]:
    """Return the fields about what a verdict assumes and, of a refutation, when its claim does hold."""
    domain = verdict.domain if isinstance(verdict, Theorem | Refutation | HoldsForLiterals) else None
    refuted = verdict if isinstance(verdict, Refutation) else None
    holds_when, holds_if = (None, None) if refuted is None else (refuted.holds_when, refuted.holds_if)
    return {
        "assumptions": None if domain is None else written_together(domain),
        "assumed": None if domain is None else all_encoded(domain),
        "holds_when": None if holds_when is None else written(holds_when),
        "holds_when_condition": None if holds_when is None else encode(holds_when, {}),
        "holds_when_given": None if refuted is None else dict(refuted.given),
        "holds_when_necessary_at": None if refuted is None else values_listed(refuted),
        "holds_if": None if holds_if is None else written(holds_if),
        "holds_if_condition": None if holds_if is None else encode(holds_if, {}),
    }


def reason(verdict: Verdict) -> str | None:
    """Return why a claim is not decided, or what was tried to refute one that holds for literal values only."""
    if isinstance(verdict, HoldsForLiterals):
        return f"not proved: {verdict.search}"
    return f"{verdict.reason}: {verdict.detail}" if isinstance(verdict, Undecided) else None


def formal(derivation: Derivation, settled: Settled) -> tuple[ExportedStatement | None, list[ExportedLine]]:
    """Return the records of a statement and of the lines of its proof; none if a formula in them has no record."""
    statement = derivation.statement
    lines = [(line, derivation.side_of(line)) for line in settled.lines] or own_lines(derivation, settled)
    try:
        return exported_statement(statement), [
            ExportedLine(
                line=derivation.written(line),
                because=line.because,
                using=line.using or None,
                side=exported_side(side, statement.index),
            )
            for line, side in lines
        ]
    except ExportError:
        return None, []


def own_lines(derivation: Derivation, settled: Settled) -> list[tuple[Line, Side]]:
    """Return the lines that the author of a proof has written, from the left side up to the first wrong one."""
    if not derivation.steps:
        return []
    left = derivation.statement.left
    found = [(Line(left.formula, None, folded(derivation.left)), derivation.side(left.formula))]
    for step in derivation.steps:
        line = derivation.step_line(step)
        shape = step.formula.lengths if isinstance(step.formula, Tensor) else left.shape
        found.append((line, replace(derivation.side(line.formula, derivation.presumed_by(step)), shape=shape)))
        if settled.wrong_step is not None and step is settled.wrong_step[0]:
            break
    return found


def counterexample(refuted: Refutation) -> ExportedCounterexample:
    """Return the record of a counterexample; a side that is not defined there has no shape."""
    rank = len(refuted.statement.index)
    shapes = [list(of) if len(of) == rank else None for of in (refuted.left_shape, refuted.right_shape)]
    sides = [None if side is None else np.asarray(side) for side in (refuted.left_value, refuted.right_value)]
    entries = [None if side is None else side[refuted.index if side.ndim else ()] for side in sides]
    return ExportedCounterexample(
        kind=refuted.kind,
        not_defined=f"the right side{why_undefined(refuted)}" if refuted.kind == "defined" else None,
        least=refuted.least,
        sizes=dict(refuted.sizes),
        left_shape=shapes[0],
        right_shape=shapes[1],
        index=list(refuted.index),
        monomial=None if refuted.monomial is None else str(refuted.monomial),
        left_coefficient=number(refuted.left_coefficient),
        right_coefficient=number(refuted.right_coefficient),
        values={name: number(array) for name, array in refuted.values.items()},
        functions={name: str(f) for name, f in refuted.functions.items()},
        left_value=number(refuted.left_value),
        right_value=number(refuted.right_value),
        left_entry=number(entries[0]),
        right_entry=number(entries[1]),
    )


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
