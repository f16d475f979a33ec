"""Nearest-neighbour upsampling repeats every entry; its gradient sums over the copies."""

from cnn_symbolic import cotangent, gradient, named, prove, refute, scale, shape, sizes, subsample, tensor
from cnn_symbolic.layers import sum_pool, upsample_nearest

B, C, M, N, F, H = sizes("B C M N F H")
x = tensor(B, C, M, N, name="x")
enlarged = upsample_nearest(x, factors=(F, H))
a = named("a", enlarged)
g = cotangent(a)

size = prove("Upsampling multiplies each size by its factor", shape(enlarged), equals=(B, C, F * M, H * N))

upsampling_gradient = prove(
    "The gradient of nearest upsampling is the sum over windows of the copies, side by side",
    gradient(a, wrt=x),
    equals=sum_pool(g, window=(F, H)),
)

undone = prove(
    "Every F-th entry of what was enlarged is the entry itself",
    subsample(enlarged, factors=(1, 1, F, H)),
    equals=x,
)

sums_of_copies = prove(
    "The sum of the copies is F·H times the entry",
    sum_pool(enlarged, window=(F, H)),
    equals=scale(x, factor=F * H),
)

one_copy_only = refute(
    "The gradient of nearest upsampling takes the first copy only",
    gradient(a, wrt=x),
    equals=subsample(g, factors=(1, 1, F, H)),
)

if __name__ == "__main__":
    upsampling_gradient.main()
