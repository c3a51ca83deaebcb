"""Lays properties of items side by side that lie in rows, one below the other: an item, a property, its value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import duckdb

from recstore import sql
from recstore.catalogs.declared.guessing.joining import derived
from recstore.catalogs.declared.guessing.names import bare
from recstore.catalogs.declared.guessing.profiles import Profile, Table
from recstore.catalogs.declared.guessing.queries import from_clause, written
from recstore.catalogs.declared.guessing.words import words_of

_SQL = "recstore.catalogs.declared.guessing.sql"
_PROPERTY = frozenset(
    """property properties prop attribute attributes attr key feature field parameter param eigenschaft merkmal attribut
    propiedad atributo propriete caracteristica caracteristique""".split()  # noqa: SIM905 - a list of words is read more easily so
)
_VALUE = frozenset(("value", "values", "val", "wert", "werte", "valor", "valeur", "valore", "waarde"))
#: So many properties become columns: those with names that say something, else the commonest.
_MOST_NAMED, _MOST_UNNAMED = 40, 12
#: From so many values of one property of one item on, each has a list of them.
_SEVERAL = 1.2


def side_by_side(connection: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> list[Table]:
    """Return the tables; of one that has a row for each property, a query that has a row for each item."""
    return [_side_by_side(connection, table) for table in tables]


def _side_by_side(connection: duckdb.DuckDBPyConnection, table: Table) -> Table:
    columns = list(table.columns.values())
    name = next((one for one in columns if set(words_of(one.name)) & _PROPERTY and _is_property(one)), None)
    value = next((one for one in columns if set(words_of(one.name)) & _VALUE and one is not name), None)
    rest = [one for one in columns if one not in (name, value)]
    item = next((one for one in rest if one.can_be_id and (one.is_key or one.named("item")) and not one.is_time), None)
    if name is None or value is None or item is None or item.variety > 0.9 or len(rest) > 2:
        return table
    at = next((one for one in rest if one is not item and (one.is_time or one.is_day or one.named("at") == 1)), None)
    if len(rest) == 2 and at is None:
        return table
    names = {"property": sql.identifier(name.name), "item": sql.identifier(item.name)}
    query = sql.render(_SQL, "properties", **names, source=table.relation.text)
    found = connection.execute(query).fetchall()
    said = [one for one, _items, _rows in found if re.search(r"[^\W\d_]{2}", one)][:_MOST_NAMED]
    chosen = said or [one for one, _items, _rows in found[:_MOST_UNNAMED]]
    are_several = at is None and sum(row[2] for row in found) > _SEVERAL * sum(row[1] for row in found)
    picked = []
    for one in chosen:
        called = one if one.casefold() != item.name.casefold() else f"{one}_2"
        picked.append(
            f"{_one_of(value, at, are_several)} FILTER ({bare(name.name)} = {sql.literal(one)}) AS {bare(called)}"
        )
    which = "its latest value" if at else "all its values" if are_several else "the value that is there most often"
    notes = [*table.notes, f"{table.title} has a row for each property of an item. Here each is a column of {which}."]
    left = [one for one, _items, _rows in found if one not in chosen]
    if left:
        shown = ", ".join(left[:6]) + (" and others" if len(left) > 6 else "")
        notes.append(f"Left out: {len(left):,} properties whose names say little ({shown}). Add what you want.")
    key = bare(item.name)
    laid = {"key": key, "values": ",\n    ".join(picked)}
    source = written(_SQL, "commonest_of_each", **laid, source=from_clause(table, [name.name, value.name, item.name]))
    laid["values"] = ", ".join([*picked, "min(_rs_line) AS _rs_line"])
    inner = written(_SQL, "commonest_of_each", **laid, source=table.relation.text)
    return derived(connection, replace(table, notes=notes), source, f"({inner})", f"{table.sample}_sides")


def _is_property(column: Profile) -> bool:
    """Tell whether a column says of which property the value beside it is: few short texts that come back."""
    return column.type == "VARCHAR" and column.distinct > 1 and column.variety < 0.2 and column.length < 60


def _one_of(value: Profile, at: Profile | None, are_several: bool) -> str:
    """Return SQL of the value, or values, of a property that an item has."""
    name = bare(value.name)
    if are_several:
        return f"list(DISTINCT {name} ORDER BY {name})"
    return f"mode({name} ORDER BY {name})" if at is None else f"arg_max({name}, {bare(at.name)})"
