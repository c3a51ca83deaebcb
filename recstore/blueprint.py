"""What recstore itself keeps in a store, read from an empty one: everything else in a file is its user's."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from recstore import functions, sql
from recstore.store import STORAGE_VERSION, open_connection

_CARRY = "recstore.schema.carry"


@dataclass(frozen=True)
class Blueprint:
    """The objects of an empty store, all in its schema `main`.

    `tables` maps each table to its columns in order. `views` and `macros` map each to its definition, as DuckDB prints
    it: a macro by name and kind (`macro` or `table_macro`), to its parameters and body. `constraints` are (table, kind,
    columns).
    """

    tables: dict[str, list[str]]
    views: dict[str, str]
    macros: dict[tuple[str, str], tuple[list[str], str]]
    constraints: frozenset[tuple[str, str, tuple[str, ...]]]


@cache
def blueprint() -> Blueprint:
    """Make an empty store and return what is in it.

    It goes through a file: what DuckDB reads from one, it prints a little differently from what it has just parsed.
    """
    with tempfile.TemporaryDirectory(prefix="recstore-") as folder, open_connection() as connection:
        file = sql.literal(str(Path(folder) / "empty.duckdb"))
        connection.execute(f"ATTACH {file} AS empty (STORAGE_VERSION {sql.literal(STORAGE_VERSION)}); USE empty")
        connection.execute(functions.render_tables())
        connection.execute(f"BEGIN;\n{functions.render_views()}{functions.render_functions()}COMMIT;")
        connection.execute(f"USE memory; DETACH empty; ATTACH {file} AS empty (READ_ONLY)")
        return read_objects(connection, "empty")


def read_objects(connection: duckdb.DuckDBPyConnection, database: str) -> Blueprint:
    """Return the objects in the schema `main` of an attached database."""

    def ask(name: str) -> list[tuple[object, ...]]:
        return connection.execute(sql.read(_CARRY, name), {"database": database}).fetchall()

    return Blueprint(
        {str(table): list(columns) for table, columns in ask("tables")},  # type: ignore[call-overload]
        {str(view): str(text) for view, text in ask("views")},
        {(str(name), str(kind)): (list(names), str(text)) for name, kind, names, text in ask("macros")},  # type: ignore[call-overload]
        frozenset((str(table), str(kind), tuple(columns)) for table, kind, columns in ask("constraints")),  # type: ignore[arg-type]
    )
