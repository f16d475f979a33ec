"""What is planted in the backward passes of convolutions, one table for each pass."""

from tests.support.passes import planted

# Where windows, or taps, never meet in one cell; and where they do not meet in a cell that is not padding.
APART = "(R == 1 or S >= I) and (T == 1 or S >= J)"
ROWS, COLUMNS = (
    f"max(sum(0 <= m + P - r * S < {overlay} for r in range({positions})) for m in range({size}))"
    for overlay, positions, size in ("IRH", "JTW")
)
# Where the filter is only met by its middle, for a stride of one.
MIDDLE = " and ".join(
    f"all(2 * (m + P - r) == {i} - 1 for m in range({h}) for r in range({n}) if 0 <= m + P - r < {i})"
    for i, n, h in ("IRH", "JTW")
)
ROW_BEHIND, COLUMN_INSIDE = (
    "any(r * S + i == H + P for r in range(R) for i in range(I))",
    "any(P <= c * S + j < P + W for c in range(T) for j in range(J))",
)
# Where the stride leaves no row over, or arrays that are too small are broadcast to what is right.
REACHED = "(({0} + 2 * P - {1}) % S == 0 or {1} == 1 or ({1} == 2 and ({0} + 2 * P - {1}) % S == 1))"
NONE_FURTHER = "(T == 1 and not any(P <= j + S * c < P + W for c in range(1, R) for j in range(J)))"
OFFSETS = "(m + P - i) // S {} for m in range(H) for i in range(I)"

LOOPS = [
    *planted(
        "loops:conv_backward_naive",
        ("db[f] += np.sum", "db[f] = np.sum", "db", "= in place of +=", "N == 1"),
        ("dw[f] += x_pad", "dw[f] = x_pad", "dw", "= in place of +=", "N * R * T == 1"),
        (
            "left : left + WW] += w[f]",
            "left : left + WW] = w[f]",
            "dx",
            "= in place of +=",
            f"K == 1 and {ROWS} * {COLUMNS} <= 1",
        ),
        ("i * stride, j * stride", "i * stride, j", "dx", "the stride is forgotten along one axis", "S == 1 or T == 1"),
        ("pad : pad + H, pad : pad + W", "pad:-pad, pad:-pad", "dx", "the padding is cut off as [p:-p]", "P > 0"),
        (
            "pad : pad + H, pad : pad + W",
            "pad : pad + H, pad : pad + H",
            "dx",
            "the height in place of the width",
            "H == W or (P == 0 and H > W)",
        ),
        ("pad : pad + H, pad : pad + W", ":H, :W", "dx", "the padding is cut off behind only", "P == 0"),
    ),
    *planted(
        "loops:conv_backward",
        ("dW[:, :, :, c] += a_slice", "dW[:, :, :, c] = a_slice", "dw", "= in place of +=", "N * R * T == 1"),
        ("horiz_start = w * stride", "horiz_start = h * stride", "dx", "the row in place of the column", "R * T == 1"),
        (
            "da_prev_pad[pad:-pad, pad:-pad, :]",
            "da_prev_pad[pad : pad + n_H_prev, pad : pad + n_H_prev, :]",
            "dx",
            "the height in place of the width",
            "P == 0 or H == W",
        ),
    ),
    *planted(
        "loops:conv1d_entry_by_entry",
        ("np.zeros(x.shape)", "np.empty(x.shape)", "dx", "an array that is not set to zero", "False"),
        ("dx[n, c, r * stride + i]", "dx[n, c, r + i]", "dx", "the stride is forgotten", "S == 1 or R == 1"),
        ("g * w[k, c, i]", "g * w[k, c, taps - 1 - i]", "dx", "the filter is flipped", "I == 1"),
        ("x[n, c, r * stride + i]\n", "x[n, c, r * stride + taps - 1 - i]\n", "dw", "the filter is flipped", "I == 1"),
    ),
    *planted(
        "loops:conv2d_inside_only",
        ("c * stride - padding", "c * padding - stride", "dx", "stride and padding are exchanged", "S == P"),
        ("row >= height", "row > height", "dx", "an offset of one", f"not {ROW_BEHIND} or not {COLUMN_INSIDE}"),
        ("row < 0 or ", "", "dx", "negative rows count from the end", "P == 0"),
    ),
    *planted(
        "loops:conv2d_tap_by_tap",
        ("p:-p, p:-p", "p:, p:", "dx", "the padding is cut off in front only", "P == 0"),
        (
            "j + (cols - 1) * stride",
            "j + (rows - 1) * stride",
            "dx",
            "the height in place of the width",
            f"R == T or (R > T > 1 and (W + 2 * P + S - 1) // S == T) or {NONE_FURTHER}",
        ),
        ("i + (rows - 1) * stride + 1, stride", "i + rows, 1", "dx", "the stride is forgotten", "S == 1 or R == 1"),
    ),
    *planted(
        "loops:conv2d_dilated_taps",
        ("dilation * i, dilation * j", "dilation * i, j", "dx", "the dilation is forgotten", "D == 1 or J == 1"),
        ("([0, 2, 3], [0, 2, 3]))", "([0, 2, 3], [0, 2, 3])) / len(x)", "dw", "divided by the batch size", "N == 1"),
        ("transpose(0, 3, 1, 2)", "transpose(0, 3, 2, 1)", "dx", "two axes are exchanged", "R * T == 1"),
        (".sum((0, 2, 3))", ".sum((2, 3)).mean(0)", "db", "divided by the batch size", "N == 1"),
    ),
    *planted(
        "loops:conv2d_two_groups",
        ("(k // per_group) * half", "(k % 2) * half", "dx", "the groups are interleaved", "K == 2"),
        ("at_s : at_s + kw] += ", "at_s : at_s + kw] = ", "dx", "= in place of +=", f"K == 2 and {APART}"),
    ),
    *planted(
        "loops:conv1d_gathered",
        (
            "if offset % stride == 0:",
            "if offset >= 0:",
            "dx",
            "the condition that S divides m + P - i is missing",
            f"all((m + P - i) % S == 0 or not 0 <= {OFFSETS.format('< R')})",
        ),
        (
            "if 0 <= r < positions",
            "if r < positions",
            "dx",
            "negative positions count from the end",
            f"all((m + P - i) % S or {OFFSETS.format('>= 0')})",
        ),
        ("m + padding - i", "m - padding + i", "dx", "the sign of an index"),
    ),
    *planted(
        "loops:conv2d_with_counters",
        ("out_x += 1", "out_x += stride", "dx", "a counter grows by the stride", "S == 1 or T == 1"),
        (
            "    out_y = 0\n    for y in range(0, inputs.shape[2] - kh + 1, stride):\n        out_x = 0\n",
            "    out_y, out_x = 0, 0\n    for y in range(0, inputs.shape[2] - kh + 1, stride):\n",
            "dx",
            "a counter is not reset",
            "R == 1",
        ),
        ("shape[3] - kw + 1, stride", "shape[3] - kw, stride", "dx", "the last window is missing", "(W - J) % S > 0"),
    ),
    *planted(
        "loops:conv2d_one_map",
        ("cols]).sum()", "cols]).mean()", "dw", "divided by the number of positions", "R * T == 1"),
        ("dy[r, c] * w", "dy[r, c] * w.T", "dx", "the filter is transposed", "I == 1 and J == 1"),
    ),
    *planted(
        "loops:conv2d_filters_in_turn",
        (
            "c * stride + w.shape[3]",
            "c * stride + w.shape[2]",
            "dx",
            "I in place of J",
            "I == J or (I > J and T == 1 and W == J)",
        ),
        ("db[k] += g\n", "db[k] += g / n\n", "db", "divided by the batch size", "N == 1"),
    ),
    *planted(
        "loops:conv2d_bias_in_loops",
        (
            "    for k in range(dy.shape[1]):\n        total = 0.0\n",
            "    total = 0.0\n    for k in range(dy.shape[1]):\n",
            "db",
            "an accumulator is not reset",
            "K == 1",
        ),
        ("total += ", "total = ", "db", "= in place of +=", "N == 1"),
    ),
    *planted(
        "loops:conv_nhwc_bias",
        (
            "np.sum(np.sum(np.sum(dZ, axis=0), axis=0), axis=0)",
            "np.sum(np.sum(np.sum(dZ, axis=1), axis=1), axis=1)",
            "db",
            "summed over the wrong axes",
            "N == 1 and K == 1",
        ),
    ),
]
MATRICES = [
    *planted(
        "im2col:conv_backward_by_indices",
        (
            "dcols.reshape(C * HH * WW, -1, N).transpose(2, 0, 1)",
            "dcols.reshape(N, C * HH * WW, -1)",
            "dx",
            "reshaped in the wrong order",
            "N == 1 or C * I * J * R * T == 1",
        ),
        (
            "np.add.at(dx_padded, (slice(None), k, i, j), dcols)",
            "dx_padded[:, k, i, j] += dcols",
            "dx",
            "cells that are met several times are counted once",
            f"{ROWS} * {COLUMNS} <= 1",
        ),
        ("transpose(1, 2, 3, 0)", "transpose(1, 0, 2, 3)", "dx", "two axes are exchanged", "N == 1 or R * T == 1"),
        ("axis=1)", "axis=0)", "db", "summed over the wrong axes", "K * N * R * T == 1"),
    ),
    *planted(
        "im2col:Convolution",
        ("self.dW.transpose(1, 0).reshape", "self.dW.reshape", "dw", "not transposed", "K == 1 or C * I * J == 1"),
        ("dout.transpose(0, 2, 3, 1).reshape", "dout.reshape", "dx", "not transposed", "K == 1 or R * T == 1"),
    ),
    *planted(
        "im2col:conv_backward_by_patches",
        ("at // S, at % S", "at // R, at % R", "dx", "the height in place of the width", "R == T"),
        (
            "dy.reshape(N, K, R * S).transpose(0, 2, 1).reshape(N * R * S, K)",
            "dy.reshape(N * R * S, K)",
            "dx",
            "reshaped in the wrong order",
            "K == 1 or R * T == 1",
        ),
    ),
    *planted(
        "im2col:conv1d_by_index_matrix",
        ("+ 1 : stride] += ", "+ 1 : stride] = ", "dx", "= in place of +=", "R == 1 or S >= I"),
        (".sum(axis=0).reshape(k", "[0].reshape(k", "dw", "not summed over the batch", "N == 1"),
    ),
    *planted(
        "im2col:conv_nhwc_rows",
        (
            "pad : pad + h_prev, pad : pad + w_prev",
            "pad : pad + w_prev, pad : pad + h_prev",
            "dx",
            "height and width are exchanged",
            "H == W",
        ),
        ("dW_col += rows", "dW_col = rows", "dw", "= in place of +=", "R * T == 1"),
    ),
    *planted(
        "im2col:pointwise_conv",
        ("axis=(0, 2))", "axis=(0, 1))", "db", "summed over the wrong axes", "K * R * T == 1"),
    ),
]
VIEWS = [
    *planted(
        "windows:conv2d_full_padding",
        ("w[:, :, ::-1, ::-1]", "w", "dx", "the filter is not flipped", MIDDLE),
        (
            "(I - 1, I - 1), (J - 1, J - 1)",
            "(J - 1, J - 1), (I - 1, I - 1)",
            "dx",
            "I and J are exchanged",
            "I == J",
        ),
        ("p : p + H, p : p + W", "p : H - p, p : W - p", "dx", "the padding is cut off twice", "P == 0"),
    ),
    *planted(
        "windows:conv2d_windows_with_stride",
        (
            "axis=(2, 3))[:, :, ::stride, ::stride]",
            "axis=(2, 3))[:, :, ::stride]",
            "dw",
            "the stride is forgotten along one axis",
            "S == 1 or W == J",
        ),
        ("dwindows[:, :, r, c] += ", "dwindows[:, :, r, c] = ", "dx", "= in place of +=", APART),
    ),
    *planted(
        "windows:conv_nhwc_strided",
        ("(sm, sh * stride, sw * stride,", "(sm, sh, sw,", "dw", "the stride is forgotten", "S == 1 or R * T == 1"),
        ("axes=([3], [3])", "axes=([3], [2])", "dx", "channels are exchanged", "K == 1 and C == 1"),
        ("sum(axis=(0, 1, 2))", "sum(axis=(0, 2, 3))", "db", "summed over the wrong axes", "R == 1 and K == 1"),
    ),
    *planted(
        "windows:conv1d_strided",
        ("step * dilation)", "step)", "dw", "the dilation is forgotten", "D == 1 or I == 1"),
    ),
    *planted(
        "windows:conv1d_windows",
        ("np.flip(w, axis=-1)", "np.flip(w, axis=0)", "dx", "the wrong axis is flipped", "K == 1 and I == 1"),
    ),
    *planted(
        "windows:conv2d_by_scipy",
        ("convolve2d", "correlate2d", "dx", "correlate in place of convolve", "I == 1 and J == 1"),
        ("dw[k, c] += ", "dw[k, c] = ", "dw", "= in place of +=", "N == 1"),
    ),
    *planted(
        "windows:Convolutional",
        ("* kernels_gradient", "* kernels_gradient / len(self.input)", "dw", "divided by the batch size", "N == 1"),
        ("input_gradient[n, j] += ", "input_gradient[n, j] = ", "dx", "= in place of +=", "K == 1"),
    ),
    *planted(
        "windows:conv3d_windows",
        ("w[:, :, ::-1, ::-1, ::-1]", "w[:, :, ::-1, ::-1]", "dx", "one axis is not flipped", "Q == 1"),
    ),
]
SPACED = [
    *planted(
        "dilated:conv2d_full_correlation",
        ("np.rot90(w, 2, axes=(2, 3))", "np.rot90(w, 2)", "dx", "the wrong axes are flipped"),
        (
            "H + 2 * padding - I + 1, W + 2 * padding - J + 1",
            "(dy.shape[2] - 1) * stride + 1, (dy.shape[3] - 1) * stride + 1",
            "dx",
            "rows that the stride does not reach are forgotten",
            f"{REACHED.format('H', 'I')} and {REACHED.format('W', 'J')}",
        ),
    ),
    *planted(
        "dilated:conv1d_inserted_zeros",
        ("size - 1 + rest", "size - 1", "dx", "rows that the stride does not reach are forgotten", "(H - I) % S == 0"),
        ("stride - 1)", "stride)", "dx", "one zero too many is inserted", "R == 1"),
    ),
    *planted(
        "dilated:conv2d_kron",
        ("corner[0, 0, 0, 0]", "corner[0, 0, -1, -1]", "dx", "an offset of S - 1", "S == 1"),
        (
            "np.kron(dy, corner)",
            "np.repeat(np.repeat(dy, stride, 2), stride, 3)",
            "dx",
            "repeated, not spaced",
            "S == 1 or (H == 1 and W == 1)",
        ),
    ),
    *planted(
        "dilated:conv2d_dilated_filters",
        (
            "every[:, :, ::dilation, ::dilation]",
            "every[:, :, :I, :J]",
            "dw",
            "the dilation is forgotten",
            "D == 1 or I * J == 1",
        ),
        ("np.flip(wide, (2, 3))", "np.flip(wide)", "dx", "too many axes are flipped", "K == 1 and C == 1"),
    ),
    *planted(
        "dilated:conv_nhwc_turned",
        ("np.rot90(W, 2)", "np.rot90(W)", "dx", "the filter is turned by a right angle", "I == 1 and J == 1"),
        ("g - 1 + w * stride", "f - 1 + w * stride", "dx", "I in place of J", "I == J"),
    ),
    *planted(
        "dilated:conv2d_one_map_turned",
        ("np.flipud(np.fliplr(w))", "np.flipud(w)", "dx", "one axis is not flipped", "J == 1"),
    ),
]
SCATTERED = [
    *planted(
        "scatter:conv1d_add_at",
        ("dilation * np.arange", "np.arange", "dx", "the dilation is forgotten"),
        (
            "padding : padding + x.shape[2]",
            "padding : x.shape[2] - padding",
            "dx",
            "the padding is cut off twice",
            "P == 0",
        ),
        (
            'np.add.at(dpadded, (slice(None), slice(None), rows), np.einsum("nkr,kci->ncri", dy, w))',
            'dpadded[:, :, rows] += np.einsum("nkr,kci->ncri", dy, w)',
            "dx",
            "cells that are met several times are counted once",
            "max(sum(m + P == r * S + D * i for r in range(R) for i in range(I)) for m in range(H)) <= 1",
        ),
    ),
    *planted(
        "scatter:conv2d_ix",
        ("dx[cells] += ", "dx[cells] = ", "dx", "= in place of +=", APART),
        ("+ stride * c", "+ c", "dx", "the stride is forgotten along one axis", "S == 1 or T == 1"),
    ),
    *planted(
        "scatter:conv2d_add_at_taps",
        ("np.arange(dy.shape[2])", "np.arange(dy.shape[3])", "dx", "the width in place of the height", "R == T"),
    ),
    *planted(
        "scatter:conv1d_two_groups",
        ("np.concatenate(dxs, axis=1)", "np.concatenate(dxs[::-1], axis=1)", "dx", "the groups are exchanged", "False"),
        (
            "np.concatenate(dws, axis=0)",
            "np.stack(dws, axis=1).reshape(w.shape)",
            "dw",
            "the groups are interleaved",
            "K == 2",
        ),
    ),
    *planted(
        "scatter:conv_transpose2d_windows",
        ('ncmo", views, w)', 'ncmo", views, w[:, :, ::-1, ::-1])', "dx", "the filter is flipped"),
        ("[:, :, ::stride, ::stride]", "", "dx", "the stride is forgotten", "S == 1 or (H == 1 and W == 1)"),
    ),
    *planted(
        "scatter:conv_transpose1d_loops",
        ("m * stride : m * stride", "m : m", "dx", "the stride is forgotten", "S == 1 or H == 1"),
        ("np.sum(piece * w[c])", "np.mean(piece * w[c])", "dx", "a mean in place of a sum", "K * I == 1"),
    ),
    *planted(
        "scatter:ConvTranspose2d",
        ("([1, 2, 3], [1, 2, 3])", "([1, 2, 3], [1, 3, 2])", "dx", "the filter is transposed", "I == 1"),
    ),
]
IN_FILTERS = [*LOOPS, *MATRICES, *VIEWS, *SPACED, *SCATTERED]
