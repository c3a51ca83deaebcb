"""Carries what a store holds beyond recstore's own into the next one: tables, views, macros, types, added columns."""

from __future__ import annotations

from pathlib import Path

import duckdb

from recstore import sql
from recstore.blueprint import blueprint, read_objects
from recstore.catalog import TABLE_KEYS
from recstore.errors import StoreError

_CARRY = "recstore.schema.carry"


class Carrier:
    """Carries over, between two databases of one connection, all that is not recstore's.

    What cannot be carried is a `StoreError` that names it: then the old store must stay in place.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path, old: str, new: str) -> None:
        self._connection = connection
        self._path = path
        self._old = old
        self._new = new
        self._own = blueprint()
        self._indexes: list[tuple[str, str]] = []
        self._added: set[str] = set()

    def copy_definitions(self) -> None:
        """Bring every definition into the new, empty database, and take recstore's own out again."""
        self._refuse_constraints()
        try:
            self._connection.execute(f"COPY FROM DATABASE {self._old} TO {self._new} (SCHEMA)")
        except duckdb.Error as error:
            raise self._stuck("its own tables, views and macros", error) from error
        self._indexes = self._ask("indexes", self._new, tables=list(self._own.tables))
        there = read_objects(self._connection, self._new)
        kinds = {"macro": "MACRO", "table_macro": "MACRO TABLE"}
        drops = [("INDEX", name) for name, _text in self._indexes]
        drops += [("VIEW", name) for name in there.views if name in self._own.views]
        drops += [(kinds[kind], name) for name, kind in there.macros if (name, kind) in self._own.macros]
        drops += [("TABLE", name) for name in there.tables if name in self._own.tables]
        # One transaction: each statement alone would be flushed to disk.
        self._connection.execute("BEGIN")
        for kind, name in drops:
            self._connection.execute(f"DROP {kind} {self._new}.main.{sql.identifier(name)}")
        self._connection.execute("COMMIT")

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

    def copy_contents(self) -> None:
        """Fill what `copy_definitions` brought, and put the added columns and indexes on recstore's own tables."""
        self._copy_tables()
        for table in self._own.tables:
            if table not in self._added and (columns := self._columns_added_to(table)):
                self.add_columns(table)
                for column, *_rest in columns:
                    self._fill_column(table, column)
        for name, text in self._indexes:
            try:
                self._connection.execute(text)
            except duckdb.Error as error:
                raise self._stuck(f"the index {name}", error) from error

    def _copy_tables(self) -> None:
        waiting = self._ask("foreign_tables", self._old, own=list(self._own.tables))
        while waiting:
            # A table that refers to another is filled after it: those that are refused have another turn.
            refused = []
            for schema, table, columns in waiting:
                name = f"{sql.identifier(schema)}.{sql.identifier(table)}"
                try:
                    self._copy_table(name, columns)
                except duckdb.Error as error:
                    refused.append((schema, table, columns))
                    failure = error
            if len(refused) == len(waiting):
                names = ", ".join(f"{schema}.{table}" for schema, table, _columns in refused)
                raise self._stuck(f"the table {names}", failure) from failure
            waiting = refused

    def _copy_table(self, name: str, columns: list[dict[str, object]]) -> None:
        stored = [c["name"] for c in columns if not (c["computed"] and self._is_generated(name, c["name"]))]
        listed = ", ".join(sql.identifier(str(column)) for column in stored)
        source, target = f"{self._old}.{name}", f"{self._new}.{name}"
        self._connection.execute(f"INSERT INTO {target} ({listed}) SELECT {listed} FROM {source}")
        counts = self._connection.execute(
            f"SELECT (SELECT count(*) FROM {source}), (SELECT count(*) FROM {target})"
        ).fetchall()[0]
        if counts[0] != counts[1]:
            raise self._stuck(f"the table {name}: {counts[1]} of its {counts[0]} rows came over")

    def _is_generated(self, table: str, column: object) -> bool:
        """Tell a column that the table computes, which nothing may be inserted into, from one with a default."""
        name = sql.identifier(str(column))
        values = f"SELECT {name} FROM {self._old}.{table}"
        try:
            self._connection.execute(f"EXPLAIN INSERT INTO {self._new}.{table} ({name}) {values}")
        except duckdb.BinderException:
            return True
        return False

    def _fill_column(self, table: str, column: str) -> None:
        """Fill an added column of a table that was made anew, by its key; no value may be left without a row."""
        name, quoted = sql.identifier(table), sql.identifier(column)
        keys = TABLE_KEYS.get(table, ())
        same = " AND ".join(f"n.{sql.identifier(key)} = o.{sql.identifier(key)}" for key in keys) or "false"
        source, target = f"{self._old}.main.{name}", f"{self._new}.main.{name}"
        lost = self._connection.execute(
            f"SELECT count(*) FROM {source} AS o WHERE o.{quoted} IS NOT NULL "
            f"AND NOT EXISTS (FROM {target} AS n WHERE {same})"
        ).fetchall()[0][0]
        if lost:
            raise self._stuck(f"the column {table}.{column}: {lost:,} of its values belong to rows that are no more")
        self._connection.execute(f"UPDATE {target} AS n SET {quoted} = o.{quoted} FROM {source} AS o WHERE {same}")

    def _columns_added_to(self, table: str) -> list[tuple[str, str, str | None, str | None]]:
        found: list[tuple[str, str, str | None, str | None]] = self._ask(
            "added_columns", self._old, table=table, columns=self._own.columns(table)
        )
        return found

    def _refuse_constraints(self) -> None:
        there = read_objects(self._connection, self._old).constraints
        for table, kind, columns in sorted(there - self._own.constraints):
            if table in self._own.tables:
                raise self._stuck(f"the {kind} that was added to {table} ({', '.join(columns)})")

    def _ask(self, name: str, database: str, **values: object) -> list[tuple]:  # type: ignore[type-arg]
        return self._connection.execute(sql.read(_CARRY, name), {"database": database, **values}).fetchall()

    def _stuck(self, what: str, error: Exception | None = None) -> StoreError:
        reason = f" ({str(error).splitlines()[0]})" if error else ""
        return StoreError(
            f"{self._path} holds something that cannot be carried into a new store, and would be lost: "
            f"{what}{reason}. Nothing was changed. Move it to a file of your own, or drop it, and try again."
        )
