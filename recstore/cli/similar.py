"""`recstore similar`: the items most like one item."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from recstore import connect, sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.registry import catalog_named, stored_catalogs
from recstore.cli.formats import Format
from recstore.cli.output import write_result
from recstore.connection.sessions import STORE
from recstore.errors import OptionError, RecstoreError

_SQL = "recstore.cli.sql"


def print_similar(
    store: Path,
    catalog_name: str,
    item: str,
    k: int,
    space: str | None,
    form: Format,
    output: Path | None,
    untrusted: bool,
) -> None:
    """Print the neighbours of one item; say what is near by name where there is no such item."""
    with connect(store, untrusted=untrusted) as connection:
        catalog = catalog_named(catalog_name, stored_catalogs(connection, STORE, trusted=not untrusted))
        call = "$item, k := $k" + (", space := $space" if space is not None else "")
        values: dict[str, object] = {"item": item, "k": k} | ({"space": space} if space is not None else {})
        try:
            found = connection.execute(f"SELECT count(*) FROM similar_{catalog.name}({call})", values).fetchall()
        except duckdb.InvalidInputException as error:
            raise OptionError(str(error).removeprefix("Invalid Input Error: ")) from error
        if found == [(0,)]:
            raise RecstoreError(_why_nothing(connection, catalog, store, item, space))
        write_result(connection, f"FROM similar_{catalog.name}({call})", form, output, values)


def _why_nothing(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, store: Path, item: str, space: str | None
) -> str:
    """Say why an item has no neighbours: it is not there, or it has no vector."""
    names = {"key": catalog.key, "name": catalog.title, "items": catalog.items, "vectors": catalog.vectors}
    there = connection.execute(sql.render(_SQL, "spaces_of_item", **names), [item]).fetchall()
    if there:
        where = f"in space {space}" if space is not None else "in any space"
        others = f"; it has one in {', '.join(there[0][1])}" if there[0][1] else ""
        return f"{item.strip()} has no vector {where}{others}, so nothing can be compared with it there."
    near = _near_names(connection, catalog, item)
    hint = f" Did you mean: {'; '.join(near)}?" if near else ""
    return f"There is no {catalog.item} {item!r} in {store}.{hint}"


def _near_names(connection: duckdb.DuckDBPyConnection, catalog: Catalog, item: str) -> list[str]:
    """Return up to three names that share the words of `item`, or else are spelt like it."""
    find = f"SELECT {catalog.title} FROM find_{catalog.name}(?, k := 3)"
    # A year alone says nothing: half the catalogue shares it.
    named = re.sub(r"\s*\(\d{4}\)\s*$", "", item)
    rows = connection.execute(find, [named]).fetchall() and connection.execute(find, [item]).fetchall()
    spelt_like = sql.render(_SQL, "names_spelt_like", name=catalog.title, items=catalog.items)
    rows = rows or connection.execute(spelt_like, [named]).fetchall()
    return [name for (name,) in rows]
