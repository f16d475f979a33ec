"""What `--help` prints: plain lines, broken between words, alike with every version of Typer, and in a pipe."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from cnn_symbolic.ground.printable import plainly

# The widest that lines are, also where nothing says how wide the output is; and the first column of a list.
WIDEST, FIRST_COLUMN = 100, 30
INDENT = "  "
Function = TypeVar("Function", bound=Callable[..., Any])


class HelpfulCommand(TyperCommand):
    """A command whose help is written here."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what stands behind the name of the command in its usage."""
        return ["[OPTIONS]", *map(usage_of, arguments_of(self, ctx))]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help: usage, what the command does, arguments, options."""
        formatter.write("\n\n".join(parts(self, ctx)))


class HelpfulGroup(TyperGroup):
    """A group of commands whose help is written here; `ending` has lists that come last, by their titles."""

    ending: Sequence[tuple[str, Sequence[tuple[str, str]]]] = ()

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help: usage, what the commands are for, options, commands, and what comes last."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        shown = [(name, first_paragraph(found)) for name, found in commands if found is not None and not found.hidden]
        lists = [listed(title, rows) for title, rows in [("Commands", shown), *self.ending]]
        formatter.write("\n\n".join([*parts(self, ctx), *lists, *wrapped(self.epilog or "", INDENT)]))


class Application(typer.Typer):
    """An application whose commands have the help that is written here."""

    def command(self, name: str | None = None, **options: Any) -> Callable[[Function], Function]:
        """Return what makes a command of a function."""
        return super().command(name, cls=HelpfulCommand, **options)


def parts(command: Any, ctx: Any) -> Iterator[str]:
    """Yield the parts of a help that every command has."""
    yield line_of_usage(command, ctx)
    yield from wrapped(command.help or "", INDENT)
    options = [each for each in command.get_params(ctx) if each.param_type_name == "option" and not each.hidden]
    for title, found in (("Arguments", arguments_of(command, ctx)), ("Options", options)):
        if found:
            yield listed(title, [(name_of(each), about(each)) for each in found])


def line_of_usage(command: Any, ctx: Any) -> str:
    """Return how a command is called."""
    start = f"Usage: {ctx.command_path} "
    return filled(" ".join(command.collect_usage_pieces(ctx)), start, " " * len(start))


def arguments_of(command: Any, ctx: Any) -> list[Any]:
    """Return the arguments of a command."""
    return [each for each in command.get_params(ctx) if each.param_type_name == "argument"]


def usage_of(argument: Any) -> str:
    """Return an argument as it stands in a usage: in brackets if it may be left out, with dots if there may be more."""
    name = name_of(argument)
    return f"{name if argument.required else f'[{name}]'}{'...' if argument.nargs == -1 else ''}"


def name_of(parameter: Any) -> str:
    """Return the names of an option, short ones first, with what stands for its value; or that of an argument."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    names = ", ".join(sorted(parameter.opts, key=len))
    off = f" / {', '.join(parameter.secondary_opts)}" if parameter.secondary_opts else ""
    return f"{names}{off}{'' if parameter.is_flag else f' {parameter.metavar or parameter.name.upper()}'}"


def about(parameter: Any) -> str:
    """Return what an argument or option is for, and what it is where it is not given."""
    said = [parameter.help or ""]
    if parameter.required and parameter.param_type_name == "option":
        said.append("Required.")
    elif parameter.show_default and parameter.default is not None and not getattr(parameter, "is_flag", False):
        said.append(f"Default: {parameter.default}.")
    return " ".join(filter(None, said))


def first_paragraph(command: Any) -> str:
    """Return the first paragraph of what a command does."""
    return " ".join(str(command.help or "").partition("\n\n")[0].split())


def listed(title: str, rows: Sequence[tuple[str, str]]) -> str:
    """Return a list with its title: two columns, of which the second is broken between words."""
    shown = [(plainly(name), text) for name, text in rows]
    column = min(max(len(name) for name, _ in shown), FIRST_COLUMN)
    lines = [f"{title}:"]
    for name, text in shown:
        start, rest = f"{INDENT}{name:{column}}{INDENT}", " " * (column + 2 * len(INDENT))
        if len(name) > column:
            lines.append(f"{INDENT}{name}")
            start = rest
        lines.append(filled(text, start, rest).rstrip())
    return "\n".join(lines)


def wrapped(text: str, indent: str) -> Iterator[str]:
    """Yield the paragraphs of a text, broken between words; lines that are indented stay as they are."""
    for paragraph in filter(str.strip, text.split("\n\n")):
        kept = paragraph.startswith("    ")
        yield textwrap.indent(paragraph, indent) if kept else filled(" ".join(paragraph.split()), indent, indent)


def filled(text: str, start: str, rest: str) -> str:
    """Return a text, broken between words, as wide as the terminal at most, behind its first indent and the others."""
    wide = min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST)
    lines = textwrap.wrap(
        plainly(text),
        max(wide, 40),
        initial_indent=start,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines) or start
