"""What a store says of its items by name: what a shell completes, and why an item has nothing that is like it."""

from __future__ import annotations

import os
import re

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.meant import typed_text
from recstore.catalogs.registry import catalog_named, stored_catalogs
from recstore.connection.sessions import STORE, connect
from recstore.store.damage import told_when_damaged

_SQL = "recstore.reports.sql"
_MOST = 50


def catalogs_of(connection: duckdb.DuckDBPyConnection, *, untrusted: bool = False) -> tuple[Catalog, ...]:
    """Return the catalogues of the store that a connection of `connect` shows, by name.

    With `untrusted`, as in `connect`, only catalogues that are installed are returned, as they are installed, and
    declared ones whose description is what their declaration leads to.
    """
    return stored_catalogs(connection, STORE, trusted=not untrusted)


def catalog_of(connection: duckdb.DuckDBPyConnection, name: str, *, untrusted: bool = False) -> Catalog:
    """Return the catalogue called `name`, as `catalogs_of` gives it. Raises `OptionError` where there is none."""
    return catalog_named(name, catalogs_of(connection, untrusted=untrusted))


def catalog_names(path: str | os.PathLike[str], *, untrusted: bool = False) -> list[str]:
    """Return the names of the catalogues of the store at `path`. Raises `StoreError`."""
    with told_when_damaged(path, untrusted=untrusted), connect(path, untrusted=untrusted) as connection:
        return [one.name for one in catalogs_of(connection, untrusted=untrusted)]


def item_names(path: str | os.PathLike[str], catalog: str, beginning: str, *, untrusted: bool = False) -> list[str]:
    """Return up to 50 names of items that begin with `beginning`, those that are preferred, such as popular, first.

    Raises `StoreError`, and `OptionError` where the store has no such catalogue.
    """
    with told_when_damaged(path, untrusted=untrusted), connect(path, untrusted=untrusted) as connection:
        found = catalog_of(connection, catalog, untrusted=untrusted)
        query = sql.render(_SQL, "item_names", **_named(found))
        return [name for (name,) in connection.execute(query, {"beginning": beginning, "most": _MOST}).fetchall()]


def space_names(path: str | os.PathLike[str], catalog: str, *, untrusted: bool = False) -> list[str]:
    """Return the spaces of a catalogue in which items have vectors, the default first. Raises `StoreError`."""
    query = "SELECT space FROM spaces WHERE catalog = ? AND kind = 'vectors' ORDER BY is_default DESC, space ASC"
    with told_when_damaged(path, untrusted=untrusted), connect(path, untrusted=untrusted) as connection:
        return [space for (space,) in connection.execute(query, [catalog]).fetchall()]


def why_nothing_is_similar(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, item: str, space: str | None = None
) -> str:
    """Say in a sentence why an item has no neighbours: there is no such item, or it has no vector.

    Where there is no such item, the sentence lists names that are spelt alike. `connection` is one of `connect`, and
    `space` the one that was asked, if one was named.
    """
    there = connection.execute(
        sql.render(_SQL, "spaces_of_item", **_named(catalog), meant=meant_items(catalog)), {"item": item}
    ).fetchall()
    if there:
        where = f"in space {space}" if space is not None else "in any space"
        others = f"; it has one in {', '.join(there[0][1])}" if there[0][1] else ""
        return f"{item.strip()} has no vector {where}{others}, so nothing can be compared with it there."
    near = _near_names(connection, catalog, item)
    hint = f" Did you mean: {'; '.join(near)}?" if near else ""
    return f"There is no {catalog.item} {item!r} in the store.{hint}"


def meant_items(catalog: Catalog) -> str:
    """Return the SQL of which item each text of a relation `asked` (text, place) means: text, place, and the key `id`.

    It is the rule of `recstore.catalogs.meant`, by which the functions go.
    """
    if catalog.identity:
        names = {
            "identity": sql.identifier(catalog.identity),
            "as_identity": typed_text("a.text", catalog.identity_type),
        }
        return sql.render(_SQL, "meant_by_identity", **_named(catalog), **names)
    return sql.render(_SQL, "meant_by_key", **_named(catalog), as_key=typed_text("trim(a.text)", "INTEGER"))


def _near_names(connection: duckdb.DuckDBPyConnection, catalog: Catalog, item: str) -> list[str]:
    """Return up to three names that share the words of `item`, or else are spelt like it."""
    find = f"SELECT {catalog.named(catalog.title)} FROM find_{catalog.name}(?, k := 3)"
    # A year alone says nothing: half the catalogue shares it.
    named = re.sub(r"\s*\(\d{4}\)\s*$", "", item)
    rows = connection.execute(find, [named]).fetchall() and connection.execute(find, [item]).fetchall()
    rows = rows or connection.execute(sql.render(_SQL, "spelt_like", **_named(catalog)), {"name": named}).fetchall()
    return [name for (name,) in rows]


def _named(catalog: Catalog) -> dict[str, str]:
    return {
        "key": catalog.key,
        "name": catalog.named(catalog.title),
        "items": catalog.items,
        "vectors": catalog.vectors,
        "preferred": f"{catalog.preference} {'DESC' if catalog.preference_descends else 'ASC'} NULLS LAST",
    }
