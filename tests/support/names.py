"""What is made from the table of public names: `python -m tests.support.names` writes it.

For type checkers a stub for each topic, and for people a page of the guide.
"""

from importlib import import_module
from inspect import getdoc
from pathlib import Path

import cnn_symbolic
from cnn_symbolic.ground.names import TOPICS, homes, load

PACKAGE = Path(cnn_symbolic.__file__).parent


def made():
    """The files by path, each with its text."""
    stubs = {Path(import_module(name).__file__).with_suffix(".pyi"): stub(name) for name in TOPICS}
    return {**stubs, PACKAGE / "guide" / "names.md": page()}


def stub(name):
    """The public names of a topic, each imported from its module; the package has the other topics, too."""
    lines = [f"from cnn_symbolic.{module} import {public} as {public}" for public, module in homes(name).items()]
    inner = [topic.rpartition(".")[2] for topic in TOPICS if topic.rpartition(".")[0] == name]
    return "\n".join([*sorted(lines + [f"from {name} import {topic} as {topic}" for topic in inner]), ""])


def page():
    """The public names by topic, each with the first sentence of what it says about itself."""
    parts = ["# Every public name\n\nEach is imported from its topic: `from cnn_symbolic.layers import Convolution`."]
    for name in TOPICS:
        listed = sorted((public, load(module, public)) for public, module in homes(name).items())
        rows = [f"| `{public}` | {about(found)} |" for public, found in listed if public[0] != "_"]
        title = getdoc(import_module(name)).split("\n")[0]
        parts.append("\n".join([f"## `{name}`\n\n{title}\n", "| name | about |", "|---|---|", *rows]))
    return "\n\n".join([*parts, ""])


def about(what):
    """The first paragraph of a docstring on one line, as a cell of a table."""
    return " ".join(getdoc(what).split("\n\n")[0].split()).replace("|", "\\|")


if __name__ == "__main__":
    for file, text in made().items():
        file.write_text(text, encoding="utf-8")
