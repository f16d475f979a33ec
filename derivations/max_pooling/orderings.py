"""Max pooling at small shapes, every strict ordering of the entries settled by SymPy. (Article: "Max Pooling".)"""

from cnn_symbolic import check, strict_orderings
from cnn_symbolic.witnesses.numeric import MaxPoolingMap

GRID = [[8, 0, 11, 1, 6], [10, 2, 4, 14, 17], [5, 16, 19, 15, 7], [12, 13, 9, 18, 3]]
POOLED = [[10, 11, 14, 17], [16, 19, 19, 17], [16, 19, 19, 18]]


def articles_grid():
    """The numeric map on the article's 4×5 grid with 2×2 windows."""
    found = MaxPoolingMap(GRID, (2, 2)).feed_forward().tolist()
    if found != POOLED:
        raise AssertionError(f"the pooled grid is {found}, not {POOLED}")
    return f"the pooled grid is {POOLED}"


orderings = [
    strict_orderings(
        f"Every strict ordering of a {m}×{n} grid with {i}×{j} windows selects and passes back as stated",
        shape=(m, n),
        windows=(i, j),
        article="P1 P2 P3",
    )
    for (m, n), (i, j) in [((2, 2), (2, 2)), ((1, 3), (1, 2)), ((2, 2), (1, 2)), ((1, 4), (1, 3))]
]

pooled_grid = check(
    "The article's 4×5 grid with 2×2 windows",
    statement=f"max pooling of the printed grid = {POOLED}",
    by=articles_grid,
    article="P1",
)

if __name__ == "__main__":
    orderings[0].main()
