"""A forward pass and its backward pass as one function: what the first keeps is handed on to the second.

both(dy, x=…, w=…)   →   y, dx, dw
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any


def both_of(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Sequence[str],
    named: Sequence[Sequence[str]],
    outputs: Sequence[str],
) -> Callable[..., Any]:
    """Return both passes as one function of dy and of the arguments of the forward pass, which returns all results.

    `inputs` are what the backward pass is given by place, `named` its parameters with what they are given by name.
    """

    @wraps(backward)
    def both(dy: Any, /, **given: Any) -> list[Any]:
        returned = forward(**given)
        kept = list(returned[1:]) if isinstance(returned, tuple | list) else []
        known = {f"{name}_shape": getattr(value, "shape", ()) for name, value in given.items()}
        known |= {f"cache[{k}]": each for k, each in enumerate(kept)}
        known |= {"y": returned[0] if isinstance(returned, tuple | list) else returned, "dy": dy, **given}
        known |= {"cache": kept[0] if len(kept) == 1 else tuple(kept)} if "cache" not in given else {}
        y = known["y"].copy() if hasattr(known["y"], "copy") else known["y"]
        answer = backward(*[known[name] for name in inputs], **{word: known[name] for word, name in named})
        return [y, *results_in(answer, outputs)]

    return both


def results_in(answer: Any, outputs: Sequence[str]) -> list[Any]:
    """Return the results of a backward pass in order, which are those of a tuple, of a table, or one."""
    if isinstance(answer, Mapping):
        return [answer[name] for name in outputs]
    if isinstance(answer, tuple | list) and not (len(outputs) == 1 and len(answer) != 1):
        return list(answer)
    return [answer]
