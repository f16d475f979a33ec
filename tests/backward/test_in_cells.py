"""Functions of this process, in cells of a notebook and in files: refused where they may be others than is written."""

import ast
import linecache
from importlib.util import module_from_spec, spec_from_file_location

import numpy as np
import pytest

from cnn_symbolic.backward import prove_backward
from cnn_symbolic.backward.agreement import same
from cnn_symbolic.backward.proofs.as_written import NotAsWritten
from cnn_symbolic.backward.proofs.in_cells import text_in_cells
from cnn_symbolic.ground.errors import OperandError

IMPORTS = """import numpy as np
from numpy.lib.stride_tricks import sliding_window_view as windows_of
"""
PADDED = """
def padded(x, pad):
    return np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
"""
BACKWARD = """# The input gradient

def backward(dy, x, w, pad):
    wide = np.zeros(padded(x, pad).shape)
    for r, c in np.ndindex(dy.shape[2:]):
        wide[:, :, r : r + w.shape[2], c : c + w.shape[3]] += np.einsum("nk,kdij->ndij", dy[:, :, r, c], w)
    return wide[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]
"""
LAYER = """
class Layer:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, x):
        self.x = x
        windows = windows_of(x, self.w.shape[2:], axis=(2, 3))
        return np.einsum("ncijrs,kcrs->nkij", windows, self.w) + self.b[:, None, None]

    def backward(self, dy):
        dx = np.zeros(self.x.shape)
        for r, c in np.ndindex(dy.shape[2:]):
            rows, columns = slice(r, r + self.w.shape[2]), slice(c, c + self.w.shape[3])
            dx[:, :, rows, columns] += np.einsum("nk,kdij->ndij", dy[:, :, r, c], self.w)
        self.dw = np.einsum("ncijrs,nkrs->kcij", windows_of(self.x, dy.shape[2:], axis=(2, 3)), dy)
        self.db = dy.sum(axis=(0, 2, 3))
        return dx
"""


@pytest.fixture
def session():
    """Run cells as a notebook does: in the names of one session, their lines kept for tracebacks."""
    names, files = {"__name__": "__main__"}, []

    def run(*cells):
        for cell in cells:
            file = f"<cell-{len(files)}>"
            files.append(file)
            linecache.cache[file] = (len(cell), None, cell.splitlines(keepends=True), file)
            exec(compile(cell, file, "exec"), names)
        return names

    yield run
    for file in files:
        linecache.cache.pop(file, None)


def test_the_lines_of_a_cell_keep_their_numbers_and_what_they_use_stands_below(session):
    names = session(IMPORTS, "SIDES = 2, 'both'\ndw = [1]", PADDED, f"{BACKWARD}unused = SIDES\n")
    lines = text_in_cells({"backward": names["backward"]}).splitlines()
    written = BACKWARD.splitlines()
    assert lines[2:7] == written[2:]
    assert lines[:2] == ["", ""]
    assert [line for line in lines[7:] if line] == [*PADDED.splitlines()[1:], "import numpy as np"]


def test_parameters_and_names_inside_of_functions_are_not_those_of_the_session(session):
    names = session(
        IMPORTS, "x, w, rows, k = [], {}, object(), []", "def f(x, w=1):\n    rows = x\n    return [k for k in rows]"
    )
    assert text_in_cells({"f": names["f"]}).strip() == "def f(x, w=1):\n    rows = x\n    return [k for k in rows]"


def test_what_is_read_is_what_a_name_stands_for_now(session):
    names = session(IMPORTS, PADDED, BACKWARD, "def padded(x, pad):\n    return x")
    text = text_in_cells({"backward": names["backward"]})
    assert "def padded(x, pad):\n    return x\n" in text
    assert "np.pad" not in text
    session("WIDTH = 1", "def f(x):\n    return x * WIDTH", "WIDTH = (2, -3)")
    assert "WIDTH = (2, -3)\n" in text_in_cells({"f": names["f"]})


def test_names_are_imported_from_where_they_are_public(session):
    names = session(
        "import math\nimport numpy.linalg as la\nfrom functools import reduce as fold\nimport numpy as np",
        "def f(x):\n    return fold, la, math, windows(x), np",
        "from numpy.lib.stride_tricks import sliding_window_view as windows",
    )
    text = text_in_cells({"f": names["f"]})
    for line in (
        *("import math", "import numpy.linalg as la", "import numpy as np"),
        *("from functools import reduce as fold", "from numpy.lib.stride_tricks import sliding_window_view as windows"),
    ):
        assert f"{line}\n" in text.replace("_functools", "functools")


REFUSALS = r"is no function or class at the top|is not what its lines|it uses K, of the kind"
CHANGED = {
    "a decorator": "def same_one(f):\n    return f\n@same_one\ndef f(x):\n    return x",
    "another default": "def f(x, k=1):\n    return k * x\nf.__defaults__ = (2,)",
    "a default that is a name": "K = 2\ndef f(x, k=K):\n    return k * x",
    "a default that can change": "def f(x, k=[]):\n    return x",
    "other code": "def g(x):\n    return 2 * x\ndef f(x):\n    return x\nf.__code__ = g.__code__",
    "an attribute": "def f(x):\n    return f.k * x\nf.k = 2",
    "a closure": "def made(k):\n    def f(x):\n        return k * x\n    return f\nf = made(2)",
    "no definition": "f = lambda x: x",
    "a list": "K = [2]\ndef f(x):\n    return K[0] * x",
    "a number that has no text": "K = float('inf')\ndef f(x):\n    return K * x",
    "a method that was exchanged": "class f:\n    def g(self, x):\n        return x\nf.g = lambda self, x: 2 * x",
    "a method more": "class f:\n    def g(self, x):\n        return x\nf.h = 2",
    "a member of a class": "class f:\n    K = [2]\n    def g(self, x):\n        return x",
    "keyword defaults in another order": "def f(x, *, k=1, m=2):\n    return k * x\n"
    "f.__kwdefaults__ = {'m': 1, 'k': 2}",
    "constants of its code": "def f(x):\n    return 2 * x\nf.__code__ = f.__code__.replace(co_consts=(None, 3))",
    "a static method that is none by now": "class f:\n    @staticmethod\n    def g(x):\n        return x\n"
    "f.g = f.__dict__['g'].__func__",
    "a decorator of one's own": "def staticmethod(f):\n    return f\nclass f:\n    @staticmethod\n"
    "    def g(self):\n        return 2",
    "a special method": "class f:\n    def g(self, x):\n        return x\nf.__getattribute__ = object.__getattribute__",
    "a base class that is another one by now": "class b:\n    def g(self, x):\n        return 2 * x\n"
    "class f(b):\n    def h(self, x):\n        return self.g(x)\n"
    "class b:\n    def g(self, x):\n        return x",
    "a base class that was exchanged": "class b:\n    pass\nclass c:\n    pass\nclass f(b):\n"
    "    def h(self, x):\n        return x\nf.__bases__ = (c,)",
    "a method with other names": "import types\nclass f:\n    def g(self, x):\n        return k * x\nk = 1\n"
    "f.g = types.FunctionType(f.g.__code__, {'k': 2}, 'g')",
    "lines that only an editor breaks": "def f(x):\n    # halves\u2028    x = x / 2\n    return x",
    "other functions of Python": "def f(x):\n    return min(x)",
}
BEFORE = {
    "other functions of Python": {"__builtins__": {"min": max}},
}


@pytest.mark.parametrize("kind", CHANGED)
def test_what_may_be_something_else_than_its_lines_say_is_refused(session, kind):
    session().update(BEFORE.get(kind, {}))
    names = session(CHANGED[kind])
    with pytest.raises(NotAsWritten, match=REFUSALS):
        text_in_cells({"f": names["f"]})


def test_a_backward_pass_of_cells_is_proved_with_a_function_of_another_cell(session):
    names = session(IMPORTS, PADDED, BACKWARD)
    report = prove_backward(names["backward"], of="conv2d(padding=P)", signature="dy, x, w, padding -> dx", examples=5)
    assert report.proved
    assert report.proof.results[0].lines == (3, 7)


def test_a_layer_of_a_cell_is_proved(session):
    names = session(IMPORTS, LAYER)
    assert prove_backward(names["Layer"], of="conv2d()", examples=5).proved


def test_what_is_refused_is_tested_and_not_proved(session):
    names = session(IMPORTS, PADDED, BACKWARD, "backward.seen = True")
    report = prove_backward(names["backward"], of="conv2d(padding=1)", signature="dy, x, w, padding -> dx", examples=5)
    assert report.right
    assert report.proof.reason.startswith("backward is not what its lines define")


def test_functions_of_cells_are_compared(session):
    names = session(
        IMPORTS, "def twice(x):\n    return x + x", "K = 2\ndef scaled(x):\n    return K * x", "def f(x):\n    return x"
    )
    assert same(names["twice"], names["scaled"], "x (N)").outcome == "proved"
    assert same(names["twice"], names["f"], "x (N)").outcome == "refuted"
    session("f = lambda x: x")
    with pytest.raises(OperandError, match="is no function or class at the top of a cell"):
        same(names["twice"], names["f"], "x (N)")


def test_a_cell_is_compiled_as_a_whole_or_statement_by_statement(session):
    cell = f"import numpy as np\n{PADDED}"
    names = session(cell)
    assert PADDED.strip() in text_in_cells({"padded": names["padded"]})
    file = names["padded"].__code__.co_filename
    for node in ast.parse(cell).body:  # as IPython does
        exec(compile(ast.Module([node], []), file, "exec"), names)
    assert PADDED.strip() in text_in_cells({"padded": names["padded"]})


def test_lines_that_are_not_those_of_the_code_are_refused(session):
    names = session("def f(x):\n    return 2 * x")
    file = names["f"].__code__.co_filename
    linecache.cache[file] = (1, None, ["def f(x):\n", "    return x\n"], file)
    with pytest.raises(NotAsWritten, match=REFUSALS):
        text_in_cells({"f": names["f"]})


@pytest.mark.parametrize("place", ["numpy.matmul", "builtins.min"])
def test_a_function_that_other_code_has_put_into_a_library_is_found(session, monkeypatch, place):
    names = session(IMPORTS, "def f(x):\n    return np.matmul(x, min(x, x))")
    assert text_in_cells({"f": names["f"]})
    usual = {"numpy.matmul": np.matmul, "builtins.min": min}[place]
    monkeypatch.setattr(place, lambda *given, **named: usual(*given, **named))
    with pytest.raises(NotAsWritten, match=f"{place} is not {place.partition('.')[0]}'s own"):
        text_in_cells({"f": names["f"]})


def test_what_cannot_be_written_or_followed_is_refused(session):
    for value in ("10**5000", "tuple(range(1000))"):
        names = session(f"K = {value}\ndef f(x):\n    return K")
        with pytest.raises(NotAsWritten, match="it uses K, of the kind"):
            text_in_cells({"f": names["f"]})
    chain = "\n".join(f"def f{k}(x):\n    return f{k + 1}(x)" for k in range(1200))
    names = session(f"{chain}\ndef f1200(x):\n    return x")
    with pytest.raises(NotAsWritten, match="more than 200 names"):
        text_in_cells({"f0": names["f0"]})


def test_a_name_for_nothing_is_written_as_it_is(session):
    names = session("OUT = None\ndef f(x):\n    return x if OUT is None else OUT")
    assert text_in_cells({"f": names["f"]}).endswith("OUT = None\n")


def test_private_names_are_those_of_their_class(session):
    names = session(IMPORTS, LAYER.replace("def forward", "def __unused(self):\n        pass\n\n    def forward"))
    assert prove_backward(names["Layer"], of="conv2d()", examples=5).proved


# Functions of files


@pytest.fixture
def module(tmp_path):
    """Import a file, which is read for its functions."""

    def imported(text):
        path = tmp_path / "mine.py"
        path.write_text(text, encoding="utf-8")
        spec = spec_from_file_location("mine", path)
        made = module_from_spec(spec)
        spec.loader.exec_module(made)
        return made, path

    return imported


FILE = """import numpy as np

SCALES = [1]
K = 1


def product(a, b=1):
    return a * b


class Base:
    def times(self, x):
        return product(x)


class Other:
    pass


def f(x):
    return product(x) * SCALES[0] * K
"""


def changed(what):
    def change(made, path):
        if what == "the file":
            path.write_text(FILE.replace("a * b", "a + b"), encoding="utf-8")
        elif what == "a helper":
            made.product = lambda a: 2 * a
        elif what == "a default":
            made.product.__defaults__ = (2,)
        elif what == "a number":
            made.K = 2
        else:
            made.f.__code__ = (lambda x: 2 * x).__code__

    return change


@pytest.mark.parametrize("what", ["the file", "a helper", "a default", "a number", "the code"])
def test_a_function_of_a_file_that_was_changed_is_not_read(module, what):
    made, path = module(FILE)
    assert same(made.f, made.f, "x (N)").outcome == "proved"
    changed(what)(made, path)
    with pytest.raises(OperandError, match=r"is not what its (lines define|file says): other code has"):
        same(made.f, made.f, "x (N)")


def test_a_list_of_a_file_that_its_main_part_changes_is_not_what_is_read(module):
    made, _ = module(FILE)
    made.SCALES[0] = 2
    with pytest.raises(OperandError, match="SCALES is not what its file says"):
        same(made.f, made.f, "x (N)")
