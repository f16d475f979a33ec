"""Markdown of pages: texts that come out as they are written, code, HTML, and what Sphinx calls directives."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator

# Every sign that may mean something in Markdown, and loses that behind a backslash.
SIGNS = re.compile(r"([!-/:-@\[-`{-~])")
CODE = re.compile(r"(`[^`]+`)")


def plain(text: str) -> str:
    r"""Return a text on one line that is read as it is written.

    >>> print(plain("x[i] * w_k | <b>"))
    x\[i\] \* w\_k \| \<b\>
    """
    return escaped(" ".join(text.split()))


def sentence(text: str) -> str:
    r"""Return a text in which what stands between backticks is code, and everything else is read as it is written.

    >>> print(sentence("`a_prev` is not a*b"))
    `a_prev` is not a\*b
    """
    parts = CODE.split(" ".join(text.split()))
    return "".join(part if k % 2 else escaped(part) for k, part in enumerate(parts))


def escaped(text: str) -> str:
    """Return a part of a line."""
    return SIGNS.sub(r"\\\1", text)


def docstring(text: str) -> str:
    """Return a docstring: paragraphs, lists of lines that begin with "- ", and code, which is indented or has ">>>"."""
    return "\n\n".join(blocks(inspect.cleandoc(text)))


def blocks(text: str) -> Iterator[str]:
    """Yield the blocks of a docstring; code goes on over empty lines as long as what follows is code."""
    pending: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        lines = block.splitlines()
        at = next((k for k, line in enumerate(lines) if line.lstrip().startswith(">>>")), len(lines))
        words, session = lines[:at], lines[at:]
        if words and all(line.startswith("    ") for line in words):
            pending.append(block)
            continue
        if words:
            yield from listing(pending)
            pending = []
            yield from paragraph(words)
        if session:
            pending.append("\n".join(session))
    yield from listing(pending)


def paragraph(lines: Iterable[str]) -> Iterator[str]:
    """Yield a paragraph, or one for each item of a list."""
    for part in re.split(r"\n(?=- )", "\n".join(lines)):
        yield f"- {sentence(part.removeprefix('- '))}" if part.startswith("- ") else sentence(part)


def listing(parts: list[str]) -> Iterator[str]:
    """Yield a block of code, if there is any."""
    if parts:
        text = inspect.cleandoc("\n\n".join(parts))
        yield fenced(text, "pycon" if text.startswith(">>>") else "text")


def fenced(text: str, language: str) -> str:
    """Return a text as a block of code, between fences that are longer than any in it."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def directive(name: str, argument: str, body: str, **options: str) -> str:
    """Return a directive of Sphinx with what stands in it."""
    stated = [f":{key}: {value}" for key, value in options.items()]
    return fenced("\n".join([*stated, "", body] if stated else [body]), f"{{{name}}} {argument}".rstrip())


def raw(html: str) -> str:
    """Return HTML that is put on the page as it is."""
    return directive("raw", "html", html)


def contents(pages: Iterable[str], caption: str = "", depth: int = 1, hidden: bool = False) -> str:
    """Return the table of contents of a page: the titles of those below it, with a depth of 2 their headings, too."""
    options = {"maxdepth": str(depth)}
    if caption:
        options["caption"] = caption
    if hidden:
        options["hidden"] = ""
    return directive("toctree", "", "\n".join(pages), **options)


def page(*parts: str) -> str:
    """Return a page of parts, with an empty line between them."""
    return "\n\n".join(part for part in parts if part) + "\n"
