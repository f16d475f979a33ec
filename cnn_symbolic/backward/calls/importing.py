"""How a program imports a function that it is to call, and what the function is called."""

from __future__ import annotations

import importlib
import sys
import sysconfig
from collections.abc import Callable, Mapping
from functools import partial
from keyword import iskeyword
from pathlib import Path
from typing import Any

from cnn_symbolic.backward.calls.callees import About


def about(function: Callable[..., Any]) -> About:
    """Return what a function is called, and how a program imports it."""
    try:
        lines, expression = imported(function)
    except Exception:  # an argument that is bound to it may say anything
        lines, expression = unknown()
    name = getattr(function, "__name__", None) or repr(function)
    return About(str(name), str(getattr(function, "__qualname__", name)), tuple(lines), expression)


def unknown() -> tuple[list[str], str]:
    """Return what is written in place of a function of which no program knows where it is."""
    return ["# put the function that was checked here", "backward = ..."], "backward"


def imported(function: Callable[..., Any]) -> tuple[list[str], str]:
    """Return the lines that import a function, and the expression for it."""
    if isinstance(function, partial):
        lines, inner = imported(function.func)
        given = [*map(repr, function.args), *(f"{k}={v!r}" for k, v in function.keywords.items())]
        return ["from functools import partial", *lines], f"partial({', '.join([inner, *given])})"
    framework = getattr(function, "framework", None)
    if framework in ("torch", "jax") and hasattr(function, "function"):
        lines, inner = imported(function.function)
        return [f"from cnn_symbolic import of_{framework}", *lines], f"of_{framework}({inner})"
    if source := getattr(function, "source", None):
        return [*made_of(getattr(function, "objects", {})), "", "", *source.splitlines(), "", ""], "both_passes"
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if module and name.isidentifier() and resolves(module, name, function):
        file = getattr(sys.modules.get(module), "__file__", None)
        if module != "__main__" and (file is None or is_named(module, file)):
            return [*path_of(module, file), f"from {module} import {name}"], name
        if file is not None:
            return loaded(file, name), name
    return unknown()


def made_of(objects: Mapping[str, Any]) -> list[str]:
    """Return the lines that import objects under their names."""
    lines = list[str]()
    for name, each in objects.items():
        more, inner = imported(each)
        lines += more if inner == name else [*more, f"{name} = {inner}"]
    return list(dict.fromkeys(lines))


def resolves(module: str, name: str, function: Any) -> bool:
    """Return whether a module has the function under its name."""
    found = sys.modules.get(module)
    if found is None:
        try:
            found = importlib.import_module(module)
        except ImportError:
            return False
    return getattr(found, name, None) is function


def path_of(module: str, file: str | None) -> list[str]:
    """Return the lines that let a module be imported from anywhere, none for one that is installed."""
    if file is None or "site-packages" in file or module in sys.stdlib_module_names:
        return []
    root = Path(file).resolve().parents[module.count(".") + (Path(file).stem == "__init__")]
    return ["import sys", f"sys.path.insert(0, {str(root)!r})"]


def is_named(module: str, file: str) -> bool:
    """Return whether a file is imported under its module's name, which is not that of another module."""
    words = module.split(".")
    own = Path(file).stem in (words[-1], "__init__")
    hidden = words[0] in sys.stdlib_module_names and not Path(file).is_relative_to(sysconfig.get_path("stdlib"))
    return own and not hidden and all(word.isidentifier() and not iskeyword(word) for word in words)


def loaded(file: str, name: str) -> list[str]:
    """Return the lines that run a file, with its folder importable, for a function in it."""
    path = Path(file).resolve()
    home = [f"sys.path.insert(0, {str(path.parent)!r})", f"home = run_path({str(path)!r})", f"{name} = home[{name!r}]"]
    return ["import sys", "from runpy import run_path", *home]
