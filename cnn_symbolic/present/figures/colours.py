"""The colours of pictures, by role, for light and dark surroundings: after Okabe and Ito, with labels at 4.5:1 or more.

Those that tell things apart in one grid do so for people who see no red or no green, too. A fill is what a cell has; a
line is what a curve or an outline of the same role has.
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
    "input": Shade("#cbe3f6", "#1c3a50"),
    "covered": Shade("#7cc4ee", "#0f659b"),
    "weight": Shade("#fbe6bd", "#54400f"),
    "output": Shade("#bce6d6", "#15423a"),
    "active": Shade("#5cc6a2", "#04705a"),
    "gradient": Shade("#f6e0ec", "#512a43"),
    "passed": Shade("#e3a3c6", "#8a3d6d"),
    "hue-0": Shade("#f8c25a", "#643c0b"),
    "hue-1": Shade("#95cef0", "#2170a3"),
    "hue-2": Shade("#56beb5", "#0f755e"),
    "hue-3": Shade("#a183bc", "#7f2376"),
    "hue-4": Shade("#f8f187", "#606501"),
    "hue-5": Shade("#d17e3e", "#d80745"),
    "hue-6": Shade("#89acf2", "#2e4da4"),
    "hue-7": Shade("#d6d5bd", "#423a44"),
    "hue-8": Shade("#d8a971", "#492401"),
}
LINES = {
    "ink": INK,
    "covered": Shade("#005b8f", "#7cc8f4"),
    "active": Shade("#00664b", "#55d3ab"),
    "passed": Shade("#92346b", "#eda3cb"),
    "weight": Shade("#8a5c00", "#f2b73f"),
    "hue-0": Shade("#bf8203", "#f3b843"),
    "hue-1": Shade("#3182c5", "#6fadbb"),
    "hue-2": Shade("#0c6258", "#50d0a5"),
    "hue-3": Shade("#9c418c", "#e4bbea"),
    "hue-4": Shade("#7c5d03", "#f1e65c"),
    "hue-5": Shade("#ad6b51", "#ee8922"),
    "hue-6": Shade("#3960c1", "#8ea8fb"),
    "hue-7": Shade("#768690", "#e3dfd2"),
    "hue-8": Shade("#64430e", "#ae9577"),
}
HUES = 9


def hue(k: int) -> str:
    """Return the role of the k-th of several things that are told apart by colour."""
    return f"hue-{k % HUES}"
