"""Unfold (im2col) and fold (col2im) are adjoint to each other; fold adds up, and does not undo unfold."""

from cnn_symbolic import crop, dot, from_entries, gradient, ones, prove, refute, sizes, tensor, widths
from cnn_symbolic.layers import fold, unfold

B, C, M, N, I, J, S, T, D, E = sizes("B C M N I J S T D E")
P, Q = widths("P Q")
OPTIONS = {"stride": (S, T), "padding": (P, Q), "dilation": (D, E)}
x = tensor(B, C, M, N, name="x")
columns = unfold(x, overlay=(I, J), **OPTIONS)
y = tensor(*columns.shape, name="y")
folded = fold(y, shape=(M, N), **OPTIONS)

adjoint = prove("⟨unfold(x), y⟩ = ⟨x, fold(y)⟩", dot(columns, y), equals=dot(x, folded))

gradient_of_unfold = prove(
    "The gradient of unfold is fold",
    gradient(columns, wrt=x, cotangent=y),
    equals=folded,
)

gradient_of_fold = prove(
    "The gradient of fold is unfold",
    gradient(folded, wrt=y, cotangent=x),
    equals=columns,
)

# One spatial axis.
line = tensor(B, C, M, name="x")


def there_and_back(of, **options):
    """fold(unfold(of))."""
    return fold(unfold(of, overlay=(I,), **options), shape=(M,), **options)


not_the_inverse = refute(
    "fold(unfold(x)) = x",
    there_and_back(line, stride=S, padding=P),
    equals=line,
)

counts = prove(
    "fold(unfold(x)) multiplies each entry by the number of overlays that meet it",
    there_and_back(line, stride=S, padding=P),
    equals=there_and_back(ones(B, C, M), stride=S, padding=P) * line,
)

tiles = prove(
    "With overlays side by side, fold undoes unfold on the rows that they cover",
    there_and_back(line, stride=I),
    equals=crop(crop(line, start=(0, 0, 0), shape=(B, C, M - M % I)), start=(0, 0, 0), shape=(B, C, M)),
    assuming=[I <= M],
)

pair = tensor(B, C, 2, N, name="y")
assigned = refute(
    "fold assigns, the later overlay over the earlier one, in place of adding",
    fold(pair, shape=(N + 1,)),
    equals=from_entries(
        (B, C, N + 1),
        lambda n, c, m: pair[n, c, 0, m] + pair[n, c, 1, m - 1] * (ones(N + 1)[m] - ones(N)[m]),
        using=[pair],
    ),
)

if __name__ == "__main__":
    counts.main()
