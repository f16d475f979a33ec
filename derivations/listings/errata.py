"""What the article prints and is wrong, with the corrections. (Article: "Code", appendices.)"""

import builtins

from scipy import signal

from cnn_symbolic import check
from cnn_symbolic.article import ERRATA


def names_are_missing():
    """The names that the listings use and that do not exist today."""
    there = [
        name for home, name in ((builtins, "xrange"), (signal, "convolute2d"), (signal, "sp")) if hasattr(home, name)
    ]
    if there:
        raise AssertionError(f"{', '.join(there)} exist after all")
    return f"{len(ERRATA)} errata are listed, with their corrections"


errata = check(
    "The errata of the listings: names that do not exist, with their corrections",
    statement="xrange, signal.convolute2d and signal.sp do not exist in Python 3 and today's SciPy",
    evidence="fixed shape",
    by=names_are_missing,
    article="A4",
)

if __name__ == "__main__":
    errata.main()
