"""Sizes of pooling in ceil mode, with the last window dropped where it would start behind the input."""

from cnn_symbolic import ceiling, maximum, prove, refute, sizes, where, widths
from cnn_symbolic.layers import pool_size

M, I, S, D = sizes("M I S D")
P = widths("P")[0]
WINDOW = D * (I - 1) + 1
FLOOR = pool_size(M, I, stride=S, padding=P, dilation=D)
CEIL = pool_size(M, I, stride=S, padding=P, dilation=D, ceil_mode=True)
NOT_DROPPED = ceiling((M + 2 * P - WINDOW) / S) + 1
FITS = [WINDOW <= M + 2 * P]

dropped = prove(
    "Ceil mode as PyTorch computes it: one window less if the last one would start at or behind M + P",
    (CEIL,),
    equals=(where((NOT_DROPPED - 1) * S >= M + P, NOT_DROPPED - 1, NOT_DROPPED),),
    assuming=[*FITS, P <= WINDOW - 1],
)

starts_inside = prove(
    "In ceil mode the last window starts inside the input or the padding before it",
    (maximum((CEIL - 1) * S + 1, M + P),),
    equals=(M + P,),
    assuming=FITS,
)

not_dropped = refute(
    "It does so without the rule that drops a window",
    (maximum((NOT_DROPPED - 1) * S + 1, M + P),),
    equals=(M + P,),
    assuming=FITS,
)

at_most_one_more = prove(
    "Ceil mode has at most one window more than floor mode",
    (maximum(CEIL, FLOOR + 1),),
    equals=(FLOOR + 1,),
    assuming=FITS,
)

every_entry_covered = refute(
    "Without ceil mode every row lies in a window of stride S = I",
    (I * pool_size(M, I, stride=I),),
    equals=(M,),
    assuming=[I <= M],
)

if __name__ == "__main__":
    dropped.main()
