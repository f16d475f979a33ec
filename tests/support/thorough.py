"""How much of what is alike the default run takes."""

import pytest

CHOSEN = [False]


def share(usual, thorough):
    """The first by default, and the second where everything is run."""
    return thorough if CHOSEN[0] else usual


def every(step, cases, ids=None):
    """The cases as parameters, of which the default run takes the first of every `step`; `ids` names them."""
    cases = list(cases)
    names = [None] * len(cases) if ids is None else list(map(ids, cases)) if callable(ids) else list(ids)
    marks = [pytest.mark.slow if k % step else () for k in range(len(cases))]
    values = [case if isinstance(case, tuple) else (case,) for case in cases]
    return [pytest.param(*case, id=name, marks=of) for case, name, of in zip(values, names, marks, strict=True)]
