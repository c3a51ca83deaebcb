"""Any source as a relation of DuckDB, in columns: what a catalogue of the user's own is read from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from recstore.errors import SourceError
from recstore.progress import Progress
from recstore.sources.addresses import shown
from recstore.sources.csv_files import CsvLoad
from recstore.sources.databases import copy_database
from recstore.sources.dialect import Dialect
from recstore.sources.frames import copy_frame, frame_name
from recstore.sources.json_files import JsonLoad
from recstore.sources.located import DataFile, locate
from recstore.sources.open_databases import OpenDatabases
from recstore.sources.parquet_files import parquet_relation
from recstore.sources.plain_text import SourceDigest, digest_of
from recstore.sources.rejects import kept_rejects, make_rejects
from recstore.sources.selects import copy_select, is_select
from recstore.sources.since import Since
from recstore.sources.streams import check_names, in_order, told
from recstore.sources.unchanged import Unchanged

_SILENT = Progress()
_NOTHING = Unchanged(())


@dataclass(frozen=True)
class Relation:
    """A source that can be read in SQL.

    `name`: what people call it; an address has no password. `text`: stands in FROM, in any connection that has the
    scratch database attached as `gathered`; it has the source's columns, and `_rs_line BIGINT`: the number of the
    record in its file, from 1, or of the line that it begins in where the file is CSV. `columns`: those of the source
    and their types. `files`: what was read. `rejects`: the table in `gathered` of the records that could not be read,
    (source, line, "column", reason, raw); None where there are none. `is_text`: the types were guessed from text.
    `in_place`: files that queries over `text` read where they lie, which must not change meanwhile.
    """

    name: str
    text: str
    columns: Mapping[str, str]
    files: tuple[SourceDigest, ...]
    rejects: str | None
    is_text: bool
    in_place: Unchanged = _NOTHING


def gather(
    connection: duckdb.DuckDBPyConnection,
    source: Any,  # noqa: ANN401 - a path, a query, or any data frame
    *,
    database: str | None = None,
    dialect: Dialect | None = None,
    as_text: frozenset[str] = frozenset(),
    folder: Path = Path(),
    progress: Progress = _SILENT,
    name_of_table: str,
    meant_for: str = "",
    since: tuple[str, Any] | None = None,
    databases: OpenDatabases | None = None,
) -> Relation:
    """Return a source as a relation; what is no Parquet is copied to the table `name_of_table` of `gathered`.

    `source` is a path, folder or glob, a SELECT over files, or a data frame; with `database`, a DuckDB or SQLite file
    or a SQLAlchemy URL, the name of one of its tables or a query. `connection` has a scratch database that it may write
    to attached as `gathered`. `folder` is where relative paths start. Columns that `as_text` names keep their values as
    they are written, where the source is text. `meant_for` tells people which of several data frames or queries this
    is: "the items of books". `since` leaves out the rows whose column is not greater than a value. `databases` are
    those that stay open for other sources, so that all are of one moment.
    Raises `SourceError`, one sentence, where the source is not there, or cannot be read.
    """
    if isinstance(source, os.PathLike):
        source = os.fspath(source)
    newer = Since(*since, progress) if since else None
    with in_order(connection), ExitStack() as stack:
        relation = _gathered(
            connection,
            databases or OpenDatabases(stack),
            source,
            database,
            dialect or Dialect(),
            as_text,
            folder,
            progress,
            name_of_table,
            meant_for,
            newer,
        )
    check_names(relation.name, relation.columns)
    if newer and not newer.is_asked:
        text = newer.of_relation(connection, relation.text, relation.columns, relation.name)
        relation = replace(relation, text=text)
    return relation


def _gathered(
    connection: duckdb.DuckDBPyConnection,
    databases: OpenDatabases,
    source: Any,  # noqa: ANN401
    database: str | None,
    dialect: Dialect,
    as_text: frozenset[str],
    folder: Path,
    progress: Progress,
    table: str,
    meant_for: str,
    since: Since | None,
) -> Relation:
    whose = f" for {meant_for}" if meant_for else ""
    if database is not None:
        if not isinstance(source, str):
            raise SourceError(
                f"With a database the source is the name of a table or a query, not {frame_name(source)}{whose}."
            )
        name, text, types = copy_database(connection, databases, database, source, folder, table, since, whose)
        return Relation(name, text, types, (), None, is_text=False)
    if not isinstance(source, str):
        named = f"{frame_name(source)}{whose}"
        text, types = copy_frame(connection, source, table, named)
        return Relation(named, text, types, (), None, is_text=False)
    if is_select(source):
        text, types = copy_select(connection, source, folder, table, f"The query{whose}")
        return Relation(f"a query{whose}", text, types, (), None, is_text=False)
    files = locate(source, folder)
    seen = Unchanged(file.path for file in files)
    with seen.required():
        try:
            return _of_files(connection, source, files, seen, dialect, as_text, progress, table)
        except duckdb.Error as error:
            # Of what is no text at all, DuckDB's reader makes names and values that it then cannot find again.
            raise told(shown(source), error) from error


def _of_files(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    files: list[DataFile],
    seen: Unchanged,
    dialect: Dialect,
    as_text: frozenset[str],
    progress: Progress,
    table: str,
) -> Relation:
    name = files[0].name if len(files) == 1 else shown(source)
    if files[0].kind == "Parquet":
        text, types = parquet_relation(connection, files, table)
        return Relation(name, text, types, tuple(map(digest_of, files)), None, is_text=False, in_place=seen)
    rejects = f"{table}_rejects"
    make_rejects(connection, rejects)
    is_text = files[0].kind == "CSV"
    if is_text:
        load = CsvLoad(connection, table, rejects, dialect, as_text, progress)
        text, types = load.run(files)
        digests = tuple(load.digests)
    else:
        text, types = JsonLoad(connection, table, rejects, as_text).run(files, dialect.encoding)
        digests = tuple(map(digest_of, files))
    return Relation(name, text, types, digests, kept_rejects(connection, rejects), is_text)
