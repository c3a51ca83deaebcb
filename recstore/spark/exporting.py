"""Writes the tables of a store as Parquet or Delta, with the functions for Spark SQL."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.registry import stored_catalogs
from recstore.errors import OptionError, told_where_full
from recstore.opening import open_connection
from recstore.paths import real, typed
from recstore.scratch import REPLACED, scratch_folder
from recstore.spark import script
from recstore.spark.answers import answers_query, answers_table
from recstore.spark.quoting import address
from recstore.spark.types import exported_as
from recstore.store.damage import told_when_damaged
from recstore.store.file import NO_EXTENSIONS, attach_store, close_off, require_tables, restrain

FORMATS = ("parquet", "delta")
#: The tables of every store that an export holds, besides those of catalogues.
SHARED = ("catalogs", "spaces", "builds", "evaluations", "load_rejects", "store_info")
FUNCTIONS = "functions.sql"
#: A file holds many groups of so many rows; a reader skips those that do not hold the ids it is asked for.
_ROWS_OF_GROUP = 20_480


@dataclass(frozen=True)
class Exported:
    """What an export wrote: how many rows each table has, and where the functions are."""

    rows: dict[str, int]
    functions: Path


def export(
    path: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    to: str = "parquet",
    schema: str = "recstore",
    location: str | None = None,
    untrusted: bool = False,
    written: Mapping[str, tuple[Path, int]] | None = None,
) -> Exported:
    """Write every table of the store at `path` below `folder`, and `functions.sql`, which makes them known to Spark.

    Each table is a folder of its name, sorted so that a question by id reads little, as Parquet or, where the package
    deltalake is installed, as Delta. Besides the store's tables there is one for each catalogue, `recstore_movies`,
    that its functions ask. They are created in `schema` of `spark_catalog`. `location` is where the folder will be
    read, `s3://…` for example, where that is another place. An earlier export in `folder` is replaced as a whole.
    `written` are tables that the store does not hold: the folder of each, which is moved, and its number of rows.
    With `untrusted` the store may come from a stranger: a view where it should have a table is refused, only catalogues
    that are installed, or follow from their declarations, are written, nothing but the store
    is read, and memory and threads are limited.

    Raises:
        OptionError: the format is not known or not installed, or `folder` holds something else.
        FullError: there is no room for it.
    """
    place, written = folder_to_write(folder), written or {}
    if to not in FORMATS:
        raise OptionError(f"--to is {' or '.join(FORMATS)}, not {to!r}.")
    if to == "delta" and find_spec("deltalake") is None:
        raise OptionError("Delta needs the package deltalake: pip install deltalake, or export --to parquet.")
    store = typed(path)
    with (
        told_when_damaged(store, untrusted=untrusted),
        open_connection(config=NO_EXTENSIONS if untrusted else {}) as connection,
        _new_folder(place) as part,
    ):
        if untrusted:
            restrain(connection)
        attach_store(connection, store, "store")
        if untrusted:
            connection.execute(f"SET allowed_directories = [{sql.literal(str(part))}]")
            close_off(connection)
            require_tables(connection, store, "store")
        catalogs = stored_catalogs(connection, "store", trusted=not untrusted)
        rows = {}
        for table, query in tables(connection, catalogs).items():
            if table not in written:
                rows[table] = _write(connection, query, part / table, to)
        for table, (files, count) in written.items():
            (part / table).mkdir()
            # No marks of stages, and no checksums of Spark's.
            for file in files.glob("*.parquet"):
                shutil.move(file, part / table)
            rows[table] = count
        found = connection.execute("SELECT catalog, space, dimensions FROM store.main.spaces ORDER BY ALL").fetchall()
        made = script.statements(
            catalogs, found, list(rows), schema=schema, location=location or address(place), form=to
        )
        (part / FUNCTIONS).write_text(script.as_script(made, schema), encoding="utf-8")
    return Exported(rows, place / FUNCTIONS)


def tables(connection: duckdb.DuckDBPyConnection, catalogs: Sequence[Catalog]) -> dict[str, str]:
    """Return the query for each table that is exported, from the attached database `store`, by its name."""
    there = {name for (name,) in connection.execute(sql.read("recstore.spark.sql", "tables")).fetchall()}
    found = {}
    for catalog in catalogs:
        orders = _orders(catalog)
        for table in catalog.tables:
            if table in there:
                found[table] = _query(connection, _relation(table), orders.get(table, ()))
        found[answers_table(catalog)] = _query(connection, f"({answers_query(catalog, _relation)})", ("_rs_id",))
    return found | {table: _query(connection, _relation(table), ()) for table in SHARED if table in there}


def _relation(table: str) -> str:
    return f"store.main.{sql.identifier(table)}"


def _orders(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Return by which columns each table is sorted: those by which questions ask."""
    orders = {table.name: table.key for table in (*catalog.sources, *catalog.computed) if table.key}
    orders[catalog.items] = (catalog.key,)
    orders[catalog.neighbors] = (catalog.key, "space", "rank")
    if catalog.weights:
        orders[catalog.weights] = (catalog.key, "neighbor_id")
    if catalog.interactions:
        orders[catalog.interactions.table] = (catalog.interactions.user,)
    return orders


def _query(connection: duckdb.DuckDBPyConnection, relation: str, order: Sequence[str]) -> str:
    columns = connection.execute(f"DESCRIBE FROM {relation}").fetchall()
    shown = []
    for name, kind, *_ in columns:
        quoted, written = sql.identifier(name), exported_as(kind)
        shown.append(quoted if written == kind else f"CAST({quoted} AS {written}) AS {quoted}")
    by = f" ORDER BY {', '.join(f'{sql.identifier(column)} ASC' for column in order)}" if order else ""
    return f"SELECT {', '.join(shown)} FROM {relation}{by}"


def _write(connection: duckdb.DuckDBPyConnection, query: str, folder: Path, to: str) -> int:
    if to == "delta":
        import pyarrow as pa
        from deltalake import write_deltalake

        write_deltalake(str(folder), pa.RecordBatchReader.from_stream(connection.sql(query)))
        return int(connection.execute(f"SELECT count(*) FROM ({query})").fetchall()[0][0])
    folder.mkdir()
    # One file: DuckDB keeps no order where it writes several at once, and Spark reads a file in parts, too.
    parts = {"file": sql.literal(str(folder / "part-0.parquet")), "rows_of_group": str(_ROWS_OF_GROUP)}
    copy = sql.render("recstore.spark.sql", "copy", query=query, **parts)
    done = connection.execute(copy).fetchall()
    return int(done[0][0])


def folder_to_write(folder: str | os.PathLike[str]) -> Path:
    """Return the folder that an export is to be written to, links followed; an `OptionError` where it may not be."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", os.fspath(folder)):
        raise OptionError(
            f"{os.fspath(folder)} is an address. Name a folder of this machine, copy it there afterwards, and say by "
            "--location where it will be read."
        )
    place = real(typed(folder))
    refuse_what_is_not_ours(place)
    return place


def refuse_what_is_not_ours(place: Path) -> None:
    """Raise an `OptionError` unless nothing is at `place`, or an earlier export alone: it will be removed."""
    if not place.parent.is_dir():
        raise OptionError(f"The folder {place.parent} does not exist; make it first.")
    if not os.path.lexists(place):
        return
    there = list(place.iterdir()) if place.is_dir() else None
    if there == []:
        return
    tables = script.tables_of(place / FUNCTIONS) if there else None
    if there is None or tables is None:
        raise OptionError(f"{place} is there and is no earlier export. Name another folder.")
    for path in there:
        is_table = path.name in tables and path.is_dir() and not path.is_symlink()
        if not is_table and path.name != FUNCTIONS:
            raise OptionError(
                f"{path} is not of the earlier export and would be lost. Move it, or name another folder."
            )


@contextmanager
def _new_folder(place: Path) -> Iterator[Path]:
    """Give a folder beside `place` to fill, which takes its place when all went well, and else is removed."""
    with told_where_full(place), scratch_folder(beside=place) as folder:
        part, old = folder / "new", folder / REPLACED / place.name
        part.mkdir()
        old.parent.mkdir()
        yield part
        if place.exists():
            # What came there meanwhile is not ours either.
            refuse_what_is_not_ours(place)
            place.rename(old)
        try:
            part.rename(place)
        except BaseException:
            if old.exists():
                old.rename(place)
            raise
