"""Pictures as SVG: for light and dark surroundings, animated where there are frames, readable without being seen.

The file stands on its own: no script, nothing from elsewhere. Its colours are CSS custom properties with values of
their own, so that a page around it can set them (`--figure-input`, `--figure-ink`, …); a page with a `data-theme`
is followed, and so is a notebook's theme. Ids and styles are prefixed with the identifier, so that several pictures can
stand in one page. Who asks for reduced motion, and who prints, gets one still frame; pointing at the picture halts it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from xml.sax.saxutils import escape

from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.present.figures.colours import EDGE, INK, LINES, MUTED, PAPER, ROLES, Shade
from cnn_symbolic.present.figures.layout import sheet, tall
from cnn_symbolic.present.figures.scene import Box, Curve, Element, Outline, Picture, PictureFrame, Words, labels_of
from cnn_symbolic.present.figures.typesetting import Ink, PlacedLabel, outlines

UNIT = 40  # pixels to a cell
SECONDS = 1.2
# What says that a page is light, or dark: of ours, of JupyterLab and nbconvert, and of VS Code.
THEMES = {
    False: ("[data-theme=light]", "[data-jp-theme-light=true]", ".vscode-light"),
    True: ("[data-theme=dark]", "[data-jp-theme-light=false]", ".vscode-dark"),
}


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
        body = moving_frames(picture, width, identifier)
    else:
        laid = sheet(picture, 30, 100, 1, 1)
        width, height = laid.width, laid.height
        places = ((f"translate({px(x)} {px(y)})", drawn(frame, identifier)) for x, y, frame in laid.places)
        body = "".join(f'<g transform="{moved}">{inside}</g>' for moved, inside in places)
    roles = {e.role for f in picture.frames for e in f.elements if not isinstance(e, Words)}
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{identifier}" class="figure" role="img" '
        f'aria-labelledby="{identifier}-title {identifier}-desc" viewBox="0 0 {px(width)} {px(height)}" '
        f'width="{px(width)}" style="max-width:100%;height:auto">'
        f'<title id="{identifier}-title">{escape(picture.title)}</title>'
        f'<desc id="{identifier}-desc">{escape(picture.description)}</desc>'
        f"<defs>{definitions(picture.frames, identifier)}</defs>"
        f"<style>{style(identifier, roles, len(picture.frames) if moving else 0)}</style>"
        f'<rect class="paper" width="{px(width)}" height="{px(height)}" rx="6"/>{body}</svg>\n'
    )


def fixed(picture: Picture) -> tuple[str, int, int]:
    """Return a still picture in light colours for programs that know neither variables nor media, and its size."""
    made = svg(picture, animated=False)
    light = dict(re.findall(r"--([\w-]+):var\(--[\w-]+,(#\w+)\)", made[: made.index("@media")]))
    plain = re.sub(r"@media.*?\}\}|\[data-theme=\w+\][^}]*\}|--[\w-]+:var\([^)]*\);", "", made)
    plain = re.sub(r"var\(--([\w-]+)\)", lambda found: light[found[1]], plain)
    width, height = (math.ceil(float(n)) for n in re.findall(r'viewBox="0 0 (\S+) (\S+)"', made)[0])
    return re.sub('width="[^"]*" style="[^"]*"', f'width="{width}" height="{height}"', plain, count=1), width, height


def moving_frames(picture: Picture, width: float, identifier: str) -> str:
    """Return what all frames share, and then each frame's own elements."""
    first, *others = picture.frames
    shared = [e for e in first.elements if all(e in f.elements for f in others)]
    body = drawn(PictureFrame(width, first.height, tuple(shared)), identifier)
    for k, frame in enumerate(picture.frames):
        own = PictureFrame(width, frame.height, tuple(e for e in frame.elements if e not in shared), frame.caption)
        still = " still" if k == len(picture.frames) // 2 else ""
        body += f'<g class="frame{still}" style="animation-delay:{number(k * SECONDS)}s">{drawn(own, identifier)}</g>'
    return body


def drawn(frame: PictureFrame, identifier: str) -> str:
    """Return a frame with its caption."""
    body = "".join(map(element, frame.elements))
    return body + "".join(label(one, identifier) for _, one in labels_of(frame))


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
    return curve(e) if isinstance(e, Curve) else ""


def rectangle(e: Box | Outline) -> str:
    """Return the attributes of a rectangle."""
    return f'x="{px(e.x)}" y="{px(e.y)}" width="{px(e.width)}" height="{px(e.height)}"'


def box(e: Box) -> str:
    """Return a cell."""
    return f'<rect class="cell{" dashed" if e.dashed else ""} f-{e.role}" {rectangle(e)}/>'


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


def label(placed: PlacedLabel, identifier: str) -> str:
    """Return the letters of a label, by reference to their outlines, and its bars."""
    body = ""
    for ink in placed.set.inks:
        if ink.letter:
            at = f"translate({px(ink.x)} {px(ink.y)}) scale({ink.size * UNIT / 1000:.4f})"
            body += f'<use href="#{glyph(identifier, ink)}" transform="{at}"/>'
        else:
            left, top, _, bottom = ink.box
            body += f'<rect x="{px(left)}" y="{px(top)}" width="{px(ink.size)}" height="{px(bottom - top)}"/>'
    return f'<g class="label{" muted" if placed.muted else ""}">{body}</g>'


def glyph(identifier: str, ink: Ink) -> str:
    """Return the id of a letter's outline."""
    return f"{identifier}-{ink.style[0]}{ord(ink.letter):x}"


def definitions(frames: Iterable[PictureFrame], identifier: str) -> str:
    """Return the outlines of all letters of the frames."""
    inks = (ink for frame in frames for _, placed in labels_of(frame) for ink in placed.set.inks if ink.letter)
    paths = {glyph(identifier, ink): outlines()[ink.style, ink.letter].path for ink in inks}
    return "".join(f'<path id="{name}" d="{path}"/>' for name, path in sorted(paths.items()))


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
        f"{me}{{{values(False)}display:block;margin:0 auto}}",
        f"@media (prefers-color-scheme:dark){{{me}{{{values(True)}}}}}",
        *(f"{','.join(f'{around} {me}' for around in THEMES[dark])}{{{values(dark)}}}" for dark in (False, True)),
        f"{me} .paper{{fill:var(--paper)}}",
        f"{me} .label{{fill:var(--ink)}}{me} .muted{{fill:var(--muted)}}",
        f"{me} .cell{{stroke:var(--edge);stroke-width:1}}{me} .dashed{{stroke-dasharray:3 3}}",
        f"{me} .outline{{fill:none;stroke-width:3.2}}",
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
