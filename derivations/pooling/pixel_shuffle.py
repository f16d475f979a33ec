"""Pixel shuffle moves channels into space, for every factor; its gradient moves them back."""

from cnn_symbolic import cotangent, from_entries, gradient, named, prove, refute, shape, sizes, tensor
from cnn_symbolic.layers import pixel_shuffle, pixel_unshuffle

B, C, M, N, F, H = sizes("B C M N F H")
image = tensor(B, C * F * H, M, N, name="x")
shuffled = pixel_shuffle(image, factors=(F, H))
large = tensor(B, C, F * M, H * N, name="y")
unshuffled = pixel_unshuffle(large, factors=(F, H))
row = tensor(B, C * F, M, name="r")
enlarged = pixel_shuffle(row, factors=(F,))
by_blocks = from_entries((B, C, F * M), lambda n, c, m: row[n, C * (m % F) + c, m // F], using=[row])

shuffle_size = prove("Shuffling trades channels for size", shape(shuffled), equals=(B, C, F * M, H * N))

shuffle_undone = prove("Unshuffling undoes it, along one axis", pixel_unshuffle(enlarged, factors=(F,)), equals=row)

u, a = named("u", unshuffled), named("a", enlarged)

unshuffle_gradient = prove(
    "The gradient of a pixel unshuffle is the pixel shuffle",
    gradient(u, wrt=large),
    equals=pixel_shuffle(cotangent(u), factors=(F, H)),
)

shuffle_gradient = prove(
    "The gradient of a pixel shuffle along one axis is the pixel unshuffle",
    gradient(a, wrt=row),
    equals=pixel_unshuffle(cotangent(a), factors=(F,)),
)

depth_to_space = refute(
    "TensorFlow's depth_to_space orders the channels in the same way",
    enlarged,
    equals=by_blocks,
)

if __name__ == "__main__":
    shuffle_gradient.main()
