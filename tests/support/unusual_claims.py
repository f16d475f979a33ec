"""Claims that are unusual in what they are made of, or in what it is called, for tests of certificates."""

import sympy as sp

from cnn_symbolic import (
    And,
    Iverson,
    Ne,
    Not,
    Or,
    Rational,
    apply,
    broadcast,
    ceiling,
    claim,
    convolve,
    correlate,
    cotangent,
    from_entries,
    gradient,
    maximum,
    minimum,
    named,
    ones,
    pad,
    scalar,
    shape,
    sizes,
    sum_axes,
    tensor,
    transpose,
    where,
    widths,
)
from cnn_symbolic.expressions.values import plain

W = sp.Symbol("W", integer=True)


def unusual():
    """Claims that are unusual in what they are made of, or in what it is called."""
    M, N, I, S = sizes("M N I S")
    (P,) = widths("P")
    x, y, w, g = (tensor(n, name=name) for n, name in ((M, "x"), (M, "y"), (I, "w"), (M, "g")))
    u, v = tensor(M, N, name="u"), tensor(N, M, name="v")
    z, square, h = named("z", 2 * x), named("q", 3 * u), named("h", u * transpose(v))
    by_cases = where(Or(M > S, M != 2), M, where(M == S, S, 7))
    s, total = scalar("s"), sum_axes(x, axes=(0,))
    t = sizes("t R k1 i_u n_M forall x1")
    called = [tensor(n, name=name) for n, name in zip(t, ("x", "t", "R", "k1", "i_u", "inverse", "x2"), strict=True)]
    names = ("δ", "delta", "delta_2", "w", "t_w", "W", "w′", "w_prime", "_w")
    alike = [tensor(M, name=name) for name in names]
    alike.append(cotangent(alike[3]))
    cases = {
        "full_correlation": correlate(x, w, mode="full") == convolve(x, w, mode="full"),
        "full_correlation_valid": correlate(x, w) == convolve(x, w),
        "negative quotient": from_entries((M,), lambda i: x[(i - M) // S + M], using=[x]) == x,
        "negative remainder": from_entries((M,), lambda i: x[(i - I) % S], using=[x]) == x,
        "ceilings": shape(tensor(ceiling(M / S) + M // 2, name="x")) == (M,),
        "least and greatest": shape(tensor(minimum(M, S, 2) + maximum(M - 1, S, 2), name="x")) == (M,),
        "cases": shape(x) == (by_cases,),
        "brackets": from_entries((M,), lambda i: Iverson(And(i <= 1, Or(i > 0, Ne(M, 2)))) * x[i], using=[x]) == x,
        "fractions in brackets": from_entries((M,), lambda i: Iverson(i / S <= Rational(1, 2)) * x[i], using=[x]) == x,
        "turned": transpose(u) == v,
        "definition turned": transpose(square) == 3 * transpose(u) + v,
        "a wrong shape": pad(x, widths=((P, 1),)) == x,
        "padded": pad(x, widths=((P, 1),)) == pad(x, widths=((1, P),)),
        "powers": M**2 * x / S**2 + from_entries((M,), lambda i: x[i] ** 3, using=[x]) == Rational(-3, 4) * x / M,
        "names": sum(alike[1:], alike[0]) == 2 * alike[0] + alike[-1],
        "names of Coq": [2 * one == one * one for one in called],
        "two paths": gradient(z * x, wrt=x, cotangent=ones(M)) == 4 * x,
        "what arrives depends on the tensor": gradient(x * y, wrt=x, cotangent=x) == x * y,
        "what arrives is squared": gradient(x * x, wrt=x, cotangent=x) == 2 * x * x,
        "by an intermediate result": gradient(z * x, wrt=z, cotangent=z) == z * x,
        "by the output": gradient(z, wrt=z, cotangent=g) == g,
        "by a scalar": gradient(s * s * x, wrt=s, cotangent=y) == 2 * s * sum_axes(x * y, axes=(0,)),
        "second derivative": gradient(apply(x, function="σ", order=1) * x, wrt=x, cotangent=apply(x, function="σ"))
        == apply(x, function="σ") * (apply(x, function="σ", order=2) * x + apply(x, function="σ", order=1)),
        "a function of a product": gradient(apply(h, function="σ"), wrt=u, cotangent=transpose(v))
        == transpose(v) * transpose(v) * apply(h, function="σ", order=1),
        "known functions": gradient(apply(x, function="log") * apply(x, function="exp"), wrt=x, cotangent=g) == g,
        "a function of an intermediate result": apply(z, function="σ") == apply(x, function="σ") + z,
        "a square of a sum": gradient(total * total, wrt=x, cotangent=ones()) == 2 * broadcast(total, shape=(M,)),
        "sums in sums": from_entries(
            (M,),
            lambda i: sp.Sum(plain(x[W]) * sp.Sum(plain(y[W]), (W, W, plain(i))), (W, 0, W + 1), (W, 0, plain(i))),
            using=[x, y],
        )
        == x,
    }
    made = {}
    for label, equations in cases.items():
        for k, equation in enumerate(equations if isinstance(equations, list) else [equations]):
            made[f"{label}{k or ''}"] = claim(equation)
    conditions = [Or(M >= S, Ne(M % 2, 1)), Ne(S, 3), Not(And(M > 3, S <= 1))]
    made["assumed"] = claim(x == x, assuming=conditions)
    made["nearly equal"] = claim(x == x, assuming=[M >= S, M <= S + 1])
    return made
