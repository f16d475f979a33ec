"""The public names: which topic has which, where an unknown one is found, and what is made from their table."""

import subprocess
import sys
from importlib import import_module

import pytest

import cnn_symbolic
from cnn_symbolic.ground.names import HOMES, TOPICS, homes
from tests.support.names import made


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_has_its_own_names_and_lists_them(name):
    topic = import_module(name)
    assert set(topic.__all__) == set(homes(name))
    for public, module in homes(name).items():
        assert getattr(topic, public) is getattr(import_module(f"cnn_symbolic.{module}"), public)
    inner = {"cnn_symbolic": {"backward", "claims", "layers"}, "cnn_symbolic.backward": {"agreement"}}.get(name, set())
    assert set(dir(topic)) == {*homes(name), *inner}


def test_a_name_has_one_topic():
    listed = [public for name in TOPICS for public in homes(name)]
    assert {public for public in listed if listed.count(public) > 1} == {"FeatureMap"}
    assert 60 <= len(cnn_symbolic.__all__) <= 80


def test_the_package_answers_to_the_names_of_every_topic():
    for public in HOMES:
        assert getattr(cnn_symbolic, public) is not None
    given = {}
    exec("from cnn_symbolic import check_backward, conv2d, conv_transpose, read_claims, layers", given)
    assert given["conv2d"] is cnn_symbolic.backward.conv2d


UNKNOWN = {
    ("cnn_symbolic", "correlat"): ": did you mean correlate in cnn_symbolic?",
    ("cnn_symbolic", "check_backwards"): ": did you mean check_backward in cnn_symbolic.backward?",
    ("cnn_symbolic", "Convolutions"): ": did you mean Convolution in cnn_symbolic.layers?",
    ("cnn_symbolic.layers", "featureMap"): ": did you mean FeatureMap in cnn_symbolic.layers?",
    ("cnn_symbolic.layers", "prove"): ": did you mean prove in cnn_symbolic?",
    ("cnn_symbolic.claims", "conv2d"): ": did you mean conv2d in cnn_symbolic.backward?",
}


@pytest.mark.parametrize(("topic", "name"), UNKNOWN)
def test_an_unknown_name_is_told_where_a_near_one_is(topic, name):
    with pytest.raises(AttributeError) as caught:
        getattr(import_module(topic), name)
    assert str(caught.value) == f"module '{topic}' has no attribute '{name}'{UNKNOWN[topic, name]}"
    with pytest.raises(ImportError) as caught:
        exec(f"from {topic} import {name}")
    assert str(caught.value) == f"cannot import name '{name}' from '{topic}'{UNKNOWN[topic, name]}"
    assert not hasattr(import_module(topic), name)


def test_a_name_that_is_near_to_none_is_unknown_as_in_any_module():
    with pytest.raises(AttributeError, match=r"^module 'cnn_symbolic' has no attribute 'qqqq'$"):
        _ = cnn_symbolic.qqqq
    with pytest.raises(ImportError, match="cannot import name 'qqqq' from 'cnn_symbolic'"):
        exec("from cnn_symbolic import qqqq")


def test_a_folder_is_imported_although_a_public_name_is_near():
    code = "from cnn_symbolic import tensors; print(tensors.__name__)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.stdout == "cnn_symbolic.tensors\n", ran.stderr


@pytest.mark.parametrize("topic", TOPICS)
def test_importing_a_topic_loads_nothing_heavy(topic):
    heavy = "{'sympy', 'islpy', 'numpy', 'scipy', 'hypothesis', 'jinja2', 'typer', 'rich'}"
    code = f"import sys, {topic} as t; dir(t); print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.stdout == "[]\n"


def test_what_is_made_from_the_table_is_current():
    old = [str(file) for file, text in made().items() if file.read_text(encoding="utf-8") != text]
    assert old == [], "python -m tests.support.names writes them"
