"""Gradients by the chain rule, with SymPy differentiating every stage at symbolic indices.

For a cost C of the output x, with the cotangent g = ∂C/∂x an arbitrary tensor, the chain rule says
∂C/∂θ = ∂/∂θ Σ g·x with g held fixed. Where the output is made from named intermediates, each in turn
is taken for the variable, from the output backwards (reverse mode): its own cotangent is the gradient
so far. SymPy differentiates with respect to one entry at fresh indices, so no shape is chosen, and a
weight that is used in many places meets itself as a Kronecker delta. Trusted: SymPy's `diff` on sums,
products, tensor entries and opaque functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import sympy as sp

from cnn_symbolic.expressions.formulas import Index, bound_sum, entry, fresh, substitute
from cnn_symbolic.expressions.shapes import format_shape
from cnn_symbolic.ground.errors import FragmentError, ShapeError
from cnn_symbolic.tensors.sources import Gradient, Leaf, Named
from cnn_symbolic.tensors.tensor import Tensor, check_tensor


@dataclass(frozen=True)
class Stage:
    """One place where the variable enters: a tensor made from it, and the cotangent that arrives there."""

    cotangent: Tensor
    body: Tensor

    def objective(self, differentiate: bool, wrt: sp.Expr) -> sp.Expr:
        """Return `Σ cotangent · ∂body/∂wrt`, the derivative carried out or left standing.

        The cotangent is held fixed, whatever it is made from.
        """
        m = fresh("mnpqst"[k] if k < 6 else f"m{k}" for k in range(self.body.rank))
        inner = self.body.formula(m)
        derivative = inner.diff(wrt) if differentiate else sp.Derivative(inner, wrt, evaluate=False)
        return bound_sum(self.cotangent.formula(m) * derivative, m, self.body.lengths)


def stages(of: Gradient) -> tuple[Stage, ...]:
    """Return the places where the variable enters the output, each with its cotangent."""
    output, wrt, cotangent = of.made_from
    inner = [p for name, p in output.names().items() if isinstance(p.source, Named) and name != wrt.name]
    pending = [Stage(cotangent, output)]
    intermediates = inner
    if isinstance(output.source, Named) and output.name != wrt.name:
        pending = [Stage(cotangent, output.source.definition)]
        intermediates = [p for p in inner if p.name != output.name]
    for z in reversed(intermediates):
        through = tuple(stage for stage in pending if mentions(stage.body, z))
        if through and isinstance(z.source, Named):
            pending.append(Stage(derivative_of(through, Gradient(output, z, cotangent)), z.source.definition))
    return tuple(stage for stage in pending if mentions(stage.body, wrt))


def mentions(body: Tensor, variable: Tensor) -> bool:
    """Tell whether the entry formula of `body` has entries of `variable` in it."""
    formula = body.formula(fresh("i" * body.rank))
    return bool(formula.has(sp.Symbol(variable.name) if variable.rank else entry(variable.name or "", ())))


def derivative_of(through: tuple[Stage, ...], made: Gradient) -> Tensor:
    """Return a gradient that goes through these stages."""
    wrt = made.wrt
    at = fresh("ijkl"[k] if k < 4 else f"i{k}" for k in range(wrt.rank))
    derivative = sp.Add(*(stage.objective(True, entry(wrt.name or "", at)) for stage in through))

    def formula(index: Index) -> sp.Expr:
        return substitute(derivative, dict(zip(at, index, strict=True)))

    return Tensor(wrt.lengths, formula, False, made)


def cotangent(of: Tensor) -> Tensor:
    """Return ∂C/∂of for an arbitrary cost C: arbitrary entries, the shape of `of`, and the name `∂C/∂of`.

    Raises FragmentError for a tensor without a name, which the name would be made from.

    >>> from cnn_symbolic import correlate, cotangent, named, sizes, tensor
    >>> M, I = sizes("M I")
    >>> z = named("z", correlate(tensor(M, name="x"), tensor(I, name="w")))
    >>> cotangent(z)
    <Tensor ∂C/∂z of shape (M - I + 1,)>
    """
    if check_tensor(of, "cotangent").name is None:
        raise FragmentError(f"a cotangent is named after its tensor: write named('z', {of}) first")
    name = f"∂C/∂{of.name}"
    return Tensor(of.lengths, lambda index: entry(name, index), True, Leaf(name, of.source.indices, of.shape))


cotangent_of = cotangent  # inside gradient(), the word is the parameter


def gradient(output: Tensor, *, wrt: Tensor, cotangent: Tensor | None = None) -> Tensor:
    """Return ∂C/∂wrt for a cost C of the output, where the tensor `cotangent` is ∂C/∂output.

    Without it, that is `cotangent(output)`. The result has the shape of `wrt`, which is a leaf or a named
    intermediate. Raises ShapeError when the cotangent does not have the output's shape, FragmentError
    when `wrt` has no name.

    >>> from cnn_symbolic import claim, correlate, cotangent, gradient, named, sizes, tensor
    >>> M, I = sizes("M I")
    >>> x, w = tensor(M, name="x"), tensor(I, name="w")
    >>> z = named("z", correlate(x, w))
    >>> claim(gradient(z, wrt=w) == correlate(x, cotangent(z))).outcome
    'proved'
    """
    check_tensor(wrt, "gradient: wrt")
    arriving = cotangent_of(check_tensor(output, "gradient")) if cotangent is None else cotangent
    if tuple(map(sp.expand, check_tensor(arriving, "gradient: cotangent").lengths)) != tuple(
        map(sp.expand, output.lengths)
    ):
        raise ShapeError(
            f"the cotangent {arriving} has shape {format_shape(arriving.lengths)}, "
            f"but {output} has shape {format_shape(output.lengths)}"
        )
    if wrt.name is None:
        raise FragmentError(f"a gradient is taken with respect to a tensor with a name, not to {wrt}")
    made = Gradient(output, wrt, arriving)

    @cache
    def derived() -> Tensor:
        return derivative_of(stages(made), made)

    return Tensor(wrt.lengths, lambda index: derived().formula(index), False, made)
