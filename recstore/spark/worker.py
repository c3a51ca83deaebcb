"""Runs the statements of one machine on blocks: a worker of Spark's asks a DuckDB of its own about the rows it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from recstore import sql
from recstore.arrow import arrow_column, read_columns
from recstore.opening import open_connection

#: So many rows are asked about at a time.
_ROWS = 200_000
#: What a block is called in the statements.
BLOCK = "block_of_rows"
#: A block, with the number of the line that no source of Spark's has.
SOURCE = f"(SELECT *, CAST(NULL AS BIGINT) AS _rs_line FROM {BLOCK}) AS block_with_lines"

Statements = tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True)
class Asking:
    """What is asked of every block: `statements`, each with its parameters, then `query`, whose rows are the answer.

    `setup` is run once. All is text: it is pickled, and sent to the workers.
    """

    setup: str
    statements: Statements
    query: str

    def run(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Yield what the query gives, block by block."""
        with _opened(self.setup) as connection:
            for table in _gathered(batches):
                connection.register(BLOCK, table)
                for statement, values in self.statements:
                    connection.execute(statement, dict(values))
                yield from connection.sql(self.query).to_arrow_table().to_batches()
                connection.unregister(BLOCK)


@dataclass(frozen=True)
class OfPeople:
    """Makes histories of the interactions of some people, whole: `pairs` are the statements that one machine runs.

    `columns` are those of `query` besides the person, by name, with the type that they have in a history.
    """

    setup: str
    interactions: str
    pairs: str
    query: str
    columns: tuple[str, ...]

    def run(self, table: Any) -> Any:  # noqa: ANN401 - PyArrow is not typed
        """Return a row for each person, and in the first what was left out of all."""
        with _opened(self.setup) as connection:
            connection.register(BLOCK, table)
            insert = f"INSERT INTO {self.interactions} BY NAME SELECT * EXCLUDE (_rs_bucket) FROM {BLOCK}"
            connection.execute(insert)
            connection.execute(self.pairs)
            left = connection.execute("FROM left_out").fetchall()[0]
            types = {"person": np.int32} | {name: KINDS[name] for name in self.columns}
            rows = read_columns(connection, self.query, types)
        return _people(rows, self.columns, left)


#: What a history holds of each pair.
KINDS: Mapping[str, Any] = {"item": np.int32, "amount": np.float64, "rating": np.float32, "moment": np.float64}
SPARK_KINDS = {"item": "array<int>", "amount": "array<double>", "rating": "array<float>", "moment": "array<double>"}
#: What was left out of the histories, as `pairs.sql` counts it.
LEFT_OUT = ("taken_back", "heavy_users", "over_most")


def _people(rows: Mapping[str, NDArray[Any]], columns: Iterable[str], left: tuple[int, ...]) -> Any:  # noqa: ANN401
    import pyarrow as pa

    people, first = np.unique(rows["person"], return_index=True)
    # With nobody in it a block still says what was left out.
    ends = np.append(first, len(rows["person"])) if len(people) else np.zeros(2)
    ends = arrow_column(ends.astype(np.int32))
    made = {name: pa.ListArray.from_arrays(ends, arrow_column(rows[name])) for name in columns}
    counts = {name: np.zeros(max(1, len(people)), np.int64) for name in LEFT_OUT}
    for name, count in zip(LEFT_OUT, left, strict=True):
        counts[name][0] = count
    return pa.table(made | {name: arrow_column(values) for name, values in counts.items()})


def _opened(setup: str) -> duckdb.DuckDBPyConnection:
    connection = open_connection(config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(setup)
    return connection


def _gathered(batches: Iterator[Any]) -> Iterator[Any]:
    """Yield batches as tables of so many rows: each question has its cost."""
    import pyarrow as pa

    waiting: list[Any] = []
    for batch in batches:
        waiting.append(batch)
        if sum(one.num_rows for one in waiting) >= _ROWS:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def table_setup(name: str, columns: Mapping[str, str]) -> str:
    """Return the statement that makes a table of a worker's."""
    listed = ", ".join(f"{sql.identifier(column)} {kind}" for column, kind in columns.items())
    return f"CREATE TABLE {sql.identifier(name)} ({listed});"
