"""Only the rows that are new: those whose column is greater than a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from recstore import sql
from recstore.errors import SourceError
from recstore.progress import Progress


@dataclass
class Since:
    """Which rows are asked for; `is_asked` says that the source was asked for no others."""

    column: str
    value: Any
    progress: Progress
    is_asked: bool = False

    def __post_init__(self) -> None:
        """Bring a time with a zone to UTC, as relations have it."""
        if isinstance(self.value, datetime) and self.value.tzinfo is not None:
            self.value = self.value.astimezone(UTC).replace(tzinfo=None)

    def of_relation(
        self, connection: duckdb.DuckDBPyConnection, text: str, columns: Mapping[str, str], named: str
    ) -> str:
        """Return what stands in FROM for the new rows of a relation; a `SourceError` where it has no such column."""
        found = next((name for name in columns if name.casefold() == self.column.casefold()), None)
        if found is None:
            raise SourceError(
                f"{named} has no column {self.column!r}, which tells what is new; it has {', '.join(columns)}."
            )
        column = sql.identifier(found)
        value = f"CAST({sql.literal(str(self.value))} AS {columns[found]})"
        try:
            missing = connection.execute(
                f"SELECT count(*) FILTER ({column} IS NULL), any_value({value}) FROM {text}"
            ).fetchall()[0][0]
        except duckdb.ConversionException as error:
            raise SourceError(
                f"{self.value!r} is no value of the column {found!r} of {named}, which is {columns[found]}."
            ) from error
        self.tell_missing(named, missing)
        return f"(SELECT * FROM {text} WHERE {column} > {value})"

    def of_query(self, query: str, column: str, placeholder: str) -> tuple[str, str]:
        """Return the query of the new rows of a query, and the one that counts those without a value."""
        self.is_asked = True
        relation = f"({query}\n) AS _rs_source"
        return (
            f"SELECT * FROM {relation} WHERE {column} > {placeholder}",
            f"SELECT count(*) FROM {relation} WHERE {column} IS NULL",
        )

    def tell_missing(self, named: str, missing: int) -> None:
        """Say how many rows were left out, since they have no value."""
        if missing:
            self.progress.notice(
                f"{named}: {missing:,} rows have no {self.column}, so nobody can tell whether they are new; they are "
                "left out."
            )
