"""Pictures as SVG: for light and dark surroundings, animated where there are frames, readable without being seen.

The file stands on its own: no script, nothing from elsewhere. Its colours are CSS custom properties with values of
their own, so that a page around it can set them (`--figure-input`, `--figure-ink`, …); a page with a `data-theme`
is followed. Ids and styles are prefixed with the identifier, so that several pictures can stand in one page. Who asks
for reduced motion, and who prints, gets one still frame; pointing at the picture halts it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape

from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.present.figures.colours import EDGE, INK, LINES, MUTED, PAPER, ROLES, Shade
from cnn_symbolic.present.figures.labels import SCRIPT, Label, Quotient, Symbol, measure
from cnn_symbolic.present.figures.layout import CAPTION_HEIGHT, sheet, tall
from cnn_symbolic.present.figures.scene import (
    CAPTION_SIZE,
    CORNER_SIZE,
    LABEL_SIZE,
    Box,
    Curve,
    Element,
    Outline,
    Picture,
    PictureFrame,
    Words,
)

UNIT = 40  # pixels to a cell
SECONDS = 1.2
FONT = "'STIX Two Text','Cambria Math',Cambria,'Times New Roman',Times,'Liberation Serif',serif"


def svg(picture: Picture, animated: bool = True, identifier: str = "figure") -> str:
    """Return a picture as an SVG element; a still one has its frames side by side.

    `identifier` prefixes all ids and styles: give each picture of a page its own. Raises OperandError unless it
    begins with a letter and has only letters, digits, `-` and `_` in it.
    """
    if not re.fullmatch("[A-Za-z][A-Za-z0-9_-]*", identifier):
        raise OperandError(f"an identifier is a letter, then letters, digits, - and _; found {identifier!r}")
    moving = animated and len(picture.frames) > 1
    if moving:
        width, height = max(f.width for f in picture.frames), max(map(tall, picture.frames))
        body = moving_frames(picture, width)
    else:
        laid = sheet(picture, 30, 100, 1, 1)
        width, height = laid.width, laid.height
        body = "".join(f'<g transform="translate({px(x)} {px(y)})">{drawn(f)}</g>' for x, y, f in laid.places)
    roles = {e.role for f in picture.frames for e in f.elements if not isinstance(e, Words)}
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{identifier}" class="figure" role="img" '
        f'aria-labelledby="{identifier}-title {identifier}-desc" viewBox="0 0 {px(width)} {px(height)}" '
        f'width="100%" style="max-width:{px(width)}px;height:auto">'
        f'<title id="{identifier}-title">{escape(picture.title)}</title>'
        f'<desc id="{identifier}-desc">{escape(picture.description)}</desc>'
        f"<style>{style(identifier, roles, len(picture.frames) if moving else 0)}</style>"
        f'<rect class="paper" width="{px(width)}" height="{px(height)}" rx="6"/>{body}</svg>\n'
    )


def moving_frames(picture: Picture, width: float) -> str:
    """Return what all frames share, and then each frame's own elements."""
    first, *others = picture.frames
    shared = [e for e in first.elements if all(e in f.elements for f in others)]
    body = "".join(map(element, shared))
    for k, frame in enumerate(picture.frames):
        own = PictureFrame(width, frame.height, tuple(e for e in frame.elements if e not in shared), frame.caption)
        still = " still" if k == len(picture.frames) // 2 else ""
        body += f'<g class="frame{still}" style="animation-delay:{number(k * SECONDS)}s">{drawn(own)}</g>'
    return body


def drawn(frame: PictureFrame) -> str:
    """Return a frame with its caption."""
    body = "".join(map(element, frame.elements))
    if frame.caption:
        size = min(CAPTION_SIZE, CAPTION_SIZE * frame.width / (measure(frame.caption, CAPTION_SIZE) + 0.2))
        body += label(frame.caption, frame.width / 2, frame.height + CAPTION_HEIGHT * 0.36, size)
    return body


def px(length: float) -> str:
    """Return a length in pixels."""
    return number(length * UNIT)


def number(value: float) -> str:
    """Return a number in as few characters as it takes."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def element(e: Element) -> str:
    """Return one element of a frame."""
    if isinstance(e, Box):
        return box(e)
    if isinstance(e, Outline):
        return f'<rect class="outline l-{e.role}" {rectangle(e)} rx="3"/>'
    if isinstance(e, Curve):
        return curve(e)
    return label(e.label, e.x, e.y, e.size)


def rectangle(e: Box | Outline) -> str:
    """Return the attributes of a rectangle."""
    return f'x="{px(e.x)}" y="{px(e.y)}" width="{px(e.width)}" height="{px(e.height)}"'


def box(e: Box) -> str:
    """Return a cell with its labels."""
    marks = " dashed" if e.dashed else ""
    written = f'<rect class="cell{marks} f-{e.role}" {rectangle(e)}/>'
    muted = " muted" if e.role == "zero" else ""
    if e.label:
        size = min(LABEL_SIZE, LABEL_SIZE * (e.width - 0.1) / measure(e.label, LABEL_SIZE))
        rise = (0.12 if e.corner else 0.0) - e.drop
        written += label(e.label, e.x + e.width / 2, e.y + e.height / 2 - rise, size, muted)
    if e.corner:
        wide = measure(e.corner, CORNER_SIZE)
        written += label(e.corner, e.x + e.width - wide / 2 - 0.06, e.y + e.height - 0.22, CORNER_SIZE, " corner")
    return written


def curve(e: Curve) -> str:
    """Return a curve with a dot at its start and an arrowhead at its end, on a wider one in the paper's colour."""
    bend, tip = (e.land - e.leave) * 0.5, 0.17
    path = (
        f"M{px(e.x)} {px(e.y)}H{px(e.leave)}C{px(e.leave + bend)} {px(e.y)} {px(e.land - bend)} {px(e.to_y)} "
        f"{px(e.land)} {px(e.to_y)}H{px(max(e.to_x - tip, e.land))}"
    )
    head = (
        f"M{px(e.to_x)} {px(e.to_y)}L{px(e.to_x - tip - 0.03)} {px(e.to_y - 0.08)}"
        f"L{px(e.to_x - tip - 0.03)} {px(e.to_y + 0.08)}Z"
    )
    return (
        f'<path class="halo" d="{path}"/><path class="curve l-{e.role}" d="{path}"/>'
        f'<circle class="dot d-{e.role}" cx="{px(e.x)}" cy="{px(e.y)}" r="3"/>'
        f'<path class="dot d-{e.role}" d="{head}"/>'
    )


def label(parts: Label, x: float, y: float, size: float, marks: str = "") -> str:
    """Return a label around a point: one text for each run between fractions."""
    runs: list[tuple[Any, ...]] = []  # each fraction by itself
    for is_quotient, some in groupby(parts, lambda part: isinstance(part, Quotient)):
        several = tuple(some)
        runs += zip(several, strict=True) if is_quotient else [several]
    widths = [measure(run, size) for run in runs]
    left = x - sum(widths) / 2
    written = ""
    for run, wide in zip(runs, widths, strict=True):
        at = (left + wide / 2, y, size, marks)
        written += fraction(run[0], *at) if isinstance(run[0], Quotient) else line(run, *at)
        left += wide
    return written


def line(run: Iterable[Symbol], x: float, y: float, size: float, marks: str) -> str:
    """Return symbols on one line, centred at a point."""
    body = "".join(symbol(part, size) for part in run)
    return f'<text class="label{marks}" x="{px(x)}" y="{px(y + size * 0.32)}" font-size="{px(size)}">{body}</text>'


def symbol(part: Symbol, size: float) -> str:
    """Return a symbol with its sub- and superscript."""
    kind = {"italic": ' class="i"', "words": ' class="w"', "roman": ""}[part.style]
    text = f"\u2009{part.text}\u2009" if part.text in ("+", "=", "⋆", "∗", "⊙", "→") else part.text
    text = escape(text.replace(" ", "\u00a0"))
    written = f"<tspan{kind}>{text}</tspan>" if kind else text
    small = size * SCRIPT
    back, fall, forth = 0.0, 0.0, 0.0
    if part.above:
        written += script(part.above, small, -0.45 * size)
        back, fall = measure(part.above, small) * 0.9, 0.45 * size
    if part.below:
        written += script(part.below, small, 0.24 * size + fall, -back)
        fall, forth = -0.24 * size, max(back - measure(part.below, small) * 0.9, 0.0)
    if part.above or part.below:
        written += f'<tspan dx="{px(forth)}" dy="{px(fall)}">\u200b</tspan>'
    return written


def script(parts: Label, size: float, dy: float, dx: float = 0.0) -> str:
    """Return a sub- or superscript, which is a single symbol."""
    text = "".join(part.text for part in parts if isinstance(part, Symbol))
    shift = f' dx="{px(dx)}"' if dx else ""
    return f'<tspan font-size="{px(size)}" dy="{px(dy)}"{shift}>{escape(text)}</tspan>'


def fraction(part: Quotient, x: float, y: float, size: float, marks: str) -> str:
    """Return a fraction, its line at the height of the point."""
    small = size * 0.9
    half = max(measure(part.top, small), measure(part.bottom, small)) / 2 + 0.02
    raised = label(part.top, x, y - small * 0.54, small, marks)
    room = 0.14 if any(isinstance(s, Symbol) and s.above for s in part.bottom) else 0.0
    sunk = label(part.bottom, x, y + small * (0.6 + room), small, marks)
    return f'{raised}<path class="bar" d="M{px(x - half)} {px(y)}H{px(x + half)}"/>{sunk}'


def style(identifier: str, roles: Iterable[str], frames: int) -> str:
    """Return the style sheet: rules for this picture only, its colours for light and for dark surroundings."""
    shades: dict[str, Shade] = {"paper": PAPER, "ink": INK, "muted": MUTED, "edge": EDGE}
    used = sorted(roles)
    shades |= {f"f-{role}": ROLES[role] for role in used if role in ROLES}
    shades |= {f"l-{role}": LINES[role] for role in used if role in LINES}
    me = f"#{identifier}"

    def values(dark: bool) -> str:
        return "".join(
            f"--{name}:var(--figure-{name.removeprefix('f-').replace('l-', 'line-')},{s.dark if dark else s.light});"
            for name, s in shades.items()
        )

    rules = [
        f"{me}{{{values(False)}display:block;margin:0 auto;font-family:{FONT}}}",
        f"@media (prefers-color-scheme:dark){{{me}{{{values(True)}}}}}",
        f"[data-theme=light] {me}{{{values(False)}}}",
        f"[data-theme=dark] {me}{{{values(True)}}}",
        f"{me} .paper{{fill:var(--paper)}}",
        f"{me} .label{{fill:var(--ink);text-anchor:middle}}{me} .muted{{fill:var(--muted)}}",
        f"{me} .i{{font-style:italic}}{me} .w{{font-family:system-ui,sans-serif;font-size:.88em}}",
        f"{me} .cell{{stroke:var(--edge);stroke-width:1}}{me} .dashed{{stroke-dasharray:3 3}}",
        f"{me} .outline{{fill:none;stroke-width:3.2}}{me} .bar{{stroke:var(--ink);stroke-width:1.1;fill:none}}",
        f"{me} .curve{{fill:none;stroke-width:2.2}}{me} .halo{{fill:none;stroke:var(--paper);stroke-width:4.4}}",
        *(f"{me} .f-{role}{{fill:var(--f-{role})}}" for role in used if role in ROLES),
        *(
            f"{me} .l-{role}{{stroke:var(--l-{role})}}{me} .d-{role}{{fill:var(--l-{role})}}"
            for role in used
            if role in LINES
        ),
    ]
    if frames:
        shown = number(math.ceil(10000 / frames) / 100)  # rounded up: no moment without a frame
        rules += [
            f"{me} .frame{{visibility:hidden}}{me} .still{{visibility:visible}}",
            f"@keyframes {identifier}-show{{0%{{visibility:visible}}{shown}%,100%{{visibility:hidden}}}}",
            "@media screen and (prefers-reduced-motion:no-preference){"
            f"{me} .frame{{visibility:hidden;animation:{identifier}-show {number(frames * SECONDS)}s step-end "
            f"infinite}}"
            f"{me}:hover .frame{{animation-play-state:paused}}}}",
        ]
    return "".join(rules)
