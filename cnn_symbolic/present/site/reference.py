"""The reference: every public name with its signature and its docstring; a page for each topic, operation and layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from markupsafe import Markup

from cnn_symbolic.ground.names import HOMES, TOPICS, homes, load
from cnn_symbolic.notation.layout import Layout
from cnn_symbolic.present.book.formula_html import formula_html, inline_formula
from cnn_symbolic.present.content.definitions import SHOWN, defined
from cnn_symbolic.present.figures.pictures import PICTURES, picture
from cnn_symbolic.present.figures.svg import svg
from cnn_symbolic.present.site.claims import ShownClaim, theorems
from cnn_symbolic.present.site.markdown import directive, docstring, page, plain, raw, sentence
from cnn_symbolic.tensors.operation import RECORDS

Formulas = Iterable[tuple[Layout, Layout]]


class Bare:
    """A text that a signature has in place of a value or an annotation."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        """Return the text."""
        return self.text


def signature(what: Callable[..., Any]) -> str:
    """Return a signature as it is written: annotations as they stand there, … for what cannot be written.

    A class has that of its objects being made, a method no `self`; an operation has that of its definition, and returns
    a tensor.
    """
    found = inspect.signature(what)
    returned = "Tensor" if found.return_annotation == "Definition" else found.return_annotation
    return str(
        found.replace(
            parameters=[written(one) for one in found.parameters.values() if one.name != "self"],
            return_annotation=found.empty if isinstance(what, type) else bare(returned),
        )
    )


def written(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return a parameter with its annotation as it is written, and a default that can be."""
    unwritten = repr(parameter.default).startswith("<") and parameter.default is not parameter.empty
    return parameter.replace(
        annotation=bare(parameter.annotation), default=Bare("…") if unwritten else parameter.default
    )


def bare(annotation: Any) -> Any:
    """Return an annotation without the quotation marks that a text has."""
    return Bare(annotation) if isinstance(annotation, str) else annotation


def entry(name: str, what: Any, topic: str, text: bool = True) -> str:
    """Return a public name: its signature and, with `text`, its docstring, of a class also what its objects have."""
    if isinstance(what, type):
        return directive(
            "py:class", f"{name}{constructed(what)}", page(about(what), *members(what)).rstrip(), module=topic
        )
    if callable(what):
        return directive("py:function", f"{name}{signature(what)}", about(what) if text else "", module=topic)
    return directive("py:data", name, "", module=topic, value=repr(what))


def about(what: Any) -> str:
    """Return the docstring of something."""
    return docstring(inspect.getdoc(what) or "")


def constructed(kind: type) -> str:
    """Return how an object of a class is made: nothing of errors, which this package makes."""
    return "" if issubclass(kind, BaseException) else signature(kind)


def members(kind: type) -> Iterator[str]:
    """Yield the public methods and properties of a class that say what they are."""
    for name, what in inspect.getmembers_static(kind):
        function = getattr(what, "fget", None) or getattr(what, "func", None) or getattr(what, "__func__", what)
        if name.startswith("_") or not inspect.isfunction(function) or not function.__doc__:
            continue
        if not function.__module__.startswith("cnn_symbolic."):
            continue
        if function is what or isinstance(what, staticmethod | classmethod):
            yield directive("py:method", f"{name}{signature(getattr(kind, name))}", about(function))
        else:
            yield directive("py:property", name, about(function))


def topic_of(name: str) -> str:
    """Return the topic that a public name belongs to."""
    return next(topic for topic in TOPICS if name in homes(topic))


def topic_page(topic: str, elsewhere: Mapping[str, str]) -> str:
    """Return the page of a topic: all of its names; those with pages of their own, given by name, with a link there."""
    listed = sorted((name, load(module, name)) for name, module in homes(topic).items())
    linked = [(name, what) for name, what in listed if name in elsewhere]
    own = [
        f"- [`{name}`](/reference/{elsewhere[name]}.md): {sentence((inspect.getdoc(what) or '').split(chr(10) * 2)[0])}"
        for name, what in linked
    ]
    return page(
        f"# `{topic}`",
        about(import_module(topic)),
        "## On pages of their own" if own else "",
        "\n".join(own),
        "## Names" if own else "",
        *(entry(name, what, topic) for name, what in listed if name not in elsewhere),
    )


def operation_page(name: str, claims: Iterable[ShownClaim]) -> str:
    """Return the page of an operation: its docstring, its entry formulas and pictures, and where it occurs."""
    record = RECORDS[name]
    public = name in HOMES
    return page(
        f"# `{name}`" if public else f"# {plain(record.says)}",
        entry(name, record.make, topic_of(name)) if public else about(record.make),
        *(["## Entry formula", formulas_html(defined(name).formulas)] if name in SHOWN else []),
        *pictures_of([name]),
        occurrences([one for one in claims if name in one.operations], f"`{name}`" if public else "it"),
    )


def formulas_html(formulas: Formulas) -> str:
    """Return entry formulas, each with the shape of the tensor."""
    made = Markup().join(
        Markup('{}<p class="shape">of shape {}</p>').format(formula_html(formula), inline_formula(shape))
        for formula, shape in formulas
    )
    return raw(Markup('<div class="cnn-proofs">{}</div>').format(made))


def pictures_of(names: Iterable[str]) -> Iterator[str]:
    """Yield the pictures of the catalogue that are about one of these names, under a heading."""
    wanted = set(names)
    shown = [name for name, kind in PICTURES.items() if wanted & set(kind.about)]
    if shown:
        yield "## Pictures" if len(shown) > 1 else "## Picture"
        yield from map(figure, shown)


@cache
def figure(name: str) -> str:
    """Return a picture with what it shows."""
    drawn = svg(picture(name), identifier=f"figure-{name}")
    return raw(
        Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(
            Markup(drawn),  # noqa: S704 - serialised XML
            PICTURES[name].text,
        )
    )


def occurrences(claims: list[ShownClaim], name: str) -> str:
    """Return the claims that something occurs in."""
    if not claims:
        return page("## Theorems", f"No claim that is bundled is about {name}.").rstrip()
    number = "one claim that is" if len(claims) == 1 else f"{len(claims)} claims that are"
    return page("## Theorems", f"In {number} bundled {name} occurs.", theorems(claims)).rstrip()


def gallery() -> str:
    """Return the page of all pictures, each with the command that makes it."""
    parts = []
    for name, kind in PICTURES.items():
        options = ", ".join(f"`--{key.replace('_', '-')}`" for key in kind.options)
        command = f"```sh\ncnn-symbolic draw {name} -o {name}.svg\n```"
        parts += [f"## {name}", figure(name), command, f"Options: {options}."]
    return page(
        "# Pictures",
        "Where the overlay lies is read from the entry formulas that the proofs are about. Pointing at a picture halts "
        "it. [The book of proofs](/guide/book.md) says what the options are, and how pictures get into documents.",
        *parts,
    )
