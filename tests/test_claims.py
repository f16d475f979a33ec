"""The language of claims that are given as text: what it has, what it refuses and how it says so, and its limits."""

import ast
import re

import pytest
import sympy as sp

import cnn_symbolic
from cnn_symbolic import sizes
from cnn_symbolic.checking.claims import read_claims
from cnn_symbolic.checking.expressions import Expressions
from cnn_symbolic.checking.vocabulary import FUNCTIONS, MOST_CHARACTERS, WORDS, is_implied_size, suggestion
from cnn_symbolic.derivation import Derivation
from cnn_symbolic.errors import ClaimTextError, CnnSymbolicError
from cnn_symbolic.kernel.verdicts import Refutation
from cnn_symbolic.library.loading import load_file

M, N = sizes("M N")
X, XY = "x = tensor(M)\n", 'x, y = tensor(M, name="x"), tensor(M, name="y")\n'
CONV = 'x, w = tensor(B, C, M, name="x"), tensor(K, C, I, name="w")\n'


def outcomes(text):
    """Return what is decided about each of the claims of a text."""
    return {name: claim.outcome for name, claim in read_claims(text).items()}


def error_of(text):
    """Return the message about a text that cannot be read, its first line and the lines that show the place."""
    with pytest.raises(ClaimTextError) as caught:
        read_claims(text)
    return str(caught.value).split("\n")


TRUE = {
    # Literals
    "an integer": "claim(3 == 3)",
    "a fraction": f"{X}claim(1/2 * x + x / 2 == x)",
    "a fraction that was given a name": f"{X}third = 1/3\nclaim(third * x == x / 3)",
    "a text as an option": f"{X}claim(correlate(x, x, mode='full') == correlate(x, x, mode=\"full\"))",
    "a text that stands alone": f'"""Claims."""\n{X}"more"\nclaim(x == x)',
    "a truth value as an option": f"{X}claim(sum_axes(x, axes=(0,), keepdims=True)[i] == sum(x[u], over=u))",
    "nothing as an option": f"{CONV}claim(conv(x, w, None) == conv(x, w))",
    # Lists, tuples, tables
    "a list": f"{X}claim(crop(x, start=[0], shape=[M]) == x)",
    "a tuple": "claim((M, N) == (M, N))",
    "a list against a tuple": "claim([M, N] == (M, N))",
    "the items of a list": "x = tensor(*[M, N])\nclaim(shape(x) == (M, N))",
    "the items of a shape": f"{X}claim(zeros(*x.shape) == x - x)",
    "options from a table": f"options = {{'stride': S}}\n{CONV}claim(conv(x, w, **options) == conv(x, w, stride=S))",
    "one of several": "pair = (M, N)\nclaim(pair[1] == N)",
    "the last of several": "pair = (M, N)\nclaim(pair[-1] == N)",
    # Names
    "several names": "A, B = sizes('A B')\nclaim(A + B == B + A)",
    "one name in a tuple": "P, = widths('P')\nclaim(max(P, 0) == P)",
    "a size with a suffix": "x = tensor(C_in, W2)\nclaim(shape(x) == (C_in, W2))",
    "a size with a value": "M = 3\nx = tensor(M)\nclaim(shape(x) == (3,))",
    "names within names": "(A, (B, L)), P = (M, (N, K)), M\nclaim(A * B * L == K * M * N)",
    "tensors named by a tuple": "x, y = tensor(M), tensor(M)\nclaim(x + y == y + x)",
    "one tensor that is made twice": 'claim(tensor(M, name="x") == tensor(M, name="x"))',
    "a lower-case size": "height, = sizes('height')\nx = tensor(height)\nclaim(shape(x) == (height,))",
    "Greek letters": "σ, δ = function('σ'), tensor(M, name='δ')\nclaim(σ(δ) == apply(δ, function='σ'))",
    # Arithmetic
    "a sign": "claim(-M == -(+M))",
    "all of the operators": "claim(M + 2*N - M - N * 2 == M // 1 - M % 1 - M ** 1)",
    "quotients of numbers": "claim(7 // 2 == 3)",
    "quotients of negative numbers": "claim(-7 // 2 == -4)",
    "remainders of negative numbers": "claim(-M % 3 == 2 * M % 3)",
    "a square of a size": "claim(M ** 2 == M * M)",
    "a square of an entry": f"{X}claim((x * x)[i] == x[i] ** 2)",
    "a quotient rounded down": "claim(floor(M / 2) == M // 2)",
    "a quotient rounded up": "claim(ceiling(M / 2) == -(-M // 2))",
    "a remainder": "claim(Mod(M, 2) == M % 2)",
    "the larger of two": "claim(max(M, N) == Max(N, M))",
    "the smaller of two": "claim(min(M, N) == Min(N, M))",
    "a fraction by name": "claim(Rational(1, 2) * M + M / 2 == M)",
    "a number before a tensor": f"{X}claim(2 * x == x + x)",
    "a size before a tensor": f"{X}claim(N * x == x * N)",
    # Conditions
    "an equation as an assumption": "claim(M % 2 == 0, assuming=[M == 2 * N])",
    "all of the comparisons": f"{X}claim(x == x, assuming=[M < 9, M <= 9, M > 1, M >= 1, M != 5, M == N])",
    "a chain of comparisons": f"{X}claim(x == x, assuming=[1 < M <= 2*N])",
    "and, or, not": f"{X}claim(x == x, assuming=[M > 1 and (N > 1 or not M == 7)])",
    "the same from SymPy": f"{X}claim(x == x, assuming=[And(M > 1, Or(N > 1, Not(Eq(M, 7))), Ne(M, 3))])",
    "a bracket": f"{X}claim(x[i] == sum(x[j] * Iverson(i == j), over=j))",
    # Tensors and their parts
    "a shape": f"{X}claim(shape(x) == x.shape)",
    "a size of a shape": f"{X}claim(x.shape[0] == M)",
    "a shape that is a size": f"{X}claim(shape(x)[0] == M)",
    "the last size of a shape": "x = tensor(M, N)\nclaim(shape(x)[-1] == N)",
    "a rank": "x = tensor(M, N)\nclaim(x.rank == 2)",
    "an entry": f"{X}claim(x[0] - x[M - 1] == x[1 - 1] - rot180(x)[0])",
    "an entry of a number": "c = scalar()\nclaim((c + c)[()] == 2 * c[()])",
    "a number instead of a tensor": f"{X}claim(x - x == 0)",
    "a size instead of a tensor": "claim(N * ones(M) == N)",
    "an entry for a tensor without axes": f"{X}claim(sum_axes(x, axes=(0,)) == sum(x[u], over=u))",
    "an entry for a number with a name": f"{X}s = sum_axes(x, axes=(0,))\nclaim(s == sum(x[u], over=u))",
    "a tensor without axes for an entry": f"{X}claim(sum(x[u], over=u) == sum_axes(x, axes=(0,)))",
    "a number times an entry": f"{X}c = scalar()\nclaim((c * x)[i] == c * x[i])",
    "a number plus an entry": f"{X}c = scalar()\nclaim(c + x[0] == x[0] + c)",
    "an entry at free indices": "x = tensor(M, N)\nclaim(transpose(x)[i, j] == x[j, i])",
    "a formula without entries": "claim(ones(M)[i] == 1)",
    "an entry of a sum": f"{XY}claim((x + y)[i] == x[i] + y[i])",
    "entries of a layer": "layer = FeatureMap((M,), (I,))\nclaim(layer.z[r] == layer.b[0] + "
    "sum(layer.a_prev[r + i] * layer.w[i], over=i))",
    "the softmax by its entries": 'z, y = tensor(K, name="z"), tensor(K, name="y")\n'
    "cost, p = cross_entropy_of_softmax(z, y)\n"
    "claim(sum_axes(p * y, axes=(0,))[()] == sum(p[k] * y[k], over={k: K}))",
    "a gradient of a layer": "layer = FeatureMap((M,), (I,))\nclaim(shape(layer.gradient(layer.w)) == shape(layer.w))",
    "a cotangent with entries": f"{X}y = 2 * x\nclaim(gradient(y, wrt=x)[i] == 2 * cotangent(y)[i])",
    # Sums
    "a sum with a range that is seen": f"{XY}claim(sum(x[u] * y[u], over=u) == sum(y[t] * x[t], over=t))",
    "a sum over several indices": "x = tensor(M, N)\nclaim(sum(x[i, j], over=(i, j)) == sum(x[i, j], over=[j, i]))",
    "a sum with a range that is given": f"{X}claim(sum(x[u], over={{u: M}}) == sum(x[u], over=u))",
    "a sum of sums": f"{XY}claim(sum(x[i] + y[i], over=i) == sum(x[i], over=i) + sum(y[i], over=i))",
    "a sum in a sum": "x = tensor(M, N)\nclaim(sum(sum(x[i, j], over=j), over=i) == sum(x[i, j], over=(i, j)))",
    "a sum of squares": f"{X}claim(sum(x[i] ** 2, over=i) == sum(x[i] * x[i], over=i))",
    "a sum of an unknown function": f"{X}σ = function()\nclaim(sum(2 * σ(x)[i], over=i) == 2 * sum(σ(x)[i], over=i))",
    "a sum of an operation's entries": f"{X}claim(sum(rot180(x)[u], over={{u: M}}) == sum(x[u], over=u))",
    # Choices, and remainders as Python has them
    "the greatest of several": "claim(maximum(M, N, 1) == max(N, M))",
    "the least of several": "claim(minimum(M, N, M + N) == Min(N, M))",
    "one size or another": "claim(where(M > N, M, N) == max(M, N))",
    "one index or another": f"{X}claim(x[i] == x[i] * Iverson(where(i > 0, i, 0) == i))",
    "a remainder of a remainder": "claim((M % 6) % 3 == M % 3)",
    "a multiple of a remainder": "claim((3 * (M % 5)) % 5 == (3 * M) % 5)",
    "a quotient of a product": "claim((M * N) // N == M)",
    "a quotient of a difference": "claim((M - N)/(M - N) == 1)",
    "a condition that is negated": f"{X}claim(x == x, assuming=[not (M > 2 and M % 2 == 1)])",
    "a literal divisor of any sign": f"{X}claim(x / -2 == -x / 2)",
    "what is expected": f"{X}claim(x == x, expect='proved')",
    # Windows
    "the shape of two windows in turn": "x = tensor(B, C, M)\nonce = sum_pool(x, window=I, stride=1)\n"
    "claim(shape(sum_pool(once, window=J, stride=1)) == shape(sum_pool(x, window=I + J - 1, stride=1)))",
    "a window of two sizes less one": "x = tensor(B, 1, M)\n"
    "claim(sum_pool(x, window=I + J - 1, stride=1) == conv(x, ones(1, 1, I + J - 1)))",
    # Functions of indices
    "entries by a function": f"{X}claim(from_entries((M,), lambda i: x[M - 1 - i], using=[x]) == rot180(x))",
    "sums by a function": f"{X}claim(from_entries((1,), lambda i: sum_over(lambda u: x[u], (M,)), using=[x])[i] == "
    "sum(x[u], over=u) * Iverson(i == 0))",
    "an index with the name of a size": "x = tensor(K, M)\nclaim(stacked(K, lambda K: take(x, at=(K,))) == x)",
    "a member of a family": "x = tensor(K, M)\nclaim(summed(K, lambda k: take(x, at=(k,))) == sum_axes(x, axes=(0,)))",
}


@pytest.mark.parametrize("text", TRUE.values(), ids=TRUE)
def test_true_claims_in_every_part_of_the_language_are_proved(text):
    assert list(outcomes(text).values()) == ["proved"]


def test_every_kind_of_node_that_is_read_occurs_in_a_true_claim():
    from cnn_symbolic.checking.claims import Reader

    read = {name.removeprefix("visit_") for name in dir(Reader) if name.startswith("visit_")}
    texts = [*TRUE.values(), *LONG.values()]
    found = {type(node).__name__ for text in texts for node in ast.walk(ast.parse(text))}
    assert read <= found


ENTRY = f"{X}w = tensor(I)\n"


def test_an_entry_of_an_operation_is_there_where_the_operation_is():
    (claim,) = read_claims(f"{ENTRY}claim(correlate(x, w)[0] == sum(x[u] * w[u], over=u))").values()
    assert (claim.outcome, claim.verdict.domain) == ("proved", "I ≤ M")


def test_a_side_that_is_not_there_where_the_other_one_is_is_refuted():
    text = f"{ENTRY}claim(x[i] == x[i] + correlate(x, w)[i] * Iverson(M < I)"
    (claim,) = read_claims(f"{text})").values()
    assert isinstance(claim.verdict, Refutation)
    assert (claim.verdict.kind, claim.verdict.sizes, claim.verdict.holds_when) == ("defined", {"M": 1, "I": 2}, "I ≤ M")
    assert outcomes(f"{text}, assuming=[M >= I])") == {"line_3": "proved"}


def test_two_windows_in_turn_count_cells_several_times():
    text = "x = tensor(B, C, M)\nonce = sum_pool(x, window=I, stride=1)\n"
    text += "claim(sum_pool(once, window=J, stride=1) == sum_pool(x, window=I + J - 1, stride=1))"
    (claim,) = read_claims(text).values()
    assert claim.outcome == "refuted"
    assert min(claim.verdict.sizes[window] for window in ("I", "J")) > 1


# Text, line, column, and what the message says. The place is that of the last character of `«…` in the text.
REFUSED = {
    "no Python": ("x = tensor «M", "no Python syntax"),
    "a bracket that is not closed": (f"{X}claim«(x == x", "no Python syntax: '(' was never closed"),
    # Statements
    "a loop": ("«for i in x: pass", "claims have no loops"),
    "another loop": ("«while M: pass", "claims have no loops"),
    "a function": ("«def f(x): return x", "claims have no functions"),
    "a class": ("«class A: pass", "claims have no classes"),
    "a condition": ("«if M > 2: pass", "claims have no conditions"),
    "another condition": (f"{X}y = «x if M > 2 else x", "claims have no conditions"),
    "an import": ("«import os", "claims have no imports"),
    "deleting": (f"{X}«del x", "claims have no such expressions: they are assignments and claim(left == right)"),
    "an assertion": ("«assert M > 2", "claims have no such expressions: they are assignments and claim(left == right)"),
    "adding to a name": (f"{X}«x += x", ": they are assignments and claim(left == right)"),
    "a comprehension": (f"{X}y = «[x[i] for i in M]", "claims have no comprehensions"),
    "a generator": (f"{X}y = stack(*«(x for i in M))", "claims have no comprehensions"),
    "a slice": (f"{X}claim(x[«0:M] == x)", "claims have no slices"),
    "a set": ("y = «{M, N}", "claims have no such expressions: they are assignments and claim(left == right)"),
    "a walrus": ("y = («z := M)", ": they are assignments and claim(left == right)"),
    "a formatted text": ("y = «f'{M}'", ": they are assignments and claim(left == right)"),
    "no effect": (f"{X}«x", "this has no effect: expected an assignment or claim(left == right)"),
    # Imports
    "an import from elsewhere": ("«from os import path", "nothing is imported from os: all words are known already"),
    "an import from a module": ("«from cnn_symbolic.tensors import tensor", "nothing is imported from cnn_symbolic.t"),
    "an import that renames": ("«from cnn_symbolic import tensor as t", "tensor keeps its name"),
    "an import of no word": ("«from cnn_symbolic import decide", "claims have no decide"),
    "a misspelled import": ("«from cnn_symbolic import tensr", "claims have no tensr: did you mean tensor?"),
    "an import from SymPy": ("«from sympy import Eq", "nothing is imported from sympy: all words are known already"),
    "no import of SymPy's": ("«from cnn_symbolic import symbols", "claims have no symbols"),
    # Literals
    "a float": (f"{X}y = «0.5 * x", "0.5 is not exact: write a fraction, such as 1/2"),
    "an imaginary number": ("y = «3j", "3j is neither an integer nor a text"),
    "bytes": ("y = «b'a'", "b'a' is neither an integer nor a text"),
    "an ellipsis": ("y = «...", "Ellipsis is neither an integer nor a text"),
    # Names
    "a misspelled word": ("x = «tensro(M)", "there is no tensro: did you mean tensor?"),
    "a misspelled name": ("kernel = tensor(M)\nclaim(kernel == «kernal)", "there is no kernal: did you mean kernel?"),
    "an unknown name": (f"{X}claim(x == «qqq)", "there is no qqq; sizes are capitals, or made by sizes(…)"),
    "a builtin": ("x = «eval('1')", "there is no eval"),
    "a dunder": ("x = «__builtins__", "there is no __builtins__"),
    "a name given twice": ("a = M\n«a = N", "a stands for something already: every name is given once"),
    "a word as a name": ("«pad = M", "pad is a word of the language: use another name"),
    "two names at once": ("«a = b = M", "one name is assigned at a time"),
    "too few names": ("«a, b = sizes('A B C')", "there are 2 names for (A, B, C)"),
    "names for one value": (f"{X}«a, b = x", "there are 2 names for the tensor x"),
    "an attribute as a name": (f"{X}«x.name = M", "a name is expected on the left"),
    "a place as a name": (f"{X}«x[0] = M", "a name is expected on the left"),
    "a place among names": (f"{X}«x[0], c = M, K", "a name is expected on the left"),
    "names within names for one value": ("«(a, b), c = M, K", "there are 2 names for M"),
    "a size that was taken for another": ("x = tensor(B)\n«B = 3", "B was taken for a size above: use another name"),
    "a function with a name": ("«f = lambda i: i", "a function of indices is written where it is used"),
    "two tensors of one name": (
        f'{X}y = «tensor(N, name="x")',
        "the name x stands for two different tensors, of shapes (M,) and (N,)",
    ),
    "a tensor named like a layer's": (
        "a = FeatureMap((M,), (I,))\nw = «tensor(N)",
        "the name w stands for two different tensors, of shapes (I,) and (N,): give each its own name",
    ),
    "a tensor without a name": (f"{X}y = x + «tensor(M)", 'this needs a name: assign it, or add name="x"'),
    "tensors without names": ("x, y = [«tensor(M), tensor(M)]", 'this needs a name: assign it, or add name="x"'),
    "a function without a name": (f"{X}y = «function()(x)", "this needs a name"),
    # Attributes and entries
    "a misspelled attribute": (f"{X}claim(«x.shpe == (M,))", "the tensor x has no shpe: did you mean shape?"),
    "no attribute": (f"{X}y = «x.evaluate", "the tensor x has no evaluate"),
    "an attribute of a class": (f"{X}y = «x.__class__", "the tensor x has no __class__"),
    "an attribute of a function": (
        "y = «tensor.__globals__",
        "the function tensor has no __globals__",
    ),
    "a misspelled part of a layer": (
        "layer = FeatureMap((M,), (I,))\ny = «layer.detla",
        "FeatureMap has no detla: did you mean delta?; it has a, a_gradient, a_prev, activation_slope, b, "
        "delta, gradient, w, z",
    ),
    "too many indices": (f"{X}y = «x[0, 1]", "x has 1 axes, of shape (M,), but was indexed with 2: (0, 1)"),
    "too many free indices": (f"{X}claim(«x[i, j] == 0)", "the tensor x is not a tensor with 2 axes"),
    "a free index beside a number": (f"{X}claim(x[«i, 0] == x[i])", "sizes(…), free indices stand alone on the"),
    "a multiple of a free index": (f"{X}claim(x[2*«i] == x[i + i])", "sizes(…), free indices stand alone on the"),
    "half an index": (f"{X}y = «x[1/2]", "x is indexed with integers and expressions in indices, found (1/2,)"),
    "a text as an index": (f"{X}y = «x['a']", "x is indexed with integers and expressions in indices, found (a,)"),
    "an entry of a number": ("y = «3[0]", "3 has no entry 0"),
    # Arithmetic and conditions
    "a text as an operand": ("y = «'a' + M", "expected a tensor, an entry, a size or a number, found the text 'a'"),
    "a shape as an operand": (f"{X}y = M + «x.shape", "expected a tensor, an entry, a size or a number, found (M,)"),
    "a truth value as an operand": (
        "y = M + «True",
        "expected a tensor, an entry, a size or a number, found the condition True",
    ),
    "a condition as an operand": ("y = M * («M > 2)", "expected a tensor, an entry, a size or a number, found the con"),
    "no operator": (f"{X}y = «x @ x", "a matrix product is written tensordot(x, y, axes=((1,), (0,)))"),
    "bits": ("y = «M & N", "claims compute with + - * / // % **, and with and, or, not"),
    "bits of a size": ("claim(~«M == M)", "claims compute with + - * / // % **, and with and, or, not"),
    "a number less a tensor": (
        f"{X}y = «1 - x",
        "a number is added to every entry of a tensor as ones(…): x + 2*ones(",
    ),
    "a power of a tensor": (f"{X}y = «x ** 2", "a power is of a number, a size or an entry"),
    "a large power": ("y = «M ** 5", "its exponent an integer from 0 to 4"),
    "a negative power": ("y = «M ** -1", "its exponent an integer from 0 to 4"),
    "a quotient of tensors": (
        f"{X}y = «x / x",
        "a tensor is divided by a number or a size, with /; 1/x: apply(x, function='reciprocal')",
    ),
    "a tensor rounded down": (f"{X}y = «x // 2", "a tensor is divided by a number or a size, with /"),
    "a division by zero": ("y = «M / 0", "nothing is divided by zero"),
    "a division by zero, rounded down": ("claim(«M // 0 == N)", "nothing is divided by zero"),
    "a remainder by zero": ("y = «M % 0", "nothing is divided by zero"),
    "comparing tensors": (f"{X}y = «x < x", "expected a size or an index to compare, found the tensor x"),
    "comparing a tensor and a size": (f"{X}y = «x < M", "expected a size or an index to compare, found the tensor x"),
    "another comparison": ("y = «M in N", "claims compare with == != < <= > >="),
    "another comparison with several": ("y = «M in (M, N)", "claims compare with == != < <= > >="),
    "a tensor as a condition": (f"{X}y = M > 2 and «x", "expected a condition such as M >= I, found the tensor x"),
    "a number as a condition": ("y = not «3", "expected a condition such as M >= I, found 3"),
    "a size as a condition": (
        "«claim(M == M, assuming=[M])",
        "a condition compares indices and sizes, such as i <= M; found M",
    ),
    "a size as a part of a condition": (
        "claim(M == M, assuming=[«M and M > 2])",
        "expected a condition such as M >= I, found M",
    ),
    "the opposite of a size": ("y = not «M", "expected a condition such as M >= I, found M"),
    # Calls
    "a call of a size": ("y = «M(3)", "M cannot be called"),
    "the minimum of nothing": ("claim(«min() == M)", "takes numbers, sizes and indices, found nothing"),
    "a call of a tensor": (f"{X}y = «x(3)", "the tensor x cannot be called"),
    "a misspelled option": (
        f"{X}y = «correlate(x, x, mod='full')",
        "correlate has no mod: did you mean mode?; it takes x, f, mode",
    ),
    "a missing argument": ("y = «conv_size(M)", "conv_size: missing a required argument: 'overlay'; it takes length"),
    "too many arguments": (
        f"{X}y = «gradient(x, x)",
        "gradient: too many positional arguments; it takes output, and by name wrt=…",
    ),
    "a wrong option": (f"{X}y = «correlate(x, x, mode='ful')", "correlate has no mode 'ful': it takes 'valid'"),
    "the items of a tensor": (f"{X}y = tensor(«*x)", "* takes a list or a shape"),
    "options from a size": (f"{CONV}y = conv(x, w, **«S)", "** takes options, such as {'stride': S}"),
    "an option given twice": (f"{CONV}y = conv(x, w, stride=S, **«{{'stride': 2}})", "stride is given twice"),
    "options without names": ("y = {«S: 1}", "options have names, such as {'stride': S}"),
    "an empty axis": ("x = «tensor(M, 0)", "tensor x: a size is at least 1, found 0"),
    "a text as a size": ("x = «tensor('M')", "tensor: lengths takes no text, found the text 'M'"),
    # Functions of indices
    "a default": ("x = stacked(K, «lambda k=3: k)", "a function of indices has plain parameters"),
    "any number of indices": ("x = stacked(K, «lambda *k: k)", "a function of indices has plain parameters"),
    "too many parameters": (
        "x = «stacked(K, lambda k, l: k)",
        "stacked takes a function of one index that returns a te",
    ),
    "an index that is a word": ("x = stacked(K, «lambda pad: pad)", "pad stands for something already: use another"),
    "an index that is taken": (f"{X}y = stacked(K, «lambda x: x)", "x stands for something already: use another index"),
    "an expectation that there is not": (
        f"{X}«claim(x == x, expect='holds')",
        "expect= is 'proved' or 'holds for lite",
    ),
    "a tensor as a divisor": (f"{X}y = «M // x", "a tensor is divided by a number or a size, with /"),
    "a maximum of entries": (
        f"{X}claim(x[i] == «max(x[i], 0))",
        "maxima, minima and rounding are of sizes and indices",
    ),
    "a choice between entries": (f"{X}claim(x[i] == «where(i > 0, x[i], 0))", "are of sizes and indices, found the en"),
    "a division by an entry": (f"{X}claim(x[i] == «1 / x[i])", "nothing is divided by entries, found the divi"),
    "a remainder by an entry": (f"{X}claim(x[i] == («i % x[i]))", "nothing is divided by entries, found the divisor"),
    "a bracket of a size": ("claim(M == «Iverson(M))", "Iverson takes conditions, found (M,)"),
    "a choice by a size": (
        "claim(M == «where(M, M, N))",
        "a condition compares indices and sizes, such as i <= M; foun",
    ),
    "a literal divisor below one": ("y = «M // -2", "a divisor is at least one, found -2"),
    "an assumption that never holds for any sizes": (
        f"{X}claim(x == x, assuming=«[M + N <= 1 and M > N])",
        "no sizes satisfy one of the assumptions",
    ),
    # Sums
    "a sum without its index": (f"{X}y = «sum(x[0])", "a sum is written sum(formula, over=u), over=(u, v), or over={u"),
    "a sum of a comprehension": (f"{X}y = «sum(x[i] for i in M)", "a sum is written sum(formula, over=u)"),
    "a sum over a text": (f"{X}y = sum(x[0], over=«'i')", "over= takes different names of indices"),
    "a sum over one index twice": (f"{X}y = sum(x[i], over=«(i, i))", "over= takes different names of indices"),
    "a sum of a tensor": (f"{X}y = sum(«x, over=i)", "a sum is of entries, such as x[u]; summed(K, lambda k: …) adds"),
    "a sum of unknown range": (
        f"{X}y = «sum(x[2*i], over=i)",
        "i indexes no axis of every term by itself, so that its range is not known: write over={i: I} for 0 <= i < I",
    ),
    "a sum of an operation's entries of unknown range": (
        f"{X}claim(«sum(rot180(x)[u], over=u) == sum(x[u], over=u))",
        "u indexes no axis of every term by itself, so that its range is not known: write over={u: I} for 0 <= u < I",
    ),
    "a tensor as a length": (
        f"{X}claim(x[0] == «sum(x[u], over={{u: x}}))",
        "the length of a sum is made from sizes, found the tensor x",
    ),
    "a free index as a length": (
        f"{X}claim(x[i] == «sum(x[u], over={{u: i}}))",
        "for u <= i, the sum runs over all u and each term is multiplied with Iverson(u <= i)",
    ),
    "a sum over a free index": (f"{X}claim(x[i] == sum(x[i], over=«i))", "i stands for something already"),
    # Claims
    "no equation": (f"{X}claim(«x)", "claim takes one equation, claim(left == right); refute(left == right) says"),
    "another relation": (f"{X}claim(«x != x)", "claim takes one equation"),
    "two equations": (f"{X}claim(«x == x == x)", "claim takes one equation"),
    "no argument": ("«claim()", "claim takes one equation"),
    "a misspelled assumption": (f"{X}«claim(x == x, asuming=[M > 2])", "claim has no asuming: did you mean assuming?"),
    "an assumption without a list": (f"{X}«claim(x == x, assuming=M > 2)", "assuming= is a list of conditions"),
    "an assumption that is no list": (f"{X}«claim(x == x, assuming=3)", "assuming= is a list of conditions"),
    "an assumption that never holds": (
        f"{X}claim(x == x, assuming=«[M < 1])",
        "no sizes satisfy one of the assumptions",
    ),
    "an assumption behind a title": (
        f"{X}claim(x == x, title='a', assuming=«[M < 1])",
        "no sizes satisfy one of the assump",
    ),
    "a side that is a text": (f"{X}claim(«'x' == x)", "expected a tensor, a shape, an entry or a size, found the text"),
    "a side that is a condition": (
        "claim((«M > 1) == (M > 1))",
        "expected a tensor, a shape, an entry or a size, found",
    ),
    "a tensor for an entry": (f"{X}claim(x[i] == «x)", "expected a formula of entries, such as sum(x[i + u]*w[u], ov"),
    "a size that is no integer": ("claim(N == «M / 2)", "a size is an integer: write // for the quotient that is roun"),
    "a size on the left that is no integer": ("claim(«M / 2 == N)", "a size is an integer: write // for the quotient"),
    "a tensor against a shape": (f"{X}«claim(x == (M,))", "equals= is a tensor of shape (M,)"),
    "other ranks": ("x = tensor(M)\ny = tensor(M, N)\n«claim(x == y)", "both sides need equally many axes"),
    "two claims on a line": (f"{X}claim(x == x); «claim(x == x)", "one claim on a line"),
    "a place behind letters of two bytes": ("claim(«σ == M)", "there is no σ"),
    "a place behind many letters": (f"{X}claim({' + '.join('x' * 30)} == «qqq)", "there is no qqq"),
    "a place on a later line": (f"{X}claim(x ==\n      «qqq)", "there is no qqq"),
}


@pytest.mark.parametrize(("marked", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_said_at_its_place(marked, message):
    text = marked.replace("«", "")
    before = marked.partition("«")[0]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    first, shown, caret = error_of(text)
    assert first.startswith(f"the text, line {line}, column {column}: ")
    assert message in first
    assert " at 0x" not in first
    assert shown[4:] in text.splitlines()[line - 1]
    assert shown[caret.index("^")] == text.splitlines()[line - 1][column - 1]


def test_an_error_names_the_file_that_it_is_in():
    with pytest.raises(ClaimTextError, match=r"^mine\.txt, line 2, column 7: there is no y"):
        read_claims(f"{X}claim(y == x)", where="mine.txt")


@pytest.mark.parametrize("text", ["", "# nothing", X, "from cnn_symbolic import tensor", "M = 3"])
def test_a_text_without_a_claim_is_an_error(text):
    assert error_of(text) == ["the text states no claim: it needs claim(left == right)"]


LIMITS = {
    "length": (f"{X}claim(x == x)".ljust(MOST_CHARACTERS), " ", f"characters, at most {MOST_CHARACTERS} are read"),
    "depth": (f"claim({'-' * 30}M == M)", "claim(" + "-" * 60 + "M == M)", "nested more than 40 deep: give a part"),
    "parts": ("claim(M == M)", "\n".join(f"v{k} = M + N" for k in range(1000)), "the text has more than 4000 parts"),
    "numbers": ("claim(10000 == 10000)", "claim(10001 == M)", "numbers are at most 10000 here"),
    "products of numbers": ("claim(100 * 100 == 10000)", "claim(101 * 100 == M)", "numbers are at most 10000 here"),
    "denominators": (f"{X}claim(x / 10000 == x / 10000)", f"{X}y = x / 10001", "numbers are at most 10000 here"),
    "numbers in formulas": ("claim(M + 1 == 1 + M)", "claim(M * 200 * 200 == M)", "numbers are at most 10000 here"),
    "axes": (
        f"x = tensor({', '.join('M' * 12)})\nclaim(x == x)",
        f"x = tensor({', '.join('M' * 13)})",
        "a tensor has at most 12 axes here, found 13",
    ),
    "factors": (
        f"{X}claim({'*'.join('x' * 6)} == {'*'.join('x' * 6)})",
        f"{X}y = {'*'.join('x' * 7)}",
        "a tensor's entry is a product of at most 6 entries when it is multiplied out here, found 7",
    ),
    "terms": (
        f"{X}y = x + x + x + x\nz = y * y\nclaim(z == z)",
        f"{X}y = {' + '.join('x' * 7)}\nz = y * y * y",
        "a tensor's entry is a sum of at most 300 products when it is multiplied out here, found 343",
    ),
    "terms of sizes": (
        "claim((M + N) ** 4 == (N + M) ** 4)",
        "claim((M + N + K) ** 3 * (M + N + K) ** 3 == M)",
        "an expression has at most 300 terms when it is multiplied out here, found 729",
    ),
    "parts of an expression": (
        f"claim({' + '.join(f'N{k}' for k in range(30))} == M)",
        "\n".join(f"s{g} = {' + '.join(f'N{g}{k}' for k in range(30))}" for g in range(1, 8))
        + "\nt = s1*s1 + s2*s2 + s3 + s4 + s5 + s6 + s7 + s1*s2",
        "an expression has at most",
    ),
    "steps": (
        f"x = {' + '.join(f'M // {k}' for k in range(2, 8))}\nclaim(M == M)",
        f"x = {' + '.join(f'M // {k}' for k in range(2, 20))}",
        "quotients, remainders, minima and maxima",
    ),
    "functions of functions": (
        f"{X}f = function()\n"
        + "".join(f"a{k} = f({'x' if k == 0 else f'a{k - 1}'})\n" for k in range(4))
        + "claim(a3 == a3)",
        f"{X}f = function()\n" + "".join(f"a{k} = f({'x' if k == 0 else f'a{k - 1}'})\n" for k in range(5)),
        "functions are applied to functions at most 4 times",
    ),
    "items": (
        f"x = literal(values=[{', '.join('1' * 20)}])\nclaim(x == x)",
        f"x = [{', '.join(['1'] * 300)}]\ny = [x, x]",
        "a list has at most 500 items here",
    ),
    "names": (
        'x = tensor(M, name="' + "a" * 200 + '")\nclaim(x == x)',
        f'x = tensor(M, name="{"a" * 201}")',
        "at most 200",
    ),
}


@pytest.mark.parametrize(("within", "beyond", "message"), LIMITS.values(), ids=LIMITS)
def test_a_text_may_be_as_large_as_its_limits_and_no_larger(within, beyond, message):
    assert len(read_claims(within)) == 1
    with pytest.raises(ClaimTextError, match=re.escape(message)):
        read_claims(beyond if beyond.strip() else within + beyond)


@pytest.mark.parametrize("opening", ["(", "[", "-", "not ", "x[", "f(", "lambda: "])
def test_nothing_is_nested_so_deeply_that_the_reader_fails(opening):
    for count in (60, 5000):
        with pytest.raises(ClaimTextError):
            read_claims(f"x = {opening * count}1")


def test_a_size_is_one_or_two_capitals():
    assert all(map(is_implied_size, ["M", "MN", "M1", "C_in", "W2_out"]))
    assert not any(map(is_implied_size, ["m", "Mn", "MNO", "M_", "M_IN", "_M", "Σ", ""]))


def test_a_near_name_is_suggested_and_a_far_one_is_not():
    assert suggestion("corelate", WORDS) == ": did you mean correlate?"
    assert suggestion("zzz", WORDS) == ""


# Names


def test_an_assignment_gives_a_tensor_its_name():
    text = """
x = tensor(M)
c = scalar()
σ = function()
w = tensor(I, name="weights")
z = correlate(x, w)
s = c * σ(x)
alias = z
claim(z == alias)
dz = gradient(z, wrt=x)
claim(dz == dz)
claim(s == s)
"""
    first, second, third = read_claims(text).values()
    assert str(first.left) == "z"
    assert first.left is first.right
    assert set(first.left.names()) == {"x", "weights", "z"}
    assert second.left.name is None, "a gradient is written out"
    assert set(third.left.names()) == {"x", "c", "s"}
    assert "σ(x[i])" in str(third.left.source.definition.formula((sp.Symbol("i"),)))


def test_each_name_of_a_tuple_names_its_own_value():
    (claim,) = read_claims(f"{XY}p, q = x + y, x - y\nclaim(p * q == x * x - y * y)").values()
    assert set(claim.left.names()) == {"x", "y", "p", "q"}
    assert claim.outcome == "proved"


def test_names_for_one_value_of_several_parts_name_no_intermediate_result():
    (claim,) = read_claims(f"{XY}p, q = [x + y, x - y]\nclaim(p * q == x * x - y * y)").values()
    assert set(claim.left.names()) == {"x", "y"}
    assert claim.outcome == "proved"


def test_claims_are_named_by_their_variable_or_their_line():
    text = f"{X}claim(x == x)\nsecond = claim(x - x == 0)\n\nclaim(M\n == M)\n"
    assert list(read_claims(text)) == ["line_2", "second", "line_5"]


def test_the_title_of_a_claim_is_its_equation_unless_it_is_given():
    first, second = read_claims(f"{X}claim(x   ==\n  rot180(rot180(x)))\nclaim(x == x, title='Twice')").values()
    assert (first.title, second.title) == ("x == rot180(rot180(x))", "Twice")


def test_texts_can_prove_and_refute_with_steps():
    text = """
x, f = tensor(M, name="x"), tensor(I, name="f")
rotation = prove(
    "Rotating both rotates the result",
    rot180(correlate(x, f)),
    equals=correlate(rot180(x), rot180(f)),
    steps=[Step(lambda i: sum_over(lambda u: x[M - I - i + u] * f[u], (I,)), "unfold the rotation")],
)
wrong_step = prove("twice", x + x, equals=2 * x, steps=[Step(lambda i: 3 * x[i], "add")])
one = refute("one", rot180(correlate(x, f)), equals=correlate(rot180(x), f), assuming=[M > 3])
size = prove("size", shape(correlate(x, f)), equals=(M - I + 1,))
"""
    read = read_claims(text)
    assert [c.expected for c in read.values()] == ["proved", "proved", "refuted", "proved"]
    assert [c.as_expected for c in read.values()] == [True, False, True, True]
    assert "unfold the rotation" in [line.because for line in read["rotation"].lines]
    assert read["wrong_step"].wrong_step[0].because == "add"


@pytest.mark.parametrize(
    "imports",
    [
        "from cnn_symbolic import tensor, claim, Convolution",
        "from cnn_symbolic import *",
        "from cnn_symbolic import Eq, Ne, Mod, Max, Min, And, Or, Not, floor, ceiling, Rational, Iverson, where",
        "from cnn_symbolic import Eq\nfrom cnn_symbolic import claim",
    ],
)
def test_imports_of_words_are_skipped(imports):
    assert outcomes(f"{imports}\n{X}claim(x == x)") == {f"line_{imports.count(chr(10)) + 3}": "proved"}


@pytest.mark.parametrize("quote", ["'", '"'])
def test_the_last_lines_of_a_derivation_file_are_skipped(quote):
    text = f"{X}mine = claim(x == x)\nif __name__ == {quote}__main__{quote}:\n    mine.main()\n    open('/dev/null')\n"
    assert outcomes(text) == {"mine": "proved"}
    assert "claims have no conditions" in error_of(text.replace("__main__", "main"))[0]


# The same texts as Python

LONG = {
    "a layer": """
from cnn_symbolic import FeatureMap, convolve, correlate, prove, refute, shape, sizes

M, N, I, J = sizes("M N I J")
layer = FeatureMap(input_shape=(M, N), overlay_shape=(I, J))
right = prove("right", layer.gradient(layer.a_prev), equals=convolve(layer.w, layer.delta, mode="full"))
wrong = refute("wrong", layer.gradient(layer.a_prev), equals=correlate(layer.w, layer.delta, mode="full"))
size = prove("size", shape(layer.a), equals=(M - I + 1, N - J + 1))

if __name__ == "__main__":
    right.main()
""",
    "options": """
from cnn_symbolic import Convolution, conv_transpose, prove, refute, sizes, widths

B, C, K, M, I, S = sizes("B C K M I S")
(P,) = widths("P")
options = {"stride": S, "padding": P}
layer = Convolution((B, C, M), (K, C, I), **options)
rest = (M + 2 * P - I) % S
right = prove("right", layer.gradient(layer.x),
              equals=conv_transpose(layer.z_gradient, layer.w, output_padding=rest, **options))
wrong = refute("wrong", layer.gradient(layer.x), equals=conv_transpose(layer.z_gradient, layer.w, **options))
""",
    "assumptions": """
from cnn_symbolic import And, Eq, Ne, floor
from cnn_symbolic import claim, convolve, correlate, crop, from_entries, named, rot180, sizes, sum_over, tensor

M, I = sizes("M I")
x, w = tensor(M, name="x", indices="m"), tensor(I, name="w")
everything = named("everything", correlate(x, w, mode="full"), indices="k")
half = named("half", crop(everything, start=(floor(I / 2),), shape=(M,)))
same = named("same", correlate(x, w, mode="same"))
odd = claim(same == half, assuming=[Eq(I % 2, 1)])
even = claim(same == half, assuming=[And(Eq(I % 2, 0), Ne(M, 3))])
always = claim(same == half)
by_hand = claim(
    convolve(x, w) == from_entries((M + I - 1,), lambda i: sum_over(lambda u: x[u] * w[i - u], (M,)), using=[x, w])
)
turned = claim(rot180(rot180(x)) == x, title="Turned twice")
""",
    "unknown functions": """
from cnn_symbolic import apply, correlate, function, gradient, named, refute, prove, sizes, tensor
from cnn_symbolic import Rational

M, I = sizes("M I")
x, w, g = tensor(M, name="x"), tensor(I, name="w"), tensor(M - I + 1, name="g")
σ = function("σ")
z = named("z", correlate(x, w))
a = named("a", σ(z))
half = Rational(1, 2)
right = prove("right", gradient(a, wrt=w, cotangent=g) * half, equals=correlate(x, σ(z, order=1) * g) * half)
wrong = refute("wrong", gradient(a, wrt=w, cotangent=g), equals=correlate(x, apply(z, function="σ") * g))
""",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_derivation_file_says_the_same_when_it_is_read_and_when_it_is_run(text, tmp_path):
    file = tmp_path / "derivation.py"
    file.write_text(text, encoding="utf-8")
    run = {claim.id: claim.derivation for claim in load_file(file)}
    read = read_claims(text)
    assert list(read) == list(run)
    for name, claim in read.items():
        assert said(claim) == said(run[name])


def said(claim):
    """Return what is decided about a claim, and how it is printed."""
    verdict = claim.verdict
    found = [claim.expected, claim.outcome, verdict.evidence, verdict.domain, claim.written_claim, claim.as_expected]
    found += [line.because for line in claim.lines]
    if isinstance(verdict, Refutation):
        found += [dict(verdict.sizes), verdict.holds_when, str(verdict.monomial), verdict.least, verdict.kind]
    return found


# The words

VERDICTS = "what the kernel answers, not what is asked"
MODULES = "decides or runs something, which reading a text does not"
CHECKS = "checks Python code or reads claims; claims have conv, select_pool and the layers"
NOT_WORDS = {
    "__version__": "no function",
    "CnnSymbolicError": "an error, which texts do not catch",
    "Derivation": "what a claim is read as",
    "Tensor": "a class: tensors are made by tensor(…) and the operations",
    "HoldsForLiterals": VERDICTS,
    "Refutation": VERDICTS,
    "Theorem": VERDICTS,
    "Undecided": VERDICTS,
    "check": MODULES,
    "decide": MODULES,
    "identity": "is about SymPy's functions, which claims have not",
    "preimage": "a set of sizes, not a claim",
    "sizes_where": "a set of sizes, not a claim",
    "state": MODULES,
    **{
        name: CHECKS
        for module, names in cnn_symbolic.HOMES.items()
        if module.startswith("checking.")
        for name in names.split()
    },
}


def test_every_public_name_is_a_word_or_there_is_a_reason_why_not():
    public = set(cnn_symbolic.__all__)
    assert {name for name in public if name not in WORDS} == set(NOT_WORDS)
    assert all(WORDS[name] is getattr(cnn_symbolic, name) for name in public & set(WORDS))


def test_every_other_word_is_pythons_and_none_is_sympys():
    assert set(WORDS) - set(cnn_symbolic.__all__) == {"max", "min"}
    assert (WORDS["max"], WORDS["min"]) == (cnn_symbolic.maximum, cnn_symbolic.minimum)
    assert {"And", "Eq", "Max", "Min", "Mod", "Ne", "Not", "Or", "Rational", "ceiling", "floor"} < set(FUNCTIONS)
    assert not any(getattr(sp, name, None) is word for name, word in WORDS.items())


@pytest.mark.parametrize("name", sorted(NOT_WORDS))
def test_a_name_that_is_no_word_is_unknown(name):
    assert f"there is no {name}" in error_of(f"x = {name}")[0]


def test_reading_decides_nothing_and_gives_derivations():
    (claim,) = read_claims(f"{X}claim(x == x)").values()
    assert isinstance(claim, Derivation)
    assert "claim_verdict" not in vars(claim)
    assert issubclass(ClaimTextError, CnnSymbolicError)
    assert issubclass(Expressions, ast.NodeVisitor)


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("subsample(x, 2) == x", "it takes x, and by name factors=…"),
        ("max_pool(x, 2) == x", "there is the layer MaxPool, and select_pool"),
        ("x @ x == x", "a matrix product is written tensordot"),
        ("shape(x) == (M/2,)", "integers such as (M - I + 1, M // 2)"),
    ],
)
def test_what_has_another_name_here_is_said(claim, message):
    with pytest.raises(ClaimTextError, match=re.escape(message)):
        read_claims(f"{X}claim({claim})")


def test_one_width_pads_all_axes_and_a_shape_is_a_list_of_sizes():
    padded = "claim(pad(x, widths=2) == pad(x, widths=[(2, 2)]))"
    repeated = "claim(broadcast(scalar('s'), shape=shape(x)) == scalar('s')*ones(*shape(x)))"
    assert set(outcomes(f"{X}{padded}\n{repeated}").values()) == {"proved"}
