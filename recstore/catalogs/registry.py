"""Which catalogues are installed, found by entry point, ours the same way as a stranger's, and which a store has."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.model import CatalogModel
from recstore.errors import OptionError, StoreError
from recstore.options import CATALOGS, KINDS
from recstore.plugins import plugins

_NAMED = 5
_LEFT_OUT = (
    "Left out of this store: {names}. What it says of them is not what their declaration leads to here. If another "
    "version of recstore wrote it and you trust it, recstore rebuild describes them anew."
)


@cache
def installed() -> dict[str, CatalogModel]:
    """Return the class of each installed catalogue, made, by the catalogue's name and in the order of names.

    What makes a class is light: it imports what computes when it computes.
    """
    return {name: entry.load()() for name, entry in plugins(CATALOGS).items()}


def refuse_shipped(name: str) -> None:
    """Raise an `OptionError` where a catalogue of this name is installed: one of the user's own is called otherwise."""
    if name in installed():
        raise OptionError(f"There is a catalogue {name} already, which recstore ships. Choose another name.")


@cache
def kinds() -> dict[str, type[CatalogModel]]:
    """Return the classes that compute any catalogue of a kind, made from its value, by the name of the kind."""
    return {name: entry.load() for name, entry in plugins(KINDS).items()}


def model_of(catalog: Catalog) -> CatalogModel:
    """Return what computes a catalogue; an `OptionError` where its package is not installed."""
    if catalog.kind in kinds():
        made: CatalogModel = kinds()[catalog.kind](catalog)  # type: ignore[call-arg]
        return made
    found = installed().get(catalog.name)
    if found is None or catalog.kind:
        raise OptionError(
            f"The catalogue {catalog.name} cannot be computed here: the package that brings it is not installed. "
            "Install it beside recstore and try again."
        )
    return found


def catalog_named(name: str, catalogs: Sequence[Catalog]) -> Catalog:
    """Return the catalogue of that name among some; an `OptionError` that lists them where there is none."""
    for catalog in catalogs:
        if catalog.name == name:
            return catalog
    listed = ", ".join(catalog.name for catalog in catalogs) or "none"
    raise OptionError(f"There is no catalogue {name!r}; there are: {listed}.")


def stored_catalogs(
    connection: duckdb.DuckDBPyConnection, database: str, *, trusted: bool = True
) -> tuple[Catalog, ...]:
    """Return the catalogues of an attached store, in the order of their names, as the store describes them.

    A store of format 1, which does not say, has those of the installed ones whose items it holds. What a store says
    becomes SQL: where it is not `trusted`, its catalogues are those that are installed under the same names, and those
    that the class of their kind vouches for; what is left out is warned of. One that is not installed has no `schema`,
    so it lacks the functions and checks that it alone has. Raises `StoreError` for a description that cannot be read.
    """
    described = _described(connection, database)
    if described is None:
        return tuple(
            model.catalog for model in installed().values() if (model.catalog.items,) in _tables(connection, database)
        )
    known = {name: model.catalog for name, model in installed().items()}
    if not trusted:
        vouched = {name: one for name, text in described for one in _vouched(name, text, known)}
        _warn([name for name, _text in described if name not in vouched])
        return tuple(vouched.values())
    found = [Catalog.as_recorded(text) for _name, text in described]
    # No package is imported because a file names it.
    return tuple(replace(one, schema=known[one.name].schema if one.name in known else "") for one in found)


def left_out(connection: duckdb.DuckDBPyConnection, database: str, catalogs: Sequence[Catalog]) -> list[str]:
    """Return the names of the catalogues that an attached store describes and that are not among `catalogs`."""
    known = {one.name for one in catalogs}
    return [name for name, _text in _described(connection, database) or () if name not in known]


def _described(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, str]] | None:
    """Return the names and descriptions of the catalogues of a store, in order; None of one of format 1."""
    if ("catalogs",) not in _tables(connection, database):
        return None
    query = f"SELECT catalog, declaration FROM {sql.identifier(database)}.main.catalogs ORDER BY catalog ASC"
    return connection.execute(query).fetchall()


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str]]:
    return connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = 'main'", [database]
    ).fetchall()


def _warn(names: Sequence[object]) -> None:
    """Warn that these catalogues are left out, once a process."""
    if names:
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        warnings.warn(_LEFT_OUT.format(names=", ".join(map(str, names[:_NAMED])) + more), stacklevel=1)


def _vouched(name: str, text: str, known: dict[str, Catalog]) -> Iterator[Catalog]:
    """Yield the catalogue that a stranger's store describes, where what is installed knows it or vouches for it."""
    if name in known:
        yield known[name]
        return
    try:
        catalog = Catalog.as_recorded(text)
    except StoreError:
        return
    if catalog.name == name and catalog.kind in kinds() and kinds()[catalog.kind].vouches(catalog):
        yield catalog


def to_be_stored(old: Sequence[Catalog], loaded: Sequence[Catalog] = ()) -> tuple[Catalog, ...]:
    """Return the catalogues of a new store, by name: of the old one, those loaded, and those of every store of ours.

    Each is described as it is installed now, or as it was loaded. Raises `OptionError` for one that is not installed.
    """
    found = {catalog.name: model_of(catalog).catalog for catalog in old}
    found |= {catalog.name: catalog for catalog in loaded}
    if not found or not all(catalog.kind for catalog in found.values()):
        # A store of its user's own catalogues alone has nothing besides.
        found |= {name: model.catalog for name, model in installed().items() if model.always and name not in found}
    return tuple(found[name] for name in sorted(found))
