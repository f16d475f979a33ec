"""Pictures as TikZ: frames side by side, within the width of a page, with nothing but the package `tikz`."""

from __future__ import annotations

from collections.abc import Iterable

from cnn_symbolic.notation.latex import GREEK, escape
from cnn_symbolic.present.figures.colours import EDGE, INK, LINES, MUTED, ROLES
from cnn_symbolic.present.figures.labels import Label, Quotient, Symbol
from cnn_symbolic.present.figures.layout import sheet
from cnn_symbolic.present.figures.scene import Box, Curve, Element, Outline, Picture, Words, labels_of
from cnn_symbolic.present.figures.typesetting import AXIS, PlacedLabel

WIDTH, HEIGHT = 16.4, 20.5  # what a page has room for, in centimetres
LARGEST, LABELLED, BARE = 0.76, 0.56, 0.36  # how large cells are, with and without labels
POINTS = 28.45  # to a centimetre
SMALLEST_TEXT = 6.2
SIGNS = {
    "∂": r"\partial ", "′": "'", "·": r"{\cdot}", "⋆": r"\star ", "∗": r"\ast ", "⊙": r"\odot ", "→": r"\rightarrow ",
    "−": "-", "×": r"\times ", "…": r"\dots ",
}  # fmt: skip


def tikz(picture: Picture) -> str:
    """Return a picture as a `tikzpicture`, its frames side by side, at most 16.6 cm wide.

    The text is set for a page: in mathematics, at 6 points or more where cells have labels.
    """
    laid = sheet(picture, WIDTH, HEIGHT, LARGEST, LABELLED if picture.labelled else BARE)
    unit = laid.unit
    roles = {e.role for f in picture.frames for e in f.elements if not isinstance(e, Words)}
    lines = [
        rf"\begin{{tikzpicture}}[x={unit:.3f}cm, y=-{unit:.3f}cm, line join=round, {styles(roles)}]",
        r"\def\fit#1#2{\scriptspace=0pt \setbox0\hbox{#2}\ifdim\wd0>#1\resizebox{#1}{!}{#2}\else\box0\fi}",
        rf"\path (0, 0) rectangle ({laid.width:.3f}, {laid.height:.3f});",
    ]
    for x, y, frame in laid.places:
        lines.append(rf"\begin{{scope}}[shift={{({x:.3f}, {y:.3f})}}]")
        lines += [part for e in frame.elements for part in element(e)]
        lines += [node(one, unit) for _, one in labels_of(frame, SMALLEST_TEXT / POINTS / unit)]
        lines.append(r"\end{scope}")
    return "\n".join([*lines, r"\end{tikzpicture}"]) + "\n"


def styles(roles: Iterable[str]) -> str:
    """Return the styles of the roles, their colours written in place."""
    shown = ["every node/.style={inner sep=0pt, outer sep=0pt, text=" + colour(INK.light) + "}"]
    shown.append(f"cell/.style={{draw={colour(EDGE.light)}, line width=0.4pt}}")
    for role in sorted(roles):
        if role in ROLES:
            shown.append(f"f-{role}/.style={{fill={colour(ROLES[role].light)}}}")
        if role in LINES:
            shown.append(f"l-{role}/.style={{draw={colour(LINES[role].light)}, fill={colour(LINES[role].light)}}}")
    return ", ".join(shown)


def colour(code: str) -> str:
    """Return a colour for TikZ."""
    red, green, blue = (int(code[k : k + 2], 16) for k in (1, 3, 5))
    return f"{{rgb,255:red,{red};green,{green};blue,{blue}}}"


def element(e: Element) -> list[str]:
    """Return the lines that draw one element of a frame, without its labels."""
    if isinstance(e, Box):
        return [rf"\path[cell, f-{e.role}{', densely dashed' if e.dashed else ''}] {rectangle(e)};"]
    if isinstance(e, Outline):
        return [rf"\draw[l-{e.role}, fill=none, line width=1.5pt] {rectangle(e)};"]
    return curve(e) if isinstance(e, Curve) else []


def rectangle(e: Box | Outline) -> str:
    """Return the path of a rectangle."""
    return f"({e.x:.3f}, {e.y:.3f}) rectangle ({e.x + e.width:.3f}, {e.y + e.height:.3f})"


def curve(e: Curve) -> list[str]:
    """Return the lines that draw a curve, on a wider one in white."""
    bend = (e.land - e.leave) / 2
    path = (
        f"({e.x:.3f}, {e.y:.3f}) -- ({e.leave:.3f}, {e.y:.3f}) .. controls ({e.leave + bend:.3f}, {e.y:.3f}) and "
        f"({e.land - bend:.3f}, {e.to_y:.3f}) .. ({e.land:.3f}, {e.to_y:.3f}) -- "
    )
    tip = max(e.to_x - 0.17, e.land)
    head = (
        f"({e.to_x:.3f}, {e.to_y:.3f}) -- ({tip - 0.03:.3f}, {e.to_y - 0.08:.3f}) -- "
        f"({tip - 0.03:.3f}, {e.to_y + 0.08:.3f}) -- cycle"
    )
    return [
        rf"\draw[white, line width=2.2pt] {path}({tip:.3f}, {e.to_y:.3f});",
        rf"\draw[l-{e.role}, fill=none, line width=1pt] {path}({tip:.3f}, {e.to_y:.3f});",
        rf"\fill[l-{e.role}, draw=none] ({e.x:.3f}, {e.y:.3f}) circle[radius=1.4pt] {head};",
    ]


def node(placed: PlacedLabel, unit: float) -> str:
    """Return the line that sets a label: in TeX's own letters, which are made narrower where they would be wider."""
    points, made = placed.size * unit * POINTS, placed.set
    font = rf"font=\fontsize{{{points:.1f}}}{{{points * 1.2:.1f}}}\selectfont"
    tone = f", text={colour(MUTED.light)}" if placed.muted else ""
    foot = placed.y + AXIS * placed.size
    return (
        rf"\node[{font}, anchor=base{tone}] at ({placed.x:.3f}, {foot:.3f}) "
        rf"{{\fit{{{1.05 * made.width * unit:.3f}cm}}{{${mathematics(placed.label)}$}}}};"
    )


def mathematics(label: Label) -> str:
    """Return a label as LaTeX mathematics."""
    written = ""
    for part in label:
        if isinstance(part, Quotient):
            written += rf"\displaystyle\frac{{{mathematics(part.top)}}}{{{mathematics(part.bottom)}}}"
            continue
        written += symbol(part)
        written += f"_{{{mathematics(part.below)}}}" if part.below else ""
        written += f"^{{{mathematics(part.above)}}}" if part.above else ""
    return written


def symbol(part: Symbol) -> str:
    """Return a symbol without its scripts."""
    if part.style == "words":
        return rf"\mbox{{{escape(part.text)}}}"
    if part.style == "roman" and part.text.isalpha() and len(part.text) > 1:
        return rf"\mathrm{{{part.text}}}"
    return "".join(SIGNS.get(c) or (f"\\{GREEK[c]} " if c in GREEK else escape(c)) for c in part.text)
