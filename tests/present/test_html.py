"""The page of proofs: one file that any XML parser reads, complete, without a network, and legible in a browser."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cnn_symbolic import Step, check, correlate, from_entries, gradient, named, prove, refute, sizes, tensor
from cnn_symbolic.library.loading import Claim, select
from cnn_symbolic.notation import layout as la
from cnn_symbolic.notation.latex import latex
from cnn_symbolic.notation.reading import read
from cnn_symbolic.present.book.html import entry_html, html_book, html_fragment
from cnn_symbolic.present.content.assembly import assemble
from cnn_symbolic.present.content.contents import BookEntry, Chapter, Omitted, entry_of
from cnn_symbolic.present.content.proofs import ProofRow
from cnn_symbolic.present.content.prose import Code, Formula, prose
from tests.support.thorough import every

H = "{http://www.w3.org/1999/xhtml}"
CLAIMS = ["printed_shape", "bias_gradient", "weight_gradient", "input_gradient", "sigmoid", "orderings", "errata"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NASTY = "_%&#{}<>\\$~^\"'`; --> ]]> </style> {{ 1 }} {% x %} <script>alert(1)</script> Жü"


@cache
def small():
    return assemble(select(CLAIMS), jobs=1)


def page(book):
    return ET.fromstring(html_book(book).removeprefix("<!DOCTYPE html>"))


def text(element):
    return "".join(element.itertext())


def entries(book):
    return [entry for chapter in book.chapters for entry in chapter.entries]


def by_id(root, name):
    return next(x for x in root.iter() if x.get("id") == name)


def entry(**changes):
    return replace(
        BookEntry("made", "theorem", "proved", "Made", ("A title",), ("all shapes",), "all shapes"), **changes
    )


def book_of(*made):
    return replace(small(), chapters=(Chapter("Made", made),), article=())


def test_the_page_is_well_formed_and_stands_alone():
    source = html_book(small())
    assert source.startswith('<!DOCTYPE html>\n<html lang="en"')
    root = page(small())
    for element in root.iter():
        assert element.tag not in {f"{H}link", f"{H}iframe", f"{H}object", f"{H}base"}
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            if name in ("src", "href", "data", "action", "srcset") or name.endswith("}href"):
                assert re.match(r"#|data:", value), (element.tag, value)
    styles = "".join(text(x) for x in root.iter(f"{H}style"))
    assert "url(" not in styles
    assert "@import" not in styles
    assert "default-src 'none'" in next(x.get("content") for x in root.iter(f"{H}meta") if x.get("http-equiv"))
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", source).replace("http-equiv", "")


def test_ids_are_unique_and_links_have_their_targets():
    root = page(small())
    ids = [x.get("id") for x in root.iter() if x.get("id")]
    assert len(ids) == len(set(ids))
    for element in root.iter():
        for attribute in ("href", "aria-labelledby", "for"):
            for target in (element.get(attribute) or "").split():
                assert target.removeprefix("#") in ids, target


def test_every_entry_is_there_with_every_line():
    root = page(small())
    shown = list(root.iter(f"{H}article"))
    assert [x.get("id") for x in shown] == [e.id for e in entries(small())]
    for element, one in zip(shown, entries(small()), strict=True):
        written = [x.get("data-tex") for x in element.iter() if x.get("data-tex")]
        wanted = [one.statement, *(row.formula for row in one.rows), one.corrected]
        assert written == [latex(formula) for formula in wanted if formula]
        reasons = [text(x).replace("\u00a0", " ") for x in element.iter() if x.get("class") == "because"]
        assert len(reasons) == max(0, len(one.rows) - 1)
        for reason, row in zip(reasons, one.rows[1:], strict=True):
            assert all(part in reason for part in row.because if isinstance(part, str))
        assert one.id in text(element)
        assert all(name in text(element) for name in one.article)


def test_numbers_are_chapter_and_position():
    root = page(small())
    numbers = [text(next(x for x in a.iter() if x.get("class") == "number")) for a in root.iter(f"{H}article")]
    kinds = {"theorem": "Theorem", "refutation": "Refutation", "check": "Check"}
    wanted = [
        f"{kinds[e.kind]} {c}.{k}"
        for c, chapter in enumerate(small().chapters, start=2)
        for k, e in enumerate(chapter.entries, start=1)
    ]
    assert numbers == wanted


def test_a_claim_whose_file_is_contradicted_says_so_and_what_is_omitted_is_listed():
    assert "states that this formula is wrong" in entry_html(entry(expected="refuted"))
    assert "as a theorem; it is refuted" in entry_html(entry(kind="refutation", expected="proved"))
    assert "Its file" not in entry_html(entry())
    omitted = Omitted("unsettled", "proved", "undecided"), Omitted("right", "refuted", "proved")
    listed = text(by_id(page(replace(small(), omitted=omitted)), "page-omitted"))
    assert "not printed, because what their files state was not found:" in listed
    assert "unsettled: stated as proved, found undecided" in listed
    assert "right: stated as refuted, found proved" in listed
    assert "neither" not in listed


def test_a_line_links_to_the_definition_that_it_names():
    root = page(small())
    lines = [x for x in by_id(root, "weight_gradient").iter() if x.get("class") == "because"]
    assert [a.get("href") for a in lines[-1].iter(f"{H}a")] == ["#def-correlate"]
    assert "⋆" in text(by_id(root, "def-correlate"))


def test_a_counterexample_marks_what_differs_by_words_too():
    one = next(e for e in entries(small()) if e.counterexample and e.counterexample.sides)
    shown = ET.fromstring(str(entry_html(one)))
    marked = [x for x in shown.iter("td") if x.get("class") == "differs"]
    wanted = [m for side in one.counterexample.sides for b in side.blocks for row in b.differs for m in row if m]
    assert len(marked) == len(wanted) > 0
    assert all(text(x).endswith(" differs") and x.find("strong") is not None for x in marked)
    numbers = [text(x.find("strong")) if x.find("strong") is not None else text(x) for x in shown.iter("td")]
    blocks = [b for m in (*one.counterexample.values, *one.counterexample.sides) for b in m.blocks]
    assert [n.replace("−", "-") for n in numbers if n] == [n for b in blocks for row in b.rows for n in row]
    assert one.holds[0] in text(shown)
    assert "differ in frames:" in text(shown)
    assert "frames," not in text(shown)


def test_what_users_write_arrives_as_text():
    made = entry(
        id=f"made {NASTY}",
        title=(NASTY, Code(NASTY), Formula(la.Token("a_%&#{}<b", "italic"))),
        article=(NASTY,),
        asserted=(NASTY,),
    )
    root = page(book_of(made, replace(made, id=made.id + "!"), entry(id="results"), entry(id="def-correlate")))
    shown = list(root.iter(f"{H}article"))
    for element in shown[:2]:
        assert text(element).count(NASTY) == 5
        assert "a_%&#{}<b" in text(element)
        assert re.fullmatch(r"[A-Za-z][\w.-]*", element.get("id"))
    ids = [x.get("id") for x in root.iter() if x.get("id")]
    assert len(ids) == len(set(ids))
    assert ET.fromstring(html_fragment(made)) is not None


NAMES = ["größe", "é1", "αβ", "a_β", "ядро", "数"]


def shown_text(derivation):
    """The text of a claim's entry without where its lines may be broken, and without its source in TeX."""
    root = ET.fromstring(f"<p>{entry_html(entry_from(derivation))}</p>")
    source = next(x for x in root.iter("details"))
    source.clear()
    return re.sub("\\s", "", text(root))


@pytest.mark.parametrize("name", NAMES)
def test_tensors_and_sizes_have_any_name(name):
    shown, (m,) = name.replace("_", ""), sizes("M")
    x, w = tensor(m, name=name), tensor(2, name="w")
    z = named("z", correlate(x, w, mode="valid"))
    assert f"{shown}+{shown}=2{shown}" in shown_text(prove(f"About {name}", x + x, equals=2 * x))
    wrong = shown_text(refute(f"About {name}", x, equals=2 * x))
    assert f"{shown}≠2{shown}" in wrong
    assert f"{shown}=" in wrong.split("With")[1]
    steps = shown_text(prove("A gradient", gradient(z, wrt=w), equals=correlate(x, gradient(z, wrt=z), mode="valid")))
    assert steps.count(shown) >= 4
    (s,) = sizes(name)
    y = tensor(s, name="y")
    assert f"{shown}=1" in shown_text(refute("No", y, equals=2 * y))
    assert f"{shown}≥3" in shown_text(prove("Yes", y + y, equals=2 * y, assuming=[s >= 3]))


def test_what_no_document_can_have_is_replaced_in_every_text():
    (n,) = sizes("N")
    x, y = tensor(n, name="x"), tensor(n, name="y")
    bad = "a\x00b\n\n\tc\ud800\uffff\u202e\u2066"
    good = "a\ufffdb c\ufffd\ufffd\ufffd\ufffd"
    square = from_entries((n,), lambda i: (x[i] + y[i]) ** 2, using=[x, y])
    product = from_entries((n,), lambda i: x[i] ** 2 + 2 * x[i] * y[i] + y[i] ** 2, using=[x, y])
    step = Step(lambda i: x[i] * (x[i] + y[i]) + y[i] * (x[i] + y[i]), bad)
    made = [
        (prove(bad, square, equals=product, steps=[step]), 3),  # the title, the reason, and it in the source in TeX
        (refute(bad, x, equals=2 * x, article=bad), 1),
        (check(f"{bad} == {bad}", statement=bad, evidence="tested (once)", by=lambda: f"{bad}**2"), 4),
    ]
    for derivation, count in made:
        one = entry_from(derivation)
        assert text(ET.fromstring(html_fragment(one))).count(good) == count
        source = html_book(book_of(one))
        assert ET.fromstring(source.removeprefix("<!DOCTYPE html>").encode("utf-8")) is not None
        assert not re.search("[\x00-\x08\ud800-\udfff\uffff\u202e\u2066]", source)


def test_an_entry_without_a_title_has_its_number_alone_and_its_id_in_the_contents():
    root = page(book_of(entry(title=prose(" ")), entry(id="other")))
    heading = next(next(root.iter(f"{H}article")).iter(f"{H}h3"))
    assert text(heading) == "Theorem 2.1"
    assert not [x for x in next(root.iter(f"{H}article")).iter() if x.get("class") == "title"]
    assert text(by_id(root, "page-contents")).count("2.1 made") == 1
    (n,) = sizes("N")
    x = tensor(n, name="x")
    assert 'class="title"' not in entry_html(entry_from(prove("", x + x, equals=2 * x)))


def test_one_thing_is_not_several_things():
    lead = "1 theorem, 2 refutations and 0 checks."
    wrong = entry(id="wrong", kind="refutation")
    root = page(book_of(entry(), wrong, replace(wrong, id="wronger")))
    assert lead in text(root)
    assert "1 refutation and 1 check." in text(page(book_of(wrong, entry(id="checked", kind="check"))))


def test_the_definitions_say_where_their_formulas_hold():
    before = text(by_id(page(small()), "page-definitions"))
    assert "within the shape that is given; all other entries are zero" in before


def test_ids_that_would_have_the_same_anchor_have_different_ones():
    root = page(book_of(entry(id="a b"), entry(id="a-u20-b"), entry(id="a-u20-b-title")))
    assert len({x.get("id") for x in root.iter(f"{H}article")}) == 3


def test_names_of_users_are_shown_as_they_are():
    (n,) = sizes("N")
    x, y = tensor(n, name="x_in_1"), tensor(n, name="gewicht")
    made = [prove("sum & more < all", x + y, equals=y + x), refute("100% {wrong}", x, equals=y)]
    texts = [text(ET.fromstring(f"<p>{entry_html(entry_from(m))}</p>")) for m in made]
    assert "sum & more < all" in texts[0]
    assert "100% {wrong}" in texts[1]
    assert all("gewicht" in t and "in_1" in t for t in texts)


def entry_from(derivation):
    return entry_of(Claim("made", derivation, Path("made.py")))


def test_a_fragment_stands_alone():
    for one in entries(small()):
        source = html_fragment(one)
        root = ET.fromstring(source)
        assert not list(root.iter("script"))
        ids = {x.get("id") for x in root.iter()}
        links = {x.get("href") for x in root.iter("a")}
        assert {link.removeprefix("#") for link in links} <= ids
        rules = re.sub(r"/\*.*?\*/", "", "".join(text(x) for x in root.iter("style")))
        for selectors in re.findall(r"([^{}]+)\{", rules):
            assert "@media" in selectors or all(".cnn-proofs" in s for s in selectors.split(",")), selectors


def test_the_source_of_an_entry_has_the_statement_and_all_lines():
    one = next(e for e in entries(small()) if e.id == "weight_gradient")
    source = text(next(x for x in by_id(page(small()), "weight_gradient").iter(f"{H}pre")))
    for formula in (one.statement, *(row.formula for row in one.rows)):
        assert latex(formula) in source
    assert source.count(r"\begin{align*}") == source.count(r"\end{align*}") == 1


def test_headings_do_not_leave_out_a_level():
    levels = [int(x.tag[-1]) for x in page(small()).iter() if re.fullmatch(rf"{re.escape(H)}h[1-6]", x.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_filter_counts_every_entry():
    root = page(small())
    labels = list(by_id(root, "page-filter").iter(f"{H}label"))
    counts = [int(text(next(y for y in x.iter() if y.get("class") == "count"))) for x in labels]
    assert counts[0] == sum(counts[1:]) == len(entries(small()))


MEASURE = """
<script>
window.addEventListener("load", function () {
  var root = document.documentElement, report = {};
  function all(selector) { return Array.prototype.slice.call(document.querySelectorAll(selector)); }
  function shown(x) { return x.getClientRects().length > 0; }
  all("details").forEach(function (d) { d.open = true; });
  report.width = window.innerWidth;
  report.scroll = root.scrollWidth;
  report.merror = all("merror").length;
  report.math = all("math").length;
  report.flat = all("math").filter(function (m) {
    return shown(m) ? m.getBoundingClientRect().height < 2 : !m.closest(".chapters");
  }).length;
  report.backslash = all("math *").filter(function (x) {
    return x.children.length === 0 ? x.textContent.indexOf("\\\\") >= 0 : false;
  }).length;
  report.cut = all(".formula, .statement, h3, p, td").filter(function (x) {
    var style = getComputedStyle(x);
    return x.scrollWidth > x.clientWidth + 1 ? style.overflowX === "hidden" : false;
  }).length;
  var sums = all("munderover"), first = sums[0];
  report.above = first.children[2].getBoundingClientRect().bottom - first.children[0].getBoundingClientRect().top;
  function luminance(rgb) {
    var parts = rgb.map(function (v) { v /= 255; return v > .03928 ? Math.pow((v + .055) / 1.055, 2.4) : v / 12.92; });
    return .2126 * parts[0] + .7152 * parts[1] + .0722 * parts[2];
  }
  function colour(text) { return text.match(/[\\d.]+/g).map(Number); }
  function behind(x) {
    for (; x; x = x.parentElement) {
      var made = colour(getComputedStyle(x).backgroundColor);
      if (made.length === 3 || made[3] > 0) { return made; }
    }
    return [255, 255, 255];
  }
  report.contrast = 21;
  all("h1, h2, h3, h4, p, a, td, th, .badge, .count, .because, math, code, pre, summary, figcaption, dd").forEach(
    function (x) {
      if (!shown(x)) { return; }
      var a = luminance(colour(getComputedStyle(x).color)), b = luminance(behind(x));
      var ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
      if (ratio < report.contrast) { report.contrast = ratio; report.least = x.className + " " + x.tagName; }
    });
  report.filtered = {};
  all("#page-filter input").forEach(function (input) {
    input.click();
    report.filtered[input.value] = all(".entry").filter(shown).map(function (x) { return x.id; });
  });
  window.parent.postMessage(JSON.stringify(report), "*");
});
</script>
</body>"""
FRAME = """<!DOCTYPE html><html><body><iframe src="page.html" style="width:{width}px;height:800px;border:0"></iframe>
<script>window.addEventListener("message", function (e) {{
  var p = document.createElement("pre"); p.id = "report"; p.textContent = e.data; document.body.appendChild(p);
}});</script></body></html>"""


def measured(book, folder, width, dark=False):
    """What a browser says of the page in a window of that width."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium, which would show the page")
    (folder / "page.html").write_text(html_book(book).replace("</body>", MEASURE), encoding="utf-8")
    (folder / "frame.html").write_text(FRAME.format(width=width), encoding="utf-8")
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--allow-file-access-from-files",
        f"--user-data-dir={folder / 'profile'}", f"--blink-settings=preferredColorScheme={0 if dark else 1}",
        "--virtual-time-budget=60000", "--timeout=120000", "--dump-dom", (folder / "frame.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    found = re.search(r'<pre id="report">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(found.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def is_legible(report, width):
    assert report["width"] == width
    assert report["scroll"] <= width
    assert (report["merror"], report["flat"], report["backslash"], report["cut"]) == (0, 0, 0, 0)
    assert report["above"] <= 3
    assert report["contrast"] >= 4.5, report["least"]


@pytest.mark.parametrize(("width", "dark"), every(3, [(360, False), (360, True), (1280, False), (1280, True)]))
def test_a_browser_shows_every_formula_and_never_scrolls_sideways(width, dark, tmp_path):
    report = measured(small(), tmp_path, width, dark)
    is_legible(report, width)
    assert report["math"] == len(list(page(small()).iter("{http://www.w3.org/1998/Math/MathML}math")))


def test_no_formula_however_wide_makes_the_page_scroll_sideways(tmp_path):
    index = [read(f"⌊(m + D·u + P - D·I)/{letter}⌋") for letter in "STUVWX"]
    x, times = la.name("x"), la.Sign("·")
    total = la.summation(read("r = 0"), la.joined([x] * 60, la.Sign("+")))
    call = la.row(la.Token("long" * 30, "function"), la.listed([x, x]))
    wide = la.joined([la.entry(x, index), la.row(call, times, la.entry(x, index), times, total, x)], la.Sign("="))
    long = "a_very_long_name_" * 8
    made = entry(
        id=long, title=(long, Formula(wide)), statement=wide, assumptions=(wide,), abbreviations=(wide,),
        rows=(ProofRow(wide), ProofRow(wide, (long, Formula(wide)))), article=(long,), asserted=(Code(long),),
        found=(long,),
    )  # fmt: skip
    for width in (360, 1280):
        is_legible(measured(book_of(made, entry()), tmp_path, width), width)


@pytest.mark.slow
def test_a_browser_shows_the_whole_book(everything, tmp_path):
    is_legible(measured(everything, tmp_path, 360), 360)


def test_the_filter_shows_the_entries_of_its_kind(tmp_path):
    filtered = measured(small(), tmp_path, 1280)["filtered"]
    assert filtered.pop("all") == [e.id for e in entries(small())]
    assert set(filtered) == {e.strength for e in entries(small())}
    for strength, shown in filtered.items():
        assert shown == [e.id for e in entries(small()) if e.strength == strength]
