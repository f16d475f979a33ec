"""What is printed as a name is a name, whatever way it comes in."""

import unicodedata
from contextlib import suppress

import pytest

from cnn_symbolic import (
    apply,
    claim,
    cotangent,
    from_entries,
    function,
    gradient,
    named,
    prove,
    scalar,
    sizes,
    stacked,
    state,
    take,
    tensor,
    widths,
)
from cnn_symbolic.claims.reading import read_claims
from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.kernel.exported.decoding import decode_statement
from cnn_symbolic.kernel.exported.encoding import encode_statement
from cnn_symbolic.layers import FeatureMap

M, N = sizes("M N")
x = tensor(M, name="x")

GOOD = [
    *("y", "a_prev", "W_", "_w", "x1", "w2_in", "M_in", "δ", "δ1", "Δy", "ẑ", "z̃", "größe_λ", "ядро", "重み", "ñ", "λ"),
    *("σ_max", "gewicht", "ReLU", "total", "merged", "lambda_", "Exp", "Sum", "𝐰", "ﬁ", "ϕ", "y₁", "ℓ"),
]
BAD = [
    # Numbers, signs, formulas
    *(
        "",
        " ",
        "0",
        "1",
        "-1",
        "1/2",
        "2x",
        "0x1",
        "1e3",
        "∞",
        "½",
        "x + y",
        "x*y",
        "x·y",
        "2·x",
        "x, y",
        "x y",
        "x\ty",
    ),
    *("rot180(x)", "x[0]", "f(x)", "Σ{k<K} x", "x = y", "==", "=", "∂", "∂C/∂z", "∂C/∂x", "d/dx", "x.shape", "σ′(z)"),
    *(
        "(x)",
        "[x]",
        "{x}",
        "<x>",
        "'",
        '"',
        "'x'",
        "x'y",
        "′",
        "′x",
        "x''y",
        "a-b",
        "a−b",
        "a:b",
        "a;b",
        "a=1",
        "#x",
        "$x$",
    ),
    *("\\alpha", "x^2", "x²y!", "x_{1}", "%", "&", "~", "*)", '"', "`x`", "x?", "x!", "∑", "∏", "√", "⌊M⌋", "≠", "→"),
    # Words
    *(
        "correlate",
        "rot180",
        "convolve",
        "sum",
        "ones",
        "zeros",
        "tensor",
        "claim",
        "gradient",
        "shape",
        "conv",
        "scale",
    ),
    *("exp", "log", "sigmoid", "relu", "step", "tanh", "max", "min", "mod", "floor", "and", "or", "not", "for", "if"),
    # What is not drawn, or turns the text
    *(
        "x\u200b",
        "x\u200d",
        "\u202ex",
        "x\u2066",
        "\u200fx",
        "x\u00ad",
        "x\ufe0f",
        "x\u034f",
        "\u0303",
        "_\u0303",
        "\u3164",
    ),
    *("x\x00", "x\x1b[2K", "x\r", "x\b", "x\n", "\ud800", "\ue000", "x\ufeff", "x\u2028", "x\U000e0001", "x\U000e0100"),
    # Letters of two scripts, and letters that are signs
    *("аx", "xа", "ядро_w", "Αx", "wο", "xᐧy", "x一", "xˆ", "ˆ", "ǃ", "xǂ", "ꞌ", "ехр", "ѕum"),
]


# Every way in which a name comes in, each leading to a statement in which it stands.
WAYS = {
    "tensor": lambda name: claim(tensor(M, name=name) == x).statement,
    "named": lambda name: claim(named(name, x + x) == x).statement,
    "scalar": lambda name: claim(scalar(name) == scalar(name)).statement,
    "function": lambda name: claim(function(name)(x) == x).statement,
    "apply": lambda name: claim(apply(x, function=name, order=1) == x).statement,
    "activation": lambda name: claim(FeatureMap((M,), (N,), activation=name).a == x).statement,
    "layer": lambda name: claim(FeatureMap((M,), (N,), name=name).w == x).statement,
    "sizes": lambda name: claim(tensor(*sizes(name), name="q") == x).statement,
    "widths": lambda name: claim(tensor(widths(name)[0] + 1, name="q") == x).statement,
    "state": lambda name: state(tensor(M, name=name), x),
    "axes": lambda name: claim(tensor(M, name="q", indices=name) == x).statement,
    "indices": lambda name: prove("x", x, equals=x, indices=name).statement,
    "text: tensor": lambda name: read_claims(f"q = tensor(M, name={name!r})\nclaim(q == q)"),
    "text: named": lambda name: read_claims(f"x = tensor(M)\nclaim(named({name!r}, x) == x)"),
    "text: apply": lambda name: read_claims(f"x = tensor(M)\nclaim(apply(x, function={name!r}) == x)"),
    "text: function": lambda name: read_claims(f"x = tensor(M)\nclaim(function({name!r})(x) == x)"),
    "text: indices": lambda name: read_claims(f"x = tensor(M)\nclaim(x == x, indices={name!r})"),
    "document": lambda name: decode_statement(renamed(name)),
}
# Where blanks and commas separate names, where nothing or a known function may stand, and where letters may be names.
SEVERAL = {"sizes", "widths", "axes", "indices", "text: indices"}
KNOWN_HERE = {"apply", "activation", "text: apply"}
KNOWN = ("exp", "log", "sigmoid", "relu", "step", "tanh")


def renamed(name):
    """A document's value about a tensor of that name."""
    value = encode_statement(claim(x == x).statement)
    value["tensors"] = {name: value["tensors"]["x"]}
    for side in ("left", "right"):
        value[side]["formula"] = ["entry", name, ["index", "i0"]]
    return value


@pytest.mark.parametrize("way", WAYS)
def test_what_is_no_name_is_refused_in_every_way_in_which_it_comes_in(way):
    accepted = []
    for name in BAD:
        separated = way in SEVERAL and [name] != name.replace(",", " ").split()
        known = way in KNOWN_HERE and name in KNOWN
        after_a_letter = way == "layer" and fits_behind_a_letter(name)
        of_the_package = way == "document" and name in ("∂C/∂z", "∂C/∂x")
        if separated or known or after_a_letter or of_the_package:
            continue
        with suppress(CnnSymbolicError):
            WAYS[way](name)
            accepted.append(name)
    assert accepted == []


def fits_behind_a_letter(name):
    """Whether a text ends a name that begins with a letter."""
    return f"w{name}".rstrip("'′").isidentifier()


@pytest.mark.parametrize("way", WAYS)
def test_names_stay_what_they_are_in_their_normal_form(way):
    for name in GOOD:
        normal = unicodedata.normalize("NFKC", name)
        if (way == "activation" and normal in ("a_prev", "w")) or (way == "layer" and not normal.isascii()):
            continue
        WAYS[way](normal if way == "document" else name)


def test_names_in_texts_are_normalised_as_python_does_it():
    ligature, bold = tensor(M, name="ﬁ"), tensor(M, name="𝐰")
    assert (ligature.name, bold.name) == ("fi", "w")
    (made,) = read_claims("ﬁ = tensor(M)\nclaim(ﬁ == 2 * fi)").values()
    assert list(made.statement.tensors) == ["fi"]
    with pytest.raises(CnnSymbolicError, match="in its normal form"):
        decode_statement(renamed("ﬁ"))


CONFUSED = {
    "a size and a tensor": lambda: claim(tensor(M, name="M") == x),
    "a size and a width": lambda: claim(tensor(M, widths("M")[0] + 1, name="q") == tensor(M, M, name="p")),
    "a tensor and a function": lambda: claim(apply(x, function="x") == x),
    "a size and a function": lambda: claim(apply(x, function="M") == x),
    "a function and the function of a derivative": lambda: claim(function("σ′")(x) == x),
    "a size and an index": lambda: claim(stacked(M, lambda M: take(x, at=(M,))) == x),
    "a tensor and an index": lambda: claim(from_entries((M,), lambda x: y[x], using=[y]) == tensor(M, name="x")),
    "a word and an index": lambda: claim(from_entries((M,), lambda ones: y[ones], using=[y]) == x),
    "two tensors": lambda: claim(tensor(M, name="х") == x),
    "a size and a tensor in other letters": lambda: claim(tensor(M, name="М") == x),
    "a size in other letters": lambda: claim(tensor(*sizes("М"), name="q") == x),
    "a function in other letters": lambda: claim(function("х")(x) == x),
    "a known function in other letters": lambda: claim(function("ехр")(x) == x),
    "a prime and an apostrophe": lambda: claim(tensor(M, name="x'") == tensor(M, name="x′")),
    "indices in other letters": lambda: claim(from_entries((M,), lambda і: y[і], using=[y]) == tensor(M, name="i")),
}
y = tensor(M, name="y")


@pytest.mark.parametrize("made", CONFUSED.values(), ids=CONFUSED)
def test_names_of_one_statement_that_are_confused_are_refused(made):
    with pytest.raises(CnnSymbolicError, match=r"names both|drawn alike|word of formulas|name of a function"):
        _ = made().statement


def test_an_index_gets_a_prime_where_a_tensor_has_its_letter():
    i = tensor(M, name="i")
    made = prove("i", i + i, equals=2 * i, indices="i")
    assert [made.written(line) for line in made.lines] == ["(i + i)[i′]", "2·i[i′]", "(2·i)[i′]"]


def test_a_cotangent_has_a_name_that_the_package_alone_gives():
    z = named("z", x + x)
    assert cotangent(z).name == "∂C/∂z"
    assert str(gradient(z, wrt=x)) == "∂C/∂x"
    assert str(gradient(x + x, wrt=x, cotangent=cotangent(y))) == "∂⟨∂C/∂y, x + x⟩/∂x"
    with pytest.raises(CnnSymbolicError, match=r"found '∂C/∂z': what arrives at z is cotangent\(z\)"):
        tensor(M, name="∂C/∂z")


TEXTS = {
    "y = named('0', ones())\nclaim(y == ones())": "line 1, column 5: the name of a tensor is letters",
    "x = tensor(M)\nclaim(named('rot180(x)', x) == x)": "line 2, column 7: the name of a tensor is letters",
    "x = tensor(M)\nexp = function()\nclaim(exp(x, order=1) == exp(x))": "exp is a known function",
    "x = tensor(M)\nх = tensor(M)\nclaim(x == х)": "line 2, column 1: two names are drawn alike: x (all of",
    "х = tensor(M)\nclaim(х[i] == sum(x[u], over=u))": "two names are drawn alike",
    "ехр = tensor(M)\nclaim(ехр == ехр)": "two names are drawn alike: exp (all of ASCII) and ехр (U+0435",
    "ядро_w = tensor(M)\nclaim(M == M)": "different scripts",
    "x = tensor(M)\nclaim(from_entries((M,), lambda аi: x[аi], using=[x]) == x)": "line 2, column 33: the name аi",
    "x·y = tensor(M)\nclaim(M == M)": "line 1, column 1: the name x·y cannot be read: U+00B7 MIDDLE DOT",
}


@pytest.mark.parametrize(("text", "why"), TEXTS.items(), ids=range(len(TEXTS)))
def test_names_of_texts_are_refused_at_their_place(text, why):
    with pytest.raises(CnnSymbolicError) as refused:
        read_claims(text)
    assert why in str(refused.value)
