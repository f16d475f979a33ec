"""A fuzzer of the claims that are given as text: `python -m tests.support.claim_fuzzer COUNT [--seed N]`.

A text gets a verdict, or an error of this package that says something; within a time and a memory limit, and without
anything being executed, imported or opened. A verdict is true: where a claim is proved both sides are computed by
NumPy at random small sizes, and agree; where it holds for literal values of its factors, they agree at such values;
where it is refuted they differ at the counterexample.
"""

import argparse
import faulthandler
import gc
import io
import json
import os
import re
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import SimpleNamespace
from unicodedata import category

from rich.console import Console

from cnn_symbolic import Refutation, Theorem
from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.ground.errors import ClaimTextError, CnnSymbolicError
from cnn_symbolic.kernel.search.verdicts import HoldsForLiterals
from tests.support.fuzzing.numbers import disagreement, not_a_counterexample
from tests.support.fuzzing.texts import SOURCES, TOKEN, picking
from tests.support.fuzzing.tripwires import Overtime, Tripped, alarm, tripped, tripwires
from tests.support.settled import view

SECONDS, BYTES, MOST_LETTERS = 20, 4 << 30, 10_000
NAMING = 30  # the search for the name of a mistake has a limit of its own
# Programs and long texts take a hundred times as long as the others: `--source` gives them a run of their own.
SHARES = {"program": 0.5, "damaged": 34, "long": 0.2, "confused": 43, "hostile": 22}
KINDS = {Theorem: "theorem", HoldsForLiterals: "verdict for literal values"}
WHOLE_TEXT = r"states no claim|characters, at most|cannot be read: "


@dataclass
class Finding:
    """What became of a text: its verdicts or the kind of its error, and what is wrong with that."""

    text: str
    outcomes: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    message: str = ""
    seconds: float = 0.0
    compared: int = 0


def shown(derivation):
    """The derivation as the terminal shows it, the name of its mistake searched."""
    console = Console(file=io.StringIO(), width=100, highlight=False, markup=False, emoji=False, color_system=None)
    console.print(view(SimpleNamespace(derivation=derivation, place="")))
    return console.file.getvalue()


def examine(text, seconds=SECONDS, limited=True):
    """Read a text, decide its claims, show them, and compare the verdicts with numbers."""
    finding = Finding(text)
    derivations = []
    tripped.clear()
    start = time.process_time()
    try:
        with alarm(seconds), tripwires():
            found = list(read_claims(text).values())
        for derivation in found:
            with alarm(seconds), tripwires():
                finding.outcomes.append(derivation.outcome)
                derivations.append(derivation)
            with alarm(seconds + NAMING), tripwires():
                finding.problems += unprintable(shown(derivation), "the derivation")
    except CnnSymbolicError as error:
        finding.message = str(error)
        finding.outcomes.append(type(error).__name__)
        finding.problems += wrong_message(error, text)
    except Overtime:
        finding.problems.append(f"hang: not done after {seconds} s, in {place(sys.exc_info()[2])}")
    except Tripped:
        pass
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit) and not tripped:
            raise
        finding.problems.append(f"{type(error).__name__}: {str(error)[:200]}, in {place(error.__traceback__)}")
    finding.seconds = time.process_time() - start
    finding.problems += [f"executed: {what}" for what in tripped]
    if limited and derivations and not finding.problems:
        compare(derivations, finding)
    return finding


def place(tb):
    """The functions of the package in which an error arose, the last ones first."""
    frames = traceback.extract_tb(tb)
    own = [f"{Path(f.filename).stem}.{f.name}" for f in frames if "cnn_symbolic/" in f.filename]
    return " < ".join(own[:-4:-1])


def unprintable(text, what):
    """What a terminal should not be sent: surrogates, and control characters but newlines and tabs."""
    wrong = {c for c in text if category(c) in ("Cc", "Cs") and c not in "\n\t"}
    return [f"{what} has the characters {sorted(wrong)!a}"] if wrong else []


def wrong_message(error, text):
    """What is wrong with the message of an error."""
    message = str(error)
    problems = unprintable(message, "the message")
    if not message.strip():
        problems.append(f"an empty {type(error).__name__}")
    if len(message) > MOST_LETTERS:
        problems.append(f"a message of more than {MOST_LETTERS} characters")
    if "(MemoryError" in message:
        problems.append("out of memory")
    if isinstance(error, ClaimTextError) and not re.search(WHOLE_TEXT, message):
        line = re.search(r", line (\d+), column \d+: \S", message)
        if line is None:
            problems.append(f"names no line: {message[:100]}")
        elif not 1 <= int(line[1]) <= text.count("\n") + text.count("\r") + text.count("\x0c") + 2:
            problems.append(f"names a line that is not there: {message[:100]}")
    return problems


def compare(derivations, finding, seconds=SECONDS):
    """Compare verdicts with what NumPy computes; what takes too long there is left out."""
    try:
        with alarm(seconds):
            for derivation in derivations:
                verdict = derivation.verdict
                if isinstance(verdict, Theorem | HoldsForLiterals):
                    compared, why = disagreement(derivation, Random(finding.text))
                    finding.compared += compared
                    finding.problems += [f"unsound {KINDS[type(verdict)]}: {why}"] if why else []
                elif isinstance(verdict, Refutation):
                    finding.compared += 1
                    why = not_a_counterexample(derivation, verdict)
                    finding.problems += [f"unsound refutation: {why}"] if why else []
    except Overtime:
        finding.outcomes.append("not compared")
    except Exception as error:
        finding.problems.append(f"not evaluated: {type(error).__name__}: {error}, in {place(error.__traceback__)}")


def warm_up():
    """Read, decide and show some texts, to load what is loaded once."""
    for seed in range(12):
        for write in SOURCES.values() if seed < 3 else (SOURCES["program"],):
            try:
                with alarm(2):
                    for derivation in read_claims(write(picking(seed))).values():
                        shown(derivation)
            except (Exception, Overtime):
                continue


@dataclass
class Report:
    """The counts of a run, its slowest texts and, by what is wrong, the shortest text that shows it."""

    texts: int = 0
    sources: Counter = field(default_factory=Counter)
    outcomes: Counter = field(default_factory=Counter)
    compared: int = 0
    slowest: list = field(default_factory=list)
    largest: list = field(default_factory=list)
    longest: list = field(default_factory=list)
    failures: dict = field(default_factory=dict)
    failing: Counter = field(default_factory=Counter)
    uncomputed: Counter = field(default_factory=Counter)

    def add(self, source, finding, kilobytes):
        """Add the finding of a text, and by how much it raised the memory that was ever in use."""
        self.texts += 1
        self.sources[source] += 1
        self.outcomes.update(finding.outcomes or ["none"])
        self.compared += finding.compared
        self.slowest = sorted([*self.slowest, [finding.seconds, finding.text]], key=lambda x: -x[0])[:12]
        self.longest = sorted([*self.longest, [len(finding.message), finding.text]], key=lambda x: -x[0])[:3]
        if kilobytes > 50_000:
            self.largest = sorted([*self.largest, [kilobytes >> 10, finding.text]], key=lambda x: -x[0])[:6]
        if found := re.search(r"cannot be computed \((\w+)", finding.message):
            self.uncomputed[found[1]] += 1
        for problem in finding.problems:
            self.fail(problem, finding.text)

    def fail(self, problem, text):
        """Add a problem; of those that read alike the shortest text is kept."""
        key = kind_of(problem)
        self.failing[key] += 1
        known = self.failures.get(key)
        if known is None or len(text) < len(known[1]):
            self.failures[key] = [problem, text]

    def merge(self, other):
        """Add the counts of another run, as it wrote them."""
        self.texts += other["texts"]
        self.compared += other["compared"]
        for name in ("sources", "outcomes", "failing", "uncomputed"):
            getattr(self, name).update(other[name])
        for name, most in (("slowest", 12), ("largest", 6), ("longest", 3)):
            setattr(self, name, sorted([*getattr(self, name), *other[name]], key=lambda x: -x[0])[:most])
        for key, (problem, text) in other["failures"].items():
            known = self.failures.get(key)
            if known is None:
                print(f"{problem!a}\n    {text!a}", file=sys.stderr, flush=True)
            if known is None or len(text) < len(known[1]):
                self.failures[key] = [problem, text]

    def written(self):
        """The report as text."""
        lines = [f"{self.texts} texts, {dict(self.sources)}"]
        lines += [f"outcomes: {dict(self.outcomes.most_common())}"]
        lines += [f"comparisons with numbers: {self.compared}"]
        lines += [f"not computed: {dict(self.uncomputed)}"]
        lines += [f"{seconds:.2f} s: {text[:400]!a}" for seconds, text in self.slowest]
        lines += [f"{megabytes} MB more: {text[:400]!a}" for megabytes, text in self.largest]
        lines += [f"a message of {length} characters: {text[-200:]!a}" for length, text in self.longest]
        for key, (problem, text) in self.failures.items():
            lines += [
                f"FAILURE, {self.failing[key]} times: {problem!a}",
                text.encode(errors="backslashreplace").decode(),
            ]
        return "\n".join([*lines, f"{len(self.failures)} kinds of failures"])


def kind_of(problem):
    """A problem without its numbers and quotations."""
    head, _, where = problem.partition(", in ")
    return re.sub(r"\d+", "#", f"{head[:60]}, {where.split(' < ')[0]}" if where else head[:40])


def shortest(text, problem, seconds=10):
    """A shorter text with a problem of the same kind: lines and then tokens are left out, as long as time is left."""
    wanted, end = kind_of(problem), time.perf_counter() + seconds

    def shows(candidate):
        return any(kind_of(p) == wanted for p in examine(candidate, seconds=5).problems)

    for split in (lambda t: t.splitlines(keepends=True), TOKEN.findall):
        parts, width = split(text), max(1, len(split(text)) // 2)
        while width and time.perf_counter() < end:
            start = 0
            while start < len(parts) and time.perf_counter() < end:
                fewer = parts[:start] + parts[start + width :]
                if fewer and shows("".join(fewer)):
                    parts = fewer
                else:
                    start += width
            width //= 2
        text = "".join(parts)
    return text


def batch(seed, count, sources, folder, known):
    """Examine texts in a process of its own; what it found, and the text that it is at, are left in files.

    Failures of a kind that is not known yet are made shorter.
    """
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    report, random = Report(), Random(seed)
    names, weights = list(sources), [SHARES[s] for s in sources]
    current = (folder / "current").open("wb")
    with (folder / "stack").open("w") as stack:
        for _ in range(count):
            (source,) = random.choices(names, weights)
            text = SOURCES[source](picking(random.getrandbits(64)))
            current.seek(0)
            current.truncate()
            current.write(text.encode(errors="surrogatepass"))
            current.flush()
            faulthandler.dump_traceback_later(9 * SECONDS, exit=True, file=stack)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            finding = examine(text)
            report.add(source, finding, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
            for problem in finding.problems:
                kind = kind_of(problem)
                if report.failing[kind] == 1 and kind not in known and not problem.startswith("hang"):
                    faulthandler.cancel_dump_traceback_later()
                    report.fail(problem, shortest(text, problem))
            if finding.seconds < 0.1 and report.texts % 25 and report.texts < count:
                continue
            (folder / "report.new").write_text(json.dumps(vars(report)))
            (folder / "report.new").replace(folder / "report")
        faulthandler.cancel_dump_traceback_later()


def run(count, seed, sources, seconds):
    """Examine texts in batches; a batch that does not come back has a failure more."""
    total, end = Report(), time.perf_counter() + seconds
    with tempfile.TemporaryDirectory() as temporary:
        folder, left = Path(temporary), count
        while left > 0 and time.perf_counter() < end:
            (folder / "report").write_text(json.dumps(vars(Report())))
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    batch(seed, min(left, 1000), sources, folder, total.failures)
                    status = 0
                finally:
                    os._exit(status)
            _, status = os.waitpid(child, 0)
            done = json.loads((folder / "report").read_text())
            total.merge(done)
            if status:
                text = (folder / "current").read_bytes().decode(errors="surrogatepass")
                stack = (folder / "stack").read_text().strip().splitlines()[:8]
                total.fail(f"the process died, status {status}: {' '.join(stack)}", text)
                total.texts += 1
            left -= max(done["texts"], 1)
            seed += 1
            print(
                f"seed {seed}: {total.texts} texts, {len(total.failures)} kinds of failures",
                file=sys.stderr,
                flush=True,
            )
    return total


def main():
    """Run the fuzzer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, help="how many texts")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="start no new batch of 1000 after this")
    parser.add_argument("--source", choices=list(SOURCES), action="append", help="only texts of this kind")
    given = parser.parse_args()
    warm_up()
    gc.freeze()
    report = run(given.count, given.seed, given.source or list(SOURCES), given.seconds)
    print(report.written())
    raise SystemExit(1 if report.failures else 0)


if __name__ == "__main__":
    main()
