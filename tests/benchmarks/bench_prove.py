"""Times the decisions of the bundled claims, and the share of the third witness in them.

Run by itself: python tests/benchmarks/bench_prove.py
"""

import statistics
import time

from cnn_symbolic.expressions.formulas import derivative
from cnn_symbolic.expressions.rules import as_quotient
from cnn_symbolic.kernel.search.confirming import confirmed
from cnn_symbolic.kernel.search.decide import decide, smallest_point
from cnn_symbolic.kernel.search.domains import stated_domain
from cnn_symbolic.kernel.trusted.reader import read_side
from cnn_symbolic.library.loading import select
from cnn_symbolic.proofs.derivation import Derivation

RUNS, SLOWEST = 3, 10
CACHED = (as_quotient, derivative, read_side, smallest_point, stated_domain)


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
