"""SQLAlchemy over a store: `create_engine("recstore:///movies.duckdb")`, and its functions as selectables.

The dialect is `duckdb-sqlalchemy`'s, on connections to a view database of the store. All connections of an engine are
cursors of one view database, so they share its cache. A connection that is checked out of the pool after a new store
was published is one to the new store.
"""

# The reflecting methods pass on what they are given; their supertypes disagree about it.
# mypy: disable-error-code="override"
# ruff: noqa: ANN401

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from recstore.paths import typed

try:
    import duckdb_sqlalchemy
except ImportError as error:  # pragma: no cover - only without the extra
    raise ImportError("recstore.sqlalchemy needs duckdb-sqlalchemy: pip install 'recstore[sqlalchemy]'") from error

import duckdb
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, DisconnectionError

from recstore import connect, sql
from recstore.catalogs.checks import table_keys
from recstore.catalogs.registry import stored_catalogs
from recstore.connection.pool import Cursor, SharedViews
from recstore.connection.sessions import STORE
from recstore.errors import StoreError, first_line

#: Where the view database keeps the store itself, as duckdb-sqlalchemy writes schemas.
_STORE_SCHEMA = f"{STORE}.main"

#: What `exact` in a URL means to `recstore.connect`; without it, what the build measured decides.
_EXACT = {"": None, "true": True, "false": False}


class _StoreConnection(duckdb_sqlalchemy.ConnectionWrapper):  # type: ignore[misc, unused-ignore]
    """A DBAPI connection that is a cursor of a shared view database."""

    def __init__(self, cursor: Cursor) -> None:
        super().__init__(cursor.connection)
        self._cursor_of_views = cursor

    @property
    def duckdb(self) -> duckdb.DuckDBPyConnection:
        """DuckDB's own connection."""
        return self._cursor_of_views.connection

    def is_current(self) -> bool:
        return self._cursor_of_views.is_current()

    def close(self) -> None:
        super().close()
        self._cursor_of_views.close()


class Dialect(duckdb_sqlalchemy.Dialect):  # type: ignore[misc, unused-ignore]
    """DuckDB's dialect, connected to a store through the view database, read-only.

    The URL is `recstore:///PATH`, with `?exact=true` to leave approximate indexes unused,
    `?exact=false` to use them always, and `?attach=PATH` (as often
    as needed) to attach a user's own DuckDB file, read-only, under the name of the file. `?untrusted=true` is for a
    stranger's file, as in `recstore.connect`.
    """

    driver = "recstore"
    supports_statement_cache = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._shown: dict[tuple[Any, ...], SharedViews] = {}

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Let every checkout look whether a new store was published."""
        event.listen(engine, "checkout", _require_current)

    def create_connect_args(self, url: URL) -> tuple[tuple[()], dict[str, Any]]:
        """Read the URL. Raises `ArgumentError` for what it cannot mean."""
        query = dict(url.normalized_query)
        exact = query.pop("exact", ("",))[-1].lower()
        if exact not in _EXACT:
            raise ArgumentError(f"exact is true or false, not {exact!r}.")
        untrusted = query.pop("untrusted", ("false",))[-1].lower()
        if untrusted not in ("true", "false"):
            raise ArgumentError(f"untrusted is true or false, not {untrusted!r}.")
        if untrusted == "true" and "attach" in query:
            raise ArgumentError("With untrusted=true no file of yours is reached: leave attach out.")
        attach: dict[str, str] = {}
        for beside in query.pop("attach", ()):
            name = Path(beside).stem
            if other := next((path for known, path in attach.items() if known.lower() == name.lower()), None):
                raise ArgumentError(f"{other} and {beside} would both be called {name}. Give one another name.")
            attach[name] = beside
        query.pop("pool", None)
        if query:
            raise ArgumentError(f"A recstore URL takes exact, attach and untrusted, not {', '.join(sorted(query))}.")
        if not url.database or url.host:
            raise ArgumentError("A recstore URL names a file: recstore:///movies.duckdb, or recstore:////full/path.")
        return (), {"path": url.database, "exact": _EXACT[exact], "attach": attach, "untrusted": untrusted == "true"}

    def connect(
        self, path: str, exact: bool | None = None, attach: Mapping[str, str] | None = None, untrusted: bool = False
    ) -> duckdb_sqlalchemy.ConnectionWrapper:
        """Return a cursor on the newest store at `path`. Raises `StoreError`."""
        beside = dict(attach or {})
        key = (path, exact, untrusted, tuple(sorted(beside.items())))
        made = SharedViews(typed(path), lambda: _open(path, exact, beside, untrusted))
        shared = self._shown.setdefault(key, made)
        return _StoreConnection(shared.cursor())

    def get_table_names(self, connection: Connection, schema: str | None = None, **options: Any) -> list[str]:
        """Return the names of tables; without a schema, the store's and those that the user made beside them."""
        own = super().get_table_names(connection, schema, **options)
        return own if schema else [*super().get_table_names(connection, _STORE_SCHEMA, **options), *own]

    def get_view_names(self, connection: Connection, schema: str | None = None, **options: Any) -> list[str]:
        """Return the names of views; those by which the view database shows the store's tables are tables here."""
        found = super().get_view_names(connection, schema, **options)
        if schema:
            return list(found)
        tables = set(super().get_table_names(connection, _STORE_SCHEMA))
        return [name for name in found if name not in tables]

    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **options: Any
    ) -> list[Any]:
        """Return the columns of a table, with the store's comments."""
        if schema is None and table_name.lower() in map(str.lower, self._names_in_store(connection)):
            schema = _STORE_SCHEMA
        return list(super().get_columns(connection, table_name, schema, **options))

    def get_multi_columns(self, connection: Connection, schema: str | None = None, **options: Any) -> Iterable[Any]:
        """Return the columns of tables, with the store's comments."""
        return self._as_in_store(super().get_multi_columns, connection, schema, options)

    def get_multi_table_comment(
        self, connection: Connection, schema: str | None = None, **options: Any
    ) -> Iterable[Any]:
        """Return what tables are for."""
        return self._as_in_store(super().get_multi_table_comment, connection, schema, options)

    def get_multi_pk_constraint(
        self, connection: Connection, schema: str | None = None, **options: Any
    ) -> Iterable[Any]:
        """Return the keys of tables; those of the store's are kept without a constraint in the file."""
        catalogs = stored_catalogs(duckdb_of(connection), STORE)
        keys = table_keys(catalogs) | {one.neighbors: ("space", one.key, "rank") for one in catalogs}
        for key, constraint in self._as_in_store(super().get_multi_pk_constraint, connection, schema, options):
            known = keys.get(key[1].lower(), ()) if schema in (None, _STORE_SCHEMA) else ()
            if known and not constraint["constrained_columns"]:
                yield key, {"constrained_columns": list(known), "name": None}
            else:
                yield key, constraint

    def _as_in_store(
        self, reflect: Any, connection: Connection, schema: str | None, options: dict[str, Any]
    ) -> list[tuple[tuple[str | None, str], Any]]:
        """Reflect the relations of the default schema as the store has them; the view database only shows them."""
        found = list(reflect(connection, schema=schema, **options))
        if schema is not None:
            return found
        of_store = {name.lower() for name in self._names_in_store(connection)}
        own = [(key, value) for key, value in found if key[1].lower() not in of_store]
        stored = reflect(connection, schema=_STORE_SCHEMA, **options)
        return own + [((None, name), value) for (_schema, name), value in stored]

    def _names_in_store(self, connection: Connection) -> list[str]:
        tables = super().get_table_names(connection, _STORE_SCHEMA)
        return [*tables, *super().get_view_names(connection, _STORE_SCHEMA)]


def _open(path: str, exact: bool | None, attach: Mapping[str, str], untrusted: bool) -> duckdb.DuckDBPyConnection:
    """Open a view database with the user's databases beside it. Raises `StoreError`."""
    connection = connect(path, exact=exact, untrusted=untrusted)
    for alias, beside in attach.items():
        try:
            connection.execute(f"ATTACH {sql.literal(str(beside))} AS {sql.identifier(alias)} (READ_ONLY)")
        except duckdb.Error as error:
            connection.close()
            raise StoreError(f"{beside} cannot be attached ({first_line(error)}); name a DuckDB file.") from error
    return connection


def duckdb_of(connection: Connection) -> Any:
    """Return DuckDB's own connection under one of SQLAlchemy's."""
    wrapped: Any = connection.connection.dbapi_connection
    return wrapped.duckdb


def _require_current(connection: _StoreConnection, _record: object, _proxy: object) -> None:
    """Have the pool replace a connection whose store is no longer the newest."""
    if not connection.is_current():
        raise DisconnectionError("A new store has been published.")
