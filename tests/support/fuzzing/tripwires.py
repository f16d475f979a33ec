"""What happens while a text is read: nothing may be opened, imported, compiled or run, and it has to end in time."""

import builtins
import signal
import sys
from contextlib import contextmanager


class Overtime(BaseException):
    """Raised by the alarm; no `except Exception` holds it back."""


class Tripped(BaseException):
    """Raised where a text makes Python open, import, compile or run something."""


QUIET = (
    "object.",
    "sys._",
    "gc.",
    "cpython.",
    "builtins.id",
    "sys.unraisablehook",
    "array.",
    "time.",
    "sys.addaudithook",
)
# What reading does: `ast` compiles the text under this name, and for a syntax error CPython looks for such a file.
UNNAMED = "<unknown>"
armed, tripped, watching = False, [], False


def watch(event, arguments):
    """The audit hook: while armed, all events count but those of reading and of libraries that load themselves."""
    global armed
    if not armed or event.startswith(QUIET):
        return
    if (event == "compile" and arguments[1] == UNNAMED) or (event == "open" and arguments == (UNNAMED, "rb", 0)):
        return
    if is_loading(event, arguments):
        return
    armed = False
    tripped.append(f"{event} {str(arguments)[:200]}")
    raise Tripped(tripped[-1])


def is_loading(event, arguments):
    """Whether a library that is loaded already loads another part of itself, by an import statement of its own."""
    if event == "import":
        return str(arguments[0]).split(".")[0] in sys.modules
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def guarded_import(name, *arguments, **options):
    """`__import__`, which modules of libraries call; a text that reaches it would call it from the interpreter."""
    if armed:
        caller = str(sys._getframe(1).f_globals.get("__name__"))
        if caller not in sys.modules or caller.startswith("cnn_symbolic.claims"):
            tripped.append(f"__import__({name!r}) in {caller}")
            raise Tripped(tripped[-1])
    return plain_import(name, *arguments, **options)


plain_import = builtins.__import__


@contextmanager
def tripwires():
    """Watch what is executed inside the `with` block."""
    global armed, watching
    if not watching:
        watching = True
        sys.addaudithook(watch)
    builtins.__import__ = guarded_import
    armed = True
    try:
        yield
    finally:
        armed = False
        builtins.__import__ = plain_import


@contextmanager
def alarm(seconds):
    """Raise Overtime inside the `with` block when it has computed for so long; waiting for others does not count."""

    def ring(*_):
        raise Overtime

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
