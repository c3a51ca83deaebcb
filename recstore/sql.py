"""Reads the SQL of `schema/` and `queries/`, and is the one place that quotes names and literals."""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.util import find_spec
from string import Template


def identifier(name: str) -> str:
    """Quote one SQL identifier, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote one SQL string literal: for names that recstore itself defines, and paths in scripts."""
    return "'" + text.replace("'", "''") + "'"


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
