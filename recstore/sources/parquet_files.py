"""Parquet files as a relation: they are read where they are, and not copied, unless they are many."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from recstore import sql
from recstore.errors import SourceError
from recstore.sources.located import DataFile
from recstore.sources.plain_text import no_pattern
from recstore.sources.streams import described, place_of, plain_columns, plain_type

_SQL = "recstore.sources.sql"
_NUMBER = "file_row_number"
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
    types = described(connection, f"read_parquet({paths}, union_by_name = true)")
    # (A file may have a column of the name that DuckDB gives to the numbers of its rows.)
    is_free = _NUMBER not in map(str.casefold, types)
    row, numbered = (f"{_NUMBER} + 1", f", {_NUMBER} = true") if is_free else ("row_number() OVER ()", "")
    text = sql.render(_SQL, "read_parquet", paths=paths, columns=plain_columns(types), row=row, numbered=numbered)
    if len(files) > _MANY:
        place = place_of(table)
        connection.execute(f"CREATE TABLE {place} AS FROM {text}")
        text = place
    return text, {name: plain_type(type_) for name, type_ in types.items()}


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
