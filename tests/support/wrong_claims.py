"""Wrong claims as they stand in posts, notes, course code and papers, each with when it holds and what is wrong.

Conditions and mistakes were written down on paper, and the conditions compared with NumPy at all sizes in `sizes`,
before any of the claims was decided.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class WrongClaim:
    """A wrong claim after its declarations, the right one, and what somebody would say of it.

    It is true just where `holds`, among the sizes in its `domain`; `condition` and `mistake` say so in words.
    """

    setup: str
    wrong: str
    right: str
    condition: str
    holds: Callable[[Mapping[str, int]], bool]
    domain: Callable[[Mapping[str, int]], bool]
    mistake: str
    about: str
    sizes: Mapping[str, int]


SD = """x = tensor(B, C, M)
w = tensor(K, C, I)
z = conv(x, w, stride=S, dilation=D)
dz = cotangent(z)"""
SDB = """x = tensor(B, C, M)
w = tensor(K, C, I)
b = tensor(K)
σ = function()
z = conv(x, w, b, stride=S, dilation=D)
a = σ(z)
da = cotangent(a)"""
SD2 = """x = tensor(B, C, M, N)
w = tensor(K, C, I, J)
b = tensor(K)
z = conv(x, w, b, stride=S, dilation=D)
dz = cotangent(z)"""
ONE = """x = tensor(B, C, M)
w = tensor(K, C, I)
z = conv(x, w)
dz = cotangent(z)"""
PAD = """(P,) = widths("P")
x = tensor(B, C, M)
w = tensor(K, C, I)
z = conv(x, w, padding=P)
dz = cotangent(z)"""
TR = """x = tensor(B, C, M)
w = tensor(C, K, I)
y = conv_transpose(x, w, stride=S, dilation=D)
dy = cotangent(y)"""
GR = """x = tensor(B, G, C, M)
w = tensor(G, K, C, I)
z = conv(x, w, stride=S, dilation=D, group_axis=True)
dz = cotangent(z)"""

# How far the sizes are tried: a number n is 1 to n, and P from 0 on.
RSD = {"B": 2, "C": 2, "K": 2, "M": 6, "I": 4, "S": 4, "D": 4}
RSD2 = {"B": 2, "C": 1, "K": 1, "M": 4, "N": 4, "I": 3, "J": 3, "S": 3, "D": 3}
RTR = {"B": 2, "C": 2, "K": 2, "M": 4, "I": 4, "S": 4, "D": 4}
RGR = {"B": 2, "G": 2, "C": 2, "K": 2, "M": 5, "I": 3, "S": 4, "D": 4}


# At which sizes a claim is about anything.
def fits(v):
    """Without padding, the overlay fits along every axis there is."""
    d = v.get("D", 1)
    return v["M"] >= d * (v["I"] - 1) + 1 and ("N" not in v or "J" not in v or v["N"] >= d * (v["J"] - 1) + 1)


def fits_padded(v):
    return v["M"] + 2 * v["P"] >= v.get("D", 1) * (v["I"] - 1) + 1


def always(v):
    return True


def left(v):
    """What the stride leaves over."""
    return (v["M"] - v["D"] * (v["I"] - 1) - 1) % v["S"]


WRONG_CLAIMS: dict[str, WrongClaim] = {}


def add(called, setup, wrong, right, condition, holds, domain, mistake, about, sizes):
    WRONG_CLAIMS[called] = WrongClaim(setup, wrong, right, condition, holds, domain, mistake, about, sizes)


# About entries

add(
    "forward_exchanged",
    SD,
    "claim(z[n, k, r] == sum(x[n, c, D * r + S * u] * w[k, c, u], over=(c, u)))",
    "claim(z[n, k, r] == sum(x[n, c, S * r + D * u] * w[k, c, u], over=(c, u)))",
    "S = D, or I = 1 and M ≤ S",
    lambda v: v["S"] == v["D"] or (v["I"] == 1 and v["M"] <= v["S"]),
    fits,
    "stride and dilation are exchanged",
    "entries",
    RSD,
)
add(
    "forward_2d_no_stride",
    SD2.replace("w, b,", "w,").replace("b = tensor(K)\n", ""),
    "claim(z[n, k, r, q] == sum(x[n, c, r + D * u, q + D * v] * w[k, c, u, v], over=(c, u, v)))",
    "claim(z[n, k, r, q] == sum(x[n, c, S * r + D * u, S * q + D * v] * w[k, c, u, v], over=(c, u, v)))",
    "S = 1, or M ≤ S + D(I − 1) and N ≤ S + D(J − 1)",
    lambda v: v["S"] == 1 or (v["M"] <= v["S"] + v["D"] * (v["I"] - 1) and v["N"] <= v["S"] + v["D"] * (v["J"] - 1)),
    fits,
    "the stride is missing in the index of x, along both axes",
    "entries",
    RSD2,
)
add(
    "forward_padding_sign",
    PAD,
    "claim(z[n, k, r] == sum(x[n, c, r + u + P] * w[k, c, u], over=(c, u)))",
    "claim(z[n, k, r] == sum(x[n, c, r + u - P] * w[k, c, u], over=(c, u)))",
    "P = 0",
    lambda v: v["P"] == 0,
    fits_padded,
    "the sign of the padding is wrong",
    "entries",
    {"B": 2, "C": 2, "K": 2, "M": 5, "I": 5, "P": 4},
)
add(
    "forward_flipped",
    SD,
    "claim(z[n, k, r] == sum(x[n, c, S * r + D * (I - 1 - u)] * w[k, c, u], over=(c, u)))",
    "claim(z[n, k, r] == sum(x[n, c, S * r + D * u] * w[k, c, u], over=(c, u)))",
    "I = 1",
    lambda v: v["I"] == 1,
    fits,
    "the filter is flipped (a convolution proper instead of the layer's correlation)",
    "entries",
    RSD,
)
add(
    "forward_2d_rows_columns",
    """x = tensor(B, C, M, N)
w = tensor(K, C, I, J)
z = conv(x, w)""",
    "claim(z[n, k, r, q] == sum(x[n, c, r + u, q + v] * w[k, c, v, u], over=(c, u, v)))",
    "claim(z[n, k, r, q] == sum(x[n, c, r + u, q + v] * w[k, c, u, v], over=(c, u, v)))",
    "I = J = 1",
    lambda v: v["I"] == v["J"] == 1,
    fits,
    "the spatial axes of w are exchanged (the filter is transposed)",
    "entries",
    {"B": 1, "C": 2, "K": 2, "M": 4, "N": 4, "I": 3, "J": 3},
)
add(
    "weights_batch",
    SD,
    "claim(gradient(z, wrt=w)[k, c, u] == sum(dz[0, k, r] * x[0, c, S * r + D * u], over=r))",
    "claim(gradient(z, wrt=w)[k, c, u] == sum(dz[n, k, r] * x[n, c, S * r + D * u], over=(n, r)))",
    "B = 1",
    lambda v: v["B"] == 1,
    fits,
    "not summed over the batch",
    "entries",
    dict(RSD, B=3),
)
add(
    "weights_no_dilation",
    SD,
    "claim(gradient(z, wrt=w)[k, c, u] == sum(dz[n, k, r] * x[n, c, S * r + u], over=(n, r)))",
    "claim(gradient(z, wrt=w)[k, c, u] == sum(dz[n, k, r] * x[n, c, S * r + D * u], over=(n, r)))",
    "D = 1 or I = 1",
    lambda v: v["D"] == 1 or v["I"] == 1,
    fits,
    "the dilation is missing in the index of x",
    "entries",
    RSD,
)
add(
    "weights_2d_no_stride_in_columns",
    SD2,
    "claim(gradient(z, wrt=w)[k, c, u, v] == sum(dz[n, k, r, q] * x[n, c, S * r + D * u, q + D * v], over=(n, r, q)))",
    "claim(gradient(z, wrt=w)[k, c, u, v] == "
    "sum(dz[n, k, r, q] * x[n, c, S * r + D * u, S * q + D * v], over=(n, r, q)))",
    "S = 1 or N ≤ S + D(J − 1)",
    lambda v: v["S"] == 1 or v["N"] <= v["S"] + v["D"] * (v["J"] - 1),
    fits,
    "the stride is missing in the column index of x",
    "entries",
    RSD2,
)
add(
    "weights_channels_exchanged",
    SD,
    "claim(gradient(z, wrt=w)[k, c, u] == sum(dz[n, c, r] * x[n, k, S * r + D * u], over=(n, r)))",
    "claim(gradient(z, wrt=w)[k, c, u] == sum(dz[n, k, r] * x[n, c, S * r + D * u], over=(n, r)))",
    "K = C = 1",
    lambda v: v["K"] == v["C"] == 1,
    fits,
    "input and output channels are exchanged",
    "entries",
    dict(RSD, C=3, K=3, M=4, I=2, S=2, D=2),
)
add(
    "input_sign_of_offset",
    """x = tensor(B, C, M)
w = tensor(K, C, I)
z = conv(x, w, dilation=D)
dz = cotangent(z)""",
    "claim(gradient(z, wrt=x)[n, c, m] == sum(dz[n, k, m + D * u] * w[k, c, u], over=(k, u)))",
    "claim(gradient(z, wrt=x)[n, c, m] == sum(dz[n, k, m - D * u] * w[k, c, u], over=(k, u)))",
    "I = 1",
    lambda v: v["I"] == 1,
    fits,
    "the filter is not flipped (the sign of the offset in the index of dz)",
    "entries",
    {"B": 2, "C": 2, "K": 2, "M": 7, "I": 4, "D": 4},
)
add(
    "input_padding_sign",
    PAD,
    "claim(gradient(z, wrt=x)[n, c, m] == sum(dz[n, k, m - P - u] * w[k, c, u], over=(k, u)))",
    "claim(gradient(z, wrt=x)[n, c, m] == sum(dz[n, k, m + P - u] * w[k, c, u], over=(k, u)))",
    "P = 0",
    lambda v: v["P"] == 0,
    fits_padded,
    "the sign of the padding is wrong",
    "entries",
    {"B": 2, "C": 2, "K": 2, "M": 5, "I": 5, "P": 4},
)
add(
    "input_no_stride",
    """x = tensor(B, C, M)
w = tensor(K, C, I)
z = conv(x, w, stride=S)
dz = cotangent(z)""",
    "claim(gradient(z, wrt=x)[n, c, m] == sum(dz[n, k, r] * w[k, c, m - r], over=(k, r)))",
    "claim(gradient(z, wrt=x)[n, c, m] == sum(dz[n, k, r] * w[k, c, m - S * r], over=(k, r)))",
    "S = 1 or M < I + S",
    lambda v: v["S"] == 1 or v["M"] < v["I"] + v["S"],
    fits,
    "the stride is missing in the index of w",
    "entries",
    {"B": 2, "C": 2, "K": 2, "M": 7, "I": 5, "S": 4},
)
add(
    "input_no_remainder",
    SD,
    "claim(gradient(z, wrt=x)[n, c, m] == sum(dz[n, k, (m - D * u) // S] * w[k, c, u], over=(k, u)))",
    "claim(gradient(z, wrt=x)[n, c, m] == "
    "sum(dz[n, k, (m - D * u) // S] * w[k, c, u] * Iverson((m - D * u) % S == 0), over=(k, u)))",
    "S = 1 or M = 1",
    lambda v: v["S"] == 1 or v["M"] == 1,
    fits,
    "the condition that the stride divides m − D·u is missing",
    "entries",
    RSD,
)
add(
    "input_exchanged",
    SD,
    "claim(gradient(z, wrt=x)[n, c, m] == sum(dz[n, k, r] * w[k, c, u] * Iverson(D * r + S * u == m), over=(k, r, u)))",
    "claim(gradient(z, wrt=x)[n, c, m] == sum(dz[n, k, r] * w[k, c, u] * Iverson(S * r + D * u == m), over=(k, r, u)))",
    "S = D, or I = 1 and M ≤ S",
    lambda v: v["S"] == v["D"] or (v["I"] == 1 and v["M"] <= v["S"]),
    fits,
    "stride and dilation are exchanged",
    "entries",
    RSD,
)
add(
    "bias_2d_first_column",
    SD2,
    "claim(gradient(z, wrt=b)[k] == sum(dz[n, k, r, 0], over=(n, r)))",
    "claim(gradient(z, wrt=b)[k] == sum(dz[n, k, r, q], over=(n, r, q)))",
    "N ≤ S + D(J − 1), so that there is one column of positions",
    lambda v: v["N"] <= v["S"] + v["D"] * (v["J"] - 1),
    fits,
    "not summed over the columns",
    "entries",
    RSD2,
)
add(
    "transposed_forward_no_stride",
    TR,
    "claim(y[n, k, m] == sum(x[n, c, r] * w[c, k, u] * Iverson(r + D * u == m), over=(c, r, u)))",
    "claim(y[n, k, m] == sum(x[n, c, r] * w[c, k, u] * Iverson(S * r + D * u == m), over=(c, r, u)))",
    "S = 1 or M = 1",
    lambda v: v["S"] == 1 or v["M"] == 1,
    always,
    "the stride is missing in the index",
    "entries",
    RTR,
)
add(
    "transposed_input_exchanged",
    TR,
    "claim(gradient(y, wrt=x)[n, c, r] == sum(dy[n, k, D * r + S * u] * w[c, k, u], over=(k, u)))",
    "claim(gradient(y, wrt=x)[n, c, r] == sum(dy[n, k, S * r + D * u] * w[c, k, u], over=(k, u)))",
    "S = D or M = I = 1",
    lambda v: v["S"] == v["D"] or v["M"] == v["I"] == 1,
    always,
    "stride and dilation are exchanged",
    "entries",
    RTR,
)
add(
    "transposed_weights_two_slips",
    TR,
    "claim(gradient(y, wrt=w)[c, k, u] == sum(x[0, c, r] * dy[0, k, r + D * u], over=r))",
    "claim(gradient(y, wrt=w)[c, k, u] == sum(x[n, c, r] * dy[n, k, S * r + D * u], over=(n, r)))",
    "B = 1, and S = 1 or M = 1",
    lambda v: v["B"] == 1 and (v["S"] == 1 or v["M"] == 1),
    always,
    "not summed over the batch, and the stride is missing in the index of dy",
    "entries",
    RTR,
)
add(
    "grouped_forward_one_filter",
    GR,
    "claim(z[n, g, k, r] == sum(x[n, g, c, S * r + D * u] * w[0, k, c, u], over=(c, u)))",
    "claim(z[n, g, k, r] == sum(x[n, g, c, S * r + D * u] * w[g, k, c, u], over=(c, u)))",
    "G = 1",
    lambda v: v["G"] == 1,
    fits,
    "the group is missing in the index of w (all groups share the first one's filter)",
    "entries",
    RGR,
)
add(
    "grouped_weights_no_stride",
    GR,
    "claim(gradient(z, wrt=w)[g, k, c, u] == sum(dz[n, g, k, r] * x[n, g, c, r + D * u], over=(n, r)))",
    "claim(gradient(z, wrt=w)[g, k, c, u] == sum(dz[n, g, k, r] * x[n, g, c, S * r + D * u], over=(n, r)))",
    "S = 1 or M ≤ S + D(I − 1)",
    lambda v: v["S"] == 1 or v["M"] <= v["S"] + v["D"] * (v["I"] - 1),
    fits,
    "the stride is missing in the index of x",
    "entries",
    RGR,
)
add(
    "upsampling_tiled",
    """x = tensor(B, C, M)
y = upsample_nearest(x, factors=(R,))""",
    "claim(y[n, c, m] == x[n, c, m % M])",
    "claim(y[n, c, m] == x[n, c, m // R])",
    "R = 1 or M = 1",
    lambda v: v["R"] == 1 or v["M"] == 1,
    always,
    "the whole input is repeated instead of each entry (tile instead of repeat)",
    "entries",
    {"B": 2, "C": 2, "M": 5, "R": 5},
)
add(
    "pixel_shuffle_channel_order",
    """x = tensor(B, C * R * R, M, N)
y = pixel_shuffle(x, factors=(R, R))""",
    "claim(y[n, c, m, o] == x[n, C * (R * (m % R) + o % R) + c, m // R, o // R])",
    "claim(y[n, c, m, o] == x[n, R * R * c + R * (m % R) + o % R, m // R, o // R])",
    "C = 1 or R = 1",
    lambda v: v["C"] == 1 or v["R"] == 1,
    always,
    "the order of the channels is exchanged (depth-to-space instead of pixel shuffle)",
    "entries",
    {"B": 1, "C": 3, "M": 3, "N": 3, "R": 3},
)

# About operations

add(
    "correlate_2d_not_flipped",
    """x = tensor(M, N)
w = tensor(I, J)
z = correlate(x, w)
dz = cotangent(z)""",
    'claim(gradient(z, wrt=x) == correlate(dz, w, mode="full"))',
    'claim(gradient(z, wrt=x) == convolve(dz, w, mode="full"))',
    "I = J = 1",
    lambda v: v["I"] == v["J"] == 1,
    fits,
    "the filter is not flipped",
    "operations",
    {"M": 5, "N": 5, "I": 5, "J": 5},
)
add(
    "correlate_2d_dz_flipped",
    """x = tensor(M, N)
w = tensor(I, J)
z = correlate(x, w)
dz = cotangent(z)""",
    'claim(gradient(z, wrt=w) == convolve(x, dz, mode="valid"))',
    'claim(gradient(z, wrt=w) == correlate(x, dz, mode="valid"))',
    "M = I and N = J",
    lambda v: v["M"] == v["I"] and v["N"] == v["J"],
    fits,
    "dz is flipped",
    "operations",
    {"M": 5, "N": 5, "I": 5, "J": 5},
)
add(
    "convolve_flipped_twice",
    """x = tensor(M)
w = tensor(I)
z = convolve(x, w, mode="valid")
dz = cotangent(z)""",
    'claim(gradient(z, wrt=x) == convolve(dz, w, mode="full"))',
    'claim(gradient(z, wrt=x) == correlate(dz, w, mode="full"))',
    "I = 1",
    lambda v: v["I"] == 1,
    fits,
    "the filter is flipped although the layer is a convolution proper",
    "operations",
    {"M": 7, "I": 7},
)
add(
    "convolve_weights_x_not_rotated",
    """x = tensor(M)
w = tensor(I)
z = convolve(x, w, mode="valid")
dz = cotangent(z)""",
    "claim(gradient(z, wrt=w) == correlate(x, rot180(dz)))",
    "claim(gradient(z, wrt=w) == correlate(rot180(x), rot180(dz)))",
    "M = 1",
    lambda v: v["M"] == 1,
    fits,
    "x is not flipped",
    "operations",
    {"M": 7, "I": 7},
)
add(
    "input_conv_transpose_no_dilation",
    SD,
    "claim(gradient(z, wrt=x) == conv_transpose(dz, w, stride=S), assuming=[(M - D * (I - 1) - 1) % S == 0])",
    "claim(gradient(z, wrt=x) == conv_transpose(dz, w, stride=S, dilation=D), "
    "assuming=[(M - D * (I - 1) - 1) % S == 0])",
    "D = 1 or I = 1 (where S divides M − D(I − 1) − 1)",
    lambda v: v["D"] == 1 or v["I"] == 1,
    lambda v: fits(v) and left(v) == 0,
    "the dilation is missing",
    "operations",
    RSD,
)
add(
    "input_rotated_over_channels",
    ONE,
    "claim(gradient(z, wrt=x) == conv(dz, flip(transpose(w, axes=(1, 0, 2)), axes=(0, 1, 2)), padding=I - 1))",
    "claim(gradient(z, wrt=x) == conv(dz, flip(transpose(w, axes=(1, 0, 2)), axes=(2,)), padding=I - 1))",
    "K = C = 1",
    lambda v: v["K"] == v["C"] == 1,
    fits,
    "the filter is flipped along the channels too",
    "operations",
    {"B": 2, "C": 3, "K": 3, "M": 5, "I": 5},
)
add(
    "weights_not_transposed_back",
    ONE,
    "claim(gradient(z, wrt=w) == conv(transpose(x, axes=(1, 0, 2)), transpose(dz, axes=(1, 0, 2))))",
    "claim(gradient(z, wrt=w) == "
    "transpose(conv(transpose(x, axes=(1, 0, 2)), transpose(dz, axes=(1, 0, 2))), axes=(1, 0, 2)))",
    "K = C = 1",
    lambda v: v["K"] == v["C"] == 1,
    fits,
    "the channel axes of the result are not exchanged back",
    "operations",
    {"B": 2, "C": 3, "K": 3, "M": 5, "I": 5},
)
add(
    "weights_as_conv_exchanged",
    SD,
    "claim(gradient(z, wrt=w) == transpose(conv(transpose(x, axes=(1, 0, 2)), transpose(dz, axes=(1, 0, 2)), "
    "stride=S, dilation=D), axes=(1, 0, 2)), assuming=[(M - D * (I - 1) - 1) % S == 0])",
    "claim(gradient(z, wrt=w) == transpose(conv(transpose(x, axes=(1, 0, 2)), transpose(dz, axes=(1, 0, 2)), "
    "stride=D, dilation=S), axes=(1, 0, 2)), assuming=[(M - D * (I - 1) - 1) % S == 0])",
    "S = D or M = 1 (where S divides M − D(I − 1) − 1)",
    lambda v: v["S"] == v["D"] or v["M"] == 1,
    lambda v: fits(v) and left(v) == 0,
    "stride and dilation do not change places",
    "operations",
    dict(RSD, M=8),
)
add(
    "transposed_input_no_stride",
    TR,
    "claim(gradient(y, wrt=x) == conv(dy, w, dilation=D))",
    "claim(gradient(y, wrt=x) == conv(dy, w, stride=S, dilation=D))",
    "S = 1 or M = 1",
    lambda v: v["S"] == 1 or v["M"] == 1,
    always,
    "the stride is missing",
    "operations",
    RTR,
)
add(
    "bias_divided_by_batch",
    """x = tensor(B, C, M)
w = tensor(K, C, I)
b = tensor(K)
z = conv(x, w, b, stride=S, dilation=D)
dz = cotangent(z)""",
    "claim(gradient(z, wrt=b) == sum_axes(dz, axes=(0, 2)) / B)",
    "claim(gradient(z, wrt=b) == sum_axes(dz, axes=(0, 2)))",
    "B = 1",
    lambda v: v["B"] == 1,
    fits,
    "divided by the batch size",
    "operations",
    dict(RSD, B=3),
)
add(
    "bias_wrong_axes",
    """x = tensor(B, C, M)
w = tensor(K, C, I)
b = tensor(K)
z = conv(x, w, b)
dz = cotangent(z)""",
    "claim(gradient(z, wrt=b) == sum_axes(dz, axes=(0, 1)))",
    "claim(gradient(z, wrt=b) == sum_axes(dz, axes=(0, 2)))",
    "K = 1 and M = I",
    lambda v: v["K"] == 1 and v["M"] == v["I"],
    fits,
    "summed over the channels instead of the positions",
    "operations",
    {"B": 2, "C": 2, "K": 4, "M": 5, "I": 5},
)
add(
    "two_layers_as_one",
    """x = tensor(M)
w = tensor(I)
q = tensor(J)
z = correlate(x, w)""",
    'claim(correlate(z, q) == correlate(x, correlate(w, q, mode="full")))',
    'claim(correlate(z, q) == correlate(x, convolve(w, q, mode="full")))',
    "J = 1",
    lambda v: v["J"] == 1,
    lambda v: v["M"] >= v["I"] + v["J"] - 1,
    "the second filter is flipped (correlation is not associative)",
    "operations",
    {"M": 9, "I": 5, "J": 5},
)

# About sizes

add(
    "size_ceiling",
    SD,
    "claim(shape(z) == (B, K, ceiling((M - D * (I - 1) - 1) / S) + 1))",
    "claim(shape(z) == (B, K, (M - D * (I - 1) - 1) // S + 1))",
    "S divides M − D(I − 1) − 1",
    lambda v: (v["M"] - v["D"] * (v["I"] - 1) - 1) % v["S"] == 0,
    fits,
    "rounded up instead of down",
    "sizes",
    {"B": 1, "C": 1, "K": 1, "M": 16, "I": 5, "S": 5, "D": 5},
)
add(
    "size_minus_one_missing",
    """(P,) = widths("P")
x = tensor(B, C, M)
w = tensor(K, C, I)
z = conv(x, w, stride=S, padding=P, dilation=D)""",
    "claim(shape(z) == (B, K, (M + 2 * P - D * (I - 1)) // S + 1))",
    "claim(shape(z) == (B, K, (M + 2 * P - D * (I - 1) - 1) // S + 1))",
    "S does not divide M + 2P − D(I − 1)",
    lambda v: (v["M"] + 2 * v["P"] - v["D"] * (v["I"] - 1)) % v["S"] != 0,
    fits_padded,
    "off by one: the −1 under the floor is missing",
    "sizes",
    {"B": 1, "C": 1, "K": 1, "M": 12, "I": 5, "S": 5, "D": 5, "P": 4},
)
add(
    "size_padding_once",
    """(P,) = widths("P")
x = tensor(B, C, M)
w = tensor(K, C, I)
z = conv(x, w, stride=2, padding=P)""",
    "claim(shape(z) == (B, K, (M + P - I) // 2 + 1))",
    "claim(shape(z) == (B, K, (M + 2 * P - I) // 2 + 1))",
    "P = 0, or P = 1 and M − I is odd",
    lambda v: v["P"] == 0 or (v["P"] == 1 and (v["M"] - v["I"]) % 2 == 1),
    fits_padded,
    "padding counted once",
    "sizes",
    {"B": 1, "C": 1, "K": 1, "M": 16, "I": 12, "P": 6},
)
add(
    "size_transposed_strided_once_more",
    TR,
    "claim(shape(y) == (B, K, S * M + D * (I - 1)))",
    "claim(shape(y) == (B, K, S * (M - 1) + D * (I - 1) + 1))",
    "S = 1",
    lambda v: v["S"] == 1,
    always,
    "M strides instead of the M − 1 between M entries",
    "sizes",
    {"B": 1, "C": 1, "K": 1, "M": 8, "I": 6, "S": 5, "D": 5},
)
add(
    "size_transposed_two_slips",
    """(P,) = widths("P")
x = tensor(B, C, M)
w = tensor(C, K, I)
y = conv_transpose(x, w, stride=S, padding=P, dilation=D)""",
    "claim(shape(y) == (B, K, S * (M - 1) + I - P))",
    "claim(shape(y) == (B, K, S * (M - 1) + D * (I - 1) + 1 - 2 * P))",
    "P = (D − 1)(I − 1)",
    lambda v: v["P"] == (v["D"] - 1) * (v["I"] - 1),
    lambda v: v["S"] * (v["M"] - 1) + v["D"] * (v["I"] - 1) + 1 - 2 * v["P"] >= 1,
    "padding counted once, and the dilation is missing",
    "sizes",
    {"B": 1, "C": 1, "K": 1, "M": 8, "I": 5, "S": 4, "D": 5, "P": 16},
)
add(
    "size_same_floor",
    """x = tensor(B, C, M)
w = tensor(K, C, I)
z = conv(x, w, stride=S, padding="same")""",
    "claim(shape(z) == (B, K, M // S))",
    "claim(shape(z) == (B, K, ceiling(M / S)))",
    "S divides M",
    lambda v: v["M"] % v["S"] == 0,
    always,
    "rounded down instead of up",
    "sizes",
    {"B": 1, "C": 1, "K": 1, "M": 16, "I": 5, "S": 7},
)
add(
    "size_max_pool_stride_one",
    """pool = MaxPool((B, C, M), R)
a = pool.a""",
    "claim(shape(a) == (B, C, M - R + 1))",
    "claim(shape(a) == (B, C, (M - R) // R + 1))",
    "R = 1 or M = R",
    lambda v: v["R"] == 1 or v["M"] == v["R"],
    lambda v: v["M"] >= v["R"],
    "the stride of the pooling is missing",
    "sizes",
    {"B": 1, "C": 1, "M": 16, "R": 9},
)
add(
    "size_2d_height_for_width",
    """x = tensor(B, C, M, N)
w = tensor(K, C, I, J)
z = conv(x, w, dilation=D)""",
    "claim(shape(z) == (B, K, M - D * (I - 1), N - D * (I - 1)))",
    "claim(shape(z) == (B, K, M - D * (I - 1), N - D * (J - 1)))",
    "I = J",
    lambda v: v["I"] == v["J"],
    fits,
    "the filter's height is taken for its width",
    "sizes",
    {"B": 1, "C": 1, "K": 1, "M": 8, "N": 8, "I": 5, "J": 5, "D": 3},
)
add(
    "size_plus_one_under_the_floor",
    """x = tensor(B, C, M)
w = tensor(K, C, I)
z = conv(x, w, stride=S)""",
    "claim(shape(z) == (B, K, (M - I + 1) // S))",
    "claim(shape(z) == (B, K, (M - I) // S + 1))",
    "S divides M − I + 1",
    lambda v: (v["M"] - v["I"] + 1) % v["S"] == 0,
    fits,
    "the + 1 is under the floor",
    "sizes",
    {"B": 1, "C": 1, "K": 1, "M": 14, "I": 8, "S": 7},
)
add(
    "size_half_padding_keeps",
    """x = tensor(B, C, M)
w = tensor(K, C, I)
z = conv(x, w, padding=I // 2)""",
    "claim(shape(z) == (B, K, M))",
    "claim(shape(z) == (B, K, M + 2 * (I // 2) - I + 1))",
    "I is odd",
    lambda v: v["I"] % 2 == 1,
    always,
    "the overlay is taken to be odd: off by one where it is even",
    "sizes",
    {"B": 1, "C": 1, "K": 1, "M": 8, "I": 9},
)
add(
    "size_plus_one_missing",
    SD2.replace("w, b,", "w,").replace("b = tensor(K)\n", ""),
    "claim(shape(z) == (B, K, (M - D * (I - 1) - 1) // S, (N - D * (J - 1) - 1) // S))",
    "claim(shape(z) == (B, K, (M - D * (I - 1) - 1) // S + 1, (N - D * (J - 1) - 1) // S + 1))",
    "never",
    lambda v: False,
    fits,
    "off by one: the + 1 is missing",
    "sizes",
    {"B": 1, "C": 1, "K": 1, "M": 6, "N": 6, "I": 4, "J": 4, "S": 4, "D": 4},
)
add(
    "size_pixel_shuffle_divided_once",
    """x = tensor(B, C * R * R, M, N)
y = pixel_shuffle(x, factors=(R, R))""",
    "claim(shape(y) == (B, C * R, R * M, R * N))",
    "claim(shape(y) == (B, C, R * M, R * N))",
    "R = 1",
    lambda v: v["R"] == 1,
    always,
    "the channels are divided by R instead of R²",
    "sizes",
    {"B": 2, "C": 3, "M": 4, "N": 4, "R": 5},
)

# About functions

add(
    "bias_slope_missing",
    SDB,
    "claim(gradient(a, wrt=b) == sum_axes(da, axes=(0, 2)))",
    "claim(gradient(a, wrt=b) == sum_axes(da * σ(z, order=1), axes=(0, 2)))",
    "never",
    lambda v: False,
    fits,
    "the slope σ′(z) is missing",
    "functions",
    RSD,
)
add(
    "tanh_slope_not_squared",
    """x = tensor(B, C, M)
w = tensor(K, C, I)
z = conv(x, w, stride=S, dilation=D)
a = tanh(z)
da = cotangent(a)""",
    "claim(gradient(a, wrt=z) == da * (ones() - a))",
    "claim(gradient(a, wrt=z) == da * (ones() - a * a))",
    "never",
    lambda v: False,
    fits,
    "the square is missing in tanh′ = 1 − tanh²",
    "functions",
    RSD,
)
add(
    "cross_entropy_slope_twice",
    """z = tensor(M)
y = tensor(M)
l = softplus(z)
cost = named("cost", sum_axes(l, axes=(0,)) - dot(y, z))
p = sigmoid(z)""",
    "claim(gradient(cost, wrt=z, cotangent=ones()) == (p - y) * (p - p * p))",
    "claim(gradient(cost, wrt=z, cotangent=ones()) == p - y)",
    "never",
    lambda v: False,
    always,
    "the slope σ′(z) is multiplied once too often (it cancels against the cross-entropy's)",
    "functions",
    {"M": 5},
)
add(
    "residual_identity_missing",
    """x = tensor(M)
w = tensor(I)
σ = function()
z = correlate(x, w, mode="same")
o = named("o", σ(z) + x)
do = cotangent(o)
δ = do * σ(z, order=1)""",
    "claim(gradient(o, wrt=x) == gradient(z, wrt=x, cotangent=δ))",
    "claim(gradient(o, wrt=x) == gradient(z, wrt=x, cotangent=δ) + do)",
    "never",
    lambda v: False,
    always,
    "the gradient of the skip connection is missing",
    "functions",
    {"M": 6, "I": 6},
)
add(
    "mean_squares_not_divided",
    """x = tensor(M)
w = tensor(I)
y = tensor(M - I + 1)
z = correlate(x, w)
e = z - y
cost = named("cost", dot(e, e) / (M - I + 1))""",
    "claim(gradient(cost, wrt=w, cotangent=ones()) == 2 * correlate(x, e))",
    "claim(gradient(cost, wrt=w, cotangent=ones()) == 2 * correlate(x, e) / (M - I + 1))",
    "M = I",
    lambda v: v["M"] == v["I"],
    fits,
    "not divided by the number of positions",
    "functions",
    {"M": 6, "I": 6},
)
add(
    "average_pool_divided_by_stride",
    """pool = AveragePool((B, C, M), R, stride=S)
x = pool.x
a = pool.a
da = cotangent(a)""",
    "claim(gradient(a, wrt=x)[n, c, m] == sum(da[n, c, r] * Iverson(S * r <= m and m < S * r + R) / S, over=r))",
    "claim(gradient(a, wrt=x)[n, c, m] == sum(da[n, c, r] * Iverson(S * r <= m and m < S * r + R) / R, over=r))",
    "S = R",
    lambda v: v["S"] == v["R"],
    lambda v: v["M"] >= v["R"],
    "divided by the stride instead of the window",
    "functions",
    {"B": 2, "C": 2, "M": 7, "R": 5, "S": 5},
)
add(
    "average_pool_2d_divided_by_height",
    """pool = AveragePool((B, C, M, N), (I, J))
x = pool.x
a = pool.a
da = cotangent(a)""",
    "claim(gradient(a, wrt=x)[n, c, m, o] == da[n, c, m // I, o // J] / I)",
    "claim(gradient(a, wrt=x)[n, c, m, o] == da[n, c, m // I, o // J] / (I * J))",
    "J = 1",
    lambda v: v["J"] == 1,
    fits,
    "divided by the window's height instead of its area",
    "functions",
    {"B": 2, "C": 1, "M": 5, "N": 5, "I": 5, "J": 5},
)
add(
    "max_pool_no_stride",
    """pool = MaxPool((B, C, M), R, stride=S)
x = pool.x
a = pool.a
s = pool.selection
da = cotangent(a)""",
    "claim(gradient(a, wrt=x)[n, c, m] == sum(da[n, c, r] * s[n, c, r, m - r], over=r))",
    "claim(gradient(a, wrt=x)[n, c, m] == sum(da[n, c, r] * s[n, c, r, m - S * r], over=r))",
    "S = 1 or M < R + S",
    lambda v: v["S"] == 1 or v["M"] < v["R"] + v["S"],
    lambda v: v["M"] >= v["R"],
    "the stride is missing in the index of the selection",
    "functions",
    {"B": 2, "C": 2, "M": 7, "R": 5, "S": 5},
)
add(
    "activated_weights_no_stride",
    SDB,
    "claim(gradient(a, wrt=w)[k, c, u] == sum(da[n, k, r] * σ(z, order=1)[n, k, r] * x[n, c, r + D * u], over=(n, r)))",
    "claim(gradient(a, wrt=w)[k, c, u] == "
    "sum(da[n, k, r] * σ(z, order=1)[n, k, r] * x[n, c, S * r + D * u], over=(n, r)))",
    "S = 1 or M ≤ S + D(I − 1)",
    lambda v: v["S"] == 1 or v["M"] <= v["S"] + v["D"] * (v["I"] - 1),
    fits,
    "the stride is missing in the index of x",
    "functions",
    RSD,
)
add(
    "relu_input_exchanged",
    """x = tensor(B, C, M)
w = tensor(K, C, I)
z = conv(x, w, stride=S, dilation=D)
a = relu(z)
da = cotangent(a)""",
    "claim(gradient(a, wrt=x)[n, c, m] == "
    "sum(da[n, k, r] * step(z)[n, k, r] * w[k, c, u] * Iverson(D * r + S * u == m), over=(k, r, u)))",
    "claim(gradient(a, wrt=x)[n, c, m] == "
    "sum(da[n, k, r] * step(z)[n, k, r] * w[k, c, u] * Iverson(S * r + D * u == m), over=(k, r, u)))",
    "S = D, or I = 1 and M ≤ S",
    lambda v: v["S"] == v["D"] or (v["I"] == 1 and v["M"] <= v["S"]),
    fits,
    "stride and dilation are exchanged",
    "functions",
    RSD,
)
add(
    "activated_weights_two_slips",
    SDB,
    "claim(gradient(a, wrt=w)[k, c, u] == "
    "sum(da[n, k, r] * σ(z, order=1)[n, k, r] * x[n, c, S * r + u] / B, over=(n, r)))",
    "claim(gradient(a, wrt=w)[k, c, u] == "
    "sum(da[n, k, r] * σ(z, order=1)[n, k, r] * x[n, c, S * r + D * u], over=(n, r)))",
    "B = 1, and D = 1 or I = 1",
    lambda v: v["B"] == 1 and (v["D"] == 1 or v["I"] == 1),
    fits,
    "divided by the batch size, and the dilation is missing in the index of x",
    "functions",
    RSD,
)
add(
    "softmax_diagonal_only",
    """z = tensor(K)
e = exp(z)
s = sum_axes(e, axes=(0,))
p = named("p", e * reciprocal(s))
dp = cotangent(p)""",
    "claim(gradient(p, wrt=z) == dp * (p - p * p))",
    "claim(gradient(p, wrt=z) == p * (dp - dot(dp, p)))",
    "K = 1",
    lambda v: v["K"] == 1,
    always,
    "only the diagonal of the softmax's Jacobian (the sum over the other classes is missing)",
    "functions",
    {"K": 6},
)
add(
    "centring_sum_for_mean",
    """x = tensor(B, C)
c = named("c", x - sum_axes(x, axes=(0,), keepdims=True) / B)
g = cotangent(c)""",
    "claim(gradient(c, wrt=x) == g - sum_axes(g, axes=(0,), keepdims=True))",
    "claim(gradient(c, wrt=x) == g - sum_axes(g, axes=(0,), keepdims=True) / B)",
    "B = 1",
    lambda v: v["B"] == 1,
    always,
    "not divided by the batch size (the sum instead of the mean)",
    "functions",
    {"B": 6, "C": 4},
)
add(
    "two_layers_not_flipped",
    """x = tensor(M)
w = tensor(I)
q = tensor(J)
σ = function()
z = correlate(x, w)
a = σ(z)
v = correlate(a, q)
dv = cotangent(v)""",
    'claim(gradient(v, wrt=w) == correlate(x, correlate(dv, q, mode="full") * σ(z, order=1)))',
    'claim(gradient(v, wrt=w) == correlate(x, convolve(dv, q, mode="full") * σ(z, order=1)))',
    "J = 1",
    lambda v: v["J"] == 1,
    lambda v: v["M"] >= v["I"] + v["J"] - 1,
    "the second filter is not flipped in the backpropagated error",
    "functions",
    {"M": 7, "I": 4, "J": 4},
)
