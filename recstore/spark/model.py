"""What computes a declared catalogue whose interactions lie with Spark: the models of one machine, block by block."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb
import numpy as np
from numpy.typing import NDArray

from recstore import sql
from recstore.arrow import arrow_column, arrow_lists, numbers
from recstore.budget import Budget
from recstore.catalogs.catalog import Catalog
from recstore.catalogs.declared.features import item_features
from recstore.catalogs.declared.model import Declared
from recstore.catalogs.declared.spaces import Making, spaces
from recstore.catalogs.declared.tables import describe, names_of, read_pairs, say_left_out
from recstore.catalogs.declared.weights import how_weighed, settings_of
from recstore.catalogs.weight_rows import insert_weights
from recstore.models.space import Measured, Space
from recstore.models.tuning import MOST_PAIRS, Tuned
from recstore.models.weighing import weigh
from recstore.options import BuildOptions
from recstore.progress import Progress
from recstore.spark.blocks import SparkHistories
from recstore.spark.history import drawn_people, histories
from recstore.spark.loading import SparkLoader, interactions_setup, items_setup
from recstore.spark.quoting import address
from recstore.spark.stages import Shelf

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from recstore.search.exact import Block

_SQL = "recstore.spark.sql"
#: A task searches the neighbours of so many items, or more where there would be too many tasks.
_SEARCHED, _MOST_TASKS = 2000, 1000


class SparkDeclared(Declared):
    """Computes a declared catalogue: what is made of interactions by Spark, what is made of items on the driver."""

    is_indexed: ClassVar[bool] = False

    def __init__(
        self, catalog: Catalog, spark: SparkSession, loader: SparkLoader, encoders: Mapping[str, Any] | None
    ) -> None:
        super().__init__(catalog, encoders)
        self._spark, self._loader = spark, loader
        self._histories: SparkHistories | None = None
        self._left_out = (0, 0, 0)

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Number the items, fill what is derived from others, and make the histories."""
        describe(connection, self.catalog)
        arrived = self._loader.arrived
        if arrived is None:
            return
        shelf = self._loader.shelf
        setup = items_setup(connection, self.catalog, shelf) + interactions_setup(self.catalog)
        self._histories, self._left_out = histories(self._spark, self.catalog, arrived, setup, shelf)
        import pyarrow as pa

        counted = {"item": arrow_column(self._histories.ids), "n": arrow_column(self._histories.often)}
        connection.register("counted_items", pa.table(counted))
        connection.execute(sql.render(_SQL, "popularity", **names_of(self.catalog)))
        connection.unregister("counted_items")

    def spaces(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, budget: Budget, progress: Progress
    ) -> Iterable[Space]:
        """Yield the spaces that the declaration gives; each is a stage."""

        def make(making: Making) -> Space:
            name, made = making
            of_interactions = name in ("collaborative", "together")
            told = options.collaborative_dimensions if of_interactions else options.content_dimensions
            shelf = self._loader.shelf if of_interactions else self._loader.about_items
            return shelf.of(told, options.seed).value(f"space-{name}", made)

        def history() -> tuple[SparkHistories, NDArray[np.int32]]:
            assert self._histories is not None
            return self._histories, self._histories.ids

        return spaces(connection, self.catalog, options, self._encoders, history, make)

    def neighbors(self, space: Space, options: BuildOptions, budget: Budget) -> tuple[Iterator[Block], list[Measured]]:
        """Return the exact neighbours of a space, which workers search."""
        made_of = hashlib.sha256(space.ids.tobytes())
        made_of.update(np.ascontiguousarray(space.vectors).data)
        shelf = self._loader.base.of(made_of.hexdigest(), space.parts, self.catalog.depth)

        def write(place: Path) -> None:
            vectors = shelf.scratch() / f"{self.catalog.name}-{space.name}.npy"
            np.save(vectors, space.vectors)
            tasks = min(_MOST_TASKS, max(1, math.ceil(len(space.ids) / _SEARCHED)))
            searching = _Searching(str(vectors), self.catalog.depth, space.parts, tasks)
            found = self._spark.range(0, tasks, 1, tasks).mapInArrow(searching.run, _NEIGHBORS)
            try:
                found.write.parquet(address(place))
            finally:
                vectors.unlink()

        return _blocks(shelf.files(f"neighbors-{space.name}", write)), []

    def weigh(
        self, connection: duckdb.DuckDBPyConnection, options: BuildOptions, budget: Budget, progress: Progress
    ) -> list[Measured]:
        """Fill the table of weights, with constants that are found on the driver, on drawn people."""
        arrived, history, catalog = self._loader.arrived, self._histories, self.catalog
        assert arrived is not None
        assert history is not None
        assert catalog.interactions is not None
        shelf = self._shelf(options)

        def find() -> tuple[Tuned, list[Measured]]:
            rows, share = drawn_people(self._spark, catalog, arrived, MOST_PAIRS)
            table = sql.identifier(catalog.interactions.table)  # type: ignore[union-attr]
            connection.register("drawn_people", rows)
            connection.execute(f"INSERT INTO {table} BY NAME FROM drawn_people")
            connection.unregister("drawn_people")
            read_pairs(connection, catalog)
            found = settings_of(connection, catalog, options, budget, progress, {}, share)
            connection.execute(f"DELETE FROM {table}")
            return found

        measured = say_left_out(self._left_out, catalog, progress)
        found, figures = shelf.value("settings", find)
        settings = replace(found.settings, history=found.fading.history)
        # A larger square of items fits into more memory.
        weighed = shelf.of(budget.weights).value(
            "weights",
            lambda: weigh(
                history,
                settings,
                found.fading.kept,
                budget.weights,
                options.seed,
                item_features(connection, catalog, history.ids),
            ),
        )
        insert_weights(connection, catalog, weighed.weights, history.ids)
        enough = int(np.count_nonzero(history.often >= settings.min_ratings))
        if len(weighed.weights.items) < enough:
            progress.notice(
                f"{len(weighed.weights.items):,} of {enough:,} items of {catalog.name} have weights, those had most: "
                "the driver's memory holds a square of no more. --memory allows more."
            )
        self.catalog = replace(catalog, fading=found.fading)
        return [*measured, *figures, *how_weighed(catalog, weighed)]

    def _shelf(self, options: BuildOptions) -> Shelf:
        """Return the shelf of what recommends: it depends on interactions, items and most options."""
        apart = ("memory", "collaborative_dimensions", "max_reject_rate", "max_loss")
        told = {name: value for name, value in options.recorded().items() if name not in apart}
        return self._loader.shelf.of(self._loader.about_items.inputs, sorted(told.items()))


_NEIGHBORS = "row int, neighbor array<int>, score array<float>"


@dataclass(frozen=True)
class _Searching:
    """What a worker does with the number of a task: it searches the neighbours of its share of the rows."""

    vectors: str
    depth: int
    parts: tuple[int, ...] | None
    tasks: int

    def run(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Yield rows, their neighbours and scores."""
        import pyarrow as pa

        from recstore.search.exact import neighbors_of_rows

        vectors = np.load(self.vectors)
        bounds = np.linspace(0, len(vectors), self.tasks + 1).astype(int)
        for batch in batches:
            for task in numbers(batch.column(0)).tolist():
                begin, end = int(bounds[task]), int(bounds[task + 1])
                for rows, near, score in neighbors_of_rows(vectors, self.depth, self.parts, begin, end):
                    lengths = np.full(len(rows), near.shape[1])
                    lists = [arrow_lists(values.ravel(), lengths) for values in (near, score)]
                    kinds = pa.list_(pa.int32()), pa.list_(pa.float32())
                    columns = [one.cast(kind) for one, kind in zip(lists, kinds, strict=True)]
                    yield pa.RecordBatch.from_arrays(
                        [arrow_column(rows.astype(np.int32)), *columns], names=["row", "neighbor", "score"]
                    )


def _blocks(folder: Path) -> Iterator[Block]:
    """Yield what workers found, in the order of the rows: files are numbered as the tasks are."""
    from pyarrow.parquet import ParquetFile

    for file in sorted(folder.glob("*.parquet")):
        for batch in ParquetFile(file).iter_batches():
            if batch.num_rows:
                rows = numbers(batch.column("row")).astype(np.intp)
                lists = (numbers(batch.column(name)).reshape(len(rows), -1) for name in ("neighbor", "score"))
                near, score = lists
                yield rows, np.asarray(near, np.int32), np.asarray(score, np.float32)
