"""The SQL of what the page asks: the calls that it shows, to be copied, and that it runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.errors import OptionError
from recstore.explore.address import Address
from recstore.explore.answers import said
from recstore.opening import open_connection

_WHOLE = re.compile(r"-?\d{1,18}")
_WHOLE_TYPES = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"})


def check_expression(text: str, what: str) -> None:
    """Raise an `OptionError` where `text` is not one expression of SQL, such as what closes a bracket and goes on."""
    try:
        # In the place of a condition no comma can follow it, and in that of an argument no THEN.
        with open_connection() as connection:
            statements = connection.extract_statements(f"SELECT CASE WHEN (\n{text}\n) THEN 1 END")
    except duckdb.Error as error:
        raise OptionError(f"{what}: {said(error)}") from error
    if len(statements) != 1 or not text.strip():
        raise OptionError(f"{what}: it is one expression over the items' columns.")


def item_literal(catalog: Catalog, item: str) -> str:
    """Return an item's id as SQL: a number where ids are numbers, otherwise text."""
    kind = catalog.identity_type if catalog.identity else "INTEGER"
    return item if kind in _WHOLE_TYPES and _WHOLE.fullmatch(item) else sql.literal(item)


def user_literal(catalog: Catalog, user: str) -> str:
    """Return a person's id as SQL."""
    kind = catalog.interactions.user_type if catalog.interactions else ""
    return user if kind in _WHOLE_TYPES and _WHOLE.fullmatch(user) else sql.literal(user)


def similar(catalog: Catalog, address: Address, space: str) -> str:
    """Return the call that answers what is like an item in a space."""
    first = item_literal(catalog, address.item)
    return _call(f"similar_{catalog.name}", first, catalog, address, [f"space := {sql.literal(space)}"])


def following(catalog: Catalog, address: Address) -> str:
    """Return the call that answers what follows for a person, or on a basket.

    Where nobody chose anything, so that nothing can follow, it is what is like the basket.
    """
    if address.user and not (address.liked or address.disliked):
        first = user_literal(catalog, address.user)
        return _call(f"recommend_{catalog.name}", first, catalog, address, [])
    liked, disliked = (_listed(catalog, items) for items in (address.liked, address.disliked))
    against = [f"disliked := {disliked}"] if address.disliked else []
    function = f"recommend_{catalog.name}_for" if catalog.weights else f"similar_{catalog.name}"
    return _call(function, liked, catalog, address, against)


def _listed(catalog: Catalog, items: Iterable[str]) -> str:
    return f"[{', '.join(item_literal(catalog, item) for item in items)}]"


def _call(function: str, first: str, catalog: Catalog, address: Address, arguments: list[str]) -> str:
    given = [first, f"k := {address.k}", *arguments]
    if address.exclude:
        given.append(f"exclude := {_listed(catalog, address.exclude)}")
    if address.diversity:
        given.append(f"diversity := {address.diversity:g}")
    if address.popularity and catalog.interactions:
        given.append(f"popularity := {address.popularity:g}")
    for name, text in (("filter", address.filter), ("boost", address.boost)):
        if text.strip():
            check_expression(text, name)
            # A comment would swallow the bracket behind it.
            end = "\n" if "--" in text or "\n" in text else ""
            given.append(f"{name} := ({text.strip()}{end})")
    return f"{function}({', '.join(given)})"


def rows_of(catalog: Catalog, call: str, more: Iterable[str] = ()) -> str:
    """Return the query of the rows that a list shows: rank, id, title, about, score, and `more` columns."""
    columns = [
        "rank",
        f"{id_of(catalog)} AS id",
        f"{title_of(catalog)} AS title",
        f"{about_of(catalog)} AS about",
        "format('{:.3f}', score) AS score",
        *more,
    ]
    return f"SELECT {', '.join(columns)} FROM {call} ORDER BY rank ASC"


def first_items(catalog: Catalog) -> str:
    """Return the query of the items that are preferred, such as popular ones: id, title, about; the first `$most`."""
    order = f"{catalog.preference} {'DESC' if catalog.preference_descends else 'ASC'} NULLS LAST, {catalog.key} ASC"
    named = f"{id_of(catalog)} AS id, {title_of(catalog)} AS title, {about_of(catalog)} AS about"
    return f"SELECT {named} FROM {sql.identifier(catalog.items)} ORDER BY {order} LIMIT $most"


def id_of(catalog: Catalog) -> str:
    """Return an item's id as text, as SQL over its row."""
    return f"CAST({catalog.shown_key} AS VARCHAR)"


def title_of(catalog: Catalog) -> str:
    """Return what an item is called, as SQL over its row; its id where it has no name."""
    name = f"nullif(trim(CAST({catalog.named(catalog.title)} AS VARCHAR)), '')"
    return f"coalesce({name}, {id_of(catalog)})"


def about_of(catalog: Catalog) -> str:
    """Return what stands small below a title, as SQL: the first categories of the item."""
    kinds = {one.name: one.type for one in catalog.columns}
    declared = json.loads(catalog.declaration).get("categories", []) if catalog.declaration else []
    named = [one for one in declared if one in kinds] or [name for name, kind in kinds.items() if kind == "VARCHAR[]"]
    parts = [
        f"array_to_string({catalog.named(name)}[1:4], ', ')" if kinds[name].endswith("[]") else catalog.named(name)
        for name in named[:2]
    ]
    return f"concat_ws(' · ', {', '.join(parts)})" if parts else "''"
