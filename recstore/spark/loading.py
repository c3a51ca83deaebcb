"""Loads a declared catalogue with interactions that Spark holds: workers run the statements of one machine."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from recstore import sql
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.declared.loading import UNKNOWN, DeclaredLoader
from recstore.catalogs.declared.reading import Read
from recstore.progress import Progress
from recstore.sources.loader import FileReport
from recstore.sources.relations import Relation
from recstore.spark.quoting import address, identifier, to_read
from recstore.spark.stages import Shelf
from recstore.spark.types import exported_as, spark_type
from recstore.spark.worker import SOURCE, Asking, Statements, table_setup

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SQL = "recstore.catalogs.declared.sql"
_REJECTS = "source string, line bigint, `column` string, reason string, raw string"


@dataclass(frozen=True)
class Arrived:
    """The interactions that were loaded: `files` with Parquet of them, and how many there are."""

    files: Path
    rows: int


class SparkLoader(DeclaredLoader):
    """Loads the items on the driver, and has workers load the interactions of `frame` into files."""

    def __init__(self, read: Read, spark: SparkSession, frame: DataFrame | None, shelf: Shelf) -> None:
        super().__init__(read)
        self._spark, self._frame = spark, frame
        declared = json.loads(read.catalog.declaration)
        history = declared.pop("interactions", None)
        # For stages that depend on nothing yet, on interactions and the ids of items, and on all columns of the items.
        self.base, self.shelf, self.about_items = shelf, shelf.of(history, declared.get("id")), shelf.of(declared)
        self.arrived: Arrived | None = None

    def _load_items(
        self, connection: duckdb.DuckDBPyConnection, relation: Relation, progress: Progress
    ) -> list[FileReport]:
        loaded = super()._load_items(connection, relation, progress)
        self._know_items(connection)
        return loaded

    def _know_items(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let the stages that follow depend on what the items are."""
        catalog = self.read.catalog
        tables = [catalog.items, *([f"{catalog.name}_embeddings"] if self.read.vectors else [])]
        ids = f"(SELECT {sql.identifier(catalog.identity)}, {catalog.key} FROM {catalog.items})"
        self.shelf = self.shelf.of(_digest(connection, ids))
        self.about_items = self.about_items.of(*(_digest(connection, sql.identifier(table)) for table in tables))

    def _load_interactions(
        self, connection: duckdb.DuckDBPyConnection, relation: Relation, progress: Progress
    ) -> list[FileReport]:
        catalog, declared, frame = self.read.catalog, self.read.declared.interactions, self._frame
        assert declared is not None
        assert catalog.interactions is not None
        assert frame is not None
        names = self._names(replace(relation, text=SOURCE))
        frame = frame.select(*_used(frame.columns, names["select"]))
        total, content = _content(frame)
        self.shelf = self.shelf.of(total, content)
        if self.read.has_items_by_interactions:
            self._items_of_all(connection, frame)
            self._know_items(connection)
        counts, missing = self._counts(frame)
        if declared.event is not None:
            self._refuse_unlisted(counts, relation, declared)
        setup = items_setup(connection, catalog, self.shelf) + interactions_setup(catalog)
        files = self.shelf.files("loaded", lambda place: self._write_loaded(frame, setup, names, place))
        added = self._spark.read.parquet(to_read(files)).count()
        rejects = 0
        if added < total:
            found = self._reject(connection, frame, setup, names, relation)
            rejects = sum(found.values())
            if found.get(UNKNOWN, 0) * 2 > total:
                raise self._mostly_unknown(connection, relation, found[UNKNOWN], total)
        if "value" in self.read.roles:
            self._tell_of_no_value(missing, relation, progress)
        self.arrived = Arrived(files, added)
        return [FileReport(relation.name, 0, "", added, rejects, 0, total - rejects - added)]

    def _write_loaded(self, frame: DataFrame, setup: str, names: Mapping[str, str], place: Path) -> None:
        catalog = self.read.catalog
        assert catalog.interactions is not None
        table = sql.identifier(catalog.interactions.table)
        columns = interactions_columns(catalog)
        statements: Statements = (f"TRUNCATE {table}", {}), (sql.render(_SQL, "insert_interactions", **names), {})
        shown = ", ".join(
            f"CAST({sql.identifier(name)} AS {exported_as(kind)}) AS {sql.identifier(name)}"
            for name, kind in columns.items()
        )
        asking = Asking(setup, statements, f"SELECT {shown} FROM {table}")
        schema = ", ".join(f"{identifier(name)} {spark_type(kind)}" for name, kind in columns.items())
        frame.mapInArrow(asking.run, schema).write.parquet(address(place))

    def _reject(
        self,
        connection: duckdb.DuckDBPyConnection,
        frame: DataFrame,
        setup: str,
        names: Mapping[str, str],
        relation: Relation,
    ) -> dict[str, int]:
        """Keep what cannot be loaded in the table of rejects, and return how many rows have each fault."""
        setup += sql.read("recstore.schema.tables", "load_rejects")
        statement = sql.render(_SQL, "reject_interactions", **names)
        statements: Statements = ("TRUNCATE load_rejects", {}), (statement, {"source": relation.name})
        asking = Asking(setup, statements, "FROM load_rejects")
        files = self.shelf.files(
            "rejects", lambda place: frame.mapInArrow(asking.run, _REJECTS).write.parquet(address(place))
        )
        there = f"read_parquet({sql.literal(str(files))} || '/*.parquet')"
        connection.execute(f"INSERT INTO load_rejects BY NAME FROM {there}")
        return dict(connection.execute(f"SELECT reason, count(*) FROM {there} GROUP BY reason").fetchall())

    def _items_of_all(self, connection: duckdb.DuckDBPyConnection, frame: DataFrame) -> None:
        """Let the items be those that interactions are with."""
        catalog = self.read.catalog
        assert catalog.interactions is not None
        item = self.read.selected[catalog.interactions.item]
        asking = Asking(
            "", (), f"SELECT DISTINCT CAST({item} AS {exported_as(catalog.identity_type)}) AS id FROM {SOURCE}"
        )
        found = frame.mapInArrow(asking.run, f"id {spark_type(catalog.identity_type)}").distinct().toArrow()
        connection.register("items_named", found)
        names = {"items": catalog.items, "identity": sql.identifier(catalog.identity)}
        item = f"CAST(id AS {catalog.identity_type})"
        connection.execute(sql.render(_SQL, "insert_items_of_interactions", **names, item=item, source="items_named"))
        connection.unregister("items_named")

    def _counts(self, frame: DataFrame) -> tuple[list[tuple[str, int]], int]:
        """Return how often each kind of event is there, the commonest first, and how many rows have no value."""
        roles, selected = self.read.roles, self.read.selected
        if not roles.keys() & {"event", "value"}:
            return [], 0
        event = f"coalesce(CAST({selected[roles['event']]} AS VARCHAR), 'NULL')" if "event" in roles else "''"
        lacks = f"{selected[roles['value']]} IS NULL" if "value" in roles else "false"
        query = f"SELECT {event} AS event, {lacks} AS lacks, count(*) AS n FROM {SOURCE} GROUP BY ALL"
        asking = Asking("", (), query)

        def ask() -> list[tuple[str, bool, int]]:
            counted = frame.mapInArrow(asking.run, "event string, lacks boolean, n bigint").groupBy("event", "lacks")
            return [tuple(row) for row in counted.sum("n").collect()]

        rows = self.shelf.value("counts", ask)
        events = Counter[str]()
        for name, _lacks, many in rows:
            events[name] += many
        missing = sum(many for _name, lacks, many in rows if lacks)
        return sorted(events.items(), key=lambda one: (-one[1], one[0])), missing


def interactions_columns(catalog: Catalog) -> dict[str, str]:
    """Return the columns of the interactions and their types."""
    assert catalog.interactions is not None
    [table] = [one for one in catalog.sources if one.name == catalog.interactions.table]
    return {column.name: column.type for column in table.columns}


def interactions_setup(catalog: Catalog) -> str:
    """Return the statement that makes the table of interactions of a worker's."""
    assert catalog.interactions is not None
    return table_setup(catalog.interactions.table, interactions_columns(catalog))


def items_setup(connection: duckdb.DuckDBPyConnection, catalog: Catalog, shelf: Shelf) -> str:
    """Write the ids and numbers of the items where workers see them; return what makes a worker's table of them."""
    identity, file = sql.identifier(catalog.identity), shelf.folder / f"{catalog.name}-items.parquet"
    written = exported_as(catalog.identity_type)
    query = f"SELECT CAST({identity} AS {written}) AS {identity}, {catalog.key} FROM {catalog.items}"
    connection.execute(f"COPY ({query}) TO {sql.literal(str(file))} (FORMAT parquet)")
    columns = {catalog.identity: catalog.identity_type, catalog.key: "INTEGER"}
    insert = f"INSERT INTO {sql.identifier(catalog.items)} FROM {sql.literal(str(file))};"
    return table_setup(catalog.items, columns) + insert


def _used(columns: Iterable[str], select: str) -> list[str]:
    """Return those of the columns of a source that statements may name: the others need not come to workers."""
    text = select.lower()
    # Whoever asks for columns by a pattern may mean any.
    if "columns(" in text or not (used := [one for one in columns if one.lower().replace('"', '""') in text]):
        return [identifier(one) for one in columns]
    return [identifier(one) for one in used]


def _content(frame: DataFrame) -> tuple[int, int]:
    """Return how many rows a source has, and the sum of their hashes: by these it is known again."""
    from pyspark.sql.functions import col, count, lit, xxhash64
    from pyspark.sql.functions import sum as total

    hashed = [col(identifier(name)) for name, kind in frame.dtypes if not re.search(r"\b(map|variant)\b", kind)]
    hashes = xxhash64(*hashed) if hashed else lit(0)
    # A sum of whole numbers may not overflow: each is brought to 40 bits.
    [row] = frame.select(count(lit(1)), total(hashes.bitwiseAND(lit((1 << 40) - 1)))).collect()
    return int(row[0]), int(row[1] or 0)


def _digest(connection: duckdb.DuckDBPyConnection, relation: str) -> Any:  # noqa: ANN401
    """Return a fingerprint of the rows of a table of the driver's."""
    query = f"SELECT count(*), bit_xor(hash(row_of_table)) FROM {relation} AS row_of_table"
    return connection.execute(query).fetchall()[0]
