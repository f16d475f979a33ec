"""The graph of citations: exactly those of the proofs, laid out so that nothing lies over anything else."""

import random
import re
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest

from cnn_symbolic import Step, convolve, correlate, prove, rot180, sizes, tensor
from cnn_symbolic.library.loading import Claim
from cnn_symbolic.present.book.html import html_book, placed
from cnn_symbolic.present.book.latex import latex_book
from cnn_symbolic.present.content.assembly import assemble
from cnn_symbolic.present.content.citing import TALLEST, graphs


@pytest.fixture(scope="module")
def claims():
    x, y, f = (tensor(n, name=name) for n, name in zip(sizes("M N I"), "xyf", strict=True))

    def turned(a):
        return correlate(a, f, mode="full"), convolve(a, rot180(f), mode="full")

    def cites(a):
        before, after = turned(a)
        return prove("Cited", before, equals=after, steps=[Step(before, "start"), Step(after, "it", using="full_one")])

    made = {"full_one": prove("Full", turned(x)[0], equals=turned(x)[1]), "a": cites(rot180(y)), "b": cites(y + y)}
    return [Claim(name, one, Path("own.py")) for name, one in made.items()]


def test_the_book_shows_exactly_the_citations_of_its_proofs(claims):
    expected = {(c.id, s.using) for c in claims for s in c.derivation.steps if s.using}
    assert len(expected) == 2
    book = assemble(claims, jobs=1)
    assert {pair for graph in book.graphs for pair in graph.citations} == expected
    root = ET.fromstring(html_book(book))
    shown = {(e.attrib["data-from"], e.attrib["data-to"]) for e in root.iterfind(".//*[@class='edge']")}
    assert shown == expected
    links = {a.attrib["href"] for a in root.iterfind(".//*[@class='graph']//{*}a")}
    assert links == {f"#{placed(book)[name].anchor}" for name in ("full_one", "a", "b")}
    document = latex_book(book)
    nodes = dict(re.findall(r"\\node \((n\d+)\).*texttt\{(.*?)\}\}", document))
    assert {name.replace(r"\_\allowbreak ", "_") for name in nodes.values()} == {"full_one", "a", "b"}
    arrows = re.findall(r"\\draw\[->\] \((n\d+)\.east\) -- \((n\d+)\.west\)", document)
    assert {(nodes[to], nodes[of].replace(r"\_\allowbreak ", "_")) for of, to in arrows} == expected


def test_a_book_without_proofs_still_says_who_cites_whom_and_one_without_citations_has_no_graph(claims):
    assert assemble(claims, jobs=1, proofs=False).graphs == assemble(claims, jobs=1).graphs
    alone = assemble(claims[:1], jobs=1)
    assert alone.graphs == ()
    assert "Which theorems cite which" not in html_book(alone) + latex_book(alone)


def test_a_theorem_that_is_not_in_the_book_is_named_without_a_link(claims):
    book = assemble(claims[1:2], jobs=1, among=claims)
    assert [graph.citations for graph in book.graphs] == [(("a", "full_one"),)]
    root = ET.fromstring(html_book(book))
    assert len(root.findall(".//*[@class='graph']//{*}a")) == 1
    assert latex_book(book).count(r"{\hyperref[claim:") == 1


@pytest.mark.parametrize("seed", range(20))
def test_graphs_have_each_citation_once_and_no_theorem_over_another(seed):
    rng = random.Random(seed)
    names = [f"t{k}" for k in range(rng.choice([2, 12, 248]))]
    edges = {tuple(sorted(rng.sample(range(len(names)), 2), reverse=True)) for _ in range(rng.choice([1, 8, 400]))}
    found = graphs([(names[a], names[b]) for a, b in edges], names)
    assert Counter(pair for g in found for pair in g.citations) == Counter((names[a], names[b]) for a, b in edges)
    for graph in found:
        assert graph.rows <= TALLEST
        assert len(set(graph.places.values())) == len(graph.places)
        assert set(graph.places) == {name for pair in graph.citations for name in pair}
        assert all(graph.places[one][0] > graph.places[other][0] for one, other in graph.citations)


def test_citations_that_have_nothing_in_common_are_graphs_of_their_own():
    found = graphs([("d", "c"), ("b", "a"), ("e", "c"), ("b", "a")], "abcde")
    assert [graph.citations for graph in found] == [(("b", "a"),), (("d", "c"), ("e", "c"))]
    assert found[1].places == {"c": (0, 0.5), "d": (1, 0), "e": (1, 1)}
