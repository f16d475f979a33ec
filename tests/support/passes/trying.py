"""The corpus is run: right passes and wrong ones at small shapes, and normalisations by differences.

At which small shapes a planted mistake is nevertheless right is what its condition says.
"""

from random import Random

import numpy as np

from cnn_symbolic.backward.calls.answers import Misbehaviour
from cnn_symbolic.backward.check import adapt, check_backward, some
from cnn_symbolic.backward.examining import Checker
from cnn_symbolic.backward.forwards import read_forward
from cnn_symbolic.backward.opening import CodeHere, Setting
from cnn_symbolic.backward.strategies import posed
from cnn_symbolic.witnesses.windows import per_axis
from tests.support.passes import load, some_values

# The axes that a single map is without.
SINGLE = "NCOI"
# How many sets of data are tried at a shape, and where the order of the entries of x decides.
POINTS, ORDERS = 6, 40
# The step of differences, and how near they are to the right ones.
STEP, NEAR, SMALL = np.longdouble("1e-4"), 1e-7, 1e-11


def checked(right, function, **options):
    """Return the report on a pass, or on one with a mistake, with some values for the open options."""
    return check_backward(function, of=some_values(right.of), **right.told, **options)


def small_problems(right, count, seed=0):
    """Yield layers with fixed options and small shapes of x and w that a pass takes, as the package has them."""
    layer, random = read_forward(some_values(right.of)), Random(seed)
    variants, seen = list(layer.varied()), set()

    def pick(letters, values):
        if right.layout == "HW" and set(letters) & set(SINGLE):
            return 1
        return random.choice([v for v in values if v <= 3] if letters else list(values)[:6])

    for k in range(100 * count):
        variant = variants[k % len(variants)]
        shapes = variant.draw(pick)
        problem = str(variant), tuple(shapes.items())
        fits = all(holds(condition, sizes(variant, shapes)) for condition in right.domain)
        if problem not in seen and fits and max(shapes.get("w", (1,))[2:], default=1) <= 4:
            seen.add(problem)
            yield variant, shapes
        if len(seen) == count:
            return


def sizes(layer, shapes):
    """Return the sizes that the conditions are about, by letter."""
    x, y = shapes["x"], layer.result_shape(shapes)
    named = dict(zip("NCHWO", x, strict=False)) | dict(zip("RT", y[2:], strict=False))
    named |= dict(zip("IJQ", shapes["w"][2:] if "w" in shapes else layer.overlay(shapes), strict=False))
    for letter, option in (("S", "stride"), ("P", "padding"), ("D", "dilation"), ("F", "factors")):
        if option in layer.settings:
            named[letter] = per_axis(layer.settings[option], 1, option, 0)[0]
    return named | {"K": y[1]}


def holds(condition, named):
    """Tell whether a condition of the corpus holds for sizes."""
    return bool(eval(condition, dict(named)))


def opened(right, function):
    """Return what calls a pass at one shape after another, as `check_backward` does."""
    code, options = CodeHere(function), right.told
    asked = (options.pop(name, None) for name in ("signature", "parameters", "gradients", "layout", "filters"))
    setting = Setting(code.layer(some_values(right.of), 10), *asked, False, "float64", None, (), 10)
    callee, forward, called = code.opened(setting)
    checker = Checker(callee, forward, called, setting.arrays, "float64", 2.0**-64, 0)
    for problem in some(checker, 40):  # which results it returns is seen where it does not fail
        adapt(checker, [problem])
        if problem in checker.last:
            break
    return checker


def right_at(checker, layer, shapes):
    """Tell whether a pass is right for a layer with fixed options at one shape, with some data."""
    problem, trial = posed(layer, shapes), checker.fresh()
    for point in range(ORDERS if layer.fixed else POINTS):
        example = trial.example(problem, trial.values(problem, point))
        try:
            wrong = trial.judge(example, trial.attempt(example)) + trial.failures
        except Misbehaviour:
            return False
        if wrong:
            return False
    return True


def deviations(right, function, condition, count, seed=0):
    """Yield small shapes at which a pass is not right where a condition holds, or right where it does not.

    It may be right where it does not hold if a window has nothing but padding: gradients are zero there.
    """
    checker = opened(right, function)
    for layer, shapes in small_problems(right, count, seed):
        found = right_at(checker, layer, shapes)
        if found != holds(condition, sizes(layer, shapes)) and not (found and beside(layer, shapes)):
            yield layer, shapes, found


def beside(layer, shapes):
    """Tell whether a window has nothing but padding."""
    return any(
        not any(0 <= r * axis.stride - axis.before + i * axis.dilation < axis.size for i in range(axis.overlay))
        for axis in layer.axes(shapes)
        for r in range(axis.positions)
    )


# Normalisation


def normalised_at(right, function, shape):
    """Return which gradients of a pass with a forward pass beside it are those of differences, at a shape of x."""
    forward, random = getattr(load(right.path, right.file), right.of), np.random.default_rng(sum(shape))
    channel = 1 if "N, C" in right.arguments else -1
    arrays = [random.standard_normal(size).astype(np.longdouble) for size in (shape, shape[channel], shape[channel])]
    dy = random.standard_normal(shape).astype(np.longdouble)
    found = function(dy, arrays[0], arrays[1])
    right_ones = [differences(forward, arrays, k, dy) for k in range(3)]
    names = ("dx", "dgamma", "dbeta")
    return {
        name: np.shape(one) == other.shape and np.allclose(one, other, NEAR, SMALL)
        for name, one, other in zip(names, found, right_ones, strict=True)
    }


def differences(forward, arrays, k, dy):
    """Return the gradient of one array by central differences of fourth order in extended precision."""
    gradient = np.zeros(arrays[k].shape, dtype=np.longdouble)

    def at(place, step):
        moved = [array.copy() for array in arrays]
        moved[k][place] += step
        return (dy * forward(*moved)).sum()

    for place in np.ndindex(gradient.shape):
        near, far = (at(place, n * STEP) - at(place, -n * STEP) for n in (1, 2))
        gradient[place] = (8 * near - far) / (12 * STEP)
    return gradient


def shapes_of_maps(right):
    """Return small shapes of x for a normalisation."""
    if right.arguments.startswith("x (N, D)"):
        return [(n, d) for n in (1, 2, 3, 5) for d in (1, 2, 4)]
    return [
        (1, 1, 1, 1),
        (2, 1, 1, 1),
        (1, 2, 1, 1),
        (1, 2, 3, 1),
        (2, 3, 1, 2),
        (3, 1, 2, 2),
        (2, 2, 3, 4),
        (3, 2, 1, 1),
    ]


def axes_of_maps(right, shape):
    """Return the sizes of x by the letters of its axes."""
    letters = right.arguments.partition("(")[2].partition(")")[0].split(", ")
    return dict(zip(letters, shape, strict=True))
