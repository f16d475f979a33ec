"""What a check of a backward pass finds: failures where they are seen, findings as they are reported, the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnn_symbolic.backward.proofs.report import BackwardProof, headline_of, lines_of
from cnn_symbolic.backward.proofs.sources import SourcePlace
from cnn_symbolic.backward.strategies import Problem
from cnn_symbolic.ground.display import Displayed
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.layers.forward import Forward, Shape
from cnn_symbolic.layers.stages import Arrays, Case
from cnn_symbolic.notation.matrices import integers, named_matrix

# What may be wrong, in the order in which it is reported: misbehaviour before the formula, data types last.
STOPPING = ("ended", "timeout", "spent")  # after these a function is not called again
KINDS = (*STOPPING, "exception", "outputs", "state", "mutation", "nan", "layout", "shape", "value", "dtype")
# The kinds that say that the formula is wrong, and those that concern one result.
FORMULA, OF_RESULTS = ("shape", "value"), ("outputs", "nan")
# The largest array that is printed whole.
PRINTED = 64


class BackwardError(AssertionError, CnnSymbolicError):
    r"""A backward pass that is wrong; its message is the report.

    >>> from cnn_symbolic.backward import BackwardError, assert_backward
    >>> try:
    ...     assert_backward(lambda dy, x, w: (dy @ w, dy.T @ x, dy.sum(axis=1)), of="linear()", examples=5)
    ... except BackwardError as error:
    ...     print(str(error).split("\n")[0])
    ✗ <lambda> is not the backward pass of linear()
    """


@dataclass(frozen=True)
class Example(Case):
    """One call of the function: the data and what is right for them (canonical), and the arrays in memory in a word."""

    problem: Problem
    how: str = "contiguous"


@dataclass(frozen=True)
class Failure:
    """What is wrong with one call: its kind, the result if it concerns one, and the example."""

    kind: str
    gradient: str | None
    detail: str
    example: Example
    found: np.ndarray | None = None
    expected: np.ndarray | None = None

    @property
    def key(self) -> tuple[str, str | None]:
        """What makes two failures the same finding."""
        if self.kind in FORMULA:
            return "formula", self.gradient
        return self.kind, self.gradient if self.kind in OF_RESULTS else None


# An example, and what the function returned for it, in the user's layout.
Call = tuple[Example, Arrays]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: its kind, the result if it concerns one, and the simplest example found.

    `data` are the arrays of the example, `found` is what the function made of them and `expected` what it should have,
    `entry` the first that differs. `mistake` is the name of the mistake, None if the catalogue has none that explains
    all examples, `wrong_where` the condition on sizes that holds at the shapes where this fails and at no others tried,
    empty if none does, `snippet` a complete Python program that reproduces it, `options` are those of the layer in the
    example. All arrays and `shapes` are in the user's layout.
    """

    kind: str | None = None
    gradient: str | None = None
    detail: str = ""
    entry: tuple[int, ...] = ()
    found: np.ndarray | None = None
    expected: np.ndarray | None = None
    shapes: dict[str, Shape] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    data: dict[str, np.ndarray] = field(default_factory=dict)
    mistake: str | None = None
    wrong_where: str = ""
    snippet: str = ""


@dataclass(frozen=True, kw_only=True)
class BackwardReport(Finding, Displayed):
    """What a check found. `outcome` is "right", "tested" (to a rounding tolerance) or "wrong", `evidence` why.

    `findings` are what is wrong, misbehaviour first. The report is the first of them: its `kind` is what is wrong,
    "value", "shape", "dtype", "mutation", "state", "exception", "timeout", "ended", "nan", …, or None, and gradient,
    entry, found, expected, shapes, options, data, mistake and snippet are as in `Finding`, and `wrong_where` is where
    anything is wrong. `also_right` says of every
    result whether it was right. `values` are the kinds of numbers that were tried. `refuses` says where the function
    refuses to compute, and `otherwise` that all gradients are right for another layer or layout; both are empty
    otherwise. `assuming` are the conditions on the shapes, as they were given, and `where` says that the function was
    called in this process, if it was. Shapes and numbers were drawn with the `seed`. `proof` is what is proved by
    reading the function, None if it was not asked for.

    >>> from cnn_symbolic.backward import BackwardReport, check_backward
    >>> report = check_backward(lambda dy, x, w: (dy @ w, dy.T @ x, dy.sum()), of="linear()", examples=5)
    >>> isinstance(report, BackwardReport), report.right, report.gradient, report.kind, report.detail
    (True, False, 'db', 'shape', 'db has the shape (), expected (2,)')
    >>> report.mistake, report.also_right
    ('summed over the channels too', {'dx': True, 'dw': True, 'db': False})
    """

    outcome: str
    evidence: str
    findings: tuple[Finding, ...]
    also_right: dict[str, bool]
    function: str
    forward: Forward
    signature: str
    layout: str
    values: tuple[str, ...]
    examples: int
    seconds: float
    refuses: str = ""
    otherwise: str = ""
    assuming: tuple[str, ...] = ()
    where: str = ""
    seed: int = 0
    proof: BackwardProof | None = None

    @property
    def proved(self) -> bool:
        """Whether every result is proved for all shapes by reading the function, and nothing else is wrong."""
        return self.right and self.proof is not None and self.proof.proved

    @property
    def right(self) -> bool:
        """Whether nothing is wrong; "tested" results are right up to rounding."""
        return self.outcome != "wrong"

    def __bool__(self) -> bool:
        return self.right

    def __str__(self) -> str:
        return self.text()

    def text(self, formulas: bool = False, place: SourcePlace | None = None) -> str:
        """Return the report as it is printed: if asked with the formulas that were read, and where the function is."""
        return "\n".join([headline(self), *(f"  {line}".rstrip() for line in body(self, formulas, place))])


# The report as text


def headline(report: BackwardReport) -> str:
    """Return the verdict."""
    where = f", assuming {' and '.join(report.assuming)}" if report.assuming else ""
    refuses = report.refuses or (report.proof is not None and report.proof.refuses)
    where += " wherever it does not refuse" if refuses and report.right else ""
    is_it = f"{report.function} is {'' if report.right else 'not '}the backward pass of {report.forward}{where}"
    if report.proved:
        return f"✓ {is_it}{headline_of(report.proof)}"
    return {"right": f"✓ {is_it}", "tested": f"✓ {is_it} up to rounding", "wrong": f"✗ {is_it}"}[report.outcome]


def body(report: BackwardReport, formulas: bool = False, place: SourcePlace | None = None) -> Iterator[str]:
    """Yield the lines below the first."""
    if place is not None and place.line:
        yield str(place)
    where = f", exactly where {report.wrong_where}" if report.wrong_where else ""
    yield f"{report.evidence}{where} ({report.seconds:.1f} s)"
    file = str(place.file) if place is not None else ""
    yield from lines_of(report.proof, formulas, file) if report.proof is not None else ()
    yield from report.refuses.splitlines()
    yield from report.otherwise.splitlines()
    if report.outcome == "right" and not report.proved:
        inputs = "dy" if report.forward.fixed else "the inputs"
        yield f"this presupposes that each result is a polynomial of degree ≤ {report.forward.degree} in {inputs}"
    if report.forward.untried:
        yield report.forward.untried
    yield f"values: {', '.join(report.values)}{f'; seed {report.seed}' if report.seed else ''}"
    yield f"signature {report.signature}; {report.layout}{f'; {report.where}' if report.where else ''}"
    for finding in report.findings:
        yield ""
        yield from described(finding, report.forward.options, report.wrong_where)
    if not report.right:
        right = [name for name, is_right in report.also_right.items() if is_right]
        if right:
            yield ""
            yield f"right: {', '.join(right)}"
        yield ""
        yield "to reproduce it:"
        yield from (f"    {line}" for line in report.snippet.splitlines())


def described(finding: Finding, options: Mapping[str, Any], known: str) -> Iterator[str]:
    """Yield what is wrong, with the smallest example, and those of the layer's options that vary or depend on it.

    Where it is wrong is said unless it is what is `known`.
    """
    where = f"{finding.gradient} is wrong" if finding.kind in FORMULA else str(finding.kind)
    yield f"{where}: {finding.mistake}" if finding.mistake else where
    if finding.wrong_where not in ("", known):
        yield f"  at the shapes tried, exactly where {finding.wrong_where}"
    yield f"  {finding.detail}"
    if finding.shapes:
        varied = [f"{key} {found}" for key, found in finding.options.items() if found != options[key]]
        shown_shapes = [f"{name} {shape}" for name, shape in finding.shapes.items()]
        yield f"  smallest example: {', '.join([*varied, *shown_shapes])}"
    if finding.kind not in (*FORMULA, "nan", "layout", "state") or finding.found is None or finding.expected is None:
        return
    shown = {name: array for name, array in finding.data.items() if array.any()}
    if all(array.size <= PRINTED for array in (*shown.values(), finding.found, finding.expected)):
        for name, array in shown.items():
            yield from named_matrix(name, integers(array)).splitlines()
        same_shape = finding.found.shape == finding.expected.shape
        marked = finding.found != finding.expected if same_shape else None
        yield from named_matrix("found   ", integers(finding.found), marked).splitlines()
        yield from named_matrix("expected", integers(finding.expected), marked).splitlines()
