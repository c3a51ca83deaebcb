"""Saved queries: SQL files with a header that names what they answer and which parameters they take.

    -- hidden_gems: Movies like one movie that few have rated.
    -- for: movies
    -- $movie VARCHAR = 'Alien (1979)' -- the movie, by title or id

A query asks for its parameters by `getvariable('movie')`, with the default beside it, so that it runs as it is in any
DuckDB shell, where `SET VARIABLE movie = …` sets a parameter. `for` says of which catalogue it is: of one by name, of
`any`, or of `any with interactions`. The last two are written with `${placeholders}` for the catalogue's names, which
are filled in before anybody sees the query. Without `for`, a query is of the whole store.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.registry import catalog_named, to_be_stored
from recstore.connection.query_names import filled
from recstore.errors import OptionError
from recstore.paths import typed
from recstore.store.digest import render_query
from recstore.text import read_text

_PACKAGE = "recstore.queries"
_HEADING = re.compile(r"-- (\w+): (.+)")
_FOR = re.compile(r"^-- for: (.+)$", re.M)
_ANY, _WITH_INTERACTIONS = "any", "any with interactions"
_MEANING = {_ANY: "a catalogue", _WITH_INTERACTIONS: "a catalogue with interactions"}
#: Which catalogue a query asks where nobody says: it was the only one for long.
_FIRST = "movies"
#: Queries whose text follows from all that a store holds.
_MADE = {"content_digest": render_query}
_PARAMETER = re.compile(r"-- \$(\w+) (.+?) = (.+) -- (.+)")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a saved query: its SQL `type`, its `default` as SQL, and what it means, in words."""

    name: str
    type: str
    default: str
    about: str


@dataclass(frozen=True)
class SavedQuery:
    """A saved query.

    `answers` is the sentence that its header says of it, `text` its SQL, header included, which runs in any DuckDB
    session on the store. `catalog` names the catalogue that it asks; "" for a query of the whole store.
    """

    name: str
    answers: str
    parameters: tuple[Parameter, ...]
    text: str
    catalog: str = ""


def parse(text: str, name: str, catalog: str = "") -> SavedQuery:
    """Read the header of a saved query; without one, the query goes by `name` and takes no parameters."""
    lines = text.splitlines()
    heading = _HEADING.fullmatch(lines[0]) if lines else None
    found = (_PARAMETER.fullmatch(line) for line in lines)
    return SavedQuery(
        heading[1] if heading else name,
        heading[2] if heading else "",
        tuple(Parameter(*match.groups()) for match in found if match),
        text,
        catalog,
    )


def saved_queries(catalogs: Sequence[Catalog] | None = None, catalog: str | None = None) -> list[SavedQuery]:
    """Return the saved queries that come with recstore, by name, written for what a store holds.

    `catalogs` are those of a store (`recstore.catalogs_of`), and queries that none of them can answer are left out;
    without them, it is the catalogues that are installed. `catalog` names the one to write them for.
    """
    there = to_be_stored(()) if catalogs is None else tuple(catalogs)
    if catalog is not None:
        catalog_named(catalog, there)
    texts = {name: sql.read(_PACKAGE, name) for name in sql.names(_PACKAGE)}
    chosen = [(name, text, _askable(text, there, catalog)) for name, text in texts.items()]
    return [_written(text, name, there, able) for name, text, able in chosen if able or not _wanted(text)]


def find_query(name: str, catalogs: Sequence[Catalog] | None = None, catalog: str | None = None) -> SavedQuery:
    """Return the saved query called `name`, or the one in the file `name` if that ends in .sql.

    `catalogs` are those of the store that is to be asked (`recstore.catalogs_of`), the installed ones if left out, and
    `catalog` names one of them. Without it, a query that any catalogue can answer asks the one named movies, or else
    the first that can. Raises `OptionError` where there is no such query or no catalogue that can answer it, or where
    the file is not UTF-8, and `SourceError` where it cannot be read.
    """
    there = to_be_stored(()) if catalogs is None else tuple(catalogs)
    if name.endswith(".sql"):
        text, name = read_text(typed(name)), Path(name).stem
    elif name in sql.names(_PACKAGE):
        text = sql.read(_PACKAGE, name)
    else:
        known = sql.names(_PACKAGE)
        near = get_close_matches(name, known, n=3)
        hint = f" Did you mean: {', '.join(near)}?" if near else f" There is: {', '.join(known)}."
        raise OptionError(f"There is no saved query {name!r}.{hint}")
    wanted = _wanted(text)
    if catalog is not None:
        catalog_named(catalog, there)
        if not wanted:
            raise OptionError(f"The query {name} is of the whole store: leave the catalogue out.")
    able = _askable(text, there, catalog)
    if wanted and not able:
        whom = f"{catalog} is not that" if catalog else "the store has none"
        raise OptionError(f"The query {name} is for {_MEANING.get(wanted, f'the catalogue {wanted}')}, and {whom}.")
    return _written(text, name, there, able)


def _wanted(text: str) -> str:
    found = _FOR.search(text)
    return found[1] if found else ""


def _askable(text: str, catalogs: Sequence[Catalog], asked: str | None) -> Catalog | None:
    """Return the catalogue that a query is asked of; None where none can answer it, or it is of the whole store."""
    wanted = _wanted(text)
    able = [
        one
        for one in catalogs
        if (wanted in (_ANY, one.name) or (wanted == _WITH_INTERACTIONS and one.interactions and one.weights))
        and asked in (None, one.name)
    ]
    return min(able, key=lambda one: one.name != _FIRST, default=None)


def _written(text: str, name: str, catalogs: Sequence[Catalog], catalog: Catalog | None) -> SavedQuery:
    """Return a query with the names of its catalogue filled in."""
    if name in _MADE:
        return parse(_MADE[name](tuple(catalogs)), name)
    return parse(filled(text, catalog) if catalog else text, name, catalog.name if catalog else "")


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
