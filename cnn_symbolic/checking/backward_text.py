"""The report on a backward pass as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cnn_symbolic.checking.forwards import Choice
from cnn_symbolic.matrices import integers, named_matrix

if TYPE_CHECKING:
    from cnn_symbolic.checking.findings import BackwardReport, Finding

__all__ = ["report_text"]

# The largest array that is printed whole.
PRINTED = 64
FORMULA = ("shape", "value")


def report_text(report: BackwardReport) -> str:
    """Return the report as lines of text."""
    return "\n".join([headline(report), *(f"  {line}".rstrip() for line in body(report))])


def headline(report: BackwardReport) -> str:
    """Return the verdict."""
    is_it = f"{report.function} is {'' if report.right else 'not '}the backward pass of {report.forward}"
    return {"right": f"✓ {is_it}", "tested": f"✓ {is_it} up to rounding", "wrong": f"✗ {is_it}"}[report.outcome]


def body(report: BackwardReport) -> Iterator[str]:
    """Yield the lines below the first."""
    yield f"{report.evidence} ({report.seconds:.1f} s)"
    if report.outcome == "right":
        inputs = "dy" if report.forward.family == "max_pool" else "the inputs"
        yield f"provided that each result is a polynomial of degree ≤ 2 in {inputs}"
    if report.forward.options.get("ties") == "distinct":
        yield 'equal entries in a window were not tried: ties="first" does'
    yield f"signature {report.signature}; {report.layout}"
    for finding in report.findings:
        yield ""
        yield from described(finding, report.forward.options)
    if not report.right:
        right = [name for name, is_right in report.also_right.items() if is_right]
        if right:
            yield ""
            yield f"right: {', '.join(right)}"
        yield ""
        yield "to reproduce it:"
        yield from (f"    {line}" for line in report.snippet.splitlines())


def described(finding: Finding, options: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong, with the smallest example, and those of the layer's options that vary."""
    where = f"{finding.gradient} is wrong" if finding.kind in FORMULA else finding.kind
    yield f"{where}: {finding.mistake}" if finding.mistake else where
    yield f"  {finding.detail}"
    if finding.shapes:
        varied = [f"{key} {finding.options[key]}" for key, value in options.items() if isinstance(value, Choice)]
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
