"""Merges the rows of a file into a table of a store, by one rule, from what the catalogue's value says of the table.

Where the table has a key, a row that is there is replaced by an added one of its key, unless it is later: by the time
of the catalogue's interactions, if the table is theirs. Of equally late rows the added one stays, and of several that
are added with one key the latest, then the last. Where the table has no key, a row that is there already, or that comes
twice, is passed over. So a file may be added again, and files in any order of time.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.sources.loader import FileReport
from recstore.store.publish import OLD
from recstore.store.staged import Staged

_SQL = "recstore.pipeline.sql"


def merge_rows(staged: Staged, catalog: Catalog, table: str, found: FileReport) -> FileReport:
    """Merge the rows that a loader put into `table` with those of the old store, which are brought in.

    Returns the report of the file, `found`, with what became of each row.
    """
    assert staged.user_objects is not None
    connection, quoted = staged.connection, sql.identifier(table)
    columns = _columns(connection, table)
    key = next(one.key for one in catalog.sources if one.name == table) or columns
    history = catalog.interactions
    time = sql.identifier(history.time) if history and history.table == table and history.time in columns else ""
    rest = [column for column in columns if column not in key]
    # Of rows that are equal in all columns it does not matter which counts; the first keeps the order of the file.
    last = f"{time} DESC NULLS LAST, _rs_place DESC" if time else "_rs_place DESC"
    names = {
        "table": quoted,
        "identity": ", ".join(map(sql.identifier, key)),
        "first": last if rest else "_rs_place ASC",
        "same": _each("a.{0} IS NOT DISTINCT FROM r.{0}", key, " AND "),
        "later": f"(r.{time} IS NULL OR a.{time} >= r.{time})" if time else "true",
        "values": _each("{0} = a.{0}", rest, ", "),
        "differs": _each("a.{0} IS DISTINCT FROM r.{0}", rest, " OR "),
    }
    connection.execute(sql.render(_SQL, "set_aside_rows", **names))
    staged.user_objects.add_columns(table)
    connection.execute(f"INSERT INTO {quoted} BY NAME FROM {OLD}.main.{quoted}")
    connection.execute(sql.render(_SQL, "new_rows", **names))
    replaced = _changed(connection, sql.render(_SQL, "replace_rows", **names)) if rest else 0
    rows = _changed(connection, f"INSERT INTO {quoted} BY NAME FROM new_rows")
    connection.execute("DROP TABLE new_rows; DROP TABLE added_rows")
    return replace(found, rows=rows, replaced=replaced, passed=found.passed + found.rows - rows - replaced)


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[str, ...]:
    """Return the names of the columns that a table of the store in the making has."""
    return tuple(name for name, *_ in connection.execute(f"DESCRIBE {sql.identifier(table)}").fetchall())


def _each(form: str, columns: tuple[str, ...] | list[str], between: str) -> str:
    return between.join(form.format(sql.identifier(column)) for column in columns)


def _changed(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    """Run a statement and return how many rows it changed."""
    return int(connection.execute(statement).fetchall()[0][0])
