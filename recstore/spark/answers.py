"""The table that the functions of a catalogue ask about its items, in Spark."""

from __future__ import annotations

from collections.abc import Callable

from recstore import sql
from recstore.catalogs.catalog import Catalog


def answers_table(catalog: Catalog) -> str:
    """Return the name of the table that the functions of a catalogue ask about its items."""
    return f"recstore_{catalog.name}"


def answers_query(catalog: Catalog, relation: Callable[[str], str]) -> str:
    """Return the query, for DuckDB, for what `answers_table` holds; `relation` names the store's tables."""
    title = f"_rs_item.{catalog.named(catalog.title)}"
    if catalog.preference and catalog.interactions:
        names = {"preference": catalog.preference, "items": relation(catalog.items)}
        share = sql.render("recstore.schema.functions", "share", **names).strip()
    else:
        share = "0e0"
    return sql.render(
        "recstore.spark.sql",
        "answers",
        key=catalog.key,
        name_of_item=f"CAST({title} AS VARCHAR)",
        preferred=f"_rs_item.{catalog.preference} {'DESC' if catalog.preference_descends else 'ASC'} NULLS LAST",
        identity_of_item=f"_rs_item.{sql.identifier(catalog.identity) if catalog.identity else catalog.key}",
        preference=catalog.preference,
        share=share,
        available=f"coalesce({catalog.available}, false)" if catalog.available else "true",
        group=f"coalesce('g' || CAST({catalog.group} AS VARCHAR), CAST({catalog.key} AS VARCHAR))"
        if catalog.group
        else "CAST(NULL AS VARCHAR)",
        searched=catalog.searched.replace("$$", "_rs_item"),
        columns=", ".join(f"{column.over('_rs_item')} AS {sql.identifier(column.name)}" for column in catalog.columns),
        items=relation(catalog.items),
        vectors=relation(catalog.vectors),
    )
