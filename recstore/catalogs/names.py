"""All names that the catalogues of one store make, checked together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.render import function_kinds, function_names
from recstore.errors import OptionError

#: What DuckDB calls databases and schemas of its own: a table of such a name is not found by it.
_DATABASES = frozenset({"main", "temp", "system", "memory", "information_schema", "pg_catalog"})


def refuse_names(
    connection: duckdb.DuckDBPyConnection, catalogs: Sequence[Catalog], stored: Sequence[Catalog], old: str | None
) -> None:
    """Refuse catalogues whose tables, views or functions would have one name, or one that is taken: an `OptionError`.

    It is taken by SQL, by every store, or in the database `old`, which has the catalogues `stored`, by its user.
    """
    if old is not None:
        _refuse_taken(connection, old, stored, catalogs)
    owners = dict.fromkeys((*sql.names("recstore.schema.tables"), "store_health"), "every store")
    for catalog in catalogs:
        if catalog.kind and (catalog.name in _DATABASES or _is_keyword(connection, catalog.name)):
            raise OptionError(
                f"{catalog.name!r} cannot be the name of a catalogue: it is a word of SQL. Take another, such as "
                f"my_{catalog.name}."
            )
        for name in _made_by(catalog):
            owner = owners.setdefault(name, f"the catalogue {catalog.name}")
            if owner != f"the catalogue {catalog.name}":
                raise OptionError(
                    f"The catalogue {catalog.name} would make {name}, which {owner} has already. Give it another name, "
                    f"such as my_{catalog.name}."
                )


def _refuse_taken(
    connection: duckdb.DuckDBPyConnection, database: str, stored: Iterable[Catalog], catalogs: Iterable[Catalog]
) -> None:
    """Refuse a new catalogue where the old store has a table or view of its user's under a name that it would make."""
    query = sql.read("recstore.store.sql", "names_taken")
    there = {name.lower() for (name,) in connection.execute(query, {"old": database}).fetchall()}
    known = {catalog.name for catalog in stored}
    for catalog in catalogs:
        for name in _made_by(catalog):
            if catalog.kind and catalog.name not in known and name in there:
                raise OptionError(
                    f"The catalogue {catalog.name} would make {name}, which the store has already: it is yours. Rename "
                    f"it, or give the catalogue another name, such as my_{catalog.name}."
                )


def _made_by(catalog: Catalog) -> Iterator[str]:
    yield from catalog.tables
    yield f"similar_{catalog.name}_view"
    for kind in function_kinds(catalog):
        yield from function_names(kind, catalog)
    for function in catalog.functions:
        yield from function.names


def _is_keyword(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    query = "SELECT 1 FROM duckdb_keywords() WHERE keyword_name = ? AND keyword_category <> 'unreserved'"
    return bool(connection.execute(query, [name]).fetchall())
