"""Finding and loading derivation files."""

import sys

import pytest

from cnn_symbolic.ground.errors import DerivationFileError
from cnn_symbolic.library import index, loading
from cnn_symbolic.library.files import bundled_folder, derivation_files
from cnn_symbolic.library.index import kept, matching, with_unique_ids
from cnn_symbolic.library.loading import about_article, load_file, select
from tests.support.bundle import bundle
from tests.support.thorough import every

GOOD = """
from cnn_symbolic import prove, sizes, tensor
M, = sizes("M")
x = tensor(M, name="x")
twice = prove("twice", x + x, equals=2 * x)
prove("without a variable", x, equals=x)
"""


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_bundle_is_found_and_its_ids_are_unique():
    claims = select([])
    assert (bundled_folder() / "feature_map" / "weight_gradient.py").is_file()
    assert len({c.id for c in claims}) == len(claims)
    assert {"weight_gradient", "input_gradient", "bias_gradient", "feature_map_shape"} <= {c.id for c in claims}


def test_claims_are_selected_by_id_and_by_file():
    in_file = ["weight_gradient_components", "weight_gradient", "convolved_weight_gradient"]
    assert [c.id for c in select(["weight_gradient"])] == in_file
    assert [c.id for c in select(["printed_shape", "printed_shape"])] == ["printed_shape"]
    assert [c.id for c in select(["B8"])] == ["input_gradient_shape", "input_gradient"]
    assert {c.group for c in select(["unfolding"])} == {"Unfold and fold"}
    assert {c.file.stem for c in select(["max_pooling"])} == {"max_pooling", "orderings"}
    assert {c.group for c in select(["discussion"])} == {"The discussion's extensions"}


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(DerivationFileError, match=r"wieght_gradient is neither a file.*did you mean weight_gradient"):
        select(["wieght_gradient"])
    with pytest.raises(DerivationFileError, match="cnn-symbolic list shows the bundled claims"):
        select(["qqqqq"])


def test_a_file_of_ones_own_is_loaded_and_leaves_nothing_behind(tmp_path):
    path = write(tmp_path, "mine.py", GOOD)
    before = list(sys.path)
    assert [c.id for c in load_file(path)] == ["twice", "mine_2"]
    assert sys.path == before
    assert [p.name for p in tmp_path.iterdir()] == ["mine.py"]


def test_a_folder_is_loaded_file_by_file_and_equal_ids_are_told_apart(tmp_path):
    write(tmp_path, "one.py", GOOD)
    write(tmp_path, "two.py", GOOD)
    write(tmp_path, "_helper.py", "raise RuntimeError")
    assert [c.id for c in select([str(tmp_path)])] == ["one.twice", "one_2", "two.twice", "two_2"]


def test_ids_are_unique_over_all_files_called_for(tmp_path):
    one, two, again = write(tmp_path, "one.py", GOOD), write(tmp_path, "two.py", GOOD), tmp_path / "again"
    again.mkdir()
    third = write(again, "two.py", GOOD)
    text = write(again, "two.txt", "x = tensor(M)\ntwice = claim(x == x)\n")
    assert [c.id for c in select([str(one), str(two)])] == ["one.twice", "one_2", "two.twice", "two_2"]
    assert [c.id for c in select([str(two), str(third), str(two)])] == [
        f"{tmp_path.name}.two.twice",
        f"{tmp_path.name}.two.two_2",
        "again.two.twice",
        "again.two.two_2",
    ]
    assert [c.id for c in select([str(third), str(text)])] == ["again.two.twice", "two_2", "again.two.twice_2"]


def test_a_claim_is_returned_once_whatever_calls_for_it():
    by_id = [c.id for c in select(["convolutional_layer.inputs", "weight_gradient_components", "weight_gradient"])]
    assert by_id.count("weight_gradient_components") == 1
    (inputs,) = select(["convolutional_layer.inputs"])
    assert inputs.id == "convolutional_layer.inputs"
    both = [c.derivation for c in select(["convolutional_layer", "convolutional_layer.inputs"])]
    assert len(both) == len(select(["convolutional_layer"]))


BAD = [
    ("x = 1\ny = z\n", "failed to import at line 2: NameError: name 'z' is not defined"),
    ("def\n", "failed to import at line 1: SyntaxError"),
    ("raise SystemExit(0)\n", "failed to import at line 1: SystemExit"),
    ("from cnn_symbolic import sizes, tensor\nx = tensor(0, name='x')\n", "at line 2: tensor x: a size is at least 1"),
    ("x = 1\n", r"states no claim: it needs prove\(…\) or refute\(…\)"),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=[b[1][:30] for b in BAD])
def test_a_file_that_cannot_be_used_is_named_with_the_line(tmp_path, text, message):
    path = write(tmp_path, "bad.py", text)
    with pytest.raises(DerivationFileError, match=message) as caught:
        select([str(path)])
    assert str(path) in str(caught.value)


def test_what_is_no_python_file_is_rejected(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DerivationFileError, match="is not a file"):
        load_file(tmp_path / "absent.py")
    with pytest.raises(DerivationFileError, match="a derivation file's name ends in"):
        load_file(write(tmp_path, "notes.txt", "text"))
    with pytest.raises(DerivationFileError, match="states no claim"):
        select([str(empty)])


# The index


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of this test's own, with nothing in it."""
    monkeypatch.setattr(index, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache" / index.KEPT


@pytest.fixture
def loaded(monkeypatch):
    """The files that are loaded, as they are."""
    files, load_one = [], loading.load_one
    monkeypatch.setattr(loading, "load_one", lambda file, *limits: files.append(file) or load_one(file))
    return files


def test_the_index_is_kept_and_says_what_the_claims_say(cache):
    assert kept() is None
    select(["B8"])
    rows = kept()
    assert [(row.id, row.title, row.expected, row.article, row.file) for row in rows] == [
        (c.id, c.derivation.title, c.derivation.expected, c.derivation.article, c.file) for c in bundle()
    ]


def test_with_an_index_only_the_files_called_for_are_loaded(cache, loaded):
    assert [c.id for c in select(["B8"])] == ["input_gradient_shape", "input_gradient"]
    assert len(loaded) == len(derivation_files(bundled_folder()))
    del loaded[:]
    assert [c.id for c in select(["B8", "same_sizes_2"])] == ["input_gradient_shape", "input_gradient", "same_sizes_2"]
    assert [file.stem for file in loaded] == ["gradient_shapes", "input_gradient", "convolution_sizes"]
    del loaded[:]
    assert {name for c in about_article() for name in c.derivation.article} >= {"B8", "S1", "A4"}
    assert len(loaded) < 30


@pytest.mark.slow
def test_ids_are_the_same_with_and_without_an_index(cache):
    names = ["convolutional_layer.inputs", "max_pool.backward_2", "printed_shape", "weight_gradient", "C3", "shapes"]
    before = []
    for name in names:
        before += [c.id for c in select([name])]
        cache.unlink()
    select(["B8"])
    assert [c.id for name in names for c in select([name])] == before
    assert [row.id for name in names for row in with_unique_ids(matching(kept(), name))] == before


def test_another_version_of_a_file_makes_another_index(cache, tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / "derivations" / name).mkdir(parents=True)
        write(tmp_path / "derivations" / name, f"{name}.py", GOOD)
    for module in (index, loading):
        monkeypatch.setattr(module, "bundled_folder", lambda: tmp_path / "derivations")
    assert [c.id for c in select(["two"])] == ["twice", "two_2"]
    assert [row.id for row in kept()] == ["one.twice", "one_2", "two.twice", "two_2"]
    write(tmp_path / "derivations" / "two", "two.py", GOOD.replace("twice =", "double ="))
    assert kept() is None
    assert [c.id for c in select(["double"])] == ["double"]
    assert [row.id for row in kept()] == ["twice", "one_2", "double", "two_2"]


@pytest.mark.parametrize("damaged", every(3, ["", "[]", "{}", '{"digest": 1}', '{"digest": "…", "rows": [1]}', "\xff"]))
def test_a_damaged_index_is_made_again(damaged, cache):
    select(["B8"])
    whole = cache.read_text(encoding="utf-8")
    digest = index.digest()
    cache.write_bytes(damaged.replace("…", digest).encode("latin-1"))
    assert kept() is None
    assert [c.id for c in select(["B8"])] == ["input_gradient_shape", "input_gradient"]
    assert cache.read_text(encoding="utf-8") == whole


def test_an_index_that_is_not_that_of_the_files_is_refused(cache):
    select(["B8"])
    cache.write_text(cache.read_text(encoding="utf-8").replace('"name": "input_gradient"', '"name": "other"'), "utf-8")
    with pytest.raises(DerivationFileError, match="has no claim other where the index in"):
        select(["B8"])


def test_without_a_folder_for_it_everything_works_without_an_index(tmp_path, monkeypatch):
    monkeypatch.setattr(index, "cache_folder", lambda: write(tmp_path, "file", "") / "below")
    assert [c.id for c in select(["B8"])] == ["input_gradient_shape", "input_gradient"]
    assert kept() is None
