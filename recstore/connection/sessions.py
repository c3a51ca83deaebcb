"""The view database: an in-memory database with the functions of a store bound to it, so that they need no `store :=`.

The store itself is attached read-only beside it. The functions of the view database name the store's tables in full, so
they work wherever the caller is, and a caller's own tables shadow nothing.
"""

from __future__ import annotations

import os
from functools import lru_cache, partial
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalogs import render
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.checks import all_tables
from recstore.catalogs.registry import stored_catalogs
from recstore.connection.annoy_functions import accelerate
from recstore.connection.python_functions import python_macros, register
from recstore.errors import OptionError, StoreError, first_line
from recstore.opening import open_connection
from recstore.paths import real, typed
from recstore.store.damage import told_when_damaged
from recstore.store.file import NO_EXTENSIONS, attach_store, close_off, identity, require_tables, restrain
from recstore.store.prepared import copy_functions, create_functions

#: The store is attached under the view database's alias with this ending.
STORE_SUFFIX = "_store"
_CONNECT_ALIAS = "rec"
#: The name under which `connect` attaches the store.
STORE = _CONNECT_ALIAS + STORE_SUFFIX
_SQL = "recstore.connection.sql"
#: While a view of the store's user is brought into a view database, this variable says what to bind in its place.
_STAND_IN = "recstore_stand_in"


def connect(
    path: str | os.PathLike[str], *, exact: bool | None = None, untrusted: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open the store at `path` and return a DuckDB connection in which `FROM similar_movies(1)` answers.

    `~` stands for the home folder. The connection's own database is in memory: tables made in it go with it. The
    store is read-only and attached as `rec_store`. A store that is published later is seen by the next call of this
    function, not by this connection.

    What goes beyond the stored neighbours is ranked exactly by a scan, or found by Annoy: with `exact` None where the
    build measured that Annoy is faster, which needs a large catalogue; with True never, with False always.

    With `untrusted` the file may come from a stranger: DuckDB's access to anything but the file is off, for its views
    and macros and for your own queries alike, no extension is loaded, its Annoy indexes are not opened, and memory,
    temporary files and threads are limited (`SET memory_limit` and the like raise that). What takes too long is ended
    by the connection's `interrupt`, and from DuckDB 2.0 on by `SET max_execution_time`. Raises `StoreError`.
    """
    with told_when_damaged(path, untrusted=untrusted):
        return _connected(typed(path), exact, untrusted)


def _connected(store: Path, exact: bool | None, untrusted: bool) -> duckdb.DuckDBPyConnection:
    if untrusted:
        return _connected_to_strangers(store)
    connection = open_connection()
    try:
        attach_store(connection, store, STORE)
        catalogs = stored_catalogs(connection, STORE)
        annoy = accelerate(connection, store, STORE, exact, catalogs)
        connection.execute(_views_sql(connection, STORE, "memory", catalogs))
        _create_functions(connection, STORE, "memory", catalogs, annoy, trusted=True)
    except BaseException:
        connection.close()
        raise
    return connection


def _connected_to_strangers(store: Path) -> duckdb.DuckDBPyConnection:
    """Connect to a store that may come from a stranger.

    Its functions are copied from a kept file, which nothing can open once access is off. So they come first, and what
    the store says of its catalogues is read before, by a connection of its own. Whatever a stranger's text leads to is
    executed where access is off.
    """
    while True:
        before = identity(store)
        with open_connection(config=NO_EXTENSIONS) as reading:
            _attach_strangers(reading, store)
            catalogs = stored_catalogs(reading, STORE, trusted=False)
        connection = open_connection(config=NO_EXTENSIONS)
        try:
            written = partial(_functions_sql, catalogs, STORE, annoy=None)
            tables = f"ATTACH ':memory:' AS {STORE}; USE {STORE};\n{render.render_tables(catalogs)}USE memory;"
            are_there = copy_functions(connection, written, "memory", apart=tables)
            _attach_strangers(connection, store)
            if identity(store) == before:
                accelerate(connection, store, STORE, True, catalogs)
                connection.execute(_views_sql(connection, STORE, "memory", catalogs))
                if not are_there:
                    connection.execute(written('"memory".main.'))
                return connection
            # Another was put in its place meanwhile.
            connection.close()
        except BaseException:
            connection.close()
            raise


def _attach_strangers(connection: duckdb.DuckDBPyConnection, store: Path) -> None:
    restrain(connection)
    attach_store(connection, store, STORE)
    close_off(connection)
    require_tables(connection, store, STORE)


def add_exact(connection: duckdb.DuckDBPyConnection, alias: str) -> None:
    """Create, beside what `connect` has made, the functions that ask no index, in a database called `alias`."""
    connection.execute(_attach_views_sql(alias))
    _create_functions(connection, STORE, alias, stored_catalogs(connection, STORE), None, trusted=False)


def attach(
    connection: duckdb.DuckDBPyConnection,
    path: str | os.PathLike[str],
    alias: str = "rec",
    *,
    exact: bool | None = None,
    untrusted: bool = False,
) -> None:
    """Bring the store at `path` into a connection that the caller already has: `FROM rec.similar_movies(1)`.

    The database with the functions is called `alias`, and the store `alias` + `_store`. Both are replaced if they were
    attached before, so that a newly published store is seen, also where the caller is in one of them. A store that
    cannot be opened leaves both as they were. The caller's transaction and pending results are left alone. `exact` is
    as in `connect`.

    With `untrusted`, `alias` shows recstore's own tables and functions alone, and no index is opened. What else is in a
    stranger's file stands under `alias` + `_store`, where it has the rights of your connection when you ask it. Only
    `connect` takes these rights away: a connection that is yours keeps its access to files and addresses.

    Raises `StoreError`, and `OptionError` where the alias is taken by another database.
    """
    if not alias:
        raise OptionError("The alias must not be empty.")
    store, database = typed(path), alias + STORE_SUFFIX
    # A cursor of its own: on the caller's, an error would abort the transaction, and a statement end a result.
    with told_when_damaged(store, untrusted=untrusted), connection.cursor() as cursor:
        if _replaced(cursor, alias, database):
            # The same file cannot be attached twice, so the old one must go first: not before the new one is sound.
            with open_connection() as trial:
                attach_store(trial, store, database)
            _detach(cursor, alias, database)
        attach_store(cursor, store, database)
        try:
            if untrusted:
                require_tables(cursor, store, database)
            cursor.execute(_attach_views_sql(alias))
            catalogs = stored_catalogs(cursor, database, trusted=not untrusted)
            annoy = accelerate(connection, store, database, exact or untrusted, catalogs)
            cursor.execute(_views_sql(cursor, database, alias, catalogs, only_own=untrusted))
            _create_functions(cursor, database, alias, catalogs, annoy, trusted=not untrusted)
        except BaseException:
            _detach(cursor, alias, database)
            raise


def attach_script(path: str | os.PathLike[str], alias: str = "rec", *, untrusted: bool = False) -> str:
    """Return a SQL script that does what `attach` does, for `.read` in a DuckDB shell or for any other client.

    With `untrusted` the script ends by closing the session's access to other files and addresses. Raises `StoreError`
    where there is no store at `path`.
    """
    database = alias + STORE_SUFFIX
    with told_when_damaged(path, untrusted=untrusted), open_connection() as connection:
        attach_store(connection, typed(path), database)
        if untrusted:
            require_tables(connection, Path(path), database)
        catalogs = stored_catalogs(connection, database, trusted=not untrusted)
        views = _views_sql(connection, database, alias, catalogs, only_own=untrusted)
        target = f"{sql.identifier(alias)}.main."
        views += render.render_functions(catalogs, render.attached_relation(database), target)
        question = _question(connection, database, catalogs)
    store = sql.literal(str(real(typed(path))))
    names = {"alias": sql.identifier(alias), "database": sql.identifier(database), "store": store}
    return (
        f"{sql.render(_SQL, 'attach_script', question=question, **names)}"
        f"{_attach_views_sql(alias)}"
        f"{views}"
        f"{sql.read(_SQL, 'closing') if untrusted else ''}"
    )


def _question(connection: duckdb.DuckDBPyConnection, database: str, catalogs: tuple[Catalog, ...]) -> str:
    """Return a call that a store can answer: of the catalogue with the most items."""
    query = sql.render(_SQL, "filled", spaces=render.attached_relation(database)("spaces"))
    filled = [name for (name,) in connection.execute(query).fetchall()]
    known = [catalog.name for catalog in catalogs]
    names = [name for name in filled if name in known] or known
    return f"similar_{names[0]}(1)" if names else "store_info"


def _attach_views_sql(alias: str) -> str:
    # Said, since a read-only connection attaches everything read-only otherwise.
    return f"ATTACH ':memory:' AS {sql.identifier(alias)} (READ_WRITE);\n"


def _replaced(cursor: duckdb.DuckDBPyConnection, alias: str, database: str) -> bool:
    """Return whether an earlier view database or its store has these names; raise where anything else has."""
    names = {"alias": alias, "database": database}
    rows = cursor.execute(sql.read(_SQL, "attached_before"), names).fetchall()
    found = {lowered for lowered, _, _ in rows}
    for lowered, name, is_ours in rows:
        if not is_ours or (lowered == alias.lower() and database.lower() not in found):
            raise OptionError(f"A database called {name} is attached already; pass another alias.")
    return bool(rows)


def _views_sql(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    alias: str,
    catalogs: tuple[Catalog, ...],
    only_own: bool = False,
) -> str:
    """Return the SQL of the views of a view database: one for each relation of the store, with comments.

    No view of the store is bound meanwhile, since that opens whatever it reads, such as a share that hangs: each is
    asked for by `query`, which gets a stand-in as long as a variable is set. So a view over what is not there costs
    nothing until somebody asks it.
    """
    target = f"{sql.identifier(alias)}.main."
    relation = render.attached_relation(database)
    columns: dict[str, list[tuple[str, str, str | None]]] = {}
    for table, *column in connection.execute(sql.read(_SQL, "columns"), {"database": database}).fetchall():
        columns.setdefault(table, []).append((column[0], column[1], column[2]))
    made = []
    own = set(all_tables(catalogs))
    for name, comment, is_view in connection.execute(sql.read(_SQL, "relations"), {"database": database}).fetchall():
        if only_own and name not in own:
            continue
        view, source = f"{target}{sql.identifier(name)}", f"FROM {relation(name)}"
        if is_view:
            stand_in = sql.literal(_stand_in(connection, columns.get(name, [])))
            made.append(f"SET VARIABLE {_STAND_IN} = {stand_in};\n")
            source = f"FROM query(coalesce(getvariable({sql.literal(_STAND_IN)}), {sql.literal(source)}))"
        made.append(f"CREATE VIEW {view} AS {source};\n")
        if is_view:
            made.append(f"RESET VARIABLE {_STAND_IN};\n")
        if comment:
            made.append(f"COMMENT ON VIEW {view} IS {sql.literal(comment)};\n")
        made += [
            f"COMMENT ON COLUMN {view}.{sql.identifier(column)} IS {sql.literal(about)};\n"
            for column, _kind, about in columns.get(name, [])
            if about
        ]
    return "".join(made)


def _create_functions(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    alias: str,
    catalogs: tuple[Catalog, ...],
    annoy: render.AnnoyUse | None,
    *,
    trusted: bool,
) -> None:
    functions = register(connection, catalogs) if trusted else ()

    def written(target: str) -> str:
        return _functions_sql(catalogs, database, target, annoy) + python_macros(functions, target)

    create_functions(connection, written, alias)


@lru_cache(maxsize=2)
def _functions_sql(catalogs: tuple[Catalog, ...], database: str, target: str, annoy: render.AnnoyUse | None) -> str:
    return render.render_functions(catalogs, render.attached_relation(database), target, annoy)


def _stand_in(connection: duckdb.DuckDBPyConnection, columns: list[tuple[str, str, str | None]]) -> str:
    """Return a query with the columns of a view; DuckDB 1.4 wants their types to stay, later versions do not."""
    typed = ", ".join(f"CAST(NULL AS {kind}) AS {sql.identifier(name)}" for name, kind, _about in columns)
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"PREPARE {_STAND_IN} AS SELECT {typed}; DEALLOCATE {_STAND_IN}")
        except duckdb.Error:
            # Without columns, or with types that only the store knows.
            return f"SELECT {', '.join(f'NULL AS {sql.identifier(name)}' for name, *_ in columns) or 'NULL'}"
    return f"SELECT {typed}"


def _detach(connection: duckdb.DuckDBPyConnection, *databases: str) -> None:
    for database in databases:
        try:
            connection.execute(f"DETACH DATABASE IF EXISTS {sql.identifier(database)}")
        except duckdb.Error as error:
            raise StoreError(f"{database} cannot be detached: {first_line(error)}") from error
