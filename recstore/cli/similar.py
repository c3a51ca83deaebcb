"""`recstore similar`: the items most like one item."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from recstore import connect
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.registry import catalog_named, stored_catalogs
from recstore.cli.formats import Format
from recstore.cli.output import write_result
from recstore.connection.sessions import STORE
from recstore.errors import OptionError, RecstoreError

#: Names that are spelt like what was asked for, the year at their end aside.
_SPELT_LIKE = (
    "SELECT {name} FROM (SELECT DISTINCT {name}, jaro_winkler_similarity("
    "regexp_replace(lower({name}), ' \\([0-9]+\\)$', ''), lower(?)) AS likeness FROM {items}) "
    "WHERE likeness > 0.85 ORDER BY likeness DESC, {name} LIMIT 3"
)


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
    there = connection.execute(
        f"SELECT i.{catalog.key}, list(v.space ORDER BY v.space) FILTER (v.space IS NOT NULL) "
        f"FROM {catalog.items} AS i LEFT JOIN {catalog.vectors} AS v USING ({catalog.key}) "
        f"WHERE i.{catalog.title} = trim($item) OR CAST(i.{catalog.key} AS VARCHAR) = trim($item) "
        f"GROUP BY i.{catalog.key} ORDER BY ALL LIMIT 1",
        {"item": item},
    ).fetchall()
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
    rows = rows or connection.execute(_SPELT_LIKE.format(name=catalog.title, items=catalog.items), [named]).fetchall()
    return [name for (name,) in rows]
