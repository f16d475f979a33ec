"""The catalogue of mistakes in backward passes: the names, and the one change of the right computation that each is.

A gradient is computed in stages (`backward_stages`): from data, operands and windows a product, and from it the
result. Every table here pairs names with changes of one stage. `named_mistake` finds the change that reproduces
everything that a function returned, and so what its author may have done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import permutations

import numpy as np

from cnn_symbolic.backward.stages import (
    PRODUCTS,
    Axes,
    Case,
    Setting,
    all_of,
    displaced,
    filled,
    interleaved,
    natural,
    only_if,
    product_of,
    rotated,
    setting,
    shifted,
    sized,
    with_padding,
    written,
)

__all__ = ["Case"]

Compute = Callable[[Case], np.ndarray]
Candidate = tuple[str, Compute]
Mask = Callable[[Case, Axes], np.ndarray]
Writing = Callable[[np.ndarray, Axes], np.ndarray]

RESULTS = ("y", "dx", "dw", "db")
# Along which axis, in which direction, and whether what leaves at one end comes in at the other.
SHIFTS = [(axis, by, around) for axis in range(3) for by in (-1, 1) for around in (False, True)]


def off_by_one(axis: int) -> str:
    """Return the name of a shift."""
    return f"off by one along axis {axis + 2}"


def exchanged(*names: str) -> Callable[[Axes], Axes]:
    """Return the change that gives every axis options of another: in reversed order."""

    def change(axes: Axes) -> Axes:
        pairs = zip(axes, reversed(axes), strict=True)
        return tuple(replace(a, **{name: getattr(b, name) for name in names}) for a, b in pairs)

    return change


# Windows in place of the right ones.
WINDOWS: list[tuple[str, Callable[[Axes], Axes]]] = [
    ("the stride is forgotten", partial(all_of, change=lambda a: {"stride": 1})),
    ("the dilation is forgotten", partial(all_of, change=lambda a: {"dilation": 1})),
    (
        "stride and dilation are exchanged",
        partial(all_of, change=lambda a: {"stride": a.dilation, "dilation": a.stride}),
    ),
    ("the padding is forgotten", partial(all_of, change=lambda a: {"before": 0, "after": 0})),
    (
        "padding before and after are exchanged",
        partial(all_of, change=lambda a: {"before": a.after, "after": a.before}),
    ),
    ("strides of the axes are exchanged", exchanged("stride")),
    ("dilations of the axes are exchanged", exchanged("dilation")),
    ("paddings of the axes are exchanged", exchanged("before", "after")),
    ("the stride is taken for the window", partial(all_of, change=lambda a: {"stride": a.overlay})),
    ("the stride and the dilation are forgotten", partial(all_of, change=lambda a: {"stride": 1, "dilation": 1})),
]

# What is left of windows that write.
WRITING: list[tuple[str, Writing]] = [
    ("the padding is not cut off", with_padding),
    ("the remainder of the stride is forgotten", natural),
    ("the remainder of the stride is forgotten", filled),
    ("assigned, not accumulated", partial(written, order=-1)),
    ("assigned, not accumulated", partial(written, order=1)),
    *((off_by_one(axis), partial(displaced, axis=axis, by=by, around=around)) for axis, by, around in SHIFTS),
]


# Operands in place of the right ones, for a product that spreads and for one that correlates.


def channels_kept(s: Setting) -> Setting:
    """Return the setting with filters whose channel axes stand for one another."""
    only_if(s.groups == 1 and s.overlay.shape[0] == s.overlay.shape[1])
    return replace(s, overlay=s.overlay.swapaxes(0, 1))


def channels_reshaped(s: Setting) -> Setting:
    """Return the setting with filters reshaped to exchanged channels, where they should be transposed."""
    only_if(s.groups == 1)
    return replace(s, overlay=s.overlay.reshape(s.overlay.swapaxes(0, 1).shape).swapaxes(0, 1))


def axes_of_overlay(s: Setting) -> Setting:
    """Return the setting with filters whose spatial axes are reversed."""
    only_if(len(set(s.overlay.shape[2:])) == 1)
    return replace(s, overlay=s.overlay.transpose(0, 1, *range(s.overlay.ndim - 1, 1, -1)))


def last_channel(s: Setting) -> Setting:
    """Return the setting with nothing but the last of the coarse maps."""
    only_if(s.groups == 1)
    return replace(s, coarse=s.coarse[:, -1:], overlay=s.overlay[-1:])


def last_position(s: Setting) -> Setting:
    """Return the setting with nothing but the last position."""
    last = np.zeros(s.coarse.shape[2:])
    last.flat[-1] = 1
    return replace(s, coarse=s.coarse * last)


OPERANDS: list[tuple[str, str, Callable[[Setting], Setting]]] = [
    ("the overlay is not rotated", "the overlay is rotated", lambda s: replace(s, overlay=rotated(s.overlay))),
    (
        "the channel axes of the overlay are not exchanged",
        "the channel axes of the overlay are exchanged",
        channels_kept,
    ),
    (
        "the channel axes of the overlay are not exchanged (but reshaped)",
        "the channel axes of the overlay are exchanged (by a reshape)",
        channels_reshaped,
    ),
    (
        "the spatial axes are exchanged (of the overlay)",
        "the spatial axes are exchanged (of the overlay)",
        axes_of_overlay,
    ),
]


def in_product(
    name: str,
    change: Callable[[Setting], Setting] = lambda s: s,
    write: Writing = written,
    *,
    whole: bool = False,
    after: Callable[[np.ndarray, Setting], np.ndarray] = lambda z, s: z,
    only: str = "spread correlated weights",
) -> Compute:
    """Return how a result of a convolution is computed with a change of its setting, of the writing or afterwards.

    With `whole` the result has the size that its windows give, and not the one that is known. `only` are the products
    that the change makes sense for.
    """

    def compute(case: Case) -> np.ndarray:
        kind = PRODUCTS[case.forward.family][name]
        only_if(kind in only.split())
        s = change(setting(case, name))
        s = sized(kind, s) if whole else s
        return after(product_of(kind, s, write), s)

    return compute


def with_windows(s: Setting, windows: Callable[[Axes], Axes], differing: bool = False) -> Setting:
    """Return the setting with other windows; raise Unfit if they should differ and do not."""
    axes = windows(s.axes)
    only_if(axes != s.axes or not differing)
    return replace(s, axes=axes)


def of_convolution(name: str) -> Iterator[Candidate]:
    """Yield the mistakes in y, dx or dw of a convolution."""
    for spreading, correlating, operands in OPERANDS:
        yield spreading, in_product(name, operands, only="spread")
        yield correlating, in_product(name, operands, only="correlated")
    for title, write in WRITING:
        yield title, in_product(name, write=write, only="spread")
    yield "the remainder of the stride is forgotten", in_product(name, whole=True)
    for title, windows in WINDOWS:
        yield title, in_product(name, partial(with_windows, windows=windows))
        changed = partial(with_windows, windows=windows, differing=True)
        yield title, in_product(name, changed, whole=True)
        for write in (natural, with_padding):
            yield title, in_product(name, changed, write, only="spread")
    yield from of_groups(name)
    for axis, by, around in SHIFTS:
        move = partial(shifted, axis=axis + 2, by=by, around=around)
        yield off_by_one(axis), in_product(name, partial(lambda s, move: replace(s, fine=move(s.fine)), move=move))
        yield off_by_one(axis), in_product(name, partial(lambda s, move: replace(s, coarse=move(s.coarse)), move=move))
    yield "assigned, not accumulated over the channels", in_product(name, last_channel, only="spread")
    for order in (-1, 1):
        yield (
            "assigned, not accumulated over the channels and the windows",
            in_product(name, last_channel, partial(written, order=order), only="spread"),
        )
    yield "assigned, not accumulated over the positions", in_product(name, last_position, only="weights")


def of_groups(name: str) -> Iterator[Candidate]:
    """Yield the ways to mix or to ignore groups."""

    def mixed(s: Setting, fine: bool, coarse: bool) -> Setting:
        if coarse:
            s = replace(s, coarse=interleaved(s.coarse, 1, s.groups), overlay=interleaved(s.overlay, 0, s.groups))
        return replace(s, fine=interleaved(s.fine, 1, s.groups)) if fine else s

    for fine, coarse in ((False, True), (True, False), (True, True)):
        change = partial(mixed, fine=fine, coarse=coarse)
        for kind, axis, back in (("spread", 1, fine), ("correlated", 1, coarse), ("weights", 0, coarse)):
            after = partial(
                lambda z, s, axis, back: interleaved(z, axis, s.groups, back=True) if back else z, axis=axis, back=back
            )
            yield "the groups are mixed", in_product(name, change, after=after, only=kind)
    ignored = "the groups are mixed (ignored)"
    yield ignored, in_product(name, lambda s: replace(s, groups=1, fine=s.fine[:, : s.overlay.shape[1]]))
    yield ignored, in_product(name, lambda s: replace(s, groups=1), after=every_group, only="spread")
    yield ignored, in_product(name, every_channel, only="weights")
    yield ignored, in_product(name, lambda s: replace(s, fine=sum_of_groups(s)), only="correlated weights")


def every_group(z: np.ndarray, s: Setting) -> np.ndarray:
    """Return the channels of one group, for every group."""
    return np.tile(z, (1, s.fine.shape[1] // z.shape[1], *[1] * len(s.axes)))


def every_channel(s: Setting) -> Setting:
    """Return the setting without groups: every out-channel with every in-channel."""
    return replace(s, groups=1, overlay=np.broadcast_to(0.0, (len(s.overlay), s.fine.shape[1], *s.overlay.shape[2:])))


def sum_of_groups(s: Setting) -> np.ndarray:
    """Return fine maps that have the sum over all groups in each."""
    parts = s.fine.reshape(len(s.fine), s.groups, -1, *s.fine.shape[2:])
    return np.broadcast_to(parts.sum(axis=1, keepdims=True), parts.shape).reshape(s.fine.shape)


# Poolings and upsampling: what every window gives back to its cells.


# The bias.

BIAS: list[Candidate] = [
    ("the number of positions, without dy", lambda case: np.full(case.right["db"].shape, float(case.positions))),
    (
        "the number of positions, without dy",
        lambda case: np.full(case.right["db"].shape, float(case.positions * case.batch)),
    ),
    ("not summed over the positions", lambda case: case.values["dy"].sum(axis=0)),
    ("not summed", lambda case: case.values["dy"]),
    ("summed over the channels too", lambda case: case.values["dy"].sum()),
    ("summed over the channels too", lambda case: case.values["dy"].sum().reshape(1)),
    ("the batch is taken for the channels", lambda case: case.values["dy"].swapaxes(0, 1).sum(axis=0).T.sum(axis=0)),
]
RESULT: list[Candidate] = [
    ("the bias is forgotten", lambda case: case.forward.evaluate(case.values, bias=False)["y"]),
    (
        "the bias is added twice",
        lambda case: 2 * case.right["y"] - case.forward.evaluate(case.values, bias=False)["y"],
    ),
]

# Any result.


def of_any(name: str) -> Iterator[Candidate]:
    """Yield the mistakes that any result may have: it is scaled, comes from other data, or is another result."""
    for title, factor in (("doubled", 2), ("halved", 0.5), ("negated", -1), ("zero", 0)):
        yield title, partial(lambda case, factor: factor * case.right[name], factor=factor)
    for other in RESULTS:
        if other != name:
            first, second = sorted((name, other), key=RESULTS.index)
            title = f"{first} and {second} are returned in the wrong order"
            yield title, partial(lambda case, other: case.right[other], other=other)
    yield "dy is ignored (taken as ones)", lambda case: case.again(dy=np.ones_like(case.values["dy"]))[name]
    if name in ("dw", "db"):
        yield "assigned, not accumulated over the batch", lambda case: case.example(case.batch - 1)[name]
        yield "only the first example of the batch", lambda case: case.example(0)[name]
        yield "averaged over the positions", lambda case: case.right[name] / case.positions
        yield "averaged over the batch and the positions", lambda case: case.right[name] / (case.batch * case.positions)
        yield "not summed over the batch", lambda case: np.stack([case.example(n)[name] for n in range(case.batch)])
    yield "averaged over the batch", lambda case: case.right[name] / case.batch


def of_axes(name: str) -> Iterator[Candidate]:
    """Yield the mistakes that turn, exchange or shift the axes of a result."""
    channels = f"the {'channel axes' if name == 'dw' else 'batch and channel axes'} of {name} are exchanged"

    def reshaped(case: Case) -> np.ndarray:
        return case.right[name].reshape(case.right[name].swapaxes(0, 1).shape)

    def transposed(case: Case, order: Sequence[int]) -> np.ndarray:
        only_if(case.forward.rank == len(order))
        return case.right[name].transpose(0, 1, *(2 + k for k in order))

    yield f"{name} is rotated", lambda case: rotated(case.right[name])
    yield channels, lambda case: case.right[name].swapaxes(0, 1)
    yield f"{channels} (by a reshape)", reshaped
    for order in (order for rank in (2, 3) for order in list(permutations(range(rank)))[1:]):
        yield "the spatial axes are exchanged", partial(transposed, order=order)
    for axis, by, around in SHIFTS:
        move = partial(shifted, axis=axis + 2, by=by, around=around)
        yield off_by_one(axis), partial(lambda case, move: move(case.right[name]), move=move)
