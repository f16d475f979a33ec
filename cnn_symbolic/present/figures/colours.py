"""The colours of pictures, by role, for light and dark surroundings: after Okabe and Ito, with labels at 4.5:1 or more.

A fill is what a cell has; a line is what a curve or an outline of the same role has.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shade:
    """A colour in light and in dark surroundings."""

    light: str
    dark: str


PAPER = Shade("#ffffff", "#15181c")
INK = Shade("#16191d", "#f2f2ef")
MUTED = Shade("#565b61", "#b4b8bd")
EDGE = Shade("#6f757c", "#8b9198")

ROLES = {
    "blank": Shade("#ffffff", "#1f2329"),
    "zero": Shade("#f3f3f1", "#1f2329"),
    "input": Shade("#dcecf8", "#1c3a50"),
    "covered": Shade("#7cc4ee", "#0f659b"),
    "weight": Shade("#fbe6bd", "#54400f"),
    "output": Shade("#d6efe5", "#15423a"),
    "active": Shade("#5cc6a2", "#04705a"),
    "gradient": Shade("#f6e0ec", "#512a43"),
    "passed": Shade("#e3a3c6", "#8a3d6d"),
    "hue-0": Shade("#f6c35c", "#7d5200"),
    "hue-1": Shade("#8fd0f4", "#1b6189"),
    "hue-2": Shade("#63c9a7", "#046b52"),
    "hue-3": Shade("#e9a9cb", "#8a3f6c"),
    "hue-4": Shade("#f5ed7e", "#5f5a08"),
    "hue-5": Shade("#f2a173", "#97410a"),
    "hue-6": Shade("#9fb8ea", "#2f4f94"),
    "hue-7": Shade("#cfcfca", "#55585c"),
    "hue-8": Shade("#d2b48f", "#6b4a22"),
}
LINES = {
    "ink": INK,
    "covered": Shade("#005b8f", "#7cc8f4"),
    "active": Shade("#00664b", "#55d3ab"),
    "passed": Shade("#92346b", "#eda3cb"),
    "weight": Shade("#8a5c00", "#f2b73f"),
    "hue-0": Shade("#a86f00", "#f2b73f"),
    "hue-1": Shade("#1f7fb4", "#7cc8f4"),
    "hue-2": Shade("#007d5b", "#4fcfa6"),
    "hue-3": Shade("#a8467d", "#eda3cb"),
    "hue-4": Shade("#857c00", "#efe45a"),
    "hue-5": Shade("#bd4f00", "#f79a62"),
    "hue-6": Shade("#3d62b5", "#9db7f2"),
    "hue-7": Shade("#5e6368", "#c3c6c9"),
    "hue-8": Shade("#7d5827", "#d8b482"),
}
HUES = 9


def hue(k: int) -> str:
    """Return the role of the k-th of several things that are told apart by colour."""
    return f"hue-{k % HUES}"
