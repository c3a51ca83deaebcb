"""Which catalogues are installed, found by entry point, ours the same way as a stranger's, and which a store has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.model import CatalogModel
from recstore.errors import OptionError
from recstore.options import CATALOGS


@cache
def installed() -> dict[str, CatalogModel]:
    """Return the class of each installed catalogue, made, by the catalogue's name and in the order of names.

    What makes a class is light: it imports what computes when it computes.
    """
    from importlib.metadata import entry_points

    entries = sorted(entry_points(group=CATALOGS), key=lambda entry: entry.name)
    return {entry.name: entry.load()() for entry in entries}


def model_of(name: str) -> CatalogModel:
    """Return what computes a catalogue; an `OptionError` where its package is not installed."""
    found = installed().get(name)
    if found is None:
        raise OptionError(
            f"The catalogue {name} cannot be computed here: the package that brought it is not installed."
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
    becomes SQL: where it is not `trusted`, its catalogues are those that are installed under the same names. Raises
    `StoreError` for a description that cannot be read.
    """
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = 'main'", [database]
    ).fetchall()
    if ("catalogs",) not in tables:
        return tuple(model.catalog for model in installed().values() if (model.catalog.items,) in tables)
    query = f"SELECT catalog, declaration FROM {sql.identifier(database)}.main.catalogs ORDER BY catalog ASC"
    rows = connection.execute(query).fetchall()
    if trusted:
        return tuple(Catalog.as_recorded(text) for _name, text in rows)
    return tuple(installed()[name].catalog for name, _text in rows if name in installed())


def to_be_stored(old: Sequence[Catalog], loaded: Sequence[str] = ()) -> tuple[Catalog, ...]:
    """Return the catalogues of a new store, by name: those of the old one, those loaded, and those of every store.

    Where a catalogue is installed it is described as it is installed, else as the old store described it.
    """
    found = {catalog.name: catalog for catalog in old}
    found |= {
        name: model.catalog for name, model in installed().items() if name in found or name in loaded or model.always
    }
    return tuple(catalog for _name, catalog in sorted(found.items()))
