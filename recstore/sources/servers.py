"""Databases that SQLAlchemy reaches: their rows in batches, into columns, with flat memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote, quote_plus

import duckdb
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from recstore.errors import MissingExtraError, SourceError
from recstore.sources.addresses import shown
from recstore.sources.open_databases import OpenDatabases
from recstore.sources.rows import RowTable, batches
from recstore.sources.since import Since
from recstore.sources.table_names import name_parts

#: What to install for a module that is missing, where the package has another name.
_PACKAGES = {
    "psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient", "pymysql": "PyMySQL",
    "mysql": "mysql-connector-python", "cx_Oracle": "cx-Oracle",
}  # fmt: skip
#: Dialects that are no part of SQLAlchemy.
_DIALECTS = {
    "snowflake": "snowflake-sqlalchemy", "bigquery": "sqlalchemy-bigquery", "redshift": "sqlalchemy-redshift",
    "clickhouse": "clickhouse-sqlalchemy", "databricks": "databricks-sqlalchemy", "trino": "trino",
    "cockroachdb": "sqlalchemy-cockroachdb", "db2": "ibm-db-sa", "firebird": "sqlalchemy-firebird",
}  # fmt: skip
_IN_BATCHES = {"stream_results": True, "max_row_buffer": 1000}
#: So many seconds a server may take to answer at all.
_PATIENCE = 15


def copy_server(
    connection: duckdb.DuckDBPyConnection,
    databases: OpenDatabases,
    address: str,
    source: str,
    is_query: bool,
    table: str,
    since: Since | None,
    named: str,
) -> tuple[str, dict[str, str]]:
    """Copy a table or query of a database to a table; `named` is what messages call it.

    Nothing is written to the database, and nothing is committed. Returns what stands in FROM, and the types of the
    columns. Raises `SourceError`, without any password, where the database cannot be reached or the query fails, and
    `MissingExtraError` where the driver is not installed.
    """
    with _errors_of(address, named):
        server: sa.Connection = databases.once(address, lambda: _connected(_url(address)))
        query = source.strip().rstrip(";") if is_query else f"SELECT * FROM {_table_of(server, source, named)}"
        statement, values = _asked(server, query, since, named)
        if (server.dialect.name, server.dialect.driver) == ("postgresql", "psycopg"):
            from recstore.sources.postgres import copy_postgres

            return copy_postgres(connection, server.connection.driver_connection, query, since, table, named)
        with server.execute(statement, values, execution_options=_IN_BATCHES) as result:
            rows = RowTable(connection, table, [str(name) for name in result.keys()])  # noqa: SIM118
            for batch in batches(result):
                rows.append(batch)
        return rows.finish(_declared(server, source) if server.dialect.name == "sqlite" and not is_query else {})


@contextmanager
def _errors_of(address: str, named: str) -> Iterator[None]:
    """Turn whatever goes wrong into one sentence in which no password stands."""
    try:
        yield
    except NoSuchModuleError as error:
        scheme = address.partition("://")[0]
        package = _DIALECTS.get(scheme.partition("+")[0].lower())
        advice = f"pip install {package}" if package else "check it, or install the package that brings its dialect"
        raise MissingExtraError(f"SQLAlchemy knows no database {scheme!r}; {advice}.") from error
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        raise MissingExtraError(
            f"The driver for {shown(address)} is not installed: pip install '{_PACKAGES.get(module, module)}'."
        ) from error
    except (SQLAlchemyError, OSError, ValueError, TypeError) as error:
        text = _message(error, address)
        # The cause would show what is taken out of the message.
        raise SourceError(f"{named} cannot be read: {text}.") from (error if _is_clean(error, address) else None)


def _secrets(address: str) -> list[str]:
    try:
        url = sa.make_url(address)
        password = url.password or ""
        parts = [str(password), *(value for key, value in url.query.items() if "pass" in key.lower())]
    except (ArgumentError, ValueError):
        parts = [address.partition("://")[2].rpartition("@")[0].partition(":")[2]]
    return [form for part in map(str, parts) if part for form in {part, quote(part, safe=""), quote_plus(part)}]


def _is_clean(error: BaseException, address: str) -> bool:
    text = f"{error} {getattr(error, 'orig', '')}"
    return not any(secret in text for secret in _secrets(address))


def _message(error: Exception, address: str) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = str(cause).strip()
    if isinstance(cause, Exception) and len(cause.args) > 1 and isinstance(cause.args[-1], str):
        text = cause.args[-1].strip()  # (A number comes before it, in drivers of MySQL.)
    for secret in _secrets(address):
        text = text.replace(secret, "***")
    return (text.splitlines() or [type(cause).__name__])[0].rstrip(" .:")


def _url(address: str) -> sa.URL:
    rest = address.partition("://")[2].partition("?")[0]
    advice = "write what is special in a user or password as %XX (@ is %40, / is %2F, : is %3A)"
    if rest.count("@") > 1:
        raise SourceError(f"The address of the database has more than one @; {advice}.")
    try:
        url = sa.make_url(address)
    except (ArgumentError, ValueError):
        # (What is wrong with it may be a part of a password.)
        raise SourceError(
            f"{shown(address)} is no address of a database, such as postgresql+psycopg://user:password@server/shop; "
            f"{advice}."
        ) from None
    if url.drivername == "postgres":
        url = url.set(drivername="postgresql")
    if url.drivername == "postgresql" and _is_installed("psycopg"):
        url = url.set(drivername="postgresql+psycopg")
    return url


def _is_installed(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None


def _engine(url: sa.URL) -> sa.Engine:
    has_patience = url.get_driver_name() in ("psycopg", "psycopg2", "pymysql", "mysqldb")
    arguments = {"connect_timeout": _PATIENCE} if has_patience and "connect_timeout" not in url.query else {}
    return sa.create_engine(url, poolclass=sa.NullPool, connect_args=arguments)


@contextmanager
def _connected(url: sa.URL) -> Iterator[sa.Connection]:
    """Yield a connection that may only read, and reads all of one moment, as far as the database knows of such."""
    engine = _engine(url)
    try:
        server = engine.connect()
        try:
            yield _reading(server)
        finally:
            # What was to be read was read, or the error is told already: a server that is gone cannot be left in order.
            with suppress(SQLAlchemyError, OSError):
                server.close()
    finally:
        engine.dispose()


def _reading(server: sa.Connection) -> sa.Connection:
    name = server.dialect.name
    if name == "postgresql" and server.dialect.driver in ("psycopg", "psycopg2", "asyncpg", "pg8000"):
        server = server.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    elif name == "sqlite":
        server.exec_driver_sql("PRAGMA query_only = ON")
        server.exec_driver_sql("BEGIN")
    elif name in ("mysql", "mariadb"):
        server.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    return server


def _asked(server: sa.Connection, query: str, since: Since | None, named: str) -> tuple[sa.TextClause, dict[str, Any]]:
    """Return the statement of the rows that are asked for, and its values."""
    if since is None:
        return _literal(query), {}
    column = server.dialect.identifier_preparer.quote(since.column)
    wanted, missing = since.of_query(_escaped(query), _escaped(column), ":_rs_since")
    since.tell_missing(named, int(server.execute(sa.text(missing)).scalar_one()))
    return sa.text(wanted), {"_rs_since": since.value}


def _literal(query: str) -> sa.TextClause:
    return sa.text(_escaped(query))


def table_names(address: str) -> list[str]:
    """Return the names of the tables and views of a database."""
    with _errors_of(address, shown(address)), _connected(_url(address)) as server:
        inspector = sa.inspect(server)
        return [*inspector.get_table_names(), *inspector.get_view_names()]


def _escaped(query: str) -> str:
    """Return a query in which no colon begins a parameter."""
    return query.replace("\\:", "\\\\:").replace(":", "\\:")


def _table_of(server: sa.Connection, source: str, named: str) -> str:
    """Return the name of a table or view as a query has it; a `SourceError` where there is none of that name."""
    *schemas, name = name_parts(source)
    schema = schemas[-1] if schemas else None
    inspector = sa.inspect(server)
    prepared = server.dialect.identifier_preparer
    known = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
    if name not in known and not inspector.has_table(name, schema):
        alike = [one for one in known if one.casefold() == name.casefold()]
        if len(alike) != 1:
            close = get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; it has {', '.join(sorted(known)[:10]) or 'none'}."
            raise SourceError(f"{named.rpartition(', table ')[0]} has no table {source!r}{hint}")
        name = alike[0]
    parts = [schema, name] if schema else [name]
    return ".".join(prepared.quote_identifier(part) for part in parts)


def _declared(server: sa.Connection, source: str) -> dict[str, str]:
    """Return the types that a SQLite table declares of its columns, which its values need not have."""
    *schemas, name = name_parts(source)
    found = server.exec_driver_sql(
        "SELECT name, type FROM pragma_table_info(?, ?)", (name, schemas[-1] if schemas else "main")
    )
    return {row[0]: str(row[1]).upper() for row in found}
