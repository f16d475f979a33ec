"""Claims as text, computed in real numbers by mpmath: a second reading of the language, by running it as Python.

Gradients are difference quotients, at 60 digits. It shares no code with the package.
"""

from random import Random

import mpmath
import numpy as np

REAL = mpmath.MPContext()
REAL.dps = 60
STEP, CLOSE = REAL.mpf(10) ** -25, REAL.mpf(10) ** -15
SIZES = {"B": 2, "C": 2, "D": 3, "K": 3, "M": 4, "N": 3, "I": 2}


class OutsideError(Exception):
    """A function has no value at a number."""


def positive(function):
    def checked(t):
        if t <= 0:
            raise OutsideError
        return function(t)

    return checked


FUNCTIONS = {
    "exp": REAL.exp,
    "log": positive(REAL.log),
    "sqrt": positive(REAL.sqrt),
    "rsqrt": positive(lambda t: 1 / REAL.sqrt(t)),
    "reciprocal": lambda t: 1 / t,
    "sigmoid": lambda t: 1 / (1 + REAL.exp(-t)),
    "tanh": REAL.tanh,
    "softplus": lambda t: REAL.log(1 + REAL.exp(t)),
    "relu": lambda t: t if t > 0 else 0 * t,
    "step": lambda t: REAL.mpf(t > 0),
}


class Numbers(np.ndarray):
    """An array whose `==` is the pair of both sides."""

    def __eq__(self, other):
        return (self, other)

    __hash__ = object.__hash__


def numbers(array):
    return np.asarray(array, dtype=object).view(Numbers)


class Run:
    """One run of a text: random numbers for its tensors, those of one of them moved a little."""

    def __init__(self, text, seed, signs, moved=None):
        self.text, self.seed, self.signs, self.moved = text, seed, signs, moved
        self.random, self.names, self.cotangents = Random(seed), {}, {}
        env = {
            **SIZES,
            **{name: self.applied(f) for name, f in FUNCTIONS.items()},
            "tensor": self.tensor,
            "scalar": lambda: self.tensor(),
            "ones": lambda *shape: numbers(np.full(shape, REAL.one, dtype=object)),
            "sum_axes": lambda x, axes, keepdims=False: numbers(np.sum(x, axis=axes, keepdims=keepdims)),
            "dot": lambda x, y: numbers(np.sum(x * y)),
            "broadcast": lambda x, shape: numbers(np.broadcast_to(x, shape)),
            "rot180": lambda x: numbers(np.flip(x)),
            "named": lambda name, x: x,
            "function": lambda: self.applied(lambda t: t**3 + 2 * t + 5),
            "pad": lambda x, widths: numbers(np.pad(x, widths, constant_values=REAL.zero)),
            "correlate": lambda x, w: numbers(np.correlate(x, w, "valid")),
            "cotangent": self.cotangent,
            "gradient": self.gradient,
            "claim": lambda equation: equation,
        }
        self.claims = []
        for line in text.strip().splitlines():
            target, _, right = line.partition(" = ")
            if line.startswith("claim"):
                self.claims.append(eval(line, env))
            else:
                self.names[target] = env[target] = eval(right, env)
                if moved is not None and moved[0] == target:
                    self.names[target][moved[1]] += STEP

    def tensor(self, *shape):
        entries = [REAL.mpf(self.random.uniform(0.3, 2)) for _ in range(int(np.prod(shape)))]
        if not self.signs:
            entries = [self.random.choice((-1, 1)) * e for e in entries]
        return numbers(np.array(entries, dtype=object).reshape(shape))

    def applied(self, function):
        return lambda x: numbers(np.frompyfunc(function, 1, 1)(x))

    def called(self, x):
        return next(name for name, value in self.names.items() if value is x)

    def cotangent(self, x):
        random = Random(self.called(x))
        entries = [REAL.mpf(random.uniform(-2, 2)) for _ in range(np.size(x))]
        return numbers(np.array(entries, dtype=object).reshape(np.shape(x)))

    def gradient(self, output, wrt, cotangent=None):
        if self.moved is not None:
            return numbers(np.zeros(np.shape(wrt), dtype=object))
        arriving = self.cotangent(output) if cotangent is None else cotangent
        name, by, found = self.called(output), self.called(wrt), np.empty(np.shape(wrt), dtype=object)
        setup = "\n".join(line for line in self.text.strip().splitlines() if not line.startswith("claim"))
        for at in np.ndindex(*np.shape(wrt)):
            moved = Run(setup, self.seed, self.signs, (by, at)).names[name]
            found[at] = np.sum((moved - output) / STEP * arriving)
        return numbers(found)


def are_true(text, tries=6):
    """Whether each claim of a text is true at random numbers; None where none were found at which it has a value."""
    found = None
    for seed in range(tries * 3):
        try:
            run = Run(text, seed, signs=seed % 3 > 0)
        except (OutsideError, ZeroDivisionError):
            continue
        same = [bool(np.all(abs(np.asarray(a - b, dtype=object)) < CLOSE)) for a, b in run.claims]
        found = same if found is None else [x and y for x, y in zip(found, same, strict=True)]
    return found
