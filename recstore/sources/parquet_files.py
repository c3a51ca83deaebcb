"""Parquet files as a relation: they are read where they are, and not copied, unless they are many."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from recstore import sql
from recstore.errors import SourceError
from recstore.sources.csv_files import no_pattern
from recstore.sources.located import DataFile

_SQL = "recstore.sources.sql"
#: To open a file takes as long as to read thousands of rows: of more than so many a copy is made.
_MANY = 32


def parquet_relation(
    connection: duckdb.DuckDBPyConnection, files: Sequence[DataFile], table: str
) -> tuple[str, dict[str, str]]:
    """Return what stands in FROM for Parquet files of the same columns, and the types of those.

    Raises `SourceError` where one is damaged, or has other columns than the first.
    """
    _check(connection, files)
    paths = "[" + ", ".join(sql.literal(no_pattern(file.path)) for file in files) + "]"
    described = connection.execute(f"DESCRIBE FROM read_parquet({paths}, union_by_name = true)").fetchall()
    types = {row[0]: row[1] for row in described}
    text = sql.render(_SQL, "read_parquet", paths=paths, columns=in_utc(types))
    if len(files) > _MANY:
        place = f"gathered.main.{sql.identifier(table)}"
        connection.execute(f"CREATE TABLE {place} AS FROM {text}")
        text = place
    return text, {name: utc_type(type_) for name, type_ in types.items()}


def in_utc(types: dict[str, str]) -> str:
    """Return what selects columns: as they are, but times with a zone as the time in UTC."""
    return ", ".join(
        f"CASE WHEN isfinite({column}) THEN make_timestamp(epoch_us({column})) END AS {column}"
        if utc_type(type_) != type_
        else column
        for name, type_ in types.items()
        for column in [sql.identifier(name)]
    )


def utc_type(type_: str) -> str:
    """Return the type that a column has in a relation: times with a zone lose it."""
    return "TIMESTAMP" if type_ in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS WITH TIME ZONE") else type_


def _check(connection: duckdb.DuckDBPyConnection, files: Sequence[DataFile]) -> None:
    first: dict[str, str] | None = None
    for file in files:
        path = sql.literal(no_pattern(file.path))
        try:
            found = {
                row[0].casefold(): row[0]
                for row in connection.execute(f"DESCRIBE FROM read_parquet({path})").fetchall()
            }
        except (duckdb.InvalidInputException, duckdb.IOException) as error:
            raise SourceError(
                f"{file.path} is damaged, or was cut off: it cannot be read as Parquet; write or fetch it again."
            ) from error
        if first is None:
            first = found
        elif first.keys() != found.keys():
            other = ", ".join(sorted({*first, *found} - ({*first} & {*found})))
            raise SourceError(
                f"{file.path} has other columns than {files[0].path} ({other}). Files that are read together have the "
                "same columns."
            )
