"""Declaring claims: prove, refute and claim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from cnn_symbolic.expressions.shapes import check_letters, format_shape
from cnn_symbolic.expressions.values import Truth
from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.kernel.search.exchanges import as_exchanged
from cnn_symbolic.proofs.derivation import Derivation, Sizes, Step
from cnn_symbolic.tensors.comparing import comparable
from cnn_symbolic.tensors.shapes import ShapeOf
from cnn_symbolic.tensors.tensor import Equation, Tensor


def declare(
    title: str,
    left: Any,
    equals: Any,
    expected: str,
    assuming: Iterable[Any] = (),
    steps: Sequence[Step] = (),
    indices: str = "",
    article: str = "",
) -> Derivation:
    """Return a derivation, and hand it to whoever is collecting them."""
    if not isinstance(title, str) or not isinstance(article, str) or not isinstance(indices, str):
        raise OperandError(f"a claim's title, indices and ids are texts, found {(title, indices, article)}")
    if not all(isinstance(step, Step) for step in steps):
        raise OperandError(f"{title!r}: steps= is a list such as [Step(lambda i: …, 'why')], found {steps!r}")
    if isinstance(left, tuple | list):
        left = tuple(left)
    elif not isinstance(left, Tensor | ShapeOf):
        raise OperandError(f"{title!r}: a claim is about a tensor, shape(tensor) or a tuple of sizes, found {left!r}")
    if not isinstance(left, Tensor) and isinstance(equals, tuple | list):
        right: Tensor | ShapeOf | Sizes = tuple(equals)
    elif isinstance(equals, Tensor | ShapeOf):
        right = equals
    else:
        shape = format_shape(left if isinstance(left, tuple) else left.shape)
        raise OperandError(f"{title!r}: equals= is a tensor of shape {shape}, or sizes for a shape, found {equals!r}")
    if not isinstance(assuming, Iterable):
        raise OperandError(f"{title!r}: assuming= is a list of conditions, such as [M >= I], found {assuming!r}")
    given = tuple(assuming)
    comparable(left, right, given)
    right = as_exchanged(left, right, given)
    lines = tuple(with_exchange(step, left, given) for step in steps)
    letters = check_letters(indices, len(indices.split()), f"the claim {title!r}")
    return Derivation(title, left, right, expected, given, lines, letters, tuple(article.split()))


def with_exchange(step: Step, left: Any, assuming: tuple[Any, ...]) -> Step:
    """Return a step of a proof, a tensor as what it is on the right side of the claim."""
    formula = as_exchanged(left, step.formula, assuming)
    return step if formula is step.formula else replace(step, formula=formula)


def prove(
    title: str,
    left: Tensor | ShapeOf | Sizes,
    *,
    equals: Any,
    assuming: Iterable[Any] = (),
    steps: Sequence[Step] = (),
    indices: str = "",
    article: str = "",
    expect: str = "proved",
) -> Derivation:
    """Declare that `left` equals `equals` at all sizes: same shape, same entries. A shape may be a tuple of sizes.

    `assuming` lists conditions on the sizes, `steps` the lines in between that the author wants shown,
    `indices` the letters that print the entry's axes, `article` the ids of the article's claims that
    this settles. With `expect="holds for literal values"` the claim may be decided at literal values of its strides
    and other factors only, which proves nothing about others. Raises ShapeError when the two cannot be compared.

    >>> from cnn_symbolic import prove, rot180, sizes, tensor
    >>> M, N = sizes("M N")
    >>> x = tensor(M, N, name="x")
    >>> prove("Two half turns are none", rot180(rot180(x)), equals=x).outcome
    'proved'
    """
    return declare(title, left, equals, expectation(expect), assuming, steps, indices, article)


EXPECTATIONS = {"proved": "proved", "holds for literal values": "holds"}


def expectation(expect: str) -> str:
    """Return the outcome that an author expects; raise OperandError for other words."""
    if expect not in EXPECTATIONS:
        raise OperandError(f"expect= is {' or '.join(map(repr, EXPECTATIONS))}, found {expect!r}")
    return EXPECTATIONS[expect]


def refute(
    title: str | Equation | Truth,
    left: Tensor | ShapeOf | Sizes | None = None,
    *,
    equals: Any = None,
    assuming: Iterable[Any] = (),
    article: str = "",
    indices: str = "",
) -> Derivation:
    """Declare that `left` does not equal `equals` at all sizes; the kernel has to find where.

    `refute(x == y)` declares it of an equation, as `claim` does. Raises ShapeError when the two cannot be compared.

    >>> from cnn_symbolic import convolve, correlate, refute, sizes, tensor
    >>> M, I = sizes("M I")
    >>> x, w = tensor(M, name="x"), tensor(I, name="w")
    >>> found = refute(correlate(x, w) == convolve(x, w, mode="valid")).verdict
    >>> dict(found.sizes), found.holds_when
    ({'M': 2, 'I': 2}, I == 1)
    """
    if isinstance(title, str):
        return declare(title, left, equals, "refuted", assuming, article=article, indices=indices)
    written, left, equals = equated(title, "refute")
    return declare(written, left, equals, "refuted", assuming, article=article, indices=indices)


def claim(
    equation: Equation | Truth,
    *,
    assuming: Iterable[Any] = (),
    title: str = "",
    indices: str = "",
    article: str = "",
    expect: str = "proved",
) -> Derivation:
    """Declare that an equation of tensors, shapes or sizes holds at all sizes: `claim(shape(z) == (M - I + 1,))`.

    The title is the equation, unless given; `indices` are the letters that print the entry's axes, `article` and
    `expect` are as in `prove`. Raises OperandError for what is not an equation.

    >>> from cnn_symbolic import claim, convolve, sizes, tensor
    >>> M, I = sizes("M I")
    >>> x, w = tensor(M, name="x"), tensor(I, name="w")
    >>> claim(convolve(x, w) == convolve(w, x)).outcome
    'proved'
    """
    written, left, right = equated(equation, "claim")
    return declare(title or written, left, right, expectation(expect), assuming, (), indices, article)


def equated(equation: Any, owner: str) -> tuple[str, Any, Any]:
    """Return an equation as text, and its sides; two sizes are shapes of one axis."""
    if isinstance(equation, Equation):
        left, right = equation.left, equation.right
    elif isinstance(equation, Truth) and equation.sides is not None:
        first, second = equation.sides
        return f"{first} = {second}", (first,), (second,)
    else:
        raise OperandError(
            f"{owner} takes an equation of tensors, shapes or sizes, such as {owner}(x == y), found {equation!r}; "
            "tuples of sizes are compared with a shape, such as shape(x) == (M,)"
        )
    texts = (format_shape(s) if isinstance(s, tuple | list) else str(s) for s in (left, right))
    return " = ".join(texts), left, right
