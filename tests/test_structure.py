"""The package's order: every folder imports only from folders below it, only the kernel knows isl, and none relies on
what SymPy simplifies.
"""

import ast
import io
import re
import tokenize
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import cnn_symbolic
from cnn_symbolic.ground.names import TOPICS
from cnn_symbolic.library.files import bundled_folder

PACKAGE = Path(cnn_symbolic.__file__).parent
# The rooms from the ground up: a module imports only from its own room and from those before it.
ROOMS = [
    "ground",
    "witnesses",
    "notation",
    "expressions",
    "tensors",
    "tensors.operations",
    "kernel.trusted",
    "kernel.search",
    "kernel.exported",
    "kernel",
    "layers",
    "mistakes",
    "proofs",
    "claims",
    "code.state",
    "code.arrays",
    "code.rows",
    "code.language",
    "code",
    "code.mending",
    "backward.calls",
    "backward.proofs",
    "backward",
    "backward.agreement",
    "library",
    "certificates.trusted",
    "certificates.search",
    "certificates",
    "present.figures",
    "present.content",
    "present.book",
    "present.site",
    "present",
    "present.diagnostics",
    "command_line",
    "command_line.plugins",
    "",
]


def modules():
    """The files of the package by the names of their modules; "" is the face."""
    files = [f for f in PACKAGE.rglob("*.py") if "derivations" not in f.parts]
    return {module_name(f): f for f in files}


def module_name(file):
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(name):
    """The folder that a module lies in."""
    return name if name in ROOMS else name.rpartition(".")[0]


def imports(file):
    """The modules that a file imports: at its top, inside a function, for type checkers only, from the face."""
    known = {f"cnn_symbolic.{name}" for name in modules()}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in inner if name in known)
            if not all(name in known for name in inner):
                yield node.module


def inner_imports(file):
    """The modules of the package that a file imports, by their names."""
    found = {name for name in imports(file) if name.split(".")[0] == "cnn_symbolic"}
    return {name.removeprefix("cnn_symbolic").lstrip(".") for name in found}


def test_every_module_lies_in_a_room():
    assert {room(name) for name in modules()} == set(ROOMS)
    assert len({name.split(".")[0] for name in ROOMS}) <= 17


def test_rooms_import_only_from_rooms_below_them():
    pairs = [(name, target) for name, file in modules().items() for target in inner_imports(file)]
    assert [(a, b) for a, b in pairs if ROOMS.index(room(b)) > ROOMS.index(room(a))] == []


def test_a_topic_has_names_from_its_own_room_and_from_those_below_it_only():
    pairs = [(name.removeprefix("cnn_symbolic").lstrip("."), home) for name in TOPICS for home in TOPICS[name]]
    assert [(a, b) for a, b in pairs if ROOMS.index(room(b)) > ROOMS.index(room(a))] == []
    assert {room(home) for _, home in pairs} < set(ROOMS)


def test_no_module_imports_itself_by_way_of_others():
    graph = {name: inner_imports(file) for name, file in modules().items()}
    TopologicalSorter(graph).prepare()


def test_no_two_classes_have_one_name():
    """But for the article's layers, which are there as symbols and, independent of them, in numbers."""
    trees = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in modules().items()}
    homes = {}
    for name, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, set()).add(name)
    twice = {frozenset(where) for where in homes.values() if len(where) > 1}
    assert twice == {frozenset({"layers.catalogue", "witnesses.numeric"})}


def test_what_makes_a_theorem_stands_on_little():
    files, reached = modules(), set()
    pending = [name for name in files if room(name) == "kernel.trusted"]
    while pending:
        name = pending.pop()
        if name in files and name not in reached:
            reached.add(name)
            packages = [".".join(name.split(".")[:k]) for k in range(1, name.count(".") + 1)]
            pending += [*inner_imports(files[name]), *packages]
    lines = Counter()
    for name in reached:
        lines[room(name)] += lines_of_code(files[name])
    most = {"kernel.trusted": 1500, "kernel": 0, "tensors": 735, "expressions": 1500, "notation": 165, "ground": 40}
    assert lines.keys() == most.keys()
    assert {name: n for name, n in lines.items() if n > most[name]} == {}


def lines_of_code(file):
    """How many lines of a file have code on them: not those that are empty, or have comments or docstrings only."""
    text = file.read_text(encoding="utf-8")
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = [t for t in tokens_of(file) if t.type not in skipped]
    lines = {line for t in tokens for line in range(t.start[0], t.end[0] + 1)}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


def test_what_a_tool_is_told_to_pass_over_has_its_reason_beside_it():
    passed_over = re.compile(r"# (?:noqa(?:: \w+)?|type: ignore(?:\[[\w-]+\])?)")
    files = [file for folder in (PACKAGE, bundled_folder(), Path(__file__).parent) for file in folder.rglob("*.py")]
    comments = [(file.name, t.string) for file in files for t in tokens_of(file) if t.type == tokenize.COMMENT]
    assert [one for one in comments if (found := passed_over.match(one[1])) and not one[1][found.end() :].strip()] == []


def tokens_of(file):
    return tokenize.generate_tokens(io.StringIO(file.read_text(encoding="utf-8")).readline)


def test_folders_and_modules_are_small_enough_to_be_read():
    lengths = {name: len(file.read_text(encoding="utf-8").splitlines()) for name, file in modules().items()}
    assert {name: n for name, n in lengths.items() if n > 400} == {}
    crowded = Counter(file.parent for file in modules().values() if file.stem != "__init__")
    assert {folder.name: n for folder, n in crowded.items() if n > 15} == {}


def test_tests_lie_in_the_folder_of_what_they_test():
    tests = Path(__file__).parent
    files = [f.relative_to(tests) for f in tests.rglob("test_*.py")]
    assert {str(f.parent) for f in files} <= {"."} | {name.split(".")[0] for name in ROOMS}
    assert {f.stem for f in files if f.parent == Path(".")} == {"test_readme", "test_structure"}
    assert {folder: n for folder, n in Counter(f.parent for f in files).items() if n > 15} == {}


def test_only_the_kernel_knows_isl_and_the_witnesses_know_nothing_of_the_kernel():
    knowing = {name for name, file in modules().items() for i in imports(file) if i == "islpy"}
    trusted = {f"kernel.trusted.{name}" for name in ("coefficients", "integer_sets", "unknowns")}
    assert knowing == {*trusted, "kernel.search.points"}
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
        expected = {"cnn_symbolic.ground.errors", *(f"cnn_symbolic.witnesses.{other}" for other in others)}
        found = set(imports(modules()[f"witnesses.{name}"]))
        assert {i for i in found if i.startswith("cnn_symbolic")} == expected
        assert ("sympy" in found) == (name == "explicit")


def test_proofs_use_no_sympy_function_that_is_wrong_on_sums():
    methods = {"doit", "simplify", "piecewise_fold", "change_index", "equals", "sympify"}
    for name, file in modules().items():
        if not name.startswith("kernel") and name != "tensors.gradients":
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        called = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        named = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        assert not called & methods, name
        assert not named & (methods | {"eval", "exec"}), name


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
    # isl's numbers and polynomials are asked, not SymPy's.
    ("kernel.trusted.coefficients", "vanishes"): {"is_zero"},
    ("kernel.search.points", "nonzero"): {"is_zero"},
    ("kernel.trusted.unknowns", "zero_everywhere"): {"is_zero"},
    ("kernel.trusted.unknowns", "constraints_of"): {"is_zero"},
    # Python's and NumPy's floating-point numbers are asked, or an attribute of this package's own.
    ("backward.examining", "number"): {"is_integer"},
    ("notation.matrices", "integers"): {"is_integer"},
    # Quotients of polynomials, without heads; what is made from them is checked by Coq.
    ("certificates.search.maps", "exact_quotient"): {"cancel", "together"},
    # An identity of rational functions is decided by SymPy's normal form: it never reaches the kernel.
    ("proofs.check", "cancelled"): {"cancel", "together"},
    # A guess at a quotient of sizes, which counts only if it is right when multiplied out.
    ("code.state.cells", "divided"): {"cancel"},
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
