"""Formulas as MathML: all that the notation writes can be read, nothing of its LaTeX is left over in it."""

import re
from xml.etree import ElementTree as ET

import pytest

from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.notation.breaking import Piece, parts, width
from cnn_symbolic.notation.latex import SPECIAL, Latex, escape
from cnn_symbolic.notation.mathml import CORE, mathml
from cnn_symbolic.present.book.formula_html import formula_html, inline
from cnn_symbolic.present.content.contents import Book, BookEntry
from cnn_symbolic.present.content.counterexamples import Block
from cnn_symbolic.present.content.definitions import SHOWN, OperationDefinition, definitions
from cnn_symbolic.present.content.prose import Code, Formula
from tests.support.thorough import share

M = "{http://www.w3.org/1998/Math/MathML}"
DISPLAYED = ("statement", "corrected", "formula", "formulas", "abbreviations", "assumptions")


def read(latex, display=False, continued=False):
    return ET.fromstring(mathml(latex, display, continued))


def text(markup):
    return "".join(ET.fromstring(f"<p>{markup}</p>").itertext()).replace("\u200b", "")


def formulas(x):
    """All formulas in a part of the book: those in sentences, and those that stand by themselves."""
    if isinstance(x, Formula):
        yield x.latex
    elif isinstance(x, OperationDefinition):
        yield from (formula for pair in x.formulas for formula in pair)
        yield from formulas(x.name)
    elif isinstance(x, Block):
        yield x.name
    elif isinstance(x, tuple):
        for part in x:
            yield from formulas(part)
    elif hasattr(x, "__dataclass_fields__"):
        for name in x.__dataclass_fields__:
            value = getattr(x, name)
            if name in (*DISPLAYED, "sizes", "functions"):
                yield from filter(None, [value] if isinstance(value, str) else [v for v in value if isinstance(v, str)])
            yield from formulas(value)


def pieces(part):
    return [part] if isinstance(part, Piece) else [piece for p in part for piece in pieces(p)]


def faults(latex):
    """What is wrong with a formula as MathML: text that is LaTeX, elements that browsers do not know."""
    found = read(latex, display=True)
    for element in found.iter():
        if element.tag.removeprefix(M) not in CORE:
            yield f"{element.tag} in {latex}"
        if element.text == "{" and "cases" in latex:
            continue
        names = element.get("class") == "it" or re.search(r"[^\W\d_]{2}", element.text or "")
        if re.search(r"[\\^{}&$#%\ue000-\uf8ff]" + ("" if names else "|_"), element.text or ""):
            yield f"{element.text} in {latex}"
    if not "".join(found.itertext()).strip():
        yield f"nothing in {latex}"


def test_every_formula_of_the_bundled_claims_is_shown(everything):
    written = set(formulas(everything))
    assert len(written) > share(300, 1000)
    assert [fault for latex in written for fault in faults(latex)] == []


def test_every_definition_is_shown():
    written = set(formulas(definitions(SHOWN)))
    assert len(written) > len(SHOWN)
    assert [fault for latex in written for fault in faults(latex)] == []


def without_space_and_braces(latex):
    return re.sub(r"[\s{}]", "", latex)


def test_a_formula_in_pieces_is_the_whole_formula(everything):
    for latex in set(formulas(everything)):
        made = pieces(parts(latex))
        assert without_space_and_braces("".join(piece.latex for piece in made)) == without_space_and_braces(latex)
        for piece in made:
            read(piece.latex, display=True, continued=piece.continued)
            begins = re.match(r"\s*(\+|-|=|<|\\neq|\\le\b|\\ge\b|\\wedge|\\star)", piece.latex)
            assert piece.continued or piece is made[0] or not begins or begins.group(1) == "-", latex


def test_few_formulas_have_a_piece_that_is_wider_than_a_telephone(everything):
    wide = {latex for latex in set(formulas(everything)) for piece in pieces(parts(latex)) if width(piece.latex) > 18}
    assert len(wide) < 25


@pytest.mark.parametrize(
    "latex",
    [
        r"\unknowncommand x", r"x + \foo", r"\foo{x}", r"a & b", r"\begin{aligned} a &= b \end{aligned}",
        r"\begin{unknown} a \end{unknown}", r"x_{i", r"x}", r"x_", r"x_i_j", r"\frac{a}", "", r"\phantom{x}",
        r"a \\ b", r"\mathrm{a_b}", r"\mathit{\foo}", r"\mathit{a", "\ue000", "a\x01b", r"\mathit{a" + "\x02}",
        r"\text{\textbf{a}}", r"\text{\textit{a}\textit{b}}", r"x \text{\textit{a}", r"\cnnother{1F600}",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_formula(latex):
    with pytest.raises(ExportError) as error:
        mathml(latex)
    assert repr(latex) in str(error.value) or "is not plain text" in str(error.value)


@pytest.mark.parametrize(
    "name", ["_", "%", "&", "#", "{", "}", "<", ">", "\\", "$", "~", "^", "\"'", "für", "Ж", "名前"]
)
def test_a_name_with_any_character_is_that_name(name):
    name = f"x{name}y"
    latex = rf"\mathit{{{escape(name)}}}_{{i}} + \operatorname{{{escape(name)}}}(\mathrm{{{escape(name)}}})"
    found = [x.text for x in read(latex).iter() if x.text and len(x.text) > 1]
    assert found == [name] * 3


@pytest.mark.parametrize("name", ["größe", "é1", "αβ", "∂z", "ℓ1", "ядро", "数", "ü%_{}\\<^"])
def test_a_name_with_letters_beyond_ascii_is_text_with_its_own_characters(name):
    latex = Latex({}).symbol(name)
    head, _, tail = name.partition("_")
    assert text(mathml(latex)) == head + tail
    slanted = next(x for x in read(latex).iter() if x.text and not x.text.isascii())
    assert (slanted.tag, slanted.get("class")) == (f"{M}mi", "it")
    upright = read(Latex({}).symbol(f"a_{name.replace('_', '')}"))[-1][-1]
    assert (upright.text, upright.get("class")) == (name.replace("_", ""), None)
    assert width(latex) <= 0.6 * len(name)


def test_every_escaped_character_comes_back():
    assert text(mathml(rf"\text{{{escape(''.join(SPECIAL))}}}")) == "".join(SPECIAL)


def test_a_symbol_is_written_as_in_latex():
    assert text(mathml(Latex({}).symbol("a_prev"))) == "aprev"
    assert text(mathml(Latex({}).symbol("lo_in-1"))) == "loin-1"
    assert text(mathml(Latex({}).symbol("δ′"))) == "δ′"
    assert [x.text for x in read(Latex({}).symbol("weights")).iter() if x.text] == ["weights"]


def test_sums_have_their_bounds_above_and_below_where_they_are_displayed():
    assert read(r"\sum_{i=0}^{M - 1} x_{i}", display=True)[0].tag == f"{M}munderover"
    assert read(r"\sum_{0\le k<K} x_{i}", display=True)[0].tag == f"{M}munder"
    assert read(r"\textstyle\sum_{i} x_{i}").find(f".//{M}munder") is None
    assert read(r"x_{\sum_{i}^{2}}", display=True).find(f".//{M}munderover") is None


def form(latex, sign, **options):
    return [x.get("form") for x in read(latex, **options).iter(f"{M}mo") if x.text == sign]


def test_a_minus_sign_has_an_operand_before_it_or_has_none():
    assert form("- x - y", "−") == ["prefix", None]
    assert form("a = -x", "−") == ["prefix"]
    assert form("(-x, -y)", "−") == ["prefix", "prefix"]
    assert form("(x)_{i} - y", "−") == [None]
    assert form("x_{-i}", "−") == ["prefix"]
    assert form("- y", "−", continued=True) == ["infix"]
    assert form(r"\wedge y", "∧", continued=True) == ["infix"]
    assert form(r"\sum_{i} y", "∑", continued=True) == [None]


def test_brackets_are_operators_and_an_index_behind_a_larger_one_belongs_to_the_whole():
    assert [x.text for x in read(r"\lfloor (a)/b \rfloor").iter(f"{M}mo")] == ["⌊", "(", ")", "/", "⌋"]
    whole = read(r"\bigl(\tfrac{\partial C}{\partial z}\bigr)_{n,k}")[0]
    assert (whole.tag, whole[0][0].text, whole[0][-1].text) == (f"{M}msub", "(", ")")
    assert read(r"x\bigr]_{k}")[1][0].get("stretchy") == "false"
    assert read(r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} + x")[0].tag == f"{M}mrow"


def test_primes_are_beside_their_letter_and_before_its_index():
    assert text(mathml("w'_{i'}")) == "w′i′"
    assert read("w'_{i'}")[0][0].tag == f"{M}mrow"
    assert text(mathml(r"a''^{\mathrm{prev}}_{i}")) == "a″iprev"


def test_function_names_are_names_and_remainders_are_operators():
    assert [(x.tag.removeprefix(M), x.text) for x in read(r"\max(a) \bmod b").iter() if x.text and len(x.text) > 1] == [
        ("mi", "max"),
        ("mo", "mod"),
    ]
    assert read(r"w^{\mathsf{T}}")[0][1].get("mathvariant") == "normal"


def test_a_sentence_is_escaped_and_keeps_its_punctuation_with_its_formulas():
    sentence = ("a<b & ", Formula("I = 1"), ". Then (", Formula("x"), "), ", Code("x<y"), "; f")
    assert text(inline(sentence)) == "a<b & I=1. Then (x), x<y; f"
    kept = ["".join(x.itertext()) for x in ET.fromstring(f"<p>{inline(sentence)}</p>").iter("span")]
    assert kept == ["I=1.", "(x),", "(x"]  # the last one within the one before it
    assert text(inline(())) == ""


def test_a_displayed_formula_has_its_latex_for_copying():
    latex = r"x_{i} < \mathit{a\_b}"
    assert ET.fromstring(str(formula_html(latex))).get("data-tex") == latex


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        ("a = b + c", ["a = b ", "+ c"]),
        ("f(a, b) = c", ["f(a, b) ", "= c"]),
        (r"\frac{a + b}{c + d} e", [r"\frac{a + b}{c + d} e"]),
        (r"\left( a + b \right)", [r"\left( a + b \right)"]),
        ("x_{a + b + c + d + e + f}", ["x_{a + b + c + d + e + f}"]),
        (r"\frac{a + b + c}{d + e + f}", [r"\frac{a + b + c}{d + e + f}"]),
        ("a = x_{k = bbbbbbbb}", ["a ", "= x_{k = bbbbbbbb}"]),
        ("-a - b", ["-a ", "- b"]),
        (r"[a + c \wedge b]", [r"[a + c ", r"\wedge b]"]),
        (r"\mathit{a\{b} + c + d", [r"\mathit{a\{b} ", "+ c ", "+ d"]),
    ],
)
def test_a_formula_is_cut_at_its_outermost_operators(latex, expected):
    assert [piece.latex for piece in pieces(parts(latex, 3.0))] == expected


def test_entries_and_books_have_only_the_fields_whose_formulas_are_tested():
    assert {"statement", "assumptions", "abbreviations", "corrected"} <= set(BookEntry.__dataclass_fields__)
    assert "definitions" in Book.__dataclass_fields__
