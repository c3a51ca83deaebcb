"""Tables and queries of other databases as relations: DuckDB and SQLite files, and whatever SQLAlchemy reaches."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from recstore import sql
from recstore.errors import SourceError, cannot
from recstore.opening import open_connection
from recstore.paths import typed
from recstore.sources.addresses import shown
from recstore.sources.open_databases import OpenDatabases
from recstore.sources.selects import checked_select, copy_query, is_select, isolated
from recstore.sources.since import Since
from recstore.sources.streams import told
from recstore.sources.table_names import name_parts

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SQLITE = b"SQLite format 3\x00"
#: Addresses of files, as SQLAlchemy writes them.
_FILE_ADDRESS = re.compile(r"(?i)(?:duckdb|sqlite(?:\+pysqlite)?):///([^?]*)(?:\?.*)?")


def copy_database(
    connection: duckdb.DuckDBPyConnection,
    databases: OpenDatabases,
    database: str,
    source: str,
    folder: Path,
    table: str,
    since: Since | None,
    whose: str = "",
) -> tuple[str, str, dict[str, str]]:
    """Copy a table or a query of a database to a table of the scratch database.

    `database` is the path of a DuckDB or SQLite file, or the URL of any other; `${NAME}` in it stands for a variable
    of the environment. `whose` says which of several queries this is: " for the items of books". Returns what the
    source is called, without a password; what stands in FROM for it; and the types of its columns. Raises `SourceError`
    where the database cannot be reached, or the query fails.
    """
    address = _with_variables(database)
    is_query = is_select(source)
    kind = f"a query{whose}" if is_query else f"table {source}"
    in_file = _FILE_ADDRESS.fullmatch(address)
    if "://" in address and not in_file:
        from recstore.sources.servers import copy_server

        named = f"{shown(address)}, {kind}"
        return named, *copy_server(connection, databases, address, source, is_query, table, since, named)
    path = folder / typed(in_file[1] if in_file else address)
    named = f"{path.name}, {kind}"
    if _is_sqlite(path):
        from recstore.sources.servers import copy_server

        return named, *copy_server(connection, databases, f"sqlite:///{path}", source, is_query, table, since, named)
    apart = databases.once(str(path), lambda: _attached(connection, path, folder))
    return named, *_copy_duckdb(connection, apart, source, is_query, table, since, named)


def tables_of(database: str, folder: Path) -> list[str]:
    """Return the names of the tables and views of a database, by their letters; a `SourceError` where it is away."""
    address = _with_variables(database)
    in_file = _FILE_ADDRESS.fullmatch(address)
    path = folder / typed(in_file[1] if in_file else address)
    is_server = "://" in address and not in_file
    if is_server or _is_sqlite(path):
        from recstore.sources.servers import table_names

        return sorted(table_names(address if is_server else f"sqlite:///{path}"))
    try:
        with open_connection(str(path), {"access_mode": "read_only"}) as connection:
            rows = connection.execute("SELECT table_name FROM information_schema.tables ORDER BY ALL").fetchall()
    except duckdb.Error as error:
        raise told(str(path), error) from error
    return [name for (name,) in rows]


def _with_variables(database: str) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            raise SourceError(
                f"The address of the database names the environment variable {found[1]}, which is not set; set it."
            )
        return os.environ[found[1]]

    return _VARIABLE.sub(value, database)


def _is_sqlite(path: Path) -> bool:
    """Tell whether a file is SQLite's, or else DuckDB's; a `SourceError` where it is neither."""
    try:
        if not path.is_file():
            raise SourceError(
                f"There is no database {path}; give the path of a DuckDB or SQLite file, or a SQLAlchemy URL such as "
                "postgresql+psycopg://…"
            )
        with path.open("rb") as opened:
            beginning = opened.read(16)
    except (OSError, ValueError) as error:
        raise SourceError(cannot(path, "be read", error)) from error
    if beginning == _SQLITE:
        return True
    if beginning[8:12] != b"DUCK":
        raise SourceError(f"{path} is neither a DuckDB nor a SQLite file; give a file of data as the source itself.")
    return False


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, path: Path, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a DuckDB of its own in which the database is; no other process can write to that meanwhile."""
    with isolated(connection, folder) as apart:
        try:
            apart.execute(f"ATTACH {sql.literal(str(path))} AS _rs_database (READ_ONLY)")
            apart.execute("USE _rs_database")
        except duckdb.Error as error:
            raise told(str(path), error) from error
        yield apart


def _copy_duckdb(
    connection: duckdb.DuckDBPyConnection,
    apart: duckdb.DuckDBPyConnection,
    source: str,
    is_query: bool,
    table: str,
    since: Since | None,
    named: str,
) -> tuple[str, dict[str, str]]:
    query = (
        checked_select(apart, source, named)
        if is_query
        else f"FROM {'.'.join(map(sql.identifier, name_parts(source)))}"
    )
    values = []
    if since:
        query, missing = since.of_query(query, sql.identifier(since.column), "?")
        values = [since.value]
        try:
            since.tell_missing(named, apart.execute(missing).fetchall()[0][0])
        except duckdb.Error as error:
            raise told(named, error) from error
    return copy_query(connection, apart, query, values, table, named)
