"""The names of a catalogue that a saved query is written with: `${similar}` for `similar_books`."""

from __future__ import annotations

import re

from recstore import sql
from recstore.catalogs.catalog import Catalog, InteractionTable
from recstore.catalogs.registry import installed
from recstore.catalogs.render import function_name

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def filled(text: str, catalog: Catalog) -> str:
    """Return a saved query with the names of a catalogue in place of its `${placeholders}`."""
    names = names_for_queries(catalog)
    return _PLACEHOLDER.sub(lambda found: names[found[1]], text)


def names_for_queries(catalog: Catalog) -> dict[str, str]:
    """Return what stands in saved queries for one catalogue, as SQL.

    `history` is a relation of `person`, `item` (an `${id}`), `worth` and `moment`: who had to do with what.
    `offered` are the items that may be recommended. `name` is what an answer calls the title: another column than the
    id, even where an id is all that there is.
    """
    is_called_by_id = bool(catalog.identity) and catalog.title == catalog.identity
    counts = catalog.preference if catalog.preference_descends else "CAST(NULL AS BIGINT)"
    names = {
        "catalog": catalog.name,
        "item": catalog.item,
        "items": catalog.items,
        "key": catalog.key,
        "id": catalog.shown_key,
        "title": catalog.named(catalog.title),
        "name": catalog.named("name" if is_called_by_id else catalog.title),
        "neighbors": catalog.neighbors,
        "offered": f"(SELECT * FROM {catalog.items} WHERE coalesce({catalog.available or 'true'}, false))",
        "popularity": counts,
        "popular": "popularity" if catalog.kind or not catalog.preference_descends else counts,
        "least": "min_users" if catalog.kind else "min_ratings",
        "columns": ", ".join(f"{column.over('i')} AS {catalog.named(column.name)}" for column in catalog.columns),
        "preferred": f"{catalog.preference} {'DESC' if catalog.preference_descends else 'ASC'} NULLS LAST",
        "space": catalog.spaces[0] if catalog.spaces else catalog.nearest_space,
        "similar": function_name("similar", catalog),
    }
    names["example"] = _example(catalog, names)
    names["stock"] = sql.literal("(SELECT {id}, {key} % 5 AS on_hand FROM {items})".format(**names))
    if catalog.interactions and catalog.weights:
        names |= _of_history(catalog, catalog.interactions, names)
    return names


def _of_history(catalog: Catalog, history: InteractionTable, names: dict[str, str]) -> dict[str, str]:
    user, time = catalog.named(history.user), catalog.named(history.time) if history.time else ""
    worth = f"h.{catalog.named(history.value)}" if history.value else history.amount_of("h") or "1e0"
    item = catalog.named(history.item) if history.item else catalog.key
    table, moment = history.table, time or "CAST(NULL AS TIMESTAMP)"
    last = f"max({time}) DESC NULLS LAST, {user} ASC" if time else f"count(*) DESC, {user} ASC"
    known = f"WHERE {user} IS NOT NULL GROUP BY {user}"
    found = {
        "user": user,
        "user_type": history.user_type,
        "history": f"(SELECT {user} AS person, {item} AS item, {worth} AS worth, {moment} AS moment FROM {table} AS h)",
        "recommend": function_name("recommend", catalog),
        "recommend_for": function_name("recommend_for", catalog),
        "lacking": f"have_not_{re.sub(r'[^a-z0-9]+', '_', history.verb.lower())}_it",
        "customers": sql.literal(f"(SELECT {user}, 'all' AS segment FROM {table} {known} ORDER BY {last} LIMIT 20)"),
    }
    if not catalog.kind:
        segments = f"(SELECT round({catalog.named(history.value)}) AS segment, {item} AS {catalog.item} FROM {table})"
        rated = {
            "one_user": "1",
            "your_worth": "your_rating",
            "least_worth": "min_rating",
            "liking": "4.0",
            "sale": "0.0",
        }
        return found | rated | {"segments": sql.literal(segments)}
    keenest = f"SELECT {user} FROM {table} {known} ORDER BY count(*) DESC, {user} ASC"
    some = f"(SELECT {user} AS segment, {item} AS item FROM {table} WHERE {user} IN ({keenest} LIMIT 3))"
    return found | {
        "one_user": f"({keenest} LIMIT 1)",
        "your_worth": "worth",
        "least_worth": "min_worth",
        "liking": f"(SELECT avg({worth}) FROM {table} AS h)" if history.value else "1.0",
        "sale": "0.0" if history.value else "1.0",
        "segments": sql.literal(some),
    }


def _example(catalog: Catalog, names: dict[str, str]) -> str:
    """Return an item to ask about where nobody names one: a well-known title, or the most popular item of the store."""
    model = installed().get(catalog.name)
    if model and model.example and not catalog.kind:
        return sql.literal(model.example[0])
    best = "SELECT CAST({id} AS VARCHAR) FROM {items} ORDER BY {preferred}, {key} ASC LIMIT 1"
    return f"({best.format(**names)})"
