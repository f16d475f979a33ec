"""The fuzzer of claims given as text, guided by coverage: `python -m tests.support.claim_coverage SECONDS`.

Texts are damaged at random; those that reach new branches of the package are kept, and damaged again. Needs atheris,
libFuzzer for Python, which is installed by hand: `pip install atheris`.
"""

import sys
import tempfile
from pathlib import Path

try:
    import atheris
except ImportError:
    raise SystemExit("skipped: atheris is not installed (pip install atheris)") from None

with atheris.instrument_imports(include=["cnn_symbolic"]):
    from tests.support.claim_fuzzer import Report, examine, warm_up
from tests.support.fuzzing.texts import SOURCES, damaged, picking

STARTING_TEXTS, MOST_BYTES = 200, 4000
report = Report()


def examine_bytes(data):
    """Examine a text; a failure of a kind that is new is printed, and the run goes on."""
    known = set(report.failures)
    report.add("guided", examine(data.decode(errors="surrogateescape")), 0)
    for kind in set(report.failures) - known:
        problem, text = report.failures[kind]
        print(f"FAILURE {problem!a}\n    {text!a}", file=sys.stderr, flush=True)
    if report.texts % 1000 == 0:
        print(f"{report.texts} texts, {dict(report.outcomes)}", file=sys.stderr, flush=True)


def damage(data, most, seed):
    """A mutation as libFuzzer asks for it, of tokens."""
    text = damaged(picking(seed), data.decode(errors="replace"))
    return text.encode(errors="replace")[:most]


def main():
    """Run libFuzzer on texts of all kinds."""
    warm_up()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(STARTING_TEXTS):
            for name, write in SOURCES.items():
                if name != "long" or seed < STARTING_TEXTS // 10:
                    text = write(picking(seed)).encode(errors="replace")
                    (Path(folder) / f"{name}-{seed}").write_bytes(text[:MOST_BYTES])
        options = [f"-max_total_time={sys.argv[1]}", f"-max_len={MOST_BYTES}", "-timeout=120", "-rss_limit_mb=4096"]
        atheris.Setup([sys.argv[0], *options, folder], examine_bytes, custom_mutator=damage)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
