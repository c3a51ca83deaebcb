"""The face: an in-memory database with the functions of a store bound to it, so that they need no `store :=`.

The store itself is attached read-only beside it. Since the face's functions name the store's tables in full, they
work wherever the caller is, and a caller's own tables shadow nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from recstore import functions, sql
from recstore.errors import OptionError, StoreError
from recstore.store import attach_store

#: The store is attached under the face's alias with this ending.
STORE_SUFFIX = "_store"
_CONNECT_ALIAS = "rec"


def connect(path: str | os.PathLike[str]) -> duckdb.DuckDBPyConnection:
    """Open the store at `path` and return a DuckDB connection in which `FROM similar_movies(1)` answers.

    The connection's own database is in memory: tables made in it go with it. The store is read-only and attached as
    `rec_store`. A store published later is seen by the next `connect`, not by this connection. Raises `StoreError`.
    """
    connection = duckdb.connect()
    try:
        database = _CONNECT_ALIAS + STORE_SUFFIX
        attach_store(connection, Path(path), database)
        connection.execute(_face_sql(connection, database, "memory"))
    except BaseException:
        connection.close()
        raise
    return connection


def attach(connection: duckdb.DuckDBPyConnection, path: str | os.PathLike[str], alias: str = "rec") -> None:
    """Bring the store at `path` into a connection that the caller already has: `FROM rec.similar_movies(1)`.

    The face goes by `alias` and the store by `alias` + `_store`; both are replaced if they were attached before, so
    that a newly published store is seen. Raises `StoreError`, and `OptionError` where the alias is taken by another
    database.
    """
    if not alias:
        raise OptionError("The alias must not be empty.")
    database = alias + STORE_SUFFIX
    attached = {name for (name,) in connection.execute("SELECT database_name FROM duckdb_databases()").fetchall()}
    taken = attached & {alias, database}
    if taken and taken != {alias, database}:
        raise OptionError(f"A database called {taken.pop()} is attached already; pass another alias.")
    if taken:
        if connection.execute("SELECT current_database()").fetchall() == [(alias,)]:
            raise OptionError(f"{alias} is in use; leave it with USE memory, or pass another alias.")
        _detach(connection, alias, database)
    attach_store(connection, Path(path), database)
    try:
        connection.execute(f"ATTACH ':memory:' AS {sql.identifier(alias)}")
        connection.execute(_face_sql(connection, database, alias))
    except BaseException:
        _detach(connection, alias, database)
        raise


def attach_script(path: str | os.PathLike[str], alias: str = "rec") -> str:
    """Return what `attach` does as a SQL script, for `.read` in any DuckDB shell or for any other client."""
    database = alias + STORE_SUFFIX
    with duckdb.connect() as connection:
        attach_store(connection, Path(path), database)
        face = _face_sql(connection, database, alias)
    store = sql.literal(str(Path(path).resolve()))
    return (
        f"-- Brings a store into any DuckDB session; then ask: FROM {sql.identifier(alias)}.similar_movies(1)\n"
        f"ATTACH {store} AS {sql.identifier(database)} (READ_ONLY);\n"
        f"ATTACH ':memory:' AS {sql.identifier(alias)};\n"
        f"{face}"
    )


def _face_sql(connection: duckdb.DuckDBPyConnection, database: str, alias: str) -> str:
    """Return the SQL of a face: a view for each table and view of the store, then every function."""
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = $database AND schema_name = 'main' "
        "UNION ALL SELECT view_name FROM duckdb_views() "
        "WHERE database_name = $database AND schema_name = 'main' AND NOT internal ORDER BY ALL",
        {"database": database},
    ).fetchall()
    target = f"{sql.identifier(alias)}.main."
    relation = functions.attached_relation(database)
    views = [f"CREATE VIEW {target}{sql.identifier(name)} AS FROM {relation(name)};\n" for (name,) in rows]
    return "".join(views) + functions.render_functions(relation, target)


def _detach(connection: duckdb.DuckDBPyConnection, *databases: str) -> None:
    for database in databases:
        try:
            connection.execute(f"DETACH DATABASE IF EXISTS {sql.identifier(database)}")
        except duckdb.Error as error:
            raise StoreError(f"{database} cannot be detached: {str(error).splitlines()[0]}") from error
