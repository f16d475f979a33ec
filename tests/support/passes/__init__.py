"""A corpus of backward passes as people write them, for what reads their source: right ones, and planted mistakes.

The files beside this one are the code, by style; nothing in them knows of this package. `right.RIGHT` lists the passes
with the layers that they belong to, `wrong.WRONG` the changes that make them wrong.
"""

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
# What the names of options stand for, where some of their values are tried.
TRIED = {"S": (1, 2, 3), "D": (1, 2, 3), "I": (1, 2, 3), "F": (1, 2, 3), "P": (0, 1, 2)}


@dataclass(frozen=True)
class Pass:
    """A right backward pass: a function or class of a file, and the layer that it belongs to, with open options.

    `of` is a layer such as "conv2d(stride=S, padding=P)", right for any S and P; or the forward pass in the same file,
    and then `arguments` are its arrays with the axes that they have. `signature`, `layout` and `filters` are what else
    `check_backward` is told, empty where the names of the parameters say it. `domain` says which shapes it takes, if it
    refuses others, as conditions on the sizes that `Planted` has. The backward pass of a pair has a forward pass beside
    it, which makes its cache.
    """

    file: str
    function: str
    of: str
    signature: str = ""
    layout: str = ""
    filters: str = ""
    arguments: str = ""
    domain: tuple[str, ...] = ()

    @property
    def key(self):
        """Its name among all."""
        return f"{self.file}:{self.function}"

    @property
    def path(self):
        """The file that it is in."""
        return FOLDER / f"{self.file}.py"

    @property
    def told(self):
        """What `check_backward` is told but the layer."""
        named = {"signature": self.signature, "layout": self.layout, "filters": self.filters}
        return {name: text for name, text in named.items() if text}

    @property
    def source(self):
        """The text of the function or the class."""
        text = self.path.read_text(encoding="utf-8")
        start = re.search(rf"^(def|class) {self.function}\b", text, re.MULTILINE).start()
        end = re.compile(r"^(def|class|@)", re.MULTILINE).search(text, start + 1)
        return text[start : end.start() if end else len(text)].rstrip() + "\n"

    def load(self):
        """Return the function or the class."""
        return getattr(load(self.path, self.file), self.function)


@dataclass(frozen=True)
class Planted:
    """A mistake in a right pass, whose source has `old` once: `new` stands there instead, and `result` is wrong.

    `condition` says at which shapes it is nevertheless right, as the text of an expression of Python. x has
    the batch N, the channels C and the sizes H, W, O; there are K filters; they, or the window, have the sizes I, J, Q;
    dy has R rows and T columns; S is the stride, P the padding, D the dilation, F the factor. Of a normalisation the
    letters are those of its `arguments`. Where it does not hold the pass is wrong, but for shapes at which some window
    has nothing but padding. "False" holds nowhere; an empty condition is not known.
    """

    of: str
    old: str
    new: str
    result: str
    mistake: str
    condition: str = ""

    def text(self, right):
        """Return the whole file of a right pass with the mistake in it."""
        whole, source = right.path.read_text(encoding="utf-8"), right.source
        return whole.replace(source, source.replace(self.old, self.new))

    def load(self, right, folder):
        """Return the wrong function or class; its file is put into a folder."""
        path = Path(folder) / f"{right.file}.py"
        path.write_text(self.text(right), encoding="utf-8")
        return getattr(load(path, right.file), right.function)


def planted(key, *changes):
    """Return the mistakes in one right pass: what was there, what is there, the result, the mistake, the condition."""
    return [Planted(key, *change) for change in changes]


def load(path, name):
    """Return a file as a module."""
    spec = importlib.util.spec_from_file_location(f"passes_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def some_values(of):
    """Return a layer with some values for each of its open options."""
    return re.sub(r"=([A-Z])\b", lambda found: f"=any_of{TRIED[found[1]]}", of)
