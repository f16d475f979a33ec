"""The same closed forms for the paddings that have a name, also where its width depends on the stride."""

from _layers import DILATION, LENGTHS, OVERLAY, STRIDE, exchanged, symbolic

from cnn_symbolic import crop, prove
from cnn_symbolic.layers import conv, conv_transpose, pad_widths

M, I, S, D = LENGTHS[:1], OVERLAY[:1], STRIDE[:1], DILATION[:1]
NAMES = ("valid", "full", "same", "same_lower", "causal")


def gradients(name):
    """The claims for one kind of padding, at any stride and dilation."""
    layer = symbolic(1, padding=name)
    ((before, after),) = widths = pad_widths(name, M, I, S, D, "padding")
    remainder = (M[0] + before + after - D[0] * (I[0] - 1) - 1) % S[0]
    exchanged_roles = conv(exchanged(layer.x), exchanged(layer.z_gradient), stride=D, dilation=S, padding=widths)
    yield prove(
        f"Padding {name!r}: the weight gradient exchanges stride and dilation",
        layer.gradient(layer.w),
        equals=crop(exchanged(exchanged_roles), start=(0, 0, 0), shape=layer.w.shape),
    )
    yield prove(
        f"Padding {name!r}: the input gradient is the transposed convolution",
        layer.gradient(layer.x),
        equals=conv_transpose(
            layer.z_gradient, layer.w, stride=S, padding=widths, dilation=D, output_padding=remainder
        ),
    )


padded = [claim for name in NAMES for claim in gradients(name)]

if __name__ == "__main__":
    padded[4].main()
