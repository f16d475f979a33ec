"""Measures cold commands: seconds, CPU seconds, their ratio to importing SymPy in the same round, and peak memory.

Run by itself: python tests/benchmarks/bench_commands.py
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 3
SYMPY = [sys.executable, "-c", "import sympy"]
CHECK = ["check", "--let", "x = tensor(M)", "--let", "w = tensor(I)", "--claim", "convolve(x, w) == convolve(w, x)"]
COMMANDS = {
    "--version": ["--version"],
    "--help": ["--help"],
    "list": ["list"],
    "prove B8": ["prove", "B8"],
    "check, one claim": CHECK,
    "article": ["article"],
    "prove": ["prove"],
    "prove --jobs 1": ["prove", "--jobs", "1"],
    "book, LaTeX and HTML": ["book", "--latex", "--html", tempfile.gettempdir()],
}


def measured(command):
    """The seconds of a command, those of its processors, and the megabytes of its largest process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    commands = {
        name: [sys.executable, "-m", "cnn_symbolic.command_line.cli", *words] for name, words in COMMANDS.items()
    }
    subprocess.run(commands["list"], check=True, stdout=subprocess.DEVNULL)  # the index is kept from here on
    print(f"{'':24}  seconds      CPU    ratio   memory")
    for name, command in {"import sympy": SYMPY, **commands}.items():
        rounds = [(measured(SYMPY), measured(command)) for _ in range(RUNS)]
        wall, cpu, memory = (statistics.median(column) for column in zip(*(of for _, of in rounds), strict=True))
        ratio = statistics.median(of[1] / alone[1] for alone, of in rounds)
        print(f"{name:24} {wall:6.2f} s {cpu:6.2f} s {ratio:8.1f} {memory:5.0f} MB")


if __name__ == "__main__":
    main()
