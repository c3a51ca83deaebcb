"""Reads the SQL of `schema/` and `queries/`, and is the one place that quotes names and literals."""

from __future__ import annotations

import os
from functools import cache
from importlib import resources
from importlib.util import find_spec
from string import Template

from recstore.errors import OptionError


def identifier(name: str) -> str:
    """Quote one SQL identifier, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote one SQL string literal: for names that recstore itself defines, and paths in scripts.

    Raises `OptionError` for a path that is not UTF-8: DuckDB takes no such text.
    """
    refuse_other_than_utf8(text)
    return "'" + text.replace("'", "''") + "'"


def refuse_other_than_utf8(path: str) -> None:
    """Raise `OptionError` for a path whose name, or that of a folder on the way to it, is not UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError as error:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        raise OptionError(
            f"The path {shown} is not UTF-8, and DuckDB opens no such: rename it, or a folder on the way."
        ) from error


@cache
def read(package: str, name: str) -> str:
    """Return the text of the SQL file `name` (without its ending) in a package such as `recstore.schema.tables`."""
    return resources.files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def is_there(package: str) -> bool:
    """Tell whether there is a package of that name; it is not imported, but its parents are."""
    return bool(package.split(".", maxsplit=1)[0]) and find_spec(package) is not None


def names(package: str) -> list[str]:
    """Return the names of all SQL files in a package, sorted."""
    return sorted(
        entry.name.removesuffix(".sql") for entry in resources.files(package).iterdir() if entry.name.endswith(".sql")
    )


def render(package: str, file: str, /, **placeholders: str) -> str:
    """Fill the `$placeholders` of a SQL file with SQL that is already quoted; an unknown one is a KeyError."""
    return Template(read(package, file)).substitute(placeholders)
