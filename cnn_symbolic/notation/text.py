"""Layouts as one line of text: `Σ{r=0..M - I} a_prev[i + r]·δ[r]`."""

from __future__ import annotations

from itertools import groupby

from cnn_symbolic.notation import layout as la
from cnn_symbolic.notation.layout import Layout, Sign, Token, parts_of, sign

WORDS = {"∧": "and", "∨": "or"}
CLOSE = {"·": "·", ",": ", ", "¬": "not ", ", ": ", "}


def text(x: Layout) -> str:
    """Return a formula as text."""
    match x:
        case Token():
            return x.text
        case Sign():
            return CLOSE.get(x.text) or (x.text if x.tight else f" {WORDS.get(x.text, x.text)} ")
        case la.Row():
            runs = groupby(x.parts, key=is_sum)
            return "".join(summed(list(parts)) if sums else "".join(map(text, parts)) for sums, parts in runs)
        case la.Scripts() if is_sum(x):
            return summed([x])
        case la.Scripts():
            below = "" if x.below is None else f"[{text(x.below)}]"
            base = x.base.body if isinstance(x.base, la.Fenced) and isinstance(x.base.body, la.Ratio) else x.base
            return text(base) + "′" * x.primes + below + ("" if x.above is None else f"^{text(x.above)}")
        case la.Ratio():
            return f"{factor(x.top, '+-')}/{factor(x.bottom, '+-·')}"
        case la.Fenced():
            return f"{x.opening}{text(x.body)}{x.closing}"
        case la.Table():
            rows = (alternative(*cells) if x.cases else ", ".join(map(text, cells)) for cells in x.rows)
            return f"({(', else ' if x.cases else '; ').join(rows)})"


def is_sum(x: Layout) -> bool:
    """Tell whether a part of a formula is the sign of a sum with its bounds."""
    return isinstance(x, la.Scripts) and x.base == sign("∑")


def summed(signs: list[Layout]) -> str:
    """Return signs of sums with their bounds as one."""
    bounds = [[text(at) for at in (x.below, x.above) if at is not None] for x in signs if isinstance(x, la.Scripts)]
    return f"Σ{{{', '.join('..'.join(both) for both in bounds)}}} "


def factor(x: Layout, loose: str) -> str:
    """Return what stands in a fraction, in parentheses if one of the loose signs is in it."""
    in_sum = any(is_sum(part) or (isinstance(part, Sign) and part.text in loose) for part in parts_of(x))
    return f"({text(x)})" if in_sum else text(x)


def alternative(value: Layout, condition: Layout) -> str:
    """Return one of the cases of a formula."""
    return text(value) + ("" if condition == Token("otherwise", "words") else f" {text(condition)}")
