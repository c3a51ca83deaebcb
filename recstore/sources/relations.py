"""Any source as a relation of DuckDB, in columns: what a catalogue of the user's own is read from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from recstore import sql
from recstore.errors import SourceError
from recstore.progress import Progress
from recstore.sources.csv_files import CsvLoad
from recstore.sources.dialect import Dialect
from recstore.sources.located import DataFile, locate
from recstore.sources.parquet_files import parquet_relation
from recstore.sources.plain_text import SourceDigest, digest_of

_SILENT = Progress()


@dataclass(frozen=True)
class Relation:
    """A source that can be read in SQL.

    `name`: what people call it; an address has no password. `text`: stands in FROM, in any connection that has the
    scratch database attached as `gathered`; it has the source's columns, and `_rs_line BIGINT`: the number of the
    record in its file, from 1, or of the line that it begins in where the file is CSV. `columns`: those of the source
    and their types. `files`: what was read. `rejects`: the table in `gathered` of the records that could not be read,
    (source, line, "column", reason, raw); None where there are none. `is_text`: the types were guessed from text.
    """

    name: str
    text: str
    columns: Mapping[str, str]
    files: tuple[SourceDigest, ...]
    rejects: str | None
    is_text: bool


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
    since: tuple[str, Any] | None = None,
) -> Relation:
    """Return a source as a relation; what is no Parquet is copied to the table `name_of_table` of `gathered`.

    `connection` has a scratch database that it may write to attached as `gathered`. `folder` is where relative paths
    start. Columns that `as_text` names keep their values as they are written, where the source is text. `since` leaves
    out the rows whose column is not greater than a value. Raises `SourceError`, one sentence, where the source is not
    there, or cannot be read.
    """
    if isinstance(source, os.PathLike):
        source = os.fspath(source)
    relation = _of_files(connection, source, dialect or Dialect(), as_text, folder, progress, name_of_table)
    reserved = [name for name in relation.columns if name.casefold().startswith("_rs_")]
    if reserved:
        raise SourceError(
            f"{relation.name} has a column {reserved[0]!r}; names that begin with _rs_ are recstore's own."
        )
    return relation


def _of_files(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    dialect: Dialect,
    as_text: frozenset[str],
    folder: Path,
    progress: Progress,
    table: str,
) -> Relation:
    files: list[DataFile] = locate(source, folder)
    name = files[0].name if len(files) == 1 else source
    if files[0].kind == "Parquet":
        text, types = parquet_relation(connection, files, table)
        return Relation(name, text, types, tuple(map(digest_of, files)), None, is_text=False)
    load = CsvLoad(connection, table, dialect, as_text, progress)
    text, types = load.run(files)
    return Relation(name, text, types, tuple(load.digests), _kept(connection, load.rejects), is_text=True)


def _kept(connection: duckdb.DuckDBPyConnection, table: str) -> str | None:
    """Return the place of a table of rejects; None where it is empty, and then it is dropped."""
    place = f"gathered.main.{sql.identifier(table)}"
    if connection.execute(f"SELECT EXISTS (FROM {place})").fetchall()[0][0]:
        return place
    connection.execute(f"DROP TABLE {place}")
    return None
