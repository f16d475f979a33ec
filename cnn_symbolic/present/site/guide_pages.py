"""The pages of the guide, and what they link to: other pages, the files of the project, and folders of modules."""

from __future__ import annotations

import ast
import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from cnn_symbolic.ground.errors import ExportError
from cnn_symbolic.library.guide import SECTIONS, page
from cnn_symbolic.present.site import markdown

PACKAGE = Path(__file__).parents[2]
GUIDE = PACKAGE / "guide"
LINK = re.compile(r"(?<=\]\()(?!https?://|#)([^)\s]+)(?=\))")
END_OF_OPENING = "\n## The guide\n"


def readme() -> str:
    """Return the README: that of a checkout, or the description of the installed package."""
    if (file := PACKAGE.parent / "README.md").is_file():
        return file.read_text(encoding="utf-8")
    try:
        return metadata("cnn-symbolic")["Description"]
    except PackageNotFoundError:
        raise ExportError(
            "the README is missing, which the start page is made of: install cnn-symbolic again"
        ) from None


def start_page() -> str:
    """Return the start page: what the README says before it comes to the guide, and the contents of the site."""
    opening = readme().partition(END_OF_OPENING)[0]
    sections = [markdown.contents([f"guide/{name}" for name in names], title) for title, names in SECTIONS.items()]
    more = markdown.contents(["tutorial", "reference/index", "derivations/index", "gallery"], "More", hidden=True)
    return markdown.page(linked(opening, PACKAGE.parent), *sections, more)


def guide_pages() -> dict[str, str]:
    """Return the pages of the guide and those that they link to, by path."""
    texts = {f"guide/{name}": linked(page(name), GUIDE) for names in SECTIONS.values() for name in names}
    targets = [target for name in texts for target in LINK.findall(page(name.removeprefix("guide/")))]
    return texts | {made: source_page(path) for target in targets for path, made in sources(GUIDE / target)}


def linked(text: str, folder: Path) -> str:
    """Return a text of a folder, whose links lead to pages of the site."""
    return LINK.sub(lambda found: place(folder / found[1]) or found[1], text)


def place(path: Path) -> str:
    """Return the page of the site for a file or folder of the project, or nothing."""
    path = path.resolve()
    if path.parent == GUIDE and path.suffix == ".md":
        return f"/guide/{path.name}"
    if path.name == "derivations":
        return "/derivations/index.md"
    return next((f"/{made}.md" for _, made in sources(path)), "")


def sources(path: Path) -> list[tuple[Path, str]]:
    """Return a file or folder of the package that is no page of the guide, with the page of the site for it."""
    path = path.resolve()
    inside = path.is_relative_to(PACKAGE) and path.exists() and path.parent != GUIDE
    return [(path, f"source/{path.relative_to(PACKAGE).with_suffix('').as_posix()}")] if inside else []


def source_page(path: Path) -> str:
    """Return the page of a file: its text; or of a folder: what its modules are."""
    title = f"---\norphan: true\n---\n\n# `cnn_symbolic/{path.relative_to(PACKAGE).as_posix()}`"
    if path.is_file():
        return markdown.page(title, markdown.fenced(path.read_text(encoding="utf-8"), "coq"))
    modules = sorted(path.rglob("*.py"), key=lambda file: (file.parent, file.name))
    rows = [f"- `{file.relative_to(path).as_posix()}`: {said_of(file)}" for file in modules]
    return markdown.page(title, "The modules of this folder of the installed package:", "\n".join(rows))


def said_of(module: Path) -> str:
    """Return the first paragraph of a module's docstring."""
    text = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return markdown.sentence(text.split("\n\n")[0])
