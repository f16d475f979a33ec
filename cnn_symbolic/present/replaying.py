"""Decides a document of `prove --json` again, from its formulas alone: nothing that it says is taken on trust.

What is recorded is compared with what is found. What goes wrong while one of the claims is decided is the outcome of
that claim.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import sympy as sp

from cnn_symbolic.expressions.formulas import alpha_key
from cnn_symbolic.expressions.printing import free_letter, written_together
from cnn_symbolic.expressions.rules import least
from cnn_symbolic.expressions.shapes import format_shape
from cnn_symbolic.ground.errors import CnnSymbolicError, DisagreementError
from cnn_symbolic.kernel.exported.decoding import mentioned
from cnn_symbolic.kernel.exported.defining import defined, line_defined
from cnn_symbolic.kernel.search.decide import decide
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals, Refutation, Undecided
from cnn_symbolic.kernel.trusted.statement import Declaration, Side, Statement
from cnn_symbolic.kernel.trusted.verdicts import Reason, Theorem, Verdict
from cnn_symbolic.present.document import conditions, counterexample
from cnn_symbolic.present.document_reading import ReadClaim
from cnn_symbolic.present.schema import ExportedClaim, ExportedCounterexample
from cnn_symbolic.present.terminal import detail, difference, objection
from cnn_symbolic.proofs.derivation import OUTCOMES
from cnn_symbolic.tensors.writing import Text

NOT_DECIDED, FAILED = "not decided", "failed"
LETTERS = "ijklpqrstuvw"


@dataclass(frozen=True)
class Discrepancy:
    """Something that a document records otherwise than it is found."""

    what: str
    recorded: str
    found: str


@dataclass(frozen=True)
class Replayed:
    """A claim of a document, decided again: plain data, which one process can hand to another.

    `outcome` is what was found: proved, refuted, holds, undecided, failed, or not decided where there is no statement.
    `statement` is what was decided, as its formulas say it, with the shapes of the sides, the sizes with their least
    values, the conditions on them, the assumptions among these, and the tensors with their definitions. `detail` says
    where it fails, or why it is not decided; `links` counts the equal pairs of lines of its proof, and `wrong_step`
    says which line does not follow.
    """

    id: str
    expected: str
    recorded: str
    outcome: str
    evidence: str = ""
    detail: str = ""
    statement: str = ""
    shapes: str = ""
    sizes: str = ""
    domain: str = ""
    assumptions: str = ""
    tensors: tuple[str, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    links: int = 0
    wrong_step: str | None = None
    differences: tuple[Discrepancy, ...] = ()
    seconds: float = 0.0

    @property
    def as_expected(self) -> bool:
        """Whether the outcome is the one that the claim states, or more, and every line of a proof follows."""
        is_as_stated = self.outcome == self.expected or (self.outcome, self.expected) == ("proved", "holds")
        return is_as_stated and self.wrong_step is None

    @property
    def confirmed(self) -> bool:
        """Whether everything is as the document says, and was decided."""
        return self.as_expected and not self.differences


# Deciding


def replaying(claims: Sequence[ReadClaim]) -> Callable[[int], Replayed]:
    """Return what decides one of some claims again."""

    def replayed_at(k: int) -> Replayed:
        return replayed(claims[k])

    return replayed_at


def at_limit(claims: Sequence[ReadClaim]) -> Callable[[int, str], Replayed]:
    """Return what says of one of some claims that it has met a limit."""

    def undecided(k: int, reason: str) -> Replayed:
        exported = claims[k].exported
        row = Replayed(
            exported.id, exported.expected, exported.verdict, "undecided", detail=f"{Reason.LIMIT}: {reason}"
        )
        recorded = Discrepancy("verdict", row.recorded, row.outcome)
        return row if row.recorded == row.outcome else replace(row, differences=(recorded,))

    return undecided


def replayed(claim: ReadClaim) -> Replayed:
    """Return a claim decided again; raise DisagreementError if two ways to compute it disagree."""
    start, exported = time.perf_counter(), claim.exported
    row = Replayed(exported.id, exported.expected, exported.verdict, NOT_DECIDED)
    if claim.statement is None:
        return replace(row, detail="the document has no formulas of it")
    try:
        statement = worded(defined(claim.statement))
        row = replace(row, **described(statement))
        verdict = decide(statement, exported.literally)
        found = with_steps(with_verdict(row, verdict), verdict, claim, statement)
        row = replace(found, differences=tuple(differences(exported, found, verdict)))
    except DisagreementError as error:
        raise DisagreementError(f"{exported.id}: {error}") from error
    except CnnSymbolicError as error:
        row = failed(row, str(error))
    except Exception as error:  # whatever a hostile formula leads to is the outcome of its claim
        row = failed(row, f"{type(error).__name__}: {error}")
    return replace(row, seconds=time.perf_counter() - start)


def failed(row: Replayed, why: str) -> Replayed:
    """Return a claim that could not be decided because something is wrong with it."""
    recorded = (Discrepancy("verdict", row.recorded, FAILED),) if row.recorded != FAILED else ()
    return replace(row, outcome=FAILED, detail=why, differences=recorded)


def with_verdict(row: Replayed, verdict: Verdict) -> Replayed:
    """Return a claim with what the kernel says of it."""
    conditions = verdict.statement.conditions if isinstance(verdict, Undecided) else getattr(verdict, "domain", ())
    said = "" if isinstance(verdict, Theorem) else detail(verdict)
    return replace(
        row,
        outcome=OUTCOMES[type(verdict)],
        evidence=verdict.evidence,
        detail=f"{difference(verdict)}; {said}" if isinstance(verdict, Refutation) else said,
        domain=written_together(conditions),
    )


def with_steps(row: Replayed, verdict: Verdict, claim: ReadClaim, statement: Statement) -> Replayed:
    """Return a claim with what became of its proof: whether each line equals the one before it, and the last the right.

    As in a run, a wrong line makes a claim that is proved as a whole one that is not as its author states.
    """
    lines = [line_defined(line, statement) for line in claim.lines]
    reasons = [line.because for line in claim.exported.steps]
    right = bare(statement.right, statement)
    if lines and isinstance(verdict, Theorem) and not is_same(lines[-1], right, statement):
        lines.append(right)
        reasons.append("the right side")
    before, links, text = bare(statement.left, statement), 0, texts(statement)
    shown_lines = tuple((why, text(line)) for why, line in zip(reasons, lines, strict=True))
    for why, line in zip(reasons, lines, strict=True):
        if not is_same(before, line, statement):
            follows = decide(replace(statement, left=before, right=line, assumptions=statement.conditions))
            if not isinstance(follows, Theorem):
                open_step = isinstance(verdict, Theorem) and isinstance(follows, Undecided | HoldsForLiterals)
                wrong = f"a {objection(follows)}: {why}"
                outcome = "undecided" if open_step else row.outcome
                return replace(row, outcome=outcome, lines=shown_lines, links=links, wrong_step=wrong)
            links += 1
        before = replace(line, divisors=())
    return replace(row, lines=shown_lines, links=links)


def bare(side: Side, statement: Statement) -> Side:
    """Return a side as a line of a proof, which is about the entries of the left side's shape."""
    about_shapes = statement.left.formula == 0 == statement.right.formula
    return Side(side.text, side.shape if about_shapes else statement.left.shape, side.formula)


def is_same(one: Side, other: Side, statement: Statement) -> bool:
    """Tell whether two lines have the same formula and shape, and the second no conditions of its own."""
    numbered = {symbol: ("index", k) for k, symbol in enumerate(statement.index)}
    formulas = [alpha_key(side.formula, numbered) for side in (one, other)]
    return one.shape == other.shape and not other.divisors and bool(formulas[0] == formulas[1])


# Comparing with what is recorded


def differences(exported: ExportedClaim, row: Replayed, verdict: Verdict) -> Iterator[Discrepancy]:
    """Yield what is recorded otherwise than it is found."""
    refuted = verdict if isinstance(verdict, Refutation) else None
    found = {
        "verdict": row.outcome,
        "evidence": row.evidence,
        **conditions(verdict),
        "wrong_step": row.wrong_step,
    }
    recorded = {name: getattr(exported, name) for name in found}
    for name in ("assumed", "holds_when_condition", "holds_if_condition"):  # which documents may be without
        recorded[name] = found[name] if recorded[name] is None else recorded[name]
    certificate = exported.certificate
    if certificate is not None and certificate.status == "certified":
        recorded["evidence"] = recorded["evidence"].removesuffix(f", {certificate.detail}")
    if recorded["wrong_step"] is not None and row.wrong_step is not None:
        found["wrong_step"] = recorded["wrong_step"]  # the author's words, which nothing is found about
    yield from compared("", recorded, found)
    point = None if refuted is None else counterexample(refuted)
    if exported.counterexample is None or point is None:
        yield from compared(
            "", {"counterexample": value_of(exported.counterexample)}, {"counterexample": value_of(point)}
        )
    else:
        yield from compared("counterexample.", value_of(exported.counterexample), value_of(point))


def value_of(point: ExportedCounterexample | None) -> Any:
    """Return a counterexample as a JSON value; why a side is not defined is a text, which may differ."""
    return None if point is None else msgspec.to_builtins(point) | {"not_defined": point.not_defined is not None}


def compared(prefix: str, recorded: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Discrepancy]:
    """Yield the fields that differ."""
    for name, value in found.items():
        if recorded[name] != value:
            yield Discrepancy(prefix + name, as_text(recorded[name]), as_text(value))


def as_text(value: Any) -> str:
    """Return a recorded or found value as text."""
    if value is None or value == "":
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# What was decided, as text


def worded(statement: Statement) -> Statement:
    """Return a statement whose sides are called what their formulas say."""
    text = texts(statement)
    left, right = (replace(side, text=text(side)) for side in (statement.left, statement.right))
    return replace(statement, left=left, right=right)


def texts(statement: Statement) -> Callable[[Side], str]:
    """Return what writes a side of a statement: its formula, or its shape where no entries are compared."""
    about_shapes = statement.left.formula == 0 == statement.right.formula
    by_hand = statement.left.requirements is None and statement.right.requirements is None
    names = dict(zip(statement.index, letters(statement, len(statement.index)), strict=True))

    def text(side: Side) -> str:
        if about_shapes and by_hand and len(side.shape) == 1:
            return Text({}).formula(side.shape[0], {})
        return f"shape {format_shape(side.shape)}" if about_shapes else Text({}).formula(side.formula, names)

    return text


def letters(statement: Statement, rank: int) -> list[str]:
    """Return letters for the axes of an entry that are no names of sizes or tensors."""
    taken = {str(s) for s in statement.sizes} | set(statement.tensors)
    return [free_letter(letter, taken) for letter in LETTERS[:rank]]


def described(statement: Statement) -> dict[str, Any]:
    """Return what a statement says: its sides, shapes, sizes, assumptions and tensors."""
    left, right = statement.left, statement.right
    shapes = [format_shape(side.shape) for side in (left, right)]
    about_shapes = left.formula == 0 == right.formula
    same = shapes[0] if shapes[0] == shapes[1] else f"{shapes[0]} on the left, {shapes[1]} on the right"
    of = {low: ", ".join(str(s) for s in statement.sizes if least(s) == low) for low in (1, 0)}
    return {
        "statement": f"{left.text} = {right.text}",
        "shapes": "" if about_shapes or not left.shape else same,
        "sizes": ", ".join(f"{names} ≥ {low}" for low, names in of.items() if names),
        "assumptions": written_together(statement.assumptions),
        "tensors": tuple(declared_text(name, declared, statement) for name, declared in statement.tensors.items()),
    }


def declared_text(name: str, declared: Declaration, statement: Statement) -> str:
    """Return a tensor with its shape and, of an intermediate result, its definition."""
    shape = f" of shape {format_shape(declared.shape)}" if declared.shape else ""
    if declared.definition is None:
        return f"{name}{shape}"
    names = letters(statement, len(declared.shape))
    fixed = any(name in mentioned(d.expr) for e in statement.formulas for d in e.atoms(sp.Derivative))
    shape += ", held fixed where others are differentiated" * fixed
    at = f"[{', '.join(names)}]" if names else ""
    formula = Text({}).formula(declared.definition, dict(zip(declared.index, names, strict=True)))
    return f"{name}{at} = {formula}{',' if shape.startswith(' of') else ''}{shape}"
