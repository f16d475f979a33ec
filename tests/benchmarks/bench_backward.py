"""Times check_backward on a convolution of ResNet's size, against one pass of PyTorch and its `gradcheck`.

`gradcheck` compares the gradients with differences to a tolerance: two forward passes for every input, and two
backward passes for every output. Those alone are what it takes at least, here set against the time measured at the
largest size within the budget; it also fills matrices of every output by every input. Its `fast_mode` compares along
one random direction.

Run by itself: python tests/benchmarks/bench_backward.py
"""

import statistics
import time
from functools import partial

import torch
from torch.autograd import gradcheck

from cnn_symbolic.backward import of_torch
from cnn_symbolic.backward.check import check_backward

RUNS = 5
CHANNELS, SIZE, OVERLAY = 64, 56, 3
BUDGET = 60.0  # seconds for one gradcheck
conv2d = partial(torch.nn.functional.conv2d, padding=1)


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def median(function):
    function()
    return statistics.median(seconds(function) for _ in range(RUNS))


def shapes(channels, size):
    return {"x": (1, channels, size, size), "w": (channels, channels, OVERLAY, OVERLAY)}


def inputs(channels, size):
    """The input, filters and bias of a convolution with as many channels before and after it."""
    generator = torch.Generator().manual_seed(0)
    sizes = (*shapes(channels, size).values(), (channels,))
    return [torch.randn(s, dtype=torch.float64, generator=generator).requires_grad_() for s in sizes]


def one_pass(arrays):
    y = conv2d(*arrays)
    torch.autograd.grad(y, arrays, torch.ones_like(y))


def least_gradcheck(arrays):
    """The time of the forward and backward passes of gradcheck."""
    y = conv2d(*arrays)
    with torch.no_grad():
        forward = median(lambda: conv2d(*arrays))
    backward = median(lambda: torch.autograd.grad(y, arrays, torch.ones_like(y), retain_graph=True))
    return 2 * (count(arrays) * forward + y.numel() * backward)


def count(arrays):
    return sum(array.numel() for array in arrays)


def jacobian(channels, size):
    """The entries of the matrix that gradcheck fills: every output by every input."""
    return channels * size**2 * count(inputs(channels, size))


def largest_gradcheck():
    """The channels, the size and the time of the largest gradcheck in the budget, doubling one of the two at a time."""
    channels, size = 4, 7
    while True:
        taken = seconds(partial(gradcheck, conv2d, inputs(channels, size)))
        following = (2 * channels, size) if channels <= size else (channels, 2 * size)
        if taken * jacobian(*following) / jacobian(channels, size) > BUDGET:
            return channels, size, taken
        channels, size = following


def main():
    full = inputs(CHANNELS, SIZE)
    taken = median(lambda: one_pass(full))
    print(f"{CHANNELS} to {CHANNELS} channels, {SIZE}×{SIZE}, {OVERLAY}×{OVERLAY}, padding 1, float64, batch 1")
    print(f"{taken * 1000:9.1f} ms  one forward and backward pass of PyTorch")
    check = partial(check_backward, of_torch(conv2d), of="conv2d(padding=1)", shapes=shapes(CHANNELS, SIZE))
    report = check()
    if not report.right:
        raise SystemExit(str(report))
    checked = median(check)
    print(f"{checked * 1000:9.1f} ms  check_backward, {report.evidence}; {checked / taken:.0f} passes")
    fast = median(lambda: gradcheck(conv2d, full, fast_mode=True))
    print(f"{fast * 1000:9.1f} ms  gradcheck with fast_mode, one direction to a tolerance; {fast / taken:.0f} passes")
    channels, size, slow = largest_gradcheck()
    print(f"{slow:9.1f}  s  gradcheck at {channels} channels, {size}×{size}, the largest size in {BUDGET:.0f} s")
    print(f"{least_gradcheck(inputs(channels, size)):9.1f}  s  its passes alone")
    whole, memory = least_gradcheck(full), 8 * jacobian(CHANNELS, SIZE) / 1e9
    print(f"{whole / 3600:9.1f}  h  the passes of gradcheck at the full size, and {memory:.0f} GB for a matrix")


if __name__ == "__main__":
    main()
