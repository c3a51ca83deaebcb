"""Copies what the user added to a store into the next one: tables, views, macros, types, columns.

A new store that needs such objects begins as a copy of the old file, from which recstore's own objects are dropped. So
every object that DuckDB can keep in a file is kept, and so is every reference between objects.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.checks import table_keys
from recstore.errors import StoreError, first_line
from recstore.store.definition import Definition, definition, read_objects
from recstore.store.file import name_tables_of

_SQL = "recstore.store.sql"
_KINDS = {"macro": "MACRO", "table_macro": "MACRO TABLE"}
#: Tables of which a build writes other rows than the old store has, whatever is copied.
_WRITTEN_ANEW = ("builds", "evaluations")


class UserObjects:
    """Copies all objects that are not recstore's between two databases of one connection.

    An object that cannot be copied raises a `StoreError` that names the object: then the old store must stay in place.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        path: Path,
        old: str,
        new: str,
        before: tuple[Catalog, ...],
        catalogs: tuple[Catalog, ...],
    ) -> None:
        self._connection = connection
        self._path = path
        self._old = old
        self._new = new
        self._own = definition(catalogs)
        # What the old store's catalogues had is recstore's own, too: a declaration may have changed since.
        self._was_own = definition(before)
        self._keys = table_keys(catalogs)
        # What comes into the store as it is for the first time has no source there.
        had = {catalog.name for catalog in before}
        self._sources = {table for one in catalogs if one.name in had for table in one.source_tables}
        # DuckDB binds the constraints that it lists, and these may name macros of the user's.
        name_tables_of(connection, old)
        self._indexes: list[tuple[str, str, str, str | None]] = self._ask("indexes", old)
        self._added: set[str] = set()
        own = [
            name
            for one in (self._own, self._was_own)
            for name in (*one.tables, *one.views, *(macro for macro, _kind in one.macros))
        ]
        #: Whether there are objects that are not recstore's, so that the new store must begin as a copy.
        self.needs_copy = bool(self._ask("foreign_objects", old, own=own))
        self._refuse_constraints()
        self._refuse_taken_names()

    def drop_own(self) -> None:
        """Take recstore's own objects out of the new database, which is a copy of the old one."""
        there = read_objects(self._connection, self._new)
        # Also those of the user's own tables: a checkpoint of an attached database does not find the macros in them.
        drops = [("INDEX", schema, name) for schema, name, _text, _comment in self._indexes]
        own = (self._own, self._was_own)
        drops += [("VIEW", "main", name) for name in there.views if any(name in one.views for one in own)]
        drops += [
            (_KINDS[kind], "main", name)
            for name, kind in there.macros
            if any((name, kind) in one.macros for one in own)
        ]
        drops += [("TABLE", "main", name) for name in there.tables if any(name in one.tables for one in own)]
        # One transaction: each statement alone would be flushed to disk.
        self._connection.execute("BEGIN")
        for kind, schema, name in drops:
            try:
                self._connection.execute(f"DROP {kind} {self._new}.{sql.identifier(schema)}.{sql.identifier(name)}")
            except duckdb.Error as error:
                raise self._stuck(f"what depends on {name}", error) from error
        # What is freed is written over.
        self._connection.execute(f"COMMIT; CHECKPOINT {self._new}")

    def refuse_lost_columns(self, copied: Iterable[str]) -> None:
        """Refuse, before the work begins, added columns whose values have no place where a table is not `copied`."""
        for table in self._own.tables:
            if table in copied or (table in self._keys and table not in _WRITTEN_ANEW):
                continue
            for column, *_rest in self._columns_added_to(table):
                name = f"{self._old}.main.{sql.identifier(table)}"
                query = f"SELECT count({sql.identifier(column)}) FROM {name}"
                if self._connection.execute(query).fetchall()[0][0]:
                    raise self._stuck(f"the column {table}.{column}, whose rows are made anew")

    def refuse_lacking_columns(self, tables: Iterable[str]) -> None:
        """Refuse, before the work begins, tables to be copied that lack a column, and sources that are not there."""
        for table in tables:
            # What is computed may be missing: an older recstore had fewer such tables.
            if table not in self._there.tables and table not in self._sources:
                continue
            for column in self._own.columns(table):
                if column not in self._there.columns(table):
                    lacking = f"{table}.{column}" if table in self._there.tables else f"table {table}"
                    raise StoreError(
                        f"{self._path} has no {lacking} any more, and a rebuild would leave it empty. Nothing was "
                        "changed. Put it back, or build the store from its source, which fills it."
                    )

    def add_columns(self, table: str) -> None:
        """Give one of recstore's tables the columns that its user added, so that rows can be copied whole."""
        if table in self._added:
            return
        self._added.add(table)
        target = f"{self._new}.main.{sql.identifier(table)}"
        for column, kind, default, comment in self._columns_added_to(table):
            name = sql.identifier(column)
            clause = f" DEFAULT {default}" if default is not None else ""
            try:
                self._connection.execute(f"ALTER TABLE {target} ADD COLUMN {name} {kind}{clause}")
            except duckdb.Error as error:
                raise self._stuck(f"the column {table}.{column}", error) from error
            if comment is not None:
                self._connection.execute(f"COMMENT ON COLUMN {target}.{name} IS {sql.literal(comment)}")

    def finish(self) -> None:
        """Put what the user added to recstore's own tables on the new ones: columns and indexes."""
        for table in self._own.tables:
            if table not in self._added and (columns := self._columns_added_to(table)):
                self.add_columns(table)
                for column, *_rest in columns:
                    self._fill_column(table, column)
        # The user wrote their indexes where their own macros come first.
        self._connection.execute(f"USE {self._new}")
        for schema, name, text, comment in self._indexes:
            try:
                self._connection.execute(text)
            except duckdb.Error as error:
                raise self._stuck(f"the index {name}", error) from error
            if comment is not None:
                index = f"{self._new}.{sql.identifier(schema)}.{sql.identifier(name)}"
                self._connection.execute(f"COMMENT ON INDEX {index} IS {sql.literal(comment)}")
        name_tables_of(self._connection, self._new)

    def user_spaces(self, catalog: Catalog) -> list[tuple[str, bool, str | None]]:
        """Return name, whether it is the default, and recipe of the spaces of a catalogue that its user put in."""
        if catalog.vectors not in self._was_own.tables:
            return []
        query = sql.render(_SQL, "user_spaces", old=self._old, vectors=catalog.vectors)
        values = {"catalog": catalog.name, "made": list(catalog.made)}
        found: list[tuple[str, bool, str | None]] = self._connection.execute(query, values).fetchall()
        return found

    def _fill_column(self, table: str, column: str) -> None:
        """Fill an added column of a table that was made anew, by its key; no value may be left without a row."""
        name, quoted = sql.identifier(table), sql.identifier(column)
        keys = self._keys.get(table, ())
        same = " AND ".join(f"n.{sql.identifier(key)} = o.{sql.identifier(key)}" for key in keys) or "false"
        source, target = f"{self._old}.main.{name}", f"{self._new}.main.{name}"
        query = sql.render(_SQL, "lost_values", source=source, column=quoted, target=target, same=same)
        lost = self._connection.execute(query).fetchall()[0][0]
        if lost:
            raise self._stuck(
                f"the column {table}.{column}: {lost:,} of its values belong to rows that are no longer there"
            )
        self._connection.execute(f"UPDATE {target} AS n SET {quoted} = o.{quoted} FROM {source} AS o WHERE {same}")

    def _columns_added_to(self, table: str) -> list[tuple[str, str, str | None, str | None]]:
        """Return name, type, default and comment of the columns that the user added to one of recstore's tables."""
        own = {*self._own.columns(table), *self._was_own.columns(table)}
        return [tuple(found) for name, *found in self._columns if name == table and found[0] not in own]

    @cached_property
    def _there(self) -> Definition:
        # (Its macros are compared nowhere: DuckDB takes long to write them out.)
        return read_objects(self._connection, self._old, with_macros=False)

    @cached_property
    def _columns(self) -> list[tuple[Any, ...]]:
        # All at once: DuckDB binds every view of the store for each question.
        return self._ask("columns", self._old)

    def _refuse_constraints(self) -> None:
        for table, kind, columns in sorted(self._there.constraints - self._own.constraints):
            if table in self._own.tables:
                raise self._stuck(f"the {kind} that was added to {table} ({', '.join(columns)})")

    def _refuse_taken_names(self) -> None:
        """Refuse objects that stand where recstore's own must: under their names, but of another kind or spelling."""
        own = {name.lower(): (name, "table") for name in self._own.tables}
        own |= {name.lower(): (name, "view") for name in self._own.views}
        for name, kind in self._ask("relations", self._old):
            if name.lower() in own and own[name.lower()] != (name, kind):
                raise self._stuck(f"the {kind} {name}, whose name is that of a {own[name.lower()][1]} of recstore's")

    def _ask(self, name: str, database: str, **values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql.read(_SQL, name), {"database": database, **values}).fetchall()

    def _stuck(self, what: str, error: Exception | None = None) -> StoreError:
        reason = f" ({first_line(error)})" if error else ""
        return StoreError(
            f"{self._path} holds something that cannot be copied into a new store, and would be lost: "
            f"{what}{reason}. Nothing was changed. Move it to a file of your own, or drop it, and try again."
        )
