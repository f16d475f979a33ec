"""All that is planted in the right passes: that in convolutions, and what is here."""

from tests.support.passes import planted
from tests.support.passes.wrong_filters import APART, IN_FILTERS

# Where each of the first cells of a map with a frame is in the same windows of three as the next one.
ALIKE = " and ".join(
    f"all([r for r in range({n}) if 0 <= m - S * r < 3] == [r for r in range({n}) if 0 <= m + 1 - S * r < 3]"
    f" for m in range({size}))"
    for n, size in ("RH", "TW")
)

STATES = [
    *planted(
        "classes:Conv2D",
        ("        if p == 0:\n            return d_x\n", "", "dx", "the padding is cut off as [p:-p]", "P > 0"),
        ("np.sum(d_out", "np.mean(d_out", "db", "a mean in place of a sum", "N * R * T == 1"),
    ),
    *planted(
        "classes:Conv1D",
        ('self.grads["W"] = ', 'self.grads["W"] = 2 * ', "dw", "doubled", "False"),
        ("start = r * self.stride", "start = r", "dx", "the stride is forgotten", "S == 1 or R == 1"),
    ),
]
OTHER_RANKS = [
    *planted(
        "higher_ranks:conv3d_loops",
        ("v * s + kw", "v * s + kh", "dx", "J in place of Q", "J == Q or (J > Q and O + 2 * P == Q)"),
        (
            "p : p + H, p : p + W",
            "p : p + W, p : p + H",
            "dx",
            "height and width are exchanged",
            "W == O",
        ),
    ),
    *planted(
        "higher_ranks:conv3d_taps",
        ("dilation * b, dilation * c", "dilation * b, c", "dx", "the dilation is forgotten", "D == 1 or Q == 1"),
    ),
    *planted(
        "higher_ranks:conv1d_by_convolve",
        (
            "np.convolve(dy[n, k], w[k, c])",
            "np.convolve(dy[n, k], w[k, c, ::-1])",
            "dx",
            "the filter is flipped",
            "I == 1",
        ),
    ),
    *planted(
        "higher_ranks:conv1d_last_channels",
        ("db += dy", "db = dy", "db", "= in place of +=", "R == 1"),
    ),
    *planted(
        "higher_ranks:conv_transpose3d_taps",
        ("b : b + stride * h : stride", "b : b + h", "dx", "the stride is forgotten", "S == 1 or W == 1"),
    ),
]
POOLINGS = [
    *planted(
        "classes:MaxPool2D",
        (
            "divmod(where[b, ch, i, j], self.pool_size)",
            "divmod(where[b, ch, i, j], out_w)",
            "dx",
            "the place of a maximum is divided by the wrong width",
            "I == 1 or I == T",
        ),
        ("+ across] += ", "+ across] = ", "dx", "= in place of +=", APART),
    ),
    *planted(
        "classes:AvgPool2D",
        ("/ (k * k)", "/ (k * s)", "dx", "divided by the stride", "S == I"),
    ),
    *planted(
        "poolings:max_pool_mask",
        ("mask * dout", "dout", "dx", "the gradient goes to all cells", "I == 1"),
        ("h * stride, w * stride", "h * stride, h * stride", "dx", "the row in place of the column", "R * T == 1"),
    ),
    *planted(
        "poolings:max_pool_argmax",
        (
            "np.unravel_index(np.argmax(block), block.shape)",
            "divmod(np.argmax(block), x.shape[3])",
            "dx",
            "the place of a maximum is divided by the width of the map",
            "I == 1 or W == I",
        ),
    ),
    *planted(
        "poolings:max_pool_blocks",
        ("(blocks == top) * ", "np.ones_like(blocks) * ", "dx", "the gradient goes to all cells", "I == 1"),
        ("axis=(3, 5), keepdims", "axis=3, keepdims", "dx", "the maximum is that of a column", "I == 1"),
    ),
    *planted(
        "poolings:max_pool1d_padded",
        (
            "np.full((x.shape[0], x.shape[1], padding), -np.inf)",
            "np.zeros((*x.shape[:2], padding))",
            "dx",
            "zeros as padding",
            "False",
        ),
        ("] > padded", "] >= padded", "dx", "the last of equal maxima, not the first", "H == 1"),
    ),
    *planted(
        "poolings:max_pool_flat_argmax",
        ("place // window", "place % window", "dx", "the row of a maximum is taken for its column", "I == 1"),
        ("::stride, ::stride", "::window, ::window", "dx", "the window in place of the stride"),
    ),
    *planted(
        "poolings:pool_backward",
        ("c] += mask *", "c] = mask *", "dx", "= in place of +=", APART),
    ),
    *planted(
        "poolings:average_pool_backward",
        ('mode="average"', 'mode="max"', "dx", "the maximum in place of the mean", "I == 1"),
    ),
    *planted(
        "poolings:avg_pool_repeated",
        ("np.zeros_like", "np.empty_like", "dx", "an array that is not set to zero", "H % I == 0 and W % I == 0"),
        ("window**2", "window", "dx", "divided by the wrong count", "I == 1"),
        (
            "np.repeat(np.repeat(dy, window, axis=2), window, axis=3)",
            "np.tile(dy, (1, 1, window, window))",
            "dx",
            "tiled, not repeated",
            "I == 1 or R * T == 1",
        ),
    ),
    *planted(
        "poolings:avg_pool_kron",
        (
            "(0, rest_h), (0, rest_w)",
            "(0, rest_w), (0, rest_h)",
            "dx",
            "height and width are exchanged",
            "H - I * R == W - I * T",
        ),
    ),
    *planted(
        "poolings:avg_pool_taps",
        ("stride] += share", "stride] = share", "dx", "= in place of +=", APART),
        ("dy / (window * window)", "dy", "dx", "a sum in place of a mean", "I == 1"),
    ),
    *planted(
        "poolings:avg_pool_framed",
        ("/ 9", "/ (3 * stride)", "dx", "divided by the stride", "S == 3"),
        ("1:-1, 1:-1", ":h, :w", "dx", "the padding is cut off behind only", ALIKE),
    ),
    *planted(
        "poolings:avg_pool1d_loops",
        ("r * stride + i", "r * window + i", "dx", "the window in place of the stride", "S == I or R == 1"),
    ),
    *planted(
        "poolings:upsample2d_blocks",
        (
            "h, factors, w, factors).sum(axis=(3, 5))",
            "factors, h, factors, w).sum(axis=(2, 4))",
            "dx",
            "reshaped in the wrong order",
            "F == 1 or (H == 1 and W == 1)",
        ),
        (".sum(", ".mean(", "dx", "a mean in place of a sum", "F == 1"),
    ),
    *planted(
        "poolings:upsample2d_slices",
        ("j::f", "i::f", "dx", "the row in place of the column", "F == 1"),
    ),
    *planted(
        "poolings:upsample1d_cells",
        ("m // factors", "m % x.shape[2]", "dx", "the remainder in place of the quotient", "F == 1 or H == 1"),
    ),
    *planted(
        "higher_ranks:max_pool3d_mask",
        ("axis=(2, 3, 4)", "axis=(2, 3)", "dx", "the maximum is that of a layer", "I == 1"),
    ),
    *planted(
        "higher_ranks:avg_pool3d_blocks",
        ("window**3", "window**2", "dx", "divided by the wrong count", "I == 1"),
    ),
    *planted(
        "higher_ranks:upsample3d_slices",
        ("for c in range(f)", "for c in range(1)", "dx", "some copies are not summed", "F == 1"),
    ),
]
DENSE = [
    *planted(
        "classes:FullyConnected",
        (
            "        input_error = np.dot(output_error, self.weights.T)\n"
            "        weights_error = np.dot(self.input.T, output_error)\n"
            "        self.weights -= learning_rate * weights_error\n",
            "        weights_error = np.dot(self.input.T, output_error)\n"
            "        self.weights -= learning_rate * weights_error\n"
            "        input_error = np.dot(output_error, self.weights.T)\n",
            "dx",
            "the weights after the step in place of those before",
            "False",
        ),
    ),
    *planted(
        "dense:affine_backward",
        ("np.sum(dout", "np.mean(dout", "db", "divided by the batch size", "N == 1"),
        ("dout.dot(w.T)", "-dout.dot(w.T)", "dx", "negated", "False"),
    ),
    *planted(
        "dense:linear_backward_columns",
        ("axis=1, keepdims=True)", "axis=0, keepdims=True).T", "db", "summed over the wrong axes", "N == 1 and K == 1"),
        ("A_prev.T)", "A_prev.T) / A_prev.shape[0]", "dw", "divided by the wrong count", "C == 1"),
    ),
    *planted(
        "dense:linear_in_loops",
        ("dw[o, i] += ", "dw[o, i] = ", "dw", "= in place of +=", "N == 1"),
        (
            "        for o in range(outputs):\n",
            "        dx[n] = 0\n        db[:] = 0\n        for o in range(outputs):\n",
            "db",
            "an accumulator is reset inside",
            "N == 1",
        ),
    ),
    *planted(
        "dense:linear_by_outer",
        ("np.outer(g, v)", "np.outer(v, g)", "dw", "transposed", "K == 1 and C == 1"),
    ),
    *planted(
        "dense:linear_einsum",
        ("bo,io->bi", "bo,oi->bi", "dx", "not transposed", "K == 1 and C == 1"),
    ),
]
NORMALISATION = [
    *planted(
        "normalisation:batchnorm_backward",
        ("dx2 = 1.0 / N * np.ones", "dx2 = np.ones", "dx", "a sum in place of a mean", "N == 1"),
        ("dvar = 0.5 * 1.0", "dvar = 1.0", "dx", "doubled in a term", "N == 1"),
        (
            "np.sum(dout * xhat, axis=0)",
            "np.sum(dout * xmu, axis=0)",
            "dgamma",
            "one tensor in place of another",
            "N == 1",
        ),
    ),
    *planted(
        "normalisation:batchnorm_backward_short",
        ("n * dout - dbeta - x_hat * dgamma", "n * dout - dbeta", "dx", "a summand is missing", "N == 1"),
        ("gamma / (n * std)", "gamma / std", "dx", "a sum in place of a mean", "N == 1"),
    ),
    *planted(
        "normalisation:batchnorm_backward_means",
        ("(g * x_hat).mean(0)", "(g * x_hat).sum(0)", "dx", "a sum in place of a mean", "N == 1"),
    ),
    *planted(
        "normalisation:spatial_backward",
        (
            "flat_dx.reshape(N, H, W, C).transpose(0, 3, 1, 2)",
            "flat_dx.reshape(N, C, H, W)",
            "dx",
            "reshaped in the wrong order",
            "C == 1 or H * W == 1",
        ),
    ),
    *planted(
        "normalisation:spatial_backward_direct",
        (" * x.shape[2] * x.shape[3]", "", "dx", "divided by the wrong count", "H * W == 1"),
    ),
    *planted(
        "normalisation:maps_last_backward",
        ("dvar * 2 * (x - mean) / m", "dvar * (x - mean) / m", "dx", "halved in a term", "N * H * W == 1"),
        ("* -0.5", "* 0.5", "dx", "the sign of a term", "N * H * W == 1"),
    ),
]
WRONG = [*IN_FILTERS, *STATES, *OTHER_RANKS, *POOLINGS, *DENSE, *NORMALISATION]
