"""Claims of a notebook, decided in processes of their own and shown one after the other as mathematics.

While they are decided one line says how far that is. In a notebook the first claim takes its place in the end, so that
nothing of it is left; on a terminal it is a progress bar.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from cnn_symbolic.command_line.claim_results import watched
from cnn_symbolic.ground.limits import Limits
from cnn_symbolic.ground.processes import cores, in_processes
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.present.notebook import claim_bundle, text_bundle
from cnn_symbolic.present.terminal import Decided, decided, summary
from cnn_symbolic.proofs.settling import at_limit, settled_so_far

# What is said of a claim, and what a notebook shows of it by MIME type.
Shown = tuple[Decided, Mapping[str, str]]
DECIDING = "deciding"


class Interrupted(KeyboardInterrupt):
    """Somebody has stopped the deciding; it is shown as one line, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"KeyboardInterrupt: {self}"]


class ProgressLine:
    """Where a notebook shows how many claims are decided, until there is something to be shown in its place."""

    def __init__(self, shell: InteractiveShell, total: int) -> None:
        in_notebook = getattr(shell, "kernel", None) is not None
        self.total, self.handle = total, None
        if in_notebook:
            self.handle = display(said(f"{DECIDING} 1 of {total}"), raw=True, display_id=True)

    def watch(self, done: Iterable[tuple[int, Shown]]) -> Iterator[tuple[int, Shown]]:
        """Pass claims on as they are decided, and say how many are."""
        if self.handle is None:
            yield from watched(self.total, DECIDING)(done)
            return
        for count, one in enumerate(done, start=1):
            yield one
            if count < self.total:
                self.handle.update(said(f"{DECIDING} {count + 1} of {self.total}"), raw=True)

    def show(self, data: Mapping[str, str]) -> None:
        """Show something, the first in the place of what was said."""
        if self.handle is None:
            display(dict(data), raw=True)
        else:
            self.handle.update(dict(data), raw=True)
            self.handle = None

    def clear(self) -> None:
        """Take away what was said, if nothing is in its place."""
        if self.handle is not None:
            self.show(said(""))


def said(text: str) -> dict[str, str]:
    """Return a text as what is displayed."""
    return {"text/plain": text}


def decide_and_show(
    shell: InteractiveShell, claims: Sequence[Claim], steps: bool, limits: Limits, jobs: int = 0
) -> None:
    """Decide claims and show each, with the lines of its proof or without; of several, say how many are what.

    `limits` are those of each claim, `jobs` is the number of processes; 0 takes one for each core. Where it is
    interrupted the processes end, and those that are decided are shown; raises KeyboardInterrupt.
    """
    start = time.perf_counter()
    progress, found = ProgressLine(shell, len(claims)), {}

    def task(k: int) -> Iterator[Shown]:
        for settled in settled_so_far(claims[k].derivation):
            yield decided(claims[k], settled), text_bundle(claims[k], settled, steps)
        yield decided(claims[k], settled), claim_bundle(claims[k], settled, steps)

    def stopped(k: int, reason: str) -> Shown:
        settled = at_limit(reason, limits.seconds or 0.0)
        return decided(claims[k], settled), claim_bundle(claims[k], settled, steps)

    interrupted = False
    try:
        with closing(in_processes(task, len(claims), jobs or cores(), limits, stopped)) as done:
            for k, one in progress.watch(done):
                found[k] = one
    except KeyboardInterrupt:
        interrupted = True
    finally:
        for k in sorted(found):
            progress.show(found[k][1])
        progress.clear()
    if interrupted:
        raise Interrupted(f"{len(found)} of {len(claims)} claims were decided")
    if len(claims) > 1:
        print(summary([found[k][0] for k in range(len(claims))], time.perf_counter() - start))
