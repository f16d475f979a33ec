"""What the language of claims refuses: the message says what to write, and the place."""

import re

import pytest

from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.ground.errors import ClaimTextError
from tests.support.claim_language import CONV, X, error_of

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
    "an import from a module": (
        "«from cnn_symbolic.tensors import tensor",
        "nothing is imported from cnn_symbolic.t",
    ),
    "an import that renames": ("«from cnn_symbolic import tensor as t", "tensor keeps its name"),
    "an import of no word": ("«from cnn_symbolic.claims import decide", "claims have no decide"),
    "a misspelled import": ("«from cnn_symbolic import tensr", "claims have no tensr: did you mean tensor?"),
    "an import from SymPy": ("«from sympy import Eq", "nothing is imported from sympy: all words are known already"),
    "no import of SymPy's": ("«from cnn_symbolic import symbols", "claims have no symbols"),
    # Literals
    "a float": (f"{X}y = «0.5 * x", "0.5 is not exact: write a fraction, such as 1/2"),
    "a float that is an integer": (f"{X}y = «2.0 * x", "2.0 is not exact: write 2"),
    "an imaginary number": ("y = «3j", "3j is neither an integer nor a text"),
    "bytes": ("y = «b'a'", "b'a' is neither an integer nor a text"),
    "an ellipsis": ("y = «...", "Ellipsis is neither an integer nor a text"),
    # Names
    "a misspelled word": ("x = «tensro(M)", "there is no tensro: did you mean tensor?"),
    "a misspelled name": ("kernel = tensor(M)\nclaim(kernel == «kernal)", "there is no kernal: did you mean kernel?"),
    "an unknown name": (f"{X}claim(x == «qqq)", "there is no qqq; sizes are capitals, or made by sizes(…)"),
    "a module": (f"{X}y = «np.convolve(x, x)", "there is no np; there is every word by itself, without its module"),
    "modules": (f"{X}y = «scipy.signal.convolve(x, x)", "there is no scipy; there is every word by itself, without"),
    "a mode without quotes": (f"{X}y = correlate(x, x, mode=«valid)", "there is the text 'valid', in quotation marks"),
    "a mode in capitals": (f"{X}y = «correlate(x, x, mode='VALID')", "it takes 'valid', 'full' or 'same'"),
    "SciPy's method": (f"{X}y = «correlate(x, x, method='direct')", "correlate has no method"),
    "a text for an exchange": (
        f"{X}y = «convolve(x, x, exchange='yes')",
        "exchange takes no text, found the text",
    ),
    "an exchange in another mode": (
        f"{X}y = «convolve(x, x, exchange=True)",
        "exchanges its arguments in mode",
    ),
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
        "a tensor is divided by a number or a size, with /; x/y: x * reciprocal(y)",
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
    "an index with the name of a size": (
        "x = tensor(K, M)\n«claim(stacked(K, lambda K: take(x, at=(K,))) == x)",
        "K names both a size and an index: rename one of them",
    ),
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
