"""What the article prints and is wrong, with the corrections. (Article: "Code", appendices.)"""

from importlib import import_module

from cnn_symbolic import check

# Where the listings look for a name, the name, and the one that is meant.
NAMES = [
    ("builtins", "xrange", "range"),
    ("scipy.signal", "convolute2d", "convolve2d"),
    ("scipy.signal", "sp", "correlate"),
]


def corrections_exist():
    """The names that the listings use do not exist today, and those in their place do."""
    there = [wrong for home, wrong, _ in NAMES if hasattr(import_module(home), wrong)]
    if there:
        raise AssertionError(f"{', '.join(there)} exist after all")
    missing = [right for home, _, right in NAMES if not callable(getattr(import_module(home), right, None))]
    if missing:
        raise AssertionError(f"{', '.join(missing)} do not exist either")
    return f"{', '.join(right for _, _, right in NAMES)} exist"


errata = check(
    "The errata of the listings: names that do not exist, and those in their place, which do",
    statement="xrange, signal.convolute2d and signal.sp do not exist in Python 3 and today's SciPy; range, "
    "signal.convolve2d and signal.correlate do",
    by=corrections_exist,
    article="A4",
)

if __name__ == "__main__":
    errata.main()
