"""The magics of IPython and Jupyter: %%claims, %%prove and %prove, which `%load_ext cnn_symbolic` brings.

They decide as the commands `check` and `prove` do, each claim in a process with limits, and show what they find as
mathematics. What cannot be read is one line, without a traceback.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from cnn_symbolic.command_line.plugins.cells import CELL, declared_by
from cnn_symbolic.command_line.plugins.running import decide_and_show
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.ground.limits import LIMITS, MOST_JOBS, Limits, check_count, check_seconds
from cnn_symbolic.library.loading import load_text, select

NAMES = "claims", "prove"


@magics_class
class ClaimMagics(Magics):
    """The magics that decide claims."""

    @magic_arguments()
    @argument("--steps", action="store_true", help="Show the proofs line by line.")
    @argument("--timeout", type=float, default=LIMITS.seconds, metavar="SECONDS", help="For each claim; 60 by default.")
    @argument("--jobs", type=int, metavar="N", help="How many processes decide; one for each core by default.")
    @cell_magic
    def claims(self, line: str, cell: str) -> None:
        """Decide formulas written as text; the text is read, never run.

        Capitals are sizes, an assignment gives a tensor its name, and each claim(left == right) or
        refute(left == right) is shown with its verdict, and with the smallest counterexample and the mistake:

            %%claims
            x = tensor(M, N)
            w = tensor(I, J)
            z = correlate(x, w, mode="valid")
            claim(gradient(z, wrt=x) == correlate(w, cotangent(z), mode="full"))

        The names are those of the text only. More: cnn-symbolic guide formulas
        """
        options = parse_argstring(self.claims, line)
        with one_line():
            limits = limits_of(options)
            found = load_text(f"\n{cell}", str(CELL))  # lines have the numbers that they have in the notebook
            decide_and_show(self.shell, found, options.steps, limits, options.jobs or 0)

    @magic_arguments()
    @argument("names", nargs="*", metavar="NAME-OR-PATH", help="Of the line %%prove: bundled claims, or files.")
    @argument("--no-steps", action="store_true", help="Show the verdicts without the lines of the proofs.")
    @argument("--timeout", type=float, default=LIMITS.seconds, metavar="SECONDS", help="For each claim; 60 by default.")
    @argument("--jobs", type=int, metavar="N", help="How many processes decide; one for each core by default.")
    @line_cell_magic
    def prove(self, line: str, cell: str | None = None) -> None:
        """Run a cell of Python, decide the claims that it declares, and show each with its proof.

        The cell is run as any other: its names are yours afterwards, and its last expression is shown. Claims are what
        prove(…), refute(…), claim(…) and check(…) declare in it:

            %%prove
            from cnn_symbolic import FeatureMap, correlate, prove, sizes

            M, N, I, J = sizes("M N I J")
            layer = FeatureMap((M, N), (I, J))
            right = correlate(layer.a_prev, layer.delta, mode="valid")
            prove("The weight gradient", layer.gradient(layer.w), equals=right)

        As a line it does the same with bundled claims, by id, file or the article's id, and with files of your own:

            %prove B8 strided.py

        More: cnn-symbolic guide derivations
        """
        options = parse_argstring(self.prove, line)
        with one_line():
            limits = limits_of(options)
            if cell is not None and options.names:
                raise UsageError(f"the claims of a cell stand in it: %%prove takes no names, found {options.names[0]}")
            if cell is None and not options.names:
                raise UsageError("%prove needs names of bundled claims, such as B8, or files of claims")
            if cell is None:
                found = select(options.names, limits)
            elif not (found := declared_by(self.shell, cell, f"%%prove {line}".rstrip())):
                raise UsageError("the cell declares no claim: it needs prove(…), refute(…), claim(…) or check(…)")
            decide_and_show(self.shell, found, not options.no_steps, limits, options.jobs or 0)


def limits_of(options: Namespace) -> Limits:
    """Return the limits of each claim; raise OperandError for options that are none."""
    check_seconds(options.timeout, "--timeout")
    if options.jobs is not None:
        check_count(options.jobs, "--jobs", MOST_JOBS)
    return Limits(options.timeout, LIMITS.memory)


@contextmanager
def one_line() -> Iterator[None]:
    """Have an error that the package raises on purpose shown as its message, without a traceback."""
    try:
        yield
    except CnnSymbolicError as error:
        raise UsageError(str(error)) from None


def load(shell: InteractiveShell) -> None:
    """Have a shell know the magics."""
    shell.register_magics(ClaimMagics)


def unload(shell: InteractiveShell) -> None:
    """Have a shell forget the magics."""
    for kind in ("line", "cell"):
        for name in NAMES:
            shell.magics_manager.magics[kind].pop(name, None)
