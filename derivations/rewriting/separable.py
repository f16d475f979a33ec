"""A depthwise-separable convolution is a grouped convolution with one channel per group, then a 1×1 convolution.

Together they are an ordinary convolution whose overlays are products.
"""

from cnn_symbolic import from_entries, merge_axes, prove, sizes, tensor, widths, wrap
from cnn_symbolic.layers import conv

B, C, K, M, N, I, J, S, T, D, E = sizes("B C K M N I J S T D E")
P, Q = widths("P Q")
OPTIONS = {"stride": (S, T), "padding": (P, Q), "dilation": (D, E)}
x = tensor(B, C, M, N, name="x")
depthwise, pointwise = tensor(C, I, J, name="d"), tensor(K, C, name="p")
each = conv(wrap(x, axis=2), wrap(wrap(depthwise, axis=1), axis=1), group_axis=True, **OPTIONS)

separable = prove(
    "Depthwise, then 1×1: a convolution with the overlays p[k, c]·d[c, u, v]",
    conv(merge_axes(each, axis=1), wrap(wrap(pointwise, axis=2), axis=3)),
    equals=conv(
        x,
        from_entries(
            (K, C, I, J), lambda k, c, u, v: pointwise[k, c] * depthwise[c, u, v], using=[pointwise, depthwise]
        ),
        **OPTIONS,
    ),
)

if __name__ == "__main__":
    separable.main()
