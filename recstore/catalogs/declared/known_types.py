"""Rows that are added to columns that a store has: each value fits the type that the column has there, or is told."""

from __future__ import annotations

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.errors import SourceError
from recstore.progress import Progress
from recstore.sources.relations import Relation

_SQL = "recstore.catalogs.declared.sql"
_FLOATING = ("DOUBLE", "FLOAT")
_EXACT = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


def refuse_changed_values(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    catalog: Catalog,
    others: frozenset[str],
    progress: Progress,
) -> None:
    """Raise a `SourceError` for a column whose values the type in the store would change, such as 2.5 to 3, or refuse.

    So it does where a column is missing; one that the store has not is told. `others` are the columns that are made in
    another way.
    """
    there = {column.name: column.type for column in catalog.columns if column.name not in others}
    columns = {name.lower(): kind for name, kind in relation.columns.items()}
    if missing := [name for name in there if name.lower() not in columns]:
        raise SourceError(
            f"{relation.name} has no column {missing[0]!r}, which {catalog.name} has; give it one, empty where it is "
            f"not known, or build {catalog.name} anew."
        )
    known = {name.lower() for name in (*there, *others)}
    if surplus := [name for name in relation.columns if name.lower() not in known]:
        progress.notice(
            f"{relation.name} has columns that {catalog.name} has not, which are left out: {', '.join(surplus[:5])}. "
            f"Build {catalog.name} anew to have them."
        )
    for name, kind in there.items():
        given = columns[name.lower()]
        if given == kind or kind in ("VARCHAR", "JSON"):
            continue
        column = sql.identifier(name)
        names = {
            "column": column,
            "source": relation.text,
            "is_nothing": f"trim({column}) = ''" if given == "VARCHAR" else "false",
            "changed": _changed(column, given, kind),
        }
        query = sql.render(_SQL, "changed_by_type", **names)
        count, example, line = connection.execute(query).fetchall()[0]
        if count:
            raise SourceError(
                f"{name} of {relation.name} is no {kind}, as the store has it, in {count:,} of its rows, such as "
                f"{example[:100]!r} (line {line}). Mend them, or build {catalog.name} anew from all of its items."
            )


def _changed(column: str, given: str, kind: str) -> str:
    fits = f"TRY_CAST({column} AS {kind})"
    changed = f"{fits} IS NULL"
    if given == "VARCHAR" and (kind in _EXACT or kind.startswith("DECIMAL")):
        changed += f" OR CAST({fits} AS DOUBLE) IS DISTINCT FROM TRY_CAST({column} AS DOUBLE)"
    elif given != "VARCHAR" and kind not in _FLOATING:
        changed += f" OR TRY_CAST({fits} AS {given}) IS DISTINCT FROM {column}"
    return f"({changed})"
