"""Pictures: positions that are those of the proofs, SVG and TikZ that are well formed, and clear refusals."""

import itertools
import re
import shutil
import subprocess
from fractions import Fraction
from math import prod
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import signal

from cnn_symbolic import convolve, correlate, gradient, literal, named, pad, sizes, tensor
from cnn_symbolic.ground.errors import EvaluationError, ModeError, OperandError, ShapeError
from cnn_symbolic.layers import (
    AveragePool,
    ConvolutionalLayer,
    FeatureMap,
    conv,
    conv_transpose,
    select_pool,
    sum_pool,
    upsample_nearest,
)
from cnn_symbolic.library.files import GROUPS
from cnn_symbolic.present.figures import convolution_pictures
from cnn_symbolic.present.figures.colours import INK, LINES, MUTED, PAPER, ROLES
from cnn_symbolic.present.figures.index_maps import contributions, gathered
from cnn_symbolic.present.figures.labels import Symbol, entry, number, sign
from cnn_symbolic.present.figures.options import read_pair
from cnn_symbolic.present.figures.pictures import BOOK_PICTURES, PICTURES, picture
from cnn_symbolic.present.figures.scene import Box, Curve, Words
from cnn_symbolic.present.figures.svg import svg
from cnn_symbolic.present.figures.tikz import tikz
from tests.support.thorough import every, share

x, w, y = tensor(1, 1, 4, 3, name="x"), tensor(1, 1, 2, 2, name="w"), tensor(1, 1, 2, 2, name="y")
z = named("z", conv(x, w, stride=2, padding=1))
BILINEAR = {
    "correlate": correlate(tensor(3, 4, name="x"), tensor(2, 2, name="w")),
    "full": convolve(tensor(2, 3, name="x"), tensor(2, 2, name="w"), mode="full"),
    "same": convolve(tensor(3, 3, name="x"), tensor(2, 2, name="w"), mode="same"),
    "stride": conv(x, w, stride=2),
    "padding": conv(x, w, stride=(2, 1), padding=[(1, 0), (0, 2)]),
    "dilation": conv(x, w, dilation=(3, 2)),
    "transposed": conv_transpose(y, w, stride=2, padding=1, dilation=2, output_padding=1),
    "weight gradient": gradient(z, wrt=w, cotangent=tensor(*z.shape, name="g")),
    "input gradient": gradient(z, wrt=x, cotangent=tensor(*z.shape, name="g")),
    "sum pool": sum_pool(x, window=2, stride=1),
    "average pool": AveragePool((1, 1, 4, 3), 2, stride=1, padding=1).a,
    "upsampling": upsample_nearest(y, factors=(2, 3)),
    "selection": select_pool(y, literal(values=[[[[[[0, 1], [0, 0]]]]]])),
}


@pytest.mark.parametrize("name", BILINEAR)
def test_contributions_are_what_one_hot_inputs_give(name):
    result = BILINEAR[name]
    leaves = {n: tuple(map(int, t.lengths)) for n, t in result.names().items() if n in "xwyg"}
    found = contributions(result)
    named_coefficients = {at: {factors: c for c, factors in terms} for at, terms in found.items()}
    entries = [[(n, at) for at in np.ndindex(*shape)] for n, shape in sorted(leaves.items())]
    expected = {at: {} for at in found}
    used = {n for terms in found.values() for _, factors in terms for n, _ in factors}
    for ones in itertools.product(*(e for e in entries if e[0][0] in used)):
        values = {n: np.zeros(shape, dtype=object) for n, shape in leaves.items()}
        for n, at in ones:
            values[n][at] = 1
        for at, value in np.ndenumerate(result.evaluate(values)):
            if value:
                expected[at][ones] = Fraction(value)
    assert named_coefficients == expected


def test_contributions_of_a_feature_map_add_up_to_its_gradients():
    rng = np.random.default_rng(1)
    layer = FeatureMap((4, 3), (2, 2))
    values = {"a_prev": rng.integers(-5, 6, (4, 3)), "w": rng.integers(-5, 6, (2, 2)), "b": np.array([[2]])}
    values["∂C/∂a"] = rng.integers(-5, 6, (3, 2))
    functions = {"σ": [lambda t: t**2, lambda t: 2 * t]}
    entries = values | {"σ′(z)": layer.activation_slope.evaluate(values, functions)}
    entries["δ"] = layer.delta.evaluate(values, functions)
    for wrt in (layer.w, layer.a_prev, layer.b):
        result = layer.gradient(wrt)
        found = contributions(result)
        for terms in (found, gathered(found, "δ", contributions(layer.delta))):
            total = {at: sum(c * prod(int(entries[n][i]) for n, i in fs) for c, fs in t) for at, t in terms.items()}
            expected = result.evaluate(values, functions)
            assert total == dict(np.ndenumerate(expected))


def test_contributions_are_of_numbers_as_sizes_and_of_kept_intermediates():
    m, n = sizes("M N")
    padded = named("p", pad(tensor(2, name="x"), widths=1))
    assert contributions(padded)[0,] == []
    assert contributions(correlate(padded, tensor(2, name="w")), keep=["p"])[0,][0] == (1, (("p", (0,)), ("w", (0,))))
    with pytest.raises(EvaluationError, match="has the sizes M, N: give"):
        contributions(correlate(tensor(m, name="x"), tensor(n, name="w")))
    with pytest.raises(OperandError, match="not made from q"):
        contributions(padded, keep=["q"])


def covered_cells(drawn, size):
    """The cells of the input that each frame highlights: its boxes come first but for the weights, row by row."""
    for frame in drawn.frames:
        boxes = [e for e in frame.elements if isinstance(e, Box) and e.role != "weight"][: size[0] * size[1]]
        yield {divmod(k, size[1]) for k, box in enumerate(boxes) if box.role == "covered"}


def cells_by_scipy(shape, overlay, stride, padding, dilation):
    """The padded cells that reach each output, found with one-hot inputs and SciPy."""
    widths = WIDTHS.get(padding) or ((padding, padding), (padding, padding))
    size = tuple(n + before + after for n, (before, after) in zip(shape, widths, strict=True))
    kernel = np.zeros([(n - 1) * dilation + 1 for n in overlay], dtype=int)
    kernel[::dilation, ::dilation] = 1
    found = {}
    for cell in np.ndindex(*size):
        one = np.zeros(size, dtype=int)
        one[cell] = 1
        reached = signal.correlate(one, kernel, mode="valid", method="direct")[::stride, ::stride]
        for at in np.ndindex(*reached.shape):
            found.setdefault(at, set()).update({cell} if reached[at] else ())
    return size, list(found.values())


# What paddings are, before and after each axis, at the geometries below.
WIDTHS = {
    "causal": ((0, 0), (2, 0)), "same": ((0, 1), (0, 1)), ((2, 1),): ((0, 0), (2, 1)),
    ((1, 0), (0, 2)): ((1, 0), (0, 2)),
}  # fmt: skip
GEOMETRIES = [
    ((4, 4), (3, 3), 1, 0, 1), ((5, 5), (3, 3), 2, 1, 1), ((7, 6), (3, 2), 1, 0, 2), ((3, 4), (2, 2), 2, 2, 1),
    ((6, 6), (2, 2), 3, 1, 3), ((1, 5), (1, 3), 1, 0, 1), ((1, 5), (1, 3), 2, "causal", 1),
    ((3, 4), (2, 3), 1, ((1, 0), (0, 2)), 1), ((1, 5), (1, 2), 1, ((2, 1),), 2), ((4, 3), (2, 2), 1, "same", 1),
]  # fmt: skip


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_the_overlay_covers_the_cells_that_reach_the_output(geometry):
    options = dict(zip(("shape", "overlay", "stride", "padding", "dilation"), geometry, strict=True))
    size, expected = cells_by_scipy(*geometry)
    assert list(covered_cells(picture("overlay", **options), size)) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, w, stride, dilation: conv(x, w, stride=dilation, dilation=stride),
        lambda x, w, stride, dilation: conv(x, w, stride=stride, dilation=1),
        lambda x, w, stride, dilation: conv(pad(x, widths=[0, 0, (1, -1), 0]), w, stride=stride, dilation=dilation),
    ],
)
def test_a_wrong_index_map_would_be_noticed(monkeypatch, wrong):
    geometry = ((7, 7), (2, 2), 1, 0, 2)
    size, expected = cells_by_scipy(*geometry)
    options = dict(zip(("shape", "overlay", "stride", "padding", "dilation"), geometry, strict=True))
    monkeypatch.setattr(convolution_pictures, "conv", wrong)
    assert list(covered_cells(picture("overlay", **options), size)) != expected


def boxes_of(drawn, frame=0):
    return [e for e in drawn.frames[frame].elements if isinstance(e, Box)]


def test_the_full_convolution_starts_with_the_first_component_over_the_first_weight():
    drawn = picture("full-convolution")
    starting = {box.label: box.corner for box in boxes_of(drawn)[:16] if box.corner}
    assert starting.pop(entry("w", (0, 0))) == entry("δ", (0, 0))
    assert set(starting) == {number(0)}
    middle = {box.label: box.corner for box in boxes_of(drawn, 4)[:16] if box.corner}
    assert middle == {entry("w", at): entry("δ", (1 - at[0], 1 - at[1])) for at in np.ndindex(2, 2)}


def test_gradients_are_sums_of_what_each_neuron_contributes():
    def product(neuron, name, at):
        return (*entry("δ", neuron), *sign("·"), *entry(name, at))

    weight = [box.label for box in boxes_of(picture("weight-gradient"))]
    for (r, c), (i, j) in itertools.product(np.ndindex(2, 2), np.ndindex(2, 2)):
        assert product((r, c), "a_prev", (r + i, c + j)) in weight
    laid = boxes_of(picture("input-gradient"))[8:]
    for k, (r, c) in enumerate(np.ndindex(2, 2)):
        block = [box.label for box in laid[9 * k : 9 * k + 9]]
        for at in np.ndindex(3, 3):
            i, j = at[0] - r, at[1] - c
            inside = i in (0, 1) and j in (0, 1)
            assert block[3 * at[0] + at[1]] == (product((r, c), "w", (i, j)) if inside else number(0))


def test_pooling_passes_on_and_back_what_numpy_says():
    grid = np.array([[8, 0, 11, 1, 6], [10, 2, 4, 14, 17], [5, 16, 19, 15, 7], [12, 13, 9, 18, 3]])
    views = np.lib.stride_tricks.sliding_window_view(grid, (2, 2))
    passed_on = [box.label for box in boxes_of(picture("max-pooling", shape=(4, 5), stride=1), -1)[20:]]
    assert passed_on == [number(int(v)) for v in views.max(axis=(2, 3)).flat]
    averages = [box.label for box in boxes_of(picture("average-pooling", shape=(4, 5), stride=1), -1)[20:]]
    assert averages == [number(Fraction(int(v), 4)) for v in views.sum(axis=(2, 3)).flat]
    back = boxes_of(picture("max-pooling-gradient", shape=(4, 4)))
    values, arriving, received = ([box.label for box in part] for part in (back[:16], back[16:20], back[20:]))
    assert [(values[k], received[k]) for k in range(16) if received[k] != number(0)] == [
        (number(10), arriving[0]),
        (number(14), arriving[1]),
        (number(16), arriving[2]),
        (number(19), arriving[3]),
    ]


def test_a_chained_layer_has_one_filter_for_each_pair_of_maps():
    found = contributions(ConvolutionalLayer((3, 3, 3), (2, 2), maps=2).z)
    for (k, *_), terms in found.items():
        pairs = {(dict(fs)["w"][:2], dict(fs)["a_prev"][0]) for _, fs in terms if len(fs) == 2}
        assert pairs == {((k, d), d) for d in range(3)}


def test_a_row_has_one_index_and_everything_else_has_two():
    texts = {s.text for f in picture("overlay", shape=(1, 4), overlay=(1, 2)).frames for s in subscripts(f)}
    assert texts == {"0", "1", "2", "3"}
    assert {s.text for s in subscripts(picture("overlay", shape=(2, 1), overlay=1).frames[0])} == {"0,0", "1,0"}
    assert {"0,0", "0,1"} <= {
        s.text for f in picture("chaining", shape=(1, 3), overlay=(1, 2)).frames for s in words(f)
    }


def words(frame):
    labels = [e.label for e in frame.elements if isinstance(e, Words)]
    return [s for label in labels for part in label if isinstance(part, Symbol) for s in part.below]


def subscripts(frame):
    labels = [label for e in frame.elements if isinstance(e, Box) for label in (e.label, e.corner)]
    return [s for label in labels for part in label if isinstance(part, Symbol) for s in part.below]


@pytest.mark.parametrize("padding", [0, 1, ((2, 0), (0, 1)), ((0, 3), (1, 1))])
@pytest.mark.parametrize(("stride", "extra"), [(1, 0), (2, 0), (2, 1), (3, 2)])
def test_a_transposed_convolution_shows_what_is_kept_and_what_nothing_reaches(padding, stride, extra):
    drawn = picture("transposed-convolution", padding=padding, stride=stride, output_padding=extra)
    side = (2 - 1) * stride + 3 + extra
    cells = dict(zip(np.ndindex(side, side), boxes_of(drawn, -1)[-side * side :], strict=True))
    widths = padding if isinstance(padding, tuple) else ((padding, padding),) * 2
    kept = {c for c, box in cells.items() if not box.dashed}
    assert kept == {
        (i, j) for i, j in cells if widths[0][0] <= i < side - widths[0][1] and widths[1][0] <= j < side - widths[1][1]
    }
    z = conv_transpose(y, tensor(1, 1, 3, 3, name="w"), stride=stride, padding=widths, output_padding=extra)
    reached = {(at[2] + widths[0][0], at[3] + widths[1][0]) for at, terms in contributions(z).items() if terms}
    assert reached == {c for c in kept if cells[c].role != "zero"}


def test_maps_of_other_groups_are_not_connected():
    drawn = picture("chaining", maps=4, next_maps=2, groups=2)
    connected = [{e.role for e in frame.elements if isinstance(e, Curve)} for frame in drawn.frames]
    assert connected == [{"hue-0", "hue-1"}, {"hue-2", "hue-3"}]
    assert "4 filters, in 2 groups" in drawn.title


BUNDLED = [
    *((name, {}) for name in PICTURES),
    *((figure.name, figure.options) for figures in BOOK_PICTURES.values() for figure in figures if figure.options),
]
VARIANTS = [
    *BUNDLED,
    ("overlay", {"shape": (3, 3), "overlay": 2, "stride": 2, "padding": 1}),
    ("overlay", {"shape": (4, 3), "overlay": 2, "padding": "same"}),
    ("overlay", {"shape": (8, 8), "overlay": (3, 1), "dilation": (2, 1)}),
    ("overlay", {"shape": 1, "overlay": 1}),
    ("shared-weights", {"shape": (4, 4), "overlay": 3}),
    ("shared-weights", {"shape": (1, 3), "overlay": (1, 2)}),
    ("bias-gradient", {"shape": (4, 4), "overlay": 2}),
    ("bias-gradient", {"shape": 2, "overlay": 2}),
    ("weight-gradient", {"shape": (3, 4), "overlay": 2}),
    ("input-gradient", {"shape": (2, 4), "overlay": (1, 2)}),
    ("full-convolution", {"shape": (4, 4), "overlay": 3}),
    ("full-convolution", {"shape": (2, 3), "overlay": 2}),
    ("chaining", {"maps": 4, "next_maps": 1, "shape": 5, "overlay": 3}),
    ("chaining", {"maps": 1, "next_maps": 4}),
    ("max-pooling", {"shape": 6, "overlay": 3}),
    ("max-pooling", {"stride": 1}),
    ("average-pooling", {"shape": 3, "stride": 1}),
    ("average-pooling-gradient", {"shape": 3, "stride": 1}),
    ("transposed-convolution", {"shape": 3, "stride": 1, "padding": 1}),
    ("transposed-convolution", {"overlay": 2, "stride": 3, "dilation": 2}),
    ("upsampling", {"shape": (2, 3), "factor": (2, 3)}),
    ("overlay", {"shape": (1, 8), "overlay": (1, 3), "padding": "causal", "dilation": 2}),
    ("overlay", {"shape": (1, 13), "overlay": (1, 2), "padding": ((2, 1),), "stride": 3}),
    ("overlay", {"shape": 3, "overlay": 2, "padding": ((1, 0), (0, 2))}),
    ("overlay", {"shape": (1, 4), "overlay": (1, 4), "padding": "full"}),
    ("shared-weights", {"shape": (1, 5), "overlay": (1, 3)}),
    ("bias-gradient", {"shape": (1, 6), "overlay": (1, 2)}),
    ("weight-gradient", {"shape": (1, 4), "overlay": (1, 3)}),
    ("full-convolution", {"shape": (1, 4), "overlay": (1, 2)}),
    ("chaining", {"maps": 4, "next_maps": 4, "groups": 2}),
    ("max-pooling", {"shape": (1, 12), "overlay": (1, 3), "stride": 2}),
    ("average-pooling-gradient", {"shape": (1, 6), "overlay": (1, 3)}),
    ("transposed-convolution", {"shape": (1, 4), "overlay": (1, 3), "padding": 1, "output_padding": 1}),
    ("transposed-convolution", {"padding": ((2, 0), (0, 1)), "output_padding": 1}),
    ("transposed-convolution", {"overlay": 2, "stride": 3, "output_padding": 2}),
    ("upsampling", {"shape": (1, 3), "factor": (1, 2)}),
]


def ids(root):
    return [e.attrib["id"] for e in root.iter() if "id" in e.attrib]


@pytest.mark.parametrize(("name", "options"), every(2, VARIANTS))
def test_svg_is_well_formed_says_what_is_seen_and_keeps_to_itself(name, options):
    drawn = picture(name, **options)
    assert len({(f.width, f.height) for f in drawn.frames}) == 1
    for animated in (True, False):
        text = svg(drawn, animated=animated, identifier="fig-1")
        root = ElementTree.fromstring(text)
        assert root.attrib["role"] == "img"
        title, description = (root.find(f"{{http://www.w3.org/2000/svg}}{tag}") for tag in ("title", "desc"))
        assert title.text == drawn.title
        assert len(description.text) > 60
        assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
        assert text.count("http") == 1
        assert set(re.findall('href="(.)', text)) <= {"#"}
        assert {e.attrib["href"][1:] for e in root.iter() if "href" in e.attrib} <= set(ids(root))
        assert not re.search("<script|url\\(|@import|\\bnan\\b|\\binf\\b", text)
        rules = re.sub(
            r"@media[^{]*\{|@keyframes fig-1-show\{.*?\}\}", "", root.find("{http://www.w3.org/2000/svg}style").text
        )
        assert all("#fig-1" in rule for rule in re.findall(r"([^{}]+)\{", rules))
        used = {c for e in root.iter() for c in e.attrib.get("class", "").split() if re.match("[fld]-", c)}
        assert all(f".{c}{{" in text for c in used)
        assert ("animation:" in text) == (animated and len(drawn.frames) > 1)


def test_two_pictures_in_one_document_share_no_id():
    text = "".join(svg(picture(name), identifier=f"figure-{k}") for k, name in enumerate(PICTURES))
    found = ids(ElementTree.fromstring(f"<body>{text}</body>"))
    assert len(found) == len(set(found)) > 3 * len(PICTURES)
    with pytest.raises(OperandError, match="an identifier is a letter"):
        svg(picture("upsampling"), identifier="1 a")


def luminance(code):
    parts = [int(code[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_labels_and_lines_stand_out(scheme):
    def shade(of):
        return getattr(of, scheme)

    for role, fill in ROLES.items():
        assert contrast(shade(INK), shade(fill)) >= 4.5, role
    assert contrast(shade(MUTED), shade(ROLES["zero"])) >= 4.5
    for role, line in LINES.items():
        assert contrast(shade(line), shade(PAPER)) >= 3, role


# What people without the cones for red, or for green, see of a colour, in linear sRGB (Machado, Oliveira and Fernandes
# 2009, at full severity), and Ottosson's OKLab, in which distances are alike for the eye.
SEEN = {
    "with all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
}
CONES = [[0.41222147, 0.53633254, 0.05144599], [0.2119035, 0.68069955, 0.10739696], [0.0883025, 0.28171884, 0.62997870]]
OPPONENT = [
    [0.21045426, 0.79361779, -0.00407205],
    [1.9779985, -2.42859221, 0.45059371],
    [0.02590404, 0.78277177, -0.80867577],
]
TOGETHER = [
    ("zero", "input", "covered"), ("blank", "output", "active"), ("zero", "weight", "passed"),
    ("zero", "output", "active"),
]  # fmt: skip


def distance(a, b, sight):
    """How far two colours are apart for somebody, of 100."""

    def seen(code):
        parts = np.array([int(code[k : k + 2], 16) / 255 for k in (1, 3, 5)])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return np.array(OPPONENT) @ np.cbrt(np.array(CONES) @ np.clip(np.array(SEEN[sight]) @ linear, 0, 1))

    return 100 * np.linalg.norm(seen(a) - seen(b))


@pytest.mark.parametrize("sight", SEEN)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_that_tell_things_apart_do_so_for_everybody(scheme, sight):
    for table in (ROLES, LINES):
        shades = [getattr(table[f"hue-{k}"], scheme) for k in range(9)]
        assert min(distance(a, b, sight) for a, b in itertools.combinations(shades, 2)) > 8
    for roles in [*TOGETHER, *(("zero", f"hue-{k}") for k in range(9))]:
        for a, b in itertools.combinations(roles, 2):
            assert distance(getattr(ROLES[a], scheme), getattr(ROLES[b], scheme), sight) > 5, (a, b)


def test_colours_that_only_some_can_tell_apart_would_be_noticed():
    red, green = "#d01c8b", "#4a7fb5"
    assert distance("#b8860b", "#6b8e23", "with all cones") > 8 > distance("#b8860b", "#6b8e23", "deuteranopia")
    assert distance(red, green, "with all cones") > distance(red, green, "protanopia")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_tikz_compiles_and_fits_the_page(tmp_path):
    largest = [(name, options) for name, options in VARIANTS if options.get("overlay") == 3]
    drawn = [picture(name, **options) for name, options in [*BUNDLED[:: share(2, 1)], *largest]]
    pictures = "\n\n".join(rf"\noindent {tikz(p)}" for p in drawn)
    document = (
        r"\documentclass[11pt]{article}\usepackage[a4paper,textwidth=16.6cm,textheight=24cm]{geometry}"
        rf"\usepackage{{tikz}}\begin{{document}}{pictures}\end{{document}}"
    )
    tmp_path.joinpath("all.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-draftmode", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stdout.decode("latin-1")[-3000:]
    log = tmp_path.joinpath("all.log").read_text(encoding="latin-1")
    assert "Overfull" not in log
    assert "Missing character" not in log


def test_the_book_has_pictures_for_its_chapters():
    assert set(BOOK_PICTURES) <= set(GROUPS)
    figures = [figure for chapter in BOOK_PICTURES.values() for figure in chapter]
    assert 10 <= len(figures) <= 16
    assert all(figure.picture().name == figure.name and figure.caption.endswith(".") for figure in figures)


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("overlays", {}, OperandError, "no picture 'overlays': did you mean overlay"),
        ("qqq", {}, OperandError, "no picture 'qqq'; there are overlay, shared-weights"),
        ("shared-weights", {"stride": 2}, OperandError, "has no stride; it has shape, overlay"),
        ("overlay", {"strides": 2}, OperandError, "has no strides: did you mean stride"),
        ("overlay", {"shape": (2, 2), "overlay": (3, 3)}, ShapeError, "3×3 does not fit into 2×2"),
        ("overlay", {"shape": (4, 4), "overlay": (3, 3), "dilation": 2}, ShapeError, "dilation 2 does not fit"),
        ("overlay", {"shape": (20, 20)}, ShapeError, "20×20 cannot be drawn readably, 10×10 at most can"),
        ("overlay", {"stride": 0}, ShapeError, "stride is at least 1, found 0"),
        ("overlay", {"padding": -1}, ShapeError, "padding is at least 0, found -1"),
        ("overlay", {"padding": "casual"}, ModeError, "casual"),
        ("overlay", {"padding": ((1, 0), (1, 0), (1, 0))}, OperandError, "padding is for one axis or for both; found"),
        ("overlay", {"padding": ((1, 0, 0),)}, OperandError, "padding is a whole number, or one for each"),
        ("overlay", {"padding": ((0, -1),)}, ShapeError, r"padding is at least 0, found \(0, -1\)"),
        ("overlay", {"stride": ((2, 1),)}, OperandError, "stride is a whole number"),
        ("overlay", {"shape": (1, 20), "overlay": (1, 2)}, ShapeError, "1×20 cannot be drawn readably, 1×16 at most"),
        ("transposed-convolution", {"padding": "same"}, OperandError, "cells that are cut off, found 'same'"),
        ("transposed-convolution", {"output_padding": -1}, ShapeError, "output_padding is at least 0"),
        ("transposed-convolution", {"shape": (1, 9), "overlay": (1, 2)}, ShapeError, "1×8 at most"),
        ("chaining", {"maps": 3, "groups": 2}, ShapeError, "3 maps and 2 next maps are not 2 groups of equal size"),
        ("max-pooling", {"shape": (1, 13), "overlay": (1, 2)}, ShapeError, "1×12 at most"),
        ("overlay", {"shape": "big"}, OperandError, "shape is a whole number, or one for each"),
        ("overlay", {"shape": (3, 3, 3)}, OperandError, "one for each of the two axes"),
        ("overlay", {"stride": 1.5}, OperandError, "stride is a whole number"),
        ("shared-weights", {"shape": (2, 2), "overlay": (3, 3)}, ShapeError, "does not fit"),
        ("shared-weights", {"shape": (5, 5), "overlay": (4, 4)}, ShapeError, "16 weights cannot be told apart"),
        ("weight-gradient", {"shape": (5, 5), "overlay": (2, 2)}, ShapeError, "16 neurons cannot be drawn"),
        ("input-gradient", {"shape": (5, 5), "overlay": (4, 4)}, ShapeError, "4×4 at most"),
        ("max-pooling", {"shape": (2, 2), "overlay": (3, 3)}, ShapeError, "does not fit"),
        ("max-pooling", {"shape": (9, 9)}, ShapeError, "6×6 at most"),
        ("chaining", {"maps": 9}, ShapeError, "9 maps into 2 cannot be drawn readably"),
        ("chaining", {"maps": 0}, ShapeError, "maps is at least 1"),
        ("chaining", {"maps": (1, 2)}, OperandError, "maps is a whole number, found"),
        ("transposed-convolution", {"padding": 9}, ShapeError, "leaves nothing"),
        (
            "transposed-convolution",
            {"stride": 9},
            ShapeError,
            "an output with what is cut off of 12×12 cannot be drawn",
        ),
        ("upsampling", {"shape": 4}, ShapeError, "3×3 at most"),
        ("upsampling", {"factor": 9}, ShapeError, "an output of 18×18"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_reason(name, options, error, message):
    with pytest.raises(error, match=message):
        picture(name, **options)


def test_sizes_are_read_from_text():
    texts = {
        "2+0": ((2, 0),),
        "1x2+0": ((1, 1), (2, 0)),
        "5x4": (5, 4),
        "5×4": (5, 4),
        "3, 2": (3, 2),
        "2": 2,
        "-1": -1,
        "same_lower": "same_lower",
    }
    assert {text: read_pair(text, "--shape") for text in texts} == texts
    for text in ("", "5x", "2+", "-1+2", "1+2+3", "1x2x3", "2.5", "5 by 4", "9" * 40):
        with pytest.raises(OperandError, match="--shape is a whole number or two"):
            read_pair(text, "--shape")


@pytest.mark.parametrize("name", ["overlay", "full-convolution", "shared-weights"])
def test_an_animation_has_no_moment_without_a_frame(name):
    drawn = picture(name)
    shown = re.search(r"visible\}([\d.]+)%", svg(drawn)).group(1)
    assert float(shown) * len(drawn.frames) >= 100
