"""Formulas as MathML: only what browsers know, nothing of LaTeX, and signs, brackets and scripts as they are set."""

import re
from xml.etree import ElementTree as ET

import pytest

from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.notation.breaking import Piece, parts, width
from cnn_symbolic.notation.latex import latex
from cnn_symbolic.notation.layout import (
    Fenced,
    Layout,
    Ratio,
    Row,
    Scripts,
    Sign,
    Table,
    Token,
    entry,
    integer,
    name,
    row,
    sign,
    summation,
)  # fmt: skip
from cnn_symbolic.notation.mathml import mathml
from cnn_symbolic.notation.reading import read, read_name
from cnn_symbolic.notation.text import text as line
from cnn_symbolic.present.book.formula_html import formula_html, inline
from cnn_symbolic.present.content.contents import Book, BookEntry
from cnn_symbolic.present.content.definitions import SHOWN, definitions
from cnn_symbolic.present.content.prose import Code, Formula
from tests.support.thorough import share

M = "{http://www.w3.org/1998/Math/MathML}"
CORE = {"mfrac", "msub", "msup", "msubsup", "munder", "mover", "munderover"}
CORE |= {"math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mtable", "mtr", "mtd"}
ARITY = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}


def made(x, display=False, continued=False):
    return ET.fromstring(mathml(x, display, continued))


def text(markup):
    return "".join(ET.fromstring(f"<p>{markup}</p>").itertext()).replace("\u200b", "")


def formulas(x):
    """All formulas in a part of the book."""
    if isinstance(x, Layout):
        yield x
    elif isinstance(x, tuple):
        for part in x:
            yield from formulas(part)
    elif hasattr(x, "__dataclass_fields__"):
        for field in x.__dataclass_fields__:
            yield from formulas(getattr(x, field))


def pieces(part):
    return [part] if isinstance(part, Piece) else [piece for p in part for piece in pieces(p)]


def faults(x):
    """What is wrong with a formula as MathML: text that is LaTeX, elements that browsers do not know."""
    found = made(x, display=True)
    for element in found.iter():
        tag = element.tag.removeprefix(M)
        if tag not in CORE or len(element) != ARITY.get(tag, len(element)):
            yield f"{element.tag} in {latex(x)}"
        names = element.get("class") == "it" or re.search(r"[^\W\d_]{2}", element.text or "")
        brace = element.text == "{" and "cases" in latex(x)
        if not brace and re.search(r"[\\^{}&$#%\ue000-\uf8ff]" + ("" if names else "|_"), element.text or ""):
            yield f"{element.text} in {latex(x)}"
    if not "".join(found.itertext()).strip():
        yield f"nothing in {latex(x)}"


def test_every_formula_of_the_bundled_claims_is_shown(everything):
    written = set(formulas(everything))
    assert len(written) > share(100, 1000)
    assert [fault for x in written for fault in faults(x)] == []


def test_every_definition_is_shown():
    written = set(formulas(definitions(SHOWN)))
    assert len(written) > len(SHOWN)
    assert [fault for x in written for fault in faults(x)] == []


def test_a_fault_is_found():
    assert list(faults(Token(r"\delta", "words")))
    assert list(faults(row()))


def characters(*layouts):
    return "".join(re.sub(r"\s", "", text) for x in layouts for text in made(x).itertext())


def test_a_formula_in_pieces_is_the_whole_formula(everything):
    for x in set(formulas(everything)):
        cut = pieces(parts(x))
        assert characters(*(piece.layout for piece in cut)) == characters(x)
        for piece in cut:
            made(piece.layout, display=True, continued=piece.continued)
            begins = re.match(r"\s*(\+|-|=|<|\\neq|\\le\b|\\ge\b|\\wedge|\\star)", latex(piece.layout))
            assert piece.continued or piece is cut[0] or not begins or begins.group(1) == "-", latex(x)


def test_few_formulas_have_a_piece_that_is_wider_than_a_telephone(everything):
    wide = {x for x in set(formulas(everything)) for piece in pieces(parts(x)) if width(piece.layout) > 18}
    assert len(wide) < 25


@pytest.mark.parametrize("character", ["\x01", "\x02", "\ufffe"])
def test_a_character_that_no_document_can_have_is_refused(character):
    with pytest.raises(ExportError, match="a character that no XML can have"):
        mathml(name(f"a{character}b"))


ODD = ["_", "%", "&", "#", "{", "}", "<", ">", "\\", "$", "~", "^", "\"'", "für", "Ж", "名前"]


@pytest.mark.parametrize("kind", ["italic", "upright", "function", "words"])
@pytest.mark.parametrize("characters", ODD)
def test_a_word_with_any_character_is_that_word(characters, kind):
    word = f"x{characters}y"
    assert [x.text for x in made(entry(Token(word, kind), [name("i")])).iter() if x.text and len(x.text) > 1] == [word]
    assert line(Token(word, kind)) == word


@pytest.mark.parametrize("called", ["größe", "é1", "αβ", "∂z", "ℓ1", "ядро", "数", "ü%_{}\\<^"])
def test_a_name_with_letters_beyond_ascii_is_one_token_with_its_own_characters(called):
    head, _, tail = called.partition("_")
    assert text(mathml(name(called))) == head + tail
    assert line(name(called)) == called
    slanted = next(x for x in made(name(called)).iter() if x.text and not x.text.isascii())
    assert (slanted.tag, slanted.get("class")) == (f"{M}mi", "it")
    upright = made(name(f"a_{called.replace('_', '')}"))[-1][-1]
    assert (upright.text, upright.get("class")) == (called.replace("_", ""), None)
    assert width(name(called)) <= 0.6 * len(called)


NAMES = {
    "x": "<mi>x</mi>",
    "δ": "<mi>δ</mi>",
    "weights": '<mi class="it">weights</mi>',
    "a_prev": "<msup><mi>a</mi><mi>prev</mi></msup>",
    "w12": "<msub><mi>w</mi><mn>12</mn></msub>",
    "x_1": "<msub><mi>x</mi><mn>1</mn></msub>",
    "i′": '<mrow><mi>i</mi><mo lspace="0" rspace="0">′</mo></mrow>',
    "∂C/∂a": "<mfrac><mrow><mi>∂</mi><mi>C</mi></mrow><mrow><mi>∂</mi><mi>a</mi></mrow></mfrac>",
}


@pytest.mark.parametrize(("called", "expected"), NAMES.items(), ids=NAMES)
def test_names_look_as_in_latex(called, expected):
    assert re.fullmatch(r"<math[^>]*>(.*)</math>", mathml(name(called)))[1] == expected


def test_sums_have_their_bounds_above_and_below_where_they_are_displayed():
    total = summation(read("i = 0"), read("M - 1"))
    assert made(total, display=True)[0].tag == f"{M}munderover"
    assert made(summation(read("0≤k<K")), display=True)[0].tag == f"{M}munder"
    assert made(total)[0].tag == f"{M}msubsup"
    assert made(entry(name("x"), [total]), display=True).find(f".//{M}munderover") is None
    assert made(Ratio(total, name("x")), display=True).find(f".//{M}munderover") is None
    assert line(row(total, total, name("x"))) == "Σ{i = 0..M - 1, i = 0..M - 1} x"


def form(x, of, **options):
    return [e.get("form") for e in made(x, **options).iter(f"{M}mo") if e.text == of]


def test_a_minus_sign_has_an_operand_before_it_or_has_none():
    assert form(read("-x - y"), "−") == ["prefix", None]
    assert form(read("a = -x"), "−") == ["prefix"]
    assert form(read("(-x, -y)"), "−") == ["prefix", "prefix"]
    assert form(row(entry(read("(x)"), [name("i")]), read("-y")), "−") == [None]
    assert form(entry(name("x"), [read("-i")]), "−") == ["prefix"]
    assert form(read("- y"), "−", continued=True) == ["infix"]
    assert form(row(Sign("∧"), name("y")), "∧", continued=True) == ["infix"]
    assert form(row(summation(name("i")), name("y")), "∑", continued=True) == [None]
    assert form(row(summation(name("i")), read("-y")), "−") == ["prefix"]


def test_signs_within_scripts_have_less_space():
    index = made(entry(name("x"), [read("i - 1"), read("-j")]))[0][1]
    assert [(o.text, o.get("lspace")) for o in index.iter(f"{M}mo")] == [("−", ".1em"), (",", "0"), ("−", None)]
    assert made(summation(read("k≤K")), display=True)[0][1][1].get("lspace") == ".14em"


def test_brackets_are_as_high_as_the_text_or_as_what_they_enclose():
    assert [x.text for x in made(read("⌊(a)/b⌋")).iter(f"{M}mo")] == ["⌊", "(", ")", "/", "⌋"]
    assert all(x.get("stretchy") == "false" for x in made(read("⌊(a)⌋")).iter(f"{M}mo"))
    whole = made(entry(name("∂C/∂z"), [name("n")]))[0]
    assert (whole.tag, whole[0][0].text, whole[0][-1].text) == (f"{M}msub", "(", ")")
    assert whole[0][0].get("maxsize") == "1.6em"
    alone = made(row(name("x"), Scripts(Sign("]", True, "big"), name("k"))))
    assert alone[1][0].get("stretchy") == "false"
    matrix = made(row(Table(((integer(1), integer(-2)),)), read("+ x")))
    assert [x.tag.removeprefix(M) for x in matrix[0]] == ["mo", "mtable", "mo"]


def test_primes_are_beside_their_letter_and_before_its_index():
    x = entry(name("w′"), [name("i′")])
    assert (text(mathml(x)), line(x), latex(x)) == ("w′i′", "w′[i′]", "w'_{i'}")
    assert made(x)[0][0].tag == f"{M}mrow"
    assert text(mathml(entry(name("a_prev′′"), [name("i")]))) == "a″iprev"


def test_an_index_and_a_superscript_of_a_name_stand_above_each_other_and_a_power_behind_parentheses():
    x = entry(name("a_prev"), [name("i")])
    assert made(x)[0].tag == f"{M}msubsup"
    assert text(mathml(Scripts(x, None, integer(2)))) == "(aiprev)2"
    assert made(Scripts(entry(name("x"), [name("i")]), None, integer(2)))[0].tag == f"{M}msubsup"


def test_function_names_are_names_and_remainders_are_operators():
    found = [(x.tag.removeprefix(M), x.text) for x in made(read("max(a) mod b")).iter() if x.text and len(x.text) > 1]
    assert found == [("mi", "max"), ("mo", "mod")]
    assert made(read("wᵀ", read_name))[0][1].get("mathvariant") == "normal"


def test_a_sentence_is_escaped_and_keeps_its_punctuation_with_its_formulas():
    sentence = ("a<b & ", Formula(read("I = 1")), ". Then (", Formula(name("x")), "), ", Code("x<y"), "; f")
    assert text(inline(sentence)) == "a<b & I=1. Then (x), x<y; f"
    kept = ["".join(x.itertext()) for x in ET.fromstring(f"<p>{inline(sentence)}</p>").iter("span")]
    assert kept == ["I=1.", "(x),", "(x"]  # the last one within the one before it
    assert text(inline(())) == ""


def test_a_displayed_formula_has_its_latex_for_copying():
    x = row(entry(name("x"), [name("i")]), Sign("<"), Token("a_b", "italic"))
    assert ET.fromstring(str(formula_html(x))).get("data-tex") == r"x_{i} < \mathit{a\_b}"


CUT = {
    "terms": (read("a = b + c"), ["a", "= b", "+ c"]),
    "a call": (read("f(a, b) = c"), ["f", "a, b", "= c"]),
    "a quotient": (Ratio(read("a + b + c"), read("d + e + f"), small=False), ["a + b + c/d + e + f"]),
    "an index": (entry(name("x"), [read("a + b + c + d + e")]), ["x[a + b + c + d + e]"]),
    "a sign": (read("-a - b"), ["-a", "- b"]),
    "a bracket": (Fenced("[", read("a + cccc = b"), "]", "whole"), ["[a + cccc = b]"]),
    "factors": (read("aaaa·bbbb·cc"), ["aaaa", "·bbbb", "·cc"]),
}


@pytest.mark.parametrize(("x", "expected"), CUT.values(), ids=CUT)
def test_a_formula_is_cut_at_its_outermost_operators(x, expected):
    cut = [re.sub("[()]", "", line(piece.layout).strip()) for piece in pieces(parts(x, 2.0))]
    assert cut == [re.sub("[()]", "", e) for e in expected]


def test_what_is_read_is_laid_out_as_it_is_written():
    for written in [
        "0 ≤ i < M",
        "M mod 2 = 0 and N ≠ 3",
        "(M + 1)/(2·S)",
        "max(M, N) - P ≥ ⌊(M - I)/S⌋",
        "not (I = 1)",
    ]:
        assert line(read(written)).replace("  ", " ") == written
    assert latex(read("∂C/∂a_prev = Σ_k w_k", read_name)) == r"\partial C/\partial a^{\mathrm{prev}} = \sum_{k} \ w_{k}"
    assert read(")(") == Row((sign(")"), sign("(")))


def test_entries_and_books_have_only_the_fields_whose_formulas_are_tested():
    assert {"statement", "assumptions", "abbreviations", "corrected"} <= set(BookEntry.__dataclass_fields__)
    assert "definitions" in Book.__dataclass_fields__
