"""What a store says of its items by name: what a shell completes, and why an item has nothing that is like it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.meant import typed_text
from recstore.catalogs.registry import catalog_named, model_of, stored_catalogs
from recstore.connection.sessions import STORE, connect
from recstore.errors import OptionError, RecstoreError
from recstore.progress import Progress
from recstore.store.damage import told_when_damaged

_SQL = "recstore.reports.sql"
_MOST = 50
#: Of so many names that mean nothing each is told.
_TOLD = 5
_SPACES = "SELECT space FROM spaces WHERE catalog = ? AND kind = 'vectors' ORDER BY is_default DESC, space ASC"


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
    with told_when_damaged(path, untrusted=untrusted), connect(path, untrusted=untrusted) as connection:
        return [space for (space,) in connection.execute(_SPACES, [catalog]).fetchall()]


def vector_of_file(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    path: str | os.PathLike[str],
    space: str | None = None,
    *,
    weights: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> tuple[str, list[float]]:
    """Return a space of a catalogue, and the vector of a file in it, for the function `nearest_…`.

    Without `space` it is the one that items are compared in by default. `weights` is the folder of what the file is
    embedded with, where that is not to be fetched. `connection` is one of `connect`. Raises `SourceError` where the
    file cannot be read, and `OptionError` where the catalogue cannot be asked with files, or has no such space.
    """
    spaces = [name for (name,) in connection.execute(_SPACES, [catalog.name]).fetchall()]
    if not spaces or (space is not None and space not in spaces):
        wanted = f"no space {space!r}" if space is not None else "no space"
        raise OptionError(f"{catalog.name} has {wanted}; there are: {', '.join(spaces) or 'none'}.")
    chosen = space or spaces[0]
    given = os.fspath(weights) if weights else ""
    model = model_of(catalog)
    return chosen, model.vector_of_file(connection, os.fspath(path), chosen, given, progress or Progress())


def url_of(
    connection: duckdb.DuckDBPyConnection, item: str, catalog: Catalog | None = None, *, untrusted: bool = False
) -> str:
    """Return the address that opens an item: the column `url` of its catalogue.

    Without `catalog` the item is looked for in all catalogues of the store that have such a column. `connection` is one
    of `connect`, and `untrusted` is as there. Raises `OptionError` where there is no such catalogue, `RecstoreError`
    where there is no such item, or it has no address.
    """
    is_there = False
    catalogs = [one for one in ([catalog] if catalog else catalogs_of(connection, untrusted=untrusted)) if _url(one)]
    if not catalogs:
        whose = catalog.name if catalog else "this store"
        raise OptionError(f"The items of {whose} have no column url, which would say where they are.")
    for one in catalogs:
        names = {"url": _url(one), "meant": meant_items(one)}
        rows = connection.execute(sql.render(_SQL, "url_of_item", **_named(one), **names), {"item": item}).fetchall()
        is_there = is_there or bool(rows)
        if rows and rows[0][0] is not None:
            return str(rows[0][0])
    if is_there:
        raise RecstoreError(f"{item.strip()} has no address: its column url is empty.")
    raise RecstoreError(why_nothing_is_similar(connection, catalogs[0], item))


def _url(catalog: Catalog) -> str:
    """Return SQL of an item's address, over the item `i`; "" where it has none."""
    return next((column.over("i") for column in catalog.columns if column.name == "url"), "")


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


def say_unknown_items(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, asked: Sequence[str], progress: Progress
) -> None:
    """Tell of each of `asked` that means no item: beside items that are there, such a one counts for nothing.

    `connection` is one of `connect`.
    """
    query = sql.render(_SQL, "unknown_items", **_named(catalog), meant=meant_items(catalog))
    unknown = [text for (text,) in connection.execute(query, {"asked": list(asked)}).fetchall()]
    for text in unknown[:_TOLD]:
        progress.notice(f"{why_nothing_is_similar(connection, catalog, text)} It is passed over.")
    if len(unknown) > _TOLD:
        progress.notice(f"{len(unknown) - _TOLD:,} more are not in the store, and are passed over.")


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
