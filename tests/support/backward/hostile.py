"""Code that does what no backward pass should: hostile acts, and the places at which they are done.

Each act is a few lines of Python; `file_of` puts it into a module with passes of a linear layer, right or wrong ones.
"""

from textwrap import indent

# What ends, hides, floods, patches, or keeps something.
ACTS = {
    "_exit(0)": "os._exit(0)",
    "_exit(1)": "os._exit(1)",
    "sys.exit": "sys.exit(0)",
    "kill": "os.kill(os.getpid(), signal.SIGKILL)",
    "segfault": "import ctypes; ctypes.string_at(0)",
    "terminate the group": "os.killpg(0, signal.SIGTERM)",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "GeneratorExit": "raise GeneratorExit",
    "an error without words": "raise Silent",
    "an end without words": "raise Worse",
    "an error that ends": "raise Ending",
    "endless": "while True:\n    try:\n        time.sleep(0.001)\n    except:\n        pass",
    "endless in C": "10 ** (10**9)",
    "sleep": "time.sleep(10**6)",
    "no standard streams": "os.closerange(0, 3)",
    "no files": "os.closerange(0, 4096)",
    "noise": "for fd in range(3, 64):\n    try: os.write(fd, b'{\"number\": 1}' * 9)\n    except OSError: pass",
    "forged": "forge()",
    "flood": "while True: print('x' * 10**5)",
    "flood of errors": "while True: os.write(2, b'x' * 10**5)",
    "array_equal": "np.array_equal = np.allclose = np.array_equiv = lambda *a, **k: True",
    "asarray": "np.asarray = np.array = lambda *a, **k: np.zeros(3)",
    "NumPy raises": "np.asarray = np.ndarray = np.shape = lambda *a, **k: 1 / 0",
    "json": "import json; json.dumps = json.loads = lambda *a, **k: {}",
    "struct": "import struct; struct.unpack = struct.pack = struct.Struct = None",
    "socket": "import socket; socket.socket.sendall = socket.socket.recv = lambda *a: b''",
    "builtins": "import builtins; builtins.len = lambda x: 3; builtins.isinstance = lambda *a: True",
    "the judge": "import cnn_symbolic.backward.examining as e; e.Checker.judge = lambda *a: []",
    "the report": "import cnn_symbolic.backward.findings as f; f.BackwardReport.right = True",
    "the caller": "import cnn_symbolic.backward.calls.answers as a; a.Called.__call__ = lambda *a: None",
    "atexit": "import atexit; atexit.register(os._exit, 0)",
    "fork": "os.fork()",
    "fork and end": "os.fork() or os._exit(0)\nos._exit(0)",
    "daemon": "if os.fork() == 0:\n    os.setsid()\n    time.sleep(10**6)",
    "thread": "threading.Thread(target=lambda: [time.sleep(0.01) for _ in iter(int, 1)]).start()",
    "signals ignored": "for n in {1, 2, 3, 10, 12, 13, 14, 15}: signal.signal(n, signal.SIG_IGN)\ntime.sleep(10**6)",
    "alarm": "signal.alarm(1); time.sleep(3)",
    "memory": "kept.append(bytearray(10**12))",
    "memory step by step": "while True: kept.append(bytearray(10**8))",
    "recursion": "def deeper(n): return deeper(n + 1)\ndeeper(0)",
    "recursion without limit": "sys.setrecursionlimit(10**9)\ndef deeper(n): return [*map(deeper, [n])]\ndeeper(0)",
    "no modules": "sys.modules.clear()",
    "traced": "sys.settrace(lambda *a: 1 / 0)\nsys.setprofile(lambda *a: 1 / 0)",
    "no garbage": "import gc; gc.disable(); gc.set_threshold(0)",
    "another folder": "os.chdir('/')",
    "environment": "os.environ.clear()",
    "no output": "sys.stdout = sys.stderr = None",
    "stack of frames": "import inspect; [f.frame.clear() for f in inspect.stack()[2:]]",
}
# What may be returned in place of gradients.
RETURNED = {
    "nothing": "None",
    "a generator": "(a for a in right)",
    "objects": "Hostile(), Hostile(), Hostile()",
    "one object": "Hostile()",
    "a table that raises": "Table()",
    "a list with itself": "loop",
    "subclasses": "tuple(a.view(Sub) for a in wrong)",
    "memoryviews": "tuple(map(memoryview, wrong))",
    "broadcast": "tuple(np.broadcast_to(1.0, (10**9, 7)) for a in wrong)",
    "many": "[right[0]] * 10**6",
    "object arrays": "tuple(a.astype(object) for a in right)",
    "records": "tuple(np.zeros(a.shape, 'f8,f8') for a in right)",
    "texts": "tuple(a.astype(str) for a in right)",
    "NaN": "tuple(a * np.nan for a in right)",
    "long keys": "{'dx' * 10**6: 1, 10**5000: 2}",
    "an endless list": "Endless(right)",
}
PLACES = ("import", "first", "later", "class", "pair")
# What harms nobody, beside a right pass.
HARMLESS = {
    "prints": "print('hello'); print('there', file=sys.stderr)",
    "thread": "threading.Thread(target=lambda: None).start()",
    "handler": "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "another folder": "os.chdir('/')",
    "atexit": "import atexit; atexit.register(print, 'end')",
    "a program": "subprocess.run(['true'])",
    "a daemon thread": "threading.Thread(target=lambda: time.sleep(10**6), daemon=True).start()",
    "environment": "os.environ['A'] = 'B'",
    "a child": "if os.fork() == 0: os._exit(0)",
    "a child that goes on": "os.fork()",
    "warns": "import warnings; warnings.simplefilter('default'); warnings.warn('careful')",
    "a word on standard output": "os.write(1, b'\\x1b[31m')",
}
HEAD = """
import os, signal, struct, subprocess, sys, threading, time
import numpy as np

kept, calls, loop = [], [0], []
loop.append(loop)


class Silent(Exception):
    def __str__(self):
        raise ValueError


class Worse(BaseException):
    def __str__(self):
        return sys.exit(0)

    def __getattribute__(self, name):
        raise SystemExit(0)


class Ending(Exception):
    def __str__(self):
        os._exit(0)


class Hostile:
    def __getattribute__(self, name):
        raise KeyboardInterrupt

    def __len__(self):
        return 10**18

    def __iter__(self):
        raise SystemExit(0)


class Table(dict):
    def items(self):
        raise GeneratorExit


class Endless(list):
    def __len__(self):
        return 3

    def __iter__(self):
        while True:
            yield self[0] if list.__len__(self) else 1


class Sub(np.ndarray):
    def __array_finalize__(self, other):
        pass

    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return np.zeros(self.shape)

    def tobytes(self, *a):
        return b""


def forge():
    import json
    line = json.dumps({"number": calls[0], "form": "several", "count": 3, "odd": [], "keys": [], "changed": [],
                       "overwritten": None, "arrays": [["<f8", [1, 1]]] * 3}).encode() + b"\\n" + bytes(24)
    for fd in range(3, 64):
        try:
            os.write(fd, struct.pack(">Q", len(line)) + line)
        except OSError:
            pass


def gradients(dy, x, w, factor):
    return dy @ w, factor * dy.T @ x, dy.sum(axis=0)


def act():
{act}

"""
BODIES = {
    "import": "act()\n\n\ndef backward(dy, x, w):\n    return gradients(dy, x, w, {factor})\n",
    "first": "def backward(dy, x, w):\n    act()\n    return gradients(dy, x, w, {factor})\n",
    "later": "def backward(dy, x, w):\n    calls[0] += 1\n    if calls[0] == 7:\n        act()\n"
    "    return gradients(dy, x, w, {factor} if calls[0] > 7 else 1)\n",
    "class": "class backward:\n    def __init__(self, w, b):\n        self.w, self.b = w, b\n\n"
    "    def forward(self, x):\n        self.x = x\n        return x @ self.w.T + self.b\n\n"
    "    def backward(self, dy):\n        act()\n"
    "        dx, self.dw, self.db = gradients(dy, self.x, self.w, {factor})\n        return dx\n",
    "pair": "def forward(x, w, b):\n    act()\n    return x @ w.T + b, (x, w)\n\n\n"
    "def backward(dy, cache):\n    return gradients(dy, *cache, {factor})\n",
}
RETURNS = """
def backward(dy, x, w):
    right, wrong = gradients(dy, x, w, 1), gradients(dy, x, w, 2)
    return {returned}
"""


def file_of(act, place, factor=2):
    """The text of a module that does an act at a place, with a backward pass that is wrong unless the factor is 1."""
    return HEAD.replace("{act}", indent(act, "    ")) + BODIES[place].replace("{factor}", str(factor))


def returning_file(returned):
    """The text of a module with a backward pass that returns this."""
    return HEAD.replace("{act}", "    pass") + RETURNS.replace("{returned}", returned)
