"""The catalogue of mistakes in backward passes: the names, and the one change of the right computation that each is.

A gradient is computed in stages (`stages`): from data, operands and windows a product, and from it the result. Every
table here pairs names with changes of one stage. The change that reproduces everything that a function returned is
what its author may have done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import permutations
from math import prod
from typing import Any

import numpy as np

from cnn_symbolic.layers import stages
from cnn_symbolic.layers.stages import Candidate, Case, Change, Compute, Filtered, all_of, only_if, rotated, shifted
from cnn_symbolic.witnesses.windows import Axis

RESULTS = ("y", "dx", "dw", "db")
# Along which axis, in which direction, and whether what leaves at one end comes in at the other.
SHIFTS = [(axis, by, around) for axis in range(3) for by in (-1, 1) for around in (False, True)]


def off_by_one(axis: int) -> str:
    """Return the name of a shift."""
    return f"off by one along axis {axis + 2}"


def changing(name: str, change: Change) -> Compute:
    """Return how a result is computed with a change of what its layer computes it from."""
    return lambda case: change(case.forward.setting(case, name)).result()


# The windows, and how they write.


def by(write: stages.Writing) -> Change:
    """Return the change of how windows write."""
    return lambda s: replace(s.only("spread"), write=write)


LAST, FIRST = (by(partial(stages.written, order=order)) for order in (-1, 1))


def whole(s: Filtered) -> Filtered:
    """Return the product with as many positions, or entries of the filters, as its windows give."""
    s.only("correlated", "weights")

    def count(a: Axis) -> dict[str, int]:
        free = a.size + a.before + a.after
        if s.kind == "correlated":
            return {"positions": (free - a.extent) // a.stride + 1}
        return {"overlay": (free - a.stride * (a.positions - 1) - 1) // a.dilation + 1}

    axes = all_of(s.axes, count)
    only_if(min(min(a.positions, a.overlay) for a in axes) >= 1)
    shape = (*s.overlay.shape[:2], *(a.overlay for a in axes))
    return replace(s, axes=axes, overlay=s.overlay if s.kind == "correlated" else np.broadcast_to(0.0, shape))


def over(windows: Callable[[Axis, Axis], dict[str, int]], then: Change) -> Change:
    """Return the change of the windows of every axis, by those of the axis and of its counterpart in reversed order."""

    def change(s: Any) -> Any:
        axes = [replace(a, **windows(a, b)) for a, b in zip(s.axes, reversed(s.axes), strict=True)]
        return then(replace(s, axes=axes))

    return change


WINDOWS: list[tuple[str, Callable[[Axis, Axis], dict[str, int]]]] = [
    ("the stride is forgotten", lambda a, b: {"stride": 1}),
    ("the dilation is forgotten", lambda a, b: {"dilation": 1}),
    ("stride and dilation are exchanged", lambda a, b: {"stride": a.dilation, "dilation": a.stride}),
    ("the padding is forgotten", lambda a, b: {"before": 0, "after": 0}),
    ("padding before and after are exchanged", lambda a, b: {"before": a.after, "after": a.before}),
    ("strides of the axes are exchanged", lambda a, b: {"stride": b.stride}),
    ("dilations of the axes are exchanged", lambda a, b: {"dilation": b.dilation}),
    ("paddings of the axes are exchanged", lambda a, b: {"before": b.before, "after": b.after}),
    ("the stride is taken for the window", lambda a, b: {"stride": a.overlay}),
    ("the stride and the dilation are forgotten", lambda a, b: {"stride": 1, "dilation": 1}),
]
OF_WINDOWS: list[tuple[str, Change]] = [
    ("the padding is not cut off", by(stages.with_padding)),
    ("the slice p:-p is empty where p = 0", by(stages.cut_by_a_slice)),
    ("the filter's height is used for its width", by(partial(stages.as_if_square, side=0))),
    ("the filter's width is used for its height", by(partial(stages.as_if_square, side=1))),
    ("the remainder of the stride is forgotten", by(stages.natural)),
    ("the remainder of the stride is forgotten", by(stages.filled)),
    ("gathered where the stride does not divide", by(stages.gathered)),
    ("assigned, not accumulated", LAST),
    ("assigned, not accumulated", FIRST),
    *((off_by_one(axis), by(partial(stages.displaced, axis=axis, by=n, around=end))) for axis, n, end in SHIFTS),
    ("the remainder of the stride is forgotten", whole),
    *(
        (title, over(windows, then))
        for title, windows in WINDOWS
        for then in (lambda s: s, whole, by(stages.natural), by(stages.with_padding))
    ),
]


# Operands in place of the right ones.


def channels_kept(s: Filtered) -> Filtered:
    """Return the product with filters whose channel axes stand for one another."""
    only_if(s.groups == 1 and s.overlay.shape[0] == s.overlay.shape[1])
    return replace(s, overlay=s.overlay.swapaxes(0, 1))


def channels_reshaped(s: Filtered) -> Filtered:
    """Return the product with filters reshaped to exchanged channels, where they should be transposed."""
    only_if(s.groups == 1)
    return replace(s, overlay=s.overlay.reshape(s.overlay.swapaxes(0, 1).shape).swapaxes(0, 1))


def axes_of_overlay(s: Filtered) -> Filtered:
    """Return the product with filters whose spatial axes are reversed."""
    s.only("spread", "correlated")
    only_if(len(set(s.overlay.shape[2:])) == 1)
    return replace(s, overlay=s.overlay.transpose(0, 1, *range(s.overlay.ndim - 1, 1, -1)))


def of_own_channel(s: Filtered) -> Filtered:
    """Return the product with the coarse map that has the number of the fine one, in place of each."""
    s.only("spread", "weights")
    count, channels = s.overlay.shape[:2]
    only_if(s.groups == 1 and channels <= count)
    own = np.eye(channels).reshape(channels, channels, *[1] * len(s.axes))
    if s.kind == "spread":
        return replace(s, coarse=s.coarse[:, :channels], overlay=own * s.overlay.sum(axis=0, keepdims=True))
    kept = replace(s, coarse=s.coarse[:, :channels], overlay=s.overlay[:channels])
    return replace(kept, after=lambda z: np.broadcast_to((own * z).sum(axis=0), s.overlay.shape))


def square_only(s: Filtered, side: int) -> Filtered:
    """Return the product with no more entries of the filters along the other axis than along one."""
    only_if(len(s.axes) == 2)
    kept = np.indices(s.overlay.shape[2:])[1 - side] < s.overlay.shape[2 + side]
    if s.kind == "weights":
        return replace(s, after=lambda z: z * kept)
    return replace(s, overlay=s.overlay * kept)


def last_channel(s: Filtered) -> Filtered:
    """Return the product with nothing but the last of the coarse maps."""
    only_if(s.only("spread").groups == 1)
    return replace(s, coarse=s.coarse[:, -1:], overlay=s.overlay[-1:])


def last_position(s: Filtered) -> Filtered:
    """Return the product with nothing but the last position."""
    last = np.zeros(s.only("weights").coarse.shape[2:])
    last.flat[-1] = 1
    return replace(s, coarse=s.coarse * last)


def move(name: str, **options: Any) -> Change:
    """Return the change that shifts one of the operands."""
    return lambda s: replace(s, **{name: shifted(getattr(s, name), **options)})


def mixed(s: Filtered, fine: bool, coarse: bool) -> Filtered:
    """Return the product with the channels of some operands, and of the result, numbered across the groups."""
    axis, back = {"spread": (1, fine), "correlated": (1, coarse), "weights": (0, coarse)}[s.kind]
    if coarse:
        filters = stages.interleaved(s.overlay, 0, s.groups)
        s = replace(s, coarse=stages.interleaved(s.coarse, 1, s.groups), overlay=filters)
    if fine:
        s = replace(s, fine=stages.interleaved(s.fine, 1, s.groups))
    after = partial(stages.interleaved, axis=axis, groups=s.groups, back=True)
    return replace(s, after=after) if back else s


def every_group(s: Filtered) -> Filtered:
    """Return the product with the channels of one group, for every group."""
    copies = s.fine.shape[1] // s.overlay.shape[1]
    return replace(s.only("spread"), groups=1, after=lambda z: np.tile(z, (1, copies, *[1] * len(s.axes))))


def every_channel(s: Filtered) -> Filtered:
    """Return the product without groups: every out-channel with every in-channel."""
    s.only("weights")
    return replace(s, groups=1, overlay=np.broadcast_to(0.0, (len(s.overlay), s.fine.shape[1], *s.overlay.shape[2:])))


def sum_of_groups(s: Filtered) -> Filtered:
    """Return the product with the sum over all groups in each."""
    s.only("correlated", "weights")
    parts = s.fine.reshape(len(s.fine), s.groups, -1, *s.fine.shape[2:])
    return replace(s, fine=np.broadcast_to(parts.sum(axis=1, keepdims=True), parts.shape).reshape(s.fine.shape))


OF_FILTERS: list[tuple[str, Change]] = [
    ("the filter is not flipped", lambda s: replace(s.only("spread"), overlay=rotated(s.overlay))),
    ("the filter is flipped", lambda s: replace(s.only("correlated"), overlay=rotated(s.overlay))),
    ("the channel axes of the filter are not exchanged", lambda s: channels_kept(s.only("spread"))),
    ("the channel axes of the filter are exchanged", lambda s: channels_kept(s.only("correlated"))),
    ("the channel axes of the filter are not exchanged (but reshaped)", lambda s: channels_reshaped(s.only("spread"))),
    ("the channel axes of the filter are exchanged (by a reshape)", lambda s: channels_reshaped(s.only("correlated"))),
    ("the spatial axes are exchanged (of the filter)", axes_of_overlay),
    ("the filter is transposed, not flipped", lambda s: axes_of_overlay(replace(s, overlay=rotated(s.overlay)))),
    ("dy is indexed by the input channel", of_own_channel),
    *OF_WINDOWS,
    ("the filter's height is used for its width", partial(square_only, side=0)),
    ("the filter's width is used for its height", partial(square_only, side=1)),
    ("the groups are mixed", partial(mixed, fine=False, coarse=True)),
    ("the groups are mixed", partial(mixed, fine=True, coarse=False)),
    ("the groups are mixed", partial(mixed, fine=True, coarse=True)),
    ("the groups are mixed (ignored)", lambda s: replace(s, groups=1, fine=s.fine[:, : s.overlay.shape[1]])),
    ("the groups are mixed (ignored)", every_group),
    ("the groups are mixed (ignored)", every_channel),
    ("the groups are mixed (ignored)", sum_of_groups),
    *(
        (off_by_one(axis), move(name, axis=axis + 2, by=n, around=end))
        for axis, n, end in SHIFTS
        for name in ("fine", "coarse")
    ),
    ("assigned, not accumulated over the channels", last_channel),
    ("assigned, not accumulated over the channels and the windows", lambda s: LAST(last_channel(s))),
    ("assigned, not accumulated over the channels and the windows", lambda s: FIRST(last_channel(s))),
    ("assigned, not accumulated over the positions", last_position),
]


# The bias.

BIAS: list[Candidate] = [
    ("the number of positions, without dy", lambda case: np.full_like(case.right["db"], case.positions)),
    ("the number of positions, without dy", lambda case: np.full_like(case.right["db"], case.positions * case.batch)),
    ("not summed over the positions", lambda case: case.values["dy"].sum(axis=0)),
    ("not summed", lambda case: case.values["dy"]),
    ("summed over the positions", lambda case: case.values["dy"].sum(axis=(0, *range(2, case.values["dy"].ndim)))),
    ("summed over the channels too", lambda case: case.values["dy"].sum()),
    ("summed over the channels too", lambda case: case.values["dy"].sum().reshape(1)),
    ("the batch is taken for the channels", lambda case: case.values["dy"].swapaxes(0, 1).sum(axis=0).T.sum(axis=0)),
]


def without_bias(case: Case) -> np.ndarray:
    """Return y without the bias."""
    return np.asarray(case.forward.evaluate(case.values, bias=False)["y"])


def with_bias(times: Callable[[Case], int]) -> Compute:
    """Return how y is computed with the bias added so many times."""
    return lambda case: without_bias(case) + times(case) * (case.right["y"] - without_bias(case))


RESULT: list[Candidate] = [
    ("the bias is forgotten", without_bias),
    ("the bias is added once per input channel", with_bias(lambda case: case.values["w"].shape[1])),
    ("the bias is added once per entry of the filter", with_bias(lambda case: prod(case.values["w"].shape[2:]))),
    ("the bias is added once per product", with_bias(lambda case: prod(case.values["w"].shape[1:]))),
    ("the bias is added twice", with_bias(lambda case: 2)),
    ("the bias is added three times", with_bias(lambda case: 3)),
]

# Other operands.
RATES = (1, 0.1, 0.01, 0.001)


def with_rotated_dy(case: Case) -> stages.Arrays:
    """Return the results for dy with all spatial axes reversed."""
    return case.again(dy=rotated(case.values["dy"]))


def with_updated_weights(case: Case, rate: float) -> np.ndarray:
    """Return dx with the weights after a step of gradient descent."""
    return case.again(w=case.values["w"] - rate * case.right["dw"])["dx"]


OTHER_OPERANDS: dict[str, list[Candidate]] = {
    "dx": [
        ("dy is rotated", lambda case: with_rotated_dy(case)["dx"]),
        *(("computed with the updated weights", partial(with_updated_weights, rate=rate)) for rate in RATES),
    ],
    "dw": [
        (
            "dy is rotated (convolve in place of correlate)",
            lambda case: with_rotated_dy(case)["dw"],
        ),
        ("x is rotated", lambda case: case.again(x=rotated(case.values["x"]))["dw"]),
    ],
}

# Any result.


def of_any(name: str) -> Iterator[Candidate]:
    """Yield the mistakes that any result may have: it is scaled, comes from other data, or is another result."""
    yield "divided by the batch size", lambda case: case.right[name] / case.batch
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
        yield "divided by the number of positions", lambda case: case.right[name] / case.positions
        yield (
            "divided by the batch size and the number of positions",
            lambda case: case.right[name] / (case.batch * case.positions),
        )
        yield "not summed over the batch", lambda case: np.stack([case.example(n)[name] for n in range(case.batch)])
    if name != "y":
        of = name.removeprefix("d")
        yield f"starts as a copy of {of}, not as zeros", lambda case: case.right[name] + case.values[of]
        yield "starts as ones, not as zeros", lambda case: case.right[name] + 1


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
