"""Sizes of convolutions, for every stride, dilation and padding; positions are counted, not assumed."""

from cnn_symbolic import Iverson, ceiling, from_entries, ones, prove, refute, sizes, sum_axes, widths
from cnn_symbolic.layers import conv_size

M, I, S, T, D = sizes("M I S T D")
P, V = widths("P V")
SIZE = conv_size(M, I, stride=S, padding=(P, V), dilation=D)

positions = prove(
    "A dilated overlay stays inside the padded input at ⌊(M + P + V − D(I−1) − 1)/S⌋ + 1 positions",
    sum_axes(from_entries((M + P + V,), lambda r: Iverson(S * r + D * (I - 1) + 1 <= M + P + V), using=[]), axes=(0,)),
    equals=ones() * SIZE,
    assuming=[D * (I - 1) + 1 <= M + P + V],
)

dilated_overlay = refute(
    "A dilated overlay has D·I rows",
    (D * (I - 1) + 1,),
    equals=(D * I,),
)

same_sizes = [
    prove(
        f"Padding {name!r} gives ⌈M/S⌉ positions",
        (conv_size(M, I, stride=S, padding=name, dilation=D),),
        equals=(ceiling(M / S),),
    )
    for name in ("same", "same_lower", "causal")
]

same_with_half = refute(
    "Padding ⌊I/2⌋ on both sides gives as many positions as there are inputs",
    (conv_size(M, I, padding=I // 2),),
    equals=(M,),
)

same_with_half_of_odd = prove(
    "It does for odd overlays",
    (conv_size(M, I, padding=I // 2),),
    equals=(M,),
    assuming=[I % 2 == 1],
)

full = prove(
    "Padding 'full' at stride 1 gives M + D(I−1) positions",
    (conv_size(M, I, padding="full", dilation=D),),
    equals=(M + D * (I - 1),),
)

one_after_the_other = prove(
    "Keeping every S-th entry and then every T-th keeps as many as every S·T-th",
    (conv_size(conv_size(M, 1, stride=S), 1, stride=T),),
    equals=(conv_size(M, 1, stride=S * T),),
)

if __name__ == "__main__":
    positions.main()
