"""Backward passes of PyTorch and JAX as functions over NumPy arrays, for `check_backward`.

The gradients are those that the framework computes when it differentiates the function: its own, or those of a
`torch.autograd.Function` or a `jax.custom_vjp`. Sources: the documentation of `torch.autograd.grad`,
`torch.func.functional_call`, `jax.vjp`.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from cnn_symbolic.ground.errors import MissingPackageError, OperandError, ShapeError

INPUTS = ("x", "w", "b")
# What a module of PyTorch calls its parameters w and b.
PARAMETERS = ("weight", "bias")
DTYPES = ("float16", "float32", "float64")


@dataclass(frozen=True, repr=False)
class FrameworkBackward:
    """A backward pass over NumPy arrays: called with dy and the inputs, it returns y and the gradient of each input.

    `framework` is "torch" or "jax", `function` the differentiable function that was given. `signature` names the
    arguments and results; it is the longest one, "dy, x, w, b -> y, dx, dw, db", if the parameters of the function
    cannot be inspected.
    """

    framework: str
    function: Callable[..., Any]
    signature: str
    compute: Callable[[np.ndarray, Sequence[np.ndarray]], tuple[np.ndarray, ...]]

    def __call__(self, dy: np.ndarray, x: np.ndarray, *parameters: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return y, dx and the gradients of the parameters, which are none, w, or w and b."""
        arrays = (dy, x, *parameters)
        for name, array in zip(("dy", *INPUTS), arrays, strict=False):
            if not isinstance(array, np.ndarray) or array.dtype.name not in DTYPES:
                found = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
                raise OperandError(f"{name} is a NumPy array of {', '.join(DTYPES)} in {self!r}, found {found}")
        return self.compute(dy, (x, *parameters))

    def __repr__(self) -> str:
        """Return the call that makes it, such as "of_torch(conv2d)"; options that are bound are left out."""
        function = self.function
        while isinstance(function, partial):
            function = function.func
        return f"of_{self.framework}({getattr(function, '__name__', type(function).__name__)})"


def of_torch(function: Callable[..., Any]) -> FrameworkBackward:
    """Return the backward pass that PyTorch has for a function of tensors x, (x, w) or (x, w, b).

    The function is any differentiable one, a subclass of `torch.autograd.Function`, or a `torch.nn.Module`: the
    parameters `weight` and `bias` of a module are w and b, and the module itself is not changed. Further arguments
    are bound beforehand, by a lambda or `functools.partial`. The result takes and returns NumPy arrays,
    "dy, x, w, b -> y, dx, dw, db", "dy, x, w -> y, dx, dw" or "dy, x -> y, dx", in the precision it is given; the
    tensors share the memory and the strides of the arrays. Raises MissingPackageError without PyTorch.

    >>> from torch.nn.functional import conv1d
    >>> from cnn_symbolic.backward import check_backward, of_torch
    >>> of_torch(conv1d), of_torch(conv1d).signature
    (of_torch(conv1d), 'dy, x, w, b -> y, dx, dw, db')
    >>> check_backward(of_torch(conv1d), of="conv1d()", examples=5).outcome
    'right'
    """
    torch = framework("torch", "PyTorch")
    apply, count = applied(torch, function)

    def compute(dy: np.ndarray, arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        inputs = [tensor(torch, array).requires_grad_() for array in arrays]
        with torch.enable_grad():
            y = apply(*inputs)
        if not isinstance(y, torch.Tensor) or not y.requires_grad:
            found = "a tensor that PyTorch did not follow" if isinstance(y, torch.Tensor) else type(y).__name__
            raise OperandError(f"the function returns one tensor, computed from its inputs by PyTorch, found {found}")
        same_shape(y.shape, dy.shape)
        # An input without influence, and one for which a backward pass returns None, has the gradient zero.
        gradients = torch.autograd.grad(y, inputs, tensor(torch, dy), allow_unused=True, materialize_grads=True)
        return tuple(t.detach().numpy() for t in (y, *gradients))

    return FrameworkBackward("torch", function, signature_of(count), compute)


def of_jax(function: Callable[..., Any]) -> FrameworkBackward:
    """Return the backward pass that JAX has for a function of arrays x, (x, w) or (x, w, b).

    The function is any that `jax.vjp` takes, with a `jax.custom_vjp` of its own or without. Further arguments are
    bound beforehand, by a lambda or `functools.partial`. The result takes and returns NumPy arrays as that of
    `of_torch` does; JAX's 64 bits are enabled for float64, and only during the call. Raises MissingPackageError
    without JAX.

    >>> from cnn_symbolic.backward import check_backward, of_jax
    >>> backward = of_jax(lambda x, w, b: x @ w.T + b)
    >>> backward.signature, check_backward(backward, of="linear()", examples=5).outcome
    ('dy, x, w, b -> y, dx, dw, db', 'right')
    """
    jax = framework("jax", "JAX")

    def compute(dy: np.ndarray, arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        with sixty_four_bits(jax) if dy.dtype == np.float64 else nullcontext():
            y, pull_back = jax.vjp(function, *(jax.numpy.array(array) for array in arrays))
            if not isinstance(y, jax.Array):
                raise OperandError(f"the function returns one array of JAX, found {type(y).__name__}")
            same_shape(y.shape, dy.shape)
            return tuple(np.array(a) for a in (y, *pull_back(jax.numpy.array(dy))))

    return FrameworkBackward("jax", function, signature_of(input_count(function)), compute)


def framework(name: str, title: str) -> Any:
    """Import a framework; raise MissingPackageError, which names the extra, if there is none."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingPackageError(
            f"of_{name} needs {title}: python -m pip install 'cnn-symbolic[{name}]' ({error})"
        ) from error


def signature_of(count: int) -> str:
    """Return the signature of the backward pass of a function of so many inputs."""
    names = INPUTS[:count]
    return f"dy, {', '.join(names)} -> y, {', '.join(f'd{name}' for name in names)}"


def input_count(function: Callable[..., Any], skipped: int = 0) -> int:
    """Return how many inputs a function has: its positional parameters without a default, and an optional bias.

    `skipped` parameters before them are not counted. Returns 3 if the parameters cannot be inspected.
    """
    if not callable(function):
        raise OperandError(f"expected a function of x, (x, w) or (x, w, b), found {function!r}")
    try:
        parameters = list(inspect.signature(function).parameters.values())[skipped:]
    except ValueError:  # a built-in function
        return len(INPUTS)
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return len(INPUTS)
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    inputs = [p.name for p in positional if p.default is p.empty]
    if not 1 <= len(inputs) <= len(INPUTS):
        raise OperandError(
            f"expected a function of x, (x, w) or (x, w, b), found the parameters ({', '.join(inputs)}): "
            "bind further ones by a lambda or functools.partial"
        )
    has_bias = len(inputs) == 2 and any(p.name in ("b", "bias") for p in positional[2:])
    return len(inputs) + has_bias


def applied(torch: Any, function: Any) -> tuple[Callable[..., Any], int]:
    """Return what is called for a module, an autograd function or a function, and how many inputs it has."""
    if isinstance(function, torch.nn.Module):
        return of_module(torch, function), 1 + len(module_parameters(function))
    if isinstance(function, type) and issubclass(function, torch.autograd.Function):
        operation: Any = function
        has_context = operation.setup_context is torch.autograd.Function.setup_context
        return operation.apply, input_count(operation.forward, skipped=int(has_context))
    return function, input_count(function)


def module_parameters(module: Any) -> tuple[str, ...]:
    """Return the names of a module's parameters: none, its weight, or its weight and bias."""
    found = tuple(name for name, _ in module.named_parameters())
    if found not in ((), PARAMETERS[:1], PARAMETERS):
        raise OperandError(
            f"the parameters of a module are none, weight, or weight and bias, found {', '.join(found)} in "
            f"{type(module).__name__}: check its layers one by one"
        )
    return found


def of_module(torch: Any, module: Any) -> Callable[..., Any]:
    """Return a module as a function of x and its parameters, which leaves the module as it is."""
    names = module_parameters(module)

    def apply(x: Any, *parameters: Any) -> Any:
        if len(parameters) != len(names):
            expected = ", ".join(("dy", *INPUTS[: 1 + len(names)]))
            raise OperandError(
                f"{type(module).__name__} has {len(names)} parameters ({', '.join(names) or 'none'}): its backward "
                f"pass takes {expected}, found {2 + len(parameters)} arguments"
            )
        copies = {
            name: buffer.to(x.dtype if buffer.is_floating_point() else buffer.dtype, copy=True)
            for name, buffer in module.named_buffers()
        }
        return torch.func.functional_call(module, {**copies, **dict(zip(names, parameters, strict=True))}, (x,))

    return apply


def tensor(torch: Any, array: np.ndarray) -> Any:
    """Return a tensor over the memory of an array, or over a copy if PyTorch has no tensor with its strides."""
    if any(stride < 0 or stride % array.itemsize for stride in array.strides):
        array = array.copy()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writ")
        return torch.from_numpy(array)


def same_shape(y: Sequence[int], dy: Sequence[int]) -> None:
    """Raise ShapeError unless the function's result has the shape of dy."""
    if tuple(y) != tuple(dy):
        raise ShapeError(
            f"dy has the shape of the function's result, {tuple(y)}, found {tuple(dy)}: are the options of the "
            "function those of the layer that it is checked against?"
        )


def sixty_four_bits(jax: Any) -> Any:
    """Return a context in which JAX has float64; it was moved out of `jax.experimental` in later versions."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    return import_module("jax.experimental").enable_x64()
