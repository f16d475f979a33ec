"""The docstrings of the public names: each is text, and then examples, which are run; those of other functions, too."""

import doctest
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import cnn_symbolic
from cnn_symbolic.ground.names import HOMES, TOPICS, load

# A text, which has no docstring of its own.
WITHOUT = {"__version__"}
# What the examples of some names need, and that is not always installed.
NEEDED = {"of_torch": "torch", "of_jax": "jax"}
# What has another name, by which its examples call it.
ALSO = {"Max": "maximum", "Min": "minimum"}
NAMES = sorted(HOMES.keys() - WITHOUT)
PACKAGE = Path(cnn_symbolic.__file__).parent
INNER = [
    ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
    for file in sorted(PACKAGE.rglob("*.py"))
    if "derivations" not in file.parts and ">>> " in file.read_text(encoding="utf-8")
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder to be removed, where examples write their files."""
    monkeypatch.chdir(tmp_path)


def parts(name):
    """The text of a public name's docstring, and the examples behind it."""
    text, empty_line, examples = inspect.getdoc(load(HOMES[name], name)).partition("\n\n>>> ")
    return text, f"{empty_line}{examples}".strip()


def wrong(test):
    """What examples do otherwise than they say, as a text."""
    said = []
    doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    return "".join(said)


def examples_of(name, text, given):
    """Examples that are run with the names that are given, and with no others."""
    return doctest.DocTestParser().get_doctest(f"{text}\n", given, name, name, 0)


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_has_examples_and_these_do_what_they_say(name):
    if name in NEEDED:
        pytest.importorskip(NEEDED[name])
    _, examples = parts(name)
    test = examples_of(name, examples, {})
    assert test.examples
    assert wrong(test) == ""


@pytest.mark.parametrize("name", NAMES)
def test_a_docstring_is_text_and_then_examples_which_show_the_name_and_something_of_it(name):
    text, examples = parts(name)
    assert text
    assert ">>>" not in text
    prose = [part for part in doctest.DocTestParser().parse(f"{examples}\n") if isinstance(part, str) and part.strip()]
    assert prose == []
    run = examples_of(name, examples, {}).examples
    assert 2 <= len(run) <= 6
    assert run[-1].want
    assert re.search(rf"\b{ALSO.get(name, name)}\b", examples)
    assert [one for one in run if doctest.SKIP in one.options] == []
    imported = set(re.findall(r"(?:from|import) (cnn_symbolic[\w.]*)", examples))
    assert imported <= set(TOPICS)


@pytest.mark.parametrize("name", INNER)
def test_the_examples_of_what_is_not_public_do_what_they_say(name):
    for test in doctest.DocTestFinder().find(import_module(name)):
        if test.name.rpartition(".")[2] not in HOMES:
            assert wrong(test) == ""


def test_examples_that_do_otherwise_are_found():
    assert wrong(examples_of("two", ">>> 1 + 1\n2", {})) == ""
    assert "Expected:\n    3\nGot:\n    2" in wrong(examples_of("three", ">>> 1 + 1\n3", {}))
    assert "NameError" in wrong(examples_of("unknown", ">>> sizes('M')\n(M,)", {}))
