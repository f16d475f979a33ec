"""The site: every name, operation, layer, claim and picture is there, texts come out as they are written, links lead
somewhere, nothing is asked of another host, and a folder of somebody's own is never lost.
"""

import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.ground.names import HOMES, homes, load
from cnn_symbolic.layers.forward import LAYERS
from cnn_symbolic.library.guide import SECTIONS, titles
from cnn_symbolic.present.content.definitions import SHOWN, operations_in
from cnn_symbolic.present.figures.pictures import PICTURES
from cnn_symbolic.present.site import building
from cnn_symbolic.present.site.claims import ClaimFinding, ShownClaim, names_in
from cnn_symbolic.present.site.guide_pages import readme
from cnn_symbolic.present.site.markdown import docstring, fenced, plain, sentence
from cnn_symbolic.present.site.pages import pages
from cnn_symbolic.present.site.reference import signature
from cnn_symbolic.tensors.operation import RECORDS
from tests.support import commands, thorough
from tests.support.bundle import bundle

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def claims():
    """The bundled claims, by default some files of them."""
    few = {"max_pool", "conv_weight_gradient", "input_gradient", "convolutional_layer", "fully_connected_layer"}
    few |= {"average_pool", "upsampling", "max_pooling", "transposed_gradients", "feature_map_forward"}
    return thorough.share([one for one in bundle() if one.file.stem in few], bundle())


@pytest.fixture(scope="module")
def texts(claims):
    """The pages, with what each file states in place of what is found."""
    return pages(claims, {one.id: ClaimFinding(one.derivation.expected, "as stated") for one in claims})


# What is there


def test_every_public_name_is_described_once(texts):
    described = r"^`+\{py:(?:class|function|data)\} (\w+)(?:\(.*)?\n:module: (.*)$"
    found = [one for text in texts.values() for one in re.findall(described, text, re.M)]
    assert sorted(name for name, _ in found) == sorted(HOMES)
    assert all(name in homes(topic) for name, topic in found)


def test_every_operation_has_its_formulas_and_the_claims_that_it_occurs_in(texts, claims):
    for name in RECORDS:
        page = texts[f"reference/operations/{name}.md"]
        assert ("## Entry formula" in page and "<math" in page) == (name in SHOWN), name
    for claim in claims:
        shown = ShownClaim(claim, ClaimFinding("proved", ""))
        assert sum(text.count(f"({shown.target})=\n") for text in texts.values()) == 1
        sides = (getattr(claim.derivation, side, None) for side in ("left", "right"))
        for name in {name for side in sides for name in operations_in(side)}:
            assert f"](#{shown.target})" in texts[f"reference/operations/{name}.md"], (claim.id, name)


def test_every_layer_has_its_formula_its_options_and_theorems(texts):
    symbolic = [name for name, home in HOMES.items() if home == "layers.catalogue" and name[0].isupper()]
    others = {kind.title.removesuffix("{}d"): kind for kind in LAYERS if kind.__module__.startswith("cnn_symbolic.lay")}
    assert (len(symbolic), len(others)) == (7, 6)
    for name in [*symbolic, *others]:
        page = texts[f"reference/layers/{name}.md"]
        assert "<math" in page.partition("## Forward formula")[2].partition("##")[0], name
        assert "](#claim-" in page, name
    assert "- `stride`: `1` unless given" in texts["reference/layers/conv.md"]
    assert "- `window`: has to be given" in texts["reference/layers/max_pool.md"]


def test_a_layers_theorems_are_those_of_the_files_that_use_it(texts, claims):
    page = texts["reference/layers/MaxPool.md"]
    about = [one for one in claims if one.file.stem == "max_pool"]
    assert about
    assert page.count("](#claim-") == len(about)
    (by_way_of_another,) = {one.file for one in claims if one.file.stem == "conv_weight_gradient"}
    assert "Convolution" not in re.findall(r"\w+", by_way_of_another.read_text(encoding="utf-8"))
    assert "Convolution" in names_in(by_way_of_another)


def test_every_picture_is_in_the_gallery_and_where_it_belongs(texts):
    for name, kind in PICTURES.items():
        assert f'id="figure-{name}"' in texts["gallery.md"]
        assert f"cnn-symbolic draw {name} -o" in texts["gallery.md"]
        assert kind.about
        for shown in kind.about:
            described = [text for text in texts.values() if re.search(rf"\}} {shown}\(", text)]
            assert [f'id="figure-{name}"' in text for text in described] == [True], (name, shown)


def test_every_page_of_the_guide_is_read_in_the_order_of_the_readme(texts):
    order = [name for names in SECTIONS.values() for name in names]
    assert sorted(order) == sorted(titles())
    assert re.findall(r"^\| \[([\w-]+)\]", readme(), re.M) == order
    assert re.findall(r"^guide/([\w-]+)$", texts["index.md"], re.M) == order
    assert all(f"guide/{name}.md" in texts for name in order)
    assert "## The guide" not in texts["index.md"]


def test_links_between_texts_lead_to_pages(texts):
    links = [
        (name, link) for name in texts for link in re.findall(r"\]\(([^)\s]+)\)", texts[name]) if name[-3:] == ".md"
    ]
    inner = [(name, link) for name, link in links if name.startswith(("guide/", "index", "reference/"))]
    assert {link for _, link in inner} >= {"/guide/layer.md", "/derivations/index.md", "/source/kernel/trusted.md"}
    assert [one for one in inner if one[1].startswith("/") and one[1][1:] not in texts] == []
    assert [one for one in inner if not one[1].startswith(("/", "#", "https://"))] == []


# Texts come out as they are written

# What Markdown, or an extension of it, would take for something else.
NASTY = r"x[i]*w_k* **b** _c_ <b> | `a` & &amp; $x$ {y}`z` (z)= [a](b) #h ~~d~~ 1. % c \d [^e] {#f} https://g.h"


def shown(markdown):
    """What a reader sees of Markdown, and the elements that it is in."""
    made = MarkdownIt().enable("table").render(markdown)
    parser = Page()
    parser.feed(made)
    return "".join(parser.text).strip(), parser.elements


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
@example(NASTY)
@example("- a")
@example("1. a")
@example("# a")
@example("> a")
@example("---")
def test_a_text_is_read_as_it_is_written(text):
    expected = " ".join(text.split())
    assert shown(plain(text)) == (expected, ["p"] if expected else [])


def test_code_between_backticks_is_code_and_the_rest_is_not():
    assert shown(sentence("`a_prev[i]` is *not* <b>")) == ("a_prev[i] is *not* <b>", ["p", "code"])


def test_a_docstring_has_paragraphs_lists_and_code():
    text = """Return x[i] | y.

    With two lines,
    one paragraph:

        z = x * y

        w = z

    - one_thing, that
      goes on
    - two*

    >>> 1 + 1
    2

    >>> 2 + 2
    4
    """
    assert docstring(text).split("\n\n") == [
        r"Return x\[i\] \| y\.",
        r"With two lines\, one paragraph\:",
        "```text\nz = x * y",
        "w = z\n```",
        r"- one\_thing\, that goes on",
        r"- two\*",
        "```pycon\n>>> 1 + 1\n2",
        ">>> 2 + 2\n4\n```",
    ]


def test_code_with_fences_in_it_stays_code():
    assert shown(fenced("a\n```\n# b", "text")) == ("a\n```\n# b", ["pre", "code"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rot180", "(x: Tensor) -> Tensor"),
        ("tensor", "(*lengths: Any, name: str, indices: str = '') -> Tensor"),
        ("max_pool1d", "(window, stride=None, padding=0, dilation=1, ceil_mode=False, ties='distinct')"),
        ("FullyConnectedLayer", "(input_shape: Input, neurons: Any, activation: str = 'σ', name: str = '')"),
    ],
)
def test_a_signature_is_written_as_in_the_source(name, expected):
    assert signature(load(HOMES[name], name)) == expected


# Folders and what is missing


def test_without_sphinx_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(building, "find_spec", lambda name: None if name == "furo" else name)
    done = commands.run("guide", "--html", tmp_path / "site")
    assert done.returncode == 2
    assert "the site is made with furo, not installed: python -m pip install 'cnn-symbolic[docs]'" in done.stderr
    assert not tmp_path.joinpath("site").exists()


def test_a_page_and_a_site_are_not_asked_for_at_once(tmp_path):
    done = commands.run("guide", "trust", "--html", tmp_path / "site")
    assert (done.returncode, "it takes no PAGE" in done.stderr) == (2, True)


def test_a_folder_with_anything_else_is_refused_before_anything_is_decided(tmp_path):
    tmp_path.joinpath("mine.txt").write_text("mine")
    done = commands.run("guide", "--html", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is there, and no site of this guide: choose a folder that is new, or empty" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(ExportError, match=r"mine\.txt cannot be made: File exists"):
        building.check_site(tmp_path / "mine.txt")


def site(folder, *names):
    """A folder that is a site with some files."""
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    folder.joinpath(building.LIST).write_text("\n".join(names) + "\n")
    return folder


def test_a_site_is_replaced_unless_there_is_another_file_in_it(tmp_path):
    old = site(tmp_path / "old", "index.html", "guide/a.html")
    new = site(tmp_path / "made", "index.html", "guide/b.html")
    building.check_site(old)
    building.put(new, old)
    assert building.files_in(old) == {"index.html", "guide/b.html", building.LIST}
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["made", "old"]
    old.joinpath("CNAME").write_text("mine")
    with pytest.raises(ExportError, match="files that are not of the site, such as CNAME: move them away"):
        building.check_site(old)


def test_a_site_stays_as_it_was_where_the_new_one_cannot_be_put(tmp_path, monkeypatch):
    old, new = site(tmp_path / "old", "a.html"), site(tmp_path / "made", "b.html")
    rename = Path.rename

    def failing(path, target):
        if Path(target) == old and "before" not in path.name:
            raise OSError("no")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="no"):
        building.put(new, old)
    assert building.files_in(old) == {"a.html", building.LIST}
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["made", "old"]


def test_what_sphinx_does_not_take_is_an_error_and_what_it_warns_of_is_passed_on(tmp_path):
    pytest.importorskip("sphinx", reason="Sphinx is not installed: pip install 'cnn-symbolic[docs]'")
    said = []
    text = f"# A\n\n[b](nowhere.md) and $x^2$\n\n{plain(NASTY)}\n"
    building.build({"index.md": text}, tmp_path / "site", said.append)
    (warning,) = said
    assert warning.startswith("index.md:3: WARNING: ")
    assert "nowhere.md" in warning
    page = Page()
    page.feed(tmp_path.joinpath("site", "index.html").read_text(encoding="utf-8"))
    assert "msup" in page.elements
    assert f"\n{NASTY}\n" in "".join(page.text)
    with pytest.raises(ExportError, match="Sphinx failed: "):
        building.build({"other.md": "# A\n"}, tmp_path / "other", said.append)
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["site"]


# The whole site


class Page(HTMLParser):
    """What a page consists of: its text, its elements, the ids of these, its links, and what it loads."""

    def __init__(self):
        super().__init__()
        self.text, self.elements, self.ids, self.links, self.loaded = [], [], [], [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.elements.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if tag == "a" and "href" in given else []
        if tag != "a":
            self.loaded += [given[key] for key in ("src", "href", "data", "srcset", "action") if key in given]

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The site, made once."""
    pytest.importorskip("sphinx", reason="Sphinx is not installed: pip install 'cnn-symbolic[docs]'")
    folder = tmp_path_factory.mktemp("site") / "made"
    done = commands.run("guide", "--html", folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{folder / 'index.html'}\n", "")
    return folder


@pytest.fixture(scope="module")
def parsed(made):
    """Every page of the site."""
    found = {}
    for file in made.rglob("*.html"):
        found[file] = Page()
        found[file].feed(file.read_text(encoding="utf-8"))
    return found


@pytest.mark.slow
def test_every_link_leads_to_a_file_and_an_id(made, parsed):
    broken, followed = [], 0
    for file, page in parsed.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            ids = parsed[target].ids if target in parsed else []
            followed += 1
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in [*ids, ""]):
                broken.append((file.relative_to(made).as_posix(), link))
    assert broken == []
    assert followed > 10_000


@pytest.mark.slow
def test_no_id_is_given_twice(made, parsed):
    twice = {file.name: {one for one in page.ids if page.ids.count(one) > 1} for file, page in parsed.items()}
    assert {name: ids for name, ids in twice.items() if ids} == {}


@pytest.mark.slow
def test_nothing_is_asked_of_another_host(made, parsed):
    outside = [one for page in parsed.values() for one in page.loaded if re.match(r"(?:[a-z]+:)?//", one)]
    assert outside == []
    for file in [*made.rglob("*.css"), *made.rglob("*.js"), *made.rglob("*.html")]:
        text = file.read_text(encoding="utf-8")
        assert re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^)\s]*", text) == [], file
        if file.suffix == ".js":
            assert not re.search(r"(?:fetch|import|importScripts|open)\([\"'`](?:https?:)?//", text), file


@pytest.mark.slow
def test_the_tutorial_has_run(made):
    text = made.joinpath("tutorial.html").read_text(encoding="utf-8")
    assert text.count('class="verdict proved"') > 10
    assert text.count('class="verdict refuted"') > 5
    assert "Traceback" not in text
    assert "$" not in re.sub(r"<pre.*?</pre>|<script.*?</script>", "", text, flags=re.S)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
@pytest.mark.parametrize(
    ("words", "page"), [("rot180", "reference/operations/rot180.html"), ("course", "guide/course")]
)
def test_a_browser_finds_what_is_searched_for_in_files_alone(made, tmp_path, words, page):
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    options = ["--headless", "--disable-gpu", *alone, f"--user-data-dir={tmp_path / 'profile'}"]
    blocked = "--host-resolver-rules=MAP * ~NOTFOUND"
    address = f"{made.joinpath('search.html').as_uri()}?q={words}"
    command = [BROWSER, *options, blocked, "--virtual-time-budget=20000", "--dump-dom", address]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    results = done.stdout.decode().partition('id="search-results"')[2]
    assert f'href="{page}' in results
