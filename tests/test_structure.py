"""The package's order: every module imports only from modules below it, only the kernel knows isl, and none relies on
what SymPy simplifies.
"""

import ast
from pathlib import Path

import pytest

import cnn_symbolic
from cnn_symbolic.library.files import bundled_folder
from tests.support.stub import STUB, stub

PACKAGE = Path(cnn_symbolic.__file__).parent
ORDER = [
    "errors",
    "ground.version",
    "ground.names",
    "ground.files",
    "ground.display",
    "processes",
    "expressions.heads",
    "expressions.rules",
    "expressions.meaning",
    "expressions.printing",
    "expressions.values",
    "formulas",
    "shapes",
    "evaluation",
    "witnesses.blocks",
    "witnesses.duals",
    "witnesses.sliding",
    "witnesses.arrays",
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
    "kernel.witness",
    "kernel.confirming",
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
    "checking.findings",
    "checking.snippets",
    "checking.examining",
    "checking.one_hot",
    "checking.backward",
    "checking.frameworks",
    "checking.pytest_plugin",
    "article",
    "library.files",
    "library.index",
    "library.loading",
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
    "certificates.comparing",
    "certificates.emitting",
    "certificates.refusing",
    "certificates.compiling",
    "certificates.certifying",
    "certificates.showing",
    "report",
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
    "book.words",
    "book.console",
    "book.prose",
    "book.certified",
    "book.listings",
    "book.definitions",
    "book.proofs",
    "book.counterexamples",
    "book.contents",
    "book.terminal",
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


def modules():
    files = [f for f in PACKAGE.rglob("*.py") if f.name != "__init__.py" and "derivations" not in f.parts]
    return {".".join(f.relative_to(PACKAGE).with_suffix("").parts): f for f in files}


def imports(file):
    """The modules that a file imports: at its top, inside a function, for type checkers only, from the face."""
    known = {f"cnn_symbolic.{name}" for name in ORDER}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in inner if name in known)
            if not all(name in known for name in inner):
                yield node.module


def test_the_order_names_every_module():
    assert set(modules()) == set(ORDER)


def test_type_checkers_read_of_the_face_what_is_there():
    assert STUB.read_text(encoding="utf-8") == stub(), "python -m tests.support.stub"


def test_modules_import_only_from_modules_before_them():
    wrong = []
    for name, file in modules().items():
        for imported in imports(file):
            target = imported.removeprefix("cnn_symbolic.")
            if imported.split(".")[0] == "cnn_symbolic" and target not in ORDER[: ORDER.index(name)]:
                wrong.append((name, target))
    assert not wrong


def test_only_the_kernel_knows_isl_and_the_witnesses_know_nothing_of_the_kernel():
    knowing = {name for name, file in modules().items() for i in imports(file) if i == "islpy"}
    assert knowing == {"kernel.integer_sets", "kernel.unknowns"}
    allowed = {
        "explicit": set(),
        "numeric": set(),
        "windows": set(),
        "convolutions": {"windows"},
        "poolings": {"windows"},
        "blocks": set(),
        "duals": set(),
        "sliding": {"blocks"},
        "arrays": {"blocks", "duals", "sliding"},
    }
    for name, others in allowed.items():
        expected = {"cnn_symbolic.errors", *(f"cnn_symbolic.witnesses.{other}" for other in others)}
        found = set(imports(modules()[f"witnesses.{name}"]))
        assert {i for i in found if i.startswith("cnn_symbolic")} == expected
        assert ("sympy" in found) == (name == "explicit")


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


# What SymPy evaluates wrongly while it is built. Heads of `expressions` stand in its place everywhere.
EVALUATED = {
    *("Mod", "floor", "ceiling", "frac", "Max", "Min", "Abs", "sign", "Heaviside", "KroneckerDelta", "Piecewise"),
    *("Rel", "Eq", "Ne", "Ge", "Gt", "Le", "Lt", "And", "Or", "Not"),
}
# What SymPy concludes, or rewrites, from what it takes an expression to be.
CONCLUDED = {
    *("is_positive", "is_nonnegative", "is_negative", "is_nonpositive", "is_zero", "is_even", "is_odd"),
    *("is_finite", "is_real", "is_integer"),
    *("doit", "simplify", "together", "cancel", "refine", "ask"),
}
# Where it is asked nonetheless, and why that is safe.
ASKED = {
    # A plain symbol is asked for what it was declared as.
    ("expressions.heads", "has_entries"): {"is_integer", "is_real"},
    ("expressions.rules", "least"): {"is_positive"},
    ("expressions.rules", "is_whole"): {"is_integer"},
    # A number is asked: a difference of known functions at numbers.
    ("kernel.replay", "differ"): {"is_finite", "is_real"},
    # isl's numbers and polynomials are asked, not SymPy's.
    ("kernel.integer_sets", "nonzero"): {"is_zero"},
    ("kernel.unknowns", "zero_everywhere"): {"is_zero"},
    ("kernel.unknowns", "constraints_of"): {"is_zero"},
    # Python's and NumPy's floating-point numbers are asked, or an attribute of this package's own.
    ("checking.examining", "number"): {"is_integer"},
    ("matrices", "integers"): {"is_integer"},
    ("certificates.counterexamples", "different_entries"): {"is_integer"},
    # Quotients of polynomials, without heads; what is made from them is checked by Coq.
    ("certificates.maps", "exact_quotient"): {"cancel", "together"},
    # An identity of rational functions is decided by SymPy's normal form: it never reaches the kernel.
    ("checks", "by"): {"cancel", "together"},
}


def sources():
    """The text of every module of the package and of every derivation file, by name."""
    folder = bundled_folder()
    derivations = {
        "derivations." + ".".join(f.relative_to(folder).with_suffix("").parts): f for f in folder.rglob("*.py")
    }
    return {name: file.read_text(encoding="utf-8") for name, file in {**modules(), **derivations}.items()}


def relied_on(text):
    """What SymPy evaluates or concludes in a source text, as (function around it, name)."""
    tree = ast.parse(text)
    imported = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    names = [a for n in imported if isinstance(n, ast.Import) for a in n.names if a.name.split(".")[0] == "sympy"]
    packages = {a.asname or "sympy" for a in names}
    found = set()

    def visit(node, function):
        if isinstance(node, ast.FunctionDef):
            function = node.name
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sympy":
            found.update((function, a.name) for a in node.names if a.name in EVALUATED | CONCLUDED | {"*"})
        if isinstance(node, ast.Attribute):
            if node.attr in EVALUATED and ast.unparse(node.value).split(".")[0] in packages:
                found.add((function, node.attr))
            if node.attr in CONCLUDED or node.attr.startswith("is_extended_"):
                found.add((function, node.attr))
        for inner in ast.iter_child_nodes(node):
            visit(inner, function)

    visit(tree, "")
    return found


def test_nothing_that_sympy_simplifies_or_concludes_is_relied_on():
    found = {}
    for name, text in sources().items():
        for function, word in relied_on(text):
            found.setdefault((name, function), set()).add(word)
    assert found == ASKED


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import sympy as sp\ndef f(a): return sp.Mod(a, 2)", {("f", "Mod")}),
        ("import sympy\nx = sympy.Max(1, 2)", {("", "Max")}),
        ("import sympy as other\nx = map(other.floor, [])", {("", "floor")}),
        ("import math as sp\nx = sp.floor(3)", set()),
        ("import sympy.logic\nx = sympy.logic.And(1, 2)", {("", "And")}),
        ("from sympy import Eq, Symbol", {("", "Eq")}),
        ("from sympy.functions import Piecewise as Cases", {("", "Piecewise")}),
        ("from sympy import *", {("", "*")}),
        ("def f(a):\n  def g(): return a.is_nonnegative", {("g", "is_nonnegative")}),
        ("def f(a): return a.is_extended_real or a.simplify()", {("f", "is_extended_real"), ("f", "simplify")}),
        ("from cnn_symbolic import Mod, And\nx = Mod(3, 2)", set()),
        ("import sympy as sp\nx = sp.Symbol('x').is_Rational", set()),
    ],
)
def test_the_search_for_what_sympy_simplifies_finds_planted_ones(text, found):
    assert relied_on(text) == found
