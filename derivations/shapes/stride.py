"""With stride s, a feature map has ⌊(M − I)/s⌋ + 1 rows. (Article: "Introducing Convolutions".)

Counted, not assumed: the number of positions r·s at which an overlay of I rows stays inside M rows.
"""

from cnn_symbolic import Iverson, from_entries, ones, prove, sizes, sum_axes

M, I = sizes("M I")

positions = [
    prove(
        f"With stride {s}, an overlay of I rows stays inside M rows at ⌊(M−I)/{s}⌋ + 1 positions",
        sum_axes(from_entries((M,), lambda r, s=s: Iverson(r * s + I <= M), using=[]), axes=(0,)),
        equals=ones() * ((M - I) // s + 1),
        assuming=[I <= M],
        article="S4",
    )
    for s in range(1, 9)
]

if __name__ == "__main__":
    positions[1].main()
