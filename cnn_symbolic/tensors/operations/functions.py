"""Functions of tensors, entry by entry: the known ones, and arbitrary differentiable ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from cnn_symbolic.expressions.formulas import entry
from cnn_symbolic.expressions.heads import Opaque
from cnn_symbolic.expressions.known_functions import KNOWN
from cnn_symbolic.expressions.shapes import check_name
from cnn_symbolic.ground.errors import FragmentError, OperandError
from cnn_symbolic.tensors import samples as s
from cnn_symbolic.tensors import writing
from cnn_symbolic.tensors.operation import Definition, Proposal, given, operation
from cnn_symbolic.tensors.sources import Call
from cnn_symbolic.tensors.tensor import Tensor


def other_derivatives(call: Call) -> Iterator[Proposal]:
    """Yield the function with one derivative more or less."""
    function, order = call.options["function"], call.options["order"]
    for found in {order + 1, max(order - 1, 0)} - {order}:
        this, other = (f"{function}{'′' * n}" for n in (order, found))
        build = partial(call.again, call.operands, order=found)
        yield Proposal(f"{other} in place of {this}", build, f"{this} in place of {other}")


@operation(
    "applying a function entry by entry",
    "m",
    given(s.x, function="σ", order=1),
    written=writing.applied,
    mistakes=other_derivatives,
)
def apply(x: Tensor, *, function: str, order: int = 0) -> Definition:
    """apply(x)[i] = f⁽ⁿ⁾(x[i]) inside the shape of x: a known function, or an arbitrary differentiable one.

    `order` counts derivatives. The tensor must have a name, so that the function's argument has one. Raises
    FragmentError for a tensor without a name.

    >>> from cnn_symbolic import apply, tensor
    >>> z = tensor(3, name="z")
    >>> apply(z, function="σ", order=1)[0], apply(z, function="log", order=1)[0]
    (σ′(z[0]), reciprocal(z[0]))
    """
    if x.name is None:
        raise FragmentError(f"{function} can be applied to a tensor with a name only: write named('z', {x}) first")
    if not isinstance(function, str) or not function or not isinstance(order, int) or order < 0:
        raise OperandError(f"apply takes a function's name and a count of derivatives, found {function!r}, {order!r}")
    function = function if function in KNOWN else check_name(function, "a function", primes="")
    name = x.name
    confined = not order or function not in KNOWN  # 1 − tanh² is not zero outside of the shape
    return Definition(x.lengths, lambda index: Opaque(function, order, entry(name, index)), confined)


@dataclass(frozen=True)
class Function:
    """An arbitrary differentiable function, to be applied entry by entry: `σ(z)`, its derivative `σ(z, order=1)`."""

    name: str

    def __call__(self, x: Tensor, order: int = 0) -> Tensor:
        """Return the function, differentiated `order` times, of a tensor with a name."""
        return apply(x, function=self.name, order=order)


def function(name: str) -> Function:
    """Return an arbitrary differentiable function; raise OperandError for the name of a known one, such as `exp`.

    >>> from cnn_symbolic import function, tensor
    >>> σ, z = function("σ"), tensor(3, name="z")
    >>> σ(z), σ(z)[0], σ(z, order=1)[0]
    (<Tensor σ(z) of shape (3,)>, σ(z[0]), σ′(z[0]))
    """
    if name in KNOWN:
        raise OperandError(f"{name} is a known function, {definition(name)}: write {name}(x), without function()")
    return Function(check_name(name, "a function", primes=""))


def known(name: str, slope: str) -> Callable[..., Tensor]:
    """Return a known function of tensors with a name, entry by entry; `slope` is its derivative at x[0], as printed."""

    def applied(x: Tensor, order: int = 0) -> Tensor:
        return apply(x, function=name, order=order)

    applied.__name__ = applied.__qualname__ = name
    applied.__doc__ = (
        f"Return {name}(t) = {definition(name)} of every entry t, or its derivative of that order.\n\n"
        "The shape stays. Raises FragmentError for a tensor without a name.\n\n"
        f">>> from cnn_symbolic import tensor\n>>> from cnn_symbolic.layers import {name}\n"
        f'>>> x = tensor(3, name="x")\n>>> {name}(x)[0], {name}(x, order=1)[0]\n({name}(x[0]), {slope})'
    )
    return applied


def definition(name: str) -> str:
    """Return what a known function is, and where."""
    return KNOWN[name].definition + {"": "", ">": " for t > 0", "!=": " for t ≠ 0"}[KNOWN[name].where]


exp, log = known("exp", "exp(x[0])"), known("log", "reciprocal(x[0])")
reciprocal = known("reciprocal", "-reciprocal(x[0])^2")
sqrt, rsqrt = known("sqrt", "1/2·rsqrt(x[0])"), known("rsqrt", "-1/2·rsqrt(x[0])^3")
sigmoid, tanh = known("sigmoid", "sigmoid(x[0]) - sigmoid(x[0])^2"), known("tanh", "-tanh(x[0])^2 + 1")
softplus, relu, step = known("softplus", "sigmoid(x[0])"), known("relu", "step(x[0])"), known("step", "0")
