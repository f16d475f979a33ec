"""What options have where they are not given: from `[tool.cnn-symbolic]` in the nearest pyproject.toml that has it.

An option has its long name without the dashes in front, `output-format = "github"`, for all commands that have it; in a
table with the name of a command, `[tool.cnn-symbolic.check-backward]`, for that one only.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from cnn_symbolic.ground.errors import OperandError
from cnn_symbolic.ground.files import decoded
from cnn_symbolic.ground.words import suggestion

TABLE = "cnn-symbolic"
# What says what one call of a command does: it is no default of a project. (For JSON there is output-format.)
OF_A_CALL = {"help", "watch", "schema", "version", "claim", "let", "json"}


def defaults(commands: Mapping[str, Any], folder: Path) -> dict[str, dict[str, Any]]:
    """Return what the options of each command have if they are not given, by the names of their parameters.

    `commands` are click's, by name. Raises OperandError for a file that is no TOML, and for what no command has.
    """
    file, table = nearest(folder)
    found: dict[str, dict[str, Any]] = {name: {} for name in commands}
    known = {name: options(command) for name, command in commands.items()}
    tables = {key: value for key, value in table.items() if key in commands and isinstance(value, Mapping)}
    for key, value in table.items():
        if key in tables:
            continue
        having = [name for name in commands if key in known[name]]
        if not having:
            every = {option for each in known.values() for option in each} | set(commands)
            raise OperandError(f"{file}: [tool.{TABLE}] has {key!r}, which is no option{suggestion(key, every)}")
        for name in having:
            option = known[name][key]
            found[name][option.name] = checked(option, value, commands[name], f"{file}: [tool.{TABLE}] {key}")
    for name, own in tables.items():
        for key, value in own.items():
            where = f"{file}: [tool.{TABLE}.{name}]"
            if key not in known[name]:
                raise OperandError(f"{where} has {key!r}, which is no option of {name}{suggestion(key, known[name])}")
            option = known[name][key]
            found[name][option.name] = checked(option, value, commands[name], f"{where} {key}")
    return found


def options(command: Any) -> dict[str, Any]:
    """Return the options of a command that may have defaults, by their names without dashes."""
    longest = {max(each.opts, key=len): each for each in command.params if each.param_type_name == "option"}
    named = {name.lstrip("-"): option for name, option in longest.items()}
    return {name: option for name, option in named.items() if name not in OF_A_CALL}


def checked(option: Any, value: Any, command: Any, where: str) -> Any:
    """Return a value of an option; raise OperandError, with what the command says, for what it does not take."""
    each = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | int | float) for one in each):
        raise OperandError(f"{where}: expected a text, a number, true or false, or a list of texts")
    if isinstance(value, bool) != option.is_flag:
        expected = "true or false" if option.is_flag else "a text or a number"
        raise OperandError(f"{where}: expected {expected}, found {value!r}")
    if option.multiple != isinstance(value, list):
        expected = "a list of texts" if option.multiple else "no list"
        raise OperandError(f"{where}: expected {expected}, found {value!r}")
    try:
        with typer.Context(command) as context:
            option.process_value(context, value)
    except typer.BadParameter as error:
        raise OperandError(f"{where}: {error.message}") from None
    return value


def nearest(folder: Path) -> tuple[Path, Mapping[str, Any]]:
    """Return the nearest pyproject.toml that has a table for this program, from a folder upwards, and the table."""
    for file in files(folder):
        try:
            found = tomllib.loads(decoded(file.read_bytes())).get("tool", {}).get(TABLE)
        except OSError:
            continue
        except (ValueError, AttributeError) as error:  # a file of others that is no TOML says nothing of this program
            if TABLE.encode() in file.read_bytes():
                raise OperandError(f"{file} cannot be read: {error}") from None
            continue
        if found is not None:
            if not isinstance(found, Mapping):
                raise OperandError(f"{file}: expected a table [tool.{TABLE}]")
            return file, found
    return folder / "pyproject.toml", {}


def files(folder: Path) -> Iterator[Path]:
    """Yield the files that may have the table, the nearest first."""
    for each in (folder, *folder.parents):
        yield each / "pyproject.toml"
