"""Times a cold `cnn-symbolic prove` against merely importing what it stands on, the book, decisions, the witness.

Run by itself: python tests/benchmarks/bench_prove.py
"""

import statistics
import subprocess
import sys
import tempfile
import time

from cnn_symbolic.derivation import Derivation
from cnn_symbolic.expressions.rules import as_quotient
from cnn_symbolic.formulas import derivative
from cnn_symbolic.kernel.confirming import confirmed
from cnn_symbolic.kernel.decide import decide, smallest_point
from cnn_symbolic.kernel.factors import written_domain
from cnn_symbolic.kernel.reader import read_side
from cnn_symbolic.library.loading import select

RUNS, SLOWEST = 3, 10
BASELINE = [sys.executable, "-c", "import sympy, numpy, islpy, scipy.signal"]
PROVE = [sys.executable, "-m", "cnn_symbolic.cli", "prove"]
BOOK = [sys.executable, "-m", "cnn_symbolic.cli", "book", "--latex", "--html"]
CACHED = (as_quotient, derivative, read_side, smallest_point, written_domain)


def seconds(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def cold_decision(statement):
    for cached in CACHED:
        cached.cache_clear()
    return decide(statement).seconds


def median_decision(statement):
    return statistics.median(cold_decision(statement) for _ in range(RUNS))


def confirmation(verdict):
    start = time.perf_counter()
    confirmed(verdict)
    return time.perf_counter() - start


def main():
    seconds(BASELINE), seconds(PROVE)
    pairs = [(seconds(BASELINE), seconds(PROVE)) for _ in range(RUNS)]
    baseline, prove = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"cold cnn-symbolic prove: {prove:.2f} s; imports alone {baseline:.2f} s; ratio {ratio:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        book = seconds([*BOOK, folder])
    print(f"the whole book, as LaTeX and HTML, on all cores: {book:.1f} s; ratio to prove {book / prove:.1f}")
    claims = [claim for claim in select([]) if isinstance(claim.derivation, Derivation)]
    times = {f"{c.file.parent.name}/{c.id}": median_decision(c.derivation.statement) for c in claims}
    print(f"{statistics.median(times.values()) * 1000:7.1f} ms  median of {len(times)} decisions; the slowest:")
    for name, taken in sorted(times.items(), key=lambda item: -item[1])[:SLOWEST]:
        print(f"{taken * 1000:7.1f} ms  {name}")
    witness = [confirmation(c.derivation.verdict) for c in claims]
    share = sum(witness) / sum(times.values())
    print(f"the witness: {statistics.median(witness) * 1000:.1f} ms a claim (median), {share:.0%} of deciding")
    print("gradients of a convolution by the number of spatial axes, every stride and dilation:")
    for name in ("bias_gradient", "weight_gradient", "transposed", "convolved"):
        ranks = [times[f"convolution/{name}_{rank}"] for rank in (1, 2, 3)]
        print("".join(f"{taken * 1000:7.1f} ms" for taken in ranks), "", name)


if __name__ == "__main__":
    main()
