"""Saved queries: SQL files with a header that names what they answer and which parameters they take.

    -- hidden_gems: Movies like one movie that few have rated.
    -- $movie VARCHAR = 'Alien (1979)' -- the movie, by title or id

A query asks for its parameters by `getvariable('movie')`, with the default beside it, so that the file runs as it is in
any DuckDB shell, where `SET VARIABLE movie = …` sets a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import duckdb

from recstore import sql
from recstore.errors import OptionError
from recstore.text import read_text

_PACKAGE = "recstore.queries"
_HEADING = re.compile(r"-- (\w+): (.+)")
_PARAMETER = re.compile(r"-- \$(\w+) (\S+) = (.+) -- (.+)")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a saved query: its SQL type, and its default as SQL."""

    name: str
    type: str
    default: str
    about: str


@dataclass(frozen=True)
class SavedQuery:
    """A saved query: the header, taken apart, and the whole text."""

    name: str
    answers: str
    parameters: tuple[Parameter, ...]
    text: str


def parse(text: str, name: str) -> SavedQuery:
    """Read the header of a saved query; without one, the query goes by `name` and takes no parameters."""
    lines = text.splitlines()
    heading = _HEADING.fullmatch(lines[0]) if lines else None
    found = (_PARAMETER.fullmatch(line) for line in lines)
    return SavedQuery(
        heading[1] if heading else name,
        heading[2] if heading else "",
        tuple(Parameter(*match.groups()) for match in found if match),
        text,
    )


def saved_queries() -> list[SavedQuery]:
    """Return every saved query that comes with recstore, by name."""
    return [parse(sql.read(_PACKAGE, name), name) for name in sql.names(_PACKAGE)]


def find_query(name: str) -> SavedQuery:
    """Return the saved query called `name`, or the one in the file `name` if that ends in .sql.

    Raises `OptionError` where there is none, or where the file is not UTF-8, and `OSError` where it cannot be read.
    """
    if name.endswith(".sql"):
        return parse(read_text(Path(name).expanduser()), Path(name).stem)
    known = {query.name: query for query in saved_queries()}
    if name not in known:
        near = get_close_matches(name, known, n=3)
        hint = f" Did you mean: {', '.join(near)}?" if near else f" There is: {', '.join(known)}."
        raise OptionError(f"There is no saved query {name!r}.{hint}")
    return known[name]


def set_parameters(connection: duckdb.DuckDBPyConnection, query: SavedQuery, values: Mapping[str, str]) -> None:
    """Set the parameters of `query` from text, each cast to its type. Raises `OptionError`."""
    known = {parameter.name: parameter for parameter in query.parameters}
    for name, value in values.items():
        if name not in known:
            takes = f"takes {', '.join(known)}" if known else "takes no parameters"
            raise OptionError(f"The query {query.name} has no parameter {name!r}; it {takes}.")
        kind = known[name].type
        try:
            connection.execute(f"SET VARIABLE {sql.identifier(name)} = CAST({sql.literal(value)} AS {kind})")
        except duckdb.ConversionException as error:
            raise OptionError(f"{name} is {kind}, such as {known[name].default}, which {value!r} is not.") from error
