"""The package's order: every module imports only from modules below it, and only one module knows isl."""

import ast
from pathlib import Path

import pytest

import cnn_symbolic

PACKAGE = Path(cnn_symbolic.__file__).parent
ORDER = [
    "errors",
    "processes",
    "display",
    "formulas",
    "shapes",
    "evaluation",
    "sources",
    "tensors",
    "entries",
    "operations",
    "families",
    "convolutions",
    "pooling",
    "gradients",
    "kernel.statement",
    "kernel.verdicts",
    "kernel.reader",
    "kernel.polynomials",
    "kernel.products",
    "kernel.integer_sets",
    "kernel.unknowns",
    "kernel.size_sets",
    "kernel.replay",
    "kernel.affine",
    "kernel.factors",
    "kernel.decide",
    "kernel.export",
    "layers",
    "notation",
    "matrices",
    "latex_notation",
    "steps",
    "derivation",
    "citing",
    "checks",
    "checking.deadline",
    "witnesses.explicit",
    "witnesses.numeric",
    "witnesses.windows",
    "witnesses.convolutions",
    "witnesses.poolings",
    "witnesses.article_run",
    "witnesses.digits",
    "checking.changes",
    "checking.forgotten",
    "checking.mistakes",
    "checking.vocabulary",
    "checking.arithmetic",
    "checking.ranges",
    "checking.expressions",
    "checking.claims",
    "checking.forwards",
    "checking.strategies",
    "checking.calling",
    "checking.backward_stages",
    "checking.backward_mistakes",
    "checking.snippets",
    "checking.backward_text",
    "checking.findings",
    "checking.examining",
    "checking.one_hot",
    "checking.backward",
    "checking.frameworks",
    "checking.pytest_plugin",
    "article",
    "library",
    "report",
    "certificates.certificate",
    "certificates.integers",
    "certificates.expressions",
    "certificates.terms",
    "certificates.maps",
    "certificates.reads",
    "certificates.statements",
    "certificates.gathering",
    "certificates.counting",
    "certificates.numbers",
    "certificates.proofs",
    "certificates.counterexamples",
    "certificates.chains",
    "certificates.real_claims",
    "certificates.lemmas",
    "certificates.derivatives",
    "certificates.emitting",
    "certificates.refusing",
    "certificates.compiling",
    "certificates.certifying",
    "certificates.showing",
    "figures.index_maps",
    "figures.labels",
    "figures.options",
    "figures.colours",
    "figures.scene",
    "figures.layout",
    "figures.convolution_pictures",
    "figures.gradient_pictures",
    "figures.pooling_pictures",
    "figures.svg",
    "figures.tikz",
    "figures.pictures",
    "book.terminal",
    "book.prose",
    "book.certified",
    "book.listings",
    "book.definitions",
    "book.proofs",
    "book.counterexamples",
    "book.contents",
    "book.assembly",
    "book.mathml_names",
    "book.mathml",
    "book.breaking",
    "book.formula_html",
    "book.html",
    "book.latex",
    "book.pdf",
    "book.publishing",
    "book.cards",
    "book.mathjax",
    "book.notebook",
    "running",
    "cli",
    "__main__",
]
# A derivation file runs by itself with `derivation.main()`, which is the command line; and what a notebook shows of an
# object is loaded when a notebook first asks for it.
UPWARD = {("derivation", "running"), ("checks", "running"), ("display", "book.notebook")}


def modules():
    files = [f for f in PACKAGE.rglob("*.py") if f.name != "__init__.py" and "derivations" not in f.parts]
    return {".".join(f.relative_to(PACKAGE).with_suffix("").parts): f for f in files}


def imports(file):
    """The modules that a file imports, at its top or inside a function, but not for type checkers only."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for_types = {n for node in ast.walk(tree) if isinstance(node, ast.If) for n in ast.walk(node) if is_typing(node)}
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def is_typing(node):
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def test_the_order_names_every_module():
    assert set(modules()) == set(ORDER)


def test_modules_import_only_from_modules_before_them():
    wrong = []
    for name, file in modules().items():
        for imported in imports(file):
            target = imported.removeprefix("cnn_symbolic.")
            if imported.startswith("cnn_symbolic.") and ORDER.index(target) >= ORDER.index(name):
                wrong.append((name, target))
    assert set(wrong) == UPWARD


def test_only_the_kernel_knows_isl_and_the_witnesses_know_nothing_of_the_kernel():
    knowing = {name for name, file in modules().items() for i in imports(file) if i == "islpy"}
    assert knowing == {"kernel.integer_sets", "kernel.unknowns"}
    errors, windows = "cnn_symbolic.errors", "cnn_symbolic.witnesses.windows"
    allowed = {
        "witnesses.explicit": {errors},
        "witnesses.numeric": {errors},
        "witnesses.windows": {errors},
        "witnesses.convolutions": {errors, windows},
        "witnesses.poolings": {errors, windows},
    }
    for name, expected in allowed.items():
        assert {i for i in imports(modules()[name]) if i.startswith("cnn_symbolic")} == expected


def test_proofs_use_no_sympy_function_that_is_wrong_on_sums():
    methods = {"doit", "simplify", "piecewise_fold", "change_index", "equals", "sympify"}
    for name, file in modules().items():
        if not name.startswith("kernel") and name != "gradients":
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        called = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        named = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        assert not called & methods, name
        assert not named & (methods | {"eval", "exec"}), name


def test_the_public_names_are_there_and_unknown_ones_are_an_error():
    for name in cnn_symbolic.__all__:
        assert getattr(cnn_symbolic, name) is not None
    assert set(dir(cnn_symbolic)) == set(cnn_symbolic.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = cnn_symbolic.nothing
